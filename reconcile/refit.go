package reconcile

import (
	"maps"
	"time"
)

// Refit is what a business's own decisions make of the shipped weights. Refits are only ever added; the last one holds.
type Refit struct {
	ID        int64 // in order of being adopted; filled when it is stored
	AdoptedAt time.Time
	By        string
	Shipped   bool           // back to the weights as shipped: nothing below holds
	Model     string         // fingerprint of the table that it was fitted to; no other one is scaled by it
	Factors   map[string]int // by signal: how much its evidence counts, in thousandths of what it counts as shipped
	Shift     Weight         // of every lead's prior
	Decisions int            // that it was fitted to
	Audited   int            // of them: answers to audits
}

// ScaleAsShipped is the factor of a signal that counts as it is shipped.
const ScaleAsShipped = 1000

// Scaled is a weight of a signal as the refit has it, half away from zero. A nil refit, and a signal without a factor, change
// nothing.
func (f *Refit) Scaled(signal string, w Weight) Weight {
	if f == nil {
		return w
	}
	factor, is := f.Factors[signal]
	switch {
	case !is:
		return w
	case w < 0:
		return -f.Scaled(signal, -w)
	}
	return (w*Weight(factor) + ScaleAsShipped/2) / ScaleAsShipped
}

// SameWeights says whether two refits weigh alike.
func (f *Refit) SameWeights(other *Refit) bool {
	return f.Shipped == other.Shipped && f.Model == other.Model && f.Shift == other.Shift && maps.Equal(f.Factors, other.Factors)
}
