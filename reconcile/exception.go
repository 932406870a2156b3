package reconcile

import "time"

// ExceptionCode names something a person must look at.
type ExceptionCode string

// The codes.
const (
	ExUnmatched          ExceptionCode = "UNMATCHED"
	ExAmbiguous          ExceptionCode = "AMBIGUOUS"
	ExLowConfidence      ExceptionCode = "LOW_CONFIDENCE"
	ExAmountOver         ExceptionCode = "AMOUNT_OVER"
	ExAmountUnder        ExceptionCode = "AMOUNT_UNDER"
	ExCurrencyMismatch   ExceptionCode = "CURRENCY_MISMATCH"
	ExStatusMismatch     ExceptionCode = "STATUS_MISMATCH"
	ExDuplicate          ExceptionCode = "DUPLICATE"
	ExDoubleCredit       ExceptionCode = "DOUBLE_CREDIT"
	ExMissingAtProcessor ExceptionCode = "MISSING_AT_PROCESSOR"
	ExMissingInBook      ExceptionCode = "MISSING_IN_BOOK"
	ExRefundOrphan       ExceptionCode = "REFUND_ORPHAN"
	ExRefundExceeds      ExceptionCode = "REFUND_EXCEEDS"
	ExRefundMismatch     ExceptionCode = "REFUND_MISMATCH"
	ExDisputeOpen        ExceptionCode = "DISPUTE_OPEN"
	ExDisputeLost        ExceptionCode = "DISPUTE_LOST"
	ExFeeVariance        ExceptionCode = "FEE_VARIANCE"
	ExPayoutMismatch     ExceptionCode = "PAYOUT_MISMATCH"
	ExSplitIncomplete    ExceptionCode = "SPLIT_INCOMPLETE"
	ExLateChange         ExceptionCode = "LATE_CHANGE"
	ExStaleSource        ExceptionCode = "STALE_SOURCE"
	ExPushConflict       ExceptionCode = "PUSH_CONFLICT"
)

// Severity of an exception, by the money at risk.
type Severity string

// Severities.
const (
	SeverityLow    Severity = "low"    // no money at risk
	SeverityMedium Severity = "medium" // up to 1,000 major units
	SeverityHigh   Severity = "high"   // more
)

// Exception is one thing a person must look at, with both values.
type Exception struct {
	Code       ExceptionCode
	Subject    string // what it is about: a refund id, a source name; empty for the payment itself
	Severity   Severity
	Expected   string // e.g. what the processor says
	Actual     string // e.g. what the book says
	Detail     string // one sentence
	OpenedAt   time.Time
	ResolvedAt time.Time // zero while open

	PaymentID string // filled when read back; empty if it is not about a known payment
}
