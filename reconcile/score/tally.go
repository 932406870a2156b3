package score

import "pennytie/reconcile"

// tally is what counts of a candidate's evidence, in weights set by hand: one weight per signal.
type tally struct {
	total      reconcile.Weight
	purchase   reconcile.Weight // of this what speaks of the purchase: amount, time and product of a call
	email      reconcile.Weight
	name       reconcile.Weight
	company    reconcile.Weight
	address    reconcile.Weight
	identities int  // signals that name the lead
	refused    bool // a person said of another payment of this payer that it is not this lead
}

// newTally tells evidence of which each signal is there once: see dedupe.
func newTally(evidence []reconcile.Evidence) tally {
	var t tally
	for i := range evidence {
		t.add(&evidence[i])
	}
	return t
}

func (t *tally) add(e *reconcile.Evidence) {
	if modelled[e.Signal] {
		t.total += e.Weight
	}
	t.refused = t.refused || e.Signal == reconcile.SignalAlias && e.Weight < 0
	switch e.Signal {
	case reconcile.SignalEmail:
		t.email = e.Weight
	case reconcile.SignalName:
		t.name = e.Weight
	case reconcile.SignalCompany:
		t.company = e.Weight
	case reconcile.SignalAddress:
		t.address = e.Weight
	case reconcile.SignalAmount, reconcile.SignalCallTime, reconcile.SignalCallProduct:
		t.purchase += e.Weight
	}
	if identity(e.Signal) && e.Weight > 0 {
		t.identities++
	}
}

// handSum is the sum of the weights set by hand of what the model knows. People's words are added to what it says.
func handSum(evidence []reconcile.Evidence) reconcile.Weight {
	t := newTally(evidence)
	return priorLead + t.total
}

// ceilingOf is the most log-odds that a lead with this evidence may have, in weights set by hand.
func ceilingOf(evidence []reconcile.Evidence) reconcile.Weight {
	t := newTally(evidence)
	switch named := t.name > 0 || t.company > 0; {
	case t.identities == 0 && !named:
		return ceilingNobody
	case t.email <= disguised, t.name <= disguised:
		return ceilingDisguised
	case t.identities == 0 && t.purchase <= 0 && t.address <= 0:
		return ceilingName
	case t.refused:
		return ceilingRefused
	}
	return mostWeight
}
