package similarity

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// What a pair of name tokens is worth, from 0 to 1. The steps matter, not the values: a nickname is nearly the
// name, an initial is consistent with many, a typo with few.
const (
	nicknameScore = 0.96
	initialScore  = 0.86
	typoFloor     = 0.88 // Jaro-Winkler: above it most pairs of surnames are misspellings of each other
	typoScale     = 0.94
	mostNames     = 8 // tokens compared; assignment costs 2^n
)

// Level says how two names relate, from nothing known to equal.
type Level int

// Levels of agreement, weakest first.
const (
	Unknown   Level = iota // one is empty, or they are in different scripts: nothing was compared
	Different              // no token in common
	Relative               // a full token in common, another contradicts: a relative, or chance
	Subset                 // one of them is a single token of the other
	Alike                  // every token of the shorter is met, some by an initial or a typo
	Variant                // the same but for middle names and nicknames
	Same                   // equal, in whatever order
)

// String names a level for evidence and tests.
func (l Level) String() string {
	return [...]string{"unknown", "different", "relative", "subset", "alike", "variant", "same"}[l]
}

// Names is the similarity of two names given as folded tokens, from 0 to 1, whatever their order: the best
// pairing of their tokens, over the number of tokens. Symmetric; 1 only for the same tokens; empty is like
// nothing.
func Names(a, b []string) float64 {
	a, b = bound(a), bound(b)
	if len(a) == 0 || len(b) == 0 {
		return 0
	}
	if len(a) > len(b) {
		a, b = b, a
	}
	best := align(a, b)
	return float64(2*best) / float64(float64(len(a)+len(b))*scale)
}

// Compare classifies two names given as folded tokens (particles and generation taken off by the caller).
func Compare(a, b []string) Level {
	a, b = bound(a), bound(b)
	if len(a) == 0 || len(b) == 0 || latin(a) != latin(b) {
		return Unknown
	}
	if len(a) > len(b) {
		a, b = b, a
	}
	if strings.Join(a, "") == strings.Join(b, "") {
		return Same
	}
	total := align(a, b)
	switch {
	case len(a) == 1 && len(b) == 1:
		return single(total)
	case len(a) == 1:
		if total >= toScore(typoScale*typoFloor) && utf8.RuneCountInString(a[0]) > 1 {
			return Subset
		}
		return Different
	case total == len(a)*scale && len(a) == len(b):
		return Same
	case total >= len(a)*scale-toScore(1-nicknameScore)*len(a):
		return Variant
	case everyTokenMet(a, b):
		return Alike
	case sharesFullToken(a, b):
		return Relative
	}
	return Different
}

// single classifies one token against one token: equal first names are no more than a hint.
func single(total int) Level {
	switch {
	case total == scale:
		return Subset
	case total >= toScore(typoScale*typoFloor):
		return Relative
	}
	return Different
}

// scale makes pair scores integers, so that sums do not depend on the order of adding.
const scale = 1000

func toScore(f float64) int { return int(f*scale + 0.5) }

// align is the best sum of pair scores over all ways to give each token of the shorter name its own token of
// the longer. Exact, so that the result does not depend on the order of tokens.
func align(short, long []string) int {
	var best [1 << mostNames]int
	for i := range best[:1<<len(long)] {
		best[i] = -1
	}
	best[0] = 0
	for i, token := range short {
		var scores [mostNames]int
		for j, other := range long {
			scores[j] = tokenScore(token, other)
		}
		// Subsets with i members grow to i+1; counting down keeps a subset from being used twice.
		for set := 1<<len(long) - 1; set >= 0; set-- {
			if best[set] < 0 || bits(set) != i {
				continue
			}
			for j := range long {
				if set&(1<<j) == 0 {
					grown := set | 1<<j
					best[grown] = max(best[grown], best[set]+scores[j])
				}
			}
		}
	}
	result := 0
	for set, sum := range best[:1<<len(long)] {
		if bits(set) == len(short) {
			result = max(result, sum)
		}
	}
	return result
}

func bits(set int) (n int) {
	for ; set != 0; set &= set - 1 {
		n++
	}
	return n
}

// tokenScore is symmetric.
func tokenScore(a, b string) int {
	if a == b {
		return scale
	}
	first, n := utf8.DecodeRuneInString(a)
	other, m := utf8.DecodeRuneInString(b)
	if n == len(a) || m == len(b) {
		if first == other {
			return toScore(initialScore)
		}
		return 0
	}
	if SameNickname(a, b) {
		return toScore(nicknameScore)
	}
	if jw := JaroWinkler(a, b); jw >= typoFloor {
		return toScore(typoScale * jw)
	}
	const shortestStem = 3 // Mat for Matthew, Chris for Christopher
	if min(len(a), len(b)) >= shortestStem && (strings.HasPrefix(a, b) || strings.HasPrefix(b, a)) {
		return toScore(typoScale * typoFloor)
	}
	const shortestTypo = 4 // one edit of a shorter word makes another name: Ann, Anna, Jan
	if WithinOneEdit(a, b) && utf8.RuneCountInString(a) >= shortestTypo {
		return toScore(typoScale * typoFloor)
	}
	return 0
}

// everyTokenMet says that each token of the shorter name has a partner, and one of them a full one.
func everyTokenMet(short, long []string) bool {
	for _, token := range short {
		if !slices.ContainsFunc(long, func(other string) bool { return tokenScore(token, other) > 0 }) {
			return false
		}
	}
	return align(short, long) >= len(short)*toScore(typoScale*typoFloor) && sharesFullToken(short, long)
}

func sharesFullToken(a, b []string) bool {
	for _, token := range a {
		if utf8.RuneCountInString(token) < 2 {
			continue
		}
		for _, other := range b {
			if utf8.RuneCountInString(other) > 1 && tokenScore(token, other) >= toScore(typoScale*typoFloor) {
				return true
			}
		}
	}
	return false
}

func bound(tokens []string) []string { return tokens[:min(len(tokens), mostNames)] }

// latin says whether the first token is in Latin script: names in two scripts cannot be compared letter by
// letter, and that they differ says nothing.
func latin(tokens []string) bool {
	first, _ := utf8.DecodeRuneInString(tokens[0])
	return first < utf8.RuneSelf || unicode.Is(unicode.Latin, first)
}
