package wepay

import (
	"context"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"

	"pennytie/configs"
	"pennytie/providers/fake"
	"pennytie/providers/internal/rest"
	"pennytie/reconcile"
)

const (
	source    = "wepay main"
	testApp   = "121212"
	testToken = "production_canary_token"
)

var (
	since = time.Date(2026, 1, 15, 0, 0, 0, 0, time.UTC)
	today = time.Date(2026, 4, 1, 12, 0, 0, 0, time.UTC)
)

type object = map[string]any

// account is a fake app on loopback and what a provider did to it.
type account struct {
	*fake.WePay
	clock *fake.Clock
	url   string

	mu    sync.Mutex
	waits []time.Duration
}

func newAccount(t testing.TB) *account { return newAccountOf(t, testToken) }

func newAccountOf(t testing.TB, token string) *account {
	t.Helper()
	a := &account{clock: fake.NewClock(today)}
	a.WePay = fake.NewWePay(testApp, token, a.clock.Now)
	server, err := fake.Listen(a.WePay)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	a.url = server.URL()
	return a
}

func (a *account) provider(t testing.TB, change ...func(*Config)) *Provider {
	t.Helper()
	cfg := Config{
		Account: rest.Account{
			Source: source, BaseURL: a.url, Since: since, Now: a.clock.Now,
			RequestsPerSecond: 1e9, PageSize: 4, AllowInsecureLoopback: true, MaxAttempts: 2, AttemptTimeout: 5 * time.Second,
			Sleep: func(ctx context.Context, d time.Duration) error {
				a.mu.Lock()
				defer a.mu.Unlock()
				a.waits = append(a.waits, d)
				return ctx.Err()
			},
		},
		AppID: testApp, Token: configs.NewSecret(testToken),
	}
	for _, c := range change {
		c(&cfg)
	}
	p, err := New(cfg, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// with is a copy of an object with some fields changed; a field that is changed to gone is left out.
func with(base object, changes object) object {
	made := maps.Clone(base)
	maps.Copy(made, changes)
	maps.DeleteFunc(made, func(_ string, value any) bool { return value == gone })
	return made
}

const gone = "\x00gone"

// raw is a value as it is written in JSON.
func raw(text string) json.RawMessage { return json.RawMessage(text) }

func fixture(t testing.TB, name string) object {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var made map[string]json.RawMessage
	if err := json.Unmarshal(text, &made); err != nil {
		t.Fatal(err)
	}
	out := object{}
	for key, value := range made {
		out[key] = value
	}
	out["id"] = jsonText(t, made["id"])
	return out
}

func jsonText(t testing.TB, value []byte) (text string) {
	t.Helper()
	if err := json.Unmarshal(value, &text); err != nil {
		t.Fatal(err)
	}
	return text
}

// at is a time after since.
func at(days int) time.Time { return since.AddDate(0, 0, days) }

func ref(resource, id string) object {
	return object{"id": id, "resource": resource, "path": "/" + resource + "/" + id}
}

func payment(id string, made time.Time) object {
	return object{
		"id": id, "resource": "payments", "owner": ref("accounts", "acc-1"), "create_time": made.Unix(), "status": "completed",
		"amount": 5000, "amount_refunded": 0, "amount_disputed": 0, "currency": "USD", "fee_amount": 175,
		"payment_method": ref("payment_methods", "pm-"+id[len(id)-1:]), "capture_at": nil, "custom_data": nil, "order": nil,
	}
}

func refund(id, of string, made time.Time) object {
	return object{"id": id, "create_time": made.Unix(), "status": "completed", "payment": ref("payments", of),
		"amounts": object{"total_amount": 500, "currency": "USD"}, "refund_reason": "changed mind"}
}

func dispute(id, of string, made time.Time) object {
	return object{"id": id, "create_time": made.Unix(), "status": "pending_wepay_review", "type": "chargeback",
		"amount": 5000, "currency": "USD", "payment": ref("payments", of), "reason": "fraud", "resolution": nil}
}

func card(id, name, email string) object {
	return object{"id": id, "type": "credit_card", "credit_card": object{"card_holder": object{"holder_name": name, "email": email}}}
}

// business fills an account: 23 payments in ten weeks, some of them in the same second, refunds and disputes.
func (a *account) business() *account {
	for i := range 10 {
		digit := strconv.Itoa(i)
		a.Put("payment_methods", at(0), card("pm-"+digit, "Payer "+digit, "payer"+digit+"@example.com"))
	}
	a.Put("payment_methods", at(0), object{"id": "pm-7", "type": "payment_bank_us", "payment_bank_us": object{}})
	for i := range 23 {
		made := at(i / 2 * 6)
		a.Put("payments", made, payment("pay-"+strconv.Itoa(i), made))
	}
	a.Put("payments", at(1), with(payment("PAY-3", at(1)), object{"amount": "9900", "currency": "cad", "status": "pending", "fee_amount": gone}))
	a.Put("payments", at(2), with(payment("pay-bad", at(2)), object{"amount": -1}))
	for i := range 7 {
		made := at(20 + i*7)
		a.Put("refunds", made, refund("rf-"+strconv.Itoa(i), "pay-"+strconv.Itoa(i), made))
	}
	a.Put("refunds", at(30), with(refund("rf-full", "pay-9", at(30)), object{"amounts": nil}))
	a.Put("refunds", at(31), with(refund("rf-pending", "pay-8", at(31)), object{"status": "pending"}))
	for i := range 6 {
		made := at(25 + i*8)
		a.Put("disputes", made, dispute("dp-"+strconv.Itoa(i), "pay-"+strconv.Itoa(i+8), made))
	}
	a.Put("disputes", at(60), with(dispute("dp-won", "pay-20", at(60)), object{"status": "resolved", "resolution": "merchant_won"}))
	return a
}

// pull reads all pages into one.
func pull(t testing.TB, p *Provider) reconcile.Page {
	t.Helper()
	all, err := tryPull(p)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func tryPull(p *Provider) (reconcile.Page, error) {
	var all reconcile.Page
	for from := reconcile.Cursor(""); ; {
		page, err := p.Pull(context.Background(), from)
		if err != nil {
			return page, err
		}
		all.Payments = append(all.Payments, page.Payments...)
		all.Refunds = append(all.Refunds, page.Refunds...)
		all.Disputes = append(all.Disputes, page.Disputes...)
		all.Quarantined = append(all.Quarantined, page.Quarantined...)
		if !page.More {
			return all, nil
		}
		from = page.Next
	}
}

func paymentIDs(page reconcile.Page) []string {
	var ids []string
	for _, r := range page.Payments {
		if !slices.Contains(ids, r.ID) {
			ids = append(ids, r.ID)
		}
	}
	return ids
}
