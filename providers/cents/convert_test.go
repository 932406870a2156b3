package cents

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

var update = flag.Bool("update", false, "rewrite the golden file")

func eur(minor int64) *money.Amount { a := money.New(minor, "EUR"); return &a }

// TestFieldMap compares the records of the documented shape, field by field.
func TestFieldMap(t *testing.T) {
	var got []any
	for _, row := range fixtures(t) {
		record, aside := convert(t, string(row))
		if aside != nil {
			got = append(got, map[string]string{"quarantined": aside.Field, "reason": aside.Reason, "file": aside.File})
			continue
		}
		content, err := record.Content()
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, json.RawMessage(content))
	}
	text, err := json.MarshalIndent(got, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	const golden = "testdata/transactions.golden.json"
	if *update {
		if err := os.WriteFile(golden, append(text, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.TrimSpace(string(want)), string(text)); diff != "" {
		t.Error(diff)
	}
}

func row(fields string) string {
	if fields != "" {
		fields = "," + fields
	}
	return `{"id":"t1","currency":"EUR","created_date":"2026-03-10"` + fields + `}`
}

func TestStatusMap(t *testing.T) {
	const pending, succeeded, failed, refunded = reconcile.StatusPending, reconcile.StatusSucceeded, reconcile.StatusFailed, reconcile.StatusRefunded
	for _, c := range []struct {
		status, refund string
		want           reconcile.Status
		refundStatus   reconcile.RefundStatus
		refunded       *money.Amount
		dispute        reconcile.DisputeStatus
		doubt          string // code, expected, actual
		open           bool
	}{
		{status: `"draft"`, want: pending, open: true},
		{status: `"to_be_payed"`, want: pending, open: true},
		{status: `"to_be_paid"`, want: pending, open: true},
		{status: `" Paid "`, want: succeeded},
		{status: `"paid"`, want: succeeded},
		{status: `"paid"`, refund: "0", want: succeeded, refunded: eur(0)},
		{status: `"paid"`, refund: "0.00", want: succeeded, refunded: eur(0)},
		{status: `"paid"`, refund: "4.35", want: succeeded, refundStatus: "partial", refunded: eur(435)},
		{status: `"paid"`, refund: "10", want: succeeded, refundStatus: "full", refunded: eur(1000), doubt: "REFUND_MISMATCH|less than 10.00 EUR|10.00 EUR"},
		{status: `"paid"`, refund: "10.01", want: succeeded, refundStatus: "full", refunded: eur(1001), doubt: "REFUND_MISMATCH|at most 10.00 EUR|10.01 EUR"},
		{status: `"refunded"`, want: refunded, refundStatus: "full"},
		{status: `"refunded"`, refund: "0.0", want: refunded, refundStatus: "full", doubt: "REFUND_MISMATCH|10.00 EUR|0.00 EUR"},
		{status: `"refunded"`, refund: `"10.00"`, want: refunded, refundStatus: "full", refunded: eur(1000)},
		{status: `"refunded"`, refund: "0.29", want: succeeded, refundStatus: "partial", refunded: eur(29), doubt: "REFUND_MISMATCH|10.00 EUR|0.29 EUR"},
		{status: `"refunded"`, refund: "20", want: refunded, refundStatus: "full", refunded: eur(2000), doubt: "REFUND_MISMATCH|at most 10.00 EUR|20.00 EUR"},
		{status: `"disputed"`, want: succeeded, dispute: "open", open: true},
		{status: `"disputed"`, refund: "1", want: succeeded, refundStatus: "partial", refunded: eur(100), dispute: "open", open: true},
		{status: `"failed"`, want: failed},
		{status: `"failed"`, refund: "1", want: failed, doubt: "REFUND_MISMATCH|0|1.00 EUR"}, // nothing taken, nothing given back
		{status: `"failed"`, refund: "10", want: failed, doubt: "REFUND_MISMATCH|0|10.00 EUR"},
		{status: `"draft"`, refund: "20", want: pending, doubt: "REFUND_MISMATCH|0|20.00 EUR", open: true},
		{status: `"to_be_payed"`, refund: "1", want: pending, doubt: "REFUND_MISMATCH|0|1.00 EUR", open: true},
		{status: `"settled"`, refund: "1", want: pending, open: true,
			doubt: "STATUS_MISMATCH|a known status|settled;REFUND_MISMATCH|0|1.00 EUR"},
		{status: `"DISPUTE_WON"`, want: pending, doubt: "STATUS_MISMATCH|a known status|DISPUTE_WON", open: true},
		{status: `7`, want: pending, doubt: "STATUS_MISMATCH|a known status|7", open: true},
		{status: `null`, want: pending, doubt: "STATUS_MISMATCH|a known status|", open: true},
	} {
		t.Run(c.status+" "+c.refund, func(t *testing.T) {
			refund := "null"
			if c.refund != "" {
				refund = c.refund
			}
			r, aside := convert(t, row(`"total_amount":10.00,"transaction_status":`+c.status+`,"refunded_amount":`+refund))
			if aside != nil {
				t.Fatalf("quarantined: %s", aside.Reason)
			}
			f := r.Facts
			doubts := make([]string, len(f.Doubts))
			for i, d := range f.Doubts {
				doubts[i] = fmt.Sprintf("%s|%s|%s", d.Code, d.Expected, d.Actual)
			}
			if strings.Join(doubts, ";") != c.doubt {
				t.Errorf("doubts %q, want %q", doubts, c.doubt)
			}
			if f.Status != c.want || f.RefundStatus != c.refundStatus || f.DisputeStatus != c.dispute || r.Open != c.open ||
				!cmp.Equal(f.RefundedAmount, c.refunded) || !f.RefundedAt.IsZero() {
				t.Errorf("got %s, refund %q of %v, dispute %q, open %v", f.Status, f.RefundStatus, f.RefundedAmount, f.DisputeStatus, r.Open)
			}
		})
	}
}

// An intent is no money, whatever amounts it holds, and nothing of it is refused but its id.
func TestPreTransaction(t *testing.T) {
	for _, fields := range []string{
		`"total_amount":10.00`, `"total_amount":"NaN","donation_currency":"XXX"`, `"external_id":{},"created_date":"never"`,
	} {
		r, aside := convert(t, `{"id":"t1","transaction_status":"PRE_transaction",`+fields+`}`)
		if aside != nil {
			t.Fatalf("%s: quarantined: %s", fields, aside.Reason)
		}
		want := []reconcile.Key{{Provider: Name, ID: "t1"}}
		if r.Kind != reconcile.KindDetail || r.Facts.Amount != nil || r.Facts.Status != reconcile.StatusPending ||
			!slices.Equal(r.Keys, want) || len(r.Facts.Emails) > 0 {
			t.Errorf("%s: %+v", fields, r)
		}
	}
	for day, open := range map[string]bool{"2026-03-01": true, "2026-01-01": false} {
		r, _ := convert(t, `{"id":"t1","transaction_status":"pre_transaction","created_date":"`+day+`"}`)
		if r.Open != open {
			t.Errorf("an intent of %s is open: %v", day, r.Open)
		}
	}
}

func TestExternalID(t *testing.T) {
	const noStripe, noWePay = "an id of stripe", "an id of wepay"
	long := strings.Repeat("é", 70)
	for text, want := range map[string]struct {
		key          reconcile.Key
		bare, charge string
		doubt        string // what was expected
	}{
		`"STRIPE_pi_1"`:               {reconcile.Key{Provider: "stripe", ID: "pi_1"}, "pi_1", "", ""},
		`"STRIPE_STRIPE_STRIPE_ch_1"`: {reconcile.Key{Provider: "stripe", ID: "ch_1"}, "ch_1", "ch_1", ""},
		`" STRIPE_py_1 "`:             {reconcile.Key{Provider: "stripe", ID: "py_1"}, "py_1", "py_1", ""},
		`"STRIPE_5978"`:               {reconcile.Key{}, "5978", "", noStripe}, // of no kind: a word for nothing looks the same
		`"STRIPE_cs_live_1"`:          {reconcile.Key{Provider: "stripe", ID: "cs_live_1"}, "cs_live_1", "", ""},
		`"STRIPE_cs_test_a1"`:         {reconcile.Key{Provider: "stripe", ID: "cs_test_a1"}, "cs_test_a1", "", ""},
		`"STRIPE_cs_1"`:               {reconcile.Key{Provider: "stripe", ID: "cs_1"}, "cs_1", "", ""},
		`"STRIPE_cs_live_undefined"`:  {reconcile.Key{}, "cs_live_undefined", "", noStripe},
		`"STRIPE_cs_live_"`:           {reconcile.Key{}, "cs_live_", "", noStripe},
		`"STRIPE_undefined"`:          {reconcile.Key{}, "undefined", "", noStripe},
		`"STRIPE_null"`:               {reconcile.Key{}, "null", "", noStripe},
		`"STRIPE_pi_undefined"`:       {reconcile.Key{}, "pi_undefined", "", noStripe},
		`"STRIPE_pi_NULL"`:            {reconcile.Key{}, "pi_NULL", "", noStripe},
		`"STRIPE_pi_"`:                {reconcile.Key{}, "pi_", "", noStripe},
		`"STRIPE_pi_1_secret_2"`:      {reconcile.Key{}, "pi_1_secret_2", "", noStripe},
		`"STRIPE_ch_1-2"`:             {reconcile.Key{}, "ch_1-2", "", noStripe},
		`"STRIPE_cus_1"`:              {reconcile.Key{}, "cus_1", "", noStripe}, // one customer, many payments
		`"STRIPE_sub_1"`:              {reconcile.Key{}, "sub_1", "", noStripe},
		`"STRIPE_"`:                   {reconcile.Key{}, "", "", noStripe},
		`"STRIPE_` + long + `"`:       {reconcile.Key{}, long, "", noStripe},
		`"STRIPE_WEPAY_1"`:            {reconcile.Key{}, "WEPAY_1", "", noStripe},
		`"STRIPE_two words"`:          {reconcile.Key{}, "two words", "", noStripe},
		`"stripe_pi_1"`:               {reconcile.Key{}, "stripe_pi_1", "", ""},
		`"pi_1"`:                      {reconcile.Key{Provider: "stripe", ID: "pi_1"}, "pi_1", "", ""},
		`"pi_1_secret_2"`:             {reconcile.Key{}, "pi_1_secret_2", "", ""},
		`"py_1"`:                      {reconcile.Key{Provider: "stripe", ID: "py_1"}, "py_1", "py_1", ""},
		`"cus_1"`:                     {reconcile.Key{}, "cus_1", "", ""},
		`"WEPAY_aBc-D9"`:              {reconcile.Key{Provider: "wepay", ID: "aBc-D9"}, "aBc-D9", "", ""},
		`"WEPAY_aBc-DE"`:              {reconcile.Key{}, "aBc-DE", "", noWePay},
		`"WEPAY_aBc-9"`:               {reconcile.Key{}, "aBc-9", "", noWePay},
		`"WEPAY_undefined"`:           {reconcile.Key{}, "undefined", "", noWePay},
		`"WEPAY_ch_1"`:                {reconcile.Key{}, "ch_1", "", noWePay},
		`"WEPAY_12345 678"`:           {reconcile.Key{}, "12345 678", "", noWePay},
		`"PAYPAL_1"`:                  {reconcile.Key{}, "PAYPAL_1", "", ""},
		`"undefined"`:                 {reconcile.Key{}, "undefined", "", ""},
		`5978`:                        {reconcile.Key{}, "5978", "", ""},
		`""`:                          {reconcile.Key{}, "", "", ""},
		`null`:                        {reconcile.Key{}, "", "", ""},
	} {
		r, aside := convert(t, row(`"total_amount":1,"transaction_status":"paid","external_id":`+text))
		if aside != nil {
			t.Errorf("%s: quarantined: %s", text, aside.Reason)
			continue
		}
		keys := []reconcile.Key{{Provider: Name, ID: "t1"}}
		if want.key.ID != "" {
			keys = []reconcile.Key{want.key, keys[0]}
		}
		if !slices.Equal(r.Keys, keys) || r.Facts.Payer.ExternalID != want.bare || r.Facts.StripeChargeID != want.charge {
			t.Errorf("%s: keys %v, external id %q, charge %q", text, r.Keys, r.Facts.Payer.ExternalID, r.Facts.StripeChargeID)
		}
		var doubts []reconcile.Doubt
		if want.doubt != "" {
			doubts = []reconcile.Doubt{{Code: reconcile.ExStatusMismatch, Field: "external_id", Expected: want.doubt,
				Actual: fmt.Sprintf("%.64s", strings.Trim(text, `"`)), Detail: "external_id names no payment, so it joins none"}}
		}
		if diff := cmp.Diff(doubts, r.Facts.Doubts); diff != "" {
			t.Errorf("%s: doubts %s", text, diff)
		}
		if r.Facts.Provider != "" || r.Facts.ProviderPaymentID != "t1" {
			t.Errorf("%s: shows %s %s", text, r.Facts.Provider, r.Facts.ProviderPaymentID)
		}
	}
	// The other answer to what the prefixes are, and another environment.
	r, _ := convert(t, row(`"total_amount":1,"transaction_status":"paid","external_id":"ADY_EU_9"`), func(c *Config) {
		c.Gateways = map[string]string{"ADY": "other", "ADY_EU": "adyen"}
		c.Environment = "sit"
	})
	if want := []reconcile.Key{{Provider: "adyen", ID: "9"}, {Provider: Name, Account: "sit", ID: "t1"}}; !slices.Equal(r.Keys, want) {
		t.Errorf("other gateways: %v", r.Keys)
	}
	for _, word := range []string{"none", "NaN", "unknown", "x"} {
		r, _ := convert(t, row(`"total_amount":1,"transaction_status":"paid","external_id":"ADY_`+word+`"`), func(c *Config) {
			c.Gateways = map[string]string{"ADY": "adyen"}
		})
		if len(r.Keys) != 1 || len(r.Facts.Doubts) != 1 || r.Facts.Doubts[0].Expected != "an id of adyen" {
			t.Errorf("another gateway's %s: %v, %v", word, r.Keys, r.Facts.Doubts)
		}
	}
}

// Payments of strangers whose gateway gave no id must not become one payment.
func TestNoIDJoinsNothing(t *testing.T) {
	for _, word := range []string{"STRIPE_undefined", "STRIPE_null", "STRIPE_pi_undefined", "WEPAY_unknown", "WEPAY_0", "undefined"} {
		seen := map[reconcile.Key]string{}
		for _, id := range []string{"t1", "t2", "t3"} {
			r, aside := convert(t, `{"id":"`+id+`","currency":"EUR","created_date":"2026-03-10","total_amount":1,`+
				`"transaction_status":"paid","external_id":"`+word+`"}`)
			if aside != nil {
				t.Fatal(aside.Reason)
			}
			for _, key := range r.Keys {
				if seen[key] != "" {
					t.Errorf("%s: %s and %s are one payment by %v", word, seen[key], id, key)
				}
				seen[key] = id
			}
		}
	}
}

// TestAmounts has both answers to what is an amount and in which unit it comes.
func TestAmounts(t *testing.T) {
	const documented = `"order_amount":153.86,"total_amount":155.66,"donation_amount":250` // the public example: it does not add up
	for _, c := range []struct {
		fields, amountField, unit string
		want                      string // amount, or the quarantined field
		doubt                     string
	}{
		{documented, "", "", "155.66", "AMOUNT_UNDER total_amount 156.36 EUR 155.66 EUR"},
		{documented, AmountParts, "", "156.36", "AMOUNT_UNDER total_amount 156.36 EUR 155.66 EUR"},
		{documented, AmountDonation, "", "2.50", "AMOUNT_UNDER total_amount 156.36 EUR 155.66 EUR"},
		{documented, AmountDonation, UnitMajor, "250.00", "AMOUNT_UNDER total_amount 403.86 EUR 155.66 EUR"},
		{`"order_amount":1,"donation_amount":50,"total_amount":2`, "", "", "2.00", "AMOUNT_OVER total_amount 1.50 EUR 2.00 EUR"},
		{`"order_amount":153.86,"total_amount":156.36,"donation_amount":2.5`, "", UnitMajor, "156.36", ""},
		{`"order_amount":153.86,"total_amount":156.36,"donation_amount":2.5`, "", "", "donation_amount", ""},
		{`"order_amount":153.86,"donation_amount":250`, "", "", "156.36", ""},
		{`"order_amount":153.86,"donation_amount":250,"total_amount":0`, "", "", "156.36", "AMOUNT_UNDER total_amount 156.36 EUR 0.00 EUR"},
		{`"donation_amount":250`, "", "", "2.50", ""},
		{`"donation_amount":250`, AmountParts, "", "2.50", ""},
		{`"order_amount":153.86`, "", "", "total_amount", ""},
		{`"order_amount":153.86`, AmountParts, "", "donation_amount", ""},
		{`"order_amount":153.86,"total_amount":153.86`, AmountDonation, "", "donation_amount", ""},
		{`"order_amount":153.86,"total_amount":0`, "", "", "total_amount", ""},
		{`"total_amount":0`, "", "", "0.00", ""},
		{``, "", "", "total_amount", ""},
		{`"order_amount":92233720368547758.07,"donation_amount":1`, "", "", "order_amount", ""},
	} {
		r, aside := convert(t, row(c.fields), func(cfg *Config) { cfg.AmountField, cfg.DonationUnit = c.amountField, c.unit })
		if aside != nil {
			if aside.Field != c.want {
				t.Errorf("%s %s: quarantined for %s: %s", c.fields, c.amountField, aside.Field, aside.Reason)
			}
			continue
		}
		var doubts []string
		for _, d := range r.Facts.Doubts {
			if d.Field != "status" {
				doubts = append(doubts, fmt.Sprint(d.Code, " ", d.Field, " ", d.Expected, " ", d.Actual))
			}
		}
		if r.Facts.Amount.String() != c.want || strings.Join(doubts, ";") != c.doubt {
			t.Errorf("%s %s: %s, doubts %q", c.fields, c.amountField, r.Facts.Amount, doubts)
		}
	}
}

// A refund is of the whole transaction: how much of the donation it took is only known when all came back.
func TestRefundOfTheDonationOnly(t *testing.T) {
	for refunded, want := range map[string]struct {
		status reconcile.Status
		refund reconcile.RefundStatus
		doubts int
	}{"155.66": {reconcile.StatusRefunded, reconcile.RefundFull, 0}, "100": {reconcile.StatusSucceeded, reconcile.RefundPartial, 1}} {
		r, _ := convert(t, row(`"total_amount":155.66,"donation_amount":250,"transaction_status":"refunded","refunded_amount":`+refunded),
			func(c *Config) { c.AmountField = AmountDonation })
		f := r.Facts
		if f.Status != want.status || f.RefundStatus != want.refund || f.RefundedAmount != nil || len(f.Doubts) != want.doubts {
			t.Errorf("%s came back: %s, %s of %v, doubts %v", refunded, f.Status, f.RefundStatus, f.RefundedAmount, f.Doubts)
		}
	}
	r, _ := convert(t, row(`"total_amount":155.66,"donation_amount":250,"transaction_status":"paid","refunded_amount":1.00`),
		func(c *Config) { c.AmountField = AmountDonation })
	if f := r.Facts; f.RefundedAmount != nil || f.RefundStatus != reconcile.RefundPartial || len(f.Doubts) != 1 ||
		f.Doubts[0].Expected != "a part of 2.50 EUR" {
		t.Errorf("a part came back: %+v", f)
	}
	// Without a total the whole is order and donation, and without an order the donation; more than that is never booked.
	for _, c := range []struct {
		fields, refunded string
		status           reconcile.Status
		refund           reconcile.RefundStatus
		booked           *money.Amount
		doubts           int
	}{
		{`"order_amount":100,`, "1.00", reconcile.StatusSucceeded, reconcile.RefundPartial, nil, 1},
		{`"order_amount":100,"total_amount":0,`, "50", reconcile.StatusSucceeded, reconcile.RefundPartial, nil, 2}, // and the total is none
		{`"order_amount":100,`, "102.50", reconcile.StatusSucceeded, reconcile.RefundFull, nil, 1},
		{`"order_amount":0,`, "1.00", reconcile.StatusSucceeded, reconcile.RefundPartial, eur(100), 0},
		{``, "1.00", reconcile.StatusSucceeded, reconcile.RefundPartial, eur(100), 0},
		{``, "2.50", reconcile.StatusSucceeded, reconcile.RefundFull, eur(250), 1},
		{``, "50", reconcile.StatusSucceeded, reconcile.RefundFull, nil, 1},
		{`"order_amount":0,`, "50", reconcile.StatusSucceeded, reconcile.RefundFull, nil, 1},
	} {
		r, aside := convert(t, row(c.fields+`"donation_amount":250,"transaction_status":"paid","refunded_amount":`+c.refunded),
			func(c *Config) { c.AmountField = AmountDonation })
		if aside != nil {
			t.Fatal(aside.Reason)
		}
		f := r.Facts
		if f.Status != c.status || f.RefundStatus != c.refund || !cmp.Equal(f.RefundedAmount, c.booked) || len(f.Doubts) != c.doubts {
			t.Errorf("%s%s came back: %s, %s of %v, doubts %v", c.fields, c.refunded, f.Status, f.RefundStatus, f.RefundedAmount, f.Doubts)
		}
	}
}

func TestDates(t *testing.T) {
	day := time.Date(2026, 3, 10, 0, 0, 0, 0, time.UTC)
	for text, want := range map[string]struct {
		at      time.Time
		dayOnly bool
	}{
		`"2026-03-10"`:                    {day, true},
		`"2026-03-10T00:00:00Z"`:          {day, true},
		`"2026-03-10T10:00:00+02:00"`:     {day.Add(8 * time.Hour), false},
		`"2026-03-10 10:00:00.123456789"`: {day.Add(10*time.Hour + 123456*time.Microsecond), false},
		`"2024-02-29"`:                    {time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC), true},
		`"2025-02-29"`:                    {},
		`"0001-01-01"`:                    {},
		`"9999-01-01"`:                    {},
		`"13/05/2023"`:                    {},
		`1770000000`:                      {},
		`null`:                            {},
		`""`:                              {},
	} {
		r, aside := convert(t, `{"id":"t1","currency":"EUR","total_amount":1,"transaction_status":"paid","created_date":`+text+`}`)
		if want.at.IsZero() {
			if aside == nil || aside.Field != "created_date" {
				t.Errorf("%s was taken as %v", text, r.Facts.PaymentDate)
			}
			continue
		}
		if aside != nil || !r.Facts.PaymentDate.Equal(want.at) || r.Facts.DayOnly != want.dayOnly ||
			!r.Facts.CreatedAt.Equal(want.at) || r.Facts.PaymentDate.Location() != time.UTC {
			t.Errorf("%s: %v, day only %v", text, r.Facts.PaymentDate, r.Facts.DayOnly)
		}
	}
	// A day begins where the service's days do; a time of day says by itself which instant it is.
	rome, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]struct {
		at      time.Time
		dayOnly bool
	}{
		"2026-03-10":           {day.Add(-time.Hour), true},
		"2026-07-10":           {time.Date(2026, 7, 9, 22, 0, 0, 0, time.UTC), true},
		"2026-03-10T10:00:00Z": {day.Add(10 * time.Hour), false},
	} {
		for _, status := range []string{"paid", "pre_transaction"} {
			r, _ := convert(t, `{"id":"t1","currency":"EUR","total_amount":1,"transaction_status":"`+status+`","created_date":"`+text+`"}`,
				func(c *Config) { c.Zone = rome })
			f := r.Facts
			if !f.CreatedAt.Equal(want.at) || f.CreatedAt.Location() != time.UTC {
				t.Errorf("%s of %s in Rome: %v", status, text, f.CreatedAt)
			}
			if status == "paid" && (!f.PaymentDate.Equal(want.at) || f.DayOnly != want.dayOnly) {
				t.Errorf("%s in Rome: %v, day only %v", text, f.PaymentDate, f.DayOnly)
			}
		}
	}
}

func TestAnonymized(t *testing.T) {
	for flag, email := range map[string]string{
		`false`: "a@example.com", `"false"`: "a@example.com", `null`: "a@example.com", `true`: "", `"true"`: "", `1`: "", `"yes"`: "", `{}`: "",
	} {
		r, _ := convert(t, row(`"total_amount":1,"transaction_status":"paid","consumer_user_email":"a@example.com","consumer_user_email_anonymized":`+flag))
		if got := strings.Join(r.Facts.Emails, " "); got != email {
			t.Errorf("flag %s: e-mail %q", flag, got)
		}
	}
}

// A row that waits is read again while it is young; a dispute until it ends.
func TestOpen(t *testing.T) {
	for _, c := range []struct {
		status, day string
		open        bool
	}{
		{"draft", "2026-02-18", true}, {"draft", "2026-02-17", false}, {"disputed", "2024-01-01", true},
		{"paid", "2026-03-19", false}, {"failed", "2026-03-19", false}, {"refunded", "2026-03-19", false},
	} {
		r, _ := convert(t, `{"id":"t1","currency":"EUR","total_amount":1,"transaction_status":"`+c.status+`","created_date":"`+c.day+`"}`)
		if r.Open != c.open {
			t.Errorf("%s of %s: open %v", c.status, c.day, r.Open)
		}
	}
}
