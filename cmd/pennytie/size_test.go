package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The whole size: go test ./cmd/pennytie -run TestSize -v -timeout 60m -size 200000
var size = flag.Int("size", 300, "payments and leads of TestSize")

// crowd are the people of an invented business: names are as unequally common as people's are, two of three pay under an address
// that their lead has, one of ten has no lead.
type crowd struct {
	random         *rand.Rand
	given, surname []string
}

func newCrowd(seed uint64) *crowd {
	c := &crowd{random: rand.New(rand.NewPCG(seed, 0))}
	c.given, c.surname = c.words(900, 2), c.words(20_000, 3)
	return c
}

// words invents some that can be spoken.
func (c *crowd) words(n, syllables int) []string {
	const first, vowels, last = "bdfghjklmnprstvw", "aeiou", "lmnrst"
	at := func(letters string) byte { return letters[c.random.IntN(len(letters))] }
	out := make([]string, n)
	for i := range out {
		var word strings.Builder
		for range syllables - c.random.IntN(2) {
			word.WriteByte(at(first))
			word.WriteByte(at(vowels))
		}
		word.WriteByte(at(last))
		out[i] = strings.ToUpper(word.String()[:1]) + word.String()[1:]
	}
	return out
}

// often draws a word; the first are the most common.
func (c *crowd) often(words []string) string {
	return words[int(float64(len(words))*c.random.Float64()*c.random.Float64())]
}

// tables makes the files of n leads, each with a call, and n payments. Rows come in the order of perm.
func (c *crowd) tables(n int) map[string][]string {
	leads := []string{"id,name,email,phone,address,city,postal_code,country,created_at"}
	calls := []string{"id,lead_id,started_at,outcome,amount,currency"}
	payments := []string{"provider,provider_payment_id,amount,currency,status,payment_date,customer_email,customer_name,customer_phone," +
		"billing_address,billing_city,billing_postal_code,billing_country"}
	begin := time.Date(2025, 1, 1, 9, 0, 0, 0, time.UTC)
	for i := range n {
		given, surname := c.often(c.given), c.often(c.surname)
		email := strings.ToLower(given) + "." + strings.ToLower(surname) + fmt.Sprint(c.random.IntN(90)) + "@" + c.often(c.surname[:40]) + ".example"
		phone := fmt.Sprintf("+1415%07d", c.random.IntN(10_000_000))
		street := fmt.Sprintf("%d %s Street,%s,%05d,US", 1+c.random.IntN(200), c.often(c.surname), c.often(c.surname[:500]), c.random.IntN(90_000))
		called := begin.Add(time.Duration(c.random.IntN(300*24)) * time.Hour)
		amount := fmt.Sprintf("%d.00", 97+100*c.random.IntN(40))
		leads = append(leads, fmt.Sprintf("L%d,%s %s,%s,%s,%s,%s", i, given, surname, email, phone, street, called.AddDate(0, 0, -9).Format("2006-01-02")))
		calls = append(calls, fmt.Sprintf("C%d,L%d,%s,won,%s,USD", i, i, called.Format(time.RFC3339), amount))
		paid := called.Add(time.Duration(1+c.random.IntN(200)) * time.Hour)
		who := []string{email, given + " " + surname, "", ",,,"}
		switch c.random.IntN(10) {
		case 0: // no lead
			who = []string{strings.ToLower(c.often(c.surname)) + "@elsewhere.example", c.often(c.given) + " " + c.often(c.surname), "", ",,,"}
		case 1, 2: // another address
			who = []string{strings.ToLower(given) + fmt.Sprint(i) + "@elsewhere.example", given + " " + surname, phone, ",,,"}
		case 3: // only a name and a place
			who = []string{"", given[:1] + ". " + surname, "", street}
		}
		payments = append(payments, fmt.Sprintf("stripe,pi_%d,%s,USD,succeeded,%s,%s", i, amount, paid.Format(time.RFC3339), strings.Join(who, ",")))
	}
	return map[string][]string{"leads.csv": leads, "calls.csv": calls, "payments.csv": payments}
}

// TestSize matches as many payments with as many leads, in a process of its own, and says how fast and how large it is. Whatever
// the order of rows, the size of pages and the number of processors, it wants the same bytes.
func TestSize(t *testing.T) {
	if testing.Short() {
		t.Skip("the same runs as those of the scripts, larger")
	}
	tables := newCrowd(1).tables(*size)
	var want []byte
	random := rand.New(rand.NewPCG(2, 0))
	for i, rows := range []int{5000, 1, 7, 100} {
		if i > 0 {
			for _, rows := range tables {
				random.Shuffle(len(rows)-1, func(a, b int) { rows[a+1], rows[b+1] = rows[b+1], rows[a+1] })
			}
		}
		got := matched(t, tables, rows, 1+i%2)
		if want == nil {
			want = got
		}
		if !bytes.Equal(got, want) {
			t.Errorf("with %d rows a page on %d processors the decisions are others", rows, 1+i%2)
		}
		if *size > 1000 {
			return // once is long enough
		}
	}
}

// matched are the decisions of a store of these tables.
func matched(t *testing.T, tables map[string][]string, rows, processors int) []byte {
	t.Helper()
	dir := t.TempDir()
	for name, lines := range tables {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	config := fmt.Sprintf(`{sources: [{name: bank, provider: files, role: processor, path: payments.csv, options: {chunk_rows: %d}}],
records: {leads: leads.csv, calls: calls.csv}}`, rows)
	if err := os.WriteFile(filepath.Join(dir, "pennytie.yaml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"pull", "match", "report"} {
		cmd := exec.Command("pennytie", command, "--json", "--as-of", "2026-01-01T00:00:00Z")
		cmd.Dir, cmd.Env = dir, append(os.Environ(), fmt.Sprintf("GOMAXPROCS=%d", processors))
		started := time.Now()
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s: %v\n%s", command, err, out)
		}
		took := time.Since(started)
		var run struct{ Payments, Auto, Suggested, Ambiguous, Unmatched int }
		if err := json.Unmarshal(out, &run); err != nil {
			t.Fatal(err)
		}
		usage := cmd.ProcessState.SysUsage().(*syscall.Rusage)
		t.Logf("%-6s %s, %.0f payments a second, %d MB at most, processor %s: %+v", command, took.Round(time.Millisecond),
			float64(run.Payments)/took.Seconds(), usage.Maxrss/1024, cmd.ProcessState.UserTime().Round(time.Millisecond), run)
	}
	var all []byte
	for _, name := range slices.Sorted(slices.Values([]string{"matches.csv", "candidates.csv", "exceptions.csv"})) {
		text, err := os.ReadFile(filepath.Join(dir, "reports", "latest", name))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, text...)
	}
	return all
}
