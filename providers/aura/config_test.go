package aura

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"pennytie/configs"
	"pennytie/providers/internal/rest"
	"pennytie/reconcile"
)

func TestConfig(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Config)
		want   error
	}{
		"good":               {func(*Config) {}, nil},
		"no source":          {func(c *Config) { c.Source = "" }, reconcile.ErrInvalid},
		"no key":             {func(c *Config) { c.Key = configs.Secret{} }, reconcile.ErrAuth},
		"key of two words":   {func(c *Config) { c.Key = configs.NewSecret("a canary") }, reconcile.ErrAuth},
		"key with a newline": {func(c *Config) { c.Key = configs.NewSecret("canary\n") }, reconcile.ErrAuth},
		"page too large":     {func(c *Config) { c.PageSize = 101 }, reconcile.ErrInvalid},
		"page below zero":    {func(c *Config) { c.PageSize = -1 }, reconcile.ErrInvalid},
		"rate below zero":    {func(c *Config) { c.RequestsPerSecond = -1 }, reconcile.ErrInvalid},
		"rate not a number":  {func(c *Config) { c.RequestsPerSecond = math.NaN() }, reconcile.ErrInvalid},
		"overlap below zero": {func(c *Config) { c.Overlap = -time.Hour }, reconcile.ErrInvalid},
		"role":               {func(c *Config) { c.Role = "boss" }, reconcile.ErrInvalid},
		"date filter":        {func(c *Config) { c.DateFilter = "updated_at" }, reconcile.ErrInvalid},
		"scale":              {func(c *Config) { c.ConfidenceScale = "stars" }, reconcile.ErrInvalid},
		"least too high":     {func(c *Config) { c.LeastConfidence = 95 }, reconcile.ErrInvalid},
		"least NaN":          {func(c *Config) { c.LeastConfidence = math.NaN() }, reconcile.ErrInvalid},
		"deal unit":          {func(c *Config) { c.DealValueUnit = "cents" }, reconcile.ErrInvalid},
		"deal currency":      {func(c *Config) { c.DealCurrency = "ZZZ" }, reconcile.ErrInvalid},
		"product of nothing": {func(c *Config) { c.StripeProducts = map[string]string{"prod_1": ""} }, reconcile.ErrInvalid},
		"two for one": {func(c *Config) { c.StripeProducts = map[string]string{"prod_1": "a", "prod_2": "a"} },
			reconcile.ErrInvalid},
		"http": {func(c *Config) { c.BaseURL, c.AllowInsecureLoopback = "http://127.0.0.1:1", false },
			reconcile.ErrInvalid},
		"password in URL": {func(c *Config) { c.BaseURL = "https://canary:canary@example.com" }, reconcile.ErrInvalid},
	} {
		cfg := Config{Account: rest.Account{Source: source}, Key: configs.NewSecret(liveKey)}
		c.change(&cfg)
		for _, make := range []func() error{
			func() error { _, err := New(cfg, nil); return err },
			func() error { _, err := NewRecords(cfg, KindLeads, nil); return err },
		} {
			if err := make(); !errors.Is(err, c.want) || err != nil && strings.Contains(err.Error(), "canary") {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if _, err := NewRecords(Config{Account: rest.Account{Source: source}, Key: configs.NewSecret(liveKey)},
		"payments", nil); !errors.Is(err, reconcile.ErrInvalid) {
		t.Errorf("records of payments: %v", err)
	}
	cfg, err := Config{Account: rest.Account{Source: source}, Key: configs.NewSecret(liveKey)}.checked()
	if err != nil || cfg.BaseURL != "https://api.aura-app.ai" || cfg.Role != reconcile.RoleBook || cfg.PageSize != 100 ||
		cfg.RequestsPerSecond != 1.6 ||
		cfg.Overlap != 72*time.Hour || cfg.DateFilter != "payment_date" || cfg.ConfidenceScale != "auto" ||
		cfg.DealValueUnit != "minor" ||
		cfg.DealCurrency != "USD" {
		t.Errorf("defaults %+v, %v", cfg, err)
	}
}
