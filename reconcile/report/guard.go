package report

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Guard makes a text safe as a spreadsheet cell. Line breaks and tabs become blanks, control characters and
// marks that turn the reading direction are dropped, broken UTF-8 is replaced. A text that a spreadsheet
// could run as a formula, or that starts with an apostrophe already, gets an apostrophe in front, so that
// unguard undoes exactly that. A plain number or an E.164 phone number stays as it is: "-75.63" and
// "+15550100" are data, not formulas.
func Guard(text string) string {
	if harmless(text) {
		return text
	}
	cell := clean(text)
	if plainNumber(cell) || (!startsFormula(text) && !startsFormula(cell)) {
		return cell
	}
	return "'" + cell
}

// needsGuard says whether a clean cell must carry the guard.
func needsGuard(cell string) bool {
	return !harmless(cell) && !plainNumber(cell) && startsFormula(cell)
}

// guarded says whether a text cell carries the guard. It always does when it starts with an apostrophe,
// because Guard also marks a text that had one of its own.
func guarded(cell string) bool { return cell != "" && cell[0] == '\'' }

// harmless is the fast way out for nearly every cell: printable ASCII that starts with a letter, a digit or
// one of the marks that neither start nor hide a formula.
func harmless(text string) bool {
	if text == "" {
		return true
	}
	switch first := text[0]; {
	case first >= '0' && first <= '9', first >= 'a' && first <= 'z', first >= 'A' && first <= 'Z':
	case first == '(', first == '[', first == '{', first == '#', first == '_', first == '/':
	default:
		return false
	}
	for i := range len(text) {
		if text[i] < 0x20 || text[i] > 0x7e {
			return false
		}
	}
	return true
}

// clean flattens a text to one line of valid, visible UTF-8.
func clean(text string) string {
	text = strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case breaksLine(r):
			return ' '
		case unicode.IsControl(r), turnsText(r):
			return -1
		}
		return r
	}, text)
}

func breaksLine(r rune) bool {
	return r >= '\t' && r <= '\r' || r == 0x85 || r == 0x2028 || r == 0x2029
}

// turnsText names the marks that show a text in another order than it is stored, and the byte order mark.
func turnsText(r rune) bool {
	return r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069 || r == 0xFEFF
}

// startsFormula says whether a spreadsheet may take the text for a formula, looking past what it would skip
// itself or what another delimiter setting would cut away.
func startsFormula(text string) bool {
	if text == "" {
		return false
	}
	switch text[0] {
	case '\t', '\r', '\n', 0, '\'':
		return true
	}
	for _, r := range text {
		switch {
		case formulaSign(r):
			return true
		case skipped(r):
		default:
			return false
		}
	}
	return false
}

// formulaSign names = + - @ and the signs that Unicode holds to be forms of them.
func formulaSign(r rune) bool {
	switch r {
	case '=', '+', '-', '@',
		0xFF1D, 0xFF0B, 0xFF0D, 0xFF20, // full width
		0xFE66, 0xFE62, 0xFE63, 0xFE6B, // small
		0x207C, 0x207A, 0x207B, 0x208C, 0x208A, 0x208B, // raised and lowered
		0x2212, 0xFB29: // minus, Hebrew plus
		return true
	}
	return false
}

// skipped names what may stand before a formula without disarming it: blanks, controls, invisible
// characters, quotes and separators.
func skipped(r rune) bool {
	switch r {
	case ',', ';', '|', '"', '\'', '`', 0x00B4, utf8.RuneError,
		0x115F, 0x1160, 0x2800, 0x3164, 0xFFA0: // letters that show nothing
		return true
	}
	return unicode.IsSpace(r) || unicode.In(r, unicode.Z, unicode.Cc, unicode.Cf, unicode.Mn, unicode.Me,
		unicode.Pi, unicode.Pf) || r >= 0x2018 && r <= 0x201F
}

// plainNumber says whether the text is a decimal such as -75.63 or a phone number such as +15550100123.
func plainNumber(text string) bool {
	if digits, found := strings.CutPrefix(text, "+"); found {
		return len(digits) >= 7 && len(digits) <= 15 && digits[0] != '0' && allDigits(digits)
	}
	whole, fraction, point := strings.Cut(strings.TrimPrefix(text, "-"), ".")
	return whole != "" && allDigits(whole) && allDigits(fraction) && (!point || fraction != "")
}

func allDigits(text string) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return true
}

// unguard gives back the text that Guard put an apostrophe in front of.
func unguard(cell string) string { return strings.TrimPrefix(cell, "'") }
