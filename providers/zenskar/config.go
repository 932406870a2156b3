package zenskar

import (
	"cmp"
	"fmt"
	"strings"

	"pennytie/configs"
	"pennytie/providers/internal/rest"
	"pennytie/providers/internal/rows"
	"pennytie/reconcile"
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
	// Account has the role of a book, at Zenskar's own API, with 2 requests per second and pages of 100, assumed: no limits
	// are published.
	rest.Account
	// Key is sent as x-api-key. A JWT (three parts between dots, the first beginning eyJ) goes as Authorization: Bearer.
	Key configs.Secret
	// Organisation is the id in Zenskar's required header, and the account of the identity keys.
	Organisation string
	APIVersion   string // of the header apiversion; empty: 20230501

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
	// Connectors are words that connector_name may hold, in any case, and whose payment each says that external_id is. Nil:
	// stripe is stripe and wepay is wepay, assumed: connectors are named by whoever sets them up.
	Connectors map[string]string
	// IgnoreChargebacks takes rows of method charge_back or type payment_reversal as details only. Assumed where it is
	// false: such a row is a dispute, lost if its status is that of money that moved.
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
	var err error
	c.Account, err = c.Account.Checked(Name, rest.Account{
		Role: reconcile.RoleBook, BaseURL: "https://api.zenskar.com", RequestsPerSecond: 2, PageSize: 100,
	})
	if err != nil {
		return c, err
	}
	c.APIVersion = cmp.Or(c.APIVersion, "20230501") // https://docs2.zenskar.com/api-reference/overview
	c.AmountUnit = cmp.Or(c.AmountUnit, UnitMinor)
	c.Paging = cmp.Or(c.Paging, PageByCursor)
	c.DateField = cmp.Or(c.DateField, DateCreated)
	wrong := cmp.Or(
		rest.NotOneOf("amount unit", c.AmountUnit, UnitMinor, UnitMajor),
		rest.NotOneOf("paging", c.Paging, PageByCursor, PageByOffset),
		rest.NotOneOf("date field", c.DateField, DateCreated, DateTimestamp),
	)
	if c.Connectors == nil {
		c.Connectors = defaultConnectors()
	}
	connectors := make(map[string]string, len(c.Connectors))
	for word, provider := range c.Connectors {
		connectors[strings.ToLower(word)] = provider
		if !rest.PlainWord(word) || !rest.PlainWord(provider) || provider == Name {
			wrong = fmt.Sprintf("connector %q cannot stand for payments of %q", word, provider)
		}
	}
	c.Connectors = connectors
	switch {
	case !rest.PlainWord(c.Organisation):
		wrong = "organisation is missing or is not one word; it is Zenskar's id of yours"
	case !rest.PlainWord(c.APIVersion):
		wrong = "api version is not one word"
	}
	if wrong != "" {
		return c, c.Refuse(Name, reconcile.ErrInvalid, wrong)
	}
	if !rest.PlainWord(c.Key.Reveal()) {
		return c, c.Refuse(Name, reconcile.ErrAuth, "key is missing or is not one word")
	}
	return c, nil
}

func defaultConnectors() map[string]string {
	return map[string]string{rows.Stripe: rows.Stripe, rows.WePay: rows.WePay}
}

// isJWT tells a token of a signed-in user from an API key.
func isJWT(key string) bool { return strings.HasPrefix(key, "eyJ") && strings.Count(key, ".") == 2 }
