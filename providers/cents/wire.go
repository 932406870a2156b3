package cents

import (
	"encoding/json"

	"pennytie/providers/internal/rest"
	"pennytie/providers/internal/rows"
	"pennytie/providers/internal/wire"
)

// listing is a page of transactions. A last_key that is empty, null or missing ends the list.
type listing struct {
	Data    rows.List[transaction] `json:"data"`
	LastKey wire.Scalar            `json:"last_key"`
}

// transaction is one row as the company API shows it (docs.centsdonations.com, company API). Its order, total and
// refunded amounts are in whole units with a fraction; its donation amount is in the smallest unit.
type transaction struct {
	ID               wire.Scalar `json:"id"`
	ExternalID       wire.Scalar `json:"external_id"`
	ReconciliationID wire.Scalar `json:"reconciliation_id"`
	Status           wire.Scalar `json:"transaction_status"`
	OrderAmount      wire.Scalar `json:"order_amount"`
	DonationAmount   wire.Scalar `json:"donation_amount"`
	TotalAmount      wire.Scalar `json:"total_amount"`
	RefundedAmount   wire.Scalar `json:"refunded_amount"`
	Currency         wire.Scalar `json:"currency"`
	DonationCurrency wire.Scalar `json:"donation_currency"`
	CreatedDate      wire.Scalar `json:"created_date"`
	CharityID        wire.Scalar `json:"charity_id"`
	DonationCause    wire.Scalar `json:"donation_cause"`
	UserID           wire.Scalar `json:"consumer_user_id"`
	UserName         wire.Scalar `json:"consumer_user_full_name"`
	UserEmail        wire.Scalar `json:"consumer_user_email"`
	UserPhone        wire.Scalar `json:"consumer_user_phone"`
	Anonymized       wire.Scalar `json:"consumer_user_email_anonymized"`
	Address          wire.Object `json:"billable_address"`
}

// tokenAnswer is the token endpoint's, but for its refresh_token. Its access_token opens nothing at Cents.
type tokenAnswer struct {
	ID   *string     `json:"id_token"`
	Life wire.Scalar `json:"expires_in"` // seconds
}

// rules are the strict rules for the JSON of Cents: no other spelling of a field may take its place.
func rules() rest.Rules {
	return rest.Rules{Decoded: rest.Words("data", "billable_address"), Exact: rest.Words("data", "last_key", "id", "external_id", "reconciliation_id", "transaction_status",
		"order_amount", "donation_amount", "total_amount", "refunded_amount", "currency", "donation_currency", "created_date",
		"consumer_user_id", "consumer_user_full_name", "consumer_user_email", "consumer_user_email_anonymized",
		"consumer_user_phone", "billable_address", "charity_id", "donation_cause",
		"id_token", "refresh_token", "expires_in")}
}

// decodePage accepts a page whole or says why not.
func decodePage(body []byte) (items []rows.Item[transaction], next, reason string) {
	var page listing
	if json.Unmarshal(body, &page) != nil {
		return nil, "", "answer is not an object"
	}
	if page.Data.Items == nil { // null, missing, or no list
		return nil, "", "answer has no list of data"
	}
	next, err := page.LastKey.Text()
	if err != nil {
		return nil, "", "last_key " + err.Error()
	}
	return page.Data.Items, next, ""
}
