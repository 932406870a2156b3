package xlsx

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

func each[R any](list []*R) iter.Seq2[*R, error] {
	return func(yield func(*R, error) bool) {
		for _, row := range list {
			if !yield(row, nil) {
				return
			}
		}
	}
}

func moved(n int, kind reconcile.EntryKind, gross, fee int64, c money.Currency) *movement {
	g, f, net := money.New(gross, c), money.New(fee, c), money.New(gross-fee, c)
	return &movement{
		ID: fmt.Sprintf("%03d", n), Source: "stripe-main", Provider: "stripe", Kind: kind, Status: reconcile.MovementBooked,
		ObjectID: "0012345678901234567", BookedOn: "2026-11-18", BookedAt: time.Date(2026, 11, 17, 23, 30, 0, 0, time.UTC),
		Amount: g, Gross: &g, Fee: &f, Net: &net, Revision: 1,
	}
}

// sample has amounts whose sum a float gets wrong, currencies of 0, 2 and 3 digits, a claim and one without settlement.
func sample() ([]*movement, []*payout) {
	var list []*movement
	for n := range 30 {
		list = append(list, moved(n, reconcile.EntryCharge, 10+int64(n%3)*10, 1, "USD"))
	}
	list = append(list, moved(31, reconcile.EntryCharge, 5000, 180, "JPY"), moved(32, reconcile.EntryCharge, 1234, 37, "KWD"),
		moved(33, reconcile.EntryRefund, -4000, 0, "USD"), moved(34, reconcile.EntryPayout, -99_999_999_999, 0, "USD"))
	foreign, unknown, claimed := moved(35, reconcile.EntryCharge, 10850, 345, "USD"), moved(36, reconcile.EntryCharge, 777, 0, "USD"),
		moved(37, reconcile.EntryCharge, 99999, 0, "USD")
	foreign.Amount = money.New(10000, "EUR")
	unknown.Gross, unknown.Fee, unknown.Net = nil, nil, nil
	claimed.Status = reconcile.MovementClaimed
	return append(list, foreign, unknown, claimed), []*payout{
		{ID: "po_1", Source: "stripe-main", Status: reconcile.PayoutPaid, Amount: money.New(14000, "USD"), Automatic: true},
		{ID: "po_2", Source: "stripe-main", Status: reconcile.PayoutFailed, Amount: money.New(4820, "JPY")},
	}
}

func written(t *testing.T, movements []*movement, paid []*payout) ([]byte, []Total) {
	t.Helper()
	var b bytes.Buffer
	totals, err := Write(&b, each(movements), each(paid))
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), totals
}

// cells are the values of a sheet as they are stored.
func cells(t *testing.T, data []byte, sheet string) [][]string {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := f.GetRows(sheet, excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestSameBytes(t *testing.T) {
	movements, paid := sample()
	first, _ := written(t, movements, paid)
	for range 20 {
		again, _ := written(t, movements, paid)
		if !bytes.Equal(first, again) {
			t.Fatal("the same movements gave other bytes")
		}
	}
}

// TestCellsHoldWhatWasWritten: each amount has its exact digits, each id is text, and the totals are those of the movements.
func TestCellsHoldWhatWasWritten(t *testing.T) {
	movements, paid := sample()
	data, got := written(t, movements, paid)
	rows := cells(t, data, transactions)
	if len(rows) != len(movements)+1 {
		t.Fatalf("%d rows for %d movements", len(rows), len(movements))
	}
	header := names(transactions)
	if diff := cmp.Diff(header, rows[0]); diff != "" {
		t.Error(diff)
	}
	sums := map[string]int64{}
	for i, m := range movements {
		row := map[string]string{}
		for j, text := range rows[i+1] {
			row[header[j]] = text
		}
		if row["row_id"] != m.ID || row["object_id"] != m.ObjectID || row["booked_on"] != "46344" {
			t.Errorf("row %d: %v", i, row)
		}
		if m.Gross == nil {
			if row["gross"] != "" || row["net"] != "" {
				t.Errorf("an unknown amount is %q, %q", row["gross"], row["net"])
			}
			continue
		}
		sums[string(m.Status)+string(m.Kind)+string(m.Gross.Currency)] += m.Net.Minor
		if back, err := money.Parse(row["net"], m.Gross.Currency); err != nil || back != *m.Net {
			t.Errorf("net %s is %q: %v", m.Net, row["net"], err)
		}
	}
	nets := 0
	for _, total := range got {
		if total.Column == "net" {
			nets++
			if want := sums[total.Status+total.Kind+string(total.Amount.Currency)]; total.Amount.Minor != want {
				t.Errorf("%+v, want %d", total, want)
			}
		}
	}
	if nets != len(sums) {
		t.Errorf("%d totals of net for %d sums", nets, len(sums))
	}
}

// TestWhatExcelIsStrictAbout: columns in order, a header that stays in sight, and formulas that are reckoned when it opens the file.
func TestWhatExcelIsStrictAbout(t *testing.T) {
	movements, paid := sample()
	data, _ := written(t, movements, paid)
	in, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for _, f := range in.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		texts[f.Name] = string(text)
	}
	if !strings.Contains(texts["xl/workbook.xml"], `fullCalcOnLoad="true"`) && !strings.Contains(texts["xl/workbook.xml"], `fullCalcOnLoad="1"`) {
		t.Error(texts["xl/workbook.xml"])
	}
	for n, columns := range []int{len(movementColumns()), len(payoutColumns()), 10} {
		sheet := texts[fmt.Sprintf("xl/worksheets/sheet%d.xml", n+1)]
		last := 0
		for i, rest := range strings.Split(sheet, `<col min="`)[1:] {
			if _, err := fmt.Sscanf(rest, "%d", &last); err != nil || last != i+1 {
				t.Errorf("sheet %d: column %d stands at %d: %v", n+1, last, i+1, err)
			}
		}
		if last != columns || !strings.Contains(sheet, `state="frozen"`) {
			t.Errorf("sheet %d: %d of %d columns have a width, or the header is not frozen", n+1, last, columns)
		}
	}
}

// TestFormulasAreOurs: the library's own engine reckons the formulas.
func TestFormulasAreOurs(t *testing.T) {
	movements, paid := sample()
	data, want := written(t, movements, paid)
	f, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	for i, total := range want {
		for column, expected := range map[string]string{"H": total.Amount.String(), "F": fmt.Sprint(total.Rows), "J": "0"} {
			got, err := f.CalcCellValue(totals, fmt.Sprintf("%s%d", column, i+2), excelize.Options{RawCellValue: true})
			number, bad := money.Parse(got, total.Amount.Currency)
			wanted, worse := money.Parse(expected, total.Amount.Currency)
			if err != nil || bad != nil || worse != nil || number != wanted {
				t.Errorf("%s of %+v is %q, not %s: %v %v %v", column, total, got, expected, err, bad, worse)
			}
		}
	}
}

func TestRefused(t *testing.T) {
	long, boundary := moved(1, reconcile.EntryCharge, mostMinor+1, 0, "USD"), moved(1, reconcile.EntryCharge, mostMinor, 0, "USD")
	other := moved(1, reconcile.EntryCharge, 1, 0, "USD")
	other.Fee = &money.Amount{Minor: 0, Currency: "EUR"}
	least := moved(1, reconcile.EntryCharge, 1, 0, "USD")
	least.Gross.Minor = math.MinInt64
	day := moved(1, reconcile.EntryCharge, 1, 0, "USD")
	day.BookedOn = "18 Nov"
	failing := errors.New("store broke")
	for name, list := range map[string]iter.Seq2[*movement, error]{
		"16 digits": each([]*movement{long}), "sum of 16 digits": each([]*movement{boundary, boundary}), "least": each([]*movement{least}),
		"two currencies": each([]*movement{other}), "operator": each([]*movement{moved(1, ">0", 1, 0, "USD")}), "no day": each([]*movement{day}),
		"failing": func(yield func(*movement, error) bool) { yield(nil, failing) },
	} {
		if _, err := Write(&bytes.Buffer{}, list, each([]*payout{})); err == nil {
			t.Errorf("%s was written", name)
		}
	}
	if _, err := Write(&bytes.Buffer{}, each([]*movement{boundary}), each([]*payout{})); err != nil {
		t.Errorf("15 digits: %v", err)
	}
	if _, err := Write(full{}, each([]*movement{moved(1, reconcile.EntryCharge, 1, 0, "USD")}), each([]*payout{})); !errors.Is(err, errFull) {
		t.Errorf("full disk: %v", err)
	}
}

var errFull = errors.New("no space left")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

// FuzzTexts: whatever a customer writes is text in its cell, and stays there.
func FuzzTexts(f *testing.F) {
	for _, seed := range []string{"=1+1", "007", "a\nb\tc\x00", "\u202egnp", strings.Repeat("x", 40_000), "_x0041_", "<b>&\"'", "\xff\xfe", "]]>"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		m := moved(1, reconcile.EntryCharge, 100, 3, "USD")
		m.Note, m.LeadID, m.ObjectID = text, text, text
		data, _ := written(t, []*movement{m}, nil)
		row := cells(t, data, transactions)[1]
		if got := row[len(row)-1]; text != "" && strings.ContainsAny(got, "\n\r\t\x00\u202e") {
			t.Errorf("%q became %q", text, got)
		}
		if row[12] != "1.00" && row[12] != "1" {
			t.Errorf("gross is %q", row[12])
		}
		file, err := excelize.OpenReader(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if formula, err := file.GetCellFormula(transactions, "P2"); formula != "" || err != nil {
			t.Errorf("%q is the formula %q: %v", text, formula, err)
		}
	})
}
