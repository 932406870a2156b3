// Package similarity measures how alike two already normalised strings or names are.
//
// The matchers call it for every candidate, so it is fast and allocates little. It is pure and knows nothing of
// payments or leads; it must never decide what a likeness is worth: that is the matchers' table of weights.
package similarity

import "unicode/utf8"

// longest bounds the runes compared: what follows cannot make two names the same person.
const longest = 64

// winklerFloor is the Jaro similarity above which a common prefix counts, as Winkler proposed: below it, two
// words that happen to start alike are still two words.
const winklerFloor = 0.7

// JaroWinkler is the Jaro-Winkler similarity of two words, from 0 (nothing in common) to 1 (equal). It
// compares runes, not bytes. An empty word is like nothing, not even another empty one.
func JaroWinkler(a, b string) float64 {
	if a == "" || b == "" {
		return 0
	}
	if a == b {
		return 1
	}
	if isASCII(a) && isASCII(b) {
		return winkler([]byte(a[:min(len(a), longest)]), []byte(b[:min(len(b), longest)]))
	}
	left, right := []rune(a), []rune(b)
	return winkler(left[:min(len(left), longest)], right[:min(len(right), longest)])
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// winkler works on masks: bit i says that letter i has found its partner.
func winkler[T byte | rune](a, b []T) float64 {
	if len(a) > len(b) {
		a, b = b, a // one order of computing makes the measure exactly symmetric
	}
	window := max(len(b)/2-1, 0)
	var inA, inB uint64
	matches := 0
	for i, letter := range a {
		for j := max(0, i-window); j < min(len(b), i+window+1); j++ {
			if b[j] == letter && inB&(1<<j) == 0 {
				inA |= 1 << i
				inB |= 1 << j
				matches++
				break
			}
		}
	}
	if matches == 0 {
		return 0
	}
	transposed := 0
	for i, j := 0, 0; i < len(a); i++ {
		if inA&(1<<i) == 0 {
			continue
		}
		for inB&(1<<j) == 0 {
			j++
		}
		if a[i] != b[j] {
			transposed++
		}
		j++
	}
	m := float64(matches)
	jaro := (m/float64(len(a)) + m/float64(len(b)) + float64(matches-transposed/2)/m) / 3
	if jaro < winklerFloor {
		return jaro
	}
	prefix := 0
	for prefix < min(4, len(a)) && a[prefix] == b[prefix] {
		prefix++
	}
	return jaro + float64(float64(prefix)*0.1)*(1-jaro)
}

// WithinOneEdit says that one insertion, deletion, substitution or swap of neighbours turns a into b, or
// that they are equal. Empty is never within one edit of anything.
func WithinOneEdit(a, b string) bool {
	if a == "" || b == "" {
		return false
	}
	if a == b {
		return true
	}
	left, right := []rune(a), []rune(b)
	if len(left) > len(right) {
		left, right = right, left
	}
	if len(right)-len(left) > 1 {
		return false
	}
	i := 0
	for i < len(left) && left[i] == right[i] {
		i++
	}
	if len(left) < len(right) {
		return string(left[i:]) == string(right[i+1:])
	}
	if string(left[i+1:]) == string(right[i+1:]) {
		return true
	}
	return i+1 < len(left) && left[i] == right[i+1] && left[i+1] == right[i] &&
		string(left[i+2:]) == string(right[i+2:])
}
