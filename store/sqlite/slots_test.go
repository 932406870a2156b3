package sqlite

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pennytie/reconcile"
	"pennytie/reconcile/jobs"
)

func TestSlots(t *testing.T) {
	store, ctx := openTest(t, ""), t.Context()
	due := time.Date(2026, 3, 8, 2, 0, 0, 0, time.UTC)
	slot := jobs.Slot{Job: "nightly", Key: "2026-03-08#1", State: jobs.SlotRunning, DueAt: due}
	claim := func(s jobs.Slot, want bool) {
		t.Helper()
		if got, err := store.ClaimSlot(ctx, s); err != nil || got != want {
			t.Errorf("claimed %v, %v; want %v", got, err, want)
		}
	}
	claim(slot, true)
	claim(slot, true) // its process has died
	slot.State, slot.DoneAt, slot.Note = jobs.SlotSuccess, due.Add(time.Hour), "run-1"
	if err := store.FinishSlot(ctx, slot); err != nil {
		t.Fatal(err)
	}
	claim(slot, false)
	if err := store.FinishSlot(ctx, slot); !errors.Is(err, reconcile.ErrConflict) {
		t.Errorf("finished twice: %v", err)
	}
	early := jobs.Slot{Job: "nightly", Key: "2026-03-07#1", State: jobs.SlotRunning}
	early.DueAt = due.Add(-24 * time.Hour)
	claim(early, true)
	claim(jobs.Slot{Job: "other", Key: slot.Key, DueAt: due}, true)
	for _, list := range []struct {
		since time.Time
		want  []jobs.Slot
	}{
		{time.Time{}, []jobs.Slot{early, slot}},
		{due, []jobs.Slot{slot}},
		{due.Add(1), []jobs.Slot{slot}}, // a store keeps microseconds
		{due.Add(time.Second), nil},
	} {
		got, err := store.ListSlots(ctx, "nightly", list.since)
		if diff := cmp.Diff(list.want, got); err != nil || diff != "" {
			t.Errorf("since %v: %v\n%s", list.since, err, diff)
		}
	}
}
