package engine_test

import (
	"testing"

	"pennytie/reconcile"
	"pennytie/reconcile/engine"
)

// renewals are payments of one subscription, each from another address and under another name.
func renewals(emails ...string) engine.Source {
	names := map[string]string{email: "Ada Lovelace", "grace@example.org": "Grace Hopper"}
	var records []reconcile.SourceRecord
	for i, from := range emails {
		id := string(rune('1' + i))
		r := by(paid("s", "pi_"+id, "ch_"+id, 4900, 10+i, from), names[from])
		r.Facts.StripeSubscriptionID = "sub_1"
		records = append(records, r)
	}
	return source("s", reconcile.RoleProcessor, page(records...))
}

// broken lists the payments that are said to leave their chain: "pi_3 L2 after L1".
func (w *world) broken() string {
	w.t.Helper()
	ids := map[string]string{}
	for _, p := range w.payments() {
		ids[p.ID] = p.ProviderPaymentID
	}
	found := ""
	err := w.store.View(w.t.Context(), func(r reconcile.Reader) error {
		for x, err := range r.Exceptions(reconcile.ExceptionFilter{OpenOnly: true}) {
			if err != nil {
				return err
			}
			if x.OfChain() {
				found += ids[x.PaymentID] + " " + x.Actual + " after " + x.Expected + ";"
			}
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return found
}

// TestBrokenChain tells of a renewal that is credited to another lead than the first payment of its subscription, in whatever order
// they came, as long as it is so.
func TestBrokenChain(t *testing.T) {
	w := newWorld(t)
	people := leads(ada("L1", email), reconcile.Lead{ID: "L2", Name: "Grace Hopper", Emails: []string{"grace@example.org"}})
	step := func(what, want string) {
		t.Helper()
		if got := w.broken(); got != want {
			t.Errorf("%s: %q, want %q; %s", what, got, want, w.matched())
		}
		w.complete(what)
	}
	w.must(people, renewals(email, email, email))
	step("one payer", "")
	w.must(people, renewals(email, email, "grace@example.org"))
	w.answer("pi_3", reconcile.WordLead, "L2")
	w.must()
	step("the third is another's", "pi_3 L2 after L1;")
	w.answer("pi_1", reconcile.WordLead, "L1")
	w.must()
	step("people said so of both", "")
	w.answer("pi_3", reconcile.WordLead, "L1")
	w.answer("pi_1", reconcile.WordLead, "L2")
	w.must()
	step("people turned them round, and the second follows the first", "")
	w.answer("pi_2", reconcile.WordNone, "")
	w.answer("pi_1", reconcile.WordUndo, "")
	w.answer("pi_3", reconcile.WordUndo, "")
	w.must()
	step("what nobody is credited with breaks nothing", "")
}
