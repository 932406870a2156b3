package journal

import (
	"bytes"
	"fmt"
	"io"
	"iter"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

// folder keeps what was written in memory.
type folder struct {
	names []string
	files map[string]*bytes.Buffer
}

type memory struct{ *bytes.Buffer }

func (memory) Close() error { return nil }

func (f *folder) create(name string) (io.WriteCloser, error) {
	if f.files == nil {
		f.files = map[string]*bytes.Buffer{}
	}
	if f.files[name] != nil {
		return nil, fmt.Errorf("%s is there already", name)
	}
	f.names, f.files[name] = append(f.names, name), &bytes.Buffer{}
	return memory{f.files[name]}, nil
}

func (f *folder) open(name string) (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewReader(f.files[name].Bytes())), nil
}

func each(list []*reconcile.Movement) iter.Seq2[*reconcile.Movement, error] {
	return func(yield func(*reconcile.Movement, error) bool) {
		for _, m := range list {
			if !yield(m, nil) {
				return
			}
		}
	}
}

func sampleAccounts() Accounts {
	return Accounts{
		Clearing: Account{"Clearing {source} {currency}", "616"}, Bank: Account{"Bank {currency}", "617"},
		Sales: Account{"Sales", "200"}, Refunds: Account{"Refunds", "201"}, Disputes: Account{"Disputes", "405"},
		Fees: Account{"Fees", "404"}, Suspense: Account{"Suspense", "850"}, TaxRate: "Tax Exempt",
	}
}

func sampleBook() Book {
	return Book{
		Accounts: sampleAccounts(), Period: Period{"2026-11-01", "2026-12-01"}, Zone: "Europe/Berlin",
		Opening: []Balance{{"stripe-main", money.New(5000, "USD")}},
	}
}

func booked(m *reconcile.Movement, gross, fee int64, c money.Currency) *reconcile.Movement {
	g, f, n := money.New(gross, c), money.New(fee, c), money.New(gross-fee, c)
	m.Gross, m.Fee, m.Net, m.Status = &g, &f, &n, reconcile.MovementBooked
	if m.Amount.Currency == "" {
		m.Amount = g
	}
	return m
}

// sample has every kind, JPY and KWD, a sale in another currency, adjustments, unknown settlement and a claim.
func sample() []*reconcile.Movement {
	n := 0
	move := func(day int, kind reconcile.EntryKind, object string) *reconcile.Movement {
		n++
		return &reconcile.Movement{
			ID: fmt.Sprintf("m%03d", n), Source: "stripe-main", Provider: "stripe", Kind: kind, Status: reconcile.MovementBooked,
			ObjectID: object, BookedOn: fmt.Sprintf("2026-11-%02d", day),
		}
	}
	matched := move(2, reconcile.EntryCharge, "ch_1")
	matched.PaymentID, matched.LeadID, matched.CallID, matched.ProductID = "pay_1", "L-1042", "C-71", "P-3"
	matched.MatchedBy, matched.Confidence, matched.CustomerRef, matched.PayoutID = "email+amount", 9812, "cus_9", "po_1"
	foreign := move(3, reconcile.EntryCharge, "ch_fx")
	foreign.Amount = money.New(10000, "EUR")
	other := move(9, reconcile.EntryOther, "txn_9")
	other.Category = "climate_order_purchase"
	unknown := move(12, reconcile.EntryCharge, "tr_1")
	unknown.Source, unknown.Provider, unknown.Amount, unknown.Note = "wepay", "wepay", money.New(777, "USD"), "Not settled yet."
	half := move(12, reconcile.EntryCharge, "tr_2")
	half.Source, half.Amount = "wepay", money.New(300, "USD")
	gross := half.Amount
	half.Gross = &gross
	claimed := booked(move(13, reconcile.EntryCharge, "aura_1"), 99999, 0, "USD")
	claimed.Status, claimed.Source = reconcile.MovementClaimed, "aura"
	taken := booked(move(29, reconcile.EntryCharge, "ch_1"), -10000, -320, "USD")
	taken.Adjusts, taken.Note = "m001", "Reversal."
	late := booked(move(30, reconcile.EntryCharge, "ch_1"), 10000, 321, "USD")
	late.Adjusts, late.BookedOn, late.Note = "m001", "2026-12-10", "Replacement."
	return []*reconcile.Movement{
		booked(matched, 10000, 320, "USD"),
		booked(foreign, 10850, 345, "USD"),
		booked(move(4, reconcile.EntryCharge, "ch_jpy"), 5000, 180, "JPY"),
		booked(move(4, reconcile.EntryCharge, "ch_kwd"), 1234, 37, "KWD"),
		booked(move(5, reconcile.EntryRefund, "re_1"), -4000, 0, "USD"),
		booked(move(6, reconcile.EntryRefundFailure, "re_1"), 4000, 0, "USD"),
		booked(move(7, reconcile.EntryDispute, "dp_1"), -10850, 1500, "USD"),
		booked(move(8, reconcile.EntryDisputeReversal, "dp_1"), 10850, -1500, "USD"),
		booked(move(8, reconcile.EntryFee, "txn_8"), -250, 0, "USD"),
		booked(other, -100, 0, "USD"),
		booked(move(10, reconcile.EntryPayout, "po_1"), -14000, 0, "USD"),
		booked(move(11, reconcile.EntryPayoutReversal, "po_1"), 14000, 0, "USD"),
		booked(move(11, reconcile.EntryChargeFailure, "py_2"), -50, 0, "USD"),
		booked(move(11, reconcile.EntryPayout, "po_jpy"), -4820, 0, "JPY"),
		unknown, half, claimed,
		booked(move(14, "brand_new", "x_1"), 0, 0, "USD"),
		taken, late,
	}
}
