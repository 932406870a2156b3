package stripe

import (
	"context"
	"slices"
	"time"

	"pennytie/providers/internal/rows"
	"pennytie/providers/internal/walk"
	"pennytie/reconcile"
)

const day = 24 * time.Hour

// streamCharges is the stream that tells which payment dates a pull is complete for.
const streamCharges = "charges"

// streams gives the lists in the order of a pull: what others refer to comes first. Stripe lists an object by when
// it was made, not by when it changed: a refund can turn from succeeded to failed weeks later
// (https://docs.stripe.com/refunds#failed-refunds).
func (p *Provider) streams() []walk.Stream {
	list := []walk.Stream{
		{Name: streamCharges, Overlap: 10 * time.Minute, Read: pageOf(p, p.client.listCharges, (*converter).charge, rows.Payments)},
		{Name: "refunds", Overlap: 45 * day, Read: pageOf(p, p.client.listRefunds, (*converter).refund, rows.Refunds)},
		{Name: "disputes", Overlap: 45 * day, Read: pageOf(p, p.client.listDisputes, (*converter).dispute, rows.Disputes)},
		// A session is made before its charge, up to days before with a delayed payment method.
		{Name: "checkout sessions", Overlap: 7 * day, Early: 7 * day, Read: pageOf(p, p.client.listSessions, (*converter).session, rows.Payments)},
	}
	if p.ledger {
		list = append(list, walk.Stream{Name: "payouts", Overlap: 10 * time.Minute, Once: true, Read: p.readPayouts},
			walk.Stream{Name: "ledger", Overlap: 10 * time.Minute, Read: p.readLedger})
	}
	if p.products {
		list = slices.Insert(list, 0, walk.Stream{Name: "products", Whole: true,
			Read: pageOf(p, p.client.listProducts, (*converter).product, rows.Products)})
	}
	return list
}

func queryOf(q walk.Query) query {
	made := query{after: q.After}
	if !q.From.IsZero() {
		made.from = q.From.Unix()
	}
	if !q.To.IsZero() {
		made.to = q.To.Unix()
	}
	return made
}

// pageOf makes the read of a stream: list a page, convert its rows, append them where they belong.
func pageOf[T, R any](
	p *Provider, list func(context.Context, query) (listing[T], error), convert func(*converter, *row[T]) (R, error),
	into func(*reconcile.Page) *[]R,
) func(context.Context, walk.Query, *reconcile.Page) (string, error) {
	return func(ctx context.Context, q walk.Query, page *reconcile.Page) (string, error) {
		found, err := list(ctx, queryOf(q))
		conv := p.converter(q.Now)
		err = collect(conv, page, found, err, func(r *row[T]) (R, error) { return convert(conv, r) }, into(page))
		if err != nil || !found.more {
			return "", err
		}
		return found.last(), nil
	}
}
