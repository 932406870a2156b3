// Package stripe reads one Stripe account: charges, refunds, disputes and checkout sessions, the ledger and the payouts with
// their members, and, on request, products.
//
// The catalogue of providers makes one Provider per configured source, and the batch engine calls it. All
// knowledge of Stripe stays here: its objects (API version 2023-10-16, which the SDK pins), its minor units
// and its quirks, each with the vendor's page. The package must not write to Stripe, keep state between
// runs other than in the cursor, follow the SDK's own paging (it can end a list early without an error), or
// hand out rows of a page that it did not check.
//
// A subscription paid in a checkout session has no payment intent on the session (only an invoice), so such a
// session is known by its own id alone and does not attach to the payment; the charge's invoice already
// names the subscription and the product.
package stripe

import (
	"context"
	"fmt"
	"net/http"

	"go.uber.org/zap"

	"pennytie/providers/internal/rest"
	"pennytie/providers/internal/rows"
	"pennytie/providers/internal/walk"
	"pennytie/reconcile"
)

// Name of the service, as in a configuration and in identity keys.
const Name = "stripe"

// Provider reads one Stripe account. It is safe for concurrent use.
type Provider struct {
	*walk.Walk
	source   string
	role     reconcile.Role
	products bool
	ledger   bool
	livemode *bool // as the key says; nil if its shape does not tell
	client   *apiClient
}

var (
	_ reconcile.Provider  = (*Provider)(nil)
	_ reconcile.Rescanner = (*Provider)(nil)
	_ reconcile.Fetcher   = (*Provider)(nil)
	_ reconcile.Prober    = (*Provider)(nil)
)

// New checks the configuration and makes a Provider. It sends nothing.
func New(cfg Config, log *zap.Logger) (*Provider, error) {
	cfg, err := cfg.checked()
	if err != nil {
		return nil, err
	}
	client, err := newAPIClient(cfg, log)
	if err != nil {
		return nil, err
	}
	p := &Provider{ // keeps no key of its own, so that printing it shows none
		source: cfg.Source, role: cfg.Role, products: cfg.Products, ledger: !cfg.SkipLedger, livemode: modeOf(cfg.Key.Reveal()),
		client: client,
	}
	p.Walk = &walk.Walk{Service: Name, Streams: p.streams(), Covers: streamCharges, Since: cfg.Since, Now: cfg.Now}
	return p, nil
}

// Probe reads one row of what a key may be kept from, to show that it works.
func (p *Provider) Probe(ctx context.Context) error {
	_, err := p.client.listCharges(ctx, query{limit: 1})
	if err != nil || !p.ledger {
		return err
	}
	if _, err = p.client.listLedger(ctx, query{limit: 1}); err == nil {
		_, err = p.client.listPayouts(ctx, query{limit: 1})
	}
	return mayNot(err)
}

// Fetch reads single rows again. An id that Stripe does not know, or that cannot be one, is left out.
func (p *Provider) Fetch(ctx context.Context, refs []reconcile.Ref) (reconcile.Page, error) {
	conv := p.converter(p.Now())
	var page reconcile.Page
	for _, ref := range refs {
		if !rows.PlausibleID(ref.ID) {
			continue
		}
		err := p.fetch(ctx, conv, ref, &page)
		if rest.StatusOf(err) == http.StatusNotFound {
			continue
		}
		if err != nil {
			return reconcile.Page{}, err
		}
	}
	return page, nil
}

func (p *Provider) fetch(ctx context.Context, conv *converter, ref reconcile.Ref, page *reconcile.Page) error {
	switch ref.Kind {
	case reconcile.RefPayment:
		list, err := p.client.getCharge(ctx, ref.ID)
		return collect(conv, page, list, err, conv.charge, &page.Payments)
	case reconcile.RefRefund:
		list, err := p.client.getRefund(ctx, ref.ID)
		return collect(conv, page, list, err, conv.refund, &page.Refunds)
	case reconcile.RefDispute:
		list, err := p.client.getDispute(ctx, ref.ID)
		return collect(conv, page, list, err, conv.dispute, &page.Disputes)
	case reconcile.RefPayout:
		one, err := p.client.getPayout(ctx, ref.ID)
		return p.addPayout(ctx, conv, one, err, page)
	case reconcile.RefDetail:
		list, err := p.client.getSession(ctx, ref.ID)
		return collect(conv, page, list, err, conv.session, &page.Payments)
	}
	return fmt.Errorf("stripe: a row of kind %q cannot be read by id: %w", ref.Kind, reconcile.ErrInvalid)
}
