package report

import (
	"strings"

	"pennytie/reconcile"
)

const candidatesFile = "candidates.csv"

// candidateRow is a line of candidates.csv: one per candidate, the payments in the order of
// payments.csv, the
// candidates best first.
type candidateRow struct {
	PaymentID  Text   `csv:"payment_id"`
	Rank       Number `csv:"rank"`
	LeadID     Text   `csv:"lead_id"`
	CallID     Text   `csv:"call_id"`
	ProductID  Text   `csv:"product_id"`
	Confidence Number `csv:"confidence"`
	MatchedBy  Text   `csv:"matched_by"`
	Signals    Text   `csv:"signals"`
	Evidence   JSON   `csv:"evidence"`
	Note       Text   `csv:"note"`

	CallConfidence Number `csv:"call_confidence"`
}

func newCandidateRow(
	paymentID string, rank int, c *reconcile.Candidate, evidence JSON, shown privacy,
) candidateRow {
	return candidateRow{
		PaymentID:  Text(paymentID),
		Rank:       count(rank),
		LeadID:     Text(c.LeadID),
		CallID:     Text(c.CallID),
		ProductID:  Text(c.ProductID),
		Confidence: confidence(c.Confidence),
		MatchedBy:  Text(c.MatchedBy),
		Signals:    Text(signals(c.Evidence)),
		Evidence:   evidence,
		Note:       Text(shown.free(c.Note)),

		CallConfidence: ifKnown(c.CallConfidence()),
	}
}

func signals(evidence []reconcile.Evidence) string {
	var b strings.Builder
	for i := range evidence {
		if i > 0 {
			b.WriteByte(';')
		}
		b.WriteString(evidence[i].Signal)
	}
	return b.String()
}
