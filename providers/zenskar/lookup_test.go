package zenskar

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"pennytie/configs"
	"pennytie/providers/fake"
	"pennytie/providers/internal/rest"
	"pennytie/reconcile"
)

// memory is a cache that may refuse.
type memory struct {
	mu     sync.Mutex
	values map[string][]byte
	broken bool
}

func (m *memory) Get(_ context.Context, key string) ([]byte, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken {
		return nil, false, errors.New("cache is closed")
	}
	value, known := m.values[key]
	return value, known, nil
}

func (m *memory) Put(_ context.Context, key string, value []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken {
		return errors.New("cache is closed")
	}
	m.values[key] = value
	return nil
}

func (a *account) fillCustomers() {
	for n := range 7 {
		a.put(day(n), plain(fmt.Sprintf("p%d", n), day(n), map[string]any{"customer_email": nil, "customer_id": "cus-1",
			"invoices": []any{map[string]any{"invoice_id": "inv-1", "amount": "1000"}}}))
	}
	a.put(day(8), plain("p8", day(8), map[string]any{"customer_email": "", "customer_id": "cus-gone", "customer_name": "Eve Example"}))
	a.put(day(9), plain("p9", day(9), map[string]any{"customer_id": "cus-unasked"}))
	a.Put("customers", day(0), map[string]any{"id": "cus-1", "customer_name": "Bo Example", "email": " bo@example.com ", "external_id": "crm-9",
		"phone_number": "+1-555-0100", "address": map[string]any{"line1": "1 Main St", "city": "Springfield", "zipCode": "12345",
			"country": "United States", "country_code": "us"}})
	a.Put("invoices", day(0), map[string]any{"id": "inv-1", "external_id": "order-77", "status": "paid"})
}

func TestCustomers(t *testing.T) {
	a := newAccount(t)
	a.fillCustomers()
	for _, null := range []bool{false, true} {
		a.NotFoundNull = null
		page := pull(t, a.provider(t), "")
		for _, r := range page.Payments[:7] {
			f := r.Facts
			if len(f.Emails) != 1 || f.Emails[0] != "bo@example.com" || f.Name != "Bo Example" || f.Payer.Phone != "+1-555-0100" ||
				f.Payer.Address != "1 Main St" || f.Payer.City != "Springfield" || f.Payer.PostalCode != "12345" || f.Payer.Country != "US" ||
				f.Payer.Metadata["customer_external_id"] != "crm-9" || f.Payer.Reference != "" {
				t.Errorf("%s: %+v", r.ID, f)
			}
		}
		if f := page.Payments[7].Facts; len(f.Emails) != 0 || f.Name != "Eve Example" {
			t.Errorf("a customer that is gone: %+v", f)
		}
	}
	for path, want := range map[string]int{"/customers/cus-1": 2, "/customers/cus-gone": 2, "/customers/cus-unasked": 0, "/invoices/inv-1": 0} {
		if got := a.Requests(path); got != want { // once in each of two runs
			t.Errorf("%s was asked %d times, want %d", path, got, want)
		}
	}
	page := pull(t, a.provider(t, func(c *Config) { c.SkipCustomers = true }), "")
	if len(page.Payments[0].Facts.Emails) != 0 || a.Requests("/customers/cus-1") != 2 {
		t.Error("customers were asked although they should be skipped")
	}
	a.Fault(fake.Fault{Path: "/customers/*", Do: fake.Status(http.StatusInternalServerError, "{}")})
	if _, err := tryPull(t, a.provider(t), ""); !errors.Is(err, reconcile.ErrTransient) {
		t.Errorf("a look-up that fails gives %v", err)
	}
}

func TestCache(t *testing.T) {
	a := newAccount(t)
	a.fillCustomers()
	cache := &memory{values: map[string][]byte{}}
	with := func(c *Config) { c.Cache, c.Invoices = cache, true }
	first := told(pull(t, a.provider(t, with), ""))
	asked := a.Requests("/customers/cus-1") + a.Requests("/invoices/inv-1")
	page := pull(t, a.provider(t, with), "")
	if again := a.Requests("/customers/cus-1") + a.Requests("/invoices/inv-1"); asked != 2 || again != asked || told(page) != first {
		t.Errorf("asked %d times, then %d", asked, again)
	}
	if f := page.Payments[0].Facts; f.Payer.Reference != "order-77" || f.Payer.Metadata["invoice_id"] != "inv-1" || f.Emails[0] != "bo@example.com" {
		t.Errorf("facts %+v", f)
	}
	if _, known := cache.values["customer/cus-gone"]; known || len(cache.values) != 2 {
		t.Errorf("the cache holds %v", cache.values)
	}
	cache.values["customer/cus-1"] = []byte(`{"email":7,"name":"Nobody"}`) // asked again
	if f := pull(t, a.provider(t, with), "").Payments[0].Facts; f.Emails[0] != "bo@example.com" || f.Name != "Bo Example" {
		t.Errorf("an unreadable entry: %+v", f)
	}
	cache.broken = true
	if got := told(pull(t, a.provider(t, with), "")); got != first {
		t.Errorf("without the cache: %s", got)
	}
}

// A refund is held against its parent, whether that is on its page, on one before, or nowhere.
func TestRefundParents(t *testing.T) {
	a := newAccount(t)
	refund := func(id, parent string, n int) {
		a.put(day(n), plain(id, day(n), map[string]any{"type": "refund", "parent_id": parent}))
	}
	a.put(testSince.AddDate(-1, 0, 0), plain("old", testSince.AddDate(-1, 0, 0), nil))
	a.put(testSince.AddDate(-1, 0, 0), plain("old-refund", testSince.AddDate(-1, 0, 0), map[string]any{"type": "refund", "parent_id": "old"}))
	a.put(day(1), plain("p1", day(1), nil))
	refund("r1", "p1", 2)
	refund("r2", "old", 3)
	refund("r3", "old", 4)
	refund("r4", "old-refund", 5)
	refund("r5", "unheard-of", 6)
	refund("r6", "unheard-of", 40)
	refund("r7", "r1", 41)
	page := pull(t, a.provider(t), "")
	var ids []string
	for _, r := range page.Refunds {
		ids = append(ids, r.ID+">"+r.Keys[0].ID)
	}
	if got := strings.Join(ids, " "); got != "r1>p1 r2>old r3>old r5>unheard-of r6>unheard-of" {
		t.Errorf("refunds %s", got)
	}
	aside := page.Quarantined
	if len(aside) != 2 || !strings.Contains(aside[0].Reason, "refund of a refund") || aside[1].Field != "parent_id" {
		t.Errorf("quarantined %+v", aside)
	}
	for path, want := range map[string]int{
		"/payments/p1": 0, "/payments/r1": 0, "/payments/old": 1, "/payments/old-refund": 1, "/payments/unheard-of": 1,
	} {
		if got := a.Requests(path); got != want {
			t.Errorf("%s was asked %d times, want %d", path, got, want)
		}
	}
	a.Fault(fake.Fault{Path: "/payments/old", Do: fake.Status(http.StatusInternalServerError, "{}")})
	if _, err := tryPull(t, a.provider(t), ""); !errors.Is(err, reconcile.ErrTransient) {
		t.Errorf("a look-up that fails gives %v", err)
	}
}

func TestFetch(t *testing.T) {
	a := newAccount(t)
	a.fill(t)
	ref := func(kind, id string) reconcile.Ref { return reconcile.Ref{Kind: kind, ID: id} }
	for _, null := range []bool{false, true} {
		a.NotFoundNull = null
		page, err := a.provider(t).Fetch(t.Context(), []reconcile.Ref{
			ref(reconcile.RefPayment, "p1"), ref(reconcile.RefRefund, "r1"), ref(reconcile.RefDispute, "cb1"), ref(reconcile.RefDetail, "tax"),
			ref(reconcile.RefPayment, "gone"), ref(reconcile.RefPayment, ""), ref(reconcile.RefRefund, "a/b?c"), ref(reconcile.RefPayment, "bad"),
		})
		want := "payment 1000 USD succeeded; detail 100 USD ; refund 1000 USD pending open; dispute 1000 USD lost; quarantine amount: amount is missing"
		if got := told(page); err != nil || got != want {
			t.Errorf("got  %s, %v\nwant %s", got, err, want)
		}
	}
	if _, err := a.provider(t).Fetch(t.Context(), []reconcile.Ref{ref("lead", "p1")}); !errors.Is(err, reconcile.ErrInvalid) {
		t.Errorf("another kind: %v", err)
	}
	const uuid = "00000000-0d44-4b50-8888-8dd25736052a"
	for name, c := range map[string]struct {
		id   string
		do   fake.Action
		want error
	}{
		"no UUID refused": {"p1", fake.ZenskarError(422, []any{}), nil},
		"a UUID refused":  {uuid, fake.ZenskarError(422, []any{}), reconcile.ErrInvalid},
		"null":            {uuid, fake.Null(), nil},
		"array":           {uuid, fake.Status(200, "[]"), reconcile.ErrInvalid},
		"another id":      {uuid, fake.Status(200, `{"id":"x"}`), reconcile.ErrInvalid},
		"500":             {uuid, fake.Status(500, "{}"), reconcile.ErrTransient},
		"401":             {uuid, fake.ZenskarError(401, "no"), reconcile.ErrAuth},
		"429":             {uuid, fake.ZenskarError(429, "no"), reconcile.ErrRateLimited},
		"gone for good":   {uuid, fake.ZenskarError(410, "no"), nil},
	} {
		b := newAccount(t)
		b.Fault(fake.Fault{Do: c.do})
		page, err := b.provider(t).Fetch(t.Context(), []reconcile.Ref{ref(reconcile.RefPayment, c.id)})
		if !errors.Is(err, c.want) || told(page) != "" {
			t.Errorf("%s: %s, %v", name, told(page), err)
		}
	}
	// A row that the service refuses to show is neither gone nor the end of the others.
	a.Fault(fake.Fault{Path: "/payments/p2", Do: fake.ZenskarError(403, "no")})
	page, err := a.provider(t).Fetch(t.Context(), []reconcile.Ref{
		ref(reconcile.RefPayment, "p2"), ref(reconcile.RefPayment, "p1"), ref(reconcile.RefPayment, "gone")})
	want := reconcile.Quarantine{Source: source, File: "/payments/p2", ID: "p2",
		Reason: "the service refuses to show this row by id (403); check the permissions of the key"}
	if err != nil || len(page.Payments) != 1 || page.Payments[0].ID != "p1" || len(page.Quarantined) != 1 ||
		!reflect.DeepEqual(page.Quarantined[0], want) {
		t.Errorf("refused: %+v, %v", page, err)
	}
}

// One customer, invoice or parent that cannot be read must not stop the account for ever.
func TestLookUpsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		do   fake.Action
		want error
	}{
		"400":           {fake.ZenskarError(400, "no"), nil},
		"403":           {fake.ZenskarError(403, "no"), nil},
		"404":           {fake.ZenskarError(404, "no"), nil},
		"405":           {fake.ZenskarError(405, "no"), nil},
		"410":           {fake.ZenskarError(410, "no"), nil},
		"422":           {fake.ZenskarError(422, []any{}), nil},
		"null":          {fake.Null(), nil},
		"array":         {fake.Status(200, `[]`), nil},
		"text":          {fake.Status(200, `"x"`), nil},
		"another":       {fake.Status(200, `{"id":"other"}`), nil},
		"a field twice": {fake.Status(200, `{"id":"x","id":"y"}`), nil},
		"401":           {fake.ZenskarError(401, "no"), reconcile.ErrAuth},
		"429":           {fake.ZenskarError(429, "no"), reconcile.ErrRateLimited},
		"500":           {fake.ZenskarError(500, "no"), reconcile.ErrTransient},
		"html":          {fake.HTML(), reconcile.ErrTransient},
		"reset":         {fake.Reset(), reconcile.ErrTransient},
	} {
		for _, path := range []string{"/customers/*", "/invoices/*", "/payments/far"} {
			a := newAccount(t)
			a.fillCustomers()
			a.put(day(10), plain("r1", day(10), map[string]any{"type": "refund", "parent_id": "far"}))
			a.Fault(fake.Fault{Path: path, Do: c.do})
			core, logs := observer.New(zap.WarnLevel)
			cache := &memory{values: map[string][]byte{}}
			cfg := a.config()
			cfg.Cache, cfg.Invoices = cache, true
			p, err := New(cfg, zap.New(core))
			if err != nil {
				t.Fatal(err)
			}
			page, err := tryPull(t, p, "")
			if !errors.Is(err, c.want) {
				t.Errorf("%s %s: %v, want %v", path, name, err, c.want)
				continue
			}
			if c.want != nil {
				continue
			}
			if len(page.Payments) != 9 || len(page.Refunds) != 1 || len(page.Refunds[0].Keys) != 1 || page.Refunds[0].Keys[0].ID != "far" ||
				len(page.Quarantined) > 0 {
				t.Errorf("%s %s: %s", path, name, told(page))
			}
			if known := a.Requests("/customers/cus-1"); known != 1 {
				t.Errorf("%s %s: a customer was asked for %d times", path, name, known)
			}
			prefix, _ := strings.CutSuffix(strings.TrimPrefix(path, "/"), "s/*")
			for key := range cache.values {
				if strings.HasPrefix(key, prefix) {
					t.Errorf("%s %s: %s is kept for the next run", path, name, key)
				}
			}
			if logs.Len() > 1 {
				t.Errorf("%s %s: %d lines in the log", path, name, logs.Len())
			}
			if name == "403" && logs.Len() == 0 {
				t.Errorf("%s %s: nobody is told", path, name)
			}
		}
	}
}

// What was paid after since may have been entered before it.
func TestEarly(t *testing.T) {
	a := newAccount(t)
	made := testSince.AddDate(0, 0, -20)
	a.put(made, plain("early", made, map[string]any{"timestamp": naive(testSince.Add(time.Hour))}))
	for field, rows := range map[string]int{DateCreated: 1, DateTimestamp: 1} {
		page := pull(t, a.provider(t, func(c *Config) { c.DateField = field }), "")
		if len(page.Payments) != rows || !page.Covers.From.Equal(testSince) {
			t.Errorf("%s: %s, covers %v", field, told(page), page.Covers)
		}
	}
}

// The requests are what the vendor's pages show.
func TestRequests(t *testing.T) {
	for name, c := range map[string]struct {
		key    string
		change func(*Config)
		query  string
		header map[string]string
	}{
		"default": {testKey, func(*Config) {}, "created_at__gte=2026-01-29T00%3A00%3A00&created_at__lte=2026-02-28T00%3A00%3A00&limit=3&order=created_at",
			map[string]string{"x-api-key": testKey, "organisation": testOrg, "apiversion": "20230501", "Authorization": "", "Accept": "application/json"}},
		"timestamp, offset, no order, version": {testKey, func(c *Config) {
			c.DateField, c.Paging, c.NoOrder, c.APIVersion = DateTimestamp, PageByOffset, true, "20240301"
		}, "limit=3&offset=0&timestamp__gte=1772323200&timestamp__lte=1774007940", map[string]string{"apiversion": "20240301"}},
		"token": {"eyJhbGci.eyJzdWIi.c2ln", func(*Config) {}, "",
			map[string]string{"x-api-key": "", "Authorization": "Bearer eyJhbGci.eyJzdWIi.c2ln", "organisation": testOrg}},
	} {
		a := newAccount(t)
		a.Zenskar = fake.NewZenskar(c.key, testOrg, func() time.Time { return testNow })
		var got *http.Request
		server, err := fake.Listen(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { got = r; a.ServeHTTP(w, r) }))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = server.Close() }()
		a.url = server.URL()
		p := a.provider(t, func(cfg *Config) {
			cfg.Since, cfg.Key = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), configs.NewSecret(c.key)
			c.change(cfg)
		})
		if _, err := p.Pull(t.Context(), ""); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if c.query != "" && got.URL.RawQuery != c.query {
			t.Errorf("%s: asked %s\nwant %s", name, got.URL.RawQuery, c.query)
		}
		for key, want := range c.header {
			if got.Header.Get(key) != want {
				t.Errorf("%s: header %s is %q, want %q", name, key, got.Header.Get(key), want)
			}
		}
		if err := p.Probe(t.Context()); err != nil || got.URL.RawQuery != "limit=1" || got.Method != http.MethodGet {
			t.Errorf("%s: probe %v, %s", name, err, got.URL)
		}
	}
	a := newAccount(t)
	if err := a.provider(t, func(c *Config) { c.Organisation = "org-2" }).Probe(t.Context()); !errors.Is(err, reconcile.ErrAuth) {
		t.Errorf("another organisation: %v", err)
	}
	a.NoOrder = true
	if _, err := a.provider(t).Pull(t.Context(), ""); !errors.Is(err, reconcile.ErrInvalid) || !strings.Contains(err.Error(), "no_order") {
		t.Errorf("an order that is refused: %v", err)
	}
}

func TestConfig(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Config)
		want   error
	}{
		"good":            {func(*Config) {}, nil},
		"default URL":     {func(c *Config) { c.BaseURL, c.AllowInsecureLoopback = "", false }, nil},
		"no source":       {func(c *Config) { c.Source = "" }, reconcile.ErrInvalid},
		"no key":          {func(c *Config) { c.Key = configs.Secret{} }, reconcile.ErrAuth},
		"key of lines":    {func(c *Config) { c.Key = configs.NewSecret("zk_x\ny") }, reconcile.ErrAuth},
		"no org":          {func(c *Config) { c.Organisation = "" }, reconcile.ErrInvalid},
		"org of lines":    {func(c *Config) { c.Organisation = "a\r\nb" }, reconcile.ErrInvalid},
		"version":         {func(c *Config) { c.APIVersion = "2023 05" }, reconcile.ErrInvalid},
		"role":            {func(c *Config) { c.Role = "king" }, reconcile.ErrInvalid},
		"page size":       {func(c *Config) { c.PageSize = 101 }, reconcile.ErrInvalid},
		"page size -1":    {func(c *Config) { c.PageSize = -1 }, reconcile.ErrInvalid},
		"rate":            {func(c *Config) { c.RequestsPerSecond = -1 }, reconcile.ErrInvalid},
		"overlap":         {func(c *Config) { c.Overlap = -1 }, reconcile.ErrInvalid},
		"unit":            {func(c *Config) { c.AmountUnit = "cents" }, reconcile.ErrInvalid},
		"paging":          {func(c *Config) { c.Paging = "page" }, reconcile.ErrInvalid},
		"connector":       {func(c *Config) { c.Connectors = map[string]string{"": "stripe"} }, reconcile.ErrInvalid},
		"connector of us": {func(c *Config) { c.Connectors = map[string]string{"x": "zenskar"} }, reconcile.ErrInvalid},
		"date field":      {func(c *Config) { c.DateField = "settled_at" }, reconcile.ErrInvalid},
		"plain http":      {func(c *Config) { c.AllowInsecureLoopback = false }, reconcile.ErrInvalid},
		"address of two":  {func(c *Config) { c.BaseURL = "https://user:pw@api.zenskar.com" }, reconcile.ErrInvalid},
	} {
		cfg := Config{Account: rest.Account{Source: source, BaseURL: "http://127.0.0.1:1", AllowInsecureLoopback: true},
			Key: configs.NewSecret(testKey), Organisation: testOrg}
		c.change(&cfg)
		p, err := New(cfg, zap.NewNop())
		if !errors.Is(err, c.want) || (err == nil) != (p != nil) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if err != nil && (!strings.HasPrefix(err.Error(), "zenskar: ") || strings.Contains(err.Error(), "zk_")) {
			t.Errorf("%s: %v", name, err)
		}
	}
	cfg, err := Config{Account: rest.Account{Source: source}, Key: configs.NewSecret(testKey), Organisation: testOrg}.checked()
	if err != nil || cfg.Role != reconcile.RoleBook || cfg.RequestsPerSecond != 2 || cfg.PageSize != 100 || cfg.Overlap != 72*time.Hour ||
		cfg.AmountUnit != UnitMinor || cfg.Paging != PageByCursor || cfg.DateField != DateCreated || cfg.APIVersion != "20230501" {
		t.Errorf("defaults %+v, %v", cfg, err)
	}
}

// One provider may be used by several goroutines.
func TestConcurrentUse(t *testing.T) {
	a := newAccount(t)
	a.fill(t)
	p := a.provider(t)
	want := told(pull(t, p, ""))
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			refs := []reconcile.Ref{{Kind: reconcile.RefRefund, ID: "r2"}, {Kind: reconcile.RefPayment, ID: "p3"}}
			if page, err := p.Fetch(t.Context(), refs); err != nil {
				t.Error(told(page), err)
			}
			if got, err := tryPull(t, p, ""); err != nil || told(got) != want {
				t.Error(told(got), err)
			}
		})
	}
	all.Wait()
}
