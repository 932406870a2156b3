package reconcile

import (
	"context"
	"time"
)

// Cursor is where a pull stands: text that only its provider understands. Empty means the beginning.
type Cursor string

// Provider reads one account of one service, a page per call. Pull must return either a whole page
// or an error; resuming from Page.Next skips nothing, in whatever order the service lists. A pull ends
// with More false; its Next then carries the high-water marks that the next run's pull starts from.
// Errors wrap one of ErrAuth, ErrRateLimited, ErrTransient, ErrInvalid and carry no secrets or bodies.
type Provider interface {
	Name() string // of the service: stripe, files, …
	Pull(ctx context.Context, from Cursor) (Page, error)
}

// Page is what one call of Pull read. Len(rows) + len(Quarantined) + Repeated is what was read.
type Page struct {
	Payments    []SourceRecord
	Refunds     []Refund
	Disputes    []Dispute
	Entries     []Entry
	Payouts     []Payout
	Leads       []Lead
	Calls       []Call
	Products    []Product
	Quarantined []Quarantine
	// Restarted names files of which this page holds the first rows, or that are gone: what was quarantined of them before is
	// forgotten.
	Restarted []string
	// Skipped counts rows of input that is byte for byte what an earlier completed pull stored, so that it
	// was not read again (files). They count as read and unchanged, quarantined or duplicate.
	Skipped Skipped
	Next    Cursor
	More    bool
	// Covers is the span of payment dates that the pull is complete for; read where More is false.
	Covers Span
	Note   string // for progress: what this page was, e.g. "charges 2026-03"
}

// Skipped counts rows that an unchanged input need not repeat.
type Skipped struct {
	Unchanged   int `json:"unchanged,omitempty"`
	Duplicate   int `json:"duplicate,omitempty"`
	Quarantined int `json:"quarantined,omitempty"`
}

// Span is a half-open stretch of time. A zero From is unbounded; a zero Through means nothing.
type Span struct {
	From    time.Time `json:"from,omitzero"`
	Through time.Time `json:"through,omitzero"`
}

// Contains says whether the span covers t.
func (s Span) Contains(t time.Time) bool { return !t.Before(s.From) && t.Before(s.Through) }

// Ref names one row of a source that may have changed without being listed again.
type Ref struct {
	Kind string // payment, detail, refund, dispute or payout
	ID   string
}

// Kinds of Ref.
const (
	RefPayment = string(KindPayment)
	RefDetail  = string(KindDetail)
	RefRefund  = "refund"
	RefDispute = "dispute"
	RefPayout  = "payout"
)

// Rescanner is an ability of a provider: read once more what was made in a past stretch of time, because no list answers
// what changed since. The pages have the contract of Pull; from is empty at the beginning of each re-scan, and the last
// page has no cursor. A row that is neither in a page nor found by Fetch is gone.
type Rescanner interface {
	Rescan(ctx context.Context, past Span, from Cursor) (Page, error)
}

// Expirer is an ability of a provider whose credential dies by itself: when. Zero is unknown.
type Expirer interface {
	Expires() time.Time
}

// Cache keeps what a provider looked up, from one run to the next, e.g. the payer behind a payment method. It is safe
// for concurrent use. Losing it costs requests, never data.
type Cache interface {
	Get(ctx context.Context, key string) (value []byte, known bool, err error)
	Put(ctx context.Context, key string, value []byte) error
}

// Fetcher is an ability of a provider: read single rows again by id. The page has no cursor. An id that the
// service no longer knows is left out of the page.
type Fetcher interface {
	Fetch(ctx context.Context, refs []Ref) (Page, error)
}

// Prober is an ability of a provider: one cheap request that shows that the credential works.
type Prober interface {
	Probe(ctx context.Context) error
}
