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
	touched map[int64]bool                      // payments whose fold may have changed
	said    map[int64][]reconcile.PaymentChange // what changed in the records of a payment
}

func (w *pageWriter) write(page *reconcile.Page) error {
	w.touched, w.said = map[int64]bool{}, map[int64][]reconcile.PaymentChange{}
	for _, file := range page.Restarted {
		if err := w.tx.DropQuarantine(w.source.Name, file); err != nil {
			return err
		}
	}
	if err := w.mended(page); err != nil {
		return err
	}
	if err := w.records(page); err != nil {
		return err
	}
	for i := range page.Payments {
		if err := w.payment(&page.Payments[i]); err != nil {
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

// mended forgets what was kept aside of rows that have come again, right or wrong in another way.
func (w *pageWriter) mended(page *reconcile.Page) error {
	any, err := w.tx.AnyQuarantined(w.source.Name)
	if err != nil || !any {
		return err
	}
	var ids []string
	for i := range page.Payments {
		ids = append(ids, page.Payments[i].ID)
	}
	for i := range page.Refunds {
		ids = append(ids, page.Refunds[i].ID)
	}
	for i := range page.Disputes {
		ids = append(ids, page.Disputes[i].ID)
	}
	for _, id := range ids {
		if err := w.tx.DropQuarantinedID(w.source.Name, id); err != nil {
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

// payment stores what a source says of a payment at the payment that owns any of its keys.
func (w *pageWriter) payment(r *reconcile.SourceRecord) error {
	keys := r.Identity()
	rows, err := w.tx.Identify(keys)
	if err != nil {
		return err
	}
	var before *reconcile.SourceRecord
	if len(rows) > 0 {
		owner, stored, err := w.tx.Record(r.Source, r.Provider, r.ID)
		switch {
		case errors.Is(err, reconcile.ErrNotFound):
		case err != nil:
			return err
		default:
			before = &stored
			if rows, err = w.part(owner, before, r, rows); err != nil {
				return err
			}
		}
	}
	owner, err := w.owner(keys, rows)
	if err != nil {
		return err
	}
	var change reconcile.Change
	err = w.attach(owner, func() (reconcile.Change, error) {
		change, err = w.tx.PutRecord(owner, r)
		return change, err
	})
	if err != nil || change == reconcile.Unchanged || r.Kind != reconcile.KindPayment {
		return err
	}
	return w.noteRecord(owner, before, r)
}

// part lets a record that gave up a key leave the payment that it was in because of that key.
func (w *pageWriter) part(owner int64, before, after *reconcile.SourceRecord, rows []int64) ([]int64, error) {
	if len(reconcile.Leaving(before, after, nil)) == 0 {
		return rows, nil
	}
	known, err := w.tx.Known(owner)
	if err != nil {
		return nil, err
	}
	others := slices.DeleteFunc(known.Records, func(r reconcile.SourceRecord) bool {
		return r.Source == before.Source && r.Provider == before.Provider && r.ID == before.ID
	})
	w.touched[owner] = true
	if leaving := reconcile.Leaving(before, after, others); len(leaving) > 0 {
		row, err := w.tx.Split(owner, leaving)
		if err != nil {
			return nil, err
		}
		w.touched[row] = true
	}
	rows, err = w.tx.Identify(after.Identity())
	if len(others) == 0 && !slices.Contains(rows, owner) { // the record is all that the payment has: it goes as a whole
		rows = append(rows, owner)
		slices.Sort(rows)
	}
	return rows, err
}

// noteRecord keeps a record's changes until the payment is folded anew.
func (w *pageWriter) noteRecord(owner int64, before, after *reconcile.SourceRecord) error {
	changes, err := reconcile.RecordChanges(before, after)
	w.said[owner] = append(w.said[owner], changes...)
	return err
}

// owner opens a payment where none has any of a record's keys, and merges those that the keys show to be the same money.
func (w *pageWriter) owner(keys []reconcile.Key, rows []int64) (int64, error) {
	if len(rows) == 0 {
		return w.tx.Open(keys)
	}
	for _, from := range rows[1:] {
		if err := w.tx.Merge(rows[0], from); err != nil {
			return 0, err
		}
		delete(w.touched, from)
		w.touched[rows[0]] = true
		w.said[rows[0]] = append(w.said[rows[0]], w.said[from]...)
		delete(w.said, from)
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

// refold computes a payment anew from all that is known of it and says what changed, and what changed too late.
func (w *pageWriter) refold(row int64) error {
	known, err := w.tx.Known(row)
	if err != nil {
		return err
	}
	p, _, is := reconcile.Fold(w.Organization, known)
	if !is {
		return nil
	}
	p.OpenedAt = w.AsOf
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
	change, err := w.tx.PutPayment(&p, prepared.Keys, twinKeys(prepared))
	if err == nil && change == reconcile.Unchanged {
		err = w.tx.MakeDue(row) // what is said of it changed, or it would not be here
	}
	if err != nil {
		return err
	}
	if len(before) != 1 || !before[0].OpenedAt.Before(w.AsOf) {
		return nil
	}
	if moneyChanged(before[0], &p) {
		w.recheck(&known)
	}
	return w.tx.PutChanges(row, w.changes(before[0], &p), w.AsOf)
}

// moneyChanged says whether what the claims of a payment must agree with is another than before.
func moneyChanged(before, after *reconcile.Payment) bool {
	return before.Status != after.Status || before.Amount != after.Amount || before.Captured != after.Captured ||
		before.Refund.Amount != after.Refund.Amount || before.Dispute != after.Dispute
}

// recheck notes the records of a payment that were not just read.
func (w *pageWriter) recheck(known *reconcile.Known) {
	for i := range known.Records {
		r := &known.Records[i]
		if r.Kind != reconcile.KindPayment || r.Gone || w.said[known.Row] != nil && r.Source == w.source.Name {
			continue
		}
		if w.again[r.Source] == nil {
			w.again[r.Source] = map[reconcile.Ref]bool{}
		}
		w.again[r.Source][reconcile.Ref{Kind: reconcile.RefPayment, ID: r.ID}] = true
	}
}

// changes are those of the payment as a whole, and those that its other sources told.
func (w *pageWriter) changes(before, after *reconcile.Payment) []reconcile.PaymentChange {
	changes := reconcile.PaymentChanges(before, after)
	for _, c := range w.said[after.Row] {
		if c.Source != after.Source || c.Field == reconcile.FieldRecord {
			changes = append(changes, c)
		}
	}
	return changes
}
