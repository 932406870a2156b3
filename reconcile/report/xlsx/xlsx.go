// Package xlsx writes the hand-off as a workbook for people: every movement, every payout, and totals that the spreadsheet adds
// up itself beside the figures that we hold, with the difference.
//
// The hand-off calls Write. The package keeps the spreadsheet library to itself; it opens no file and reads no clock. Same
// movements, same bytes.
//
// Identifiers and other texts are cells of text, which no spreadsheet turns into numbers or formulas. A spreadsheet counts in
// floating point and holds 15 digits: an amount goes in with exactly the digits that it has, and one that is longer, or a total
// that could be, is refused rather than rounded. Sums are rounded to the currency's own digits, so that 0.1 + 0.2 is 0.3.
package xlsx

import (
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/xuri/excelize/v2"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

// Names of the sheets.
const (
	transactions = "Transactions"
	payouts      = "Payouts"
	totals       = "Totals"
)

const (
	mostRows  = 1_048_576 // of a sheet
	mostMinor = 999_999_999_999_999
)

// Write writes the workbook and tells the totals that stand in it as ours.
func Write(out io.Writer, movements iter.Seq2[*reconcile.Movement, error], paid iter.Seq2[*reconcile.Payout, error]) ([]Total, error) {
	f := excelize.NewFile()
	f.SetZipWriter(newArchive)
	w := &workbook{file: f, styles: map[string]int{}, sums: map[key]*tally{}}
	err := w.write(movements, paid)
	if err == nil {
		err = f.Write(out)
	}
	if closing := f.Close(); err == nil { // it removes the files that large sheets were kept in
		err = closing
	}
	if err != nil {
		return nil, fmt.Errorf("xlsx: %w", err)
	}
	return w.list(), nil
}

// workbook is one call of Write.
type workbook struct {
	file   *excelize.File
	styles map[string]int // by number format
	sums   map[key]*tally
	rows   map[string]int // of each sheet, with the header
}

func (w *workbook) write(movements iter.Seq2[*reconcile.Movement, error], paid iter.Seq2[*reconcile.Payout, error]) error {
	const never = "2000-01-01T00:00:00Z" // a clock would make each file another
	err := w.file.SetDocProps(&excelize.DocProperties{Creator: "pennytie", Created: never, Modified: never})
	if err != nil {
		return err
	}
	recalculate := true
	if err := w.file.SetCalcProps(&excelize.CalcPropsOptions{FullCalcOnLoad: &recalculate}); err != nil {
		return err
	}
	if err := w.file.SetSheetName("Sheet1", transactions); err != nil {
		return err
	}
	w.rows = map[string]int{}
	if err := fill(w, transactions, movementColumns(), movements, w.addMovement); err != nil {
		return err
	}
	if err := fill(w, payouts, payoutColumns(), paid, w.addPayout); err != nil {
		return err
	}
	return w.total()
}

// column is a column of a sheet.
type column[R any] struct {
	name  string
	width float64
	cell  func(w *workbook, row *R) (any, error)
}

// fill streams rows to a sheet.
func fill[R any](w *workbook, sheet string, columns []column[R], rows iter.Seq2[*R, error], tally func(*R) error) error {
	var header []string
	var widths []float64
	for _, c := range columns {
		header, widths = append(header, c.name), append(widths, c.width)
	}
	s, err := w.sheet(sheet, header, widths)
	if err != nil {
		return err
	}
	for row, err := range rows {
		if err != nil {
			return err
		}
		cells := make([]any, len(columns))
		for i, c := range columns {
			if cells[i], err = c.cell(w, row); err != nil {
				return fmt.Errorf("%s, row %d, %s: %w", sheet, s.rows+1, c.name, err)
			}
		}
		if err := tally(row); err != nil {
			return fmt.Errorf("%s, row %d: %w", sheet, s.rows+1, err)
		}
		if err := s.add(cells); err != nil {
			return err
		}
	}
	w.rows[sheet] = s.rows
	return s.Flush()
}

// sheet is one that is being written.
type sheet struct {
	*excelize.StreamWriter
	name string
	rows int
}

// sheet begins one with a header that stays in sight.
func (w *workbook) sheet(name string, header []string, widths []float64) (*sheet, error) {
	if _, err := w.file.NewSheet(name); err != nil {
		return nil, err
	}
	stream, err := w.file.NewStreamWriter(name)
	if err != nil {
		return nil, err
	}
	for i, width := range slices.Backward(widths) { // the library puts each before the others, and Excel wants them in order
		if err := stream.SetColWidth(i+1, i+1, width); err != nil {
			return nil, err
		}
	}
	if err := stream.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return nil, err
	}
	bold, err := w.style("@", true)
	if err != nil {
		return nil, err
	}
	s := &sheet{StreamWriter: stream, name: name}
	var cells []any
	for _, text := range header {
		cells = append(cells, excelize.Cell{StyleID: bold, Value: text})
	}
	return s, s.add(cells)
}

func (s *sheet) add(cells []any) error {
	if s.rows++; s.rows > mostRows {
		return fmt.Errorf("%s: a sheet holds %d rows, and there are more; leave xlsx out of handoff.formats: %w", s.name, mostRows,
			reconcile.ErrInvalid)
	}
	return s.SetRow("A"+strconv.Itoa(s.rows), cells)
}

// style is the number of a style, made once.
func (w *workbook) style(format string, bold bool) (int, error) {
	name := format + strconv.FormatBool(bold)
	if id, made := w.styles[name]; made {
		return id, nil
	}
	style := &excelize.Style{CustomNumFmt: &format}
	if bold {
		style.Font = &excelize.Font{Bold: true}
	}
	id, err := w.file.NewStyle(style)
	if err == nil {
		w.styles[name] = id
	}
	return id, err
}

// text is a cell of one line. Control characters and marks that turn the reading direction are dropped.
func (w *workbook) text(text string) (any, error) {
	if text == "" {
		return nil, nil
	}
	id, err := w.style("@", false)
	return excelize.Cell{StyleID: id, Value: line(text)}, err
}

func line(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '\t' && r <= '\r', unicode.In(r, unicode.Zl, unicode.Zp):
			return ' '
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs):
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
}

// amount is a cell of a number with the digits of its currency; an unknown amount is an empty cell.
func (w *workbook) amount(a *money.Amount) (any, error) {
	if a == nil {
		return nil, nil
	}
	number, err := exact(*a)
	if err != nil {
		return nil, err
	}
	format := "#,##0"
	if digits := a.Currency.Exponent(); digits > 0 {
		format += "." + strings.Repeat("0", digits)
	}
	id, err := w.style(format, false)
	return excelize.Cell{StyleID: id, Value: number}, err
}

// exact carries an amount to the library, which takes numbers as floats only. Nothing is counted with it, and it is written with
// the digits that it came with: that is so for all numbers of 15 digits, and checked nevertheless.
func exact(a money.Amount) (float64, error) {
	text := a.String()
	carried, err := strconv.ParseFloat(text, 64)
	if err != nil || a.Minor > mostMinor || a.Minor < -mostMinor ||
		strconv.FormatFloat(carried, 'f', a.Currency.Exponent(), 64) != text {
		return 0, fmt.Errorf("%s %s has more than the 15 digits that a spreadsheet holds; leave xlsx out of handoff.formats: %w",
			text, a.Currency, reconcile.ErrInvalid)
	}
	return carried, nil
}

// day is a cell of a date.
func (w *workbook) day(t time.Time) (any, error) {
	if t.IsZero() {
		return nil, nil
	}
	id, err := w.style("yyyy-mm-dd", false)
	first := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	return excelize.Cell{StyleID: id, Value: int(t.UTC().Sub(first) / (24 * time.Hour))}, err
}

func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}
