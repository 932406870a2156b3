package sqlite

import (
	"context"
	"fmt"
	"time"

	"pennytie/reconcile"
	"pennytie/reconcile/jobs"
)

// ClaimSlot implements jobs.Slots. A slot taken over keeps the due time it was first claimed with.
func (s *Store) ClaimSlot(ctx context.Context, slot jobs.Slot) (claimed bool, err error) {
	err = s.update(ctx, func(t *txn) error {
		written, err := t.exec(false, `INSERT INTO job_slot (job, key, state, due_at, note)
			VALUES (?, ?, 'running', ?, ?)
			ON CONFLICT (job, key) DO UPDATE SET note = excluded.note WHERE state = 'running'`,
			slot.Job, slot.Key, micros(slot.DueAt), orNull(slot.Note))
		claimed = written > 0
		return err
	})
	return claimed && err == nil, err
}

// FinishSlot implements jobs.Slots. Only a running slot can be finished, and only once.
func (s *Store) FinishSlot(ctx context.Context, slot jobs.Slot) error {
	if slot.State == jobs.SlotRunning {
		return fmt.Errorf("sqlite: finish slot %s of %s as running: %w", slot.Key, slot.Job, reconcile.ErrInvalid)
	}
	return s.update(ctx, func(t *txn) error {
		written, err := t.exec(false, `UPDATE job_slot SET state = ?, done_at = ?, note = ?
			WHERE job = ? AND key = ? AND state = 'running'`,
			string(slot.State), micros(slot.DoneAt), orNull(slot.Note), slot.Job, slot.Key)
		if err == nil && written == 0 {
			err = t.fail(fmt.Errorf("slot %s of %s is not running: %w", slot.Key, slot.Job, reconcile.ErrConflict))
		}
		return err
	})
}

// ListSlots implements jobs.Slots.
func (s *Store) ListSlots(ctx context.Context, job string, since time.Time) (slots []jobs.Slot, err error) {
	err = s.view(ctx, func(t *txn) error {
		slots, err = collect(t, decodeSlot, `SELECT job, key, state, due_at, done_at, note FROM job_slot
			WHERE job = ? AND due_at >= coalesce(?, 0) ORDER BY due_at, key`, job, micros(since))
		return err
	})
	return slots, err
}

func decodeSlot(r record) (jobs.Slot, error) {
	return jobs.Slot{
		Job: r.text(0), Key: r.text(1), State: jobs.SlotState(r.text(2)), DueAt: r.time(3), DoneAt: r.time(4),
		Note: r.text(5),
	}, nil
}
