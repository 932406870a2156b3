package sqlite

import (
	"database/sql/driver"
	"fmt"
	"iter"
	"time"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

// selectExceptions reads what decodeException wants.
const selectExceptions = `SELECT e.code, e.subject, e.severity, e.expected, e.actual, e.detail, e.opened_at,
	e.resolved_at, p.id, coalesce(e.at_risk, p.amount), coalesce(e.currency, p.currency), e.owner, o.confidence,
	s.reopen, s.reason, s.made_by, s.made_at, s.expected, s.actual
	FROM exception e LEFT JOIN payment p ON p.row_no = e.owner LEFT JOIN outcome o ON o.owner = e.owner
	LEFT JOIN resolution s ON s.row_no = e.resolution `

func decodeException(r record) (*reconcile.Exception, error) {
	x := &reconcile.Exception{
		Code: reconcile.ExceptionCode(r.text(0)), Subject: r.text(1), Severity: reconcile.Severity(r.text(2)),
		Expected: r.text(3), Actual: r.text(4), Detail: r.text(5), OpenedAt: r.time(6), ResolvedAt: r.time(7),
		PaymentID: r.text(8), AtRisk: money.New(r.int(9), money.Currency(r.text(10))), Row: r.int(11),
		Confidence: reconcile.Confidence(r.int(12)),
	}
	if r[13] != nil {
		said, err := decodeResolution(r[13:])
		x.Resolution = &said
		return x, err
	}
	return x, nil
}

// Exceptions implements reconcile.PaymentReader: by payment date and id (those about no payment
// first), then code, subject and opening time.
func (t *txn) Exceptions(f reconcile.ExceptionFilter) iter.Seq2[*reconcile.Exception, error] {
	return stream(t, decodeException, selectExceptions+`
		WHERE (?1 IS NULL OR p.source IS NULL OR p.source IN (SELECT value FROM json_each(?1)))
			AND (?2 = 0 OR e.resolved_at IS NULL)
		ORDER BY p.payment_date, p.id, e.code, e.subject, e.opened_at, e.row_no`,
		sourcesArg(f.Sources), flag(f.OpenOnly))
}

// about is what an exception of one owner is told by.
type about struct {
	code    reconcile.ExceptionCode
	subject string
}

// opened is a stored open exception.
type opened struct {
	row    int64
	values []driver.Value // severity, expected, actual, detail, at risk, currency
}

// PutExceptions implements reconcile.PaymentWriter. OpenedAt and ResolvedAt of what is given are not read.
func (t *txn) PutExceptions(row int64, open []reconcile.Exception, at time.Time) error {
	stored, err := t.openExceptions(row)
	if err != nil {
		return err
	}
	seen := make(map[about]bool, len(open))
	for i := range open {
		e := &open[i]
		key := about{e.Code, e.Subject}
		if seen[key] {
			return t.fail(fmt.Errorf("exception %s is given twice for row %d: %w", e.Code, row, reconcile.ErrInvalid))
		}
		seen[key] = true
		stays, err := t.putException(row, e, stored[key], at)
		if err != nil {
			return err
		}
		if stays {
			delete(stored, key)
		}
	}
	for _, gone := range stored {
		_, err := t.exec(true, "UPDATE exception SET resolved_at = ? WHERE row_no = ?", micros(at), gone.row)
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *txn) openExceptions(row int64) (map[about]opened, error) {
	stored := make(map[about]opened)
	err := t.each(func(r record) error {
		key := about{reconcile.ExceptionCode(r.text(0)), r.text(1)}
		stored[key] = opened{r.int(2), append([]driver.Value{}, r[3:]...)}
		return nil
	}, openExceptions, ownerOrNull(row))
	return stored, err
}

const openExceptions = `SELECT code, subject, row_no, severity, expected, actual, detail, at_risk, currency FROM exception
	WHERE owner IS ? AND resolved_at IS NULL`

// putException opens one, or updates what it says while its opening time stays. It says whether one is open now: not if a person
// has resolved it as it is.
func (t *txn) putException(row int64, e *reconcile.Exception, stored opened, at time.Time) (open bool, err error) {
	values := []driver.Value{string(e.Severity), orNull(e.Expected), orNull(e.Actual), orNull(e.Detail), nil, nil}
	if row == 0 && e.AtRisk.Currency != "" { // else it is the payment's
		values[4], values[5] = e.AtRisk.Minor, string(e.AtRisk.Currency)
	}
	if stored.row != 0 && same(values, stored.values) {
		return true, nil
	}
	if stored.row == 0 || !same(values[1:3], stored.values[1:3]) { // other facts
		if resolved, err := t.resolved(row, e); resolved || err != nil {
			return false, err
		}
	}
	if stored.row == 0 {
		_, err = t.exec(true, `INSERT INTO exception (severity, expected, actual, detail, at_risk, currency, owner, code, subject,
			opened_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			append(values, ownerOrNull(row), string(e.Code), e.Subject, micros(at))...)
		return true, err
	}
	_, err = t.exec(true, `UPDATE exception SET severity = ?, expected = ?, actual = ?, detail = ?, at_risk = ?, currency = ?
		WHERE row_no = ?`, append(values, stored.row)...)
	return true, err
}

const decisionColumns = `d.row_no, d.lead_id, d.call_id, d.product_id, d.none, d.undo, d.reason, d.made_by, d.made_at, d.made_on,
	d.joined, d.confirmed, d.overruled, d.audited, d.verified`

const selectDecisions = "SELECT " + decisionColumns + " FROM decision d WHERE d.owner = ? ORDER BY d.row_no"

func decodeDecision(r record) (reconcile.Decision, error) {
	d := reconcile.Decision{
		ID: r.int(0), LeadID: r.text(1), CallID: r.text(2), ProductID: r.text(3), None: r.flag(4),
		Undo: r.flag(5), Reason: r.text(6), By: r.text(7), At: r.time(8), On: r.text(9), Joined: r.int(10),
		Confirmed: r.text(11), Audited: r.text(13), Verified: r.flag(14),
	}
	return d, r.json(12, &d.Overruled)
}

// saidUnder looks up block_key by key and kind, and of each payment its decisions: a key that thousands carry costs a look at each.
const saidUnder = "SELECT b.key, p.row_no, p.id, p.customer_name, " + decisionColumns + ` FROM block_key b
	CROSS JOIN decision d ON d.owner = b.target CROSS JOIN payment p ON p.row_no = b.target WHERE b.kind = 1 AND b.key IN `

// SaidUnder implements reconcile.PaymentReader.
func (t *txn) SaidUnder(keys []reconcile.BlockKey) ([]reconcile.SaidOf, error) {
	some, err := t.first("SELECT EXISTS (SELECT 1 FROM decision)")
	if err != nil || !some.flag(0) {
		return nil, err
	}
	var found []reconcile.SaidOf
	err = inChunks(distinct(keys), keyArg, func(list string, args []driver.Value) error {
		return t.each(func(r record) error {
			d, err := decodeDecision(r[4:])
			if err != nil {
				return err
			}
			key, row := reconcile.BlockKey(r.int(0)), r.int(1)
			if last := len(found) - 1; last < 0 || found[last].Key != key || found[last].Row != row {
				found = append(found, reconcile.SaidOf{Key: key, Row: row, PaymentID: r.text(2), Payer: r.text(3)})
			}
			last := &found[len(found)-1]
			last.Decisions = append(last.Decisions, d)
			return nil
		}, saidUnder+"("+list+") ORDER BY b.key, p.id, d.row_no", args...)
	})
	return found, err
}

// AddDecision implements reconcile.PaymentWriter. It fills d.ID and makes the payment due, for its
// outcome must follow.
func (t *txn) AddDecision(row int64, d *reconcile.Decision) error {
	var overruled driver.Value
	if len(d.Overruled) > 0 {
		var err error
		if overruled, err = document(d.Overruled); err != nil {
			return t.fail(err)
		}
	}
	id, err := t.insert(`INSERT INTO decision (owner, lead_id, call_id, product_id, none, undo, reason, made_by,
		made_at, confirmed, overruled, audited, verified, made_on)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, (SELECT id FROM payment WHERE row_no = ?1))`,
		row, orNull(d.LeadID), orNull(d.CallID), orNull(d.ProductID), flag(d.None), flag(d.Undo), orNull(d.Reason), orNull(d.By),
		micros(d.At), orNull(d.Confirmed), overruled, orNull(d.Audited), flag(d.Verified))
	if err != nil {
		return err
	}
	d.ID = id
	return t.due(row)
}
