package aura

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pennytie/configs"
	"pennytie/providers/fake"
	"pennytie/providers/internal/rest"
	"pennytie/reconcile"
)

const (
	liveKey = "aura_pk_live_canary0000"
	source  = "aura-books"
	org     = "org_demo"
)

var (
	testNow   = time.Date(2026, 3, 20, 12, 0, 0, 0, time.UTC)
	testSince = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
)

// account is a fake organization on loopback.
type account struct {
	*fake.Aura
	clock *fake.Clock
	url   string
	last  atomic.Pointer[http.Request] // the latest request
}

func emptyAccount(t testing.TB) *account {
	t.Helper()
	a := &account{clock: fake.NewClock(testNow)}
	a.Aura = fake.NewAura(liveKey, a.clock.Now)
	server, err := fake.Listen(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.last.Store(r)
		a.ServeHTTP(w, r)
	}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	a.url = server.URL()
	return a
}

// newAccount has the documented examples, some plain payments, and one row that cannot be right.
func newAccount(t testing.TB) *account {
	t.Helper()
	a := emptyAccount(t)
	for _, row := range fixtures(t) {
		a.put(row)
	}
	for i := range 20 {
		day := testSince.AddDate(0, 0, 3*i).Add(time.Hour)
		a.put(map[string]any{"id": fmt.Sprintf("plain_%02d", i), "amount": 1000 + i, "currency": "usd", "status": "succeeded",
			"payment_date": day.Format(time.RFC3339), "customer_email": "cleo@example.com"})
	}
	a.put(map[string]any{"id": "wrong_1", "amount": -5, "currency": "usd", "status": "succeeded",
		"payment_date": "2026-02-02T00:00:00Z"})
	return a
}

func (a *account) put(row map[string]any) { a.Put("payments", testSince, row) }

func fixtures(t testing.TB) []map[string]any {
	t.Helper()
	text, err := os.ReadFile("testdata/payments.json")
	if err != nil {
		t.Fatal(err)
	}
	var rows []map[string]any
	if err := json.Unmarshal(text, &rows); err != nil {
		t.Fatal(err)
	}
	return rows
}

func (a *account) config(edit ...func(*Config)) Config {
	cfg := Config{
		Account: rest.Account{
			Source: source, BaseURL: a.url, Since: testSince, Now: func() time.Time { return testNow }, RequestsPerSecond: 1e9,
			PageSize: 5, AllowInsecureLoopback: true, MaxAttempts: 2,
			Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
		},
		Key: configs.NewSecret(liveKey), Organization: org,
	}
	for _, change := range edit {
		change(&cfg)
	}
	return cfg
}

func (a *account) provider(t testing.TB, edit ...func(*Config)) *Provider {
	t.Helper()
	p, err := New(a.config(edit...), nil)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// pull reads to the end.
func pull(t testing.TB, p reconcile.Provider) reconcile.Page {
	t.Helper()
	var all reconcile.Page
	for from := reconcile.Cursor(""); ; {
		page, err := p.Pull(t.Context(), from)
		if err != nil {
			t.Fatal(err)
		}
		all.Payments = append(all.Payments, page.Payments...)
		all.Leads = append(all.Leads, page.Leads...)
		all.Calls = append(all.Calls, page.Calls...)
		all.Products = append(all.Products, page.Products...)
		all.Quarantined = append(all.Quarantined, page.Quarantined...)
		all.Covers, all.Next = page.Covers, page.Next
		if from = page.Next; !page.More {
			return all
		}
	}
}

// byID gives the records of a page, each once.
func byID(page reconcile.Page) map[string]reconcile.SourceRecord {
	records := map[string]reconcile.SourceRecord{}
	for _, r := range page.Payments {
		records[r.ID] = r
	}
	return records
}

// list1 is a page of rows given as JSON, the only one.
func list1(rows ...string) string {
	return `{"data":[` + strings.Join(rows, ",") + `],"pagination":{"next_cursor":null,"has_more":false}}`
}

// row is a good payment with fields replaced: name, JSON, name, JSON. An empty JSON leaves the field out.
func row(t testing.TB, fields ...string) string {
	t.Helper()
	object := map[string]json.RawMessage{}
	base := `{"id":"p_1","provider":"stripe","provider_payment_id":"pi_1","amount":1000,"currency":"usd","status":"succeeded",
		"payment_date":"2026-02-01T00:00:00Z","created_at":"2026-02-01T00:00:00Z","customer_email":"dee@example.com"}`
	if err := json.Unmarshal([]byte(base), &object); err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(fields); i += 2 {
		if object[fields[i]] = json.RawMessage(fields[i+1]); fields[i+1] == "" {
			delete(object, fields[i])
		}
	}
	text, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// pullBody pulls one page whose body is given.
func pullBody(t testing.TB, body string, edit ...func(*Config)) (reconcile.Page, error) {
	t.Helper()
	a := emptyAccount(t)
	a.Fault(fake.Fault{Do: fake.Status(http.StatusOK, body)})
	edit = append(edit, func(c *Config) { c.MaxAttempts = 1 })
	return a.provider(t, edit...).Pull(t.Context(), "")
}
