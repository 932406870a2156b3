package fake

import "sync"

// propertyKind says how an expandable property is held and shown.
type propertyKind uint8

const (
	reference    propertyKind = iota // a bare id, replaced by the object where asked
	inlineObject                     // always an object; only things inside it expand
	inlineList                       // always a list with a first page
	hiddenList                       // held with the object, shown only where asked
	relatedList                      // found in another collection, shown only where asked
	oneOfMany                        // a bare id of any type
	unresolvable                     // may be asked for; what it points to is not held here
)

// subListLength is how many items the first page of a list inside an object has.
const subListLength = 10

// property is something that expand[] may name.
type property struct {
	kind   propertyKind
	target string // object type
	path   string // of a list: the collection's path and the list's own name, around the id
}

// stripeCollection is one kind of object with its address and its filters.
type stripeCollection struct {
	object  string
	filters []string
}

// stripeCollections has the paths below /v1 that can be listed and read, beside their sub-lists.
var stripeCollections = sync.OnceValue(func() map[string]stripeCollection {
	return map[string]stripeCollection{
		"charges":  {"charge", []string{"customer", "payment_intent"}},
		"refunds":  {"refund", []string{"charge", "payment_intent"}},
		"disputes": {"dispute", []string{"charge", "payment_intent"}},
		"checkout/sessions": {"checkout.session", []string{"customer", "payment_intent", "status",
			"subscription"}},
		"products":             {"product", []string{"active"}},
		"prices":               {"price", []string{"active", "currency", "product", "type"}},
		"balance_transactions": {"balance_transaction", []string{"currency", "payout", "source", "type"}},
		"payouts":              {"payout", []string{"status"}},
		"invoices":             {"invoice", []string{"customer", "status", "subscription"}},
		"customers":            {"customer", []string{"email"}},
		"payment_intents":      {"payment_intent", []string{"customer"}},
		"subscriptions":        {"subscription", []string{"customer", "status"}},
		"events":               {"event", []string{"type"}},
	}
})

// stripeProperties has what can be expanded, by object type.
var stripeProperties = sync.OnceValue(func() map[string]map[string]property {
	ref := func(target string) property { return property{kind: reference, target: target} }
	other := property{kind: unresolvable}
	refunds := property{kind: relatedList, target: "refund", path: "/v1/charges/*/refunds"}
	return map[string]map[string]property{
		"charge": {
			"refunds":  refunds,
			"customer": ref("customer"), "invoice": ref("invoice"), "payment_intent": ref("payment_intent"),
			"balance_transaction":         ref("balance_transaction"),
			"failure_balance_transaction": ref("balance_transaction"),
			"application":                 other, "application_fee": other,
			"on_behalf_of": other, "review": other,
			"source_transfer": other, "transfer": other,
		},
		"refund": {
			"charge": ref("charge"), "payment_intent": ref("payment_intent"),
			"balance_transaction":         ref("balance_transaction"),
			"failure_balance_transaction": ref("balance_transaction"),
			"source_transfer_reversal":    other, "transfer_reversal": other,
		},
		"dispute": {"charge": ref("charge"), "payment_intent": ref("payment_intent")},
		"checkout.session": {
			"customer": ref("customer"), "invoice": ref("invoice"), "payment_intent": ref("payment_intent"),
			"subscription": ref("subscription"), "payment_link": other, "setup_intent": other,
			"line_items": {kind: hiddenList, target: "item", path: "/v1/checkout/sessions/*/line_items"},
		},
		"balance_transaction": {"source": {kind: oneOfMany}},
		"payout": {
			"balance_transaction":         ref("balance_transaction"),
			"failure_balance_transaction": ref("balance_transaction"),
			"original_payout":             ref("payout"), "reversed_by": ref("payout"), "destination": other,
		},
		"invoice": {
			"charge": ref("charge"), "customer": ref("customer"), "payment_intent": ref("payment_intent"),
			"subscription": ref("subscription"), "default_payment_method": other,
			"lines": {kind: inlineList, target: "line_item", path: "/v1/invoices/*/lines"},
		},
		"payment_intent": {
			"customer": ref("customer"), "invoice": ref("invoice"), "latest_charge": ref("charge"),
			"application": other, "on_behalf_of": other, "payment_method": other, "review": other,
		},
		"subscription": {
			"customer": ref("customer"), "latest_invoice": ref("invoice"), "default_payment_method": other,
			"items": {kind: inlineList, target: "subscription_item",
				path: "/v1/subscription_items?subscription=*"},
		},
		"customer": {
			"default_source": other,
			"subscriptions": {kind: relatedList, target: "subscription",
				path: "/v1/customers/*/subscriptions"},
		},
		"price":   {"product": ref("product")},
		"product": {"default_price": ref("price")},
		"item":    {"price": {kind: inlineObject, target: "price"}},
		"line_item": {"price": {kind: inlineObject, target: "price"},
			"subscription": ref("subscription")},
		"subscription_item": {"price": {kind: inlineObject, target: "price"}},
	}
})

// relatedCollection says where the items of a related list are, and by which filter.
func relatedCollection(field string) (collection, filter string) {
	if field == "subscriptions" {
		return "subscriptions", "customer"
	}
	return "refunds", "charge"
}
