package zenskar

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"pennytie/providers/internal/writeback"
	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

var _ reconcile.Pusher = (*Provider)(nil)

// partsBody is all that is ever written: the whole set of parts, in minor units. It is never null or empty, which may clear the
// allocation.
type partsBody struct {
	Parts []part `json:"payment_parts"`
}

type part struct {
	InvoiceID string `json:"invoice_id"`
	Amount    int64  `json:"amount"`
}

// mayWrite lists the one request that changes something. The paths below, of manual payments and refunds, move money.
func mayWrite(method, path string) bool {
	id, below := strings.CutPrefix(path, pathPayments+"/")
	return method == http.MethodPatch && below && id != "" && !strings.Contains(id, "/")
}

// Writable implements reconcile.Pusher: a payment is allocated to its invoice. Zenskar has no place for anything else.
func (p *Provider) Writable(facts reconcile.Agreed) []reconcile.Wanted {
	if facts.InvoiceID == "" || facts.Allocate == nil {
		return nil
	}
	return []reconcile.Wanted{{Kind: reconcile.IntentAllocation,
		Facts: reconcile.Agreed{InvoiceID: facts.InvoiceID, Allocate: facts.Allocate}}}
}

// Plan implements reconcile.Pusher.
func (p *Provider) Plan(ctx context.Context, want *reconcile.Intent) (reconcile.Plan, error) {
	var plan reconcile.Plan
	row, known, err := getOne[paymentWire](ctx, p.client, pathPayments, want.Record)
	switch {
	case err != nil:
		return plan, err
	case !known:
		return plan, fmt.Errorf("zenskar: payment %s: %w", want.Record, reconcile.ErrNotFound)
	}
	conv := p.conv
	conv.now = p.Now()
	made, err := conv.row(&row.Value)
	if err == nil {
		err = p.look.complete(ctx, &made)
	}
	if made.record == nil {
		made.record = &reconcile.SourceRecord{}
	}
	if plan.Record, err = writeback.Converted(Name, *made.record, err); err != nil {
		return plan, err
	}
	plan.Echo = []string{"payer.metadata", "payer.reference"}
	if plan.Record.Kind != reconcile.KindPayment {
		plan.Refused = &reconcile.Trouble{Field: "type", Reason: "the row is no payment any more"}
		return plan, nil
	}
	err = p.planParts(ctx, &plan, &conv, &row.Value, want)
	return plan, err
}

// planParts adds our part to those that there are, or holds that it is there.
func (p *Provider) planParts(ctx context.Context, plan *reconcile.Plan, conv *converter, row *paymentWire,
	want *reconcile.Intent) error {
	facts := &want.Wanted.Facts
	parts, readable := conv.parts(row, plan.Record.Facts.Amount.Currency)
	plan.Seen = writeback.Seen(partsText(parts), word(row.Status), row.AmountRefunded.Word())
	at := slices.IndexFunc(parts, func(p part) bool { return p.InvoiceID == facts.InvoiceID })
	switch {
	case at >= 0 && parts[at].Amount == facts.Allocate.Minor:
		return nil
	case at >= 0:
		plan.Conflict = writeback.Against("payment_parts", facts.Allocate.String(),
			money.New(parts[at].Amount, facts.Allocate.Currency).String(), "the payment pays another amount of the invoice in Zenskar")
		return nil
	}
	writeback.Change(plan, "payment_parts."+facts.InvoiceID, "", facts.Allocate.String())
	if !readable {
		plan.Refused = &reconcile.Trouble{Field: "payment_parts",
			Reason: "a part that is there cannot be read: to write all of them would change it"}
		return nil
	}
	if plan.Refused = leftFor(plan.Record, row, parts, facts, conv); plan.Refused == nil {
		var err error
		if plan.Refused, err = p.payable(ctx, facts); err != nil {
			return err
		}
	}
	body := partsBody{append(parts, part{facts.InvoiceID, facts.Allocate.Minor})}
	return writeback.Finish(plan, body, func(ctx context.Context, content []byte) error {
		return p.client.api.Send(ctx, http.MethodPatch, pathPayments+"/"+want.Record, content, nil)
	})
}

// parts are those that there are, in their order; all must be readable, above zero and of another invoice each.
func (c *converter) parts(w *paymentWire, currency money.Currency) (parts []part, readable bool) {
	seen := map[string]bool{}
	for _, item := range w.Invoices.Items {
		id := item.Value.InvoiceID.Word()
		amount, err := c.money(item.Value.Amount, currency)
		if item.Err != nil || err != nil || amount == nil || amount.Minor <= 0 || id == "" || seen[id] {
			return nil, false
		}
		seen[id] = true
		parts = append(parts, part{id, amount.Minor})
	}
	return parts, w.Invoices.Err == nil
}

func partsText(parts []part) string { return fmt.Sprint(parts) }

// leftFor says why the payment has nothing to give to another part; nil is that it has.
func leftFor(record *reconcile.SourceRecord, row *paymentWire, parts []part, facts *reconcile.Agreed,
	conv *converter) *reconcile.Trouble {
	said := &record.Facts
	left := said.Amount.Minor
	if back, err := conv.money(row.AmountRefunded, said.Amount.Currency); err == nil && back != nil {
		left -= back.Minor
	}
	for _, p := range parts {
		left -= p.Amount // no part is more than 64 bits, and none is below zero: left only falls
		if left < 0 {
			break
		}
	}
	switch {
	case said.Status != reconcile.StatusSucceeded:
		return writeback.Against("status", string(reconcile.StatusSucceeded), string(said.Status),
			"only money that was collected is allocated")
	case facts.Allocate.Currency != said.Amount.Currency:
		return writeback.Against("currency_code", string(facts.Allocate.Currency), string(said.Amount.Currency),
			"the payment is in another currency")
	case facts.Allocate.Minor <= 0 || facts.Allocate.Minor > left:
		return writeback.Against("payment_parts", facts.Allocate.String(), money.New(max(left, 0), said.Amount.Currency).String(),
			"the parts would be more than what is left of the payment")
	}
	return nil
}

// payable says why an invoice cannot take the part; nil is that it can.
func (p *Provider) payable(ctx context.Context, facts *reconcile.Agreed) (*reconcile.Trouble, error) {
	item, known, err := getOne[invoiceWire](ctx, p.client, pathInvoices, facts.InvoiceID)
	if err != nil {
		return nil, err
	}
	if !known {
		return &reconcile.Trouble{Field: "invoice", Reason: "Zenskar does not know the invoice that the payer named"}, nil
	}
	invoice := &item.Value
	ours := facts.Allocate
	for _, named := range []string{invoice.CurrencyCode.Word(), invoice.Currency.Word()} {
		if named != "" && !strings.EqualFold(named, string(ours.Currency)) {
			return writeback.Against("invoice.currency", string(ours.Currency), "", "the invoice is in another currency"), nil
		}
	}
	if status := word(invoice.Status); status != "approved" && status != "partially_paid" {
		return writeback.Against("invoice.status", "approved or partially_paid", status, "the invoice takes no payment"), nil
	}
	due, err := p.conv.money(invoice.AmountDue, ours.Currency)
	switch {
	case err != nil || due == nil:
		return &reconcile.Trouble{Field: "invoice.amount_due", Reason: "what the invoice has due cannot be read"}, nil
	case ours.Minor > due.Minor:
		return writeback.Against("invoice.amount_due", ours.String(), due.String(), "the part is more than the invoice has due"), nil
	}
	return nil, nil
}
