package storetest

import (
	"testing"

	"pennytie/reconcile"
)

func testIdentity(t *testing.T, store reconcile.Store) {
	var first, second int64
	update(t, store, func(tx reconcile.Tx) {
		same(t, "nobody", must(tx.Identify([]reconcile.Key{key("pi_1")})), nil)
		first = must(tx.Open([]reconcile.Key{key("pi_1"), key("ch_1")}))
		second = must(tx.Open([]reconcile.Key{key("pi_2")}))
		if second <= first {
			t.Errorf("row %d after row %d, want ascending", second, first)
		}
		found := must(tx.Identify([]reconcile.Key{key("pi_2"), key("ch_1"), key("pi_1"), key("none")}))
		same(t, "rows", found, []int64{first, second})
		sameID := reconcile.Key{Provider: "aura", Account: "org", ID: "pi_1"}
		same(t, "another id space", must(tx.Identify([]reconcile.Key{sameID})), nil)
		if err := tx.AddKeys(first, []reconcile.Key{sameID, key("ch_1")}); err != nil {
			t.Error(err)
		}
		same(t, "added", must(tx.Identify([]reconcile.Key{sameID})), []int64{first})
		same(t, "no payment yet", len(all(t, tx.Payments(reconcile.PaymentFilter{}))), 0)
		same(t, "nothing due", must(tx.Due(0, 10)), nil)
		same(t, "keys", must(tx.Known(first)).Keys, []reconcile.Key{sameID, key("ch_1"), key("pi_1")})
	})
	for _, bad := range []func(reconcile.Tx) error{
		func(tx reconcile.Tx) error { return tx.AddKeys(second, []reconcile.Key{key("pi_1")}) },
		func(tx reconcile.Tx) error {
			_, err := tx.Open([]reconcile.Key{key("new"), key("pi_1")})
			return err
		},
		func(tx reconcile.Tx) error { return tx.Merge(first, 999) },
	} {
		wantKind(t, store.Update(t.Context(), bad), reconcile.ErrConflict)
	}
	view(t, store, func(r reconcile.Reader) {
		_, err := r.Known(999)
		wantKind(t, err, reconcile.ErrNotFound)
		_, err = r.Payment("pi_1")
		wantKind(t, err, reconcile.ErrNotFound)
		_, err = r.PaymentRows([]int64{first})
		wantKind(t, err, reconcile.ErrNotFound)
	})
}

func testMerge(t *testing.T, store reconcile.Store) {
	var a, b, c *reconcile.Payment
	update(t, store, func(tx reconcile.Tx) {
		a = add(t, tx, "a", blocks(1), blocks(50), nil)
		b = add(t, tx, "b", blocks(2), blocks(60), nil)
		c = add(t, tx, "c", nil, blocks(60), nil)
		must(tx.PutRecord(a.Row, record("s", "pi_a")))
		must(tx.PutRecord(b.Row, record("s", "pi_b")))
		must(tx.PutRefund(b.Row, refund("s", "re_b", false)))
		must(tx.PutDispute(b.Row, dispute("s", "dp_b", false)))
		for _, p := range []*reconcile.Payment{a, b, c} {
			settle(t, tx, p, reconcile.MatchUnmatched)
		}
		open := []reconcile.Exception{{Code: reconcile.ExUnmatched, Severity: reconcile.SeverityLow}}
		if err := tx.PutExceptions(b.Row, open, day(5)); err != nil {
			t.Error(err)
		}
		same(t, "due before", must(tx.Due(0, 10)), nil)
	})
	update(t, store, func(tx reconcile.Tx) {
		if err := tx.Merge(a.Row, b.Row); err != nil {
			t.Fatal(err)
		}
		if tx.Writes() == 0 {
			t.Error("a merge counts no writes")
		}
	})
	view(t, store, func(r reconcile.Reader) {
		known := must(r.Known(a.Row))
		same(t, "keys", known.Keys, []reconcile.Key{key("pi_a"), key("pi_b")})
		same(t, "records", len(known.Records), 2)
		same(t, "refunds", len(known.Refunds), 1)
		same(t, "refund's payment", known.Refunds[0].PaymentID, "a")
		same(t, "disputes", len(known.Disputes), 1)
		same(t, "payments", ids(all(t, r.Payments(reconcile.PaymentFilter{}))), []string{"a", "c"})
		same(t, "exceptions", len(all(t, r.Exceptions(reconcile.ExceptionFilter{}))), 0)
		same(t, "due: the payment, and the twin of what is gone", must(r.Due(0, 10)), []int64{a.Row, c.Row})
		same(t, "old block key", len(must(r.PaymentsWithKey(2, always(), 0))), 0)
		for _, id := range []string{"a", "b", "pi_a", "pi_b"} {
			same(t, "found by "+id, must(r.Payment(id)).Row, a.Row)
		}
		_, err := r.Known(b.Row)
		wantKind(t, err, reconcile.ErrNotFound)
	})
	update(t, store, func(tx reconcile.Tx) { // the fold may take the other's public id, and merges chain
		a.ID = "b"
		wantChange(t, "renamed", reconcile.Changed)(tx.PutPayment(a, reconcile.PaymentKeys{Block: blocks(1), Twin: blocks(50)}))
		if err := tx.Merge(c.Row, a.Row); err != nil {
			t.Fatal(err)
		}
		for _, id := range []string{"a", "b", "c", "pi_a", "pi_b", "pi_c"} {
			same(t, "found by "+id, must(tx.Payment(id)).Row, c.Row)
		}
	})
}

func testMergeKeepsDecisions(t *testing.T, store reconcile.Store) {
	update(t, store, func(tx reconcile.Tx) {
		a, b := add(t, tx, "a", nil, nil, nil), add(t, tx, "b", nil, nil, nil)
		for i, row := range []int64{b.Row, a.Row, b.Row} {
			d := &reconcile.Decision{LeadID: "L1", Reason: string(rune('1' + i)), By: "eve", At: day(9 - i)}
			if err := tx.AddDecision(row, d); err != nil {
				t.Fatal(err)
			}
		}
		if err := tx.Merge(a.Row, b.Row); err != nil {
			t.Fatal(err)
		}
		var order string
		for _, d := range must(tx.Known(a.Row)).Decisions {
			order += d.Reason
		}
		same(t, "decisions in order of being made", order, "123")
	})
}
