package rows

import "pennytie/reconcile"

// StripeEntry says what a line of Stripe's ledger was, by its reporting category
// (https://docs.stripe.com/reports/reporting-categories). There are more categories than are named here, and new ones come:
// they are other.
func StripeEntry(category string) reconcile.EntryKind {
	switch category {
	case "charge":
		return reconcile.EntryCharge
	case "charge_failure", "partial_capture_reversal":
		return reconcile.EntryChargeFailure
	case "refund":
		return reconcile.EntryRefund
	case "refund_failure":
		return reconcile.EntryRefundFailure
	case "dispute":
		return reconcile.EntryDispute
	case "dispute_reversal":
		return reconcile.EntryDisputeReversal
	case "fee", "tax", "network_cost":
		return reconcile.EntryFee
	case "payout":
		return reconcile.EntryPayout
	case "payout_reversal":
		return reconcile.EntryPayoutReversal
	}
	return reconcile.EntryOther
}
