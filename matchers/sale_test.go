package matchers_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pennytie/matchers"
	"pennytie/matchers/matchertest"
	"pennytie/reconcile"
	"pennytie/reconcile/money"
	"pennytie/reconcile/score"
)

// deal is a payment of one lead, who is known by the address, with that lead's calls, the products and other payments.
type deal struct {
	paid     *reconcile.Payment
	calls    []*reconcile.Call
	products []*reconcile.Product
	others   []*reconcile.Payment // of the same payer
}

// paying is a payment in USD, so many days after day 0.
func paying(minor int64, day float64, description string) *reconcile.Payment {
	at := instant(0).Add(time.Duration(day * 24 * float64(time.Hour)))
	return &reconcile.Payment{ID: fmt.Sprint("pay ", day, minor), ProviderPaymentID: fmt.Sprint("pi ", day, minor), Status: reconcile.StatusSucceeded,
		Amount: money.New(minor, "USD"), CustomerEmail: "ada@example.com", StripeCustomerID: "cus_ada", CustomerName: "Ada Lovelace", PaymentDate: at,
		Payer: reconcile.Payer{Description: description}}
}

// dealt is a call of the lead, so many days after day 0; minor 0: nobody noted what was agreed.
func dealt(id, outcome string, day float64, minor int64, product string) *reconcile.Call {
	c := &reconcile.Call{ID: id, LeadID: "ada", Outcome: outcome, ProductID: product, StartedAt: instant(0).Add(time.Duration(day * 24 * float64(time.Hour)))}
	if minor > 0 {
		agreed := money.New(minor, "USD")
		c.Amount = &agreed
	}
	return c
}

func priced(id, name string, minor int64, currency money.Currency) *reconcile.Product {
	amount := money.New(minor, currency)
	return &reconcile.Product{ID: id, Name: name, StripeProductID: "prod_" + id, Amount: &amount}
}

func (d *deal) match() reconcile.Match {
	pr := matchers.NewPreparer("US")
	known := []*reconcile.PreparedLead{pr.Lead(&reconcile.Lead{ID: "ada", Name: "Ada Lovelace", Emails: []string{"ada@example.com"},
		StripeCustomerID: "cus_ada", CreatedAt: instant(0).AddDate(0, 0, -200)})}
	index := reconcile.NewIndex(known, d.calls, d.products, keysOf(known), nil, true, matchertest.Policy())
	p := pr.Payment(d.paid)
	for _, other := range d.others {
		p.Siblings = append(p.Siblings, pr.Payment(other))
	}
	var found []reconcile.Candidate
	for _, matcher := range matchers.All() {
		found = append(found, matcher.Match(p, index)...)
	}
	leads, products := score.Rank(found)
	return reconcile.Decide(index.Policy(), leads, products, nil)
}

// told is what a match says in a line: the call, given the lead, and the product, each surely, perhaps or not at all.
func told(m reconcile.Match) string {
	grade := func(id string, c reconcile.Confidence) string {
		switch policy := matchertest.Policy(); {
		case c >= policy.AutoConfirm:
			return "surely " + id
		case c >= policy.Suggest:
			return "perhaps " + id
		}
		return "none"
	}
	lead, call, product := &m.Candidates[0], "none", "none"
	if sure, known := lead.CallConfidence(); known {
		call = grade(lead.CallID, sure*reconcile.Sure/lead.Confidence)
	}
	if len(m.Products) > 0 {
		product = grade(m.Products[0].ProductID, m.Products[0].Confidence)
	}
	return call + ", " + product
}

func explained(m reconcile.Match) string {
	var b strings.Builder
	for _, all := range [][]reconcile.Candidate{m.Candidates, m.Candidates[0].Calls, m.Products} {
		for i := range all {
			fmt.Fprintf(&b, "%s %s %s %d %+v\n", all[i].LeadID, all[i].CallID, all[i].ProductID, all[i].Confidence, all[i].Evidence)
		}
	}
	return b.String()
}

func TestCallAndProduct(t *testing.T) {
	plans := []*reconcile.Call{dealt("C1", "won", -62, 249900, "P1"), dealt("C2", "won", -63, 250000, "P2")}
	catalogue := []*reconcile.Product{priced("P1", "Founder Circle", 249900, "USD"), priced("P2", "Brand Builder", 250000, "USD"),
		priced("P3", "Brand Builder UK", 250000, "GBP")}
	for _, test := range []struct {
		name string
		deal deal
		want string
	}{
		{"as agreed", deal{paid: paying(250000, 0, ""), calls: []*reconcile.Call{dealt("C1", "won", -2, 250000, "P2")}, products: catalogue}, "surely C1, surely P2"},
		{"nothing agreed that anybody noted", deal{paid: paying(250000, 0, ""), calls: []*reconcile.Call{dealt("C1", "won", -2, 0, "")}}, "surely C1, none"},
		{"two plans with near-equal rates, one", deal{paid: paying(83300, 0, ""), calls: plans, products: catalogue,
			others: []*reconcile.Payment{paying(83300, -61, ""), paying(83333, -62, ""), paying(83333, -31, "")}}, "perhaps C1, surely P1"}, // 833.33 may be rounded
		{"two plans with near-equal rates, the other", deal{paid: paying(83333, 0, ""), calls: plans, products: catalogue,
			others: []*reconcile.Payment{paying(83333, -61, ""), paying(83300, -62, ""), paying(83300, -31, "")}}, "surely C2, surely P2"},
		{"a late rate of a plan that nobody noted", deal{paid: paying(10000, 0, "Payment 5 of 6"), calls: []*reconcile.Call{dealt("C1", "won", -124, 0, "")}}, "surely C1, none"},
		{"the same rate without a word", deal{paid: paying(10000, 0, ""), calls: []*reconcile.Call{dealt("C1", "won", -124, 0, "")}}, "none, none"},
		{"the same rate after others", deal{paid: paying(10000, 0, ""), calls: []*reconcile.Call{dealt("C1", "won", -124, 0, "")},
			others: []*reconcile.Payment{paying(10000, -122, ""), paying(10000, -91, ""), paying(10000, -61, "")}}, "surely C1, none"},
		{"tax added", deal{paid: paying(297500, 0, ""), calls: []*reconcile.Call{dealt("C1", "won", -2, 250000, "P2"), dealt("C2", "won", -1, 99900, "")}, products: catalogue},
			"perhaps C1, surely P2"},
		{"tax added, one call", deal{paid: paying(297500, 0, ""), calls: []*reconcile.Call{dealt("C1", "won", -2, 250000, "P2")}, products: catalogue},
			"surely C1, surely P2"},
		{"discount", deal{paid: paying(225000, 0, ""), calls: []*reconcile.Call{dealt("C1", "won", -2, 250000, "P2"), dealt("C2", "lost", -1, 225000, "P1")}, products: catalogue},
			"surely C1, surely P2"},
		{"deposit, then the rest", deal{paid: paying(200000, 0, ""), calls: []*reconcile.Call{dealt("C1", "won", -8, 250000, "P2"), dealt("C2", "won", -2, 99900, "")},
			others: []*reconcile.Payment{paying(50000, -7, "")}, products: catalogue}, "surely C1, surely P2"},
		{"two won calls about one product", deal{paid: paying(250000, 0, ""), calls: []*reconcile.Call{dealt("C1", "won", -3, 250000, "P2"), dealt("C2", "won", -1, 250000, "P2")},
			products: catalogue}, "perhaps C2, surely P2"},
		{"two won calls, and the first is paid", deal{paid: paying(250000, 0, ""), calls: []*reconcile.Call{dealt("C1", "won", -3, 250000, "P2"), dealt("C2", "won", -1, 250000, "P2")},
			others: []*reconcile.Payment{paying(250000, -2, "")}, products: catalogue}, "surely C2, surely P2"},
		{"two won calls, and the second is paid", deal{paid: paying(250000, -2, ""), calls: []*reconcile.Call{dealt("C1", "won", -3, 250000, "P2"), dealt("C2", "won", -1, 250000, "P2")},
			others: []*reconcile.Payment{paying(250000, 0, "")}, products: catalogue}, "surely C1, surely P2"},
		{"two won calls, two payments after both", deal{paid: paying(250000, 0, ""), calls: []*reconcile.Call{dealt("C1", "won", -3, 250000, "P2"), dealt("C2", "won", -1, 250000, "P2")},
			others: []*reconcile.Payment{paying(250000, 0.5, "")}, products: catalogue}, "none, surely P2"},
		{"one call, paid by another payment", deal{paid: paying(250000, 0, ""), calls: []*reconcile.Call{dealt("C1", "won", -1, 250000, "P2")},
			others: []*reconcile.Payment{paying(250000, -0.5, "")}, products: catalogue}, "none, surely P2"},
		{"one call, the same payment twice", deal{paid: paying(250000, 0, ""), calls: []*reconcile.Call{dealt("C1", "won", -1, 250000, "P2")},
			others: []*reconcile.Payment{paying(250000, -0.01, "")}, products: catalogue}, "surely C1, surely P2"},
		{"two won calls, the product's words in the text", deal{paid: paying(250000, 0, "Brand Builder"), calls: []*reconcile.Call{dealt("C1", "won", -3, 250000, "P2"), dealt("C2", "won", -1, 0, "P1")},
			products: catalogue}, "surely C1, surely P2"},
		{"the call came after the payment", deal{paid: paying(250000, 0, ""), calls: []*reconcile.Call{dealt("C1", "won", 2, 250000, "P2")}, products: catalogue},
			"surely C1, surely P2"},
		{"long after it", deal{paid: paying(250000, 0, ""), calls: []*reconcile.Call{dealt("C1", "won", 9, 250000, "P2")}}, "none, none"},
		{"lost", deal{paid: paying(250000, 0, ""), calls: []*reconcile.Call{dealt("C1", "lost", -2, 250000, "P2")}}, "none, none"},
		{"lost, missed, open", deal{paid: paying(250000, 0, ""), calls: []*reconcile.Call{dealt("C1", "lost", -2, 250000, "P2"), dealt("C2", "no_show", -2, 250000, "P2"),
			dealt("C3", "open", -2, 250000, "P2")}}, "none, none"},
		{"another currency, weeks ago", deal{paid: paying(250000, 0, ""), products: catalogue, calls: []*reconcile.Call{dealt("C1", "won", -20, 0, "P3")}}, "none, perhaps P2"},
		{"a price alone", deal{paid: paying(249900, 0, ""), products: catalogue}, "none, perhaps P1"},
		{"a price that two have", deal{paid: paying(250000, 0, ""), products: append(catalogue, priced("P4", "Elite", 250000, "USD"))}, "none, none"},
		{"text and price", deal{paid: paying(250000, 0, "BRAND BUILD"), products: catalogue}, "none, surely P2"},
		{"text against the price", deal{paid: paying(249900, 0, "Brand Builder"), products: catalogue}, "none, perhaps P1"},
		{"the same again after a month, and a call before it", deal{paid: paying(250000, 0, ""), calls: []*reconcile.Call{dealt("C1", "won", -32, 250000, "P2"), dealt("C2", "won", -1, 250000, "P2")},
			others: []*reconcile.Payment{paying(250000, -30, "")}, products: catalogue}, "none, surely P2"},
		{"a renewal after months", deal{paid: paying(10000, 0, ""), calls: []*reconcile.Call{dealt("C1", "won", -124, 10000, "")},
			others: []*reconcile.Payment{paying(10000, -122, ""), paying(10000, -91, ""), paying(10000, -61, "")}}, "surely C1, none"},
		{"another rate says what it is for", deal{paid: paying(83333, 0, "Payment 2 of 3"), products: catalogue, others: []*reconcile.Payment{paying(83333, -30, "Brand Builder")}},
			"none, surely P2"},
	} {
		m := test.deal.match()
		if got := told(m); got != test.want {
			t.Errorf("%s: %s, want %s\n%s", test.name, got, test.want, explained(m))
		}
	}
}

// TestOrderOfCallsDoesNotShow shuffles calls, products and other payments.
func TestOrderOfCallsDoesNotShow(t *testing.T) {
	d := deal{paid: paying(83333, 0, "Brand"), others: []*reconcile.Payment{paying(83333, -10, "Brand Builder"), paying(83300, -31, "Elite"), paying(83333, -20, "Elite")}}
	for i := range 8 {
		d.calls = append(d.calls, dealt(fmt.Sprint("C", i), "won", float64(-i/2), int64(250000-i%3*100), fmt.Sprint("P", i%4)))
		d.products = append(d.products, priced(fmt.Sprint("P", i), fmt.Sprint("Brand Builder ", i/2), int64(250000-i%3*100), "USD"))
	}
	want := d.match()
	if len(want.Candidates[0].Calls) != reconcile.MaxChoices || len(want.Products) != reconcile.MaxChoices {
		t.Fatalf("kept %d calls and %d products", len(want.Candidates[0].Calls), len(want.Products))
	}
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 1))
		r.Shuffle(len(d.calls), func(i, j int) { d.calls[i], d.calls[j] = d.calls[j], d.calls[i] })
		r.Shuffle(len(d.products), func(i, j int) { d.products[i], d.products[j] = d.products[j], d.products[i] })
		if diff := cmp.Diff(want, d.match()); diff != "" {
			t.Fatalf("seed %d: (-want +got)\n%s", seed, diff)
		}
	}
}

// TestAnotherCallMakesNoneSurer adds calls of every kind, one by one.
func TestAnotherCallMakesNoneSurer(t *testing.T) {
	d := deal{paid: paying(250000, 0, "Brand Builder"), products: []*reconcile.Product{priced("P1", "Brand Builder", 250000, "USD"), priced("P2", "Elite", 99900, "USD")},
		calls: []*reconcile.Call{dealt("C", "won", -3, 250000, "P1")}}
	share := func() float64 { // given the lead, who may become surer by the new call
		m := d.match()
		for _, c := range m.Candidates[0].Calls {
			if c.CallID == "C" {
				return float64(c.Confidence) / float64(m.Candidates[0].Confidence)
			}
		}
		return 0
	}
	const rounding = 0.0002
	before := share()
	if before < 0.9 {
		t.Fatalf("alone it has %f", before)
	}
	for i, day := range []float64{-50, -20, -4, -2, 0.5, 5} {
		for j, product := range []string{"", "P1", "P2"} {
			d.calls = append(d.calls, dealt(fmt.Sprint("D", i, j), "won", day, int64(j)*125000, product))
			if after := share(); after > before+rounding {
				t.Errorf("with a call on day %v about %q it rose from %f to %f", day, product, before, after)
			} else {
				before = after
			}
		}
	}
}
