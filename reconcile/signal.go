package reconcile

// Signals are the names under which evidence is compared. Evidence of one signal counts once per candidate,
// the strongest of it, so that correlated findings (an address equal and its variant equal) are not added.
const (
	SignalReference   = "reference"    // our own id, or the lead's external id
	SignalCustomer    = "customer"     // the provider's customer id
	SignalEmail       = "email"        // exact, variant or a misspelling
	SignalPhone       = "phone"        // the lead's or a call's
	SignalName        = "name"         // of the person
	SignalCompany     = "company"      // payer's name against the lead's company, or its e-mail domain
	SignalAddress     = "address"      // street or postal code
	SignalAmount      = "amount"       // against the call's or product's
	SignalCallTime    = "call_time"    // outcome and nearness of the best call
	SignalProductID   = "product_id"   // the provider's product id
	SignalDescription = "description"  // description or statement text against a product's name
	SignalListPrice   = "list_price"   // against a product's price
	SignalCallProduct = "call_product" // the call's product is the one paid for
	SignalSettled     = "settled"      // the call is paid by another payment of the payer
	SignalChain       = "chain"        // other payments of the same payer
	SignalRivals      = "rivals"       // how the candidate stands among the others, and what could not be compared
	SignalSamePerson  = "same_person"  // the candidate's value is a lead that records the same person
	SignalCeiling     = "ceiling"      // what keeps a sum of weak evidence from deciding
	SignalAlias       = "alias"        // a person's word on another payment of this payer, for the lead or against
	SignalCalibration = "calibration"  // what a refit makes of the prior
	SignalAliasShared = "alias_shared" // the same, where the identifier is not one person's alone: it names nobody
)
