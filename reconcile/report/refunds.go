package report

import (
	"cmp"
	"iter"

	"pennytie/reconcile"
)

const refundsFile = "refunds.csv"

// refundRow is a line of refunds.csv, by created_at, provider and refund id. An orphan has no payment_id,
// but still the payment's id at the provider, as the refund states it.
type refundRow struct {
	Provider          Text  `csv:"provider"`
	ProviderRefundID  Text  `csv:"provider_refund_id"`
	PaymentID         Text  `csv:"payment_id"`
	ProviderPaymentID Text  `csv:"provider_payment_id"`
	Amount            Money `csv:"amount" in:"currency"`
	Currency          Text  `csv:"currency"`
	Status            Text  `csv:"status"`
	ProviderStatus    Text  `csv:"provider_status"`
	Reason            Text  `csv:"reason"`
	CreatedAt         Time  `csv:"created_at"`
	Source            Text  `csv:"source"`
	Counted           Text  `csv:"counted"` // false: a book's own view of refunds that its processor lists, or an orphan
	LeadID            Text  `csv:"lead_id"` // that its payment is attributed to
	CallID            Text  `csv:"call_id"`
	ProductID         Text  `csv:"product_id"`
}

func compareRefunds(a, b *refundRow) int {
	return cmp.Or(compareTimes(a.CreatedAt, b.CreatedAt), cmp.Compare(a.Provider, b.Provider),
		cmp.Compare(a.ProviderRefundID, b.ProviderRefundID), cmp.Compare(a.Source, b.Source))
}

// refunds writes refunds.csv and keeps those that moved money for commissions.csv.
func (b *bundle) refunds() error {
	t, err := openTable(b, refundsFile, func(r *refundRow, s *sums) { s.add("amount", r.Amount) })
	if err != nil {
		return err
	}
	stream := func() iter.Seq2[*reconcile.Refund, error] {
		b.moves.refunds, b.orphans = movesByPayment{}, 0
		return b.reader.Refunds(b.options.Sources)
	}
	if err := writeSorted(t, stream, b.refundRow, compareRefunds); err != nil {
		return err
	}
	return finishTable(b, t)
}

func (b *bundle) refundRow(r *reconcile.Refund) refundRow {
	if r.PaymentID == "" {
		b.orphans++
	} else if r.Counted {
		returned := r.Status == reconcile.RefundRowFailed || r.Status == reconcile.RefundRowCanceled
		b.moves.refunds.add(r.PaymentID, r.Status == reconcile.RefundRowSucceeded, returned, move{r.ID, r.Amount, r.CreatedAt, r.ReturnedAt})
	}
	return refundRow{
		Provider:          Text(r.Provider),
		ProviderRefundID:  Text(r.ID),
		PaymentID:         Text(r.PaymentID),
		ProviderPaymentID: Text(firstKey(r.Keys)),
		Amount:            Money(r.Amount),
		Currency:          Text(r.Amount.Currency),
		Status:            Text(r.Status),
		ProviderStatus:    Text(r.ProviderStatus),
		Reason:            Text(b.shown.free(r.Reason)),
		CreatedAt:         Time(r.CreatedAt),
		Source:            Text(r.Source),
		Counted:           yesNo(r.Counted),
		LeadID:            Text(r.LeadID),
		CallID:            Text(r.CallID),
		ProductID:         Text(r.ProductID),
	}
}

func yesNo(yes bool) Text {
	if yes {
		return "true"
	}
	return "false"
}

// firstKey is the id by which a refund or dispute names its payment.
func firstKey(keys []reconcile.Key) string {
	if len(keys) == 0 {
		return ""
	}
	return keys[0].ID
}
