// Package cents reads the transactions that a company has at Cents, a ledger of donations and round-ups
// (docs.centsdonations.com): what was given through the company's own payment gateway, as Cents wrote it down.
//
// The catalogue of providers makes one Provider per configured source, and the batch engine calls it. All knowledge of Cents
// stays here: its one list, its days without a clock, its amounts in two units and its short-lived tokens. The package must
// not write to Cents, keep anything between runs but the refresh token that its Credential keeps, take an intent that nobody
// paid (pre_transaction) for money, or let Cents, which moves no money itself, merge two payments of a processor.
package cents

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"go.uber.org/zap"

	"pennytie/providers/internal/rest"
	"pennytie/providers/internal/walk"
	"pennytie/reconcile"
)

// Name of the service, as in a configuration and in identity keys.
const Name = "cents"

// streamTransactions is the one list, which tells which payment dates a pull is complete for.
const streamTransactions = "transactions"

// Provider reads one company's account, also by id. It is safe for concurrent use.
type Provider struct{ *lister }

// lister is a Provider for an account that cannot be read by id.
type lister struct {
	client      *client
	conv        *converter
	walk        *walk.Walk
	now         func() time.Time
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
		return nil, fmt.Errorf("cents: source %q: %w", cfg.Source, err)
	}
	l := &lister{
		client: client, conv: newConverter(cfg), now: cfg.Now, zone: cfg.Zone, byUpdate: cfg.DateFilter == FilterUpdated,
		credential: cfg.Credential, refreshLife: cfg.RefreshLife,
	}
	l.walk = &walk.Walk{Service: Name, Covers: streamTransactions, Since: cfg.Since, Now: cfg.Now,
		Streams: []walk.Stream{{Name: streamTransactions, Overlap: cfg.Overlap, Read: l.read}}}
	if cfg.NoFetch {
		return l, nil
	}
	return &Provider{l}, nil
}

// Name implements reconcile.Provider.
func (l *lister) Name() string { return Name }

// Pull implements reconcile.Provider: one page of Cents' is one Page.
func (l *lister) Pull(ctx context.Context, from reconcile.Cursor) (reconcile.Page, error) {
	return l.walk.Pull(ctx, from)
}

// Rescan implements reconcile.Rescanner. Where the list goes by the day of the last change, what was made in a stretch
// may be listed on any day since.
func (l *lister) Rescan(ctx context.Context, past reconcile.Span, from reconcile.Cursor) (reconcile.Page, error) {
	if now := l.now(); l.byUpdate && past.From.Before(past.Through) && past.Through.Before(now) {
		past.Through = now
	}
	return l.walk.Rescan(ctx, past, from)
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
	rows, next, err := l.client.list(ctx, l.days(q), q.After, 0)
	if err != nil {
		return "", err
	}
	for _, row := range rows {
		l.conv.add(page, row, q.Now)
	}
	return next, nil
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

// Fetch reads single rows again. An id that Cents does not know, or that cannot be one, is left out. What was an intent when
// it was stored may be a payment by now, so that the kind of the ref does not matter.
func (p *Provider) Fetch(ctx context.Context, refs []reconcile.Ref) (reconcile.Page, error) {
	var page reconcile.Page
	now := p.now()
	for _, ref := range refs {
		if ref.Kind != reconcile.RefPayment && ref.Kind != reconcile.RefDetail {
			return reconcile.Page{}, fmt.Errorf("cents: a row of kind %q cannot be read by id: %w", ref.Kind, reconcile.ErrInvalid)
		}
		if !plausibleID(ref.ID) {
			continue
		}
		row, err := p.client.one(ctx, ref.ID)
		switch status := rest.StatusOf(err); {
		case status == http.StatusNotFound:
			continue
		case status == http.StatusForbidden: // so a gateway answers a path that it does not know
			return reconcile.Page{}, fmt.Errorf("%w; if this account cannot read single transactions, set no_fetch", err)
		case err != nil:
			return reconcile.Page{}, err
		}
		p.conv.add(&page, row, now)
	}
	return page, nil
}

// plausibleID keeps text that is no id out of a request path. An empty one would turn a read into a list.
func plausibleID(id string) bool {
	const longest = 255
	return plainWord(id) && len(id) <= longest && strings.Trim(id, ".") != "" && !strings.ContainsAny(id, `/\?#%`)
}
