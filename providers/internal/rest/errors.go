package rest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"

	"pennytie/reconcile"
)

// Error says what went wrong with one request. It holds words of ours only: nothing that the server
// wrote except a status number and a request id of plain characters.
type Error struct {
	Kind      error // one of reconcile.ErrAuth, ErrRateLimited, ErrTransient, ErrInvalid; of a write also ErrConflict
	Method    string
	Path      string // without the query
	Status    int    // 0 if no whole answer came
	RequestID string
	Reason    string

	ended error // the caller's context error, if that is why
}

// Error implements error.
func (e *Error) Error() string {
	var where, why []string
	if e.Status != 0 {
		where = append(where, fmt.Sprintf("status %d", e.Status))
	}
	if e.RequestID != "" {
		where = append(where, "request "+e.RequestID)
	}
	why = append(why, e.Method+" "+e.Path)
	if len(where) > 0 {
		why = append(why, strings.Join(where, ", "))
	}
	if e.Reason != "" {
		why = append(why, e.Reason)
	}
	why = append(why, e.Kind.Error())
	if e.ended != nil {
		why = append(why, e.ended.Error())
	}
	return strings.Join(why, ": ")
}

// Unwrap gives the kind, and the context's error where the caller ended the request.
func (e *Error) Unwrap() []error {
	if e.ended != nil {
		return []error{e.Kind, e.ended}
	}
	return []error{e.Kind}
}

// kindOf tells what an HTTP status other than 2xx means.
func kindOf(status int) error {
	switch {
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return reconcile.ErrAuth
	case status == http.StatusTooManyRequests:
		return reconcile.ErrRateLimited
	case status == http.StatusRequestTimeout, status == http.StatusConflict, status >= 500:
		return reconcile.ErrTransient
	}
	return reconcile.ErrInvalid
}

// reasonOf describes a network failure in words of ours: Go's own texts may quote what the server sent.
func reasonOf(err error) string {
	var errno syscall.Errno
	var dns *net.DNSError
	switch {
	case errors.Is(err, errForbiddenAddress):
		return errForbiddenAddress.Error()
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return "no whole answer in time"
	case errors.As(err, &dns):
		return "host name not found"
	case errors.As(err, &errno):
		return errno.Error()
	}
	return "connection failed or answer cut short"
}

// requestID takes a request id only if it looks like one, because it goes into logs.
func requestID(header http.Header) string {
	const longest = 64
	id := cmp.Or(header.Get("Request-Id"), header.Get("X-Request-Id"), header.Get("X-Correlation-Id"))
	if len(id) > longest {
		return ""
	}
	for i := range len(id) {
		c := id[i]
		plain := c == '_' || c == '-' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !plain {
			return ""
		}
	}
	return id
}
