package stripe

import (
	"os"
	"testing"
	"time"

	"go.uber.org/zap"

	"pennytie/configs"
	"pennytie/providers/internal/rest"
	"pennytie/reconcile"
)

// TestMock pulls from stripe-mock, which checks every request against Stripe's own API description:
//
//	go install github.com/stripe/stripe-mock@v0.183.0
//	stripe-mock -http-addr 127.0.0.1:12111 -https-addr 127.0.0.1:0 -strict-version-check
//
// It has one row of each kind, made in 2009, whatever is asked for.
func TestMock(t *testing.T) {
	base := os.Getenv("PENNYTIE_STRIPE_MOCK")
	if base == "" {
		t.Skip("PENNYTIE_STRIPE_MOCK is not set, e.g. http://127.0.0.1:12111")
	}
	p, err := New(Config{
		Account: rest.Account{Source: source, BaseURL: base, AllowInsecureLoopback: true,
			Since: time.Now().AddDate(0, -3, 0), RequestsPerSecond: 100},
		Key: configs.NewSecret("sk_test_123"), Products: true,
	}, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Probe(t.Context()); err != nil {
		t.Fatal(err)
	}
	all, pages := pull(t, p, "")
	if len(pages) < 9 || len(all.Quarantined) > 0 {
		t.Errorf("%d pages, quarantined %+v", len(pages), all.Quarantined)
	}
	var refs []reconcile.Ref
	for _, r := range all.Payments {
		refs = append(refs, reconcile.Ref{Kind: string(r.Kind), ID: r.ID})
	}
	for _, r := range all.Refunds {
		refs = append(refs, reconcile.Ref{Kind: reconcile.RefRefund, ID: r.ID})
	}
	for _, r := range all.Disputes {
		refs = append(refs, reconcile.Ref{Kind: reconcile.RefDispute, ID: r.ID})
	}
	for _, r := range all.Payouts {
		refs = append(refs, reconcile.Ref{Kind: reconcile.RefPayout, ID: r.ID})
	}
	if len(all.Payments) < 2 || len(all.Entries) == 0 || len(all.Payouts) == 0 || len(all.Refunds) == 0 || len(all.Disputes) == 0 || len(all.Products) == 0 {
		t.Fatalf("a stream gave nothing: %d payments, %d refunds, %d disputes, %d products, %d entries, %d payouts",
			len(all.Payments), len(all.Refunds), len(all.Disputes), len(all.Products), len(all.Entries), len(all.Payouts))
	}
	page, err := p.Fetch(t.Context(), refs)
	if err != nil {
		t.Fatal(err)
	}
	if got := len(page.Payments) + len(page.Refunds) + len(page.Disputes) + len(page.Payouts); got != len(refs) {
		t.Errorf("fetched %d of %d rows, quarantined %+v", got, len(refs), page.Quarantined)
	}
	t.Logf("%d pages, %d rows fetched by id, complete for %v", len(pages), len(refs), all.Covers)
}
