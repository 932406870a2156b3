package matchertest_test

import (
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"pennytie/matchers"
	"pennytie/matchers/matchertest"
	"pennytie/reconcile"
	"pennytie/reconcile/money"
	"pennytie/reconcile/score"
)

// TestWorkedExample holds the payment that the documentation of package score works by hand against what is computed.
func TestWorkedExample(t *testing.T) {
	usd := func(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: "USD"} }
	agreed := usd(15000)
	const home = "+14155550123"
	paid := matchertest.PaidAt()
	w := matchertest.World{
		Leads: []*reconcile.Lead{
			{ID: "ada", Name: "Ada Lovelace", Emails: []string{"ada@example.com"}, Phones: []string{home}, CreatedAt: paid.AddDate(0, 0, -20)},
			{ID: "byron", Name: "Byron Lovelace", Emails: []string{"byron@example.net"}, Phones: []string{home}, CreatedAt: paid.AddDate(0, 0, -90)},
		},
		Calls: []*reconcile.Call{
			{ID: "c1", LeadID: "ada", StartedAt: paid.Add(-48 * time.Hour), Outcome: "won", Amount: &agreed},
			{ID: "c2", LeadID: "byron", StartedAt: paid.Add(-40 * 24 * time.Hour), Outcome: "lost"},
		},
		Payments: []*reconcile.Payment{{ID: "p", Status: reconcile.StatusSucceeded, Amount: agreed, PaymentDate: paid,
			CustomerName: "Ada Lovelace", CustomerEmail: "ada@example.com", Payer: reconcile.Payer{Phone: home}}},
		Preparer: matchers.NewPreparer("US"), Matchers: matchers.All(),
	}
	leads := w.Match()[0].Leads
	var want strings.Builder
	var odds, shares []string
	total, rest := 1.0, 10_000
	for i := range leads {
		total += math.Exp(float64(score.LogOdds(&leads[i])) / 100)
	}
	for i := range leads {
		c := &leads[i]
		for _, e := range c.Evidence {
			fmt.Fprintf(&want, "//\t%-6s %-10s %-22s %-22s %+6.2f\n", c.LeadID, e.Signal, e.Payment, e.Candidate, float64(e.Weight)/100)
		}
		sum := score.SumOf(c)
		fmt.Fprintf(&want, "//\t%-6s bias %+.2f and evidence %+.2f make log-odds of %+.2f\n", c.LeadID, float64(sum.Prior)/100,
			float64(sum.Evidence)/100, float64(sum.LogOdds)/100)
		o := math.Exp(float64(sum.LogOdds) / 100)
		odds = append(odds, fmt.Sprintf("%.4g", o))
		shares = append(shares, fmt.Sprintf("%.4f", float64(c.Confidence)/10_000))
		rest -= int(c.Confidence)
		if got := math.Round(o / total * 10_000); math.Abs(got-float64(c.Confidence)) > 1 {
			t.Errorf("%s: by hand %v, computed %d", c.LeadID, got, c.Confidence)
		}
	}
	fmt.Fprintf(&want, "//\n// Of the two log-odds come the odds %s, and so the confidences %s. The rest, %.4f,\n", strings.Join(odds, " and "),
		strings.Join(shares, " and "), float64(rest)/10_000)
	text, err := os.ReadFile("../../reconcile/score/doc.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, wanted := range []string{want.String(), workedCall(&leads[0])} {
		if !strings.Contains(string(text), wanted) {
			t.Errorf("reconcile/score/doc.go does not have\n%s", wanted)
		}
	}
}

// workedCall is the sentence about the one call of a lead: prior, time and amount, the odds, and both confidences.
func workedCall(c *reconcile.Candidate) string {
	call := &c.Calls[0]
	sum := score.SumOf(call)
	weights := map[string]float64{}
	for _, e := range call.Evidence {
		weights[e.Signal] = float64(e.Weight) / 100
	}
	return fmt.Sprintf("// Ada's call has %+.2f to begin with, %+.2f for a payment within two days and %+.2f for the amount agreed, so odds of %.4g and,\n"+
		"// of Ada's %.4f, the confidence %.4f.\n", float64(sum.Prior)/100, weights[reconcile.SignalCallTime], weights[reconcile.SignalAmount],
		math.Exp(float64(sum.LogOdds)/100), float64(c.Confidence)/10_000, float64(call.Confidence)/10_000)
}
