// Package writeback is what the services' plans to write agreed facts back have in common.
//
// Providers call it. It must not send anything, and must know no service.
package writeback

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"pennytie/reconcile"
)

// Seen tells apart what a service said before a write, in the places that the write changes.
func Seen(words ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(words, "\x00")))
	return hex.EncodeToString(sum[:])
}

// Converted makes the record of a plan. A row that is no record cannot be written to.
func Converted(service string, record reconcile.SourceRecord, err error) (*reconcile.SourceRecord, error) {
	asked := errors.Is(err, reconcile.ErrAuth) || errors.Is(err, reconcile.ErrRateLimited) || errors.Is(err, reconcile.ErrTransient)
	switch {
	case asked: // for what the row names
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("%s: the row to be written to cannot be read: %w: %w", service, err, reconcile.ErrInvalid)
	}
	return &record, nil
}

// Change adds a field to a plan if it changes.
func Change(plan *reconcile.Plan, name, before, after string) {
	if before != after {
		plan.Fields = append(plan.Fields, reconcile.FieldWrite{Name: name, Before: before, After: after})
	}
}

// Against is the trouble of a field that holds something else.
func Against(field, ours, theirs, reason string) *reconcile.Trouble {
	return &reconcile.Trouble{Field: field, Ours: ours, Theirs: theirs, Reason: reason}
}

// Finish gives a plan the body of its request, if there is anything to send.
func Finish(plan *reconcile.Plan, body any, send func(ctx context.Context, body []byte) error) error {
	if len(plan.Fields) == 0 {
		return nil
	}
	content, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("body of a write: %w", reconcile.ErrInvalid)
	}
	plan.Body = content
	plan.Send = func(ctx context.Context) error { return send(ctx, content) }
	return nil
}

// Opaque says whether a text can only be an id: one word of letters, digits and a few marks, and no number that could be a card's.
// A lead that is known by an e-mail address must not be told to a service that forbids such.
func Opaque(id string) bool {
	const longest = 128
	digits := 0
	for i := range len(id) {
		c := id[i]
		switch {
		case c >= '0' && c <= '9':
			digits++
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '-', c == '_', c == '.', c == ':':
		default:
			return false
		}
	}
	return id != "" && len(id) <= longest && !(digits >= 13 && digits <= 19 && strings.Trim(id, "0123456789-.") == "" && luhn(id))
}

// luhn says whether the digits of a text pass the check of card numbers.
func luhn(text string) bool {
	sum, double := 0, false
	for i := len(text) - 1; i >= 0; i-- {
		if text[i] < '0' || text[i] > '9' {
			continue
		}
		d := int(text[i] - '0')
		if double {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum, double = sum+d, !double
	}
	return sum%10 == 0
}
