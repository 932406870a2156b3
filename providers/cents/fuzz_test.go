package cents

import (
	"encoding/json"
	"testing"

	"pennytie/providers/internal/rest"
	"pennytie/providers/internal/rows"
	"pennytie/reconcile"
)

// FuzzRow converts any row: it must not panic, and what it accepts must be whole.
func FuzzRow(f *testing.F) {
	for _, row := range fixtures(f) {
		f.Add([]byte(row))
	}
	f.Add([]byte(`{"id":"a","currency":"JPY","total_amount":"1e3","created_date":"2026-01-01","refunded_amount":-1}`))
	f.Add([]byte(`{"id":".","billable_address":[],"consumer_user_email_anonymized":"x"}`))
	cfg, err := Config{Account: rest.Account{Source: source}, ClientID: client1, Credential: &vault{token: canary}}.checked()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, row []byte) {
		for _, field := range []string{AmountTotal, AmountParts, AmountDonation} {
			cfg := cfg
			cfg.AmountField = field
			var page reconcile.Page
			items := []rows.Item[transaction]{rows.ItemOf[transaction](json.RawMessage(row))}
			if err := newConverter(cfg).collect(&page, items, testNow); err != nil || len(page.Payments)+len(page.Quarantined) != 1 {
				t.Fatal("a row is neither a record nor quarantined")
			}
			for _, r := range page.Payments {
				content, err := r.Content()
				if err != nil {
					t.Fatal(err)
				}
				processors := 0
				for _, key := range r.Keys {
					if key.Provider == "" || key.ID == "" {
						t.Fatalf("a key is empty: %s", content)
					}
					if key.Provider != Name {
						processors++
					}
				}
				a := r.Facts.Amount
				whole := r.ID != "" && len(r.Keys) > 0 && processors <= 1 && r.Facts.Status.Valid()
				if r.Kind == reconcile.KindPayment {
					whole = whole && a != nil && a.Minor >= 0 && a.Currency != "" && !r.Facts.PaymentDate.IsZero()
				} else {
					whole = whole && a == nil
				}
				if !whole {
					t.Fatalf("record is not whole: %s", content)
				}
			}
		}
	})
}
