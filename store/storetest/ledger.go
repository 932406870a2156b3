package storetest

import (
	"reflect"
	"testing"
	"time"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

// fullEntry is an entry in which every field is set.
func fullEntry(id string, keys ...reconcile.Key) *reconcile.Entry {
	return &reconcile.Entry{
		Source: "s", Provider: "stripe", ID: id, Export: true, Kind: reconcile.EntryCharge, Category: "charge", About: "ch_1", Keys: keys,
		Gross: money.New(1000, "EUR"), Fee: money.New(-30, "EUR"), Net: money.New(1030, "EUR"), Facing: known(usd(1100)),
		PayoutID: "po_1", Description: "Course \x00 'a'", CreatedAt: day(4), AvailableOn: day(6),
	}
}

// entry is one with only what every entry has.
func entry(source, id string, export bool, keys ...reconcile.Key) *reconcile.Entry {
	return &reconcile.Entry{Source: source, Provider: "stripe", ID: id, Export: export, Kind: reconcile.EntryOther, Keys: keys,
		Gross: usd(-100), Fee: usd(0), Net: usd(-100), CreatedAt: day(5)}
}

func fullPayout(id string) *reconcile.Payout {
	return &reconcile.Payout{
		Source: "s", Provider: "stripe", ID: id, Export: true, Amount: usd(-5), Status: reconcile.PayoutInTransit, ProviderStatus: "x",
		Automatic: true, Itemised: true, Description: "d", CreatedAt: day(4), ArrivesOn: day(6), Open: true,
	}
}

func testEntryRoundTrip(t *testing.T, store reconcile.Store) {
	update(t, store, func(tx reconcile.Tx) {
		p := add(t, tx, "1", nil, nil, nil) // owns pi_1
		want := fullEntry("txn_1", key("pi_1"), reconcile.Key{Provider: "aura", Account: "org", ID: "u"})
		bare := entry("s", "txn_0", false)
		bare.CreatedAt = time.Time{}
		wantChange(t, "entry", reconcile.New)(tx.PutEntry(want))
		wantChange(t, "bare", reconcile.New)(tx.PutEntry(bare))
		want.PaymentID = p.ID
		unset(t, reflect.ValueOf(*want), "Entry")
		same(t, "entries", all(t, tx.Entries(reconcile.EntryFilter{})), []*reconcile.Entry{bare, want})
		same(t, "of the payment", must(tx.Known(p.Row)).Entries, []reconcile.Entry{*want})
		before := tx.Writes()
		wantChange(t, "the same", reconcile.Unchanged)(tx.PutEntry(want))
		same(t, "writes", tx.Writes(), before)

		payout := fullPayout("po_1")
		wantChange(t, "payout", reconcile.New)(tx.PutPayout(payout))
		unset(t, reflect.ValueOf(*payout), "Payout")
		plain := &reconcile.Payout{Source: "t", Provider: "stripe", ID: "po_0", Amount: usd(7), Status: reconcile.PayoutPaid}
		wantChange(t, "plain payout", reconcile.New)(tx.PutPayout(plain))
		same(t, "payouts", all(t, tx.Payouts(nil)), []*reconcile.Payout{plain, payout})
		same(t, "payouts of a source", all(t, tx.Payouts([]string{"s"})), []*reconcile.Payout{payout})
		before = tx.Writes()
		wantChange(t, "the same payout", reconcile.Unchanged)(tx.PutPayout(payout))
		same(t, "writes", tx.Writes(), before)
		payout.Status = reconcile.PayoutFailed
		wantChange(t, "a payout that failed", reconcile.Changed)(tx.PutPayout(payout))
	})
	for name, spoil := range map[string]func(*reconcile.Entry){
		"net":        func(e *reconcile.Entry) { e.Net.Minor++ },
		"currencies": func(e *reconcile.Entry) { e.Fee.Currency = "USD" },
		"kind":       func(e *reconcile.Entry) { e.Kind = "gift" },
	} {
		err := store.Update(t.Context(), func(tx reconcile.Tx) error {
			bad := fullEntry("txn_bad")
			spoil(bad)
			_, err := tx.PutEntry(bad)
			return err
		})
		t.Log(name, err)
		wantKind(t, err, reconcile.ErrInvalid)
	}
}

func testEntryOrder(t *testing.T, store reconcile.Store) {
	update(t, store, func(tx reconcile.Tx) {
		for _, e := range []struct {
			source, id string
			on         int
		}{{"b", "2", 5}, {"a", "3", 5}, {"b", "1", 5}, {"c", "0", 4}, {"a", "4", 6}} {
			row := entry(e.source, e.id, false)
			row.CreatedAt = day(e.on)
			must(tx.PutEntry(row))
		}
		got := func(f reconcile.EntryFilter) (ids []string) {
			for _, e := range all(t, tx.Entries(f)) {
				ids = append(ids, e.ID)
			}
			return ids
		}
		same(t, "created, source, id", got(reconcile.EntryFilter{}), []string{"0", "3", "1", "2", "4"})
		same(t, "half-open", got(reconcile.EntryFilter{From: day(5), To: day(6)}), []string{"3", "1", "2"})
		same(t, "from", got(reconcile.EntryFilter{From: day(6)}), []string{"4"})
		same(t, "to", got(reconcile.EntryFilter{To: day(5)}), []string{"0"})
		same(t, "of sources", got(reconcile.EntryFilter{Sources: []string{"b", "c"}}), []string{"0", "1", "2"})
	})
}

// testEntryPayout keeps the payout of an entry, whoever named it, and whatever came first.
func testEntryPayout(t *testing.T, store reconcile.Store) {
	update(t, store, func(tx reconcile.Tx) {
		paidOut := func(id string, source string, export bool, payout string) *reconcile.Entry {
			e := entry(source, id, export)
			e.PayoutID = payout
			return e
		}
		stored := func(id, source, payout string) {
			t.Helper()
			for _, e := range all(t, tx.Entries(reconcile.EntryFilter{})) {
				if e.ID == id && (e.Source != source || e.PayoutID != payout) {
					t.Errorf("%s is of %s with payout %q, want %s and %q", id, e.Source, e.PayoutID, source, payout)
				}
			}
		}
		wantChange(t, "without", reconcile.New)(tx.PutEntry(paidOut("1", "s", false, "")))
		wantChange(t, "named", reconcile.Changed)(tx.PutEntry(paidOut("1", "s", false, "po_1")))
		wantChange(t, "not named", reconcile.Unchanged)(tx.PutEntry(paidOut("1", "s", false, "")))
		stored("1", "s", "po_1")
		wantChange(t, "another", reconcile.Changed)(tx.PutEntry(paidOut("1", "s", false, "po_2")))
		stored("1", "s", "po_2")

		wantChange(t, "an export", reconcile.New)(tx.PutEntry(paidOut("2", "a", true, "po_1")))
		wantChange(t, "a direct read of it", reconcile.Changed)(tx.PutEntry(paidOut("2", "s", false, "")))
		wantChange(t, "the export again", reconcile.Duplicate)(tx.PutEntry(paidOut("2", "a", true, "po_1")))
		stored("2", "s", "po_1")

		wantChange(t, "a direct read", reconcile.New)(tx.PutEntry(paidOut("3", "s", false, "")))
		wantChange(t, "an export of it that knows more", reconcile.Changed)(tx.PutEntry(paidOut("3", "a", true, "po_1")))
		wantChange(t, "the export again", reconcile.Duplicate)(tx.PutEntry(paidOut("3", "a", true, "po_1")))
		wantChange(t, "the direct read again", reconcile.Unchanged)(tx.PutEntry(paidOut("3", "s", false, "")))
		stored("3", "s", "po_1")
		wantChange(t, "an export that says otherwise", reconcile.Duplicate)(tx.PutEntry(paidOut("3", "a", true, "po_9")))
		stored("3", "s", "po_1")

		wantChange(t, "an exported payout", reconcile.New)(tx.PutPayout(fullPayout("po")))
		direct := fullPayout("po")
		direct.Source, direct.Export = "t", false
		wantChange(t, "a direct read of the payout", reconcile.Changed)(tx.PutPayout(direct))
		wantChange(t, "the exported payout again", reconcile.Duplicate)(tx.PutPayout(fullPayout("po")))
		other := fullPayout("po")
		other.Provider = "wepay"
		wantChange(t, "another provider's id", reconcile.New)(tx.PutPayout(other))
	})
}

// testEntryPayment finds the payment of an entry by its first key, whenever that comes and wherever it goes.
func testEntryPayment(t *testing.T, store reconcile.Store) {
	update(t, store, func(tx reconcile.Tx) {
		payment := func() string {
			t.Helper()
			return all(t, tx.Entries(reconcile.EntryFilter{}))[0].PaymentID
		}
		must(tx.PutEntry(entry("s", "txn_1", false, key("pi_b"), key("pi_a"))))
		a := add(t, tx, "a", nil, nil, nil)
		same(t, "the second key decides nothing", payment(), "")
		same(t, "nor of the payment", len(must(tx.Known(a.Row)).Entries), 0)
		b := add(t, tx, "b", nil, nil, nil)
		same(t, "the first key has come", payment(), "b")
		same(t, "of the payment", len(must(tx.Known(b.Row)).Entries), 1)
		elsewhere := reconcile.Key{Provider: "wepay", ID: "pi_b"}
		if err := tx.AddKeys(a.Row, []reconcile.Key{elsewhere, {Provider: "stripe", Account: "acct", ID: "pi_b"}}); err != nil {
			t.Fatal(err)
		}
		same(t, "an id of another space", len(must(tx.Known(a.Row)).Entries), 0)
		if err := tx.Merge(a.Row, b.Row); err != nil {
			t.Fatal(err)
		}
		same(t, "merged", payment(), "a")
		same(t, "of the merged payment", must(tx.Known(a.Row)).Entries[0].ID, "txn_1")
		left := must(tx.Split(a.Row, []reconcile.Key{key("pi_b")}, nil))
		same(t, "split", payment(), "")
		same(t, "of the row that left", len(must(tx.Known(left)).Entries), 1)
		settle(t, tx, a, reconcile.MatchUnmatched)
		same(t, "nobody lost it yet", tx.Moved(), nil)
		wantChange(t, "other keys", reconcile.Changed)(tx.PutEntry(entry("s", "txn_1", false, elsewhere)))
		same(t, "moved", payment(), "a")
		same(t, "who lost it", tx.Moved(), []int64{left})
		wantChange(t, "with an account", reconcile.Changed)(tx.PutEntry(entry("s", "txn_1", false, reconcile.Key{Provider: "stripe", Account: "acct", ID: "pi_b"})))
		same(t, "by account", payment(), "a")
	})
}

func testLedgerTotals(t *testing.T, store reconcile.Store) {
	update(t, store, func(tx reconcile.Tx) {
		must(tx.PutEntry(fullEntry("1")))
		must(tx.PutEntry(fullEntry("2")))
		must(tx.PutEntry(entry("s", "3", false)))
		must(tx.PutEntry(entry("t", "4", false)))
		want := []reconcile.LedgerTotal{
			{Source: "s", Currency: "EUR", Kind: reconcile.EntryCharge, Count: 2, Gross: 2000, Fee: -60, Net: 2060},
			{Source: "s", Currency: "USD", Kind: reconcile.EntryOther, Count: 1, Gross: -100, Net: -100},
			{Source: "t", Currency: "USD", Kind: reconcile.EntryOther, Count: 1, Gross: -100, Net: -100},
		}
		same(t, "totals", must(tx.LedgerTotals(nil)), want)
		same(t, "of a source", must(tx.LedgerTotals([]string{"t"})), want[2:])
		must(tx.PutRefund(0, refund("s", "re_1", false)))
		must(tx.PutRefund(0, refund("s", "re_2", false)))
		must(tx.PutDispute(0, dispute("s", "dp_1", false)))
		must(tx.PutPayout(&reconcile.Payout{Source: "t", Provider: "stripe", ID: "po_1", Amount: usd(-7), Status: reconcile.PayoutPaid, CreatedAt: day(3)}))
		rows := []reconcile.RowTotal{
			{Source: "s", Currency: "USD", Kind: reconcile.RefDispute, Count: 1, Sum: usd(10).Minor},
			{Source: "s", Currency: "USD", Kind: reconcile.RefRefund, Count: 2, Sum: 2 * usd(10).Minor},
			{Source: "t", Currency: "USD", Kind: reconcile.RefPayout, Count: 1, Sum: usd(-7).Minor},
		}
		same(t, "of rows", must(tx.RowTotals(nil)), rows)
		same(t, "of a source's rows", must(tx.RowTotals([]string{"t"})), rows[2:])
	})
	update(t, store, func(tx reconcile.Tx) {
		for _, id := range []string{"5", "6", "7"} {
			huge := entry("t", id, false)
			huge.Gross.Minor = 1 << 62
			huge.Net.Minor = 1 << 62
			must(tx.PutEntry(huge))
		}
	})
	wantKind(t, store.View(t.Context(), func(r reconcile.Reader) error {
		_, err := r.LedgerTotals(nil)
		return err
	}), reconcile.ErrIntegrity)
}
