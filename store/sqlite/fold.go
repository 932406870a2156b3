package sqlite

import (
	"cmp"
	"database/sql/driver"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

// foldColumns is the order of encodeFold and decodeFold.
const foldColumns = `id, source, status, role, payment_date, amount, currency, captured_amount,
	refunded_amount, disputed_amount, fee, net, settlement_currency, organization_id, provider,
	provider_payment_id,
	customer_email, customer_name, created_at, stripe_charge_id, stripe_customer_id, stripe_subscription_id,
	stripe_product_id, refund_status, refunded_at, refund_id, refund_reason, dispute_status, provider_status,
	payout_id, payer, day_only, refund_provider, dispute_provider, refund_role, dispute_role, opened_at, block_keys, twin_keys, payer_keys`

const outcomeColumns = `match_state, lead_id, call_id, product_id, matched_by, confidence, margin, cut,
	verification, verified_at, candidates`

// Places in foldColumns that PutPayment looks at, counted from the end where the keys are.
var (
	foldWidth   = len(fields(foldColumns))
	foldPayers  = foldWidth - 1
	foldTwins   = foldWidth - 2
	foldBlocks  = foldWidth - 3
	foldOpened  = foldWidth - 4
	foldPrinted = foldWidth - 3 // columns that a reader wants: all but the keys
)

var (
	payments = newTable("payment", true, "row_no", foldColumns)
	outcomes = newTable("outcome", true, "owner", outcomeColumns)
)

// PutPayment implements reconcile.PaymentWriter.
func (t *txn) PutPayment(p *reconcile.Payment, keys reconcile.PaymentKeys) (reconcile.Change, error) {
	values, err := encodeFold(p)
	if err != nil {
		return "", t.fail(err)
	}
	if err := t.evict(p); err != nil {
		return "", err
	}
	values = append(values, packKeys(keys.Block), packKeys(keys.Twin), packKeys(keys.Payer))
	change, old, err := t.put(payments, []driver.Value{p.Row}, values, func(old record) bool {
		values[foldOpened] = old[foldOpened]
		return true
	})
	if err != nil || change == reconcile.Unchanged {
		return change, err
	}
	t.looked, t.empty = true, false
	if old == nil {
		old = make(record, foldWidth)
	} else if err := t.leftBehind(old, p); err != nil {
		return "", err
	} else if before := old.text(0); before != p.ID && !strings.HasPrefix(before, evicted) {
		if err := t.remember(before, p.Row); err != nil {
			return "", err
		}
	}
	if err := t.putPaymentKeys(p.Row, old[foldBlocks:], keys); err != nil {
		return "", err
	}
	if err := t.due(p.Row); err != nil {
		return "", err
	}
	if err := t.dueUnder(kindTwin, distinct(append(unpackKeys(old[foldTwins]), keys.Twin...))); err != nil {
		return "", err
	}
	return change, t.duePayers(distinct(append(unpackKeys(old[foldPayers]), keys.Payer...)))
}

// putPaymentKeys makes these the keys of a payment; before are the packed columns of what it has now, in the order of foldColumns.
func (t *txn) putPaymentKeys(row int64, before []driver.Value, keys reconcile.PaymentKeys) error {
	for i, of := range [...]struct {
		kind   int64
		wanted []reconcile.BlockKey
	}{{kindPayment, keys.Block}, {kindTwin, keys.Twin}, {kindPayer, keys.Payer}} {
		if err := t.putKeys(of.kind, row, before[i], of.wanted); err != nil {
			return err
		}
	}
	return nil
}

// leftBehind notes what a payment asked for before, if it is another now.
func (t *txn) leftBehind(old record, p *reconcile.Payment) error {
	const amount, currency = 5, 6
	if old.int(amount) == p.Amount.Minor && old.text(currency) == string(p.Amount.Currency) {
		return nil
	}
	return t.left(old[amount], old[currency])
}

// evicted begins the id that a payment has for as long as another was given its own in the same transaction.
const evicted = "~"

// evict takes an id from a payment that no longer has the key it comes from: it is folded anew before the transaction ends.
func (t *txn) evict(p *reconcile.Payment) error {
	holder, err := t.number("SELECT row_no FROM payment WHERE id = ? AND row_no <> ?", p.ID, p.Row)
	if err != nil || holder == 0 {
		return err
	}
	t.evicted = true
	_, err = t.exec(true, "UPDATE payment SET id = ? WHERE row_no = ?", fmt.Sprint(evicted, holder), holder)
	return err
}

// settledIDs refuses to end a transaction in which a payment lost its id to another and got none.
func (t *txn) settledIDs() error {
	if !t.evicted || t.err != nil {
		return t.err
	}
	left, err := t.number("SELECT EXISTS (SELECT 1 FROM payment WHERE id >= ? AND id < ?)", evicted, evicted+"\x7f")
	if err == nil && left == 1 {
		err = t.fail(fmt.Errorf("two payments have one id: %w", reconcile.ErrConflict))
	}
	return err
}

// PutOutcome implements reconcile.PaymentWriter.
func (t *txn) PutOutcome(p *reconcile.Payment) (reconcile.Change, error) {
	m := p.Match
	candidates, err := encodeCandidates(&m)
	if err != nil {
		return "", t.fail(err)
	}
	change, _, err := t.put(outcomes, []driver.Value{p.Row}, []driver.Value{
		orNull(m.State), orNull(m.LeadID), orNull(m.CallID), orNull(m.ProductID), orNull(m.By),
		int64(m.Confidence), int64(m.Margin), int64(m.Cut),
		orNull(p.Verification), micros(p.VerifiedAt), candidates,
	}, nil)
	if err != nil {
		return "", err
	}
	_, err = t.exec(false, "DELETE FROM due WHERE row_no = ?", p.Row)
	return change, err
}

// inCurrency refuses an amount that the column cannot say: its currency is that of the payment.
func inCurrency(what string, a money.Amount, currency money.Currency) error {
	if a != (money.Amount{}) && a.Currency != currency {
		return fmt.Errorf("the %s amount is in %s, the payment in %s: %w",
			what, a.Currency, currency, reconcile.ErrInvalid)
	}
	return nil
}

// settlement is the one currency of fee and net.
func settlement(p *reconcile.Payment) (money.Currency, error) {
	switch {
	case p.Fee == nil && p.Net == nil:
		return "", nil
	case p.Fee == nil:
		return p.Net.Currency, nil
	case p.Net != nil && p.Net.Currency != p.Fee.Currency:
		return "", fmt.Errorf("fee in %s and net in %s: %w", p.Fee.Currency, p.Net.Currency, reconcile.ErrInvalid)
	}
	return p.Fee.Currency, nil
}

// encodeFold makes the columns of a payment without its keys.
func encodeFold(p *reconcile.Payment) ([]driver.Value, error) {
	currency := p.Amount.Currency
	settled, err := settlement(p)
	if err := cmp.Or(err, inCurrency("captured", p.Captured, currency),
		inCurrency("refunded", p.Refund.Amount, currency),
		inCurrency("disputed", p.Dispute.Amount, currency)); err != nil {
		return nil, err
	}
	var payer driver.Value
	if !reflect.ValueOf(p.Payer).IsZero() {
		if payer, err = document(p.Payer); err != nil {
			return nil, err
		}
	}
	values := make([]driver.Value, 0, foldWidth)
	return append(values,
		p.ID, p.Source, string(p.Status), string(p.Role), micros(p.PaymentDate), p.Amount.Minor, string(currency),
		minor(p.Captured), minor(p.Refund.Amount), minor(p.Dispute.Amount),
		minorOrNull(p.Fee), minorOrNull(p.Net), orNull(settled),
		orNull(p.OrganizationID), p.Provider, orNull(p.ProviderPaymentID),
		orNull(p.CustomerEmail), orNull(p.CustomerName), micros(p.CreatedAt),
		orNull(p.StripeChargeID), orNull(p.StripeCustomerID), orNull(p.StripeSubscriptionID),
		orNull(p.StripeProductID), orNull(p.Refund.Status), micros(p.Refund.At), orNull(p.Refund.ID),
		orNull(p.Refund.Reason), orNull(p.Dispute.Status), orNull(p.ProviderStatus), orNull(p.PayoutID), payer,
		flag(p.DayOnly), orNull(p.Refund.Provider), orNull(p.Dispute.Provider), orNull(p.Refund.Role), orNull(p.Dispute.Role),
		micros(p.OpenedAt),
	), nil
}

// selectPayments reads row_no, the fold, the outcome and the open exceptions' codes, for decodePayment.
var selectPayments = "SELECT p.row_no, " + qualified("p", fields(foldColumns)[:foldPrinted]) + ", " +
	qualified("o", fields(outcomeColumns)) + `,
	(SELECT group_concat(DISTINCT e.code) FROM exception e WHERE e.owner = p.row_no AND e.resolved_at IS NULL)
	FROM payment p LEFT JOIN outcome o ON o.owner = p.row_no `

func qualified(table string, columns []string) string {
	return table + "." + strings.Join(columns, ", "+table+".")
}

func decodePayment(r record) (*reconcile.Payment, error) {
	currency, settled := money.Currency(r.text(7)), money.Currency(r.text(13))
	p := &reconcile.Payment{
		Row: r.int(0), ID: r.text(1), Source: r.text(2), Status: reconcile.Status(r.text(3)),
		Role: reconcile.Role(r.text(4)), PaymentDate: r.time(5),
		Amount: money.New(r.int(6), currency), Captured: r.amount(8, currency),
		Fee: r.amountOrNil(11, settled), Net: r.amountOrNil(12, settled),
		OrganizationID: r.text(14), Provider: r.text(15), ProviderPaymentID: r.text(16),
		CustomerEmail: r.text(17), CustomerName: r.text(18), CreatedAt: r.time(19),
		StripeChargeID: r.text(20), StripeCustomerID: r.text(21), StripeSubscriptionID: r.text(22),
		StripeProductID: r.text(23),
		Refund: reconcile.RefundSummary{
			Status: reconcile.RefundStatus(r.text(24)), Amount: r.amount(9, currency), At: r.time(25),
			ID: r.text(26), Reason: r.text(27), Provider: r.text(33), Role: reconcile.Role(r.text(35)),
		},
		Dispute: reconcile.DisputeSummary{
			Status: reconcile.DisputeStatus(r.text(28)), Amount: r.amount(10, currency), Provider: r.text(34), Role: reconcile.Role(r.text(36)),
		},
		ProviderStatus: r.text(29), PayoutID: r.text(30), DayOnly: r.flag(32), OpenedAt: r.time(37),
	}
	if err := r.json(31, &p.Payer); err != nil {
		return nil, err
	}
	return p, decodeOutcome(p, r[foldPrinted+1:])
}

func decodeOutcome(p *reconcile.Payment, r record) error {
	p.Match = reconcile.Match{
		State: cmp.Or(reconcile.MatchState(r.text(0)), reconcile.MatchUnmatched), LeadID: r.text(1), CallID: r.text(2), ProductID: r.text(3),
		By: r.text(4), Confidence: reconcile.Confidence(r.int(5)), Margin: reconcile.Confidence(r.int(6)),
		Cut: int(r.int(7)),
	}
	p.Verification = cmp.Or(reconcile.VerificationStatus(r.text(8)), reconcile.Unverified)
	p.VerifiedAt = r.time(9)
	if codes := r.text(11); codes != "" {
		for code := range strings.SplitSeq(codes, ",") {
			p.Exceptions = append(p.Exceptions, reconcile.ExceptionCode(code))
		}
		slices.Sort(p.Exceptions)
	}
	return decodeCandidates(r, 10, &p.Match)
}
