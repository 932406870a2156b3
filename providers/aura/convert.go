package aura

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"pennytie/providers/internal/rows"
	"pennytie/providers/internal/wire"
	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

// Processors that Aura's rows name (https://docs.api.aura-app.ai/openapi/v1/payments/id/get shows stripe).
const (
	providerStripe = "stripe"
	providerWePay  = "wepay"
)

// rules is the part of a configuration that rows are read by.
type rules struct {
	source         string
	role           reconcile.Role
	organization   string
	trustGuesses   bool
	scale          string
	least          float64
	dealUnit       string
	dealCurrency   money.Currency
	stripeProducts map[string]string // by Aura's id
}

// converter turns rows of one pull into records.
type converter struct {
	rules
	now time.Time
}

// wrongAmount adds the mend where the digits say that the unit is another one.
func wrongAmount(field string, err error) error {
	if errors.Is(err, wire.ErrDigits) {
		err = fmt.Errorf("%w; check whether it is in cents or in whole units", err)
	}
	return rows.Wrong(field, err)
}

// collect converts rows into the page.
func collect[T, R any](
	c *converter, page *reconcile.Page, path string, items []rows.Item[T], convert func(*converter, *T) (R, error), into *[]R,
) error {
	return rows.Collect(page, c.source, path, items, func(row *T) (R, error) { return convert(c, row) }, into)
}

// payment makes the record of a payment.
func (c *converter) payment(r *paymentRow) (reconcile.SourceRecord, error) {
	id, err := rows.ID(r.ID.Text())
	if err != nil {
		return reconcile.SourceRecord{}, err
	}
	facts := reconcile.Facts{
		Name: r.CustomerName.Word(), Payer: reconcile.Payer{ExternalID: r.ExternalID.Word()},
		StripeChargeID: r.StripeChargeID.Word(), StripeCustomerID: r.StripeCustomerID.Word(),
		StripeSubscriptionID: r.StripeSubscriptionID.Word(), StripeProductID: r.StripeProductID.Word(),
		RefundReason: r.RefundReason.Word(), RefundID: r.StripeRefundID.Word(),
	}
	if email := r.CustomerEmail.Word(); email != "" {
		facts.Emails = []string{email}
	}
	if c.trusts(r) {
		facts.LeadID, facts.CallID = canonicalID(r.LeadID.Word()), canonicalID(r.CallID.Word())
	}
	own := reconcile.Key{Provider: Name, Account: c.organization, ID: canonicalID(id)}
	keys, err := identity(&facts, r, own)
	for _, read := range []func(*reconcile.Facts, *paymentRow) error{readTimes, readStatus, readAmount, readRefund} {
		if err == nil {
			err = read(&facts, r)
		}
	}
	if err != nil {
		return reconcile.SourceRecord{}, err
	}
	return reconcile.SourceRecord{
		Source: c.source, Provider: Name, Role: c.role, Kind: reconcile.KindPayment,
		ID: id, Keys: keys, Open: c.open(&facts), Facts: facts,
	}, nil
}

// canonicalID writes a UUID in lower case. Other ids are opaque: they stay as they are.
func canonicalID(id string) string {
	const pattern = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"
	if len(id) != len(pattern) {
		return id
	}
	for i := range len(id) {
		c := id[i]
		if dash := pattern[i] == '-'; dash != (c == '-') || !dash && !strings.ContainsRune("0123456789abcdefABCDEF", rune(c)) {
			return id
		}
	}
	return strings.ToLower(id)
}

// identity says whose payment the row speaks of: at most one processor's key, then the row's own.
func identity(f *reconcile.Facts, r *paymentRow, own reconcile.Key) ([]reconcile.Key, error) {
	for _, id := range []struct {
		field string
		value wire.Scalar
	}{{"provider", r.Provider}, {"provider_payment_id", r.ProviderPaymentID}, {"stripe_charge_id", r.StripeChargeID}} {
		if _, err := id.value.Text(); err != nil {
			return nil, rows.Wrong(id.field, err)
		}
	}
	f.Provider = strings.ToLower(r.Provider.Word())
	f.ProviderPaymentID = r.ProviderPaymentID.Word()
	if f.Provider == "" {
		f.ProviderPaymentID = own.ID
	}
	var claimed string
	switch {
	case f.Provider == providerStripe && f.ProviderPaymentID == "":
		if stripeID(f.StripeChargeID, "ch_", "py_") {
			claimed = f.StripeChargeID
			f.ProviderPaymentID = claimed
		}
	case f.Provider == providerStripe && stripeID(f.ProviderPaymentID, "pi_", "ch_", "py_"),
		f.Provider == providerWePay && oneWord(f.ProviderPaymentID):
		claimed = f.ProviderPaymentID
	}
	if claimed == "" {
		return []reconcile.Key{own}, nil
	}
	return []reconcile.Key{{Provider: f.Provider, ID: claimed}, own}, nil
}

// stripeID says whether an id names a payment of Stripe's; one that names something else is no identity.
func stripeID(id string, prefixes ...string) bool {
	for _, prefix := range prefixes {
		if strings.HasPrefix(id, prefix) && len(id) > len(prefix) && rows.PlausibleID(id) {
			return true
		}
	}
	return false
}

// oneWord says whether a text may be an id of a service that does not say what its ids are made of.
func oneWord(id string) bool {
	blank := func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }
	return id != "" && len(id) <= 255 && !strings.ContainsFunc(id, blank)
}

// trusts says whether the row's lead and call are a claim: confirmed, or entered by a person or another program.
func (c *converter) trusts(r *paymentRow) bool {
	verified, by := strings.ToLower(r.VerificationStatus.Word()), strings.ToLower(r.MatchedBy.Word())
	switch {
	case verified == "confirmed":
		return true
	case verified == "rejected":
		return false
	case r.MatchedBy.Absent(), by == "manual":
		return true
	}
	confidence, known := confidenceOf(r.MatchConfidence, c.scale)
	return c.trustGuesses && known && confidence >= c.least
}

func readTimes(f *reconcile.Facts, r *paymentRow) error {
	for _, t := range []struct {
		field string
		value wire.Scalar
		to    *time.Time
	}{
		{"payment_date", r.PaymentDate, &f.PaymentDate}, {"created_at", r.CreatedAt, &f.CreatedAt},
		{"refunded_at", r.RefundedAt, &f.RefundedAt},
	} {
		at, err := t.value.Time()
		if err != nil {
			return rows.Wrong(t.field, err)
		}
		*t.to = at
	}
	if f.PaymentDate.IsZero() {
		return rows.Refuse("payment_date", "payment_date is missing; set it in Aura")
	}
	f.DayOnly = len(r.PaymentDate.Word()) == len(time.DateOnly)
	return nil
}

func readStatus(f *reconcile.Facts, r *paymentRow) error {
	word, err := r.Status.Text()
	if err != nil {
		return rows.Wrong("status", err)
	}
	f.ProviderStatus = word
	f.Status = reconcile.Status(strings.ToLower(word))
	if !f.Status.Valid() {
		rows.UnknownStatus(f)
	}
	return nil
}

func readAmount(f *reconcile.Facts, r *paymentRow) error {
	currency, err := r.Currency.Currency()
	if err != nil {
		return rows.Wrong("currency", err)
	}
	f.Amount, err = r.Amount.Minor(currency)
	switch {
	case err != nil:
		return wrongAmount("amount", err)
	case f.Amount == nil:
		return rows.Missing("amount")
	}
	return nil
}

// open says whether the payment may change by itself and is young enough to be read again; a refund under way always is.
func (c *converter) open(f *reconcile.Facts) bool {
	made := f.CreatedAt
	if made.IsZero() {
		made = f.PaymentDate
	}
	return f.RefundStatus == reconcile.RefundPending || f.Status == reconcile.StatusPending && c.now.Sub(made) < rows.OpenFor
}
