package jobs

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"
)

// saveTimeout bounds how long the outcome of a run is tried to be stored after a cancel.
const saveTimeout = 10 * time.Second

// errPanicked is all that is stored of a panic: its value may quote data.
var errPanicked = errors.New("the run panicked; the log says where")

// plan is what is to be done for one job.
type plan struct {
	job    Job
	missed []Slot // older than the newest overdue one, or too old
	run    *Slot
}

// pass does all due work once. It reports whether it ran a job.
func (r *Runner) pass(ctx context.Context, once bool) (did bool, err error) {
	if !r.mu.TryLock() {
		return false, fmt.Errorf("jobs: a pass is under way in this process: %w", ErrLocked)
	}
	defer r.mu.Unlock()
	defer func() {
		if err != nil && !errors.Is(err, ErrLocked) && ctx.Err() == nil {
			r.Log.Error("schedule", zap.Error(err))
		}
	}()
	if err := r.saveRest(ctx); err != nil {
		return false, err
	}
	// Look first without the lock, which another run may hold for hours; nothing is decided by this look.
	due, err := r.anyDue(ctx, once)
	if err != nil || !due {
		return false, err
	}
	if r.Lock != nil {
		release, lockErr := r.Lock()
		if lockErr != nil {
			r.Log.Info("due work waits", zap.Error(lockErr))
			return false, lockErr
		}
		defer func() { err = errors.Join(err, release()) }()
	}
	for _, job := range r.Jobs {
		if ctx.Err() != nil {
			break
		}
		p, planErr := r.plan(ctx, job, once)
		if planErr != nil {
			err = errors.Join(err, planErr)
			continue
		}
		ran, runErr := r.execute(ctx, p)
		did, err = did || ran, errors.Join(err, runErr)
	}
	return did, err
}

func (r *Runner) anyDue(ctx context.Context, once bool) (bool, error) {
	var failed error
	for _, job := range r.Jobs {
		p, err := r.plan(ctx, job, once)
		if err == nil && (p.run != nil || len(p.missed) > 0) {
			return true, nil
		}
		failed = errors.Join(failed, err)
	}
	return false, failed
}

// plan finds the overdue slots of a job and decides which of them is run: only the newest, since its run
// covers everything since the last one, and only if it is not too old.
func (r *Runner) plan(ctx context.Context, job Job, once bool) (plan, error) {
	p, now, st := plan{job: job}, r.Clock.Now(), r.states[job.Name]
	if st.base.After(now) { // the clock was set back: look again at what is in the past now
		*st = jobState{}
	}
	if st.known && now.Before(st.next) {
		return p, nil
	}
	since := now.Add(-lookback)
	if st.known {
		since = st.base
	}
	stored, err := r.Slots.ListSlots(ctx, job.Name, since)
	if err != nil {
		return p, fmt.Errorf("read the slots of job %s: %w", job.Name, err)
	}
	overdue, first := r.overdue(job, st, stored, now, once)
	if len(overdue) == 0 {
		return p, nil
	}
	newest := overdue[len(overdue)-1]
	older := overdue[:len(overdue)-1]
	if first && once { // nobody had asked for those before; of one gap all are settled together
		older = slices.DeleteFunc(older, func(s Slot) bool { return s.DueAt.Before(newest.DueAt) })
	}
	for _, s := range older {
		s.Note += "superseded by " + newest.Key
		p.missed = append(p.missed, s)
	}
	if now.Sub(newest.DueAt) > r.Horizon {
		newest.Note += fmt.Sprintf("due more than %s before it could be run", r.Horizon)
		p.missed = append(p.missed, newest)
	} else {
		p.run = &newest
	}
	return p, nil
}

// overdue lists the slots that are due and not settled, oldest first. First tells that there never was one.
func (r *Runner) overdue(
	job Job, st *jobState, stored []Slot, now time.Time, once bool,
) (all []Slot, first bool) {
	settled := slices.Clone(st.settled)
	open := map[string]bool{}
	for _, s := range stored {
		switch {
		case s.State != SlotRunning:
			settled = append(settled, s.Key)
			if !s.DueAt.After(now) && (!st.known || s.DueAt.After(st.base)) {
				st.known, st.base = true, s.DueAt
			}
		case !s.DueAt.After(now): // its process died
			all = append(all, Slot{Job: job.Name, Key: s.Key, DueAt: s.DueAt, Note: "interrupted; "})
			open[s.Key] = true
		}
	}
	from := r.started
	switch {
	case st.known:
		from = st.base
	case len(all) > 0: // the first run of all was interrupted
		from = all[len(all)-1].DueAt
	case from.After(now):
		from = now
	}
	first = !st.known && len(all) == 0
	if first && once {
		from = now.Add(-r.Horizon)
	}
	// Slots in one gap share their instant, so the instant of the last settled one is looked at again.
	for d := range job.Spec.After(from.Add(-time.Nanosecond)) {
		if d.At.After(now) {
			if st.known {
				st.next = d.At
			}
			break
		}
		if open[d.Key] || slices.Contains(settled, d.Key) {
			continue
		}
		if all = append(all, Slot{Job: job.Name, Key: d.Key, DueAt: d.At}); len(all) >= 2*maxOverdue {
			all = slices.Delete(all, 0, len(all)-maxOverdue)
		}
	}
	slices.SortStableFunc(all, func(a, b Slot) int { return a.DueAt.Compare(b.DueAt) })
	if n := len(all) - maxOverdue; n > 0 {
		r.Log.Warn("slots too many to record were missed", zap.String("job", job.Name))
		all = all[n:]
	}
	if len(all) > 0 {
		st.next = time.Time{}
	}
	return all, first
}

// execute records what was missed and runs the rest. The lock is held.
func (r *Runner) execute(ctx context.Context, p plan) (ran bool, err error) {
	var settled []string
	for _, s := range p.missed {
		if err := r.miss(ctx, s); err != nil {
			return false, err // nothing is run before, so the slots are found again
		}
		settled = append(settled, s.Key)
	}
	if p.run != nil {
		slot := *p.run
		slot.State, slot.Note = SlotRunning, ""
		claimed, err := r.Slots.ClaimSlot(ctx, slot)
		if err != nil {
			return false, fmt.Errorf("claim slot %s of job %s: %w", slot.Key, slot.Job, err)
		}
		settled = append(settled, slot.Key)
		if claimed {
			ran = true
			if open, err := r.run(ctx, p.job, slot); open || err != nil {
				r.settle(p, settled, open)
				return ran, err
			}
		}
	}
	r.settle(p, settled, false)
	return ran, nil
}

// settle remembers that the slots of a plan need no further look.
func (r *Runner) settle(p plan, keys []string, open bool) {
	if len(keys) == 0 || open {
		return
	}
	st := r.states[p.job.Name]
	last := p.run
	if last == nil {
		last = &p.missed[len(p.missed)-1]
	}
	// A slot that was left running may be older than what came after it.
	if !st.known || last.DueAt.After(st.base) {
		st.base = last.DueAt
	}
	st.known, st.settled, st.next = true, keys, time.Time{}
}

// miss records a slot that will not be run. One that is done already stays as it is.
func (r *Runner) miss(ctx context.Context, s Slot) error {
	s.State = SlotRunning
	claimed, err := r.Slots.ClaimSlot(ctx, s)
	if err != nil {
		return fmt.Errorf("claim slot %s of job %s: %w", s.Key, s.Job, err)
	}
	if !claimed {
		return nil
	}
	s.State, s.DoneAt = SlotMissed, r.Clock.Now()
	r.Log.Warn("slot missed", zap.String("job", s.Job), zap.String("slot", s.Key), zap.String("note", s.Note))
	if err := r.Slots.FinishSlot(ctx, s); err != nil {
		return fmt.Errorf("record slot %s of job %s: %w", s.Key, s.Job, err)
	}
	return nil
}

// run runs a claimed slot and stores how it ended. It reports whether the slot stays open for the next
// start.
func (r *Runner) run(ctx context.Context, job Job, slot Slot) (open bool, err error) {
	log := r.Log.With(zap.String("job", job.Name), zap.String("slot", slot.Key))
	log.Info("run begins", zap.Time("due_at", slot.DueAt))
	note, err := r.contained(ctx, job, slot, log)
	if err != nil && ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		log.Info("run interrupted; the next start runs the slot again")
		return true, fmt.Errorf("job %s, slot %s: %w", job.Name, slot.Key, err)
	}
	slot.State, slot.DoneAt, slot.Note = SlotSuccess, r.Clock.Now(), oneLine(note)
	if err != nil {
		slot.State = SlotFailed
		slot.Note = oneLine(strings.TrimPrefix(note+": "+err.Error(), ": "))
		err = fmt.Errorf("job %s, slot %s: %w", job.Name, slot.Key, err)
	}
	log.Info("run ended", zap.String("state", string(slot.State)))
	r.unsaved = append(r.unsaved, slot)
	return false, errors.Join(err, r.saveRest(ctx))
}

// contained calls Run and turns a panic into an error. The stack goes to the log only.
func (r *Runner) contained(
	ctx context.Context, job Job, slot Slot, log *zap.Logger,
) (note string, err error) {
	defer func() {
		if v := recover(); v != nil {
			log.Error("run panicked", zap.String("panic", fmt.Sprint(v)), zap.ByteString("stack", debug.Stack()))
			note, err = "", errPanicked
		}
	}()
	return r.Run(ctx, job, slot)
}

// saveRest stores outcomes. What could not be stored is tried again at the next pass rather than run again.
func (r *Runner) saveRest(ctx context.Context) error {
	if len(r.unsaved) == 0 {
		return nil
	}
	// A run that ended well just when it was told to stop has still ended well.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveTimeout)
	defer cancel()
	for len(r.unsaved) > 0 {
		s := r.unsaved[0]
		if err := r.Slots.FinishSlot(ctx, s); err != nil {
			return fmt.Errorf("record slot %s of job %s: %w", s.Key, s.Job, err)
		}
		r.unsaved = r.unsaved[1:]
	}
	return nil
}

// oneLine makes a note fit a cell of a table.
func oneLine(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > 500 {
		return string(runes[:500]) + "…"
	}
	return text
}
