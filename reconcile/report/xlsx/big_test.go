package xlsx

import (
	"io"
	"testing"

	"pennytie/reconcile"
)

func TestStreams(t *testing.T) {
	if testing.Short() {
		t.Skip("100,000 movements")
	}
	movements := func(yield func(*movement, error) bool) {
		for n := range 100_000 {
			if !yield(moved(n, reconcile.EntryCharge, 10000, 320, "USD"), nil) {
				return
			}
		}
	}
	totals, err := Write(io.Discard, movements, each([]*payout{}))
	if err != nil || len(totals) != 4 || totals[3].Rows != 100_000 || totals[3].Amount.String() != "9680000.00" {
		t.Errorf("%+v, %v", totals, err)
	}
}
