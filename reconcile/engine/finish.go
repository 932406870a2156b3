package engine

import (
	"context"
	"fmt"
	"slices"
	"time"

	"pennytie/reconcile"
	"pennytie/reconcile/report"
)

// finish counts, writes the reports from one snapshot and holds the totals of the store against those of the files.
func (e *Engine) finish(ctx context.Context, run *reconcile.Run, write bool) error {
	sources := e.sourceNames()
	states, err := e.sourceStates(ctx)
	if err != nil {
		return err
	}
	var result report.Result
	err = e.Store.View(ctx, func(r reconcile.Reader) error {
		counts, err := r.Counts(sources)
		if err != nil {
			return err
		}
		setCounts(run, counts)
		since, err := e.lastReported(r)
		if err != nil {
			return err
		}
		if run.Totals, err = r.Totals(sources); err != nil {
			return err
		}
		if !write {
			run.Ties = true
			return nil
		}
		e.progress(Progress{Stage: "report", Done: counts.Payments})
		options := e.Reports
		options.RunID, options.Sources = run.ID, sources
		options.States, options.AsOf = states, e.AsOf
		options.ChangedSince, options.ChangedThrough = since, e.AsOf
		result, err = report.Write(ctx, r, options)
		return err
	})
	if err != nil || !write {
		return err
	}
	run.ReportDir = result.Dir
	return tie(run)
}

// lastReported is the as-of time of the last run before this one that came to its end: what changed later is news. Runs at the
// same time tell the same.
func (e *Engine) lastReported(r reconcile.Reader) (time.Time, error) {
	const recent = 1000
	runs, err := r.Runs(recent)
	if err != nil {
		return time.Time{}, err
	}
	var last time.Time
	for i := range runs {
		if run := &runs[i]; run.ReportDir != "" && run.AsOf.Before(e.AsOf) && run.AsOf.After(last) {
			last = run.AsOf
		}
	}
	return last, nil
}

func setCounts(run *reconcile.Run, c reconcile.Counts) {
	for i := range run.Sources {
		s := &run.Sources[i]
		s.Records, s.Payments = c.BySource[s.Name].Records, c.BySource[s.Name].Payments
	}
	run.Payments = c.Payments
	run.Auto, run.Suggested = c.ByState[reconcile.MatchAuto], c.ByState[reconcile.MatchSuggested]
	run.Ambiguous, run.Unmatched = c.ByState[reconcile.MatchAmbiguous], c.ByState[reconcile.MatchUnmatched]
	run.Manual = c.ByState[reconcile.MatchManual]
	run.Exceptions = c.Exceptions
}

// tie adds up the written files by a path of their own and compares.
func tie(run *reconcile.Run) error {
	counted, err := report.Recount(run.ReportDir)
	if err != nil {
		return fmt.Errorf("recount %s: %w", run.ReportDir, err)
	}
	run.Ties = slices.Equal(run.Totals, counted)
	if !run.Ties {
		return fmt.Errorf("the totals of the store and of %s differ: %w", run.ReportDir, reconcile.ErrIntegrity)
	}
	return nil
}

// describeSources fills in the sources of a command that did not pull, from their last pull.
func (e *Engine) describeSources(run *reconcile.Run) {
	for i := range e.Sources {
		source := &e.Sources[i]
		result := reconcile.SourceResult{Name: source.Name, Provider: source.Kind, State: reconcile.SourceSkipped}
		if source.Records {
			run.Records = append(run.Records, result)
		} else {
			run.Sources = append(run.Sources, result)
		}
	}
}
