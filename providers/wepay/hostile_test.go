package wepay

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"pennytie/providers/fake"
	"pennytie/providers/internal/rest"
	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

func isKind(err, kind error) bool { return err != nil && errors.Is(err, kind) }

// TestHostileRows puts one bad row beside a good one: what it becomes, and that the good one is there.
func TestHostileRows(t *testing.T) {
	record := func(check func(f reconcile.Facts) bool) func(reconcile.SourceRecord) bool {
		return func(r reconcile.SourceRecord) bool { return check(r.Facts) }
	}
	amount := func(minor int64) func(reconcile.SourceRecord) bool {
		return record(func(f reconcile.Facts) bool { return *f.Amount == money.New(minor, "USD") })
	}
	bare := func(r reconcile.SourceRecord) bool {
		return len(r.Facts.Payer.Metadata) == 0 && r.Facts.LeadID == "" && r.Facts.Payer.Description == "" && len(r.Facts.Doubts) == 0
	}
	for name, c := range map[string]struct {
		changes object
		field   string // quarantined for it
		reason  string
		check   func(reconcile.SourceRecord) bool
	}{
		"amount as text":          {changes: object{"amount": "5001"}, check: amount(5001)},
		"amount 1000.0":           {changes: object{"amount": raw(`1000.0`)}, check: amount(1000)},
		"amount 1e3":              {changes: object{"amount": raw(`1e3`)}, check: amount(1000)},
		"amount beyond 2^53":      {changes: object{"amount": raw(`9007199254740993`), "fee_amount": 0}, check: amount(9007199254740993)},
		"amount beyond int64":     {changes: object{"amount": raw(`9223372036854775808`)}, field: "amount", reason: "64-bit"},
		"amount a fraction":       {changes: object{"amount": raw(`153.86`)}, field: "amount", reason: "digits"},
		"amount negative":         {changes: object{"amount": -5}, field: "amount", reason: "below zero"},
		"amount NaN":              {changes: object{"amount": "NaN"}, field: "amount", reason: "not a number"},
		"amount null":             {changes: object{"amount": nil}, field: "amount", reason: "missing"},
		"amount empty":            {changes: object{"amount": ""}, field: "amount", reason: "missing"},
		"amount missing":          {changes: object{"amount": gone}, field: "amount", reason: "missing"},
		"amount an object":        {changes: object{"amount": object{}}, field: "amount", reason: "not a number"},
		"currency in lower case":  {changes: object{"currency": "usd"}, check: amount(5000)},
		"currency unknown":        {changes: object{"currency": "XQZ"}, field: "currency", reason: "ISO 4217"},
		"currency null":           {changes: object{"currency": nil}, field: "currency", reason: "missing"},
		"currency the third":      {changes: object{"currency": "GBP"}, check: record(func(f reconcile.Facts) bool { return f.Amount.Currency == "GBP" })},
		"no digits in it":         {changes: object{"currency": "JPY", "amount": 500, "fee_amount": 1}, check: record(func(f reconcile.Facts) bool { return f.Net.Minor == 499 })},
		"refunded a fraction":     {changes: object{"amount_refunded": raw(`0.5`)}, field: "amount_refunded", reason: "digits"},
		"refunded negative":       {changes: object{"amount_refunded": -1}, field: "amount_refunded", reason: "below zero"},
		"disputed in words":       {changes: object{"amount_disputed": "some"}, field: "amount_disputed", reason: "not a number"},
		"fee negative":            {changes: object{"fee_amount": -1}, field: "fee_amount", reason: "below zero"},
		"fee null":                {changes: object{"fee_amount": nil}, check: record(func(f reconcile.Facts) bool { return f.Fee == nil && f.Net == nil })},
		"create_time as text":     {changes: object{"create_time": "1773000000"}, check: record(func(f reconcile.Facts) bool { return f.CreatedAt.Equal(unix(1773000000)) })},
		"create_time in ms":       {changes: object{"create_time": 1773000000000}, field: "create_time", reason: "between 2000 and 2200"},
		"create_time ISO":         {changes: object{"create_time": "2026-03-01T00:00:00Z"}, field: "create_time", reason: "time"},
		"create_time 0":           {changes: object{"create_time": 0}, field: "create_time", reason: "missing"},
		"create_time null":        {changes: object{"create_time": nil}, field: "create_time", reason: "missing"},
		"create_time negative":    {changes: object{"create_time": -1}, field: "create_time", reason: "time"},
		"status a flag":           {changes: object{"status": true}, field: "status", reason: "not text"},
		"status an object":        {changes: object{"status": object{}}, field: "status", reason: "not text"},
		"another resource":        {changes: object{"resource": "refunds"}, field: "resource", reason: "payments"},
		"owner null":              {changes: object{"owner": nil}, check: bare},
		"everything null":         {changes: object{"owner": nil, "order": nil, "custom_data": nil, "failure_reason": nil, "pending_reasons": nil, "payment_method": nil, "reference_id": nil, "resource": nil, "capture_at": nil}, check: bare},
		"everything missing":      {changes: object{"owner": gone, "order": gone, "custom_data": gone, "payment_method": gone, "resource": gone, "capture_at": gone, "amount_refunded": gone, "amount_disputed": gone}, check: bare},
		"everything empty":        {changes: object{"owner": "", "order": "", "custom_data": "", "payment_method": "", "reference_id": "", "capture_at": "", "amount_refunded": "", "fee_amount": ""}, check: bare},
		"everything a list":       {changes: object{"owner": []any{}, "order": []any{1}, "custom_data": []any{}, "payment_method": []any{}, "reference_id": []any{}, "capture_at": []any{}, "failure_reason": []any{}}, check: bare},
		"unknown fields":          {changes: object{"new": object{"amount": 1}, "status_2": "failed"}, check: amount(5000)},
		"what should not show up": {changes: object{"txnr_app_fee": object{"THIS SHOULD NOT SHOW UP": object{"amount": 1}}, "txnr_merchant": object{"id": 3}}, check: amount(5000)},
		"failure reason": {changes: object{"status": "failed", "failure_reason": "insufficient_funds"},
			check: record(func(f reconcile.Facts) bool { return f.Payer.Metadata["failure_reason"] == "insufficient_funds" })},
		"custom data nested": {changes: object{"custom_data": object{"lead_id": object{"a": 1}, "call_id": 7, "n": raw(`1.50`), "x": []any{1}}},
			check: record(func(f reconcile.Facts) bool {
				return f.LeadID == "" && f.CallID == "" && fmt.Sprint(f.Payer.Metadata) == "map[custom_data.call_id:7 n:1.50]"
			})},
		"custom data endless": {changes: object{"custom_data": many(200)},
			check: record(func(f reconcile.Facts) bool {
				return len(f.Payer.Metadata) == mostMetadata && f.Payer.Metadata["key 000"] == "v"
			})},
		"long reference": {changes: object{"reference_id": strings.Repeat("x", 10_000)},
			check: record(func(f reconcile.Facts) bool { return f.Payer.Reference == "" })},
		"marks in the reference": {changes: object{"reference_id": "\u202eorder\u0000 7"},
			check: record(func(f reconcile.Facts) bool { return f.Payer.Reference == "order 7" })},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAccount(t)
			made := today.AddDate(0, 0, -10)
			a.Put("payments", made.Add(time.Second), payment("pay-good", made)) // newer: listed first
			a.Put("payments", made, with(payment("pay-hostile", made), c.changes))
			page := pull(t, a.provider(t))
			if ids := paymentIDs(page); len(ids) == 0 || ids[0] != "pay-good" {
				t.Fatalf("the good row is lost: %v", ids)
			}
			if c.field != "" {
				oneQuarantined(t, page, "/payments", c.field, c.reason)
				return
			}
			if len(page.Quarantined) > 0 || len(page.Payments) != 2 || !c.check(page.Payments[1]) {
				t.Errorf("%+v", page)
			}
		})
	}
}

func many(n int) object {
	made := object{}
	for i := range n {
		made[fmt.Sprintf("key %03d", i)] = "v"
	}
	return made
}

func oneQuarantined(t *testing.T, page reconcile.Page, file, field, reason string) {
	t.Helper()
	if len(page.Quarantined) != 1 {
		t.Fatalf("quarantined %+v, payments %+v", page.Quarantined, page.Payments)
	}
	q := page.Quarantined[0]
	if q.Source != source || q.File != file || q.Field != field || !strings.Contains(q.Reason, reason) || len(q.Raw) == 0 {
		t.Errorf("quarantined %s %q: %s (%s)", q.File, q.Field, q.Reason, q.Raw)
	}
}

func TestHostileRefundsAndDisputes(t *testing.T) {
	for name, c := range map[string]struct {
		collection    string
		changes       object
		field, reason string // none: it is a row
	}{
		"refund without payment":      {refunds, object{"payment": nil}, "", ""},
		"payment as a bare id":        {refunds, object{"payment": "pay-1"}, "", ""},
		"payment a list":              {refunds, object{"payment": []any{"pay-1"}}, "payment.id", "not text"},
		"payment id no id":            {refunds, object{"payment": object{"id": "../disputes"}}, "payment.id", "not an id"},
		"amounts in full, no payment": {refunds, object{"amounts": nil, "payment": nil}, "amounts", "no payment is named"},
		"amounts in full, unknown":    {refunds, object{"amounts": nil, "payment": object{"id": "pay-none"}}, "amounts", "is not shown"},
		"amounts in full, bad":        {refunds, object{"amounts": nil, "payment": object{"id": "pay-bad"}}, "amounts", "has none: amount is below zero"},
		"amounts missing":             {refunds, object{"amounts": gone, "payment": object{"id": "pay-1"}}, "", ""},
		"amounts a list":              {refunds, object{"amounts": []any{}}, "amounts", "not an object"},
		"amounts a number":            {refunds, object{"amounts": 500}, "amounts", "not an object"},
		"amounts of the fee only":     {refunds, object{"amounts": object{"fee_refund_amount": 5, "currency": "USD"}}, "amounts.total_amount", "missing"},
		"amounts without currency":    {refunds, object{"amounts": object{"total_amount": 5}}, "amounts.currency", "missing"},
		"refund negative":             {refunds, object{"amounts": object{"total_amount": -5, "currency": "USD"}}, "amounts.total_amount", "below zero"},
		"refund of no time":           {refunds, object{"create_time": nil}, "create_time", "missing"},
		"refund status a list":        {refunds, object{"status": []any{}}, "status", "not text"},
		"refund that is a dispute":    {refunds, object{"resource": "disputes"}, "resource", "refunds"},
		"dispute over its payment":    {disputes, object{"amount": 999_999}, "", ""},
		"dispute of another currency": {disputes, object{"currency": "CAD"}, "", ""},
		"dispute without payment":     {disputes, object{"payment": nil}, "payment.id", "missing"},
		"dispute of no payment id":    {disputes, object{"payment": object{"id": "a/b"}}, "payment.id", "not an id"},
		"dispute without amount":      {disputes, object{"amount": nil}, "amount", "missing"},
		"dispute without currency":    {disputes, object{"currency": ""}, "currency", "missing"},
		"dispute negative":            {disputes, object{"amount": -1}, "amount", "below zero"},
		"dispute reason an object":    {disputes, object{"reason": object{}}, "", ""},
		"dispute status a number":     {disputes, object{"status": 5}, "", ""},
		"dispute status a flag":       {disputes, object{"status": false}, "status", "not text"},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAccount(t)
			old := since.AddDate(0, -1, 0) // not listed
			a.Put("payments", old, payment("pay-1", old))
			a.Put("payments", old, with(payment("pay-bad", old), object{"amount": -1}))
			row := refund("row-1", "pay-1", at(5))
			if c.collection == disputes {
				row = dispute("row-1", "pay-1", at(5))
			}
			a.Put(c.collection, at(5), with(row, c.changes))
			page := pull(t, a.provider(t))
			rows := len(page.Refunds) + len(page.Disputes)
			if c.field != "" {
				if oneQuarantined(t, page, "/"+c.collection, c.field, c.reason); rows != 0 {
					t.Error("the row is also taken")
				}
				return
			}
			if rows != 1 || len(page.Quarantined) > 0 {
				t.Errorf("%+v", page)
			}
			if name == "refund without payment" && page.Refunds[0].Keys != nil {
				t.Errorf("an orphan has keys: %v", page.Refunds[0].Keys)
			}
		})
	}
}

// pullBody pulls a first page of payments whose body is given.
func pullBody(t *testing.T, body string) (reconcile.Page, error) {
	t.Helper()
	a := newAccount(t)
	a.Fault(fake.Fault{Path: "/payments", Nth: 1, Do: fake.Status(http.StatusOK, body)})
	return a.provider(t, func(c *Config) { c.MaxAttempts, c.SkipPayers = 1, true }).Pull(t.Context(), "")
}

func listOf(rows ...string) string {
	return `{"results":[` + strings.Join(rows, ",") + `],"next":null,"previous":null}`
}

func TestHostilePages(t *testing.T) {
	text, err := json.Marshal(payment("pay-1", at(3)))
	if err != nil {
		t.Fatal(err)
	}
	good := string(text)
	other := func(old, replacement string) string { return listOf(strings.Replace(good, old, replacement, 1)) }
	next := func(place string) string { return strings.Replace(listOf(good), `"next":null`, `"next":`+place, 1) }
	invalid, cut := reconcile.ErrInvalid, reconcile.ErrTransient
	deep := strings.Repeat("[", 80) + strings.Repeat("]", 80)
	for name, c := range map[string]struct {
		body        string
		want        error
		rows, aside int
	}{
		"good":                        {listOf(good), nil, 1, 0},
		"no rows":                     {listOf(), nil, 0, 0},
		"the same row twice":          {listOf(good, good), nil, 2, 0},
		"null row":                    {listOf(good, "null"), nil, 1, 1},
		"text row":                    {listOf(`"pay"`, good), nil, 1, 1},
		"list row":                    {listOf(`[]`, good), nil, 1, 1},
		"empty row":                   {listOf(`{}`, good), nil, 1, 1},
		"id null":                     {other(`"pay-1"`, `null`), nil, 0, 1},
		"id a flag":                   {other(`"pay-1"`, `true`), nil, 0, 1},
		"id empty":                    {other(`"pay-1"`, `" "`), nil, 0, 1},
		"id a path":                   {other(`"pay-1"`, `"../refunds"`), nil, 0, 1},
		"id of dots":                  {other(`"pay-1"`, `".."`), nil, 0, 1},
		"id too long":                 {other(`"pay-1"`, `"`+strings.Repeat("x", 256)+`"`), nil, 0, 1},
		"id a number":                 {other(`"pay-1"`, `17`), nil, 1, 0},
		"ids of another case":         {listOf(good, strings.Replace(good, `"pay-1"`, `"PAY-1"`, 1)), nil, 2, 0},
		"null":                        {`null`, invalid, 0, 0},
		"list":                        {`[` + good + `]`, invalid, 0, 0},
		"a row":                       {good, invalid, 0, 0},
		"rows null":                   {`{"results":null,"next":null}`, invalid, 0, 0},
		"rows an object":              {`{"results":{},"next":null}`, invalid, 0, 0},
		"rows missing":                {`{"next":null,"previous":null}`, invalid, 0, 0},
		"rows by another name":        {`{"items":[` + good + `],"next":null}`, nil, 1, 0},
		"rows by two names":           {`{"items":[` + good + `],"more":[],"next":null}`, invalid, 0, 0},
		"rows by a name, no next":     {`{"items":[]}`, invalid, 0, 0},
		"error of v3 with 200":        {`{"error_code":"UNEXPECTED_ERROR","error_message":"m","details":[],"next":null}`, invalid, 0, 0},
		"error of v2 with 200":        {`{"error":"server_error","error_description":"m","error_code":1005}`, invalid, 0, 0},
		"error null with 200":         {`{"error":null,"results":[` + good + `],"next":null}`, nil, 1, 0},
		"next missing":                {`{"results":[` + good + `]}`, nil, 1, 0},
		"next missing, full":          {`{"results":[` + strings.Repeat(good+",", 3) + good + `]}`, invalid, 0, 0},
		"next empty":                  {next(`""`), nil, 1, 0},
		"next a flag":                 {next(`true`), invalid, 0, 0},
		"next an object":              {next(`{"href":"/payments"}`), invalid, 0, 0},
		"next a word":                 {next(`"payments?page=2"`), invalid, 0, 0},
		"next a query":                {next(`"?page=2"`), invalid, 0, 0},
		"next of another host":        {next(`"https://example.org/payments?page=2"`), invalid, 0, 0},
		"next of a look-alike":        {next(`"http://127.0.0.1.example.org/payments"`), invalid, 0, 0},
		"next of another scheme":      {next(`"file:///etc/passwd"`), invalid, 0, 0},
		"next without scheme":         {next(`"//example.org/payments"`), invalid, 0, 0},
		"next with three slashes":     {next(`"///example.org/payments"`), invalid, 0, 0},
		"next with a user":            {next(`"//user@127.0.0.1/payments"`), invalid, 0, 0},
		"next with a line":            {next(`"/payments?page=2\nX: y"`), invalid, 0, 0},
		"next with a blank":           {next(`"/payments?page=2 HTTP/1.1"`), invalid, 0, 0},
		"next with an e-mail":         {next(`"/payments/ada@example.com"`), invalid, 0, 0},
		"next with backslash":         {next(`"/\\example.org/payments"`), invalid, 0, 0},
		"next endless":                {next(`"/payments?page=` + strings.Repeat("x", 5000) + `"`), invalid, 0, 0},
		"amount twice":                {other(`"amount":5000`, `"amount":5000,"amount":1`), invalid, 0, 0},
		"AMOUNT beside":               {other(`"amount":5000`, `"amount":5000,"AMOUNT":1`), invalid, 0, 0},
		"AMOUNT instead":              {other(`"amount":5000`, `"AMOUNT":1`), invalid, 0, 0},
		"not UTF-8":                   {other(`"USD"`, "\"\xff\""), invalid, 0, 0},
		"deep":                        {other(`"order":null`, `"order":`+deep), invalid, 0, 0},
		"two values":                  {listOf(good) + `{}`, invalid, 0, 0},
		"byte order mark":             {"\xef\xbb\xbf" + listOf(good), invalid, 0, 0},
		"cut":                         {listOf(good)[:40], cut, 0, 0},
		"empty":                       {``, cut, 0, 0},
		"custom data of any spelling": {other(`"custom_data":null`, `"custom_data":{"A":1,"a":2,"AMOUNT":3}`), nil, 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			page, err := pullBody(t, c.body)
			if !errors.Is(err, c.want) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			if len(page.Payments) != c.rows || len(page.Quarantined) != c.aside || err != nil && page.Next != "" {
				t.Errorf("%+v", page)
			}
			if err != nil && (!strings.HasPrefix(err.Error(), "wepay: GET /payments: ") || strings.Contains(err.Error(), "example.")) {
				t.Errorf("error text: %v", err)
			}
		})
	}
}

// A page may be empty and yet have a next one; rows may come on two pages.
func TestPagesThatOverlap(t *testing.T) {
	text, _ := json.Marshal(payment("pay-1", at(3)))
	a := newAccount(t)
	empty := `{"results":[],"next":"/payments?page=b","previous":null}`
	a.Fault(fake.Fault{Path: "/payments", Nth: 1, Do: fake.Status(http.StatusOK, empty)})
	a.Fault(fake.Fault{Path: "/payments", Nth: 2, Do: fake.Status(http.StatusOK,
		`{"results":[`+string(text)+`],"next":"/payments/page/c","previous":null}`)})
	a.Fault(fake.Fault{Path: "/payments/page/c", Do: fake.Status(http.StatusOK, listOf(string(text)))})
	page := pull(t, a.provider(t))
	if len(page.Payments) != 2 || len(paymentIDs(page)) != 1 || a.Requests("/payments/page/c") != 1 {
		t.Errorf("%v after %d requests", paymentIDs(page), a.Requests(""))
	}
}

// TestHostileAnswers gives every kind of refusal: its kind, how often it is asked again, and how long it waits.
func TestHostileAnswers(t *testing.T) {
	auth, limited, transient, invalid := reconcile.ErrAuth, reconcile.ErrRateLimited, reconcile.ErrTransient, reconcile.ErrInvalid
	inAnHour := time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)
	for name, c := range map[string]struct {
		do    fake.Action
		want  error
		tries int
		wait  time.Duration // 0: any
	}{
		"401":                        {fake.Status(401, `{}`), auth, 1, 0},
		"403":                        {fake.WePayError(403, "NOT_AUTHORIZED", ""), auth, 1, 0},
		"400 not authorised":         {fake.WePayError(400, "NOT_AUTHORIZED", ""), auth, 1, 0},
		"400":                        {fake.WePayError(400, "INVALID_PARAMS", "OUT_OF_RANGE"), invalid, 1, 0},
		"404":                        {fake.WePayError(404, "RESOURCE_NOT_FOUND", ""), invalid, 1, 0},
		"422":                        {fake.Status(422, `{}`), invalid, 1, 0},
		"409":                        {fake.Status(409, `{}`), transient, 3, 0},
		"408":                        {fake.Status(408, `{}`), transient, 3, 0},
		"500":                        {fake.WePayError(500, "UNEXPECTED_ERROR", ""), transient, 3, 0},
		"500 not authorised":         {fake.WePayError(500, "NOT_AUTHORIZED", ""), transient, 3, 0},
		"503 in HTML":                {fake.Answer(503, "text/html", "<p>ada@example.com"), transient, 3, 0},
		"429":                        {fake.WePayThrottled(429, ""), limited, 3, 0},
		"429 of nobody":              {fake.Status(429, ``), limited, 3, 0},
		"429, wait 7 s":              {fake.WePayThrottled(429, "7"), limited, 3, 7 * time.Second},
		"429, wait a day":            {fake.WePayThrottled(429, "86400"), limited, 3, rest.LongestWait},
		"429, wait until":            {fake.WePayThrottled(429, inAnHour), limited, 3, rest.LongestWait},
		"429, wait less than none":   {fake.WePayThrottled(429, "-5"), limited, 3, 0},
		"throttle with 400":          {fake.WePayThrottled(400, "3"), limited, 3, 3 * time.Second},
		"throttle with 403":          {fake.WePayThrottled(403, ""), limited, 3, 0},
		"throttle by reason":         {fake.WePayError(400, "INVALID_PARAMS", "APPLICATION_REQUEST_THROTTLE_EXCEEDED"), limited, 3, 0},
		"conflict":                   {fake.WePayError(400, "RESOURCE_CONFLICT", ""), transient, 3, 0},
		"concurrent":                 {fake.WePayError(400, "INVALID_PARAMS", "CONCURRENT_UNIQUE_KEY_REQUEST_IS_PROCESSING"), transient, 3, 0},
		"point of sale":              {fake.WePayError(400, "INVALID_PARAMS", "POINT_OF_SALE_TRANSACTION_NOT_YET_PROCESSED"), transient, 3, 0},
		"error of v2":                {fake.Status(400, `{"error":"invalid_request","error_description":"ada@example.com","error_code":1004}`), invalid, 1, 0},
		"error of v2, refused":       {fake.Status(401, `{"error":"access_denied","error_code":"1011"}`), auth, 1, 0},
		"error that is a list":       {fake.Status(400, `["THROTTLE_EXCEEDED"]`), invalid, 1, 0},
		"error with odd details":     {fake.Status(400, `{"error_code":{},"details":{"reason_code":1}}`), invalid, 1, 0},
		"error with details of text": {fake.Status(400, `{"error_code":"THROTTLE_EXCEEDED","details":["x",null]}`), limited, 3, 0},
		"reset":                      {fake.Reset(), transient, 3, 0},
		"reset in the body":          {fake.CutBody(), transient, 3, 0},
		"redirect":                   {fake.Redirect("https://example.com/"), invalid, 1, 0},
		"204":                        {fake.Answer(204, "application/json", ""), transient, 3, 0},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAccount(t).business()
			a.Fault(fake.Fault{Path: "/payments", Do: c.do})
			_, err := a.provider(t, func(c *Config) { c.MaxAttempts = 3 }).Pull(t.Context(), "")
			if !isKind(err, c.want) || strings.Contains(err.Error(), "example") || strings.Contains(err.Error(), testToken) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if asked := a.Requests("/payments"); asked != c.tries {
				t.Errorf("asked %d times", asked)
			}
			if c.wait != 0 && a.waits[0] != c.wait {
				t.Errorf("waited %v", a.waits)
			}
			if c.tries == 1 {
				return
			}
			b := newAccount(t).business() // the same, but it passes
			for _, path := range []string{"/payments", "/refunds", "/disputes", "/payment_methods/pm-3"} {
				b.Fault(fake.Fault{Path: path, Nth: 1, Times: 2, Do: c.do})
			}
			got, want := pull(t, b.provider(t, func(c *Config) { c.MaxAttempts = 3 })), pull(t, newAccount(t).business().provider(t))
			same(t, "payments", got.Payments, want.Payments)
			same(t, "refunds", got.Refunds, want.Refunds)
			same(t, "disputes", got.Disputes, want.Disputes)
		})
	}
}

// A drip that never ends is cut off by the time of one attempt.
func TestSlowAnswers(t *testing.T) {
	a := newAccount(t).business()
	a.Fault(fake.Fault{Do: fake.Drip(1, 20*time.Millisecond)})
	p := a.provider(t, func(c *Config) { c.AttemptTimeout = 100 * time.Millisecond })
	if _, err := p.Pull(t.Context(), ""); !isKind(err, reconcile.ErrTransient) {
		t.Errorf("got %v", err)
	}
}
