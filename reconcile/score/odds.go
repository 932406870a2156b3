package score

import "pennytie/reconcile"

// mostWeight bounds log-odds at 30.00: e^30 is 10^13 to one, beyond anything evidence can bear, and keeps
// every intermediate finite.
const mostWeight reconcile.Weight = 3000

// hundredth is e^0.01.
const hundredth = 1.01005016708416805754

// oddsOf is e^(w/100) by repeated squaring. Only products and one quotient, each rounded by IEEE 754 and none
// of them fusible with an addition, so that the result is the same on every processor; math.Exp is not.
func oddsOf(w reconcile.Weight) float64 {
	w = max(-mostWeight, min(mostWeight, w))
	n := w
	if n < 0 {
		n = -n
	}
	result, power := 1.0, hundredth
	for ; n > 0; n >>= 1 {
		if n&1 == 1 {
			result *= power
		}
		power *= power
	}
	if w < 0 {
		return 1 / result
	}
	return result
}

// toConfidence rounds once. A machine is never certain, so the highest is one step below.
func toConfidence(p float64) reconcile.Confidence {
	scaled := float64(p * float64(reconcile.Sure))
	return min(reconcile.Sure-1, reconcile.Confidence(scaled+0.5))
}
