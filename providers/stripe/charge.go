package stripe

import (
	"bytes"
	"cmp"
	"encoding/json"
	"strings"

	stripe "github.com/stripe/stripe-go/v76"

	"pennytie/providers/internal/rows"
	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

// charge makes the record of one attempt to take money: https://docs.stripe.com/api/charges/object.
func (c *converter) charge(r *row[*stripe.Charge]) (reconcile.SourceRecord, error) {
	ch, none := r.object, reconcile.SourceRecord{}
	facts := reconcile.Facts{ProviderStatus: string(ch.Status), StripeChargeID: ch.ID}
	asked, f := r.head.amount()
	if f != nil {
		return none, f
	}
	if r.head.Status == nil {
		return none, rows.Missing("status")
	}
	if r.head.Captured == nil {
		return none, rows.Missing("captured")
	}
	captured, f := positive("amount_captured", r.head.AmountCaptured, asked.Currency)
	if f != nil {
		return none, f
	}
	if facts.CreatedAt, f = r.head.created(); f != nil {
		return none, f
	}
	facts.PaymentDate = facts.CreatedAt
	facts.Status, captured.Minor = chargeStatus(ch, captured.Minor)
	facts.Amount, facts.Captured = &asked, &captured
	if facts.Status == reconcile.StatusSucceeded {
		asked.Minor = captured.Minor // a partial capture releases the rest: nobody owes it any more
	}
	if facts.Fee, facts.Net, f = settlement(r.head.BalanceTransaction); f != nil {
		return none, f
	}
	pi := ""
	if ch.PaymentIntent != nil {
		pi = ch.PaymentIntent.ID
	}
	facts.ProviderPaymentID = cmp.Or(pi, ch.ID)
	c.describe(ch, &facts)
	return reconcile.SourceRecord{
		Source: c.source, Provider: Name, Role: c.role, Kind: reconcile.KindPayment,
		ID: ch.ID, Keys: keys(pi, ch.ID), Open: c.chargeOpen(ch, facts), Facts: facts,
	}, nil
}

// chargeStatus tells what Stripe's word means for the money, and how much was taken.
//
// "succeeded" without captured is an authorisation: no money yet, unless part of it was captured already
// (https://docs.stripe.com/payments/multicapture: captured turns true only with the last capture). An
// authorisation that ran out or was released is marked as refunded
// (https://docs.stripe.com/api/charges/capture). A word that is not known may still become money.
func chargeStatus(ch *stripe.Charge, captured int64) (reconcile.Status, int64) {
	switch {
	case ch.Status == stripe.ChargeStatusFailed:
		return reconcile.StatusFailed, 0
	case ch.Status != stripe.ChargeStatusSucceeded:
		return reconcile.StatusPending, 0
	case ch.Captured || captured > 0:
		return reconcile.StatusSucceeded, captured
	case ch.Refunded:
		return reconcile.StatusFailed, 0
	}
	return reconcile.StatusPending, 0
}

// chargeOpen says whether the charge may still change without being listed again: a bank debit that is
// pending for days, an open authorisation, or a ledger row that comes later
// (https://docs.stripe.com/payments/payment-intents/asynchronous-capture).
func (c *converter) chargeOpen(ch *stripe.Charge, facts reconcile.Facts) bool {
	switch {
	case facts.Status == reconcile.StatusFailed:
		return false
	case ch.Status != stripe.ChargeStatusSucceeded:
		return true
	case !ch.Captured:
		return c.recent(facts.CreatedAt)
	}
	return ch.BalanceTransaction == nil
}

// settlement reads fee and net, in the currency of the account, from an expanded ledger row. A row that is
// null or not expanded gives neither: unknown is not zero.
func settlement(raw json.RawMessage) (fee, net *money.Amount, err error) {
	const field = "balance_transaction"
	if !bytes.HasPrefix(raw, []byte("{")) {
		return nil, nil, nil
	}
	var ledger head
	if err := json.Unmarshal(raw, &ledger); err != nil {
		return nil, nil, rows.Refuse(field, "ledger row is not of the expected shape")
	}
	_, taken, left, err := ledger.settled(field + ".")
	if err != nil {
		return nil, nil, err
	}
	return &taken, &left, nil
}

// describe fills in who paid and what for. Each e-mail is worth less than the one before it: the first was
// given with this payment, customer.email is today's and may be another person's.
func (c *converter) describe(ch *stripe.Charge, facts *reconcile.Facts) {
	billing, customer, invoice := ch.BillingDetails, ch.Customer, ch.Invoice
	if billing == nil {
		billing = &stripe.ChargeBillingDetails{}
	}
	if customer == nil { // guest checkout; a bare or deleted customer has an id and nothing else
		customer = &stripe.Customer{}
	}
	if invoice == nil {
		invoice = &stripe.Invoice{}
	}
	shipping := ch.Shipping
	if shipping == nil {
		shipping = &stripe.ShippingDetails{}
	}
	facts.StripeCustomerID = customer.ID
	facts.Emails = distinct(billing.Email, ch.ReceiptEmail, customer.Email, invoice.CustomerEmail)
	facts.Name = cmp.Or(billing.Name, customer.Name, shipping.Name, invoice.CustomerName)
	facts.Payer = reconcile.Payer{
		Phone:       cmp.Or(billing.Phone, customer.Phone, shipping.Phone, invoice.CustomerPhone),
		Description: ch.Description,
		Statement:   cmp.Or(ch.CalculatedStatementDescriptor, ch.StatementDescriptor),
		Metadata:    ch.Metadata,
	}
	if method := ch.PaymentMethodDetails; method != nil && method.Card != nil {
		facts.Payer.Card = method.Card.Fingerprint
	}
	setAddress(&facts.Payer, billing.Address)
	facts.StripeSubscriptionID, facts.StripeProductID = fromInvoice(invoice)
}

func setAddress(payer *reconcile.Payer, address *stripe.Address) {
	if address == nil {
		return
	}
	payer.Address = address.Line1
	if address.Line2 != "" {
		payer.Address = strings.TrimPrefix(address.Line1+", "+address.Line2, ", ")
	}
	payer.City, payer.PostalCode, payer.Country = address.City, address.PostalCode, address.Country
}

// distinct keeps the first spelling of each e-mail.
func distinct(emails ...string) []string {
	var list []string
	seen := map[string]bool{}
	for _, email := range emails {
		email = strings.TrimSpace(email)
		if same := strings.ToLower(email); email != "" && !seen[same] {
			seen[same] = true
			list = append(list, email)
		}
	}
	return list
}

// fromInvoice reads subscription and product of an invoice. charge.invoice exists because the SDK asks for
// API version 2023-10-16; version 2025-03-31 removed it (https://docs.stripe.com/changelog/basil).
func fromInvoice(invoice *stripe.Invoice) (subscription, product string) {
	if invoice.Subscription != nil {
		subscription = invoice.Subscription.ID
	}
	if invoice.Lines == nil {
		return subscription, ""
	}
	best := largest{cut: invoice.Lines.HasMore}
	for _, line := range invoice.Lines.Data {
		if line == nil {
			continue
		}
		if subscription == "" && line.Subscription != nil {
			subscription = line.Subscription.ID
		}
		best.offer(line.Amount, line.ID, line.Price)
	}
	return subscription, best.product()
}

// largest finds the product of the largest line, the smaller line id among equals.
type largest struct {
	cut    bool // there are more lines than Stripe put inline, so the largest is not known
	found  bool
	amount int64
	line   string
	id     string
}

func (l *largest) offer(amount int64, line string, price *stripe.Price) {
	if price == nil || price.Product == nil || price.Product.ID == "" {
		return
	}
	if l.found && (amount < l.amount || amount == l.amount && line >= l.line) {
		return
	}
	l.found, l.amount, l.line, l.id = true, amount, line, price.Product.ID
}

func (l *largest) product() string {
	if l.cut {
		return ""
	}
	return l.id
}
