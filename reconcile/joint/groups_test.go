package joint

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"pennytie/reconcile/money"
)

// part reads "a=40" (in USD), "a=40EUR" and "a=40/300": 300 speaks for it, else 100.
func part(text string) Part {
	p := Part{Weight: 100}
	id, rest, _ := strings.Cut(text, "=")
	rest, weight, has := strings.Cut(rest, "/")
	if has {
		if _, err := fmt.Sscan(weight, &p.Weight); err != nil {
			panic(err)
		}
	}
	currency := money.Currency("USD")
	if other, is := strings.CutSuffix(rest, "EUR"); is {
		rest, currency = other, "EUR"
	}
	var minor int64
	if _, err := fmt.Sscan(rest, &minor); err != nil {
		panic(err)
	}
	p.ID, p.Amount = id, money.New(minor, currency)
	return p
}

// whole reads "w=100: a=60 b=40".
func whole(text string) Whole {
	own, parts, _ := strings.Cut(text, ":")
	p := part(own)
	w := Whole{ID: p.ID, Amount: p.Amount}
	for text := range strings.FieldsSeq(parts) {
		w.Parts = append(w.Parts, part(text))
	}
	return w
}

func (g Group) String() string {
	if len(g.Members) == 0 {
		return fmt.Sprintf("%s %s", g.Whole, g.State)
	}
	return fmt.Sprintf("%s %s %s =%d/%d", g.Whole, g.State, strings.Join(g.Members, "+"), g.Sum.Minor, g.Weight)
}

func TestGroups(t *testing.T) {
	for _, test := range []struct{ name, wholes, want string }{
		{"nothing", "w=100:", "w none"},
		{"4c 2: {50, 60, 40} for 100 is 60 and 40", "w=100: a=50 b=60 c=40", "w found b+c =100/100"},
		{"4c 2: in any order", "w=100: b=60 c=40 a=50", "w found b+c =100/100"},
		{"4c 2: greedy takes 70 first", "w=100: a=70 b=40 c=35 d=25", "w found b+c+d =100/100"},
		{"4c 5: a group is worth no more than its weakest member", "w=100: b=60/900 c=40/50", "w found b+c =100/50"},
		{"4c 4: nothing speaks for a part", "w=100: b=60/900 c=40/0", "w none"},
		{"4c 4: 5, 7 and 9 are not 100", "w=100: a=5/900 b=7/900 c=9/900", "w short a+b+c =21/900"},
		{"4c 9: another currency is never a part", "w=100: b=60 c=40EUR", "w none"},
		{"4c 9: nor is it when it would make the sum wrong", "w=100: b=60 c=40 d=40EUR", "w found b+c =100/100"},
		{"4c 10: 0.1 and 0.2 are 0.3", "w=30: a=10 b=20", "w found a+b =30/100"},
		{"4c 10: and nothing near it", "w=31: a=10 b=20 c=30", "w none"},
		{"4c 11: more than the whole is not the whole", "w=100: b=60 c=41", "w none"},
		{"4c 24: a refund does not make up for too much", "w=100: b=60 c=60 d=-20", "w none"},
		{"one that is the whole is no group", "w=100: a=100", "w none"},
		{"nothing adds nothing", "w=100: a=60 b=40 c=0", "w found a+b =100/100"},
		{"two ways", "w=100: a=60 b=40 c=40", "w ambiguous"},
		{"two ways of different length", "w=100: a=60 b=40 c=30 d=30", "w ambiguous"},
		{"less than the whole, all together", "w=100: a=50 b=40", "w short a+b =90/100"},
		{"one part is no split", "w=100: a=50", "w none"},
		{"five members", "w=100: a=30 b=25 c=20 d=15 e=10", "w found a+b+c+d+e =100/100"},
		{"six are not looked for", "w=105: a=30 b=25 c=20 d=15 e=10 f=5", "w none"},
		{"one part named twice counts once", "w=100: a=50 a=50", "w none"},
		{"the whole is no part of itself", "w=100: w=60 a=40", "w none"},
		{"4c 6: two wholes want one part", "v=100: a=60 b=40; w=90: b=40 c=50", "v contested a+b =100/100; w contested b+c =90/100"},
		{"4c 6: what is a whole is no part elsewhere", "v=100: a=60 b=40; w=150: v=100 c=50", "v contested a+b =100/100; w contested c+v =150/100"},
		{"wholes apart", "v=100: a=60 b=40; w=90: d=40 c=50", "v found a+b =100/100; w found c+d =90/100"},
		{"at the end of 64 bits", fmt.Sprintf("w=%d: a=%d b=1 c=%d", math.MaxInt64, math.MaxInt64-1, math.MaxInt64-3),
			fmt.Sprintf("w found a+b =%d/100", math.MaxInt64)},
	} {
		var wholes []Whole
		for text := range strings.SplitSeq(test.wholes, "; ") {
			wholes = append(wholes, whole(text))
		}
		for range 2 {
			var got []string
			for _, g := range Groups(wholes) {
				got = append(got, g.String())
			}
			if text := strings.Join(got, "; "); text != test.want {
				t.Errorf("%s: %q, want %q", test.name, text, test.want)
			}
			slices.Reverse(wholes)
		}
	}
}

func TestTooManyPartsAreSaid(t *testing.T) {
	w := whole("w=1000000:")
	for i := range MostParts {
		w.Parts = append(w.Parts, part(fmt.Sprintf("p%d=%d", i, 1000+i)))
	}
	w.Parts = append(w.Parts, part("other=5EUR"), part("larger=1000001"))
	if g := Groups([]Whole{w})[0]; g.State != Short {
		t.Errorf("at the cap: %s", g)
	}
	w.Parts = append(w.Parts, part("a=400000"), part("b=600000"))
	if g := Groups([]Whole{w})[0]; g.State != Capped || g.Members != nil {
		t.Errorf("over the cap: %s", g)
	}
}

func TestGroupsAgainstEverySubset(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := Whole{ID: "w", Amount: money.New(rapid.Int64Range(1, 40).Draw(t, "whole"), "USD")}
		for i := range rapid.IntRange(0, 9).Draw(t, "parts") {
			w.Parts = append(w.Parts, Part{fmt.Sprintf("p%d", i),
				money.New(rapid.Int64Range(-2, 30).Draw(t, "amount"), rapid.SampledFrom([]money.Currency{"USD", "USD", "USD", "EUR"}).Draw(t, "currency")),
				rapid.IntRange(0, 3).Draw(t, "weight")})
		}
		var subsets []string
		for set := range 1 << len(w.Parts) {
			var members []string
			sum, least, allowed := int64(0), math.MaxInt, true
			for i, p := range w.Parts {
				if set>>i&1 == 1 {
					members, sum, least = append(members, p.ID), sum+p.Amount.Minor, min(least, p.Weight)
					allowed = allowed && p.Amount.Currency == "USD" && p.Amount.Minor > 0 && p.Weight > 0
				}
			}
			if allowed && sum == w.Amount.Minor && len(members) >= 2 && len(members) <= MostMembers {
				subsets = append(subsets, fmt.Sprintf("w found %s =%d/%d", strings.Join(members, "+"), sum, least))
			}
		}
		w.Parts = rapid.Permutation(w.Parts).Draw(t, "order")
		got := Groups([]Whole{w})[0]
		switch {
		case len(subsets) == 1 && got.String() == subsets[0]:
		case len(subsets) > 1 && got.State == Ambiguous:
		case len(subsets) == 0 && (got.State == None || got.State == Short && got.Sum.Minor < w.Amount.Minor):
		default:
			t.Fatalf("%v, want %v", got, subsets)
		}
	})
}
