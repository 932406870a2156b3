package sqlite

import (
	"database/sql/driver"

	"pennytie/reconcile"
)

// Refits implements reconcile.RunReader.
func (t *txn) Refits(limit int) ([]reconcile.Refit, error) {
	return collect(t, func(r record) (reconcile.Refit, error) {
		f := reconcile.Refit{
			ID: r.int(0), AdoptedAt: r.time(1), By: r.text(2), Shipped: r.flag(3), Model: r.text(4),
			Shift: reconcile.Weight(r.int(6)), Decisions: int(r.int(7)), Audited: int(r.int(8)),
		}
		return f, r.json(5, &f.Factors)
	}, `SELECT id, adopted_at, adopted_by, shipped, model, factors, shift, decisions, audited FROM refit
		ORDER BY id DESC LIMIT ?`, int64(limit))
}

// AddRefit implements reconcile.RunWriter.
func (t *txn) AddRefit(f *reconcile.Refit) error {
	var factors driver.Value
	if len(f.Factors) > 0 {
		var err error
		if factors, err = document(f.Factors); err != nil {
			return t.fail(err)
		}
	}
	id, err := t.insert(`INSERT INTO refit (adopted_at, adopted_by, shipped, model, factors, shift, decisions, audited)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		micros(f.AdoptedAt), orNull(f.By), flag(f.Shipped), orNull(f.Model), factors, int64(f.Shift), int64(f.Decisions), int64(f.Audited))
	if err == nil {
		f.ID = id
	}
	return err
}

// DecidedRows implements reconcile.PaymentReader.
func (t *txn) DecidedRows() ([]int64, error) {
	return collect(t, rowNumber, "SELECT DISTINCT d.owner FROM decision d JOIN payment p ON p.row_no = d.owner ORDER BY d.owner")
}
