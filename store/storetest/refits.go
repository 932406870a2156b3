package storetest

import (
	"reflect"
	"testing"

	"pennytie/reconcile"
)

func testRefits(t *testing.T, store reconcile.Store) {
	full := reconcile.Refit{AdoptedAt: day(2), By: "eve", Shipped: true, Model: "1.2.ab", Factors: map[string]int{"email": 1200, "name": 0},
		Shift: -35, Decisions: 90, Audited: 12}
	bare := reconcile.Refit{AdoptedAt: day(1)}
	var added []reconcile.Refit
	update(t, store, func(tx reconcile.Tx) {
		same(t, "none", must(tx.Refits(9)), nil)
		for _, f := range []reconcile.Refit{full, bare, full} {
			if err := tx.AddRefit(&f); err != nil {
				t.Fatal(err)
			}
			added = append(added, f)
		}
		same(t, "inside", must(tx.Refits(1)), added[2:])
	})
	unset(t, reflect.ValueOf(added[0]), "Refit")
	view(t, store, func(r reconcile.Reader) {
		same(t, "the last first, whenever it was adopted", must(r.Refits(9)), []reconcile.Refit{added[2], added[1], added[0]})
		same(t, "the newest", must(r.Refits(1)), added[2:])
	})
	for i, wrong := range []reconcile.Refit{{}, {AdoptedAt: day(1), Audited: 1}} {
		err := store.Update(t.Context(), func(tx reconcile.Tx) error { return tx.AddRefit(&wrong) })
		if err == nil {
			t.Errorf("%d: %+v was taken", i, wrong)
		}
	}
}

func testDecidedRows(t *testing.T, store reconcile.Store) {
	update(t, store, func(tx reconcile.Tx) {
		same(t, "nobody said anything", must(tx.DecidedRows()), nil)
		a, b := add(t, tx, "a", nil, nil, nil), add(t, tx, "b", nil, nil, nil)
		add(t, tx, "silent", nil, nil, nil)
		say(t, tx, b, reconcile.Decision{LeadID: "L1"})
		say(t, tx, a, reconcile.Decision{None: true})
		say(t, tx, b, reconcile.Decision{Undo: true})
		same(t, "two", must(tx.DecidedRows()), []int64{a.Row, b.Row})
		if err := tx.DropPayment(a.Row); err != nil {
			t.Fatal(err)
		}
		same(t, "one is no payment", must(tx.DecidedRows()), []int64{b.Row})
	})
}
