// Package engine is the batch: it pulls pages from sources, finds out which payment each row belongs to, folds, joins claims
// that share no id, matches, decides, verifies, has the reports written and writes agreed facts back. It owns loops, cursors,
// transactions, the outbox and what a failure means. The commands and the schedule call it. It knows providers, matchers and the
// store only as ports, and it must never decide by itself what a payment is attributed to: that is reconcile.Decide.
package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.uber.org/zap"

	"pennytie/reconcile"
	"pennytie/reconcile/report"
	"pennytie/reconcile/score"
)

// Source is one configured source of payments or records.
type Source struct {
	Name     string
	Kind     string // the provider's name: stripe, files, …
	Role     reconcile.Role
	Records  bool // serves leads, calls or products: read first, in no total
	Provider reconcile.Provider
	// Partial says that this book is not meant to know every payment of the processors that it speaks of.
	Partial bool
	Grace   *time.Duration // how long its claims and payments may wait for each other; nil: the engine's
	Rescan  Rescan
	Fresh   bool  // read from the beginning, whatever was read before (an import)
	Err     error // why the provider could not be made (a missing credential): the source has failed
}

// Engine runs the batch over one store.
type Engine struct {
	Store        reconcile.Store
	Sources      []Source
	Imported     []string // sources that were read by hand once: not pulled, but reported
	Matchers     []reconcile.Matcher
	Prepare      reconcile.Preparer
	Pair         reconcile.Pairer
	Policy       reconcile.Policy
	Audits       reconcile.Sample // of automatic matches, which people are asked about nevertheless
	Fingerprint  string           // of everything that matching depends on beside the data
	Grace        time.Duration
	Organization string
	Reports      report.Options // Dir and PII
	AsOf         time.Time
	Clock        func() time.Time // wall clock, for leases and durations only
	Owner        string           // of the lease
	Log          *zap.Logger
	Progress     func(Progress) // may be nil
	Push         Push

	runID     string
	writes    int
	leasedTil time.Time
	scorer    score.Scorer // while matching
	memory    *memory      // while matching
}

// Progress tells a person what a long run is doing.
type Progress struct {
	Stage string // pull, join, match, verify, report, push
	Item  string // e.g. the source
	Done  int
	Note  string
}

// Stages selects parts of a run.
type Stages struct {
	Pull, Match, Verify, Report bool
	Push                        bool // if it is switched on
	Reread                      bool // hold the store against what the sources say when they are read from the beginning
	// Everything matches and verifies every payment, not only those that something changed for.
	Everything bool
}

// All are the stages of a whole run.
func All() Stages { return Stages{Pull: true, Match: true, Verify: true, Report: true, Push: true} }

// lease is how long a run keeps its right to write without renewing it.
const lease = time.Hour

// Run works through the stages and records the run. The Run is valid, and stored, also when the error is not nil: the
// error joins what went wrong, each with its kind; what had been committed stays.
func (e *Engine) Run(ctx context.Context, id, command string, stages Stages) (reconcile.Run, error) {
	run := reconcile.Run{
		ID: id, Command: command, Status: reconcile.RunRunning, AsOf: e.AsOf, StartedAt: e.Clock(),
		Sources: []reconcile.SourceResult{}, Records: []reconcile.SourceResult{},
		Exceptions: map[reconcile.ExceptionCode]int{}, Totals: []reconcile.Total{},
	}
	e.runID, e.writes, e.leasedTil = id, 0, time.Time{}
	if err := e.renew(ctx); err != nil {
		return run, err
	}
	// The end of a run is recorded even when the run was interrupted.
	final := context.WithoutCancel(ctx)
	defer func() { _ = e.Store.Release(final, e.Owner) }()
	if err := e.begin(ctx, &run); err != nil {
		return run, err
	}
	failed, fatal := e.stages(ctx, &run, stages)
	run.Status, run.Writes = statusOf(ctx, failed, fatal), e.writes
	run.FinishedAt = e.Clock()
	run.DurationMS = run.FinishedAt.Sub(run.StartedAt).Milliseconds()
	err := errors.Join(fatal, failed)
	if err != nil {
		run.Error = err.Error()
	}
	return run, errors.Join(err, e.putRun(final, &run))
}

// stages returns what failed while the rest went on, and what ended the run.
func (e *Engine) stages(ctx context.Context, run *reconcile.Run, stages Stages) (failed, fatal error) {
	if stages.Match || stages.Verify {
		if fatal = e.forgetBacklog(ctx); fatal != nil {
			return nil, fatal
		}
	}
	if stages.Pull {
		if failed, fatal = e.pullAll(ctx, run); fatal != nil {
			return failed, fatal
		}
	} else {
		e.describeSources(run)
	}
	if stages.Match {
		if run.Warning, fatal = e.weights(ctx); fatal != nil {
			return failed, fatal
		}
		if fatal = e.match(ctx, stages.Everything); fatal != nil {
			return failed, fatal
		}
	}
	if stages.Verify {
		if fatal = e.verify(ctx, stages.Everything && !stages.Match); fatal != nil {
			return failed, fatal
		}
	}
	if fatal = e.finish(ctx, run, stages.Report); fatal == nil && stages.Reread {
		fatal = e.reread(ctx, run)
	}
	if fatal != nil || !stages.Push || !e.Push.Enabled {
		return failed, fatal
	}
	unpushed, fatal := e.push(ctx, run)
	return errors.Join(failed, unpushed), fatal
}

func statusOf(ctx context.Context, failed, fatal error) reconcile.RunStatus {
	switch {
	case ctx.Err() != nil:
		return reconcile.RunInterrupted
	case fatal != nil:
		return reconcile.RunFailed
	case failed != nil:
		return reconcile.RunPartial
	}
	return reconcile.RunOK
}

// checkPolicy makes every payment due when what matching depends on, beside rows that share a key with it, has changed since
// the last run.
func (e *Engine) checkPolicy(ctx context.Context) error {
	return e.update(ctx, func(tx reconcile.Tx) error {
		calls, err := tx.AnyCalls()
		if err != nil {
			return err
		}
		depends := fmt.Sprintf("%s calls:%t", e.Fingerprint, calls)
		if refit := e.scorer.Refit; refit != nil {
			depends += fmt.Sprintf(" refit:%d", refit.ID)
		}
		changed, err := tx.PutPolicy(depends)
		if err != nil || !changed {
			return err
		}
		return tx.DueAll()
	})
}

// keysMade is where it is noted in which way the blocking keys were made.
const keysMade = "blocking keys"

// beginKeys notes, before the first row comes, that all keys will be made as now.
func (e *Engine) beginKeys(ctx context.Context) error {
	return e.update(ctx, func(tx reconcile.Tx) error {
		leads, err := tx.Leads("", 1)
		if err != nil || len(leads) > 0 {
			return err
		}
		if calls, err := tx.AnyCalls(); calls || err != nil {
			return err
		}
		for _, err := range tx.Payments(reconcile.PaymentFilter{Limit: 1}) {
			return err
		}
		return tx.PutCached("", keysMade, []byte(e.Prepare.Version()))
	})
}

// checkKeys gives what is stored other keys if they are made in another way than when it came.
func (e *Engine) checkKeys(ctx context.Context) error {
	return e.update(ctx, func(tx reconcile.Tx) error {
		made, _, err := tx.Cached("", keysMade)
		if err != nil || string(made) == e.Prepare.Version() {
			return err
		}
		if err := tx.Rekey(e.Prepare, keysOf); err != nil {
			return err
		}
		if err := tx.DueAll(); err != nil {
			return err
		}
		return tx.PutCached("", keysMade, []byte(e.Prepare.Version()))
	})
}

// update is the one way in which the engine writes: it counts, and keeps the lease alive.
func (e *Engine) update(ctx context.Context, fn func(reconcile.Tx) error) error {
	if err := e.renew(ctx); err != nil {
		return err
	}
	var writes int
	err := e.Store.Update(ctx, func(tx reconcile.Tx) error {
		err := fn(tx)
		writes = tx.Writes()
		return err
	})
	if err == nil {
		e.writes += writes
	}
	return err
}

func (e *Engine) renew(ctx context.Context) error {
	now := e.Clock()
	if now.Before(e.leasedTil.Add(-lease / 2)) {
		return nil
	}
	if err := e.Store.Lease(ctx, e.Owner, now, now.Add(lease)); err != nil {
		return fmt.Errorf("take the lease: %w", err)
	}
	e.leasedTil = now.Add(lease)
	return nil
}

// begin records the start of a run, and of runs that never recorded their end that they died: the lease is ours now.
func (e *Engine) begin(ctx context.Context, run *reconcile.Run) error {
	const recent = 20
	return e.Store.Update(ctx, func(tx reconcile.Tx) error {
		earlier, err := tx.Runs(recent)
		if err != nil {
			return err
		}
		for _, old := range earlier {
			if old.Status != reconcile.RunRunning {
				continue
			}
			old.Status, old.Error = reconcile.RunInterrupted, "the process died before the run ended"
			if err := tx.PutRun(&old); err != nil {
				return err
			}
		}
		return tx.PutRun(run)
	})
}

func (e *Engine) putRun(ctx context.Context, run *reconcile.Run) error {
	return e.Store.Update(ctx, func(tx reconcile.Tx) error { return tx.PutRun(run) })
}

func (e *Engine) progress(p Progress) {
	if e.Progress != nil {
		e.Progress(p)
	}
}

// sourceNames are the sources that reports and totals speak of.
func (e *Engine) sourceNames() []string {
	names := slices.Clone(e.Imported)
	for _, s := range e.Sources {
		if !s.Records {
			names = append(names, s.Name)
		}
	}
	return names
}
