package aura

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pennytie/providers/internal/rest"
	"pennytie/providers/internal/rows"
	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

func day(y, m, d int) time.Time { return time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC) }

func amount(minor int64, currency money.Currency) *money.Amount {
	a := money.New(minor, currency)
	return &a
}

// TestFields reads the documented examples.
func TestFields(t *testing.T) {
	id := func(kind, n int) string {
		return fmt.Sprintf("0a1b2c3d-%d%d%d%d-4000-8000-%012d", kind, kind, kind, kind, n)
	}
	own := func(n int) reconcile.Key { return reconcile.Key{Provider: "aura", Account: org, ID: id(0, n)} }
	record := func(n int, keys []reconcile.Key, open bool, f reconcile.Facts) reconcile.SourceRecord {
		return reconcile.SourceRecord{Source: source, Provider: "aura", Role: reconcile.RoleBook, Kind: reconcile.KindPayment,
			ID: id(0, n), Keys: append(keys, own(n)), Open: open, Facts: f}
	}
	want := map[string]reconcile.SourceRecord{}
	for _, r := range []reconcile.SourceRecord{
		record(1, []reconcile.Key{{Provider: "stripe", ID: "pi_3NanExample"}}, false, reconcile.Facts{
			Provider: "stripe", ProviderPaymentID: "pi_3NanExample", Status: reconcile.StatusSucceeded, ProviderStatus: "succeeded",
			Amount: amount(250000, "USD"), PaymentDate: time.Date(2026, 2, 3, 15, 4, 5, 0, time.UTC),
			CreatedAt: time.Date(2026, 2, 3, 15, 4, 6, 123456000, time.UTC), Emails: []string{"Ann.Example+a@example.com"},
			Name: "Ann Example", LeadID: id(1, 1), CallID: id(2, 1), StripeChargeID: "ch_3NanExample", StripeCustomerID: "cus_ann",
			StripeSubscriptionID: "sub_ann", StripeProductID: "prod_gold",
			RefundStatus: reconcile.RefundNone, RefundedAmount: amount(0, "USD"),
		}),
		record(2, []reconcile.Key{{Provider: "stripe", ID: "ch_only"}}, false, reconcile.Facts{
			Provider: "stripe", ProviderPaymentID: "ch_only", Status: reconcile.StatusSucceeded, ProviderStatus: "succeeded",
			Amount: amount(120000, "USD"), PaymentDate: time.Date(2026, 2, 4, 8, 0, 0, 0, time.UTC), LeadID: id(1, 2),
			StripeChargeID: "ch_only", RefundStatus: reconcile.RefundPartial, RefundedAmount: amount(20000, "USD"),
			RefundedAt: time.Date(2026, 2, 20, 9, 0, 0, 0, time.UTC), RefundReason: "requested_by_customer", RefundID: "re_1",
		}),
		record(3, []reconcile.Key{{Provider: "wepay", ID: "AbC-Def-1"}}, true, reconcile.Facts{
			Provider: "wepay", ProviderPaymentID: "AbC-Def-1", Status: reconcile.StatusPending, ProviderStatus: "pending",
			Amount: amount(5000, "CAD"), PaymentDate: day(2026, 3, 18), DayOnly: true, CreatedAt: day(2026, 3, 18),
			Emails: []string{"bo@example.com"}, Name: "Bo Example",
		}),
		record(4, nil, false, reconcile.Facts{
			ProviderPaymentID: id(0, 4), Status: reconcile.StatusRefunded, ProviderStatus: "refunded", Amount: amount(700, "JPY"),
			PaymentDate: day(2026, 1, 9), CreatedAt: day(2026, 1, 9), LeadID: id(1, 4), RefundStatus: reconcile.RefundFull,
			RefundedAmount: amount(700, "JPY"), RefundedAt: day(2026, 1, 15),
		}),
	} {
		want[r.ID] = r
	}
	got := byID(pull(t, newAccount(t).provider(t)))
	for name := range got {
		if want[name].ID == "" {
			delete(got, name)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for _, r := range want {
		if r.ID == id(0, 1) && r.Claims() != "stripe" || r.ID == id(0, 4) && r.Claims() != "aura" {
			t.Errorf("%s claims a payment of %s", r.ID, r.Claims())
		}
	}
}

// one converts one row.
func one(t testing.TB, cfg Config, text string) (reconcile.SourceRecord, error) {
	t.Helper()
	cfg.Source, cfg.Key = source, (&account{}).config().Key
	cfg, err := cfg.checked()
	if err != nil {
		t.Fatal(err)
	}
	item := rows.ItemOf[paymentRow](json.RawMessage(text))
	if item.Err != nil {
		t.Fatal(item.Err)
	}
	return (&converter{rules: cfg.rules(), now: testNow}).payment(&item.Value)
}

// doubts is what a record says against itself, in one line.
func doubts(f reconcile.Facts) string {
	var all []string
	for _, d := range f.Doubts {
		all = append(all, fmt.Sprintf("%s %s %s/%s", d.Code, d.Field, d.Expected, d.Actual))
	}
	return strings.Join(all, "; ")
}

// TestStatusAndRefund tells for every status and refunded amount what it is read as.
func TestStatusAndRefund(t *testing.T) {
	for _, c := range []struct {
		status, refunded, word string // JSON
		want                   string // status, refund status, refunded amount
		doubt                  string
	}{
		{`"pending"`, ``, ``, "pending  - open", ""},
		{`"pending"`, `0`, ``, "pending none 0.00 open", ""},
		{`"pending"`, `400`, ``, "pending none - open", "REFUND_MISMATCH refunded_amount 0.00/4.00"},
		{`"failed"`, `null`, `"none"`, "failed none -", ""},
		{`"failed"`, `0`, `"failed"`, "failed none 0.00", ""},
		{`"failed"`, `1000`, ``, "failed none -", "REFUND_MISMATCH refunded_amount 0.00/10.00"},
		{`"succeeded"`, `null`, ``, "succeeded  -", ""},
		{`"succeeded"`, `0`, ``, "succeeded none 0.00", ""},
		{`"succeeded"`, `"400"`, ``, "succeeded partial 4.00", ""},
		{`"succeeded"`, `400.0`, `"partial"`, "succeeded partial 4.00", ""},
		{`"succeeded"`, `4e2`, `"done by Ann"`, "succeeded partial 4.00", ""},
		{`"succeeded"`, `999`, ``, "succeeded partial 9.99", ""},
		{`"refunded"`, `999`, ``, "succeeded partial 9.99", "REFUND_MISMATCH refunded_amount 10.00/9.99"},
		{`"succeeded"`, `1000`, `"full"`, "succeeded full 10.00", "REFUND_MISMATCH status refunded/succeeded"},
		{`"refunded"`, `1000`, `"FULL"`, "refunded full 10.00", ""},
		{`"refunded"`, `null`, `null`, "refunded full -", ""},
		{`"refunded"`, `0`, ``, "refunded full -", "REFUND_MISMATCH refunded_amount 10.00/0.00"},
		{`"refunded"`, `400`, ``, "succeeded partial 4.00", "REFUND_MISMATCH refunded_amount 10.00/4.00"},
		{`" Succeeded "`, ``, ``, "succeeded  -", ""},
		{`"SUCCEEDED"`, ``, ``, "succeeded  -", ""},
		{`"on_hold"`, ``, ``, "pending  - open", "STATUS_MISMATCH status a known status/on_hold"},
		{`null`, ``, ``, "pending  - open", "STATUS_MISMATCH status a known status/"},
		{``, ``, ``, "pending  - open", "STATUS_MISMATCH status a known status/"},
		{`""`, ``, ``, "pending  - open", "STATUS_MISMATCH status a known status/"},
		{`"on_hold"`, `400`, ``, "pending none - open",
			"STATUS_MISMATCH status a known status/on_hold; REFUND_MISMATCH refunded_amount 0.00/4.00"},
		{`"succeeded"`, `0`, `"pending"`, "succeeded pending 0.00 open", ""},
		{`"succeeded"`, ``, `"failed"`, "succeeded failed -", ""},
		{`"succeeded"`, `400`, `"full"`, "succeeded partial 4.00", "REFUND_MISMATCH refund_status partial/full"},
		{`"succeeded"`, `400`, `"pending"`, "succeeded partial 4.00", "REFUND_MISMATCH refund_status partial/pending"},
		{`"succeeded"`, `400`, `"none"`, "succeeded partial 4.00", "REFUND_MISMATCH refund_status partial/none"},
		{`"succeeded"`, `0`, `"full"`, "succeeded none 0.00", "REFUND_MISMATCH refund_status none/full"},
		{`"succeeded"`, ``, `"full"`, "succeeded  -", "REFUND_MISMATCH refund_status a refunded amount/full"},
	} {
		text := row(t, "status", c.status, "refunded_amount", c.refunded, "refund_status", c.word, "payment_date",
			`"2026-03-10T00:00:00Z"`,
			"created_at", "")
		got, f := one(t, Config{}, text)
		if f != nil {
			t.Errorf("%s: %v", text, f)
			continue
		}
		refunded := "-"
		if got.Facts.RefundedAmount != nil {
			refunded = got.Facts.RefundedAmount.String()
		}
		line := fmt.Sprintf("%s %s %s", got.Facts.Status, got.Facts.RefundStatus, refunded)
		if got.Open {
			line += " open"
		}
		if line != c.want || doubts(got.Facts) != c.doubt {
			t.Errorf("status %s, refunded %s, %s:\n got %s (%s)\nwant %s (%s)", c.status, c.refunded, c.word, line,
				doubts(got.Facts), c.want, c.doubt)
		}
		if word := strings.Trim(c.status, `" `); word != "null" && got.Facts.ProviderStatus != word {
			t.Errorf("status %s is kept as %q", c.status, got.Facts.ProviderStatus)
		}
	}
}

// What folds from these readings is what they say.
func TestRefundsFold(t *testing.T) {
	for _, c := range []struct {
		status, refunded string
		want             string
	}{
		{`"refunded"`, `0`, "refunded full 10.00"}, {`"refunded"`, `null`, "refunded full 10.00"},
		{`"refunded"`, `1000`, "refunded full 10.00"},
		{`"refunded"`, `400`, "succeeded partial 4.00"}, {`"succeeded"`, `1000`, "refunded full 10.00"},
		{`"failed"`, `400`, "failed none 0.00"},
		{`"pending"`, `1000`, "pending none 0.00"},
	} {
		r, f := one(t, Config{}, row(t, "status", c.status, "refunded_amount", c.refunded))
		if f != nil {
			t.Fatal(f)
		}
		p, found, is := reconcile.Fold(org, reconcile.Known{Records: []reconcile.SourceRecord{r}})
		if got := fmt.Sprintf("%s %s %s", p.Status, p.Refund.Status, p.Refund.Amount); !is || got != c.want || len(found) > 0 {
			t.Errorf("%s with %s refunded is %s, want %s; %v", c.status, c.refunded, got, c.want, found)
		}
	}
}

func TestRefundTraces(t *testing.T) {
	for _, c := range []struct{ field, value, status, refunded, word, want string }{
		{"stripe_refund_id", `"re_9"`, `"succeeded"`, `0`, ``, "REFUND_MISMATCH stripe_refund_id a refunded amount/re_9"},
		{"refunded_at", `"2026-02-02T00:00:00Z"`, `"succeeded"`, `null`, ``,
			"REFUND_MISMATCH refunded_at a refunded amount/2026-02-02T00:00:00Z"},
		{"refunded_at", `"0001-01-01T00:00:00Z"`, `"succeeded"`, `null`, ``, ""},
		{"refunded_at", `"2026-02-02T00:00:00Z"`, `"succeeded"`, `0`, `"failed"`, ""},
		{"refunded_at", `"2026-02-02T00:00:00Z"`, `"succeeded"`, `7`, ``, ""},
		{"refunded_at", `"2026-02-02T00:00:00Z"`, `"pending"`, `7`, ``, "REFUND_MISMATCH refunded_amount 0.00/0.07"},
	} {
		r, f := one(t, Config{},
			row(t, "status", c.status, "refunded_amount", c.refunded, "refund_status", c.word, c.field, c.value))
		if f != nil || doubts(r.Facts) != c.want {
			t.Errorf("%s %s: %v, %s", c.field, c.value, f, doubts(r.Facts))
		}
	}
}

func TestIdentity(t *testing.T) {
	for _, c := range []struct {
		provider, payment, charge string
		want                      string // keys
		facts                     string
	}{
		{`"stripe"`, `"pi_9"`, `"ch_9"`, "stripe//pi_9 aura/org_demo/p_1", "stripe pi_9"},
		{`"STRIPE"`, `"ch_9"`, `null`, "stripe//ch_9 aura/org_demo/p_1", "stripe ch_9"},
		{`" Stripe "`, `"py_9"`, ``, "stripe//py_9 aura/org_demo/p_1", "stripe py_9"},
		{`"stripe"`, `null`, `"ch_9"`, "stripe//ch_9 aura/org_demo/p_1", "stripe ch_9"},
		{`"stripe"`, `" "`, `"py_9"`, "stripe//py_9 aura/org_demo/p_1", "stripe py_9"},
		{`"stripe"`, `""`, `"cus_9"`, "aura/org_demo/p_1", "stripe "},
		{`"stripe"`, ``, ``, "aura/org_demo/p_1", "stripe "},
		{`"stripe"`, `"cs_9"`, `"ch_9"`, "stripe//ch_9 aura/org_demo/p_1", "stripe ch_9"},
		{`"stripe"`, `"unknown"`, `"py_9"`, "stripe//py_9 aura/org_demo/p_1", "stripe py_9"},
		{`"stripe"`, `"pi_9 pi_8"`, `"pi_7"`, "aura/org_demo/p_1", "stripe pi_9 pi_8"},
		{`"stripe"`, `"pi_"`, ``, "aura/org_demo/p_1", "stripe pi_"},
		{`"stripe"`, `"pi_9 pi_8"`, ``, "aura/org_demo/p_1", "stripe pi_9 pi_8"},
		{`"stripe"`, `"pi_9/../x"`, ``, "aura/org_demo/p_1", "stripe pi_9/../x"},
		{`"stripe"`, `7`, ``, "aura/org_demo/p_1", "stripe 7"},
		{`"stripe"`, `"pi_9-8"`, ``, "aura/org_demo/p_1", "stripe pi_9-8"},
		{`"WePay"`, `"aBc-123"`, `"ch_9"`, "wepay//aBc-123 aura/org_demo/p_1", "wepay aBc-123"},
		{`"wepay"`, `"aBc"`, `"ch_9"`, "aura/org_demo/p_1", "wepay aBc"},
		{`"wepay"`, `7`, ``, "aura/org_demo/p_1", "wepay 7"},
		{`"wepay"`, `700000`, ``, "wepay//700000 aura/org_demo/p_1", "wepay 700000"},
		{`"wepay"`, `""`, `"ch_9"`, "aura/org_demo/p_1", "wepay "},
		{`"paypal"`, `"pi_9"`, `"ch_9"`, "aura/org_demo/p_1", "paypal pi_9"},
		{`null`, `"pi_9"`, `"ch_9"`, "stripe//pi_9 aura/org_demo/p_1", "stripe pi_9"},
		{``, `""`, `"py_9"`, "stripe//py_9 aura/org_demo/p_1", "stripe py_9"},
		{``, `"order-17"`, `"cus_9"`, "aura/org_demo/p_1", " p_1"},
		{``, ``, ``, "aura/org_demo/p_1", " p_1"},
	} {
		r, f := one(t, Config{Organization: org},
			row(t, "provider", c.provider, "provider_payment_id", c.payment, "stripe_charge_id", c.charge))
		if f != nil {
			t.Errorf("%+v: %v", c, f)
			continue
		}
		var keys []string
		for _, key := range r.Keys {
			keys = append(keys, key.Provider+"/"+key.Account+"/"+key.ID)
		}
		if got := strings.Join(keys, " "); got != c.want || r.Facts.Provider+" "+r.Facts.ProviderPaymentID != c.facts {
			t.Errorf("%+v:\n got %s, %s %s", c, got, r.Facts.Provider, r.Facts.ProviderPaymentID)
		}
	}
	upper, f := one(t, Config{}, row(t, "id", `"0A1B2C3D-0000-4000-8000-00000000000F"`))
	if f != nil || upper.ID != "0a1b2c3d-0000-4000-8000-00000000000f" ||
		upper.Keys[1].ID != "0a1b2c3d-0000-4000-8000-00000000000f" {
		t.Errorf("an id in capitals: %v, %+v", f, upper)
	}
	for _, opaque := range []string{"user_ABC", "0A1B2C3D-0000-4000-8000-00000000000G", "0A1B2C3D00000-4000-8000-00000000000F"} {
		if canonicalID(opaque) != opaque {
			t.Errorf("%s was changed", opaque)
		}
	}
}

// A word that stands for no id is nobody's payment: two rows with it must not become one, and a person is told.
func TestPlaceholders(t *testing.T) {
	own := reconcile.Key{Provider: Name, Account: org, ID: "p_1"}
	long := strings.Repeat("é", 100)
	for _, c := range []struct{ provider, id string }{
		{"wepay", "unknown"}, {"wepay", "N/A"}, {"wepay", "null"}, {"wepay", "none"}, {"wepay", "undefined"}, {"wepay", "0"},
		{"wepay", "NONE"}, {"wepay", "000000"}, {"wepay", "00000000-0000-0000-0000-000000000000"}, {"wepay", "pending"},
		{"wepay", "see mail 17"}, {"wepay", "a/b/c/17"}, {"wepay", ""}, {"wepay", long},
		{"stripe", "unknown"}, {"stripe", "pi_"}, {"stripe", "pi_1-2"}, {"stripe", ""}, {"stripe", "cs_17"}, {"stripe", long},
	} {
		r, err := one(t, Config{Organization: org}, row(t, "provider", `"`+c.provider+`"`, "provider_payment_id", `"`+c.id+`"`))
		cut := string([]rune(c.id)[:min(64, len([]rune(c.id)))])
		want := "STATUS_MISMATCH provider_payment_id an id of " + c.provider + "/" + cut
		if err != nil || len(r.Keys) != 1 || r.Keys[0] != own || doubts(r.Facts) != want {
			t.Errorf("%s %q: keys %v, doubts %s, %v", c.provider, c.id, r.Keys, doubts(r.Facts), err)
		}
	}
	for _, good := range []string{row(t), row(t, "provider", `"paypal"`), row(t, "provider", ``, "provider_payment_id", ``)} {
		if r, err := one(t, Config{}, good); err != nil || doubts(r.Facts) != "" {
			t.Errorf("%s: %s, %v", good, doubts(r.Facts), err)
		}
	}
}

// What is written as source and external_id may be read back under these names. An order's number is nobody's payment.
func TestFallbackNames(t *testing.T) {
	order := row(t, "provider", ``, "provider_payment_id", ``, "source", `"wepay"`, "external_id", `"order-17"`, "stripe_charge_id", ``)
	if r, err := one(t, Config{Organization: org}, order); err != nil || len(r.Keys) != 1 || len(r.Facts.Doubts) != 1 {
		t.Errorf("an order: %v, %v", r.Keys, err)
	}
	for _, c := range []struct {
		fields []string
		want   string // of whom
	}{
		{[]string{"provider", ``, "source", `"Stripe"`}, "stripe pi_1"},
		{[]string{"provider", ``, "source", `"manual"`}, "stripe pi_1"},
		{[]string{"provider", ``, "source", `"wepay"`, "provider_payment_id", `"aBc-123"`, "stripe_charge_id", `"ch_1"`}, "wepay aBc-123"},
		{[]string{"provider_payment_id", `null`, "external_id", `"pi_2"`}, "stripe pi_2"},
		{[]string{"source", `"wepay"`, "external_id", `"pi_2"`}, "stripe pi_1"},
		{[]string{"provider", ``, "provider_payment_id", ``, "external_id", `"pi_2"`}, "stripe pi_2"},
		{[]string{"provider_payment_id", ``, "external_id", `"order-17"`, "stripe_charge_id", `"ch_2"`}, "stripe ch_2"},
		{[]string{"provider_payment_id", ``, "external_id", `{}`, "stripe_charge_id", `"ch_2"`}, "stripe ch_2"},
		{[]string{"provider", ``, "provider_payment_id", ``, "source", `"manual"`}, "aura p_1"},
		{[]string{"provider", ``, "provider_payment_id", ``, "source", `{}`}, "aura p_1"},
	} {
		r, err := one(t, Config{Organization: org}, row(t, c.fields...))
		if err != nil || r.Keys[0].Provider+" "+r.Keys[0].ID != c.want || len(r.Facts.Doubts) > 0 {
			t.Errorf("%v: %v, %v, %s", c.fields, r.Keys, err, doubts(r.Facts))
		}
	}
}

// What nobody knows is told in few words, however many came.
func TestUnknownWords(t *testing.T) {
	long := strings.Repeat("x", 100)
	r, err := one(t, Config{}, row(t, "status", `"`+long+`"`))
	if want := "STATUS_MISMATCH status a known status/" + long[:64]; err != nil || doubts(r.Facts) != want ||
		r.Facts.ProviderStatus != long {
		t.Errorf("status %s: %s, %v", r.Facts.ProviderStatus, doubts(r.Facts), err)
	}
	for _, c := range []struct{ status, refunded, word, want string }{
		{"succeeded", "0", "chargeback", "chargeback"}, {"succeeded", "", "In Progress", "in progress"}, {"pending", "", "odd", "odd"},
		{"failed", "0", "odd", "odd"}, {"succeeded", "0", long, long[:64]},
		{"succeeded", "400", "odd", ""}, {"refunded", "1000", "odd", ""}, {"refunded", "", "odd", ""}, {"succeeded", "0", "", ""},
	} {
		r, err := one(t, Config{}, row(t, "status", `"`+c.status+`"`, "refunded_amount", c.refunded, "refund_status", `"`+c.word+`"`))
		if c.want != "" {
			c.want = "REFUND_MISMATCH refund_status none, pending, partial, full or failed/" + c.want
		}
		if err != nil || doubts(r.Facts) != c.want {
			t.Errorf("%+v: %s, %v", c, doubts(r.Facts), err)
		}
	}
}

// A match that nobody confirmed and a machine made is no claim.
func TestTrust(t *testing.T) {
	always := Config{TrustGuesses: true}
	sure := Config{TrustGuesses: true, LeastConfidence: 0.8}
	unit, percent := sure, sure
	unit.ConfidenceScale, percent.ConfidenceScale = ScaleUnit, ScalePercent
	for _, c := range []struct {
		cfg                           Config
		verified, matched, confidence string
		want                          bool
	}{
		{Config{}, `"confirmed"`, `"email_exact"`, `0.1`, true}, {Config{}, `"CONFIRMED "`, `"email_exact"`, ``, true},
		{Config{}, `null`, `null`, `null`, true}, {Config{}, ``, `""`, ``, true}, {Config{}, `"unverified"`, `"manual"`, ``, true},
		{Config{}, `"unverified"`, `" Manual"`, ``, true}, {Config{}, `"rejected"`, `"manual"`, ``, false},
		{Config{}, `"rejected"`, ``, ``, false}, {Config{}, `"unverified"`, `"email_exact"`, `1`, false},
		{Config{}, ``, `{"by":"x"}`, `1`, false}, {Config{}, `{}`, `"ai"`, `1`, false},
		{always, ``, `"ai"`, `0.95`, true}, {always, ``, `"ai"`, `0.87`, false}, {always, ``, `"ai"`, `"97"`, true},
		{always, ``, `"ai"`, `0`, false}, {always, ``, `"ai"`, `null`, false}, {always, ``, `"ai"`, `"high"`, false},
		{always, ``, `"ai"`, `"NaN"`, false}, {always, ``, `"ai"`, `-1`, false}, {always, ``, `"ai"`, `101`, false},
		{always, `"rejected"`, `"ai"`, `1`, false}, {always, ``, `"ai"`, `[1]`, false}, {always, ``, `"ai"`, `1e400`, false},
		{sure, ``, `"ai"`, `0.87`, true}, {sure, ``, `"ai"`, `87`, true}, {sure, ``, `"ai"`, `"0.87"`, true},
		{sure, ``, `"ai"`, `1`, true},
		{unit, ``, `"ai"`, `0.87`, true}, {unit, ``, `"ai"`, `87`, false},
		{percent, ``, `"ai"`, `0.87`, false}, {percent, ``, `"ai"`, `87`, true}, {percent, ``, `"ai"`, `1`, false},
	} {
		r, f := one(t, c.cfg, row(t, "lead_id", `"L1"`, "call_id", `"C1"`, "verification_status", c.verified, "matched_by",
			c.matched,
			"match_confidence", c.confidence))
		if f != nil || (r.Facts.LeadID == "L1") != c.want || (r.Facts.CallID == "C1") != c.want {
			t.Errorf("%s %s %s %+v: lead %q, call %q, %v", c.verified, c.matched, c.confidence, c.cfg, r.Facts.LeadID,
				r.Facts.CallID, f)
		}
	}
}

func TestOpen(t *testing.T) {
	for _, c := range []struct {
		status, created, paid string
		want                  bool
	}{
		{`"pending"`, `"2026-02-18T12:00:00Z"`, `"2026-02-18T12:00:00Z"`, true},
		{`"pending"`, `"2026-02-17T11:59:59Z"`, `"2026-03-18T12:00:00Z"`, false},
		{`"pending"`, `null`, `"2026-03-18T12:00:00Z"`, true}, {`"pending"`, `null`, `"2026-01-18T12:00:00Z"`, false},
		{`"pending"`, `"2026-04-18T12:00:00Z"`, `"2026-04-18T12:00:00Z"`, true}, // a clock ahead of ours
		{`"succeeded"`, `"2026-03-18T12:00:00Z"`, `"2026-03-18T12:00:00Z"`, false},
		{`"failed"`, `null`, `"2026-03-18T12:00:00Z"`, false},
	} {
		r, f := one(t, Config{}, row(t, "status", c.status, "created_at", c.created, "payment_date", c.paid))
		if f != nil || r.Open != c.want {
			t.Errorf("%+v: open %v, %v", c, r.Open, f)
		}
	}
}

func collectOne[T, R any](
	t *testing.T, c *converter, page *reconcile.Page, path string, row rows.Item[T], convert func(*converter, *T) (R, error), into *[]R,
) {
	if err := collect(c, page, path, []rows.Item[T]{row}, convert, into); err != nil {
		t.Fatal(err)
	}
}

// FuzzRow converts any row: it must not panic, and what it accepts must be whole.
func FuzzRow(f *testing.F) {
	text, err := json.Marshal(fixtures(f))
	if err != nil {
		f.Fatal(err)
	}
	var known []json.RawMessage
	if err := json.Unmarshal(text, &known); err != nil {
		f.Fatal(err)
	}
	for _, row := range known {
		f.Add([]byte(row))
	}
	f.Add([]byte(row(f, "status", `"refunded"`, "refunded_amount", `0`)))
	f.Add([]byte(`{"id":7,"amount":"1e2","currency":"KWD","status":5,"payment_date":"2026-02-28 01:02:03.5"}`))
	cfg, err := Config{Account: rest.Account{Source: source}, Key: (&account{}).config().Key, TrustGuesses: true}.checked()
	if err != nil {
		f.Fatal(err)
	}
	conv := &converter{rules: cfg.rules(), now: testNow}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var page reconcile.Page
		collectOne(t, conv, &page, pathPayments, rows.ItemOf[paymentRow](raw), (*converter).payment, &page.Payments)
		if len(page.Payments)+len(page.Quarantined) != 1 {
			t.Fatal("a row is neither a record nor quarantined")
		}
		for _, r := range page.Payments {
			content, err := r.Content()
			if err != nil {
				t.Fatal(err)
			}
			processors := 0
			for _, key := range r.Keys {
				if key.ID == "" || key.Provider == "" {
					t.Fatalf("empty key: %s", content)
				}
				if key.Provider != Name {
					processors++
				}
			}
			a := r.Facts.Amount
			if r.ID == "" || len(r.Keys) == 0 || processors > 1 || a == nil || a.Minor < 0 || a.Currency == "" ||
				!r.Facts.Status.Valid() ||
				r.Facts.PaymentDate.IsZero() {
				t.Fatalf("record is not whole: %s", content)
			}
			if back := r.Facts.RefundedAmount; back != nil && (back.Minor < 0 || back.Minor > a.Minor ||
				back.Currency != a.Currency) {
				t.Fatalf("refund is not possible: %s", content)
			}
		}
		for _, q := range page.Quarantined {
			if q.Reason == "" || len(q.Raw) > reconcile.MaxRaw {
				t.Fatalf("quarantined without a reason: %+v", q)
			}
		}
		var none reconcile.Page
		collectOne(t, conv, &none, "", rows.ItemOf[leadRow](raw), (*converter).lead, &none.Leads)
		collectOne(t, conv, &none, "", rows.ItemOf[callRow](raw), (*converter).call, &none.Calls)
		collectOne(t, conv, &none, "", rows.ItemOf[productRow](raw), (*converter).product, &none.Products)
		for _, call := range none.Calls {
			if call.Amount != nil && call.Amount.Minor < 0 {
				t.Fatal("a call below zero")
			}
		}
	})
}
