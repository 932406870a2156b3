package stripe

import (
	"context"
	"errors"
	"fmt"

	stripe "github.com/stripe/stripe-go/v76"

	"pennytie/providers/internal/rows"
	"pennytie/providers/internal/walk"
	"pennytie/reconcile"
)

// The ledger and the payouts are two streams. The ledger is only ever added to, so that its list by creation is all that is
// new, whatever it is about; but a row does not say with which payout it went. Payouts say so, and only days after they were
// made: one that does not yet is open, and is read again by id, with its members. What becomes of a payout after that shows in
// the ledger, however old it is, because the money comes back by a row of its own. So payouts are listed once: listed again, one
// that has its members by now would be closed without them.

// mayNot adds the mend to an error of a key that may read payments, but not the ledger.
func mayNot(err error) error {
	if errors.Is(err, reconcile.ErrAuth) {
		return fmt.Errorf("%w (let the key read Balance and Payouts, or leave them out: options: {skip_ledger: true})", err)
	}
	return err
}

// readLedger reads a page of the ledger, and the payouts that came back by it: with their members, which may not have been read
// before the bank refused them.
func (p *Provider) readLedger(ctx context.Context, q walk.Query, page *reconcile.Page) (string, error) {
	found, err := p.client.listLedger(ctx, queryOf(q))
	conv := p.converter(q.Now)
	if err := collect(conv, page, found, err, conv.entry, &page.Entries); err != nil {
		return "", mayNot(err)
	}
	for i := range found.rows {
		if one, is := returned(&found.rows[i].Value); is {
			if err := p.addPayout(ctx, conv, one, nil, page); err != nil {
				return "", err
			}
		}
	}
	if !found.more {
		return "", nil
	}
	return found.last(), nil
}

// returned is the payout that a ledger row gave back, as a list of one.
func returned(r *row[*stripe.BalanceTransaction]) (one listing[*stripe.Payout], is bool) {
	if r.object.ReportingCategory != stripe.BalanceTransactionReportingCategoryPayoutReversal || r.object.Source == nil ||
		r.object.Source.Payout == nil {
		return one, false
	}
	head, err := readHead(payoutRows, r.head.Source)
	if err != nil {
		return one, false
	}
	payout := row[*stripe.Payout]{object: r.object.Source.Payout, head: head}
	return listing[*stripe.Payout]{kind: payoutRows, rows: []rows.Item[row[*stripe.Payout]]{{Value: payout, Raw: r.head.Source}}}, true
}

// readPayouts reads some payouts, and all that is in those that Stripe has itemised.
func (p *Provider) readPayouts(ctx context.Context, q walk.Query, page *reconcile.Page) (string, error) {
	const atOnce, most = 10, 1000 // payouts and members of a page: a payout of many has one to itself
	asked := queryOf(q)
	asked.limit = min(atOnce, p.client.limit)
	found, err := p.client.listPayouts(ctx, asked)
	if err != nil {
		return "", mayNot(err)
	}
	conv := p.converter(q.Now)
	for i := range found.rows {
		one := found
		one.rows = found.rows[i : i+1]
		if err := p.addPayout(ctx, conv, one, nil, page); err != nil {
			return "", err
		}
		if len(page.Entries) >= most && (found.more || i+1 < len(found.rows)) {
			return one.last(), nil
		}
	}
	if !found.more {
		return "", nil
	}
	return found.last(), nil
}

// addPayout puts one payout into the page with all its members, if Stripe lists them: never with some of them. Of a payout that
// failed it does, too: they came back together, by a row that is a member of the payout after it.
func (p *Provider) addPayout(ctx context.Context, conv *converter, one listing[*stripe.Payout], err error, page *reconcile.Page) error {
	before := len(page.Payouts)
	if err := collect(conv, page, one, err, conv.payout, &page.Payouts); err != nil || len(page.Payouts) == before {
		return err
	}
	payout := &page.Payouts[before]
	if !payout.Automatic || !payout.Itemised {
		return nil
	}
	seen := map[string]bool{}
	for after := ""; ; {
		found, err := p.client.listLedger(ctx, query{payout: payout.ID, after: after})
		first := len(page.Entries)
		if err := collect(conv, page, found, err, conv.entry, &page.Entries); err != nil {
			return err
		}
		for i := range page.Entries[first:] {
			page.Entries[first+i].PayoutID = payout.ID
		}
		if !found.more {
			return nil
		}
		if after = found.last(); seen[after] {
			return badPage(ledgerRows, "list starts again after a place that it already started after")
		}
		seen[after] = true
	}
}
