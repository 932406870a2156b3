package reconcile_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

// lineOf is a ledger entry in euros with a fee of five cents.
func lineOf(id string, kind reconcile.EntryKind, about, payout string, net int64) *reconcile.Entry {
	return &reconcile.Entry{Source: "s", Provider: "stripe", ID: id, Kind: kind, About: about, PayoutID: payout,
		Gross: money.New(net+5, "EUR"), Fee: money.New(5, "EUR"), Net: money.New(net, "EUR")}
}

func payoutOf(status reconcile.PayoutStatus, amount int64) *reconcile.Payout {
	return &reconcile.Payout{Source: "s", Provider: "stripe", ID: "po_1", Amount: money.New(amount, "EUR"), Status: status,
		Automatic: true, Itemised: true}
}

func TestPayoutsAgainstTheLedger(t *testing.T) {
	charge := lineOf("1", reconcile.EntryCharge, "ch_1", "po_1", 1000)
	refund := lineOf("2", reconcile.EntryRefund, "re_1", "po_1", -200)
	left := lineOf("3", reconcile.EntryPayout, "po_1", "po_1", -800)
	back := lineOf("4", reconcile.EntryPayoutReversal, "po_1", "po_2", 800)
	yen := &reconcile.Entry{Source: "s", Provider: "stripe", ID: "5", Kind: reconcile.EntryFee, PayoutID: "po_1",
		Gross: money.New(7, "JPY"), Fee: money.New(0, "JPY"), Net: money.New(7, "JPY")}
	foreign := lineOf("6", reconcile.EntryCharge, "ch_9", "po_1", 99)
	foreign.Provider = "wepay"
	with := func(p *reconcile.Payout, edit func(*reconcile.Payout)) *reconcile.Payout {
		edit(p)
		return p
	}
	type entries = []*reconcile.Entry
	for name, c := range map[string]struct {
		payout  *reconcile.Payout
		entries entries
		want    string // subject, expected, actual
	}{
		"it ties":                       {payoutOf(reconcile.PayoutPaid, 800), entries{charge, refund, left}, ""},
		"another provider's member":     {payoutOf(reconcile.PayoutPaid, 800), entries{charge, refund, foreign}, ""},
		"on its way":                    {payoutOf(reconcile.PayoutInTransit, 801), entries{charge, refund}, "po_1|8.01 EUR|8.00 EUR"},
		"a cent too much":               {payoutOf(reconcile.PayoutPaid, 799), entries{charge, refund, left}, "po_1|7.99 EUR|8.00 EUR"},
		"no members":                    {payoutOf(reconcile.PayoutPaid, 800), entries{left}, "po_1|8.00 EUR|0.00 EUR"},
		"nothing at all":                {payoutOf(reconcile.PayoutPaid, 800), nil, "po_1|8.00 EUR|0.00 EUR"},
		"nothing of nothing":            {payoutOf(reconcile.PayoutPaid, 0), nil, ""},
		"a member in another currency":  {payoutOf(reconcile.PayoutPaid, 800), entries{charge, refund, yen}, "po_1 JPY|8.00 EUR|7 JPY"},
		"the bank was debited":          {payoutOf(reconcile.PayoutPaid, -200), entries{refund}, ""},
		"pending":                       {payoutOf(reconcile.PayoutPending, 5), entries{charge}, ""},
		"not listed yet":                {with(payoutOf(reconcile.PayoutPaid, 5), func(p *reconcile.Payout) { p.Itemised = false }), entries{charge}, ""},
		"by hand":                       {with(payoutOf(reconcile.PayoutPaid, 5), func(p *reconcile.Payout) { p.Automatic = false }), entries{left}, ""},
		"failed, and came back":         {payoutOf(reconcile.PayoutFailed, 800), entries{charge, refund, left, back}, ""},
		"failed, and did not come back": {payoutOf(reconcile.PayoutFailed, 800), entries{charge, refund, left}, "po_1|8.00 EUR|-8.00 EUR"},
		"failed, no word of it":         {payoutOf(reconcile.PayoutFailed, 800), entries{charge}, ""},
		"canceled, and came back":       {payoutOf(reconcile.PayoutCanceled, 800), entries{left, back}, ""},
		"the next one takes what came back": {with(payoutOf(reconcile.PayoutPaid, 800), func(p *reconcile.Payout) { p.ID = "po_2" }),
			entries{left, back}, ""},
	} {
		s := reconcile.NewSettlement()
		for _, e := range c.entries {
			if err := s.Add(e); err != nil {
				t.Fatal(err)
			}
		}
		found, err := s.PayoutExceptions(c.payout)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, x := range found {
			got = append(got, x.Subject+"|"+x.Expected+"|"+x.Actual)
			if x.Code != reconcile.ExPayoutMismatch || x.Severity != reconcile.SeverityMedium || x.Detail == "" {
				t.Errorf("%s: %+v", name, x)
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestRunningBalance(t *testing.T) {
	s := reconcile.NewSettlement()
	for _, e := range []*reconcile.Entry{lineOf("1", reconcile.EntryCharge, "ch_1", "", 1000), lineOf("2", reconcile.EntryPayout, "po_1", "", -600),
		lineOf("3", reconcile.EntryRefund, "re_1", "", -50)} {
		if err := s.Add(e); err != nil {
			t.Fatal(err)
		}
	}
	parts, err := s.Parts(payoutOf(reconcile.PayoutPaid, 600))
	if err != nil || len(parts) != 1 || parts[0].Balance == nil || *parts[0].Balance != money.New(400, "EUR") {
		t.Errorf("%+v, %v", parts, err)
	}
	if diff := cmp.Diff([]reconcile.Payout{{Source: "s", Provider: "stripe", ID: "po_1"}}, s.Named()); diff != "" {
		t.Error(diff)
	}
	huge := lineOf("4", reconcile.EntryCharge, "", "", 1<<62)
	if err := s.Add(huge); err != nil {
		t.Fatal(err)
	}
	if err := s.Add(huge); err == nil || !strings.Contains(err.Error(), "ledger entry 4") {
		t.Errorf("a balance that leaves 64 bits: %v", err)
	}
}

// TestFoldTakesFromTheLedger what no record says, and no word of status.
func TestFoldTakesFromTheLedger(t *testing.T) {
	fee, net := money.New(5, "EUR"), money.New(1000, "EUR")
	other := money.New(6, "EUR")
	line := *lineOf("txn_1", reconcile.EntryCharge, "ch_1", "po_1", 1000)
	later := *lineOf("txn_2", reconcile.EntryCharge, "ch_1", "po_2", 70)
	refund := *lineOf("txn_3", reconcile.EntryRefund, "re_1", "po_3", -20)
	unpaid := line
	unpaid.PayoutID = ""
	for name, c := range map[string]struct {
		fee, net         *money.Amount
		payout           string
		entries          []reconcile.Entry
		wantFee, wantNet *money.Amount
		wantPayout       string
		variance         string
	}{
		"nothing":                    {},
		"all from the ledger":        {entries: []reconcile.Entry{line, refund}, wantFee: &fee, wantNet: &net, wantPayout: "po_1"},
		"the record's payout":        {payout: "po_0", entries: []reconcile.Entry{line}, wantFee: &fee, wantNet: &net, wantPayout: "po_0"},
		"not paid out yet":           {entries: []reconcile.Entry{unpaid}, wantFee: &fee, wantNet: &net},
		"only a refund":              {entries: []reconcile.Entry{refund}},
		"two charges":                {entries: []reconcile.Entry{line, later}, wantPayout: "po_1"},
		"two charges and a record":   {fee: &other, entries: []reconcile.Entry{line, later}, wantFee: &other, wantPayout: "po_1"},
		"both agree":                 {fee: &fee, net: &net, entries: []reconcile.Entry{line}, wantFee: &fee, wantNet: &net, wantPayout: "po_1"},
		"the record has no net":      {fee: &fee, entries: []reconcile.Entry{line}, wantFee: &fee, wantNet: &net, wantPayout: "po_1"},
		"another fee":                {fee: &other, entries: []reconcile.Entry{line}, wantFee: &other, wantPayout: "po_1", variance: "0.05 EUR 0.06 EUR"},
		"another net":                {net: &other, entries: []reconcile.Entry{line}, wantNet: &other, wantPayout: "po_1", variance: "10.00 EUR 0.06 EUR"},
		"the record alone":           {fee: &other, payout: "po_0", wantFee: &other, wantPayout: "po_0"},
		"the fee, beside a refund's": {fee: &other, entries: []reconcile.Entry{refund}, wantFee: &other},
	} {
		amount := money.New(1200, "USD")
		known := reconcile.Known{Records: []reconcile.SourceRecord{{Source: "s", Provider: "stripe", Role: reconcile.RoleProcessor,
			Kind: reconcile.KindPayment, ID: "ch_1", Keys: []reconcile.Key{{Provider: "stripe", ID: "pi_1"}},
			Facts: reconcile.Facts{Status: reconcile.StatusPending, Amount: &amount, Fee: c.fee, Net: c.net, PayoutID: c.payout}}}, Entries: c.entries}
		p, found, is := reconcile.Fold("org", known)
		if !is || p.Status != reconcile.StatusPending {
			t.Errorf("%s: status %s", name, p.Status)
		}
		if diff := cmp.Diff([]any{c.wantFee, c.wantNet, c.wantPayout}, []any{p.Fee, p.Net, p.PayoutID}); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		var variance string
		for _, x := range found {
			if x.Code == reconcile.ExFeeVariance && x.Subject == "txn_1" {
				variance += x.Expected + " " + x.Actual
			}
		}
		if variance != c.variance {
			t.Errorf("%s: variance %q, want %q", name, variance, c.variance)
		}
	}
}
