package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

// Kinds of rows that a source is added up by.
const (
	controlPayment = "payment" // records of money, as the source has them
	controlRefund  = "refund"
	controlDispute = "dispute"
	controlEntry   = "entry"
	controlPayout  = "payout"
)

// said is one row of money as a source's pages have it.
type said struct {
	kind, provider, id string
}

// rereading adds up, by a path of its own, what the pages of one source say, and what the store has of the same rows.
type rereading struct {
	source string
	pages  map[said]money.Amount
	found  map[said]bool // the store has it, whatever its amount
	parted string        // the first row in which the two differ
	first  said
	totals map[controlKey]*reconcile.Control
}

type controlKey struct {
	kind     string
	currency money.Currency
}

// reread reads every source from its beginning once more, stores nothing, and holds what its pages come to against the store. The
// error names the first row in which they part. What a source has got since the last pull parts them, too.
func (e *Engine) reread(ctx context.Context, run *reconcile.Run) error {
	var all []*rereading
	for i := range e.Sources {
		if source := &e.Sources[i]; !source.Records {
			r, err := e.rereadSource(ctx, source)
			if err != nil {
				return &SourceError{Source: source.Name, Err: err}
			}
			all = append(all, r)
		}
	}
	err := e.Store.View(ctx, func(r reconcile.Reader) error {
		for _, of := range all {
			if err := of.payments(r); err != nil {
				return err
			}
		}
		return compareRows(r, all)
	})
	if err != nil {
		return err
	}
	parted := ""
	for _, of := range all {
		if of.unstored(); of.parted != "" {
			run.Ties = false
			parted = cmp.Or(parted, fmt.Sprintf("source %s, %s", of.source, of.parted))
		}
		run.Controls = append(run.Controls, of.list()...)
	}
	if parted != "" {
		return fmt.Errorf("the pages of the sources and the store differ: %s: %w", parted, reconcile.ErrIntegrity)
	}
	return nil
}

func (e *Engine) rereadSource(ctx context.Context, source *Source) (*rereading, error) {
	if source.Err != nil {
		return nil, source.Err
	}
	of := &rereading{source: source.Name, pages: map[said]money.Amount{}, found: map[said]bool{}, totals: map[controlKey]*reconcile.Control{}}
	var from reconcile.Cursor
	for range maxPages {
		page, err := source.Provider.Pull(ctx, from)
		if err != nil {
			return nil, err
		}
		of.take(&page)
		e.progress(Progress{Stage: "re-read", Item: source.Name, Done: len(of.pages), Note: page.Note})
		if from = page.Next; !page.More {
			return of, nil
		}
	}
	return nil, fmt.Errorf("more than %d pages: %w", maxPages, reconcile.ErrInvalid)
}

// take notes the rows of a page; a row that comes again has the last word, as in the store.
func (of *rereading) take(page *reconcile.Page) {
	sound(page)
	for i := range page.Payments {
		if p := &page.Payments[i]; p.Kind == reconcile.KindPayment && p.Facts.Amount != nil {
			of.pages[said{controlPayment, p.Provider, p.ID}] = *p.Facts.Amount
		}
	}
	for i := range page.Refunds {
		of.pages[said{controlRefund, page.Refunds[i].Provider, page.Refunds[i].ID}] = page.Refunds[i].Amount
	}
	for i := range page.Disputes {
		of.pages[said{controlDispute, page.Disputes[i].Provider, page.Disputes[i].ID}] = page.Disputes[i].Amount
	}
	for i := range page.Entries {
		of.pages[said{controlEntry, page.Entries[i].Provider, page.Entries[i].ID}] = page.Entries[i].Net
	}
	for i := range page.Payouts {
		of.pages[said{controlPayout, page.Payouts[i].Provider, page.Payouts[i].ID}] = page.Payouts[i].Amount
	}
}

// payments looks up the source's records of money: those of its pages, and those that the store has beside them.
func (of *rereading) payments(r reconcile.Reader) error {
	for row := range of.pages {
		if row.kind != controlPayment {
			continue
		}
		_, stored, err := r.Record(of.source, row.provider, row.id)
		switch {
		case errors.Is(err, reconcile.ErrNotFound):
			continue
		case err != nil:
			return err
		case stored.Facts.Amount != nil:
			if err := of.hold(row, *stored.Facts.Amount); err != nil {
				return err
			}
		}
	}
	read := map[string]bool{}
	for row := range of.pages {
		read[row.id] = read[row.id] || row.kind == controlPayment
	}
	const atOnce = 1000
	ever := reconcile.Span{Through: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)}
	for after := ""; ; {
		refs, err := r.RefsBetween(of.source, ever, after, atOnce)
		if err != nil || len(refs) == 0 {
			return err
		}
		after = refs[len(refs)-1].ID
		for _, ref := range refs {
			if !read[ref.ID] {
				of.part(said{kind: controlPayment, id: ref.ID}, "the store has it, the pages do not")
			}
		}
	}
}

// storedRow is a row of the store that may be in the pages of several sources, of which one was believed.
type storedRow struct {
	said
	source string
	amount money.Amount
}

// compareRows holds the stored refunds, disputes, entries and payouts against the pages of all sources.
func compareRows(r reconcile.Reader, all []*rereading) error {
	refunds := rowsOf(r.Refunds(nil), func(x *reconcile.Refund) storedRow {
		return storedRow{said{controlRefund, x.Provider, x.ID}, x.Source, x.Amount}
	})
	disputes := rowsOf(r.Disputes(nil), func(x *reconcile.Dispute) storedRow {
		return storedRow{said{controlDispute, x.Provider, x.ID}, x.Source, x.Amount}
	})
	entries := rowsOf(r.Entries(reconcile.EntryFilter{}), func(x *reconcile.Entry) storedRow {
		return storedRow{said{controlEntry, x.Provider, x.ID}, x.Source, x.Net}
	})
	payouts := rowsOf(r.Payouts(nil), func(x *reconcile.Payout) storedRow {
		return storedRow{said{controlPayout, x.Provider, x.ID}, x.Source, x.Amount}
	})
	for _, rows := range []iter.Seq2[storedRow, error]{refunds, disputes, entries, payouts} {
		for stored, err := range rows {
			if err != nil {
				return err
			}
			if err := compareRow(stored, all); err != nil {
				return err
			}
		}
	}
	return nil
}

func rowsOf[T any](rows iter.Seq2[*T, error], of func(*T) storedRow) iter.Seq2[storedRow, error] {
	return func(yield func(storedRow, error) bool) {
		for row, err := range rows {
			if err != nil {
				yield(storedRow{}, err)
				return
			}
			if !yield(of(row), nil) {
				return
			}
		}
	}
}

func compareRow(stored storedRow, all []*rereading) error {
	var own *rereading
	listed := false
	for _, of := range all {
		if of.source == stored.source {
			own = of
		}
		if _, is := of.pages[stored.said]; is {
			listed = true
			if err := of.hold(stored.said, stored.amount); err != nil {
				return err
			}
		}
	}
	if own != nil && !listed {
		own.part(stored.said, "the store has it, the pages do not")
	}
	return nil
}

// hold compares a row of the pages with what is stored of it, and adds up both.
func (of *rereading) hold(row said, stored money.Amount) error {
	of.found[row] = true
	if page := of.pages[row]; page != stored {
		of.part(row, fmt.Sprintf("the pages say %s %s, the store %s %s", page, page.Currency, stored, stored.Currency))
	}
	return of.total(row.kind, stored.Currency).AddStored(stored)
}

// unstored notes which rows of the pages the store lacks, and adds up the pages.
func (of *rereading) unstored() {
	for row, amount := range of.pages {
		if !of.found[row] {
			of.part(row, "the pages have it, the store does not")
		}
		if err := of.total(row.kind, amount.Currency).AddRead(amount); err != nil {
			of.part(row, err.Error())
		}
	}
}

// part keeps the first difference, by kind and id.
func (of *rereading) part(row said, how string) {
	if of.parted == "" || cmp.Or(cmp.Compare(row.kind, of.first.kind), cmp.Compare(row.id, of.first.id)) < 0 {
		of.first, of.parted = row, fmt.Sprintf("%s %s: %s", row.kind, row.id, how)
	}
}

func (of *rereading) total(kind string, currency money.Currency) *reconcile.Control {
	key := controlKey{kind, currency}
	if of.totals[key] == nil {
		of.totals[key] = &reconcile.Control{Source: of.source, Kind: kind, Currency: currency}
	}
	return of.totals[key]
}

func (of *rereading) list() []reconcile.Control {
	var all []reconcile.Control
	for _, total := range of.totals {
		all = append(all, *total)
	}
	slices.SortFunc(all, func(a, b reconcile.Control) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Currency, b.Currency))
	})
	return all
}
