package fake

import (
	"fmt"
	"net/http"
	"strings"
)

// stripeError is an answer in Stripe's error envelope.
type stripeError struct {
	status  int
	kind    string // "type" on the wire
	code    string
	param   string
	message string
}

func (e *stripeError) encode() []byte {
	inner := map[string]any{"message": e.message, "type": e.kind}
	if e.code != "" {
		inner["code"] = e.code
		inner["doc_url"] = "https://stripe.com/docs/error-codes/" + strings.ReplaceAll(e.code, "_", "-")
	}
	if e.param != "" {
		inner["param"] = e.param
	}
	return appendJSON(nil, map[string]any{"error": inner})
}

// invalid is a 400 about a parameter.
func invalid(param, code, format string, args ...any) *stripeError {
	return &stripeError{
		status: http.StatusBadRequest, kind: "invalid_request_error",
		code: code, param: param, message: fmt.Sprintf(format, args...),
	}
}

// noSuch is about an id that leads nowhere: 400 in a parameter; callers make it 404 in a path.
func noSuch(object, id, param string) *stripeError {
	return invalid(param, "resource_missing", "No such %s: '%s'", object, id)
}

func unknownURL(r *http.Request) *stripeError {
	return &stripeError{status: http.StatusNotFound, kind: "invalid_request_error",
		message: fmt.Sprintf("Unrecognized request URL (%s: %s). Please see https://stripe.com/docs or we "+
			"can help at https://support.stripe.com/.", r.Method, r.URL.Path)}
}

// StripeError answers in Stripe's error envelope. Headers are name, value, name, value.
func StripeError(status int, kind, code, message string, headers ...string) Action {
	fault := &stripeError{status: status, kind: kind, code: code, message: message}
	return Status(status, string(fault.encode()), headers...)
}

// StripeRateLimited answers 429 with the header that names the limit, such as "global-rate" or
// "endpoint-concurrency", and with Retry-After unless that is empty.
func StripeRateLimited(reason, retryAfter string) Action {
	headers := []string{"Stripe-Rate-Limited-Reason", reason}
	if retryAfter != "" {
		headers = append(headers, "Retry-After", retryAfter)
	}
	return StripeError(http.StatusTooManyRequests, "invalid_request_error", "rate_limit",
		"Request rate limit exceeded. Learn more about rate limits here "+
			"https://stripe.com/docs/rate-limits.",
		headers...)
}

// StripeDown answers 500 as Stripe does.
func StripeDown() Action {
	return StripeError(http.StatusInternalServerError, "api_error", "",
		"Sorry! There was an error while talking to one of our backends. Support has been notified.")
}

// StripeForbidden answers 403 as to a restricted key that lacks a permission, such as
// "rak_dispute_read".
func StripeForbidden(permission string) Action {
	return StripeError(http.StatusForbidden, "invalid_request_error", "",
		"The provided key does not have the required permissions for this endpoint. Having the '"+permission+
			"' permission would allow this request to continue.")
}
