package sqlite

import (
	"cmp"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"

	"pennytie/reconcile"
)

// Payments implements reconcile.PaymentReader. Payments without a date come first.
func (t *txn) Payments(f reconcile.PaymentFilter) iter.Seq2[*reconcile.Payment, error] {
	var where []string
	var args []driver.Value
	add := func(condition string, values ...driver.Value) {
		where, args = append(where, condition), append(args, values...)
	}
	if len(f.Sources) > 0 {
		add("p.source IN (SELECT value FROM json_each(?))", sourcesArg(f.Sources))
	}
	if f.Status != "" {
		add("p.status = ?", string(f.Status))
	}
	if f.LeadID != "" {
		add("o.lead_id = ? AND o.match_state IN ('auto', 'manual')", f.LeadID)
	}
	if !f.From.IsZero() {
		add("p.payment_date >= ?", micros(f.From))
	}
	if !f.To.IsZero() {
		add("p.payment_date < ?", micros(f.To))
	}
	if f.After != nil && f.After.Date.IsZero() {
		add("(p.payment_date IS NOT NULL OR p.id > ?)", f.After.ID)
	} else if f.After != nil {
		add("(p.payment_date, p.id) > (?, ?)", micros(f.After.Date), f.After.ID)
	}
	query := selectPayments
	if len(where) > 0 {
		query += "WHERE " + strings.Join(where, " AND ") + " "
	}
	query += "ORDER BY p.payment_date, p.id"
	if f.Limit > 0 {
		query, args = query+" LIMIT ?", append(args, int64(f.Limit))
	}
	return stream(t, decodePayment, query, args...)
}

// sourcesArg is a list of names for json_each; none means all and is NULL.
func sourcesArg(sources []string) driver.Value {
	if len(sources) == 0 {
		return nil
	}
	encoded, err := json.Marshal(sources)
	if err != nil {
		return nil // cannot be: strings always marshal
	}
	return string(encoded)
}

// Payment implements reconcile.PaymentReader. The id it has now wins over ids in the providers'
// spaces, and these over ids that it had before.
func (t *txn) Payment(id string) (*reconcile.Payment, error) {
	for _, where := range []string{
		"p.id = ?",
		"p.row_no IN (SELECT owner FROM identity_key WHERE id = ?)",
		"p.row_no = (SELECT owner FROM payment_merge WHERE id = ?)",
	} {
		found, err := collect(t, decodePayment, selectPayments+"WHERE "+where+" LIMIT 2", id)
		if err != nil {
			return nil, err
		}
		if len(found) > 1 {
			return nil, fmt.Errorf("sqlite: the id %q names several payments, use their own ids: %w",
				id, reconcile.ErrConflict)
		}
		if len(found) == 1 {
			return found[0], nil
		}
	}
	return nil, fmt.Errorf("sqlite: payment %q: %w", id, reconcile.ErrNotFound)
}

// PaymentRows implements reconcile.PaymentReader. A row that is no payment is ErrNotFound.
func (t *txn) PaymentRows(rows []int64) ([]*reconcile.Payment, error) {
	found := make(map[int64]*reconcile.Payment, len(rows))
	err := inChunks(rows, rowArg, func(list string, args []driver.Value) error {
		return t.each(func(r record) error {
			p, err := decodePayment(r)
			if err == nil {
				found[p.Row] = p
			}
			return err
		}, selectPayments+"WHERE p.row_no IN ("+list+")", args...)
	})
	if err != nil {
		return nil, err
	}
	ordered := make([]*reconcile.Payment, len(rows))
	for i, row := range rows {
		if ordered[i] = found[row]; ordered[i] == nil {
			return nil, fmt.Errorf("sqlite: payment in row %d: %w", row, reconcile.ErrNotFound)
		}
	}
	return ordered, nil
}

// PaymentsWithKey implements reconcile.PaymentReader.
func (t *txn) PaymentsWithKey(key reconcile.BlockKey, paid reconcile.Span, but int64) ([]*reconcile.Payment, error) {
	return collect(t, decodePayment, selectPayments+`
		WHERE p.row_no IN (SELECT target FROM block_key WHERE key = ? AND kind IN (1, 2))
		AND +p.payment_date >= coalesce(?, p.payment_date) AND +p.payment_date < ? AND p.row_no <> ?
		ORDER BY p.payment_date, p.id`, int64(key), micros(paid.From), micros(paid.Through), but)
}

// PayerPayments implements reconcile.PaymentReader.
func (t *txn) PayerPayments(key reconcile.BlockKey, but int64) ([]*reconcile.Payment, error) {
	rows, err := t.ofPayer(key, reconcile.MostOfPayer+1)
	if err != nil || len(rows) > reconcile.MostOfPayer {
		return nil, err
	}
	rows = slices.DeleteFunc(rows, func(row int64) bool { return row == but })
	if len(rows) == 0 {
		return nil, nil
	}
	found, err := t.PaymentRows(rows)
	slices.SortFunc(found, func(a, b *reconcile.Payment) int {
		return cmp.Or(a.PaymentDate.Compare(b.PaymentDate), cmp.Compare(a.ID, b.ID))
	})
	return found, err
}

// Due implements reconcile.PaymentReader.
func (t *txn) Due(after int64, limit int) ([]int64, error) {
	return collect(t, rowNumber, "SELECT row_no FROM due WHERE row_no > ? ORDER BY row_no LIMIT ?",
		after, int64(limit))
}

// Known implements reconcile.PaymentReader.
func (t *txn) Known(row int64) (reconcile.Known, error) {
	known := reconcile.Known{Row: row}
	// Most payments have none of these; asking once is cheaper than reading four times nothing.
	has, err := t.first(`SELECT EXISTS (SELECT 1 FROM refund WHERE owner = ?1),
		EXISTS (SELECT 1 FROM dispute WHERE owner = ?1), EXISTS (SELECT 1 FROM decision WHERE owner = ?1),
		EXISTS (SELECT 1 FROM exception WHERE owner = ?1), EXISTS (SELECT 1 FROM claim_join), EXISTS (SELECT 1 FROM entry) FROM identity WHERE row_no = ?1`, row)
	if err != nil {
		return known, err
	}
	if has == nil {
		return known, fmt.Errorf("sqlite: row %d: %w", row, reconcile.ErrNotFound)
	}
	known.Keys, err = collect(t, decodeKey, `SELECT provider, account, id FROM identity_key WHERE owner = ?
		ORDER BY provider, account, id`, row)
	if err != nil {
		return known, err
	}
	known.Records, err = collect(t, decodeRecord, `SELECT source, provider, id, content FROM source_record
		WHERE owner = ? ORDER BY source, provider, id`, row)
	if err == nil && has.flag(0) {
		known.Refunds, err = collect(t, valueOf(decodeRefund), selectRefunds+"WHERE r.owner = ? "+orderRefunds, row)
	}
	if err == nil && has.flag(1) {
		known.Disputes, err = collect(t, valueOf(decodeDispute),
			selectDisputes+"WHERE r.owner = ? "+orderRefunds, row)
	}
	if err == nil && has.flag(5) {
		known.Entries, err = collect(t, valueOf(decodeEntry), entriesOf, row)
	}
	if err == nil && has.flag(2) {
		known.Decisions, err = collect(t, decodeDecision, selectDecisions, row)
	}
	if err == nil && has.flag(3) {
		known.Open, err = collect(t, valueOf(decodeException), selectExceptions+`
			WHERE e.owner = ? AND e.resolved_at IS NULL ORDER BY e.code, e.subject`, row)
	}
	if err == nil && has.flag(4) {
		known.Joins, err = collect(t, decodeJoin, selectJoins, row)
	}
	return known, err
}

// valueOf turns a decoder of pointers into one of values.
func valueOf[T any](decode func(record) (*T, error)) func(record) (T, error) {
	return func(r record) (T, error) {
		value, err := decode(r)
		return *value, err
	}
}

func decodeKey(r record) (reconcile.Key, error) {
	return reconcile.Key{Provider: r.text(0), Account: r.text(1), ID: r.text(2)}, nil
}
