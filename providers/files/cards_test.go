package files

import (
	"strings"
	"testing"
)

func TestMaskCards(t *testing.T) {
	for text, want := range map[string]string{
		"4242424242424242":                     "424242…4242",
		"card 4242 4242 4242 4242 ok":          "card 424242…4242 ok",
		"4242-4242-4242-4242":                  "424242…4242",
		"Order 12 4242424242424242":            "Order 12 424242…4242",
		"3782 822463 10005":                    "378282…0005",
		"%B4242424242424242^DOE/JOHN^2512":     "%B424242…4242^DOE/JOHN^2512",
		";4242424242424242=2512":               ";424242…4242=2512",
		"4242424242424242,5555555555554444":    "424242…4242,555555…4444",
		"4242424242424242 5555555555554444":    "424242…4242 555555…4444",
		"4242424242424241":                     "4242424242424241", // fails the check
		"pi_4242424242424242":                  "pi_4242424242424242",
		"+4242424242424242":                    "+4242424242424242",
		"1373889958000":                        "1373889958000",
		"2025-03-17 2025-03-18":                "2025-03-17 2025-03-18",
		"42424242424242424242424242424242":     "42424242424242424242424242424242",
		"139f9621-a29a-4291-ae16-cb456c87655c": "139f9621-a29a-4291-ae16-cb456c87655c",
		"":                                     "",
	} {
		if got := maskCards(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestCardsAreMaskedBeforeAnythingIsKept(t *testing.T) {
	const card = "4242424242424242"
	text := paymentHeader + ",customer_name,description,metadata\n" +
		"stripe,pi_1,1.00,USD,succeeded,2025-01-01T00:00:00Z,Joe " + card + "," + card +
		",\"{\"\"pan\"\":\"\"" + card + "\"\"}\"\n" +
		"stripe,pi_2,1.00,USD," + card + ",2025-01-01T00:00:00Z,,,\n"
	all := pullAll(t, Config{As: Payments, Path: write(t, "p.csv", text)})
	content, err := all.Payments[0].Content()
	if err != nil || strings.Contains(string(content), card) || strings.Count(string(content),
		"424242…4242") != 3 {
		t.Errorf("%s, %v", content, err)
	}
	if q := all.Quarantined[0]; strings.Contains(string(q.Raw)+q.Reason, card) {
		t.Errorf("%s: %s", q.Reason, q.Raw)
	}
}

func TestUnguard(t *testing.T) {
	for text, want := range map[string]string{
		"'=1+1": "=1+1", "'+49 1": "+49 1", "'-": "-", "'@x": "@x", "''tis": "'tis", "'\t=": "\t=", "' =1": " =1",
		"'tis": "'tis", "'": "'", "x": "x", "O'Neil": "O'Neil",
	} {
		if got := unguard(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
