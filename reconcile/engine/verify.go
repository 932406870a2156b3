package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"time"

	"pennytie/reconcile"
)

// covered is a complete source with how long a record may take to arrive there.
type covered struct {
	reconcile.SourceProgress
	grace time.Duration
}

// knows says whether the source, read as far as it was, must know whatever happened at an instant.
func (c covered) knows(at time.Time) bool {
	if at.IsZero() {
		return false // nobody can look for what has no date
	}
	span := reconcile.Span{From: c.Covers.From, Through: c.Covers.Through.Add(-c.grace)}
	return span.Contains(at)
}

// coverage says what the complete sources can be relied on to know.
func (e *Engine) coverage(ctx context.Context) (reconcile.Coverage, error) {
	var processors, books []covered
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
			processors = append(processors, covered{progress, 0})
		case source.Role == reconcile.RoleBook && !source.Partial:
			books = append(books, covered{progress, e.graceOf(source.Name)})
		}
	}
	return reconcile.Coverage{
		Processor: func(provider string, claim *reconcile.SourceRecord) bool {
			last := claim.Facts.PaymentDate
			if claim.Facts.DayOnly {
				last = last.AddDate(0, 0, 1)
			}
			grace := e.graceOf(claim.Source)
			return slices.ContainsFunc(processors, func(p covered) bool {
				p.grace = grace
				return slices.Contains(p.Providers, provider) && p.knows(claim.Facts.PaymentDate) && p.knows(last)
			})
		},
		Book: func(provider string, date time.Time) bool {
			return slices.ContainsFunc(books, func(b covered) bool {
				// A book that never spoke of a provider need not know its payments; an empty one should.
				return b.knows(date) && (len(b.Providers) == 0 || slices.Contains(b.Providers, provider))
			})
		},
	}, nil
}

// graceOf is how long a source's claim may wait for its processor's word, and a payment for its claim there.
func (e *Engine) graceOf(source string) time.Duration {
	for i := range e.Sources {
		if s := &e.Sources[i]; s.Name == source && s.Grace != nil {
			return *s.Grace
		}
	}
	return e.Grace
}

// verify judges again what may have changed without any row changing: what a source covers grows with time, and so do the
// payments that some other source should have known. Where there was never a book there is nothing of the kind. Then it
// gathers the exceptions that are about no known payment.
func (e *Engine) verify(ctx context.Context, everything bool) error {
	cover, err := e.coverage(ctx)
	if err != nil {
		return err
	}
	claims, err := e.anyClaims(ctx)
	if err != nil {
		return err
	}
	past, remembered, err := e.remembered(ctx)
	if err != nil {
		return err
	}
	if claims || everything || remembered {
		if err := e.reverifyGrown(ctx, cover, past, everything); err != nil {
			return err
		}
	}
	return e.putLooseExceptions(ctx)
}

// What verify remembers of the last time is in the cache of no source.
const (
	noSource    = ""
	coverageKey = "coverage"
)

// remembered is how far the sources reached when everything was last judged; it may be lost.
func (e *Engine) remembered(ctx context.Context) (past []reached, known bool, err error) {
	text, known, err := NewCache(e.Store, noSource).Get(ctx, coverageKey)
	if known && json.Unmarshal(text, &past) != nil {
		past = nil
	}
	return past, known, err
}

func (e *Engine) remember(ctx context.Context, reach []reached) error {
	text, err := json.Marshal(reach)
	if err != nil {
		return fmt.Errorf("remember what was verified: %w", err)
	}
	return NewCache(e.Store, noSource).Put(ctx, coverageKey, text)
}

// forgetCoverage is for who is about to judge payments by a coverage that is not the remembered one and more: if the run ends before
// the rest was judged, the next one must not take it for judged.
func (e *Engine) forgetCoverage(ctx context.Context) error {
	past, known, err := e.remembered(ctx)
	if err != nil || !known {
		return err
	}
	reach, err := e.reach(ctx)
	if err != nil {
		return err
	}
	if _, only := growth(past, reach); only {
		return nil
	}
	return e.remember(ctx, nil)
}

// reverifyGrown judges again the payments whose dates have come to be covered since the last time, or all of them where coverage
// changed in another way than by growing.
func (e *Engine) reverifyGrown(ctx context.Context, cover reconcile.Coverage, past []reached, everything bool) error {
	reach, err := e.reach(ctx)
	if err != nil {
		return err
	}
	grown, only := growth(past, reach)
	if everything || !only {
		grown = reconcile.Span{}
	}
	if everything || !only || grown.From.Before(grown.Through) {
		if err := e.reverify(ctx, cover, grown); err != nil {
			return err
		}
	}
	return e.remember(ctx, reach)
}

// reached is how far one complete source can be relied on for what another claims, the grace of the claim included.
type reached struct {
	Source    string         `json:"source"`
	Claims    string         `json:"claims"` // the source that claims; empty: one that is not configured, e.g. an import
	Role      reconcile.Role `json:"role"`
	Partial   bool           `json:"partial"`
	From      time.Time      `json:"from"`
	Providers []string       `json:"providers"`
	Through   time.Time      `json:"through"`
}

// reach lists how far each source reaches for the claims of each.
func (e *Engine) reach(ctx context.Context) ([]reached, error) {
	var all []reached
	for i := range e.Sources {
		s := &e.Sources[i]
		progress, err := e.loadProgress(ctx, s.Name)
		if err != nil {
			return nil, err
		}
		if s.Records || !progress.Complete {
			continue
		}
		for _, claims := range append(e.sourceNames(), "") {
			all = append(all, reached{s.Name, claims, s.Role, s.Partial, progress.Covers.From, progress.Providers,
				progress.Covers.Through.Add(-e.graceOf(claims))})
		}
	}
	return all, nil
}

// growth is the stretch of payment dates that is covered now and was not before. only is false where anything but the end of
// a source's coverage is another.
func growth(before, now []reached) (grown reconcile.Span, only bool) {
	if len(before) != len(now) {
		return grown, false
	}
	for i := range now {
		was, is := before[i], now[i]
		from, through := was.Through, is.Through
		was.Through, is.Through = time.Time{}, time.Time{}
		if through.Before(from) || !reflect.DeepEqual(was, is) {
			return grown, false
		}
		if through.After(from) {
			from = from.AddDate(0, 0, -1) // a payment of which only the day is known is covered with the end of its day
			if grown.From.IsZero() || from.Before(grown.From) {
				grown.From = from
			}
			if through.After(grown.Through) {
				grown.Through = through
			}
		}
	}
	return grown, true
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

// reverify judges the payments of a stretch of dates again; the zero Span is all of them.
func (e *Engine) reverify(ctx context.Context, cover reconcile.Coverage, paid reconcile.Span) error {
	var after *reconcile.Position
	for done := 0; ; {
		if err := ctx.Err(); err != nil {
			return err
		}
		var outcomes []outcome
		err := e.Store.View(ctx, func(r reconcile.Reader) error {
			filter := reconcile.PaymentFilter{Sources: e.sourceNames(), From: paid.From, To: paid.Through, After: after, Limit: matchAtOnce}
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
	prepared := e.Prepare.Payment(p)
	twins, err := findTwins(r, prepared)
	if err != nil {
		return outcome{}, err
	}
	others, err := samePayer(r, prepared)
	if err != nil {
		return outcome{}, err
	}
	return e.judge(p, p.Match, &known, twins, reconcile.ChainExceptions(p, others), cover)
}

// putLooseExceptions opens and resolves what is about no known payment: refunds without one, payouts that their members do not come
// to, sources that did not come.
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
		mismatches, err := e.payoutMismatches(r)
		open = append(open, mismatches...)
		return err
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
	for i := range e.Sources {
		if warning := e.endsSoon(&e.Sources[i]); warning != "" {
			open = append(open, reconcile.Exception{Code: reconcile.ExStaleSource, Subject: e.Sources[i].Name + " credential",
				Severity: reconcile.SeverityMedium, Expected: "a credential that lasts", Detail: warning})
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
