package engine

import (
	"maps"

	"pennytie/reconcile"
)

const (
	// preparedAtMost bounds the leads that are kept prepared from one batch to the next: about 1 KB each.
	preparedAtMost = 30_000
	// saidAtMost bounds the identifiers whose words are kept from one batch to the next: an address that thousands of payments
	// carry is looked up once.
	saidAtMost = 100_000
)

// memory is what matching remembers from one batch of payments to the next. Nothing changes it meanwhile: leads, calls and what
// people said stay as they are while payments are matched.
type memory struct {
	prepared map[string]*reconcile.PreparedLead        // by id
	said     map[reconcile.BlockKey][]reconcile.SaidOf // by the identifiers that were asked for
	crowded  map[reconcile.BlockKey]int                // keys that too many leads share, and how many
}

func newMemory() *memory {
	return &memory{
		prepared: map[string]*reconcile.PreparedLead{},
		said:     map[reconcile.BlockKey][]reconcile.SaidOf{},
		crowded:  map[reconcile.BlockKey]int{},
	}
}

// leadsUnder reads the leads under keys. Those of a crowded key are counted once for the whole stage: there are many of them, and
// every batch has the same.
func (e *Engine) leadsUnder(r reconcile.Reader, keys []reconcile.BlockKey) (reconcile.Neighbours, error) {
	crowded := map[reconcile.BlockKey]int{}
	var open []reconcile.BlockKey
	for _, key := range keys {
		if leads := e.memory.crowded[key]; leads > 0 {
			crowded[key] = leads
		} else {
			open = append(open, key)
		}
	}
	near, err := r.LeadsWithKeys(open, reconcile.MostUnderKey)
	if err != nil {
		return near, err
	}
	maps.Copy(e.memory.crowded, near.Crowded)
	maps.Copy(near.Crowded, crowded)
	return near, nil
}

func (e *Engine) prepareLeads(leads []*reconcile.Lead) []*reconcile.PreparedLead {
	prepared := make([]*reconcile.PreparedLead, len(leads))
	for i, lead := range leads {
		prepared[i] = e.prepareLead(lead)
	}
	return prepared
}

// prepareLead prepares a lead once for the whole stage: the same leads are near many payments. Each index gets a copy of its own,
// since it hangs the calls on it.
func (e *Engine) prepareLead(lead *reconcile.Lead) *reconcile.PreparedLead {
	ready := e.memory.prepared[lead.ID]
	if ready == nil {
		if len(e.memory.prepared) >= preparedAtMost {
			clear(e.memory.prepared)
		}
		ready = e.Prepare.Lead(lead)
		e.memory.prepared[lead.ID] = ready
	}
	mine := *ready
	return &mine
}
