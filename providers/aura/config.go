package aura

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"pennytie/configs"
	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

// DefaultBaseURL is Aura's own API.
const DefaultBaseURL = "https://api.aura-app.ai"

const (
	largestPage    = 100 // rows; more is an error of the service
	defaultOverlap = 72 * time.Hour
	// defaultRate stays below the 100 requests a minute that one key has (https://docs.api.aura-app.ai/).
	defaultRate  = 1.6
	longestWait  = 5 * time.Minute
	defaultLeast = 0.95
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
	Source  string         // configured name of the source
	Role    reconcile.Role // empty: book
	BaseURL string         // empty: DefaultBaseURL
	// Key is sent as a bearer token. It prints as ***.
	Key configs.Secret
	// Organization is pennytie's organization_id: the account of Aura's own ids.
	Organization string
	// Since is the first instant to read; zero reads all that there is.
	Since time.Time
	// Now is the run's clock: windows end shortly before it. Nil: time.Now.
	Now                   func() time.Time
	RequestsPerSecond     float64       // 0: 1.6, a little under the 100 a minute that a key has
	PageSize              int           // 0: 100, which is Aura's most
	Overlap               time.Duration // how far before its end the last pull is read again; 0: 72 h
	AllowInsecureLoopback bool          // http:// to this machine, for tests

	MaxAttempts    int                                              // 0: 5 tries of one request
	AttemptTimeout time.Duration                                    // 0: 30 s for one try
	Sleep          func(ctx context.Context, d time.Duration) error // nil waits; tests need not

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
	if c.Source == "" {
		return c, fmt.Errorf("aura: source has no name: %w", reconcile.ErrInvalid)
	}
	if !plainKey(c.Key.Reveal()) {
		return c, fmt.Errorf("aura: source %q: key is missing or is not one word: %w", c.Source, reconcile.ErrAuth)
	}
	c.BaseURL = cmp.Or(c.BaseURL, DefaultBaseURL)
	c.Role = cmp.Or(c.Role, reconcile.RoleBook)
	c.RequestsPerSecond = cmp.Or(c.RequestsPerSecond, defaultRate)
	c.PageSize = cmp.Or(c.PageSize, largestPage)
	c.Overlap = cmp.Or(c.Overlap, defaultOverlap)
	c.DateFilter = cmp.Or(c.DateFilter, FilterPaymentDate)
	c.ConfidenceScale = cmp.Or(c.ConfidenceScale, ScaleAuto)
	c.LeastConfidence = cmp.Or(c.LeastConfidence, defaultLeast)
	c.DealValueUnit = cmp.Or(c.DealValueUnit, UnitMinor)
	c.DealCurrency = cmp.Or(c.DealCurrency, "USD")
	if c.Now == nil {
		c.Now = time.Now
	}
	if reason := c.nonsense(); reason != "" {
		return c, fmt.Errorf("aura: source %q: %s: %w", c.Source, reason, reconcile.ErrInvalid)
	}
	return c, nil
}

// nonsense says what of a configuration with defaults cannot work. Numbers are compared so that NaN is refused.
func (c Config) nonsense() string {
	roles := []reconcile.Role{reconcile.RoleManual, reconcile.RoleProcessor, reconcile.RoleBook}
	switch {
	case !slices.Contains(roles, c.Role):
		return fmt.Sprintf("role %q is not manual, processor or book", c.Role)
	case !(c.RequestsPerSecond > 0):
		return "requests per second must be above 0"
	case c.PageSize < 1 || c.PageSize > largestPage:
		return fmt.Sprintf("page size %d is not 1 to %d", c.PageSize, largestPage)
	case c.Overlap < 0:
		return "overlap is below zero"
	case c.DateFilter != FilterPaymentDate && c.DateFilter != FilterCreatedAt:
		return fmt.Sprintf("date filter %q is not payment_date or created_at", c.DateFilter)
	case !slices.Contains([]string{ScaleAuto, ScaleUnit, ScalePercent}, c.ConfidenceScale):
		return fmt.Sprintf("confidence scale %q is not auto, unit or percent", c.ConfidenceScale)
	case !(c.LeastConfidence > 0 && c.LeastConfidence <= 1):
		return "least confidence is not above 0 and at most 1"
	case c.DealValueUnit != UnitMinor && c.DealValueUnit != UnitMajor:
		return fmt.Sprintf("deal value unit %q is not minor or major", c.DealValueUnit)
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

func plainKey(key string) bool {
	for i := range len(key) {
		if key[i] <= ' ' || key[i] > '~' {
			return false
		}
	}
	return key != ""
}
