package wepay

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"go.uber.org/zap"

	"pennytie/providers/internal/rest"
	"pennytie/providers/internal/rows"
	"pennytie/providers/internal/walk"
	"pennytie/providers/internal/wire"
	"pennytie/reconcile"
)

// client asks WePay. Each endpoint has its own pace, as its budget is (https://dev.wepay.com/docs/overview/api-basics).
type client struct {
	apis    map[string]*rest.API
	base    *url.URL
	records string
	owner   string
}

func newClient(cfg Config, log *zap.Logger) (*client, error) {
	base, err := url.Parse(cfg.BaseURL)
	if err != nil { // its text may hold a password
		return nil, reconcile.ErrInvalid
	}
	c := &client{apis: map[string]*rest.API{}, base: base, records: cfg.RecordsKey, owner: cfg.OwnerID}
	header := func(context.Context) (http.Header, error) {
		return http.Header{
			"App-Id": {cfg.AppID}, "App-Token": {cfg.Token.Reveal()}, "Api-Version": {cfg.APIVersion},
			"Content-Type": {"application/json"}, // wanted even on GET /disputes/{id}
		}, nil
	}
	options := cfg.Options(log)
	options.Refusal, options.MayWrite = refusal, cfg.MayWrite(mayWrite)
	for _, endpoint := range []string{payments, refunds, disputes, methods} {
		if c.apis[endpoint], err = rest.NewAPI(Name, options, rules(cfg.RecordsKey), header); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// rules says what of an answer must come in one spelling, because encoding/json would take AMOUNT for amount. The
// merchant's own keys are free.
func rules(recordsKey string) rest.Rules {
	return rest.Rules{
		FreeForm: rest.Words("custom_data", "order", "rbits"),
		Decoded: rest.Words(recordsKey, "owner", "payment", "payment_method", "amounts", "order", "custom_data", "credit_card",
			"card_holder", "address", "phone"),
		Exact: rest.Words("id", "resource", "owner", "create_time", "capture_at", "status", "failure_reason", "currency",
			"amount", "amount_refunded", "amount_disputed", "fee_amount", "payment_method", "reference_id", "custom_data",
			"order", "amounts", "total_amount", "refund_reason", "payment", "type", "reason", "resolution", "credit_card",
			"next"),
	}
}

// refusal tells by its error_code what an answer other than 2xx means: no page says which status a throttle has
// (https://dev.wepay.com/clear/cookbooks/design-a-retry-strategy). The numeric codes of API v2 are none of these, so
// that its errors count by status.
func refusal(status int, body []byte) error {
	var answer struct {
		Code    wire.Scalar `json:"error_code"`
		Details rows.List[struct {
			Reason wire.Scalar `json:"reason_code"`
		}] `json:"details"`
	}
	if json.Unmarshal(body, &answer) != nil {
		return nil
	}
	said := map[string]bool{answer.Code.Word(): true}
	for _, detail := range answer.Details.Items {
		said[detail.Value.Reason.Word()] = true
	}
	switch {
	case said["THROTTLE_EXCEEDED"], said["APPLICATION_REQUEST_THROTTLE_EXCEEDED"]:
		return reconcile.ErrRateLimited
	case status >= http.StatusInternalServerError:
		return nil
	case said["RESOURCE_CONFLICT"], said["CONCURRENT_UNIQUE_KEY_REQUEST_IS_PROCESSING"],
		said["POINT_OF_SALE_TRANSACTION_NOT_YET_PROCESSED"]:
		return reconcile.ErrTransient
	case said["NOT_AUTHORIZED"]:
		return reconcile.ErrAuth
	}
	return nil
}

// list reads a page of a collection, and says where the next one is; empty is the end.
func list[T any](ctx context.Context, c *client, collection string, q walk.Query, size int) ([]rows.Item[T], string, error) {
	return listed[T](ctx, c, collection, c.query(q, size), q.After, size)
}

// listed is list with the parameters of a first page, or after a place.
func listed[T any](
	ctx context.Context, c *client, collection string, query url.Values, after string, size int,
) ([]rows.Item[T], string, error) {
	api, path := c.apis[collection], "/"+collection
	target := path
	if after != "" {
		place, reason := c.place(after) // it was in a cursor, which may come from anywhere
		if reason != "" {
			return nil, "", api.Wrong(path, reason)
		}
		target, query = place, nil
	}
	body, err := api.Get(ctx, target, query)
	if err != nil {
		return nil, "", err
	}
	var envelope map[string]json.RawMessage
	if json.Unmarshal(body, &envelope) != nil || envelope == nil {
		return nil, "", api.Wrong(path, "answer is not an object")
	}
	items, reason := rowsOf[T](envelope, c.records)
	if reason != "" {
		return nil, "", api.Wrong(path, reason)
	}
	raw, said := envelope["next"]
	switch {
	case !said && len(items) >= size:
		return nil, "", api.Wrong(path, "page is full and does not say where the next one is")
	case !said, string(raw) == "null", string(raw) == `""`:
		return items, "", nil
	}
	var next string
	if json.Unmarshal(raw, &next) != nil {
		return nil, "", api.Wrong(path, "next page is not a path")
	}
	if next, reason = c.place(next); reason != "" {
		return nil, "", api.Wrong(path, reason)
	}
	return items, next, nil
}

// rowsOf finds the rows of a list. An answer that lacks them may be an error, whose details are a list too: the only
// array is taken of an answer that has a next page, be it null.
func rowsOf[T any](envelope map[string]json.RawMessage, key string) ([]rows.Item[T], string) {
	for _, name := range []string{"error_code", "error"} {
		if said, failed := envelope[name]; failed && string(said) != "null" {
			return nil, "answer is an error with a status of success"
		}
	}
	raw, known := envelope[key]
	if !known {
		var arrays []json.RawMessage
		for _, value := range envelope {
			if bytes.HasPrefix(bytes.TrimSpace(value), []byte("[")) {
				arrays = append(arrays, value)
			}
		}
		if _, paged := envelope["next"]; len(arrays) != 1 || !paged {
			return nil, "answer has no list of rows"
		}
		raw = arrays[0]
	}
	var list rows.List[T]
	_ = list.UnmarshalJSON(raw) // never fails
	if list.Err != nil || list.Items == nil {
		return nil, "list of rows is not a list"
	}
	return list.Items, ""
}

// query asks for the rows made in a stretch of time. Whether WePay's bounds belong to it is unsaid, so that a second
// more is asked for on either side; rows that come twice change nothing.
func (c *client) query(q walk.Query, size int) url.Values {
	query := url.Values{"page_size": {strconv.Itoa(size)}}
	if !q.From.IsZero() {
		query.Set("create_time_start", strconv.FormatInt(q.From.Unix()-1, 10))
	}
	if !q.To.IsZero() {
		query.Set("create_time_end", strconv.FormatInt(q.To.Unix(), 10)) // q.To itself is not asked for
	}
	if c.owner != "" {
		query.Set("owner_id", c.owner)
	}
	return query
}

// place checks where a next page is said to be: a path of the configured host, else the reason why not. An absolute
// address of that host is cut to its path. The path is kept as it came, and must be plain, because errors name it.
func (c *client) place(next string) (path, reason string) {
	u, err := url.Parse(next)
	switch {
	case err != nil, !rest.PlainWord(next), len(next) > 4096:
		return "", "next page is not a path"
	case u.Scheme != "" && u.Host != "":
		if u.Scheme != c.base.Scheme || !strings.EqualFold(u.Host, c.base.Host) || u.User != nil {
			return "", "next page is not on the configured host"
		}
		next = u.RequestURI()
	case u.Scheme != "" || u.Host != "" || u.User != nil || strings.HasPrefix(next, "//"):
		return "", "next page is not on the configured host"
	}
	named, _, _ := strings.Cut(next, "?")
	if !strings.HasPrefix(named, "/") || strings.HasPrefix(named, "//") || !plain(named, "/_-.~=+:,") {
		return "", "next page is not a path"
	}
	return next, ""
}

// get reads one row by id.
func get[T any](ctx context.Context, c *client, collection, id string) (rows.Item[T], error) {
	api, path := c.apis[collection], "/"+collection+"/"+id
	body, err := api.Get(ctx, path, nil)
	if err != nil {
		return rows.Item[T]{}, err
	}
	row := rows.ItemOf[T](body)
	if row.Err != nil {
		return row, api.Wrong(path, "answer is not an object")
	}
	if got := rows.ItemOf[identified](body).Value.ID.Word(); got != id {
		return row, api.Wrong(path, "answer is not the row that was asked for")
	}
	return row, nil
}

// plain says whether a text is made of ASCII letters, digits and some marks.
func plain(text, marks string) bool {
	for i := range len(text) {
		c := text[i]
		if c < '0' || c > '9' && c < 'A' || c > 'Z' && c < 'a' || c > 'z' {
			if strings.IndexByte(marks, c) < 0 {
				return false
			}
		}
	}
	return text != ""
}
