// Package storetest is the contract that every store passes: one subtest for each promise in
// reconcile/store.go.
//
// The tests of a backend call Run, and RunShared for two handles of the same store. It must know
// nothing of any backend.
package storetest

import (
	"errors"
	"iter"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"pennytie/reconcile"
)

// Run tests a store. open gives an empty one and closes it when the test ends.
func Run(t *testing.T, open func(t *testing.T) reconcile.Store) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, reconcile.Store)
	}{
		{"identity", testIdentity},
		{"merge", testMerge},
		{"merge keeps what a person said", testMergeKeepsDecisions},
		{"split", testSplit},
		{"decisions go with their claim", testSplitDecisions},
		{"exchanged ids", testExchangedIDs},
		{"a payment no more", testDropPayment},
		{"joins", testJoins},
		{"payments of an amount", testPaymentsOf},
		{"amounts to be compared", testUnjoined},
		{"payments under keys", testPaymentsUnder},
		{"rechecks", testRechecks},
		{"records between two dates", testRefsBetween},
		{"changes", testChanges},
		{"cache", testCache},
		{"made due", testMakeDue},
		{"the run that opened a payment", testOpenedAt},
		{"payment round trip", testPaymentRoundTrip},
		{"payment without anything optional", testBarePayment},
		{"record round trip", testRecordRoundTrip},
		{"refund and dispute round trip", testRefundRoundTrip},
		{"ledger round trip", testEntryRoundTrip},
		{"order of entries", testEntryOrder},
		{"payouts of entries stay", testEntryPayout},
		{"payments of entries", testEntryPayment},
		{"totals of ledgers", testLedgerTotals},
		{"lead, call, product round trip", testLeadRoundTrip},
		{"the same again writes nothing", testRepeatWritesNothing},
		{"every change of a payment is seen", testEveryChangeIsSeen},
		{"corrections stay", testCorrectionsStay},
		{"better word", testBetterWord},
		{"orphan refunds", testOrphans},
		{"quarantine", testQuarantine},
		{"moved refunds are told", testMoved},
		{"outcome stays when the fold changes", testOutcomeStays},
		{"changed payments and their twins are due", testDueByPayment},
		{"leads and calls make payments due", testDueByLead},
		{"payments of one payer", testPayers},
		{"a payer of very many payments", testCrowdedPayer},
		{"other keys for all", testRekey},
		{"products and policies make all due", testDueAll},
		{"exceptions open, stay and resolve", testExceptions},
		{"exceptions are filtered", testExceptionFilter},
		{"a person's resolution holds for its facts", testResolutions},
		{"resolutions follow their payment", testResolutionsMove},
		{"money at risk of what is about no payment", testAtRisk},
		{"decisions only grow", testDecisions},
		{"what was said under a key", testSaidUnder},
		{"payments of which something was said", testDecidedRows},
		{"refits only grow", testRefits},
		{"closed periods and what was booked", testPeriods},
		{"due under a key", testDueUnder},
		{"a lead with payments that people gave to it", testDueByGiven},
		{"an error rolls back", testErrorRollsBack},
		{"a panic rolls back", testPanicRollsBack},
		{"the first error ends the transaction", testFirstErrorSticks},
		{"a reader ends with its closure", testUseAfterEnd},
		{"a cancelled context", testCancelled},
		{"a snapshot is consistent", testSnapshot},
		{"order of payments", testOrder},
		{"filters", testFilters},
		{"pages while rows arrive", testPaging},
		{"an iterator may be broken off", testEarlyBreak},
		{"iterators may be nested", testNested},
		{"payments by row and key", testLookups},
		{"leads with keys", testNeighbours},
		{"leads by id", testLeadsByID},
		{"reading while streaming", testReadingWhileStreaming},
		{"open refs", testOpenRefs},
		{"progress and policy", testProgress},
		{"runs", testRuns},
		{"totals", testTotals},
		{"totals that do not fit", testTotalsOverflow},
		{"counts", testCounts},
		{"outbox", testOutbox},
		{"lease", testLease},
		{"any order gives the same content", testAnyOrder},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			store := open(t)
			test.run(t, store)
			if err := store.Check(t.Context()); err != nil {
				t.Errorf("check afterwards: %v", err)
			}
		})
	}
}

// RunShared tests two handles of one store, as two processes have them.
func RunShared(t *testing.T, open func(t *testing.T) (first, second reconcile.Store)) {
	t.Run("a lease that ran out is taken over", func(t *testing.T) {
		first, second := open(t)
		testTakeOver(t, first, second)
	})
	t.Run("both count, nothing is lost", func(t *testing.T) {
		first, second := open(t)
		testBothWrite(t, first, second)
	})
}

func update(t testing.TB, store reconcile.Store, fn func(tx reconcile.Tx)) {
	t.Helper()
	if err := store.Update(t.Context(), func(tx reconcile.Tx) error { fn(tx); return nil }); err != nil {
		t.Fatal(err)
	}
}

func view(t testing.TB, store reconcile.Store, fn func(r reconcile.Reader)) {
	t.Helper()
	if err := store.View(t.Context(), func(r reconcile.Reader) error { fn(r); return nil }); err != nil {
		t.Fatal(err)
	}
}

// must unwraps a result that has to be there. It panics, for it also runs where no *testing.T is.
func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func all[T any](t testing.TB, rows iter.Seq2[T, error]) []T {
	t.Helper()
	var list []T
	for row, err := range rows {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, row)
	}
	return list
}

func same[T any](t testing.TB, what string, got, want T) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func wantChange(t testing.TB, what string, want reconcile.Change) func(reconcile.Change, error) {
	return func(got reconcile.Change, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if got != want {
			t.Errorf("%s is %s, want %s", what, got, want)
		}
	}
}

func wantKind(t testing.TB, err, kind error) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Errorf("error is %v, want one of kind %q", err, kind)
	}
}

func ids(payments []*reconcile.Payment) []string {
	list := make([]string, len(payments))
	for i, p := range payments {
		list[i] = p.ID
	}
	return list
}
