package journal

import (
	"bufio"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"iter"
	"regexp"
	"slices"
	"strings"
	"time"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

// format writes entries its own way.
type format interface {
	account(r role, a Account) (string, error) // as the format calls it
	begin(opening []Clearing) error
	entry(e *entry) error
	end(closing []Clearing) error
}

// place is an account in a currency.
type place struct {
	account  string
	currency money.Currency
}

// writer is one call of Write.
type writer struct {
	book      Book
	create    func(name string) (io.WriteCloser, error)
	format    format
	statement bool // only the lines on clearing accounts
	named     bool // accounts by name: each source has its own clearing account

	open     []*file
	files    []string
	sums     map[place]*Sum
	sources  map[place]*Clearing // by source
	accounts map[use]string
	owners   map[place]string // whose an account is: a source's clearing account, or of all
	seen     map[[8]byte]bool
	entries  int
	claimed  int
	last     string // day of the last entry
}

func (w *writer) write(movements iter.Seq2[*reconcile.Movement, error]) error {
	if err := w.begin(); err != nil {
		return err
	}
	for m, err := range movements {
		switch {
		case err != nil:
			return err
		case m.Status == reconcile.MovementClaimed:
			w.claimed++
			continue
		}
		if err := w.one(m); err != nil {
			return fmt.Errorf("movement %s: %w", m.ID, err)
		}
	}
	return w.format.end(w.clearing())
}

// begin checks the period and books the opening balances.
func (w *writer) begin() error {
	for _, day := range []string{w.book.Period.From, w.book.Period.Until} {
		if _, err := time.Parse(time.DateOnly, day); err != nil {
			return fmt.Errorf("period: %q is not a day such as 2026-11-01: %w", day, reconcile.ErrInvalid)
		}
	}
	w.last = w.book.Period.From
	for _, o := range w.book.Opening {
		c, err := w.source(o.Source, o.Amount.Currency)
		if err == nil {
			c.Opening, err = c.Opening.Add(o.Amount)
			c.Closing = c.Opening
		}
		if err != nil {
			return fmt.Errorf("opening balance of %s: %w", o.Source, err)
		}
	}
	return w.format.begin(w.clearing())
}

// one books one movement.
func (w *writer) one(m *reconcile.Movement) error {
	if err := w.check(m); err != nil {
		return err
	}
	e, err := enter(m)
	if err != nil {
		return err
	}
	c, err := w.source(m.Source, e.currency)
	if err != nil {
		return err
	}
	if c.Closing, err = c.Closing.Add(e.net); err != nil {
		return err
	}
	if w.statement {
		e.lines = slices.DeleteFunc(e.lines, func(l line) bool { return l.role != clearing })
	}
	for i := range e.lines {
		l := &e.lines[i]
		if l.account, err = w.account(l.role, m.Source, e.currency); err != nil {
			return err
		}
		if err := w.post(l.account, l.amount); err != nil {
			return err
		}
	}
	w.entries++
	return w.format.entry(e)
}

// check refuses a movement that nobody vouches for, that comes twice or on a day where it cannot be.
func (w *writer) check(m *reconcile.Movement) error {
	if m.Status != reconcile.MovementBooked {
		return fmt.Errorf("status %q is not known: %w", m.Status, reconcile.ErrInvalid)
	}
	sum := sha256.Sum256([]byte(m.ID))
	key := [8]byte(sum[:])
	if w.seen[key] {
		return fmt.Errorf("comes twice: %w", reconcile.ErrIntegrity)
	}
	w.seen[key] = true
	day := m.BookedOn
	if _, err := time.Parse(time.DateOnly, day); err != nil {
		return fmt.Errorf("booked on %q, which is no day: %w", day, reconcile.ErrInvalid)
	}
	if day < w.book.Period.From || day >= w.book.Period.Until && m.Adjusts == "" {
		return fmt.Errorf("booked on %s, outside of the period from %s to before %s: %w", day, w.book.Period.From,
			w.book.Period.Until, reconcile.ErrIntegrity)
	}
	if day < w.last {
		return fmt.Errorf("booked on %s, but comes after one of %s: %w", day, w.last, reconcile.ErrInvalid)
	}
	w.last = day
	return nil
}

// number is short, since importers allow few characters, and the same in every run.
func number(m *reconcile.Movement) string {
	sum := sha256.Sum256([]byte(m.ID))
	return "PT-" + hex.EncodeToString(sum[:8])
}

var sourceName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// source is the clearing account of a source.
func (w *writer) source(source string, c money.Currency) (*Clearing, error) {
	key := place{source, c}
	if known := w.sources[key]; known != nil {
		return known, nil
	}
	if !sourceName.MatchString(source) { // it becomes part of file names
		return nil, fmt.Errorf("%q is not a name of a source: %w", source, reconcile.ErrInvalid)
	}
	if iso, err := money.ParseCurrency(string(c)); err != nil || iso != c {
		return nil, fmt.Errorf("currency %q: %w", c, reconcile.ErrInvalid)
	}
	account, err := w.account(clearing, source, c)
	if err != nil {
		return nil, err
	}
	zero := money.New(0, c)
	w.sources[key] = &Clearing{Source: source, Account: account, Opening: zero, Closing: zero}
	return w.sources[key], nil
}

// use is an account in use.
type use struct {
	role     role
	source   string
	currency money.Currency
}

// account is what the format calls the account of a role.
func (w *writer) account(r role, source string, c money.Currency) (string, error) {
	in := use{r, source, c}
	if name, known := w.accounts[in]; known {
		return name, nil
	}
	name, err := w.resolve(r, source, c)
	if err == nil {
		w.accounts[in] = name
	}
	return name, err
}

// resolve finds the name of an account and keeps the clearing accounts apart from all others.
func (w *writer) resolve(r role, source string, c money.Currency) (string, error) {
	a := w.book.Accounts
	of := [...]Account{a.Clearing, a.Bank, a.Sales, a.Refunds, a.Disputes, a.Fees, a.Suspense, {Name: "Opening balances"}}[r]
	fill := strings.NewReplacer("{source}", source, "{currency}", string(c))
	name, err := w.format.account(r, Account{fill.Replace(of.Name), fill.Replace(of.Code)})
	if err != nil {
		return "", err
	}
	owner := ""
	if r == clearing {
		owner = "the sources"
		if w.named {
			owner = source
		}
	}
	key := place{name, c}
	if other, taken := w.owners[key]; taken && other != owner {
		return "", fmt.Errorf("the clearing account %s of %s is another account, too; give it its own name in handoff.accounts "+
			"(with {source} and {currency}): %w", name, cmp.Or(owner, other), reconcile.ErrInvalid)
	}
	w.owners[key] = owner
	return name, nil
}

// post adds up what is written.
func (w *writer) post(account string, a money.Amount) (err error) {
	key := place{account, a.Currency}
	s := w.sums[key]
	if s == nil {
		s = newSum(key)
		w.sums[key] = s
	}
	return s.add(a)
}

func newSum(p place) *Sum {
	zero := money.New(0, p.currency)
	return &Sum{Account: p.account, Debits: zero, Credits: zero}
}

func (s *Sum) add(a money.Amount) (err error) {
	if a.Minor >= 0 {
		s.Debits, err = s.Debits.Add(a)
	} else {
		s.Credits, err = s.Credits.Sub(a)
	}
	return err
}

// clearing lists the clearing accounts in a fixed order.
func (w *writer) clearing() []Clearing {
	var list []Clearing
	for _, c := range w.sources {
		list = append(list, *c)
	}
	slices.SortFunc(list, func(a, b Clearing) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Opening.Currency, b.Opening.Currency))
	})
	return list
}

func sorted(sums map[place]*Sum) []Sum {
	var list []Sum
	for _, s := range sums {
		list = append(list, *s)
	}
	slices.SortFunc(list, func(a, b Sum) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Debits.Currency, b.Debits.Currency))
	})
	return list
}

func (w *writer) totals() Totals {
	return Totals{Entries: w.entries, Claimed: w.claimed, Accounts: sorted(w.sums), Clearing: w.clearing(), Files: w.files}
}

// file is one that is being written.
type file struct {
	*bufio.Writer
	name string
	out  io.WriteCloser
}

func (w *writer) begun(name string) (*file, error) {
	out, err := w.create(name)
	if err != nil {
		return nil, fmt.Errorf("create %s: %w", name, err)
	}
	f := &file{bufio.NewWriterSize(out, 1<<16), name, out}
	w.open, w.files = append(w.open, f), append(w.files, name)
	return f, nil
}

// done closes a file; its errors are read, since a full disk may show only here.
func (w *writer) done(f *file) error {
	w.open = slices.DeleteFunc(w.open, func(o *file) bool { return o == f })
	err := f.Flush()
	if closing := f.out.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", f.name, err)
	}
	return nil
}

// close closes what is open.
func (w *writer) close() error {
	var first error
	for _, f := range slices.Clone(w.open) {
		if err := w.done(f); first == nil {
			first = err
		}
	}
	return first
}
