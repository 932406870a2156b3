package cents

import (
	"context"
	"fmt"
	"strings"
	"time"

	"pennytie/configs"
	"pennytie/reconcile"
)

// Addresses of the live service (docs.centsdonations.com, company authentication).
const (
	DefaultBaseURL  = "https://api.centsdonations.com"
	DefaultTokenURL = "https://cents-api.auth.eu-west-1.amazoncognito.com/oauth2/token"
	DefaultListPath = "/v1/auth/company/transactions"
)

// largestPage is the most rows that Cents gives at once.
const largestPage = 100

// What AmountField may be.
const (
	AmountTotal    = "total"               // total_amount; if 0 or absent, order and donation
	AmountParts    = "order_plus_donation" // order_amount and donation_amount, whatever the total says
	AmountDonation = "donation"            // donation_amount only
)

// What DonationUnit may be.
const (
	UnitMinor = "minor"
	UnitMajor = "major"
)

// What DateFilter may be.
const (
	FilterCreated = "created"
	FilterUpdated = "updated"
)

// Credential is where the refresh token is kept. Its errors name places, never the token.
type Credential interface {
	// Load gives the token anew; issued is when a login or a renewal gave it out, zero if unknown.
	Load() (token configs.Secret, issued time.Time, err error)
	// Keep stores a renewed one, which the next run needs: the service may refuse the old one from now on.
	Keep(token configs.Secret) error
}

// Config says which company's account to read and how.
type Config struct {
	Source  string         // configured name of the source
	Role    reconcile.Role // empty: book
	BaseURL string         // empty: DefaultBaseURL
	// Organization is ours. Cents knows nothing of it: its company_id is an id of its own.
	Organization string
	// Environment tells accounts apart whose ids may be the same; empty: live.
	Environment string

	Credential  Credential
	ClientID    string // of the app client that the refresh token was given to
	RedirectURI string // as registered for that client; empty: not sent
	TokenURL    string // empty: DefaultTokenURL
	// RefreshLife is how long a refresh token lives. 0: 30 days, assumed: Cognito's default.
	RefreshLife time.Duration
	// IDLife is how long an id_token lives whose answer does not say. 0: 1 h, assumed: Cognito's default.
	IDLife time.Duration
	// Clock is the machine's clock, for the life of tokens; it must move. Nil: time.Now.
	Clock func() time.Time

	Since time.Time // first instant to read; zero reads all that the account has
	// Now is the run's clock: windows end shortly before it. Nil: time.Now.
	Now               func() time.Time
	Overlap           time.Duration // before the mark of the last pull; 0: 72 h
	RequestsPerSecond float64       // 0: 2, assumed: nothing is published
	PageSize          int           // 0: 100, which is the most

	// ListPath is where the transactions are listed. Empty: DefaultListPath, assumed: the company's list has the path that
	// is documented for writing.
	ListPath string
	// NoFetch says that there is no GET of ListPath/{id}. False, assumed: there is.
	NoFetch bool
	// AmountField is what the payer was asked for. Empty: AmountTotal, assumed.
	AmountField string
	// DonationUnit is the unit of donation_amount. Empty: UnitMinor, assumed: the other flavours of the API differ.
	DonationUnit string
	// DateFilter is the date that start_date and end_date look at. Empty: FilterCreated, assumed.
	DateFilter string
	// Zone is where the service's days begin. Nil: UTC, assumed.
	Zone *time.Location
	// Gateways are the prefixes of external_id and whose payment each names. Nil: STRIPE is stripe and WEPAY is wepay,
	// assumed: one documented example begins with STRIPE_.
	Gateways map[string]string

	AllowInsecureLoopback bool                                             // http:// to this machine, for tests
	MaxAttempts           int                                              // 0: 5 tries of one request
	AttemptTimeout        time.Duration                                    // 0: 30 s for one try
	Sleep                 func(ctx context.Context, d time.Duration) error // nil waits; tests need not
}

// checked fills in defaults and refuses what cannot work.
func (c Config) checked() (Config, error) {
	c.fill()
	wrong := ""
	switch {
	case c.Source == "":
		return c, fmt.Errorf("cents: source has no name: %w", reconcile.ErrInvalid)
	case !plainWord(c.ClientID):
		wrong = "client id is missing or is not one word"
	case c.PageSize < 1 || c.PageSize > largestPage:
		wrong = fmt.Sprintf("page size %d is not 1 to %d", c.PageSize, largestPage)
	case c.Overlap < 0 || c.RefreshLife < 0 || c.IDLife < 0 || c.RequestsPerSecond < 0:
		wrong = "a length of time or a rate is below zero"
	case !strings.HasPrefix(c.ListPath, "/") || strings.HasSuffix(c.ListPath, "/") || !plainWord(c.ListPath) ||
		strings.ContainsAny(c.ListPath, "?#%\\"):
		wrong = "list path is not a plain path such as " + DefaultListPath
	case c.AmountField != AmountTotal && c.AmountField != AmountParts && c.AmountField != AmountDonation:
		wrong = fmt.Sprintf("amount field %q is not %s, %s or %s", c.AmountField, AmountTotal, AmountParts, AmountDonation)
	case c.DonationUnit != UnitMinor && c.DonationUnit != UnitMajor:
		wrong = fmt.Sprintf("donation unit %q is not %s or %s", c.DonationUnit, UnitMinor, UnitMajor)
	case c.DateFilter != FilterCreated && c.DateFilter != FilterUpdated:
		wrong = fmt.Sprintf("date filter %q is not %s or %s", c.DateFilter, FilterCreated, FilterUpdated)
	}
	for prefix, provider := range c.Gateways {
		if !plainWord(prefix) || !plainWord(provider) || provider == Name {
			wrong = fmt.Sprintf("gateway %q cannot stand for payments of %q", prefix, provider)
		}
	}
	if wrong != "" {
		return c, fmt.Errorf("cents: source %q: %s: %w", c.Source, wrong, reconcile.ErrInvalid)
	}
	if c.Credential == nil {
		return c, fmt.Errorf("cents: source %q: there is no refresh token: %w", c.Source, reconcile.ErrAuth)
	}
	if _, _, err := loadRefresh(c.Credential); err != nil {
		return c, fmt.Errorf("cents: source %q: %w", c.Source, err)
	}
	return c, nil
}

func (c *Config) fill() {
	or(&c.Role, reconcile.RoleBook)
	or(&c.BaseURL, DefaultBaseURL)
	or(&c.TokenURL, DefaultTokenURL)
	or(&c.ListPath, DefaultListPath)
	or(&c.RefreshLife, 30*24*time.Hour)
	or(&c.IDLife, time.Hour)
	or(&c.Overlap, 72*time.Hour)
	or(&c.RequestsPerSecond, 2)
	or(&c.PageSize, largestPage)
	or(&c.AmountField, AmountTotal)
	or(&c.DonationUnit, UnitMinor)
	or(&c.DateFilter, FilterCreated)
	or(&c.Zone, time.UTC)
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Gateways == nil {
		c.Gateways = map[string]string{"STRIPE": stripe, "WEPAY": "wepay"}
	}
}

// or puts a default in the place of a zero value.
func or[T comparable](value *T, standard T) {
	var zero T
	if *value == zero {
		*value = standard
	}
}

// plainWord says whether text can stand in a header, a form or a path as it is.
func plainWord(text string) bool {
	for i := range len(text) {
		if text[i] <= ' ' || text[i] > '~' {
			return false
		}
	}
	return text != ""
}
