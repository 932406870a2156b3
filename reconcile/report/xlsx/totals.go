package xlsx

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

// Total is the sum of a column of a sheet over the rows of one status, kind and currency.
type Total struct {
	Sheet  string
	Column string
	Status string
	Kind   string // empty for payouts
	Rows   int
	Amount money.Amount
}

// key is what rows are added up by.
type key struct {
	sheet, column, status, kind string
	currency                    money.Currency
}

type tally struct {
	rows     int
	sum      money.Amount
	absolute money.Amount // what bounds the sums on the way
}

// criterion is a word that means only itself where a spreadsheet looks for it.
var criterion = regexp.MustCompile(`^[a-z][a-z_]*$`)

func (w *workbook) addMovement(m *movement) error {
	if !criterion.MatchString(string(m.Kind)) {
		return fmt.Errorf("kind %q: %w", m.Kind, reconcile.ErrInvalid)
	}
	columns := []struct {
		name  string
		value *money.Amount
	}{{"amount", facing(m)}, {"gross", m.Gross}, {"fee", m.Fee}, {"net", m.Net}}
	for _, c := range columns {
		if c.value == nil {
			continue
		}
		if c.name != "amount" && m.Gross != nil && c.value.Currency != m.Gross.Currency || c.name != "amount" && m.Gross == nil {
			return fmt.Errorf("%s without a gross of its currency: %w", c.name, reconcile.ErrIntegrity)
		}
		if err := w.add(key{transactions, c.name, string(m.Status), string(m.Kind), c.value.Currency}, *c.value); err != nil {
			return err
		}
	}
	return nil
}

func (w *workbook) addPayout(p *payout) error {
	return w.add(key{payouts, "amount", string(p.Status), "", p.Amount.Currency}, p.Amount)
}

func (w *workbook) add(k key, a money.Amount) (err error) {
	if !criterion.MatchString(k.status) {
		return fmt.Errorf("status %q: %w", k.status, reconcile.ErrInvalid)
	}
	t := w.sums[k]
	if t == nil {
		t = &tally{sum: money.New(0, k.currency), absolute: money.New(0, k.currency)}
		w.sums[k] = t
	}
	t.rows++
	if t.sum, err = t.sum.Add(a); err != nil {
		return err
	}
	if a.Minor < 0 {
		a.Minor = -a.Minor
	}
	if t.absolute, err = t.absolute.Add(a); err != nil {
		return err
	}
	_, err = exact(t.absolute)
	return err
}

// list is the totals in a fixed order.
func (w *workbook) list() []Total {
	var list []Total
	keys := slices.SortedFunc(maps.Keys(w.sums), func(a, b key) int {
		return cmp.Or(-cmp.Compare(a.sheet, b.sheet), cmp.Compare(a.status, b.status), cmp.Compare(a.currency, b.currency),
			cmp.Compare(a.kind, b.kind), cmp.Compare(a.column, b.column))
	})
	for _, k := range keys {
		t := w.sums[k]
		list = append(list, Total{k.sheet, k.column, k.status, k.kind, t.rows, t.sum})
	}
	return list
}

// total writes the sheet on which the spreadsheet's own sums stand beside ours.
func (w *workbook) total() error {
	s, err := w.sheet(totals, []string{
		"sheet", "column", "status", "kind", "currency", "rows_counted", "rows", "sum_counted", "sum", "difference",
	}, []float64{14, 10, 12, 18, 9, 13, 10, 18, 18, 14})
	if err != nil {
		return err
	}
	list := w.list()
	for _, t := range list {
		cells, err := w.totalRow(t, s.rows+1)
		if err != nil {
			return err
		}
		if err := s.add(cells); err != nil {
			return err
		}
	}
	bold, err := w.style("0", true)
	if err != nil {
		return err
	}
	last := max(s.rows, 2)
	if err := s.add([]any{
		excelize.Cell{StyleID: bold, Value: "rows that differ (must be 0)"}, nil, nil, nil, nil, nil, nil, nil, nil,
		excelize.Cell{StyleID: bold, Formula: fmt.Sprintf(`COUNTIF(J2:J%d,"<>0")`, last)},
	}); err != nil {
		return err
	}
	return s.Flush()
}

// totalRow is a total, what the spreadsheet makes of the rows, and the difference of the two: of the sums, or, should only the
// number of rows differ, of these.
func (w *workbook) totalRow(t Total, row int) ([]any, error) {
	var cells []any
	for _, text := range []string{t.Sheet, t.Column, t.Status, t.Kind, string(t.Amount.Currency)} {
		cell, err := w.text(text)
		if err != nil {
			return nil, err
		}
		cells = append(cells, cell)
	}
	ours, err := w.amount(&t.Amount)
	if err != nil {
		return nil, err
	}
	value, criteria, err := w.ranges(t, row)
	if err != nil {
		return nil, err
	}
	style := ours.(excelize.Cell).StyleID
	digits := t.Amount.Currency.Exponent()
	return append(cells,
		excelize.Cell{Formula: fmt.Sprintf(`COUNTIFS(%s,%s,"<>")`, criteria, value)}, t.Rows,
		excelize.Cell{StyleID: style, Formula: fmt.Sprintf("ROUND(SUMIFS(%s,%s),%d)", value, criteria, digits)}, ours,
		excelize.Cell{StyleID: style, Formula: fmt.Sprintf("IF(H%d<>I%d,ROUND(H%d-I%d,%d),F%d-G%d)", row, row, row, row, digits, row, row)},
	), nil
}

// ranges are the cells of a column, and the columns that choose among them with what they are compared with.
func (w *workbook) ranges(t Total, row int) (value, criteria string, err error) {
	at := func(name string) string {
		column, bad := excelize.ColumnNumberToName(slices.Index(names(t.Sheet), name) + 1)
		err = errors.Join(err, bad)
		return fmt.Sprintf("%s!$%s$2:$%s$%d", t.Sheet, column, column, max(w.rows[t.Sheet], 2))
	}
	currency := "currency"
	if t.Sheet == transactions && t.Column != "amount" {
		currency = "settlement_currency"
	}
	chosen := []string{at("status"), fmt.Sprintf("C%d", row), at(currency), fmt.Sprintf("E%d", row)}
	if t.Sheet == transactions {
		chosen = append(chosen, at("kind"), fmt.Sprintf("D%d", row))
	}
	value = at(t.Column)
	return value, strings.Join(chosen, ","), err
}

func names(sheet string) []string {
	var list []string
	if sheet == payouts {
		for _, c := range payoutColumns() {
			list = append(list, c.name)
		}
		return list
	}
	for _, c := range movementColumns() {
		list = append(list, c.name)
	}
	return list
}
