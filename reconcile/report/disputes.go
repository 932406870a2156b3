package report

import (
	"cmp"
	"iter"

	"pennytie/reconcile"
)

const disputesFile = "disputes.csv"

// disputeRow is a line of disputes.csv, by created_at, provider and dispute id.
type disputeRow struct {
	Provider          Text  `csv:"provider"`
	ProviderDisputeID Text  `csv:"provider_dispute_id"`
	PaymentID         Text  `csv:"payment_id"`
	ProviderPaymentID Text  `csv:"provider_payment_id"`
	Amount            Money `csv:"amount" in:"currency"`
	Currency          Text  `csv:"currency"`
	Status            Text  `csv:"status"`
	Inquiry           Text  `csv:"inquiry"` // true or false: an inquiry moves no money
	ProviderStatus    Text  `csv:"provider_status"`
	Reason            Text  `csv:"reason"`
	CreatedAt         Time  `csv:"created_at"`
	Source            Text  `csv:"source"`
	Counted           Text  `csv:"counted"` // false: a book's own view of disputes that its processor lists, or an orphan
	LeadID            Text  `csv:"lead_id"` // that its payment is attributed to
	CallID            Text  `csv:"call_id"`
	ProductID         Text  `csv:"product_id"`
}

func compareDisputes(a, b *disputeRow) int {
	return cmp.Or(compareTimes(a.CreatedAt, b.CreatedAt), cmp.Compare(a.Provider, b.Provider),
		cmp.Compare(a.ProviderDisputeID, b.ProviderDisputeID), cmp.Compare(a.Source, b.Source))
}

// disputes writes disputes.csv and keeps those that moved money for commissions.csv.
func (b *bundle) disputes() error {
	t, err := openTable(b, disputesFile, func(r *disputeRow, s *sums) { s.add("amount", r.Amount) })
	if err != nil {
		return err
	}
	stream := func() iter.Seq2[*reconcile.Dispute, error] {
		b.moves.disputes = movesByPayment{}
		return b.reader.Disputes(b.options.Sources)
	}
	if err := writeSorted(t, stream, b.disputeRow, compareDisputes); err != nil {
		return err
	}
	return finishTable(b, t)
}

func (b *bundle) disputeRow(d *reconcile.Dispute) disputeRow {
	if d.PaymentID != "" && d.Counted && !d.Inquiry {
		b.moves.disputes.add(d.PaymentID, d.Status == reconcile.DisputeLost, d.Status == reconcile.DisputeWon,
			move{d.ID, d.Amount, d.CreatedAt, d.ReturnedAt})
	}
	return disputeRow{
		Provider:          Text(d.Provider),
		ProviderDisputeID: Text(d.ID),
		PaymentID:         Text(d.PaymentID),
		ProviderPaymentID: Text(firstKey(d.Keys)),
		Amount:            Money(d.Amount),
		Currency:          Text(d.Amount.Currency),
		Status:            Text(d.Status),
		Inquiry:           yesNo(d.Inquiry),
		ProviderStatus:    Text(d.ProviderStatus),
		Reason:            Text(b.shown.free(d.Reason)),
		CreatedAt:         Time(d.CreatedAt),
		Source:            Text(d.Source),
		Counted:           yesNo(d.Counted),
		LeadID:            Text(d.LeadID),
		CallID:            Text(d.CallID),
		ProductID:         Text(d.ProductID),
	}
}
