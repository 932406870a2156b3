package files

import (
	"strings"
	"time"

	"pennytie/providers/internal/rows"
	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

// stripePayoutRow is a row of Stripe's itemised payout reconciliation: one balance transaction.
type stripePayoutRow struct {
	PayoutID        string `csv:"automatic_payout_id"`
	PayoutDay       string `csv:"automatic_payout_effective_at_utc"`
	EntryID         string `csv:"balance_transaction_id"`
	CreatedUTC      string `csv:"created_utc"`
	AvailableUTC    string `csv:"available_on_utc"`
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

// convertStripePayout makes a line of the ledger of every row, beside it the payment of a charge and the refund of a refund,
// and the payout of its own row. There is no dispute: a ledger row says that money moved but not how the dispute stands. A
// file without the column of the ledger's ids is read for its payments and refunds only.
func convertStripePayout(o *origin, row any, extra map[string]string) (entry, *fault) {
	r := row.(*stripePayoutRow) //nolint:errcheck,forcetypeassert // the layout's own type
	var e entry
	var f *fault
	switch {
	case r.Category == "charge":
		e, f = convertItemisedCharge(o, r, extra)
	case r.Category == "refund":
		e, f = convertItemisedRefund(o, r)
	case r.EntryID == "":
		f = faultf("reporting_category", "not a payment: reporting_category %s; with the column balance_transaction_id it is a line of the ledger",
			quote(r.Category))
	}
	if f != nil || r.EntryID == "" {
		return e, f
	}
	return convertLedgerRow(o, r, e)
}

// convertLedgerRow adds the line of the ledger to what a row is otherwise.
func convertLedgerRow(o *origin, r *stripePayoutRow, e entry) (entry, *fault) {
	var c cells
	gross, fee, net := c.ledger(r)
	line := reconcile.Entry{
		Source: o.cfg.Source, Provider: providerStripe, ID: c.requiredID("balance_transaction_id", r.EntryID), Export: true,
		Kind: rows.StripeEntry(r.Category), Category: c.text(r.Category), About: c.id("source_id", r.SourceID),
		PayoutID: c.id("automatic_payout_id", r.PayoutID), Description: c.text(r.Description),
		CreatedAt: c.stripeTime("created_utc", r.CreatedUTC), AvailableOn: c.stripeTime("available_on_utc", r.AvailableUTC),
	}
	charge := c.id("charge_id", r.ChargeID)
	if charge == "" && line.Kind == reconcile.EntryCharge {
		charge = line.About
	}
	line.Keys = stripeKeys(c.id("payment_intent_id", r.PaymentIntentID), charge)
	if line.CreatedAt.IsZero() {
		c.fail("created_utc", "the time of the row is missing")
	}
	facing := c.facing(r, gross)
	if c.bad != nil {
		return entry{}, c.bad
	}
	line.Gross, line.Fee, line.Net = *gross, *fee, *net
	if facing.Currency != gross.Currency {
		// The column is seen with and without the sign of gross.
		if line.Facing = facing; (facing.Minor < 0) != (gross.Minor < 0) {
			line.Facing.Minor = -facing.Minor
		}
	}
	if e.ledger = &line; e.id == "" {
		e.kind, e.provider, e.id, e.idField = ledgerRows, providerStripe, line.ID, "balance_transaction_id"
	}
	if line.Kind == reconcile.EntryPayout && line.About != "" {
		e.payout = itemisedPayout(&line, c.stripeTime("automatic_payout_effective_at_utc", r.PayoutDay))
	}
	return e, c.bad
}

// itemisedPayout is the payout that a row is about. The report has only what the schedule made and Stripe itemised, and does
// not say how the payout stands: if it came back, a row of a later payout says so.
func itemisedPayout(line *reconcile.Entry, arrives time.Time) *reconcile.Payout {
	amount := line.Gross
	amount.Minor = -amount.Minor
	return &reconcile.Payout{
		Source: line.Source, Provider: line.Provider, ID: line.About, Export: true, Amount: amount, Status: reconcile.PayoutPaid,
		Automatic: true, Itemised: line.PayoutID == line.About, Description: line.Description, CreatedAt: line.CreatedAt, ArrivesOn: arrives,
	}
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
