package storetest

import (
	"testing"

	"pennytie/reconcile"
)

// clear settles all payments, those named manual by a person, so that none is due.
func clear(t testing.TB, tx reconcile.Tx, payments ...*reconcile.Payment) {
	t.Helper()
	for _, p := range payments {
		state := reconcile.MatchUnmatched
		if p.ID == "manual" {
			state = reconcile.MatchManual
		}
		settle(t, tx, p, state)
	}
	same(t, "due once all are settled", must(tx.Due(0, 99)), nil)
}

func testDueByPayment(t *testing.T, store reconcile.Store) {
	update(t, store, func(tx reconcile.Tx) {
		a := add(t, tx, "a", blocks(1), blocks(10, 11), nil)
		b := add(t, tx, "b", blocks(1), blocks(11), nil)
		c := add(t, tx, "c", blocks(1), blocks(12), nil)
		manual := add(t, tx, "manual", nil, blocks(12), nil)
		same(t, "new ones", must(tx.Due(0, 9)), []int64{a.Row, b.Row, c.Row, manual.Row})
		same(t, "page", must(tx.Due(a.Row, 2)), []int64{b.Row, c.Row})
		clear(t, tx, a, b, c, manual)
		must(tx.PutPayment(a, blocks(1), blocks(10, 11)))
		same(t, "unchanged", must(tx.Due(0, 9)), nil)
		a.Amount.Minor++
		must(tx.PutPayment(a, blocks(1), blocks(10, 11)))
		same(t, "changed, with its twin", must(tx.Due(0, 9)), []int64{a.Row, b.Row})
		clear(t, tx, a, b)
		must(tx.PutPayment(a, blocks(1), blocks(12)))
		same(t, "twins before and after", must(tx.Due(0, 9)), []int64{a.Row, b.Row, c.Row, manual.Row})
		clear(t, tx, a, b, c, manual)
		if err := tx.AddDecision(c.Row, &reconcile.Decision{None: true, At: day(1)}); err != nil {
			t.Error(err)
		}
		same(t, "decided by a person", must(tx.Due(0, 9)), []int64{c.Row})
		clear(t, tx, c)
	})
}

func testDueByLead(t *testing.T, store reconcile.Store) {
	update(t, store, func(tx reconcile.Tx) {
		a := add(t, tx, "a", blocks(1), nil, nil)
		b := add(t, tx, "b", blocks(2), nil, nil)
		c := add(t, tx, "c", blocks(3), nil, nil)
		twin := add(t, tx, "twin", nil, blocks(1), nil)
		manual := add(t, tx, "manual", blocks(1, 2, 3), nil, nil)
		clear(t, tx, a, b, c, twin, manual)
		step := func(what string, want ...*reconcile.Payment) {
			t.Helper()
			var rows []int64
			for _, p := range want {
				rows = append(rows, p.Row)
			}
			same(t, what, must(tx.Due(0, 99)), rows)
			clear(t, tx, want...)
		}
		must(tx.PutCall("s", call("C1", "L01"), blocks(3)))
		step("a call whose lead has not come", c)
		must(tx.PutLead("s", lead(1), blocks(1)))
		step("a new lead, with its call", a, c)
		must(tx.PutLead("s", lead(1), blocks(1)))
		step("the same lead")
		must(tx.PutLead("s", lead(1), blocks(2)))
		step("before and after", a, b, c)
		must(tx.PutCall("s", call("C1", "L01"), nil))
		step("a call loses its key, its lead has another", b, c)
		must(tx.PutCall("s", call("C1", "L02"), blocks(3)))
		step("a call moves to another lead", b, c)
		renamed := lead(1)
		renamed.Name = "other"
		must(tx.PutLead("s", renamed, blocks(2)))
		step("a lead without the call", b)
		wantChange(t, "another source's word", reconcile.Duplicate)(tx.PutLead("t", lead(1), blocks(9)))
		step("nothing")
		wantChange(t, "a smaller source's word", reconcile.Changed)(tx.PutLead("r", lead(1), blocks(2)))
		step("replaced", b)
	})
}

func testDueAll(t *testing.T, store reconcile.Store) {
	update(t, store, func(tx reconcile.Tx) {
		a, manual := add(t, tx, "a", nil, nil, nil), add(t, tx, "manual", nil, nil, nil)
		must(tx.Open([]reconcile.Key{key("no payment")}))
		clear(t, tx, a, manual)
		product := &reconcile.Product{ID: "P1", Name: "n"}
		wantChange(t, "product", reconcile.New)(tx.PutProduct("s", product))
		same(t, "due", must(tx.Due(0, 9)), []int64{a.Row, manual.Row})
		clear(t, tx, a, manual)
		wantChange(t, "product", reconcile.Unchanged)(tx.PutProduct("s", product))
		same(t, "due", must(tx.Due(0, 9)), nil)
		for range 2 {
			if err := tx.DueAll(); err != nil {
				t.Fatal(err)
			}
		}
		same(t, "due", must(tx.Due(0, 9)), []int64{a.Row, manual.Row})
	})
}

func testExceptions(t *testing.T, store reconcile.Store) {
	update(t, store, func(tx reconcile.Tx) {
		row := add(t, tx, "p", nil, nil, nil).Row
		over := reconcile.Exception{
			Code: reconcile.ExAmountOver, Severity: reconcile.SeverityLow, Expected: "1", Actual: "2", Detail: "d",
		}
		mismatch := reconcile.Exception{
			Code: reconcile.ExRefundMismatch, Subject: "re_1", Severity: reconcile.SeverityHigh,
		}
		put := func(at int, open ...reconcile.Exception) {
			t.Helper()
			if err := tx.PutExceptions(row, open, day(at)); err != nil {
				t.Fatal(err)
			}
		}
		want := func(what string, open ...reconcile.Exception) {
			t.Helper()
			for i := range open {
				open[i].PaymentID = "p"
			}
			same(t, what, must(tx.Known(row)).Open, open)
		}
		opened := func(e reconcile.Exception, at int) reconcile.Exception { e.OpenedAt = day(at); return e }
		put(1, mismatch, over)
		want("opened, by code", opened(over, 1), opened(mismatch, 1))
		before := tx.Writes()
		put(2, over, mismatch)
		same(t, "writes of the same", tx.Writes(), before)
		over.Actual = "3"
		put(3, over)
		want("one stays with what it says now, one is resolved", opened(over, 1))
		put(4, over, mismatch)
		want("opened anew", opened(over, 1), opened(mismatch, 4))
		put(5)
		want("none")
		history := all(t, tx.Exceptions(reconcile.ExceptionFilter{}))
		same(t, "history", len(history), 3)
		for i, resolved := range []int{5, 3, 5} {
			same(t, "resolved", history[i].ResolvedAt, day(resolved))
		}
	})
	err := store.Update(t.Context(), func(tx reconcile.Tx) error {
		e := reconcile.Exception{Code: reconcile.ExDuplicate, Severity: reconcile.SeverityLow}
		return tx.PutExceptions(1, []reconcile.Exception{e, e}, day(1))
	})
	wantKind(t, err, reconcile.ErrInvalid)
}

func testExceptionFilter(t *testing.T, store reconcile.Store) {
	update(t, store, func(tx reconcile.Tx) {
		one := []reconcile.Exception{{Code: reconcile.ExUnmatched, Severity: reconcile.SeverityLow}}
		stale := []reconcile.Exception{
			{Code: reconcile.ExStaleSource, Subject: "x", Severity: reconcile.SeverityLow},
			{Code: reconcile.ExStaleSource, Subject: "w", Severity: reconcile.SeverityLow},
		}
		for i, id := range []string{"late", "early"} {
			p := add(t, tx, id, nil, nil, func(p *reconcile.Payment) { p.Source, p.PaymentDate = id, day(9-i) })
			if err := tx.PutExceptions(p.Row, one, day(1)); err != nil {
				t.Fatal(err)
			}
		}
		orphan := must(tx.Open([]reconcile.Key{key("orphan")}))
		for row, open := range map[int64][]reconcile.Exception{0: stale, orphan: one} {
			if err := tx.PutExceptions(row, open, day(1)); err != nil {
				t.Fatal(err)
			}
		}
		list := func(f reconcile.ExceptionFilter) (found []string) {
			for _, e := range all(t, tx.Exceptions(f)) {
				found = append(found, string(e.Code)+" "+e.Subject+e.PaymentID)
			}
			return found
		}
		none := []string{"STALE_SOURCE w", "STALE_SOURCE x", "UNMATCHED "}
		same(t, "all", list(reconcile.ExceptionFilter{}), append(none, "UNMATCHED early", "UNMATCHED late"))
		same(t, "of a source", list(reconcile.ExceptionFilter{Sources: []string{"late"}}),
			append(none, "UNMATCHED late"))
		if err := tx.PutExceptions(0, stale[1:], day(2)); err != nil {
			t.Fatal(err)
		}
		same(t, "open ones", list(reconcile.ExceptionFilter{Sources: []string{"none"}, OpenOnly: true}),
			[]string{"STALE_SOURCE w", "UNMATCHED "})
	})
}

func testDecisions(t *testing.T, store reconcile.Store) {
	first := &reconcile.Decision{
		LeadID: "L1", CallID: "C1", ProductID: "P1", None: true, Undo: true, Reason: "r", By: "eve", At: day(9),
		Confirmed: "v1", Overruled: []string{"L9", "L8"}, Audited: "L9",
	}
	second := &reconcile.Decision{LeadID: "L2", By: "bob", At: day(8)}
	update(t, store, func(tx reconcile.Tx) {
		p := add(t, tx, "p", nil, nil, nil)
		for _, d := range []*reconcile.Decision{first, second} {
			if err := tx.AddDecision(p.Row, d); err != nil {
				t.Fatal(err)
			}
		}
		if first.ID == 0 || second.ID <= first.ID {
			t.Errorf("ids %d and %d do not ascend", first.ID, second.ID)
		}
		must(tx.PutOutcome(outcome(p)))
		must(tx.PutPayment(full(p.Row), nil, nil))
		first.On, second.On = "p", "p"
		same(t, "oldest first", must(tx.Known(p.Row)).Decisions, []reconcile.Decision{*first, *second})
	})
	err := store.Update(t.Context(), func(tx reconcile.Tx) error { return tx.AddDecision(999, second) })
	wantKind(t, err, reconcile.ErrConflict)
}
