package report

import (
	"strconv"
	"time"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

// Text is a cell of words. It is guarded against formulas when it is written.
type Text string

// MarshalCSV implements gocsv.TypeMarshaller.
func (t Text) MarshalCSV() (string, error) { return Guard(string(t)), nil }

// Money is a cell of major units with the currency's own digits. Without a currency the amount is unknown
// and the cell is empty: unknown is not zero.
type Money money.Amount

// MarshalCSV implements gocsv.TypeMarshaller.
func (m Money) MarshalCSV() (string, error) {
	if m.Currency == "" {
		return "", nil
	}
	return money.Amount(m).String(), nil
}

// known turns an amount that may be missing into a cell.
func known(a *money.Amount) Money {
	if a == nil {
		return Money{}
	}
	return Money(*a)
}

// Time is a cell of an instant, RFC 3339 in UTC with a fraction only where there is one. The zero time is
// unknown and the cell is empty.
type Time time.Time

// MarshalCSV implements gocsv.TypeMarshaller.
func (t Time) MarshalCSV() (string, error) { return instant(time.Time(t)), nil }

func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// Number is a cell of digits. Only this package makes them, from integers, so that they need no guard.
type Number string

// MarshalCSV implements gocsv.TypeMarshaller.
func (n Number) MarshalCSV() (string, error) { return string(n), nil }

func count(n int) Number { return Number(strconv.Itoa(n)) }

// confidence prints ten-thousandths with all four digits: 9312 is 0.9312.
func confidence(c reconcile.Confidence) Number {
	return Number(appendFixed(make([]byte, 0, 8), int64(c), 4))
}

// JSON is a cell that holds a JSON array made by this package. It starts with a bracket and escapes every
// control character, so that it needs no guard.
type JSON string

// MarshalCSV implements gocsv.TypeMarshaller.
func (j JSON) MarshalCSV() (string, error) { return string(j), nil }

// appendFixed prints n / 10^digits without going through a float.
func appendFixed(dst []byte, n int64, digits int) []byte {
	magnitude := uint64(n)
	if n < 0 {
		dst, magnitude = append(dst, '-'), -magnitude
	}
	scale := uint64(1)
	for range digits {
		scale *= 10
	}
	dst = append(strconv.AppendUint(dst, magnitude/scale, 10), '.')
	for magnitude %= scale; scale > 1; magnitude %= scale {
		scale /= 10
		dst = append(dst, '0'+byte(magnitude/scale))
	}
	return dst
}

func timeOf(t Time) time.Time { return time.Time(t) }
