package main

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The whole sets: go test ./cmd/pennytie -run TestLinkage -v -timeout 60m -linkage DIR
var linkage = flag.String("linkage", "", "folder with febrl, historical_50k and transactions for TestLinkage")

// linkageSets are public sets of record linkage. Reached is what systems of that field reach on them, over pairs of records: near
// enough to say where we stand, not the same measure.
var linkageSets = []struct {
	name, reached string
	books         func(t *testing.T, dir string) *linkageBooks
}{
	{"febrl1", "Fellegi-Sunter, with birth date and identity number: P 1.0000 R 0.9980 F1 0.9990 at 0.50, ECE 0.0013",
		func(t *testing.T, dir string) *linkageBooks { return febrlBooks(t, dir, "febrl1") }},
	{"febrl2", "the same: P 1.0000 R 0.9938 F1 0.9969 at 0.50, ECE 0.0007",
		func(t *testing.T, dir string) *linkageBooks { return febrlBooks(t, dir, "febrl2") }},
	{"febrl3", "the same: P 0.9995 R 0.9919 F1 0.9957 at 0.50, ECE 0.0023; exact name and birth date: F1 0.9479",
		func(t *testing.T, dir string) *linkageBooks { return febrlBooks(t, dir, "febrl3") }},
	{"historical_50k", "the same, without a number: P 0.9846 R 0.6147 F1 0.7569 at 0.50, ECE 0.0136", historicalBooks},
	{"transactions", "a prototype, one to one: F1 0.94", transactionBooks},
}

// TestLinkage feeds the binary with public sets of record linkage as leads and payments, with names, addresses and contact fields
// only: no number of an identity, no date of birth, no id of an entity. It wants what must hold of any matching: on the sample
// nothing wrong is decided by itself, and measuring twice gives the same bytes.
func TestLinkage(t *testing.T) {
	t.Run("sample", func(t *testing.T) {
		got := febrlBooks(t, filepath.Join("testdata", "linkage"), "febrl1").measure(t)
		if c := got.Lead.Counts; c.Payments != 150 || c.WithTruth != 120 || c.InFirst5 < 80 || c.Wrong > 0 {
			t.Errorf("%+v: want 120 of 150 payments with a lead, 80 of these or more among the first five, nothing wrong", c)
		}
	})
	if *linkage == "" {
		return
	}
	for _, set := range linkageSets {
		t.Run(set.name, func(t *testing.T) {
			set.books(t, *linkage).measure(t)
			t.Logf("others reach: %s", set.reached)
		})
	}
}

// linkageBooks are the files of one set.
type linkageBooks struct {
	books
	asOf                          string
	leads, calls, payments, truth [][]string // each with its header
}

func newLinkageBooks(t *testing.T, asOf string) *linkageBooks {
	t.Helper()
	return &linkageBooks{
		books: books{t.TempDir()},
		asOf:  asOf,
		leads: [][]string{{"id", "name", "address", "city", "postal_code", "country", "created_at"}},
		calls: [][]string{{"id", "lead_id", "started_at", "outcome", "amount", "currency"}},
		payments: [][]string{{"provider", "provider_payment_id", "amount", "currency", "status", "payment_date", "customer_name",
			"billing_address", "billing_city", "billing_postal_code", "billing_country", "description"}},
		truth: [][]string{{"provider_payment_id", "lead_id", "call_id", "product_id", "acceptable_lead_ids"}},
	}
}

// linkageMeasure is what `evaluate --json` says of leads.
type linkageMeasure struct {
	Lead struct {
		Precision, Recall, F1, ECE *float64
		F1At50                     *float64 `json:"f1_at_50"`
		RecallAt5                  *float64 `json:"recall_at_5"`
		Counts                     struct {
			Payments, Auto, Right, Wrong int64
			WithTruth                    int64 `json:"with_truth"`
			WrongNoLead                  int64 `json:"wrong_no_lead"`
			InFirst5                     int64 `json:"in_first_5"`
		}
	}
}

// measure runs the binary over the files and holds what it stored against the truth.
func (b *linkageBooks) measure(t *testing.T) (m linkageMeasure) {
	t.Helper()
	const config = `{sources: [{name: bank, provider: files, role: processor, path: payments.csv}],
records: {leads: leads.csv, calls: calls.csv}}`
	if err := os.WriteFile(filepath.Join(b.dir, "pennytie.yaml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	b.write(t, "leads.csv", b.leads)
	b.write(t, "calls.csv", b.calls)
	b.write(t, "payments.csv", b.payments)
	b.write(t, "truth.csv", b.truth)
	started := time.Now()
	b.pennytie(t, "run", "-q", "--as-of", b.asOf)
	took := time.Since(started)
	first := b.pennytie(t, "evaluate", "--truth", "truth.csv", "--json")
	if second := b.pennytie(t, "evaluate", "--truth", "truth.csv", "--json"); !bytes.Equal(first, second) {
		t.Errorf("measured twice, and it differs:\n%s\n%s", first, second)
	}
	if err := json.Unmarshal(first, &m); err != nil {
		t.Fatal(err)
	}
	value := func(n *float64) string {
		if n == nil {
			return "-"
		}
		return strconv.FormatFloat(*n, 'f', 4, 64)
	}
	l := &m.Lead
	t.Logf("%d leads, %d payments, %d with a lead; %d decided, %d wrong, %d of these without a lead; a run of %s",
		len(b.leads)-1, l.Counts.Payments, l.Counts.WithTruth, l.Counts.Auto, l.Counts.Wrong, l.Counts.WrongNoLead,
		took.Round(time.Second))
	t.Logf("P %s R %s F1 %s of what it decides by itself; F1 %s at 0.50; recall@5 %s; ECE %s", value(l.Precision),
		value(l.Recall), value(l.F1), value(l.F1At50), value(l.RecallAt5), value(l.ECE))
	return m
}

func (b *linkageBooks) write(t *testing.T, name string, rows [][]string) {
	t.Helper()
	var text bytes.Buffer
	if err := csv.NewWriter(&text).WriteAll(rows); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(b.dir, name), text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

// pennytie runs the binary in the folder of the books and returns its output.
func (b *linkageBooks) pennytie(t *testing.T, args ...string) []byte {
	t.Helper()
	cmd := exec.Command("pennytie", args...)
	cmd.Dir = b.dir
	var errors bytes.Buffer
	cmd.Stderr = &errors
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("pennytie %v: %v\n%s", args, err, errors.String())
	}
	return out
}

// linkagePerson is what a form asks a payer for.
type linkagePerson struct{ name, address, city, postal, country string }

func febrlBooks(t *testing.T, dir, name string) *linkageBooks {
	t.Helper()
	return personBooks(t, filepath.Join(dir, "febrl", name+".csv"), filepath.Join(dir, "febrl", name+"_gold.csv"), febrlPerson)
}

func febrlPerson(r map[string]string) linkagePerson {
	street := strings.TrimSpace(r["street_number"] + " " + r["address_1"])
	return linkagePerson{
		name: strings.TrimSpace(r["given_name"] + " " + r["surname"]), city: r["suburb"], postal: r["postcode"], country: "AU",
		address: strings.Trim(street+", "+r["address_2"], ", "), // two lines of a form, joined as Stripe's are
	}
}

func historicalBooks(t *testing.T, dir string) *linkageBooks {
	t.Helper()
	dir = filepath.Join(dir, "historical_50k")
	return personBooks(t, filepath.Join(dir, "records.csv"), filepath.Join(dir, "gold.csv"), historicalPerson)
}

func historicalPerson(r map[string]string) linkagePerson {
	return linkagePerson{name: r["full_name"], city: r["birth_place"], postal: r["postcode_fake"], country: "GB"}
}

// personBooks makes every fourth record of an entity a lead, beginning with its first, and the others payments of one amount on
// one day. An entity with one record is by turns a lead who never paid and a payer without a lead. Records are in the order of
// their ids, which are random.
func personBooks(t *testing.T, records, gold string, person func(map[string]string) linkagePerson) *linkageBooks {
	t.Helper()
	const each = 4
	entity := map[string]string{}
	for _, row := range csvRows(t, gold) {
		entity[row["id"]] = row["entity_id"]
	}
	rows := csvRows(t, records)
	slices.SortFunc(rows, func(a, b map[string]string) int { return cmp.Compare(a["id"], b["id"]) })
	entities := map[string][]map[string]string{}
	for _, row := range rows {
		entities[entity[row["id"]]] = append(entities[entity[row["id"]]], row)
	}
	b := newLinkageBooks(t, "2026-02-01T00:00:00Z")
	leads := map[string][]string{} // of an entity
	var payers []map[string]string
	singles := 0
	for _, row := range rows {
		id := entity[row["id"]]
		all := entities[id]
		at := slices.IndexFunc(all, func(other map[string]string) bool { return other["id"] == row["id"] })
		if len(all) == 1 {
			at = singles % 2
			singles++
		}
		if at%each != 0 {
			payers = append(payers, row)
			continue
		}
		p := person(row)
		leads[id] = append(leads[id], row["id"])
		b.leads = append(b.leads, []string{row["id"], p.name, p.address, p.city, p.postal, p.country, "2026-01-01"})
	}
	for _, row := range payers {
		p := person(row)
		b.payments = append(b.payments, []string{"bank", row["id"], "100.00", "USD", "succeeded", "2026-01-15T12:00:00Z",
			p.name, p.address, p.city, p.postal, p.country, ""})
		first, all := "", leads[entity[row["id"]]]
		if len(all) > 0 {
			first = all[0]
		}
		b.truth = append(b.truth, []string{row["id"], first, "", "", strings.Join(all, ";")})
	}
	return b
}

// transactionBooks makes each origin a lead with one won call of that day and amount, and each destination a payment. All that is
// known of either is a memo: a name or initials, some words and a bank's code, often cut off.
func transactionBooks(t *testing.T, dir string) *linkageBooks {
	t.Helper()
	dir = filepath.Join(dir, "transactions")
	origin := map[string]string{}
	for _, row := range csvRows(t, filepath.Join(dir, "gold.csv")) {
		origin[row["destination_id"]] = row["origin_id"]
	}
	b := newLinkageBooks(t, "2022-07-01T00:00:00Z")
	for _, row := range csvRows(t, filepath.Join(dir, "origin.csv")) {
		day := row["transaction_date"] + "T00:00:00Z"
		b.leads = append(b.leads, []string{row["id"], row["memo"], "", "", "", "", day})
		b.calls = append(b.calls, []string{"call-" + row["id"], row["id"], day, "won", row["amount"], "GBP"})
	}
	for _, row := range csvRows(t, filepath.Join(dir, "destination.csv")) {
		day := row["transaction_date"] + "T00:00:00Z"
		b.payments = append(b.payments, []string{"bank", row["id"], row["amount"], "GBP", "succeeded", day, row["memo"],
			"", "", "", "", row["memo"]})
		lead := origin[row["id"]]
		call := ""
		if lead != "" {
			call = "call-" + lead
		}
		b.truth = append(b.truth, []string{row["id"], lead, call, "", lead})
	}
	return b
}
