package engine

import (
	"errors"
	"maps"
	"slices"

	"pennytie/reconcile"
)

// saidAtMost bounds the identifiers whose words are kept from one batch to the next: an address that thousands of payments carry is
// looked up once.
const saidAtMost = 100_000

// teach fills in what each payment of a batch learns from others of its payer, and lists the leads that were named for one of them.
func (e *Engine) teach(r reconcile.Reader, batch []*reconcile.Prepared) (named []string, err error) {
	var unknown []reconcile.BlockKey
	if len(e.said) > saidAtMost {
		clear(e.said)
	}
	for _, p := range batch {
		for _, by := range p.Identifiers {
			if _, is := e.said[by.Key]; !is {
				e.said[by.Key] = nil
				unknown = append(unknown, by.Key)
			}
		}
	}
	found, err := r.SaidUnder(unknown)
	for _, of := range found {
		e.said[of.Key] = append(e.said[of.Key], of)
	}
	for _, p := range batch {
		p.Taught = reconcile.Teach(p, e.said)
		for i := range p.Taught {
			if !p.Taught[i].Rejected {
				named = append(named, p.Taught[i].LeadID)
			}
		}
	}
	return named, err
}

// addLeads adds leads that no key has brought.
func addLeads(r reconcile.Reader, near *reconcile.Neighbours, ids []string) error {
	ids = slices.DeleteFunc(ids, func(id string) bool {
		return slices.ContainsFunc(near.Leads, func(l *reconcile.Lead) bool { return l.ID == id })
	})
	if len(ids) == 0 {
		return nil
	}
	more, err := r.LeadsByID(ids)
	addNeighbours(near, &more)
	return err
}

// addNeighbours adds what is new of more.
func addNeighbours(near, more *reconcile.Neighbours) {
	known := make(map[string]bool, len(near.Leads))
	for _, lead := range near.Leads {
		known[lead.ID] = true
	}
	for _, lead := range more.Leads {
		if !known[lead.ID] {
			near.Leads = append(near.Leads, lead)
		}
	}
	for _, call := range more.Calls {
		if !known[call.LeadID] {
			near.Calls = append(near.Calls, call)
		}
	}
	maps.Copy(near.ByCall, more.ByCall)
	maps.Copy(near.Crowded, more.Crowded)
}

// dueByPayer makes the payments due that are of the same payer as one of these or share an identifier with it: on these people
// have said something, or taken it back.
func (e *Engine) dueByPayer(tx reconcile.Tx, payments ...*reconcile.Payment) error {
	var keys []reconcile.BlockKey
	for _, p := range payments {
		prepared := e.Prepare.Payment(p)
		for _, by := range prepared.Identifiers {
			keys = append(keys, by.Key)
		}
		others, err := samePayer(tx, prepared)
		if err != nil {
			return err
		}
		for _, other := range others {
			if err := tx.MakeDue(other.Row); err != nil {
				return err
			}
		}
	}
	return tx.DueUnder(keys)
}

// retold makes due who learnt from a payment that is about to give its decisions or its records away.
func (w *pageWriter) retold(row int64) error {
	known, err := w.tx.Known(row)
	if err != nil || len(known.Decisions) == 0 {
		return err
	}
	before, err := w.tx.PaymentRows([]int64{row})
	if errors.Is(err, reconcile.ErrNotFound) { // not folded yet: nobody has learnt from it
		return nil
	}
	if err != nil {
		return err
	}
	return w.dueByPayer(w.tx, before...)
}
