package fake

import (
	"crypto/subtle"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// WePay is a stand-in for the API v3 of WePay: lists and single objects of payments, refunds and disputes, single payment
// methods, and the update of a payment's reference and custom data, over objects given by Put to the collections of these
// names: payments, refunds, disputes and payment_methods. Lists go by the time at which an object was put first, newest first. It is an http.Handler, safe for
// concurrent use; its options are to be set before the first request.
type WePay struct {
	Faults
	Writes
	shelves

	// RecordsKey names the rows of a list. Empty: results.
	RecordsKey string
	// NoRefundList answers 404 to a list of refunds; single ones can still be read.
	NoRefundList bool
	// AbsoluteNext gives next and previous as whole addresses of the server instead of paths.
	AbsoluteNext bool
	// OpenBounds leaves rows made exactly at create_time_start or create_time_end out of a list.
	OpenBounds bool
	// Limit is how many requests each collection answers in any ten seconds of the clock. 0: all.
	Limit int
	// MergeCustomData merges a written custom_data into the one that there is; else it takes its place.
	MergeCustomData bool
	// ThrottleStatus is the HTTP status beyond the limit. 0: 429.
	ThrottleStatus int

	appID, token string
	now          func() time.Time
	requests     atomic.Int64

	mu     sync.Mutex
	recent map[string][]time.Time // of answered requests, by collection
	kept   map[string]wepayKept   // by Unique-Key
}

// NewWePay makes an empty app that opens with an id and a token, and shows what exists at now().
func NewWePay(appID, token string, now func() time.Time) *WePay {
	return &WePay{
		shelves: newShelves("payments", "refunds", "disputes", "payment_methods"),
		appID:   appID, token: token, now: now, recent: map[string][]time.Time{},
		kept: map[string]wepayKept{},
	}
}

// wepayError is an answer in the error envelope of API v3.
type wepayError struct {
	status     int
	code       string
	reason     string // of the only detail
	message    string
	target     string
	targetType string
}

func (e *wepayError) encode() []byte {
	return appendJSON(nil, map[string]any{
		"error_code": e.code, "error_message": e.message,
		"details": []any{map[string]any{
			"message": e.message, "reason_code": e.reason, "target": []any{e.target}, "target_type": e.targetType,
		}},
	})
}

// WePayError answers in WePay's error envelope. Headers are name, value, name, value.
func WePayError(status int, code, reason string, headers ...string) Action {
	fault := &wepayError{status: status, code: code, reason: reason, message: "Something went wrong."}
	return Status(status, string(fault.encode()), headers...)
}

// WePayThrottled answers as beyond the limit, with a Retry-After unless that is empty.
func WePayThrottled(status int, retryAfter string) Action {
	var headers []string
	if retryAfter != "" {
		headers = []string{"Retry-After", retryAfter}
	}
	return WePayError(status, "THROTTLE_EXCEEDED", "APPLICATION_REQUEST_THROTTLE_EXCEEDED", headers...)
}

func wepayInvalid(target, reason, message string) *wepayError {
	return &wepayError{http.StatusBadRequest, "INVALID_PARAMS", reason, message, target, "HTTP_REQUEST_QUERY_STRING"}
}

func wepayHeader(target, message string) *wepayError {
	return &wepayError{http.StatusBadRequest, "INVALID_PARAMS", "INVALID_HEADER", message, target, "HTTP_REQUEST_HEADER"}
}

func wepayUnknown(path string) *wepayError {
	return &wepayError{http.StatusNotFound, "RESOURCE_NOT_FOUND", "RESOURCE_NOT_FOUND", "There is no such resource.",
		path, "HTTP_REQUEST_PATH"}
}

// ServeHTTP answers one request.
func (w *WePay) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	out.Header().Set("X-Correlation-Id", "corr-"+strconv.FormatInt(w.requests.Add(1), 10))
	w.guard(http.HandlerFunc(w.serve), r).ServeHTTP(out, r)
}

func (w *WePay) serve(out http.ResponseWriter, r *http.Request) {
	status := http.StatusOK
	body, fault := w.answer(r)
	if fault != nil {
		status, body = fault.status, fault.encode()
	}
	out.Header().Set("Content-Type", "application/json")
	out.Header().Set("Content-Length", strconv.Itoa(len(body)))
	out.WriteHeader(status)
	_, _ = out.Write(body)
}

func (w *WePay) answer(r *http.Request) ([]byte, *wepayError) {
	collection, id, single := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if fault := w.admit(r, collection, single); fault != nil {
		return nil, fault
	}
	shelf := w.shelves[collection]
	switch {
	case shelf == nil, !single && collection == "payment_methods", !single && collection == "refunds" && w.NoRefundList:
		return nil, wepayUnknown(r.URL.Path)
	case r.Method != http.MethodGet:
		return w.write(r, collection, id)
	case !single:
		return w.list(r, collection)
	}
	object := shelf.get(id, w.now())
	if object == nil {
		return nil, wepayUnknown(r.URL.Path)
	}
	return appendJSON(nil, object), nil
}

// admit checks credential, limit, method and headers.
func (w *WePay) admit(r *http.Request, collection string, single bool) *wepayError {
	same := func(header, want string) bool {
		return subtle.ConstantTimeCompare([]byte(r.Header.Get(header)), []byte(want)) == 1
	}
	switch {
	case !same("App-Id", w.appID) || !same("App-Token", w.token):
		return &wepayError{http.StatusForbidden, "NOT_AUTHORIZED", "INVALID_APP_CREDENTIALS",
			"The app id or token is wrong.", "App-Token", "HTTP_REQUEST_HEADER"}
	case w.throttled(collection):
		status := w.ThrottleStatus
		if status == 0 {
			status = http.StatusTooManyRequests
		}
		return &wepayError{status, "THROTTLE_EXCEEDED", "APPLICATION_REQUEST_THROTTLE_EXCEEDED",
			"Too many requests.", "App-Id", "HTTP_REQUEST_HEADER"}
	case !strings.HasPrefix(r.Header.Get("Api-Version"), "3."):
		return wepayHeader("Api-Version", "The API version is missing or is not 3.")
	case collection == "disputes" && single && r.Header.Get("Content-Type") != "application/json":
		return wepayHeader("Content-Type", "The content type must be application/json.")
	}
	return nil
}

// throttled counts the requests of the last ten seconds.
func (w *WePay) throttled(collection string) bool {
	if w.Limit == 0 {
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.now()
	var recent []time.Time
	for _, at := range w.recent[collection] {
		if now.Sub(at) < 10*time.Second {
			recent = append(recent, at)
		}
	}
	over := len(recent) >= w.Limit
	if !over {
		recent = append(recent, now)
	}
	w.recent[collection] = recent
	return over
}
