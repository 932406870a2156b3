package journal

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strings"
	"time"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

// Limits of the importers. Rows count the header: no importer says that it does not.
const (
	qboBytes    = 350_000
	qboRows     = 1000
	xeroRows    = 1000
	journalRows = 300 // of a manual journal of Xero
)

// Forms of days.
const (
	american = "01/02/2006"
	british  = "02/01/2006"
)

// table is a format of rows: it says which file an entry goes to and what its rows are.
type table struct {
	w      *writer
	header []string
	rows   int // the most of a file, with the header
	bytes  int // likewise; 0: no matter
	name   func(e *entry) string
	row    func(e *entry, day time.Time, l line) []string
	called func(a Account) (string, error)
	parts  map[string]*part
	text   bytes.Buffer // of the entry
	csv    *csv.Writer  // to text
}

// part is the file of a series that is being written.
type part struct {
	*file
	number, rows, bytes int
}

func (t *table) account(_ role, a Account) (string, error) { return t.called(a) }
func (t *table) begin([]Clearing) error                    { return nil }
func (t *table) end([]Clearing) error                      { return nil }

// entry writes the rows of an entry into one file, beginning a new one where they do not fit.
func (t *table) entry(e *entry) error {
	day, err := time.Parse(time.DateOnly, e.m.BookedOn)
	if err != nil {
		return err
	}
	t.text.Reset()
	for _, l := range e.lines {
		if err := t.csv.Write(t.row(e, day, l)); err != nil {
			return err
		}
	}
	if t.csv.Flush(); t.csv.Error() != nil {
		return t.csv.Error()
	}
	text, rows := t.text.Bytes(), len(e.lines)
	name := t.name(e)
	p := t.parts[name]
	if p == nil {
		p = &part{}
		t.parts[name] = p
	}
	if p.file == nil || p.rows+rows > t.rows || t.bytes > 0 && p.bytes+len(text) > t.bytes {
		if err := t.next(p, name); err != nil {
			return err
		}
	}
	return p.add(text, rows)
}

// next begins the next file of a series.
func (t *table) next(p *part, name string) error {
	if p.file != nil {
		if err := t.w.done(p.file); err != nil {
			return err
		}
	}
	f, err := t.w.begun(fmt.Sprintf("%s-%03d.csv", name, p.number+1))
	if err != nil {
		return err
	}
	*p = part{file: f, number: p.number + 1}
	return p.add([]byte(strings.Join(t.header, ",")+"\n"), 1)
}

func (p *part) add(text []byte, rows int) error {
	p.rows += rows
	p.bytes += len(text)
	if _, err := p.Write(text); err != nil {
		return fmt.Errorf("write %s: %w", p.name, err)
	}
	return nil
}

// made completes a table.
func made(t *table) *table {
	t.parts = map[string]*part{}
	t.csv = csv.NewWriter(&t.text)
	return t
}

// What each importer takes in a text, beside letters, digits and blanks.
const (
	bankMarks    = "_-."
	journalMarks = "_-.,:/#+'@"
)

func byName(a Account) (string, error) { return words(a.Name, journalMarks), nil }

func ofCurrency(format string) func(e *entry) string {
	return func(e *entry) string { return format + "-" + string(e.currency) }
}

func ofSource(format string) func(e *entry) string {
	return func(e *entry) string { return format + "-" + e.m.Source + "-" + string(e.currency) }
}

func newQBOBank(w *writer) format {
	return made(&table{
		w: w, header: []string{"Date", "Description", "Amount"}, rows: 1 << 30, bytes: qboBytes,
		name: ofSource(QBOBank), called: byName,
		row: func(e *entry, day time.Time, l line) []string {
			amount := l.amount.String()
			if l.amount.Minor == 0 {
				amount = "" // a zero is refused
			}
			return []string{day.Format(american), e.all(bankMarks, l.fee), amount}
		},
	})
}

func newQBOJournal(w *writer) format {
	return made(&table{
		w: w, header: []string{"JournalNo", "JournalDate", "AccountName", "Debits", "Credits", "Description", "Name"},
		rows: qboRows, name: ofCurrency(QBOJournal), called: byName,
		row: func(e *entry, day time.Time, l line) []string {
			debit, credit := l.amount.String(), ""
			if l.amount.Minor < 0 {
				debit, credit = "", money.New(-l.amount.Minor, l.amount.Currency).String()
			}
			return []string{number(e.m), day.Format(american), l.account, debit, credit, e.all(journalMarks, l.fee), ""}
		},
	})
}

func newXeroBank(w *writer) format {
	return made(&table{
		w: w, header: []string{"*Date", "*Amount", "Payee", "Description", "Reference", "Cheque Number"},
		rows: xeroRows, name: ofSource(XeroBank), called: byName,
		row: func(e *entry, day time.Time, l line) []string {
			payee := e.m.CustomerRef
			if payee == "" || l.fee {
				payee = e.m.Provider
			}
			return []string{
				day.Format(british), l.amount.String(), words(payee, journalMarks), e.all(journalMarks, l.fee),
				words(e.m.ObjectID, journalMarks), "",
			}
		},
	})
}

func newXeroJournal(w *writer) format {
	return made(&table{
		w: w, header: []string{
			"*Narration", "*Date", "Description", "*AccountCode", "*TaxRate", "*Amount",
			"TrackingName1", "TrackingOption1", "TrackingName2", "TrackingOption2",
		},
		rows: journalRows, name: ofCurrency(XeroJournal), called: byCode,
		row: func(e *entry, day time.Time, l line) []string {
			return []string{
				number(e.m) + " " + words(e.about, journalMarks), day.Format(british), e.all(journalMarks, l.fee), l.account,
				words(w.book.Accounts.TaxRate, journalMarks+"()%&"), l.amount.String(), "", "", "", "",
			}
		},
	})
}

func byCode(a Account) (string, error) {
	if code := words(a.Code, bankMarks); code != "" {
		return code, nil
	}
	return "", fmt.Errorf("the account %q has no code; give it one in handoff.accounts: %w", a.Name, reconcile.ErrInvalid)
}
