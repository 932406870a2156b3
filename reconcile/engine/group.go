package engine

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"pennytie/reconcile"
	"pennytie/reconcile/joint"
	"pennytie/reconcile/money"
	"pennytie/reconcile/score"
)

// mostOfPayer is how many payments, of any date and amount, may carry a key for it to be a payer's.
const mostOfPayer = 200

// group looks for sums among the claims and payments that the pairs left over: a claim that was paid in parts, and a payment of
// several claims. What it finds is told of the claims and joined to nothing. Any change may be a part of any sum, so it looks at
// every open claim, in every run in which something changed.
func (e *Engine) group(ctx context.Context) error {
	g := grouper{Engine: e, books: map[string]*sums{}}
	var amounts []money.Amount
	err := e.Store.View(ctx, func(r reconcile.Reader) error {
		due, err := r.Due(0, 1)
		if err == nil && len(due) > 0 {
			amounts, err = r.ClaimedAmounts()
		}
		return err
	})
	for i := 0; err == nil && i < len(amounts); i++ {
		err = e.Store.View(ctx, func(r reconcile.Reader) error { return g.load(r, amounts[i]) })
	}
	if err != nil {
		return err
	}
	for _, book := range slices.Sorted(maps.Keys(g.books)) {
		g.books[book].solve()
	}
	return g.store(ctx)
}

// grouper gathers the claims that are in no pair.
type grouper struct {
	*Engine
	claims []*left
	books  map[string]*sums
}

// left is a claim that no pair was found for.
type left struct {
	id     string
	row    int64
	of     reconcile.Join // names it
	stored *reconcile.Join
	wanted *reconcile.Join
}

// sums are what may come to what, of one book.
type sums struct {
	claims   map[string]*left
	wholes   map[string]*joint.Whole // claims and payments
	evidence map[[2]string][]reconcile.Evidence
}

func (g *grouper) load(r reconcile.Reader, amount money.Amount) error {
	claims, err := r.PaymentsOf(amount, reconcile.RoleBook, always())
	if err != nil {
		return err
	}
	for _, p := range claims {
		known, err := r.Known(p.Row)
		if err != nil {
			return err
		}
		if err := g.add(r, p, &known); err != nil {
			return err
		}
	}
	return nil
}

// add takes a claim if no pair was found for it, with the payments that it may be a sum with.
func (g *grouper) add(r reconcile.Reader, p *reconcile.Payment, known *reconcile.Known) error {
	leading := (&reconcile.Claim{Records: known.Records}).Leading()
	c := &left{id: p.ID, row: p.Row, of: reconcile.Join{Source: leading.Source, Provider: leading.Provider, Record: leading.ID, Amount: p.Amount}}
	for i := range known.Joins {
		if !known.Joins[i].State.Group() {
			return nil
		}
		c.stored = &known.Joins[i]
	}
	g.claims = append(g.claims, c)
	if !p.Status.Collected() {
		return nil
	}
	prepared := g.Prepare.Payment(p)
	payments, err := r.PaymentsUnder(g.Pair.Keys(prepared), g.window(prepared), mostOfPayer)
	for i := 0; err == nil && i < len(payments); i++ {
		err = g.weighUp(r, c, prepared, known, payments[i])
	}
	return err
}

// weighUp makes the smaller of a claim and a payment a part of the larger, if they are surely of one payer.
func (g *grouper) weighUp(r reconcile.Reader, c *left, claim *reconcile.Prepared, known *reconcile.Known, p *reconcile.Payment) error {
	if p.Amount.Currency != claim.Amount.Currency || p.Amount == claim.Amount || !p.Status.Collected() ||
		slices.ContainsFunc(known.Keys, func(k reconcile.Key) bool { return k.Provider == p.Provider }) {
		return nil
	}
	evidence := g.Pair.Pair(claim, g.Prepare.Payment(p))
	odds, decisive := score.Claim(evidence)
	if !decisive || odds <= 0 {
		return nil
	}
	there, err := r.Known(p.Row)
	if err != nil || slices.ContainsFunc(there.Records, func(r reconcile.SourceRecord) bool { return r.Source == c.of.Source }) {
		return err
	}
	s := g.books[c.of.Source]
	if s == nil {
		s = &sums{map[string]*left{}, map[string]*joint.Whole{}, map[[2]string][]reconcile.Evidence{}}
		g.books[c.of.Source] = s
	}
	s.claims[c.id], s.evidence[[2]string{c.id, p.ID}] = c, evidence
	if p.Amount.Minor < claim.Amount.Minor {
		s.add(c.id, claim.Amount, joint.Part{ID: p.ID, Amount: p.Amount, Weight: int(odds)})
	} else {
		s.add(p.ID, p.Amount, joint.Part{ID: c.id, Amount: claim.Amount, Weight: int(odds)})
	}
	return nil
}

func (s *sums) add(whole string, amount money.Amount, part joint.Part) {
	if s.wholes[whole] == nil {
		s.wholes[whole] = &joint.Whole{ID: whole, Amount: amount}
	}
	s.wholes[whole].Parts = append(s.wholes[whole].Parts, part)
}

// solve says of each claim what it is a sum or a part of.
func (s *sums) solve() {
	var wholes []joint.Whole
	for _, id := range slices.Sorted(maps.Keys(s.wholes)) {
		wholes = append(wholes, *s.wholes[id])
	}
	for _, found := range joint.Groups(wholes) {
		if c := s.claims[found.Whole]; c != nil {
			s.paidInParts(c, &found)
			continue
		}
		for _, id := range found.Members {
			s.partOf(s.claims[id], &found)
		}
	}
}

func (s *sums) paidInParts(c *left, found *joint.Group) {
	switch found.State {
	case joint.Found:
		s.want(c, found, reconcile.Join{State: reconcile.JoinSplit, Others: found.Members})
	case joint.Short:
		s.want(c, found, reconcile.Join{State: reconcile.JoinShort, Others: found.Members, Sum: found.Sum})
	case joint.Ambiguous, joint.Contested, joint.Capped:
		c.unclear()
	}
}

func (s *sums) partOf(c *left, found *joint.Group) {
	switch found.State {
	case joint.Found:
		others := slices.DeleteFunc(slices.Clone(found.Members), func(id string) bool { return id == c.id })
		s.want(c, found, reconcile.Join{State: reconcile.JoinPart, PaymentID: found.Whole, Others: others})
	case joint.Contested:
		c.unclear()
	}
}

// want notes what was found of a claim, with the evidence of the weakest member of the group: it is worth no more.
func (s *sums) want(c *left, found *joint.Group, wanted reconcile.Join) {
	if c.wanted != nil { // it is a sum, and a part of another
		c.unclear()
		return
	}
	wanted.Source, wanted.Provider, wanted.Record, wanted.Amount = c.of.Source, c.of.Provider, c.of.Record, c.of.Amount
	wanted.Confidence, wanted.Margin = score.Pair(reconcile.Weight(found.Weight), reconcile.Weight(found.Weight))
	for _, id := range found.Members {
		for _, pair := range [][2]string{{found.Whole, id}, {id, found.Whole}} {
			evidence := s.evidence[pair]
			if odds, _ := score.Claim(evidence); evidence != nil && wanted.Evidence == nil && int(odds) == found.Weight {
				wanted.Evidence = evidence
			}
		}
	}
	c.wanted = &wanted
}

func (c *left) unclear() {
	wanted := c.of
	wanted.State = reconcile.JoinUnclear
	c.wanted = &wanted
}

// store keeps what is another than before, and lets these claims be judged again.
func (g *grouper) store(ctx context.Context) error {
	claims := slices.DeleteFunc(g.claims, func(c *left) bool { return c.wanted == nil && c.stored == nil })
	slices.SortFunc(claims, func(a, b *left) int { return cmp.Compare(a.id, b.id) })
	for some := range slices.Chunk(claims, matchAtOnce) {
		err := g.update(ctx, func(tx reconcile.Tx) error {
			for _, c := range some {
				if err := c.store(tx); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *left) store(tx reconcile.Tx) error {
	if c.wanted == nil {
		return tx.DropJoin(c.stored)
	}
	change, err := tx.PutJoin(c.wanted)
	if err == nil && change != reconcile.Unchanged {
		err = tx.MakeDue(c.row)
	}
	return err
}
