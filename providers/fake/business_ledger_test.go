package fake

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestLedgerFromObjects adds up what the objects show, and compares it with what the model says.
func TestLedgerFromObjects(t *testing.T) {
	b := NewBusiness(9, 1200, opens, closes)
	r := &recorder{}
	b.each(false, r.Put)
	for _, at := range []time.Time{opens, opens.AddDate(0, 2, 11), closes, closes.AddDate(1, 0, 0)} {
		ledger, sent := map[string]Booked{}, map[string]Sent{}
		for id, o := range r.shows("payouts", at) {
			sent[id] = Sent{Amount: number(t, o["amount"]), Status: o["status"].(string), Automatic: o["automatic"].(bool)}
		}
		for _, o := range r.shows("balance_transactions", at) {
			category := o["reporting_category"].(string)
			sum := ledger[category]
			ledger[category] = Booked{sum.Rows + 1, sum.Gross + number(t, o["amount"]), sum.Fee + number(t, o["fee"]), sum.Net + number(t, o["net"])}
			if payout, is := o["_payout"].(string); is {
				s := sent[payout]
				s.Members++
				sent[payout] = s
			}
		}
		if diff := cmp.Diff(b.Ledger(at), ledger); diff != "" {
			t.Errorf("ledger at %s (-model +objects):\n%s", at, diff)
		}
		if diff := cmp.Diff(b.Payouts(at), sent); diff != "" {
			t.Errorf("payouts at %s (-model +objects):\n%s", at, diff)
		}
	}
}

func TestEveryStoryOfTheLedger(t *testing.T) {
	for seed := range int64(10) {
		b := NewBusiness(seed, 100+int(seed)*50, opens, closes)
		end := closes.AddDate(1, 0, 0)
		ledger := b.Ledger(end)
		for _, category := range []string{"charge", "partial_capture_reversal", "refund", "refund_failure", "dispute", "dispute_reversal",
			"payout", "payout_reversal", "fee", "contribution", "network_cost"} {
			if ledger[category].Rows == 0 {
				t.Errorf("seed %d: no %s", seed, category)
			}
		}
		failed, byHand := "", 0
		for id, sent := range b.Payouts(end) {
			switch {
			case sent.Status == "failed":
				failed = id
			case !sent.Automatic:
				byHand++
			}
			if sent.Automatic != (sent.Members > 0) {
				t.Errorf("seed %d: %s %+v", seed, id, sent)
			}
		}
		if failed == "" || byHand != 1 {
			t.Errorf("seed %d: failed %q, %d by hand", seed, failed, byHand)
		}
		late, rows := 0, map[string]int{}
		for _, c := range b.collectedAtStripe() {
			if c.txn.created.After(c.settledAt) {
				late++
				if e := (&emitter{}).charge(c, c.settledAt); e["balance_transaction"] != nil || e["status"] != "succeeded" {
					t.Errorf("seed %d: %s has a ledger row too early", seed, c.id)
				}
			}
		}
		for _, row := range b.ledger {
			rows[row.source]++
		}
		three := 0
		for _, d := range b.disputes {
			if rows[d.id] == 3 {
				three++
			}
		}
		if late == 0 || three != 1 {
			t.Errorf("seed %d: %d charges booked later, %d disputes of three rows", seed, late, three)
		}
		// Whatever is paid out by the schedule comes to the amount, also where a payout brought back another.
		sums := map[string]int64{}
		for _, row := range b.ledger {
			if row.payout != nil {
				sums[row.payout.id] += row.net()
			}
		}
		for id, sent := range b.Payouts(end) {
			if sent.Automatic && sums[id] != sent.Amount {
				t.Errorf("seed %d: %s comes to %d of %d", seed, id, sums[id], sent.Amount)
			}
		}
	}
}

func TestLedgerFaults(t *testing.T) {
	page := `{"object":"list","data":[{"id":"txn_1","net":5},{"id":"txn_2","net":7}],"has_more":false,"url":"/v1/x"}`
	for name, c := range map[string]struct {
		action Action
		want   string
	}{
		"dropped": {DropItem("txn_1"), `[{"id":"txn_2","net":7}]`},
		"doubled": {DoubleItem("txn_2"), `[{"id":"txn_1","net":5},{"id":"txn_2","net":7},{"id":"txn_2","net":7}]`},
		"altered": {AlterItem("txn_2", "net", "8"), `[{"id":"txn_1","net":5},{"id":"txn_2","net":8}]`},
		"members": {DropMembers("po_1"), `[]`},
		"others":  {DropMembers("po_2"), `[{"id":"txn_1","net":5},{"id":"txn_2","net":7}]`},
	} {
		want := fmt.Sprintf(`{"object":"list","data":%s,"has_more":false,"url":"/v1/x"}`, c.want)
		if got := through(c.action, page, "/v1/balance_transactions?payout=po_1"); got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// through is what an action makes of an answer to a request.
func through(action Action, body, target string) string {
	answered := httptest.NewRecorder()
	action(Status(http.StatusOK, body)(nil)).ServeHTTP(answered, httptest.NewRequest(http.MethodGet, target, nil))
	return answered.Body.String()
}
