package cents

import (
	"bytes"
	"net/http"
	"testing"

	"pennytie/providers/fake"
	"pennytie/providers/providertest"
	"pennytie/reconcile"
)

func TestContract(t *testing.T) {
	a := newAccount(t)
	broken := func(fault fake.Fault) func(t *testing.T) reconcile.Provider {
		return func(t *testing.T) reconcile.Provider {
			b := newAccount(t)
			b.Fault(fault)
			return b.provider(t)
		}
	}
	list := func(do fake.Action) func(t *testing.T) reconcile.Provider {
		return broken(fake.Fault{Path: DefaultListPath, Nth: 2, Times: -1, Do: do})
	}
	token := func(do fake.Action) func(t *testing.T) reconcile.Provider {
		return broken(fake.Fault{Path: fake.CentsTokenPath, Do: do})
	}
	row := string(fixtures(t)[0])
	leak := `{"message":"somebody@example.com ` + canary + `"}`
	providertest.Run(t, providertest.Harness{
		New: func(t *testing.T) reconcile.Provider { return a.provider(t) },
		Sized: func(t *testing.T, size int) reconcile.Provider {
			return a.provider(t, func(c *Config) { c.PageSize = size })
		},
		BadKey: func(t *testing.T) reconcile.Provider {
			return a.provider(t, func(c *Config) { c.Credential = &vault{token: "refresh_wrong"} })
		},
		Hanging: func(t *testing.T) reconcile.Provider {
			b := newAccount(t)
			b.Fault(fake.Fault{Do: func(http.Handler) http.Handler {
				return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
			}})
			return b.provider(t)
		},
		Broken: map[string]func(t *testing.T) reconcile.Provider{
			"html":            list(fake.HTML()),
			"null":            list(fake.Null()),
			"empty object":    list(fake.EmptyObject()),
			"cut JSON":        list(fake.CutJSON()),
			"cut body":        list(fake.CutBody()),
			"reset":           list(fake.Reset()),
			"array":           list(fake.Status(200, "["+row+"]")),
			"data an object":  list(fake.Status(200, `{"data":{},"last_key":""}`)),
			"data null":       list(fake.Status(200, `{"data":null,"last_key":""}`)),
			"data missing":    list(fake.Status(200, `{"last_key":"abc"}`)),
			"key an object":   list(fake.Status(200, `{"data":[],"last_key":{"id":"x"}}`)),
			"same key again":  list(fake.Status(200, `{"data":[`+row+`],"last_key":"abc"}`)),
			"empty for ever":  list(fake.Status(200, `{"data":[],"last_key":"abc"}`)),
			"doubled field":   list(fake.Status(200, `{"data":[{"id":"a","total_amount":1,"total_amount":2}]}`)),
			"another case":    list(fake.Status(200, `{"data":[{"id":"a","TOTAL_AMOUNT":1}]}`)),
			"not UTF-8":       list(fake.Edit(func(body []byte) []byte { return bytes.ReplaceAll(body, []byte("EUR"), []byte("\xff")) })),
			"trailing":        list(fake.Edit(func(body []byte) []byte { return append(body, "{}"...) })),
			"byte order mark": list(fake.Edit(func(body []byte) []byte { return append([]byte("\xef\xbb\xbf"), body...) })),
			"500":             list(fake.Status(500, leak)),
			"402":             list(fake.Status(402, leak)),
			"403":             list(fake.Status(403, leak)),
			"404":             list(fake.Status(404, leak)),
			"422":             list(fake.Status(422, leak)),
			"429":             list(fake.Status(429, leak)),
			"204":             list(fake.Status(204, "")),
			"redirect":        list(fake.Redirect("https://elsewhere.example.com/")),

			"token html":       token(fake.HTML()),
			"token null":       token(fake.Null()),
			"token empty":      token(fake.EmptyObject()),
			"token array":      token(fake.Status(200, `[]`)),
			"token a number":   token(fake.Status(200, `{"id_token":7}`)),
			"token two words":  token(fake.Status(200, `{"id_token":"a b"}`)),
			"token twice":      token(fake.Status(200, `{"id_token":"a","id_token":"b"}`)),
			"token 500":        token(fake.Status(500, leak)),
			"token 429":        token(fake.Status(429, leak)),
			"token 403":        token(fake.Status(403, leak)),
			"token redirected": token(fake.Redirect("https://elsewhere.example.com/")),
		},
		Source:   source,
		Canaries: []string{canary, "refresh_wrong", "example.com", "id_token_", "access_token_", "start_date", "Ines"},
		WithoutFee: []string{
			"0b6e1f1c-55a1-4b6e-9d2a-000000000001", "0b6e1f1c-55a1-4b6e-9d2a-000000000002", "0b6e1f1c-55a1-4b6e-9d2a-000000000007",
		},
	})
}

// The same account through an account that cannot be read by id.
func TestContractWithoutFetch(t *testing.T) {
	a := newAccount(t)
	a.NoFetch = true
	made := func(t *testing.T) reconcile.Provider { return a.any(t, func(c *Config) { c.NoFetch = true }) }
	providertest.Run(t, providertest.Harness{New: made, Source: source, Canaries: []string{canary}})
	p := made(t)
	if _, able := p.(reconcile.Fetcher); able {
		t.Error("a provider without reads by id says that it has them")
	}
	for name, able := range map[string]bool{
		"Rescanner": is[reconcile.Rescanner](p), "Prober": is[reconcile.Prober](p), "Expirer": is[reconcile.Expirer](p),
	} {
		if !able {
			t.Errorf("%s was lost", name)
		}
	}
}

func is[T any](p any) bool { _, able := p.(T); return able }
