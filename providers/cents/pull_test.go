package cents

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pennytie/providers/fake"
	"pennytie/reconcile"
)

// asked notes the windows that the list was asked for.
func (a *account) asked(path string) *[]string {
	var windows []string
	a.Fault(fake.Fault{Path: path, Do: func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if q := r.URL.Query(); q.Get("start_key") == "" {
				windows = append(windows, q.Get("start_date")+" "+q.Get("end_date"))
			}
			next.ServeHTTP(w, r)
		})
	}})
	return &windows
}

func TestWindows(t *testing.T) {
	a := newAccount(t)
	windows := a.asked(DefaultListPath)
	expect := func(what string, want ...string) {
		t.Helper()
		if !slices.Equal(*windows, want) {
			t.Errorf("%s: asked %q, want %q", what, *windows, want)
		}
		*windows = nil
	}
	all := pull(t, a.provider(t), "")
	expect("first", "2026-01-01 2026-01-30", "2026-01-31 2026-03-01", "2026-03-02 2026-03-20")
	if want := (reconcile.Span{From: testSince, Through: testNow.Add(-time.Minute)}); all.Covers != want {
		t.Errorf("covers %v", all.Covers)
	}
	a.today.Set(testNow.AddDate(0, 0, 1))
	pull(t, a.provider(t), all.Next)
	expect("second", "2026-03-17 2026-03-21")
	pull(t, a.provider(t, func(c *Config) { c.Overlap = 24 * time.Hour }), all.Next)
	expect("shorter overlap", "2026-03-19 2026-03-21")
	pull(t, a.provider(t, func(c *Config) { c.Since = time.Time{} }), "")
	expect("all", " 2026-03-21")
	a.today.Set(time.Date(2026, 3, 20, 0, 1, 0, 0, time.UTC)) // the window ends at midnight: the new day is not asked for
	pull(t, a.provider(t, func(c *Config) { c.Since = testNow.AddDate(0, 0, -3) }), "")
	expect("midnight", "2026-03-17 2026-03-19")
	if err := a.provider(t).Probe(t.Context()); err != nil {
		t.Error(err)
	}
	expect("probe", " ")
}

// Both answers to where the service's days begin: a row of tomorrow there is found tonight, or by the next pull.
func TestZone(t *testing.T) {
	rome := time.FixedZone("CET", 3600)
	late := time.Date(2026, 3, 20, 23, 30, 0, 0, time.UTC)
	for _, zone := range []*time.Location{nil, rome} {
		a := emptyAccount(t)
		a.Put("transactions", late.Add(-10*time.Minute), map[string]any{
			"id": "t1", "currency": "EUR", "total_amount": 1, "transaction_status": "paid", "created_date": "2026-03-21"})
		a.today.Set(late)
		p := a.provider(t, func(c *Config) { c.Zone = zone })
		first := pull(t, p, "")
		a.today.Set(late.Add(24 * time.Hour))
		second := pull(t, p, first.Next)
		if len(first.Payments) == 1 != (zone == rome) || len(second.Payments) != 1 {
			t.Errorf("zone %v: %d rows tonight, %d tomorrow", zone, len(first.Payments), len(second.Payments))
		}
		begins := time.Date(2026, 3, 21, 0, 0, 0, 0, cmp.Or(zone, time.UTC))
		if f := second.Payments[0].Facts; !f.PaymentDate.Equal(begins) || !f.DayOnly {
			t.Errorf("zone %v: day %v", zone, f.PaymentDate)
		}
	}
}

// Both answers to which date is filtered: whatever it is, a pull and a re-scan find every row.
func TestDateFilter(t *testing.T) {
	for wire, filter := range map[string]string{"created_date": FilterCreated, "updated_date": FilterUpdated} {
		a := newAccount(t)
		a.DateFilter = wire
		p := a.provider(t, func(c *Config) { c.DateFilter = filter })
		all := byID(pull(t, p, ""))
		if len(all) != 7 {
			t.Errorf("%s: %d rows", filter, len(all))
		}
		past := reconcile.Span{From: testSince, Through: testSince.AddDate(0, 0, 25)}
		var from reconcile.Cursor
		found := map[string]bool{}
		for more := true; more; {
			page, err := p.Rescan(t.Context(), past, from)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range page.Payments {
				found[r.ID] = true
			}
			from, more = page.Next, page.More
		}
		for id, r := range all {
			if past.Contains(r.Facts.CreatedAt) && !found[id] {
				t.Errorf("%s: %s of %v is not in the re-scan", filter, id, r.Facts.CreatedAt)
			}
		}
		if page, err := p.Rescan(t.Context(), reconcile.Span{From: testSince, Through: testSince}, ""); err != nil || page.More || len(page.Payments) > 0 {
			t.Errorf("%s: an empty stretch: %+v, %v", filter, page, err)
		}
	}
}

// Both answers to where the list is, and to whether single rows can be read.
func TestListPathAndFetch(t *testing.T) {
	a := newAccount(t)
	a.ListPath = "/v1/auth/company/donations"
	if _, err := a.provider(t).Pull(t.Context(), ""); err == nil {
		t.Error("a wrong path gave a page")
	}
	p := a.provider(t, func(c *Config) { c.ListPath = a.ListPath })
	if all := pull(t, p, ""); len(all.Payments) != 7 || all.Quarantined[0].File != a.ListPath {
		t.Errorf("%d rows", len(all.Payments))
	}
	id := "0b6e1f1c-55a1-4b6e-9d2a-000000000004"
	refs := []reconcile.Ref{{Kind: reconcile.RefPayment, ID: id}}
	if page, err := p.Fetch(t.Context(), refs); err != nil || len(page.Payments) != 1 {
		t.Errorf("%+v, %v", page, err)
	}
	a.NoFetch = true // with nothing said of it in the configuration: an error, never a row that is gone
	fresh := a.provider(t, func(c *Config) { c.ListPath = a.ListPath })
	if _, err := fresh.Fetch(t.Context(), refs); !errors.Is(err, reconcile.ErrAuth) || !strings.Contains(err.Error(), "set no_fetch") {
		t.Errorf("no such route gives %v", err)
	}
	// One that has read rows by id knows that it can: the row is refused.
	if page, err := p.Fetch(t.Context(), refs); err != nil || len(page.Payments) > 0 || len(page.Quarantined) != 1 {
		t.Errorf("%+v, %v", page, err)
	}
}

// A row that the service refuses to show is neither gone nor the end of the others.
func TestFetchRefused(t *testing.T) {
	refused, good := "0b6e1f1c-55a1-4b6e-9d2a-000000000007", "0b6e1f1c-55a1-4b6e-9d2a-000000000004"
	refs := []reconcile.Ref{{Kind: reconcile.RefPayment, ID: refused}, {Kind: reconcile.RefPayment, ID: good}, {Kind: reconcile.RefPayment, ID: "unknown"}}
	a := newAccount(t)
	a.Fault(fake.Fault{Path: DefaultListPath + "/" + refused, Do: fake.Status(403, `{}`)})
	p := a.provider(t)
	page, err := p.Fetch(t.Context(), refs)
	want := reconcile.Quarantine{Source: source, File: DefaultListPath + "/" + refused, ID: refused,
		Reason: "the service refuses to show this row by id (403); check the permissions of the key"}
	if err != nil || len(page.Payments) != 1 || page.Payments[0].ID != good || len(page.Quarantined) != 1 ||
		!reflect.DeepEqual(page.Quarantined[0], want) {
		t.Errorf("%+v, %v", page, err)
	}
	if page, err = p.Fetch(t.Context(), refs[:1]); err != nil || len(page.Quarantined) != 1 { // asked for alone, once one could be read
		t.Errorf("alone: %+v, %v", page, err)
	}
	b := newAccount(t)
	b.Fault(fake.Fault{Path: DefaultListPath + "/*", Do: fake.Status(403, `{}`)})
	if page, err = b.provider(t).Fetch(t.Context(), refs); !errors.Is(err, reconcile.ErrAuth) || !strings.Contains(err.Error(), "set no_fetch") ||
		len(page.Quarantined) > 0 {
		t.Errorf("all: %+v, %v", page, err)
	}
}

// What the token endpoint answers says nothing of a row.
func TestFetchWithoutAToken(t *testing.T) {
	for _, status := range []int{400, 403, 404, 405, 410} {
		a := newAccount(t)
		a.Fault(fake.Fault{Path: fake.CentsTokenPath, Do: fake.Status(status, `{}`)})
		page, err := a.provider(t).Fetch(t.Context(), []reconcile.Ref{{Kind: reconcile.RefPayment, ID: "x"}})
		if err == nil || strings.Contains(err.Error(), "no_fetch") || len(page.Quarantined) > 0 {
			t.Errorf("status %d: %+v, %v", status, page, err)
		}
	}
}

func TestFetch(t *testing.T) {
	a := newAccount(t)
	p := a.provider(t)
	pull(t, p, "")
	before := a.Requests("")
	page, err := p.Fetch(t.Context(), []reconcile.Ref{
		{Kind: reconcile.RefPayment, ID: ""}, {Kind: reconcile.RefPayment, ID: "a/b"}, {Kind: reconcile.RefPayment, ID: ".."},
		{Kind: reconcile.RefPayment, ID: "a?b"}, {Kind: reconcile.RefDetail, ID: "a b"},
	})
	if err != nil || len(page.Payments) > 0 || a.Requests("") != before {
		t.Errorf("impossible ids: %+v, %v, %d requests", page, err, a.Requests("")-before)
	}
	if _, err := p.Fetch(t.Context(), []reconcile.Ref{{Kind: reconcile.RefRefund, ID: "x"}}); !errors.Is(err, reconcile.ErrInvalid) {
		t.Errorf("a refund: %v", err)
	}
	// An intent that became a payment, a row that went, a row that broke.
	intent, draft, gone := "0b6e1f1c-55a1-4b6e-9d2a-000000000005", "0b6e1f1c-55a1-4b6e-9d2a-000000000004", "0b6e1f1c-55a1-4b6e-9d2a-000000000007"
	a.Put("transactions", testNow, map[string]any{"id": intent, "currency": "EUR", "total_amount": 3, "transaction_status": "paid", "created_date": "2026-03-12"})
	a.Put("transactions", testNow, map[string]any{"id": draft, "currency": "EUR", "transaction_status": "paid", "created_date": "2026-03-10"})
	a.Remove("transactions", testNow, gone)
	page, err = p.Fetch(t.Context(), []reconcile.Ref{
		{Kind: reconcile.RefDetail, ID: intent}, {Kind: reconcile.RefPayment, ID: gone}, {Kind: reconcile.RefPayment, ID: draft}})
	if err != nil || len(page.Payments) != 1 || page.Payments[0].Kind != reconcile.KindPayment || page.Payments[0].Facts.Amount.Minor != 300 ||
		len(page.Quarantined) != 1 || page.Quarantined[0].File != DefaultListPath {
		t.Errorf("%+v, %v", page, err)
	}
	for name, body := range map[string]string{
		"a list": `[{"id":"x"}]`, "an envelope": `{"data":{"id":"x"}}`, "another": `{"id":"y"}`, "twice": `{"id":"x","id":"x"}`,
	} {
		b := newAccount(t)
		b.Fault(fake.Fault{Path: DefaultListPath + "/x", Do: fake.Status(200, body)})
		page, err := b.provider(t).Fetch(t.Context(), []reconcile.Ref{{Kind: reconcile.RefPayment, ID: "x"}})
		if !errors.Is(err, reconcile.ErrInvalid) || len(page.Payments)+len(page.Quarantined) > 0 || !strings.Contains(err.Error(), "set no_fetch: true") {
			t.Errorf("%s: %+v, %v", name, page, err)
		}
	}
	for status, hint := range map[int]bool{400: true, 405: true, 403: true, 401: false, 422: false, 429: false, 500: false} {
		b := newAccount(t)
		b.Fault(fake.Fault{Path: DefaultListPath + "/x", Do: fake.Status(status, `{}`)})
		_, err := b.provider(t).Fetch(t.Context(), []reconcile.Ref{{Kind: reconcile.RefPayment, ID: "x"}})
		if err == nil || strings.Contains(err.Error(), "set no_fetch: true") != hint {
			t.Errorf("status %d: %v", status, err)
		}
	}
	for name, do := range map[string]fake.Action{"null": fake.Null(), "404": fake.Status(404, `{}`), "410": fake.Status(410, `{}`)} {
		b := newAccount(t) // unknown: left out, and the rest is read
		b.Fault(fake.Fault{Path: DefaultListPath + "/x", Do: do})
		page, err := b.provider(t).Fetch(t.Context(), []reconcile.Ref{{Kind: reconcile.RefPayment, ID: "x"}, {Kind: reconcile.RefPayment, ID: draft}})
		if err != nil || len(page.Payments) != 1 || len(page.Quarantined) > 0 {
			t.Errorf("%s: %+v, %v", name, page, err)
		}
	}
}

// What the requests look like: one filter at a time, the id_token in a header and nothing secret in an address.
func TestRequests(t *testing.T) {
	a := newAccount(t)
	a.RedirectURI = "https://example.com/back"
	var seen []string
	a.Fault(fake.Fault{Do: func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			seen = append(seen, fmt.Sprintf("%s %s %s", r.Method, r.URL, r.Header.Get("Authorization")))
			next.ServeHTTP(w, r)
		})
	}})
	p := a.provider(t, func(c *Config) { c.RedirectURI, c.Since, c.PageSize = a.RedirectURI, testNow.AddDate(0, 0, -2), 0 })
	pull(t, p, "")
	want := []string{
		"POST /oauth2/token ",
		"GET /v1/auth/company/transactions?end_date=2026-03-20&limit=100&start_date=2026-03-18 Bearer id_token_1",
	}
	if !slices.Equal(seen, want) {
		t.Errorf("sent %q", seen)
	}
}
