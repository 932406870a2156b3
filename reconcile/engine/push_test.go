package engine_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pennytie/reconcile"
	"pennytie/reconcile/engine"
)

// booked is a book that can be written to: each write goes as the script says.
type booked struct {
	*script
	record reconcile.SourceRecord
	call   string // as it is now
	answer func(n int) (arrives bool, err error)
	sends  int
	looks  int
}

func (b *booked) Writable(facts reconcile.Agreed) []reconcile.Wanted {
	if facts.CallID == "" {
		return nil
	}
	return []reconcile.Wanted{{Kind: reconcile.IntentAttribution, Facts: reconcile.Agreed{CallID: facts.CallID}}}
}

func (b *booked) Plan(_ context.Context, want *reconcile.Intent) (reconcile.Plan, error) {
	b.looks++
	record := b.record
	record.Facts.CallID = b.call
	plan := reconcile.Plan{Record: &record, Seen: b.call, Echo: []string{"call_id"}}
	if b.call == want.Wanted.Facts.CallID {
		return plan, nil
	}
	plan.Fields = []reconcile.FieldWrite{{Name: "call_id", Before: b.call, After: want.Wanted.Facts.CallID}}
	plan.Body = []byte(`{"call_id":"` + want.Wanted.Facts.CallID + `"}`)
	plan.Send = func(context.Context) error {
		b.sends++
		arrives, err := b.answer(b.sends)
		if arrives {
			b.call = want.Wanted.Facts.CallID
		}
		return err
	}
	return plan, nil
}

// How often a push sends, looks and waits, for each way in which a service may answer.
func TestPushTries(t *testing.T) {
	second := func(n ...int) (waits []time.Duration) {
		for _, seconds := range n {
			waits = append(waits, time.Duration(seconds)*time.Second)
		}
		return waits
	}
	lost := fmt.Errorf("lost: %w", reconcile.ErrTransient)
	for name, c := range map[string]struct {
		answer       func(n int) (arrives bool, err error)
		sends, looks int
		waits        []time.Duration
		want         reconcile.PushResult
		kind         error
	}{
		"done":             {func(int) (bool, error) { return true, nil }, 1, 2, nil, reconcile.PushResult{Written: 1}, nil},
		"a lost reply":     {func(int) (bool, error) { return true, lost }, 1, 2, nil, reconcile.PushResult{Written: 1}, nil},
		"lost once":        {func(n int) (bool, error) { return n > 1, lost }, 2, 4, second(1), reconcile.PushResult{Written: 1}, nil},
		"lost for ever":    {func(int) (bool, error) { return false, lost }, 3, 7, second(1, 1, 1), reconcile.PushResult{Left: 1}, reconcile.ErrTransient},
		"never shown":      {func(int) (bool, error) { return false, nil }, 1, 5, second(1, 2, 4), reconcile.PushResult{Conflict: 1}, nil},
		"refused":          {func(int) (bool, error) { return false, reconcile.ErrInvalid }, 1, 1, nil, reconcile.PushResult{Refused: 1}, reconcile.ErrInvalid},
		"in conflict":      {func(int) (bool, error) { return false, reconcile.ErrConflict }, 1, 1, nil, reconcile.PushResult{Conflict: 1}, nil},
		"not let in":       {func(int) (bool, error) { return false, reconcile.ErrAuth }, 1, 1, nil, reconcile.PushResult{Left: 1}, reconcile.ErrAuth},
		"too many at once": {func(int) (bool, error) { return false, reconcile.ErrRateLimited }, 1, 1, nil, reconcile.PushResult{Left: 1}, reconcile.ErrRateLimited},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			record := inBook("aura", "a1", "pi_1", 1000, 10)
			first := page(record)
			b := &booked{script: &script{pages: []*reconcile.Page{&first}}, record: record, answer: c.answer}
			var waits []time.Duration
			w.engine.Push = engine.Push{Enabled: true, Most: 10, Sleep: func(_ context.Context, d time.Duration) error {
				waits = append(waits, d)
				return nil
			}}
			run, err := w.run(leads(ada("L1", email)), source("s", reconcile.RoleProcessor, page(paid("s", "pi_1", "ch_1", 1000, 10, email))),
				engine.Source{Name: "aura", Kind: "aura", Role: reconcile.RoleBook, Provider: b, Fresh: true})
			if run.Push == nil || *run.Push != c.want || !errors.Is(err, c.kind) {
				t.Fatalf("%+v, %v", run.Push, err)
			}
			if b.sends != c.sends || b.looks != c.looks || !slices.Equal(waits, c.waits) {
				t.Errorf("sent %d times, looked %d times, waited %v; want %d, %d, %v", b.sends, b.looks, waits, c.sends, c.looks, c.waits)
			}
			stuck := c.want.Conflict+c.want.Refused > 0
			if got := w.open() == "PUSH_CONFLICT"; got != stuck {
				t.Errorf("open: %s", w.open())
			}
		})
	}
}
