package fake

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// shelf is one collection of a service: objects that have versions in time. What it shows depends on the clock of
// whoever asks. It is safe for concurrent use.
type shelf struct {
	mu      sync.RWMutex
	objects map[string]*shelved
	sorted  []*shelved // by when they were put first, then id
	dirty   bool
}

// shelved is one object with its history.
type shelved struct {
	id       string
	born     time.Time // the first version: the date that creation filters see
	versions []shelvedVersion
}

type shelvedVersion struct {
	at     time.Time
	object map[string]any // nil: removed
}

// put adds an object, or a newer version of the one with the same id, that shows from at on. A nil object is a removal.
// Of two versions at the same time the one put later wins.
func (s *shelf) put(id string, at time.Time, object map[string]any) {
	if id == "" {
		panic("fake: an object without an id")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.objects == nil {
		s.objects = map[string]*shelved{}
	}
	held := s.objects[id]
	if held == nil {
		held = &shelved{id: id, born: at}
		s.objects[id] = held
		s.sorted = append(s.sorted, held)
		s.dirty = true
	}
	if at.Before(held.born) {
		held.born, s.dirty = at, true
	}
	place := len(held.versions)
	for place > 0 && held.versions[place-1].at.After(at) {
		place--
	}
	held.versions = slices.Insert(held.versions, place, shelvedVersion{at, maps.Clone(object)})
}

// get is one object as it shows at a time, or nil.
func (s *shelf) get(id string, now time.Time) map[string]any {
	s.mu.RLock()
	defer s.mu.RUnlock()
	held := s.objects[id]
	if held == nil {
		return nil
	}
	return held.show(now)
}

// show is a copy, so that a handler may add to it.
func (o *shelved) show(now time.Time) map[string]any {
	for i := len(o.versions) - 1; i >= 0; i-- {
		if !o.versions[i].at.After(now) {
			return maps.Clone(o.versions[i].object)
		}
	}
	return nil
}

// list shows what there is at a time, oldest first, as far as keep says so. born is when the object came to be.
func (s *shelf) list(now time.Time, keep func(born time.Time, object map[string]any) bool) []map[string]any {
	s.mu.Lock()
	if s.dirty {
		slices.SortFunc(s.sorted, func(a, b *shelved) int { return cmp.Or(a.born.Compare(b.born), cmp.Compare(a.id, b.id)) })
		s.dirty = false
	}
	sorted := s.sorted
	s.mu.Unlock()
	s.mu.RLock()
	defer s.mu.RUnlock()
	var shown []map[string]any
	for _, held := range sorted {
		if object := held.show(now); object != nil && keep(held.born, object) {
			shown = append(shown, object)
		}
	}
	return shown
}

// shelves are the collections of one service by name.
type shelves map[string]*shelf

func newShelves(names ...string) shelves {
	all := shelves{}
	for _, name := range names {
		all[name] = &shelf{}
	}
	return all
}

// Put adds an object to a collection, or a newer version of the one with the same "id", that shows from at on. The
// object is given as the API would show it. Put panics on an unknown collection and on an object without an id: that is
// a mistake in the test, not a state of the world.
func (s shelves) Put(collection string, at time.Time, object map[string]any) {
	id, _ := object["id"].(string)
	s.in(collection).put(id, at, object)
}

// Remove takes an object away from at on: neither lists nor reads by id know it any more.
func (s shelves) Remove(collection string, at time.Time, id string) {
	s.in(collection).put(id, at, nil)
}

func (s shelves) in(collection string) *shelf {
	found := s[collection]
	if found == nil {
		panic(fmt.Sprintf("fake: no collection %q", collection))
	}
	return found
}
