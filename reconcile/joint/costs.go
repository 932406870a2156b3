package joint

// Costs says, of each column, how much the best whole solution of the rows loses if none of them may have it: what it costs the
// others when somebody takes it. gain is what a row has of a column, nothing or less for no pair; rows and columns may stay alone.
// A column that the rows can spare costs nothing. More than MostTogether rows and columns are not solved: ok is false.
func Costs(gain [][]int, columns int) (costs []int, ok bool) {
	costs = make([]int, columns)
	if len(gain)+columns > MostTogether {
		return costs, false
	}
	whole := solved(gain, columns, -1)
	for column := range costs {
		if row := whole.rowOf[column]; row < len(gain) && whole.gain[row][column] > 0 {
			costs[column] = whole.total() - solved(gain, columns, column).total()
		}
	}
	return costs, true
}

// solved is the best solution without one column.
func solved(gain [][]int, columns, without int) *assignment {
	a := newAssignment(max(len(gain), columns))
	for row := range gain {
		for column, gain := range gain[row] {
			if column != without {
				a.gain[row][column] = bounded(max(0, gain))
			}
		}
	}
	a.solveAll()
	return a
}
