package report

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"slices"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

const ledgerFile = "ledger.csv"

// ledgerRow is a line of ledger.csv, by created_at, source and balance transaction id: one movement of money on a processor's
// account, in the currency of its balance. What the customer paid or got stands beside it where the processor says so.
type ledgerRow struct {
	Provider             Text  `csv:"provider"`
	BalanceTransactionID Text  `csv:"balance_transaction_id"`
	Kind                 Text  `csv:"kind"`
	Category             Text  `csv:"category"`
	SourceID             Text  `csv:"source_id"` // of the charge, refund, dispute or payout that moved the money
	PaymentID            Text  `csv:"payment_id"`
	PayoutID             Text  `csv:"payout_id"`
	Currency             Text  `csv:"currency"`
	Gross                Money `csv:"gross" in:"currency"`
	Fee                  Money `csv:"fee" in:"currency"`
	Net                  Money `csv:"net" in:"currency"` // gross - fee
	FacingAmount         Money `csv:"customer_facing_amount" in:"customer_facing_currency"`
	FacingCurrency       Text  `csv:"customer_facing_currency"`
	CreatedAt            Time  `csv:"created_at"`
	AvailableOn          Time  `csv:"available_on"`
	Description          Text  `csv:"description"`
	Source               Text  `csv:"source"`
}

func compareEntries(a, b *ledgerRow) int {
	return cmp.Or(compareTimes(a.CreatedAt, b.CreatedAt), cmp.Compare(a.Source, b.Source),
		cmp.Compare(a.BalanceTransactionID, b.BalanceTransactionID), cmp.Compare(a.Provider, b.Provider))
}

// ledgerSums are what the entries of one category come to, for summary.csv.
type ledgerSums map[ledgerKey]*ledgerSum

type ledgerKey struct {
	source   string
	currency money.Currency
	category string
}

type ledgerSum struct {
	count           int
	gross, fee, net money.Amount
}

// ledger writes ledger.csv and sums its rows by payout for payouts.csv and by category for summary.csv.
func (b *bundle) ledger() error {
	t, err := openTable(b, ledgerFile, func(r *ledgerRow, s *sums) {
		s.add("gross", r.Gross)
		s.add("fee", r.Fee)
		s.add("net", r.Net)
		s.add("customer_facing_amount", r.FacingAmount)
	})
	if err != nil {
		return err
	}
	stream := func() iter.Seq2[*reconcile.Entry, error] {
		b.settlement, b.categories = reconcile.NewSettlement(), ledgerSums{}
		return b.summed(b.reader.Entries(reconcile.EntryFilter{Sources: b.options.Sources}))
	}
	if err := writeSorted(t, stream, b.ledgerRow, compareEntries); err != nil {
		return err
	}
	return finishTable(b, t)
}

// summed passes entries on once they are counted.
func (b *bundle) summed(entries iter.Seq2[*reconcile.Entry, error]) iter.Seq2[*reconcile.Entry, error] {
	return func(yield func(*reconcile.Entry, error) bool) {
		for e, err := range entries {
			if err == nil {
				err = cmp.Or(b.settlement.Add(e), b.categories.add(e))
			}
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}

func (b *bundle) ledgerRow(e *reconcile.Entry) ledgerRow {
	row := ledgerRow{
		Provider:             Text(e.Provider),
		BalanceTransactionID: Text(e.ID),
		Kind:                 Text(e.Kind),
		Category:             Text(e.Category),
		SourceID:             Text(e.About),
		PaymentID:            Text(e.PaymentID),
		PayoutID:             Text(e.PayoutID),
		Currency:             Text(e.Net.Currency),
		Gross:                Money(e.Gross),
		Fee:                  Money(e.Fee),
		Net:                  Money(e.Net),
		FacingAmount:         known(e.Facing),
		CreatedAt:            Time(e.CreatedAt),
		AvailableOn:          Time(e.AvailableOn),
		Description:          Text(b.shown.show(e.Description, hide)),
		Source:               Text(e.Source),
	}
	row.FacingCurrency = Text(row.FacingAmount.Currency)
	return row
}

func (of ledgerSums) add(e *reconcile.Entry) error {
	key := ledgerKey{e.Source, e.Net.Currency, cmp.Or(e.Category, string(e.Kind))}
	sum := of[key]
	if sum == nil {
		zero := money.New(0, key.currency)
		sum = &ledgerSum{gross: zero, fee: zero, net: zero}
		of[key] = sum
	}
	sum.count++
	for _, part := range []struct {
		to   *money.Amount
		more money.Amount
	}{{&sum.gross, e.Gross}, {&sum.fee, e.Fee}, {&sum.net, e.Net}} {
		var err error
		if *part.to, err = part.to.Add(part.more); err != nil {
			return fmt.Errorf("sum of %s of %s at ledger entry %s: %w", key.category, key.source, e.ID, err)
		}
	}
	return nil
}

// ledgerLines are the section ledger of summary.csv: each source's entries by currency and category, then what of its payouts their
// members leave unexplained.
func (b *bundle) ledgerLines() ([]summaryRow, error) {
	keys := slices.SortedFunc(maps.Keys(b.categories), func(x, y ledgerKey) int {
		return cmp.Or(cmp.Compare(x.source, y.source), cmp.Compare(x.currency, y.currency), cmp.Compare(x.category, y.category))
	})
	var lines []summaryRow
	for _, key := range keys {
		sum := b.categories[key]
		for _, figure := range []struct {
			name  string
			value Text
		}{
			{"count", Text(count(sum.count))}, {"gross", Text(sum.gross.String())}, {"fee", Text(sum.fee.String())},
			{"net", Text(sum.net.String())},
		} {
			lines = append(lines, summaryRow{Section: "ledger", Source: Text(key.source), Currency: Text(key.currency),
				Name: Text(key.category + " " + figure.name), Value: figure.value})
		}
	}
	for _, currency := range slices.Sorted(maps.Keys(b.unexplained)) {
		lines = append(lines, summaryRow{Section: "ledger", Currency: Text(currency), Name: "unexplained",
			Value: Text(b.unexplained[currency].String())})
	}
	return lines, nil
}
