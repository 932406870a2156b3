package score

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"pennytie/reconcile"
)

func TestBrokenTables(t *testing.T) {
	for _, c := range []struct{ what, table, want string }{
		{"other features", `{"version":"1","features":1,"trees":[]}`, "trained with 1 features"},
		{"a tree without a row", `{"version":"1","features":65,"trees":[[]]}`, "tree 0 is empty"},
		{"a loop", `{"version":"1","features":65,"trees":[[[0,1,0,0,1,5],[0,0,0,0,0,1]]]}`, "leads nowhere"},
		{"a row that is not there", `{"version":"1","features":65,"trees":[[[0,1,0,1,2,5],[0,0,0,0,0,1]]]}`, "leads nowhere"},
		{"a feature that is not there", `{"version":"1","features":65,"trees":[[[65,0,0,0,0,1]]]}`, "feature 65 is unknown"},
		{"no table", `{`, "unexpected end"},
	} {
		if _, err := Parse([]byte(c.table)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.what, err, c.want)
		}
	}
}

// TestWorthIsTheLeaf has what the features are worth add up to what the trees say.
func TestWorthIsTheLeaf(t *testing.T) {
	m := Shipped()
	if len(m.Trees) == 0 {
		t.Fatal("the shipped table is empty")
	}
	rapid.Check(t, func(t *rapid.T) {
		var v Vector
		for f := range v {
			v[f] = rapid.SampledFrom([]int16{reconcile.NotCompared, -100, -1, 0, 1, 2, 3, 4, 5, 6, 50, 100, 1000}).Draw(t, "value")
		}
		var worth [reconcile.NumFeatures]int
		m.weigh(&v, &worth)
		sum, want := 0, 0
		for _, w := range worth {
			sum += w
		}
		for _, tree := range m.Trees {
			want += tree.Leaf(&v)
		}
		if sum != want {
			t.Fatalf("features are worth %d, leaves %d", sum, want)
		}
	})
}
