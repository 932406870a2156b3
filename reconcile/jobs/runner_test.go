package jobs

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
)

// ok is a run that works, and tells when.
func ok(c Clock, ran *[]string) func(context.Context, Job, Slot) (string, error) {
	return func(_ context.Context, j Job, s Slot) (string, error) {
		*ran = append(*ran, j.Name+" "+s.Key+" at "+c.Now().Format("02 15:04"))
		return "run-1", nil
	}
}

func nightly(t *testing.T, zone string) []Job {
	return []Job{{Name: "nightly", Spec: mustSpec(t, "0 2 * * *", zone)}}
}

func expect(t *testing.T, got, want []string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// loop runs r until the clock's end.
func loop(t *testing.T, r *Runner, c *fakeClock) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c.cancel = cancel
	if err := r.Loop(ctx); err != nil {
		t.Fatal(err)
	}
}

func TestLoopRunsEachDateOnce(t *testing.T) {
	for _, zone := range []string{"America/New_York", "Europe/Berlin", "Asia/Beirut", "UTC"} {
		for _, spec := range []string{"0 2 * * *", "30 1 * * *", "30 2 * * *", "@daily"} {
			runDates(t, zone, spec, at("2026-03-02T12:00:00Z"), 30)
			runDates(t, zone, spec, at("2026-10-20T12:00:00Z"), 15)
		}
	}
}

// runDates lets a loop live through some days and counts the runs of each local date.
func runDates(t *testing.T, zone, spec string, from time.Time, days int) {
	t.Helper()
	c := &fakeClock{now: from, end: from.AddDate(0, 0, days)}
	m, seen := newMemory(), map[string]int{}
	c.onWait = func(c *fakeClock) { // jump over the dull minutes, so that the test is quick
		if c.now.Minute()%30 == 5 {
			c.now = c.now.Add(20 * time.Minute)
		}
	}
	r := &Runner{Jobs: []Job{{"j", mustSpec(t, spec, zone)}}, Slots: m, Clock: c}
	r.Run = func(_ context.Context, _ Job, s Slot) (string, error) {
		date, _, _ := strings.Cut(s.Key, "#")
		seen[date]++
		return "", nil
	}
	loop(t, r, c)
	for date, n := range seen {
		if n != 1 {
			t.Errorf("%s %s: %d runs on %s", spec, zone, n, date)
		}
	}
	if len(seen) != days {
		t.Errorf("%s %s: %d dates of %d", spec, zone, len(seen), days)
	}
}

func TestCatchUpAfterDowntime(t *testing.T) {
	done := Slot{Job: "nightly", Key: "2026-03-01#1", State: SlotSuccess, DueAt: at("2026-03-01T02:00:00Z")}
	c := &fakeClock{now: at("2026-03-05T01:00:00Z")}
	m, ran := newMemory(done), []string(nil)
	r := &Runner{Jobs: nightly(t, "UTC"), Slots: m, Clock: c, Run: ok(c, &ran)}
	if err := r.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := r.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	expect(t, ran, []string{"nightly 2026-03-04#1 at 05 01:00"})
	expect(t, m.table(), []string{
		"nightly 2026-03-01#1 success",
		"nightly 2026-03-02#1 missed superseded by 2026-03-04#1",
		"nightly 2026-03-03#1 missed superseded by 2026-03-04#1",
		"nightly 2026-03-04#1 success run-1",
	})
}

func TestTooOldIsMissed(t *testing.T) {
	weekly := []Job{{"weekly", mustSpec(t, "0 2 * * 1", "UTC")}} // Monday, 2 March 2026
	done := Slot{Job: "weekly", Key: "2026-02-23#1", State: SlotFailed, DueAt: at("2026-02-23T02:00:00Z")}
	c := &fakeClock{now: at("2026-03-05T01:00:00Z")}
	m, ran := newMemory(done), []string(nil)
	r := &Runner{Jobs: weekly, Slots: m, Clock: c, Run: ok(c, &ran)}
	if err := r.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	expect(t, ran, nil)
	expect(t, m.table(), []string{
		"weekly 2026-02-23#1 failed", "weekly 2026-03-02#1 missed due more than 48h0m0s before it could be run",
	})
}

func TestLongPauseIsBounded(t *testing.T) {
	done := Slot{Job: "often", Key: "2025-03-01#1", State: SlotSuccess, DueAt: at("2025-03-01T00:00:00Z")}
	c := &fakeClock{now: at("2026-03-05T01:00:30Z")}
	m, ran := newMemory(done), []string(nil)
	r := &Runner{Jobs: []Job{{"often", mustSpec(t, "* * * * *", "UTC")}}, Slots: m, Clock: c, Run: ok(c, &ran)}
	if err := r.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(ran) != 1 || len(m.slots) != maxOverdue+1 {
		t.Errorf("ran %v, stored %d", ran, len(m.slots))
	}
}

// TestNeverRun: a new job waits for its first time in Loop; Once takes the last one, or it would never
// begin.
func TestNeverRun(t *testing.T) {
	c := &fakeClock{now: at("2026-03-05T12:00:00Z"), end: at("2026-03-06T01:00:00Z")}
	m, ran := newMemory(), []string(nil)
	r := &Runner{Jobs: nightly(t, "UTC"), Slots: m, Clock: c, Run: ok(c, &ran)}
	loop(t, r, c)
	expect(t, ran, nil)
	r = &Runner{Jobs: nightly(t, "UTC"), Slots: m, Clock: c, Run: ok(c, &ran)}
	if err := r.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	expect(t, m.table(), []string{"nightly 2026-03-05#1 success run-1"})
}

// TestCrash: a slot whose process died is run again, and so is one that was interrupted by a cancel.
func TestCrash(t *testing.T) {
	left := Slot{Job: "nightly", Key: "2026-03-05#1", State: SlotRunning, DueAt: at("2026-03-05T02:00:00Z")}
	c := &fakeClock{now: at("2026-03-05T03:00:00Z")}
	m, ran := newMemory(left), []string(nil)
	r := &Runner{Jobs: nightly(t, "UTC"), Slots: m, Clock: c}
	ctx, cancel := context.WithCancel(t.Context())
	r.Run = func(ctx context.Context, _ Job, _ Slot) (string, error) {
		cancel()
		return "", fmt.Errorf("stopped: %w", ctx.Err())
	}
	if err := r.Loop(ctx); err != nil {
		t.Fatal(err)
	}
	expect(t, m.table(), []string{"nightly 2026-03-05#1 running"})
	r = &Runner{Jobs: nightly(t, "UTC"), Slots: m, Clock: c, Run: ok(c, &ran)}
	if err := r.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	expect(t, m.table(), []string{"nightly 2026-03-05#1 success run-1"})

	m = newMemory(left)
	c.set(at("2026-03-07T03:00:00Z"))
	r = &Runner{Jobs: nightly(t, "UTC"), Slots: m, Clock: c, Run: ok(c, &ran)}
	if err := r.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := m.table()[0]; got != "nightly 2026-03-05#1 missed interrupted; superseded by 2026-03-07#1" {
		t.Errorf("left behind: %s", got)
	}
}

func TestPanicAndError(t *testing.T) {
	core, logs := observer.New(zapcore.DebugLevel)
	c := &fakeClock{now: at("2026-03-05T03:00:00Z"), end: at("2026-03-07T03:00:00Z")}
	m, n := newMemory(), 0
	r := &Runner{Jobs: nightly(t, "UTC"), Slots: m, Clock: c, Log: zap.New(core)}
	r.Run = func(context.Context, Job, Slot) (string, error) {
		if n++; n == 1 {
			panic("secret of a customer")
		}
		return "run-2", errors.New("no\nluck")
	}
	loop(t, r, c)
	expect(t, m.table(), []string{
		"nightly 2026-03-06#1 failed the run panicked; the log says where",
		"nightly 2026-03-07#1 failed run-2: no luck",
	})
	if logs.FilterMessage("run panicked").Len() != 1 {
		t.Error("the log lacks the panic")
	}
}

// TestStoreFails: an outcome that could not be stored is stored later; the run is not repeated.
func TestStoreFails(t *testing.T) {
	c := &fakeClock{now: at("2026-03-05T03:00:00Z"), end: at("2026-03-06T02:10:00Z")}
	m, ran := newMemory(), []string(nil)
	m.fail = errors.New("disk full")
	r := &Runner{Jobs: nightly(t, "UTC"), Slots: m, Clock: c, Run: ok(c, &ran)}
	loop(t, r, c)
	expect(t, ran, []string{"nightly 2026-03-06#1 at 06 02:00"})
	expect(t, m.table(), []string{"nightly 2026-03-06#1 success run-1"})
}
