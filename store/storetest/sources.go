package storetest

import (
	"testing"

	"pennytie/reconcile"
)

func claimed(id string, keys ...reconcile.Key) *reconcile.SourceRecord {
	r := record("aura-main", id)
	r.Provider, r.Role, r.Keys = "aura", reconcile.RoleBook, keys
	return r
}

func own(id string) reconcile.Key { return reconcile.Key{Provider: "aura", Account: "org", ID: id} }

// testSplit lets a claim, with what hangs on it, leave the payment that it named by mistake.
func testSplit(t *testing.T, store reconcile.Store) {
	var row, left int64
	update(t, store, func(tx reconcile.Tx) {
		row = add(t, tx, "1", nil, nil, nil).Row // owns pi_1
		if err := tx.AddKeys(row, []reconcile.Key{own("u1"), key("ch_1")}); err != nil {
			t.Fatal(err)
		}
		must(tx.PutRecord(row, record("s", "pi_1")))
		must(tx.PutRecord(row, claimed("u1", key("pi_1"), own("u1"))))
		hangs := refund("aura-main", "r1", false)
		hangs.Provider, hangs.Keys = "aura", []reconcile.Key{own("u1"), key("pi_1")}
		must(tx.PutRefund(row, hangs))
		stays := refund("s", "re_1", false)
		stays.Keys = []reconcile.Key{key("pi_1"), own("u1")} // only the first key says where it hangs
		must(tx.PutRefund(row, stays))
		d := dispute("aura-main", "d1", false)
		d.Provider, d.Keys = "aura", []reconcile.Key{own("u1")}
		must(tx.PutDispute(row, d))
	})
	update(t, store, func(tx reconcile.Tx) {
		left = must(tx.Split(row, []reconcile.Key{own("u1")}, []reconcile.SourceRecord{*claimed("u1")}))
		stays, leaves := must(tx.Known(row)), must(tx.Known(left))
		same(t, "keys that stay", stays.Keys, []reconcile.Key{key("ch_1"), key("pi_1")})
		same(t, "keys that leave", leaves.Keys, []reconcile.Key{own("u1")})
		if len(stays.Records) != 1 || stays.Records[0].ID != "pi_1" || len(stays.Refunds) != 1 || stays.Refunds[0].ID != "re_1" || len(stays.Disputes) != 0 {
			t.Errorf("what stays: %+v", stays)
		}
		if len(leaves.Records) != 1 || leaves.Records[0].ID != "u1" || len(leaves.Refunds) != 1 || len(leaves.Disputes) != 1 {
			t.Errorf("what leaves: %+v", leaves)
		}
		if tx.Writes() == 0 {
			t.Error("a split is a write of data")
		}
		found, stored, err := tx.Record("aura-main", "aura", "u1")
		if err != nil || found != left || stored.ID != "u1" {
			t.Errorf("row %d, %+v, %v", found, stored, err)
		}
		_, _, err = tx.Record("aura-main", "aura", "u2")
		wantKind(t, err, reconcile.ErrNotFound)
		_, _, err = tx.Record("s", "aura", "u1")
		wantKind(t, err, reconcile.ErrNotFound)
	})
	wantKind(t, store.Update(t.Context(), func(tx reconcile.Tx) error {
		_, err := tx.Split(row, []reconcile.Key{own("u1")}, nil) // it left already
		return err
	}), reconcile.ErrConflict)
	update(t, store, func(tx reconcile.Tx) {
		if err := tx.Merge(row, left); err != nil {
			t.Error(err)
		}
		same(t, "all again", len(must(tx.Known(row)).Records), 2)
	})
}

func testRefsBetween(t *testing.T, store reconcile.Store) {
	update(t, store, func(tx reconcile.Tx) {
		for i, id := range []string{"b", "a", "d", "c"} {
			p := add(t, tx, id, nil, nil, func(p *reconcile.Payment) { p.PaymentDate = day(1 + i) })
			must(tx.PutRecord(p.Row, claimed("u-"+id, key("pi_"+id), own("u-"+id))))
			detail := claimed("x-"+id, key("pi_"+id))
			detail.Kind = reconcile.KindDetail
			must(tx.PutRecord(p.Row, detail))
			must(tx.PutRecord(p.Row, record("s", "ch_"+id)))
		}
		row, gone, err := tx.Record("aura-main", "aura", "u-d")
		if err != nil {
			t.Fatal(err)
		}
		gone.Gone = true
		wantChange(t, "gone", reconcile.Changed)(tx.PutRecord(row, &gone))
		refs := func(from, through int, after string, limit int) []reconcile.Ref {
			return must(tx.RefsBetween("aura-main", reconcile.Span{From: day(from), Through: day(through)}, after, limit))
		}
		payment := func(id string) reconcile.Ref { return reconcile.Ref{Kind: reconcile.RefPayment, ID: "u-" + id} }
		same(t, "half-open, without what is gone", refs(1, 4, "", 9), []reconcile.Ref{payment("a"), payment("b")})
		same(t, "all", refs(1, 5, "", 9), []reconcile.Ref{payment("a"), payment("b"), payment("c")})
		same(t, "a page", refs(1, 5, "u-a", 1), []reconcile.Ref{payment("b")})
		same(t, "nothing", refs(5, 9, "", 9), nil)
	})
}

// testSplitDecisions lets a decision go with the claim that it was made on.
func testSplitDecisions(t *testing.T, store reconcile.Store) {
	update(t, store, func(tx reconcile.Tx) {
		claim := add(t, tx, "claim", nil, nil, func(p *reconcile.Payment) { p.ID = reconcile.PaymentID(own("u1")) })
		if err := tx.AddKeys(claim.Row, []reconcile.Key{own("u1")}); err != nil {
			t.Fatal(err)
		}
		must(tx.PutRecord(claim.Row, claimed("u1", own("u1"))))
		mine := &reconcile.Decision{LeadID: "L1", At: day(1)}
		if err := tx.AddDecision(claim.Row, mine); err != nil {
			t.Fatal(err)
		}
		charge := add(t, tx, "charge", nil, nil, nil)
		must(tx.PutRecord(charge.Row, record("s", "pi_charge")))
		theirs := &reconcile.Decision{LeadID: "L2", At: day(2)}
		if err := tx.AddDecision(charge.Row, theirs); err != nil {
			t.Fatal(err)
		}
		if err := tx.Merge(charge.Row, claim.Row); err != nil {
			t.Fatal(err)
		}
		both := must(tx.Known(charge.Row)).Decisions
		if len(both) != 2 || both[0].On != claim.ID || both[0].Joined != theirs.ID || both[1].On != "charge" || both[1].Joined != 0 {
			t.Errorf("merged: %+v", both)
		}
		left := must(tx.Split(charge.Row, []reconcile.Key{own("u1")}, []reconcile.SourceRecord{*claimed("u1")}))
		if stays, goes := must(tx.Known(charge.Row)).Decisions, must(tx.Known(left)).Decisions; len(stays) != 1 || stays[0].LeadID != "L2" ||
			len(goes) != 1 || goes[0].LeadID != "L1" {
			t.Errorf("split: %+v, %+v", stays, goes)
		}
	})
}

// testExchangedIDs gives two payments each other's public id in one transaction.
func testExchangedIDs(t *testing.T, store reconcile.Store) {
	update(t, store, func(tx reconcile.Tx) {
		a, b := add(t, tx, "a", nil, nil, nil), add(t, tx, "b", nil, nil, nil)
		a.ID, b.ID = "b", "a"
		wantChange(t, "first", reconcile.Changed)(tx.PutPayment(a, reconcile.PaymentKeys{}))
		wantChange(t, "second", reconcile.Changed)(tx.PutPayment(b, reconcile.PaymentKeys{}))
		same(t, "first", must(tx.Payment("b")).Row, a.Row)
		same(t, "second", must(tx.Payment("a")).Row, b.Row)
		same(t, "payments", len(all(t, tx.Payments(reconcile.PaymentFilter{}))), 2)
	})
}

func testDropPayment(t *testing.T, store reconcile.Store) {
	update(t, store, func(tx reconcile.Tx) {
		p := add(t, tx, "1", blocks(1), blocks(2), nil)
		settle(t, tx, p, reconcile.MatchAuto)
		must(tx.PutRecord(p.Row, record("s", "pi_1")))
		if err := tx.PutExceptions(p.Row, []reconcile.Exception{{Code: reconcile.ExDuplicate, Severity: reconcile.SeverityLow}}, day(1)); err != nil {
			t.Fatal(err)
		}
		if err := tx.DropPayment(p.Row); err != nil {
			t.Fatal(err)
		}
		same(t, "payments", len(all(t, tx.Payments(reconcile.PaymentFilter{}))), 0)
		same(t, "due", must(tx.Due(0, 9)), nil)
		known := must(tx.Known(p.Row))
		if len(known.Keys) != 1 || len(known.Records) != 1 || len(known.Open) != 0 {
			t.Errorf("what stays: %+v", known)
		}
		wantChange(t, "it is one again", reconcile.New)(tx.PutPayment(p, reconcile.PaymentKeys{Block: blocks(1), Twin: blocks(2)}))
		settle(t, tx, p, reconcile.MatchAuto)
	})
}

func testRechecks(t *testing.T, store reconcile.Store) {
	update(t, store, func(tx reconcile.Tx) {
		for _, id := range []string{"b", "a", "b"} {
			if err := tx.AddRecheck("s", id); err != nil {
				t.Error(err)
			}
		}
		ref := func(id string) reconcile.Ref { return reconcile.Ref{Kind: reconcile.RefPayment, ID: id} }
		same(t, "noted", must(tx.Rechecks("s", 9)), []reconcile.Ref{ref("a"), ref("b")})
		same(t, "a page", must(tx.Rechecks("s", 1)), []reconcile.Ref{ref("a")})
		same(t, "of another", must(tx.Rechecks("t", 9)), nil)
		if err := tx.DropRecheck("s", "a"); err != nil {
			t.Error(err)
		}
		same(t, "left", must(tx.Rechecks("s", 9)), []reconcile.Ref{ref("b")})
		same(t, "bookkeeping", tx.Writes(), 0)
	})
}

func testChanges(t *testing.T, store reconcile.Store) {
	step := func(field, before, after string) []reconcile.PaymentChange {
		return []reconcile.PaymentChange{{Source: "aura-main", Record: "u1", Field: field, Before: before, After: after}}
	}
	var row, other int64
	update(t, store, func(tx reconcile.Tx) {
		row = add(t, tx, "1", nil, nil, nil).Row
		other = add(t, tx, "2", nil, nil, func(p *reconcile.Payment) { p.Source = "elsewhere" }).Row
		put := func(row int64, at int, changes []reconcile.PaymentChange) {
			if err := tx.PutChanges(row, changes, day(at)); err != nil {
				t.Error(err)
			}
		}
		put(row, 2, step("amount", "1.00 USD", "2.00 USD"))
		put(row, 3, step("amount", "2.00 USD", "3.00 USD"))
		put(row, 3, step("amount", "3.00 USD", "4.00 USD")) // one step with the one before
		put(row, 3, step("status", "pending", "failed"))
		put(row, 3, step("status", "failed", "pending")) // came back
		put(row, 3, step("name", "", "Ada"))
		put(other, 3, step("amount", "5.00 USD", ""))
	})
	update(t, store, func(tx reconcile.Tx) {
		if err := tx.PutChanges(row, step("name", "Ada", "Ada"), day(3)); err != nil {
			t.Error(err)
		}
		same(t, "no news is no write", tx.Writes(), 0)
		want := func(id, field, before, after string, at int) *reconcile.PaymentChange {
			return &reconcile.PaymentChange{PaymentID: id, Source: "aura-main", Record: "u1", Field: field,
				Before: before, After: after, At: day(at)}
		}
		same(t, "all", all(t, tx.Changes(nil, day(1), day(3))), []*reconcile.PaymentChange{
			want("1", "amount", "1.00 USD", "2.00 USD", 2), want("1", "amount", "2.00 USD", "4.00 USD", 3),
			want("1", "name", "", "Ada", 3), want("2", "amount", "5.00 USD", "", 3),
		})
		same(t, "since, exclusive", len(all(t, tx.Changes(nil, day(2), day(3)))), 3)
		same(t, "through, inclusive", len(all(t, tx.Changes(nil, day(1), day(2)))), 1)
		same(t, "of a source", len(all(t, tx.Changes([]string{"stripe-main"}, day(1), day(9)))), 3)
		if err := tx.Merge(row, other); err != nil {
			t.Error(err)
		}
		same(t, "kept by a merge", len(all(t, tx.Changes(nil, day(1), day(3)))), 4)
	})
}

func testCache(t *testing.T, store reconcile.Store) {
	update(t, store, func(tx reconcile.Tx) {
		for _, value := range [][]byte{[]byte(`{"a":1}`), {0, 255}, {}} {
			if err := tx.PutCached("s", "k", value); err != nil {
				t.Error(err)
			}
			got, known, err := tx.Cached("s", "k")
			if err != nil || !known || string(got) != string(value) {
				t.Errorf("%q, %v, %v", got, known, err)
			}
		}
		same(t, "bookkeeping", tx.Writes(), 0)
		for _, other := range [][2]string{{"s", "j"}, {"t", "k"}} {
			if _, known, err := tx.Cached(other[0], other[1]); known || err != nil {
				t.Errorf("%v is known, %v", other, err)
			}
		}
	})
}

func testMakeDue(t *testing.T, store reconcile.Store) {
	update(t, store, func(tx reconcile.Tx) {
		p := add(t, tx, "1", nil, nil, nil)
		settle(t, tx, p, reconcile.MatchAuto)
		none := must(tx.Open([]reconcile.Key{key("none")}))
		for _, row := range []int64{p.Row, p.Row, none} {
			if err := tx.MakeDue(row); err != nil {
				t.Error(err)
			}
		}
		same(t, "due", must(tx.Due(0, 9)), []int64{p.Row})
	})
}

// testOpenedAt says that the run that knew a payment first is kept.
func testOpenedAt(t *testing.T, store reconcile.Store) {
	update(t, store, func(tx reconcile.Tx) {
		p := add(t, tx, "1", nil, nil, func(p *reconcile.Payment) { p.OpenedAt = day(1) })
		later := *p
		later.OpenedAt = day(2)
		wantChange(t, "another run", reconcile.Unchanged)(tx.PutPayment(&later, reconcile.PaymentKeys{}))
		later.CustomerName = "Ada"
		wantChange(t, "a name", reconcile.Changed)(tx.PutPayment(&later, reconcile.PaymentKeys{}))
		same(t, "opened", must(tx.Payment("1")).OpenedAt, day(1))
	})
}
