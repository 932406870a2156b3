package main

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pennytie/providers/fake"
)

// TestNights runs every fifth night for five months while charges, refunds, disputes and bank debits go on, and wants the same
// payments as a new store that reads everything at once on the last night: nothing may be missed because it was not new.
func TestNights(t *testing.T) {
	if testing.Short() {
		t.Skip("the same run as TestKill's, night after night")
	}
	const every, nights = 5 * 24 * time.Hour, 30
	first := time.Date(2026, 1, 31, 2, 0, 0, 0, time.UTC)
	clock := fake.NewClock(first)
	from, to := first.AddDate(0, -1, 0), first.AddDate(0, 3, 0)
	business := fake.NewBusiness(5, 250, from, to)
	services := listening(t, business, clock.Now)
	config := services.config(from.AddDate(0, 0, -1))
	nightly, once := booksOf(t, business, config), booksOf(t, business, config)
	var last time.Time
	for night := range nights {
		last = first.Add(time.Duration(night) * every)
		clock.Set(last)
		nightly.finishAt(t, last)
	}
	once.finishAt(t, last)
	// What depends on when it was first seen may differ; nothing else.
	changing := []string{"verified_at", "exceptions"}
	late := map[string]bool{} // a claim that vanished between two nights was never there for who came later
	for _, row := range readReport(t, nightly, "exceptions.csv", nil) {
		if row["code"] == "LATE_CHANGE" && row["actual"] == "gone" {
			late[row["payment_id"]] = true
		}
	}
	want, got := readReport(t, once, "payments.csv", changing), readReport(t, nightly, "payments.csv", changing)
	for _, rows := range [][]map[string]string{want, got} {
		for _, row := range rows {
			if late[row["id"]] {
				delete(row, "verification_status")
			}
		}
	}
	if len(want) < 150 {
		t.Fatalf("only %d payments", len(want))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("nights differ from once (-once +nightly):\n%s", diff)
	}
	for _, file := range []string{"refunds.csv", "disputes.csv", "commissions.csv", "ledger.csv", "payouts.csv"} {
		if diff := cmp.Diff(readReport(t, once, file, nil), readReport(t, nightly, file, nil)); diff != "" {
			t.Errorf("%s: nights differ from once:\n%s", file, diff)
		}
	}
	if requests, most := services.requests(), 150*nights; requests > most {
		t.Errorf("%d requests in %d nights, want at most %d", requests, nights, most)
	}
}

func (b books) finishAt(t *testing.T, at time.Time) {
	t.Helper()
	cmd := b.command()
	cmd.Args[len(cmd.Args)-1] = at.Format(time.RFC3339)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("run as of %s: %v\n%s", at, err, out)
	}
}

// readReport reads a report as one map for each row, without the columns that may differ.
func readReport(t *testing.T, b books, file string, without []string) []map[string]string {
	t.Helper()
	all := csvRows(t, filepath.Join(b.latest(), file))
	for _, row := range all {
		for _, name := range without {
			delete(row, name)
		}
	}
	return all
}
