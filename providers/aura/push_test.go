package aura

import (
	"testing"

	"pennytie/providers/providertest"
	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

func TestPush(t *testing.T) {
	const id = "5b2c7d10-0000-4000-8000-000000000001"
	row := func(change map[string]any) map[string]any {
		r := map[string]any{"id": id, "amount": 1000, "currency": "usd", "status": "succeeded", "payment_date": "2026-02-02T00:00:00Z",
			"customer_email": "dee@example.com", "customer_name": "Dee Canary", "verification_status": "unverified"}
		for key, value := range change {
			r[key] = value
		}
		return r
	}
	refunded := money.New(400, "USD")
	all := reconcile.Agreed{PaymentID: "pay_1", Verification: reconcile.Confirmed, LeadID: "lead_1", CallID: "call_1", ProductID: "prod_1",
		Refunded: &refunded, Disputed: true, InvoiceID: "inv_1", Allocate: &refunded}
	status := func(s reconcile.Status, external string) reconcile.Agreed {
		return reconcile.Agreed{Status: s, ExternalID: external}
	}
	path := "/v1/payments/" + id
	field := func(name, before, after string) reconcile.FieldWrite {
		return reconcile.FieldWrite{Name: name, Before: before, After: after}
	}
	for name, c := range map[string]struct {
		row               map[string]any
		facts             reconcile.Agreed
		kind              reconcile.IntentKind
		fields            []reconcile.FieldWrite
		accepts           string
		conflict, refused string
	}{
		"verify": {row(nil), all, reconcile.IntentAttribution, []reconcile.FieldWrite{field("call_id", "", "call_1"),
			field("verification_status", "unverified", "confirmed")}, "POST " + path + `/verify {"call_id":"call_1"}`, "", ""},
		"verify a call that Aura linked": {row(map[string]any{"call_id": "call_1", "matched_by": "email"}), all, reconcile.IntentAttribution,
			[]reconcile.FieldWrite{field("verification_status", "unverified", "confirmed")}, "POST " + path + `/verify {"call_id":"call_1"}`, "", ""},
		"verified already": {row(map[string]any{"call_id": "call_1", "verification_status": "confirmed"}), all, reconcile.IntentAttribution, nil, "", "", ""},
		"another call":     {row(map[string]any{"call_id": "call_2"}), all, reconcile.IntentAttribution, nil, "", "linked to another call", ""},
		"another call, confirmed": {row(map[string]any{"call_id": "call_2", "verification_status": "confirmed"}), all, reconcile.IntentAttribution, nil, "",
			"linked to another call", ""},
		"confirmed without a call": {row(map[string]any{"verification_status": "Confirmed"}), all, reconcile.IntentAttribution, nil, "", "without a call", ""},
		"rejected":                 {row(map[string]any{"verification_status": "rejected"}), all, reconcile.IntentAttribution, nil, "", "rejected in Aura", ""},
		"paid": {row(map[string]any{"status": "pending"}), status(reconcile.StatusSucceeded, ""), reconcile.IntentStatus,
			[]reconcile.FieldWrite{field("status", "pending", "succeeded")}, "PATCH " + path + ` {"status":"succeeded"}`, "", ""},
		"failed": {row(map[string]any{"status": "pending"}), status(reconcile.StatusFailed, ""), reconcile.IntentStatus,
			[]reconcile.FieldWrite{field("status", "pending", "failed")}, "PATCH " + path + ` {"status":"failed"}`, "", ""},
		"refunded, with an id": {row(nil), status(reconcile.StatusRefunded, "pi_1"), reconcile.IntentStatus,
			[]reconcile.FieldWrite{field("status", "succeeded", "refunded"), field("external_id", "", "pi_1")},
			"PATCH " + path + ` {"status":"refunded","external_id":"pi_1"}`, "", ""},
		"only an id": {row(nil), status(reconcile.StatusSucceeded, "pi_1"), reconcile.IntentStatus,
			[]reconcile.FieldWrite{field("external_id", "", "pi_1")}, "PATCH " + path + ` {"external_id":"pi_1"}`, "", ""},
		"an id is never overwritten": {row(map[string]any{"external_id": "order 7"}), status("", "pi_1"), reconcile.IntentStatus, nil, "", "", ""},
		"an id of another field":     {row(map[string]any{"provider_payment_id": "pi_2"}), status("", "pi_1"), reconcile.IntentStatus, nil, "", "", ""},
		"never backwards":            {row(map[string]any{"status": "refunded"}), status(reconcile.StatusSucceeded, ""), reconcile.IntentStatus, nil, "", "", "forward"},
		"not two steps at once":      {row(map[string]any{"status": "pending"}), status(reconcile.StatusRefunded, ""), reconcile.IntentStatus, nil, "", "", "forward"},
		"a word that nobody knows":   {row(map[string]any{"status": "odd"}), status(reconcile.StatusSucceeded, ""), reconcile.IntentStatus, nil, "", "", "forward"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := emptyAccount(t)
			a.put(c.row)
			a.Put("calls", testSince, map[string]any{"id": "call_1", "lead_id": "lead_1"})
			providertest.RunPush(t, providertest.PushHarness{
				New: func(t *testing.T, writes bool) reconcile.Provider {
					return a.provider(t, func(c *Config) { c.Writes = writes })
				},
				Accepted: a.Shown, Record: id, Facts: c.facts, Kind: c.kind, Fields: c.fields, Accepts: c.accepts,
				Conflict: c.conflict, Refused: c.refused, Canaries: []string{liveKey, "dee@", "Dee"},
			})
		})
	}
}

// Nothing but the two requests may leave, whoever asks for it.
func TestMayWrite(t *testing.T) {
	for request, want := range map[[2]string]bool{
		{"PATCH", "/v1/payments/x"}: true, {"POST", "/v1/payments/x/verify"}: true,
		{"POST", "/v1/payments/x"}: false, {"PATCH", "/v1/payments/x/verify"}: false, {"POST", "/v1/payments"}: false, {"PATCH", "/v1/payments/"}: false,
		{"POST", "/v1/payments//verify"}: false, {"DELETE", "/v1/payments/x"}: false, {"PUT", "/v1/payments/x"}: false, {"PATCH", "/v1/leads/x"}: false,
		{"PATCH", "/v1/payments/x/y"}: false,
	} {
		if mayWrite(request[0], request[1]) != want {
			t.Errorf("%v: want %t", request, want)
		}
	}
}
