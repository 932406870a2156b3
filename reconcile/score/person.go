package score

import (
	"cmp"
	"slices"

	"pennytie/reconcile"
)

// Person is what leads that record one person have together: they compete as one. An address may be in one record and the call on
// another.
type Person struct {
	Leads  []reconcile.Candidate // each with what speaks for itself; the one to credit first
	Vector Vector

	evidence []reconcile.Evidence // of all of them, one piece of each signal
	ceiling  reconcile.Weight     // the most log-odds that it may have; filled when it is weighed
	speaks   bool                 // any of it, in weights set by hand, speaks of the payer
}

// blocks are the features that belong together: of several records of a person all of a block are of the one in which the first
// is greatest, then the second and so on.
var blocks = [...][]reconcile.Feature{
	{reconcile.FeatureEmail, reconcile.FeatureEmailLocal, reconcile.FeatureNameInEmail, reconcile.FeatureEmailPeople,
		reconcile.FeatureEmailRole, reconcile.FeatureEmailPrivate, reconcile.FeatureEmailScript, reconcile.FeaturePayerInEmail,
		reconcile.FeatureOwnEmail},
	{reconcile.FeaturePhone, reconcile.FeaturePhonePeople},
	{reconcile.FeatureName, reconcile.FeatureNameLike, reconcile.FeatureGiven, reconcile.FeatureSurname, reconcile.FeatureGeneration,
		reconcile.FeatureNamesakes, reconcile.FeatureFamily, reconcile.FeatureNameShort, reconcile.FeatureIsCompany},
	{reconcile.FeatureCompany, reconcile.FeatureCompanyPeople},
	{reconcile.FeatureDomain, reconcile.FeatureDomainPeople},
	{reconcile.FeatureStreet, reconcile.FeaturePostal, reconcile.FeatureCity, reconcile.FeatureCountry},
	{reconcile.FeatureCustomer},
	{reconcile.FeatureReference},
	{reconcile.FeatureOutcome, reconcile.FeatureAmount, reconcile.FeatureCallProduct, reconcile.FeatureCallAge,
		reconcile.FeatureRatio, reconcile.FeatureNearest, reconcile.FeatureWonAge, reconcile.FeatureCalls, reconcile.FeatureLeadAge},
	{reconcile.FeatureOnCall},
	{reconcile.FeatureGroupReference}, {reconcile.FeatureGroupEmail}, {reconcile.FeatureGroupPhone}, {reconcile.FeatureGroupName},
	{reconcile.FeatureGroupStreet}, {reconcile.FeatureGroupAmount}, {reconcile.FeatureGroupWonAge},
	{reconcile.FeatureGroup, reconcile.FeatureGroupOrder, reconcile.FeatureGroupSame},
	{reconcile.FeatureKin, reconcile.FeatureKinCall, reconcile.FeatureKinAhead},
}

// Persons gathers the candidates of one payment by person, with how each stands among the others. The order of candidates does
// not show.
func Persons(leads []reconcile.Candidate) []Person {
	at := map[string]int{}
	var out []Person
	for _, lead := range leads {
		id := lead.Person()
		if _, is := at[id]; !is {
			at[id] = len(out)
			out = append(out, Person{})
		}
		p := &out[at[id]]
		p.Leads = append(p.Leads, lead)
	}
	for i := range out {
		out[i].join()
	}
	slices.SortFunc(out, func(a, b Person) int { return cmp.Compare(a.Leads[0].LeadID, b.Leads[0].LeadID) })
	compare(out)
	return out
}

// join puts together what the records say, and the record with the call that fits best first.
func (p *Person) join() {
	vectors := make([]Vector, len(p.Leads))
	for i := range p.Leads {
		vectors[i] = vectorOf(p.Leads[i].Measures)
		p.evidence = append(p.evidence, p.Leads[i].Evidence...)
	}
	p.evidence = dedupe(slices.DeleteFunc(p.evidence, func(e reconcile.Evidence) bool { return e.Signal == reconcile.SignalSamePerson }))
	for f := range p.Vector {
		p.Vector[f] = reconcile.NotCompared
	}
	for _, block := range blocks {
		best := slices.MaxFunc(vectors, func(a, b Vector) int {
			for _, f := range block {
				if order := cmp.Compare(a[f], b[f]); order != 0 {
					return order
				}
			}
			return 0
		})
		for _, f := range block {
			p.Vector[f] = best[f]
		}
	}
	sums := map[string]reconcile.Weight{}
	for i := range p.Leads {
		sums[p.Leads[i].LeadID] = handSum(p.Leads[i].Evidence)
	}
	slices.SortFunc(p.Leads, func(a, b reconcile.Candidate) int {
		return cmp.Or(cmp.Compare(min(1, len(b.CallID)), min(1, len(a.CallID))), cmp.Compare(sums[b.LeadID], sums[a.LeadID]), cmp.Compare(a.LeadID, b.LeadID))
	})
}

func vectorOf(measures []reconcile.Measure) Vector {
	var v Vector
	for f := range v {
		v[f] = reconcile.NotCompared
	}
	for _, m := range measures {
		v[m.Feature] = max(v[m.Feature], m.Value)
	}
	return v
}
