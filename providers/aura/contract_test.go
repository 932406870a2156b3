package aura

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"time"

	"pennytie/configs"
	"pennytie/providers/fake"
	"pennytie/providers/providertest"
	"pennytie/reconcile"
)

func TestContract(t *testing.T) {
	a := newAccount(t)
	broken := func(do fake.Action) func(t *testing.T) reconcile.Provider {
		return func(t *testing.T) reconcile.Provider {
			b := newAccount(t)
			b.Fault(fake.Fault{Path: pathPayments, Nth: 3, Times: -1, Do: do})
			return b.provider(t)
		}
	}
	page := func(body string) func(t *testing.T) reconcile.Provider {
		return broken(fake.Status(http.StatusOK, body))
	}
	leak := `"dee@example.com ` + liveKey + `"`
	providertest.Run(t, providertest.Harness{
		New: func(t *testing.T) reconcile.Provider { return a.provider(t) },
		Sized: func(t *testing.T, size int) reconcile.Provider {
			return a.provider(t, func(c *Config) { c.PageSize = size })
		},
		BadKey: func(t *testing.T) reconcile.Provider {
			return a.provider(t, func(c *Config) { c.Key = configs.NewSecret("aura_pk_live_wrong") })
		},
		Hanging: func(t *testing.T) reconcile.Provider {
			b := newAccount(t)
			b.Fault(fake.Fault{Do: fake.Slow(10 * time.Second)})
			return b.provider(t)
		},
		Broken: map[string]func(t *testing.T) reconcile.Provider{
			"html":             broken(fake.HTML()),
			"null":             broken(fake.Null()),
			"empty object":     broken(fake.EmptyObject()),
			"cut JSON":         broken(fake.CutJSON()),
			"cut body":         broken(fake.CutBody()),
			"reset":            broken(fake.Reset()),
			"204":              broken(fake.Status(http.StatusNoContent, "")),
			"empty body":       page(""),
			"array":            page(`[` + leak + `]`),
			"data an object":   page(`{"data":{"x":` + leak + `},"pagination":{"next_cursor":null,"has_more":false}}`),
			"data missing":     page(`{"pagination":{"next_cursor":null,"has_more":false}}`),
			"more, no cursor":  page(`{"data":[],"pagination":{"next_cursor":null,"has_more":true}}`),
			"repeated cursor":  page(`{"data":[],"pagination":{"next_cursor":"again","has_more":true}}`),
			"refused with 200": page(`{"success":false,"error":` + leak + `,"code":"INTERNAL_ERROR","requestId":"r"}`),
			"500":              broken(fake.AuraError(500, "INTERNAL_ERROR", leak)),
			"429":              broken(fake.AuraError(429, "RATE_LIMITED", leak)),
			"400":              broken(fake.AuraError(400, "VALIDATION_ERROR", leak)),
			"403":              broken(fake.AuraError(403, "FORBIDDEN", leak)),
			"another host":     broken(fake.Redirect("http://example.com/v1/payments?key=canary")),
			"two cursors in turn": broken(func() fake.Action {
				turn := 0
				return fake.Edit(func([]byte) []byte {
					turn++
					return []byte(`{"data":[],"pagination":{"next_cursor":"` + strconv.Itoa(turn%2) + `","has_more":true}}`)
				})
			}()),
		},
		Source:     source,
		Canaries:   []string{liveKey, "aura_pk_live_wrong", "example.com", "canary", "from_date"},
		WithoutFee: []string{"plain_00", "plain_01", "0a1b2c3d-0000-4000-8000-000000000001"},
	})
}

// The contract holds whichever way the service answers what its documentation leaves open.
func TestContractOtherAnswers(t *testing.T) {
	for name, change := range map[string]func(*fake.Aura){
		"lists with success":   func(a *fake.Aura) { a.WithSuccess = true },
		"bounds are open":      func(a *fake.Aura) { a.OpenBounds = true },
		"newest first":         func(a *fake.Aura) { a.NewestFirst = true },
		"filter on creation":   func(a *fake.Aura) { a.DateFilter = FilterCreatedAt },
		"all at the same time": func(a *fake.Aura) { a.WithSuccess, a.OpenBounds, a.NewestFirst = true, true, true },
	} {
		t.Run(name, func(t *testing.T) {
			a := emptyAccount(t)
			change(a.Aura)
			for i := range 30 { // some of them exactly on the bounds of windows
				at := testSince.AddDate(0, 0, 2*i).Format(time.RFC3339)
				a.put(map[string]any{"id": fmt.Sprintf("p_%d", i), "amount": i, "currency": "usd", "status": "succeeded",
					"payment_date": at, "created_at": at})
			}
			edit := func(c *Config) {
				if name == "filter on creation" {
					c.DateFilter = FilterCreatedAt
				}
			}
			if got := byID(pull(t, a.provider(t, edit))); len(got) != 30 {
				t.Errorf("%d of 30 payments", len(got))
			}
			providertest.Run(t, providertest.Harness{
				New:    func(t *testing.T) reconcile.Provider { return a.provider(t, edit) },
				Source: source,
			})
		})
	}
}

// An entry that was made before Since for a day after it is found by a filter on creation only if the first pull begins early.
func TestDateFilter(t *testing.T) {
	for _, c := range []struct {
		server, config string
		found          bool
	}{
		{"payment_date", "", true}, {"payment_date", FilterPaymentDate, true}, {"", FilterPaymentDate, true},
		{"created_at", FilterCreatedAt, true}, {"created_at", FilterPaymentDate, false},
	} {
		a := emptyAccount(t)
		a.DateFilter = c.server
		a.Put("payments", testSince.AddDate(0, 0, -10), map[string]any{"id": "ahead", "amount": 1, "currency": "usd",
			"status":       "succeeded",
			"payment_date": "2026-01-05T00:00:00Z", "created_at": "2025-12-22T00:00:00Z"})
		got := byID(pull(t, a.provider(t, func(cfg *Config) { cfg.DateFilter = c.config })))
		if _, found := got["ahead"]; found != c.found {
			t.Errorf("service filters on %q, configured %q: found %v", c.server, c.config, found)
		}
	}
}

// What is asked for a page: the widest limit as text, a window a second wider on both sides, and nothing else.
func TestQuery(t *testing.T) {
	a := emptyAccount(t)
	p := a.provider(t, func(c *Config) { c.PageSize, c.Since = 0, testNow.AddDate(0, 0, -10) })
	if _, err := p.Pull(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	if got, want := a.last.Load().URL.RawQuery,
		"from_date=2026-03-10T11%3A59%3A59Z&limit=100&to_date=2026-03-20T11%3A59%3A01Z"; got != want {
		t.Errorf("asked %s\nwant  %s", got, want)
	}
	if a.last.Load().Header.Get("Authorization") != "Bearer "+liveKey || a.last.Load().Method != http.MethodGet {
		t.Errorf("%s with %v", a.last.Load().Method, a.last.Load().Header)
	}
	if _, err := a.provider(t, func(c *Config) { c.Since = time.Time{} }).Pull(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	if got := a.last.Load().URL.Query().Get("from_date"); got != "" {
		t.Errorf("without Since asked from %s", got)
	}
}

// A row that comes again, on a page and across pages, is the same row.
func TestRepeatedRows(t *testing.T) {
	a := newAccount(t)
	want := byID(pull(t, a.provider(t)))
	a.Fault(fake.Fault{Path: pathPayments, Do: fake.Edit(func(body []byte) []byte {
		var page struct {
			Data       []json.RawMessage `json:"data"`
			Pagination json.RawMessage   `json:"pagination"`
		}
		_ = json.Unmarshal(body, &page)
		page.Data = append(page.Data, page.Data...)
		twice, _ := json.Marshal(map[string]any{"data": page.Data, "pagination": page.Pagination})
		return twice
	})})
	all := pull(t, a.provider(t))
	if len(byID(all)) != len(want) || len(all.Payments) < 2*len(want) {
		t.Errorf("%d rows of %d payments, want %d twice", len(all.Payments), len(byID(all)), len(want))
	}
}
