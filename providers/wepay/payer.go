package wepay

import (
	"context"
	"encoding/json"
	"strings"
	"sync"

	"pennytie/reconcile"
)

// payers looks up who stands behind a payment method: the payment itself does not say.
type payers struct {
	client *client
	cache  reconcile.Cache // nil: none

	mu    sync.Mutex
	known map[string]payer
}

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

// mostKnown bounds what is kept in memory.
const mostKnown = 100_000

func newPayers(c *client, cache reconcile.Cache) *payers {
	return &payers{client: c, cache: cache, known: map[string]payer{}}
}

// of finds the payer of a payment method. A method that WePay does not know has none, which is not cached beyond this
// run; any other failure is an error, so that no payment is taken without its payer because of a hiccup.
func (p *payers) of(ctx context.Context, id string) (payer, error) {
	if who, known := p.recall(ctx, id); known {
		return who, nil
	}
	row, err := get[methodRow](ctx, p.client, methods, id)
	switch {
	case unknown(err):
		p.remember(id, payer{})
		return payer{}, nil
	case err != nil:
		return payer{}, err
	}
	who := row.Value.payer()
	p.remember(id, who)
	if p.cache != nil {
		if text, err := json.Marshal(who); err == nil {
			_ = p.cache.Put(ctx, cacheKey(id), text) // losing it costs a request
		}
	}
	return who, nil
}

func (p *payers) recall(ctx context.Context, id string) (payer, bool) {
	p.mu.Lock()
	who, known := p.known[id]
	p.mu.Unlock()
	if known || p.cache == nil {
		return who, known
	}
	text, cached, err := p.cache.Get(ctx, cacheKey(id))
	if err != nil || !cached || json.Unmarshal(text, &who) != nil {
		return payer{}, false // WePay is asked instead
	}
	p.remember(id, who)
	return who, true
}

func (p *payers) remember(id string, who payer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.known) >= mostKnown {
		clear(p.known)
	}
	p.known[id] = who
}

func cacheKey(id string) string { return "payment_method/" + id }

// payer reads the holder of a card. A bank account has no card and tells no payer.
func (m methodRow) payer() payer {
	holder := m.CreditCard.Object("card_holder")
	address := holder.Object("address")
	who := payer{
		Name: holder["holder_name"].Word(), Email: holder["email"].Word(), Phone: holder["phone"].Word(),
		Address: strings.TrimSpace(address["line1"].Word() + " " + address["line2"].Word()),
		City:    address["city"].Word(), PostalCode: address["postal_code"].Word(),
	}
	if who.Phone == "" { // newer versions take a number apart
		phone := holder.Object("phone")
		who.Phone = strings.TrimSpace(phone["country_code"].Word() + " " + phone["phone_number"].Word())
	}
	if country := strings.ToUpper(address["country"].Word()); len(country) == 2 && plain(country, "") {
		who.Country = country
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
func methodOf(row paymentRow) string {
	if id := row.PaymentMethod.id().Word(); plausibleID(id) {
		return id
	}
	return ""
}
