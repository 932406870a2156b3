package wepay

import (
	"context"
	"encoding/json"
	"testing"

	"pennytie/providers/internal/rest"
	"pennytie/providers/internal/rows"
	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

// FuzzRow converts any row, as each of the three kinds: it must not panic, and what it accepts must be whole.
func FuzzRow(f *testing.F) {
	for _, name := range []string{"payment", "refund", "dispute", "payment_method"} {
		text, err := json.Marshal(fixture(f, name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(`{"id":"a","create_time":"1770000000","currency":"usd","amount":1e3,"amount_refunded":"2000","status":"completed"}`))
	f.Add([]byte(`{"id":"a","create_time":1770000000,"amounts":null,"payment":"b","status":null}`))
	cfg, err := Config{Account: rest.Account{Source: source}, AppID: testApp, Token: stageSecret(), Environment: Stage}.checked()
	if err != nil {
		f.Fatal(err)
	}
	c := &converter{cfg: &cfg, now: today}
	sound := func(t *testing.T, id string, keys []reconcile.Key, amounts ...*money.Amount) {
		if id == "" || len(keys) == 0 || keys[0].ID == "" || keys[0].Provider != Name {
			t.Fatalf("id %q, keys %v", id, keys)
		}
		for _, amount := range amounts {
			if amount != nil && (amount.Minor < 0 || amount.Currency == "") {
				t.Fatalf("amount %v", amount)
			}
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if row := rows.ItemOf[paymentRow](body); row.Err == nil {
			if r, err := c.payment(context.Background(), &row.Value); err == nil {
				sound(t, r.ID, r.Keys, r.Facts.Amount, r.Facts.Captured, r.Facts.Fee, r.Facts.Net, r.Facts.RefundedAmount, r.Facts.DisputedAmount)
				if !r.Facts.Status.Valid() || r.Facts.Amount == nil || r.Facts.PaymentDate.IsZero() {
					t.Fatalf("%+v", r)
				}
				if _, err := r.Content(); err != nil {
					t.Fatal(err)
				}
			}
		}
		if row := rows.ItemOf[refundRow](body); row.Err == nil && row.Value.Amounts.object != nil {
			if r, err := c.refund(context.Background(), &row.Value); err == nil {
				if r.Keys == nil { // an orphan
					r.Keys = c.keys("orphan")
				}
				sound(t, r.ID, r.Keys, &r.Amount)
			}
		}
		if row := rows.ItemOf[disputeRow](body); row.Err == nil {
			if r, err := c.dispute(context.Background(), &row.Value); err == nil {
				sound(t, r.ID, r.Keys, &r.Amount)
			}
		}
		if row := rows.ItemOf[methodRow](body); row.Err == nil {
			_ = row.Value.payer()
		}
	})
}
