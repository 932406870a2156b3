package matchers

import (
	"slices"
	"strings"
	"time"

	"pennytie/matchers/similarity"
	"pennytie/reconcile"
	"pennytie/reconcile/normalize"
)

// Log-odds of findings between a claim and a payment of the same amount within some days: how much likelier they are if both
// are the same money than if they are not. Package score adds them to a prior.
const (
	weightClaimCustomer  reconcile.Weight = 650
	weightClaimReference reconcile.Weight = 600
	weightClaimEmail     reconcile.Weight = 600
	weightClaimVariant   reconcile.Weight = 520
	weightClaimPhone     reconcile.Weight = 380 // changes hands
	weightClaimRole      reconcile.Weight = 300 // info@, billing@: read by several people

	// A name that agrees is support: namesakes and people who buy the same on one day exist.
	weightClaimNameSame    reconcile.Weight = 300
	weightClaimNameVariant reconcile.Weight = 240
	weightClaimNameAlike   reconcile.Weight = 160
	weightClaimNameSubset  reconcile.Weight = 40

	weightClaimOtherName      reconcile.Weight = -330
	weightClaimRelative       reconcile.Weight = -220
	weightClaimOtherReference reconcile.Weight = -400 // both sides name something, and not the same
	weightClaimOtherCustomer  reconcile.Weight = -200
	weightClaimOtherEmail     reconcile.Weight = -120 // many people have several
	weightClaimOtherPhone     reconcile.Weight = -30

	weightClaimSameDay reconcile.Weight = 100
	weightClaimNextDay reconcile.Weight = 60 // a night, or another zone
	weightClaimLater   reconcile.Weight = -60
)

// NameClaim is the strategy of evidence between a claim and a payment.
const NameClaim = "claim"

// shortestReference is how long an id must be, and it must have a digit, to be looked for among other text.
const shortestReference = 5

// Claims compares claims of books with payments of processors. It implements reconcile.Pairer.
type Claims struct{}

var _ reconcile.Pairer = Claims{}

// Keys are of all that Pair takes for a sign of the payer by itself, and of no less: under a key of a mail domain or of a surname
// too many would meet.
func (Claims) Keys(p *reconcile.Prepared) []reconcile.BlockKey {
	var keys []reconcile.BlockKey
	for _, email := range p.Emails {
		keys = appendKey(keys, kindVariant, normalize.EmailVariant(email))
	}
	for _, phone := range p.Phones {
		keys = appendKey(keys, kindPhone, phone)
	}
	keys = appendKey(keys, kindName, nameKey(p.Name.Main))
	keys = appendKey(keys, kindCustomer, normalize.Reference(p.StripeCustomerID))
	for _, token := range slices.Concat(named(p), mentioned(p)) {
		keys = appendKey(keys, kindReference, token)
	}
	return distinct(keys)
}

// Pair says what speaks for and against a claim and a payment being the same money. What one of them does not know is not
// compared.
func (Claims) Pair(claim, payment *reconcile.Prepared) []reconcile.Evidence {
	var found []reconcile.Evidence
	for _, compare := range []func(claim, payment *reconcile.Prepared) (reconcile.Evidence, bool){
		claimCustomer, claimReference, claimEmail, claimPhone, claimName, claimDay,
	} {
		if e, known := compare(claim, payment); known {
			found = append(found, e)
		}
	}
	return found
}

func compared(signal, payment, claim string, weight reconcile.Weight) (reconcile.Evidence, bool) {
	return reconcile.Evidence{Signal: signal, Payment: payment, Candidate: claim, Weight: weight, Strategy: NameClaim}, true
}

func claimCustomer(claim, payment *reconcile.Prepared) (reconcile.Evidence, bool) {
	a, b := normalize.Reference(payment.StripeCustomerID), normalize.Reference(claim.StripeCustomerID)
	switch {
	case a == "" || b == "":
		return reconcile.Evidence{}, false
	case a == b:
		return compared(reconcile.SignalCustomer, a, b, weightClaimCustomer)
	}
	return compared(reconcile.SignalCustomer, a, b, weightClaimOtherCustomer)
}

// claimReference looks for an id of one side, as a whole token, among the ids and the text of the other.
func claimReference(claim, payment *reconcile.Prepared) (reconcile.Evidence, bool) {
	for _, pair := range [][2][]string{
		{named(claim), slices.Concat(named(payment), mentioned(payment))},
		{named(payment), mentioned(claim)},
	} {
		for _, id := range pair[0] {
			if slices.Contains(pair[1], id) {
				return compared(reconcile.SignalReference, id, id, weightClaimReference)
			}
		}
	}
	ours, theirs := given(payment), given(claim)
	if len(ours) == 0 || len(theirs) == 0 {
		return reconcile.Evidence{}, false
	}
	return compared(reconcile.SignalReference, strings.Join(ours, " "), strings.Join(theirs, " "), weightClaimOtherReference)
}

// given are the references that somebody wrote on a record for the very purpose.
func given(p *reconcile.Prepared) []string {
	return asIDs(p.Payer.Reference, p.Payer.ExternalID)
}

// named are all ids that a record goes by.
func named(p *reconcile.Prepared) []string {
	return append(given(p), asIDs(p.ProviderPaymentID, p.StripeChargeID)...)
}

// mentioned are whole tokens of text that may be an id.
func mentioned(p *reconcile.Prepared) []string {
	tokens := strings.FieldsFunc(p.Payer.Description+" "+p.Payer.Statement, func(r rune) bool {
		return strings.ContainsRune(" \t\r\n,;:()[]#*\"'", r)
	})
	tokens = tokens[:min(len(tokens), mostReferences)]
	for i, token := range tokens {
		tokens[i] = strings.TrimRight(token, ".!?")
	}
	return slices.Concat(asIDs(p.References...), asIDs(tokens...))
}

func asIDs(raw ...string) []string {
	var ids []string
	for _, text := range raw {
		if id := normalize.Reference(text); len(id) >= shortestReference && strings.ContainsAny(id, "0123456789") && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

func claimEmail(claim, payment *reconcile.Prepared) (best reconcile.Evidence, known bool) {
	for _, a := range payment.Emails {
		for _, b := range claim.Emails {
			weight := weightClaimOtherEmail
			switch {
			case a == b:
				weight = weightClaimEmail
			case normalize.EmailVariant(a) == normalize.EmailVariant(b):
				weight = weightClaimVariant
			}
			if weight > 0 && normalize.RoleAddress(a) {
				weight = weightClaimRole
			}
			if !known || weight > best.Weight {
				best, known = compared(reconcile.SignalEmail, a, b, weight)
			}
		}
	}
	return best, known
}

func claimPhone(claim, payment *reconcile.Prepared) (reconcile.Evidence, bool) {
	if len(claim.Phones) == 0 || len(payment.Phones) == 0 {
		return reconcile.Evidence{}, false
	}
	for _, phone := range payment.Phones {
		if slices.Contains(claim.Phones, phone) {
			return compared(reconcile.SignalPhone, phone, phone, weightClaimPhone)
		}
	}
	return compared(reconcile.SignalPhone, payment.Phones[0], claim.Phones[0], weightClaimOtherPhone)
}

func claimName(claim, payment *reconcile.Prepared) (reconcile.Evidence, bool) {
	var weight reconcile.Weight
	switch compareNames(&payment.Name, &claim.Name) {
	case similarity.Same:
		weight = weightClaimNameSame
	case similarity.Variant:
		weight = weightClaimNameVariant
	case similarity.Alike:
		weight = weightClaimNameAlike
	case similarity.Subset:
		weight = weightClaimNameSubset
	case similarity.Relative:
		weight = weightClaimRelative
	case similarity.Different:
		weight = weightClaimOtherName
	default:
		return reconcile.Evidence{}, false
	}
	return compared(reconcile.SignalName, strings.Join(payment.Name.Main, " "), strings.Join(claim.Name.Main, " "), weight)
}

func claimDay(claim, payment *reconcile.Prepared) (reconcile.Evidence, bool) {
	if claim.PaymentDate.IsZero() || payment.PaymentDate.IsZero() {
		return reconcile.Evidence{}, false
	}
	weight := reconcile.Weight(0)
	switch days := reconcile.DaysApart(claim.PaymentDate, payment.PaymentDate); {
	case days == 0:
		weight = weightClaimSameDay
	case days == 1:
		weight = weightClaimNextDay
	case days > 3:
		weight = weightClaimLater
	}
	return compared(reconcile.SignalPaid, payment.PaymentDate.Format(time.DateOnly), claim.PaymentDate.Format(time.DateOnly), weight)
}
