package zenskar

import (
	"encoding/json"

	"pennytie/providers/internal/rest"
	"pennytie/providers/internal/rows"
	"pennytie/providers/internal/wire"
)

// listWire is a page: https://docs2.zenskar.com/api-reference/payments/get-payments.
type listWire struct {
	Results *rows.List[paymentWire] `json:"results"` // nil: missing or null, so this is no list
	Next    json.RawMessage         `json:"next"`    // nil: missing, which null is not
	Total   wire.Scalar             `json:"total_count"`
}

// paymentWire is one row of the list. Its type says whether it is a payment at all.
type paymentWire struct {
	ID                 wire.Scalar                `json:"id"`
	Type               wire.Scalar                `json:"type"`
	Status             wire.Scalar                `json:"status"`
	Amount             wire.Scalar                `json:"amount"`
	AmountRefunded     wire.Scalar                `json:"amount_refunded"`
	Currency           wire.Scalar                `json:"currency_code"`
	ParentID           wire.Scalar                `json:"parent_id"`
	ExternalID         wire.Scalar                `json:"external_id"` // the gateway's
	Connector          wire.Scalar                `json:"connector_name"`
	Method             wire.Scalar                `json:"payment_method"`
	Timestamp          wire.Scalar                `json:"timestamp"`
	CreatedAt          wire.Scalar                `json:"created_at"`
	CustomerID         wire.Scalar                `json:"customer_id"`
	CustomerEmail      wire.Scalar                `json:"customer_email"`
	CustomerName       wire.Scalar                `json:"customer_name"`
	CustomerExternalID wire.Scalar                `json:"customer_external_id"`
	Invoices           rows.List[partWire]        `json:"invoices"`
	Transactions       rows.List[transactionWire] `json:"transactions"`
}

func (w paymentWire) id() string { return w.ID.Word() }

// partWire is the part of a payment that pays one invoice.
type partWire struct {
	InvoiceID wire.Scalar `json:"invoice_id"`
	Amount    wire.Scalar `json:"amount"`
}

// transactionWire is one attempt of the gateway.
type transactionWire struct {
	ID          wire.Scalar `json:"id"`
	Status      wire.Scalar `json:"status"`
	ExternalID  wire.Scalar `json:"external_id"`
	Connector   wire.Scalar `json:"connector_name"`
	Description wire.Scalar `json:"description"`
	SettledAt   wire.Scalar `json:"settled_at"`
	CreatedAt   wire.Scalar `json:"created_at"`
	DeletedAt   wire.Scalar `json:"deleted_at"`
}

// customerWire is https://docs2.zenskar.com/api-reference/customers/get-customer-by-id; its example and its schema name
// the phone differently.
type customerWire struct {
	ID          wire.Scalar `json:"id"`
	Name        wire.Scalar `json:"customer_name"`
	Email       wire.Scalar `json:"email"`
	PhoneNumber wire.Scalar `json:"phone_number"`
	Phone       wire.Scalar `json:"phone"`
	ExternalID  wire.Scalar `json:"external_id"`
	Address     wire.Object `json:"address"`
}

func (w customerWire) id() string { return w.ID.Word() }

// invoiceWire is https://docs2.zenskar.com/api-reference/invoices/list-invoices. Which key has its currency is not shown there.
type invoiceWire struct {
	ID           wire.Scalar `json:"id"`
	ExternalID   wire.Scalar `json:"external_id"`
	Status       wire.Scalar `json:"status"`
	AmountDue    wire.Scalar `json:"amount_due"`
	CurrencyCode wire.Scalar `json:"currency_code"`
	Currency     wire.Scalar `json:"currency"`
}

func (w invoiceWire) id() string { return w.ID.Word() }

// jsonRules are the strict rules for Zenskar's JSON: encoding/json would take AMOUNT for amount.
func jsonRules() rest.Rules {
	return rest.Rules{
		Decoded: rest.Words("results", "invoices", "transactions", "address"),
		Exact: rest.Words("amount", "amount_due", "amount_refunded", "connector_name", "created_at", "currency_code", "deleted_at",
			"external_id", "id", "invoices", "next", "parent_id", "payment_method", "results", "settled_at", "status",
			"timestamp", "total_count", "transactions", "type"),
	}
}
