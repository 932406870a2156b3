package stripe

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"pennytie/configs"
	"pennytie/providers/providertest"
	"pennytie/reconcile"
)

func TestContract(t *testing.T) {
	a := newAccount(t)
	hang := make(chan struct{})
	t.Cleanup(func() { close(hang) })
	broken := func(first int, answer func(w http.ResponseWriter)) func(t *testing.T) reconcile.Provider {
		return func(t *testing.T) reconcile.Provider {
			b := newAccount(t)
			b.before = func(n int, w http.ResponseWriter, _ *http.Request) bool {
				if n >= first {
					answer(w)
				}
				return n >= first
			}
			return b.provider(t)
		}
	}
	providertest.Run(t, providertest.Harness{
		New: func(t *testing.T) reconcile.Provider { return a.provider(t) },
		Sized: func(t *testing.T, size int) reconcile.Provider {
			return a.provider(t, func(c *Config) { c.PageSize = size })
		},
		BadKey: func(t *testing.T) reconcile.Provider {
			return a.provider(t, func(c *Config) { c.Key = configs.NewSecret("rk_live_wrong") })
		},
		Hanging: func(t *testing.T) reconcile.Provider {
			b := newAccount(t)
			b.before = func(_ int, _ http.ResponseWriter, r *http.Request) bool {
				select {
				case <-hang:
				case <-r.Context().Done():
				}
				return true
			}
			return b.provider(t)
		},
		Broken: map[string]func(t *testing.T) reconcile.Provider{
			"500":      broken(4, func(w http.ResponseWriter) { answer(w, 500, "ann@example.test "+liveKey) }),
			"429":      broken(4, func(w http.ResponseWriter) { answer(w, 429, "ann@example.test") }),
			"400":      broken(4, func(w http.ResponseWriter) { answer(w, 400, "ann@example.test") }),
			"403":      broken(4, func(w http.ResponseWriter) { answer(w, 403, "ann@example.test") }),
			"page one": broken(1, func(w http.ResponseWriter) { answer(w, 200, `{"data":"ann@example.test"}`) }),
			"html": broken(4, func(w http.ResponseWriter) {
				w.Header().Set("Content-Type", "text/html")
				_, _ = io.WriteString(w, "<p>ann@example.test")
			}),
			"same page for ever": broken(4, func(w http.ResponseWriter) {
				answer(w, 200, listOf(pathCharges, true, minimalCharge("ch_same")))
			}),
			"two pages in turn": broken(4, loop("ch_a", "ch_b")),
			"three pages after a lead-in": broken(4, loop("ch_l", "ch_m", "ch_n", "ch_a", "ch_b", "ch_c",
				"ch_a", "ch_b", "ch_c", "ch_a", "ch_b", "ch_c", "ch_a", "ch_b", "ch_c", "ch_a", "ch_b", "ch_c")),
		},
		Source:     source,
		Canaries:   []string{liveKey, "rk_live_wrong", "example.test", "starting_after"},
		WithoutFee: []string{"ch_auth", "ch_async", "ch_ach", "ch_declined", "ch_bare"},
	})
}

func loop(ids ...string) func(w http.ResponseWriter) {
	n := 0
	return func(w http.ResponseWriter) {
		answer(w, 200, listOf(pathCharges, true, minimalCharge(ids[n%len(ids)])))
		n++
	}
}

func minimalCharge(id string) string {
	return fmt.Sprintf(`{"id":%q,"object":"charge","amount":100,"amount_captured":100,"captured":true,`+
		`"created":1770000000,"currency":"usd","status":"succeeded","livemode":true}`, id)
}

func TestErrorsNameTheRequest(t *testing.T) {
	a := newAccount(t)
	a.before = func(_ int, w http.ResponseWriter, _ *http.Request) bool { answer(w, 403, "{}"); return true }
	_, err := a.provider(t).Pull(t.Context(), "")
	want := "stripe: GET /v1/products: status 403, request req_1: credential refused"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestOnlyGETIsSent(t *testing.T) {
	a := newAccount(t)
	pull(t, a.provider(t), "")
	for _, r := range a.requests {
		if r.Method != http.MethodGet || strings.Contains(r.URL.RawQuery, "refunds") {
			t.Errorf("%s %s", r.Method, r.URL)
		}
	}
}
