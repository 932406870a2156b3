package main

import (
	"bytes"
	"database/sql"
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
	"syscall"
	"testing"
	"time"

	_ "github.com/mattn/go-sqlite3"

	"pennytie/providers/fake"
)

// Long runs: go test ./cmd/pennytie -run TestKill -kills 200 -crash-charges 20000
var (
	kills        = flag.Int("kills", 6, "how many runs TestKill kills")
	crashCharges = flag.Int("crash-charges", 200, "how many charges the business of TestKill has")
	crashSeed    = flag.Uint64("crash-seed", 1, "seed of the moments of TestKill")
)

const crashAsOf = "2026-07-01T00:00:00Z"

// TestKill kills runs with SIGKILL at random moments, lets a later run finish, and wants the same store and the same reports
// as those of a run that nobody disturbed.
func TestKill(t *testing.T) {
	services := crashServices(t)
	want := newBooks(t, services)
	started := time.Now()
	want.finish(t)
	whole := time.Since(started)
	random := rand.New(rand.NewPCG(*crashSeed, 0))
	killed, stores := 0, 0
	wanted := *kills
	if testing.Short() {
		wanted = min(wanted, 2)
	}
	for killed < wanted {
		stores++
		got := newBooks(t, services)
		for range 4 {
			if got.kill(t, time.Duration(random.Int64N(int64(whole)))) {
				killed++
			}
		}
		got.finish(t)
		if diff := differentTable(t, want.store(), got.store()); diff != "" {
			t.Fatalf("after %d kills (seed %d) the store differs: %s", killed, *crashSeed, diff)
		}
		if file := differentFile(t, want.latest(), got.latest()); file != "" {
			t.Fatalf("after %d kills (seed %d) the report differs: %s", killed, *crashSeed, file)
		}
		got.nothingLeft(t)
	}
	t.Logf("%d kills over %d stores; an undisturbed run takes %s", killed, stores, whole.Round(time.Millisecond))
}

// TestTrouble runs over services that refuse, break off, err and stall all the time, and wants the same books as those of a
// quiet run.
func TestTrouble(t *testing.T) {
	if testing.Short() {
		t.Skip("the same requests as TestKill, again and again")
	}
	want := newBooks(t, crashServices(t))
	want.finish(t)
	troubled := crashServices(t)
	for _, service := range troubled.faults() {
		for i, trouble := range []fake.Action{
			fake.Status(http.StatusTooManyRequests, "{}", "Retry-After", "0"), fake.Status(http.StatusBadGateway, "{}"),
			fake.CutBody(), fake.CutJSON(), fake.Reset(), fake.HTML(), fake.Slow(20 * time.Millisecond),
		} {
			service.Fault(fake.Fault{Every: 0.06, Seed: uint64(i), Do: trouble})
		}
	}
	got := newBooks(t, troubled)
	for try := 1; ; try++ {
		out, err := got.command().CombinedOutput()
		if err == nil {
			t.Logf("%d requests, whole after %d runs", troubled.requests(), try)
			break
		}
		var exit *exec.ExitError
		const tries = 10
		if !errors.As(err, &exit) || exit.ExitCode() != exitTemporary || try == tries {
			t.Fatalf("run %d: %v\n%s", try, err, out)
		}
	}
	if diff := differentTable(t, want.store(), got.store(), "exception"); diff != "" {
		t.Errorf("the store differs: %s", diff)
	}
	for _, file := range []string{"payments.csv", "refunds.csv", "disputes.csv", "ledger.csv", "payouts.csv", "candidates.csv", "summary.csv"} {
		a, errA := os.ReadFile(filepath.Join(want.latest(), file))
		b, errB := os.ReadFile(filepath.Join(got.latest(), file))
		if errA != nil || errB != nil || !bytes.Equal(a, b) {
			t.Errorf("%s differs", file)
		}
	}
}

// faults are the parts of the services that can be made to fail.
func (d *demoServices) faults() []*fake.Faults {
	return []*fake.Faults{&d.stripe.Faults, &d.wepay.Faults, &d.aura.Faults, &d.cents.Faults, &d.zenskar.Faults}
}

func (d *demoServices) requests() int {
	n := 0
	for _, service := range d.faults() {
		n += service.Requests("")
	}
	return n
}

// crashServices are five services with the business of the tests here.
func crashServices(t *testing.T) *demoServices {
	t.Helper()
	to := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	return listening(t, fake.NewBusiness(3, *crashCharges, to.AddDate(0, -6, 0), to), func() time.Time { return to })
}

func listening(t *testing.T, business *fake.Business, now func() time.Time) *demoServices {
	t.Helper()
	services := newServices(now)
	services.load(business)
	if err := services.listen(""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = services.Close() })
	return services
}

// books is one folder with a configuration, a store and reports.
type books struct{ dir string }

func newBooks(t *testing.T, services *demoServices) books {
	t.Helper()
	to := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	business := fake.NewBusiness(3, *crashCharges, to.AddDate(0, -6, 0), to)
	return booksOf(t, business, strings.ReplaceAll(services.config(to.AddDate(0, -6, -1)), "requests_per_second: 500", "requests_per_second: 500, page_size: 40"))
}

func booksOf(t *testing.T, business *fake.Business, config string) books {
	t.Helper()
	b := books{t.TempDir()}
	if err := business.WriteRecords(b.dir); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"pennytie.yaml": config, "demo.key": demoKey} {
		if err := os.WriteFile(filepath.Join(b.dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

func (b books) store() string  { return filepath.Join(b.dir, "pennytie.db") }
func (b books) latest() string { return filepath.Join(b.dir, "reports", "latest") }

func (b books) command() *exec.Cmd {
	cmd := exec.Command("pennytie", "run", "-q", "--as-of", crashAsOf)
	cmd.Dir = b.dir
	return cmd
}

func (b books) finish(t *testing.T) {
	t.Helper()
	if out, err := b.command().CombinedOutput(); err != nil {
		t.Fatalf("run: %v\n%s", err, out)
	}
}

// kill starts a run and kills it after a while. It reports false if the run had ended by itself.
func (b books) kill(t *testing.T, after time.Duration) bool {
	t.Helper()
	cmd := b.command()
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(after)
	_ = cmd.Process.Kill()
	err := cmd.Wait()
	var exit *exec.ExitError
	if err == nil {
		return false
	}
	if !errors.As(err, &exit) || exit.ExitCode() != -1 {
		t.Fatalf("a run after a kill failed: %v\n%s", err, out.String())
	}
	return true
}

// nothingLeft wants no half-written report and no file beside the store that a finished run would not leave.
func (b books) nothingLeft(t *testing.T) {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(b.dir, "reports", ".*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

// differentTable compares two stores table by table, but for what runs keep about themselves.
func differentTable(t *testing.T, left, right string, but ...string) string {
	t.Helper()
	a, b := dump(t, left), dump(t, right)
	for table := range a {
		if slices.Contains(but, table) {
			continue
		}
		if a[table] != b[table] {
			return fmt.Sprintf("table %s: %d bytes and %d bytes", table, len(a[table]), len(b[table]))
		}
	}
	if len(a) < 10 || len(a) != len(b) {
		return fmt.Sprintf("%d and %d tables", len(a), len(b))
	}
	return ""
}

func dump(t *testing.T, path string) map[string]string {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+path+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tables := map[string]string{}
	for _, table := range column(t, db, `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
		AND name NOT IN ('run', 'lease', 'goose_db_version') ORDER BY name`) {
		columns := column(t, db, "SELECT 'quote(' || name || ')' FROM pragma_table_info('"+table+"') ORDER BY cid")
		rows := column(t, db, "SELECT concat_ws('|', "+strings.Join(columns, ", ")+") FROM "+table+" ORDER BY 1")
		tables[table] = strings.Join(rows, "\n")
	}
	return tables
}

func column(t *testing.T, db *sql.DB, query string) []string {
	t.Helper()
	rows, err := db.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var values []string
	for rows.Next() {
		var value string
		if err := rows.Scan(&value); err != nil {
			t.Fatal(err)
		}
		values = append(values, value)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return values
}

// TestInterrupt stops runs politely: 130 and 143, what was committed is kept, and the next run goes on from there.
func TestInterrupt(t *testing.T) {
	services := crashServices(t)
	for _, service := range services.faults() {
		service.Fault(fake.Fault{Do: fake.Slow(50 * time.Millisecond)})
	}
	got := newBooks(t, services)
	for signal, code := range map[os.Signal]int{os.Interrupt: exitInterrupted, syscall.SIGTERM: exitTerminated} {
		cmd := got.command()
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		before := services.requests()
		for services.requests() < before+3 { // it is in the middle of a pull
			time.Sleep(time.Millisecond)
		}
		if err := cmd.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		var exit *exec.ExitError
		if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != code || !strings.Contains(out.String(), "interrupted by") {
			t.Errorf("%v: %v, want %d\n%s", signal, err, code, out.String())
		}
	}
	for _, service := range services.faults() {
		service.ClearFaults()
	}
	got.finish(t)
	want := newBooks(t, crashServices(t))
	want.finish(t)
	if file := differentFile(t, want.latest(), got.latest()); file != "" {
		t.Errorf("after interruptions %s differs", file)
	}
}
