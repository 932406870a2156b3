package main

import (
	"errors"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pennytie/providers/fake"
	"pennytie/reconcile/money"
)

// cents reads an amount of two digits.
func cents(t *testing.T, text string) int64 {
	t.Helper()
	minor, err := strconv.ParseInt(strings.Replace(text, ".", "", 1), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return minor
}

// ledgerBusiness is a business of five months that is read on its last night.
func ledgerBusiness(t *testing.T) (*fake.Business, *demoServices, string, time.Time) {
	t.Helper()
	at := time.Date(2026, 6, 10, 2, 0, 0, 0, time.UTC)
	from := at.AddDate(0, -5, 0)
	business := fake.NewBusiness(5, 150, from, at)
	services := listening(t, business, func() time.Time { return at })
	return business, services, services.config(from.AddDate(0, 0, -1)), at
}

// TestLedgerIsTheTruth holds ledger.csv and payouts.csv against the made-up business's own books, line by line and payout by payout.
func TestLedgerIsTheTruth(t *testing.T) {
	business, _, config, at := ledgerBusiness(t)
	b := booksOf(t, business, config)
	b.finishAt(t, at)
	read := at.Add(-61 * time.Second) // what is younger waits for the next night
	got := map[string]fake.Booked{}
	for _, row := range csvRows(t, filepath.Join(b.latest(), "ledger.csv")) {
		sum := got[row["category"]]
		got[row["category"]] = fake.Booked{Rows: sum.Rows + 1, Gross: sum.Gross + cents(t, row["gross"]), Fee: sum.Fee + cents(t, row["fee"]),
			Net: sum.Net + cents(t, row["net"])}
		switch row["category"] {
		case "payout", "payout_reversal", "fee", "contribution", "network_cost":
			if row["payment_id"] != "" {
				t.Errorf("%s is no payment's, but %s's", row["balance_transaction_id"], row["payment_id"])
			}
		default:
			if row["payment_id"] == "" {
				t.Errorf("%s %s belongs to no payment", row["category"], row["balance_transaction_id"])
			}
		}
	}
	if diff := cmp.Diff(business.Ledger(read), got); diff != "" {
		t.Errorf("ledger.csv (-truth +report):\n%s", diff)
	}
	sent := map[string]fake.Sent{}
	for _, row := range csvRows(t, filepath.Join(b.latest(), "payouts.csv")) {
		one := fake.Sent{Amount: cents(t, row["amount"]), Status: row["status"], Automatic: row["automatic"] == "true"}
		if members := cents(t, row["members"]); members > 0 {
			one.Members = int(members) + 1 // the payout's own row, too
			if row["status"] == "paid" && row["unexplained"] != "0.00" {
				t.Errorf("%s leaves %q", row["payout_id"], row["unexplained"])
			}
		}
		sent[row["payout_id"]] = one
	}
	if diff := cmp.Diff(business.Payouts(read), sent); diff != "" {
		t.Errorf("payouts.csv (-truth +report):\n%s", diff)
	}
	for _, row := range csvRows(t, filepath.Join(b.latest(), "exceptions.csv")) {
		if row["code"] == "PAYOUT_MISMATCH" || row["code"] == "FEE_VARIANCE" {
			t.Errorf("nothing is wrong, but %v", row)
		}
	}
}

// TestLedgerFaults plants a row that is lost, doubled or altered, or a payout without members: what is wrong is named.
func TestLedgerFaults(t *testing.T) {
	if testing.Short() {
		t.Skip("five more runs of the same kind")
	}
	business, services, config, at := ledgerBusiness(t)
	good := booksOf(t, business, config)
	good.finishAt(t, at)
	var victim map[string]string
	for _, row := range csvRows(t, filepath.Join(good.latest(), "ledger.csv")) {
		if row["kind"] == "charge" && row["payout_id"] != "" {
			victim = row
		}
	}
	id, payout := victim["balance_transaction_id"], victim["payout_id"]
	more := strconv.FormatInt(cents(t, victim["net"])+100, 10)
	for name, c := range map[string]struct {
		do                   fake.Action
		fails                bool
		mismatch, quarantine string
	}{
		"lost":            {fake.DropItem(id), false, "not explained", ""},
		"doubled":         {fake.DoubleItem(id), false, "", ""},
		"net altered":     {fake.AlterItem(id, "net", more), true, "not explained", "net is " + decimal(cents(t, more))},
		"quietly altered": {fake.Chain(fake.AlterItem(id, "net", more), fake.AlterItem(id, "fee", "0"), fake.AlterItem(id, "amount", more)), false, "not explained", ""},
		"no members":      {fake.DropMembers(payout), false, "no member", ""},
	} {
		services.stripe.Fault(fake.Fault{Path: "/v1/balance_transactions", Do: c.do})
		b := booksOf(t, business, config)
		cmd := b.command()
		cmd.Args[len(cmd.Args)-1] = at.Format(time.RFC3339)
		out, err := cmd.CombinedOutput()
		var exit *exec.ExitError
		if failed := errors.As(err, &exit); failed != c.fails {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
		found := ""
		for _, row := range csvRows(t, filepath.Join(b.latest(), "exceptions.csv")) {
			if row["code"] != "PAYOUT_MISMATCH" {
				continue
			}
			if row["subject"] != payout {
				t.Errorf("%s: %v", name, row)
			}
			found = row["detail"]
		}
		if (found == "") != (c.mismatch == "") || !strings.Contains(found, c.mismatch) {
			t.Errorf("%s: the payout's exception says %q, want %q", name, found, c.mismatch)
		}
		aside := ""
		for _, row := range csvRows(t, filepath.Join(b.latest(), "quarantine.csv")) {
			aside += row["reason"]
		}
		if (aside == "") != (c.quarantine == "") || !strings.Contains(aside, c.quarantine) {
			t.Errorf("%s: quarantined for %q, want %q", name, aside, c.quarantine)
		}
		if c.mismatch == "" {
			if differs := cmp.Diff(readReport(t, good, "ledger.csv", nil), readReport(t, b, "ledger.csv", nil)); differs != "" {
				t.Errorf("%s: %s", name, differs)
			}
		}
		services.stripe.ClearFaults()
	}
}

func decimal(minor int64) string { return money.New(minor, "USD").String() }
