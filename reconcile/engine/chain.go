package engine

import (
	"context"
	"slices"

	"pennytie/reconcile"
)

// chained says that a payment is of a chain, or was: other payments decide what is to be said of it.
func chained(p *reconcile.Prepared, open []reconcile.Exception) bool {
	return len(keptChain(open)) > 0 || slices.ContainsFunc(p.Siblings, func(other *reconcile.Prepared) bool {
		return reconcile.SameChain(p.Payment, other.Payment)
	})
}

// keptChain stay open until the whole chain is decided: see judgeChains.
func keptChain(open []reconcile.Exception) []reconcile.Exception {
	return slices.DeleteFunc(slices.Clone(open), func(x reconcile.Exception) bool { return !x.OfChain() })
}

// judgeChains judges the payments again that are due still: those of chains, now that every other is decided. Whatever may change
// the decision about one payment of a payer makes the others due, so that these are all.
func (e *Engine) judgeChains(ctx context.Context, cover reconcile.Coverage) error {
	for {
		var outcomes []outcome
		err := e.Store.View(ctx, func(r reconcile.Reader) error {
			rows, err := r.Due(0, matchAtOnce)
			if err != nil {
				return err
			}
			payments, err := r.PaymentRows(rows)
			if err != nil {
				return err
			}
			for _, p := range payments {
				o, err := e.judgeAgain(r, p, cover)
				if err != nil {
					return err
				}
				outcomes = append(outcomes, o)
			}
			return nil
		})
		if err != nil || len(outcomes) == 0 {
			return err
		}
		if err := e.storeOutcomes(ctx, outcomes); err != nil {
			return err
		}
	}
}
