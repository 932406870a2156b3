package fake_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/stripe/stripe-go/v76"

	"pennytie/providers/fake"
)

// pages reads a whole list with plain requests and calls fn for each object.
func pages(t *testing.T, base, path string, query url.Values, fn func(object any)) int {
	t.Helper()
	seen := make(map[string]bool)
	for {
		_, page, _ := get(t, base+path+"?"+query.Encode())
		for _, id := range ids(page) {
			if seen[id] {
				t.Fatalf("%s twice", id)
			}
			seen[id] = true
			query.Set("starting_after", id)
		}
		for i := range ids(page) {
			fn(dig(page, "data", i))
		}
		if page["has_more"] != true {
			return len(seen)
		}
	}
}

func TestBusinessIsServedWhole(t *testing.T) {
	s, clock, base := start(t)
	b := fake.NewBusiness(6, fake.DemoCharges, from, to)
	b.Load(s)
	clock.Set(to.AddDate(1, 0, 0))
	count := make(map[string]int)
	for _, path := range []string{
		"charges", "refunds", "disputes", "checkout/sessions", "products", "prices", "balance_transactions",
		"payouts", "invoices", "customers", "payment_intents", "subscriptions", "events",
	} {
		count[path] = pages(t, base, "/v1/"+path, url.Values{"limit": {"37"}}, func(any) {})
	}
	atStripe := 0
	for _, truth := range b.Truth {
		if strings.HasPrefix(truth.ProviderPaymentID, "pi_") {
			atStripe++
		}
	}
	if count["charges"] != fake.DemoCharges || count["payment_intents"] != atStripe {
		t.Errorf("%v", count)
	}
	for path, n := range count {
		if n == 0 && path != "events" {
			t.Errorf("no %s", path)
		}
	}
	// The members of every payout come to its amount, and one of them is its own row.
	pages(t, base, "/v1/payouts", url.Values{"limit": {"100"}}, func(payout any) {
		id, sum := fmt.Sprint(dig(payout, "id")), 0.0
		members := url.Values{"limit": {"100"}, "payout": {id}}
		pages(t, base, "/v1/balance_transactions", members, func(row any) {
			if dig(row, "type") != "payout" {
				sum += dig(row, "net").(float64)
			}
		})
		if sum != dig(payout, "amount") && dig(payout, "automatic") == true {
			t.Errorf("%s: members come to %v of %v", id, sum, dig(payout, "amount"))
		}
	})
}

func TestSDKReadsTheBusiness(t *testing.T) {
	s, clock, base := start(t)
	fake.NewBusiness(6, fake.DemoCharges, from, to).Load(s)
	clock.Set(to.AddDate(1, 0, 0))
	api := sdk(base)
	single := stripe.ListParams{Single: true, Limit: stripe.Int64(100)}

	params := &stripe.ChargeListParams{ListParams: single}
	params.Expand = stripe.StringSlice([]string{
		"data.customer", "data.invoice.subscription", "data.balance_transaction", "data.refunds"})
	charges := api.Charges.List(params)
	bills, refunds, fees := 0, 0, 0
	for charges.Next() {
		c := charges.Charge()
		if c.ID == "" || c.PaymentIntent == nil || c.BillingDetails == nil {
			t.Fatalf("%+v", c)
		}
		if c.Invoice != nil {
			bills++
			if c.Invoice.Lines.Data[0].Price.Product.ID == "" || c.Invoice.Subscription.Status != "active" {
				t.Errorf("%s: %+v", c.ID, c.Invoice)
			}
		}
		if len(c.Refunds.Data) > 0 {
			refunds++
		}
		if txn := c.BalanceTransaction; txn != nil && txn.Net == txn.Amount-txn.Fee {
			fees++
		}
	}
	if charges.Err() != nil || bills == 0 || refunds == 0 || fees < 80 {
		t.Errorf("%v: %d bills, %d refunds, %d fees", charges.Err(), bills, refunds, fees)
	}

	visited := &stripe.CheckoutSessionListParams{ListParams: single}
	visited.Expand = stripe.StringSlice([]string{"data.line_items"})
	sessions := api.CheckoutSessions.List(visited)
	references := 0
	for sessions.Next() {
		page := sessions.CheckoutSession()
		if page.LineItems.Data[0].Price.Product.ID == "" || page.CustomerDetails == nil {
			t.Errorf("%+v", page)
		}
		if page.ClientReferenceID != "" {
			references++
		}
	}
	disputes := api.Disputes.List(&stripe.DisputeListParams{ListParams: single})
	moved := 0
	for disputes.Next() {
		moved += len(disputes.Dispute().BalanceTransactions)
	}
	ledger := api.BalanceTransactions.List(&stripe.BalanceTransactionListParams{ListParams: single})
	for ledger.Next() {
		switch row := ledger.BalanceTransaction(); row.ReportingCategory {
		case "fee", "contribution", "network_cost":
		default:
			if row.Source == nil {
				t.Errorf("%s has no source", row.ID)
			}
		}
	}
	for _, err := range []error{sessions.Err(), disputes.Err(), ledger.Err()} {
		if err != nil {
			t.Error(err)
		}
	}
	if references == 0 || moved == 0 {
		t.Errorf("%d references, %d movements of disputes", references, moved)
	}
}
