package sqlite

import (
	"cmp"
	"database/sql/driver"
	"fmt"
	"slices"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

var joins = newTable("claim_join", true, "id, provider, source",
	"amount, currency, state, payment, confidence, margin, evidence, others, sum")

// PutJoin implements reconcile.PaymentWriter.
func (t *txn) PutJoin(j *reconcile.Join) (reconcile.Change, error) {
	stored := make([]evidence, len(j.Evidence))
	for i, e := range j.Evidence {
		stored[i] = evidence{e.Signal, e.Payment, e.Candidate, int(e.Weight), e.Strategy}
	}
	because, err := documentOrNull(stored)
	if err != nil {
		return "", t.fail(err)
	}
	others, err := documentOrNull(j.Others)
	if err != nil {
		return "", t.fail(err)
	}
	change, _, err := t.put(joins, []driver.Value{j.Record, j.Provider, j.Source}, []driver.Value{
		j.Amount.Minor, string(j.Amount.Currency), string(j.State), orNull(j.PaymentID),
		int64(j.Confidence), int64(j.Margin), because, others, minor(j.Sum)}, nil)
	return change, err
}

func documentOrNull[T any](list []T) (driver.Value, error) {
	if len(list) == 0 {
		return nil, nil
	}
	return document(list)
}

// DropJoin implements reconcile.PaymentWriter.
func (t *txn) DropJoin(j *reconcile.Join) error {
	dropped, err := t.exec(true, "DELETE FROM claim_join WHERE id = ? AND provider = ? AND source = ?", j.Record, j.Provider, j.Source)
	if err != nil || dropped == 0 {
		return err
	}
	owner, err := t.number("SELECT owner FROM source_record WHERE id = ? AND provider = ? AND source = ?", j.Record, j.Provider, j.Source)
	if err != nil {
		return err
	}
	return t.due(owner) // its exceptions told of it
}

const selectJoins = `SELECT j.source, j.provider, j.id, j.amount, j.currency, j.state, j.payment, j.confidence, j.margin,
	j.evidence, j.others, j.sum FROM source_record s CROSS JOIN claim_join j ON j.id = s.id AND j.provider = s.provider AND j.source = s.source
	WHERE s.owner = ? ORDER BY s.source, s.provider, s.id`

func decodeJoin(r record) (reconcile.Join, error) {
	j := reconcile.Join{Source: r.text(0), Provider: r.text(1), Record: r.text(2),
		Amount: money.New(r.int(3), money.Currency(r.text(4))), State: reconcile.JoinState(r.text(5)), PaymentID: r.text(6),
		Confidence: reconcile.Confidence(r.int(7)), Margin: reconcile.Confidence(r.int(8)),
		Sum: r.amount(11, money.Currency(r.text(4)))}
	var stored []evidence
	if err := r.json(9, &stored); err != nil {
		return j, err
	}
	for _, e := range stored {
		j.Evidence = append(j.Evidence, reconcile.Evidence{Signal: e.Signal, Payment: e.Payment, Candidate: e.Candidate,
			Weight: reconcile.Weight(e.Weight), Strategy: e.Strategy})
	}
	return j, r.json(10, &j.Others)
}

// JoinRows implements reconcile.PaymentReader.
func (t *txn) JoinRows(amount money.Amount) ([]int64, error) {
	return collect(t, rowNumber, joinRows, amount.Minor, string(amount.Currency))
}

const joinRows = `SELECT DISTINCT s.owner FROM claim_join j CROSS JOIN source_record s
	ON s.id = j.id AND s.provider = j.provider AND s.source = j.source WHERE j.amount = ? AND j.currency = ? ORDER BY s.owner`

// PaymentsOf implements reconcile.PaymentReader. The role stands in the query: only so its index is used.
func (t *txn) PaymentsOf(amount money.Amount, role reconcile.Role, paid reconcile.Span) ([]*reconcile.Payment, error) {
	query, known := map[reconcile.Role]string{reconcile.RoleBook: claimedOf, reconcile.RoleProcessor: takenOf}[role]
	if !known {
		return nil, t.fail(fmt.Errorf("payments of role %q are not indexed: %w", role, reconcile.ErrInvalid))
	}
	return collect(t, decodePayment, query, amount.Minor, string(amount.Currency), micros(paid.From), micros(paid.Through))
}

var (
	claimedOf = selectPayments + "WHERE p.role = 'book' AND " + ofAmount
	takenOf   = selectPayments + "WHERE p.role = 'processor' AND " + ofAmount
)

const ofAmount = `p.amount = ? AND p.currency = ? AND p.payment_date >= coalesce(?, 0) AND p.payment_date < ? ORDER BY p.payment_date, p.id`

// Unjoined implements reconcile.PaymentReader.
func (t *txn) Unjoined() ([]money.Amount, error) {
	any, err := t.number("SELECT EXISTS (SELECT 1 FROM claim_join) OR EXISTS (SELECT 1 FROM payment WHERE role = 'book')")
	if err != nil || any == 0 {
		return nil, err
	}
	return collect(t, decodeAmount, unjoined)
}

func decodeAmount(r record) (money.Amount, error) {
	return money.New(r.int(0), money.Currency(r.text(1))), nil
}

// ClaimedAmounts implements reconcile.PaymentReader.
func (t *txn) ClaimedAmounts() ([]money.Amount, error) {
	return collect(t, decodeAmount, "SELECT DISTINCT amount, currency FROM payment WHERE role = 'book' ORDER BY currency, amount")
}

// PaymentsUnder implements reconcile.PaymentReader.
func (t *txn) PaymentsUnder(keys []reconcile.BlockKey, paid reconcile.Span, most int) ([]*reconcile.Payment, error) {
	var rows []int64
	for _, key := range distinct(slices.Clone(keys)) {
		under, err := collect(t, rowNumber, "SELECT target FROM block_key WHERE key = ? AND kind = 1 LIMIT ?", int64(key), int64(most)+1)
		if err != nil {
			return nil, err
		}
		if len(under) <= most {
			rows = append(rows, under...)
		}
	}
	var found []*reconcile.Payment
	err := inChunks(distinct(rows), rowArg, func(list string, args []driver.Value) error {
		some, err := collect(t, decodePayment, selectPayments+"WHERE p.row_no IN ("+list+") AND p.role = 'processor' AND +p.payment_date >= coalesce(?, 0) AND +p.payment_date < ?",
			append(args, micros(paid.From), micros(paid.Through))...)
		found = append(found, some...)
		return err
	})
	slices.SortFunc(found, func(a, b *reconcile.Payment) int {
		return cmp.Or(a.PaymentDate.Compare(b.PaymentDate), cmp.Compare(a.ID, b.ID))
	})
	return found, err
}

const unjoined = `WITH touched (amount, currency) AS (
	SELECT p.amount, p.currency FROM due d CROSS JOIN payment p ON p.row_no = d.row_no
	UNION SELECT amount, currency FROM unjoined)
	SELECT t.amount, t.currency FROM touched t
	WHERE EXISTS (SELECT 1 FROM claim_join j WHERE j.amount = t.amount AND j.currency = t.currency)
	OR (EXISTS (SELECT 1 FROM payment p WHERE p.role = 'book' AND p.amount = t.amount AND p.currency = t.currency)
		AND EXISTS (SELECT 1 FROM payment p WHERE p.role = 'processor' AND p.amount = t.amount AND p.currency = t.currency))
	ORDER BY t.currency, t.amount`

// Joined implements reconcile.PaymentWriter.
func (t *txn) Joined(amount money.Amount) error {
	_, err := t.exec(false, "DELETE FROM unjoined WHERE amount = ? AND currency = ?", amount.Minor, string(amount.Currency))
	return err
}

// left notes an amount that a payment no longer has, if there are claims of it.
func (t *txn) left(amount, currency driver.Value) error {
	_, err := t.exec(false, `INSERT INTO unjoined (amount, currency) SELECT ?1, ?2
		WHERE EXISTS (SELECT 1 FROM payment WHERE role = 'book' AND amount = ?1 AND currency = ?2)
		OR EXISTS (SELECT 1 FROM claim_join WHERE amount = ?1 AND currency = ?2) ON CONFLICT DO NOTHING`, amount, currency)
	return err
}
