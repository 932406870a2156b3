package wepay

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"pennytie/providers/internal/lookup"
	"pennytie/providers/internal/rows"
	"pennytie/providers/internal/wire"
	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

// mostMetadata bounds what is kept of custom_data.
const mostMetadata = 50

// converter turns rows of one page into records.
type converter struct {
	cfg    *Config
	client *client               // for what a row leaves to another
	payers *lookup.Memory[payer] // nil: none are looked up
	now    time.Time
}

func (p *Provider) converter(now time.Time) *converter {
	c := &converter{cfg: &p.cfg, client: p.client, now: now}
	if !p.cfg.SkipPayers {
		c.payers = p.payers
	}
	return c
}

// collect converts rows into the page.
func collect[T, R any](
	ctx context.Context, c *converter, page *reconcile.Page, file string, items []rows.Item[T],
	convert func(*converter, context.Context, *T) (R, error), into *[]R,
) error {
	return rows.Collect(page, c.cfg.Source, file, items, func(row *T) (R, error) { return convert(c, ctx, row) }, into)
}

// payment makes the record of a payment and finds its payer.
func (c *converter) payment(ctx context.Context, row *paymentRow) (reconcile.SourceRecord, error) {
	record, err := c.record(row)
	if err != nil {
		return reconcile.SourceRecord{}, err
	}
	if method := methodOf(row); method != "" && c.payers != nil {
		who, err := c.payers.Of(ctx, method, c.client.askPayer)
		if err != nil {
			return reconcile.SourceRecord{}, err
		}
		who.describe(&record.Facts)
	}
	return record, nil
}

// record is the payment as its own row tells it.
func (c *converter) record(row *paymentRow) (reconcile.SourceRecord, error) {
	none := reconcile.SourceRecord{}
	id, created, err := head(row.ID, row.Resource, row.CreateTime, payments)
	if err != nil {
		return none, err
	}
	if owner := row.Owner.id().Word(); c.cfg.OwnerID != "" && owner != "" && owner != c.cfg.OwnerID {
		return none, rows.Refuse("owner.id", "owner.id is another account than the configured one")
	}
	amount, err := amountOf("amount", row.Amount, "currency", row.Currency)
	if err != nil {
		return none, err
	}
	word, err := row.Status.Text()
	if err != nil {
		return none, rows.Wrong("status", err)
	}
	facts := reconcile.Facts{
		ProviderPaymentID: id, ProviderStatus: word, Amount: &amount, CreatedAt: created, PaymentDate: created,
	}
	if facts.Status = paymentStatus(word); facts.Status == "" {
		rows.UnknownStatus(&facts)
	}
	if err := c.moved(row, &facts); err != nil {
		return none, err
	}
	c.describe(row, &facts)
	return reconcile.SourceRecord{
		Source: c.cfg.Source, Provider: Name, Role: c.cfg.Role, Kind: reconcile.KindPayment, ID: id, Keys: c.keys(id),
		Open:  facts.Status == reconcile.StatusPending && c.now.Sub(created) < rows.OpenFor,
		Facts: facts,
	}, nil
}

// paymentStatus tells what WePay's word means (https://dev.wepay.com/payments-101/payment-lifecycles), empty if it is not
// known. No money moved in a canceled payment.
func paymentStatus(word string) reconcile.Status {
	switch folded(word) {
	case "completed":
		return reconcile.StatusSucceeded
	case "failed", "canceled":
		return reconcile.StatusFailed
	case "pending":
		return reconcile.StatusPending
	}
	return ""
}

// moved reads what the payment says of money taken, given back, disputed and kept as a fee. Refund and dispute rows
// outrank it. Of a payment that did not complete nothing can have come back: that it says so is a doubt.
func (c *converter) moved(row *paymentRow, f *reconcile.Facts) error {
	amount := *f.Amount
	refunded, err := row.AmountRefunded.Minor(amount.Currency)
	if err != nil {
		return rows.Wrong("amount_refunded", err)
	}
	disputed, err := row.AmountDisputed.Minor(amount.Currency)
	if err != nil {
		return rows.Wrong("amount_disputed", err)
	}
	if f.Status != reconcile.StatusSucceeded {
		const detail = "money went back of a payment that did not complete"
		none := text(money.New(0, amount.Currency))
		if refunded != nil && refunded.Minor > 0 {
			rows.Doubt(f, reconcile.ExRefundMismatch, "amount_refunded", none, text(*refunded), detail)
		}
		if disputed != nil && disputed.Minor > 0 {
			rows.Doubt(f, reconcile.ExStatusMismatch, "amount_disputed", none, text(*disputed), detail)
		}
		return nil
	}
	f.Captured = &amount
	// A delayed capture moves the money when it is due (assumed); a time that cannot be read tells nothing.
	if at, err := row.CaptureAt.Unix(); err == nil && c.cfg.PaymentDate == Capture && at.After(f.CreatedAt) && !at.After(c.now) {
		f.PaymentDate = at
	}
	if refunded != nil {
		givenBack(f, *refunded)
	}
	if disputed != nil && disputed.Minor > 0 { // more than the amount is no fault: rates of exchange change
		f.DisputeStatus, f.DisputedAmount = reconcile.DisputeOpen, disputed
	}
	return fee(row.FeeAmount, f)
}

// givenBack reads amount_refunded of a completed payment.
func givenBack(f *reconcile.Facts, refunded money.Amount) {
	f.RefundedAmount, f.RefundStatus = &refunded, reconcile.RefundNone
	switch {
	case refunded.Minor > f.Amount.Minor:
		rows.Doubt(f, reconcile.ExRefundExceeds, "amount_refunded", text(*f.Amount), text(refunded), "more was refunded than paid")
		fallthrough
	case refunded.Minor == f.Amount.Minor && refunded.Minor > 0:
		f.RefundStatus = reconcile.RefundFull
		if f.Amount.Minor > 0 {
			f.Status = reconcile.StatusRefunded
		}
	case refunded.Minor > 0:
		f.RefundStatus = reconcile.RefundPartial
	}
}

// fee reads what WePay and the app keep of a completed payment.
func fee(value wire.Scalar, f *reconcile.Facts) error {
	taken, err := value.Minor(f.Amount.Currency)
	if err != nil {
		return rows.Wrong("fee_amount", err)
	}
	if taken == nil {
		return nil
	}
	f.Fee = taken
	if taken.Minor > f.Amount.Minor {
		rows.Doubt(f, reconcile.ExAmountOver, "fee_amount", text(*f.Amount), text(*taken),
			"the fee is more than the payment: its net is not known")
		return nil
	}
	net := money.New(f.Amount.Minor-taken.Minor, f.Amount.Currency)
	f.Net = &net
	return nil
}

// describe fills in what the merchant wrote beside the payment. Names of leads and calls in custom_data are ours only where
// the configuration says so: matching reads metadata for keys that promise one, so these get a name that does not.
func (c *converter) describe(row *paymentRow, f *reconcile.Facts) {
	f.Payer.Reference = row.ReferenceID.Word()
	f.Payer.Description = row.Order.object["description"].Word()
	if row.Order.object == nil {
		f.Payer.Description = row.Order.Word()
	}
	if c.cfg.TrustCustomData {
		f.LeadID, f.CallID = row.CustomData["lead_id"].Word(), row.CustomData["call_id"].Word()
	}
	kept := map[string]string{}
	if reason := row.FailureReason.Word(); reason != "" {
		kept["failure_reason"] = reason
	}
	for _, key := range slices.Sorted(maps.Keys(row.CustomData)) {
		value := scalar(row.CustomData[key])
		if value == "" || c.cfg.TrustCustomData && (key == "lead_id" || key == "call_id") {
			continue
		}
		if promises(key) {
			key = "custom_data." + key
		}
		if _, twice := kept[key]; len(kept) < mostMetadata || twice {
			kept[key] = value
		}
	}
	if len(kept) > 0 {
		f.Payer.Metadata = kept
	}
}

// promises says that a key seems to name a lead or a call, however it is spelled: lead_id, leadId, Lead.
func promises(key string) bool {
	switch strings.NewReplacer("_", "", "-", "", " ", "", ".", "").Replace(strings.ToLower(key)) {
	case "leadid", "lead", "callid", "call":
		return true
	}
	return false
}

// scalar is a text, a number or a flag as text; anything nested is nothing.
func scalar(value wire.Scalar) string {
	if value.Absent() {
		return ""
	}
	if flag, err := value.Flag(); err == nil {
		return strconv.FormatBool(flag)
	}
	return value.Word()
}

// refund makes a refund row. Without amounts it is the rest of its payment.
func (c *converter) refund(ctx context.Context, row *refundRow) (reconcile.Refund, error) {
	none := reconcile.Refund{}
	id, created, err := head(row.ID, row.Resource, row.CreateTime, refunds)
	if err != nil {
		return none, err
	}
	word, err := row.Status.Text()
	if err != nil {
		return none, rows.Wrong("status", err)
	}
	payment, err := reference(row.Payment)
	if err != nil {
		return none, err
	}
	var amount money.Amount
	switch {
	case row.Amounts.object != nil:
		said := row.Amounts.object
		amount, err = amountOf("amounts.total_amount", said["total_amount"], "amounts.currency", said["currency"])
	case row.Amounts.Absent():
		amount, err = c.left(ctx, ownRefund{id: id, payment: payment, status: refundStatus(word), created: created})
	default:
		err = rows.Refuse("amounts", "amounts is not an object")
	}
	if err != nil {
		return none, err
	}
	status := refundStatus(word)
	return reconcile.Refund{
		Source: c.cfg.Source, Provider: Name, ID: id, Keys: c.keys(payment), Amount: amount, Status: status,
		ProviderStatus: word, Reason: row.RefundReason.Word(), CreatedAt: created, Open: status == reconcile.RefundRowPending,
	}, nil
}

// refundStatus reads a refund's word. One that is not known is not money yet.
func refundStatus(word string) reconcile.RefundRowStatus {
	switch folded(word) {
	case "completed":
		return reconcile.RefundRowSucceeded
	case "failed":
		return reconcile.RefundRowFailed
	}
	return reconcile.RefundRowPending
}

// dispute makes a dispute row. Its amount may be more than the payment's
// (https://dev.wepay.com/clear/options/respond-to-disputes).
func (c *converter) dispute(_ context.Context, row *disputeRow) (reconcile.Dispute, error) {
	none := reconcile.Dispute{}
	id, created, err := head(row.ID, row.Resource, row.CreateTime, disputes)
	if err != nil {
		return none, err
	}
	word, err := row.Status.Text()
	if err != nil {
		return none, rows.Wrong("status", err)
	}
	payment, err := reference(row.Payment)
	if err != nil {
		return none, err
	}
	if payment == "" {
		return none, rows.Missing("payment.id")
	}
	amount, err := amountOf("amount", row.Amount, "currency", row.Currency)
	if err != nil {
		return none, err
	}
	status, said := c.disputeStatus(word, row.Resolution.Word())
	kind := folded(row.Type.Word())
	return reconcile.Dispute{
		Source: c.cfg.Source, Provider: Name, ID: id, Keys: c.keys(payment), Amount: amount, Status: status,
		Inquiry: kind == "inquiry" || kind == "pre_dispute", ProviderStatus: said, Reason: row.Reason.Word(),
		CreatedAt: created, Open: status == reconcile.DisputeOpen,
	}, nil
}

// disputeStatus reads status and resolution, and gives both as WePay said them. What cannot be read is open: it counts
// as money withheld until somebody knows better.
func (c *converter) disputeStatus(word, resolution string) (status reconcile.DisputeStatus, said string) {
	if folded(word) != "resolved" {
		return reconcile.DisputeOpen, word
	}
	if resolution != "" {
		word += ": " + resolution
	}
	same := func(known string) bool { return resolution != "" && folded(known) == folded(resolution) }
	switch {
	case slices.ContainsFunc(c.cfg.WonWords, same):
		return reconcile.DisputeWon, word
	case slices.ContainsFunc(c.cfg.LostWords, same):
		return reconcile.DisputeLost, word
	}
	return reconcile.DisputeOpen, word
}

// head reads what every row has. A row of another kind among the rows would be counted as what it is not.
func head(id, resource, created wire.Scalar, collection string) (string, time.Time, error) {
	name, err := rows.ID(id.Text())
	if err != nil {
		return "", time.Time{}, err
	}
	kind := resource.Word()
	if kind != collection && slices.Contains([]string{payments, refunds, disputes, methods}, kind) {
		return "", time.Time{}, rows.Refuse("resource", "resource is not of "+collection)
	}
	at, err := created.Unix()
	if err == nil && at.IsZero() {
		err = wire.ErrAbsent
	}
	if err != nil {
		return "", time.Time{}, rows.Wrong("create_time", err)
	}
	return name, at, nil
}

// amountOf reads an amount that must be there, in minor units.
func amountOf(field string, value wire.Scalar, currencyField string, code wire.Scalar) (money.Amount, error) {
	currency, err := code.Currency()
	if err != nil {
		return money.Amount{}, rows.Wrong(currencyField, err)
	}
	amount, err := value.Minor(currency)
	if err == nil && amount == nil {
		err = wire.ErrAbsent
	}
	if err != nil {
		return money.Amount{}, rows.Wrong(field, err)
	}
	return *amount, nil
}

// reference reads which payment a row is about; empty is none.
func reference(payment field) (string, error) {
	id, err := payment.id().Text()
	if err == nil && id != "" && !rows.PlausibleID(id) {
		return "", rows.Refuse("payment.id", "payment.id is not an id of WePay")
	}
	if err != nil {
		return "", rows.Wrong("payment.id", err)
	}
	return id, nil
}

// keys is the identity of a payment: ids of stage are no ids of live, where no account is named.
func (c *converter) keys(id string) []reconcile.Key {
	if id == "" {
		return nil
	}
	key := reconcile.Key{Provider: Name, ID: id}
	if c.cfg.Environment == Stage {
		key.Account = Stage
	}
	return []reconcile.Key{key}
}

func text(amount money.Amount) string { return fmt.Sprintf("%s %s", amount, amount.Currency) }
