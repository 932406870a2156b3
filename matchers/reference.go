package matchers

import (
	"pennytie/reconcile"
	"pennytie/reconcile/normalize"
)

// Reference finds leads whose own or external id is written on the payment.
type Reference struct{}

// Name is stored in matched_by.
func (Reference) Name() string { return NameReference }

// Match proposes every lead that a reference names.
func (Reference) Match(p *reconcile.Prepared, in *reconcile.Index) []reconcile.Candidate {
	var out []reconcile.Candidate
	for _, reference := range p.References {
		for _, lead := range in.Under(reconcile.NewBlockKey(kindReference, reference)) {
			evidence := reconcile.Evidence{
				Signal: reconcile.SignalReference, Payment: reference, Strategy: NameReference,
			}
			switch reference {
			case normalize.ID(lead.ID):
				evidence.Candidate, evidence.Weight = lead.ID, weightOwnID
				if namesLead(p, reference) {
					evidence.Weight = weightLeadID
				}
			case normalize.Reference(lead.ExternalID):
				evidence.Candidate, evidence.Weight = lead.ExternalID, weightExternalID
			default:
				continue // the hash is equal, the value is not
			}
			out = append(out, found(lead, evidence))
		}
	}
	return out
}

// namesLead says that the payment gives a reference under a key that promises a lead's id.
func namesLead(p *reconcile.Prepared, reference string) bool {
	for key, value := range p.Payer.Metadata {
		if isLeadKey(key) && normalize.ID(value) == reference {
			return true // any of them: the order of the map does not show
		}
	}
	return false
}
