package storetest

import (
	"testing"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

func join(id string, minor int64) *reconcile.Join {
	return &reconcile.Join{Source: "aura-main", Provider: "aura", Record: id, Amount: usd(minor), State: reconcile.JoinSure}
}

// claims opens a payment that only a book knows.
func claims(t testing.TB, tx reconcile.Tx, id string, minor int64) *reconcile.Payment {
	t.Helper()
	p := add(t, tx, id, nil, nil, func(p *reconcile.Payment) { p.Role, p.Source, p.Amount = reconcile.RoleBook, "aura-main", usd(minor) })
	must(tx.PutRecord(p.Row, claimed(id, own(id))))
	return p
}

func testJoins(t *testing.T, store reconcile.Store) {
	full := join("u1", 1000)
	full.PaymentID, full.Confidence, full.Margin = "pay_1", 9_876, 9_752
	full.Evidence = []reconcile.Evidence{{Signal: "email", Payment: "a@e.org", Candidate: "A@e.org", Weight: -600, Strategy: "claim"}}
	full.Others, full.Sum = []string{"pay_2", "pay_3"}, usd(0)
	var row, other int64
	update(t, store, func(tx reconcile.Tx) {
		row, other = claims(t, tx, "u1", 1000).Row, claims(t, tx, "u2", 1000).Row
		wantChange(t, "new", reconcile.New)(tx.PutJoin(full))
		wantChange(t, "again", reconcile.Unchanged)(tx.PutJoin(full))
		wantChange(t, "bare", reconcile.New)(tx.PutJoin(join("u2", 1000)))
		wantChange(t, "of another amount", reconcile.New)(tx.PutJoin(join("gone", 900)))
	})
	view(t, store, func(r reconcile.Reader) {
		same(t, "full", must(r.Known(row)).Joins, []reconcile.Join{*full})
		same(t, "bare", must(r.Known(other)).Joins, []reconcile.Join{*join("u2", 1000)})
		same(t, "rows", must(r.JoinRows(usd(1000))), []int64{row, other})
		same(t, "rows of an amount without a record", must(r.JoinRows(usd(900))), nil)
		same(t, "rows of another currency", must(r.JoinRows(money.New(1000, "EUR"))), nil)
	})
	update(t, store, func(tx reconcile.Tx) { // a join is of a record, wherever that goes
		if err := tx.DropJoin(join("gone", 900)); err != nil {
			t.Fatal(err)
		}
		if err := tx.Merge(other, row); err != nil {
			t.Fatal(err)
		}
		same(t, "after a merge", len(must(tx.Known(other)).Joins), 2)
		full.State = reconcile.JoinTied
		wantChange(t, "another state", reconcile.Changed)(tx.PutJoin(full))
		writes := tx.Writes()
		settle(t, tx, must(tx.PaymentRows([]int64{other}))[0], reconcile.MatchUnmatched)
		if err := tx.DropJoin(full); err != nil {
			t.Fatal(err)
		}
		if tx.Writes() == writes {
			t.Error("dropping a join is a write of data")
		}
		same(t, "due: its exceptions told of it", must(tx.Due(0, 9)), []int64{other})
		same(t, "dropped", must(tx.Known(other)).Joins, []reconcile.Join{*join("u2", 1000)})
		writes = tx.Writes()
		if err := tx.DropJoin(full); err != nil || tx.Writes() != writes {
			t.Errorf("dropping nothing: %v", err)
		}
	})
}

func testPaymentsOf(t *testing.T, store reconcile.Store) {
	update(t, store, func(tx reconcile.Tx) {
		for i, id := range []string{"c", "a", "b"} {
			add(t, tx, id, nil, nil, func(p *reconcile.Payment) { p.PaymentDate = day(3 - i/2) })
		}
		claims(t, tx, "u", 1000)
		add(t, tx, "manual", nil, nil, func(p *reconcile.Payment) { p.Role = reconcile.RoleManual })
		add(t, tx, "more", nil, nil, func(p *reconcile.Payment) { p.Amount = usd(1001) })
		add(t, tx, "euro", nil, nil, func(p *reconcile.Payment) { p.Amount, p.Captured = money.New(1000, "EUR"), money.Amount{} })
	})
	view(t, store, func(r reconcile.Reader) {
		same(t, "taken", ids(must(r.PaymentsOf(usd(1000), reconcile.RoleProcessor, always()))), []string{"b", "a", "c"})
		same(t, "claimed", ids(must(r.PaymentsOf(usd(1000), reconcile.RoleBook, always()))), []string{"u"})
		same(t, "in a span", ids(must(r.PaymentsOf(usd(1000), reconcile.RoleProcessor, reconcile.Span{From: day(2), Through: day(3)}))), []string{"b"})
	})
	view(t, store, func(r reconcile.Reader) {
		same(t, "in a span of nothing", len(must(r.PaymentsOf(usd(1000), reconcile.RoleProcessor, reconcile.Span{}))), 0)
		same(t, "claimed amounts", must(r.ClaimedAmounts()), []money.Amount{usd(1000)})
	})
}

func testPaymentsUnder(t *testing.T, store reconcile.Store) {
	update(t, store, func(tx reconcile.Tx) {
		add(t, tx, "b", blocks(1, 2), blocks(9), func(p *reconcile.Payment) { p.PaymentDate = day(2) })
		add(t, tx, "a", blocks(1), nil, nil)
		add(t, tx, "late", blocks(1), nil, func(p *reconcile.Payment) { p.PaymentDate = day(9) })
		add(t, tx, "claim", blocks(2), nil, func(p *reconcile.Payment) { p.Role = reconcile.RoleBook })
	})
	view(t, store, func(r reconcile.Reader) {
		under := func(most int, keys ...int64) []string {
			return ids(must(r.PaymentsUnder(blocks(keys...), reconcile.Span{From: day(1), Through: day(9)}, most)))
		}
		same(t, "by date, once each, of processors", under(9, 2, 1), []string{"a", "b"})
		same(t, "under a key of too many, whenever they were paid", under(2, 2, 1), []string{"b"})
		same(t, "a twin key is none of the payer", under(9, 9), nil)
		same(t, "no keys", under(9), nil)
	})
}

// testUnjoined: an amount is looked at when something of it is due, or was of it before, and there is something to compare.
func testUnjoined(t *testing.T, store reconcile.Store) {
	unjoined := func(what string, want ...money.Amount) {
		t.Helper()
		view(t, store, func(r reconcile.Reader) { same(t, what, must(r.Unjoined()), want) })
	}
	done := func() {
		t.Helper()
		update(t, store, func(tx reconcile.Tx) {
			for _, a := range must(tx.Unjoined()) {
				if err := tx.Joined(a); err != nil {
					t.Fatal(err)
				}
			}
			for _, p := range must(tx.PaymentRows(must(tx.Due(0, 99)))) {
				settle(t, tx, p, reconcile.MatchUnmatched)
			}
		})
		unjoined("nothing changed")
	}
	var taken, claim, third *reconcile.Payment
	update(t, store, func(tx reconcile.Tx) {
		taken = add(t, tx, "p", nil, nil, nil)
		add(t, tx, "lonely", nil, nil, func(p *reconcile.Payment) { p.Amount = usd(5) })
		claims(t, tx, "unanswered", 7)
	})
	unjoined("payments without claims, and claims without payments")
	update(t, store, func(tx reconcile.Tx) { claim = claims(t, tx, "u", 1000) })
	unjoined("a claim came", usd(1000))
	done()
	update(t, store, func(tx reconcile.Tx) { third = add(t, tx, "p3", nil, nil, nil) })
	unjoined("a payment came", usd(1000))
	done()
	update(t, store, func(tx reconcile.Tx) {
		third.Amount = usd(2000)
		must(tx.PutPayment(third, reconcile.PaymentKeys{}))
		settle(t, tx, third, reconcile.MatchUnmatched)
	})
	unjoined("a payment became another amount", usd(1000))
	done()
	update(t, store, func(tx reconcile.Tx) {
		must(tx.PutJoin(join("u", 1000)))
		if err := tx.Merge(taken.Row, claim.Row); err != nil {
			t.Fatal(err)
		}
	})
	unjoined("a claim went into its payment", usd(1000))
	done()
	update(t, store, func(tx reconcile.Tx) {
		if err := tx.MakeDue(taken.Row); err != nil {
			t.Fatal(err)
		}
	})
	unjoined("a payment is due that a claim was joined to", usd(1000))
	done()
	update(t, store, func(tx reconcile.Tx) {
		if err := tx.DropPayment(taken.Row); err != nil {
			t.Fatal(err)
		}
	})
	unjoined("a payment is no more", usd(1000))
	update(t, store, func(tx reconcile.Tx) {
		writes := tx.Writes()
		if err := tx.Joined(usd(1000)); err != nil || tx.Writes() != writes {
			t.Errorf("that an amount was looked at is bookkeeping: %v", err)
		}
	})
}
