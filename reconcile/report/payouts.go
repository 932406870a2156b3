package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

const payoutsFile = "payouts.csv"

// payoutRow is a line of payouts.csv, by payout, provider and currency: what was paid out and what the ledger says it was made of.
// A payout of which only entries or payments speak has no amount. Where no entry names a payout, its members are the payments
// that do; a sum with an unknown member is unknown.
type payoutRow struct {
	PayoutID       Text   `csv:"payout_id"`
	Source         Text   `csv:"source"`
	Provider       Text   `csv:"provider"`
	Status         Text   `csv:"status"`
	ProviderStatus Text   `csv:"provider_status"`
	Automatic      Text   `csv:"automatic"`
	Currency       Text   `csv:"currency"`
	Amount         Money  `csv:"amount" in:"currency"`
	CreatedAt      Time   `csv:"created_at"`
	ArrivesOn      Time   `csv:"arrives_on"`
	Members        Number `csv:"members"`
	Gross          Money  `csv:"gross" in:"currency"` // of the members, as are fee and net
	Fee            Money  `csv:"fee" in:"currency"`
	Net            Money  `csv:"net" in:"currency"`
	Unexplained    Money  `csv:"unexplained" in:"currency"` // amount less net; of one that failed, what has not come back
	Balance        Money  `csv:"balance" in:"currency"`     // of the source's ledger when it had left
}

func comparePayouts(a, b payoutRow) int {
	return cmp.Or(cmp.Compare(a.PayoutID, b.PayoutID), cmp.Compare(a.Provider, b.Provider),
		cmp.Compare(a.Currency, b.Currency), cmp.Compare(a.Source, b.Source))
}

type payoutKey struct{ provider, id string }

// payoutSum is what the payments of a payout bring in one settlement currency.
type payoutSum struct {
	payments        int
	gross, fee, net *money.Amount // nil once a member is unknown
}

type paidOut struct {
	source string
	sums   map[money.Currency]*payoutSum
}

// payoutBook sums the payments of each payout; there are as many as the provider paid out, not as many as
// payments.
type payoutBook map[payoutKey]*paidOut

func (book payoutBook) add(p *reconcile.Payment) error {
	if p.PayoutID == "" {
		return nil
	}
	key, currency := payoutKey{p.Provider, p.PayoutID}, settlementCurrency(p)
	out := book[key]
	if out == nil {
		out = &paidOut{source: p.Source, sums: map[money.Currency]*payoutSum{}}
		book[key] = out
	}
	out.source = min(out.source, p.Source)
	sum := out.sums[currency]
	if sum == nil {
		zero := func() *money.Amount { return &money.Amount{Currency: currency} }
		sum = &payoutSum{gross: zero(), fee: zero(), net: zero()}
		out.sums[currency] = sum
	}
	sum.payments++
	gross, err := plus(p.Net, p.Fee)
	if err == nil {
		sum.gross, err = plus(sum.gross, gross)
	}
	if err == nil {
		sum.fee, err = plus(sum.fee, p.Fee)
	}
	if err == nil {
		sum.net, err = plus(sum.net, p.Net)
	}
	if err != nil {
		return fmt.Errorf("payout %s at payment %s: %w", p.PayoutID, p.ID, err)
	}
	return nil
}

// plus adds two amounts of which either may be unknown; then the sum is, too.
func plus(a, b *money.Amount) (*money.Amount, error) {
	if a == nil || b == nil {
		return nil, nil
	}
	sum, err := a.Add(*b)
	return &sum, err
}

// payouts writes payouts.csv: what sources say of payouts, and those of which only entries or payments speak.
func (b *bundle) payouts(book payoutBook) error {
	t, err := openTable(b, payoutsFile, func(r *payoutRow, s *sums) {
		s.add("amount", r.Amount)
		s.add("gross", r.Gross)
		s.add("fee", r.Fee)
		s.add("net", r.Net)
		s.add("unexplained", r.Unexplained)
		s.add("balance", r.Balance)
	})
	if err != nil {
		return err
	}
	rows, err := b.payoutRows(book)
	if err != nil {
		return t.failed(err)
	}
	b.unexplained = map[Text]money.Amount{}
	for i := range rows {
		if err := b.leave(&rows[i]); err != nil {
			return t.failed(err)
		}
		if err := t.add(&rows[i]); err != nil {
			return err
		}
	}
	return finishTable(b, t)
}

// leave counts what a payout leaves unexplained.
func (b *bundle) leave(r *payoutRow) (err error) {
	if r.Unexplained.Currency == "" {
		return nil
	}
	sum := money.Amount{Minor: b.unexplained[r.Currency].Minor, Currency: r.Unexplained.Currency}
	b.unexplained[r.Currency], err = sum.Add(money.Amount(r.Unexplained))
	return err
}

func (b *bundle) payoutRows(book payoutBook) ([]payoutRow, error) {
	var rows []payoutRow
	listed := map[payoutKey]bool{}
	take := func(p *reconcile.Payout) error {
		key := payoutKey{p.Provider, p.ID}
		if listed[key] {
			return nil
		}
		listed[key] = true
		parts, err := b.settlement.Parts(p)
		if err != nil {
			return err
		}
		rows = append(rows, rowsOf(p, parts, book[key])...)
		return nil
	}
	for p, err := range b.reader.Payouts(b.options.Sources) {
		if err == nil {
			err = take(p)
		}
		if err != nil {
			return nil, err
		}
	}
	named := b.settlement.Named()
	for key, out := range book {
		named = append(named, reconcile.Payout{Source: out.source, Provider: key.provider, ID: key.id})
	}
	for i := range named {
		if err := take(&named[i]); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(rows, comparePayouts)
	return rows, nil
}

// rowsOf are the lines of one payout. The payments that name it stand in for its members where the ledger has none and need not.
func rowsOf(p *reconcile.Payout, parts []reconcile.PayoutPart, payments *paidOut) []payoutRow {
	itemised := p.Automatic && p.Itemised
	if slices.ContainsFunc(parts, func(part reconcile.PayoutPart) bool { return part.Members > 0 }) || itemised || payments == nil {
		payments = &paidOut{}
	}
	var rows []payoutRow
	for i := range parts {
		part := &parts[i]
		row := newPayoutRow(p, part.Net.Currency)
		row.Members, row.Unexplained, row.Balance = count(part.Members), known(part.Unexplained), known(part.Balance)
		if part.Members > 0 || itemised {
			row.Gross, row.Fee, row.Net = Money(part.Gross), Money(part.Fee), Money(part.Net)
		}
		if sum := payments.sums[part.Net.Currency]; sum != nil {
			row.fill(sum)
			delete(payments.sums, part.Net.Currency)
		}
		rows = append(rows, row)
	}
	for _, currency := range slices.Sorted(maps.Keys(payments.sums)) {
		row := newPayoutRow(p, currency)
		row.fill(payments.sums[currency])
		rows = append(rows, row)
	}
	return rows
}

func (r *payoutRow) fill(s *payoutSum) {
	r.Members, r.Gross, r.Fee, r.Net = count(s.payments), known(s.gross), known(s.fee), known(s.net)
}

// newPayoutRow is a line without sums. Only in its own currency has a payout an amount.
func newPayoutRow(p *reconcile.Payout, currency money.Currency) payoutRow {
	row := payoutRow{
		PayoutID:       Text(p.ID),
		Source:         Text(p.Source),
		Provider:       Text(p.Provider),
		Status:         Text(p.Status),
		ProviderStatus: Text(p.ProviderStatus),
		Currency:       Text(currency),
		CreatedAt:      Time(p.CreatedAt),
		ArrivesOn:      Time(p.ArrivesOn),
	}
	if p.Status != "" { // a source speaks of it
		row.Automatic = yesNo(p.Automatic)
	}
	if currency == p.Amount.Currency {
		row.Amount = Money(p.Amount)
	}
	return row
}
