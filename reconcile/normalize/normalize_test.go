package normalize_test

import (
	"slices"
	"strings"
	"testing"

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
		"jane@me.com":                "jane@icloud.com",
		"jane@pm.me":                 "jane@protonmail.com",
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
		{"+34 (0)721 684068", "US", "+34721684068"},
		{"+39 06 1234 5678", "US", "+390612345678"},
		{"(415) 555-0132 ext. 7", "US", "+14155550132"},
		{"\uff0b\uff14\uff19 \uff11\uff16\uff12 57510886", "US", "+4916257510886"},
		{"\u0660\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668\u0669", "", "123456789"},
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
		"Smith, Dr. Jane":            {"smith", "jane"},
		"Dr. med. Hans Maier":        {"hans", "maier"},
		"John Smith Jr., M.D.":       {"john", "smith", "jr"},
		"Md Rahman":                  {"md", "rahman"},
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
	for raw, want := range map[string]string{
		"Robert Le": "robert le", "Al Smith": "al smith", "Olivia De Groot": "olivia groot", "Ali bin Omar": "ali omar",
		"María de los Ángeles Ruiz": "maria angeles ruiz", "van": "van",
	} {
		if got := strings.Join(normalize.Main(normalize.Name(raw)), " "); got != want {
			t.Errorf("main words of %q are %q, want %q", raw, got, want)
		}
	}
	if normalize.NameKey([]string{"maria"}) != "" {
		t.Error("one token names nobody")
	}
}

func TestCompany(t *testing.T) {
	for raw, want := range map[string]string{
		"Nordlicht GmbH & Co. KG": "nordlicht", "The Acme Company, Inc.": "acme", "S.A. Delta": "delta", "": "",
		"Petit Digital sp. z o.o.": "petit digital", "Grupo Norte, S.A. de C.V.": "grupo norte", "Banco de Chile": "banco de chile",
		"ООО Ромашка": "ромашка", "Dupont et Fils SARL": "dupont fils", "Møller og Sønner ApS": "moller sonner",
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

func TestReference(t *testing.T) {
	if normalize.Reference(" lead_Ab1 ") != "lead_Ab1" || normalize.Reference("12") != "" ||
		normalize.Reference("a b c d") != "" {
		t.Error("a reference keeps its case, is no counter and has no blanks")
	}
}

func TestAddress(t *testing.T) {
	for raw, want := range map[string]string{
		"Baker Street":               "", // no number tells no two houses apart
		"12":                         "",
		"221B Baker St.":             "221b baker st",
		"221b Baker Street":          "221b baker st",
		"Hauptstraße 5":              "5 hauptstr",
		"Hauptstr. 5":                "5 hauptstr",
		"12 North Main Street Apt 4": "12 4 main n st",
		"12 N. Main St #4":           "12 4 main n st",
		"\u200f":                     "",
	} {
		if got := normalize.Street(raw); got != want {
			t.Errorf("Street(%q) = %q, want %q", raw, got, want)
		}
	}
	for raw, want := range map[string]string{
		"n4 0xy": "N40XY", "12": "", "90210-1234": "90210", "90210": "90210", "D-10115": "10115", "1234 AB": "1234AB",
		"550-4381": "5504381",
		"SW1A 1AA": "SW1A1AA", "": "",
	} {
		if got := normalize.PostalCode(raw); got != want {
			t.Errorf("PostalCode(%q) = %q, want %q", raw, got, want)
		}
	}
	if normalize.City("Saint Louis") != normalize.City("ST. LOUIS") || normalize.City("Москва") != "moskva" ||
		normalize.City(" ") != "" {
		t.Error("a city is one in whatever spelling")
	}
}
