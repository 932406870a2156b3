package report

import (
	"cmp"
	"fmt"
	"slices"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

const payoutsFile = "payouts.csv"

// payoutRow is a line of payouts.csv, by payout and currency: what the payments of a payout bring in its
// settlement currency. Refunds, disputes and other members of the payout are not in it. A sum with an
// unknown member is unknown.
type payoutRow struct {
	PayoutID           Text   `csv:"payout_id"`
	SettlementCurrency Text   `csv:"settlement_currency"`
	Payments           Number `csv:"payments"`
	Gross              Money  `csv:"gross" in:"settlement_currency"` // net + fee
	Fee                Money  `csv:"fee" in:"settlement_currency"`
	Net                Money  `csv:"net" in:"settlement_currency"`
}

type payoutKey struct {
	id       string
	currency money.Currency
}

type payoutSum struct {
	payments        int
	gross, fee, net *money.Amount // nil once a member is unknown
}

// payoutBook sums the payments of each payout; there are as many as the provider paid out, not as many as
// payments.
type payoutBook map[payoutKey]*payoutSum

func (book payoutBook) add(p *reconcile.Payment) error {
	if p.PayoutID == "" {
		return nil
	}
	key := payoutKey{p.PayoutID, settlementCurrency(p)}
	sum := book[key]
	if sum == nil {
		zero := func() *money.Amount { return &money.Amount{Currency: key.currency} }
		sum = &payoutSum{gross: zero(), fee: zero(), net: zero()}
		book[key] = sum
	}
	sum.payments++
	gross, err := plus(p.Net, p.Fee)
	if err == nil {
		sum.gross, err = plus(sum.gross, gross)
	}
	if err == nil {
		sum.fee, err = plus(sum.fee, p.Fee)
	}
	if err == nil {
		sum.net, err = plus(sum.net, p.Net)
	}
	if err != nil {
		return fmt.Errorf("payout %s at payment %s: %w", p.PayoutID, p.ID, err)
	}
	return nil
}

// plus adds two amounts of which either may be unknown; then the sum is, too.
func plus(a, b *money.Amount) (*money.Amount, error) {
	if a == nil || b == nil {
		return nil, nil
	}
	sum, err := a.Add(*b)
	return &sum, err
}

// payouts writes payouts.csv from what the payments brought.
func (b *bundle) payouts(book payoutBook) error {
	t, err := openTable(b, payoutsFile, func(r *payoutRow, s *sums) {
		s.add("gross", r.Gross)
		s.add("fee", r.Fee)
		s.add("net", r.Net)
	})
	if err != nil {
		return err
	}
	keys := make([]payoutKey, 0, len(book))
	for key := range book {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b payoutKey) int {
		return cmp.Or(cmp.Compare(a.id, b.id), cmp.Compare(a.currency, b.currency))
	})
	for _, key := range keys {
		sum := book[key]
		row := payoutRow{Text(key.id), Text(key.currency), count(sum.payments),
			known(sum.gross), known(sum.fee), known(sum.net)}
		if err := t.add(&row); err != nil {
			return err
		}
	}
	return finishTable(b, t)
}
