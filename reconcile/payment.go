package reconcile

import (
	"time"

	"pennytie/reconcile/money"
)

// Payment is one movement of money from a payer: a fold over everything the sources say about it.
// Text that is unknown is empty, an unknown amount is nil, an unknown time is zero; each is printed
// as null, never as a value.
type Payment struct {
	Row int64 // the store's own number; children refer to it, nobody outside does

	ID                   string // derived from the leading record's first identity key
	OrganizationID       string
	Provider             string
	ProviderPaymentID    string
	Amount               money.Amount // asked for, without what a partial capture let go
	Status               Status
	CustomerEmail        string
	CustomerName         string
	PaymentDate          time.Time // UTC
	DayOnly              bool      // PaymentDate is a day, for which its midnight stands
	CreatedAt            time.Time // UTC
	StripeChargeID       string
	StripeCustomerID     string
	StripeSubscriptionID string
	StripeProductID      string

	Refund  RefundSummary
	Dispute DisputeSummary

	OpenedAt       time.Time // as-of time of the run that first knew it
	Source         string    // configured name of the leading record's source
	Role           Role      // of the leading record: book means claimed only
	ProviderStatus string    // the provider's own word
	Captured       money.Amount
	Fee            *money.Amount // settlement currency; nil while pending
	Net            *money.Amount // settlement currency
	PayoutID       string
	Payer          Payer

	Match        Match
	Verification VerificationStatus
	VerifiedAt   time.Time
	Exceptions   []ExceptionCode // open ones, sorted
}

// Payer is what is known of who paid and what for: the input of matching, beside name and e-mail.
type Payer struct {
	Emails      []string          `json:"emails,omitempty"` // every known one, the typed one first
	Phone       string            `json:"phone,omitempty"`
	Address     string            `json:"address,omitempty"`
	City        string            `json:"city,omitempty"`
	PostalCode  string            `json:"postal_code,omitempty"`
	Country     string            `json:"country,omitempty"`
	Description string            `json:"description,omitempty"`
	Statement   string            `json:"statement,omitempty"` // statement descriptor
	ExternalID  string            `json:"external_id,omitempty"`
	Card        string            `json:"card,omitempty"`      // the processor's fingerprint of the card, never its number
	Reference   string            `json:"reference,omitempty"` // the merchant's own, e.g. client_reference_id
	Metadata    map[string]string `json:"metadata,omitempty"`
}

// TwinWindow is how close in time two equal payments of one payer look like one that was made twice.
const TwinWindow = 15 * time.Minute

// Status of a payment. Refunded means fully refunded.
type Status string

// The four statuses.
const (
	StatusPending   Status = "pending"
	StatusSucceeded Status = "succeeded"
	StatusFailed    Status = "failed"
	StatusRefunded  Status = "refunded"
)

// Collected says whether money was taken, whether or not it was given back since.
func (s Status) Collected() bool { return s == StatusSucceeded || s == StatusRefunded }

// Valid says whether s is one of the four.
func (s Status) Valid() bool { return s.Collected() || s == StatusPending || s == StatusFailed }
