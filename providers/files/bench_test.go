package files

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"pennytie/reconcile"
)

func BenchmarkPayments(b *testing.B) {
	const rows = 100_000
	path := filepath.Join(b.TempDir(), "payments.csv")
	file, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriter(file)
	fmt.Fprintln(w, "provider,provider_payment_id,amount,currency,status,payment_date,"+
		"customer_email,customer_name,"+
		"customer_phone,stripe_customer_id,stripe_product_id,billing_address,billing_city,billing_postal_code,"+
		"billing_country,description,external_id,metadata,refund_status,"+
		"refunded_amount,refunded_at,dispute_status")
	for i := range rows {
		fmt.Fprintf(w, "stripe,pi_3CrKcRU0gY6LRs%08d,1666.66,USD,succeeded,2024-09-09T09:44:00Z,"+
			"ahorak%d@example.com,"+
			"Adam Horak,650 949 6024,cus_%d,,University 186,Praha,111 49,CZ,Order #11485,,,none,,,none\n", i, i, i)
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := file.Close(); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		all := 0
		p := provider(b, Config{As: Payments, Path: path})
		for cursor, more := "", true; more; {
			page, err := p.Pull(b.Context(), reconcile.Cursor(cursor))
			if err != nil {
				b.Fatal(err)
			}
			all += len(page.Payments)
			cursor, more = string(page.Next), page.More
		}
		if all != rows {
			b.Fatal(all)
		}
	}
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
