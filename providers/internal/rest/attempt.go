package rest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"pennytie/reconcile"
)

// try makes one attempt under its own deadline and reads the whole body, so that a slow drip, a cut or a
// bomb is found here and not in the middle of a decode.
func (t *transport) try(req *http.Request) (*http.Response, *failure) {
	ctx, cancel := context.WithTimeout(req.Context(), t.options.AttemptTimeout)
	defer cancel()
	clone := req.Clone(ctx)
	clone.Body, clone.GetBody, clone.ContentLength = nil, nil, 0 // a GET has none, whatever an SDK attaches
	resp, err := t.options.Base.RoundTrip(clone)
	if err != nil {
		f := t.fail(req, nil, reconcile.ErrTransient, reasonOf(err))
		if errors.Is(err, errForbiddenAddress) {
			f = t.fail(req, nil, reconcile.ErrInvalid, reasonOf(err))
		}
		return nil, f
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		const drained = 64 << 10 // so that the connection can be used again
		_, _ = io.CopyN(io.Discard, resp.Body, drained)
		f := t.fail(req, resp, kindOf(resp.StatusCode), refusal(resp.StatusCode))
		f.wait = retryAfter(resp.Header.Get("Retry-After"), t.options.Clock())
		return nil, f
	}
	body, f := t.read(req, resp)
	if f != nil {
		return nil, f
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	resp.ContentLength = int64(len(body))
	return resp, nil
}

func refusal(status int) string {
	if status >= 300 && status <= 399 {
		return "redirects are not followed"
	}
	return ""
}

// read gives the whole body of a 2xx answer if it is complete JSON.
func (t *transport) read(req *http.Request, resp *http.Response) ([]byte, *failure) {
	if resp.Header.Get("Content-Encoding") != "" {
		return nil, t.fail(req, resp, reconcile.ErrInvalid, "answer has an encoding that was not asked for")
	}
	if !isJSON(resp.Header.Get("Content-Type")) {
		// A page of HTML with status 200 comes from a proxy or a maintenance page in between, not from the
		// service itself: it goes away, so it is worth asking again.
		return nil, t.fail(req, resp, reconcile.ErrTransient, "answer is not JSON")
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, t.options.MaxBody+1))
	if err != nil {
		return nil, t.fail(req, resp, reconcile.ErrTransient, reasonOf(err))
	}
	if int64(len(body)) > t.options.MaxBody {
		return nil, t.fail(req, resp, reconcile.ErrInvalid, "answer is larger than allowed")
	}
	switch complete(body) {
	case errCut:
		return nil, t.fail(req, resp, reconcile.ErrTransient, errCut.Error())
	case errNotJSON:
		return nil, t.fail(req, resp, reconcile.ErrInvalid, errNotJSON.Error())
	}
	return body, nil
}

func isJSON(contentType string) bool {
	media, _, err := mime.ParseMediaType(contentType)
	return err == nil && (media == "application/json" || strings.HasSuffix(media, "+json"))
}

var (
	errCut     = errors.New("answer is cut short")
	errNotJSON = errors.New("answer is not one JSON value")
)

// complete tells a body that ends too early from one that is wrong: a body without a declared length can be
// cut without an HTTP error.
func complete(body []byte) error {
	if json.Valid(body) {
		return nil
	}
	var first json.RawMessage
	err := json.NewDecoder(bytes.NewReader(body)).Decode(&first)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errCut
	}
	return errNotJSON
}

// retryAfter reads seconds or an HTTP date (RFC 9110, 10.2.3), capped at a minute. What is not in the future
// or cannot be read is ignored: 0.
func retryAfter(text string, now time.Time) time.Duration {
	text = strings.TrimSpace(text)
	if text == "" {
		return 0
	}
	if strings.Trim(text, "0123456789") == "" {
		seconds, err := strconv.ParseInt(text, 10, 32)
		if err != nil || seconds > int64(longestDelay/time.Second) {
			return longestDelay
		}
		return time.Duration(seconds) * time.Second
	}
	date, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	return max(0, min(date.Sub(now), longestDelay))
}
