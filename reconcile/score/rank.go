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
	return Scorer{Model: Shipped()}.Rank(found)
}

// Scorer weighs by a table and by what a business's own decisions make of it.
type Scorer struct {
	Model *Model
	Refit *reconcile.Refit // nil: as shipped
}

// Rank does that by another table than the one that is shipped.
func (m *Model) Rank(found []reconcile.Candidate) (leads, products []reconcile.Candidate) {
	return Scorer{Model: m}.Rank(found)
}

// Rank does it by this table and refit.
func (s Scorer) Rank(found []reconcile.Candidate) (leads, products []reconcile.Candidate) {
	leads, products = gather(found)
	persons := s.weigh(leads)
	leads = leads[:0]
	for i := range persons {
		leads = append(leads, persons[i].Leads...)
	}
	leads = s.Model.compete(leads)
	chooseCalls(leads)
	products = s.Model.compete(withCalls(products, leads))
	if len(products) > reconcile.MaxChoices { // those that are not kept have no influence
		products = s.Model.compete(slices.Clip(products[:reconcile.MaxChoices]))
	}
	return leads, products
}

// weigh gathers leads by person, weighs them and drops those of whom nothing speaks of the payer.
func (s Scorer) weigh(leads []reconcile.Candidate) []Person {
	persons := Persons(leads)
	s.Model.apply(persons, s.Refit)
	return slices.DeleteFunc(persons, func(p Person) bool { return !p.speaks && s.Model.logOdds(&p.Leads[0]) <= passing })
}

func gather(found []reconcile.Candidate) (leads, products []reconcile.Candidate) {
	ordered := slices.Clone(found)
	slices.SortStableFunc(ordered, compareFound)
	for start := 0; start < len(ordered); {
		end := start + 1
		for end < len(ordered) && sameTarget(&ordered[start], &ordered[end]) {
			end++
		}
		merged := merge(ordered[start:end])
		switch {
		case merged.LeadID != "" && (len(merged.Measures) > 0 || plausible(merged.Evidence)):
			leads = append(leads, merged)
		case merged.LeadID == "" && merged.ProductID != "":
			products = append(products, merged)
		}
		start = end
	}
	return leads, products
}

// Found merges what the matchers found into one candidate per lead, with the weights set by hand: what a model is trained on.
func Found(found []reconcile.Candidate) []reconcile.Candidate {
	leads, _ := gather(found)
	return leads
}

// Confidences recomputes, from their evidence alone, the confidences of the candidates of one payment, in
// their order. Candidates cut beyond reconcile.MaxCandidates have no influence on the ones kept. Leads that record one person
// have the confidence that it is that person.
func Confidences(candidates []reconcile.Candidate) []reconcile.Confidence {
	return Shipped().confidences(candidates)
}

func (m *Model) confidences(candidates []reconcile.Candidate) []reconcile.Confidence {
	order := make([]int, len(candidates))
	logOdds := make([]reconcile.Weight, len(candidates))
	for i := range candidates {
		order[i], logOdds[i] = i, m.logOdds(&candidates[i])
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(logOdds[j], logOdds[i]) })
	sum := 1.0 // the explicit alternative: no lead, or none of these
	counted := map[string]bool{}
	for _, i := range order[:min(len(order), reconcile.MaxCandidates)] {
		if target := targetOf(&candidates[i]); !counted[target] {
			counted[target] = true
			sum += oddsOf(logOdds[i])
		}
	}
	out := make([]reconcile.Confidence, len(candidates))
	for i := range candidates {
		out[i] = toConfidence(min(1, oddsOf(logOdds[i])/sum))
		if c := &candidates[i]; c.LeadID == "" {
			out[i] = min(out[i], ceilingOfProduct(c))
		}
	}
	return out
}

// targetOf is what competes: persons, or products, which record nobody.
func targetOf(c *reconcile.Candidate) string {
	if c.LeadID == "" {
		return c.ProductID
	}
	return c.Person()
}

// LogOdds is a candidate's prior plus its evidence.
func LogOdds(c *reconcile.Candidate) reconcile.Weight { return Shipped().logOdds(c) }

func (m *Model) logOdds(c *reconcile.Candidate) reconcile.Weight {
	return sumOf(m.prior(c), c.Evidence)
}

func (m *Model) prior(c *reconcile.Candidate) reconcile.Weight {
	switch {
	case c.LeadID != "":
		return reconcile.Weight(m.Bias)
	case c.CallID != "":
		return reconcile.PriorCall
	}
	return priorProduct
}

func sumOf(total reconcile.Weight, evidence []reconcile.Evidence) reconcile.Weight {
	for i := range evidence {
		total += evidence[i].Weight
	}
	return max(-mostWeight, min(mostWeight, total))
}

// compete fills confidences and sorts.
func (m *Model) compete(candidates []reconcile.Candidate) []reconcile.Candidate {
	if len(candidates) == 0 {
		return nil
	}
	order := make([]int, len(candidates))
	logOdds := make([]reconcile.Weight, len(candidates))
	for i, confidence := range m.confidences(candidates) {
		order[i], logOdds[i] = i, m.logOdds(&candidates[i])
		candidates[i].Confidence = confidence
		if candidates[i].LeadID == "" {
			candidates[i].MatchedBy = matchedBy(candidates[i].Evidence)
		}
	}
	// Log-odds give the order of confidences and also tell apart those that round to one value. Records of one person stay
	// together, as they came.
	slices.SortStableFunc(order, func(i, j int) int {
		return cmp.Or(cmp.Compare(logOdds[j], logOdds[i]), cmp.Compare(targetOf(&candidates[i]), targetOf(&candidates[j])))
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
		out.Measures = append(out.Measures, group[i].Measures...)
		out.Calls = append(out.Calls, group[i].Calls...)
	}
	out.Evidence = dedupe(evidence)
	sortEvidence(out.Evidence)
	return out
}

// sortEvidence has what speaks most for a candidate first.
func sortEvidence(evidence []reconcile.Evidence) {
	slices.SortFunc(evidence, func(a, b reconcile.Evidence) int {
		return cmp.Or(cmp.Compare(b.Weight, a.Weight), cmp.Compare(a.Signal, b.Signal))
	})
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

// matchedBy is the strategy of the strongest evidence, in weights set by hand, that speaks of the payer (of any evidence for a
// product). Calls and amounts alone never decide, so they are named only where nothing else is known.
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
