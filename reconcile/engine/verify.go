package engine

import (
	"context"
	"slices"
	"time"

	"pennytie/reconcile"
)

// coverage says what the complete sources can be relied on to know, with the grace that a record may take to arrive.
func (e *Engine) coverage(ctx context.Context) (reconcile.Coverage, error) {
	var processors, books []reconcile.SourceProgress
	for i := range e.Sources {
		source := &e.Sources[i]
		if source.Records {
			continue
		}
		progress, err := e.loadProgress(ctx, source.Name)
		if err != nil {
			return reconcile.Coverage{}, err
		}
		switch {
		case !progress.Complete:
		case source.Role == reconcile.RoleProcessor:
			processors = append(processors, progress)
		case source.Role == reconcile.RoleBook:
			books = append(books, progress)
		}
	}
	covers := func(p reconcile.SourceProgress, date time.Time) bool {
		span := reconcile.Span{From: p.Covers.From, Through: p.Covers.Through.Add(-e.Grace)}
		return span.Contains(date)
	}
	return reconcile.Coverage{
		Processor: func(provider string, date time.Time) bool {
			return slices.ContainsFunc(processors, func(p reconcile.SourceProgress) bool {
				return slices.Contains(p.Providers, provider) && covers(p, date)
			})
		},
		Book: func(date time.Time) bool {
			return slices.ContainsFunc(books, func(p reconcile.SourceProgress) bool { return covers(p, date) })
		},
	}, nil
}

// verify judges again what may have changed without any row changing: what a source covers grows with time, and so do the
// payments that some other source should have known. Without a book there is nothing of the kind. Then it gathers the
// exceptions that are about no known payment.
func (e *Engine) verify(ctx context.Context, everything bool) error {
	cover, err := e.coverage(ctx)
	if err != nil {
		return err
	}
	claims, err := e.anyClaims(ctx)
	if err != nil {
		return err
	}
	if claims || everything {
		if err := e.reverify(ctx, cover); err != nil {
			return err
		}
	}
	return e.putLooseExceptions(ctx)
}

// anyClaims says whether anything may claim a payment that a processor must confirm: a book, or payments imported by hand.
func (e *Engine) anyClaims(ctx context.Context) (bool, error) {
	if slices.ContainsFunc(e.Sources, func(s Source) bool { return s.Role == reconcile.RoleBook && !s.Records }) {
		return true, nil
	}
	for _, name := range e.Imported {
		progress, err := e.loadProgress(ctx, name)
		if err != nil || len(progress.Providers) > 0 {
			return err == nil, err
		}
	}
	return false, nil
}

func (e *Engine) reverify(ctx context.Context, cover reconcile.Coverage) error {
	var after *reconcile.Position
	for done := 0; ; {
		if err := ctx.Err(); err != nil {
			return err
		}
		var outcomes []outcome
		err := e.Store.View(ctx, func(r reconcile.Reader) error {
			filter := reconcile.PaymentFilter{Sources: e.sourceNames(), After: after, Limit: matchAtOnce}
			for p, err := range r.Payments(filter) {
				if err != nil {
					return err
				}
				o, err := e.judgeAgain(r, p, cover)
				if err != nil {
					return err
				}
				outcomes = append(outcomes, o)
				after = &reconcile.Position{Date: p.PaymentDate, ID: p.ID}
			}
			return nil
		})
		if err != nil || len(outcomes) == 0 {
			return err
		}
		if err := e.storeOutcomes(ctx, outcomes); err != nil {
			return err
		}
		done += len(outcomes)
		e.progress(Progress{Stage: "verify", Done: done})
	}
}

// judgeAgain keeps the attribution as it is.
func (e *Engine) judgeAgain(r reconcile.Reader, p *reconcile.Payment, cover reconcile.Coverage) (outcome, error) {
	known, err := r.Known(p.Row)
	if err != nil {
		return outcome{}, err
	}
	twins, err := findTwins(r, e.Prepare.Payment(p))
	if err != nil {
		return outcome{}, err
	}
	return e.judge(p, p.Match, &known, twins, cover)
}

// putLooseExceptions opens and resolves what is about no known payment: refunds without one, sources that did not come.
func (e *Engine) putLooseExceptions(ctx context.Context) error {
	var open []reconcile.Exception
	err := e.Store.View(ctx, func(r reconcile.Reader) error {
		for refund, err := range r.Refunds(e.sourceNames()) {
			if err != nil {
				return err
			}
			if refund.PaymentID == "" {
				open = append(open, reconcile.Exception{Code: reconcile.ExRefundOrphan, Subject: refund.ID,
					Severity: reconcile.SeverityOf(refund.Amount), Expected: "a payment", Actual: refund.Amount.String(),
					Detail: "no source knows the payment that this refund belongs to"})
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	states, err := e.sourceStates(ctx)
	if err != nil {
		return err
	}
	for _, source := range states {
		if source.State != reconcile.SourceComplete {
			open = append(open, reconcile.Exception{Code: reconcile.ExStaleSource, Subject: source.Name,
				Severity: reconcile.SeverityHigh, Expected: string(reconcile.SourceComplete), Actual: string(source.State),
				Detail: "this source was not read to its end; what it says may be out of date"})
		}
	}
	return e.update(ctx, func(tx reconcile.Tx) error { return tx.PutExceptions(0, unite(open), e.AsOf) })
}

// sourceStates says of each source whether its last pull came to its end.
func (e *Engine) sourceStates(ctx context.Context) ([]reconcile.SourceResult, error) {
	var states []reconcile.SourceResult
	for i := range e.Sources {
		progress, err := e.loadProgress(ctx, e.Sources[i].Name)
		if err != nil {
			return nil, err
		}
		state := reconcile.SourceIncomplete
		if progress.Complete {
			state = reconcile.SourceComplete
		}
		states = append(states, reconcile.SourceResult{Name: progress.Source, Provider: e.Sources[i].Kind, State: state})
	}
	return states, nil
}
