package reconcile

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"pennytie/reconcile/money"
)

// drawn is a payment with its rows, and the ledger of it if it has one.
type drawn struct {
	payment Payment
	parts   Parts
}

func at(n int) time.Time { return time.Date(2026, 3, 1, 0, 0, n, 0, time.UTC) }

// drawPayment makes a payment whose fold agrees with its rows, some of which a ledger tells of.
func drawPayment(t *rapid.T) drawn {
	usd := func(minor int64) money.Amount { return money.New(minor, "USD") }
	captured := rapid.Int64Range(1, 100_000).Draw(t, "captured")
	d := drawn{payment: Payment{ID: "pay_1", Provider: "stripe", ProviderPaymentID: "pi_1", StripeChargeID: "ch_1", Source: "main",
		Role: RoleProcessor, Status: StatusSucceeded, Amount: usd(captured), Captured: usd(captured), PaymentDate: at(0)}}
	ledger := rapid.Bool().Draw(t, "ledger")
	booked := func(kind EntryKind, about string, minor int64, n int) {
		d.parts.Entries = append(d.parts.Entries, Entry{Source: "main", Provider: "stripe", ID: fmt.Sprintf("txn_%d", len(d.parts.Entries)),
			Kind: kind, About: about, Gross: usd(minor), Fee: usd(0), Net: usd(minor), CreatedAt: at(n), PaymentID: "pay_1"})
	}
	if ledger {
		booked(EntryCharge, "ch_1", captured, 0)
	}
	refunded, withheld := int64(0), int64(0)
	for n := range rapid.IntRange(0, 4).Draw(t, "refunds") {
		r := Refund{Source: "main", Provider: "stripe", ID: fmt.Sprintf("re_%d", n), Amount: usd(rapid.Int64Range(1, 9_999).Draw(t, "refund")),
			CreatedAt: at(rapid.IntRange(1, 5).Draw(t, "when")), Counted: rapid.IntRange(0, 4).Draw(t, "own view") > 0,
			Status: rapid.SampledFrom([]RefundRowStatus{RefundRowSucceeded, RefundRowFailed, RefundRowCanceled, RefundRowPending}).Draw(t, "status")}
		d.parts.Refunds = append(d.parts.Refunds, r)
		if !r.Counted {
			continue
		}
		if r.Status == RefundRowSucceeded {
			refunded += r.Amount.Minor
		}
		known := ledger && r.Status != RefundRowPending && rapid.Bool().Draw(t, "in the ledger") // the line may not have been read yet
		if known {
			booked(EntryRefund, r.ID, -r.Amount.Minor, 2)
		}
		if known && r.Status != RefundRowSucceeded {
			booked(EntryRefundFailure, r.ID, r.Amount.Minor, 9)
		}
	}
	for n := range rapid.IntRange(0, 3).Draw(t, "disputes") {
		x := Dispute{Source: "main", Provider: "stripe", ID: fmt.Sprintf("dp_%d", n), Amount: usd(rapid.Int64Range(1, 9_999).Draw(t, "dispute")),
			CreatedAt: at(3), Counted: true, Inquiry: rapid.IntRange(0, 3).Draw(t, "inquiry") == 0,
			Status: rapid.SampledFrom([]DisputeStatus{DisputeOpen, DisputeLost, DisputeWon}).Draw(t, "status")}
		d.parts.Disputes = append(d.parts.Disputes, x)
		if x.Inquiry {
			continue
		}
		if x.Status != DisputeWon {
			withheld += x.Amount.Minor
		}
		if ledger && rapid.Bool().Draw(t, "in the ledger") {
			part := rapid.Int64Range(0, x.Amount.Minor).Draw(t, "part") // a provider may book one dispute in several lines
			booked(EntryDispute, x.ID, -part, 3)
			booked(EntryDispute, x.ID, part-x.Amount.Minor, 4)
			if x.Status == DisputeWon {
				booked(EntryDisputeReversal, x.ID, x.Amount.Minor, 8)
			}
		}
	}
	d.payment.Refund.Amount, d.payment.Dispute.Amount = usd(refunded), usd(withheld)
	return d
}

// TestMovementsComeToWhatIsLeft holds that a payment's movements sum to captured - refunded - withheld, that no id comes twice, and
// that the order in which the rows came means nothing.
func TestMovementsComeToWhatIsLeft(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawPayment(t)
		list := Movements(&d.payment, d.parts, time.UTC)
		sum, seen := int64(0), map[string]bool{}
		for i := range list {
			m := &list[i]
			if seen[m.ID] {
				t.Fatalf("%s comes twice", m.ID)
			}
			seen[m.ID] = true
			if m.PaymentID != "pay_1" || m.Status != MovementBooked {
				t.Fatalf("movement %+v", m)
			}
			sum += m.Amount.Minor
		}
		p := &d.payment
		if want := p.Captured.Minor - p.Refund.Amount.Minor - p.Dispute.Amount.Minor; sum != want {
			t.Fatalf("movements come to %d, want %d: %+v", sum, want, list)
		}
		shuffle := rand.New(rand.NewPCG(1, rapid.Uint64().Draw(t, "seed")))
		shuffle.Shuffle(len(d.parts.Entries), func(i, j int) {
			d.parts.Entries[i], d.parts.Entries[j] = d.parts.Entries[j], d.parts.Entries[i]
		})
		slices.Reverse(d.parts.Refunds)
		slices.Reverse(d.parts.Disputes)
		if diff := cmp.Diff(list, Movements(p, d.parts, time.UTC)); diff != "" {
			t.Fatalf("another order, other movements: %s", diff)
		}
	})
}

// TestALedgerLineKeepsTheID holds that what was derived has the same row id once the ledger tells of it.
func TestALedgerLineKeepsTheID(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawPayment(t)
		derived := map[string]bool{}
		for _, m := range Movements(&d.payment, Parts{Refunds: d.parts.Refunds, Disputes: d.parts.Disputes}, time.UTC) {
			derived[m.ID] = true
		}
		for _, m := range Movements(&d.payment, d.parts, time.UTC) {
			delete(derived, m.ID)
		}
		if len(derived) > 0 {
			t.Fatalf("ids that are lost when the ledger comes: %v", derived)
		}
	})
}

// Two books may claim the payment that a processor has: three payments until somebody joins them, and a row of its own for each.
func TestMovementsOfOneObjectAreToldApart(t *testing.T) {
	paid := Payment{ID: "pay_1", Provider: "wepay", ProviderPaymentID: "wp_1", Role: RoleProcessor, Status: StatusSucceeded,
		Amount: money.New(100, "USD"), Captured: money.New(100, "USD"), PaymentDate: at(0)}
	seen := map[string]bool{}
	for _, of := range []struct {
		id   string
		role Role
	}{{"pay_1", RoleProcessor}, {"pay_2", RoleBook}, {"pay_3", RoleBook}} {
		paid.ID, paid.Role = of.id, of.role
		for _, m := range Movements(&paid, Parts{}, time.UTC) {
			if seen[m.ID] {
				t.Errorf("%s of %s has the id of another payment's row", m.Kind, m.PaymentID)
			}
			seen[m.ID] = true
		}
	}
	if len(seen) != 3 {
		t.Errorf("%d rows, want 3", len(seen))
	}
}

func TestMovementsOfOddPayments(t *testing.T) {
	usd := money.New(1_000, "USD")
	kinds := func(p Payment, parts Parts) string {
		text := ""
		for _, m := range Movements(&p, parts, time.FixedZone("west", -8*3600)) {
			text += fmt.Sprintf("%s %s %s %s; ", m.Kind, m.Status, m.BookedOn, m.Amount)
		}
		return text
	}
	base := Payment{ID: "pay_1", Provider: "stripe", ProviderPaymentID: "pi_1", Status: StatusSucceeded, Amount: usd, Captured: usd,
		PaymentDate: at(0)}
	for name, c := range map[string]struct {
		edit  func(*Payment)
		parts Parts
		want  string
	}{
		"plain":               {want: "charge booked 2026-02-28 10.00; "},
		"a day, in no zone":   {edit: func(p *Payment) { p.DayOnly = true }, want: "charge booked 2026-03-01 10.00; "},
		"only a book":         {edit: func(p *Payment) { p.Role = RoleBook }, want: "charge claimed 2026-02-28 10.00; "},
		"not collected":       {edit: func(p *Payment) { p.Status, p.Captured.Minor = StatusFailed, 0 }},
		"refunded, no row":    {edit: func(p *Payment) { p.Refund.Amount = usd }, want: "charge booked 2026-02-28 10.00; refund booked 2026-02-28 -10.00; "},
		"withheld, no row":    {edit: func(p *Payment) { p.Dispute.Amount = usd }, want: "charge booked 2026-02-28 10.00; dispute booked 2026-02-28 -10.00; "},
		"released":            {edit: func(p *Payment) { p.Captured.Minor = 0 }, parts: Parts{Refunds: []Refund{{ID: "re_1", Amount: usd, Counted: true, Status: RefundRowSucceeded, Reason: ReasonReleased}}}},
		"in another currency": {parts: Parts{Refunds: []Refund{{ID: "re_1", Amount: money.New(5, "JPY"), Counted: true, Status: RefundRowSucceeded, CreatedAt: at(90_000)}}}, want: "charge booked 2026-02-28 10.00; refund booked 2026-03-01 -5; "},
	} {
		p := base
		if c.edit != nil {
			c.edit(&p)
		}
		if got := kinds(p, c.parts); got != c.want {
			t.Errorf("%s: %s\nwant %s", name, got, c.want)
		}
	}
	facing := money.New(900, "EUR")
	loose := LooseMovements([]Entry{
		{Provider: "stripe", ID: "txn_2", Kind: EntryPayout, About: "po_1", Gross: usd, Net: usd, CreatedAt: at(2)},
		{Provider: "stripe", ID: "txn_1", Kind: EntryFee, Gross: usd, Net: usd, Facing: &facing, CreatedAt: at(1)},
		{Provider: "stripe", ID: "txn_3", Kind: EntryFee, Gross: usd, Net: usd, CreatedAt: at(3)}}, time.UTC)
	if len(loose) != 3 || loose[0].Amount != facing || *loose[0].Gross != usd || loose[1].PayoutID != "po_1" || loose[0].ID == loose[2].ID {
		t.Errorf("loose movements are %+v", loose)
	}
}
