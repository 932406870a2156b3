package fake_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"

	"pennytie/providers/fake"
)

// raw asks once and says what came, without decoding or following redirects.
func raw(t *testing.T, address string) (status int, header http.Header, body string, err error) {
	t.Helper()
	request, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+testKey)
	request.Header.Set("Stripe-Version", fake.StripeVersion)
	once := &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport:     &http.Transport{DisableKeepAlives: true},
	}
	response, err := once.Do(request)
	if err != nil {
		return 0, nil, "", err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	return response.StatusCode, response.Header, string(text), err
}

func TestFaults(t *testing.T) {
	const healthy = `"has_more":true`
	for name, c := range map[string]struct {
		do     fake.Action
		status int // 0 is a broken connection
		header string
		text   string
		broken bool // the body ends too early
	}{
		"429 with a wait": {fake.StripeRateLimited("endpoint-rate", "3"), 429, "Retry-After", "rate_limit",
			false},
		"429 without": {fake.StripeRateLimited("global-rate", ""), 429, "Stripe-Rate-Limited-Reason",
			"rate", false},
		"500":            {fake.StripeDown(), 500, "", "api_error", false},
		"403":            {fake.StripeForbidden("rak_charge_read"), 403, "", "rak_charge_read", false},
		"any status":     {fake.Status(418, "{}", "X-Tea", "pot"), 418, "X-Tea", "{}", false},
		"html":           {fake.HTML(), 200, "", "<html>", false},
		"null":           {fake.Null(), 200, "", "null", false},
		"empty object":   {fake.EmptyObject(), 200, "", "{}", false},
		"cut body":       {fake.CutBody(), 200, "", `"object":"list"`, true},
		"cut json":       {fake.CutJSON(), 200, "", `"object":"list"`, false},
		"malformed item": {fake.MalformedItem(3), 200, "", `"amount":"ten"`, false},
		"replaced item":  {fake.ReplaceItem(0, "]["), 200, "", `"data":[][,`, false},
		"no has_more":    {fake.NoHasMore(), 200, "", `"data"`, false},
		"empty page":     {fake.EmptyPage(), 200, "", `"data":[],"has_more":true`, false},
		"redirect":       {fake.Redirect("http://elsewhere.example.net/"), 302, "Location", "", false},
		"reset":          {fake.Reset(), 0, "", "", true},
		"drip":           {fake.Drip(400, time.Millisecond), 200, "", healthy, false},
		"chain":          {fake.Chain(fake.Slow(time.Millisecond), fake.Null()), 200, "", "null", false},
		"has_more first": {fake.EditPage(func(p *fake.Page) { p.HasMoreFirst = true }), 200, "",
			`{"object":"list","has_more":true,"data":[`, false},
	} {
		t.Run(name, func(t *testing.T) {
			s, _, base := start(t)
			putCharges(s, 30)
			s.Fault(fake.Fault{Path: "/v1/charges", Nth: 2, Do: c.do})
			for i := 1; i <= 3; i++ {
				status, header, body, err := raw(t, base+"/v1/charges?limit=5")
				if i != 2 {
					if status != 200 || err != nil || !strings.Contains(body, healthy) {
						t.Fatalf("request %d must be healthy: %d %v %s", i, status, err, body)
					}
					continue
				}
				if status != c.status || (err != nil) != c.broken || !strings.Contains(body, c.text) {
					t.Fatalf("%d %v %s", status, err, body)
				}
				if c.header != "" && header.Get(c.header) == "" {
					t.Fatalf("no %s in %v", c.header, header)
				}
				if name == "no has_more" && strings.Contains(body, "has_more") {
					t.Fatal("has_more is still there")
				}
			}
		})
	}
}

func TestFaultSelection(t *testing.T) {
	s, _, base := start(t)
	putCharges(s, 5)
	hits := func(path string, n int) string {
		out := ""
		for range n {
			status, _, _, _ := raw(t, base+path)
			out += map[bool]string{true: ".", false: "x"}[status == 200]
		}
		return out
	}
	down := fake.StripeDown()
	for _, c := range []struct {
		fault fake.Fault
		want  string
	}{
		{fake.Fault{Do: down}, "xxxxxx"},
		{fake.Fault{Nth: 1, Do: down}, "x....."},
		{fake.Fault{Nth: 2, Times: 3, Do: down}, ".xxx.."},
		{fake.Fault{Times: 2, Do: down}, "xx...."},
		{fake.Fault{Nth: 4, Times: -1, Do: down}, "...xxx"},
		{fake.Fault{Path: "/v1/refunds", Do: down}, "......"},
		{fake.Fault{Path: "/v1/*", Do: down}, "xxxxxx"},
	} {
		s.ClearFaults()
		s.Fault(c.fault)
		if got := hits("/v1/charges", 6); got != c.want {
			t.Errorf("%+v: %s, want %s", c.fault, got, c.want)
		}
	}
	var soak [2]string
	for i := range soak {
		s.ClearFaults()
		s.Fault(fake.Fault{Every: 0.3, Seed: 7, Do: down})
		soak[i] = hits("/v1/charges", 60)
	}
	if n := strings.Count(soak[0], "x"); soak[0] != soak[1] || n < 8 || n > 30 {
		t.Errorf("%s\n%s", soak[0], soak[1])
	}
	if s.Requests("/v1/charges") != s.Requests("") || s.Requests("/v1/refunds") != 0 {
		t.Error("requests are miscounted")
	}
}

func TestCursorLoop(t *testing.T) {
	s, _, base := start(t)
	putCharges(s, 8)
	s.Fault(fake.Fault{Path: "/v1/charges", Do: fake.RepeatPage("starting_after")})
	_, first, _ := get(t, base+"/v1/charges?limit=5")
	_, second, _ := get(t, base+"/v1/charges?limit=5&starting_after=ch_0003")
	if fmt.Sprint(ids(first)) != fmt.Sprint(ids(second)) || second["has_more"] != true {
		t.Errorf("%v then %v", ids(first), ids(second))
	}
}

func TestInsertWhilePaging(t *testing.T) {
	s, _, base := start(t)
	putCharges(s, 10)
	insert := func(id string, at time.Time) func() {
		return func() {
			s.Put("charges", at, map[string]any{"id": id, "created": at.Unix()})
		}
	}
	s.Fault(fake.Fault{Nth: 1, Do: fake.After(insert("ch_new", to))})
	s.Fault(fake.Fault{Nth: 1, Do: fake.After(insert("ch_0000x", from))})
	s.Fault(fake.Fault{Nth: 2, Do: fake.Before(insert("ch_0000y", from))})
	var seen []string
	query := "?limit=6"
	for {
		_, page, _ := get(t, base+"/v1/charges"+query)
		seen = append(seen, ids(page)...)
		if page["has_more"] != true {
			break
		}
		query = "?limit=6&starting_after=" + seen[len(seen)-1]
	}
	// The new head is not seen; what came in below the cursor is, and nothing twice.
	if want := "ch_0000y ch_0000x ch_0000"; len(seen) != 12 || strings.Join(seen[9:], " ") != want {
		t.Errorf("%v", seen)
	}
}

func TestSDKSeesErrors(t *testing.T) {
	s, _, base := start(t)
	putCharges(s, 3)
	s.Fault(fake.Fault{Nth: 1, Do: fake.StripeRateLimited("endpoint-rate", "1")})
	list := sdk(base).Charges.List(&stripe.ChargeListParams{ListParams: stripe.ListParams{Single: true}})
	var problem *stripe.Error
	if list.Next() || !errors.As(list.Err(), &problem) || problem.HTTPStatusCode != 429 ||
		problem.Code != stripe.ErrorCodeRateLimit || problem.RequestID == "" {
		t.Fatalf("%v", list.Err())
	}
}

func TestManyClientsAtOnce(t *testing.T) {
	s, clock, base := start(t)
	putCharges(s, 50)
	var group sync.WaitGroup
	for worker := range 4 {
		group.Go(func() {
			for i := range 20 {
				if worker == 0 {
					at := from.Add(time.Duration(i) * time.Minute)
					s.Put("charges", at, map[string]any{"id": fmt.Sprintf("ch_x%d", i),
						"created": at.Unix()})
					clock.Advance(time.Second)
				}
				if status, _, _, err := raw(t, base+"/v1/charges?limit=100"); status != 200 || err != nil {
					t.Errorf("%d %v", status, err)
				}
			}
		})
	}
	group.Wait()
}
