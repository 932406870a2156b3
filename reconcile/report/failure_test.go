package report

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

// unsynced spares tests that write many folders the wait for the disk.
type unsynced struct{ sink }

func (unsynced) Sync() error { return nil }

var errDisk = errors.New("no space left on device")

// failing is a disk of which the n-th call fails, whatever it is.
type failing struct{ left *int }

type failingFile struct {
	sink
	disk *failing
}

func (d *failing) spend() error {
	if *d.left--; *d.left < 0 {
		return errDisk
	}
	return nil
}

func (f *failingFile) Write(p []byte) (int, error) {
	if err := f.disk.spend(); err != nil {
		n, _ := f.sink.Write(p[:len(p)/2])
		return n, err
	}
	return f.sink.Write(p)
}

func (f *failingFile) Sync() error { return f.disk.spend() }

func (f *failingFile) Close() error {
	return errors.Join(f.sink.Close(), f.disk.spend())
}

func (f *failingFile) Truncate(size int64) error {
	return errors.Join(f.disk.spend(), f.sink.Truncate(size))
}

// TestEveryDiskCallMayFail fails each call on each file in turn: the folder never appears and latest never
// moves.
func TestEveryDiskCallMayFail(t *testing.T) {
	reader := sampleReader()
	for _, p := range manyPayments(1100) {
		p.PaymentDate = p.PaymentDate.AddDate(0, 1, 0)
		reader.payments = append(reader.payments, p)
	}
	names := []string{manifestFile}
	for _, s := range schemas() {
		names = append(names, s.file)
	}
	dir := t.TempDir()
	mustWrite(t, sampleReader(), Options{Dir: dir, RunID: "before"})
	goroutines := runtime.NumGoroutine()
	for _, name := range names {
		for n := 0; ; n++ {
			left := n
			disk := &failing{&left}
			wrap := func(file string, s sink) sink {
				if file == name {
					return &failingFile{s, disk}
				}
				return unsynced{s}
			}
			_, err := write(context.Background(), reader, Options{Dir: dir, RunID: "next"}, wrap)
			if err == nil {
				if n < 3 {
					t.Errorf("%s was written in %d calls: the failures were not seen", name, n)
				}
				break
			}
			if !errors.Is(err, errDisk) || !strings.Contains(err.Error(), name) {
				t.Fatalf("%s, call %d: the error must name the file and the cause: %v", name, n, err)
			}
			checkUntouched(t, dir)
		}
		if err := Verify(filepath.Join(dir, "next")); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(os.RemoveAll(filepath.Join(dir, "next")), os.Remove(filepath.Join(dir, "latest")),
			os.Symlink("before", filepath.Join(dir, "latest"))); err != nil {
			t.Fatal(err)
		}
	}
	for range 100 {
		if runtime.NumGoroutine() <= goroutines {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%d goroutines are left behind", runtime.NumGoroutine()-goroutines)
}

// checkUntouched says that there is one report, that latest points at it, and nothing else.
func checkUntouched(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 2 || entries[0].Name() != "before" || entries[1].Name() != "latest" {
		t.Fatalf("left behind: %v", entries)
	}
	if target, err := os.Readlink(filepath.Join(dir, "latest")); err != nil || target != "before" {
		t.Fatalf("latest points at %q: %v", target, err)
	}
}

func TestBrokenStreamsAndBadPayments(t *testing.T) {
	twice, foreign, mixed := sampleReader(), sampleReader(), sampleReader()
	twice.payments = append(twice.payments, twice.payments[3])
	foreign.payments[0].Refund.Amount = money.New(1, "EUR")
	mixed.payments[0].Fee = amount(1, "GBP")
	broken := sampleReader()
	broken.failAfter = 2
	for name, c := range map[string]struct {
		reader *fakeReader
		want   error
	}{
		"the stream breaks": {broken, errStream}, "a payment twice": {twice, reconcile.ErrIntegrity},
		"a refund in another currency": {foreign, reconcile.ErrIntegrity},
		"fee and net apart":            {mixed, reconcile.ErrIntegrity},
	} {
		dir := t.TempDir()
		mustWrite(t, sampleReader(), Options{Dir: dir, RunID: "before"})
		_, err := Write(context.Background(), c.reader, Options{Dir: dir, RunID: "next"})
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
		checkUntouched(t, dir)
	}
	dir := t.TempDir()
	mustWrite(t, sampleReader(), Options{Dir: dir, RunID: "before"})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := Write(ctx, sampleReader(), Options{Dir: dir, RunID: "next"})
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	checkUntouched(t, dir)
}

func TestLeftoversOfAKilledRun(t *testing.T) {
	dir := t.TempDir()
	for _, path := range []string{".killed-run.partial", ".run-1.partial"} {
		if err := os.MkdirAll(filepath.Join(dir, path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, path, paymentsFile), []byte("id,organ"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	keep := filepath.Join(dir, ".my notes.partial")
	link := os.Symlink("killed-run", filepath.Join(dir, ".latest.partial"))
	if err := errors.Join(link, os.Mkdir(keep, 0o750)); err != nil {
		t.Fatal(err)
	}
	mustWrite(t, sampleReader(), sampleOptions(dir))
	var names []string
	entries, _ := os.ReadDir(dir)
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	if got := strings.Join(names, " "); got != ".my notes.partial latest run-1" {
		t.Errorf("the reports folder holds %s", got)
	}
}

func TestNothingIsWrittenElsewhere(t *testing.T) {
	for _, id := range []string{"", ".", "..", "../x", "a/b", "a b", "x\x00", "latest", "ü", "a.b"} {
		dir := t.TempDir()
		_, err := Write(context.Background(), sampleReader(), Options{Dir: dir, RunID: id})
		if !errors.Is(err, reconcile.ErrInvalid) {
			t.Errorf("run id %q: %v", id, err)
		}
	}
	odd := Options{Dir: t.TempDir(), RunID: "1", PII: "some"}
	if _, err := Write(context.Background(), sampleReader(), odd); err == nil {
		t.Error("an unknown word for pii must be refused")
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "latest"), 0o750); err != nil {
		t.Fatal(err)
	}
	if _, err := Write(context.Background(), sampleReader(), Options{Dir: dir, RunID: "1"}); err == nil ||
		!strings.Contains(err.Error(), "symbolic link") {
		t.Errorf("a real folder named latest: %v", err)
	}
	if err := Verify(filepath.Join(dir, "1")); err != nil {
		t.Errorf("the reports are complete all the same: %v", err)
	}
}
