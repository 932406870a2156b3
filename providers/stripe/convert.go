package stripe

import (
	"errors"
	"time"

	"pennytie/providers/internal/rows"
	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

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

// collect converts a list's rows into the page, unless err says that there are none.
func collect[T, R any](
	c *converter, page *reconcile.Page, list listing[T], err error, convert func(*row[T]) (R, error), into *[]R,
) error {
	if err != nil {
		return err
	}
	return rows.Collect(page, c.source, list.kind.path, list.rows, func(r *row[T]) (R, error) {
		if err := c.mode(r.head); err != nil {
			var none R
			return none, err
		}
		return convert(r)
	}, into)
}

// mode keeps test rows out of live books and the other way round. Refunds have no livemode.
func (c *converter) mode(h head) error {
	if c.livemode == nil || h.Livemode == nil || *c.livemode == *h.Livemode {
		return nil
	}
	if *h.Livemode {
		return rows.Refuse("livemode", "row is of live mode, the key of test mode")
	}
	return rows.Refuse("livemode", "row is of test mode, the key of live mode")
}

// amount reads the row's amount, which Stripe never sends negative but of ledger rows and payouts.
func (h head) amount() (money.Amount, error) {
	currency, err := h.currency("")
	if err != nil {
		return money.Amount{}, err
	}
	return positive("amount", h.Amount, currency)
}

// currency reads the row's currency; prefix is where the row stands.
func (h head) currency(prefix string) (money.Currency, error) {
	if h.Currency == nil {
		return "", rows.Missing(prefix + "currency")
	}
	currency, err := money.ParseCurrency(*h.Currency)
	if err != nil {
		return "", rows.Wrong(prefix+"currency", err)
	}
	return currency, nil
}

func positive(field string, value *int64, currency money.Currency) (money.Amount, error) {
	if value == nil {
		return money.Amount{}, rows.Missing(field)
	}
	if *value < 0 {
		return money.Amount{}, rows.Wrong(field, errNegative)
	}
	amount, err := scale(*value, currency)
	if err != nil {
		return money.Amount{}, rows.Wrong(field, err)
	}
	return amount, nil
}

var errNotSeconds = errors.New("is not a time in Unix seconds")

// created reads when the row's object was made.
func (h head) created() (time.Time, error) {
	if h.Created == nil {
		return time.Time{}, rows.Missing("created")
	}
	return moment("created", *h.Created)
}

// moment reads a time. Stripe sends seconds; anything far from the present is milliseconds or a null.
func moment(field string, seconds int64) (time.Time, error) {
	const year2200 = 7258118400
	if seconds <= 0 || seconds >= year2200 {
		return time.Time{}, rows.Wrong(field, errNotSeconds)
	}
	return time.Unix(seconds, 0).UTC(), nil
}

// recent says whether something made at t may still change by itself. A manual hold ends after 30 days at the latest
// (https://docs.stripe.com/payments/extended-authorization).
func (c *converter) recent(t time.Time) bool { return c.now.Sub(t) < rows.OpenFor }

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
