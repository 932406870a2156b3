package files

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pennytie/reconcile"
)

// write makes a file in a fresh folder.
func write(t testing.TB, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	overwrite(t, path, content)
	return path
}

func overwrite(t testing.TB, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func provider(t testing.TB, cfg Config) *Provider {
	t.Helper()
	if cfg.Source == "" {
		cfg.Source = "exports"
	}
	if cfg.Role == "" {
		cfg.Role = reconcile.RoleProcessor
	}
	p, err := New(cfg, nil)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// pulled is a whole pull.
type pulled struct {
	reconcile.Page
	pages int
}

// rows is how many rows the pull accounts for.
func (p *pulled) rows() int {
	return len(p.Payments) + len(p.Refunds) + len(p.Leads) + len(p.Calls) + len(p.Products) + len(p.Entries) + len(p.Payouts) +
		len(p.Quarantined) + p.Skipped.Unchanged + p.Skipped.Duplicate + p.Skipped.Quarantined
}

func (p *pulled) add(page reconcile.Page) {
	p.pages++
	p.Payments = append(p.Payments, page.Payments...)
	p.Refunds = append(p.Refunds, page.Refunds...)
	p.Leads = append(p.Leads, page.Leads...)
	p.Calls = append(p.Calls, page.Calls...)
	p.Products = append(p.Products, page.Products...)
	p.Entries = append(p.Entries, page.Entries...)
	p.Payouts = append(p.Payouts, page.Payouts...)
	p.Quarantined = append(p.Quarantined, page.Quarantined...)
	p.Skipped.Unchanged += page.Skipped.Unchanged
	p.Skipped.Duplicate += page.Skipped.Duplicate
	p.Skipped.Quarantined += page.Skipped.Quarantined
	p.Next, p.More, p.Covers = page.Next, page.More, page.Covers
}

// pullFrom pulls to the end. With kill, every page is read by a new provider, as after a crash.
func pullFrom(t testing.TB, cfg Config, from reconcile.Cursor, kill bool) (pulled, error) {
	t.Helper()
	var all pulled
	p := provider(t, cfg)
	for {
		page, err := p.Pull(context.Background(), from)
		if err != nil {
			return all, err
		}
		all.add(page)
		if !page.More {
			return all, nil
		}
		if from == page.Next {
			t.Fatal("the cursor stands still")
		}
		from = page.Next
		if kill {
			p = provider(t, cfg)
		}
	}
}

func pullAll(t testing.TB, cfg Config) pulled {
	t.Helper()
	all, err := pullFrom(t, cfg, "", false)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

const paymentHeader = "provider,provider_payment_id,amount,currency,status,payment_date"

// paymentLines is a canonical file of n good rows.
func paymentLines(n int) string {
	var text strings.Builder
	text.WriteString(paymentHeader + ",customer_email,customer_name\n")
	for i := range n {
		fmt.Fprintf(&text, "stripe,pi_%04d,%d.%02d,USD,succeeded,2025-03-%02dT10:00:00Z,"+
			"p%d@example.com,Payer %d\n",
			i, i, i%100, 1+i%28, i, i)
	}
	return text.String()
}
