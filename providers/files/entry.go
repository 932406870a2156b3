package files

import (
	"slices"
	"time"

	"pennytie/reconcile"
)

// entry is one good row: its record, and what identifies it. A row of a ledger may be a payment or a refund too, or a payout.
type entry struct {
	kind     Kind
	provider string
	id       string
	idField  string
	paid     time.Time // payment date, for the span that a pull covers

	payment *reconcile.SourceRecord
	refund  *reconcile.Refund
	lead    *reconcile.Lead
	call    *reconcile.Call
	product *reconcile.Product
	ledger  *reconcile.Entry
	payout  *reconcile.Payout
}

// ledgerRows is the kind of a row that is a line of a ledger and nothing else; no file is configured as it.
const ledgerRows Kind = "ledger"

// addTo puts the records into a page, and says how many. room is how many rows the page may get.
func (e *entry) addTo(page *reconcile.Page, room int) (records int) {
	switch {
	case e.payment != nil:
		page.Payments = add(page.Payments, *e.payment, room)
	case e.refund != nil:
		page.Refunds = add(page.Refunds, *e.refund, room)
	case e.lead != nil:
		page.Leads = add(page.Leads, *e.lead, room)
	case e.call != nil:
		page.Calls = add(page.Calls, *e.call, room)
	case e.product != nil:
		page.Products = add(page.Products, *e.product, room)
	}
	if e.kind != ledgerRows {
		records++
	}
	if e.ledger != nil {
		page.Entries = add(page.Entries, *e.ledger, room)
		records++
	}
	if e.payout != nil {
		page.Payouts = append(page.Payouts, *e.payout)
		records++
	}
	return records
}

// add makes room for a whole page at once where a page is large: records are large, too, and growing step
// by step would copy each of them several times.
func add[T any](list []T, item T, room int) []T {
	const modest = 64
	if len(list) == modest && cap(list) < room {
		list = slices.Grow(list, room-len(list))
	}
	return append(list, item)
}
