package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pennytie/providers/fake"
)

var update = flag.Bool("update", false, "write the golden files anew")

// june is an hour of a day of the story.
func june(day, hour int) time.Time { return time.Date(2026, 6, day, hour, 0, 0, 0, time.UTC) }

// story is what ten nights at five services do to a handful of payments.
type story struct {
	*demoServices
	clock *fake.Clock
}

func (s story) charge(id string, minor int64, at time.Time, email string) {
	s.stripe.Put("charges", at, map[string]any{
		"id": "ch_" + id, "object": "charge", "livemode": false, "created": at.Unix(), "amount": minor, "amount_captured": minor,
		"amount_refunded": 0, "currency": "usd", "status": "succeeded", "captured": true, "paid": true, "refunded": false,
		"payment_intent": "pi_" + id, "metadata": map[string]any{}, "balance_transaction": "txn_" + id,
		"billing_details": map[string]any{"email": email, "name": nil, "phone": nil, "address": nil},
	})
	s.stripe.Put("balance_transactions", at, map[string]any{
		"id": "txn_" + id, "object": "balance_transaction", "created": at.Unix(), "amount": minor, "fee": 59, "net": minor - 59, "currency": "usd",
		"type": "charge", "reporting_category": "charge", "available_on": at.AddDate(0, 0, 2).Unix(), "source": "ch_" + id,
	})
}

func (s story) refund(id, of string, minor int64, at time.Time) {
	s.stripe.Put("refunds", at, map[string]any{
		"id": "re_" + id, "object": "refund", "created": at.Unix(), "amount": minor, "currency": "usd", "status": "succeeded",
		"reason": "requested_by_customer", "payment_intent": "pi_" + of, "charge": "ch_" + of, "metadata": map[string]any{},
	})
}

// claim is a row of Aura's; change edits it.
func (s story) claim(id, pi string, minor int64, paid, at time.Time, change func(map[string]any)) {
	row := map[string]any{
		"id": id, "organization_id": demoOrganization, "provider": "stripe", "provider_payment_id": pi, "amount": minor,
		"currency": "usd", "status": "succeeded", "payment_date": paid.Format(time.RFC3339), "created_at": paid.Add(time.Hour).Format(time.RFC3339),
		"refund_status": "none", "refunded_amount": 0, "verification_status": "unverified", "match_confidence": 0,
	}
	if change != nil {
		change(row)
	}
	s.aura.Put("payments", at, row)
}

func (s story) wepayPayment(id string, minor int64, at time.Time) {
	s.wepay.Put("payments", at, map[string]any{
		"id": id, "resource": "payments", "create_time": at.Unix(), "status": "completed", "amount": minor, "amount_refunded": 0,
		"amount_disputed": 0, "currency": "USD", "payment_method": map[string]any{"id": "pm_" + id}, "fee_amount": 100,
	})
	s.wepay.Put("payment_methods", at, map[string]any{"id": "pm_" + id, "type": "credit_card",
		"credit_card": map[string]any{"card_holder": map[string]any{"holder_name": "Grace Field", "email": "grace@example.com"}}})
}

func (s story) wepayDispute(id, of string, minor int64, opened, at time.Time, resolution any) {
	status := "awaiting_merchant_response"
	if resolution != nil {
		status = "resolved"
	}
	s.wepay.Put("disputes", at, map[string]any{
		"id": id, "create_time": opened.Unix(), "status": status, "type": "chargeback", "amount": minor, "currency": "USD",
		"payment": map[string]any{"id": of}, "reason": "fraudulent", "resolution": resolution,
	})
}

// tell puts the whole story into the services; the clock decides what shows.
func (s story) tell() {
	// A payment of 100 days ago is refunded in part, which the book never notes, then wholly, which it notes the same day.
	old := june(1, 12).AddDate(0, 0, -100)
	s.charge("old", 50000, old, "ada@example.com")
	s.claim("claim-old", "pi_old", 50000, old, old.Add(time.Hour), nil)
	s.refund("part", "old", 20000, june(3, 12))
	s.refund("rest", "old", 30000, june(6, 12))
	s.claim("claim-old", "pi_old", 50000, old, june(6, 20), func(row map[string]any) {
		row["status"], row["refund_status"], row["refunded_amount"] = "refunded", "full", 50000
	})
	// A claim before its payment.
	s.claim("claim-early", "pi_early", 7500, june(1, 1), june(1, 1), nil)
	s.charge("early", 7500, june(3, 10), "grace@example.com")
	// A payment before its claim, and one that no book ever claims.
	s.charge("late", 12000, june(1, 10), "ada@example.com")
	s.claim("claim-late", "pi_late", 12000, june(1, 10), june(4, 9), nil)
	s.charge("never", 3300, june(1, 11), "someone@example.org")
	// A claim of money that no processor ever had.
	s.claim("claim-nothing", "pi_nothing", 4200, june(1, 15), june(1, 16), nil)
	// An amount that was mistyped in the book two months ago, and corrected since.
	april := time.Date(2026, 4, 1, 9, 0, 0, 0, time.UTC)
	s.charge("typo", 89000, april, "ada@example.com")
	s.claim("claim-typo", "pi_typo", 98000, april, april.Add(time.Hour), nil)
	s.claim("claim-typo", "pi_typo", 89000, april, june(4, 12), nil)
	// Two disputes: one is lost, one is won.
	may := time.Date(2026, 5, 10, 9, 0, 0, 0, time.UTC)
	for id, minor := range map[string]int64{"lost": 10000, "won": 14000} {
		s.wepayPayment("wp_"+id+"_1", minor, may)
		s.claim("claim-"+id, "wp_"+id+"_1", minor, may, may.Add(time.Hour), func(row map[string]any) { row["provider"] = "wepay" })
		s.wepayDispute("wd_"+id, "wp_"+id+"_1", minor, june(2, 8), june(2, 8), nil)
	}
	s.wepayDispute("wd_lost", "wp_lost_1", 10000, june(2, 8), june(6, 8), "merchant_lost")
	s.wepayDispute("wd_won", "wp_won_1", 14000, june(2, 8), june(7, 8), "merchant_won")
	// A record of a donation in March that vanishes from its ledger.
	march := time.Date(2026, 3, 15, 9, 0, 0, 0, time.UTC)
	s.charge("gift", 2500, march, "grace@example.com")
	s.claim("claim-gift", "pi_gift", 2500, march, march.Add(time.Hour), nil)
	s.cents.Put("transactions", march, map[string]any{
		"id": "gift", "transaction_status": "paid", "external_id": "STRIPE_pi_gift", "order_amount": json.Number("25.00"),
		"donation_amount": 0, "total_amount": json.Number("25.00"), "refunded_amount": json.Number("0.00"), "currency": "USD",
		"created_date": "2026-03-15",
	})
	s.cents.Remove("transactions", june(3, 12), "gift")
	// A subscription that Zenskar bills, and a refund under it that agrees with Stripe's.
	s.charge("sub", 9900, june(1, 8), "grace@example.com")
	s.claim("claim-sub", "pi_sub", 9900, june(1, 8), june(1, 9), nil)
	bill := func(at time.Time, status, refunded string) {
		s.zenskar.Put("payments", at, map[string]any{
			"id": "11111111-1111-4111-8111-111111111111", "type": "payment", "status": status, "amount": "9900", "amount_refunded": refunded,
			"currency_code": "USD", "external_id": "pi_sub", "connector_name": "Stripe", "timestamp": "2026-06-01T08:00:00.000001",
			"created_at": "2026-06-01 08:00:00.000001", "customer_email": "grace@example.com",
		})
	}
	bill(june(1, 9), "success", "0")
	s.refund("sub", "sub", 900, june(5, 12))
	bill(june(5, 13), "partially_refunded", "900")
	s.zenskar.Put("payments", june(5, 13), map[string]any{
		"id": "22222222-2222-4222-8222-222222222222", "parent_id": "11111111-1111-4111-8111-111111111111", "type": "refund",
		"status": "success", "amount": "-900", "currency_code": "USD", "timestamp": "2026-06-05T13:00:00.000001",
		"created_at": "2026-06-05T13:00:00.000001", "external_id": "re_sub",
	})
	s.claim("claim-sub", "pi_sub", 9900, june(1, 8), june(5, 14), func(row map[string]any) {
		row["refund_status"], row["refunded_amount"] = "partial", 900
	})
	// The ledger's refresh token ends; nobody stores a new one before the tenth night.
	s.cents.Expire(june(8, 0))
}

// TestStory runs ten nights and wants every night to be as it is told in testdata/story.golden: what is said of each source, which
// exceptions open and resolve, what changed. `go test -run TestStory -update` writes it anew; read it before you keep it.
func TestStory(t *testing.T) {
	s := story{clock: fake.NewClock(june(2, 2))}
	s.demoServices = newServices(s.clock.Now)
	s.tell()
	if err := s.listen(""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	b := books{t.TempDir()}
	token := filepath.Join(b.dir, "cents.key")
	config := strings.Replace(s.config(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)), "key_file: ./demo.key\n    since: 2026-01-01\n    options: {requests_per_second: 500, client_id",
		"key_file: ./cents.key\n    since: 2026-01-01\n    options: {requests_per_second: 500, client_id", 1)
	for name, content := range map[string]string{
		"pennytie.yaml": config, "demo.key": demoKey, "cents.key": demoKey,
		"leads.csv":    "id,name,email\nlead_ada,Ada Stone,ada@example.com\nlead_grace,Grace Field,grace@example.com\n",
		"calls.csv":    "id,lead_id,started_at,outcome,amount,currency\ncall_ada,lead_ada,2026-02-20T10:00:00Z,won,500.00,USD\n",
		"products.csv": "id,name\n",
	} {
		if err := os.WriteFile(filepath.Join(b.dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	issued := june(8, 0).AddDate(0, 0, -30)
	if err := os.Chtimes(token, issued, issued); err != nil {
		t.Fatal(err)
	}
	var told strings.Builder
	for night := range 10 {
		at := june(2+night, 2)
		s.clock.Set(at)
		if night == 9 { // somebody has logged in again
			s.cents.Expire(time.Time{})
			if err := os.Chtimes(token, at, at); err != nil {
				t.Fatal(err)
			}
		}
		b.tellNight(t, &told, night+1, at)
	}
	path := filepath.Join("testdata", "story.golden")
	if *update {
		if err := os.WriteFile(path, []byte(told.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(told.String(), "\n")); diff != "" {
		t.Errorf("the story went another way (-want +got):\n%s", diff)
	}
}

func (b books) tellNight(t *testing.T, told *strings.Builder, night int, at time.Time) {
	t.Helper()
	cmd := exec.Command("pennytie", "run", "--json", "--as-of", at.Format(time.RFC3339))
	cmd.Dir = b.dir
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	code := 0
	var exit *exec.ExitError
	if err := cmd.Run(); errors.As(err, &exit) {
		code = exit.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	var run struct {
		Payments int
		Ties     bool
		Sources  []struct{ Name, State, Error, Warning string }
	}
	if err := json.Unmarshal(out.Bytes(), &run); err != nil {
		t.Fatalf("night %d: %v\n%s%s", night, err, out.String(), errs.String())
	}
	fmt.Fprintf(told, "night %d, %s: exit %d, %d payments, ties %t\n", night, at.Format("2 January 15:04"), code, run.Payments, run.Ties)
	for _, source := range run.Sources {
		if source.State != "complete" || source.Warning != "" {
			fmt.Fprintf(told, "  %s is %s\n", source.Name, source.State)
			for _, text := range []string{source.Error, source.Warning} {
				if text != "" {
					fmt.Fprintf(told, "    %s\n", text)
				}
			}
		}
	}
	names := map[string]string{}
	for _, row := range readReport(t, b, "payments.csv", nil) {
		names[row["id"]] = row["provider_payment_id"]
	}
	now := at.Format(time.RFC3339)
	for _, row := range readReport(t, b, "exceptions.csv", nil) {
		what := ""
		switch {
		case row["resolved_at"] == now:
			what = "resolved"
		case row["opened_at"] == now:
			what = "opened"
		default:
			continue
		}
		if row["code"] == "LOW_CONFIDENCE" || row["code"] == "UNMATCHED" {
			continue // about attribution, which is not what is told here
		}
		fmt.Fprintf(told, "  %-8s %s %s %s: %s, not %s\n", what, row["code"], names[row["payment_id"]], row["subject"], row["expected"], row["actual"])
	}
	for _, row := range readReport(t, b, "changes.csv", nil) {
		who := strings.TrimSpace(row["source"] + " " + row["record"])
		fmt.Fprintf(told, "  changed  %s %s: %q -> %q (%s)\n", row["provider_payment_id"], row["field"], row["before"], row["after"], who)
	}
}
