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
	case reconcile.SignalReference, reconcile.SignalCustomer, reconcile.SignalEmail, reconcile.SignalPhone:
		return true
	}
	return false
}

// who says that a signal speaks of the payer at all. Amounts and times alone fit thousands of leads, so a
// candidate without any positive of these is none.
func who(signal string) bool {
	return identity(signal) || signal == reconcile.SignalName || signal == reconcile.SignalCompany
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
	// sole is the least weight of an identifier that belongs to one person. Matchers give less to one that
	// several people share, that is misspelt, or that changes hands, as phone numbers do.
	sole reconcile.Weight = 500
	// contradicts is how much against a candidate the name must say to be a contradiction rather than a
	// different spelling.
	contradicts reconcile.Weight = -150
	// fullName is the least weight of a name agreeing in full; less is an initial or a typo.
	fullName reconcile.Weight = 250
	// street is the least weight of an equal street and number; less is a postal code, which thousands share.
	street reconcile.Weight = 150
	// paysForSelf (p 0.957) is how surely somebody who is known pays for themselves, before any call is
	// looked at: about one in twenty pays for a relative.
	paysForSelf reconcile.Weight = 310
)

// Ceilings on the log-odds of one candidate. Each is ln(p/(1-p)) in hundredths.
const (
	// ceilingNobody (p 0.40): neither an identifier nor a name agrees. Below any sensible suggestion.
	ceilingNobody reconcile.Weight = -40
	// ceilingName (p 0.70): the name is all there is. Namesakes outside the snapshot are not counted.
	ceilingName reconcile.Weight = 85
	// ceilingNameAmount (p 0.89): name and agreed amount of a call in the window. Worth suggesting; never
	// confirmed by a machine, for ten buyers of one product may share a day, unless the street agrees too.
	ceilingNameAmount reconcile.Weight = 209
	// ceilingWeak (p 0.90): one identifier that others share or that changes hands, and no name to tell
	// them apart; or an identifier against which the name speaks.
	ceilingWeak reconcile.Weight = 220
)
