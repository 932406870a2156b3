package files

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pennytie/reconcile"
)

// folder is a source of three payment files and one of refunds, with bad rows and repeated ids.
func folder(t *testing.T) Config {
	t.Helper()
	dir := t.TempDir()
	lines := strings.SplitAfter(paymentLines(60), "\n")
	join := func(parts ...string) string { return lines[0] + strings.Join(parts, "") }
	overwrite(t, filepath.Join(dir, "a.csv"), join(lines[1:30]...)+"stripe,\"open\n\nstripe,short\n")
	overwrite(t, filepath.Join(dir, "b.csv"), join(lines[20:50]...)+lines[21])
	overwrite(t, filepath.Join(dir, "c.csv"), join(strings.Replace(lines[5], "USD", "EUR",
		1))+join(lines[50:60]...))
	overwrite(t, filepath.Join(dir, "refunds.csv"),
		"provider,provider_refund_id,provider_payment_id,amount,currency,created_at\n"+
			"stripe,re_1,pi_0001,1.00,USD,2025-03-09T00:00:00Z\nstripe,re_2,pi_0001,x,USD,2025-03-09T00:00:00Z\n")
	return Config{As: Payments, Path: filepath.Join(dir, "[abc].csv"), RefundsPath: filepath.Join(dir,
		"refunds.csv")}
}

func TestFolder(t *testing.T) {
	cfg := folder(t)
	all := pullAll(t, cfg)
	// c: 11 new, 1 header. b: 30 new, 1 known. a: 18 new, 11 known, 2 bad. refunds: 1, 1 bad.
	if len(all.Payments) != 59 || all.Skipped.Duplicate != 12 || len(all.Refunds) != 1 ||
		len(all.Quarantined) != 4 {
		t.Fatalf("%d payments, %d refunds, skipped %+v, quarantined %+v",
			len(all.Payments), len(all.Refunds), all.Skipped, all.Quarantined)
	}
	for _, p := range all.Payments {
		if p.ID == "pi_0004" && p.Facts.Amount.Currency != "EUR" {
			t.Error("the older file's word holds")
		}
	}
	if got := all.Covers.From.Format("01-02") + " " +
		all.Covers.Through.Format("01-02 15:04:05"); got != "03-01 03-28 10:00:01" {
		t.Error(got)
	}
}

// TestResume holds that a pull that is killed after any page yields what an undisturbed one does.
func TestResume(t *testing.T) {
	cfg := folder(t)
	want := pullAll(t, cfg)
	for _, rows := range []int{1, 7, 100} {
		for _, kill := range []bool{false, true} {
			cfg.ChunkRows = rows
			got, err := pullFrom(t, cfg, "", kill)
			if err != nil {
				t.Fatal(err)
			}
			if rows == 1 && got.pages < want.rows()-want.Skipped.Duplicate {
				t.Errorf("%d pages of one row", got.pages)
			}
			got.pages = want.pages
			if diff := cmp.Diff(want.Page, got.Page); diff != "" {
				t.Errorf("chunks of %d, kill %t (-want +got):\n%s", rows, kill, diff)
			}
		}
	}
}

func TestUnchangedFilesAreCountedNotRead(t *testing.T) {
	cfg := folder(t)
	first := pullAll(t, cfg)
	again, err := pullFrom(t, cfg, first.Next, false)
	if err != nil {
		t.Fatal(err)
	}
	want := reconcile.Skipped{Unchanged: 60, Duplicate: 12, Quarantined: 4}
	if again.Skipped != want || again.rows() != first.rows() || len(again.Payments) != 0 ||
		again.Next != first.Next {
		t.Errorf("got %+v, next %s", again.Skipped, again.Next)
	}
	if again.Covers != first.Covers || again.pages != 1 {
		t.Errorf("covers %v, then %v", first.Covers, again.Covers)
	}
}

// TestOnlyChangedFilesAreReadAgain also holds that a row of a changed file does not win over one of an
// unchanged file of a later name.
func TestOnlyChangedFilesAreReadAgain(t *testing.T) {
	cfg := folder(t)
	first := pullAll(t, cfg)
	dir := filepath.Dir(cfg.Path)
	overwrite(t, filepath.Join(dir, "c.csv"), paymentHeader+"\n"+
		"stripe,pi_0001,9.00,EUR,succeeded,2025-06-01T00:00:00Z\n"+
		"stripe,pi_9,9.00,EUR,succeeded,2025-06-01T00:00:00Z\n")
	again, err := pullFrom(t, cfg, first.Next, true)
	if err != nil {
		t.Fatal(err)
	}
	if len(again.Payments) != 2 || again.Payments[0].ID != "pi_0001" || again.Payments[1].ID != "pi_9" ||
		len(again.Quarantined) != 0 || len(again.Refunds) != 0 {
		t.Errorf("got %+v", again.Page)
	}
	overwrite(t, filepath.Join(dir, "a.csv"), paymentHeader+"\n"+
		"stripe,pi_0001,7.00,EUR,succeeded,2025-03-05T00:00:00Z\n"+
		"stripe,pi_7,7.00,EUR,succeeded,2025-03-05T00:00:00Z\n")
	older, err := pullFrom(t, cfg, again.Next, true)
	if err != nil || len(older.Payments) != 1 || older.Payments[0].ID != "pi_7" {
		t.Errorf("an older file that changed: %+v, %v", older.Page, err)
	}
	fresh := pullAll(t, cfg)
	if fresh.rows() != older.rows() || fresh.Covers != older.Covers || fresh.Next != older.Next {
		t.Errorf("a fresh pull differs: %s, %s", fresh.Next, older.Next)
	}
	again = older
	if err := os.Remove(filepath.Join(dir, "c.csv")); err != nil {
		t.Fatal(err)
	}
	gone, err := pullFrom(t, cfg, again.Next, false)
	if err != nil || gone.Covers.Through.Month() != 3 {
		t.Errorf("covers %v, %v", gone.Covers, err)
	}
}

func TestFileThatChangesWhileRead(t *testing.T) {
	path := write(t, "p.csv", paymentLines(10))
	cfg := Config{As: Payments, Path: path, ChunkRows: 4}
	p := provider(t, cfg)
	page, err := p.Pull(context.Background(), "")
	if err != nil || len(page.Payments) != 4 {
		t.Fatal(err)
	}
	overwrite(t, path, paymentLines(11))
	if _, err := p.Pull(context.Background(), page.Next); !errors.Is(err, reconcile.ErrTransient) {
		t.Fatalf("got %v", err)
	}
	// The next try starts the file again.
	all, err := pullFrom(t, cfg, page.Next, false)
	if err != nil || len(all.Payments) != 11 || all.rows() != 11 {
		t.Errorf("%d payments, %v", len(all.Payments), err)
	}
}

// TestContentChangeWithSameSizeAndTime relies on the hash of what was read.
func TestContentChangeWithSameSizeAndTime(t *testing.T) {
	path := write(t, "p.csv", paymentLines(9000))
	p := provider(t, Config{As: Payments, Path: path, ChunkRows: 10})
	page, err := p.Pull(context.Background(), "")
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	overwrite(t, path, strings.Replace(paymentLines(9000), "Payer 8999", "Prayer 999", 1))
	if err := os.Chtimes(path, info.ModTime(), info.ModTime()); err != nil {
		t.Fatal(err)
	}
	for err == nil && page.More {
		page, err = p.Pull(context.Background(), page.Next)
	}
	if !errors.Is(err, reconcile.ErrTransient) {
		t.Errorf("got %v", err)
	}
}

func TestCancelled(t *testing.T) {
	p := provider(t, Config{As: Payments, Path: write(t, "p.csv", paymentLines(3))})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := p.Pull(ctx, ""); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if page, err := p.Pull(context.Background(), ""); err != nil || len(page.Payments) != 3 {
		t.Errorf("after a cancelled pull: %v", err)
	}
}

// TestOrderOfRowsAndColumnsDoesNotCount shuffles both.
func TestOrderOfRowsAndColumnsDoesNotCount(t *testing.T) {
	want := contents(t, pullAll(t, Config{As: Payments, Path: write(t, "p.csv", paymentLines(50))}))
	rng := rand.New(rand.NewPCG(1, 2))
	for range 5 {
		lines := strings.Split(strings.TrimSuffix(paymentLines(50), "\n"), "\n")
		columns := rng.Perm(8)
		for i, line := range lines {
			cells := strings.Split(line, ",")
			moved := make([]string, len(cells))
			for to, from := range columns {
				moved[to] = cells[from]
			}
			lines[i] = strings.Join(moved, ",")
		}
		rng.Shuffle(50, func(i, j int) { lines[1+i], lines[1+j] = lines[1+j], lines[1+i] })
		got := contents(t, pullAll(t, Config{As: Payments, Path: write(t, "p.csv", strings.Join(lines, "\n"))}))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	}
}

func contents(t *testing.T, all pulled) []string {
	t.Helper()
	var list []string
	for i := range all.Payments {
		content, err := all.Payments[i].Content()
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, string(content))
	}
	slices.Sort(list)
	return list
}

func TestEqualRowsInOtherFormsAreDuplicates(t *testing.T) {
	text := paymentHeader + "\n" +
		"stripe,pi_1,1.00,USD,succeeded,2025-01-01T00:00:00Z\n" +
		"\"stripe\",pi_1,1.00,USD,succeeded,\"2025-01-01T00:00:00Z\"\r\n" +
		"wepay,pi_1,1.00,USD,succeeded,2025-01-01T00:00:00Z\n"
	all := pullAll(t, Config{As: Payments, Path: write(t, "p.csv", text)})
	if len(all.Payments) != 2 || all.Skipped.Duplicate != 1 || len(all.Quarantined) != 0 {
		t.Errorf("got %+v", all.Page)
	}
}

// TestBadRowDoesNotTakeAnID holds that a good row is taken although a bad one with its id came first.
func TestBadRowDoesNotTakeAnID(t *testing.T) {
	text := paymentHeader + "\n" +
		"stripe,pi_1,x,USD,succeeded,2025-01-01T00:00:00Z\nstripe,pi_1,1.00,USD,succeeded,2025-01-01T00:00:00Z\n"
	all := pullAll(t, Config{As: Payments, Path: write(t, "p.csv", text)})
	if len(all.Payments) != 1 || len(all.Quarantined) != 1 {
		t.Errorf("got %+v", all.Page)
	}
}

func TestStripeTestMode(t *testing.T) {
	path, err := filepath.Abs("testdata/stripe_payments.csv")
	if err != nil {
		t.Fatal(err)
	}
	live := pullAll(t, Config{As: Payments, Format: FormatStripe, Path: path})
	test := pullAll(t, Config{As: Payments, Format: FormatStripe, Path: path, AllowTest: true})
	if len(test.Payments) != len(live.Payments)+1 {
		t.Errorf("%d payments, with test mode %d", len(live.Payments), len(test.Payments))
	}
}
