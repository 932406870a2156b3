// Package matchertest is the quality gate of the matchers: labelled cases that any set of strategies must get
// right, and a small stand-in for the engine to run them.
//
// Tests of the matchers and of a changed catalogue call Run; benchmarks and measurements use World. It must
// stay free of real people's data and of anything that a matcher could learn by heart: cases are invented, and
// say what must never happen rather than an exact confidence.
package matchertest

import (
	"slices"

	"pennytie/reconcile"
	"pennytie/reconcile/score"
)

// World is a set of records to match, as an engine would hold them.
type World struct {
	Leads    []*reconcile.Lead
	Calls    []*reconcile.Call
	Products []*reconcile.Product
	Payments []*reconcile.Payment
	Preparer reconcile.Preparer
	Matchers []reconcile.Matcher
}

// Policy is the default policy of the configuration.
func Policy() reconcile.Policy {
	return reconcile.Policy{AutoConfirm: 9500, Suggest: 5000, Margin: 500, CallWindowDays: 60}
}

// Outcome is what the stand-in engine says of one payment.
type Outcome struct {
	Payment  *reconcile.Payment
	State    reconcile.MatchState
	Leads    []reconcile.Candidate
	Products []reconcile.Candidate
}

// Best is the leading candidate's lead, call and product; empty if there is none.
func (o Outcome) Best() reconcile.Candidate {
	if len(o.Leads) == 0 {
		return reconcile.Candidate{}
	}
	return o.Leads[0]
}

// Index prepares everything and builds the index of the leads that share a key with some payment.
func (w *World) Index() ([]*reconcile.Prepared, *reconcile.Index) {
	prepared := make([]*reconcile.Prepared, len(w.Payments))
	wanted := make(map[reconcile.BlockKey]bool)
	for i, payment := range w.Payments {
		prepared[i] = w.Preparer.Payment(payment)
		for _, key := range slices.Concat(prepared[i].Keys, prepared[i].Likeness) {
			wanted[key] = true
		}
	}
	keys := make(map[string][]reconcile.BlockKey)
	for _, call := range w.Calls {
		keys[call.LeadID] = append(keys[call.LeadID], w.Preparer.CallKeys(call)...)
	}
	var leads []*reconcile.PreparedLead
	isWanted := func(key reconcile.BlockKey) bool { return wanted[key] }
	for _, lead := range w.Leads {
		ready := w.Preparer.Lead(lead)
		keys[lead.ID] = append(keys[lead.ID], w.Preparer.LeadKeys(ready)...)
		if slices.ContainsFunc(keys[lead.ID], isWanted) {
			leads = append(leads, ready)
		}
		slices.Sort(keys[lead.ID])
		keys[lead.ID] = slices.Compact(keys[lead.ID])
	}
	return prepared, reconcile.NewIndex(leads, w.Calls, w.Products, keys, nil, len(w.Calls) > 0, Policy())
}

// Match plays the engine on every payment, in their order.
func (w *World) Match() []Outcome {
	prepared, index := w.Index()
	out := make([]Outcome, len(prepared))
	for i, payment := range prepared {
		out[i] = MatchOne(payment, index, w.Matchers)
	}
	return out
}

// MatchOne runs matchers, scoring and the decision on one payment.
func MatchOne(p *reconcile.Prepared, index *reconcile.Index, matchers []reconcile.Matcher) Outcome {
	var found []reconcile.Candidate
	for _, matcher := range matchers {
		found = append(found, matcher.Match(p, index)...)
	}
	out := Outcome{Payment: p.Payment}
	out.Leads, out.Products = score.Rank(found)
	out.State = reconcile.Decide(index.Policy(), out.Leads, out.Products, nil).State
	return out
}
