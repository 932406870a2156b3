package wepay

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
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

const testStage = "stage_canary_token"

func stageSecret() configs.Secret { return configs.NewSecret(testStage) }

func TestConfig(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Config)
		want   error
	}{
		"good":               {func(*Config) {}, nil},
		"stage":              {func(c *Config) { c.Environment, c.Token = Stage, stageSecret() }, nil},
		"live by name":       {func(c *Config) { c.Environment, c.BaseURL = Live, "https://api.wepay.com/" }, nil},
		"no source":          {func(c *Config) { c.Source = "" }, reconcile.ErrInvalid},
		"no app":             {func(c *Config) { c.AppID = "" }, reconcile.ErrInvalid},
		"app with a line":    {func(c *Config) { c.AppID = "1\n" }, reconcile.ErrInvalid},
		"date of payment":    {func(c *Config) { c.PaymentDate = "settle" }, reconcile.ErrInvalid},
		"no token":           {func(c *Config) { c.Token = configs.Secret{} }, reconcile.ErrAuth},
		"token with blank":   {func(c *Config) { c.Token = configs.NewSecret("a canary") }, reconcile.ErrAuth},
		"stage token live":   {func(c *Config) { c.Token = stageSecret() }, reconcile.ErrAuth},
		"live token stage":   {func(c *Config) { c.Environment = Stage }, reconcile.ErrAuth},
		"stage host live":    {func(c *Config) { c.BaseURL = "https://STAGE-api.wepay.com" }, reconcile.ErrInvalid},
		"live host stage":    {func(c *Config) { c.Environment, c.Token, c.BaseURL = Stage, stageSecret(), "https://api.wepay.com" }, reconcile.ErrInvalid},
		"other environment":  {func(c *Config) { c.Environment = "test" }, reconcile.ErrInvalid},
		"version with blank": {func(c *Config) { c.APIVersion = "3 0" }, reconcile.ErrInvalid},
		"role":               {func(c *Config) { c.Role = "witness" }, reconcile.ErrInvalid},
		"owner":              {func(c *Config) { c.OwnerID = "a/b" }, reconcile.ErrInvalid},
		"page size":          {func(c *Config) { c.PageSize = 51 }, reconcile.ErrInvalid},
		"page size negative": {func(c *Config) { c.PageSize = -1 }, reconcile.ErrInvalid},
		"overlap":            {func(c *Config) { c.Overlap = -1 }, reconcile.ErrInvalid},
		"rate":               {func(c *Config) { c.RequestsPerSecond = -1 }, reconcile.ErrInvalid},
		"path":               {func(c *Config) { c.BaseURL = "https://api.wepay.com/v3" }, reconcile.ErrInvalid},
		"plain http":         {func(c *Config) { c.BaseURL = "http://api.wepay.com" }, reconcile.ErrInvalid},
		"password":           {func(c *Config) { c.BaseURL = "https://user:canary@api.wepay.com" }, reconcile.ErrInvalid},
		"no address":         {func(c *Config) { c.BaseURL = "https://canary\x7f" }, reconcile.ErrInvalid},
		"a word of both":     {func(c *Config) { c.LostWords = []string{" WON "} }, reconcile.ErrInvalid},
	} {
		cfg := Config{Account: rest.Account{Source: source}, AppID: testApp, Token: configs.NewSecret(testToken)}
		c.change(&cfg)
		p, err := New(cfg, zap.NewNop())
		if !errors.Is(err, c.want) || (err == nil) != (p != nil) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if err != nil && (!strings.HasPrefix(err.Error(), "wepay: ") || strings.Contains(err.Error(), "canary")) {
			t.Errorf("%s: %v", name, err)
		}
		if strings.Contains(name, "app") && (errors.Is(err, reconcile.ErrAuth) || !strings.Contains(err.Error(), "options.app_id ")) {
			t.Errorf("%s does not say where to mend it: %v", name, err)
		}
	}
	cfg, err := Config{Account: rest.Account{Source: source}, AppID: testApp, Token: stageSecret(), Environment: Stage}.checked()
	if err != nil || cfg.BaseURL != "https://stage-api.wepay.com" || cfg.PageSize != 50 || cfg.RequestsPerSecond != 3 ||
		cfg.AttemptTimeout != 35*time.Second || cfg.Overlap != 72*time.Hour || cfg.APIVersion != "3.0" ||
		cfg.RecordsKey != "results" || cfg.PaymentDate != Capture || cfg.TrustCustomData || cfg.Role != reconcile.RoleProcessor {
		t.Errorf("defaults: %+v, %v", cfg, err)
	}
}

// requests keeps what was asked.
type requests struct {
	mu   sync.Mutex
	seen []*http.Request
}

func (r *requests) record(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r.mu.Lock()
		r.seen = append(r.seen, req.Clone(context.Background()))
		r.mu.Unlock()
		next.ServeHTTP(w, req)
	})
}

func TestWhatIsAsked(t *testing.T) {
	a, asked := newAccount(t).business(), &requests{}
	a.Fault(fake.Fault{Do: asked.record})
	p := a.provider(t, func(c *Config) { c.OwnerID, c.APIVersion, c.PageSize = "acc-1", "3.1", 2 })
	pull(t, p)
	if _, err := p.Fetch(t.Context(), []reconcile.Ref{{Kind: reconcile.RefDispute, ID: "dp-1"}}); err != nil {
		t.Fatal(err)
	}
	lists := 0
	for _, r := range asked.seen {
		if r.Method != http.MethodGet || r.Header.Get("App-Id") != testApp || r.Header.Get("App-Token") != testToken ||
			r.Header.Get("Api-Version") != "3.1" || r.Header.Get("Content-Type") != "application/json" || r.ContentLength > 0 {
			t.Fatalf("%s %s with %v", r.Method, r.URL, r.Header)
		}
		if query := r.URL.Query(); query.Has("create_time_start") {
			lists++
			if query.Get("owner_id") != "acc-1" || query.Get("page_size") != "2" || !query.Has("create_time_end") {
				t.Errorf("asked %s", r.URL)
			}
		}
		if strings.Contains(r.URL.String(), "canary") {
			t.Errorf("the token is in %s", r.URL)
		}
	}
	if lists < 9 {
		t.Errorf("%d windows of three lists", lists)
	}
	first := asked.seen[0].URL.Query()
	if want := fmt.Sprint(since.Add(-8*24*time.Hour).Unix() - 1); first.Get("create_time_start") != want {
		t.Errorf("the first window begins at %s, want %s", first.Get("create_time_start"), want)
	}
}

// Rows on the edges of windows and of Since are there, whichever bounds the service means.
func TestEdgesOfWindows(t *testing.T) {
	for _, open := range []bool{false, true} {
		a := newAccount(t)
		a.OpenBounds = open
		var want []string
		for i, made := range []time.Time{since, at(30).Add(-time.Second), at(30), at(30).Add(time.Second), at(60), today.Add(-61 * time.Second)} {
			id := fmt.Sprintf("pay-%d", i)
			a.Put("payments", made, payment(id, made))
			want = append(want, id)
		}
		got := paymentIDs(pull(t, a.provider(t)))
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("open bounds %v: %v", open, got)
		}
	}
}

// A pull that follows reads what is new, and what changed within the overlap.
func TestNextPull(t *testing.T) {
	a := newAccount(t).business()
	p := a.provider(t)
	var last reconcile.Page
	for from := reconcile.Cursor(""); ; from = last.Next {
		var err error
		if last, err = p.Pull(t.Context(), from); err != nil {
			t.Fatal(err)
		}
		if !last.More {
			break
		}
	}
	young := today.Add(-48 * time.Hour)
	a.clock.Advance(time.Hour)
	a.Put("payments", young, payment("pay-late", young)) // made before the mark, listed after it
	a.Put("payments", today, payment("pay-new", today))
	page, err := p.Pull(t.Context(), last.Next)
	if err != nil || fmt.Sprint(paymentIDs(page)) != "[pay-new pay-late]" {
		t.Errorf("%v, %v", paymentIDs(page), err)
	}
}

// Both names of the rows, both ways to name the next page, and a list of refunds or none.
func TestAssumptions(t *testing.T) {
	want := pull(t, newAccount(t).business().provider(t))
	for name, c := range map[string]struct {
		fake func(*fake.WePay)
		cfg  func(*Config)
	}{
		"rows by another name":           {func(w *fake.WePay) { w.RecordsKey = "payments_list" }, func(c *Config) { c.RecordsKey = "payments_list" }},
		"rows by an unknown name":        {func(w *fake.WePay) { w.RecordsKey = "items" }, func(*Config) {}},
		"the next page as an address":    {func(w *fake.WePay) { w.AbsoluteNext = true }, func(*Config) {}},
		"bounds that are not in windows": {func(w *fake.WePay) { w.OpenBounds = true }, func(*Config) {}},
	} {
		a := newAccount(t).business()
		c.fake(a.WePay)
		got := pull(t, a.provider(t, c.cfg))
		if g, w := distinct(got), distinct(want); g != w {
			t.Errorf("%s: %s\nwant %s", name, g, w)
		}
	}

	a := newAccount(t).business()
	a.NoRefundList = true
	a.Put("payments", at(7), with(payment("pay-3", at(7)), object{"amount_refunded": 500}))
	if _, err := tryPull(a.provider(t)); !isKind(err, reconcile.ErrInvalid) || !strings.Contains(err.Error(), "no_refund_list") {
		t.Errorf("no list of refunds: %v", err)
	}
	p := a.provider(t, func(c *Config) { c.NoRefundList = true })
	got := pull(t, p)
	claimed := false
	for _, r := range got.Payments {
		claimed = claimed || r.ID == "pay-3" && r.Facts.RefundedAmount.Minor == 500 && r.Facts.RefundStatus == reconcile.RefundPartial
	}
	if !claimed || len(got.Refunds) > 0 || len(got.Disputes) != len(want.Disputes) {
		t.Errorf("without a list of refunds: %+v", got)
	}
	page, err := p.Fetch(t.Context(), []reconcile.Ref{{Kind: reconcile.RefRefund, ID: "rf-1"}})
	if err != nil || len(page.Refunds) != 1 {
		t.Errorf("a single refund: %+v, %v", page, err)
	}

	words := func(c *Config) { c.WonWords, c.LostWords = []string{"upheld"}, []string{"merchant_won"} }
	for _, d := range pull(t, newAccount(t).business().provider(t, words)).Disputes {
		if d.ID == "dp-won" && d.Status != reconcile.DisputeLost {
			t.Errorf("other words: %+v", d)
		}
	}
}

// distinct names the rows of a pull: on the edge of two windows a row may come twice.
func distinct(page reconcile.Page) string {
	ids := paymentIDs(page)
	for _, r := range page.Refunds {
		ids = append(ids, "refund "+r.ID)
	}
	for _, d := range page.Disputes {
		ids = append(ids, "dispute "+d.ID)
	}
	slices.Sort(ids)
	return fmt.Sprint(slices.Compact(ids))
}

// A throttle by WePay's own count is waited out, whatever its status.
func TestLimit(t *testing.T) {
	for _, status := range []int{0, 400, 403} {
		a := newAccount(t).business()
		a.Limit, a.ThrottleStatus = 5, status
		p := a.provider(t, func(c *Config) {
			c.MaxAttempts = 30
			c.Sleep = func(_ context.Context, d time.Duration) error { a.clock.Advance(d); return nil }
		})
		if got := len(paymentIDs(pull(t, p))); got != 24 {
			t.Errorf("status %d: %d payments", status, got)
		}
	}
}

func TestOwner(t *testing.T) {
	a := newAccount(t)
	a.Put("payments", at(1), payment("pay-1", at(1)))
	a.Put("payments", at(1), with(payment("pay-2", at(1)), object{"owner": ref("accounts", "acc-2")}))
	a.Put("refunds", at(2), refund("rf-2", "pay-2", at(2)))
	mine := func(c *Config) { c.OwnerID = "acc-1" }
	page := pull(t, a.provider(t, mine))
	if fmt.Sprint(paymentIDs(page)) != "[pay-1]" || len(page.Quarantined)+len(page.Refunds) != 0 {
		t.Errorf("filtered: %+v", page)
	}
	page, err := a.provider(t, mine).Fetch(t.Context(), []reconcile.Ref{{Kind: reconcile.RefPayment, ID: "pay-2"}})
	if err != nil || len(page.Payments) != 0 {
		t.Fatalf("%+v, %v", page, err)
	}
	oneQuarantined(t, page, "/payments/pay-2", "owner.id", "another account")
}

func TestFetch(t *testing.T) {
	a := newAccount(t).business()
	p := a.provider(t)
	before := a.Requests("")
	page, err := p.Fetch(t.Context(), []reconcile.Ref{
		{Kind: reconcile.RefPayment, ID: ""}, {Kind: reconcile.RefPayment, ID: "../refunds"}, {Kind: reconcile.RefPayment, ID: "a?b"},
		{Kind: reconcile.RefPayment, ID: ".."}, {Kind: reconcile.RefDispute, ID: strings.Repeat("x", 300)},
	})
	if err != nil || a.Requests("") != before || len(page.Payments) != 0 {
		t.Errorf("what cannot be an id: %+v, %v", page, err)
	}
	page, err = p.Fetch(t.Context(), []reconcile.Ref{{Kind: reconcile.RefPayment, ID: "PAY-3"}, {Kind: reconcile.RefPayment, ID: "pay-3"}, {Kind: reconcile.RefPayment, ID: "Pay-3"}})
	if err != nil || fmt.Sprint(paymentIDs(page)) != "[PAY-3 pay-3]" {
		t.Errorf("ids that differ in case: %v, %v", paymentIDs(page), err)
	}
	if _, err := p.Fetch(t.Context(), []reconcile.Ref{{Kind: reconcile.RefDetail, ID: "pay-3"}}); !isKind(err, reconcile.ErrInvalid) {
		t.Errorf("a kind that WePay has not: %v", err)
	}
	for name, c := range map[string]struct {
		do   fake.Action
		want error // nil: left out
	}{
		"404":            {fake.Status(404, `{}`), nil},
		"404 throttled":  {fake.WePayThrottled(404, ""), reconcile.ErrRateLimited},
		"404 forbidden":  {fake.WePayError(404, "NOT_AUTHORIZED", ""), reconcile.ErrAuth},
		"400":            {fake.WePayError(400, "INVALID_PARAMS", ""), reconcile.ErrInvalid},
		"500":            {fake.Status(500, `{}`), reconcile.ErrTransient},
		"null":           {fake.Null(), reconcile.ErrInvalid},
		"empty object":   {fake.EmptyObject(), reconcile.ErrInvalid},
		"list":           {fake.Status(200, `[]`), reconcile.ErrInvalid},
		"another row":    {fake.Status(200, `{"id":"pay-4"}`), reconcile.ErrInvalid},
		"in other case":  {fake.Status(200, `{"id":"PAY-3"}`), reconcile.ErrInvalid},
		"error with 200": {fake.Status(200, `{"error_code":"X"}`), reconcile.ErrInvalid},
	} {
		a.ClearFaults()
		a.Fault(fake.Fault{Path: "/payments/pay-3", Do: c.do})
		page, err := p.Fetch(t.Context(), []reconcile.Ref{{Kind: reconcile.RefPayment, ID: "pay-1"}, {Kind: reconcile.RefPayment, ID: "pay-3"}})
		if !errors.Is(err, c.want) || (err == nil) != (len(page.Payments) == 1) {
			t.Errorf("%s: %+v, %v", name, paymentIDs(page), err)
		}
	}
}

// One row that is refused or gone does not hold back the others; what is refused is told, so that nobody takes it for gone.
func TestFetchGoesOn(t *testing.T) {
	const reason = "the service refuses to show this row by id (403); check the permissions of the key"
	for name, c := range map[string]struct {
		do      fake.Action
		refused bool
	}{
		"404": {fake.Status(404, `{}`), false}, "410": {fake.Status(410, `{}`), false},
		"403": {fake.Status(403, `{}`), true}, "403 with a code": {fake.WePayError(403, "NOT_AUTHORIZED", "x@example.com"), true},
	} {
		for collection, id := range map[string]string{"payments": "pay-3", "refunds": "rf-1", "disputes": "dp-1"} {
			a := newAccount(t).business()
			path := "/" + collection + "/" + id
			a.Fault(fake.Fault{Path: path, Do: c.do})
			page, err := a.provider(t).Fetch(t.Context(), []reconcile.Ref{
				{Kind: reconcile.RefPayment, ID: "pay-1"}, {Kind: strings.TrimSuffix(collection, "s"), ID: id},
				{Kind: reconcile.RefPayment, ID: "pay-2"}})
			if err != nil || fmt.Sprint(paymentIDs(page)) != "[pay-1 pay-2]" || len(page.Refunds)+len(page.Disputes) > 0 {
				t.Errorf("%s of %s: %+v, %v", name, id, page, err)
				continue
			}
			var want []reconcile.Quarantine
			if c.refused {
				want = []reconcile.Quarantine{{Source: source, File: path, ID: id, Reason: reason}}
			}
			same(t, name, page.Quarantined, want)
		}
	}
}

// memory is a cache, which fails when told to.
type memory struct {
	mu   sync.Mutex
	rows map[string][]byte
	fail bool
}

func (m *memory) Get(_ context.Context, key string) ([]byte, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail {
		return nil, false, errors.New("the cache is broken")
	}
	value, known := m.rows[key]
	return value, known, nil
}

func (m *memory) Put(_ context.Context, key string, value []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail {
		return errors.New("the cache is broken")
	}
	m.rows[key] = value
	return nil
}

func TestPayers(t *testing.T) {
	a := newAccount(t).business()
	methods := func() (n int) {
		for i := range 10 {
			n += a.Requests(fmt.Sprintf("/payment_methods/pm-%d", i))
		}
		return n
	}
	named := func(page reconcile.Page) (n int) {
		for _, r := range page.Payments {
			if r.Facts.Name != "" && len(r.Facts.Emails) == 1 {
				n++
			}
		}
		return n
	}
	cached := &memory{rows: map[string][]byte{"payment_method/pm-1": []byte("no JSON")}}
	with := func(c *Config) { c.Cache = cached }
	p := a.provider(t, with)
	first := pull(t, p)
	if methods() != 10 || len(cached.rows) != 10 || named(first) == 0 {
		t.Fatalf("%d look-ups, %d cached, %d named", methods(), len(cached.rows), named(first))
	}
	pull(t, p)
	again := pull(t, a.provider(t, with))
	if methods() != 10 || named(again) != named(first) {
		t.Errorf("%d look-ups in later runs, %d named", methods(), named(again))
	}
	cached.fail = true
	if broken := pull(t, a.provider(t, with)); methods() != 20 || named(broken) != named(first) {
		t.Errorf("%d look-ups with a broken cache, %d named", methods(), named(broken))
	}
	if bare := pull(t, a.provider(t, func(c *Config) { c.SkipPayers = true })); methods() != 20 || named(bare) != 0 {
		t.Errorf("%d look-ups though they are off, %d named", methods(), named(bare))
	}
	for _, r := range first.Payments {
		if r.ID == "pay-7" && (r.Facts.Name != "" || r.Facts.Emails != nil) {
			t.Error("a bank account has a payer")
		}
	}
}

// A payment is never taken without its payer because of a hiccup, but without one who is not known.
func TestPayersThatFail(t *testing.T) {
	for name, c := range map[string]struct {
		do   fake.Action
		want error
	}{
		"404":           {fake.Status(404, `{}`), nil},
		"410":           {fake.Status(410, `{}`), nil},
		"400":           {fake.WePayError(400, "INVALID_PARAMS", ""), nil},
		"400, not ours": {fake.WePayError(400, "NOT_AUTHORIZED", ""), nil},
		"403":           {fake.Status(403, `{}`), nil},
		"403, not ours": {fake.WePayError(403, "NOT_AUTHORIZED", ""), nil},
		"401":           {fake.Status(401, `{}`), reconcile.ErrAuth},
		"429":           {fake.Status(429, `{}`), reconcile.ErrRateLimited},
		"409":           {fake.Status(409, `{}`), reconcile.ErrTransient},
		"422":           {fake.Status(422, `{}`), reconcile.ErrInvalid},
		"500":           {fake.Status(500, `{"m":"payer3@example.com"}`), reconcile.ErrTransient},
		"throttled":     {fake.WePayThrottled(400, ""), reconcile.ErrRateLimited},
		"reset":         {fake.Reset(), reconcile.ErrTransient},
		"null":          {fake.Null(), reconcile.ErrInvalid},
		"another":       {fake.Status(200, `{"id":"pm-4","credit_card":{"card_holder":{"holder_name":"x"}}}`), reconcile.ErrInvalid},
		"no holder":     {fake.Status(200, `{"id":"pm-3","credit_card":null}`), nil},
		"odd holder":    {fake.Status(200, `{"id":"pm-3","credit_card":{"card_holder":["x"]}}`), nil},
		"odd details":   {fake.Status(200, `{"id":"pm-3","credit_card":{"card_holder":{"holder_name":{},"email":[],"phone":7,"address":"x"}}}`), nil},
	} {
		a := newAccount(t).business()
		a.Fault(fake.Fault{Path: "/payment_methods/pm-3", Do: c.do})
		cached := &memory{rows: map[string][]byte{}}
		p := a.provider(t, func(c *Config) { c.Cache = cached })
		page, err := tryPull(p)
		if !errors.Is(err, c.want) || (err == nil) != (len(page.Payments) > 0) || err != nil && strings.Contains(err.Error(), "example") {
			t.Errorf("%s: %d payments, %v", name, len(page.Payments), err)
		}
		if _, kept := cached.rows["payment_method/pm-3"]; kept != (c.want == nil && strings.Trim(name[:1], "0123456789") != "") {
			t.Errorf("%s: cached %v", name, kept)
		}
		if c.want != nil {
			continue
		}
		asked := a.Requests("/payment_methods/pm-3")
		if _, err := tryPull(p); err != nil || asked != 1 || a.Requests("/payment_methods/pm-3") != 1 {
			t.Errorf("%s: asked %d times, then %d, %v", name, asked, a.Requests("/payment_methods/pm-3"), err)
		}
	}
}

// TestSecretsNeverShow prints and logs all that has to do with the token, while faults happen.
func TestSecretsNeverShow(t *testing.T) {
	a := newAccount(t).business()
	core, logs := observer.New(zap.DebugLevel)
	var kept Config
	a.provider(t, func(c *Config) { kept = *c })
	p, err := New(kept, zap.New(core))
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for _, value := range []any{kept, &kept, p, *p, *p.client, p.payers} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
			fmt.Fprintf(&out, verb, value)
		}
	}
	for _, do := range []fake.Action{fake.Status(500, `{"m":"`+testToken+` payer1@example.com"}`), fake.HTML(), fake.WePayThrottled(400, "")} {
		a.ClearFaults()
		a.Fault(fake.Fault{Nth: 3, Times: -1, Do: do})
		_, err := tryPull(p)
		fmt.Fprint(&out, err)
	}
	if logs.Len() == 0 {
		t.Error("retries are not logged")
	}
	for _, entry := range logs.All() {
		fmt.Fprint(&out, entry.Message, entry.ContextMap())
	}
	for _, canary := range []string{testToken, fmt.Sprintf("%x", testToken), "example.com", "page_size"} {
		if strings.Contains(out.String(), canary) {
			t.Errorf("%q shows", canary)
		}
	}
}

// Pulls of one provider at the same time read the same.
func TestConcurrent(t *testing.T) {
	a := newAccount(t).business()
	p := a.provider(t)
	want := len(pull(t, p).Payments)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			if page, err := tryPull(p); err != nil || len(page.Payments) != want {
				t.Errorf("%d payments, %v", len(page.Payments), err)
			}
		})
	}
	group.Wait()
}
