package reconcile

import (
	"context"
	"iter"
	"time"

	"pennytie/reconcile/money"
)

// Store keeps everything between runs. One closure is one transaction: its first error ends it and
// nothing of it stays. Update is serialised: there is one writer. Reader and Tx are valid only inside their closure;
// an iterator must be drained or broken off before the closure returns, and anything may be asked while it is open.
type Store interface {
	View(ctx context.Context, fn func(Reader) error) error
	Update(ctx context.Context, fn func(Tx) error) error
	// Lease takes the right to run for owner until expires, or fails with ErrConflict and the holder's name.
	// A lease that ran out is taken over. Every later Update fails with ErrConflict once another owner has taken it.
	Lease(ctx context.Context, owner string, now, expires time.Time) error
	Release(ctx context.Context, owner string) error
	// Check looks the whole store over: integrity, foreign keys, invariants. Slow; for doctor and run end.
	Check(ctx context.Context) error
	Close() error
}

// Reader reads one consistent snapshot.
type Reader interface {
	PaymentReader
	RecordReader
	RunReader
	OutboxReader
	BookedReader
}

// PaymentReader reads payments and what hangs on them.
type PaymentReader interface {
	// Payments streams whole payments by payment date, then id. One that was never matched is unmatched and unverified.
	Payments(f PaymentFilter) iter.Seq2[*Payment, error]
	// Payment finds one by public id, or by any of its identity keys' ids (pi_…, ch_…).
	Payment(id string) (*Payment, error)
	// PaymentRows reads payments by row, in the order given. A row that is no payment (yet) is ErrNotFound.
	PaymentRows(rows []int64) ([]*Payment, error)
	// PaymentsWithKey lists the payments but one that carry a blocking key and were paid within a span, by payment date, then id.
	PaymentsWithKey(key BlockKey, paid Span, but int64) ([]*Payment, error)
	// SaidUnder finds the payments that carry any of the blocking keys and of which somebody has said something, by key, then
	// payment id.
	SaidUnder(keys []BlockKey) ([]SaidOf, error)
	// DecidedRows lists the payments of which anybody has said anything, by row.
	DecidedRows() ([]int64, error)
	// PaymentsOf lists the payments of a role (book or processor) that ask for an amount, by payment date, then id.
	PaymentsOf(amount money.Amount, role Role, paid Span) ([]*Payment, error)
	// Unjoined lists the amounts of which claims must be compared with payments: some payment of it is due, or has been of it
	// before, and there are claims and payments of processors of it, or joins. By currency, then amount.
	Unjoined() ([]money.Amount, error)
	// JoinRows lists the rows that own a record of which a join of this amount speaks, ascending.
	JoinRows(amount money.Amount) ([]int64, error)
	// ClaimedAmounts lists the amounts of payments that only books know, by currency, then amount.
	ClaimedAmounts() ([]money.Amount, error)
	// PaymentsUnder lists the payments of processors that carry any of the keys and were paid within a span, by payment date, then
	// id. A key that more than most payments carry is not followed.
	PaymentsUnder(keys []BlockKey, paid Span, most int) ([]*Payment, error)
	// Known reads all that is known of one payment.
	Known(row int64) (Known, error)
	// PayerPayments lists the payments but one that share a payer key, by payment date, then id; none if more than MostOfPayer
	// share it: whoever pays that often pays for many.
	PayerPayments(key BlockKey, but int64) ([]*Payment, error)
	// Due lists payments that must be matched and verified again: row > after, ascending, at most limit.
	Due(after int64, limit int) ([]int64, error)
	// Refunds streams by created, provider, id. PaymentID is empty where the owner is no payment (an orphan).
	Refunds(sources []string) iter.Seq2[*Refund, error]
	Disputes(sources []string) iter.Seq2[*Dispute, error] // likewise
	// Entries streams the lines of ledgers by created, source, id. PaymentID is that of whichever payment has the first key now.
	Entries(f EntryFilter) iter.Seq2[*Entry, error]
	// Payouts streams by created, source, id.
	Payouts(sources []string) iter.Seq2[*Payout, error]
	// Record finds what a source has said under an id, and the row that owns it; ErrNotFound if nothing.
	Record(source, provider, id string) (row int64, r SourceRecord, err error)
	// Rechecks lists what AddRecheck noted of a source, by id, at most limit.
	Rechecks(source string, limit int) ([]Ref, error)
	// RefsBetween lists a source's payment records that it still had and whose payment was made within a span: id > after,
	// ascending, at most limit.
	RefsBetween(source string, made Span, after string, limit int) ([]Ref, error)
	// Changes streams what changed after since and not after through, by time, payment id, source, record, field.
	Changes(sources []string, since, through time.Time) iter.Seq2[*PaymentChange, error]
	// Exceptions streams those about no payment first, then by payment date and id; within one by code and subject.
	Exceptions(f ExceptionFilter) iter.Seq2[*Exception, error]
	// Resolutions lists what people have said of an exception that was read, on whatever values, oldest first.
	Resolutions(x *Exception) ([]Resolution, error)
}

// RecordReader reads what payments are matched against.
type RecordReader interface {
	// LeadsWithKeys finds every lead under any of the keys, its own or one of its calls', with their calls. A key
	// shared by more than crowd leads is not followed but counted in Crowded.
	LeadsWithKeys(keys []BlockKey, crowd int) (Neighbours, error)
	Lead(id string) (*Lead, error)
	Call(id string) (*Call, error)
	// Leads and Calls are pages by id: id > after, at most limit. leadID selects the calls of one lead; empty: of all.
	Leads(after string, limit int) ([]*Lead, error)
	Calls(leadID, after string, limit int) ([]*Call, error)
	// LeadsByID finds leads with their calls, and the keys that these carry; an id that no lead has is passed over.
	LeadsByID(ids []string) (Neighbours, error)
	Products() ([]*Product, error) // by id
	AnyCalls() (bool, error)       // whether calls are recorded at all
}

// RunReader reads bookkeeping.
type RunReader interface {
	Progress(source string) (SourceProgress, error) // zero value if never pulled
	OpenRefs(source string, after Ref, limit int) ([]Ref, error)
	Runs(limit int) ([]Run, error) // newest first
	Run(id string) (Run, error)
	Counts(sources []string) (Counts, error)
	Totals(sources []string) ([]Total, error) // by source, currency
	// LedgerTotals sums the entries by source, currency, kind. A sum that does not fit in 64 bits is ErrIntegrity.
	LedgerTotals(sources []string) ([]LedgerTotal, error)
	// RowTotals sums refunds, disputes and payouts by source, currency, kind, as LedgerTotals does entries.
	RowTotals(sources []string) ([]RowTotal, error)
	Quarantined(sources []string) iter.Seq2[*Quarantine, error]
	Refits(limit int) ([]Refit, error) // newest first
	Cached(source, key string) (value []byte, known bool, err error)
}

// OutboxReader reads what is to be written back to the services, and what became of it.
type OutboxReader interface {
	// Outbox lists the intents of a source that are pending or sent, by ID: ID > after, at most limit.
	Outbox(source string, after int64, limit int) ([]Intent, error)
	// IntentsOf lists all intents for a record, by ID.
	IntentsOf(source, provider, record string) ([]Intent, error)
	// Waiting counts the intents of each source that are pending or sent.
	Waiting() (map[string]int, error)
	// AnyIntents says whether there ever was an intent for a source.
	AnyIntents(source string) (bool, error)
}

// BookedReader reads what was handed over.
type BookedReader interface {
	Periods() ([]Period, error) // closed ones, by time
	// Booked streams what was handed over in the order in which it was booked.
	Booked(f BookedFilter) iter.Seq2[*BookedLine, error]
}

// Tx is a Reader that also writes. Every Put compares first: an equal row is Unchanged and writes nothing.
type Tx interface {
	Reader
	PaymentWriter
	RecordWriter
	RunWriter
	// PutIntent adds a line to the outbox and gives it its ID, or stores what became of one that has an ID.
	PutIntent(i *Intent) error
	// ClosePeriod adds a closed period with its first revision, or the last revision of one that is closed. Days of another closed
	// period are ErrClosed.
	ClosePeriod(p *Period) error
	// Book adds a line to the last revision of a closed period. It can never be changed.
	Book(l *BookedLine) error
	// Writes counts the rows of data inserted, updated or deleted so far in this transaction, without bookkeeping.
	Writes() int
}

// PaymentWriter writes payments and what hangs on them.
type PaymentWriter interface {
	// Identify returns the rows that own any of the keys, ascending, without duplicates.
	Identify(keys []Key) ([]int64, error)
	// Open makes a row that owns the keys. It is no payment before PutPayment.
	Open(keys []Key) (int64, error)
	// AddKeys gives more keys to a row. A key that another row owns is ErrConflict: Merge first.
	AddKeys(row int64, keys []Key) error
	// Merge moves all keys, records, refunds, disputes, decisions, changes and open late changes of one row to another and
	// removes it.
	Merge(into, from int64) error
	// Split opens a row that takes these keys and records from their owner, with the refunds and disputes whose first key is
	// among them, and, if records go, with the decisions that were made on a payment that one of the keys names.
	Split(from int64, keys []Key, records []SourceRecord) (int64, error)
	// DropPayment makes a row no payment any more: its fold, outcome and exceptions go; keys, records and decisions stay.
	DropPayment(row int64) error
	// AddRecheck notes a record that must be read again by id; DropRecheck forgets it.
	AddRecheck(source, id string) error
	DropRecheck(source, id string) error
	// PutRecord, PutRefund, PutDispute store a row under its owner (0: a refund or dispute without keys). Where
	// another source has said the same (provider, id) of a refund or dispute, the better word stays: a direct read
	// over an export, then the smaller source name; the lesser is Duplicate and not stored.
	PutRecord(row int64, r *SourceRecord) (Change, error)
	PutRefund(row int64, r *Refund) (Change, error)
	PutDispute(row int64, d *Dispute) (Change, error)
	// PutEntry and PutPayout store a line of a ledger and a payout; of two sources the better word stays, as of refunds. An empty
	// PayoutID leaves the one that is stored, and one that only the lesser word has is stored.
	PutEntry(e *Entry) (Change, error)
	PutPayout(p *Payout) (Change, error)
	PutQuarantine(q *Quarantine) (Change, error)
	// AnyQuarantined says whether rows of a source are kept that have an id; DropQuarantinedID forgets one of them, which has
	// come again.
	AnyQuarantined(source string) (bool, error)
	DropQuarantinedID(source, id string) error
	// DropQuarantine forgets what was kept of a file, before the file is read anew.
	DropQuarantine(source, file string) error
	// Moved lists, once, the rows that lost a refund, dispute or entry to another payment in this transaction: fold them again.
	Moved() []int64
	// PutPayment stores the fold of a row without Match, Verification, VerifiedAt and Exceptions, which stay as
	// they are, as does the OpenedAt of a payment that is known. A changed payment is due, and so is every payment that
	// shares one of its twin or payer keys.
	PutPayment(p *Payment, keys PaymentKeys) (Change, error)
	// PutJoin stores what is thought of a claim, under its record; DropJoin forgets it.
	PutJoin(j *Join) (Change, error)
	DropJoin(j *Join) error
	// Joined says that the claims of an amount have been compared with the payments of it.
	Joined(amount money.Amount) error
	// PutOutcome stores Match, Verification, VerifiedAt of a row and makes it no longer due.
	PutOutcome(p *Payment) (Change, error)
	// PutExceptions makes these the open exceptions of a row: a new one is opened at that time, a missing one
	// resolved then, one that stays (same code and subject) keeps its opening time. Row 0 holds those about no payment.
	// One that a person has resolved is not opened while its facts are those of the resolution; with others it is a new one.
	PutExceptions(row int64, open []Exception, at time.Time) error
	// Resolve adds a person's word on an exception that was read: an open one is resolved by it, or one that a person resolved is
	// open again as it was, and its payment due.
	Resolve(x *Exception, r *Resolution) error
	// MakeDue lets a payment be matched and verified again although its fold is the same: a source changed its word.
	MakeDue(row int64) error
	// DueUnder makes every payment due that carries any of the blocking keys.
	DueUnder(keys []BlockKey) error
	// AddDecision adds a person's word and makes the payment due. Whom it teaches something is for the caller to find: DueUnder.
	AddDecision(row int64, d *Decision) error
	// PutChanges notes what changed in a row at a time. A field that changed twice at one time is told as one step, and not
	// at all if it came back.
	PutChanges(row int64, changes []PaymentChange, at time.Time) error
}

// PaymentKeys are the blocking keys of a payment.
type PaymentKeys struct {
	Block []BlockKey // shared with leads and calls worth comparing
	Twin  []BlockKey // shared with payments that may be the same one twice
	Payer []BlockKey // shared with other payments of the same payer
}

// MostOfPayer is how many payments may share a payer key before it says nothing.
const MostOfPayer = 64

// RecordWriter writes leads, calls and products. What changes makes every payment that shares a key
// with it, before or after, due to be matched again, and so does a key of a payment that a person gave to the lead, and with
// each every other payment of the same payer; a changed product makes all payments due.
type RecordWriter interface {
	PutLead(source string, l *Lead, keys []BlockKey) (Change, error)
	PutCall(source string, c *Call, keys []BlockKey) (Change, error)
	PutProduct(source string, p *Product) (Change, error)
	// DueAll makes every payment due, e.g. because the matching policy changed.
	DueAll() error
	// Rekey gives every lead, call and payment the keys that it would have if it came now, and makes nothing due.
	Rekey(prepare Preparer, payment func(*Prepared) PaymentKeys) error
}

// RunWriter writes bookkeeping.
type RunWriter interface {
	PutProgress(p SourceProgress) error
	PutRun(r *Run) error
	// AddRefit adds a refit and fills its id. Who adopts it makes payments due: DueAll.
	AddRefit(r *Refit) error
	// PutCached keeps what a provider looked up.
	PutCached(source, key string, value []byte) error
	// Policy fingerprint: what the stored matches were computed with; PutPolicy reports whether it differs.
	PutPolicy(fingerprint string) (changed bool, err error)
}

// Known is all that is known of one payment.
type Known struct {
	Row       int64
	Keys      []Key // sorted
	Records   []SourceRecord
	Refunds   []Refund
	Disputes  []Dispute
	Entries   []Entry     // by created, source, id: those whose first key is among the keys
	Decisions []Decision  // oldest first
	Open      []Exception // by code, subject
	Joins     []Join      // of its records, by source, provider, record
}

// Neighbours are the leads that share keys with a batch of payments.
type Neighbours struct {
	Leads   []*Lead
	Calls   []*Call               // all calls of these leads
	Keys    map[string][]BlockKey // lead id: its keys and those of its calls, distinct
	Crowded map[BlockKey]int      // keys with too many leads
}

// PaymentFilter selects payments. Zero values select all.
type PaymentFilter struct {
	Sources []string
	Status  Status
	LeadID  string    // attributed to it, not merely suggested
	From    time.Time // payment date, inclusive
	To      time.Time // payment date, exclusive
	After   *Position // exclusive: where the page before ended
	Limit   int       // 0: no limit
}

// Position is a place in the order of payments.
type Position struct {
	Date time.Time
	ID   string
}

// EntryFilter selects entries of ledgers. Zero values select all.
type EntryFilter struct {
	Sources []string
	From    time.Time // of CreatedAt, inclusive
	To      time.Time // of CreatedAt, exclusive
}

// ExceptionFilter selects exceptions.
type ExceptionFilter struct {
	Sources  []string // of the payment; those about no payment are always included
	OpenOnly bool
}

// Counts are payments by match state and open exceptions by code.
type Counts struct {
	Payments   int
	ByState    map[MatchState]int
	Exceptions map[ExceptionCode]int
	BySource   map[string]SourceCount
}

// SourceCount is what a source has brought so far.
type SourceCount struct {
	Records  int // records of money, whatever payment they belong to
	Payments int // payments that one of them leads
}
