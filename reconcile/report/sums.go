package report

import (
	"cmp"
	"math/big"
	"slices"
	"strings"

	"pennytie/reconcile/money"
)

// Sum is what one money column comes to in one currency, in minor units. It is a big integer because the
// sum of valid amounts may leave 64 bits, and a control total that wraps around is worse than none.
type Sum struct {
	Column   string         `json:"column"`
	Currency money.Currency `json:"currency"`
	Minor    *big.Int       `json:"minor"`
}

// Decimal prints the sum in major units, whatever its size.
func (s Sum) Decimal() string {
	digits, exponent := new(big.Int).Abs(s.Minor).String(), s.Currency.Exponent()
	if short := exponent + 1 - len(digits); short > 0 {
		digits = strings.Repeat("0", short) + digits
	}
	if exponent > 0 {
		digits = digits[:len(digits)-exponent] + "." + digits[len(digits)-exponent:]
	}
	if s.Minor.Sign() < 0 {
		return "-" + digits
	}
	return digits
}

// sums adds the money cells of one table.
type sums struct {
	of map[sumKey]*runningSum
}

type sumKey struct {
	column   string
	currency money.Currency
}

// runningSum carries into spill when its 64 bits are full.
type runningSum struct {
	low   int64
	spill *big.Int
}

func newSums() *sums { return &sums{of: map[sumKey]*runningSum{}} }

// add counts a cell; one without a currency is unknown and adds nothing.
func (s *sums) add(column string, m Money) {
	if m.Currency == "" {
		return
	}
	key := sumKey{column, m.Currency}
	sum := s.of[key]
	if sum == nil {
		sum = &runningSum{spill: new(big.Int)}
		s.of[key] = sum
	}
	total := sum.low + m.Minor
	if (total > sum.low) != (m.Minor > 0) && m.Minor != 0 {
		sum.spill.Add(sum.spill, big.NewInt(sum.low))
		total = m.Minor
	}
	sum.low = total
}

// list gives the sums by column, then currency.
func (s *sums) list() []Sum {
	all := make([]Sum, 0, len(s.of))
	for key, sum := range s.of {
		all = append(all, Sum{key.column, key.currency, new(big.Int).Add(sum.spill, big.NewInt(sum.low))})
	}
	slices.SortFunc(all, func(a, b Sum) int {
		return cmp.Or(cmp.Compare(a.Column, b.Column), cmp.Compare(a.Currency, b.Currency))
	})
	return all
}
