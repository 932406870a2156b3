package sqlite

import (
	"database/sql/driver"
	"fmt"
	"iter"
	"strings"

	"pennytie/reconcile"
)

const selectBooked = "SELECT period, revision, part, content FROM booked_line "

// Periods implements reconcile.BookedReader.
func (t *txn) Periods() ([]reconcile.Period, error) {
	periods, err := collect(t, func(r record) (reconcile.Period, error) {
		return reconcile.Period{Name: r.text(0), From: r.text(1), Until: r.text(2), Organization: r.text(3), Zone: r.text(4),
			PII: r.text(5)}, nil
	}, "SELECT name, first_day, until_day, organization, zone, pii FROM closed_period ORDER BY first_day")
	if err != nil {
		return nil, err
	}
	for i := range periods {
		p := &periods[i]
		p.Revisions, err = collect(t, func(r record) (reconcile.Revision, error) {
			return reconcile.Revision{Number: int(r.int(0)), AsOf: r.time(1), Run: r.text(2), Reason: r.text(3)}, nil
		}, "SELECT revision, as_of, run, reason FROM closed_revision WHERE period = ? ORDER BY revision", p.Name)
		if err != nil {
			return nil, err
		}
	}
	return periods, nil
}

// Booked implements reconcile.BookedReader.
func (t *txn) Booked(f reconcile.BookedFilter) iter.Seq2[*reconcile.BookedLine, error] {
	var where []string
	var args []driver.Value
	for _, is := range []struct{ column, value string }{{"period", f.Period}, {"fact", f.Fact}} {
		if is.value != "" {
			where, args = append(where, is.column+" = ?"), append(args, is.value)
		}
	}
	query := selectBooked
	if len(where) > 0 {
		query += "WHERE " + strings.Join(where, " AND ")
	}
	return stream(t, decodeBooked, query+" ORDER BY row_no", args...)
}

func decodeBooked(r record) (*reconcile.BookedLine, error) {
	l := &reconcile.BookedLine{Period: r.text(0), Revision: int(r.int(1)), Part: reconcile.BookedPart(r.text(2))}
	return l, r.json(3, bookedContent(l))
}

// bookedContent is where the content of a line is kept, by its part.
func bookedContent(l *reconcile.BookedLine) any {
	switch l.Part {
	case reconcile.PartPayout:
		return &l.Payout
	case reconcile.PartException:
		return &l.Exception
	case reconcile.PartClearing:
		return &l.Clearing
	}
	return &l.Movement
}

// ClosePeriod implements reconcile.Tx. Closing is bookkeeping, as is what is booked.
func (t *txn) ClosePeriod(p *reconcile.Period) error {
	if p.Revision() == 1 {
		others, err := t.Periods()
		if err != nil {
			return err
		}
		for _, other := range others {
			if p.Overlaps(other) {
				return t.fail(fmt.Errorf("%s has days of %s: %w", p.Name, other.Name, reconcile.ErrClosed))
			}
		}
		if _, err := t.exec(false, `INSERT INTO closed_period (name, first_day, until_day, organization, zone, pii)
			VALUES (?, ?, ?, ?, ?, ?)`, p.Name, p.From, p.Until, p.Organization, p.Zone, p.PII); err != nil {
			return err
		}
	}
	last := p.Revisions[p.Revision()-1]
	_, err := t.exec(false, "INSERT INTO closed_revision (period, revision, as_of, run, reason) VALUES (?, ?, ?, ?, ?)",
		p.Name, int64(last.Number), micros(last.AsOf), orNull(last.Run), orNull(last.Reason))
	return err
}

// Book implements reconcile.Tx.
func (t *txn) Book(l *reconcile.BookedLine) error {
	content, err := document(bookedContent(l))
	if err != nil {
		return t.fail(err)
	}
	var id, fact driver.Value
	if l.Part.Moves() {
		id, fact = l.Movement.ID, l.Movement.Fact()
	}
	_, err = t.exec(false, "INSERT INTO booked_line (period, revision, part, id, fact, content) VALUES (?, ?, ?, ?, ?, ?)",
		l.Period, int64(l.Revision), string(l.Part), id, fact, content)
	return err
}
