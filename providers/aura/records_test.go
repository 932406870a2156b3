package aura

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pennytie/configs"
	"pennytie/providers/fake"
	"pennytie/reconcile"
)

func records(t *testing.T, a *account, kind string, edit ...func(*Config)) *Records {
	t.Helper()
	p, err := NewRecords(a.config(edit...), kind, nil)
	if err != nil {
		t.Fatal(err)
	}
	return p.(*Records)
}

// pullRecord pulls one page with one row of a kind.
func pullRecord(t *testing.T, kind, text string, edit ...func(*Config)) reconcile.Page {
	t.Helper()
	a := emptyAccount(t)
	a.Fault(fake.Fault{Do: fake.Status(http.StatusOK, list1(text))})
	return pull(t, records(t, a, kind, edit...))
}

func TestLeads(t *testing.T) {
	for text, want := range map[string]reconcile.Lead{
		`{"id":"0A1B2C3D-1111-4000-8000-00000000000A","full_name":" Ann Example ","email":"Ann@example.com","phone":"+15550100","company":"Example Ltd",
			"assigned_to_id":"user_7","created_at":"2026-01-02T03:04:05Z","stripe_customer_id":"cus_1","external_id":"x1","address":"1 Main St",
			"city":"Springfield","postal_code":"12345","country":"us","total_paid_cents":5}`: {
			ID: "0a1b2c3d-1111-4000-8000-00000000000a", Name: "Ann Example", Emails: []string{"Ann@example.com"},
			Phones:  []string{"+15550100"},
			Company: "Example Ltd", Owner: "user_7", CreatedAt: day(2026, 1, 2).Add(3*3600e9 + 4*60e9 + 5e9),
			StripeCustomerID: "cus_1",
			ExternalID:       "x1", Address: "1 Main St", City: "Springfield", PostalCode: "12345", Country: "US"},
		`{"id":"L2","full_name":null,"email":"","phone":{},"company":[],"created_at":"soon","country":"Freedonia","address":{"line1":"x"}}`: {ID: "L2"},
		`{"id":3}`: {ID: "3"},
	} {
		page := pullRecord(t, KindLeads, text)
		if diff := cmp.Diff([]reconcile.Lead{want}, page.Leads); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	}
}

func TestCalls(t *testing.T) {
	base := `{"id":"C1","lead_id":"L1"%s}`
	for fields, want := range map[string]reconcile.Call{
		`,"product_id":"0A1B2C3D-3333-4000-8000-00000000000A","scheduled_at":"2026-01-02T00:00:00Z","started_at":"2026-01-03T00:00:00Z",
			"ended_at":"2026-01-04T00:00:00Z","closer_id":"user_2","setter_id":"user_1","outcome":"closed","status":"completed","expected_deal_value":500000`: {
			ProductID: "0a1b2c3d-3333-4000-8000-00000000000a", StartedAt: day(2026, 1, 3), EndedAt: day(2026, 1, 4),
			Agent: "user_2", Outcome: "won",
			Amount: amount(500000, "USD")},
		`,"scheduled_at":"2026-01-02T00:00:00Z","started_at":null,"closer_id":null,"setter_id":"0a1b2c3d-4444-4000-8000-000000000001",
			"outcome":null,"status":"no_show","expected_deal_value":null`: {
			StartedAt: day(2026, 1, 2), Agent: "0a1b2c3d-4444-4000-8000-000000000001", Outcome: "no_show"},
		`,"currency":"jpy","expected_deal_value":"500"`: {Amount: amount(500, "JPY")},
		``: {},
	} {
		want.ID, want.LeadID = "C1", "L1"
		page := pullRecord(t, KindCalls, fmt.Sprintf(base, fields))
		if diff := cmp.Diff([]reconcile.Call{want}, page.Calls); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	}
	major := pullRecord(t, KindCalls, fmt.Sprintf(base, `,"expected_deal_value":5000.5`),
		func(c *Config) { c.DealValueUnit, c.DealCurrency = UnitMajor, "eur" })
	if diff := cmp.Diff(amount(500050, "EUR"), major.Calls[0].Amount); diff != "" {
		t.Errorf("in major units -want +got:\n%s", diff)
	}
	for word, want := range map[string]string{
		"closed": "won", "won": "won", "lost": "lost", "no_show": "no_show", "No-Show": "no_show", "no show": "no_show",
		"shown":     "open",
		"follow_up": "open", "Follow Up": "open", "scheduled": "open", "completed": "open", "canceled": "canceled",
		"ghosted": "ghosted", "": "",
	} {
		for _, field := range []string{"outcome", "status"} {
			page := pullRecord(t, KindCalls, fmt.Sprintf(base, fmt.Sprintf(`,%q:%q`, field, word)))
			if got := page.Calls[0].Outcome; got != want {
				t.Errorf("%s %q is %q, want %q", field, word, got, want)
			}
		}
	}
}

func TestProducts(t *testing.T) {
	mapped := func(c *Config) {
		c.StripeProducts = map[string]string{"prod_gold": "0A1B2C3D-3333-4000-8000-00000000000A"}
	}
	page := pullRecord(t, KindProducts,
		`{"id":"0a1b2c3d-3333-4000-8000-00000000000a","name":"Gold","slug":"gold","is_active":false}`, mapped)
	want := []reconcile.Product{{ID: "0a1b2c3d-3333-4000-8000-00000000000a", Name: "Gold", Aliases: []string{"gold"},
		StripeProductID: "prod_gold"}}
	if diff := cmp.Diff(want, page.Products); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	page = pullRecord(t, KindProducts, `{"id":"P2","name":"Silver","slug":null}`, mapped)
	if diff := cmp.Diff([]reconcile.Product{{ID: "P2", Name: "Silver"}}, page.Products); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestHostileRecords(t *testing.T) {
	for _, c := range []struct{ kind, text, field, reason string }{
		{KindLeads, `{"full_name":"x"}`, "id", "id is missing"}, {KindLeads, `{"id":{}}`, "id", "not text"},
		{KindLeads, `null`, "", "not an object"},
		{KindCalls, `{"id":"C1"}`, "lead_id", "missing"}, {KindCalls, `{"id":"C1","lead_id":{}}`, "lead_id", "missing"},
		{KindCalls, `{"lead_id":"L1"}`, "id", "missing"},
		{KindCalls, `{"id":"C1","lead_id":"L1","started_at":"soon"}`, "started_at", "not a time"},
		{KindCalls, `{"id":"C1","lead_id":"L1","scheduled_at":7}`, "scheduled_at", "not a time"},
		{KindCalls, `{"id":"C1","lead_id":"L1","ended_at":"9999-01-01"}`, "ended_at", "not a time"},
		{KindCalls, `{"id":"C1","lead_id":"L1","expected_deal_value":-1}`, "expected_deal_value", "below zero"},
		{KindCalls, `{"id":"C1","lead_id":"L1","expected_deal_value":5000.5}`, "expected_deal_value", "more digits"},
		{KindCalls, `{"id":"C1","lead_id":"L1","expected_deal_value":5,"currency":"zzz"}`, "currency", "ISO 4217"},
		{KindProducts, `{"id":"P1","name":""}`, "name", "name is missing"}, {KindProducts, `{"name":"x"}`, "id", "missing"},
	} {
		page := pullRecord(t, c.kind, c.text)
		if len(page.Leads)+len(page.Calls)+len(page.Products) > 0 || len(page.Quarantined) != 1 {
			t.Errorf("%s: %+v", c.text, page)
			continue
		}
		if q := page.Quarantined[0]; q.Field != c.field || !strings.Contains(q.Reason, c.reason) || q.File != "/v1/"+c.kind ||
			q.Source != source {
			t.Errorf("%s: %+v", c.text, q)
		}
	}
}

// Records are read whole, page by page, each time, and cover no dates.
func TestRecords(t *testing.T) {
	for _, kind := range []string{KindLeads, KindCalls, KindProducts} {
		a := emptyAccount(t)
		for i := range 12 {
			a.Put(kind, testSince, map[string]any{"id": fmt.Sprintf("r%d", i), "lead_id": "L1", "name": "x", "is_active": i%2 == 0})
		}
		p := records(t, a, kind)
		for range 2 {
			page := pull(t, p)
			if rows := len(page.Leads) + len(page.Calls) + len(page.Products); rows != 12 || page.Covers != (reconcile.Span{}) {
				t.Errorf("%s: %d rows, covers %v", kind, rows, page.Covers)
			}
			if a.last.Load().URL.Query().Has("is_active") || a.last.Load().URL.Query().Has("from_date") {
				t.Errorf("%s: asked %s", kind, a.last.Load().URL.RawQuery)
			}
		}
		if p.Name() != "aura" {
			t.Errorf("name %s", p.Name())
		}
		if err := p.Probe(t.Context()); err != nil || a.Requests("/v1/"+kind) != 7 {
			t.Errorf("%s: probe %v, %d requests", kind, err, a.Requests("/v1/"+kind))
		}
		wrong := records(t, a, kind, func(c *Config) { c.Key = configs.NewSecret("wrong") })
		if _, err := wrong.Pull(t.Context(), ""); !errors.Is(err, reconcile.ErrAuth) {
			t.Errorf("%s: %v", kind, err)
		}
		a.Fault(fake.Fault{Do: fake.Status(http.StatusOK,
			`{"data":[{"id":"r"}],"pagination":{"next_cursor":"x","has_more":true}}`)})
		var err error
		var from reconcile.Cursor
		for range 10 {
			var page reconcile.Page
			if page, err = p.Pull(t.Context(), from); err != nil {
				break
			}
			from = page.Next
		}
		if !errors.Is(err, reconcile.ErrInvalid) {
			t.Errorf("%s: a list without end: %v", kind, err)
		}
	}
}
