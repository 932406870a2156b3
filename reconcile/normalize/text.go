package normalize

import "strings"

// ID is an id as it can be compared: trimmed, case kept, for ids often differ in case alone. "" if it cannot be one.
func ID(raw string) string {
	const most = 128 // no id is longer than a line
	text := clip(raw)
	if len(text) > most || strings.ContainsAny(text, " \t") {
		return ""
	}
	return text
}

// Reference is an id in a place that need not hold one of ours: a counter such as "12" then names nobody.
func Reference(raw string) string {
	const shortest = 4
	if text := ID(raw); len(text) >= shortest {
		return text
	}
	return ""
}

// Words folds a description or a statement text into tokens in the order given.
func Words(raw string) []string { return words(raw) }

// Street is an address line in comparable form; "" unless it has both a number and a word, without which
// it tells no two houses apart.
func Street(raw string) string {
	tokens := words(raw)
	number, word := false, false
	for _, token := range tokens {
		if token[0] >= '0' && token[0] <= '9' {
			number = true
		} else {
			word = true
		}
	}
	if !number || !word {
		return ""
	}
	return strings.Join(tokens, " ")
}

// PostalCode is a postal code in comparable form: letters and digits only, in upper case; "" below four.
func PostalCode(raw string) string {
	const shortest = 4 // Denmark, Austria and Switzerland have four; fewer digits name a region
	folded := strings.ToUpper(strings.Join(words(raw), ""))
	if len(folded) < shortest {
		return ""
	}
	return folded
}
