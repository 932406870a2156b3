package fake

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"pennytie/reconcile/money"
)

func (e *emitter) product(p *product, at time.Time) {
	e.put("products", at, map[string]any{
		"id": p.stripeID, "object": "product", "livemode": e.live, "created": at.Unix(),
		"updated": at.Unix(),
		"active":  true, "default_price": p.priceIDs[p.home], "description": nil, "features": []any{},
		"images":   []any{},
		"metadata": map[string]any{}, "name": p.name, "package_dimensions": nil, "shippable": nil,
		"statement_descriptor": nil, "tax_code": nil, "type": "service", "unit_label": nil, "url": nil,
	})
	for _, currency := range currencies() {
		e.put("prices", at, e.price(p, p.price(currency), at))
	}
}

// price shows what one unit costs. An amount agreed on the phone has a price of its own, made for the
// occasion.
func (e *emitter) price(p *product, amount money.Amount, at time.Time) map[string]any {
	kind, recurring := "one_time", any(nil)
	if p.monthly {
		kind = "recurring"
		recurring = map[string]any{"aggregate_usage": nil, "interval": "month", "interval_count": 1,
			"trial_period_days": nil, "usage_type": "licensed"}
	}
	id := p.priceIDs[amount.Currency]
	if amount != p.price(amount.Currency) {
		id = fmt.Sprintf("%sX%d", id, amount.Minor)
	}
	return map[string]any{
		"id": id, "object": "price", "livemode": e.live, "created": at.Unix(),
		"active": true, "billing_scheme": "per_unit", "currency": lower(amount.Currency),
		"custom_unit_amount": nil,
		"lookup_key":         nil, "metadata": map[string]any{}, "nickname": nil, "product": p.stripeID,
		"recurring": recurring, "tax_behavior": "unspecified", "tiers_mode": nil, "transform_quantity": nil,
		"type": kind, "unit_amount": amount.Minor, "unit_amount_decimal": fmt.Sprint(amount.Minor),
	}
}

func (e *emitter) customer(p *payer) {
	object := map[string]any{
		"id": p.customerID, "object": "customer", "livemode": e.live, "created": p.customerCreated.Unix(),
		"address": nil, "balance": 0, "currency": lower(p.currency), "default_source": nil,
		"delinquent":  false,
		"description": nil, "discount": nil, "email": optional(p.typedEmail),
		"invoice_prefix": strings.ToUpper(p.last4),
		"invoice_settings": map[string]any{"custom_fields": nil, "default_payment_method": nil,
			"footer": nil},
		"metadata": p.bag(), "name": optional(p.typedName), "next_invoice_sequence": 1,
		"phone": optional(p.typedPhone), "preferred_locales": []any{}, "shipping": nil,
		"tax_exempt": "none",
		"test_clock": nil,
	}
	if p.address {
		object["address"] = p.addressObject()
	}
	e.put("customers", p.customerCreated, object)
	if !p.customerDeleted.IsZero() {
		e.put("customers", p.customerDeleted, map[string]any{"id": p.customerID, "object": "customer",
			"deleted": true})
	}
}

func (e *emitter) subscription(sub *subscription) {
	for _, bill := range sub.invoices {
		at := bill.intent.created
		object := map[string]any{
			"id": sub.id, "object": "subscription", "livemode": e.live, "created": sub.created.Unix(),
			"application": nil, "billing_cycle_anchor": sub.created.Unix(), "cancel_at": nil,
			"cancel_at_period_end": false, "canceled_at": nil, "collection_method": "charge_automatically",
			"currency": lower(sub.amount.Currency), "current_period_start": at.Unix(),
			"current_period_end": at.AddDate(0, 1, 0).Unix(), "customer": sub.payer.customerID,
			"default_payment_method": nil, "description": nil, "discount": nil, "ended_at": nil,
			"latest_invoice": bill.id, "metadata": map[string]any{}, "start_date": sub.created.Unix(),
			"status": "active", "trial_end": nil, "trial_start": nil,
			"items": []map[string]any{{
				"id": sub.itemID, "object": "subscription_item", "created": sub.created.Unix(),
				"metadata": map[string]any{}, "price": e.price(sub.product, sub.amount, sub.created),
				"quantity":     1,
				"subscription": sub.id,
			}},
		}
		if bill == sub.invoices[0] {
			at = sub.created // the first version is there before the first charge
		}
		e.put("subscriptions", at, object)
	}
}

func (e *emitter) invoice(bill *invoice) {
	in, sub, p := bill.intent, bill.subscription, bill.intent.payer
	lines := make([]map[string]any, len(bill.lines))
	for i, line := range bill.lines {
		amount := money.New(line.amount, in.amount.Currency)
		lines[i] = map[string]any{
			"id": line.id, "object": "line_item", "livemode": e.live, "amount": line.amount,
			"amount_excluding_tax": line.amount, "currency": lower(in.amount.Currency),
			"description": "1 × " + line.product.name, "discount_amounts": []any{}, "discountable": true,
			"discounts": []any{}, "invoice": bill.id, "metadata": map[string]any{},
			"period": map[string]any{"start": in.created.Unix(), "end": in.created.AddDate(0, 1, 0).Unix()},
			"price":  e.price(line.product, amount, sub.created), "proration": false, "quantity": 1,
			"subscription": sub.id, "subscription_item": sub.itemID, "tax_amounts": []any{},
			"tax_rates": []any{},
			"type":      "subscription", "unit_amount_excluding_tax": fmt.Sprint(line.amount),
		}
	}
	reason := "subscription_cycle"
	if bill == sub.invoices[0] {
		reason = "subscription_create"
	}
	show := func(at time.Time, status string, chargeID any, intentID any, paid int64) {
		e.put("invoices", at, map[string]any{
			"id": bill.id, "object": "invoice", "livemode": e.live, "created": bill.created.Unix(),
			"account_country": "US", "account_name": "Tallow Lane Studio", "amount_due": in.amount.Minor,
			"amount_paid": paid, "amount_remaining": in.amount.Minor - paid, "attempted": paid > 0,
			"attempt_count": min(paid, 1), "auto_advance": false, "billing_reason": reason,
			"charge":            chargeID,
			"collection_method": "charge_automatically", "currency": lower(in.amount.Currency),
			"customer": p.customerID, "customer_address": nil, "customer_email": optional(p.typedEmail),
			"customer_name": optional(p.typedName), "customer_phone": optional(p.typedPhone),
			"customer_shipping": nil, "default_payment_method": nil, "description": nil, "discount": nil,
			"due_date": nil, "ending_balance": 0, "footer": nil, "lines": lines,
			"metadata": map[string]any{},
			"number":   bill.number, "paid": paid > 0, "paid_out_of_band": false, "payment_intent": intentID,
			"period_start": bill.created.Unix(), "period_end": bill.created.Unix(), "starting_balance": 0,
			"statement_descriptor": nil, "status": status, "subscription": sub.id,
			"subtotal": in.amount.Minor,
			"tax":      nil, "total": in.amount.Minor, "total_tax_amounts": []any{},
		})
	}
	show(bill.created, "draft", nil, nil, 0)
	show(in.created, "paid", in.charges[0].id, in.id, in.amount.Minor)
}

// session shows the checkout page of a guest: open at first, complete when paid. What the guest typed
// is on it, and the charge has only the metadata of the payment, never that of the page.
func (e *emitter) session(in *intent) {
	p := in.payer
	id := in.session.id
	if e.live {
		id = strings.Replace(id, "cs_test_", "cs_live_", 1)
	}
	show := func(at time.Time, status, paid string, intentID any, details any) {
		e.put("checkout/sessions", at, map[string]any{
			"id": id, "object": "checkout.session", "livemode": e.live,
			"created":         in.session.created.Unix(),
			"amount_subtotal": in.amount.Minor, "amount_total": in.amount.Minor,
			"cancel_url": "https://studio.example.com/back", "client_reference_id": optional(p.reference),
			"currency": lower(in.amount.Currency), "customer": nil, "customer_creation": "if_required",
			"customer_details": details, "customer_email": nil, "custom_fields": []any{},
			"expires_at": in.session.created.Add(24 * time.Hour).Unix(), "invoice": nil,
			"metadata": map[string]any{}, "mode": "payment", "payment_intent": intentID,
			"payment_link":         nil,
			"payment_method_types": []any{"card"}, "payment_status": paid, "setup_intent": nil,
			"status":       status,
			"subscription": nil, "success_url": "https://studio.example.com/thanks", "url": nil,
			"line_items": []map[string]any{{
				"id": "li_1" + in.stem[1:], "object": "item", "amount_discount": 0,
				"amount_subtotal": in.amount.Minor,
				"amount_tax":      0, "amount_total": in.amount.Minor, "currency": lower(in.amount.Currency),
				"description": in.product.name, "price": e.price(in.product, in.amount, in.session.created),
				"quantity": 1,
			}},
		})
	}
	show(in.session.created, "open", "unpaid", nil, nil)
	show(in.created, "complete", "paid", in.id, map[string]any{
		"address": p.addressObject(), "email": optional(p.typedEmail), "name": optional(p.typedName),
		"phone": optional(p.typedPhone), "tax_exempt": "none", "tax_ids": []any{},
	})
}

func refundObject(r *refund, now time.Time) map[string]any {
	in, status := r.charge.intent, r.status(now)
	object := map[string]any{
		"id": r.id, "object": "refund", "created": r.created.Unix(), "amount": r.amount,
		"balance_transaction": txnID(r.txn, now), "charge": r.charge.id,
		"currency":                    lower(in.amount.Currency),
		"failure_balance_transaction": txnID(r.back, now), "metadata": map[string]any{},
		"payment_intent": in.id,
		"reason":         optional(r.reason), "receipt_number": nil, "source_transfer_reversal": nil,
		"status":            status,
		"transfer_reversal": nil,
	}
	if status == "failed" {
		object["failure_reason"] = "expired_or_canceled_card"
	}
	return object
}

func (e *emitter) dispute(d *dispute, now time.Time) map[string]any {
	in := d.charge.intent
	moved := []any{}
	for _, row := range []*ledgerRow{d.out, d.back, d.corrected} {
		if row != nil && reached(row.created, now) {
			moved = append(moved, rowObject(row, now))
		}
	}
	return map[string]any{
		"id": d.id, "object": "dispute", "livemode": e.live, "created": d.created.Unix(),
		"amount":               d.amount,
		"balance_transactions": moved, "charge": d.charge.id, "currency": lower(in.amount.Currency),
		"evidence": map[string]any{}, "evidence_details": map[string]any{"due_by": d.created.AddDate(0, 0,
			14).Unix(),
			"has_evidence": false, "past_due": false, "submission_count": 0},
		"is_charge_refundable": d.inquiry, "metadata": map[string]any{}, "payment_intent": in.id,
		"reason": d.reason, "status": d.status(now),
	}
}

// ledgerRow shows a movement: pending, then available, and known by its payout once there is one.
func (e *emitter) ledgerRow(row *ledgerRow) {
	moments := []time.Time{row.created, row.available}
	if row.payout != nil {
		moments = append(moments, row.payout.itemisedAt())
	}
	for _, now := range inOrder(moments) {
		if now.Before(row.created) {
			continue
		}
		object := rowObject(row, now)
		if row.payout != nil && reached(row.payout.itemisedAt(), now) {
			object["_payout"] = row.payout.id
		}
		e.put("balance_transactions", now, object)
	}
}

func rowObject(row *ledgerRow, now time.Time) map[string]any {
	status, rate, details := "pending", any(nil), []any{}
	if reached(row.available, now) {
		status = "available"
	}
	if row.rate != 0 {
		rate = json.Number(millionths(row.rate))
	}
	if row.fee != 0 {
		text := "Stripe processing fees"
		if row.category == "dispute" {
			text = "Dispute fee"
		}
		details = append(details, map[string]any{"amount": row.fee, "application": nil,
			"currency":    lower(settlement),
			"description": text, "type": "stripe_fee"})
	}
	return map[string]any{
		"id": row.id, "object": "balance_transaction", "created": row.created.Unix(), "amount": row.amount,
		"available_on": row.available.Unix(), "currency": lower(settlement),
		"description":   optional(row.description),
		"exchange_rate": rate, "fee": row.fee, "fee_details": details, "net": row.net(),
		"reporting_category": row.category, "source": optional(row.source), "status": status, "type": row.kind,
	}
}

// payout shows money sent to the bank, and its own row of the ledger.
func (e *emitter) payout(p *payout) {
	for _, now := range inOrder([]time.Time{p.created, p.arrives, p.itemisedAt(), p.failedAt}) {
		status, itemised := p.status(now)
		code, message := any(nil), any(nil)
		if status == "failed" {
			code, message = "account_closed", "The bank account has been closed."
		}
		e.put("payouts", now, map[string]any{
			"id": p.id, "object": "payout", "livemode": e.live, "created": p.created.Unix(),
			"amount":       p.amount,
			"arrival_date": p.arrives.Unix(), "automatic": !p.manual, "balance_transaction": p.txnID,
			"currency": lower(settlement), "description": "STRIPE PAYOUT",
			"destination":                 "ba_1TallowLaneExample",
			"failure_balance_transaction": txnID(p.back, now), "failure_code": code, "failure_message": message,
			"metadata": map[string]any{}, "method": "standard", "original_payout": nil,
			"reconciliation_status": itemised, "reversed_by": nil, "source_type": "card",
			"statement_descriptor": nil, "status": status, "type": "bank_account",
		})
	}
	e.ledgerRow(p.own())
}
