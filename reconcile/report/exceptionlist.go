package report

import (
	"slices"
	"time"

	"pennytie/reconcile"
)

// ExceptionQuery selects exceptions to list. Zero values select all.
type ExceptionQuery struct {
	Code     reconcile.ExceptionCode
	Severity reconcile.Severity // as it is shown: lifted by age
	Bucket   string
	Resolved bool // those, too
	Limit    int  // how many are kept; 0: all
	AsOf     time.Time
	PII      string // full, masked or none
}

// Exception is one exception as it is shown at an instant.
type Exception struct {
	*reconcile.Exception
	AsOf  time.Time
	shown privacy
}

// ShowException gives an exception as the privacy lets it be shown.
func ShowException(x *reconcile.Exception, asOf time.Time, pii string) (Exception, error) {
	shown, err := parsePrivacy(pii)
	return Exception{x, asOf, shown}, err
}

// Exceptions finds the exceptions that a query selects, the most expected wrong credit first, and counts them, kept or not.
func Exceptions(r reconcile.Reader, q ExceptionQuery) (kept []Exception, total int, err error) {
	shown, err := parsePrivacy(q.PII)
	if err != nil {
		return nil, 0, err
	}
	order := func(a, b Exception) int { return a.Place().Compare(b.Place()) }
	for x, err := range r.Exceptions(reconcile.ExceptionFilter{OpenOnly: !q.Resolved}) {
		if err != nil {
			return nil, 0, err
		}
		if !q.selects(x) {
			continue
		}
		total++
		kept = append(kept, Exception{x, q.AsOf, shown})
		if q.Limit > 0 && len(kept) >= 2*q.Limit { // there may be as many as payments
			slices.SortStableFunc(kept, order)
			kept = kept[:q.Limit]
		}
	}
	slices.SortStableFunc(kept, order)
	if q.Limit > 0 {
		kept = kept[:min(q.Limit, len(kept))]
	}
	return kept, total, nil
}

func (q *ExceptionQuery) selects(x *reconcile.Exception) bool {
	return (q.Code == "" || q.Code == x.Code) && (q.Severity == "" || q.Severity == x.Grave(q.AsOf)) &&
		(q.Bucket == "" || q.Bucket == reconcile.Bucket(x.Days(q.AsOf)))
}

// row is its line of exceptions.csv.
func (x Exception) row() exceptionRow {
	days := x.Days(x.AsOf)
	return exceptionRow{
		Code:       Text(x.Code),
		Severity:   Text(x.Grave(x.AsOf)),
		PaymentID:  Text(x.PaymentID),
		Subject:    Text(x.Subject),
		Expected:   Text(x.Said(x.Expected)),
		Actual:     Text(x.Said(x.Actual)),
		Detail:     Text(x.Said(x.Detail)),
		OpenedAt:   Time(x.OpenedAt),
		ResolvedAt: Time(x.ResolvedAt),
		ID:         Text(x.ID()),
		AtRisk:     Money(x.AtRisk),
		Currency:   Text(x.AtRisk.Currency),
		AgeDays:    count(days),
		Bucket:     Text(reconcile.Bucket(days)),
		ResolvedBy: Text(x.ResolvedBy()),
		Reason:     Text(x.Reason()),
	}
}

// Said is one of its texts as the privacy lets it be shown.
func (x Exception) Said(text string) string { return x.shown.free(text) }

// Reason is the reason that a person gave. It may name whom it pleases, so that it is shown where everything is.
func (x Exception) Reason() string {
	if x.Resolution == nil {
		return ""
	}
	return x.Why(x.Resolution)
}

// Why is the reason of any word on it.
func (x Exception) Why(said *reconcile.Resolution) string { return x.shown.show(said.Reason, hide) }

// MarshalJSON implements json.Marshaler: the columns of exceptions.csv, money in minor units, and what the order depends on.
func (x Exception) MarshalJSON() ([]byte, error) {
	row, wrong := x.row(), x.ExpectedWrong()
	o := object{b: []byte{'{'}}
	o.text("id", string(row.ID))
	for _, text := range []struct {
		name  string
		value Text
	}{
		{"code", row.Code}, {"severity", row.Severity}, {"payment_id", row.PaymentID}, {"subject", row.Subject},
		{"expected", row.Expected}, {"actual", row.Actual}, {"detail", row.Detail},
	} {
		o.text(text.name, string(text.value))
	}
	o.time("opened_at", x.OpenedAt)
	o.time("resolved_at", x.ResolvedAt)
	o.money("at_risk", &x.AtRisk)
	o.text("currency", string(row.Currency))
	o.b = appendFixed(o.key("chance"), int64(x.Chance()), 4)
	o.money("expected_wrong", &wrong)
	o.raw("age_days", string(row.AgeDays))
	o.text("bucket", string(row.Bucket))
	o.text("resolved_by", string(row.ResolvedBy))
	o.text("reason", string(row.Reason))
	return append(o.b, '}'), nil
}
