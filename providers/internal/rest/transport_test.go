package rest

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pennytie/reconcile"
)

const page = `{"object":"list","data":[{"id":"ch_1","amount":100,"note":"über ✓"}],"has_more":false}`

// bench is a server and a client that notes its waits instead of waiting.
type bench struct {
	*httptest.Server
	client *http.Client
	waits  []time.Duration
	hits   atomic.Int64
}

var benchClock = time.Date(2026, 3, 20, 12, 0, 0, 0, time.UTC)

func newBench(
	t testing.TB, answer func(n int64, w http.ResponseWriter, r *http.Request), change ...func(*Options),
) *bench {
	t.Helper()
	b := &bench{}
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer(b.hits.Add(1), w, r)
	}))
	t.Cleanup(b.Close)
	o := Options{
		BaseURL: b.URL, AllowInsecureLoopback: true, RequestsPerSecond: 1e9,
		Jitter: func() float64 { return 0 }, Clock: func() time.Time { return benchClock },
		Sleep: func(ctx context.Context, d time.Duration) error {
			if d > time.Millisecond { // the clock of the test stands still, so each turn is a little later
				b.waits = append(b.waits, d)
			}
			return ctx.Err()
		},
	}
	for _, c := range change {
		c(&o)
	}
	client, err := NewClient(o)
	if err != nil {
		t.Fatal(err)
	}
	b.client = client
	return b
}

func (b *bench) get(ctx context.Context, path string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, b.URL+path, nil)
	if err != nil {
		return "", err
	}
	resp, err := b.client.Do(req)
	if err != nil {
		var known *Error
		if !errors.As(err, &known) {
			return "", fmt.Errorf("not an *Error: %w", err)
		}
		return "", known
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	return string(body), err
}

func write(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

func TestAnswers(t *testing.T) {
	status := func(status int) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) { write(w, status, `{"error":"ann@example.test"}`) }
	}
	body := func(body string) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) { write(w, 200, body) }
	}
	for name, c := range map[string]struct {
		answer func(http.ResponseWriter)
		kind   error
		hits   int64
	}{
		"whole":    {body(page), nil, 1},
		"401":      {status(401), reconcile.ErrAuth, 1},
		"403":      {status(403), reconcile.ErrAuth, 1},
		"400":      {status(400), reconcile.ErrInvalid, 1},
		"404":      {status(404), reconcile.ErrInvalid, 1},
		"408":      {status(408), reconcile.ErrTransient, 5},
		"409":      {status(409), reconcile.ErrTransient, 5},
		"429":      {status(429), reconcile.ErrRateLimited, 5},
		"500":      {status(500), reconcile.ErrTransient, 5},
		"503":      {status(503), reconcile.ErrTransient, 5},
		"304":      {func(w http.ResponseWriter) { w.WriteHeader(304) }, reconcile.ErrInvalid, 1},
		"cut":      {body(page[:40]), reconcile.ErrTransient, 5},
		"empty":    {body(""), reconcile.ErrTransient, 5},
		"twin":     {body(page + page), reconcile.ErrInvalid, 1},
		"not json": {body("<html>"), reconcile.ErrInvalid, 1},
		"length is off": {func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "9999")
			body(page)(w)
		}, reconcile.ErrTransient, 5},
		"html": {func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, "<h1>ann@example.test")
		}, reconcile.ErrTransient, 5},
		"no type": {func(w http.ResponseWriter) {
			w.Header()["Content-Type"] = nil
			_, _ = io.WriteString(w, page)
		}, reconcile.ErrTransient, 5},
		"reset": {func(http.ResponseWriter) { panic(http.ErrAbortHandler) }, reconcile.ErrTransient, 5},
		"too large": {func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `"`+strings.Repeat("x", 2<<20)+`"`)
		}, reconcile.ErrInvalid, 1},
		"gzip bomb": {bomb, reconcile.ErrInvalid, 1},
		"odd encoding": {func(w http.ResponseWriter) {
			w.Header().Set("Content-Encoding", "br")
			body(page)(w)
		}, reconcile.ErrInvalid, 1},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, func(_ int64, w http.ResponseWriter, _ *http.Request) { c.answer(w) },
				func(o *Options) { o.MaxBody = 1 << 20 })
			got, err := b.get(t.Context(), "/v1/charges?email=ann@example.test")
			if c.kind == nil && (err != nil || got != page) {
				t.Fatalf("got %q, %v", got, err)
			}
			if !errors.Is(err, c.kind) {
				t.Errorf("got %v, want %v", err, c.kind)
			}
			if b.hits.Load() != c.hits {
				t.Errorf("asked %d times, want %d", b.hits.Load(), c.hits)
			}
			if err != nil && strings.Contains(err.Error(), "example.test") {
				t.Errorf("error quotes: %v", err)
			}
		})
	}
}

// bomb is small on the wire and large in memory.
func bomb(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Encoding", "gzip")
	z := gzip.NewWriter(w)
	_, _ = io.WriteString(z, `"`)
	chunk := strings.Repeat("0", 1<<20)
	for range 8 {
		_, _ = io.WriteString(z, chunk)
	}
	_, _ = io.WriteString(z, `"`)
	_ = z.Close()
}

func TestGzipIsRead(t *testing.T) {
	b := newBench(t, func(_ int64, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_, _ = io.WriteString(z, page)
		_ = z.Close()
	})
	if got, err := b.get(t.Context(), "/"); err != nil || got != page {
		t.Errorf("got %q, %v", got, err)
	}
}

// TestCutAnywhere closes the connection after every byte of a page that declares no length.
func TestCutAnywhere(t *testing.T) {
	cut := 0
	b := newBench(t, func(_ int64, w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.WriteString(conn, "HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n"+page[:cut])
		_ = conn.Close()
	}, func(o *Options) { o.MaxAttempts = 1 })
	for ; cut < len(page); cut++ {
		if got, err := b.get(t.Context(), "/"); !errors.Is(err, reconcile.ErrTransient) {
			t.Fatalf("cut at %d: accepted %q, %v", cut, got, err)
		}
	}
	if got, err := b.get(t.Context(), "/"); err != nil || got != page {
		t.Errorf("whole: %q, %v", got, err)
	}
}

func TestRetryAfter(t *testing.T) {
	date := func(d time.Duration) string { return benchClock.Add(d).Format(http.TimeFormat) }
	for text, want := range map[string]time.Duration{
		"":                      0,
		"3":                     3 * time.Second,
		" 3 ":                   3 * time.Second,
		"0":                     0,
		"-5":                    0,
		"1.5":                   0,
		"soon":                  0,
		"999999999":             time.Minute,
		"99999999999999999999":  time.Minute,
		date(20 * time.Second):  20 * time.Second,
		date(20 * time.Hour):    time.Minute,
		date(-20 * time.Second): 0,
	} {
		if got := retryAfter(text, benchClock, longestDelay); got != want {
			t.Errorf("Retry-After %q: %v, want %v", text, got, want)
		}
	}
}

func TestWaits(t *testing.T) {
	b := newBench(t, func(n int64, w http.ResponseWriter, _ *http.Request) {
		switch n {
		case 1:
			w.Header().Set("Retry-After", "7")
			write(w, 429, "{}")
		case 2, 3, 4:
			write(w, 503, "{}")
		default:
			write(w, 200, page)
		}
	})
	if _, err := b.get(t.Context(), "/"); err != nil {
		t.Fatal(err)
	}
	want := []time.Duration{7 * time.Second, time.Second, 2 * time.Second, 4 * time.Second}
	if fmt.Sprint(b.waits) != fmt.Sprint(want) {
		t.Errorf("waited %v, want %v", b.waits, want)
	}
	b.waits = nil
	tr := &transport{options: Options{Jitter: func() float64 { return 0.999 }}}
	if d := tr.backoff(40); d < 30*time.Second || d > time.Minute {
		t.Errorf("late back-off is %v", d)
	}
}

func TestPace(t *testing.T) {
	b := newBench(t, func(_ int64, w http.ResponseWriter, _ *http.Request) { write(w, 200, page) },
		func(o *Options) { o.RequestsPerSecond = 10 })
	for range 3 {
		if _, err := b.get(t.Context(), "/"); err != nil {
			t.Fatal(err)
		}
	}
	if fmt.Sprint(b.waits) != "[100ms 200ms]" {
		t.Errorf("waited %v", b.waits)
	}
}

func TestContextEndsEveryWait(t *testing.T) {
	real := func(o *Options) { o.Sleep = nil }
	for name, answer := range map[string]func(int64, http.ResponseWriter, *http.Request){
		"back-off": func(_ int64, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "50")
			write(w, 429, "{}")
		},
		"no answer": func(_ int64, _ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"drip": func(_ int64, w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			for r.Context().Err() == nil {
				_, _ = io.WriteString(w, " ")
				w.(http.Flusher).Flush()
				time.Sleep(5 * time.Millisecond)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, answer, real)
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			begin := time.Now()
			_, err := b.get(ctx, "/")
			if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, reconcile.ErrTransient) {
				t.Errorf("got %v", err)
			}
			if time.Since(begin) > 2*time.Second {
				t.Errorf("took %v", time.Since(begin))
			}
		})
	}
}

func TestAttemptTimeout(t *testing.T) {
	b := newBench(t, func(n int64, w http.ResponseWriter, r *http.Request) {
		if n == 1 {
			<-r.Context().Done()
			return
		}
		write(w, 200, page)
	}, func(o *Options) { o.AttemptTimeout = 30 * time.Millisecond })
	if got, err := b.get(t.Context(), "/"); err != nil || got != page {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestNoRedirect(t *testing.T) {
	var stolen atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { stolen.Add(1) }))
	defer other.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		b := newBench(t, func(_ int64, w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.URL, status)
		})
		if _, err := b.get(t.Context(), "/"); !errors.Is(err, reconcile.ErrInvalid) {
			t.Errorf("%d: %v", status, err)
		}
	}
	if stolen.Load() > 0 {
		t.Error("a redirect was followed")
	}
}

func TestGuard(t *testing.T) {
	b := newBench(t, func(_ int64, w http.ResponseWriter, _ *http.Request) { write(w, 200, page) })
	for _, method := range []string{"POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"} {
		req, _ := http.NewRequestWithContext(t.Context(), method, b.URL, strings.NewReader("amount=1"))
		if _, err := b.client.Do(req); !errors.Is(err, reconcile.ErrInvalid) { //nolint:bodyclose // there is none
			t.Errorf("%s: %v", method, err)
		}
	}
	for _, target := range []string{
		"https://" + b.Listener.Addr().String(), "http://127.0.0.1:1/", "http://169.254.169.254/",
	} {
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, target, nil)
		if _, err := b.client.Do(req); !errors.Is(err, reconcile.ErrInvalid) { //nolint:bodyclose // there is none
			t.Errorf("%s: %v", target, err)
		}
	}
	if b.hits.Load() != 0 {
		t.Error("a refused request left the process")
	}
}
