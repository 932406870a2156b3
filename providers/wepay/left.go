package wepay

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"pennytie/providers/internal/rows"
	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

// mostRefundPages bounds the refunds of one payment that are looked at. One refund is at least 100 minor units
// (https://dev.wepay.com/api/latest/operation/GET_refunds-id), so real ones are few.
const mostRefundPages = 10

// ownRefund is a refund without amounts.
type ownRefund struct {
	id, payment string
	status      reconcile.RefundRowStatus
	created     time.Time
}

// unsaid puts a refund without amounts aside, because what it gave back would be a guess.
func unsaid(reason string) error { return rows.Refuse("amounts", "amounts is missing, and "+reason) }

// left is what a refund without amounts gives back: all that other refunds left of the payment
// (https://alpha-developer.wepay.com/api/v3.2/operation/POST_refunds: amounts are "when not performing a full refund"). The
// rows decide, because amount_refunded does not say which refunds it counts yet; it must only not speak against them.
func (c *converter) left(ctx context.Context, own ownRefund) (money.Amount, error) {
	none := money.Amount{}
	switch {
	case own.payment == "":
		return none, unsaid("no payment is named whose amount it could be")
	case c.cfg.NoRefundList:
		return none, unsaid("what other refunds left of the payment is not known without the list of refunds")
	}
	row, err := get[paymentRow](ctx, c.client, payments, own.payment)
	switch {
	case refused(err):
		return none, unsaid("the payment whose amount it is is not shown")
	case err != nil:
		return none, err
	}
	all, err := amountOf("amount", row.Value.Amount, "currency", row.Value.Currency)
	if err != nil {
		return none, unsaid("the payment whose amount it is has none: " + err.Error())
	}
	counted, err := row.Value.AmountRefunded.Minor(all.Currency)
	if err != nil {
		return none, unsaid("amount_refunded of the payment " + err.Error())
	}
	others, err := c.others(ctx, own, all.Currency)
	if err != nil {
		return none, err
	}
	switch {
	case others > all.Minor, others == all.Minor && others > 0:
		return none, unsaid("the other refunds of the payment left nothing of it")
	case own.status == reconcile.RefundRowSucceeded && counted != nil && counted.Minor > others && counted.Minor < all.Minor:
		return none, unsaid(fmt.Sprintf("the payment says that %s of %s was refunded, which is neither all nor what its other refunds are",
			text(*counted), text(all)))
	}
	return money.New(all.Minor-others, all.Currency), nil
}

// others is the sum of the payment's other refunds that this one found done. It is only known when all of them are: a
// sum that changes when one is done later would change the amount of a refund that is stored.
func (c *converter) others(ctx context.Context, own ownRefund, currency money.Currency) (sum int64, err error) {
	query := url.Values{"payment_id": {own.payment}, "page_size": {strconv.Itoa(c.cfg.PageSize)}}
	met, shown, after := map[string]bool{}, false, ""
	for range mostRefundPages {
		items, next, err := listed[refundRow](ctx, c.client, refunds, query, after, c.cfg.PageSize)
		switch {
		case refused(err):
			return 0, unsaid("the refunds of the payment cannot be listed")
		case err != nil:
			return 0, err
		}
		for i := range items {
			row := &items[i].Value
			id := row.ID.Word()
			switch of, err := reference(row.Payment); {
			case items[i].Err != nil, err != nil, id == "":
				return 0, unsaid("another refund in the list of its payment cannot be read")
			case of != own.payment:
				return 0, unsaid("the list of the payment's refunds shows those of other payments, too")
			case id == own.id:
				shown = true
			case !met[id]: // pages may overlap
				met[id] = true
				minor, err := part(row, own, currency)
				if err != nil {
					return 0, err
				}
				if sum += minor; sum < 0 {
					return 0, unsaid("the other refunds of the payment are too large")
				}
			}
		}
		if next != "" {
			after = next
			continue
		}
		if !shown { // it is not whole, or payment_id means something else
			return 0, unsaid("the list of the payment's refunds does not show this one")
		}
		return sum, nil
	}
	return 0, unsaid("the list of the payment's refunds is too long")
}

// part is what another refund took before this one did.
func part(row *refundRow, own ownRefund, currency money.Currency) (int64, error) {
	word, wrong := row.Status.Text()
	created, err := row.CreateTime.Unix()
	if wrong != nil || err != nil {
		return 0, unsaid("another refund of the payment cannot be read")
	}
	status := refundStatus(word)
	later := created.After(own.created) && own.status != reconcile.RefundRowSucceeded
	switch {
	case status == reconcile.RefundRowFailed, later:
		return 0, nil
	case status == reconcile.RefundRowPending:
		return 0, unsaid("another refund of the payment is not done yet")
	case row.Amounts.Absent():
		return 0, unsaid("another refund of the payment has no amounts either")
	}
	said := row.Amounts.object
	amount, err := amountOf("amounts.total_amount", said["total_amount"], "amounts.currency", said["currency"])
	if err != nil || amount.Currency != currency {
		return 0, unsaid("the amount of another refund of the payment cannot be read")
	}
	return amount.Minor, nil
}
