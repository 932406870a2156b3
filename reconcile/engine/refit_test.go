package engine_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pennytie/reconcile"
	"pennytie/reconcile/engine"
	"pennytie/reconcile/score"
)

func (w *world) adopt(refit reconcile.Refit) {
	w.t.Helper()
	err := w.store.Update(w.t.Context(), func(tx reconcile.Tx) error { return w.engine.Adopt(tx, &refit, "eve") })
	if err != nil {
		w.t.Fatal(err)
	}
}

// calibrated says of each payment by what its best candidate is calibrated, and the run's warning.
func (w *world) calibrated(sources ...engine.Source) (by string, warning string) {
	w.t.Helper()
	warning = w.must(sources...).Warning
	var all []string
	for _, p := range w.payments() {
		for _, e := range p.Match.Candidates[0].Evidence {
			if e.Signal == reconcile.SignalCalibration {
				all = append(all, p.ProviderPaymentID+" "+e.Candidate)
			}
		}
		for i, c := range score.Confidences(p.Match.Candidates) {
			if c != p.Match.Candidates[i].Confidence {
				w.t.Errorf("%s: recomputed %d, stored %d", p.ProviderPaymentID, c, p.Match.Candidates[i].Confidence)
			}
		}
	}
	slices.Sort(all)
	return strings.Join(all, ", "), warning
}

func TestRunsWeighByWhatWasAdopted(t *testing.T) {
	w := newWorld(t)
	all := leads(ada("L1", email), ada("L9", "elsewhere@example.org"))
	stripe := source("s", reconcile.RoleProcessor, page(paid("s", "pi_1", "ch_1", 1000, 10, email), paid("s", "pi_2", "ch_2", 2000, 11, email)))
	w.must(all, stripe)
	w.answer("pi_2", reconcile.WordLead, "L9")
	w.must(all, stripe)
	before := w.matched()
	fits := score.Shipped().Fingerprint()
	expect := func(what, due, by, warning string) {
		t.Helper()
		if got := w.due(); got != due {
			t.Errorf("%s: due are %q, want %q", what, got, due)
		}
		gotBy, gotWarning := w.calibrated(all, stripe)
		if gotBy != by || !strings.Contains(gotWarning, warning) || warning == "" && gotWarning != "" {
			t.Errorf("%s: by %q, want %q; warning %q, want %q", what, gotBy, by, gotWarning, warning)
		}
		w.complete(what)
	}
	expect("as shipped", "", "", "")
	w.adopt(reconcile.Refit{Model: fits, Decisions: 60, Shift: -2000})
	expect("adopted", "pi_1 pi_2", "pi_1 refit 1, from 60 decisions, pi_2 refit 1, from 60 decisions", "")
	if got := w.matched(); !strings.Contains(got, "pi_2 manual L9") || got == before {
		t.Errorf("a decision changed, or nothing did: %s", got)
	}
	w.adopt(reconcile.Refit{Model: "of yesterday", Decisions: 60, Shift: -2000})
	expect("fitted to another table", "pi_1 pi_2", "", "refit 2 was fitted to other weights (of yesterday)")
	w.adopt(reconcile.Refit{Model: fits, Decisions: 70})
	expect("adopted again", "pi_1 pi_2", "pi_1 refit 3, from 70 decisions, pi_2 refit 3, from 70 decisions", "")
	w.adopt(reconcile.Refit{Shipped: true})
	expect("dropped", "pi_1 pi_2", "", "")
	if got := w.matched(); got != before {
		t.Errorf("%s, before %s", got, before)
	}
}

// What is fitted are the words that hold, and nothing of what people said is among the evidence for them.
func TestDecidedAsIfNobodyHadSpoken(t *testing.T) {
	w := newWorld(t)
	w.must(leads(ada("L1", email)), strangers("zed@vane.example", "zed@vane.example", email, email))
	w.answer("pi_1", reconcile.WordLead, "L1")
	w.answer("pi_2", reconcile.WordLead, "L1")
	w.answer("pi_3", reconcile.WordNone, "")
	w.answer("pi_4", reconcile.WordNone, "")
	w.answer("pi_4", reconcile.WordUndo, "")
	var got []string
	visit := func(p *reconcile.Payment, word *reconcile.Decision, d score.Decided) error {
		got = append(got, fmt.Sprintf("%s %s %t %d", p.ProviderPaymentID, d.LeadID, word.None, len(d.PayerKeys)))
		for _, c := range d.Found {
			for _, e := range c.Evidence {
				if e.Signal == reconcile.SignalAlias || e.Signal == reconcile.SignalAliasShared {
					t.Errorf("%s has %+v", p.ProviderPaymentID, e)
				}
			}
		}
		return nil
	}
	if err := w.engine.Decided(t.Context(), visit); err != nil {
		t.Fatal(err)
	}
	if text := strings.Join(got, ", "); text != "pi_1 L1 false 1, pi_2 L1 false 1, pi_3  true 1" {
		t.Error(text)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := w.engine.Decided(ctx, visit); err == nil {
		t.Error("a cancelled context is not heard")
	}
}
