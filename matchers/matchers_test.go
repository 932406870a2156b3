package matchers_test

import (
	"slices"
	"testing"
	"time"

	"pennytie/matchers"
	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

func TestCatalogueIsFixed(t *testing.T) {
	var names []string
	for _, matcher := range matchers.All() {
		names = append(names, matcher.Name())
	}
	want := []string{"reference", "customer", "email", "phone", "name_amount_date", "call_window",
		"product", "alias", "measure"}
	if !slices.Equal(names, want) {
		t.Errorf("strategies are %q, stored names are %q", names, want)
	}
}

func TestKeysMeet(t *testing.T) {
	pr := matchers.NewPreparer("US")
	lead := pr.Lead(&reconcile.Lead{
		ID: "lead_1", Name: "van der Berg, Jan", Emails: []string{"jan.berg@gmail.com"},
		Phones:  []string{"4155550132"},
		Company: "Berg & Co. KG", ExternalID: "X-7788", StripeCustomerID: "cus_1234",
	})
	keys := pr.LeadKeys(lead)
	for what, p := range map[string]*reconcile.Payment{
		"variant address": {CustomerEmail: "JanBerg+a@googlemail.com"},
		"phone":           {Payer: reconcile.Payer{Phone: "+1 (415) 555-0132"}},
		"name":            {CustomerName: "Jan Berg"},
		"initial":         {CustomerName: "J. van der Berg"},
		"company":         {CustomerName: "BERG GmbH"},
		"lead id":         {Payer: reconcile.Payer{Metadata: map[string]string{"anything": "lead_1"}}},
		"external id":     {Payer: reconcile.Payer{Reference: "X-7788"}},
		"customer":        {StripeCustomerID: "cus_1234"},
	} {
		shared := slices.ContainsFunc(pr.Payment(p).Keys, func(k reconcile.BlockKey) bool {
			return slices.Contains(keys, k)
		})
		if !shared {
			t.Errorf("%s: payment and lead share no key", what)
		}
	}
	if !slices.IsSorted(keys) || len(slices.Compact(slices.Clone(keys))) != len(keys) {
		t.Error("keys are not sorted and distinct")
	}
	if keys := pr.Payment(&reconcile.Payment{}).Keys; len(keys) != 0 {
		t.Errorf("an empty payment has keys %v", keys)
	}
}

// keysOf are the keys of leads without calls.
func keysOf(leads []*reconcile.PreparedLead) map[string][]reconcile.BlockKey {
	keys := map[string][]reconcile.BlockKey{}
	for _, lead := range leads {
		keys[lead.ID] = matchers.NewPreparer("US").LeadKeys(lead)
	}
	return keys
}

// pick matches one payment of a lead with these calls and gives the call chosen.
func pick(paid money.Amount, calls ...*reconcile.Call) string {
	return pickFor(&reconcile.Payment{CustomerEmail: "a@example.com", Amount: paid, PaymentDate: instant(0)}, calls...)
}

func pickFor(paid *reconcile.Payment, calls ...*reconcile.Call) string {
	pr := matchers.NewPreparer("US")
	leads := []*reconcile.PreparedLead{pr.Lead(&reconcile.Lead{ID: "lead_1", Emails: []string{"a@example.com"}})}
	in := reconcile.NewIndex(leads, calls, nil, keysOf(leads), nil, len(calls) > 0,
		reconcile.Policy{CallWindowDays: 60})
	p := pr.Payment(paid)
	for _, c := range (matchers.CallWindow{}).Match(p, in) {
		return c.CallID
	}
	return ""
}

func instant(days int) time.Time {
	return time.Date(2025, 3, 14, 12, 0, 0, 0, time.UTC).AddDate(0, 0, days)
}

func call(id string, days int, outcome string, minor int64) *reconcile.Call {
	c := &reconcile.Call{ID: id, LeadID: "lead_1", StartedAt: instant(days), Outcome: outcome}
	if minor > 0 {
		amount := money.New(minor, "USD")
		c.Amount = &amount
	}
	return c
}

func TestCallWindow(t *testing.T) {
	usd := func(minor int64) money.Amount { return money.New(minor, "USD") }
	for _, c := range []struct {
		what  string
		paid  money.Amount
		calls []*reconcile.Call
		want  string
	}{
		{"won beats lost", usd(100), []*reconcile.Call{call("a", -2, "lost", 0), call("b", -9, "won", 0)}, "b"},
		{"the agreed amount", usd(500), []*reconcile.Call{call("a", -1, "won", 700), call("b", -20, "won", 500)}, "b"},
		{"the latest of equals", usd(500), []*reconcile.Call{
			call("a", -2, "won", 0), call("b", -1, "won", 0)}, "b"},
		{"too old", usd(500), []*reconcile.Call{call("a", -61, "won", 0)}, ""},
		{"too late", usd(500), []*reconcile.Call{call("a", 2, "won", 0)}, ""},
		{"logged next day", usd(500), []*reconcile.Call{call("a", 1, "won", 0)}, "a"},
		{"a rate of a third within a cent", usd(83334), []*reconcile.Call{call("a", -100, "won", 250000)}, "a"},
		{"not the third of another", usd(83336), []*reconcile.Call{call("a", -100, "won", 250000)}, ""},
		{"nothing is sold in a lost call", usd(500), []*reconcile.Call{call("a", -1, "lost", 500)}, ""},
		{"nor yet in an open one", usd(500), []*reconcile.Call{call("a", -1, "open", 500)}, ""},
		{"nobody said how it went", usd(500), []*reconcile.Call{call("a", -1, "", 500)}, "a"},
		{"another currency, two days ago", money.New(500, "EUR"), []*reconcile.Call{call("a", -2, "won", 700)}, "a"},
		{"another currency, weeks ago", money.New(500, "EUR"), []*reconcile.Call{call("a", -20, "won", 700)}, ""},
	} {
		if got := pick(c.paid, c.calls...); got != c.want {
			t.Errorf("%s: chose %q, want %q", c.what, got, c.want)
		}
		slices.Reverse(c.calls)
		if got := pick(c.paid, c.calls...); got != c.want {
			t.Errorf("%s, calls reversed: chose %q, want %q", c.what, got, c.want)
		}
	}
}

// A payment of which only the day is known is a day nearer to every call.
func TestCallWindowOfADay(t *testing.T) {
	day := instant(0).Truncate(24 * time.Hour)
	for days, want := range map[int][2]string{-62: {"", ""}, -61: {"", "c"}, -60: {"c", "c"}, 0: {"c", "c"}, 1: {"", "c"}, 2: {"", ""}} {
		for i, dayOnly := range []bool{false, true} {
			paid := &reconcile.Payment{CustomerEmail: "a@example.com", Amount: money.New(500, "USD"), PaymentDate: day, DayOnly: dayOnly}
			if got := pickFor(paid, call("c", days, "won", 0)); got != want[i] {
				t.Errorf("call %d days after, day only %t: chose %q, want %q", days, dayOnly, got, want[i])
			}
		}
	}
}

func TestProduct(t *testing.T) {
	products := []*reconcile.Product{
		{ID: "P1", Name: "Launch Pad", StripeProductID: "prod_1", Aliases: []string{"Starter Kit"}},
		{ID: "P2", Name: "Launch Pad Pro"}, {ID: "P3", Name: "Inner Circle"},
	}
	in := reconcile.NewIndex(nil, nil, products, nil, nil, false, reconcile.Policy{})
	for _, c := range []struct{ description, stripe, want string }{
		{"LAUNCH PAD", "", "P1"}, {"Invoice: starter kit", "", "P1"}, {"Payment for Launch Pad Pro, 2 of 3", "", "P2"},
		{"INNER CIR", "", "P3"}, {"whatever", "prod_1", "P1"}, {"Invoice payment", "", ""},
		{"", "", ""},
	} {
		p := matchers.NewPreparer("").Payment(&reconcile.Payment{
			StripeProductID: c.stripe, Payer: reconcile.Payer{Description: c.description},
		})
		best, weight := "", reconcile.Weight(0)
		for _, candidate := range (matchers.Product{}).Match(p, in) {
			if w := candidate.Evidence[0].Weight; w > weight {
				best, weight = candidate.ProductID, w
			}
		}
		if best != c.want {
			t.Errorf("%q: chose %q, want %q", c.description, best, c.want)
		}
	}
}
