package sqlite

import (
	"context"
	"fmt"
	"time"

	"pennytie/reconcile"
)

// holding is a lease as this handle took it. The fencing number tells it from a later one of the same name.
type holding struct {
	owner   string
	fencing int64
}

// Lease implements reconcile.Store. Taking it again under the same name extends it.
func (s *Store) Lease(ctx context.Context, owner string, now, expires time.Time) error {
	if owner == "" || !expires.After(now) {
		return fmt.Errorf("sqlite: a lease needs an owner and must end after it begins: %w", reconcile.ErrInvalid)
	}
	return s.update(ctx, func(t *txn) error {
		row, err := t.first("SELECT owner, fencing, expires_at FROM lease")
		if err != nil {
			return err
		}
		holder, fencing := row.text(0), row.int(1)
		if holder != "" && holder != owner && row.time(2).After(now) {
			return fmt.Errorf("sqlite: %s is in use by %s until %s: %w",
				s.path, holder, row.time(2).Format(time.RFC3339), reconcile.ErrConflict)
		}
		if s.held == nil || *s.held != (holding{holder, fencing}) {
			fencing++
		}
		_, err = t.exec(false, "UPDATE lease SET owner = ?, fencing = ?, expires_at = ?",
			owner, fencing, micros(expires))
		if err == nil {
			s.held = &holding{owner, fencing}
		}
		return err
	})
}

// Release implements reconcile.Store. A lease that another has taken over stays with that one.
func (s *Store) Release(ctx context.Context, owner string) error {
	return s.update(ctx, func(t *txn) error {
		if s.held == nil || s.held.owner != owner {
			return nil
		}
		_, err := t.exec(false, "UPDATE lease SET owner = NULL, expires_at = NULL WHERE owner = ? AND fencing = ?",
			owner, s.held.fencing)
		if err == nil {
			s.held = nil
		}
		return err
	})
}

// stillHolds fails once another has taken over the lease of this handle.
func (t *txn) stillHolds(held *holding) error {
	if held == nil {
		return nil
	}
	row, err := t.first("SELECT owner, fencing FROM lease")
	if err != nil {
		return err
	}
	if row.text(0) != held.owner || row.int(1) != held.fencing {
		holder := row.text(0)
		if holder == "" {
			holder = "somebody who has released it since"
		}
		return t.fail(fmt.Errorf("the lease of %s was taken over by %s: %w",
			held.owner, holder, reconcile.ErrConflict))
	}
	return nil
}
