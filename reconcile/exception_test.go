package reconcile

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"pennytie/reconcile/money"
)

// opened is an exception of some money, opened on the first.
func opened(code ExceptionCode, minor int64, currency money.Currency) *Exception {
	amount := money.New(minor, currency)
	return &Exception{Code: code, Severity: SeverityOf(amount), AtRisk: amount, OpenedAt: day(1), PaymentID: "pay_1"}
}

func TestAge(t *testing.T) {
	for _, c := range []struct {
		days                int
		bucket              string
		low, medium, graver Severity
	}{
		{0, "0-7 days", "low", "medium", "high"}, {7, "0-7 days", "low", "medium", "high"},
		{8, "8-30 days", "low", "medium", "high"}, {30, "8-30 days", "low", "medium", "high"},
		{31, "31-60 days", "low", "medium", "high"}, {60, "31-60 days", "low", "medium", "high"},
		{61, "61-90 days", "medium", "high", "high"}, {90, "61-90 days", "medium", "high", "high"},
		{91, "90+ days", "high", "high", "high"}, {4000, "90+ days", "high", "high", "high"},
	} {
		asOf := day(1).AddDate(0, 0, c.days).Add(23 * time.Hour)
		x := opened(ExDuplicate, 0, "USD")
		if got := x.Days(asOf); got != c.days || Bucket(got) != c.bucket {
			t.Errorf("%d days: %d, %s", c.days, got, Bucket(got))
		}
		for severity, want := range map[Severity]Severity{SeverityLow: c.low, SeverityMedium: c.medium, SeverityHigh: c.graver} {
			x.Severity = severity
			if got := x.Grave(asOf); got != want {
				t.Errorf("%s after %d days is %s, want %s", severity, c.days, got, want)
			}
		}
		x.ResolvedAt = day(3)
		if got := x.Days(asOf); got != 2 {
			t.Errorf("one resolved after 2 days is %d days old", got)
		}
	}
	if got := opened(ExDuplicate, 1, "USD").Days(day(1).AddDate(-1, 0, 0)); got != 0 {
		t.Errorf("before it was opened it is %d days old", got)
	}
}

func TestExpectedWrong(t *testing.T) {
	for _, c := range []struct {
		x          *Exception
		confidence Confidence
		subject    string
		want       string
	}{
		{opened(ExLowConfidence, 10_000, "USD"), 9_000, "", "10.00 USD"},
		{opened(ExAmbiguous, 10_001, "USD"), 5_000, "", "50.01 USD"},
		{opened(ExUnmatched, 10_000, "USD"), 0, "", "100.00 USD"},
		{opened(ExLowConfidence, 10_000, "USD"), 9_000, "claim of crm", "100.00 USD"},
		{opened(ExAmountOver, 10_000, "JPY"), 9_999, "crm", "10000 JPY"},
		{opened(ExAmbiguous, 1<<62, "USD"), 5_000, "", money.New(1<<61, "USD").String() + " USD"},
	} {
		c.x.Confidence, c.x.Subject = c.confidence, c.subject
		if got := c.x.ExpectedWrong(); got.String()+" "+string(got.Currency) != c.want {
			t.Errorf("%s: %s %s, want %s", c.x.Code, got, got.Currency, c.want)
		}
	}
}

// Within a currency the expected wrong credit never grows down the list, and of equal ones the oldest comes first, in whatever
// order they came.
func TestExceptionsAreInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) *Exception {
			x := opened(rapid.SampledFrom([]ExceptionCode{ExLowConfidence, ExDuplicate}).Draw(t, "code"), rapid.Int64Range(0, 300_000).Draw(t, "minor"),
				rapid.SampledFrom([]money.Currency{"EUR", "USD", "JPY"}).Draw(t, "currency"))
			x.Confidence = Confidence(rapid.IntRange(0, 10_000).Draw(t, "confidence"))
			x.OpenedAt = day(rapid.IntRange(1, 28).Draw(t, "day"))
			return x
		}), 2, 20).Draw(t, "list")
		order := func(a, b *Exception) int { return a.Place().Compare(b.Place()) }
		slices.SortFunc(list, order)
		last := map[money.Currency]*Exception{}
		for _, x := range list {
			if before := last[x.AtRisk.Currency]; before != nil {
				a, b := before.ExpectedWrong().Minor, x.ExpectedWrong().Minor
				if a < b || a == b && before.OpenedAt.After(x.OpenedAt) {
					t.Fatalf("%d of %s before %d of %s", a, before.OpenedAt, b, x.OpenedAt)
				}
			}
			last[x.AtRisk.Currency] = x
		}
	})
}

func TestExceptionIDStandsForTheThing(t *testing.T) {
	x := opened(ExAmountOver, 1, "USD")
	id := x.ID()
	x.Expected, x.Actual, x.Detail, x.OpenedAt, x.AtRisk = "1", "2", "d", day(9), money.New(5, "EUR")
	if x.ID() != id {
		t.Error("other values of the same thing have another id")
	}
	for what, other := range map[string]Exception{
		"payment": {Code: ExAmountOver, PaymentID: "pay_2"}, "code": {Code: ExAmountUnder, PaymentID: "pay_1"},
		"subject": {Code: ExAmountOver, PaymentID: "pay_1", Subject: "crm"}, "none": {Code: ExAmountOver},
	} {
		if other.ID() == id {
			t.Errorf("another %s has the same id", what)
		}
	}
}
