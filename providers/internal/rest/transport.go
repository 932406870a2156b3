package rest

import (
	"context"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"time"

	"go.uber.org/zap"
	"golang.org/x/time/rate"

	"pennytie/reconcile"
)

// Options says whom to speak to and how patiently. Zero values mean the defaults in brackets.
type Options struct {
	BaseURL               string
	AllowInsecureLoopback bool          // http:// to this machine, for tests
	RequestsPerSecond     float64       // [10]
	MaxAttempts           int           // [5] tries of one request, the first included
	AttemptTimeout        time.Duration // [30 s] for one try, its body included
	// LongestWait caps what a server may ask for by Retry-After or X-RateLimit-Reset [LongestWait].
	LongestWait time.Duration
	// MayPost is a path that may be sent a form by POST, e.g. to renew a credential [none].
	MayPost string
	// MayWrite says which requests other than GET may be sent, by method and path [none]. They carry JSON, and are tried again
	// only where the service cannot have done anything: whoever sends them must read before sending once more.
	MayWrite func(method, path string) bool
	// Refusal looks into an answer other than 2xx for a kind of error that its status does not tell [none]; nil is
	// what the status says. It must not keep the body.
	Refusal func(status int, body []byte) error
	// MaxBody bounds one answer after decompression [32 MiB]: a few kilobytes of gzip can hold gigabytes.
	MaxBody int64
	Log     *zap.Logger

	Base   http.RoundTripper                                // [a hardened http.Transport]
	Sleep  func(ctx context.Context, d time.Duration) error // [waits, or returns when ctx ends]
	Jitter func() float64                                   // [random in 0..1)
	// Clock is the machine's clock, for pacing and Retry-After dates [time.Now]. It must move: it is not the
	// clock that fixes "today" for a run.
	Clock func() time.Time
}

// LongestWait is what a server may ask for: longer than any budget of requests that a service is known to have takes to
// fill up again, and short enough for a batch to wait.
const LongestWait = 5 * time.Minute

const (
	defaultRate           = 10
	defaultAttempts       = 5
	defaultAttemptTimeout = 30 * time.Second
	defaultMaxBody        = 32 << 20
	firstDelay            = 500 * time.Millisecond
	longestDelay          = 60 * time.Second
)

// NewClient wraps NewTransport. It follows no redirect and keeps no cookie. It has no total timeout, because
// that would count the waits for a rate limit; each attempt has its own, and the caller's context ends all.
func NewClient(o Options) (*http.Client, error) {
	transport, err := NewTransport(o)
	if err != nil {
		return nil, err
	}
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, nil
}

// NewTransport makes a RoundTripper that answers with a whole, complete JSON body and status 2xx, or with an
// *Error. It is safe for concurrent use.
func NewTransport(o Options) (http.RoundTripper, error) {
	base, err := parseBase(o.BaseURL, o.AllowInsecureLoopback)
	if err != nil {
		return nil, err
	}
	o = withDefaults(o)
	return &transport{
		options: o,
		base:    base,
		pace:    rate.NewLimiter(rate.Limit(o.RequestsPerSecond), 1),
	}, nil
}

func withDefaults(o Options) Options {
	if o.RequestsPerSecond <= 0 {
		o.RequestsPerSecond = defaultRate
	}
	if o.MaxAttempts <= 0 {
		o.MaxAttempts = defaultAttempts
	}
	if o.AttemptTimeout <= 0 {
		o.AttemptTimeout = defaultAttemptTimeout
	}
	if o.LongestWait <= 0 {
		o.LongestWait = LongestWait
	}
	if o.MaxBody <= 0 {
		o.MaxBody = defaultMaxBody
	}
	if o.Log == nil {
		o.Log = zap.NewNop()
	}
	if o.Base == nil {
		o.Base = newWire(o.AllowInsecureLoopback)
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	if o.Jitter == nil {
		o.Jitter = rand.Float64
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	return o
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return ctx.Err()
	}
}

type transport struct {
	options Options
	base    *url.URL
	pace    *rate.Limiter
}

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		defer func() { _ = req.Body.Close() }()
	}
	if err := t.guard(req); err != nil {
		return nil, err
	}
	content, err := readContent(req)
	if err != nil {
		return nil, err
	}
	ctx := req.Context()
	for attempt := 1; ; attempt++ {
		if err := t.waitTurn(ctx); err != nil {
			return nil, ended(req, err)
		}
		resp, fail := t.try(req, content)
		if fail == nil {
			return resp, nil
		}
		if err := ctx.Err(); err != nil {
			return nil, ended(req, err)
		}
		if !fail.again || attempt == t.options.MaxAttempts {
			return nil, fail.err
		}
		wait := fail.wait
		if wait == 0 {
			wait = t.backoff(attempt)
		}
		t.options.Log.Debug("request is tried again",
			zap.String("method", req.Method), zap.String("path", req.URL.Path),
			zap.Int("status", fail.err.Status), zap.String("reason", fail.err.Reason),
			zap.Int("attempt", attempt), zap.Duration("wait", wait))
		if err := t.options.Sleep(ctx, wait); err != nil {
			return nil, ended(req, err)
		}
	}
}

// guard refuses what must never leave the process. Without MayWrite a full secret key cannot write through it.
func (t *transport) guard(req *http.Request) error {
	reason := ""
	switch {
	case req.Method != http.MethodGet && !t.renews(req) && !t.writes(req):
		reason = "only GET may be sent"
	case req.URL.Scheme != t.base.Scheme || req.URL.Host != t.base.Host || req.URL.User != nil:
		reason = "only the configured host may be asked"
	case req.Host != "" && req.Host != t.base.Host:
		reason = "only the configured host may be named"
	default:
		return nil
	}
	return &Error{Kind: reconcile.ErrInvalid, Method: req.Method, Path: req.URL.Path, Reason: reason}
}

// renews says whether a request sends the form that renews a credential.
func (t *transport) renews(req *http.Request) bool {
	return req.Method == http.MethodPost && t.options.MayPost != "" && req.URL.Path == t.options.MayPost
}

// writes says whether a request is one that may change something at the service.
func (t *transport) writes(req *http.Request) bool {
	return req.Method != http.MethodGet && !t.renews(req) && t.options.MayWrite != nil && t.options.MayWrite(req.Method, req.URL.Path)
}

// readContent takes the body of a request, so that it can be sent again. A GET has none, whatever an SDK attaches.
func readContent(req *http.Request) ([]byte, error) {
	if req.Method == http.MethodGet || req.Body == nil {
		return nil, nil
	}
	const most = 64 << 10
	content, err := io.ReadAll(io.LimitReader(req.Body, most+1))
	if err != nil || len(content) > most {
		return nil, &Error{Kind: reconcile.ErrInvalid, Method: req.Method, Path: req.URL.Path, Reason: "body cannot be sent"}
	}
	return content, nil
}

// waitTurn keeps the budget of requests per second. It sleeps by the injected function, so that a test need
// not wait.
func (t *transport) waitTurn(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	now := t.options.Clock()
	turn := t.pace.ReserveN(now, 1)
	wait := turn.DelayFrom(now)
	if wait <= 0 {
		return nil
	}
	if err := t.options.Sleep(ctx, wait); err != nil {
		turn.Cancel()
		return err
	}
	return nil
}

// backoff doubles from half a second to a minute; jitter takes away up to half, so that several processes
// refused together do not come back together.
func (t *transport) backoff(attempt int) time.Duration {
	delay := firstDelay
	for i := 1; i < attempt && delay < longestDelay; i++ {
		delay *= 2
	}
	delay = min(delay, longestDelay)
	return delay - time.Duration(t.options.Jitter()*float64(delay)/2)
}

// ended is the error of a request that the caller's context stopped.
func ended(req *http.Request, err error) error {
	return &Error{Kind: reconcile.ErrTransient, Method: req.Method, Path: req.URL.Path, ended: err}
}

// failure is one attempt that gave no usable answer.
type failure struct {
	err   *Error
	again bool
	wait  time.Duration // as the server asked, 0 if it did not
}

func (t *transport) fail(req *http.Request, resp *http.Response, kind error, reason string) *failure {
	err := &Error{Kind: kind, Method: req.Method, Path: req.URL.Path, Reason: reason}
	if resp != nil {
		err.Status, err.RequestID = resp.StatusCode, requestID(resp.Header)
		if t.writes(req) && resp.StatusCode >= 200 && resp.StatusCode <= 299 {
			err.Kind = reconcile.ErrTransient // it is done, whatever is wrong with the answer: only reading tells how
		}
	}
	again := kind == reconcile.ErrRateLimited || kind == reconcile.ErrTransient && !t.writes(req)
	return &failure{err: err, again: again}
}
