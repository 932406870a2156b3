package main

import (
	"hash/fnv"
	"math/rand/v2"
	"slices"

	"pennytie/reconcile"
	"pennytie/reconcile/score"
)

// view is one way in which a payment is shown to the training: other businesses know less, and have other leads.
type view struct {
	weight  float64
	without []string // signals that are unknown
	fields  float64  // share of single fields that are unknown
	rivals  float64  // share of wrong candidates that are not there
	nobody  bool     // the right one is not there
}

// views are all of them. The first is what is there.
func views() []view {
	purchase := []string{reconcile.SignalAmount, reconcile.SignalCallTime, reconcile.SignalCallProduct}
	return []view{
		{weight: 1},
		{weight: 0.25, without: purchase},
		{weight: 0.15, without: []string{reconcile.SignalEmail, reconcile.SignalCompany}},
		{weight: 0.15, without: append(purchase, reconcile.SignalEmail, reconcile.SignalPhone, reconcile.SignalCustomer,
			reconcile.SignalReference, reconcile.SignalCompany, reconcile.SignalChain)},
		{weight: 0.3, fields: 0.4},
		{weight: 0.2, rivals: 0.7},
		{weight: 0.1, nobody: true},
	}
}

// fields are features that a business may not know at all.
var fields = [...][]reconcile.Feature{
	{reconcile.FeatureLeadAge}, {reconcile.FeatureCountry}, {reconcile.FeatureCity}, {reconcile.FeaturePostal}, {reconcile.FeatureStreet},
	{reconcile.FeaturePhone, reconcile.FeaturePhonePeople, reconcile.FeatureGroupPhone}, {reconcile.FeatureCustomer},
	{reconcile.FeatureCallProduct}, {reconcile.FeatureCompany, reconcile.FeatureCompanyPeople}, {reconcile.FeatureReference},
	{reconcile.FeatureAmount, reconcile.FeatureRatio, reconcile.FeatureGroupAmount}, {reconcile.FeatureOnCall},
}

const (
	// suiteWeight is of payments of a suite: they are over-represented.
	suiteWeight = 0.5
	// hardWeight is of payments for which the hand-set weights put somebody wrong first: they teach most.
	hardWeight = 1.5
)

// groupsWithout shows every payment of all worlds but one in every way.
func groupsWithout(worlds []world, left int) []group {
	var out []group
	for i := range worlds {
		if i == left {
			continue
		}
		for j := range worlds[i].payments {
			out = append(out, worlds[i].payments[j].groups()...)
		}
	}
	return out
}

func (p *payment) groups() []group {
	h := fnv.New64a()
	h.Write([]byte(p.id))
	random := rand.New(rand.NewPCG(h.Sum64(), 1)) // by id, so that the order of payments does not show
	var out []group
	for _, v := range views() {
		found := p.seen(&v, random)
		if len(found) == 0 {
			continue
		}
		g := group{weight: v.weight}
		if p.truth.Suite != "" {
			g.weight *= suiteWeight
		}
		top, hard := reconcile.NotCompared, false
		for _, person := range score.Persons(found) {
			right := p.isRight(&person)
			g.vectors, g.right = append(g.vectors, person.Vector), append(g.right, right)
			if sum := person.Vector[reconcile.FeatureScore]; sum > top {
				top, hard = sum, !right
			}
		}
		if hard {
			g.weight *= hardWeight
		}
		out = append(out, g)
	}
	return out
}

// seen is what a view leaves of the candidates.
func (p *payment) seen(v *view, random *rand.Rand) []reconcile.Candidate {
	unknown := v.unknown(random)
	gone := map[string]bool{}
	var found []reconcile.Candidate
	for _, c := range p.found {
		person := c.Person()
		if _, drawn := gone[person]; !drawn {
			right := c.LeadID == p.truth.LeadID || slices.Contains(p.truth.AcceptableIDs, c.LeadID)
			gone[person] = right && v.nobody || !right && random.Float64() < v.rivals
		}
		if gone[person] {
			continue
		}
		c.Evidence = slices.DeleteFunc(slices.Clone(c.Evidence), func(e reconcile.Evidence) bool {
			return slices.Contains(v.without, e.Signal) || v.fields > 0 && rests(e.Signal, unknown)
		})
		c.Measures = slices.DeleteFunc(slices.Clone(c.Measures), func(m reconcile.Measure) bool { return unknown[m.Feature] })
		found = append(found, c)
	}
	return found
}

func (v *view) unknown(random *rand.Rand) map[reconcile.Feature]bool {
	unknown := map[reconcile.Feature]bool{}
	for _, field := range fields {
		if random.Float64() < v.fields {
			for _, f := range field {
				unknown[f] = true
			}
		}
	}
	for f := range reconcile.NumFeatures {
		if slices.Contains(v.without, f.Signal()) {
			unknown[f] = true
		}
	}
	return unknown
}

// rests says that a signal rests on fields that are unknown.
func rests(signal string, unknown map[reconcile.Feature]bool) bool {
	switch signal {
	case reconcile.SignalPhone:
		return unknown[reconcile.FeaturePhone]
	case reconcile.SignalCustomer:
		return unknown[reconcile.FeatureCustomer]
	case reconcile.SignalReference:
		return unknown[reconcile.FeatureReference]
	case reconcile.SignalAmount:
		return unknown[reconcile.FeatureAmount]
	case reconcile.SignalCallProduct:
		return unknown[reconcile.FeatureCallProduct]
	case reconcile.SignalAddress:
		return unknown[reconcile.FeatureStreet] && unknown[reconcile.FeaturePostal]
	}
	return false
}
