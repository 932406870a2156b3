package normalize_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"pennytie/reconcile/normalize"
)

func TestEmail(t *testing.T) {
	for raw, want := range map[string]string{
		" Jane.Doe@Example.COM ":    "jane.doe@example.com",
		"Jane <jane@example.com>":   "jane@example.com",
		"rene\u0301e@example.org":   "ren\u00e9e@example.org",
		"\uff4aane@example.org":     "jane@example.org",
		"\u200fjane@example.org":    "jane@example.org",
		"j\u0430ne@example.org":     "j\u0430ne@example.org", // Cyrillic a stays a stranger's
		"":                          "",
		"jane":                      "",
		"@example.com":              "",
		"jane@":                     "",
		"a@b@c":                     "",
		"jane doe@example.com":      "",
		"\x00jane@example.com\x00":  "jane@example.com",
		"jane@example.com.":         "jane@example.com",
		"mailto:jane@example.com":   "jane@example.com",
		"IPEK@ICLOUD.COM":           "ipek@icloud.com",
		strings.Repeat("a", 10_000): "",
	} {
		if got := normalize.Email(raw); got != want {
			t.Errorf("Email(%.40q) = %q, want %q", raw, got, want)
		}
	}
}

func TestEmailVariant(t *testing.T) {
	for exact, want := range map[string]string{
		"j.a.ne+shop@googlemail.com": "jane@gmail.com",
		"jane+x@example.com":         "jane@example.com",
		"j.ane@example.com":          "j.ane@example.com", // points count outside gmail
		"+@example.com":              "+@example.com",
		"":                           "",
	} {
		if got := normalize.EmailVariant(exact); got != want {
			t.Errorf("EmailVariant(%q) = %q, want %q", exact, got, want)
		}
	}
}

func TestRoleAndDomain(t *testing.T) {
	if !normalize.RoleAddress("billing@acme.example") || normalize.RoleAddress("bill@acme.example") {
		t.Error("billing@ is a role, bill@ is a person")
	}
	if normalize.EmailDomain("a@gmail.com") != "" || normalize.EmailDomain("a@acme.example") != "acme.example" {
		t.Error("a public mail service says nothing, a company's domain does")
	}
}

func TestPhone(t *testing.T) {
	for _, c := range []struct{ raw, country, want string }{
		{"(415) 555-0132", "US", "+14155550132"},
		{"+1 415.555.0132", "DE", "+14155550132"},
		{"0014155550132", "US", "+14155550132"},
		{"+49 (0)162 57510886", "US", "+4916257510886"},
		{"0162 57510886", "DE", "+4916257510886"},
		{"1-415-555-0132", "", "4155550132"},
		{"12345", "US", ""},
		{"", "US", ""},
		{"call me", "US", ""},
		{strings.Repeat("1", 10_000), "US", ""},
	} {
		if got := normalize.Phone(c.raw, c.country); got != c.want {
			t.Errorf("Phone(%.30q, %q) = %q, want %q", c.raw, c.country, got, c.want)
		}
	}
	if got := normalize.PhoneTail("+49 162 57510886"); got != "257510886" {
		t.Errorf("tail is %q", got)
	}
}

func TestName(t *testing.T) {
	for raw, want := range map[string][]string{
		"Dr. Søren Ångström":         {"soren", "angstrom"},
		"Mr. Walter Nash, Sr.":       {"walter", "nash", "sr"},
		"Nash Jr, Walter":            {"nash", "walter", "jr"},
		"STRAßE Łukasz":              {"strasse", "lukasz"},
		"\u0130pek Y\u0131lmaz":      {"ipek", "yilmaz"},
		"\u200fשרה כהן":              {"שרה", "כהן"},
		"O\u2019Brien, Mary":         {"obrien", "mary"},
		"\uff2c\uff49\uff53\uff41 B": {"lisa", "b"},
		"a\x00b":                     {"ab"},
		"Dr":                         {"dr"},
		"":                           {},
		" \t":                        {},
	} {
		if got := normalize.Name(raw); !slices.Equal(got, want) {
			t.Errorf("Name(%q) = %q, want %q", raw, got, want)
		}
	}
	if normalize.NameKey(normalize.Name("van der Berg, Jan")) != normalize.NameKey(normalize.Name("Jan Berg")) {
		t.Error("order and particles must not matter")
	}
	if normalize.NameKey([]string{"maria"}) != "" {
		t.Error("one token names nobody")
	}
}

func TestCompany(t *testing.T) {
	for raw, want := range map[string]string{
		"Nordlicht GmbH & Co. KG": "nordlicht", "The Acme Company, Inc.": "acme", "S.A. Delta": "delta", "": "",
	} {
		if got := strings.Join(normalize.Company(raw), " "); got != want {
			t.Errorf("Company(%q) = %q, want %q", raw, got, want)
		}
	}
	if !normalize.IsCompany("Acme Ltd") || !normalize.IsCompany("Campbell Roofing") ||
		normalize.IsCompany("Jane Doe") {
		t.Error("legal forms and trades tell companies from people")
	}
}

func TestReferenceAndAddress(t *testing.T) {
	if normalize.Reference(" lead_Ab1 ") != "lead_Ab1" || normalize.Reference("12") != "" ||
		normalize.Reference("a b c d") != "" {
		t.Error("a reference keeps its case, is no counter and has no blanks")
	}
	if normalize.Street("Baker Street") != "" || normalize.Street("221B Baker St.") != "221b baker st" {
		t.Error("a street needs a number")
	}
	if normalize.PostalCode("n4 0xy") != "N40XY" || normalize.PostalCode("12") != "" {
		t.Error("a postal code is letters and digits, at least four")
	}
}

// TestAnyText holds every form to its bounds: nothing panics, nothing grows, and forms are fixed points.
func TestAnyText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		if email := normalize.Email(text); email != "" && normalize.Email(email) != email {
			t.Fatalf("%q becomes %q and then %q", text, email, normalize.Email(email))
		}
		variant := normalize.EmailVariant(normalize.Email(text))
		if normalize.EmailVariant(variant) != variant {
			t.Fatalf("the variant of %q is not a fixed point", variant)
		}
		for _, long := range []string{text, strings.Repeat(text+" ", 10_000)} {
			tokens := normalize.Name(long)
			if len(tokens) > 13 || slices.Contains(tokens, "") {
				t.Fatalf("name of %d bytes has tokens %q", len(long), tokens)
			}
			normalize.Company(long)
			normalize.Words(long)
			normalize.Phone(long, "US")
			normalize.Reference(long)
		}
	})
}
