package stripe

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"pennytie/reconcile"
)

// asked lists the windows that a list was asked for, without pages further down.
func (a *account) asked(path string) []string {
	var windows []string
	for _, r := range a.requests {
		q := r.URL.Query()
		if r.URL.Path != path || q.Get("starting_after") != "" {
			continue
		}
		text := ""
		for _, bound := range []string{"created[gte]", "created[lt]"} {
			when := "-"
			if q.Get(bound) != "" {
				var seconds int64
				_, _ = fmt.Sscan(q.Get(bound), &seconds)
				when = time.Unix(seconds, 0).UTC().Format("2006-01-02T15:04")
			}
			text += " " + when
		}
		windows = append(windows, strings.TrimSpace(text))
	}
	a.requests = nil
	return windows
}

// since moves the beginning of the configuration.
func since(days int) func(*Config) {
	return func(c *Config) { c.Since = testSince.AddDate(0, 0, days) }
}

// at moves the clock.
func at(days int) func(*Config) {
	return func(c *Config) { c.Now = func() time.Time { return testNow.AddDate(0, 0, days) } }
}

func expect(t *testing.T, a *account, what string, want map[string][]string) {
	t.Helper()
	all := a.requests
	for path, windows := range want {
		a.requests = all
		if got := a.asked(path); !slices.Equal(got, windows) {
			t.Errorf("%s: %s was asked for\n got %v\nwant %v", what, path, got, windows)
		}
	}
	a.requests = nil
}

func TestWindows(t *testing.T) {
	a := newAccount(t)
	all, _ := pull(t, a.provider(t), "")
	expect(t, a, "first", map[string][]string{
		pathProducts: {"- -"},
		pathCharges: {
			"2026-01-01T00:00 2026-01-31T00:00", "2026-01-31T00:00 2026-03-02T00:00",
			"2026-03-02T00:00 2026-03-20T11:59",
		},
		pathSessions: {
			"2025-12-25T00:00 2026-01-24T00:00", "2026-01-24T00:00 2026-02-23T00:00",
			"2026-02-23T00:00 2026-03-20T11:59",
		},
	})
	through := testNow.Add(-time.Minute)
	if all.Covers != (reconcile.Span{From: testSince, Through: through}) {
		t.Errorf("covers %v", all.Covers)
	}
	if strings.Contains(string(all.Next), `"at"`) || strings.Contains(string(all.Next), "after") {
		t.Errorf("a finished pull's cursor is %s", all.Next)
	}
	later := at(1)
	again, _ := pull(t, a.provider(t, later), all.Next)
	expect(t, a, "second", map[string][]string{
		pathProducts: {"- -"},
		pathCharges:  {"2026-03-20T11:49 2026-03-21T11:59"},
		pathRefunds:  {"2026-02-03T11:59 2026-03-21T11:59"},
		pathDisputes: {"2026-02-03T11:59 2026-03-21T11:59"},
		pathSessions: {"2026-03-13T11:59 2026-03-21T11:59"},
	})
	// A later Since must not lose what lies between the mark and it, an earlier one must be read.
	pull(t, a.provider(t, later, since(100)), again.Next)
	expect(t, a, "later since", map[string][]string{pathCharges: {"2026-03-21T11:49 2026-03-21T11:59"}})
	earlier, _ := pull(t, a.provider(t, later, since(-10)), again.Next)
	expect(t, a, "earlier since", map[string][]string{pathCharges: {
		"2025-12-22T00:00 2026-01-21T00:00", "2026-01-21T00:00 2026-02-20T00:00",
		"2026-02-20T00:00 2026-03-21T11:59",
	}})
	if earlier.Covers.From != testSince.AddDate(0, 0, -10) {
		t.Errorf("covers %v", earlier.Covers)
	}
	// No Since at all: one window, and then from the mark.
	whole, _ := pull(t, a.provider(t, func(c *Config) { c.Since = time.Time{} }), "")
	expect(t, a, "no since", map[string][]string{
		pathCharges: {"- 2026-03-20T11:59"}, pathSessions: {"- 2026-03-20T11:59"},
	})
	if !whole.Covers.From.IsZero() || !whole.Covers.Through.Equal(through) {
		t.Errorf("covers %v", whole.Covers)
	}
	pull(t, a.provider(t, later, func(c *Config) { c.Since = time.Time{} }), whole.Next)
	expect(t, a, "no since again", map[string][]string{pathCharges: {"2026-03-20T11:49 2026-03-21T11:59"}})
	// A clock that went back, or was ahead before: it covers what it has read by its own time, and what comes after is
	// read once the time is right again.
	back, _ := pull(t, a.provider(t, at(-30)), all.Next)
	if back.Covers.Through != through.AddDate(0, 0, -30) {
		t.Errorf("a clock that went back covers %v", back.Covers)
	}
	right, _ := pull(t, a.provider(t), back.Next)
	if right.Covers.Through != through {
		t.Errorf("the right clock covers %v", right.Covers)
	}
}

func TestLongAbsence(t *testing.T) {
	a := newAccount(t)
	all, _ := pull(t, a.provider(t), "")
	a.requests = nil
	pull(t, a.provider(t, at(70)), all.Next)
	expect(t, a, "after 70 days", map[string][]string{
		pathCharges: {
			"2026-03-20T11:49 2026-04-19T11:59", "2026-04-19T11:59 2026-05-19T11:59",
			"2026-05-19T11:59 2026-05-29T11:59",
		},
		pathRefunds: {
			"2026-02-03T11:59 2026-04-19T11:59", "2026-04-19T11:59 2026-05-19T11:59",
			"2026-05-19T11:59 2026-05-29T11:59",
		},
	})
}

// TestResumeLater kills a pull in the middle of a window and takes it up a day later.
func TestResumeLater(t *testing.T) {
	a := newAccount(t)
	p := a.provider(t)
	var cursor reconcile.Cursor
	for range 3 { // two pages of products, one of charges
		page, err := p.Pull(t.Context(), cursor)
		if err != nil {
			t.Fatal(err)
		}
		cursor = page.Next
	}
	a.requests = nil
	late := strings.Replace(minimalCharge("ch_late"), "1770000000", fmt.Sprint(testNow.Unix()+100), 1)
	a.put(t, pathCharges, json.RawMessage(late))
	rest, _ := pull(t, a.provider(t, at(1)), cursor)
	if a.requests[0].URL.Query().Get("starting_after") == "" {
		t.Error("the pull did not go on where it was")
	}
	if !slices.ContainsFunc(rest.Payments, func(r reconcile.SourceRecord) bool { return r.ID == "ch_late" }) {
		t.Error("a charge made between the two processes was not read")
	}
	if want := testNow.AddDate(0, 0, 1).Add(-time.Minute); !rest.Covers.Through.Equal(want) {
		t.Errorf("covers up to %v, want %v", rest.Covers.Through, want)
	}
}

// TestClockStandsDuringPull moves the clock with every page: the pull still ends where it began.
func TestClockStandsDuringPull(t *testing.T) {
	a := newAccount(t)
	now := testNow
	p := a.provider(t, func(c *Config) {
		c.Now = func() time.Time { now = now.Add(time.Hour); return now }
	})
	all, _ := pull(t, p, "")
	if want := testNow.Add(time.Hour - time.Minute); !all.Covers.Through.Equal(want) {
		t.Errorf("covers up to %v, want %v", all.Covers.Through, want)
	}
	again, _ := pull(t, p, all.Next) // the same process, the next night
	if !again.Covers.Through.After(all.Covers.Through) {
		t.Error("the second pull of a process stands still")
	}
}

func TestRowsAddedWhilePaging(t *testing.T) {
	a := newAccount(t)
	want, _ := pull(t, a.provider(t), "")
	n := 0
	a.before = func(_ int, _ http.ResponseWriter, r *http.Request) bool {
		n++
		id, created := fmt.Sprintf("ch_new%d", n), testNow.Unix()-61
		row := strings.Replace(minimalCharge(id), "1770000000", fmt.Sprint(created), 1)
		o := object{id: id, created: created, text: json.RawMessage(row)}
		if r.URL.Path == pathCharges && n < 30 {
			a.lists[pathCharges] = append([]object{o}, a.lists[pathCharges]...)
		}
		return false
	}
	got, _ := pull(t, a.provider(t), "")
	seen := map[string]bool{}
	for _, r := range got.Payments {
		seen[r.ID] = true
	}
	for _, r := range want.Payments {
		if !seen[r.ID] {
			t.Errorf("%s was skipped", r.ID)
		}
	}
}

func TestSinceInTheFuture(t *testing.T) {
	a := newAccount(t)
	page, err := a.provider(t, func(c *Config) {
		c.Since, c.Products = testNow.AddDate(0, 0, 30), false
	}).Pull(t.Context(), "")
	if err != nil || page.More || !page.Covers.Through.IsZero() || len(a.requests) > 0 {
		t.Errorf("got %+v, %v after %d requests", page, err, len(a.requests))
	}
}

func TestStreamSwitchedOff(t *testing.T) {
	a := newAccount(t)
	page, err := a.provider(t).Pull(t.Context(), "")
	if err != nil || !strings.Contains(string(page.Next), "products") {
		t.Fatalf("cursor %s, %v", page.Next, err)
	}
	all, _ := pull(t, a.provider(t, func(c *Config) { c.Products = false }), page.Next)
	if len(all.Payments) == 0 || all.Covers.Through.IsZero() {
		t.Error("the pull did not go on")
	}
}

func TestFetch(t *testing.T) {
	a := newAccount(t)
	p := a.provider(t)
	page, err := p.Fetch(t.Context(), []reconcile.Ref{
		{Kind: reconcile.RefPayment, ID: "ch_card"}, {Kind: reconcile.RefPayment, ID: "ch_unknown"},
		{Kind: reconcile.RefPayment, ID: "../refunds"}, {Kind: reconcile.RefPayment, ID: ""},
		{Kind: reconcile.RefPayment, ID: "ch_testmode"}, {Kind: reconcile.RefDetail, ID: "cs_live_guest"},
		{Kind: reconcile.RefRefund, ID: "re_done"}, {Kind: reconcile.RefDispute, ID: "dp_open"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(page.Payments) != 2 || len(page.Refunds) != 1 || len(page.Disputes) != 1 ||
		len(page.Quarantined) != 1 {
		t.Errorf("got %+v", page)
	}
	if len(a.requests) != 6 {
		t.Errorf("%d requests, want 6", len(a.requests))
	}
	got := a.requests[0].URL.Query()
	if len(got) != 3 || !strings.Contains(a.requests[0].URL.RawQuery, "balance_transaction") {
		t.Errorf("asked for %v", got)
	}
	_, err = p.Fetch(t.Context(), []reconcile.Ref{{Kind: "lead", ID: "x"}})
	if !errors.Is(err, reconcile.ErrInvalid) {
		t.Errorf("another kind: %v", err)
	}
	a.before = func(_ int, w http.ResponseWriter, _ *http.Request) bool {
		answer(w, 200, minimalCharge("ch_other"))
		return true
	}
	_, err = p.Fetch(t.Context(), []reconcile.Ref{{Kind: reconcile.RefPayment, ID: "ch_card"}})
	if !errors.Is(err, reconcile.ErrInvalid) {
		t.Errorf("another id: %v", err)
	}
}
