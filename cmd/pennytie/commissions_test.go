package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pennytie/reconcile/money"
)

// minor reads a cell of money.
func minor(t *testing.T, row map[string]string, column string) int64 {
	t.Helper()
	amount, err := money.Parse(row[column], money.Currency(row["currency"]))
	if err != nil {
		t.Fatal(err)
	}
	return amount.Minor
}

// tied reads the files of a report again: the lines of each credited payment come to captured - refunded - lost, each has an id of
// its own, and refunds and disputes are whose their payment is. It gives the lines by id and counts them by kind.
func tied(t *testing.T, latest string) (lines map[string]map[string]string, kinds map[string]int) {
	t.Helper()
	want, whose := map[string]int64{}, map[string]string{"": ",,"}
	of := func(row map[string]string, product string) string {
		return row["lead_id"] + "," + row["call_id"] + "," + row[product]
	}
	currency := map[string]string{}
	for _, p := range csvRows(t, filepath.Join(latest, "payments.csv")) {
		whose[p["id"]], currency[p["id"]] = of(p, "matched_product_id"), p["currency"]
		collected := p["status"] == "succeeded" || p["status"] == "refunded"
		if collected && p["lead_id"] != "" && p["verification_status"] != "rejected" {
			want[p["id"]] = minor(t, p, "captured_amount") - minor(t, p, "refunded_amount")
		}
	}
	for file, lost := range map[string]bool{"disputes.csv": true, "refunds.csv": false} {
		for _, row := range csvRows(t, filepath.Join(latest, file)) {
			if got := of(row, "product_id"); got != whose[row["payment_id"]] {
				t.Errorf("%s: a row of payment %s is %s's, its payment %s's", file, row["payment_id"], got, whose[row["payment_id"]])
			}
			_, credited := want[row["payment_id"]]
			if credited && lost && row["counted"] == "true" && row["inquiry"] == "false" && row["status"] == "lost" && row["currency"] == currency[row["payment_id"]] {
				want[row["payment_id"]] -= minor(t, row, "amount")
			}
		}
	}
	got := map[string]int64{}
	lines, kinds = map[string]map[string]string{}, map[string]int{}
	for _, row := range csvRows(t, filepath.Join(latest, "commissions.csv")) {
		got[row["payment_id"]] += minor(t, row, "amount")
		kinds[row["kind"]]++
		if lines[row["row_id"]] != nil {
			t.Errorf("two lines are %s", row["row_id"])
		}
		lines[row["row_id"]] = row
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("captured - refunded - lost is not the sum of the lines (-want +got):\n%s", diff)
	}
	return lines, kinds
}

// At five services the lines tie to the cent, and a later night has the lines of the one before, and its own.
func TestCommissionsTieInTheDemo(t *testing.T) {
	if testing.Short() {
		t.Skip("a run as in other tests")
	}
	dir := t.TempDir()
	run := func(asOf string) (map[string]map[string]string, map[string]int) {
		if out, err := exec.Command("pennytie", "demo", "--dir", dir, "--charges", "300", "-q", "--as-of", asOf).CombinedOutput(); err != nil {
			t.Fatalf("demo: %v\n%s", err, out)
		}
		return tied(t, filepath.Join(dir, "reports", "latest"))
	}
	lines, kinds := run("2026-07-01T00:00:00Z")
	for _, kind := range []string{"credit", "refund", "refund_failure", "dispute", "dispute_reversal"} {
		if kinds[kind] == 0 {
			t.Errorf("no line is a %s: %v", kind, kinds)
		}
	}
	again, _ := run("2026-07-01T00:00:00Z")
	if diff := cmp.Diff(lines, again); diff != "" {
		t.Errorf("the same night again:\n%s", diff)
	}
}

// refundedAs is a refund of a charge; back is the line of the ledger by which the money came back.
func (s story) refundedAs(id string, i int, minor int64, status string, back any) {
	s.stripe.Put("refunds", june(3, 12), map[string]any{
		"id": "re_" + id, "object": "refund", "created": june(3, 12).Unix(), "amount": minor, "currency": "usd", "status": status, "reason": nil,
		"payment_intent": fmt.Sprintf("pi_%06d", i), "charge": fmt.Sprintf("ch_%06d", i), "metadata": map[string]any{}, "failure_balance_transaction": back,
	})
}

// ledgerLine is a line of Stripe's ledger.
func (s story) ledgerLine(id, category string, minor int64, at time.Time) map[string]any {
	line := map[string]any{"id": id, "object": "balance_transaction", "created": at.Unix(), "amount": minor, "fee": 0, "net": minor, "currency": "usd",
		"type": "adjustment", "reporting_category": category, "source": nil, "available_on": at.Unix(), "status": "available"}
	s.stripe.Put("balance_transactions", at, line)
	return line
}

func (s story) disputedAs(id string, i int, minor int64, status string, moved ...any) {
	s.stripe.Put("disputes", june(4, 12), map[string]any{
		"id": "dp_" + id, "object": "dispute", "livemode": false, "created": june(4, 12).Unix(), "amount": minor, "currency": "usd", "status": status,
		"reason": "fraudulent", "payment_intent": fmt.Sprintf("pi_%06d", i), "charge": fmt.Sprintf("ch_%06d", i), "metadata": map[string]any{},
		"balance_transactions": append([]any{}, moved...),
	})
}

// TestRefundAndDisputeStates goes through every state that a refund and a dispute can be in: what the payment says, and the lines.
func TestRefundAndDisputeStates(t *testing.T) {
	cases := []struct {
		name    string
		tell    func(s story, i int)
		says    string // status, refund status, refunded, dispute status, disputed; exceptions
		lines   string
		charged map[string]any
	}{
		{name: "nothing", says: "succeeded none 0.00 none 0.00", lines: "credit 100.00"},
		{name: "pending is no money", tell: func(s story, i int) { s.refundedAs("pending", i, 5000, "pending", nil) },
			says: "succeeded pending 0.00 none 0.00", lines: "credit 101.00"},
		{name: "requires_action is pending", tell: func(s story, i int) { s.refundedAs("action", i, 5000, "requires_action", nil) },
			says: "succeeded pending 0.00 none 0.00", lines: "credit 102.00"},
		{name: "failed before the money left", tell: func(s story, i int) { s.refundedAs("failed", i, 5000, "failed", nil) },
			says: "succeeded failed 0.00 none 0.00", lines: "credit 103.00"},
		{name: "failed, and the money came back", tell: func(s story, i int) {
			s.ledgerLine("txn_failed", "refund_failure", 5000, june(6, 8))
			s.refundedAs("back", i, 5000, "failed", "txn_failed")
		}, says: "succeeded failed 0.00 none 0.00", lines: "credit 104.00, refund -50.00 on 3, refund_failure 50.00 on 6"},
		{name: "canceled, and the money came back", tell: func(s story, i int) {
			s.ledgerLine("txn_canceled", "refund_failure", 5000, june(7, 8))
			s.refundedAs("canceled", i, 5000, "canceled", "txn_canceled")
		}, says: "succeeded failed 0.00 none 0.00", lines: "credit 105.00, refund -50.00 on 3, refund_failure 50.00 on 7"},
		{name: "two partials are full", tell: func(s story, i int) {
			s.refundedAs("a", i, 10000, "succeeded", nil)
			s.refundedAs("b", i, 600, "succeeded", nil)
		}, says: "refunded full 106.00 none 0.00", lines: "credit 106.00, refund -100.00 on 3, refund -6.00 on 3"},
		{name: "over", tell: func(s story, i int) {
			s.refundedAs("over", i, 10000, "succeeded", nil)
			s.refundedAs("over2", i, 701, "succeeded", nil)
		}, says: "refunded full 107.01 none 0.00 REFUND_EXCEEDS", lines: "credit 107.00, refund -100.00 on 3, refund -7.01 on 3"},
		{name: "a part, and one that is pending", tell: func(s story, i int) {
			s.refundedAs("part", i, 2500, "succeeded", nil)
			s.refundedAs("more", i, 2500, "pending", nil)
		}, says: "succeeded partial 25.00 none 0.00", lines: "credit 108.00, refund -25.00 on 3"},
		{name: "of a charge three months ago", charged: map[string]any{"created": june(1, 8).AddDate(0, -3, 0).Unix()},
			tell: func(s story, i int) { s.refundedAs("old", i, 10900, "succeeded", nil) },
			says: "refunded full 109.00 none 0.00", lines: "credit 109.00, refund -109.00 on 3"},
		{name: "an open inquiry", tell: func(s story, i int) { s.disputedAs("asks", i, 11000, "warning_needs_response") },
			says: "succeeded none 0.00 open 0.00 DISPUTE_OPEN", lines: "credit 110.00"},
		{name: "a closed inquiry", tell: func(s story, i int) { s.disputedAs("closed", i, 11100, "warning_closed") },
			says: "succeeded none 0.00 none 0.00", lines: "credit 111.00"},
		{name: "an open dispute", tell: func(s story, i int) {
			s.disputedAs("open", i, 11200, "needs_response", s.ledgerLine("txn_open", "dispute", -11200, june(4, 12)))
		}, says: "succeeded none 0.00 open 112.00 DISPUTE_OPEN", lines: "credit 112.00"},
		{name: "a lost dispute of another amount", tell: func(s story, i int) {
			s.disputedAs("lost", i, 5000, "lost", s.ledgerLine("txn_lost", "dispute", -5000, june(4, 12)))
		}, says: "succeeded none 0.00 lost 50.00 DISPUTE_LOST", lines: "credit 113.00, dispute -50.00 on 4"},
		{name: "a won dispute", tell: func(s story, i int) {
			s.disputedAs("won", i, 11400, "won", s.ledgerLine("txn_won", "dispute", -11400, june(4, 12)),
				s.ledgerLine("txn_won2", "dispute_reversal", 11400, june(6, 9)))
		}, says: "succeeded none 0.00 won 0.00", lines: "credit 114.00, dispute -114.00 on 4, dispute_reversal 114.00 on 6"},
		{name: "a dispute with several rows", tell: func(s story, i int) {
			s.disputedAs("rows", i, 11500, "won", s.ledgerLine("txn_r1", "dispute", -11000, june(4, 12)),
				s.ledgerLine("txn_r2", "dispute", -500, june(4, 13)), s.ledgerLine("txn_r3", "dispute_reversal", 11500, june(7, 9)))
		}, says: "succeeded none 0.00 won 0.00", lines: "credit 115.00, dispute -115.00 on 4, dispute_reversal 115.00 on 7"},
		{name: "won before the money was taken", tell: func(s story, i int) { s.disputedAs("never", i, 11600, "won") },
			says: "succeeded none 0.00 won 0.00", lines: "credit 116.00"},
		{name: "one won, another lost", tell: func(s story, i int) {
			s.disputedAs("first", i, 5000, "won", s.ledgerLine("txn_f1", "dispute", -5000, june(4, 12)), s.ledgerLine("txn_f2", "dispute_reversal", 5000, june(6, 9)))
			s.disputedAs("second", i, 6000, "lost", s.ledgerLine("txn_f3", "dispute", -6000, june(4, 12)))
		}, says: "succeeded none 0.00 lost 60.00 DISPUTE_LOST",
			lines: "credit 117.00, dispute -50.00 on 4, dispute_reversal 50.00 on 6, dispute -60.00 on 4"},
	}
	s := newShop(t, "{enabled: false}", func(s story) {
		for i, c := range cases {
			pi := s.sold(i, c.charged)
			s.booked(i, pi, nil)
			if c.tell != nil {
				c.tell(s, i)
			}
		}
	})
	s.records(t, len(cases))
	s.hire(t)
	s.runs(t, 0)
	lines, _ := tied(t, s.latest())
	byPayment := linesByPayment(t, s.latest())
	for _, p := range csvRows(t, filepath.Join(s.latest(), "payments.csv")) {
		var i int
		if _, err := fmt.Sscanf(p["provider_payment_id"], "pi_%d", &i); err != nil {
			t.Fatal(err)
		}
		c := cases[i]
		ours := slices.DeleteFunc(strings.Split(p["exceptions"], ";"), func(code string) bool {
			return !strings.HasPrefix(code, "DISPUTE_") && code != "REFUND_EXCEEDS"
		})
		says := strings.TrimSpace(strings.Join([]string{p["status"], p["refund_status"], p["refunded_amount"], p["dispute_status"], p["disputed_amount"],
			strings.Join(ours, " ")}, " "))
		if says != c.says {
			t.Errorf("%s: %q, want %q", c.name, says, c.says)
		}
		if got := strings.Join(byPayment[p["id"]], ", "); got != c.lines {
			t.Errorf("%s: %q, want %q", c.name, got, c.lines)
		}
	}
	if len(byPayment) != len(cases) {
		t.Errorf("%d payments earn something, want %d", len(byPayment), len(cases))
	}
	agents := map[string]int{}
	for _, row := range lines {
		agents[row["agent"]]++
		if (row["agent"] == "Eve") != (row["call_id"] != "") {
			t.Errorf("the agent of call %q is %q", row["call_id"], row["agent"])
		}
	}
	if agents["Eve"] == 0 {
		t.Error("no line has an agent")
	}
}

// hire gives every call an agent.
func (s *shop) hire(t *testing.T) {
	t.Helper()
	path := filepath.Join(s.dir, "calls.csv")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	hired := strings.NewReplacer("product_id\n", "product_id,agent\n", "prod_1\n", "prod_1,Eve\n").Replace(string(text))
	if err := os.WriteFile(path, []byte(hired), 0o600); err != nil {
		t.Fatal(err)
	}
}

// linesByPayment are the lines in words, in the order of the file.
func linesByPayment(t *testing.T, latest string) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	for _, row := range csvRows(t, filepath.Join(latest, "commissions.csv")) {
		text := row["kind"] + " " + row["amount"]
		if row["kind"] != "credit" {
			text += " on " + strings.TrimPrefix(row["booked_at"][:len("2026-06-01")], "2026-06-0")
		}
		out[row["payment_id"]] = append(out[row["payment_id"]], text)
	}
	return out
}
