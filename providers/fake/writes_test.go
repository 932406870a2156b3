package fake_test

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"pennytie/providers/fake"
)

// writable is a service with one record that can be written to, "r1".
type writable struct {
	service http.Handler
	writes  *fake.Writes
	faults  *fake.Faults
	header  http.Header
	method  string
	path    string
	body    string
	shows   string   // after the write
	refused []string // bodies that the service does not take
	token   bool     // traded for a refresh token first
}

func writables() map[string]writable {
	now := fake.NewClock(to).Now
	wepay, aura := fake.NewWePay("1", "production_fake_only", now), fake.NewAura("key", now)
	cents, zenskar := fake.NewCents("client", "refresh", now), fake.NewZenskar("key", "org", now)
	wepay.Put("payments", from, map[string]any{"id": "r1", "custom_data": map[string]any{"a": 1}})
	aura.Put("payments", from, map[string]any{"id": "r1", "status": "pending"})
	aura.Put("calls", from, map[string]any{"id": "c1", "lead_id": "l1"})
	cents.Put("transactions", from, map[string]any{"id": "r1", "transaction_status": "paid", "currency": "EUR", "created_date": "2026-02-01"})
	zenskar.Put("payments", from, map[string]any{"id": "r1", "invoices": []any{}, "currency_code": "USD"})
	zenskar.Put("invoices", from, map[string]any{"id": "i1"})
	bearer := http.Header{"Authorization": {"Bearer key"}}
	return map[string]writable{
		"wepay": {wepay, &wepay.Writes, &wepay.Faults, http.Header{"App-Id": {"1"}, "App-Token": {"production_fake_only"}, "Api-Version": {"3.0"}}, "POST", "/payments/r1",
			`{"custom_data":{"b":2},"reference_id":"x"}`, `"custom_data":{"b":2},"reference_id":"x"`,
			[]string{`{"amount":1}`, `{"reference_id":7}`, `{"custom_data":null}`, `[]`, `{`}, false},
		"aura: verify": {aura, &aura.Writes, &aura.Faults, bearer, "POST", "/v1/payments/r1/verify", `{"call_id":"c1"}`, `"call_id":"c1","lead_id":"l1"`,
			[]string{`{}`, `{"call_id":"c2"}`, `{"call_id":"c1","status":"x"}`}, false},
		"aura: patch": {aura, &aura.Writes, &aura.Faults, bearer, "PATCH", "/v1/payments/r1", `{"status":"succeeded"}`, `"status":"succeeded"`,
			[]string{`{"status":"odd"}`, `{"amount":-1}`, `{"lead_id":"x"}`, `null`}, false},
		"cents": {cents, &cents.Writes, &cents.Faults, http.Header{}, "PATCH", fake.CentsListPath + "/r1", `{"external_id":"pi_1","refunded_amount":435}`,
			`"external_id":"STRIPE_pi_1","refunded_amount":4.35`, []string{`{"refunded_amount":4.35}`, `{"transaction_status":"pre_transaction"}`, `{"total_amount":1}`}, true},
		"zenskar": {zenskar, &zenskar.Writes, &zenskar.Faults, http.Header{"X-Api-Key": {"key"}, "Organisation": {"org"}}, "PATCH", "/payments/r1",
			`{"payment_parts":[{"invoice_id":"i1","amount":5}]}`, `"invoices":[{"amount":"5","invoice_id":"i1"}]`,
			[]string{`{}`, `{"payment_parts":[{"invoice_id":"i2","amount":5}]}`, `{"payment_parts":[{"invoice_id":"i1","amount":0}]}`, `{"amount":1}`}, false},
	}
}

// A write shows, is remembered, and has an effect only where it changes something; one whose reply is lost has it, too.
func TestWrites(t *testing.T) {
	for name, w := range writables() {
		server, err := fake.Listen(w.service)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = server.Close() })
		if w.token {
			resp, err := http.PostForm(server.URL()+fake.CentsTokenPath, url.Values{"grant_type": {"refresh_token"}, "client_id": {"client"}, "refresh_token": {"refresh"}})
			if err != nil {
				t.Fatal(err)
			}
			var given struct {
				ID string `json:"id_token"`
			}
			if err := json.NewDecoder(resp.Body).Decode(&given); err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			w.header.Set("Authorization", "Bearer "+given.ID)
		}
		send := func(path, body string) (int, string) {
			request, err := http.NewRequestWithContext(t.Context(), w.method, server.URL()+path, bytes.NewReader([]byte(body)))
			if err != nil {
				t.Fatal(err)
			}
			request.Header = maps.Clone(w.header)
			request.Header.Set("Content-Type", "application/json")
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				return 0, err.Error()
			}
			defer response.Body.Close()
			content, _ := io.ReadAll(response.Body)
			return response.StatusCode, string(content)
		}
		before := len(w.writes.Accepted())
		for _, body := range w.refused {
			if status, answer := send(w.path, body); status < 400 || status > 499 || len(w.writes.Accepted()) > before {
				t.Errorf("%s: %s gives %d %s", name, body, status, answer)
			}
		}
		if status, answer := send(strings.Replace(w.path, "r1", "r2", 1), w.body); status != http.StatusNotFound {
			t.Errorf("%s: a record that is not there gives %d %s", name, status, answer)
		}
		w.faults.Fault(fake.Fault{Write: true, Nth: 1, Do: fake.LoseReply()})
		if status, answer := send(w.path, w.body); status != 0 {
			t.Errorf("%s: a lost reply is %d %s", name, status, answer)
		}
		if status, answer := send(w.path, w.body); status != http.StatusOK || !strings.Contains(answer, w.shows) {
			t.Errorf("%s: %d %s", name, status, answer)
		}
		if effects := w.writes.Effects(); effects[w.method+" "+w.path] != 1 || len(w.writes.Accepted()) != before+2 {
			t.Errorf("%s: %v, %v", name, effects, w.writes.Accepted())
		}
	}
}
