package providertest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"pennytie/reconcile"
)

// PushHarness makes one case of writing back: a fresh account with one record, to which facts are written.
type PushHarness struct {
	// New makes a provider that may write or one that may not, over the same account.
	New func(t *testing.T, writes bool) reconcile.Provider
	// Accepted lists the writes that the account took: method, path and body, each after a space.
	Accepted func() []string

	Record   string
	Facts    reconcile.Agreed // all that is agreed, whether the service has a place for it or not
	Kind     reconcile.IntentKind
	Fields   []reconcile.FieldWrite
	Accepts  string // what Accepted shows after the write, to the byte; empty: nothing is written
	Conflict string // part of the reason why nothing is written
	Refused  string // likewise
	Canaries []string
}

// RunPush runs the contract of reconcile.Pusher on one case.
func RunPush(t *testing.T, h PushHarness) {
	t.Helper()
	provider := h.New(t, true)
	pusher, is := provider.(reconcile.Pusher)
	if !is {
		t.Fatal("provider cannot write back")
	}
	want := intent(t, h, pusher)
	plan, err := pusher.Plan(t.Context(), want)
	if err != nil {
		t.Fatalf("Plan: %v", err)
	}
	if taken := h.Accepted(); len(taken) > 0 {
		t.Fatalf("a plan wrote %v", taken)
	}
	checkPlan(t, h, provider, &plan)
	if h.Accepts == "" {
		return
	}
	checkReadOnly(t, h, want)
	checkGoneAndCancelled(t, h, pusher, want)
	if err := plan.Send(t.Context()); err != nil {
		t.Fatalf("Send: %v", err)
	}
	if taken := h.Accepted(); len(taken) != 1 || taken[0] != h.Accepts {
		t.Errorf("the service took\n%s\nwant\n%s", strings.Join(taken, "\n"), h.Accepts)
	}
	if !strings.HasSuffix(h.Accepts, " "+string(plan.Body)) || bytes.Contains(plan.Body, []byte(":null")) ||
		bytes.Contains(plan.Body, []byte("@")) {
		t.Errorf("the body of the plan is %s", plan.Body)
	}
	again, err := pusher.Plan(t.Context(), want)
	if err != nil || len(again.Fields) > 0 || again.Conflict != nil || again.Seen == plan.Seen {
		t.Errorf("after the write: %+v, %v", again, err)
	}
	checkEcho(t, &plan, &again)
}

// intent asks the provider what it would write of the facts. It must be the same each time.
func intent(t *testing.T, h PushHarness, p reconcile.Pusher) *reconcile.Intent {
	t.Helper()
	for _, wanted := range p.Writable(h.Facts) {
		if wanted.Kind != h.Kind {
			continue
		}
		again := p.Writable(wanted.Facts)
		first, err := wanted.Digest()
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(again, func(w reconcile.Wanted) bool { d, err := w.Digest(); return err == nil && d == first }) {
			t.Errorf("of its own facts %+v it would write %+v", wanted, again)
		}
		return &reconcile.Intent{Record: h.Record, Wanted: wanted, RunID: "run-1"}
	}
	if len(p.Writable(reconcile.Agreed{})) > 0 {
		t.Error("of no facts it would write something")
	}
	t.Fatalf("of %+v it would write no %s", h.Facts, h.Kind)
	return nil
}

// checkPlan holds a plan against the case, and its record against the one that a read by id gives.
func checkPlan(t *testing.T, h PushHarness, p reconcile.Provider, plan *reconcile.Plan) {
	t.Helper()
	reason := func(trouble *reconcile.Trouble) string {
		if trouble == nil {
			return ""
		}
		return trouble.Reason
	}
	for what, pair := range map[string][2]string{
		"conflict": {reason(plan.Conflict), h.Conflict}, "refused": {reason(plan.Refused), h.Refused},
	} {
		if (pair[0] == "") != (pair[1] == "") || !strings.Contains(pair[0], pair[1]) {
			t.Errorf("%s: %q, want %q", what, pair[0], pair[1])
		}
	}
	if h.Conflict == "" && h.Refused == "" && !slices.Equal(plan.Fields, h.Fields) {
		t.Errorf("fields %+v, want %+v", plan.Fields, h.Fields)
	}
	told, err := json.Marshal([]any{plan.Fields, plan.Conflict, plan.Refused})
	for _, canary := range h.Canaries {
		if err != nil || strings.Contains(string(told), canary) {
			t.Errorf("the plan tells %q, %v", canary, err)
		}
	}
	page, err := p.(reconcile.Fetcher).Fetch(t.Context(), []reconcile.Ref{{Kind: reconcile.RefPayment, ID: h.Record}})
	if err != nil || len(page.Payments) != 1 || plan.Record == nil {
		t.Fatalf("Fetch: %+v, %v; the plan's record: %+v", page, err, plan.Record)
	}
	same(t, "record of the plan", index(t, reconcile.Page{Payments: []reconcile.SourceRecord{*plan.Record}}), index(t, page))
}

// checkReadOnly wants a provider that may not write to plan and to refuse to send.
func checkReadOnly(t *testing.T, h PushHarness, want *reconcile.Intent) {
	t.Helper()
	plan, err := h.New(t, false).(reconcile.Pusher).Plan(t.Context(), want)
	if err != nil || plan.Send == nil {
		t.Fatalf("a provider that may not write has no plan: %v", err)
	}
	if err := plan.Send(t.Context()); !errors.Is(err, reconcile.ErrInvalid) || len(h.Accepted()) > 0 {
		t.Errorf("a provider that may not write wrote: %v, %v", err, h.Accepted())
	}
}

func checkGoneAndCancelled(t *testing.T, h PushHarness, p reconcile.Pusher, want *reconcile.Intent) {
	t.Helper()
	gone := *want
	for _, gone.Record = range []string{"00000000-dead-4000-8000-000000000000", "", "../x"} {
		if plan, err := p.Plan(t.Context(), &gone); !errors.Is(err, reconcile.ErrNotFound) || plan.Send != nil {
			t.Errorf("record %q that is not there: %v", gone.Record, err)
		}
	}
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.Plan(stopped, want); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled context gives %v", err)
	}
}

// checkEcho wants nothing of the record to change by the write that is neither declared nor the money's state.
func checkEcho(t *testing.T, before, after *reconcile.Plan) {
	t.Helper()
	if len(before.Echo) == 0 {
		return // what is written is then news of the money, and stored as such
	}
	echo, err := reconcile.EchoOf(&before.Record.Facts, &after.Record.Facts, before.Echo)
	if err != nil {
		t.Fatal(err)
	}
	masked := *after.Record
	if err := reconcile.Mask(&masked.Facts, echo); err != nil {
		t.Fatal(err)
	}
	same(t, "record without its echo", index(t, reconcile.Page{Payments: []reconcile.SourceRecord{masked}}),
		index(t, reconcile.Page{Payments: []reconcile.SourceRecord{*before.Record}}))
}
