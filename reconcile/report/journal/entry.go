package journal

import (
	"fmt"
	"strings"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

// role is which of the merchant's accounts.
type role int

const (
	clearing role = iota
	bank
	sales
	refunds
	disputes
	fees
	suspense
	equity // only in plain text: where opening balances come from
)

// entry is a movement as it is booked.
type entry struct {
	m        *reconcile.Movement
	currency money.Currency
	lines    []line
	about    string // what it is, beginning with words
	facing   string // what the customer paid or got, where that was in another currency
	note     string

	net   money.Amount // what it does to the clearing account
	texts [2]string    // of the lines of its gross and of its fee, once made
}

// line is one posting; debits are above zero.
type line struct {
	role    role
	fee     bool // of the movement's fee, not its gross
	amount  money.Amount
	account string // as the format calls it
}

// mostMinor has 18 digits, which is what money.Parse reads back.
const mostMinor = 999_999_999_999_999_999

// counter is the account that stands against the clearing account.
func counter(kind reconcile.EntryKind) role {
	switch kind {
	case reconcile.EntryCharge, reconcile.EntryChargeFailure:
		return sales
	case reconcile.EntryRefund, reconcile.EntryRefundFailure:
		return refunds
	case reconcile.EntryDispute, reconcile.EntryDisputeReversal:
		return disputes
	case reconcile.EntryFee:
		return fees
	case reconcile.EntryPayout, reconcile.EntryPayoutReversal:
		return bank
	}
	return suspense
}

// settled is what a movement comes to on the clearing account. While the processor has not said so, it is what the customer paid
// or got, without a fee.
func settled(m *reconcile.Movement) (gross, fee, net money.Amount, err error) {
	gross = m.Amount
	if m.Gross != nil {
		gross = *m.Gross
	}
	fee = money.New(0, gross.Currency)
	if m.Gross != nil && m.Fee != nil {
		fee = *m.Fee
	}
	net, err = gross.Sub(fee)
	if err == nil && m.Gross != nil && m.Net != nil && *m.Net != net {
		err = fmt.Errorf("gross %s less fee %s is not net %s %s: %w", gross, fee, *m.Net, m.Net.Currency, reconcile.ErrIntegrity)
	}
	return gross, fee, net, err
}

// enter turns a movement into an entry.
func enter(m *reconcile.Movement) (*entry, error) {
	gross, fee, net, err := settled(m)
	if err != nil {
		return nil, err
	}
	for _, a := range []money.Amount{gross, fee} {
		if a.Minor > mostMinor || a.Minor < -mostMinor {
			return nil, fmt.Errorf("%s %s has more than 18 digits: %w", a, a.Currency, reconcile.ErrInvalid)
		}
	}
	e := &entry{m: m, currency: gross.Currency, net: net, about: about(m), note: m.Note}
	switch {
	case m.Gross == nil:
		e.note += " Settlement not known: booked as the customer's amount, without a fee."
	case m.Fee == nil:
		e.note += " Fee not known: booked without one."
	}
	if m.Amount.Currency != gross.Currency && m.Amount.Currency != "" {
		e.facing = m.Amount.String() + " " + string(m.Amount.Currency)
	}
	e.pair(clearing, counter(m.Kind), false, gross)
	if fee.Minor != 0 {
		e.pair(fees, clearing, true, fee)
	}
	return e, nil
}

// pair debits one account and credits the other; an amount below zero does the opposite.
func (e *entry) pair(debit, credit role, fee bool, a money.Amount) {
	e.lines = append(e.lines, line{role: debit, fee: fee, amount: a},
		line{role: credit, fee: fee, amount: a.Neg()})
}

// about is the movement in words.
func about(m *reconcile.Movement) string {
	text := strings.ReplaceAll(string(m.Kind), "_", " ")
	if counter(m.Kind) == suspense {
		text = "other " + m.Category
	}
	if m.Adjusts != "" {
		text = "adjustment of " + text
	}
	return strings.ToUpper(text[:1]) + text[1:] + " " + m.ObjectID
}
