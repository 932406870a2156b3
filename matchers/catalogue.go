package matchers

import "pennytie/reconcile"

// Names of the strategies, as stored in matched_by. They never change.
const (
	NameReference      = "reference"
	NameCustomer       = "customer"
	NameEmail          = "email"
	NamePhone          = "phone"
	NameNameAmountDate = "name_amount_date"
	NameCallWindow     = "call_window"
	NameProduct        = "product"
	NameMeasure        = "measure"
	NameChain          = "chain" // found by Measure among the payer's other payments
	NameAlias          = "alias"
)

// All lists every strategy, strongest identity first. The order shows nowhere in the result.
func All() []reconcile.Matcher {
	return []reconcile.Matcher{
		Reference{}, Customer{}, Email{}, Phone{}, NameAmountDate{}, CallWindow{}, Product{}, Alias{}, Measure{},
	}
}
