package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// allFormats are what a hand-off can be written in beside our own tables.
const allFormats = "--format hledger,beancount,qbo-bank,qbo-journal,xero-bank,xero-journal,xlsx"

// TestMonthsAreHandedOver closes and hands over five months of a business of five services: what the sources say is what is stored,
// what is stored is what is handed over, each month begins with what the one before left, and one changed byte is found in any file.
func TestMonthsAreHandedOver(t *testing.T) {
	if testing.Short() {
		t.Skip("one command after the other")
	}
	business, _, config, at := ledgerBusiness(t)
	b := booksOf(t, business, config)
	b.finishAt(t, at)
	asOf := " --as-of " + at.Format(time.RFC3339)
	b.pennytie(t, "verify --reread"+asOf)
	handed := map[string]int64{} // settled net, by category
	var closing int64
	folder := ""
	for month := time.January; month <= time.May; month++ {
		name := fmt.Sprintf("2026-%02d", month)
		b.pennytie(t, "handoff create --period "+name+" "+allFormats+asOf)
		folder = filepath.Join(b.dir, "handoff", "org_demo", name, "r1")
		b.pennytie(t, "handoff verify "+folder)
		for _, row := range csvRows(t, filepath.Join(folder, "transactions.csv")) {
			if row["settlement_net"] != "" && row["balance_transaction_id"] != "" {
				handed[row["category"]] += cents(t, row["settlement_net"])
			}
		}
		account := map[string]int64{}
		for _, row := range csvRows(t, filepath.Join(folder, "clearing.csv")) {
			account[row["line"]] += cents(t, row["amount"])
		}
		if account["opening"] != closing {
			t.Errorf("%s opens with %d, the month before closed with %d", name, account["opening"], closing)
		}
		if closing = account["closing"]; closing != account["opening"]+account["movement"] || closing != account["unpaid"]+account["payout_difference"] {
			t.Errorf("%s: %v", name, account)
		}
		toolsAgree(t, folder, closing)
	}
	want := map[string]int64{}
	for _, row := range csvRows(t, filepath.Join(b.latest(), "ledger.csv")) {
		if row["created_at"] < "2026-06" {
			want[row["category"]] += cents(t, row["net"])
		}
	}
	if diff := cmp.Diff(want, handed); diff != "" {
		t.Errorf("what was settled (-ledger of the run +hand-offs):\n%s", diff)
	}
	b.everyFileCounts(t, folder)
}

// everyFileCounts changes a byte in the middle of each file of a hand-off: it is found and named.
func (b books) everyFileCounts(t *testing.T, folder string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) < 15 {
		t.Fatal(len(entries), err)
	}
	for _, entry := range entries {
		path := filepath.Join(folder, entry.Name())
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		changed := slices.Clone(text)
		changed[len(changed)/2] ^= 1
		if err := os.WriteFile(path, changed, 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("pennytie", "handoff", "verify", folder)
		out, _ := cmd.CombinedOutput()
		if cmd.ProcessState.ExitCode() != 5 || !strings.Contains(string(out), entry.Name()) {
			t.Errorf("%s with a changed byte: exit %d\n%s", entry.Name(), cmd.ProcessState.ExitCode(), out)
		}
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b.pennytie(t, "handoff verify "+folder)
}

// toolsAgree lets the accounting programs read the journals of a hand-off, where they are to be there: each accepts its own, finds the
// clearing account where we say it is, and refuses a cent more.
func toolsAgree(t *testing.T, folder string, closing int64) {
	t.Helper()
	if os.Getenv("PENNYTIE_ACCOUNTING_TOOLS") == "" {
		return
	}
	balance := decimal(closing)
	for _, tool := range []struct {
		file         string
		check, print []string
	}{
		{"ledger.journal", []string{"hledger", "check", "-s", "ordereddates", "-f"}, []string{"hledger", "bal", "-N", "Clearing", "-f"}},
		{"ledger.journal", []string{"ledger", "--strict", "--pedantic", "bal", "-f"}, []string{"ledger", "bal", "Clearing", "-f"}},
		{"ledger.beancount", []string{"bean-check"}, nil},
	} {
		path := filepath.Join(folder, tool.file)
		run := func(command []string, path string) (string, error) {
			out, err := exec.Command(command[0], append(command[1:], path)...).CombinedOutput()
			return string(out), err
		}
		if out, err := run(tool.check, path); err != nil {
			t.Errorf("%v %s: %v\n%s", tool.check, path, err, out)
		}
		if tool.print != nil {
			if out, err := run(tool.print, path); err != nil || strings.Contains(out, "Clearing stripe-demo USD") != (closing != 0) ||
				closing != 0 && !strings.Contains(out, balance+" USD") {
				t.Errorf("%v says %q, not %s: %v", tool.print, out, balance, err)
			}
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		planted := filepath.Join(t.TempDir(), tool.file)
		lines := bytes.SplitAfter(text, []byte("\n"))
		for i := range lines { // the first posting of all: an amount ends in a digit and the currency
			if at := bytes.LastIndex(lines[i], []byte(" USD")); bytes.HasPrefix(lines[i], []byte(" ")) && at > 0 {
				lines[i] = slices.Clone(lines[i])
				lines[i][at-1] ^= 1
				break
			}
		}
		if err := os.WriteFile(planted, bytes.Join(lines, nil), 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := run(tool.check, planted); err == nil {
			t.Errorf("%v accepts %s with a planted cent\n%s", tool.check, tool.file, out)
		}
	}
}
