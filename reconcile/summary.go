package reconcile

import (
	"fmt"

	"pennytie/reconcile/money"
)

// summarizeRefunds computes a payment's refund state from its refund rows: succeeded money counts, a failed or
// canceled refund has put the money back, and the provider's own flags on the charge are not trusted.
func summarizeRefunds(p *Payment, rows []Refund) (RefundSummary, []Exception) {
	sum := RefundSummary{Status: RefundNone, Amount: money.New(0, p.Amount.Currency)}
	var found []Exception
	var pending, returned int
	for i := range rows {
		row := &rows[i]
		if row.Reason == ReasonReleased && p.Captured.Minor == 0 {
			continue
		}
		if row.Amount.Currency != p.Amount.Currency {
			found = append(found, Exception{Code: ExCurrencyMismatch, Subject: row.ID,
				Expected: string(p.Amount.Currency), Actual: string(row.Amount.Currency),
				Detail: "a refund in another currency than its payment is not counted"})
			continue
		}
		switch row.Status {
		case RefundRowPending:
			pending++
		case RefundRowFailed, RefundRowCanceled:
			returned++
		case RefundRowSucceeded:
			total, err := sum.Amount.Add(row.Amount)
			if err != nil {
				found = append(found, Exception{Code: ExRefundExceeds, Subject: row.ID, Actual: row.Amount.String(),
					Expected: p.Captured.String(), Detail: "the refunds of this payment do not add up in 64 bits"})
				continue
			}
			sum.Amount = total
			if sum.ID == "" || row.CreatedAt.After(sum.At) || row.CreatedAt.Equal(sum.At) && row.ID > sum.ID {
				sum.At, sum.ID, sum.Reason = row.CreatedAt, row.ID, row.Reason
			}
		}
	}
	sum.Status = refundStatus(sum.Amount.Minor, p.Captured.Minor, pending, returned)
	sum.Provider, sum.Role = rows[0].Provider, rows[0].Role
	if sum.Amount.Minor > p.Captured.Minor {
		found = append(found, Exception{Code: ExRefundExceeds, Expected: p.Captured.String(),
			Actual: sum.Amount.String(), Detail: "more was refunded than captured"})
	}
	return sum, found
}

func refundStatus(refunded, captured int64, pending, returned int) RefundStatus {
	switch {
	case refunded > 0 && refunded >= captured:
		return RefundFull
	case refunded > 0:
		return RefundPartial
	case pending > 0:
		return RefundPending
	case returned > 0:
		return RefundFailed
	}
	return RefundNone
}

// claimedRefund is the refund state that a record without refund rows claims.
func claimedRefund(p *Payment, f *Facts) RefundSummary {
	sum := RefundSummary{Status: RefundNone, Amount: money.New(0, p.Amount.Currency),
		At: f.RefundedAt, ID: f.RefundID, Reason: f.RefundReason}
	if f.RefundedAmount != nil && f.RefundedAmount.Currency == p.Amount.Currency {
		sum.Amount = *f.RefundedAmount
	} else if f.Status == StatusRefunded || f.RefundStatus == RefundFull {
		sum.Amount = p.Captured // refunded means fully refunded
	}
	sum.Status = refundStatus(sum.Amount.Minor, p.Captured.Minor, 0, 0)
	if sum.Amount.Minor == 0 && (f.RefundStatus == RefundPending || f.RefundStatus == RefundFailed || partly(f)) {
		sum.Status = f.RefundStatus
	}
	if sum.Status == RefundNone {
		return RefundSummary{Status: RefundNone, Amount: sum.Amount}
	}
	return sum
}

// saysRefund says whether a record's own columns speak of refunds at all.
func saysRefund(f *Facts) bool {
	return f.RefundStatus != "" || f.RefundedAmount != nil || f.Status == StatusRefunded
}

// partly says whether a record speaks of a partial refund without saying how much it was.
func partly(f *Facts) bool { return f.RefundStatus == RefundPartial && f.RefundedAmount == nil }

// contradicts says whether refunds that come to a sum cannot be those that a record's own columns speak of, and what it says.
func contradicts(p *Payment, f *Facts, sum RefundSummary) (said string, differs bool) {
	switch {
	case !saysRefund(f):
		return "", false
	case partly(f):
		return "a part", sum.Status != RefundPartial
	}
	claim := claimedRefund(p, f).Amount
	return claim.String(), claim != sum.Amount
}

// mergeRefunds takes the rows where there are any and says where the record's own claim differs from them.
func mergeRefunds(p *Payment, leading *Facts, rows []Refund) (RefundSummary, []Exception) {
	claim := claimedRefund(p, leading)
	if len(rows) == 0 {
		if claim.Amount.Minor <= p.Captured.Minor {
			return claim, nil
		}
		return claim, []Exception{{Code: ExRefundExceeds, Expected: p.Captured.String(),
			Actual: claim.Amount.String(), Detail: "more was refunded than captured"}}
	}
	sum, found := summarizeRefunds(p, rows)
	if said, differs := contradicts(p, leading, sum); differs {
		found = append(found, Exception{Code: ExRefundMismatch, Expected: sum.Amount.String(),
			Actual: said, Detail: "the payment's own refund columns differ from its refund rows"})
	}
	return sum, found
}

// summarizeDisputes computes a payment's dispute state from its dispute rows. An inquiry moves no money and a closed
// one leaves no trace in the state.
func summarizeDisputes(p *Payment, leading *Facts, rows []Dispute) (DisputeSummary, []Exception) {
	sum := DisputeSummary{Status: DisputeNone, Amount: money.New(0, p.Amount.Currency)}
	if len(rows) == 0 {
		return claimedDispute(p, leading, sum)
	}
	sum.Provider, sum.Role = rows[0].Provider, rows[0].Role
	var found []Exception
	seen := map[DisputeStatus]bool{}
	for i := range rows {
		row := &rows[i]
		if row.Inquiry && row.Status != DisputeOpen {
			continue
		}
		seen[row.Status] = true
		found = append(found, disputeExceptions(row.Status, row.ID, row.Amount, row.Reason)...)
		if row.Inquiry || row.Status == DisputeWon {
			continue
		}
		total, err := sum.Amount.Add(row.Amount)
		if err != nil {
			found = append(found, Exception{Code: ExCurrencyMismatch, Subject: row.ID,
				Expected: string(p.Amount.Currency), Actual: string(row.Amount.Currency),
				Detail: "this dispute cannot be added to its payment"})
			continue
		}
		sum.Amount = total
	}
	for _, status := range []DisputeStatus{DisputeOpen, DisputeLost, DisputeWon} {
		if seen[status] {
			sum.Status = status
			break
		}
	}
	return sum, found
}

func claimedDispute(p *Payment, f *Facts, sum DisputeSummary) (DisputeSummary, []Exception) {
	if f.DisputeStatus == "" || f.DisputeStatus == DisputeNone {
		return sum, nil
	}
	sum.Status = f.DisputeStatus
	disputed := p.Captured
	if f.DisputedAmount != nil && f.DisputedAmount.Currency == p.Amount.Currency {
		disputed = *f.DisputedAmount
	}
	if f.DisputeStatus != DisputeWon {
		sum.Amount = disputed
	}
	return sum, disputeExceptions(f.DisputeStatus, "", disputed, "")
}

func disputeExceptions(status DisputeStatus, id string, amount money.Amount, reason string) []Exception {
	switch status {
	case DisputeOpen:
		return []Exception{{Code: ExDisputeOpen, Subject: id, Actual: amount.String(),
			Detail: fmt.Sprintf("%s %s is disputed (%s); answer before the deadline", amount, amount.Currency, orUnknown(reason))}}
	case DisputeLost:
		return []Exception{{Code: ExDisputeLost, Subject: id, Actual: amount.String(),
			Detail: fmt.Sprintf("%s %s was lost in a dispute (%s)", amount, amount.Currency, orUnknown(reason))}}
	}
	return nil
}

func orUnknown(reason string) string {
	if reason == "" {
		return "reason unknown"
	}
	return reason
}
