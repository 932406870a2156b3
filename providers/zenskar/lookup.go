package zenskar

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"sync"

	"go.uber.org/zap"

	"pennytie/providers/internal/lookup"
	"pennytie/providers/internal/rest"
	"pennytie/providers/internal/rows"
	"pennytie/reconcile"
)

// mostTypes bounds what is remembered of rows seen; beyond it the memory starts over, which costs requests only.
const mostTypes = 500_000

// lookups asks for what a row only names: its parent, its customer, its invoice. Each is asked once in a run. It is safe
// for concurrent use.
type lookups struct {
	client        *client
	skipCustomers bool
	askInvoices   bool
	log           *zap.Logger
	told          sync.Once

	customers *lookup.Memory[customer]
	invoices  *lookup.Memory[invoice]

	mu      sync.Mutex
	refunds map[string]bool // by id of a row: whether it is a refund
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

func newLookups(c *client, cfg Config, log *zap.Logger) *lookups {
	if log == nil {
		log = zap.NewNop()
	}
	return &lookups{client: c, skipCustomers: cfg.SkipCustomers, askInvoices: cfg.Invoices, log: log, refunds: map[string]bool{},
		customers: lookup.New[customer]("customer", cfg.Cache), invoices: lookup.New[invoice]("invoice", cfg.Cache)}
}

// seen remembers what a row is, for refunds that name it as their parent.
func (l *lookups) seen(w *paymentWire) {
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
func (l *lookups) complete(ctx context.Context, made *converted) error {
	switch {
	case made.refund != nil && made.parent != "":
		refund, err := l.isRefund(ctx, made.parent)
		if err == nil && refund {
			return rows.Refuse("parent_id", "refund of a refund: the row that parent_id names is itself a refund")
		}
		return err
	case made.record != nil && made.record.Kind == reconcile.KindPayment:
		if err := l.addCustomer(ctx, made.customer, &made.record.Facts); err != nil {
			return err
		}
		return l.addInvoice(ctx, made.invoices, &made.record.Facts)
	}
	return nil
}

// isRefund says whether a row is a refund. One that Zenskar does not know is none, since it may still come, and so is one
// that it does not show: a refund that is held against it is better than no refund.
func (l *lookups) isRefund(ctx context.Context, id string) (bool, error) {
	l.mu.Lock()
	refund, known := l.refunds[id]
	l.mu.Unlock()
	if known {
		return refund, nil
	}
	row, known, err := ask[paymentWire](ctx, l, pathPayments, id)
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
	who, err := l.customers.Of(ctx, id, asked(l, pathCustomers, customerOf))
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
	paid, err := l.invoices.Of(ctx, ids[0], asked(l, pathInvoices, func(w invoiceWire) invoice {
		return invoice{ExternalID: w.ExternalID.Word()}
	}))
	facts.Payer.Reference = paid.ExternalID
	return err
}

func customerOf(w customerWire) customer {
	address := w.Address
	return customer{
		Email: w.Email.Word(), Name: w.Name.Word(), Phone: cmp.Or(w.PhoneNumber.Word(), w.Phone.Word()),
		Street: address["line1"].Word(), City: address["city"].Word(), PostalCode: address["zipCode"].Word(),
		Country: cmp.Or(address["country_code"].Country(), address["country"].Country()), ExternalID: w.ExternalID.Word(),
	}
}

// asked makes the question of a look-up.
func asked[W interface{ id() string }, V any](
	l *lookups, path string, read func(W) V,
) func(ctx context.Context, id string) (V, bool, error) {
	return func(ctx context.Context, id string) (value V, known bool, err error) {
		item, known, err := ask[W](ctx, l, path, id)
		if known {
			value = read(item.Value)
		}
		return value, known, err
	}
}

// ask reads what a row names. Where the answer is about that one thing, that it is refused or has another shape, it is not
// known in this run: one customer must not stop the account. An answer about the credential or the service is an error.
func ask[W interface{ id() string }](ctx context.Context, l *lookups, path, id string) (item rows.Item[W], known bool, err error) {
	item, known, err = getOne[W](ctx, l.client, path, id)
	status := rest.StatusOf(err)
	refused := status >= 400 && status <= 499 && status != http.StatusUnauthorized && status != http.StatusTooManyRequests
	if err == nil || !refused && !errors.Is(err, reconcile.ErrInvalid) {
		return item, known, err
	}
	l.told.Do(func() {
		l.log.Warn("what a payment names cannot be read; it is left out, as are others like it in this run", zap.Error(err))
	})
	return rows.Item[W]{}, false, nil
}
