package zenskar

import (
	"cmp"
	"context"
	"encoding/json"
	"strings"
	"sync"

	"pennytie/reconcile"
)

// mostTypes bounds what is remembered of rows seen; beyond it the memory starts over, which costs requests only.
const mostTypes = 500_000

// lookups asks for what a row only names: its parent, its customer, its invoice. Each is asked once in a run. It is safe
// for concurrent use.
type lookups struct {
	client        *client
	cache         reconcile.Cache
	skipCustomers bool
	askInvoices   bool

	mu        sync.Mutex
	refunds   map[string]bool // by id of a row: whether it is a refund
	customers map[string]customer
	invoices  map[string]invoice
}

// customer and invoice are what is kept of them, in the cache too.
type customer struct {
	Email      string `json:"email,omitempty"`
	Name       string `json:"name,omitempty"`
	Phone      string `json:"phone,omitempty"`
	Street     string `json:"street,omitempty"`
	City       string `json:"city,omitempty"`
	PostalCode string `json:"postal_code,omitempty"`
	Country    string `json:"country,omitempty"`
	ExternalID string `json:"external_id,omitempty"`
}

type invoice struct {
	ExternalID string `json:"external_id,omitempty"`
}

func newLookups(c *client, cfg Config) *lookups {
	return &lookups{client: c, cache: cfg.Cache, skipCustomers: cfg.SkipCustomers, askInvoices: cfg.Invoices,
		refunds: map[string]bool{}, customers: map[string]customer{}, invoices: map[string]invoice{}}
}

// seen remembers what a row is, for refunds that name it as their parent.
func (l *lookups) seen(w paymentWire) {
	if id := w.id(); id != "" {
		l.remember(id, word(w.Type) == typeRefund)
	}
}

func (l *lookups) remember(id string, refund bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.refunds) >= mostTypes {
		clear(l.refunds)
	}
	l.refunds[id] = refund
}

// complete adds to a row what its look-ups say.
func (l *lookups) complete(ctx context.Context, made *converted) (*fault, error) {
	switch {
	case made.refund != nil && made.parent != "":
		refund, err := l.isRefund(ctx, made.parent)
		if err == nil && refund {
			return &fault{"parent_id", "refund of a refund: the row that parent_id names is itself a refund"}, nil
		}
		return nil, err
	case made.record != nil && made.record.Kind == reconcile.KindPayment:
		if err := l.addCustomer(ctx, made.customer, &made.record.Facts); err != nil {
			return nil, err
		}
		return nil, l.addInvoice(ctx, made.invoices, &made.record.Facts)
	}
	return nil, nil
}

// isRefund says whether a row is a refund. One that Zenskar does not know is none: it may still come.
func (l *lookups) isRefund(ctx context.Context, id string) (bool, error) {
	l.mu.Lock()
	refund, known := l.refunds[id]
	l.mu.Unlock()
	if known {
		return refund, nil
	}
	row, known, err := getOne[paymentWire](ctx, l.client, pathPayments, id)
	if err != nil {
		return false, err
	}
	refund = known && word(row.Value.Type) == typeRefund
	l.remember(id, refund)
	return refund, nil
}

func (l *lookups) addCustomer(ctx context.Context, id string, facts *reconcile.Facts) error {
	if l.skipCustomers || id == "" || len(facts.Emails) > 0 {
		return nil
	}
	who, err := lookUp(ctx, l, l.customers, pathCustomers, "customer/", id, customerOf)
	if err != nil {
		return err
	}
	if who.Email != "" {
		facts.Emails = []string{who.Email}
	}
	facts.Name = cmp.Or(facts.Name, who.Name)
	payer := &facts.Payer
	payer.Phone, payer.Address, payer.City = who.Phone, who.Street, who.City
	payer.PostalCode, payer.Country = who.PostalCode, who.Country
	if who.ExternalID != "" && payer.Metadata["customer_external_id"] == "" {
		if payer.Metadata == nil {
			payer.Metadata = map[string]string{}
		}
		payer.Metadata["customer_external_id"] = who.ExternalID
	}
	return nil
}

func (l *lookups) addInvoice(ctx context.Context, ids []string, facts *reconcile.Facts) error {
	if !l.askInvoices || len(ids) == 0 {
		return nil
	}
	paid, err := lookUp(ctx, l, l.invoices, pathInvoices, "invoice/", ids[0], func(w invoiceWire) invoice {
		return invoice{ExternalID: w.ExternalID.Word()}
	})
	facts.Payer.Reference = paid.ExternalID
	return err
}

func customerOf(w customerWire) customer {
	address := w.Address
	country := cmp.Or(address["country_code"].Word(), address["country"].Word())
	if len(country) != 2 {
		country = "" // a name, not a code
	}
	return customer{
		Email: w.Email.Word(), Name: w.Name.Word(), Phone: cmp.Or(w.PhoneNumber.Word(), w.Phone.Word()),
		Street: address["line1"].Word(), City: address["city"].Word(), PostalCode: address["zipCode"].Word(),
		Country: strings.ToUpper(country), ExternalID: w.ExternalID.Word(),
	}
}

// lookUp asks memory, then the cache, then Zenskar. What Zenskar does not know is the zero value, and is not put in the
// cache. A cache that fails costs requests, never a page.
func lookUp[W interface{ id() string }, V any](ctx context.Context, l *lookups, memory map[string]V, path, prefix, id string,
	read func(W) V) (value V, err error) {
	l.mu.Lock()
	value, known := memory[id]
	l.mu.Unlock()
	if known {
		return value, nil
	}
	if l.cache != nil {
		kept, cached, err := l.cache.Get(ctx, prefix+id)
		known = err == nil && cached && json.Unmarshal(kept, &value) == nil
	}
	if !known {
		var none V
		value = none // of a kept text that could be read in part
		item, there, err := getOne[W](ctx, l.client, path, id)
		if err != nil {
			return none, err
		}
		if there {
			value = read(item.Value)
			if text, err := json.Marshal(value); err == nil && l.cache != nil {
				_ = l.cache.Put(ctx, prefix+id, text) // asked again next time
			}
		}
	}
	l.mu.Lock()
	memory[id] = value
	l.mu.Unlock()
	return value, nil
}
