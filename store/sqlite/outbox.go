package sqlite

import (
	"database/sql/driver"

	"pennytie/reconcile"
)

const (
	outboxColumns = `source, provider, id, kind, payment, run, wanted, base, state, attempts, body, seen, echo, trouble,
		created_at, sent_at, done_at`
	selectOutbox = "SELECT row_no, " + outboxColumns + " FROM outbox "
	openIntents  = "state IN ('pending', 'sent-unknown')"
)

// PutIntent implements reconcile.Tx. The outbox is bookkeeping: what it leads to is data at the services.
func (t *txn) PutIntent(i *reconcile.Intent) error {
	wanted, err := document(i.Wanted.Facts)
	if err != nil {
		return t.fail(err)
	}
	echo, err := documentOrNull(i.Echo)
	if err != nil {
		return t.fail(err)
	}
	var trouble driver.Value
	if i.Trouble != (reconcile.Trouble{}) {
		if trouble, err = document(i.Trouble); err != nil {
			return t.fail(err)
		}
	}
	state := []driver.Value{i.Base, string(i.State), int64(i.Attempts), orNull(i.Body), orNull(i.Seen), echo, trouble,
		micros(i.SentAt), micros(i.DoneAt)}
	if i.ID != 0 {
		_, err := t.exec(false, `UPDATE outbox SET base = ?, state = ?, attempts = ?, body = ?, seen = ?, echo = ?, trouble = ?,
			sent_at = ?, done_at = ? WHERE row_no = ?`, append(state, i.ID)...)
		return err
	}
	err = t.each(func(r record) error { i.ID = r.int(0); return nil }, "INSERT INTO outbox ("+outboxColumns+") VALUES ("+marks(17)+
		") RETURNING row_no", i.Source, i.Provider, i.Record, string(i.Wanted.Kind), i.PaymentID, orNull(i.RunID), wanted, i.Base,
		string(i.State), int64(i.Attempts), orNull(i.Body), orNull(i.Seen), echo, trouble, micros(i.CreatedAt), micros(i.SentAt),
		micros(i.DoneAt))
	return err
}

func decodeIntent(r record) (reconcile.Intent, error) {
	i := reconcile.Intent{ID: r.int(0), Source: r.text(1), Provider: r.text(2), Record: r.text(3), PaymentID: r.text(5),
		RunID: r.text(6), Base: r.text(8), State: reconcile.IntentState(r.text(9)), Attempts: int(r.int(10)), Body: r.text(11),
		Seen: r.text(12), CreatedAt: r.time(15), SentAt: r.time(16), DoneAt: r.time(17)}
	i.Wanted.Kind = reconcile.IntentKind(r.text(4))
	for column, into := range map[int]any{7: &i.Wanted.Facts, 13: &i.Echo, 14: &i.Trouble} {
		if err := r.json(column, into); err != nil {
			return i, err
		}
	}
	return i, nil
}

// Outbox implements reconcile.OutboxReader.
func (t *txn) Outbox(source string, after int64, limit int) ([]reconcile.Intent, error) {
	return collect(t, decodeIntent, selectOutbox+"WHERE source = ? AND "+openIntents+" AND row_no > ? ORDER BY row_no LIMIT ?",
		source, after, int64(limit))
}

// IntentsOf implements reconcile.OutboxReader.
func (t *txn) IntentsOf(source, provider, id string) ([]reconcile.Intent, error) {
	return collect(t, decodeIntent, selectOutbox+"WHERE source = ? AND id = ? AND provider = ? ORDER BY row_no", source, id, provider)
}

// Waiting implements reconcile.OutboxReader.
func (t *txn) Waiting() (map[string]int, error) {
	waiting := map[string]int{}
	return waiting, t.each(func(r record) error { waiting[r.text(0)] = int(r.int(1)); return nil },
		"SELECT source, count(*) FROM outbox WHERE "+openIntents+" GROUP BY source")
}

// AnyIntents implements reconcile.OutboxReader.
func (t *txn) AnyIntents(source string) (bool, error) {
	any, err := t.number("SELECT EXISTS (SELECT 1 FROM outbox WHERE source = ?)", source)
	return any != 0, err
}
