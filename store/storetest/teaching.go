package storetest

import (
	"testing"

	"pennytie/reconcile"
)

func say(t testing.TB, tx reconcile.Tx, p *reconcile.Payment, d reconcile.Decision) {
	t.Helper()
	d.At = day(9)
	if err := tx.AddDecision(p.Row, &d); err != nil {
		t.Fatal(err)
	}
}

func testSaidUnder(t *testing.T, store reconcile.Store) {
	heard := func(r reconcile.Reader, keys ...int64) (found []string) {
		for _, of := range must(r.SaidUnder(blocks(keys...))) {
			text := of.PaymentID + " of " + of.Payer
			for _, d := range of.Decisions {
				text += " " + d.LeadID
			}
			found = append(found, text)
		}
		return found
	}
	update(t, store, func(tx reconcile.Tx) {
		named := func(p *reconcile.Payment) { p.CustomerName = "Ada" }
		b := add(t, tx, "b", blocks(1, 2), nil, named)
		a := add(t, tx, "a", blocks(2), blocks(1), nil)
		add(t, tx, "silent", blocks(1, 2), nil, named)
		same(t, "nothing said", heard(tx, 1, 2), nil)
		say(t, tx, a, reconcile.Decision{LeadID: "L1"})
		say(t, tx, b, reconcile.Decision{LeadID: "L2", Overruled: []string{"L1", "L3"}})
		say(t, tx, a, reconcile.Decision{Undo: true})
		same(t, "under one", heard(tx, 1), []string{"b of Ada L2"})
		same(t, "by key, then id", heard(tx, 2, 1, 2), []string{"b of Ada L2", "a of  L1 ", "b of Ada L2"})
		same(t, "under none", heard(tx, 3), nil)
		same(t, "none asked", heard(tx), nil)
		of := must(tx.SaidUnder(blocks(1)))[0]
		same(t, "the key and the payment", []int64{int64(of.Key), of.Row}, []int64{1, b.Row})
		same(t, "as Known has it", of.Decisions, must(tx.Known(b.Row)).Decisions)
		must(tx.PutPayment(b, reconcile.PaymentKeys{Block: blocks(3)}))
		same(t, "after its keys changed", heard(tx, 1, 3), []string{"b of Ada L2"})
	})
	view(t, store, func(r reconcile.Reader) {
		many := make([]int64, 3000) // more than any list that a store may cut
		for i := range many {
			many[i] = int64(len(many) - i)
		}
		same(t, "many", heard(r, many...), []string{"a of  L1 ", "b of Ada L2"})
	})
	update(t, store, func(tx reconcile.Tx) {
		rows := must(tx.Identify([]reconcile.Key{key("pi_a"), key("pi_b")}))
		if err := tx.Merge(rows[1], rows[0]); err != nil {
			t.Fatal(err)
		}
		same(t, "merged", heard(tx, 1, 2, 3), []string{"a of  L1 L2 "})
	})
}

func testDueUnder(t *testing.T, store reconcile.Store) {
	update(t, store, func(tx reconcile.Tx) {
		a := add(t, tx, "a", blocks(1), nil, nil)
		b := add(t, tx, "b", blocks(2), blocks(1), nil)
		manual := add(t, tx, "manual", blocks(1, 2), nil, nil)
		must(tx.PutLead("s", lead(1), blocks(1)))
		clear(t, tx, a, b, manual)
		for _, step := range []struct {
			keys []int64
			want []*reconcile.Payment
		}{{nil, nil}, {[]int64{3}, nil}, {[]int64{1}, []*reconcile.Payment{a, manual}}, {[]int64{2, 1, 2}, []*reconcile.Payment{a, b, manual}}} {
			before := tx.Writes()
			if err := tx.DueUnder(blocks(step.keys...)); err != nil {
				t.Fatal(err)
			}
			var rows []int64
			for _, p := range step.want {
				rows = append(rows, p.Row)
			}
			same(t, "due", must(tx.Due(0, 9)), rows)
			same(t, "writes of bookkeeping", tx.Writes(), before)
			clear(t, tx, step.want...)
		}
	})
}

// testDueByGiven: a lead that shares no key with a payment concerns it nevertheless, if a person gave the lead another payment that
// does.
func testDueByGiven(t *testing.T, store reconcile.Store) {
	update(t, store, func(tx reconcile.Tx) {
		given := add(t, tx, "given", blocks(1), nil, nil)
		like := add(t, tx, "like", blocks(1), nil, nil)
		other := add(t, tx, "other", blocks(2), nil, nil)
		must(tx.PutLead("s", lead(1), blocks(9)))
		say(t, tx, given, reconcile.Decision{LeadID: "L01"})
		clear(t, tx, given, like, other)
		renamed := lead(1)
		renamed.Name = "another"
		must(tx.PutLead("s", renamed, blocks(9)))
		same(t, "the lead changed", must(tx.Due(0, 9)), []int64{given.Row, like.Row})
		clear(t, tx, given, like)
		must(tx.PutCall("s", call("C1", "L01"), nil))
		same(t, "a call of it came", must(tx.Due(0, 9)), []int64{given.Row, like.Row})
		clear(t, tx, given, like)
		must(tx.PutLead("s", lead(2), blocks(9)))
		same(t, "another lead", must(tx.Due(0, 9)), nil)
	})
}
