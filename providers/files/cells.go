package files

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"pennytie/reconcile/money"
)

// Limits of values.
const (
	maxID     = 255
	maxValues = 20 // of a list in one cell
	minYear   = 2000
	maxYear   = 2100
)

// cells turns the cells of one row into values. It keeps the first fault, so that a converter reads all
// cells and looks once.
type cells struct{ bad *fault }

func (c *cells) fail(field, format string, args ...any) {
	if c.bad == nil {
		c.bad = faultf(field, format, args...)
	}
}

// text is free text: without surrounding blanks, without the mark that guards our own CSV files against
// formulas, with card numbers masked.
func (c *cells) text(v string) string {
	if v == "" {
		return ""
	}
	return maskCards(strings.TrimSpace(unguard(v)))
}

// id is an identifier. It is compared byte by byte, so that nothing is mended here: what could be two
// spellings of one id is refused.
func (c *cells) id(field, v string) string {
	if v == "" {
		return ""
	}
	v = unguard(v)
	switch {
	case len(v) > maxID:
		c.fail(field, "the id has %d bytes, more than %d", len(v), maxID)
	case v != strings.TrimSpace(v):
		c.fail(field, "the id has blanks around it")
	case strings.IndexFunc(v, unicode.IsControl) >= 0:
		c.fail(field, "the id has control characters")
	}
	return v
}

// requiredID is an id that must be there.
func (c *cells) requiredID(field, v string) string {
	if strings.TrimSpace(v) == "" {
		c.fail(field, "the id is empty")
	}
	return c.id(field, v)
}

// provider names the id space of a payment id: one word, in lower case.
func (c *cells) provider(field, v string) string {
	name := strings.ToLower(c.requiredID(field, v))
	for i := range len(name) {
		b := name[i]
		if (b < 'a' || b > 'z') && (b < '0' || b > '9') && b != '_' && b != '-' && b != '.' {
			c.fail(field, "%s is not a provider name: one word of letters, digits, _ - .", quote(v))
			break
		}
	}
	return name
}

// word is one of a closed list, in any case.
func (c *cells) word(field, v string, allowed ...string) string {
	word := strings.ToLower(strings.TrimSpace(v))
	if word != "" && !slices.Contains(allowed, word) {
		c.fail(field, "%s is not one of %s", quote(v), strings.Join(allowed, ", "))
	}
	return word
}

func (c *cells) currency(field, v string) money.Currency {
	currency, err := money.ParseCurrency(v)
	if err != nil {
		c.fail(field, "%s", withoutMail(err.Error(), v))
	}
	return currency
}

// signed is an optional amount of major units.
func (c *cells) signed(field, v string, currency money.Currency) *money.Amount {
	if v == "" || c.bad != nil {
		return nil
	}
	amount, err := money.Parse(v, currency)
	if err != nil {
		c.fail(field, "%s", withoutMail(err.Error(), v))
		return nil
	}
	return &amount
}

// amount is an optional amount that may not be negative.
func (c *cells) amount(field, v string, currency money.Currency) *money.Amount {
	amount := c.signed(field, v, currency)
	if amount != nil && amount.Minor < 0 {
		c.fail(field, "the amount %s is negative", quote(v))
	}
	return amount
}

// eitherAmount is an amount that must be given in major units or in minor units, but not in both.
func (c *cells) eitherAmount(major, minor string, currency money.Currency) *money.Amount {
	switch {
	case major != "" && minor != "":
		c.fail("amount", "amount and amount_minor are both filled; give one of them")
	case major == "" && minor == "":
		c.fail("amount", "the amount is missing")
	case major != "":
		return c.amount("amount", major, currency)
	}
	if c.bad != nil {
		return nil
	}
	amount, err := money.ParseMinor(minor, currency)
	switch {
	case err != nil:
		c.fail("amount_minor", "%s", withoutMail(err.Error(), minor))
	case amount.Minor < 0:
		c.fail("amount_minor", "the amount %s is negative", quote(minor))
	}
	return &amount
}

// price is an optional amount with its currency: both or neither.
func (c *cells) price(amount, currency string) *money.Amount {
	switch {
	case amount == "" && currency == "":
		return nil
	case amount == "":
		c.fail("amount", "there is a currency but no amount; give both or neither")
	case currency == "":
		c.fail("currency", "there is an amount but no currency; give both or neither")
	default:
		return c.amount("amount", amount, c.currency("currency", currency))
	}
	return nil
}

// instant is an optional RFC 3339 time. Without a zone it would be a guess.
func (c *cells) instant(field, v string) time.Time {
	if v == "" {
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339, v)
	if err != nil {
		c.fail(field, "%s is not a time with a zone, e.g. 2026-03-08T14:00:00Z", quote(v))
		return time.Time{}
	}
	return c.plausible(field, v, at.UTC())
}

// day is an instant, or a date, which is taken as midnight UTC: good enough for when a lead appeared,
// not for when money moved.
func (c *cells) day(field, v string) time.Time {
	if len(v) == len(time.DateOnly) {
		if at, err := time.Parse(time.DateOnly, v); err == nil {
			return c.plausible(field, v, at)
		}
	}
	return c.instant(field, v)
}

// plausible refuses years that come from a wrong unit or a mistyped digit.
func (c *cells) plausible(field, v string, at time.Time) time.Time {
	if at.Year() < minYear || at.Year() > maxYear {
		c.fail(field, "%s is not between the years %d and %d", quote(v), minYear, maxYear)
	}
	return at
}

// list cuts a cell with several values separated by semicolons.
func (c *cells) list(field, v string) []string {
	if v == "" {
		return nil
	}
	v = unguard(v)
	values := make([]string, 0, 1+strings.Count(v, ";"))
	for part := range strings.SplitSeq(v, ";") {
		if part = strings.TrimSpace(part); part != "" {
			values = append(values, part)
		}
	}
	if len(values) > maxValues {
		c.fail(field, "there are %d values, more than %d", len(values), maxValues)
	}
	if len(values) == 0 {
		return nil
	}
	return values
}

// unguard undoes what writers of CSV do to text that a spreadsheet would take for a formula: an
// apostrophe before a cell that begins with such a character, or with an apostrophe.
func unguard(v string) string {
	if !strings.HasPrefix(v, "'") || len(v) < 2 {
		return v
	}
	rest := v[1:]
	if strings.HasPrefix(rest, "'") || rest[0] == '\t' || rest[0] == '\r' || rest[0] == '\n' {
		return rest
	}
	begin := strings.TrimLeftFunc(rest, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.Is(unicode.C, r) || strings.ContainsRune("\"'`,;|", r)
	})
	if first, _ := utf8.DecodeRuneInString(begin); strings.ContainsRune("=+-@＝＋－＠−", first) &&
		begin != "" {
		return rest
	}
	return v
}

// quote prints an offending value, at most 40 characters of it. Addresses and card numbers stay out.
func quote(v string) string {
	if strings.Contains(v, "@") {
		return "the value"
	}
	return strconv.Quote(clip(maskCards(v)))
}

// withoutMail is a reason that quotes the value, or one that does not if the value may be an address.
func withoutMail(reason, value string) string {
	if strings.Contains(value, "@") {
		return "the value is not valid here"
	}
	return maskCards(reason)
}

func clip(v string) string {
	const longest = 40
	count := 0
	for i := range v {
		if count == longest {
			return v[:i] + "…"
		}
		count++
	}
	return v
}
