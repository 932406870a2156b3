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
		p := &reconcile.Payment{Match: reconcile.Match{Candidates: []reconcile.Candidate{
			{LeadID: "L1", Evidence: []reconcile.Evidence{{Signal: c.signal, Payment: c.value, Candidate: c.value}}},
		}}}
		shown, err := report.Redact(p, "masked")
		if err != nil {
			t.Fatal(err)
		}
		if e := shown.Match.Candidates[0].Evidence[0]; e.Payment != c.masked || e.Candidate != c.masked {
			t.Errorf("%s %q: %q ~ %q, want %q", c.signal, c.value, e.Payment, e.Candidate, c.masked)
		}
		if e := p.Match.Candidates[0].Evidence[0]; e.Payment != c.value {
			t.Errorf("%s: the payment itself became %q", c.signal, e.Payment)
		}
	}
}
