package jobs

import (
	"context"
	"time"
)

// SlotState is how a due time ended.
type SlotState string

// Slot states.
const (
	SlotRunning SlotState = "running" // or its process died: claimed again by the next one
	SlotSuccess SlotState = "success"
	SlotFailed  SlotState = "failed"
	SlotMissed  SlotState = "missed" // too old to be caught up
)

// Slot is one due time of a job. A (job, key) exists at most once, so that no local date is run twice.
type Slot struct {
	Job    string
	Key    string // local date and ordinal of the fire that day, e.g. 2026-03-08#1
	State  SlotState
	DueAt  time.Time
	DoneAt time.Time // zero while running
	Note   string    // e.g. the run's id or error
}

// Slots is the port to where slots are kept.
type Slots interface {
	// ClaimSlot inserts the slot as running, or takes over one that is still running (its process has died: the
	// caller holds the run lock). It reports false for a slot that is done.
	ClaimSlot(ctx context.Context, s Slot) (bool, error)
	FinishSlot(ctx context.Context, s Slot) error
	// ListSlots lists the slots of a job that were due at or after since, oldest first.
	ListSlots(ctx context.Context, job string, since time.Time) ([]Slot, error)
}
