package main

import (
	"database/sql"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
	"pennytie/store"
)

// Long runs: go test ./cmd/pennytie -run 'TestCorrectionsDuringRuns|TestListSpeed' -mixed 10000 -listed 100000 -v
var (
	mixed  = flag.Int("mixed", 300, "how many requests TestCorrectionsDuringRuns sends")
	listed = flag.Int("listed", 2000, "how many payments TestListSpeed lists")
)

// TestCorrectionsDuringRuns reads and corrects from several clients while one run after the other matches everything anew: every
// correction that was accepted is kept, none that was refused, and nobody ever hears that a database is locked.
func TestCorrectionsDuringRuns(t *testing.T) {
	b := newBooks(t, crashServices(t))
	b.finish(t)
	b.alternate(t)
	a := b.serve(t)
	rows := a.payments(t, "limit=100", nil)
	const clients = 6
	var group sync.WaitGroup
	told := make([]told, clients)
	for i := range clients {
		group.Go(func() { told[i] = a.client(t, i, clients, rows) })
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		group.Wait()
	}()
	runs := 0
	for over := false; !over; runs++ {
		run := exec.Command("pennytie", "run", "-q", "--as-of", crashAsOf, "--config", []string{"pennytie.yaml", "other.yaml"}[runs%2])
		run.Dir = b.dir
		if out, err := run.CombinedOutput(); err != nil {
			t.Errorf("run %d: %v\n%s", runs, err, out)
		}
		select {
		case <-done:
			over = true
		case <-time.After(200 * time.Millisecond):
		}
	}
	accepted, busy := 0, 0
	for _, one := range told {
		accepted, busy = accepted+one.accepted, busy+one.busy
		for id, want := range one.last {
			var p struct{ Data map[string]any }
			if err := json.Unmarshal(a.ask(t, http.MethodGet, "/v1/payments/"+id, "").body, &p); err != nil || p.Data["external_id"] != want {
				t.Errorf("payment %s: %v, %v; the last word was %s", id, p.Data["external_id"], err, want)
			}
		}
	}
	db, err := sql.Open("sqlite3", "file:"+b.store()+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if kept := column(t, db, "SELECT count(*) FROM source_record WHERE source = 'manual'")[0]; kept != fmt.Sprint(accepted) || accepted == 0 {
		t.Errorf("%d corrections were accepted, %s are kept", accepted, kept)
	}
	b.finish(t)
	b.pennytie(t, "doctor")
	t.Logf("%d requests, %d corrections accepted, %d told to wait, over %d runs", *mixed, accepted, busy, runs)
}

// alternate writes a second configuration by which every payment is matched again.
func (b books) alternate(t *testing.T) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(b.dir, "pennytie.yaml"))
	if err == nil {
		err = os.WriteFile(filepath.Join(b.dir, "other.yaml"), append(text, "matching: {auto_confirm: 0.99}\n"...), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// told is what one client was told.
type told struct {
	accepted, busy int
	last           map[string]string // external id of a payment
}

// client sends its share of requests: one correction to four reads. It corrects payments that no other client does.
func (a api) client(t *testing.T, number, clients int, rows []map[string]any) told {
	said := told{last: map[string]string{}}
	random := rand.New(rand.NewPCG(1, uint64(number)))
	for i := range *mixed / clients {
		row := rows[random.IntN(len(rows)/clients)*clients+number]
		id := row["id"].(string)
		if i%5 != 0 {
			path := []string{"/v1/payments/" + id, "/v1/payments?limit=20", "/v1/calls?limit=20"}[random.IntN(3)]
			if got := a.ask(t, http.MethodGet, path, ""); got.StatusCode != http.StatusOK {
				t.Errorf("%s: %d %.300s", path, got.StatusCode, got.body)
			}
			continue
		}
		for wanted := fmt.Sprintf("O-%d-%d", number, i); ; said.busy++ {
			got := a.ask(t, http.MethodPatch, "/v1/payments/"+id, `{"external_id":"`+wanted+`"}`)
			if got.StatusCode == http.StatusServiceUnavailable && got.Header.Get("Retry-After") != "" && !strings.Contains(string(got.body), "lock") {
				continue
			}
			if got.StatusCode != http.StatusOK {
				t.Errorf("%d %.300s", got.StatusCode, got.body)
			}
			said.accepted++
			said.last[id] = wanted
			break
		}
	}
	return said
}

// TestCursorsStayWhileRowsArrive reads a list page by page while payments are imported between the pages, before, at and after the
// place of the cursor: whatever was there at the beginning is read exactly once.
func TestCursorsStayWhileRowsArrive(t *testing.T) {
	b := newBooks(t, crashServices(t))
	b.finish(t)
	a := b.serve(t)
	want := a.payments(t, "limit=100", nil)
	imported := 0
	got := a.payments(t, "limit=37", func(answered) {
		imported++
		text := "provider,provider_payment_id,amount,currency,status,payment_date\n"
		for i, row := range []map[string]any{want[0], want[len(want)/2], want[len(want)-1]} {
			text += fmt.Sprintf("stripe,pi_late%d%d,1.00,USD,succeeded,%s\n", imported, i, row["payment_date"])
		}
		if err := os.WriteFile(filepath.Join(b.dir, "late.csv"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		b.pennytie(t, "import late.csv --as payments -q --as-of "+crashAsOf)
	})
	seen := map[string]int{}
	for _, row := range got {
		seen[row["id"].(string)]++
	}
	for _, row := range want {
		if n := seen[row["id"].(string)]; n != 1 {
			t.Errorf("payment %s was read %d times", row["id"], n)
		}
	}
	if imported < 3 || len(got) <= len(want) {
		t.Errorf("%d pages, %d payments after %d", imported, len(got), len(want))
	}
}

// TestListSpeed measures a page of the list over HTTP against a bare indexed read of the same rows.
func TestListSpeed(t *testing.T) {
	if testing.Short() {
		t.Skip("it measures")
	}
	b := books{t.TempDir()}
	config := "organization_id: org\nsources:\n  - {name: exports, provider: files, role: processor, path: ./none.csv}\n"
	if err := os.WriteFile(filepath.Join(b.dir, "pennytie.yaml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	places := b.fill(t, *listed)
	a := b.serve(t)
	db, err := sql.Open("sqlite3", "file:"+b.store()+"?mode=ro&_cache_size=-65536")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	bare, err := db.Prepare("SELECT * FROM payment WHERE (payment_date, id) > (?, ?) ORDER BY payment_date, id LIMIT 50")
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 1))
	rounds := min(2000, *listed/4)
	cursor := ""
	api, raw := make([]time.Duration, rounds), make([]time.Duration, rounds)
	for i := range rounds {
		place := places[random.IntN(len(places)-60)]
		start := time.Now()
		n := scanAll(t, bare, place.Date.UnixMicro(), place.ID)
		raw[i] = time.Since(start)
		query := "/v1/payments?limit=50&from_date=" + place.Date.Format(time.RFC3339)
		if i%2 == 1 && cursor != "" {
			query = "/v1/payments?limit=50&cursor=" + cursor
		}
		start = time.Now()
		got := a.ask(t, http.MethodGet, query, "")
		api[i] = time.Since(start)
		var page struct {
			Data       []json.RawMessage
			Pagination struct {
				Next *string `json:"next_cursor"`
			}
		}
		if err := json.Unmarshal(got.body, &page); err != nil || len(page.Data) != 50 || n != 50 {
			t.Fatalf("%s: %d rows of %d, %v", query, len(page.Data), n, err)
		}
		if cursor = ""; page.Pagination.Next != nil && random.IntN(2) == 0 && place != places[len(places)-61] {
			cursor = *page.Pagination.Next
		}
		if place.Date.After(places[len(places)-120].Date) {
			cursor = "" // the next page might be short
		}
	}
	slices.Sort(api)
	slices.Sort(raw)
	at := func(of []time.Duration, percent int) time.Duration { return of[len(of)*percent/100] }
	t.Logf("%d payments, pages of 50: p50 %v over HTTP, %v bare (%.1f times); p99 %v and %v (%.1f times)", *listed,
		at(api, 50), at(raw, 50), float64(at(api, 50))/float64(at(raw, 50)), at(api, 99), at(raw, 99), float64(at(api, 99))/float64(at(raw, 99)))
	if at(api, 50) > 100*at(raw, 50) {
		t.Error("a page costs more than a hundred bare reads: does it scan?")
	}
}

func scanAll(t *testing.T, query *sql.Stmt, args ...any) (n int) {
	t.Helper()
	rows, err := query.Query(args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	values := make([]any, len(columns))
	for i := range values {
		values[i] = new(any)
	}
	for rows.Next() {
		n++
		if err := rows.Scan(values...); err != nil {
			t.Fatal(err)
		}
	}
	return n
}

// fill stores payments, one a minute, matched with a candidate each.
func (b books) fill(t *testing.T, n int) (places []reconcile.Position) {
	t.Helper()
	s, err := store.Open(t.Context(), b.store())
	if err != nil {
		t.Fatal(err)
	}
	first := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	err = s.Update(t.Context(), func(tx reconcile.Tx) error {
		for i := range n {
			key := reconcile.Key{Provider: "stripe", ID: fmt.Sprintf("pi_%08d", i)}
			row, err := tx.Open([]reconcile.Key{key})
			if err != nil {
				return err
			}
			amount := money.New(int64(i), "USD")
			p := &reconcile.Payment{Row: row, ID: reconcile.PaymentID(key), OrganizationID: "org", Provider: "stripe", ProviderPaymentID: key.ID,
				Amount: amount, Captured: amount, Status: reconcile.StatusSucceeded, CustomerEmail: "somebody@example.com", CustomerName: "Some Body",
				PaymentDate: first.Add(time.Duration(i) * time.Minute), CreatedAt: first, StripeChargeID: "ch" + key.ID, Source: "exports",
				Role: reconcile.RoleProcessor, Payer: reconcile.Payer{Emails: []string{"somebody@example.com"}}}
			places = append(places, reconcile.Position{Date: p.PaymentDate, ID: p.ID})
			_, err = tx.PutPayment(p, reconcile.PaymentKeys{})
			p.Match = reconcile.Match{State: reconcile.MatchAuto, LeadID: fmt.Sprint("L", i%1000), By: "email", Confidence: 9900, Margin: 9900,
				Candidates: []reconcile.Candidate{{LeadID: fmt.Sprint("L", i%1000), Confidence: 9900, MatchedBy: "email", Evidence: []reconcile.Evidence{
					{Signal: "email", Payment: "somebody@example.com", Candidate: "somebody@example.com", Weight: 620}}}}}
			p.Verification, p.VerifiedAt = reconcile.Confirmed, first
			if err == nil {
				_, err = tx.PutOutcome(p)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	return places
}
