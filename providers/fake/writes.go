package fake

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Writes is the part of a fake service that takes writes and remembers each of them. The zero value is ready. It is safe for
// concurrent use.
type Writes struct {
	mu  sync.Mutex
	log []Write
}

// Write is one write that a service accepted.
type Write struct {
	Method, Path string
	Body         string
	Key          string // of idempotency, where the service has it
	Effect       bool   // it changed something
}

// Accepted lists what was accepted, in order.
func (w *Writes) Accepted() []Write {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.log)
}

// Shown is Accepted as text: method, path and body, with a space between.
func (w *Writes) Shown() (all []string) {
	for _, write := range w.Accepted() {
		all = append(all, write.Method+" "+write.Path+" "+write.Body)
	}
	return all
}

// Effects counts, by method and path, the writes that changed something.
func (w *Writes) Effects() map[string]int {
	effects := map[string]int{}
	for _, write := range w.Accepted() {
		if write.Effect {
			effects[write.Method+" "+write.Path]++
		}
	}
	return effects
}

// change writes to one object: edit changes a copy of it, or says why not. One write is done at a time. It gives the object as it
// is afterwards, nil if there is none.
func (w *Writes) change(s *shelf, id string, now time.Time, write Write,
	edit func(object map[string]any) bool) (object map[string]any, done bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	before := s.get(id, now)
	if before == nil {
		return nil, false
	}
	object = maps.Clone(before)
	if !edit(object) {
		return before, false
	}
	if write.Effect = !bytes.Equal(appendJSON(nil, before), appendJSON(nil, object)); write.Effect {
		s.put(id, now, object)
	}
	w.log = append(w.log, write)
	return object, true
}

// readBody reads a write's object; numbers keep their digits. ok is false if it is none.
func readBody(r *http.Request) (raw string, fields map[string]any, ok bool) {
	content, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.UseNumber()
	return string(content), fields, err == nil && decoder.Decode(&fields) == nil && fields != nil
}

// LoseReply lets a request do what it does and drops the connection before the answer.
func LoseReply() Action {
	return onReply(func(http.ResponseWriter, *http.Request, *reply) { panic(http.ErrAbortHandler) })
}

// Late does what the request asks only after a while, also if the client has left by then.
func Late(wait time.Duration) Action {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(wait)
			next.ServeHTTP(w, r)
		})
	}
}

// Linger answers healthily, but only after a while.
func Linger(wait time.Duration) Action {
	return onReply(func(w http.ResponseWriter, r *http.Request, reply *reply) {
		if pause(r, wait) {
			reply.send(w)
		}
	})
}
