package fake

import (
	"encoding/json"
	"net/http"
	"slices"

	"pennytie/reconcile/money"
)

// patch answers PATCH of one transaction. Amounts come in the smallest unit and are shown in whole ones; the gateway's name is put
// before an external_id.
func (c *Cents) patch(r *http.Request, id string) (int, map[string]any) {
	refuse := func(text string) (int, map[string]any) { return http.StatusUnprocessableEntity, centsMessage(text) }
	raw, fields, is := readBody(r)
	if !is || r.Header.Get("Content-Type") != "application/json" {
		return refuse("body must be a JSON object")
	}
	statuses := []string{"draft", "to_be_payed", "paid", "refunded", "disputed", "failed"}
	for name, value := range fields {
		text, isText := value.(string)
		n, isInt := asInt(value)
		switch {
		case name == "transaction_status" && slices.Contains(statuses, text):
		case (name == "external_id" || name == "reconciliation_id") && isText:
		case name == "refunded_amount" && isInt && n >= 0:
		default:
			return refuse("unknown or wrong field " + name)
		}
	}
	object, done := c.Writes.change(c.in("transactions"), id, c.now(), Write{Method: r.Method, Path: r.URL.Path, Body: raw},
		func(transaction map[string]any) bool {
			code, _ := transaction["currency"].(string)
			currency, err := money.ParseCurrency(code)
			for name, value := range fields {
				switch name {
				case "refunded_amount":
					if err != nil {
						return false
					}
					n, _ := asInt(value)
					transaction[name] = json.Number(money.New(n, currency).String())
				case "external_id":
					transaction[name] = "STRIPE_" + value.(string)
				default:
					transaction[name] = value
				}
			}
			return true
		})
	switch {
	case object == nil:
		return http.StatusNotFound, centsMessage("Transaction not found")
	case !done:
		return refuse("currency is not known")
	}
	return http.StatusOK, object
}
