package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
)

// session is one connection with its prepared statements, for one goroutine at a time.
type session struct {
	conn  driver.Conn
	stmts map[string]*statement
	args  []driver.NamedValue // reused: the driver binds before it returns
}

// statement is a prepared statement. While its rows are being read it is busy and cannot serve another call.
type statement struct {
	driver.Stmt
	columns int // of its rows; asked once, it is dear
	cached  bool
	busy    bool
}

func newSession(conn driver.Conn) *session {
	return &session{conn: conn, stmts: make(map[string]*statement)}
}

// prepare finds or makes a statement. A busy one gets a sibling, which is closed after use.
func (s *session) prepare(query string) (*statement, error) {
	known := s.stmts[query]
	if known != nil && !known.busy {
		return known, nil
	}
	made, err := s.conn.Prepare(query)
	if err != nil {
		return nil, classify(err)
	}
	stmt := &statement{Stmt: made, cached: known == nil}
	if stmt.cached {
		s.stmts[query] = stmt
	}
	return stmt, nil
}

// exec runs a statement. There is no context on purpose: a cancellable one costs a goroutine for each
// call and may roll back half of a transaction by itself.
func (s *session) exec(query string, args ...driver.Value) (driver.Result, error) {
	stmt, err := s.prepare(query)
	if err != nil {
		return nil, err
	}
	run, ok := stmt.Stmt.(driver.StmtExecContext)
	if !ok {
		return nil, errors.New("the SQLite driver cannot execute statements")
	}
	result, err := run.ExecContext(context.Background(), s.named(args))
	if !stmt.cached {
		err = errors.Join(err, stmt.Close())
	}
	if err != nil {
		return nil, classify(err)
	}
	return result, nil
}

// query starts a statement that gives rows, which must be closed.
func (s *session) query(query string, args ...driver.Value) (*rows, error) {
	stmt, err := s.prepare(query)
	if err != nil {
		return nil, err
	}
	run, ok := stmt.Stmt.(driver.StmtQueryContext)
	if !ok {
		return nil, errors.New("the SQLite driver cannot query")
	}
	opened, err := run.QueryContext(context.Background(), s.named(args))
	if err != nil {
		if !stmt.cached {
			err = errors.Join(err, stmt.Close())
		}
		return nil, classify(err)
	}
	stmt.busy = true
	if stmt.columns == 0 {
		stmt.columns = len(opened.Columns())
	}
	return &rows{rows: opened, stmt: stmt, record: make(record, stmt.columns)}, nil
}

// pragma reads the first value of the first row as text.
func (s *session) pragma(query string) (string, error) {
	found, err := s.query(query)
	if err != nil {
		return "", err
	}
	text := ""
	if found.next() && len(found.record) > 0 {
		text = fmt.Sprint(found.record[0])
	}
	return text, found.close()
}

func (s *session) named(args []driver.Value) []driver.NamedValue {
	s.args = s.args[:0]
	for i, value := range args {
		s.args = append(s.args, driver.NamedValue{Ordinal: i + 1, Value: value})
	}
	return s.args
}

func (s *session) close() error {
	var failures []error
	for _, stmt := range s.stmts {
		failures = append(failures, stmt.Close())
	}
	return errors.Join(append(failures, s.conn.Close())...)
}

// rows are the rows of one query. record holds the current one and is overwritten by the next.
type rows struct {
	rows   driver.Rows
	stmt   *statement
	record record
	err    error
}

func (r *rows) next() bool {
	if r.err != nil {
		return false
	}
	r.err = r.rows.Next(r.record)
	return r.err == nil
}

// close frees the statement and reports what ended the reading, if it was not the end of the rows.
func (r *rows) close() error {
	reset := r.rows.Close()
	r.stmt.busy = false
	if !r.stmt.cached {
		reset = errors.Join(reset, r.stmt.Close())
	}
	if r.err != nil && !errors.Is(r.err, io.EOF) {
		return classify(r.err) // the reset only repeats it
	}
	return classify(reset)
}
