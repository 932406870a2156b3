package stripe

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"pennytie/reconcile"
)

// DefaultBaseURL is Stripe's own API.
const DefaultBaseURL = "https://api.stripe.com"

// largestPage is the most rows that Stripe gives at once (https://docs.stripe.com/api/pagination).
const largestPage = 100

// Config says which account to read and how. Key never prints.
type Config struct {
	Source  string         // configured name of the source
	Role    reconcile.Role // empty: processor
	BaseURL string         // empty: DefaultBaseURL
	// Key is best a restricted key (rk_…) that can only read.
	Key string `json:"-" yaml:"-"`
	// Since is the first instant to read; zero reads all that the account has.
	Since time.Time
	// Now is the run's clock: windows end shortly before it. Nil: time.Now.
	Now               func() time.Time
	RequestsPerSecond float64 // 0: 10, a tenth of what Stripe allows a live account
	PageSize          int     // 0: 100, which is Stripe's most
	// Products lists Stripe's products as products of the merchant's catalogue.
	Products              bool
	AllowInsecureLoopback bool // http:// to this machine, for tests

	MaxAttempts    int                                              // 0: 5 tries of one request
	AttemptTimeout time.Duration                                    // 0: 30 s for one try
	Sleep          func(ctx context.Context, d time.Duration) error // nil waits; tests need not
}

// String prints the configuration without its key.
func (c Config) String() string {
	return fmt.Sprintf("stripe source %q role %q at %q since %s, key ***", c.Source, c.Role, c.BaseURL,
		c.Since.UTC().Format(time.RFC3339))
}

// GoString is String.
func (c Config) GoString() string { return c.String() }

// Format prints String for every verb, because %d or %x would reach the key.
func (c Config) Format(state fmt.State, _ rune) { _, _ = state.Write([]byte(c.String())) }

// LogValue is String for structured logs.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

// checked fills in defaults and refuses what cannot work.
func (c Config) checked() (Config, error) {
	switch {
	case c.Source == "":
		return c, fmt.Errorf("stripe: source has no name: %w", reconcile.ErrInvalid)
	case !plainKey(c.Key):
		return c, fmt.Errorf("stripe: source %q: key is missing or is not one word: %w",
			c.Source, reconcile.ErrAuth)
	case c.PageSize < 0 || c.PageSize > largestPage:
		return c, fmt.Errorf("stripe: source %q: page size %d is not 1 to %d: %w",
			c.Source, c.PageSize, largestPage, reconcile.ErrInvalid)
	}
	if c.BaseURL == "" {
		c.BaseURL = DefaultBaseURL
	}
	if c.Role == "" {
		c.Role = reconcile.RoleProcessor
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.PageSize == 0 {
		c.PageSize = largestPage
	}
	return c, nil
}

func plainKey(key string) bool {
	for i := range len(key) {
		if key[i] <= ' ' || key[i] > '~' {
			return false
		}
	}
	return key != ""
}

// modeOf tells live from test by the prefix of the key (https://docs.stripe.com/keys).
func modeOf(key string) *bool {
	live := strings.HasPrefix(key, "sk_live_") || strings.HasPrefix(key, "rk_live_")
	test := strings.HasPrefix(key, "sk_test_") || strings.HasPrefix(key, "rk_test_")
	if live == test {
		return nil
	}
	return &live
}
