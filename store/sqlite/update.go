package sqlite

import (
	"context"
	"errors"

	"pennytie/reconcile"
)

// View implements reconcile.Store: fn reads one snapshot, taken before it starts.
func (s *Store) View(ctx context.Context, fn func(reconcile.Reader) error) error {
	return s.view(ctx, func(t *txn) error { return fn(t) })
}

func (s *Store) view(ctx context.Context, fn func(*txn) error) (err error) {
	reader, err := s.takeReader(ctx)
	if err != nil {
		return err
	}
	t := &txn{ctx: ctx, s: reader}
	defer func() {
		t.over = true
		_, ended := reader.exec("ROLLBACK") // nothing was written
		if returned := s.returnReader(reader); err == nil {
			err = errors.Join(ended, returned)
		}
	}()
	if _, err := t.exec(false, "BEGIN"); err != nil {
		return err
	}
	if _, err := t.number("SELECT fencing FROM lease"); err != nil { // the first read takes the snapshot
		return err
	}
	return t.result(fn(t))
}

// Update implements reconcile.Store: fn's writes are kept together, or none of them. There is one writer: an
// Update inside fn would wait for the one around it until ctx ends.
func (s *Store) Update(ctx context.Context, fn func(reconcile.Tx) error) error {
	return s.update(ctx, func(t *txn) error {
		if err := t.stillHolds(s.held); err != nil {
			return err
		}
		return fn(t)
	})
}

// update runs fn in the writer's transaction. Whatever way it is left (error, panic), only a commit keeps.
func (s *Store) update(ctx context.Context, fn func(*txn) error) error {
	writer, err := s.takeWriter(ctx)
	if err != nil {
		return err
	}
	defer func() { s.writer <- writer }()
	t := &txn{ctx: ctx, s: writer}
	if _, err := t.exec(false, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	committed := false
	defer func() {
		t.over = true
		if !committed {
			_, _ = writer.exec("ROLLBACK") // fails only where SQLite has rolled back by itself
		}
	}()
	if err := t.result(fn(t)); err != nil {
		return err
	}
	if err := t.settledIDs(); err != nil {
		return err
	}
	if _, err := writer.exec("COMMIT"); err != nil {
		return t.fail(err)
	}
	committed = true
	return nil
}

// result lets the transaction's own first error win over what the closure made of it.
func (t *txn) result(err error) error {
	if t.err != nil {
		return t.err
	}
	return err
}
