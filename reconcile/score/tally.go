package score

import "pennytie/reconcile"

// tally is what counts of a candidate's evidence: one weight per signal.
type tally struct {
	product    bool
	total      reconcile.Weight // prior and evidence
	purchase   reconcile.Weight // of this what speaks of the purchase: amount, time and product of a call
	name       reconcile.Weight
	company    reconcile.Weight
	amount     reconcile.Weight
	address    reconcile.Weight
	identities int // signals that name the lead
	strongest  reconcile.Weight
	referenced bool // our own id is written on the payment
	refused    bool // a person said of another payment of this payer that it is not this lead
}

func newTally(c *reconcile.Candidate) tally {
	t := tally{product: c.LeadID == "", total: priorLead}
	if t.product {
		t.total = priorProduct
	}
	for i := range c.Evidence {
		if counts(c.Evidence, i) {
			t.add(&c.Evidence[i])
		}
	}
	return t
}

func (t *tally) add(e *reconcile.Evidence) {
	t.total += e.Weight
	t.refused = t.refused || e.Signal == reconcile.SignalAlias && e.Weight < 0
	switch e.Signal {
	case reconcile.SignalName:
		t.name = e.Weight
	case reconcile.SignalCompany:
		t.company = e.Weight
	case reconcile.SignalAddress:
		t.address = e.Weight
	case reconcile.SignalAmount:
		t.amount = e.Weight
	}
	switch e.Signal {
	case reconcile.SignalAmount, reconcile.SignalCallTime, reconcile.SignalCallProduct:
		t.purchase += e.Weight
	}
	if identity(e.Signal) && e.Weight > 0 {
		t.identities++
		t.strongest = max(t.strongest, e.Weight)
		t.referenced = t.referenced || e.Signal == reconcile.SignalReference
	}
}

// counts says that evidence i is the one of its signal that is added: the strongest for the candidate if any
// is, else the strongest against it. Of equals it does not matter which; the first is taken.
func counts(evidence []reconcile.Evidence, i int) bool {
	for j := range evidence {
		if j == i || evidence[j].Signal != evidence[i].Signal {
			continue
		}
		if order := strongerFirst(evidence[j].Weight, evidence[i].Weight); order < 0 || order == 0 && j < i {
			return false
		}
	}
	return true
}

// logOdds is the sum under its ceiling.
func (t *tally) logOdds() reconcile.Weight {
	if t.product {
		return t.total
	}
	return min(t.total, t.ceiling())
}

// ceiling is the most log-odds that a lead with this evidence may have.
func (t *tally) ceiling() reconcile.Weight {
	named := t.name > 0 || t.company > 0
	switch {
	case t.identities == 0 && !named:
		return ceilingNobody
	case t.identities == 0 && t.amount <= 0:
		return ceilingName
	case t.identities == 0 && (t.name < fullName || t.address < street):
		return ceilingNameAmount
	case t.refused, t.identities == 1 && (t.name <= contradicts || t.strongest < sole && !named):
		return ceilingWeak
	}
	return mostWeight
}

// saturation is by how much a candidate may outweigh the alternative that somebody else is meant. However sure
// it is who paid, some pay for a relative or a colleague; only what speaks of the purchase (an own id written
// on the payment, a call that explains it) says for whom.
func (t *tally) saturation() reconcile.Weight {
	if t.product || t.referenced {
		return mostWeight
	}
	return paysForSelf + t.purchase
}
