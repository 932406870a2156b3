package walk

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"pennytie/reconcile"
)

const (
	// lag keeps a pull away from the present: an object of the last seconds may not be listed yet.
	lag = 60 * time.Second
	// span is the length of a window. Windows go oldest first, so that a failure leaves a usable prefix.
	span = 30 * 24 * time.Hour
)

// Stream is one list of the account.
type Stream struct {
	Name string
	// Overlap is how far before its mark a pull reads again.
	Overlap time.Duration
	// Early is how far before Since the first pull begins.
	Early time.Duration
	Whole bool // has no windows: read from end to end by each pull, and never by a re-scan
	Once  bool // read by a pull only: what becomes of its rows is followed in another way
	// Read appends one page to page and says where the next begins; empty is the end of the list.
	Read func(ctx context.Context, q Query, page *reconcile.Page) (next string, err error)
}

// Query is one page of a list: a half-open stretch of time and the place after which the page begins, in the
// service's own words. A zero bound is none.
type Query struct {
	From, To time.Time
	After    string
	Now      time.Time // of the pull: the same for all its pages, so that the pull of a busy account ends
}

// Walk is how one account is read; a provider embeds it. It is safe for concurrent use.
type Walk struct {
	Service string   // its name, also for errors
	Streams []Stream // in the order of a pull: what others refer to comes first
	// Covers names the stream whose windows tell which payment dates a pull is complete for.
	Covers string
	Since  time.Time // zero: all that the account has
	Now    func() time.Time
	// Scope names what of the service is read, e.g. its address and filters: with another one a pull starts over.
	Scope string

	mu    sync.Mutex
	today time.Time // the clock of the pull this instance is in; zero before the first
}

// Name is the service's. It has the contract of reconcile.Provider, as Pull.
func (w *Walk) Name() string { return w.Service }

// Pull reads the next page. A pull that another process began ends where that would have, and what has come since is
// read after it, overlap and all.
func (w *Walk) Pull(ctx context.Context, from reconcile.Cursor) (reconcile.Page, error) {
	at, err := w.parse(from)
	if err != nil {
		return reconcile.Page{}, err
	}
	now, taken := w.clock(at)
	present := now.Add(-lag).Unix()
	open := func(c *cursor, streams []Stream) *window { return w.open(c.Marks, streams, c.Until) }
	if at.stream(w.Streams) < 0 { // a new pull, or the stream was switched off while it was being read
		at.Until = present
		at.At = open(&at, w.Streams)
	}
	if at.Until == 0 || at.Until > present { // begun by an older program, or by a clock that was ahead
		at.Until = present
	}
	page, err := w.page(ctx, &at, now, at.Until, taken, open)
	if err != nil {
		return page, err
	}
	if at.At == nil && at.Until < present {
		at.Until = present
		at.At = open(&at, w.Streams)
	}
	if at.At == nil {
		at.Until = 0
		page.Covers = w.covers(at, present)
	}
	return w.finish(at, page)
}

// Rescan reads the next page of a stretch that was read before. It has the contract of reconcile.Rescanner.
func (w *Walk) Rescan(ctx context.Context, past reconcile.Span, from reconcile.Cursor) (reconcile.Page, error) {
	at, err := w.parse(from)
	if err != nil {
		return reconcile.Page{}, err
	}
	open := func(_ *cursor, streams []Stream) *window {
		for _, s := range streams {
			if !s.Whole && !s.Once && past.From.Before(past.Through) {
				begin := past.From.Unix()
				return &window{Stream: s.Name, Floor: begin, From: begin,
					To: min(begin+seconds(span), past.Through.Unix())}
			}
		}
		return nil
	}
	if at.At == nil {
		at.At = open(&at, w.Streams)
	}
	page, err := w.page(ctx, &at, w.Now(), past.Through.Unix(), false, open)
	if err != nil {
		return page, err
	}
	if page, err = w.finish(at, page); !page.More {
		page.Next = "" // a re-scan leaves no marks
	}
	return page, err
}

// page reads where the cursor stands and moves it on. taken is that of a pull which another process began: a place that the
// service no longer knows is then given up, and its window read from its first page.
func (w *Walk) page(ctx context.Context, at *cursor, now time.Time, until int64, taken bool,
	open func(*cursor, []Stream) *window) (page reconcile.Page, err error) {
	if err := ctx.Err(); err != nil {
		return page, fmt.Errorf("%s: %w: %w", w.Service, reconcile.ErrTransient, err)
	}
	index := at.stream(w.Streams)
	if index < 0 {
		return page, nil
	}
	s := w.Streams[index]
	page.Note = at.At.note(s)
	next, err := s.Read(ctx, at.At.query(s, now), &page)
	if taken && at.At.After != "" && errors.Is(err, reconcile.ErrInvalid) {
		at.At.restart()
		page = reconcile.Page{Note: page.Note}
		next, err = s.Read(ctx, at.At.query(s, now), &page)
	}
	if err == nil {
		err = w.step(at, index, until, next, open)
	}
	if err != nil {
		return reconcile.Page{}, err
	}
	return page, nil
}

// finish writes the cursor into the page.
func (w *Walk) finish(at cursor, page reconcile.Page) (_ reconcile.Page, err error) {
	page.More = at.At != nil
	if page.Next, err = w.text(at); err != nil {
		return reconcile.Page{}, err
	}
	return page, nil
}

// clock fixes the present for a pull, and says whether the pull was begun by another process. It moves when a pull begins and
// when one is taken up.
func (w *Walk) clock(at cursor) (now time.Time, taken bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	taken = at.At != nil && w.today.IsZero()
	if at.At == nil || taken {
		w.today = w.Now()
	}
	return w.today, taken
}

// step moves the cursor past a page: on in the window, to the next window, to the next stream, or to the end.
func (w *Walk) step(at *cursor, index int, until int64, next string, open func(*cursor, []Stream) *window) error {
	here := at.At
	if next != "" {
		if err := here.advance(next); err != nil {
			return fmt.Errorf("%s: list of %s: %w: %w", w.Service, here.Stream, err, reconcile.ErrInvalid)
		}
		return nil
	}
	if !w.Streams[index].Whole {
		at.setMark(*here)
		if here.To < until {
			at.At = &window{Stream: here.Stream, Floor: here.Floor, From: here.To, To: min(here.To+seconds(span), until)}
			return nil
		}
	}
	at.At = open(at, w.Streams[index+1:])
	return nil
}

// open makes the first window of the first stream that has anything to read, or nil.
func (w *Walk) open(marks map[string]mark, streams []Stream, until int64) *window {
	for _, s := range streams {
		if s.Whole {
			return &window{Stream: s.Name}
		}
		here := window{Stream: s.Name, Floor: w.floor(s)}
		here.From = here.Floor
		base := here.Floor
		// An earlier Since than last time starts over; a later one goes on from the mark, so that nothing
		// between the mark and Since is lost.
		if m, known := marks[s.Name]; known && m.From <= here.Floor {
			base = min(m.To, until) // a clock that was ahead does not hide what has come since
			here.Floor, here.From = m.From, max(m.From, base-seconds(s.Overlap))
		}
		here.To = until
		if base != 0 { // without a lower bound there is one window: nobody knows where the first month is
			here.To = min(base+seconds(span), until)
		}
		if here.From < here.To {
			return &here
		}
	}
	return nil
}

// floor is where a stream begins, in Unix seconds, 0 for the beginning of the account.
func (w *Walk) floor(s Stream) int64 {
	if w.Since.IsZero() {
		return 0
	}
	return max(0, w.Since.Add(-s.Early).Unix())
}

// covers is the span of payment dates that the pull is complete for: what was read, not what is configured since it began.
func (w *Walk) covers(at cursor, present int64) reconcile.Span {
	m, known := at.Marks[w.Covers]
	if !known {
		return reconcile.Span{}
	}
	covered := reconcile.Span{Through: time.Unix(min(m.To, present), 0).UTC()}
	if !w.Since.IsZero() {
		covered.From = w.Since.UTC()
	}
	for _, s := range w.Streams {
		if read := time.Unix(m.From, 0).UTC(); s.Name == w.Covers && m.From > w.floor(s) && read.After(covered.From) {
			covered.From = read
		}
	}
	return covered
}

func seconds(d time.Duration) int64 { return int64(d / time.Second) }

func (w *window) query(s Stream, now time.Time) Query {
	q := Query{After: w.After, Now: now}
	if s.Whole {
		return q
	}
	if w.From != 0 {
		q.From = time.Unix(w.From, 0).UTC()
	}
	q.To = time.Unix(w.To, 0).UTC()
	return q
}

// note is the window in words, for progress.
func (w *window) note(s Stream) string {
	day := func(at int64) string { return time.Unix(at, 0).UTC().Format(time.DateOnly) }
	switch {
	case s.Whole:
		return w.Stream
	case w.From == 0:
		return w.Stream + " to " + day(w.To)
	}
	return w.Stream + " " + day(w.From) + " to " + day(w.To)
}
