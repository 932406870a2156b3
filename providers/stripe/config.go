package stripe

import (
	"strings"

	"pennytie/configs"
	"pennytie/providers/internal/rest"
	"pennytie/reconcile"
)

// Config says which account to read and how.
type Config struct {
	// Account has the role of a processor, at Stripe's own API, with 10 requests per second, a tenth of what Stripe allows
	// a live account. Overlap is not used: each list has its own.
	rest.Account
	// Key is best a restricted key (rk_…) that can only read.
	Key configs.Secret
	// Products lists Stripe's products as products of the merchant's catalogue.
	Products bool
	// SkipLedger leaves balance transactions and payouts out, for a key that may not read them.
	SkipLedger bool
}

// checked fills in defaults and refuses what cannot work.
func (c Config) checked() (Config, error) {
	var err error
	c.Account, err = c.Account.Checked(Name, rest.Account{
		Role: reconcile.RoleProcessor, BaseURL: "https://api.stripe.com", RequestsPerSecond: 10,
		PageSize: 100, // https://docs.stripe.com/api/pagination
	})
	if err == nil && !rest.PlainWord(c.Key.Reveal()) {
		err = c.Refuse(Name, reconcile.ErrAuth, "key is missing or is not one word")
	}
	return c, err
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
