package report

import "pennytie/reconcile"

const exceptionsFile = "exceptions.csv"

// exceptionRow is a line of exceptions.csv, open and resolved ones, in the store's order: those about no payment first, then
// payment by payment as in payments.csv. There may be as many as payments, so they are not sorted again. The age of an open one
// is that at Options.AsOf, of a resolved one what it was then.
type exceptionRow struct {
	Code       Text `csv:"code"`
	Severity   Text `csv:"severity"`
	PaymentID  Text `csv:"payment_id"`
	Subject    Text `csv:"subject"`
	Expected   Text `csv:"expected"`
	Actual     Text `csv:"actual"`
	Detail     Text `csv:"detail"`
	OpenedAt   Time `csv:"opened_at"`
	ResolvedAt Time `csv:"resolved_at"`

	ID         Text   `csv:"id"`
	AtRisk     Money  `csv:"at_risk" in:"currency"`
	Currency   Text   `csv:"currency"`
	AgeDays    Number `csv:"age_days"`
	Bucket     Text   `csv:"bucket"`
	ResolvedBy Text   `csv:"resolved_by"` // run or person
	Reason     Text   `csv:"reason"`
}

// exceptions writes exceptions.csv and notes which sources are stale.
func (b *bundle) exceptions() error {
	t, err := openTable(b, exceptionsFile, func(r *exceptionRow, s *sums) { s.add("at_risk", r.AtRisk) })
	if err != nil {
		return err
	}
	for e, err := range b.reader.Exceptions(reconcile.ExceptionFilter{Sources: b.options.Sources}) {
		if err != nil {
			return t.failed(err)
		}
		if e.Code == reconcile.ExStaleSource && e.ResolvedAt.IsZero() {
			b.stale[e.Subject] = true
		}
		if e.ResolvedAt.IsZero() {
			b.picture.exception(reconcile.Bucket(e.Days(b.options.AsOf)), e.Grave(b.options.AsOf))
		}
		row := Exception{e, b.options.AsOf, b.shown}.row()
		if err := t.add(&row); err != nil {
			return err
		}
	}
	return finishTable(b, t)
}
