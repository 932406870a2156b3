package report_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"pennytie/reconcile"
	"pennytie/reconcile/report"
)

// What evidence compares is hidden by its signal: an alias may be a payer's name.
func TestRedactEvidence(t *testing.T) {
	for _, c := range []struct{ signal, value, masked string }{
		{reconcile.SignalName, "Ada Lovelace", "A. L."},
		{"alias", "Ada Lovelace", "A. L."},
		{"alias", "ada@example.com", "a***@example.com"},
		{reconcile.SignalPhone, "+442071234567", "***67"},
		{"same_person", "L2", "L2"},
	} {
		evidence := func() []reconcile.Evidence {
			return []reconcile.Evidence{{Signal: c.signal, Payment: c.value, Candidate: c.value}}
		}
		p := &reconcile.Payment{Match: reconcile.Match{
			Candidates: []reconcile.Candidate{{LeadID: "L1", Evidence: evidence(), Calls: []reconcile.Candidate{{CallID: "C1", Evidence: evidence()}}}},
			Products:   []reconcile.Candidate{{ProductID: "P1", Evidence: evidence()}},
		}}
		shown, err := report.Redact(p, "masked")
		if err != nil {
			t.Fatal(err)
		}
		every := func(m *reconcile.Match) []reconcile.Evidence {
			return []reconcile.Evidence{m.Candidates[0].Evidence[0], m.Candidates[0].Calls[0].Evidence[0], m.Products[0].Evidence[0]}
		}
		for _, e := range every(&shown.Match) {
			if e.Payment != c.masked || e.Candidate != c.masked {
				t.Errorf("%s %q: %q ~ %q, want %q", c.signal, c.value, e.Payment, e.Candidate, c.masked)
			}
		}
		for _, e := range every(&p.Match) {
			if e.Payment != c.value {
				t.Errorf("%s: the payment itself became %q", c.signal, e.Payment)
			}
		}
	}
}

func TestRedactLead(t *testing.T) {
	lead := &reconcile.Lead{ID: "L1", Name: "Ada Lovelace", Emails: []string{"ada@example.com"}, Phones: []string{"+13305550120"},
		Address: "57 Kiln Street", City: "Minatobe", PostalCode: "539-0070", Company: "Inkwell", Country: "JP"}
	for _, pii := range []string{"masked", "none"} {
		got, err := report.RedactLead(lead, pii)
		if err != nil {
			t.Fatal(err)
		}
		text := fmt.Sprintf("%+v", *got)
		for _, secret := range []string{"Lovelace", "ada@", "5550120", "Kiln", "Minatobe", "539", "Inkwell"} {
			if strings.Contains(text, secret) {
				t.Errorf("%s shows %q: %s", pii, secret, text)
			}
		}
		if got.ID != "L1" || got.Country != "JP" || lead.Name != "Ada Lovelace" {
			t.Errorf("%s: %+v", pii, got)
		}
	}
	if got, err := report.RedactLead(lead, "full"); err != nil || !reflect.DeepEqual(got, lead) {
		t.Errorf("full: %+v, %v", got, err)
	}
	if _, err := report.RedactLead(lead, "some"); err == nil {
		t.Error("a word that nobody knows is taken")
	}
}
