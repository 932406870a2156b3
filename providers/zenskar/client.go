package zenskar

import (
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

// Paths that are asked.
const (
	pathPayments  = "/payments"
	pathCustomers = "/customers" // of one customer; their list is /customer
	pathInvoices  = "/invoices"
)

// client asks one organisation.
type client struct {
	api       *rest.API
	limit     int
	offset    bool
	noOrder   bool
	dateField string
}

func newClient(cfg Config, log *zap.Logger) (*client, error) {
	header := func(context.Context) (http.Header, error) {
		h := http.Header{}
		h.Set("Organisation", cfg.Organisation)
		h.Set("Apiversion", cfg.APIVersion)
		if key := cfg.Key.Reveal(); isJWT(key) {
			h.Set("Authorization", "Bearer "+key)
		} else {
			h.Set("X-Api-Key", key)
		}
		return h, nil
	}
	options := cfg.Options(log)
	options.MayWrite = cfg.MayWrite(mayWrite)
	api, err := rest.NewAPI(Name, options, jsonRules(), header)
	if err != nil {
		return nil, err
	}
	return &client{
		api: api, limit: cfg.PageSize, offset: cfg.Paging == PageByOffset, noOrder: cfg.NoOrder, dateField: cfg.DateField,
	}, nil
}

// probe asks for one row and looks at nothing but the shape.
func (c *client) probe(ctx context.Context) error {
	_, err := c.page(ctx, url.Values{"limit": {"1"}})
	return err
}

// page reads a page whose envelope is right.
func (c *client) page(ctx context.Context, query url.Values) (listWire, error) {
	var list listWire
	body, err := c.api.Get(ctx, pathPayments, query)
	switch {
	case rest.StatusOf(err) == http.StatusUnprocessableEntity:
		return list, fmt.Errorf("%w (a parameter was refused: see no_order, date_field, paging and page_size)", err)
	case err != nil:
		return list, err
	case json.Unmarshal(body, &list) != nil:
		return list, c.api.Wrong(pathPayments, "answer is not an object")
	case list.Results == nil || list.Results.Err != nil:
		return list, c.api.Wrong(pathPayments, "answer has no list of results")
	}
	return list, nil
}

// list reads one page of payments and says where the next begins. Both bounds of the filters are inclusive, so the row at
// the upper one may come twice.
func (c *client) list(ctx context.Context, q walk.Query) ([]rows.Item[paymentWire], string, error) {
	query := url.Values{"limit": {strconv.Itoa(c.limit)}}
	if !c.noOrder {
		query.Set("order", "created_at")
	}
	if !q.From.IsZero() {
		query.Set(c.dateField+"__gte", c.bound(q.From))
	}
	if !q.To.IsZero() {
		query.Set(c.dateField+"__lte", c.bound(q.To))
	}
	here, err := c.place(q.After, query)
	if err != nil {
		return nil, "", err
	}
	list, err := c.page(ctx, query)
	if err != nil {
		return nil, "", err
	}
	next := c.nextCursor
	if c.offset {
		next = c.nextOffset
	}
	after, err := next(here, list)
	return list.Results.Items, after, err
}

// bound writes a time as its filter wants it: https://docs.zenskar.com/reference/datetime-format for created_at, which has
// no zone and means UTC, and Unix seconds for timestamp.
func (c *client) bound(at time.Time) string {
	if c.dateField == DateTimestamp {
		return strconv.FormatInt(at.Unix(), 10)
	}
	return at.Format("2006-01-02T15:04:05")
}

// place is where a page begins. By offset, the walk's place is the offset and the first id of the page before, so that a
// service that pays no heed to the offset is found out.
type place struct {
	cursor string
	offset int
	first  string
}

func (c *client) place(after string, query url.Values) (place, error) {
	if !c.offset {
		if after != "" {
			query.Set("cursor", after)
		}
		return place{cursor: after}, nil
	}
	offset, first, _ := strings.Cut(after, " ")
	if after == "" {
		offset = "0"
	}
	n, err := strconv.Atoi(offset)
	if err != nil || n < 0 {
		return place{}, fmt.Errorf("zenskar: cursor is not of paging by offset; was the paging changed?: %w", reconcile.ErrInvalid)
	}
	query.Set("offset", offset)
	return place{offset: n, first: first}, nil
}

// nextCursor takes the cursor out of next, which is the cursor itself or an address with it. The address is never asked.
func (c *client) nextCursor(here place, list listWire) (string, error) {
	size, given := len(list.Results.Items), wire.Of(string(list.Next))
	if given.Absent() {
		// A first page that counts more rows than it has, or a full one that never says that it is the last, pages in some
		// other way: rows would be lost in silence. How many rows were asked for proves nothing, because the service may give
		// fewer. Elsewhere total_count is not trusted.
		total, err := list.Total.Integer()
		if here.cursor == "" && err == nil && total > int64(size) || size >= c.limit && list.Next == nil {
			return "", c.api.Wrong(pathPayments, "list ends but does not say that this page is the last; "+
				"if the service pages by offset, set paging to offset, else choose another page_size")
		}
		return "", nil
	}
	next, err := given.Text()
	if err != nil {
		return "", c.api.Wrong(pathPayments, "next is not text")
	}
	_, asked, isAddress := strings.Cut(next, "?") // no base64 has a question mark
	if !isAddress {
		if strings.Contains(next, "://") {
			return "", c.api.Wrong(pathPayments, "next is an address without a cursor")
		}
		return next, nil
	}
	values, err := url.ParseQuery(asked)
	if err != nil || values.Get("cursor") == "" {
		return "", c.api.Wrong(pathPayments, "next is an address without a cursor; if it has an offset, set paging to offset")
	}
	return strings.ReplaceAll(values.Get("cursor"), " ", "+"), nil // a plus of base64 that was not escaped
}

// nextOffset goes on until a page has no rows: the service may give fewer than it is asked for, and may count wrongly.
func (c *client) nextOffset(here place, list listWire) (string, error) {
	items := list.Results.Items
	if len(items) == 0 {
		return "", nil
	}
	first := items[0].Value.id()
	if first != "" && first == here.first {
		return "", c.api.Wrong(pathPayments, "the same page came for another offset; set paging to cursor")
	}
	return fmt.Sprintf("%d %s", here.offset+len(items), first), nil
}

// getOne reads one object by id. It is not known where the service answers 404 or 200 with null, and where it could not
// be an id: one that is no UUID the service may refuse with 422.
func getOne[T interface{ id() string }](
	ctx context.Context, c *client, path, id string,
) (item rows.Item[T], known bool, err error) {
	if !rows.PlausibleID(id) {
		return item, false, nil
	}
	path += "/" + id
	body, err := c.api.Get(ctx, path, nil)
	switch status := rest.StatusOf(err); {
	case status == http.StatusNotFound, status == http.StatusGone, status == http.StatusUnprocessableEntity && !isUUID(id):
		return item, false, nil
	case err != nil:
		return item, false, err
	case strings.TrimSpace(string(body)) == "null":
		return item, false, nil
	}
	item = rows.ItemOf[T](body)
	switch {
	case item.Err != nil:
		return item, false, c.api.Wrong(path, "answer is not an object")
	case item.Value.id() != id:
		return item, false, c.api.Wrong(path, "answer is about another id")
	}
	return item, true, nil
}

// isUUID knows the shape of Zenskar's own ids.
func isUUID(id string) bool {
	return len(id) == 36 && strings.Count(id, "-") == 4 && strings.Trim(id, "0123456789abcdefABCDEF-") == ""
}
