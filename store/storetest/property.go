package storetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"pennytie/reconcile"
)

// errUndo ends a transaction of which nothing shall stay.
var errUndo = errors.New("undo")

// put is one step that may come at any time.
type put func(tx reconcile.Tx)

// testAnyOrder draws rows, stores them in two orders (one with repeats) and compares what is there.
func testAnyOrder(t *testing.T, store reconcile.Store) {
	rapid.Check(t, func(rt *rapid.T) {
		steps := drawSteps(rt)
		shuffled := rapid.Permutation(steps).Draw(rt, "order")
		repeats := rapid.SliceOfN(rapid.SampledFrom(steps), 0, 5).Draw(rt, "repeats")
		first := contentAfter(t, store, steps)
		second := contentAfter(t, store, slices.Concat(shuffled, repeats))
		if diff := cmp.Diff(first, second, cmpopts.EquateEmpty()); diff != "" {
			rt.Fatalf("the order shows (-given +shuffled):\n%s", diff)
		}
	})
}

// contentAfter stores the rows and reads everything, without keeping anything.
func contentAfter(t *testing.T, store reconcile.Store, steps []put) (content map[string]any) {
	t.Helper()
	err := store.Update(t.Context(), func(tx reconcile.Tx) error {
		for _, step := range steps {
			step(tx)
		}
		content = everything(t, tx)
		return errUndo
	})
	if !errors.Is(err, errUndo) {
		t.Fatal(err)
	}
	return content
}

func everything(t *testing.T, tx reconcile.Tx) map[string]any {
	t.Helper()
	content := map[string]any{}
	for _, p := range all(t, tx.Payments(reconcile.PaymentFilter{})) {
		known := must(tx.Known(p.Row))
		known.Row = 0
		p.Row = 0 // in order of arrival, and no content
		content["payment "+p.ID], content["known "+p.ID] = p, known
	}
	content["entries"], content["payouts"] = all(t, tx.Entries(reconcile.EntryFilter{})), all(t, tx.Payouts(nil))
	content["ledger totals"] = must(tx.LedgerTotals(nil))
	content["refunds"] = all(t, tx.Refunds(nil))
	content["exceptions"] = all(t, tx.Exceptions(reconcile.ExceptionFilter{}))
	content["products"] = must(tx.Products())
	content["quarantine"] = all(t, tx.Quarantined(nil))
	content["totals"] = must(tx.Totals(nil))
	content["refs"] = must(tx.OpenRefs("a", reconcile.Ref{}, 99))
	content["due"] = len(must(tx.Due(0, 999)))
	for k := range reconcile.BlockKey(6) {
		content[fmt.Sprint("leads with ", k)] = must(tx.LeadsWithKeys([]reconcile.BlockKey{k}, 2))
		var names []string
		for _, p := range must(tx.PaymentsWithKey(k, always(), 0)) {
			names = append(names, p.ID)
		}
		content[fmt.Sprint("payments with ", k)] = names
	}
	return content
}

// rowOf finds or opens the payment of a number.
func rowOf(tx reconcile.Tx, n int) int64 {
	keys := []reconcile.Key{key(fmt.Sprint("pi_", n))}
	if rows := must(tx.Identify(keys)); len(rows) > 0 {
		return rows[0]
	}
	return must(tx.Open(keys))
}

func drawSteps(rt *rapid.T) []put {
	keys := rapid.SliceOfN(rapid.Map(rapid.Int64Range(0, 5), func(k int64) reconcile.BlockKey {
		return reconcile.BlockKey(k)
	}), 0, 3)
	var steps []put
	for n := range rapid.IntRange(1, 5).Draw(rt, "payments") {
		own, twins := keys.Draw(rt, "keys"), keys.Draw(rt, "twins")
		amount := rapid.Int64Range(0, 1_000).Draw(rt, "amount")
		steps = append(steps, func(tx reconcile.Tx) {
			p := bare(rowOf(tx, n), fmt.Sprint("p", n))
			p.Amount = usd(amount)
			must(tx.PutPayment(p, reconcile.PaymentKeys{Block: own, Twin: twins}))
		})
	}
	sources := rapid.SampledFrom([]string{"a", "b", "c"})
	for i := range rapid.IntRange(0, 8).Draw(rt, "rows") {
		n, source := rapid.IntRange(0, 1).Draw(rt, "owner"), sources.Draw(rt, "source")
		export := rapid.Bool().Draw(rt, "export")
		id := fmt.Sprint("id", rapid.IntRange(0, 2).Draw(rt, "id"))
		own := keys.Draw(rt, "keys")
		steps = append(steps, []put{
			func(tx reconcile.Tx) { must(tx.PutRecord(rowOf(tx, n), record(source, fmt.Sprint(n, id)))) },
			func(tx reconcile.Tx) {
				// A source says the same thing of the same id, whenever it says it.
				r := refund(source, id, source == "b")
				r.Keys = []reconcile.Key{key("pi_0")}
				must(tx.PutRefund(rowOf(tx, 0), r))
			},
			func(tx reconcile.Tx) { must(tx.PutLead(source, lead(i), own)) },
			func(tx reconcile.Tx) { must(tx.PutCall(source, call(fmt.Sprint("C", i), lead(n).ID), own)) },
			func(tx reconcile.Tx) {
				must(tx.PutQuarantine(&reconcile.Quarantine{Source: source, Line: n, Reason: fmt.Sprint(export)}))
			},
			func(tx reconcile.Tx) { must(tx.PutProduct("s", &reconcile.Product{ID: id, Name: id})) },
			func(tx reconcile.Tx) {
				e := entry(source, id, source == "b", key("pi_0"))
				if e.Export { // as it is: the list of a ledger does not name payouts
					e.PayoutID = "po_" + id
				}
				must(tx.PutEntry(e))
				p := fullPayout(id)
				p.Source, p.Export = source, e.Export
				must(tx.PutPayout(p))
			},
		}[rapid.IntRange(0, 6).Draw(rt, "sort")])
	}
	return steps
}
