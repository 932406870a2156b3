package files

import (
	"strings"
	"testing"

	"pennytie/reconcile"
)

const itemised = "automatic_payout_id,balance_transaction_id,created_utc,currency,gross,fee,net,reporting_category,source_id,payment_intent_id\n" +
	"po_1,txn_1,2025-03-01 10:00:00,usd,90.00,3.00,87.00,charge,ch_1,pi_1\n" +
	"po_1,txn_2,2025-03-02 10:00:00,usd,-10.00,0.00,-10.00,refund,re_1,pi_1\n" +
	"po_1,txn_3,2025-03-02 11:00:00,usd,-2.00,0.00,-2.00,fee,,\n" +
	"po_1,txn_4,2025-03-03 10:00:00,usd,-75.00,0.00,-75.00,payout,po_1,\n"

// A row that is a payment and a line of the ledger is two records, however it is read: whole, in pieces, or unchanged.
func TestLedgerRowsAreCountedOnce(t *testing.T) {
	cfg := Config{As: Payments, Format: FormatStripePayout, Path: write(t, "itemised.csv", itemised)}
	first := pullAll(t, cfg)
	if len(first.Payments) != 1 || len(first.Refunds) != 1 || len(first.Entries) != 4 || len(first.Payouts) != 1 || first.rows() != 7 {
		t.Fatalf("%+v", first.Page)
	}
	net := int64(0)
	for _, e := range first.Entries {
		if e.Kind != reconcile.EntryPayout {
			net += e.Net.Minor
		}
		if e.PayoutID != "po_1" || !e.Export || e.Gross.Minor-e.Fee.Minor != e.Net.Minor {
			t.Errorf("%+v", e)
		}
	}
	if net != first.Payouts[0].Amount.Minor {
		t.Errorf("the members come to %d of %s", net, first.Payouts[0].Amount)
	}
	again, err := pullFrom(t, cfg, first.Next, false)
	if err != nil || again.Skipped.Unchanged != 7 || again.rows() != 7 {
		t.Errorf("unchanged: %+v, %v", again.Page, err)
	}
	cfg.ChunkRows = 1
	if pieces, err := pullFrom(t, cfg, "", true); err != nil || pieces.rows() != 7 || pieces.Next != first.Next {
		t.Errorf("in pieces: %+v, %v", pieces.Page, err)
	}
}

func TestWithoutLedgerIDs(t *testing.T) {
	text := strings.NewReplacer("balance_transaction_id,", "", "txn_1,", "", "txn_2,", "", "txn_3,", "", "txn_4,", "").Replace(itemised)
	all := pullAll(t, Config{As: Payments, Format: FormatStripePayout, Path: write(t, "p.csv", text)})
	if len(all.Payments) != 1 || len(all.Refunds) != 1 || len(all.Entries)+len(all.Payouts) > 0 || len(all.Quarantined) != 2 {
		t.Fatalf("%+v", all.Page)
	}
	if q := all.Quarantined[0]; !strings.Contains(q.Reason, "balance_transaction_id") || q.Line != 4 {
		t.Errorf("line %d: %s", q.Line, q.Reason)
	}
}
