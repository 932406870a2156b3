package joint

import (
	"math"
	"slices"
)

// assignment is the square assignment problem: every row gets a column of its own so that the gains sum up to the most. A gain
// of nothing stands for a row and a column that both stay alone. It is solved by shortest augmenting paths with duals (the
// Hungarian method), n steps of n² each.
type assignment struct {
	gain     [][]int // never negative
	rowDual  []int   // rowDual + columnDual >= gain, equal where a row has its column
	colDual  []int
	columnOf []int // -1: none yet
	rowOf    []int
}

func newAssignment(n int) *assignment {
	a := &assignment{gain: make([][]int, n), rowDual: make([]int, n), colDual: make([]int, n),
		columnOf: make([]int, n), rowOf: make([]int, n)}
	for i := range n {
		a.gain[i], a.columnOf[i], a.rowOf[i] = make([]int, n), -1, -1
	}
	return a
}

func (a *assignment) solveAll() {
	for row := range a.gain {
		a.place(row)
	}
}

// place gives a column to a row that has none, with the duals of all others valid, and moves other rows where that is best.
func (a *assignment) place(row int) {
	n := len(a.gain)
	a.rowDual[row] = math.MinInt
	for column, gain := range a.gain[row] {
		a.rowDual[row] = max(a.rowDual[row], gain-a.colDual[column])
	}
	slack, from, done := make([]int, n), make([]int, n), make([]bool, n) // of each column
	rows := []int{row}                                                   // on the tree of paths
	for column := range n {
		slack[column], from[column] = a.slack(row, column), row
	}
	for {
		next := -1
		for column := range n {
			if !done[column] && (next < 0 || slack[column] < slack[next]) {
				next = column
			}
		}
		a.shift(slack[next], rows, slack, done)
		done[next] = true
		if a.rowOf[next] < 0 {
			a.turn(next, row, from)
			return
		}
		reached := a.rowOf[next]
		rows = append(rows, reached)
		for column := range n {
			if s := a.slack(reached, column); !done[column] && s < slack[column] {
				slack[column], from[column] = s, reached
			}
		}
	}
}

func (a *assignment) slack(row, column int) int {
	return a.rowDual[row] + a.colDual[column] - a.gain[row][column]
}

// shift changes the duals so that the nearest column comes into reach and nothing that was in reach leaves it.
func (a *assignment) shift(by int, rows, slack []int, done []bool) {
	for _, row := range rows {
		a.rowDual[row] -= by
	}
	for column := range slack {
		if done[column] {
			a.colDual[column] += by
		} else {
			slack[column] -= by
		}
	}
}

// turn hands the columns on along the path that ends in a free one.
func (a *assignment) turn(column, row int, from []int) {
	for {
		owner := from[column]
		given := a.columnOf[owner]
		a.columnOf[owner], a.rowOf[column] = column, owner
		if owner == row {
			return
		}
		column = given
	}
}

// without is how much is lost if a row may not have its column.
func (a *assignment) without(row int) int {
	b, column := a.freed(row)
	b.gain[row][column] = 0
	b.place(row)
	return a.total() - b.total()
}

// mayPair says whether a row that is alone is in a pair in another solution that is as good.
func (a *assignment) mayPair(row int) bool {
	b, _ := a.freed(row)
	for column, gain := range b.gain[row] {
		if gain > 0 {
			b.gain[row][column]++
		}
	}
	b.place(row)
	return b.total() > a.total()
}

// freed is a copy in which a row has no column, and what it had. Gains of the other rows are shared.
func (a *assignment) freed(row int) (*assignment, int) {
	b := &assignment{slices.Clone(a.gain), slices.Clone(a.rowDual), slices.Clone(a.colDual), slices.Clone(a.columnOf), slices.Clone(a.rowOf)}
	column := a.columnOf[row]
	b.gain[row] = slices.Clone(a.gain[row])
	b.columnOf[row], b.rowOf[column] = -1, -1
	return b, column
}

func (a *assignment) total() int {
	sum := 0
	for row, column := range a.columnOf {
		sum += a.gain[row][column]
	}
	return sum
}
