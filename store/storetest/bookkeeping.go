package storetest

import (
	"fmt"
	"math"
	"reflect"
	"testing"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

func testOpenRefs(t *testing.T, store reconcile.Store) {
	update(t, store, func(tx reconcile.Tx) {
		row := must(tx.Open([]reconcile.Key{key("pi_1")}))
		for _, id := range []string{"b", "a", "closed"} {
			r := record("s", id)
			r.Open = id != "closed"
			must(tx.PutRecord(row, r))
		}
		detail := record("s", "d")
		detail.Open, detail.Kind = true, reconcile.KindDetail
		must(tx.PutRecord(row, detail))
		other := record("other", "o")
		other.Open = true
		must(tx.PutRecord(row, other))
		re, dp := refund("s", "re", false), dispute("s", "dp", false)
		re.Open, dp.Open = true, true
		must(tx.PutRefund(row, re))
		must(tx.PutDispute(row, dp))
		must(tx.PutPayout(fullPayout("po")))
		arrived := fullPayout("done")
		arrived.Open = false
		must(tx.PutPayout(arrived))
		want := []reconcile.Ref{
			{Kind: reconcile.RefDetail, ID: "d"}, {Kind: reconcile.RefDispute, ID: "dp"},
			{Kind: reconcile.RefPayment, ID: "a"}, {Kind: reconcile.RefPayment, ID: "b"},
			{Kind: reconcile.RefPayout, ID: "po"}, {Kind: reconcile.RefRefund, ID: "re"},
		}
		same(t, "all", must(tx.OpenRefs("s", reconcile.Ref{}, 9)), want)
		same(t, "page", must(tx.OpenRefs("s", want[1], 2)), want[2:4])
		same(t, "after the last", must(tx.OpenRefs("s", want[5], 2)), nil)
	})
}

func testProgress(t *testing.T, store reconcile.Store) {
	update(t, store, func(tx reconcile.Tx) {
		same(t, "never pulled", must(tx.Progress("s")), reconcile.SourceProgress{})
		full := reconcile.SourceProgress{
			RescannedTo: day(3), RescannedAt: day(4), Looked: 9, Lost: 2,
			Source: "s", Cursor: "c", Complete: true, Covers: reconcile.Span{From: day(1), Through: day(2)},
			CompletedAt: day(3), Error: "e",
		}
		for _, p := range []reconcile.SourceProgress{full, {Source: "s"}, full} {
			if err := tx.PutProgress(p); err != nil {
				t.Fatal(err)
			}
			same(t, "progress", must(tx.Progress("s")), p)
		}
		for _, step := range []struct {
			fingerprint string
			changed     bool
		}{{"a", true}, {"a", false}, {"b", true}, {"b", false}} {
			same(t, "policy "+step.fingerprint, must(tx.PutPolicy(step.fingerprint)), step.changed)
		}
	})
}

func testRuns(t *testing.T, store reconcile.Store) {
	full := reconcile.Run{
		ID: "run-2", Status: reconcile.RunPartial, Command: "run", AsOf: day(1),
		StartedAt: day(2), FinishedAt: day(3),
		Sources: []reconcile.SourceResult{{Name: "s", Provider: "p", State: reconcile.SourceFailed, Read: 1}},
		Records: []reconcile.SourceResult{{Name: "l"}}, Payments: 1, Auto: 1, Suggested: 1, Ambiguous: 1,
		Unmatched: 1, Manual: 1, Exceptions: map[reconcile.ExceptionCode]int{reconcile.ExUnmatched: 2},
		Totals: []reconcile.Total{{Source: "s", Currency: "USD", Count: 1, Gross: math.MaxInt64}},
		Ties:   true, Writes: 3, ReportDir: "d", DurationMS: 4, Error: "e", Warning: "w",
		Push: &reconcile.PushResult{Written: 1, Held: 2, Conflict: 3, Refused: 4, Left: 5},
	}
	unset(t, reflect.ValueOf(full), "Run")
	update(t, store, func(tx reconcile.Tx) {
		for _, r := range []reconcile.Run{
			full, {ID: "run-1", StartedAt: day(2)}, {ID: "run-9", StartedAt: day(1)}, {ID: "run-0", StartedAt: day(3)},
		} {
			if err := tx.PutRun(&r); err != nil {
				t.Fatal(err)
			}
		}
		var order []string
		for _, r := range must(tx.Runs(3)) {
			order = append(order, r.ID)
		}
		same(t, "newest first", order, []string{"run-0", "run-2", "run-1"})
		same(t, "run", must(tx.Run("run-2")), full)
		full.Status = reconcile.RunOK
		if err := tx.PutRun(&full); err != nil {
			t.Fatal(err)
		}
		same(t, "updated", must(tx.Run("run-2")), full)
		_, err := tx.Run("none")
		wantKind(t, err, reconcile.ErrNotFound)
	})
}

func testTotals(t *testing.T, store reconcile.Store) {
	update(t, store, func(tx reconcile.Tx) {
		put := func(id, source string, edit func(*reconcile.Payment)) {
			add(t, tx, id, nil, nil, func(p *reconcile.Payment) {
				p.Source, p.Amount, p.Captured = source, usd(1000), usd(1000)
				edit(p)
			})
		}
		put("1", "a", func(p *reconcile.Payment) { p.Fee = known(usd(30)) })
		put("2", "a", func(p *reconcile.Payment) {
			p.Captured, p.Refund.Amount, p.Dispute.Amount = usd(900), usd(100), usd(50)
			p.Fee = known(money.New(7, "EUR"))
		})
		put("3", "a", func(p *reconcile.Payment) {
			p.Status, p.Refund.Amount, p.Fee = reconcile.StatusRefunded, usd(1000), known(usd(-30))
		})
		put("4", "a", func(p *reconcile.Payment) { p.Status, p.Fee = reconcile.StatusFailed, known(usd(9)) })
		put("5", "a", func(p *reconcile.Payment) { p.Status = reconcile.StatusPending })
		put("6", "a", func(p *reconcile.Payment) { p.Captured = money.New(5, "JPY"); p.Amount = p.Captured })
		put("7", "b", func(p *reconcile.Payment) { p.Captured = money.Amount{} })
		want := []reconcile.Total{
			{Source: "a", Currency: "EUR", Fee: 7, Net: -7},
			{Source: "a", Currency: "JPY", Count: 1, Gross: 5, Net: 5},
			{Source: "a", Currency: "USD", Count: 3, Gross: 2900, Refunded: 1100, Disputed: 50, Net: 1750},
			{Source: "b", Currency: "USD", Count: 1, Gross: 1000, Net: 1000},
		}
		same(t, "all", must(tx.Totals(nil)), want)
		same(t, "of a source", must(tx.Totals([]string{"b", "c"})), want[3:])
		settleAll(t, tx)
	})
}

func testTotalsOverflow(t *testing.T, store reconcile.Store) {
	update(t, store, func(tx reconcile.Tx) {
		for i := range 2 {
			add(t, tx, fmt.Sprint("p", i), nil, nil, func(p *reconcile.Payment) {
				p.Source, p.Amount = fmt.Sprint("s", i), usd(math.MaxInt64)
				if i == 1 { // its gross fits, its net does not
					p.Fee = known(usd(-1))
				}
			})
		}
		add(t, tx, "p2", nil, nil, func(p *reconcile.Payment) { p.Source, p.Amount = "s0", usd(1) })
	})
	for _, source := range []string{"s0", "s1"} {
		err := store.View(t.Context(), func(r reconcile.Reader) error {
			_, err := r.Totals([]string{source})
			return err
		})
		wantKind(t, err, reconcile.ErrIntegrity)
	}
}

func settleAll(t testing.TB, tx reconcile.Tx) {
	t.Helper()
	for _, p := range must(tx.PaymentRows(must(tx.Due(0, 999)))) {
		settle(t, tx, p, reconcile.MatchUnmatched)
	}
}

func testCounts(t *testing.T, store reconcile.Store) {
	update(t, store, func(tx reconcile.Tx) {
		for i, state := range []reconcile.MatchState{
			reconcile.MatchAuto, reconcile.MatchAuto, reconcile.MatchManual, "",
		} {
			p := add(t, tx, fmt.Sprint("p", i), nil, nil, func(p *reconcile.Payment) {
				p.Source = fmt.Sprint("s", i)
			})
			if state != "" {
				settle(t, tx, p, state)
			}
			open := []reconcile.Exception{{Code: reconcile.ExDuplicate, Severity: reconcile.SeverityLow}}
			if err := tx.PutExceptions(p.Row, open, day(1)); err != nil {
				t.Fatal(err)
			}
		}
		for _, id := range []string{"x", "y"} {
			must(tx.PutRecord(must(tx.Open([]reconcile.Key{key(id)})), record("b", id)))
		}
		detail := record("b", "z")
		detail.Kind = reconcile.KindDetail
		must(tx.PutRecord(must(tx.Open(detail.Keys)), detail))
		stale := []reconcile.Exception{{Code: reconcile.ExStaleSource, Severity: reconcile.SeverityLow}}
		if err := tx.PutExceptions(0, stale, day(1)); err != nil {
			t.Fatal(err)
		}
		same(t, "all", must(tx.Counts(nil)), reconcile.Counts{
			Payments: 4, ByState: map[reconcile.MatchState]int{reconcile.MatchAuto: 2, reconcile.MatchManual: 1, reconcile.MatchUnmatched: 1},
			Exceptions: map[reconcile.ExceptionCode]int{reconcile.ExDuplicate: 4, reconcile.ExStaleSource: 1},
			BySource: map[string]reconcile.SourceCount{"s0": {Payments: 1}, "s1": {Payments: 1}, "s2": {Payments: 1},
				"s3": {Payments: 1}, "b": {Records: 2}},
		})
		same(t, "of sources", must(tx.Counts([]string{"s1", "s3"})), reconcile.Counts{
			Payments: 2, ByState: map[reconcile.MatchState]int{reconcile.MatchAuto: 1, reconcile.MatchUnmatched: 1},
			Exceptions: map[reconcile.ExceptionCode]int{reconcile.ExDuplicate: 2, reconcile.ExStaleSource: 1},
			BySource:   map[string]reconcile.SourceCount{"s1": {Payments: 1}, "s3": {Payments: 1}},
		})
	})
}
