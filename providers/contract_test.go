package providers_test

import (
	"os"
	"path/filepath"
	"strings"
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

// The whole sample business through the fake Stripe.
func TestStripeOverTheFake(t *testing.T) {
	stripe := fake.NewStripe(testKey, june)
	fake.NewBusiness(11, 120, june().AddDate(0, -4, 0), june()).Load(stripe)
	server, err := fake.Listen(stripe)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	key := func(t *testing.T, text string) string {
		path := filepath.Join(t.TempDir(), "key")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	source := func(t *testing.T, text string, options map[string]any) configs.Source {
		options["requests_per_second"] = int64(100)
		return configs.Source{Name: "main", Provider: "stripe", Role: "processor", BaseURL: server.URL(),
			KeyFile: key(t, text), Since: june().AddDate(0, -4, 0), Options: options}
	}
	providertest.Run(t, providertest.Harness{
		New: func(t *testing.T) reconcile.Provider { return made(t, source(t, testKey, map[string]any{})) },
		Sized: func(t *testing.T, size int) reconcile.Provider {
			// The fake's page of one row would take a thousand requests: keep the suite short.
			return made(t, source(t, testKey, map[string]any{"page_size": int64(max(size, 7))}))
		},
		BadKey:   func(t *testing.T) reconcile.Provider { return made(t, source(t, "sk_test_wrong", map[string]any{})) },
		Source:   "main",
		Canaries: []string{testKey, "sk_test_wrong", "example.com"},
		MaxPages: 400,
	})
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
