package money

import (
	_ "embed"
	"fmt"
	"strings"
	"sync"
)

// Currency is an ISO 4217 alphabetic code in upper case. The empty value means "no currency known".
type Currency string

// iso4217.txt lists every active code with its minor-unit exponent (source: ISO 4217 list one).
//
//go:embed iso4217.txt
var iso4217 string

var exponents = sync.OnceValue(func() map[Currency]int {
	table := make(map[Currency]int, 180)
	for line := range strings.Lines(iso4217) {
		var exponent int
		var codes string
		if n, _ := fmt.Sscanf(strings.SplitN(line, ":", 2)[0], "%d", &exponent); n != 1 {
			continue
		}
		_, codes, _ = strings.Cut(line, ":")
		for _, code := range strings.Fields(codes) {
			table[Currency(code)] = exponent
		}
	}
	return table
})

// ParseCurrency reads a code in either case. Unknown, blank or look-alike codes are an error.
func ParseCurrency(text string) (Currency, error) {
	if len(text) != 3 {
		return "", fmt.Errorf("currency %q is not a three-letter ISO 4217 code", clip(text))
	}
	currency := Currency(asciiUpper(text))
	if _, known := exponents()[currency]; !known {
		return "", fmt.Errorf("currency %q is not in ISO 4217", clip(text))
	}
	return currency, nil
}

// Exponent is the number of fraction digits: 2 for USD, 0 for JPY, 3 for KWD.
func (c Currency) Exponent() int { return exponents()[c] }

// asciiUpper leaves other scripts alone, so that a look-alike letter never becomes an ASCII one.
func asciiUpper(text string) string {
	b := []byte(text)
	for i, ch := range b {
		if ch >= 'a' && ch <= 'z' {
			b[i] = ch - 'a' + 'A'
		}
	}
	return string(b)
}
