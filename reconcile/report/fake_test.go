package report

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

// fakeReader is a snapshot in memory. What the reports do not read is left to the embedded nil interface.
type fakeReader struct {
	reconcile.Reader
	payments    []*reconcile.Payment
	refunds     []*reconcile.Refund
	disputes    []*reconcile.Dispute
	entries     []*reconcile.Entry
	payouts     []*reconcile.Payout
	exceptions  []*reconcile.Exception
	quarantined []*reconcile.Quarantine
	changes     []*reconcile.PaymentChange
	progress    map[string]reconcile.SourceProgress
	agents      map[string]string // by call
	said        map[int64]string  // lead that a person named, by row
	failAfter   int               // payments before the stream breaks; 0 never
}

var errStream = errors.New("the store broke")

func each[T any](items []*T) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		for _, item := range items {
			if !yield(item, nil) {
				return
			}
		}
	}
}

func (f *fakeReader) Payments(reconcile.PaymentFilter) iter.Seq2[*reconcile.Payment, error] {
	if f.failAfter == 0 {
		return each(f.payments)
	}
	return func(yield func(*reconcile.Payment, error) bool) {
		for _, p := range f.payments[:f.failAfter] {
			if !yield(p, nil) {
				return
			}
		}
		yield(nil, errStream)
	}
}

func (f *fakeReader) Refunds([]string) iter.Seq2[*reconcile.Refund, error]   { return each(f.refunds) }
func (f *fakeReader) Disputes([]string) iter.Seq2[*reconcile.Dispute, error] { return each(f.disputes) }
func (f *fakeReader) Entries(reconcile.EntryFilter) iter.Seq2[*reconcile.Entry, error] {
	return each(f.entries)
}
func (f *fakeReader) Payouts([]string) iter.Seq2[*reconcile.Payout, error] { return each(f.payouts) }
func (f *fakeReader) Quarantined([]string) iter.Seq2[*reconcile.Quarantine, error] {
	return each(f.quarantined)
}
func (f *fakeReader) Changes(_ []string, _, _ time.Time) iter.Seq2[*reconcile.PaymentChange, error] {
	return each(f.changes)
}
func (f *fakeReader) Exceptions(reconcile.ExceptionFilter) iter.Seq2[*reconcile.Exception, error] {
	return each(f.exceptions)
}
func (f *fakeReader) Call(id string) (*reconcile.Call, error) {
	if agent, known := f.agents[id]; known {
		return &reconcile.Call{ID: id, Agent: agent}, nil
	}
	return nil, reconcile.ErrNotFound
}
func (f *fakeReader) DecidedRows() ([]int64, error) { return slices.Sorted(maps.Keys(f.said)), nil }
func (f *fakeReader) Known(row int64) (reconcile.Known, error) {
	return reconcile.Known{Row: row, Decisions: []reconcile.Decision{{ID: 1, Joined: 1, LeadID: f.said[row]}}}, nil
}
func (f *fakeReader) LedgerTotals([]string) ([]reconcile.LedgerTotal, error) {
	sums := map[string]*reconcile.LedgerTotal{}
	for _, e := range f.entries {
		key := e.Source + "/" + string(e.Net.Currency) + "/" + string(e.Kind)
		if sums[key] == nil {
			sums[key] = &reconcile.LedgerTotal{Source: e.Source, Currency: e.Net.Currency, Kind: e.Kind}
		}
		t := sums[key]
		t.Count, t.Gross, t.Fee, t.Net = t.Count+1, t.Gross+e.Gross.Minor, t.Fee+e.Fee.Minor, t.Net+e.Net.Minor
	}
	var totals []reconcile.LedgerTotal
	for _, key := range slices.Sorted(maps.Keys(sums)) {
		totals = append(totals, *sums[key])
	}
	return totals, nil
}
func (f *fakeReader) Progress(source string) (reconcile.SourceProgress, error) {
	return f.progress[source], nil
}

func (f *fakeReader) Counts([]string) (reconcile.Counts, error) {
	c := reconcile.Counts{ByState: map[reconcile.MatchState]int{},
		Exceptions: map[reconcile.ExceptionCode]int{}, BySource: map[string]reconcile.SourceCount{}}
	for _, p := range f.payments {
		c.Payments++
		c.ByState[p.Match.State]++
		of := c.BySource[p.Source]
		of.Payments, of.Records = of.Payments+1, of.Records+2
		c.BySource[p.Source] = of
	}
	for _, e := range f.exceptions {
		if e.ResolvedAt.IsZero() {
			c.Exceptions[e.Code]++
		}
	}
	return c, nil
}

// Totals adds plain integers, as a store would, and nothing that Recount uses.
func (f *fakeReader) Totals([]string) ([]reconcile.Total, error) {
	sums := map[string]*reconcile.Total{}
	of := func(source string, c money.Currency) *reconcile.Total {
		key := source + "/" + string(c)
		if sums[key] == nil {
			sums[key] = &reconcile.Total{Source: source, Currency: c}
		}
		return sums[key]
	}
	for _, p := range f.payments {
		if p.Status != reconcile.StatusSucceeded && p.Status != reconcile.StatusRefunded {
			continue
		}
		t := of(p.Source, p.Amount.Currency)
		t.Count++
		t.Gross += p.Captured.Minor
		t.Refunded += p.Refund.Amount.Minor
		t.Disputed += p.Dispute.Amount.Minor
		if p.Fee != nil {
			of(p.Source, p.Fee.Currency).Fee += p.Fee.Minor
		}
	}
	var totals []reconcile.Total
	for _, t := range sums {
		t.Net = t.Gross - t.Refunded - t.Disputed - t.Fee
		totals = append(totals, *t)
	}
	slices.SortFunc(totals, func(a, b reconcile.Total) int {
		return cmp.Or(strings.Compare(a.Source, b.Source), cmp.Compare(a.Currency, b.Currency))
	})
	return totals, nil
}

func day(n int) time.Time { return time.Date(2026, 3, n, 9, 30, 0, 0, time.UTC) }

func amount(minor int64, c money.Currency) *money.Amount {
	return &money.Amount{Minor: minor, Currency: c}
}

// manyPayments makes n payments with two candidates each, as a large store has them.
func manyPayments(n int) []*reconcile.Payment {
	payments := make([]*reconcile.Payment, n)
	for i := range payments {
		id := fmt.Sprintf("%024d", i)
		email := fmt.Sprintf("customer%d@example.com", i)
		lead := func(rank int, c reconcile.Confidence) reconcile.Candidate {
			return reconcile.Candidate{LeadID: fmt.Sprintf("lead_%d_%d", rank, i), CallID: fmt.Sprintf("call_%d", i),
				Confidence: c, MatchedBy: "email", Evidence: []reconcile.Evidence{
					{Signal: "email", Payment: email, Candidate: email, Weight: 620, Strategy: "email"},
					{Signal: "name", Payment: "John Doe", Candidate: "Jon Doe", Weight: 210, Strategy: "name"},
					{Signal: "amount", Payment: "120.00 USD", Candidate: "120.00 USD", Weight: 150, Strategy: "call"},
				}}
		}
		payments[i] = &reconcile.Payment{
			Row: int64(i + 1), ID: "pay_" + id, OrganizationID: "org_demo", Provider: "stripe",
			ProviderPaymentID: "pi_" + id, Amount: money.New(int64(1000+i), "USD"),
			Status:        reconcile.StatusSucceeded,
			CustomerEmail: email, CustomerName: "John Doe", PaymentDate: day(1).Add(time.Duration(i) * time.Second),
			CreatedAt: day(1), StripeChargeID: "ch_" + id, StripeCustomerID: "cus_" + id, Source: "stripe-main",
			Role: reconcile.RoleProcessor, ProviderStatus: "succeeded", Captured: money.New(int64(1000+i), "USD"),
			Fee: amount(59, "USD"), Net: amount(int64(941+i), "USD"), PayoutID: fmt.Sprintf("po_%d", i/1000),
			Refund:  reconcile.RefundSummary{Status: reconcile.RefundNone, Amount: money.New(0, "USD")},
			Dispute: reconcile.DisputeSummary{Status: reconcile.DisputeNone, Amount: money.New(0, "USD")},
			Match: reconcile.Match{State: reconcile.MatchAuto, LeadID: fmt.Sprintf("lead_1_%d", i), By: "email",
				Confidence: 9832, Margin: 8000, Candidates: []reconcile.Candidate{lead(1, 9832), lead(2, 1832)}},
			Verification: reconcile.Confirmed, VerifiedAt: day(9),
		}
	}
	return payments
}
