package report

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

// A limit keeps the first of the whole list, in whatever order the store gives them, and every one is counted.
func TestExceptionsUnderALimit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		reader := &fakeReader{}
		for i := range rapid.IntRange(0, 40).Draw(t, "n") {
			minor := rapid.Int64Range(0, 5).Draw(t, "minor") * 60_000
			reader.exceptions = append(reader.exceptions, &reconcile.Exception{Code: reconcile.ExDuplicate, Subject: fmt.Sprint(i),
				AtRisk: money.New(minor, rapid.SampledFrom([]money.Currency{"EUR", "USD"}).Draw(t, "currency")), OpenedAt: day(rapid.IntRange(1, 9).Draw(t, "day"))})
		}
		ids := func(limit int) (ids []string, total int) {
			list, total, err := Exceptions(reader, ExceptionQuery{Limit: limit, AsOf: day(9)})
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range list {
				ids = append(ids, x.ID())
			}
			return ids, total
		}
		all, total := ids(0)
		limit := rapid.IntRange(1, 12).Draw(t, "limit")
		some, counted := ids(limit)
		if want := all[:min(limit, len(all))]; !slices.Equal(want, some) ||
			total != counted || total != len(reader.exceptions) {
			t.Fatalf("%d of %d, %d: %v, want %v", limit, total, counted, some, want)
		}
	})
}

func TestExceptionsAreSelected(t *testing.T) {
	asOf := day(9)
	reader := &fakeReader{exceptions: []*reconcile.Exception{
		{Code: reconcile.ExUnmatched, Severity: reconcile.SeverityLow, OpenedAt: asOf.AddDate(0, 0, -61)},
		{Code: reconcile.ExStaleSource, Severity: reconcile.SeverityHigh, OpenedAt: asOf},
	}}
	for _, c := range []struct {
		query ExceptionQuery
		want  int
	}{
		{ExceptionQuery{}, 2}, {ExceptionQuery{Code: reconcile.ExUnmatched}, 1}, {ExceptionQuery{Bucket: "61-90 days"}, 1},
		{ExceptionQuery{Severity: reconcile.SeverityMedium}, 1}, {ExceptionQuery{Severity: reconcile.SeverityLow}, 0},
		{ExceptionQuery{Severity: reconcile.SeverityHigh, Bucket: "61-90 days"}, 0},
	} {
		c.query.AsOf = asOf
		if list, total, err := Exceptions(reader, c.query); err != nil || total != c.want || len(list) != c.want {
			t.Errorf("%+v selects %d (%v), want %d", c.query, total, err, c.want)
		}
	}
	if _, _, err := Exceptions(reader, ExceptionQuery{PII: "some"}); err == nil {
		t.Error("an unknown privacy is taken for one")
	}
}
