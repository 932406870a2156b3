package engine

import (
	"errors"

	"pennytie/reconcile"
)

// teach fills in what each payment of a batch learns from others of its payer, and lists the leads that were named for one of them.
func (e *Engine) teach(r reconcile.Reader, batch []*reconcile.Prepared) (named []string, err error) {
	var unknown []reconcile.BlockKey
	if len(e.memory.said) > saidAtMost {
		clear(e.memory.said)
	}
	for _, p := range batch {
		for _, by := range p.Identifiers {
			if _, is := e.memory.said[by.Key]; !is {
				e.memory.said[by.Key] = nil
				unknown = append(unknown, by.Key)
			}
		}
	}
	found, err := r.SaidUnder(unknown)
	for _, of := range found {
		e.memory.said[of.Key] = append(e.memory.said[of.Key], of)
	}
	for _, p := range batch {
		p.Taught = reconcile.Teach(p, e.memory.said)
		for i := range p.Taught {
			if !p.Taught[i].Rejected {
				named = append(named, p.Taught[i].LeadID)
			}
		}
	}
	return named, err
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
