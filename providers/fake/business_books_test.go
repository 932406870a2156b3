package fake

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pennytie/reconcile/money"
)

// recorder keeps what is put into a service, in the order of putting.
type recorder struct{ rows []recordedRow }

type recordedRow struct {
	collection, id string
	at             time.Time
	object         map[string]any // nil: removed
}

func (r *recorder) Put(collection string, at time.Time, object map[string]any) {
	r.rows = append(r.rows, recordedRow{collection, object["id"].(string), at, object})
}

func (r *recorder) Remove(collection string, at time.Time, id string) {
	r.rows = append(r.rows, recordedRow{collection, id, at, nil})
}

// shows is the newest version of every object of a collection at a time, by id.
func (r *recorder) shows(collection string, now time.Time) map[string]map[string]any {
	shown, newest := make(map[string]map[string]any), make(map[string]time.Time)
	for _, row := range r.rows {
		if row.collection == collection && !row.at.After(now) && !row.at.Before(newest[row.id]) {
			shown[row.id], newest[row.id] = row.object, row.at
		}
	}
	maps.DeleteFunc(shown, func(_ string, object map[string]any) bool { return object == nil })
	return shown
}

// recorded are the four services of a business, in the order WePay, Aura, Cents, Zenskar.
type recorded struct{ wepay, aura, cents, zenskar recorder }

func record(b *Business) *recorded {
	r := &recorded{}
	b.LoadWePay(&r.wepay)
	b.LoadAura(&r.aura, "org_demo")
	b.LoadCents(&r.cents)
	b.LoadZenskar(&r.zenskar, "zen_demo")
	return r
}

func (r *recorded) all() []recordedRow {
	return slices.Concat(r.wepay.rows, r.aura.rows, r.cents.rows, r.zenskar.rows)
}

func (r *recorded) digest() string {
	sum := sha256.New()
	for _, row := range r.all() {
		_, _ = fmt.Fprintf(sum, "%s %s %s %s\n", row.collection, row.at, row.id, appendJSON(nil, row.object))
	}
	return fmt.Sprintf("%x", sum.Sum(nil))
}

func TestBooksOfTheSameSeedAreTheSame(t *testing.T) {
	first, again := NewBusiness(1, 400, opens, closes), NewBusiness(1, 400, opens, closes)
	before := digest(t, first)
	told := record(first).digest()
	if told != record(again).digest() {
		t.Error("the same seed gave other books")
	}
	if told != record(first).digest() {
		t.Error("the same business told twice is another")
	}
	if record(first).digest() == record(NewBusiness(2, 400, opens, closes)).digest() {
		t.Error("another seed gave the same books")
	}
	if before != digest(t, first) {
		t.Error("loading the books changed what Stripe shows")
	}
}

// TestStripeIsTheSameWithoutBooks compares with a company that has no other service.
func TestStripeIsTheSameWithoutBooks(t *testing.T) {
	for _, seed := range []int64{1, 5, 77} {
		bare, whole := makeAtStripe(seed, 400, opens, closes).Business, NewBusiness(seed, 400, opens, closes)
		record(whole)
		if diff := cmp.Diff(bare.Truth, whole.Truth[:len(bare.Truth)]); diff != "" {
			t.Error(diff)
		}
		whole.Truth = bare.Truth
		if digest(t, bare) != digest(t, whole) || len(whole.books.wepay) == 0 {
			t.Errorf("seed %d: the books changed the account at Stripe or the records", seed)
		}
	}
}

func TestTheFakesTakeTheBooks(t *testing.T) {
	b, now := NewBusiness(3, 200, opens, closes), func() time.Time { return closes.AddDate(1, 0, 0) }
	wepay, aura := NewWePay("app", "token", now), NewAura("key", now)
	cents, zenskar := NewCents("client", "refresh", now), NewZenskar("key", "zen_demo", now)
	b.LoadWePay(wepay)
	b.LoadAura(aura, "org_demo")
	b.LoadCents(cents)
	b.LoadZenskar(zenskar, "zen_demo")
	everything := func(time.Time, map[string]any) bool { return true }
	for _, one := range []struct {
		name string
		in   *shelf
	}{
		{"payments", wepay.in("payments")}, {"refunds", wepay.in("refunds")}, {"disputes", wepay.in("disputes")},
		{"payment_methods", wepay.in("payment_methods")}, {"aura", aura.in("payments")}, {"leads", aura.in("leads")},
		{"calls", aura.in("calls")}, {"products", aura.in("products")}, {"cents", cents.in("transactions")},
		{"zenskar", zenskar.in("payments")}, {"invoices", zenskar.in("invoices")}, {"customers", zenskar.in("customers")},
	} {
		if len(one.in.list(now(), everything)) == 0 {
			t.Errorf("no %s", one.name)
		}
	}
}

// number reads an amount that is written as an integer or, at Zenskar, as its digits.
func number(t *testing.T, v any) int64 {
	t.Helper()
	if text, ok := v.(string); ok {
		v = json.Number(text)
	}
	n, ok := asInt(v)
	if !ok {
		t.Fatalf("%v (%T) is not an integer", v, v)
	}
	return n
}

func TestExpectedFromObjects(t *testing.T) {
	for _, charges := range []int{0, 1, 9, 100, 1200} {
		b := NewBusiness(int64(charges), charges, opens, closes)
		r := record(b)
		stripe := &recorder{}
		b.each(false, stripe.Put)
		for _, at := range []time.Time{
			opens.AddDate(0, 0, -1), opens.AddDate(0, 2, 11), closes, closes.AddDate(0, 0, 40), closes.AddDate(1, 0, 0),
		} {
			if diff := cmp.Diff(b.Expected(at), counted(t, r, stripe, at)); diff != "" {
				t.Errorf("%d charges at %s (-model +objects):\n%s", charges, at, diff)
			}
		}
	}
}

// counted adds up what the objects show, without a look at the model.
func counted(t *testing.T, r *recorded, stripe *recorder, at time.Time) Expectation {
	t.Helper()
	e, known := Expectation{WePay: make(map[money.Currency]Total)}, make(map[string]bool)
	charged := make(map[string]bool) // intents; one that nobody tried to pay does not count
	for id, charge := range stripe.shows("charges", at) {
		known[id], known[charge["payment_intent"].(string)] = true, true
		charged[charge["payment_intent"].(string)] = true
	}
	e.Processor = len(charged)
	payments := r.wepay.shows("payments", at)
	e.Processor += len(payments)
	add := func(o map[string]any, change func(t *Total)) {
		currency := money.Currency(o["currency"].(string))
		total := e.WePay[currency]
		if change(&total); total != (Total{}) {
			e.WePay[currency] = total
		}
	}
	for id, p := range payments {
		known[id] = true
		if p["status"] == "completed" {
			add(p, func(total *Total) {
				total.Payments++
				total.Captured += number(t, p["amount"])
				total.Fees += number(t, p["fee_amount"])
			})
		}
	}
	given, withheld := make(map[string]int64), make(map[string]int64)
	for _, refund := range r.wepay.shows("refunds", at) {
		amounts, of := refund["amounts"].(map[string]any), refund["payment"].(map[string]any)["id"].(string)
		if refund["status"] == "completed" {
			given[of] += number(t, amounts["total_amount"])
			add(amounts, func(total *Total) { total.Refunded += number(t, amounts["total_amount"]) })
		}
	}
	for _, dispute := range r.wepay.shows("disputes", at) {
		if dispute["status"] != "resolved" || dispute["resolution"] != "merchant_won" {
			withheld[dispute["payment"].(map[string]any)["id"].(string)] += number(t, dispute["amount"])
			add(dispute, func(total *Total) { total.Withheld += number(t, dispute["amount"]) })
		}
	}
	for id, p := range payments {
		if number(t, p["amount_refunded"]) != given[id] || number(t, p["amount_disputed"]) != withheld[id] {
			t.Errorf("%s shows %v refunded and %v disputed of %d and %d", id, p["amount_refunded"], p["amount_disputed"],
				given[id], withheld[id])
		}
	}
	for _, row := range r.aura.shows("payments", at) {
		id, _ := row["provider_payment_id"].(string)
		e.Aura.count(known[id])
	}
	for _, row := range r.cents.shows("transactions", at) {
		if row["transaction_status"] != "pre_transaction" {
			id, _ := row["external_id"].(string)
			e.Cents.count(known[strings.TrimPrefix(id, "STRIPE_")])
		}
	}
	for _, row := range r.zenskar.shows("payments", at) {
		if row["type"] == "payment" {
			id, there := row["external_id"].(string)
			if !there {
				id = row["transactions"].([]any)[0].(map[string]any)["external_id"].(string)
			}
			e.Zenskar.count(known[id])
		}
	}
	e.Payments = e.Processor + e.Aura.Own + e.Cents.Own + e.Zenskar.Own
	return e
}

func TestEveryMistakeIsThere(t *testing.T) {
	for seed := range int64(20) {
		b := NewBusiness(seed, 100+int(seed)*7, opens, closes)
		r, end := record(b), closes.AddDate(1, 0, 0)
		seen := make(map[string]int)
		for _, claim := range b.books.aura {
			seen[claim.mistake]++
			if claim.mistake == mistakeDigits && claim.amount == claim.charge.taken() {
				t.Errorf("%s is not mistyped", claim.id)
			}
		}
		for _, mistake := range append(plainMistakes(), mistakeDeaf, mistakeGhost, cashClaim) {
			if seen[mistake] == 0 {
				t.Errorf("seed %d: no %s", seed, mistake)
			}
		}
		of := make(map[string]*charge)
		for _, c := range b.collectedAtStripe() {
			of["STRIPE_"+c.intent.id] = c
		}
		for _, row := range r.cents.shows("transactions", end) {
			seen[row["transaction_status"].(string)]++
			if row["consumer_user_email_anonymized"] == true {
				seen["anonymized"]++
			}
			if id, _ := row["external_id"].(string); id != "" && row["transaction_status"] == "paid" && of[id].givenBack() {
				seen["paid although refunded"]++
			}
		}
		for _, row := range r.zenskar.shows("payments", end) {
			seen[row["type"].(string)]++
		}
		for _, p := range r.wepay.shows("payments", end) {
			seen[p["status"].(string)]++
			seen[p["currency"].(string)]++
			if p["status"] == "completed" && p["capture_at"] != nil {
				seen["captured later"]++
			}
			if given := number(t, p["amount_refunded"]); given > 0 {
				seen[fmt.Sprintf("refunded in full: %v", given == p["amount"])]++
			}
		}
		for _, d := range r.wepay.shows("disputes", end) {
			seen[fmt.Sprint(d["resolution"])]++
		}
		for _, row := range r.wepay.rows {
			if row.collection == "refunds" {
				seen[fmt.Sprint("refund ", row.object["status"])]++
			}
		}
		for _, want := range []string{
			"paid", "pre_transaction", "draft", "to_be_payed", "anonymized", "paid although refunded",
			"payment", "authorization", "tax_withheld",
			"completed", "failed", "canceled", "USD", "CAD", "captured later", "refunded in full: true",
			"refunded in full: false", "<nil>", "merchant_won", "merchant_lost", "refund pending", "refund completed",
		} {
			if seen[want] == 0 {
				t.Errorf("seed %d: no %s", seed, want)
			}
		}
	}
}

func TestSharesOfTheBooks(t *testing.T) {
	b := NewBusiness(8, 4000, opens, closes)
	at := closes.AddDate(0, 0, 60)
	e, collected := b.Expected(at), len(b.collectedAtStripe())
	confirmed, backs := 0, 0
	r := record(b)
	rows := r.aura.shows("payments", at)
	for _, row := range rows {
		if row["verification_status"] == "confirmed" {
			confirmed++
		} else if row["lead_id"] != nil || row["call_id"] != nil {
			t.Errorf("%s names a lead that nobody confirmed", row["id"])
		}
	}
	for _, row := range r.zenskar.shows("payments", at) {
		if row["type"] == "refund" {
			backs++
		}
	}
	for _, share := range []struct {
		what           string
		n, of, low, to int
	}{
		{"payments at WePay", len(b.books.wepay), collected, 19, 21},
		{"claims of Aura", e.Aura.Joined, collected + len(b.books.wepay), 88, 95},
		{"confirmed", confirmed, len(rows), 20, 30},
		{"claims of Cents", e.Cents.Joined, collected, 7, 13},
		{"claims of Zenskar", e.Zenskar.Joined, collected, 5, 60},
		{"claims of nothing", e.Aura.Own, e.Aura.Rows, 0, 2},
		{"refunds at Zenskar", backs, e.Zenskar.Rows, 2, 15},
	} {
		if percent := share.n * 100 / share.of; percent < share.low || percent > share.to {
			t.Errorf("%s: %d %%", share.what, percent)
		}
	}
}

// TestTruthOfWePay holds the truth against what the objects and the records show.
func TestTruthOfWePay(t *testing.T) {
	b, dir := NewBusiness(6, 2000, opens, closes), t.TempDir()
	if err := b.WriteRecords(dir); err != nil {
		t.Fatal(err)
	}
	leads, calls := readRecords(t, filepath.Join(dir, "leads.csv")), readRecords(t, filepath.Join(dir, "calls.csv"))
	truth, paid := make(map[string]Truth), make(map[string]time.Time)
	for _, one := range b.Truth {
		truth[one.ProviderPaymentID] = one
	}
	r := record(b)
	called := 0
	for id, p := range r.wepay.shows("payments", closes.AddDate(1, 0, 0)) {
		one, known := truth[id]
		at := time.Unix(p["create_time"].(int64), 0).UTC()
		paid[id] = at
		if !known || at.Before(opens) || !at.Before(closes) {
			t.Errorf("%s: %+v at %s", id, one, at)
		}
		if one.LeadID != "" && leads[one.LeadID]["created_at"] > stamp(at) {
			t.Errorf("%s was paid before its lead was known", id)
		}
		if one.CallID == "" {
			continue
		}
		called++
		if c := calls[one.CallID]; c["ended_at"] > stamp(at) || c["product_id"] != one.ProductID || c["lead_id"] != one.LeadID {
			t.Errorf("%s: call %v, truth %+v", id, c, one)
		}
	}
	if called < 5 || len(b.Truth) != len(b.intents)+len(paid) {
		t.Errorf("%d paid for a call, %d truths for %d and %d", called, len(b.Truth), len(b.intents), len(paid))
	}
	auraLeads, auraCalls := r.aura.shows("leads", closes.AddDate(1, 0, 0)), r.aura.shows("calls", closes.AddDate(1, 0, 0))
	if len(auraLeads) != len(leads) || len(auraCalls) != len(calls) {
		t.Errorf("%d leads and %d calls at Aura, %d and %d in the files", len(auraLeads), len(auraCalls), len(leads), len(calls))
	}
	for id, row := range r.aura.shows("payments", closes.AddDate(1, 0, 0)) {
		one, known := truth[fmt.Sprint(row["provider_payment_id"])]
		if lead := row["lead_id"]; known && lead != nil && (lead != one.LeadID || optional(one.CallID) != row["call_id"]) {
			t.Errorf("%s: %v and %v, truth %+v", id, lead, row["call_id"], one)
		}
	}
}

func TestBooksReachNobodyReal(t *testing.T) {
	mail := regexp.MustCompile(`[^\s"@;]+@[^\s"@;]+`)
	phone := regexp.MustCompile(`"(?:phone|phone_number|consumer_user_phone)":"([^"]+)"`)
	fiction := regexp.MustCompile(`^\+1\d{3}55501\d\d$|^\(\d{3}\) 555-01\d\d$`)
	mails, phones := 0, 0
	for _, row := range record(NewBusiness(4, 600, opens, closes)).all() {
		text, err := json.Marshal(row.object)
		if err != nil || !json.Valid(appendJSON(nil, row.object)) {
			t.Fatalf("%s: %v", row.id, err)
		}
		for _, found := range mail.FindAllString(string(text), -1) {
			mails++
			_, domain, _ := strings.Cut(strings.ToLower(found), "@")
			if !regexp.MustCompile(`(^|\.)example\.(com|net|org)$`).MatchString(domain) {
				t.Errorf("%s has an e-mail that may be somebody's: %s", row.id, found)
			}
		}
		for _, found := range phone.FindAllStringSubmatch(string(text), -1) {
			phones++
			if !fiction.MatchString(found[1]) {
				t.Errorf("%s has a phone that may be somebody's: %s", row.id, found[1])
			}
		}
	}
	if mails < 1000 || phones < 100 {
		t.Errorf("only %d e-mails and %d phones", mails, phones)
	}
}

// TestFormsOfTheBooks looks at how each service writes money and time.
func TestFormsOfTheBooks(t *testing.T) {
	r := record(NewBusiness(2, 600, opens, closes))
	match := func(row recordedRow, key, pattern string) {
		t.Helper()
		if value := row.object[key]; value != nil && !regexp.MustCompile(pattern).MatchString(fmt.Sprint(value)) {
			t.Errorf("%s %s: %s is %v", row.collection, row.id, key, value)
		}
	}
	claimed := make(map[string]bool)
	for _, row := range r.aura.rows {
		if row.collection != "payments" || row.object == nil {
			continue
		}
		if len(row.object) != 28 {
			t.Fatalf("%d fields", len(row.object))
		}
		match(row, "currency", `^[a-z]{3}$`)
		match(row, "payment_date", `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$`)
		if number(t, row.object["refunded_amount"]) > number(t, row.object["amount"]) {
			t.Errorf("%s gives back more than it has", row.id)
		}
		if row.object["created_at"].(string) > stamp(row.at) {
			t.Errorf("%s shows before it is made", row.id)
		}
		claimed[row.object["provider"].(string)] = true
	}
	if !claimed["stripe"] || !claimed["wepay"] || !claimed["manual"] {
		t.Errorf("%v", claimed)
	}
	for _, row := range r.cents.rows {
		for _, key := range []string{"total_amount", "order_amount", "refunded_amount"} {
			if _, digits := row.object[key].(json.Number); !digits {
				t.Errorf("%s is a %T", key, row.object[key])
			}
		}
		currency := money.Currency(row.object["currency"].(string))
		parse := func(key string) money.Amount {
			amount, err := money.Parse(row.object[key].(json.Number).String(), currency)
			if err != nil {
				t.Error(err)
			}
			return amount
		}
		donation := money.New(number(t, row.object["donation_amount"]), currency)
		if sum, err := parse("order_amount").Add(donation); err != nil || sum != parse("total_amount") {
			t.Errorf("%s does not add up", row.id)
		}
		match(row, "external_id", `^STRIPE_pi_\w+$`)
		match(row, "created_date", `^\d{4}-\d\d-\d\d$`)
	}
	for _, row := range r.zenskar.rows {
		match(row, "created_at", `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$`)
		if row.collection == "payments" {
			match(row, "amount", `^-?\d+$`)
			if row.object["type"] == "refund" && r.zenskar.shows("payments", row.at)[row.object["parent_id"].(string)] == nil {
				t.Errorf("%s is below no payment", row.id)
			}
		}
	}
	for _, row := range r.wepay.rows {
		if of, ok := row.object["payment"].(map[string]any); ok && r.wepay.shows("payments", row.at)[of["id"].(string)] == nil {
			t.Errorf("%s is of no payment", row.id)
		}
		if of, ok := row.object["payment_method"].(map[string]any); ok &&
			r.wepay.shows("payment_methods", row.at)[of["id"].(string)] == nil {
			t.Errorf("%s was paid with nothing", row.id)
		}
	}
}

func BenchmarkLoadBooks(b *testing.B) {
	business := NewBusiness(7, LoadCharges, opens, opens.AddDate(1, 0, 0))
	for b.Loop() {
		business.LoadWePay(NewWePay("app", "token", time.Now))
		business.LoadAura(NewAura("key", time.Now), "org_demo")
		business.LoadCents(NewCents("client", "refresh", time.Now))
		business.LoadZenskar(NewZenskar("key", "zen_demo", time.Now), "zen_demo")
	}
}
