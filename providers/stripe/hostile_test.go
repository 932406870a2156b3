package stripe

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"pennytie/reconcile"
)

// pullBody pulls one page of charges whose body is given.
func pullBody(t testing.TB, body string) (reconcile.Page, error) {
	t.Helper()
	a := &account{before: func(_ int, w http.ResponseWriter, _ *http.Request) bool {
		answer(w, http.StatusOK, body)
		return true
	}}
	a.serve(t)
	return a.provider(t, func(c *Config) { c.Products, c.MaxAttempts = false, 1 }).Pull(t.Context(), "")
}

func TestHostilePages(t *testing.T) {
	invalid, cut := reconcile.ErrInvalid, reconcile.ErrTransient
	deep := strings.Repeat("[", 80) + strings.Repeat("]", 80)
	good := minimalCharge("ch_1")
	with := func(old, replacement string) string {
		return listOf(pathCharges, false, minimalCharge("ch_0"), strings.Replace(good, old, replacement, 1))
	}
	for name, c := range map[string]struct {
		body string
		want error
	}{
		"good":                     {listOf(pathCharges, false, good), nil},
		"empty list":               {listOf(pathCharges, false), nil},
		"empty object":             {`{}`, invalid},
		"null":                     {`null`, invalid},
		"array":                    {`[]`, invalid},
		"text":                     {`"ann@example.test"`, invalid},
		"number":                   {`1`, invalid},
		"an error with 200":        {`{"error":{"message":"ann@example.test"}}`, invalid},
		"a single object":          {good, invalid},
		"data null":                {`{"object":"list","data":null,"has_more":false}`, invalid},
		"data missing":             {`{"object":"list","has_more":false}`, invalid},
		"has_more missing":         {`{"object":"list","data":[` + good + `]}`, invalid},
		"has_more null":            {`{"object":"list","data":[` + good + `],"has_more":null}`, invalid},
		"has_more in capitals":     {`{"object":"list","data":[` + good + `],"HAS_MORE":false}`, invalid},
		"has_more a word":          {`{"object":"list","data":[` + good + `],"has_more":"no"}`, invalid},
		"empty page has_more":      {listOf(pathCharges, true), invalid},
		"null row":                 {listOf(pathCharges, false, good, `null`), invalid},
		"bare row":                 {listOf(pathCharges, false, good, `"ch_2"`), invalid},
		"row of another kind":      {with(`"charge"`, `"refund"`), invalid},
		"no id":                    {with(`"id":"ch_1",`, ``), invalid},
		"blank id":                 {with(`"ch_1"`, `""`), invalid},
		"id null":                  {with(`"ch_1"`, `null`), invalid},
		"float amount":             {with(`"amount":100`, `"amount":10.10`), invalid},
		"exponent amount":          {with(`"amount":100`, `"amount":5e3`), invalid},
		"huge amount":              {with(`"amount":100`, `"amount":9223372036854775808`), invalid},
		"largest amount":           {with(`"amount":100`, `"amount":9223372036854775807`), nil},
		"text amount":              {with(`"amount":100`, `"amount":"100"`), invalid},
		"grouped amount":           {with(`"amount":100`, `"amount":"1,000.00"`), invalid},
		"NaN":                      {with(`"amount":100`, `"amount":NaN`), invalid},
		"other digits":             {with(`"amount":100`, `"amount":١٢`), invalid},
		"amount twice":             {with(`"amount":100`, `"amount":100,"amount":99999999`), invalid},
		"AMOUNT beside":            {with(`"amount":100`, `"amount":100,"AMOUNT":99999999`), invalid},
		"AMOUNT instead":           {with(`"amount":100`, `"AMOUNT":99999999`), invalid},
		"escaped amount beside":    {with(`"amount":100`, `"amount":100,"\u0061mount":99999999`), invalid},
		"not UTF-8":                {with(`"usd"`, "\"usd\",\"description\":\"\xff\""), invalid},
		"deep":                     {with(`"usd"`, `"usd","x":`+deep), invalid},
		"deep enough to give up":   {strings.Repeat("[", 10050) + strings.Repeat("]", 10050), invalid},
		"two values":               {listOf(pathCharges, false, good) + `{}`, invalid},
		"cut":                      {listOf(pathCharges, false, good)[:90], cut},
		"customer of a wrong kind": {with(`"usd"`, `"usd","customer":5`), invalid},
		"metadata of any spelling": {with(`"usd"`, `"usd","metadata":{"Plan":"a","plan":"b","AMOUNT":"1"}`), nil},
	} {
		t.Run(name, func(t *testing.T) {
			page, err := pullBody(t, c.body)
			if !errors.Is(err, c.want) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			if err == nil {
				return
			}
			if len(page.Payments)+len(page.Quarantined) > 0 || page.Next != "" {
				t.Error("a part of the page came with the error")
			}
			text := err.Error()
			if !strings.HasPrefix(text, "stripe: GET /v1/charges: ") || strings.Contains(text, "example.test") {
				t.Errorf("error text: %s", text)
			}
		})
	}
}

// TestCutAnywhere serves every beginning of a page as if it were whole.
func TestCutAnywhere(t *testing.T) {
	cut := 0
	body := listOf(pathCharges, false, string(fixtures(t, "charges")[0]), minimalCharge("ch_1"))
	a := &account{before: func(_ int, w http.ResponseWriter, _ *http.Request) bool {
		answer(w, http.StatusOK, body[:cut])
		return true
	}}
	a.serve(t)
	p := a.provider(t, func(c *Config) { c.Products, c.MaxAttempts = false, 1 })
	for ; cut < len(body); cut++ {
		if page, err := p.Pull(t.Context(), ""); err == nil || len(page.Payments) > 0 {
			t.Fatalf("cut at %d of %d: accepted", cut, len(body))
		}
	}
	if page, err := p.Pull(t.Context(), ""); err != nil || len(page.Payments) != 2 {
		t.Errorf("whole: %d rows, %v", len(page.Payments), err)
	}
}

// TestRetries shows that a fault which passes leaves no trace, and one that stays has its kind.
func TestRetries(t *testing.T) {
	for name, c := range map[string]struct {
		answer func(w http.ResponseWriter)
		want   error
		tries  int
	}{
		"429": {func(w http.ResponseWriter) {
			answer(w, 429, `{"error":{"code":"rate_limit","message":"slow down"}}`)
		}, reconcile.ErrRateLimited, 5},
		"lock_timeout": {func(w http.ResponseWriter) {
			answer(w, 429, `{"error":{"code":"lock_timeout"}}`)
		}, reconcile.ErrRateLimited, 5},
		"409":          {func(w http.ResponseWriter) { answer(w, 409, `{}`) }, reconcile.ErrTransient, 5},
		"500":          {func(w http.ResponseWriter) { answer(w, 500, `{}`) }, reconcile.ErrTransient, 5},
		"500 not JSON": {func(w http.ResponseWriter) { answer(w, 500, `<h1>`) }, reconcile.ErrTransient, 5},
		"401":          {func(w http.ResponseWriter) { answer(w, 401, `{}`) }, reconcile.ErrAuth, 1},
		"403":          {func(w http.ResponseWriter) { answer(w, 403, `{}`) }, reconcile.ErrAuth, 1},
		"404":          {func(w http.ResponseWriter) { answer(w, 404, `{}`) }, reconcile.ErrInvalid, 1},
		"html": {func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = w.Write([]byte("<h1>"))
		}, reconcile.ErrTransient, 5},
		"reset": {func(http.ResponseWriter) { panic(http.ErrAbortHandler) }, reconcile.ErrTransient, 5},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAccount(t)
			a.before = func(_ int, w http.ResponseWriter, _ *http.Request) bool { c.answer(w); return true }
			if _, err := a.provider(t).Pull(t.Context(), ""); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if asked := a.count(); asked != c.tries {
				t.Errorf("asked %d times, want %d", asked, c.tries)
			}
			if c.tries == 1 {
				return
			}
			b := newAccount(t)
			b.before = func(n int, w http.ResponseWriter, _ *http.Request) bool {
				if n%3 == 0 {
					return false
				}
				c.answer(w)
				return true
			}
			all, _ := pull(t, b.provider(t), "")
			want, _ := pull(t, newAccount(t).provider(t), "")
			if len(all.Payments) != len(want.Payments) || len(all.Refunds) != len(want.Refunds) {
				t.Error("rows were lost between retries")
			}
		})
	}
}

// Stripe's limits are for each second: no wait that it asks for is longer than a minute.
func TestRetryAfter(t *testing.T) {
	for after, want := range map[string]time.Duration{"7": 7 * time.Second, "99999": time.Minute} {
		a := newAccount(t)
		a.before = func(n int, w http.ResponseWriter, _ *http.Request) bool {
			if n == 1 {
				w.Header().Set("Retry-After", after)
				answer(w, 429, `{}`)
			}
			return n == 1
		}
		var waited time.Duration
		p := a.provider(t, func(c *Config) {
			c.Sleep = func(ctx context.Context, d time.Duration) error { waited += d; return ctx.Err() }
		})
		if _, err := p.Pull(t.Context(), ""); err != nil || waited.Round(time.Second) != want {
			t.Errorf("Retry-After %s: waited %v, %v", after, waited, err)
		}
	}
}
