package fake_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"pennytie/providers/fake"
)

// wepayBench serves an app with some payments on loopback.
type wepayBench struct {
	*fake.WePay
	clock *fake.Clock
	base  string
}

func startWePay(t *testing.T) *wepayBench {
	t.Helper()
	b := &wepayBench{clock: fake.NewClock(to)}
	b.WePay = fake.NewWePay("1", "production_fake_only", b.clock.Now)
	server, err := fake.Listen(b.WePay)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	b.base = server.URL()
	return b
}

func (b *wepayBench) fill(n int) {
	for i := range n {
		made := from.Add(time.Duration(i/3) * time.Second) // three share each second
		b.Put("payments", made, map[string]any{"id": fmt.Sprintf("p%03d", i), "create_time": made.Unix(), "amount": 100 + i,
			"status": []string{"completed", "pending"}[i%2], "reference_id": fmt.Sprintf("r%d", i%5),
			"owner": map[string]any{"id": fmt.Sprintf("a%d", i%4)}, "payment_method": map[string]any{"id": "m1", "type": "credit_card"}})
	}
}

// get asks as a well-behaved client, which edit may change.
func (b *wepayBench) get(t *testing.T, path string, edit ...func(*http.Request)) (int, map[string]any, http.Header) {
	t.Helper()
	if !strings.HasPrefix(path, "http") {
		path = b.base + path
	}
	request, err := http.NewRequest(http.MethodGet, path, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header = http.Header{"App-Id": {"1"}, "App-Token": {"production_fake_only"}, "Api-Version": {"3.0"}, "Content-Type": {"application/json"}}
	for _, change := range edit {
		change(request)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	var value map[string]any
	if err := json.Unmarshal(body, &value); err != nil {
		t.Fatalf("%s: %v in %q", path, err, body)
	}
	return response.StatusCode, value, response.Header
}

func wepayIDs(page map[string]any, key string) []string {
	out := []string{}
	rows, _ := page[key].([]any)
	for _, row := range rows {
		out = append(out, fmt.Sprint(dig(row, "id")))
	}
	return out
}

// walk follows next, or previous, to the end.
func (b *wepayBench) walk(t *testing.T, path, direction string) (seen []string) {
	t.Helper()
	for path != "" {
		status, page, _ := b.get(t, path)
		if status != http.StatusOK {
			t.Fatalf("%s: %d %v", path, status, page)
		}
		ids := wepayIDs(page, "results")
		if direction == "previous" {
			seen = append(ids, seen...)
		} else {
			seen = append(seen, ids...)
		}
		path, _ = page[direction].(string)
	}
	return seen
}

func TestWePayPages(t *testing.T) {
	b := startWePay(t)
	b.fill(101)
	var want []string
	for i := range 101 {
		want = append(want, fmt.Sprintf("p%03d", 100-i))
	}
	for _, query := range []string{"", "?page_size=1", "?page_size=7", "?page_size=50"} {
		if got := b.walk(t, "/payments"+query, "next"); !slices.Equal(got, want) {
			t.Errorf("%q: %v", query, got)
		}
	}
	if _, page, _ := b.get(t, "/payments"); len(wepayIDs(page, "results")) != 10 || page["previous"] != nil {
		t.Errorf("the first page: %v", page)
	}
	last := "/payments?page_size=7"
	for {
		_, page, _ := b.get(t, last)
		next, more := page["next"].(string)
		if !more {
			break
		}
		last = next
	}
	if got := b.walk(t, last, "previous"); !slices.Equal(got, want) {
		t.Errorf("backwards: %v", got)
	}
	// What is put in front while somebody pages moves nothing, and its filters stay with a page.
	_, page, _ := b.get(t, "/payments?page_size=3&status=pending")
	b.Put("payments", to, map[string]any{"id": "new", "status": "pending"})
	rest := b.walk(t, page["next"].(string), "next")
	if len(rest) != 47 || rest[0] != "p093" {
		t.Errorf("after an insert: %v", rest)
	}
	b.AbsoluteNext, b.RecordsKey = true, "items"
	_, page, _ = b.get(t, "/payments")
	if next, _ := page["next"].(string); !strings.HasPrefix(next, b.base+"/payments?page=") || len(wepayIDs(page, "items")) != 10 {
		t.Errorf("absolute: %v", page)
	}
	if _, page, _ := b.get(t, page["next"].(string)); len(wepayIDs(page, "items")) != 10 {
		t.Errorf("the second page: %v", page)
	}
}

func TestWePayFilters(t *testing.T) {
	b := startWePay(t)
	b.fill(40)
	for i, of := range []string{"p001", "p002", "p001"} {
		b.Put("refunds", from, map[string]any{"id": fmt.Sprintf("rf%d", i), "status": "completed", "payment": map[string]any{"id": of}})
		b.Put("disputes", from, map[string]any{"id": fmt.Sprintf("dp%d", i), "type": "inquiry", "payment": map[string]any{"id": of}})
	}
	second := from.Unix()
	for query, want := range map[string]int{
		"/payments?page_size=50":                                                                      40,
		"/payments?page_size=50&status=completed":                                                     20,
		"/payments?page_size=50&owner_id=a1":                                                          10,
		"/payments?page_size=50&reference_id=r3":                                                      8,
		"/payments?page_size=50&minimum_amount=130":                                                   10,
		"/payments?page_size=50&maximum_amount=104":                                                   5,
		"/payments?page_size=50&payment_method_id=m1":                                                 40,
		"/payments?payment_method_type=payment_bank_us":                                               0,
		fmt.Sprintf("/payments?page_size=50&create_time_start=%d", second+12):                         4,
		fmt.Sprintf("/payments?page_size=50&create_time_end=%d", second+1):                            6,
		fmt.Sprintf("/payments?page_size=50&create_time_start=%d&create_time_end=%d", second, second): 3,
		"/refunds?payment_id=p001":                                                                    2,
		"/refunds?owner_id=a2":                                                                        1,
		"/disputes?payment_id=p001":                                                                   2,
		"/disputes?type=inquiry&owner_id=a1":                                                          2,
		"/disputes?type=chargeback":                                                                   0,
		"/refunds?status=failed&page_size=50":                                                         0,
	} {
		status, page, _ := b.get(t, query)
		if got := len(wepayIDs(page, "results")); status != http.StatusOK || got != want {
			t.Errorf("%s: %d rows, %d", query, got, status)
		}
	}
	b.OpenBounds = true
	if _, page, _ := b.get(t, fmt.Sprintf("/payments?page_size=50&create_time_start=%d&create_time_end=%d", second, second+2)); len(wepayIDs(page, "results")) != 3 {
		t.Errorf("open bounds: %v", wepayIDs(page, "results"))
	}
}

func TestWePayErrors(t *testing.T) {
	b := startWePay(t)
	b.fill(3)
	set := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	for name, c := range map[string]struct {
		path   string
		edit   func(*http.Request)
		status int
		code   string
		target string
	}{
		"page size 0":      {"/payments?page_size=0", nil, 400, "INVALID_PARAMS", "page_size"},
		"page size 51":     {"/payments?page_size=51", nil, 400, "INVALID_PARAMS", "page_size"},
		"page size a word": {"/payments?page_size=ten", nil, 400, "INVALID_PARAMS", "page_size"},
		"page":             {"/payments?page=!", nil, 400, "INVALID_PARAMS", "page"},
		"page of nothing":  {"/payments?page=YWJj", nil, 400, "INVALID_PARAMS", "page"},
		"time":             {"/payments?create_time_start=yesterday", nil, 400, "INVALID_PARAMS", "create_time_start"},
		"parameter":        {"/payments?payment_id=1", nil, 400, "INVALID_PARAMS", "payment_id"},
		"token":            {"/payments", set("App-Token", "x"), 403, "NOT_AUTHORIZED", "App-Token"},
		"app":              {"/payments", set("App-Id", "x"), 403, "NOT_AUTHORIZED", "App-Token"},
		"version":          {"/payments", set("Api-Version", ""), 400, "INVALID_PARAMS", "Api-Version"},
		"content type":     {"/disputes/x", set("Content-Type", ""), 400, "INVALID_PARAMS", "Content-Type"},
		"method":           {"/payments", func(r *http.Request) { r.Method = http.MethodPost }, 405, "INVALID_PARAMS", "/payments"},
		"unknown id":       {"/payments/P001", nil, 404, "RESOURCE_NOT_FOUND", "/payments/P001"},
		"unknown path":     {"/checkout", nil, 404, "RESOURCE_NOT_FOUND", "/checkout"},
		"no list":          {"/payment_methods", nil, 404, "RESOURCE_NOT_FOUND", "/payment_methods"},
	} {
		edit := func(*http.Request) {}
		if c.edit != nil {
			edit = c.edit
		}
		status, body, header := b.get(t, c.path, edit)
		if status != c.status || body["error_code"] != c.code || dig(body, "details", 0, "target", 0) != c.target ||
			dig(body, "details", 0, "target_type") == "" || header.Get("X-Correlation-Id") == "" {
			t.Errorf("%s: %d %v", name, status, body)
		}
	}
	if status, _, _ := b.get(t, "/refunds"); status != http.StatusOK {
		t.Errorf("a list of refunds: %d", status)
	}
	b.NoRefundList = true
	if status, _, _ := b.get(t, "/refunds"); status != http.StatusNotFound {
		t.Errorf("no list of refunds: %d", status)
	}
}

func TestWePayVersions(t *testing.T) {
	b := startWePay(t)
	b.Put("payments", from, map[string]any{"id": "p1", "status": "pending"})
	b.Put("payments", from.AddDate(0, 0, 3), map[string]any{"id": "p1", "status": "completed"})
	b.Remove("payments", from.AddDate(0, 0, 6), "p1")
	for days, want := range map[int]any{-1: nil, 0: "pending", 2: "pending", 3: "completed", 5: "completed", 6: nil} {
		b.clock.Set(from.AddDate(0, 0, days))
		status, one, _ := b.get(t, "/payments/p1")
		_, page, _ := b.get(t, "/payments?create_time_end="+fmt.Sprint(from.Unix()))
		if one["status"] != want || dig(page, "results", 0, "status") != want || (want == nil) != (status == http.StatusNotFound) {
			t.Errorf("day %d: %d %v, %v", days, status, one, page)
		}
	}
}

func TestWePayLimit(t *testing.T) {
	b := startWePay(t)
	b.fill(1)
	b.Limit, b.ThrottleStatus = 3, 400
	statuses := func(path string, n int) (got []int) {
		for range n {
			status, body, _ := b.get(t, path)
			got = append(got, status)
			if status != http.StatusOK && (body["error_code"] != "THROTTLE_EXCEEDED" ||
				dig(body, "details", 0, "reason_code") != "APPLICATION_REQUEST_THROTTLE_EXCEEDED") {
				t.Errorf("%v", body)
			}
		}
		return got
	}
	if got := statuses("/payments", 4); !slices.Equal(got, []int{200, 200, 200, 400}) {
		t.Errorf("%v", got)
	}
	if got := statuses("/disputes", 1); got[0] != 200 {
		t.Errorf("another endpoint: %v", got)
	}
	b.clock.Advance(9 * time.Second)
	if got := statuses("/payments", 1); got[0] != 400 {
		t.Errorf("too early: %v", got)
	}
	b.clock.Advance(time.Second)
	if got := statuses("/payments", 1); got[0] != 200 {
		t.Errorf("after ten seconds: %v", got)
	}
}
