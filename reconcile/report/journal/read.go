package journal

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

// Recount reads the files of a format back and refuses them unless every entry balances, every asserted balance holds and each
// account comes to what Write said. It is the second path to the totals and shares no sum with the first.
func Recount(format string, want Totals, open func(name string) (io.ReadCloser, error)) error {
	r := &reader{format: format, want: want, sums: map[place]*Sum{}}
	for _, name := range want.Files {
		if err := r.file(name, open); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	if statement := format == QBOBank || format == XeroBank; !statement && r.entries != want.Entries {
		return fmt.Errorf("%s: the files have %d entries, not %d: %w", format, r.entries, want.Entries, reconcile.ErrIntegrity)
	}
	return r.compare()
}

// reader adds up what the files say.
type reader struct {
	format  string
	want    Totals
	sums    map[place]*Sum
	entries int
	entry   string // being read
	rest    money.Amount
}

func (r *reader) file(name string, open func(name string) (io.ReadCloser, error)) error {
	in, err := open(name)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() // only read
	switch r.format {
	case HLedger, Beancount:
		err = r.plain(in)
	default:
		err = r.table(name, in)
	}
	if err != nil {
		return err
	}
	return r.next("")
}

// compare finds the first account that is not what it should be.
func (r *reader) compare() error {
	empty := func(s Sum) bool { return s.Debits.Minor == 0 && s.Credits.Minor == 0 }
	got, want := slices.DeleteFunc(sorted(r.sums), empty), slices.DeleteFunc(slices.Clone(r.want.Accounts), empty)
	for _, s := range got {
		if !slices.Contains(want, s) {
			return fmt.Errorf("%s: the files have debits of %s and credits of %s %s on %s, which is not what was written: %w", r.format,
				s.Debits, s.Credits, s.Debits.Currency, s.Account, reconcile.ErrIntegrity)
		}
	}
	if len(got) != len(want) {
		return fmt.Errorf("%s: the files have %d accounts, not %d: %w", r.format, len(got), len(want), reconcile.ErrIntegrity)
	}
	return nil
}

// next ends an entry, which must balance, and begins another.
func (r *reader) next(entry string) error {
	if r.rest.Minor != 0 {
		return fmt.Errorf("the entry %s does not balance by %s: %w", r.entry, full(r.rest), reconcile.ErrIntegrity)
	}
	r.entry, r.rest = entry, money.Amount{}
	return nil
}

// begin is next for an entry of a movement.
func (r *reader) begin(entry string) error {
	r.entries++
	return r.next(entry)
}

// post takes one line of the entry.
func (r *reader) post(account string, a money.Amount) (err error) {
	if err := r.add(account, a); err != nil {
		return err
	}
	if r.rest.Currency == "" {
		r.rest.Currency = a.Currency
	}
	r.rest, err = r.rest.Add(a)
	return err
}

func (r *reader) add(account string, a money.Amount) error {
	key := place{account, a.Currency}
	if r.sums[key] == nil {
		r.sums[key] = newSum(key)
	}
	return r.sums[key].add(a)
}

// table reads a file of rows.
func (r *reader) table(name string, in io.Reader) error {
	series := name[:max(0, strings.LastIndexByte(name, '-'))] // without its number
	c := money.Currency(series[max(0, len(series)-3):])
	account := ""
	for _, w := range r.want.Clearing {
		if series == r.format+"-"+w.Source+"-"+string(w.Closing.Currency) {
			account = w.Account
		}
	}
	rows := csv.NewReader(in)
	for first := true; ; first = false {
		row, err := rows.Read()
		switch {
		case errors.Is(err, io.EOF) && !first:
			return nil
		case err != nil:
			return err
		case first:
			continue
		}
		if err := r.row(row, account, c); err != nil {
			line, _ := rows.FieldPos(0)
			return fmt.Errorf("line %d: %w", line, err)
		}
	}
}

// row takes one row; account is that of a statement.
func (r *reader) row(row []string, account string, c money.Currency) error {
	key, text := "", ""
	switch r.format {
	case QBOBank:
		text = row[2]
	case XeroBank:
		text = row[1]
	case QBOJournal:
		if key, account, text = row[0], row[2], row[3]; row[4] != "" {
			text = "-" + row[4]
		}
	case XeroJournal:
		key, account, text = row[0], row[3], row[5]
	default:
		return fmt.Errorf("unknown format %q: %w", r.format, reconcile.ErrInvalid)
	}
	if text == "" {
		text = "0"
	}
	a, err := money.Parse(text, c)
	if err != nil {
		return err
	}
	if key == "" {
		return r.add(account, a)
	}
	if key != r.entry {
		if err := r.begin(key); err != nil {
			return err
		}
	}
	return r.post(account, a)
}

// plain reads a file for hledger, ledger or Beancount.
func (r *reader) plain(in io.Reader) error {
	lines := bufio.NewScanner(in)
	for n := 1; lines.Scan(); n++ {
		if err := r.line(lines.Text()); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
	}
	return lines.Err()
}

func (r *reader) line(text string) error {
	_, directive, _ := strings.Cut(text, " ")
	switch {
	case text == "" || text[0] == ';':
		return nil
	case text[0] >= '0' && text[0] <= '9':
		return r.directive(text, directive)
	case text[0] != ' ':
		return nil // what hledger declares
	}
	text = strings.TrimLeft(text, " ")
	account, amount, posting := strings.Cut(text, "  ")
	if !posting {
		return nil // a tag; no value of one has two blanks
	}
	amount, asserted, asserts := strings.Cut(strings.TrimSpace(amount), " = ")
	a, err := parseFull(amount)
	if err == nil {
		err = r.post(account, a)
	}
	if err == nil && asserts {
		err = r.holds(account, asserted)
	}
	return err
}

// directive reads a line that begins with a day.
func (r *reader) directive(text, directive string) error {
	if account, balance, is := strings.Cut(strings.TrimPrefix(directive, "balance "), "  "); is {
		number, rest, _ := strings.Cut(balance, " ~ 0 ")
		return r.holds(account, number+" "+rest)
	}
	switch {
	case strings.HasPrefix(directive, "open "):
		return nil
	case strings.HasPrefix(directive, "* (opening)"), strings.HasPrefix(directive, "* (closing)"), directive == `* "Opening balance"`:
		return r.next(text)
	}
	return r.begin(text)
}

// holds checks a balance that the file asserts.
func (r *reader) holds(account, text string) error {
	asserted, err := parseFull(text)
	if err != nil {
		return err
	}
	is := money.New(0, asserted.Currency)
	if s := r.sums[place{account, asserted.Currency}]; s != nil {
		if is, err = s.Debits.Sub(s.Credits); err != nil {
			return err
		}
	}
	if is != asserted {
		return fmt.Errorf("the balance of %s is %s, not %s: %w", account, full(is), full(asserted), reconcile.ErrIntegrity)
	}
	return nil
}

func parseFull(text string) (money.Amount, error) {
	number, c, _ := strings.Cut(text, " ")
	return money.Parse(number, money.Currency(c))
}
