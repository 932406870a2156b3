package joint_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"pennytie/reconcile/joint"
)

func TestCosts(t *testing.T) {
	for _, c := range []struct {
		what string
		gain [][]int
		want []int
	}{
		{"nobody else", nil, []int{0, 0}},
		{"wanted by one, who has a second choice", [][]int{{50, 30}}, []int{20, 0}},
		{"wanted by one alone", [][]int{{50, 0}}, []int{50, 0}},
		{"two for two", [][]int{{50, 30}, {50, 30}}, []int{50, 30}},
		{"a pair that speaks against itself is none", [][]int{{-50, -30}}, []int{0, 0}},
		{"the second moves over", [][]int{{50, 40}, {50, 45}}, []int{50, 45}},
	} {
		if got, ok := joint.Costs(c.gain, 2); !ok || !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.what, got, c.want)
		}
	}
	if _, ok := joint.Costs(make([][]int, joint.MostTogether), 1); ok {
		t.Error("too many are solved")
	}
}

// TestCostsAgainstEverySolution tries every way to give columns to rows.
func TestCostsAgainstEverySolution(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		columns := rapid.IntRange(1, 4).Draw(t, "columns")
		gain := rapid.SliceOfN(rapid.SliceOfN(rapid.IntRange(-5, 20), columns, columns), 0, 4).Draw(t, "gain")
		var best func(row int, taken map[int]bool) int
		best = func(row int, taken map[int]bool) int {
			if row == len(gain) {
				return 0
			}
			most := best(row+1, taken)
			for column, g := range gain[row] {
				if g > 0 && !taken[column] {
					taken[column] = true
					most = max(most, g+best(row+1, taken))
					delete(taken, column)
				}
			}
			return most
		}
		costs, _ := joint.Costs(gain, columns)
		for column, cost := range costs {
			if want := best(0, map[int]bool{}) - best(0, map[int]bool{column: true}); cost != want {
				t.Fatalf("column %d costs %d, want %d", column, cost, want)
			}
		}
	})
}
