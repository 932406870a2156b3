package score

import (
	"cmp"
	"slices"

	"pennytie/reconcile"
)

// Rank merges what the matchers found into one candidate per lead and one per product, with confidences, best
// first and then by id. Candidates about which nothing speaks of the payer are dropped. The order of found
// does not matter.
func Rank(found []reconcile.Candidate) (leads, products []reconcile.Candidate) {
	ordered := slices.Clone(found)
	slices.SortStableFunc(ordered, compareFound)
	for start := 0; start < len(ordered); {
		end := start + 1
		for end < len(ordered) && sameTarget(&ordered[start], &ordered[end]) {
			end++
		}
		merged := merge(ordered[start:end])
		switch {
		case merged.LeadID != "" && plausible(merged.Evidence):
			leads = append(leads, merged)
		case merged.LeadID == "" && merged.ProductID != "" && anyPositive(merged.Evidence):
			products = append(products, merged)
		}
		start = end
	}
	return compete(leads), compete(products)
}

// Confidences recomputes, from their evidence alone, the confidences of the candidates of one payment, in
// their order. Candidates cut beyond reconcile.MaxCandidates have no influence on the ones kept.
func Confidences(candidates []reconcile.Candidate) []reconcile.Confidence {
	logOdds := make([]reconcile.Weight, len(candidates))
	other := reconcile.Weight(0) // the explicit alternative: no lead, or none of these
	for i := range candidates {
		t := newTally(&candidates[i])
		logOdds[i] = t.logOdds()
		other = max(other, logOdds[i]-t.saturation())
	}
	best := slices.Clone(logOdds)
	slices.SortFunc(best, func(a, b reconcile.Weight) int { return cmp.Compare(b, a) })
	sum := oddsOf(other)
	for _, w := range best[:min(len(best), reconcile.MaxCandidates)] {
		sum += oddsOf(w)
	}
	out := make([]reconcile.Confidence, len(candidates))
	for i, w := range logOdds {
		out[i] = toConfidence(oddsOf(w) / sum)
	}
	return out
}

// LogOdds is a candidate's prior plus its evidence, under its ceiling.
func LogOdds(c *reconcile.Candidate) reconcile.Weight {
	t := newTally(c)
	return t.logOdds()
}

// compete fills confidences and sorts.
func compete(candidates []reconcile.Candidate) []reconcile.Candidate {
	if len(candidates) == 0 {
		return nil
	}
	order := make([]int, len(candidates))
	logOdds := make([]reconcile.Weight, len(candidates))
	for i, confidence := range Confidences(candidates) {
		order[i], logOdds[i] = i, LogOdds(&candidates[i])
		candidates[i].Confidence = confidence
		candidates[i].MatchedBy = matchedBy(candidates[i].Evidence)
	}
	// Log-odds give the order of confidences and also tell apart those that round to one value.
	slices.SortFunc(order, func(i, j int) int {
		return cmp.Or(cmp.Compare(logOdds[j], logOdds[i]), cmp.Compare(candidates[i].LeadID, candidates[j].LeadID),
			cmp.Compare(candidates[i].ProductID, candidates[j].ProductID))
	})
	out := make([]reconcile.Candidate, len(order))
	for to, from := range order {
		out[to] = candidates[from]
	}
	return out
}

func sameTarget(a, b *reconcile.Candidate) bool {
	return a.LeadID == b.LeadID && (a.LeadID != "" || a.ProductID == b.ProductID)
}

// compareFound groups by target. Within it the call comes first, so that merging keeps the same one in
// whatever order matchers ran.
func compareFound(a, b reconcile.Candidate) int {
	return cmp.Or(cmp.Compare(a.LeadID, b.LeadID), cmp.Compare(b.CallID, a.CallID),
		cmp.Compare(b.ProductID, a.ProductID), cmp.Compare(b.Note, a.Note))
}

// merge joins candidates of one target. The inputs' evidence is not touched.
func merge(group []reconcile.Candidate) reconcile.Candidate {
	out := reconcile.Candidate{LeadID: group[0].LeadID}
	size := 0
	for i := range group {
		size += len(group[i].Evidence)
	}
	evidence := make([]reconcile.Evidence, 0, size)
	for i := range group {
		if out.CallID == "" {
			out.CallID = group[i].CallID
		}
		if out.ProductID == "" {
			out.ProductID = group[i].ProductID
		}
		if out.Note == "" {
			out.Note = group[i].Note
		}
		evidence = append(evidence, group[i].Evidence...)
	}
	out.Evidence = dedupe(evidence)
	slices.SortFunc(out.Evidence, func(a, b reconcile.Evidence) int {
		return cmp.Or(cmp.Compare(b.Weight, a.Weight), cmp.Compare(a.Signal, b.Signal))
	})
	return out
}

// dedupe keeps one piece of evidence of each signal: the strongest for the candidate if any is, else the
// strongest against it. It sorts its argument by signal.
func dedupe(evidence []reconcile.Evidence) []reconcile.Evidence {
	slices.SortFunc(evidence, func(a, b reconcile.Evidence) int {
		return cmp.Or(cmp.Compare(a.Signal, b.Signal), strongerFirst(a.Weight, b.Weight),
			cmp.Compare(a.Strategy, b.Strategy), cmp.Compare(a.Payment, b.Payment),
			cmp.Compare(a.Candidate, b.Candidate))
	})
	return slices.CompactFunc(evidence, func(a, b reconcile.Evidence) bool { return a.Signal == b.Signal })
}

func strongerFirst(a, b reconcile.Weight) int {
	if a > 0 || b > 0 {
		return cmp.Compare(b, a)
	}
	return cmp.Compare(a, b)
}

func plausible(evidence []reconcile.Evidence) bool {
	return slices.ContainsFunc(evidence, func(e reconcile.Evidence) bool { return e.Weight > 0 && who(e.Signal) })
}

func anyPositive(evidence []reconcile.Evidence) bool {
	return slices.ContainsFunc(evidence, func(e reconcile.Evidence) bool { return e.Weight > 0 })
}

// matchedBy is the strategy of the strongest evidence that speaks of the payer (of any evidence for a
// product). Calls and amounts alone never decide, so they are never named.
func matchedBy(evidence []reconcile.Evidence) string {
	speaks := plausible(evidence)
	best, strategy := reconcile.Weight(0), ""
	for i := range evidence { // strongest first, so that of equals the first signal by name is taken
		if e := &evidence[i]; e.Weight > best && (who(e.Signal) || !speaks) {
			best, strategy = e.Weight, e.Strategy
		}
	}
	return strategy
}
