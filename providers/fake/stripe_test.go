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

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/client"

	"pennytie/providers/fake"
)

const testKey = "sk_test_fake_only"

var (
	from = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	to   = time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
)

// start serves an empty account on loopback, with a clock that stands at to.
func start(t *testing.T) (*fake.Stripe, *fake.Clock, string) {
	t.Helper()
	clock := fake.NewClock(to)
	s := fake.NewStripe(testKey, clock.Now)
	server, err := fake.Listen(s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return s, clock, server.URL()
}

func sdk(base string) *client.API {
	backend := stripe.GetBackendWithConfig(stripe.APIBackend, &stripe.BackendConfig{
		URL: stripe.String(base), HTTPClient: &http.Client{Timeout: 20 * time.Second},
		MaxNetworkRetries: stripe.Int64(0), EnableTelemetry: stripe.Bool(false),
		LeveledLogger: &stripe.LeveledLogger{Level: stripe.LevelNull},
	})
	return client.New(testKey, &stripe.Backends{API: backend, Connect: backend, Uploads: backend})
}

// get asks for a path with the headers of a well-behaved client, which edit may change.
func get(t *testing.T, address string, edit ...func(*http.Request)) (int, map[string]any, http.Header) {
	t.Helper()
	request, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+testKey)
	request.Header.Set("Stripe-Version", fake.StripeVersion)
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
		t.Fatalf("%s: %v in %q", address, err, body)
	}
	return response.StatusCode, value, response.Header
}

// dig follows keys and indexes into a decoded value.
func dig(value any, path ...any) any {
	for _, step := range path {
		switch step := step.(type) {
		case string:
			object, _ := value.(map[string]any)
			value = object[step]
		case int:
			list, _ := value.([]any)
			if step >= len(list) {
				return nil
			}
			value = list[step]
		}
	}
	return value
}

func ids(page map[string]any) []string {
	var out []string
	data, _ := page["data"].([]any)
	for _, item := range data {
		out = append(out, fmt.Sprint(dig(item, "id")))
	}
	return out
}

func putCharges(s *fake.Stripe, n int) {
	for i := range n {
		// Four charges share each second, so that ties are on page borders too.
		at := from.Add(time.Duration(i/4) * time.Second)
		s.Put("charges", at, map[string]any{
			"id": fmt.Sprintf("ch_%04d", i), "created": at.Unix(), "amount": 100 + i, "currency": "usd",
			"customer": fmt.Sprintf("cus_%d", i%7), "status": "succeeded",
		})
	}
}

func TestPagingVisitsEachObjectOnceNewestFirst(t *testing.T) {
	s, _, base := start(t)
	putCharges(s, 1003)
	api := sdk(base)
	var seen []string
	for after := ""; ; {
		params := &stripe.ChargeListParams{}
		params.Single, params.Limit = true, stripe.Int64(100)
		if after != "" {
			params.StartingAfter = stripe.String(after)
		}
		list := api.Charges.List(params)
		for list.Next() {
			after = list.Charge().ID
			seen = append(seen, after)
		}
		if err := list.Err(); err != nil {
			t.Fatal(err)
		}
		if list.ChargeList().URL != "/v1/charges" {
			t.Fatalf("url is %q", list.ChargeList().URL)
		}
		if !list.ChargeList().HasMore {
			break
		}
	}
	if len(seen) != 1003 || seen[0] != "ch_1002" || seen[1002] != "ch_0000" {
		t.Fatalf("saw %d, from %s to %s", len(seen), seen[0], seen[len(seen)-1])
	}
	if !slices.IsSortedFunc(seen, func(a, b string) int { return strings.Compare(b, a) }) {
		t.Fatal("not newest first")
	}
	if got := s.Requests("/v1/charges"); got != 11 {
		t.Fatalf("%d requests counted, want 11", got)
	}
}

func TestWindows(t *testing.T) {
	s, _, base := start(t)
	putCharges(s, 40)
	second := from.Unix() + 5 // charges 20 to 23
	for query, want := range map[string]int{
		fmt.Sprintf("created=%d", second):                                     4,
		fmt.Sprintf("created[gte]=%d", second):                                20,
		fmt.Sprintf("created[gt]=%d", second):                                 16,
		fmt.Sprintf("created[lt]=%d", second):                                 20,
		fmt.Sprintf("created[lte]=%d", second):                                24,
		fmt.Sprintf("created[gte]=%d&created[lt]=%d", second, second+2):       8,
		fmt.Sprintf("created[gt]=%d&created[lt]=%d", second, second+1):        0,
		fmt.Sprintf("created[gte]=%d&customer=cus_0", second):                 3,
		fmt.Sprintf("created[gte]=%d&starting_after=ch_0030", second):         10,
		fmt.Sprintf("created[gte]=%d&starting_after=ch_0002", second):         0,
		fmt.Sprintf("created[lt]=%d&starting_after=ch_0039&limit=10", second): 10,
	} {
		if !strings.Contains(query, "limit") {
			query += "&limit=100"
		}
		status, page, _ := get(t, base+"/v1/charges?"+query)
		if got := len(ids(page)); status != 200 || got != want {
			t.Errorf("%s: status %d, %d charges, want %d", query, status, got, want)
		}
	}
	_, page, _ := get(t, base+"/v1/charges")
	if len(ids(page)) != 10 || page["has_more"] != true {
		t.Errorf("default page: %d, has_more %v", len(ids(page)), page["has_more"])
	}
}

func TestRefusals(t *testing.T) {
	s, _, base := start(t)
	putCharges(s, 3)
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	post := func(r *http.Request) { r.Method = http.MethodPost }
	deep := url.QueryEscape("data.invoice.lines.data.price")
	for _, c := range []struct {
		path   string
		edit   func(*http.Request)
		status int
		text   string
	}{
		{"/v1/charges", header("Authorization", ""), 401, "did not provide an API key"},
		{"/v1/charges", header("Authorization", "Bearer sk_test_other_key"), 401,
			"Invalid API Key provided: sk_t"},
		{"/v1/charges", header("Stripe-Version", "2025-03-31.basil"), 400, "Stripe API version"},
		{"/v1/charges", header("Stripe-Version", ""), 400, "Stripe API version"},
		{"/v1/charges", post, 405, "read-only"},
		{"/v1/nothing", nil, 404, "Unrecognized request URL (GET: /v1/nothing)"},
		{"/v2/charges", nil, 404, "Unrecognized request URL"},
		{"/v1/charges/", nil, 404, "Unrecognized request URL"},
		{"/v1/charges/ch_none", nil, 404, "No such charge: 'ch_none'"},
		{"/v1/refunds/ch_0001", nil, 404, "No such refund"},
		{"/v1/charges?limit=0", nil, 400, "Invalid limit"},
		{"/v1/charges?limit=101", nil, 400, "Invalid limit"},
		{"/v1/charges?limit=ten", nil, 400, "Invalid integer: ten"},
		{"/v1/charges?starting_after=", nil, 400, "empty string"},
		{"/v1/charges?starting_after=ch_none", nil, 400, "No such charge"},
		{"/v1/charges?payment_intent=", nil, 400, "empty string"},
		{"/v1/charges?created[gte]=soon", nil, 400, "Invalid integer"},
		{"/v1/charges?created[near]=1", nil, 400, "Received unknown parameter: created[near]"},
		{"/v1/charges?status=paid", nil, 400, "Received unknown parameter: status"},
		{"/v1/charges?expand[]=customer", nil, 400, "cannot be expanded (customer)"},
		{"/v1/charges?expand[]=data.amount", nil, 400, "cannot be expanded (data.amount)"},
		{"/v1/charges?expand[]=" + deep, nil, 400, "cannot expand more than 4 levels"},
		{"/v1/charges/ch_0001?limit=1", nil, 400, "Received unknown parameter: limit"},
	} {
		edit := c.edit
		if edit == nil {
			edit = func(*http.Request) {}
		}
		status, body, headers := get(t, base+c.path, edit)
		message := fmt.Sprint(dig(body, "error", "message"))
		if status != c.status || !strings.Contains(message, c.text) {
			t.Errorf("%s: %d %q, want %d %q", c.path, status, message, c.status, c.text)
		}
		if headers.Get("Request-Id") == "" || dig(body, "error", "type") != "invalid_request_error" {
			t.Errorf("%s: no request id, or type %v", c.path, dig(body, "error", "type"))
		}
		if strings.Contains(message, "other_key") {
			t.Errorf("the key is shown: %s", message)
		}
	}
}

// linked puts one object of each kind that refer to each other.
func linked(s *fake.Stripe) {
	put := func(collection, id string, more map[string]any) {
		more["id"], more["created"] = id, from.Unix()
		s.Put(collection, from, more)
	}
	var lines []map[string]any
	for i := range 13 {
		lines = append(lines, map[string]any{
			"id": fmt.Sprintf("il_%02d", i), "price": map[string]any{"id": "price_1", "product": "prod_1"}})
	}
	put("products", "prod_1", map[string]any{"name": "Tea"})
	put("customers", "cus_1", map[string]any{"email": "a@example.com"})
	put("subscriptions", "sub_1", map[string]any{"customer": "cus_1"})
	put("invoices", "in_1", map[string]any{"subscription": "sub_1", "customer": "cus_1", "lines": lines})
	put("charges", "ch_1", map[string]any{"customer": "cus_1", "invoice": "in_1",
		"balance_transaction": nil,
		"payment_intent":      "pi_gone"})
	put("refunds", "re_1", map[string]any{"charge": "ch_1"})
	put("balance_transactions", "txn_1", map[string]any{"source": "re_1", "_payout": "po_1"})
	put("payouts", "po_1", map[string]any{"automatic": true})
	put("payouts", "po_2", map[string]any{"automatic": false})
	put("checkout/sessions", "cs_1", map[string]any{"line_items": lines[:2]})
}

// asker gets a path of an account with expansions, which must succeed.
func asker(t *testing.T, base string) func(path string, expands ...string) map[string]any {
	return func(path string, expands ...string) map[string]any {
		query := url.Values{}
		for i, expand := range expands {
			query.Add(fmt.Sprintf("expand[%d]", i), expand)
		}
		status, body, _ := get(t, base+"/v1/"+path+"?"+query.Encode())
		if status != 200 {
			t.Fatalf("%s: %v", path, body)
		}
		return body
	}
}

func TestExpansion(t *testing.T) {
	s, _, base := start(t)
	linked(s)
	ask := asker(t, base)
	plain := dig(ask("charges"), "data", 0)
	if dig(plain, "customer") != "cus_1" || dig(plain, "refunds") != nil || dig(plain,
		"object") != "charge" {
		t.Errorf("unexpanded: %v", plain)
	}
	full := dig(ask("charges", "data.customer", "data.invoice.subscription.customer", "data.refunds",
		"data.balance_transaction", "data.payment_intent"), "data", 0)
	for want, got := range map[string]any{
		"a@example.com":  dig(full, "customer", "email"),
		"a@example.com|": fmt.Sprint(dig(full, "invoice", "subscription", "customer", "email"), "|"),
		"re_1":           dig(full, "refunds", "data", 0, "id"),
		"ch_1":           dig(full, "refunds", "data", 0, "charge"),
		"il_09":          dig(full, "invoice", "lines", "data", 9, "id"),
		"pi_gone":        dig(full, "payment_intent"),
		"Tea": dig(ask("invoices/in_1", "lines.data.price.product"), "lines", "data", 0, "price",
			"product", "name"),
		"cus_1": dig(ask("balance_transactions", "data.source.charge"), "data", 0, "source",
			"charge", "customer"),
		"il_01": dig(ask("checkout/sessions", "data.line_items"), "data", 0, "line_items", "data",
			1, "id"),
		"prod_1": dig(ask("checkout/sessions/cs_1/line_items"), "data", 0, "price", "product"),
	} {
		if got != want {
			t.Errorf("got %v, want %q", got, want)
		}
	}
	if dig(full, "balance_transaction") != nil || dig(full, "invoice", "lines", "has_more") != true {
		t.Errorf("expanded: %v", full)
	}
}

func TestListsInsideObjects(t *testing.T) {
	s, _, base := start(t)
	linked(s)
	if _, there := asker(t, base)("checkout/sessions/cs_1")["line_items"]; there {
		t.Error("line_items without being asked")
	}
	_, page, _ := get(t, base+"/v1/invoices/in_1/lines?limit=5&starting_after=il_09")
	if got := ids(page); len(got) != 3 || got[0] != "il_10" || page["has_more"] != false {
		t.Errorf("lines after the first page: %v", got)
	}
	_, page, _ = get(t, base+"/v1/balance_transactions?payout=po_1&type=charge")
	if len(ids(page)) != 0 {
		t.Error("both filters must hold")
	}
	_, page, _ = get(t, base+"/v1/balance_transactions?payout=po_1")
	if len(ids(page)) != 1 || dig(page, "data", 0, "_payout") != nil {
		t.Errorf("by payout: %v", page)
	}
	for _, payout := range []string{"po_2", "po_3"} {
		if status, refused, _ := get(t, base+"/v1/balance_transactions?payout="+payout); status != http.StatusBadRequest {
			t.Errorf("the members of %s: %v", payout, refused)
		}
	}
}

func TestClockSteps(t *testing.T) {
	s, clock, base := start(t)
	charge := func(status string) map[string]any {
		return map[string]any{"id": "py_1", "created": from.Unix(), "status": status}
	}
	// Put in any order: only the times count.
	s.Put("charges", from.AddDate(0, 0, 4), charge("failed"))
	s.Put("charges", from, charge("pending"))
	late := from.AddDate(0, 3, 0)
	s.Put("refunds", late, map[string]any{"id": "re_1", "created": late.Unix(), "charge": "py_1"})
	s.Put("customers", from, map[string]any{"id": "cus_1", "created": from.Unix()})
	s.Put("customers", late, map[string]any{"id": "cus_1", "deleted": true})
	for _, step := range []struct {
		at             time.Time
		status         any
		refunds, known int
	}{
		{from.Add(-time.Second), nil, 0, 0},
		{from, "pending", 0, 1},
		{from.AddDate(0, 0, 4), "failed", 0, 1},
		{late, "failed", 1, 0},
		{from.AddDate(0, 0, 1), "pending", 0, 1},
	} {
		clock.Set(step.at)
		_, charges, _ := get(t, base+"/v1/charges")
		_, refunds, _ := get(t, base+"/v1/refunds?charge=py_1")
		_, customers, _ := get(t, base+"/v1/customers")
		if dig(charges, "data", 0, "status") != step.status || len(ids(refunds)) != step.refunds ||
			len(ids(customers)) != step.known {
			t.Errorf("at %s: %v, %v, %v", step.at, charges, refunds, customers)
		}
	}
	clock.Set(late)
	if status, body, _ := get(t, base+"/v1/customers/cus_1"); status != 200 || body["deleted"] != true {
		t.Errorf("deleted customer: %d %v", status, body)
	}
}

func TestListenRefusesOtherAddresses(t *testing.T) {
	for _, addr := range []string{":0", "0.0.0.0:0", "[::]:0", "192.0.2.1:0", "example.com:80",
		"127.0.0.1"} {
		if server, err := fake.Listen(http.NotFoundHandler(), fake.At(addr)); err == nil {
			_ = server.Close()
			t.Errorf("%s was allowed", addr)
		}
	}
}
