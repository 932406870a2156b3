package sqlite

import (
	"crypto/sha256"
	"database/sql/driver"
	"encoding/binary"
	"fmt"
	"iter"
	"slices"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

var (
	records  = newTable("source_record", true, "id, provider, source", "owner, kind, open, content")
	refunds  = newTable("refund", true, "id, provider", refundColumns)
	disputes = newTable("dispute", true, "id, provider", disputeColumns)
)

const (
	refundColumns = `owner, source, export, keys, amount, currency, status, provider_status, reason,
		created_at, open, role, returned_at`
	disputeColumns = `owner, source, export, keys, amount, currency, status, inquiry, provider_status, reason,
		created_at, open, role, returned_at`
)

// PutRecord implements reconcile.PaymentWriter.
func (t *txn) PutRecord(row int64, r *reconcile.SourceRecord) (reconcile.Change, error) {
	content, err := r.Content()
	if err != nil {
		return "", t.fail(fmt.Errorf("a source record cannot be stored: %w", reconcile.ErrInvalid))
	}
	change, _, err := t.put(records, []driver.Value{r.ID, r.Provider, r.Source},
		[]driver.Value{row, string(r.Kind), flag(r.Open), string(content)}, nil)
	return change, err
}

// Record implements reconcile.PaymentReader.
func (t *txn) Record(source, provider, id string) (int64, reconcile.SourceRecord, error) {
	row, err := t.first("SELECT source, provider, id, content, owner FROM source_record WHERE id = ? AND provider = ? AND source = ?",
		id, provider, source)
	if err != nil {
		return 0, reconcile.SourceRecord{}, err
	}
	if row == nil {
		return 0, reconcile.SourceRecord{}, fmt.Errorf("sqlite: record of %s: %w", source, reconcile.ErrNotFound)
	}
	found, err := decodeRecord(row)
	return row.int(4), found, err
}

// RefsBetween implements reconcile.PaymentReader.
func (t *txn) RefsBetween(source string, made reconcile.Span, after string, limit int) ([]reconcile.Ref, error) {
	return collect(t, func(r record) (reconcile.Ref, error) {
		return reconcile.Ref{Kind: reconcile.RefPayment, ID: r.text(0)}, nil
	}, refsBetween, source, micros(made.From), micros(made.Through), after, int64(limit))
}

const refsBetween = `SELECT DISTINCT s.id FROM payment p JOIN source_record s ON s.owner = p.row_no
	WHERE p.payment_date >= coalesce(?2, 0) AND p.payment_date < ?3 AND +s.source = ?1 AND +s.kind = 'payment' AND s.id > ?4
	AND s.content NOT LIKE '%"gone":true%' ORDER BY s.id LIMIT ?5`

// decodeRecord reads source, provider, id and content.
func decodeRecord(r record) (reconcile.SourceRecord, error) {
	var content struct {
		Role   reconcile.Role       `json:"role"`
		Kind   reconcile.RecordKind `json:"kind"`
		Keys   []reconcile.Key      `json:"keys"`
		Export bool                 `json:"export"`
		Open   bool                 `json:"open"`
		Gone   bool                 `json:"gone"`
		reconcile.Facts
	}
	if err := r.json(3, &content); err != nil {
		return reconcile.SourceRecord{}, err
	}
	return reconcile.SourceRecord{
		Source: r.text(0), Provider: r.text(1), ID: r.text(2), Role: content.Role, Kind: content.Kind,
		Keys: content.Keys, Export: content.Export, Open: content.Open, Gone: content.Gone, Facts: content.Facts,
	}, nil
}

// PutRefund implements reconcile.PaymentWriter.
func (t *txn) PutRefund(row int64, r *reconcile.Refund) (reconcile.Change, error) {
	keys, err := keysColumn(r.Keys)
	if err != nil {
		return "", t.fail(err)
	}
	change, old, err := t.put(refunds, []driver.Value{r.ID, r.Provider}, []driver.Value{
		ownerOrNull(row), r.Source, flag(r.Export), keys, r.Amount.Minor, string(r.Amount.Currency),
		string(r.Status), orNull(r.ProviderStatus), orNull(r.Reason), micros(r.CreatedAt), flag(r.Open),
		orNull(r.Role), micros(r.ReturnedAt),
	}, betterWord(r.Source, r.Export))
	t.noteMove(change, old, row)
	return change, err
}

// PutDispute implements reconcile.PaymentWriter.
func (t *txn) PutDispute(row int64, d *reconcile.Dispute) (reconcile.Change, error) {
	keys, err := keysColumn(d.Keys)
	if err != nil {
		return "", t.fail(err)
	}
	change, old, err := t.put(disputes, []driver.Value{d.ID, d.Provider}, []driver.Value{
		ownerOrNull(row), d.Source, flag(d.Export), keys, d.Amount.Minor, string(d.Amount.Currency),
		string(d.Status), flag(d.Inquiry), orNull(d.ProviderStatus), orNull(d.Reason), micros(d.CreatedAt),
		flag(d.Open), orNull(d.Role), micros(d.ReturnedAt),
	}, betterWord(d.Source, d.Export))
	t.noteMove(change, old, row)
	return change, err
}

// noteMove remembers the payment that a refund or dispute was taken from.
func (t *txn) noteMove(change reconcile.Change, old record, owner int64) {
	if change != reconcile.Changed {
		return
	}
	if former := old.int(0); former != 0 && former != owner && !slices.Contains(t.moved, former) {
		t.moved = append(t.moved, former)
	}
}

// Moved implements reconcile.PaymentWriter.
func (t *txn) Moved() []int64 {
	moved := t.moved
	t.moved = nil
	return moved
}

// betterWord says whether a source may replace what is stored: its own word, or a better one than
// another's, so that the order of arrival does not show.
func betterWord(source string, export bool) func(old record) bool {
	return func(old record) bool {
		stored, storedExport := old.text(1), old.flag(2)
		if stored == source {
			return true
		}
		if storedExport != export {
			return storedExport
		}
		return source < stored
	}
}

func keysColumn(keys []reconcile.Key) (driver.Value, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	return document(keys)
}

// What is filled when read back is last: the public id, whether the row counts, and whose its payment is. Refunds and disputes share alias and order.
var (
	selectRefunds = "SELECT " + qualified("r", append(fields("provider, id"), fields(refundColumns)...)) +
		", p.id, r.provider = p.refund_provider AND (r.role IS 'book') = (p.refund_role IS 'book')" + ofPayment + "FROM refund r " + withPayment
	selectDisputes = "SELECT " + qualified("r", append(fields("provider, id"), fields(disputeColumns)...)) +
		", p.id, r.provider = p.dispute_provider AND (r.role IS 'book') = (p.dispute_role IS 'book')" + ofPayment + "FROM dispute r " + withPayment
)

const (
	ofPayment    = ", o.match_state, o.lead_id, o.call_id, o.product_id "
	withPayment  = "LEFT JOIN payment p ON p.row_no = r.owner LEFT JOIN outcome o ON o.owner = r.owner "
	orderRefunds = "ORDER BY r.created_at, r.provider, r.id"
	ofSources    = "WHERE (?1 IS NULL OR r.source IN (SELECT value FROM json_each(?1))) "
)

// Refunds implements reconcile.PaymentReader.
func (t *txn) Refunds(sources []string) iter.Seq2[*reconcile.Refund, error] {
	return stream(t, decodeRefund, selectRefunds+ofSources+orderRefunds, sourcesArg(sources))
}

// Disputes implements reconcile.PaymentReader.
func (t *txn) Disputes(sources []string) iter.Seq2[*reconcile.Dispute, error] {
	return stream(t, decodeDispute, selectDisputes+ofSources+orderRefunds, sourcesArg(sources))
}

func decodeRefund(r record) (*reconcile.Refund, error) {
	refund := &reconcile.Refund{
		Provider: r.text(0), ID: r.text(1), Source: r.text(3), Export: r.flag(4),
		Amount: money.New(r.int(6), money.Currency(r.text(7))), Status: reconcile.RefundRowStatus(r.text(8)),
		ProviderStatus: r.text(9), Reason: r.text(10), CreatedAt: r.time(11), Open: r.flag(12),
		Role: reconcile.Role(r.text(13)), ReturnedAt: r.time(14), PaymentID: r.text(15), Counted: r.flag(16),
	}
	refund.LeadID, refund.CallID, refund.ProductID = decodeMatch(r[17:]).Attributed()
	return refund, r.json(5, &refund.Keys)
}

func decodeDispute(r record) (*reconcile.Dispute, error) {
	dispute := &reconcile.Dispute{
		Provider: r.text(0), ID: r.text(1), Source: r.text(3), Export: r.flag(4),
		Amount: money.New(r.int(6), money.Currency(r.text(7))), Status: reconcile.DisputeStatus(r.text(8)),
		Inquiry: r.flag(9), ProviderStatus: r.text(10), Reason: r.text(11), CreatedAt: r.time(12),
		Open: r.flag(13), Role: reconcile.Role(r.text(14)), ReturnedAt: r.time(15), PaymentID: r.text(16), Counted: r.flag(17),
	}
	dispute.LeadID, dispute.CallID, dispute.ProductID = decodeMatch(r[18:]).Attributed()
	return dispute, r.json(5, &dispute.Keys)
}

// decodeMatch reads whose a refund's or dispute's payment is.
func decodeMatch(r record) *reconcile.Match {
	return &reconcile.Match{State: reconcile.MatchState(r.text(0)), LeadID: r.text(1), CallID: r.text(2), ProductID: r.text(3)}
}

// PutQuarantine implements reconcile.PaymentWriter. A row is known by all of its contents, so it is
// New or Unchanged, never Changed.
func (t *txn) PutQuarantine(q *reconcile.Quarantine) (reconcile.Change, error) {
	sum := digest(q)
	if q.ID != "" { // what was wrong with the row before
		if _, err := t.exec(true, "DELETE FROM quarantine WHERE source = ? AND id = ? AND digest <> ?", q.Source, q.ID, sum); err != nil {
			return "", err
		}
	}
	added, err := t.exec(true, `INSERT INTO quarantine (digest, source, file, line, field, reason, raw, id)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (digest) DO NOTHING`,
		sum, q.Source, orNull(q.File), int64(q.Line), orNull(q.Field), orNull(q.Reason), rawOrNull(q.Raw), orNull(q.ID))
	if err != nil {
		return "", err
	}
	if added == 0 {
		return reconcile.Unchanged, nil
	}
	return reconcile.New, nil
}

// AnyQuarantined implements reconcile.PaymentWriter.
func (t *txn) AnyQuarantined(source string) (bool, error) {
	some, err := t.number("SELECT EXISTS (SELECT 1 FROM quarantine WHERE source = ? AND id IS NOT NULL)", source)
	return some == 1, err
}

// DropQuarantinedID implements reconcile.PaymentWriter.
func (t *txn) DropQuarantinedID(source, id string) error {
	_, err := t.exec(true, "DELETE FROM quarantine WHERE source = ? AND id = ?", source, id)
	return err
}

// DropQuarantine implements reconcile.PaymentWriter.
func (t *txn) DropQuarantine(source, file string) error {
	_, err := t.exec(true, "DELETE FROM quarantine WHERE source = ? AND file IS ?", source, orNull(file))
	return err
}

func rawOrNull(raw []byte) driver.Value {
	if len(raw) == 0 {
		return nil
	}
	return raw
}

// digest hashes the fields with their lengths, so that no two rows run into one.
func digest(q *reconcile.Quarantine) []byte {
	var b []byte
	place := q.File
	if q.ID != "" {
		place = "\x00" + q.ID // a list and a read by id show the same row; no path begins like this
	}
	for _, field := range []string{q.Source, place, q.Field, q.Reason, string(q.Raw)} {
		b = binary.BigEndian.AppendUint64(b, uint64(len(field)))
		b = append(b, field...)
	}
	sum := sha256.Sum256(binary.BigEndian.AppendUint64(b, uint64(q.Line)))
	return sum[:]
}

// Quarantined implements reconcile.RunReader: by source, file, line, field, then digest.
func (t *txn) Quarantined(sources []string) iter.Seq2[*reconcile.Quarantine, error] {
	return stream(t, decodeQuarantine, "SELECT source, file, line, field, reason, raw, id FROM quarantine r "+
		ofSources+"ORDER BY source, file, line, field, digest", sourcesArg(sources))
}

func decodeQuarantine(r record) (*reconcile.Quarantine, error) {
	return &reconcile.Quarantine{
		Source: r.text(0), File: r.text(1), Line: int(r.int(2)), Field: r.text(3),
		Reason: r.text(4), Raw: r.blob(5), ID: r.text(6),
	}, nil
}
