package matchertest_test

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pennytie/matchers"
	"pennytie/matchers/matchertest"
	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

// table reads a CSV file as one map per row.
func table(t testing.TB, path ...string) []map[string]string {
	t.Helper()
	file, err := os.Open(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	out := make([]map[string]string, 0, len(rows))
	for _, row := range rows[1:] {
		record := make(map[string]string, len(row))
		for i, name := range rows[0] {
			record[name] = row[i]
		}
		out = append(out, record)
	}
	return out
}

func instant(text string) time.Time {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}
	}
	return at
}

func amount(t testing.TB, text, code string) *money.Amount {
	t.Helper()
	if text == "" {
		return nil
	}
	currency, err := money.ParseCurrency(code)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := money.Parse(text, currency)
	if err != nil {
		t.Fatal(err)
	}
	return &parsed
}

func list(texts ...string) (out []string) {
	for _, text := range texts {
		for _, part := range strings.Split(text, ";") {
			if part != "" {
				out = append(out, part)
			}
		}
	}
	return out
}

// loadWorld reads the input half of a generated world.
func loadWorld(t testing.TB, folder string) *matchertest.World {
	t.Helper()
	w := &matchertest.World{Preparer: matchers.NewPreparer("US"), Matchers: matchers.All()}
	for _, r := range table(t, folder, "input", "leads.csv") {
		w.Leads = append(w.Leads, &reconcile.Lead{
			ID: r["id"], Name: r["name"], Emails: list(r["email"]), Phones: list(r["phone"]), Company: r["company"],
			Address: r["address"], City: r["city"], PostalCode: r["postal_code"], Country: r["country"],
			StripeCustomerID: r["stripe_customer_id"], ExternalID: r["external_id"], CreatedAt: instant(r["created_at"]),
		})
	}
	for _, r := range table(t, folder, "input", "calls.csv") {
		w.Calls = append(w.Calls, &reconcile.Call{
			ID: r["id"], LeadID: r["lead_id"], Phones: list(r["phone"]), Emails: list(r["email"]),
			StartedAt: instant(r["started_at"]), EndedAt: instant(r["ended_at"]), Outcome: r["outcome"],
			Amount: amount(t, r["amount"], r["currency"]), ProductID: r["product_id"],
		})
	}
	for _, r := range table(t, folder, "input", "products.csv") {
		w.Products = append(w.Products, &reconcile.Product{
			ID: r["id"], Name: r["name"], StripeProductID: r["stripe_product_id"],
			Amount: amount(t, r["amount"], r["currency"]), Aliases: list(r["aliases"]),
		})
	}
	for _, r := range table(t, folder, "input", "payments.csv") {
		w.Payments = append(w.Payments, loadPayment(t, r))
	}
	return w
}

func loadPayment(t testing.TB, r map[string]string) *reconcile.Payment {
	t.Helper()
	p := &reconcile.Payment{
		ID: r["provider_payment_id"], Provider: r["provider"], ProviderPaymentID: r["provider_payment_id"],
		Amount: *amount(t, r["amount"], r["currency"]), Status: reconcile.Status(r["status"]),
		CustomerEmail: r["customer_email"], CustomerName: r["customer_name"], PaymentDate: instant(r["payment_date"]),
		StripeCustomerID: r["stripe_customer_id"], StripeProductID: r["stripe_product_id"],
		Payer: reconcile.Payer{
			Phone: r["customer_phone"], Address: r["billing_address"], City: r["billing_city"],
			PostalCode: r["billing_postal_code"], Country: r["billing_country"], Description: r["description"],
			ExternalID: r["external_id"],
		},
	}
	if r["metadata"] != "" {
		if err := json.Unmarshal([]byte(r["metadata"]), &p.Payer.Metadata); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

// tally counts how a group of payments ended.
type tally struct {
	payments, linkable, hasLead int
	auto, right, noLeadAuto     int
	recalled, top5              int
	suggested, suggestedRight   int
	ambiguous, unmatched        int
	callRight, callKnown        int
	product, productRight       int
}

func (c *tally) add(o matchertest.Outcome, truth map[string]string) {
	acceptable := list(truth["acceptable_lead_ids"])
	best := o.Best()
	right := slices.Contains(acceptable, best.LeadID)
	c.payments++
	if truth["linkable"] == "1" {
		c.linkable++
	}
	if len(acceptable) > 0 {
		c.hasLead++
		if slices.ContainsFunc(o.Leads[:min(5, len(o.Leads))], func(l reconcile.Candidate) bool {
			return slices.Contains(acceptable, l.LeadID)
		}) {
			c.top5++
		}
	}
	switch o.State {
	case reconcile.MatchAuto:
		c.auto++
		if right {
			c.right++
			if truth["call_id"] != "" {
				c.callKnown++
				if best.CallID == truth["call_id"] {
					c.callRight++
				}
			}
		} else if len(acceptable) == 0 {
			c.noLeadAuto++
		}
		if right && truth["linkable"] == "1" {
			c.recalled++
		}
	case reconcile.MatchSuggested:
		c.suggested++
		if right {
			c.suggestedRight++
		}
	case reconcile.MatchAmbiguous:
		c.ambiguous++
	case reconcile.MatchUnmatched:
		c.unmatched++
	}
	if len(o.Products) > 0 && o.Products[0].Confidence >= matchertest.Policy().Suggest {
		c.product++
		if o.Products[0].ProductID == truth["product_id"] {
			c.productRight++
		}
	}
}

func share(n, of int) float64 {
	if of == 0 {
		return 0
	}
	return float64(n) / float64(of)
}

// TestWorld measures a generated world: PENNYTIE_WORLD names its folder.
func TestWorld(t *testing.T) {
	folder := os.Getenv("PENNYTIE_WORLD")
	if folder == "" {
		t.Skip("PENNYTIE_WORLD is not set")
	}
	truth := make(map[string]map[string]string)
	for _, r := range table(t, folder, "truth", "truth.csv") {
		truth[r["provider_payment_id"]] = r
	}
	w := loadWorld(t, folder)
	const some = 50 // each takes a pass over all leads
	alone(t, w, some)
	groups := make(map[string]*tally)
	for _, o := range w.Match() {
		r := truth[o.Payment.ID]
		name := r["suite"]
		if name == "" {
			name = "base"
		}
		if groups[name] == nil {
			groups[name] = &tally{}
		}
		groups[name].add(o, r)
	}
	names := make([]string, 0, len(groups))
	for name := range groups {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		c := groups[name]
		t.Logf("%-5s n %4d | auto %4d precision %.4f wrong %d (no lead %d) recall %.3f of linkable,"+
			" %.3f of all with lead | suggested %d (right %d) ambiguous %d unmatched %d | top5 %.3f call %.3f product %d %.3f",
			name, c.payments, c.auto, share(c.right, c.auto), c.auto-c.right, c.noLeadAuto,
			share(c.recalled, c.linkable), share(c.right, c.hasLead),
			c.suggested, c.suggestedRight, c.ambiguous, c.unmatched,
			share(c.top5, c.hasLead), share(c.callRight, c.callKnown), c.product, share(c.productRight, c.product))
	}
}
