package fake

import (
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"pennytie/reconcile/money"
)

// zenskarListed is a listed object with its place in the order of the list.
type zenskarListed struct {
	born   time.Time
	id     string
	object map[string]any
}

// zenskarQuery is a list request, read and checked.
type zenskarQuery struct {
	limit      int
	offset     int
	descending bool
	after      string               // what the cursor says
	oldest     map[string]time.Time // by field, both bounds included
	newest     map[string]time.Time
	equal      map[string]string
	like       string // of external_id, in lower case
}

// list answers one page: oldest first with order=created_at, else newest first.
func (z *Zenskar) list(name string, r *http.Request) (int, any) {
	q, refusal := z.parseList(r.URL.Query())
	if refusal != nil {
		return http.StatusUnprocessableEntity, refusal
	}
	var rows []zenskarListed
	z.in(name).list(z.now(), func(born time.Time, object map[string]any) bool {
		if q.accepts(born, object) {
			id, _ := object["id"].(string)
			rows = append(rows, zenskarListed{born, id, object})
		}
		return false
	})
	if q.descending {
		slices.Reverse(rows)
	}
	total := len(rows)
	if z.OffsetPaging {
		rows = rows[min(q.offset, total):]
	} else if q.after != "" {
		rows = slices.DeleteFunc(rows, func(row zenskarListed) bool {
			if q.descending {
				return row.place() >= q.after
			}
			return row.place() <= q.after
		})
	}
	page := rows[:min(q.limit, len(rows))]
	results := make([]any, len(page))
	for i, row := range page {
		results[i] = z.show(maps.Clone(row.object))
	}
	answer := map[string]any{"results": results, "next": nil, "previous": nil, "total_count": total}
	if !z.OffsetPaging && len(page) < len(rows) {
		cursor := base64.StdEncoding.EncodeToString([]byte(page[len(page)-1].place()))
		answer["next"] = cursor
		if z.NextAsURL {
			answer["next"] = "https://api.zenskar.com/" + name + "?" +
				url.Values{"cursor": {cursor}, "limit": {strconv.Itoa(q.limit)}}.Encode()
		}
	}
	return http.StatusOK, answer
}

// place sorts as the list does, so that a cursor holds its place while rows come and go.
func (r zenskarListed) place() string { return fmt.Sprintf("%020d %s", r.born.UnixNano(), r.id) }

// parseList reads the parameters that the list knows; others mean nothing to it. The names are read in a fixed order, so
// that the same request always gets the same complaint.
func (z *Zenskar) parseList(values url.Values) (zenskarQuery, map[string]any) {
	q := zenskarQuery{limit: 10, descending: true,
		oldest: map[string]time.Time{}, newest: map[string]time.Time{}, equal: map[string]string{}}
	most := z.MaxLimit
	if most == 0 {
		most = 100
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		value := values.Get(name)
		switch name {
		case "limit":
			n, err := strconv.Atoi(value)
			if err != nil || n < 1 || n > most {
				return q, zenskarInvalid(name, fmt.Sprintf("ensure this value is from 1 to %d", most), "value_error.number")
			}
			q.limit = n
		case "offset":
			n, err := strconv.Atoi(value)
			if err != nil || n < 0 {
				return q, zenskarInvalid(name, "ensure this value is greater than or equal to 0", "value_error.number")
			}
			q.offset = n
		case "cursor":
			text, err := base64.StdEncoding.DecodeString(value)
			if err != nil && !z.OffsetPaging {
				return q, zenskarInvalid(name, "invalid cursor", "value_error")
			}
			q.after = string(text)
		case "order":
			if z.NoOrder || strings.TrimPrefix(value, "-") != "created_at" {
				return q, zenskarInvalid(name, "unexpected value", "value_error.const")
			}
			q.descending = value[0] == '-'
		case "created_at__gte", "created_at__lte", "timestamp__gte", "timestamp__lte":
			if !q.bound(name, value) {
				return q, zenskarInvalid(name, "invalid datetime format", "value_error.datetime")
			}
		case "type", "status", "parent_id", "customer_id", "id":
			q.equal[name] = value
		case "external_id__ilike":
			q.like = strings.ToLower(value)
		}
	}
	return q, nil
}

// bound reads one end of a window: ISO 8601 without a zone for created_at, Unix seconds for timestamp.
func (q *zenskarQuery) bound(name, value string) bool {
	field, end, _ := strings.Cut(name, "__")
	at, err := time.Parse("2006-01-02T15:04:05", value)
	if field == "timestamp" {
		var seconds int64
		seconds, err = strconv.ParseInt(value, 10, 64)
		at = time.Unix(seconds, 0)
	}
	if end == "gte" {
		q.oldest[field] = at
	} else {
		q.newest[field] = at
	}
	return err == nil
}

// accepts says whether an object is in the list. created_at is when it was put first.
func (q *zenskarQuery) accepts(born time.Time, object map[string]any) bool {
	times := map[string]time.Time{"created_at": born}
	if text, is := object["timestamp"].(string); is {
		for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02 15:04:05", time.RFC3339} {
			if at, err := time.Parse(layout, text); err == nil {
				times["timestamp"] = at
			}
		}
	}
	for field, oldest := range q.oldest {
		if at, known := times[field]; !known || at.Before(oldest) {
			return false
		}
	}
	for field, newest := range q.newest {
		if at, known := times[field]; !known || at.After(newest) {
			return false
		}
	}
	for field, want := range q.equal {
		if text, _ := object[field].(string); text != want {
			return false
		}
	}
	external, _ := object["external_id"].(string)
	return strings.Contains(strings.ToLower(external), q.like)
}

// show is the object as it goes out: with MajorUnits its amounts are written in major units, also in its parts.
func (z *Zenskar) show(object map[string]any) map[string]any {
	if !z.MajorUnits {
		return object
	}
	shown := maps.Clone(object)
	code, _ := object["currency_code"].(string)
	currency, err := money.ParseCurrency(code)
	for _, name := range []string{"amount", "amount_refunded"} {
		if text, is := object[name].(string); is && err == nil {
			if amount, err := money.ParseMinor(text, currency); err == nil {
				shown[name] = amount.String()
			}
		}
	}
	for _, name := range []string{"invoices", "transactions"} {
		parts := asObjects(object[name])
		if len(parts) == 0 {
			continue
		}
		inner := make([]any, len(parts))
		for i, part := range parts {
			if part["currency_code"] == nil {
				part = maps.Clone(part)
				part["currency_code"] = code
			}
			inner[i] = z.show(part)
		}
		shown[name] = inner
	}
	return shown
}
