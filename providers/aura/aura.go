// Package aura reads the books of one Aura organization: its payments, and, as sources of records, its leads, calls and
// products.
//
// The catalogue of providers makes one Provider per configured source and one Records per kind of record, and the batch
// engine calls them. All knowledge of Aura's public API stays here (https://docs.api.aura-app.ai/): its envelope, its cents
// and its words. What its pages do not say is assumed, and each assumption is a field of Config.
//
// Aura is a book: it claims payments that a processor moved. A row that names the processor's payment attaches to it by that
// key. The package must not write anything to Aura but what push.go lists, follow an address from an answer, or give a row more
// than one processor's key, because a slip in a book must never make two payments one.
package aura

import (
	"context"
	"errors"
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
const Name = "aura"

// streamPayments is the stream that tells which payment dates a pull is complete for.
const streamPayments = "payments"

// early is how long before its payment date an entry may have been made: what is due next month is entered today.
const early = 31 * 24 * time.Hour

// Provider reads the payments of one organization. It is safe for concurrent use.
type Provider struct {
	*walk.Walk
	client *client
	rules  rules
}

var (
	_ reconcile.Provider  = (*Provider)(nil)
	_ reconcile.Rescanner = (*Provider)(nil)
	_ reconcile.Fetcher   = (*Provider)(nil)
	_ reconcile.Prober    = (*Provider)(nil)
	_ reconcile.Pusher    = (*Provider)(nil)
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
	p := &Provider{client: client, rules: cfg.rules()}
	stream := walk.Stream{Name: streamPayments, Overlap: cfg.Overlap,
		Read: pageOf(client, p.rules, pathPayments, (*converter).payment, rows.Payments)}
	if cfg.DateFilter == FilterCreatedAt {
		stream.Early = early
	}
	p.Walk = &walk.Walk{
		Service: Name, Streams: []walk.Stream{stream}, Covers: streamPayments, Since: cfg.Since, Now: cfg.Now,
		Scope: cfg.DateFilter,
	}
	return p, nil
}

// Probe reads one payment, to show that the key works: /health asks for none.
func (p *Provider) Probe(ctx context.Context) error { return p.client.probe(ctx, pathPayments) }

// Fetch reads single payments again. An id that Aura does not know, or that cannot be one, is left out. One that the key may
// not read is put aside, because it is not gone, and must not hold back the others.
func (p *Provider) Fetch(ctx context.Context, refs []reconcile.Ref) (reconcile.Page, error) {
	conv := &converter{rules: p.rules, now: p.Now()}
	var page reconcile.Page
	for _, ref := range refs {
		if ref.Kind != reconcile.RefPayment {
			return reconcile.Page{}, fmt.Errorf("aura: a row of kind %q cannot be read by id: %w",
				ref.Kind, reconcile.ErrInvalid)
		}
		if !rows.PlausibleID(ref.ID) {
			continue
		}
		id := canonicalID(ref.ID)
		path := pathPayments + "/" + id
		row, err := p.client.payment(ctx, path, id)
		switch {
		case unknown(err):
			continue
		case rest.StatusOf(err) == http.StatusForbidden:
			page.Quarantined = append(page.Quarantined, reconcile.Quarantine{Source: p.rules.source, File: path, ID: id,
				Reason: "the service refuses to show this row by id (403); check the permissions of the key"})
			continue
		case err != nil:
			return reconcile.Page{}, err
		}
		if err := collect(conv, &page, path, []rows.Item[paymentRow]{row}, (*converter).payment, &page.Payments); err != nil {
			return reconcile.Page{}, err
		}
	}
	return page, nil
}

// unknown says whether an error is Aura's word that there is no such row.
func unknown(err error) bool {
	status := rest.StatusOf(err)
	return status == http.StatusNotFound || status == http.StatusGone || errors.Is(err, errNotFound)
}

// Kinds of record that NewRecords reads.
const (
	KindLeads    = "leads"
	KindCalls    = "calls"
	KindProducts = "products"
)

// Records reads one kind of record, whole with each pull: none of these lists has a date filter. It is safe for concurrent use.
type Records struct {
	client *client
	path   string
	walk   *walk.Walk
}

var (
	_ reconcile.Provider = (*Records)(nil)
	_ reconcile.Prober   = (*Records)(nil)
)

// NewRecords makes a source of leads, calls or products. It sends nothing. Its pages cover no payment dates.
func NewRecords(cfg Config, kind string, log *zap.Logger) (reconcile.Provider, error) {
	cfg, err := cfg.checked()
	if err != nil {
		return nil, err
	}
	client, err := newClient(cfg, log)
	if err != nil {
		return nil, err
	}
	r := &Records{client: client, path: "/v1/" + kind}
	stream := walk.Stream{Name: kind, Whole: true}
	switch kind {
	case KindLeads:
		stream.Read = pageOf(client, cfg.rules(), r.path, (*converter).lead, rows.Leads)
	case KindCalls:
		stream.Read = pageOf(client, cfg.rules(), r.path, (*converter).call, rows.Calls)
	case KindProducts:
		stream.Read = pageOf(client, cfg.rules(), r.path, (*converter).product, rows.Products)
	default:
		return nil, fmt.Errorf("aura: source %q: records are leads, calls or products, not %q: %w",
			cfg.Source, kind, reconcile.ErrInvalid)
	}
	r.walk = &walk.Walk{Service: Name, Streams: []walk.Stream{stream}, Now: cfg.Now}
	return r, nil
}

// Name implements reconcile.Provider.
func (r *Records) Name() string { return Name }

// Pull implements reconcile.Provider.
func (r *Records) Pull(ctx context.Context, from reconcile.Cursor) (reconcile.Page, error) {
	return r.walk.Pull(ctx, from)
}

// Probe reads one row, to show that the key works for this list.
func (r *Records) Probe(ctx context.Context) error { return r.client.probe(ctx, r.path) }

// pageOf makes the read of a stream: list a page, convert its rows, append them where they belong.
func pageOf[T, R any](
	c *client, rules rules, path string, convert func(*converter, *T) (R, error), into func(*reconcile.Page) *[]R,
) func(context.Context, walk.Query, *reconcile.Page) (string, error) {
	return func(ctx context.Context, q walk.Query, page *reconcile.Page) (string, error) {
		items, next, err := list[T](ctx, c, path, c.query(q))
		if err != nil {
			return "", err
		}
		return next, collect(&converter{rules: rules, now: q.Now}, page, path, items, convert, into(page))
	}
}
