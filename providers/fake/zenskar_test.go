package fake

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

const zenskarToken = "eyJh.eyJz.c2ln"

var zenskarStart = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

func zenskarDay(n int) time.Time { return zenskarStart.AddDate(0, 0, n) }

// newTestZenskar holds seven payments, two of them of one instant, and one refund.
func newTestZenskar(key string) (*Zenskar, *Clock) {
	clock := NewClock(zenskarDay(100))
	z := NewZenskar(key, "org", clock.Now)
	for n := range 7 {
		at := zenskarDay(n - n%2)
		z.Put("payments", at, map[string]any{
			"id": fmt.Sprintf("p%d", n), "type": "payment", "status": "success", "amount": "12450", "amount_refunded": "0",
			"currency_code": "USD", "parent_id": nil, "customer_id": fmt.Sprintf("c%d", n%3), "external_id": fmt.Sprintf("PI_%d", n),
			"timestamp": at.Add(time.Hour).Format("2006-01-02T15:04:05"),
			"invoices":  []any{map[string]any{"invoice_id": "i", "amount": "12450"}},
		})
	}
	z.Put("payments", zenskarDay(9), map[string]any{"id": "r1", "type": "refund", "status": "failed", "amount": "-500",
		"currency_code": "JPY", "parent_id": "p1", "timestamp": nil})
	z.Put("customers", zenskarDay(0), map[string]any{"id": "c1", "customer_name": "Ada Example"})
	z.Put("invoices", zenskarDay(0), map[string]any{"id": "i", "invoice_total": 12450})
	return z, clock
}

// ask sends one request and reads the answer.
func (z *Zenskar) ask(t *testing.T, method, target string, headers ...string) (int, map[string]any, string) {
	t.Helper()
	r := httptest.NewRequest(method, target, nil)
	r.Header.Set("x-api-key", z.key)
	r.Header.Set("Authorization", "Bearer "+z.key)
	r.Header.Set("organisation", z.organisation)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	z.ServeHTTP(w, r)
	var body map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
		t.Fatalf("%s: %v", target, err)
	}
	return w.Code, body, w.Body.String()
}

func zenskarIDs(body map[string]any) string {
	var ids []string
	for _, row := range asObjects(body["results"]) {
		id, _ := row["id"].(string)
		ids = append(ids, id)
	}
	return strings.Join(ids, " ")
}

func TestZenskarFilters(t *testing.T) {
	z, _ := newTestZenskar("zk")
	for query, want := range map[string]string{
		"":                 "r1 p6 p5 p4 p3 p2 p1 p0",
		"order=created_at": "p0 p1 p2 p3 p4 p5 p6 r1", "order=-created_at": "r1 p6 p5 p4 p3 p2 p1 p0",
		"order=created_at&created_at__gte=2026-01-03T12:00:00&created_at__lte=2026-01-05T12:00:00": "p2 p3 p4 p5",
		"order=created_at&created_at__gte=2026-01-03T12:00:01":                                     "p4 p5 p6 r1",
		"order=created_at&timestamp__gte=1767445200&timestamp__lte=1767618000":                     "p2 p3 p4 p5", // not r1: it has none
		"type=refund": "r1", "status=failed": "r1", "parent_id=p1": "r1", "id=p3": "p3", "customer_id=c2": "p5 p2",
		"external_id__ilike=pi_4": "p4", "type=refund&status=success": "", "nonsense=1&id=p0": "p0", "limit=2": "r1 p6",
	} {
		status, body, _ := z.ask(t, http.MethodGet, "/payments?"+query)
		if got := zenskarIDs(body); status != http.StatusOK || got != want {
			t.Errorf("%s: %d, %q, want %q", query, status, got, want)
		}
	}
}

func TestZenskarPaging(t *testing.T) {
	for _, limit := range []int{1, 2, 3, 8, 100} {
		for _, order := range []string{"created_at", "-created_at"} {
			for _, address := range []bool{false, true} {
				z, _ := newTestZenskar("zk")
				z.NextAsURL = address
				var ids []string
				cursor := ""
				for page := 0; ; page++ {
					_, body, _ := z.ask(t, http.MethodGet,
						fmt.Sprintf("/payments?limit=%d&order=%s&cursor=%s", limit, order, url.QueryEscape(cursor)))
					ids = append(ids, strings.Fields(zenskarIDs(body))...)
					if page == 0 && body["total_count"] != 8.0 {
						t.Errorf("total_count is %v", body["total_count"])
					}
					if page == 1 { // a row that comes in between at the front moves nobody
						z.Put("payments", zenskarDay(-1), map[string]any{"id": "early"})
						z.Remove("payments", zenskarDay(50), "p0")
					}
					next, more := body["next"].(string)
					if !more {
						break
					}
					if cursor = next; address {
						parsed, err := url.Parse(next)
						if err != nil || parsed.Host != "api.zenskar.com" {
							t.Fatalf("next is %q", next)
						}
						cursor = parsed.Query().Get("cursor")
					}
				}
				ids = slices.DeleteFunc(ids, func(id string) bool { return id == "early" || id == "p0" })
				want := []string{"p1", "p2", "p3", "p4", "p5", "p6", "r1"}
				if order == "-created_at" {
					slices.Reverse(want)
				}
				if !slices.Equal(ids, want) {
					t.Errorf("limit %d, order %s: %v", limit, order, ids)
				}
			}
		}
	}
	z, _ := newTestZenskar("zk")
	z.OffsetPaging = true
	for query, want := range map[string]string{
		"limit=3": "p0 p1 p2", "limit=3&offset=6": "p6 r1", "limit=3&offset=8": "", "limit=3&offset=99": "", "limit=3&cursor=%21": "p0 p1 p2",
	} {
		_, body, _ := z.ask(t, http.MethodGet, "/payments?order=created_at&"+query)
		if got := zenskarIDs(body); got != want || body["next"] != nil || body["total_count"] != 8.0 {
			t.Errorf("%s: %q, next %v", query, got, body["next"])
		}
	}
}

func TestZenskarRefusals(t *testing.T) {
	z, _ := newTestZenskar("zk")
	for name, c := range map[string]struct {
		method, target string
		headers        []string
		status         int
		text           string // of the answer
	}{
		"key":            {http.MethodGet, "/payments", []string{"x-api-key", "no"}, 401, `{"detail":"Invalid API key."}`},
		"organisation":   {http.MethodGet, "/payments", []string{"organisation", "other"}, 403, `{"detail":"Organisation`},
		"method":         {http.MethodDelete, "/payments/p1", nil, 405, `{"detail":"Method Not Allowed"}`},
		"path":           {http.MethodGet, "/refunds", nil, 404, `{"detail":"Not Found"}`},
		"list of plural": {http.MethodGet, "/customers", nil, 404, `{"detail":"Not Found"}`},
		"deeper path":    {http.MethodGet, "/payments/invoice/i", nil, 404, `{"detail":"Not Found"}`},
		"unknown id":     {http.MethodGet, "/payments/p99", nil, 404, `{"detail":"Not found."}`},
		"limit":          {http.MethodGet, "/payments?limit=101", nil, 422, `{"detail":[{"loc":["query","limit"],"msg":"ensure`},
		"limit 0":        {http.MethodGet, "/payments?limit=0", nil, 422, `"loc":["query","limit"]`},
		"offset":         {http.MethodGet, "/payments?offset=-1", nil, 422, `"loc":["query","offset"]`},
		"cursor":         {http.MethodGet, "/payments?cursor=%21", nil, 422, `"loc":["query","cursor"]`},
		"order":          {http.MethodGet, "/payments?order=amount", nil, 422, `"loc":["query","order"]`},
		"date with zone": {http.MethodGet, "/payments?created_at__gte=2026-01-01T00:00:00Z", nil, 422, `"created_at__gte"`},
		"date in words":  {http.MethodGet, "/payments?timestamp__lte=2026-01-01T00:00:00", nil, 422, `"timestamp__lte"`},
	} {
		status, _, text := z.ask(t, c.method, c.target, c.headers...)
		if status != c.status || !strings.Contains(text, c.text) {
			t.Errorf("%s: %d %s, want %d %s", name, status, text, c.status, c.text)
		}
	}
	z.MaxLimit, z.NoOrder, z.NotFoundNull = 5, true, true
	if status, _, _ := z.ask(t, http.MethodGet, "/payments?limit=6"); status != 422 {
		t.Errorf("limit 6 of 5: %d", status)
	}
	if status, _, _ := z.ask(t, http.MethodGet, "/payments?order=created_at"); status != 422 {
		t.Errorf("order: %d", status)
	}
	if status, body, _ := z.ask(t, http.MethodGet, "/payments/p99"); status != 200 || body != nil {
		t.Errorf("unknown id: %d %v", status, body)
	}
	token, _ := newTestZenskar(zenskarToken)
	if status, _, _ := token.ask(t, http.MethodGet, "/payments"); status != 200 {
		t.Errorf("bearer: %d", status)
	}
	if status, _, _ := token.ask(t, http.MethodGet, "/payments", "Authorization", ""); status != 401 {
		t.Errorf("a token as x-api-key: %d", status)
	}
}

// What shows depends on the clock: versions, removals, and single objects of each collection.
func TestZenskarTime(t *testing.T) {
	z, clock := newTestZenskar("zk")
	z.Put("payments", zenskarDay(20), map[string]any{"id": "p1", "type": "payment", "status": "refunded"})
	z.Remove("payments", zenskarDay(30), "p1")
	for day, want := range map[int]string{-1: "404", 10: "success", 25: "refunded", 31: "404"} {
		clock.Set(zenskarDay(day))
		status, body, _ := z.ask(t, http.MethodGet, "/payments/p1")
		got := fmt.Sprint(body["status"])
		if status != http.StatusOK {
			got = fmt.Sprint(status)
		}
		_, list, _ := z.ask(t, http.MethodGet, "/payments?created_at__lte=2026-01-01T12:00:00")
		if listed := strings.Contains(zenskarIDs(list), "p1"); got != want || listed != (want != "404") {
			t.Errorf("day %d: %s, listed %v", day, got, listed)
		}
	}
	clock.Set(zenskarDay(100))
	for target, want := range map[string]string{
		"/customers/c1": "Ada Example", "/customer": "Ada Example", "/invoices/i": "12450", "/invoices": "12450",
	} {
		if status, _, text := z.ask(t, http.MethodGet, target); status != 200 || !strings.Contains(text, want) {
			t.Errorf("%s: %d %s", target, status, text)
		}
	}
}

func TestZenskarMajorUnits(t *testing.T) {
	z, _ := newTestZenskar("zk")
	z.MajorUnits = true
	for target, want := range map[string]string{
		"/payments/p1":      `"amount":"124.50","amount_refunded":"0.00"`,
		"/payments?id=p1":   `"invoices":[{"amount":"124.50"`,
		"/payments/r1":      `"amount":"-500"`, // yen
		"/payments?id=r1":   `"amount":"-500"`,
		"/invoices/i":       `"invoice_total":12450`,
		"/customers/c1":     `Ada`,
		"/payments?limit=1": `"total_count":8`,
	} {
		if _, _, text := z.ask(t, http.MethodGet, target); !strings.Contains(text, want) {
			t.Errorf("%s: %s, want %s", target, text, want)
		}
	}
	z.MajorUnits = false
	if _, body, _ := z.ask(t, http.MethodGet, "/payments/p1"); body["amount"] != "12450" {
		t.Errorf("showing changed what is shelved: %v", body["amount"])
	}
}
