// Package lookup remembers what was asked of a service about something that its rows only name, such as the payer behind a
// payment: each is asked once in a run, and not again in the next one.
//
// Providers call it. The package must not know any one service, let a failing cache fail a page, or keep for the next run
// that something was not known.
package lookup

import (
	"context"
	"encoding/json"
	"sync"

	"pennytie/reconcile"
)

// mostKnown bounds what is kept in memory; beyond it the memory starts over, which costs requests only.
const mostKnown = 100_000

// Memory keeps values by id. It is safe for concurrent use.
type Memory[V any] struct {
	kind  string
	cache reconcile.Cache

	mu    sync.Mutex
	known map[string]V
}

// New makes a Memory. kind is the beginning of its keys in the cache; a nil cache keeps nothing between runs.
func New[V any](kind string, cache reconcile.Cache) *Memory[V] {
	return &Memory[V]{kind: kind, cache: cache, known: map[string]V{}}
}

// Of gives what belongs to an id: out of memory, else of the cache, else by asking. What the service does not know is the
// zero value.
func (m *Memory[V]) Of(
	ctx context.Context, id string, ask func(ctx context.Context, id string) (value V, known bool, err error),
) (V, error) {
	m.mu.Lock()
	value, known := m.known[id]
	m.mu.Unlock()
	if known {
		return value, nil
	}
	key := m.kind + "/" + id
	if value, known = m.cached(ctx, key); !known {
		var err error
		if value, known, err = ask(ctx, id); err != nil {
			return value, err
		}
		if known && m.cache != nil {
			if text, err := json.Marshal(value); err == nil {
				_ = m.cache.Put(ctx, key, text) // losing it costs a request
			}
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.known) >= mostKnown {
		clear(m.known)
	}
	m.known[id] = value
	return value, nil
}

func (m *Memory[V]) cached(ctx context.Context, key string) (value V, known bool) {
	if m.cache == nil {
		return value, false
	}
	text, known, err := m.cache.Get(ctx, key)
	if err != nil || !known || json.Unmarshal(text, &value) != nil {
		var none V // of a text that could be read in part
		return none, false
	}
	return value, true
}
