package main

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"

	"pennytie/configs"
	"pennytie/reconcile"
	"pennytie/reconcile/money"
	"pennytie/reconcile/report"
	"pennytie/reconcile/report/journal"
	"pennytie/reconcile/report/xlsx"
)

// formatXLSX is the one format that is no journal.
const formatXLSX = "xlsx"

// writeTargets writes a hand-off in the forms of other programs, and reads the journals back.
func writeTargets(cfg *configs.Config, r reconcile.Reader, p reconcile.Period, t report.Target) error {
	opening, err := journalOpening(r, p)
	if err != nil {
		return err
	}
	book := journal.Book{Accounts: accountsOf(&cfg.Handoff), Period: journal.Period{From: p.From, Until: p.Until}, Zone: p.Zone,
		Opening: opening}
	for _, format := range t.Formats {
		if format == formatXLSX {
			if err := writeWorkbook(t); err != nil {
				return err
			}
			continue
		}
		totals, err := journal.Write(format, book, t.Movements, t.Create)
		if err == nil {
			err = journal.Recount(format, totals, t.Open)
		}
		if err != nil {
			return fmt.Errorf("hand-off of %s: %w", p.Name, err)
		}
	}
	return nil
}

func writeWorkbook(t report.Target) error {
	out, err := t.Create("workbook.xlsx")
	if err != nil {
		return err
	}
	_, err = xlsx.Write(out, t.Movements, t.Payouts)
	return errors.Join(err, out.Close())
}

func accountsOf(h *configs.Handoff) journal.Accounts {
	of := func(a configs.Account) journal.Account { return journal.Account{Name: a.Name, Code: a.Code} }
	a := h.Accounts
	return journal.Accounts{Clearing: of(a.Clearing), Bank: of(a.Bank), Sales: of(a.Sales), Refunds: of(a.Refunds), Disputes: of(a.Disputes),
		Fees: of(a.Fees), Suspense: of(a.Suspense), TaxRate: h.TaxRate}
}

// journalOpening is what the journals of earlier periods left on the clearing accounts. They book every movement there, so that it
// is what was there before the first period and all that was booked since, up to this period. What was booked later of earlier
// periods does not count: the bytes must not depend on when they are written.
func journalOpening(r reconcile.Reader, p reconcile.Period) ([]journal.Balance, error) {
	periods, err := r.Periods()
	if err != nil || len(periods) == 0 {
		return nil, err
	}
	type account struct {
		source   string
		currency money.Currency
	}
	sums := map[account]money.Amount{}
	add := func(source string, a money.Amount) error {
		key := account{source, a.Currency}
		sum, err := money.New(sums[key].Minor, a.Currency).Add(a)
		sums[key] = sum
		return err
	}
	for line, err := range r.Booked(reconcile.BookedFilter{Period: periods[0].Name}) {
		if err == nil && line.Revision == 1 && line.Part == reconcile.PartClearing && line.Clearing.Line == reconcile.ClearingOpening {
			err = add(line.Clearing.Source, line.Clearing.Amount)
		}
		if err != nil {
			return nil, err
		}
	}
	for line, err := range r.Booked(reconcile.BookedFilter{}) {
		if err == nil && line.Period == p.Name {
			break
		}
		if err == nil && line.Part.Moves() && line.Movement.Status == reconcile.MovementBooked {
			settled := line.Movement.Amount
			if line.Movement.Net != nil {
				settled = *line.Movement.Net
			}
			err = add(line.Movement.Source, settled)
		}
		if err != nil {
			return nil, err
		}
	}
	var opening []journal.Balance
	for _, key := range slices.SortedFunc(maps.Keys(sums), func(a, b account) int {
		return cmp.Or(cmp.Compare(a.source, b.source), cmp.Compare(a.currency, b.currency))
	}) {
		opening = append(opening, journal.Balance{Source: key.source, Amount: sums[key]})
	}
	return opening, nil
}
