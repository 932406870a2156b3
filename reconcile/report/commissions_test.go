package report

import (
	"fmt"
	"maps"
	"testing"
	"time"

	"pgregory.net/rapid"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

// drawnPayment is a payment of a processor with refunds and disputes in every state, and the store's view of it.
func drawnPayment(t *rapid.T, n int, reader *fakeReader) *reconcile.Payment {
	key := reconcile.Key{Provider: "stripe", ID: fmt.Sprintf("pi_%d", n)}
	amount := func(most int64, name string) money.Amount {
		currency := rapid.SampledFrom([]money.Currency{"USD", "USD", "USD", "JPY"}).Draw(t, name+" currency")
		return money.New(rapid.Int64Range(1, most).Draw(t, name), currency)
	}
	asked := amount(100_000, "asked")
	k := reconcile.Known{Records: []reconcile.SourceRecord{{Source: "s", Provider: "stripe", Role: reconcile.RoleProcessor, Kind: reconcile.KindPayment,
		ID: key.ID, Keys: []reconcile.Key{key}, Facts: reconcile.Facts{Status: rapid.SampledFrom([]reconcile.Status{
			reconcile.StatusSucceeded, reconcile.StatusSucceeded, reconcile.StatusPending, reconcile.StatusFailed}).Draw(t, "status"),
			Amount: &asked, PaymentDate: day(1)}}}}
	at := func(name string) time.Time { return day(rapid.IntRange(2, 28).Draw(t, name)) }
	back := func(name string) time.Time {
		if rapid.Bool().Draw(t, name) {
			return at(name)
		}
		return time.Time{}
	}
	for i := range rapid.IntRange(0, 4).Draw(t, "refunds") {
		k.Refunds = append(k.Refunds, reconcile.Refund{Source: "s", Provider: "stripe", Role: reconcile.RoleProcessor, ID: fmt.Sprintf("re_%d_%d", n, i),
			Keys: []reconcile.Key{key}, Amount: amount(50_000, "refund"), CreatedAt: at("refunded"), ReturnedAt: back("refund back"),
			Status: rapid.SampledFrom([]reconcile.RefundRowStatus{reconcile.RefundRowPending, reconcile.RefundRowSucceeded,
				reconcile.RefundRowFailed, reconcile.RefundRowCanceled}).Draw(t, "refund status")})
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "disputes") {
		k.Disputes = append(k.Disputes, reconcile.Dispute{Source: "s", Provider: "stripe", Role: reconcile.RoleProcessor, ID: fmt.Sprintf("dp_%d_%d", n, i),
			Keys: []reconcile.Key{key}, Amount: amount(50_000, "dispute"), CreatedAt: at("disputed"), ReturnedAt: back("dispute back"),
			Inquiry: rapid.Bool().Draw(t, "inquiry"), Status: rapid.SampledFrom([]reconcile.DisputeStatus{
				reconcile.DisputeOpen, reconcile.DisputeWon, reconcile.DisputeLost}).Draw(t, "dispute status")})
	}
	p, _, is := reconcile.Fold("org", k)
	if !is {
		t.Fatal("no payment")
	}
	p.Match = reconcile.Match{State: rapid.SampledFrom([]reconcile.MatchState{reconcile.MatchAuto, reconcile.MatchManual,
		reconcile.MatchSuggested}).Draw(t, "match"), LeadID: "lead", CallID: fmt.Sprintf("call_%d", n)}
	p.Verification = rapid.SampledFrom([]reconcile.VerificationStatus{reconcile.Confirmed, reconcile.NeedsReview, reconcile.Rejected}).Draw(t, "verified")
	p.PaymentDate = p.PaymentDate.Add(time.Duration(n) * time.Minute)
	for i := range k.Refunds {
		k.Refunds[i].PaymentID, k.Refunds[i].Counted = p.ID, true
		reader.refunds = append(reader.refunds, &k.Refunds[i])
	}
	for i := range k.Disputes {
		k.Disputes[i].PaymentID, k.Disputes[i].Counted = p.ID, true
		reader.disputes = append(reader.disputes, &k.Disputes[i])
	}
	return &p
}

// The written lines come to captured - refunded - lost of the payments that somebody earns on, whatever was refunded and disputed.
func TestCommissionsTieWhateverHappens(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		reader := &fakeReader{agents: map[string]string{"call_1": "eve"}}
		want := map[string]int64{}
		for n := range rapid.IntRange(1, 4).Draw(rt, "payments") {
			p := drawnPayment(rt, n, reader)
			reader.payments = append(reader.payments, p)
			if !credited(p) {
				continue
			}
			currency := string(p.Amount.Currency)
			want[currency] += p.Captured.Minor - p.Refund.Amount.Minor
			for _, d := range reader.disputes {
				if d.PaymentID == p.ID && d.Status == reconcile.DisputeLost && !d.Inquiry && d.Amount.Currency == p.Amount.Currency {
					want[currency] -= d.Amount.Minor
				}
			}
		}
		rows := readCSV(t, readFolder(t, mustWrite(t, reader, Options{Dir: t.TempDir(), RunID: "r"}).Dir)[commissionsFile])
		got, seen := map[string]int64{}, map[string]bool{}
		for _, row := range rows {
			amount, err := money.Parse(row["amount"], money.Currency(row["currency"]))
			if err != nil {
				rt.Fatal(err)
			}
			got[row["currency"]] += amount.Minor
			if seen[row["row_id"]] || row["row_id"] == "" {
				rt.Fatalf("row id %q is not its own", row["row_id"])
			}
			seen[row["row_id"]] = true
			if want := reader.agents[row["call_id"]]; row["agent"] != want {
				rt.Fatalf("the agent of %s is %q, want %q", row["call_id"], row["agent"], want)
			}
		}
		maps.DeleteFunc(want, func(currency string, sum int64) bool { return sum == 0 && got[currency] == 0 })
		maps.DeleteFunc(got, func(_ string, sum int64) bool { return sum == 0 })
		if !maps.Equal(got, want) {
			rt.Fatalf("the lines come to %v, want %v", got, want)
		}
	})
}
