package engine_test

import (
	"context"
	"errors"
	"iter"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pennytie/reconcile"
	"pennytie/reconcile/engine"
	"pennytie/reconcile/money"
)

// ledgerLine is a line of the ledger of source s, with a fee of ten cents, about a payment; of may be empty.
func ledgerLine(id, of, payout string, kind reconcile.EntryKind, net int64, on int) reconcile.Entry {
	e := reconcile.Entry{Source: "s", Provider: "stripe", ID: id, Kind: kind, Category: string(kind), PayoutID: payout,
		Gross: *usd(net + 10), Fee: *usd(10), Net: *usd(net), CreatedAt: day(on)}
	if of != "" {
		e.Keys = []reconcile.Key{stripeKey(of)}
	}
	return e
}

func paidOut(id string, status reconcile.PayoutStatus, amount int64) reconcile.Payout {
	return reconcile.Payout{Source: "s", Provider: "stripe", ID: id, Amount: *usd(amount), Status: status, Automatic: true, Itemised: true,
		CreatedAt: day(20)}
}

// tell prints fee, net and payout of every payment.
func (w *world) tell() string {
	var told []string
	for _, p := range w.payments() {
		text := p.ProviderPaymentID + " " + string(p.Status)
		for _, a := range []*money.Amount{p.Fee, p.Net} {
			if a != nil {
				text += " " + a.String()
			}
		}
		told = append(told, text+" "+p.PayoutID)
	}
	return strings.Join(told, "; ")
}

// exceptions prints the open exceptions of a code.
func (w *world) exceptions(code reconcile.ExceptionCode) string {
	w.t.Helper()
	var told []string
	err := w.store.View(w.t.Context(), func(r reconcile.Reader) error {
		for x, err := range r.Exceptions(reconcile.ExceptionFilter{OpenOnly: true}) {
			if err != nil {
				return err
			}
			if x.Code == code {
				told = append(told, strings.Join([]string{x.PaymentID, x.Subject, x.Expected, x.Actual, string(x.Severity)}, "|"))
			}
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return strings.Join(told, " ")
}

func TestALedgerSettlesItsPayments(t *testing.T) {
	rows := []any{
		paid("s", "pi_1", "ch_1", 1000, 10, email), paid("s", "pi_2", "ch_2", 2000, 11, email),
		ledgerLine("txn_1", "pi_1", "po_1", reconcile.EntryCharge, 990, 10), ledgerLine("txn_2", "ch_2", "", reconcile.EntryCharge, 1990, 11),
		ledgerLine("txn_3", "", "", reconcile.EntryFee, -10, 12), paidOut("po_1", reconcile.PayoutPaid, 990),
	}
	for _, size := range []int{1, 2, len(rows)} {
		for _, backwards := range []bool{false, true} {
			w := newWorld(t)
			order := append([]any(nil), rows...)
			if backwards {
				for i := range rows {
					order[len(rows)-1-i] = rows[i]
				}
			}
			s := paged(order, size)
			s.Fresh = true
			first := w.must(s)
			if !first.Ties || first.Sources[0].Read != len(rows) || first.Sources[0].New != len(rows) {
				t.Errorf("%d at once: %+v", size, first.Sources[0])
			}
			if got, want := w.tell(), "pi_1 succeeded 0.10 9.90 po_1; pi_2 succeeded 0.10 19.90 "; got != want {
				t.Errorf("%d at once: %s, want %s", size, got, want)
			}
			if got := w.exceptions(reconcile.ExPayoutMismatch); got != "" {
				t.Error(got)
			}
			w.engine.AsOf = day(31)
			if again := w.must(s); again.Writes != 0 || again.Sources[0].Unchanged != len(rows) {
				t.Errorf("again: %+v", again)
			}
		}
	}
}

// A payout that becomes known is news of the payment, never a change that came too late.
func TestAPayoutThatBecomesKnown(t *testing.T) {
	w := newWorld(t)
	charge, line := paid("s", "pi_1", "ch_1", 1000, 10, email), ledgerLine("txn_1", "pi_1", "", reconcile.EntryCharge, 990, 10)
	people := leads(ada("L1", email))
	w.must(people, paged([]any{charge, line}, 9))
	if p := w.payments()[0]; p.Verification != reconcile.Confirmed {
		t.Fatalf("%+v", p)
	}
	w.engine.AsOf = day(31)
	line.PayoutID = "po_1"
	s := paged([]any{line, paidOut("po_1", reconcile.PayoutPaid, 990)}, 9)
	s.Fresh = true
	w.must(people, s)
	if got := w.tell(); got != "pi_1 succeeded 0.10 9.90 po_1" || w.open() != "" {
		t.Errorf("%s, open: %s", got, w.open())
	}
	if p := w.payments()[0]; p.Verification != reconcile.Confirmed {
		t.Errorf("no longer confirmed: %s", p.Verification)
	}
}

func TestAFeeThatTheLedgerHasOtherwise(t *testing.T) {
	w := newWorld(t)
	charge := paid("s", "pi_1", "ch_1", 1000, 10, email)
	charge.Facts.Fee, charge.Facts.Net = usd(11), usd(989)
	w.must(paged([]any{charge, ledgerLine("txn_1", "pi_1", "", reconcile.EntryCharge, 990, 10)}, 9))
	id := w.payments()[0].ID
	if got, want := w.exceptions(reconcile.ExFeeVariance), id+"|txn_1|0.10 USD|0.11 USD|medium"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	charge.Facts.Fee, charge.Facts.Net = usd(10), usd(990)
	s := paged([]any{charge}, 9)
	s.Fresh = true
	w.must(s)
	if got := w.exceptions(reconcile.ExFeeVariance); got != "" {
		t.Errorf("mended, but %s", got)
	}
}

func TestPayoutMismatchOpensAndResolves(t *testing.T) {
	w := newWorld(t)
	charge, line := paid("s", "pi_1", "ch_1", 1000, 10, email), ledgerLine("txn_1", "pi_1", "po_1", reconcile.EntryCharge, 990, 10)
	w.must(paged([]any{charge, line, paidOut("po_1", reconcile.PayoutPaid, 991), paidOut("po_2", reconcile.PayoutPaid, 5)}, 9))
	if got, want := w.exceptions(reconcile.ExPayoutMismatch), "|po_1|9.91 USD|9.90 USD|medium |po_2|0.05 USD|0.00 USD|medium"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	s := paged([]any{ledgerLine("txn_2", "", "po_1", reconcile.EntryOther, 1, 11), paidOut("po_2", reconcile.PayoutFailed, 5)}, 9)
	s.Fresh = true
	w.must(s)
	if got := w.exceptions(reconcile.ExPayoutMismatch); got != "" {
		t.Errorf("explained, but %s", got)
	}
}

func TestOpenPayoutsAreReadAgain(t *testing.T) {
	w := newWorld(t)
	moving := paidOut("po_1", reconcile.PayoutInTransit, 0)
	moving.Open, moving.Itemised = true, false
	arrived := paidOut("po_1", reconcile.PayoutPaid, 0)
	s := &script{pages: []*reconcile.Page{{Payouts: []reconcile.Payout{moving}}},
		fetch: func([]reconcile.Ref) reconcile.Page { return reconcile.Page{Payouts: []reconcile.Payout{arrived}} }}
	src := engine.Source{Name: "s", Kind: "script", Role: reconcile.RoleProcessor, Provider: fetcher{s}}
	w.must(src)
	if len(s.asked) != 0 {
		t.Errorf("just read, and read again: %v", s.asked)
	}
	w.must(src)
	w.must(src)
	if diff := cmp.Diff([]reconcile.Ref{{Kind: reconcile.RefPayout, ID: "po_1"}}, s.asked); diff != "" {
		t.Error(diff)
	}
}

// An entry that adds up to nothing is kept aside with its values until it comes again, and is counted.
func TestEntriesThatCannotBe(t *testing.T) {
	w := newWorld(t)
	wrong, mixed := ledgerLine("txn_1", "pi_1", "", reconcile.EntryCharge, 990, 10), ledgerLine("txn_2", "", "", reconcile.EntryFee, -10, 10)
	wrong.Net.Minor++
	mixed.Fee.Currency = "EUR"
	rows := []any{paid("s", "pi_1", "ch_1", 1000, 10, email), wrong, mixed}
	s := paged(rows, 9)
	s.Fresh = true
	kept := func() (told []string) {
		err := w.store.View(t.Context(), func(r reconcile.Reader) error {
			for q, err := range r.Quarantined(nil) {
				if err != nil {
					return err
				}
				told = append(told, q.ID+" "+q.Field+" "+q.Reason)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return told
	}
	run, err := w.run(s)
	var quarantined *engine.QuarantineError
	if !errors.As(err, &quarantined) || quarantined.Rows != 2 || run.Sources[0].Read != 3 || !run.Ties || w.tell() != "pi_1 succeeded " {
		t.Errorf("%v %+v %s", err, run.Sources[0], w.tell())
	}
	if diff := cmp.Diff([]string{
		"txn_2 currency ledger entry txn_2: gross is in USD, fee in EUR and net in USD",
		"txn_1 net ledger entry txn_1: net is 9.91, but gross 10.00 less fee 0.10 is 9.90 USD",
	}, kept()); diff != "" {
		t.Error(diff)
	}
	if run, _ = w.run(s); run.Writes != 0 {
		t.Errorf("again: %d writes", run.Writes)
	}
	wrong.Net.Minor--
	mended := paged([]any{wrong}, 9)
	mended.Fresh = true
	w.must(mended)
	if w.tell() != "pi_1 succeeded 0.10 9.90 " || len(kept()) != 1 {
		t.Errorf("mended: %s %v", w.tell(), kept())
	}
}

// liar is a store whose reader says of the ledger or of totals something else than is stored.
type liar struct {
	reconcile.Store
	entries func(*reconcile.Entry) []*reconcile.Entry
	totals  func([]reconcile.Total)
}

func (l liar) View(ctx context.Context, fn func(reconcile.Reader) error) error {
	return l.Store.View(ctx, func(r reconcile.Reader) error { return fn(lyingReader{r, l}) })
}

type lyingReader struct {
	reconcile.Reader
	liar
}

func (l lyingReader) Entries(f reconcile.EntryFilter) iter.Seq2[*reconcile.Entry, error] {
	return func(yield func(*reconcile.Entry, error) bool) {
		for e, err := range l.Reader.Entries(f) {
			for _, one := range l.entries(e) {
				if !yield(one, err) {
					return
				}
			}
		}
	}
}

func (l lyingReader) Totals(sources []string) ([]reconcile.Total, error) {
	totals, err := l.Reader.Totals(sources)
	l.totals(totals)
	return totals, err
}

func TestTheFirstPlaceWhereThePathsPart(t *testing.T) {
	alter := func(edit func(*reconcile.Entry)) func(e *reconcile.Entry) []*reconcile.Entry {
		return func(e *reconcile.Entry) []*reconcile.Entry {
			if e.ID == "txn_2" {
				edit(e)
			}
			return []*reconcile.Entry{e}
		}
	}
	only := func(n int) func(e *reconcile.Entry) []*reconcile.Entry {
		return func(e *reconcile.Entry) []*reconcile.Entry {
			if e.ID == "txn_2" {
				return []*reconcile.Entry{e, e}[:n]
			}
			return []*reconcile.Entry{e}
		}
	}
	for name, c := range map[string]struct {
		entries func(*reconcile.Entry) []*reconcile.Entry
		totals  func([]reconcile.Total)
		want    string
	}{
		"the truth": {},
		"dropped":   {entries: only(0), want: "ledger.csv, source s, USD, kind fee: count: the store has 1 and the file nothing"},
		"doubled":   {entries: only(2), want: "ledger.csv, source s, USD, kind fee: count: the store has 1 and the file 2"},
		"altered": {entries: alter(func(e *reconcile.Entry) { e.Gross.Minor, e.Net.Minor = 1, -9 }),
			want: "ledger.csv, source s, USD, kind fee: gross: the store has 0.00 and the file 0.01"},
		"of another kind": {entries: alter(func(e *reconcile.Entry) { e.Kind = reconcile.EntryOther }),
			want: "ledger.csv, source s, USD, kind fee: count: the store has 1 and the file nothing"},
		"a payment's fee": {totals: func(t []reconcile.Total) { t[0].Fee++ },
			want: "payments.csv, source s, USD: fee: the store has 0.11 and the file 0.10"},
	} {
		w := newWorld(t)
		lie := liar{w.store, c.entries, c.totals}
		if lie.entries == nil {
			lie.entries = only(1)
		}
		if lie.totals == nil {
			lie.totals = func([]reconcile.Total) {}
		}
		w.engine.Store = lie
		run, err := w.run(paged([]any{paid("s", "pi_1", "ch_1", 1000, 10, email),
			ledgerLine("txn_1", "pi_1", "", reconcile.EntryCharge, 990, 10), ledgerLine("txn_2", "", "", reconcile.EntryFee, -10, 11)}, 9))
		if c.want == "" {
			if err != nil || !run.Ties {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if run.Ties || !errors.Is(err, reconcile.ErrIntegrity) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

// An entry whose source corrects what it belongs to leaves nothing behind in the payment that it was taken for.
func TestAnEntryThatMoves(t *testing.T) {
	w := newWorld(t)
	line := ledgerLine("txn_1", "pi_1", "po_1", reconcile.EntryCharge, 990, 10)
	w.must(paged([]any{paid("s", "pi_1", "ch_1", 1000, 10, email), paid("s", "pi_2", "ch_2", 1000, 11, email), line}, 9))
	line.Keys = []reconcile.Key{stripeKey("pi_2")}
	s := paged([]any{line}, 9)
	s.Fresh = true
	w.must(s)
	if got, want := w.tell(), "pi_1 succeeded ; pi_2 succeeded 0.10 9.90 po_1"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
