package stripe

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"

	"pennytie/configs"
	"pennytie/providers/internal/rest"
	"pennytie/reconcile"
)

const (
	liveKey = "rk_live_canary0000"
	source  = "stripe-main"
)

var (
	testNow   = time.Date(2026, 3, 20, 12, 0, 0, 0, time.UTC)
	testSince = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
)

// object is a row of the test account, with what the server needs to know of it.
type object struct {
	id      string
	created int64
	payout  string // of a ledger row, that of its list
	text    json.RawMessage
}

// account is a small Stripe that serves fixtures: lists newest first with limit, starting_after and created,
// and reads by id.
type account struct {
	*httptest.Server
	mu       sync.Mutex
	lists    map[string][]object
	requests []*http.Request
	// before may answer a request instead; it returns true if it did. n counts requests from 1.
	before func(n int, w http.ResponseWriter, r *http.Request) bool
}

func newAccount(t testing.TB) *account {
	t.Helper()
	a := &account{lists: map[string][]object{}}
	for file, path := range map[string]string{
		"products": pathProducts, "charges": pathCharges, "refunds": pathRefunds,
		"disputes": pathDisputes, "sessions": pathSessions, "ledger": pathLedger, "payouts": pathPayouts,
	} {
		a.put(t, path, fixtures(t, file)...)
	}
	a.serve(t)
	return a
}

func (a *account) serve(t testing.TB) {
	t.Helper()
	a.Server = httptest.NewServer(a)
	t.Cleanup(a.Close)
}

func fixtures(t testing.TB, file string) []json.RawMessage {
	t.Helper()
	text, err := os.ReadFile("testdata/" + file + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var rows []json.RawMessage
	if err := json.Unmarshal(text, &rows); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return rows
}

func (a *account) put(t testing.TB, path string, rows ...json.RawMessage) {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, text := range rows {
		var o struct {
			ID      string
			Created int64
			Payout  string `json:"test_payout"`
		}
		if err := json.Unmarshal(text, &o); err != nil {
			t.Fatal(err)
		}
		list := slices.DeleteFunc(a.lists[path], func(old object) bool { return old.id == o.ID })
		a.lists[path] = append(list, object{o.ID, o.Created, o.Payout, text})
	}
	slices.SortStableFunc(a.lists[path], func(x, y object) int {
		if x.created != y.created {
			return int(y.created - x.created)
		}
		return strings.Compare(y.id, x.id)
	})
}

// count is how many requests came. A handler that broke off may still be ending, hence the lock.
func (a *account) count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.requests)
}

func (a *account) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.requests = append(a.requests, r)
	if a.before != nil && a.before(len(a.requests), w, r) {
		return
	}
	if r.Header.Get("Authorization") != "Bearer "+liveKey || r.Header.Get("Stripe-Version") != "2023-10-16" {
		answer(w, http.StatusUnauthorized, `{"error":{"message":"bad key rk_live_wrong of ann@example.test"}}`)
		return
	}
	if list, there := a.lists[r.URL.Path]; there {
		a.list(w, r, list)
		return
	}
	cut := strings.LastIndex(r.URL.Path, "/")
	for _, o := range a.lists[r.URL.Path[:cut]] {
		if o.id == r.URL.Path[cut+1:] {
			answer(w, http.StatusOK, string(o.text))
			return
		}
	}
	answer(w, http.StatusNotFound, `{"error":{"message":"No such object"}}`)
}

func (a *account) list(w http.ResponseWriter, r *http.Request, all []object) {
	q := r.URL.Query()
	limit, err := strconv.Atoi(q.Get("limit"))
	if err != nil || limit < 1 || limit > 100 {
		answer(w, http.StatusBadRequest, `{"error":{"message":"limit"}}`)
		return
	}
	gte, _ := strconv.ParseInt(q.Get("created[gte]"), 10, 64)
	lt, err := strconv.ParseInt(q.Get("created[lt]"), 10, 64)
	if err != nil {
		lt = 1 << 60
	}
	rows, started := []string{}, q.Get("starting_after") == ""
	more := false
	for _, o := range all {
		if started && o.created >= gte && o.created < lt && (!q.Has("payout") || o.payout == q.Get("payout")) {
			if len(rows) == limit {
				more = true
				break
			}
			rows = append(rows, string(o.text))
		}
		started = started || o.id == q.Get("starting_after")
	}
	if !started {
		answer(w, http.StatusBadRequest, `{"error":{"message":"No such cursor"}}`)
		return
	}
	answer(w, http.StatusOK, listOf(r.URL.Path, more, rows...))
}

func listOf(path string, more bool, rows ...string) string {
	return fmt.Sprintf(`{"object":"list","data":[%s],"has_more":%v,"url":%q}`,
		strings.Join(rows, ","), more, path)
}

func answer(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Request-Id", "req_1")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body))
}

// config is the configuration of the tests: no waiting, a fixed day.
func (a *account) config() Config {
	return Config{
		Account: rest.Account{
			Source: source, BaseURL: a.URL, Since: testSince, PageSize: 3,
			Now: func() time.Time { return testNow }, RequestsPerSecond: 1e6, AllowInsecureLoopback: true,
			Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
		},
		Key: configs.NewSecret(liveKey), Products: true,
	}
}

func (a *account) provider(t testing.TB, change ...func(*Config)) *Provider {
	t.Helper()
	cfg := a.config()
	for _, c := range change {
		c(&cfg)
	}
	p, err := New(cfg, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// pull reads from a cursor to the end.
func pull(t testing.TB, p *Provider, from reconcile.Cursor) (all reconcile.Page, pages []reconcile.Page) {
	t.Helper()
	for range 500 {
		page, err := p.Pull(t.Context(), from)
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, page)
		all.Payments = append(all.Payments, page.Payments...)
		all.Refunds = append(all.Refunds, page.Refunds...)
		all.Disputes = append(all.Disputes, page.Disputes...)
		all.Products = append(all.Products, page.Products...)
		all.Entries = append(all.Entries, page.Entries...)
		all.Payouts = append(all.Payouts, page.Payouts...)
		all.Quarantined = append(all.Quarantined, page.Quarantined...)
		all.Next, all.Covers = page.Next, page.Covers
		if !page.More {
			return all, pages
		}
		from = page.Next
	}
	t.Fatal("the pull did not end")
	return all, pages
}
