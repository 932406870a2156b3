package fake

import (
	"crypto/subtle"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// StripeVersion is the only API version that Stripe here speaks.
const StripeVersion = "2023-10-16"

// Stripe is a read-only stand-in for the Stripe API: lists, single objects, filters, windows, cursors,
// expansion and errors of the real one, over objects given by Put. It is an http.Handler, safe for
// concurrent use, and has the methods of Faults.
type Stripe struct {
	Faults

	key      string
	now      func() time.Time
	requests atomic.Int64

	mu          sync.RWMutex
	collections map[string]*collection
	objects     map[string]*entry
	buffers     scratch
	dirty       bool
}

// NewStripe makes an empty account that opens with key and shows what exists at now().
func NewStripe(key string, now func() time.Time) *Stripe {
	s := &Stripe{
		key: key, now: now,
		collections: make(map[string]*collection),
		objects:     make(map[string]*entry),
	}
	for path, kind := range stripeCollections() {
		s.collections[path] = &collection{stripeCollection: kind, path: path,
			index: make(map[field][]*entry)}
	}
	return s
}

// Livemode says whether the key is one of live mode.
func (s *Stripe) Livemode() bool { return strings.Contains(s.key, "_live_") }

// ServeHTTP answers one request.
func (s *Stripe) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := "req_" + fmt.Sprintf("%014d", s.requests.Add(1))
	w.Header().Set("Request-Id", id)
	w.Header().Set("Stripe-Version", StripeVersion)
	s.guard(http.HandlerFunc(s.serve), r).ServeHTTP(w, r)
}

func (s *Stripe) serve(w http.ResponseWriter, r *http.Request) {
	body, fault := s.answer(r)
	status := http.StatusOK
	if fault != nil {
		status, body = fault.status, fault.encode()
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

func (s *Stripe) answer(r *http.Request) ([]byte, *stripeError) {
	if fault := s.admit(r); fault != nil {
		return nil, fault
	}
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, invalid("", "", "Invalid query string.")
	}
	s.settle()
	now := s.now().UnixNano()
	s.mu.RLock()
	defer s.mu.RUnlock()

	path, ok := strings.CutPrefix(r.URL.Path, "/v1/")
	if !ok {
		return nil, unknownURL(r)
	}
	if c := s.collections[path]; c != nil {
		return s.list(c, values, now)
	}
	parent, last := cutLast(path)
	if c := s.collections[parent]; c != nil && last != "" {
		return s.retrieve(c, last, values, now)
	}
	parent, id := cutLast(parent)
	if c := s.collections[parent]; c != nil && id != "" {
		if p := stripeProperties()[c.object][last]; p.path != "" && !strings.Contains(p.path, "?") {
			v, fault := s.one(c, id, now)
			if fault != nil {
				return nil, fault
			}
			if v.deleted {
				return nil, noSuch(c.object, id, "id")
			}
			return s.subList(v.node, last, values, now)
		}
	}
	return nil, unknownURL(r)
}

func cutLast(path string) (before, last string) {
	at := strings.LastIndexByte(path, '/')
	if at < 0 {
		return "", path
	}
	return path[:at], path[at+1:]
}

// retrieve answers a single object.
func (s *Stripe) retrieve(c *collection, id string, values url.Values, now int64) ([]byte, *stripeError) {
	var paths []string
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if !isExpand(name) {
			return nil, unknownParameter(name)
		}
		paths = append(paths, values[name]...)
	}
	want, fault := parseExpand(paths, c.object, false)
	if fault != nil {
		return nil, fault
	}
	v, fault := s.one(c, id, now)
	if fault != nil {
		return nil, fault
	}
	return s.render(nil, v.node, want, now), nil
}

// one finds an object of a collection as it is now.
func (s *Stripe) one(c *collection, id string, now int64) (*version, *stripeError) {
	if e := s.objects[id]; e != nil && e.home == c {
		if v := e.at(now); v != nil {
			return v, nil
		}
	}
	fault := noSuch(c.object, id, "id")
	fault.status = http.StatusNotFound
	return nil, fault
}

// admit checks key, method and version, in the order in which the real API complains.
func (s *Stripe) admit(r *http.Request) *stripeError {
	key, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !bearer || key == "" {
		return &stripeError{status: http.StatusUnauthorized, kind: "invalid_request_error",
			message: "You did not provide an API key. You need to provide your API key in the " +
				"Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY')."}
	}
	if subtle.ConstantTimeCompare([]byte(key), []byte(s.key)) != 1 {
		return &stripeError{status: http.StatusUnauthorized, kind: "invalid_request_error",
			message: "Invalid API Key provided: " + maskKey(key)}
	}
	if r.Method != http.MethodGet {
		return &stripeError{status: http.StatusMethodNotAllowed, kind: "invalid_request_error",
			message: fmt.Sprintf("This account is read-only: %s is not allowed here.", r.Method)}
	}
	if got := r.Header.Get("Stripe-Version"); got != StripeVersion {
		return invalid("", "", "Invalid Stripe API version: %s. This account speaks %s.", got,
			StripeVersion)
	}
	return nil
}

// maskKey shows no more of a wrong key than the real API does.
func maskKey(key string) string {
	const shown = 4
	if len(key) <= 2*shown {
		return strings.Repeat("*", len(key))
	}
	return key[:shown] + strings.Repeat("*", len(key)-2*shown) + key[len(key)-shown:]
}
