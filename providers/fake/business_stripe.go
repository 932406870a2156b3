package fake

import (
	"fmt"
	"strings"
	"time"

	"pennytie/reconcile/money"
)

// Load puts everything that the business has at Stripe into s, with its history.
func (b *Business) Load(s *Stripe) { b.each(s.Livemode(), s.Put) }

// emitter shows the business as Stripe objects.
type emitter struct {
	live bool
	put  func(collection string, at time.Time, object map[string]any)
}

// each hands over every version of every object, always in the same order.
func (b *Business) each(live bool, put func(collection string, at time.Time, object map[string]any)) {
	e := &emitter{live: live, put: put}
	for _, p := range b.products {
		e.product(p, b.from.AddDate(0, 0, -60))
	}
	customers := make(map[string]bool)
	bills := make(map[string]bool)
	for _, in := range b.intents {
		if p := in.payer; p.customerID != "" && !customers[p.customerID] {
			customers[p.customerID] = true
			e.customer(p)
		}
		if in.invoice != nil {
			if sub := in.invoice.subscription; !bills[sub.id] {
				bills[sub.id] = true
				e.subscription(sub)
			}
			e.invoice(in.invoice)
		}
		if in.session != nil {
			e.session(in)
		}
		e.intent(in)
		for _, c := range in.charges {
			for _, at := range c.moments() {
				e.put("charges", at, e.charge(c, at))
			}
		}
	}
	for _, r := range b.refunds {
		for _, at := range inOrder([]time.Time{r.created, r.succeededAt, r.failedAt}) {
			e.put("refunds", at, refundObject(r, at))
		}
	}
	for _, d := range b.disputes {
		moments := []time.Time{d.created, d.reviewAt, d.closedAt}
		if d.corrected != nil {
			moments = append(moments, d.corrected.created)
		}
		for _, at := range inOrder(moments) {
			e.put("disputes", at, e.dispute(d, at))
		}
	}
	for _, row := range b.ledger {
		e.ledgerRow(row)
	}
	for _, p := range b.payouts {
		e.payout(p)
	}
}

// charge shows an attempt as it stands at a time.
func (e *emitter) charge(c *charge, now time.Time) map[string]any {
	in, p, status := c.intent, c.intent.payer, c.status(now)
	captured := reached(c.settledAt, now)
	taken := c.capturedAt(now)
	if in.bank {
		// A bank debit counts as captured while it is still on its way, and even after it came back.
		captured, taken = true, in.amount.Minor
	}
	refunded := c.refundedAt(now)
	return map[string]any{
		"id": c.id, "object": "charge", "livemode": e.live, "created": c.created.Unix(),
		"amount": in.amount.Minor, "amount_captured": taken, "amount_refunded": refunded,
		"currency": lower(in.amount.Currency), "status": status,
		"captured": captured, "paid": status == "succeeded", "refunded": taken > 0 && refunded == taken,
		"disputed":            c.dispute != nil && reached(c.dispute.created, now),
		"application":         nil,
		"application_fee":     nil,
		"balance_transaction": txnID(c.txn, now), "failure_balance_transaction": nil,
		"application_fee_amount": nil, "authorization_code": nil,
		"billing_details":                 e.billing(in),
		"calculated_statement_descriptor": "TALLOW LANE STUDIO",
		"customer":                        optional(customerOf(in)),
		"description":                     optional(in.description), "destination": nil,
		"failure_code": optional(failureCode(c, now)), "failure_message": optional(failureMessage(c, now)),
		"fraud_details": map[string]any{}, "invoice": invoiceID(in), "metadata": p.bag(),
		"on_behalf_of": nil, "outcome": outcome(c, status), "payment_intent": in.id,
		"payment_method": "pm_1" + in.stem[1:], "payment_method_details": methodDetails(in),
		"radar_options": map[string]any{}, "receipt_email": optional(receiptEmail(in)),
		"receipt_number": nil,
		"receipt_url":    "https://pay.example.com/receipts/" + c.id, "review": nil,
		"shipping": nil, "source": nil, "source_transfer": nil,
		"statement_descriptor": nil, "statement_descriptor_suffix": nil,
		"transfer_data": nil, "transfer_group": nil,
	}
}

// billing is what was typed next to the card.
func (e *emitter) billing(in *intent) map[string]any {
	p := in.payer
	email := p.typedEmail
	if p.emailIn != "billing" && in.session == nil {
		email = ""
	}
	return map[string]any{
		"address": p.addressObject(), "email": optional(email), "name": optional(p.typedName),
		"phone": optional(p.typedPhone),
	}
}

func (p *payer) addressObject() map[string]any {
	if !p.address {
		return map[string]any{"city": nil, "country": p.country, "line1": nil, "line2": nil,
			"postal_code": p.postal, "state": nil}
	}
	return map[string]any{"city": p.city, "country": p.country, "line1": p.street, "line2": nil,
		"postal_code": p.postal, "state": optional(p.state)}
}

func (p *payer) bag() map[string]any {
	bag := make(map[string]any, len(p.metadata))
	for key, value := range p.metadata {
		bag[key] = value
	}
	return bag
}

func receiptEmail(in *intent) string {
	if in.payer.emailIn == "receipt" && in.session == nil {
		return in.payer.typedEmail
	}
	return ""
}

func customerOf(in *intent) string {
	if in.session != nil {
		return "" // a guest stays one, even if known from elsewhere
	}
	return in.payer.customerID
}

func failureCode(c *charge, now time.Time) string {
	switch {
	case c.declined != "":
		return c.declined
	case reached(c.failedAt, now):
		return "insufficient_funds"
	}
	return ""
}

func failureMessage(c *charge, now time.Time) string {
	switch failureCode(c, now) {
	case "card_declined":
		return "Your card was declined."
	case "expired_card":
		return "Your card has expired."
	case "insufficient_funds":
		return "The customer's account has insufficient funds to cover this payment."
	}
	return ""
}

func outcome(c *charge, status string) map[string]any {
	if c.declined != "" {
		return map[string]any{"network_status": "declined_by_network", "reason": c.declined,
			"risk_level":     "normal",
			"seller_message": "The bank returned the decline code `" + c.declined + "`.",
			"type":           "issuer_declined"}
	}
	message := "Payment complete."
	if status == "pending" {
		message = "Payment in progress."
	}
	return map[string]any{"network_status": "approved_by_network", "reason": nil, "risk_level": "normal",
		"seller_message": message, "type": "authorized"}
}

func methodDetails(in *intent) map[string]any {
	p := in.payer
	if in.bank {
		return map[string]any{"type": "us_bank_account", "us_bank_account": map[string]any{
			"account_holder_type": "individual", "account_type": "checking",
			"bank_name":   "TIDEWATER EXAMPLE BANK",
			"fingerprint": p.fingerprint, "last4": p.last4, "routing_number": "110000000",
		}}
	}
	return map[string]any{"type": "card", "card": map[string]any{
		"brand": p.brand, "country": p.country, "exp_month": 4, "exp_year": 2031,
		"fingerprint": p.fingerprint,
		"funding":     "credit", "installments": nil, "last4": p.last4, "mandate": nil, "network": p.brand,
		"three_d_secure": nil, "wallet": nil,
	}}
}

// intent shows a payment at each time at which it changed.
func (e *emitter) intent(in *intent) {
	var moments []time.Time
	for _, c := range in.charges {
		moments = append(moments, c.created, c.settledAt, c.failedAt)
	}
	for _, now := range inOrder(moments) {
		latest := in.charges[0]
		for _, c := range in.charges {
			if reached(c.created, now) {
				latest = c
			}
		}
		status, capturable := intentStatus(latest, now), int64(0)
		if status == "requires_capture" {
			capturable = in.amount.Minor
		}
		method, capture := "card", "automatic"
		if in.bank {
			method = "us_bank_account"
		}
		if in.manual {
			capture = "manual"
		}
		e.put("payment_intents", now, map[string]any{
			"id": in.id, "object": "payment_intent", "livemode": e.live, "created": in.created.Unix(),
			"amount": in.amount.Minor, "amount_capturable": capturable,
			"amount_received": latest.capturedAt(now),
			"application":     nil, "application_fee_amount": nil, "canceled_at": nil,
			"cancellation_reason": nil,
			"capture_method":      capture, "confirmation_method": "automatic",
			"currency": lower(in.amount.Currency),
			"customer": optional(customerOf(in)), "description": optional(in.description),
			"invoice":            invoiceID(in),
			"last_payment_error": nil, "latest_charge": latest.id, "metadata": in.payer.bag(),
			"next_action":  nil,
			"on_behalf_of": nil, "payment_method": "pm_1" + in.stem[1:],
			"payment_method_types": []any{method},
			"receipt_email":        optional(receiptEmail(in)), "review": nil, "setup_future_usage": nil,
			"shipping":             nil,
			"statement_descriptor": nil, "statement_descriptor_suffix": nil, "status": status,
			"transfer_data": nil, "transfer_group": nil,
		})
	}
}

func intentStatus(latest *charge, now time.Time) string {
	switch status := latest.status(now); {
	case status == "failed":
		return "requires_payment_method"
	case status == "pending":
		return "processing"
	case !reached(latest.settledAt, now):
		return "requires_capture"
	}
	return "succeeded"
}

// optional is null for empty text, as Stripe shows what is not known.
func optional(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func lower(currency money.Currency) string { return strings.ToLower(string(currency)) }

func invoiceID(in *intent) any {
	if in.invoice == nil {
		return nil
	}
	return in.invoice.id
}

// txnID is null until the movement is booked.
func txnID(row *ledgerRow, now time.Time) any {
	if row == nil || !reached(row.created, now) {
		return nil
	}
	return row.id
}

// millionths writes a rate as a decimal without going through a float.
func millionths(rate int64) string { return fmt.Sprintf("%d.%06d", rate/1_000_000, rate%1_000_000) }
