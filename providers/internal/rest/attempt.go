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
	"syscall"
	"time"

	"pennytie/reconcile"
)

// try makes one attempt under its own deadline and reads the whole body, so that a slow drip, a cut or a
// bomb is found here and not in the middle of a decode.
func (t *transport) try(req *http.Request, content []byte) (*http.Response, *failure) {
	ctx, cancel := context.WithTimeout(req.Context(), t.options.AttemptTimeout)
	defer cancel()
	clone := req.Clone(ctx)
	clone.Body, clone.GetBody, clone.ContentLength = nil, nil, 0
	if content != nil {
		clone.Body, clone.ContentLength = io.NopCloser(bytes.NewReader(content)), int64(len(content))
	}
	resp, err := t.options.Base.RoundTrip(clone)
	if err != nil {
		f := t.fail(req, nil, reconcile.ErrTransient, reasonOf(err))
		if errors.Is(err, errForbiddenAddress) {
			f = t.fail(req, nil, reconcile.ErrInvalid, reasonOf(err))
		}
		f.again = f.again || errors.Is(err, syscall.ECONNREFUSED) // nobody was there to do anything
		return nil, f
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return nil, t.refused(req, resp)
	}
	body, f := t.read(req, resp)
	if f != nil {
		return nil, f
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	resp.ContentLength = int64(len(body))
	return resp, nil
}

// refused says what an answer other than 2xx means.
func (t *transport) refused(req *http.Request, resp *http.Response) *failure {
	const most = 64 << 10 // read so that the connection can be used again; what failed in it does not matter
	body, _ := io.ReadAll(io.LimitReader(resp.Body, most))
	kind := kindOf(resp.StatusCode)
	if resp.StatusCode == http.StatusConflict && t.writes(req) {
		kind = reconcile.ErrConflict
	}
	if t.options.Refusal != nil {
		if known := t.options.Refusal(resp.StatusCode, body); known != nil {
			kind = known
		}
	}
	f := t.fail(req, resp, kind, refusal(resp.StatusCode))
	now := t.options.Clock()
	f.wait = retryAfter(resp.Header.Get("Retry-After"), now, t.options.LongestWait)
	if f.wait == 0 && errors.Is(kind, reconcile.ErrRateLimited) {
		f.wait = rateReset(resp.Header.Get("X-RateLimit-Reset"), now, t.options.LongestWait)
	}
	return f
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

// rateReset reads the Unix time at which a budget is full again, as retryAfter does.
func rateReset(text string, now time.Time, longest time.Duration) time.Duration {
	at, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	const year2200 = 7258118400
	if err != nil || at <= 0 || at > year2200 {
		return 0
	}
	return max(0, min(time.Unix(at, 0).Sub(now), longest))
}

// retryAfter reads seconds or an HTTP date (RFC 9110, 10.2.3), capped. What is not in the future
// or cannot be read is ignored: 0.
func retryAfter(text string, now time.Time, longest time.Duration) time.Duration {
	text = strings.TrimSpace(text)
	if text == "" {
		return 0
	}
	if strings.Trim(text, "0123456789") == "" {
		seconds, err := strconv.ParseInt(text, 10, 32)
		if err != nil || seconds > int64(longest/time.Second) {
			return longest
		}
		return time.Duration(seconds) * time.Second
	}
	date, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	return max(0, min(date.Sub(now), longest))
}
