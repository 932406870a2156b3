package cents

import (
	"strings"

	"pennytie/providers/internal/rows"
	"pennytie/reconcile"
)

// external reads external_id: the gateway's id of the payment, with the gateway's name that Cents puts before it, e.g.
// STRIPE_5978. A value that was read and written back has it twice. The key is empty where no payment is named.
func (c *converter) external(id string, facts *reconcile.Facts) reconcile.Key {
	prefix := ""
	for name := range c.gateways {
		if strings.HasPrefix(id, name+"_") && len(name) > len(prefix) {
			prefix = name
		}
	}
	bare := id
	if prefix != "" {
		for strings.HasPrefix(bare, prefix+"_") {
			bare = bare[len(prefix)+1:]
		}
	}
	facts.Payer.ExternalID = bare
	provider, kind := c.gateways[prefix], rows.StripeKind(bare)
	if prefix == "" && kind != "" && kind != "cs" {
		provider = rows.Stripe
	}
	if provider == "" {
		return reconcile.Key{}
	}
	if !rows.NamesPayment(provider, bare) {
		if prefix != "" {
			rows.Doubt(facts, reconcile.ExStatusMismatch, "external_id", "an id of "+provider, id,
				"external_id names no payment, so it joins none")
		}
		return reconcile.Key{}
	}
	if provider == rows.Stripe && (kind == "ch" || kind == "py") {
		facts.StripeChargeID = bare
	}
	return reconcile.Key{Provider: provider, ID: bare}
}

// payer reads who gave. An e-mail address that was made anonymous is nobody's, however plausible it looks; so is one whose
// flag cannot be read.
func payer(t *transaction, facts *reconcile.Facts) {
	anonymous, err := t.Anonymized.Flag()
	if email := t.UserEmail.Word(); email != "" && err == nil && !anonymous {
		facts.Emails = []string{email}
	}
	facts.Name = t.UserName.Word()
	p := &facts.Payer
	p.Phone = t.UserPhone.Word()
	p.Address, p.City = t.Address["street_address"].Word(), t.Address["city"].Word()
	p.PostalCode, p.Country = t.Address["zip_code"].Word(), t.Address["country"].Word()
	metadata := map[string]string{}
	for name, value := range map[string]string{
		"consumer_user_id": t.UserID.Word(), "reconciliation_id": t.ReconciliationID.Word(),
		"charity_id": t.CharityID.Word(), "donation_cause": t.DonationCause.Word(),
	} {
		if value != "" {
			metadata[name] = value
		}
	}
	if len(metadata) > 0 {
		p.Metadata = metadata
	}
}
