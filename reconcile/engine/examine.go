package engine

import (
	"context"

	"pennytie/reconcile"
)

// Examined is what matchers find for a payment, before anything is weighed or decided.
type Examined struct {
	Payment *reconcile.Payment
	Found   []reconcile.Candidate
	Said    []reconcile.Decision

	engine *Engine
	index  *reconcile.Index
}

// Match is what the engine's policy makes of what was found. Payment.Match is what is stored.
func (x *Examined) Match() reconcile.Match { return x.engine.settle(x.Found, x.index, x.Said) }

// Examine matches every payment of the store again and writes nothing: to train, to test and to ask what another policy would do.
// Payments come by date, then id; visit is called for one after the other.
func (e *Engine) Examine(ctx context.Context, visit func(*Examined) error) error {
	e.prepared, e.said = map[string]*reconcile.PreparedLead{}, map[reconcile.BlockKey][]reconcile.SaidOf{}
	defer func() { e.prepared, e.said = nil, nil }()
	return e.Store.View(ctx, func(r reconcile.Reader) error {
		var rows []int64
		done := 0
		flush := func() error {
			if len(rows) == 0 {
				return nil
			}
			b, err := e.loadBatch(r, rows)
			rows = rows[:0]
			if err != nil {
				return err
			}
			for i, p := range b.prepared {
				x := Examined{Payment: b.payments[i], Found: e.find(p, b.index), Said: b.known[i].Decisions, engine: e, index: b.index}
				if err := visit(&x); err != nil {
					return err
				}
			}
			done += len(b.payments)
			e.progress(Progress{Stage: "match", Done: done})
			return ctx.Err()
		}
		var all []int64 // a store does not read while it streams
		for p, err := range r.Payments(reconcile.PaymentFilter{}) {
			if err != nil {
				return err
			}
			all = append(all, p.Row)
		}
		for _, row := range all {
			if rows = append(rows, row); len(rows) == matchAtOnce {
				if err := flush(); err != nil {
					return err
				}
			}
		}
		return flush()
	})
}
