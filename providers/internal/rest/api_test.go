package rest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"pennytie/reconcile"
)

func newAPI(t *testing.T, b *bench, change ...func(*Options)) *API {
	t.Helper()
	o := Options{BaseURL: b.URL + "/", AllowInsecureLoopback: true, RequestsPerSecond: 1e9,
		Clock: func() time.Time { return benchClock },
		Sleep: func(_ context.Context, d time.Duration) error { b.waits = append(b.waits, d); return nil }}
	for _, c := range change {
		c(&o)
	}
	api, err := NewAPI("shop", o, Rules{}, func(context.Context) (http.Header, error) {
		return http.Header{"Authorization": {"Bearer secret-token"}}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return api
}

func TestGet(t *testing.T) {
	b := newBench(t, func(_ int64, w http.ResponseWriter, r *http.Request) {
		if r.URL.RequestURI() != "/v1/rows?page=2&limit=5" || r.Header.Get("Authorization") != "Bearer secret-token" {
			t.Errorf("asked %s with %v", r.URL.RequestURI(), r.Header)
		}
		write(w, http.StatusOK, page)
	})
	body, err := newAPI(t, b).Get(t.Context(), "/v1/rows?page=2", url.Values{"limit": {"5"}})
	if err != nil || string(body) != page {
		t.Errorf("%s, %v", body, err)
	}
}

func TestGetRefusesAndTellsNothing(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		kind   error
	}{
		"twice":     {http.StatusOK, `{"a":1,"a":2}`, reconcile.ErrInvalid},
		"forbidden": {http.StatusForbidden, `{"error":"secret-token of ada@example.com"}`, reconcile.ErrAuth},
		"gone":      {http.StatusNotFound, `{}`, reconcile.ErrInvalid},
	} {
		b := newBench(t, func(_ int64, w http.ResponseWriter, _ *http.Request) { write(w, c.status, c.body) })
		body, err := newAPI(t, b).Get(t.Context(), "/v1/rows", url.Values{"email": {"ada@example.com"}})
		if !errors.Is(err, c.kind) || body != nil {
			t.Errorf("%s: %v", name, err)
		}
		if c.status != http.StatusOK && StatusOf(err) != c.status {
			t.Errorf("%s: status %d", name, StatusOf(err))
		}
		for _, secret := range []string{"secret-token", "ada@", "127.0.0.1"} {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("%s: the error tells %q: %v", name, secret, err)
			}
		}
	}
}

// A form goes to its own path only, and whole each time it is tried.
func TestPostForm(t *testing.T) {
	b := newBench(t, func(n int64, w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil || r.PostForm.Get("grant_type") != "refresh_token" {
			t.Errorf("try %d sent %v, %v", n, r.PostForm, err)
		}
		if n == 1 {
			write(w, http.StatusServiceUnavailable, `{}`)
			return
		}
		write(w, http.StatusOK, `{"id_token":"x"}`)
	})
	api := newAPI(t, b, func(o *Options) { o.MayPost = "/oauth2/token" })
	form := url.Values{"grant_type": {"refresh_token"}}
	if body, err := api.PostForm(t.Context(), "/oauth2/token", form); err != nil || string(body) != `{"id_token":"x"}` {
		t.Errorf("%s, %v", body, err)
	}
	for _, path := range []string{"/v1/payments", "/oauth2/token/"} {
		if _, err := api.PostForm(t.Context(), path, form); !errors.Is(err, reconcile.ErrInvalid) {
			t.Errorf("a form was sent to %s: %v", path, err)
		}
	}
	if _, err := newAPI(t, b).PostForm(t.Context(), "/oauth2/token", form); !errors.Is(err, reconcile.ErrInvalid) {
		t.Errorf("a form was sent where none may be: %v", err)
	}
}

func TestRefusalAndReset(t *testing.T) {
	b := newBench(t, func(n int64, w http.ResponseWriter, _ *http.Request) {
		if n == 1 {
			w.Header().Set("X-RateLimit-Reset", "1774008090") // 90 s after benchClock
			write(w, http.StatusBadRequest, `{"error_code":"THROTTLE_EXCEEDED"}`)
			return
		}
		write(w, http.StatusOK, page)
	})
	api := newAPI(t, b, func(o *Options) {
		o.LongestWait = 5 * time.Minute
		o.Refusal = func(status int, body []byte) error {
			if status == http.StatusBadRequest && strings.Contains(string(body), "THROTTLE") {
				return reconcile.ErrRateLimited
			}
			return nil
		}
	})
	if _, err := api.Get(t.Context(), "/v1/rows", nil); err != nil {
		t.Fatal(err)
	}
	if len(b.waits) == 0 || b.waits[0] != 90*time.Second {
		t.Errorf("waited %v", b.waits)
	}
	for text, want := range map[string]time.Duration{
		"": 0, "x": 0, "-5": 0, "0": 0, "1": 0, "1774008000": 0, "1774008010": 10 * time.Second,
		"1999999999": time.Minute, "99999999999": 0, "1774008010000": 0,
	} {
		if got := rateReset(text, benchClock, time.Minute); got != want {
			t.Errorf("X-RateLimit-Reset %q: %v", text, got)
		}
	}
}

// A write goes out where it is allowed, once unless nothing can have been done, and what is wrong with its answer leaves it open.
func TestSend(t *testing.T) {
	allowed := func(o *Options) {
		o.MayWrite = func(method, path string) bool { return method == http.MethodPatch && path == "/v1/rows/1" }
	}
	for name, c := range map[string]struct {
		answer   func(n int64, w http.ResponseWriter)
		requests int64
		kind     error
	}{
		"done":       {func(_ int64, w http.ResponseWriter) { write(w, http.StatusOK, `{}`) }, 1, nil},
		"HTML":       {func(_ int64, w http.ResponseWriter) { _, _ = w.Write([]byte("<html>ada@example.com")) }, 1, reconcile.ErrTransient},
		"no JSON":    {func(_ int64, w http.ResponseWriter) { write(w, http.StatusOK, `{}{`) }, 1, reconcile.ErrTransient},
		"502":        {func(_ int64, w http.ResponseWriter) { write(w, http.StatusBadGateway, `{}`) }, 1, reconcile.ErrTransient},
		"cut":        {func(int64, http.ResponseWriter) { panic(http.ErrAbortHandler) }, 1, reconcile.ErrTransient},
		"409":        {func(_ int64, w http.ResponseWriter) { write(w, http.StatusConflict, `{}`) }, 1, reconcile.ErrConflict},
		"422":        {func(_ int64, w http.ResponseWriter) { write(w, http.StatusUnprocessableEntity, `"ada@example.com"`) }, 1, reconcile.ErrInvalid},
		"forbidden":  {func(_ int64, w http.ResponseWriter) { write(w, http.StatusForbidden, `{}`) }, 1, reconcile.ErrAuth},
		"a redirect": {func(_ int64, w http.ResponseWriter) { w.Header().Set("Location", "/x"); w.WriteHeader(307) }, 1, reconcile.ErrInvalid},
		"429, then done": {func(n int64, w http.ResponseWriter) {
			if n == 1 {
				write(w, http.StatusTooManyRequests, `{}`)
				return
			}
			write(w, http.StatusOK, `{}`)
		}, 2, nil},
	} {
		b := newBench(t, func(n int64, w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			if string(body) != `{"a":1}` || r.Header.Get("Content-Type") != "application/json" || r.Header.Get("Unique-Key") != "k" {
				t.Errorf("%s: sent %s, %v", name, body, r.Header)
			}
			c.answer(n, w)
		})
		err := newAPI(t, b, allowed).Send(t.Context(), http.MethodPatch, "/v1/rows/1", []byte(`{"a":1}`), http.Header{"Unique-Key": {"k"}})
		if !errors.Is(err, c.kind) || b.hits.Load() != c.requests {
			t.Errorf("%s: %d requests, %v", name, b.hits.Load(), err)
		}
		if err != nil && (strings.Contains(err.Error(), "ada@") || strings.Contains(err.Error(), "secret-token")) {
			t.Errorf("%s: the error tells too much: %v", name, err)
		}
	}
	b := newBench(t, func(_ int64, w http.ResponseWriter, _ *http.Request) { write(w, http.StatusOK, `{}`) })
	for method, path := range map[string]string{http.MethodPatch: "/v1/rows/2", http.MethodPost: "/v1/rows/1", http.MethodDelete: "/v1/rows/1"} {
		if err := newAPI(t, b, allowed).Send(t.Context(), method, path, []byte(`{}`), nil); !errors.Is(err, reconcile.ErrInvalid) || b.hits.Load() > 0 {
			t.Errorf("%s %s went out: %v", method, path, err)
		}
	}
	if err := newAPI(t, b).Send(t.Context(), http.MethodPatch, "/v1/rows/1", []byte(`{}`), nil); !errors.Is(err, reconcile.ErrInvalid) || b.hits.Load() > 0 {
		t.Errorf("a write went out where none may: %v", err)
	}
	b.Close()
	if err := newAPI(t, b, allowed).Send(t.Context(), http.MethodPatch, "/v1/rows/1", []byte(`{}`), nil); !errors.Is(err, reconcile.ErrTransient) || len(b.waits) < 4 {
		t.Errorf("where nobody listens it was tried %d times more: %v", len(b.waits), err)
	}
}
