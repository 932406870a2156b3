package reconcile

import (
	"cmp"
	"fmt"
	"slices"

	"pennytie/reconcile/money"
)

// Settlement sums the entries of ledgers by the payout that they went out with, so that payouts can be held against them. The
// engine makes exceptions of it, and the reports their columns.
type Settlement struct {
	payouts  map[payoutKey]*payoutSums
	balances map[balanceKey]money.Amount
}

type payoutKey struct{ provider, id string }

type balanceKey struct {
	source   string
	currency money.Currency
}

type payoutSums struct {
	source string       // the first that speaks of it
	parts  []PayoutPart // one of each currency
}

// PayoutPart is what the ledger has of a payout in one currency. The payout's own rows, by which it left and, if it failed, came
// back, are no members of it; the return of one may be a member of the next.
type PayoutPart struct {
	Members         int
	Gross, Fee, Net money.Amount
	Own             *money.Amount // what its own rows come to; nil: the ledger has none
	Balance         *money.Amount // what its source had of this currency when it had left; nil likewise
	// Unexplained is the payout less the net of its members; of one that failed or was canceled, what has not come back. nil where
	// nobody can say: the provider has not listed the members, or cannot.
	Unexplained *money.Amount
}

// NewSettlement is one without entries.
func NewSettlement() *Settlement {
	return &Settlement{payouts: map[payoutKey]*payoutSums{}, balances: map[balanceKey]money.Amount{}}
}

// Add takes one entry; they come by time.
func (s *Settlement) Add(e *Entry) error {
	at := balanceKey{e.Source, e.Net.Currency}
	balance, known := s.balances[at]
	if !known {
		balance.Currency = at.currency
	}
	balance, err := balance.Add(e.Net)
	if err != nil {
		return fmt.Errorf("balance of %s at ledger entry %s: %w", e.Source, e.ID, err)
	}
	s.balances[at] = balance
	own := e.ownOf()
	if own != "" {
		part := s.part(e, own)
		sum := money.New(0, at.currency)
		if part.Own != nil {
			sum = *part.Own
		}
		if sum, err = sum.Add(e.Net); err != nil {
			return fmt.Errorf("payout %s at ledger entry %s: %w", own, e.ID, err)
		}
		part.Own = &sum
		if e.Kind == EntryPayout {
			part.Balance = &balance
		}
	}
	if e.PayoutID == "" || e.PayoutID == own {
		return nil
	}
	if err := s.part(e, e.PayoutID).add(e); err != nil {
		return fmt.Errorf("payout %s at ledger entry %s: %w", e.PayoutID, e.ID, err)
	}
	return nil
}

// ownOf is the payout of which an entry is an own row.
func (e *Entry) ownOf() string {
	if e.Kind != EntryPayout && e.Kind != EntryPayoutReversal {
		return ""
	}
	return cmp.Or(e.About, e.PayoutID)
}

// part is where an entry counts in a payout.
func (s *Settlement) part(e *Entry, id string) *PayoutPart {
	key := payoutKey{e.Provider, id}
	sums := s.payouts[key]
	if sums == nil {
		sums = &payoutSums{source: e.Source}
		s.payouts[key] = sums
	}
	sums.source = min(sums.source, e.Source)
	at := slices.IndexFunc(sums.parts, func(p PayoutPart) bool { return p.Net.Currency == e.Net.Currency })
	if at < 0 {
		at = len(sums.parts)
		sums.parts = append(sums.parts, emptyPart(e.Net.Currency))
	}
	return &sums.parts[at]
}

func emptyPart(currency money.Currency) PayoutPart {
	zero := money.New(0, currency)
	return PayoutPart{Gross: zero, Fee: zero, Net: zero}
}

func (p *PayoutPart) add(e *Entry) error {
	for _, sum := range []struct {
		to   *money.Amount
		more money.Amount
	}{{&p.Gross, e.Gross}, {&p.Fee, e.Fee}, {&p.Net, e.Net}} {
		var err error
		if *sum.to, err = sum.to.Add(sum.more); err != nil {
			return err
		}
	}
	p.Members++
	return nil
}

// Named lists the payouts that entries speak of, with nothing but source, provider and id: some of them no source may know.
func (s *Settlement) Named() []Payout {
	var named []Payout
	for key, sums := range s.payouts {
		named = append(named, Payout{Source: sums.source, Provider: key.provider, ID: key.id})
	}
	slices.SortFunc(named, func(a, b Payout) int { return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Provider, b.Provider)) })
	return named
}

// Parts are what the ledger has of a payout in its own currency, which comes first and always, and in each other one.
func (s *Settlement) Parts(p *Payout) ([]PayoutPart, error) {
	var parts []PayoutPart
	if sums := s.payouts[payoutKey{p.Provider, p.ID}]; sums != nil {
		parts = slices.Clone(sums.parts)
	}
	own := p.Amount.Currency
	if own != "" && !slices.ContainsFunc(parts, func(part PayoutPart) bool { return part.Net.Currency == own }) {
		parts = append(parts, emptyPart(own))
	}
	slices.SortFunc(parts, func(a, b PayoutPart) int {
		return cmp.Or(compareBool(b.Net.Currency == own, a.Net.Currency == own), cmp.Compare(a.Net.Currency, b.Net.Currency))
	})
	for i := range parts {
		rest, err := parts[i].unexplained(p)
		if err != nil {
			return nil, fmt.Errorf("payout %s: %w", p.ID, err)
		}
		parts[i].Unexplained = rest
	}
	return parts, nil
}

// unexplained is the part's remainder, if there must be none.
func (p *PayoutPart) unexplained(of *Payout) (*money.Amount, error) {
	amount, members := money.New(0, p.Net.Currency), p.Net
	switch of.Status {
	case PayoutPaid, PayoutInTransit:
		if !of.Automatic || !of.Itemised {
			return nil, nil
		}
		if of.Amount.Currency == amount.Currency {
			amount = of.Amount
		}
	case PayoutFailed, PayoutCanceled:
		if p.Own == nil {
			return nil, nil
		}
		members = *p.Own
	default:
		return nil, nil
	}
	rest, err := amount.Sub(members)
	return &rest, err
}

// PayoutExceptions are a payout's disagreements with the ledger.
func (s *Settlement) PayoutExceptions(p *Payout) ([]Exception, error) {
	parts, err := s.Parts(p)
	if err != nil {
		return nil, err
	}
	var found []Exception
	for i := range parts {
		rest := parts[i].Unexplained
		if rest == nil || rest.Minor == 0 {
			continue
		}
		x := Exception{Code: ExPayoutMismatch, Subject: p.ID, Severity: SeverityOf(rest.Abs()), Expected: amountText(&p.Amount),
			Actual: amountText(&parts[i].Net), Detail: amountText(rest) + " of this payout is not explained by its members"}
		switch {
		case p.Status == PayoutFailed || p.Status == PayoutCanceled:
			x.Actual = amountText(parts[i].Own)
			x.Detail = fmt.Sprintf("this payout is %s and %s has not come back", p.Status, amountText(rest))
		case rest.Currency != p.Amount.Currency:
			x.Subject, x.Detail = p.ID+" "+string(rest.Currency), "members of this payout are in another currency"
		case parts[i].Members == 0:
			x.Detail = "the ledger has no member of this payout"
		}
		found = append(found, x)
	}
	return found, nil
}
