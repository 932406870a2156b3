package engine

import (
	"fmt"
	"slices"

	"pennytie/reconcile"
)

// sound sets the entries of a page aside that cannot be true: they add up to nothing.
func sound(page *reconcile.Page) {
	var kept []reconcile.Entry
	for i := range page.Entries {
		e := &page.Entries[i]
		field, reason := unsound(e)
		if reason == "" {
			kept = append(kept, *e)
			continue
		}
		page.Quarantined = append(slices.Clip(page.Quarantined),
			reconcile.Quarantine{Source: e.Source, Field: field, ID: e.ID, Reason: "ledger entry " + e.ID + ": " + reason})
	}
	page.Entries = kept
}

// unsound says what is wrong with an entry, and in which field; nothing if it is sound.
func unsound(e *reconcile.Entry) (field, reason string) {
	if e.Fee.Currency != e.Gross.Currency || e.Net.Currency != e.Gross.Currency {
		return "currency", fmt.Sprintf("gross is in %s, fee in %s and net in %s", e.Gross.Currency, e.Fee.Currency, e.Net.Currency)
	}
	net, err := e.Gross.Sub(e.Fee)
	if err != nil {
		return "gross", err.Error()
	}
	if net != e.Net {
		return "net", fmt.Sprintf("net is %s, but gross %s less fee %s is %s %s", e.Net, e.Gross, e.Fee, net, net.Currency)
	}
	return "", ""
}

// ledger stores entries and payouts. A payment is folded again with what its ledger says.
func (w *pageWriter) ledger(page *reconcile.Page) error {
	for i := range page.Entries {
		e := &page.Entries[i]
		owner, err := w.ownerOf(e.Keys)
		if err != nil {
			return err
		}
		if err := w.attach(owner, func() (reconcile.Change, error) { return w.tx.PutEntry(e) }); err != nil {
			return err
		}
	}
	for i := range page.Payouts {
		if err := w.put(w.tx.PutPayout(&page.Payouts[i])); err != nil {
			return err
		}
	}
	return nil
}

// ownerOf is the row that has the first of an entry's keys; 0 if none has it yet. Unlike a refund, an entry opens no row: once its
// payment comes, it is there.
func (w *pageWriter) ownerOf(keys []reconcile.Key) (int64, error) {
	rows, err := w.tx.Identify(keys[:min(1, len(keys))])
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	return rows[0], nil
}

// payoutMismatches holds the payouts against the ledger.
func (e *Engine) payoutMismatches(r reconcile.Reader) ([]reconcile.Exception, error) {
	settlement := reconcile.NewSettlement()
	for entry, err := range r.Entries(reconcile.EntryFilter{Sources: e.sourceNames()}) {
		if err != nil {
			return nil, err
		}
		if err := settlement.Add(entry); err != nil {
			return nil, err
		}
	}
	var found []reconcile.Exception
	for payout, err := range r.Payouts(e.sourceNames()) {
		if err != nil {
			return nil, err
		}
		mismatches, err := settlement.PayoutExceptions(payout)
		if err != nil {
			return nil, err
		}
		found = append(found, mismatches...)
	}
	return found, nil
}
