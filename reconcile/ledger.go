package reconcile

import (
	"time"

	"pennytie/reconcile/money"
)

// Entry is a line of a processor's own ledger, e.g. a Stripe balance transaction: money that moved on the account, in the
// currency of its balance. A ledger is only ever added to; what may still change of a line is the payout it went out with.
type Entry struct {
	Source      string
	Provider    string
	ID          string // the provider's, e.g. txn_…
	Export      bool   // from a file
	Kind        EntryKind
	Category    string // the provider's own word, kept as it came
	About       string // id of the charge, refund, dispute or payout that moved the money; empty where there is none
	Keys        []Key  // identity keys of the payment it belongs to; empty where it belongs to none
	Gross       money.Amount
	Fee         money.Amount
	Net         money.Amount  // Gross - Fee; above zero is money to the merchant
	Facing      *money.Amount // what the customer paid or got, as Gross signed; nil where nobody says: then it is Gross
	PayoutID    string        // empty until the provider says with which payout it went
	Description string
	CreatedAt   time.Time
	AvailableOn time.Time // when it can be paid out

	PaymentID string // filled when read back: the public id of the payment, empty where it belongs to none
}

// EntryKind is what a movement of money was.
type EntryKind string

// The kinds. What a provider calls by a word that is not known here is other, and keeps its word.
const (
	EntryCharge          EntryKind = "charge"
	EntryChargeFailure   EntryKind = "charge_failure" // money of a charge taken back by the processor, or not captured after all
	EntryRefund          EntryKind = "refund"
	EntryRefundFailure   EntryKind = "refund_failure" // money of a refund that came back
	EntryDispute         EntryKind = "dispute"
	EntryDisputeReversal EntryKind = "dispute_reversal" // money of a dispute that was won
	EntryFee             EntryKind = "fee"              // the processor's, beside those of single payments
	EntryPayout          EntryKind = "payout"
	EntryPayoutReversal  EntryKind = "payout_reversal" // a payout that failed
	EntryOther           EntryKind = "other"
)

// Payout is money sent to the bank.
type Payout struct {
	Source         string
	Provider       string
	ID             string // the provider's, e.g. po_…
	Export         bool
	Amount         money.Amount // below zero where the bank was debited
	Status         PayoutStatus
	ProviderStatus string
	Automatic      bool // made by the provider's schedule of what was available: its members can be listed
	Itemised       bool // the provider has listed all its members
	Description    string
	CreatedAt      time.Time
	ArrivesOn      time.Time
	Open           bool // read again by id until terminal and, if automatic, itemised
}

// PayoutStatus is the state of a payout.
type PayoutStatus string

// The states of a payout. One that was paid can still fail: the bank sends it back.
const (
	PayoutPending   PayoutStatus = "pending"
	PayoutInTransit PayoutStatus = "in_transit"
	PayoutPaid      PayoutStatus = "paid"
	PayoutFailed    PayoutStatus = "failed"
	PayoutCanceled  PayoutStatus = "canceled"
)

// LedgerTotal sums the entries of one source, currency and kind, in minor units.
type LedgerTotal struct {
	Source   string
	Currency money.Currency
	Kind     EntryKind
	Count    int
	Gross    int64
	Fee      int64
	Net      int64
}

// RowTotal sums the amounts of the refunds, disputes or payouts of one source in one currency, in minor units.
type RowTotal struct {
	Source   string
	Currency money.Currency
	Kind     string // refund, dispute or payout, as in Ref
	Count    int
	Sum      int64
}

// Movement is one fact of money as it is handed to accountants: a line of a ledger, or, where the source has none, what the
// payment, refund or dispute says of itself. Nothing is netted: a charge, its refund and the payout are a movement each.
type Movement struct {
	ID          string // row_id: a hash of provider, object and kind, the same in every run and revision
	Source      string
	Provider    string
	Kind        EntryKind
	Category    string // the provider's own word
	Status      MovementStatus
	ObjectID    string // of the charge, refund, dispute, payout or ledger line
	EntryID     string // of the ledger line, if there is one
	PayoutID    string
	BookedAt    time.Time // UTC
	BookedOn    string    // the day of BookedAt in the booking zone, 2026-11-18; of an adjustment the day it is booked
	AvailableOn time.Time
	Amount      money.Amount  // what the customer paid or got: to the merchant above zero
	Gross       *money.Amount // in the currency of settlement, as are Fee and Net = Gross - Fee; nil while unknown
	Fee         *money.Amount
	Net         *money.Amount
	CustomerRef string // the customer's id at the provider

	// What it was attributed to: a refund and a dispute inherit it from their payment.
	PaymentID    string
	LeadID       string
	CallID       string
	ProductID    string
	MatchedBy    string
	Confidence   Confidence
	Candidates   int
	Verification VerificationStatus
	VerifiedBy   string // rule or person
	VerifiedAt   time.Time

	RefundOf string        // of a refund and its failure: the payment
	Refunded *money.Amount // of a charge: what was refunded of it so far

	Revision int    // of the hand-off that first had it
	Adjusts  string // of a reversal or replacement: the ID of the movement that it corrects
	Note     string
}

// MovementStatus says what a movement's word is worth.
type MovementStatus string

// The states of a movement.
const (
	MovementBooked  MovementStatus = "booked"  // the processor says that the money moved
	MovementClaimed MovementStatus = "claimed" // only a book says so: listed and totalled apart, never in a journal
)
