package similarity

// Parts are the likenesses, in per cent, of the given names and of the surnames of two names given as folded tokens, in that
// order on b's side. Which end of a name is the surname is unknown: of both readings the one that agrees better is taken. ok is
// false where either has fewer than two tokens, or they are in two scripts.
func Parts(a, b []string) (given, surname int, ok bool) {
	if len(a) < 2 || len(b) < 2 || latin(a) != latin(b) {
		return 0, 0, false
	}
	first, last := a[0], a[len(a)-1]
	given, surname = percent(first, b[0]), percent(last, b[len(b)-1])
	if g, s := percent(last, b[0]), percent(first, b[len(b)-1]); g+s > given+surname {
		given, surname = g, s
	}
	return given, surname, true
}

// percent is a token's likeness; where no rule makes them one, how they are spelt.
func percent(a, b string) int {
	const per = scale / 100
	if score := tokenScore(a, b); score > 0 {
		return score / per
	}
	return int(JaroWinkler(a, b)*50 + 0.5) // below any that a rule joins
}
