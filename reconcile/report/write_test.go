package report

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pennytie/reconcile"
)

var update = flag.Bool("update", false, "write the golden files anew")

func mustWrite(t *testing.T, r reconcile.Reader, o Options) Result {
	t.Helper()
	result, err := Write(context.Background(), r, o)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func readFolder(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, entry := range entries {
		text, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[entry.Name()] = string(text)
	}
	return files
}

func readCSV(t *testing.T, text string) []map[string]string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var cells []map[string]string
	for _, row := range rows[1:] {
		byName := map[string]string{}
		for i, name := range rows[0] {
			byName[name] = row[i]
		}
		cells = append(cells, byName)
	}
	return cells
}

func TestGolden(t *testing.T) {
	for _, pii := range []string{"full", "masked", "none"} {
		t.Run(pii, func(t *testing.T) {
			o := sampleOptions(t.TempDir())
			o.PII = pii
			got := readFolder(t, mustWrite(t, sampleReader(), o).Dir)
			golden := filepath.Join("testdata", pii)
			if pii != "full" { // the page shows nobody: it is the same for all
				page := readFolder(t, filepath.Join("testdata", "full"))[pageFile]
				if diff := cmp.Diff(page, got[pageFile]); diff != "" {
					t.Errorf("%s differs from that of full:\n%s", pageFile, diff)
				}
				delete(got, pageFile)
			}
			if *update {
				if err := os.MkdirAll(golden, 0o750); err != nil {
					t.Fatal(err)
				}
				for name, text := range got {
					if err := os.WriteFile(filepath.Join(golden, name), []byte(text), 0o600); err != nil {
						t.Fatal(err)
					}
				}
			}
			if diff := cmp.Diff(readFolder(t, golden), got); diff != "" {
				t.Errorf("the files differ from %s (run with -update if that is meant):\n%s", golden, diff)
			}
		})
	}
}

func TestPersonalDataStaysIn(t *testing.T) {
	for _, pii := range []string{"masked", "none"} {
		o := sampleOptions(t.TempDir())
		o.PII = pii
		for name, text := range readFolder(t, mustWrite(t, sampleReader(), o).Dir) {
			for _, secret := range []string{"john@", "ann@", "jo@", "John Doe", "Jon Doe", "5550100123\",\"cand",
				"HYPERLINK"} {
				if strings.Contains(text, secret) {
					t.Errorf("%s: %s shows %q", pii, name, secret)
				}
			}
		}
	}
}

func TestSameContentSameBytes(t *testing.T) {
	a, b := sampleOptions(t.TempDir()), sampleOptions(t.TempDir())
	b.RunID = "another-run-2"
	b.States[0].New, b.States[0].Unchanged, b.States[0].Read = 0, 9, 9 // a second run over the same input
	shuffled := sampleReader()
	slices.Reverse(shuffled.refunds)
	slices.Reverse(shuffled.disputes)
	slices.Reverse(shuffled.payouts)
	slices.Reverse(shuffled.quarantined)
	first := readFolder(t, mustWrite(t, sampleReader(), a).Dir)
	second := readFolder(t, mustWrite(t, shuffled, b).Dir)
	if diff := cmp.Diff(first, second); diff != "" {
		t.Error(diff)
	}
}

func TestUnknownIsNotZero(t *testing.T) {
	files := readFolder(t, mustWrite(t, sampleReader(), sampleOptions(t.TempDir())).Dir)
	rows := readCSV(t, files[paymentsFile])
	pending, hostile := rows[3], rows[2]
	for _, name := range []string{"fee", "net", "settlement_currency", "match_confidence", "margin",
		"verified_at",
		"refunded_amount", "disputed_amount", "customer_email", "lead_id", "exceptions"} {
		if pending[name] != "" {
			t.Errorf("unknown %s is printed as %q", name, pending[name])
		}
	}
	if pending["match_candidates"] != "[]" || pending["captured_amount"] != "0.000" ||
		hostile["fee"] != "0.00" {
		t.Errorf("known nothing must be printed: %v", pending)
	}
	if hostile["lead_id"] != "" || hostile["matched_product_id"] != "" || rows[0]["lead_id"] != "lead_1" {
		t.Error("a suggestion is no attribution")
	}
	payouts := readCSV(t, files[payoutsFile])
	for i, want := range []struct{ amount, members, net, unexplained, balance string }{
		{"90.00", "2", "91.22", "-1.22", "6.22"},
		{"", "1", "", "", ""},             // only a payment speaks of it, and not of its fee
		{"1.22", "0", "", "0.00", "5.00"}, // it failed, and all of it came back
		{"5.00", "0", "", "", "0.00"},     // made by hand
		{"", "1", "-70", "", ""},          // only an entry speaks of it
	} {
		got := payouts[i]
		if got["amount"] != want.amount || got["members"] != want.members || got["net"] != want.net ||
			got["unexplained"] != want.unexplained || got["balance"] != want.balance {
			t.Errorf("payout %d: %v, want %v", i, got, want)
		}
	}
}

func TestNoPayments(t *testing.T) {
	result := mustWrite(t, &fakeReader{}, Options{Dir: t.TempDir(), RunID: "empty"})
	for _, f := range result.Manifest.Files {
		if f.Name != summaryFile && (f.Rows != 0 || f.Bytes == 0) {
			t.Errorf("%s: %d rows, %d bytes; a header is always there", f.Name, f.Rows, f.Bytes)
		}
	}
	if err := Verify(result.Dir); err != nil {
		t.Error(err)
	}
	if totals, err := Recount(result.Dir); err != nil || len(totals) != 0 {
		t.Error(totals, err)
	}
	if totals, err := RecountLedger(result.Dir); err != nil || len(totals) != 0 {
		t.Error(totals, err)
	}
}

// TestPaymentJSONHasTheColumns and, after them, the one field that may be written and is no column.
func TestPaymentJSONHasTheColumns(t *testing.T) {
	for _, p := range sampleReader().payments {
		text, err := json.Marshal(PaymentJSON{Payment: p})
		if err != nil {
			t.Fatal(err)
		}
		if direct, _ := (PaymentJSON{Payment: p}).MarshalJSON(); string(direct) != string(text) {
			t.Errorf("the encoder changes the bytes:\n%s\n%s", direct, text)
		}
		decoder := json.NewDecoder(strings.NewReader(string(text)))
		var names []string
		for depth, key := 0, true; decoder.More() || depth > 0; {
			token, err := decoder.Token()
			if err != nil {
				break
			}
			switch token {
			case json.Delim('{'), json.Delim('['):
				depth++
				continue
			case json.Delim('}'), json.Delim(']'):
				depth--
				key = depth == 1
				continue
			}
			if depth == 1 && key {
				names = append(names, token.(string))
				key = false
				continue
			}
			key = key || depth == 1
		}
		if diff := cmp.Diff(append(schemaOf[paymentRow](paymentsFile).names(), "external_id"), names); diff != "" {
			t.Error(diff)
		}
	}
	text, _ := json.Marshal(PaymentJSON{Payment: samplePending(), PII: "masked"})
	for _, want := range []string{`"amount":1234,`, `"fee":null`, `"match_confidence":null`,
		`"match_candidates":[]`,
		`"customer_email":null`, `"exceptions":[]`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%s lacks %s", text, want)
		}
	}
}

func TestPermissionsAndLatest(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "reports")
	o := Options{Dir: dir, RunID: "r1"}
	mustWrite(t, sampleReader(), o)
	o.RunID = "r2"
	mustWrite(t, sampleReader(), o)
	if target, err := os.Readlink(filepath.Join(dir, "latest")); err != nil || target != "r2" {
		t.Errorf("latest is %q, %v", target, err)
	}
	if err := Verify(filepath.Join(dir, "latest")); err != nil {
		t.Error(err)
	}
	err := filepath.WalkDir(filepath.Join(dir, "r1"), func(path string, d fs.DirEntry, _ error) error {
		info, err := d.Info()
		if err != nil {
			return err
		}
		if want := map[bool]fs.FileMode{true: folderMode,
			false: fileMode}[d.IsDir()]; info.Mode().Perm() != want {
			t.Errorf("%s is %v", path, info.Mode())
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if _, err := Write(context.Background(), sampleReader(), o); !errors.Is(err, reconcile.ErrConflict) {
		t.Errorf("a run id twice: %v", err)
	}
}
