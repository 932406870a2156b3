package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pennytie/reconcile"
)

// list reads the ids of the payments that a filter selects.
func list(t testing.TB, r reconcile.Reader, f reconcile.PaymentFilter) []string {
	t.Helper()
	return ids(all(t, r.Payments(f)))
}

func dated(date time.Time) func(*reconcile.Payment) {
	return func(p *reconcile.Payment) { p.PaymentDate = date }
}

func testOrder(t *testing.T, store reconcile.Store) {
	update(t, store, func(tx reconcile.Tx) {
		add(t, tx, "c", nil, nil, dated(day(2)))
		add(t, tx, "z", nil, nil, dated(day(1)))
		add(t, tx, "a", nil, nil, dated(day(2)))
		add(t, tx, "b", nil, nil, dated(day(2)))
		add(t, tx, "y", nil, nil, dated(time.Time{}))
		add(t, tx, "x", nil, nil, dated(time.Time{}))
		same(t, "order", list(t, tx, reconcile.PaymentFilter{}), []string{"x", "y", "z", "a", "b", "c"})
	})
}

func testFilters(t *testing.T, store reconcile.Store) {
	update(t, store, func(tx reconcile.Tx) {
		for i, source := range []string{"s1", "s2", "s3", "s1"} {
			p := add(t, tx, fmt.Sprint("p", i), nil, nil, func(p *reconcile.Payment) {
				p.Source, p.PaymentDate = source, day(i+1)
				if i == 3 {
					p.Status = reconcile.StatusFailed
				}
			})
			p.Match = reconcile.Match{State: reconcile.MatchAuto, LeadID: fmt.Sprint("L", i%2)}
			must(tx.PutOutcome(p))
		}
		suggested := add(t, tx, "p4", nil, nil, func(p *reconcile.Payment) { p.Source, p.PaymentDate = "s4", day(9) })
		suggested.Match = reconcile.Match{State: reconcile.MatchSuggested, LeadID: "L1"}
		must(tx.PutOutcome(suggested))
		for what, check := range map[string]struct {
			filter reconcile.PaymentFilter
			want   []string
		}{
			"sources":  {reconcile.PaymentFilter{Sources: []string{"s1", "s3"}}, []string{"p0", "p2", "p3"}},
			"quoted":   {reconcile.PaymentFilter{Sources: []string{`s1" OR 1=1 --`}}, nil},
			"status":   {reconcile.PaymentFilter{Status: reconcile.StatusFailed}, []string{"p3"}},
			"lead":     {reconcile.PaymentFilter{LeadID: "L1"}, []string{"p1", "p3"}},
			"from, to": {reconcile.PaymentFilter{From: day(2), To: day(4)}, []string{"p1", "p2"}},
			"limit":    {reconcile.PaymentFilter{Limit: 3}, []string{"p0", "p1", "p2"}},
			"all together": {
				reconcile.PaymentFilter{Sources: []string{"s1"}, LeadID: "L1", From: day(1), Limit: 9}, []string{"p3"},
			},
		} {
			same(t, what, list(t, tx, check.filter), check.want)
		}
	})
}

// testPaging reads pages of two while payments arrive before and after the place that was reached.
func testPaging(t *testing.T, store reconcile.Store) {
	update(t, store, func(tx reconcile.Tx) {
		for i, date := range []time.Time{{}, {}, day(1), day(2), day(2), day(2), day(3)} {
			add(t, tx, fmt.Sprint("p", i), nil, nil, dated(date))
		}
	})
	var got []string
	var after *reconcile.Position
	for page := 0; ; page++ {
		var rows []*reconcile.Payment
		view(t, store, func(r reconcile.Reader) {
			rows = all(t, r.Payments(reconcile.PaymentFilter{After: after, Limit: 2}))
		})
		if len(rows) == 0 {
			break
		}
		got = append(got, ids(rows)...)
		last := rows[len(rows)-1]
		after = &reconcile.Position{Date: last.PaymentDate, ID: last.ID}
		if page == 1 { // p3 was the last one
			update(t, store, func(tx reconcile.Tx) {
				add(t, tx, "p20 too early", nil, nil, dated(day(2)))
				add(t, tx, "p30 in time", nil, nil, dated(day(2)))
			})
		}
	}
	same(t, "pages", got, []string{"p0", "p1", "p2", "p3", "p30 in time", "p4", "p5", "p6"})
}

func testEarlyBreak(t *testing.T, store reconcile.Store) {
	update(t, store, func(tx reconcile.Tx) {
		for i := range 5 {
			add(t, tx, fmt.Sprint("p", i), nil, nil, nil)
		}
		for range 3 {
			for p, err := range tx.Payments(reconcile.PaymentFilter{}) {
				if err != nil || p.ID != "p0" {
					t.Errorf("first is %v, %v", p, err)
				}
				break
			}
		}
		add(t, tx, "p5", nil, nil, nil)
	})
	view(t, store, func(r reconcile.Reader) {
		for range r.Payments(reconcile.PaymentFilter{}) {
			break
		}
	})
	same(t, "payments", count(t, store), 6)
}

func testNested(t *testing.T, store reconcile.Store) {
	update(t, store, func(tx reconcile.Tx) {
		for i := range 3 {
			add(t, tx, fmt.Sprint("p", i), nil, nil, nil)
		}
	})
	pairs := 0
	view(t, store, func(r reconcile.Reader) {
		for outer, err := range r.Payments(reconcile.PaymentFilter{}) {
			if err != nil {
				t.Fatal(err)
			}
			for inner, err := range r.Payments(reconcile.PaymentFilter{}) {
				if err != nil {
					t.Fatal(err)
				}
				same(t, "found again", must(r.Payment(inner.ID)).Row, inner.Row)
				pairs++
			}
			must(r.Known(outer.Row))
		}
	})
	same(t, "pairs", pairs, 9)
}

func testLookups(t *testing.T, store reconcile.Store) {
	update(t, store, func(tx reconcile.Tx) {
		var rows []int64
		for i := range 40 { // more than any list that a store may cut
			rows = append(rows, add(t, tx, fmt.Sprintf("p%02d", i), blocks(7), nil, dated(day(40-i))).Row)
		}
		twin := add(t, tx, "twin", nil, blocks(7), dated(day(1).Add(time.Minute)))
		slices.Reverse(rows)
		rows = append(rows, rows[3])
		for i, p := range must(tx.PaymentRows(rows)) {
			same(t, "row", p.Row, rows[i])
		}
		same(t, "no rows", len(must(tx.PaymentRows(nil))), 0)
		first := reconcile.Span{Through: day(3)} // p38 is paid on the second day, p37 on the third
		same(t, "with the key", ids(must(tx.PaymentsWithKey(7, first, 0))), []string{"p39", "twin", "p38"})
		second := reconcile.Span{From: day(2), Through: day(3)}
		same(t, "within a span", ids(must(tx.PaymentsWithKey(7, second, 0))), []string{"p38"})
		same(t, "but one", ids(must(tx.PaymentsWithKey(7, first, twin.Row))), []string{"p39", "p38"})
		same(t, "with no key", len(must(tx.PaymentsWithKey(8, always(), 0))), 0)
		must(tx.PutPayment(twin, reconcile.PaymentKeys{Block: blocks(8)}))
		same(t, "keys changed", ids(must(tx.PaymentsWithKey(7, first, 0))), []string{"p39", "p38"})
		same(t, "keys changed", ids(must(tx.PaymentsWithKey(8, first, 0))), []string{"twin"})
	})
}

func testNeighbours(t *testing.T, store reconcile.Store) {
	const many = 40
	update(t, store, func(tx reconcile.Tx) {
		for n := many; n > 0; n-- {
			must(tx.PutLead("s", lead(n), blocks(int64(n), 1000)))
		}
		must(tx.PutCall("s", call("C2", "L07"), blocks(500, 501)))
		must(tx.PutCall("s", call("C1", "L07"), blocks(500)))
		must(tx.PutCall("s", call("C3", "L08"), nil))
		must(tx.PutCall("s", call("C4", "not come"), blocks(500)))
		must(tx.PutCall("s", call("C5", "L09"), blocks(3)))
	})
	names := func(n reconcile.Neighbours) (leads, calls []string) {
		for _, l := range n.Leads {
			leads = append(leads, l.ID)
		}
		for _, c := range n.Calls {
			calls = append(calls, c.ID)
		}
		return leads, calls
	}
	view(t, store, func(r reconcile.Reader) {
		found := must(r.LeadsWithKeys(blocks(8, 500, 3, 8, 1000, 777), 2))
		leads, calls := names(found)
		same(t, "leads by id", leads, []string{"L03", "L07", "L08", "L09"})
		same(t, "all their calls", calls, []string{"C1", "C2", "C3", "C5"})
		same(t, "their keys and their calls'", found.Keys, map[string][]reconcile.BlockKey{
			"L03": blocks(3, 1000), "L07": blocks(7, 500, 501, 1000), "L08": blocks(8, 1000), "L09": blocks(3, 9, 1000)})
		same(t, "crowded", found.Crowded, map[reconcile.BlockKey]int{1000: many})
		found = must(r.LeadsWithKeys(blocks(3, 500), 1))
		same(t, "two calls of one lead are no crowd", found.Crowded, map[reconcile.BlockKey]int{3: 2})
		found = must(r.LeadsWithKeys(blocks(1000), many))
		same(t, "at the limit", len(found.Leads), many)
		var keys []int64
		for n := range int64(3000) {
			keys = append(keys, n)
		}
		leads, _ = names(must(r.LeadsWithKeys(blocks(keys...), many-1)))
		same(t, "thousands of keys", len(leads), many)
		same(t, "sorted", slices.IsSorted(leads), true)
		same(t, "none", len(must(r.LeadsWithKeys(nil, 5)).Leads), 0)
	})
}

func testReadingWhileStreaming(t *testing.T, store reconcile.Store) {
	const many = 30
	update(t, store, func(tx reconcile.Tx) {
		for i := range many {
			add(t, tx, fmt.Sprintf("p%02d", i), nil, nil, dated(day(i+1)))
		}
		must(tx.PutCall("s", call("C1", "L07"), nil))
	})
	view(t, store, func(r reconcile.Reader) {
		pairs := 0
		for outer, err := range r.Payments(reconcile.PaymentFilter{}) {
			if err != nil {
				t.Fatal(err)
			}
			known := must(r.Known(outer.Row))
			same(t, "what is known of the payment at hand", known.Row, outer.Row)
			same(t, "a call", must(r.Call("C1")).ID, "C1")
			for _, err := range r.Payments(reconcile.PaymentFilter{}) { // the same question within itself
				if err != nil {
					t.Fatal(err)
				}
				pairs++
			}
		}
		same(t, "all payments, all times", pairs, many*many)
	})
}

func testLeadsByID(t *testing.T, store reconcile.Store) {
	const many = 300 // more than any list that a store may cut
	var wanted []string
	update(t, store, func(tx reconcile.Tx) {
		for n := many; n > 0; n-- {
			must(tx.PutLead("s", lead(n), blocks(int64(n))))
			wanted = append(wanted, lead(n).ID)
		}
		must(tx.PutCall("s", call("C2", "L07"), blocks(500)))
		must(tx.PutCall("s", call("C1", "L07"), nil))
		must(tx.PutCall("s", call("C3", "L08"), nil))
	})
	view(t, store, func(r reconcile.Reader) {
		found := must(r.LeadsByID([]string{"L07", "nobody", "L02", "L07", ""}))
		same(t, "leads by id", []string{found.Leads[0].ID, found.Leads[1].ID}, []string{"L02", "L07"})
		same(t, "once each", len(found.Leads), 2)
		same(t, "their calls", []string{found.Calls[0].ID, found.Calls[1].ID}, []string{"C1", "C2"})
		same(t, "nobody else's", len(found.Calls), 2)
		same(t, "their keys and their calls'", found.Keys, map[string][]reconcile.BlockKey{"L02": blocks(2), "L07": blocks(7, 500)})
		same(t, "many", len(must(r.LeadsByID(wanted)).Leads), many)
		same(t, "none", len(must(r.LeadsByID(nil)).Leads), 0)
	})
}
