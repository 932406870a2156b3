package main

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

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
	s.edit(t, "push: {enabled: false}", fmt.Sprintf("push: {enabled: true, max_per_run: %d}", most))
}

// edit changes the configuration.
func (s *shop) edit(t *testing.T, from, to string) {
	t.Helper()
	path := filepath.Join(s.dir, "pennytie.yaml")
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(content), from, to)), 0o600); err != nil {
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
	s := newShop(t, "{enabled: false}", everywhere)
	s.clock.Set(june(3, 0)) // all is in the overlap of each pull
	s.records(t, 10)
	if run := s.runs(t, 0); run.Push != nil || s.count(t, "outbox") != 0 || run.Auto != 6 {
		t.Fatalf("switched off, it has %d intents of %d decisions, %+v", s.count(t, "outbox"), run.Auto, run.Push)
	}
	if out := s.pennytie(t, 2, "push"); out != "" {
		t.Errorf("switched off, a push prints %s", out)
	}
	before := dump(t, s.store())
	if dry := s.pushes(t, 0, "--dry-run"); dry.Written != 6 || len(dry.Intents) != 6 || !dry.DryRun || dry.RunID != "" {
		t.Errorf("a dry run shows %+v", dry)
	}
	if !maps.Equal(before, dump(t, s.store())) || len(s.effects()) > 0 {
		t.Error("a dry run wrote something")
	}
	said := s.said(t)
	s.enable(t, 100)
	first := s.runs(t, 0)
	want := map[string]int{
		"POST /v1/payments/00000000-0000-4000-8000-000000000000/verify": 1, "PATCH /v1/payments/00000000-0000-4000-8000-000000000005": 1,
		"POST /payments/wp-000001-a": 1, "PATCH /v1/auth/company/transactions/don000002": 1,
		"PATCH /v1/auth/company/transactions/don000003": 1, "PATCH /payments/10000000-0000-4000-8000-000000000004": 1,
	}
	if got := s.effects(); !maps.Equal(got, want) || *first.Push != (reconcile.PushResult{Written: 6}) {
		t.Errorf("the first push had %v, %+v", got, first.Push)
	}
	// The claim that was behind has caught up: now its payment is confirmed, and so its call is agreed, too.
	second := s.runs(t, 0)
	want["POST /v1/payments/00000000-0000-4000-8000-000000000005/verify"] = 1
	if got := s.effects(); !maps.Equal(got, want) || *second.Push != (reconcile.PushResult{Written: 1}) {
		t.Errorf("the second push had %v, %+v", got, second.Push)
	}
	for range 2 {
		again := s.runs(t, 0)
		if again.Writes != 0 || *again.Push != (reconcile.PushResult{}) || len(again.Exceptions) > 0 || !again.Ties {
			t.Errorf("with all pushed a run wrote %d rows, %+v, %v", again.Writes, again.Push, again.Exceptions)
		}
		for _, source := range again.Sources {
			if source.Read == 0 || source.Read != source.Unchanged {
				t.Errorf("its own writes are news: %+v", source)
			}
		}
	}
	if diff := cmp.Diff(said, s.said(t)); diff != "" {
		t.Errorf("its own writes count as what the sources say, and so as evidence for themselves:\n%s", diff)
	}
	// What somebody else writes is news.
	s.aura.Put("payments", s.clock.Now(), s.auraRow(t, 0, map[string]any{"call_id": "call_9"}))
	if run := s.runs(t, 0); run.Sources[2].Changed != 1 {
		t.Errorf("another's write is no news: %+v", run.Sources[2])
	}
	if got := s.effects(); !maps.Equal(got, want) {
		t.Errorf("another's write was overwritten: %v", got)
	}
}

// said is what the sources say of payments whose attribution or allocation was written to them, and what is made of it.
func (s *shop) said(t *testing.T) []string {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+s.store()+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	return column(t, db, `SELECT r.source || r.id || r.content || o.candidates FROM source_record r JOIN outcome o ON o.owner = r.owner
		WHERE r.id IN ('00000000-0000-4000-8000-000000000000', 'wp-000001-a', '10000000-0000-4000-8000-000000000004') ORDER BY r.id`)
}

// A push that ended between a write and the look at what came of it leaves its echo to the next pull, which is no news either.
func TestPushEndsInDoubt(t *testing.T) {
	s := newShop(t, "{enabled: false}", everywhere)
	s.clock.Set(june(3, 0))
	s.records(t, 10)
	s.runs(t, 0)
	said := s.said(t)
	s.enable(t, 100)
	services := map[string]*fake.Faults{"/v1/payments/00000000-0000-4000-8000-000000000000": &s.aura.Faults,
		"/payments/wp-000001-a": &s.wepay.Faults, "/payments/10000000-0000-4000-8000-000000000004": &s.zenskar.Faults}
	for path, service := range services {
		service.Fault(fake.Fault{Write: true, Do: fake.LoseReply()})
		nth := 2 // the look afterwards
		if service != &s.aura.Faults {
			nth = 3 // the write has the same path
		}
		service.Fault(fake.Fault{Path: path, Nth: nth, Times: -1, Do: fake.Status(http.StatusForbidden, "{}")})
	}
	s.pushes(t, 6)
	if n := s.count(t, "outbox WHERE state = 'sent-unknown'"); n != 3 {
		t.Fatalf("%d intents are in doubt", n)
	}
	for _, service := range services {
		service.ClearFaults()
	}
	run := s.runs(t, 0)
	for _, source := range run.Sources {
		if source.Provider != "cents" && source.Changed > 0 {
			t.Errorf("its own write is news: %+v", source)
		}
	}
	if diff := cmp.Diff(said, s.said(t)); diff != "" {
		t.Errorf("its own writes count as what the sources say:\n%s", diff)
	}
	for path, n := range s.effects() {
		if n != 1 {
			t.Errorf("%s had %d effects", path, n)
		}
	}
}

// auraRow is a payment of Aura's as it is, with changes.
func (s *shop) auraRow(t *testing.T, i int, change map[string]any) map[string]any {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, fmt.Sprintf("%s/v1/payments/00000000-0000-4000-8000-%012d", s.servers[2].URL(), i), nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+demoKey)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var one struct{ Data map[string]any }
	if err := json.NewDecoder(resp.Body).Decode(&one); err != nil {
		t.Fatal(err)
	}
	maps.Copy(one.Data, change)
	return one.Data
}

// count counts the rows of a table, or of a part of it.
func (s *shop) count(t *testing.T, from string) int {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+s.store()+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	n, err := strconv.Atoi(column(t, db, "SELECT count(*) FROM "+from)[0])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// What cannot be written as it was decided waits for a person, and is not tried again.
func TestPushTrouble(t *testing.T) {
	const open = "exception WHERE code = 'PUSH_CONFLICT' AND resolved_at IS NULL"
	write := func(do fake.Action) func(*shop) {
		return func(s *shop) { s.aura.Fault(fake.Fault{Write: true, Nth: 1, Times: -1, Do: do}) }
	}
	linked := func(t *testing.T, s *shop) {
		s.aura.Put("payments", s.clock.Now(), s.auraRow(t, 0, map[string]any{"call_id": "call_9", "matched_by": "email"}))
	}
	for name, c := range map[string]struct {
		before func(*testing.T, *shop)
		fault  func(*shop)
		code   int
		want   reconcile.PushResult
		stuck  int // exceptions afterwards
	}{
		"another call": {before: linked, want: reconcile.PushResult{Conflict: 1}, stuck: 1},
		"gone": {before: func(_ *testing.T, s *shop) {
			s.aura.Remove("payments", s.clock.Now(), "00000000-0000-4000-8000-000000000000")
		},
			code: 3, want: reconcile.PushResult{Refused: 1}, stuck: 1},
		"409":            {fault: write(fake.AuraError(409, "CONFLICT", "x@example.com")), want: reconcile.PushResult{Conflict: 1}, stuck: 1},
		"422":            {fault: write(fake.AuraError(422, "VALIDATION_ERROR", "x@example.com")), code: 3, want: reconcile.PushResult{Refused: 1}, stuck: 1},
		"403":            {fault: write(fake.AuraError(403, "FORBIDDEN", "x@example.com")), code: 6, want: reconcile.PushResult{Left: 1}},
		"redirect":       {fault: write(fake.Redirect("https://evil.example.com/")), code: 3, want: reconcile.PushResult{Refused: 1}, stuck: 1},
		"no reply, ever": {fault: write(fake.Reset()), code: 7, want: reconcile.PushResult{Left: 1}},
		"a page of HTML": {fault: write(fake.Chain(fake.Edit(func([]byte) []byte { return []byte("<html>") }))), want: reconcile.PushResult{Written: 1}},
		"a lost reply":   {fault: write(fake.LoseReply()), want: reconcile.PushResult{Written: 1}},
	} {
		if testing.Short() && name != "409" && name != "a lost reply" {
			continue // the same code with other answers
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, "{enabled: false}", func(s story) { s.booked(0, s.sold(0, nil), nil) })
			s.clock.Set(june(3, 0))
			s.records(t, 10)
			s.runs(t, 0)
			s.enable(t, 100)
			if c.before != nil {
				c.before(t, s)
			}
			if c.fault != nil {
				c.fault(s)
			}
			if dry := s.pushes(t, 0, "--dry-run"); c.before != nil && dry.PushResult != c.want || c.before == nil && dry.Written != 1 {
				t.Errorf("a dry run came to %+v", dry.PushResult)
			}
			taken := len(s.aura.Accepted())
			if got := s.pushes(t, c.code); got.PushResult != c.want {
				t.Errorf("the push came to %+v, want %+v", got.PushResult, c.want)
			}
			if n := s.count(t, open); n != c.stuck {
				t.Errorf("%d exceptions are open, want %d", n, c.stuck)
			}
			if n := len(s.aura.Accepted()) - taken; n != c.want.Written {
				t.Errorf("%d writes were accepted", n)
			}
			s.aura.ClearFaults()
			requests := s.requests()
			if again := s.pushes(t, 0); again.Conflict+again.Refused > 0 || again.Written != c.want.Left {
				t.Errorf("the next push came to %+v", again)
			}
			if c.stuck > 0 && s.requests() != requests {
				t.Error("what waits for a person was asked for again")
			}
			s.runs(t, 0)
			if n := s.count(t, open); name != "gone" && n != c.stuck {
				t.Errorf("after another run %d exceptions are open, want %d", n, c.stuck)
			}
		})
	}
}

// A record that is another than the one that was decided on is not written to; the next run reads it and decides anew.
func TestPushStale(t *testing.T) {
	s := newShop(t, "{enabled: false}", func(s story) { s.booked(0, s.sold(0, nil), nil) })
	s.clock.Set(june(3, 0))
	s.records(t, 10)
	s.runs(t, 0)
	s.enable(t, 100)
	s.aura.Put("payments", s.clock.Now(), s.auraRow(t, 0, map[string]any{"customer_name": "Somebody Else"}))
	if got := s.pushes(t, 0); got.Conflict != 1 || len(s.effects()) > 0 || !strings.Contains(got.Intents[0].Reason, "next run") {
		t.Fatalf("%+v, %v", got, s.effects())
	}
	if run := s.runs(t, 0); *run.Push != (reconcile.PushResult{Written: 1}) || len(run.Exceptions) > 0 {
		t.Errorf("%+v, %v", run.Push, run.Exceptions)
	}
	// One that was sent and lost is not sent again over what somebody wrote since.
	s.stripe.Put("refunds", june(3, 1), map[string]any{"id": "re_9", "object": "refund", "created": june(3, 1).Unix(), "amount": 10000, "currency": "usd",
		"status": "succeeded", "reason": nil, "payment_intent": "pi_000000", "charge": "ch_000000", "metadata": map[string]any{}})
	s.clock.Set(june(3, 12))
	s.aura.Fault(fake.Fault{Write: true, Nth: 1, Do: fake.Chain(fake.Before(func() {
		s.aura.Put("payments", s.clock.Now(), s.auraRow(t, 0, map[string]any{"external_id": "order 7"}))
	}), fake.Reset())})
	if run := s.runs(t, 0); *run.Push != (reconcile.PushResult{Conflict: 1}) || len(s.effects()) != 1 {
		t.Errorf("%+v, %v", run.Push, s.effects())
	}
}

// A reply that comes after the client's patience, and an effect that does, are one effect all the same.
func TestPushLate(t *testing.T) {
	if testing.Short() {
		t.Skip("it waits for late services in real time")
	}
	for name, late := range map[string]fake.Action{"reply": fake.Linger(1500 * time.Millisecond), "effect": fake.Late(2500 * time.Millisecond)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, "{enabled: false}", everywhere)
			s.clock.Set(june(3, 0))
			s.records(t, 10)
			s.runs(t, 0)
			s.enable(t, 100)
			s.edit(t, "requests_per_second: 20000", "requests_per_second: 20000, attempt_timeout_seconds: 1")
			for _, service := range s.faults() {
				for _, path := range []string{"/payments/*", "/v1/payments/*", "/v1/payments/*/verify", fake.CentsListPath + "/*"} {
					service.Fault(fake.Fault{Write: true, Path: path, Nth: 1, Do: late})
				}
			}
			if got := s.pushes(t, 0); got.PushResult != (reconcile.PushResult{Written: 6}) {
				t.Errorf("%+v", got.PushResult)
			}
			time.Sleep(3 * time.Second) // for the last that are late
			for path, n := range s.effects() {
				if n != 1 {
					t.Errorf("%s had %d effects", path, n)
				}
			}
			if n := len(s.effects()); n != 6 {
				t.Errorf("%d records were written to", n)
			}
		})
	}
}

// Only what is decided goes out, as many as the cap says, and nothing that somebody has unsaid since.
func TestPushPolicy(t *testing.T) {
	s := newShop(t, "{enabled: true}", func(s story) {
		for i := range 4 {
			s.booked(i, s.sold(i, nil), nil)
		}
		s.booked(4, s.sold(4, map[string]any{"metadata": map[string]any{}, "billing_details": map[string]any{"email": "who@example.net"}}), nil)
	})
	s.clock.Set(june(3, 0))
	s.records(t, 5)
	s.pennytie(t, 0, "pull")
	s.pennytie(t, 0, "match")
	if n := s.count(t, "outbox"); n != 4 {
		t.Errorf("%d intents of 4 decisions, beside a payment that nobody explains", n)
	}
	if got := s.pushes(t, 0, "--max", "1"); got.PushResult != (reconcile.PushResult{Written: 1, Left: 3}) {
		t.Errorf("%+v", got.PushResult)
	}
	if got := s.pushes(t, 0, "--source", "wepay-demo"); got.PushResult != (reconcile.PushResult{}) {
		t.Errorf("%+v", got.PushResult)
	}
	left := s.pushes(t, 0, "--dry-run", "--source", "aura-demo")
	s.pennytie(t, 0, "decide", left.Intents[0].PaymentID, "--none", "--reason", "not ours")
	if got := s.pushes(t, 0); got.PushResult != (reconcile.PushResult{Written: 2, Left: 1}) {
		t.Errorf("a payment that is to be decided anew was pushed: %+v", got.PushResult)
	}
	if run := s.runs(t, 0); *run.Push != (reconcile.PushResult{}) || s.count(t, "outbox WHERE state = 'superseded'") != 1 || len(s.effects()) != 3 {
		t.Errorf("%+v, %d superseded, %v", run.Push, s.count(t, "outbox WHERE state = 'superseded'"), s.effects())
	}
	for _, wrong := range [][]string{{"--source", "nowhere"}, {"--max", "0"}, {"extra"}} {
		s.pennytie(t, 2, append([]string{"push"}, wrong...)...)
	}
}

// What is unsaid while nothing is written back, or the credential is missing, does not go out later.
func TestPushUnsaid(t *testing.T) {
	for name, pause := range map[string]func(s *shop) (from, to string){
		"switched off": func(*shop) (string, string) { return "push: {enabled: true}", "push: {enabled: false}" },
		"no credential": func(s *shop) (string, string) {
			address := "base_url: " + s.servers[2].URL() + "\n    key_file: ./"
			return address + "demo.key", address + "gone.key"
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, "{enabled: true}", func(s story) {
				for i := range 2 {
					s.booked(i, s.sold(i, nil), nil)
				}
			})
			s.clock.Set(june(3, 0))
			s.records(t, 2)
			s.pennytie(t, 0, "pull")
			s.pennytie(t, 0, "match")
			s.pennytie(t, 0, "push", "--source", "wepay-demo") // every payment has been looked at
			id := s.pushes(t, 0, "--dry-run").Intents[0].PaymentID
			from, to := pause(s)
			s.edit(t, from, to)
			s.pennytie(t, 0, "decide", id, "--none", "--reason", "not ours")
			s.pennytie(t, 0, "match")
			s.edit(t, to, from)
			if got := s.pushes(t, 0); got.PushResult != (reconcile.PushResult{Written: 1}) || s.count(t, "outbox WHERE state = 'superseded'") != 1 {
				t.Errorf("%+v, %d superseded", got.PushResult, s.count(t, "outbox WHERE state = 'superseded'"))
			}
		})
	}
}

// A claim that named no payment gets the id of the one that it was joined to, and is then joined by it.
func TestPushFillsIDs(t *testing.T) {
	s := newShop(t, "{enabled: true}", func(s story) {
		s.sold(0, nil)
		s.donated(0, "", "paid")
		s.sold(1, nil)
		s.booked(1, "", func(row map[string]any) {
			row["provider"], row["provider_payment_id"] = nil, nil
			row["customer_email"], row["customer_name"] = "payer1@example.com", payerName(1)
		})
	})
	s.clock.Set(june(3, 0))
	s.records(t, 2)
	first := s.runs(t, 0)
	want := []string{`PATCH /v1/auth/company/transactions/don000000 {"external_id":"pi_000000"}`,
		`PATCH /v1/payments/00000000-0000-4000-8000-000000000001 {"external_id":"pi_000001"}`,
		`POST /v1/payments/00000000-0000-4000-8000-000000000001/verify {"call_id":"call_1"}`}
	got := append(s.aura.Shown(), s.cents.Shown()...)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" || first.Payments != 2 || *first.Push != (reconcile.PushResult{Written: 3}) {
		t.Errorf("%+v of %d payments (-want +got):\n%s", first.Push, first.Payments, diff)
	}
	s.runs(t, 0)
	for range 2 {
		if run := s.runs(t, 0); run.Writes != 0 || *run.Push != (reconcile.PushResult{}) || run.Payments != 2 || len(run.Exceptions) > 0 {
			t.Errorf("%d rows, %+v, %d payments, %v", run.Writes, run.Push, run.Payments, run.Exceptions)
		}
	}
	if n := s.count(t, "claim_join"); n != 0 {
		t.Errorf("%d claims are still joined by their looks", n)
	}
}
