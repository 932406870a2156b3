package cents

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"go.uber.org/zap"

	"pennytie/configs"
	"pennytie/providers/internal/rest"
	"pennytie/providers/internal/rows"
	"pennytie/reconcile"
)

// client speaks to the company API.
type client struct {
	api    *rest.API
	tokens *tokens
	path   string
	limit  int
}

func newClient(cfg Config, log *zap.Logger) (*client, error) {
	tokens, err := newTokens(cfg, cfg.Options(log))
	if err != nil {
		return nil, err
	}
	options := cfg.Options(log)
	options.MayWrite = cfg.MayWrite(cfg.mayWrite)
	api, err := rest.NewAPI(Name, options, rules(), bearer)
	if err != nil {
		return nil, err
	}
	return &client{api: api, tokens: tokens, path: cfg.ListPath, limit: cfg.PageSize}, nil
}

// tokenKey is where a request's context holds its id_token.
type tokenKey struct{}

func bearer(ctx context.Context) (http.Header, error) {
	token, held := ctx.Value(tokenKey{}).(configs.Secret)
	if !held {
		return nil, fmt.Errorf("a request has no token: %w", reconcile.ErrAuth)
	}
	return http.Header{"Authorization": {"Bearer " + token.Reveal()}}, nil
}

func (c *client) get(ctx context.Context, path string, query url.Values) (body []byte, err error) {
	err = c.admitted(ctx, func(ctx context.Context) error {
		body, err = c.api.Get(ctx, path, query)
		return err
	})
	return body, err
}

func (c *client) patch(ctx context.Context, path string, body []byte) error {
	return c.admitted(ctx, func(ctx context.Context) error { return c.api.Send(ctx, http.MethodPatch, path, body, nil) })
}

// admitted asks once more with a new id_token where the first is refused: it may have ended on the way, or been revoked.
func (c *client) admitted(ctx context.Context, ask func(context.Context) error) error {
	for again := false; ; again = true {
		token, err := c.tokens.current(ctx)
		if err != nil {
			return tokenError{err}
		}
		err = ask(context.WithValue(ctx, tokenKey{}, token))
		if again || rest.StatusOf(err) != http.StatusUnauthorized {
			return err
		}
		c.tokens.forget(ctx, token)
	}
}

// tokenError is why there is no id_token: what the token endpoint answers says nothing of what was to be read.
type tokenError struct{ error }

// Unwrap gives the error itself.
func (e tokenError) Unwrap() error { return e.error }

// answered is the status of what the company API answered, 0 if it was not asked or gave no whole answer.
func answered(err error) int {
	if errors.As(err, new(tokenError)) {
		return 0
	}
	return rest.StatusOf(err)
}

// bounds are the first and the last day asked for, as YYYY-MM-DD; empty is none.
type bounds struct{ first, last string }

// list reads a page. The service takes one filter at a time; the two ends of a date are one. limit 0 is as configured.
func (c *client) list(
	ctx context.Context, b bounds, after string, limit int,
) (items []rows.Item[transaction], next string, err error) {
	if limit == 0 {
		limit = c.limit
	}
	query := url.Values{"limit": {strconv.Itoa(limit)}}
	for name, value := range map[string]string{"start_date": b.first, "end_date": b.last, "start_key": after} {
		if value != "" {
			query.Set(name, value)
		}
	}
	body, err := c.get(ctx, c.path, query)
	if err != nil {
		return nil, "", err
	}
	items, next, reason := decodePage(body)
	if reason != "" {
		return nil, "", c.api.Wrong(c.path, reason)
	}
	return items, next, nil
}

// one reads a single transaction. One that the service does not know is not known, without an error.
func (c *client) one(ctx context.Context, id string) (row rows.Item[transaction], known bool, err error) {
	path := c.path + "/" + url.PathEscape(id)
	body, err := c.get(ctx, path, nil)
	switch status := answered(err); {
	case status == http.StatusNotFound, status == http.StatusGone:
		return row, false, nil
	case status == http.StatusBadRequest, status == http.StatusMethodNotAllowed:
		return row, false, withoutFetch(err)
	case err != nil:
		whole := status == 0 || status == http.StatusOK
		if whole && errors.Is(err, reconcile.ErrInvalid) && !errors.As(err, new(tokenError)) { // an answer of another shape
			err = withoutFetch(err)
		}
		return row, false, err
	case strings.TrimSpace(string(body)) == "null":
		return row, false, nil
	}
	row = rows.ItemOf[transaction](body)
	if row.Err != nil || row.Value.ID.Word() != id {
		return row, false, withoutFetch(c.api.Wrong(path, "answer is not the transaction that was asked for"))
	}
	return row, true, nil
}

// withoutFetch adds the mend where the service may have no read by id at all.
func withoutFetch(err error) error {
	return fmt.Errorf("%w; if this account cannot read single transactions, set no_fetch: true", err)
}
