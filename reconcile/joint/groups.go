package joint

import (
	"cmp"
	"slices"

	"pennytie/reconcile/money"
)

// Caps of the search for sums. With these a whole costs at most some twenty thousand steps.
const (
	MostParts   = 20 // parts that one whole may have to choose from
	MostMembers = 5  // members of a group; larger ones are not looked for
)

// Part may be a part of a whole, as far as something other than its amount speaks for it: Weight, more than nothing.
type Part struct {
	ID     string
	Amount money.Amount
	Weight int
}

// Whole is an amount that may be the sum of several of its parts.
type Whole struct {
	ID     string
	Amount money.Amount
	Parts  []Part
}

// Group is what was found out about one whole.
type Group struct {
	Whole   string
	State   GroupState
	Members []string     // sorted; of Found and Contested the group, of Short all parts, else none
	Sum     money.Amount // of the members
	Weight  int          // what speaks for the group as a whole: no more than for its weakest member
}

// GroupState says how the search for one whole ended.
type GroupState string

// The states.
const (
	Found     GroupState = "found"     // one group of two to MostMembers comes to the whole, and only one
	Ambiguous GroupState = "ambiguous" // several do
	Contested GroupState = "contested" // a member is in the group of another whole as well
	Short     GroupState = "short"     // all parts together are less than the whole
	None      GroupState = "none"      // no group comes to the whole, exactly
	Capped    GroupState = "capped"    // there are more than MostParts to choose from: not searched
)

// Groups finds for each whole the parts that come to it to the last minor unit, in its currency. A part in another currency, of
// nothing or less, of the whole amount or more, or for which nothing speaks is no part of a sum. What two groups want neither gets.
func Groups(wholes []Whole) []Group {
	groups := make([]Group, len(wholes))
	users := map[string]int{}
	for i := range wholes {
		groups[i] = wholes[i].group()
		if groups[i].State == Found {
			for _, id := range append(groups[i].Members, wholes[i].ID) {
				users[id]++
			}
		}
	}
	for i := range groups {
		g := &groups[i]
		taken := func(id string) bool { return users[id] > 1 }
		if g.State == Found && (taken(g.Whole) || slices.ContainsFunc(g.Members, taken)) {
			g.State = Contested
		}
	}
	slices.SortFunc(groups, func(a, b Group) int { return cmp.Compare(a.Whole, b.Whole) })
	return groups
}

func (w *Whole) group() Group {
	parts := w.parts()
	all := Group{Whole: w.ID, State: None, Sum: money.New(0, w.Amount.Currency)}
	if len(parts) > MostParts {
		all.State = Capped
		return all
	}
	s := search{parts: parts, rest: make([]int64, len(parts)+1)}
	for i := len(parts) - 1; i >= 0; i-- {
		s.rest[i] = w.Amount.Minor
		if missing := w.Amount.Minor - s.rest[i+1]; parts[i].Amount.Minor < missing {
			s.rest[i] -= missing - parts[i].Amount.Minor
		}
	}
	switch s.run(0, w.Amount.Minor, nil); {
	case len(s.found) > 1:
		all.State = Ambiguous
		return all
	case len(s.found) == 1:
		return all.of(Found, s.found[0])
	case len(parts) > 1 && s.rest[0] < w.Amount.Minor:
		return all.of(Short, parts)
	}
	return all
}

// of fills in the members. Their sum is at most the whole.
func (g Group) of(state GroupState, members []Part) Group {
	g.State, g.Weight = state, members[0].Weight
	for _, part := range members {
		g.Members = append(g.Members, part.ID)
		g.Sum.Minor += part.Amount.Minor
		g.Weight = min(g.Weight, part.Weight)
	}
	slices.Sort(g.Members)
	return g
}

// parts are those that can be in a sum, the largest first, then by id. One that is named twice counts once, by its least word.
func (w *Whole) parts() []Part {
	parts := slices.DeleteFunc(slices.Clone(w.Parts), func(p Part) bool {
		return p.Amount.Currency != w.Amount.Currency || p.Amount.Minor <= 0 || p.Amount.Minor >= w.Amount.Minor || p.Weight <= 0 || p.ID == w.ID
	})
	slices.SortFunc(parts, func(a, b Part) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Amount.Minor, b.Amount.Minor), cmp.Compare(a.Weight, b.Weight))
	})
	parts = slices.CompactFunc(parts, func(a, b Part) bool { return a.ID == b.ID })
	slices.SortStableFunc(parts, func(a, b Part) int { return cmp.Compare(b.Amount.Minor, a.Amount.Minor) })
	return parts
}

// search looks through the sums of parts until it knows two groups.
type search struct {
	parts []Part
	rest  []int64 // rest[i] is what the parts from i on come to, but no more than the whole: that never overflows
	found [][]Part
}

func (s *search) run(from int, missing int64, taken []Part) {
	if missing == 0 {
		s.found = append(s.found, slices.Clone(taken))
		return
	}
	if len(taken) == MostMembers {
		return
	}
	for i := from; i < len(s.parts) && len(s.found) < 2 && s.rest[i] >= missing; i++ {
		if amount := s.parts[i].Amount.Minor; amount <= missing {
			s.run(i+1, missing-amount, append(taken, s.parts[i]))
		}
	}
}
