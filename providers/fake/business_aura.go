package fake

import (
	"strings"
	"time"

	"pennytie/reconcile/money"
)

// auraClaim is a row that Aura has of a payment.
type auraClaim struct {
	hearing
	id, mistake         string
	charge              *charge // nil: no processor has this payment
	provider, paymentID string
	payer               *payer
	product             *product
	call                *call
	amount, right       money.Amount // as typed, and as it should be
	paid                time.Time
	corrected, removed  time.Time // when the right amount replaces the typed one; when the row is taken away
	confirmed           bool      // the sales team said whose payment it is
}

// The mistakes in a book.
const (
	mistakeDigits    = "swapped_digits"
	mistakeCurrency  = "wrong_currency"
	mistakeTwice     = "claimed_twice"
	mistakeCorrected = "corrected"
	mistakeRemoved   = "removed"
	mistakeDeaf      = "refund_never_learned"
	mistakeGhost     = "no_payment"
	cashClaim        = "cash"
)

// plainMistakes are those that a payment to which nothing happened later can have.
func plainMistakes() []string {
	return []string{mistakeDigits, mistakeCurrency, mistakeTwice, mistakeCorrected, mistakeRemoved}
}

// makeAura claims most of what was collected, with a mistake here and there.
func (m *maker) makeAura() {
	collected := m.collectedAtStripe()
	for _, p := range m.books.wepay {
		if c := p.charges[0]; !c.settledAt.IsZero() {
			collected = append(collected, c)
		}
	}
	var due []string // must still be made once
	if m.enough() {
		due = plainMistakes()
	}
	deaf := !m.enough() // a refund that was never learned is there
	for i, c := range collected {
		missed := c.givenBack() && !deaf
		plain := len(c.refunds) == 0 && c.dispute == nil && c.intent.aftermath == ""
		forced := plain && len(due) > 0 && i%3 == 2
		if !missed && !forced && !m.chance(920) {
			continue
		}
		mistake := ""
		switch {
		case missed || c.givenBack() && m.chance(80):
			mistake, deaf = mistakeDeaf, true
		case forced:
			mistake, due = due[0], due[1:]
		case plain && m.chance(20):
			mistake = m.pick(plainMistakes())
		}
		m.claim(c, mistake)
	}
	rare := len(collected) / 200
	if m.enough() {
		rare = max(rare, 1)
	}
	for range rare {
		m.claimNothing(collected[m.rng.IntN(len(collected))], mistakeGhost)
		m.claimNothing(collected[m.rng.IntN(len(collected))], cashClaim)
	}
}

// claim makes Aura's row of a payment.
func (m *maker) claim(c *charge, mistake string) {
	in := c.intent
	row := &auraClaim{
		id: m.uuid(), mistake: mistake, charge: c, provider: "wepay", paymentID: in.id, payer: in.payer,
		product: in.product, call: in.call, amount: c.taken(), right: c.taken(), paid: c.settledAt,
		confirmed: in.payer.lead != nil && m.chance(270),
	}
	if in.atStripe() {
		row.provider = "stripe"
	}
	row.hearing = hearing{c.settledAt.Add(m.later(1, 48)), m.later(1, 24), mistake == mistakeDeaf}
	switch mistake {
	case mistakeDigits:
		row.amount.Minor = swapped(row.amount.Minor)
	case mistakeCorrected:
		row.amount.Minor = swapped(row.amount.Minor)
		row.corrected = row.created.Add(m.within(14, 35))
	case mistakeCurrency:
		wrong := money.Currency("EUR")
		if row.amount.Currency == wrong {
			wrong = "USD"
		}
		row.amount.Currency, row.right.Currency = wrong, wrong
	case mistakeRemoved:
		row.removed = row.created.Add(m.within(3, 30))
	case mistakeTwice:
		again := *row
		again.id, again.created, again.confirmed = m.uuid(), row.created.Add(m.later(2, 72)), false
		m.books.aura = append(m.books.aura, &again)
	}
	m.books.aura = append(m.books.aura, row)
}

// claimNothing makes a row of a payment that no processor has: like another one, but cash, or with an id
// that nobody knows.
func (m *maker) claimNothing(like *charge, mistake string) {
	in := like.intent
	row := &auraClaim{
		id: m.uuid(), mistake: mistake, provider: "manual", payer: in.payer, product: m.choose("USD", false),
		paid: like.settledAt.Add(m.later(1, 72)), confirmed: mistake == cashClaim && in.payer.lead != nil,
	}
	if mistake == mistakeGhost {
		row.provider, row.paymentID = "stripe", "pi_"+m.id("3")
	}
	row.amount = row.product.price("USD")
	row.right, row.created = row.amount, row.paid.Add(m.later(1, 48))
	m.books.aura = append(m.books.aura, row)
}

// LoadAura puts everything that the business has at Aura into a fake of it, with its history: payments,
// and the same leads, calls and products that WriteRecords writes.
func (b *Business) LoadAura(to putter, organization string) {
	opened := b.from.AddDate(0, 0, -60)
	for _, p := range b.products {
		to.Put("products", opened, map[string]any{
			"id": p.id, "organization_id": organization, "name": p.name, "description": nil,
			"slug": strings.ReplaceAll(strings.ToLower(p.name), " ", "-"), "is_active": true,
			"created_at": stamp(opened), "updated_at": stamp(opened),
		})
	}
	for _, l := range b.leads {
		to.Put("leads", l.created, map[string]any{
			"id": l.id, "organization_id": organization, "full_name": l.name(), "email": l.email,
			"phone": optional(l.phone), "company": optional(l.company), "status": "new", "source": nil,
			"timezone": nil, "assigned_to_id": l.owner, "external_id": l.externalID,
			"stripe_customer_id": optional(l.customerID), "address": l.street, "city": l.city,
			"postal_code": l.postal, "country": l.country,
			"created_at": stamp(l.created), "updated_at": stamp(l.created),
		})
	}
	for _, c := range b.calls {
		to.Put("calls", c.ended, auraCall(c, organization))
	}
	for _, row := range b.books.aura {
		for _, at := range row.moments() {
			to.Put("payments", at, row.object(at, organization))
		}
		if !row.removed.IsZero() {
			to.Remove("payments", row.removed, row.id)
		}
	}
}

// auraCall shows a call when it is over. Aura's words for how it ended are not ours.
func auraCall(c *call, organization string) map[string]any {
	outcome, value, currency, productID := c.outcome, any(nil), any(nil), any(nil)
	switch c.outcome {
	case "won":
		outcome = "closed"
	case "open":
		outcome = "shown"
	}
	if c.amount != nil {
		value, currency = c.amount.Minor, lower(c.amount.Currency)
	}
	if c.product != nil {
		productID = c.product.id
	}
	return map[string]any{
		"id": c.id, "organization_id": organization, "lead_id": c.leadID, "product_id": productID,
		"closer_id": c.agent, "setter_id": nil, "booking_link_id": nil, "outcome": outcome,
		"scheduled_at": stamp(c.started.Truncate(15 * time.Minute)), "started_at": stamp(c.started),
		"ended_at": stamp(c.ended), "duration_minutes": int64(c.ended.Sub(c.started) / time.Minute),
		"expected_deal_value": value, "currency": currency, "linked_payment_id": nil,
		"created_at": stamp(c.started.Add(-day)), "updated_at": stamp(c.ended),
	}
}

// moments are the times from which on a row looks different.
func (a *auraClaim) moments() []time.Time {
	out := []time.Time{a.created, a.corrected}
	if a.charge != nil {
		out = append(out, a.hearing.moments(a.charge)...)
	}
	return inOrder(out)
}

// object shows a row as it stands at a time.
func (a *auraClaim) object(now time.Time, organization string) map[string]any {
	amount := a.amount
	if reached(a.corrected, now) {
		amount = a.right
	}
	object := map[string]any{
		"id": a.id, "organization_id": organization, "provider": a.provider,
		"provider_payment_id": optional(a.paymentID), "amount": amount.Minor, "currency": lower(amount.Currency),
		"status": "succeeded", "customer_email": optional(a.payer.typedEmail),
		"customer_name": optional(a.payer.typedName), "lead_id": nil, "call_id": nil,
		"payment_date": stamp(a.paid), "created_at": stamp(a.created), "verification_status": "unverified",
		"verified_at": nil, "stripe_charge_id": nil, "stripe_customer_id": nil, "stripe_subscription_id": nil,
		"matched_by": nil, "match_confidence": 0, "match_candidates": nil, "refund_status": "none",
		"refunded_amount": 0, "refunded_at": nil, "stripe_refund_id": nil, "refund_reason": nil,
		"stripe_product_id": nil, "matched_product_id": nil,
	}
	if a.confirmed {
		object["verification_status"], object["verified_at"] = "confirmed", stamp(a.created)
		object["matched_by"], object["match_confidence"] = "manual", 1
		object["lead_id"], object["matched_product_id"] = a.payer.lead.id, a.product.id
		if a.call != nil {
			object["call_id"] = a.call.id
		}
	}
	if a.charge == nil {
		return object
	}
	in := a.charge.intent
	if in.atStripe() {
		object["stripe_charge_id"], object["stripe_customer_id"] = a.charge.id, optional(customerOf(in))
		if in.invoice != nil {
			object["stripe_subscription_id"] = in.invoice.subscription.id
		}
		if in.invoice != nil || in.session != nil {
			object["stripe_product_id"] = in.product.stripeID // a bill and a checkout name what is sold
		}
	}
	if sum, newest := a.refunded(a.charge, now); sum > 0 {
		object["refund_status"], object["refunded_amount"] = "partial", sum
		if sum == a.charge.captured {
			object["status"], object["refund_status"] = "refunded", "full"
		}
		object["refunded_at"], object["refund_reason"] = stamp(newest.succeededAt), optional(newest.reason)
		if in.atStripe() {
			object["stripe_refund_id"] = newest.id
		}
	}
	return object
}
