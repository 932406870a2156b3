package zenskar

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"pennytie/configs"
	"pennytie/providers/fake"
	"pennytie/providers/internal/rest"
	"pennytie/reconcile"
)

const (
	testKey  = "zk_canary0000"
	testOrg  = "org-1"
	source   = "zenskar-main"
	parentID = "6a1c2f34-0d44-4b50-8888-8dd25736052a" // of testdata/payment.json
)

var (
	testNow   = time.Date(2026, 3, 20, 12, 0, 0, 0, time.UTC)
	testSince = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
)

// account is a fake organisation and a provider's way to it.
type account struct {
	*fake.Zenskar
	url string
}

func newAccount(t testing.TB) *account {
	t.Helper()
	a := &account{Zenskar: fake.NewZenskar(testKey, testOrg, func() time.Time { return testNow })}
	server, err := fake.Listen(a.Zenskar)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	a.url = server.URL()
	return a
}

func (a *account) config() Config {
	return Config{
		Account: rest.Account{
			Source: source, BaseURL: a.url, Since: testSince, Now: func() time.Time { return testNow }, RequestsPerSecond: 1e9,
			PageSize: 3, AllowInsecureLoopback: true, MaxAttempts: 2,
			Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
		},
		Key: configs.NewSecret(testKey), Organisation: testOrg,
	}
}

func (a *account) provider(t testing.TB, change ...func(*Config)) *Provider {
	t.Helper()
	cfg := a.config()
	for _, c := range change {
		c(&cfg)
	}
	p, err := New(cfg, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// documented is the row of testdata/payment.json with some fields changed; a changed field of value absent is left out.
func documented(t testing.TB, set map[string]any) map[string]any {
	t.Helper()
	text, err := os.ReadFile("testdata/payment.json")
	if err != nil {
		t.Fatal(err)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var row map[string]any
	if err := decoder.Decode(&row); err != nil {
		t.Fatal(err)
	}
	maps.Copy(row, set)
	maps.DeleteFunc(row, func(_ string, value any) bool { return value == absent })
	return row
}

type nothing struct{}

var absent any = nothing{}

// put shelves a payment row as made on a day of 2026.
func (a *account) put(at time.Time, row map[string]any) { a.Put("payments", at, row) }

func day(n int) time.Time { return testSince.AddDate(0, 0, n).Add(10 * time.Hour) }

func naive(at time.Time) string { return at.Format("2006-01-02T15:04:05.000000") }

// plain is a small row.
func plain(id string, at time.Time, set map[string]any) map[string]any {
	row := map[string]any{"id": id, "type": "payment", "status": "success", "amount": "1000", "currency_code": "USD",
		"created_at": naive(at), "timestamp": naive(at), "customer_email": "ann@example.com", "external_id": nil,
		"invoices": []any{}, "transactions": []any{}, "parent_id": nil, "payment_method": "card"}
	maps.Copy(row, set)
	return row
}

// pull reads from a cursor to the end.
func pull(t testing.TB, p *Provider, from reconcile.Cursor) reconcile.Page {
	t.Helper()
	all, err := tryPull(t, p, from)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func tryPull(t testing.TB, p *Provider, from reconcile.Cursor) (all reconcile.Page, err error) {
	t.Helper()
	for range 200 {
		page, err := p.Pull(t.Context(), from)
		if err != nil {
			return all, err
		}
		all.Payments = append(all.Payments, page.Payments...)
		all.Refunds = append(all.Refunds, page.Refunds...)
		all.Disputes = append(all.Disputes, page.Disputes...)
		all.Quarantined = append(all.Quarantined, page.Quarantined...)
		all.Next, all.Covers = page.Next, page.Covers
		if !page.More {
			return all, nil
		}
		from = page.Next
	}
	t.Fatal("the pull did not end")
	return all, nil
}

// told says in one line what a page with one row made of it.
func told(page reconcile.Page) string {
	var lines []string
	for _, r := range page.Payments {
		f := r.Facts
		line := string(r.Kind)
		if f.Amount != nil {
			line += fmt.Sprintf(" %d %s", f.Amount.Minor, f.Amount.Currency)
		}
		line += " " + strings.TrimSpace(string(f.Status)+" "+string(f.RefundStatus))
		if f.RefundedAmount != nil {
			line += fmt.Sprintf(" %d", f.RefundedAmount.Minor)
		}
		for _, d := range f.Doubts {
			line += fmt.Sprintf(" [%s %s: %s, %s]", d.Code, d.Field, d.Expected, d.Actual)
		}
		if r.Open {
			line += " open"
		}
		lines = append(lines, line)
	}
	for _, r := range page.Refunds {
		line := fmt.Sprintf("refund %d %s %s", r.Amount.Minor, r.Amount.Currency, r.Status)
		if len(r.Keys) == 0 {
			line += " orphan"
		}
		if r.Open {
			line += " open"
		}
		lines = append(lines, line)
	}
	for _, d := range page.Disputes {
		line := fmt.Sprintf("dispute %d %s %s", d.Amount.Minor, d.Amount.Currency, d.Status)
		if d.Open {
			line += " open"
		}
		lines = append(lines, line)
	}
	for _, q := range page.Quarantined {
		lines = append(lines, fmt.Sprintf("quarantine %s: %s", q.Field, q.Reason))
	}
	return strings.Join(lines, "; ")
}
