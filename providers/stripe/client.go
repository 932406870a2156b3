package stripe

import (
	"cmp"
	"context"
	"time"

	stripe "github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/client"
	"go.uber.org/zap"

	"pennytie/providers/internal/rest"
)

// Paths of the lists, as named in errors and in quarantined rows.
const (
	pathProducts = "/v1/products"
	pathCharges  = "/v1/charges"
	pathRefunds  = "/v1/refunds"
	pathDisputes = "/v1/disputes"
	pathSessions = "/v1/checkout/sessions"
	pathLedger   = "/v1/balance_transactions"
	pathPayouts  = "/v1/payouts"
)

// apiClient is the SDK, tied down: one page per call, no retries of its own, no telemetry, no logging.
type apiClient struct {
	api   *client.API
	rules rest.Rules
	limit int64
}

func newAPIClient(cfg Config, log *zap.Logger) (*apiClient, error) {
	options := cfg.Options(log)
	options.LongestWait = cmp.Or(cfg.LongestWait, time.Minute) // Stripe's limits are for each second
	httpClient, err := rest.NewClient(options)
	if err != nil {
		return nil, err
	}
	backend := stripe.GetBackendWithConfig(stripe.APIBackend, &stripe.BackendConfig{
		URL:        stripe.String(cfg.BaseURL),
		HTTPClient: httpClient,
		// The SDK does not retry a plain 429, and its waits ignore the context: the transport retries.
		MaxNetworkRetries: stripe.Int64(0),
		EnableTelemetry:   stripe.Bool(false), // on unless switched off
		LeveledLogger:     silent{},
	})
	return &apiClient{
		api:   client.New(cfg.Key.Reveal(), &stripe.Backends{API: backend, Connect: backend, Uploads: backend}),
		rules: jsonRules(),
		limit: int64(cfg.PageSize),
	}, nil
}

// silent takes the SDK's log lines and drops them: at debug level they hold whole bodies, at error level the
// beginning of a body or the query string.
type silent struct{}

func (silent) Debugf(string, ...any) {}
func (silent) Infof(string, ...any)  {}
func (silent) Warnf(string, ...any)  {}
func (silent) Errorf(string, ...any) {}

// query is one page of a list. Zero bounds are left out of the request.
type query struct {
	from, to int64 // created, half-open, Unix seconds
	after    string
	limit    int64 // 0: as configured
	payout   string
}

func (q query) created() *stripe.RangeQueryParams {
	if q.from == 0 && q.to == 0 {
		return nil
	}
	return &stripe.RangeQueryParams{GreaterThanOrEqual: q.from, LesserThan: q.to}
}

// list makes the parameters that every list has. Single keeps the SDK from fetching further pages, which it
// does in a way that can lose a page's error (https://github.com/stripe/stripe-go, iter.go).
func (c *apiClient) list(ctx context.Context, q query) stripe.ListParams {
	params := stripe.ListParams{Context: ctx, Single: true, Limit: stripe.Int64(c.limit)}
	if q.limit != 0 {
		params.Limit = stripe.Int64(q.limit)
	}
	if q.after != "" {
		params.StartingAfter = stripe.String(q.after)
	}
	return params
}

// listCharges reads a page of charges: https://docs.stripe.com/api/charges/list. Refunds are not expanded:
// the refunds list has them, and more of them.
func (c *apiClient) listCharges(ctx context.Context, q query) (listing[*stripe.Charge], error) {
	it := c.api.Charges.List(&stripe.ChargeListParams{
		ListParams: c.list(ctx, q), CreatedRange: q.created(),
		Expand: stripe.StringSlice([]string{"data.customer", "data.invoice", "data.balance_transaction"}),
	})
	var rows []*stripe.Charge
	for it.Next() {
		rows = append(rows, it.Charge())
	}
	return checkPage(c.rules, chargeRows, rows, it.ChargeList().LastResponse, it.Err())
}

// listRefunds reads a page of refunds: https://docs.stripe.com/api/refunds/list. Only the ledger line by which the money of a
// failed or canceled one came back says when that was.
func (c *apiClient) listRefunds(ctx context.Context, q query) (listing[*stripe.Refund], error) {
	it := c.api.Refunds.List(&stripe.RefundListParams{ListParams: c.list(ctx, q), CreatedRange: q.created(),
		Expand: stripe.StringSlice([]string{"data.failure_balance_transaction"})})
	var rows []*stripe.Refund
	for it.Next() {
		rows = append(rows, it.Refund())
	}
	return checkPage(c.rules, refundRows, rows, it.RefundList().LastResponse, it.Err())
}

// listDisputes reads a page of disputes: https://docs.stripe.com/api/disputes/list.
func (c *apiClient) listDisputes(ctx context.Context, q query) (listing[*stripe.Dispute], error) {
	it := c.api.Disputes.List(&stripe.DisputeListParams{ListParams: c.list(ctx, q), CreatedRange: q.created()})
	var rows []*stripe.Dispute
	for it.Next() {
		rows = append(rows, it.Dispute())
	}
	return checkPage(c.rules, disputeRows, rows, it.DisputeList().LastResponse, it.Err())
}

// listSessions reads a page of checkout sessions: https://docs.stripe.com/api/checkout/sessions/list. Line
// items are absent unless expanded.
func (c *apiClient) listSessions(ctx context.Context, q query) (listing[*stripe.CheckoutSession], error) {
	it := c.api.CheckoutSessions.List(&stripe.CheckoutSessionListParams{
		ListParams: c.list(ctx, q), CreatedRange: q.created(),
		Expand: stripe.StringSlice([]string{"data.line_items"}),
	})
	var rows []*stripe.CheckoutSession
	for it.Next() {
		rows = append(rows, it.CheckoutSession())
	}
	return checkPage(c.rules, sessionRows, rows, it.CheckoutSessionList().LastResponse, it.Err())
}

// listProducts reads a page of products: https://docs.stripe.com/api/products/list.
func (c *apiClient) listProducts(ctx context.Context, q query) (listing[*stripe.Product], error) {
	it := c.api.Products.List(&stripe.ProductListParams{ListParams: c.list(ctx, q), CreatedRange: q.created()})
	var rows []*stripe.Product
	for it.Next() {
		rows = append(rows, it.Product())
	}
	return checkPage(c.rules, productRows, rows, it.ProductList().LastResponse, it.Err())
}

// listLedger reads a page of balance transactions: https://docs.stripe.com/api/balance_transactions/list. With a payout it
// reads what is in that payout, whenever it was made. The source is expanded for the payment that it belongs to.
func (c *apiClient) listLedger(ctx context.Context, q query) (listing[*stripe.BalanceTransaction], error) {
	params := &stripe.BalanceTransactionListParams{
		ListParams: c.list(ctx, q), CreatedRange: q.created(), Expand: stripe.StringSlice([]string{"data.source"}),
	}
	if q.payout != "" {
		params.Payout = stripe.String(q.payout)
	}
	it := c.api.BalanceTransactions.List(params)
	var rows []*stripe.BalanceTransaction
	for it.Next() {
		rows = append(rows, it.BalanceTransaction())
	}
	return checkPage(c.rules, ledgerRows, rows, it.BalanceTransactionList().LastResponse, it.Err())
}

// listPayouts reads a page of payouts: https://docs.stripe.com/api/payouts/list.
func (c *apiClient) listPayouts(ctx context.Context, q query) (listing[*stripe.Payout], error) {
	it := c.api.Payouts.List(&stripe.PayoutListParams{ListParams: c.list(ctx, q), CreatedRange: q.created()})
	var rows []*stripe.Payout
	for it.Next() {
		rows = append(rows, it.Payout())
	}
	return checkPage(c.rules, payoutRows, rows, it.PayoutList().LastResponse, it.Err())
}

// getCharge reads one charge: https://docs.stripe.com/api/charges/retrieve.
func (c *apiClient) getCharge(ctx context.Context, id string) (listing[*stripe.Charge], error) {
	params := &stripe.ChargeParams{Params: stripe.Params{Context: ctx}}
	params.Expand = stripe.StringSlice([]string{"customer", "invoice", "balance_transaction"})
	row, err := c.api.Charges.Get(id, params)
	return checkOne(c.rules, chargeRows, id, row, row.LastResponse, err)
}

// getRefund reads one refund: https://docs.stripe.com/api/refunds/retrieve.
func (c *apiClient) getRefund(ctx context.Context, id string) (listing[*stripe.Refund], error) {
	row, err := c.api.Refunds.Get(id, &stripe.RefundParams{Params: stripe.Params{Context: ctx},
		Expand: stripe.StringSlice([]string{"failure_balance_transaction"})})
	return checkOne(c.rules, refundRows, id, row, row.LastResponse, err)
}

// getDispute reads one dispute: https://docs.stripe.com/api/disputes/retrieve.
func (c *apiClient) getDispute(ctx context.Context, id string) (listing[*stripe.Dispute], error) {
	row, err := c.api.Disputes.Get(id, &stripe.DisputeParams{Params: stripe.Params{Context: ctx}})
	return checkOne(c.rules, disputeRows, id, row, row.LastResponse, err)
}

// getSession reads one checkout session: https://docs.stripe.com/api/checkout/sessions/retrieve.
func (c *apiClient) getSession(ctx context.Context, id string) (listing[*stripe.CheckoutSession], error) {
	params := &stripe.CheckoutSessionParams{Params: stripe.Params{Context: ctx}}
	params.Expand = stripe.StringSlice([]string{"line_items"})
	row, err := c.api.CheckoutSessions.Get(id, params)
	return checkOne(c.rules, sessionRows, id, row, row.LastResponse, err)
}

// getPayout reads one payout: https://docs.stripe.com/api/payouts/retrieve.
func (c *apiClient) getPayout(ctx context.Context, id string) (listing[*stripe.Payout], error) {
	row, err := c.api.Payouts.Get(id, &stripe.PayoutParams{Params: stripe.Params{Context: ctx}})
	return checkOne(c.rules, payoutRows, id, row, row.LastResponse, err)
}
