package rest

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"pennytie/reconcile"
)

func TestAccount(t *testing.T) {
	defaults := Account{Role: reconcile.RoleBook, BaseURL: "https://api.example.com", RequestsPerSecond: 2, PageSize: 50,
		AttemptTimeout: 35 * time.Second}
	for name, c := range map[string]struct {
		change func(*Account)
		good   bool
	}{
		"defaults":        {func(*Account) {}, true},
		"processor":       {func(a *Account) { a.Role = reconcile.RoleProcessor }, true},
		"one row":         {func(a *Account) { a.PageSize = 1 }, true},
		"no source":       {func(a *Account) { a.Source = "" }, false},
		"role":            {func(a *Account) { a.Role = "witness" }, false},
		"page too large":  {func(a *Account) { a.PageSize = 51 }, false},
		"page below zero": {func(a *Account) { a.PageSize = -1 }, false},
		"rate":            {func(a *Account) { a.RequestsPerSecond = -1 }, false},
		"rate NaN":        {func(a *Account) { a.RequestsPerSecond = math.NaN() }, false},
		"overlap":         {func(a *Account) { a.Overlap = -1 }, false},
		"attempts":        {func(a *Account) { a.MaxAttempts = -1 }, false},
		"timeout":         {func(a *Account) { a.AttemptTimeout = -1 }, false},
		"plain http":      {func(a *Account) { a.BaseURL = "http://127.0.0.1:1" }, false},
		"loopback":        {func(a *Account) { a.BaseURL, a.AllowInsecureLoopback = "http://127.0.0.1:1", true }, true},
		"password":        {func(a *Account) { a.BaseURL = "https://user:canary@example.com" }, false},
	} {
		a := Account{Source: "main"}
		c.change(&a)
		_, err := a.Checked("bank", defaults)
		if (err == nil) != c.good || err != nil && (!errors.Is(err, reconcile.ErrInvalid) ||
			!strings.HasPrefix(err.Error(), "bank: ") || strings.Contains(err.Error(), "canary")) {
			t.Errorf("%s: %v", name, err)
		}
	}
	a, err := Account{Source: "main"}.Checked("bank", defaults)
	if err != nil || a.Role != reconcile.RoleBook || a.PageSize != 50 || a.RequestsPerSecond != 2 || a.Overlap != DefaultOverlap ||
		a.AttemptTimeout != 35*time.Second || a.Now == nil {
		t.Errorf("defaults %+v, %v", a, err)
	}
	a.MaxAttempts, a.AllowInsecureLoopback = 3, true
	if o := a.Options(zap.NewNop()); o.BaseURL != "https://api.example.com" || o.RequestsPerSecond != 2 || o.MaxAttempts != 3 ||
		o.AttemptTimeout != 35*time.Second || !o.AllowInsecureLoopback || o.Log == nil {
		t.Errorf("options %+v", o)
	}
	refused := a.Refuse("bank", reconcile.ErrAuth, "key is missing")
	if !errors.Is(refused, reconcile.ErrAuth) || !strings.HasPrefix(refused.Error(), `bank: source "main": key is missing: `) {
		t.Errorf("refused: %v", refused)
	}
}

func TestWordsOfSettings(t *testing.T) {
	if got := NotOneOf("unit", "minor", "minor", "major"); got != "" {
		t.Error(got)
	}
	if got := NotOneOf("unit", "cents", "minor", "major"); got != `unit "cents" is not one of minor, major` {
		t.Error(got)
	}
	for text, want := range map[string]bool{"sk_1": true, "a/b~": true, "": false, "a b": false, "a\n": false, "é": false, "\x7f": false} {
		if PlainWord(text) != want {
			t.Errorf("%q", text)
		}
	}
}
