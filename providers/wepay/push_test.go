package wepay

import (
	"strings"
	"testing"

	"pennytie/providers/providertest"
	"pennytie/reconcile"
)

const oursID = "pay_0123456789abcdef01234567"

func agreed() reconcile.Agreed {
	return reconcile.Agreed{PaymentID: oursID, Verification: reconcile.Confirmed, LeadID: "lead_1", CallID: "call_1", ProductID: "prod_1",
		Status: reconcile.StatusRefunded, ExternalID: "pi_1"}
}

func TestPush(t *testing.T) {
	field := func(name, before, after string) reconcile.FieldWrite {
		return reconcile.FieldWrite{Name: name, Before: before, After: after}
	}
	named := func(lead string) reconcile.Agreed {
		facts := agreed()
		facts.LeadID, facts.CallID, facts.ProductID = lead, "", ""
		return facts
	}
	const ours = `"lead_id":"lead_1","product_id":"prod_1","recon_run":"run-1","recon_status":"confirmed"`
	whole := []reconcile.FieldWrite{field("custom_data.recon_status", "", "confirmed"), field("custom_data.lead_id", "", "lead_1"),
		field("custom_data.call_id", "", "call_1"), field("custom_data.product_id", "", "prod_1")}
	own := object{"recon_status": "confirmed", "recon_run": "run-0", "lead_id": "lead_1", "call_id": "call_1", "product_id": "prod_1"}
	referenced := append(append([]reconcile.FieldWrite{}, whole...), field("reference_id", "", oursID))
	for name, c := range map[string]struct {
		custom, reference any
		facts             reconcile.Agreed
		fields            []reconcile.FieldWrite
		body              string
		conflict, refused string
	}{
		"new":          {nil, nil, agreed(), referenced, `{"custom_data":{"call_id":"call_1",` + ours + `},"reference_id":"` + oursID + `"}`, "", ""},
		"empty":        {object{}, "", agreed(), referenced, `{"custom_data":{"call_id":"call_1",` + ours + `},"reference_id":"` + oursID + `"}`, "", ""},
		"said already": {own, oursID, agreed(), nil, "", "", ""},
		"said by an earlier run, without a reference": {own, nil, agreed(), []reconcile.FieldWrite{field("reference_id", "", oursID)},
			`{"reference_id":"` + oursID + `"}`, "", ""},
		"the merchant's reference stays": {own, "order-7", agreed(), nil, "", "", ""},
		"our earlier reference does not": {own, "pay_ffffffffffffffffffffffff", agreed(),
			[]reconcile.FieldWrite{field("reference_id", "pay_ffffffffffffffffffffffff", oursID)}, `{"reference_id":"` + oursID + `"}`, "", ""},
		"the merchant's data stay": {object{"order": 17, "tags": []any{"a", object{"b": 1.5}}}, "order-7", agreed(), whole,
			`{"custom_data":{"call_id":"call_1","lead_id":"lead_1","order":17,"product_id":"prod_1","recon_run":"run-1","recon_status":"confirmed","tags":["a",{"b":1.5}]}}`, "", ""},
		"another lead of ours": {object{"recon_status": "confirmed", "lead_id": "lead_0", "call_id": "call_0"}, oursID, named("lead_1"),
			[]reconcile.FieldWrite{field("custom_data.lead_id", "lead_0", "lead_1"), field("custom_data.call_id", "call_0", "")},
			`{"custom_data":{"lead_id":"lead_1","recon_run":"run-1","recon_status":"confirmed"}}`, "", ""},
		"another lead of the merchant's": {object{"lead_id": "lead_9"}, nil, agreed(), nil, "", "did not write", ""},
		"an e-mail address for a lead":   {object{"lead_id": "canary@example.com"}, nil, agreed(), nil, "", "did not write", ""},
		"no object":                      {"some text", nil, agreed(), nil, "", "", "not an object"},
		"a lead that is an e-mail":       {nil, nil, named("canary@example.com"), nil, "", "", "personal data"},
		"a lead that is a phone":         {nil, nil, named("+1 555 0100"), nil, "", "", "personal data"},
		"a lead that is a card":          {nil, nil, named("4242-4242-4242-4242"), nil, "", "", "personal data"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t)
			a.Put("payment_methods", at(0), card("pm-3", "Payer 3", "payer3@example.com"))
			a.Put("payments", at(1), with(payment("pay-3", at(1)), object{"custom_data": c.custom, "reference_id": c.reference, "status": "completed"}))
			accepts := ""
			if c.body != "" {
				accepts = "POST /payments/pay-3 " + c.body
			}
			providertest.RunPush(t, providertest.PushHarness{
				New: func(t *testing.T, writes bool) reconcile.Provider {
					return a.provider(t, func(c *Config) { c.Writes = writes })
				},
				Accepted: a.Shown, Record: "pay-3", Facts: c.facts, Kind: reconcile.IntentAttribution, Fields: c.fields, Accepts: accepts,
				Conflict: c.conflict, Refused: c.refused, Canaries: []string{testToken, "canary@", "@example.com", "4242", "555"},
			})
		})
	}
}

// The key is the same for each try of one change and another one after the record has changed.
func TestUniqueKey(t *testing.T) {
	a := newAccount(t).business()
	p := a.provider(t, func(c *Config) { c.Writes = true })
	intent := reconcile.Intent{Record: "pay-3", RunID: "run-1", Wanted: p.Writable(agreed())[0]}
	for range 2 {
		plan, err := p.Plan(t.Context(), &intent)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := plan.Send(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		intent.Wanted.Facts.LeadID = "lead_2"
	}
	taken := a.Accepted()
	if len(taken) != 2 || taken[0].Key == taken[1].Key || !strings.HasPrefix(taken[0].Key, "recon-") || len(taken[0].Key) != 46 {
		t.Errorf("four tries of two changes: %+v", taken)
	}
}

func TestMayWrite(t *testing.T) {
	for request, want := range map[[2]string]bool{
		{"POST", "/payments/x"}: true, {"POST", "/payments"}: false, {"POST", "/payments/"}: false, {"POST", "/payments/x/capture"}: false,
		{"POST", "/refunds"}: false, {"POST", "/refunds/x"}: false, {"PATCH", "/payments/x"}: false, {"DELETE", "/payments/x"}: false,
	} {
		if mayWrite(request[0], request[1]) != want {
			t.Errorf("%v: want %t", request, want)
		}
	}
}
