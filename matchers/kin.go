package matchers

import "pennytie/reconcile"

// kin says, of each candidate, how well those of one household or family explain the payment: people pay for each other, and the
// call tells for whom.
type kin struct {
	leads   []*reconcile.PreparedLead
	persons []int // of each candidate, the first that records the same person
	fits    []int // how well each person's calls explain the payment
	calls   bool  // are recorded at all
}

func newKin(p *reconcile.Prepared, leads []*reconcile.PreparedLead, persons []int, best []relation, in *reconcile.Index) *kin {
	k := &kin{leads: leads, persons: persons, fits: make([]int, len(leads)), calls: in.AnyCalls()}
	for i := range leads {
		k.fits[persons[i]] = max(k.fits[persons[i]], explains(p, &best[i]))
	}
	return k
}

func (k *kin) measure(i int, to *collector) {
	count, best := 0, 0
	for j, other := range k.leads {
		if k.persons[i] != k.persons[j] && related(k.leads[i], other) {
			count, best = count+1, max(best, k.fits[k.persons[j]])
		}
	}
	to.add(reconcile.FeatureKin, count)
	if count > 0 && k.calls {
		to.add(reconcile.FeatureKinCall, best)
		to.add(reconcile.FeatureKinAhead, k.fits[k.persons[i]]-best)
	}
}

// explains says how well a call explains a payment: 0 there is none, 1 lost, 2 open, 3 won, more the better the amount fits.
func explains(p *reconcile.Prepared, best *relation) int {
	if best.call == nil {
		return 0
	}
	out := 1 + outcomeRank(best.call.Outcome)
	if best.amount.expected.Minor > 0 {
		out += amountRank(p.Amount, best)
	}
	return out
}

// related says that two leads are of one household or family: a surname, number, address or street is the same.
func related(a, b *reconcile.PreparedLead) bool {
	if a.Place.Street != "" && a.Place.Street == b.Place.Street {
		return true
	}
	if x, y := a.Name.Main, b.Name.Main; len(x) > 1 && len(y) > 1 &&
		(x[len(x)-1] == y[len(y)-1] || x[len(x)-1] == y[0] || x[0] == y[len(y)-1]) {
		return true
	}
	return shareContact(a, b)
}
