package journal

import (
	"strings"
	"unicode"
)

// longest is how many characters of a text are written; the whole text stands in transactions.csv.
const longest = 500

// words keeps what no format gives a meaning to: letters, digits and marks of all scripts, and the punctuation that is named.
// All else is a blank: control characters and line breaks, marks that turn the reading direction, and what begins a comment, a
// tag, a quotation or a formula. Blanks never follow one another, and no punctuation stands first.
func words(text, punctuation string) string {
	var b strings.Builder
	blank, kept := false, 0
	for _, r := range text {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r >= 'A' && r <= 'Z': // nearly all
		case unicode.IsLetter(r), unicode.IsDigit(r), kept > 0 && unicode.IsMark(r), kept > 0 && strings.ContainsRune(punctuation, r):
		default:
			blank = true
			continue
		}
		if blank && kept > 0 {
			b.WriteByte(' ')
			kept++
		}
		if kept >= longest {
			return strings.TrimRight(b.String(), " ") + " cut"
		}
		blank = false
		b.WriteRune(r)
		kept++
	}
	return b.String()
}

// sentence is words of the parts that are not empty, with blanks between.
func sentence(punctuation string, parts ...string) string {
	return words(strings.Join(parts, " "), punctuation)
}

// named puts a label before a text, or nothing where there is none.
func named(label, text string) string {
	if text == "" {
		return ""
	}
	return label + " " + text
}

// all is the entry in one text, for a line of its gross or of its fee. A format calls it with the same punctuation always.
func (e *entry) all(punctuation string, fee bool) string {
	text := &e.texts[0]
	about := e.about
	if fee {
		text = &e.texts[1]
		about = "Fee of " + strings.ToLower(about[:1]) + about[1:]
	}
	if *text == "" {
		m := e.m
		*text = sentence(punctuation, about, named("payment", m.PaymentID), named("lead", m.LeadID), named("call", m.CallID),
			named("product", m.ProductID), named("payout", m.PayoutID), named("customer", e.facing), e.note)
	}
	return *text
}
