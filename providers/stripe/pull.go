package stripe

import (
	"context"
	"fmt"
	"slices"
	"time"

	"pennytie/reconcile"
)

const (
	day = 24 * time.Hour
	// lag keeps a pull away from the present: an object of the last seconds may not be listed yet.
	lag = 60 * time.Second
	// span is the length of a window. Windows go oldest first, so that a failure leaves a usable prefix.
	span = 30 * day
)

// streamCharges is the stream that tells which payment dates a pull is complete for.
const streamCharges = "charges"

// stream is one list of the account.
type stream struct {
	name string
	// overlap is how far before its mark a pull reads again. Stripe lists an object by when it was made, not
	// by when it changed: a refund can turn from succeeded to failed weeks later
	// (https://docs.stripe.com/refunds#failed-refunds).
	overlap time.Duration
	// early is how far before Since the first pull begins.
	early time.Duration
	whole bool // has no windows: read from end to end by each pull
	read  func(ctx context.Context, q query, conv *converter, page *reconcile.Page) (tail, error)
}

// tail is how a page ends.
type tail struct {
	more bool
	last string
}

// streams gives the lists in the order of a pull: what others refer to comes first.
func (p *Provider) streams() []stream {
	list := []stream{
		{name: streamCharges, overlap: 10 * time.Minute, read: pageOf(p.client.listCharges, (*converter).charge, payments)},
		{name: "refunds", overlap: 45 * day, read: pageOf(p.client.listRefunds, (*converter).refund, refunds)},
		{name: "disputes", overlap: 45 * day, read: pageOf(p.client.listDisputes, (*converter).dispute, disputes)},
		// A session is made before its charge, up to days before with a delayed payment method.
		{name: "checkout sessions", overlap: 7 * day, early: 7 * day, read: pageOf(p.client.listSessions, (*converter).session, payments)},
	}
	if p.products {
		list = slices.Insert(list, 0, stream{name: "products", whole: true, read: pageOf(p.client.listProducts, (*converter).product, products)})
	}
	return list
}

// Pull implements reconcile.Provider: one page of Stripe's is one Page.
func (p *Provider) Pull(ctx context.Context, from reconcile.Cursor) (reconcile.Page, error) {
	at, err := parseCursor(from)
	if err != nil {
		return reconcile.Page{}, err
	}
	now, streams := p.clock(at), p.streams()
	until := now.Add(-lag).Unix()
	index := at.stream(streams)
	if index < 0 { // a new pull, or the stream was switched off while it was being read
		at.At = p.open(at.Marks, streams, until)
		index = at.stream(streams)
	}
	var page reconcile.Page
	if index >= 0 {
		page.Note = at.At.note(streams[index])
		end, err := streams[index].read(ctx, at.At.query(streams[index]), p.converter(now), &page)
		if err != nil {
			return reconcile.Page{}, err
		}
		if err := p.step(&at, streams, index, until, end); err != nil {
			return reconcile.Page{}, err
		}
	}
	if page.More = at.At != nil; !page.More {
		page.Covers = p.covers(at)
	}
	page.Next, err = at.text()
	if err != nil {
		return reconcile.Page{}, err
	}
	return page, nil
}

// clock fixes the present for a pull, so that a pull of a busy account ends. It moves when a pull begins and
// when another process's pull is taken up.
func (p *Provider) clock(at cursor) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	if at.At == nil || p.today.IsZero() {
		p.today = p.now()
	}
	return p.today
}

// step moves the cursor past a page: on in the window, to the next window, to the next stream, or to the end.
func (p *Provider) step(at *cursor, streams []stream, index int, until int64, end tail) error {
	w := at.At
	if end.more {
		if err := w.advance(end.last); err != nil {
			return fmt.Errorf("stripe: list of %s: %w: %w", w.Stream, err, reconcile.ErrInvalid)
		}
		return nil
	}
	if !streams[index].whole {
		at.setMark(*w)
		if w.To < until {
			at.At = &window{Stream: w.Stream, Floor: w.Floor, From: w.To, To: min(w.To+seconds(span), until)}
			return nil
		}
	}
	at.At = p.open(at.Marks, streams[index+1:], until)
	return nil
}

// open makes the first window of the first stream that has anything to read, or nil.
func (p *Provider) open(marks map[string]mark, streams []stream, until int64) *window {
	for _, s := range streams {
		if s.whole {
			return &window{Stream: s.name}
		}
		w := window{Stream: s.name, Floor: p.floor(s)}
		w.From = w.Floor
		base := w.Floor
		// An earlier Since than last time starts over; a later one goes on from the mark, so that nothing
		// between the mark and Since is lost.
		if m, known := marks[s.name]; known && m.From <= w.Floor {
			w.Floor, base = m.From, m.To
			w.From = max(m.From, m.To-seconds(s.overlap))
		}
		w.To = until
		if base != 0 { // without a lower bound there is one window: nobody knows where the first month is
			w.To = min(base+seconds(span), until)
		}
		if w.From < w.To {
			return &w
		}
	}
	return nil
}

// floor is where a stream begins, in Unix seconds, 0 for the beginning of the account.
func (p *Provider) floor(s stream) int64 {
	if p.since.IsZero() {
		return 0
	}
	return max(0, p.since.Add(-s.early).Unix())
}

// covers is the span of payment dates that the pull is complete for. A pull that was interrupted may have
// read charges up to an earlier instant than the rest.
func (p *Provider) covers(at cursor) reconcile.Span {
	m, known := at.Marks[streamCharges]
	if !known {
		return reconcile.Span{}
	}
	covered := reconcile.Span{Through: time.Unix(m.To, 0).UTC()}
	if !p.since.IsZero() {
		covered.From = p.since.UTC()
	}
	return covered
}

func seconds(d time.Duration) int64 { return int64(d / time.Second) }

// stream is the index of the stream that the cursor is in, or -1.
func (c *cursor) stream(streams []stream) int {
	if c.At == nil {
		return -1
	}
	return slices.IndexFunc(streams, func(s stream) bool { return s.name == c.At.Stream })
}

// setMark records that a window was read to its end. A clock that went back does not pull a mark back, a
// stream that starts over from an earlier floor does.
func (c *cursor) setMark(w window) {
	m := mark{From: w.Floor, To: w.To}
	if old, known := c.Marks[w.Stream]; known && old.From <= w.Floor {
		m.To = max(m.To, old.To)
	}
	if c.Marks == nil {
		c.Marks = map[string]mark{}
	}
	c.Marks[w.Stream] = m
}

func (w *window) query(s stream) query {
	if s.whole {
		return query{after: w.After}
	}
	return query{from: w.From, to: w.To, after: w.After}
}

// note is the window in words, for progress.
func (w *window) note(s stream) string {
	const layout = time.DateOnly
	switch {
	case s.whole:
		return w.Stream
	case w.From == 0:
		return w.Stream + " to " + time.Unix(w.To, 0).UTC().Format(layout)
	}
	return w.Stream + " " + time.Unix(w.From, 0).UTC().Format(layout) + " to " +
		time.Unix(w.To, 0).UTC().Format(layout)
}

// pageOf makes the read of a stream: list a page, convert its rows, append them where they belong.
func pageOf[T, R any](
	list func(context.Context, query) (listing[T], error), convert func(*converter, row[T]) (R, *fault),
	into func(*reconcile.Page) *[]R,
) func(context.Context, query, *converter, *reconcile.Page) (tail, error) {
	return func(ctx context.Context, q query, conv *converter, page *reconcile.Page) (tail, error) {
		rows, err := list(ctx, q)
		collect(conv, page, rows, func(r row[T]) (R, *fault) { return convert(conv, r) }, into(page))
		return tail{rows.more, rows.last()}, err
	}
}

func payments(page *reconcile.Page) *[]reconcile.SourceRecord { return &page.Payments }
func refunds(page *reconcile.Page) *[]reconcile.Refund        { return &page.Refunds }
func disputes(page *reconcile.Page) *[]reconcile.Dispute      { return &page.Disputes }
func products(page *reconcile.Page) *[]reconcile.Product      { return &page.Products }
