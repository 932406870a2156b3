package engine

import (
	"errors"
	"maps"
	"slices"

	"pennytie/reconcile"
)

// pageWriter stores one page inside one transaction.
type pageWriter struct {
	*Engine
	tx      reconcile.Tx
	source  *Source
	counts  *reconcile.SourceResult
	touched map[int64]bool // payments whose fold may have changed
}

func (w *pageWriter) write(page *reconcile.Page) error {
	w.touched = map[int64]bool{}
	for _, file := range page.Restarted {
		if err := w.tx.DropQuarantine(w.source.Name, file); err != nil {
			return err
		}
	}
	if err := w.records(page); err != nil {
		return err
	}
	for i := range page.Payments {
		r := &page.Payments[i]
		owner, err := w.owner(r.Keys)
		if err != nil {
			return err
		}
		if err := w.attach(owner, func() (reconcile.Change, error) { return w.tx.PutRecord(owner, r) }); err != nil {
			return err
		}
	}
	for i := range page.Refunds {
		r := &page.Refunds[i]
		owner, err := w.refunded(r.Keys)
		if err != nil {
			return err
		}
		if err := w.attach(owner, func() (reconcile.Change, error) { return w.tx.PutRefund(owner, r) }); err != nil {
			return err
		}
	}
	for i := range page.Disputes {
		d := &page.Disputes[i]
		owner, err := w.refunded(d.Keys)
		if err != nil {
			return err
		}
		if err := w.attach(owner, func() (reconcile.Change, error) { return w.tx.PutDispute(owner, d) }); err != nil {
			return err
		}
	}
	for i := range page.Quarantined {
		if _, err := w.tx.PutQuarantine(&page.Quarantined[i]); err != nil {
			return err
		}
		w.counts.Add(reconcile.Quarantined) // also when it was kept before: it still is no payment
	}
	for _, row := range w.tx.Moved() {
		w.touched[row] = true
	}
	for _, row := range slices.Sorted(maps.Keys(w.touched)) {
		if err := w.refold(row); err != nil {
			return err
		}
	}
	return nil
}

// records stores leads, calls and products.
func (w *pageWriter) records(page *reconcile.Page) error {
	for i := range page.Leads {
		lead := w.Prepare.Lead(&page.Leads[i])
		if err := w.put(w.tx.PutLead(w.source.Name, lead.Lead, lead.Keys)); err != nil {
			return err
		}
	}
	for i := range page.Calls {
		call := &page.Calls[i]
		if err := w.put(w.tx.PutCall(w.source.Name, call, w.Prepare.CallKeys(call))); err != nil {
			return err
		}
	}
	for i := range page.Products {
		if err := w.put(w.tx.PutProduct(w.source.Name, &page.Products[i])); err != nil {
			return err
		}
	}
	return nil
}

func (w *pageWriter) put(change reconcile.Change, err error) error {
	if err == nil {
		w.counts.Add(change)
	}
	return err
}

// attach stores a row at its owner.
func (w *pageWriter) attach(owner int64, put func() (reconcile.Change, error)) error {
	change, err := put()
	if err != nil {
		return err
	}
	w.counts.Add(change)
	if owner != 0 && (change == reconcile.New || change == reconcile.Changed) {
		w.touched[owner] = true
	}
	return nil
}

// owner finds the payment that owns any of a record's keys, opens one if none does, and merges those that the keys show to be
// the same money.
func (w *pageWriter) owner(keys []reconcile.Key) (int64, error) {
	rows, err := w.tx.Identify(keys)
	if err != nil {
		return 0, err
	}
	if len(rows) == 0 {
		return w.tx.Open(keys)
	}
	for _, from := range rows[1:] {
		if err := w.tx.Merge(rows[0], from); err != nil {
			return 0, err
		}
		delete(w.touched, from)
		w.touched[rows[0]] = true
	}
	return rows[0], w.tx.AddKeys(rows[0], keys)
}

// refunded finds the payment that a refund or dispute belongs to: the one that owns its first key. Only what speaks of a payment
// itself may show that two are one: a refund with a slip in its other keys would merge two payments, and one of them
// would be gone.
func (w *pageWriter) refunded(keys []reconcile.Key) (int64, error) {
	if len(keys) == 0 {
		return 0, nil
	}
	rows, err := w.tx.Identify(keys[:1])
	if err != nil {
		return 0, err
	}
	if len(rows) == 1 {
		return rows[0], nil
	}
	return w.tx.Open(keys[:1])
}

// refold computes a payment anew from all that is known of it and says what changed too late.
func (w *pageWriter) refold(row int64) error {
	known, err := w.tx.Known(row)
	if err != nil {
		return err
	}
	p, _, is := reconcile.Fold(w.Organization, known)
	if !is {
		return nil
	}
	before, err := w.tx.PaymentRows([]int64{row})
	if err != nil && !errors.Is(err, reconcile.ErrNotFound) {
		return err
	}
	if len(before) == 1 {
		if late := reconcile.LateChanges(before[0], &p); len(late) > 0 {
			open := unite(append(known.Open, w.weigh(&p, late)...))
			if err := w.tx.PutExceptions(row, open, w.AsOf); err != nil {
				return err
			}
		}
	}
	prepared := w.Prepare.Payment(&p)
	_, err = w.tx.PutPayment(&p, prepared.Keys, twinKeys(prepared))
	return err
}
