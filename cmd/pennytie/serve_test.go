package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"pennytie/reconcile/jobs"
)

const apiToken = "aura_pk_test_0123456789"

// api is `pennytie serve` over a folder, running.
type api struct {
	url string
	cmd *exec.Cmd
	dir string
}

// serve starts it, and wants it to end well when it is told to.
func (b books) serve(t testing.TB, more ...string) api {
	t.Helper()
	if err := os.WriteFile(filepath.Join(b.dir, "token"), []byte("other-token\n"+apiToken+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("pennytie", append([]string{"serve", "--addr", "127.0.0.1:0", "--token-file", "token", "--json"}, more...)...)
	cmd.Dir = b.dir
	var talk bytes.Buffer
	cmd.Stderr = &talk
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		if err := cmd.Wait(); err != nil || talk.Len() > 0 {
			t.Errorf("serve ended with %v\n%s", err, talk.String())
		}
	})
	var started struct{ URL string }
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err != nil || json.Unmarshal(line, &started) != nil {
		t.Fatalf("serve says %q, %v\n%s", line, err, talk.String())
	}
	return api{started.URL, cmd, b.dir}
}

// answered is what came back.
type answered struct {
	*http.Response
	body []byte
}

// ask sends a request with the token; headers are name, value, name, value, and may replace it.
func (a api) ask(t testing.TB, method, path, body string, headers ...string) answered {
	t.Helper()
	request, err := http.NewRequest(method, a.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+apiToken)
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
		if headers[i] == "Host" {
			request.Host = headers[i+1]
		}
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answered{response, text}
}

// payments reads a whole list, page by page.
func (a api) payments(t testing.TB, query string, page func(answered)) (rows []map[string]any) {
	t.Helper()
	for cursor := ""; ; {
		got := a.ask(t, http.MethodGet, "/v1/payments?"+query+"&cursor="+url.QueryEscape(cursor), "")
		var list struct {
			Data       []map[string]any
			Pagination struct {
				Next *string `json:"next_cursor"`
				More bool    `json:"has_more"`
			}
		}
		if err := json.Unmarshal(got.body, &list); err != nil || got.StatusCode != http.StatusOK {
			t.Fatalf("%d %s: %v", got.StatusCode, got.body, err)
		}
		if page != nil {
			page(got)
		}
		rows = append(rows, list.Data...)
		if list.Pagination.More != (list.Pagination.Next != nil) {
			t.Fatalf("has_more is %t and the cursor %v", list.Pagination.More, list.Pagination.Next)
		}
		if !list.Pagination.More {
			return rows
		}
		cursor = *list.Pagination.Next
	}
}

// document holds answers against the schema that the API gives of itself.
type document struct {
	t        *testing.T
	paths    map[string]map[string]struct{ Responses map[string]any }
	compiler *jsonschema.Compiler
	seen     map[string]bool // path, method and status
}

func newDocument(t *testing.T, text []byte) *document {
	t.Helper()
	whole, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	d := &document{t: t, compiler: jsonschema.NewCompiler(), seen: map[string]bool{}}
	d.compiler.AssertFormat()
	if err := d.compiler.AddResource("api.json", whole); err != nil {
		t.Fatal(err)
	}
	var parts struct {
		Paths map[string]map[string]struct{ Responses map[string]any }
	}
	if err := json.Unmarshal(text, &parts); err != nil {
		t.Fatal(err)
	}
	d.paths = parts.Paths
	return d
}

// holds checks one answer; path is the one of the document.
func (d *document) holds(path string, got answered) {
	d.t.Helper()
	method, status := strings.ToLower(got.Request.Method), fmt.Sprint(got.StatusCode)
	at := fmt.Sprintf("api.json#/paths/%s/%s/responses/%s/content/application~1json/schema",
		url.PathEscape(strings.ReplaceAll(path, "/", "~1")), method, status)
	d.seen[path+" "+method+" "+status] = true
	schema, err := d.compiler.Compile(at)
	if err != nil {
		d.t.Errorf("%s %s answers %s, which the document does not know: %v", method, path, status, err)
		return
	}
	body, err := jsonschema.UnmarshalJSON(bytes.NewReader(got.body))
	if err == nil {
		err = schema.Validate(body)
	}
	if err != nil {
		d.t.Errorf("%s %s: %v\n%.600s", method, path, err, got.body)
	}
	if got.Header.Get("Content-Type") != "application/json; charset=utf-8" || got.Header.Get("X-Request-Id") == "" {
		d.t.Errorf("%s %s: headers %v", method, path, got.Header)
	}
}

// seedFields are the 28 of the seed documents.
const seedFields = `id organization_id provider provider_payment_id amount currency status customer_email customer_name lead_id call_id
	payment_date created_at verification_status verified_at stripe_charge_id stripe_customer_id stripe_subscription_id matched_by
	match_confidence match_candidates refund_status refunded_amount refunded_at stripe_refund_id refund_reason stripe_product_id
	matched_product_id`

// TestAPIHoldsItsDocument reads the sample business over the API, corrects some of it, and is refused in every way that the
// document names: each answer is as the document says, and lists on the command line are the same bytes.
func TestAPIHoldsItsDocument(t *testing.T) {
	if testing.Short() {
		t.Skip("one request after the other: others are at once")
	}
	b := newBooks(t, crashServices(t))
	b.finish(t)
	b.twice(t)
	a := b.serve(t, "--as-of", crashAsOf)
	doc := newDocument(t, a.ask(t, http.MethodGet, "/openapi.json", "").body)
	rows := a.payments(t, "limit=100", func(got answered) { doc.holds("/v1/payments", got) })
	if len(rows) < 150 {
		t.Fatalf("only %d payments", len(rows))
	}
	all := a.ask(t, http.MethodGet, "/v1/payments", "")
	for _, list := range []struct{ api, cli string }{
		{"", ""}, {"?limit=3", "--limit 3"}, {"?status=refunded&limit=100", "--status refunded --limit 100"},
		{"?from_date=2026-03-01&to_date=2026-03-31", "--from-date 2026-03-01 --to-date 2026-03-31"},
		{"?lead_id=" + decided(rows), "--lead-id " + decided(rows)},
	} {
		got := a.ask(t, http.MethodGet, "/v1/payments"+list.api, "")
		if printed := b.pennytie(t, "payments list --json "+list.cli); !bytes.Equal(printed, got.body) {
			t.Errorf("payments list %s prints other bytes than the API:\n%.300s\n%.300s", list.cli, printed, got.body)
		}
	}
	if at := fieldOrder(all.body, strings.Fields(seedFields)); at != "" {
		t.Errorf("the fields of the seed are not first and in their order: %s", at)
	}
	for path := range map[string]bool{"/v1/leads": true, "/v1/calls": true, "/v1/products": true, "/healthz": true} {
		doc.holds(path, a.ask(t, http.MethodGet, path, ""))
	}
	id := rows[0]["id"].(string)
	one := a.ask(t, http.MethodGet, "/v1/payments/"+id, "")
	doc.holds("/v1/payments/{id}", one)
	if printed := b.pennytie(t, "payments show --json "+id); !bytes.Equal(printed, one.body) {
		t.Errorf("payments show prints other bytes than the API:\n%s\n%s", printed, one.body)
	}
	patched := a.ask(t, http.MethodPatch, "/v1/payments/"+id, `{"status":"failed","amount":0,"currency":"jpy","external_id":"O-1"}`,
		"If-Match", one.Header.Get("ETag"))
	doc.holds("/v1/payments/{id}", patched)
	again := a.ask(t, http.MethodGet, "/v1/payments/"+id, "")
	if !bytes.Equal(again.body, patched.body) || again.Header.Get("ETag") != patched.Header.Get("ETag") || again.Header.Get("ETag") == one.Header.Get("ETag") {
		t.Errorf("what PATCH answers is not what GET reads:\n%s\n%s", patched.body, again.body)
	}
	a.refuses(t, doc, id, one.Header.Get("ETag"))
	a.verifies(t, doc, rows[1]["id"].(string))
	a.waits(t, doc, id)
	b.finish(t) // and a run keeps all of it
	kept := a.ask(t, http.MethodGet, "/v1/payments/"+id, "")
	var p struct{ Data map[string]any }
	if err := json.Unmarshal(kept.body, &p); err != nil || p.Data["status"] != "failed" || p.Data["currency"] != "JPY" || p.Data["external_id"] != "O-1" {
		t.Errorf("after a run: %s, %v", kept.body, err)
	}
	for path, methods := range doc.paths {
		for method, operation := range methods {
			for status := range operation.Responses {
				if !slices.Contains([]string{"429", "503"}, status) && !doc.seen[path+" "+method+" "+status] {
					t.Errorf("no answer %s of %s %s was seen", status, method, path)
				}
			}
		}
	}
}

// twice imports two payments that go by one id at two providers.
func (b books) twice(t *testing.T) {
	t.Helper()
	rows := "provider,provider_payment_id,amount,currency,status,payment_date\nstripe,TWICE,1.00,USD,succeeded,2026-03-01T00:00:00Z\n" +
		"wepay,TWICE,1.00,USD,succeeded,2026-03-02T00:00:00Z\n"
	if err := os.WriteFile(filepath.Join(b.dir, "twice.csv"), []byte(rows), 0o600); err != nil {
		t.Fatal(err)
	}
	b.pennytie(t, "import twice.csv --as payments -q --as-of "+crashAsOf)
}

// decided is a lead that some payment is attributed to.
func decided(rows []map[string]any) string {
	at := slices.IndexFunc(rows, func(row map[string]any) bool { return row["lead_id"] != nil })
	return rows[at]["lead_id"].(string)
}

// fieldOrder names the first field of the first payment of a list that is not as wanted.
func fieldOrder(body []byte, want []string) string {
	decoder := json.NewDecoder(bytes.NewReader(body[bytes.IndexByte(body, '['):]))
	_, _ = decoder.Token()
	_, _ = decoder.Token()
	for _, name := range want {
		var value any
		if got, err := decoder.Token(); got != name || err != nil || decoder.Decode(&value) != nil {
			return fmt.Sprintf("%v instead of %s", got, name)
		}
	}
	return ""
}

func (b books) pennytie(t testing.TB, line string) []byte {
	t.Helper()
	cmd := exec.Command("pennytie", strings.Fields(line)...)
	cmd.Dir = b.dir
	var talk bytes.Buffer
	cmd.Stderr = &talk
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("pennytie %s: %v\n%s%s", line, err, out, talk.String())
	}
	return out
}

// stored is every byte of the store.
func (a api) stored(t testing.TB) []byte {
	t.Helper()
	var all []byte
	for _, name := range []string{"pennytie.db", "pennytie.db-wal"} {
		text, err := os.ReadFile(filepath.Join(a.dir, name))
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		all = append(append(all, 0), text...)
	}
	return all
}

// refuses sends what must be refused and wants the seed's envelope, the right status and not one byte of the store changed.
func (a api) refuses(t *testing.T, doc *document, id, stale string) {
	const list, one, verify = "/v1/payments", "/v1/payments/{id}", "/v1/payments/{id}/verify"
	before := a.stored(t)
	for _, test := range []struct {
		method, path, query, body string
		headers                   []string
		status                    int
		want                      string
	}{
		{"GET", list, "?limit=0", "", nil, 400, "limit"}, {"GET", list, "?limit=101", "", nil, 400, "1 to 100"},
		{"GET", list, "?limit=ten", "", nil, 400, "limit"}, {"GET", list, "?limit=-1", "", nil, 400, "limit"},
		{"GET", list, "?limit=1.5", "", nil, 400, "limit"}, {"GET", list, "?limit=1&limit=2", "", nil, 400, "2 times"},
		{"GET", list, "?limit=99999999999999999999", "", nil, 400, "limit"},
		{"GET", list, "?cursor=x", "", nil, 400, "next_cursor"}, {"GET", list, "?cursor=cDF8MXxwYXk", "", nil, 0, ""},
		{"GET", list, "?cursor=cDF8MDF8cGF5", "", nil, 400, "cursor"}, // p1|01|pay: not as we write it
		{"GET", list, "?cursor=bDF8eA", "", nil, 400, "cursor"},       // of another list
		{"GET", list, "?status=paid", "", nil, 400, "pending, succeeded"}, {"GET", list, "?from_date=yesterday", "", nil, 400, "2026-03-01"},
		{"GET", list, "?from_date=2026-04-01&to_date=2026-03-01", "", nil, 400, "after"}, {"GET", list, "?page=2", "", nil, 400, "known are"},
		{"GET", list, "?status=%zz", "", nil, 400, "query"},
		{"GET", "/v1/leads", "?limit=0", "", nil, 400, "limit"}, {"GET", "/v1/calls", "?cursor=x", "", nil, 400, "cursor"},
		{"GET", "/v1/products", "?lead_id=x", "", nil, 400, "known are"}, {"GET", one, "?x=1", "", nil, 400, "none"},
		{"GET", one, "", "", []string{"id", "pay_none"}, 404, "no payment"}, {"PATCH", one, "", `{}`, []string{"id", "a%00b"}, 404, "no payment"},
		{"PATCH", one, "", `{"amount":1}`, []string{"id", "pay_none"}, 404, "no payment"},
		{"GET", one, "", "", []string{"id", "TWICE"}, 409, "several payments"},
		{"PATCH", one, "", `{"lead_id":"L1"}`, nil, 422, "the body takes status, amount, currency, external_id"},
		{"PATCH", one, "", `{"Status":"failed"}`, nil, 422, "cannot be written"}, {"PATCH", one, "", `{"id":"x"}`, nil, 422, "cannot be written"},
		{"PATCH", one, "", `{"status":"paid"}`, nil, 422, "succeeded"}, {"PATCH", one, "", `{"status":null}`, nil, 422, "text"},
		{"PATCH", one, "", `{"status":1}`, nil, 422, "text"}, {"PATCH", one, "", `{"status":""}`, nil, 422, "empty"},
		{"PATCH", one, "", `{"amount":"1"}`, nil, 422, "minor units"}, {"PATCH", one, "", `{"amount":1.5}`, nil, 422, "minor units"},
		{"PATCH", one, "", `{"amount":1e3}`, nil, 422, "minor units"}, {"PATCH", one, "", `{"amount":null}`, nil, 422, "minor units"},
		{"PATCH", one, "", `{"amount":-1}`, nil, 422, "minor units"}, {"PATCH", one, "", `{"amount":9007199254740992}`, nil, 422, "minor units"},
		{"PATCH", one, "", `{"amount":99999999999999999999}`, nil, 422, "minor units"},
		{"PATCH", one, "", `{"currency":"XXY"}`, nil, 422, "4217"}, {"PATCH", one, "", `{"currency":"dollars"}`, nil, 422, "4217"},
		{"PATCH", one, "", `{"external_id":"a\u0000b"}`, nil, 422, "external_id"},
		{"PATCH", one, "", `{"external_id":"` + strings.Repeat("x", 256) + `"}`, nil, 422, "external_id"},
		{"PATCH", one, "", `{"amount":1,"amount":2}`, nil, 400, "twice"}, {"PATCH", one, "", `{"amount":1`, nil, 400, "JSON"},
		{"PATCH", one, "", `[]`, nil, 400, "JSON"}, {"PATCH", one, "", ``, nil, 400, "JSON"}, {"PATCH", one, "", `null`, nil, 400, "JSON"},
		{"PATCH", one, "", `{"amount":1}{}`, nil, 400, "after the object"}, {"PATCH", one, "", "{\"external_id\":\"\xff\"}", nil, 400, "JSON"},
		{"PATCH", one, "", strings.Repeat(`[`, 20000), nil, 400, "JSON"}, {"PATCH", one, "", strings.Repeat(" ", 1<<17), nil, 413, "65536"},
		{"PATCH", one, "", `{"amount":1}`, []string{"If-Match", stale}, 409, "read it again"},
		{"PATCH", one, "", `{"amount":1}`, []string{"If-Match", "v1"}, 400, "ETag"},
		{"PATCH", one, "", `{"amount":1}`, []string{"If-Match", `"a", "b"`}, 400, "ETag"},
		{"POST", verify, "", `{"call_id":"none"}`, nil, 404, "no call"}, {"POST", verify, "", `{}`, nil, 422, "call_id"},
		{"POST", verify, "", `{"call_id":7}`, nil, 422, "text"}, {"POST", verify, "", `{"call_id":"x","lead_id":"y"}`, nil, 422, "takes call_id"},
		{"POST", verify, "", `x`, nil, 400, "JSON"}, {"POST", verify, "", strings.Repeat(" ", 1<<17), nil, 413, "65536"},
		{"POST", verify, "", `{"call_id":"` + a.aCall(t) + `"}`, []string{"If-Match", stale}, 409, "read it again"},
		{"POST", verify, "", `{"call_id":"` + a.aCall(t) + `"}`, []string{"id", "pay_none"}, 404, "no payment"},
	} {
		path := strings.ReplaceAll(test.path, "{id}", id)
		if len(test.headers) > 0 && test.headers[0] == "id" {
			path, test.headers = strings.ReplaceAll(test.path, "{id}", test.headers[1]), nil
		}
		got := a.ask(t, test.method, path+test.query, test.body, test.headers...)
		if test.status == 0 {
			continue // a place that nothing stands at is a place
		}
		doc.holds(test.path, got)
		if got.StatusCode != test.status || !bytes.Contains(got.body, []byte(test.want)) {
			t.Errorf("%s %s%s %.60s: %d %s, want %d and %q", test.method, path, test.query, test.body, got.StatusCode, got.body, test.status, test.want)
		}
	}
	for path, methods := range doc.paths {
		for method := range methods {
			for _, token := range []string{"", "Bearer ", "Bearer wrong", "Basic " + apiToken, apiToken, "Bearer " + apiToken + "x"} {
				if got := a.ask(t, strings.ToUpper(method), strings.ReplaceAll(path, "{id}", id), "", "Authorization", token); path != "/healthz" {
					doc.holds(path, got)
					if got.StatusCode != http.StatusUnauthorized || bytes.Contains(got.body, []byte(apiToken)) {
						t.Errorf("%s %s with %q: %d", method, path, token, got.StatusCode)
					}
				}
			}
			got := a.ask(t, strings.ToUpper(method), strings.ReplaceAll(path, "{id}", id), "", "Host", "pay.example.com")
			doc.holds(path, got)
			if got.StatusCode != http.StatusForbidden {
				t.Errorf("%s %s under another name: %d", method, path, got.StatusCode)
			}
		}
	}
	for path, status := range map[string]int{"/": 404, "/v1": 404, "/v1/payments/": 404, "/v1/payments/x/y": 404, "/v1/refunds": 404} {
		if got := a.ask(t, "GET", path, ""); got.StatusCode != status || !bytes.Contains(got.body, []byte(`"success":false`)) {
			t.Errorf("%s: %d %s", path, got.StatusCode, got.body)
		}
	}
	if got := a.ask(t, "DELETE", "/v1/payments/"+id, ""); got.StatusCode != 405 || got.Header.Get("Allow") != "GET, PATCH" {
		t.Errorf("DELETE: %d, Allow %q", got.StatusCode, got.Header.Get("Allow"))
	}
	if got := a.ask(t, "GET", "/v1/payments", "", "X-Long", strings.Repeat("x", 1<<16)); got.StatusCode != 431 {
		t.Errorf("64 KiB of header: %d", got.StatusCode)
	}
	if !bytes.Equal(before, a.stored(t)) {
		t.Error("the store is another after requests that were refused")
	}
}

// aCall is a call of the sample business.
func (a api) aCall(t testing.TB) string {
	t.Helper()
	var list struct{ Data []map[string]any }
	if err := json.Unmarshal(a.ask(t, "GET", "/v1/calls?limit=1", "").body, &list); err != nil || len(list.Data) != 1 {
		t.Fatalf("%d calls, %v", len(list.Data), err)
	}
	return list.Data[0]["id"].(string)
}

// verifies says which call a payment came from: it is confirmed with that call's lead, and the same again changes nothing.
func (a api) verifies(t *testing.T, doc *document, id string) {
	call := a.aCall(t)
	got := a.ask(t, "POST", "/v1/payments/"+id+"/verify", `{"call_id":"`+call+`"}`)
	doc.holds("/v1/payments/{id}/verify", got)
	var p struct{ Data map[string]any }
	if err := json.Unmarshal(got.body, &p); err != nil || p.Data["call_id"] != call || p.Data["lead_id"] == nil ||
		p.Data["verification_status"] != "confirmed" || p.Data["verified_at"] == nil || p.Data["matched_by"] != "manual" {
		t.Errorf("verified: %s, %v", got.body, err)
	}
	before := a.stored(t)
	again := a.ask(t, "POST", "/v1/payments/"+id+"/verify", `{"call_id":"`+call+`"}`)
	unchanged := a.ask(t, "PATCH", "/v1/payments/"+id, `{"status":"`+p.Data["status"].(string)+`"}`)
	if !bytes.Equal(again.body, got.body) || !bytes.Equal(unchanged.body, got.body) || !bytes.Equal(before, a.stored(t)) {
		t.Errorf("what holds already was written again:\n%s\n%s", again.body, unchanged.body)
	}
}

// waits tells who corrects while another command writes to come again; who reads hears nothing of it.
func (a api) waits(t *testing.T, doc *document, id string) {
	release, err := jobs.Lock(filepath.Join(a.dir, "pennytie.db.lock"))
	if err != nil {
		t.Fatal(err)
	}
	before := a.stored(t)
	got := a.ask(t, "PATCH", "/v1/payments/"+id, `{"amount":1}`)
	doc.holds("/v1/payments/{id}", got)
	if got.StatusCode != http.StatusServiceUnavailable || got.Header.Get("Retry-After") == "" || !bytes.Equal(before, a.stored(t)) {
		t.Errorf("while another writes: %d, %v", got.StatusCode, got.Header)
	}
	if read := a.ask(t, "GET", "/v1/payments", ""); read.StatusCode != http.StatusOK {
		t.Errorf("while another writes, a list is answered %d", read.StatusCode)
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
}

// TestAuraReadsTheAPI pulls from serve with the provider of Aura, as if it were Aura: the same payments, nothing put aside.
func TestAuraReadsTheAPI(t *testing.T) {
	b := newBooks(t, crashServices(t))
	b.finish(t)
	a := b.serve(t)
	copied := books{t.TempDir()}
	config := fmt.Sprintf(`organization_id: org_demo
allow_insecure_loopback: true
sources:
  - {name: pennytie, provider: aura, base_url: %s, key_file: ./key, since: 2025-01-01, options: {requests_per_second: 500, trust_guesses: true}}
records:
  leads: {source: pennytie}
  calls: {source: pennytie}
  products: {source: pennytie}
`, a.url)
	for name, text := range map[string]string{"pennytie.yaml": config, "key": apiToken} {
		if err := os.WriteFile(filepath.Join(copied.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var run struct {
		Sources, Records []struct{ Read, New, Quarantined int }
	}
	if err := json.Unmarshal(copied.pennytie(t, "run --json --as-of "+crashAsOf), &run); err != nil {
		t.Fatal(err)
	}
	want := a.payments(t, "limit=100", nil)
	if len(run.Sources) != 1 || run.Sources[0].Read != len(want) || run.Sources[0].Quarantined != 0 || len(run.Records) != 3 {
		t.Errorf("%d payments, and Aura's provider read %+v", len(want), run)
	}
	for _, records := range run.Records {
		if records.Quarantined != 0 || records.New == 0 || records.New != records.Read {
			t.Errorf("records: %+v", records)
		}
	}
	got := copied.serve(t).payments(t, "limit=100", nil)
	for _, fields := range []string{"amount currency status payment_date customer_email customer_name refund_status refunded_amount " +
		"stripe_charge_id stripe_customer_id stripe_subscription_id stripe_product_id external_id"} {
		if diff := cmp.Diff(byPayment(want, fields), byPayment(got, fields)); diff != "" {
			t.Errorf("read by Aura's provider (-ours +theirs):\n%s", diff)
		}
	}
}

// byPayment are some fields of payments, by when and how much; ids of claims differ.
func byPayment(rows []map[string]any, names string) (picked []string) {
	for _, row := range rows {
		var values []string
		for _, name := range strings.Fields(names) {
			values = append(values, fmt.Sprintf("%s=%v", name, row[name]))
		}
		picked = append(picked, strings.Join(values, " "))
	}
	slices.Sort(picked)
	return picked
}
