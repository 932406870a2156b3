package report

import (
	"bytes"
	"context"
	"errors"
	"hash/crc32"
	"io"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

// handedLines are what a store has booked of a period: two revisions of it.
type handedLines []*reconcile.BookedLine

func (h handedLines) Periods() ([]reconcile.Period, error) {
	return []reconcile.Period{handedPeriod()}, nil
}

func (h handedLines) Booked(reconcile.BookedFilter) iter.Seq2[*reconcile.BookedLine, error] {
	return each(h)
}

func handedPeriod() reconcile.Period {
	return reconcile.Period{Name: "2026-03", From: "2026-03-01", Until: "2026-04-01", Organization: "org/../demo", Zone: "Europe/Berlin",
		PII: "masked", Revisions: []reconcile.Revision{{Number: 1, AsOf: day(31), Run: "run-1"},
			{Number: 2, AsOf: day(31).Add(time.Hour), Reason: "=late\nrefund"}}}
}

// handedMovement is a line of a ledger in dollars.
func handedMovement(id string, kind reconcile.EntryKind, gross, fee int64, payout string) reconcile.Movement {
	return reconcile.Movement{ID: id, Source: "stripe-main", Provider: "stripe", Kind: kind, Category: string(kind), Status: reconcile.MovementBooked,
		ObjectID: "obj_" + id, EntryID: "txn_" + id, PayoutID: payout, BookedAt: day(3), BookedOn: "2026-03-03", AvailableOn: day(5),
		Amount: money.New(gross, "USD"), Gross: amount(gross, "USD"), Fee: amount(fee, "USD"), Net: amount(gross-fee, "USD"), Revision: 1}
}

// handedSample has hostile texts, a payment settled in another currency, a claim, a payout and a re-issue.
func handedSample() handedLines {
	var lines handedLines
	move := func(revision int, part reconcile.BookedPart, m reconcile.Movement) {
		m.Revision = revision
		lines = append(lines, &reconcile.BookedLine{Period: "2026-03", Revision: revision, Part: part, Movement: &m})
	}
	rest := func(revision int, closing, unpaid int64) {
		payout := reconcile.BookedPayout{Payout: reconcile.Payout{Source: "stripe-main", Provider: "stripe", ID: "po_1",
			Amount: money.New(12_000, "USD"), Status: reconcile.PayoutPaid, Automatic: true, CreatedAt: day(6), ArrivesOn: day(8)},
			BookedOn: "2026-03-06", Members: 2, Sum: money.New(12_000, "USD")}
		lines = append(lines, &reconcile.BookedLine{Revision: revision, Part: reconcile.PartPayout, Payout: &payout},
			&reconcile.BookedLine{Revision: revision, Part: reconcile.PartException, Exception: &reconcile.BookedException{
				Exception: reconcile.Exception{Code: reconcile.ExUnmatched, Severity: reconcile.SeverityLow, PaymentID: "pay_1",
					Detail: "=1+1 from ada@example.com", OpenedAt: day(9)}, Amount: amount(10_000, "USD")}})
		for _, l := range []reconcile.ClearingLine{
			{Line: reconcile.ClearingOpening, Amount: money.New(2_300, "USD")},
			{Line: reconcile.ClearingMovement, Kind: reconcile.EntryCharge, Count: 1, Amount: money.New(9_700, "USD")},
			{Line: reconcile.ClearingMovement, Kind: reconcile.EntryPayout, Count: 1, Amount: money.New(-12_000, "USD")},
			{Line: reconcile.ClearingMovement, Kind: reconcile.EntryRefund, Count: revision, Amount: money.New(closing, "USD")},
			{Line: reconcile.ClearingClosing, Amount: money.New(closing, "USD")},
			{Line: reconcile.ClearingUnpaid, Kind: reconcile.EntryRefund, ObjectID: "mov_3", Count: 1, Amount: money.New(unpaid, "USD")},
		} {
			l.Source = "stripe-main"
			lines = append(lines, &reconcile.BookedLine{Revision: revision, Part: reconcile.PartClearing, Clearing: &l})
		}
	}
	charge := handedMovement("mov_1", reconcile.EntryCharge, 10_000, 300, "po_1")
	charge.PaymentID, charge.LeadID, charge.CallID, charge.ProductID = "pay_1", "007", "4242424242424242424", "=HYPERLINK(\"x\")"
	charge.CustomerRef, charge.MatchedBy, charge.Confidence, charge.Candidates = "@SUM\r\nforged,row", "email", 9_832, 2
	charge.Verification, charge.VerifiedBy, charge.VerifiedAt, charge.Refunded = reconcile.Confirmed, "rule", day(9), amount(500, "USD")
	refund := handedMovement("mov_3", reconcile.EntryRefund, -500, 0, "")
	refund.RefundOf, refund.PaymentID, refund.ObjectID = "pay_1", "pay_1", "0042"
	claim := reconcile.Movement{ID: "mov_4", Source: "zenskar", Provider: "zenskar", Kind: reconcile.EntryCharge, Status: reconcile.MovementClaimed,
		BookedAt: day(4), BookedOn: "2026-03-04", Amount: money.New(5_000, "JPY"), PaymentID: "pay_2"}
	abroad := claim
	abroad.ID, abroad.Status = "mov_5", reconcile.MovementBooked
	abroad.Gross, abroad.Fee, abroad.Net = amount(3_000, "EUR"), amount(90, "EUR"), amount(2_910, "EUR")
	move(1, reconcile.PartMovement, charge)
	move(1, reconcile.PartMovement, handedMovement("mov_2", reconcile.EntryPayout, -12_000, 0, "po_1"))
	move(1, reconcile.PartMovement, refund)
	move(1, reconcile.PartMovement, claim)
	move(1, reconcile.PartMovement, abroad)
	rest(1, -500, -500)
	late := handedMovement("mov_6", reconcile.EntryRefund, -200, 0, "")
	late.Note = "came late"
	move(2, reconcile.PartMovement, late)
	rest(2, -700, -700)
	return lines
}

func handed(dir string, revision int) HandOff {
	return HandOff{Dir: dir, Period: handedPeriod(), Revision: revision}
}

// mustHand writes a hand-off and gives its folder.
func mustHand(t testing.TB, dir string, revision int) string {
	t.Helper()
	h := handed(dir, revision)
	if revision == 1 {
		h.Formats = []string{"bank"}
		h.Targets = func(target Target) error {
			out, err := target.Create("bank.csv")
			if err != nil {
				return err
			}
			_, err = io.WriteString(out, "Date,Amount\r\n")
			return errors.Join(err, out.Close())
		}
	}
	fresh, err := writeHandOff(context.Background(), handedSample(), h, func(_ string, s sink) sink { return unsynced{s} })
	if err != nil || !fresh {
		t.Fatal(fresh, err)
	}
	return h.Path()
}

func mustRead(t testing.TB, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestHandOffIsProved(t *testing.T) {
	dir := t.TempDir()
	first, second := mustHand(t, dir, 1), mustHand(t, dir, 2)
	if want := filepath.Join(dir, "org_.._demo", "2026-03", "r1"); first != want {
		t.Errorf("it is in %s, want %s", first, want)
	}
	for _, path := range []string{first, second} {
		if _, err := VerifyHandOff(path); err != nil {
			t.Error(err)
		}
		check := exec.Command("sha256sum", "-c", "--strict", "--quiet", "SHA256SUMS")
		check.Dir = path
		if out, err := check.CombinedOutput(); err != nil && !errors.Is(err, exec.ErrNotFound) {
			t.Errorf("sha256sum: %s, %v", out, err)
		}
	}
	old, now := mustRead(t, filepath.Join(first, transactionsFile)), mustRead(t, filepath.Join(second, transactionsFile))
	if !strings.HasPrefix(now, old) || strings.Count(now, "\r\n") != strings.Count(old, "\r\n")+1 || strings.Count(now, "\n") != strings.Count(now, "\r\n") {
		t.Errorf("the re-issue does not hold the rows before and one more:\n%s\n%s", old, now)
	}
	for _, want := range []string{",007,4242424242424242424,", `"'=HYPERLINK(""x"")"`, `"'@SUM forged,row"`, ",JPY,5000,,,EUR,29.10,,", ",claimed,",
		",USD,100.00,3.00,97.00,USD,97.00,", ",2026-03-05,USD"} {
		if !strings.Contains(old, want) {
			t.Errorf("no %s in\n%s", want, old)
		}
	}
	if text := mustRead(t, filepath.Join(first, exceptionsFile)); !strings.Contains(text, "'=1+1 from a***@example.com") {
		t.Error(text)
	}
	if text := mustRead(t, filepath.Join(first, feesFile)); !strings.Contains(text, "2026-03,stripe-main,USD,charge,1,100.00,3.00\r\n") {
		t.Error(text)
	}
	if text := mustRead(t, filepath.Join(first, payoutsFile)); !strings.Contains(text, ",120.00,2,120.00,1,97.00,23.00,0.00,") {
		t.Error(text)
	}
	if text := mustRead(t, filepath.Join(second, changesFile)); !strings.Contains(text, "movement,mov_6,,refund,booked,") {
		t.Error(text)
	}
}

// TestEveryByteOfAHandOffCounts changes each byte of each file in turn: it is found, and the file is named.
func TestEveryByteOfAHandOffCounts(t *testing.T) {
	path := mustHand(t, t.TempDir(), 1)
	entries, err := os.ReadDir(path)
	if err != nil || len(entries) != 11 {
		t.Fatal(len(entries), err)
	}
	for _, entry := range entries {
		name := filepath.Join(path, entry.Name())
		text := []byte(mustRead(t, name))
		step := 1 + len(text)/300
		if testing.Short() {
			step = 1 + len(text)/30
		}
		for i := 0; i < len(text); i += step {
			text[i] ^= 1
			if err := os.WriteFile(name, text, 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := VerifyHandOff(path)
			if !errors.Is(err, reconcile.ErrIntegrity) || !strings.Contains(err.Error(), entry.Name()) {
				t.Errorf("%s, byte %d %q: %v", entry.Name(), i, text[i]^1, err)
			}
			text[i] ^= 1
		}
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(path, "more.csv"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := VerifyHandOff(path); !errors.Is(err, reconcile.ErrIntegrity) || !strings.Contains(err.Error(), "more.csv") {
		t.Errorf("a file too many: %v", err)
	}
}

// forge changes a table and makes every checksum and sum of the manifest agree with it, as somebody would who knows how.
func forge(t *testing.T, path, file string, edit func(lines []string) []string) {
	t.Helper()
	text := strings.Join(edit(strings.SplitAfter(mustRead(t, filepath.Join(path, file)), "\r\n")), "")
	if err := os.WriteFile(filepath.Join(path, file), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	m, err := decodeHandOff([]byte(mustRead(t, filepath.Join(path, handOffManifestFile))))
	if err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	digests := map[string]string{}
	for i, s := range handOffSchemas(m.Revision) {
		if s.file == file {
			f := &m.Files[i]
			again, err := reread(root, s)
			if err != nil {
				t.Fatal(err)
			}
			f.Rows, f.Sums, f.Bytes, f.Blocks = again.Rows, again.Sums, int64(len(text)), []string{""}
			for n, line := range bytes.SplitAfter([]byte(text), []byte("\n")) {
				if n > 0 && len(line) > 0 {
					f.Blocks[0] += blockSum(crc32.Checksum(line, checksums()))
				}
			}
			if f.SHA256, err = digestOf(root, file); err != nil {
				t.Fatal(err)
			}
		}
		digests[s.file] = m.Files[i].SHA256
	}
	for _, f := range append(m.Targets, m.Page) {
		digests[f.Name] = f.SHA256
	}
	manifest, err := m.encode()
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{handOffManifestFile: manifest, handOffReadmeFile: m.readme()} {
		if err := os.WriteFile(filepath.Join(path, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
		if digests[name], err = digestOf(root, name); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(path, handOffSumsFile), sha256Sums(digests), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestForgedTablesDoNotAddUp changes tables with all checksums made to agree: the tables still contradict each other.
func TestForgedTablesDoNotAddUp(t *testing.T) {
	drop := func(n int) func([]string) []string {
		return func(lines []string) []string { return append(append([]string{}, lines[:n]...), lines[n+1:]...) }
	}
	double := func(n int) func([]string) []string {
		return func(lines []string) []string { return append(append([]string{}, lines[:n+1]...), lines[n:]...) }
	}
	swap := func(old, new string) func([]string) []string {
		return func(lines []string) []string {
			text := strings.Join(lines, "")
			if !strings.Contains(text, old) {
				t.Fatalf("no %s in %s", old, text)
			}
			return strings.SplitAfter(strings.Replace(text, old, new, 1), "\r\n")
		}
	}
	for name, c := range map[string]struct {
		file  string
		edit  func([]string) []string
		names string
	}{
		"nothing":                     {transactionsFile, func(l []string) []string { return l }, ""},
		"a transaction dropped":       {transactionsFile, drop(2), clearingFile},
		"a transaction doubled":       {transactionsFile, double(1), "mov_1 is row 1 again"},
		"a net that is not gross-fee": {transactionsFile, swap("USD,97.00,,", "USD,97.01,,"), "row 1"},
		"a day of another month":      {transactionsFile, swap("2026-03-03,", "2026-04-03,"), "outside of the period"},
		"a refund dropped":            {refundsFile, drop(1), refundsFile},
		"a refund doubled":            {refundsFile, double(1), refundsFile + ": row 2"},
		"a refund altered":            {refundsFile, swap("-5.00", "-6.00"), refundsFile + ": row 1"},
		"a fee altered":               {feesFile, swap("100.00,3.00", "100.00,3.01"), feesFile + ": row 1"},
		"a fee dropped":               {feesFile, drop(1), feesFile},
		"a member lost":               {payoutsFile, swap(",1,97.00,23.00,", ",1,96.00,24.00,"), payoutsFile + ": row 1"},
		"a payout altered":            {payoutsFile, swap(",120.00,2,120.00,1,97.00,23.00,0.00,", ",121.00,2,120.00,1,97.00,23.00,1.00,"), "its own row"},
		"a clearing line altered":     {clearingFile, swap("movement,charge,,,1,97.00", "movement,charge,,,1,98.00"), clearingFile + ": row 2"},
		"an unpaid line dropped":      {clearingFile, drop(6), clearingFile},
		"another opening":             {clearingFile, swap("opening,,,,0,23.00", "opening,,,,0,24.00"), clearingFile},
	} {
		t.Run(name, func(t *testing.T) {
			path := mustHand(t, t.TempDir(), 1)
			forge(t, path, c.file, c.edit)
			_, err := VerifyHandOff(path)
			if c.names == "" {
				if err != nil {
					t.Fatalf("the forger's own tools are wrong: %v", err)
				}
				return
			}
			if !errors.Is(err, reconcile.ErrIntegrity) || !strings.Contains(err.Error(), c.names) {
				t.Errorf("%v; it must name %s", err, c.names)
			}
		})
	}
}

func TestAnAccountThatDoesNotCloseIsNotHandedOver(t *testing.T) {
	lines := handedSample()
	for _, l := range lines {
		if l.Part == reconcile.PartClearing && l.Clearing.Line == reconcile.ClearingUnpaid {
			l.Clearing.Amount.Minor++
		}
	}
	h := handed(t.TempDir(), 1)
	_, err := WriteHandOff(context.Background(), lines, h)
	if !errors.Is(err, reconcile.ErrIntegrity) || !strings.Contains(err.Error(), "stripe-main in USD") {
		t.Error(err)
	}
	if _, err := os.Stat(h.Path()); !errors.Is(err, os.ErrNotExist) {
		t.Error("it is there all the same")
	}
}

// TestEveryDiskCallOfAHandOffMayFail fails each call on each file in turn: the folder never appears, and the one before stays.
func TestEveryDiskCallOfAHandOffMayFail(t *testing.T) {
	goroutines := runtime.NumGoroutine()
	dir := t.TempDir()
	first := mustHand(t, dir, 1)
	parent := filepath.Dir(first)
	for _, name := range []string{transactionsFile, refundsFile, payoutsFile, exceptionsFile, clearingFile, feesFile, changesFile, handOffReadmeFile,
		handOffManifestFile, handOffSumsFile} {
		for n := 0; ; n++ {
			wrap := func(file string, s sink) sink {
				if file != name {
					return unsynced{s}
				}
				left := n
				return &failingFile{sink: unsynced{s}, disk: &failing{&left}}
			}
			_, err := writeHandOff(context.Background(), handedSample(), handed(dir, 2), wrap)
			if err == nil {
				if n < 3 {
					t.Errorf("%s was written in %d calls: the failures were not seen", name, n)
				}
				break
			}
			if !errors.Is(err, errDisk) || !strings.Contains(err.Error(), name) {
				t.Fatalf("%s, call %d: the error must name the file and the cause: %v", name, n, err)
			}
			entries, err := os.ReadDir(parent)
			if err != nil || len(entries) != 1 || entries[0].Name() != "r1" {
				t.Fatalf("left behind: %v, %v", entries, err)
			}
		}
		if _, err := VerifyHandOff(filepath.Join(parent, "r2")); err != nil {
			t.Fatal(err)
		}
		if err := os.RemoveAll(filepath.Join(parent, "r2")); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := VerifyHandOff(first); err != nil {
		t.Error(err)
	}
	for range 100 {
		if runtime.NumGoroutine() <= goroutines {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%d goroutines are left behind", runtime.NumGoroutine()-goroutines)
}

func TestAKilledHandOffLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	parent := filepath.Dir(handed(dir, 1).Path())
	for _, left := range []string{".r1.partial", ".r1-again.partial"} {
		if err := os.MkdirAll(filepath.Join(parent, left), 0o750); err != nil {
			t.Fatal(err)
		}
	}
	mustHand(t, dir, 1)
	entries, err := os.ReadDir(parent)
	if err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}
