package providertest

import (
	"context"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"pennytie/reconcile"
)

func checkEnd(t *testing.T, h Harness) {
	p := h.New(t)
	if p.Name() == "" {
		t.Error("provider has no name")
	}
	pages := Pull(t, h, p, "")
	for i, page := range pages[:len(pages)-1] {
		if page.Covers != (reconcile.Span{}) {
			t.Errorf("page %d of %d covers something already", i+1, len(pages))
		}
	}
	last := pages[len(pages)-1]
	if last.Covers.Through.IsZero() || last.Covers.Through.Before(last.Covers.From) {
		t.Errorf("the last page covers %v to %v", last.Covers.From, last.Covers.Through)
	}
	checkTime(t, "start of coverage", last.Covers.From)
	checkTime(t, "end of coverage", last.Covers.Through)
}

// checkResume kills the pull after every page.
func checkResume(t *testing.T, h Harness) {
	pages := Pull(t, h, h.New(t), "")
	want, aside := index(t, pages...), quarantined(pages...)
	for i := range len(pages) - 1 {
		rest := Pull(t, h, h.New(t), pages[i].Next)
		all := append(append([]reconcile.Page{}, pages[:i+1]...), rest...)
		same(t, "resumed", index(t, all...), want)
		same(t, "resumed, quarantined", quarantined(all...), aside)
		if got := rest[len(rest)-1].Covers; got != pages[len(pages)-1].Covers {
			t.Errorf("resumed after page %d: covers %v, undisturbed %v", i+1, got, pages[len(pages)-1].Covers)
		}
		if t.Failed() {
			t.Fatalf("resumed after page %d of %d", i+1, len(pages))
		}
	}
}

// checkAgain pulls once more from where a pull ended.
func checkAgain(t *testing.T, h Harness) {
	pages := Pull(t, h, h.New(t), "")
	known := index(t, pages...)
	next := pages[len(pages)-1].Next
	for range 2 {
		again := Pull(t, h, h.New(t), next)
		for name, content := range index(t, again...) {
			switch before, there := known[name]; {
			case !there:
				t.Errorf("the second pull found %s, which the first did not", name)
			case content != before:
				t.Errorf("%s differs in the second pull:\n got %s\nwant %s", name, content, before)
			}
		}
		next = again[len(again)-1].Next
	}
}

// checkRescan reads a past stretch once more: whole, it is what the pull said; in parts, nothing new comes up.
func checkRescan(t *testing.T, h Harness) {
	p := h.New(t)
	scanner, able := p.(reconcile.Rescanner)
	if !able {
		t.Skip("provider cannot read a past stretch again")
	}
	pages := Pull(t, h, p, "")
	known, covers := index(t, pages...), pages[len(pages)-1].Covers
	if covers.From.IsZero() {
		t.Fatal("the account must be read since some day")
	}
	rescan := func(past reconcile.Span) map[string]string {
		var read []reconcile.Page
		for from := reconcile.Cursor(""); ; {
			page, err := scanner.Rescan(t.Context(), past, from)
			if err != nil {
				t.Fatalf("Rescan: %v", err)
			}
			read = append(read, page)
			if !page.More {
				if page.Next != "" {
					t.Errorf("the re-scan ended with the cursor %s", page.Next)
				}
				return index(t, read...)
			}
			from = page.Next
		}
	}
	middle := covers.From.Add(covers.Through.Sub(covers.From) / 2).Truncate(time.Second)
	seen := map[string]string{}
	for _, past := range []reconcile.Span{{From: covers.From, Through: middle}, {From: middle, Through: covers.Through}} {
		maps.Copy(seen, rescan(past))
	}
	payments := 0
	for name, content := range seen {
		if before, there := known[name]; there && before != content {
			t.Errorf("%s differs in the re-scan:\n got %s\nwant %s", name, content, before)
		}
	}
	for name := range known {
		if strings.HasPrefix(name, "payment ") {
			payments++
			if _, there := seen[name]; !there {
				t.Errorf("%s is not in the re-scan", name)
			}
		}
	}
	if payments == 0 {
		t.Error("the account has no payment to see again")
	}
}

func checkSizes(t *testing.T, h Harness) {
	if h.Sized == nil {
		t.Skip("page size is not variable")
	}
	pages := Pull(t, h, h.New(t), "")
	want, aside := index(t, pages...), quarantined(pages...)
	for _, size := range []int{1, 2, 3, 7, 100} {
		pages := Pull(t, h, h.Sized(t, size), "")
		same(t, "other page size", index(t, pages...), want)
		same(t, "other page size, quarantined", quarantined(pages...), aside)
	}
}

func checkBadKey(t *testing.T, h Harness) {
	if h.BadKey == nil {
		t.Skip("provider has no credential")
	}
	p := h.BadKey(t)
	page, err := p.Pull(t.Context(), "")
	checkError(t, h, page, err)
	if !errors.Is(err, reconcile.ErrAuth) {
		t.Errorf("wrong credential gives %v", err)
	}
	if prober, ok := p.(reconcile.Prober); ok {
		if err := prober.Probe(t.Context()); !errors.Is(err, reconcile.ErrAuth) {
			t.Errorf("probe with a wrong credential gives %v", err)
		}
	}
}

func checkBroken(t *testing.T, h Harness) {
	for name, broken := range h.Broken {
		t.Run(name, func(t *testing.T) {
			p := broken(t)
			var from reconcile.Cursor
			for range 1000 { // the fault may come on a later page
				page, err := p.Pull(t.Context(), from)
				if err != nil {
					checkError(t, h, page, err)
					return
				}
				if !page.More {
					t.Fatal("the pull ended as if nothing had happened")
				}
				from = page.Next
			}
			t.Fatal("the pull did not end")
		})
	}
}

func checkBadCursor(t *testing.T, h Harness) {
	page, err := h.New(t).Pull(t.Context(), "\x00 not a cursor")
	checkError(t, h, page, err)
	if !errors.Is(err, reconcile.ErrInvalid) {
		t.Errorf("an unreadable cursor gives %v", err)
	}
}

func checkCancel(t *testing.T, h Harness) {
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	page, err := h.New(t).Pull(stopped, "")
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled context gives %v", err)
	}
	if len(index(t, page)) > 0 {
		t.Error("a page came with a cancelled context")
	}
	if h.Hanging == nil {
		return
	}
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	begin := time.Now()
	page, err = h.Hanging(t).Pull(short, "")
	checkError(t, h, page, err)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a deadline gives %v", err)
	}
	if waited := time.Since(begin); waited > 2*time.Second {
		t.Errorf("returned %v after a deadline of 50 ms", waited)
	}
}

// checkFetch reads every row again by id: it must be what the list said.
func checkFetch(t *testing.T, h Harness) {
	p := h.New(t)
	fetcher, able := p.(reconcile.Fetcher)
	if !able {
		t.Skip("provider cannot read by id")
	}
	var refs []reconcile.Ref
	want := map[string]string{}
	for _, page := range Pull(t, h, p, "") {
		part := page
		part.Leads, part.Calls, part.Products, part.Entries = nil, nil, nil, nil
		for _, e := range page.Entries { // lines of a ledger are read again with their payout only
			if e.PayoutID != "" {
				part.Entries = append(part.Entries, e)
			}
		}
		maps.Copy(want, index(t, part))
		for _, r := range page.Payments {
			refs = append(refs, reconcile.Ref{Kind: string(r.Kind), ID: r.ID})
		}
		for _, r := range page.Refunds {
			refs = append(refs, reconcile.Ref{Kind: reconcile.RefRefund, ID: r.ID})
		}
		for _, r := range page.Disputes {
			refs = append(refs, reconcile.Ref{Kind: reconcile.RefDispute, ID: r.ID})
		}
		for _, r := range page.Payouts {
			refs = append(refs, reconcile.Ref{Kind: reconcile.RefPayout, ID: r.ID})
		}
	}
	// Neither a row that does not exist nor an empty id is in the page.
	refs = append(refs, reconcile.Ref{Kind: reconcile.RefPayment, ID: "unknown_1"},
		reconcile.Ref{Kind: reconcile.RefPayment})
	page, err := fetcher.Fetch(t.Context(), refs)
	if err != nil {
		t.Fatalf("Fetch: %v", err)
	}
	same(t, "fetched", index(t, page), want)
	if page.Next != "" || page.More {
		t.Error("a fetched page has a cursor")
	}
}

func checkProbe(t *testing.T, h Harness) {
	prober, able := h.New(t).(reconcile.Prober)
	if !able {
		t.Skip("provider cannot be probed")
	}
	if err := prober.Probe(t.Context()); err != nil {
		t.Errorf("Probe: %v", err)
	}
}
