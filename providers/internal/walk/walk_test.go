package walk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pennytie/reconcile"
)

func day(n int) time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, n) }

func TestCursors(t *testing.T) {
	w := &Walk{Service: "test", Now: time.Now}
	for _, text := range []reconcile.Cursor{"x", "[]", `{"v":2}`, `{"v":1,"other":1}`, `"ch_1"`, `{"v":1,"at":5}`} {
		if _, err := w.parse(text); !errors.Is(err, reconcile.ErrInvalid) {
			t.Errorf("%s: %v", text, err)
		}
		if _, err := w.Rescan(t.Context(), reconcile.Span{}, text); !errors.Is(err, reconcile.ErrInvalid) {
			t.Errorf("re-scan from %s: %v", text, err)
		}
	}
	here := &window{}
	for i := range 100_000 { // a long honest list is no cycle
		if err := here.advance(fmt.Sprintf("ch_%d", i)); err != nil {
			t.Fatal(err)
		}
	}
	text, err := w.text(cursor{Version: 1, At: here})
	if err != nil || len(text) > 200 {
		t.Errorf("the cursor grows: %s, %v", text, err)
	}
}

// A list whose pages lead round in a circle of any length is found out.
func TestCycle(t *testing.T) {
	for _, length := range []int{1, 2, 3, 7, 50} {
		reads := 0
		w := &Walk{Service: "test", Now: func() time.Time { return day(5) }, Since: day(0), Covers: "rows",
			Streams: []Stream{{Name: "rows", Read: func(context.Context, Query, *reconcile.Page) (string, error) {
				reads++
				return fmt.Sprintf("place %d", reads%length), nil
			}}}}
		var from reconcile.Cursor
		var err error
		for err == nil && reads < 10*length+10 {
			var page reconcile.Page
			page, err = w.Pull(t.Context(), from)
			from = page.Next
		}
		if !errors.Is(err, reconcile.ErrInvalid) {
			t.Errorf("a circle of %d: %v after %d pages", length, err, reads)
		}
	}
}

func TestRescan(t *testing.T) {
	var asked []string
	read := func(name string) Stream {
		return Stream{Name: name, Overlap: 72 * time.Hour, Early: 24 * time.Hour,
			Read: func(_ context.Context, q Query, _ *reconcile.Page) (string, error) {
				asked = append(asked, fmt.Sprintf("%s %s %s %q", name, q.From.Format(time.DateOnly), q.To.Format(time.DateOnly), q.After))
				if q.After == "" && name == "b" {
					return "second", nil
				}
				return "", nil
			}}
	}
	whole := read("whole")
	whole.Whole = true
	once := read("once")
	once.Once = true
	w := &Walk{Service: "test", Now: func() time.Time { return day(400) }, Since: day(0), Covers: "a",
		Streams: []Stream{whole, read("a"), once, read("b")}}
	past := reconcile.Span{From: day(10), Through: day(50)}
	for from := reconcile.Cursor(""); ; {
		page, err := w.Rescan(t.Context(), past, from)
		if err != nil {
			t.Fatal(err)
		}
		if from = page.Next; !page.More {
			break
		}
	}
	want := []string{
		`a 2026-01-11 2026-02-10 ""`, `a 2026-02-10 2026-02-20 ""`,
		`b 2026-01-11 2026-02-10 ""`, `b 2026-01-11 2026-02-10 "second"`, `b 2026-02-10 2026-02-20 ""`, `b 2026-02-10 2026-02-20 "second"`,
	}
	if !slices.Equal(asked, want) {
		t.Errorf("asked %q\nwant  %q", asked, want)
	}
	asked = nil
	if page, err := w.Rescan(t.Context(), reconcile.Span{From: day(9), Through: day(9)}, ""); err != nil || page.More || asked != nil {
		t.Errorf("an empty stretch: %+v, %v, asked %q", page, err, asked)
	}
}

// shelf is a list of rows by time, two a page, whose places die with the day they were given on.
type shelf struct {
	rows    []time.Time
	seen    map[time.Time]int
	expired bool
}

func (s *shelf) stream(name string) Stream {
	return Stream{Name: name, Overlap: 72 * time.Hour, Read: func(_ context.Context, q Query, _ *reconcile.Page) (string, error) {
		if q.After != "" && s.expired {
			return "", fmt.Errorf("test: the place is not known: %w", reconcile.ErrInvalid)
		}
		var in []time.Time
		for _, at := range s.rows {
			if !at.Before(q.From) && at.Before(q.To) {
				in = append(in, at)
			}
		}
		skip := 0
		_, _ = fmt.Sscan(q.After, &skip)
		for _, at := range in[min(skip, len(in)):min(skip+2, len(in))] {
			s.seen[at]++
		}
		if skip+2 < len(in) {
			return fmt.Sprint(skip + 2), nil
		}
		return "", nil
	}}
}

func (s *shelf) walk(now int, since int, scope string) *Walk {
	return &Walk{Service: "test", Now: func() time.Time { return day(now) }, Since: day(since), Covers: "rows", Scope: scope,
		Streams: []Stream{s.stream("rows")}}
}

// end pulls from a cursor to the end, or some pages of it.
func end(t *testing.T, w *Walk, from reconcile.Cursor, pages int) reconcile.Page {
	t.Helper()
	for i := 1; ; i++ {
		page, err := w.Pull(t.Context(), from)
		if err != nil {
			t.Fatal(err)
		}
		if from = page.Next; !page.More || i == pages {
			return page
		}
	}
}

func newShelf(days int) *shelf {
	s := &shelf{seen: map[time.Time]int{}}
	for i := range days {
		s.rows = append(s.rows, day(i).Add(time.Hour))
	}
	return s
}

func (s *shelf) missing(before int) (n int) {
	for _, at := range s.rows {
		if at.Before(day(before).Add(-time.Minute)) && s.seen[at] == 0 {
			n++
		}
	}
	return n
}

// A clock that was ahead once hides nothing of what comes after.
func TestAClockThatWasAhead(t *testing.T) {
	s := newShelf(20)
	page := end(t, s.walk(50, 0, ""), "", 0)
	for i := 20; i < 30; i++ {
		s.rows = append(s.rows, day(i).Add(time.Hour))
		page = end(t, s.walk(i+1, 0, ""), page.Next, 0)
		if !page.Covers.Through.Equal(day(i + 1).Add(-time.Minute)) {
			t.Errorf("day %d: covers %v", i+1, page.Covers)
		}
	}
	if n := s.missing(30); n > 0 {
		t.Errorf("%d rows were not read", n)
	}
}

// A pull that another process began is ended, and then what came since is read with its overlap: a row that appeared late
// behind the place where the pull was broken off is not lost.
func TestTakenUp(t *testing.T) {
	s := newShelf(20)
	half := end(t, s.walk(20, 0, ""), "", 3)
	late := day(19).Add(30 * time.Minute)
	s.rows = append([]time.Time{late}, s.rows...)
	for i := 20; i < 25; i++ {
		s.rows = append(s.rows, day(i).Add(time.Hour))
	}
	last := end(t, s.walk(25, 0, ""), half.Next, 0)
	if n := s.missing(25); n > 0 || !last.Covers.Through.Equal(day(25).Add(-time.Minute)) {
		t.Errorf("%d rows were not read, covers %v", n, last.Covers)
	}
	if s.seen[day(19).Add(time.Hour)] < 2 {
		t.Error("the overlap was not read again")
	}
}

// A place that the service no longer knows is given up by who takes the pull up, and by nobody else.
func TestADeadPlace(t *testing.T) {
	s := newShelf(9)
	half := end(t, s.walk(9, 0, ""), "", 2)
	s.expired = true
	w := s.walk(9, 0, "")
	page, err := w.Pull(t.Context(), half.Next)
	if err != nil || !page.More {
		t.Fatalf("%+v, %v", page, err)
	}
	if _, err := w.Pull(t.Context(), page.Next); !errors.Is(err, reconcile.ErrInvalid) {
		t.Errorf("a place of the same pull: %v", err)
	}
	s.expired = false
	if end(t, w, page.Next, 0); s.missing(9) > 0 {
		t.Errorf("%d rows were not read", s.missing(9))
	}
}

// Another account or filter starts over; an earlier Since in the middle of a pull covers nothing that was not read.
func TestScopeAndSince(t *testing.T) {
	s := newShelf(20)
	done := end(t, s.walk(20, 0, "a"), "", 0)
	s.seen = map[time.Time]int{}
	if end(t, s.walk(20, 0, "b"), done.Next, 0); s.missing(20) > 0 {
		t.Errorf("another scope: %d rows were not read", s.missing(20))
	}
	half := end(t, s.walk(20, 10, "a"), "", 2)
	if page := end(t, s.walk(20, 0, "a"), half.Next, 0); !page.Covers.From.Equal(day(10)) {
		t.Errorf("covers %v", page.Covers)
	}
}
