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
	w := &Walk{Service: "test", Now: func() time.Time { return day(400) }, Since: day(0), Covers: "a",
		Streams: []Stream{whole, read("a"), read("b")}}
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
