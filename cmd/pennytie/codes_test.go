package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"pennytie/providers/fake"
	"pennytie/reconcile"
)

// exceptionCodes are all that reconcile declares.
func exceptionCodes(t *testing.T) []reconcile.ExceptionCode {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", "..", "reconcile", "exception.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var codes []reconcile.ExceptionCode
	ast.Inspect(file, func(n ast.Node) bool {
		spec, is := n.(*ast.ValueSpec)
		if !is {
			return true
		}
		if kind, is := spec.Type.(*ast.Ident); is && kind.Name == "ExceptionCode" {
			text, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			codes = append(codes, reconcile.ExceptionCode(text))
		}
		return true
	})
	if len(codes) < 20 {
		t.Fatalf("only %d codes are declared: %v", len(codes), codes)
	}
	return codes
}

// nights are files as they are on one night after the other; what a night does not name is gone.
const nights = `
-- 1/pennytie.yaml --
sources:
  - {name: bank, provider: files, role: processor, path: ./payments.csv, refunds_path: ./refunds.csv}
  - {name: crm, provider: files, role: book, path: ./claims.csv}
  - {name: itemised, provider: files, role: processor, path: ./itemised.csv, format: stripe_payout_reconciliation}
records: {leads: ./leads.csv}
-- 1/itemised.csv --
automatic_payout_id,balance_transaction_id,created_utc,currency,gross,fee,net,reporting_category,source_id,payment_intent_id,charge_id
po_less,txn_1,2026-03-16 10:00:00,usd,24.00,1.00,23.00,charge,ch_fee,pi_fee,ch_fee
po_less,txn_2,2026-03-17 10:00:00,usd,-24.00,0.00,-24.00,payout,po_less,,
-- 1/leads.csv --
id,name,email
L1,Ada Lovelace,ada@example.com
L2,Alan King,king@example.com
L3,Beatrice King,king@example.com
L4,Grace Hopper,
L5,Hedy Lamarr,hedy@example.com
-- 1/payments.csv --
provider,provider_payment_id,amount,currency,status,payment_date,customer_email,customer_name,refund_status,refunded_amount,fee
stripe,pi_fee,24.00,USD,succeeded,2026-03-16T10:00:00Z,ada@example.com,,,,1.20
stripe,pi_over,11.00,USD,succeeded,2026-03-01T10:00:00Z,ada@example.com,,,,
stripe,pi_under,12.00,USD,succeeded,2026-03-02T10:00:00Z,ada@example.com,,,,
stripe,pi_currency,13.00,USD,succeeded,2026-03-03T10:00:00Z,ada@example.com,,,,
stripe,pi_status,14.00,USD,failed,2026-03-04T10:00:00Z,ada@example.com,,,,
stripe,pi_nobody,15.00,USD,succeeded,2026-03-05T10:00:00Z,nobody@example.net,,,,
stripe,pi_tie,16.00,USD,succeeded,2026-03-06T10:00:00Z,king@example.com,,,,
stripe,pi_name,17.00,USD,succeeded,2026-03-07T10:00:00Z,,Grace Hopper,,,
stripe,pi_twice,18.00,USD,succeeded,2026-03-08T10:00:00Z,ada@example.com,,,,
stripe,pi_again,18.00,USD,succeeded,2026-03-08T10:05:00Z,ada@example.com,,,,
stripe,pi_unbooked,19.00,USD,succeeded,2026-03-09T10:00:00Z,ada@example.com,,,,
stripe,pi_exceeds,20.00,USD,succeeded,2026-03-10T10:00:00Z,ada@example.com,,,,
stripe,pi_later,22.00,USD,succeeded,2026-03-12T10:00:00Z,ada@example.com,,,,
stripe,pi_refund,23.00,USD,succeeded,2026-03-12T11:00:00Z,ada@example.com,,,,
stripe,pi_part1,81.00,USD,succeeded,2026-03-13T10:00:00Z,hedy@example.com,Hedy Lamarr,,,
stripe,pi_part2,80.00,USD,succeeded,2026-03-14T10:00:00Z,hedy@example.com,Hedy Lamarr,,,
-- 1/refunds.csv --
provider,provider_refund_id,provider_payment_id,amount,currency,created_at
stripe,re_orphan,pi_gone,1.00,USD,2026-03-15T10:00:00Z
stripe,re_exceeds,pi_exceeds,20.01,USD,2026-03-15T10:00:00Z
stripe,re_less,pi_refund,3.00,USD,2026-03-15T10:00:00Z
-- 1/claims.csv --
provider,provider_payment_id,amount,currency,status,payment_date,customer_email,customer_name,refund_status,refunded_amount
stripe,pi_over,11.01,USD,succeeded,2026-03-01T10:00:00Z,,,,
stripe,pi_under,11.99,USD,succeeded,2026-03-02T10:00:00Z,,,,
stripe,pi_currency,13.00,EUR,succeeded,2026-03-03T10:00:00Z,,,,
stripe,pi_status,14.00,USD,succeeded,2026-03-04T10:00:00Z,,,,
stripe,pi_exceeds,20.00,USD,succeeded,2026-03-10T10:00:00Z,,,,
stripe,pi_refund,23.00,USD,succeeded,2026-03-12T11:00:00Z,,,partial,5.00
stripe,pi_nothing,21.00,USD,succeeded,2026-03-11T10:00:00Z,,,,
stripe,pi_later,22.00,USD,succeeded,2026-03-12T10:00:00Z,,,,
ledger,L-6,181.00,USD,succeeded,2026-03-13T12:00:00Z,hedy@example.com,Hedy Lamarr,,
-- 2/payments.csv --
provider,provider_payment_id,amount,currency,status,payment_date,customer_email,customer_name
stripe,pi_later,22.50,USD,succeeded,2026-03-12T10:00:00Z,ada@example.com,
`

// TestEveryCodeIsProduced holds the codes that reconcile declares against those that the program finds: in files on two nights, at
// the five services, and where a service changed before we wrote to it.
func TestEveryCodeIsProduced(t *testing.T) {
	if testing.Short() {
		t.Skip("runs as in other tests")
	}
	seen := map[string]string{} // code: where it was found
	found := func(where, folder string) {
		for _, row := range csvRows(t, filepath.Join(folder, "reports", "latest", "exceptions.csv")) {
			if seen[row["code"]] == "" {
				seen[row["code"]] = where
			}
		}
	}
	runNights(t, found)
	demo := t.TempDir()
	if out, err := exec.Command("pennytie", "demo", "--dir", demo, "--charges", "200", "-q").CombinedOutput(); err != nil {
		t.Fatalf("demo: %v\n%s", err, out)
	}
	found("demo", demo)
	changed := changedBeforePush(t)
	found("push", changed)
	for _, code := range exceptionCodes(t) {
		if seen[string(code)] == "" {
			t.Errorf("nothing produces %s", code)
		}
		if code.Advice() == "" {
			t.Errorf("nobody says what to do about %s", code)
		}
		delete(seen, string(code))
	}
	if len(seen) > 0 {
		t.Errorf("codes that reconcile does not declare: %v", slices.Sorted(maps.Keys(seen)))
	}
}

func runNights(t *testing.T, found func(where, folder string)) {
	t.Helper()
	dir := t.TempDir()
	for night, exit := range []int{0, 3} { // on the second the claims are gone
		for _, file := range txtar.Parse([]byte(nights)).Files {
			day, name, _ := strings.Cut(file.Name, "/")
			if day != strconv.Itoa(night+1) {
				continue
			}
			if err := os.WriteFile(filepath.Join(dir, name), file.Data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		cmd := exec.Command("pennytie", "run", "-q", "--as-of", time.Date(2026, 7, 1+night, 0, 0, 0, 0, time.UTC).Format(time.RFC3339))
		cmd.Dir = dir
		if out, _ := cmd.CombinedOutput(); cmd.ProcessState.ExitCode() != exit {
			t.Fatalf("night %d: exit %d, want %d\n%s", night+1, cmd.ProcessState.ExitCode(), exit, out)
		}
		found("night "+strconv.Itoa(night+1), dir)
		if err := os.Remove(filepath.Join(dir, "claims.csv")); err != nil && night == 0 {
			t.Fatal(err)
		}
	}
}

// changedBeforePush is a shop whose book is written to by somebody else while we write.
func changedBeforePush(t *testing.T) string {
	t.Helper()
	s := newShop(t, "{enabled: true}", func(s story) { s.booked(0, s.sold(0, nil), nil) })
	s.clock.Set(june(3, 0))
	s.records(t, 10)
	s.runs(t, 0)
	s.refund("late", "000000", 10000, june(3, 1))
	s.clock.Set(june(3, 12))
	s.aura.Fault(fake.Fault{Write: true, Nth: 1, Do: fake.Chain(fake.Before(func() {
		s.aura.Put("payments", s.clock.Now(), s.auraRow(t, 0, map[string]any{"external_id": "order 7"}))
	}), fake.Reset())})
	if run := s.runs(t, 0); run.Push == nil || run.Push.Conflict != 1 {
		t.Fatalf("%+v", run.Push)
	}
	s.pennytie(t, 0, "report", "-q")
	return s.dir
}
