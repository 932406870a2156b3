package reconcile

import (
	"time"

	"pennytie/reconcile/money"
)

// Lead is a person or company that may pay.
type Lead struct {
	ID               string    `json:"id"`
	Name             string    `json:"name,omitempty"`
	Emails           []string  `json:"emails,omitempty"`
	Phones           []string  `json:"phones,omitempty"`
	Company          string    `json:"company,omitempty"`
	Address          string    `json:"address,omitempty"`
	City             string    `json:"city,omitempty"`
	PostalCode       string    `json:"postal_code,omitempty"`
	Country          string    `json:"country,omitempty"` // ISO 3166 alpha-2
	StripeCustomerID string    `json:"stripe_customer_id,omitempty"`
	ExternalID       string    `json:"external_id,omitempty"`
	Owner            string    `json:"owner,omitempty"`
	CreatedAt        time.Time `json:"created_at,omitzero"`
}

// Call is a sales call with a lead.
type Call struct {
	ID        string        `json:"id"`
	LeadID    string        `json:"lead_id"`
	Phones    []string      `json:"phones,omitempty"`
	Emails    []string      `json:"emails,omitempty"`
	Agent     string        `json:"agent,omitempty"`
	StartedAt time.Time     `json:"started_at,omitzero"`
	EndedAt   time.Time     `json:"ended_at,omitzero"`
	Outcome   string        `json:"outcome,omitempty"` // won, open, lost, no_show; others kept verbatim
	Amount    *money.Amount `json:"amount,omitempty"`  // agreed, if known
	ProductID string        `json:"product_id,omitempty"`
}

// Product is something sold.
type Product struct {
	ID              string        `json:"id"`
	Name            string        `json:"name"`
	StripeProductID string        `json:"stripe_product_id,omitempty"`
	Amount          *money.Amount `json:"amount,omitempty"` // list price, if known
	Aliases         []string      `json:"aliases,omitempty"`
}
