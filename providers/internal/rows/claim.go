package rows

import "strings"

// Processors whose payments books claim.
const (
	Stripe = "stripe"
	WePay  = "wepay"
)

// NamesPayment says whether an id in a book can be that of a payment at a processor. It keeps out what programs and people
// write where there is none, and ids of other things: all payments with the same word, or of the same customer, would
// become one payment.
func NamesPayment(provider, id string) bool {
	const shortest = 6 // of WePay's, of which only examples are published: they are much longer
	switch {
	case !PlausibleID(id):
		return false
	case provider == Stripe:
		return StripeKind(id) != ""
	case provider == WePay && (len(id) < shortest || strings.Trim(id, "0-_.") == ""):
		return false
	}
	return strings.ContainsAny(id, "0123456789") // null, undefined, none, N/A have none
}

// StripeKind is what stands before the underscore of Stripe's ids of payments (https://docs.stripe.com/api): pi of an intent,
// ch and py of charges, cs of a checkout session, which is for one payment and has its mode in its id. Letters and digits
// follow. Empty is no such id.
func StripeKind(id string) string {
	kind, rest, _ := strings.Cut(id, "_")
	switch kind {
	case "pi", "ch", "py":
	case "cs":
		if mode, after, has := strings.Cut(rest, "_"); has && (mode == "live" || mode == "test") {
			rest = after
		}
	default:
		return ""
	}
	switch strings.ToLower(rest) {
	case "", "null", "undefined", "none", "nan", "unknown":
		return ""
	}
	if !PlausibleID(rest) || strings.ContainsAny(rest, "_-.") {
		return ""
	}
	return kind
}
