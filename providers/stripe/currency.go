package stripe

import (
	"errors"

	"pennytie/reconcile/money"
)

// exponent is the number of fraction digits in an amount that Stripe sends
// (https://docs.stripe.com/currencies#zero-decimal). It is not ISO's: ISK and UGX have no digits there but
// are sent with two, 00 at the end ("special cases" on that page); MGA is sent with none where ISO has two.
// HUF and TWD are ordinary for charges; only payouts must be whole.
func exponent(currency money.Currency) int {
	switch currency {
	case "BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA",
		"PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF":
		return 0
	case "BHD", "JOD", "KWD", "OMR", "TND":
		return 3
	}
	return 2
}

var errNegative = errors.New("is below zero")

// scale reads an amount of Stripe's in the currency's own minor units.
func scale(value int64, currency money.Currency) (money.Amount, error) {
	return money.Rescale(value, exponent(currency), currency)
}
