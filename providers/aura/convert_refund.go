package aura

import (
	"math"
	"strconv"
	"strings"

	"pennytie/providers/internal/rows"
	"pennytie/providers/internal/wire"
	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

// readRefund reads the refund columns, which Aura has instead of refund rows. The refunded amount decides; words and dates
// that say otherwise are doubts.
func readRefund(f *reconcile.Facts, r *paymentRow) error {
	refunded, err := r.RefundedAmount.Minor(f.Amount.Currency)
	switch {
	case err != nil:
		return wrongAmount("refunded_amount", err)
	case refunded != nil && refunded.Minor > f.Amount.Minor:
		return rows.Refuse("refunded_amount", "refunded_amount is more than amount; correct the payment in Aura")
	}
	known := len(f.Doubts)
	refundByAmount(f, refunded)
	refundByWord(f, reconcile.RefundStatus(strings.ToLower(r.RefundStatus.Word())))
	if len(f.Doubts) == known {
		refundByTrace(f)
	}
	return nil
}

func doubtRefund(f *reconcile.Facts, field, expected, actual, detail string) {
	rows.Doubt(f, reconcile.ExRefundMismatch, field, expected, actual, detail)
}

// refundByAmount brings status and refunded amount together. A nil amount is unknown.
func refundByAmount(f *reconcile.Facts, refunded *money.Amount) {
	some := refunded != nil && refunded.Minor > 0
	all := some && refunded.Minor == f.Amount.Minor
	switch {
	case some && !f.Status.Collected():
		doubtRefund(f, "refunded_amount", money.New(0, f.Amount.Currency).String(), refunded.String(),
			"an amount was refunded of a payment that was not collected: it is not counted")
		f.RefundStatus, refunded = reconcile.RefundNone, nil
	case some && !all:
		if f.Status == reconcile.StatusRefunded {
			doubtRefund(f, "refunded_amount", f.Amount.String(), refunded.String(),
				"the status is refunded, but less than the amount was: it counts as a refund of a part")
		}
		f.Status, f.RefundStatus = reconcile.StatusSucceeded, reconcile.RefundPartial
	case all:
		if f.Status == reconcile.StatusSucceeded {
			doubtRefund(f, "status", string(reconcile.StatusRefunded), string(reconcile.StatusSucceeded),
				"all of the amount was refunded, but the status does not say so")
		}
		f.RefundStatus = reconcile.RefundFull
	case f.Status == reconcile.StatusRefunded:
		if refunded != nil && f.Amount.Minor > 0 {
			doubtRefund(f, "refunded_amount", f.Amount.String(), refunded.String(),
				"the status is refunded, but the refunded amount is zero: it counts as a refund of all")
		}
		f.RefundStatus, refunded = reconcile.RefundFull, nil
	case refunded != nil:
		f.RefundStatus = reconcile.RefundNone
	}
	f.RefundedAmount = refunded
}

// refundByWord looks at refund_status, a free text. Assumed: none, pending, partial, full and failed mean what they
// say; another word beside a refund says nothing more, and without one it may mean a refund that is not counted.
func refundByWord(f *reconcile.Facts, word reconcile.RefundStatus) {
	nothing := f.RefundStatus == "" || f.RefundStatus == reconcile.RefundNone
	switch word {
	case reconcile.RefundPending, reconcile.RefundFailed:
		if nothing {
			if f.Status.Collected() {
				f.RefundStatus = word
			}
			return
		}
	case reconcile.RefundNone:
		if nothing {
			f.RefundStatus = word
			return
		}
	case reconcile.RefundPartial, reconcile.RefundFull:
		if word == f.RefundStatus {
			return
		}
	default:
		if nothing && word != "" {
			doubtRefund(f, "refund_status", "none, pending, partial, full or failed", string(word),
				"the source gives a refund status that nobody knows, and no amount was refunded")
		}
		return
	}
	expected := string(f.RefundStatus)
	if expected == "" {
		expected = "a refunded amount"
	}
	doubtRefund(f, "refund_status", expected, string(word), "the refund status differs from what the refunded amount says")
}

// refundByTrace looks for a refund that has a date or an id, but no amount.
func refundByTrace(f *reconcile.Facts) {
	if f.RefundStatus != "" && f.RefundStatus != reconcile.RefundNone {
		return
	}
	switch {
	case f.RefundID != "":
		doubtRefund(f, "stripe_refund_id", "a refunded amount", f.RefundID, "a refund is named, but no amount was refunded")
	case !f.RefundedAt.IsZero():
		doubtRefund(f, "refunded_at", "a refunded amount", f.RefundedAt.Format("2006-01-02T15:04:05Z07:00"),
			"a refund has a date, but no amount was refunded")
	}
}

// confidenceOf reads how sure Aura is, from 0 to 1.
func confidenceOf(value wire.Scalar, scale string) (confidence float64, known bool) {
	confidence, err := strconv.ParseFloat(value.Word(), 64)
	if scale == ScalePercent || scale == ScaleAuto && confidence > 1 {
		confidence /= 100
	}
	if err != nil || math.IsNaN(confidence) || confidence < 0 || confidence > 1 {
		return 0, false
	}
	return confidence, true
}
