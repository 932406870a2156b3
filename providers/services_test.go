package providers

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/zap"

	"pennytie/configs"
	"pennytie/providers/fake"
	"pennytie/reconcile"
)

const testToken = "token_of_a_test"

func june() time.Time { return time.Date(2026, 6, 30, 0, 0, 0, 0, time.UTC) }

// configured makes a provider as a configuration would, with what one service needs beside the options of the test.
func configured(t *testing.T, name, url string, options map[string]any) (reconcile.Provider, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, []byte(testToken), 0o600); err != nil {
		t.Fatal(err)
	}
	options["requests_per_second"] = int64(5000)
	return New(configs.Source{Name: "main", Provider: name, BaseURL: url, KeyFile: path, Since: june().AddDate(0, -1, 0), Options: options},
		Deps{Now: june, AllowLoopback: true, Log: zap.NewNop()})
}

// rows pulls all payments.
func rows(t *testing.T, p reconcile.Provider) (found []reconcile.SourceRecord) {
	t.Helper()
	for from := reconcile.Cursor(""); ; {
		page, err := p.Pull(t.Context(), from)
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, page.Payments...)
		if from = page.Next; !page.More {
			return found
		}
	}
}

// The default written out is the default: else the same payments would come a second time under other keys.
func TestCentsLiveIsTheDefault(t *testing.T) {
	for environment, account := range map[string]string{"": "", "live": "", "sit": "sit"} {
		cents := fake.NewCents("client_1", testToken, june)
		cents.Put("transactions", june().AddDate(0, 0, -9), map[string]any{"id": "t1", "transaction_status": "paid",
			"total_amount": json.Number("5.00"), "currency": "USD", "created_date": "2026-06-21"})
		server, err := fake.Listen(cents)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = server.Close() })
		options := map[string]any{"client_id": "client_1", "login_url": server.URL() + fake.CentsTokenPath}
		if environment != "" {
			options["environment"] = environment
		}
		p, err := configured(t, "cents", server.URL(), options)
		if err != nil {
			t.Fatal(err)
		}
		if found := rows(t, p); len(found) != 1 || found[0].Keys[0].Account != account {
			t.Errorf("environment %q: %+v", environment, found)
		}
	}
}

// Each option reaches the setting that it is of, in its own unit.
func TestCentsTimes(t *testing.T) {
	options := &reader{options: map[string]any{"client_id": "client_1", "id_minutes": int64(45), "refresh_days": int64(3), "timezone": "Europe/Rome"}}
	cfg, err := centsConfig(configs.Source{Name: "main"}, options, Deps{Now: june})
	if err != nil || options.unknown() != nil || cfg.IDLife != 45*time.Minute || cfg.RefreshLife != 72*time.Hour || cfg.Zone.String() != "Europe/Rome" {
		t.Errorf("%+v, %v, %v", cfg, err, options.unknown())
	}
}

func TestZenskarConnectors(t *testing.T) {
	zenskar := fake.NewZenskar(testToken, "org_1", june)
	at := june().AddDate(0, 0, -9)
	zenskar.Put("payments", at, map[string]any{"id": "p1", "type": "payment", "status": "success", "amount": "500", "currency_code": "USD",
		"created_at": at.Format("2006-01-02T15:04:05"), "customer_email": "a@example.com", "external_id": "pay-12345", "connector_name": "Chase (main)"})
	server, err := fake.Listen(zenskar)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	for _, known := range []bool{false, true} {
		options := map[string]any{"organisation": "org_1"}
		if known {
			options["connectors"] = map[string]any{"CHASE": "wepay"}
		}
		p, err := configured(t, "zenskar", server.URL(), options)
		if err != nil {
			t.Fatal(err)
		}
		if found := rows(t, p); len(found) != 1 || (found[0].Keys[0] == reconcile.Key{Provider: "wepay", ID: "pay-12345"}) != known {
			t.Errorf("%v: %+v", known, found)
		}
	}
	if _, err := configured(t, "zenskar", server.URL(), map[string]any{"organisation": "org_1", "connectors": map[string]any{"x": "zenskar"}}); !errors.Is(err, reconcile.ErrInvalid) {
		t.Errorf("a connector of Zenskar's own: %v", err)
	}
}
