package files

import (
	"maps"
	"slices"
	"strings"
	"time"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

// providerStripe is the id space of Stripe's objects.
const providerStripe = "stripe"

// stripePaymentRow is a row of Stripe's payments export (unified_payments.csv): one charge attempt. The
// dashboard's column names differ between years; these are their lower-case canonical spellings.
type stripePaymentRow struct {
	ID                string `csv:"id"`
	Created           string `csv:"created (utc)"`
	Amount            string `csv:"amount"`
	AmountRefunded    string `csv:"amount refunded"`
	Currency          string `csv:"currency"`
	Captured          string `csv:"captured"`
	ConvertedAmount   string `csv:"converted amount"`
	ConvertedCurrency string `csv:"converted currency"`
	Description       string `csv:"description"`
	Fee               string `csv:"fee"`
	Tax               string `csv:"taxes on fee"`
	Refunded          string `csv:"refunded date (utc)"`
	Statement         string `csv:"statement descriptor"`
	Status            string `csv:"status"`
	Mode              string `csv:"mode"`
	PaymentIntentID   string `csv:"paymentintent id"`
	CustomerID        string `csv:"customer id"`
	CustomerEmail     string `csv:"customer email"`
	CustomerPhone     string `csv:"customer phone"`
	CustomerNote      string `csv:"customer description"`
	CardName          string `csv:"card name"`
	CardLine1         string `csv:"card address line1"`
	CardLine2         string `csv:"card address line2"`
	CardCity          string `csv:"card address city"`
	CardZip           string `csv:"card address zip"`
	CardCountry       string `csv:"card address country"`
	ShippingName      string `csv:"shipping name"`
	ClientReferenceID string `csv:"client reference id"`
	Transfer          string `csv:"transfer"`
	DisputedAmount    string `csv:"disputed amount"`
	DisputeStatus     string `csv:"dispute status"`
}

func stripePaymentLayout() *layout {
	return &layout{
		name:     FormatStripe,
		row:      &stripePaymentRow{},
		required: []string{"id", "created (utc)", "amount", "currency", "status"},
		growing:  true,
		extras:   true,
		rename:   stripeSpelling,
		convert:  convertStripePayment,
	}
}

// stripeSpelling folds the spellings that the dashboard has used.
func stripeSpelling(header string) string {
	switch header {
	case "created date (utc)", "created":
		return "created (utc)"
	case "tax":
		return "taxes on fee"
	case "payment intent id", "payment intent":
		return "paymentintent id"
	}
	return header
}

// metadataKey reads "<key> (metadata)" and "payment_metadata[<key>]".
func metadataKey(header string) (string, bool) {
	if key, ok := strings.CutSuffix(header, " (metadata)"); ok && key != "" {
		return key, true
	}
	key, ok := strings.CutPrefix(header, "payment_metadata[")
	if !ok {
		return "", false
	}
	key, ok = strings.CutSuffix(key, "]")
	return key, ok && key != ""
}

func hasMetadataPrefix(column string) bool { return strings.HasPrefix(column, metadataColumn) }

// metadataCells collects the columns that are named after metadata keys.
func (c *cells) metadataCells(extra map[string]string) map[string]string {
	var data map[string]string
	for _, column := range slices.Sorted(maps.Keys(extra)) {
		if key, ok := strings.CutPrefix(column, metadataColumn); ok && extra[column] != "" {
			if data == nil {
				data = map[string]string{}
			}
			c.addMetadata(key+" (metadata)", data, key, extra[column])
		}
	}
	return data
}

func convertStripePayment(o *origin, row any, extra map[string]string) (entry, *fault) {
	r := row.(*stripePaymentRow) //nolint:errcheck,forcetypeassert // the layout's own type
	if strings.EqualFold(r.Mode, "test") && !o.cfg.AllowTest {
		return entry{}, faultf("Mode", "a payment of Stripe's test mode, no money moved")
	}
	var c cells
	id := c.requiredID("id", r.ID)
	intent := c.id("PaymentIntent ID", r.PaymentIntentID)
	if !strings.HasPrefix(id, "ch_") && !strings.HasPrefix(id, "py_") && !strings.HasPrefix(id, "pi_") {
		c.fail("id", "%s is not the id of a payment (ch_, py_ or pi_)", quote(id))
	}
	currency := c.currency("Currency", r.Currency)
	f := reconcile.Facts{
		ProviderPaymentID: id,
		ProviderStatus:    c.text(r.Status),
		Amount:            c.stripeAmount("Amount", r.Amount, currency),
		PaymentDate:       c.stripeTime("Created (UTC)", r.Created),
		Emails:            c.list("Customer Email", r.CustomerEmail),
		Name:              c.stripeName(r),
		Payer: reconcile.Payer{
			Phone:       strings.TrimSpace(r.CustomerPhone),
			Address:     strings.TrimSpace(c.text(r.CardLine1) + " " + c.text(r.CardLine2)),
			City:        c.text(r.CardCity),
			PostalCode:  c.text(r.CardZip),
			Country:     c.text(r.CardCountry),
			Description: c.text(r.Description),
			Statement:   c.text(r.Statement),
			Reference:   c.text(r.ClientReferenceID),
			Metadata:    c.metadataCells(extra),
		},
		StripeCustomerID: c.id("Customer ID", r.CustomerID),
		PayoutID:         c.id("Transfer", r.Transfer),
	}
	if f.Amount == nil {
		c.fail("Amount", "the amount is missing")
	}
	if r.Created == "" {
		c.fail("Created (UTC)", "the payment date is missing")
	}
	c.stripeStatus(r, currency, &f)
	c.stripeFee(r, currency, &f)
	c.stripeDispute(r, currency, &f)
	if c.bad != nil {
		return entry{}, c.bad
	}
	keys := stripeKeys(intent, id)
	f.ProviderPaymentID = keys[0].ID
	if !strings.HasPrefix(id, "pi_") {
		f.StripeChargeID = id
	}
	return paymentEntry(o, providerStripe, id, "id", keys, f), nil
}

// stripeKeys are the identities of a payment, its intent first: retries of one intent are one payment.
func stripeKeys(ids ...string) []reconcile.Key {
	var keys []reconcile.Key
	for _, id := range ids {
		key := reconcile.Key{Provider: providerStripe, ID: id}
		if id != "" && !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	return keys
}

// stripeName is the payer's name. The customer's description is used where it looks like one: the
// default export has no other column for it.
func (c *cells) stripeName(r *stripePaymentRow) string {
	for _, name := range []string{r.CardName, r.ShippingName} {
		if name != "" {
			return c.text(name)
		}
	}
	if strings.ContainsAny(r.CustomerNote, "@0123456789") {
		return ""
	}
	return c.text(r.CustomerNote)
}

// stripeStatus reads the status together with Captured and Amount Refunded: the word alone does not say
// whether money moved. An authorisation that is not captured shows as Paid, one that was released
// as Refunded.
func (c *cells) stripeStatus(r *stripePaymentRow, currency money.Currency, f *reconcile.Facts) {
	word := strings.ToLower(strings.TrimSpace(r.Status))
	captured := c.word("Captured", r.Captured, "true", "false")
	refunded := c.stripeAmount("Amount Refunded", r.AmountRefunded, currency)
	refundedAt := c.stripeTime("Refunded date (UTC)", r.Refunded)
	switch {
	case word == "paid" || word == "succeeded":
		f.Status = reconcile.StatusSucceeded
	case word == "refunded":
		f.Status = reconcile.StatusRefunded
	case word == "failed" || word == "canceled":
		f.Status = reconcile.StatusFailed
	case word == "pending" || word == "processing" || strings.HasPrefix(word, "requires_"):
		f.Status = reconcile.StatusPending
	default:
		c.fail("Status", "%s is not one of Paid, Refunded, Failed, Pending, canceled, processing, requires_…",
			quote(r.Status))
	}
	if c.bad != nil {
		return
	}
	if captured == "false" && f.Status.Collected() {
		none := money.New(0, currency)
		f.Captured = &none
		if f.Status = reconcile.StatusPending; word == "refunded" {
			f.Status = reconcile.StatusFailed
		}
		return
	}
	if !f.Status.Collected() || refunded == nil {
		return
	}
	f.RefundedAmount, f.RefundedAt = refunded, refundedAt
	switch {
	case refunded.Minor == 0:
		f.RefundStatus = reconcile.RefundNone
	case refunded.Minor < f.Amount.Minor && f.Status != reconcile.StatusRefunded:
		f.RefundStatus = reconcile.RefundPartial
	default:
		f.RefundStatus = reconcile.RefundFull
	}
}

// stripeFee reads the fee with its tax, and the net, in the currency of the account. They mean nothing
// before money moved.
func (c *cells) stripeFee(r *stripePaymentRow, currency money.Currency, f *reconcile.Facts) {
	if r.ConvertedCurrency != "" {
		currency = c.currency("Converted Currency", r.ConvertedCurrency)
	}
	fee := c.signedStripe("Fee", r.Fee, currency)
	tax := c.signedStripe("Taxes On Fee", r.Tax, currency)
	gross := c.stripeAmount("Converted Amount", r.ConvertedAmount, currency)
	if c.bad != nil || fee == nil || !f.Status.Collected() {
		return
	}
	total := *fee
	var err error
	if tax != nil {
		total, err = total.Add(*tax)
	}
	f.Fee = &total
	if err == nil && gross != nil {
		var net money.Amount
		net, err = gross.Sub(total)
		f.Net = &net
	}
	if err != nil {
		c.fail("Fee", "%v", err)
	}
}

// stripeDispute maps Stripe's words. An inquiry (warning_…) moves no money.
func (c *cells) stripeDispute(r *stripePaymentRow, currency money.Currency, f *reconcile.Facts) {
	f.DisputedAmount = c.stripeAmount("Disputed Amount", r.DisputedAmount, currency)
	switch word := strings.ToLower(strings.TrimSpace(r.DisputeStatus)); {
	case word == "":
	case word == "won":
		f.DisputeStatus = reconcile.DisputeWon
	case word == "lost":
		f.DisputeStatus = reconcile.DisputeLost
	case word == "needs_response" || word == "under_review":
		f.DisputeStatus = reconcile.DisputeOpen
	case strings.HasPrefix(word, "warning_"):
		f.DisputeStatus, f.DisputedAmount = reconcile.DisputeNone, nil
	default:
		c.fail("Dispute Status", "%s is not one of needs_response, under_review, won, lost, warning_…",
			quote(r.DisputeStatus))
	}
}

// stripeAmount and signedStripe say how to mend what the dashboard writes in some locales.
func (c *cells) stripeAmount(field, v string, currency money.Currency) *money.Amount {
	c.refuseLocale(field, v)
	return c.amount(field, v, currency)
}

func (c *cells) signedStripe(field, v string, currency money.Currency) *money.Amount {
	c.refuseLocale(field, v)
	return c.signed(field, v, currency)
}

func (c *cells) refuseLocale(field, v string) {
	if strings.ContainsAny(v, ",'") {
		c.fail(field, "%s has a comma or a grouping mark; export with a point and without thousands separators",
			quote(v))
	}
}

// stripeTime reads the exports' own form, which is UTC by the column's name.
func (c *cells) stripeTime(field, v string) time.Time {
	if v == "" {
		return time.Time{}
	}
	for _, form := range []string{"2006-01-02 15:04:05", "2006-01-02 15:04"} {
		if len(v) != len(form) {
			continue
		}
		if at, err := time.Parse(form, v); err == nil {
			return c.plausible(field, v, at)
		}
	}
	at, err := time.Parse(time.RFC3339, v)
	if err != nil {
		c.fail(field, "%s is not a time such as 2026-03-08 14:00:00", quote(v))
	}
	return c.plausible(field, v, at.UTC())
}
