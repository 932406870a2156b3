package fake

import (
	"slices"
	"time"

	"pennytie/reconcile/money"
)

// reached says whether a moment that may never come (zero) has come.
func reached(moment, now time.Time) bool { return !moment.IsZero() && !now.Before(moment) }

// status is a charge's word at a time.
func (c *charge) status(now time.Time) string {
	switch {
	case c.declined != "" || reached(c.failedAt, now):
		return "failed"
	case c.intent.bank && !reached(c.settledAt, now):
		return "pending"
	}
	return "succeeded"
}

// capturedAt is the money taken at a time, whatever was given back since.
func (c *charge) capturedAt(now time.Time) int64 {
	if reached(c.settledAt, now) {
		return c.captured
	}
	return 0
}

// refundedAt is what the charge itself shows as refunded: all refunds but failed ones.
func (c *charge) refundedAt(now time.Time) int64 {
	sum := int64(0)
	for _, r := range c.refunds {
		if reached(r.created, now) && r.status(now) != "failed" {
			sum += r.amount
		}
	}
	return sum
}

// moments are the times from which on a charge looks different.
func (c *charge) moments() []time.Time {
	out := []time.Time{c.created, c.settledAt, c.failedAt}
	if c.txn != nil {
		out = append(out, c.txn.created)
	}
	for _, r := range c.refunds {
		out = append(out, r.created, r.failedAt)
	}
	if c.dispute != nil {
		out = append(out, c.dispute.created)
	}
	return inOrder(out)
}

// inOrder sorts moments and drops those that never come.
func inOrder(moments []time.Time) []time.Time {
	moments = slices.DeleteFunc(moments, time.Time.IsZero)
	slices.SortFunc(moments, time.Time.Compare)
	return slices.CompactFunc(moments, time.Time.Equal)
}

func (r *refund) status(now time.Time) string {
	switch {
	case reached(r.failedAt, now):
		return "failed"
	case reached(r.succeededAt, now):
		return "succeeded"
	}
	return "pending"
}

func (d *dispute) status(now time.Time) string {
	prefix := ""
	if d.inquiry {
		prefix = "warning_"
	}
	switch {
	case reached(d.closedAt, now):
		return d.end
	case reached(d.reviewAt, now):
		return prefix + "under_review"
	}
	return prefix + "needs_response"
}

// Total is the money of one currency at a time.
type Total struct {
	Payments int   // captured payments
	Captured int64 // gross, whatever was given back since
	Refunded int64 // succeeded refunds
	Withheld int64 // disputes open or lost; no inquiries

	// The settlement currency's balance; zero for the others.
	Fees        int64 // kept from charges
	DisputeFees int64
	Net         int64 // all movements but payouts
	PaidOut     int64
}

// Totals says what the money comes to as it stands at a time, in minor units per currency. Captured,
// refunded and withheld are in the currency of the payment, fees, net and payouts in the settlement
// currency.
func (b *Business) Totals(at time.Time) map[money.Currency]Total {
	totals := make(map[money.Currency]Total)
	add := func(currency money.Currency, change func(t *Total)) {
		t := totals[currency]
		change(&t)
		totals[currency] = t
	}
	for _, in := range b.intents {
		for _, c := range in.charges {
			if captured := c.capturedAt(at); captured > 0 {
				add(in.amount.Currency, func(t *Total) { t.Payments++; t.Captured += captured })
			}
		}
	}
	for _, r := range b.refunds {
		if reached(r.created, at) && r.status(at) == "succeeded" {
			add(r.charge.intent.amount.Currency, func(t *Total) { t.Refunded += r.amount })
		}
	}
	for _, d := range b.disputes {
		if reached(d.created, at) && !d.inquiry && d.status(at) != "won" {
			add(d.charge.intent.amount.Currency, func(t *Total) { t.Withheld += d.amount })
		}
	}
	for _, row := range b.ledger {
		if reached(row.created, at) {
			add(settlement, func(t *Total) { t.book(row) })
		}
	}
	for _, p := range b.payouts {
		if reached(p.created, at) && !reached(p.failedAt, at) {
			add(settlement, func(t *Total) { t.PaidOut += p.amount })
		}
	}
	return totals
}

func (t *Total) book(row *ledgerRow) {
	if row.category == "payout_reversal" {
		return // of a payout that does not count either
	}
	t.Net += row.net()
	if row.category == "dispute" {
		t.DisputeFees += row.fee
	} else {
		t.Fees += row.fee
	}
}
