package sqlite

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"pennytie/reconcile"
)

// invariant is something that must never be found. Its query counts what breaks it.
type invariant struct{ broken, query string }

// invariants are what the tables promise beyond their constraints.
func invariants() []invariant {
	return []invariant{
		{"identities without a key", `SELECT count(*) FROM identity i
			WHERE NOT EXISTS (SELECT 1 FROM identity_key k WHERE k.owner = i.row_no)`},
		{"blocking keys of no payment, lead or call", `SELECT count(*) FROM block_key b WHERE CASE
			WHEN kind IN (1, 2, 5) THEN NOT EXISTS (SELECT 1 FROM payment WHERE row_no = b.target)
			WHEN kind = 3 THEN NOT EXISTS (SELECT 1 FROM lead WHERE row_no = b.target)
			ELSE NOT EXISTS (SELECT 1 FROM call WHERE row_no = b.target) END`},
		{"blocking keys lost or left over", `SELECT abs(
			(SELECT count(*) FROM block_key)
			- (SELECT coalesce(sum(length(block_keys)), 0) / 8 FROM payment)
			- (SELECT coalesce(sum(length(twin_keys)), 0) / 8 FROM payment)
			- (SELECT coalesce(sum(length(payer_keys)), 0) / 8 FROM payment)
			- (SELECT coalesce(sum(length(block_keys)), 0) / 8 FROM lead)
			- (SELECT coalesce(sum(length(block_keys)), 0) / 8 FROM call))`},
		{"payments with more refunded than captured and no exception", `SELECT count(*) FROM payment p
			WHERE p.refunded_amount > coalesce(p.captured_amount, p.amount)
			AND NOT EXISTS (SELECT 1 FROM due d WHERE d.row_no = p.row_no)
			AND NOT EXISTS (SELECT 1 FROM exception e WHERE e.owner = p.row_no
				AND (e.resolved_at IS NULL OR e.resolution IS NOT NULL) AND e.code = 'REFUND_EXCEEDS')`},
		{"attributions without a lead", `SELECT count(*) FROM outcome
			WHERE match_state IN ('auto', 'suggested') AND lead_id IS NULL`},
		{"leads given to payments without an attribution", `SELECT count(*) FROM outcome
			WHERE match_state IN ('ambiguous', 'unmatched') AND lead_id IS NOT NULL`},
		{"joins of no record", `SELECT count(*) FROM claim_join j WHERE NOT EXISTS (SELECT 1 FROM source_record s
			WHERE s.id = j.id AND s.provider = j.provider AND s.source = j.source)`},
		{"payments neither matched nor due", `SELECT count(*) FROM payment p
			WHERE NOT EXISTS (SELECT 1 FROM outcome o WHERE o.owner = p.row_no)
			AND NOT EXISTS (SELECT 1 FROM due d WHERE d.row_no = p.row_no)`},
	}
}

// Check implements reconcile.Store. It first moves the write-ahead log into the file, because an I/O
// error in an automatic checkpoint is reported to nobody.
func (s *Store) Check(ctx context.Context) error {
	writer, err := s.takeWriter(ctx)
	if err != nil {
		return err
	}
	_, err = writer.pragma("PRAGMA wal_checkpoint(PASSIVE)")
	s.writer <- writer
	if err != nil {
		return fmt.Errorf("sqlite: checkpoint %s: %w", s.path, err)
	}
	return s.view(ctx, func(t *txn) error {
		for _, look := range []func() error{t.sound, t.related, t.invariant} {
			if err := look(); err != nil {
				return err
			}
		}
		return nil
	})
}

// sound looks at the pages, indexes and constraints. SQLite's findings name tables and pages, not values.
func (t *txn) sound() error {
	var findings []string
	err := t.each(func(r record) error {
		if finding := r.text(0); finding != "ok" {
			findings = append(findings, finding)
		}
		return nil
	}, "PRAGMA integrity_check(10)")
	if err != nil {
		return err
	}
	if len(findings) > 0 {
		return t.fail(fmt.Errorf("check: the file is damaged: %s: %w",
			strings.Join(findings, "; "), reconcile.ErrIntegrity))
	}
	return nil
}

func (t *txn) related() error {
	var broken []string
	err := t.each(func(r record) error {
		if len(broken) < 10 {
			broken = append(broken, fmt.Sprintf("%s row %d refers to a missing %s", r.text(0), r.int(1), r.text(2)))
		}
		return nil
	}, "PRAGMA foreign_key_check")
	if err != nil {
		return err
	}
	if len(broken) > 0 {
		return t.fail(fmt.Errorf("check: %s: %w", strings.Join(broken, "; "), reconcile.ErrIntegrity))
	}
	return nil
}

func (t *txn) invariant() error {
	var failures []error
	for _, i := range invariants() {
		count, err := t.number(i.query)
		if err != nil {
			return err
		}
		if count > 0 {
			failures = append(failures, fmt.Errorf("check: %d %s: %w", count, i.broken, reconcile.ErrIntegrity))
		}
	}
	if err := errors.Join(failures...); err != nil {
		return t.fail(err)
	}
	return nil
}
