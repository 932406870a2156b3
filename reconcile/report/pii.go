package report

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"pennytie/reconcile"
)

// privacy says what is shown of names, e-mail addresses, phone numbers and postal addresses.
type privacy string

const (
	privacyFull   privacy = "full"
	privacyMasked privacy = "masked"
	privacyNone   privacy = "none"
)

// parsePrivacy reads the configuration's word. No word means full, as in the configuration.
func parsePrivacy(word string) (privacy, error) {
	switch p := privacy(word); p {
	case "":
		return privacyFull, nil
	case privacyFull, privacyMasked, privacyNone:
		return p, nil
	}
	return "", fmt.Errorf("pii is %q; it must be full, masked or none: %w", word, reconcile.ErrInvalid)
}

// show applies the privacy to a value, with the mask of its kind.
func (p privacy) show(value string, mask func(string) string) string {
	switch {
	case p == privacyFull || value == "":
		return value
	case p == privacyMasked:
		return mask(value)
	}
	return ""
}

func (p privacy) email(value string) string { return p.show(value, maskEmail) }
func (p privacy) name(value string) string  { return p.show(value, maskName) }

// evidence hides the two values of a signal by what kind of thing the signal compares.
func (p privacy) evidence(signal, value string) string {
	if p == privacyFull || value == "" {
		return value
	}
	switch {
	case strings.Contains(value, "@"), about(signal, "mail"):
		return p.email(value)
	case about(signal, "phone"):
		return p.show(value, maskPhone)
	case about(signal, "name", "company", "alias"):
		return p.name(value)
	case about(signal, "address", "street", "city", "postal", "description", "statement", "text"):
		return p.show(value, hide)
	}
	return value
}

func about(signal string, words ...string) bool {
	return slices.ContainsFunc(words, func(word string) bool { return strings.Contains(signal, word) })
}

// free hides the e-mail addresses inside a sentence.
func (p privacy) free(text string) string {
	if p == privacyFull || !strings.Contains(text, "@") {
		return text
	}
	words := strings.FieldsFunc(text, unicode.IsSpace)
	for i, word := range words {
		if strings.Contains(word, "@") {
			words[i] = p.email(word)
		}
	}
	return strings.Join(words, " ")
}

// raw shows input as it came only where everything may be shown: nobody knows what a broken row holds.
func (p privacy) raw(input []byte) string {
	if p != privacyFull {
		return ""
	}
	if len(input) <= rawShown {
		return string(input)
	}
	cut := rawShown
	for cut > rawShown-utf8.UTFMax && !utf8.RuneStart(input[cut]) {
		cut--
	}
	return string(input[:cut]) + "…"
}

// rawShown is how many bytes of a bad row are shown.
const rawShown = 200

func hide(string) string { return "***" }

// maskEmail keeps the first letter and the domain: j***@example.com. Several addresses are masked
// one by one.
func maskEmail(value string) string {
	parts := strings.FieldsFunc(value, func(r rune) bool { return r == ';' || r == ',' || unicode.IsSpace(r) })
	for i, part := range parts {
		at := strings.LastIndexByte(part, '@')
		if at <= 0 {
			parts[i] = hide(part)
			continue
		}
		first, _ := utf8.DecodeRuneInString(part)
		parts[i] = string(first) + "***" + part[at:]
	}
	return strings.Join(parts, ";")
}

// maskName keeps initials: J. D.
func maskName(value string) string {
	words := strings.Fields(value)
	for i, word := range words {
		first, _ := utf8.DecodeRuneInString(word)
		words[i] = string(first) + "."
	}
	return strings.Join(words, " ")
}

// maskPhone keeps the last two characters of a number: ***23.
func maskPhone(value string) string {
	runes := []rune(value)
	if len(runes) < 7 {
		return hide(value)
	}
	return "***" + string(runes[len(runes)-2:])
}

// RedactLead is a copy of a lead as pii lets it be shown.
func RedactLead(l *reconcile.Lead, pii string) (*reconcile.Lead, error) {
	shown, err := parsePrivacy(pii)
	if err != nil {
		return nil, err
	}
	out := *l
	out.Name, out.Company, out.Emails, out.Phones = shown.name(l.Name), shown.name(l.Company), nil, nil
	for _, email := range l.Emails {
		out.Emails = append(out.Emails, shown.email(email))
	}
	for _, phone := range l.Phones {
		out.Phones = append(out.Phones, shown.show(phone, maskPhone))
	}
	for _, place := range []*string{&out.Address, &out.City, &out.PostalCode} {
		*place = shown.show(*place, hide)
	}
	return &out, nil
}

// Redact is a copy of a payment with names, e-mails and evidence as pii (full, masked or none) lets them be shown, for a
// screen.
func Redact(p *reconcile.Payment, pii string) (*reconcile.Payment, error) {
	shown, err := parsePrivacy(pii)
	if err != nil {
		return nil, err
	}
	out := *p
	out.CustomerEmail, out.CustomerName = shown.email(p.CustomerEmail), shown.name(p.CustomerName)
	out.Match.Candidates = shown.candidates(p.Match.Candidates)
	out.Match.Products = shown.candidates(p.Match.Products)
	return &out, nil
}

func (p privacy) candidates(list []reconcile.Candidate) []reconcile.Candidate {
	list = slices.Clone(list)
	for i := range list {
		c := &list[i]
		c.Note, c.Evidence, c.Calls = p.free(c.Note), slices.Clone(c.Evidence), p.candidates(c.Calls)
		for j := range c.Evidence {
			e := &c.Evidence[j]
			e.Payment, e.Candidate = p.evidence(e.Signal, e.Payment), p.evidence(e.Signal, e.Candidate)
		}
	}
	return list
}
