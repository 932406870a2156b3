package cents

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"pennytie/providers/internal/rows"
	"pennytie/providers/internal/wire"
	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

// preTransaction is the status of an intent that a front end noted down before anybody paid.
const preTransaction = "pre_transaction"

// converter turns transactions into records.
type converter struct {
	source, path  string
	role          reconcile.Role
	environment   string
	gateways      map[string]string
	amountField   string
	donationMajor bool
	zone          *time.Location
}

func newConverter(cfg Config) *converter {
	return &converter{source: cfg.Source, path: cfg.ListPath, role: cfg.Role, environment: cfg.Environment,
		gateways: cfg.Gateways, amountField: cfg.AmountField, donationMajor: cfg.DonationUnit == UnitMajor, zone: cfg.Zone}
}

// collect converts rows into the page.
func (c *converter) collect(page *reconcile.Page, items []rows.Item[transaction], now time.Time) error {
	convert := func(t *transaction) (reconcile.SourceRecord, error) { return c.record(t, now) }
	return rows.Collect(page, c.source, c.path, items, convert, &page.Payments)
}

// record makes what a transaction says of a payment. An intent says nothing of money: it is a detail without an amount,
// kept so that every row read is accounted for. Cents itself merges it with the transaction that has its
// reconciliation_id.
func (c *converter) record(t *transaction, now time.Time) (reconcile.SourceRecord, error) {
	r := reconcile.SourceRecord{Source: c.source, Provider: Name, Role: c.role, Kind: reconcile.KindPayment}
	id, err := rows.ID(t.ID.Text())
	if err != nil {
		return r, err
	}
	own := reconcile.Key{Provider: Name, Account: c.environment, ID: id}
	r.ID, r.Keys = id, []reconcile.Key{own}
	word, err := t.Status.Text()
	if err != nil {
		return r, rows.Wrong("transaction_status", err)
	}
	created, dayOnly, err := c.date(t.CreatedDate)
	facts := &r.Facts
	facts.Status, facts.ProviderStatus, facts.CreatedAt = reconcile.StatusPending, word, created
	if folded(word) == preTransaction {
		r.Kind, r.Open = reconcile.KindDetail, now.Sub(created) < rows.OpenFor
		return r, nil
	}
	switch {
	case err != nil:
		return r, rows.Wrong("created_date", err)
	case created.IsZero():
		return r, rows.Missing("created_date")
	}
	facts.ProviderPaymentID, facts.PaymentDate, facts.DayOnly = id, created, dayOnly
	external, err := t.ExternalID.Text()
	if err != nil {
		return r, rows.Wrong("external_id", err)
	}
	if processor := c.external(external, facts); processor.ID != "" {
		r.Keys = []reconcile.Key{processor, own}
	}
	if err := c.money(t, facts); err != nil {
		return r, err
	}
	payer(t, facts)
	r.Open = facts.Status == reconcile.StatusPending && now.Sub(created) < rows.OpenFor || facts.DisputeStatus == reconcile.DisputeOpen
	return r, nil
}

// date reads a day, which begins where the service's days do, or a time of day, which nobody documents but which would be
// exact. Midnight UTC is how a program writes a day that must have a time.
func (c *converter) date(value wire.Scalar) (at time.Time, dayOnly bool, err error) {
	at, err = value.Time()
	if err != nil || at.IsZero() {
		return at, false, err
	}
	if len(value.Word()) == len(time.DateOnly) {
		return time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, c.zone).UTC(), true, nil
	}
	return at, at.Equal(at.Truncate(24 * time.Hour)), nil
}

// folded is a word of an enumeration as it is compared.
func folded(word string) string { return strings.ToLower(word) }

// money reads the amounts, then what the status makes of them.
func (c *converter) money(t *transaction, facts *reconcile.Facts) error {
	currency, err := currencyOf(t)
	if err != nil {
		return err
	}
	s, err := c.sums(t, currency)
	if err != nil {
		return err
	}
	amount, err := c.amount(s)
	if err != nil {
		return err
	}
	facts.Amount = amount
	if s.total != nil && s.order != nil && s.donation != nil && *s.total != *s.parts {
		code := reconcile.ExAmountUnder
		if s.total.Minor > s.parts.Minor {
			code = reconcile.ExAmountOver
		}
		rows.Doubt(facts, code, "total_amount", text(s.parts), text(s.total), "the total is not the order and the donation together")
	}
	facts.Status = status(facts)
	refund(facts, s, c.amountField == AmountDonation)
	return nil
}

// currencyOf is the one currency of a row. Order and donation in two currencies cannot be added.
func currencyOf(t *transaction) (money.Currency, error) {
	var found money.Currency
	for _, named := range []struct {
		field string
		value wire.Scalar
	}{{"currency", t.Currency}, {"donation_currency", t.DonationCurrency}} {
		currency, err := named.value.Currency()
		switch {
		case errors.Is(err, wire.ErrAbsent):
		case err != nil:
			return "", rows.Refuse(named.field, named.field+" is not a code of ISO 4217")
		case found != "" && found != currency:
			return "", rows.Refuse(named.field, fmt.Sprintf("order in %s and donation in %s: two currencies cannot be added", found, currency))
		default:
			found = currency
		}
	}
	if found == "" {
		return "", rows.Missing("currency")
	}
	return found, nil
}

// sums are the amounts of a row; nil is unknown. parts is order and donation together, or the donation where there is no
// order: an order whose donation is unknown makes no sum.
type sums struct{ total, order, donation, parts, refunded *money.Amount }

func (c *converter) sums(t *transaction, currency money.Currency) (s sums, err error) {
	for _, read := range []struct {
		field string
		value wire.Scalar
		to    **money.Amount
		minor bool
	}{
		{"total_amount", t.TotalAmount, &s.total, false},
		{"order_amount", t.OrderAmount, &s.order, false},
		{"donation_amount", t.DonationAmount, &s.donation, !c.donationMajor},
		{"refunded_amount", t.RefundedAmount, &s.refunded, false},
	} {
		scale := wire.Scalar.Major
		if read.minor {
			scale = wire.Scalar.Minor
		}
		amount, err := scale(read.value, currency)
		if errors.Is(err, wire.ErrDigits) && read.minor {
			return s, rows.Refuse(read.field,
				read.field+" is not in the smallest unit; if the account writes whole units, set donation_unit to major")
		}
		if err != nil {
			return s, rows.Wrong(read.field, err)
		}
		*read.to = amount
	}
	s.parts = s.donation
	if s.donation != nil && s.order != nil {
		sum, err := s.order.Add(*s.donation)
		if err != nil {
			return s, rows.Refuse("order_amount", "order_amount and donation_amount do not add up in 64 bits")
		}
		s.parts = &sum
	}
	return s, nil
}

// amount is what the payer was asked for.
func (c *converter) amount(s sums) (*money.Amount, error) {
	switch c.amountField {
	case AmountDonation:
		if s.donation == nil {
			return nil, rows.Missing("donation_amount")
		}
		return s.donation, nil
	case AmountParts:
		if s.parts == nil {
			return nil, rows.Missing("donation_amount")
		}
		return s.parts, nil
	}
	switch {
	case s.total != nil && s.total.Minor > 0:
		return s.total, nil
	case s.parts != nil:
		return s.parts, nil
	case s.total != nil && (s.order == nil || s.order.Minor == 0):
		return s.total, nil
	case s.total != nil:
		return nil, rows.Refuse("total_amount", "total_amount is 0, order_amount is not, and donation_amount is missing")
	}
	return nil, rows.Missing("total_amount")
}

// status reads the service's word (docs.centsdonations.com, TransactionInput). Both spellings of to_be_payed are taken.
// Whether refunded really is, refund says.
func status(facts *reconcile.Facts) reconcile.Status {
	switch folded(facts.ProviderStatus) {
	case "draft", "to_be_payed", "to_be_paid":
		return reconcile.StatusPending
	case "paid":
		return reconcile.StatusSucceeded
	case "refunded":
		return reconcile.StatusRefunded
	case "disputed":
		facts.DisputeStatus = reconcile.DisputeOpen
		return reconcile.StatusSucceeded
	case "failed":
		return reconcile.StatusFailed
	}
	rows.UnknownStatus(facts)
	return facts.Status
}

// whole is what the payer paid altogether, which may be more than what counts as the amount.
func (s sums) whole(amount *money.Amount) *money.Amount {
	switch {
	case s.total != nil && s.total.Minor > 0:
		return s.total
	case s.parts != nil && s.parts.Minor > 0:
		return s.parts
	}
	return amount
}

// refund reads refunded_amount, which is of the whole transaction, beside the status. The service gives no time of it.
func refund(facts *reconcile.Facts, s sums, donationOnly bool) {
	contradicts := func(expected, detail string) {
		rows.Doubt(facts, reconcile.ExRefundMismatch, "refunded_amount", expected, text(s.refunded), detail)
	}
	said := facts.Status == reconcile.StatusRefunded
	if s.refunded == nil || s.refunded.Minor == 0 {
		switch {
		case !said:
			facts.RefundedAmount = s.refunded
		case s.refunded != nil: // an amount of nothing would unsay the status
			contradicts(text(facts.Amount), "refunded, says the status, but the refunded amount is 0")
			fallthrough
		default:
			facts.RefundStatus = reconcile.RefundFull
		}
		return
	}
	if !facts.Status.Collected() { // what was not taken cannot have come back
		contradicts("0", "money came back under a status that says none was taken")
		return
	}
	whole := s.whole(facts.Amount)
	full := s.refunded.Minor >= whole.Minor
	if facts.RefundStatus = reconcile.RefundPartial; full {
		facts.RefundStatus = reconcile.RefundFull
	}
	// Of a donation never more is booked than was given: what is beyond it came out of an order that the row does not tell.
	beyond := donationOnly && s.refunded.Minor > facts.Amount.Minor
	if *whole == *facts.Amount && !beyond {
		facts.RefundedAmount = s.refunded
	}
	switch {
	case s.refunded.Minor > whole.Minor:
		contradicts("at most "+text(whole), "more came back than was taken")
	case said && !full:
		facts.Status = reconcile.StatusSucceeded
		contradicts(text(whole), "refunded, says the status, but only a part came back")
	case !said && full:
		contradicts("less than "+text(whole), "all came back, but the status is not refunded")
	case !full && facts.RefundedAmount == nil:
		contradicts("a part of "+text(facts.Amount), "a part of the whole came back; how much of this amount is unknown")
	}
}

func text(a *money.Amount) string { return a.String() + " " + string(a.Currency) }
