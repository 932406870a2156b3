package zenskar

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"pennytie/configs"
	"pennytie/providers/fake"
	"pennytie/providers/internal/rest"
	"pennytie/reconcile"
)

// TestHostileRows puts one odd row beside a good one: the good one must come through, the odd one as said.
func TestHostileRows(t *testing.T) {
	raw := func(text string) any { return json.RawMessage(text) }
	long := strings.Repeat("n", 10_000)
	for name, c := range map[string]struct {
		set  map[string]any
		want string
	}{
		"amount":                  {map[string]any{"amount": "12450"}, "payment 12450 USD"},
		"amount with zeros":       {map[string]any{"amount": "12450.00"}, "payment 12450 USD"},
		"amount with more zeros":  {map[string]any{"amount": "12450.00000000"}, "payment 12450 USD"},
		"amount with a fraction":  {map[string]any{"amount": "12450.5"}, "quarantine amount: amount is not whole in minor units; if"},
		"amount with an exponent": {map[string]any{"amount": "1.2e4"}, "payment 12000 USD"},
		"amount a number":         {map[string]any{"amount": raw("12450")}, "payment 12450 USD"},
		"amount 1000.0":           {map[string]any{"amount": raw("1000.0")}, "payment 1000 USD"},
		"amount 1e3":              {map[string]any{"amount": raw("1e3")}, "payment 1000 USD"},
		"amount zero":             {map[string]any{"amount": "0"}, "payment 0 USD"},
		"amount beyond 2^53":      {map[string]any{"amount": raw("9007199254740993")}, "payment 9007199254740993 USD"},
		"amount beyond 64 bits":   {map[string]any{"amount": raw("9223372036854775808")}, "quarantine amount: amount is not a 64-bit"},
		"amount of a huge power":  {map[string]any{"amount": "1e999999999"}, "quarantine amount: amount is not a number"},
		"amount empty":            {map[string]any{"amount": ""}, "quarantine amount: amount is missing"},
		"amount null":             {map[string]any{"amount": nil}, "quarantine amount: amount is missing"},
		"amount missing":          {map[string]any{"amount": absent}, "quarantine amount: amount is missing"},
		"amount negative":         {map[string]any{"amount": "-500"}, "quarantine amount: amount is below zero"},
		"amount NaN":              {map[string]any{"amount": "NaN"}, "quarantine amount: amount is not a number"},
		"amount grouped":          {map[string]any{"amount": "1,000"}, "quarantine amount: amount is not a number"},
		"amount an object":        {map[string]any{"amount": raw(`{"value":5}`)}, "quarantine amount: amount is not a number"},
		"amount true":             {map[string]any{"amount": true}, "quarantine amount: amount is not a number"},
		"yen":                     {map[string]any{"currency_code": "JPY"}, "payment 12450 JPY"},
		"currency in small":       {map[string]any{"currency_code": "usd"}, "payment 12450 USD"},
		"currency unknown":        {map[string]any{"currency_code": "XQZ"}, "quarantine currency_code: "},
		"currency null":           {map[string]any{"currency_code": nil}, "quarantine currency_code: currency_code is missing"},
		"currency a list":         {map[string]any{"currency_code": []any{}}, "quarantine currency_code: "},
		"refunded negative":       {map[string]any{"amount_refunded": "-1"}, "quarantine amount_refunded: amount_refunded is below zero"},
		"refunded no number":      {map[string]any{"amount_refunded": "some"}, "quarantine amount_refunded: amount_refunded is not a number"},
		"refunded a fraction":     {map[string]any{"amount_refunded": "0.5"}, "quarantine amount_refunded: amount_refunded is not whole"},
		"refunded missing":        {map[string]any{"amount_refunded": absent}, "payment 12450 USD succeeded"},
		"type an object":          {map[string]any{"amount": "5", "type": raw(`{}`)}, "quarantine type: type is not text"},
		"method a list":           {map[string]any{"payment_method": []any{"card"}}, "quarantine payment_method: payment_method is not text"},
		"method null":             {map[string]any{"payment_method": nil}, "payment 12450 USD"},
		"parent an object":        {map[string]any{"parent_id": raw(`{}`)}, "quarantine parent_id: parent_id is not text"},
		"parent with a path":      {map[string]any{"parent_id": "../customers/1"}, "quarantine parent_id: "},
		"external_id an object":   {map[string]any{"external_id": raw(`{}`)}, "quarantine external_id: external_id is not text"},
		"transactions an object":  {map[string]any{"transactions": raw(`{}`)}, "quarantine transactions: transactions is not a list"},
		"transactions null":       {map[string]any{"transactions": nil, "external_id": nil}, "payment 12450 USD"},
		"transactions of text":    {map[string]any{"transactions": []any{"x", nil, 5}}, "payment 12450 USD"},
		"timestamp in seconds":    {map[string]any{"timestamp": 1771510327}, "quarantine timestamp: timestamp is not a time"},
		"timestamp of year 9999":  {map[string]any{"timestamp": "9999-12-31T00:00:00"}, "quarantine timestamp: timestamp is not a time"},
		"timestamp no day":        {map[string]any{"timestamp": "2026-02-29T00:00:00"}, "quarantine timestamp: timestamp is not a time"},
		"created_at a word":       {map[string]any{"created_at": "yesterday"}, "quarantine created_at: created_at is not a time"},
		"no time at all": {map[string]any{"created_at": nil, "timestamp": nil, "transactions": nil},
			"quarantine created_at: neither timestamp nor created_at"},
		"status an object": {map[string]any{"status": raw(`{}`)}, "payment 12450 USD pending [STATUS_MISMATCH status: a known status, ] open"},
		"decoration of wrong types": {map[string]any{"customer_name": raw(`{}`), "customer_email": raw(`[]`), "customer_external_id": true,
			"invoices": "none", "payment_method_details": 5, "receipt_number": raw(`[]`)}, "payment 12450 USD succeeded none 0"},
		"decoration null": {map[string]any{"customer_name": nil, "customer_email": nil, "customer_id": nil, "customer_external_id": nil,
			"invoices": nil, "connector_name": nil}, "payment 12450 USD succeeded none 0"},
		"decoration missing": {map[string]any{"customer_name": absent, "customer_email": absent, "customer_id": absent,
			"customer_external_id": absent, "invoices": absent, "connector_name": absent, "transactions": absent, "external_id": absent,
			"payment_method": absent, "type": absent, "parent_id": absent}, "payment 12450 USD succeeded none 0"},
		"names of odd letters": {map[string]any{"customer_name": "\u202eeva\u0000 " + "x", "customer_email": "Ünï.Code+Tag@EXAMPLE.com"},
			"payment 12450 USD succeeded none 0"},
		"a name of 10 kB":      {map[string]any{"customer_name": long}, "payment 12450 USD succeeded none 0"},
		"refund of no amount":  {map[string]any{"type": "refund", "amount": nil}, "quarantine amount: amount is missing"},
		"refund with fraction": {map[string]any{"type": "refund", "amount": "-12450.5"}, "quarantine amount: amount is not whole"},
		"refund of no time":    {map[string]any{"type": "refund", "created_at": nil, "timestamp": nil, "transactions": nil}, "quarantine created_at: "},
		"refund of itself":     {map[string]any{"type": "refund", "parent_id": parentID}, "quarantine parent_id: refund of a refund"},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAccount(t)
			a.put(day(1), plain("good", day(1), nil))
			a.put(day(50), documented(t, c.set))
			page := pull(t, a.provider(t, func(c *Config) { c.PageSize = 100 }), "")
			const good = "payment 1000 USD succeeded"
			got := told(page)
			rest, found := strings.CutPrefix(got, good)
			if !found || !strings.HasPrefix(strings.TrimPrefix(rest, "; "), c.want) {
				t.Errorf("got  %s\nwant %s; %s", got, good, c.want)
			}
			for _, q := range page.Quarantined {
				if q.Source != source || q.File != pathPayments || !json.Valid(q.Raw) || !strings.Contains(string(q.Raw), parentID) {
					t.Errorf("quarantined %+v", q)
				}
			}
		})
	}
}

// pullBody pulls one page whose body is given.
func pullBody(t *testing.T, body string, change ...func(*Config)) (reconcile.Page, error) {
	t.Helper()
	a := newAccount(t)
	a.Fault(fake.Fault{Path: pathPayments, Do: fake.Status(http.StatusOK, body)})
	return a.provider(t, change...).Pull(t.Context(), "")
}

func TestHostilePages(t *testing.T) {
	invalid, transient := reconcile.ErrInvalid, reconcile.ErrTransient
	row := `{"id":"x1","type":"payment","status":"success","amount":"5","currency_code":"USD",` +
		`"created_at":"2026-01-02T00:00:00","customer_email":"ann@example.com"}`
	renamed := strings.Replace(row, "x1", "x2", 1)
	refundOf := func(parent string) string {
		return strings.Replace(row, `"payment"`, `"refund","parent_id":"`+parent+`"`, 1)
	}
	list := func(next, total string, rows ...string) string {
		return `{"results":[` + strings.Join(rows, ",") + `],"next":` + next + `,"previous":null,"total_count":` + total + `}`
	}
	good := "payment 5 USD succeeded"
	for name, c := range map[string]struct {
		body string
		want error
		told string
		more bool // of the same window
	}{
		"good":                    {list(`null`, `1`, row), nil, good, false},
		"empty":                   {list(`null`, `0`), nil, "", false},
		"empty with a next":       {list(`"c1"`, `9`), nil, "", true},
		"next empty":              {list(`""`, `1`, row), nil, good, false},
		"count too large":         {list(`null`, `900`, row), invalid, "", false}, // the limit was capped, and the rest is somewhere
		"more counted, no rows":   {list(`null`, `9`), invalid, "", false},
		"count too small":         {list(`null`, `0`, row), nil, good, false},
		"count negative":          {list(`null`, `-1`, row), nil, good, false},
		"count no number":         {list(`null`, `"many"`, row), nil, good, false},
		"next missing, short":     {`{"results":[` + row + `]}`, nil, good, false},
		"next missing, full":      {`{"results":[` + row + `,` + row + `,` + row + `]}`, invalid, "", false},
		"full page, more counted": {list(`null`, `4`, row, row, row), invalid, "", false},
		"full page, all counted":  {list(`null`, `3`, row, row, row), nil, good + "; " + good + "; " + good, false},
		"cursor text":             {list(`"abc="`, `4`, row), nil, good, true},
		"next relative":           {list(`"/payments?limit=3&cursor=abc%3D"`, `4`, row), nil, good, true},
		"next absolute":           {list(`"https://api.zenskar.com/payments?cursor=abc"`, `4`, row), nil, good, true},
		"next to a foreign host":  {list(`"https://attacker.example.com/x?cursor=abc"`, `4`, row), nil, good, true},
		"next without a cursor":   {list(`"https://api.zenskar.com/payments?offset=3"`, `4`, row), invalid, "", false},
		"next with no query":      {list(`"https://api.zenskar.com/payments"`, `4`, row), invalid, "", false},
		"next true":               {list(`true`, `4`, row), invalid, "", false},
		"null":                    {`null`, invalid, "", false},
		"array":                   {`[` + row + `]`, invalid, "", false},
		"text":                    {`"ann@example.com"`, invalid, "", false},
		"one object":              {row, invalid, "", false},
		"an error with 200":       {`{"detail":"ann@example.com"}`, invalid, "", false},
		"results missing":         {`{"next":null,"total_count":0}`, invalid, "", false},
		"results null":            {`{"results":null,"next":null}`, invalid, "", false},
		"results an object":       {`{"results":` + row + `,"next":null}`, invalid, "", false},
		"results in capitals":     {`{"RESULTS":[` + row + `],"next":null}`, invalid, "", false},
		"a null row":              {list(`null`, `2`, row, `null`), nil, good + "; quarantine : row is not an object", false},
		"a row of text":           {list(`null`, `2`, row, `"x"`), nil, good + "; quarantine : row is not an object", false},
		"a row without id":        {list(`null`, `2`, row, `{"amount":"5"}`), nil, good + "; quarantine id: id is missing", false},
		"a row of a blank id":     {list(`null`, `2`, row, `{"id":" "}`), nil, good + "; quarantine id: id is missing", false},
		"a row of an odd id": {list(`null`, `2`, row, `{"id":"a/../b"}`), nil,
			good + "; quarantine id: id has other characters than letters, digits, -, _ and ., or more than 255", false},
		"a row of an object for id": {list(`null`, `2`, row, `{"id":{}}`), nil, good + "; quarantine id: id is not text", false},
		"the same row twice":        {list(`null`, `2`, row, row), nil, good + "; " + good, false},
		"amount twice":              {list(`null`, `1`, strings.Replace(row, `"amount"`, `"amount":"6","amount"`, 1)), invalid, "", false},
		"AMOUNT":                    {list(`null`, `1`, strings.Replace(row, `"amount"`, `"AMOUNT"`, 1)), invalid, "", false},
		"not UTF-8":                 {list(`null`, `1`, strings.Replace(row, "success", "\xff", 1)), invalid, "", false},
		"byte order mark":           {"\ufeff" + list(`null`, `1`, row), invalid, "", false},
		"two values":                {list(`null`, `1`, row) + `{}`, invalid, "", false},
		"deep":                      {list(`null`, `1`, strings.Repeat("[", 80)+strings.Repeat("]", 80)), invalid, "", false},
		"cut":                       {list(`null`, `1`, row)[:60], transient, "", false},
		"nothing":                   {``, transient, "", false},
		"details of any spelling": {list(`null`, `1`,
			strings.Replace(row, `"id"`, `"payment_method_details":{"ID":"1","id":"2"},"id"`, 1)), nil, good, false},
		"fields that nobody knows":   {list(`null`, `1`, strings.Replace(row, `"id"`, `"net":[{"a":1}],"id"`, 1)), nil, good, false},
		"a refund before its parent": {list(`null`, `2`, refundOf("x2"), renamed), nil, good + "; refund 5 USD succeeded", false},
		"an orphaned refund":         {list(`null`, `1`, refundOf("unknown")), nil, "refund 5 USD succeeded", false},
	} {
		t.Run(name, func(t *testing.T) {
			page, err := pullBody(t, c.body)
			if !errors.Is(err, c.want) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			if err != nil {
				if len(page.Payments)+len(page.Quarantined) > 0 || page.Next != "" {
					t.Error("a part of the page came with the error")
				}
				if text := err.Error(); !strings.HasPrefix(text, "zenskar: GET /payments: ") || strings.Contains(text, "example.com") {
					t.Errorf("error text: %s", text)
				}
				return
			}
			if got := told(page); got != c.told {
				t.Errorf("got  %s\nwant %s", got, c.told)
			}
			if more := strings.Contains(string(page.Next), `"after"`); more != c.more {
				t.Errorf("goes on in the window: %v, want %v", more, c.more)
			}
		})
	}
}

// Paging set the wrong way must not lose rows in silence.
func TestWrongPaging(t *testing.T) {
	for name, change := range map[string]func(*fake.Zenskar, *Config){
		"cursor asked, offset served": func(z *fake.Zenskar, _ *Config) { z.OffsetPaging = true },
		"offset asked, cursor served": func(_ *fake.Zenskar, c *Config) { c.Paging = PageByOffset },
	} {
		a := newAccount(t)
		for n := range 7 {
			a.put(day(1), plain(fmt.Sprintf("p%d", n), day(1), nil))
		}
		_, err := tryPull(t, a.provider(t, func(c *Config) { change(a.Zenskar, c) }), "")
		if !errors.Is(err, reconcile.ErrInvalid) || !strings.Contains(err.Error(), "set paging to") {
			t.Errorf("%s: %v", name, err)
		}
	}
	a := newAccount(t)
	p := a.provider(t, func(c *Config) { c.Paging = PageByOffset })
	if _, err := p.client.place("abc=", url.Values{}); !errors.Is(err, reconcile.ErrInvalid) {
		t.Errorf("a place of the other paging: %v", err)
	}
}

// A service that gives fewer rows than it is asked for must not end a list early.
func TestCappedLimit(t *testing.T) {
	capped := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			values := r.URL.Query()
			values.Set("limit", "2")
			r = r.Clone(r.Context())
			r.URL.RawQuery = values.Encode()
			next.ServeHTTP(w, r)
		})
	}
	fill := func(offset bool, total string) *account {
		a := newAccount(t)
		a.OffsetPaging = offset
		for n := range 7 {
			a.put(day(1), plain(fmt.Sprintf("p%d", n), day(1), nil))
		}
		a.Fault(fake.Fault{Path: pathPayments, Do: capped})
		a.Fault(fake.Fault{Path: pathPayments, Do: fake.Edit(func(body []byte) []byte {
			return []byte(strings.Replace(string(body), `"total_count":7`, `"total_count":`+total, 1))
		})})
		return a
	}
	for _, total := range []string{"7", "null", "1", "2", "4", "70", "-7", `"many"`} {
		page := pull(t, fill(true, total).provider(t, func(c *Config) { c.Paging, c.PageSize = PageByOffset, 100 }), "")
		if len(page.Payments) != 7 {
			t.Errorf("by offset, count %s: %d rows of 7", total, len(page.Payments))
		}
		page = pull(t, fill(false, total).provider(t, func(c *Config) { c.PageSize = 100 }), "")
		if len(page.Payments) != 7 {
			t.Errorf("by cursor, count %s: %d rows of 7", total, len(page.Payments))
		}
	}
	a := fill(true, "7")
	if _, err := tryPull(t, a.provider(t, func(c *Config) { c.PageSize = 100 }), ""); !errors.Is(err, reconcile.ErrInvalid) ||
		!strings.Contains(err.Error(), "set paging to offset") {
		t.Errorf("cursor asked, offset served: %v", err)
	}
}

// By offset only a page without rows is the end: no count is trusted.
func TestOffsetCounts(t *testing.T) {
	for name, total := range map[string]string{"right": "7", "missing": "null", "too small": "1", "too large": "70", "negative": "-7"} {
		a := newAccount(t)
		a.OffsetPaging = true
		for n := range 7 {
			a.put(day(1), plain(fmt.Sprintf("p%d", n), day(1), nil))
		}
		a.Fault(fake.Fault{Path: pathPayments, Do: fake.Edit(func(body []byte) []byte {
			return []byte(strings.Replace(string(body), `"total_count":7`, `"total_count":`+total, 1))
		})})
		page := pull(t, a.provider(t, func(c *Config) { c.Paging = PageByOffset }), "")
		if len(page.Payments) != 7 {
			t.Errorf("count %s: %d rows of 7", name, len(page.Payments))
		}
	}
}

// TestStatuses shows that a fault which passes leaves no trace, and one that stays has its kind.
func TestStatuses(t *testing.T) {
	detail := func(status int, detail any, headers ...string) fake.Action {
		return fake.ZenskarError(status, detail, headers...)
	}
	list := []any{map[string]any{"loc": []any{"query"}, "msg": "ann@example.com", "type": "x"}}
	for name, c := range map[string]struct {
		do    fake.Action
		want  error
		tries int
	}{
		"400 text":       {detail(400, "ann@example.com"), reconcile.ErrInvalid, 1},
		"422 list":       {detail(422, list), reconcile.ErrInvalid, 1},
		"422 object":     {detail(422, map[string]any{"msg": "ann@example.com"}), reconcile.ErrInvalid, 1},
		"401":            {detail(401, "ann@example.com"), reconcile.ErrAuth, 1},
		"403":            {detail(403, list), reconcile.ErrAuth, 1},
		"404":            {detail(404, "x"), reconcile.ErrInvalid, 1},
		"409":            {detail(409, "x"), reconcile.ErrTransient, 2},
		"429":            {detail(429, "x"), reconcile.ErrRateLimited, 2},
		"429 with after": {detail(429, "x", "Retry-After", "7"), reconcile.ErrRateLimited, 2},
		"500":            {detail(500, map[string]any{}), reconcile.ErrTransient, 2},
		"503 HTML":       {fake.Answer(503, "text/html", "<p>ann@example.com"), reconcile.ErrTransient, 2},
		"204":            {fake.Answer(204, "application/json", ""), reconcile.ErrTransient, 2},
		"reset":          {fake.Reset(), reconcile.ErrTransient, 2},
		"cut":            {fake.CutBody(), reconcile.ErrTransient, 2},
		"redirect":       {fake.Redirect("https://attacker.example.com/"), reconcile.ErrInvalid, 1},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAccount(t)
			a.fill(t)
			want := told(pull(t, a.provider(t), ""))
			before := a.Requests(pathPayments)
			a.Fault(fake.Fault{Path: pathPayments, Do: c.do})
			_, err := a.provider(t).Pull(t.Context(), "")
			if !errors.Is(err, c.want) || strings.Contains(err.Error(), "example.com") || strings.Contains(err.Error(), testKey) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if tries := a.Requests(pathPayments) - before; tries != c.tries {
				t.Errorf("asked %d times, want %d", tries, c.tries)
			}
			if c.tries == 1 {
				return
			}
			a.ClearFaults()
			a.Fault(fake.Fault{Path: pathPayments, Nth: 1, Do: c.do})
			a.Fault(fake.Fault{Path: pathPayments, Nth: 4, Do: c.do})
			if got := told(pull(t, a.provider(t), "")); got != want {
				t.Errorf("after a burst:\n got %s\nwant %s", got, want)
			}
		})
	}
}

// The wait that the service asks for is waited.
func TestRetryAfter(t *testing.T) {
	for after, want := range map[string]time.Duration{"7": 7 * time.Second, "99999": rest.LongestWait} {
		a := newAccount(t)
		a.Fault(fake.Fault{Nth: 1, Do: fake.ZenskarError(http.StatusTooManyRequests, "slow down", "Retry-After", after)})
		var waited time.Duration
		p := a.provider(t, func(c *Config) {
			inner := c.Sleep
			c.Sleep = func(ctx context.Context, d time.Duration) error { waited += d; return inner(ctx, d) }
		})
		if _, err := p.Pull(t.Context(), ""); err != nil || waited.Round(time.Second) != want {
			t.Errorf("Retry-After %s: waited %v, %v", after, waited, err)
		}
	}
}

// TestKeyNeverShows prints and logs all that has to do with the key, while faults happen.
func TestKeyNeverShows(t *testing.T) {
	for _, key := range []string{testKey, "eyJcanary.canary0000.canary"} {
		a := newAccount(t)
		core, logs := observer.New(zap.DebugLevel)
		cfg := a.config()
		cfg.Key = configs.NewSecret(key)
		p, err := New(cfg, zap.New(core))
		if err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		for _, value := range []any{cfg, p} {
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
				fmt.Fprintf(&out, verb, value)
			}
		}
		a.Fault(fake.Fault{Do: fake.Status(http.StatusInternalServerError, `{"detail":"ann@example.com `+key+`"}`)})
		_, err = p.Pull(t.Context(), "")
		fmt.Fprint(&out, err)
		for _, entry := range logs.All() {
			fmt.Fprint(&out, entry.Message, entry.ContextMap())
		}
		if logs.Len() == 0 {
			t.Error("retries are not logged")
		}
		for _, canary := range []string{"canary", fmt.Sprintf("%x", "canary"), "example.com", "limit="} {
			if strings.Contains(out.String(), canary) {
				t.Errorf("%q shows", canary)
			}
		}
	}
}
