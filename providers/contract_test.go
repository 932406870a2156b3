package providers_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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

// service is one fake with the sample business in it, and how its provider is configured.
type service struct {
	name    string
	url     string
	faults  *fake.Faults
	options map[string]any
	// cursor is the parameter that a page is asked for by, list the key of the rows.
	cursor, list string
	insert       func(id string) // a payment that comes while somebody pages
	cache        reconcile.Cache
}

// servicesWithBusiness starts all five.
func servicesWithBusiness(t *testing.T) []*service {
	t.Helper()
	from := june().AddDate(0, -4, 0)
	business := fake.NewBusiness(11, 120, from, june())
	stripe, wepay := fake.NewStripe(testKey, june), fake.NewWePay("app_1", testKey, june)
	aura, cents, zenskar := fake.NewAura(testKey, june), fake.NewCents("client_1", testKey, june), fake.NewZenskar(testKey, "org_1", june)
	business.Load(stripe)
	business.LoadWePay(wepay)
	business.LoadAura(aura, "org_1")
	business.LoadCents(cents)
	business.LoadZenskar(zenskar, "org_1")
	late := june().Add(-2 * time.Hour)
	all := []*service{
		{name: "stripe", faults: &stripe.Faults, cursor: "starting_after", list: "data", insert: func(id string) {
			stripe.Put("charges", late, map[string]any{"id": "ch_" + id, "object": "charge", "livemode": false, "created": late.Unix(),
				"amount": 500, "amount_captured": 500, "currency": "usd", "status": "succeeded", "captured": true, "balance_transaction": nil})
		}},
		{name: "wepay", faults: &wepay.Faults, cursor: "page", list: "results", options: map[string]any{"app_id": "app_1"}, cache: &memory{}, insert: func(id string) {
			wepay.Put("payments", late, map[string]any{"id": id, "create_time": late.Unix(), "status": "completed", "amount": 500, "currency": "USD"})
		}},
		{name: "aura", faults: &aura.Faults, cursor: "cursor", list: "data", insert: func(id string) {
			aura.Put("payments", late, map[string]any{"id": id, "amount": 500, "currency": "usd", "status": "succeeded",
				"payment_date": late.Format(time.RFC3339), "created_at": late.Format(time.RFC3339)})
		}},
		{name: "cents", faults: &cents.Faults, cursor: "start_key", list: "data", options: map[string]any{"client_id": "client_1"}, insert: func(id string) {
			cents.Put("transactions", late, map[string]any{"id": id, "transaction_status": "paid", "total_amount": json.Number("5.00"), "currency": "USD",
				"created_date": late.Format(time.DateOnly)})
		}},
		{name: "zenskar", faults: &zenskar.Faults, cursor: "cursor", list: "results", options: map[string]any{"organisation": "org_1"}, cache: &memory{}, insert: func(id string) {
			zenskar.Put("payments", late, map[string]any{"id": id, "type": "payment", "status": "success", "amount": "500", "currency_code": "USD",
				"timestamp": late.Format("2006-01-02T15:04:05"), "created_at": late.Format("2006-01-02T15:04:05"), "customer_email": "a@example.com"})
		}},
	}
	for i, handler := range []http.Handler{stripe, wepay, aura, cents, zenskar} {
		server, err := fake.Listen(handler)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = server.Close() })
		all[i].url = server.URL()
	}
	return all
}

// provider makes the service's provider as a configuration would.
func (s *service) provider(t *testing.T, key string, size int) reconcile.Provider {
	t.Helper()
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, []byte(key), 0o600); err != nil {
		t.Fatal(err)
	}
	options := map[string]any{"requests_per_second": int64(5000), "page_size": int64(size)}
	maps.Copy(options, s.options)
	if s.name == "cents" {
		options["login_url"] = s.url + fake.CentsTokenPath
	}
	p, err := providers.New(configs.Source{Name: "main", Provider: s.name, BaseURL: s.url, KeyFile: path,
		Since: june().AddDate(0, -4, -1), Options: options}, providers.Deps{Now: june, AllowLoopback: true, Log: zap.NewNop(),
		Organization: "org_1", Cache: func(string) reconcile.Cache { return s.cache }})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// The whole sample business through the fakes of all services, as a configuration names them.
func TestServicesOverTheFakes(t *testing.T) {
	for _, s := range servicesWithBusiness(t) {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			// Whoever can push is tested in its own package by providertest.RunPush.
			if _, can := s.provider(t, testKey, 50).(reconcile.Pusher); can != (s.name != "stripe") {
				t.Errorf("%s can push: %t", s.name, can)
			}
			providertest.Run(t, providertest.Harness{
				New: func(t *testing.T) reconcile.Provider { return s.provider(t, testKey, 50) },
				Sized: func(t *testing.T, size int) reconcile.Provider {
					return s.provider(t, testKey, min(max(size, 7), 50)) // a page of one row would take a thousand requests
				},
				BadKey:   func(t *testing.T) reconcile.Provider { return s.provider(t, "sk_test_wrong", 50) },
				Source:   "main",
				Canaries: []string{testKey, "sk_test_wrong", "example.com"},
				MaxPages: 400,
			})
		})
	}
}

// ids pulls everything and names what came.
func (s *service) ids(t *testing.T) (map[string]bool, error) {
	t.Helper()
	p := s.provider(t, testKey, 3) // so that every window has a second page
	found := map[string]bool{}
	for from := reconcile.Cursor(""); ; {
		page, err := p.Pull(t.Context(), from)
		if err != nil {
			return found, err
		}
		for i := range page.Payments {
			found["payment "+page.Payments[i].ID] = true
		}
		for i := range page.Refunds {
			found["refund "+page.Refunds[i].ID] = true
		}
		for i := range page.Disputes {
			found["dispute "+page.Disputes[i].ID] = true
		}
		for i := range page.Entries {
			found["entry "+page.Entries[i].ID] = true
		}
		for i := range page.Payouts {
			found["payout "+page.Payouts[i].ID] = true
		}
		if len(page.Quarantined) > 0 {
			t.Errorf("quarantined %+v", page.Quarantined)
		}
		if from = page.Next; !page.More {
			return found, nil
		}
	}
}

// What passes leaves no trace; what does not ends the pull with its kind, and never as if nothing had happened.
func TestFaultsAtEveryService(t *testing.T) {
	for _, s := range servicesWithBusiness(t) {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			want, err := s.ids(t)
			if err != nil || len(want) < 5 {
				t.Fatalf("%d rows, %v", len(want), err)
			}
			for name, passing := range map[string]fake.Action{
				"429":                  fake.Status(http.StatusTooManyRequests, "{}"),
				"429 with Retry-After": fake.Status(http.StatusTooManyRequests, "{}", "Retry-After", "1"),
				"502":                  fake.Status(http.StatusBadGateway, "{}"),
				"a cut body":           fake.CutBody(),
				"cut JSON":             fake.CutJSON(),
				"a page of HTML":       fake.HTML(),
				"a reset":              fake.Reset(),
				"a slow drip":          fake.Drip(512, time.Millisecond),
			} {
				s.faults.Fault(fake.Fault{Nth: 2, Do: passing})
				got, err := s.ids(t)
				if err != nil || !maps.Equal(got, want) {
					t.Errorf("%s: %d rows, want %d, %v", name, len(got), len(want), err)
				}
				s.faults.ClearFaults()
			}
			for name, lasting := range map[string]fake.Action{
				"null":              fake.Null(),
				"an empty object":   fake.EmptyObject(),
				"a list":            fake.Status(http.StatusOK, "[]"),
				"a repeated cursor": fake.RepeatPage(s.cursor),
				"another host":      fake.Redirect("https://evil.example.com/"),
			} {
				s.faults.Fault(fake.Fault{Nth: 2, Times: -1, Do: lasting})
				if _, err := s.ids(t); !errors.Is(err, reconcile.ErrInvalid) {
					t.Errorf("%s: %v", name, err)
				}
				s.faults.ClearFaults()
			}
			// An empty page that names a next one does not end the pull.
			s.faults.Fault(fake.Fault{Nth: 2, Do: fake.Edit(func(body []byte) []byte {
				var page map[string]json.RawMessage
				if json.Unmarshal(body, &page) != nil || page[s.list] == nil {
					return body
				}
				page[s.list] = json.RawMessage("[]")
				emptied, _ := json.Marshal(page)
				return emptied
			})})
			if got, err := s.ids(t); err != nil && !errors.Is(err, reconcile.ErrInvalid) || err == nil && len(got) < len(want)-3 {
				t.Errorf("an empty page: %d rows of %d, %v", len(got), len(want), err)
			}
			s.faults.ClearFaults()
			// Rows that come while somebody pages shift the pages, but hide nothing.
			n := 0
			s.faults.Fault(fake.Fault{Nth: 2, Times: 4, Do: fake.After(func() { n++; s.insert(fmt.Sprintf("late%d", n)) })})
			got, err := s.ids(t)
			for id := range want {
				if !got[id] {
					t.Errorf("page shift: %s is missing, %v", id, err)
				}
			}
			s.faults.ClearFaults()
			if got, err = s.ids(t); err != nil || len(got) != len(want)+n || n < 2 {
				t.Errorf("after %d more: %d rows, had %d, %v", n, len(got), len(want), err)
			}
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
