package main

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"testing"

	"pennytie/reconcile"
	"pennytie/reconcile/score"
)

// invented has payments of which the address tells who paid, if it agrees with one person alone, and nothing else does.
func invented(n int, seed uint64) []group {
	random := rand.New(rand.NewPCG(seed, 1))
	out := make([]group, n)
	for i := range out {
		g := group{weight: 1}
		right := random.IntN(4) // 3: nobody
		for j := range 3 {
			var v score.Vector
			for f := range v {
				v[f] = reconcile.NotCompared
			}
			v[reconcile.FeatureEmail] = int16(random.IntN(3))
			if j == right {
				v[reconcile.FeatureEmail] = 4
			}
			v[reconcile.FeaturePhone] = int16(random.IntN(3))
			g.vectors, g.right = append(g.vectors, v), append(g.right, j == right)
		}
		out[i] = g
	}
	return out
}

func TestTrainLearnsWhatTells(t *testing.T) {
	s := chosen()
	s.rounds = 60
	m := train(invented(800, 1), s)
	wrong := 0
	for _, g := range invented(200, 2) {
		for j := range g.vectors {
			sum := m.Bias * 10
			for _, tree := range m.Trees {
				sum += tree.Leaf(&g.vectors[j])
			}
			if sum > 0 != g.right[j] {
				wrong++
			}
		}
	}
	if wrong > 0 {
		t.Errorf("%d of 600 candidates are on the wrong side", wrong)
	}
}

func TestTrainIsTheSameTwice(t *testing.T) {
	s := chosen()
	s.rounds = 20
	var tables [2][]byte
	for i := range tables {
		var err error
		if tables[i], err = json.Marshal(train(invented(300, 3), s)); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(tables[0], tables[1]) {
		t.Error("the same payments gave two tables")
	}
	if _, err := score.Parse(tables[0]); err != nil {
		t.Error(err)
	}
}

// TestRisingFeatures has no tree say less of more agreement, one feature at a time.
func TestRisingFeatures(t *testing.T) {
	s := chosen()
	s.rounds = 40
	noisy := invented(400, 4)
	random := rand.New(rand.NewPCG(5, 1))
	for i := range noisy {
		for j := range noisy[i].right { // labels that contradict the addresses now and then
			if random.IntN(4) == 0 {
				noisy[i].right[j] = !noisy[i].right[j]
			}
		}
	}
	m := train(noisy, s)
	for _, tree := range m.Trees {
		if root := tree[0]; root.Left != 0 && rising[root.Feature] && tree[root.Left].Worth > tree[root.Right].Worth {
			t.Errorf("feature %d: %d up to %d, %d above", root.Feature, tree[root.Left].Worth, root.Limit, tree[root.Right].Worth)
		}
	}
}
