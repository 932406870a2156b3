package aura

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"go.uber.org/zap"

	"pennytie/providers/internal/rest"
	"pennytie/providers/internal/rows"
	"pennytie/providers/internal/walk"
	"pennytie/providers/internal/wire"
	"pennytie/reconcile"
)

const pathPayments = "/v1/payments"

// client speaks to Aura.
type client struct {
	api   *rest.API
	limit string
}

func newClient(cfg Config, log *zap.Logger) (*client, error) {
	header := func(context.Context) (http.Header, error) {
		return http.Header{"Authorization": {"Bearer " + cfg.Key.Reveal()}}, nil
	}
	options := cfg.Options(log)
	options.Refusal, options.MayWrite = refusal, cfg.MayWrite(mayWrite)
	api, err := rest.NewAPI(Name, options, jsonRules(), header)
	if err != nil {
		return nil, err
	}
	return &client{api: api, limit: strconv.Itoa(cfg.PageSize)}, nil
}

// refusal reads the code of an error whose status does not tell what it is. Which statuses come with which codes is
// not documented, so a status that speaks for itself is believed.
func refusal(status int, body []byte) error {
	if status != http.StatusBadRequest && status != http.StatusUnprocessableEntity {
		return nil
	}
	var answer envelope
	if json.Unmarshal(body, &answer) != nil {
		return nil
	}
	return kindOf(answer.Code.Word())
}

// errNotFound is that of an answer with status 200 which says that there is no such row.
var errNotFound = fmt.Errorf("not found: %w", reconcile.ErrInvalid)

// kindOf is the kind of a code of Aura's, nil if it tells none.
func kindOf(code string) error {
	switch code {
	case "UNAUTHORIZED", "FORBIDDEN":
		return reconcile.ErrAuth
	case "RATE_LIMITED":
		return reconcile.ErrRateLimited
	}
	return nil
}

// slack widens a window on both sides, because whether its bounds are inclusive is unsaid. A row that comes twice is harmless.
const slack = time.Second

// query makes the parameters of one page.
func (c *client) query(q walk.Query) url.Values {
	values := url.Values{"limit": {c.limit}}
	if q.After != "" {
		values.Set("cursor", q.After)
	}
	if !q.From.IsZero() {
		values.Set("from_date", q.From.Add(-slack).UTC().Format(time.RFC3339))
	}
	if !q.To.IsZero() {
		values.Set("to_date", q.To.Add(slack).UTC().Format(time.RFC3339))
	}
	return values
}

// probe asks for one row.
func (c *client) probe(ctx context.Context, path string) error {
	_, _, err := list[wire.Object](ctx, c, path, url.Values{"limit": {"1"}})
	return err
}

// list reads one page, whole or not at all. next is empty at the end of the list.
func list[T any](ctx context.Context, c *client, path string, query url.Values) (items []rows.Item[T], next string, err error) {
	body, err := c.api.Get(ctx, path, query)
	if err != nil {
		return nil, "", err
	}
	var answer listBody[T]
	if err := c.open(path, body, &answer, &answer.envelope); err != nil {
		return nil, "", err
	}
	more, next := answer.Pagination["has_more"], ""
	says, err := more.Flag()
	if cursor, wrong := answer.Pagination["next_cursor"].Text(); wrong == nil {
		next = cursor
	}
	switch {
	case answer.Data.Err != nil || answer.Data.Items == nil:
		return nil, "", c.api.Wrong(path, "answer has no list of data")
	case more.Absent() || err != nil:
		return nil, "", c.api.Wrong(path, "list does not say whether there is more")
	case says && next == "":
		return nil, "", c.api.Wrong(path, "list says that there is more, but not where")
	case !says:
		next = ""
	}
	return answer.Data.Items, next, nil
}

// payment reads one payment. It must be the one that was asked for.
func (c *client) payment(ctx context.Context, path, id string) (rows.Item[paymentRow], error) {
	var row rows.Item[paymentRow]
	body, err := c.api.Get(ctx, path, nil)
	if err != nil {
		return row, err
	}
	var answer oneBody
	if err := c.open(path, body, &answer, &answer.envelope); err != nil {
		return row, err
	}
	if answer.Data == nil {
		answer.Data = body
	}
	if row = rows.ItemOf[paymentRow](answer.Data); row.Err != nil {
		return row, c.api.Wrong(path, "answer has no payment")
	}
	if canonicalID(row.Value.ID.Word()) != canonicalID(id) {
		return row, c.api.Wrong(path, "answer is another row than the one asked for")
	}
	return row, nil
}

// open decodes an answer and refuses one that is an error in spite of its status 200.
func (c *client) open(path string, body []byte, answer any, around *envelope) error {
	if !bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")) || json.Unmarshal(body, answer) != nil {
		return c.api.Wrong(path, "answer is not an object")
	}
	done, err := around.Success.Flag()
	switch {
	case around.Success.Absent() || (err == nil && done):
		return nil
	case err != nil:
		return c.api.Wrong(path, "answer does not say whether it succeeded")
	}
	code := around.Code.Word()
	kind := kindOf(code)
	switch {
	case kind == nil && (code == "NOT_FOUND" || strings.HasSuffix(code, "_NOT_FOUND")):
		kind = errNotFound
	case kind == nil:
		kind = reconcile.ErrInvalid
	}
	return fmt.Errorf("aura: GET %s: answer says that the request failed%s: %w", path, plainCode(code), kind)
}

// plainCode shows a code only if it looks like one: it goes into logs.
func plainCode(code string) string {
	const longest = 64
	if code == "" || len(code) > longest || strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") != "" {
		return ""
	}
	return " (" + code + ")"
}
