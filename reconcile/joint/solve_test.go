package joint

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// items makes items of names; "a:30" has 30 speaking for its staying alone.
func items(names string) []Item {
	var made []Item
	for name := range strings.FieldsSeq(names) {
		item := Item{ID: name}
		if id, alone, has := strings.Cut(name, ":"); has {
			item.ID = id
			if _, err := fmt.Sscan(alone, &item.Alone); err != nil {
				panic(err)
			}
		}
		made = append(made, item)
	}
	return made
}

// pairsOf reads "a-x:400 b-x:300".
func pairsOf(text string) []Pair {
	var pairs []Pair
	for field := range strings.FieldsSeq(text) {
		names, weight, _ := strings.Cut(field, ":")
		claim, payment, _ := strings.Cut(names, "-")
		pair := Pair{Claim: claim, Payment: payment}
		if _, err := fmt.Sscan(weight, &pair.Weight); err != nil {
			panic(err)
		}
		pairs = append(pairs, pair)
	}
	return pairs
}

func (s Solution) String() string {
	var words []string
	for _, c := range s.Chosen {
		words = append(words, fmt.Sprintf("%s-%s:%d", c.Claim, c.Payment, c.Margin))
	}
	for _, o := range s.Open {
		words = append(words, fmt.Sprintf("%s:%s", o.Claim, o.Because))
	}
	return strings.Join(words, " ")
}

func TestSolve(t *testing.T) {
	for _, test := range []struct{ name, claims, payments, pairs, want string }{
		{"nothing", "", "", "", ""},
		{"nothing speaks for anything (4c 4: an unchecked signal earns nothing)", "a b", "x y", "", ""},
		{"one pair: its margin is over staying alone", "a", "x", "a-x:400", "a-x:400"},
		{"staying alone is an alternative", "a:150", "x:100", "a-x:400", "a-x:150"},
		{"what speaks for staying alone may win", "a:250", "x:200", "a-x:400", ""},
		{"against", "a", "x", "a-x:-1", ""},
		{"as good as alone is not better", "a", "x", "a-x:0", ""},
		{"weak evidence against staying alone", "a:-100", "x", "a-x:-50", "a-x:50"},
		// {100, 97} and {98, 101} with a tolerance of 2: taking 100 with 98 first leaves 97 and 101 alone.
		{"4c 1: two pairs, not the first that fits", "c100 c97", "p98 p101", "c100-p98:300 c100-p101:310 c97-p98:310", "c100-p101:310 c97-p98:310"},
		{"4c 1: also where the first fit is the strongest", "c100 c97", "p98 p101", "c100-p98:400 c100-p101:250 c97-p98:250", "c100-p101:100 c97-p98:100"},
		{"4c 6: two claims of one payment: the better one, once", "a b", "x", "a-x:400 b-x:150", "a-x:250"},
		{"4c 6: two equal claims of one payment: neither", "a b", "x", "a-x:400 b-x:400", "a:tied b:tied"},
		{"4c 23: one claim in reach of three payments is one pair", "a", "x y z", "a-x:400 a-y:300 a-z:200", "a-x:100"},
		{"one claim, two equal payments", "a", "x y", "a-x:400 a-y:400", "a:tied"},
		{"twins that nothing tells apart", "a b", "x y", "a-x:400 a-y:400 b-x:400 b-y:400", "a:tied b:tied"},
		{"the margin is over the whole second-best solution", "a b", "x y", "a-x:450 a-y:350 b-x:350 b-y:450", "a-x:200 b-y:200"},
		{"a tie elsewhere holds nothing up", "a b c", "x y", "a-x:400 b-y:300 c-y:300", "a-x:400 b:tied c:tied"},
		{"a tie far down the chain", "a b", "x y", "a-x:300 a-y:300 b-y:300", "a-x:300 b-y:300"},
		{"alone in one of the best solutions", "a b c", "x y", "a-x:300 b-x:300 b-y:300 c-y:300", "a:tied b:tied c:tied"},
		{"as sure as can be is no overflow", "a", "x y", fmt.Sprintf("a-x:%d a-y:%d", math.MaxInt, math.MinInt), "a-x:1000000000"},
	} {
		got, err := Solve(items(test.claims), items(test.payments), pairsOf(test.pairs))
		if err != nil || got.String() != test.want {
			t.Errorf("%s: %q, want %q (%v)", test.name, got, test.want, err)
		}
	}
}

func TestSolveRefusesWhatIsNamedTwice(t *testing.T) {
	for _, test := range []struct{ name, claims, payments, pairs string }{
		{"claim", "a a", "x", "a-x:1"},
		{"payment", "a", "x x", "a-x:1"},
		{"pair", "a", "x", "a-x:1 a-x:2"},
		{"unknown claim", "a", "x", "b-x:1"},
		{"unknown payment", "a", "x", "a-y:1"},
	} {
		if _, err := Solve(items(test.claims), items(test.payments), pairsOf(test.pairs)); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

// drawn is a random problem, small enough to look at every solution of it.
func drawn(t *rapid.T) (claims, payments []Item, pairs []Pair) {
	n, m := rapid.IntRange(0, 5).Draw(t, "claims"), rapid.IntRange(0, 5).Draw(t, "payments")
	alone := rapid.SampledFrom([]int{0, 0, 0, 1, -1, 3})
	for i := range n {
		claims = append(claims, Item{fmt.Sprintf("c%d", i), alone.Draw(t, "alone")})
	}
	for i := range m {
		payments = append(payments, Item{fmt.Sprintf("p%d", i), alone.Draw(t, "alone")})
	}
	for _, c := range claims {
		for _, p := range payments {
			if rapid.Bool().Draw(t, "allowed") {
				pairs = append(pairs, Pair{c.ID, p.ID, rapid.IntRange(-2, 6).Draw(t, "weight")}) // few values: many ties
			}
		}
	}
	return claims, payments, pairs
}

// brute looks at every one-to-one solution; but excludes a pair, and only wants one.
func brute(claims, payments []Item, pairs []Pair, wanted func(chosen []Pair) bool) int {
	alone := 0
	of := map[string]int{}
	for _, item := range slices.Concat(claims, payments) {
		alone += item.Alone
		of[item.ID] = item.Alone
	}
	best := math.MinInt
	var try func(from int, used map[string]bool, chosen []Pair, score int)
	try = func(from int, used map[string]bool, chosen []Pair, score int) {
		if wanted(chosen) {
			best = max(best, score)
		}
		for i := from; i < len(pairs); i++ {
			p := pairs[i]
			if used[p.Claim] || used[p.Payment] {
				continue
			}
			used[p.Claim], used[p.Payment] = true, true
			try(i+1, used, append(slices.Clone(chosen), p), score+p.Weight-of[p.Claim]-of[p.Payment])
			used[p.Claim], used[p.Payment] = false, false
		}
	}
	try(0, map[string]bool{}, nil, alone)
	return best
}

func TestSolveAgainstEverySolution(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		claims, payments, pairs := drawn(t)
		got, err := Solve(claims, payments, pairs)
		if err != nil {
			t.Fatal(err)
		}
		best := brute(claims, payments, pairs, func([]Pair) bool { return true })
		margins := map[Pair]int{}
		for _, c := range got.Chosen {
			margins[c.Pair] = c.Margin
		}
		open := map[string]bool{}
		for _, o := range got.Open {
			open[o.Claim] = true
		}
		for _, p := range pairs {
			with := brute(claims, payments, pairs, func(chosen []Pair) bool { return slices.Contains(chosen, p) })
			without := brute(claims, payments, pairs, func(chosen []Pair) bool { return !slices.Contains(chosen, p) })
			if with == best && best-without != margins[p] || with < best && margins[p] != 0 {
				t.Fatalf("%v: margin %d; best %d, with %d, without %d\n%v", p, margins[p], best, with, without, got)
			}
		}
		for _, c := range claims { // open is what some best solution pairs, and another one otherwise
			ways := 0
			for _, p := range pairs {
				gain := p.Weight - c.Alone - payments[slices.IndexFunc(payments, func(i Item) bool { return i.ID == p.Payment })].Alone
				if p.Claim == c.ID && gain > 0 && margins[p] == 0 &&
					brute(claims, payments, pairs, func(chosen []Pair) bool { return slices.Contains(chosen, p) }) == best {
					ways++
				}
			}
			if open[c.ID] != (ways > 0) {
				t.Fatalf("%s: open %t, in %d undecided best pairs\n%v", c.ID, open[c.ID], ways, got)
			}
		}
	})
}

func TestSolveTakesAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		claims, payments, pairs := drawn(t)
		first, err := Solve(claims, payments, pairs)
		if err != nil {
			t.Fatal(err)
		}
		second, err := Solve(rapid.Permutation(claims).Draw(t, "claims"), rapid.Permutation(payments).Draw(t, "payments"),
			rapid.Permutation(pairs).Draw(t, "pairs"))
		if err != nil || first.String() != second.String() {
			t.Fatalf("%v\n%v\n%v", first, second, err)
		}
	})
}

// dense is a problem in which every claim may be every payment, and the pair of the same number is best.
func dense(n int) (claims, payments []Item, pairs []Pair) {
	for i := range n {
		claims = append(claims, Item{ID: fmt.Sprintf("c%05d", i)})
		payments = append(payments, Item{ID: fmt.Sprintf("p%05d", i)})
		for j := range n {
			pairs = append(pairs, Pair{fmt.Sprintf("c%05d", i), fmt.Sprintf("p%05d", j), 500 - min(400, 10*max(i-j, j-i))})
		}
	}
	return claims, payments, pairs
}

func TestWhatIsTooLargeIsLeftUndecidedAndSaid(t *testing.T) {
	claims, payments, pairs := dense(MostTogether / 2)
	got, err := Solve(claims, payments, pairs)
	if err != nil || len(got.Chosen) != MostTogether/2 || got.Chosen[7].Payment != "p00007" || got.Chosen[7].Margin != 20 {
		t.Fatalf("at the cap: %d chosen, %d open, %v", len(got.Chosen), len(got.Open), err)
	}
	claims, payments = append(claims, Item{ID: "one more"}), append(payments, Item{ID: "apart"})
	pairs = append(pairs, Pair{"one more", "p00001", 5})
	claims, pairs = append(claims, Item{ID: "beside"}), append(pairs, Pair{"beside", "apart", 5})
	got, err = Solve(claims, payments, pairs)
	if err != nil || len(got.Open) != MostTogether/2+1 || got.Open[3].Because != TooLarge {
		t.Errorf("one more: %d open, %v", len(got.Open), err)
	}
	if len(got.Chosen) != 1 || got.Chosen[0].Claim != "beside" {
		t.Errorf("what does not hang together with it is decided all the same: %v", got.Chosen)
	}
}

func TestHostileSizes(t *testing.T) {
	began := time.Now()
	claims, payments, pairs := dense(1000) // a million pairs that all hang together
	got, err := Solve(claims, payments, pairs)
	if err != nil || len(got.Open) != 1000 || len(got.Chosen) != 0 {
		t.Fatalf("%d open, %d chosen, %v", len(got.Open), len(got.Chosen), err)
	}
	const many = 50_000
	claims, payments, pairs = nil, nil, nil
	for i := range many { // a long row of small contests: claim i may be payment i, or less likely the next
		c, p := fmt.Sprintf("c%d", i), fmt.Sprintf("p%d", i)
		claims, payments = append(claims, Item{ID: c}), append(payments, Item{ID: p})
		pairs = append(pairs, Pair{c, p, 400})
		if i%10 != 9 {
			pairs = append(pairs, Pair{c, fmt.Sprintf("p%d", i+1), 300})
		}
	}
	got, err = Solve(claims, payments, pairs)
	if err != nil || len(got.Chosen) != many {
		t.Fatalf("%d chosen, %v", len(got.Chosen), err)
	}
	if took := time.Since(began); took > time.Minute { // seconds even on a busy machine
		t.Errorf("took %s", took)
	}
}
