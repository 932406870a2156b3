package reconcile

import (
	"encoding/json"
	"time"

	"pennytie/reconcile/money"
)

// Role says what a source's word is worth: a processor moves the money, a book claims it, manual is
// a person's correction. In a fold manual outranks processor outranks book.
type Role string

// The roles.
const (
	RoleManual    Role = "manual"
	RoleProcessor Role = "processor"
	RoleBook      Role = "book"
)

// Key is one identity of a payment: an id in a provider's id space. Account is empty where the
// provider's ids are unique by themselves (Stripe's are).
type Key struct {
	Provider string `json:"provider"`
	Account  string `json:"account,omitempty"`
	ID       string `json:"id"`
}

// RecordKind tells a statement about money from one that only adds details.
type RecordKind string

// The kinds.
const (
	KindPayment RecordKind = "payment" // says that money was asked for or moved
	KindDetail  RecordKind = "detail"  // says more about a payment, e.g. a checkout session
)

// SourceRecord is what one source says about one payment.
type SourceRecord struct {
	Source   string // configured name
	Provider string // whose id space ID belongs to
	Role     Role
	Kind     RecordKind
	ID       string // the provider's id of this record, e.g. ch_…, cs_…
	Keys     []Key  // identity keys, the payment's own first; never empty
	Export   bool   // from a file: a direct read of the provider outranks it
	Gone     bool   // the source no longer has it: kept, but no claim any more where another source speaks
	Open     bool   // may still change at the provider without being listed again: read again by id
	Facts    Facts
}

// Facts are the fields of a record. Unknown is empty, zero time or nil, never a made-up value.
// They are stored as JSON, so that two records are equal when their JSON is.
type Facts struct {
	Provider             string        `json:"provider,omitempty"` // whose ProviderPaymentID is; empty: the record's
	ProviderPaymentID    string        `json:"provider_payment_id,omitempty"`
	Status               Status        `json:"status,omitempty"`
	ProviderStatus       string        `json:"provider_status,omitempty"`
	Amount               *money.Amount `json:"amount,omitempty"`   // asked for; required for KindPayment
	Captured             *money.Amount `json:"captured,omitempty"` // nil: the amount, if collected
	Fee                  *money.Amount `json:"fee,omitempty"`
	Net                  *money.Amount `json:"net,omitempty"`
	PaymentDate          time.Time     `json:"payment_date,omitzero"`
	DayOnly              bool          `json:"day_only,omitempty"` // PaymentDate is a day, for which its midnight stands
	CreatedAt            time.Time     `json:"created_at,omitzero"`
	Emails               []string      `json:"emails,omitempty"` // best source first
	Name                 string        `json:"name,omitempty"`
	Payer                Payer         `json:"payer,omitzero"` // Emails unused here
	StripeChargeID       string        `json:"stripe_charge_id,omitempty"`
	StripeCustomerID     string        `json:"stripe_customer_id,omitempty"`
	StripeSubscriptionID string        `json:"stripe_subscription_id,omitempty"`
	StripeProductID      string        `json:"stripe_product_id,omitempty"`
	PayoutID             string        `json:"payout_id,omitempty"`
	RefundStatus         RefundStatus  `json:"refund_status,omitempty"` // claimed by a source without refund rows
	RefundedAmount       *money.Amount `json:"refunded_amount,omitempty"`
	RefundedAt           time.Time     `json:"refunded_at,omitzero"`
	RefundReason         string        `json:"refund_reason,omitempty"`
	RefundID             string        `json:"refund_id,omitempty"`
	DisputeStatus        DisputeStatus `json:"dispute_status,omitempty"`
	DisputedAmount       *money.Amount `json:"disputed_amount,omitempty"`
	LeadID               string        `json:"lead_id,omitempty"` // named by the source itself
	CallID               string        `json:"call_id,omitempty"`
	Doubts               []Doubt       `json:"doubts,omitempty"`
	Correction           *Correction   `json:"correction,omitempty"` // of a record of a person: the only fact
}

// Doubt is what a record says against itself, or says in words that nobody knows: the record counts as it was read, and a
// person is told.
type Doubt struct {
	Code     ExceptionCode `json:"code"`
	Field    string        `json:"field"`
	Expected string        `json:"expected,omitempty"`
	Actual   string        `json:"actual,omitempty"`
	Detail   string        `json:"detail,omitempty"` // one sentence
}

// Claims names whose payment the record speaks of: the space of its first key that is not its own service's, else its own.
func (r *SourceRecord) Claims() string {
	for _, key := range r.Keys {
		if key.Provider != r.Provider {
			return key.Provider
		}
	}
	return r.Provider
}

// Content is the record's comparable form: what is stored, hashed and compared to tell a change.
func (r *SourceRecord) Content() ([]byte, error) {
	return json.Marshal(struct {
		Role Role       `json:"role"`
		Kind RecordKind `json:"kind"`
		Keys []Key      `json:"keys"`
		Exp  bool       `json:"export,omitempty"`
		Open bool       `json:"open,omitempty"`
		Gone bool       `json:"gone,omitempty"`
		Facts
	}{r.Role, r.Kind, r.Keys, r.Export, r.Open, r.Gone, r.Facts})
}

// Quarantine is input kept, with its reason, that is not a payment.
type Quarantine struct {
	Source string
	File   string // path as configured, or the request path of an API
	Line   int    // physical line, 0 if not a file
	Field  string // column or JSON path, empty if the whole row is wrong
	ID     string // the source's id of the row, if it has one: what comes under it later replaces it
	Reason string
	Raw    []byte // the input as it came, at most MaxRaw bytes
}

// MaxRaw bounds what is kept of one bad row.
const MaxRaw = 64 << 10

// Change is what storing a row did. Every row read ends in exactly one.
type Change string

// The changes.
const (
	New         Change = "new"
	Changed     Change = "changed"
	Unchanged   Change = "unchanged"
	Duplicate   Change = "duplicate" // seen before in the same pull, or said better by another source
	Quarantined Change = "quarantined"
)
