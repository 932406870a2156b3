package storetest

import (
	"fmt"
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
		must(tx.PutPayment(a, reconcile.PaymentKeys{Block: blocks(1), Twin: blocks(10, 11)}))
		same(t, "unchanged", must(tx.Due(0, 9)), nil)
		a.Amount.Minor++
		must(tx.PutPayment(a, reconcile.PaymentKeys{Block: blocks(1), Twin: blocks(10, 11)}))
		same(t, "changed, with its twin", must(tx.Due(0, 9)), []int64{a.Row, b.Row})
		clear(t, tx, a, b)
		must(tx.PutPayment(a, reconcile.PaymentKeys{Block: blocks(1), Twin: blocks(12)}))
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

// addOfPayer opens a payment with payer keys.
func addOfPayer(t testing.TB, tx reconcile.Tx, id string, keys, payers []reconcile.BlockKey) *reconcile.Payment {
	t.Helper()
	p := add(t, tx, id, keys, nil, nil)
	must(tx.PutPayment(p, reconcile.PaymentKeys{Block: keys, Payer: payers}))
	return p
}

func testPayers(t *testing.T, store reconcile.Store) {
	update(t, store, func(tx reconcile.Tx) {
		a := addOfPayer(t, tx, "a", blocks(1), blocks(70))
		b := addOfPayer(t, tx, "b", blocks(2), blocks(70, 71))
		c := addOfPayer(t, tx, "c", blocks(3), blocks(71))
		other := add(t, tx, "other", blocks(70, 71), blocks(70, 71), nil) // the same keys of other kinds
		clear(t, tx, a, b, c, other)
		same(t, "of a's payer", ids(must(tx.PayerPayments(70, a.Row))), []string{"b"})
		same(t, "of b's other payer", ids(must(tx.PayerPayments(71, b.Row))), []string{"c"})
		same(t, "of nobody", len(must(tx.PayerPayments(72, 0))), 0)
		must(tx.PutLead("s", lead(1), blocks(1)))
		same(t, "a lead near one is due for the payer's others", must(tx.Due(0, 9)), []int64{a.Row, b.Row})
		clear(t, tx, a, b)
		a.Amount.Minor++
		must(tx.PutPayment(a, reconcile.PaymentKeys{Block: blocks(1), Payer: blocks(70)}))
		same(t, "changed", must(tx.Due(0, 9)), []int64{a.Row, b.Row})
		clear(t, tx, a, b)
		must(tx.PutPayment(a, reconcile.PaymentKeys{Block: blocks(1), Payer: blocks(71)}))
		same(t, "payers before and after", must(tx.Due(0, 9)), []int64{a.Row, b.Row, c.Row})
		clear(t, tx, a, b, c)
		if err := tx.DropPayment(b.Row); err != nil {
			t.Fatal(err)
		}
		same(t, "one is gone", must(tx.Due(0, 9)), []int64{a.Row, c.Row})
	})
}

// testCrowdedPayer has one payment more than a payer may have: all lose the others at once, and from then on nothing changes.
func testCrowdedPayer(t *testing.T, store reconcile.Store) {
	update(t, store, func(tx reconcile.Tx) {
		var all []*reconcile.Payment
		for i := range reconcile.MostOfPayer {
			all = append(all, addOfPayer(t, tx, fmt.Sprint("p", i), nil, blocks(70)))
		}
		clear(t, tx, all...)
		same(t, "full", len(must(tx.PayerPayments(70, all[0].Row))), reconcile.MostOfPayer-1)
		all = append(all, addOfPayer(t, tx, "one more", nil, blocks(70)))
		same(t, "all lose them", len(must(tx.Due(0, 999))), len(all))
		same(t, "crowded", len(must(tx.PayerPayments(70, all[0].Row))), 0)
		clear(t, tx, all...)
		last := addOfPayer(t, tx, "another", nil, blocks(70))
		same(t, "nobody has anything to lose", must(tx.Due(0, 999)), []int64{last.Row})
		clear(t, tx, last)
		for _, p := range []*reconcile.Payment{last, all[0]} {
			if err := tx.DropPayment(p.Row); err != nil {
				t.Fatal(err)
			}
		}
		same(t, "all have them again", len(must(tx.Due(0, 999))), len(all)-1)
	})
}

// rekeyed is a preparer whose keys are told.
type rekeyed struct {
	reconcile.Preparer
	key int64
}

func (r rekeyed) Payment(p *reconcile.Payment) *reconcile.Prepared {
	return &reconcile.Prepared{Payment: p, Keys: blocks(r.key), PayerKeys: blocks(r.key + 1)}
}

func (r rekeyed) Lead(l *reconcile.Lead) *reconcile.PreparedLead {
	return &reconcile.PreparedLead{Lead: l}
}

func (r rekeyed) LeadKeys(*reconcile.PreparedLead) []reconcile.BlockKey {
	return blocks(r.key, r.key+2)
}

func (r rekeyed) CallKeys(*reconcile.Call) []reconcile.BlockKey { return blocks(r.key + 3) }

func testRekey(t *testing.T, store reconcile.Store) {
	update(t, store, func(tx reconcile.Tx) {
		must(tx.PutLead("s", lead(1), blocks(1)))
		must(tx.PutCall("s", call("C1", "L01"), blocks(2)))
		p, q := add(t, tx, "p", blocks(1), blocks(2), nil), add(t, tx, "q", nil, nil, nil)
		clear(t, tx, p, q)
		rekey := func() {
			err := tx.Rekey(rekeyed{key: 100}, func(p *reconcile.Prepared) reconcile.PaymentKeys {
				return reconcile.PaymentKeys{Block: p.Keys, Payer: p.PayerKeys}
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		rekey()
		same(t, "due", must(tx.Due(0, 9)), nil)
		same(t, "old keys", len(must(tx.LeadsWithKeys(blocks(1, 2), 9)).Leads), 0)
		for _, key := range []int64{100, 102, 103} {
			same(t, "a lead under a new key", len(must(tx.LeadsWithKeys(blocks(key), 9)).Leads), 1)
		}
		same(t, "of one payer now", ids(must(tx.PayerPayments(101, p.Row))), []string{"q"})
		same(t, "no twins any more", len(must(tx.PaymentsWithKey(2, always(), 0))), 0)
		before := tx.Writes()
		rekey()
		same(t, "writes of the same keys again", tx.Writes(), before)
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
				open[i].PaymentID, open[i].Row, open[i].AtRisk = "p", row, usd(1000)
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
		Confirmed: "v1", Overruled: []string{"L9", "L8"}, Audited: "L9", Verified: true,
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
		must(tx.PutPayment(full(p.Row), reconcile.PaymentKeys{}))
		first.On, second.On = "p", "p"
		same(t, "oldest first", must(tx.Known(p.Row)).Decisions, []reconcile.Decision{*first, *second})
	})
	err := store.Update(t.Context(), func(tx reconcile.Tx) error { return tx.AddDecision(999, second) })
	wantKind(t, err, reconcile.ErrConflict)
}
