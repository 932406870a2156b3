package zenskar

import (
	"bytes"
	"net/http"
	"testing"
	"time"

	"pennytie/configs"
	"pennytie/providers/fake"
	"pennytie/providers/providertest"
	"pennytie/reconcile"
)

// fill puts rows of every kind over three months, two of them at one instant.
func (a *account) fill(t testing.TB) {
	a.put(day(1), plain("p1", day(1), nil))
	a.put(day(2), plain("p2", day(2), map[string]any{"external_id": "pi_2", "status": "partially_refunded", "amount_refunded": "400"}))
	a.put(day(2), plain("p3", day(2), map[string]any{"customer_email": nil, "customer_id": "cus-1"}))
	a.put(day(5), plain("r2", day(5), map[string]any{"type": "refund", "parent_id": "p2", "amount": "-400"}))
	a.put(day(20), plain("a1", day(20), map[string]any{"type": "authorization", "status": "authorized"}))
	a.put(day(33), plain("p4", day(33), map[string]any{"status": "failed", "customer_email": nil, "customer_id": "cus-gone"}))
	a.put(day(40), plain("bad", day(40), map[string]any{"amount": ""}))
	a.put(day(41), plain("cb1", day(41), map[string]any{"payment_method": "charge_back", "parent_id": "p1"}))
	a.put(day(42), plain("tax", day(42), map[string]any{"type": "tax_withheld", "parent_id": "p1", "amount": "100"}))
	a.put(day(50), documented(t, nil))
	a.put(day(70), plain("r1", day(70), map[string]any{"type": "refund", "parent_id": "p1", "status": "in_progress"}))
	a.put(day(70), plain("rr", day(70), map[string]any{"type": "refund", "parent_id": "r2"}))
	a.put(day(77), plain("p5", day(77), map[string]any{"status": "created"}))
	a.Put("customers", day(0), map[string]any{"id": "cus-1", "customer_name": "Bo Example", "email": "bo@example.com"})
}

func TestContract(t *testing.T) {
	a := newAccount(t)
	a.fill(t)
	broken := func(nth int, do fake.Action) func(t *testing.T) reconcile.Provider {
		return func(t *testing.T) reconcile.Provider {
			b := newAccount(t)
			b.fill(t)
			b.Fault(fake.Fault{Path: pathPayments, Nth: nth, Times: -1, Do: do})
			return b.provider(t)
		}
	}
	replace := func(old, replacement string) fake.Action {
		return fake.Edit(func(body []byte) []byte { return bytes.ReplaceAll(body, []byte(old), []byte(replacement)) })
	}
	page := func(next string) fake.Action {
		return fake.Status(http.StatusOK, `{"results":[{"id":"x"},{"id":"y"},{"id":"z"}],"next":`+next+`,"total_count":9}`)
	}
	body := `{"detail":"ann@example.com ` + testKey + `"}`
	providertest.Run(t, providertest.Harness{
		New: func(t *testing.T) reconcile.Provider { return a.provider(t) },
		Sized: func(t *testing.T, size int) reconcile.Provider {
			return a.provider(t, func(c *Config) { c.PageSize = size })
		},
		BadKey: func(t *testing.T) reconcile.Provider {
			return a.provider(t, func(c *Config) { c.Key = configs.NewSecret("zk_wrong_canary") })
		},
		Hanging: func(t *testing.T) reconcile.Provider {
			b := newAccount(t)
			b.Fault(fake.Fault{Do: fake.Slow(time.Minute)})
			return b.provider(t)
		},
		Broken: map[string]func(t *testing.T) reconcile.Provider{
			"html":                broken(2, fake.HTML()),
			"null":                broken(2, fake.Null()),
			"empty object":        broken(2, fake.EmptyObject()),
			"array":               broken(2, fake.Status(http.StatusOK, `[]`)),
			"truncated":           broken(2, fake.CutJSON()),
			"cut":                 broken(2, fake.CutBody()),
			"results null":        broken(2, fake.Status(http.StatusOK, `{"results":null,"next":null,"total_count":0}`)),
			"results an object":   broken(2, fake.Status(http.StatusOK, `{"results":{},"next":null}`)),
			"results missing":     broken(1, replace(`"results"`, `"rows"`)),
			"same cursor":         broken(1, page(`"c1"`)),
			"more without cursor": broken(1, page(`"https://api.zenskar.com/payments?limit=3"`)),
			"next an object":      broken(1, page(`{}`)),
			"next missing":        broken(1, fake.Status(http.StatusOK, `{"results":[{"id":"x"},{"id":"y"},{"id":"z"}]}`)),
			"pages by offset":     broken(1, page(`null`)),
			"500":                 broken(2, fake.Status(http.StatusInternalServerError, body)),
			"429":                 broken(2, fake.Status(http.StatusTooManyRequests, body)),
			"422":                 broken(2, fake.Status(http.StatusUnprocessableEntity, body)),
			"403":                 broken(2, fake.Status(http.StatusForbidden, body)),
			"redirect":            broken(2, fake.Redirect("https://attacker.example.com/payments")),
			"reset":               broken(2, fake.Reset()),
			"key twice":           broken(1, replace(`"amount":"1000"`, `"amount":"1000","AMOUNT":"9"`)),
			"customers fail": func(t *testing.T) reconcile.Provider {
				b := newAccount(t)
				b.fill(t)
				b.Fault(fake.Fault{Path: "/customers/*", Do: fake.Status(http.StatusInternalServerError, body)})
				return b.provider(t)
			},
		},
		Source:     source,
		Canaries:   []string{testKey, "zk_wrong_canary", "example.com", "created_at__gte", "order="},
		WithoutFee: []string{"p1", "p2", "p3"},
	})
}

// The other answers to what is assumed must read the same rows.
func TestAssumptionsSwitched(t *testing.T) {
	base := newAccount(t)
	base.fill(t)
	want := told(pull(t, base.provider(t), ""))
	for name, c := range map[string]struct {
		server func(*fake.Zenskar)
		config func(*Config)
	}{
		"offset":         {func(z *fake.Zenskar) { z.OffsetPaging = true }, func(c *Config) { c.Paging = PageByOffset }},
		"offset, one":    {func(z *fake.Zenskar) { z.OffsetPaging = true }, func(c *Config) { c.Paging, c.PageSize = PageByOffset, 1 }},
		"next as URL":    {func(z *fake.Zenskar) { z.NextAsURL = true }, func(*Config) {}},
		"major units":    {func(z *fake.Zenskar) { z.MajorUnits = true }, func(c *Config) { c.AmountUnit = UnitMajor }},
		"null not found": {func(z *fake.Zenskar) { z.NotFoundNull = true }, func(*Config) {}},
		"limit":          {func(z *fake.Zenskar) { z.MaxLimit = 2 }, func(c *Config) { c.PageSize = 2 }},
	} {
		a := newAccount(t)
		a.fill(t)
		c.server(a.Zenskar)
		if got := told(pull(t, a.provider(t, c.config), "")); got != want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, want)
		}
	}
	// Without an order, and windowed by timestamp, the order differs but not the rows.
	for name, change := range map[string]func(*fake.Zenskar, *Config){
		"no order":  func(z *fake.Zenskar, c *Config) { z.NoOrder, c.NoOrder = true, true },
		"timestamp": func(_ *fake.Zenskar, c *Config) { c.DateField = DateTimestamp },
	} {
		a := newAccount(t)
		a.fill(t)
		got := pull(t, a.provider(t, func(c *Config) { change(a.Zenskar, c) }), "")
		all := pull(t, base.provider(t), "")
		if len(got.Payments) != len(all.Payments) || len(got.Refunds) != len(all.Refunds) || len(got.Disputes) != len(all.Disputes) ||
			len(got.Quarantined) != len(all.Quarantined) {
			t.Errorf("%s: %s\nwant %s", name, told(got), told(all))
		}
	}
}
