package wire

import (
	"encoding/json"
	"errors"
	"math/big"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"pennytie/reconcile/money"
)

// Errors of reading one value.
var (
	ErrAbsent   = errors.New("is missing")
	ErrText     = errors.New("is not text")
	ErrNumber   = errors.New("is not a number")
	ErrInteger  = errors.New("is not a 64-bit integer")
	ErrNegative = errors.New("is below zero")
	ErrDigits   = errors.New("has more digits than its currency")
	ErrCurrency = errors.New("is not a currency of ISO 4217")
	ErrFlag     = errors.New("is not true or false")
	ErrTime     = errors.New("is not a time between 2000 and 2200")
	ErrLong     = errors.New("is longer than 4096 characters")
)

// longest bounds a text that is kept: names of ten kilobytes are somebody's test, not somebody's name.
const longest = 4096

// Scalar is one JSON value that should be a text, a number or a flag. It takes whatever comes.
type Scalar struct{ raw json.RawMessage }

// UnmarshalJSON implements json.Unmarshaler and never fails.
func (s *Scalar) UnmarshalJSON(raw []byte) error {
	s.raw = append(s.raw[:0:0], raw...)
	return nil
}

// Of makes a Scalar of JSON, e.g. in tests.
func Of(raw string) Scalar { return Scalar{json.RawMessage(raw)} }

// Absent says whether the value is missing, null or a text of blanks.
func (s Scalar) Absent() bool {
	if len(s.raw) == 0 || string(s.raw) == "null" {
		return true
	}
	text, err := s.literal()
	return err == nil && strings.TrimSpace(text) == ""
}

// literal is the text of a string, or the digits of a number as they were written.
func (s Scalar) literal() (string, error) {
	switch {
	case len(s.raw) == 0 || string(s.raw) == "null":
		return "", nil
	case s.raw[0] == '"':
		var text string
		if err := json.Unmarshal(s.raw, &text); err != nil {
			return "", ErrText
		}
		return text, nil
	case s.raw[0] == '-' || s.raw[0] >= '0' && s.raw[0] <= '9':
		return string(s.raw), nil
	}
	return "", ErrText
}

// Text is a text without blanks around it, or a number as it was written; absent is empty. Of a text that is too long
// nothing is taken. NUL and the marks that turn the direction of writing are dropped: they are never part of a name.
func (s Scalar) Text() (string, error) {
	text, err := s.literal()
	if err != nil {
		return "", err
	}
	if len(text) > longest {
		return "", ErrLong
	}
	if !utf8.ValidString(text) {
		return "", ErrText
	}
	return strings.TrimSpace(strings.Map(visible, text)), nil
}

func visible(r rune) rune {
	switch {
	case r == 0, r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069, r == 0x200E, r == 0x200F:
		return -1
	case r == utf8.RuneError:
		return -1 // encoding/json puts it where bytes were no text
	}
	return r
}

// Word is Text where nothing can be done about a value that is none: it is as good as absent.
func (s Scalar) Word() string {
	text, err := s.Text()
	if err != nil {
		return ""
	}
	return text
}

// Flag is a boolean, also written as text; absent is false.
func (s Scalar) Flag() (bool, error) {
	switch {
	case s.Absent(), string(s.raw) == "false", string(s.raw) == `"false"`:
		return false, nil
	case string(s.raw) == "true", string(s.raw) == `"true"`:
		return true, nil
	}
	return false, ErrFlag
}

// Integer is a whole number, also written as text, as 1000.0 or as 1e3. Absent is ErrAbsent.
func (s Scalar) Integer() (int64, error) {
	number, err := s.decimal()
	if err != nil {
		return 0, err
	}
	if !number.IsInt() || !number.Num().IsInt64() {
		return 0, ErrInteger
	}
	return number.Num().Int64(), nil
}

// decimal reads the digits exactly.
func (s Scalar) decimal() (*big.Rat, error) {
	if s.Absent() {
		return nil, ErrAbsent
	}
	text, err := s.literal()
	if err != nil {
		return nil, ErrNumber
	}
	text = strings.TrimSpace(text)
	const most = 64 // of characters, and of the exponent: big.Rat would build 1e999999999
	mantissa, exponent, scaled := strings.Cut(strings.ToLower(text), "e")
	if len(text) > most || strings.Trim(mantissa, "0123456789.-") != "" || mantissa == "" {
		return nil, ErrNumber
	}
	if scaled {
		power, err := strconv.Atoi(exponent)
		if err != nil || power > most || power < -most {
			return nil, ErrNumber
		}
	}
	number, ok := new(big.Rat).SetString(text)
	if !ok {
		return nil, ErrNumber
	}
	return number, nil
}

// Minor is an amount in the currency's smallest unit. Absent is nil.
func (s Scalar) Minor(currency money.Currency) (*money.Amount, error) {
	return s.amount(currency, 0)
}

// Major is an amount in whole units of the currency, such as 153.86. A digit that the currency does not have is an
// error, never rounded away. Absent is nil.
func (s Scalar) Major(currency money.Currency) (*money.Amount, error) {
	return s.amount(currency, currency.Exponent())
}

func (s Scalar) amount(currency money.Currency, digits int) (*money.Amount, error) {
	number, err := s.decimal()
	if errors.Is(err, ErrAbsent) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil)
	number.Mul(number, new(big.Rat).SetInt(scale))
	switch {
	case number.Sign() < 0:
		return nil, ErrNegative
	case !number.IsInt():
		return nil, ErrDigits
	case !number.Num().IsInt64():
		return nil, ErrInteger
	}
	amount := money.New(number.Num().Int64(), currency)
	return &amount, nil
}

// Unsigned drops the sign of a number, for a service that writes money going back below zero.
func (s Scalar) Unsigned() Scalar {
	text, err := s.literal()
	if err != nil {
		return s
	}
	if bare, negative := strings.CutPrefix(strings.TrimSpace(text), "-"); negative {
		return Scalar{json.RawMessage(strconv.Quote(bare))}
	}
	return s
}

// Currency reads a code in either case. Absent is ErrAbsent.
func (s Scalar) Currency() (money.Currency, error) {
	if s.Absent() {
		return "", ErrAbsent
	}
	text, err := s.Text()
	if err != nil {
		return "", err
	}
	currency, err := money.ParseCurrency(text)
	if err != nil { // its text quotes what came
		return "", ErrCurrency
	}
	return currency, nil
}

// Country takes two letters; names of countries are not looked up. Anything else is empty.
func (s Scalar) Country() string {
	code := strings.ToUpper(s.Word())
	if len(code) != 2 || strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return ""
	}
	return code
}

// Time reads RFC 3339, the same with a blank for the T, without a zone (then it is UTC), and a bare date (midnight UTC).
// Absent is the zero time, and so is the zero date of other languages, 0001-01-01.
func (s Scalar) Time() (time.Time, error) {
	if s.Absent() {
		return time.Time{}, nil
	}
	text, err := s.Text()
	if err != nil || s.raw[0] != '"' {
		return time.Time{}, ErrTime
	}
	for _, layout := range []string{
		"2006-01-02T15:04:05Z07:00", "2006-01-02 15:04:05Z07:00", "2006-01-02T15:04:05", "2006-01-02 15:04:05", time.DateOnly,
	} {
		if at, err := time.Parse(layout, text); err == nil { // takes fractions of a second that no layout names
			return plausible(at)
		}
	}
	return time.Time{}, ErrTime
}

// Unix reads whole seconds since 1970. Absent and 0 are the zero time; milliseconds are an error.
func (s Scalar) Unix() (time.Time, error) {
	seconds, err := s.Integer()
	switch {
	case errors.Is(err, ErrAbsent), err == nil && seconds == 0:
		return time.Time{}, nil
	case err != nil, seconds < 0:
		return time.Time{}, ErrTime
	}
	return plausible(time.Unix(seconds, 0))
}

func plausible(at time.Time) (time.Time, error) {
	at = at.UTC()
	switch {
	case at.Year() <= 1:
		return time.Time{}, nil
	case at.Year() < 2000 || at.Year() >= 2200:
		return time.Time{}, ErrTime
	}
	return at.Truncate(time.Microsecond), nil
}
