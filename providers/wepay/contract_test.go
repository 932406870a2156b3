package wepay

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"pennytie/configs"
	"pennytie/providers/fake"
	"pennytie/providers/providertest"
	"pennytie/reconcile"
)

// edited changes the envelope of each list.
func edited(change func(envelope map[string]any)) fake.Action {
	return fake.Edit(func(body []byte) []byte {
		var envelope map[string]any
		if json.Unmarshal(body, &envelope) != nil || envelope["results"] == nil {
			return body
		}
		change(envelope)
		out, _ := json.Marshal(envelope)
		return out
	})
}

func TestContract(t *testing.T) {
	a := newAccount(t).business()
	broken := func(first int, do fake.Action) func(t *testing.T) reconcile.Provider {
		return func(t *testing.T) reconcile.Provider {
			b := newAccount(t).business()
			b.Fault(fake.Fault{Nth: first, Times: -1, Do: do})
			return b.provider(t)
		}
	}
	next := func(place any) fake.Action {
		return edited(func(e map[string]any) { e["next"] = place })
	}
	loop := fake.Status(http.StatusOK, `{"results":[],"next":"/payments?page=same","previous":null}`)
	providertest.Run(t, providertest.Harness{
		New: func(t *testing.T) reconcile.Provider { return a.provider(t) },
		Sized: func(t *testing.T, size int) reconcile.Provider {
			return a.provider(t, func(c *Config) { c.PageSize = min(size, largestPage) })
		},
		BadKey: func(t *testing.T) reconcile.Provider {
			return a.provider(t, func(c *Config) { c.Token = configs.NewSecret("production_wrong_canary") })
		},
		Hanging: func(t *testing.T) reconcile.Provider {
			b := newAccount(t).business()
			b.Fault(fake.Fault{Do: fake.Slow(10 * time.Second)})
			return b.provider(t)
		},
		Broken: map[string]func(t *testing.T) reconcile.Provider{
			"html":                 broken(3, fake.HTML()),
			"null":                 broken(3, fake.Null()),
			"empty object":         broken(1, fake.EmptyObject()),
			"cut body":             broken(2, fake.CutBody()),
			"cut JSON":             broken(2, fake.CutJSON()),
			"array":                broken(1, fake.Status(http.StatusOK, `[]`)),
			"list missing":         broken(1, edited(func(e map[string]any) { delete(e, "results") })),
			"list null":            broken(1, edited(func(e map[string]any) { e["results"] = nil })),
			"list an object":       broken(1, edited(func(e map[string]any) { e["results"] = object{} })),
			"error with 200":       broken(1, fake.Status(http.StatusOK, `{"error_code":"X","details":[],"next":null}`)),
			"full page, no next":   broken(1, edited(func(e map[string]any) { delete(e, "next") })),
			"next of another host": broken(1, next("https://example.org/payments?page=2")),
			"next without scheme":  broken(1, next("//example.org/payments?page=2")),
			"next a number":        broken(1, next(2)),
			"same page for ever":   broken(1, loop),
			"500":                  broken(2, fake.Status(http.StatusInternalServerError, `{"m":"payer1@example.com"}`)),
			"throttled for ever":   broken(2, fake.WePayThrottled(http.StatusBadRequest, "")),
			"reset":                broken(2, fake.Reset()),
			"redirect":             broken(1, fake.Redirect("https://example.org/payments")),
			"no content":           broken(1, fake.Answer(http.StatusOK, "application/json", "")),
			"trailing garbage":     broken(1, fake.Edit(func(b []byte) []byte { return append(b, "{}"...) })),
			"byte order mark":      broken(1, fake.Edit(func(b []byte) []byte { return append([]byte("\xef\xbb\xbf"), b...) })),
			"invalid UTF-8":        broken(1, fake.Edit(func(b []byte) []byte { return append([]byte("{\"\xff\":1,"), b[1:]...) })),
		},
		Source:     source,
		Canaries:   []string{testToken, "canary", "example.com", "page="},
		WithoutFee: []string{"PAY-3"},
	})
}
