package storetest

import (
	"testing"

	"pennytie/reconcile"
)

// standing are the exceptions of a row: who ended each, and its values.
func standing(t *testing.T, r reconcile.Reader, row int64) (found []string) {
	t.Helper()
	for _, x := range all(t, r.Exceptions(reconcile.ExceptionFilter{})) {
		if x.Row == row {
			found = append(found, x.ResolvedBy()+" "+x.Expected+"/"+x.Actual)
		}
	}
	return found
}

// only is the exception of a row that says a value.
func only(t *testing.T, r reconcile.Reader, row int64, actual string) *reconcile.Exception {
	t.Helper()
	for _, x := range all(t, r.Exceptions(reconcile.ExceptionFilter{})) {
		if x.Row == row && x.Actual == actual {
			return x
		}
	}
	t.Fatalf("no exception says %q", actual)
	return nil
}

func testResolutions(t *testing.T, store reconcile.Store) {
	update(t, store, func(tx reconcile.Tx) {
		row := add(t, tx, "p", nil, nil, nil).Row
		must(tx.PutOutcome(outcome(must(tx.PaymentRows([]int64{row}))[0])))
		for _, owner := range []int64{row, 0} {
			over := reconcile.Exception{Code: reconcile.ExAmountOver, Subject: "book", Severity: reconcile.SeverityLow, Expected: "1", Actual: "2", Detail: "d"}
			put := func(at int, open ...reconcile.Exception) {
				t.Helper()
				if err := tx.PutExceptions(owner, open, day(at)); err != nil {
					t.Fatal(err)
				}
			}
			say := func(actual string, r reconcile.Resolution) {
				t.Helper()
				if err := tx.Resolve(only(t, tx, owner, actual), &r); err != nil {
					t.Fatal(err)
				}
			}
			want := func(what string, rows ...string) { t.Helper(); same(t, what, standing(t, tx, owner), rows) }

			put(1, over)
			settled := reconcile.Resolution{Reason: "agreed", By: "eve", At: day(2)}
			say("2", settled)
			want("a person's word", "person 1/2")
			settled.Expected, settled.Actual = "1", "2"
			x := only(t, tx, owner, "2")
			same(t, "who and why", x.Resolution, &settled)
			same(t, "when", x.ResolvedAt, day(2))
			before := tx.Writes()
			put(3, over)
			over.Detail, over.Severity = "other words", reconcile.SeverityHigh
			put(4, over)
			put(5)
			put(6, over)
			same(t, "writes of runs that see the same, or nothing", tx.Writes(), before)
			want("whatever runs come", "person 1/2")

			over.Actual = "3"
			put(7, over)
			want("other facts are a new one", "person 1/2", " 1/3")
			same(t, "the same thing", only(t, tx, owner, "3").ID(), x.ID())
			over.Actual = "2"
			put(8, over)
			want("what was said of these facts holds again", "person 1/2", "run 1/3")

			say("2", reconcile.Resolution{Reopen: true, By: "bob", At: day(9)})
			want("taken back", " 1/2", "run 1/3")
			same(t, "it is as it was", only(t, tx, owner, "2").OpenedAt, day(1))
			put(10, over)
			want("a run leaves it open", " 1/2", "run 1/3")
			said := must(tx.Resolutions(only(t, tx, owner, "2")))
			same(t, "history", said, []reconcile.Resolution{settled, {Reopen: true, By: "bob", At: day(9), Expected: "1", Actual: "2"}})
			say("2", reconcile.Resolution{Reason: "again", At: day(11)})
			put(12, over)
			want("the last word holds", "person 1/2", "run 1/3")
			if owner == row {
				same(t, "codes of the payment", must(tx.Payment("p")).Exceptions, nil)
				if err := tx.DropPayment(row); err != nil {
					t.Fatal(err)
				}
				want("what a person said stays", "person 1/2")
			}
		}
	})
	for what, wrong := range map[string]reconcile.Resolution{
		"no reason":          {At: day(1)},
		"reopen what is not": {Reopen: true, At: day(1)},
	} {
		err := store.Update(t.Context(), func(tx reconcile.Tx) error { return tx.Resolve(only(t, tx, 0, "3"), &wrong) })
		if err == nil {
			t.Errorf("%s: noted", what)
		}
	}
}

// testResolutionsMove lets what was said of a claim go with it to the payment that it is merged into, and away again.
func testResolutionsMove(t *testing.T, store reconcile.Store) {
	update(t, store, func(tx reconcile.Tx) {
		claim := add(t, tx, "claim", nil, nil, func(p *reconcile.Payment) { p.ID = reconcile.PaymentID(own("u1")) })
		if err := tx.AddKeys(claim.Row, []reconcile.Key{own("u1")}); err != nil {
			t.Fatal(err)
		}
		must(tx.PutRecord(claim.Row, claimed("u1", own("u1"))))
		over := []reconcile.Exception{{Code: reconcile.ExAmountOver, Severity: reconcile.SeverityLow, Actual: "2"}}
		put := func(row int64, at int) {
			t.Helper()
			if err := tx.PutExceptions(row, over, day(at)); err != nil {
				t.Fatal(err)
			}
		}
		put(claim.Row, 1)
		if err := tx.Resolve(only(t, tx, claim.Row, "2"), &reconcile.Resolution{Reason: "r", At: day(2)}); err != nil {
			t.Fatal(err)
		}
		charge := add(t, tx, "charge", nil, nil, nil)
		must(tx.PutRecord(charge.Row, record("s", "pi_charge")))
		if err := tx.Merge(charge.Row, claim.Row); err != nil {
			t.Fatal(err)
		}
		put(charge.Row, 3)
		same(t, "said of what was merged in", standing(t, tx, charge.Row), []string{"person /2"})
		same(t, "it is at the payment", only(t, tx, charge.Row, "2").PaymentID, "charge")
		left := must(tx.Split(charge.Row, []reconcile.Key{own("u1")}, []reconcile.SourceRecord{*claimed("u1")}))
		put(left, 4)
		same(t, "it went with its claim", standing(t, tx, left), []string{"person /2"})
		put(charge.Row, 5)
		same(t, "and is not said of the payment", standing(t, tx, charge.Row), []string{" /2"})
	})
}

func testAtRisk(t *testing.T, store reconcile.Store) {
	update(t, store, func(tx reconcile.Tx) {
		orphan := []reconcile.Exception{
			{Code: reconcile.ExRefundOrphan, Subject: "re_1", Severity: reconcile.SeverityLow, AtRisk: usd(999)},
			{Code: reconcile.ExStaleSource, Subject: "s", Severity: reconcile.SeverityLow},
		}
		if err := tx.PutExceptions(0, orphan, day(1)); err != nil {
			t.Fatal(err)
		}
		for i, x := range all(t, tx.Exceptions(reconcile.ExceptionFilter{})) {
			same(t, "at risk", x.AtRisk, orphan[i].AtRisk)
		}
		before := tx.Writes()
		if err := tx.PutExceptions(0, orphan, day(2)); err != nil {
			t.Fatal(err)
		}
		same(t, "writes of the same", tx.Writes(), before)
	})
}
