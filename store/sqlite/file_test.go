package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/fstest"

	_ "github.com/mattn/go-sqlite3"
	"github.com/pressly/goose/v3"

	"pennytie/reconcile"
)

// raw runs statements on the writer, outside of any transaction.
func raw(t testing.TB, store *Store, statements ...string) {
	t.Helper()
	writer, err := store.takeWriter(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { store.writer <- writer }()
	for _, statement := range statements {
		if _, err := writer.exec(statement); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSettings(t *testing.T) {
	store := openTest(t, filepath.Join(t.TempDir(), "100% odd?#&name=é.db"))
	writer := <-store.writer
	defer func() { store.writer <- writer }()
	for _, on := range []struct {
		session *session
		more    map[string]string
	}{
		{writer, map[string]string{"query_only": "0"}},
		{store.idle[0], map[string]string{"query_only": "1"}},
	} {
		want := map[string]string{
			"page_size": "16384", "journal_mode": "wal", "synchronous": "2", "foreign_keys": "1",
			"busy_timeout": "10000", "cache_size": "-65536", "trusted_schema": "0",
			"query_only":     on.more["query_only"],
			"application_id": fmt.Sprint(applicationID),
		}
		for name, value := range want {
			if got, err := on.session.pragma("PRAGMA " + name); err != nil || got != value {
				t.Errorf("%s is %q (%v), want %q", name, got, err, value)
			}
		}
	}
	if err := writer.confirm([]setting{{"cache_size", "", "1"}}); err == nil {
		t.Error("a wrong setting is not refused")
	}
	if _, err := store.idle[0].exec("DELETE FROM lead"); err == nil {
		t.Error("a reader can write")
	}
}

func TestFileMode(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0o022))
	path := filepath.Join(t.TempDir(), "store.db")
	store := openTest(t, path)
	raw(t, store, "DELETE FROM lead")
	for _, suffix := range []string{"", "-wal", "-shm"} {
		info, err := os.Stat(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("mode of %s is %v", info.Name(), info.Mode())
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	folder := t.TempDir()
	damaged := filepath.Join(folder, "damaged.db")
	if err := os.WriteFile(damaged, []byte(strings.Repeat("this is no database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	newer, foreign := filepath.Join(folder, "newer.db"), filepath.Join(folder, "foreign.db")
	store, err := Open(t.Context(), newer)
	if err != nil {
		t.Fatal(err)
	}
	raw(t, store, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, 1)")
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	conn, err := connect("file:"+foreign, []string{"application_id = 7"})
	if err != nil {
		t.Fatal(err)
	}
	other := newSession(conn)
	if _, err := other.exec("CREATE TABLE theirs (a)"); err != nil {
		t.Fatal(err)
	}
	if err := other.close(); err != nil {
		t.Fatal(err)
	}
	for _, refused := range []struct {
		path, says string
		kind       error
	}{
		{damaged, "damaged", reconcile.ErrIntegrity},
		{newer, "newer program", reconcile.ErrNewerSchema},
		{foreign, "another program", reconcile.ErrInvalid},
		{filepath.Join(folder, "none", "store.db"), filepath.Join(folder, "none") + " does not exist", nil},
		{folder, "this is a folder", nil},
		{"", "no path", reconcile.ErrInvalid},
		{":memory:", "no path", reconcile.ErrInvalid},
	} {
		store, err := Open(t.Context(), refused.path)
		if err == nil {
			t.Errorf("%q is opened: %v", refused.path, store.Close())
			continue
		}
		if !strings.Contains(err.Error(), refused.says) || refused.kind != nil && !errors.Is(err, refused.kind) {
			t.Errorf("%q gives %v, want %q of kind %v", refused.path, err, refused.says, refused.kind)
		}
	}
}

func TestOpenTogether(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	var work sync.WaitGroup
	for range 6 {
		work.Go(func() {
			store, err := Open(t.Context(), path)
			if err != nil {
				t.Error(err)
				return
			}
			if err := store.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	work.Wait()
	if err := openTest(t, path).Check(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestReopenKeeps(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	store, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	fill(t, store, 10)
	if err := errors.Join(store.Close(), store.Close()); err != nil {
		t.Fatal(err)
	}
	if err := store.Update(t.Context(), nil); !errors.Is(err, errClosed) {
		t.Errorf("a closed store gives %v", err)
	}
	if err := store.View(t.Context(), nil); !errors.Is(err, errClosed) {
		t.Errorf("a closed store gives %v", err)
	}
	if got := countRows(t, openTest(t, path), "payment"); got != 10 {
		t.Errorf("%d payments after opening again, want 10", got)
	}
}

func countRows(t testing.TB, store *Store, table string) (count int64) {
	t.Helper()
	err := store.view(t.Context(), func(tx *txn) (err error) {
		count, err = tx.number("SELECT count(*) FROM " + table)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return count
}

// TestDiskFull fills the file up to its limit. SQLite rolls back by itself then, and what comes after
// the error must not be kept on its own.
func TestDiskFull(t *testing.T) {
	store := openTest(t, "")
	fill(t, store, 1)
	writer := <-store.writer
	pages, err := writer.pragma("PRAGMA page_count")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := writer.pragma("PRAGMA max_page_count = " + pages); err != nil {
		t.Fatal(err)
	}
	store.writer <- writer
	failures := 0
	err = store.Update(t.Context(), func(tx reconcile.Tx) error {
		for i := range 4000 {
			q := &reconcile.Quarantine{Source: "s", Line: i, Raw: []byte(strings.Repeat("x", 500))}
			if _, err := tx.PutQuarantine(q); err != nil {
				failures++ // swallowed
			}
		}
		return nil
	})
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "disk is full") {
		t.Errorf("error is %v", err)
	}
	if failures == 0 || failures == 4000 {
		t.Errorf("%d of 4000 failed", failures)
	}
	if got := countRows(t, store, "quarantine"); got != 0 {
		t.Errorf("%d rows stayed", got)
	}
	writer = <-store.writer
	if _, err := writer.pragma("PRAGMA max_page_count = 1000000"); err != nil {
		t.Fatal(err)
	}
	store.writer <- writer
	fill(t, store, 2)
	if err := store.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestErrorsNameNoContents(t *testing.T) {
	store := openTest(t, "")
	fill(t, store, 1)
	const secret = "ada@example.com"
	for _, bad := range []func(tx reconcile.Tx) error{
		func(tx reconcile.Tx) error {
			_, err := tx.PutPayment(&reconcile.Payment{
				Row: 1, ID: "p", Provider: "s", Source: "s", Status: secret, CustomerEmail: secret, Role: "book",
			}, reconcile.PaymentKeys{})
			return err
		},
		func(tx reconcile.Tx) error {
			raw, ok := tx.(*txn)
			if !ok {
				return nil
			}
			_, err := raw.exec(true, "INSERT INTO lead (id, source, content) VALUES ('x', 's', ?)", `{"`+secret)
			if err != nil {
				return err
			}
			_, err = tx.Lead("x")
			return err
		},
	} {
		err := store.Update(t.Context(), bad)
		if err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("error is %v", err)
		}
	}
}

func TestWaitsForTheWriter(t *testing.T) {
	store := openTest(t, "")
	ctx, cancel := context.WithCancel(t.Context())
	err := store.Update(t.Context(), func(reconcile.Tx) error {
		cancel()
		return store.Update(ctx, func(reconcile.Tx) error { return nil })
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
}

// TestUpgrade opens a store of each schema that ever was: what it holds is as it was, every refund still counts, and a person's
// word holds.
func TestUpgrade(t *testing.T) {
	schemas := []struct {
		name  string
		holds []string // beside what every schema holds
	}{
		{"0001_initial.sql", nil},
		{"0002_sources.sql", []string{"UPDATE payment SET refund_provider = 'stripe'", "UPDATE decision SET made_on = 'pay_1'"}},
		{"0003_decisions.sql", []string{"UPDATE payment SET refund_provider = 'stripe'", "UPDATE decision SET made_on = 'pay_1'"}},
	}
	folder := fstest.MapFS{}
	for _, schema := range schemas {
		script, err := migrations.ReadFile("migrations/" + schema.name)
		if err != nil {
			t.Fatal(err)
		}
		folder[schema.name] = &fstest.MapFile{Data: script}
		t.Run(schema.name, func(t *testing.T) { testUpgrade(t, folder, schema.holds) })
	}
}

func testUpgrade(t *testing.T, folder fs.FS, holds []string) {
	path := filepath.Join(t.TempDir(), "store.db")
	old, err := sql.Open("sqlite3", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, old, folder, goose.WithLogger(goose.NopLogger()), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, statement := range append([]string{
		"INSERT INTO identity (row_no) VALUES (1)",
		"INSERT INTO identity_key VALUES ('pi_1', 'stripe', '', 1)",
		`INSERT INTO payment (row_no, id, source, status, role, payment_date, amount, currency, captured_amount, refunded_amount, provider, refund_status)
			VALUES (1, 'pay_1', 's', 'succeeded', 'processor', 1767225600000000, 1000, 'USD', 1000, 400, 'stripe', 'partial')`,
		`INSERT INTO refund (provider, id, owner, source, export, amount, currency, status, open)
			VALUES ('stripe', 're_1', 1, 's', 0, 400, 'USD', 'succeeded', 0)`,
		"INSERT INTO due (row_no) VALUES (1)",
		"INSERT INTO decision (owner, lead_id, none, undo, made_by, made_at) VALUES (1, 'L1', 0, 0, 'eve', 1767225600000000)",
	}, holds...) {
		if _, err := old.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	store := openTest(t, path)
	err = store.View(t.Context(), func(r reconcile.Reader) error {
		p, err := r.Payment("pi_1")
		if err != nil || p.Refund.Amount.Minor != 400 || p.Refund.Provider != "stripe" || p.Dispute.Provider != "" || !p.OpenedAt.IsZero() {
			t.Errorf("%+v, %v", p, err)
		}
		known, err := r.Known(p.Row)
		if err != nil || len(known.Decisions) != 1 {
			t.Fatalf("%+v, %v", known.Decisions, err)
		}
		if d := known.Decisions[0]; d.LeadID != "L1" || d.On != "pay_1" || d.Confirmed != "" || len(d.Overruled) > 0 || d.Audited != "" {
			t.Errorf("a word said before: %+v", d)
		}
		for refund, err := range r.Refunds(nil) {
			if err != nil || !refund.Counted {
				t.Errorf("%+v, %v", refund, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Check(t.Context()); err != nil {
		t.Error(err)
	}
}
