package reconcile

import "math"

// Feature is one number that the trained model sees of a payment and a candidate. The order is the model's: a table that was
// trained with other features is refused.
type Feature uint8

// The features. Relations grow with agreement; counts are of leads; likenesses are in per cent.
const (
	FeatureEmail          Feature = iota // 0 other, 1 same local part elsewhere, 2 one edit apart, 3 same mailbox, 4 equal
	FeatureEmailPeople                   // how many people share the equal address
	FeatureEmailRole                     // 1: the payer's address is a function's
	FeatureEmailPrivate                  // 1: the payer's domain is no public mail service's
	FeatureEmailLocal                    // likeness of the local parts
	FeatureEmailScript                   // 1: one address is ASCII and the other is not
	FeatureNameInEmail                   // 0 to 3: how much of the lead's name stands in the payer's address
	FeaturePayerInEmail                  // 0 to 3: how much of the payer's name stands in the lead's address
	FeatureOwnEmail                      // 0 to 3: how much of the payer's name stands in the payer's address
	FeaturePhone                         // 0 other, 1 last digits, 2 equal
	FeaturePhonePeople                   // how many people share the equal number
	FeatureName                          // similarity.Level
	FeatureNameLike                      // likeness of the whole names
	FeatureGiven                         // likeness of the given names
	FeatureSurname                       // likeness of the surnames
	FeatureNamesakes                     // how many leads have the payer's whole name
	FeatureFamily                        // how many leads share a surname with the payer
	FeatureGeneration                    // -1 Jr against Sr, 0 one of them says nothing, 1 the same
	FeatureNameShort                     // 1: the payer's name is one word
	FeatureIsCompany                     // 1: the payer's name is a company's
	FeatureCompany                       // payer's name against the lead's company: 0 other, 1 a word in common, 2 equal
	FeatureCompanyPeople                 // how many leads are of the payer's company
	FeatureDomain                        // 0 other, 1 the lead's address has the payer's private domain, 2 the domain is the lead's company
	FeatureDomainPeople                  // how many leads have an address in it
	FeatureStreet                        // 0 other, 1 the same number and a word, 2 equal
	FeaturePostal                        // 0 other, 1 equal
	FeatureCity                          // 0 other, 1 equal
	FeatureCountry                       // 0 other, 1 equal
	FeatureCustomer                      // 0 other, 1 equal
	FeatureReference                     // -1 names another lead, 1 external id, 2 the lead's id, 3 under a key that says so
	FeatureOutcome                       // of the best call: 0 lost, 1 open, 2 won
	FeatureCallAge                       // hours from the best call to the payment, negative before it
	FeatureAmount                        // against the best call: 0 other currency, 1 differs, 2 near, 3 a rate, 4 list price, 5 as agreed
	FeatureRatio                         // paid in per cent of what was expected
	FeatureCallProduct                   // best call's product against the payment's: -1 other, 1 equal
	FeatureNearest                       // hours from the nearest call of any outcome to the payment
	FeatureWonAge                        // hours from the last won call before the payment, a day of grace
	FeatureCalls                         // how many calls the lead has
	FeatureLeadAge                       // days from the lead's creation to the payment
	FeatureOnCall                        // 1: the payer's address or number was noted in one of the lead's calls
	FeatureCandidates                    // how many people are candidates
	FeatureScore                         // sum of the hand-set weights
	FeatureAhead                         // by how much it leads the best other person, in these weights
	FeatureRank                          // how many other people have more
	FeatureEmailAhead                    // the same for the relation of the addresses
	FeaturePhoneAhead                    // of the numbers
	FeatureNameAhead                     // of the names
	FeatureGivenAhead                    // of the given names
	FeatureAmountAhead                   // of the amounts
	FeaturePlaceAhead                    // of streets and postal codes
	FeatureCallAhead                     // of the calls' weights
	FeatureEquals                        // how many other people have the same name level and the same amount relation
	FeatureGroup                         // how many other payments of the same payer there are
	FeatureGroupOrder                    // how many of them were before
	FeatureGroupSame                     // how many of them are of the same amount
	FeatureGroupEmail                    // the best relation of any of them, as above
	FeatureGroupPhone                    //
	FeatureGroupName                     //
	FeatureGroupStreet                   //
	FeatureGroupReference                //
	FeatureGroupAmount                   //
	FeatureGroupWonAge                   // hours from the last won call before the first of them to that one
	FeatureKin                           // how many candidates are of one household or family with the lead
	FeatureKinCall                       // how well the calls of one of them explain the payment
	FeatureKinAhead                      // by how much the lead's own explain it better
	NumFeatures
)

// NotCompared is the value of a feature of which one side is unknown.
const NotCompared int16 = math.MinInt16

// Measure is the value of a feature.
type Measure struct {
	Feature Feature
	Value   int16
}

// Signal is the signal under which what a feature is worth is shown.
func (f Feature) Signal() string {
	switch f {
	case FeatureEmail, FeatureEmailPeople, FeatureEmailRole, FeatureEmailPrivate, FeatureEmailLocal, FeatureEmailScript,
		FeatureNameInEmail, FeaturePayerInEmail, FeatureOwnEmail:
		return SignalEmail
	case FeaturePhone, FeaturePhonePeople:
		return SignalPhone
	case FeatureName, FeatureNameLike, FeatureGiven, FeatureSurname, FeatureNamesakes, FeatureFamily, FeatureGeneration,
		FeatureNameShort:
		return SignalName
	case FeatureIsCompany, FeatureCompany, FeatureCompanyPeople, FeatureDomain, FeatureDomainPeople:
		return SignalCompany
	case FeatureStreet, FeaturePostal, FeatureCity, FeatureCountry:
		return SignalAddress
	case FeatureGroup, FeatureGroupOrder, FeatureGroupSame, FeatureGroupEmail, FeatureGroupPhone, FeatureGroupName, FeatureGroupStreet,
		FeatureGroupReference, FeatureGroupAmount, FeatureGroupWonAge:
		return SignalChain
	case FeatureCustomer:
		return SignalCustomer
	case FeatureReference:
		return SignalReference
	case FeatureAmount, FeatureRatio:
		return SignalAmount
	case FeatureOutcome, FeatureCallAge, FeatureNearest, FeatureWonAge, FeatureCalls, FeatureLeadAge, FeatureOnCall:
		return SignalCallTime
	case FeatureCallProduct:
		return SignalCallProduct
	}
	return SignalRivals
}
