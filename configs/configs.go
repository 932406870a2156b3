// Package configs reads and checks the one configuration file of pennytie.
//
// The commands call Load once and hand the parts on; `config show` prints what came of it. The package
// names keys, lines and mends, so that a person can repair the file from the message alone. It must not
// open stores or talk to providers, it must not print a secret or echo one in an error, and it knows no
// other package of pennytie.
package configs

import (
	_ "embed"
	"fmt"
	"time"
)

// Example is a complete configuration, documented line by line. `pennytie init` writes it.
//
//go:embed example.yaml
var Example string

// Providers that this version can read from.
const (
	ProviderStripe  = "stripe"
	ProviderWePay   = "wepay"
	ProviderAura    = "aura"
	ProviderCents   = "cents"
	ProviderZenskar = "zenskar"
	ProviderFiles   = "files"
)

// Roles of a source: a processor moves the money, a book only claims that it moved.
const (
	RoleProcessor = "processor"
	RoleBook      = "book"
)

// What a book claims: every payment of the processors that it speaks of, or only some of them.
const (
	ClaimsAll  = "all"
	ClaimsSome = "some"
)

// Defaults of reading a source's past again.
const (
	DefaultRescanDays   = 180
	DefaultRescanNights = 7
)

// Formats of a files source.
const (
	FormatCanonical                  = "canonical"
	FormatStripePayments             = "stripe_payments"
	FormatStripePayoutReconciliation = "stripe_payout_reconciliation"
)

// How much of a person reports may show.
const (
	PIIFull   = "full"
	PIIMasked = "masked"
	PIINone   = "none"
)

// TenThousandths is the unit of the thresholds in Matching: 0.95 is 9500. They are never floats, so that
// a score that equals a threshold is treated the same on every machine.
const TenThousandths = 10_000

// Config is the whole configuration. Load fills in the defaults and makes the paths usable from the
// current folder.
type Config struct {
	OrganizationID        string
	Timezone              string // IANA name: booking zone of reports and periods
	Store                 string
	ReportsDir            string
	PII                   string
	AllowInsecureLoopback bool
	DefaultCountry        string // ISO 3166 alpha-2: of phone numbers written without a country
	Sources               []Source
	Records               Records
	Matching              Matching
	Verify                Verify
	Review                Review
	Push                  Push
	Handoff               Handoff
	Schedule              []Job

	src *source // where each key was written; nil when the Config was made in code
}

// Source is one account of one service, or one set of files.
type Source struct {
	Name        string
	Provider    string
	Role        string
	BaseURL     string
	KeyEnv      string
	KeyFile     string
	Since       time.Time      // midnight of the written date in Timezone, as UTC; zero: everything
	Options     map[string]any // string, bool, int64, float64, []any or map[string]any
	Path        string
	Format      string
	RefundsPath string
	Claims      string // of a book: ClaimsAll or ClaimsSome
	GraceHours  *int   // how long its claims and the payments may wait for each other; nil: Verify's
	RescanDays  *int   // how far back its past is read again; 0: never; nil: DefaultRescanDays
	// RescanNights is over how many nights that is spread.
	RescanNights int
}

// Rescan says how far back the source's past is read again, and over how many nights.
func (s Source) Rescan() (days, nights int) {
	if s.RescanDays == nil {
		return DefaultRescanDays, max(s.RescanNights, 1)
	}
	return *s.RescanDays, max(s.RescanNights, 1)
}

// Records says where leads, calls and products come from.
type Records struct {
	Leads    RecordSource
	Calls    RecordSource
	Products RecordSource
}

// RecordSource is a path or glob, or the name of a source that serves the records. The zero value: none.
type RecordSource struct {
	Path   string
	Source string
}

// IsZero says whether no records of this kind were configured.
func (r RecordSource) IsZero() bool { return r == RecordSource{} }

// Matching holds the thresholds of a decision, in TenThousandths, how far back a call counts, and how far a claim may lie from
// the payment that it is.
type Matching struct {
	AutoConfirm     int
	Suggest         int
	Margin          int
	CallWindowDays  int
	ClaimWindowDays int
}

// Verify says how long a claim of a book may wait for the processor's word.
type Verify struct {
	GraceHours int
}

// Review says which share of the automatic matches, in TenThousandths, people are asked about nevertheless, and which of the many
// samples of that size it is.
type Review struct {
	AuditShare int
	AuditSeed  int
}

// Push says whether agreed facts are written back to the services, and how many at once.
type Push struct {
	Enabled   bool
	MaxPerRun int
}

// Handoff says in which formats the hand-off is written beside its own files, and what the merchant's accounts are called.
type Handoff struct {
	Formats  []string
	TaxRate  string // Xero's name of the rate of what bears no tax
	Accounts Accounts
}

// Accounts are those of the merchant's books that movements are booked on.
type Accounts struct {
	Clearing, Bank, Sales, Refunds, Disputes, Fees, Suspense Account
}

// Account has a name for programs that know accounts by name and a code for those that know them by number. In both, {source} and
// {currency} stand for those of the movement.
type Account struct {
	Name string
	Code string
}

// HandoffFormats are the formats that a hand-off can be written in.
func HandoffFormats() []string {
	return []string{"qbo-bank", "qbo-journal", "xero-bank", "xero-journal", "hledger", "beancount", "xlsx"}
}

// namedAccount pairs the key of an account with the account.
type namedAccount struct {
	key string
	of  *Account
}

func (a *Accounts) each() []namedAccount {
	return []namedAccount{
		{"clearing", &a.Clearing}, {"bank", &a.Bank}, {"sales", &a.Sales}, {"refunds", &a.Refunds},
		{"disputes", &a.Disputes}, {"fees", &a.Fees}, {"suspense", &a.Suspense},
	}
}

// Job is one line of the schedule. Whoever runs it checks Cron: it knows what it can run.
type Job struct {
	Name     string
	Cron     string
	Timezone string
}

// Default is the configuration of an empty file; only the sources are missing.
func Default() *Config {
	return &Config{
		OrganizationID: "org_demo",
		Timezone:       "UTC",
		Store:          "pennytie.db",
		ReportsDir:     "reports",
		PII:            PIIFull,
		DefaultCountry: "US",
		Matching:       Matching{AutoConfirm: 9500, Suggest: 5000, Margin: 500, CallWindowDays: 60, ClaimWindowDays: 5},
		Verify:         Verify{GraceHours: 72},
		Review:         Review{AuditShare: 100, AuditSeed: 1},
		Push:           Push{MaxPerRun: 100},
		Handoff: Handoff{Formats: []string{}, TaxRate: "Tax Exempt", Accounts: Accounts{
			Clearing: Account{"Clearing {source} {currency}", "616"}, Bank: Account{"Bank {currency}", "617"},
			Sales: Account{"Sales", "200"}, Refunds: Account{"Refunds", "201"}, Disputes: Account{"Disputes", "405"},
			Fees: Account{"Processing fees", "404"}, Suspense: Account{"Suspense", "850"},
		}},
		Schedule: []Job{{Name: "nightly", Cron: "0 2 * * *", Timezone: "UTC"}},
	}
}

// Location is the booking zone.
func (c *Config) Location() (*time.Location, error) { return loadZone(c.Timezone) }

// Where says at which file, line and column a key such as sources[0].options.page_size stands, so that
// whoever reads a provider's own options can point at them as precisely as this package does.
func (c *Config) Where(key string) string {
	if c.src == nil {
		return "configuration"
	}
	p, ok := c.src.at(key)
	if !ok {
		return c.src.file
	}
	return fmt.Sprintf("%s:%d:%d", c.src.file, p.line, p.column)
}

// withDefaults fills in what a source leaves out and its provider decides.
func (s Source) withDefaults() Source {
	claims := ClaimsAll
	if made, online := services()[s.Provider]; online {
		s.Role = orElse(s.Role, made.role)
		if s.Provider == ProviderWePay && s.Options["environment"] == "stage" {
			made.baseURL = "https://stage-api.wepay.com"
		}
		s.BaseURL = orElse(s.BaseURL, made.baseURL)
		if s.KeyEnv == "" && s.KeyFile == "" {
			s.KeyEnv = made.keyEnv
		}
		if s.RescanNights == 0 {
			s.RescanNights = DefaultRescanNights
		}
		claims = made.claims
	} else if s.Provider == ProviderFiles {
		s.Role = orElse(s.Role, RoleBook)
		s.Format = orElse(s.Format, FormatCanonical)
	}
	if s.Role == RoleBook {
		s.Claims = orElse(s.Claims, claims)
	}
	return s
}

// service is what is particular to a provider that is read over the network.
type service struct{ role, baseURL, keyEnv, claims string }

func services() map[string]service {
	return map[string]service{
		ProviderStripe: {RoleProcessor, "https://api.stripe.com", "STRIPE_API_KEY", ClaimsAll},
		ProviderWePay:  {RoleProcessor, "https://api.wepay.com", "WEPAY_APP_TOKEN", ClaimsAll},
		ProviderAura:   {RoleBook, "https://api.aura-app.ai", "AURA_API_KEY", ClaimsAll},
		// A ledger of donations and a billing system: neither sees what is paid past it.
		ProviderCents:   {RoleBook, "https://api.centsdonations.com", "CENTS_REFRESH_TOKEN", ClaimsSome},
		ProviderZenskar: {RoleBook, "https://api.zenskar.com", "ZENSKAR_API_KEY", ClaimsSome},
	}
}

func orElse(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}

// loadZone refuses the names that mean another zone on another machine.
func loadZone(name string) (*time.Location, error) {
	if name == "" || name == "Local" {
		return nil, fmt.Errorf("unknown timezone %q", name)
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("unknown timezone %q", name)
	}
	return loc, nil
}
