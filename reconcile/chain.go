package reconcile

import (
	"cmp"
	"fmt"
	"strings"
)

// SameChain says that two payments of one payer are rates or renewals of one thing: of one subscription, or of one amount under
// one name.
func SameChain(a, b *Payment) bool {
	if a.StripeSubscriptionID != "" || b.StripeSubscriptionID != "" {
		return a.StripeSubscriptionID == b.StripeSubscriptionID
	}
	return a.Amount == b.Amount && a.CustomerName != "" && strings.EqualFold(a.CustomerName, b.CustomerName)
}

// ChainExceptions tells of a payment that is credited to another lead than the first decided one of its chain. others are the
// payer's other payments, by payment date, then id. Two records of one person are one lead; what a person decided of both is so.
func ChainExceptions(p *Payment, others []*Payment) []Exception {
	if !credited(p) {
		return nil
	}
	for _, first := range others {
		if !credited(first) || !SameChain(first, p) {
			continue
		}
		if cmp.Or(first.PaymentDate.Compare(p.PaymentDate), cmp.Compare(first.ID, p.ID)) > 0 {
			return nil // this is the first
		}
		if first.Match.LeadID == p.Match.LeadID || samePerson(&p.Match, first.Match.LeadID) ||
			first.Match.State == MatchManual && p.Match.State == MatchManual {
			return nil
		}
		return []Exception{{Code: ExAmbiguous, Subject: chainSubject + first.ID, Expected: first.Match.LeadID, Actual: p.Match.LeadID,
			Detail: fmt.Sprintf("payment %s began this chain and is credited to another lead", first.ProviderPaymentID)}}
	}
	return nil
}

// chainSubject begins the subject of an exception about a chain.
const chainSubject = "chain of "

// OfChain says that an exception is about a chain.
func (x *Exception) OfChain() bool { return strings.HasPrefix(x.Subject, chainSubject) }

func credited(p *Payment) bool {
	return p.Status.Collected() && p.Match.State.Decided() && p.Match.LeadID != ""
}

// samePerson says that a lead records the same person as the one that was decided on.
func samePerson(m *Match, lead string) bool {
	person := map[string]string{}
	for i := range m.Candidates {
		person[m.Candidates[i].LeadID] = m.Candidates[i].Person()
	}
	return person[lead] != "" && person[lead] == person[m.LeadID]
}
