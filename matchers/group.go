package matchers

import (
	"time"

	"pennytie/matchers/similarity"
	"pennytie/reconcile"
)

// group is the other payments of a payer. What one of them lacks another tells.
type group struct {
	meters []*meter
	first  *reconcile.Payment // of them all
	before int
	same   int
}

func newGroup(p *reconcile.Prepared, in *reconcile.Index) *group {
	g := &group{first: p.Payment}
	for _, sibling := range p.Siblings {
		g.meters = append(g.meters, &meter{payer: newPayer(sibling), in: in})
		if sibling.PaymentDate.Before(p.PaymentDate) {
			g.before++
		}
		if sibling.Amount == p.Amount {
			g.same++
		}
		if sibling.PaymentDate.Before(g.first.PaymentDate) {
			g.first = sibling.Payment
		}
	}
	return g
}

// told are the relations in which another payment of the payer may tell more than the payment itself.
var told = [...]struct {
	of, group reconcile.Feature
	proof     int // from which on it names a lead
	weight    reconcile.Weight
	word      string
}{
	{reconcile.FeatureReference, reconcile.FeatureGroupReference, 1, weightChainReference, "reference"},
	{reconcile.FeatureEmail, reconcile.FeatureGroupEmail, 3, weightChainEmail, "email"},
	{reconcile.FeaturePhone, reconcile.FeatureGroupPhone, 2, weightChainPhone, "phone"},
	{reconcile.FeatureName, reconcile.FeatureGroupName, int(similarity.Alike), weightChainName, "name"},
	{reconcile.FeatureStreet, reconcile.FeatureGroupStreet, 3, 0, ""},
	{reconcile.FeatureAmount, reconcile.FeatureGroupAmount, 6, 0, ""},
}

// match measures a lead against all of them, of each relation the best, and says what that proves.
func (g *group) match(lead *reconcile.PreparedLead) (measures []reconcile.Measure, evidence []reconcile.Evidence) {
	c := collector{}
	c.add(reconcile.FeatureGroup, len(g.meters))
	if len(g.meters) == 0 {
		return c.values, nil
	}
	c.add(reconcile.FeatureGroupOrder, g.before)
	c.add(reconcile.FeatureGroupSame, g.same)
	var most [len(told)]struct {
		value int
		by    *meter
	}
	for _, m := range g.meters {
		m.values = m.values[:0]
		m.email(lead)
		m.phone(lead)
		m.name(lead)
		m.place(lead)
		m.reference(lead)
		best := bestCall(m.Prepared, lead, m.in)
		m.agreed(&best)
		for _, value := range m.values {
			for i := range told {
				if told[i].of == value.Feature && (most[i].by == nil || int(value.Value) > most[i].value) {
					most[i].value, most[i].by = int(value.Value), m
				}
			}
		}
	}
	for i, of := range told {
		if most[i].by == nil {
			continue
		}
		c.add(of.group, most[i].value)
		if of.weight > 0 && most[i].value >= of.proof && len(evidence) == 0 {
			evidence = append(evidence, reconcile.Evidence{
				Signal: reconcile.SignalChain, Payment: most[i].by.ProviderPaymentID, Candidate: of.word, Weight: of.weight, Strategy: NameChain,
			})
		}
	}
	if won, is := lastWon(g.first, lead); is {
		c.add(reconcile.FeatureGroupWonAge, hours(won))
	}
	return c.values, evidence
}

// lastWon is how long before a payment the last won call was, with a little grace for calls that are noted late.
func lastWon(p *reconcile.Payment, lead *reconcile.PreparedLead) (ago time.Duration, is bool) {
	for _, call := range lead.Calls {
		age := p.PaymentDate.Sub(call.StartedAt)
		if call.Outcome == "won" && !call.StartedAt.IsZero() && age >= -grace && (!is || age < ago) {
			ago, is = age, true
		}
	}
	return ago, is
}
