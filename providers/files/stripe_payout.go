package files

import (
	"strings"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

// stripePayoutRow is a row of Stripe's itemised payout reconciliation: one balance transaction.
type stripePayoutRow struct {
	PayoutID        string `csv:"automatic_payout_id"`
	CreatedUTC      string `csv:"created_utc"`
	Currency        string `csv:"currency"`
	Gross           string `csv:"gross"`
	Fee             string `csv:"fee"`
	Net             string `csv:"net"`
	Category        string `csv:"reporting_category"`
	SourceID        string `csv:"source_id"`
	Description     string `csv:"description"`
	FacingAmount    string `csv:"customer_facing_amount"`
	FacingCurrency  string `csv:"customer_facing_currency"`
	CustomerID      string `csv:"customer_id"`
	CustomerEmail   string `csv:"customer_email"`
	CustomerName    string `csv:"customer_name"`
	AddressLine1    string `csv:"customer_address_line1"`
	AddressCity     string `csv:"customer_address_city"`
	AddressPostal   string `csv:"customer_address_postal_code"`
	AddressCountry  string `csv:"customer_address_country"`
	ChargeID        string `csv:"charge_id"`
	PaymentIntentID string `csv:"payment_intent_id"`
	ChargeCreated   string `csv:"charge_created_utc"`
	SubscriptionID  string `csv:"subscription_id"`
	Statement       string `csv:"statement_descriptor"`
}

func stripePayoutLayout() *layout {
	return &layout{
		name:     FormatStripePayout,
		row:      &stripePayoutRow{},
		required: []string{"reporting_category", "source_id", "created_utc", "currency", "gross", "fee", "net"},
		growing:  true,
		extras:   true,
		convert:  convertStripePayout,
	}
}

// convertStripePayout takes charges and refunds. The other categories are no payments; among them
// are disputes, because a ledger row says that money moved but not how the dispute stands.
func convertStripePayout(o *origin, row any, extra map[string]string) (entry, *fault) {
	r := row.(*stripePayoutRow) //nolint:errcheck,forcetypeassert // the layout's own type
	switch r.Category {
	case "charge":
		return convertItemisedCharge(o, r, extra)
	case "refund":
		return convertItemisedRefund(o, r)
	}
	return entry{}, faultf("reporting_category", "not a payment: reporting_category %s (kept for settlement)",
		quote(r.Category))
}

func convertItemisedCharge(o *origin, r *stripePayoutRow, extra map[string]string) (entry, *fault) {
	var c cells
	gross, fee, net := c.ledger(r)
	id := c.requiredID("source_id", r.SourceID)
	charge := c.id("charge_id", r.ChargeID)
	if charge == "" {
		charge = id
	}
	keys := stripeKeys(c.id("payment_intent_id", r.PaymentIntentID), charge, id)
	f := reconcile.Facts{
		Status:      reconcile.StatusSucceeded,
		Amount:      c.facing(r, gross),
		Fee:         fee,
		Net:         net,
		PaymentDate: c.stripeTime("created_utc", r.CreatedUTC),
		Emails:      c.list("customer_email", r.CustomerEmail),
		Name:        c.text(r.CustomerName),
		Payer: reconcile.Payer{
			Address:     c.text(r.AddressLine1),
			City:        c.text(r.AddressCity),
			PostalCode:  c.text(r.AddressPostal),
			Country:     c.text(r.AddressCountry),
			Description: c.text(r.Description),
			Statement:   c.text(r.Statement),
			Metadata:    c.metadataCells(extra),
		},
		StripeChargeID:       charge,
		StripeCustomerID:     c.id("customer_id", r.CustomerID),
		StripeSubscriptionID: c.id("subscription_id", r.SubscriptionID),
		PayoutID:             c.id("automatic_payout_id", r.PayoutID),
	}
	if at := c.stripeTime("charge_created_utc", r.ChargeCreated); !at.IsZero() {
		f.PaymentDate = at
	}
	if f.PaymentDate.IsZero() {
		c.fail("created_utc", "the payment date is missing")
	}
	if c.bad == nil && f.Amount.Minor < 0 {
		c.fail("gross", "a charge of a negative amount")
	}
	if c.bad != nil {
		return entry{}, c.bad
	}
	f.ProviderPaymentID = keys[0].ID
	return paymentEntry(o, providerStripe, id, "source_id", keys, f), nil
}

func convertItemisedRefund(o *origin, r *stripePayoutRow) (entry, *fault) {
	var c cells
	gross, _, _ := c.ledger(r)
	amount := c.facing(r, gross)
	refund := reconcile.Refund{
		Source:    o.cfg.Source,
		Provider:  providerStripe,
		ID:        c.requiredID("source_id", r.SourceID),
		Keys:      stripeKeys(c.id("payment_intent_id", r.PaymentIntentID), c.id("charge_id", r.ChargeID)),
		Export:    true,
		Status:    reconcile.RefundRowSucceeded,
		CreatedAt: c.stripeTime("created_utc", r.CreatedUTC),
	}
	if r.CreatedUTC == "" {
		c.fail("created_utc", "the time of the refund is missing")
	}
	if c.bad == nil && gross.Minor > 0 {
		c.fail("gross", "a refund that adds money")
	}
	if c.bad != nil {
		return entry{}, c.bad
	}
	// The ledger takes refunds off; the customer-facing column is seen with and without the sign.
	if refund.Amount = *amount; refund.Amount.Minor < 0 {
		refund.Amount.Minor = -refund.Amount.Minor
	}
	return entry{kind: Refunds, provider: providerStripe, id: refund.ID, idField: "source_id",
		refund: &refund}, nil
}

// ledger reads gross, fee and net, and holds Stripe to net = gross - fee.
func (c *cells) ledger(r *stripePayoutRow) (gross, fee, net *money.Amount) {
	currency := c.currency("currency", r.Currency)
	gross = c.signedStripe("gross", r.Gross, currency)
	fee = c.signedStripe("fee", r.Fee, currency)
	net = c.signedStripe("net", r.Net, currency)
	if c.bad != nil {
		return nil, nil, nil
	}
	if gross == nil || fee == nil || net == nil {
		c.fail("gross", "gross, fee or net is missing")
		return nil, nil, nil
	}
	if want, err := gross.Sub(*fee); err != nil || want != *net {
		c.fail("net", "net is not gross less fee")
	}
	return gross, fee, net
}

// facing is the amount in the customer's currency where it is given, else gross.
func (c *cells) facing(r *stripePayoutRow, gross *money.Amount) *money.Amount {
	if strings.TrimSpace(r.FacingAmount) == "" {
		if r.FacingCurrency != "" && !strings.EqualFold(r.FacingCurrency, r.Currency) {
			c.fail("customer_facing_amount", "the amount in the customer's currency is missing")
		}
		return gross
	}
	currency := r.FacingCurrency
	if currency == "" {
		currency = r.Currency
	}
	return c.signedStripe("customer_facing_amount", r.FacingAmount, c.currency("customer_facing_currency",
		currency))
}
