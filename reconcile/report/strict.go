package report

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"
	"time"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

// strictness says how deep a JSON cell is looked into. Money, the numbers and the texts are always read
// wholly.
type strictness int

const (
	forTotals strictness = iota // the brackets only: the totals are counted after every run
	wholly
)

// strictRows reads a written file again and accepts nothing that this package would not have written: the
// header must be whole and in order, and every cell must read as its column's type. A row is valid until
// the next one. Errors name the file and the row; the header is row 0.
func strictRows(dir *os.Root, s schema, depth strictness) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		file, err := dir.Open(s.file)
		if err != nil {
			yield(nil, fmt.Errorf("open %s: %w", s.file, err))
			return
		}
		defer func() { err = errors.Join(err, file.Close()) }() // only read: nothing is lost
		reader := csv.NewReader(file)
		reader.ReuseRecord = true
		reader.FieldsPerRecord = len(s.columns)
		for n := 0; ; n++ {
			row, err := reader.Read()
			if err == io.EOF && n > 0 {
				return
			}
			if err == nil {
				err = s.checkRow(n, row, depth)
			}
			if err != nil {
				yield(nil, fmt.Errorf("%s: row %d: %w: %w", s.file, n, err, reconcile.ErrIntegrity))
				return
			}
			if n > 0 && !yield(row, nil) {
				return
			}
		}
	}
}

func (s schema) checkRow(n int, row []string, depth strictness) error {
	if n == 0 {
		if !slices.Equal(row, s.names()) {
			return errors.New("the header is not the expected one")
		}
		return nil
	}
	for _, c := range s.columns {
		if err := checkCell(c, row, depth); err != nil {
			return fmt.Errorf("column %s: %w", c.name, err)
		}
	}
	return nil
}

func checkCell(c column, row []string, depth strictness) error {
	cell := row[c.place]
	if c.kind == kindText {
		if !harmless(cell) && clean(cell) != cell || needsGuard(cell) && !guarded(cell) {
			return fmt.Errorf("%.40q is not guarded", cell)
		}
		return nil
	}
	if cell == "" {
		return nil
	}
	switch c.kind {
	case kindMoney:
		_, err := c.amount(row)
		return err
	case kindTime:
		if at, err := time.Parse(time.RFC3339Nano, cell); err != nil || instant(at) != cell {
			return fmt.Errorf("%.40q is not a time such as 2026-03-01T09:30:00Z", cell)
		}
	case kindNumber:
		if !plainNumber(cell) {
			return fmt.Errorf("%.40q is not a number", cell)
		}
	case kindJSON:
		if cell[0] != '[' || cell[len(cell)-1] != ']' || depth == wholly && !json.Valid([]byte(cell)) {
			return errors.New("not a JSON array")
		}
	}
	return nil
}

// amount reads a money cell in the currency that its row names; an empty cell is unknown and has
// no currency.
func (c column) amount(row []string) (money.Amount, error) {
	cell := row[c.place]
	if cell == "" {
		return money.Amount{}, nil
	}
	currency := row[c.currencyPlace]
	code, err := money.ParseCurrency(currency)
	if err != nil {
		return money.Amount{}, err
	}
	a, err := money.Parse(cell, code)
	if err != nil {
		return money.Amount{}, err
	}
	if string(code) != currency || a.String() != cell {
		return money.Amount{}, fmt.Errorf("%.40q %s is not as this program writes it", cell, currency)
	}
	return a, nil
}
