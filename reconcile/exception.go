package reconcile

import (
	"crypto/sha256"
	"encoding/hex"
	"math/big"
	"time"

	"pennytie/reconcile/money"
)

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
	// AtRisk is the money that may be credited wrongly. Of one about a payment it is filled when read back, and is the
	// payment's; without a currency it is unknown.
	AtRisk money.Amount

	// The rest is filled when read back.
	Row        int64       // of the payment; 0 if it is about none
	PaymentID  string      // empty if it is not about a known payment
	Confidence Confidence  // of the payment's match
	Resolution *Resolution // of the person who resolved it; nil: it is open, or a run no longer found it
}

// Resolution is a person's word on an exception: that it is settled, or that it is not after all. Resolutions are only ever
// added. The last one on the same facts (code, subject, expected and actual) holds as long as the facts are these.
type Resolution struct {
	Reopen   bool
	Reason   string
	By       string
	At       time.Time
	Expected string // filled when read back: the facts that it was said on
	Actual   string // likewise
}

// ID is the public id: the same as long as it is the same thing that is wrong, whatever the values are.
func (x *Exception) ID() string {
	sum := sha256.Sum256([]byte(x.PaymentID + "\x00" + string(x.Code) + "\x00" + x.Subject))
	const bytes = 8 // two of a million exceptions are alike once in 2^25
	return ExceptionPrefix + hex.EncodeToString(sum[:bytes])
}

// ExceptionPrefix begins every exception's id.
const ExceptionPrefix = "exc_"

// Days is how many whole days it has been open at an instant, or was until it was resolved.
func (x *Exception) Days(asOf time.Time) int {
	const day = 24 * time.Hour
	if !x.ResolvedAt.IsZero() {
		asOf = x.ResolvedAt
	}
	return int(max(0, asOf.Sub(x.OpenedAt)) / day)
}

// Bucket names the days as accountants group them.
func Bucket(days int) string {
	switch {
	case days <= 7:
		return Buckets()[0]
	case days <= 30:
		return Buckets()[1]
	case days <= 60:
		return Buckets()[2]
	case days <= 90:
		return Buckets()[3]
	}
	return Buckets()[4]
}

// Buckets are the names, the youngest first. The word in them keeps a spreadsheet from reading a date.
func Buckets() []string {
	return []string{"0-7 days", "8-30 days", "31-60 days", "61-90 days", "90+ days"}
}

// Grave is the severity of what is stored, lifted by age: one step after 60 days, another after 90. What waits is looked at by
// somebody before it is forgotten, however little it is about.
func (x *Exception) Grave(asOf time.Time) Severity {
	steps := []Severity{SeverityLow, SeverityMedium, SeverityHigh}
	at, days := len(steps)-1-x.Severity.rank(), x.Days(asOf)
	for _, limit := range []int{60, 90} {
		if days > limit {
			at++
		}
	}
	return steps[min(at, len(steps)-1)]
}

// Chance is how likely the money at risk is credited wrongly: where it is about whose a payment is, what the match lacks to be
// sure; where two values contradict each other, one of them is wrong for sure.
func (x *Exception) Chance() Confidence {
	switch x.Code {
	case ExUnmatched, ExAmbiguous, ExLowConfidence:
		if x.Subject == "" { // else it is about a claim or a chain
			return Sure - x.Confidence
		}
	}
	return Sure
}

// ExpectedWrong is the money at risk times the chance that it is wrong, to the nearest minor unit.
func (x *Exception) ExpectedWrong() money.Amount {
	product := new(big.Int).Mul(big.NewInt(x.AtRisk.Minor), big.NewInt(int64(x.Chance())))
	product.Add(product, big.NewInt(int64(Sure)/2))
	return money.New(product.Div(product, big.NewInt(int64(Sure))).Int64(), x.AtRisk.Currency)
}

// Place is where the exception belongs among all: as payments in review do, the most expected wrong credit first, then the oldest.
func (x *Exception) Place() ReviewPlace {
	wrong := x.ExpectedWrong()
	return ReviewPlace{Row: x.Row, severity: SeverityOf(wrong), amount: wrong, at: Position{Date: x.OpenedAt, ID: x.ID()}}
}

// ResolvedBy says who ended it: the run that no longer found it, or a person; empty while it is open.
func (x *Exception) ResolvedBy() string {
	switch {
	case x.ResolvedAt.IsZero():
		return ""
	case x.Resolution != nil:
		return "person"
	}
	return "run"
}

// Advice is what to do about exceptions of a code, in one sentence.
func (c ExceptionCode) Advice() string {
	return map[ExceptionCode]string{
		ExUnmatched:          "Say whose it is: pennytie decide PAYMENT --lead L, or --none if the payer is no lead.",
		ExAmbiguous:          "Look at the candidates with pennytie explain PAYMENT and say which it is: pennytie decide PAYMENT --lead L.",
		ExLowConfidence:      "Confirm the proposal or name another: pennytie decide PAYMENT --confirm, --lead L or --none.",
		ExAmountOver:         "Correct the claim in the book to what was taken, or find the payment that it lacks.",
		ExAmountUnder:        "Correct the claim in the book to what was taken, or find out what else the payer paid for.",
		ExCurrencyMismatch:   "Correct the currency in the source that is wrong; amounts of two currencies are never added.",
		ExStatusMismatch:     "Find out whether the money moved, and correct the source that says otherwise.",
		ExDuplicate:          "Ask whether the payer meant to pay twice; if not, refund one of the two.",
		ExDoubleCredit:       "Remove all claims of this payment but one from the book: each would pay a commission.",
		ExMissingAtProcessor: "Ask for proof of the payment; if there is none, remove the claim from the book.",
		ExMissingInBook:      "Enter the payment in the book.",
		ExRefundOrphan:       "Find the payment that was refunded; if it is older than what is read, read further back: start in the configuration.",
		ExRefundExceeds:      "Find out which refund is wrong or double: more went back than ever came.",
		ExRefundMismatch:     "Correct the refunded amount in the source that is wrong.",
		ExDisputeOpen:        "Answer the dispute at the processor before its deadline, or accept it.",
		ExDisputeLost:        "Take back the commission on what was lost; commissions.csv has the line.",
		ExSplitIncomplete:    "Find the instalments that are missing, or correct the whole in the book.",
		ExLateChange:         "Check what was booked or paid out on the earlier value, then resolve this.",
		ExStaleSource:        "See what stopped the source: pennytie doctor; what it says may be out of date.",
		ExPayoutMismatch:     "Find the ledger line that the payout lacks or has too many; what is unexplained stays its own line.",
		ExFeeVariance:        "Compare the fee with the processor's price list; ask them about what they took too much.",
		ExPushConflict:       "Compare both values at the service; it changed there after we decided.",
	}[c]
}
