package reconcile

import "slices"

// Decide is the decision about a payment's attribution: a pure function of the scored candidates (best first), the
// policy and what people have said. A person's word always holds. A machine decides only where it is sure
// and no rival comes close; a tie is ambiguous whatever its confidence.
func Decide(policy Policy, leads, products []Candidate, said []Decision) Match {
	m := Match{State: MatchUnmatched, Candidates: leads}
	if len(leads) > MaxCandidates {
		m.Candidates, m.Cut = leads[:MaxCandidates:MaxCandidates], len(leads)-MaxCandidates
	}
	m.ProductID = decideProduct(policy, products)
	if len(leads) > 0 {
		decideLead(&m, policy, leads)
	}
	if d, spoken := LastWord(said); spoken {
		m.State, m.By, m.Confidence, m.Margin = MatchManual, "manual", Sure, Sure
		m.LeadID, m.CallID = d.LeadID, d.CallID
		if d.ProductID != "" || d.None {
			m.ProductID = d.ProductID
		}
	}
	return m
}

func decideLead(m *Match, policy Policy, leads []Candidate) {
	best := leads[0]
	plausible := Confidence(0) // that the payer is any of these leads
	for _, c := range leads {
		plausible += c.Confidence
	}
	m.Confidence, m.Margin, m.By = best.Confidence, best.Confidence, best.MatchedBy
	if len(leads) > 1 {
		m.Margin -= leads[1].Confidence
	}
	switch {
	case plausible < policy.Suggest:
		m.State = MatchUnmatched
		return
	case len(leads) > 1 && m.Margin < policy.Margin || best.Confidence < policy.Suggest:
		m.State = MatchAmbiguous
		return
	case best.Confidence >= policy.AutoConfirm && m.Margin >= policy.Margin:
		m.State = MatchAuto
	default:
		m.State = MatchSuggested
	}
	m.LeadID, m.CallID = best.LeadID, best.CallID
	if m.ProductID == "" {
		m.ProductID = best.ProductID
	}
}

func decideProduct(policy Policy, products []Candidate) string {
	if len(products) == 0 || products[0].Confidence < policy.AutoConfirm {
		return ""
	}
	if len(products) > 1 && products[0].Confidence-products[1].Confidence < policy.Margin {
		return ""
	}
	return products[0].ProductID
}

// LastWord is the decision that holds: the last one that was not taken back. An undo takes back what had been said of the
// payment that it was made on; what came from another payment later, by a merge, is not its business.
func LastWord(said []Decision) (Decision, bool) {
	for i := len(said) - 1; i >= 0; i-- {
		d := said[i]
		takenBack := slices.ContainsFunc(said[i+1:], func(u Decision) bool {
			return u.Undo && (u.Joined == d.Joined || u.Joined == 0 && d.Joined < u.ID)
		})
		if !d.Undo && !takenBack {
			return d, true
		}
	}
	return Decision{}, false
}
