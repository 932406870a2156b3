package report

import "pennytie/reconcile"

const exceptionsFile = "exceptions.csv"

// exceptionRow is a line of exceptions.csv, open and resolved ones, in the store's order: those
// about no payment
// first, then payment by payment as in payments.csv. There may be as many as payments, so they are
// not sorted again.
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
}

// exceptions writes exceptions.csv and notes which sources are stale.
func (b *bundle) exceptions() error {
	t, err := openTable[exceptionRow](b, exceptionsFile, nil)
	if err != nil {
		return err
	}
	for e, err := range b.reader.Exceptions(reconcile.ExceptionFilter{Sources: b.options.Sources}) {
		if err != nil {
			return t.failed(err)
		}
		row := b.exceptionRow(e)
		if err := t.add(&row); err != nil {
			return err
		}
	}
	return finishTable(b, t)
}

func (b *bundle) exceptionRow(e *reconcile.Exception) exceptionRow {
	if e.Code == reconcile.ExStaleSource && e.ResolvedAt.IsZero() {
		b.stale[e.Subject] = true
	}
	return exceptionRow{
		Code:       Text(e.Code),
		Severity:   Text(e.Severity),
		PaymentID:  Text(e.PaymentID),
		Subject:    Text(e.Subject),
		Expected:   Text(b.shown.free(e.Expected)),
		Actual:     Text(b.shown.free(e.Actual)),
		Detail:     Text(b.shown.free(e.Detail)),
		OpenedAt:   Time(e.OpenedAt),
		ResolvedAt: Time(e.ResolvedAt),
	}
}
