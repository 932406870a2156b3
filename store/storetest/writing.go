package storetest

import (
	"reflect"
	"testing"
	"time"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

// putEverything stores one row of each sort.
func putEverything(t testing.TB, tx reconcile.Tx) {
	t.Helper()
	keys := []reconcile.Key{key("pi_full"), key("ch_full")}
	rows := must(tx.Identify(keys))
	if len(rows) == 0 {
		rows = []int64{must(tx.Open(keys))}
	}
	row := rows[0]
	if err := tx.AddKeys(row, keys); err != nil {
		t.Fatal(err)
	}
	p := outcome(full(row))
	must(tx.PutRecord(row, fullRecord()))
	must(tx.PutRefund(row, refund("s", "re_1", false)))
	must(tx.PutRefund(0, refund("s", "re_orphan", false)))
	must(tx.PutDispute(row, dispute("s", "dp_1", false)))
	must(tx.PutQuarantine(&reconcile.Quarantine{Source: "s", File: "f.csv", Line: 3, Raw: []byte{0, 255}}))
	must(tx.PutPayment(p, reconcile.PaymentKeys{Block: blocks(3, 1, 2, 1), Twin: blocks(9, -9)}))
	must(tx.PutOutcome(p))
	open := []reconcile.Exception{{Code: reconcile.ExLateChange, Severity: reconcile.SeverityHigh, Detail: "d"}}
	for _, owner := range []int64{row, 0} {
		if err := tx.PutExceptions(owner, open, day(9)); err != nil {
			t.Fatal(err)
		}
	}
	must(tx.PutLead("s", lead(1), blocks(1, 2)))
	must(tx.PutCall("s", call("C1", "L01"), blocks(3)))
	must(tx.PutProduct("s", &reconcile.Product{ID: "P1", Name: "n"}))
}

func testRepeatWritesNothing(t *testing.T, store reconcile.Store) {
	update(t, store, func(tx reconcile.Tx) {
		putEverything(t, tx)
		if tx.Writes() < 20 {
			t.Errorf("writes %d, want every row counted", tx.Writes())
		}
	})
	update(t, store, func(tx reconcile.Tx) {
		putEverything(t, tx)
		same(t, "writes the second time", tx.Writes(), 0)
		same(t, "due", must(tx.Due(0, 9)), nil)
		if err := tx.PutProgress(reconcile.SourceProgress{Source: "s", Cursor: "c"}); err != nil {
			t.Error(err)
		}
		if err := tx.PutRun(&reconcile.Run{ID: "r", StartedAt: day(1)}); err != nil {
			t.Error(err)
		}
		must(tx.PutPolicy("f"))
		if err := tx.DueAll(); err != nil {
			t.Error(err)
		}
		same(t, "writes of bookkeeping", tx.Writes(), 0)
	})
}

// testEveryChangeIsSeen changes one field of the payment after the other.
func testEveryChangeIsSeen(t *testing.T, store reconcile.Store) {
	update(t, store, func(tx reconcile.Tx) {
		p := full(must(tx.Open([]reconcile.Key{key("pi_full")})))
		must(tx.PutPayment(p, reconcile.PaymentKeys{}))
		mutate(t, reflect.ValueOf(p).Elem(), "Payment", func(field string) {
			wantChange(t, field, reconcile.Changed)(tx.PutPayment(p, reconcile.PaymentKeys{}))
			wantChange(t, field+" again", reconcile.Unchanged)(tx.PutPayment(p, reconcile.PaymentKeys{}))
		})
		wantChange(t, "keys", reconcile.Changed)(tx.PutPayment(p, reconcile.PaymentKeys{Block: blocks(1, 2)}))
		wantChange(t, "keys in another order", reconcile.Unchanged)(tx.PutPayment(p, reconcile.PaymentKeys{Block: blocks(2, 1, 2)}))
		wantChange(t, "twins", reconcile.Changed)(tx.PutPayment(p, reconcile.PaymentKeys{Block: blocks(1, 2), Twin: blocks(3)}))
	})
}

// mutate changes each field of the fold a little, calls after and leaves the change in place.
func mutate(t *testing.T, v reflect.Value, name string, after func(field string)) {
	t.Helper()
	for i := range v.NumField() {
		field, path := v.Field(i), name+"."+v.Type().Field(i).Name
		switch path {
		case "Payment.Row", "Payment.Match", "Payment.Verification", "Payment.VerifiedAt", "Payment.Exceptions",
			"Payment.OpenedAt", "Payment.Status", "Payment.Role", "Payment.Refund.Status", "Payment.Dispute.Status", "Payment.Refund.Role", "Payment.Dispute.Role":
			continue // not of the fold, or words of a list
		}
		switch value := field.Addr().Interface().(type) {
		case *time.Time:
			*value = value.Add(time.Microsecond)
		case *money.Amount:
			value.Minor++
		case **money.Amount:
			*value = known(money.New((*value).Minor+1, (*value).Currency))
		case *bool:
			*value = !*value
		case *[]string:
			*value = append(*value, "more")
		case *map[string]string:
			(*value)["more"] = ""
		default:
			if field.Kind() == reflect.Struct {
				mutate(t, field, path, after)
				continue
			}
			field.SetString(field.String() + "x")
		}
		after(path)
	}
}

func testBetterWord(t *testing.T, store reconcile.Store) {
	update(t, store, func(tx reconcile.Tx) {
		row := add(t, tx, "p", nil, nil, nil).Row
		for _, step := range []struct {
			source string
			export bool
			want   reconcile.Change
		}{
			{"m", true, reconcile.New},
			{"n", true, reconcile.Duplicate},  // the smaller name stays
			{"c", true, reconcile.Changed},    // and replaces
			{"x", false, reconcile.Changed},   // a direct read replaces an export
			{"a", true, reconcile.Duplicate},  // an export does not, whatever its name
			{"y", false, reconcile.Duplicate}, // among direct reads the name decides again
			{"x", false, reconcile.Unchanged},
			{"w", false, reconcile.Changed},
		} {
			name := step.source + " export=" + map[bool]string{true: "yes", false: "no"}[step.export]
			before := tx.Writes()
			wantChange(t, "refund of "+name, step.want)(tx.PutRefund(row, refund(step.source, "re", step.export)))
			wantChange(t, "dispute of "+name, step.want)(tx.PutDispute(row, dispute(step.source, "dp", step.export)))
			stored := step.want == reconcile.New || step.want == reconcile.Changed
			if wrote := tx.Writes() > before; wrote != stored {
				t.Errorf("%s wrote: %v", name, wrote)
			}
		}
		own := refund("w", "re", false)
		own.Status = reconcile.RefundRowFailed
		wantChange(t, "a source's own change", reconcile.Changed)(tx.PutRefund(row, own))
		other := refund("b", "re", false)
		other.Provider = "wepay"
		wantChange(t, "another provider's id", reconcile.New)(tx.PutRefund(row, other))
		same(t, "stored", len(must(tx.Known(row)).Refunds), 2)
	})
}

func testOrphans(t *testing.T, store reconcile.Store) {
	update(t, store, func(tx reconcile.Tx) {
		row := must(tx.Open([]reconcile.Key{key("pi_later")}))
		wantChange(t, "without keys", reconcile.New)(tx.PutRefund(0, refund("s", "re_0", false)))
		wantChange(t, "again", reconcile.Unchanged)(tx.PutRefund(0, refund("s", "re_0", false)))
		wantChange(t, "without payment", reconcile.New)(tx.PutRefund(row, refund("s", "re_1", false)))
		for _, r := range all(t, tx.Refunds(nil)) {
			same(t, "payment of "+r.ID, r.PaymentID, "")
		}
		must(tx.PutPayment(bare(row, "later"), reconcile.PaymentKeys{}))
		same(t, "found its payment", all(t, tx.Refunds(nil))[1].PaymentID, "later")
		wantChange(t, "the other finds its own", reconcile.Changed)(tx.PutRefund(row, refund("s", "re_0", false)))
		same(t, "refunds", len(must(tx.Known(row)).Refunds), 2)
	})
}

func testQuarantine(t *testing.T, store reconcile.Store) {
	rows := []*reconcile.Quarantine{
		{Source: "a", File: "f.csv", Line: 2, Field: "amount", Reason: "no number", Raw: []byte("a,\xff\x00")},
		{Source: "a", File: "f.csv", Line: 10, Field: "amount", Reason: "no number", Raw: []byte("b")},
		{Source: "b", Reason: "no id", Raw: make([]byte, reconcile.MaxRaw)},
		{Source: "b", Reason: "no id"},
	}
	update(t, store, func(tx reconcile.Tx) {
		for _, q := range rows {
			wantChange(t, "row", reconcile.New)(tx.PutQuarantine(q))
			wantChange(t, "row again", reconcile.Unchanged)(tx.PutQuarantine(q))
		}
		same(t, "of a", all(t, tx.Quarantined([]string{"a"})), rows[:2])
		same(t, "all", len(all(t, tx.Quarantined(nil))), 4)
		if err := tx.DropQuarantine("a", "f.csv"); err != nil {
			t.Fatal(err)
		}
		same(t, "left of a", len(all(t, tx.Quarantined([]string{"a"}))), 0)
		same(t, "left of all", len(all(t, tx.Quarantined(nil))), 2)
	})
	update(t, store, func(tx reconcile.Tx) {
		same(t, "none has an id", must(tx.AnyQuarantined("c")), false)
		first := &reconcile.Quarantine{Source: "c", File: "/v1/rows", ID: "r1", Field: "amount", Reason: "no number", Raw: []byte("{}")}
		byID, worse := *first, *first
		byID.File, worse.Reason = "/v1/rows/r1", "below zero"
		wantChange(t, "with an id", reconcile.New)(tx.PutQuarantine(first))
		wantChange(t, "the same row read by id", reconcile.Unchanged)(tx.PutQuarantine(&byID))
		wantChange(t, "wrong in another way", reconcile.New)(tx.PutQuarantine(&worse))
		same(t, "one row", all(t, tx.Quarantined([]string{"c"})), []*reconcile.Quarantine{&worse})
		same(t, "some have ids", must(tx.AnyQuarantined("c")), true)
		for _, drop := range []struct{ source, id string }{{"b", "r1"}, {"c", "r2"}} {
			if err := tx.DropQuarantinedID(drop.source, drop.id); err != nil {
				t.Error(err)
			}
		}
		same(t, "others' rows", len(all(t, tx.Quarantined([]string{"c"}))), 1)
		if err := tx.DropQuarantinedID("c", "r1"); err != nil {
			t.Error(err)
		}
		same(t, "mended", len(all(t, tx.Quarantined([]string{"c"}))), 0)
	})
}

// testCorrectionsStay wants what a person corrected to be kept as it was said, wherever it goes.
func testCorrectionsStay(t *testing.T, store reconcile.Store) {
	said := reconcile.SourceRecord{Source: reconcile.ManualSource, Provider: "pennytie", Role: reconcile.RoleManual,
		Kind: reconcile.KindDetail, ID: "from/1", Keys: []reconcile.Key{key("from")},
		Facts: reconcile.Facts{Correction: &reconcile.Correction{Number: 1, Status: reconcile.StatusFailed, At: day(1)}}}
	update(t, store, func(tx reconcile.Tx) {
		from, into := add(t, tx, "from", nil, nil, nil), add(t, tx, "into", nil, nil, nil)
		wantChange(t, "said", reconcile.New)(tx.PutRecord(from.Row, &said))
		wantChange(t, "said again", reconcile.Unchanged)(tx.PutRecord(from.Row, &said))
		if err := tx.Merge(into.Row, from.Row); err != nil {
			t.Fatal(err)
		}
		same(t, "after a merge", must(tx.Known(into.Row)).Records, []reconcile.SourceRecord{said})
	})
	other := said
	other.Facts.Correction = &reconcile.Correction{Number: 1, Status: reconcile.StatusPending, At: day(1)}
	wantKind(t, store.Update(t.Context(), func(tx reconcile.Tx) error {
		_, err := tx.PutRecord(must(tx.Payment("into")).Row, &other)
		return err
	}), reconcile.ErrConflict)
}

func testMoved(t *testing.T, store reconcile.Store) {
	update(t, store, func(tx reconcile.Tx) {
		from, to := add(t, tx, "from", nil, nil, nil), add(t, tx, "to", nil, nil, nil)
		must(tx.PutRefund(from.Row, refund("s", "re_1", false)))
		same(t, "new", tx.Moved(), nil)
		wantChange(t, "moved", reconcile.Changed)(tx.PutRefund(to.Row, refund("s", "re_1", false)))
		same(t, "moved", tx.Moved(), []int64{from.Row})
		same(t, "said once", tx.Moved(), nil)
		same(t, "left", len(must(tx.Known(from.Row)).Refunds), 0)
	})
}

func testOutcomeStays(t *testing.T, store reconcile.Store) {
	update(t, store, func(tx reconcile.Tx) {
		p := outcome(add(t, tx, "p", nil, nil, nil))
		must(tx.PutOutcome(p))
		same(t, "due after the outcome", must(tx.Due(0, 9)), nil)
		fold := bare(p.Row, "p")
		fold.CustomerName = "new"
		wantChange(t, "fold", reconcile.Changed)(tx.PutPayment(fold, reconcile.PaymentKeys{}))
		got := must(tx.Payment("p"))
		same(t, "match", got.Match, p.Match)
		same(t, "verified", got.VerifiedAt, p.VerifiedAt)
		same(t, "name", got.CustomerName, "new")
		same(t, "due again", must(tx.Due(0, 9)), []int64{p.Row})
		p.Match.Candidates[0].Evidence[0].Weight++
		wantChange(t, "evidence", reconcile.Changed)(tx.PutOutcome(p))
		wantChange(t, "the same", reconcile.Unchanged)(tx.PutOutcome(p))
		same(t, "due at last", must(tx.Due(0, 9)), nil)
	})
}
