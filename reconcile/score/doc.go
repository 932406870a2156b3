// Package score turns what matchers found into confidences.
//
// The engine calls Rank once per payment. It is pure and exact: integers, and floating-point steps in a fixed order, give the
// same bytes on every machine. It must never decide (thresholds are the policy's) and never look at anything but what it is
// given, so that a stored confidence can be recomputed from stored candidates: Confidences does it.
//
// # How a confidence comes about
//
// Matchers compare a payment with the leads that share a blocking key with it. Each says what it found as evidence: a signal, the
// payment's value, the lead's value, and a weight set by hand. One of them, Measure, finds nothing of its own: it measures every
// candidate in some sixty whole numbers (reconcile.Feature), such as how near two addresses are, how many people share the equal
// one, how alike given names and surnames are, how many hours passed since the last won call, how the amount relates to what was
// agreed, what other payments of the same payer tell, and how well the calls of the family explain the payment. What one side
// does not know is not compared; that is a value of its own and not zero.
//
// First, leads that record one person become one. They are no rivals: an address may be in one record and the call on another.
// Of each block of measures that belong together the person has those of the record in which they are best.
//
// Then a table weighs each person among the others. The table (model.json) is a sum of small decision trees. Besides the
// measures a tree may ask how a person stands among the rivals: how many there are, by how much this one leads in the sum of
// hand-set weights, in the relation of addresses, names, amounts. Trees hold whole thousandths of a natural-log unit and are
// walked in integers. The sum of their leaves and the table's bias are the log-odds that this person paid.
//
// So that people can follow, the worth of a tree is shared out: each step down changes the mean worth of all that is left below,
// and the change belongs to the feature that was asked, and so to the signal of that feature. What a tree makes of the sum of
// hand-set weights goes to the signals that make up the sum, in proportion. What belongs to a signal of which there is no
// evidence, because a side is unknown, is shown as "among the others" (reconcile.SignalRivals). Nothing is lost on the way: the
// bias and the weights that are stored with a candidate add up to its log-odds, in hundredths.
//
// People's earlier decisions (the signals alias and alias_shared) are no features. Their weights are set by hand and added to what
// the table says, so that the table needs no new training when somebody decides.
//
// A few ceilings hold whatever the table says. A name alone stays at 0.70, for namesakes outside the list are not counted. Who
// neither carries an identifier nor bears the name stays at 0.80: a purchase alone is never confirmed. An address or a name that
// imitates the lead's with letters of another alphabet holds at 0.80, and a lead that a person refused for this payer at 0.90.
// What a ceiling takes is stored as evidence of its own.
//
// Now the persons compete, with each other and with the alternative that the payer is none of them. With odds o = e^(log-odds),
// the confidence of person j is
//
//	o(j) / (1 + o(1) + o(2) + … + o(n))
//
// The 1 is the alternative: two leads for whom the same speaks have less than one half each, and a payment to which nobody fits
// leaves nearly everything to "no lead at all". Only the ten candidates that are kept count, so that what is stored suffices.
//
// What the table does not rest on is weights that are learned without labels. A Fellegi-Sunter model of eleven fields, learned by
// expectation maximisation on a business's own payments, was held against it on the three labelled businesses and on public sets.
// Alone it decided more wrongly than the table, also where no calls are recorded; mixed with it likewise; and as two more features
// of the table it nearly doubled the wrong automatic decisions of one left-out business and spared none in the others. A family that
// shares names, addresses and cards is what such a model cannot tell from one person. What a business does know is in its
// decisions: see below.
//
// # Calls and products
//
// A call and a product have evidence, rivals and a confidence of their own; what they are decides nothing about the lead. Calls of
// one person compete, given that the person paid, with weights set by hand and reconcile.PriorCall, and the 1 is that the payment came from
// none of them. So call j of a lead whose confidence is p has
//
//	p * o(j) / (1 + o(1) + o(2) + … + o(n))
//
// Only calls come into question that were won, or of which nobody said how they went, within the window: others sold nothing. The
// evidence is how long after the call the payment was made (of a plan: its first rate), how it relates to what was agreed (the
// whole, a rate, the rest after a deposit, tax, a discount, a fee, another currency) and whether it is for what the call was about.
// A call is paid in full once. Where other payments of the payer may have paid one, it has against it what the best whole solution
// for them loses without it: of two payments that are alike each goes to a call of its own, or nobody knows which to which. Beside
// that nothing said of a call depends on another, so a further call makes none surer. The lead's call is one that is likelier than
// not; reconcile.Decide credits it from the policy's suggest on, and evaluate counts it as automatic from auto_confirm on.
//
// Products compete likewise, with priorProduct: by the provider's id, by what the payment and other payments of the payer and the
// amount say, by the price, and by the calls: those that were about a product count by how sure they are together (soldWeight).
// A product may be sure where the lead is not. One for which only the price speaks is held below ceilingPrice.
//
// Of each lead at most five calls are kept, and five products of a payment; those that are not kept have no influence.
// CallConfidences and Confidences find the same again from what is stored.
//
// Ada's call has +1.50 to begin with, +2.50 for a payment within two days and +2.50 for the amount agreed, so odds of 665.1 and,
// of Ada's 0.9990, the confidence 0.9975.
//
// What is said is held against what comes of it: cmd/train leaves each labelled business out once, and sets the bias by which
// confidences of payments that the table has never seen are as often right as they say.
//
// # What a business's own decisions change
//
// Fit asks the payments on which people have decided how much each signal counts in this business: one factor for each (evidence
// of it is multiplied by it) and one shift of the prior, which is stored as evidence of its own (reconcile.SignalCalibration), so
// that the evidence still adds up. Both come before the ceilings. They are those by which people's choices, in the very
// competition above, are most likely, less a ridge that pulls them to 1 and 0 as if some hundreds of decisions had said so: ten
// decisions hardly move anything, a thousand do. What people said of a payer's other payments is left out of it, for decisions
// would be explained by decisions.
//
// HeldOut is how it is judged: by fits that have not seen the decision, nor any of its payer or lead, nor of its stretch of time.
// Decisions are not drawn by chance: most are of payments in doubt. That biases no factor as long as it is the evidence that made
// them doubtful, but only answers to audits tell how often automatic matches are right.
//
// # One payment by hand
//
// Ada Lovelace pays 150.00 USD on 14 March with the address and the number that her lead has; two days before there was a won call at 150.00.
// A lead Byron Lovelace has the same surname and the same number, and a call that was lost weeks ago. The table gives them
//
//	ada    name       Ada Lovelace           Ada Lovelace            +2.64
//	ada    rivals                                                    +1.83
//	ada    email      ada@example.com        ada@example.com         +1.17
//	ada    call_time  2025-03-14T15:00:00Z   2025-03-12T15:00:00Z won  +1.12
//	ada    phone      +14155550123           +14155550123            +0.67
//	ada    amount     150.00 USD             150.00 USD              +0.44
//	ada    bias -0.95 and evidence +7.87 make log-odds of +6.92
//	byron  phone      +14155550123           +14155550123            +1.25
//	byron  name       Ada Lovelace           Byron Lovelace          -0.83
//	byron  email      ada@example.com        byron@example.net       -0.95
//	byron  rivals                                                    -1.18
//	byron  call_time  2025-03-14T15:00:00Z   2025-02-02T15:00:00Z lost  -1.80
//	byron  bias -0.95 and evidence -3.51 make log-odds of -4.46
//
// Of the two log-odds come the odds 1012 and 0.01156, and so the confidences 0.9990 and 0.0000. The rest, 0.0010,
// is the chance that it was neither.
//
// Claim and Pair do the same for a claim and a payment of a processor that may be the same money, with weights set by hand.
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

// Prior log-odds of a candidate before any evidence, against "no lead at all", in weights set by hand. The table has its own.
const (
	// priorLead says that of leads that merely share a block with a payer about one in twenty paid.
	priorLead reconcile.Weight = -300
	// priorProduct is near even: what names a product or costs as much seldom means nothing in the catalogue.
	priorProduct reconcile.Weight = 80
)

const (
	// passing (p 0.05) is below what is worth showing of a candidate of whom nothing speaks of the payer.
	passing reconcile.Weight = -300
	// paysForSelf is what nobody can know where no calls are recorded: that a payer who is known did not pay for a relative, which
	// one in twenty does where calls tell. Without calls whoever pays is taken for the buyer.
	paysForSelf reconcile.Weight = 200
	// disguised is how much an address or name says against a candidate that imitates theirs with letters of another alphabet.
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

// ceilingPrice holds the confidence in a product for which only its price speaks: products are priced alike, and a payment of
// nobody's lead may be for nothing in the catalogue. Just too little to decide by itself.
// A part of a price (a rate, a discount) fits many more: it does not even suggest.
const (
	ceilingPrice reconcile.Confidence = 9400
	ceilingPart  reconcile.Confidence = 4900
	// wholePrice is what evidence of a price says at least if it is the whole of it.
	wholePrice reconcile.Weight = 200
)

// soldWeight is what a call tells of the product that it was about, by how sure the call is: one weight for each of few ranges, for
// what makes a call sure (amounts, words) in part speaks for the product by itself.
func soldWeight(c reconcile.Confidence) reconcile.Weight {
	switch {
	case c >= 9500:
		return 550
	case c >= 8000:
		return 400
	case c >= 5000:
		return 250
	case c >= 2000:
		return 150
	case c >= 500:
		return 50
	}
	return 0
}
