package xlsx

import (
	"bytes"
	"encoding/csv"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/xuri/excelize/v2"
	"pennytie/reconcile/money"
)

// recalculated is the sheet Totals as LibreOffice reckons it, cell by cell as it holds them.
func recalculated(t *testing.T, data []byte) [][]string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "book.xlsx"), data, 0o600); err != nil {
		t.Fatal(err)
	}
	// Each sheet as UTF-8 with commas, values in full rather than as shown.
	convert := exec.Command("soffice", "-env:UserInstallation=file://"+dir+"/profile", "--headless", "--convert-to",
		"csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,-1", "--outdir", dir, filepath.Join(dir, "book.xlsx"))
	convert.Env = append(os.Environ(), "HOME="+dir)
	if out, err := convert.CombinedOutput(); err != nil {
		t.Fatalf("soffice: %v\n%s", err, out)
	}
	for _, sheet := range []string{transactions, payouts} {
		if _, err := os.Stat(filepath.Join(dir, "book-"+sheet+".csv")); err != nil {
			t.Error(err)
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, "book-"+totals+".csv"))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows[1:]
}

// TestLibreOfficeAddsUpTheSame: a foreign spreadsheet's sums are ours, and a cent planted in a row shows in the difference.
func TestLibreOfficeAddsUpTheSame(t *testing.T) {
	if os.Getenv("PENNYTIE_ACCOUNTING_TOOLS") == "" {
		t.Skip("PENNYTIE_ACCOUNTING_TOOLS=1 runs LibreOffice")
	}
	movements, paid := sample()
	data, want := written(t, movements, paid)
	rows := recalculated(t, data)
	if len(rows) != len(want)+1 || rows[len(want)][9] != "0" {
		t.Fatalf("%d rows for %d totals; the last is %v", len(rows), len(want), rows[len(rows)-1])
	}
	for i, total := range want {
		row := rows[i]
		sum, err := money.Parse(row[7], total.Amount.Currency)
		if err != nil || sum != total.Amount || row[5] != strconv.Itoa(total.Rows) || row[9] != "0" || row[1] != total.Column {
			t.Errorf("%+v is %v: %v", total, row, err)
		}
	}
	f, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if err := f.SetCellValue(transactions, "M2", 0.11); err != nil { // the first gross is 0.10
		t.Fatal(err)
	}
	var altered bytes.Buffer
	if err := f.Write(&altered); err != nil {
		t.Fatal(err)
	}
	rows = recalculated(t, altered.Bytes())
	differing := 0
	for _, row := range rows[:len(want)] {
		if row[9] != "0" {
			differing++
			if row[9] != "0.01" || row[1] != "gross" || row[3] != "charge" || row[4] != "USD" {
				t.Errorf("the planted cent is %v", row)
			}
		}
	}
	if differing != 1 || rows[len(want)][9] != "1" {
		t.Errorf("%d rows differ, the sheet says %v", differing, rows[len(want)])
	}
}
