package fake

import (
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Aura is a stand-in for Aura's public API (https://docs.api.aura-app.ai/): payments, leads, calls and products with
// filters, cursors, rate headers and error envelope, and the writes to one payment, over objects given by Put as the API would
// show them. It is an http.Handler, safe for concurrent use. What the documentation leaves open is a field; set them before
// serving.
type Aura struct {
	Faults
	Writes
	shelves

	// DateFilter is the field that from_date and to_date look at: "payment_date" (also if empty) or "created_at".
	DateFilter string
	// OpenBounds makes from_date and to_date exclusive.
	OpenBounds bool
	// NewestFirst turns the order of lists round.
	NewestFirst bool
	// WithSuccess adds "success": true to lists; single objects always have it.
	WithSuccess bool
	// Limit is how many requests a minute of the injected clock the key has; 0 is no limit.
	Limit int

	key string
	now func() time.Time

	mu       sync.Mutex
	requests int   // ever
	minute   int64 // that used is about
	used     int
}

// NewAura makes an empty organization that opens with key and shows what exists at now(). Its collections are payments, leads,
// calls and products.
func NewAura(key string, now func() time.Time) *Aura {
	return &Aura{key: key, now: now, shelves: newShelves("payments", "leads", "calls", "products")}
}

const (
	auraDefaultLimit = 50
	auraLargestLimit = 100
	auraKeyLimit     = 100 // requests a minute of one key, as shown in the headers
)

// auraError is an answer in Aura's error envelope. Of its codes only some are published; the others are assumed.
type auraError struct {
	status        int
	code, message string
}

func auraInvalid(format string, args ...any) *auraError {
	return &auraError{http.StatusBadRequest, "VALIDATION_ERROR", fmt.Sprintf(format, args...)}
}

// AuraError answers in Aura's error envelope. Headers are name, value, name, value.
func AuraError(status int, code, message string, headers ...string) Action {
	return Status(status, string(auraEnvelope(&auraError{status, code, message}, "req_fault")), headers...)
}

func auraEnvelope(e *auraError, request string) []byte {
	return appendJSON(nil, map[string]any{"success": false, "error": e.message, "code": e.code, "requestId": request})
}

// ServeHTTP answers one request.
func (a *Aura) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.guard(http.HandlerFunc(a.serve), r).ServeHTTP(w, r)
}

func (a *Aura) serve(w http.ResponseWriter, r *http.Request) {
	request, within := a.count(w.Header())
	body, fault := a.answer(r, within)
	status := http.StatusOK
	if fault != nil {
		status, body = fault.status, auraEnvelope(fault, request)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// count takes one request off the budget of this minute and writes the headers that every answer has.
func (a *Aura) count(header http.Header) (request string, within bool) {
	limit := a.Limit
	if limit == 0 {
		limit = auraKeyLimit
	}
	minute := a.now().Unix() / 60
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.minute != minute {
		a.minute, a.used = minute, 0
	}
	a.requests++
	a.used++
	header.Set("X-RateLimit-Limit", strconv.Itoa(limit))
	header.Set("X-RateLimit-Remaining", strconv.Itoa(max(0, limit-a.used)))
	header.Set("X-RateLimit-Reset", strconv.FormatInt((minute+1)*60, 10))
	return fmt.Sprintf("req_%08d", a.requests), a.Limit == 0 || a.used <= a.Limit
}

func (a *Aura) answer(r *http.Request, within bool) ([]byte, *auraError) {
	if r.URL.Path == "/health" {
		return []byte(`{"status":"ok"}`), nil
	}
	key, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	name, id, single := strings.Cut(strings.TrimPrefix(r.URL.Path, "/v1/"), "/")
	switch {
	case subtle.ConstantTimeCompare([]byte(key), []byte(a.key)) != 1:
		return nil, &auraError{http.StatusUnauthorized, "UNAUTHORIZED", "Invalid or missing API key"}
	case !within:
		return nil, &auraError{http.StatusTooManyRequests, "RATE_LIMITED", "Rate limit exceeded"}
	case !strings.HasPrefix(r.URL.Path, "/v1/") || a.shelves[name] == nil:
		return nil, &auraError{http.StatusNotFound, "NOT_FOUND", "Route not found"}
	case r.Method != http.MethodGet:
		return a.write(r, name, id)
	case !single:
		return a.list(name, r)
	}
	object := a.shelves[name].get(id, a.now())
	if object == nil {
		code := strings.ToUpper(strings.TrimSuffix(name, "s")) + "_NOT_FOUND"
		return nil, &auraError{http.StatusNotFound, code, "Not found"}
	}
	return appendJSON(nil, map[string]any{"success": true, "data": object}), nil
}

// auraFilters are the parameters of each list that compare a field, beside limit and cursor.
func auraFilters(name string) []string {
	switch name {
	case "payments":
		return []string{"status", "lead_id", "from_date", "to_date"}
	case "leads":
		return []string{"status", "source", "assigned_to_id"}
	case "calls":
		return []string{"lead_id", "closer_id", "setter_id", "booking_link_id", "is_upcoming", "status", "outcome"}
	}
	return []string{"is_active"}
}

// auraPlace is where an object stands in a list.
type auraPlace struct {
	born int64 // Unix nanoseconds
	id   string
}

func (p auraPlace) cursor() string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d %s", p.born, p.id))
}

func parseAuraPlace(text string) (p auraPlace, ok bool) {
	plain, err := base64.RawURLEncoding.DecodeString(text)
	n, _ := fmt.Sscanf(string(plain), "%d %s", &p.born, &p.id)
	return p, err == nil && n == 2
}

func (p auraPlace) before(other auraPlace) bool {
	return p.born < other.born || p.born == other.born && p.id < other.id
}

func (a *Aura) list(name string, r *http.Request) ([]byte, *auraError) {
	values := r.URL.Query()
	known := append(auraFilters(name), "limit", "cursor")
	for parameter := range values {
		if !slices.Contains(known, parameter) {
			return nil, auraInvalid("Unknown parameter")
		}
	}
	limit := auraDefaultLimit
	if text := values.Get("limit"); text != "" {
		var err error
		if limit, err = strconv.Atoi(text); err != nil || limit < 1 || limit > auraLargestLimit {
			return nil, auraInvalid("limit must be 1 to %d", auraLargestLimit)
		}
	}
	after, resumed := parseAuraPlace(values.Get("cursor"))
	if values.Get("cursor") != "" && !resumed {
		return nil, auraInvalid("cursor is not valid")
	}
	tests, fault := a.tests(name, values.Get)
	if fault != nil {
		return nil, fault
	}
	var places []auraPlace // of what is kept, in the same order
	rows := a.shelves[name].list(a.now(), func(born time.Time, object map[string]any) bool {
		id, _ := object["id"].(string)
		place := auraPlace{born.UnixNano(), id}
		if resumed && (place == after || place.before(after) != a.NewestFirst) {
			return false
		}
		for _, keep := range tests {
			if !keep(born, object) {
				return false
			}
		}
		places = append(places, place)
		return true
	})
	if a.NewestFirst {
		slices.Reverse(rows)
		slices.Reverse(places)
	}
	pagination := map[string]any{"next_cursor": nil, "has_more": len(rows) > limit}
	if len(rows) > limit {
		rows = rows[:limit]
		pagination["next_cursor"] = places[limit-1].cursor()
	}
	data := make([]any, len(rows))
	for i, row := range rows {
		data[i] = row
	}
	body := map[string]any{"data": data, "pagination": pagination}
	if a.WithSuccess {
		body["success"] = true
	}
	return appendJSON(nil, body), nil
}

// auraTest says whether an object passes one filter.
type auraTest func(born time.Time, object map[string]any) bool

// tests reads the filters of a list.
func (a *Aura) tests(name string, get func(string) string) ([]auraTest, *auraError) {
	var tests []auraTest
	for _, filter := range auraFilters(name) {
		value := get(filter)
		if value == "" {
			continue
		}
		switch filter {
		case "from_date", "to_date":
			bound, err := time.Parse(time.RFC3339, value)
			if err != nil {
				return nil, auraInvalid("%s must be a date-time", filter)
			}
			tests = append(tests, a.window(filter == "from_date", bound))
		case "is_active", "is_upcoming":
			want, err := strconv.ParseBool(value)
			if err != nil {
				return nil, auraInvalid("%s must be true or false", filter)
			}
			if filter == "is_active" {
				tests = append(tests, func(_ time.Time, object map[string]any) bool { return object["is_active"] == want })
				continue
			}
			now := a.now()
			tests = append(tests, func(_ time.Time, object map[string]any) bool {
				at, _ := object["scheduled_at"].(string)
				scheduled, err := time.Parse(time.RFC3339, at)
				return (err == nil && scheduled.After(now)) == want
			})
		default:
			if name == "payments" && filter == "status" &&
				!slices.Contains([]string{"pending", "succeeded", "failed", "refunded"}, value) {
				return nil, auraInvalid("status is not one of the four")
			}
			tests = append(tests, func(_ time.Time, object map[string]any) bool { return object[filter] == value })
		}
	}
	return tests, nil
}

// window tests the date of a payment against a bound. Null is in no window; a date that cannot be read is that of the
// payment's making, so that a test can put one in a list.
func (a *Aura) window(from bool, bound time.Time) auraTest {
	field := a.DateFilter
	if field == "" {
		field = "payment_date"
	}
	return func(born time.Time, object map[string]any) bool {
		if object[field] == nil {
			return false
		}
		at := born
		if text, is := object[field].(string); is {
			if parsed, err := time.Parse(time.RFC3339, text); err == nil {
				at = parsed
			}
		}
		if at.Equal(bound) {
			return !a.OpenBounds
		}
		return at.After(bound) == from
	}
}
