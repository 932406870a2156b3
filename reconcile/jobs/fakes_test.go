package jobs

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// fakeClock jumps ahead whenever somebody waits, and cancels at its end.
type fakeClock struct {
	mu     sync.Mutex
	now    time.Time
	end    time.Time
	cancel context.CancelFunc
	onWait func(c *fakeClock) // may set now
}

func (c *fakeClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *fakeClock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = t
}

func (c *fakeClock) After(d time.Duration) <-chan time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	if c.onWait != nil {
		c.onWait(c)
	}
	if c.now.After(c.end) && c.cancel != nil {
		c.cancel()
	}
	ch := make(chan time.Time, 1)
	ch <- c.now
	return ch
}

// memory is a Slots port that also counts what must never happen.
type memory struct {
	mu      sync.Mutex
	slots   map[string]Slot
	fail    error // of FinishSlot, once
	lists   int
	claimed int
}

func newMemory(slots ...Slot) *memory {
	m := &memory{slots: map[string]Slot{}}
	for _, s := range slots {
		m.slots[s.Job+" "+s.Key] = s
	}
	return m
}

func (m *memory) ClaimSlot(_ context.Context, s Slot) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if old, ok := m.slots[s.Job+" "+s.Key]; ok && old.State != SlotRunning {
		return false, nil
	}
	m.claimed++
	m.slots[s.Job+" "+s.Key] = s
	return true, nil
}

func (m *memory) FinishSlot(_ context.Context, s Slot) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.fail; err != nil {
		m.fail = nil
		return err
	}
	if old := m.slots[s.Job+" "+s.Key]; old.State != SlotRunning {
		return fmt.Errorf("slot %s is %q", s.Key, old.State)
	}
	m.slots[s.Job+" "+s.Key] = s
	return nil
}

func (m *memory) ListSlots(_ context.Context, job string, since time.Time) ([]Slot, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.lists++
	var all []Slot
	for _, s := range m.slots {
		if s.Job == job && !s.DueAt.Before(since) {
			all = append(all, s)
		}
	}
	slices.SortFunc(all, func(a, b Slot) int { return a.DueAt.Compare(b.DueAt) })
	return all, nil
}

// table is what is stored, one line a slot.
func (m *memory) table() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var lines []string
	for _, s := range m.slots {
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", s.Job, s.Key, s.State, s.Note)))
	}
	slices.Sort(lines)
	return lines
}
