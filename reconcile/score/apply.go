package score

import (
	"slices"

	"pennytie/reconcile"
)

// strategyModel is named for evidence that no matcher found.
const strategyModel = "model"

// apply gives every candidate the evidence of its person, with the weights that the model makes of it among the others instead of
// those set by hand. What a feature is worth is shown under its signal; of a signal without evidence, because a side is unknown,
// under the rivals: it tells how much is known, not what.
func (m *Model) apply(persons []Person, refit *reconcile.Refit) {
	recorded := slices.ContainsFunc(persons, func(p Person) bool { return p.Vector[reconcile.FeatureCalls] != reconcile.NotCompared })
	for i := range persons {
		m.weighUp(&persons[i], recorded, refit)
	}
}

// weighUp weighs the evidence of one person. recorded says that there are calls, so that one who has none tells something.
func (m *Model) weighUp(p *Person, recorded bool, refit *reconcile.Refit) {
	by := matchedBy(p.evidence)
	p.ceiling = ceilingOf(p.evidence)
	p.speaks = plausible(p.evidence)
	var worth [reconcile.NumFeatures]int
	m.weigh(&p.Vector, &worth)
	shown := p.share(&worth)
	for j := range p.evidence {
		if e := &p.evidence[j]; modelled[e.Signal] {
			e.Weight = rounded(shown[e.Signal])
		}
	}
	if w := rounded(shown[reconcile.SignalRivals]); w != 0 {
		p.evidence = append(p.evidence, reconcile.Evidence{Signal: reconcile.SignalRivals, Weight: w, Strategy: strategyModel})
	}
	if !recorded && p.speaks {
		p.evidence = append(p.evidence, reconcile.Evidence{
			Signal: reconcile.SignalCallTime, Candidate: "no calls are recorded", Weight: paysForSelf, Strategy: strategyModel,
		})
	}
	p.evidence = refitted(p.evidence, refit)
	if over := sumOf(reconcile.Weight(m.Bias), p.evidence) - p.ceiling; over > 0 {
		p.evidence = append(p.evidence, reconcile.Evidence{
			Signal: reconcile.SignalCeiling, Candidate: "too little speaks of the payer", Weight: -over, Strategy: strategyModel,
		})
	}
	sortEvidence(p.evidence)
	for j := range p.Leads {
		c := &p.Leads[j]
		c.Evidence, c.Measures, c.MatchedBy = slices.Clone(p.evidence), nil, by
		if j > 0 {
			c.Evidence = append(c.Evidence, reconcile.Evidence{
				Signal: reconcile.SignalSamePerson, Candidate: p.Leads[0].LeadID, Strategy: strategyModel,
			})
		}
	}
}

// share says what each signal is worth, in thousandths.
func (p *Person) share(worth *[reconcile.NumFeatures]int) map[string]int {
	shown := map[string]int{}
	for f, w := range worth {
		f := reconcile.Feature(f)
		switch signal := f.Signal(); {
		case f == reconcile.FeatureScore || f == reconcile.FeatureAhead || f == reconcile.FeatureRank:
			p.spread(shown, w)
		case slices.ContainsFunc(p.evidence, func(e reconcile.Evidence) bool { return e.Signal == signal }):
			shown[signal] += w
		default:
			shown[reconcile.SignalRivals] += w
		}
	}
	return shown
}

// spread credits what speaks for a person by all of the evidence together to the evidence for them, and what speaks against them
// to that against them, by the weights set by hand. Without any, it is how the rivals stand.
func (p *Person) spread(shown map[string]int, worth int) {
	total := 0
	for i := range p.evidence {
		if w := int(p.evidence[i].Weight); w > 0 == (worth > 0) && modelled[p.evidence[i].Signal] {
			total += w
		}
	}
	left := worth
	for i := range p.evidence {
		if w := int(p.evidence[i].Weight); total != 0 && w > 0 == (worth > 0) && modelled[p.evidence[i].Signal] {
			shown[p.evidence[i].Signal] += worth * w / total
			left -= worth * w / total
		}
	}
	shown[reconcile.SignalRivals] += left
}

// modelled are the signals that the model knows: weights of others stay as they were set.
var modelled = func() map[string]bool {
	known := map[string]bool{}
	for f := range reconcile.NumFeatures {
		known[f.Signal()] = true
	}
	return known
}()

// rounded turns thousandths into hundredths, half away from zero.
func rounded(thousandths int) reconcile.Weight {
	if thousandths < 0 {
		return -rounded(-thousandths)
	}
	return reconcile.Weight((thousandths + 5) / 10)
}
