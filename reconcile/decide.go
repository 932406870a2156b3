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
	m.Products = products[:min(len(products), MaxChoices):min(len(products), MaxChoices)]
	if len(leads) > 0 {
		decideLead(&m, policy, leads)
	}
	m.ProductID = decideProduct(policy, &m)
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
	best, plausible := leads[0], Together(leads)
	rival := Confidence(0)
	for i := range leads {
		if leads[i].Person() != best.Person() {
			rival = max(rival, leads[i].Confidence)
		}
	}
	m.Confidence, m.Margin, m.By = best.Confidence, best.Confidence-rival, best.MatchedBy
	switch {
	case plausible < policy.Suggest:
		m.State = MatchUnmatched
		return
	case rival > 0 && m.Margin < policy.Margin || best.Confidence < policy.Suggest:
		m.State = MatchAmbiguous
		return
	case best.Confidence >= policy.AutoConfirm && m.Margin >= policy.Margin:
		m.State = MatchAuto
	default:
		m.State = MatchSuggested
	}
	m.LeadID = best.LeadID
	// A wrong call may pay a wrong agent, but most leads have one agent, and without a call nobody is paid: so it need not be as sure
	// as the lead, but likelier than not. Who wants only sure ones has its confidence beside it.
	if sure, known := best.CallConfidence(); known && sure >= policy.Suggest {
		m.CallID = best.CallID
	}
}

// Together is how surely the payer is any of these leads: each person counts once, however often recorded.
func Together(leads []Candidate) Confidence {
	sum, counted := Confidence(0), map[string]bool{}
	for i := range leads {
		if person := leads[i].Person(); !counted[person] {
			counted[person] = true
			sum += leads[i].Confidence
		}
	}
	return sum
}

// decideProduct takes the best product where it is sure, whoever the payer is, and beside a lead that is automatic where it is
// likely, as it does the call. One that comes near another is none.
func decideProduct(policy Policy, m *Match) string {
	if len(m.Products) == 0 {
		return ""
	}
	best, ahead := &m.Products[0], m.Products[0].Confidence
	if len(m.Products) > 1 {
		ahead -= m.Products[1].Confidence
	}
	needed := policy.AutoConfirm
	if m.State == MatchAuto {
		needed = policy.Suggest
	}
	if best.Confidence < needed || ahead < policy.Margin {
		return ""
	}
	return best.ProductID
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
