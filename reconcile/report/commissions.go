package report

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

const commissionsFile = "commissions.csv"

// commissionRow is a line of commissions.csv: one movement of money of a collected payment whose lead is decided and that its
// processor does not deny, in the order of payments.csv. Money to the merchant is positive, money away negative; the lines of a
// payment come to captured - refunded - lost in disputes. What went and came back (a refund that failed, a dispute that was won)
// is two lines, each when it happened; what may still come to either, an open dispute, is none.
type commissionRow struct {
	Kind      Text  `csv:"kind"` // credit, refund, refund_failure, dispute or dispute_reversal
	PaymentID Text  `csv:"payment_id"`
	LeadID    Text  `csv:"lead_id"`
	CallID    Text  `csv:"call_id"`
	ProductID Text  `csv:"product_id"`
	Agent     Text  `csv:"agent"` // of the call
	Currency  Text  `csv:"currency"`
	Amount    Money `csv:"amount" in:"currency"`
	BookedAt  Time  `csv:"booked_at"` // when the money moved; empty if nobody says
	RowID     Text  `csv:"row_id"`    // the same in every run
}

// movements are the refunds and disputes of each payment that moved money, as their rows said.
type movements struct {
	refunds  movesByPayment
	disputes movesByPayment
}

type movesByPayment map[string][]move

// move is money that went away, and came back if back is known.
type move struct {
	object   string // the provider's id of the refund or dispute
	amount   money.Amount
	at, back time.Time
}

// add keeps what is gone, and what returned if somebody says when.
func (m movesByPayment) add(paymentID string, gone, returned bool, moved move) {
	if gone {
		moved.back = time.Time{} // whatever went to and fro before
	}
	if gone || returned && !moved.back.IsZero() {
		m[paymentID] = append(m[paymentID], moved)
	}
}

// of lists those of a payment by time and id, in whatever order they came.
func (m movesByPayment) of(paymentID string) []move {
	moved := m[paymentID]
	slices.SortFunc(moved, func(a, b move) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.object, b.object)) })
	return moved
}

// commissionLines builds the lines of one payment.
type commissionLines struct {
	line commissionRow // what they have in common
	rows []commissionRow
}

func (c *commissionLines) book(kind Text, object string, amount money.Amount, at time.Time) {
	c.line.Kind, c.line.Amount, c.line.BookedAt = kind, Money(amount), Time(at)
	c.line.RowID = Text(rowID(string(c.line.PaymentID), string(kind), object))
	c.rows = append(c.rows, c.line)
}

// take books money that went away and, if it came back, its return.
func (c *commissionLines) take(kind, back Text, m move) {
	c.book(kind, m.object, m.amount.Neg(), m.at)
	if !m.back.IsZero() {
		c.book(back, m.object, m.amount, m.back)
	}
}

// rowID stands for one fact of a payment.
func rowID(payment, kind, object string) string {
	sum := sha256.Sum256([]byte(payment + "\x00" + kind + "\x00" + object))
	const bytes = 12
	return "row_" + hex.EncodeToString(sum[:bytes])
}

// commissionRows lists the movements of a payment, and none if it is not to be credited to anybody.
func commissionRows(p *reconcile.Payment, moves movements, agent string) ([]commissionRow, error) {
	if !credited(p) {
		return nil, nil
	}
	c := commissionLines{line: commissionRow{
		PaymentID: Text(p.ID),
		LeadID:    Text(p.Match.LeadID),
		CallID:    Text(p.Match.CallID),
		ProductID: Text(p.Match.ProductID),
		Agent:     Text(agent),
		Currency:  Text(p.Amount.Currency),
	}}
	c.book("credit", "", p.Captured, p.PaymentDate)
	left := money.New(p.Refund.Amount.Minor, p.Amount.Currency) // what no row explains
	for _, m := range moves.refunds.of(p.ID) {
		if m.amount.Currency != p.Amount.Currency {
			continue // the payment's own sum leaves it out, too
		}
		c.take("refund", "refund_failure", m)
		if !m.back.IsZero() {
			continue
		}
		var err error
		if left, err = left.Sub(m.amount); err != nil {
			return nil, fmt.Errorf("refunds of payment %s: %w", p.ID, err)
		}
	}
	if left.Minor != 0 {
		c.book("refund", "", left.Neg(), p.Refund.At)
	}
	rowless := p.Dispute.Status == reconcile.DisputeLost
	for _, m := range moves.disputes.of(p.ID) {
		if m.amount.Currency == p.Amount.Currency {
			c.take("dispute", "dispute_reversal", m)
			rowless = rowless && !m.back.IsZero()
		}
	}
	if rowless && p.Dispute.Amount.Minor != 0 {
		c.book("dispute", "", p.Dispute.Amount.Neg(), time.Time{})
	}
	return c.rows, nil
}

// credited says whether somebody earns on a payment.
func credited(p *reconcile.Payment) bool {
	return p.Status.Collected() && p.Match.State.Decided() && p.Match.LeadID != "" && p.Verification != reconcile.Rejected
}

// agentOf is the agent of the call that a credited payment came from.
func (b *bundle) agentOf(p *reconcile.Payment) (string, error) {
	if p.Match.CallID == "" || !credited(p) {
		return "", nil
	}
	call, err := b.reader.Call(p.Match.CallID)
	if errors.Is(err, reconcile.ErrNotFound) {
		return "", nil // a person may name a call that no source has
	}
	if err != nil {
		return "", err
	}
	return call.Agent, nil
}
