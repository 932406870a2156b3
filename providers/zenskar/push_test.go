package zenskar

import (
	"maps"
	"testing"

	"pennytie/providers/providertest"
	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

func TestPush(t *testing.T) {
	const inv1, inv2 = "20000000-0000-4000-8000-000000000001", "20000000-0000-4000-8000-000000000002"
	field := func(name, before, after string) reconcile.FieldWrite {
		return reconcile.FieldWrite{Name: name, Before: before, After: after}
	}
	usd := func(minor int64) *money.Amount { a := money.New(minor, "USD"); return &a }
	euros := money.New(600, "EUR")
	part := func(invoice, amount string) any { return map[string]any{"invoice_id": invoice, "amount": amount} }
	ours := []reconcile.FieldWrite{field("payment_parts."+inv1, "", "6.00")}
	for name, c := range map[string]struct {
		set, invoice      map[string]any
		allocate          *money.Amount
		major             bool
		fields            []reconcile.FieldWrite
		body              string
		conflict, refused string
	}{
		"first": {nil, nil, usd(600), false, ours, `{"payment_parts":[{"invoice_id":"` + inv1 + `","amount":600}]}`, "", ""},
		"beside another": {map[string]any{"invoices": []any{part(inv2, "400")}}, nil, usd(600), false, ours,
			`{"payment_parts":[{"invoice_id":"` + inv2 + `","amount":400},{"invoice_id":"` + inv1 + `","amount":600}]}`, "", ""},
		"after a partial refund": {map[string]any{"status": "partially_refunded", "amount_refunded": "400"}, map[string]any{"status": "partially_paid"},
			usd(600), false, ours, `{"payment_parts":[{"invoice_id":"` + inv1 + `","amount":600}]}`, "", ""},
		"major units are read, minor ones written": {nil, map[string]any{"amount_due": "6.00"}, usd(600), true, ours,
			`{"payment_parts":[{"invoice_id":"` + inv1 + `","amount":600}]}`, "", ""},
		"said already":      {map[string]any{"invoices": []any{part(inv1, "600.00")}}, nil, usd(600), false, nil, "", "", ""},
		"another amount":    {map[string]any{"invoices": []any{part(inv1, "500")}}, nil, usd(600), false, nil, "", "another amount", ""},
		"more than is left": {map[string]any{"invoices": []any{part(inv2, "401")}}, nil, usd(600), false, nil, "", "", "more than what is left"},
		"more than is left after a refund": {map[string]any{"status": "partially_refunded", "amount_refunded": "401"}, nil, usd(600), false, nil, "", "",
			"more than what is left"},
		"more than is due":          {nil, map[string]any{"amount_due": 599}, usd(600), false, nil, "", "", "more than the invoice has due"},
		"what is due is unknown":    {nil, map[string]any{"amount_due": nil}, usd(600), false, nil, "", "", "cannot be read"},
		"a paid invoice":            {nil, map[string]any{"status": "paid"}, usd(600), false, nil, "", "", "takes no payment"},
		"a draft":                   {nil, map[string]any{"status": "draft"}, usd(600), false, nil, "", "", "takes no payment"},
		"an invoice in euros":       {nil, map[string]any{"currency_code": "EUR"}, usd(600), false, nil, "", "", "another currency"},
		"a payment in dollars":      {nil, nil, &euros, false, nil, "", "", "another currency"},
		"a payment under way":       {map[string]any{"status": "in_progress"}, nil, usd(600), false, nil, "", "", "only money that was collected"},
		"no such invoice":           {nil, map[string]any{"id": inv2}, usd(600), false, nil, "", "", "does not know the invoice"},
		"a row of another type":     {map[string]any{"type": "tax_withheld"}, nil, usd(600), false, nil, "", "", "no payment any more"},
		"a part twice":              {map[string]any{"invoices": []any{part(inv2, "100"), part(inv2, "100")}}, nil, usd(600), false, nil, "", "", "cannot be read"},
		"a part that is unreadable": {map[string]any{"invoices": []any{part(inv2, "1.5e2x")}}, nil, usd(600), false, nil, "", "", "cannot be read"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t)
			a.MajorUnits = c.major
			a.put(day(1), plain("p1", day(1), c.set))
			invoice := map[string]any{"id": inv1, "status": "approved", "amount_due": 600, "currency_code": "USD"}
			maps.Copy(invoice, c.invoice)
			a.Put("invoices", day(1), invoice)
			a.Put("invoices", day(1), map[string]any{"id": inv2, "status": "approved", "amount_due": 600})
			accepts := ""
			if c.body != "" {
				accepts = "PATCH /payments/p1 " + c.body
			}
			providertest.RunPush(t, providertest.PushHarness{
				New: func(t *testing.T, writes bool) reconcile.Provider {
					return a.provider(t, func(cfg *Config) {
						if cfg.Writes = writes; c.major {
							cfg.AmountUnit = UnitMajor
						}
					})
				},
				Accepted: a.Shown, Record: "p1", Facts: reconcile.Agreed{InvoiceID: inv1, Allocate: c.allocate}, Kind: reconcile.IntentAllocation,
				Fields: c.fields, Accepts: accepts, Conflict: c.conflict, Refused: c.refused, Canaries: []string{testKey, "ann@"},
			})
		})
	}
}

func TestMayWrite(t *testing.T) {
	for request, want := range map[[2]string]bool{
		{"PATCH", "/payments/x"}: true, {"PATCH", "/payments/manual_payment/x"}: false, {"POST", "/payments"}: false, {"POST", "/payments/x/refund"}: false,
		{"DELETE", "/payments/x"}: false, {"PATCH", "/payments/"}: false, {"PATCH", "/invoices/x"}: false,
	} {
		if mayWrite(request[0], request[1]) != want {
			t.Errorf("%v: want %t", request, want)
		}
	}
}
