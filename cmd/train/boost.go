package main

import (
	"math"
	"math/rand/v2"
	"slices"

	"pennytie/reconcile"
	"pennytie/reconcile/score"
)

// group is one payment: its candidates as the model sees them, and which of them are right. None right means that the payer has
// no lead, or none that was found.
type group struct {
	vectors []score.Vector
	right   []bool
	weight  float64
}

// settings of the boosting.
type settings struct {
	rounds   int
	depth    int
	rate     float64
	ridge    float64 // added to the curvature of each leaf
	least    float64 // curvature that a leaf must have
	groups   float64 // share of payments that each tree sees
	features float64 // share of features that each tree may ask
	seed     uint64
}

// chosen are the settings that did best on worlds that were left out.
func chosen() settings {
	return settings{rounds: 300, depth: 5, rate: 0.05, ridge: 5, least: 3, groups: 0.5, features: 0.4, seed: 1}
}

const mostBins = 64

// trainer grows trees on binned features: bin 0 is what was not compared.
type trainer struct {
	settings
	data   []group
	starts []int // first row of each group
	bins   [reconcile.NumFeatures][]uint8
	edges  [reconcile.NumFeatures][]int16 // upper limit of bins 1, 2, …
	sums   []float64
	g, h   []float64
	random *rand.Rand
}

// train fits a sum of trees to which candidate is right, among all candidates of a payment and the alternative that none is: the
// loss is that of the share of odds, as reconcile/score lets candidates compete.
func train(data []group, s settings) *score.Model {
	t := &trainer{settings: s, data: data, random: rand.New(rand.NewPCG(s.seed, s.seed))}
	t.bin()
	const bias = -300
	for i := range t.sums {
		t.sums[i] = bias / 100.0
	}
	m := &score.Model{Features: int(reconcile.NumFeatures), Bias: bias}
	for range s.rounds {
		t.gradients()
		tree := t.grow()
		m.Trees = append(m.Trees, tree)
	}
	settle(m)
	return m
}

// settle moves what a tree says of everybody, before anything is asked, from its root to the bias.
func settle(m *score.Model) {
	thousandths := 0
	for _, tree := range m.Trees {
		root := tree[0].Worth
		thousandths += root
		for i := range tree {
			tree[i].Worth -= root
		}
	}
	m.Bias += int(math.Round(float64(thousandths) / 10))
}

func (t *trainer) bin() {
	for _, g := range t.data {
		t.starts = append(t.starts, len(t.sums))
		for range g.vectors {
			t.sums = append(t.sums, 0)
		}
	}
	rows := len(t.sums)
	t.g, t.h = make([]float64, rows), make([]float64, rows)
	for f := range t.bins {
		values := make([]int16, 0, rows)
		for _, g := range t.data {
			for i := range g.vectors {
				if v := g.vectors[i][f]; v != reconcile.NotCompared {
					values = append(values, v)
				}
			}
		}
		slices.Sort(values)
		distinct := slices.Compact(slices.Clone(values))
		if len(distinct) <= mostBins {
			t.edges[f] = distinct
		} else {
			for b := 1; b <= mostBins; b++ {
				t.edges[f] = append(t.edges[f], values[b*len(values)/mostBins-1])
			}
			t.edges[f] = slices.Compact(t.edges[f])
		}
		t.bins[f] = make([]uint8, 0, rows)
		for _, g := range t.data {
			for i := range g.vectors {
				v := g.vectors[i][f]
				if v == reconcile.NotCompared {
					t.bins[f] = append(t.bins[f], 0)
					continue
				}
				at, _ := slices.BinarySearch(t.edges[f], v)
				t.bins[f] = append(t.bins[f], uint8(at+1))
			}
		}
	}
}

func (t *trainer) gradients() {
	for i, g := range t.data {
		from := t.starts[i]
		total, right := 1.0, 0.0
		for j := range g.vectors {
			odds := math.Exp(t.sums[from+j])
			total += odds
			if g.right[j] {
				right += odds
			}
		}
		for j := range g.vectors {
			odds := math.Exp(t.sums[from+j])
			p, want := odds/total, 0.0
			if g.right[j] {
				want = odds / right
			}
			t.g[from+j] = g.weight * (p - want)
			t.h[from+j] = g.weight * math.Max(p*(1-p), 1e-6)
		}
	}
}

// grow adds one tree to the sums and returns it.
func (t *trainer) grow() score.Tree {
	var rows []int32
	for i, g := range t.data {
		if t.random.Float64() >= t.groups {
			continue
		}
		for j := range g.vectors {
			rows = append(rows, int32(t.starts[i]+j))
		}
	}
	var asked []int
	for f := range t.bins {
		if t.random.Float64() < t.features {
			asked = append(asked, f)
		}
	}
	var tree score.Tree
	t.split(&tree, rows, asked, 0)
	t.add(tree)
	return tree
}

// split appends the node of these rows, with all below it, and returns its row.
func (t *trainer) split(tree *score.Tree, rows []int32, asked []int, depth int) int {
	g, h := 0.0, 0.0
	for _, r := range rows {
		g += t.g[r]
		h += t.h[r]
	}
	at := len(*tree)
	worth := -t.rate * g / (h + t.ridge)
	*tree = append(*tree, score.Node{Worth: int(math.Round(worth * 1000))})
	if depth == t.depth || h < 2*t.least {
		return at
	}
	best := t.best(rows, asked, g, h)
	if best.gain <= 1e-9 {
		return at
	}
	var left, right []int32
	for _, r := range rows {
		b := t.bins[best.feature][r]
		if b == 0 && best.missingLeft || b != 0 && int(b) <= best.bin {
			left = append(left, r)
		} else {
			right = append(right, r)
		}
	}
	limit := int(math.MinInt16)
	if best.bin > 0 {
		limit = int(t.edges[best.feature][best.bin-1])
	}
	n := score.Node{Feature: reconcile.Feature(best.feature), Limit: limit, MissingLeft: best.missingLeft, Worth: (*tree)[at].Worth}
	n.Left = t.split(tree, left, asked, depth+1)
	n.Right = t.split(tree, right, asked, depth+1)
	(*tree)[at] = n
	return at
}

// rising are the features of which more never speaks less for a lead.
var rising = func() (is [reconcile.NumFeatures]bool) {
	for _, f := range []reconcile.Feature{reconcile.FeatureEmail, reconcile.FeaturePhone, reconcile.FeatureName, reconcile.FeatureNameLike,
		reconcile.FeatureGiven, reconcile.FeatureSurname, reconcile.FeatureGeneration, reconcile.FeatureCompany, reconcile.FeatureDomain,
		reconcile.FeatureStreet, reconcile.FeaturePostal, reconcile.FeatureCity, reconcile.FeatureCustomer, reconcile.FeatureReference,
		reconcile.FeatureOutcome, reconcile.FeatureAmount, reconcile.FeatureCallProduct, reconcile.FeatureOnCall, reconcile.FeatureScore,
		reconcile.FeatureAhead, reconcile.FeatureEmailAhead, reconcile.FeaturePhoneAhead, reconcile.FeatureNameAhead,
		reconcile.FeatureGivenAhead, reconcile.FeatureAmountAhead, reconcile.FeaturePlaceAhead, reconcile.FeatureCallAhead,
		reconcile.FeatureGroupEmail, reconcile.FeatureGroupPhone, reconcile.FeatureGroupStreet, reconcile.FeatureGroupReference,
		reconcile.FeatureGroupAmount, reconcile.FeatureKinAhead, reconcile.FeatureNameInEmail, reconcile.FeaturePayerInEmail, reconcile.FeatureEmailLocal} {
		is[f] = true
	}
	return is
}()

type cut struct {
	feature, bin int
	missingLeft  bool
	gain         float64
}

func (t *trainer) best(rows []int32, asked []int, g, h float64) cut {
	var best cut
	whole := g * g / (h + t.ridge)
	for _, f := range asked {
		var gs, hs [mostBins + 1]float64
		bins := t.bins[f]
		for _, r := range rows {
			b := bins[r]
			gs[b] += t.g[r]
			hs[b] += t.h[r]
		}
		gl, hl := 0.0, 0.0
		for b := 0; b < len(t.edges[f]); b++ { // bins 1..b go left
			if b > 0 {
				gl += gs[b]
				hl += hs[b]
			}
			for _, missingLeft := range [...]bool{false, true} {
				g1, h1 := gl, hl
				if missingLeft {
					g1 += gs[0]
					h1 += hs[0]
				}
				if h1 < t.least || h-h1 < t.least {
					continue
				}
				if rising[f] && g1/(h1+t.ridge) < (g-g1)/(h-h1+t.ridge) { // worth is minus the gradient
					continue
				}
				gain := g1*g1/(h1+t.ridge) + (g-g1)*(g-g1)/(h-h1+t.ridge) - whole
				if gain > best.gain {
					best = cut{f, b, missingLeft, gain}
				}
			}
		}
	}
	return best
}

// add puts a tree, as it is stored, on every row.
func (t *trainer) add(tree score.Tree) {
	for i, g := range t.data {
		for j := range g.vectors {
			t.sums[t.starts[i]+j] += float64(tree.Leaf(&g.vectors[j])) / 1000
		}
	}
}
