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
	sound(page)
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
	if err := w.mask(page.Payments); err != nil {
		return err
	}
	if err := w.payments(page.Payments); err != nil {
		return err
	}
	for i := range page.Refunds {
		r := &page.Refunds[i]
		r.Role = w.source.Role
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
		d.Role = w.source.Role
		owner, err := w.refunded(d.Keys)
		if err != nil {
			return err
		}
		if err := w.attach(owner, func() (reconcile.Change, error) { return w.tx.PutDispute(owner, d) }); err != nil {
			return err
		}
	}
	if err := w.ledger(page); err != nil {
		return err
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
	return w.refoldAll()
}

// refoldAll folds what was touched, by row. What leaves a row on the way has a higher number, and is folded after it.
func (w *pageWriter) refoldAll() error {
	for len(w.touched) > 0 {
		rows := slices.Sorted(maps.Keys(w.touched))
		w.touched = map[int64]bool{}
		for _, row := range rows {
			if err := w.refold(row); err != nil {
				return err
			}
		}
		for _, row := range rows {
			delete(w.touched, row)
		}
	}
	return nil
}

// known reads what is known of a row, after it undid what only a book's word has put together, two payments of processors, and
// what a joint decision did that no longer holds.
func (w *pageWriter) known(row int64) (reconcile.Known, error) {
	for {
		known, err := w.tx.Known(row)
		if err != nil {
			return known, err
		}
		if claims := known.Unequal(); len(claims) > 0 {
			if _, err := w.release(row, &claims[0]); err != nil {
				return known, err
			}
			continue
		}
		keys, leaving := reconcile.Strangers(known.Records, known.Keys)
		if len(keys) == 0 {
			return known, nil
		}
		if _, err := w.split(row, keys, leaving); err != nil {
			return known, err
		}
	}
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
	for i := range page.Entries {
		ids = append(ids, page.Entries[i].ID)
	}
	for i := range page.Payouts {
		ids = append(ids, page.Payouts[i].ID)
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

// payments stores what a source says of payments. First every record that gave up a key leaves the payment that it was in
// because of that key, then each goes where its keys are: two claims that exchange their payments must not meet on the way.
func (w *pageWriter) payments(rows []reconcile.SourceRecord) error {
	before := make([]*stored, len(rows))
	for i := range rows {
		var err error
		if before[i], err = w.parted(&rows[i]); err != nil {
			return err
		}
	}
	seen := map[[2]string]bool{}
	for i := range rows {
		r := &rows[i]
		if id := [2]string{r.Provider, r.ID}; seen[id] { // twice on one page: what is stored is the one before
			var err error
			if before[i], err = w.parted(r); err != nil {
				return err
			}
		} else {
			seen[id] = true
		}
		if err := w.payment(r, before[i]); err != nil {
			return err
		}
	}
	return nil
}

// parted lets a record leave where it no longer belongs, and gives what is stored of it; nil is nothing.
func (w *pageWriter) parted(r *reconcile.SourceRecord) (*stored, error) {
	before, err := w.stored(r)
	if err != nil || before == nil {
		return nil, err
	}
	return before, w.part(before, r)
}

// stored is what the store has of a record, and where.
type stored struct {
	reconcile.SourceRecord
	owner int64
}

func (w *pageWriter) stored(r *reconcile.SourceRecord) (*stored, error) {
	owner, record, err := w.tx.Record(r.Source, r.Provider, r.ID)
	if errors.Is(err, reconcile.ErrNotFound) {
		return nil, nil
	}
	return &stored{record, owner}, err
}

// part lets a record leave the payment that it was in because of a key that it gave up.
func (w *pageWriter) part(before *stored, after *reconcile.SourceRecord) error {
	if slices.Equal(before.Keys, after.Keys) && before.Role == after.Role {
		return nil
	}
	known, err := w.tx.Known(before.owner)
	if err == nil {
		known, err = w.released(known, before)
	}
	if err != nil {
		return err
	}
	others := slices.DeleteFunc(known.Records, before.Same)
	keys, records := reconcile.Leaving(&before.SourceRecord, after, others, known.Keys)
	w.touched[before.owner] = true
	if len(keys) == 0 {
		return nil
	}
	_, err = w.split(before.owner, keys, records)
	return err
}

// released lets a claim leave the payment that only a joint decision put it at: what its records say of ids comes first.
func (w *pageWriter) released(known reconcile.Known, before *stored) (reconcile.Known, error) {
	_, joined := known.Apart()
	for _, claim := range joined {
		if !slices.ContainsFunc(claim.Records, before.Same) {
			continue
		}
		row, err := w.release(known.Row, &claim)
		if err != nil {
			return known, err
		}
		before.owner = row
		return w.tx.Known(row)
	}
	return known, nil
}

// release lets a joined claim stand alone again.
func (w *pageWriter) release(from int64, claim *reconcile.Claim) (int64, error) {
	if err := w.tx.DropJoin(&claim.Join); err != nil {
		return 0, err
	}
	return w.split(from, claim.Keys, claim.Records)
}

// split gives records and keys a row of their own.
func (w *pageWriter) split(from int64, keys []reconcile.Key, records []reconcile.SourceRecord) (int64, error) {
	if err := w.retold(from); err != nil {
		return 0, err
	}
	row, err := w.tx.Split(from, keys, records)
	if err != nil {
		return 0, err
	}
	w.touched[from], w.touched[row] = true, true
	for i := range records {
		w.said[from] = append(w.said[from], reconcile.PaymentChange{Source: records[i].Source, Record: records[i].ID,
			Field: reconcile.FieldRecord, Before: reconcile.RecordPresent, After: reconcile.RecordLeft})
	}
	return row, nil
}

// payment stores a record at the payment that owns any of its keys.
func (w *pageWriter) payment(r *reconcile.SourceRecord, before *stored) error {
	rows, err := w.tx.Identify(r.Identity())
	if err != nil {
		return err
	}
	var was *reconcile.SourceRecord
	if before != nil {
		was = &before.SourceRecord
		if rows, err = w.alone(before, rows); err != nil {
			return err
		}
	}
	owner, err := w.owner(r, rows)
	if err != nil {
		return err
	}
	if before != nil && before.owner != owner {
		w.touched[before.owner] = true
	}
	var change reconcile.Change
	err = w.attach(owner, func() (reconcile.Change, error) {
		change, err = w.tx.PutRecord(owner, r)
		return change, err
	})
	if err != nil || change == reconcile.Unchanged || r.Kind != reconcile.KindPayment {
		return err
	}
	return w.noteRecord(owner, was, r)
}

// alone adds the row that a record was in where it is all that the row has: then the payment goes with its record.
func (w *pageWriter) alone(before *stored, rows []int64) ([]int64, error) {
	if slices.Contains(rows, before.owner) {
		return rows, nil
	}
	known, err := w.tx.Known(before.owner)
	if errors.Is(err, reconcile.ErrNotFound) { // merged away by a record before
		return rows, nil
	}
	others := slices.DeleteFunc(known.Records, func(r reconcile.SourceRecord) bool { return before.Same(r) || r.ByHand() })
	if err == nil && len(others) == 0 && len(known.Records) > 0 {
		rows = append(rows, before.owner)
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
func (w *pageWriter) owner(r *reconcile.SourceRecord, rows []int64) (int64, error) {
	keys := r.Identity()
	switch len(rows) {
	case 0:
		return w.tx.Open(keys)
	case 1:
		return rows[0], w.tx.AddKeys(rows[0], keys)
	}
	leading, err := w.leading(rows)
	if err != nil {
		return 0, err
	}
	if len(leading) > 1 && r.Role == reconcile.RoleBook {
		return w.apart(keys, rows)
	}
	into := rows[0]
	if len(leading) > 0 {
		into = leading[0]
	}
	for _, from := range rows {
		if from == into {
			continue
		}
		if err := w.merge(into, from); err != nil {
			return 0, err
		}
	}
	return into, w.tx.AddKeys(into, keys)
}

func (w *pageWriter) merge(into, from int64) error {
	if err := w.retold(from); err != nil {
		return err
	}
	if err := w.tx.Merge(into, from); err != nil {
		return err
	}
	delete(w.touched, from)
	w.touched[into] = true
	w.said[into] = append(w.said[into], w.said[from]...)
	delete(w.said, from)
	return nil
}

// leading are the rows of which a processor or a person speaks.
func (w *pageWriter) leading(rows []int64) (found []int64, err error) {
	for _, row := range rows {
		known, err := w.tx.Known(row)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(known.Records, func(r reconcile.SourceRecord) bool {
			return r.Role != reconcile.RoleBook && r.Kind == reconcile.KindPayment
		}) {
			found = append(found, row)
		}
	}
	return found, nil
}

// apart leaves two payments of processors apart that a book's keys point to: the record goes where its first key is.
func (w *pageWriter) apart(keys []reconcile.Key, rows []int64) (int64, error) {
	first, err := w.tx.Identify(keys[:1])
	if err != nil || len(first) == 0 {
		return rows[0], err
	}
	return first[0], nil
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
	known, err := w.known(row)
	if errors.Is(err, reconcile.ErrNotFound) { // merged into another since it was touched
		return nil
	}
	if err != nil {
		return err
	}
	before, err := w.tx.PaymentRows([]int64{row})
	if err != nil && !errors.Is(err, reconcile.ErrNotFound) {
		return err
	}
	p, _, is := reconcile.Fold(w.Organization, known)
	if len(known.Decisions) > 0 {
		if err := w.dueByPayer(w.tx, append(slices.Clone(before), &p)...); err != nil {
			return err
		}
	}
	if !is {
		if len(before) == 1 { // what spoke of money is gone elsewhere
			return w.tx.DropPayment(row)
		}
		return nil
	}
	p.OpenedAt = w.AsOf
	byHand := w.source.Name == reconcile.ManualSource
	if len(before) == 1 && !byHand {
		if late := reconcile.LateChanges(before[0], &p); len(late) > 0 {
			open := unite(append(known.Open, w.weigh(&p, late)...))
			if err := w.tx.PutExceptions(row, open, w.AsOf); err != nil {
				return err
			}
		}
	}
	prepared := w.Prepare.Payment(&p)
	change, err := w.tx.PutPayment(&p, keysOf(prepared))
	if err == nil && change == reconcile.Unchanged {
		err = w.tx.MakeDue(row) // what is said of it changed, or it would not be here
	}
	if err != nil {
		return err
	}
	if len(before) != 1 || !before[0].OpenedAt.Before(w.AsOf) {
		return nil
	}
	if !byHand && moneyChanged(before[0], &p) {
		if err := w.recheck(&known); err != nil {
			return err
		}
	}
	return w.tx.PutChanges(row, w.changes(before[0], &p), w.AsOf)
}

// moneyChanged says whether what the claims of a payment must agree with is another than before.
func moneyChanged(before, after *reconcile.Payment) bool {
	return before.Status != after.Status || before.Amount != after.Amount || before.Captured != after.Captured ||
		before.Refund.Amount != after.Refund.Amount || before.Dispute != after.Dispute
}

// recheck notes the records of a payment that were not just read. It is stored, for the run may end before they are.
func (w *pageWriter) recheck(known *reconcile.Known) error {
	for i := range known.Records {
		r := &known.Records[i]
		if r.Kind != reconcile.KindPayment || r.Gone || w.said[known.Row] != nil && r.Source == w.source.Name {
			continue
		}
		if err := w.tx.AddRecheck(r.Source, r.ID); err != nil {
			return err
		}
	}
	return nil
}

// changes are those of the payment as a whole, and those that its other sources told.
func (w *pageWriter) changes(before, after *reconcile.Payment) []reconcile.PaymentChange {
	changes := reconcile.PaymentChanges(before, after)
	if w.source.Name == reconcile.ManualSource {
		for i := range changes {
			changes[i].Source = reconcile.ManualSource
		}
	}
	for _, c := range w.said[after.Row] {
		if c.Source != after.Source || c.Field == reconcile.FieldRecord {
			changes = append(changes, c)
		}
	}
	return changes
}
