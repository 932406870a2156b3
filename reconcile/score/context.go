package score

import "pennytie/reconcile"

// compare fills the features that say how each person stands among the others.
func compare(persons []Person) {
	sums := make([]int16, len(persons))
	for i := range persons {
		sums[i] = int16(max(-mostWeight, min(mostWeight, handSum(persons[i].evidence))))
	}
	for i := range persons {
		v := &persons[i].Vector
		v[reconcile.FeatureCandidates] = int16(min(len(persons), 1000))
		v[reconcile.FeatureScore] = sums[i]
		best, rank, equals := -int16(mostWeight), int16(0), int16(0)
		for j := range persons {
			if i == j {
				continue
			}
			best = max(best, sums[j])
			if sums[j] > sums[i] {
				rank++
			}
			other := &persons[j].Vector
			if other[reconcile.FeatureName] == v[reconcile.FeatureName] && other[reconcile.FeatureAmount] == v[reconcile.FeatureAmount] {
				equals++
			}
		}
		v[reconcile.FeatureRank], v[reconcile.FeatureEquals] = rank, equals
		if len(persons) > 1 {
			v[reconcile.FeatureAhead] = sums[i] - best
		}
	}
	for _, of := range aheads {
		for i := range persons {
			lead(persons, i, of[0], of[1])
		}
	}
}

// aheads are the features that say by how much a person leads the best other one in another feature.
var aheads = [...][2]reconcile.Feature{
	{reconcile.FeatureEmailAhead, reconcile.FeatureEmail}, {reconcile.FeaturePhoneAhead, reconcile.FeaturePhone},
	{reconcile.FeatureNameAhead, reconcile.FeatureName}, {reconcile.FeatureGivenAhead, reconcile.FeatureGiven},
	{reconcile.FeatureAmountAhead, reconcile.FeatureAmount}, {reconcile.FeatureCallAhead, reconcile.FeatureOutcome},
	{reconcile.FeaturePlaceAhead, reconcile.FeatureStreet},
}

// lead fills one of them. Where nobody else is known to have the feature, nobody is led.
func lead(persons []Person, i int, ahead, of reconcile.Feature) {
	best, known := 0, false
	for j := range persons {
		if value := persons[j].Vector[of]; j != i && value != reconcile.NotCompared {
			best, known = max(best, int(value)), true
		}
	}
	if !known {
		return
	}
	own := -1
	if value := persons[i].Vector[of]; value != reconcile.NotCompared {
		own = int(value)
	}
	persons[i].Vector[ahead] = int16(own - best)
}
