package reconcile

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"pennytie/reconcile/money"
)

// Agreed are the facts of a payment that may be written back to one of its records: what everybody agrees on. They are ids,
// states and money, never a name, an address or a text that a person wrote. Empty and nil are not to be written.
type Agreed struct {
	PaymentID    string             `json:"payment_id,omitempty"` // ours
	Verification VerificationStatus `json:"verification,omitempty"`
	LeadID       string             `json:"lead_id,omitempty"`
	CallID       string             `json:"call_id,omitempty"`
	ProductID    string             `json:"product_id,omitempty"`

	Status     Status        `json:"status,omitempty"` // what the processor says became of the money
	Disputed   bool          `json:"disputed,omitempty"`
	Refunded   *money.Amount `json:"refunded,omitempty"` // altogether
	ExternalID string        `json:"external_id,omitempty"`

	InvoiceID string        `json:"invoice_id,omitempty"` // that the payer named at the processor
	Allocate  *money.Amount `json:"allocate,omitempty"`   // to it
}

// IntentKind names a group of facts that one request writes.
type IntentKind string

// The kinds.
const (
	IntentAttribution IntentKind = "attribution" // whose payment it is
	IntentStatus      IntentKind = "status"      // what became of the money, and the processor's id
	IntentAllocation  IntentKind = "allocation"  // which invoice it pays
)

// Wanted is one request's worth of facts.
type Wanted struct {
	Kind  IntentKind
	Facts Agreed
}

// Digest tells two wishes apart.
func (w Wanted) Digest() (string, error) { return digest(w) }

// IntentState is how far an intent has come.
type IntentState string

// The states.
const (
	IntentPending    IntentState = "pending"
	IntentSent       IntentState = "sent-unknown" // it was sent, or was about to be: only reading tells what came of it
	IntentDone       IntentState = "done"
	IntentConflict   IntentState = "conflict"   // the record says something else: for a person
	IntentRefused    IntentState = "refused"    // the service, or a rule of what may be written to it, says no
	IntentSuperseded IntentState = "superseded" // no longer wanted
)

// intentTransitions are the steps that a push and a decision may take.
func intentTransitions() transitions[IntentState] {
	return transitions[IntentState]{
		IntentPending: {IntentSent, IntentDone, IntentConflict, IntentRefused, IntentSuperseded},
		IntentSent:    {IntentPending, IntentDone, IntentConflict, IntentRefused},
	}
}

// Intent is a line of the outbox: what one record of a source is to say.
type Intent struct {
	ID        int64 // 0: not stored yet
	Source    string
	Provider  string
	Record    string
	PaymentID string
	RunID     string // that decided
	Wanted    Wanted
	Base      string // Basis of the record when it was decided
	State     IntentState
	Attempts  int
	Body      string // SHA-256 of what was sent last
	Seen      string // digest of what the service said before that
	Echo      []EchoField
	Trouble   Trouble // of a conflict or refusal, or the last failure
	CreatedAt time.Time
	SentAt    time.Time
	DoneAt    time.Time
}

// Step changes the state, or fails with ErrIntegrity where there is no such step.
func (i *Intent) Step(to IntentState) error {
	if !intentTransitions().allow(i.State, to) {
		return fmt.Errorf("intent %d: may not go from %q to %q: %w", i.ID, i.State, to, ErrIntegrity)
	}
	i.State = to
	return nil
}

// Trouble is why an intent cannot be written. It holds ids and states only.
type Trouble struct {
	Reason string `json:"reason,omitempty"` // one sentence
	Field  string `json:"field,omitempty"`
	Ours   string `json:"ours,omitempty"`
	Theirs string `json:"theirs,omitempty"`
}

// Pusher is an ability of a provider: write agreed facts back to single records.
type Pusher interface {
	// Writable says for which of the facts the service has a place: one entry for each request that they take, with these
	// facts only. It is pure.
	Writable(facts Agreed) []Wanted
	// Plan reads the record and says what must be sent so that it says what the intent wants. It writes nothing. A record
	// that the service does not know is ErrNotFound; other errors are those of Pull.
	Plan(ctx context.Context, want *Intent) (Plan, error)
}

// Plan is what lies between a record and an intent.
type Plan struct {
	Record *SourceRecord // as read now
	// Fields are what will be written; none if the record says it already.
	Fields []FieldWrite
	// Conflict and Refused forbid to send: the record holds something else that is not ours to overwrite, or the rules of the
	// service do not allow the step.
	Conflict, Refused *Trouble
	Seen              string // digest of what the service says in the places that would be written
	Body              []byte // of the request
	// Echo names the facts of the record that the write may change and that are then no news: pennytie said so itself.
	Echo []string
	// Send sends Body, once. ErrTransient leaves open whether it was done; after another error it was not: ErrAuth,
	// ErrRateLimited, ErrConflict, or ErrInvalid if it was refused.
	Send func(ctx context.Context) error
}

// FieldWrite is one field that changes, in the service's own words.
type FieldWrite struct {
	Name   string `json:"name"`
	Before string `json:"before"`
	After  string `json:"after"`
}

// Basis is what of a record a decision to write back rests on: all that it says, but not whether it may still change.
func (r *SourceRecord) Basis() (string, error) {
	return digest(struct {
		Keys  []Key
		Facts Facts
	}{r.Keys, r.Facts})
}

func digest(value any) (string, error) {
	document, err := json.Marshal(value)
	if err != nil {
		return "", fmt.Errorf("digest of %T: %w", value, err)
	}
	sum := sha256.Sum256(document)
	return hex.EncodeToString(sum[:]), nil
}

// AgreedFacts says what may be written back to a record of a payment. An attribution must be decided and the payment confirmed, and its
// call and product must be as sure themselves as policy wants a lead to be: what is credited here may be undone here, not there.
// The processor's word on the money is agreed once nothing but this record's own stale word is against it.
func AgreedFacts(p *Payment, known *Known, r *SourceRecord, cover Coverage, policy Policy) Agreed {
	var facts Agreed
	if p.Verification == Confirmed && p.Match.State.Decided() {
		facts.PaymentID, facts.Verification = p.ID, p.Verification
		facts.LeadID = p.Match.LeadID
		if sure, _ := p.Match.CallConfidence(); sure >= policy.AutoConfirm {
			facts.CallID = p.Match.CallID
		}
		if sure, _ := p.Match.ProductConfidence(); sure >= policy.AutoConfirm {
			facts.ProductID = p.Match.ProductID
		}
		if r.Role == RoleBook && p.Status == StatusSucceeded {
			allocation(&facts, p, known)
		}
	}
	if p.Role == RoleProcessor && r.Role == RoleBook && agreedMoney(p, known, r, cover) {
		lacking(&facts, p, r)
	}
	return facts
}

// lacking fills in what a claim does not say, or no longer says rightly, of what its processor says.
func lacking(facts *Agreed, p *Payment, r *SourceRecord) {
	if claimedStatus(p, r) != p.Status {
		facts.Status = p.Status
	}
	facts.Disputed = p.Dispute.Status == DisputeOpen && r.Facts.DisputeStatus != DisputeOpen
	if refunded := p.Refund.Amount; refunded.Minor > 0 && claimedRefund(p, &r.Facts).Amount != refunded {
		facts.Refunded = &refunded
	}
	if p.Status.Collected() && r.Claims() == r.Provider {
		facts.ExternalID = p.ProviderPaymentID
	}
}

// agreedMoney says whether all would agree if this record said what the processor does.
func agreedMoney(p *Payment, known *Known, r *SourceRecord, cover Coverage) bool {
	told := *known
	told.Records = slices.Clone(known.Records)
	at := slices.IndexFunc(told.Records, r.Same)
	if at < 0 || p.Status == StatusPending {
		return false
	}
	said := &told.Records[at].Facts
	said.Status, said.RefundStatus, said.DisputeStatus = p.Status, p.Refund.Status, p.Dispute.Status
	said.RefundedAmount = &p.Refund.Amount
	status, found := Verify(p, &told, cover, p.Match.State.Decided())
	return status == Confirmed || p.Status == StatusFailed && !hasDisagreement(found)
}

// invoiceKey is the key under which a checkout names the invoice that it is for.
const invoiceKey = "invoice_id"

// allocation is what is left of a payment, for the invoice that its processor's records name: one, or none is agreed.
func allocation(facts *Agreed, p *Payment, known *Known) {
	named := ""
	for i := range known.Records {
		r := &known.Records[i]
		id := r.Facts.Payer.Metadata[invoiceKey]
		if r.Role != RoleProcessor || id == "" {
			continue
		}
		if named != "" && named != id {
			return
		}
		named = id
	}
	left := money.New(p.Captured.Minor-p.Refund.Amount.Minor, p.Captured.Currency)
	if named != "" && left.Minor > 0 {
		facts.InvoiceID, facts.Allocate = named, &left
	}
}

// PushException tells a person of an intent that is in conflict or was refused.
func PushException(i *Intent) Exception {
	return Exception{Code: ExPushConflict, Subject: i.Source + " " + string(i.Wanted.Kind), Expected: i.Trouble.Ours,
		Actual: i.Trouble.Theirs, Detail: i.Trouble.Reason}
}
