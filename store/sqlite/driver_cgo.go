//go:build cgo

package sqlite

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"syscall"

	"github.com/mattn/go-sqlite3"

	"pennytie/reconcile"
)

// connect opens a connection and runs the pragmas before anybody else sees it.
func connect(dsn string, pragmas []string) (driver.Conn, error) {
	setup := func(conn *sqlite3.SQLiteConn) error {
		for _, pragma := range pragmas {
			if _, err := conn.Exec("PRAGMA "+pragma, nil); err != nil {
				return err
			}
		}
		return nil
	}
	conn, err := (&sqlite3.SQLiteDriver{ConnectHook: setup}).Open(dsn)
	if err != nil {
		return nil, classify(err)
	}
	return conn, nil
}

// classify gives an error of the driver its kind. The driver's texts name tables and columns, not values.
func classify(err error) error {
	var failure sqlite3.Error
	if !errors.As(err, &failure) {
		return err
	}
	switch failure.Code {
	case sqlite3.ErrConstraint:
		switch failure.ExtendedCode {
		case sqlite3.ErrConstraintCheck, sqlite3.ErrConstraintNotNull, constraintDatatype:
			return fmt.Errorf("%w: %w", failure, reconcile.ErrInvalid)
		}
		return fmt.Errorf("%w: %w", failure, reconcile.ErrConflict)
	case sqlite3.ErrCorrupt, sqlite3.ErrNotADB:
		return fmt.Errorf("the file is damaged or no SQLite database: %w: %w", failure, reconcile.ErrIntegrity)
	case sqlite3.ErrFull: // the driver leaves SystemErrno empty
		return fmt.Errorf("disk is full: %w: %w", failure, syscall.ENOSPC)
	case sqlite3.ErrBusy, sqlite3.ErrLocked:
		return fmt.Errorf("another process is writing: %w: %w", failure, reconcile.ErrTransient)
	case sqlite3.ErrError:
		if strings.Contains(failure.Error(), "integer overflow") {
			return fmt.Errorf("a sum does not fit in 64 bits: %w: %w", failure, reconcile.ErrIntegrity)
		}
	}
	return err
}

// constraintDatatype is SQLITE_CONSTRAINT_DATATYPE, which the driver has no name for.
const constraintDatatype = sqlite3.ErrNoExtended(19 | 12<<8)
