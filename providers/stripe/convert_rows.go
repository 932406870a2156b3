package stripe

import (
	"time"

	stripe "github.com/stripe/stripe-go/v76"

	"pennytie/providers/internal/rows"
	"pennytie/reconcile"
)

// refund makes a refund row: https://docs.stripe.com/api/refunds/object.
func (c *converter) refund(r *row[*stripe.Refund]) (reconcile.Refund, error) {
	amount, f := r.head.amount()
	if f != nil {
		return reconcile.Refund{}, f
	}
	created, f := r.head.created()
	if f != nil {
		return reconcile.Refund{}, f
	}
	status, open := refundStatus(r.object.Status)
	return reconcile.Refund{
		Source: c.source, Provider: Name, ID: r.object.ID,
		Keys:   paymentKeys(r.object.PaymentIntent, r.object.Charge),
		Amount: amount, Status: status, ProviderStatus: string(r.object.Status),
		Reason: string(r.object.Reason), CreatedAt: created, ReturnedAt: movedAt(r.object.FailureBalanceTransaction), Open: open,
	}, nil
}

// refundStatus reads a refund's word, and whether it may change. A failed or canceled one gave the money back
// to the merchant (https://docs.stripe.com/refunds#failed-refunds). A word that is not known is not money.
func refundStatus(word stripe.RefundStatus) (status reconcile.RefundRowStatus, open bool) {
	switch word {
	case stripe.RefundStatusSucceeded:
		return reconcile.RefundRowSucceeded, false
	case stripe.RefundStatusFailed:
		return reconcile.RefundRowFailed, false
	case stripe.RefundStatusCanceled:
		return reconcile.RefundRowCanceled, false
	}
	return reconcile.RefundRowPending, true // pending, requires_action
}

// dispute makes a dispute row: https://docs.stripe.com/api/disputes/object. Its amount may differ from the
// charge's.
func (c *converter) dispute(r *row[*stripe.Dispute]) (reconcile.Dispute, error) {
	amount, f := r.head.amount()
	if f != nil {
		return reconcile.Dispute{}, f
	}
	created, f := r.head.created()
	if f != nil {
		return reconcile.Dispute{}, f
	}
	dispute := reconcile.Dispute{
		Source: c.source, Provider: Name, ID: r.object.ID,
		Keys:   paymentKeys(r.object.PaymentIntent, r.object.Charge),
		Amount: amount, ProviderStatus: string(r.object.Status), Reason: string(r.object.Reason),
		CreatedAt: created,
	}
	dispute.Status, dispute.Inquiry, dispute.Open = disputeStatus(r.object.Status)
	for _, moved := range r.object.BalanceTransactions {
		if moved != nil && moved.ReportingCategory == stripe.BalanceTransactionReportingCategoryDisputeReversal {
			dispute.ReturnedAt = movedAt(moved)
		}
	}
	return dispute, nil
}

// movedAt is when a line of the ledger was made; nobody says where there is none or only its id.
func movedAt(line *stripe.BalanceTransaction) time.Time {
	if line == nil || line.Created <= 0 {
		return time.Time{}
	}
	return time.Unix(line.Created, 0).UTC()
}

// disputeStatus reads a dispute's word. Those that begin with warning_ are inquiries: no money moves
// (https://docs.stripe.com/disputes/how-disputes-work#inquiries). A closed inquiry is won.
func disputeStatus(word stripe.DisputeStatus) (status reconcile.DisputeStatus, inquiry, open bool) {
	switch word {
	case stripe.DisputeStatusWon:
		return reconcile.DisputeWon, false, false
	case stripe.DisputeStatusLost:
		return reconcile.DisputeLost, false, false
	case stripe.DisputeStatusWarningClosed:
		return reconcile.DisputeWon, true, false
	case stripe.DisputeStatusWarningNeedsResponse, stripe.DisputeStatusWarningUnderReview:
		return reconcile.DisputeOpen, true, true
	}
	return reconcile.DisputeOpen, false, true // needs_response, under_review
}

// paymentKeys names the payment that a refund or dispute is about, its intent first.
func paymentKeys(intent *stripe.PaymentIntent, charge *stripe.Charge) []reconcile.Key {
	var ids []string
	if intent != nil {
		ids = append(ids, intent.ID)
	}
	if charge != nil {
		ids = append(ids, charge.ID)
	}
	return keys(ids...)
}

// session makes the record of a checkout: https://docs.stripe.com/api/checkout/sessions/object. It says
// what the payer typed and what was bought; the charge says what was paid.
func (c *converter) session(r *row[*stripe.CheckoutSession]) (reconcile.SourceRecord, error) {
	s := r.object
	created, f := r.head.created()
	if f != nil {
		return reconcile.SourceRecord{}, f
	}
	details := s.CustomerDetails
	if details == nil {
		details = &stripe.CheckoutSessionCustomerDetails{}
	}
	facts := reconcile.Facts{
		ProviderStatus: string(s.Status), CreatedAt: created, Name: details.Name,
		Emails: distinct(details.Email, s.CustomerEmail),
		Payer: reconcile.Payer{
			Phone: details.Phone, Reference: s.ClientReferenceID, Metadata: s.Metadata,
		},
	}
	setAddress(&facts.Payer, details.Address)
	if s.PaymentIntent != nil {
		facts.ProviderPaymentID = s.PaymentIntent.ID
	}
	if s.Customer != nil {
		facts.StripeCustomerID = s.Customer.ID
	}
	if s.Subscription != nil {
		facts.StripeSubscriptionID = s.Subscription.ID
	}
	if s.LineItems != nil {
		best := largest{cut: s.LineItems.HasMore}
		for _, line := range s.LineItems.Data {
			if line != nil {
				best.offer(line.AmountTotal, line.ID, line.Price)
			}
		}
		facts.StripeProductID = best.product()
	}
	// A session expires after a day, but a bank debit started by it may take two weeks.
	unpaid := s.PaymentStatus == stripe.CheckoutSessionPaymentStatusUnpaid &&
		s.Status != stripe.CheckoutSessionStatusExpired && c.recent(created)
	return reconcile.SourceRecord{
		Source: c.source, Provider: Name, Role: c.role, Kind: reconcile.KindDetail,
		ID: s.ID, Keys: keys(facts.ProviderPaymentID, s.ID),
		Open: s.Status == stripe.CheckoutSessionStatusOpen || unpaid, Facts: facts,
	}, nil
}

// product makes a product of the catalogue: https://docs.stripe.com/api/products/object.
func (c *converter) product(r *row[*stripe.Product]) (reconcile.Product, error) {
	if r.object.Name == "" {
		return reconcile.Product{}, rows.Missing("name")
	}
	return reconcile.Product{ID: r.object.ID, Name: r.object.Name, StripeProductID: r.object.ID}, nil
}
