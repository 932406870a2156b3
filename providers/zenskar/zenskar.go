// Package zenskar reads the payments of one Zenskar organisation: what its billing says was paid, refunded and lost.
//
// The catalogue of providers makes one Provider per configured source, and the batch engine calls it. Zenskar is a book: it
// keeps account of money that a gateway moved, and names the gateway's own id where it knows it. Its one list mixes payments
// with refunds, reversals, authorisations and taxes, told apart by type; all of that knowledge stays here. The package must
// not send anything but GET and what push.go lists, follow an address that the service names, keep state between runs other than
// in the cursor and the cache that it is given, or hand out rows of a page that it did not check.
//
// The list filters by when a row was made, never by when it changed, so a refund of an old payment shows as a row of its
// own, but a changed status only in a re-scan or a read by id.
package zenskar

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"go.uber.org/zap"

	"pennytie/providers/internal/rest"
	"pennytie/providers/internal/rows"
	"pennytie/providers/internal/walk"
	"pennytie/reconcile"
)

// Name of the service, as in a configuration and in identity keys.
const Name = "zenskar"

// early is how long before its money moved a row may have been made: what falls due next month is entered today.
const early = 31 * 24 * time.Hour

// streamPayments is the one list that is read.
const streamPayments = "payments"

// Provider reads one organisation. It is safe for concurrent use.
type Provider struct {
	*walk.Walk
	client *client
	conv   converter // without a clock
	look   *lookups
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
		return nil, err
	}
	p := &Provider{
		client: client,
		conv: converter{
			source: cfg.Source, role: cfg.Role, organisation: cfg.Organisation,
			major: cfg.AmountUnit == UnitMajor, ignoreChargebacks: cfg.IgnoreChargebacks, connectors: cfg.Connectors,
		},
		look: newLookups(client, cfg, log),
	}
	stream := walk.Stream{Name: streamPayments, Overlap: cfg.Overlap, Read: p.read}
	if cfg.DateField == DateCreated {
		stream.Early = early
	}
	p.Walk = &walk.Walk{Service: Name, Covers: streamPayments, Since: cfg.Since, Now: cfg.Now,
		Scope:   cfg.Organisation + " " + cfg.DateField,
		Streams: []walk.Stream{stream}}
	return p, nil
}

// Probe reads one payment, to show that key and organisation work.
func (p *Provider) Probe(ctx context.Context) error { return p.client.probe(ctx) }

// Fetch reads single rows again; all kinds are rows of the one list. An id that Zenskar does not know, or that cannot be
// one, is left out; a row that it refuses to show is put aside, because it is there.
func (p *Provider) Fetch(ctx context.Context, refs []reconcile.Ref) (reconcile.Page, error) {
	var items []rows.Item[paymentWire]
	var page reconcile.Page
	for _, ref := range refs {
		switch ref.Kind {
		case reconcile.RefPayment, reconcile.RefDetail, reconcile.RefRefund, reconcile.RefDispute:
		default:
			return reconcile.Page{}, fmt.Errorf("zenskar: a row of kind %q cannot be read by id: %w", ref.Kind, reconcile.ErrInvalid)
		}
		row, known, err := getOne[paymentWire](ctx, p.client, pathPayments, ref.ID)
		if rest.StatusOf(err) == http.StatusForbidden { // it is there, and the others may be read
			page.Quarantined = append(page.Quarantined, reconcile.Quarantine{
				Source: p.conv.source, File: pathPayments + "/" + ref.ID, ID: ref.ID,
				Reason: "the service refuses to show this row by id (403); check the permissions of the key",
			})
			continue
		}
		if err != nil {
			return reconcile.Page{}, err
		}
		if known {
			items = append(items, row)
		}
	}
	if err := p.collect(ctx, p.Now(), items, &page); err != nil {
		return reconcile.Page{}, err
	}
	return page, nil
}

// read is the read of the stream: list a page, convert its rows, append them where they belong.
func (p *Provider) read(ctx context.Context, q walk.Query, page *reconcile.Page) (string, error) {
	items, next, err := p.client.list(ctx, q)
	if err != nil {
		return "", err
	}
	return next, p.collect(ctx, q.Now, items, page)
}

// collect converts rows into the page. An error is a look-up that failed: then nothing of the page counts.
func (p *Provider) collect(ctx context.Context, now time.Time, items []rows.Item[paymentWire], page *reconcile.Page) error {
	for _, item := range items {
		p.look.seen(&item.Value)
	}
	conv := p.conv
	conv.now = now
	var all []converted
	err := rows.Collect(page, conv.source, pathPayments, items, func(w *paymentWire) (converted, error) {
		made, err := conv.row(w)
		if err == nil {
			err = p.look.complete(ctx, &made)
		}
		return made, err
	}, &all)
	for _, made := range all {
		switch {
		case made.record != nil:
			page.Payments = append(page.Payments, *made.record)
		case made.refund != nil:
			page.Refunds = append(page.Refunds, *made.refund)
		case made.dispute != nil:
			page.Disputes = append(page.Disputes, *made.dispute)
		}
	}
	return err
}
