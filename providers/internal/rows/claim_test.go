package rows

import (
	"strings"
	"testing"
)

func TestNamesPayment(t *testing.T) {
	for provider, ids := range map[string][2][]string{
		Stripe: {{"pi_3Mt", "ch_1", "py_1", "cs_test_a1", "cs_live_b2", "cs_1"},
			{"", "5978", "pi_", "pi_1_secret_2", "cus_1", "sub_1", "in_1", "pi_undefined", "ch_NULL", "undefined", "pi_1 2", "cs_test_", "pi_" + strings.Repeat("1", 300)}},
		WePay:    {{"12345678", "aBc-123", "00000000-0000-0000-0000-000000000001"}, {"", "7", "null", "undefined", "000000", "0-0-0-0", "unknown", "N/A", "see mail 17"}},
		"paypal": {{"7", "PAYID-1"}, {"", "null", "N/A", "none"}},
	} {
		for i, want := range []bool{true, false} {
			for _, id := range ids[i] {
				if NamesPayment(provider, id) != want {
					t.Errorf("%s %q: want %t", provider, id, want)
				}
			}
		}
	}
}
