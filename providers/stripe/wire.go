package stripe

import (
	"encoding/json"
	"errors"
	"fmt"

	stripe "github.com/stripe/stripe-go/v76"

	"pennytie/providers/internal/rest"
	"pennytie/providers/internal/rows"
	"pennytie/reconcile"
)

// The SDK decodes leniently: a null or missing amount becomes 0, a page that is no list becomes an empty
// list, a list without has_more ends the pull. So the raw page is checked here before a decoded row is
// trusted.

// jsonRules are the strict rules for Stripe's JSON.
func jsonRules() rest.Rules {
	return rest.Rules{
		FreeForm: rest.Words("metadata"), // https://docs.stripe.com/api/metadata
		Integers: rest.Words("amount", "amount_captured", "amount_refunded", "amount_total", "amount_subtotal",
			"available_on", "arrival_date", "created", "fee", "net"),
		Exact: rest.Words("amount", "amount_captured", "arrival_date", "automatic", "available_on", "balance_transaction",
			"captured", "charge", "created", "currency", "data", "fee", "has_more", "id", "livemode", "net", "object",
			"payment_intent", "reconciliation_status", "refunded", "reporting_category", "source", "status"),
	}
}

// rowKind names a kind of object and where it is listed.
type rowKind struct{ object, path string }

var (
	chargeRows  = rowKind{"charge", pathCharges}
	refundRows  = rowKind{"refund", pathRefunds}
	disputeRows = rowKind{"dispute", pathDisputes}
	sessionRows = rowKind{"checkout.session", pathSessions}
	productRows = rowKind{"product", pathProducts}
	ledgerRows  = rowKind{"balance_transaction", pathLedger}
	payoutRows  = rowKind{"payout", pathPayouts}
)

// listing is a checked page.
type listing[T any] struct {
	kind rowKind
	rows []rows.Item[row[T]]
	more bool
}

// last is the id that the next page starts after.
func (l listing[T]) last() string {
	if len(l.rows) == 0 {
		return ""
	}
	return *l.rows[len(l.rows)-1].Value.head.ID
}

// row is one object as decoded, and what must be told of it apart.
type row[T any] struct {
	object T
	head   head
}

// head holds the fields whose absence must be told from a zero.
type head struct {
	ID                 *string         `json:"id"`
	Object             *string         `json:"object"`
	Amount             *int64          `json:"amount"`
	AmountCaptured     *int64          `json:"amount_captured"`
	Created            *int64          `json:"created"`
	Currency           *string         `json:"currency"`
	Status             *string         `json:"status"`
	Captured           *bool           `json:"captured"`
	Livemode           *bool           `json:"livemode"`
	BalanceTransaction json.RawMessage `json:"balance_transaction"`

	// Of a ledger row, and of a payout.
	Fee         *int64          `json:"fee"`
	Net         *int64          `json:"net"`
	AvailableOn *int64          `json:"available_on"`
	Source      json.RawMessage `json:"source"`
	Automatic   *bool           `json:"automatic"`
	ArrivalDate *int64          `json:"arrival_date"`
}

// checkPage accepts a page whole or not at all.
func checkPage[T any](
	rules rest.Rules, kind rowKind, objects []T, last *stripe.APIResponse, err error,
) (listing[T], error) {
	raw, err := body(kind, rules, last, err)
	if err != nil {
		return listing[T]{}, err
	}
	var envelope struct {
		Object  string             `json:"object"`
		Data    *[]json.RawMessage `json:"data"`
		HasMore *bool              `json:"has_more"`
	}
	if err := json.Unmarshal(raw, &envelope); err != nil {
		return listing[T]{}, badPage(kind, "answer is not a list")
	}
	switch {
	case envelope.Object != "list" || envelope.Data == nil:
		return listing[T]{}, badPage(kind, "answer is not a list")
	case envelope.HasMore == nil:
		return listing[T]{}, badPage(kind, "list does not say whether there is more")
	case *envelope.HasMore && len(*envelope.Data) == 0:
		return listing[T]{}, badPage(kind, "empty page says that there is more")
	case len(*envelope.Data) != len(objects):
		return listing[T]{}, badPage(kind, "rows were lost in decoding")
	}
	page := listing[T]{kind: kind, more: *envelope.HasMore, rows: make([]rows.Item[row[T]], len(objects))}
	for i, rawRow := range *envelope.Data {
		head, err := readHead(kind, rawRow)
		if err != nil {
			return listing[T]{}, err
		}
		page.rows[i] = rows.Item[row[T]]{Value: row[T]{objects[i], head}, Raw: rawRow}
	}
	return page, nil
}

// checkOne accepts the answer to a read by id, as a listing of one row.
func checkOne[T any](
	rules rest.Rules, kind rowKind, id string, object T, last *stripe.APIResponse, err error,
) (listing[T], error) {
	raw, err := body(kind, rules, last, err)
	if err != nil {
		return listing[T]{}, err
	}
	head, err := readHead(kind, raw)
	if err != nil {
		return listing[T]{}, err
	}
	if *head.ID != id {
		return listing[T]{}, badPage(kind, "answer is about another id")
	}
	return listing[T]{kind: kind, rows: []rows.Item[row[T]]{{Value: row[T]{object, head}, Raw: raw}}}, nil
}

// body gives the raw answer after the strict check, or why there is none. The SDK's own error texts are not
// passed on: they quote bodies and query strings.
func body(kind rowKind, rules rest.Rules, last *stripe.APIResponse, err error) ([]byte, error) {
	var answer *rest.Error
	switch {
	case errors.As(err, &answer):
		return nil, fmt.Errorf("stripe: %w", answer)
	case err != nil:
		return nil, badPage(kind, "answer does not have the shape of API version "+stripe.APIVersion)
	case last == nil:
		return nil, badPage(kind, "answer is missing")
	}
	if err := rest.CheckJSON(last.RawJSON, rules); err != nil {
		return nil, badPage(kind, err.Error())
	}
	return last.RawJSON, nil
}

func readHead(kind rowKind, raw []byte) (head, error) {
	var h head
	if err := json.Unmarshal(raw, &h); err != nil {
		return head{}, badPage(kind, "a row is not an object of the expected shape")
	}
	switch {
	case h.ID == nil || *h.ID == "":
		return head{}, badPage(kind, "a row has no id")
	case h.Object == nil || *h.Object != kind.object:
		return head{}, badPage(kind, "a row is not a "+kind.object)
	}
	return h, nil
}

func badPage(kind rowKind, reason string) error {
	return fmt.Errorf("stripe: GET %s: %s: %w", kind.path, reason, reconcile.ErrInvalid)
}
