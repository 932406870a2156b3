package files

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

// Bounds of metadata, above those of any service that is read.
const (
	maxMetadataKeys = 200
	maxMetadataKey  = 255
)

// paymentRow is a row of a canonical payments file.
type paymentRow struct {
	Provider             string `csv:"provider"`
	ProviderPaymentID    string `csv:"provider_payment_id"`
	Amount               string `csv:"amount"`
	AmountMinor          string `csv:"amount_minor"`
	Currency             string `csv:"currency"`
	Status               string `csv:"status"`
	PaymentDate          string `csv:"payment_date"`
	CreatedAt            string `csv:"created_at"`
	CustomerEmail        string `csv:"customer_email"`
	CustomerName         string `csv:"customer_name"`
	CustomerPhone        string `csv:"customer_phone"`
	BillingAddress       string `csv:"billing_address"`
	BillingCity          string `csv:"billing_city"`
	BillingPostalCode    string `csv:"billing_postal_code"`
	BillingCountry       string `csv:"billing_country"`
	Description          string `csv:"description"`
	StatementDescriptor  string `csv:"statement_descriptor"`
	ExternalID           string `csv:"external_id"`
	Metadata             string `csv:"metadata"`
	LeadID               string `csv:"lead_id"`
	CallID               string `csv:"call_id"`
	StripeChargeID       string `csv:"stripe_charge_id"`
	StripeCustomerID     string `csv:"stripe_customer_id"`
	StripeSubscriptionID string `csv:"stripe_subscription_id"`
	StripeProductID      string `csv:"stripe_product_id"`
	ProviderStatus       string `csv:"provider_status"`
	CapturedAmount       string `csv:"captured_amount"`
	Fee                  string `csv:"fee"`
	Net                  string `csv:"net"`
	SettlementCurrency   string `csv:"settlement_currency"`
	PayoutID             string `csv:"payout_id"`
	RefundStatus         string `csv:"refund_status"`
	RefundedAmount       string `csv:"refunded_amount"`
	RefundedAt           string `csv:"refunded_at"`
	StripeRefundID       string `csv:"stripe_refund_id"`
	RefundReason         string `csv:"refund_reason"`
	DisputeStatus        string `csv:"dispute_status"`
	DisputedAmount       string `csv:"disputed_amount"`
}

func paymentLayout() *layout {
	return &layout{
		name:     "payments",
		row:      &paymentRow{},
		required: []string{"provider", "provider_payment_id", "currency", "status", "payment_date"},
		either:   [][]string{{"amount", "amount_minor"}},
		// The engine alone decides these. They stand in a payments.csv that it wrote.
		ignored: []string{"id", "organization_id", "source", "verification_status", "verified_at", "matched_by",
			"match_confidence", "match_candidates", "matched_product_id", "match_state", "margin", "exceptions"},
		convert: convertPayment,
	}
}

func convertPayment(o *origin, row any, _ map[string]string) (entry, *fault) {
	r := row.(*paymentRow) //nolint:errcheck,forcetypeassert // the layout's own type
	var c cells
	provider := c.provider("provider", r.Provider)
	currency := c.currency("currency", r.Currency)
	f := reconcile.Facts{
		ProviderPaymentID:    c.requiredID("provider_payment_id", r.ProviderPaymentID),
		Status:               c.status(r.Status),
		ProviderStatus:       c.text(r.ProviderStatus),
		Amount:               c.eitherAmount(r.Amount, r.AmountMinor, currency),
		Captured:             c.amount("captured_amount", r.CapturedAmount, currency),
		PaymentDate:          c.instant("payment_date", r.PaymentDate),
		CreatedAt:            c.instant("created_at", r.CreatedAt),
		Emails:               c.list("customer_email", r.CustomerEmail),
		Name:                 c.text(r.CustomerName),
		Payer:                c.payer(r),
		StripeChargeID:       c.id("stripe_charge_id", r.StripeChargeID),
		StripeCustomerID:     c.id("stripe_customer_id", r.StripeCustomerID),
		StripeSubscriptionID: c.id("stripe_subscription_id", r.StripeSubscriptionID),
		StripeProductID:      c.id("stripe_product_id", r.StripeProductID),
		PayoutID:             c.id("payout_id", r.PayoutID),
		LeadID:               c.id("lead_id", r.LeadID),
		CallID:               c.id("call_id", r.CallID),
	}
	if r.PaymentDate == "" {
		c.fail("payment_date", "the payment date is missing")
	}
	c.settlement(r, currency, &f)
	c.claims(r, currency, &f)
	if c.bad != nil {
		return entry{}, c.bad
	}
	keys := []reconcile.Key{{Provider: provider, ID: f.ProviderPaymentID}}
	if provider == providerStripe && f.StripeChargeID != "" && f.StripeChargeID != f.ProviderPaymentID {
		keys = append(keys, reconcile.Key{Provider: provider, ID: f.StripeChargeID})
	}
	return paymentEntry(o, provider, f.ProviderPaymentID, "provider_payment_id", keys, f), nil
}

// paymentEntry wraps facts as a record of the source, which is valid until the next row.
func paymentEntry(o *origin, provider, id, idField string, keys []reconcile.Key,
	f reconcile.Facts) entry {
	o.record = reconcile.SourceRecord{Source: o.cfg.Source, Provider: provider, Role: o.cfg.Role,
		Kind: reconcile.KindPayment, ID: id, Keys: keys, Export: true, Facts: f}
	return entry{kind: Payments, provider: provider, id: id, idField: idField, paid: f.PaymentDate,
		payment: &o.record}
}

func (c *cells) status(v string) reconcile.Status {
	word := c.word("status", v, string(reconcile.StatusPending), string(reconcile.StatusSucceeded),
		string(reconcile.StatusFailed), string(reconcile.StatusRefunded))
	if word == "" {
		c.fail("status", "the status is missing; use pending, succeeded, failed or refunded")
	}
	return reconcile.Status(word)
}

func (c *cells) payer(r *paymentRow) reconcile.Payer {
	return reconcile.Payer{
		Phone:       strings.TrimSpace(unguard(r.CustomerPhone)),
		Address:     c.text(r.BillingAddress),
		City:        c.text(r.BillingCity),
		PostalCode:  c.text(r.BillingPostalCode),
		Country:     c.text(r.BillingCountry),
		Description: c.text(r.Description),
		Statement:   c.text(r.StatementDescriptor),
		ExternalID:  c.text(r.ExternalID),
		Metadata:    c.metadata("metadata", r.Metadata),
	}
}

// settlement reads what reached the account. Fee and net may be negative: a fee can be given back.
func (c *cells) settlement(r *paymentRow, currency money.Currency, f *reconcile.Facts) {
	if r.SettlementCurrency != "" {
		currency = c.currency("settlement_currency", r.SettlementCurrency)
	}
	f.Fee = c.signed("fee", r.Fee, currency)
	f.Net = c.signed("net", r.Net, currency)
}

// claims reads what the file says of refunds and disputes without giving their rows.
func (c *cells) claims(r *paymentRow, currency money.Currency, f *reconcile.Facts) {
	f.RefundStatus = reconcile.RefundStatus(c.word("refund_status", r.RefundStatus,
		string(reconcile.RefundNone), string(reconcile.RefundPending), string(reconcile.RefundPartial),
		string(reconcile.RefundFull), string(reconcile.RefundFailed)))
	f.RefundedAmount = c.amount("refunded_amount", r.RefundedAmount, currency)
	f.RefundedAt = c.instant("refunded_at", r.RefundedAt)
	f.RefundReason = c.text(r.RefundReason)
	f.RefundID = c.id("stripe_refund_id", r.StripeRefundID)
	f.DisputeStatus = reconcile.DisputeStatus(c.word("dispute_status", r.DisputeStatus,
		string(reconcile.DisputeNone), string(reconcile.DisputeOpen), string(reconcile.DisputeWon),
		string(reconcile.DisputeLost)))
	f.DisputedAmount = c.amount("disputed_amount", r.DisputedAmount, currency)
}

// metadata reads a JSON object as texts: numbers and booleans as they are written, nested values
// as compact JSON.
func (c *cells) metadata(field, v string) map[string]string {
	v = strings.TrimSpace(v)
	if v == "" {
		return nil
	}
	members, err := objectMembers([]byte(v), 1, false)
	if err != nil {
		c.fail(field, "is not a JSON object such as {\"order\":\"17\"}: %s",
			strings.Replace(err.Error(), "the line", "it", 1))
		return nil
	}
	data := make(map[string]string, len(members))
	for _, m := range members {
		value, err := m.asText()
		if err != nil {
			c.fail(field, "%v", err)
		}
		c.addMetadata(field, data, m.key, value)
	}
	if len(data) == 0 {
		return nil
	}
	return data
}

// addMetadata adds one value, unless it is empty.
func (c *cells) addMetadata(field string, data map[string]string, key, value string) {
	switch {
	case value == "":
		return
	case len(data) >= maxMetadataKeys:
		c.fail(field, "there are more than %d keys", maxMetadataKeys)
	case len(key) > maxMetadataKey:
		c.fail(field, "a key is longer than %d bytes", maxMetadataKey)
	case len(value) > maxField:
		c.fail(field, "a value is longer than %d bytes", maxField)
	default:
		data[maskCards(key)] = maskCards(value)
	}
}

// asText is a metadata value as text; null is empty.
func (m member) asText() (string, error) {
	switch m.value[0] {
	case 'n':
		return "", nil
	case '"':
		return m.text()
	case '{', '[':
		var compact bytes.Buffer
		if err := json.Compact(&compact, m.value); err != nil {
			return "", errors.New("a value is not valid JSON")
		}
		return compact.String(), nil
	}
	return string(m.value), nil
}
