package fake_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"pennytie/providers/fake"
)

const auraKey = "aura_pk_live_fake_only"

func startAura(t *testing.T) (*fake.Aura, *fake.Clock, string) {
	t.Helper()
	clock := fake.NewClock(to)
	a := fake.NewAura(auraKey, clock.Now)
	server, err := fake.Listen(a)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return a, clock, server.URL()
}

// auraAnswer is what one request said.
type auraAnswer struct {
	status     int
	header     http.Header
	body       map[string]any
	ids        []string
	cursor     string
	more, list bool
}

func askAura(t *testing.T, address string, edit ...func(*http.Request)) auraAnswer {
	t.Helper()
	request, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+auraKey)
	for _, change := range edit {
		change(request)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	answer := auraAnswer{status: response.StatusCode, header: response.Header}
	if err := json.Unmarshal(text, &answer.body); err != nil {
		t.Fatalf("%s: %v in %q", address, err, text)
	}
	if rows, is := answer.body["data"].([]any); is {
		answer.list = true
		for _, row := range rows {
			answer.ids = append(answer.ids, row.(map[string]any)["id"].(string))
		}
		pagination := answer.body["pagination"].(map[string]any)
		answer.cursor, _ = pagination["next_cursor"].(string)
		answer.more = pagination["has_more"].(bool)
	}
	return answer
}

// auraWalk pages to the end.
func auraWalk(t *testing.T, address string) (ids []string) {
	t.Helper()
	for cursor := ""; ; {
		answer := askAura(t, address+"&cursor="+url.QueryEscape(cursor))
		if answer.status != http.StatusOK || answer.more != (answer.cursor != "") {
			t.Fatalf("%+v", answer)
		}
		ids = append(ids, answer.ids...)
		if cursor = answer.cursor; cursor == "" {
			return ids
		}
	}
}

func TestAuraPaging(t *testing.T) {
	a, _, base := startAura(t)
	var want []string
	for i := range 60 {
		id := fmt.Sprintf("p_%02d", i)
		a.Put("payments", from.Add(time.Duration(i/3)*time.Hour), map[string]any{"id": id}) // three at a time
		want = append(want, id)
	}
	for _, newest := range []bool{false, true} {
		a.NewestFirst = newest
		for _, limit := range []int{1, 2, 7, 59, 60, 100} {
			if got := auraWalk(t, fmt.Sprintf("%s/v1/payments?limit=%d", base, limit)); !slices.Equal(got, want) {
				t.Errorf("by %d: %v", limit, got)
			}
		}
		slices.Reverse(want)
	}
	a.NewestFirst = false
	if first := askAura(t, base+"/v1/payments"); len(first.ids) != 50 || !first.more {
		t.Errorf("without a limit %d rows, more %v", len(first.ids), first.more)
	}
	// A row that comes or goes before the cursor shifts nothing.
	first := askAura(t, base+"/v1/payments?limit=10")
	a.Put("payments", from.Add(-time.Hour), map[string]any{"id": "early"})
	a.Remove("payments", from, "p_09")
	if second := askAura(t, base+"/v1/payments?limit=1&cursor="+first.cursor); second.ids[0] != "p_10" {
		t.Errorf("the second page begins with %v", second.ids)
	}
}

func TestAuraFilters(t *testing.T) {
	a, _, base := startAura(t)
	put := func(collection, id string, object map[string]any) {
		object["id"] = id
		a.Put(collection, from, object)
	}
	put("payments", "a", map[string]any{"status": "succeeded", "lead_id": "L1", "payment_date": "2026-02-01T00:00:00Z",
		"created_at": "2026-01-01T00:00:00Z"})
	put("payments", "b", map[string]any{"status": "pending", "lead_id": "L2", "payment_date": "2026-03-01T00:00:00Z",
		"created_at": "2026-01-15T00:00:00Z"})
	put("payments", "c", map[string]any{"status": "failed", "lead_id": "L1", "payment_date": nil, "created_at": nil})
	put("payments", "d", map[string]any{"status": "failed", "payment_date": "whenever"})
	put("leads", "l", map[string]any{"status": "new", "source": "web", "assigned_to_id": "u1"})
	put("calls", "x", map[string]any{"lead_id": "L1", "closer_id": "u1", "outcome": "closed",
		"scheduled_at": "2026-08-01T00:00:00Z"})
	put("calls", "y", map[string]any{"lead_id": "L2", "status": "no_show", "scheduled_at": "2026-02-01T00:00:00Z"})
	put("products", "g", map[string]any{"is_active": true})
	put("products", "h", map[string]any{"is_active": false})
	for query, want := range map[string]string{
		"payments?status=failed": "c d", "payments?lead_id=L1": "a c", "payments?lead_id=L1&status=failed": "c",
		"payments": "a b c d",
		"payments?from_date=2026-02-01T00:00:00Z&to_date=2026-03-01T00:00:00Z": "a b",
		"payments?from_date=2026-02-01T00:00:01Z":                              "b",
		"payments?to_date=2026-02-28T23:59:59Z":                                "a d", // unreadable: as it was put
		"leads?source=web":                                                     "l", "leads?source=web&assigned_to_id=u2": "",
		"leads?status=new":       "l",
		"calls?is_upcoming=true": "x", "calls?is_upcoming=false": "y", "calls?outcome=closed": "x",
		"calls?status=no_show": "y", "calls?closer_id=u1": "x",
		"products": "g h", "products?is_active=false": "h", "products?is_active=true": "g",
	} {
		if got := strings.Join(askAura(t, base+"/v1/"+query).ids, " "); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
	a.OpenBounds = true
	if got := askAura(t, base+"/v1/payments?from_date=2026-02-01T00:00:00Z&to_date=2026-03-01T00:00:00Z").ids; len(got) != 0 {
		t.Errorf("with open bounds %v", got)
	}
	a.OpenBounds, a.DateFilter = false, "created_at"
	if got := askAura(t, base+"/v1/payments?from_date=2026-01-15T00:00:00Z").ids; !slices.Equal(got, []string{"b"}) {
		t.Errorf("by creation %v", got)
	}
	if answer := askAura(t, base+"/v1/payments"); answer.body["success"] != nil {
		t.Error("a list has success")
	}
	a.WithSuccess = true
	if answer := askAura(t, base+"/v1/payments"); answer.body["success"] != true || len(answer.ids) != 4 {
		t.Errorf("%v", answer.body)
	}
}

func TestAuraErrors(t *testing.T) {
	a, _, base := startAura(t)
	a.Put("payments", from, map[string]any{"id": "p"})
	key := func(text string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("Authorization", text) }
	}
	post := func(r *http.Request) { r.Method = http.MethodPost }
	for _, c := range []struct {
		path   string
		edit   func(*http.Request)
		status int
		code   string
	}{
		{"/v1/payments", key(""), 401, "UNAUTHORIZED"}, {"/v1/payments", key("Bearer wrong"), 401, "UNAUTHORIZED"},
		{"/v1/payments/p", key("Bearer "), 401, "UNAUTHORIZED"}, {"/v1/payments", post, 405, "METHOD_NOT_ALLOWED"},
		{"/v1/payments?limit=101", nil, 400, "VALIDATION_ERROR"}, {"/v1/payments?limit=0", nil, 400, "VALIDATION_ERROR"},
		{"/v1/payments?limit=ten", nil, 400, "VALIDATION_ERROR"}, {"/v1/payments?cursor=%21", nil, 400, "VALIDATION_ERROR"},
		{"/v1/payments?cursor=cF8x", nil, 400, "VALIDATION_ERROR"}, {"/v1/payments?status=paid", nil, 400, "VALIDATION_ERROR"},
		{"/v1/payments?from_date=2026-01-01", nil, 400, "VALIDATION_ERROR"},
		{"/v1/payments?to_date=1770000000", nil, 400, "VALIDATION_ERROR"},
		{"/v1/payments?page=2", nil, 400, "VALIDATION_ERROR"},
		{"/v1/leads?from_date=2026-01-01T00:00:00Z", nil, 400, "VALIDATION_ERROR"},
		{"/v1/products?is_active=maybe", nil, 400, "VALIDATION_ERROR"},
		{"/v1/payments/none", nil, 404, "PAYMENT_NOT_FOUND"}, {"/v1/leads/none", nil, 404, "LEAD_NOT_FOUND"},
		{"/v1/refunds", nil, 404, "NOT_FOUND"},
		{"/payments", nil, 404, "NOT_FOUND"},
	} {
		if c.edit == nil {
			c.edit = func(*http.Request) {}
		}
		answer := askAura(t, base+c.path, c.edit)
		if answer.status != c.status || answer.body["code"] != c.code || answer.body["success"] != false ||
			answer.body["error"] == "" ||
			answer.body["requestId"] == nil {
			t.Errorf("%s: %d %v", c.path, answer.status, answer.body)
		}
	}
	if health := askAura(t, base+"/health", key("")); health.status != http.StatusOK {
		t.Errorf("health: %+v", health)
	}
	one := askAura(t, base+"/v1/payments/p")
	if data, is := one.body["data"].(map[string]any); !is || data["id"] != "p" || one.body["success"] != true {
		t.Errorf("one: %v", one.body)
	}
	a.Fault(fake.Fault{Nth: 1, Do: fake.AuraError(403, "FORBIDDEN", "no", "X-Test", "1")})
	if answer := askAura(t, base+"/v1/payments"); answer.status != 403 || answer.body["code"] != "FORBIDDEN" ||
		answer.header.Get("X-Test") != "1" {
		t.Errorf("fault: %+v", answer)
	}
}

func TestAuraBudget(t *testing.T) {
	a, clock, base := startAura(t)
	if answer := askAura(t, base+"/v1/payments"); answer.header.Get("X-RateLimit-Limit") != "100" ||
		answer.header.Get("X-RateLimit-Remaining") != "99" ||
		answer.header.Get("X-RateLimit-Reset") != fmt.Sprint(to.Unix()+60) {
		t.Errorf("%v", answer.header)
	}
	a.Limit = 2
	clock.Advance(time.Minute)
	for i, want := range []int{200, 200, 429, 429} {
		if answer := askAura(t, base+"/v1/leads"); answer.status != want ||
			(want == 429) != (answer.body["code"] == "RATE_LIMITED") {
			t.Errorf("request %d: %d %v", i+1, answer.status, answer.body)
		}
	}
	clock.Advance(time.Minute)
	if answer := askAura(t, base+"/v1/leads"); answer.status != 200 {
		t.Errorf("a minute later: %d", answer.status)
	}
}

func TestAuraVersions(t *testing.T) {
	a, clock, base := startAura(t)
	a.Put("payments", from, map[string]any{"id": "p", "status": "pending"})
	a.Put("payments", to.Add(time.Hour), map[string]any{"id": "p", "status": "succeeded"})
	a.Put("payments", to.Add(time.Hour), map[string]any{"id": "q"})
	a.Remove("payments", to.Add(2*time.Hour), "p")
	for _, c := range []struct {
		after  time.Duration
		ids    string
		status any
	}{{0, "p", "pending"}, {time.Hour, "p q", "succeeded"}, {2 * time.Hour, "q", nil}} {
		clock.Set(to.Add(c.after))
		list, one := askAura(t, base+"/v1/payments"), askAura(t, base+"/v1/payments/p")
		data, _ := one.body["data"].(map[string]any)
		if got := strings.Join(list.ids, " "); got != c.ids || data["status"] != c.status ||
			(one.status == 404) != (c.status == nil) {
			t.Errorf("after %v: %s, %v", c.after, got, one.body)
		}
	}
	empty := askAura(t, base+"/v1/calls")
	if !empty.list || len(empty.ids) != 0 || empty.more {
		t.Errorf("an empty list: %v", empty.body)
	}
}
