package cents

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"

	"pennytie/configs"
	"pennytie/providers/fake"
	"pennytie/providers/internal/rest"
	"pennytie/reconcile"
)

// An id_token serves until five minutes before its end, by the machine's clock: the run's may stand still.
func TestRenewal(t *testing.T) {
	a := newAccount(t)
	p := a.provider(t)
	for _, step := range []struct {
		after time.Duration
		asked int // of the token endpoint, so far
	}{{0, 1}, {54 * time.Minute, 1}, {time.Minute, 2}, {0, 2}, {-3 * time.Hour, 2}, {10 * time.Hour, 3}} {
		a.clock.Advance(step.after)
		pull(t, p, "")
		if got := a.Requests(fake.CentsTokenPath); got != step.asked {
			t.Errorf("after %v: %d tokens", step.after, got)
		}
	}
	if len(a.vault.kept) != 0 {
		t.Errorf("an answer without a refresh token was kept: %q", a.vault.kept)
	}
}

// A token that was revoked, or that ended by the service's clock, is renewed once and the request repeated once.
func TestRefusedOnce(t *testing.T) {
	a := newAccount(t)
	p := a.provider(t)
	want := pull(t, p, "")
	a.Revoke()
	if got := pull(t, p, ""); len(got.Payments) != len(want.Payments) || a.Requests(fake.CentsTokenPath) != 2 {
		t.Errorf("revoked: %d rows, %d tokens", len(got.Payments), a.Requests(fake.CentsTokenPath))
	}
	skewed := newAccount(t)
	ahead := 7 * time.Minute // from the beginning: no harm
	skewed.Clock = func() time.Time { return skewed.clock.Now().Add(ahead) }
	q := skewed.provider(t)
	pull(t, q, "")
	skewed.clock.Advance(54 * time.Minute)
	pull(t, q, "")
	if got := skewed.Requests(fake.CentsTokenPath); got != 1 {
		t.Errorf("skewed from the beginning: %d tokens", got)
	}
	ahead *= 2 // a clock was set: the token ends before we think
	if got := pull(t, q, ""); len(got.Payments) != len(want.Payments) || skewed.Requests(fake.CentsTokenPath) != 2 {
		t.Errorf("skewed: %d rows, %d tokens", len(got.Payments), skewed.Requests(fake.CentsTokenPath))
	}
}

func TestRefreshTokenExpires(t *testing.T) {
	a := newAccount(t)
	a.Expire(testNow.Add(30 * time.Minute))
	p := a.provider(t)
	pull(t, p, "")
	a.clock.Advance(56 * time.Minute)
	page, err := p.Pull(t.Context(), "")
	const want = "cents: POST /oauth2/token: status 400: credential refused: " +
		"the refresh token is refused or has expired: log in again and store the new one"
	if err == nil || err.Error() != want || !errors.Is(err, reconcile.ErrAuth) || page.Next != "" {
		t.Errorf("got %v", err)
	}
	if err := p.Probe(t.Context()); !errors.Is(err, reconcile.ErrAuth) {
		t.Errorf("probe: %v", err)
	}
	// A person logs in again and stores the new token: no restart is needed.
	b := newAccount(t)
	b.Rotate = true
	b.vault.token = "refresh_wrong"
	q := b.provider(t)
	if _, err := q.Pull(t.Context(), ""); !errors.Is(err, reconcile.ErrAuth) || strings.Contains(err.Error(), "refresh_wrong") {
		t.Errorf("got %v", err)
	}
	b.vault.token = canary
	pull(t, q, "")
}

// Both answers to whether a refresh gives a new refresh token.
func TestRotation(t *testing.T) {
	a := newAccount(t)
	a.Rotate = true
	p := a.provider(t)
	for range 3 {
		pull(t, p, "")
		a.clock.Advance(time.Hour)
	}
	if want := []string{"refresh_token_1", "refresh_token_2", "refresh_token_3"}; !slices.Equal(a.vault.kept, want) {
		t.Errorf("kept %q", a.vault.kept)
	}
	pull(t, a.provider(t), "") // the next run
}

// A refresh token that cannot be stored stops the source before anything else is asked, and is not lost as long as the
// program runs.
func TestTokenCannotBeKept(t *testing.T) {
	a := newAccount(t)
	a.Rotate = true
	a.vault.fails = errors.New("disk is full")
	p := a.provider(t)
	for range 2 {
		_, err := p.Pull(t.Context(), "")
		const want = "cents: the service gave a new refresh token, and it could not be stored; " +
			"once this program ends it is lost and somebody must log in again: credential refused: disk is full"
		if !errors.Is(err, reconcile.ErrAuth) || err.Error() != want {
			t.Errorf("got %v", err)
		}
	}
	if a.Requests(DefaultListPath) != 0 || a.Requests(fake.CentsTokenPath) != 1 {
		t.Errorf("%d lists and %d tokens were asked for", a.Requests(DefaultListPath), a.Requests(fake.CentsTokenPath))
	}
	a.vault.fails = nil
	pull(t, p, "")
	if !slices.Equal(a.vault.kept, []string{"refresh_token_1"}) || a.Requests(fake.CentsTokenPath) != 1 {
		t.Errorf("kept %q after %d tokens", a.vault.kept, a.Requests(fake.CentsTokenPath))
	}
}

// A new refresh token is kept even if the rest of the answer is of no use.
func TestTokenAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		body string
		want error
		kept int
	}{
		"no id_token":          {`{"access_token":"a","refresh_token":"r2"}`, reconcile.ErrInvalid, 1},
		"odd refresh token":    {`{"id_token":"a","refresh_token":"r 2"}`, reconcile.ErrInvalid, 0},
		"refresh token null":   {`{"id_token":"a","refresh_token":null}`, reconcile.ErrAuth, 0}, // the token opens nothing, that is all
		"the same again":       {`{"id_token":"a","refresh_token":"` + canary + `"}`, reconcile.ErrAuth, 0},
		"expires as text":      {`{"id_token":"a","expires_in":"3600"}`, reconcile.ErrAuth, 0},
		"expires never":        {`{"id_token":"a","expires_in":1e18}`, reconcile.ErrAuth, 0},
		"id_token in capitals": {`{"ID_TOKEN":"a"}`, reconcile.ErrInvalid, 0},
		"id_token a number":    {`{"id_token":7,"refresh_token":"r2"}`, reconcile.ErrInvalid, 1},
		"a field twice":        {`{"id_token":"a","id_token":"b","refresh_token":"r2"}`, reconcile.ErrInvalid, 1},
		"another spelling":     {`{"ID_TOKEN":"a","refresh_token":"r2"}`, reconcile.ErrInvalid, 1},
		"a long one":           {`{"refresh_token":"` + strings.Repeat("r", 5000) + `"}`, reconcile.ErrInvalid, 1},
		"of a spelling":        {`{"id_token":"a","REFRESH_TOKEN":"r2"}`, reconcile.ErrInvalid, 0},
		"refresh token a list": {`{"id_token":"a","refresh_token":["r2"]}`, reconcile.ErrInvalid, 0},
	} {
		a := newAccount(t)
		a.Fault(fake.Fault{Path: fake.CentsTokenPath, Do: fake.Status(200, c.body)})
		_, err := a.provider(t).Pull(t.Context(), "")
		if !errors.Is(err, c.want) || len(a.vault.kept) != c.kept {
			t.Errorf("%s: %v, kept %q", name, err, a.vault.kept)
		}
	}
}

// A renewal that was begun is ended although its caller goes away: the answer may hold the only token that still serves.
func TestRenewalOutlivesItsCaller(t *testing.T) {
	a := newAccount(t)
	a.Rotate = true
	a.Fault(fake.Fault{Path: fake.CentsTokenPath, Nth: 1, Do: fake.Slow(100 * time.Millisecond)})
	p := a.provider(t)
	short, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := p.Probe(short); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	// It waited, so that a program that ends here has stored the token.
	if _, _, err := a.vault.Load(); err != nil || !slices.Equal(a.vault.kept, []string{"refresh_token_1"}) {
		t.Errorf("kept %q, %v", a.vault.kept, err)
	}
	if err := p.Probe(t.Context()); err != nil || a.Requests(fake.CentsTokenPath) != 1 {
		t.Errorf("%v after %d renewals", err, a.Requests(fake.CentsTokenPath))
	}
	// A slower one goes on without its caller.
	b := newAccount(t)
	b.Rotate = true
	b.Fault(fake.Fault{Path: fake.CentsTokenPath, Nth: 1, Do: fake.Slow(patience + 300*time.Millisecond)})
	q := b.provider(t)
	short, cancel = context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := q.Probe(short); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if err := q.Probe(t.Context()); err != nil || b.Requests(fake.CentsTokenPath) != 1 || !slices.Equal(b.vault.kept, []string{"refresh_token_1"}) {
		t.Errorf("%v after %d renewals, kept %q", err, b.Requests(fake.CentsTokenPath), b.vault.kept)
	}
}

// Another program with the same credential may have renewed it in between.
func TestRefusedTokenIsReadAgain(t *testing.T) {
	for name, c := range map[string]struct {
		stored string // while the first request is under way
		tries  int
		want   error
	}{
		"a new one":         {canary, 2, nil},
		"the same":          {"refresh_old", 1, reconcile.ErrAuth},
		"another wrong one": {"refresh_older", 2, reconcile.ErrAuth},
		"none":              {"", 1, reconcile.ErrAuth},
	} {
		a := newAccount(t)
		a.vault.token = "refresh_old"
		a.Fault(fake.Fault{Path: fake.CentsTokenPath, Nth: 1, Do: fake.After(func() {
			a.vault.mu.Lock()
			defer a.vault.mu.Unlock()
			a.vault.token = c.stored
		})})
		err := a.provider(t).Probe(t.Context())
		if !errors.Is(err, c.want) || a.Requests(fake.CentsTokenPath) != c.tries {
			t.Errorf("%s: %v after %d requests", name, err, a.Requests(fake.CentsTokenPath))
		}
	}
}

// A short life is not renewed before each request, a missing one is taken from the configuration.
func TestTokenLives(t *testing.T) {
	for life, tokens := range map[string]int{`,"expires_in":120`: 1, `,"expires_in":59`: 2, ``: 2, `,"expires_in":-1`: 2, `,"expires_in":999999999`: 2} {
		a := newAccount(t)
		given := 0
		a.Fault(fake.Fault{Path: fake.CentsTokenPath, Do: func(next http.Handler) http.Handler {
			return fake.Edit(func([]byte) []byte {
				given++
				return []byte(`{"id_token":"id_token_` + string(rune('0'+given)) + `"` + life + `}`)
			})(next)
		}})
		p := a.provider(t, func(c *Config) { c.IDLife = time.Minute })
		pull(t, p, "")
		a.clock.Advance(30 * time.Second)
		pull(t, p, "")
		if given != tokens {
			t.Errorf("%s: %d tokens", life, given)
		}
	}
}

// Many callers at once share one renewal.
func TestOneRenewalAtATime(t *testing.T) {
	a := newAccount(t)
	a.Rotate = true // two at once would kill each other's refresh token
	p := a.provider(t)
	var wait sync.WaitGroup
	for range 16 {
		wait.Go(func() {
			if _, err := p.Pull(t.Context(), ""); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if got := a.Requests(fake.CentsTokenPath); got != 1 {
		t.Errorf("%d renewals", got)
	}
	a.Revoke()
	for range 16 {
		wait.Go(func() {
			if err := p.Probe(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if got := a.Requests(fake.CentsTokenPath); got != 2 {
		t.Errorf("%d renewals after all were refused", got)
	}
}

// Who waits for another's renewal waits no longer than its own context.
func TestWaitForARenewal(t *testing.T) {
	a := newAccount(t)
	a.Fault(fake.Fault{Path: fake.CentsTokenPath, Do: func(http.Handler) http.Handler {
		return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	}})
	p := a.provider(t)
	long, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- p.Probe(long) }()
	for a.Requests(fake.CentsTokenPath) == 0 {
		time.Sleep(time.Millisecond)
	}
	short, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := p.Probe(short); !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, reconcile.ErrTransient) {
		t.Errorf("got %v", err)
	}
	p.client.tokens.forget(short, configs.NewSecret("x")) // returns
	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("the renewal itself: %v", err)
	}
}

func TestExpires(t *testing.T) {
	a := newAccount(t)
	expirer := a.provider(t)
	if got, want := expirer.Expires(), testNow.AddDate(0, 0, 20); !got.Equal(want) {
		t.Errorf("expires %v, want %v", got, want)
	}
	if got, want := a.provider(t, func(c *Config) { c.RefreshLife = 24 * time.Hour }).Expires(), testNow.AddDate(0, 0, -9); !got.Equal(want) {
		t.Errorf("another life: %v, want %v", got, want)
	}
	a.vault.issued = time.Time{}
	if got := expirer.Expires(); !got.IsZero() {
		t.Errorf("unknown issue: %v", got)
	}
	a.vault.issued, a.vault.lost = testNow, errors.New("gone")
	if got := expirer.Expires(); !got.IsZero() {
		t.Errorf("unreadable: %v", got)
	}
	if _, err := expirer.Pull(t.Context(), ""); !errors.Is(err, reconcile.ErrAuth) {
		t.Errorf("unreadable: %v", err)
	}
}

func TestConfig(t *testing.T) {
	good := func() Config {
		return Config{Account: rest.Account{Source: source}, ClientID: client1, Credential: &vault{token: canary}}
	}
	if p, err := New(good(), zap.NewNop()); err != nil || p.Name() != Name {
		t.Fatalf("defaults: %v", err)
	}
	for name, c := range map[string]struct {
		change func(*Config)
		want   error
	}{
		"no source":        {func(c *Config) { c.Source = "" }, reconcile.ErrInvalid},
		"no client":        {func(c *Config) { c.ClientID = "" }, reconcile.ErrInvalid},
		"no credential":    {func(c *Config) { c.Credential = nil }, reconcile.ErrAuth},
		"no token":         {func(c *Config) { c.Credential = &vault{} }, reconcile.ErrAuth},
		"two words":        {func(c *Config) { c.Credential = &vault{token: canary + " b"} }, reconcile.ErrAuth},
		"unreadable token": {func(c *Config) { c.Credential = &vault{lost: errors.New("no file")} }, reconcile.ErrAuth},
		"page size":        {func(c *Config) { c.PageSize = 101 }, reconcile.ErrInvalid},
		"negative size":    {func(c *Config) { c.PageSize = -1 }, reconcile.ErrInvalid},
		"overlap":          {func(c *Config) { c.Overlap = -1 }, reconcile.ErrInvalid},
		"list path":        {func(c *Config) { c.ListPath = "v1/x" }, reconcile.ErrInvalid},
		"list path query":  {func(c *Config) { c.ListPath = "/v1/x?a=b" }, reconcile.ErrInvalid},
		"amount field":     {func(c *Config) { c.AmountField = "all" }, reconcile.ErrInvalid},
		"donation unit":    {func(c *Config) { c.DonationUnit = "euro" }, reconcile.ErrInvalid},
		"date filter":      {func(c *Config) { c.DateFilter = "paid" }, reconcile.ErrInvalid},
		"gateway":          {func(c *Config) { c.Gateways = map[string]string{"": "stripe"} }, reconcile.ErrInvalid},
		"gateway of ours":  {func(c *Config) { c.Gateways = map[string]string{"X": "cents"} }, reconcile.ErrInvalid},
		"plain http":       {func(c *Config) { c.BaseURL = "http://127.0.0.1:1" }, reconcile.ErrInvalid},
		"plain token http": {func(c *Config) { c.TokenURL = "http://127.0.0.1:1/oauth2/token" }, reconcile.ErrInvalid},
		"token host only":  {func(c *Config) { c.TokenURL = "https://example.com/" }, reconcile.ErrInvalid},
		"token query":      {func(c *Config) { c.TokenURL = "https://example.com/a?b=c" }, reconcile.ErrInvalid},
		"token password":   {func(c *Config) { c.TokenURL = "https://u:" + canary + "@example.com/a" }, reconcile.ErrInvalid},
	} {
		cfg := good()
		c.change(&cfg)
		p, err := New(cfg, zap.NewNop())
		if p != nil || !errors.Is(err, c.want) || strings.Contains(err.Error(), canary) {
			t.Errorf("%s: %v, %v", name, p, err)
		}
	}
}

var _ Credential = (*vault)(nil)
