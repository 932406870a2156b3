package reconcile

import (
	"fmt"
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
	// Processor says whether a complete processor source of this provider covers payments of that date.
	Processor func(provider string, date time.Time) bool
	// Book says whether a complete book covers payments of that date.
	Book func(date time.Time) bool
}

// Verify compares what the processor says with every claim and judges the payment. decided says whether its attribution
// may be relied on.
func Verify(p *Payment, records []SourceRecord, cover Coverage, decided bool) (VerificationStatus, []Exception) {
	found := disagreements(p, records)
	if p.Role == RoleBook {
		return verifyClaim(p, cover, found)
	}
	if p.Role == RoleProcessor && p.Status.Collected() && !claimed(p, records) && cover.Book(p.PaymentDate) {
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

func verifyClaim(p *Payment, cover Coverage, found []Exception) (VerificationStatus, []Exception) {
	if !p.Status.Collected() || !cover.Processor(p.Provider, p.PaymentDate) {
		return Unverified, found
	}
	return Rejected, append(found, Exception{Code: ExMissingAtProcessor, Expected: "a payment at the processor",
		Actual: p.Amount.String(), Detail: fmt.Sprintf("%s claims this payment and its processor, read past that date, does not know it", p.Source)})
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
func claimed(p *Payment, records []SourceRecord) bool {
	for i := range records {
		if records[i].Role == RoleBook && records[i].Kind == KindPayment {
			return true
		}
	}
	return false
}

// disagreements holds the best word of every other source against the payment.
func disagreements(p *Payment, records []SourceRecord) []Exception {
	var found []Exception
	seen := map[string]bool{p.Source: true}
	for _, r := range moneyRecords(records) {
		if seen[r.Source] {
			continue // an attempt before, or the leading source itself
		}
		seen[r.Source] = true
		found = append(found, disagreement(p, r)...)
	}
	return found
}

func disagreement(p *Payment, r *SourceRecord) []Exception {
	claim := captured(&r.Facts)
	if !r.Facts.Status.Collected() {
		claim = *r.Facts.Amount
	}
	if claim.Currency != p.Amount.Currency {
		return []Exception{{Code: ExCurrencyMismatch, Subject: r.Source, Expected: string(p.Amount.Currency),
			Actual: string(claim.Currency), Detail: r.Source + " has another currency"}}
	}
	var found []Exception
	if claim != p.Amount {
		found = append(found, amountMismatch(p.Amount, claim, r.Source))
	}
	if r.Role == RoleProcessor && r.Export {
		return found // an export is a picture of its day; later states are no contradiction
	}
	if said := claimedStatus(p, r); said != p.Status {
		found = append(found, Exception{Code: ExStatusMismatch, Subject: r.Source, Expected: string(p.Status),
			Actual: string(said), Detail: r.Source + " has another status"})
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
