package sqlite

import (
	"iter"
	"time"

	"pennytie/reconcile"
)

// PutChanges implements reconcile.PaymentWriter.
func (t *txn) PutChanges(row int64, changes []reconcile.PaymentChange, at time.Time) error {
	for i := range changes {
		if err := t.putChange(row, &changes[i], at); err != nil {
			return err
		}
	}
	return nil
}

func (t *txn) putChange(row int64, c *reconcile.PaymentChange, at time.Time) error {
	old, err := t.first(`SELECT row_no, before FROM change
		WHERE owner = ? AND at = ? AND source = ? AND record = ? AND field = ?`,
		row, micros(at), c.Source, c.Record, c.Field)
	switch {
	case err != nil:
		return err
	case old == nil:
		_, err = t.exec(true, "INSERT INTO change (owner, at, source, record, field, before, after) VALUES (?, ?, ?, ?, ?, ?, ?)",
			row, micros(at), c.Source, c.Record, c.Field, orNull(c.Before), orNull(c.After))
	case old.text(1) == c.After:
		_, err = t.exec(true, "DELETE FROM change WHERE row_no = ?", old.int(0))
	default:
		_, err = t.exec(true, "UPDATE change SET after = ? WHERE row_no = ? AND after IS NOT ?", orNull(c.After), old.int(0), orNull(c.After))
	}
	return err
}

// Changes implements reconcile.PaymentReader.
func (t *txn) Changes(sources []string, since, through time.Time) iter.Seq2[*reconcile.PaymentChange, error] {
	return stream(t, decodeChange, `SELECT p.id, p.provider_payment_id, c.source, c.record, c.field, c.before, c.after, c.at
		FROM change c JOIN payment p ON p.row_no = c.owner
		WHERE c.at > coalesce(?2, 0) AND c.at <= ?3 AND (?1 IS NULL OR p.source IN (SELECT value FROM json_each(?1)))
		ORDER BY c.at, p.id, c.source, c.record, c.field`, sourcesArg(sources), micros(since), micros(through))
}

func decodeChange(r record) (*reconcile.PaymentChange, error) {
	return &reconcile.PaymentChange{
		PaymentID: r.text(0), ProviderPaymentID: r.text(1), Source: r.text(2), Record: r.text(3), Field: r.text(4),
		Before: r.text(5), After: r.text(6), At: r.time(7),
	}, nil
}

// Cached implements reconcile.RunReader.
func (t *txn) Cached(source, key string) ([]byte, bool, error) {
	row, err := t.first("SELECT value FROM cache WHERE source = ? AND key = ?", source, key)
	if err != nil || row == nil {
		return nil, false, err
	}
	return row.blob(0), true, nil
}

// PutCached implements reconcile.RunWriter.
func (t *txn) PutCached(source, key string, value []byte) error {
	if value == nil {
		value = []byte{} // the driver takes nil for NULL
	}
	_, err := t.exec(false, `INSERT INTO cache (source, key, value) VALUES (?, ?, ?)
		ON CONFLICT (source, key) DO UPDATE SET value = excluded.value`, source, key, value)
	return err
}

// AddRecheck implements reconcile.PaymentWriter.
func (t *txn) AddRecheck(source, id string) error {
	_, err := t.exec(false, "INSERT INTO recheck (source, id) VALUES (?, ?) ON CONFLICT DO NOTHING", source, id)
	return err
}

// DropRecheck implements reconcile.PaymentWriter.
func (t *txn) DropRecheck(source, id string) error {
	_, err := t.exec(false, "DELETE FROM recheck WHERE source = ? AND id = ?", source, id)
	return err
}

// Rechecks implements reconcile.PaymentReader.
func (t *txn) Rechecks(source string, limit int) ([]reconcile.Ref, error) {
	return collect(t, func(r record) (reconcile.Ref, error) {
		return reconcile.Ref{Kind: reconcile.RefPayment, ID: r.text(0)}, nil
	}, "SELECT id FROM recheck WHERE source = ? ORDER BY id LIMIT ?", source, int64(limit))
}
