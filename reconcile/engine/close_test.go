package engine_test

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pennytie/reconcile"
	"pennytie/reconcile/engine"
	"pennytie/reconcile/money"
	"pennytie/reconcile/report"
)

// line is a line of a ledger, on a day of March.
func line(id string, kind reconcile.EntryKind, about string, gross, fee int64, on int, payout string) reconcile.Entry {
	e := reconcile.Entry{Source: "main", Provider: "stripe", ID: id, Kind: kind, Category: string(kind), About: about, Gross: *usd(gross),
		Fee: *usd(fee), Net: *usd(gross - fee), PayoutID: payout, CreatedAt: day(on), AvailableOn: day(on + 2)}
	if strings.HasPrefix(about, "ch_") || strings.HasPrefix(about, "re_") {
		e.Keys = []reconcile.Key{{Provider: "stripe", ID: "pi_1"}}
	}
	return e
}

func payout(id string, minor int64, on int, automatic bool) reconcile.Payout {
	return reconcile.Payout{Source: "main", Provider: "stripe", ID: id, Amount: *usd(minor), Status: reconcile.PayoutPaid,
		ProviderStatus: "paid", Automatic: automatic, Itemised: automatic, CreatedAt: day(on), ArrivesOn: day(on + 1)}
}

func (w *world) close(name string) engine.Closed {
	w.t.Helper()
	p, err := reconcile.ParsePeriod(name)
	if err != nil {
		w.t.Fatal(err)
	}
	closed, err := w.engine.Close(w.t.Context(), p, time.UTC)
	if err != nil {
		w.t.Fatal(err)
	}
	return closed
}

// booked tells what was handed over of a period in a revision, a line each: movements as kind, day and net, clearing accounts as
// their lines.
func (w *world) booked(period string, revision int, clearing bool) string {
	w.t.Helper()
	var lines []string
	err := w.store.View(w.t.Context(), func(r reconcile.Reader) error {
		for l, err := range r.Booked(reconcile.BookedFilter{Period: period}) {
			switch {
			case err != nil:
				return err
			case l.Revision != revision || l.Part.Moves() == clearing:
			case l.Part.Moves():
				m := l.Movement
				net := "unknown"
				if m.Net != nil {
					net = m.Net.String()
				}
				lines = append(lines, fmt.Sprintf("%s %s %s %s net %s", l.Part, m.Kind, m.BookedOn, m.Amount, net))
			case l.Clearing != nil:
				lines = append(lines, strings.Join(strings.Fields(fmt.Sprint(l.Clearing.Line, " ", l.Clearing.Kind, " ", l.Clearing.Amount)), " "))
			}
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}

func same(t *testing.T, what, got, want string) {
	t.Helper()
	if got = strings.TrimSpace(got); got != strings.TrimSpace(want) {
		t.Errorf("%s:\n%s\nwant:\n%s", what, got, strings.TrimSpace(want))
	}
}

// proved writes a hand-off and proves it from its files.
func (w *world) proved(p reconcile.Period, revision int) report.HandOffManifest {
	w.t.Helper()
	h := report.HandOff{Dir: filepath.Join(w.engine.Reports.Dir, "..", "handoff"), Period: p, Revision: revision}
	err := w.store.View(w.t.Context(), func(r reconcile.Reader) error {
		_, err := report.WriteHandOff(w.t.Context(), r, h)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	m, err := report.VerifyHandOff(h.Path())
	if err != nil {
		w.t.Fatal(err)
	}
	return m
}

// TestTheClearingAccountReturnsToZero goes through a payout with all its members, one made by hand, a late line and a change.
func TestTheClearingAccountReturnsToZero(t *testing.T) {
	w := newWorld(t)
	w.engine.AsOf = day(90)
	charge := paid("main", "pi_1", "ch_1", 10_000, 2, "")
	page := reconcile.Page{Payments: []reconcile.SourceRecord{charge},
		Entries: []reconcile.Entry{
			line("txn_1", reconcile.EntryCharge, "ch_1", 10_000, 320, 2, "po_1"),
			line("txn_2", reconcile.EntryFee, "", -100, 0, 3, "po_1"),
			line("txn_3", reconcile.EntryPayout, "po_1", -9_580, 0, 5, ""),
			line("txn_4", reconcile.EntryRefund, "re_1", -1_000, 0, 20, ""),
		},
		Payouts: []reconcile.Payout{payout("po_1", 9_580, 5, true)}}
	w.must(source("main", reconcile.RoleProcessor, page))
	closed := w.close("2026-03")
	same(t, "March", w.booked("2026-03", 1, false), `
movement charge 2026-03-02 100.00 net 96.80
movement fee 2026-03-03 -1.00 net -1.00
movement payout 2026-03-05 -95.80 net -95.80
movement refund 2026-03-20 -10.00 net -10.00`)
	same(t, "its clearing account", w.booked("2026-03", 1, true), `
opening 0.00
movement charge 96.80
movement fee -1.00
movement payout -95.80
movement refund -10.00
closing -10.00
unpaid refund -10.00`)
	m := w.proved(closed.Period, 1)
	if c := m.Clearing[0]; c.Opening != 0 || c.Moved != -1_000 || c.Closing != -1_000 || c.Unpaid != -1_000 || c.Payouts != 0 {
		t.Errorf("clearing is %+v", c)
	}

	// April: a line of March comes late, one of April, and a payout by hand of which nobody knows the members.
	page.Entries = append(page.Entries, line("txn_5", reconcile.EntryOther, "", 50, 0, 30, ""),
		line("txn_6", reconcile.EntryOther, "", 5_000, 0, 33, ""), line("txn_7", reconcile.EntryPayout, "po_2", -4_000, 0, 40, ""))
	page.Entries[3].PayoutID = "po_3" // a payout to come: no change of what was handed over
	page.Payouts = append(page.Payouts, payout("po_2", 4_000, 40, false))
	w.must(source("main", reconcile.RoleProcessor, page))
	if closed = w.close("2026-04"); closed.Carried != 1 || closed.Rows != 3 {
		t.Errorf("carried %d of %d rows", closed.Carried, closed.Rows)
	}
	same(t, "April's clearing account", w.booked("2026-04", 1, true), `
opening -10.00
movement other 50.50
movement payout -40.00
closing 0.50
unpaid refund -10.00
unpaid other 0.50
unpaid other 50.00
payout_difference payout -40.00`)
	w.proved(closed.Period, 1)

	// A re-issue of March finds nothing that April has not taken over; of April it finds what came after.
	if _, err := w.engine.Reissue(t.Context(), "2026-03", "x"); !errors.Is(err, engine.ErrUnchanged) {
		t.Errorf("March again: %v", err)
	}
	page.Entries = append(page.Entries, line("txn_8", reconcile.EntryOther, "", 7, 0, 33, ""))
	w.must(source("main", reconcile.RoleProcessor, page))
	again, err := w.engine.Reissue(t.Context(), "2026-04", "a line came late")
	if err != nil {
		t.Fatal(err)
	}
	same(t, "April again", w.booked("2026-04", 2, false), "movement other 2026-04-30 0.07 net 0.07")
	w.proved(again.Period, 1)
	if c := w.proved(again.Period, 2).Clearing[0]; c.Opening != -1_000 || c.Earlier != 0 || c.Closing != 57 {
		t.Errorf("clearing is %+v", c)
	}
	if err := w.store.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestAPayoutThatCameBackIsPaidOutAgain: the bank sends a payout back and the next one has its money. In between it is a line that is
// not paid out; after it nothing is left.
func TestAPayoutThatCameBackIsPaidOutAgain(t *testing.T) {
	w := newWorld(t)
	w.engine.AsOf = day(90)
	failed := payout("po_1", 9_680, 5, true)
	failed.Status, failed.ProviderStatus = reconcile.PayoutFailed, "failed"
	page := reconcile.Page{Payments: []reconcile.SourceRecord{paid("main", "pi_1", "ch_1", 10_000, 2, "")},
		Entries: []reconcile.Entry{
			line("txn_1", reconcile.EntryCharge, "ch_1", 10_000, 320, 2, "po_1"),
			line("txn_2", reconcile.EntryPayout, "po_1", -9_680, 0, 5, "po_1"),
			line("txn_3", reconcile.EntryPayoutReversal, "po_1", 9_680, 0, 9, ""),
		},
		Payouts: []reconcile.Payout{failed}}
	w.must(source("main", reconcile.RoleProcessor, page))
	closed := w.close("2026-03")
	same(t, "March's clearing account", w.booked("2026-03", 1, true), `
opening 0.00
movement charge 96.80
movement payout -96.80
movement payout_reversal 96.80
closing 96.80
unpaid payout_reversal 96.80`)
	w.proved(closed.Period, 1)
	page.Entries[2].PayoutID = "po_2"
	page.Entries = append(page.Entries, line("txn_4", reconcile.EntryPayout, "po_2", -9_680, 0, 35, "po_2"))
	page.Payouts = append(page.Payouts, payout("po_2", 9_680, 35, true))
	w.must(source("main", reconcile.RoleProcessor, page))
	if closed = w.close("2026-04"); closed.Carried != 0 {
		t.Errorf("%d rows are carried forward, though nothing changed in March", closed.Carried)
	}
	same(t, "April's clearing account", w.booked("2026-04", 1, true), `
opening 96.80
movement payout -96.80
closing 0.00`)
	w.proved(closed.Period, 1)
}

// TestAChangeIsCarriedForwardOnce changes a charge after its month was closed: the next takes it back and books it anew.
func TestAChangeIsCarriedForwardOnce(t *testing.T) {
	w := newWorld(t)
	w.engine.AsOf = day(150)
	before, after := paid("main", "pi_1", "ch_1", 10_000, 2, ""), paid("main", "pi_1", "ch_1", 9_000, 2, "")
	before.Facts.StripeChargeID, after.Facts.StripeChargeID = "ch_1", "ch_1"
	w.must(source("main", reconcile.RoleProcessor, reconcile.Page{Payments: []reconcile.SourceRecord{before}}))
	w.close("2026-03")
	w.must(source("main", reconcile.RoleProcessor, reconcile.Page{Payments: []reconcile.SourceRecord{after}}))
	april := w.close("2026-04")
	same(t, "April", w.booked("2026-04", 1, false), `
reversal charge 2026-04-01 -100.00 net unknown
replacement charge 2026-04-01 90.00 net unknown`)
	w.proved(april.Period, 1)
	same(t, "May", fmt.Sprint(w.close("2026-05").Rows), "0")

	// The ledger now tells of it: the same fact, with fee and net.
	w.must(source("main", reconcile.RoleProcessor, reconcile.Page{Payments: []reconcile.SourceRecord{after},
		Entries: []reconcile.Entry{line("txn_1", reconcile.EntryCharge, "ch_1", 9_000, 300, 2, "")}}))
	june := w.close("2026-06")
	same(t, "June", w.booked("2026-06", 1, false), `
reversal charge 2026-06-01 -90.00 net unknown
replacement charge 2026-06-01 90.00 net 87.00`)
	w.proved(june.Period, 1)
	sum := map[money.Currency]int64{}
	err := w.store.View(t.Context(), func(r reconcile.Reader) error {
		for l, err := range r.Booked(reconcile.BookedFilter{}) {
			if err == nil && l.Part.Moves() {
				sum[l.Movement.Amount.Currency] += l.Movement.Amount.Minor
			}
		}
		return nil
	})
	if err != nil || sum["USD"] != 9_000 {
		t.Errorf("all that was ever booked comes to %v, %v", sum, err)
	}
}

func TestCloseKeepsOrder(t *testing.T) {
	w := newWorld(t)
	w.must()
	w.close("2026-02")
	for name, kind := range map[string]error{"2026-02": reconcile.ErrClosed, "2026-Q1": reconcile.ErrClosed, "2026-01": reconcile.ErrClosed,
		"2026-04": reconcile.ErrInvalid} {
		p, _ := reconcile.ParsePeriod(name)
		if _, err := w.engine.Close(t.Context(), p, time.UTC); !errors.Is(err, kind) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := w.engine.Reissue(t.Context(), "2026-04", "x"); !errors.Is(err, reconcile.ErrNotFound) {
		t.Error(err)
	}
	w.close("2026-03")
}

// TestACloseIsWholeOrNothing breaks off at every booked line in turn: nothing of the period is there.
func TestACloseIsWholeOrNothing(t *testing.T) {
	w := newWorld(t)
	w.must(source("main", reconcile.RoleProcessor, reconcile.Page{Payments: []reconcile.SourceRecord{paid("main", "pi_1", "ch_1", 10_000, 2, "")},
		Entries: []reconcile.Entry{line("txn_1", reconcile.EntryCharge, "ch_1", 10_000, 320, 2, "")}}))
	p, _ := reconcile.ParsePeriod("2026-03")
	for n := 0; ; n++ {
		w.engine.Store = &breaking{Store: w.store, left: n}
		_, err := w.engine.Close(t.Context(), p, time.UTC)
		if err == nil {
			if n < 4 {
				t.Errorf("it was booked in %d calls", n)
			}
			break
		}
		if !errors.Is(err, io.ErrShortWrite) {
			t.Fatal(err)
		}
		same(t, "what is booked", w.booked("2026-03", 1, false)+w.booked("2026-03", 1, true), "")
	}
	w.engine.Store = w.store
	w.proved(w.periods()[0], 1)
}

func (w *world) periods() (found []reconcile.Period) {
	w.t.Helper()
	err := w.store.View(w.t.Context(), func(r reconcile.Reader) (err error) { found, err = r.Periods(); return err })
	if err != nil {
		w.t.Fatal(err)
	}
	return found
}

// TestWhatWasHandedOverComesToWhatIsKnown changes amounts, days and refunds at random between closes and re-issues: after each
// close, all rows ever handed over of each fact come to what is known of it.
func TestWhatWasHandedOverComesToWhatIsKnown(t *testing.T) {
	w := newWorld(t)
	w.engine.AsOf = day(300)
	random := rand.New(rand.NewPCG(7, 7))
	months := []string{"2026-03", "2026-04", "2026-05", "2026-06", "2026-07", "2026-08"}
	if testing.Short() {
		months = months[:3]
	}
	for n, month := range months {
		var page reconcile.Page
		for i := range 12 {
			r := paid("main", fmt.Sprint("pi_", i), fmt.Sprint("ch_", i), 1_000+random.Int64N(3)*100, 1+random.IntN(20)+15*i, "")
			r.Facts.StripeChargeID = fmt.Sprint("ch_", i)
			page.Payments = append(page.Payments, r)
			if random.IntN(2) == 0 {
				page.Refunds = append(page.Refunds, reconcile.Refund{Source: "main", Provider: "stripe", ID: fmt.Sprint("re_", i),
					Keys: r.Keys, Amount: *usd(100 + random.Int64N(3)), Status: reconcile.RefundRowSucceeded, CreatedAt: day(3 + 15*i)})
			}
		}
		w.must(source("main", reconcile.RoleProcessor, page))
		closed := w.close(month)
		w.proved(closed.Period, 1)
		want := map[string]int64{}
		err := w.store.View(t.Context(), func(r reconcile.Reader) error {
			refunds := map[string][]reconcile.Refund{}
			for refund, err := range r.Refunds(nil) {
				if err != nil {
					return err
				}
				refunds[refund.PaymentID] = append(refunds[refund.PaymentID], *refund)
			}
			for p, err := range r.Payments(reconcile.PaymentFilter{}) {
				if err != nil {
					return err
				}
				for _, m := range reconcile.Movements(p, reconcile.Parts{Refunds: refunds[p.ID]}, time.UTC) {
					if m.BookedOn < closed.Period.Until {
						want[m.ID] += m.Amount.Minor
					}
				}
			}
			for l, err := range r.Booked(reconcile.BookedFilter{}) {
				if err != nil {
					return err
				}
				if l.Part.Moves() {
					want[l.Movement.Fact()] -= l.Movement.Amount.Minor
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for fact, left := range want {
			if left != 0 {
				t.Errorf("after %s %s is off by %d", month, fact, left)
			}
		}
		if n > 0 && random.IntN(2) == 0 { // nothing has changed since
			if _, err := w.engine.Reissue(t.Context(), months[n-1], "x"); !errors.Is(err, engine.ErrUnchanged) {
				t.Errorf("%s again: %v", months[n-1], err)
			}
		}
	}
}
