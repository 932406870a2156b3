package matchertest_test

import (
	"fmt"
	"testing"

	"pennytie/matchers"
	"pennytie/matchers/matchertest"
	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

// batch makes 1,000 payments, each with a lead of its own and a few that share its surname.
func batch() *matchertest.World {
	surnames := []string{"Adler", "Berg", "Castillo", "Dupont", "Eriksen",
		"Fontaine", "Gruber", "Hansen", "Ivanova", "Jansen"}
	given := []string{"Anna", "Boris", "Clara", "David", "Elena", "Frank",
		"Greta", "Henry", "Irene", "Jonas", "Karin", "Louis"}
	w := &matchertest.World{Preparer: matchers.NewPreparer("US"), Matchers: matchers.All()}
	for i := range 30 {
		amount := money.New(int64(100+i)*1000, "USD")
		w.Products = append(w.Products, &reconcile.Product{
			ID: fmt.Sprintf("P%02d", i), Name: fmt.Sprintf("Course %c Level %d", 'A'+i%7, i), Amount: &amount,
		})
	}
	for i := range 1000 {
		name := given[i%12] + " " + surnames[i/12%10] + string(rune('a'+i/120))
		email := fmt.Sprintf("%s%d@gmail.com", given[i%12], i)
		id, amount := fmt.Sprintf("lead_%06d", i), money.New(int64(100+i%30)*1000, "USD")
		w.Leads = append(w.Leads, &reconcile.Lead{
			ID: id, Name: name, Emails: []string{email},
			Phones: []string{fmt.Sprintf("+1415555%04d", i)}, PostalCode: "94105",
		})
		for j := range 3 {
			w.Calls = append(w.Calls, &reconcile.Call{
				ID: fmt.Sprintf("c%d-%d", i, j), LeadID: id, Outcome: "won", Amount: &amount,
				StartedAt: matchertest.PaidAt().AddDate(0, 0, -1-20*j),
			})
		}
		w.Payments = append(w.Payments, &reconcile.Payment{
			ID: fmt.Sprint(i), CustomerEmail: email, CustomerName: name, Amount: amount,
			PaymentDate: matchertest.PaidAt(),
			Payer: reconcile.Payer{Phone: fmt.Sprintf("(415) 555-%04d", i),
				Description: "Course A Level 7", PostalCode: "94105"},
		})
	}
	return w
}

func BenchmarkMatch(b *testing.B) {
	w := batch()
	prepared, index := w.Index()
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		matchertest.MatchOne(prepared[i%len(prepared)], index, w.Matchers)
		i++
	}
}

func BenchmarkPreparePayment(b *testing.B) {
	w := batch()
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		w.Preparer.Payment(w.Payments[i%len(w.Payments)])
		i++
	}
}
