package configs

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// What every program takes in the name of an account; a colon stands before a part below. Xero's codes have 10 characters.
var (
	accountName = regexp.MustCompile(`^[\p{L}\p{Nd}][\p{L}\p{Nd} _.&'-]*(:[\p{L}\p{Nd}][\p{L}\p{Nd} _.&'-]*)*$`)
	accountCode = regexp.MustCompile(`^[A-Za-z0-9._-]{1,10}$`)
	taxRate     = regexp.MustCompile(`^[\p{L}\p{Nd}][\p{L}\p{Nd} ()%.,_&/+-]{0,49}$`)
	notInPlain  = regexp.MustCompile(`[^\p{L}\p{Nd}:]+`)
)

func (v *validation) handoff() {
	h := &v.c.Handoff
	for i, name := range h.Formats {
		key := fmt.Sprintf("handoff.formats[%d]", i)
		v.known(key, "format", name, HandoffFormats()...)
		if slices.Index(h.Formats, name) < i {
			v.fail(key, "is named twice; remove one of the two")
		}
	}
	if !taxRate.MatchString(h.TaxRate) {
		v.fail("handoff.tax_rate", "must be the name of a tax rate in Xero, of at most 50 letters, digits, blanks and ( ) %% . , _ & / + -")
	}
	v.accounts()
}

func (v *validation) accounts() {
	accounts := v.c.Handoff.Accounts.each()
	fill := strings.NewReplacer("{source}", "x", "{currency}", "XXX")
	for i, a := range accounts {
		key := "handoff.accounts." + a.key
		if name := fill.Replace(a.of.Name); len(name) > 100 || !accountName.MatchString(name) || strings.Contains(name, "  ") {
			v.fail(key+".name", "must be at most 100 letters, digits, single blanks and _ . & ' -, with : before a part below, "+
				"and may have {source} and {currency} in it; each part begins with a letter or digit")
		}
		if !accountCode.MatchString(fill.Replace(a.of.Code)) {
			v.fail(key+".code", "must be 1 to 10 letters, digits and . _ -, and may have {source} and {currency} in it")
		}
		for _, other := range accounts[:i] {
			v.apart(key, other, a)
		}
	}
}

// apart keeps the clearing account to itself, and two names from becoming one in Beancount, which knows only dashes.
func (v *validation) apart(key string, a, b namedAccount) {
	plain := func(name string) string { return strings.ToLower(notInPlain.ReplaceAllString(name, "-")) }
	alike := plain(a.of.Name) == plain(b.of.Name)
	switch {
	case a.key == "clearing" && alike:
		v.fail(key+".name", "is also the name of the clearing account, which must have its own")
	case a.key == "clearing" && a.of.Code == b.of.Code:
		v.fail(key+".code", "is also the code of the clearing account, which must have its own")
	case alike && a.of.Name != b.of.Name:
		v.fail(key+".name", "is the same as handoff.accounts.%s.name to Beancount; write both alike, or tell them apart by a letter", a.key)
	}
}
