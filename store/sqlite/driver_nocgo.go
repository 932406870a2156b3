//go:build !cgo

package sqlite

import (
	"database/sql/driver"
	"errors"
)

func connect(string, []string) (driver.Conn, error) {
	return nil, errors.New("this program was built with CGO_ENABLED=0 and has no SQLite: " +
		"build it with CGO_ENABLED=1 and a C compiler")
}

func classify(err error) error { return err }
