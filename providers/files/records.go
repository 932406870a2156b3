package files

import (
	"strings"

	"pennytie/reconcile"
)

type refundRow struct {
	Provider          string `csv:"provider"`
	ProviderRefundID  string `csv:"provider_refund_id"`
	ProviderPaymentID string `csv:"provider_payment_id"`
	Amount            string `csv:"amount"`
	AmountMinor       string `csv:"amount_minor"`
	Currency          string `csv:"currency"`
	CreatedAt         string `csv:"created_at"`
	Status            string `csv:"status"`
	ProviderStatus    string `csv:"provider_status"`
	Reason            string `csv:"reason"`
	StripeChargeID    string `csv:"stripe_charge_id"`
}

func refundLayout() *layout {
	return &layout{
		name:     "refunds",
		row:      &refundRow{},
		required: []string{"provider", "provider_refund_id", "provider_payment_id", "currency", "created_at"},
		either:   [][]string{{"amount", "amount_minor"}},
		ignored:  []string{"id", "organization_id", "source", "payment_id", "customer_email", "customer_name"},
		convert:  convertRefund,
	}
}

// convertRefund leaves the payment's key out where the file does not know it: the engine shows the refund
// as an orphan.
func convertRefund(o *origin, row any, _ map[string]string) (entry, *fault) {
	r := row.(*refundRow) //nolint:errcheck,forcetypeassert // the layout's own type
	var c cells
	provider := c.provider("provider", r.Provider)
	currency := c.currency("currency", r.Currency)
	refund := reconcile.Refund{
		Source:         o.cfg.Source,
		Provider:       provider,
		ID:             c.requiredID("provider_refund_id", r.ProviderRefundID),
		Export:         true,
		Status:         c.refundStatus(r.Status),
		ProviderStatus: c.text(r.ProviderStatus),
		Reason:         c.text(r.Reason),
		CreatedAt:      c.instant("created_at", r.CreatedAt),
	}
	amount := c.eitherAmount(r.Amount, r.AmountMinor, currency)
	payment := c.id("provider_payment_id", r.ProviderPaymentID)
	charge := c.id("stripe_charge_id", r.StripeChargeID)
	if r.CreatedAt == "" {
		c.fail("created_at", "the time of the refund is missing")
	}
	if c.bad != nil {
		return entry{}, c.bad
	}
	refund.Amount = *amount
	if payment != "" {
		refund.Keys = append(refund.Keys, reconcile.Key{Provider: provider, ID: payment})
	}
	if provider == providerStripe && charge != "" && charge != payment {
		refund.Keys = append(refund.Keys, reconcile.Key{Provider: provider, ID: charge})
	}
	return entry{kind: Refunds, provider: provider, id: refund.ID, idField: "provider_refund_id",
		refund: &refund}, nil
}

// refundStatus takes a refund without a status as done: files list refunds that were made.
func (c *cells) refundStatus(v string) reconcile.RefundRowStatus {
	word := c.word("status", v, string(reconcile.RefundRowPending), string(reconcile.RefundRowSucceeded),
		string(reconcile.RefundRowFailed), string(reconcile.RefundRowCanceled))
	if word == "" {
		return reconcile.RefundRowSucceeded
	}
	return reconcile.RefundRowStatus(word)
}

type leadRow struct {
	ID               string `csv:"id"`
	Name             string `csv:"name"`
	Email            string `csv:"email"`
	Phone            string `csv:"phone"`
	Company          string `csv:"company"`
	Address          string `csv:"address"`
	City             string `csv:"city"`
	PostalCode       string `csv:"postal_code"`
	Country          string `csv:"country"`
	StripeCustomerID string `csv:"stripe_customer_id"`
	ExternalID       string `csv:"external_id"`
	Owner            string `csv:"owner"`
	CreatedAt        string `csv:"created_at"`
}

func leadLayout() *layout {
	return &layout{name: "leads", row: &leadRow{}, required: []string{"id"}, convert: convertLead}
}

func convertLead(_ *origin, row any, _ map[string]string) (entry, *fault) {
	r := row.(*leadRow) //nolint:errcheck,forcetypeassert // the layout's own type
	var c cells
	lead := reconcile.Lead{
		ID:               c.requiredID("id", r.ID),
		Name:             c.text(r.Name),
		Emails:           c.list("email", r.Email),
		Phones:           c.list("phone", r.Phone),
		Company:          c.text(r.Company),
		Address:          c.text(r.Address),
		City:             c.text(r.City),
		PostalCode:       c.text(r.PostalCode),
		Country:          c.text(r.Country),
		StripeCustomerID: c.id("stripe_customer_id", r.StripeCustomerID),
		ExternalID:       c.text(r.ExternalID),
		Owner:            c.text(r.Owner),
		CreatedAt:        c.day("created_at", r.CreatedAt),
	}
	return entry{kind: Leads, id: lead.ID, idField: "id", lead: &lead}, c.bad
}

type callRow struct {
	ID        string `csv:"id"`
	LeadID    string `csv:"lead_id"`
	Phone     string `csv:"phone"`
	Email     string `csv:"email"`
	Agent     string `csv:"agent"`
	StartedAt string `csv:"started_at"`
	EndedAt   string `csv:"ended_at"`
	Outcome   string `csv:"outcome"`
	Amount    string `csv:"amount"`
	Currency  string `csv:"currency"`
	ProductID string `csv:"product_id"`
}

func callLayout() *layout {
	return &layout{name: "calls", row: &callRow{}, required: []string{"id", "lead_id"}, convert: convertCall}
}

func convertCall(_ *origin, row any, _ map[string]string) (entry, *fault) {
	r := row.(*callRow) //nolint:errcheck,forcetypeassert // the layout's own type
	var c cells
	call := reconcile.Call{
		ID:        c.requiredID("id", r.ID),
		LeadID:    c.requiredID("lead_id", r.LeadID),
		Phones:    c.list("phone", r.Phone),
		Emails:    c.list("email", r.Email),
		Agent:     c.text(r.Agent),
		StartedAt: c.day("started_at", r.StartedAt),
		EndedAt:   c.day("ended_at", r.EndedAt),
		Outcome:   strings.ToLower(c.text(r.Outcome)),
		Amount:    c.price(r.Amount, r.Currency),
		ProductID: c.id("product_id", r.ProductID),
	}
	return entry{kind: Calls, id: call.ID, idField: "id", call: &call}, c.bad
}

type productRow struct {
	ID              string `csv:"id"`
	Name            string `csv:"name"`
	StripeProductID string `csv:"stripe_product_id"`
	Amount          string `csv:"amount"`
	Currency        string `csv:"currency"`
	Aliases         string `csv:"aliases"`
}

func productLayout() *layout {
	return &layout{name: "products", row: &productRow{}, required: []string{"id", "name"},
		convert: convertProduct}
}

func convertProduct(_ *origin, row any, _ map[string]string) (entry, *fault) {
	r := row.(*productRow) //nolint:errcheck,forcetypeassert // the layout's own type
	var c cells
	product := reconcile.Product{
		ID:              c.requiredID("id", r.ID),
		Name:            c.text(r.Name),
		StripeProductID: c.id("stripe_product_id", r.StripeProductID),
		Amount:          c.price(r.Amount, r.Currency),
		Aliases:         c.list("aliases", r.Aliases),
	}
	if product.Name == "" {
		c.fail("name", "the name is empty")
	}
	return entry{kind: Products, id: product.ID, idField: "id", product: &product}, c.bad
}
