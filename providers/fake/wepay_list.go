package fake

import (
	"cmp"
	"encoding/base64"
	"maps"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

const (
	wepayPage    = 10
	wepayLargest = 50
)

// wepayQuery is a list request, read and checked.
type wepayQuery struct {
	collection     string
	size           int
	oldest, newest int64 // create_time, both ends included
	least, most    int64 // amount, likewise
	equal          map[string]string
	place          *wepayPlace
	backward       bool       // the page ends before place instead of beginning after it
	filters        url.Values // as they came, to be found again in the next page's token
}

// wepayPlace is a row in the order of a list.
type wepayPlace struct {
	born int64 // nanoseconds
	id   string
}

type wepayShown struct {
	wepayPlace
	object map[string]any
}

// newestFirst orders two places as lists do.
func (p wepayPlace) newestFirst(other wepayPlace) int {
	return cmp.Or(cmp.Compare(other.born, p.born), cmp.Compare(other.id, p.id))
}

// parseList reads the parameters. A page's token holds the filters of the list that it belongs to.
func (w *WePay) parseList(r *http.Request, collection string) (*wepayQuery, *wepayError) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, wepayInvalid("", "INVALID_QUERY", "The query cannot be read.")
	}
	q := &wepayQuery{collection: collection, size: wepayPage, oldest: math.MinInt64, newest: math.MaxInt64,
		least: math.MinInt64, most: math.MaxInt64, equal: map[string]string{}}
	if text := values.Get("page_size"); values.Has("page_size") {
		if q.size, err = strconv.Atoi(text); err != nil || q.size < 1 || q.size > wepayLargest {
			return nil, wepayInvalid("page_size", "OUT_OF_RANGE", "The page size must be 1 to 50.")
		}
	}
	values.Del("page_size")
	if token := values.Get("page"); values.Has("page") {
		if values = q.open(token); values == nil {
			return nil, wepayInvalid("page", "INVALID_PAGE", "There is no such page.")
		}
	}
	q.filters = values
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if fault := q.filter(name, values.Get(name)); fault != nil {
			return nil, fault
		}
	}
	if w.OpenBounds {
		q.oldest, q.newest = q.oldest+1, q.newest-1
	}
	return q, nil
}

// filter reads one parameter that narrows the list.
func (q *wepayQuery) filter(name, value string) *wepayError {
	number := map[string]*int64{"create_time_start": &q.oldest, "create_time_end": &q.newest}
	equal := []string{"owner_id", "status"}
	if q.collection == "payments" {
		number["minimum_amount"], number["maximum_amount"] = &q.least, &q.most
		equal = append(equal, "reference_id", "payment_method_id", "payment_method_type")
	} else {
		equal = append(equal, "payment_id")
	}
	if q.collection == "disputes" {
		equal = append(equal, "type")
	}
	if into := number[name]; into != nil {
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil || n < 0 {
			return wepayInvalid(name, "INVALID_NUMBER", "This must be a whole number.")
		}
		*into = n
		return nil
	}
	if !slices.Contains(equal, name) || value == "" {
		return wepayInvalid(name, "INVALID_PARAM", "This parameter is not known, or is empty.")
	}
	q.equal[name] = value
	return nil
}

// open takes a token apart into the filters it was made with, or nil.
func (q *wepayQuery) open(token string) url.Values {
	text, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return nil
	}
	values, err := url.ParseQuery(string(text))
	if err != nil {
		return nil
	}
	born, err := strconv.ParseInt(values.Get("born"), 10, 64)
	if err != nil || values.Get("id") == "" {
		return nil
	}
	q.place, q.backward = &wepayPlace{born, values.Get("id")}, values.Has("back")
	for _, name := range []string{"born", "id", "back"} {
		values.Del(name)
	}
	return values
}

// address is the page that begins after a place, or ends before it.
func (w *WePay) address(r *http.Request, q *wepayQuery, at wepayPlace, back bool) string {
	values := url.Values{}
	for name, value := range q.filters {
		values[name] = value
	}
	values.Set("born", strconv.FormatInt(at.born, 10))
	values.Set("id", at.id)
	if back {
		values.Set("back", "1")
	}
	path := "/" + q.collection + "?" + url.Values{
		"page":      {base64.RawURLEncoding.EncodeToString([]byte(values.Encode()))},
		"page_size": {strconv.Itoa(q.size)},
	}.Encode()
	if w.AbsoluteNext {
		return "http://" + r.Host + path
	}
	return path
}

// list answers one page of a collection.
func (w *WePay) list(r *http.Request, collection string) ([]byte, *wepayError) {
	q, fault := w.parseList(r, collection)
	if fault != nil {
		return nil, fault
	}
	now := w.now()
	var all []wepayShown
	w.shelves[collection].list(now, func(born time.Time, object map[string]any) bool {
		if q.accepts(w, now, born, object) {
			id, _ := object["id"].(string)
			all = append(all, wepayShown{wepayPlace{born.UnixNano(), id}, object})
		}
		return false
	})
	slices.SortFunc(all, func(a, b wepayShown) int { return a.newestFirst(b.wepayPlace) })
	begin := 0
	if q.place != nil {
		begin = len(all)
		if at := slices.IndexFunc(all, func(s wepayShown) bool {
			order := s.newestFirst(*q.place)
			return order > 0 || q.backward && order == 0
		}); at >= 0 {
			begin = at
		}
	}
	end := min(begin+q.size, len(all))
	if q.backward {
		begin, end = max(0, begin-q.size), begin
	}
	page := map[string]any{"next": nil, "previous": nil}
	rows := make([]any, 0, end-begin)
	for _, shown := range all[begin:end] {
		rows = append(rows, shown.object)
	}
	page[cmp.Or(w.RecordsKey, "results")] = rows
	if end < len(all) && end > begin {
		page["next"] = w.address(r, q, all[end-1].wepayPlace, false)
	}
	if begin > 0 && end > begin {
		page["previous"] = w.address(r, q, all[begin].wepayPlace, true)
	}
	return appendJSON(nil, page), nil
}

// accepts says whether a list shows an object.
func (q *wepayQuery) accepts(w *WePay, now, born time.Time, object map[string]any) bool {
	if at := born.Unix(); at < q.oldest || at > q.newest {
		return false
	}
	if amount, known := asInt(object["amount"]); q.collection == "payments" && known && (amount < q.least || amount > q.most) {
		return false
	}
	for name, want := range q.equal {
		if q.value(w, now, name, object) != want {
			return false
		}
	}
	return true
}

// value is what a filter compares. The owner of a refund or dispute that names none is its payment's.
func (q *wepayQuery) value(w *WePay, now time.Time, name string, object map[string]any) string {
	if name == "owner_id" && object["owner"] == nil && q.collection != "payments" {
		object = w.shelves["payments"].get(wepayText(object, "payment", "id"), now)
	}
	switch name {
	case "owner_id":
		return wepayText(object, "owner", "id")
	case "payment_id":
		return wepayText(object, "payment", "id")
	case "payment_method_id":
		return wepayText(object, "payment_method", "id")
	case "payment_method_type":
		return wepayText(object, "payment_method", "type")
	}
	return wepayText(object, name)
}

// wepayText follows keys to a text; anything else is empty.
func wepayText(object map[string]any, path ...string) string {
	var value any = object
	for _, key := range path {
		inner, _ := value.(map[string]any)
		value = inner[key]
	}
	found, _ := value.(string)
	return found
}
