package sqlite

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

// fill stores n payments that are due, with all that hangs on them.
func fill(t testing.TB, store *Store, n int) {
	t.Helper()
	err := store.Update(t.Context(), func(tx reconcile.Tx) error {
		for i := range n {
			if err := putSample(tx, i); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestStrict(t *testing.T) {
	store := openTest(t, "")
	loose, err := readTexts(t, store, `SELECT name FROM pragma_table_list WHERE schema = 'main' 
		AND type = 'table' AND strict = 0 AND name NOT LIKE 'sqlite%' AND name <> 'goose_db_version'`)
	if err != nil || len(loose) > 0 {
		t.Errorf("not STRICT: %v, %v", loose, err)
	}
}

func readTexts(t testing.TB, store *Store, query string) (texts []string, err error) {
	t.Helper()
	err = store.view(t.Context(), func(tx *txn) error {
		texts, err = collect(tx, func(r record) (string, error) { return r.text(len(r) - 1), nil }, query)
		return err
	})
	return texts, err
}

// TestPlans asks how the queries that run for every batch find their rows: none may read a whole table.
func TestPlans(t *testing.T) {
	store := openTest(t, "")
	fill(t, store, 200)
	raw(t, store, "ANALYZE")
	for name, query := range map[string]string{
		"leads":       leadsUnder + "(1, 2)",
		"calls":       callsUnder + "(1, 2)",
		"payment":     selectPayments + "WHERE p.id = 'x'",
		"by key":      selectPayments + "WHERE p.row_no IN (SELECT owner FROM identity_key WHERE id = 'x')",
		"entries":     strings.ReplaceAll(entriesOf, "?", "1"),
		"refunds":     selectRefunds + "WHERE r.owner = 1 " + orderRefunds,
		"between":     strings.NewReplacer("?1", "'s'", "?2", "1", "?3", "2", "?4", "''", "?5", "9").Replace(refsBetween),
		"said":        saidUnder + "(1, 2) ORDER BY b.key, p.id, d.row_no",
		"around":      strings.ReplaceAll(aroundLead, "?1", "'x'"),
		"decisions":   strings.ReplaceAll(selectDecisions, "?", "1"),
		"exceptions":  selectExceptions + "WHERE e.owner IS NULL AND e.resolved_at IS NULL",
		"open ones":   strings.ReplaceAll(openExceptions, "?", "1"),
		"said of one": strings.ReplaceAll(selectResolutions+ofException, "?", "1") + " ORDER BY s.row_no",
		"payers":      "SELECT target FROM block_key WHERE key = 1 AND kind = 5 ORDER BY target LIMIT 3",
		"keys around a lead": `SELECT p.payer_keys FROM block_key b JOIN payment p ON p.row_no = b.target
			WHERE b.key IN (1, 2) AND b.kind = 1 AND p.payer_keys IS NOT NULL`,
		"claimed of": strings.NewReplacer("= ?", "= 1", "(?, 0)", "(2, 0)", "< ?", "< 3").Replace(claimedOf),
		"taken of":   strings.NewReplacer("= ?", "= 1", "(?, 0)", "(2, 0)", "< ?", "< 3").Replace(takenOf),
		"joins":      strings.ReplaceAll(selectJoins, "?", "1"),
		"join rows":  strings.ReplaceAll(joinRows, "?", "1"),
		"fact":       selectBooked + "WHERE fact = 'x' ORDER BY row_no",
		"twins":      "SELECT target FROM block_key WHERE key = 1 AND kind = 2",
	} {
		plan, err := readTexts(t, store, "EXPLAIN QUERY PLAN "+query)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, step := range plan {
			if strings.HasPrefix(step, "SCAN") {
				t.Errorf("%s scans:\n%s", name, strings.Join(plan, "\n"))
			}
		}
	}
	for _, query := range []string{selectPayments + "ORDER BY p.payment_date, p.id", selectEntries + orderEntries,
		selectBooked + "WHERE period = 'x' ORDER BY row_no"} {
		plan, err := readTexts(t, store, "EXPLAIN QUERY PLAN "+query)
		if err != nil || strings.Contains(strings.Join(plan, "\n"), "TEMP B-TREE FOR ORDER BY") {
			t.Errorf("streaming sorts first (%v):\n%s", err, strings.Join(plan, "\n"))
		}
	}
}

func TestDecisionsCannotBeTouched(t *testing.T) {
	store := openTest(t, "")
	fill(t, store, 1)
	for _, attempt := range []string{
		"UPDATE decision SET reason = 'other'", "DELETE FROM decision", "UPDATE decision SET row_no = 7",
		"UPDATE decision SET confirmed = 'v1'", "UPDATE decision SET overruled = 'L1'",
		"UPDATE decision SET audited = 'L1'", "UPDATE decision SET verified = 1",
	} {
		err := store.update(t.Context(), func(tx *txn) error {
			if err := tx.AddDecision(1, &reconcile.Decision{None: true, At: sampleDate(1)}); err != nil {
				return err
			}
			_, err := tx.exec(true, attempt)
			return err
		})
		if !errors.Is(err, reconcile.ErrConflict) {
			t.Errorf("%s gives %v", attempt, err)
		}
	}
}

func TestCorrectionsCannotBeTouched(t *testing.T) {
	store := openTest(t, "")
	fill(t, store, 1)
	for _, attempt := range []string{
		"UPDATE source_record SET content = '{}' WHERE source = 'manual'", "DELETE FROM source_record WHERE source = 'manual'",
	} {
		err := store.update(t.Context(), func(tx *txn) error {
			_, err := tx.PutRecord(1, &reconcile.SourceRecord{Source: reconcile.ManualSource, Provider: "pennytie", ID: "pay_1/1",
				Role: reconcile.RoleManual, Kind: reconcile.KindDetail})
			if err != nil {
				return err
			}
			_, err = tx.exec(true, attempt)
			return err
		})
		if !errors.Is(err, reconcile.ErrConflict) {
			t.Errorf("%s gives %v", attempt, err)
		}
	}
}

func TestResolutionsCannotBeTouched(t *testing.T) {
	store := openTest(t, "")
	for _, attempt := range []string{"UPDATE resolution SET reason = 'x'", "DELETE FROM resolution"} {
		err := store.update(t.Context(), func(tx *txn) error {
			open := []reconcile.Exception{{Code: reconcile.ExStaleSource, Severity: reconcile.SeverityLow}}
			if err := tx.PutExceptions(0, open, sampleDate(1)); err != nil {
				return err
			}
			open[0].OpenedAt = sampleDate(1)
			if err := tx.Resolve(&open[0], &reconcile.Resolution{Reason: "r", At: sampleDate(2)}); err != nil {
				return err
			}
			_, err := tx.exec(true, attempt)
			return err
		})
		if !errors.Is(err, reconcile.ErrConflict) {
			t.Errorf("%s gives %v", attempt, err)
		}
	}
}

func TestRefitsCannotBeTouched(t *testing.T) {
	store := openTest(t, "")
	for _, attempt := range []string{"UPDATE refit SET shift = 1", "DELETE FROM refit"} {
		err := store.update(t.Context(), func(tx *txn) error {
			if err := tx.AddRefit(&reconcile.Refit{AdoptedAt: sampleDate(1)}); err != nil {
				return err
			}
			_, err := tx.exec(true, attempt)
			return err
		})
		if !errors.Is(err, reconcile.ErrConflict) {
			t.Errorf("%s gives %v", attempt, err)
		}
	}
}

// TestCheckFinds breaks one promise after the other behind the store's back.
func TestCheckFinds(t *testing.T) {
	for _, damage := range []struct{ statement, says string }{
		{"DELETE FROM identity_key WHERE owner = 1", "without a key"},
		{"INSERT INTO block_key VALUES (1, 3, 999)", "of no payment, lead or call"},
		{"DELETE FROM block_key WHERE kind = 1 AND target = 2", "lost or left over"},
		{"UPDATE payment SET refunded_amount = captured_amount + 1 WHERE row_no = 1", "more refunded"},
		{"UPDATE outcome SET match_state = 'auto', lead_id = NULL", "without a lead"},
		{"UPDATE outcome SET match_state = 'unmatched', lead_id = 'L'", "without an attribution"},
		{"DELETE FROM outcome", "neither matched nor due"},
		{"INSERT INTO claim_join VALUES ('a', 'b', 'c', 1, 'USD', 'sure', NULL, 1, 1, NULL, NULL, NULL)", "joins of no record"},
		{"DELETE FROM identity WHERE row_no = 2", "refers to a missing identity"},
	} {
		store := openTest(t, "")
		fill(t, store, 3)
		err := store.Update(t.Context(), func(tx reconcile.Tx) error {
			p, err := tx.PaymentRows([]int64{1})
			if err != nil {
				return err
			}
			p[0].Match.State = reconcile.MatchUnmatched
			_, err = tx.PutOutcome(p[0])
			return err
		})
		if err := errors.Join(err, store.Check(t.Context())); err != nil {
			t.Fatal(err)
		}
		raw(t, store, "PRAGMA foreign_keys = 0", damage.statement)
		err = store.Check(t.Context())
		if !errors.Is(err, reconcile.ErrIntegrity) || !strings.Contains(err.Error(), damage.says) {
			t.Errorf("after %s the check gives %v", damage.statement, err)
		}
	}
}

func TestEveryPaymentHasItsOwnID(t *testing.T) {
	store := openTest(t, "")
	fill(t, store, 2)
	err := store.Update(t.Context(), func(tx reconcile.Tx) error {
		p := samplePayment(2, 1)
		p.ID = samplePayment(1, 0).ID
		_, err := tx.PutPayment(p, reconcile.PaymentKeys{})
		return err
	})
	if !errors.Is(err, reconcile.ErrConflict) {
		t.Errorf("error is %v", err)
	}
}

func TestSameValues(t *testing.T) {
	for i, pair := range []struct {
		a, b record
		want bool
	}{
		{record{nil, int64(1), "x", []byte{1}}, record{nil, int64(1), "x", []byte{1}}, true},
		{record{nil}, record{int64(0)}, false},
		{record{nil}, record{""}, false},
		{record{nil}, record{[]byte{}}, false},
		{record{[]byte{1}}, record{[]byte{2}}, false},
		{record{"1"}, record{[]byte("1")}, false},
		{record{"a"}, record{"a", nil}, false},
	} {
		if same(pair.a, pair.b) != pair.want || same(pair.b, pair.a) != pair.want {
			t.Errorf("pair %d: same is not %v", i, pair.want)
		}
	}
	if got := fmt.Sprint(unpackKeys(packKeys([]reconcile.BlockKey{5, -3, 5}))); got != "[-3 5]" {
		t.Errorf("keys are %s", got)
	}
	if minor(money.New(0, "USD")) == nil || minor(money.Amount{}) != nil {
		t.Error("zero and unknown are mixed up")
	}
}
