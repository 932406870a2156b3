package cents

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"pennytie/configs"
	"pennytie/providers/internal/rest"
	"pennytie/providers/internal/rows"
	"pennytie/reconcile"
)

// Addresses of the live service (docs.centsdonations.com, company authentication).
const (
	DefaultBaseURL  = "https://api.centsdonations.com"
	DefaultTokenURL = "https://cents-api.auth.eu-west-1.amazoncognito.com/oauth2/token"
	DefaultListPath = "/v1/auth/company/transactions"
)

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
	// Account has the role of a book, at the live service, with 2 requests per second, assumed: nothing is published.
	rest.Account
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
	// Zone is where the service's days begin: those of its filter and those that its rows name. Nil: UTC, assumed.
	Zone *time.Location
	// Gateways are the prefixes of external_id and whose payment each names, if what follows can be an id of it. Nil: STRIPE
	// is stripe and WEPAY is wepay, assumed: one documented example begins with STRIPE_.
	Gateways map[string]string
}

// checked fills in defaults and refuses what cannot work.
func (c Config) checked() (Config, error) {
	var err error
	c.Account, err = c.Account.Checked(Name, rest.Account{
		Role: reconcile.RoleBook, BaseURL: DefaultBaseURL, RequestsPerSecond: 2, PageSize: 100,
	})
	if err != nil {
		return c, err
	}
	c.fill()
	wrong := cmp.Or(
		rest.NotOneOf("amount field", c.AmountField, AmountTotal, AmountParts, AmountDonation),
		rest.NotOneOf("donation unit", c.DonationUnit, UnitMinor, UnitMajor),
		rest.NotOneOf("date filter", c.DateFilter, FilterCreated, FilterUpdated),
	)
	switch {
	case !rest.PlainWord(c.ClientID):
		wrong = "client id is missing or is not one word"
	case c.RefreshLife < 0 || c.IDLife < 0:
		wrong = "the life of a token is below zero"
	case !strings.HasPrefix(c.ListPath, "/") || strings.HasSuffix(c.ListPath, "/") || !rest.PlainWord(c.ListPath) ||
		strings.ContainsAny(c.ListPath, "?#%\\"):
		wrong = "list path is not a plain path such as " + DefaultListPath
	}
	for prefix, provider := range c.Gateways {
		if !rest.PlainWord(prefix) || !rest.PlainWord(provider) || provider == Name {
			wrong = fmt.Sprintf("gateway %q cannot stand for payments of %q", prefix, provider)
		}
	}
	if wrong != "" {
		return c, c.Refuse(Name, reconcile.ErrInvalid, wrong)
	}
	if c.Credential == nil {
		return c, c.Refuse(Name, reconcile.ErrAuth, "there is no refresh token")
	}
	if _, _, err := loadRefresh(c.Credential); err != nil {
		return c, fmt.Errorf("cents: source %q: %w", c.Source, err)
	}
	return c, nil
}

func (c *Config) fill() {
	c.TokenURL = cmp.Or(c.TokenURL, DefaultTokenURL)
	c.ListPath = cmp.Or(c.ListPath, DefaultListPath)
	c.RefreshLife = cmp.Or(c.RefreshLife, 30*24*time.Hour)
	c.IDLife = cmp.Or(c.IDLife, time.Hour)
	c.AmountField = cmp.Or(c.AmountField, AmountTotal)
	c.DonationUnit = cmp.Or(c.DonationUnit, UnitMinor)
	c.DateFilter = cmp.Or(c.DateFilter, FilterCreated)
	c.Zone = cmp.Or(c.Zone, time.UTC)
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Gateways == nil {
		c.Gateways = map[string]string{"STRIPE": rows.Stripe, "WEPAY": rows.WePay}
	}
}
