package httpapi

import (
	"encoding/json"
	"net/http"
	"time"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
	"pennytie/reconcile/report"
)

// leadBody is a lead in the words of the seed; null is unknown.
type leadBody struct {
	ID               string     `json:"id"`
	FullName         *string    `json:"full_name"`
	Email            *string    `json:"email"` // the first of them
	Phone            *string    `json:"phone"`
	Company          *string    `json:"company"`
	AssignedToID     *string    `json:"assigned_to_id"`
	CreatedAt        *time.Time `json:"created_at"`
	Address          *string    `json:"address"`
	City             *string    `json:"city"`
	PostalCode       *string    `json:"postal_code"`
	Country          *string    `json:"country"`
	StripeCustomerID *string    `json:"stripe_customer_id"`
	ExternalID       *string    `json:"external_id"`
	Emails           []string   `json:"emails"`
	Phones           []string   `json:"phones"`
}

type callBody struct {
	ID                string     `json:"id"`
	LeadID            *string    `json:"lead_id"`
	ProductID         *string    `json:"product_id"`
	CloserID          *string    `json:"closer_id"`
	StartedAt         *time.Time `json:"started_at"`
	EndedAt           *time.Time `json:"ended_at"`
	Outcome           *string    `json:"outcome"`
	ExpectedDealValue *int64     `json:"expected_deal_value"` // minor units
	Currency          *string    `json:"currency"`
}

type productBody struct {
	ID              string   `json:"id"`
	Name            *string  `json:"name"`
	StripeProductID *string  `json:"stripe_product_id"`
	Amount          *int64   `json:"amount"` // minor units
	Currency        *string  `json:"currency"`
	Aliases         []string `json:"aliases"`
}

// known is a value, or nil where it is unknown.
func known[T comparable](value T) *T {
	var none T
	if value == none {
		return nil
	}
	return &value
}

func first(values []string) *string {
	if len(values) == 0 {
		return nil
	}
	return known(values[0])
}

func priced(a *money.Amount) (minor *int64, currency *string) {
	if a == nil {
		return nil, nil
	}
	return &a.Minor, known(string(a.Currency))
}

func (h *handler) lead(l *reconcile.Lead) ([]byte, error) {
	l, err := report.RedactLead(l, h.PII)
	if err != nil {
		return nil, err
	}
	return json.Marshal(leadBody{
		ID: l.ID, FullName: known(l.Name), Email: first(l.Emails), Phone: first(l.Phones), Company: known(l.Company),
		AssignedToID: known(l.Owner), CreatedAt: known(l.CreatedAt), Address: known(l.Address), City: known(l.City),
		PostalCode: known(l.PostalCode), Country: known(l.Country), StripeCustomerID: known(l.StripeCustomerID),
		ExternalID: known(l.ExternalID), Emails: append([]string{}, l.Emails...), Phones: append([]string{}, l.Phones...),
	})
}

func (h *handler) call(c *reconcile.Call) ([]byte, error) {
	body := callBody{ID: c.ID, LeadID: known(c.LeadID), ProductID: known(c.ProductID), CloserID: known(c.Agent),
		StartedAt: known(c.StartedAt), EndedAt: known(c.EndedAt), Outcome: known(c.Outcome)}
	body.ExpectedDealValue, body.Currency = priced(c.Amount)
	return json.Marshal(body)
}

func (h *handler) product(p *reconcile.Product) ([]byte, error) {
	body := productBody{ID: p.ID, Name: known(p.Name), StripeProductID: known(p.StripeProductID), Aliases: append([]string{}, p.Aliases...)}
	body.Amount, body.Currency = priced(p.Amount)
	return json.Marshal(body)
}

func (h *handler) leads(r *http.Request) ([]byte, error) {
	return records(h, r, "l1", nil, func(in reconcile.Reader, _, after string, most int) ([]*reconcile.Lead, error) {
		return in.Leads(after, most)
	}, func(l *reconcile.Lead) string { return l.ID }, h.lead)
}

func (h *handler) calls(r *http.Request) ([]byte, error) {
	return records(h, r, "c1", []string{"lead_id"}, reconcile.Reader.Calls, func(c *reconcile.Call) string { return c.ID }, h.call)
}

func (h *handler) products(r *http.Request) ([]byte, error) {
	return records(h, r, "d1", nil, func(in reconcile.Reader, _, after string, most int) ([]*reconcile.Product, error) {
		all, err := in.Products() // by id; there are few
		for len(all) > 0 && all[0].ID <= after {
			all = all[1:]
		}
		return all[:min(most, len(all))], err
	}, func(p *reconcile.Product) string { return p.ID }, h.product)
}

// records answers a page of records by id.
func records[T any](h *handler, r *http.Request, kind string, filters []string,
	read func(in reconcile.Reader, leadID, after string, most int) ([]T, error), id func(T) string, row func(T) ([]byte, error)) ([]byte, error) {
	given, err := parameters(r, append(filters, "limit", "cursor")...)
	if err != nil {
		return nil, err
	}
	most, err := limit(given["limit"])
	if err != nil {
		return nil, err
	}
	after := ""
	if given["cursor"] != "" {
		if after, err = place(kind, given["cursor"]); err != nil {
			return nil, err
		}
	}
	var page Page[T]
	err = h.Store.View(r.Context(), func(in reconcile.Reader) error {
		page.Data, err = read(in, given["lead_id"], after, most+1)
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(page.Data) > most {
		page.Data = page.Data[:most]
		page.Next = cursorOf(kind, id(page.Data[most-1]))
	}
	return page.print(row)
}
