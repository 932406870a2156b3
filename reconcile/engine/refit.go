package engine

import (
	"context"
	"fmt"

	"pennytie/reconcile"
	"pennytie/reconcile/score"
)

// weights takes the refit that people adopted, if it was fitted to the table of this program. Otherwise a warning says so.
func (e *Engine) weights(ctx context.Context) (warning string, err error) {
	e.scorer = score.Scorer{Model: score.Shipped()}
	err = e.Store.View(ctx, func(r reconcile.Reader) error {
		adopted, err := Adopted(r)
		switch {
		case err != nil || adopted == nil:
		case adopted.Model != e.scorer.Model.Fingerprint():
			warning = fmt.Sprintf("refit %d was fitted to other weights (%s) than this program's (%s) and is not applied: "+
				"see pennytie rules refit", adopted.ID, adopted.Model, e.scorer.Model.Fingerprint())
			e.Log.Warn(warning)
		default:
			e.scorer.Refit = adopted
		}
		return err
	})
	return warning, err
}

// Adopted is the refit that people adopted last; nil if they went back to the weights as shipped, or never left them.
func Adopted(r reconcile.Reader) (*reconcile.Refit, error) {
	newest, err := r.Refits(1)
	if err != nil || len(newest) == 0 || newest[0].Shipped {
		return nil, err
	}
	return &newest[0], nil
}

// Adopt adds a refit and makes every payment due: the next run weighs by it. What people decided stays.
func (e *Engine) Adopt(tx reconcile.Tx, refit *reconcile.Refit, by string) error {
	refit.By, refit.AdoptedAt = by, e.AsOf
	if err := tx.AddRefit(refit); err != nil {
		return err
	}
	return tx.DueAll()
}

// Decided examines the payments on which somebody's word holds, as if nobody had said anything: what people say of one payment
// must not explain what they say of another. Payments come by row.
func (e *Engine) Decided(ctx context.Context, visit func(p *reconcile.Payment, word *reconcile.Decision, d score.Decided) error) error {
	return e.Store.View(ctx, func(r reconcile.Reader) error {
		rows, err := r.DecidedRows()
		if err != nil {
			return err
		}
		return e.examine(ctx, r, rows, func(b *batch, i int) error {
			word, spoken := reconcile.LastWord(b.known[i].Decisions)
			if !spoken {
				return nil
			}
			prepared := *b.prepared[i]
			prepared.Taught = nil
			return visit(b.payments[i], &word, score.Decided{PaymentID: prepared.ID, Paid: prepared.PaymentDate, PayerKeys: prepared.PayerKeys,
				Found: e.find(&prepared, b.index), LeadID: word.LeadID})
		})
	})
}
