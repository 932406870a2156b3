package aura

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"

	"pennytie/providers/internal/rows"
	"pennytie/providers/internal/wire"
	"pennytie/reconcile"
	"pennytie/reconcile/money"
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
	id = canonicalID(id) // a list and a single row may write one id in two ways
	own := reconcile.Key{Provider: Name, Account: c.organization, ID: id}
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

// identity says whose payment the row speaks of: at most one processor's key, then the row's own. A processor's row that
// has no id of a payment there joins nothing, which is a doubt.
func identity(f *reconcile.Facts, r *paymentRow, own reconcile.Key) ([]reconcile.Key, error) {
	for _, id := range []struct {
		field string
		value wire.Scalar
	}{{"provider", r.Provider}, {"provider_payment_id", r.ProviderPaymentID}, {"stripe_charge_id", r.StripeChargeID}} {
		if _, err := id.value.Text(); err != nil {
			return nil, rows.Wrong(id.field, err)
		}
	}
	// A payment is created with source and external_id; that they are read back as provider and provider_payment_id is
	// assumed, so they stand in where those are empty. An external_id may be an order's number: only Stripe's ids are
	// unlike any other.
	f.Provider = strings.ToLower(cmp.Or(r.Provider.Word(), r.Source.Word()))
	f.ProviderPaymentID = r.ProviderPaymentID.Word()
	if external := r.ExternalID.Word(); f.ProviderPaymentID == "" && taken(external) {
		f.ProviderPaymentID = external
	}
	named := taken(f.ProviderPaymentID)
	charged := charge(f.StripeChargeID)
	if r.Provider.Word() == "" && f.Provider != rows.WePay && (named || charged) {
		f.Provider = rows.Stripe // such an id is nobody else's, whatever the source is called
	}
	switch {
	case f.Provider == "":
		f.ProviderPaymentID = own.ID
		return []reconcile.Key{own}, nil
	case f.Provider == rows.Stripe && !named && charged:
		f.ProviderPaymentID = f.StripeChargeID
	case f.Provider == rows.Stripe && !named, f.Provider == rows.WePay && !rows.NamesPayment(rows.WePay, f.ProviderPaymentID):
		rows.Doubt(f, reconcile.ExStatusMismatch, "provider_payment_id", "an id of "+f.Provider, f.ProviderPaymentID,
			"the row says whose payment it is, but not which one: it is compared with none")
		return []reconcile.Key{own}, nil
	case f.Provider != rows.Stripe && f.Provider != rows.WePay:
		return []reconcile.Key{own}, nil
	}
	return []reconcile.Key{{Provider: f.Provider, ID: f.ProviderPaymentID}, own}, nil
}

// charge says whether an id is one of Stripe's charges.
func charge(id string) bool {
	kind := rows.StripeKind(id)
	return kind == "ch" || kind == "py"
}

// taken says whether an id is one of a payment of Stripe's: of an intent or a charge.
func taken(id string) bool { return charge(id) || rows.StripeKind(id) == "pi" }

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
