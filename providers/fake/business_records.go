package fake

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"pennytie/reconcile/money"
)

// WriteRecords writes leads.csv, calls.csv and products.csv into a folder that exists: what the sales
// team knows, in the columns that an import reads.
func (b *Business) WriteRecords(dir string) error {
	leads := [][]string{{"id", "name", "email", "phone", "company", "address", "city", "postal_code",
		"country",
		"stripe_customer_id", "external_id", "owner", "created_at"}}
	for _, l := range b.leads {
		leads = append(leads, []string{l.id, l.name(), l.emails(), l.phone, l.company, l.street, l.city,
			l.postal, l.country, l.customerID, l.externalID, l.owner, stamp(l.created)})
	}
	calls := [][]string{{"id", "lead_id", "phone", "email", "agent", "started_at", "ended_at", "outcome",
		"amount", "currency", "product_id"}}
	for _, c := range b.calls {
		amount, currency := decimal(c.amount)
		productID := ""
		if c.product != nil {
			productID = c.product.id
		}
		calls = append(calls, []string{c.id, c.leadID, c.phone, c.email, c.agent, stamp(c.started),
			stamp(c.ended),
			c.outcome, amount, currency, productID})
	}
	products := [][]string{{"id", "name", "stripe_product_id", "amount", "currency", "aliases"}}
	for _, p := range b.products {
		price := p.price(p.home)
		amount, currency := decimal(&price)
		aliases := strings.Join(p.aliases, ";")
		products = append(products, []string{p.id, p.name, p.stripeID, amount, currency, aliases})
	}
	for _, file := range []struct {
		name string
		rows [][]string
	}{{"leads.csv", leads}, {"calls.csv", calls}, {"products.csv", products}} {
		if err := writeCSV(filepath.Join(dir, file.name), file.rows); err != nil {
			return err
		}
	}
	return nil
}

// WriteTruth writes the right answers, in the columns that evaluate reads.
func (b *Business) WriteTruth(path string) error {
	rows := [][]string{{"provider_payment_id", "lead_id", "call_id", "product_id"}}
	for _, t := range b.Truth {
		rows = append(rows, []string{t.ProviderPaymentID, t.LeadID, t.CallID, t.ProductID})
	}
	return writeCSV(path, rows)
}

func writeCSV(path string, rows [][]string) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("sample business: %w", err)
	}
	defer func() {
		if closed := f.Close(); err == nil && closed != nil {
			err = fmt.Errorf("sample business: %w", closed)
		}
	}()
	w := csv.NewWriter(f)
	if err := w.WriteAll(rows); err != nil { // flushes
		return fmt.Errorf("sample business: %s: %w", path, err)
	}
	return nil
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func decimal(amount *money.Amount) (text, currency string) {
	if amount == nil {
		return "", ""
	}
	return amount.String(), string(amount.Currency)
}
