package score

import (
	"cmp"
	"slices"

	"pennytie/reconcile"
)

// chooseCalls lets the calls of each person compete, and gives each lead the one that is likelier than not once this lead paid.
// leads are best first.
func chooseCalls(leads []reconcile.Candidate) {
	for i := range leads {
		c := &leads[i]
		for j := range c.Calls {
			c.Calls[j].Evidence = slices.Clone(c.Calls[j].Evidence)
			sortEvidence(c.Calls[j].Evidence)
		}
		slices.SortFunc(c.Calls, func(a, b reconcile.Candidate) int {
			return cmp.Or(cmp.Compare(LogOdds(&b), LogOdds(&a)), cmp.Compare(a.CallID, b.CallID))
		})
		if i >= reconcile.MaxCandidates {
			c.Calls = nil
		}
		c.Calls = slices.Clip(c.Calls[:min(len(c.Calls), reconcile.MaxChoices)])
	}
	for i, confidences := range CallConfidences(leads) {
		c := &leads[i]
		c.CallID, c.ProductID = "", ""
		for j := range c.Calls {
			c.Calls[j].Confidence = confidences[j]
			c.Calls[j].MatchedBy = strategyCall
		}
		if len(c.Calls) > 0 && 2*c.Calls[0].Confidence > c.Confidence {
			c.CallID, c.ProductID = c.Calls[0].CallID, c.Calls[0].ProductID
		}
	}
}

// CallConfidences recomputes, from their evidence and the confidences of their leads, the confidences of the calls of each
// candidate. Calls of leads that record one person compete, for a person makes one purchase at a time; none of them is an
// alternative, for people buy without a call.
func CallConfidences(leads []reconcile.Candidate) [][]reconcile.Confidence {
	rivals := map[string][]reconcile.Weight{}
	for i := range leads {
		person := leads[i].Person()
		for j := range leads[i].Calls {
			rivals[person] = append(rivals[person], LogOdds(&leads[i].Calls[j]))
		}
	}
	sums := map[string]float64{}
	for person, weights := range rivals {
		slices.Sort(weights) // a sum of floats depends on its order
		sum := 1.0
		for _, w := range weights {
			sum += oddsOf(w)
		}
		sums[person] = sum
	}
	out := make([][]reconcile.Confidence, len(leads))
	for i := range leads {
		c := &leads[i]
		for j := range c.Calls {
			share := oddsOf(LogOdds(&c.Calls[j])) / sums[c.Person()]
			out[i] = append(out[i], toConfidence(float64(c.Confidence)*share/float64(reconcile.Sure)))
		}
	}
	return out
}

// belief is how sure a product is by the calls that were about it, with the surest of them.
type belief struct {
	sure reconcile.Confidence
	call *reconcile.Candidate
}

// withCalls adds to the products what the calls of the leads tell of them, and drops those for which nothing speaks.
func withCalls(products, leads []reconcile.Candidate) []reconcile.Candidate {
	beliefs := map[string]belief{}
	for i := range leads {
		for j := range leads[i].Calls {
			call := &leads[i].Calls[j]
			b := beliefs[call.ProductID]
			if b.call == nil || call.Confidence > b.call.Confidence {
				b.call = call
			}
			b.sure += call.Confidence
			beliefs[call.ProductID] = b
		}
	}
	delete(beliefs, "")
	for id, b := range beliefs { // in any order: products are sorted when they have competed
		weight := soldWeight(b.sure)
		if weight == 0 {
			continue
		}
		at := slices.IndexFunc(products, func(c reconcile.Candidate) bool { return c.ProductID == id })
		if at < 0 {
			at, products = len(products), append(products, reconcile.Candidate{ProductID: id})
		}
		products[at].Evidence = append(products[at].Evidence, reconcile.Evidence{
			Signal: reconcile.SignalCallProduct, Payment: b.call.CallID, Candidate: id, Weight: weight, Strategy: strategyCall,
		})
		sortEvidence(products[at].Evidence)
	}
	return slices.DeleteFunc(products, func(c reconcile.Candidate) bool { return !anyPositive(c.Evidence) })
}

// strategyCall is named for a product that a call names: it is that of the matcher that finds calls.
const strategyCall = "call_window"

// ceilingOfProduct holds a product down for which nothing but the price speaks.
func ceilingOfProduct(c *reconcile.Candidate) reconcile.Confidence {
	ceiling := ceilingPart
	for i := range c.Evidence {
		switch e := &c.Evidence[i]; {
		case e.Weight > 0 && e.Signal != reconcile.SignalListPrice:
			return reconcile.Sure
		case e.Weight >= wholePrice:
			ceiling = ceilingPrice
		}
	}
	return ceiling
}
