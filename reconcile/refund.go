package reconcile

import (
	"time"

	"pennytie/reconcile/money"
)

// Refund is one refund row of a provider. A payment has any number of them.
type Refund struct {
	Source         string
	Provider       string
	ID             string // the provider's, e.g. re_…
	Keys           []Key  // identity keys of the refunded payment, the first decides; may be empty (an orphan)
	Export         bool   // from a file
	Role           Role   // of its source: a book's row is its own view of a refund; the engine fills it in
	Amount         money.Amount
	Status         RefundRowStatus
	ProviderStatus string
	Reason         string
	CreatedAt      time.Time
	ReturnedAt     time.Time // when its money came back, because it failed or was canceled; zero: it never left, or nobody says
	Open           bool      // read again by id until terminal

	PaymentID string // filled when read back: the public id of the payment, empty for an orphan
	Counted   bool   // filled when read back: its payment's refunded amount includes rows of this provider
	LeadID    string // likewise: what its payment is attributed to
	CallID    string // likewise
	ProductID string // likewise
}

// RefundRowStatus is the state of one refund row.
type RefundRowStatus string

// States of one refund row. A failed or canceled refund puts the money back.
const (
	RefundRowPending   RefundRowStatus = "pending"
	RefundRowSucceeded RefundRowStatus = "succeeded"
	RefundRowFailed    RefundRowStatus = "failed"
	RefundRowCanceled  RefundRowStatus = "canceled"
)

// ReasonReleased is the reason of a refund that let an authorisation go of which nothing was captured: no money moved.
const ReasonReleased = "expired_uncaptured_charge"

// RefundStatus is the state of a payment's refunds taken together.
type RefundStatus string

// Refund states of a payment. Over (more than captured) is shown as full, with an exception.
const (
	RefundNone    RefundStatus = "none"
	RefundPending RefundStatus = "pending"
	RefundPartial RefundStatus = "partial"
	RefundFull    RefundStatus = "full"
	RefundFailed  RefundStatus = "failed"
)

// RefundSummary is what the refund rows of a payment come to.
type RefundSummary struct {
	Status RefundStatus
	Amount money.Amount // succeeded only, in the payment's currency
	At     time.Time    // of the latest succeeded one
	ID     string       // likewise
	Reason string       // likewise
	// Provider and Role are whose rows were summed; empty if there were none. Other rows are another's view of the same
	// refunds: they are compared, never added.
	Provider string
	Role     Role
}
