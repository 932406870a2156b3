package sqlite

import (
	"database/sql/driver"
	"fmt"

	"pennytie/reconcile"
)

// ofException selects what was said of an exception: owner, code, subject.
const ofException = " FROM resolution s WHERE s.owner IS ? AND s.code = ? AND s.subject = ?"

const selectResolutions = "SELECT s.reopen, s.reason, s.made_by, s.made_at, s.expected, s.actual"

func decodeResolution(r record) (reconcile.Resolution, error) {
	return reconcile.Resolution{Reopen: r.flag(0), Reason: r.text(1), By: r.text(2), At: r.time(3), Expected: r.text(4), Actual: r.text(5)}, nil
}

// Resolutions implements reconcile.PaymentReader.
func (t *txn) Resolutions(x *reconcile.Exception) ([]reconcile.Resolution, error) {
	return collect(t, decodeResolution, selectResolutions+ofException+" ORDER BY s.row_no", ownerOrNull(x.Row), string(x.Code), x.Subject)
}

// resolved says whether the last word on an exception, as it is, is that it is settled.
func (t *txn) resolved(row int64, e *reconcile.Exception) (bool, error) {
	last, err := t.first(selectResolutions+ofException+" AND s.expected IS ? AND s.actual IS ? ORDER BY s.row_no DESC LIMIT 1",
		ownerOrNull(row), string(e.Code), e.Subject, orNull(e.Expected), orNull(e.Actual))
	return last != nil && !last.flag(0), err
}

// Resolve implements reconcile.PaymentWriter.
func (t *txn) Resolve(x *reconcile.Exception, r *reconcile.Resolution) error {
	owner := ownerOrNull(x.Row)
	said, err := t.insert(`INSERT INTO resolution (owner, code, subject, expected, actual, reopen, reason, made_by, made_at, made_on)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, owner, string(x.Code), x.Subject, orNull(x.Expected), orNull(x.Actual),
		flag(r.Reopen), orNull(r.Reason), orNull(r.By), micros(r.At), orNull(x.PaymentID))
	if err != nil {
		return err
	}
	change, wanted := "UPDATE exception SET resolved_at = ?7, resolution = ?8", "resolved_at IS NULL"
	args := []driver.Value{owner, string(x.Code), x.Subject, orNull(x.Expected), orNull(x.Actual), micros(x.OpenedAt)}
	if r.Reopen {
		change, wanted = "UPDATE exception SET resolved_at = NULL, resolution = NULL", "resolution IS NOT NULL"
	} else {
		args = append(args, micros(r.At), said)
	}
	changed, err := t.exec(true, change+` WHERE owner IS ?1 AND code = ?2 AND subject = ?3 AND expected IS ?4 AND actual IS ?5
		AND opened_at = ?6 AND `+wanted, args...)
	if err == nil && changed != 1 {
		err = t.fail(fmt.Errorf("exception %s is not as it was read: %w", x.ID(), reconcile.ErrInvalid))
	}
	if err != nil || !r.Reopen || x.Row == 0 {
		return err
	}
	return t.due(x.Row)
}
