package wepay

import (
	"encoding/json"
	"net/http"
	"reflect"
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
	page := pull(t, account(testToken).provider(t))
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

// A refund without amounts is the whole payment, which may be older than what is listed.
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
