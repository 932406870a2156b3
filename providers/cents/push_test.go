package cents

import (
	"encoding/json"
	"maps"
	"testing"

	"pennytie/providers/providertest"
	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

func TestPush(t *testing.T) {
	field := func(name, before, after string) reconcile.FieldWrite {
		return reconcile.FieldWrite{Name: name, Before: before, After: after}
	}
	usd := func(minor int64) *money.Amount { a := money.New(minor, "USD"); return &a }
	paid := func(set map[string]any) map[string]any {
		row := map[string]any{"id": "don1", "transaction_status": "paid", "external_id": "STRIPE_pi_1", "order_amount": json.Number("150.15"),
			"donation_amount": 371, "total_amount": json.Number("153.86"), "refunded_amount": json.Number("0.00"), "currency": "USD",
			"created_date": "2026-02-03", "consumer_user_email": "canary@example.com"}
		maps.Copy(row, set)
		return row
	}
	euros := money.New(15386, "EUR")
	for name, c := range map[string]struct {
		set               map[string]any
		facts             reconcile.Agreed
		fields            []reconcile.FieldWrite
		body              string
		conflict, refused string
	}{
		"paid": {map[string]any{"transaction_status": "to_be_payed"}, reconcile.Agreed{Status: reconcile.StatusSucceeded},
			[]reconcile.FieldWrite{field("transaction_status", "to_be_payed", "paid")}, `{"transaction_status":"paid"}`, "", ""},
		"a draft failed": {map[string]any{"transaction_status": "draft"}, reconcile.Agreed{Status: reconcile.StatusFailed},
			[]reconcile.FieldWrite{field("transaction_status", "draft", "failed")}, `{"transaction_status":"failed"}`, "", ""},
		"refunded": {nil, reconcile.Agreed{Status: reconcile.StatusRefunded, Refunded: usd(15386)},
			[]reconcile.FieldWrite{field("transaction_status", "paid", "refunded"), field("refunded_amount", "0.00", "153.86")},
			`{"transaction_status":"refunded","refunded_amount":15386}`, "", ""},
		"a part refunded": {nil, reconcile.Agreed{Refunded: usd(29)}, []reconcile.FieldWrite{field("refunded_amount", "0.00", "0.29")},
			`{"transaction_status":"paid","refunded_amount":29}`, "", ""},
		"more refunded": {map[string]any{"refunded_amount": json.Number("0.29")}, reconcile.Agreed{Refunded: usd(435)},
			[]reconcile.FieldWrite{field("refunded_amount", "0.29", "4.35")}, `{"transaction_status":"paid","refunded_amount":435}`, "", ""},
		"disputed": {nil, reconcile.Agreed{Disputed: true}, []reconcile.FieldWrite{field("transaction_status", "paid", "disputed")},
			`{"transaction_status":"disputed"}`, "", ""},
		"an id, bare": {map[string]any{"external_id": nil}, reconcile.Agreed{ExternalID: "pi_7"},
			[]reconcile.FieldWrite{field("external_id", "", "pi_7")}, `{"external_id":"pi_7"}`, "", ""},
		"all at once": {map[string]any{"external_id": "", "transaction_status": "to_be_paid"}, reconcile.Agreed{Status: reconcile.StatusSucceeded, ExternalID: "pi_7"},
			[]reconcile.FieldWrite{field("transaction_status", "to_be_paid", "paid"), field("external_id", "", "pi_7")},
			`{"transaction_status":"paid","external_id":"pi_7"}`, "", ""},
		"an id is never overwritten": {map[string]any{"external_id": "ADYEN_5978"}, reconcile.Agreed{ExternalID: "pi_7"}, nil, "", "", ""},
		"said already":               {map[string]any{"transaction_status": "refunded", "refunded_amount": json.Number("153.86")}, reconcile.Agreed{Status: reconcile.StatusRefunded, Refunded: usd(15386)}, nil, "", "", ""},
		"never backwards":            {map[string]any{"transaction_status": "refunded"}, reconcile.Agreed{Status: reconcile.StatusSucceeded}, nil, "", "", "forward"},
		"a failed one stays":         {map[string]any{"transaction_status": "failed"}, reconcile.Agreed{Status: reconcile.StatusSucceeded}, nil, "", "", "forward"},
		"not two steps at once":      {map[string]any{"transaction_status": "draft"}, reconcile.Agreed{Status: reconcile.StatusRefunded, Refunded: usd(15386)}, nil, "", "", ""},
		"more than there is":         {nil, reconcile.Agreed{Refunded: usd(15387)}, nil, "", "", "more was refunded"},
		"another currency":           {nil, reconcile.Agreed{Refunded: &euros}, nil, "", "", "another currency"},
		"less than Cents says":       {map[string]any{"refunded_amount": json.Number("9.00")}, reconcile.Agreed{Refunded: usd(100)}, nil, "", "more was refunded", ""},
		"of what was not paid":       {map[string]any{"transaction_status": "draft"}, reconcile.Agreed{Refunded: usd(100)}, nil, "", "", "no refund"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if name == "not two steps at once" {
				c.refused = "forward"
			}
			a := emptyAccount(t)
			a.Put("transactions", testSince, paid(c.set))
			accepts := ""
			if c.body != "" {
				accepts = "PATCH /v1/auth/company/transactions/don1 " + c.body
			}
			providertest.RunPush(t, providertest.PushHarness{
				New: func(t *testing.T, writes bool) reconcile.Provider {
					return a.provider(t, func(c *Config) { c.Writes = writes })
				},
				Accepted: a.Shown, Record: "don1", Facts: c.facts, Kind: reconcile.IntentStatus, Fields: c.fields, Accepts: accepts,
				Conflict: c.conflict, Refused: c.refused, Canaries: []string{canary, "canary@"},
			})
		})
	}
}

// A donation that is only a part of what was paid gets no refund, because that is of the whole.
func TestPushRefundOfPart(t *testing.T) {
	a := emptyAccount(t)
	a.Put("transactions", testSince, map[string]any{"id": "don1", "transaction_status": "paid", "order_amount": json.Number("100.00"),
		"donation_amount": 500, "total_amount": json.Number("105.00"), "refunded_amount": nil, "currency": "USD", "created_date": "2026-02-03"})
	refunded := money.New(500, "USD")
	providertest.RunPush(t, providertest.PushHarness{
		New: func(t *testing.T, writes bool) reconcile.Provider {
			return a.provider(t, func(c *Config) { c.Writes, c.AmountField = writes, AmountDonation })
		},
		Accepted: a.Shown, Record: "don1", Facts: reconcile.Agreed{Refunded: &refunded}, Kind: reconcile.IntentStatus, Refused: "only a part",
	})
}

// An id_token that is refused is renewed and the write sent again: the first was not done.
func TestPushRenews(t *testing.T) {
	a := emptyAccount(t)
	a.Put("transactions", testSince, map[string]any{"id": "don1", "transaction_status": "draft", "total_amount": json.Number("5.00"),
		"currency": "USD", "created_date": "2026-02-03"})
	p := a.provider(t, func(c *Config) { c.Writes = true })
	plan, err := p.Plan(t.Context(), &reconcile.Intent{Record: "don1", Wanted: p.Writable(reconcile.Agreed{Status: reconcile.StatusSucceeded})[0]})
	if err != nil {
		t.Fatal(err)
	}
	a.Revoke()
	if err := plan.Send(t.Context()); err != nil || len(a.Accepted()) != 1 {
		t.Errorf("%v, %v", err, a.Accepted())
	}
}

func TestMayWrite(t *testing.T) {
	cfg := Config{ListPath: DefaultListPath}
	for request, want := range map[[2]string]bool{
		{"PATCH", DefaultListPath + "/x"}: true, {"PATCH", DefaultListPath}: false, {"PATCH", DefaultListPath + "/"}: false,
		{"PATCH", DefaultListPath + "/x/y"}: false, {"POST", DefaultListPath}: false, {"POST", DefaultListPath + "/x"}: false,
		{"DELETE", DefaultListPath + "/x"}: false, {"PATCH", "/v1/auth/company/x"}: false,
	} {
		if cfg.mayWrite(request[0], request[1]) != want {
			t.Errorf("%v: want %t", request, want)
		}
	}
}
