package httpapi

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"pennytie/reconcile"
	"pennytie/reconcile/report"
)

// Sizes of a page.
const (
	DefaultLimit = 50
	MostLimit    = 100
)

// ParameterError is a filter that cannot be; Name is the parameter's.
type ParameterError struct{ Name, Text, Mend string }

func (p *ParameterError) Error() string { return p.Name + ": " + p.Text }

// ListQuery are the parameters of a list of payments as given. Empty is not given.
type ListQuery struct{ Limit, Cursor, Status, LeadID, FromDate, ToDate string }

// Filter reads the parameters. Both dates are inclusive, and are those of the payment.
func (q *ListQuery) Filter() (f reconcile.PaymentFilter, err error) {
	f.Status, f.LeadID = reconcile.Status(q.Status), q.LeadID
	if q.Status != "" && !f.Status.Valid() {
		return f, &ParameterError{"status", fmt.Sprintf("%.40q is no status", q.Status), "use pending, succeeded, failed or refunded"}
	}
	if f.Limit, err = limit(q.Limit); err != nil {
		return f, err
	}
	if f.From, err = date("from_date", q.FromDate, 0, 0); err != nil {
		return f, err
	}
	if f.To, err = date("to_date", q.ToDate, 1, time.Microsecond); err != nil {
		return f, err
	}
	if !f.To.IsZero() && f.To.Before(f.From) {
		return f, &ParameterError{"from_date", "it is after to_date", "turn the two round"}
	}
	f.After, err = position(q.Cursor)
	return f, err
}

func limit(given string) (int, error) {
	if given == "" {
		return DefaultLimit, nil
	}
	n, err := strconv.ParseUint(given, 10, 16)
	if err != nil || n < 1 || n > MostLimit {
		return 0, &ParameterError{"limit", fmt.Sprintf("%.40q is out of range", given), fmt.Sprintf("give a number from 1 to %d", MostLimit)}
	}
	return int(n), nil
}

// date reads a day or an instant; days and least are added to what is the end of a span, which is stored exclusive.
func date(name, given string, days int, least time.Duration) (time.Time, error) {
	if given == "" {
		return time.Time{}, nil
	}
	if at, err := time.Parse(time.RFC3339, given); err == nil {
		return at.UTC().Add(least), nil
	}
	at, err := time.Parse(time.DateOnly, given)
	if err != nil {
		return time.Time{}, &ParameterError{name, fmt.Sprintf("%.40q is no date", given), "give 2026-03-01 or 2026-03-01T00:00:00Z"}
	}
	return at.AddDate(0, 0, days), nil
}

// A cursor is the place of the last row of a page: rows that arrive meanwhile move nobody's page. It is opaque to a client, and
// only its own words are taken back.
func cursorOf(kind string, place ...string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(kind + "|" + strings.Join(place, "|")))
}

func place(kind, cursor string) (string, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	text, ours := strings.CutPrefix(string(raw), kind+"|")
	if err != nil || !ours || text == "" {
		return "", foreignCursor()
	}
	return text, nil
}

func foreignCursor() error {
	return &ParameterError{"cursor", "it is none of ours", "take next_cursor of the page before, or leave it out"}
}

const paymentCursor = "p1"

func position(cursor string) (*reconcile.Position, error) {
	if cursor == "" {
		return nil, nil
	}
	text, err := place(paymentCursor, cursor)
	if err != nil {
		return nil, err
	}
	micros, id, _ := strings.Cut(text, "|")
	at := reconcile.Position{ID: id}
	if micros != "" {
		n, parseErr := strconv.ParseInt(micros, 10, 64)
		at.Date = time.UnixMicro(n).UTC()
		if parseErr != nil || at.Date.IsZero() {
			at.ID = ""
		}
	}
	if at.ID == "" || cursorAt(at) != cursor {
		return nil, foreignCursor()
	}
	return &at, nil
}

func cursorAt(at reconcile.Position) string {
	micros := "" // a payment without a date
	if !at.Date.IsZero() {
		micros = strconv.FormatInt(at.Date.UnixMicro(), 10)
	}
	return cursorOf(paymentCursor, micros, at.ID)
}

// Page is one page of a list.
type Page[T any] struct {
	Data []T
	Next string // cursor of the next page; empty at the end
}

// List reads a page of payments.
func List(r reconcile.Reader, f reconcile.PaymentFilter) (page Page[*reconcile.Payment], err error) {
	most := f.Limit
	f.Limit++ // one more tells whether there is a next page
	for p, err := range r.Payments(f) {
		if err != nil {
			return page, err
		}
		if len(page.Data) == most {
			last := page.Data[most-1]
			page.Next = cursorAt(reconcile.Position{Date: last.PaymentDate, ID: last.ID})
			break
		}
		page.Data = append(page.Data, p)
	}
	return page, nil
}

// Payments prints a page of payments as the API answers it.
func Payments(page Page[*reconcile.Payment], pii string) ([]byte, error) {
	return page.print(func(p *reconcile.Payment) ([]byte, error) {
		return report.PaymentJSON{Payment: p, PII: pii}.MarshalJSON()
	})
}

func (p Page[T]) print(row func(T) ([]byte, error)) ([]byte, error) {
	body := []byte(`{"data":[`)
	for i, one := range p.Data {
		if i > 0 {
			body = append(body, ',')
		}
		text, err := row(one)
		if err != nil {
			return nil, err
		}
		body = append(body, text...)
	}
	next := []byte("null")
	if p.Next != "" {
		next, _ = json.Marshal(p.Next) // a text always marshals
	}
	body = append(append(body, `],"pagination":{"next_cursor":`...), next...)
	return fmt.Appendf(body, `,"has_more":%t}}`, p.Next != ""), nil
}

// Payment prints one payment as the API answers it.
func Payment(p *reconcile.Payment, pii string) ([]byte, error) {
	text, err := report.PaymentJSON{Payment: p, PII: pii}.MarshalJSON()
	return append(append([]byte(`{"success":true,"data":`), text...), '}'), err
}
