package fake

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pennytie/reconcile/money"
)

var (
	opens  = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	closes = time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
)

// digest is a hash of all that a business shows: objects in order, records and truth.
func digest(t *testing.T, b *Business) string {
	t.Helper()
	sum := sha256.New()
	b.each(false, func(collection string, at time.Time, object map[string]any) {
		_, _ = fmt.Fprintf(sum, "%s %s %s\n", collection, at, appendJSON(nil, object))
	})
	dir := t.TempDir()
	if err := b.WriteRecords(dir); err != nil {
		t.Fatal(err)
	}
	if err := b.WriteTruth(filepath.Join(dir, "truth.csv")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"leads.csv", "calls.csv", "products.csv", "truth.csv"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		sum.Write(text)
	}
	return fmt.Sprintf("%x", sum.Sum(nil))
}

func TestSameSeedSameBytes(t *testing.T) {
	first, again := NewBusiness(1, 400, opens, closes), NewBusiness(1, 400, opens, closes)
	if digest(t, first) != digest(t, again) {
		t.Error("the same seed gave another business")
	}
	if digest(t, first) == digest(t, NewBusiness(2, 400, opens, closes)) {
		t.Error("another seed gave the same business")
	}
	var pages [2][]byte
	for i, b := range []*Business{first, again} {
		s := NewStripe("sk_test_x", func() time.Time { return closes })
		b.Load(s)
		s.settle()
		for _, e := range s.collections["charges"].sorted {
			pages[i] = append(pages[i], e.versions[len(e.versions)-1].node.body...)
		}
	}
	if !bytes.Equal(pages[0], pages[1]) {
		t.Error("the same seed is served differently")
	}
}

func TestSmallBusinessHasEverything(t *testing.T) {
	b := NewBusiness(1, DemoCharges, opens, closes)
	if b.Charges() != DemoCharges {
		t.Fatalf("%d charges", b.Charges())
	}
	seen, strangers := make(map[string]int), 0
	for _, truth := range b.Truth {
		seen[truth.Story]++
		seen[truth.Identity]++
		seen[truth.Aftermath]++
		if (truth.LeadID == "") != (truth.Identity == identityStranger) {
			t.Errorf("%+v", truth)
		}
	}
	for _, in := range b.intents {
		seen[string(in.amount.Currency)]++
	}
	var wanted []string
	for _, told := range stories() {
		wanted = append(wanted, told.name)
	}
	names, _ := identities()
	later, _ := aftermaths()
	for _, want := range append(append(append(wanted, names...), later...), "USD", "EUR", "GBP", "JPY") {
		if seen[want] == 0 {
			t.Errorf("no %s", want)
		}
	}
	payers := make(map[*payer]bool)
	large := NewBusiness(3, 4000, opens, closes)
	for _, in := range large.intents {
		payers[in.payer] = true
	}
	for p := range payers {
		if p.lead == nil {
			strangers++
		}
	}
	if share := strangers * 100 / len(payers); share < 6 || share > 10 {
		t.Errorf("%d %% of payers have no lead", share)
	}
}

func TestOddSizes(t *testing.T) {
	for _, n := range []int{-1, 0, 1, 2, 3, 17, 101} {
		b := NewBusiness(int64(n), n, opens, closes)
		if got := b.Charges(); got != max(n, 0) {
			t.Errorf("%d charges, want %d", got, n)
		}
		for _, in := range b.intents {
			for _, c := range in.charges {
				if c.created.Before(opens) || !c.created.Before(closes) {
					t.Errorf("%s is outside the dates: %s", c.id, c.created)
				}
			}
		}
	}
	if NewBusiness(1, 30, opens, opens).Charges() != 30 {
		t.Error("a business without dates")
	}
}

// everything collects the versions of all objects, by id and in the order of time.
func everything(b *Business) map[string][]map[string]any {
	s := NewStripe("sk_test_x", func() time.Time { return closes })
	objects := make(map[string][]map[string]any)
	b.each(false, func(collection string, at time.Time, object map[string]any) {
		s.Put(collection, at, object) // refuses what has no id or no created
		id := object["id"].(string)
		objects[id] = append(objects[id], object)
	})
	return objects
}

func TestObjectsAgree(t *testing.T) {
	objects := everything(NewBusiness(5, 1500, opens, closes))
	number := func(o map[string]any, key string) int64 {
		n, ok := asInt(o[key])
		if !ok {
			t.Errorf("%v has no %s", o["id"], key)
		}
		return n
	}
	payouts := make(map[string]int64)
	for id, versions := range objects {
		for _, o := range versions {
			// Whatever is named by id must exist, beside the few kinds that are not held.
			for key, p := range stripeProperties()[fmt.Sprint(o["object"])] {
				if ref, ok := o[key].(string); ok && p.kind != unresolvable && objects[ref] == nil {
					t.Errorf("%s: %s leads nowhere: %s", id, key, ref)
				}
			}
			switch o["object"] {
			case "charge":
				captured, refunded := number(o, "amount_captured"), number(o, "amount_refunded")
				if captured > number(o, "amount") || refunded > captured {
					t.Errorf("%s: %d captured, %d refunded", id, captured, refunded)
				}
				if (o["refunded"] == true) != (captured > 0 && refunded == captured) {
					t.Errorf("%s: refunded is %v", id, o["refunded"])
				}
			case "balance_transaction":
				if number(o, "net") != number(o, "amount")-number(o, "fee") {
					t.Errorf("%s: net is not amount − fee", id)
				}
			case "invoice":
				sum := int64(0)
				for _, line := range asObjects(o["lines"]) {
					sum += number(line, "amount")
				}
				if sum != number(o, "total") {
					t.Errorf("%s: lines come to %d of %d", id, sum, number(o, "total"))
				}
			}
		}
		last := versions[len(versions)-1]
		if paid, ok := last["_payout"].(string); ok && last["type"] != "payout" {
			payouts[paid] += number(last, "net")
		}
	}
	for id, sum := range payouts {
		if amount := number(objects[id][0], "amount"); amount != sum || amount <= 0 {
			t.Errorf("%s: members come to %d of %d", id, sum, amount)
		}
	}
	if len(payouts) < 100 {
		t.Errorf("%d payouts", len(payouts))
	}
}

// TestTotalsFromObjects adds up what the objects show and compares it with what the model says.
func TestTotalsFromObjects(t *testing.T) {
	b := NewBusiness(9, 1200, opens, closes)
	s := NewStripe("sk_test_x", time.Now)
	b.Load(s)
	for _, at := range []time.Time{
		opens.AddDate(0, 0, -1), opens.AddDate(0, 2, 11), closes, closes.AddDate(1, 0, 0),
	} {
		shown := make(map[money.Currency]Total)
		for _, o := range shownAt(t, s, at) {
			currency := money.Currency(strings.ToUpper(fmt.Sprint(o["currency"])))
			amount, _ := asInt(o["amount"])
			total := shown[currency]
			switch o["object"] {
			case "charge":
				if o["status"] == "succeeded" && o["captured"] == true {
					captured, _ := asInt(o["amount_captured"])
					total.Payments++
					total.Captured += captured
				}
			case "refund":
				if o["status"] == "succeeded" {
					total.Refunded += amount
				}
			case "dispute":
				if status := fmt.Sprint(o["status"]); status != "won" && !strings.HasPrefix(status,
					"warning") {
					total.Withheld += amount
				}
			case "payout":
				if o["status"] != "failed" {
					total.PaidOut += amount
				}
			case "balance_transaction":
				fee, _ := asInt(o["fee"])
				net, _ := asInt(o["net"])
				if o["reporting_category"] == "dispute" {
					total.DisputeFees += fee
				} else {
					total.Fees += fee
				}
				if o["type"] != "payout" && o["type"] != "payout_failure" {
					total.Net += net
				}
			}
			if total != (Total{}) {
				shown[currency] = total
			}
		}
		if diff := cmp.Diff(b.Totals(at), shown); diff != "" {
			t.Errorf("at %s (-model +objects):\n%s", at, diff)
		}
	}
}

// shownAt decodes every object as it is served at a time.
func shownAt(t *testing.T, s *Stripe, at time.Time) []map[string]any {
	t.Helper()
	s.settle()
	var out []map[string]any
	for _, c := range s.collections {
		for _, e := range c.sorted {
			if v := e.at(at.UnixNano()); v != nil {
				var object map[string]any
				if err := json.Unmarshal(v.node.body, &object); err != nil {
					t.Fatal(err)
				}
				out = append(out, object)
			}
		}
	}
	return out
}

// readRecords reads a CSV file with a header, by id.
func readRecords(t *testing.T, path string) map[string]map[string]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	out := make(map[string]map[string]string)
	for _, row := range rows[1:] {
		record := make(map[string]string)
		for i, name := range rows[0] {
			record[name] = row[i]
		}
		if out[record["id"]] != nil {
			t.Errorf("%s twice", record["id"])
		}
		out[record["id"]] = record
	}
	return out
}

func TestRecordFiles(t *testing.T) {
	b, dir := NewBusiness(4, 400, opens, closes), t.TempDir()
	if err := b.WriteRecords(dir); err != nil {
		t.Fatal(err)
	}
	leads, calls, products := readRecords(t, filepath.Join(dir, "leads.csv")),
		readRecords(t, filepath.Join(dir, "calls.csv")), readRecords(t, filepath.Join(dir, "products.csv"))
	for id, c := range calls {
		l := leads[c["lead_id"]]
		if l == nil || l["created_at"] > c["started_at"] {
			t.Errorf("%s: lead %v", id, l)
		}
		if c["product_id"] != "" && products[c["product_id"]] == nil {
			t.Errorf("%s: no product %s", id, c["product_id"])
		}
		if c["amount"] != "" {
			if _, err := money.Parse(c["amount"], money.Currency(c["currency"])); err != nil {
				t.Errorf("%s: %v", id, err)
			}
		}
	}
	for _, truth := range b.Truth {
		if truth.LeadID != "" && leads[truth.LeadID] == nil || products[truth.ProductID] == nil {
			t.Errorf("%+v", truth)
		}
		if truth.CallID != "" && calls[truth.CallID]["lead_id"] != truth.LeadID {
			t.Errorf("%+v", truth)
		}
	}
}

func TestNobodyRealIsReached(t *testing.T) {
	dir := t.TempDir()
	if err := NewBusiness(4, 400, opens, closes).WriteRecords(dir); err != nil {
		t.Fatal(err)
	}
	for id, l := range readRecords(t, filepath.Join(dir, "leads.csv")) {
		for _, mail := range strings.Split(l["email"], ";") {
			_, domain, _ := strings.Cut(mail, "@")
			if !strings.HasSuffix("."+domain, ".example.com") && !strings.HasSuffix("."+domain,
				".example.net") &&
				!strings.HasSuffix("."+domain, ".example.org") {
				t.Errorf("%s has an e-mail that may be somebody's: %s", id, mail)
			}
		}
		if p := l["phone"]; p != "" && (len(p) != 12 || p[5:10] != "55501") {
			t.Errorf("%s has a phone that may be somebody's: %s", id, p)
		}
	}
}

func TestNamesAreMostlyDistinct(t *testing.T) {
	b, names := NewBusiness(7, LoadCharges, opens, opens.AddDate(1, 0, 0)), make(map[string]int)
	for _, l := range b.leads {
		names[l.name()]++
	}
	if b.Charges() != LoadCharges || len(names)*100 < len(b.leads)*95 {
		t.Errorf("%d charges, %d names for %d leads", b.Charges(), len(names), len(b.leads))
	}
}

func BenchmarkNewBusiness(b *testing.B) {
	for b.Loop() {
		NewBusiness(7, LoadCharges, opens, opens.AddDate(1, 0, 0))
	}
}

func BenchmarkLoad(b *testing.B) {
	business := NewBusiness(7, LoadCharges, opens, opens.AddDate(1, 0, 0))
	for b.Loop() {
		business.Load(NewStripe("sk_test_x", func() time.Time { return closes }))
	}
}

func BenchmarkExpandedPage(b *testing.B) {
	s := NewStripe("sk_test_x", func() time.Time { return closes })
	NewBusiness(7, LoadCharges, opens, opens.AddDate(1, 0, 0)).Load(s)
	s.settle()
	values := url.Values{"limit": {"100"}, "expand[]": {
		"data.customer", "data.invoice", "data.balance_transaction", "data.refunds"}}
	for b.Loop() {
		if _, fault := s.list(s.collections["charges"], values, closes.UnixNano()); fault != nil {
			b.Fatal(fault.message)
		}
	}
}
