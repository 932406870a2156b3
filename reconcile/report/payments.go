package report

import (
	"fmt"
	"strings"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

const paymentsFile = "payments.csv"

// paymentRow is a line of payments.csv: first the columns that payment documents have always had, in their
// order, then ours. PaymentJSON has the same fields.
type paymentRow struct {
	ID                   Text   `csv:"id"`
	OrganizationID       Text   `csv:"organization_id"`
	Provider             Text   `csv:"provider"`
	ProviderPaymentID    Text   `csv:"provider_payment_id"`
	Amount               Money  `csv:"amount" in:"currency"`
	Currency             Text   `csv:"currency"`
	Status               Text   `csv:"status"`
	CustomerEmail        Text   `csv:"customer_email"`
	CustomerName         Text   `csv:"customer_name"`
	LeadID               Text   `csv:"lead_id"`
	CallID               Text   `csv:"call_id"`
	PaymentDate          Time   `csv:"payment_date"`
	CreatedAt            Time   `csv:"created_at"`
	VerificationStatus   Text   `csv:"verification_status"`
	VerifiedAt           Time   `csv:"verified_at"`
	StripeChargeID       Text   `csv:"stripe_charge_id"`
	StripeCustomerID     Text   `csv:"stripe_customer_id"`
	StripeSubscriptionID Text   `csv:"stripe_subscription_id"`
	MatchedBy            Text   `csv:"matched_by"`
	MatchConfidence      Number `csv:"match_confidence"`
	MatchCandidates      JSON   `csv:"match_candidates"`
	RefundStatus         Text   `csv:"refund_status"`
	RefundedAmount       Money  `csv:"refunded_amount" in:"currency"`
	RefundedAt           Time   `csv:"refunded_at"`
	StripeRefundID       Text   `csv:"stripe_refund_id"`
	RefundReason         Text   `csv:"refund_reason"`
	StripeProductID      Text   `csv:"stripe_product_id"`
	MatchedProductID     Text   `csv:"matched_product_id"`
	Source               Text   `csv:"source"`
	ProviderStatus       Text   `csv:"provider_status"`
	CapturedAmount       Money  `csv:"captured_amount" in:"currency"`
	Fee                  Money  `csv:"fee" in:"settlement_currency"`
	Net                  Money  `csv:"net" in:"settlement_currency"`
	SettlementCurrency   Text   `csv:"settlement_currency"`
	PayoutID             Text   `csv:"payout_id"`
	DisputeStatus        Text   `csv:"dispute_status"`
	DisputedAmount       Money  `csv:"disputed_amount" in:"currency"`
	MatchState           Text   `csv:"match_state"`
	Margin               Number `csv:"margin"`
	Exceptions           Text   `csv:"exceptions"`
	CallConfidence       Number `csv:"call_confidence"`
	ProductConfidence    Number `csv:"product_confidence"`
	ProductCandidates    JSON   `csv:"product_candidates"`
}

func tallyPayment(r *paymentRow, s *sums) {
	s.add("amount", r.Amount)
	s.add("refunded_amount", r.RefundedAmount)
	s.add("captured_amount", r.CapturedAmount)
	s.add("disputed_amount", r.DisputedAmount)
	s.add("fee", r.Fee)
	s.add("net", r.Net)
}

// newPaymentRow builds a line; candidates is the payment's match_candidates.
func newPaymentRow(p *reconcile.Payment, candidates JSON, shown privacy) paymentRow {
	m := &p.Match
	leadID, callID, productID := m.Attributed()
	return paymentRow{
		ID:                   Text(p.ID),
		OrganizationID:       Text(p.OrganizationID),
		Provider:             Text(p.Provider),
		ProviderPaymentID:    Text(p.ProviderPaymentID),
		Amount:               Money(p.Amount),
		Currency:             Text(p.Amount.Currency),
		Status:               Text(p.Status),
		CustomerEmail:        Text(shown.email(p.CustomerEmail)),
		CustomerName:         Text(shown.name(p.CustomerName)),
		LeadID:               Text(leadID),
		CallID:               Text(callID),
		PaymentDate:          Time(p.PaymentDate),
		CreatedAt:            Time(p.CreatedAt),
		VerificationStatus:   Text(p.Verification),
		VerifiedAt:           Time(p.VerifiedAt),
		StripeChargeID:       Text(p.StripeChargeID),
		StripeCustomerID:     Text(p.StripeCustomerID),
		StripeSubscriptionID: Text(p.StripeSubscriptionID),
		MatchedBy:            Text(m.By),
		MatchConfidence:      scored(m, m.Confidence),
		MatchCandidates:      candidates,
		RefundStatus:         Text(p.Refund.Status),
		RefundedAmount:       Money(p.Refund.Amount),
		RefundedAt:           Time(p.Refund.At),
		StripeRefundID:       Text(stripeRefund(p)),
		RefundReason:         Text(shown.free(p.Refund.Reason)),
		StripeProductID:      Text(p.StripeProductID),
		MatchedProductID:     Text(productID),
		Source:               Text(p.Source),
		ProviderStatus:       Text(p.ProviderStatus),
		CapturedAmount:       Money(p.Captured),
		Fee:                  known(p.Fee),
		Net:                  known(p.Net),
		SettlementCurrency:   Text(settlementCurrency(p)),
		PayoutID:             Text(p.PayoutID),
		DisputeStatus:        Text(p.Dispute.Status),
		DisputedAmount:       Money(p.Dispute.Amount),
		MatchState:           Text(m.State),
		Margin:               scored(m, m.Margin),
		Exceptions:           Text(joinCodes(p.Exceptions)),
		CallConfidence:       ifKnown(m.CallConfidence()),
		ProductConfidence:    ifKnown(m.ProductConfidence()),
		ProductCandidates:    JSON(appendChoices(nil, m.Products, shown)),
	}
}

// scored prints a probability where there is one: with no candidate and no word of a person nothing was
// scored.
func scored(m *reconcile.Match, c reconcile.Confidence) Number {
	if len(m.Candidates) == 0 && m.Confidence == 0 {
		return ""
	}
	return confidence(c)
}

// settlementCurrency is the currency of fee and net, which are booked together.
func settlementCurrency(p *reconcile.Payment) money.Currency {
	switch {
	case p.Net != nil:
		return p.Net.Currency
	case p.Fee != nil:
		return p.Fee.Currency
	}
	return ""
}

func joinCodes(codes []reconcile.ExceptionCode) string {
	switch len(codes) {
	case 0:
		return ""
	case 1:
		return string(codes[0])
	}
	words := make([]string, len(codes))
	for i, code := range codes {
		words[i] = string(code)
	}
	return strings.Join(words, ";")
}

// checkCurrencies refuses a payment whose amounts would be printed under the wrong currency.
func checkCurrencies(p *reconcile.Payment) error {
	for _, a := range []money.Amount{p.Captured, p.Refund.Amount, p.Dispute.Amount} {
		if a.Currency != "" && a.Currency != p.Amount.Currency {
			return fmt.Errorf("payment %s is in %s but has an amount in %s: %w",
				p.ID, p.Amount.Currency, a.Currency, reconcile.ErrIntegrity)
		}
	}
	if p.Fee != nil && p.Net != nil && p.Fee.Currency != p.Net.Currency {
		return fmt.Errorf("payment %s has a fee in %s and a net in %s: %w",
			p.ID, p.Fee.Currency, p.Net.Currency, reconcile.ErrIntegrity)
	}
	return nil
}

// stripeRefund is the latest refund's id if it is one of Stripe's: other processors and books number theirs themselves.
func stripeRefund(p *reconcile.Payment) string {
	if p.Refund.Provider != "" && p.Refund.Provider != "stripe" {
		return ""
	}
	return p.Refund.ID
}
