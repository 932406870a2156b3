package providertest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

// index gives each row of a page a name and its content as text.
func index(t *testing.T, pages ...reconcile.Page) map[string]string {
	t.Helper()
	rows := map[string]string{}
	put := func(kind, id string, content any) {
		text, err := json.Marshal(content)
		if err != nil {
			t.Fatalf("%s %s cannot be written as JSON: %v", kind, id, err)
		}
		name := kind + " " + id
		if old, twice := rows[name]; twice && old != string(text) {
			t.Errorf("%s came twice in one pull with different content", name)
		}
		rows[name] = string(text)
	}
	for _, page := range pages {
		for _, r := range page.Payments {
			content, err := r.Content()
			if err != nil {
				t.Fatalf("content of %s: %v", r.ID, err)
			}
			put(string(r.Kind), r.ID, json.RawMessage(content))
		}
		for _, r := range page.Refunds {
			put("refund", r.ID, r)
		}
		for _, r := range page.Disputes {
			put("dispute", r.ID, r)
		}
		for _, r := range page.Entries {
			// A line of a ledger comes without its payout, with it, or both: that is content of its own.
			if r.PayoutID != "" {
				put("member", r.ID, r.PayoutID)
			}
			r.PayoutID = ""
			put("entry", r.ID, r)
		}
		for _, r := range page.Payouts {
			put("payout", r.ID, r)
		}
		for _, r := range page.Leads {
			put("lead", r.ID, r)
		}
		for _, r := range page.Calls {
			put("call", r.ID, r)
		}
		for _, r := range page.Products {
			put("product", r.ID, r)
		}
	}
	return rows
}

// quarantined names what a pull kept aside; how often is not compared, because windows overlap.
func quarantined(pages ...reconcile.Page) map[string]string {
	rows := map[string]string{}
	for _, page := range pages {
		for _, q := range page.Quarantined {
			rows[fmt.Sprintf("%s:%d %s %q", q.File, q.Line, q.Field, q.Raw)] = q.Reason
		}
	}
	return rows
}

// same compares two sets of rows by name and content.
func same(t *testing.T, what string, got, want map[string]string) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(want)) {
		switch content, there := got[name]; {
		case !there:
			t.Errorf("%s: %s is missing", what, name)
		case content != want[name]:
			t.Errorf("%s: %s differs:\n got %s\nwant %s", what, name, content, want[name])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		if _, there := want[name]; !there {
			t.Errorf("%s: %s is one too many", what, name)
		}
	}
}

func checkRows(t *testing.T, h Harness) {
	p := h.New(t)
	seen := 0
	for _, page := range Pull(t, h, p, "") {
		for _, r := range page.Payments {
			seen++
			checkRecord(t, h, p.Name(), r)
		}
		for _, r := range page.Refunds {
			seen++
			what := "refund " + r.ID
			checkRow(t, h, what, r.Source, r.ID, r.Keys)
			checkAmount(t, what, &r.Amount)
			checkTime(t, what, r.CreatedAt)
			switch r.Status {
			case reconcile.RefundRowPending, reconcile.RefundRowSucceeded,
				reconcile.RefundRowFailed, reconcile.RefundRowCanceled:
			default:
				t.Errorf("%s has status %q", what, r.Status)
			}
		}
		for _, r := range page.Disputes {
			seen++
			what := "dispute " + r.ID
			checkRow(t, h, what, r.Source, r.ID, r.Keys)
			checkAmount(t, what, &r.Amount)
			checkTime(t, what, r.CreatedAt)
			switch r.Status {
			case reconcile.DisputeOpen, reconcile.DisputeWon, reconcile.DisputeLost:
			default:
				t.Errorf("%s has status %q", what, r.Status)
			}
		}
		for _, e := range page.Entries {
			seen++
			checkEntry(t, h, e)
		}
		for _, p := range page.Payouts {
			seen++
			checkPayout(t, h, p)
		}
		for _, q := range page.Quarantined {
			if q.Source != h.Source || q.Reason == "" || q.File == "" || len(q.Raw) > reconcile.MaxRaw {
				t.Errorf("quarantined row of %s has source %q, reason %q, %d bytes",
					q.File, q.Source, q.Reason, len(q.Raw))
			}
		}
	}
	if seen == 0 {
		t.Error("the account has no rows to check")
	}
}

func checkRecord(t *testing.T, h Harness, provider string, r reconcile.SourceRecord) {
	t.Helper()
	what := string(r.Kind) + " " + r.ID
	checkRow(t, h, what, r.Source, r.ID, r.Keys)
	if len(r.Keys) == 0 {
		t.Errorf("%s has no identity key", what)
	}
	if r.Provider == "" || r.Role == "" {
		t.Errorf("%s has provider %q and role %q (%s)", what, r.Provider, r.Role, provider)
	}
	switch {
	case r.Kind == reconcile.KindPayment:
		if !r.Facts.Status.Valid() {
			t.Errorf("%s has status %q", what, r.Facts.Status)
		}
		if r.Facts.Amount == nil {
			t.Errorf("%s has no amount", what)
		}
	case r.Kind != reconcile.KindDetail:
		t.Errorf("%s has an unknown kind", what)
	case r.Facts.Status != "" && !r.Facts.Status.Valid():
		t.Errorf("%s has status %q", what, r.Facts.Status)
	}
	for _, amount := range []*money.Amount{
		r.Facts.Amount, r.Facts.Captured, r.Facts.Fee, r.Facts.Net,
		r.Facts.RefundedAmount, r.Facts.DisputedAmount,
	} {
		checkAmount(t, what, amount)
	}
	for _, when := range []time.Time{r.Facts.PaymentDate, r.Facts.CreatedAt, r.Facts.RefundedAt} {
		checkTime(t, what, when)
	}
	if slices.Contains(h.WithoutFee, r.ID) && (r.Facts.Fee != nil || r.Facts.Net != nil) {
		t.Errorf("%s has fee %v and net %v, but the service gave none", what, r.Facts.Fee, r.Facts.Net)
	}
	for _, email := range r.Facts.Emails {
		if email == "" {
			t.Errorf("%s has an empty e-mail", what)
		}
	}
}

func checkEntry(t *testing.T, h Harness, e reconcile.Entry) {
	t.Helper()
	what := "entry " + e.ID
	checkRow(t, h, what, e.Source, e.ID, e.Keys)
	for _, amount := range []*money.Amount{&e.Gross, &e.Fee, &e.Net, e.Facing} {
		checkAmount(t, what, amount)
	}
	if net, err := e.Gross.Sub(e.Fee); err != nil || net != e.Net {
		t.Errorf("%s: net is %s, gross %s less fee %s", what, e.Net, e.Gross, e.Fee)
	}
	if e.Facing != nil && (e.Facing.Minor < 0) != (e.Gross.Minor < 0) && e.Facing.Minor != 0 {
		t.Errorf("%s: %s for the customer has another sign than %s", what, e.Facing, e.Gross)
	}
	if e.Provider == "" || e.Kind == "" || e.CreatedAt.IsZero() || e.PaymentID != "" {
		t.Errorf("%s has provider %q, kind %q, time %v, payment %q", what, e.Provider, e.Kind, e.CreatedAt, e.PaymentID)
	}
	checkTime(t, what, e.CreatedAt)
	checkTime(t, what, e.AvailableOn)
}

func checkPayout(t *testing.T, h Harness, p reconcile.Payout) {
	t.Helper()
	what := "payout " + p.ID
	checkRow(t, h, what, p.Source, p.ID, nil)
	checkAmount(t, what, &p.Amount)
	checkTime(t, what, p.CreatedAt)
	checkTime(t, what, p.ArrivesOn)
	ended := p.Status == reconcile.PayoutPaid || p.Status == reconcile.PayoutFailed || p.Status == reconcile.PayoutCanceled
	switch p.Status {
	case reconcile.PayoutPending, reconcile.PayoutInTransit, reconcile.PayoutPaid, reconcile.PayoutFailed, reconcile.PayoutCanceled:
	default:
		t.Errorf("%s has status %q", what, p.Status)
	}
	if p.Provider == "" || p.CreatedAt.IsZero() || !ended && !p.Open && !p.Export {
		t.Errorf("%s has provider %q, time %v, status %s and is read again: %t", what, p.Provider, p.CreatedAt, p.Status, p.Open)
	}
}

func checkRow(t *testing.T, h Harness, what, source, id string, keys []reconcile.Key) {
	t.Helper()
	if source != h.Source || id == "" {
		t.Errorf("%s has source %q and id %q", what, source, id)
	}
	for _, key := range keys {
		if key.Provider == "" || key.ID == "" {
			t.Errorf("%s has a key without provider or id", what)
		}
	}
}

func checkAmount(t *testing.T, what string, amount *money.Amount) {
	t.Helper()
	if amount == nil {
		return
	}
	if _, err := money.ParseCurrency(string(amount.Currency)); err != nil {
		t.Errorf("%s has an amount without currency: %v", what, err)
	}
}

// checkTime finds other zones, and a null that became 1970.
func checkTime(t *testing.T, what string, when time.Time) {
	t.Helper()
	if when.IsZero() {
		return
	}
	if when.Location() != time.UTC || when.Unix() == 0 {
		t.Errorf("%s has a time that is not UTC or was made up: %v", what, when)
	}
}
