package zenskar

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"pennytie/configs"
	"pennytie/reconcile"
)

// Defaults of a configuration.
const (
	DefaultBaseURL    = "https://api.zenskar.com"
	DefaultAPIVersion = "20230501"     // https://docs2.zenskar.com/api-reference/overview
	DefaultOverlap    = 72 * time.Hour // before the mark of the last pull

	defaultRate = 2   // requests per second; assumed: no limit is published
	largestPage = 100 // assumed: no largest limit is published
)

// Units of money, ways of paging, and the field that a pull goes by.
const (
	UnitMinor     = "minor"
	UnitMajor     = "major"
	PageByCursor  = "cursor"
	PageByOffset  = "offset"
	DateCreated   = "created_at"
	DateTimestamp = "timestamp"
)

// Config says which organisation to read and how.
type Config struct {
	Source  string         // configured name of the source
	Role    reconcile.Role // empty: book
	BaseURL string         // empty: DefaultBaseURL
	// Key is sent as x-api-key. A JWT (three parts between dots, the first beginning eyJ) goes as Authorization: Bearer.
	Key configs.Secret
	// Organisation is the id in Zenskar's required header, and the account of the identity keys.
	Organisation string
	// Organization is pennytie's own organization_id. Zenskar knows nothing of it: nothing is asked by it.
	Organization string
	APIVersion   string // of the header apiversion; empty: DefaultAPIVersion
	// Since is the first instant to read; zero reads all that the organisation has.
	Since time.Time
	// Now is the run's clock: windows end shortly before it. Nil: time.Now.
	Now               func() time.Time
	RequestsPerSecond float64       // 0: 2; assumed, no limit is published
	PageSize          int           // 0: 100, which is assumed to be the most
	Overlap           time.Duration // how far before its mark a pull reads again; 0: DefaultOverlap

	AllowInsecureLoopback bool                                             // http:// to this machine, for tests
	MaxAttempts           int                                              // 0: 5 tries of one request
	AttemptTimeout        time.Duration                                    // 0: 30 s for one try
	Sleep                 func(ctx context.Context, d time.Duration) error // nil waits; tests need not

	// AmountUnit is what the amounts are written in: UnitMinor (default; assumed: the vendor's own client says cents, the
	// page of the list says only text) or UnitMajor.
	AmountUnit string
	// Paging is PageByCursor (default) or PageByOffset. Assumed: the vendor's overview speaks of both.
	Paging string
	// NoOrder leaves out order=created_at. Assumed: the list accepts it; without it new rows come first.
	NoOrder bool
	// DateField is the filter that windows the pull: DateCreated (default) or DateTimestamp. Assumed: every row has a
	// created_at; a row without a timestamp is in no window of DateTimestamp.
	DateField string
	// IgnoreChargebacks takes rows of method charge_back or type payment_reversal as details only. Assumed where it is
	// false: such a row is a dispute, lost unless its status says otherwise.
	IgnoreChargebacks bool
	// SkipCustomers leaves out GET /customers/{id}, asked once for each customer whose payments have no e-mail.
	SkipCustomers bool
	// Invoices asks GET /invoices/{id} for the external_id of the first invoice of each payment, as its reference.
	Invoices bool
	// Cache keeps customers and invoices from one run to the next. Nil keeps none.
	Cache reconcile.Cache
}

// checked fills in defaults and refuses what cannot work.
func (c Config) checked() (Config, error) {
	if c.Source == "" {
		return c, fmt.Errorf("zenskar: source has no name: %w", reconcile.ErrInvalid)
	}
	refuse := func(kind error, format string, args ...any) (Config, error) {
		return c, fmt.Errorf("zenskar: source %q: %s: %w", c.Source, fmt.Sprintf(format, args...), kind)
	}
	c.Role = cmp.Or(c.Role, reconcile.RoleBook)
	c.BaseURL = cmp.Or(c.BaseURL, DefaultBaseURL)
	c.APIVersion = cmp.Or(c.APIVersion, DefaultAPIVersion)
	c.RequestsPerSecond = cmp.Or(c.RequestsPerSecond, defaultRate)
	c.PageSize = cmp.Or(c.PageSize, largestPage)
	c.Overlap = cmp.Or(c.Overlap, DefaultOverlap)
	c.AmountUnit = cmp.Or(c.AmountUnit, UnitMinor)
	c.Paging = cmp.Or(c.Paging, PageByCursor)
	c.DateField = cmp.Or(c.DateField, DateCreated)
	if c.Now == nil {
		c.Now = time.Now
	}
	switch {
	case !oneWord(c.Key.Reveal()):
		return refuse(reconcile.ErrAuth, "key is missing or is not one word")
	case !oneWord(c.Organisation):
		return refuse(reconcile.ErrInvalid, "organisation is missing or is not one word; it is Zenskar's id of yours")
	case !oneWord(c.APIVersion):
		return refuse(reconcile.ErrInvalid, "api version is not one word")
	case c.Role != reconcile.RoleBook && c.Role != reconcile.RoleProcessor && c.Role != reconcile.RoleManual:
		return refuse(reconcile.ErrInvalid, "role %q is unknown", c.Role)
	case c.PageSize < 1 || c.PageSize > largestPage:
		return refuse(reconcile.ErrInvalid, "page size %d is not 1 to %d", c.PageSize, largestPage)
	case c.RequestsPerSecond < 0 || c.Overlap < 0:
		return refuse(reconcile.ErrInvalid, "requests per second or overlap is below zero")
	case c.AmountUnit != UnitMinor && c.AmountUnit != UnitMajor:
		return refuse(reconcile.ErrInvalid, "amount unit %q is not %s or %s", c.AmountUnit, UnitMinor, UnitMajor)
	case c.Paging != PageByCursor && c.Paging != PageByOffset:
		return refuse(reconcile.ErrInvalid, "paging %q is not %s or %s", c.Paging, PageByCursor, PageByOffset)
	case c.DateField != DateCreated && c.DateField != DateTimestamp:
		return refuse(reconcile.ErrInvalid, "date field %q is not %s or %s", c.DateField, DateCreated, DateTimestamp)
	}
	return c, nil
}

// oneWord keeps what would break a header out of it.
func oneWord(text string) bool {
	for i := range len(text) {
		if text[i] <= ' ' || text[i] > '~' {
			return false
		}
	}
	return text != ""
}

// isJWT tells a token of a signed-in user from an API key.
func isJWT(key string) bool { return strings.HasPrefix(key, "eyJ") && strings.Count(key, ".") == 2 }
