package fake

import (
	"fmt"
	"strconv"
	"time"
)

// zenskarPayment is Zenskar's row of a payment of a subscription, with its bill and what was given back.
type zenskarPayment struct {
	hearing
	id, invoiceID, transactionID string
	charge                       *charge
	customer                     *zenskarCustomer
	named, byCharge              bool // says who paid; knows the charge and not the payment intent
	refunds                      []zenskarRefund
}

type zenskarCustomer struct {
	id      string
	payer   *payer
	created time.Time
}

type zenskarRefund struct {
	id, transactionID string
	refund            *refund
}

// zenskarExtra is a row among the payments that is none.
type zenskarExtra struct {
	id, kind string
	of       *zenskarPayment
	created  time.Time
	amount   int64
}

// makeZenskar claims every collected payment of a subscription.
func (m *maker) makeZenskar() {
	customers := make(map[*payer]*zenskarCustomer)
	for _, c := range m.collectedAtStripe() {
		bill := c.intent.invoice
		if bill == nil {
			continue
		}
		who := customers[c.intent.payer]
		if who == nil {
			who = &zenskarCustomer{id: m.uuid(), payer: c.intent.payer, created: bill.subscription.created}
			customers[c.intent.payer] = who
		}
		p := &zenskarPayment{
			id: m.uuid(), invoiceID: m.uuid(), transactionID: m.uuid(), charge: c, customer: who,
			named: m.chance(600), byCharge: m.chance(300),
		}
		p.created = c.settledAt.Add(time.Duration(m.between(60e6, 600e6)) * time.Microsecond)
		p.lag = time.Duration(m.between(60, 3600)) * time.Second
		for _, r := range c.refunds {
			p.refunds = append(p.refunds, zenskarRefund{m.uuid(), m.uuid(), r})
		}
		m.books.zenskar = append(m.books.zenskar, p)
	}
	if len(m.books.zenskar) == 0 {
		return
	}
	first, last := m.books.zenskar[0], m.books.zenskar[len(m.books.zenskar)-1]
	m.books.extras = []zenskarExtra{
		{m.uuid(), "authorization", first, first.created.Add(-time.Hour), first.charge.captured},
		{m.uuid(), "tax_withheld", last, last.created.Add(time.Hour), last.charge.captured / 10},
	}
}

// LoadZenskar puts everything that the business has at Zenskar into a fake of it, with its history:
// payments, among which are refunds, invoices and customers.
func (b *Business) LoadZenskar(to putter, organisation string) {
	customers := make(map[*zenskarCustomer]bool)
	for _, p := range b.books.zenskar {
		if who := p.customer; !customers[who] {
			customers[who] = true
			to.Put("customers", who.created, who.object(organisation))
		}
		billed := p.charge.intent.invoice.created
		to.Put("invoices", billed, p.invoice(billed, organisation))
		to.Put("invoices", p.created, p.invoice(p.created, organisation))
		for _, at := range p.moments(p.charge) {
			to.Put("payments", at, p.object(at, organisation))
		}
		for _, back := range p.refunds {
			for _, at := range inOrder([]time.Time{
				p.heard(back.refund.created), p.heard(back.refund.succeededAt), p.heard(back.refund.failedAt),
			}) {
				to.Put("payments", at, p.refundRow(back, at, organisation))
			}
		}
	}
	for _, extra := range b.books.extras {
		to.Put("payments", extra.created, extra.object(organisation))
	}
}

// naive writes a time as Zenskar does: UTC, and not saying so.
func naive(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000") }

// zenskarRow has what every row among the payments has. Amounts are texts of minor units.
func zenskarRow(
	id, kind, status string, minor int64, p *zenskarPayment, created time.Time, organisation string,
) map[string]any {
	who := p.customer
	return map[string]any{
		"id": id, "organisation_id": organisation, "type": kind, "status": status, "parent_id": nil,
		"amount": strconv.FormatInt(minor, 10), "amount_refunded": "0",
		"currency_code": string(p.charge.intent.amount.Currency), "timestamp": naive(created),
		"created_at": naive(created), "customer_id": who.id, "customer_name": nil, "customer_email": nil,
		"customer_external_id": who.payer.customerID, "external_id": nil, "connector_id": "conn_stripe",
		"connector_name": "Stripe", "payment_method": "card", "payment_method_details": nil, "autocharge": true,
		"receipt_number": nil, "invoices": []any{}, "transactions": []any{}, "detail": nil,
	}
}

func (p *zenskarPayment) object(now time.Time, organisation string) map[string]any {
	c, status := p.charge, "success"
	sum, _ := p.refunded(c, now)
	switch {
	case sum == c.captured:
		status = "refunded"
	case sum > 0:
		status = "partially_refunded"
	}
	row := zenskarRow(p.id, "payment", status, c.captured, p, p.created, organisation)
	row["timestamp"], row["amount_refunded"] = naive(c.settledAt), strconv.FormatInt(sum, 10)
	if p.named {
		row["customer_name"], row["customer_email"] = optional(p.customer.payer.typedName), optional(p.customer.payer.typedEmail)
	}
	known := c.intent.id
	if p.byCharge {
		known = c.id // and only its transaction says so
	} else {
		row["external_id"] = known
	}
	row["invoices"] = []any{map[string]any{"invoice_id": p.invoiceID, "amount": strconv.FormatInt(c.captured, 10)}}
	row["transactions"] = []any{zenskarTransaction(p.transactionID, known, "success", c.captured, c.settledAt, "Subscription")}
	return row
}

// refundRow shows money given back as a row of its own below the payment, with the sign of money going.
func (p *zenskarPayment) refundRow(back zenskarRefund, now time.Time, organisation string) map[string]any {
	r, status, settled := back.refund, "in_progress", time.Time{}
	switch {
	case reached(p.heard(r.failedAt), now):
		status = "failed"
	case reached(p.heard(r.succeededAt), now):
		status, settled = "success", r.succeededAt
	}
	row := zenskarRow(back.id, "refund", status, -r.amount, p, p.heard(r.created), organisation)
	row["parent_id"], row["external_id"], row["timestamp"] = p.id, r.id, naive(r.created)
	row["transactions"] = []any{zenskarTransaction(back.transactionID, r.id, status, -r.amount, settled, r.reason)}
	return row
}

func zenskarTransaction(id, external, status string, minor int64, settled time.Time, text string) map[string]any {
	at := any(nil)
	if !settled.IsZero() {
		at = naive(settled)
	}
	return map[string]any{
		"id": id, "external_id": external, "connector_name": "Stripe", "status": status,
		"amount": strconv.FormatInt(minor, 10), "description": optional(text), "settled_at": at,
		"voided_at": nil, "deleted_at": nil,
	}
}

func (x zenskarExtra) object(organisation string) map[string]any {
	status := "authorized"
	if x.kind == "tax_withheld" {
		status = "success"
	}
	row := zenskarRow(x.id, x.kind, status, x.amount, x.of, x.created, organisation)
	if x.kind == "tax_withheld" {
		row["parent_id"], row["payment_method"], row["connector_name"] = x.of.id, "other", nil
		row["connector_id"] = nil
	}
	return row
}

func (w *zenskarCustomer) object(organisation string) map[string]any {
	p := w.payer
	return map[string]any{
		"id": w.id, "organisation_id": organisation, "external_id": p.customerID,
		"customer_name": optional(p.typedName), "email": optional(p.typedEmail), "phone_number": optional(p.typedPhone),
		"created_at": naive(w.created), "address": map[string]any{
			"line1": p.street, "city": p.city, "state": optional(p.state), "zipCode": p.postal, "country": p.country,
		},
	}
}

// invoice shows the bill of a payment: approved, then paid. Its totals are numbers.
func (p *zenskarPayment) invoice(now time.Time, organisation string) map[string]any {
	in, status, due := p.charge.intent, "approved", p.charge.captured
	if reached(p.created, now) {
		status, due = "paid", 0
	}
	lines := make([]any, len(in.invoice.lines))
	for i, line := range in.invoice.lines {
		lines[i] = map[string]any{"id": fmt.Sprintf("%s-%d", p.invoiceID, i+1), "description": line.product.name,
			"amount": line.amount}
	}
	return map[string]any{
		"id": p.invoiceID, "organisation_id": organisation, "external_id": in.invoice.number,
		"customer_id": p.customer.id, "status": status, "currency_code": string(in.amount.Currency),
		"invoice_total": p.charge.captured, "net_invoice_total": p.charge.captured, "amount_due": due,
		"due_date": naive(in.invoice.created.AddDate(0, 0, 14)), "created_at": naive(in.invoice.created),
		"line_items": lines,
	}
}
