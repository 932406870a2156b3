package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/gocarina/gocsv"
	"pgregory.net/rapid"
)

func TestGuard(t *testing.T) {
	for text, want := range map[string]string{
		"":                               "",
		"John Doe":                       "John Doe",
		"=cmd|' /C calc'!A0":             "'=cmd|' /C calc'!A0",
		"\t=1+1":                         "' =1+1",
		"\r=1+1":                         "' =1+1",
		"\u200b=1+1":                     "'\u200b=1+1",
		"\uff1d1+1":                      "'\uff1d1+1",
		"\u22121+1":                      "'\u22121+1",
		"=HYPERLINK(\"http://x\",\"y\")": "'=HYPERLINK(\"http://x\",\"y\")",
		"+SUM(1)":                        "'+SUM(1)",
		"-2+3":                           "'-2+3",
		"@SUM(1)":                        "'@SUM(1)",
		"  \"=1":                         "'  \"=1",
		";=1":                            "';=1",
		"'quoted":                        "''quoted",
		"\x00=1":                         "'=1",
		"-75.63":                         "-75.63",
		"75.63":                          "75.63",
		"+15550100123":                   "+15550100123",
		"+1-555":                         "'+1-555",
		"-1e5":                           "'-1e5",
		"-.5":                            "'-.5",
		"- a dash":                       "'- a dash",
		"a=b":                            "a=b",
		"<script>alert(1)</script>":      "<script>alert(1)</script>",
		"name\nforged,line":              "name forged,line",
		"a\r\nb":                         "a b",
		"\u202etxt.exe":                  "txt.exe",
		"\x1b[31mred":                    "[31mred",
		"\u202e=1":                       "'=1",
		"Jos\xe9":                        "Jos\uFFFD",
		"Zoë Œuvre":                      "Zoë Œuvre",
		"a\u2028b":                       "a b",
	} {
		if got := Guard(text); got != want {
			t.Errorf("Guard(%q) = %q, want %q", text, got, want)
		}
	}
}

// TestTextCellsRoundTrip: whatever the text, a strict reader gets the guarded text, in one line, and it
// starts no formula; without the guard it is the cleaned text.
func TestTextCellsRoundTrip(t *testing.T) {
	type pair struct {
		A Text `csv:"a"`
		B Text `csv:"b"`
	}
	texts := rapid.OneOf(rapid.String(), rapid.StringMatching(`[ \t\r\n"',;|=+@\-0-9.＝−a-c]{0,8}`))
	rapid.Check(t, func(rt *rapid.T) {
		text := texts.Draw(rt, "text")
		w := &lineWriter{texts: []int{0, 1}}
		if err := gocsv.MarshalCSVWithoutHeaders([]pair{{Text(text), "b"}}, w); err != nil {
			rt.Fatal(err)
		}
		if bytes.Count(w.text, []byte("\n")) != 1 || !utf8.Valid(w.text) {
			rt.Fatalf("%q is not one line of text", w.text)
		}
		row, err := csv.NewReader(bytes.NewReader(w.text)).Read()
		if err != nil || row[0] != Guard(text) {
			rt.Fatalf("%q became %q: %v", text, row, err)
		}
		if unguard(row[0]) != clean(text) {
			rt.Fatalf("%q cannot be read back from %q", text, row[0])
		}
		first, _ := utf8.DecodeRuneInString(strings.TrimLeft(row[0], " \u00a0\"\u200b,;|"))
		if strings.ContainsRune("=+-@\t\r\n\x00＝＋－＠−", first) && row[0] != "" && !plainNumber(row[0]) {
			rt.Fatalf("%q starts a formula", row[0])
		}
		if (w.guarded == 1) != strings.HasPrefix(row[0], "'") {
			rt.Fatalf("%q: %d guards counted", row[0], w.guarded)
		}
	})
}

// TestStringsAreJSON: the encoder's strings say the same as the standard library's, and hold nothing a cell
// must not.
func TestStringsAreJSON(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringMatching(`[\x00-\x7f]{0,9}`)).Draw(rt, "text")
		encoded := appendString(nil, text)
		var back string
		if err := json.Unmarshal(encoded, &back); err != nil || back != text {
			rt.Fatalf("%q became %s: %v", text, encoded, err)
		}
		if clean(string(encoded)) != string(encoded) {
			rt.Fatalf("%q is not clean", encoded)
		}
	})
}

func TestMasks(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{maskEmail("john@example.com"), "j***@example.com"},
		{maskEmail("a@x.org; b@y.org"), "a***@x.org;b***@y.org"},
		{maskEmail("nobody"), "***"},
		{maskName("John Doe"), "J. D."},
		{maskName("  Émile  "), "É."},
		{maskPhone("+15550100123"), "***23"},
		{maskPhone("7"), "***"},
		{privacyMasked.free("write to john@example.com today"), "write to j***@example.com today"},
		{privacyNone.evidence("amount", "12.00 USD"), "12.00 USD"},
		{privacyNone.evidence("reference", "john@example.com"), ""},
		{privacyMasked.evidence("postal_code", "10115"), "***"},
		{privacyFull.raw(bytes.Repeat([]byte("é"), 200)), strings.Repeat("é", 100) + "…"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}
