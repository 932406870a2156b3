package engine_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"pennytie/reconcile"
	"pennytie/reconcile/engine"
)

// What is examined is what a run matched; by another policy it is what a run would match by that, people's decisions included.
func TestExamineTellsWhatARunDoes(t *testing.T) {
	w := newWorld(t)
	stripe := source("s", reconcile.RoleProcessor, page(paid("s", "pi_1", "ch_1", 1000, 10, email),
		paid("s", "pi_2", "ch_2", 2000, 11, "other@example.org"), paid("s", "pi_3", "ch_3", 3000, 12, email)))
	all := leads(ada("L1", email), ada("L9", "elsewhere@example.org"))
	w.must(all, stripe)
	w.answer("pi_3", reconcile.WordLead, "L9")
	w.must(all, stripe)
	examine := func() (stored, found []reconcile.Match) {
		t.Helper()
		err := w.engine.Examine(t.Context(), func(x *engine.Examined) error {
			stored, found = append(stored, x.Payment.Match), append(found, x.Match())
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return stored, found
	}
	stored, found := examine()
	if diff := cmp.Diff(stored, found, cmpopts.EquateEmpty()); diff != "" || len(stored) != 3 {
		t.Errorf("%d payments, stored and examined differ:\n%s", len(stored), diff)
	}

	before := w.state()
	w.engine.Policy.AutoConfirm, w.engine.Fingerprint = reconcile.Sure, "stricter"
	stored, found = examine()
	if stored[0].State != reconcile.MatchAuto || found[0].State != reconcile.MatchSuggested || found[2].State != reconcile.MatchManual {
		t.Errorf("stored %+v, examined %+v", stored, found)
	}
	if diff := cmp.Diff(before, w.state()); diff != "" {
		t.Errorf("examining wrote:\n%s", diff)
	}
	w.must(all, stripe)
	if stored, _ := examine(); !cmp.Equal(stored, found, cmpopts.EquateEmpty()) {
		t.Errorf("a run by the policy:\n%s", cmp.Diff(stored, found, cmpopts.EquateEmpty()))
	}
}

func TestExamineEnds(t *testing.T) {
	w := newWorld(t)
	w.must(leads(ada("L1", email)), source("s", reconcile.RoleProcessor, page(paid("s", "pi_1", "ch_1", 1000, 10, email))))
	enough := errors.New("enough")
	if err := w.engine.Examine(t.Context(), func(*engine.Examined) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("the visitor's error: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	err := w.engine.Examine(ctx, func(*engine.Examined) error { cancel(); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}
