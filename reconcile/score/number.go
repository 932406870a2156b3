package score

import (
	"math"
	"strconv"
)

// Number is a measured value. The zero Number says that nothing could be measured: what it would be a part of is
// empty. That is neither 0 nor 1.
type Number struct {
	Value float64
	Known bool
}

// ratio is part of whole. Both are counts, so that the one rounding is that of the quotient.
func ratio(part, whole int64) Number {
	if whole == 0 {
		return Number{}
	}
	return Number{Value: float64(part) / float64(whole), Known: true}
}

// String has four decimals, or "-" where nothing could be measured.
func (n Number) String() string {
	if !n.Known {
		return "-"
	}
	return strconv.FormatFloat(n.Value, 'f', 4, 64)
}

// MarshalJSON implements json.Marshaler: four decimals, or null where nothing could be measured.
func (n Number) MarshalJSON() ([]byte, error) {
	if !n.Known {
		return []byte("null"), nil
	}
	return []byte(n.String()), nil
}

// Share is part of whole, with the 95 % interval in which the share of everything lies of which whole is a random part.
func Share(part, whole int64) (share, low, high Number) {
	low, high = wilson(part, whole)
	return ratio(part, whole), low, high
}

// wilson is the 95 % interval of a share of which part of whole was seen (Wilson's score interval). Unlike the
// plain one it stays within 0 and 1, and after ten of ten right it does not say certain. The conversions keep a
// processor from fusing product and sum, so that the last digit is the same everywhere.
func wilson(part, whole int64) (low, high Number) {
	if whole == 0 {
		return Number{}, Number{}
	}
	const z = 1.959963984540054 // standard normal, two-sided 95 %
	n := float64(whole)
	p := float64(part) / n
	spread := float64(p*(1-p))/n + z*z/float64(4*n*n)
	half := float64(z * math.Sqrt(spread))
	centre := p + z*z/(2*n)
	scale := 1 + z*z/n
	return Number{max(0, (centre-half)/scale), true}, Number{min(1, (centre+half)/scale), true}
}
