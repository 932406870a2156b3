package reconcile

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"time"

	"pennytie/reconcile/money"
)

// BookedLine is something that was handed over with a period: it never changes again. One of Movement, Payout, Exception and
// Clearing is set, by its part.
type BookedLine struct {
	Period    string
	Revision  int
	Part      BookedPart
	Movement  *Movement
	Payout    *BookedPayout
	Exception *BookedException
	Clearing  *ClearingLine
}

// BookedPart says what a line is to those before it.
type BookedPart string

// The parts. Of the last four each revision has its own; movements of later revisions are added to those before.
const (
	PartMovement    BookedPart = "movement"
	PartReversal    BookedPart = "reversal"    // takes back what stood
	PartReplacement BookedPart = "replacement" // what stands instead
	PartPayout      BookedPart = "payout"
	PartException   BookedPart = "exception"
	PartClearing    BookedPart = "clearing"
)

// Moves says whether the part is a movement.
func (p BookedPart) Moves() bool {
	return p == PartMovement || p == PartReversal || p == PartReplacement
}

// BookedPayout is a payout of the period with what is known of its members, whenever these were booked.
type BookedPayout struct {
	Payout
	BookedOn string
	Members  int
	Sum      money.Amount // of the members' nets
}

// BookedException is an exception that was open when the period was closed.
type BookedException struct {
	Exception
	Amount *money.Amount // of its payment
}

// ClearingLine is a line of the clearing account of a source in one currency: what the processor holds for the merchant.
type ClearingLine struct {
	Source   string
	Line     ClearingKind
	Kind     EntryKind // of a movement
	ObjectID string    // row_id of an unpaid line, id of a payout
	BookedOn string
	Count    int
	Amount   money.Amount
	Note     string
}

// ClearingKind says what a line of the clearing account is. Opening, between and movements come to the closing balance; so do the
// unpaid lines and the differences of payouts.
type ClearingKind string

// The kinds.
const (
	ClearingOpening  ClearingKind = "opening"
	ClearingBetween  ClearingKind = "earlier_periods" // changes of earlier periods that this hand-off has no rows of
	ClearingMovement ClearingKind = "movement"
	ClearingClosing  ClearingKind = "closing"
	ClearingUnpaid   ClearingKind = "unpaid"
	ClearingPayout   ClearingKind = "payout_difference" // a payout is not what its known members come to
)

// BookedFilter selects booked lines. Zero values select all.
type BookedFilter struct {
	Period string
	Fact   string // movements that are or correct this one
}

// Content is a digest of what an accountant has booked a movement by. What may still be filled in or found out about it later,
// such as its payout or the confidence of its match, is not in it.
func (m *Movement) Content() [16]byte {
	sum := sha256.Sum256(fmt.Append(nil, m.content()))
	return [16]byte(sum[:16])
}

func (m *Movement) content() []contentField {
	return []contentField{
		{"kind", string(m.Kind)}, {"status", string(m.Status)}, {"booked at", m.BookedAt.UTC().Format(time.RFC3339Nano)},
		{"amount", amountWords(&m.Amount)}, {"settlement gross", amountWords(m.Gross)}, {"settlement fee", amountWords(m.Fee)},
		{"settlement net", amountWords(m.Net)}, {"payment", m.PaymentID}, {"lead", m.LeadID}, {"call", m.CallID},
		{"product", m.ProductID},
	}
}

type contentField struct{ name, value string }

func amountWords(a *money.Amount) string {
	if a == nil {
		return ""
	}
	return a.String() + " " + string(a.Currency)
}

// Corrections are the rows that turn what was handed over of a fact into what is known of it now, booked on a day: a reversal of
// what stood (nil: nothing), then what stands instead (nil: nothing). They are told apart by the hand-off that they are part of.
func Corrections(stood, now *Movement, on, handOff string) []BookedLine {
	reason := changed(stood, now)
	var lines []BookedLine
	add := func(part BookedPart, m Movement) {
		m.Adjusts = m.Fact()
		m.ID = movementID(m.Adjusts, string(part), handOff)
		m.BookedOn, m.Note = on, reason
		lines = append(lines, BookedLine{Part: part, Movement: &m})
	}
	if stood != nil {
		m := *stood
		m.Amount, m.Gross, m.Fee, m.Net = m.Amount.Neg(), negated(m.Gross), negated(m.Fee), negated(m.Net)
		add(PartReversal, m)
	}
	if now != nil {
		add(PartReplacement, *now)
	}
	return lines
}

func negated(a *money.Amount) *money.Amount {
	if a == nil {
		return nil
	}
	b := a.Neg()
	return &b
}

// changed says in words what became of a fact since it was handed over.
func changed(stood, now *Movement) string {
	switch {
	case stood == nil:
		return "stands again: it had been taken back"
	case now == nil:
		return "taken back: it is not there any more"
	}
	word := func(value string) string {
		if value == "" {
			return "none"
		}
		return value
	}
	var words []string
	after := now.content()
	for i, before := range stood.content() {
		if before.value != after[i].value {
			words = append(words, fmt.Sprintf("%s was %s, is %s", before.name, word(before.value), word(after[i].value)))
		}
	}
	return "changed: " + strings.Join(words, "; ")
}
