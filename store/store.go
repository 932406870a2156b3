// Package store picks the backend that keeps everything between runs.
//
// The command line calls it once per process. It must hold no SQL and no rules of its own: a backend
// is a folder beside it that passes the contract suite in storetest.
package store

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"pennytie/reconcile"
	"pennytie/reconcile/jobs"
	"pennytie/store/sqlite"
)

// Store is what a backend offers: the engine's port, and the scheduler's.
type Store interface {
	reconcile.Store
	jobs.Slots
}

// Open opens the store that url names: a plain path or sqlite:path is an SQLite file, made if it is
// missing. Its errors name the path but never a password.
func Open(ctx context.Context, url string) (Store, error) {
	scheme, rest, found := strings.Cut(url, ":")
	switch {
	case url == "":
		return nil, fmt.Errorf("store: no path given: %w", reconcile.ErrInvalid)
	case found && scheme == "sqlite":
		return openSQLite(ctx, rest)
	case found && (scheme == "postgres" || scheme == "postgresql"):
		return nil, errors.New("store: postgres is not supported yet; give the path of an SQLite file")
	case found && strings.HasPrefix(rest, "//"):
		return nil, fmt.Errorf("store: unknown scheme %q; give the path of an SQLite file", scheme)
	}
	return openSQLite(ctx, url)
}

// openSQLite keeps a nil *sqlite.Store from becoming a Store that is not nil.
func openSQLite(ctx context.Context, path string) (Store, error) {
	opened, err := sqlite.Open(ctx, path)
	if err != nil {
		return nil, err
	}
	return opened, nil
}
