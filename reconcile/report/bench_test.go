package report

import (
	"context"
	"io"
	"strconv"
	"testing"
)

// discard is a file that swallows everything.
type discard struct{ io.Writer }

func (discard) Seek(int64, int) (int64, error) { return 0, nil }
func (discard) Truncate(int64) error           { return nil }
func (discard) Sync() error                    { return nil }
func (discard) Close() error                   { return nil }

// rate reports rows a second, which is what a quiet machine gives.
func rate(b *testing.B, rows int) {
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkPaymentsTable encodes payments.csv with two candidates a row.
func BenchmarkPaymentsTable(b *testing.B) {
	payments := manyPayments(20_000)
	b.ReportAllocs()
	for b.Loop() {
		t, err := newTable(context.Background(), paymentsFile, discard{io.Discard}, tallyPayment, false)
		if err != nil {
			b.Fatal(err)
		}
		var scratch []byte
		for _, p := range payments {
			scratch = appendCandidates(scratch[:0], p.Match.Candidates, privacyFull, nil)
			row := newPaymentRow(p, JSON(scratch), privacyFull)
			if err := t.add(&row); err != nil {
				b.Fatal(err)
			}
		}
		if _, err := t.finish(); err != nil {
			b.Fatal(err)
		}
	}
	rate(b, len(payments))
}

// BenchmarkWrite writes all files: rows are payments.
func BenchmarkWrite(b *testing.B) {
	reader := &fakeReader{payments: manyPayments(20_000)}
	dir, n := b.TempDir(), 0
	for b.Loop() {
		n++
		if _, err := Write(context.Background(), reader, Options{Dir: dir, RunID: strconv.Itoa(n)}); err != nil {
			b.Fatal(err)
		}
	}
	rate(b, len(reader.payments))
}

// BenchmarkRecount reads payments.csv again.
func BenchmarkRecount(b *testing.B) {
	reader := &fakeReader{payments: manyPayments(20_000)}
	result, err := Write(context.Background(), reader, Options{Dir: b.TempDir(), RunID: "1"})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := Recount(result.Dir); err != nil {
			b.Fatal(err)
		}
	}
	rate(b, len(reader.payments))
}

// BenchmarkVerify proves a whole folder.
func BenchmarkVerify(b *testing.B) {
	reader := &fakeReader{payments: manyPayments(20_000)}
	result, err := Write(context.Background(), reader, Options{Dir: b.TempDir(), RunID: "1"})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := Verify(result.Dir); err != nil {
			b.Fatal(err)
		}
	}
	rate(b, len(reader.payments))
}

// BenchmarkPaymentsTableUnmatched encodes payments.csv without candidates: the cells alone.
func BenchmarkPaymentsTableUnmatched(b *testing.B) {
	payments := manyPayments(20_000)
	for b.Loop() {
		t, err := newTable(context.Background(), paymentsFile, discard{io.Discard}, tallyPayment, false)
		if err != nil {
			b.Fatal(err)
		}
		for _, p := range payments {
			row := newPaymentRow(p, "[]", privacyFull)
			if err := t.add(&row); err != nil {
				b.Fatal(err)
			}
		}
		if _, err := t.finish(); err != nil {
			b.Fatal(err)
		}
	}
	rate(b, len(payments))
}
