package main

import (
	"errors"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

func TestAnother(t *testing.T) {
	one := reconcile.Match{LeadID: "L1", CallID: "C1", ProductID: "P1"}
	for _, c := range []struct {
		name  string
		after reconcile.Match
		want  string
	}{
		{"the same", one, ""},
		{"a lead", reconcile.Match{LeadID: "L2", CallID: "C2", ProductID: "P1"}, "lead"},
		{"a call", reconcile.Match{LeadID: "L1", ProductID: "P2"}, "call"},
		{"a product", reconcile.Match{LeadID: "L1", CallID: "C1"}, "product"},
		{"no lead any more", reconcile.Match{ProductID: "P1"}, ""},
	} {
		if got := another(&one, &c.after); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// Each payment is in one state before and one after, so that both sides add up to the same, each currency for itself.
func TestBacktestAddsUp(t *testing.T) {
	b := newBacktest(reconcile.Policy{}, reconcile.Policy{}, "", nil)
	add := func(id string, minor int64, currency money.Currency, before, after reconcile.Match) {
		t.Helper()
		p := &reconcile.Payment{ID: id, Amount: money.New(minor, currency), Captured: money.New(minor, currency), Match: before}
		if err := b.add(p, &after); err != nil {
			t.Fatal(err)
		}
	}
	auto := func(lead string) reconcile.Match { return reconcile.Match{State: reconcile.MatchAuto, LeadID: lead} }
	unmatched := reconcile.Match{State: reconcile.MatchUnmatched}
	add("a", 100, "USD", auto("L1"), auto("L2"))
	add("b", 200, "USD", auto("L1"), unmatched)
	add("c", 500, "JPY", unmatched, auto("L3"))
	add("d", 300, "USD", auto("L1"), auto("L1"))
	add("e", 400, "USD", auto("L1"), auto("L2"))
	if err := b.done(); err != nil {
		t.Fatal(err)
	}
	transitions := []transition{
		{step{"auto", "auto", "lead", "USD"}, sum{2, 500}},
		{step{"auto", "unmatched", "", "USD"}, sum{1, 200}},
		{step{"unmatched", "auto", "", "JPY"}, sum{1, 500}},
	}
	if diff := cmp.Diff(transitions, b.Transitions, cmp.AllowUnexported(transition{})); diff != "" {
		t.Error(diff)
	}
	held := []stateSum{
		{holding{"auto", "JPY"}, sum{}, sum{1, 500}},
		{holding{"auto", "USD"}, sum{4, 1000}, sum{3, 800}},
		{holding{"unmatched", "JPY"}, sum{1, 500}, sum{}},
		{holding{"unmatched", "USD"}, sum{}, sum{1, 200}},
	}
	if diff := cmp.Diff(held, b.States, cmp.AllowUnexported(stateSum{})); diff != "" {
		t.Error(diff)
	}
	if b.Payments != 5 || b.Changed != 4 || len(b.First) != 4 || b.First[0].ID != "a" {
		t.Errorf("%+v", b)
	}
	huge := &reconcile.Payment{ID: "f", Amount: money.New(math.MaxInt64, "USD"), Captured: money.New(math.MaxInt64, "USD"), Match: unmatched}
	if err := b.add(huge, &unmatched); !errors.Is(err, money.ErrOverflow) {
		t.Errorf("beyond 64 bits: %v", err)
	}
}
