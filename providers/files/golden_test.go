package files

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pennytie/reconcile"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden is what a file came to, without what is empty.
type golden struct {
	Payments    []goldenPayment     `json:",omitempty"`
	Refunds     []reconcile.Refund  `json:",omitempty"`
	Leads       []reconcile.Lead    `json:",omitempty"`
	Calls       []reconcile.Call    `json:",omitempty"`
	Products    []reconcile.Product `json:",omitempty"`
	Entries     []reconcile.Entry   `json:",omitempty"`
	Payouts     []reconcile.Payout  `json:",omitempty"`
	Quarantined []goldenQuarantine  `json:",omitempty"`
	Skipped     reconcile.Skipped
	Covers      reconcile.Span
}

type goldenPayment struct {
	ID, Provider string
	Content      json.RawMessage
}

type goldenQuarantine struct {
	Line          int
	Field, Reason string
	Raw           string
}

func TestGolden(t *testing.T) {
	for _, test := range []struct {
		file   string
		as     Kind
		format string
	}{
		{"payments.csv", Payments, ""},
		{"payments.jsonl", Payments, ""},
		{"refunds.csv", Refunds, ""},
		{"leads.csv", Leads, ""},
		{"calls.csv", Calls, ""},
		{"products.csv", Products, ""},
		{"stripe_payments.csv", Payments, FormatStripe},
		{"stripe_payout.csv", Payments, FormatStripePayout},
	} {
		t.Run(test.file, func(t *testing.T) {
			path, err := filepath.Abs(filepath.Join("testdata", test.file))
			if err != nil {
				t.Fatal(err)
			}
			got := render(t, pullAll(t, Config{As: test.as, Format: test.format, Path: path}))
			want := path + ".golden.json"
			if *update {
				overwrite(t, want, string(got))
			}
			text, err := os.ReadFile(want)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(text), string(got)); diff != "" {
				t.Errorf("golden differs (-want +got):\n%s", diff)
			}
		})
	}
}

func render(t *testing.T, all pulled) []byte {
	t.Helper()
	g := golden{Refunds: all.Refunds, Leads: all.Leads, Calls: all.Calls, Products: all.Products, Entries: all.Entries, Payouts: all.Payouts,
		Skipped: all.Skipped, Covers: all.Covers}
	for i := range all.Payments {
		content, err := all.Payments[i].Content()
		if err != nil {
			t.Fatal(err)
		}
		g.Payments = append(g.Payments, goldenPayment{all.Payments[i].ID, all.Payments[i].Provider, content})
	}
	for _, q := range all.Quarantined {
		g.Quarantined = append(g.Quarantined, goldenQuarantine{q.Line, q.Field, q.Reason, string(q.Raw)})
	}
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(g); err != nil {
		t.Fatal(err)
	}
	return text.Bytes()
}
