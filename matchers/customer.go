package matchers

import (
	"pennytie/reconcile"
	"pennytie/reconcile/normalize"
)

// Customer finds leads recorded with the provider's customer id of the payment.
type Customer struct{}

// Name is stored in matched_by.
func (Customer) Name() string { return NameCustomer }

// Match proposes every lead with the payment's customer id.
func (Customer) Match(p *reconcile.Prepared, in *reconcile.Index) []reconcile.Candidate {
	id := normalize.Reference(p.StripeCustomerID)
	if id == "" {
		return nil
	}
	key := reconcile.NewBlockKey(kindCustomer, id)
	weight := weightCustomer
	if people(in, key) > 1 {
		weight = weightCustomerShared
	}
	var out []reconcile.Candidate
	for _, lead := range in.Under(key) {
		if normalize.Reference(lead.StripeCustomerID) == id {
			out = append(out, found(lead, reconcile.Evidence{
				Signal: reconcile.SignalCustomer, Payment: p.StripeCustomerID, Candidate: lead.StripeCustomerID,
				Weight: weight, Strategy: NameCustomer,
			}))
		}
	}
	return out
}
