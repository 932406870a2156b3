package report

import "pennytie/reconcile"

const matchesFile = "matches.csv"

// matchRow is a line of matches.csv: one per payment, in the order of payments.csv. Beside a match_state of
// suggested, the lead, call and product are the suggestion; payments.csv shows only decided ones.
type matchRow struct {
	PaymentID          Text   `csv:"payment_id"`
	ProviderPaymentID  Text   `csv:"provider_payment_id"`
	PaymentDate        Time   `csv:"payment_date"`
	Amount             Money  `csv:"amount" in:"currency"`
	Currency           Text   `csv:"currency"`
	CustomerEmail      Text   `csv:"customer_email"`
	CustomerName       Text   `csv:"customer_name"`
	MatchState         Text   `csv:"match_state"`
	LeadID             Text   `csv:"lead_id"`
	CallID             Text   `csv:"call_id"`
	ProductID          Text   `csv:"product_id"`
	MatchedBy          Text   `csv:"matched_by"`
	MatchConfidence    Number `csv:"match_confidence"`
	Margin             Number `csv:"margin"`
	RunnerUpLeadID     Text   `csv:"runner_up_lead_id"`
	RunnerUpConfidence Number `csv:"runner_up_confidence"`
	CandidateCount     Number `csv:"candidate_count"` // with those that were too many to keep
	CallConfidence     Number `csv:"call_confidence"`
	ProductConfidence  Number `csv:"product_confidence"`
}

func newMatchRow(p *reconcile.Payment, shown privacy) matchRow {
	m := &p.Match
	row := matchRow{
		PaymentID:         Text(p.ID),
		ProviderPaymentID: Text(p.ProviderPaymentID),
		PaymentDate:       Time(p.PaymentDate),
		Amount:            Money(p.Amount),
		Currency:          Text(p.Amount.Currency),
		CustomerEmail:     Text(shown.email(p.CustomerEmail)),
		CustomerName:      Text(shown.name(p.CustomerName)),
		MatchState:        Text(m.State),
		LeadID:            Text(m.LeadID),
		CallID:            Text(m.CallID),
		ProductID:         Text(m.ProductID),
		MatchedBy:         Text(m.By),
		MatchConfidence:   scored(m, m.Confidence),
		Margin:            scored(m, m.Margin),
		CandidateCount:    count(len(m.Candidates) + m.Cut),
		CallConfidence:    ifKnown(m.CallConfidence()),
		ProductConfidence: ifKnown(m.ProductConfidence()),
	}
	if c := runnerUp(m); c != nil {
		row.RunnerUpLeadID, row.RunnerUpConfidence = Text(c.LeadID), confidence(c.Confidence)
	}
	return row
}

// ifKnown prints how sure a call or a product is, where there is one and it was scored.
func ifKnown(c reconcile.Confidence, known bool) Number {
	if !known {
		return ""
	}
	return confidence(c)
}

// runnerUp is the best candidate that names another lead than the match, or than the best one where nothing
// is decided.
func runnerUp(m *reconcile.Match) *reconcile.Candidate {
	if len(m.Candidates) == 0 {
		return nil
	}
	first := m.LeadID
	if first == "" {
		first = m.Candidates[0].LeadID
	}
	for i := range m.Candidates {
		if c := &m.Candidates[i]; c.LeadID != "" && c.LeadID != first {
			return c
		}
	}
	return nil
}
