package stripe

import (
	"context"
	"encoding/json"
	"strings"

	stripe "github.com/stripe/stripe-go/v76"

	"pennytie/providers/internal/walk"
	"pennytie/reconcile"
)

// The ledger and the payouts are two streams. The ledger is only ever added to, so that its list by creation is all that is
// new, whatever it is about; but a row does not say with which payout it went. Payouts say so, and only days after they were
// made: one that does not yet is open, and is read again by id, with its members. What becomes of a payout after that shows in
// the ledger, however old it is, because the money comes back by a row of its own.

// readLedger reads a page of the ledger, and the payouts that came back by it.
func (p *Provider) readLedger(ctx context.Context, q walk.Query, page *reconcile.Page) (string, error) {
	found, err := p.client.listLedger(ctx, queryOf(q))
	conv := p.converter(q.Now)
	if err := collect(conv, page, found, err, conv.entry, &page.Entries); err != nil {
		return "", err
	}
	for i := range found.rows {
		if returned, is := conv.returned(&found.rows[i].Value); is {
			page.Payouts = append(page.Payouts, returned)
		}
	}
	if !found.more {
		return "", nil
	}
	return found.last(), nil
}

// returned is the payout that a ledger row gave back. One that cannot be read is put aside where payouts are listed.
func (c *converter) returned(r *row[*stripe.BalanceTransaction]) (reconcile.Payout, bool) {
	if r.object.ReportingCategory != stripe.BalanceTransactionReportingCategoryPayoutReversal || r.object.Source == nil ||
		r.object.Source.Payout == nil {
		return reconcile.Payout{}, false
	}
	of := row[*stripe.Payout]{object: r.object.Source.Payout}
	if json.Unmarshal(r.head.Source, &of.head) != nil || c.mode(of.head) != nil {
		return reconcile.Payout{}, false
	}
	payout, err := c.payout(&of)
	return payout, err == nil
}

// readPayouts reads one payout, or one more page of its members. The place is the payout, and of its members the last that was
// read: "po_…|txn_…", with nothing after the bar when all were.
func (p *Provider) readPayouts(ctx context.Context, q walk.Query, page *reconcile.Page) (string, error) {
	id, member, _ := strings.Cut(q.After, "|")
	conv, more := p.converter(q.Now), true // whether there is a payout after one whose members took several pages is asked then
	if member == "" {
		asked := queryOf(q)
		asked.after, asked.limit = id, 1
		found, err := p.client.listPayouts(ctx, asked)
		if err := collect(conv, page, found, err, conv.payout, &page.Payouts); err != nil || len(found.rows) == 0 {
			return "", err
		}
		if len(found.rows) > 1 {
			return "", badPage(payoutRows, "more rows came than were asked for")
		}
		id, more = found.last(), found.more
	}
	if member != "" || len(page.Payouts) > 0 && itemised(&page.Payouts[0]) {
		var err error
		if member, err = p.members(ctx, conv, id, member, page); err != nil {
			return "", err
		}
	}
	if member == "" && !more {
		return "", nil
	}
	return id + "|" + member, nil
}

// itemised says whether the members of a payout can be listed. Of one that failed they can: they came back together, by a row
// that is a member of the payout after it.
func itemised(payout *reconcile.Payout) bool { return payout.Automatic && payout.Itemised }

// members reads a page of what is in a payout. next is empty at the end.
func (p *Provider) members(ctx context.Context, conv *converter, payout, after string, page *reconcile.Page) (next string, err error) {
	first := len(page.Entries)
	found, err := p.client.listLedger(ctx, query{payout: payout, after: after})
	if err := collect(conv, page, found, err, conv.entry, &page.Entries); err != nil {
		return "", err
	}
	for i := range page.Entries[first:] {
		page.Entries[first+i].PayoutID = payout
	}
	if !found.more {
		return "", nil
	}
	return found.last(), nil
}

// fetchPayout reads a payout by id, with all its members once Stripe itemises it: never with some of them.
func (p *Provider) fetchPayout(ctx context.Context, conv *converter, id string, page *reconcile.Page) error {
	list, err := p.client.getPayout(ctx, id)
	before := len(page.Payouts)
	if err := collect(conv, page, list, err, conv.payout, &page.Payouts); err != nil {
		return err
	}
	if len(page.Payouts) == before || !itemised(&page.Payouts[before]) {
		return nil
	}
	seen := map[string]bool{}
	for after := ""; ; {
		next, err := p.members(ctx, conv, id, after, page)
		if err != nil || next == "" {
			return err
		}
		if seen[next] {
			return badPage(ledgerRows, "list starts again after a place that it already started after")
		}
		seen[next], after = true, next
	}
}
