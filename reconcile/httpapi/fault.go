package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"pennytie/reconcile"
	"pennytie/reconcile/engine"
	"pennytie/reconcile/jobs"
)

// fault is a refusal in the shape of the seed.
type fault struct {
	status        int
	code, message string
}

func (f *fault) Error() string { return f.message }

// Codes of faults. A client branches on the status first.
const (
	codeInvalid      = "VALIDATION_ERROR"
	codeUnauthorized = "UNAUTHORIZED"
	codeForbidden    = "FORBIDDEN"
	codeStale        = "STALE_VERSION"
	codeAmbiguous    = "AMBIGUOUS_ID"
	codeTooLarge     = "BODY_TOO_LARGE"
	codeLimited      = "RATE_LIMITED"
	codeBusy         = "BUSY"
	codeInternal     = "INTERNAL_ERROR"
)

// malformed is a request that cannot be read; refused is one that can, and says what may not be said.
func malformed(format string, args ...any) *fault {
	return &fault{http.StatusBadRequest, codeInvalid, fmt.Sprintf(format, args...)}
}

func refused(format string, args ...any) *fault {
	return &fault{http.StatusUnprocessableEntity, codeInvalid, fmt.Sprintf(format, args...)}
}

// missing is a thing that is not there, e.g. a payment.
func missing(kind string) *fault {
	return &fault{http.StatusNotFound, strings.ToUpper(kind) + "_NOT_FOUND", "there is no " + kind + " with this id"}
}

// faultOf says what an error means to a client; known is false where that is no business of theirs.
func faultOf(err error) (f *fault, known bool) {
	var wrong *engine.MistakeError
	var parameter *ParameterError
	var large *http.MaxBytesError
	is := func(kind error) bool { return errors.Is(err, kind) }
	switch {
	case errors.As(err, &f):
		return f, true
	case errors.As(err, &wrong):
		return refused("%s: %s; %s", wrong.Column, wrong.Text, wrong.Mend), true
	case errors.As(err, &parameter):
		return malformed("%s: %s; %s", parameter.Name, parameter.Text, parameter.Mend), true
	case errors.As(err, &large):
		return &fault{http.StatusRequestEntityTooLarge, codeTooLarge, fmt.Sprintf("the body is larger than %d bytes", large.Limit)}, true
	case is(reconcile.ErrStale):
		return &fault{http.StatusConflict, codeStale, "the payment has changed since this version; read it again and decide anew"}, true
	case is(jobs.ErrLocked):
		return &fault{http.StatusServiceUnavailable, codeBusy, "a run is writing; nothing was noted, try again later"}, true
	case is(reconcile.ErrTransient), is(context.DeadlineExceeded):
		return &fault{http.StatusServiceUnavailable, codeBusy, "the store is busy; nothing was noted, try again later"}, true
	case is(reconcile.ErrNotFound):
		return missing("payment"), true
	case is(reconcile.ErrConflict):
		return &fault{http.StatusConflict, codeAmbiguous, "several payments go by this id; use the one that begins with pay_"}, true
	}
	return &fault{http.StatusInternalServerError, codeInternal, "something went wrong; the log has it under this requestId"}, false
}

// retryAfter is how many seconds a client should wait before it tries again, by status.
func retryAfter(status int) string {
	switch status {
	case http.StatusTooManyRequests:
		return "1"
	case http.StatusServiceUnavailable:
		return "5"
	}
	return ""
}

// answer writes a body of JSON.
func answer(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n')) // a client that has gone needs no answer
}

func (f *fault) write(w http.ResponseWriter, request string) {
	if wait := retryAfter(f.status); wait != "" {
		w.Header().Set("Retry-After", wait)
	}
	if f.status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	body, _ := json.Marshal(struct { // texts always marshal
		Success bool   `json:"success"`
		Error   string `json:"error"`
		Code    string `json:"code"`
		Request string `json:"requestId"`
	}{false, f.message, f.code, request})
	answer(w, f.status, body)
}
