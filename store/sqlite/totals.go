package sqlite

import (
	"cmp"
	"fmt"
	"slices"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

// SQLite's sum() of integers is exact and fails where it does not fit in 64 bits.
const (
	sumMoney = `SELECT source, currency, count(*), sum(coalesce(captured_amount, amount)),
			coalesce(sum(refunded_amount), 0), coalesce(sum(disputed_amount), 0)
		FROM payment r ` + ofSources + `AND status IN ('succeeded', 'refunded') GROUP BY source, currency`
	sumFees = `SELECT source, settlement_currency, sum(fee)
		FROM payment r ` + ofSources + `AND status IN ('succeeded', 'refunded') AND fee IS NOT NULL
		GROUP BY source, settlement_currency`
)

// totalKey tells totals apart.
type totalKey struct {
	source   string
	currency money.Currency
}

// Totals implements reconcile.RunReader. A sum that does not fit in 64 bits is ErrIntegrity.
func (t *txn) Totals(sources []string) ([]reconcile.Total, error) {
	found := make(map[totalKey]*reconcile.Total)
	at := func(r record) *reconcile.Total {
		key := totalKey{r.text(0), money.Currency(r.text(1))}
		if found[key] == nil {
			found[key] = &reconcile.Total{Source: key.source, Currency: key.currency}
		}
		return found[key]
	}
	err := t.each(func(r record) error {
		total := at(r)
		total.Count, total.Gross = int(r.int(2)), r.int(3)
		total.Refunded, total.Disputed = r.int(4), r.int(5)
		return nil
	}, sumMoney, sourcesArg(sources))
	if err != nil {
		return nil, err
	}
	err = t.each(func(r record) error {
		at(r).Fee = r.int(2)
		return nil
	}, sumFees, sourcesArg(sources))
	if err != nil {
		return nil, err
	}
	totals := make([]reconcile.Total, 0, len(found))
	for _, total := range found {
		if err := net(total); err != nil {
			return nil, t.fail(err)
		}
		totals = append(totals, *total)
	}
	slices.SortFunc(totals, func(a, b reconcile.Total) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Currency, b.Currency))
	})
	return totals, nil
}

// net takes what left from what came.
func net(total *reconcile.Total) error {
	rest := money.New(total.Gross, total.Currency)
	for _, part := range []int64{total.Refunded, total.Disputed, total.Fee} {
		var err error
		if rest, err = rest.Sub(money.New(part, total.Currency)); err != nil {
			return fmt.Errorf("net of %s in %s: %w: %w", total.Source, total.Currency, err, reconcile.ErrIntegrity)
		}
	}
	total.Net = rest.Minor
	return nil
}
