package sqlite

import (
	"database/sql/driver"
	"fmt"

	"pennytie/reconcile"
)

var (
	progress = newTable("progress", false, "source",
		"cursor, complete, covers_from, covers_through, completed_at, error, providers, rescanned_to, rescanned_at, looked, lost")
	runs     = newTable("run", false, "id", "started_at, content")
	policies = newTable("policy", false, "one", "fingerprint")
)

// Progress implements reconcile.RunReader.
func (t *txn) Progress(source string) (reconcile.SourceProgress, error) {
	row, err := t.first(progress.find, source)
	if err != nil || row == nil {
		return reconcile.SourceProgress{}, err
	}
	var providers []string
	if err := row.json(6, &providers); err != nil {
		return reconcile.SourceProgress{}, t.fail(err)
	}
	return reconcile.SourceProgress{
		Providers: providers,
		Source:    source, Cursor: reconcile.Cursor(row.text(0)), Complete: row.flag(1),
		Covers:      reconcile.Span{From: row.time(2), Through: row.time(3)},
		CompletedAt: row.time(4), Error: row.text(5), RescannedTo: row.time(7), RescannedAt: row.time(8),
		Looked: int(row.int(9)), Lost: int(row.int(10)),
	}, nil
}

// PutProgress implements reconcile.RunWriter.
func (t *txn) PutProgress(p reconcile.SourceProgress) error {
	providers, err := document(p.Providers)
	if err != nil {
		return t.fail(err)
	}
	_, _, err = t.put(progress, []driver.Value{p.Source}, []driver.Value{
		orNull(p.Cursor), flag(p.Complete), micros(p.Covers.From), micros(p.Covers.Through),
		micros(p.CompletedAt), orNull(p.Error), providers, micros(p.RescannedTo), micros(p.RescannedAt),
		int64(p.Looked), int64(p.Lost),
	}, nil)
	return err
}

// OpenRefs implements reconcile.RunReader: by kind, then id.
func (t *txn) OpenRefs(source string, after reconcile.Ref, limit int) ([]reconcile.Ref, error) {
	return collect(t, func(r record) (reconcile.Ref, error) {
		return reconcile.Ref{Kind: r.text(0), ID: r.text(1)}, nil
	}, `SELECT kind, id FROM source_record WHERE source = ?1 AND open = 1 AND (kind, id) > (?2, ?3)
		UNION SELECT 'dispute', id FROM dispute WHERE source = ?1 AND open = 1 AND ('dispute', id) > (?2, ?3)
		UNION SELECT 'payout', id FROM payout WHERE source = ?1 AND open = 1 AND ('payout', id) > (?2, ?3)
		UNION SELECT 'refund', id FROM refund WHERE source = ?1 AND open = 1 AND ('refund', id) > (?2, ?3)
		ORDER BY 1, 2 LIMIT ?4`, source, after.Kind, after.ID, int64(limit))
}

// PutRun implements reconcile.RunWriter.
func (t *txn) PutRun(r *reconcile.Run) error {
	content, err := document(r)
	if err != nil {
		return t.fail(err)
	}
	_, _, err = t.put(runs, []driver.Value{r.ID}, []driver.Value{micros(r.StartedAt), content}, nil)
	return err
}

// Runs implements reconcile.RunReader.
func (t *txn) Runs(limit int) ([]reconcile.Run, error) {
	return collect(t, valueOf(decodeContent[reconcile.Run]),
		"SELECT content FROM run ORDER BY started_at DESC, id DESC LIMIT ?", int64(limit))
}

// Run implements reconcile.RunReader.
func (t *txn) Run(id string) (reconcile.Run, error) {
	found, err := collect(t, valueOf(decodeContent[reconcile.Run]), "SELECT content FROM run WHERE id = ?", id)
	if err != nil {
		return reconcile.Run{}, err
	}
	if len(found) == 0 {
		return reconcile.Run{}, fmt.Errorf("sqlite: run %q: %w", id, reconcile.ErrNotFound)
	}
	return found[0], nil
}

// PutPolicy implements reconcile.RunWriter.
func (t *txn) PutPolicy(fingerprint string) (bool, error) {
	change, _, err := t.put(policies, []driver.Value{int64(1)}, []driver.Value{fingerprint}, nil)
	return change == reconcile.New || change == reconcile.Changed, err
}

// Counts implements reconcile.RunReader. A payment that was never matched is only in Payments.
func (t *txn) Counts(sources []string) (reconcile.Counts, error) {
	counts := reconcile.Counts{
		ByState:    make(map[reconcile.MatchState]int),
		Exceptions: make(map[reconcile.ExceptionCode]int),
		BySource:   make(map[string]reconcile.SourceCount),
	}
	err := t.each(func(r record) error {
		counts.Payments += int(r.int(1))
		counts.ByState[reconcile.MatchState(r.text(0))] += int(r.int(1))
		return nil
	}, `SELECT coalesce(o.match_state, 'unmatched'), count(*) FROM payment r LEFT JOIN outcome o ON o.owner = r.row_no `+
		ofSources+"GROUP BY 1", sourcesArg(sources))
	if err != nil {
		return counts, err
	}
	for _, of := range []struct {
		query string
		count func(c *reconcile.SourceCount, n int)
	}{
		{"SELECT source, count(*) FROM source_record r " + ofSources + "AND kind = 'payment' GROUP BY 1",
			func(c *reconcile.SourceCount, n int) { c.Records = n }},
		{"SELECT source, count(*) FROM payment r " + ofSources + "GROUP BY 1",
			func(c *reconcile.SourceCount, n int) { c.Payments = n }},
	} {
		err = t.each(func(r record) error {
			c := counts.BySource[r.text(0)]
			of.count(&c, int(r.int(1)))
			counts.BySource[r.text(0)] = c
			return nil
		}, of.query, sourcesArg(sources))
		if err != nil {
			return counts, err
		}
	}
	err = t.each(func(r record) error {
		counts.Exceptions[reconcile.ExceptionCode(r.text(0))] = int(r.int(1))
		return nil
	}, `SELECT e.code, count(*) FROM exception e LEFT JOIN payment p ON p.row_no = e.owner
		WHERE e.resolved_at IS NULL
			AND (?1 IS NULL OR p.source IS NULL OR p.source IN (SELECT value FROM json_each(?1)))
		GROUP BY 1`, sourcesArg(sources))
	return counts, err
}
