package fake

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

func centsDay(n int) time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).AddDate(0, 0, n) }

// centsAccount has ten transactions, one a day but for two of one instant.
func centsAccount() (*Cents, *Clock) {
	clock := NewClock(centsDay(30))
	c := NewCents("client-1", "refresh_0", clock.Now)
	for n := range 10 {
		at := centsDay(max(n, 1))
		c.Put("transactions", at, map[string]any{
			"id": fmt.Sprintf("t%d", n), "company_id": fmt.Sprintf("c%d", n%2), "external_id": fmt.Sprintf("STRIPE_pi_%d", n),
			"total_amount": json.Number("153.860"), "transaction_status": "paid",
			"created_date": at.Format(time.DateOnly), "updated_date": centsDay(20 - n).Format(time.DateOnly),
		})
	}
	return c, clock
}

func centsRefresh(c *Cents, refresh string, change ...string) (int, map[string]any) {
	form := url.Values{"grant_type": {"refresh_token"}, "client_id": {"client-1"}, "refresh_token": {refresh}, "redirect_uri": {"https://example.com"}}
	for i := 0; i+1 < len(change); i += 2 {
		form.Set(change[i], change[i+1])
	}
	r := httptest.NewRequest(http.MethodPost, CentsTokenPath, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return centsDo(c, r)
}

func centsDo(c *Cents, r *http.Request) (int, map[string]any) {
	w := httptest.NewRecorder()
	c.ServeHTTP(w, r)
	body, _ := io.ReadAll(w.Body)
	var answer map[string]any
	if err := json.Unmarshal(body, &answer); err != nil || w.Header().Get("Content-Type") != "application/json" {
		panic(fmt.Sprintf("no JSON object: %s", body))
	}
	answer["text"] = string(body)
	return w.Code, answer
}

func centsGet(t *testing.T, c *Cents, target string) (int, map[string]any) {
	t.Helper()
	_, token := centsRefresh(c, "refresh_0")
	r := httptest.NewRequest(http.MethodGet, target, nil)
	r.Header.Set("Authorization", fmt.Sprint("Bearer ", token["id_token"]))
	return centsDo(c, r)
}

func centsIDs(answer map[string]any) (ids []string) {
	for _, row := range asObjects(answer["data"]) {
		ids = append(ids, fmt.Sprint(row["id"]))
	}
	return ids
}

// centsPages reads a list to its end.
func centsPages(t *testing.T, c *Cents, query string, between func(page int)) (ids []string) {
	t.Helper()
	key := ""
	for page := range 50 {
		code, answer := centsGet(t, c, CentsListPath+"?"+query+"&start_key="+url.QueryEscape(key))
		if code != http.StatusOK {
			t.Fatalf("%s: %d %v", query, code, answer)
		}
		ids = append(ids, centsIDs(answer)...)
		if key, _ = answer["last_key"].(string); key == "" {
			return ids
		}
		between(page)
	}
	t.Fatal("the list did not end")
	return nil
}

func TestCentsPages(t *testing.T) {
	want := []string{"t0", "t1", "t2", "t3", "t4", "t5", "t6", "t7", "t8", "t9"}
	for limit := 1; limit <= 11; limit++ {
		c, _ := centsAccount()
		if got := centsPages(t, c, fmt.Sprint("limit=", limit), func(int) {}); !slices.Equal(got, want) {
			t.Errorf("pages of %d: %v", limit, got)
		}
	}
	c, _ := centsAccount() // a row that goes and one that comes while somebody pages
	got := centsPages(t, c, "limit=3", func(page int) {
		if page == 0 {
			c.Remove("transactions", centsDay(29), "t2")
			c.Put("transactions", centsDay(0), map[string]any{"id": "early"})
			c.Put("transactions", centsDay(28), map[string]any{"id": "late"})
		}
	})
	if !slices.Equal(got, append(slices.Clone(want), "late")) {
		t.Errorf("while it changes: %v", got)
	}
	for n := range 30 {
		c.Put("transactions", centsDay(2), map[string]any{"id": fmt.Sprint("more", n)})
	}
	if _, answer := centsGet(t, c, CentsListPath); len(centsIDs(answer)) != 20 {
		t.Errorf("%d rows without a limit", len(centsIDs(answer)))
	}
}

func TestCentsFilters(t *testing.T) {
	c, clock := centsAccount()
	for query, want := range map[string]string{
		"start_date=2026-03-09":                     "t8 t9",
		"end_date=2026-03-02":                       "t0 t1",
		"start_date=2026-03-03&end_date=2026-03-03": "t2",
		"start_date=2026-03-04&end_date=2026-03-03": "",
		"company_id=c1&limit=100":                   "t1 t3 t5 t7 t9",
		"external_id=STRIPE_pi_4":                   "t4",
		"external_id=nobody":                        "",
	} {
		if code, answer := centsGet(t, c, CentsListPath+"?"+query); code != 200 || strings.Join(centsIDs(answer), " ") != want || answer["last_key"] != "" {
			t.Errorf("%s: %d %v", query, code, answer)
		}
	}
	for _, query := range []string{
		"company_id=c1&start_date=2026-03-01", "company_id=c1&external_id=x", "external_id=x&end_date=2026-03-01",
		"start_date=1772323200", "start_date=2026-03-01T00:00:00Z", "limit=0", "limit=101", "limit=ten", "limit=1&limit=2",
		"cursor=x", "start_key=%21", "start_key=" + base64.StdEncoding.EncodeToString([]byte("no")),
	} {
		if code, answer := centsGet(t, c, CentsListPath+"?"+query); code != http.StatusUnprocessableEntity || answer["message"] == nil {
			t.Errorf("%s: %d %v", query, code, answer)
		}
	}
	c.DateFilter = "updated_date"
	if _, answer := centsGet(t, c, CentsListPath+"?start_date=2026-03-20"); strings.Join(centsIDs(answer), " ") != "t0 t1" {
		t.Errorf("by update: %v", centsIDs(answer))
	}
	clock.Set(centsDay(3))
	if _, answer := centsGet(t, c, CentsListPath); strings.Join(centsIDs(answer), " ") != "t0 t1 t2 t3" {
		t.Errorf("earlier: %v", centsIDs(answer))
	}
}

func TestCentsVersions(t *testing.T) {
	c, clock := centsAccount()
	c.Put("transactions", centsDay(15), map[string]any{"id": "t3", "transaction_status": "refunded", "created_date": "2026-03-04"})
	c.Remove("transactions", centsDay(25), "t3")
	for day, want := range map[int]string{2: "404", 3: "paid", 14: "paid", 15: "refunded", 24: "refunded", 25: "404"} {
		clock.Set(centsDay(day))
		code, answer := centsGet(t, c, CentsListPath+"/t3")
		if got := fmt.Sprint(answer["transaction_status"]); code == 200 && got != want || code != 200 && fmt.Sprint(code) != want {
			t.Errorf("day %d: %d %v", day, code, answer)
		}
	}
	clock.Set(centsDay(30))
	if _, answer := centsGet(t, c, CentsListPath+"/t4"); !strings.Contains(fmt.Sprint(answer["text"]), `"total_amount":153.860,`) {
		t.Errorf("digits were lost: %v", answer["text"])
	}
	c.NoFetch = true
	if code, _ := centsGet(t, c, CentsListPath+"/t4"); code != http.StatusForbidden {
		t.Errorf("without reads by id: %d", code)
	}
	c.ListPath = "/other"
	if code, answer := centsGet(t, c, "/other"); code != 200 || len(centsIDs(answer)) != 9 {
		t.Errorf("another path: %d", code)
	}
	if code, _ := centsGet(t, c, CentsListPath); code != http.StatusForbidden {
		t.Errorf("the path that is no more: %d", code)
	}
}

func TestCentsTokens(t *testing.T) {
	c, clock := centsAccount()
	for change, want := range map[string]string{
		"grant_type=password": "unsupported_grant_type", "client_id=x": "invalid_client", "refresh_token=x": "invalid_grant",
	} {
		name, value, _ := strings.Cut(change, "=")
		if code, answer := centsRefresh(c, "refresh_0", name, value); code != 400 || answer["error"] != want {
			t.Errorf("%s: %d %v", change, code, answer)
		}
	}
	code, answer := centsRefresh(c, "refresh_0")
	if code != 200 || answer["expires_in"] != 3600.0 || answer["refresh_token"] != nil {
		t.Fatalf("%d %v", code, answer)
	}
	list := func(header string) (int, map[string]any) {
		r := httptest.NewRequest(http.MethodGet, CentsListPath, nil)
		r.Header.Set("Authorization", header)
		return centsDo(c, r)
	}
	good := fmt.Sprint("Bearer ", answer["id_token"])
	for header, want := range map[string]int{
		"": 401, good: 200, fmt.Sprint(answer["id_token"]): 401, fmt.Sprint("Bearer ", answer["access_token"]): 401, "Bearer refresh_0": 401,
	} {
		if code, answer := list(header); code != want || want == 401 && answer["message"] != "Unauthorized" {
			t.Errorf("%q: %d %v", header, code, answer)
		}
	}
	c.Revoke()
	if code, _ := list(good); code != 401 {
		t.Errorf("revoked: %d", code)
	}
	_, answer = centsRefresh(c, "refresh_0")
	good = fmt.Sprint("Bearer ", answer["id_token"])
	clock.Advance(time.Hour)
	if code, answer := list(good); code != 401 || answer["message"] != "The incoming token has expired" {
		t.Errorf("after an hour: %d %v", code, answer)
	}
	c.Rotate = true
	_, answer = centsRefresh(c, "refresh_0")
	if next := fmt.Sprint(answer["refresh_token"]); next == "refresh_0" {
		t.Error("no new refresh token")
	} else if code, _ := centsRefresh(c, "refresh_0"); code != 400 {
		t.Errorf("the old refresh token still opens: %d", code)
	} else if code, _ := centsRefresh(c, next); code != 200 {
		t.Errorf("the new refresh token: %d", code)
	}
	d, clock := centsAccount()
	d.Expire(clock.Now().Add(time.Hour))
	d.RedirectURI = "https://example.com"
	if code, _ := centsRefresh(d, "refresh_0"); code != 200 {
		t.Errorf("before it expires: %d", code)
	}
	if code, _ := centsRefresh(d, "refresh_0", "redirect_uri", "https://example.net"); code != 400 {
		t.Errorf("another redirect: %d", code)
	}
	clock.Advance(time.Hour)
	if code, answer := centsRefresh(d, "refresh_0"); code != 400 || answer["error"] != "invalid_grant" {
		t.Errorf("expired: %d %v", code, answer)
	}
	for _, r := range []*http.Request{
		httptest.NewRequest(http.MethodGet, CentsTokenPath, nil), httptest.NewRequest(http.MethodPost, CentsTokenPath+"?grant_type=refresh_token", nil),
		httptest.NewRequest(http.MethodPatch, CentsListPath+"/t1", nil), httptest.NewRequest(http.MethodGet, "/", nil),
	} {
		if code, _ := centsDo(d, r); code < 400 {
			t.Errorf("%s %s: %d", r.Method, r.URL, code)
		}
	}
}
