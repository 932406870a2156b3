package reconcile

import (
	"time"

	"pennytie/reconcile/money"
)

// Dispute is one dispute row of a provider.
type Dispute struct {
	Source         string
	Provider       string
	ID             string // the provider's, e.g. dp_…
	Keys           []Key  // identity keys of the disputed payment, the first decides
	Export         bool
	Role           Role         // as in Refund
	Amount         money.Amount // may differ from the charge
	Status         DisputeStatus
	Inquiry        bool // no money moves unless it becomes a dispute
	ProviderStatus string
	Reason         string
	CreatedAt      time.Time
	ReturnedAt     time.Time // when its money came back, because it was won; zero: it never left, or nobody says
	Open           bool

	PaymentID string // filled when read back
	Counted   bool   // likewise: its payment's dispute state includes rows of this provider
	LeadID    string // likewise: what its payment is attributed to
	CallID    string // likewise
	ProductID string // likewise
}

// DisputeStatus is the state of one dispute, or of a payment's disputes taken together.
type DisputeStatus string

// Dispute states.
const (
	DisputeNone DisputeStatus = "none"
	DisputeOpen DisputeStatus = "open"
	DisputeWon  DisputeStatus = "won"
	DisputeLost DisputeStatus = "lost"
)

// DisputeSummary is what the dispute rows of a payment come to.
type DisputeSummary struct {
	Status DisputeStatus
	Amount money.Amount // withheld now: open and lost disputes, no inquiries
	// Provider and Role are whose rows were summed, as in RefundSummary.
	Provider string
	Role     Role
}
