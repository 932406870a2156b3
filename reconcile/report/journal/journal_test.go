package journal

import (
	"bytes"
	"encoding/csv"
	"errors"
	"flag"
	"fmt"
	"io"
	"iter"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

var update = flag.Bool("update", false, "write the golden files anew")

func written(t *testing.T, name string, list []*reconcile.Movement) (*folder, Totals) {
	t.Helper()
	f := &folder{}
	totals, err := Write(name, sampleBook(), each(list), f.create)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(f.names, totals.Files); diff != "" {
		t.Error(diff)
	}
	return f, totals
}

func TestGolden(t *testing.T) {
	const dir = "testdata/golden"
	if *update {
		if err := errors.Join(os.RemoveAll(dir), os.MkdirAll(dir, 0o755)); err != nil {
			t.Fatal(err)
		}
	}
	seen := map[string]bool{}
	for _, name := range Formats() {
		f, _ := written(t, name, sample())
		for file, got := range f.files {
			seen[file] = true
			path := filepath.Join(dir, file)
			if *update {
				if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Errorf("%s\n%s", file, diff)
			}
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != len(seen) {
		t.Errorf("%d golden files for %d files: %v", len(entries), len(seen), err)
	}
}

// worth is what the movements come to on the clearing accounts, reckoned from their nets alone.
func worth(list []*reconcile.Movement) map[string]int64 {
	sums := map[string]int64{}
	for _, m := range list {
		net := m.Net
		switch {
		case m.Status == reconcile.MovementClaimed:
			continue
		case m.Gross == nil:
			net = &m.Amount
		case net == nil:
			net = m.Gross
		}
		sums[m.Source+" "+string(net.Currency)] += net.Minor
	}
	return sums
}

// TestEveryFormatAddsUp: what is read back is what was written, all accounts together are zero, and the clearing accounts moved by
// what the movements are worth.
func TestEveryFormatAddsUp(t *testing.T) {
	for _, name := range Formats() {
		f, totals := written(t, name, sample())
		if err := Recount(name, totals, f.open); err != nil {
			t.Error(err)
		}
		want := worth(sample())
		for _, c := range totals.Clearing {
			key := c.Source + " " + string(c.Closing.Currency)
			if got := c.Closing.Minor - c.Opening.Minor; got != want[key] {
				t.Errorf("%s: %s moved by %d, not %d", name, key, got, want[key])
			}
			delete(want, key)
		}
		if len(want) > 0 || totals.Entries != len(sample())-1 || totals.Claimed != 1 {
			t.Errorf("%s: %v are missing; %d entries, %d claimed", name, want, totals.Entries, totals.Claimed)
		}
		rest := map[money.Currency]int64{}
		for _, s := range totals.Accounts {
			rest[s.Debits.Currency] += s.Debits.Minor - s.Credits.Minor
		}
		for c, minor := range rest {
			if statement := name == QBOBank || name == XeroBank; !statement && minor != 0 {
				t.Errorf("%s: %s does not balance by %d", name, c, minor)
			}
		}
	}
}

// TestEachKindIsBooked looks at the accounts that each kind moves, and which way.
func TestEachKindIsBooked(t *testing.T) {
	for kind, want := range map[reconcile.EntryKind]string{
		"charge": "Sales", "charge_failure": "Sales", "refund": "Refunds", "refund_failure": "Refunds", "dispute": "Disputes",
		"dispute_reversal": "Disputes", "fee": "Fees", "payout": "Bank USD", "payout_reversal": "Bank USD", "other": "Suspense", "new": "Suspense",
	} {
		for _, gross := range []int64{1000, -1000} {
			m := booked(&reconcile.Movement{ID: "x", Source: "s", Kind: kind, ObjectID: "o", BookedOn: "2026-11-05"}, gross, 7, "USD")
			_, totals := written(t, QBOJournal, []*reconcile.Movement{m})
			sums := map[string]int64{}
			for _, s := range totals.Accounts {
				sums[s.Account] = s.Debits.Minor - s.Credits.Minor
			}
			wanted := map[string]int64{"Clearing s USD": gross - 7, want: -gross}
			wanted["Fees"] += 7
			if diff := cmp.Diff(wanted, sums); diff != "" {
				t.Errorf("%s of %d: %s", kind, gross, diff)
			}
		}
	}
}

func many(n int) iter.Seq2[*reconcile.Movement, error] {
	return func(yield func(*reconcile.Movement, error) bool) {
		for i := range n {
			m := &reconcile.Movement{
				ID: fmt.Sprintf("m%07d", i), Source: "stripe-main", Provider: "stripe", Kind: reconcile.EntryCharge,
				Status: reconcile.MovementBooked, ObjectID: fmt.Sprintf("ch_%07d", i), BookedOn: "2026-11-15",
			}
			if !yield(booked(m, 10000, int64(i%2)*300, "USD"), nil) { // every other one has a fee, so of 2 or 4 lines
				return
			}
		}
	}
}

// TestLimits: no file is larger than its importer takes, none could have taken the next entry, and no entry is in two files.
func TestLimits(t *testing.T) {
	for _, test := range []struct {
		name        string
		rows, bytes int
		key         int // column of the entry
	}{{QBOBank, 0, 350_000, -1}, {QBOJournal, 1000, 0, 0}, {XeroBank, 1000, 0, -1}, {XeroJournal, 300, 0, 0}} {
		f := &folder{}
		totals, err := Write(test.name, sampleBook(), many(10_000), f.create)
		if err != nil {
			t.Fatal(err)
		}
		if err := Recount(test.name, totals, f.open); err != nil {
			t.Error(err)
		}
		seen := map[string]string{}
		for i, file := range f.names {
			size := f.files[file].Len()
			rows, err := csv.NewReader(bytes.NewReader(f.files[file].Bytes())).ReadAll()
			if err != nil {
				t.Fatal(err)
			}
			last := i == len(f.names)-1
			if test.rows > 0 && (len(rows) > test.rows || !last && len(rows) < test.rows-3) {
				t.Errorf("%s has %d rows", file, len(rows))
			}
			if test.bytes > 0 && (size > test.bytes || !last && size < test.bytes-200) {
				t.Errorf("%s has %d bytes", file, size)
			}
			for _, row := range rows[1:] {
				if test.key < 0 {
					continue
				}
				if other := seen[row[test.key]]; other != "" && other != file {
					t.Errorf("%s is in %s and %s", row[test.key], other, file)
				}
				seen[row[test.key]] = file
			}
		}
		if len(f.names) < 2 {
			t.Errorf("%s: %d files", test.name, len(f.names))
		}
	}
}

// TestAPlantedCentIsFound alters each amount of each file by a cent, and drops and doubles lines; the format's own check finds it.
func TestAPlantedCentIsFound(t *testing.T) {
	for _, name := range Formats() {
		f, totals := written(t, name, sample())
		tried := 0
		for file, whole := range f.files {
			lines := strings.SplitAfter(whole.String(), "\n")
			for i, text := range lines {
				cent, is := plusCent(name, text)
				if !is {
					continue
				}
				for _, changed := range []string{cent, "", text + text} {
					if changed != cent && strings.Contains(text, "0.00") {
						continue // a line of nothing changes no sum
					}
					tried++
					altered := slices.Concat(lines[:i], []string{changed}, lines[i+1:])
					other := &folder{files: maps.Clone(f.files)}
					other.files[file] = bytes.NewBufferString(strings.Join(altered, ""))
					if Recount(name, totals, other.open) == nil {
						t.Errorf("%s: %q for %q passed", file, changed, text)
					}
				}
			}
		}
		if tried < 50 {
			t.Errorf("%s: only %d changes tried", name, tried)
		}
	}
}

// plusCent alters the last digit of the amount in a line, if there is one that counts.
func plusCent(name, text string) (string, bool) {
	columns := map[string][]int{QBOBank: {2}, XeroBank: {1}, QBOJournal: {3, 4}, XeroJournal: {5}}[name]
	if columns == nil {
		if !strings.HasPrefix(text, " ") || !strings.Contains(strings.TrimLeft(text, " "), "  ") || strings.Contains(text, " 0 JPY") {
			return "", false
		}
		return nextDigit(text), true
	}
	row, err := csv.NewReader(strings.NewReader(text)).Read()
	if err != nil {
		return "", false
	}
	for _, c := range columns {
		if strings.Trim(row[c], "-.0123456789") == "" && row[c] != "" {
			row[c] = nextDigit(row[c])
			var out strings.Builder
			err := csv.NewWriter(&out).WriteAll([][]string{row})
			return out.String(), err == nil
		}
	}
	return "", false
}

func nextDigit(text string) string {
	at := strings.LastIndexAny(text, "0123456789")
	return text[:at] + string('0'+(text[at]-'0'+1)%10) + text[at+1:]
}

func TestRefused(t *testing.T) {
	plain := func(change func(m *reconcile.Movement)) []*reconcile.Movement {
		m := booked(&reconcile.Movement{ID: "x", Source: "s", Kind: "charge", ObjectID: "o", BookedOn: "2026-11-05"}, 1000, 30, "USD")
		change(m)
		return []*reconcile.Movement{m}
	}
	two := func(change func(a, b *reconcile.Movement)) []*reconcile.Movement {
		list := append(plain(func(*reconcile.Movement) {}), plain(func(m *reconcile.Movement) { m.ID = "y" })...)
		change(list[0], list[1])
		return list
	}
	for name, test := range map[string]struct {
		list []*reconcile.Movement
		want string
	}{
		"a cent":    {plain(func(m *reconcile.Movement) { m.Net.Minor++ }), "gross 10.00 less fee 0.30 is not net 9.71 USD"},
		"two kinds": {plain(func(m *reconcile.Movement) { m.Fee.Currency = "EUR" }), "different currencies"},
		"least":     {plain(func(m *reconcile.Movement) { m.Gross.Minor, m.Fee, m.Net = math.MinInt64, nil, nil }), "more than 18 digits"},
		"currency":  {plain(func(m *reconcile.Movement) { m.Gross, m.Amount.Currency = nil, "usd" }), `currency "usd"`},
		"source":    {plain(func(m *reconcile.Movement) { m.Source = "../s" }), `"../s" is not a name of a source`},
		"status":    {plain(func(m *reconcile.Movement) { m.Status = "maybe" }), `status "maybe"`},
		"no day":    {plain(func(m *reconcile.Movement) { m.BookedOn = "" }), "no day"},
		"early":     {plain(func(m *reconcile.Movement) { m.BookedOn = "2026-10-31" }), "outside of the period"},
		"late":      {plain(func(m *reconcile.Movement) { m.BookedOn = "2026-12-01" }), "outside of the period"},
		"twice":     {two(func(a, b *reconcile.Movement) { b.ID = a.ID }), "movement x: comes twice"},
		"order":     {two(func(a, _ *reconcile.Movement) { a.BookedOn = "2026-11-06" }), "comes after one of 2026-11-06"},
		"overflow":  {two(func(a, b *reconcile.Movement) { a.Gross.Minor, b.Gross.Minor = mostMinor+1, 1 }), "not net"},
	} {
		for _, format := range Formats() {
			if _, err := Write(format, sampleBook(), each(test.list), (&folder{}).create); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%s, %s: %v", format, name, err)
			}
		}
	}
	broke := errors.New("store broke")
	failing := func(yield func(*reconcile.Movement, error) bool) { yield(nil, broke) }
	if _, err := Write(HLedger, sampleBook(), failing, (&folder{}).create); !errors.Is(err, broke) {
		t.Error(err)
	}
	if _, err := Write("ofx", sampleBook(), each(nil), (&folder{}).create); err == nil || !strings.Contains(err.Error(), QBOBank) {
		t.Error(err)
	}
}

func TestAccountsAreKeptApart(t *testing.T) {
	shared := sampleBook()
	shared.Accounts.Clearing.Name = "Clearing {currency}"
	same := sampleBook()
	same.Accounts.Bank.Name = "Clearing {source} {currency}"
	coded := sampleBook()
	coded.Accounts.Sales.Code = ""
	for format, book := range map[string]Book{QBOJournal: shared, HLedger: shared, Beancount: same, XeroJournal: coded} {
		if _, err := Write(format, book, each(sample()), (&folder{}).create); !errors.Is(err, reconcile.ErrInvalid) ||
			!strings.Contains(err.Error(), "handoff.accounts") {
			t.Errorf("%s: %v", format, err)
		}
	}
}

// failer is a disk that is full after some bytes.
type failer struct {
	left   int
	closed *int
}

var errFull = errors.New("no space left")

func (f *failer) Write(b []byte) (int, error) {
	if f.left -= len(b); f.left < 0 {
		return 0, errFull
	}
	return len(b), nil
}

func (f *failer) Close() error {
	*f.closed++
	return nil
}

func TestAFullDiskIsToldAndEveryFileClosed(t *testing.T) {
	for _, name := range Formats() {
		for _, left := range []int{0, 20_000} {
			made, closed := 0, 0
			create := func(string) (io.WriteCloser, error) {
				made++
				return &failer{left, &closed}, nil
			}
			movements := each(sample())
			if left > 0 {
				movements = many(2000)
			}
			if _, err := Write(name, sampleBook(), movements, create); !errors.Is(err, errFull) {
				t.Errorf("%s with %d bytes: %v", name, left, err)
			}
			if made == 0 || made != closed {
				t.Errorf("%s: %d files made, %d closed", name, made, closed)
			}
		}
	}
}

// FuzzTexts: whatever a customer writes, each format is read back as what was written, and no cell begins as a formula does.
func FuzzTexts(f *testing.F) {
	for _, seed := range []string{
		"=1+1", "@SUM(A1)", "a\nb", `"`, ";|", "\u202egnp", strings.Repeat("x;", 5000), "  100.00 USD", "2026-11-05 * x", "\xff",
		"ä日本\u0301", "[2026-13-45]", ":tag:", "date: 2026-01-01", "{source}", "'", "x  y", "\u00a0", "#+-'",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		m := booked(&reconcile.Movement{ID: text, Source: "s", Provider: text, Kind: "other", BookedOn: "2026-11-05"}, 1000, 30, "USD")
		for _, field := range []*string{
			&m.Category, &m.ObjectID, &m.PayoutID, &m.CustomerRef, &m.PaymentID, &m.LeadID, &m.CallID, &m.ProductID, &m.MatchedBy, &m.Note,
		} {
			*field = text
		}
		for _, name := range Formats() {
			files, totals := written(t, name, []*reconcile.Movement{m})
			if err := Recount(name, totals, files.open); err != nil {
				t.Errorf("%s: %v\n%s", name, err, files.files[files.names[0]])
			}
			if name == HLedger || name == Beancount {
				continue
			}
			rows, err := csv.NewReader(files.files[files.names[0]]).ReadAll()
			if err != nil || len(rows) < 3 || len(rows) > 5 {
				t.Errorf("%s: %d rows: %v", name, len(rows), err)
			}
			for _, cell := range slices.Concat(rows[1:]...) {
				if number := strings.TrimLeft(cell, "-0123456789./") == ""; !number && strings.ContainsAny(cell[:1], "=+-@'\t") ||
					strings.ContainsAny(cell, "\r\n\t\u202e") {
					t.Errorf("%s has the cell %q", name, cell)
				}
			}
		}
	})
}

func TestStreams(t *testing.T) {
	if testing.Short() {
		t.Skip("100,000 movements in each format")
	}
	for _, name := range Formats() {
		f := &folder{}
		create := func(file string) (io.WriteCloser, error) {
			if name == XeroJournal { // of more than 999 files
				return f.create(file)
			}
			return nowhere{io.Discard}, nil
		}
		totals, err := Write(name, sampleBook(), many(100_000), create)
		if err != nil || totals.Entries != 100_000 || totals.Clearing[0].Closing.Minor != 5000+100_000*10000-50_000*300 {
			t.Errorf("%s: %+v, %v", name, totals.Clearing, err)
		}
		if name == XeroJournal {
			if err := Recount(name, totals, f.open); err != nil || len(f.names) < 1000 {
				t.Errorf("%d files: %v", len(f.names), err)
			}
		}
		t.Logf("%s: %d files", name, len(totals.Files))
	}
}

// nowhere is a file that keeps nothing.
type nowhere struct{ io.Writer }

func (nowhere) Close() error { return nil }
