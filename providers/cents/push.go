package cents

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"pennytie/providers/internal/rows"
	"pennytie/providers/internal/writeback"
	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

var _ reconcile.Pusher = (*Provider)(nil)

// patchBody is all that is ever patched. It is never made of what was read: amounts are read in whole units and written in the
// smallest. Order, donation and total, the donor and the charity are not ours to change; reconciliation_id merges
// transactions, and pennytie does not know the company's own order keys.
type patchBody struct {
	Status         string `json:"transaction_status,omitempty"`
	RefundedAmount *int64 `json:"refunded_amount,omitempty"` // smallest unit, altogether
	ExternalID     string `json:"external_id,omitempty"`     // without the gateway's name, which Cents puts before it
}

// Words of transaction_status that are written.
const (
	wordPaid     = "paid"
	wordFailed   = "failed"
	wordRefunded = "refunded"
	wordDisputed = "disputed"
)

// mayWrite lists the one request that changes something.
func (c Config) mayWrite(method, path string) bool {
	id, below := strings.CutPrefix(path, c.ListPath+"/")
	return method == http.MethodPatch && below && id != "" && !strings.Contains(id, "/")
}

// Writable implements reconcile.Pusher: what the gateway says became of the money, and its id.
func (p *Provider) Writable(facts reconcile.Agreed) []reconcile.Wanted {
	if facts.Status == "" && !facts.Disputed && facts.Refunded == nil && facts.ExternalID == "" {
		return nil
	}
	return []reconcile.Wanted{{Kind: reconcile.IntentStatus, Facts: reconcile.Agreed{Status: facts.Status,
		Disputed: facts.Disputed, Refunded: facts.Refunded, ExternalID: facts.ExternalID}}}
}

// Plan implements reconcile.Pusher.
func (p *Provider) Plan(ctx context.Context, want *reconcile.Intent) (reconcile.Plan, error) {
	var plan reconcile.Plan
	var row rows.Item[transaction]
	known, err := rows.PlausibleID(want.Record), error(nil)
	if known {
		row, known, err = p.client.one(ctx, want.Record)
	}
	switch {
	case err != nil:
		return plan, err
	case !known:
		return plan, fmt.Errorf("cents: transaction %s: %w", want.Record, reconcile.ErrNotFound)
	}
	record, err := p.conv.record(&row.Value, p.Now())
	if plan.Record, err = writeback.Converted(Name, record, err); err != nil {
		return plan, err
	}
	word, external := folded(row.Value.Status.Word()), row.Value.ExternalID.Word()
	plan.Seen = writeback.Seen(word, row.Value.RefundedAmount.Word(), external)
	var body patchBody
	facts := &want.Wanted.Facts
	if next := nextWord(word, facts); next != word {
		body.Status = next
		writeback.Change(&plan, "transaction_status", word, next)
		if !forward(word, next) {
			plan.Refused = writeback.Against("transaction_status", next, word, "a status in Cents is only taken forward, step by step")
		}
	}
	if err := p.planRefund(&plan, &body, word, &row.Value, facts); err != nil {
		return plan, err
	}
	if facts.ExternalID != "" && external == "" {
		body.ExternalID = facts.ExternalID
		writeback.Change(&plan, "external_id", "", body.ExternalID)
	}
	err = writeback.Finish(&plan, body, func(ctx context.Context, content []byte) error {
		return p.client.patch(ctx, p.client.path+"/"+want.Record, content)
	})
	return plan, err
}

// planRefund writes what was refunded altogether, never less than is said, and always beside the status.
func (p *Provider) planRefund(plan *reconcile.Plan, body *patchBody, word string, row *transaction, facts *reconcile.Agreed) error {
	if facts.Refunded == nil {
		return nil
	}
	amount := plan.Record.Facts.Amount
	sums, err := p.conv.sums(row, amount.Currency)
	if err != nil {
		return fmt.Errorf("cents: the amounts of the row to be written to cannot be read: %w", reconcile.ErrInvalid)
	}
	ours, said := facts.Refunded, money.New(0, amount.Currency)
	if sums.refunded != nil {
		said = *sums.refunded
	}
	if said == *ours {
		return nil
	}
	before := said.String()
	plan.Fields = append(plan.Fields, reconcile.FieldWrite{Name: "refunded_amount", Before: before, After: ours.String()})
	switch {
	case ours.Currency != amount.Currency:
		plan.Refused = writeback.Against("refunded_amount", string(ours.Currency), string(amount.Currency),
			"the refund is in another currency")
	case *sums.whole(amount) != *amount:
		plan.Refused = writeback.Against("refunded_amount", ours.String(), before, "the payment is only a part of the transaction")
	case ours.Minor > amount.Minor:
		plan.Refused = writeback.Against("refunded_amount", ours.String(), amount.String(), "more was refunded than the transaction has")
	case said.Minor > ours.Minor:
		plan.Conflict = writeback.Against("refunded_amount", ours.String(), before, "Cents says that more was refunded")
	}
	if body.Status == "" {
		body.Status = word
		if !slices.Contains([]string{wordPaid, wordRefunded, wordDisputed}, word) {
			plan.Refused = writeback.Against("transaction_status", "", word, "a transaction that was not paid has no refund")
		}
	}
	body.RefundedAmount = &ours.Minor
	return nil
}

// nextWord is the status that the facts ask for, or the one that is there.
func nextWord(word string, facts *reconcile.Agreed) string {
	switch {
	case facts.Status == reconcile.StatusRefunded:
		return wordRefunded
	case facts.Status == reconcile.StatusFailed:
		return wordFailed
	case facts.Disputed:
		return wordDisputed
	case facts.Status == reconcile.StatusSucceeded:
		return wordPaid
	}
	return word
}

// forward says whether a word may follow another.
func forward(from, to string) bool {
	switch from {
	case "draft", "to_be_payed", "to_be_paid":
		return to == wordPaid || to == wordFailed
	case wordPaid:
		return to == wordRefunded || to == wordDisputed
	}
	return false
}
