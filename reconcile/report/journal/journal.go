// Package journal writes movements of money in the forms that bookkeeping programs read: bank statements and journals for
// QuickBooks Online and Xero, and plain text for hledger, ledger and beancount.
//
// The hand-off calls Write once for each format, and Recount to read the files back. Every movement is booked on a clearing
// account, one for each source and currency of settlement, and balances to zero by construction:
//
//	charge, charge_failure     Dr Clearing  Cr Sales      gross, turned round where the amount is below zero
//	refund, refund_failure     Dr Refunds   Cr Clearing   gross
//	dispute, dispute_reversal  Dr Disputes  Cr Clearing   gross
//	fee                        Dr Fees      Cr Clearing   gross
//	payout, payout_reversal    Dr Bank      Cr Clearing   gross
//	other                      Dr Suspense  Cr Clearing   gross, with the provider's own word in the text
//	and the fee of each        Dr Fees      Cr Clearing   fee
//
// Nothing is netted and nothing left out but what only a book claims. A bank statement has the lines on the clearing account,
// which is the account that it is a statement of.
//
// Rows stream to the files; what is kept is a number for each movement, to refuse one that comes twice. Same movements, same
// bytes. The package opens no file, reads no clock and knows no configuration. Texts come from customers: each format gets only
// the characters that mean nothing to it (see words).
package journal

import (
	"fmt"
	"io"
	"iter"
	"strings"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

// The formats.
const (
	QBOBank     = "qbo-bank"
	QBOJournal  = "qbo-journal"
	XeroBank    = "xero-bank"
	XeroJournal = "xero-journal"
	HLedger     = "hledger" // and ledger: both read the file
	Beancount   = "beancount"
)

// Formats are the names that Write knows.
func Formats() []string {
	return []string{QBOBank, QBOJournal, XeroBank, XeroJournal, HLedger, Beancount}
}

// Account is one account of the merchant's books: programs know it by its name or by its code. In both, {source} and {currency}
// stand for those of the movement.
type Account struct{ Name, Code string }

// Accounts are those that movements are booked on. No other may be called as a clearing account is.
type Accounts struct {
	Clearing, Bank, Sales, Refunds, Disputes, Fees, Suspense Account

	TaxRate string // the name in Xero of the rate of what bears no tax
}

// Period is the days From to the one before Until, such as 2026-11-01 and 2026-12-01, in the booking zone.
type Period struct{ From, Until string }

// Balance is what the clearing account of a source holds: above zero the processor owes it to the merchant.
type Balance struct {
	Source string
	Amount money.Amount
}

// Book is what is written beside the movements.
type Book struct {
	Accounts Accounts
	Period   Period
	Zone     string    // name of the booking zone; it is told, days are not computed from it
	Opening  []Balance // when the period began; what is not named is zero
}

// Totals are what was written.
type Totals struct {
	Entries  int // movements
	Claimed  int // left out, since only a book claims them
	Accounts []Sum
	Clearing []Clearing // of all sources with a movement or an opening balance
	Files    []string   // in the order they were begun
}

// Sum is what was written on one account, by the name or code that the format has for it.
type Sum struct {
	Account         string
	Debits, Credits money.Amount
}

// Clearing is what the account of a source held before and after.
type Clearing struct {
	Source           string
	Account          string
	Opening, Closing money.Amount
}

// Write writes the movements, which come in the order of BookedOn, in the format. It asks create for each file by its name
// (letters, digits, - and .) and closes it; several may be open at once. After an error what was written is to be thrown away.
func Write(format string, book Book, movements iter.Seq2[*reconcile.Movement, error],
	create func(name string) (io.WriteCloser, error),
) (Totals, error) {
	w := &writer{
		book: book, create: create, seen: map[[8]byte]bool{}, accounts: map[use]string{}, owners: map[place]string{},
		sums: map[place]*Sum{}, sources: map[place]*Clearing{},
	}
	err := w.choose(format)
	if err == nil {
		err = w.write(movements)
	}
	if closing := w.close(); err == nil {
		err = closing
	}
	if err != nil {
		return Totals{}, fmt.Errorf("%s: %w", format, err)
	}
	return w.totals(), nil
}

// choose makes the format of the name.
func (w *writer) choose(name string) error {
	w.named = name != XeroJournal
	switch name {
	case QBOBank:
		w.format, w.statement = newQBOBank(w), true
	case QBOJournal:
		w.format = newQBOJournal(w)
	case XeroBank:
		w.format, w.statement = newXeroBank(w), true
	case XeroJournal:
		w.format = newXeroJournal(w)
	case HLedger:
		w.format = &hledger{w: w, declared: map[string]bool{}}
	case Beancount:
		w.format = &beancount{w: w, declared: map[string]bool{}}
	default:
		return fmt.Errorf("unknown format; the formats are %s: %w", strings.Join(Formats(), ", "), reconcile.ErrInvalid)
	}
	return nil
}
