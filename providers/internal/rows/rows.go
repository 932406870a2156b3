package rows

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"pennytie/reconcile"
)

// OpenFor is how long a row that waits for its payer, a bank or a capture is read again.
const OpenFor = 31 * 24 * time.Hour

// Fault is why a row is not a record. Field is empty where the whole row is wrong.
type Fault struct{ Field, Reason string }

// Error implements error, so that a conversion has one way to fail.
func (f *Fault) Error() string { return f.Reason }

// Refuse is a Fault of a field, in words that name it.
func Refuse(field, reason string) error { return &Fault{Field: field, Reason: reason} }

// Wrong is a Fault of a field, for what could not be read of it. The reason names the field, once.
func Wrong(field string, err error) error {
	reason := err.Error()
	if !strings.HasPrefix(reason, field+" ") {
		reason = field + " " + reason
	}
	return Refuse(field, reason)
}

// Missing is a Fault of a field that must be there.
func Missing(field string) error { return Refuse(field, field+" is missing") }

// Collect converts rows and appends them into the page. A row that is at Fault is put aside as it came; any other error is
// that of the page, of which then nothing counts. file is what a person would look for: the path that was asked.
func Collect[T, R any](
	page *reconcile.Page, source, file string, items []Item[T], convert func(*T) (R, error), into *[]R,
) error {
	for i := range items {
		item := &items[i]
		var record R
		err := item.Err
		if err == nil {
			record, err = convert(&item.Value)
		}
		var fault *Fault
		switch {
		case err == nil:
			*into = append(*into, record)
		case errors.As(err, &fault):
			page.Quarantined = append(page.Quarantined, reconcile.Quarantine{
				Source: source, File: file, ID: idOf(item.Raw), Field: fault.Field, Reason: fault.Reason,
				Raw: append([]byte(nil), item.Raw[:min(len(item.Raw), reconcile.MaxRaw)]...),
			})
		default:
			return err
		}
	}
	return nil
}

// idOf is the id of a row that is put aside, so that it is found there when it comes again.
func idOf(raw json.RawMessage) string {
	var row struct {
		ID any `json:"id"`
	}
	if json.Unmarshal(raw, &row) != nil {
		return ""
	}
	id, _ := row.ID.(string)
	if !PlausibleID(id) {
		return ""
	}
	return id
}

// Payments and its likes are where the rows of a page belong.
func Payments(page *reconcile.Page) *[]reconcile.SourceRecord { return &page.Payments }
func Refunds(page *reconcile.Page) *[]reconcile.Refund        { return &page.Refunds }
func Disputes(page *reconcile.Page) *[]reconcile.Dispute      { return &page.Disputes }
func Entries(page *reconcile.Page) *[]reconcile.Entry         { return &page.Entries }
func Payouts(page *reconcile.Page) *[]reconcile.Payout        { return &page.Payouts }
func Leads(page *reconcile.Page) *[]reconcile.Lead            { return &page.Leads }
func Calls(page *reconcile.Page) *[]reconcile.Call            { return &page.Calls }
func Products(page *reconcile.Page) *[]reconcile.Product      { return &page.Products }

// ID takes what was read of a row's id, as it came, because the row is asked for by it. One that could not be asked for
// would look like a row that is gone.
func ID(id string, err error) (string, error) {
	const field = "id"
	switch {
	case err != nil:
		return "", Wrong(field, err)
	case id == "":
		return "", Missing(field)
	case !PlausibleID(id):
		return "", Refuse(field, "id has other characters than letters, digits, -, _ and ., or more than 255")
	}
	return id, nil
}

// PlausibleID keeps text that is no id out of a request path: an empty one would turn a read into a list, dots would climb
// out of it.
func PlausibleID(id string) bool {
	const longest = 255 // no service says that its ids get longer (https://docs.stripe.com/upgrades)
	for i := range len(id) {
		c := id[i]
		plain := c == '_' || c == '-' || c == '.' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !plain {
			return false
		}
	}
	return len(id) <= longest && strings.Trim(id, ".") != ""
}

// Doubt notes what a record says against itself. detail is one sentence, or empty. Of a text that nobody knows it shows the
// beginning.
func Doubt(f *reconcile.Facts, code reconcile.ExceptionCode, field, expected, actual, detail string) {
	const most = 64
	if shown := []rune(actual); len(shown) > most {
		actual = string(shown[:most])
	}
	f.Doubts = append(f.Doubts, reconcile.Doubt{Code: code, Field: field, Expected: expected, Actual: actual, Detail: detail})
}

// UnknownStatus takes a payment whose word for its status nobody knows for pending: it may still become money.
func UnknownStatus(f *reconcile.Facts) {
	f.Status = reconcile.StatusPending
	Doubt(f, reconcile.ExStatusMismatch, "status", "a known status", f.ProviderStatus,
		"the source gives a status that nobody knows; it counts as pending")
}
