package stripe

import (
	"errors"
	"fmt"
	"time"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

// openFor is how long a row that waits for the customer or the bank is read again. A manual hold ends after
// 30 days at the latest (https://docs.stripe.com/payments/extended-authorization).
const openFor = 31 * day

// converter turns rows of one pull into records.
type converter struct {
	source   string
	role     reconcile.Role
	livemode *bool
	now      time.Time
}

func (p *Provider) converter(now time.Time) *converter {
	return &converter{source: p.source, role: p.role, livemode: p.livemode, now: now}
}

// fault is why a row is not a record.
type fault struct {
	field  string
	reason string
}

func wrong(field string, err error) *fault { return &fault{field: field, reason: err.Error()} }

// collect converts a page's rows into the page; a row that cannot be right is kept as it came, with the
// reason, while the rest goes on.
func collect[T, R any](
	c *converter, page *reconcile.Page, list listing[T], convert func(row[T]) (R, *fault), into *[]R,
) {
	for _, r := range list.rows {
		f := c.mode(r.head)
		if f == nil {
			var record R
			if record, f = convert(r); f == nil {
				*into = append(*into, record)
				continue
			}
		}
		page.Quarantined = append(page.Quarantined, reconcile.Quarantine{
			Source: c.source, File: list.kind.path, Field: f.field, Reason: f.reason,
			Raw: append([]byte(nil), r.raw[:min(len(r.raw), reconcile.MaxRaw)]...),
		})
	}
}

// mode keeps test rows out of live books and the other way round. Refunds have no livemode.
func (c *converter) mode(h head) *fault {
	if c.livemode == nil || h.Livemode == nil || *c.livemode == *h.Livemode {
		return nil
	}
	if *h.Livemode {
		return &fault{"livemode", "row is of live mode, the key of test mode"}
	}
	return &fault{"livemode", "row is of test mode, the key of live mode"}
}

// amount reads the row's amount, which Stripe never sends negative.
func (h head) amount() (money.Amount, *fault) {
	if h.Currency == nil {
		return money.Amount{}, &fault{"currency", "currency is missing"}
	}
	currency, err := money.ParseCurrency(*h.Currency)
	if err != nil {
		return money.Amount{}, wrong("currency", err)
	}
	return positive("amount", h.Amount, currency)
}

func positive(field string, value *int64, currency money.Currency) (money.Amount, *fault) {
	if value == nil {
		return money.Amount{}, &fault{field, "amount is missing"}
	}
	if *value < 0 {
		return money.Amount{}, wrong(field, errNegative)
	}
	amount, err := scale(*value, currency)
	if err != nil {
		return money.Amount{}, wrong(field, err)
	}
	return amount, nil
}

var errNotSeconds = errors.New("time is not in Unix seconds")

// created reads when the row's object was made. Stripe sends seconds; anything far from the present is
// milliseconds or a null.
func (h head) created() (time.Time, *fault) {
	const year2200 = 7258118400
	switch {
	case h.Created == nil:
		return time.Time{}, &fault{"created", "time is missing"}
	case *h.Created <= 0 || *h.Created >= year2200:
		return time.Time{}, wrong("created", errNotSeconds)
	}
	return time.Unix(*h.Created, 0).UTC(), nil
}

// recent says whether something made at t may still change by itself.
func (c *converter) recent(t time.Time) bool { return c.now.Sub(t) < openFor }

// keys are the identity keys of a payment: Stripe's ids are unique by themselves, so no account is named.
func keys(ids ...string) []reconcile.Key {
	var list []reconcile.Key
	for _, id := range ids {
		if id != "" {
			list = append(list, reconcile.Key{Provider: Name, ID: id})
		}
	}
	return list
}

// firstOf gives the first text that is not empty.
func firstOf(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

func missing(field string) *fault { return &fault{field, fmt.Sprintf("%s is missing", field)} }
