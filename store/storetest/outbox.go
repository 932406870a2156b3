package storetest

import (
	"encoding/json"
	"reflect"
	"testing"

	"pennytie/reconcile"
)

func wish(source, id string, kind reconcile.IntentKind) *reconcile.Intent {
	return &reconcile.Intent{Source: source, Provider: "aura", Record: id, PaymentID: "pay_1", Base: "b", State: reconcile.IntentPending,
		Wanted: reconcile.Wanted{Kind: kind, Facts: reconcile.Agreed{CallID: "call_1"}}, CreatedAt: day(1)}
}

func testOutbox(t *testing.T, store reconcile.Store) {
	full := wish("aura-main", "u1", reconcile.IntentStatus)
	amount := usd(5)
	full.Wanted.Facts = reconcile.Agreed{PaymentID: "p", Verification: reconcile.Confirmed, LeadID: "l", CallID: "c", ProductID: "pr",
		Status: reconcile.StatusRefunded, Disputed: true, Refunded: &amount, ExternalID: "pi", InvoiceID: "i", Allocate: &amount}
	full.RunID, full.Attempts, full.Body, full.Seen = "run-1", 2, "sum", "seen"
	full.Echo = []reconcile.EchoField{{Path: []string{"payer", "metadata", "a.b"}, Before: json.RawMessage("null"), After: json.RawMessage(`"x"`)}}
	full.Trouble = reconcile.Trouble{Reason: "r", Field: "f", Ours: "o", Theirs: "t"}
	full.State, full.SentAt, full.DoneAt = reconcile.IntentDone, day(2), day(3)
	bare, sent, elsewhere := wish("aura-main", "u1", reconcile.IntentStatus), wish("aura-main", "u2", reconcile.IntentAttribution), wish("other", "u1", reconcile.IntentAllocation)
	update(t, store, func(tx reconcile.Tx) {
		same(t, "none", must(tx.AnyIntents("aura-main")), false)
		for _, i := range []*reconcile.Intent{full, bare, sent, elsewhere} {
			if err := tx.PutIntent(i); err != nil || i.ID == 0 {
				t.Fatalf("intent %d, %v", i.ID, err)
			}
		}
		same(t, "writes: the outbox is bookkeeping", tx.Writes(), 0)
	})
	unset(t, reflect.ValueOf(*full), "Intent")
	sent.State, sent.Attempts, sent.Body, sent.SentAt = reconcile.IntentSent, 1, "sum", day(2)
	update(t, store, func(tx reconcile.Tx) {
		if err := tx.PutIntent(sent); err != nil {
			t.Fatal(err)
		}
	})
	view(t, store, func(r reconcile.Reader) {
		same(t, "of a record, by ID", must(r.IntentsOf("aura-main", "aura", "u1")), []reconcile.Intent{*full, *bare})
		same(t, "of another provider's", must(r.IntentsOf("aura-main", "stripe", "u1")), nil)
		same(t, "open", must(r.Outbox("aura-main", 0, 9)), []reconcile.Intent{*bare, *sent})
		same(t, "first page", must(r.Outbox("aura-main", 0, 1)), []reconcile.Intent{*bare})
		same(t, "second page", must(r.Outbox("aura-main", bare.ID, 9)), []reconcile.Intent{*sent})
		same(t, "waiting", must(r.Waiting()), map[string]int{"aura-main": 2, "other": 1})
		same(t, "any", must(r.AnyIntents("aura-main")), true)
	})
	for name, wrong := range map[string]func(*reconcile.Intent){
		"a second pending one": func(*reconcile.Intent) {},
		"sent without a body":  func(i *reconcile.Intent) { i.State, i.Wanted.Kind = reconcile.IntentSent, reconcile.IntentAllocation },
		"done and not done":    func(i *reconcile.Intent) { i.DoneAt, i.Wanted.Kind = day(3), reconcile.IntentAllocation },
	} {
		i := wish("aura-main", "u1", reconcile.IntentStatus)
		wrong(i)
		if err := store.Update(t.Context(), func(tx reconcile.Tx) error { return tx.PutIntent(i) }); err == nil {
			t.Errorf("%s was stored", name)
		}
	}
}
