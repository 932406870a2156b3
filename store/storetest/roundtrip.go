package storetest

import (
	"reflect"
	"testing"
	"time"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

func testPaymentRoundTrip(t *testing.T, store reconcile.Store) {
	var want *reconcile.Payment
	update(t, store, func(tx reconcile.Tx) {
		want = outcome(full(must(tx.Open([]reconcile.Key{key("pi_full")}))))
		wantChange(t, "payment", reconcile.New)(tx.PutPayment(want, reconcile.PaymentKeys{}))
		wantChange(t, "outcome", reconcile.New)(tx.PutOutcome(want))
		open := []reconcile.Exception{
			{Code: reconcile.ExRefundMismatch, Subject: "re_2", Severity: reconcile.SeverityHigh},
			{Code: reconcile.ExDisputeOpen, Severity: reconcile.SeverityMedium},
			{Code: reconcile.ExRefundMismatch, Subject: "re_1", Severity: reconcile.SeverityHigh},
		}
		if err := tx.PutExceptions(want.Row, open, day(9)); err != nil {
			t.Fatal(err)
		}
	})
	want.Exceptions = []reconcile.ExceptionCode{reconcile.ExDisputeOpen, reconcile.ExRefundMismatch}
	unset(t, reflect.ValueOf(*want), "Payment")
	view(t, store, func(r reconcile.Reader) {
		same(t, "payment", must(r.Payment("pay_full")), want)
		same(t, "streamed", all(t, r.Payments(reconcile.PaymentFilter{})), []*reconcile.Payment{want})
	})
}

// unset reports fields that the fixture forgets, so that a new field of the model cannot be forgotten here.
func unset(t *testing.T, v reflect.Value, name string) {
	t.Helper()
	if v.Kind() != reflect.Struct || v.Type() == reflect.TypeFor[time.Time]() ||
		v.Type() == reflect.TypeFor[money.Amount]() {
		if v.IsZero() {
			t.Errorf("the fixture leaves %s empty", name)
		}
		return
	}
	for i := range v.NumField() {
		unset(t, v.Field(i), name+"."+v.Type().Field(i).Name)
	}
}

func testBarePayment(t *testing.T, store reconcile.Store) {
	var want *reconcile.Payment
	update(t, store, func(tx reconcile.Tx) {
		want = add(t, tx, "bare", nil, nil, func(p *reconcile.Payment) {
			p.PaymentDate = time.Time{} // unknown: neither 1970 nor now
			p.Amount = usd(0)
		})
		zero := add(t, tx, "zero", nil, nil, func(p *reconcile.Payment) {
			p.PaymentDate = time.Unix(0, 0).UTC() // a provider's odd date is kept
			p.Captured, p.Refund.Amount, p.Fee = usd(0), usd(0), known(money.New(0, "EUR"))
		})
		for _, p := range []*reconcile.Payment{want, zero} { // what is said of a payment that was never matched
			p.Match.State, p.Verification = reconcile.MatchUnmatched, reconcile.Unverified
		}
		same(t, "unknown stays unknown", must(tx.Payment("bare")), want)
		same(t, "zero stays zero", must(tx.Payment("zero")), zero)
		settle(t, tx, want, reconcile.MatchUnmatched)
		same(t, "outcome", must(tx.Payment("bare")), want)
	})
	for name, spoil := range map[string]func(*reconcile.Payment){
		"amount below zero": func(p *reconcile.Payment) { p.Amount.Minor = -1 },
		"currency":          func(p *reconcile.Payment) { p.Amount.Currency = "dollar" },
		"status":            func(p *reconcile.Payment) { p.Status = "paid" },
		"other currency":    func(p *reconcile.Payment) { p.Captured = money.New(1, "EUR") },
		"fee and net": func(p *reconcile.Payment) {
			p.Fee, p.Net = known(usd(1)), known(money.New(1, "EUR"))
		},
	} {
		err := store.Update(t.Context(), func(tx reconcile.Tx) error {
			bad := bare(want.Row, "bare")
			spoil(bad)
			_, err := tx.PutPayment(bad, reconcile.PaymentKeys{})
			return err
		})
		t.Log(name, err)
		wantKind(t, err, reconcile.ErrInvalid)
	}
}

func testRecordRoundTrip(t *testing.T, store reconcile.Store) {
	want := fullRecord()
	sparse := &reconcile.SourceRecord{
		Source: "aura", Provider: "aura", Role: reconcile.RoleBook, Kind: reconcile.KindDetail, ID: "x",
		Keys: []reconcile.Key{key("pi_1")},
	}
	for i := range reflect.ValueOf(want.Facts).NumField() {
		if reflect.ValueOf(want.Facts).Field(i).IsZero() {
			t.Errorf("the fixture leaves %s empty", reflect.TypeFor[reconcile.Facts]().Field(i).Name)
		}
	}
	update(t, store, func(tx reconcile.Tx) {
		row := must(tx.Open(want.Keys))
		wantChange(t, "record", reconcile.New)(tx.PutRecord(row, want))
		wantChange(t, "sparse", reconcile.New)(tx.PutRecord(row, sparse))
		same(t, "records", must(tx.Known(row)).Records, []reconcile.SourceRecord{*sparse, *want})
		changed := *want
		changed.Facts.Fee = nil
		wantChange(t, "changed", reconcile.Changed)(tx.PutRecord(row, &changed))
		same(t, "changed", must(tx.Known(row)).Records[1], changed)
		other := *want
		other.Source = "another"
		wantChange(t, "the same id of another source", reconcile.New)(tx.PutRecord(row, &other))
	})
}

func testRefundRoundTrip(t *testing.T, store reconcile.Store) {
	r := &reconcile.Refund{
		Source: "s", Provider: "stripe", ID: "re_1", Keys: []reconcile.Key{key("pi_p"), key("ch_p")}, Export: true,
		Amount: usd(7), Status: reconcile.RefundRowPending, ProviderStatus: "requires_action", Reason: "fraud",
		CreatedAt: day(8), ReturnedAt: day(9), Open: true, PaymentID: "p", Counted: true, Role: reconcile.RoleProcessor,
		LeadID: "L1", CallID: "C1", ProductID: "P1",
	}
	d := &reconcile.Dispute{
		Source: "s", Provider: "stripe", ID: "dp_1", Keys: []reconcile.Key{key("pi_p")}, Export: true,
		Amount: usd(7), Status: reconcile.DisputeLost, Inquiry: true, ProviderStatus: "lost", Reason: "general",
		CreatedAt: day(8), ReturnedAt: day(9), Open: true, PaymentID: "p", Counted: true, Role: reconcile.RoleProcessor,
		LeadID: "L1", CallID: "C1", ProductID: "P1",
	}
	unset(t, reflect.ValueOf(*r), "Refund")
	unset(t, reflect.ValueOf(*d), "Dispute")
	update(t, store, func(tx reconcile.Tx) {
		row := add(t, tx, "p", nil, nil, func(p *reconcile.Payment) {
			p.Refund.Provider, p.Refund.Role = "stripe", reconcile.RoleProcessor
			p.Dispute.Provider, p.Dispute.Role = "stripe", reconcile.RoleProcessor
		}).Row
		must(tx.PutOutcome(outcome(must(tx.PaymentRows([]int64{row}))[0])))
		foreign := refund("s", "re_f", false)
		foreign.Provider = "zenskar"
		must(tx.PutRefund(row, foreign))
		booked := refund("s", "re_b", false)
		booked.Role = reconcile.RoleBook
		must(tx.PutRefund(row, booked))
		for r, err := range tx.Refunds(nil) {
			if err != nil || r.Counted {
				t.Errorf("a refund of another provider or role counts: %+v, %v", r, err)
			}
		}
		wantChange(t, "refund", reconcile.New)(tx.PutRefund(row, r))
		wantChange(t, "dispute", reconcile.New)(tx.PutDispute(row, d))
		early := refund("a", "re_0", false)
		early.CreatedAt = time.Time{}
		must(tx.PutRefund(row, early))
		known := must(tx.Known(row))
		same(t, "refund", known.Refunds[3], *r)
		same(t, "dispute", known.Disputes, []reconcile.Dispute{*d})
		same(t, "streamed refunds", all(t, tx.Refunds([]string{"s"}))[2:], []*reconcile.Refund{r})
		same(t, "streamed disputes", all(t, tx.Disputes(nil)), []*reconcile.Dispute{d})
		same(t, "of another source", len(all(t, tx.Disputes([]string{"t"}))), 0)
		same(t, "all refunds", len(all(t, tx.Refunds(nil))), 4)
	})
}

func testLeadRoundTrip(t *testing.T, store reconcile.Store) {
	l := &reconcile.Lead{
		ID: "L1", Name: "n", Emails: []string{"e"}, Phones: []string{"p"}, Company: "c", Address: "a", City: "y",
		PostalCode: "z", Country: "DE", StripeCustomerID: "cus", ExternalID: "x", Owner: "o", CreatedAt: day(1),
	}
	c := &reconcile.Call{
		ID: "C1", LeadID: "L1", Phones: []string{"p"}, Emails: []string{"e"}, Agent: "a", StartedAt: day(1),
		EndedAt: day(2), Outcome: "won", Amount: known(usd(0)), ProductID: "P1",
	}
	p := &reconcile.Product{ID: "P1", Name: "n", StripeProductID: "prod", Amount: known(usd(3))}
	p.Aliases = []string{"x"}
	unset(t, reflect.ValueOf(*l), "Lead")
	unset(t, reflect.ValueOf(*c), "Call")
	unset(t, reflect.ValueOf(*p), "Product")
	update(t, store, func(tx reconcile.Tx) {
		wantChange(t, "lead", reconcile.New)(tx.PutLead("s", l, blocks(-5)))
		wantChange(t, "call", reconcile.New)(tx.PutCall("s", c, nil))
		wantChange(t, "product", reconcile.New)(tx.PutProduct("s", p))
		wantChange(t, "product", reconcile.New)(tx.PutProduct("s", &reconcile.Product{ID: "A"}))
		same(t, "lead", must(tx.Lead("L1")), l)
		same(t, "call", must(tx.LeadsWithKeys(blocks(-5), 9)).Calls, []*reconcile.Call{c})
		same(t, "products", must(tx.Products()), []*reconcile.Product{{ID: "A"}, p})
		_, err := tx.Lead("none")
		wantKind(t, err, reconcile.ErrNotFound)
	})
	view(t, store, func(r reconcile.Reader) {
		same(t, "call by id", must(r.Call("C1")), c)
		_, err := r.Call("none")
		wantKind(t, err, reconcile.ErrNotFound)
	})
	update(t, store, func(tx reconcile.Tx) {
		must(tx.PutLead("s", &reconcile.Lead{ID: "L2"}, nil))
		must(tx.PutCall("s", &reconcile.Call{ID: "C2", LeadID: "L2"}, nil))
		must(tx.PutCall("s", &reconcile.Call{ID: "C3", LeadID: "L1"}, nil))
		same(t, "first page of leads", must(tx.Leads("", 1)), []*reconcile.Lead{l})
		same(t, "second page of leads", must(tx.Leads("L1", 9)), []*reconcile.Lead{{ID: "L2"}})
		same(t, "calls", len(must(tx.Calls("", "", 9))), 3)
		same(t, "calls of a lead", must(tx.Calls("L1", "C1", 9)), []*reconcile.Call{{ID: "C3", LeadID: "L1"}})
	})
}
