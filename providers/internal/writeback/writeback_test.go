package writeback

import (
	"errors"
	"strings"
	"testing"

	"pennytie/reconcile"
)

func TestOpaque(t *testing.T) {
	for id, want := range map[string]bool{
		"lead_1": true, "00000000-0000-4000-8000-000000000001": true, "12345678901": true, "a.b:c": true, "4242424242424241": true,
		"": false, "ada@example.com": false, "Ada Stone": false, "+15550100": false, "lead\n1": false, "l\u00e9ad": false, "<x>": false,
		"4242424242424242": false, "4242-4242-4242-4242": false, strings.Repeat("a", 129): false,
	} {
		if Opaque(id) != want {
			t.Errorf("%q: want %t", id, want)
		}
	}
}

func TestConverted(t *testing.T) {
	if r, err := Converted("x", reconcile.SourceRecord{ID: "1"}, nil); err != nil || r.ID != "1" {
		t.Errorf("%v, %v", r, err)
	}
	if _, err := Converted("x", reconcile.SourceRecord{}, errors.New("amount is missing")); !errors.Is(err, reconcile.ErrInvalid) {
		t.Error(err)
	}
	if _, err := Converted("x", reconcile.SourceRecord{}, reconcile.ErrTransient); errors.Is(err, reconcile.ErrInvalid) || !errors.Is(err, reconcile.ErrTransient) {
		t.Error(err)
	}
}

func TestSeen(t *testing.T) {
	if Seen("a", "b") == Seen("ab", "") || Seen("a") == Seen("a", "") || Seen("a", "b") == Seen("b", "a") {
		t.Error("two states look the same")
	}
}
