package xlsx

import (
	"fmt"
	"strconv"
	"time"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

// words is a column of text.
func words[R any](name string, width float64, value func(*R) string) column[R] {
	return column[R]{name, width, func(w *workbook, row *R) (any, error) { return w.text(value(row)) }}
}

// sum is a column of amounts.
func sum[R any](name string, value func(*R) *money.Amount) column[R] {
	return column[R]{name, 14, func(w *workbook, row *R) (any, error) { return w.amount(value(row)) }}
}

type movement = reconcile.Movement

func movementColumns() []column[movement] {
	return []column[movement]{
		words("row_id", 22, func(m *movement) string { return m.ID }),
		words("source", 14, func(m *movement) string { return m.Source }),
		words("provider", 10, func(m *movement) string { return m.Provider }),
		words("status", 10, func(m *movement) string { return string(m.Status) }),
		words("kind", 16, func(m *movement) string { return string(m.Kind) }),
		words("category", 16, func(m *movement) string { return m.Category }),
		{"booked_on", 12, func(w *workbook, m *movement) (any, error) { return w.bookedOn(m) }},
		words("booked_at_utc", 22, func(m *movement) string { return instant(m.BookedAt) }),
		{"available_on", 12, func(w *workbook, m *movement) (any, error) { return w.day(m.AvailableOn) }},
		words("currency", 9, func(m *movement) string { return string(m.Amount.Currency) }),
		sum("amount", facing),
		words("settlement_currency", 9, settlement),
		sum("gross", func(m *movement) *money.Amount { return m.Gross }),
		sum("fee", func(m *movement) *money.Amount { return m.Fee }),
		sum("net", func(m *movement) *money.Amount { return m.Net }),
		words("object_id", 30, func(m *movement) string { return m.ObjectID }),
		words("balance_transaction_id", 30, func(m *movement) string { return m.EntryID }),
		words("payout_id", 30, func(m *movement) string { return m.PayoutID }),
		words("payment_id", 22, func(m *movement) string { return m.PaymentID }),
		words("customer_ref", 20, func(m *movement) string { return m.CustomerRef }),
		words("lead_id", 16, func(m *movement) string { return m.LeadID }),
		words("call_id", 16, func(m *movement) string { return m.CallID }),
		words("product_id", 16, func(m *movement) string { return m.ProductID }),
		words("matched_by", 20, func(m *movement) string { return m.MatchedBy }),
		words("match_confidence", 10, confidence),
		words("candidate_count", 10, candidates),
		words("verified", 14, func(m *movement) string { return string(m.Verification) }),
		words("verified_by", 16, func(m *movement) string { return m.VerifiedBy }),
		words("verified_at", 22, func(m *movement) string { return instant(m.VerifiedAt) }),
		words("refund_of", 22, func(m *movement) string { return m.RefundOf }),
		sum("refunded_total", func(m *movement) *money.Amount { return m.Refunded }),
		words("revision", 9, func(m *movement) string { return strconv.Itoa(m.Revision) }),
		words("adjusts_row_id", 22, func(m *movement) string { return m.Adjusts }),
		words("note", 40, func(m *movement) string { return m.Note }),
	}
}

func facing(m *movement) *money.Amount {
	if m.Amount.Currency == "" {
		return nil
	}
	return &m.Amount
}

func settlement(m *movement) string {
	if m.Gross == nil {
		return ""
	}
	return string(m.Gross.Currency)
}

func confidence(m *movement) string {
	if m.MatchedBy == "" {
		return ""
	}
	return fmt.Sprintf("%d.%04d", m.Confidence/reconcile.Sure, m.Confidence%reconcile.Sure)
}

func candidates(m *movement) string {
	if m.MatchedBy == "" && m.Candidates == 0 {
		return ""
	}
	return strconv.Itoa(m.Candidates)
}

func (w *workbook) bookedOn(m *movement) (any, error) {
	day, err := time.Parse(time.DateOnly, m.BookedOn)
	if err != nil {
		return nil, fmt.Errorf("%q is no day: %w", m.BookedOn, reconcile.ErrInvalid)
	}
	return w.day(day)
}

type payout = reconcile.Payout

func payoutColumns() []column[payout] {
	return []column[payout]{
		words("payout_id", 30, func(p *payout) string { return p.ID }),
		words("source", 14, func(p *payout) string { return p.Source }),
		words("provider", 10, func(p *payout) string { return p.Provider }),
		words("status", 12, func(p *payout) string { return string(p.Status) }),
		words("provider_status", 14, func(p *payout) string { return p.ProviderStatus }),
		words("currency", 9, func(p *payout) string { return string(p.Amount.Currency) }),
		sum("amount", func(p *payout) *money.Amount { return &p.Amount }),
		words("created_at_utc", 22, func(p *payout) string { return instant(p.CreatedAt) }),
		{"arrives_on", 12, func(w *workbook, p *payout) (any, error) { return w.day(p.ArrivesOn) }},
		words("automatic", 10, func(p *payout) string { return strconv.FormatBool(p.Automatic) }),
		words("itemised", 10, func(p *payout) string { return strconv.FormatBool(p.Itemised) }),
		words("description", 40, func(p *payout) string { return p.Description }),
	}
}
