package matchers

import (
	"slices"

	"pennytie/matchers/similarity"
	"pennytie/reconcile"
)

// candidates lists the leads that share a key with a payment, those that a person confirmed for its payer and, where these are few,
// those that are like the payer, sorted by id.
func candidates(p *reconcile.Prepared, in *reconcile.Index) []*reconcile.PreparedLead {
	return in.Candidates(p, func(sharing []*reconcile.PreparedLead) []*reconcile.PreparedLead {
		return lookalikes(p, in, sharing)
	})
}

// people counts the different people who share a key. Leads of one name are one person recorded twice, and so
// is a lead without a name. A crowded key counts in full.
func people(in *reconcile.Index, key reconcile.BlockKey) int {
	return in.People(key, func() int { return countPeople(in, key) })
}

func countPeople(in *reconcile.Index, key reconcile.BlockKey) int {
	leads := in.Under(key)
	if len(leads) == 0 {
		return in.Crowd(key)
	}
	var distinct [][]string
	for _, lead := range leads {
		main := lead.Name.Main
		if len(main) == 0 || slices.ContainsFunc(distinct, func(name []string) bool {
			return similarity.Compare(name, main) >= similarity.Alike
		}) {
			continue
		}
		distinct = append(distinct, main)
	}
	return max(1, len(distinct), in.Crowd(key)-len(leads))
}

// found makes the candidate of one piece of evidence.
func found(lead *reconcile.PreparedLead, evidence ...reconcile.Evidence) reconcile.Candidate {
	return reconcile.Candidate{LeadID: lead.ID, Evidence: evidence}
}
