// Package reconcile is the vocabulary of payment reconciliation and its rules: the nouns, the state tables, the fold, the
// verification and the decision rule, and the ports through which the engine reaches providers, matchers and the store.
// Every other package points at it. It is pure: it must do no input or output, read no clock and log nothing.
//
// # The way of one payment
//
// A charge of 120.00 USD, its refund and its checkout session, with the file of each step:
//
//	pull       providers/stripe/pull.go        one page of charges between two instants, checked as a whole
//	normalise  providers/stripe/charge.go      to int64 minor units and UTC; what is impossible is quarantined
//	commit     reconcile/engine/pull.go        page, cursor and counters in one transaction
//	identify   reconcile/engine/identify.go    pi_… or ch_… is known? the row joins that payment; else it opens one;
//	                                           keys of two payments in one row show that they are the same money
//	fold       reconcile/fold.go               all records, refunds and disputes of a payment to one Payment, whatever
//	                                           came first: manual over processor over book (summary.go: refund and dispute)
//	due        store/sqlite                    new or changed payments, and those a changed lead or call could explain
//	prepare    matchers/prepare.go             comparable forms and blocking keys
//	index      reconcile/index.go              the leads that share a key with the batch, with their calls
//	match      matchers/*.go                   candidates, each with evidence
//	score      reconcile/score/rank.go         evidence to confidence; candidates of one payment compete
//	decide     reconcile/decide.go             auto, suggested, ambiguous or unmatched; a person's word holds
//	verify     reconcile/verification.go       processor against claims, with both values where they differ
//	judge      reconcile/engine/match.go       the outcome with its exceptions, stored in one transaction
//	report     reconcile/report                files written aside, then renamed; added up again from the files
//
// A run is reconcile/engine/engine.go; who starts it is cmd/pennytie (by hand) or reconcile/jobs (on a schedule).
//
// # Rules that hold everywhere
//
// Money is money.Amount: int64 minor units and a currency; unknown is nil, never zero; totals never mix currencies.
// Time comes from the run's as-of instant, ids from content: the same input gives the same bytes. A person's decision is
// only ever added, never overwritten. The first error of a transaction ends it. An arrow between packages points to a
// lower level; cmd/pennytie/arrows_test.go has the levels.
//
// # Add a provider
//
//  1. Read provider.go in this folder: it is the whole contract.
//  2. Make providers/<name> with <name>.go (Config, New, Pull), client.go (one method per endpoint), wire.go (the
//     service's shapes) and convert.go (to SourceRecord, Refund, Dispute), over providers/internal/rest.
//  3. Name identity keys so that what other sources say of the same money has one in common.
//  4. Map the service's errors to the kinds in errors.go at the border.
//  5. Add Fetch if lists do not show changes, Probe for doctor.
//  6. Run providers/providertest on it against its fake in providers/fake.
//  7. Add a case to New in providers/providers.go and the name to configs.
//
// # Add a matcher
//
//  1. Add one file to matchers with a type that has Name and Match; it sees a Prepared payment and an Index only.
//  2. If it needs another blocking key, add it in matchers/prepare.go and raise matchers.Version.
//  3. Give its signals weights in matchers/weights.go, with the reason.
//  4. Add it to All in matchers/catalogue.go; the order there breaks ties of strategies.
//  5. Add labelled cases to matchers/matchertest.
//
// # Add a report
//
//  1. Add one file to reconcile/report with a row type and a function that streams from a Reader in a fixed order.
//  2. Add it to the list of tables in reconcile/report/write.go; the manifest follows by itself.
//  3. Nothing in it may depend on the run: no run id, no clock. Run the tests with -update and read the golden file.
package reconcile
