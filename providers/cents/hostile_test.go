package cents

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"pennytie/providers/fake"
	"pennytie/providers/internal/rest"
	"pennytie/reconcile"
)

// TestHostileRows says for each odd row what becomes of it: an amount, or the field it is kept aside for and why.
func TestHostileRows(t *testing.T) {
	with := func(amount string) string {
		return `{"id":"t1","currency":"EUR","created_date":"2026-03-10","transaction_status":"paid","total_amount":` + amount + `}`
	}
	full := func(old, replacement string) string {
		return strings.Replace(`{"id":"t1","currency":"EUR","donation_currency":"EUR","created_date":"2026-03-10","transaction_status":"paid",`+
			`"total_amount":155.66,"order_amount":153.16,"donation_amount":250,"refunded_amount":1.5}`, old, replacement, 1)
	}
	long := strings.Repeat("n", 10_000)
	for _, c := range []struct{ row, want, reason string }{
		{with(`153.86`), "153.86 EUR", ""},
		{with(`"153.86"`), "153.86 EUR", ""},
		{with(`" 153.86 "`), "153.86 EUR", ""},
		{with(`15386`), "15386.00 EUR", ""}, // an integer where a fraction is due is of whole units
		{with(`4.35`), "4.35 EUR", ""},
		{with(`0.29`), "0.29 EUR", ""},
		{with(`1e3`), "1000.00 EUR", ""},
		{with(`1.5e2`), "150.00 EUR", ""},
		{with(`1000.0`), "1000.00 EUR", ""},
		{with(`-0.0`), "0.00 EUR", ""},
		{with(`92233720368547758.07`), "92233720368547758.07 EUR", ""},
		{with(`92233720368547758.08`), "total_amount", "64-bit"},
		{with(`1e30`), "total_amount", "64-bit"},
		{with(`1e999999999`), "total_amount", "not a number"},
		{with(`153.860000001`), "total_amount", "digits"},
		{with(`100.005`), "total_amount", "digits"},
		{with(`-5`), "total_amount", "below zero"},
		{with(`"-5.00"`), "total_amount", "below zero"},
		{with(`"NaN"`), "total_amount", "not a number"},
		{with(`"Infinity"`), "total_amount", "not a number"},
		{with(`"1,000.00"`), "total_amount", "not a number"},
		{with(`"0x10"`), "total_amount", "not a number"},
		{with(`"12 EUR"`), "total_amount", "not a number"},
		{with(`true`), "total_amount", "not a number"},
		{with(`{}`), "total_amount", "not a number"},
		{with(`[1]`), "total_amount", "not a number"},
		{with(`null`), "total_amount", "missing"},
		{with(`""`), "total_amount", "missing"},

		{full("", ""), "155.66 EUR", ""},
		{full(`153.16`, `-1`), "order_amount", "below zero"},
		{full(`153.16`, `153.160001`), "order_amount", "digits"},
		{full(`250`, `2.50`), "donation_amount", "set donation_unit to major"},
		{full(`250`, `250.0`), "155.66 EUR", ""},
		{full(`250`, `"250"`), "155.66 EUR", ""},
		{full(`250`, `-250`), "donation_amount", "below zero"},
		{full(`1.5}`, `-1.5}`), "refunded_amount", "below zero"},
		{full(`1.5}`, `"some"}`), "refunded_amount", "not a number"},
		{full(`"currency":"EUR"`, `"currency":"USD"`), "donation_currency", "order in USD and donation in EUR"},
		{full(`"donation_currency":"EUR"`, `"donation_currency":"eur"`), "155.66 EUR", ""},
		{full(`"currency":"EUR"`, `"currency":null`), "155.66 EUR", ""},
		{full(`"currency":"EUR"`, `"currency":"EURO"`), "currency", "ISO 4217"},
		{full(`"currency":"EUR"`, `"currency":"XXY"`), "currency", "ISO 4217"},
		{full(`"currency":"EUR"`, `"currency":{}`), "currency", "ISO 4217"},
		{full(`"donation_currency":"EUR"`, `"donation_currency":"???"`), "donation_currency", "ISO 4217"},
		{full(`"currency":"EUR","donation_currency":"EUR"`, `"currency":"JPY","donation_currency":"JPY"`), "total_amount", "digits"},
		{`{"id":"t1","created_date":"2026-03-10","transaction_status":"paid","total_amount":1}`, "currency", "missing"},
		{`{"id":"t1","currency":"KWD","created_date":"2026-03-10","transaction_status":"paid","total_amount":1.234}`, "1.234 KWD", ""},

		{full(`"id":"t1",`, ``), "id", "missing"},
		{full(`"t1"`, `null`), "id", "missing"},
		{full(`"t1"`, `" "`), "id", "missing"},
		{full(`"t1"`, `{"a":1}`), "id", "not text"},
		{full(`"t1"`, `"two words"`), "id", "other characters"},
		{full(`"t1"`, `"../pre-transactions"`), "id", "other characters"},
		{full(`"t1"`, `"a?b"`), "id", "other characters"},
		{full(`"t1"`, `".."`), "id", "other characters"},
		{full(`"t1"`, `"`+strings.Repeat("a", 256)+`"`), "id", "255"},
		{full(`"t1"`, `17`), "155.66 EUR", ""},
		{full(`"paid"`, `{"now":"paid"}`), "transaction_status", "not text"},
		{full(`"2026-03-10"`, `"10 March"`), "created_date", "not a time"},
		{full(`"2026-03-10"`, `1770000000000`), "created_date", "not a time"},
		{full(`"id"`, `"external_id":{"x":1},"id"`), "external_id", "not text"},
		{full(`"id"`, `"external_id":"`+long+`","id"`), "external_id", "4096"},

		{full(`"id"`, `"consumer_user_full_name":{"a":1},"consumer_user_phone":[],"billable_address":"x","consumer_user_email":7,"id"`), "155.66 EUR", ""},
		{full(`"id"`, `"billable_address":{"city":7,"street_address":null},"consumer_user_id":7,"new_field":{"a":[1]},"id"`), "155.66 EUR", ""},
		{full(`"id"`, `"consumer_user_full_name":"`+long+`","id"`), "155.66 EUR", ""},
		{full(`"id"`, `"consumer_user_full_name":"a\u202eb\u0000c","id"`), "155.66 EUR", ""},
		{`null`, "", "not an object"},
		{`"t1"`, "", "not an object"},
		{`[]`, "", "not an object"},
		{`{}`, "id", "missing"},
	} {
		r, aside := convert(t, c.row)
		name := c.row[:min(len(c.row), 300)]
		if aside != nil {
			if aside.Field != c.want || c.reason == "" || !strings.Contains(aside.Reason, c.reason) || string(aside.Raw) != c.row ||
				aside.Source != source || aside.File != DefaultListPath {
				t.Errorf("%s:\nkept aside for %q: %s", name, aside.Field, aside.Reason)
			}
			continue
		}
		if got := r.Facts.Amount.String() + " " + string(r.Facts.Amount.Currency); got != c.want || c.reason != "" {
			t.Errorf("%s:\ngot %s", name, got)
		}
		if len(r.Facts.Name) > 4096 || strings.ContainsAny(r.Facts.Name, "\u202e\x00") {
			t.Errorf("%s:\nname %q", name, r.Facts.Name)
		}
	}
	if _, aside := convert(t, `{"id":"t1","x":"`+strings.Repeat("x", 2*reconcile.MaxRaw)+`"}`); len(aside.Raw) != reconcile.MaxRaw {
		t.Errorf("%d bytes of a row were kept", len(aside.Raw))
	}
}

// stub answers every read with what serve says; tokens come from the fake.
func stub(t *testing.T, serve func(n int, w http.ResponseWriter, r *http.Request)) (*Provider, *account) {
	t.Helper()
	a, n := emptyAccount(t), 0
	a.Fault(fake.Fault{Path: DefaultListPath, Do: func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			n++
			w.Header().Set("Content-Type", "application/json")
			serve(n, w, r)
		})
	}})
	return a.provider(t, func(c *Config) { c.Since = testNow.AddDate(0, 0, -10) }), a
}

func TestHostilePages(t *testing.T) {
	good := row(`"total_amount":1,"transaction_status":"paid"`)
	for name, c := range map[string]struct {
		body  string
		want  error // nil: the page is taken
		rows  int
		aside int
	}{
		"key empty":         {`{"data":[` + good + `],"last_key":""}`, nil, 1, 0},
		"key null":          {`{"data":[` + good + `],"last_key":null}`, nil, 1, 0},
		"key missing":       {`{"data":[` + good + `]}`, nil, 1, 0},
		"no rows":           {`{"data":[]}`, nil, 0, 0},
		"same row twice":    {`{"data":[` + good + `,` + good + `]}`, nil, 2, 0},
		"more fields":       {`{"data":[` + good + `],"count":1,"message":"ok"}`, nil, 1, 0},
		"odd rows among":    {`{"data":[null,7,"a",[],` + good + `]}`, nil, 1, 4},
		"one row wrong":     {`{"data":[{"id":"a","currency":"EUR"},` + good + `]}`, nil, 1, 1},
		"null":              {`null`, reconcile.ErrInvalid, 0, 0},
		"array":             {`[` + good + `]`, reconcile.ErrInvalid, 0, 0},
		"number":            {`1`, reconcile.ErrInvalid, 0, 0},
		"an error with 200": {`{"message":"a@example.com"}`, reconcile.ErrInvalid, 0, 0},
		"data null":         {`{"data":null}`, reconcile.ErrInvalid, 0, 0},
		"data an object":    {`{"data":{"a":` + good + `}}`, reconcile.ErrInvalid, 0, 0},
		"data text":         {`{"data":"a@example.com"}`, reconcile.ErrInvalid, 0, 0},
		"key an object":     {`{"data":[` + good + `],"last_key":{}}`, reconcile.ErrInvalid, 0, 0},
		"key true":          {`{"data":[` + good + `],"last_key":true}`, reconcile.ErrInvalid, 0, 0},
		"key too long":      {`{"data":[` + good + `],"last_key":"` + strings.Repeat("k", 5000) + `"}`, reconcile.ErrInvalid, 0, 0},
		"field twice":       {`{"data":[{"id":"a","id":"b"}]}`, reconcile.ErrInvalid, 0, 0},
		"field in capitals": {`{"data":[{"ID":"a"}]}`, reconcile.ErrInvalid, 0, 0},
		"deep":              {`{"data":[` + strings.Repeat("[", 80) + strings.Repeat("]", 80) + `]}`, reconcile.ErrInvalid, 0, 0},
		"not UTF-8":         {"{\"data\":[\"\xff\"]}", reconcile.ErrInvalid, 0, 0},
		"trailing":          {`{"data":[]}{}`, reconcile.ErrInvalid, 0, 0},
		"NaN":               {`{"data":[{"total_amount":NaN}]}`, reconcile.ErrInvalid, 0, 0},
		"byte order mark":   {"\ufeff" + `{"data":[]}`, reconcile.ErrInvalid, 0, 0},
		"cut":               {`{"data":[` + good, reconcile.ErrTransient, 0, 0},
		"nothing":           {``, reconcile.ErrTransient, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			p, _ := stub(t, func(_ int, w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(c.body)) })
			page, err := p.Pull(t.Context(), "")
			if !errors.Is(err, c.want) || len(page.Payments) != c.rows || len(page.Quarantined) != c.aside {
				t.Fatalf("%d rows, %d aside, %v", len(page.Payments), len(page.Quarantined), err)
			}
			if err == nil {
				return
			}
			text := err.Error()
			if page.Next != "" || strings.Contains(text, "example.com") || !strings.HasPrefix(text, "cents: GET "+DefaultListPath+": ") {
				t.Errorf("%+v, %s", page, text)
			}
		})
	}
}

// last_key is base64, whose signs mean something else in an address; an empty page with a key goes on.
func TestKeysGoBackAsTheyCame(t *testing.T) {
	keys := []string{"a+b/c==", "%3D&limit=1", "ключ"}
	var got []string
	p, _ := stub(t, func(n int, w http.ResponseWriter, r *http.Request) {
		got = append(got, r.URL.Query().Get("start_key"))
		if n <= len(keys) {
			_, _ = fmt.Fprintf(w, `{"data":[],"last_key":%q}`, keys[n-1])
			return
		}
		_, _ = w.Write([]byte(`{"data":[` + row(`"total_amount":1,"transaction_status":"paid"`) + `],"last_key":null}`))
	})
	all := pull(t, p, "")
	if len(all.Payments) != 1 || fmt.Sprint(got) != fmt.Sprint(append([]string{""}, keys...)) {
		t.Errorf("%d rows, keys %q", len(all.Payments), got)
	}
}

func TestRetries(t *testing.T) {
	body := `{"message":"slow down a@example.com"}`
	date := time.Now().Add(90 * time.Second).UTC().Format(http.TimeFormat)
	for name, c := range map[string]struct {
		do          fake.Action
		want        error
		tries       int
		least, most time.Duration // of the waits
	}{
		"429":                  {fake.Status(429, body), reconcile.ErrRateLimited, 4, time.Millisecond, 5 * time.Second},
		"429 with seconds":     {fake.Status(429, body, "Retry-After", "7"), reconcile.ErrRateLimited, 4, 7 * time.Second, 7 * time.Second},
		"429 with a date":      {fake.Status(429, body, "Retry-After", date), reconcile.ErrRateLimited, 4, 60 * time.Second, 90 * time.Second},
		"429 with an age":      {fake.Status(429, body, "Retry-After", "999999999"), reconcile.ErrRateLimited, 4, rest.LongestWait, rest.LongestWait},
		"429 with the past":    {fake.Status(429, body, "Retry-After", "Mon, 02 Jan 2006 15:04:05 GMT"), reconcile.ErrRateLimited, 4, time.Millisecond, 5 * time.Second},
		"429 with minus":       {fake.Status(429, body, "Retry-After", "-1"), reconcile.ErrRateLimited, 4, time.Millisecond, 5 * time.Second},
		"500":                  {fake.Status(500, body), reconcile.ErrTransient, 4, time.Millisecond, 5 * time.Second},
		"503":                  {fake.Status(503, "<h1>"), reconcile.ErrTransient, 4, time.Millisecond, 5 * time.Second},
		"html":                 {fake.HTML(), reconcile.ErrTransient, 4, time.Millisecond, 5 * time.Second},
		"reset":                {fake.Reset(), reconcile.ErrTransient, 4, time.Millisecond, 5 * time.Second},
		"cut":                  {fake.CutBody(), reconcile.ErrTransient, 4, time.Millisecond, 5 * time.Second},
		"409":                  {fake.Status(409, body), reconcile.ErrTransient, 4, time.Millisecond, 5 * time.Second},
		"400":                  {fake.Status(400, body), reconcile.ErrInvalid, 1, 0, 0},
		"402":                  {fake.Status(402, body), reconcile.ErrInvalid, 1, 0, 0},
		"404":                  {fake.Status(404, body), reconcile.ErrInvalid, 1, 0, 0},
		"422":                  {fake.Status(422, body), reconcile.ErrInvalid, 1, 0, 0},
		"403":                  {fake.Status(403, body), reconcile.ErrAuth, 1, 0, 0},
		"401 twice":            {fake.Status(401, body), reconcile.ErrAuth, 2, 0, 0},
		"redirected elsewhere": {fake.Redirect("https://elsewhere.example.com/x"), reconcile.ErrInvalid, 1, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			var waits []time.Duration
			patient := func(cfg *Config) {
				cfg.MaxAttempts = 4
				cfg.Sleep = func(ctx context.Context, d time.Duration) error { waits = append(waits, d); return ctx.Err() }
			}
			a := newAccount(t)
			a.Fault(fake.Fault{Path: DefaultListPath, Do: c.do})
			_, err := a.provider(t, patient).Pull(t.Context(), "")
			if !errors.Is(err, c.want) || strings.Contains(err.Error(), "example.com") || strings.Contains(err.Error(), "id_token") {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if asked := a.Requests(DefaultListPath); asked != c.tries {
				t.Errorf("asked %d times", asked)
			}
			for _, wait := range waits {
				if wait > time.Microsecond && (wait < c.least || wait > c.most) {
					t.Errorf("waited %v", wait)
				}
			}
			if c.tries < 4 {
				return
			}
			b := newAccount(t) // a burst that passes leaves no trace
			b.Fault(fake.Fault{Path: DefaultListPath, Nth: 2, Times: 3, Do: c.do})
			got, want := pull(t, b.provider(t, patient), ""), pull(t, newAccount(t).provider(t), "")
			if len(got.Payments) != len(want.Payments) || len(got.Quarantined) != len(want.Quarantined) {
				t.Errorf("%d rows of %d", len(got.Payments), len(want.Payments))
			}
		})
	}
}

// A slow drip ends with the attempt, not with the day.
func TestSlowLoris(t *testing.T) {
	a := newAccount(t)
	a.Fault(fake.Fault{Path: DefaultListPath, Do: fake.Drip(1, 20*time.Millisecond)})
	p := a.provider(t, func(c *Config) { c.AttemptTimeout = 60 * time.Millisecond })
	if _, err := p.Pull(t.Context(), ""); !errors.Is(err, reconcile.ErrTransient) {
		t.Errorf("got %v", err)
	}
}
