package jobs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"
)

const (
	// DefaultHorizon is how old a slot may be to be still caught up.
	DefaultHorizon = 48 * time.Hour

	// lookback is how far slots are read back and recorded as missed. A job that was last run before that
	// counts as new.
	lookback = 400 * 24 * time.Hour

	// maxOverdue bounds how many missed slots of one job are recorded after a long pause, newest first.
	maxOverdue = 1000

	// maxSleep bounds how late a jump of the clock or a wake-up of the machine is noticed.
	maxSleep = time.Minute
)

// Clock tells and waits for time.
type Clock interface {
	Now() time.Time
	After(d time.Duration) <-chan time.Time
}

// SystemClock is the clock of the machine.
type SystemClock struct{}

// Now is the time.
func (SystemClock) Now() time.Time { return time.Now() }

// After fires once d has passed.
func (SystemClock) After(d time.Duration) <-chan time.Time { return time.After(d) }

// Job is a name, under which slots are stored, and when it is due.
type Job struct {
	Name string
	Spec Spec
}

// Fire is a due time of a named job.
type Fire struct {
	Job string
	Due
}

// Runner runs jobs one at a time. Fill the exported fields before the first call and leave them alone after.
type Runner struct {
	Jobs  []Job
	Slots Slots
	Clock Clock
	Log   *zap.Logger // nil: no log

	// Run does the work of one slot. The note is stored with the slot, e.g. the id of the run. It may panic.
	// When it returns because ctx was cancelled, the slot stays open and the next start runs it again.
	Run func(ctx context.Context, job Job, slot Slot) (note string, err error)

	// Lock keeps other processes out while slots are claimed and run; see the function Lock. Its error wraps
	// ErrLocked when another holds it. Without it nothing may run jobs of the same slots at the same time.
	// Run is called while it is held, so Run must not take the same lock again.
	Lock func() (release func() error, err error)

	Horizon time.Duration // how old a slot may be to be still run; 0: DefaultHorizon

	setup   sync.Mutex // guards the making of states
	mu      sync.Mutex // held while due work is done: runs never overlap
	started time.Time
	states  map[string]*jobState
	unsaved []Slot // done, but the store could not be told yet
}

// jobState is what the runner remembers of a job between two looks at the clock.
type jobState struct {
	known   bool      // base is an outcome, not the start of the process
	base    time.Time // all slots before it are settled
	settled []string  // keys at base or after it that this process knows to be settled
	next    time.Time // the first due time after base; until then the store need not be asked
}

// Loop does due work now and whenever a slot is due, until ctx is cancelled. The run that is under way then
// gets the cancelled ctx and is waited for. Failures of runs and of the store are logged and do not end it.
func (r *Runner) Loop(ctx context.Context) error {
	if err := r.check(); err != nil {
		return err
	}
	for ctx.Err() == nil {
		did, _ := r.pass(ctx, false) // the error is logged
		if did {
			continue // another job may have become due meanwhile
		}
		select {
		case <-ctx.Done():
		case <-r.Clock.After(r.sleep()):
		}
	}
	return nil
}

// Once does the due work and returns; its error joins those of the runs. A job that has never been run takes
// its newest slot within the horizon as due, since with Once no process waits for its first one.
func (r *Runner) Once(ctx context.Context) error {
	if err := r.check(); err != nil {
		return err
	}
	_, err := r.pass(ctx, true)
	return err
}

// Next lists the next n fires of all jobs, soonest first.
func (r *Runner) Next(n int) []Fire {
	var fires []Fire
	for _, job := range r.Jobs {
		left := n
		for d := range job.Spec.After(r.Clock.Now()) {
			if left--; left < 0 {
				break
			}
			fires = append(fires, Fire{Job: job.Name, Due: d})
		}
	}
	slices.SortStableFunc(fires, func(a, b Fire) int { return a.At.Compare(b.At) })
	return fires[:max(0, min(n, len(fires)))]
}

// check finds a Runner that was put together wrongly, and starts its memory.
func (r *Runner) check() error {
	if r.Slots == nil || r.Clock == nil || r.Run == nil {
		return errors.New("jobs: a Runner needs Slots, Clock and Run")
	}
	r.setup.Lock()
	defer r.setup.Unlock()
	if r.states != nil {
		return nil
	}
	states := map[string]*jobState{}
	for _, job := range r.Jobs {
		switch {
		case job.Name == "" || job.Spec.loc == nil:
			return fmt.Errorf("jobs: job %q lacks a name or a spec", job.Name)
		case states[job.Name] != nil:
			return fmt.Errorf("jobs: two jobs are named %q", job.Name)
		}
		states[job.Name] = &jobState{}
	}
	if r.Log == nil {
		r.Log = zap.NewNop()
	}
	if r.Horizon <= 0 {
		r.Horizon = DefaultHorizon
	}
	r.states, r.started = states, r.Clock.Now()
	return nil
}

// sleep is the time until the next fire, but never long: the clock may be set, the machine may sleep.
func (r *Runner) sleep() time.Duration {
	now := r.Clock.Now()
	wait := maxSleep
	for _, job := range r.Jobs {
		for d := range job.Spec.After(now) {
			wait = min(wait, d.At.Sub(now))
			break
		}
	}
	return max(wait, time.Millisecond)
}
