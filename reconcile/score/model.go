package score

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"sync"

	"pennytie/reconcile"
)

// Vector is what the model sees of one candidate.
type Vector [reconcile.NumFeatures]int16

// Model is a trained table: the sum of small decision trees, in thousandths of a natural-log unit. Trees are walked in integers,
// so that the same vector weighs the same on every machine.
type Model struct {
	Version  string `json:"version"`
	Features int    `json:"features"` // how many it was trained with
	Bias     int    `json:"bias"`     // log-odds of a candidate before anything is asked, in hundredths
	Trees    []Tree `json:"trees"`
}

// Tree is a decision tree as rows, the root first.
type Tree []Node

// Node is one row of a tree. In the table it is [feature, limit, 1 if what was not compared goes left, left, right, worth].
type Node struct {
	Feature     reconcile.Feature // asked: up to the limit goes left
	Limit       int
	MissingLeft bool // where what was not compared goes
	Left, Right int  // rows; both 0: a leaf
	Worth       int  // mean of everything below, in thousandths
}

// MarshalJSON implements json.Marshaler.
func (n Node) MarshalJSON() ([]byte, error) {
	missing := 0
	if n.MissingLeft {
		missing = 1
	}
	return json.Marshal([...]int{int(n.Feature), n.Limit, missing, n.Left, n.Right, n.Worth})
}

// UnmarshalJSON implements json.Unmarshaler.
func (n *Node) UnmarshalJSON(text []byte) error {
	var row [6]int
	if err := json.Unmarshal(text, &row); err != nil {
		return err
	}
	if row[0] < 0 || row[0] >= int(reconcile.NumFeatures) {
		return fmt.Errorf("feature %d is unknown", row[0])
	}
	*n = Node{Feature: reconcile.Feature(row[0]), Limit: row[1], MissingLeft: row[2] == 1, Left: row[3], Right: row[4], Worth: row[5]}
	return nil
}

// Leaf is what a tree says of a vector, in thousandths.
func (t Tree) Leaf(v *Vector) int {
	at := 0
	for t[at].Left != 0 {
		at = t[at].next(v)
	}
	return t[at].Worth
}

//go:embed model.json
var shipped []byte

// Shipped is the table that comes with this version.
var Shipped = sync.OnceValue(func() *Model {
	m, err := Parse(shipped)
	if err != nil {
		panic(err) // a build with a broken table: its test would have failed
	}
	return m
})

// Parse reads a table and refuses one that could not be walked.
func Parse(text []byte) (*Model, error) {
	var m Model
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	if m.Features != int(reconcile.NumFeatures) {
		return nil, fmt.Errorf("model %s was trained with %d features, this version has %d: train it anew", m.Version, m.Features,
			reconcile.NumFeatures)
	}
	for i, tree := range m.Trees {
		for at, n := range tree {
			leaf := n.Left == 0 && n.Right == 0
			inside := n.Left > at && n.Left < len(tree) && n.Right > at && n.Right < len(tree)
			if !leaf && !inside {
				return nil, fmt.Errorf("model %s: tree %d, row %d leads nowhere", m.Version, i, at)
			}
		}
		if len(tree) == 0 {
			return nil, fmt.Errorf("model %s: tree %d is empty", m.Version, i)
		}
	}
	return &m, nil
}

// Fingerprint stands for the table: another one, another fingerprint.
func (m *Model) Fingerprint() string {
	text, err := json.Marshal(m)
	if err != nil {
		return "" // cannot be: numbers and texts always marshal
	}
	const bytes = 6
	sum := sha256.Sum256(text)
	return fmt.Sprintf("%s.%d.%s", m.Version, m.Features, hex.EncodeToString(sum[:bytes]))
}

// next is the row after this one.
func (n *Node) next(v *Vector) int {
	value := v[n.Feature]
	if value == reconcile.NotCompared && n.MissingLeft || value != reconcile.NotCompared && int(value) <= n.Limit {
		return n.Left
	}
	return n.Right
}

// weigh says what each feature is worth for this candidate: every step down a tree changes the mean worth of what is left, and the
// change belongs to the feature that was asked. They add up to the leaves, for the roots are worth nothing.
func (m *Model) weigh(v *Vector, worth *[reconcile.NumFeatures]int) {
	for _, tree := range m.Trees {
		at := 0
		for tree[at].Left != 0 {
			next := tree[at].next(v)
			worth[tree[at].Feature] += tree[next].Worth - tree[at].Worth
			at = next
		}
	}
}
