package normalize

import (
	"slices"
	"strings"
	"unicode"
)

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

// Street is an address line in comparable form: "221B Baker Street, Flat 4" is "221b 4 baker st", whatever the order; "" unless
// it has both a number and a word, without which it tells no two houses apart.
func Street(raw string) string {
	number, word := false, false
	out := make([]string, 0, 6)
	for _, token := range words(raw) {
		token, counts := streetWord(token)
		if !counts {
			continue
		}
		if token[0] >= '0' && token[0] <= '9' {
			number = true
		} else {
			word = true
		}
		out = append(out, token)
	}
	if !number || !word {
		return ""
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

// streetWord shortens a word of an address as the post does. False for one that only says that a number follows.
func streetWord(token string) (short string, counts bool) {
	switch token {
	case "apt", "apartment", "flat", "unit", "ste", "suite", "no", "nr", "num", "numero":
		return "", false
	}
	if short, found := streetWords[token]; found {
		return short, true
	}
	if stem, found := strings.CutSuffix(token, "strasse"); found { // Hauptstraße, Hauptstr.
		return stem + "str", true
	}
	return token, true
}

// streetWords are abbreviations of the United States Postal Service (Publication 28, which is nobody's property) and a few that
// are common elsewhere.
var streetWords = map[string]string{
	"street": "st", "avenue": "ave", "av": "ave", "road": "rd", "drive": "dr", "lane": "ln", "court": "ct", "place": "pl",
	"boulevard": "blvd", "square": "sq", "terrace": "ter", "highway": "hwy", "parkway": "pkwy", "circle": "cir", "crescent": "cres",
	"close": "cl", "trail": "trl", "floor": "fl", "building": "bldg", "saint": "st", "fort": "ft", "mount": "mt",
	"north": "n", "south": "s", "east": "e", "west": "w", "avenida": "avda", "platz": "pl",
}

// City is a place's name in comparable form: folded, in Latin letters, Saint as St; "" stays "".
func City(raw string) string {
	tokens := words(raw)
	for i, token := range tokens {
		switch token = Latin(token); token {
		case "saint", "fort", "mount":
			token = streetWords[token]
		}
		tokens[i] = token
	}
	return strings.Join(tokens, " ")
}

// PostalCode is a postal code in comparable form: letters and digits only, in upper case, without the country's letters (D-10115)
// and the last four digits that few Americans know; "" below four.
func PostalCode(raw string) string {
	const shortest = 4 // Denmark, Austria and Switzerland have four; fewer digits name a region
	tokens := words(raw)
	if len(tokens) == 2 && len(tokens[0]) <= 2 && !isNumber(tokens[0]) && isNumber(tokens[1]) && len(tokens[1]) >= shortest {
		tokens = tokens[1:]
	}
	if len(tokens) == 2 && isNumber(tokens[0]+tokens[1]) && len(tokens[0]) == 5 && len(tokens[1]) == 4 {
		tokens = tokens[:1] // ZIP+4
	}
	folded := strings.ToUpper(strings.Join(tokens, ""))
	if len(folded) < shortest {
		return ""
	}
	return folded
}

func isNumber(token string) bool { return strings.Trim(token, "0123456789") == "" }

// Letters is a text without all that is no letter: points, dashes, digits and spaces.
func Letters(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) {
			return -1
		}
		return r
	}, text)
}
