package stripe

import (
	"encoding/json"
	"fmt"
	"time"

	stripe "github.com/stripe/stripe-go/v76"

	"pennytie/providers/internal/rows"
	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

// entry makes a line of the ledger: https://docs.stripe.com/api/balance_transactions/object. It is in the currency of the
// balance; what the customer saw is the source's, never computed with exchange_rate, which is rounded.
func (c *converter) entry(r *row[*stripe.BalanceTransaction]) (reconcile.Entry, error) {
	none := reconcile.Entry{}
	gross, fee, net, err := r.head.settled("")
	if err != nil {
		return none, err
	}
	created, err := r.head.created()
	if err != nil {
		return none, err
	}
	available, err := sometime("available_on", r.head.AvailableOn)
	if err != nil {
		return none, err
	}
	category := string(r.object.ReportingCategory)
	entry := reconcile.Entry{
		Source: c.source, Provider: Name, ID: r.object.ID, Kind: rows.StripeEntry(category), Category: category,
		Gross: gross, Fee: fee, Net: net, Description: r.object.Description, CreatedAt: created, AvailableOn: available,
	}
	if source := r.object.Source; source != nil {
		entry.About, entry.Keys = source.ID, about(source)
		entry.Facing, err = facing(&entry, source, r.head.Source)
	}
	return entry, err
}

// about names the payment that a ledger row belongs to, by what moved the money. A source that Stripe did not expand, because
// the key may not read it, tells only its own id.
func about(source *stripe.BalanceTransactionSource) []reconcile.Key {
	switch {
	case source.Charge != nil:
		return paymentKeys(source.Charge.PaymentIntent, source.Charge)
	case source.Refund != nil:
		return paymentKeys(source.Refund.PaymentIntent, source.Refund.Charge)
	case source.Dispute != nil:
		return paymentKeys(source.Dispute.PaymentIntent, source.Dispute.Charge)
	}
	return nil
}

// facing is what the customer paid or got by a ledger row, where that is in another currency than the balance. Of a charge it
// is what was captured: a row that takes back the rest then moved nothing of the customer's. Of the rows of a dispute
// only the largest of its kind is the customer's money, the others are corrections of the rate.
func facing(entry *reconcile.Entry, source *stripe.BalanceTransactionSource, raw json.RawMessage) (*money.Amount, error) {
	const prefix = "source."
	var said head
	if source.Charge == nil && source.Refund == nil && source.Dispute == nil || json.Unmarshal(raw, &said) != nil {
		return nil, nil
	}
	currency, err := said.currency(prefix)
	if err != nil || currency == entry.Gross.Currency {
		return nil, err
	}
	field, value := prefix+"amount", said.Amount
	if entry.Kind == reconcile.EntryCharge {
		field, value = prefix+"amount_captured", said.AmountCaptured
	}
	amount, err := positive(field, value, currency)
	if err != nil {
		return nil, err
	}
	switch entry.Kind {
	case reconcile.EntryChargeFailure:
		if entry.Category != "charge_failure" {
			amount.Minor = 0
		}
	case reconcile.EntryDispute, reconcile.EntryDisputeReversal:
		if !largestOfDispute(entry, source.Dispute) {
			amount.Minor = 0
		}
	case reconcile.EntryCharge, reconcile.EntryRefund, reconcile.EntryRefundFailure:
	default: // a fee about a charge is not the customer's
		return nil, nil
	}
	if entry.Gross.Minor < 0 {
		amount.Minor = -amount.Minor
	}
	return &amount, nil
}

// largestOfDispute says whether no other row of the dispute and category moved more, the earlier id among equals.
func largestOfDispute(entry *reconcile.Entry, dispute *stripe.Dispute) bool {
	if dispute == nil {
		return false
	}
	size := max(entry.Gross.Minor, -entry.Gross.Minor)
	for _, other := range dispute.BalanceTransactions {
		if other == nil || other.ID == entry.ID || string(other.ReportingCategory) != entry.Category {
			continue
		}
		moved, err := scale(max(other.Amount, -other.Amount), entry.Gross.Currency)
		if err == nil && (moved.Minor > size || moved.Minor == size && other.ID < entry.ID) {
			return false
		}
	}
	return true
}

// settled reads amount, fee and net of a ledger row, and holds Stripe to net = amount - fee. prefix is where the row stands.
func (h head) settled(prefix string) (gross, fee, net money.Amount, err error) {
	none := money.Amount{}
	currency, err := h.currency(prefix)
	if err != nil {
		return none, none, none, err
	}
	for _, part := range []struct {
		name  string
		value *int64
		into  *money.Amount
	}{{"amount", h.Amount, &gross}, {"fee", h.Fee, &fee}, {"net", h.Net, &net}} {
		if part.value == nil {
			return none, none, none, rows.Missing(prefix + part.name)
		}
		if *part.into, err = scale(*part.value, currency); err != nil {
			return none, none, none, rows.Wrong(prefix+part.name, err)
		}
	}
	want, err := gross.Sub(fee)
	if err != nil {
		return none, none, none, rows.Wrong(prefix+"net", err)
	}
	if want != net {
		return none, none, none, rows.Refuse(prefix+"net", fmt.Sprintf("%snet is %s, but amount minus fee is %s %s", prefix, net, want, currency))
	}
	return gross, fee, net, nil
}

// payout makes a payout: https://docs.stripe.com/api/payouts/object. Stripe lists what is in one that its schedule made, once
// it has come to the end of that; a manual or instant one it never itemises
// (https://docs.stripe.com/payouts/reconciliation). Its amount is below zero where the bank was debited.
func (c *converter) payout(r *row[*stripe.Payout]) (reconcile.Payout, error) {
	none := reconcile.Payout{}
	currency, err := r.head.currency("")
	if err != nil {
		return none, err
	}
	switch {
	case r.head.Amount == nil:
		return none, rows.Missing("amount")
	case r.head.Status == nil:
		return none, rows.Missing("status")
	case r.head.Automatic == nil:
		return none, rows.Missing("automatic")
	}
	amount, err := scale(*r.head.Amount, currency)
	if err != nil {
		return none, rows.Wrong("amount", err)
	}
	created, err := r.head.created()
	if err != nil {
		return none, err
	}
	arrives, err := sometime("arrival_date", r.head.ArrivalDate)
	if err != nil {
		return none, err
	}
	payout := reconcile.Payout{
		Source: c.source, Provider: Name, ID: r.object.ID, Amount: amount, ProviderStatus: *r.head.Status, Automatic: *r.head.Automatic,
		Itemised:    r.object.ReconciliationStatus == stripe.PayoutReconciliationStatusCompleted,
		Description: r.object.Description, CreatedAt: created, ArrivesOn: arrives,
	}
	payout.Status, payout.Open = payoutStatus(r.object.Status)
	waits := r.object.ReconciliationStatus == stripe.PayoutReconciliationStatusInProgress
	payout.Open = payout.Open || payout.Automatic && payout.Status == reconcile.PayoutPaid && waits
	return payout, nil
}

// payoutStatus reads a payout's word, and whether it may change. A word that is not known has not come to its end.
func payoutStatus(word stripe.PayoutStatus) (status reconcile.PayoutStatus, open bool) {
	switch word {
	case stripe.PayoutStatusPaid:
		return reconcile.PayoutPaid, false
	case stripe.PayoutStatusFailed:
		return reconcile.PayoutFailed, false
	case stripe.PayoutStatusCanceled:
		return reconcile.PayoutCanceled, false
	case stripe.PayoutStatusInTransit:
		return reconcile.PayoutInTransit, true
	}
	return reconcile.PayoutPending, true
}

// sometime reads a moment that need not be there.
func sometime(field string, seconds *int64) (time.Time, error) {
	if seconds == nil {
		return time.Time{}, nil
	}
	return moment(field, *seconds)
}
