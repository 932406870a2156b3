package fake

import (
	"math/rand/v2"
	"net/http"
	"path"
	"sync"
)

// Action is what goes wrong with one request: it stands in front of the healthy handler and may call
// it, change what it says, or not call it at all.
type Action func(next http.Handler) http.Handler

// Fault says which requests go wrong, and how. Requests are numbered from 1 among those that match
// Path since the fault was added.
type Fault struct {
	Path  string  // exact, or a path.Match pattern such as "/v1/invoices/*/lines"; empty is every path
	Write bool    // only requests other than GET
	Nth   int     // the first request that is hit; 0 is the first
	Times int     // how many from there: 0 is one if Nth is given and all if not; negative is all
	Every float64 // if above 0, each of those is hit with this probability
	Seed  uint64  // of that probability: same seed and same order of requests, same hits
	Do    Action
}

// Faults is the part of a fake service that counts requests and makes some of them fail. The zero
// value is ready. It is safe for concurrent use.
type Faults struct {
	mu     sync.Mutex
	rules  []*faultRule
	counts map[string]int
	total  int
}

type faultRule struct {
	Fault
	seen int
	rng  *rand.Rand
}

// Fault adds one. Where several hit the same request, the one added first is outermost.
func (f *Faults) Fault(fault Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rules = append(f.rules, &faultRule{
		Fault: fault,
		rng:   rand.New(rand.NewPCG(fault.Seed, 0x9e3779b97f4a7c15)),
	})
}

// ClearFaults removes every fault. Counts stay.
func (f *Faults) ClearFaults() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rules = nil
}

// Requests says how many requests came for exactly this path, whatever became of them. The empty
// path counts them all.
func (f *Faults) Requests(path string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	if path == "" {
		return f.total
	}
	return f.counts[path]
}

// guard counts the request and puts the faults that hit it in front of h.
func (f *Faults) guard(h http.Handler, r *http.Request) http.Handler {
	requestPath := r.URL.Path
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.counts == nil {
		f.counts = make(map[string]int)
	}
	f.counts[requestPath]++
	f.total++
	var hits []Action
	for _, rule := range f.rules {
		if rule.hit(r) {
			hits = append(hits, rule.Do)
		}
	}
	for i := len(hits) - 1; i >= 0; i-- {
		h = hits[i](h)
	}
	return h
}

func (r *faultRule) hit(request *http.Request) bool {
	requestPath := request.URL.Path
	if r.Write && request.Method == http.MethodGet {
		return false
	}
	if r.Path != "" && r.Path != requestPath {
		if ok, err := path.Match(r.Path, requestPath); err != nil || !ok {
			return false
		}
	}
	r.seen++
	first, times := r.Nth, r.Times
	if first == 0 {
		first = 1
		if times == 0 {
			times = -1
		}
	} else if times == 0 {
		times = 1
	}
	if r.seen < first || (times > 0 && r.seen >= first+times) {
		return false
	}
	// The draw happens for every candidate, so that a hit does not depend on other faults.
	return r.Every <= 0 || r.rng.Float64() < r.Every
}
