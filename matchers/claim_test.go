package matchers_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pennytie/matchers"
	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

func TestClaimEvidence(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2026, 3, n, 12, 0, 0, 0, time.UTC) }
	type edit = func(*reconcile.Payment)
	ref := func(text string) edit { return func(p *reconcile.Payment) { p.Payer.Reference = text } }
	external := func(text string) edit { return func(p *reconcile.Payment) { p.Payer.ExternalID = text } }
	says := func(text string) edit { return func(p *reconcile.Payment) { p.Payer.Description = text } }
	email := func(text string) edit { return func(p *reconcile.Payment) { p.CustomerEmail = text } }
	name := func(text string) edit { return func(p *reconcile.Payment) { p.CustomerName = text } }
	phone := func(text string) edit { return func(p *reconcile.Payment) { p.Payer.Phone = text } }
	customer := func(text string) edit { return func(p *reconcile.Payment) { p.StripeCustomerID = text } }
	meta := func(text string) edit {
		return func(p *reconcile.Payment) { p.Payer.Metadata = map[string]string{"order": text} }
	}
	none := func(*reconcile.Payment) {}
	for _, test := range []struct {
		name           string
		claim, payment edit
		want           string
	}{
		{"4c 4: what one of them does not know is not compared", email("a@example.com"), none, ""},
		{"4c 8: empty is like nothing", email(" "), email(" "), ""},
		{"4c 8: not even an empty reference", ref(""), ref(""), ""},
		{"address", email("A@Example.com"), email("a@example.com"), "email +600"},
		{"mailbox", email("a.b+x@gmail.com"), email("ab@googlemail.com"), "email +520"},
		{"other address", email("a@example.com"), email("b@example.com"), "email -120"},
		{"an address of a function", email("info@example.com"), email("info@example.com"), "email +300"},
		{"a look-alike letter", email("аda@example.com"), email("ada@example.com"), "email -120"},
		{"name in another order", name("Lovelace, Ada"), name("Ada Lovelace"), "name +300"},
		{"nickname", name("Bill Stone"), name("William Stone"), "name +240"},
		{"a relative", name("Eve Stone"), name("William Stone"), "name -220"},
		{"father and son", name("William Stone Jr"), name("William Stone Sr"), "name -220"},
		{"somebody else", name("Grace Hopper"), name("Ada Lovelace"), "name -330"},
		{"phone", phone("(415) 555-0132"), phone("+14155550132"), "phone +380"},
		{"customer", customer("cus_1234"), customer("cus_1234"), "customer +650"},
		{"other customer", customer("cus_1234"), customer("cus_5678"), "customer -200"},
		{"reference", ref("INV-1001"), ref("INV-1001"), "reference +600"},
		{"4c 3: references on both sides that differ", ref("INV-1001"), ref("INV-1002"), "reference -400"},
		{"external id against reference", external("INV-1001"), ref("INV-1001"), "reference +600"},
		{"in the text", ref("INV-1001"), says("Payment of INV-1001, thank you"), "reference +600"},
		{"in the claim's text", says("paid (INV-1001)."), ref("INV-1001"), "reference +600"},
		{"in metadata", ref("INV-1001"), meta("INV-1001"), "reference +600"},
		{"its own id in the text", none, says("claim CLAIM-77"), "reference +600"},
		{"the charge", func(p *reconcile.Payment) { p.StripeChargeID = "ch_12345" }, func(p *reconcile.Payment) { p.StripeChargeID = "ch_12345" }, "reference +600"},
		{"4c 21: 14 is not in 1814", ref("14"), says("Order 1814"), ""},
		{"4c 21: a part of a token", ref("INV-100"), says("Payment of INV-1001"), ""},
		{"4c 21: too short", ref("A-1"), says("A-1"), ""},
		{"4c 21: a word is no id", ref("coaching"), says("coaching"), ""},
		{"text on both sides is no reference", says("Course 10001"), says("Course 10001"), ""},
		{"metadata on both sides is no reference", meta("2026-03-01"), meta("2026-03-01"), ""},
	} {
		claim := &reconcile.Payment{Provider: "aura", ProviderPaymentID: "CLAIM-77", Amount: money.New(1, "USD")}
		payment := &reconcile.Payment{Provider: "stripe", ProviderPaymentID: "pi_12345", Amount: money.New(1, "USD")}
		test.claim(claim)
		test.payment(payment)
		pr := matchers.NewPreparer("US")
		a, b := pr.Payment(claim), pr.Payment(payment)
		var got []string
		for _, e := range (matchers.Claims{}).Pair(a, b) {
			got = append(got, fmt.Sprintf("%s %+d", e.Signal, e.Weight))
			if e.Strategy != matchers.NameClaim || e.Payment == "" || e.Candidate == "" {
				t.Errorf("%s: %+v", test.name, e)
			}
		}
		if text := strings.Join(got, ", "); text != test.want {
			t.Errorf("%s: %q, want %q", test.name, text, test.want)
		}
		shared := slices.ContainsFunc(matchers.Claims{}.Keys(a), func(k reconcile.BlockKey) bool { return slices.Contains(matchers.Claims{}.Keys(b), k) })
		for _, sign := range []string{"email +", "phone +", "customer +", "reference +", "name +300"} {
			if strings.Contains(test.want, sign) && !shared {
				t.Errorf("%s: they share no key", test.name)
			}
		}
		if test.want == "" && shared && test.name[:4] == "4c 8" {
			t.Errorf("%s: nothing is a key", test.name)
		}
	}
	for days, want := range map[int]reconcile.Weight{10: 100, 11: 60, 9: 60, 12: 0, 13: 0, 14: -60, 20: -60} {
		a, b := &reconcile.Payment{PaymentDate: day(10)}, &reconcile.Payment{PaymentDate: day(days)}
		pr := matchers.NewPreparer("US")
		if e := (matchers.Claims{}).Pair(pr.Payment(a), pr.Payment(b)); len(e) != 1 || e[0].Weight != want {
			t.Errorf("day %d: %+v, want %d", days, e, want)
		}
	}
	if e := (matchers.Claims{}).Pair(&reconcile.Prepared{Payment: &reconcile.Payment{}}, &reconcile.Prepared{Payment: &reconcile.Payment{}}); len(e) != 0 {
		t.Errorf("nothing at all: %+v", e)
	}
}

func TestHostileClaims(t *testing.T) {
	long := strings.Repeat("INV-1001 ", 100_000)
	p := &reconcile.Payment{CustomerName: long, CustomerEmail: long, ProviderPaymentID: long, Payer: reconcile.Payer{Description: long, Statement: "\x00\u202e", Reference: "\u202e\x00"}}
	prepared := matchers.NewPreparer("US").Payment(p)
	if keys := (matchers.Claims{}).Keys(prepared); len(keys) > 64 {
		t.Errorf("%d keys", len(keys))
	}
	began := time.Now()
	matchers.Claims{}.Pair(prepared, prepared)
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("took %s", took)
	}
}
