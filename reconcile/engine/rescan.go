package engine

import (
	"context"
	"fmt"
	"time"

	"pennytie/reconcile"
)

// Rescan says how a source's past is read again: no list answers what changed since.
type Rescan struct {
	Past   time.Duration // how far back; 0: never
	Nights int           // over how many nights that is spread
}

const (
	night = 24 * time.Hour
	// fewestGone and half of what should be there, both since the re-scan began at the beginning: a source that seems to
	// have lost more is not believed.
	fewestGone = 4
)

// stretch is the part of the past whose turn it is: as much as belongs to the nights since the last part, from where that
// ended, and again from the beginning. Nothing is due on the night that reads everything for the first time.
func (r Rescan) stretch(p *reconcile.SourceProgress, asOf time.Time) (past reconcile.Span, due bool) {
	oldest, newest := asOf.Add(-r.Past), p.Covers.Through
	if oldest.Before(p.Covers.From) {
		oldest = p.Covers.From
	}
	if p.RescannedAt.After(asOf) { // a clock that was ahead once
		p.RescannedAt = asOf.Add(-night)
	}
	if p.RescannedAt.IsZero() {
		p.RescannedAt, p.RescannedTo = asOf, oldest
		return past, false
	}
	nights := min(int((asOf.Sub(p.RescannedAt)+night/6)/night), r.Nights) // a run that is some hours early is the next night's
	if nights < 1 || r.Nights < 1 {
		return past, false
	}
	past.From = p.RescannedTo
	if past.From.Before(oldest) || !past.From.Before(newest) {
		past.From = oldest
	}
	past.Through = past.From.Add(r.Past / time.Duration(r.Nights) * time.Duration(nights))
	if p.RescannedTo.IsZero() { // the one before came to its end
		p.Looked, p.Lost = 0, 0
	}
	p.RescannedAt, p.RescannedTo = p.RescannedAt.Add(time.Duration(nights)*night), past.Through
	if asOf.Sub(p.RescannedAt) >= night || p.RescannedAt.After(asOf) {
		p.RescannedAt = asOf
	}
	if !past.Through.Before(newest) { // all of it was read: from the beginning again, for the end moves on every night
		past.Through, p.RescannedTo = newest, time.Time{}
	}
	return past, past.From.Before(past.Through)
}

// rescan reads tonight's part of the past again, by lists, and asks by id for what the lists did not show: only what the
// source does not know by id either is gone.
func (p *puller) rescan(ctx context.Context) (failed, fatal error) {
	scanner, can := p.source.Provider.(reconcile.Rescanner)
	if !can || p.source.Rescan.Past <= 0 || p.progress.Covers.Through.IsZero() {
		return nil, nil
	}
	before := p.progress
	past, due := p.source.Rescan.stretch(&p.progress, p.AsOf)
	if due {
		after := p.progress
		p.progress = before // pages of a re-scan move nothing; one that is broken off begins anew
		var looked, lost int
		looked, lost, failed, fatal = p.scan(ctx, scanner, past, &after)
		if failed != nil || fatal != nil {
			return failed, fatal
		}
		after.Looked, after.Lost = after.Looked+looked, after.Lost+lost
		p.progress = after
	}
	if p.progress.RescannedAt.Equal(before.RescannedAt) {
		return nil, nil
	}
	return nil, p.update(ctx, func(tx reconcile.Tx) error { return tx.PutProgress(p.progress) })
}

// scan says how many records it looked at and how many of them are gone. cycle has those of the stretches before.
func (p *puller) scan(ctx context.Context, scanner reconcile.Rescanner, past reconcile.Span,
	cycle *reconcile.SourceProgress) (looked, lost int, failed, fatal error) {
	seen := map[string]bool{}
	from := reconcile.Cursor("")
	for range maxPages {
		page, err := scanner.Rescan(ctx, past, from)
		if err != nil {
			return 0, 0, err, nil
		}
		for i := range page.Payments {
			seen[page.Payments[i].ID] = true
		}
		if err := p.store(ctx, &page); err != nil {
			return 0, 0, nil, err
		}
		p.Engine.progress(Progress{Stage: "pull", Item: p.source.Name, Done: p.result.Read, Note: "again " + page.Note})
		if !page.More {
			return p.missed(ctx, past, seen, cycle)
		}
		from = page.Next
	}
	return 0, 0, fmt.Errorf("a re-scan of more than %d pages: %w", maxPages, reconcile.ErrInvalid), nil
}

// missed looks by id for the records of a stretch that its lists did not show.
func (p *puller) missed(ctx context.Context, past reconcile.Span, seen map[string]bool,
	cycle *reconcile.SourceProgress) (looked, lost int, failed, fatal error) {
	fetcher, can := p.source.Provider.(reconcile.Fetcher)
	if !can {
		return 0, 0, nil, nil // a list alone proves nothing
	}
	looked, missing, fatal := p.unseen(ctx, past, seen)
	if fatal != nil {
		return 0, 0, nil, fatal
	}
	var gone []reconcile.Ref
	for len(missing) > 0 {
		some := missing[:min(fetchAtOnce, len(missing))]
		missing = missing[len(some):]
		unknown, failed, fatal := p.lookUp(ctx, fetcher, some)
		if failed != nil || fatal != nil {
			return 0, 0, failed, fatal
		}
		gone = append(gone, unknown...)
		lost, of := cycle.Lost+len(gone), cycle.Looked+looked
		if lost > fewestGone && 2*lost > of {
			return 0, 0, fmt.Errorf("it knows neither by list nor by id %d of %d records that it had; no more were taken for gone: %w",
				lost, of, reconcile.ErrInvalid), nil
		}
	}
	return looked, len(gone), nil, p.vanish(ctx, gone)
}

// unseen lists the records of a stretch that are stored and were not seen, and counts all that are stored.
func (p *puller) unseen(ctx context.Context, past reconcile.Span, seen map[string]bool) (total int, missing []reconcile.Ref, err error) {
	err = p.Store.View(ctx, func(r reconcile.Reader) error {
		for after := ""; ; {
			refs, err := r.RefsBetween(p.source.Name, past, after, matchAtOnce)
			if err != nil || len(refs) == 0 {
				return err
			}
			total += len(refs)
			for _, ref := range refs {
				if !seen[ref.ID] {
					missing = append(missing, ref)
				}
			}
			after = refs[len(refs)-1].ID
		}
	})
	return total, missing, err
}

// lookUp reads rows by id and says which of them the source does not know.
func (p *puller) lookUp(ctx context.Context, fetcher reconcile.Fetcher, refs []reconcile.Ref) (gone []reconcile.Ref, failed, fatal error) {
	page, err := fetcher.Fetch(ctx, refs)
	if err != nil {
		return nil, err, nil
	}
	if len(page.Quarantined) > 0 && len(refs) > 1 { // which of them is unknown, and which only wrong?
		for i := range refs {
			lost, failed, fatal := p.lookUp(ctx, fetcher, refs[i:i+1])
			if failed != nil || fatal != nil {
				return nil, failed, fatal
			}
			gone = append(gone, lost...)
		}
		return gone, nil, nil
	}
	if err := p.store(ctx, &page); err != nil {
		return nil, nil, err
	}
	known := map[string]bool{}
	for i := range page.Payments {
		known[page.Payments[i].ID] = true
	}
	for _, ref := range refs {
		if !known[ref.ID] && len(page.Quarantined) == 0 {
			gone = append(gone, ref)
		}
	}
	return gone, nil, nil
}

// vanish marks records that their source no longer has. They stay, with the money that only they speak of.
func (p *puller) vanish(ctx context.Context, gone []reconcile.Ref) error {
	if len(gone) == 0 {
		return nil
	}
	return p.update(ctx, func(tx reconcile.Tx) error {
		w := pageWriter{Engine: p.Engine, tx: tx, source: p.source, counts: &reconcile.SourceResult{}}
		page := reconcile.Page{}
		for _, ref := range gone {
			_, record, err := tx.Record(p.source.Name, p.source.Provider.Name(), ref.ID)
			if err != nil {
				return fmt.Errorf("mark a record of %s as gone: %w", p.source.Name, err)
			}
			record.Gone, record.Open = true, false
			page.Payments = append(page.Payments, record)
		}
		return w.write(&page)
	})
}
