package reconcile

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"pennytie/reconcile/money"
)

// PaymentChange is one field of a payment, or of what a source says of it, that changed after the payment was first known.
type PaymentChange struct {
	Source string // who said so: the leading source for the payment as a whole, "" where pennytie decided
	Record string // the source's id of its record; empty for the payment as a whole
	Field  string
	Before string
	After  string

	PaymentID         string    // filled when read back
	ProviderPaymentID string    // likewise
	At                time.Time // likewise: as-of time of the run that saw it
}

// FieldRecord is the field that tells of a record that came to a known payment, vanished or returned.
const FieldRecord = "record"

// Words of FieldRecord.
const (
	RecordPresent = "present"
	RecordGone    = "gone"
	RecordLeft    = "left" // for another payment
)

// PaymentChanges names what differs between two folds of one payment.
func PaymentChanges(before, after *Payment) []PaymentChange {
	var found []PaymentChange
	for _, pair := range []struct{ field, was, is string }{
		{"id", before.ID, after.ID},
		{"source", before.Source, after.Source},
		{"provider", before.Provider, after.Provider},
		{"provider_payment_id", before.ProviderPaymentID, after.ProviderPaymentID},
		{"amount", amountText(&before.Amount), amountText(&after.Amount)},
		{"captured_amount", amountText(&before.Captured), amountText(&after.Captured)},
		{"status", string(before.Status), string(after.Status)},
		{"provider_status", before.ProviderStatus, after.ProviderStatus},
		{"payment_date", timeText(before.PaymentDate), timeText(after.PaymentDate)},
		{"customer_email", before.CustomerEmail, after.CustomerEmail},
		{"customer_name", before.CustomerName, after.CustomerName},
		{"refund_status", string(before.Refund.Status), string(after.Refund.Status)},
		{"refunded_amount", amountText(&before.Refund.Amount), amountText(&after.Refund.Amount)},
		{"refunded_at", timeText(before.Refund.At), timeText(after.Refund.At)},
		{"dispute_status", string(before.Dispute.Status), string(after.Dispute.Status)},
		{"disputed_amount", amountText(&before.Dispute.Amount), amountText(&after.Dispute.Amount)},
		{"fee", amountText(before.Fee), amountText(after.Fee)},
		{"net", amountText(before.Net), amountText(after.Net)},
		{"payout_id", before.PayoutID, after.PayoutID},
	} {
		if pair.was != pair.is {
			found = append(found, PaymentChange{Source: after.Source, Field: pair.field, Before: pair.was, After: pair.is})
		}
	}
	return found
}

// OutcomeChanges names what a run decided anew about a payment.
func OutcomeChanges(before, after *Payment) []PaymentChange {
	var found []PaymentChange
	for _, pair := range []struct{ field, was, is string }{
		{"lead_id", before.Match.LeadID, after.Match.LeadID},
		{"call_id", before.Match.CallID, after.Match.CallID},
		{"matched_product_id", before.Match.ProductID, after.Match.ProductID},
		{"match_state", string(before.Match.State), string(after.Match.State)},
		{"verification_status", string(before.Verification), string(after.Verification)},
	} {
		if pair.was != pair.is {
			found = append(found, PaymentChange{Field: pair.field, Before: pair.was, After: pair.is})
		}
	}
	return found
}

// RecordChanges names what differs between two versions of a record; before is nil for one that is new.
func RecordChanges(before, after *SourceRecord) ([]PaymentChange, error) {
	change := func(field, was, is string) PaymentChange {
		return PaymentChange{Source: after.Source, Record: after.ID, Field: field, Before: was, After: is}
	}
	presence := func(r *SourceRecord) string {
		switch {
		case r == nil:
			return ""
		case r.Gone:
			return RecordGone
		}
		return RecordPresent
	}
	var found []PaymentChange
	if was, is := presence(before), presence(after); was != is {
		found = append(found, change(FieldRecord, was, is))
	}
	if before == nil {
		return found, nil
	}
	was, err := factTexts(&before.Facts)
	if err != nil {
		return nil, err
	}
	is, err := factTexts(&after.Facts)
	if err != nil {
		return nil, err
	}
	for _, field := range slices.Sorted(maps.Keys(unitedKeys(was, is))) {
		if was[field] != is[field] {
			found = append(found, change(field, was[field], is[field]))
		}
	}
	if a, b := keyTexts(before.Keys), keyTexts(after.Keys); a != b {
		found = append(found, change("keys", a, b))
	}
	return found, nil
}

func unitedKeys(a, b map[string]string) map[string]string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

// factTexts prints every fact under its JSON name.
func factTexts(f *Facts) (map[string]string, error) {
	document, err := json.Marshal(f)
	if err != nil {
		return nil, fmt.Errorf("facts of a record: %w", err)
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(document, &fields); err != nil {
		return nil, fmt.Errorf("facts of a record: %w", err)
	}
	texts := make(map[string]string, len(fields))
	for name, raw := range fields {
		var text string
		if json.Unmarshal(raw, &text) != nil {
			text = string(raw)
		}
		texts[name] = text
	}
	for name, amount := range map[string]*money.Amount{
		"amount": f.Amount, "captured": f.Captured, "fee": f.Fee, "net": f.Net,
		"refunded_amount": f.RefundedAmount, "disputed_amount": f.DisputedAmount,
	} {
		if amount != nil {
			texts[name] = amountText(amount)
		}
	}
	return texts, nil
}

func keyTexts(keys []Key) string {
	texts := make([]string, len(keys))
	for i, key := range keys {
		texts[i] = key.Provider + ":" + key.ID
	}
	return strings.Join(texts, " ")
}

// amountText is an amount with its currency; unknown is empty.
func amountText(a *money.Amount) string {
	if a == nil || *a == (money.Amount{}) {
		return ""
	}
	return a.String() + " " + string(a.Currency)
}

func timeText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
