package aura

import (
	"strings"
	"time"

	"pennytie/providers/internal/rows"
	"pennytie/providers/internal/wire"
	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

// lead makes a lead. What is only description is taken as far as it can be read.
func (c *converter) lead(r *leadRow) (reconcile.Lead, error) {
	id, err := rows.ID(r.ID.Text())
	if err != nil {
		return reconcile.Lead{}, err
	}
	lead := reconcile.Lead{
		ID: canonicalID(id), Name: r.FullName.Word(), Emails: filled(r.Email), Phones: filled(r.Phone), Company: r.Company.Word(),
		Address: r.Address.Word(), City: r.City.Word(), PostalCode: r.PostalCode.Word(), Country: r.Country.Country(),
		StripeCustomerID: r.StripeCustomerID.Word(), ExternalID: r.ExternalID.Word(), Owner: r.AssignedToID.Word(),
	}
	if at, err := r.CreatedAt.Time(); err == nil {
		lead.CreatedAt = at
	}
	return lead, nil
}

// filled is a list of the one value, or of none.
func filled(value wire.Scalar) []string {
	if word := value.Word(); word != "" {
		return []string{word}
	}
	return nil
}

// call makes a call. Its times and its value decide what it explains, so they must be right if they are there.
func (c *converter) call(r *callRow) (reconcile.Call, error) {
	id, err := rows.ID(r.ID.Text())
	if err != nil {
		return reconcile.Call{}, err
	}
	call := reconcile.Call{
		ID: canonicalID(id), LeadID: canonicalID(r.LeadID.Word()), ProductID: canonicalID(r.ProductID.Word()),
		Agent: r.CloserID.Word(), Outcome: outcome(r.Outcome.Word()),
	}
	if call.LeadID == "" {
		return call, rows.Refuse("lead_id", "lead_id is missing: a call of nobody explains no payment")
	}
	if call.Agent == "" {
		call.Agent = r.SetterID.Word()
	}
	if call.Outcome == "" {
		call.Outcome = outcome(r.Status.Word())
	}
	begin, field := r.StartedAt, "started_at"
	if begin.Absent() {
		begin, field = r.ScheduledAt, "scheduled_at"
	}
	if call.StartedAt, err = instant(field, begin); err != nil {
		return call, err
	}
	if call.EndedAt, err = instant("ended_at", r.EndedAt); err != nil {
		return call, err
	}
	call.Amount, err = c.dealValue(r)
	return call, err
}

func instant(field string, value wire.Scalar) (time.Time, error) {
	at, err := value.Time()
	if err != nil {
		return at, rows.Wrong(field, err)
	}
	return at, nil
}

// dealValue reads what was agreed in the call, nil if that is unknown.
func (c *converter) dealValue(r *callRow) (*money.Amount, error) {
	if r.ExpectedDealValue.Absent() {
		return nil, nil
	}
	currency := c.dealCurrency
	if !r.Currency.Absent() {
		var err error
		if currency, err = r.Currency.Currency(); err != nil {
			return nil, rows.Wrong("currency", err)
		}
	}
	read := r.ExpectedDealValue.Minor
	if c.dealUnit == UnitMajor {
		read = r.ExpectedDealValue.Major
	}
	amount, err := read(currency)
	if err != nil {
		return nil, wrongAmount("expected_deal_value", err)
	}
	return amount, nil
}

// outcome brings Aura's words to pennytie's (https://docs.api.aura-app.ai/openapi/v1/calls/id/outcome/post: shown, no_show,
// closed, lost, follow_up; a call that is booked or canceled has a status instead). Other words stay as they are.
func outcome(word string) string {
	word = strings.NewReplacer(" ", "_", "-", "_").Replace(strings.ToLower(word))
	switch word {
	case "closed", "won":
		return "won"
	case "shown", "follow_up", "scheduled", "rescheduled", "booked", "confirmed", "upcoming", "started", "in_progress",
		"completed", "open":
		return "open"
	}
	return word // lost, no_show, canceled and what nobody knows
}

// product makes a product, sold still or not: an old payment may be for one that is no longer active.
func (c *converter) product(r *productRow) (reconcile.Product, error) {
	id, err := rows.ID(r.ID.Text())
	if err != nil {
		return reconcile.Product{}, err
	}
	product := reconcile.Product{ID: canonicalID(id), Name: r.Name.Word(), Aliases: filled(r.Slug)}
	if product.Name == "" {
		return product, rows.Missing("name")
	}
	product.StripeProductID = c.stripeProducts[product.ID]
	return product, nil
}
