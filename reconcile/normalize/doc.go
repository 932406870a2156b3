// Package normalize turns what people type (e-mail addresses, phone numbers, names, references, statement
// text) into forms that can be compared by equality.
//
// The matchers' Preparer calls it once per record. It is pure: same input, same output, on every machine. It
// must never guess an identity: two addresses that merely look alike stay different, and whatever is empty or
// too short to tell anyone apart has no form at all, so that empty never equals empty.
//
// Two kinds of form. Of what is equal in the first, one thing is meant: Email, EmailVariant, Phone, Name (whatever the
// order: NameKey), Latin, Company, Street, City, PostalCode, ID, Reference. The second joins what often is one and sometimes
// is not, so it is a key to look under and evidence only beside another: EmailTypo, EmailEnds, EmailName with NameInEmail,
// PhoneTail, Spelling. Look-alike letters are neither: see Latin and Disguised.
package normalize

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// longest is how much of a value is looked at, in bytes. Real values are far shorter; a hostile one must not
// cost more than a real one.
const longest = 512

// clip bounds a value and removes what no reader sees: control characters, byte order marks and the marks that
// set the writing direction. Broken UTF-8 becomes blanks.
func clip(raw string) string {
	if len(raw) > longest {
		end := longest
		for end > longest-utf8.UTFMax && !utf8.RuneStart(raw[end]) {
			end--
		}
		raw = raw[:end]
	}
	if isPlain(raw) {
		return strings.TrimSpace(raw)
	}
	return strings.TrimSpace(strings.Map(visible, raw))
}

func visible(r rune) rune {
	switch {
	case r == utf8.RuneError || r == '\t' || r == '\n' || r == '\r':
		return ' '
	case unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
		return -1
	}
	return r
}

// isPlain says that a text is printable ASCII, for which every Unicode step is a no-op.
func isPlain(text string) bool {
	for i := range len(text) {
		if text[i] < ' ' || text[i] >= 0x7f {
			return false
		}
	}
	return true
}

// Fold is a text in lower case without accents, in compatibility form: "Ångström" and "ANGSTROM" are one.
// Letters keep their script, so a Cyrillic look-alike does not become a Latin letter.
func Fold(raw string) string {
	text := clip(raw)
	if isPlain(text) {
		return strings.ToLower(text)
	}
	var out strings.Builder
	out.Grow(len(text))
	for _, r := range norm.NFKD.String(text) {
		if unicode.Is(unicode.Mn, r) {
			continue
		}
		r = unicode.ToLower(r)
		if plain := undecomposed(r); plain != "" {
			out.WriteString(plain)
			continue
		}
		out.WriteRune(r)
	}
	return strings.TrimSpace(out.String())
}

// undecomposed spells the letters that Unicode does not decompose into a base letter and a mark, the way
// people spell them on a keyboard that lacks them.
func undecomposed(r rune) string {
	switch r {
	case 'ß':
		return "ss"
	case 'æ':
		return "ae"
	case 'œ':
		return "oe"
	case 'ø':
		return "o"
	case 'ł', 'ƚ':
		return "l"
	case 'đ', 'ð', 'ɖ':
		return "d"
	case 'þ':
		return "th"
	case 'ħ':
		return "h"
	case 'ı':
		return "i"
	case 'ŧ':
		return "t"
	case 'ŋ':
		return "n"
	case 'ƒ':
		return "f"
	case 'ɓ', 'ƀ':
		return "b"
	case 'ɨ':
		return "i"
	case 'ĸ':
		return "k"
	case 'ʼ', '’', '‘', '`', '´':
		return "'"
	}
	return ""
}
