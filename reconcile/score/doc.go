// Package score turns the evidence that matchers found into confidences.
//
// The engine calls Rank once per payment. Weights come with the evidence; this package adds them up, lets the
// candidates of one payment compete with each other and with "no lead at all", and caps what no sum of weak
// evidence may exceed. It is pure and exact: integers and a fixed order of floating-point steps give the same
// bytes on every machine. It must never decide (thresholds are the policy's) and never look at anything but the
// evidence, so that a stored confidence can be recomputed from stored candidates.
//
// Claim and Pair do the same for a claim and a payment of a processor that may be the same money.
//
// An Evaluation measures stored matches against labelled payments. It runs after matching and beside it: no label
// reaches Rank.
package score

import "pennytie/reconcile"

// identity says that a signal names one person by itself, unless it is shared.
func identity(signal string) bool {
	switch signal {
	case reconcile.SignalReference, reconcile.SignalCustomer, reconcile.SignalEmail, reconcile.SignalPhone, reconcile.SignalChain,
		reconcile.SignalAlias:
		return true
	}
	return false
}

// who says that a signal speaks of the payer at all. Amounts and times alone fit thousands of leads, so a
// candidate without any positive of these is none.
func who(signal string) bool {
	return identity(signal) || signal == reconcile.SignalName || signal == reconcile.SignalCompany || signal == reconcile.SignalAliasShared
}

// Prior log-odds of a candidate before any evidence, against "no lead at all". They are the one place where
// the share of payers without a lead enters.
const (
	// priorLead says that of leads that merely share a block with a payer about one in twenty paid.
	priorLead reconcile.Weight = -300
	// priorProduct is near even: a description that names a product seldom means another.
	priorProduct reconcile.Weight = -100
)

const (
	// passing (p 0.05) is below what is worth showing of a candidate of whom nothing speaks of the payer.
	passing reconcile.Weight = -300
	// paysForSelf is what nobody can know where no calls are recorded: that a payer who is known did not pay for a relative, which
	// one in twenty does where calls tell. Without calls whoever pays is taken for the buyer.
	paysForSelf reconcile.Weight = 120
	// street is the least weight of an equal street and number; less is a postal code, which thousands share.
	street reconcile.Weight = 150
	// disguised is how much an address says against a candidate that imitates theirs with letters of another alphabet.
	disguised reconcile.Weight = -500
)

// Ceilings on the log-odds of one candidate, whatever the model makes of it. Each is ln(p/(1-p)) in hundredths.
const (
	// ceilingNobody (p 0.80): neither an identifier nor a name agrees. Purchases alone may be suggested, never confirmed.
	ceilingNobody reconcile.Weight = 139
	// ceilingName (p 0.70): the name is all there is. Namesakes outside the snapshot are not counted.
	ceilingName reconcile.Weight = 85
	// ceilingDisguised (p 0.80): somebody wants to be taken for this person.
	ceilingDisguised reconcile.Weight = 139
	// ceilingRefused (p 0.90): a person said of another payment of this payer that it is not this lead.
	ceilingRefused reconcile.Weight = 220
)
