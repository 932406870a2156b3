package aura

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"pennytie/providers/fake"
	"pennytie/reconcile"
)

func TestHostilePages(t *testing.T) {
	const end = `"pagination":{"next_cursor":null,"has_more":false}`
	good := row(t)
	rows := `"data":[` + good + `]`
	with := func(old, replacement string) string {
		return list1(row(t, "id", `"p_0"`), strings.Replace(good, old, replacement, 1))
	}
	deep := strings.Repeat("[", 80) + strings.Repeat("]", 80)
	auth, limited, invalid, cut := reconcile.ErrAuth, reconcile.ErrRateLimited, reconcile.ErrInvalid, reconcile.ErrTransient
	for name, c := range map[string]struct {
		body   string
		want   error
		reason string
	}{
		"good":                   {list1(good), nil, ""},
		"empty list":             {list1(), nil, ""},
		"success":                {`{"success":true,` + rows + `,` + end + `}`, nil, ""},
		"success null":           {`{"success":null,` + rows + `,` + end + `}`, nil, ""},
		"success text":           {`{"success":"true",` + rows + `,` + end + `}`, nil, ""},
		"unknown extra fields":   {`{"meta":{"x":[1]},` + rows + `,` + end + `}`, nil, ""},
		"has_more text":          {`{` + rows + `,"pagination":{"next_cursor":null,"has_more":"false"}}`, nil, ""},
		"cursor but no more":     {`{` + rows + `,"pagination":{"next_cursor":"x","has_more":false}}`, nil, ""},
		"more":                   {`{` + rows + `,"pagination":{"next_cursor":"x","has_more":true}}`, nil, ""},
		"empty page with cursor": {`{"data":[],"pagination":{"next_cursor":"x","has_more":true}}`, nil, ""},
		"more without cursor":    {`{` + rows + `,"pagination":{"next_cursor":null,"has_more":true}}`, invalid, "not where"},
		"more with blank cursor": {`{` + rows + `,"pagination":{"next_cursor":" ","has_more":true}}`, invalid, "not where"},
		"more with odd cursor":   {`{` + rows + `,"pagination":{"next_cursor":{},"has_more":true}}`, invalid, "not where"},
		"has_more missing":       {`{` + rows + `,"pagination":{"next_cursor":"x"}}`, invalid, "whether there is more"},
		"has_more null": {`{` + rows + `,"pagination":{"next_cursor":"x","has_more":null}}`, invalid,
			"whether there is more"},
		"has_more a number": {`{` + rows + `,"pagination":{"next_cursor":"x","has_more":1}}`, invalid,
			"whether there is more"},
		"has_more in capitals": {`{` + rows + `,"pagination":{"next_cursor":"x","HAS_MORE":true}}`, invalid, "spelling"},
		"pagination missing":   {`{` + rows + `}`, invalid, "whether there is more"},
		"pagination null":      {`{` + rows + `,"pagination":null}`, invalid, "whether there is more"},
		"pagination a list":    {`{` + rows + `,"pagination":[]}`, invalid, "whether there is more"},
		"data missing":         {`{` + end + `}`, invalid, "no list"},
		"data null":            {`{"data":null,` + end + `}`, invalid, "no list"},
		"data an object":       {`{"data":{"data":[]},` + end + `}`, invalid, "no list"},
		"data text":            {`{"data":"dee@example.com",` + end + `}`, invalid, "no list"},
		"null":                 {`null`, invalid, "not an object"},
		"array":                {`[` + good + `]`, invalid, "not an object"},
		"text":                 {`"dee@example.com"`, invalid, "not an object"},
		"number":               {`1`, invalid, "not an object"},
		"empty object":         {`{}`, invalid, "no list"},
		"empty body":           {``, cut, "cut short"},
		"truncated":            {list1(good)[:90], cut, "cut short"},
		"trailing garbage":     {list1(good) + `x`, invalid, "one JSON value"},
		"two values":           {list1(good) + `{}`, invalid, "one JSON value"},
		"BOM":                  {"\ufeff" + list1(good), invalid, "one JSON value"},
		"not UTF-8":            {with(`"usd"`, "\"usd\",\"customer_name\":\"\xff\""), invalid, "UTF-8"},
		"deep":                 {with(`"usd"`, `"usd","x":`+deep), invalid, "nested"},
		"amount twice":         {with(`"amount":1000`, `"amount":1000,"amount":9`), invalid, "twice"},
		"AMOUNT beside":        {with(`"amount":1000`, `"amount":1000,"AMOUNT":9`), invalid, "spelling"},
		"AMOUNT instead":       {with(`"amount":1000`, `"AMOUNT":9`), invalid, "spelling"},
		"NaN":                  {with(`"amount":1000`, `"amount":NaN`), invalid, "one JSON value"},
		"refused": {`{"success":false,"error":"dee@example.com","code":"VALIDATION_ERROR","requestId":"r"}`,
			invalid, "failed (VALIDATION_ERROR)"},
		"refused with rows": {`{"success":false,` + rows + `,` + end + `}`, invalid, "failed"},
		"refused without requestId": {`{"success":false,"error":"dee@example.com","code":"UNAUTHORIZED"}`, auth,
			"failed (UNAUTHORIZED)"},
		"refused, forbidden":      {`{"success":"false","code":"FORBIDDEN"}`, auth, "failed (FORBIDDEN)"},
		"refused, limited":        {`{"success":false,"code":"RATE_LIMITED"}`, limited, "failed (RATE_LIMITED)"},
		"refused, odd code":       {`{"success":false,"code":"dee@example.com"}`, invalid, "request failed: "},
		"refused, code an object": {`{"success":false,"code":{"x":1}}`, invalid, "request failed: "},
		"success odd":             {`{"success":"maybe",` + rows + `,` + end + `}`, invalid, "whether it succeeded"},
	} {
		t.Run(name, func(t *testing.T) {
			page, err := pullBody(t, c.body)
			if c.want == nil {
				if err != nil || len(page.Quarantined) > 0 || strings.Contains(c.body, "p_1") != (len(page.Payments) == 1) {
					t.Fatalf("%d rows, %d quarantined, %v", len(page.Payments), len(page.Quarantined), err)
				}
				if more := strings.Contains(c.body, `"has_more":true`); more != strings.Contains(string(page.Next), `"after":"x"`) {
					t.Errorf("goes on at %s", page.Next)
				}
				return
			}
			if !errors.Is(err, c.want) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			if len(page.Payments)+len(page.Quarantined) > 0 || page.Next != "" {
				t.Error("a part of the page came with the error")
			}
			text := err.Error()
			if !strings.HasPrefix(text, "aura: GET /v1/payments: ") || !strings.Contains(text, c.reason) ||
				strings.Contains(text, "example.com") {
				t.Errorf("error text: %s", text)
			}
		})
	}
}

// TestHostileRows changes fields of a good row: it is read as told, or kept aside while its neighbours go on.
func TestHostileRows(t *testing.T) {
	long := `"` + strings.Repeat("x", 10_000) + `"`
	minor := func(want int64) func(reconcile.Facts) bool {
		return func(f reconcile.Facts) bool { return f.Amount.Minor == want }
	}
	paid := func(want string) func(reconcile.Facts) bool {
		return func(f reconcile.Facts) bool { return f.PaymentDate.Format(time.RFC3339Nano) == want }
	}
	email := func(want ...string) func(reconcile.Facts) bool {
		return func(f reconcile.Facts) bool { return strings.Join(f.Emails, " ") == strings.Join(want, " ") }
	}
	name := func(want string) func(reconcile.Facts) bool {
		return func(f reconcile.Facts) bool { return f.Name == want }
	}
	read := func(reconcile.Facts) bool { return true }
	for _, c := range []struct {
		field, value string
		ok           func(reconcile.Facts) bool // nil: quarantined
		at, reason   string
	}{
		{"amount", `"1000"`, minor(1000), "", ""}, {"amount", `1000.0`, minor(1000), "", ""},
		{"amount", `1e3`, minor(1000), "", ""},
		{"amount", `0`, minor(0), "", ""}, {"amount", `-0.0`, minor(0), "", ""},
		{"amount", `9007199254740993`, minor(9007199254740993), "", ""},
		{"amount", `9223372036854775807`, minor(9223372036854775807), "", ""},
		{"amount", `9223372036854775808`, nil, "amount", "64-bit"}, {"amount", `-1`, nil, "amount", "below zero"},
		{"amount", `10.5`, nil, "amount", "more digits than its currency; check whether it is in cents"},
		{"amount", `"NaN"`, nil, "amount", "not a number"}, {"amount", `"1,000"`, nil, "amount", "not a number"},
		{"amount", `1e999999999`, nil, "amount", "not a number"}, {"amount", `{}`, nil, "amount", "not a number"},
		{"amount", `true`, nil, "amount", "not a number"}, {"amount", `null`, nil, "amount", "amount is missing"},
		{"amount", ``, nil, "amount", "amount is missing"}, {"amount", `""`, nil, "amount", "amount is missing"},

		{"currency", `"USD"`, read, "", ""}, {"currency", `"Usd "`, read, "", ""},
		{"currency", `null`, nil, "currency", "currency is missing"},
		{"currency", ``, nil, "currency", "currency is missing"}, {"currency", `""`, nil, "currency", "currency is missing"},
		{"currency", `"zzz"`, nil, "currency", "not a currency of ISO 4217"}, {"currency", `"uѕd"`, nil, "currency", "not a currency of ISO 4217"},
		{"currency", `["usd"]`, nil, "currency", "not text"},

		{"id", `null`, nil, "id", "id is missing"}, {"id", ``, nil, "id", "id is missing"},
		{"id", `""`, nil, "id", "id is missing"},
		{"id", `{}`, nil, "id", "not text"}, {"id", `"../leads"`, nil, "id", "other characters"},
		{"id", `"a b"`, nil, "id", "other characters"},
		{"id", long, nil, "id", "longer"}, {"id", `"` + strings.Repeat("x", 300) + `"`, nil, "id", "255"},
		{"id", `7`, read, "", ""},

		{"status", `{}`, nil, "status", "not text"}, {"status", `5`, read, "", ""},
		{"provider", `["stripe"]`, nil, "provider", "not text"},
		{"provider_payment_id", `{}`, nil, "provider_payment_id", "not text"},
		{"provider_payment_id", long, nil, "provider_payment_id", "longer"},
		{"stripe_charge_id", `true`, nil, "stripe_charge_id", "not text"},

		{"payment_date", `null`, nil, "payment_date", "missing"}, {"payment_date", ``, nil, "payment_date", "missing"},
		{"payment_date", `""`, nil, "payment_date", "missing"},
		{"payment_date", `"0001-01-01T00:00:00Z"`, nil, "payment_date", "missing"},
		{"payment_date", `"9999-12-31T00:00:00Z"`, nil, "payment_date", "not a time"},
		{"payment_date", `1770000000`, nil, "payment_date", "not a time"},
		{"payment_date", `1770000000000`, nil, "payment_date", "not a time"},
		{"payment_date", `"2026-02-29"`, nil, "payment_date", "not a time"},
		{"payment_date", `"soon"`, nil, "payment_date", "not a time"},
		{"payment_date", `"2028-02-29"`, paid("2028-02-29T00:00:00Z"), "", ""},
		{"payment_date", `"2026-02-03T01:00:00+02:00"`, paid("2026-02-02T23:00:00Z"), "", ""},
		{"payment_date", `"2026-02-03 01:00:00"`, paid("2026-02-03T01:00:00Z"), "", ""},
		{"payment_date", `"2026-02-03T01:00:00.123456789"`, paid("2026-02-03T01:00:00.123456Z"), "", ""},
		{"created_at", `"soon"`, nil, "created_at", "not a time"}, {"created_at", `null`, read, "", ""},
		{"created_at", ``, read, "", ""},
		{"refunded_at", `"9999-01-01"`, nil, "refunded_at", "not a time"},

		{"refunded_amount", `1001`, nil, "refunded_amount", "more than amount; correct the payment in Aura"},
		{"refunded_amount", `-1`, nil, "refunded_amount", "below zero"},
		{"refunded_amount", `0.5`, nil, "refunded_amount", "more digits"},
		{"refunded_amount", `{}`, nil, "refunded_amount", "not a number"}, {"refunded_amount", `"1000"`, read, "", ""},

		{"customer_email", `null`, email(), "", ""}, {"customer_email", `""`, email(), "", ""},
		{"customer_email", `7`, email("7"), "", ""},
		{"customer_email", `{}`, email(), "", ""}, {"customer_email", ``, email(), "", ""},
		{"customer_email", long, email(), "", ""},
		{"customer_email", `" D.Ee+Tag@Exämple.com "`, email("D.Ee+Tag@Exämple.com"), "", ""},
		{"customer_name", `"\u202eeva\u0000"`, name("eva"), "", ""}, {"customer_name", long, name(""), "", ""},
		{"customer_name", `[]`, name(""), "", ""}, {"customer_name", `"=1+1"`, name("=1+1"), "", ""},

		{"match_candidates", `null`, read, "", ""}, {"match_candidates", `[]`, read, "", ""},
		{"match_candidates", `"none"`, read, "", ""},
		{"match_candidates", `{"A":1,"a":2,"Amount":3}`, read, "", ""},
		{"match_candidates", `[{"call_id":"x","AMOUNT":1,"score":0.5},7]`, read, "", ""},
		{"match_confidence", `0.87`, read, "", ""}, {"match_confidence", `87`, read, "", ""},
		{"match_confidence", `"0.87"`, read, "", ""},
		{"match_confidence", `null`, read, "", ""}, {"match_confidence", `{}`, read, "", ""},
		{"organization_id", ``, read, "", ""}, {"organization_id", `"another"`, read, "", ""}, {"requestId", `{}`, read, "", ""},
		{"refund_status", `{}`, read, "", ""}, {"refund_reason", `7`, read, "", ""}, {"verification_status", `[]`, read, "", ""},
		{"stripe_customer_id", `"odd_1"`, read, "", ""}, {"stripe_product_id", `{}`, read, "", ""},
		{"stripe_subscription_id", `""`, read, "", ""},
		{"stripe_refund_id", `"pyr_1"`, read, "", ""}, {"external_id", `9`, read, "", ""}, {"lead_id", `{}`, read, "", ""},
		{"call_id", `""`, read, "", ""},
	} {
		text := row(t, c.field, c.value)
		page, err := pullBody(t, list1(row(t, "id", `"before"`), text, row(t, "id", `"after"`)))
		what := fmt.Sprintf("%s %.60s", c.field, c.value)
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		if c.ok != nil {
			if len(page.Payments) != 3 || len(page.Quarantined) > 0 || !c.ok(page.Payments[1].Facts) {
				t.Errorf("%s: %+v, quarantined %+v", what, page.Payments, page.Quarantined)
			}
			continue
		}
		if len(page.Payments) != 2 || len(page.Quarantined) != 1 {
			t.Errorf("%s: %d records, quarantined %+v", what, len(page.Payments), page.Quarantined)
			continue
		}
		q := page.Quarantined[0]
		if q.Source != source || q.File != pathPayments || q.Field != c.at || !strings.Contains(q.Reason, c.reason) ||
			string(q.Raw) != text {
			t.Errorf("%s: quarantined as %s: %s", what, q.Field, q.Reason)
		}
	}
	for _, odd := range []string{`null`, `"p_1"`, `7`, `[]`} {
		page, err := pullBody(t, list1(row(t), odd))
		if err != nil || len(page.Payments) != 1 || len(page.Quarantined) != 1 ||
			page.Quarantined[0].Reason != "row is not an object" {
			t.Errorf("%s: %v, %+v", odd, err, page.Quarantined)
		}
	}
	page, err := pullBody(t, list1(row(t, "amount", `-1`, "notes", `"`+strings.Repeat("n", 100_000)+`"`)))
	if err != nil || len(page.Quarantined) != 1 || len(page.Quarantined[0].Raw) != reconcile.MaxRaw {
		t.Errorf("a long row: %v", err)
	}
}

func TestFetch(t *testing.T) {
	ref := func(ids ...string) (refs []reconcile.Ref) {
		for _, id := range ids {
			refs = append(refs, reconcile.Ref{Kind: reconcile.RefPayment, ID: id})
		}
		return refs
	}
	a := newAccount(t)
	page, err := a.provider(t).Fetch(t.Context(), ref("plain_00", "none", "", "../leads", "a?b", "wrong_1"))
	if err != nil || len(page.Payments) != 1 || len(page.Quarantined) != 1 || page.Quarantined[0].File != "/v1/payments/wrong_1" {
		t.Errorf("%+v, %v", page, err)
	}
	if asked := a.Requests(""); asked != 3 {
		t.Errorf("%d requests", asked)
	}
	if _, err := a.provider(t).Fetch(t.Context(), []reconcile.Ref{{Kind: reconcile.RefRefund, ID: "re_1"}}); !errors.Is(err,
		reconcile.ErrInvalid) {
		t.Errorf("a refund: %v", err)
	}
	good := row(t)
	for body, want := range map[string]error{
		`{"success":true,"data":` + good + `}`: nil, `{"data":` + good + `}`: nil, good: nil,
		`{"success":true,"data":null}`: reconcile.ErrInvalid, `{"success":true,"data":[` + good + `]}`: reconcile.ErrInvalid,
		`null`: reconcile.ErrInvalid, `{}`: reconcile.ErrInvalid, `{"success":true}`: reconcile.ErrInvalid,
		`[]`: reconcile.ErrInvalid,
		`{"success":true,"data":` + row(t, "id", `"p_2"`) + `}`:             reconcile.ErrInvalid,
		`{"success":false,"error":"dee@example.com","code":"NOT_OPEN"}`:     reconcile.ErrInvalid,
		`{"success":false,"error":"dee@example.com","code":"UNAUTHORIZED"}`: reconcile.ErrAuth,
	} {
		a := emptyAccount(t)
		a.Fault(fake.Fault{Do: fake.Status(http.StatusOK, body)})
		page, err := a.provider(t).Fetch(t.Context(), ref("p_1"))
		if !errors.Is(err, want) || (err == nil) != (len(page.Payments) == 1) || (err != nil && strings.Contains(err.Error(),
			"example.com")) {
			t.Errorf("%s: %v, %d payments", body, err, len(page.Payments))
		}
	}
	for _, status := range []int{400, 401, 409, 422, 429, 500} {
		a := newAccount(t)
		a.Fault(fake.Fault{Do: fake.AuraError(status, "ANY", "dee@example.com"), Nth: 2, Times: -1})
		if page, err := a.provider(t).Fetch(t.Context(), ref("plain_00", "plain_01")); err == nil || len(page.Payments) > 0 {
			t.Errorf("%d: %+v, %v", status, page, err)
		}
	}
}

// One row that is refused or gone does not hold back the others; what is refused is told, so that nobody takes it for gone.
func TestFetchGoesOn(t *testing.T) {
	const reason = "the service refuses to show this row by id (403); check the permissions of the key"
	for name, c := range map[string]struct {
		do      fake.Action
		refused bool
	}{
		"404":              {fake.AuraError(404, "ANY", "x"), false},
		"410":              {fake.AuraError(410, "ANY", "x"), false},
		"200, not found":   {fake.Status(200, `{"success":false,"code":"NOT_FOUND"}`), false},
		"200, no payment":  {fake.Status(200, `{"success":false,"code":"PAYMENT_NOT_FOUND"}`), false},
		"403":              {fake.AuraError(403, "FORBIDDEN", "dee@example.com"), true},
		"403 without code": {fake.Status(403, `{}`), true},
	} {
		a := newAccount(t)
		a.Fault(fake.Fault{Path: "/v1/payments/plain_01", Do: c.do})
		page, err := a.provider(t).Fetch(t.Context(), []reconcile.Ref{{Kind: reconcile.RefPayment, ID: "plain_00"},
			{Kind: reconcile.RefPayment, ID: "plain_01"}, {Kind: reconcile.RefPayment, ID: "plain_02"}})
		if got := byID(page); err != nil || len(got) != 2 || got["plain_02"].ID == "" {
			t.Errorf("%s: %+v, %v", name, page, err)
			continue
		}
		var want []reconcile.Quarantine
		if c.refused {
			want = []reconcile.Quarantine{{Source: source, File: "/v1/payments/plain_01", ID: "plain_01", Reason: reason}}
		}
		if diff := cmp.Diff(want, page.Quarantined); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
	}
}

// A list and a single row may write one id in two ways: it is one record.
func TestFetchCapitals(t *testing.T) {
	const small = "0a1b2c3d-0000-4000-8000-0000000000aa"
	a := emptyAccount(t)
	a.put(map[string]any{"id": small, "amount": 1, "currency": "usd", "status": "succeeded", "payment_date": "2026-02-02T00:00:00Z"})
	a.Fault(fake.Fault{Path: pathPayments, Do: fake.Edit(func(body []byte) []byte {
		return []byte(strings.ReplaceAll(string(body), small, strings.ToUpper(small)))
	})})
	p := a.provider(t)
	listed := pull(t, p)
	page, err := p.Fetch(t.Context(), []reconcile.Ref{{Kind: reconcile.RefPayment, ID: strings.ToUpper(small)}})
	if err != nil || len(listed.Payments) == 0 || len(page.Payments) != 1 || listed.Payments[0].ID != small || page.Payments[0].ID != small {
		t.Errorf("%+v, %+v, %v", listed.Payments, page, err)
	}
}

// A version that came later, and a removal, show when they are read again.
func TestVersions(t *testing.T) {
	a := newAccount(t)
	changed := map[string]any{"id": "plain_03", "amount": 1003, "currency": "usd", "status": "refunded", "refunded_amount": 1003,
		"payment_date": "2026-01-10T01:00:00Z", "refunded_at": "2026-03-20T13:00:00Z"}
	a.Put("payments", testNow.Add(time.Hour), changed)
	a.Remove("payments", testNow.Add(time.Hour), "plain_04")
	p := a.provider(t)
	if got := byID(pull(t, p)); got["plain_03"].Facts.Status != reconcile.StatusSucceeded || got["plain_04"].ID == "" {
		t.Fatal("the account shows the future")
	}
	a.clock.Advance(2 * time.Hour)
	page, err := p.Rescan(t.Context(), reconcile.Span{From: testSince, Through: testSince.AddDate(0, 0, 30)}, "")
	for err == nil && page.More {
		var next reconcile.Page
		next, err = p.Rescan(t.Context(), reconcile.Span{From: testSince, Through: testSince.AddDate(0, 0, 30)}, page.Next)
		next.Payments = append(next.Payments, page.Payments...)
		page = next
	}
	got := byID(page)
	if err != nil || got["plain_03"].Facts.RefundStatus != reconcile.RefundFull || got["plain_04"].ID != "" || len(got) < 10 {
		t.Errorf("%v, %d rows", err, len(got))
	}
}

// TestRefusals tells what a status means and how often it is asked again.
func TestRefusals(t *testing.T) {
	auth, limited, invalid, later := reconcile.ErrAuth, reconcile.ErrRateLimited, reconcile.ErrInvalid, reconcile.ErrTransient
	for _, c := range []struct {
		status int
		code   string
		want   error
		tries  int
	}{
		{400, "VALIDATION_ERROR", invalid, 1}, {400, "RATE_LIMITED", limited, 2}, {422, "UNAUTHORIZED", auth, 1},
		{400, "FORBIDDEN", auth, 1},
		{401, "UNAUTHORIZED", auth, 1}, {401, "RATE_LIMITED", auth, 1}, {403, "FORBIDDEN", auth, 1}, {404, "NOT_FOUND", invalid, 1},
		{408, "X", later, 2}, {409, "X", later, 2}, {422, "X", invalid, 1}, {429, "RATE_LIMITED", limited, 2},
		{429, "UNAUTHORIZED", limited, 2},
		{500, "UNAUTHORIZED", later, 2}, {503, "X", later, 2}, {302, "X", invalid, 1},
	} {
		a := newAccount(t)
		a.Fault(fake.Fault{Do: fake.AuraError(c.status, c.code, "dee@example.com")})
		_, err := a.provider(t).Pull(t.Context(), "")
		if !errors.Is(err, c.want) || a.Requests("") != c.tries {
			t.Errorf("%d %s: %v after %d requests", c.status, c.code, err, a.Requests(""))
		}
		if text := fmt.Sprint(err); strings.Contains(text, "example.com") || strings.Contains(text, liveKey) ||
			strings.Contains(text, "from_date") {
			t.Errorf("error text: %s", text)
		}
	}
}

// TestWaits tells how long a refused request waits before it is sent again.
func TestWaits(t *testing.T) {
	unix := func(d time.Duration) string { return strconv.FormatInt(time.Now().Add(d).Unix(), 10) }
	for name, c := range map[string]struct {
		headers     []string
		least, most time.Duration
	}{
		"nothing said": {nil, 250 * time.Millisecond, 500 * time.Millisecond},
		"seconds":      {[]string{"Retry-After", "7"}, 7 * time.Second, 7 * time.Second},
		"a date": {[]string{"Retry-After", time.Now().Add(40 * time.Second).UTC().Format(http.TimeFormat)},
			30 * time.Second, 41 * time.Second},
		"too long":          {[]string{"Retry-After", "86400"}, 5 * time.Minute, 5 * time.Minute},
		"nonsense":          {[]string{"Retry-After", "soon"}, 250 * time.Millisecond, 500 * time.Millisecond},
		"reset":             {[]string{"X-RateLimit-Reset", unix(50 * time.Second)}, 40 * time.Second, 51 * time.Second},
		"reset far off":     {[]string{"X-RateLimit-Reset", unix(5000 * time.Hour)}, 5 * time.Minute, 5 * time.Minute},
		"reset in the past": {[]string{"X-RateLimit-Reset", unix(-time.Hour)}, 250 * time.Millisecond, 500 * time.Millisecond},
		"reset zero":        {[]string{"X-RateLimit-Reset", "0"}, 250 * time.Millisecond, 500 * time.Millisecond},
		"reset below zero":  {[]string{"X-RateLimit-Reset", "-5"}, 250 * time.Millisecond, 500 * time.Millisecond},
		"Retry-After counts": {[]string{"X-RateLimit-Reset", unix(50 * time.Second), "Retry-After", "3"},
			3 * time.Second, 3 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAccount(t)
			a.Fault(fake.Fault{Nth: 1, Do: fake.AuraError(http.StatusTooManyRequests, "RATE_LIMITED", "x", c.headers...)})
			var waits []time.Duration
			p := a.provider(t, func(cfg *Config) {
				cfg.Sleep = func(_ context.Context, d time.Duration) error {
					if d > time.Millisecond { // less is the pace of requests
						waits = append(waits, d)
					}
					return nil
				}
			})
			if _, err := p.Pull(t.Context(), ""); err != nil || len(waits) != 1 || waits[0] < c.least || waits[0] > c.most {
				t.Errorf("waited %v, %v", waits, err)
			}
		})
	}
}

// A fault that passes leaves no trace.
func TestBursts(t *testing.T) {
	want := len(byID(pull(t, newAccount(t).provider(t))))
	for name, do := range map[string]fake.Action{
		"500": fake.AuraError(500, "INTERNAL_ERROR", "x"), "429": fake.AuraError(429, "RATE_LIMITED", "x"), "reset": fake.Reset(),
		"cut": fake.CutBody(), "html": fake.HTML(),
	} {
		a := newAccount(t)
		a.Fault(fake.Fault{Every: 0.5, Seed: 7, Do: do})
		got := pull(t, a.provider(t, func(c *Config) { c.MaxAttempts = 20 }))
		if len(byID(got)) != want || len(got.Quarantined) == 0 {
			t.Errorf("%s: %d of %d rows", name, len(byID(got)), want)
		}
	}
	a := newAccount(t)
	a.Fault(fake.Fault{Do: fake.Drip(4000, time.Millisecond)})
	if got := byID(pull(t, a.provider(t))); len(got) != want {
		t.Errorf("a slow answer: %d of %d rows", len(got), want)
	}
	slow := newAccount(t)
	slow.Fault(fake.Fault{Do: fake.Drip(1, 20*time.Millisecond)})
	if _, err := slow.provider(t, func(c *Config) { c.AttemptTimeout = 60 * time.Millisecond }).Pull(t.Context(),
		""); !errors.Is(err, reconcile.ErrTransient) {
		t.Errorf("an answer that never ends: %v", err)
	}
}

// The service's own budget is kept by waiting for its reset.
func TestBudget(t *testing.T) {
	a := newAccount(t)
	a.Limit = 2
	p := a.provider(t, func(c *Config) {
		c.Sleep = func(context.Context, time.Duration) error { a.clock.Advance(time.Minute); return nil }
		c.RequestsPerSecond = 1e9
	})
	if got := byID(pull(t, p)); len(got) < 20 {
		t.Errorf("%d rows", len(got))
	}
}

// Nothing that is logged or printed holds a key or an e-mail.
func TestSecrets(t *testing.T) {
	core, logs := observer.New(zapcore.DebugLevel)
	a := newAccount(t)
	a.Fault(fake.Fault{Every: 0.5, Seed: 3, Do: fake.AuraError(500, "X", "dee@example.com "+liveKey)})
	p, err := New(a.config(func(c *Config) { c.MaxAttempts = 20 }), zap.New(core))
	if err != nil {
		t.Fatal(err)
	}
	pull(t, p)
	if logs.Len() == 0 {
		t.Error("retries are not logged")
	}
	text := fmt.Sprintf("%v %+v %#v", a.config(), a.config(), a.config())
	text += fmt.Sprintf("%v %+v %#v", p, p, p)
	for _, entry := range logs.All() {
		text += fmt.Sprint(entry.Message, entry.ContextMap())
	}
	for _, canary := range []string{liveKey, "canary", "example.com"} {
		if strings.Contains(text, canary) {
			t.Errorf("%q shows", canary)
		}
	}
}
