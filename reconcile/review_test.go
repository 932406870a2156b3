package reconcile

import (
	"fmt"
	"testing"
	"time"

	"pennytie/reconcile/money"
)

// A sample has about its share of all payments, a larger one has all of a smaller one, and another seed gives another.
func TestSample(t *testing.T) {
	const payments = 20_000
	for _, share := range []Confidence{0, 1, 100, 2500, Sure} {
		in, other, both := 0, 0, 0
		for i := range payments {
			id := fmt.Sprintf("pay_%d", i)
			has := Sample{Share: share, Seed: 1}.Has(id)
			if has && !(Sample{Share: share + 1, Seed: 1}).Has(id) {
				t.Fatalf("%s is in %d and not in more", id, share)
			}
			another := Sample{Share: share, Seed: 2}.Has(id)
			if has {
				in++
			}
			if another {
				other++
			}
			if has && another {
				both++
			}
		}
		expected := payments * int(share) / int(Sure)
		if off := in - expected; off < -150 || off > 150 || share == Sure && in != payments || share == 0 && in != 0 {
			t.Errorf("share %d: %d of %d", share, in, payments)
		}
		if share == 2500 && (both > in/3 || other == in && both == in) {
			t.Errorf("two seeds share %d of %d", both, in)
		}
	}
}

func TestAsk(t *testing.T) {
	for state, want := range map[MatchState][2]Question{
		MatchAuto: {"", QuestionAudit}, MatchSuggested: {QuestionDoubt, QuestionDoubt}, MatchAmbiguous: {QuestionDoubt, QuestionDoubt},
		MatchUnmatched: {"", ""}, MatchManual: {"", ""},
	} {
		for i, share := range []Confidence{0, Sure} {
			if got := Ask(&Payment{ID: "p", Match: Match{State: state}}, Sample{Share: share}); got != want[i] {
				t.Errorf("%s, share %d: %q, want %q", state, share, got, want[i])
			}
		}
	}
}

// Reviews come by severity, then the larger amount of a currency first; what was never taken comes last.
func TestReviewOrder(t *testing.T) {
	at := func(id string, minor int64, currency string, status Status, day int) ReviewPlace {
		return PlaceInReview(&Payment{ID: id, Amount: money.New(minor, money.Currency(currency)), Status: status,
			PaymentDate: time.Date(2026, 3, day, 0, 0, 0, 0, time.UTC)})
	}
	sorted := []ReviewPlace{
		at("a", 300_000, "EUR", StatusSucceeded, 1), at("b", 900_000, "USD", StatusRefunded, 1), at("c", 200_000, "USD", StatusSucceeded, 1),
		at("d", 90_000, "USD", StatusSucceeded, 1), at("e", 90_000, "USD", StatusSucceeded, 2), at("f", 90_000, "USD", StatusSucceeded, 2),
		at("g", 800_000, "USD", StatusFailed, 1), at("h", 700_000, "USD", StatusPending, 1),
	}
	for i := range sorted {
		for j := range sorted {
			if got := sorted[i].Compare(sorted[j]); (got < 0) != (i < j) || (got == 0) != (i == j) {
				t.Errorf("%d and %d compare as %d", i, j, got)
			}
		}
	}
}

// TestVersion: whatever a person sees makes another version, and what they do not see does not.
func TestVersion(t *testing.T) {
	seen := func() *Payment {
		return &Payment{ID: "p", Amount: money.New(100, "USD"), Status: StatusSucceeded, CustomerEmail: "a@b.c", CustomerName: "Ann",
			Payer: Payer{Description: "d", Metadata: map[string]string{"k": "v"}}, Match: Match{State: MatchSuggested, Candidates: []Candidate{{
				LeadID: "L1", Confidence: 7000, Evidence: []Evidence{{Signal: "email", Weight: 700}}}}}}
	}
	first := Version(seen(), nil)
	if len(first) != 13 || first[0] != 'v' || first != Version(seen(), nil) {
		t.Fatalf("%q", first)
	}
	for what, edit := range map[string]func(*Payment){
		"amount": func(p *Payment) { p.Amount.Minor++ }, "currency": func(p *Payment) { p.Amount.Currency = "EUR" },
		"status": func(p *Payment) { p.Status = StatusRefunded }, "e-mail": func(p *Payment) { p.CustomerEmail = "" },
		"name": func(p *Payment) { p.CustomerName = "Bob" }, "description": func(p *Payment) { p.Payer.Description = "e" },
		"state": func(p *Payment) { p.Match.State = MatchAuto }, "product": func(p *Payment) { p.Match.ProductID = "P" },
		"lead": func(p *Payment) { p.Match.Candidates[0].LeadID = "L2" }, "call": func(p *Payment) { p.Match.Candidates[0].CallID = "C" },
		"confidence": func(p *Payment) { p.Match.Candidates[0].Confidence++ },
		"evidence":   func(p *Payment) { p.Match.Candidates[0].Evidence[0].Weight++ },
		"candidates": func(p *Payment) { p.Match.Candidates = append(p.Match.Candidates, Candidate{LeadID: "L2"}) },
	} {
		p := seen()
		if edit(p); Version(p, nil) == first {
			t.Errorf("another %s is the same version", what)
		}
	}
	if Version(seen(), []Decision{{ID: 1, LeadID: "L1"}}) == first {
		t.Error("what was said makes no other version")
	}
	p := seen()
	p.Row, p.OpenedAt, p.PayoutID, p.Fee = 7, time.Unix(1, 0), "po", &money.Amount{Minor: 3, Currency: "USD"}
	if Version(p, nil) != first {
		t.Error("what nobody sees makes another version")
	}
}
