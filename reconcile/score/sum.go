package score

import "pennytie/reconcile"

// Sum is how a candidate's log-odds come about, for whoever asks why.
type Sum struct {
	Prior    reconcile.Weight // before any evidence
	Evidence reconcile.Weight
	LogOdds  reconcile.Weight // Prior + Evidence, or less: the most that evidence of its kind may come to
}

// SumOf adds a candidate's evidence up.
func SumOf(c *reconcile.Candidate) Sum {
	before, after := newTally(&reconcile.Candidate{LeadID: c.LeadID, ProductID: c.ProductID}), newTally(c)
	return Sum{Prior: before.total, Evidence: after.total - before.total, LogOdds: LogOdds(c)}
}

// Capped says that the evidence adds up to more than evidence of its kind may.
func (s Sum) Capped() bool { return s.LogOdds != s.Prior+s.Evidence }
