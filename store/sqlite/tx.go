package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"iter"

	"pennytie/reconcile"
)

// txn is one transaction: a Reader, and for Update a Tx. It is used by one goroutine. Its first error
// is kept, and every call after it returns the same, because SQLite may have rolled back already.
type txn struct {
	ctx     context.Context // looked at between statements, never handed to one
	s       *session
	err     error
	over    bool
	writes  int
	moved   []int64 // see Moved
	empty   bool    // there was no payment when the transaction first looked, and none was put since
	looked  bool
	evicted bool // see evict
}

var errOver = errors.New("sqlite: used after its transaction ended")

// fail ends the transaction with its first error.
func (t *txn) fail(err error) error {
	if t.err == nil {
		t.err = fmt.Errorf("sqlite: %w", err)
	}
	return t.err
}

func (t *txn) ready() error {
	switch {
	case t.err != nil:
		return t.err
	case t.over:
		return errOver
	case t.ctx.Err() != nil:
		return t.fail(t.ctx.Err())
	}
	return nil
}

// exec runs a statement and says how many rows it wrote. counted rows are data.
func (t *txn) exec(counted bool, query string, args ...driver.Value) (int64, error) {
	if err := t.ready(); err != nil {
		return 0, err
	}
	result, err := t.s.exec(query, args...)
	if err != nil {
		return 0, t.fail(err)
	}
	written, err := result.RowsAffected()
	if err != nil {
		return 0, t.fail(err)
	}
	if counted {
		t.writes += int(written)
	}
	return written, nil
}

// insert adds a row of data and returns its number.
func (t *txn) insert(query string, args ...driver.Value) (int64, error) {
	if err := t.ready(); err != nil {
		return 0, err
	}
	result, err := t.s.exec(query, args...)
	if err != nil {
		return 0, t.fail(err)
	}
	t.writes++
	row, err := result.LastInsertId()
	if err != nil {
		return 0, t.fail(err)
	}
	return row, nil
}

// each calls fn for every row of a query; the record is valid until fn returns.
func (t *txn) each(fn func(record) error, query string, args ...driver.Value) error {
	if err := t.ready(); err != nil {
		return err
	}
	found, err := t.s.query(query, args...)
	if err != nil {
		return t.fail(err)
	}
	var failed error
	for failed == nil && found.next() {
		failed = fn(found.record)
	}
	closed := found.close()
	if failed != nil {
		return t.fail(failed)
	}
	if closed != nil {
		return t.fail(closed)
	}
	return nil
}

// first is the first row of a query, or nil.
func (t *txn) first(query string, args ...driver.Value) (record, error) {
	if err := t.ready(); err != nil {
		return nil, err
	}
	found, err := t.s.query(query, args...)
	if err != nil {
		return nil, t.fail(err)
	}
	row := found.record
	if !found.next() {
		row = nil
	}
	if err := found.close(); err != nil {
		return nil, t.fail(err)
	}
	return row, nil
}

// number is the first value of a query that always gives one.
func (t *txn) number(query string, args ...driver.Value) (int64, error) {
	row, err := t.first(query, args...)
	if err != nil || row == nil {
		return 0, err
	}
	return row.int(0), nil
}

// collect reads all rows of a query.
func collect[T any](t *txn, decode func(record) (T, error), query string,
	args ...driver.Value) ([]T, error) {
	var all []T
	err := t.each(func(r record) error {
		one, err := decode(r)
		all = append(all, one)
		return err
	}, query, args...)
	if err != nil {
		return nil, err
	}
	return all, nil
}

// stream reads rows as they are asked for. Breaking off closes the query; an error is the last element.
func stream[T any](t *txn, decode func(record) (T, error), query string,
	args ...driver.Value) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		if err := t.ready(); err != nil {
			yield(none, err)
			return
		}
		found, err := t.s.query(query, args...)
		if err != nil {
			yield(none, t.fail(err))
			return
		}
		open := true
		defer func() { // the consumer broke off or panicked
			if open {
				_ = found.close() // nothing was lost: the row that it wanted was read
			}
		}()
		for found.next() {
			one, err := decode(found.record)
			if err == nil {
				err = t.ctx.Err()
			}
			if err != nil {
				yield(none, t.fail(err))
				return
			}
			if !yield(one, nil) {
				return
			}
			if err := t.ready(); err != nil {
				yield(none, err)
				return
			}
		}
		open = false
		if err := found.close(); err != nil {
			yield(none, t.fail(err))
		}
	}
}

// Writes implements reconcile.Tx.
func (t *txn) Writes() int { return t.writes }

// rowNumber decodes a query of one integer column.
func rowNumber(r record) (int64, error) { return r.int(0), nil }

// Chunks of an IN list: a list is padded with its last element to one of two lengths, so that two
// statements serve all.
const (
	smallChunk = 16
	largeChunk = 256
)

// inChunks calls fn with the placeholders and arguments of one IN list after the other.
func inChunks[T any](values []T, arg func(T) driver.Value,
	fn func(list string, args []driver.Value) error) error {
	for len(values) > 0 {
		size, list := largeChunk, largeList
		if len(values) <= smallChunk {
			size, list = smallChunk, smallList
		}
		take := min(size, len(values))
		args := make([]driver.Value, size)
		for i := range args {
			args[i] = arg(values[min(i, take-1)])
		}
		if err := fn(list, args); err != nil {
			return err
		}
		values = values[take:]
	}
	return nil
}

var smallList, largeList = marks(smallChunk), marks(largeChunk)

func keyArg(key reconcile.BlockKey) driver.Value { return int64(key) }
func rowArg(row int64) driver.Value              { return row }
func textArg(text string) driver.Value           { return text }
