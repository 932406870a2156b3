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
	var pulls []*puller
	for _, records := range []bool{true, false} {
		for i := range e.Sources {
			source := &e.Sources[i]
			if source.Records != records || fatal != nil {
				continue
			}
			p := &puller{Engine: e, source: source, fresh: map[reconcile.Ref]bool{}}
			pulls = append(pulls, p)
			fatal = p.pull(ctx)
		}
	}
	for _, p := range pulls {
		if fatal == nil {
			fatal = p.recheck(ctx)
		}
		if p.source.Records {
			run.Records = append(run.Records, p.result)
		} else {
			run.Sources = append(run.Sources, p.result)
		}
		if p.failed != nil {
			failed = errors.Join(failed, &SourceError{Source: p.source.Name, Err: p.failed})
		}
		if p.result.Quarantined > 0 {
			failed = errors.Join(failed, &QuarantineError{Source: p.source.Name, Rows: p.result.Quarantined})
		}
	}
	return failed, fatal
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
func (p *puller) pull(ctx context.Context) (fatal error) {
	p.result = reconcile.SourceResult{Name: p.source.Name, Provider: p.source.Kind, State: reconcile.SourceFailed}
	if p.progress, fatal = p.loadProgress(ctx, p.source.Name); fatal != nil {
		return fatal
	}
	if p.source.Fresh {
		p.progress.Cursor = ""
	}
	if p.failed = p.source.Err; p.failed == nil {
		p.failed, fatal = p.settleSent(ctx)
	}
	if p.failed == nil && fatal == nil {
		p.failed, fatal = p.pages(ctx)
	}
	if p.failed == nil && fatal == nil {
		var again, past error // the one does not wait for the other: a row that cannot be read by id must not end both
		if again, fatal = p.reread(ctx); fatal == nil {
			past, fatal = p.rescan(ctx)
		}
		p.failed = errors.Join(again, past)
	}
	if fatal == nil {
		fatal = ctx.Err()
	}
	if fatal = p.conclude(ctx, fatal); fatal != nil {
		return fatal
	}
	if p.result.Warning = p.endsSoon(p.source); p.result.Warning != "" {
		p.Log.Warn(p.result.Warning, zap.String("source", p.source.Name))
	}
	p.Log.Info("pulled", zap.String("source", p.source.Name), zap.String("state", string(p.result.State)),
		zap.Int("read", p.result.Read), zap.Int("new", p.result.New), zap.Int("changed", p.result.Changed),
		zap.Int("quarantined", p.result.Quarantined))
	return nil
}

// conclude says how far the source came, and keeps why it came no further.
func (p *puller) conclude(ctx context.Context, fatal error) error {
	switch {
	case fatal == nil && p.failed == nil:
		p.result.State = reconcile.SourceComplete
		return nil
	case p.result.Read > 0:
		p.result.State = reconcile.SourceIncomplete
	}
	if fatal != nil {
		return fatal
	}
	p.result.Error = p.failed.Error()
	p.progress.Complete, p.progress.Error = false, p.result.Error
	return p.update(ctx, func(tx reconcile.Tx) error { return tx.PutProgress(p.progress) })
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
	at := ends.UTC().Format(time.RFC3339)
	if ends.After(e.AsOf) {
		return fmt.Sprintf("the credential of %s ends at %s: log in again and store the new one before that", source.Name, at)
	}
	return fmt.Sprintf("the credential of %s ended at %s: log in again and store the new one", source.Name, at)
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
	failed   error                  // why the source came no further
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
	return p.storeWith(ctx, page, func(reconcile.Tx) error { return nil })
}

// storeWith is store with more to do in the same transaction.
func (p *puller) storeWith(ctx context.Context, page *reconcile.Page, more func(reconcile.Tx) error) error {
	var counts reconcile.SourceResult
	err := p.update(ctx, func(tx reconcile.Tx) error {
		counts = reconcile.SourceResult{}
		w := pageWriter{Engine: p.Engine, tx: tx, source: p.source, counts: &counts}
		if err := w.write(page); err != nil {
			return err
		}
		if err := more(tx); err != nil {
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
	for i := range page.Payouts {
		if page.Payouts[i].Open {
			p.fresh[reconcile.Ref{Kind: reconcile.RefPayout, ID: page.Payouts[i].ID}] = true
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

// recheck reads by id what the source says of payments whose money changed at any source: a claim that was stored before
// cannot agree with a refund that was made since, and no list may show it for nights to come.
func (p *puller) recheck(ctx context.Context) (fatal error) {
	fetcher, can := p.source.Provider.(reconcile.Fetcher)
	if !can || p.failed != nil {
		return nil // what was noted waits for the next run
	}
	for {
		var refs []reconcile.Ref
		err := p.Store.View(ctx, func(r reconcile.Reader) (err error) {
			refs, err = r.Rechecks(p.source.Name, fetchAtOnce)
			return err
		})
		if err != nil || len(refs) == 0 {
			return err
		}
		page, err := fetcher.Fetch(ctx, refs)
		if err != nil {
			p.failed = err
			return p.conclude(ctx, ctx.Err())
		}
		err = p.storeWith(ctx, &page, func(tx reconcile.Tx) error {
			for _, ref := range refs {
				if err := tx.DropRecheck(p.source.Name, ref.ID); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
}
