package jobs

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// TestClockJumps: the clock set back runs nothing twice, and set ahead (or a sleeping machine) catches up.
func TestClockJumps(t *testing.T) {
	c := &fakeClock{now: at("2026-03-05T01:00:00Z"), end: at("2026-03-08T03:00:00Z")}
	m, ran := newMemory(), []string(nil)
	back, ahead := false, false
	c.onWait = func(c *fakeClock) {
		switch {
		case !back && c.now.After(at("2026-03-06T02:30:00Z")):
			back, c.now = true, at("2026-03-04T23:00:00Z")
		case !ahead && c.now.After(at("2026-03-06T03:00:00Z")):
			ahead, c.now = true, at("2026-03-07T20:00:00Z")
		}
	}
	r := &Runner{Jobs: nightly(t, "UTC"), Slots: m, Clock: c, Run: ok(c, &ran)}
	loop(t, r, c)
	expect(t, ran, []string{
		"nightly 2026-03-05#1 at 05 02:00", "nightly 2026-03-06#1 at 06 02:00",
		"nightly 2026-03-07#1 at 07 20:00", "nightly 2026-03-08#1 at 08 02:00",
	})
}

// TestOneGap: of several local times in one gap only the last is run, also when the process died in between.
func TestOneGap(t *testing.T) {
	spec := mustSpec(t, "*/30 2 * * *", "Europe/Berlin")
	gap := at("2026-03-29T01:00:00Z")
	first := Slot{Job: "j", Key: "2026-03-29#1", State: SlotMissed, DueAt: gap}
	for _, m := range []*memory{newMemory(), newMemory(first)} {
		c, ran := &fakeClock{now: gap}, []string(nil)
		r := &Runner{Jobs: []Job{{"j", spec}}, Slots: m, Clock: c, Run: ok(c, &ran)}
		for range 3 {
			if err := r.Once(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		expect(t, ran, []string{"j 2026-03-29#2 at 29 01:00"})
	}
}

// TestOverlap: two runners of one store and one lock never run at the same time, nor a slot twice.
func TestOverlap(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.lock")
	m := newMemory()
	var mu sync.Mutex
	active, runs := 0, map[string]int{}
	var wg sync.WaitGroup
	for range 2 {
		c := &fakeClock{now: at("2026-03-01T01:00:00Z"), end: at("2026-03-20T03:00:00Z")}
		r := &Runner{
			Jobs:  []Job{{"a", mustSpec(t, "0 2 * * *", "UTC")}, {"b", mustSpec(t, "0 */6 * * *", "UTC")}},
			Slots: m, Clock: c, Lock: func() (func() error, error) { return Lock(path) },
		}
		r.Run = func(_ context.Context, j Job, s Slot) (string, error) {
			mu.Lock()
			active++
			runs[j.Name+s.Key]++
			if active > 1 {
				t.Error("two runs at once")
			}
			mu.Unlock()
			time.Sleep(time.Millisecond)
			mu.Lock()
			active--
			mu.Unlock()
			return "", nil
		}
		wg.Go(func() { loop(t, r, c) })
	}
	wg.Wait()
	for key, n := range runs {
		if n != 1 {
			t.Errorf("slot %s: %d runs", key, n)
		}
	}
	if len(runs) < 19 {
		t.Errorf("%d runs", len(runs))
	}
}

func TestOnceWhileAnotherRuns(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.lock")
	release, err := Lock(path)
	if err != nil {
		t.Fatal(err)
	}
	c := &fakeClock{now: at("2026-03-05T03:00:00Z")}
	m, ran := newMemory(), []string(nil)
	r := &Runner{Jobs: nightly(t, "UTC"), Slots: m, Clock: c, Run: ok(c, &ran)}
	r.Lock = func() (func() error, error) { return Lock(path) }
	if err := r.Once(t.Context()); !errors.Is(err, ErrLocked) || m.claimed != 0 {
		t.Errorf("Once = %v, %d claimed", err, m.claimed)
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
	if err := r.Once(t.Context()); err != nil || len(ran) != 1 {
		t.Errorf("Once = %v, ran %v", err, ran)
	}
	if again, err := Lock(path); err != nil {
		t.Error("the lock was kept")
	} else if err := again(); err != nil {
		t.Error(err)
	}
	within := r.Run
	r.Run = func(ctx context.Context, j Job, s Slot) (string, error) {
		if err := r.Once(ctx); !errors.Is(err, ErrLocked) {
			t.Errorf("Once within a run = %v", err)
		}
		return within(ctx, j, s)
	}
	c.set(at("2026-03-06T03:00:00Z"))
	if err := r.Once(t.Context()); err != nil || len(ran) != 2 {
		t.Errorf("Once = %v, ran %v", err, ran)
	}
}

func TestNext(t *testing.T) {
	c := &fakeClock{now: at("2026-03-28T12:00:00Z")}
	noon := Job{"noon", mustSpec(t, "0 12 * * *", "UTC")}
	r := &Runner{Clock: c, Jobs: append(nightly(t, "Europe/Berlin"), noon)}
	var got []string
	for _, f := range r.Next(3) {
		got = append(got, f.Job+" "+f.At.Format(time.RFC3339)+" "+f.Local.Format(time.RFC3339))
	}
	expect(t, got, []string{
		"nightly 2026-03-29T01:00:00Z 2026-03-29T03:00:00+02:00",
		"noon 2026-03-29T12:00:00Z 2026-03-29T12:00:00Z",
		"nightly 2026-03-30T00:00:00Z 2026-03-30T02:00:00+02:00",
	})
	if len(r.Next(0)) != 0 {
		t.Error("Next(0) is not empty")
	}
}

// TestQuiet: while nothing is due the store is left alone.
func TestQuiet(t *testing.T) {
	c := &fakeClock{now: at("2026-03-05T01:59:00Z"), end: at("2026-03-06T01:00:00Z")}
	m, ran := newMemory(), []string(nil)
	r := &Runner{Jobs: nightly(t, "UTC"), Slots: m, Clock: c, Run: ok(c, &ran)}
	loop(t, r, c)
	if len(ran) != 1 || m.lists > 10 {
		t.Errorf("ran %v, asked %d times", ran, m.lists)
	}
}

func TestRunnerPutTogetherWrongly(t *testing.T) {
	c := &fakeClock{now: at("2026-03-05T03:00:00Z")}
	var ran []string
	run, job := ok(c, &ran), nightly(t, "UTC")[0]
	for _, r := range []*Runner{
		{Slots: newMemory(), Clock: c},
		{Slots: newMemory(), Clock: c, Run: run, Jobs: []Job{{Name: "x"}}},
		{Slots: newMemory(), Clock: c, Run: run, Jobs: []Job{job, job}},
	} {
		if r.Once(t.Context()) == nil || r.Loop(t.Context()) == nil {
			t.Error("no error")
		}
	}
}

func TestSystemClock(t *testing.T) {
	var c Clock = SystemClock{}
	before := c.Now()
	<-c.After(time.Millisecond)
	if !c.Now().After(before) {
		t.Error("time stands still")
	}
}
