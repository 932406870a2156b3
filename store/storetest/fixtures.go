package storetest

import (
	"fmt"
	"testing"
	"time"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

// day is a whole day of March 2026, in microseconds as a store keeps them.
func day(n int) time.Time {
	return time.Date(2026, 3, n, 9, 30, 15, 123_456_000, time.UTC)
}

func usd(minor int64) money.Amount { return money.New(minor, "USD") }

func known(amount money.Amount) *money.Amount { return &amount }

func key(id string) reconcile.Key { return reconcile.Key{Provider: "stripe", ID: id} }

// bare is a payment with only what every payment has.
func bare(row int64, id string) *reconcile.Payment {
	return &reconcile.Payment{
		Row: row, ID: id, Provider: "stripe", Source: "stripe-main", Role: reconcile.RoleProcessor,
		Status: reconcile.StatusSucceeded, Amount: usd(1000), PaymentDate: day(1),
	}
}

// full is a payment in which every field of the fold is set.
func full(row int64) *reconcile.Payment {
	return &reconcile.Payment{
		Row: row, ID: "pay_full", OrganizationID: "org_1", Provider: "stripe", ProviderPaymentID: "pi_full",
		Amount: usd(12_345), Status: reconcile.StatusRefunded, CustomerEmail: "ada@example.com",
		CustomerName: "Ada L. Ünï \x00 ' \"", PaymentDate: day(3), CreatedAt: day(2),
		StripeChargeID: "ch_full", StripeCustomerID: "cus_1", StripeSubscriptionID: "sub_1",
		StripeProductID: "prod_1",
		Refund: reconcile.RefundSummary{
			Status: reconcile.RefundFull, Amount: usd(12_345), At: day(9), ID: "re_9", Reason: "asked for", Provider: "stripe", Role: reconcile.RoleProcessor,
		},
		Dispute: reconcile.DisputeSummary{Status: reconcile.DisputeWon, Amount: usd(0), Provider: "stripe", Role: reconcile.RoleProcessor},
		DayOnly: true, OpenedAt: day(10),
		Source: "stripe-main", Role: reconcile.RoleProcessor, ProviderStatus: "succeeded",
		Captured: usd(12_345), Fee: known(money.New(-31, "EUR")), Net: known(money.New(11_000, "EUR")),
		PayoutID: "po_1",
		Payer: reconcile.Payer{
			Emails: []string{"ada@example.com", "ADA@example.com"}, Phone: "+4930123", Address: "1 Way",
			City: "Berlin", PostalCode: "10115", Country: "DE", Description: "Course, 2nd part",
			Statement: "ACME*COURSE", ExternalID: "x-1", Reference: "ref-1", Card: "fp_1",
			Metadata: map[string]string{"lead": "L1", "z": ""},
		},
	}
}

// outcome is an attribution in which every field is set.
func outcome(p *reconcile.Payment) *reconcile.Payment {
	p.Match = reconcile.Match{
		State: reconcile.MatchAuto, LeadID: "L1", CallID: "C1", ProductID: "P1", By: "email",
		Confidence: 9_876, Margin: 4_321, Cut: 3,
		Candidates: []reconcile.Candidate{
			{
				LeadID: "L1", CallID: "C1", ProductID: "P1", Confidence: 9_876, MatchedBy: "email", Note: "best",
				Evidence: []reconcile.Evidence{
					{Signal: "email", Payment: "ada@e.org", Candidate: "Ada@e.org", Weight: 620, Strategy: "email"},
					{Signal: "amount", Payment: "123.45", Candidate: "100.00", Weight: -120, Strategy: "name_amount_date"},
				},
			},
			{LeadID: "L2"},
		},
		Products: []reconcile.Candidate{
			{ProductID: "P1", Confidence: 9_000, MatchedBy: "product", Evidence: []reconcile.Evidence{{Signal: "list_price", Weight: 440}}},
			{ProductID: "P2"},
		},
	}
	p.Match.Candidates[0].Calls = []reconcile.Candidate{
		{CallID: "C1", ProductID: "P1", Confidence: 9_500, MatchedBy: "call_window", Evidence: []reconcile.Evidence{{Signal: "call_time", Weight: 200}}},
		{CallID: "C2", Confidence: 12},
	}
	p.Verification, p.VerifiedAt = reconcile.Confirmed, day(20)
	return p
}

// add opens a payment with one key, id, and stores it with the changes that edit makes.
func add(t testing.TB, tx reconcile.Tx, id string, keys, twins []reconcile.BlockKey,
	edit func(*reconcile.Payment)) *reconcile.Payment {
	t.Helper()
	row, err := tx.Open([]reconcile.Key{key("pi_" + id)})
	if err != nil {
		t.Fatal(err)
	}
	p := bare(row, id)
	if edit != nil {
		edit(p)
	}
	if _, err := tx.PutPayment(p, reconcile.PaymentKeys{Block: keys, Twin: twins}); err != nil {
		t.Fatal(err)
	}
	return p
}

// settle gives a payment a match state and makes it no longer due.
func settle(t testing.TB, tx reconcile.Tx, p *reconcile.Payment, state reconcile.MatchState) {
	t.Helper()
	p.Match.State, p.Verification = state, reconcile.NeedsReview
	if state == reconcile.MatchAuto || state == reconcile.MatchManual || state == reconcile.MatchSuggested {
		p.Match.LeadID = "L-" + p.ID
	}
	if _, err := tx.PutOutcome(p); err != nil {
		t.Fatal(err)
	}
}

func fullRecord() *reconcile.SourceRecord {
	return &reconcile.SourceRecord{
		Source: "stripe-main", Provider: "stripe", Role: reconcile.RoleProcessor, Kind: reconcile.KindPayment,
		ID: "ch_1", Keys: []reconcile.Key{key("pi_1"), {Provider: "aura", Account: "org", ID: "uuid"}},
		Export: true, Open: true, Gone: true,
		Facts: reconcile.Facts{
			Provider: "wepay", DayOnly: true,
			Doubts:            []reconcile.Doubt{{Code: reconcile.ExStatusMismatch, Field: "status", Expected: "paid", Actual: "on_hold", Detail: "d"}},
			ProviderPaymentID: "pi_1", Status: reconcile.StatusSucceeded, ProviderStatus: "paid",
			Amount: known(usd(0)), Captured: known(usd(5)), Fee: known(usd(-1)), Net: known(usd(6)),
			PaymentDate: day(4), CreatedAt: day(3), Emails: []string{"b@x.org", "a@x.org"}, Name: "Bo",
			Payer:          reconcile.Payer{Phone: "1", Metadata: map[string]string{"a": "b"}},
			StripeChargeID: "ch_1", StripeCustomerID: "cus", StripeSubscriptionID: "sub", StripeProductID: "prod",
			PayoutID: "po", RefundStatus: reconcile.RefundPartial, RefundedAmount: known(usd(2)),
			RefundedAt: day(5), RefundReason: "r", RefundID: "re", DisputeStatus: reconcile.DisputeOpen,
			DisputedAmount: known(usd(3)), LeadID: "L1", CallID: "C1",
			Correction: &reconcile.Correction{Number: 1, Status: reconcile.StatusFailed, Amount: new(int64), Currency: "EUR",
				ExternalID: "x", Undo: true, Reason: "r", By: "b", At: day(6)},
		},
	}
}

func record(source, id string) *reconcile.SourceRecord {
	return &reconcile.SourceRecord{
		Source: source, Provider: "stripe", Role: reconcile.RoleProcessor, Kind: reconcile.KindPayment,
		ID: id, Keys: []reconcile.Key{key(id)},
		Facts: reconcile.Facts{Amount: known(usd(100)), PaymentDate: day(1)},
	}
}

func refund(source, id string, export bool) *reconcile.Refund {
	return &reconcile.Refund{
		Source: source, Provider: "stripe", ID: id, Export: export, Amount: usd(10),
		Status: reconcile.RefundRowSucceeded, CreatedAt: day(6),
	}
}

func dispute(source, id string, export bool) *reconcile.Dispute {
	return &reconcile.Dispute{
		Source: source, Provider: "stripe", ID: id, Export: export, Amount: usd(10),
		Status: reconcile.DisputeOpen, CreatedAt: day(6),
	}
}

func lead(n int) *reconcile.Lead {
	return &reconcile.Lead{ID: fmt.Sprintf("L%02d", n), Name: fmt.Sprintf("Lead %d", n), CreatedAt: day(1)}
}

func call(id, leadID string) *reconcile.Call {
	return &reconcile.Call{ID: id, LeadID: leadID, StartedAt: day(2)}
}

func blocks(keys ...int64) []reconcile.BlockKey {
	list := make([]reconcile.BlockKey, len(keys))
	for i, k := range keys {
		list[i] = reconcile.BlockKey(k)
	}
	return list
}

// always is a span that holds every time.
func always() reconcile.Span { return reconcile.Span{Through: day(10_000)} }
