// Package zenskar reads the payments of one Zenskar organisation: what its billing says was paid, refunded and lost.
//
// The catalogue of providers makes one Provider per configured source, and the batch engine calls it. Zenskar is a book: it
// keeps account of money that a gateway moved, and names the gateway's own id where it knows it. Its one list mixes payments
// with refunds, reversals, authorisations and taxes, told apart by type; all of that knowledge stays here. The package must
// not send anything but GET, follow an address that the service names, keep state between runs other than in the cursor and
// the cache that it is given, or hand out rows of a page that it did not check.
//
// The list filters by when a row was made, never by when it changed, so a refund of an old payment shows as a row of its
// own, but a changed status only in a re-scan or a read by id.
package zenskar

import (
	"context"
	"fmt"
	"time"

	"go.uber.org/zap"

	"pennytie/providers/internal/walk"
	"pennytie/providers/internal/wire"
	"pennytie/reconcile"
)

// Name of the service, as in a configuration and in identity keys.
const Name = "zenskar"

// streamPayments is the one list that is read.
const streamPayments = "payments"

// Provider reads one organisation. It is safe for concurrent use.
type Provider struct {
	client *client
	conv   converter // without a clock
	look   *lookups
	now    func() time.Time
	walk   *walk.Walk
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
	client, err := newClient(cfg, log)
	if err != nil {
		return nil, fmt.Errorf("zenskar: source %q: %w", cfg.Source, err)
	}
	p := &Provider{
		client: client, now: cfg.Now,
		conv: converter{
			source: cfg.Source, role: cfg.Role, organisation: cfg.Organisation,
			major: cfg.AmountUnit == UnitMajor, ignoreChargebacks: cfg.IgnoreChargebacks,
		},
		look: newLookups(client, cfg),
	}
	p.walk = &walk.Walk{Service: Name, Covers: streamPayments, Since: cfg.Since, Now: cfg.Now,
		Streams: []walk.Stream{{Name: streamPayments, Overlap: cfg.Overlap, Read: p.read}}}
	return p, nil
}

// Name implements reconcile.Provider.
func (p *Provider) Name() string { return Name }

// Pull implements reconcile.Provider: one page of Zenskar's is one Page.
func (p *Provider) Pull(ctx context.Context, from reconcile.Cursor) (reconcile.Page, error) {
	return p.walk.Pull(ctx, from)
}

// Rescan implements reconcile.Rescanner.
func (p *Provider) Rescan(ctx context.Context, past reconcile.Span, from reconcile.Cursor) (reconcile.Page, error) {
	return p.walk.Rescan(ctx, past, from)
}

// Probe reads one payment, to show that key and organisation work.
func (p *Provider) Probe(ctx context.Context) error { return p.client.probe(ctx) }

// Fetch reads single rows again; all kinds are rows of the one list. An id that Zenskar does not know, or that cannot be
// one, is left out.
func (p *Provider) Fetch(ctx context.Context, refs []reconcile.Ref) (reconcile.Page, error) {
	var rows []wire.Item[paymentWire]
	for _, ref := range refs {
		switch ref.Kind {
		case reconcile.RefPayment, reconcile.RefDetail, reconcile.RefRefund, reconcile.RefDispute:
		default:
			return reconcile.Page{}, fmt.Errorf("zenskar: a row of kind %q cannot be read by id: %w", ref.Kind, reconcile.ErrInvalid)
		}
		row, known, err := getOne[paymentWire](ctx, p.client, pathPayments, ref.ID)
		if err != nil {
			return reconcile.Page{}, err
		}
		if known {
			rows = append(rows, row)
		}
	}
	var page reconcile.Page
	if err := p.collect(ctx, p.now(), rows, &page); err != nil {
		return reconcile.Page{}, err
	}
	return page, nil
}

// read is the read of the stream: list a page, convert its rows, append them where they belong.
func (p *Provider) read(ctx context.Context, q walk.Query, page *reconcile.Page) (string, error) {
	rows, next, err := p.client.list(ctx, q)
	if err == nil {
		err = p.collect(ctx, q.Now, rows, page)
	}
	if err != nil {
		return "", err
	}
	return next, nil
}

// collect converts rows into the page; one that cannot be right is kept as it came, with the reason, while the rest goes
// on. An error is a look-up that failed: then nothing of the page counts.
func (p *Provider) collect(ctx context.Context, now time.Time, rows []wire.Item[paymentWire], page *reconcile.Page) error {
	for _, r := range rows {
		p.look.seen(r.Value)
	}
	conv := p.conv
	conv.now = now
	for _, r := range rows {
		made, f := conv.row(r)
		if f == nil {
			var err error
			if f, err = p.look.complete(ctx, &made); err != nil {
				return err
			}
		}
		if f != nil {
			page.Quarantined = append(page.Quarantined, reconcile.Quarantine{
				Source: conv.source, File: pathPayments, Field: f.field, Reason: f.reason,
				Raw: append([]byte(nil), r.Raw[:min(len(r.Raw), reconcile.MaxRaw)]...),
			})
			continue
		}
		switch {
		case made.record != nil:
			page.Payments = append(page.Payments, *made.record)
		case made.refund != nil:
			page.Refunds = append(page.Refunds, *made.refund)
		case made.dispute != nil:
			page.Disputes = append(page.Disputes, *made.dispute)
		}
	}
	return nil
}
