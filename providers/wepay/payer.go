package wepay

import (
	"context"
	"strings"

	"pennytie/providers/internal/rows"
	"pennytie/reconcile"
)

// payer is what a card says of its holder, and what is kept in the cache. All of it may be empty.
type payer struct {
	Name       string `json:"name,omitempty"`
	Email      string `json:"email,omitempty"`
	Phone      string `json:"phone,omitempty"`
	Address    string `json:"address,omitempty"`
	City       string `json:"city,omitempty"`
	PostalCode string `json:"postal_code,omitempty"`
	Country    string `json:"country,omitempty"`
}

// askPayer asks who stands behind a payment method: the payment itself does not say. A method that WePay does not know, or
// refuses to show, has no payer known, which the next run asks again; any other failure is an error, so that no payment is
// taken without its payer because of a hiccup.
func (c *client) askPayer(ctx context.Context, id string) (payer, bool, error) {
	row, err := get[methodRow](ctx, c, methods, id)
	switch {
	case refused(err):
		return payer{}, false, nil
	case err != nil:
		return payer{}, false, err
	}
	return row.Value.payer(), true, nil
}

// payer reads the holder of a card. A bank account has no card and tells no payer.
func (m methodRow) payer() payer {
	holder := m.CreditCard.Object("card_holder")
	address := holder.Object("address")
	who := payer{
		Name: holder["holder_name"].Word(), Email: holder["email"].Word(), Phone: holder["phone"].Word(),
		Address: strings.TrimSpace(address["line1"].Word() + " " + address["line2"].Word()),
		City:    address["city"].Word(), PostalCode: address["postal_code"].Word(), Country: address["country"].Country(),
	}
	if who.Phone == "" { // newer versions take a number apart
		phone := holder.Object("phone")
		who.Phone = strings.TrimSpace(phone["country_code"].Word() + " " + phone["phone_number"].Word())
	}
	return who
}

// describe puts the payer where the payment tells it.
func (w payer) describe(f *reconcile.Facts) {
	f.Name = w.Name
	if w.Email != "" {
		f.Emails = []string{w.Email}
	}
	f.Payer.Phone, f.Payer.Address = w.Phone, w.Address
	f.Payer.City, f.Payer.PostalCode, f.Payer.Country = w.City, w.PostalCode, w.Country
}

// methodOf is the id of the payment's method, empty if there is none that can be asked for.
func methodOf(row *paymentRow) string {
	if id := row.PaymentMethod.id().Word(); rows.PlausibleID(id) {
		return id
	}
	return ""
}
