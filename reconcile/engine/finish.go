package engine

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
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
	var ledger []reconcile.LedgerTotal
	var rows []reconcile.RowTotal
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
		if ledger, err = r.LedgerTotals(sources); err != nil {
			return err
		}
		if rows, err = r.RowTotals(sources); err != nil {
			return err
		}
		if !write {
			run.Ties = true
			return nil
		}
		e.progress(Progress{Stage: "report", Done: counts.Payments})
		options := e.Reports
		options.RunID, options.Sources = run.ID, sources
		options.States, options.AsOf, options.Organization = states, e.AsOf, e.Organization
		options.ChangedSince, options.ChangedThrough = since, e.AsOf
		result, err = report.Write(ctx, r, options)
		return err
	})
	if err != nil || !write {
		return err
	}
	run.ReportDir = result.Dir
	return tie(run, ledger, rows)
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

// tie adds up the written files by a path of their own and compares. The error names the first place where the paths part.
func tie(run *reconcile.Run, ledger []reconcile.LedgerTotal, rows []reconcile.RowTotal) error {
	counted, err := report.Recount(run.ReportDir)
	if err != nil {
		return fmt.Errorf("recount %s: %w", run.ReportDir, err)
	}
	entries, err := report.RecountLedger(run.ReportDir)
	if err != nil {
		return fmt.Errorf("recount %s: %w", run.ReportDir, err)
	}
	others, err := report.RecountRows(run.ReportDir)
	if err != nil {
		return fmt.Errorf("recount %s: %w", run.ReportDir, err)
	}
	parted := firstDifference("payments.csv", figuresOf(run.Totals, paymentFigures), figuresOf(counted, paymentFigures))
	if parted == "" {
		parted = firstDifference("ledger.csv", figuresOf(ledger, ledgerFigures), figuresOf(entries, ledgerFigures))
	}
	if parted == "" {
		parted = firstDifference("refunds.csv, disputes.csv or payouts.csv", figuresOf(rows, rowFigures), figuresOf(others, rowFigures))
	}
	run.Ties = parted == ""
	if !run.Ties {
		return fmt.Errorf("the totals of the store and of %s differ: %s: %w", run.ReportDir, parted, reconcile.ErrIntegrity)
	}
	return nil
}

// controlFigure is one figure of a control total.
type controlFigure struct {
	of    string // source, currency and what else tells totals apart, then the name of the figure
	value string
}

func figuresOf[T any](totals []T, list func(*T) []controlFigure) []controlFigure {
	var all []controlFigure
	for i := range totals {
		all = append(all, list(&totals[i])...)
	}
	return all
}

func paymentFigures(t *reconcile.Total) []controlFigure {
	return figures(fmt.Sprintf("source %s, %s", t.Source, t.Currency), t.Currency, t.Count, []minorFigure{
		{"gross", t.Gross}, {"refunded", t.Refunded}, {"disputed", t.Disputed}, {"fee", t.Fee}, {"net", t.Net}})
}

func ledgerFigures(t *reconcile.LedgerTotal) []controlFigure {
	return figures(fmt.Sprintf("source %s, %s, kind %s", t.Source, t.Currency, t.Kind), t.Currency, t.Count, []minorFigure{
		{"gross", t.Gross}, {"fee", t.Fee}, {"net", t.Net}})
}

func rowFigures(t *reconcile.RowTotal) []controlFigure {
	return figures(fmt.Sprintf("source %s, %s, kind %s", t.Source, t.Currency, t.Kind), t.Currency, t.Count, []minorFigure{{"amount", t.Sum}})
}

type minorFigure struct {
	name  string
	minor int64
}

func figures(of string, currency money.Currency, count int, sums []minorFigure) []controlFigure {
	all := []controlFigure{{of + ": count", strconv.Itoa(count)}}
	for _, sum := range sums {
		all = append(all, controlFigure{of + ": " + sum.name, money.New(sum.minor, currency).String()})
	}
	return all
}

// firstDifference says which figure of the store the file has otherwise, or else which one only the file has; empty if none. A
// figure that only one of them has is nothing in the other.
func firstDifference(file string, stored, written []controlFigure) string {
	value := func(figures []controlFigure, of string) string {
		for _, f := range figures {
			if f.of == of {
				return f.value
			}
		}
		return "nothing"
	}
	for _, f := range slices.Concat(stored, written) {
		if ours, theirs := value(stored, f.of), value(written, f.of); ours != theirs {
			return fmt.Sprintf("%s, %s: the store has %s and the file %s", file, f.of, ours, theirs)
		}
	}
	return ""
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
