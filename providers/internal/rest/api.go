package rest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"

	"pennytie/reconcile"
)

// API reads one service's JSON by GET, and writes what Options.MayWrite lets through.
type API struct {
	Service string // for errors
	BaseURL string
	Rules   Rules
	// Header makes the headers of a request, its credential among them; Accept is there anyway.
	Header func(ctx context.Context) (http.Header, error)

	client *http.Client
}

// NewAPI makes an API over NewClient.
func NewAPI(service string, o Options, rules Rules, header func(context.Context) (http.Header, error)) (*API, error) {
	client, err := NewClient(o)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", service, err)
	}
	return &API{Service: service, BaseURL: strings.TrimSuffix(o.BaseURL, "/"), Rules: rules, Header: header, client: client}, nil
}

// Get answers with a body that passed CheckJSON. path begins with a slash; a query in it is kept and query is added. Its
// errors hold no body and no query; the *Error inside, if any, has the status.
func (a *API) Get(ctx context.Context, path string, query url.Values) ([]byte, error) {
	target := a.BaseURL + path
	if len(query) > 0 {
		joint := "?"
		if strings.Contains(path, "?") {
			joint = "&"
		}
		target += joint + query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil { // its text holds the address
		return nil, fmt.Errorf("%s: the address of a request cannot be used: %w", a.Service, reconcile.ErrInvalid)
	}
	header, err := a.Header(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", a.Service, err)
	}
	req.Header = header
	req.Header.Set("Accept", "application/json")
	body, err := a.send(req)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", a.Service, err)
	}
	if err := CheckJSON(body, a.Rules); err != nil {
		return nil, a.Wrong(req.URL.Path, err.Error())
	}
	return body, nil
}

// PostForm sends a form to the one path that may be posted to.
func (a *API) PostForm(ctx context.Context, path string, form url.Values) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.BaseURL+path, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, fmt.Errorf("%s: the address of a request cannot be used: %w", a.Service, reconcile.ErrInvalid)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	body, err := a.send(req)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", a.Service, err)
	}
	return body, nil
}

// Send writes a JSON body by a method other than GET. It answers with nothing: what came of it, the caller reads. An error of
// the kind ErrTransient leaves open whether it was done; one of another kind says that it was not.
func (a *API) Send(ctx context.Context, method, path string, body []byte, more http.Header) error {
	req, err := http.NewRequestWithContext(ctx, method, a.BaseURL+path, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("%s: the address of a request cannot be used: %w", a.Service, reconcile.ErrInvalid)
	}
	if req.Header, err = a.Header(ctx); err != nil {
		return fmt.Errorf("%s: %w", a.Service, err)
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Content-Type", "application/json")
	maps.Copy(req.Header, more)
	if _, err := a.send(req); err != nil {
		return fmt.Errorf("%s: %w", a.Service, err)
	}
	return nil
}

// send takes http.Client's own error off, which quotes the whole address.
func (a *API) send(req *http.Request) ([]byte, error) {
	resp, err := a.client.Do(req)
	if err != nil {
		var known *Error
		if errors.As(err, &known) {
			return nil, known
		}
		return nil, &Error{Kind: reconcile.ErrTransient, Method: req.Method, Path: req.URL.Path, Reason: reasonOf(err)}
	}
	defer func() { _ = resp.Body.Close() }()
	return io.ReadAll(resp.Body) // in memory already
}

// Wrong is the error of an answer that is not what the service promises.
func (a *API) Wrong(path, reason string) error {
	path, _, _ = strings.Cut(path, "?")
	return fmt.Errorf("%s: GET %s: %s: %w", a.Service, path, reason, reconcile.ErrInvalid)
}

// StatusOf is the HTTP status inside an error, 0 if there is none.
func StatusOf(err error) int {
	var known *Error
	if errors.As(err, &known) {
		return known.Status
	}
	return 0
}
