package matchers

import "pennytie/reconcile"

// Weights are natural log-odds in hundredths: how much likelier a finding is for the lead who paid than for
// another lead of the same block. Package score adds them to a prior and lets candidates compete.
const (
	// An id that somebody wrote on the payment for the very purpose. Not more, for links are copied and go stale.
	weightLeadID     reconcile.Weight = 850 // under a key that says lead id
	weightOwnID      reconcile.Weight = 750 // the lead's id under another key
	weightExternalID reconcile.Weight = 650 // another system's id, shorter and less unique

	// The provider's customer is one card holder; who pays for whom may still differ.
	weightCustomer       reconcile.Weight = 750
	weightCustomerShared reconcile.Weight = 250

	// An address of one person is nearly proof; read by two it halves the odds and invites the wrong one.
	weightEmail        reconcile.Weight = 700
	weightEmailVariant reconcile.Weight = 620 // plus tags and dots: the same mailbox, typed otherwise
	weightEmailTwo     reconcile.Weight = 330 // two people share it: spouses
	weightEmailFew     reconcile.Weight = 180 // three to five: an office
	weightEmailMany    reconcile.Weight = 40  // more: tells next to nothing
	weightEmailRole    reconcile.Weight = 300 // info@, billing@: whoever does the books
	weightEmailTypo    reconcile.Weight = 330 // one edit away, for a lead found otherwise
	weightEmailLocal   reconcile.Weight = 150 // the same name at another mail service
	weightEmailOther   reconcile.Weight = -60 // both known and unlike: many people have several
	// Letters that only look like the real ones: whoever has such an address wants to be taken for another.
	weightEmailDisguised reconcile.Weight = -600

	// What a person confirmed of another payment of the payer is worth the lead's own address, and what it costs that this is
	// another one; unless it was confirmed for several. A lead who was refused on such evidence comes back only for much more of
	// it, and then for a person to see.
	weightAlias         reconcile.Weight = 760
	weightAliasUnnamed  reconcile.Weight = 130 // an address without a name to it may be what a till fills in for everybody
	weightAliasShared   reconcile.Weight = 40
	weightAliasRejected reconcile.Weight = -1000

	// Phone numbers are passed on to strangers, so even an equal one stays below what names one person alone.
	weightPhone       reconcile.Weight = 450
	weightPhoneTail   reconcile.Weight = 400 // the last nine digits: the country was guessed
	weightPhoneShared reconcile.Weight = 180
	weightPhoneOther  reconcile.Weight = -30

	// Names by level of agreement. Candidates are mostly found by name, so agreement earns little and
	// contradiction costs much.
	weightNameSame      reconcile.Weight = 330
	weightNameVariant   reconcile.Weight = 260 // nickname or middle name
	weightNameAlike     reconcile.Weight = 180 // initial or typo
	weightNameSubset    reconcile.Weight = 40  // first name only
	weightNameRelative  reconcile.Weight = -220
	weightNameDifferent reconcile.Weight = -330
	weightNameDisguised reconcile.Weight = -600 // in letters that only look like the real ones

	// A company pays for somebody of it; for whom, others must say.
	weightCompany       reconcile.Weight = 330
	weightCompanyShared reconcile.Weight = 130
	weightDomain        reconcile.Weight = 220
	weightDomainShared  reconcile.Weight = 60

	// A household shares its address, so it is support, never identity.
	weightStreet reconcile.Weight = 150
	weightPostal reconcile.Weight = 80
	weightPlace  reconcile.Weight = -40 // another postal code: people move and mistype

	// What another payment of the same payer tells counts less than what this one tells itself: a card may be lent.
	weightChainReference reconcile.Weight = 450
	weightChainEmail     reconcile.Weight = 400
	weightChainPhone     reconcile.Weight = 250
	weightChainName      reconcile.Weight = 120

	// Amounts fit many; a wrong one has many innocent reasons (discount, tax, part payment).
	weightAmountExact      reconcile.Weight = 170 // as agreed in the call
	weightAmountInstalment reconcile.Weight = 140
	weightAmountList       reconcile.Weight = 130 // list price of the call's product
	weightAmountDiffers    reconcile.Weight = -80
	weightAmountCurrency   reconcile.Weight = -40

	// The last call before the payment explains it if it was won.
	weightCallWonNear   reconcile.Weight = 160
	weightCallWon       reconcile.Weight = 110
	weightCallOpen      reconcile.Weight = 40
	weightCallLost      reconcile.Weight = -60
	weightCallNone      reconcile.Weight = -200 // there are calls, but none in the window
	weightCallProduct   reconcile.Weight = 120
	weightCallElsewhere reconcile.Weight = -80 // the call was about another product
)

// Weights of a lead's calls, given that this lead paid: against its having bought without any of them, which is how score begins.
// They were counted on labelled businesses (for a finding, calls that were meant against calls that were not, the rest being
// equal), agree from one business to the next, and are rounded to what all of them bear.
const (
	weightSalePrompt     reconcile.Weight = 250 // within two days
	weightSaleNear       reconcile.Weight = 200 // within a week, where nearly all payments that came from a call are
	weightSaleMonth      reconcile.Weight = 30
	weightSaleLate       reconcile.Weight = -60
	weightSaleAhead      reconcile.Weight = -20 // the payment came first
	weightSaleList       reconcile.Weight = 200 // as agreed if nobody noted what was: the list price
	weightSaleProduct    reconcile.Weight = 200
	weightSaleElsewhere  reconcile.Weight = -150
	weightSaleNamed      reconcile.Weight = 120 // texts name products loosely
	weightSaleOtherNamed reconcile.Weight = -130
)

// weightSaleTerms says how likely it is that what was agreed in a call became what was paid. Another currency is worse than another
// amount: amounts have many innocent reasons.
var weightSaleTerms = [...]reconcile.Weight{
	termsUnlike: -100, termsWhole: 250, termsRate: 230, termsRound: 60, termsRest: 230, termsTax: 100, termsDiscount: 150, termsFee: 110,
	termsDeposit: -90, termsCurrency: -220,
}

// Weights of products, counted likewise. Text equal to a name leaves little doubt, unless several products are called alike.
const (
	weightProductID       reconcile.Weight = 550
	weightProductOther    reconcile.Weight = -50
	weightProductEqual    reconcile.Weight = 430
	weightProductContains reconcile.Weight = 150 // plus weightProductToken per token, so the longer name wins
	weightProductToken    reconcile.Weight = 60
	weightProductPrefix   reconcile.Weight = 200 // statement text is cut short
	weightProductChain    reconcile.Weight = 330 // what another rate of the plan says, or the renewal before
)

// weightListTerms is the same for list prices, of which many fit: only the whole price tells much.
var weightListTerms = [...]reconcile.Weight{
	termsUnlike: -150, termsWhole: 440, termsRate: 80, termsRound: 10, termsRest: 80, termsTax: 20, termsDiscount: 90, termsFee: 20,
	termsDeposit: -80, termsCurrency: -300,
}
