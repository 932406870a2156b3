package money

import (
	"errors"
	"math"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParse(t *testing.T) {
	for _, test := range []struct {
		text     string
		currency Currency
		minor    int64
		fails    bool
	}{
		{"1.15", "USD", 115, false},
		{"8.2", "USD", 820, false},
		{"10", "USD", 1000, false},
		{"-75.63", "EUR", -7563, false},
		{"0.01", "USD", 1, false},
		{"00012.00", "USD", 1200, false},
		{"5000", "JPY", 5000, false},
		{"1.234", "BHD", 1234, false},
		{"9999999999999999.99", "USD", 999999999999999999, false},
		{"500.0", "JPY", 0, true},
		{"2.6755", "BHD", 0, true},
		{"1.234", "USD", 0, true},
		{"1,000.00", "USD", 0, true},
		{"1e3", "USD", 0, true},
		{"NaN", "USD", 0, true},
		{"", "USD", 0, true},
		{".5", "USD", 0, true},
		{"5.", "USD", 0, true},
		{"--5", "USD", 0, true},
		{"+5", "USD", 0, true},
		{" 5", "USD", 0, true},
		{"٥", "USD", 0, true},
		{"５", "USD", 0, true},
		{"92233720368547758.08", "USD", 0, true},
		{"5", "XXQ", 0, true},
	} {
		got, err := Parse(test.text, test.currency)
		if (err != nil) != test.fails || got.Minor != test.minor {
			t.Errorf("Parse(%q, %s) = %v, %v; want %d, fails %v",
				test.text, test.currency, got.Minor, err, test.minor, test.fails)
		}
	}
}

func TestParseMinor(t *testing.T) {
	for text, fails := range map[string]bool{
		"0": false, "115": false, "-115": false, "9223372036854775807": false,
		"9223372036854775808": true, "-9223372036854775808": true, "1.0": true, "": true, "-": true, "1e3": true,
	} {
		if _, err := ParseMinor(text, "USD"); (err != nil) != fails {
			t.Errorf("ParseMinor(%q): %v, want failure %v", text, err, fails)
		}
	}
}

// Stripe's deviations from ISO, stripe.com/docs/currencies: ISK and UGX carry two digits, MGA none.
func TestRescale(t *testing.T) {
	for _, test := range []struct {
		value    int64
		exponent int
		currency Currency
		want     string
		fails    bool
	}{
		{500, 0, "JPY", "500", false},
		{50000, 2, "ISK", "500", false},
		{50050, 2, "UGX", "", true},
		{500, 0, "MGA", "500.00", false},
		{1230, 3, "KWD", "1.230", false},
		{100000, 2, "HUF", "1000.00", false},
		{math.MaxInt64, 0, "MGA", "", true},
	} {
		got, err := Rescale(test.value, test.exponent, test.currency)
		if (err != nil) != test.fails || (err == nil && got.String() != test.want) {
			t.Errorf("Rescale(%d, %d, %s) = %v, %v; want %s, fails %v", test.value, test.exponent,
				test.currency, got, err, test.want, test.fails)
		}
	}
}

func TestCurrency(t *testing.T) {
	if c, err := ParseCurrency("usd"); err != nil || c != "USD" {
		t.Errorf("usd: %v %v", c, err)
	}
	for _, bad := range []string{"", "US", "USDX", "USS", "ＵＳＤ", "UЅD", "us "} {
		if c, err := ParseCurrency(bad); err == nil {
			t.Errorf("%q accepted as %s", bad, c)
		}
	}
	if n := len(exponents()); n < 160 {
		t.Errorf("the table has only %d currencies", n)
	}
}

func TestAddNeverWrapsAndNeverMixes(t *testing.T) {
	if _, err := New(1, "USD").Add(New(1, "EUR")); !errors.Is(err, ErrMixed) {
		t.Errorf("mixed: %v", err)
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Int64().Draw(t, "a"), rapid.Int64().Draw(t, "b")
		exact := new(big.Int).Add(big.NewInt(a), big.NewInt(b))
		got, err := New(a, "USD").Add(New(b, "USD"))
		if exact.IsInt64() != (err == nil) {
			t.Fatalf("%d+%d: err %v", a, b, err)
		}
		if err == nil && got.Minor != exact.Int64() {
			t.Fatalf("%d+%d = %d", a, b, got.Minor)
		}
	})
}

func TestPrintedAmountsParseBack(t *testing.T) {
	codes := make([]Currency, 0, 200)
	for _, code := range strings.Fields("USD JPY BHD CLF EUR ISK UGX KWD MGA") {
		codes = append(codes, Currency(code))
	}
	rapid.Check(t, func(t *rapid.T) {
		bound := int64(99_999_999_999_999)
		a := New(rapid.Int64Range(-bound, bound).Draw(t, "minor"), rapid.SampledFrom(codes).Draw(t, "currency"))
		back, err := Parse(a.String(), a.Currency)
		if err != nil || back != a {
			t.Fatalf("%v printed %s, parsed %v, %v", a, a, back, err)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"1.15", "-0.00", "1e3", "1,000", "999999999999999999", "０"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := Parse(text, "USD")
		if err != nil {
			return
		}
		exact, ok := new(big.Rat).SetString(text)
		if !ok || exact.Cmp(big.NewRat(got.Minor, 100)) != 0 {
			t.Fatalf("%q parsed as %d", text, got.Minor)
		}
	})
}
