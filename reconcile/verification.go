package reconcile

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"pennytie/reconcile/money"
)

// VerificationStatus says whether processor, claims and attribution agree.
type VerificationStatus string

// Verification statuses.
const (
	Unverified  VerificationStatus = "unverified"
	NeedsReview VerificationStatus = "needs_review"
	Confirmed   VerificationStatus = "confirmed"
	Rejected    VerificationStatus = "rejected"
)

// Coverage is what the sources as a whole can be relied on to know.
type Coverage struct {
	// Processor says whether a complete processor source of this provider knows all payments of a date that a source
	// claims, the time that such a claim may take included.
	Processor func(provider string, claim *SourceRecord) bool
	// Book says whether some complete book that should know every payment of this provider knows those of a date.
	Book func(provider string, date time.Time) bool
}

// Verify compares what the processor says with every claim and judges the payment. decided says whether its attribution
// may be relied on.
func Verify(p *Payment, known *Known, cover Coverage, decided bool) (VerificationStatus, []Exception) {
	found := slices.Concat(corrected(p, known), disagreements(p, known), doubleCredits(p, known.Records), doubts(known.Records))
	if d, spoken := LastWord(known.Decisions); spoken && d.Verified {
		return Confirmed, found
	}
	if p.Role == RoleBook {
		return verifyClaim(p, known.Records, cover, found)
	}
	if p.Role == RoleProcessor && p.Status.Collected() && !claimed(known.Records) && cover.Book(p.Provider, p.PaymentDate) {
		found = append(found, Exception{Code: ExMissingInBook, Expected: "a claim in a book",
			Actual: p.Amount.String(), Detail: "the processor took this payment and no book knows it"})
	}
	switch {
	case hasDisagreement(found):
		return NeedsReview, found
	case !p.Status.Collected():
		return Unverified, found
	case decided:
		return Confirmed, found
	}
	return NeedsReview, found
}

// verifyClaim judges money that no processor has spoken of.
func verifyClaim(p *Payment, records []SourceRecord, cover Coverage, found []Exception) (VerificationStatus, []Exception) {
	for _, claim := range moneyRecords(records) { // one of them may name a processor while another names the first
		if p.Status.Collected() && cover.Processor(claim.Claims(), claim) {
			return Rejected, append(found, Exception{Code: ExMissingAtProcessor, Expected: "a payment at " + claim.Claims(),
				Actual: p.Amount.String(), Detail: fmt.Sprintf("%s claims this payment and its processor, read past that date, does not know it", claim.Source)})
		}
	}
	switch {
	case hasDisagreement(found):
		return NeedsReview, found
	}
	return Unverified, found
}

func hasDisagreement(found []Exception) bool {
	for _, e := range found {
		if e.Code != ExMissingInBook {
			return true
		}
	}
	return false
}

// claimed says whether a book speaks of the payment.
func claimed(records []SourceRecord) bool {
	return slices.ContainsFunc(records, func(r SourceRecord) bool {
		return r.Role == RoleBook && r.Kind == KindPayment && !r.Gone
	})
}

// disagreements holds the best word of every other source against the payment.
func disagreements(p *Payment, known *Known) []Exception {
	var found []Exception
	seen := map[string]bool{p.Source: true}
	for _, r := range moneyRecords(known.Records) {
		if seen[r.Source] {
			continue // an attempt before, or the leading source itself
		}
		seen[r.Source] = true
		found = append(found, disagreement(p, r, known)...)
	}
	return found
}

func disagreement(p *Payment, r *SourceRecord, known *Known) []Exception {
	claim, taken := captured(&r.Facts), p.Captured // less than asked for, after a partial capture
	if !r.Facts.Status.Collected() || !p.Status.Collected() {
		claim, taken = *r.Facts.Amount, p.Amount
	}
	if claim.Currency != p.Amount.Currency {
		return []Exception{{Code: ExCurrencyMismatch, Subject: r.Source, Expected: string(p.Amount.Currency),
			Actual: string(claim.Currency), Detail: r.Source + " has another currency"}}
	}
	var found []Exception
	if claim != taken {
		found = append(found, amountMismatch(taken, claim, r.Source))
	}
	if r.Role == RoleProcessor && r.Export {
		return found // an export is a picture of its day; later states are no contradiction
	}
	found = append(found, disputeDisagreement(p, r, known.Disputes)...)
	if said := claimedStatus(p, r); said != p.Status {
		return append(found, Exception{Code: ExStatusMismatch, Subject: r.Source, Expected: string(p.Status),
			Actual: string(said), Detail: r.Source + " has another status"})
	}
	return append(found, refundDisagreements(p, r, known.Refunds)...)
}

// disputeDisagreement tells of a dispute that a book knows and the payment's processor does not. Which state it is in only the
// processor says: few books have words for the end of one.
func disputeDisagreement(p *Payment, r *SourceRecord, rows []Dispute) []Exception {
	said := r.Facts.DisputeStatus
	for i := range rows {
		if row := &rows[i]; row.Source == r.Source && !row.Inquiry && row.Status != DisputeWon {
			said = row.Status
		}
	}
	if said == "" || said == DisputeNone || said == DisputeWon || p.Dispute.Status != DisputeNone {
		return nil
	}
	return []Exception{{Code: ExStatusMismatch, Subject: r.Source + " dispute", Expected: string(DisputeNone), Actual: string(said),
		Detail: r.Source + " knows of a dispute that the processor does not"}}
}

// refundDisagreements holds what a source says of refunds, in the payment's row and in rows of their own, against the
// payment's refunds.
func refundDisagreements(p *Payment, r *SourceRecord, rows []Refund) []Exception {
	var found []Exception
	differs := func(subject, said, detail string) {
		found = append(found, Exception{Code: ExRefundMismatch, Subject: subject, Expected: p.Refund.Amount.String(),
			Actual: said, Detail: detail})
	}
	if said, other := contradicts(p, &r.Facts, p.Refund); other {
		differs(r.Source, said, r.Source+" has another refunded amount")
	}
	own := slices.DeleteFunc(slices.Clone(rows), func(row Refund) bool { return row.Source != r.Source })
	if len(own) == 0 || own[0].Provider == p.Refund.Provider && own[0].Role == p.Refund.Role {
		return found
	}
	sum, _ := summarizeRefunds(p, own) // what is wrong with single rows of a book is not wrong with the money
	if sum.Amount != p.Refund.Amount {
		differs(r.Source+" refunds", sum.Amount.String(), "the refund rows of "+r.Source+" come to another amount")
	}
	return found
}

// doubleCredits finds payments that one book claims more than once: each claim would pay a commission.
func doubleCredits(p *Payment, records []SourceRecord) []Exception {
	claims := map[string][]string{}
	for i := range records {
		r := &records[i]
		if r.Role == RoleBook && r.Kind == KindPayment && !r.Gone && r.Facts.Status.Collected() {
			claims[r.Source] = append(claims[r.Source], r.ID)
		}
	}
	var found []Exception
	for _, source := range slices.Sorted(maps.Keys(claims)) {
		if ids := claims[source]; len(ids) > 1 {
			slices.Sort(ids)
			found = append(found, Exception{Code: ExDoubleCredit, Subject: source, Expected: "one claim",
				Actual: strings.Join(ids, " "), Detail: fmt.Sprintf("%s claims this payment of %s %d times", source, p.Amount, len(ids))})
		}
	}
	return found
}

// doubts are what records say against themselves, and records that their sources no longer have.
func doubts(records []SourceRecord) []Exception {
	var found []Exception
	for i := range records {
		r := &records[i]
		if r.Gone {
			found = append(found, Exception{Code: ExLateChange, Subject: r.Source + " " + r.ID, Expected: RecordPresent,
				Actual: RecordGone, Detail: r.Source + " no longer has its record of this payment"})
			continue
		}
		for _, d := range r.Facts.Doubts {
			found = append(found, Exception{Code: d.Code, Subject: r.Source + " " + d.Field, Expected: d.Expected,
				Actual: d.Actual, Detail: d.Detail})
		}
	}
	return found
}

func amountMismatch(processor, claim money.Amount, source string) Exception {
	code, word := ExAmountUnder, "less"
	if claim.Minor > processor.Minor {
		code, word = ExAmountOver, "more"
	}
	return Exception{Code: code, Subject: source, Expected: processor.String(), Actual: claim.String(),
		Detail: fmt.Sprintf("%s claims %s than was taken", source, word)}
}

// claimedStatus is the status that a record's own words come to, in the sense of Payment.Status.
func claimedStatus(p *Payment, r *SourceRecord) Status {
	if r.Facts.Status != StatusSucceeded {
		return r.Facts.Status
	}
	if claimedRefund(p, &r.Facts).Status == RefundFull {
		return StatusRefunded
	}
	return StatusSucceeded
}

// LateChanges names what changed in a payment that had been confirmed before, and every step back that no payment
// takes by itself.
func LateChanges(before, after *Payment) []Exception {
	var found []Exception
	late := func(subject, was, is string) {
		if was != is {
			found = append(found, Exception{Code: ExLateChange, Subject: subject, Expected: was, Actual: is,
				Detail: subject + " changed after the payment was confirmed"})
		}
	}
	if before.Verification == Confirmed {
		late("amount", before.Amount.String()+" "+string(before.Amount.Currency), after.Amount.String()+" "+string(after.Amount.Currency))
		late("status", string(before.Status), string(after.Status))
		late("refunded_amount", before.Refund.Amount.String(), after.Refund.Amount.String())
		late("dispute_status", string(before.Dispute.Status), string(after.Dispute.Status))
		return found
	}
	if before.Source != after.Source {
		return nil // another source leads now: that is news, not a step back
	}
	back := func(subject, was, is string, allowed bool) {
		if !allowed {
			found = append(found, Exception{Code: ExLateChange, Subject: subject, Expected: was, Actual: is,
				Detail: subject + " went back to an earlier state"})
		}
	}
	back("status", string(before.Status), string(after.Status), statusTransitions().allow(before.Status, after.Status))
	back("refund_status", string(before.Refund.Status), string(after.Refund.Status),
		refundTransitions().allow(before.Refund.Status, after.Refund.Status))
	back("dispute_status", string(before.Dispute.Status), string(after.Dispute.Status),
		disputeTransitions().allow(before.Dispute.Status, after.Dispute.Status))
	return found
}

// AttributionExceptions names why a person must look at a payment's attribution. Money that was never collected
// needs no attribution.
func AttributionExceptions(p *Payment) []Exception {
	if !p.Status.Collected() {
		return nil
	}
	m := &p.Match
	switch m.State {
	case MatchUnmatched:
		return []Exception{{Code: ExUnmatched, Actual: p.Amount.String(), Detail: "no lead explains this payment"}}
	case MatchAmbiguous:
		e := Exception{Code: ExAmbiguous, Detail: "two or more leads explain this payment equally well"}
		if len(m.Candidates) > 1 {
			e.Expected, e.Actual = m.Candidates[0].LeadID, m.Candidates[1].LeadID
		}
		return []Exception{e}
	case MatchSuggested:
		return []Exception{{Code: ExLowConfidence, Actual: m.LeadID,
			Detail: fmt.Sprintf("the best lead is not sure enough (%d.%04d)", m.Confidence/Sure, m.Confidence%Sure)}}
	}
	return nil
}

// SeverityOf judges by the money at risk.
func SeverityOf(atRisk money.Amount) Severity {
	const high = 1_000
	unit := int64(1)
	for range atRisk.Currency.Exponent() {
		unit *= 10
	}
	switch major := atRisk.Minor / unit; {
	case atRisk.Minor == 0:
		return SeverityLow
	case major > high:
		return SeverityHigh
	}
	return SeverityMedium
}
