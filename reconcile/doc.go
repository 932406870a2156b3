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
//	                                           (identity.go: a book names one payment, and a corrected claim leaves)
//	fold       reconcile/fold.go               all records, refunds and disputes of a payment to one Payment, whatever
//	                                           came first: manual over processor over book (summary.go: refund and dispute;
//	                                           a book's own refund rows are compared, never added; correction.go: what a
//	                                           person corrected, over all of them); payout, fee and net come from the line of
//	                                           the ledger (ledger.go) where no record says them
//	again      reconcile/engine/rescan.go      no list tells what changed since: open rows and the claims of payments whose
//	                                           money changed are read by id, the past by lists, a part each night
//	changes    reconcile/change.go             what is another than before, of a payment that was known: changes.csv
//	due        store/sqlite                    new or changed payments, and those a changed lead or call could explain
//	join       reconcile/engine/join.go        claims that share no id with any payment: the best whole one-to-one solution
//	                                           (reconcile/joint, evidence of matchers/claim.go); sure ones go to their payment
//	                                           for as long as that holds, the others become exceptions
//	prepare    matchers/prepare.go             comparable forms and blocking keys
//	teach      reconcile/teach.go              what people said of other payments of this payer, with engine/teach.go
//	index      reconcile/index.go              the leads that share a key with the batch, with their calls
//	match      matchers/*.go                   candidates, each with evidence
//	score      reconcile/score/rank.go         evidence to confidence; candidates of one payment compete
//	decide     reconcile/decide.go             auto, suggested, ambiguous or unmatched; a person's word holds
//	verify     reconcile/verification.go       processor against claims, with both values where they differ
//	settle     reconcile/payout.go             payouts against their members in the ledger; what is left unexplained is an exception
//	judge      reconcile/engine/match.go       the outcome with its exceptions, stored in one transaction
//	review     reconcile/report/review.go      what is left to a person, most money at risk first; report/answers.go reads what
//	                                           they say in a file, engine/answer.go holds it against the store and notes it
//	serve      reconcile/httpapi               the payments as an API; a correction or verification is engine/correct.go
//	report     reconcile/report                files written aside, then renamed; added up again from the files
//	resolve    reconcile/engine/resolve.go     a person's word on an exception (exception.go): it holds as long as the facts are the same
//	reread     reconcile/engine/reread.go      asked for by verify --reread: the sources from their beginning against the store
//	close      reconcile/engine/close.go       the movements (movement.go) of a period, and what changed in earlier ones, are frozen
//	           reconcile/report/handoff.go     and handed over: a folder that can be proved without the store
//	push       reconcile/engine/push.go        agreed facts (push.go) go back to the services, if they are to: outbox.go stores what
//	                                           is wanted with the decision; read, compare, write the difference, read again;
//	                                           what comes back of it is masked (echo.go)
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
// Five are there (Stripe, WePay, Aura, Cents, Zenskar; some 1,100 lines each). A sixth takes:
//
//  1. Read provider.go in this folder: it is the whole contract.
//  2. Make providers/<name> with <name>.go (New), config.go (its settings, each assumption with its default), client.go
//     (one method per endpoint, over providers/internal/rest), wire.go (the service's shapes, of providers/internal/wire,
//     so that one field of the wrong type spoils one row) and convert.go (to SourceRecord, Refund, Dispute, Entry, Payout).
//  3. Give its lists to providers/internal/walk: Pull and Rescan come from it, with windows, marks and cursors.
//  4. Name identity keys so that what other sources say of the same money has one in common: the processor's key first,
//     its own second. What a row says against itself is a Doubt.
//  5. Map the service's errors to the kinds in errors.go at the border. Add Fetch (open rows, vanished rows and claims of
//     changed payments are read by id), Probe for doctor, Expires if its credential dies by itself.
//  6. Make its fake in providers/fake (shelf.go has objects with versions in time, faults.go what goes wrong) and run
//     providers/providertest against it.
//  7. Add a case to New in providers/providers.go, a function to services.go, a line to services in configs/configs.go, its
//     options to configs/example.yaml (a test names what is missing there) and its level to cmd/pennytie/arrows_test.go.
//
// # Add a matcher
//
//  1. Add one file to matchers with a type that has Name and Match; it sees a Prepared payment and an Index only.
//  2. If it needs another blocking key, add it in matchers/prepare.go and raise matchers.Version.
//  3. Give its signals weights in matchers/weights.go, with the reason. The trained table does not know them: they are added to
//     what it says. To teach it, measure a new reconcile.Feature in matchers/measure.go and run cmd/train.
//  4. Add it to All in matchers/catalogue.go; the order there breaks ties of strategies.
//  5. Add labelled cases to matchers/matchertest.
//
// # Add a report
//
//  1. Add one file to reconcile/report with a row type and a function that streams from a Reader in a fixed order.
//  2. Add it to the list of tables in reconcile/report/write.go; the manifest follows by itself.
//  3. Nothing in it may depend on the run: no run id, no clock. Run the tests with -update and read the golden file.
package reconcile
