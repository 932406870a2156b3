package aura

import (
	"encoding/json"

	"pennytie/providers/internal/rest"
	"pennytie/providers/internal/rows"
	"pennytie/providers/internal/wire"
)

// jsonRules are the strict rules for Aura's JSON. Candidates of a match have no documented shape and are not read.
func jsonRules() rest.Rules {
	return rest.Rules{
		FreeForm: rest.Words("match_candidates", "metadata"),
		Decoded:  rest.Words("data", "pagination"),
		Exact: rest.Words("amount", "created_at", "currency", "data", "expected_deal_value", "external_id", "has_more", "id", "next_cursor",
			"pagination",
			"payment_date", "provider", "provider_payment_id", "refunded_amount", "source", "status", "stripe_charge_id", "success"),
	}
}

// envelope is around every answer. Lists come with and without success.
type envelope struct {
	Success wire.Scalar `json:"success"`
	Code    wire.Scalar `json:"code"` // of an error
}

// listBody is a list: https://docs.api.aura-app.ai/ shows data and pagination, both required.
type listBody[T any] struct {
	envelope
	Data       rows.List[T] `json:"data"`
	Pagination wire.Object  `json:"pagination"` // next_cursor, has_more
}

// oneBody is a single object, wrapped in data or, tolerated, bare.
type oneBody struct {
	envelope
	Data json.RawMessage `json:"data"`
}

// paymentRow is a payment: https://docs.api.aura-app.ai/openapi/v1/payments/id/get. match_candidates is left out on purpose:
// it came as null and as a list, and nothing here needs it.
type paymentRow struct {
	ID                   wire.Scalar `json:"id"`
	LeadID               wire.Scalar `json:"lead_id"`
	CallID               wire.Scalar `json:"call_id"`
	Provider             wire.Scalar `json:"provider"`
	ProviderPaymentID    wire.Scalar `json:"provider_payment_id"`
	Source               wire.Scalar `json:"source"` // this and external_id: https://docs.api.aura-app.ai/openapi/v1/payments/post
	ExternalID           wire.Scalar `json:"external_id"`
	Amount               wire.Scalar `json:"amount"` // minor units
	Currency             wire.Scalar `json:"currency"`
	Status               wire.Scalar `json:"status"`
	CustomerEmail        wire.Scalar `json:"customer_email"`
	CustomerName         wire.Scalar `json:"customer_name"`
	PaymentDate          wire.Scalar `json:"payment_date"`
	CreatedAt            wire.Scalar `json:"created_at"`
	VerificationStatus   wire.Scalar `json:"verification_status"`
	MatchedBy            wire.Scalar `json:"matched_by"`
	MatchConfidence      wire.Scalar `json:"match_confidence"`
	RefundStatus         wire.Scalar `json:"refund_status"`
	RefundedAmount       wire.Scalar `json:"refunded_amount"` // minor units
	RefundedAt           wire.Scalar `json:"refunded_at"`
	RefundReason         wire.Scalar `json:"refund_reason"`
	StripeChargeID       wire.Scalar `json:"stripe_charge_id"`
	StripeCustomerID     wire.Scalar `json:"stripe_customer_id"`
	StripeSubscriptionID wire.Scalar `json:"stripe_subscription_id"`
	StripeRefundID       wire.Scalar `json:"stripe_refund_id"`
	StripeProductID      wire.Scalar `json:"stripe_product_id"`
}

// leadRow is a lead: https://docs.api.aura-app.ai/openapi/v1/leads/get. The address and the two foreign ids are not on
// that page; they are read where they come.
type leadRow struct {
	ID               wire.Scalar `json:"id"`
	FullName         wire.Scalar `json:"full_name"`
	Email            wire.Scalar `json:"email"`
	Phone            wire.Scalar `json:"phone"`
	Company          wire.Scalar `json:"company"`
	AssignedToID     wire.Scalar `json:"assigned_to_id"`
	CreatedAt        wire.Scalar `json:"created_at"`
	StripeCustomerID wire.Scalar `json:"stripe_customer_id"`
	ExternalID       wire.Scalar `json:"external_id"`
	Address          wire.Scalar `json:"address"`
	City             wire.Scalar `json:"city"`
	PostalCode       wire.Scalar `json:"postal_code"`
	Country          wire.Scalar `json:"country"`
}

// callRow is a call: https://docs.api.aura-app.ai/openapi/v1/calls/get. One crawl of that page has outcome where a later one
// has status.
type callRow struct {
	ID                wire.Scalar `json:"id"`
	LeadID            wire.Scalar `json:"lead_id"`
	ProductID         wire.Scalar `json:"product_id"`
	CloserID          wire.Scalar `json:"closer_id"`
	SetterID          wire.Scalar `json:"setter_id"`
	ScheduledAt       wire.Scalar `json:"scheduled_at"`
	StartedAt         wire.Scalar `json:"started_at"`
	EndedAt           wire.Scalar `json:"ended_at"`
	Outcome           wire.Scalar `json:"outcome"`
	Status            wire.Scalar `json:"status"`
	ExpectedDealValue wire.Scalar `json:"expected_deal_value"` // unit by configuration
	Currency          wire.Scalar `json:"currency"`
}

// productRow is a product: https://docs.api.aura-app.ai/openapi/v1/products/get. It has no price and no id of Stripe's.
type productRow struct {
	ID   wire.Scalar `json:"id"`
	Name wire.Scalar `json:"name"`
	Slug wire.Scalar `json:"slug"`
}
