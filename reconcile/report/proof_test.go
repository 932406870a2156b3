package report

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"math/big"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

func TestRecountEqualsTheStore(t *testing.T) {
	reader := sampleReader()
	want, _ := reader.Totals(nil)
	got, err := Recount(mustWrite(t, reader, sampleOptions(t.TempDir())).Dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	rapid.Check(t, func(rt *rapid.T) {
		dir, err := os.MkdirTemp(t.TempDir(), "")
		if err != nil {
			rt.Fatal(err)
		}
		reader := &fakeReader{payments: drawPayments(rt)}
		want, _ := reader.Totals(nil)
		wrap := func(_ string, s sink) sink { return unsynced{s} }
		result, err := write(context.Background(), reader, Options{Dir: dir, RunID: "r"}, wrap)
		if err != nil {
			rt.Fatal(err)
		}
		got, err := Recount(result.Dir)
		if err != nil {
			rt.Fatal(err)
		}
		if len(want)+len(got) > 0 && !cmp.Equal(want, got) {
			rt.Error(cmp.Diff(want, got))
		}
	})
}

func drawPayments(rt *rapid.T) []*reconcile.Payment {
	payments := manyPayments(rapid.IntRange(0, 20).Draw(rt, "n"))
	currencies := rapid.SampledFrom([]money.Currency{"USD", "JPY", "BHD", "EUR"})
	minor := rapid.Int64Range(0, 1_000_000_000)
	for _, p := range payments {
		c := currencies.Draw(rt, "currency")
		p.Source = rapid.SampledFrom([]string{"a", "b", "-c"}).Draw(rt, "source")
		p.Status = rapid.SampledFrom([]reconcile.Status{"pending", "succeeded", "failed",
			"refunded"}).Draw(rt, "status")
		p.Amount, p.Captured = money.New(minor.Draw(rt, "amount"), c), money.New(minor.Draw(rt, "captured"), c)
		p.Refund.Amount, p.Dispute.Amount = money.New(minor.Draw(rt, "refunded"), c), money.New(minor.Draw(rt,
			"disputed"), c)
		p.Fee, p.Net = nil, nil
		if rapid.Bool().Draw(rt, "settled") {
			p.Fee = amount(minor.Draw(rt, "fee"), currencies.Draw(rt, "settlement"))
		}
	}
	return payments
}

// TestVerifyFindsEveryByte changes one byte of each file at many places.
func TestVerifyFindsEveryByte(t *testing.T) {
	reader := sampleReader()
	for _, p := range manyPayments(1100) {
		p.PaymentDate = p.PaymentDate.AddDate(0, 1, 0)
		reader.payments = append(reader.payments, p)
	}
	dir := mustWrite(t, reader, sampleOptions(t.TempDir())).Dir
	if err := Verify(dir); err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for name, text := range readFolder(t, dir) {
		path := filepath.Join(dir, name)
		for range 5 {
			changed := []byte(text)
			changed[random.IntN(len(changed))] ^= 1 << random.IntN(7)
			if err := os.WriteFile(path, changed, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := Verify(dir); !errors.Is(err, reconcile.ErrIntegrity) {
				t.Errorf("%s: a changed byte was not found: %v", name, err)
			}
		}
		if err := os.WriteFile(path, []byte(text[:len(text)-7]), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := Verify(dir); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s was cut off: %v", name, err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	checkPlaces(t, dir)
}

// checkPlaces looks at what Verify says of where a file differs.
func checkPlaces(t *testing.T, dir string) {
	t.Helper()
	path := filepath.Join(dir, paymentsFile)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for old, c := range map[string]struct{ now, want string }{
		"customer1050@example.com": {"customer1050@example.net",
			"payments.csv: rows 1001 to 1104"},
		"pi_" + fmt.Sprintf("%024d", 3) + ",10.03,": {"pi_" + fmt.Sprintf("%024d", 3) + ",10,03,",
			"payments.csv: row 8"},
	} {
		if err := os.WriteFile(path, bytes.Replace(text, []byte(old), []byte(c.now), 1), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := Verify(dir); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("want %q, got %v", c.want, err)
		}
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, refundsFile)); err != nil {
		t.Fatal(err)
	}
	if err := Verify(dir); err == nil || !strings.Contains(err.Error(), "refunds.csv is missing") {
		t.Error(err)
	}
}

func TestRecountIsStrict(t *testing.T) {
	dir := mustWrite(t, sampleReader(), sampleOptions(t.TempDir())).Dir
	path := filepath.Join(dir, paymentsFile)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for old, now := range map[string]string{
		"id,organization_id": "ID,organization_id", ",120.00,": ",120.0,", ",succeeded,": ",won,",
		",USD,":                ",usd,",
		"2026-03-01T09:30:00Z": "2026-03-01 09:30:00", "0.9832": "98 %",
	} {
		if err := os.WriteFile(path, bytes.Replace(text, []byte(old), []byte(now), 1), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Recount(dir); !errors.Is(err, reconcile.ErrIntegrity) {
			t.Errorf("%q for %q: %v", now, old, err)
		}
	}
}

// ledgerOf adds plain integers, as a store would, and nothing that RecountLedger uses.
func ledgerOf(entries []*reconcile.Entry) map[string][4]int64 {
	sums := map[string][4]int64{}
	for _, e := range entries {
		key := e.Source + "/" + string(e.Net.Currency) + "/" + string(e.Kind)
		was := sums[key]
		sums[key] = [4]int64{was[0] + 1, was[1] + e.Gross.Minor, was[2] + e.Fee.Minor, was[3] + e.Net.Minor}
	}
	return sums
}

func ledgerIn(dir string) (map[string][4]int64, error) {
	totals, err := RecountLedger(dir)
	sums := map[string][4]int64{}
	for _, t := range totals {
		sums[t.Source+"/"+string(t.Currency)+"/"+string(t.Kind)] = [4]int64{int64(t.Count), t.Gross, t.Fee, t.Net}
	}
	return sums, err
}

// TestRecountLedgerFindsEveryRow drops, doubles and alters each row of ledger.csv: the totals that come of it are not the store's,
// or the file is refused with its row.
func TestRecountLedgerFindsEveryRow(t *testing.T) {
	reader := sampleReader()
	want := ledgerOf(reader.entries)
	dir := mustWrite(t, reader, sampleOptions(t.TempDir())).Dir
	if got, err := ledgerIn(dir); err != nil || !cmp.Equal(want, got) {
		t.Fatal(err, cmp.Diff(want, got))
	}
	path := filepath.Join(dir, ledgerFile)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(strings.TrimSuffix(string(text), "\n"), "\n")
	lines[len(lines)-1] += "\n"
	for i := 1; i < len(lines); i++ {
		cells := strings.Split(lines[i], ",")
		change := func(place int, to string) string {
			changed := slices.Clone(cells)
			changed[place] = to
			return strings.Join(changed, ",")
		}
		for name, now := range map[string]string{
			"dropped": "", "doubled": lines[i] + lines[i], "of another kind": change(2, "dispute_reversal"), "of another source": change(16, "x\n"),
			"in another currency": change(7, "BHD"), "with another net": change(10, "7"), "without a fee": change(9, ""),
			"of both signs": change(8, "-"+cells[8]),
		} {
			if now == lines[i] || strings.HasPrefix(cells[8], "0") && name == "of both signs" {
				continue
			}
			changed := strings.Join(lines[:i], "") + now + strings.Join(lines[i+1:], "")
			if err := os.WriteFile(path, []byte(changed), 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := ledgerIn(dir)
			if err == nil && cmp.Equal(want, got) {
				t.Errorf("row %d %s was not found", i, name)
			}
			if err != nil && (!errors.Is(err, reconcile.ErrIntegrity) || !strings.Contains(err.Error(), fmt.Sprintf("ledger.csv: row %d", i))) {
				t.Errorf("row %d %s: %v", i, name, err)
			}
			if err := Verify(dir); !errors.Is(err, reconcile.ErrIntegrity) || !strings.Contains(err.Error(), ledgerFile) {
				t.Errorf("row %d %s was not found by its checksum: %v", i, name, err)
			}
		}
	}
}

// TestRecountRowsFindsEveryRow does likewise with refunds.csv, disputes.csv and payouts.csv.
func TestRecountRowsFindsEveryRow(t *testing.T) {
	dir := mustWrite(t, sampleReader(), sampleOptions(t.TempDir())).Dir
	want, err := RecountRows(dir)
	if err != nil || len(want) < 4 {
		t.Fatal(want, err)
	}
	var sum int64 // of plain integers, and nothing that RecountRows uses
	for _, r := range sampleReader().refunds {
		if r.Source == "stripe-main" {
			sum += r.Amount.Minor
		}
	}
	if at := slices.IndexFunc(want, func(r reconcile.RowTotal) bool { return r.Kind == reconcile.RefRefund && r.Source == "stripe-main" }); want[at].Sum != sum {
		t.Errorf("refunds come to %d, want %d", want[at].Sum, sum)
	}
	for file, amount := range map[string]int{refundsFile: 4, disputesFile: 4, payoutsFile: 7} {
		path := filepath.Join(dir, file)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.SplitAfter(strings.TrimSuffix(string(text), "\n"), "\n")
		lines[len(lines)-1] += "\n"
		for i := 1; i < len(lines); i++ {
			cells := strings.Split(lines[i], ",")
			if cells[amount] == "" {
				continue // a payout of which no source speaks
			}
			altered := slices.Clone(cells)
			altered[amount] = "7" + altered[amount]
			for name, now := range map[string]string{"dropped": "", "doubled": lines[i] + lines[i], "altered": strings.Join(altered, ",")} {
				changed := strings.Join(lines[:i], "") + now + strings.Join(lines[i+1:], "")
				if err := os.WriteFile(path, []byte(changed), 0o600); err != nil {
					t.Fatal(err)
				}
				if got, err := RecountRows(dir); err == nil && cmp.Equal(want, got) {
					t.Errorf("%s: row %d %s was not found", file, i, name)
				}
			}
		}
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func moved(minor int64, currency money.Currency) move {
	return move{fmt.Sprint("re_", minor), money.New(minor, currency), day(2), time.Time{}}
}

func returned(minor int64) move {
	m := moved(minor, "USD")
	m.back = day(6)
	return m
}

// TestCommissionsTie adds the lines of each payment: captured - refunded - lost.
func TestCommissionsTie(t *testing.T) {
	p := manyPayments(1)[0]
	p.Captured, p.Refund = money.New(10_000, "USD"), reconcile.RefundSummary{Amount: money.New(3000,
		"USD"), At: day(4)}
	for name, c := range map[string]struct {
		refunds, disputes []move
		lost, want        int64
		lines             int
	}{
		"no rows":            {lost: 500, want: 6500, lines: 3},
		"all rows":           {refunds: []move{moved(1000, "USD"), moved(2000, "USD")}, want: 7000, lines: 3},
		"some rows":          {refunds: []move{moved(1000, "USD")}, want: 7000, lines: 3},
		"another currency":   {refunds: []move{moved(1000, "EUR")}, want: 7000, lines: 2},
		"a lost dispute row": {disputes: []move{moved(7000, "USD")}, lost: 7000, want: 0, lines: 3},
		"a failed refund":    {refunds: []move{returned(1000), moved(3000, "USD")}, want: 7000, lines: 4},
		"a won dispute":      {disputes: []move{returned(500)}, want: 7000, lines: 4},
		"a won and a lost":   {disputes: []move{returned(500), moved(200, "USD")}, lost: 200, want: 6800, lines: 5},
	} {
		p.Dispute = reconcile.DisputeSummary{Amount: money.New(c.lost, "USD")}
		if c.lost > 0 {
			p.Dispute.Status = reconcile.DisputeLost
		}
		rows, err := commissionRows(p, movements{movesByPayment{p.ID: c.refunds},
			movesByPayment{p.ID: c.disputes}}, "")
		if err != nil {
			t.Fatal(err)
		}
		var sum int64
		for _, row := range rows {
			sum += row.Amount.Minor
		}
		if sum != c.want || len(rows) != c.lines {
			t.Errorf("%s: %d lines come to %d, want %d lines and %d", name, len(rows), sum, c.lines, c.want)
		}
	}
	p.Verification = reconcile.Rejected
	if rows, _ := commissionRows(p, movements{}, ""); len(rows) != 0 {
		t.Error("money that the processor does not know earns nothing")
	}
	p.Verification = reconcile.Confirmed
	p.Match.State = reconcile.MatchSuggested
	if rows, _ := commissionRows(p, movements{}, ""); len(rows) != 0 {
		t.Error("a suggestion earns nothing")
	}
}

func TestSumsLeave64Bits(t *testing.T) {
	s, want := newSums(), new(big.Int)
	for _, minor := range []int64{1 << 62, 1 << 62, 1 << 62, -5, -1 << 62, 1<<63 - 1, 1<<63 - 1, -1 << 62} {
		s.add("amount", Money(money.New(minor, "USD")))
		want.Add(want, big.NewInt(minor))
	}
	s.add("amount", Money{})
	if got := s.list(); len(got) != 1 || got[0].Minor.Cmp(want) != 0 {
		t.Errorf("%v, want %v", got, want)
	}
}

// TestLineWriterIsEncodingCSV compares with the standard encoder, which may quote more but never read
// differently.
func TestLineWriterIsEncodingCSV(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		row := rapid.SliceOfN(rapid.StringMatching(`[a ,"'\\.=\n\t日 ]{0,12}`), 2, 6).Draw(rt, "row")
		w := &lineWriter{}
		if err := w.Write(row); err != nil {
			rt.Fatal(err)
		}
		got, err := csv.NewReader(bytes.NewReader(w.text)).Read()
		if err != nil || !cmp.Equal(row, got) {
			rt.Fatalf("%q became %q: %v", row, got, err)
		}
	})
}
