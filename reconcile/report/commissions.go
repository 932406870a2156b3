package report

import (
	"fmt"
	"time"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

const commissionsFile = "commissions.csv"

// commissionRow is a line of commissions.csv: one movement of money of a collected payment whose lead is
// decided and that its processor does not deny, in the order of payments.csv. Money to the merchant is positive, money away negative; the lines
// of a payment come to captured - refunded - lost in disputes.
type commissionRow struct {
	Kind      Text  `csv:"kind"` // credit, refund or dispute
	PaymentID Text  `csv:"payment_id"`
	LeadID    Text  `csv:"lead_id"`
	CallID    Text  `csv:"call_id"`
	ProductID Text  `csv:"product_id"`
	Currency  Text  `csv:"currency"`
	Amount    Money `csv:"amount" in:"currency"`
	BookedAt  Time  `csv:"booked_at"` // when the money moved; empty if nobody says
}

// movements are the refunds and lost disputes of each payment, as their rows said.
type movements struct {
	refunds  movesByPayment
	disputes movesByPayment
}

type movesByPayment map[string][]move

type move struct {
	amount money.Amount
	at     time.Time
}

func (m movesByPayment) add(paymentID string, amount money.Amount, at time.Time) {
	m[paymentID] = append(m[paymentID], move{amount, at})
}

// commissionRows lists the movements of a payment, and none if it is not to be credited to anybody.
func commissionRows(p *reconcile.Payment, moves movements) ([]commissionRow, error) {
	if !p.Status.Collected() || !p.Match.State.Decided() || p.Match.LeadID == "" || p.Verification == reconcile.Rejected {
		return nil, nil
	}
	line := commissionRow{
		PaymentID: Text(p.ID),
		LeadID:    Text(p.Match.LeadID),
		CallID:    Text(p.Match.CallID),
		ProductID: Text(p.Match.ProductID),
		Currency:  Text(p.Amount.Currency),
	}
	var rows []commissionRow
	book := func(kind Text, amount money.Amount, at time.Time) {
		line.Kind, line.Amount, line.BookedAt = kind, Money(amount), Time(at)
		rows = append(rows, line)
	}
	book("credit", p.Captured, p.PaymentDate)
	left := money.New(p.Refund.Amount.Minor, p.Amount.Currency) // what no row explains
	var err error
	for _, m := range moves.refunds[p.ID] {
		if m.amount.Currency != p.Amount.Currency {
			continue // the payment's own sum leaves it out, too
		}
		if left, err = left.Sub(m.amount); err != nil {
			return nil, fmt.Errorf("refunds of payment %s: %w", p.ID, err)
		}
		book("refund", negated(m.amount), m.at)
	}
	if left.Minor != 0 {
		book("refund", negated(left), p.Refund.At)
	}
	rowless := p.Dispute.Status == reconcile.DisputeLost
	for _, m := range moves.disputes[p.ID] {
		if m.amount.Currency == p.Amount.Currency {
			book("dispute", negated(m.amount), m.at)
			rowless = false
		}
	}
	if rowless && p.Dispute.Amount.Minor != 0 {
		book("dispute", negated(p.Dispute.Amount), time.Time{})
	}
	return rows, nil
}

// negated turns the sign; the smallest 64-bit number, which has no opposite, is never an amount.
func negated(a money.Amount) money.Amount { return money.New(-a.Minor, a.Currency) }
