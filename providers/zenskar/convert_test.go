package zenskar

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"pennytie/providers/internal/rows"
	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

func testConverter() *converter {
	return &converter{source: source, role: reconcile.RoleBook, organisation: testOrg, now: testNow, connectors: defaultConnectors()}
}

// convert turns one row, given as a value, without look-ups.
func convert(t testing.TB, row map[string]any) (converted, error) {
	t.Helper()
	text, err := json.Marshal(row)
	if err != nil {
		t.Fatal(err)
	}
	return read(testConverter(), text)
}

func TestFieldMap(t *testing.T) {
	made, f := convert(t, documented(t, nil))
	if f != nil {
		t.Fatal(f)
	}
	got, err := made.record.Content()
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"role":"book","kind":"payment",` +
		`"keys":[{"provider":"stripe","id":"pi_3NExample"},{"provider":"zenskar","account":"org-1","id":"6a1c2f34-0d44-4b50-8888-8dd25736052a"}],` +
		`"provider_payment_id":"6a1c2f34-0d44-4b50-8888-8dd25736052a","status":"succeeded","provider_status":"success",` +
		`"amount":{"Minor":12450,"Currency":"USD"},"payment_date":"2026-02-19T14:12:07.147536Z","created_at":"2026-02-19T14:10:00.982899Z",` +
		`"emails":["Ada.Example+billing@example.com"],"name":"Ada Example",` +
		`"payer":{"description":"Course","external_id":"ch_3NExample","metadata":{"customer_external_id":"crm-1001",` +
		`"invoice_id":"1a000000-0d44-4b50-8888-8dd25736052a"}},` +
		`"stripe_charge_id":"ch_3NExample","refund_status":"none","refunded_amount":{"Minor":0,"Currency":"USD"}}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	r := made.record
	if r.Source != source || r.Provider != Name || r.ID != parentID || r.Claims() != "stripe" || r.Facts.Fee != nil || r.Facts.Net != nil {
		t.Errorf("record %+v", r)
	}
}

func TestStatusMap(t *testing.T) {
	const strange = " [STATUS_MISMATCH status: a known status, "
	for _, c := range []struct {
		status any
		back   any
		want   string
	}{
		{"created", "0", "pending"}, {"in_progress", "0", "pending"}, {"requires_action", "0", "pending"},
		{"pending_charge", nil, "pending"}, {"authorized", "0", "pending"},
		{"success", nil, "succeeded"}, {"success", "0", "succeeded none 0"}, {"success", "400", "succeeded partial 400"},
		{"success", "1000", "refunded full 1000"},
		{"success", "1001", "refunded full 1001 [REFUND_MISMATCH amount_refunded: at most 10.00, 10.01]"},
		{"partially_refunded", "400", "succeeded partial 400"},
		{"partially_refunded", nil, "succeeded partial [REFUND_MISMATCH amount_refunded: between 0 and 10.00, not said]"},
		{"partially_refunded", "", "succeeded partial [REFUND_MISMATCH amount_refunded: between 0 and 10.00, not said]"},
		{"partially_refunded", "0", "succeeded partial [REFUND_MISMATCH amount_refunded: between 0 and 10.00, 0.00]"},
		{"partially_refunded", "1000", "succeeded partial 1000 [REFUND_MISMATCH amount_refunded: between 0 and 10.00, 10.00]"},
		{"refunded", "1000", "refunded full 1000"}, {"refunded", nil, "refunded full"}, {"refunded", "", "refunded full"},
		{"refunded", "400", "refunded full [REFUND_MISMATCH amount_refunded: 10.00, 4.00]"},
		{"refunded", "0", "refunded full [REFUND_MISMATCH amount_refunded: 10.00, 0.00]"},
		{"failed", "0", "failed"}, {"canceled", nil, "failed"}, {"voided", "0", "failed"},
		{"failed", "400", "failed [REFUND_MISMATCH amount_refunded: none, 4.00]"},
		{"created", "400", "pending [REFUND_MISMATCH amount_refunded: none, 4.00]"},
		{"other", "0", "pending" + strange + "other]"}, {nil, "0", "pending" + strange + "]"},
		{"settled", "0", "pending" + strange + "settled]"}, {7, "0", "pending" + strange + "7]"},
		{" Success ", "0", "succeeded none 0"}, {"SUCCESS", "0", "succeeded none 0"},
	} {
		made, f := convert(t, plain("p1", day(70), map[string]any{"status": c.status, "amount_refunded": c.back}))
		if f != nil {
			t.Errorf("%v, %v: %v", c.status, c.back, f)
			continue
		}
		want := "payment 1000 USD " + c.want
		if strings.HasPrefix(c.want, "pending") {
			want += " open"
		}
		if got := told(reconcile.Page{Payments: []reconcile.SourceRecord{*made.record}}); got != want {
			t.Errorf("%v, %v:\n got %s\nwant %s", c.status, c.back, got, want)
		}
	}
	old, _ := convert(t, plain("p1", testNow.Add(-rows.OpenFor), map[string]any{"status": "created"}))
	if old.record.Open {
		t.Error("a payment that is pending for a month is read again for ever")
	}
}

func TestProcessorKey(t *testing.T) {
	transactions := func(list ...map[string]any) []any {
		var all []any
		for _, one := range list {
			all = append(all, one)
		}
		return all
	}
	attempt := func(id, external, status string, connector any) map[string]any {
		return map[string]any{"id": id, "external_id": external, "status": status, "connector_name": connector, "settled_at": "2026-02-01T00:00:00"}
	}
	for name, c := range map[string]struct {
		set    map[string]any
		key    string // provider id
		charge string
	}{
		"intent":               {map[string]any{"external_id": "pi_1", "connector_name": "Stripe EU"}, "stripe pi_1", ""},
		"charge":               {map[string]any{"external_id": "ch_1", "connector_name": "STRIPE"}, "stripe ch_1", "ch_1"},
		"bank debit":           {map[string]any{"external_id": "py_1"}, "stripe py_1", "py_1"},
		"no connector":         {map[string]any{"external_id": "pi_1", "connector_name": nil}, "stripe pi_1", ""},
		"other connector":      {map[string]any{"external_id": "pi_1", "connector_name": "GoCardless"}, "", ""},
		"an invoice of Stripe": {map[string]any{"external_id": "in_1", "connector_name": "stripe"}, "", ""},
		"prefix in capitals":   {map[string]any{"external_id": "PI_1", "connector_name": "stripe"}, "", ""},
		"nothing":              {map[string]any{}, "", ""},
		"a secret":             {map[string]any{"external_id": "pi_1_secret_2", "connector_name": "stripe"}, "", ""},
		"a word for nothing":   {map[string]any{"external_id": "pi_undefined", "connector_name": "stripe"}, "", ""},
		"no charge":            {map[string]any{"external_id": "ch_", "connector_name": "stripe"}, "", ""},
		"WePay of no id":       {map[string]any{"external_id": "undefined", "connector_name": "wepay"}, "", ""},
		"not an id":            {map[string]any{"external_id": "pi_1/../x", "connector_name": "stripe"}, "", ""},
		"WePay keeps its case": {map[string]any{"external_id": "aBc-99", "connector_name": "WePay (Chase)"}, "wepay aBc-99", ""},
		"of the transaction": {map[string]any{"connector_name": "Stripe", "transactions": transactions(attempt("t1", "ch_1", "success", nil))},
			"stripe ch_1", "ch_1"},
		"of the transaction's own connector": {map[string]any{"connector_name": "x",
			"transactions": transactions(attempt("t1", "wpid-1", "success", "wepay"))}, "wepay wpid-1", ""},
		"intent before charge": {map[string]any{"external_id": "ch_1", "transactions": transactions(attempt("t1", "pi_1", "success", "stripe"))},
			"stripe pi_1", "ch_1"},
		"the payment's intent first": {map[string]any{"external_id": "pi_1",
			"transactions": transactions(attempt("t1", "pi_2", "success", "stripe"))}, "stripe pi_1", ""},
		"not of a failed one":  {map[string]any{"transactions": transactions(attempt("t1", "pi_1", "failed", "stripe"))}, "", ""},
		"still after a refund": {map[string]any{"transactions": transactions(attempt("t1", "pi_1", "refunded", "stripe"))}, "stripe pi_1", ""},
		"one of two, not both": {map[string]any{"transactions": transactions(attempt("t2", "pi_2", "success", "stripe"),
			attempt("t1", "pi_1", "success", "stripe"))}, "stripe pi_2", ""},
		"one of two, any order": {map[string]any{"transactions": transactions(attempt("t1", "pi_1", "success", "stripe"),
			attempt("t2", "pi_2", "success", "stripe"))}, "stripe pi_2", ""},
	} {
		made, f := convert(t, plain("p1", day(1), c.set))
		if f != nil {
			t.Errorf("%s: %v", name, f)
			continue
		}
		want := []reconcile.Key{{Provider: "zenskar", Account: testOrg, ID: "p1"}}
		if provider, id, is := strings.Cut(c.key, " "); is {
			want = slices.Insert(want, 0, reconcile.Key{Provider: provider, ID: id})
		}
		if r := made.record; !slices.Equal(r.Keys, want) || r.Facts.StripeChargeID != c.charge {
			t.Errorf("%s: keys %v, charge %q, want %v, %q", name, r.Keys, r.Facts.StripeChargeID, want, c.charge)
		}
	}
}

// Whose payment a connector's word names is configured; the longest word that is in its name decides.
func TestConnectors(t *testing.T) {
	conv := testConverter()
	conv.connectors = map[string]string{"card": "stripe", "chase": "wepay", "chase pay": "other", "adyen": "adyen"}
	for name, c := range map[string]struct{ connector, id, key string }{
		"Stripe by another word":      {"Main CARD gateway", "pi_1", "stripe pi_1"},
		"Stripe's word is not known":  {"Stripe", "pi_1", ""},
		"WePay by another word":       {"Chase", "aBc-99", "wepay aBc-99"},
		"the longer word":             {"Chase Pay", "7", "other 7"},
		"another gateway":             {"adyen-eu", "8815", "adyen 8815"},
		"another gateway without one": {"adyen-eu", "null", ""},
		"none named":                  {"", "pi_1", "stripe pi_1"},
	} {
		text, _ := json.Marshal(plain("p1", day(1), map[string]any{"external_id": c.id, "connector_name": c.connector}))
		made, f := read(conv, text)
		if f != nil {
			t.Fatal(f)
		}
		got := ""
		if keys := made.record.Keys; len(keys) == 2 {
			got = keys[0].Provider + " " + keys[0].ID
		}
		if got != c.key {
			t.Errorf("%s: %q, want %q", name, got, c.key)
		}
	}
}

// TestRowKinds reads what is in the list beside payments.
func TestRowKinds(t *testing.T) {
	for name, c := range map[string]struct {
		set  map[string]any
		want string
		keys []string // of Zenskar
	}{
		"refund":              {map[string]any{"type": "refund", "amount": "-400"}, "refund 400 USD succeeded", []string{"p0"}},
		"refund, no sign":     {map[string]any{"type": "refund", "amount": 400}, "refund 400 USD succeeded", []string{"p0"}},
		"refund failed":       {map[string]any{"type": "refund", "status": "failed"}, "refund 1000 USD failed", []string{"p0"}},
		"refund voided":       {map[string]any{"type": "refund", "status": "voided"}, "refund 1000 USD canceled", []string{"p0"}},
		"refund canceled":     {map[string]any{"type": "refund", "status": "canceled"}, "refund 1000 USD canceled", []string{"p0"}},
		"refund under way":    {map[string]any{"type": "refund", "status": "in_progress"}, "refund 1000 USD pending open", []string{"p0"}},
		"refund of no status": {map[string]any{"type": "refund", "status": nil}, "refund 1000 USD pending open", []string{"p0"}},
		"orphan":              {map[string]any{"type": "refund", "parent_id": nil}, "refund 1000 USD succeeded orphan", nil},
		"reversal":            {map[string]any{"type": "payment_reversal", "amount": "-700"}, "dispute 700 USD lost", []string{"p0"}},
		"charge-back":         {map[string]any{"payment_method": "charge_back"}, "dispute 1000 USD lost", []string{"p0"}},
		"refund by charge-back": {map[string]any{"type": "refund", "payment_method": "Charge_Back"}, "dispute 1000 USD lost",
			[]string{"p0"}},
		"charge-back under way": {map[string]any{"payment_method": "charge_back", "status": "in_progress"}, "dispute 1000 USD open open", []string{"p0"}},
		"charge-back long under way": {map[string]any{"payment_method": "charge_back", "status": "in_progress", "timestamp": naive(testSince.AddDate(-1, 0, 0))},
			"dispute 1000 USD open open", []string{"p0"}},
		"reversal of a new word": {map[string]any{"type": "payment_reversal", "status": "under_review"}, "dispute 1000 USD open open", []string{"p0"}},
		"refund long under way": {map[string]any{"type": "refund", "status": "in_progress", "timestamp": naive(testSince.AddDate(-1, 0, 0))},
			"refund 1000 USD pending open", []string{"p0"}},
		"refund of a new word": {map[string]any{"type": "refund", "status": "queued"}, "refund 1000 USD pending open", []string{"p0"}},
		"refund as credits": {map[string]any{"type": "refund", "payment_method": "credits", "amount": "-400"},
			"detail 400 USD  [REFUND_MISMATCH refund as credits: no cash, 4.00 USD]", []string{"p0"}},
		"refund as credits under way": {map[string]any{"type": "refund", "payment_method": "Credits", "status": "in_progress", "parent_id": nil},
			"detail 1000 USD  [REFUND_MISMATCH refund as credits: no cash, 10.00 USD]", []string{"row"}},
		"refund as credits, no amount": {map[string]any{"type": "refund", "payment_method": "credits", "amount": nil},
			"detail  [REFUND_MISMATCH refund as credits: no cash, an amount that cannot be read]", []string{"p0"}},
		"refund as credits, failed": {map[string]any{"type": "refund", "payment_method": "credits", "status": "failed"}, "detail 1000 USD ", []string{"p0"}},
		"charge-back called off":    {map[string]any{"payment_method": "charge_back", "status": "voided"}, "dispute 1000 USD won", []string{"p0"}},
		"charge-back of no word":    {map[string]any{"payment_method": "charge_back", "status": nil}, "dispute 1000 USD open open", []string{"p0"}},
		"charge-back of nothing":    {map[string]any{"payment_method": "charge_back", "parent_id": nil}, "quarantine parent_id: ", nil},
		"authorization":             {map[string]any{"type": "authorization"}, "detail 1000 USD ", []string{"row"}},
		"tax":                       {map[string]any{"type": "tax_withheld"}, "detail 1000 USD ", []string{"p0"}},
		"tax of nothing":            {map[string]any{"type": "tax_withheld", "parent_id": nil}, "detail 1000 USD ", []string{"row"}},
		"credits":                   {map[string]any{"payment_method": "credits", "parent_id": nil, "amount": nil}, "detail ", []string{"row"}},
		"type null is a payment":    {map[string]any{"type": nil, "parent_id": nil}, "payment 1000 USD succeeded", []string{"row"}},
		"type in another case":      {map[string]any{"type": " Refund "}, "refund 1000 USD succeeded", []string{"p0"}},
		"a type of the next year":   {map[string]any{"type": "payout"}, "quarantine type: ", nil},
	} {
		row := plain("row", day(70), map[string]any{"parent_id": "p0"})
		for key, value := range c.set {
			row[key] = value
		}
		made, f := convert(t, row)
		page, keys := asPage(made, f)
		var ids []string
		for _, key := range keys {
			if key.Provider == Name && key.Account == testOrg {
				ids = append(ids, key.ID)
			}
		}
		got := told(page)
		same := got == c.want || f != nil && strings.HasPrefix(got, c.want)
		if !same || !slices.Equal(ids, c.keys) {
			t.Errorf("%s: %s, keys %v\nwant %s, %v", name, got, ids, c.want, c.keys)
		}
	}
	conv := testConverter()
	conv.ignoreChargebacks = true
	text, _ := json.Marshal(plain("row", day(70), map[string]any{"payment_method": "charge_back", "parent_id": "p0"}))
	made, f := read(conv, text)
	if f != nil || made.record == nil || made.record.Kind != reconcile.KindDetail || made.record.Keys[0].ID != "p0" {
		t.Errorf("an ignored charge-back: %+v, %v", made, f)
	}
}

// read converts a row of a list.
func read(conv *converter, text []byte) (converted, error) {
	item := rows.ItemOf[paymentWire](text)
	if item.Err != nil {
		return converted{}, item.Err
	}
	return conv.row(&item.Value)
}

func asPage(made converted, err error) (page reconcile.Page, keys []reconcile.Key) {
	var f *rows.Fault
	switch {
	case errors.As(err, &f):
		page.Quarantined = []reconcile.Quarantine{{Field: f.Field, Reason: f.Reason}}
	case made.record != nil:
		page.Payments, keys = []reconcile.SourceRecord{*made.record}, made.record.Keys
	case made.refund != nil:
		page.Refunds, keys = []reconcile.Refund{*made.refund}, made.refund.Keys
	case made.dispute != nil:
		page.Disputes, keys = []reconcile.Dispute{*made.dispute}, made.dispute.Keys
	}
	return page, keys
}

func TestRefundRow(t *testing.T) {
	at := day(60)
	made, f := convert(t, plain("r1", at, map[string]any{"type": "refund", "parent_id": "p1", "external_id": "re_1",
		"timestamp": nil, "transactions": []any{
			map[string]any{"id": "a", "description": "asked twice", "settled_at": naive(at.Add(time.Hour))},
			map[string]any{"id": "b", "description": "deleted", "settled_at": naive(at.Add(2 * time.Hour)), "deleted_at": naive(at)},
		}}))
	want := reconcile.Refund{Source: source, Provider: Name, ID: "r1", Keys: []reconcile.Key{{Provider: Name, Account: testOrg, ID: "p1"}},
		Amount: money.New(1000, "USD"), Status: reconcile.RefundRowSucceeded, ProviderStatus: "success", Reason: "asked twice",
		CreatedAt: at.Add(time.Hour)}
	if f != nil {
		t.Fatal(f)
	}
	got, _ := json.Marshal(made.refund)
	if text, _ := json.Marshal(want); string(got) != string(text) {
		t.Errorf("got  %s\nwant %s", got, text)
	}
}

func TestDates(t *testing.T) {
	settled := []any{map[string]any{"settled_at": "2026-01-03 10:00:00"}, map[string]any{"settled_at": "2026-01-04T10:00:00"},
		map[string]any{"settled_at": "never"}, map[string]any{"settled_at": "2026-01-09T10:00:00", "deleted_at": "2026-01-10"}}
	for name, c := range map[string]struct {
		set        map[string]any
		paid, made string
	}{
		"timestamp": {map[string]any{"timestamp": "2026-01-02T00:00:00.123456789", "transactions": settled},
			"2026-01-02T00:00:00.123456Z", "2026-01-01T00:00:00Z"},
		"settlement": {map[string]any{"timestamp": nil, "transactions": settled},
			"2026-01-04T10:00:00Z", "2026-01-01T00:00:00Z"},
		"created": {map[string]any{"timestamp": ""}, "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"},
		"blank for T": {map[string]any{"created_at": "2026-05-12 10:12:12.982899", "timestamp": nil},
			"2026-05-12T10:12:12.982899Z", "2026-05-12T10:12:12.982899Z"},
		"offset":          {map[string]any{"timestamp": "2026-01-02T02:00:00+02:00"}, "2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z"},
		"day":             {map[string]any{"timestamp": "2028-02-29"}, "2028-02-29T00:00:00Z", "2026-01-01T00:00:00Z"},
		"zero timestamp":  {map[string]any{"timestamp": "0001-01-01T00:00:00"}, "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"},
		"no created date": {map[string]any{"created_at": nil, "timestamp": "2026-01-02T00:00:00"}, "2026-01-02T00:00:00Z", ""},
	} {
		made, f := convert(t, plain("p", testSince, c.set))
		if f != nil {
			t.Errorf("%s: %v", name, f)
			continue
		}
		facts := made.record.Facts
		created := ""
		if !facts.CreatedAt.IsZero() {
			created = facts.CreatedAt.Format(time.RFC3339Nano)
		}
		if got := facts.PaymentDate.Format(time.RFC3339Nano); got != c.paid || created != c.made {
			t.Errorf("%s: %s, %s, want %s, %s", name, got, created, c.paid, c.made)
		}
	}
}

func TestPartDoubts(t *testing.T) {
	part := func(id string, amount any) map[string]any { return map[string]any{"invoice_id": id, "amount": amount} }
	for name, c := range map[string]struct {
		parts any
		want  string
	}{
		"none":    {[]any{}, ""},
		"null":    {nil, ""},
		"no list": {"x", ""},
		"whole":   {[]any{part("a", "600"), part("b", 400)}, ""},
		"over":    {[]any{part("a", "600"), part("b", "500")}, " [AMOUNT_OVER invoices: at most 10.00, 11.00]"},
		"twice":   {[]any{part("a", "300"), part("a", "300"), part("a", "300")}, " [DUPLICATE invoices: each invoice once, a]"},
		"both": {[]any{part("a", "900"), part("a", "900")},
			" [DUPLICATE invoices: each invoice once, a] [AMOUNT_OVER invoices: at most 10.00, 18.00]"},
		"unreadable":     {[]any{part("a", "x"), part("b", "500"), "row", nil}, ""},
		"past 64 bits":   {[]any{part("a", "9223372036854775807"), part("b", "9223372036854775807")}, " [AMOUNT_OVER invoices: at most 10.00, "},
		"invoices of no": {[]any{part("", "100"), part("", "100")}, ""},
	} {
		made, f := convert(t, plain("p", day(1), map[string]any{"invoices": c.parts}))
		if f != nil {
			t.Errorf("%s: %v", name, f)
			continue
		}
		got := strings.TrimPrefix(told(reconcile.Page{Payments: []reconcile.SourceRecord{*made.record}}), "payment 1000 USD succeeded")
		if got != c.want && (name != "past 64 bits" || !strings.HasPrefix(got, c.want)) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// The order in which the service lists the parts of a payment says nothing: the record is the same.
func TestOrderOfParts(t *testing.T) {
	part := func(id string, amount any) any { return map[string]any{"invoice_id": id, "amount": amount} }
	for name, parts := range map[string][]any{
		"plain":        {part("c", "1"), part("a", "2"), part("b", "3")},
		"twice":        {part("c", "1"), part("a", "2"), part("a", "2"), part("b", "3"), part("c", "1")},
		"past 64 bits": {part("c", "9223372036854775807"), part("a", "5"), part("b", "9223372036854775807")},
	} {
		one, err := convert(t, plain("p", day(1), map[string]any{"invoices": parts}))
		if err != nil {
			t.Fatal(err)
		}
		slices.Reverse(parts)
		other, err := convert(t, plain("p", day(1), map[string]any{"invoices": parts}))
		if err != nil {
			t.Fatal(err)
		}
		a, _ := one.record.Content()
		b, _ := other.record.Content()
		if string(a) != string(b) || !slices.Equal(one.invoices, other.invoices) || one.record.Facts.Payer.Metadata["invoice_id"] != "a" {
			t.Errorf("%s:\n%s %v\n%s %v", name, a, one.invoices, b, other.invoices)
		}
	}
}

// FuzzRow converts any row: it must not panic, and what it accepts must be whole.
func FuzzRow(f *testing.F) {
	for _, set := range []map[string]any{nil, {"type": "refund", "parent_id": "p"}, {"payment_method": "charge_back", "parent_id": "p"},
		{"type": "tax_withheld"}, {"status": "refunded", "amount_refunded": "1.2e3"}, {"invoices": []any{nil, 5}}} {
		text, err := json.Marshal(documented(f, set))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text, false)
		f.Add(text, true)
	}
	f.Fuzz(func(t *testing.T, raw []byte, major bool) {
		conv := testConverter()
		conv.major = major
		made, err := read(conv, raw)
		page, keys := asPage(made, err)
		if n := len(page.Payments) + len(page.Refunds) + len(page.Disputes) + len(page.Quarantined); n != 1 {
			t.Fatalf("a row is %d things", n)
		}
		processors := 0
		for _, key := range keys {
			if key.Provider == "" || key.ID == "" || (key.Provider == Name) != (key.Account == testOrg) {
				t.Errorf("key %+v", key)
			}
			if key.Provider != Name {
				processors++
			}
		}
		if processors > 1 {
			t.Errorf("keys %v could make two payments one", keys)
		}
		whole := func(a money.Amount) {
			if a.Minor < 0 || a.Currency == "" {
				t.Errorf("amount %+v", a)
			}
		}
		switch {
		case err != nil:
			if err.Error() == "" {
				t.Error("no reason")
			}
		case made.record != nil && made.record.Kind == reconcile.KindPayment:
			r := made.record
			if r.ID == "" || len(keys) == 0 || !r.Facts.Status.Valid() || r.Facts.Amount == nil || r.Facts.PaymentDate.IsZero() {
				t.Fatalf("record is not whole: %+v", r)
			}
			whole(*r.Facts.Amount)
			if r.Facts.RefundedAmount != nil {
				whole(*r.Facts.RefundedAmount)
			}
			if _, err := r.Content(); err != nil {
				t.Error(err)
			}
		case made.refund != nil:
			whole(made.refund.Amount)
		case made.dispute != nil:
			whole(made.dispute.Amount)
		}
	})
}
