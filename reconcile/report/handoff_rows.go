package report

import (
	"time"

	"pennytie/reconcile"
)

const (
	transactionsFile = "transactions.csv"
	feesFile         = "fees.csv"
	clearingFile     = "clearing.csv"
)

// transactionRow is a line of transactions.csv: one movement of money. Money to the merchant is above zero. currency, gross, fee
// and net are what the customer saw, fee and net only where it was settled in the same currency; settlement_… are the ledger's.
type transactionRow struct {
	RowID                Text   `csv:"row_id"`
	Org                  Text   `csv:"org"`
	Provider             Text   `csv:"provider"`
	Account              Text   `csv:"account"` // no provider says it in what we read: empty
	PayoutID             Text   `csv:"payout_id"`
	BalanceTransactionID Text   `csv:"balance_transaction_id"`
	PaymentID            Text   `csv:"payment_id"`
	Kind                 Text   `csv:"kind"`
	Status               Text   `csv:"status"`
	BookedAtUTC          Time   `csv:"booked_at_utc"`
	BookedOnLocal        Text   `csv:"booked_on_local"`
	AvailableOn          Text   `csv:"available_on"`
	Currency             Text   `csv:"currency"`
	Gross                Money  `csv:"gross" in:"currency"`
	Fee                  Money  `csv:"fee" in:"currency"`
	Net                  Money  `csv:"net" in:"currency"`
	SettlementCurrency   Text   `csv:"settlement_currency"`
	SettlementNet        Money  `csv:"settlement_net" in:"settlement_currency"`
	FXRate               Number `csv:"fx_rate"` // no provider states one in what we read, and we make none: empty
	CustomerRef          Text   `csv:"customer_ref"`
	LeadID               Text   `csv:"lead_id"`
	CallID               Text   `csv:"call_id"`
	ProductID            Text   `csv:"product_id"`
	MatchedBy            Text   `csv:"matched_by"`
	MatchConfidence      Number `csv:"match_confidence"`
	CandidateCount       Number `csv:"candidate_count"`
	Verified             Text   `csv:"verified"`
	VerifiedBy           Text   `csv:"verified_by"`
	VerifiedAt           Time   `csv:"verified_at"`
	RefundOf             Text   `csv:"refund_of"`
	RefundedTotal        Money  `csv:"refunded_total" in:"currency"`
	Revision             Number `csv:"revision"`
	AdjustsRowID         Text   `csv:"adjusts_row_id"`
	Note                 Text   `csv:"note"`
	Source               Text   `csv:"source"`
	Category             Text   `csv:"category"`
	SettlementGross      Money  `csv:"settlement_gross" in:"settlement_currency"`
	SettlementFee        Money  `csv:"settlement_fee" in:"settlement_currency"`
}

func tallyTransaction(r *transactionRow, s *sums) {
	s.add("gross", r.Gross)
	s.add("fee", r.Fee)
	s.add("net", r.Net)
	s.add("settlement_net", r.SettlementNet)
	s.add("refunded_total", r.RefundedTotal)
	s.add("settlement_gross", r.SettlementGross)
	s.add("settlement_fee", r.SettlementFee)
}

func newTransactionRow(m *reconcile.Movement, organization string) transactionRow {
	row := transactionRow{
		RowID: Text(m.ID), Org: Text(organization), Provider: Text(m.Provider), PayoutID: Text(m.PayoutID),
		BalanceTransactionID: Text(m.EntryID), PaymentID: Text(m.PaymentID), Kind: Text(m.Kind), Status: Text(m.Status),
		BookedAtUTC: Time(m.BookedAt), BookedOnLocal: Text(m.BookedOn), AvailableOn: utcDay(m.AvailableOn),
		Currency: Text(m.Amount.Currency), Gross: Money(m.Amount), CustomerRef: Text(m.CustomerRef), LeadID: Text(m.LeadID),
		CallID: Text(m.CallID), ProductID: Text(m.ProductID), MatchedBy: Text(m.MatchedBy), VerifiedBy: Text(m.VerifiedBy),
		VerifiedAt: Time(m.VerifiedAt), RefundOf: Text(m.RefundOf), RefundedTotal: known(m.Refunded), Revision: count(m.Revision),
		AdjustsRowID: Text(m.Adjusts), Note: Text(m.Note), Source: Text(m.Source), Category: Text(m.Category),
	}
	if m.Net != nil {
		row.SettlementCurrency, row.SettlementNet = Text(m.Net.Currency), Money(*m.Net)
		row.SettlementGross, row.SettlementFee = known(m.Gross), known(m.Fee)
		if m.Net.Currency == m.Amount.Currency {
			row.Fee, row.Net = known(m.Fee), Money(*m.Net)
		}
	}
	if m.PaymentID == "" {
		return row
	}
	row.CandidateCount, row.Verified = count(m.Candidates), yesNo(m.Verification == reconcile.Confirmed)
	if m.Candidates > 0 || m.Confidence > 0 {
		row.MatchConfidence = confidence(m.Confidence)
	}
	return row
}

// utcDay prints the day of an instant that a provider means as a day in UTC.
func utcDay(at time.Time) Text {
	if at.IsZero() {
		return ""
	}
	return Text(at.UTC().Format(time.DateOnly))
}

// handedRefundRow is a line of refunds.csv of a hand-off: a row of transactions.csv, with the refund's id at the provider.
type handedRefundRow struct {
	RowID              Text   `csv:"row_id"`
	RefundID           Text   `csv:"refund_id"`
	RefundOf           Text   `csv:"refund_of"`
	Kind               Text   `csv:"kind"`
	Status             Text   `csv:"status"`
	BookedAtUTC        Time   `csv:"booked_at_utc"`
	BookedOnLocal      Text   `csv:"booked_on_local"`
	Currency           Text   `csv:"currency"`
	Gross              Money  `csv:"gross" in:"currency"`
	SettlementCurrency Text   `csv:"settlement_currency"`
	SettlementNet      Money  `csv:"settlement_net" in:"settlement_currency"`
	CustomerRef        Text   `csv:"customer_ref"`
	LeadID             Text   `csv:"lead_id"`
	CallID             Text   `csv:"call_id"`
	ProductID          Text   `csv:"product_id"`
	Revision           Number `csv:"revision"`
	AdjustsRowID       Text   `csv:"adjusts_row_id"`
	Note               Text   `csv:"note"`
	Source             Text   `csv:"source"`
}

func tallyHandedRefund(r *handedRefundRow, s *sums) {
	s.add("gross", r.Gross)
	s.add("settlement_net", r.SettlementNet)
}

func isRefund(kind string) bool {
	return kind == string(reconcile.EntryRefund) || kind == string(reconcile.EntryRefundFailure)
}

func newHandedRefundRow(t *transactionRow, refundID string) handedRefundRow {
	return handedRefundRow{
		RowID: t.RowID, RefundID: Text(refundID), RefundOf: t.RefundOf, Kind: t.Kind, Status: t.Status, BookedAtUTC: t.BookedAtUTC,
		BookedOnLocal: t.BookedOnLocal, Currency: t.Currency, Gross: t.Gross, SettlementCurrency: t.SettlementCurrency,
		SettlementNet: t.SettlementNet, CustomerRef: t.CustomerRef, LeadID: t.LeadID, CallID: t.CallID, ProductID: t.ProductID,
		Revision: t.Revision, AdjustsRowID: t.AdjustsRowID, Note: t.Note, Source: t.Source,
	}
}

// handedChangeRow is a line of changes.csv of a re-issue: a row of transactions.csv that the hand-off before did not have.
type handedChangeRow struct {
	Change             Text  `csv:"change"` // reversal, replacement, or movement: it came late
	RowID              Text  `csv:"row_id"`
	AdjustsRowID       Text  `csv:"adjusts_row_id"`
	Kind               Text  `csv:"kind"`
	Status             Text  `csv:"status"`
	PaymentID          Text  `csv:"payment_id"`
	BookedAtUTC        Time  `csv:"booked_at_utc"`
	BookedOnLocal      Text  `csv:"booked_on_local"`
	Currency           Text  `csv:"currency"`
	Gross              Money `csv:"gross" in:"currency"`
	SettlementCurrency Text  `csv:"settlement_currency"`
	SettlementNet      Money `csv:"settlement_net" in:"settlement_currency"`
	LeadID             Text  `csv:"lead_id"`
	CallID             Text  `csv:"call_id"`
	ProductID          Text  `csv:"product_id"`
	Note               Text  `csv:"note"`
}

func tallyHandedChange(r *handedChangeRow, s *sums) {
	s.add("gross", r.Gross)
	s.add("settlement_net", r.SettlementNet)
}

func newHandedChangeRow(t *transactionRow, part reconcile.BookedPart) handedChangeRow {
	return handedChangeRow{
		Change: Text(part), RowID: t.RowID, AdjustsRowID: t.AdjustsRowID, Kind: t.Kind, Status: t.Status, PaymentID: t.PaymentID,
		BookedAtUTC: t.BookedAtUTC, BookedOnLocal: t.BookedOnLocal, Currency: t.Currency, Gross: t.Gross,
		SettlementCurrency: t.SettlementCurrency, SettlementNet: t.SettlementNet, LeadID: t.LeadID, CallID: t.CallID,
		ProductID: t.ProductID, Note: t.Note,
	}
}

// handedPayoutRow is a line of payouts.csv of a hand-off: a payout made in the period, and the lines that went with it, of which
// those before the period are not in transactions.csv. An unknown sum is empty.
type handedPayoutRow struct {
	PayoutID       Text   `csv:"payout_id"`
	Source         Text   `csv:"source"`
	Provider       Text   `csv:"provider"`
	Status         Text   `csv:"status"`
	ProviderStatus Text   `csv:"provider_status"`
	Automatic      Text   `csv:"automatic"`
	BookedAtUTC    Time   `csv:"booked_at_utc"`
	BookedOnLocal  Text   `csv:"booked_on_local"`
	ArrivesOn      Text   `csv:"arrives_on"`
	Currency       Text   `csv:"currency"`
	Amount         Money  `csv:"amount" in:"currency"`
	Members        Number `csv:"members"`
	MembersNet     Money  `csv:"members_net" in:"currency"`
	Here           Number `csv:"members_here"`
	HereNet        Money  `csv:"members_here_net" in:"currency"`
	BeforeNet      Money  `csv:"members_before_net" in:"currency"`
	Difference     Money  `csv:"difference" in:"currency"` // amount - members_net
	Note           Text   `csv:"note"`
}

func tallyHandedPayout(r *handedPayoutRow, s *sums) {
	s.add("amount", r.Amount)
	s.add("members_net", r.MembersNet)
	s.add("members_here_net", r.HereNet)
	s.add("members_before_net", r.BeforeNet)
	s.add("difference", r.Difference)
}

// handedExceptionRow is a line of exceptions.csv of a hand-off: what was open when the period was closed.
type handedExceptionRow struct {
	Code      Text  `csv:"code"`
	Severity  Text  `csv:"severity"`
	PaymentID Text  `csv:"payment_id"`
	Subject   Text  `csv:"subject"`
	Expected  Text  `csv:"expected"`
	Actual    Text  `csv:"actual"`
	Detail    Text  `csv:"detail"`
	OpenedAt  Time  `csv:"opened_at"`
	Currency  Text  `csv:"currency"`
	Amount    Money `csv:"amount" in:"currency"` // of the payment
}

func newHandedExceptionRow(x *reconcile.BookedException, shown privacy) handedExceptionRow {
	row := handedExceptionRow{
		Code: Text(x.Code), Severity: Text(x.Severity), PaymentID: Text(x.PaymentID), Subject: Text(x.Subject),
		Expected: Text(shown.free(x.Expected)), Actual: Text(shown.free(x.Actual)), Detail: Text(shown.free(x.Detail)),
		OpenedAt: Time(x.OpenedAt), Amount: known(x.Amount),
	}
	row.Currency = Text(row.Amount.Currency)
	return row
}

// feeRow is a line of fees.csv: what the rows of transactions.csv of a month, source, settlement currency and category come to.
// A line that is a fee itself has its money in fee, above zero, so that the column comes to the whole cost.
type feeRow struct {
	Month    Text   `csv:"month"`
	Source   Text   `csv:"source"`
	Currency Text   `csv:"currency"`
	Category Text   `csv:"category"`
	Count    Number `csv:"count"`
	Gross    Money  `csv:"gross" in:"currency"`
	Fee      Money  `csv:"fee" in:"currency"`
}

func tallyFee(r *feeRow, s *sums) {
	s.add("gross", r.Gross)
	s.add("fee", r.Fee)
}

// clearingRow is a line of clearing.csv: see reconcile.ClearingLine.
type clearingRow struct {
	Source   Text   `csv:"source"`
	Currency Text   `csv:"currency"`
	Line     Text   `csv:"line"`
	Kind     Text   `csv:"kind"`
	ObjectID Text   `csv:"object_id"`
	BookedOn Text   `csv:"booked_on_local"`
	Count    Number `csv:"count"`
	Amount   Money  `csv:"amount" in:"currency"`
	Note     Text   `csv:"note"`
}

func newClearingRow(l *reconcile.ClearingLine) clearingRow {
	return clearingRow{Text(l.Source), Text(l.Amount.Currency), Text(l.Line), Text(l.Kind), Text(l.ObjectID), Text(l.BookedOn),
		count(l.Count), Money(l.Amount), Text(l.Note)}
}

// handOffSchemas lists the tables of a hand-off, in the order of the manifest. Only a re-issue has changes.
func handOffSchemas(revision int) []schema {
	all := []schema{
		schemaOf[clearingRow](clearingFile),
		schemaOf[handedExceptionRow](exceptionsFile),
		schemaOf[feeRow](feesFile),
		schemaOf[handedPayoutRow](payoutsFile),
		schemaOf[handedRefundRow](refundsFile),
		schemaOf[transactionRow](transactionsFile),
	}
	if revision > 1 {
		all = append([]schema{schemaOf[handedChangeRow](changesFile)}, all...)
	}
	return all
}
