package stripe

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"pennytie/configs"
	"pennytie/providers/internal/rest"
	"pennytie/reconcile"
)

func TestConfig(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Config)
		want   error
	}{
		"good":          {func(*Config) {}, nil},
		"default URL":   {func(c *Config) { c.BaseURL, c.AllowInsecureLoopback = "", false }, nil},
		"no source":     {func(c *Config) { c.Source = "" }, reconcile.ErrInvalid},
		"no key":        {func(c *Config) { c.Key = configs.Secret{} }, reconcile.ErrAuth},
		"key with line": {func(c *Config) { c.Key = configs.NewSecret("sk_live_x\n") }, reconcile.ErrAuth},
		"page size":     {func(c *Config) { c.PageSize = 101 }, reconcile.ErrInvalid},
		"role":          {func(c *Config) { c.Role = "king" }, reconcile.ErrInvalid},
		"rate":          {func(c *Config) { c.RequestsPerSecond = -1 }, reconcile.ErrInvalid},
		"plain http":    {func(c *Config) { c.AllowInsecureLoopback = false }, reconcile.ErrInvalid},
		"user in URL":   {func(c *Config) { c.BaseURL = "https://user:pw@api.stripe.com" }, reconcile.ErrInvalid},
	} {
		cfg := Config{
			Account: rest.Account{Source: source, BaseURL: "http://127.0.0.1:1", AllowInsecureLoopback: true},
			Key:     configs.NewSecret("sk_test_1"),
		}
		c.change(&cfg)
		p, err := New(cfg, zap.NewNop())
		if !errors.Is(err, c.want) || (err == nil) != (p != nil) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if err != nil && !strings.HasPrefix(err.Error(), "stripe: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestModeOf(t *testing.T) {
	for key, want := range map[string]string{
		"sk_live_1": "true", "rk_live_1": "true", "sk_test_1": "false", "rk_test_1": "false",
		"abc": "nil", "": "nil",
	} {
		got := "nil"
		if mode := modeOf(key); mode != nil {
			got = fmt.Sprint(*mode)
		}
		if got != want {
			t.Errorf("%s: live is %s, want %s", key, got, want)
		}
	}
}

// TestKeyNeverShows prints and logs all that has to do with the key, while every kind of fault happens.
func TestKeyNeverShows(t *testing.T) {
	a := newAccount(t)
	core, logs := observer.New(zap.DebugLevel)
	cfg := a.config()
	p, err := New(cfg, zap.New(core))
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for _, value := range []any{cfg, &cfg, p, *p.client, struct{ C Config }{cfg}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			fmt.Fprintf(&out, verb, value)
		}
	}
	slog.New(slog.NewTextHandler(&out, nil)).Info("", "cfg", cfg, "key", cfg.Key)
	if text, err := json.Marshal(cfg.Key); err != nil || out.Len() == 0 {
		t.Fatal(err)
	} else {
		out.Write(text)
	}
	for _, status := range []int{500, 429, 200} {
		a.before = func(n int, w http.ResponseWriter, _ *http.Request) bool {
			answer(w, status, `{"object":"list","email":"ann@example.test","key":"`+liveKey+`"`)
			return true
		}
		_, err := p.Pull(t.Context(), "")
		fmt.Fprint(&out, err)
	}
	if logs.Len() == 0 {
		t.Error("retries are not logged")
	}
	for _, entry := range logs.All() {
		fmt.Fprint(&out, entry.Message, entry.ContextMap())
	}
	for _, canary := range []string{"canary", fmt.Sprintf("%x", "canary"), "example.test", "limit="} {
		if strings.Contains(out.String(), canary) {
			t.Errorf("%q shows", canary)
		}
	}
}
