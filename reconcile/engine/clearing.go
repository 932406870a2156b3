package engine

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

// account is a clearing account: what the processor of a source holds for the merchant in a currency. Only a ledger has one.
type account struct {
	source   string
	currency money.Currency
}

// clearing is what the account comes to at the end of the period, and why it is not zero.
type clearing struct {
	before  money.Amount // balance at the beginning of the period, as it is known now
	closing money.Amount
	unpaid  []reconcile.ClearingLine
}

// payoutOf is a payout in one currency.
type payoutOf struct {
	source, id string
	currency   money.Currency
}

// members are the lines that went with a payout.
type members struct {
	count int
	sum   money.Amount
}

// account adds a line of a ledger to its clearing account.
func (c *closer) account(m *reconcile.Movement) (err error) {
	if m.EntryID == "" || m.BookedOn >= c.period.Until {
		return nil
	}
	key := account{m.Source, m.Net.Currency}
	of := c.accounts[key]
	if of == nil {
		of = &clearing{before: money.New(0, key.currency), closing: money.New(0, key.currency)}
		c.accounts[key] = of
	}
	fail := func(err error) error {
		return fmt.Errorf("clearing account of %s in %s: %w", key.source, key.currency, err)
	}
	if of.closing, err = of.closing.Add(*m.Net); err != nil {
		return fail(err)
	}
	if m.BookedOn < c.period.From {
		if of.before, err = of.before.Add(*m.Net); err != nil {
			return fail(err)
		}
	}
	if m.Kind == reconcile.EntryPayout {
		return nil
	}
	payout := payoutOf{m.Source, m.PayoutID, key.currency}
	if m.PayoutID != "" {
		if c.payouts[payout] == nil {
			c.payouts[payout] = &members{sum: money.New(0, key.currency)}
		}
		with := c.payouts[payout]
		with.count++
		if with.sum, err = with.sum.Add(*m.Net); err != nil {
			return fail(err)
		}
	}
	if c.paidOut[payout] == 0 && m.Net.Minor != 0 {
		of.unpaid = append(of.unpaid, reconcile.ClearingLine{Line: reconcile.ClearingUnpaid, Kind: m.Kind, ObjectID: m.ID,
			BookedOn: m.BookedOn, Count: 1, Amount: *m.Net, Note: unpaidNote(m)})
	}
	return nil
}

func unpaidNote(m *reconcile.Movement) string {
	switch {
	case m.Kind == reconcile.EntryPayoutReversal:
		return "not paid out again yet: came back of " + m.ObjectID
	case m.PayoutID == "":
		return "not paid out yet"
	}
	return "not paid out yet: meant for " + m.PayoutID
}

// moved is where the movements of a kind are added up.
type moved struct {
	account
	kind reconcile.EntryKind
}

// move adds a row of the period to what moved on its account.
func (c *closer) move(m *reconcile.Movement) (err error) {
	if m.EntryID == "" {
		return nil
	}
	key := moved{account{m.Source, m.Net.Currency}, m.Kind}
	of := c.moved[key]
	if of == nil {
		of = &members{sum: money.New(0, key.currency)}
		c.moved[key] = of
	}
	of.count++
	if of.sum, err = of.sum.Add(*m.Net); err != nil {
		return fmt.Errorf("%s of %s in %s: %w", m.Kind, m.Source, key.currency, err)
	}
	return nil
}

// bookClearing books every account: what it was, what moved, what it is, and of what that consists.
func (c *closer) bookClearing(opening map[account]money.Amount) error {
	for key := range opening {
		if c.accounts[key] == nil {
			c.accounts[key] = &clearing{before: money.New(0, key.currency), closing: money.New(0, key.currency)}
		}
	}
	for key := range c.moved {
		if c.accounts[key.account] == nil {
			c.accounts[key.account] = &clearing{before: money.New(0, key.currency), closing: money.New(0, key.currency)}
		}
	}
	accounts := slices.SortedFunc(maps.Keys(c.accounts), func(a, b account) int {
		return cmp.Or(cmp.Compare(a.source, b.source), cmp.Compare(a.currency, b.currency))
	})
	for _, key := range accounts {
		from, known := opening[key]
		switch {
		case !known && c.before() == "" && c.period.Revision() == 1:
			from = c.accounts[key].before
		case !known:
			from = money.New(0, key.currency)
		}
		lines, err := c.clearingLines(key, from)
		if err != nil {
			return fmt.Errorf("clearing account of %s in %s: %w", key.source, key.currency, err)
		}
		for i := range lines {
			lines[i].Source = key.source
			if err := c.book(reconcile.BookedLine{Part: reconcile.PartClearing, Clearing: &lines[i]}); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *closer) clearingLines(key account, opening money.Amount) ([]reconcile.ClearingLine, error) {
	of := c.accounts[key]
	lines := []reconcile.ClearingLine{{Line: reconcile.ClearingOpening, BookedOn: c.period.From, Amount: opening}}
	between, err := of.closing.Sub(opening)
	if err != nil {
		return nil, err
	}
	kinds := slices.SortedFunc(maps.Keys(c.moved), func(a, b moved) int { return cmp.Compare(a.kind, b.kind) })
	for _, kind := range slices.DeleteFunc(kinds, func(m moved) bool { return m.account != key }) {
		sum := c.moved[kind]
		if between, err = between.Sub(sum.sum); err != nil {
			return nil, err
		}
		lines = append(lines, reconcile.ClearingLine{Line: reconcile.ClearingMovement, Kind: kind.kind, Count: sum.count, Amount: sum.sum})
	}
	if between.Minor != 0 {
		lines = slices.Insert(lines, 1, reconcile.ClearingLine{Line: reconcile.ClearingBetween, BookedOn: c.period.From, Amount: between,
			Note: "changes of what is older, which are handed over elsewhere or were before the first period"})
	}
	lines = append(lines, reconcile.ClearingLine{Line: reconcile.ClearingClosing, BookedOn: lastDay(c.period), Amount: of.closing})
	differences, err := c.payoutDifferences(key)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(of.unpaid, func(a, b reconcile.ClearingLine) int {
		return cmp.Or(cmp.Compare(a.BookedOn, b.BookedOn), cmp.Compare(a.ObjectID, b.ObjectID))
	})
	left := of.closing
	for _, line := range append(of.unpaid, differences...) {
		if left, err = left.Sub(line.Amount); err != nil {
			return nil, err
		}
		lines = append(lines, line)
	}
	if left.Minor != 0 {
		return nil, fmt.Errorf("the balance of %s is not what it consists of: %s is left over: %w", of.closing, left, reconcile.ErrIntegrity)
	}
	return lines, nil
}

// payoutDifferences lists the payouts of an account that are not what their known members come to.
func (c *closer) payoutDifferences(key account) ([]reconcile.ClearingLine, error) {
	var lines []reconcile.ClearingLine
	for of, net := range c.paidOut {
		if of.source != key.source || of.currency != key.currency || net == 0 {
			continue
		}
		difference := money.New(net, key.currency)
		line := reconcile.ClearingLine{Line: reconcile.ClearingPayout, Kind: reconcile.EntryPayout, ObjectID: of.id,
			Note: "its members are not known"}
		if with := c.payouts[of]; with != nil {
			var err error
			if difference, err = difference.Add(with.sum); err != nil {
				return nil, err
			}
			line.Count, line.Note = with.count, "its known members come to another sum"
		}
		if line.Amount = difference; difference.Minor != 0 {
			lines = append(lines, line)
		}
	}
	slices.SortFunc(lines, func(a, b reconcile.ClearingLine) int { return cmp.Compare(a.ObjectID, b.ObjectID) })
	return lines, nil
}
