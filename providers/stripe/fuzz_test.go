package stripe

import (
	"bytes"
	"encoding/json"
	"net/http"
	"testing"

	stripe "github.com/stripe/stripe-go/v76"

	"pennytie/reconcile"
)

// FuzzLedger converts any page of the ledger or of payouts: no panic, every row an entry or put aside, and net what it must be.
func FuzzLedger(f *testing.F) {
	for _, row := range fixtures(f, "ledger") {
		f.Add([]byte(listOf(pathLedger, false, string(row))))
	}
	for _, row := range fixtures(f, "payouts") {
		f.Add([]byte(listOf(pathPayouts, true, string(row))))
	}
	live := true
	conv := &converter{source: source, role: reconcile.RoleProcessor, livemode: &live, now: testNow}
	f.Fuzz(func(t *testing.T, body []byte) {
		raw := &stripe.APIResponse{RawJSON: body, Header: http.Header{}}
		var list stripe.BalanceTransactionList
		err := json.Unmarshal(body, &list)
		page, err := checkPage(jsonRules(), ledgerRows, list.Data, raw, err)
		var got reconcile.Page
		if collect(conv, &got, page, err, conv.entry, &got.Entries) == nil && len(got.Entries)+len(got.Quarantined) != len(list.Data) {
			t.Fatal("a row is neither an entry nor quarantined")
		}
		for _, e := range got.Entries {
			if net, err := e.Gross.Sub(e.Fee); err != nil || net != e.Net || e.ID == "" || e.Kind == "" || e.CreatedAt.IsZero() {
				t.Fatalf("entry is not whole: %+v", e)
			}
		}
		for i := range page.rows {
			if one, is := returned(&page.rows[i].Value); is && one.last() == "" {
				t.Fatal("a payout without id came back")
			}
		}
		var payouts stripe.PayoutList
		err = json.Unmarshal(body, &payouts)
		paid, err := checkPage(jsonRules(), payoutRows, payouts.Data, raw, err)
		got = reconcile.Page{}
		if collect(conv, &got, paid, err, conv.payout, &got.Payouts) == nil && len(got.Payouts)+len(got.Quarantined) != len(payouts.Data) {
			t.Fatal("a row is neither a payout nor quarantined")
		}
		for _, p := range got.Payouts {
			if p.ID == "" || p.Amount.Currency == "" || p.Status == "" || p.CreatedAt.IsZero() {
				t.Fatalf("payout is not whole: %+v", p)
			}
		}
	})
}

// FuzzPage converts any page: it must not panic, and what it accepts must be whole.
func FuzzPage(f *testing.F) {
	for _, row := range fixtures(f, "charges") {
		f.Add([]byte(listOf(pathCharges, false, string(row))))
	}
	f.Add([]byte(listOf(pathCharges, true, minimalCharge("ch_1"), minimalCharge("ch_2"))))
	f.Add([]byte(`{"object":"list","data":[null],"has_more":false}`))
	live := true
	conv := &converter{source: source, role: reconcile.RoleProcessor, livemode: &live, now: testNow}
	f.Fuzz(func(t *testing.T, body []byte) {
		var list stripe.ChargeList
		err := json.Unmarshal(body, &list)
		raw := &stripe.APIResponse{RawJSON: body, Header: http.Header{}}
		page, err := checkPage(jsonRules(), chargeRows, list.Data, raw, err)
		var got reconcile.Page
		if again := collect(conv, &got, page, err, conv.charge, &got.Payments); (again != nil) != (err != nil) {
			t.Fatal(again, err)
		}
		if err != nil {
			if len(got.Payments)+len(got.Quarantined) > 0 {
				t.Fatal("rows of a refused page")
			}
			return
		}
		if len(got.Payments)+len(got.Quarantined) != len(list.Data) {
			t.Fatal("a row is neither a record nor quarantined")
		}
		for _, r := range got.Payments {
			content, err := r.Content()
			if err != nil {
				t.Fatal(err)
			}
			if r.ID == "" || len(r.Keys) == 0 || r.Facts.Amount == nil || r.Facts.Amount.Minor < 0 ||
				r.Facts.Amount.Currency == "" || !r.Facts.Status.Valid() {
				t.Fatalf("record is not whole: %s", content)
			}
			if !bytes.Contains(body, []byte("amount")) {
				t.Fatal("an amount came from nowhere")
			}
		}
	})
}
