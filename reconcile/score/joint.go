package score

import (
	"slices"

	"pennytie/reconcile"
)

const (
	// priorClaim: of claims and payments of one amount within days of each other that share anything at all, few are the same.
	priorClaim reconcile.Weight = -200
	// ceilingClaim (p 0.89): no identifier agrees, or something contradicts. Never enough to join by itself.
	ceilingClaim reconcile.Weight = 209
	// otherPayer is how much against a pair the name must say to contradict an identifier that agrees.
	otherPayer reconcile.Weight = -150
)

// Claim is the log-odds that a claim and a payment of equal amounts are the same money. decisive says that a machine may
// decide it: an identifier of the payer agrees, no reference contradicts and the name does not either. Amount, date and name
// fit many.
func Claim(evidence []reconcile.Evidence) (odds reconcile.Weight, decisive bool) {
	odds = priorClaim
	contradicted := false
	for _, e := range evidence {
		odds += e.Weight
		decisive = decisive || identity(e.Signal) && e.Weight > 0
		contradicted = contradicted || e.Signal == reconcile.SignalReference && e.Weight < 0 ||
			e.Signal == reconcile.SignalName && e.Weight <= otherPayer
	}
	decisive = decisive && !contradicted
	if !decisive {
		odds = min(odds, ceilingClaim)
	}
	return odds, decisive
}

// Pair is the confidence in a pair of the best whole solution and its margin: the distance to the best one without it. lead is
// by how much, in log-odds, that solution is worse; odds are the pair's own, rivals those of every other pair of the claim or of
// the payment. The pair is no surer than it is against all of these together.
func Pair(lead, odds reconcile.Weight, rivals ...[]reconcile.Weight) (confidence, margin reconcile.Confidence) {
	likely := oddsOf(lead)
	p := likely / (1 + likely)
	margin = max(0, 2*toConfidence(p)-reconcile.Sure)
	for _, others := range rivals {
		ordered := slices.Sorted(slices.Values(others)) // a sum of floats depends on its order
		own := oddsOf(odds)
		sum := 1 + own
		for _, w := range ordered {
			sum += oddsOf(w)
		}
		p = min(p, own/sum)
	}
	return toConfidence(p), margin
}
