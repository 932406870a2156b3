package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"

	"pennytie/reconcile"
)

// maxPages ends a pull that would never end: a provider that pages for ever is broken.
const maxPages = 1_000_000

// fetchAtOnce is how many rows are read again by id for one transaction.
const fetchAtOnce = 50

// pullAll reads every source, records first. A source that fails leaves the others to go on: failed joins those errors.
// fatal is a failure of the store or the end of the context.
func (e *Engine) pullAll(ctx context.Context, run *reconcile.Run) (failed, fatal error) {
	for _, records := range []bool{true, false} {
		for i := range e.Sources {
			source := &e.Sources[i]
			if source.Records != records {
				continue
			}
			result, err, fatal := e.pull(ctx, source)
			if records {
				run.Records = append(run.Records, result)
			} else {
				run.Sources = append(run.Sources, result)
			}
			if fatal != nil {
				return failed, fatal
			}
			if err != nil {
				failed = errors.Join(failed, &SourceError{Source: source.Name, Err: err})
			}
			if result.Quarantined > 0 {
				failed = errors.Join(failed, &QuarantineError{Source: source.Name, Rows: result.Quarantined})
			}
		}
	}
	return failed, nil
}

// SourceError says that a source could not be read to its end. What came of it, and the other sources, are stored.
type SourceError struct {
	Source string
	Err    error // with its kind
}

func (s *SourceError) Error() string { return "source " + s.Source + ": " + s.Err.Error() }

// Unwrap gives the cause.
func (s *SourceError) Unwrap() error { return s.Err }

// QuarantineError says that rows of a source were kept aside. The rest of the source is stored.
type QuarantineError struct {
	Source string
	Rows   int
}

func (q *QuarantineError) Error() string {
	return fmt.Sprintf("source %s: %d rows quarantined; see quarantine.csv in the report for file, line and reason", q.Source, q.Rows)
}

// pull reads one source to its end, then reads again what may have changed unseen.
func (e *Engine) pull(ctx context.Context, source *Source) (result reconcile.SourceResult, failed, fatal error) {
	p := &puller{Engine: e, source: source, fresh: map[reconcile.Ref]bool{}}
	p.result = reconcile.SourceResult{Name: source.Name, Provider: source.Kind, State: reconcile.SourceFailed}
	if p.progress, fatal = e.loadProgress(ctx, source.Name); fatal != nil {
		return p.result, nil, fatal
	}
	if source.Fresh {
		p.progress.Cursor = ""
	}
	failed = source.Err
	if failed == nil {
		failed, fatal = p.pages(ctx)
	}
	if failed == nil && fatal == nil {
		failed, fatal = p.reread(ctx)
	}
	if failed == nil && fatal == nil {
		failed, fatal = p.rescan(ctx)
	}
	if fatal == nil && ctx.Err() != nil {
		fatal = ctx.Err()
	}
	switch {
	case fatal != nil || failed != nil:
		if p.result.Read > 0 {
			p.result.State = reconcile.SourceIncomplete
		}
	default:
		p.result.State = reconcile.SourceComplete
	}
	if failed != nil && fatal == nil {
		p.result.Error = failed.Error()
		p.progress.Complete, p.progress.Error = false, failed.Error()
		fatal = e.update(ctx, func(tx reconcile.Tx) error { return tx.PutProgress(p.progress) })
	}
	if p.result.Warning = e.endsSoon(source); p.result.Warning != "" {
		e.Log.Warn(p.result.Warning, zap.String("source", source.Name))
	}
	e.Log.Info("pulled", zap.String("source", source.Name), zap.String("state", string(p.result.State)),
		zap.Int("read", p.result.Read), zap.Int("new", p.result.New), zap.Int("changed", p.result.Changed),
		zap.Int("quarantined", p.result.Quarantined))
	return p.result, failed, fatal
}

// endsSoon warns of a credential that nobody can renew but a person.
func (e *Engine) endsSoon(source *Source) string {
	const soon = 7 * 24 * time.Hour
	expirer, can := source.Provider.(reconcile.Expirer)
	if !can {
		return ""
	}
	ends := expirer.Expires()
	if ends.IsZero() || ends.Sub(e.AsOf) > soon {
		return ""
	}
	return fmt.Sprintf("the credential of %s ends at %s: log in again and store the new one before that",
		source.Name, ends.UTC().Format(time.RFC3339))
}

func (e *Engine) loadProgress(ctx context.Context, source string) (p reconcile.SourceProgress, err error) {
	err = e.Store.View(ctx, func(r reconcile.Reader) error {
		p, err = r.Progress(source)
		return err
	})
	p.Source = source
	return p, err
}

// puller is one pull under way.
type puller struct {
	*Engine
	source   *Source
	progress reconcile.SourceProgress
	result   reconcile.SourceResult
	fresh    map[reconcile.Ref]bool // open rows read in this pull: no need to read them again
}

// fetched is the answer of one call of Pull.
type fetched struct {
	page reconcile.Page
	err  error
}

// ask fetches a page while the one before is being stored.
func (p *puller) ask(ctx context.Context, from reconcile.Cursor) <-chan fetched {
	answer := make(chan fetched, 1)
	go func() {
		page, err := p.source.Provider.Pull(ctx, from)
		answer <- fetched{page, err}
	}()
	return answer
}

func (p *puller) pages(ctx context.Context) (failed, fatal error) {
	ctx, cancel := context.WithCancel(ctx)
	cursors := map[reconcile.Cursor]bool{}
	next := p.ask(ctx, p.progress.Cursor)
	defer func() {
		cancel()
		if next != nil {
			<-next // nothing of the provider runs on after the pull
		}
	}()
	for range maxPages {
		got := <-next
		next = nil
		page, err := got.page, got.err
		if err != nil {
			return err, nil
		}
		if page.More && cursors[page.Next] {
			return fmt.Errorf("the provider gave the same cursor twice: %w", reconcile.ErrInvalid), nil
		}
		cursors[page.Next] = true
		if page.More {
			next = p.ask(ctx, page.Next)
		}
		p.advance(&page)
		if err := p.store(ctx, &page); err != nil {
			return nil, err
		}
		p.Engine.progress(Progress{Stage: "pull", Item: p.source.Name, Done: p.result.Read, Note: page.Note})
		if !page.More {
			return nil, nil
		}
	}
	return fmt.Errorf("more than %d pages: %w", maxPages, reconcile.ErrInvalid), nil
}

func (p *puller) advance(page *reconcile.Page) {
	p.progress.Cursor = page.Next
	p.progress.Complete = !page.More
	p.progress.Error = ""
	for i := range page.Payments {
		p.progress.Saw(page.Payments[i].Claims())
	}
	if !page.More {
		p.progress.Covers = page.Covers
		p.progress.CompletedAt = p.AsOf
	}
}

// store commits a page with its cursor and counters, or nothing of it.
func (p *puller) store(ctx context.Context, page *reconcile.Page) error {
	var counts reconcile.SourceResult
	err := p.update(ctx, func(tx reconcile.Tx) error {
		counts = reconcile.SourceResult{}
		w := pageWriter{Engine: p.Engine, tx: tx, source: p.source, counts: &counts}
		if err := w.write(page); err != nil {
			return err
		}
		return tx.PutProgress(p.progress)
	})
	if err != nil {
		return err
	}
	p.count(&counts, page)
	return nil
}

func (p *puller) count(c *reconcile.SourceResult, page *reconcile.Page) {
	r, skipped := &p.result, page.Skipped
	r.New, r.Changed = r.New+c.New, r.Changed+c.Changed
	r.Unchanged += c.Unchanged + skipped.Unchanged
	r.Duplicate += c.Duplicate + skipped.Duplicate
	r.Quarantined += c.Quarantined + skipped.Quarantined
	r.Read += c.Read + skipped.Unchanged + skipped.Duplicate + skipped.Quarantined
	for i := range page.Payments {
		if s := &page.Payments[i]; s.Open {
			p.fresh[reconcile.Ref{Kind: string(s.Kind), ID: s.ID}] = true
		}
	}
	for i := range page.Refunds {
		if page.Refunds[i].Open {
			p.fresh[reconcile.Ref{Kind: reconcile.RefRefund, ID: page.Refunds[i].ID}] = true
		}
	}
	for i := range page.Disputes {
		if page.Disputes[i].Open {
			p.fresh[reconcile.Ref{Kind: reconcile.RefDispute, ID: page.Disputes[i].ID}] = true
		}
	}
}

// reread reads every row again by id that may have changed without being listed: no list of any service answers "what
// changed since".
func (p *puller) reread(ctx context.Context) (failed, fatal error) {
	fetcher, can := p.source.Provider.(reconcile.Fetcher)
	if !can {
		return nil, nil
	}
	for after := (reconcile.Ref{}); ; {
		var open []reconcile.Ref
		err := p.Store.View(ctx, func(r reconcile.Reader) (err error) {
			open, err = r.OpenRefs(p.source.Name, after, fetchAtOnce)
			return err
		})
		if err != nil || len(open) == 0 {
			return nil, err
		}
		after = open[len(open)-1]
		var stale []reconcile.Ref
		for _, ref := range open {
			if !p.fresh[ref] {
				stale = append(stale, ref)
			}
		}
		if len(stale) == 0 {
			continue
		}
		page, err := fetcher.Fetch(ctx, stale)
		if err != nil {
			return err, nil
		}
		if err := p.store(ctx, &page); err != nil {
			return nil, err
		}
		p.Engine.progress(Progress{Stage: "pull", Item: p.source.Name, Done: p.result.Read, Note: "re-reading open rows"})
	}
}
