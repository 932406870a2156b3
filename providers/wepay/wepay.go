// Package wepay reads one app of WePay's API v3 (Clear, Link and Core, by Chase): payments, refunds and disputes, and
// the payer behind each payment method.
//
// The catalogue of providers makes one Provider per configured source, and the batch engine calls it. All knowledge of
// WePay stays here: its words (https://dev.wepay.com/payments-101/payment-lifecycles), its amounts in minor units, its
// errors by error_code, and what was assumed where its pages say nothing (see Config). The older API v2 has other
// objects and is not read.
//
// The package must not write anything to WePay but what push.go lists, keep state between runs other than in the cursor and the
// given cache, follow a next page to another host, or hand out a payment without its payer because a look-up failed.
package wepay

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"go.uber.org/zap"

	"pennytie/providers/internal/lookup"
	"pennytie/providers/internal/rest"
	"pennytie/providers/internal/rows"
	"pennytie/providers/internal/walk"
	"pennytie/reconcile"
)

// Name of the service, as in a configuration and in identity keys.
const Name = "wepay"

// The endpoints, by their path without the slash. The first three are the streams of a pull.
const (
	payments = "payments"
	refunds  = "refunds"
	disputes = "disputes"
	methods  = "payment_methods"
)

// early is how long before its payment date a payment may have been made: a capture may be put off by seven days.
const early = 8 * 24 * time.Hour

// Provider reads one app of WePay. It is safe for concurrent use.
type Provider struct {
	*walk.Walk
	cfg    Config
	client *client
	payers *lookup.Memory[payer]
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
	p := &Provider{cfg: cfg, client: client, payers: lookup.New[payer]("payment_method", cfg.Cache)}
	p.Walk = &walk.Walk{Service: Name, Streams: p.streams(), Covers: payments, Since: cfg.Since, Now: cfg.Now,
		Scope: cfg.Environment + " " + cfg.OwnerID}
	return p, nil
}

// Probe reads one payment, to show that the credential works.
func (p *Provider) Probe(ctx context.Context) error {
	_, _, err := list[paymentRow](ctx, p.client, payments, walk.Query{}, 1)
	return err
}

// streams gives the lists in the order of a pull: payments before what refers to them. All three filter by when a row
// was made. A row that is still open is read again by id, whatever its age.
func (p *Provider) streams() []walk.Stream {
	streams := []walk.Stream{{Name: payments, Overlap: p.cfg.Overlap, Read: pageOf(p, payments, (*converter).payment, rows.Payments)}}
	if p.cfg.PaymentDate == Capture {
		streams[0].Early = early
	}
	if !p.cfg.NoRefundList {
		streams = append(streams, walk.Stream{Name: refunds, Overlap: rest.DefaultOverlap,
			Read: pageOf(p, refunds, (*converter).refund, rows.Refunds)})
	}
	return append(streams, walk.Stream{Name: disputes, Overlap: rest.DefaultOverlap,
		Read: pageOf(p, disputes, (*converter).dispute, rows.Disputes)})
}

// pageOf makes the read of a stream: list a page, convert its rows, append them where they belong.
func pageOf[T, R any](
	p *Provider, collection string, convert func(*converter, context.Context, *T) (R, error), into func(*reconcile.Page) *[]R,
) func(context.Context, walk.Query, *reconcile.Page) (string, error) {
	return func(ctx context.Context, q walk.Query, page *reconcile.Page) (string, error) {
		items, next, err := list[T](ctx, p.client, collection, q, p.cfg.PageSize)
		if err != nil && collection == refunds && unknown(err) {
			return "", fmt.Errorf("wepay: refunds cannot be listed (the option no_refund_list does without): %w", err)
		}
		if err != nil {
			return "", err
		}
		return next, collect(ctx, p.converter(q.Now), page, "/"+collection, items, convert, into(page))
	}
}

// Fetch reads single rows again. An id that WePay does not know, or that cannot be one, is left out. One that the app may not
// read is put aside, because it is not gone, and must not hold back the others.
func (p *Provider) Fetch(ctx context.Context, refs []reconcile.Ref) (reconcile.Page, error) {
	conv := p.converter(p.cfg.Now())
	var page reconcile.Page
	for _, ref := range refs {
		var err error
		switch ref.Kind {
		case reconcile.RefPayment:
			err = fetch(ctx, conv, &page, payments, ref.ID, (*converter).payment, &page.Payments)
		case reconcile.RefRefund:
			err = fetch(ctx, conv, &page, refunds, ref.ID, (*converter).refund, &page.Refunds)
		case reconcile.RefDispute:
			err = fetch(ctx, conv, &page, disputes, ref.ID, (*converter).dispute, &page.Disputes)
		default:
			err = fmt.Errorf("wepay: a row of kind %q cannot be read by id: %w", ref.Kind, reconcile.ErrInvalid)
		}
		if err != nil {
			return reconcile.Page{}, err
		}
	}
	return page, nil
}

func fetch[T, R any](
	ctx context.Context, c *converter, page *reconcile.Page, collection, id string,
	convert func(*converter, context.Context, *T) (R, error), into *[]R,
) error {
	if !rows.PlausibleID(id) {
		return nil
	}
	row, err := get[T](ctx, c.client, collection, id)
	switch {
	case unknown(err):
		return nil
	case rest.StatusOf(err) == http.StatusForbidden && refused(err):
		page.Quarantined = append(page.Quarantined, reconcile.Quarantine{Source: c.cfg.Source, File: "/" + collection + "/" + id, ID: id,
			Reason: "the service refuses to show this row by id (403); check the permissions of the key"})
		return nil
	case err != nil:
		return err
	}
	return collect(ctx, c, page, "/"+collection+"/"+id, []rows.Item[T]{row}, convert, into)
}

// unknown says whether an error is WePay's word that there is no such row, and not a refusal with that status.
func unknown(err error) bool {
	status := rest.StatusOf(err)
	return (status == http.StatusNotFound || status == http.StatusGone) && errors.Is(err, reconcile.ErrInvalid)
}

// refused says whether an error is WePay's answer to this one question, which it will give again: not a throttle, a hiccup or
// the credential (401). One row's must not stop all others for ever.
func refused(err error) bool {
	switch rest.StatusOf(err) {
	case http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound, http.StatusGone:
		return errors.Is(err, reconcile.ErrInvalid) || errors.Is(err, reconcile.ErrAuth)
	}
	return false
}
