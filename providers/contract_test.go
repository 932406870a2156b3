package providers_test

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"

	"pennytie/configs"
	"pennytie/providers"
	"pennytie/providers/fake"
	"pennytie/providers/files"
	"pennytie/providers/providertest"
	"pennytie/reconcile"
)

const testKey = "sk_test_contract"

func june() time.Time { return time.Date(2026, 6, 30, 0, 0, 0, 0, time.UTC) }

func made(t *testing.T, source configs.Source) reconcile.Provider {
	t.Helper()
	p, err := providers.New(source, providers.Deps{Now: june, AllowLoopback: true, Log: zap.NewNop()})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// The whole sample business through the fakes of all services, as a configuration names them.
func TestServicesOverTheFakes(t *testing.T) {
	from := june().AddDate(0, -4, 0)
	business := fake.NewBusiness(11, 120, from, june())
	stripe, wepay := fake.NewStripe(testKey, june), fake.NewWePay("app_1", testKey, june)
	aura, cents, zenskar := fake.NewAura(testKey, june), fake.NewCents("client_1", testKey, june), fake.NewZenskar(testKey, "org_1", june)
	business.Load(stripe)
	business.LoadWePay(wepay)
	business.LoadAura(aura, "org_1")
	business.LoadCents(cents)
	business.LoadZenskar(zenskar, "org_1")
	for _, service := range []struct {
		name     string
		handler  http.Handler
		options  map[string]any
		wrongKey string
		cache    bool
	}{
		{"stripe", stripe, nil, "sk_test_wrong", false},
		{"wepay", wepay, map[string]any{"app_id": "app_1"}, "wrong_token", true},
		{"aura", aura, nil, "wrong_key", false},
		{"cents", cents, map[string]any{"client_id": "client_1"}, "wrong_refresh", false},
		{"zenskar", zenskar, map[string]any{"organisation": "org_1"}, "wrong_key", true},
	} {
		t.Run(service.name, func(t *testing.T) {
			server, err := fake.Listen(service.handler)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = server.Close() })
			var cache reconcile.Cache
			if service.cache {
				cache = &memory{}
			}
			provider := func(t *testing.T, key string, size int) reconcile.Provider {
				path := filepath.Join(t.TempDir(), "key")
				if err := os.WriteFile(path, []byte(key), 0o600); err != nil {
					t.Fatal(err)
				}
				options := map[string]any{"requests_per_second": int64(5000), "page_size": int64(size)}
				maps.Copy(options, service.options)
				if service.name == "cents" {
					options["login_url"] = server.URL() + fake.CentsTokenPath
				}
				p, err := providers.New(configs.Source{Name: "main", Provider: service.name, BaseURL: server.URL(), KeyFile: path,
					Since: from.AddDate(0, 0, -1), Options: options}, providers.Deps{Now: june, AllowLoopback: true, Log: zap.NewNop(),
					Organization: "org_1", Cache: func(string) reconcile.Cache { return cache }})
				if err != nil {
					t.Fatal(err)
				}
				return p
			}
			providertest.Run(t, providertest.Harness{
				New: func(t *testing.T) reconcile.Provider { return provider(t, testKey, 50) },
				Sized: func(t *testing.T, size int) reconcile.Provider {
					return provider(t, testKey, min(max(size, 7), 50)) // a page of one row would take a thousand requests
				},
				BadKey:   func(t *testing.T) reconcile.Provider { return provider(t, service.wrongKey, 50) },
				Source:   "main",
				Canaries: []string{testKey, service.wrongKey, "example.com"},
				MaxPages: 400,
			})
		})
	}
}

// memory is a cache for a test.
type memory struct{ values sync.Map }

func (m *memory) Get(_ context.Context, key string) ([]byte, bool, error) {
	value, known := m.values.Load(key)
	if !known {
		return nil, false, nil
	}
	return value.([]byte), true, nil
}

func (m *memory) Put(_ context.Context, key string, value []byte) error {
	m.values.Store(key, value)
	return nil
}

// Every option that a provider takes is in the example, so that no assumption is hidden.
func TestEveryOptionIsDocumented(t *testing.T) {
	for name, needed := range map[string]map[string]any{
		"stripe": nil, "aura": nil, "files": nil, "wepay": {"app_id": "a"}, "cents": {"client_id": "c"}, "zenskar": {"organisation": "o"},
	} {
		options := map[string]any{"no_such_option": "x"}
		maps.Copy(options, needed)
		_, err := providers.New(configs.Source{Name: "x", Provider: name, Role: "book", Path: "p.csv", KeyEnv: "NO_SUCH_KEY_HERE",
			BaseURL: "https://api.example.com", Options: options}, providers.Deps{Now: june, Log: zap.NewNop()})
		if err == nil || errors.Is(err, reconcile.ErrAuth) {
			t.Errorf("%s: an unknown option beside a missing key: %v", name, err)
			continue
		}
		_, known, _ := strings.Cut(err.Error(), "known: [")
		known, _, _ = strings.Cut(known, "]")
		if len(strings.Fields(known)) < 2 {
			t.Errorf("%s: %v", name, err)
		}
		for _, option := range strings.Fields(known) {
			if !strings.Contains(configs.Example, option+":") && !strings.Contains(configs.Example, option+" (") {
				t.Errorf("the example does not explain options.%s of %s", option, name)
			}
		}
	}
}

// Aura serves leads, calls and products; the others do not.
func TestServedRecords(t *testing.T) {
	t.Setenv("SERVED_TEST_KEY", testKey)
	business := fake.NewBusiness(11, 60, june().AddDate(0, -4, 0), june())
	aura := fake.NewAura(testKey, june)
	business.LoadAura(aura, "org_1")
	server, err := fake.Listen(aura)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	deps := providers.Deps{Now: june, AllowLoopback: true, Log: zap.NewNop(), Organization: "org_1"}
	source := configs.Source{Name: "aura", Provider: "aura", BaseURL: server.URL(), KeyEnv: "SERVED_TEST_KEY", Options: map[string]any{"requests_per_second": int64(5000)}}
	counts := map[files.Kind]int{}
	for _, kind := range []files.Kind{files.Leads, files.Calls, files.Products} {
		p, err := providers.NewServed("records."+string(kind), kind, source, deps)
		if err != nil {
			t.Fatal(err)
		}
		for from := reconcile.Cursor(""); ; {
			page, err := p.Pull(t.Context(), from)
			if err != nil || len(page.Quarantined) > 0 {
				t.Fatalf("%s: %v, %+v", kind, err, page.Quarantined)
			}
			counts[kind] += len(page.Leads) + len(page.Calls) + len(page.Products)
			if from = page.Next; !page.More {
				break
			}
		}
	}
	if counts[files.Leads] < 20 || counts[files.Calls] < 20 || counts[files.Products] < 10 {
		t.Errorf("%v", counts)
	}
	source.Provider = "stripe"
	if p, err := providers.NewServed("records.leads", files.Leads, source, deps); err == nil || p != nil {
		t.Errorf("%v, %v", p, err)
	}
}

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	var rows strings.Builder
	rows.WriteString("provider,provider_payment_id,amount,currency,status,payment_date,customer_email,refunded_amount\n")
	for i, line := range []string{
		"succeeded,2026-03-01T10:00:00Z,a@example.com,", "refunded,2026-03-02T10:00:00+02:00,,10.00", "failed,2026-03-03T10:00:00Z,,",
		"pending,2026-03-04T10:00:00Z,,", "succeeded,nonsense,,", "succeeded,2026-03-05T10:00:00Z,b@example.com,3.00",
	} {
		rows.WriteString("stripe,pi_" + string(rune('a'+i)) + ",10.00,USD," + line + "\n")
	}
	path := filepath.Join(dir, "payments.csv")
	if err := os.WriteFile(path, []byte(rows.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	sized := func(t *testing.T, size int) reconcile.Provider {
		return made(t, configs.Source{Name: "exports", Provider: "files", Role: "processor", Path: path,
			Options: map[string]any{"chunk_rows": int64(size)}})
	}
	providertest.Run(t, providertest.Harness{
		New:      func(t *testing.T) reconcile.Provider { return sized(t, 2) },
		Sized:    sized,
		Source:   "exports",
		Canaries: []string{"example.com"},
		Broken: map[string]func(t *testing.T) reconcile.Provider{"gone": func(t *testing.T) reconcile.Provider {
			return made(t, configs.Source{Name: "exports", Provider: "files", Role: "book", Path: filepath.Join(dir, "gone.csv")})
		}},
		WithoutFee: []string{"pi_a", "pi_b", "pi_c", "pi_d", "pi_f"},
	})
}

func TestMistakesInTheConfiguration(t *testing.T) {
	deps := providers.Deps{Now: june, Log: zap.NewNop()}
	for name, source := range map[string]configs.Source{
		"unknown provider":  {Name: "x", Provider: "nosuch"},
		"unknown option":    {Name: "x", Provider: "files", Role: "book", Path: "p.csv", Options: map[string]any{"chunkrows": int64(1)}},
		"option of no kind": {Name: "x", Provider: "files", Role: "book", Path: "p.csv", Options: map[string]any{"chunk_rows": "many"}},
	} {
		if p, err := providers.New(source, deps); err == nil || p != nil {
			t.Errorf("%s: %v, %v", name, p, err)
		}
	}
	if _, err := providers.NewRecords("leads", files.Kind("cats"), "p.csv", deps); err == nil {
		t.Error("a file of cats was accepted")
	}
}
