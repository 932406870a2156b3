package httpapi

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"pgregory.net/rapid"

	"pennytie/reconcile"
	"pennytie/reconcile/jobs"
)

func TestFilter(t *testing.T) {
	at := func(text string) time.Time {
		parsed, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			t.Fatal(err)
		}
		return parsed
	}
	for _, test := range []struct {
		q     ListQuery
		limit int
		from  string
		to    string // exclusive
		wrong string
	}{
		{ListQuery{}, 50, "", "", ""},
		{ListQuery{Limit: "100", Status: "failed", LeadID: "L"}, 100, "", "", ""},
		{ListQuery{FromDate: "2026-03-01", ToDate: "2026-03-31"}, 50, "2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z", ""},
		{ListQuery{FromDate: "2026-03-01T02:00:00+02:00", ToDate: "2026-03-01T00:00:00Z"}, 50, "2026-03-01T00:00:00Z", "2026-03-01T00:00:00.000001Z", ""},
		{ListQuery{Limit: "0"}, 0, "", "", "limit"}, {ListQuery{Limit: "101"}, 0, "", "", "limit"}, {ListQuery{Limit: "+1"}, 0, "", "", "limit"},
		{ListQuery{Status: "Succeeded"}, 0, "", "", "status"}, {ListQuery{FromDate: "1.3.2026"}, 0, "", "", "from_date"},
		{ListQuery{ToDate: "2026-02-30"}, 0, "", "", "to_date"}, {ListQuery{FromDate: "2026-03-02", ToDate: "2026-03-01T23:59:59Z"}, 0, "", "", "from_date"},
		{ListQuery{Cursor: "?"}, 0, "", "", "cursor"},
	} {
		f, err := test.q.Filter()
		var wrong *ParameterError
		if errors.As(err, &wrong) != (test.wrong != "") || wrong != nil && (wrong.Name != test.wrong || wrong.Mend == "") {
			t.Errorf("%+v: %v, want something wrong with %q", test.q, err, test.wrong)
			continue
		}
		if test.wrong != "" {
			continue
		}
		if f.Limit != test.limit || test.from != "" && !f.From.Equal(at(test.from)) || test.to != "" && !f.To.Equal(at(test.to)) {
			t.Errorf("%+v: %+v", test.q, f)
		}
	}
}

// A cursor comes back as the place that it was made of, and nothing that we did not write is taken.
func TestCursor(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := reconcile.Position{ID: rapid.StringMatching(`pay_[0-9a-f]{24}|~[0-9]+|[|x]+`).Draw(t, "id")}
		if rapid.Bool().Draw(t, "dated") {
			want.Date = time.UnixMicro(rapid.Int64Range(0, 1<<52).Draw(t, "micros")).UTC()
		}
		got, err := position(cursorAt(want))
		if err != nil || *got != want {
			t.Fatalf("%+v became %+v, %v", want, got, err)
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		if got, err := position(text); err == nil && got != nil && cursorAt(*got) != text {
			t.Fatalf("%q is taken for %+v", text, got)
		}
	})
}

// FuzzPatch holds the strict reader of bodies against the standard one: what it takes, that one reads the same.
func FuzzPatch(f *testing.F) {
	for _, body := range []string{`{}`, `{"status":"failed","amount":12,"currency":"usd","external_id":"x"}`, `{"amount":1,"amount":2}`,
		`{"amount":1e3}`, `{"amount":-0}`, `{"status":null}`, `[]`, `{"a":{"b":[1]}}`, "{\"external_id\":\"\xff\"}", `{"amount":1} x`} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		c, err := correction(httptest.NewRequest(http.MethodPatch, "/", strings.NewReader(body)))
		if err != nil {
			if refusal, known := faultOf(err); !known || refusal.status < 400 || refusal.status > 422 || refusal.message == "" {
				t.Fatalf("%q: %v", body, err)
			}
			return
		}
		var plain struct {
			Status     string
			Amount     *int64
			Currency   string
			ExternalID string `json:"external_id"`
		}
		decoder := json.NewDecoder(strings.NewReader(body))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&plain); err != nil {
			t.Fatalf("%q is taken, and is none: %v", body, err)
		}
		if string(c.Status) != plain.Status || !strings.EqualFold(string(c.Currency), plain.Currency) || c.ExternalID != plain.ExternalID ||
			(c.Amount == nil) != (plain.Amount == nil) || c.Amount != nil && *c.Amount != *plain.Amount || c.Undo || c.Reason != "" {
			t.Fatalf("%q is read as %+v", body, c)
		}
	})
}

// The status that each kind of failure is answered with; what nobody foresaw tells nothing.
func TestFaults(t *testing.T) {
	for _, test := range []struct {
		err    error
		status int
	}{
		{reconcile.ErrNotFound, 404}, {reconcile.ErrStale, 409}, {reconcile.ErrConflict, 409}, {jobs.ErrLocked, 503}, {reconcile.ErrTransient, 503},
		{&http.MaxBytesError{Limit: 1}, 413}, {&ParameterError{}, 400}, {errors.New("secret"), 500}, {reconcile.ErrIntegrity, 500},
	} {
		f, known := faultOf(test.err)
		if f.status != test.status || known == (test.status == 500) || strings.Contains(f.message, "secret") {
			t.Errorf("%v: %d %q", test.err, f.status, f.message)
		}
		w := httptest.NewRecorder()
		f.write(w, "req_1")
		if wait := w.Header().Get("Retry-After"); (wait != "") != (test.status == 503) || !strings.Contains(w.Body.String(), `"requestId":"req_1"`) {
			t.Errorf("%v: Retry-After %q, %s", test.err, wait, w.Body)
		}
	}
}

// One request more than may be answered at once is told to come again; a handler that fails badly takes no other with it.
func TestTooManyAtOnceAndPanics(t *testing.T) {
	h, is := New(Config{Tokens: []string{"t"}, Hosts: []string{"example.com"}, NewID: func() string { return "req_1" }, Log: zap.NewNop()}).(*handler)
	if !is {
		t.Fatal("another handler")
	}
	ask := func() *httptest.ResponseRecorder {
		w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/v1/payments", nil)
		r.Header.Set("Authorization", "Bearer t")
		h.ServeHTTP(w, r)
		return w
	}
	for range mostAtOnce {
		h.free <- struct{}{}
	}
	if w := ask(); w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	<-h.free
	if w := ask(); w.Code != http.StatusInternalServerError || !strings.Contains(w.Body.String(), codeInternal) { // there is no store
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
