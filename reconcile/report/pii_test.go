package report_test

import (
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
