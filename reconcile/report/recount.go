package report

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

// Recount computes the control totals again, from the written payments.csv alone: the second path, which
// shares no code with the store's sums. dir is a finished report folder. If the result differs from the
// store's totals, the run does not tie.
func Recount(dir string) ([]reconcile.Total, error) {
	tally := recount{schema: schemaOf[paymentRow](paymentsFile), totals: map[totalKey]*tallied{}}
	if err := eachWritten(dir, tally.schema, tally.add); err != nil {
		return nil, err
	}
	return tally.list()
}

// eachWritten goes through the rows of a written file. What is wrong with one is told with its number.
func eachWritten(dir string, s schema, row func([]string) error) (err error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("open the report folder: %w", err)
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	n := 0
	for cells, err := range strictRows(root, s, forTotals) {
		if err != nil {
			return err
		}
		n++
		if err := row(cells); err != nil {
			return fmt.Errorf("%s: row %d: %w: %w", s.file, n, err, reconcile.ErrIntegrity)
		}
	}
	return nil
}

// RecountLedger computes the totals of the ledger again, from the written ledger.csv alone, by source, currency, kind.
func RecountLedger(dir string) ([]reconcile.LedgerTotal, error) {
	r := recount{schema: schemaOf[ledgerRow](ledgerFile)}
	sums := map[entryKey]*ledgerSum{}
	if err := eachWritten(dir, r.schema, func(row []string) error { return r.addEntry(sums, row) }); err != nil {
		return nil, err
	}
	var totals []reconcile.LedgerTotal
	for key, sum := range sums {
		totals = append(totals, reconcile.LedgerTotal{Source: key.source, Currency: key.currency, Kind: key.kind,
			Count: sum.count, Gross: sum.gross.Minor, Fee: sum.fee.Minor, Net: sum.net.Minor})
	}
	slices.SortFunc(totals, func(a, b reconcile.LedgerTotal) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Currency, b.Currency), cmp.Compare(a.Kind, b.Kind))
	})
	return totals, nil
}

type entryKey struct {
	totalKey
	kind reconcile.EntryKind
}

// addEntry counts a row of the ledger: of each of its own, gross less fee is net.
func (r *recount) addEntry(sums map[entryKey]*ledgerSum, row []string) error {
	currency, err := money.ParseCurrency(r.cell(row, "currency"))
	if err != nil {
		return err
	}
	zero := money.New(0, currency)
	one := ledgerSum{gross: zero, fee: zero, net: zero}
	key := entryKey{totalKey{unguard(r.cell(row, "source")), currency}, reconcile.EntryKind(r.cell(row, "kind"))}
	sum := sums[key]
	if sum == nil {
		sum = &ledgerSum{gross: zero, fee: zero, net: zero}
		sums[key] = sum
	}
	sum.count++
	for _, figure := range []struct {
		column   string
		own, all *money.Amount
	}{{"gross", &one.gross, &sum.gross}, {"fee", &one.fee, &sum.fee}, {"net", &one.net, &sum.net}} {
		if r.cell(row, figure.column) == "" {
			return fmt.Errorf("%s is unknown", figure.column)
		}
		if err := errors.Join(r.sum(figure.own, figure.column, row), r.sum(figure.all, figure.column, row)); err != nil {
			return err
		}
	}
	if net, err := one.gross.Sub(one.fee); err != nil || net != one.net {
		return fmt.Errorf("net %s is not gross %s less fee %s", one.net, one.gross, one.fee)
	}
	return nil
}

// RecountRows adds up refunds.csv, disputes.csv and payouts.csv again, from the written files alone, by source, currency, kind.
// A payout of which no source speaks has no amount and is in no total.
func RecountRows(dir string) ([]reconcile.RowTotal, error) {
	sums := map[reconcile.RowTotal]*tallied{} // by what tells them apart
	for kind, s := range map[string]schema{reconcile.RefRefund: schemaOf[refundRow](refundsFile),
		reconcile.RefDispute: schemaOf[disputeRow](disputesFile), reconcile.RefPayout: schemaOf[payoutRow](payoutsFile)} {
		r := recount{schema: s}
		if err := eachWritten(dir, s, func(row []string) error { return r.addRow(sums, kind, row) }); err != nil {
			return nil, err
		}
	}
	var totals []reconcile.RowTotal
	for key, sum := range sums {
		key.Count, key.Sum = sum.count, sum.gross.Minor
		totals = append(totals, key)
	}
	slices.SortFunc(totals, func(a, b reconcile.RowTotal) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Currency, b.Currency), cmp.Compare(a.Kind, b.Kind))
	})
	return totals, nil
}

// addRow counts a refund, dispute or payout that has an amount.
func (r *recount) addRow(sums map[reconcile.RowTotal]*tallied, kind string, row []string) error {
	if r.cell(row, "amount") == "" {
		if kind == reconcile.RefPayout {
			return nil
		}
		return errors.New("the amount is missing")
	}
	currency, err := money.ParseCurrency(r.cell(row, "currency"))
	if err != nil {
		return err
	}
	key := reconcile.RowTotal{Source: unguard(r.cell(row, "source")), Currency: currency, Kind: kind}
	if sums[key] == nil {
		sums[key] = &tallied{gross: money.New(0, currency)}
	}
	sums[key].count++
	return r.sum(&sums[key].gross, "amount", row)
}

type totalKey struct {
	source   string
	currency money.Currency
}

type tallied struct {
	count                          int
	gross, refunded, disputed, fee money.Amount
}

type recount struct {
	schema schema
	totals map[totalKey]*tallied
}

func (r *recount) of(source string, currency money.Currency) *tallied {
	key := totalKey{source, currency}
	t := r.totals[key]
	if t == nil {
		zero := money.New(0, currency)
		t = &tallied{gross: zero, refunded: zero, disputed: zero, fee: zero}
		r.totals[key] = t
	}
	return t
}

// add counts a collected payment in its currency, and its fee in the currency that the fee was settled in.
func (r *recount) add(row []string) error {
	status := reconcile.Status(r.cell(row, "status"))
	if !status.Valid() {
		return fmt.Errorf("status %.40q is none", status)
	}
	currency, err := money.ParseCurrency(r.cell(row, "currency"))
	if err != nil {
		return err
	}
	if !status.Collected() {
		return nil
	}
	source := unguard(r.cell(row, "source"))
	t := r.of(source, currency)
	t.count++
	if r.cell(row, "captured_amount") == "" {
		return errors.New("a collected payment does not say what was captured")
	}
	for _, sum := range []struct {
		column string
		to     *money.Amount
	}{
		{"captured_amount", &t.gross}, {"refunded_amount", &t.refunded}, {"disputed_amount", &t.disputed},
	} {
		if err := r.sum(sum.to, sum.column, row); err != nil {
			return err
		}
	}
	if r.cell(row, "fee") == "" {
		return nil
	}
	settled, err := money.ParseCurrency(r.cell(row, "settlement_currency"))
	if err != nil {
		return err
	}
	return r.sum(&r.of(source, settled).fee, "fee", row)
}

func (r *recount) cell(row []string, name string) string { return row[r.schema.index(name)] }

func (r *recount) sum(to *money.Amount, name string, row []string) error {
	amount, err := r.schema.columns[r.schema.index(name)].amount(row)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if amount.Currency == "" {
		return nil
	}
	if *to, err = to.Add(amount); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func (r *recount) list() ([]reconcile.Total, error) {
	totals := make([]reconcile.Total, 0, len(r.totals))
	for key, t := range r.totals {
		net := t.gross
		for _, less := range []money.Amount{t.refunded, t.disputed, t.fee} {
			var err error
			if net, err = net.Sub(less); err != nil {
				return nil, fmt.Errorf("net of %s in %s: %w", key.source, key.currency, err)
			}
		}
		totals = append(totals, reconcile.Total{Source: key.source, Currency: key.currency, Count: t.count,
			Gross: t.gross.Minor, Refunded: t.refunded.Minor, Disputed: t.disputed.Minor, Fee: t.fee.Minor,
			Net: net.Minor})
	}
	slices.SortFunc(totals, func(a, b reconcile.Total) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Currency, b.Currency))
	})
	return totals, nil
}
