package joint

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// MostTogether is how many claims and payments, counted together, may hang together by pairs. What is larger is no competition
// of a few payers but a pair rule that tells nobody apart.
const MostTogether = 256

// mostWeight bounds a weight, so that no sum overflows. Ten million nats are certainty, and so is all beyond.
const mostWeight = 1_000_000_000

// Item is a claim or a payment. Alone is what speaks for its staying alone, in the unit of Pair.Weight.
type Item struct {
	ID    string
	Alone int
}

// Pair is a claim and a payment that may be the same money, and what speaks for it.
type Pair struct {
	Claim, Payment string
	Weight         int
}

// Solution is what every best whole solution agrees on.
type Solution struct {
	Chosen []Choice // by claim
	Open   []Open   // by claim: what no best solution decides
}

// Choice is a pair that is in every best whole solution. Margin is how much the best solution without it is worse, always
// positive: staying alone is one of the alternatives.
type Choice struct {
	Pair
	Margin int
}

// Open is a claim that has pairs and about which nothing is decided.
type Open struct {
	Claim   string
	Because Reason
}

// Reason says why nothing is decided.
type Reason string

// The reasons.
const (
	Tied     Reason = "tied"      // the best whole solutions differ about it
	TooLarge Reason = "too large" // it hangs together with more than MostTogether can be compared
)

// ErrInvalid is a problem that names an item or a pair twice, or a pair of items that it does not have.
var ErrInvalid = errors.New("not a one-to-one problem")

// Solve finds the best one-to-one solution: the sum of the weights of its pairs and of what speaks for the others' staying
// alone is the greatest. A pair that is not better than both alone is none.
func Solve(claims, payments []Item, pairs []Pair) (Solution, error) {
	p, err := newProblem(claims, payments, pairs)
	if err != nil {
		return Solution{}, err
	}
	var s Solution
	for _, c := range p.components() {
		if len(c.claims)+len(c.payments) > MostTogether {
			for _, claim := range c.claims {
				s.Open = append(s.Open, Open{p.claims[claim].ID, TooLarge})
			}
			continue
		}
		p.solve(c, &s)
	}
	slices.SortFunc(s.Chosen, func(a, b Choice) int { return cmp.Compare(a.Claim, b.Claim) })
	slices.SortFunc(s.Open, func(a, b Open) int { return cmp.Compare(a.Claim, b.Claim) })
	return s, nil
}

// problem has its items and edges by number. An edge is a pair that is better than both alone, by its gain.
type problem struct {
	claims, payments []Item
	byClaim          [][]edge
	byPayment        [][]edge // the other way round
}

type edge struct {
	to   int
	gain int
	pair Pair
}

func newProblem(claims, payments []Item, pairs []Pair) (*problem, error) {
	claimAt, err := numbered(claims)
	if err != nil {
		return nil, err
	}
	paymentAt, err := numbered(payments)
	if err != nil {
		return nil, err
	}
	p := &problem{claims, payments, make([][]edge, len(claims)), make([][]edge, len(payments))}
	seen := make(map[[2]int]bool, len(pairs))
	for _, pair := range pairs {
		claim, known := claimAt[pair.Claim]
		payment, alsoKnown := paymentAt[pair.Payment]
		if !known || !alsoKnown || seen[[2]int{claim, payment}] {
			return nil, fmt.Errorf("pair %q %q: %w", pair.Claim, pair.Payment, ErrInvalid)
		}
		seen[[2]int{claim, payment}] = true
		gain := bounded(pair.Weight) - bounded(claims[claim].Alone) - bounded(payments[payment].Alone)
		if gain <= 0 {
			continue
		}
		p.byClaim[claim] = append(p.byClaim[claim], edge{payment, gain, pair})
		p.byPayment[payment] = append(p.byPayment[payment], edge{claim, gain, pair})
	}
	return p, nil
}

func numbered(items []Item) (map[string]int, error) {
	at := make(map[string]int, len(items))
	for i, item := range items {
		if _, twice := at[item.ID]; twice {
			return nil, fmt.Errorf("item %q comes twice: %w", item.ID, ErrInvalid)
		}
		at[item.ID] = i
	}
	return at, nil
}

func bounded(weight int) int { return max(-mostWeight, min(weight, mostWeight)) }

// component is a set of claims and payments that no edge leaves.
type component struct{ claims, payments []int }

func (p *problem) components() []component {
	var found []component
	claimSeen, paymentSeen := make([]bool, len(p.claims)), make([]bool, len(p.payments))
	for start := range p.claims {
		if claimSeen[start] || len(p.byClaim[start]) == 0 {
			continue
		}
		claimSeen[start] = true
		c := component{claims: []int{start}}
		for next := 0; next < len(c.claims); next++ {
			for _, e := range p.byClaim[c.claims[next]] {
				if paymentSeen[e.to] {
					continue
				}
				paymentSeen[e.to] = true
				c.payments = append(c.payments, e.to)
				for _, back := range p.byPayment[e.to] {
					if !claimSeen[back.to] {
						claimSeen[back.to] = true
						c.claims = append(c.claims, back.to)
					}
				}
			}
		}
		found = append(found, c)
	}
	return found
}

// solve adds what is decided of one component. The gains are doubled, so that one more than a gain is still less than any
// difference: it asks whether a solution as good as the best has a claim in a pair.
func (p *problem) solve(c component, s *Solution) {
	column := make(map[int]int, len(c.payments))
	for i, payment := range c.payments {
		column[payment] = i
	}
	a := newAssignment(max(len(c.claims), len(c.payments)))
	for row, claim := range c.claims {
		for _, e := range p.byClaim[claim] {
			a.gain[row][column[e.to]] = 2 * e.gain
		}
	}
	a.solveAll()
	for row, claim := range c.claims {
		at := a.columnOf[row]
		margin := 0
		if a.gain[row][at] > 0 {
			margin = a.without(row) / 2
		}
		switch {
		case margin > 0:
			s.Chosen = append(s.Chosen, Choice{p.pairOf(claim, c.payments[at]), margin})
		case a.gain[row][at] > 0 || a.mayPair(row):
			s.Open = append(s.Open, Open{p.claims[claim].ID, Tied})
		}
	}
}

func (p *problem) pairOf(claim, payment int) Pair {
	i := slices.IndexFunc(p.byClaim[claim], func(e edge) bool { return e.to == payment })
	return p.byClaim[claim][i].pair
}
