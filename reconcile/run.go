package reconcile

import (
	"fmt"
	"slices"
	"time"

	"pennytie/reconcile/money"
)

// RunStatus is how a run ended.
type RunStatus string

// Run statuses.
const (
	RunRunning     RunStatus = "running" // if its process died, the next run makes this interrupted
	RunOK          RunStatus = "ok"
	RunPartial     RunStatus = "partial"
	RunFailed      RunStatus = "failed"
	RunInterrupted RunStatus = "interrupted"
)

// Run is the record of one run. JSON tags are the contract of `run --json`.
type Run struct {
	ID         string                `json:"run_id"`
	Status     RunStatus             `json:"status"`
	Command    string                `json:"command"`
	AsOf       time.Time             `json:"as_of"`
	StartedAt  time.Time             `json:"started_at"`
	FinishedAt time.Time             `json:"finished_at,omitzero"`
	Sources    []SourceResult        `json:"sources"`
	Records    []SourceResult        `json:"records"`
	Payments   int                   `json:"payments"`
	Auto       int                   `json:"auto"`
	Suggested  int                   `json:"suggested"`
	Ambiguous  int                   `json:"ambiguous"`
	Unmatched  int                   `json:"unmatched"`
	Manual     int                   `json:"manual"`
	Exceptions map[ExceptionCode]int `json:"exceptions"`
	Totals     []Total               `json:"totals"`
	Ties       bool                  `json:"ties"`
	Writes     int                   `json:"writes"`
	ReportDir  string                `json:"report_dir"`
	DurationMS int64                 `json:"duration_ms"`
	Error      string                `json:"error,omitempty"`
	// Warning is what a person should know of the run as a whole although nothing failed.
	Warning string      `json:"warning,omitempty"`
	Push    *PushResult `json:"push,omitempty"`
	// Controls are there where the sources were read again to be held against the store.
	Controls []Control `json:"controls,omitempty"`
}

// Control is what the pages of a source come to and what the store has of the same rows, in minor units: refunds, disputes, payouts
// and records of payments by their amount, entries of the ledger by their net.
type Control struct {
	Source   string         `json:"source"`
	Kind     string         `json:"kind"` // payment, refund, dispute, entry or payout
	Currency money.Currency `json:"currency"`
	Read     int            `json:"read"`
	ReadSum  int64          `json:"read_sum"`
	Stored   int            `json:"stored"`
	Sum      int64          `json:"stored_sum"`
}

// AddRead counts a row of the pages.
func (c *Control) AddRead(a money.Amount) error { return c.add(&c.Read, &c.ReadSum, a) }

// AddStored counts a row of the store.
func (c *Control) AddStored(a money.Amount) error { return c.add(&c.Stored, &c.Sum, a) }

func (c *Control) add(count *int, sum *int64, a money.Amount) error {
	total, err := money.New(*sum, c.Currency).Add(a)
	if err != nil {
		return fmt.Errorf("%s rows of %s: %w", c.Kind, c.Source, err)
	}
	*count, *sum = *count+1, total.Minor
	return nil
}

// PushResult counts what became of the intents that a push took up, and those that it left: by the cap, or because their
// source failed or their payment is to be decided anew.
type PushResult struct {
	Written  int `json:"written"`
	Held     int `json:"held"` // said already what was wanted
	Conflict int `json:"conflict"`
	Refused  int `json:"refused"`
	Left     int `json:"left"`
}

// SourceState says how far the pull of one source came in a run.
type SourceState string

// Source states.
const (
	SourceComplete   SourceState = "complete"
	SourceIncomplete SourceState = "incomplete" // stopped before the end; what came is stored
	SourceFailed     SourceState = "failed"     // nothing came
	SourceSkipped    SourceState = "skipped"    // not part of this command
)

// SourceResult counts what a run read of one source.
// Read = New + Changed + Unchanged + Duplicate + Quarantined, always.
type SourceResult struct {
	Name        string      `json:"name"`
	Provider    string      `json:"provider"`
	State       SourceState `json:"state"`
	Read        int         `json:"read"`
	New         int         `json:"new"`
	Changed     int         `json:"changed"`
	Unchanged   int         `json:"unchanged"`
	Duplicate   int         `json:"duplicate"`
	Quarantined int         `json:"quarantined"`
	// What the store has of the source after the run: records of money, and the payments that one of them leads. The
	// payments of all sources come to those that there are; the other records are claims and attempts that joined them.
	Records  int    `json:"records"`
	Payments int    `json:"payments"`
	Error    string `json:"error"`
	// Warning is what will go wrong if nobody acts, e.g. a credential that ends soon.
	Warning string `json:"warning,omitempty"`
}

// Add counts one row.
func (r *SourceResult) Add(c Change) {
	r.Read++
	switch c {
	case New:
		r.New++
	case Changed:
		r.Changed++
	case Unchanged:
		r.Unchanged++
	case Duplicate:
		r.Duplicate++
	case Quarantined:
		r.Quarantined++
	}
}

// Total sums the payments of one source in one currency, in minor units.
// Net = Gross - Refunded - Disputed - Fee; fees settled in another currency count in that currency's row.
type Total struct {
	Source   string         `json:"source"`
	Currency money.Currency `json:"currency"`
	Count    int            `json:"count"` // collected payments
	Gross    int64          `json:"gross"` // captured
	Refunded int64          `json:"refunded"`
	Disputed int64          `json:"disputed"` // withheld: open or lost
	Fee      int64          `json:"fee"`
	Net      int64          `json:"net"`
}

// SourceProgress is what the store keeps of a source between runs: bookkeeping, not data.
type SourceProgress struct {
	Source      string
	Cursor      Cursor
	Complete    bool      // the last pull came to its end
	Covers      Span      // payment dates the last complete pull covers
	CompletedAt time.Time // as-of time of the last complete pull
	Error       string    // of the last pull that did not complete
	Providers   []string  // whose payments it has ever spoken of, sorted
	RescannedTo time.Time // up to which payment date the re-scan under way has come; zero: it begins anew
	RescannedAt time.Time // as-of time of the last re-scan
	Looked      int       // records that the re-scan under way has looked at so far
	Lost        int       // and of these, those that were gone
}

// Saw notes that the source speaks of a provider's payments.
func (p *SourceProgress) Saw(provider string) {
	if at, known := slices.BinarySearch(p.Providers, provider); !known {
		p.Providers = slices.Insert(p.Providers, at, provider)
	}
}
