package score

import "pennytie/reconcile"

// Sum is how a candidate's log-odds come about, for whoever asks why.
type Sum struct {
	Prior    reconcile.Weight // before any evidence
	Evidence reconcile.Weight
	LogOdds  reconcile.Weight // their sum, within what log-odds are bounded by
}

// SumOf adds a candidate's evidence up.
func SumOf(c *reconcile.Candidate) Sum {
	s := Sum{Prior: Shipped().prior(c), LogOdds: LogOdds(c)}
	for i := range c.Evidence {
		s.Evidence += c.Evidence[i].Weight
	}
	return s
}
