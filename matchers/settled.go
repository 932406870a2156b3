package matchers

import (
	"pennytie/reconcile"
	"pennytie/reconcile/joint"
)

// mostSettled bounds the calls of one lead that its payers' payments are shared out to.
const mostSettled = 16

// settled says, of each call of a lead, what it costs the payer's other payments if this one came from it: a call is paid in full
// once, so that payments that are alike go to different calls. It is the difference between the best whole solution for the others
// with the call and without it.
func (s *sales) settled(calls []*reconcile.Call) []int {
	if len(calls) > mostSettled {
		return make([]int, len(calls))
	}
	var gain [][]int
	for _, theirs := range s.others() {
		row, any := make([]int, len(calls)), false
		for i, call := range calls {
			if row[i] = theirs.whole(call); row[i] > 0 {
				any = true
			}
		}
		if any {
			gain = append(gain, row)
		}
	}
	costs, _ := joint.Costs(gain, len(calls))
	return costs
}

// others are the payer's payments that want a call of their own, made once for all leads.
func (s *sales) others() []*sales {
	if s.rivals == nil {
		s.rivals = []*sales{}
		for _, other := range s.Siblings {
			if s.rival(other) {
				s.rivals = append(s.rivals, newSales(other, s.in))
			}
		}
	}
	return s.rivals
}

// rival says that another payment of the payer cannot be for the same: it is no renewal, no rate, and not the same one made twice.
func (s *sales) rival(other *reconcile.Prepared) bool {
	apart := s.PaymentDate.Sub(other.PaymentDate).Abs()
	switch {
	case !other.Status.Collected(), apart <= reconcile.TwinWindow && other.Amount == s.Amount, isMonths(apart):
		return false
	}
	return s.StripeSubscriptionID == "" || s.StripeSubscriptionID != other.StripeSubscriptionID
}

// whole is what speaks for a payment's having paid all of what was agreed in a call; nothing if it did not.
func (s *sales) whole(call *reconcile.Call) int {
	asked := fitAmount(s.Amount, call, productByID(s.in, call.ProductID))
	if asked.expected != s.Amount {
		return 0
	}
	evidence, fits := s.evidence(call)
	if !fits {
		return 0
	}
	sum := int(reconcile.PriorCall)
	for i := range evidence {
		sum += int(evidence[i].Weight)
	}
	return sum
}
