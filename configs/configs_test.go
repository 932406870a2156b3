package configs

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// write puts a configuration into a fresh folder.
func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pennytie.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func same(t *testing.T, got, want *Config) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Config{})); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestExampleLoads(t *testing.T) {
	path := write(t, Example)
	c, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	dir, halfYear := filepath.Dir(path), DefaultRescanDays
	want := Default()
	want.Store, want.ReportsDir = filepath.Join(dir, "pennytie.db"), filepath.Join(dir, "reports")
	want.Sources = []Source{{
		Name: "stripe-main", Provider: "stripe", Role: "processor", BaseURL: "https://api.stripe.com",
		KeyEnv: "STRIPE_API_KEY", Since: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Options: map[string]any{},
		RescanDays: &halfYear, RescanNights: DefaultRescanNights,
	}}
	same(t, c, want)
}

// TestExampleUncommented loads the parts of the example that are comments, so that they stay true.
func TestExampleUncommented(t *testing.T) {
	keys := regexp.MustCompile(`^( *)# (- name:|records:|(?:  )+[a-z_]+:)`) // a comment on a key begins with another #
	var lines []string
	for _, line := range strings.Split(Example, "\n") {
		if keys.MatchString(line) {
			line = strings.Replace(line, "# ", "", 1)
		}
		lines = append(lines, line)
	}
	c, err := Load(write(t, strings.Join(lines, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	var providers []string
	for _, s := range c.Sources {
		providers = append(providers, s.Provider)
		if online := services()[s.Provider]; online.role != s.Role && s.Provider != ProviderFiles || s.Claims == "" && s.Role == RoleBook {
			t.Errorf("%+v", s)
		}
	}
	if want := []string{"stripe", "wepay", "aura", "cents", "zenskar", "files"}; !slices.Equal(providers, want) || c.Records.Leads.IsZero() {
		t.Errorf("the commented part was not read: %v", providers)
	}
}

// everyKey is a configuration with every key, none of them at its default.
const everyKey = `organization_id: acme
timezone: America/New_York
store: /var/lib/p.db
reports_dir: out/reports
pii: masked
allow_insecure_loopback: true
default_country: DE
sources:
  - name: s1
    provider: stripe
    base_url: http://127.0.0.1:12111
    key_file: ./key
    since: 2026-03-01
    options: {requests_per_second: 0.5, page_size: 10, products: true, more: [a, {b: 1}], text: "1"}
  - {name: f1, provider: files, role: processor, path: ./payments/*.csv, refunds_path: r.csv}
  - {name: a1, provider: aura, claims: some, grace_hours: 0, rescan_days: 0, rescan_nights: 3}
records:
  leads: ./leads.csv
  calls: {source: a1}
  products:
    source: a1
matching: {auto_confirm: 1, suggest: 0.5001, margin: 0, call_window_days: 30, claim_window_days: 3}
verify: {grace_hours: 0}
review: {audit_share: 0.25, audit_seed: 7}
push: {enabled: true, max_per_run: 7}
handoff:
  formats: [xlsx, hledger]
  tax_rate: No VAT (0%)
  accounts:
    clearing: {name: "Assets:Owed by {source}:{currency}", code: "10-{currency}"}
    bank: {name: Postbank, code: "1"}
    sales: {name: S, code: "2"}
    refunds: {name: S, code: "2"}
    disputes: {name: D, code: "4"}
    fees: {name: "Kosten:Gebühren", code: "5"}
    suspense: {name: Später, code: "6"}
schedule: []
`

func TestEveryKey(t *testing.T) {
	path := write(t, everyKey)
	c, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	none, halfYear := 0, DefaultRescanDays
	in := func(name string) string { return filepath.Join(filepath.Dir(path), name) }
	want := &Config{
		OrganizationID: "acme", Timezone: "America/New_York", Store: "/var/lib/p.db",
		ReportsDir: in("out/reports"), PII: "masked", AllowInsecureLoopback: true, DefaultCountry: "DE",
		Sources: []Source{{
			Name: "s1", Provider: "stripe", Role: "processor", BaseURL: "http://127.0.0.1:12111", KeyFile: in("key"),
			Since: time.Date(2026, 3, 1, 5, 0, 0, 0, time.UTC),
			Options: map[string]any{
				"requests_per_second": 0.5, "page_size": int64(10), "products": true,
				"more": []any{"a", map[string]any{"b": int64(1)}}, "text": "1",
			}, RescanNights: DefaultRescanNights,
		}, {
			Name: "f1", Provider: "files", Role: "processor", Path: in("payments/*.csv"), Format: "canonical",
			RefundsPath: in("r.csv"),
		}, {
			Name: "a1", Provider: "aura", Role: "book", BaseURL: "https://api.aura-app.ai", KeyEnv: "AURA_API_KEY",
			Claims: ClaimsSome, GraceHours: &none, RescanDays: &none, RescanNights: 3,
		}},
		Records: Records{
			Leads: RecordSource{Path: in("leads.csv")}, Calls: RecordSource{Source: "a1"},
			Products: RecordSource{Source: "a1"},
		},
		Matching: Matching{AutoConfirm: 10000, Suggest: 5001, Margin: 0, CallWindowDays: 30, ClaimWindowDays: 3},
		Review:   Review{AuditShare: 2500, AuditSeed: 7},
		Push:     Push{Enabled: true, MaxPerRun: 7}, Schedule: []Job{},
		Handoff: Handoff{Formats: []string{"xlsx", "hledger"}, TaxRate: "No VAT (0%)", Accounts: Accounts{
			Clearing: Account{"Assets:Owed by {source}:{currency}", "10-{currency}"}, Bank: Account{"Postbank", "1"},
			Sales: Account{"S", "2"}, Refunds: Account{"S", "2"}, Disputes: Account{"D", "4"},
			Fees: Account{"Kosten:Gebühren", "5"}, Suspense: Account{"Später", "6"},
		}},
	}
	same(t, c, want)
	if got := c.Where("sources[0].options.page_size"); !strings.HasSuffix(got, "pennytie.yaml:14:41") {
		t.Errorf("Where = %s", got)
	}

	want.Sources[0].RescanDays = &halfYear   // what config show prints has every default
	again, err := Load(write(t, c.String())) // what config show prints is a configuration
	if err != nil {
		t.Fatalf("%v\n%s", err, c)
	}
	same(t, again, want)
}

func TestDefaults(t *testing.T) {
	const text = "\ufeff---\r\n# a comment\r\nsources:\r\n- name: f\r\n  provider: files\r\n  path: /a.csv\r\n"
	c, err := Load(write(t, text))
	if err != nil {
		t.Fatal(err)
	}
	want := Source{Name: "f", Provider: "files", Role: "book", Path: "/a.csv", Format: "canonical", Claims: ClaimsAll}
	if diff := cmp.Diff(want, c.Sources[0]); diff != "" {
		t.Error(diff)
	}
	if got := c.Where("sources[0].path"); !strings.HasSuffix(got, ":6:3") {
		t.Errorf("line of a file with CRLF: %s", got)
	}
	loc, err := c.Location()
	if err != nil || loc.String() != "UTC" {
		t.Errorf("Location = %v, %v", loc, err)
	}
}

func TestValidateOfAConfigMadeInCode(t *testing.T) {
	c := Default()
	c.Sources = []Source{{Name: "f", Provider: "files", Role: "book", Path: "x", Format: "canonical"}}
	if err := c.Validate(); err != nil {
		t.Error(err)
	}
	c.Matching.Suggest = -1
	c.Records.Leads = RecordSource{Path: "a", Source: "f"}
	err := c.Validate()
	for _, want := range []string{
		"configuration: matching.suggest: must be from 0 to 1, is -0.0001",
		"records.leads: names a path and a source",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in\n%v", want, err)
		}
	}
	if c.Where("store") != "configuration" {
		t.Error(c.Where("store"))
	}
}

// TestManyProblemsAtOnce: a person mends a file in one go.
func TestManyProblemsAtOnce(t *testing.T) {
	_, err := Load(write(t, "sources: []\npii: some\ntimezone: Mars/Base\nmatching: {suggest: 0.99}\n"))
	for _, want := range []string{
		`:2:1: pii: unknown value "some"`, ":3:1: timezone: unknown timezone",
		":4:12: matching.suggest: must not be above",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in\n%v", want, err)
		}
	}
	_, err = Load(write(t, "sources: []\n"+strings.Repeat("x: 1\n", 50)))
	if err == nil || !strings.Contains(err.Error(), "and 30 more problems") {
		t.Errorf("%v", err)
	}
}
