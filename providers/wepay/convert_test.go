package wepay

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"pennytie/providers/fake"
	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

func usd(minor int64) *money.Amount {
	amount := money.New(minor, "USD")
	return &amount
}

func unix(seconds int64) time.Time { return time.Unix(seconds, 0).UTC() }

// TestFieldMap reads the documented examples.
func TestFieldMap(t *testing.T) {
	const id = "00000000-7061-796d-0000-0000000a1b2C"
	account := func(token string) *account {
		a := newAccountOf(t, token)
		a.Put("payments", unix(1770000000), fixture(t, "payment"))
		a.Put("payment_methods", since, fixture(t, "payment_method"))
		a.Put("refunds", unix(1770200000), fixture(t, "refund"))
		a.Put("disputes", unix(1770300000), fixture(t, "dispute"))
		return a
	}
	page := pull(t, account(testToken).provider(t, func(c *Config) { c.TrustCustomData = true }))
	keys := []reconcile.Key{{Provider: "wepay", ID: id}}
	same(t, "payment", page.Payments, []reconcile.SourceRecord{{
		Source: source, Provider: "wepay", Role: reconcile.RoleProcessor, Kind: reconcile.KindPayment, ID: id, Keys: keys,
		Facts: reconcile.Facts{
			ProviderPaymentID: id, Status: reconcile.StatusSucceeded, ProviderStatus: "completed",
			Amount: usd(10000), Captured: usd(10000), Fee: usd(320), Net: usd(9680),
			PaymentDate: unix(1770172800), CreatedAt: unix(1770000000),
			Emails: []string{"Ada.Larkspur+wepay@Example.com"}, Name: "Ada Larkspur",
			Payer: reconcile.Payer{
				Phone: "+1 202-555-0143", Address: "1 Pier Road Flat 2", City: "Port Ember", PostalCode: "98001", Country: "US",
				Description: "Autumn course", Reference: "order-17",
				Metadata: map[string]string{"plan": "gold", "Plan": "silver", "seats": "12", "trial": "false"},
			},
			RefundStatus: reconcile.RefundPartial, RefundedAmount: usd(2500),
			DisputeStatus: reconcile.DisputeOpen, DisputedAmount: usd(1000), LeadID: "lead_9", CallID: "4",
		},
	}})
	same(t, "refund", page.Refunds, []reconcile.Refund{{
		Source: source, Provider: "wepay", ID: "rf-1", Keys: keys, Amount: *usd(2500), Status: reconcile.RefundRowSucceeded,
		ProviderStatus: "completed", Reason: "partly unused", CreatedAt: unix(1770200000),
	}})
	same(t, "dispute", page.Disputes, []reconcile.Dispute{{
		Source: source, Provider: "wepay", ID: "dp-1", Keys: keys, Amount: *usd(1000), Status: reconcile.DisputeOpen,
		ProviderStatus: "awaiting_merchant_response", Reason: "not_as_described", CreatedAt: unix(1770300000), Open: true,
	}})
	if len(page.Quarantined) > 0 {
		t.Errorf("quarantined %+v", page.Quarantined)
	}
	staged := pull(t, account(testStage).provider(t, func(c *Config) {
		c.Environment, c.Token, c.Role = Stage, stageSecret(), reconcile.RoleBook
	}))
	for _, r := range staged.Payments {
		if r.Role != reconcile.RoleBook || !reflect.DeepEqual(r.Keys, []reconcile.Key{{Provider: "wepay", Account: "stage", ID: id}}) {
			t.Errorf("in stage: %s %v", r.Role, r.Keys)
		}
	}
	if len(staged.Payments) != 1 || !reflect.DeepEqual(staged.Refunds[0].Keys, staged.Payments[0].Keys) ||
		!reflect.DeepEqual(staged.Disputes[0].Keys, staged.Payments[0].Keys) {
		t.Error("rows of stage do not meet")
	}
}

func same[T any](t *testing.T, what string, got, want []T) {
	t.Helper()
	g, err := json.MarshalIndent(got, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	w, _ := json.MarshalIndent(want, "", " ")
	if string(g) != string(w) {
		t.Errorf("%s:\n got %s\nwant %s", what, g, w)
	}
}

func TestStatusMap(t *testing.T) {
	const none, open, part, full = reconcile.RefundStatus(""), reconcile.DisputeOpen, reconcile.RefundPartial, reconcile.RefundFull
	for name, c := range map[string]struct {
		changes object
		status  reconcile.Status
		refund  reconcile.RefundStatus
		dispute reconcile.DisputeStatus
		doubts  []reconcile.ExceptionCode
	}{
		"pending":            {object{"status": "pending"}, reconcile.StatusPending, none, "", nil},
		"capture to come":    {object{"status": "pending", "capture_at": today.AddDate(0, 0, 5).Unix()}, reconcile.StatusPending, none, "", nil},
		"completed":          {object{}, reconcile.StatusSucceeded, reconcile.RefundNone, "", nil},
		"amounts unsaid":     {object{"amount_refunded": nil, "amount_disputed": nil}, reconcile.StatusSucceeded, none, "", nil},
		"partly refunded":    {object{"amount_refunded": 4999}, reconcile.StatusSucceeded, part, "", nil},
		"refunded":           {object{"amount_refunded": 5000}, reconcile.StatusRefunded, full, "", nil},
		"refunded too much":  {object{"amount_refunded": 5001}, reconcile.StatusRefunded, full, "", []reconcile.ExceptionCode{reconcile.ExRefundExceeds}},
		"nothing paid":       {object{"amount": 0, "fee_amount": 0}, reconcile.StatusSucceeded, reconcile.RefundNone, "", nil},
		"disputed":           {object{"amount_disputed": 5000}, reconcile.StatusSucceeded, reconcile.RefundNone, open, nil},
		"disputed for more":  {object{"amount_disputed": 5600}, reconcile.StatusSucceeded, reconcile.RefundNone, open, nil},
		"both":               {object{"amount_disputed": 100, "amount_refunded": 100}, reconcile.StatusSucceeded, part, open, nil},
		"failed":             {object{"status": "failed"}, reconcile.StatusFailed, none, "", nil},
		"canceled":           {object{"status": "canceled"}, reconcile.StatusFailed, none, "", nil},
		"other case":         {object{"status": " Completed "}, reconcile.StatusSucceeded, reconcile.RefundNone, "", nil},
		"unknown":            {object{"status": "settling"}, reconcile.StatusPending, none, "", []reconcile.ExceptionCode{reconcile.ExStatusMismatch}},
		"no status":          {object{"status": nil}, reconcile.StatusPending, none, "", []reconcile.ExceptionCode{reconcile.ExStatusMismatch}},
		"pending, refunded":  {object{"status": "pending", "amount_refunded": 5000}, reconcile.StatusPending, none, "", []reconcile.ExceptionCode{reconcile.ExRefundMismatch}},
		"failed, refunded":   {object{"status": "failed", "amount_refunded": 1}, reconcile.StatusFailed, none, "", []reconcile.ExceptionCode{reconcile.ExRefundMismatch}},
		"as in the sample":   {object{"status": "pending", "amount_refunded": 5000, "amount_disputed": 5000}, reconcile.StatusPending, none, "", []reconcile.ExceptionCode{reconcile.ExRefundMismatch, reconcile.ExStatusMismatch}},
		"fee over the price": {object{"fee_amount": 5001}, reconcile.StatusSucceeded, reconcile.RefundNone, "", []reconcile.ExceptionCode{reconcile.ExAmountOver}},
	} {
		t.Run(name, func(t *testing.T) {
			page := onePayment(t, c.changes)
			if len(page.Payments) != 1 {
				t.Fatalf("%+v", page)
			}
			r := page.Payments[0]
			var doubts []reconcile.ExceptionCode
			for _, d := range r.Facts.Doubts {
				doubts = append(doubts, d.Code)
				if d.Field == "" || d.Expected == "" || d.Detail == "" {
					t.Errorf("doubt %+v", d)
				}
			}
			if r.Facts.Status != c.status || r.Facts.RefundStatus != c.refund || r.Facts.DisputeStatus != c.dispute || !reflect.DeepEqual(doubts, c.doubts) {
				t.Errorf("got %s, refund %q, dispute %q, doubts %v", r.Facts.Status, r.Facts.RefundStatus, r.Facts.DisputeStatus, doubts)
			}
			completed := c.status.Collected()
			if (r.Facts.Captured != nil) != completed || (r.Facts.Fee != nil) != completed || r.Open != (c.status == reconcile.StatusPending) {
				t.Errorf("captured %v, fee %v, open %v", r.Facts.Captured, r.Facts.Fee, r.Open)
			}
			if (r.Facts.RefundedAmount != nil) != (c.refund != none) || (r.Facts.DisputedAmount != nil) != (c.dispute != "") {
				t.Errorf("refunded %v, disputed %v", r.Facts.RefundedAmount, r.Facts.DisputedAmount)
			}
			if over := name == "fee over the price"; completed && (r.Facts.Net == nil) != over {
				t.Errorf("net %v", r.Facts.Net)
			}
		})
	}
}

// onePayment pulls an account that has one payment.
func onePayment(t *testing.T, changes object, change ...func(*Config)) reconcile.Page {
	t.Helper()
	a := newAccount(t)
	made := today.AddDate(0, 0, -10)
	a.Put("payments", made, with(payment("pay-1", made), changes))
	return pull(t, a.provider(t, change...))
}

func TestPaymentDate(t *testing.T) {
	made := today.AddDate(0, 0, -10)
	for name, c := range map[string]struct {
		changes object
		want    time.Time
	}{
		"at once":         {object{}, made},
		"captured later":  {object{"capture_at": made.AddDate(0, 0, 3).Unix()}, made.AddDate(0, 0, 3)},
		"as text":         {object{"capture_at": "1774785600"}, unix(1774785600)},
		"zero":            {object{"capture_at": 0}, made},
		"in milliseconds": {object{"capture_at": made.AddDate(0, 0, 3).UnixMilli()}, made},
		"in words":        {object{"capture_at": "tomorrow"}, made},
		"to come":         {object{"capture_at": today.AddDate(0, 0, 1).Unix()}, made},
		"before creation": {object{"capture_at": made.AddDate(0, 0, -3).Unix()}, made},
		"pending":         {object{"status": "pending", "capture_at": made.AddDate(0, 0, 3).Unix()}, made},
	} {
		page := onePayment(t, c.changes)
		if len(page.Payments) != 1 || !page.Payments[0].Facts.PaymentDate.Equal(c.want) || !page.Payments[0].Facts.CreatedAt.Equal(made) {
			t.Errorf("%s: %+v", name, page)
		}
	}
}

// Whose lead and call custom_data names is only believed where the configuration says so.
func TestCustomData(t *testing.T) {
	said := object{"custom_data": object{"lead_id": "L1", "call_id": 7, "leadId": "L2", "Lead": "L3", "CALL-ID": "C4", "plan": "gold"}}
	for trusted, want := range map[bool]string{
		false: `"" "" map[custom_data.CALL-ID:C4 custom_data.Lead:L3 custom_data.call_id:7 custom_data.leadId:L2 custom_data.lead_id:L1 plan:gold]`,
		true:  `"L1" "7" map[custom_data.CALL-ID:C4 custom_data.Lead:L3 custom_data.leadId:L2 plan:gold]`,
	} {
		page := onePayment(t, said, func(c *Config) { c.TrustCustomData = trusted })
		f := page.Payments[0].Facts
		if got := fmt.Sprintf("%q %q %v", f.LeadID, f.CallID, f.Payer.Metadata); got != want {
			t.Errorf("trusted %v:\n got %s\nwant %s", trusted, got, want)
		}
	}
}

// A payment made shortly before the first day may be paid for after it; with payment_date: create none is.
func TestCaptureAcrossSince(t *testing.T) {
	for word, want := range map[string]string{"": "[pay-1]", Capture: "[pay-1]", Create: "[]"} {
		a := newAccount(t)
		made := since.Add(-7 * 24 * time.Hour)
		a.Put("payments", made, with(payment("pay-1", made), object{"capture_at": at(0).Unix() + 1}))
		page := pull(t, a.provider(t, func(c *Config) { c.PaymentDate = word }))
		if got := fmt.Sprint(paymentIDs(page)); got != want {
			t.Errorf("%q: %s, want %s", word, got, want)
		}
	}
	late := today.AddDate(0, 0, -7)
	page := onePayment(t, object{"capture_at": late.Unix()}, func(c *Config) { c.PaymentDate = Create })
	if got := page.Payments[0].Facts; !got.PaymentDate.Equal(got.CreatedAt) {
		t.Errorf("paid at %v, made at %v", got.PaymentDate, got.CreatedAt)
	}
}

// A status that nobody knows is told in few words.
func TestLongStatus(t *testing.T) {
	long := strings.Repeat("é", 100)
	f := onePayment(t, object{"status": long}).Payments[0].Facts
	if f.ProviderStatus != long || len(f.Doubts) != 1 || f.Doubts[0].Actual != strings.Repeat("é", 64) {
		t.Errorf("%s, %+v", f.ProviderStatus, f.Doubts)
	}
}

// A payment that waits is read again by id until it is old.
func TestOpen(t *testing.T) {
	for days, want := range map[int]bool{0: true, 30: true, 31: false, 60: false} {
		a := newAccount(t)
		made := today.AddDate(0, 0, -days).Add(-time.Hour)
		a.Put("payments", made, with(payment("pay-1", made), object{"status": "pending"}))
		if page := pull(t, a.provider(t)); len(page.Payments) != 1 || page.Payments[0].Open != want {
			t.Errorf("after %d days: %+v", days, page.Payments)
		}
	}
}

func TestRefundRows(t *testing.T) {
	for word, want := range map[string]reconcile.RefundRowStatus{
		"pending": reconcile.RefundRowPending, "completed": reconcile.RefundRowSucceeded, "COMPLETED": reconcile.RefundRowSucceeded,
		"failed": reconcile.RefundRowFailed, "held": reconcile.RefundRowPending, "": reconcile.RefundRowPending,
	} {
		a := newAccount(t)
		a.Put("refunds", at(5), with(refund("rf-1", "pay-1", at(5)), object{"status": word}))
		page := pull(t, a.provider(t))
		if len(page.Refunds) != 1 || page.Refunds[0].Status != want || page.Refunds[0].ProviderStatus != word ||
			page.Refunds[0].Open != (want == reconcile.RefundRowPending) {
			t.Errorf("%q: %+v", word, page.Refunds)
		}
	}
}

// A refund without amounts is what other refunds left of the payment, and stays so however often it is read.
func TestRefundOfTheRest(t *testing.T) {
	type others map[string]object // by id: changes of a refund of 500, made before the one without amounts
	amounts := func(minor int, currency string) object { return object{"total_amount": minor, "currency": currency} }
	after := func(days int) int64 { return at(5 + days).Unix() }
	for name, c := range map[string]struct {
		payment, rest object
		others        others
		want          int64  // 0: put aside
		reason        string // why
	}{
		"nothing before":           {want: 5000},
		"part before":              {payment: object{"amount_refunded": 5000}, others: others{"a": {}}, want: 4500},
		"parts before":             {payment: object{"amount_refunded": 5000}, others: others{"a": {}, "b": {"amounts": amounts(1500, "USD")}}, want: 3000},
		"part before, not summed":  {payment: object{"amount_refunded": nil}, others: others{"a": {}}, want: 4500},
		"the sum comes late":       {payment: object{"amount_refunded": 500}, others: others{"a": {}}, want: 4500},
		"a part that failed":       {payment: object{"amount_refunded": 5000}, others: others{"a": {"status": "failed"}}, want: 5000},
		"pending itself":           {rest: object{"status": "pending"}, payment: object{"amount_refunded": 500}, others: others{"a": {}}, want: 4500},
		"failed, then others":      {rest: object{"status": "failed"}, others: others{"a": {"create_time": after(1), "amounts": amounts(5000, "USD")}}, want: 5000},
		"completed, another later": {payment: object{"amount_refunded": 5000}, others: others{"a": {"create_time": after(1)}}, want: 4500},
		"another under way":        {others: others{"a": {"status": "pending"}}, reason: "another refund of the payment is not done yet"},
		"another that is odd":      {others: others{"a": {"status": "on_hold"}}, reason: "not done yet"},
		"another without amounts":  {others: others{"a": {"amounts": nil}}, reason: "another refund of the payment has no amounts either"},
		"another currency":         {others: others{"a": {"amounts": amounts(500, "CAD")}}, reason: "cannot be read"},
		"an amount of nothing":     {others: others{"a": {"amounts": amounts(-1, "USD")}}, reason: "cannot be read"},
		"of no status":             {others: others{"a": {"status": []any{}}}, reason: "cannot be read"},
		"nothing left":             {others: others{"a": {"amounts": amounts(5000, "USD")}}, reason: "nothing"},
		"nothing was paid":         {payment: object{"amount": 0, "fee_amount": 0}, others: others{"a": {}}, reason: "nothing"},
		"more than all":            {others: others{"a": {"amounts": amounts(5001, "USD")}}, reason: "nothing"},
		"the sum says another":     {payment: object{"amount_refunded": 2000}, others: others{"a": {}}, reason: "the payment says that 20.00 USD of 50.00 USD"},
		"the sum is no amount":     {payment: object{"amount_refunded": "x"}, reason: "amount_refunded"},
		"many pages of parts":      {others: others{"a": {}, "b": {}, "c": {}, "d": {}, "e": {}, "f": {}}, want: 2000},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAccount(t)
			old := since.AddDate(0, -2, 0)
			a.Put("payments", old, with(payment("pay-old", old), c.payment))
			a.Put("refunds", at(5), with(with(refund("rest", "pay-old", at(5)), object{"amounts": nil}), c.rest))
			for id, changes := range c.others {
				a.Put("refunds", at(4), with(refund(id, "pay-old", at(4)), changes))
			}
			a.Put("refunds", at(4), refund("of another", "pay-2", at(4)))
			p := a.provider(t)
			for range 2 {
				page, err := p.Fetch(t.Context(), []reconcile.Ref{{Kind: reconcile.RefRefund, ID: "rest"}})
				if err != nil {
					t.Fatal(err)
				}
				if c.want == 0 {
					oneQuarantined(t, page, "/refunds/rest", "amounts", c.reason)
				} else if len(page.Refunds) != 1 || page.Refunds[0].Amount != *usd(c.want) {
					t.Errorf("%+v", page)
				}
			}
		})
	}
}

// Where the other refunds cannot be known, the rest is not guessed.
func TestRefundOfTheRestUnknown(t *testing.T) {
	rest := with(refund("rest", "pay-1", at(5)), object{"amounts": nil})
	text := func(row object) string {
		out, err := json.Marshal(row)
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	mine := text(rest)
	for name, c := range map[string]struct {
		path   string
		do     fake.Action
		config func(*Config)
		want   error
		reason string
	}{
		"no list":              {config: func(c *Config) { c.NoRefundList = true }, reason: "without the list of refunds"},
		"filter refused":       {"/refunds", fake.WePayError(400, "INVALID_PARAMS", ""), nil, nil, "cannot be listed"},
		"list forbidden":       {"/refunds", fake.WePayError(403, "NOT_AUTHORIZED", ""), nil, nil, "cannot be listed"},
		"list missing":         {"/refunds", fake.Status(404, `{}`), nil, nil, "cannot be listed"},
		"filter not heeded":    {"/refunds", fake.Status(200, listOf(mine, text(refund("x", "pay-2", at(4))))), nil, nil, "other payments"},
		"itself not there":     {"/refunds", fake.Status(200, listOf()), nil, nil, "does not show this one"},
		"a row that is none":   {"/refunds", fake.Status(200, listOf(mine, `7`)), nil, nil, "cannot be read"},
		"endless":              {"/refunds", fake.Status(200, `{"results":[`+mine+`],"next":"/refunds?page=x"}`), nil, nil, "too long"},
		"list down":            {"/refunds", fake.Status(502, `{}`), nil, reconcile.ErrTransient, ""},
		"list throttled":       {"/refunds", fake.WePayThrottled(403, ""), nil, reconcile.ErrRateLimited, ""},
		"list unauthorised":    {"/refunds", fake.Status(401, `{}`), nil, reconcile.ErrAuth, ""},
		"payment forbidden":    {"/payments/pay-1", fake.Status(403, `{}`), nil, nil, "is not shown"},
		"payment gone":         {"/payments/pay-1", fake.Status(410, `{}`), nil, nil, "is not shown"},
		"payment unauthorised": {"/payments/pay-1", fake.Status(401, `{}`), nil, reconcile.ErrAuth, ""},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAccount(t)
			a.Put("payments", at(1), payment("pay-1", at(1)))
			a.Put("refunds", at(5), rest)
			if c.do != nil {
				a.Fault(fake.Fault{Path: c.path, Do: c.do})
			}
			if c.config == nil {
				c.config = func(*Config) {}
			}
			page, err := a.provider(t, c.config).Fetch(t.Context(), []reconcile.Ref{{Kind: reconcile.RefRefund, ID: "rest"}})
			if !errors.Is(err, c.want) {
				t.Fatalf("%+v, %v", page, err)
			}
			if c.want == nil {
				oneQuarantined(t, page, "/refunds/rest", "amounts", c.reason)
			}
		})
	}
}

// A refund without amounts, and without others, is the whole payment, which may be older than what is listed.
func TestRefundInFull(t *testing.T) {
	a := newAccount(t)
	old := since.AddDate(0, -2, 0)
	a.Put("payments", old, with(payment("pay-old", old), object{"amount": 777, "currency": "CAD"}))
	a.Put("refunds", at(5), with(refund("rf-1", "pay-old", at(5)), object{"amounts": nil}))
	p := a.provider(t)
	page := pull(t, p)
	if len(page.Refunds) != 1 || page.Refunds[0].Amount != money.New(777, "CAD") || len(page.Payments) != 0 {
		t.Fatalf("%+v", page)
	}
	a.Fault(fake.Fault{Path: "/payments/pay-old", Do: fake.Status(http.StatusBadGateway, "{}")})
	if _, err := tryPull(p); !isKind(err, reconcile.ErrTransient) {
		t.Errorf("the payment cannot be read: %v", err)
	}
}

func TestDisputeRows(t *testing.T) {
	for name, c := range map[string]struct {
		changes object
		status  reconcile.DisputeStatus
		inquiry bool
		said    string
	}{
		"under way":         {object{}, reconcile.DisputeOpen, false, "pending_wepay_review"},
		"unknown status":    {object{"status": "awaiting_payee_response"}, reconcile.DisputeOpen, false, "awaiting_payee_response"},
		"word but not done": {object{"resolution": "merchant_lost"}, reconcile.DisputeOpen, false, "pending_wepay_review"},
		"won":               {object{"status": "resolved", "resolution": "merchant_won"}, reconcile.DisputeWon, false, "resolved: merchant_won"},
		"won, other case":   {object{"status": "Resolved", "resolution": " WON "}, reconcile.DisputeWon, false, "Resolved: WON"},
		"lost":              {object{"status": "resolved", "resolution": "conceded"}, reconcile.DisputeLost, false, "resolved: conceded"},
		"unknown word":      {object{"status": "resolved", "resolution": "split"}, reconcile.DisputeOpen, false, "resolved: split"},
		"no word":           {object{"status": "resolved"}, reconcile.DisputeOpen, false, "resolved"},
		"an object":         {object{"status": "resolved", "resolution": object{"outcome": "won"}}, reconcile.DisputeOpen, false, "resolved"},
		"inquiry":           {object{"type": "inquiry"}, reconcile.DisputeOpen, true, "pending_wepay_review"},
		"before a dispute":  {object{"type": "pre_dispute"}, reconcile.DisputeOpen, true, "pending_wepay_review"},
		"unknown type":      {object{"type": "arbitration"}, reconcile.DisputeOpen, false, "pending_wepay_review"},
		"no type":           {object{"type": nil}, reconcile.DisputeOpen, false, "pending_wepay_review"},
	} {
		a := newAccount(t)
		a.Put("disputes", at(5), with(dispute("dp-1", "pay-1", at(5)), c.changes))
		page := pull(t, a.provider(t))
		if len(page.Disputes) != 1 {
			t.Fatalf("%s: %+v", name, page)
		}
		d := page.Disputes[0]
		if d.Status != c.status || d.Inquiry != c.inquiry || d.ProviderStatus != c.said || d.Open != (c.status == reconcile.DisputeOpen) {
			t.Errorf("%s: %+v", name, d)
		}
	}
}
