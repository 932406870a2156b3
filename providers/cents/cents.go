// Package cents reads the transactions that a company has at Cents, a ledger of donations and round-ups
// (docs.centsdonations.com): what was given through the company's own payment gateway, as Cents wrote it down.
//
// The catalogue of providers makes one Provider per configured source, and the batch engine calls it. All knowledge of Cents
// stays here: its one list, its days without a clock, its amounts in two units and its short-lived tokens. The package must
// not write anything to Cents but what push.go lists, keep anything between runs but the refresh token that its Credential
// keeps, take an intent that nobody paid (pre_transaction) for money, or let Cents, which moves no money itself, merge two
// payments of a processor.
package cents

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"pennytie/providers/internal/rows"
	"pennytie/providers/internal/walk"
	"pennytie/reconcile"
)

// Name of the service, as in a configuration and in identity keys.
const Name = "cents"

// streamTransactions is the one list, which tells which payment dates a pull is complete for.
const streamTransactions = "transactions"

// Provider reads one company's account, also by id. It is safe for concurrent use.
type Provider struct {
	*lister
	byID atomic.Bool // whether a row was read by id: then the service has such a read
}

// lister is a Provider for an account that cannot be read by id.
type lister struct {
	*walk.Walk
	client      *client
	conv        *converter
	zone        *time.Location
	byUpdate    bool
	credential  Credential
	refreshLife time.Duration
}

var (
	_ reconcile.Provider  = (*lister)(nil)
	_ reconcile.Rescanner = (*lister)(nil)
	_ reconcile.Prober    = (*lister)(nil)
	_ reconcile.Expirer   = (*lister)(nil)

	_ reconcile.Provider  = (*Provider)(nil)
	_ reconcile.Rescanner = (*Provider)(nil)
	_ reconcile.Prober    = (*Provider)(nil)
	_ reconcile.Expirer   = (*Provider)(nil)
	_ reconcile.Fetcher   = (*Provider)(nil)
)

// New checks the configuration, reads the refresh token once and makes a provider: a *Provider, or with NoFetch one that
// cannot be asked for single rows. It sends nothing.
func New(cfg Config, log *zap.Logger) (reconcile.Provider, error) {
	cfg, err := cfg.checked()
	if err != nil {
		return nil, err
	}
	client, err := newClient(cfg, log)
	if err != nil {
		return nil, err
	}
	l := &lister{
		client: client, conv: newConverter(cfg), zone: cfg.Zone, byUpdate: cfg.DateFilter == FilterUpdated,
		credential: cfg.Credential, refreshLife: cfg.RefreshLife,
	}
	l.Walk = &walk.Walk{Service: Name, Covers: streamTransactions, Since: cfg.Since, Now: cfg.Now,
		Scope:   cfg.Environment + " " + cfg.ListPath + " " + cfg.DateFilter,
		Streams: []walk.Stream{{Name: streamTransactions, Overlap: cfg.Overlap, Read: l.read}}}
	if cfg.NoFetch {
		return l, nil
	}
	return &Provider{lister: l}, nil
}

// Rescan implements reconcile.Rescanner. Where the list goes by the day of the last change, what was made in a stretch
// may be listed on any day since.
func (l *lister) Rescan(ctx context.Context, past reconcile.Span, from reconcile.Cursor) (reconcile.Page, error) {
	if now := l.Now(); l.byUpdate && past.From.Before(past.Through) && past.Through.Before(now) {
		past.Through = now
	}
	return l.Walk.Rescan(ctx, past, from)
}

// Probe reads one transaction, to show that the credential works.
func (l *lister) Probe(ctx context.Context) error {
	_, _, err := l.client.list(ctx, bounds{}, "", 1)
	return err
}

// Expires implements reconcile.Expirer: when the refresh token dies, as far as its beginning is known. A person must have
// logged in again by then.
func (l *lister) Expires() time.Time {
	_, issued, err := l.credential.Load()
	if err != nil || issued.IsZero() {
		return time.Time{}
	}
	return issued.Add(l.refreshLife).UTC()
}

// read is one page of the list. The bounds of Cents are whole days and both belong to the range, so that a window's first
// and last day may show rows of its neighbours: they are read twice, which changes nothing.
func (l *lister) read(ctx context.Context, q walk.Query, page *reconcile.Page) (string, error) {
	items, next, err := l.client.list(ctx, l.days(q), q.After, 0)
	if err != nil {
		return "", err
	}
	return next, l.conv.collect(page, items, q.Now)
}

// days turns a half-open stretch of time into its first and last day.
func (l *lister) days(q walk.Query) bounds {
	var b bounds
	if !q.From.IsZero() {
		b.first = q.From.In(l.zone).Format(time.DateOnly)
	}
	if !q.To.IsZero() {
		b.last = q.To.Add(-time.Nanosecond).In(l.zone).Format(time.DateOnly)
	}
	return b
}

// Fetch reads single rows again. An id that Cents does not know, or that cannot be one, is left out; a row that it refuses
// to show is put aside, because it is there. What was an intent when
// it was stored may be a payment by now, so that the kind of the ref does not matter.
func (p *Provider) Fetch(ctx context.Context, refs []reconcile.Ref) (reconcile.Page, error) {
	var page reconcile.Page
	var refused error
	now, asked := p.Now(), 0
	for _, ref := range refs {
		if ref.Kind != reconcile.RefPayment && ref.Kind != reconcile.RefDetail {
			return reconcile.Page{}, fmt.Errorf("cents: a row of kind %q cannot be read by id: %w", ref.Kind, reconcile.ErrInvalid)
		}
		if !rows.PlausibleID(ref.ID) {
			continue
		}
		asked++
		row, known, err := p.client.one(ctx, ref.ID)
		switch {
		case answered(err) == http.StatusForbidden:
			refused = err
			page.Quarantined = append(page.Quarantined, reconcile.Quarantine{
				Source: p.conv.source, File: p.client.path + "/" + ref.ID, ID: ref.ID,
				Reason: "the service refuses to show this row by id (403); check the permissions of the key",
			})
			continue
		case err != nil:
			return reconcile.Page{}, err
		case !known:
			continue
		}
		p.byID.Store(true)
		if err := p.conv.collect(&page, []rows.Item[transaction]{row}, now); err != nil {
			return reconcile.Page{}, err
		}
	}
	// Refused is also how a gateway answers every path that it does not know.
	if refused != nil && len(page.Quarantined) == asked && !p.byID.Load() {
		return reconcile.Page{}, withoutFetch(refused)
	}
	return page, nil
}
