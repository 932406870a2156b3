package reconcile

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"pennytie/reconcile/money"
)

// Word is what a person answers when asked whose a payment is.
type Word string

// The words.
const (
	WordConfirm Word = "confirm" // the best candidate, as shown
	WordLead    Word = "lead"    // the lead that is named
	WordNone    Word = "none"    // the payer is no lead
	WordUndo    Word = "undo"    // back to the machine's view
)

// Answer is a person's word on one payment, given in a review file or at a prompt.
type Answer struct {
	Line      int    // of the file; 0 where there is none
	PaymentID string // or any of its identity keys' ids
	Version   string // of what the person saw; empty where nothing had been shown
	Word      Word
	LeadID    string
	CallID    string
	ProductID string
	Reason    string
}

// Mistake is what is wrong in a review file, and the mend.
type Mistake struct {
	Line   int
	Column string // empty for the line as a whole
	Text   string
	Mend   string
}

// Mistake says what is wrong with an answer by itself, whatever the store holds.
func (a *Answer) Mistake() (wrong Mistake, is bool) {
	switch a.Word {
	case WordLead:
		return Mistake{a.Line, "lead_id", "the decision is lead, and none is named", "fill lead_id, or write none"}, a.LeadID == ""
	case WordConfirm, WordNone, WordUndo:
		for _, named := range []struct{ column, value string }{
			{"lead_id", a.LeadID}, {"call_id", a.CallID}, {"product_id", a.ProductID},
		} {
			if named.value != "" {
				return Mistake{a.Line, named.column, fmt.Sprintf("%q stands beside the decision %s", named.value, a.Word),
					"empty the cell, or write lead as the decision"}, true
			}
		}
		return wrong, false
	}
	return Mistake{a.Line, "decision", fmt.Sprintf("%.40q is no decision", a.Word),
		"write confirm, lead, none or undo, or leave the cell empty"}, true
}

// SameWord says whether two answers say the same, whatever the reason.
func (a *Answer) SameWord(b *Answer) bool {
	return a.Word == b.Word && a.LeadID == b.LeadID && a.CallID == b.CallID && a.ProductID == b.ProductID
}

// Question is why a payment waits for a person.
type Question string

// The questions. No question is the empty one: a payment that no lead plausibly explains is an exception.
const (
	QuestionDoubt Question = "doubt" // the machine has somebody to propose and is not sure
	QuestionAudit Question = "audit" // it is sure, and the payment is one of the sample that shows how often it is right
)

// Ask is the machine's question about a payment, whatever people have said of it.
func Ask(p *Payment, audits Sample) Question {
	switch p.Match.State {
	case MatchSuggested, MatchAmbiguous:
		return QuestionDoubt
	case MatchAuto:
		if audits.Has(p.ID) {
			return QuestionAudit
		}
	}
	return ""
}

// Sample is a random part of all payments: the same one in whatever order and however often it is drawn, and without regard to
// what a payment is like, so that what holds of it can be expected of the rest.
type Sample struct {
	Share Confidence
	Seed  int
}

// Has says whether a payment is of the sample.
func (s Sample) Has(paymentID string) bool {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %s", s.Seed, paymentID))
	return binary.BigEndian.Uint64(sum[:])%uint64(Sure) < uint64(s.Share)
}

// ReviewPlace is what the order of reviews depends on.
type ReviewPlace struct {
	Row      int64
	severity Severity
	amount   money.Amount
	at       Position
}

// PlaceInReview is where a payment belongs. Money that was never taken is not at risk.
func PlaceInReview(p *Payment) ReviewPlace {
	place := ReviewPlace{Row: p.Row, severity: SeverityLow, amount: p.Amount, at: Position{Date: p.PaymentDate, ID: p.ID}}
	if p.Status.Collected() {
		place.severity = SeverityOf(p.Amount)
	}
	return place
}

// Compare orders by severity, the gravest first, then by currency, since amounts of two do not compare, the larger amount
// first, then by payment date and id.
func (a ReviewPlace) Compare(b ReviewPlace) int {
	return cmp.Or(cmp.Compare(a.severity.rank(), b.severity.rank()), cmp.Compare(a.amount.Currency, b.amount.Currency),
		cmp.Compare(b.amount.Minor, a.amount.Minor), a.at.Date.Compare(b.at.Date), cmp.Compare(a.at.ID, b.at.ID))
}

func (s Severity) rank() int {
	switch s {
	case SeverityHigh:
		return 0
	case SeverityMedium:
		return 1
	}
	return 2
}

// Version stands for what a person sees of a payment before they decide: its money and status, its payer, the match with its
// candidates and their evidence, and what people have said. Another version means that a word given on the first was given on
// something else. It begins with a letter, so that no spreadsheet takes it for a number.
func Version(p *Payment, said []Decision) string {
	seen := struct {
		Amount           money.Amount
		Status           Status
		Email, Name, Cus string
		Payer            Payer
		State            MatchState
		Product          string
		Candidates       []Candidate
		Said             []Decision
	}{p.Amount, p.Status, p.CustomerEmail, p.CustomerName, p.StripeCustomerID, p.Payer,
		p.Match.State, p.Match.ProductID, p.Match.Candidates, said}
	text, err := json.Marshal(seen)
	if err != nil {
		return "" // cannot be: texts, numbers and times of this century always marshal
	}
	const bytes = 6 // two versions of one payment are alike once in 2^48
	sum := sha256.Sum256(text)
	return "v" + hex.EncodeToString(sum[:bytes])
}
