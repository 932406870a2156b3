// Package stripe reads one Stripe account: charges, refunds, disputes and checkout sessions, and, on request,
// products.
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
	"errors"
	"fmt"
	"net/http"
	"time"

	"go.uber.org/zap"

	"pennytie/providers/internal/rest"
	"pennytie/providers/internal/walk"
	"pennytie/reconcile"
)

// Name of the service, as in a configuration and in identity keys.
const Name = "stripe"

// Provider reads one Stripe account. It is safe for concurrent use.
type Provider struct {
	source   string
	role     reconcile.Role
	now      func() time.Time
	products bool
	livemode *bool // as the key says; nil if its shape does not tell
	client   *apiClient
	walk     *walk.Walk
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
		return nil, fmt.Errorf("stripe: source %q: %w", cfg.Source, err)
	}
	p := &Provider{ // keeps no key of its own, so that printing it shows none
		source: cfg.Source, role: cfg.Role, now: cfg.Now, products: cfg.Products,
		livemode: modeOf(cfg.Key), client: client,
	}
	p.walk = &walk.Walk{Service: Name, Streams: p.streams(), Covers: streamCharges, Since: cfg.Since, Now: cfg.Now}
	return p, nil
}

// Name implements reconcile.Provider.
func (p *Provider) Name() string { return Name }

// Probe reads one charge, to show that the key works.
func (p *Provider) Probe(ctx context.Context) error {
	_, err := p.client.listCharges(ctx, query{limit: 1})
	return err
}

// Fetch reads single rows again. An id that Stripe does not know, or that cannot be one, is left out.
func (p *Provider) Fetch(ctx context.Context, refs []reconcile.Ref) (reconcile.Page, error) {
	conv := p.converter(p.now())
	var page reconcile.Page
	for _, ref := range refs {
		if !plausibleID(ref.ID) {
			continue
		}
		err := p.fetch(ctx, conv, ref, &page)
		var answer *rest.Error
		if errors.As(err, &answer) && answer.Status == http.StatusNotFound {
			continue
		}
		if err != nil {
			return reconcile.Page{}, err
		}
	}
	return page, nil
}

func (p *Provider) fetch(
	ctx context.Context, conv *converter, ref reconcile.Ref, page *reconcile.Page,
) error {
	switch ref.Kind {
	case reconcile.RefPayment:
		list, err := p.client.getCharge(ctx, ref.ID)
		collect(conv, page, list, conv.charge, &page.Payments)
		return err
	case reconcile.RefRefund:
		list, err := p.client.getRefund(ctx, ref.ID)
		collect(conv, page, list, conv.refund, &page.Refunds)
		return err
	case reconcile.RefDispute:
		list, err := p.client.getDispute(ctx, ref.ID)
		collect(conv, page, list, conv.dispute, &page.Disputes)
		return err
	case reconcile.RefDetail:
		list, err := p.client.getSession(ctx, ref.ID)
		collect(conv, page, list, conv.session, &page.Payments)
		return err
	}
	return fmt.Errorf("stripe: a row of kind %q cannot be read by id: %w", ref.Kind, reconcile.ErrInvalid)
}

// plausibleID keeps text that is no id out of a request path. An empty one would turn a read into a list.
func plausibleID(id string) bool {
	const longest = 255 // https://docs.stripe.com/upgrades
	for i := range len(id) {
		c := id[i]
		plain := c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !plain {
			return false
		}
	}
	return id != "" && len(id) <= longest
}
