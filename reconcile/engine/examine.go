package engine

import (
	"context"
	"slices"

	"pennytie/reconcile"
)

// Examined is what matchers find for a payment, before anything is weighed or decided.
type Examined struct {
	Payment *reconcile.Payment
	Found   []reconcile.Candidate
	Said    []reconcile.Decision

	engine *Engine
}

// Match is what the engine's policy makes of what was found. Payment.Match is what is stored.
func (x *Examined) Match() reconcile.Match { return x.engine.settle(x.Found, x.Said) }

// Examine matches every payment of the store again and writes nothing: to train, to test and to ask what another policy would do.
// Payments come by date, then id; visit is called for one after the other.
func (e *Engine) Examine(ctx context.Context, visit func(*Examined) error) error {
	if _, err := e.weights(ctx); err != nil {
		return err
	}
	return e.Store.View(ctx, func(r reconcile.Reader) error {
		var rows []int64 // batches share what they read
		for p, err := range r.Payments(reconcile.PaymentFilter{}) {
			if err != nil {
				return err
			}
			rows = append(rows, p.Row)
		}
		return e.examine(ctx, r, rows, func(b *batch, i int) error {
			return visit(&Examined{Payment: b.payments[i], Found: e.find(b.prepared[i], b.index), Said: b.known[i].Decisions, engine: e})
		})
	})
}

// examine loads payments by row, a batch at a time.
func (e *Engine) examine(ctx context.Context, r reconcile.Reader, rows []int64, visit func(b *batch, i int) error) error {
	e.memory = newMemory()
	defer func() { e.memory = nil }()
	done := 0
	for some := range slices.Chunk(rows, matchAtOnce) {
		b, err := e.loadBatch(r, some)
		if err != nil {
			return err
		}
		for i := range b.prepared {
			if err := visit(b, i); err != nil {
				return err
			}
		}
		done += len(some)
		e.progress(Progress{Stage: "match", Done: done})
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}
