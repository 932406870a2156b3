package matchers

import (
	"fmt"
	"math"
	"slices"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

// terms are how a payment relates to what was asked: the whole of it, or another amount for one of the usual reasons.
type terms uint8

const (
	termsUnlike   terms = iota
	termsWhole          // as asked
	termsRate           // one of equal instalments
	termsRound          // the same, rounded to whole units of the currency
	termsRest           // with another payment of the payer it comes to the whole
	termsTax            // tax was added
	termsDiscount       // a round part of it was let off
	termsFee            // somebody kept a fee
	termsDeposit        // a round sum, less than what was asked
	termsCurrency       // another currency: nothing was compared
)

// taxRates are the usual rates of value added and sales tax, in per cent; discounts are usual ones. They are few because every
// one more makes an accident likelier.
var (
	taxRates  = [...]int64{5, 7, 8, 10, 13, 15, 19, 20, 21, 22, 23, 25}
	discounts = [...]int64{5, 10, 15, 20, 25, 30, 40, 50}
)

const (
	// A fee that somebody kept is between these parts of what was asked, in per cent.
	feeMost, feeLeast = 94, 99
	// round is what a deposit is a multiple of, in minor units.
	round = 5_000
)

// termsOf compares a payment with what was asked, and says it in words.
func termsOf(p *reconcile.Prepared, asked money.Amount) (terms, string) {
	const most = math.MaxInt64 / 200 // beyond it per cents cannot be reckoned
	paid, rates := p.Amount, ratesOf(p.Amount, asked)
	switch {
	case paid.Currency != asked.Currency:
		return termsCurrency, display(asked) + ", another currency"
	case rates == 1:
		return termsWhole, display(asked)
	case rates > 1:
		return termsRate, fmt.Sprintf("%s in %d rates", display(asked), rates)
	case paid.Minor <= 0 || asked.Minor <= 0 || paid.Minor > most || asked.Minor > most:
		return termsUnlike, display(asked)
	case completes(p, asked) != nil:
		return termsRest, display(asked) + " with another payment"
	}
	if rates := roundRates(paid.Minor, asked); rates > 0 {
		return termsRound, fmt.Sprintf("%s in %d rates, rounded", display(asked), rates)
	}
	for _, rate := range taxRates {
		if isPercent(paid.Minor, asked.Minor, 100+rate) {
			return termsTax, fmt.Sprintf("%s and %d %% tax", display(asked), rate)
		}
	}
	for _, off := range discounts {
		if isPercent(paid.Minor, asked.Minor, 100-off) {
			return termsDiscount, fmt.Sprintf("%s less %d %%", display(asked), off)
		}
	}
	switch {
	case paid.Minor*100 >= asked.Minor*feeMost && paid.Minor*100 <= asked.Minor*feeLeast:
		return termsFee, display(asked) + " less a fee"
	case paid.Minor < asked.Minor && paid.Minor%round == 0:
		return termsDeposit, "a deposit on " + display(asked)
	}
	return termsUnlike, display(asked)
}

// usualRates are into how many rates plans usually divide.
var usualRates = [...]int64{2, 3, 4, 6, 12}

// roundRates is into how many rates a payment in whole units of its currency divides what was asked, within such a unit; 0 if none.
func roundRates(paid int64, asked money.Amount) int64 {
	unit := int64(1)
	for range asked.Currency.Exponent() {
		unit *= 10
	}
	for _, rates := range usualRates {
		if off := paid*rates - asked.Minor; unit > 1 && paid%unit == 0 && off > -unit*rates && off < unit*rates {
			return rates
		}
	}
	return 0
}

// isPercent says that a is so many per cent of b, within a minor unit.
func isPercent(a, b, percent int64) bool {
	off := a*100 - b*percent
	return off >= -100 && off <= 100
}

// completes finds another payment of the payer with which this one comes to what was asked: a deposit and the rest.
func completes(p *reconcile.Prepared, asked money.Amount) *reconcile.Prepared {
	at := slices.IndexFunc(p.Siblings, func(other *reconcile.Prepared) bool {
		return other.Amount.Currency == asked.Currency && other.Amount.Minor > 0 && other.Amount.Minor == asked.Minor-p.Amount.Minor
	})
	if at < 0 || p.Amount.Currency != asked.Currency {
		return nil
	}
	return p.Siblings[at]
}
