package cents

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"

	"pennytie/configs"
	"pennytie/providers/fake"
	"pennytie/providers/internal/rest"
	"pennytie/providers/internal/rows"
	"pennytie/reconcile"
)

const (
	source  = "gifts"
	client1 = "client-1"
	canary  = "refresh_canary_0000"
)

var (
	testNow   = time.Date(2026, 3, 20, 12, 0, 0, 0, time.UTC)
	testSince = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
)

// vault is a credential in memory.
type vault struct {
	mu     sync.Mutex
	token  string
	issued time.Time
	kept   []string
	fails  error // of Keep
	lost   error // of Load
}

func (v *vault) Load() (configs.Secret, time.Time, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return configs.NewSecret(v.token), v.issued, v.lost
}

func (v *vault) Keep(token configs.Secret) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.fails != nil {
		return v.fails
	}
	v.token, v.kept = token.Reveal(), append(v.kept, token.Reveal())
	return nil
}

// account is a fake Cents with the fixtures, and the clocks of both sides.
type account struct {
	*fake.Cents
	url   string
	vault *vault
	today *fake.Clock
	clock *fake.Clock
}

func newAccount(t testing.TB) *account {
	t.Helper()
	a := emptyAccount(t)
	for _, row := range fixtures(t) {
		a.put(t, row)
	}
	return a
}

func emptyAccount(t testing.TB) *account {
	t.Helper()
	a := &account{vault: &vault{token: canary, issued: testNow.AddDate(0, 0, -10)}, today: fake.NewClock(testNow), clock: fake.NewClock(testNow)}
	a.Cents = fake.NewCents(client1, canary, a.today.Now)
	a.Clock = a.clock.Now
	a.url = listen(t, a.Cents)
	return a
}

func listen(t testing.TB, h http.Handler) string {
	t.Helper()
	server, err := fake.Listen(h)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return server.URL()
}

func fixtures(t testing.TB) []json.RawMessage {
	t.Helper()
	body, err := os.ReadFile("testdata/transactions.json")
	if err != nil {
		t.Fatal(err)
	}
	var rows []json.RawMessage
	if err := json.Unmarshal(body, &rows); err != nil {
		t.Fatal(err)
	}
	return rows
}

// put shows a row from noon of its created_date on.
func (a *account) put(t testing.TB, row []byte) {
	t.Helper()
	var object map[string]any
	decoder := json.NewDecoder(bytes.NewReader(row))
	decoder.UseNumber()
	if err := decoder.Decode(&object); err != nil {
		t.Fatal(err)
	}
	day, _ := object["created_date"].(string)
	at, err := time.Parse(time.DateOnly, day)
	if err != nil {
		t.Fatal(err)
	}
	a.Put("transactions", at.Add(12*time.Hour), object)
}

func (a *account) config() Config {
	return Config{
		Account: rest.Account{
			Source: source, BaseURL: a.url, Since: testSince, Now: a.today.Now, PageSize: 3, RequestsPerSecond: 1e9,
			AllowInsecureLoopback: true, MaxAttempts: 2, Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
		},
		TokenURL: a.url + fake.CentsTokenPath, ClientID: client1, Credential: a.vault, Clock: a.clock.Now,
	}
}

func (a *account) provider(t testing.TB, change ...func(*Config)) *Provider {
	t.Helper()
	p, is := a.any(t, change...).(*Provider)
	if !is {
		t.Fatal("not a provider that reads by id")
	}
	return p
}

func (a *account) any(t testing.TB, change ...func(*Config)) reconcile.Provider {
	t.Helper()
	cfg := a.config()
	for _, c := range change {
		c(&cfg)
	}
	p, err := New(cfg, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// pull reads from a cursor to the end.
func pull(t testing.TB, p reconcile.Provider, from reconcile.Cursor) (all reconcile.Page) {
	t.Helper()
	for range 500 {
		page, err := p.Pull(t.Context(), from)
		if err != nil {
			t.Fatal(err)
		}
		all.Payments = append(all.Payments, page.Payments...)
		all.Quarantined = append(all.Quarantined, page.Quarantined...)
		all.Next, all.Covers = page.Next, page.Covers
		if !page.More {
			return all
		}
		from = page.Next
	}
	t.Fatal("the pull did not end")
	return all
}

func byID(page reconcile.Page) map[string]reconcile.SourceRecord {
	rows := map[string]reconcile.SourceRecord{}
	for _, r := range page.Payments {
		rows[r.ID] = r
	}
	return rows
}

// convert reads one row as a pull on testNow would.
func convert(t testing.TB, row string, change ...func(*Config)) (reconcile.SourceRecord, *reconcile.Quarantine) {
	t.Helper()
	cfg := Config{Account: rest.Account{Source: source}, ClientID: client1, Credential: &vault{token: canary}}
	for _, c := range change {
		c(&cfg)
	}
	cfg, err := cfg.checked()
	if err != nil {
		t.Fatal(err)
	}
	var page reconcile.Page
	items := []rows.Item[transaction]{rows.ItemOf[transaction](json.RawMessage(row))}
	if err := newConverter(cfg).collect(&page, items, testNow); err != nil {
		t.Fatal(err)
	}
	switch {
	case len(page.Payments) == 1 && len(page.Quarantined) == 0:
		return page.Payments[0], nil
	case len(page.Payments) == 0 && len(page.Quarantined) == 1:
		return reconcile.SourceRecord{}, &page.Quarantined[0]
	}
	t.Fatalf("a row became %d records and %d quarantined", len(page.Payments), len(page.Quarantined))
	return reconcile.SourceRecord{}, nil
}
