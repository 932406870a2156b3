// Package money holds amounts exactly: int64 minor units with a currency.
//
// Every other package that touches money calls it. It must never use a float, never mix
// currencies, never round silently and never turn "unknown" into zero: an unknown amount is a
// nil *Amount, not a zero one.
package money

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Errors that callers tell apart.
var (
	ErrOverflow = errors.New("amount does not fit in 64 bits")
	ErrMixed    = errors.New("amounts of different currencies")
)

// maxDigits keeps a parsed number inside int64 before any arithmetic (9.2e18 has 19 digits).
const maxDigits = 18

// Amount is money in minor units (cents for USD, yen for JPY).
type Amount struct {
	Minor    int64
	Currency Currency
}

// New makes an amount of minor units.
func New(minor int64, currency Currency) Amount { return Amount{Minor: minor, Currency: currency} }

// Parse reads a decimal of major units, such as "1234.50" or "-3". It takes ASCII digits, one
// leading minus and one point. Grouping marks, exponents, a comma, blanks and more fraction
// digits than the currency has are errors: a guess about money is worse than a question.
func Parse(text string, currency Currency) (Amount, error) {
	exponent, known := exponents()[currency]
	if !known {
		return Amount{}, fmt.Errorf("amount %q has no known currency", clip(text))
	}
	digits, negative := strings.CutPrefix(text, "-")
	whole, fraction, point := strings.Cut(digits, ".")
	if whole == "" || (point && fraction == "") || !allDigits(whole) || !allDigits(fraction) {
		return Amount{}, fmt.Errorf("amount %q is not a plain decimal such as 1234.50", clip(text))
	}
	if len(fraction) > exponent {
		return Amount{}, fmt.Errorf("amount %q has %d fraction digits, %s has %d",
			clip(text), len(fraction), currency, exponent)
	}
	whole = strings.TrimLeft(whole, "0")
	if len(whole)+exponent > maxDigits {
		return Amount{}, fmt.Errorf("amount %q: %w", clip(text), ErrOverflow)
	}
	minor, err := strconv.ParseInt("0"+whole+fraction+zeros(exponent-len(fraction)), 10, 64)
	if err != nil {
		return Amount{}, fmt.Errorf("amount %q: %w", clip(text), ErrOverflow)
	}
	if negative {
		minor = -minor
	}
	return Amount{minor, currency}, nil
}

// ParseMinor reads an integer of minor units.
func ParseMinor(text string, currency Currency) (Amount, error) {
	digits := strings.TrimPrefix(text, "-")
	if digits == "" || !allDigits(digits) {
		return Amount{}, fmt.Errorf("amount_minor %q is not an integer", clip(text))
	}
	minor, err := strconv.ParseInt(text, 10, 64)
	if err != nil || minor == math.MinInt64 {
		return Amount{}, fmt.Errorf("amount_minor %q: %w", clip(text), ErrOverflow)
	}
	return Amount{minor, currency}, nil
}

// Rescale reads an integer whose unit is 10^-exponent of the major unit, as a provider sends it,
// into ISO minor units. A provider's exponent may differ from ISO's (Stripe sends ISK with two
// digits, MGA with none). Digits that ISO cannot hold must be zero.
func Rescale(value int64, exponent int, currency Currency) (Amount, error) {
	iso, known := exponents()[currency]
	if !known {
		return Amount{}, fmt.Errorf("currency %q is not in ISO 4217", clip(string(currency)))
	}
	for ; exponent < iso; exponent++ {
		if value > math.MaxInt64/10 || value < math.MinInt64/10 {
			return Amount{}, ErrOverflow
		}
		value *= 10
	}
	for ; exponent > iso; exponent-- {
		if value%10 != 0 {
			return Amount{}, fmt.Errorf("amount has a fraction of a %s minor unit", currency)
		}
		value /= 10
	}
	return Amount{value, currency}, nil
}

// Add is a+b. Different currencies and overflow are errors.
func (a Amount) Add(b Amount) (Amount, error) {
	if a.Currency != b.Currency {
		return Amount{}, fmt.Errorf("%s and %s: %w", a.Currency, b.Currency, ErrMixed)
	}
	sum := a.Minor + b.Minor
	if (sum > a.Minor) != (b.Minor > 0) && b.Minor != 0 {
		return Amount{}, ErrOverflow
	}
	return Amount{sum, a.Currency}, nil
}

// Sub is a-b. Different currencies and overflow are errors.
func (a Amount) Sub(b Amount) (Amount, error) {
	if b.Minor == math.MinInt64 {
		return Amount{}, ErrOverflow
	}
	return a.Add(Amount{-b.Minor, b.Currency})
}

// Abs is the amount without its sign.
func (a Amount) Abs() Amount {
	if a.Minor < 0 && a.Minor != math.MinInt64 {
		a.Minor = -a.Minor
	}
	return a
}

// Neg is the amount with the other sign; the smallest 64-bit number, which has no opposite, is never an amount.
func (a Amount) Neg() Amount {
	a.Minor = -a.Minor
	return a
}

// String prints major units with the currency's own digits, without the code: "1234.50".
func (a Amount) String() string {
	exponent := a.Currency.Exponent()
	sign, magnitude := "", uint64(a.Minor)
	if a.Minor < 0 {
		sign, magnitude = "-", -uint64(a.Minor)
	}
	digits := strconv.FormatUint(magnitude, 10)
	if exponent == 0 {
		return sign + digits
	}
	if len(digits) <= exponent {
		digits = zeros(exponent-len(digits)+1) + digits
	}
	point := len(digits) - exponent
	return sign + digits[:point] + "." + digits[point:]
}

func zeros(n int) string { return strings.Repeat("0", n) }

func allDigits(text string) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return true
}

// clip keeps a hostile value from filling a message.
func clip(text string) string {
	const longest = 40
	if len(text) > longest {
		return text[:longest] + "…"
	}
	return text
}
