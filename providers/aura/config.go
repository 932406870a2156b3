package aura

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"pennytie/configs"
	"pennytie/providers/internal/rest"
	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

// Words of DateFilter, ConfidenceScale and DealValueUnit.
const (
	FilterPaymentDate = "payment_date"
	FilterCreatedAt   = "created_at"

	ScaleAuto    = "auto"
	ScaleUnit    = "unit"
	ScalePercent = "percent"

	UnitMinor = "minor"
	UnitMajor = "major"
)

// Config says which organization to read and how.
type Config struct {
	// Account has the role of a book, at Aura's own API, with 1.6 requests per second, a little under the 100 a minute that
	// one key has.
	rest.Account
	// Key is sent as a bearer token. It prints as ***.
	Key configs.Secret
	// Organization is pennytie's organization_id: the account of Aura's own ids.
	Organization string

	// DateFilter is the date that from_date and to_date of the payments list look at: payment_date or created_at.
	// Empty: payment_date. Assumed: the service does not say. With created_at the first pull begins 31 days
	// before Since, for entries that were made ahead of their date.
	DateFilter string
	// TrustGuesses takes lead and call also from a match that Aura made itself and nobody confirmed, if Aura is at least
	// as sure as LeastConfidence. Otherwise such a match is no claim.
	TrustGuesses bool
	// ConfidenceScale is the scale of match_confidence: unit (0 to 1), percent (0 to 100) or auto, which takes what is
	// above 1 for a percentage. Empty: auto. Assumed: the service does not say.
	ConfidenceScale string
	// LeastConfidence is the confidence, from above 0 to 1, from which TrustGuesses takes a match. 0: 0.95.
	LeastConfidence float64
	// DealValueUnit is the unit of a call's expected_deal_value: minor (cents) or major. Empty: minor. Assumed: payments
	// are in cents, analytics in dollars, and calls are not spoken of.
	DealValueUnit string
	// DealCurrency is the currency of a deal whose call names none. Empty: USD. Assumed: it is the default of payments.
	DealCurrency string
	// StripeProducts maps Stripe's product ids (prod_…) to Aura's, because Aura's products do not name them.
	StripeProducts map[string]string
}

// checked fills in defaults and refuses what cannot work.
func (c Config) checked() (Config, error) {
	var err error
	c.Account, err = c.Account.Checked(Name, rest.Account{
		Role: reconcile.RoleBook, BaseURL: "https://api.aura-app.ai", RequestsPerSecond: 1.6, // https://docs.api.aura-app.ai/
		PageSize: 100, // more is an error of the service
	})
	if err != nil {
		return c, err
	}
	c.DateFilter = cmp.Or(c.DateFilter, FilterPaymentDate)
	c.ConfidenceScale = cmp.Or(c.ConfidenceScale, ScaleAuto)
	c.LeastConfidence = cmp.Or(c.LeastConfidence, 0.95)
	c.DealValueUnit = cmp.Or(c.DealValueUnit, UnitMinor)
	c.DealCurrency = cmp.Or(c.DealCurrency, "USD")
	if reason := c.nonsense(); reason != "" {
		return c, c.Refuse(Name, reconcile.ErrInvalid, reason)
	}
	if !rest.PlainWord(c.Key.Reveal()) {
		return c, c.Refuse(Name, reconcile.ErrAuth, "key is missing or is not one word")
	}
	return c, nil
}

// nonsense says what of a configuration with defaults cannot work. Numbers are compared so that NaN is refused.
func (c Config) nonsense() string {
	if reason := cmp.Or(
		rest.NotOneOf("date filter", c.DateFilter, FilterPaymentDate, FilterCreatedAt),
		rest.NotOneOf("confidence scale", c.ConfidenceScale, ScaleAuto, ScaleUnit, ScalePercent),
		rest.NotOneOf("deal value unit", c.DealValueUnit, UnitMinor, UnitMajor),
	); reason != "" {
		return reason
	}
	if !(c.LeastConfidence > 0 && c.LeastConfidence <= 1) {
		return "least confidence is not above 0 and at most 1"
	}
	if _, err := money.ParseCurrency(c.DealCurrency); err != nil {
		return "deal currency: " + err.Error()
	}
	sold := map[string]string{}
	for _, stripe := range slices.Sorted(maps.Keys(c.StripeProducts)) {
		own := canonicalID(c.StripeProducts[stripe])
		switch {
		case stripe == "" || own == "":
			return "a Stripe product or what it stands for has no id"
		case sold[own] != "":
			return fmt.Sprintf("product %q has two Stripe products, %q and %q; keep one", own, sold[own], stripe)
		}
		sold[own] = stripe
	}
	return ""
}

// rules is what the conversion of rows needs of a checked configuration.
func (c Config) rules() rules {
	currency, _ := money.ParseCurrency(c.DealCurrency) // checked
	r := rules{
		source: c.Source, role: c.Role, organization: c.Organization,
		trustGuesses: c.TrustGuesses, scale: c.ConfidenceScale, least: c.LeastConfidence,
		dealUnit: c.DealValueUnit, dealCurrency: currency, stripeProducts: map[string]string{},
	}
	for stripe, own := range c.StripeProducts {
		r.stripeProducts[canonicalID(own)] = stripe
	}
	return r
}
