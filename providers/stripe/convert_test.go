package stripe

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

// line describes what matters of a record in one line, so that a table can say what is expected.
func line(r reconcile.SourceRecord) string {
	amount := func(a *money.Amount) string {
		if a == nil {
			return "-"
		}
		return a.String() + string(a.Currency)
	}
	var ids []string
	for _, key := range r.Keys {
		ids = append(ids, key.ID)
	}
	f := r.Facts
	text := fmt.Sprintf("%s %s asked %s taken %s fee %s net %s", strings.Join(ids, "+"), f.Status,
		amount(f.Amount), amount(f.Captured), amount(f.Fee), amount(f.Net))
	if r.Open {
		text += " open"
	}
	return text
}

func records(t *testing.T) map[string]reconcile.SourceRecord {
	t.Helper()
	all, _ := pull(t, newAccount(t).provider(t, func(c *Config) { c.PageSize = 100 }), "")
	byID := map[string]reconcile.SourceRecord{}
	for _, r := range all.Payments {
		byID[r.ID] = r
	}
	return byID
}

func TestCharges(t *testing.T) {
	got := records(t)
	for id, want := range map[string]string{
		"ch_card":     "pi_card+ch_card succeeded asked 25.00USD taken 25.00USD fee 1.02USD net 23.98USD",
		"ch_guest":    "pi_guest+ch_guest succeeded asked 40.00EUR taken 40.00EUR fee 1.55USD net 41.66USD",
		"ch_yen":      "pi_yen+ch_yen succeeded asked 500JPY taken 500JPY fee 0.40USD net 2.95USD",
		"ch_auth":     "pi_auth+ch_auth pending asked 120.00USD taken 0.00USD fee - net - open",
		"ch_oldauth":  "pi_oldauth+ch_oldauth pending asked 120.00USD taken 0.00USD fee - net -",
		"ch_released": "pi_released+ch_released failed asked 120.00USD taken 0.00USD fee - net -",
		"ch_partial":  "pi_partial+ch_partial succeeded asked 60.00USD taken 60.00USD fee 2.04USD net 57.96USD",
		"ch_multi":    "pi_multi+ch_multi succeeded asked 30.00USD taken 30.00USD fee 1.17USD net 28.83USD open",
		"ch_async":    "pi_async+ch_async succeeded asked 15.00USD taken 15.00USD fee - net - open",
		"ch_ach":      "pi_ach+ch_ach pending asked 500.00USD taken 0.00USD fee - net - open",
		"ch_declined": "pi_retry+ch_declined failed asked 33.00USD taken 0.00USD fee - net -",
		"ch_retry":    "pi_retry+ch_retry succeeded asked 33.00USD taken 33.00USD fee 1.25USD net 31.75USD",
		"py_legacy":   "py_legacy succeeded asked 8.00USD taken 8.00USD fee 0.53USD net 7.47USD",
		"ch_bare":     "pi_bare+ch_bare succeeded asked 11.00USD taken 11.00USD fee - net -",
		"ch_strange":  "pi_strange+ch_strange pending asked 12.00USD taken 0.00USD fee - net - open",
	} {
		if diff := cmp.Diff(want, line(got[id])); diff != "" {
			t.Errorf("%s (-want +got):\n%s", id, diff)
		}
	}
	for _, id := range []string{"ch_testmode", "ch_noamount"} {
		if _, there := got[id]; there {
			t.Errorf("%s became a record", id)
		}
	}
	if got["ch_strange"].Facts.ProviderStatus != "frozen" {
		t.Error("an unknown status word is lost")
	}
	if got["py_legacy"].Facts.ProviderPaymentID != "py_legacy" {
		t.Error("a charge without intent has no payment id")
	}
}

func TestWhoPaidAndWhatFor(t *testing.T) {
	got := records(t)
	card := got["ch_card"].Facts
	want := reconcile.Payer{
		Phone: "+33100000001", Address: "1 rue A, bat B", City: "Lyon", PostalCode: "69001", Country: "FR",
		Description: "Order 1001", Statement: "PENNY SHOP",
		Metadata: map[string]string{"order": "1001", "Order": "A"},
	}
	if diff := cmp.Diff(want, card.Payer); diff != "" {
		t.Errorf("payer (-want +got):\n%s", diff)
	}
	for _, c := range []struct{ id, want string }{
		{"ch_card", "[Ann@Example.test ann.new@example.test] Ann Example cus_ann  "},
		{"ch_guest", "[guest@example.test] Guest Person   "},
		{"ch_renewal", "[sub@example.test billing@example.test] Sub Scriber cus_sub sub_1 prod_gold"},
		{"ch_two", "[]   sub_2 prod_zeta"},
		{"ch_long", "[]   sub_3 "},
		{"ch_gone", "[]  cus_gone  "},
		{"ch_bare", "[]  cus_bare  "},
		{"cs_live_guest", "[typed@example.test] Typed Name   prod_gold"},
		{"cs_live_sub", "[]  cus_sub sub_1 prod_gold"},
	} {
		f := got[c.id].Facts
		text := fmt.Sprintf("%v %s %s %s %s",
			f.Emails, f.Name, f.StripeCustomerID, f.StripeSubscriptionID, f.StripeProductID)
		if text != c.want {
			t.Errorf("%s: got %q, want %q", c.id, text, c.want)
		}
	}
}

func TestSessions(t *testing.T) {
	got := records(t)
	for id, want := range map[string]string{
		"cs_live_guest":    "pi_guest+cs_live_guest  asked - taken - fee - net -",
		"cs_live_before":   "pi_card+cs_live_before  asked - taken - fee - net -",
		"cs_live_open":     "cs_live_open  asked - taken - fee - net - open",
		"cs_live_expired":  "pi_expired+cs_live_expired  asked - taken - fee - net -",
		"cs_live_debit":    "pi_ach+cs_live_debit  asked - taken - fee - net - open",
		"cs_live_olddebit": "pi_old+cs_live_olddebit  asked - taken - fee - net -",
		"cs_live_sub":      "cs_live_sub  asked - taken - fee - net -",
	} {
		if id == "cs_live_expired" {
			want = strings.TrimPrefix(want, "pi_expired+")
		}
		if diff := cmp.Diff(want, line(got[id])); diff != "" {
			t.Errorf("%s (-want +got):\n%s", id, diff)
		}
	}
	guest := got["cs_live_guest"]
	payer := guest.Facts.Payer
	if guest.Kind != reconcile.KindDetail || payer.Reference != "lead-7" || payer.Metadata["call"] != "c-1" ||
		payer.Phone == "" || payer.Address == "" {
		t.Errorf("session says %+v", guest)
	}
}

func TestRefundsAndDisputes(t *testing.T) {
	all, _ := pull(t, newAccount(t).provider(t), "")
	got := map[string]string{}
	ids := func(keys []reconcile.Key) (text string) {
		for _, key := range keys {
			text += key.ID + " "
		}
		return text
	}
	for _, r := range all.Refunds {
		got[r.ID] = fmt.Sprintf("%s%s%s %s %q %q %v", ids(r.Keys), r.Amount, r.Amount.Currency,
			r.Status, r.ProviderStatus, r.Reason, r.Open)
	}
	for _, d := range all.Disputes {
		got[d.ID] = fmt.Sprintf("%s%s %s %q inquiry %v open %v", ids(d.Keys), d.Amount,
			d.Status, d.ProviderStatus, d.Inquiry, d.Open)
	}
	want := map[string]string{
		"re_done":     `pi_card ch_card 3.00USD succeeded "succeeded" "requested_by_customer" false`,
		"re_second":   `pi_card ch_card 2.00USD succeeded "succeeded" "duplicate" false`,
		"re_pending":  `pi_guest ch_guest 1.00EUR pending "pending" "" true`,
		"re_action":   `pi_renewal ch_renewal 1.00USD pending "requires_action" "" true`,
		"re_failed":   `pi_two ch_two 1.00USD failed "failed" "" false`,
		"re_canceled": `pi_two ch_two 1.00USD canceled "canceled" "" false`,
		"re_odd":      `pi_two ch_two 1.00USD pending "reviewing" "" true`,
		"re_null":     `pi_two ch_two 1.00USD pending "" "" true`,
		"re_legacy":   `py_legacy 1.00USD succeeded "succeeded" "" false`,
		"re_orphan":   `1.00USD succeeded "succeeded" "" false`,
		"re_expanded": `pi_x ch_two 1.00USD succeeded "succeeded" "" false`,
		"dp_open":     `pi_card ch_card 26.00 open "needs_response" inquiry false open true`,
		"dp_review":   `pi_two ch_two 25.00 open "under_review" inquiry false open true`,
		"dp_won":      `pi_renewal ch_renewal 99.00 won "won" inquiry false open false`,
		"dp_lost":     `py_legacy 8.00 lost "lost" inquiry false open false`,
		"dp_warn":     `pi_two ch_two 1.00 open "warning_needs_response" inquiry true open true`,
		"dp_warnrev":  `pi_two ch_two 1.00 open "warning_under_review" inquiry true open true`,
		"dp_inquiry":  `pi_two ch_two 1.00 won "warning_closed" inquiry true open false`,
		"dp_odd":      `pi_two ch_two 1.00 open "arbitration" inquiry false open true`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestProducts(t *testing.T) {
	a := newAccount(t)
	all, _ := pull(t, a.provider(t), "")
	if len(all.Products) != 4 || all.Products[0].StripeProductID == "" || all.Products[0].Name == "" {
		t.Errorf("products: %+v", all.Products)
	}
	a.requests = nil
	all, _ = pull(t, a.provider(t, func(c *Config) { c.Products = false }), "")
	if len(all.Products) > 0 || a.requests[0].URL.Path == pathProducts {
		t.Error("products were read though nobody asked")
	}
}

func TestCurrencies(t *testing.T) {
	for _, c := range []struct {
		currency string
		value    int64
		want     string
	}{
		{"usd", 1050, "10.50"}, {"jpy", 500, "500"}, {"ugx", 50000, "500"}, {"isk", 12300, "123"},
		{"kwd", 2670, "2.670"}, {"bhd", 10, "0.010"}, {"huf", 45045, "450.45"}, {"twd", 100, "1.00"},
		{"mga", 500, "500.00"}, {"clp", 7, "7"}, {"xpf", 7, "7"}, {"krw", 0, "0"},
		{"usd", 9223372036854775807, "92233720368547758.07"},
		{"isk", 12345, "error"}, {"mga", 9223372036854775807, "error"},
	} {
		currency, err := money.ParseCurrency(c.currency)
		if err != nil {
			t.Fatal(err)
		}
		amount, err := scale(c.value, currency)
		got := amount.String()
		if err != nil {
			got = "error"
		}
		if got != c.want {
			t.Errorf("%d %s: got %s (%v), want %s", c.value, c.currency, got, err, c.want)
		}
	}
}

// TestQuarantine changes one field of a good charge; the row is kept aside and its neighbours go on.
func TestQuarantine(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(row, ledger map[string]any)
		field  string
	}{
		{"amount null", func(r, _ map[string]any) { r["amount"] = nil }, "amount"},
		{"amount missing", func(r, _ map[string]any) { delete(r, "amount") }, "amount"},
		{"amount negative", func(r, _ map[string]any) { r["amount"] = -1 }, "amount"},
		{"captured amount null", func(r, _ map[string]any) { r["amount_captured"] = nil }, "amount_captured"},
		{"captured amount negative", func(r, _ map[string]any) { r["amount_captured"] = -1 }, "amount_captured"},
		{"captured null", func(r, _ map[string]any) { r["captured"] = nil }, "captured"},
		{"status null", func(r, _ map[string]any) { r["status"] = nil }, "status"},
		{"currency unknown", func(r, _ map[string]any) { r["currency"] = "zzz" }, "currency"},
		{"currency blank", func(r, _ map[string]any) { r["currency"] = "" }, "currency"},
		{"currency null", func(r, _ map[string]any) { r["currency"] = nil }, "currency"},
		{"currency look-alike", func(r, _ map[string]any) { r["currency"] = "uѕd" }, "currency"},
		{"fraction of a króna", func(r, _ map[string]any) { r["currency"], r["amount"] = "isk", 12345 }, "amount"},
		{"test mode", func(r, _ map[string]any) { r["livemode"] = false }, "livemode"},
		{"created null", func(r, _ map[string]any) { r["created"] = nil }, "created"},
		{"created in milliseconds", func(r, _ map[string]any) { r["created"] = int64(1770000000000) }, "created"},
		{"created zero", func(r, _ map[string]any) { r["created"] = 0 }, "created"},
		{"net off", func(_, l map[string]any) { l["net"] = 1 }, "balance_transaction.net"},
		{"fee null", func(_, l map[string]any) { l["fee"] = nil }, "balance_transaction.fee"},
		{"ledger currency", func(_, l map[string]any) { l["currency"] = "zzz" }, "balance_transaction.currency"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var row map[string]any
			if err := json.Unmarshal(fixtures(t, "charges")[0], &row); err != nil {
				t.Fatal(err)
			}
			c.change(row, row["balance_transaction"].(map[string]any))
			bad, _ := json.Marshal(row)
			page := listOf(pathCharges, false, minimalCharge("ch_1"), string(bad), minimalCharge("ch_2"))
			got, err := pullBody(t, page)
			if err != nil {
				t.Fatal(err)
			}
			if len(got.Payments) != 2 || len(got.Quarantined) != 1 {
				t.Fatalf("%d records, quarantined %+v", len(got.Payments), got.Quarantined)
			}
			q := got.Quarantined[0]
			if q.Field != c.field || q.Reason == "" || string(q.Raw) != string(bad) || q.File != pathCharges ||
				q.Source != source {
				t.Errorf("quarantined as %s: %s", q.Field, q.Reason)
			}
		})
	}
}
