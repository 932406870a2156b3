package report

import (
	"strings"

	"pennytie/reconcile"
)

const changesFile = "changes.csv"

// changeRow is a line of changes.csv: one field that changed since the last run, of a payment that was known before, in the
// order of time, payment, source, record and field. Without a record it is the payment as a whole, with its leading
// source; with one it is what another source says of it. Without a source it is what pennytie decided.
type changeRow struct {
	PaymentID         Text `csv:"payment_id"`
	ProviderPaymentID Text `csv:"provider_payment_id"`
	Source            Text `csv:"source"`
	Record            Text `csv:"record"`
	Field             Text `csv:"field"`
	Before            Text `csv:"before"`
	After             Text `csv:"after"`
	ChangedAt         Time `csv:"changed_at"` // as-of time of the run that saw it
}

// changes writes changes.csv.
func (b *bundle) changes() error {
	t, err := openTable[changeRow](b, changesFile, nil)
	if err != nil {
		return err
	}
	for c, err := range b.reader.Changes(b.options.Sources, b.options.ChangedSince, b.options.ChangedThrough) {
		if err != nil {
			return t.failed(err)
		}
		row := changeRow{
			PaymentID: Text(c.PaymentID), ProviderPaymentID: Text(c.ProviderPaymentID), Source: Text(c.Source),
			Record: Text(c.Record), Field: Text(c.Field), ChangedAt: Time(c.At),
			Before: Text(b.shown.change(c.Field, c.Before)), After: Text(b.shown.change(c.Field, c.After)),
		}
		if err := t.add(&row); err != nil {
			return err
		}
	}
	return finishTable(b, t)
}

// change hides the value of a field by what kind of thing the field holds.
func (p privacy) change(field, value string) string {
	switch {
	case p == privacyFull || value == "":
		return value
	case field == "payer" || field == "emails": // documents and lists with all sorts of things in them
		return p.show(value, hide)
	case strings.Contains(field, "email"):
		return p.email(value)
	case strings.HasSuffix(field, "name"):
		return p.name(value)
	case field == "refund_reason":
		return p.show(value, hide)
	}
	return p.free(value)
}

// sourceCounts tells, for each source, how many records of money it has brought and how many payments it leads: the payments
// of all sources come to the payments that there are, and the rest of the records are claims and attempts that joined them.
func sourceCounts(source string, c reconcile.SourceCount) []summaryRow {
	records, payments := figure("source", "records", c.Records), figure("source", "payments", c.Payments)
	records.Source, payments.Source = Text(source), Text(source)
	return []summaryRow{records, payments}
}
