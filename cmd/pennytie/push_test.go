package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pennytie/providers/fake"
	"pennytie/reconcile"
)

// shop is a small business at five services whose payments are all decided: each has its payer's lead, call and product.
type shop struct {
	story
	books
}

// newShop makes a shop that pushes; at is its clock.
func newShop(t *testing.T, push string, fill func(s story)) *shop {
	t.Helper()
	clock := fake.NewClock(june(8, 0))
	services := newServices(clock.Now)
	s := &shop{story: story{services, clock}}
	if err := services.listen(""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = services.Close() })
	s.books = booksOf(t, fake.NewBusiness(3, 1, june(1, 0), june(2, 0)), strings.ReplaceAll(services.config(june(1, 0).AddDate(0, -6, 0)), "requests_per_second: 500", "requests_per_second: 20000")+
		"matching: {auto_confirm: 0.6, suggest: 0.5}\npush: "+push+"\n")
	fill(s.story)
	return s
}

// records writes leads, calls and products of n payers: lead_1 with call_1 and so on, which Aura has, too.
func (s *shop) records(t *testing.T, n int) {
	t.Helper()
	leads, calls := "id,name,email\n", "id,lead_id,started_at,outcome,amount,currency,product_id\n"
	for i := range n {
		leads += fmt.Sprintf("lead_%d,%s,payer%d@example.com\n", i, payerName(i), i)
		calls += fmt.Sprintf("call_%d,lead_%d,2026-05-20T10:00:00Z,won,%d.00,USD,prod_1\n", i, i, 100+i)
		s.aura.Put("calls", june(1, 0), map[string]any{"id": fmt.Sprintf("call_%d", i), "lead_id": fmt.Sprintf("lead_%d", i)})
	}
	for name, content := range map[string]string{"leads.csv": leads, "calls.csv": calls, "products.csv": "id,name\nprod_1,Coaching\n"} {
		if err := os.WriteFile(filepath.Join(s.dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// payerName is another one for each.
func payerName(i int) string {
	letters := func(n int) string {
		return strings.Repeat(string(rune('A'+n%26)), 1) + strings.Repeat(string(rune('a'+n/26%26)), 3) + string(rune('a'+n/676%26))
	}
	return letters(i) + " " + letters(i*7+3)
}

// sold is a charge at Stripe that names its payer's lead and call.
func (s story) sold(i int, more map[string]any) string {
	id, at := fmt.Sprintf("%06d", i), june(1, 8).Add(time.Duration(i)*time.Second)
	charge := map[string]any{
		"id": "ch_" + id, "object": "charge", "livemode": false, "created": at.Unix(), "amount": (100 + i) * 100, "amount_captured": (100 + i) * 100,
		"amount_refunded": 0, "currency": "usd", "status": "succeeded", "captured": true, "paid": true, "refunded": false,
		"payment_intent": "pi_" + id, "metadata": map[string]any{"lead_id": fmt.Sprintf("lead_%d", i), "call_id": fmt.Sprintf("call_%d", i)},
		"balance_transaction": nil,
		"billing_details":     map[string]any{"email": fmt.Sprintf("payer%d@example.com", i), "name": payerName(i), "phone": nil, "address": nil},
	}
	for key, value := range more {
		charge[key] = value
	}
	s.stripe.Put("charges", at, charge)
	return "pi_" + id
}

// booked is Aura's claim of a charge.
func (s story) booked(i int, pi string, change func(map[string]any)) string {
	at := june(1, 8).Add(time.Duration(i) * time.Second)
	id := fmt.Sprintf("00000000-0000-4000-8000-%012d", i)
	s.claim(id, pi, int64(100+i)*100, at, at.Add(time.Hour), change)
	return id
}

// enable switches the push on.
func (s *shop) enable(t *testing.T, most int) {
	t.Helper()
	path := filepath.Join(s.dir, "pennytie.yaml")
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	on := strings.Replace(string(content), "push: {enabled: false}", fmt.Sprintf("push: {enabled: true, max_per_run: %d}", most), 1)
	if err := os.WriteFile(path, []byte(on), 0o600); err != nil {
		t.Fatal(err)
	}
}

// pennytie runs a command in the shop's folder and wants an exit code.
func (s *shop) pennytie(t *testing.T, code int, args ...string) string {
	t.Helper()
	cmd := exec.Command("pennytie", append(args, "--as-of", s.clock.Now().Format(time.RFC3339))...)
	cmd.Dir = s.dir
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	got := 0
	var exit *exec.ExitError
	if err := cmd.Run(); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{demoKey, "@example.com"} {
		if strings.Contains(errs.String(), secret) {
			t.Errorf("pennytie %v tells %q: %s", args, secret, errs.String())
		}
	}
	if got != code {
		t.Fatalf("pennytie %v: exit %d, want %d\n%s%s", args, got, code, out.String(), errs.String())
	}
	return out.String()
}

func (s *shop) pushes(t *testing.T, code int, args ...string) pushed {
	t.Helper()
	var p pushed
	if err := json.Unmarshal([]byte(s.pennytie(t, code, append([]string{"push", "--json"}, args...)...)), &p); err != nil {
		t.Fatal(err)
	}
	return p
}

// paidAtWePay is a completed payment of WePay's whose payer is on its card.
func (s story) paidAtWePay(i int, custom any) string {
	id, at := fmt.Sprintf("wp-%06d-a", i), june(1, 8).Add(time.Duration(i)*time.Second)
	s.wepay.Put("payments", at, map[string]any{
		"id": id, "resource": "payments", "create_time": at.Unix(), "status": "completed", "amount": (100 + i) * 100, "amount_refunded": 0,
		"amount_disputed": 0, "currency": "USD", "payment_method": map[string]any{"id": "pm_" + id}, "fee_amount": 100,
		"reference_id": nil, "custom_data": custom,
	})
	s.wepay.Put("payment_methods", at, map[string]any{"id": "pm_" + id, "type": "credit_card", "credit_card": map[string]any{
		"card_holder": map[string]any{"holder_name": payerName(i), "email": fmt.Sprintf("payer%d@example.com", i)}}})
	return id
}

// donated is Cents' row of a charge.
func (s story) donated(i int, pi, status string) string {
	id := fmt.Sprintf("don%06d", i)
	row := map[string]any{
		"id": id, "transaction_status": status, "external_id": "STRIPE_" + pi, "order_amount": json.Number(fmt.Sprintf("%d.00", 100+i)),
		"donation_amount": 0, "total_amount": json.Number(fmt.Sprintf("%d.00", 100+i)), "refunded_amount": json.Number("0.00"), "currency": "USD",
		"created_date": "2026-06-01",
	}
	if pi == "" {
		row["external_id"], row["consumer_user_email"] = nil, fmt.Sprintf("payer%d@example.com", i)
		row["consumer_user_full_name"] = payerName(i)
	}
	s.cents.Put("transactions", june(1, 9), row)
	return id
}

// billed is Zenskar's row of a charge, with an invoice that waits for it.
func (s story) billed(i int, pi string, parts ...any) (payment, invoice string) {
	payment, invoice = fmt.Sprintf("10000000-0000-4000-8000-%012d", i), fmt.Sprintf("20000000-0000-4000-8000-%012d", i)
	s.zenskar.Put("payments", june(1, 9), map[string]any{
		"id": payment, "type": "payment", "status": "success", "amount": fmt.Sprint((100 + i) * 100), "amount_refunded": "0",
		"currency_code": "USD", "external_id": pi, "connector_name": "Stripe", "timestamp": "2026-06-01T08:00:00.000001",
		"created_at": "2026-06-01 08:00:00.000001", "customer_email": fmt.Sprintf("payer%d@example.com", i), "invoices": parts,
	})
	s.zenskar.Put("invoices", june(1, 9), map[string]any{"id": invoice, "status": "approved", "amount_due": (100 + i) * 100, "currency_code": "USD"})
	return payment, invoice
}

// refunded takes a charge back as a whole.
func (s story) refunded(i int) {
	id := fmt.Sprintf("%06d", i)
	s.refund(id, id, int64(100+i)*100, june(2, 8))
}

// everywhere is one fact for each service, and Cents' three.
func everywhere(s story) {
	s.booked(0, s.sold(0, nil), nil)
	s.paidAtWePay(1, map[string]any{"order": 17})
	s.donated(2, s.sold(2, nil), "to_be_payed")
	s.donated(3, s.sold(3, nil), "paid")
	s.refunded(3)
	_, invoice := s.billed(4, "pi_000004")
	s.sold(4, map[string]any{"metadata": map[string]any{"lead_id": "lead_4", "call_id": "call_4", "invoice_id": invoice}})
	s.booked(5, s.sold(5, nil), func(row map[string]any) { row["status"] = "pending" })
}

// runs runs the whole job and gives what it says.
func (s *shop) runs(t *testing.T, code int) (run reconcile.Run) {
	t.Helper()
	if err := json.Unmarshal([]byte(s.pennytie(t, code, "run", "--json")), &run); err != nil {
		t.Fatal(err)
	}
	return run
}

// effects are those of all services together.
func (s story) effects() map[string]int {
	all := map[string]int{}
	for _, service := range []*fake.Writes{&s.wepay.Writes, &s.aura.Writes, &s.cents.Writes, &s.zenskar.Writes} {
		maps.Copy(all, service.Effects())
	}
	return all
}

// What is agreed is written once, and its echo is no news: the next run settles, and the one after writes nothing.
func TestPushEverywhere(t *testing.T) {
	s := newShop(t, "{enabled: true}", everywhere)
	s.clock.Set(june(3, 0)) // all is in the overlap of each pull
	s.records(t, 6)
	first := s.runs(t, 0)
	t.Logf("%+v %+v", first.Exceptions, first.Push)
	t.Log(s.effects())
	t.Log(s.wepay.Accepted(), s.aura.Accepted(), s.cents.Accepted(), s.zenskar.Accepted())
	for range 3 {
		next := s.runs(t, 0)
		t.Logf("%+v %+v auto %d writes %d", next.Exceptions, next.Push, next.Auto, next.Writes)
		for _, x := range next.Sources {
			t.Logf("%+v", x)
		}
	}
}
