package sqlite

import (
	"fmt"
	"hash/fnv"
	"testing"
	"time"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

func sampleDate(n int) time.Time {
	return time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(n) * 31 * time.Second)
}

// scatter is a number that does not ascend, as hashes and provider ids do not.
func scatter(kind string, n int) uint64 {
	h := fnv.New64a()
	_, _ = fmt.Fprintf(h, "%s/%d", kind, n) // a hash does not fail
	return h.Sum64()
}

func samplePayment(row int64, n int) *reconcile.Payment {
	amount := money.New(int64(100+n%5000), "USD")
	return &reconcile.Payment{
		Row: row, ID: fmt.Sprintf("%016x", scatter("id", n)), Provider: "stripe", Source: "stripe-main",
		ProviderPaymentID: fmt.Sprintf("pi_%016x", scatter("pi", n)), Amount: amount, Captured: amount,
		Status: reconcile.StatusSucceeded, Role: reconcile.RoleProcessor,
		CustomerEmail: fmt.Sprintf("payer%d@example.com", n), CustomerName: fmt.Sprintf("Payer Number %d", n),
		PaymentDate: sampleDate(n), CreatedAt: sampleDate(n),
		StripeChargeID: fmt.Sprintf("ch_%016x", scatter("ch", n)), StripeCustomerID: fmt.Sprintf("cus_%d", n),
		Refund:  reconcile.RefundSummary{Status: reconcile.RefundNone, Amount: money.New(0, "USD")},
		Dispute: reconcile.DisputeSummary{Status: reconcile.DisputeNone},
		Payer:   reconcile.Payer{Emails: []string{fmt.Sprintf("payer%d@example.com", n)}, Country: "DE"},
	}
}

// putSample does what the engine does for one new payment: identity, record, fold, keys.
func putSample(tx reconcile.Tx, n int) error {
	p := samplePayment(0, n)
	keys := []reconcile.Key{
		{Provider: "stripe", ID: p.ProviderPaymentID}, {Provider: "stripe", ID: p.StripeChargeID},
	}
	rows, err := tx.Identify(keys)
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		row, err := tx.Open(keys)
		if err != nil {
			return err
		}
		rows = []int64{row}
	}
	p.Row = rows[0]
	record := &reconcile.SourceRecord{
		Source: p.Source, Provider: p.Provider, Role: p.Role, Kind: reconcile.KindPayment, ID: p.StripeChargeID,
		Keys: keys, Facts: reconcile.Facts{
			ProviderPaymentID: p.ProviderPaymentID, Status: p.Status, Amount: &p.Amount, PaymentDate: p.PaymentDate,
			CreatedAt: p.CreatedAt, Emails: p.Payer.Emails, Name: p.CustomerName, StripeChargeID: p.StripeChargeID,
			StripeCustomerID: p.StripeCustomerID,
		},
	}
	if _, err := tx.PutRecord(p.Row, record); err != nil {
		return err
	}
	entry := &reconcile.Entry{Source: p.Source, Provider: p.Provider, ID: fmt.Sprint("txn_", n), Kind: reconcile.EntryCharge, Keys: keys,
		Gross: p.Amount, Fee: money.New(0, p.Amount.Currency), Net: p.Amount, CreatedAt: p.CreatedAt}
	if _, err := tx.PutEntry(entry); err != nil {
		return err
	}
	blocks := make([]reconcile.BlockKey, 4)
	for i := range blocks {
		blocks[i] = reconcile.BlockKey(scatter(fmt.Sprint("block", i), n))
	}
	_, err = tx.PutPayment(p, reconcile.PaymentKeys{Block: blocks, Twin: []reconcile.BlockKey{reconcile.BlockKey(scatter("twin", n))}})
	return err
}

// putSampleOutcome does what the engine does for one matched payment.
func putSampleOutcome(tx reconcile.Tx, p *reconcile.Payment) error {
	p.Match = reconcile.Match{
		State: reconcile.MatchAuto, LeadID: "L1", By: "email", Confidence: 9_900,
		Candidates: []reconcile.Candidate{{
			LeadID: "L1", Confidence: 9_900, MatchedBy: "email", Evidence: []reconcile.Evidence{
				{Signal: "email", Payment: p.CustomerEmail, Candidate: p.CustomerEmail, Weight: 620, Strategy: "email"},
				{Signal: "name", Payment: p.CustomerName, Candidate: p.CustomerName, Weight: 310, Strategy: "name"},
			},
		}},
	}
	p.Verification, p.VerifiedAt = reconcile.Confirmed, sampleDate(1)
	if _, err := tx.PutOutcome(p); err != nil {
		return err
	}
	return tx.PutExceptions(p.Row, nil, sampleDate(1))
}

const benchCommit = 1000

// commits runs step for b.N numbers in commits of a thousand and reports payments per second.
func commits(b *testing.B, store *Store, step func(tx reconcile.Tx, n int) error) {
	b.Helper()
	b.ReportAllocs()
	for start := 0; start < b.N; start += benchCommit {
		err := store.Update(b.Context(), func(tx reconcile.Tx) error {
			for n := start; n < min(start+benchCommit, b.N); n++ {
				if err := step(tx, n); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "payments/s")
}

// BenchmarkPut stores new payments: 1 identity, 2 keys, 1 record, 1 ledger entry, 1 payment, 5 blocking keys each.
func BenchmarkPut(b *testing.B) {
	store := openTest(b, "")
	b.ResetTimer()
	commits(b, store, putSample)
}

// BenchmarkPutAgain stores payments that are there already.
func BenchmarkPutAgain(b *testing.B) {
	store := openTest(b, "")
	fill(b, store, b.N)
	b.ResetTimer()
	commits(b, store, putSample)
}

// BenchmarkOutcome reads what is known of a payment, then stores its outcome and exceptions.
func BenchmarkOutcome(b *testing.B) {
	store := openTest(b, "")
	fill(b, store, b.N)
	b.ResetTimer()
	commits(b, store, func(tx reconcile.Tx, n int) error {
		if _, err := tx.Known(int64(n + 1)); err != nil {
			return err
		}
		return putSampleOutcome(tx, samplePayment(int64(n+1), n))
	})
}

// BenchmarkStream reads whole payments in order.
func BenchmarkStream(b *testing.B) {
	store := openTest(b, "")
	fill(b, store, b.N)
	commits(b, store, func(tx reconcile.Tx, n int) error {
		return putSampleOutcome(tx, samplePayment(int64(n+1), n))
	})
	b.ResetTimer()
	err := store.View(b.Context(), func(r reconcile.Reader) error {
		for _, err := range r.Payments(reconcile.PaymentFilter{}) {
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "payments/s")
}

// BenchmarkCheck looks the whole store over, b.N payments at once.
func BenchmarkCheck(b *testing.B) {
	store := openTest(b, "")
	fill(b, store, b.N)
	b.ResetTimer()
	if err := store.Check(b.Context()); err != nil {
		b.Fatal(err)
	}
}
