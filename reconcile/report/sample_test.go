package report

import (
	"time"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

// sampleReader is a small store in which every column is filled somewhere and empty somewhere.
func sampleReader() *fakeReader {
	return &fakeReader{
		payments: []*reconcile.Payment{samplePaid(), sampleDisputed(), sampleHostile(), samplePending()},
		refunds: []*reconcile.Refund{
			{Source: "stripe-main", Provider: "stripe", ID: "re_0", Keys: []reconcile.Key{{Provider: "stripe",
				ID: "pi_gone"}},
				Amount: money.New(999, "USD"), Status: reconcile.RefundRowSucceeded, CreatedAt: day(2)},
			{Source: "stripe-main", Provider: "stripe", ID: "re_1", Keys: []reconcile.Key{{Provider: "stripe",
				ID: "ch_1"}},
				Amount: money.New(2000, "USD"), Status: reconcile.RefundRowSucceeded, ProviderStatus: "succeeded",
				Reason: "requested by jo@example.com", CreatedAt: day(3), PaymentID: "pay_1", Counted: true,
				LeadID: "lead_1", CallID: "call_1", ProductID: "product_1"},
			{Source: "zenskar", Provider: "zenskar", ID: "z_1", Amount: money.New(1900, "USD"),
				Status: reconcile.RefundRowSucceeded, CreatedAt: day(3), PaymentID: "pay_1"},
			{Source: "stripe-main", Provider: "stripe", ID: "re_2", Amount: money.New(500, "USD"),
				Status: reconcile.RefundRowFailed, CreatedAt: day(4), ReturnedAt: day(6), PaymentID: "pay_1", Counted: true},
		},
		disputes: []*reconcile.Dispute{
			{Source: "stripe-main", Provider: "stripe", ID: "dp_1", Keys: []reconcile.Key{{Provider: "stripe",
				ID: "ch_2"}},
				Amount: money.New(5000, "JPY"), Status: reconcile.DisputeLost, Reason: "fraudulent", CreatedAt: day(5),
				PaymentID: "pay_2", Counted: true},
			{Source: "zenskar", Provider: "zenskar", ID: "z_2", Amount: money.New(4000, "JPY"),
				Status: reconcile.DisputeLost, CreatedAt: day(6), PaymentID: "pay_2"},
			{Source: "stripe-main", Provider: "stripe", ID: "dp_2", Amount: money.New(5000, "JPY"),
				Status: reconcile.DisputeOpen, Inquiry: true, CreatedAt: day(6), PaymentID: "pay_2", Counted: true,
				LeadID: "lead_7"},
			{Source: "stripe-main", Provider: "stripe", ID: "dp_3", Amount: money.New(700, "JPY"),
				Status: reconcile.DisputeWon, CreatedAt: day(6), ReturnedAt: day(8), PaymentID: "pay_2", Counted: true},
		},
		entries: sampleEntries(),
		said:    map[int64]string{1: "lead_1", 3: "lead_1"},
		payouts: []*reconcile.Payout{
			{Source: "stripe-main", Provider: "stripe", ID: "po_1", Amount: money.New(9000, "EUR"), Status: reconcile.PayoutPaid,
				ProviderStatus: "paid", Automatic: true, Itemised: true, CreatedAt: day(6), ArrivesOn: day(8)},
			{Source: "stripe-main", Provider: "stripe", ID: "po_3", Amount: money.New(122, "EUR"), Status: reconcile.PayoutFailed,
				ProviderStatus: "=failed", Automatic: true, CreatedAt: day(7), ArrivesOn: day(9)},
			{Source: "stripe-main", Provider: "stripe", ID: "po_4", Amount: money.New(500, "EUR"), Status: reconcile.PayoutInTransit,
				CreatedAt: day(8)},
		},
		exceptions: []*reconcile.Exception{
			{Code: reconcile.ExUnmatched, Severity: reconcile.SeverityLow, OpenedAt: day(9), PaymentID: "pay_3"},
			{Code: reconcile.ExDisputeLost, Subject: "dp_1", Severity: reconcile.SeverityMedium, Actual: "5000",
				Detail: "5000 JPY was lost in a dispute (fraudulent)", OpenedAt: day(8), ResolvedAt: day(9),
				PaymentID: "pay_2", AtRisk: money.New(5000, "JPY")},
			{Code: reconcile.ExLateChange, Subject: "amount", Severity: reconcile.SeverityMedium, OpenedAt: day(1), ResolvedAt: day(9),
				PaymentID: "pay_2", AtRisk: money.New(5000, "JPY"), Resolution: &reconcile.Resolution{Reason: "John Doe said so", By: "eve", At: day(9)}},
			{Code: reconcile.ExStaleSource, Subject: "exports", Severity: reconcile.SeverityLow, OpenedAt: day(8)},
		},
		changes: []*reconcile.PaymentChange{
			{PaymentID: "pay_1", ProviderPaymentID: "pi_1", Source: "stripe-main", Field: "refunded_amount",
				Before: "0.00 USD", After: "20.00 USD", At: day(4)},
			{PaymentID: "pay_1", ProviderPaymentID: "pi_1", Source: "aura", Record: "u-1", Field: "emails",
				Before: `["jo@example.com"]`, After: `["=1+1@example.com"]`, At: day(4)},
			{PaymentID: "pay_1", ProviderPaymentID: "pi_1", Source: "aura", Record: "u-1", Field: "name", Before: "John Doe", At: day(4)},
			{PaymentID: "pay_2", Field: "lead_id", After: "lead_7", At: day(5)},
		},
		quarantined: []*reconcile.Quarantine{
			{Source: "exports", File: "payments/march.csv", Line: 12, Field: "amount",
				Reason: "amount \"1,000.00\" is not a plain decimal such as 1234.50",
				Raw:    []byte("pi_9,\"1,000.00\",ann@example.com\n")},
			{Source: "exports", File: "payments/march.csv", Line: 9, Field: "", Reason: "cut off",
				Raw: []byte("pi_")},
		},
		agents:   map[string]string{"call_1": "=agent"},
		progress: map[string]reconcile.SourceProgress{"aura": {Complete: true}, "cents": {Error: "timeout"}},
	}
}

// sampleEntries are a charge in dollars that was settled in euros, its refund, a fee, payouts, one of which came back, and words that
// a customer or nobody chose.
func sampleEntries() []*reconcile.Entry {
	entry := func(id string, kind reconcile.EntryKind, about, payout string, on int, gross, fee int64) *reconcile.Entry {
		return &reconcile.Entry{Source: "stripe-main", Provider: "stripe", ID: id, Kind: kind, Category: string(kind), About: about,
			Gross: money.New(gross, "EUR"), Fee: money.New(fee, "EUR"), Net: money.New(gross-fee, "EUR"), PayoutID: payout,
			CreatedAt: day(on), AvailableOn: day(on + 2)}
	}
	charge := entry("txn_1", reconcile.EntryCharge, "ch_1", "po_1", 1, 11000, 378)
	charge.Facing, charge.PaymentID, charge.Description = amount(12000, "USD"), "pay_1", "Course for John Doe"
	refund := entry("txn_2", reconcile.EntryRefund, "re_1", "po_1", 3, -1500, 0)
	refund.PaymentID, refund.Description = "pay_1", "=1+1"
	gift := entry("txn_3", reconcile.EntryOther, "", "", 4, 500, 0)
	gift.Category, gift.AvailableOn = "climate_gift", time.Time{}
	foreign := entry("txn_0", reconcile.EntryFee, "", "po_9", 4, 0, 70)
	foreign.Source, foreign.Category, foreign.Gross.Currency, foreign.Fee.Currency, foreign.Net.Currency = "wepay", "", "JPY", "JPY", "JPY"
	return []*reconcile.Entry{charge, refund, gift, foreign,
		entry("txn_4", reconcile.EntryPayout, "po_1", "po_1", 6, -9000, 0), entry("txn_5", reconcile.EntryPayout, "po_3", "", 7, -122, 0),
		entry("txn_6", reconcile.EntryPayout, "po_4", "", 8, -500, 0), entry("txn_7", reconcile.EntryPayoutReversal, "po_3", "", 9, 122, 0),
	}
}

func sampleOptions(dir string) Options {
	return Options{Dir: dir, RunID: "run-1", Sources: []string{"stripe-main", "exports", "aura", "cents",
		"wepay"}, AsOf: day(9).AddDate(0, 3, 0),
		States: []reconcile.SourceResult{{Name: "stripe-main", State: reconcile.SourceIncomplete, New: 4,
			Read: 4},
			{Name: "exports", State: reconcile.SourceComplete}}}
}

func samplePaid() *reconcile.Payment {
	lead := reconcile.Candidate{LeadID: "lead_1", CallID: "call_1", Confidence: 9832, MatchedBy: "email",
		Evidence: []reconcile.Evidence{
			{Signal: "email", Payment: "john@example.com", Candidate: "john@example.com", Weight: 620,
				Strategy: "email"},
			{Signal: "phone", Payment: "+15550100123", Candidate: "+15550100123", Weight: 510, Strategy: "phone"},
			{Signal: "name", Payment: "John <Doe> & \"Sons\"", Candidate: "Jon Doe", Weight: -5, Strategy: "name"}}}
	lead.Calls = []reconcile.Candidate{
		{CallID: "call_1", ProductID: "product_1", Confidence: 9700, MatchedBy: "call_window", Evidence: []reconcile.Evidence{
			{Signal: "amount", Payment: "120.00 USD", Candidate: "100.00 USD and 20 % tax", Weight: 100}}},
		{CallID: "call_2", Confidence: 41}}
	other := reconcile.Candidate{LeadID: "lead_2", Confidence: 120, MatchedBy: "name", Note: "shares a name"}
	return &reconcile.Payment{
		Row: 1, ID: "pay_1", OrganizationID: "org_demo", Provider: "stripe", ProviderPaymentID: "pi_1",
		Amount: money.New(12000, "USD"), Status: reconcile.StatusSucceeded, CustomerEmail: "john@example.com",
		CustomerName: "John Doe", PaymentDate: day(1), CreatedAt: day(1), StripeChargeID: "ch_1",
		StripeCustomerID: "cus_1", StripeSubscriptionID: "sub_1", StripeProductID: "prod_1",
		Refund: reconcile.RefundSummary{Status: reconcile.RefundPartial, Amount: money.New(2000, "USD"),
			At: day(3),
			ID: "re_1", Reason: "requested by jo@example.com"},
		Dispute: reconcile.DisputeSummary{Status: reconcile.DisputeNone, Amount: money.New(0, "USD")},
		Source:  "stripe-main", Role: reconcile.RoleProcessor, ProviderStatus: "succeeded",
		Captured: money.New(12000, "USD"), Fee: amount(378, "EUR"), Net: amount(10622, "EUR"), PayoutID: "po_1",
		Match: reconcile.Match{State: reconcile.MatchAuto, LeadID: "lead_1", CallID: "call_1",
			ProductID: "product_1",
			By:        "email", Confidence: 9832, Margin: 9712,
			Candidates: []reconcile.Candidate{lead, other}, Cut: 3,
			Products: []reconcile.Candidate{{ProductID: "product_1", Confidence: 9900, MatchedBy: "product", Evidence: []reconcile.Evidence{
				{Signal: "description", Payment: "for John Doe", Candidate: "Course", Weight: 270}}}, {ProductID: "product_2", Confidence: 3}}},
		Verification: reconcile.Confirmed, VerifiedAt: day(9),
		Exceptions: []reconcile.ExceptionCode{reconcile.ExAmountUnder, reconcile.ExLateChange},
	}
}

// sampleDisputed is in yen, has no fee yet, a person's word and a lost dispute.
func sampleDisputed() *reconcile.Payment {
	return &reconcile.Payment{
		Row: 2, ID: "pay_2", OrganizationID: "org_demo", Provider: "stripe", ProviderPaymentID: "pi_2",
		Amount: money.New(5000, "JPY"), Status: reconcile.StatusRefunded,
		PaymentDate: day(1).Add(1500 * time.Millisecond),
		CreatedAt:   day(1), Refund: reconcile.RefundSummary{Status: reconcile.RefundFull,
			Amount: money.New(5000, "JPY"), At: day(2)},
		Dispute: reconcile.DisputeSummary{Status: reconcile.DisputeLost, Amount: money.New(5000, "JPY")},
		Source:  "stripe-main", ProviderStatus: "refunded", Captured: money.New(5000, "JPY"), PayoutID: "po_2",
		Match: reconcile.Match{State: reconcile.MatchManual, LeadID: "lead_7", By: "manual",
			Confidence: reconcile.Sure, Margin: reconcile.Sure},
		Verification: reconcile.NeedsReview,
	}
}

// sampleHostile has a customer who chose her name with a spreadsheet in mind, and only a suggestion.
func sampleHostile() *reconcile.Payment {
	return &reconcile.Payment{
		Row: 3, ID: "pay_3", OrganizationID: "org_demo", Provider: "aura", ProviderPaymentID: "-75.63",
		Amount: money.New(-7563, "USD"), Status: reconcile.StatusSucceeded,
		CustomerEmail: "@SUM(1+1)*cmd|' /C calc'!A0",
		CustomerName:  "=HYPERLINK(\"https://evil.example\",\"x\")\r\nforged,row", PaymentDate: day(2),
		CreatedAt: day(2),
		Refund:    reconcile.RefundSummary{Status: reconcile.RefundNone, Amount: money.New(0, "USD")},
		Source:    "aura", ProviderStatus: "+15550100123", Captured: money.New(-7563, "USD"), Fee: amount(0,
			"USD"),
		Match: reconcile.Match{State: reconcile.MatchSuggested, LeadID: "lead_9", CallID: "call_9", // as before calls were scored
			By: "name", Confidence: 6100, Margin: 6100, Candidates: []reconcile.Candidate{{LeadID: "lead_9",
				CallID:    "call_9",
				ProductID: "product_9", Confidence: 6100, MatchedBy: "name", Note: "=1+1"}}},
		Verification: reconcile.Unverified,
	}
}

// samplePending knows next to nothing.
func samplePending() *reconcile.Payment {
	return &reconcile.Payment{Row: 4, ID: "pay_4", Provider: "wepay", ProviderPaymentID: "4",
		Amount: money.New(1234, "BHD"),
		Status: reconcile.StatusPending, PaymentDate: day(3), CreatedAt: day(3), Source: "wepay",
		Captured: money.New(0, "BHD"), Match: reconcile.Match{State: reconcile.MatchUnmatched},
		Verification: reconcile.Unverified}
}
