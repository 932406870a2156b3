package storetest

import (
	"reflect"
	"testing"
	"time"

	"pennytie/reconcile"
)

func closed(name string, revisions ...reconcile.Revision) *reconcile.Period {
	p := must(reconcile.ParsePeriod(name))
	p.Organization, p.Zone, p.PII, p.Revisions = "org_1", "Europe/Berlin", "full", revisions
	return &p
}

// bookedLines are a line of every part; the first has every field of a movement.
func bookedLines() []*reconcile.BookedLine {
	gross, fee, net := usd(1000), usd(59), usd(941)
	full := reconcile.Movement{ID: "mov_1", Source: "stripe-main", Provider: "stripe", Kind: reconcile.EntryCharge, Category: "charge",
		Status: reconcile.MovementBooked, ObjectID: "ch_1", EntryID: "txn_1", PayoutID: "po_1", BookedAt: day(3),
		BookedOn: "2026-03-03", AvailableOn: day(5), Amount: gross, Gross: &gross, Fee: &fee, Net: &net, CustomerRef: "cus_1",
		PaymentID: "pay_1", LeadID: "L1", CallID: "C1", ProductID: "P1", MatchedBy: "email", Confidence: 9_876, Candidates: 2,
		Verification: reconcile.Confirmed, VerifiedBy: "rule", VerifiedAt: day(20), RefundOf: "pay_1", Refunded: known(usd(0)),
		Revision: 1, Adjusts: "mov_1", Note: "a \"note\" \x00 ünï"}
	reversal := reconcile.Movement{ID: "mov_2", Adjusts: "mov_1", Kind: reconcile.EntryCharge, Amount: usd(-1000), BookedAt: day(3)}
	payout := reconcile.BookedPayout{Payout: reconcile.Payout{Source: "stripe-main", ID: "po_1", Amount: usd(941), CreatedAt: day(6)},
		Members: 1, Sum: usd(941), BookedOn: "2026-03-06"}
	exception := reconcile.BookedException{Exception: reconcile.Exception{Code: reconcile.ExUnmatched, PaymentID: "pay_1",
		OpenedAt: day(4)}, Amount: known(usd(1000))}
	clearing := reconcile.ClearingLine{Source: "stripe-main", Line: reconcile.ClearingUnpaid, Kind: reconcile.EntryCharge,
		ObjectID: "mov_1", BookedOn: "2026-03-03", Count: 1, Amount: usd(941), Note: "not paid out"}
	line := func(part reconcile.BookedPart, revision int) reconcile.BookedLine {
		return reconcile.BookedLine{Period: "2026-03", Revision: revision, Part: part}
	}
	lines := []*reconcile.BookedLine{}
	for _, l := range []reconcile.BookedLine{line(reconcile.PartMovement, 1), line(reconcile.PartPayout, 1),
		line(reconcile.PartException, 1), line(reconcile.PartClearing, 1), line(reconcile.PartReversal, 2)} {
		lines = append(lines, &l)
	}
	lines[0].Movement, lines[4].Movement = &full, &reversal
	lines[1].Payout, lines[2].Exception, lines[3].Clearing = &payout, &exception, &clearing
	return lines
}

func testPeriods(t *testing.T, store reconcile.Store) {
	first := reconcile.Revision{Number: 1, AsOf: day(31), Run: "run-1"}
	second := reconcile.Revision{Number: 2, AsOf: day(31).Add(time.Hour), Reason: "a late refund"}
	march := closed("2026-03", first)
	lines := bookedLines()
	unset(t, reflect.ValueOf(*lines[0].Movement), "Movement")
	update(t, store, func(tx reconcile.Tx) {
		if err := tx.ClosePeriod(march); err != nil {
			t.Fatal(err)
		}
		for _, l := range lines[:4] {
			if err := tx.Book(l); err != nil {
				t.Fatal(err)
			}
		}
		if err := tx.ClosePeriod(closed("2026-02", first)); err != nil {
			t.Fatal(err)
		}
		same(t, "writes: closing is bookkeeping", tx.Writes(), 0)
	})
	march.Revisions = append(march.Revisions, second)
	update(t, store, func(tx reconcile.Tx) {
		if err := tx.ClosePeriod(march); err != nil {
			t.Fatal(err)
		}
		if err := tx.Book(lines[4]); err != nil {
			t.Fatal(err)
		}
	})
	view(t, store, func(r reconcile.Reader) {
		same(t, "periods, by time", must(r.Periods()), []reconcile.Period{*closed("2026-02", first), *march})
		same(t, "all lines, as they were booked", all(t, r.Booked(reconcile.BookedFilter{})), lines)
		same(t, "of another period", all(t, r.Booked(reconcile.BookedFilter{Period: "2026-02"})), nil)
		same(t, "of a fact", all(t, r.Booked(reconcile.BookedFilter{Period: "2026-03", Fact: "mov_1"})),
			[]*reconcile.BookedLine{lines[0], lines[4]})
	})
	for _, name := range []string{"2026-03", "2026-Q1", "2026"} {
		err := store.Update(t.Context(), func(tx reconcile.Tx) error { return tx.ClosePeriod(closed(name, first)) })
		wantKind(t, err, reconcile.ErrClosed)
	}
	for what, fn := range map[string]func(reconcile.Tx) error{
		"a row twice":       func(tx reconcile.Tx) error { return tx.Book(lines[0]) },
		"a revision twice":  func(tx reconcile.Tx) error { return tx.ClosePeriod(march) },
		"an unknown period": func(tx reconcile.Tx) error { l := *lines[3]; l.Period = "2026-07"; return tx.Book(&l) },
	} {
		if err := store.Update(t.Context(), fn); err == nil {
			t.Errorf("%s was stored", what)
		}
	}
}
