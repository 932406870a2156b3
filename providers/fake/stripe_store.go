package fake

import (
	"cmp"
	"fmt"
	"slices"
	"sort"
	"time"
)

// collection holds the objects of one kind, newest first.
type collection struct {
	stripeCollection
	path   string
	sorted []*entry
	fresh  []*entry           // put since the last request; merged in by settle
	index  map[field][]*entry // the same order, by the value of a filter that refers to another object
}

// entry is one object with its history.
type entry struct {
	id       string
	home     *collection
	created  int64
	versions []version // by time
}

// version is what an object looks like from a time on.
type version struct {
	at      int64 // Unix nanoseconds
	node    *node
	fields  []field // values of the filters
	deleted bool
}

type field struct{ name, value string }

// newestFirst orders entries as lists show them. The id makes the order total.
func newestFirst(a, b *entry) int {
	return cmp.Or(cmp.Compare(b.created, a.created), cmp.Compare(b.id, a.id))
}

// at returns the version that shows at a time, or nil before the first.
func (e *entry) at(now int64) *version {
	for i := len(e.versions) - 1; i >= 0; i-- {
		if e.versions[i].at <= now {
			return &e.versions[i]
		}
	}
	return nil
}

func (v *version) has(want field) bool { return slices.Contains(v.fields, want) }

// Put adds an object, or a newer version of one with the same id, that shows from at on. The
// collection is its path below /v1, such as "charges" or "checkout/sessions". The object is given as
// the API would show it, references as bare ids, with these conventions: "id" and "created" are
// required; "object" may be left out; a list inside (lines of an invoice, line_items of a session)
// is a slice of objects; a key that starts with "_" is not shown but can be filtered by ("_payout" of
// a balance transaction). An object with "deleted": true is no longer listed. Later changes to the
// map do not reach the server. Put panics on an unknown collection and on an object without an id:
// that is a mistake in the test, not a state of the world.
func (s *Stripe) Put(collectionName string, at time.Time, object map[string]any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.collections[collectionName]
	if c == nil {
		panic(fmt.Sprintf("fake: no collection %q", collectionName))
	}
	id, _ := object["id"].(string)
	if id == "" {
		panic(fmt.Sprintf("fake: an object of %s without an id", collectionName))
	}
	e := s.objects[id]
	if e == nil {
		created, ok := asInt(object["created"])
		if !ok {
			panic(fmt.Sprintf("fake: %s has no created", id))
		}
		e = &entry{id: id, home: c, created: created}
		s.objects[id] = e
		c.fresh = append(c.fresh, e)
		s.dirty = true
	} else if e.home != c {
		panic(fmt.Sprintf("fake: %s is already in %s", id, e.home.path))
	}
	e.add(c.version(&s.buffers, at, object))
	c.enter(e)
}

// version encodes an object once, so that serving it is copying bytes.
func (c *collection) version(buffers *scratch, at time.Time, object map[string]any) version {
	deleted, _ := object["deleted"].(bool)
	v := version{at: at.UnixNano(), node: compile(buffers, c.object, object), deleted: deleted}
	for _, name := range c.filters {
		value, ok := object[name]
		if !ok {
			value = object["_"+name]
		}
		switch value := value.(type) {
		case string:
			v.fields = append(v.fields, field{name, value})
		case bool:
			v.fields = append(v.fields, field{name, fmt.Sprint(value)})
		}
	}
	return v
}

// add keeps versions in the order of time; of two at the same time the one put later wins.
func (e *entry) add(v version) {
	at := sort.Search(len(e.versions), func(i int) bool { return e.versions[i].at > v.at })
	e.versions = slices.Insert(e.versions, at, v)
}

// enter puts e into the index under every value that any of its versions has.
func (c *collection) enter(e *entry) {
	for _, v := range e.versions {
		for _, key := range v.fields {
			if !isReference(key) {
				continue
			}
			at, found := slices.BinarySearchFunc(c.index[key], e, newestFirst)
			if !found {
				c.index[key] = slices.Insert(c.index[key], at, e)
			}
		}
	}
}

// isReference tells ids, of which each has few objects, from words such as a status.
func isReference(f field) bool {
	switch f.name {
	case "status", "type", "currency", "active":
		return false
	}
	return f.value != ""
}

// settle merges what was put since the last request into the sorted lists: once, not per request.
func (s *Stripe) settle() {
	s.mu.RLock()
	dirty := s.dirty
	s.mu.RUnlock()
	if !dirty {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.collections {
		if len(c.fresh) == 0 {
			continue
		}
		slices.SortFunc(c.fresh, newestFirst)
		c.sorted = merge(c.sorted, c.fresh)
		c.fresh = nil
	}
	s.dirty = false
}

func merge(a, b []*entry) []*entry {
	out := make([]*entry, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		if newestFirst(a[0], b[0]) <= 0 {
			out, a = append(out, a[0]), a[1:]
		} else {
			out, b = append(out, b[0]), b[1:]
		}
	}
	return append(append(out, a...), b...)
}
