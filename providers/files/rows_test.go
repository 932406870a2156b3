package files

import (
	"strings"
	"testing"

	"pennytie/reconcile"
)

// TestQuarantinedPayments puts one bad row between two good ones: only it is lost, and its reason helps.
func TestQuarantinedPayments(t *testing.T) {
	row := func(cells ...string) string {
		base := []string{"stripe", "pi_x", "1.00", "USD", "succeeded", "2025-01-01T00:00:00Z", "", ""}
		for i := 0; i+1 < len(cells); i += 2 {
			at := strings.Index("p i a c s d e n", cells[i]) / 2
			base[at] = cells[i+1]
		}
		return strings.Join(base, ",")
	}
	for name, test := range map[string]struct{ row, field, want string }{
		"amount missing":    {row("a", ""), "amount", "missing"},
		"amount grouped":    {row("a", `"1,000.00"`), "amount", "plain decimal"},
		"amount exponent":   {row("a", "5e3"), "amount", "plain decimal"},
		"amount NaN":        {row("a", "NaN"), "amount", "plain decimal"},
		"amount huge":       {row("a", "9223372036854775808"), "amount", "64 bits"},
		"amount Arabic":     {row("a", "١٢"), "amount", "plain decimal"},
		"amount full-width": {row("a", "１２"), "amount", "plain decimal"},
		"amount negative":   {row("a", "-5.00"), "amount", "negative"},
		"amount precise":    {row("c", "JPY", "a", "500.5"), "amount", "fraction digits"},
		"amount with mail":  {row("a", "joe@example.com"), "amount", "not valid"},
		"currency unknown":  {row("c", "XXY"), "currency", "ISO 4217"},
		"currency blank":    {row("c", ""), "currency", "ISO 4217"},
		"currency twin":     {row("c", "UЅD"), "currency", "ISO 4217"},
		"status":            {row("s", "paid"), "status", "pending, succeeded, failed, refunded"},
		"status missing":    {row("s", ""), "status", "missing"},
		"date only":         {row("d", "2026-03-08"), "payment_date", "2026-03-08T14:00:00Z"},
		"date no zone":      {row("d", "2026-03-08T14:00:00"), "payment_date", "zone"},
		"date 30 Feb":       {row("d", "2025-02-30T00:00:00Z"), "payment_date", "zone"},
		"date leap second":  {row("d", "2016-12-31T23:59:60Z"), "payment_date", "zone"},
		"date epoch":        {row("d", "1737000000000"), "payment_date", "zone"},
		"date old":          {row("d", "1999-12-31T00:00:00Z"), "payment_date", "2000"},
		"date far":          {row("d", "20260-01-01T00:00:00Z"), "payment_date", "zone"},
		"date missing":      {row("d", ""), "payment_date", "missing"},
		"id empty":          {row("i", ""), "provider_payment_id", "empty"},
		"id blank":          {row("i", " pi_x"), "provider_payment_id", "blanks"},
		"id control":        {row("i", "pi\x07x"), "provider_payment_id", "control"},
		"id long":           {row("i", strings.Repeat("x", 256)), "provider_payment_id", "more than 255"},
		"provider":          {row("p", "my bank"), "provider", "one word"},
		"bad UTF-8":         {row("n", "J\xf6rg"), "", "UTF-8"},
		"NUL":               {row("n", "a\x00b"), "", "NUL"},
		"long field":        {row("n", strings.Repeat("x", 5<<10)), "customer_name", "more than 4096"},
		"very long line":    {row("n", strings.Repeat("x", 3<<20)), "", "longer than"},
		"short":             {"stripe,pi_x,1.00", "", "3 columns, the header 8"},
		"long":              {row() + ",", "", "9 columns, the header 8"},
		"bare quote":        {row("n", `a "b" c`), "", "quote is out of place"},
		"open quote":        {row("n", `"open`), "", "never closed"},
		"header again":      {paymentHeader + ",customer_email,customer_name", "", "header is repeated"},
	} {
		t.Run(name, func(t *testing.T) {
			lines := strings.SplitAfter(paymentLines(2), "\n")
			text := lines[0] + lines[1] + test.row + "\n" + lines[2]
			all := pullAll(t, Config{As: Payments, Path: write(t, "p.csv", text)})
			if len(all.Payments) != 2 || len(all.Quarantined) != 1 {
				t.Fatalf("%d payments, quarantined %+v", len(all.Payments), all.Quarantined)
			}
			q := all.Quarantined[0]
			if q.Line != 3 || q.Field != test.field || !strings.Contains(q.Reason, test.want) {
				t.Errorf("got line %d, field %q, reason %q", q.Line, q.Field, q.Reason)
			}
			if q.Source != "exports" || len(q.Raw) > reconcile.MaxRaw || !strings.HasPrefix(test.row, string(q.Raw)) {
				t.Errorf("source %q, %d bytes kept", q.Source, len(q.Raw))
			}
			if strings.Contains(q.Reason, "@") {
				t.Errorf("an address in %q", q.Reason)
			}
		})
	}
}

// TestOpenQuoteLosesOneLine holds that neither an open quote nor a wrong number of cells swallows
// what follows.
func TestOpenQuoteLosesOneLine(t *testing.T) {
	lines := strings.SplitAfter(paymentLines(400), "\n")
	lines[100] = `stripe,pi_0099,"1.00,USD,succeeded,2025-01-01T00:00:00Z,,` + "\n"
	lines[200] = strings.Replace(lines[200], "Payer 199", `"Kim, Inc"`, 1)
	lines[300] = `stripe,pi_0299,1.00,USD,succeeded,2025-01-01T00:00:00Z,,"` + "\n"
	all := pullAll(t, Config{As: Payments, Path: write(t, "p.csv", strings.Join(lines, ""))})
	if len(all.Payments) != 398 || len(all.Quarantined) != 2 {
		t.Fatalf("%d payments, %d quarantined", len(all.Payments), len(all.Quarantined))
	}
	if all.Quarantined[0].Line != 101 || all.Quarantined[1].Line != 301 {
		t.Errorf("lines %d, %d", all.Quarantined[0].Line, all.Quarantined[1].Line)
	}
}

func TestForgedRowInsideQuotesStaysText(t *testing.T) {
	text := paymentHeader + ",customer_name\n" +
		"stripe,pi_1,1.00,USD,succeeded,2025-01-01T00:00:00Z,\"a\n" +
		"stripe,pi_2,9.00,USD,succeeded,2025-01-01T00:00:00Z,b\"\n" +
		"stripe,pi_3,1.00,USD,succeeded,2025-01-01T00:00:00Z,\n"
	all := pullAll(t, Config{As: Payments, Path: write(t, "p.csv", text)})
	if len(all.Payments) != 2 || all.Payments[1].ID != "pi_3" || len(all.Quarantined) != 0 {
		t.Errorf("got %+v", all.Page)
	}
}

func TestCutOffFile(t *testing.T) {
	text := paymentLines(10)
	all := pullAll(t, Config{As: Payments, Path: write(t, "p.csv", text[:len(text)-60])})
	if len(all.Payments) != 9 || len(all.Quarantined) != 1 || !strings.Contains(all.Quarantined[0].Reason,
		"cut off") {
		t.Errorf("%d payments, %+v", len(all.Payments), all.Quarantined)
	}
}

func TestForgedVerificationIsIgnored(t *testing.T) {
	text := paymentHeader + ",verification_status,matched_by,id,exceptions\n" +
		"stripe,pi_1,1.00,USD,succeeded,2025-01-01T00:00:00Z,confirmed,manual,pay_1,\n"
	all := pullAll(t, Config{As: Payments, Path: write(t, "p.csv", text)})
	content, err := all.Payments[0].Content()
	if err != nil || strings.Contains(string(content), "confirmed") || strings.Contains(string(content),
		"pay_1") {
		t.Errorf("%s, %v", content, err)
	}
}

func TestAmountMinor(t *testing.T) {
	text := strings.Replace(paymentHeader, "amount", "amount,amount_minor", 1) + "\n" +
		"stripe,pi_1,,250,USD,succeeded,2025-01-01T00:00:00Z\n" +
		"stripe,pi_2,2.50,,USD,succeeded,2025-01-01T00:00:00Z\n" +
		"stripe,pi_3,2.50,250,USD,succeeded,2025-01-01T00:00:00Z\n" +
		"stripe,pi_4,,2.50,USD,succeeded,2025-01-01T00:00:00Z\n" +
		"stripe,pi_5,,-250,USD,succeeded,2025-01-01T00:00:00Z\n"
	all := pullAll(t, Config{As: Payments, Path: write(t, "p.csv", text)})
	if len(all.Payments) != 2 || *all.Payments[0].Facts.Amount != *all.Payments[1].Facts.Amount ||
		len(all.Quarantined) != 3 {
		t.Errorf("got %+v", all.Page)
	}
}

func TestChargeIsSecondKey(t *testing.T) {
	text := paymentHeader + ",stripe_charge_id,lead_id,call_id,captured_amount,fee,net,settlement_currency\n" +
		"Stripe,pi_1,2.00,USD,succeeded,2025-01-01T00:00:00Z,ch_1,L1,C1,1.50,0.10,-1.40,EUR\n" +
		"wepay,17,2.00,USD,succeeded,2025-01-01T00:00:00Z,ch_1,,,,,,\n"
	all := pullAll(t, Config{As: Payments, Path: write(t, "p.csv", text)})
	first := all.Payments[0]
	if len(first.Keys) != 2 || first.Keys[1].ID != "ch_1" || first.Provider != "stripe" ||
		len(all.Payments[1].Keys) != 1 {
		t.Errorf("keys %+v, %+v", first.Keys, all.Payments[1].Keys)
	}
	f := first.Facts
	if f.LeadID != "L1" || f.CallID != "C1" || f.Captured.Minor != 150 || f.Fee.Currency != "EUR" ||
		f.Net.Minor != -140 {
		t.Errorf("facts %+v", f)
	}
}

func TestJSONLinesQuarantine(t *testing.T) {
	const tail = `"currency":"USD","status":"succeeded","payment_date":"2025-01-01T00:00:00Z"`
	const head = `{"provider":"stripe","provider_payment_id":"pi_1",`
	for name, test := range map[string]struct{ line, want string }{
		"duplicate key": {head + `"amount":1,"amount":2,` + tail + `}`, "twice"},
		"case variant":  {head + `"amount":1,"AMOUNT":2,` + tail + `}`, "twice"},
		"upper case":    {head + `"AMOUNT":2,` + tail + `}`, "did you mean amount?"},
		"unknown key":   {head + `"amount":1,"surprise":2,` + tail + `}`, "unknown key"},
		"number id": {`{"provider":"stripe","provider_payment_id":17,"amount":1,` + tail + `}`,
			"wrong type"},
		"boolean":     {head + `"amount":true,` + tail + `}`, "wrong type"},
		"list":        {head + `"amount":[1],` + tail + `}`, "wrong type"},
		"null amount": {head + `"amount":null,` + tail + `}`, "missing"},
		"exponent":    {head + `"amount":1e400,` + tail + `}`, "plain decimal"},
		"trailing":    {head + `"amount":1,` + tail + `} {}`, "after the object"},
		"cut":         {head + `"amount":1`, "well-formed"},
		"array":       {`[]`, "not a JSON object"},
		"text":        {`<html>`, "not a JSON object"},
		"NUL":         {head + `"amount":1,"customer_name":"a\u0000",` + tail + `}`, "NUL"},
		"surrogate":   {head + `"amount":1,"customer_name":"\ud800",` + tail + `}`, "surrogate"},
		"deep": {head + `"metadata":{"a":` + strings.Repeat("[", 20) + strings.Repeat("]", 20) +
			`},` + tail + `}`, "deeper"},
		"very deep":       {strings.Repeat(`{"a":`, 10050), "well-formed"},
		"nested twice":    {head + `"amount":1,"metadata":{"a":{"b":1,"b":2}},` + tail + `}`, "twice"},
		"metadata a list": {head + `"amount":1,"metadata":"[1]",` + tail + `}`, "not a JSON object"},
	} {
		t.Run(name, func(t *testing.T) {
			good := `{"provider":"stripe","provider_payment_id":"pi_0","amount":"10.10",` + tail + "}\n"
			all := pullAll(t, Config{As: Payments, Path: write(t, "p.jsonl", good+test.line+"\n")})
			if len(all.Payments) != 1 || len(all.Quarantined) != 1 {
				t.Fatalf("got %+v", all.Page)
			}
			if q := all.Quarantined[0]; q.Line != 2 || !strings.Contains(q.Reason, test.want) {
				t.Errorf("line %d, field %q: %s", q.Line, q.Field, q.Reason)
			}
		})
	}
}
