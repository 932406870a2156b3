package stripe

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pennytie/reconcile"
)

func entryLine(e reconcile.Entry) string {
	text := fmt.Sprintf("%s %s %s%s fee %s net %s", e.Kind, e.About, e.Gross, e.Gross.Currency, e.Fee, e.Net)
	if e.Facing != nil {
		text += fmt.Sprintf(" facing %s%s", e.Facing, e.Facing.Currency)
	}
	for _, key := range e.Keys {
		text += " " + key.ID
	}
	return text
}

func TestLedger(t *testing.T) {
	all, _ := pull(t, newAccount(t).provider(t), "")
	got, in := map[string]string{}, map[string]string{}
	for _, e := range all.Entries {
		if got[e.ID] != "" && got[e.ID] != entryLine(e) {
			t.Errorf("%s is another in its payout: %s", e.ID, entryLine(e))
		}
		got[e.ID] = entryLine(e)
		if e.PayoutID != "" {
			in[e.ID] = e.PayoutID
		}
		if e.Category != categories[e.ID] && categories[e.ID] != "" || e.AvailableOn.Sub(e.CreatedAt) != 2*day {
			t.Errorf("%s: category %q, from %v to %v", e.ID, e.Category, e.CreatedAt, e.AvailableOn)
		}
	}
	want := map[string]string{
		"txn_card":      "charge ch_card 25.00USD fee 1.02 net 23.98 pi_card ch_card",
		"txn_guest":     "charge ch_guest 43.21USD fee 1.55 net 41.66 facing 40.00EUR pi_guest ch_guest",
		"txn_yen":       "charge ch_yen 3.35USD fee 0.40 net 2.95 facing 500JPY pi_yen ch_yen",
		"txn_legacy":    "charge py_legacy 8.00USD fee 0.53 net 7.47 py_legacy",
		"txn_part":      "charge ch_part 108.00USD fee 2.04 net 105.96 facing 60.00EUR pi_part ch_part",
		"txn_partback":  "charge_failure ch_part -43.20USD fee 0.00 net -43.20 facing 0.00EUR pi_part ch_part",
		"txn_debit":     "charge ch_debit 50.00USD fee 0.40 net 49.60 facing 45.00EUR pi_debit ch_debit",
		"txn_debitback": "charge_failure ch_debit -50.00USD fee 0.00 net -50.00 facing -45.00EUR pi_debit ch_debit",
		"txn_re":        "refund re_done -3.00USD fee 0.00 net -3.00 pi_card ch_card",
		"txn_re_eur":    "refund re_pending -1.08USD fee 0.00 net -1.08 facing -1.00EUR pi_guest ch_guest",
		"txn_reback":    "refund_failure re_pending 1.07USD fee 0.00 net 1.07 facing 1.00EUR pi_guest ch_guest",
		"txn_dp":        "dispute dp_eur -27.00USD fee 15.00 net -42.00 facing -25.00EUR pi_guest ch_guest",
		"txn_dpfx":      "dispute dp_eur -0.30USD fee 0.00 net -0.30 facing 0.00EUR pi_guest ch_guest",
		"txn_dpback":    "dispute_reversal dp_eur 26.90USD fee 0.00 net 26.90 facing 25.00EUR pi_guest ch_guest",
		"txn_fee":       "fee  -5.00USD fee 0.00 net -5.00",
		"txn_tax":       "fee  -0.40USD fee 0.00 net -0.40",
		"txn_network":   "fee ch_guest -0.07USD fee 0.00 net -0.07 pi_guest ch_guest",
		"txn_climate":   "other  -1.00USD fee 0.00 net -1.00",
		"txn_unnamed":   "other xx_1 -0.03USD fee 0.00 net -0.03",
		"txn_earn":      "other fee_1 0.00USD fee 0.00 net 0.00",
		"txn_po_paid":   "payout po_paid -134.74USD fee 0.00 net -134.74",
		"txn_po_failed": "payout po_failed -90.00USD fee 0.00 net -90.00",
		"txn_gone":      "charge ch_gone 90.00USD fee 0.00 net 90.00 pi_gone ch_gone",
		"txn_back":      "payout_reversal po_failed 90.00USD fee 0.00 net 90.00",
		"txn_po_again":  "payout po_again -85.00USD fee 0.00 net -85.00",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	sums, counted := map[string]int64{}, map[string]bool{}
	for _, e := range all.Entries {
		if e.PayoutID != "" && e.Kind != reconcile.EntryPayout && !counted[e.ID] { // a payout that came back is read again
			counted[e.ID] = true
			sums[e.PayoutID] += e.Net.Minor
		}
	}
	for _, p := range all.Payouts {
		if sum, has := sums[p.ID]; has && sum != p.Amount.Minor {
			t.Errorf("the members of %s come to %d of %d", p.ID, sum, p.Amount.Minor)
		}
	}
	if len(sums) != 3 || in["txn_back"] != "po_again" || in["txn_po_paid"] != "po_paid" {
		t.Errorf("members: %v", in)
	}
	for _, id := range []string{"txn_bad", "txn_empty"} {
		if !slices.ContainsFunc(all.Quarantined, func(q reconcile.Quarantine) bool { return q.ID == id && q.File == pathLedger }) {
			t.Errorf("%s is not quarantined", id)
		}
	}
}

// categories are the words that the ledger's kinds do not keep.
var categories = map[string]string{"txn_partback": "partial_capture_reversal", "txn_tax": "tax", "txn_climate": "contribution",
	"txn_network": "network_cost", "txn_earn": "platform_earning"}

func TestPayouts(t *testing.T) {
	all, _ := pull(t, newAccount(t).provider(t), "")
	got := map[string]string{}
	for _, p := range all.Payouts {
		got[p.ID] = fmt.Sprintf("%s%s %s automatic %t itemised %t open %t %s", p.Amount, p.Amount.Currency, p.Status, p.Automatic, p.Itemised,
			p.Open, p.ArrivesOn.Format(time.DateOnly))
	}
	want := map[string]string{
		"po_paid":    "134.74USD paid automatic true itemised true open false 2026-02-08",
		"po_wait":    "12.00USD paid automatic true itemised false open true 2026-02-08",
		"po_transit": "13.00USD in_transit automatic true itemised false open true 2026-02-08",
		"po_pending": "0.10USD pending automatic true itemised false open true 2026-02-08",
		"po_manual":  "7.00USD paid automatic false itemised false open false 2026-02-08",
		"po_instant": "6.00USD paid automatic false itemised false open false 2026-02-08",
		"po_failed":  "90.00USD failed automatic true itemised true open false 2026-02-08",
		"po_again":   "85.00USD paid automatic true itemised true open false 2026-02-08",
		"po_gone":    "0.05USD canceled automatic true itemised false open false 2026-02-08",
		"po_debit":   "-4.00USD paid automatic true itemised true open false 2026-02-08",
		"po_huf":     "45000.00HUF paid automatic true itemised true open false 2026-02-08",
		"po_odd":     "0.01USD pending automatic false itemised false open true 2026-02-08",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	fields := map[string]string{}
	for _, q := range all.Quarantined {
		if q.File == pathPayouts {
			fields[q.ID] = q.Field
		}
	}
	if diff := cmp.Diff(map[string]string{"po_testmode": "livemode", "po_unsaid": "automatic", "po_empty": "amount"}, fields); diff != "" {
		t.Errorf("quarantined (-want +got):\n%s", diff)
	}
}

// edited is a row of the fixtures with some fields changed.
func edited(t testing.TB, file, id string, change map[string]any) json.RawMessage {
	t.Helper()
	for _, text := range fixtures(t, file) {
		var row map[string]any
		if err := json.Unmarshal(text, &row); err != nil || row["id"] != id {
			continue
		}
		for key, value := range change {
			row[key] = value
		}
		out, err := json.Marshal(row)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	t.Fatalf("no %s in %s", id, file)
	return nil
}

// TestLedgerQuarantine changes one field of a good ledger row or payout.
func TestLedgerQuarantine(t *testing.T) {
	source := map[string]any{"id": "ch_x", "object": "charge", "currency": "eur", "amount": 5, "amount_captured": nil}
	for _, c := range []struct {
		file, id, field string
		change          map[string]any
		want            string
	}{
		{"ledger", "txn_card", "amount", map[string]any{"amount": nil}, "missing"},
		{"ledger", "txn_card", "fee", map[string]any{"fee": nil}, "missing"},
		{"ledger", "txn_card", "net", map[string]any{"net": nil}, "missing"},
		{"ledger", "txn_card", "net", map[string]any{"net": 2399}, "net is 23.99, but amount minus fee is 23.98 USD"},
		{"ledger", "txn_card", "currency", map[string]any{"currency": "zzz"}, "ISO 4217"},
		{"ledger", "txn_card", "currency", map[string]any{"currency": nil}, "missing"},
		{"ledger", "txn_card", "created", map[string]any{"created": nil}, "missing"},
		{"ledger", "txn_card", "available_on", map[string]any{"available_on": 0}, "Unix seconds"},
		{"ledger", "txn_card", "net", map[string]any{"amount": int64(-1 << 63), "fee": 1}, "net"},
		{"ledger", "txn_card", "amount", map[string]any{"currency": "isk", "amount": 2501}, "amount"},
		{"ledger", "txn_card", "source.amount_captured", map[string]any{"source": source}, "missing"},
		{"payouts", "po_paid", "amount", map[string]any{"amount": nil}, "missing"},
		{"payouts", "po_paid", "amount", map[string]any{"currency": "isk"}, "amount"},
		{"payouts", "po_paid", "currency", map[string]any{"currency": ""}, "currency"},
		{"payouts", "po_paid", "status", map[string]any{"status": nil}, "missing"},
		{"payouts", "po_paid", "automatic", map[string]any{"automatic": nil}, "missing"},
		{"payouts", "po_paid", "created", map[string]any{"created": int64(1770000000000)}, "Unix seconds"},
		{"payouts", "po_paid", "arrival_date", map[string]any{"arrival_date": -1}, "Unix seconds"},
	} {
		t.Run(c.field+" "+fmt.Sprint(c.change), func(t *testing.T) {
			a := newAccount(t)
			path := map[string]string{"ledger": pathLedger, "payouts": pathPayouts}[c.file]
			a.lists[pathLedger], a.lists[pathPayouts] = nil, nil
			a.put(t, path, edited(t, c.file, c.id, c.change))
			a.lists[path][0].created = testSince.Unix() // it is listed, whatever the row says
			all, _ := pull(t, a.provider(t), "")
			at := slices.IndexFunc(all.Quarantined, func(q reconcile.Quarantine) bool { return q.ID == c.id })
			if at < 0 || len(all.Entries)+len(all.Payouts) > 0 {
				t.Fatalf("not quarantined: %+v %+v", all.Entries, all.Payouts)
			}
			if q := all.Quarantined[at]; q.Field != c.field || !strings.Contains(q.Reason, c.want) || q.File != path {
				t.Errorf("quarantined as %s: %s", q.Field, q.Reason)
			}
		})
	}
}

// A payout that Stripe had not itemised is read again by id: then it comes with all its members, or not at all.
func TestPayoutCompletesLater(t *testing.T) {
	a := newAccount(t)
	first, _ := pull(t, a.provider(t), "")
	ref := []reconcile.Ref{{Kind: reconcile.RefPayout, ID: "po_wait"}}
	page, err := a.provider(t).Fetch(t.Context(), ref)
	if err != nil || len(page.Payouts) != 1 || !page.Payouts[0].Open || len(page.Entries) > 0 {
		t.Fatalf("%+v, %v", page, err)
	}
	a.put(t, pathPayouts, edited(t, "payouts", "po_wait", map[string]any{"reconciliation_status": "completed"}))
	for i := range 7 { // three pages
		a.put(t, pathLedger, edited(t, "ledger", "txn_card", map[string]any{"id": fmt.Sprintf("txn_w%d", i), "test_payout": "po_wait"}))
	}
	a.requests = nil
	later, _ := pull(t, a.provider(t, at(1)), first.Next)
	for _, e := range later.Entries {
		if e.PayoutID != "" {
			t.Errorf("%s of %s was read again by the list", e.ID, e.PayoutID)
		}
	}
	if asked := a.asked(pathPayouts); !slices.Equal(asked, []string{"2026-03-20T11:49 2026-03-21T11:59"}) {
		t.Errorf("payouts were asked for %v", asked)
	}
	if page, err = a.provider(t).Fetch(t.Context(), ref); err != nil || len(page.Entries) != 7 || page.Payouts[0].Open || !page.Payouts[0].Itemised {
		t.Errorf("%+v, %v", page, err)
	}
	for i := range page.Entries {
		if page.Entries[i].PayoutID != "po_wait" {
			t.Errorf("member %+v", page.Entries[i])
		}
	}
	n := 0
	a.before = func(_ int, w http.ResponseWriter, r *http.Request) bool {
		if n++; r.URL.Path == pathLedger && n == 4 {
			answer(w, 403, "{}")
			return true
		}
		return false
	}
	if page, err = a.provider(t).Fetch(t.Context(), ref); err == nil || len(page.Payouts)+len(page.Entries) > 0 {
		t.Errorf("a part of the members: %+v", page)
	}
	a.before = func(_ int, w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == pathLedger {
			answer(w, 200, listOf(pathLedger, true, string(edited(t, "ledger", "txn_card", nil))))
		}
		return r.URL.Path == pathLedger
	}
	if _, err = a.provider(t).Fetch(t.Context(), ref); !errors.Is(err, reconcile.ErrInvalid) {
		t.Errorf("members that go round in a circle: %v", err)
	}
}

// A payout that was paid long ago can still come back: the ledger says so on the day.
func TestPayoutFailsLate(t *testing.T) {
	a := newAccount(t)
	first, _ := pull(t, a.provider(t), "")
	failed := edited(t, "payouts", "po_paid", map[string]any{"status": "failed"})
	a.put(t, pathPayouts, failed)
	a.put(t, pathLedger, edited(t, "ledger", "txn_back", map[string]any{
		"id": "txn_late", "source": failed, "test_payout": nil, "created": testNow.AddDate(0, 0, 99).Unix()}))
	later, _ := pull(t, a.provider(t, at(100)), first.Next)
	if members := slices.DeleteFunc(later.Entries, func(e reconcile.Entry) bool { return e.PayoutID != "po_paid" }); len(members) != 9 {
		t.Errorf("it came back with %d members", len(members))
	}
	if len(later.Payouts) != 1 || later.Payouts[0].ID != "po_paid" || later.Payouts[0].Status != reconcile.PayoutFailed {
		t.Errorf("%+v", later.Payouts)
	}
	a.put(t, pathLedger, edited(t, "ledger", "txn_back", map[string]any{"id": "txn_late", "test_payout": nil,
		"source": edited(t, "payouts", "po_testmode", nil), "created": testNow.AddDate(0, 0, 99).Unix()}))
	if later, _ = pull(t, a.provider(t, at(100)), first.Next); len(later.Payouts) > 0 || len(later.Entries) != 1 {
		t.Errorf("a payout of the other mode: %+v", later.Payouts)
	}
}

// A payout of many members has a page to itself; a pull that is killed before it comes back to it.
func TestPayoutPages(t *testing.T) {
	a := newAccount(t)
	for i := range 1200 {
		a.put(t, pathLedger, edited(t, "ledger", "txn_card", map[string]any{"id": fmt.Sprintf("txn_many%04d", i), "test_payout": "po_again"}))
	}
	large := func(c *Config) { c.PageSize = 100 }
	_, pages := pull(t, a.provider(t, large), "")
	most := 0
	for i, page := range pages {
		if len(page.Payouts) > 0 && len(page.Entries) > most {
			most = len(page.Entries)
			rest, _ := pull(t, a.provider(t, large), pages[i].Next)
			if again := slices.ContainsFunc(rest.Entries, func(e reconcile.Entry) bool { return e.PayoutID == "po_again" }); again || len(rest.Payouts) == 0 {
				t.Errorf("after the large payout: again %t, %d payouts", again, len(rest.Payouts))
			}
		}
	}
	if most < 1200 || most > 1250 {
		t.Errorf("the largest page has %d members", most)
	}
}

// A key may read payments but not the ledger: the error says what to do, the probe finds it, and without the ledger nothing is missed.
func TestKeyThatMayNotReadTheLedger(t *testing.T) {
	a := newAccount(t)
	a.before = func(_ int, w http.ResponseWriter, r *http.Request) bool {
		denied := r.URL.Path == pathLedger || r.URL.Path == pathPayouts
		if denied {
			answer(w, 403, "{}")
		}
		return denied
	}
	p := a.provider(t)
	if err := p.Probe(t.Context()); !errors.Is(err, reconcile.ErrAuth) || !strings.Contains(err.Error(), "skip_ledger: true") {
		t.Errorf("probe: %v", err)
	}
	var err error
	for page := (reconcile.Page{More: true}); page.More && err == nil; {
		page, err = p.Pull(t.Context(), page.Next)
	}
	if !errors.Is(err, reconcile.ErrAuth) || !strings.Contains(err.Error(), "let the key read Balance and Payouts") {
		t.Errorf("pull: %v", err)
	}
	without := func(c *Config) { c.SkipLedger = true }
	if err := a.provider(t, without).Probe(t.Context()); err != nil {
		t.Errorf("probe without the ledger: %v", err)
	}
	all, _ := pull(t, a.provider(t, without), "")
	if len(all.Payments) == 0 || len(all.Refunds) == 0 || len(all.Entries)+len(all.Payouts) > 0 {
		t.Errorf("without the ledger: %d payments, %d refunds, %d entries, %d payouts", len(all.Payments), len(all.Refunds), len(all.Entries),
			len(all.Payouts))
	}
}
