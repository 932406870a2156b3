package reconcile

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pennytie/reconcile/money"
)

// sureOf is a match with a call and a product as sure as that.
func sureOf(state MatchState, call, product Confidence) Match {
	return Match{State: state, LeadID: "L", CallID: "C", ProductID: "P", Products: []Candidate{{ProductID: "P", Confidence: product}},
		Candidates: []Candidate{{LeadID: "L", CallID: "C", Confidence: 9900, Calls: []Candidate{{CallID: "C", Confidence: call}}}}}
}

// A call or a product that is likely is credited, and not written to where it cannot be taken back.
func TestOnlyTheSureIsAgreed(t *testing.T) {
	policy := Policy{AutoConfirm: 9500}
	record := SourceRecord{Role: RoleBook}
	for _, c := range []struct {
		match Match
		want  Agreed
	}{
		{sureOf(MatchAuto, 9500, 9500), Agreed{CallID: "C", ProductID: "P"}},
		{sureOf(MatchAuto, 9499, 9500), Agreed{ProductID: "P"}},
		{sureOf(MatchAuto, 9500, 9499), Agreed{CallID: "C"}},
		{sureOf(MatchManual, 5000, 9500), Agreed{CallID: "C", ProductID: "P"}}, // a person's word
	} {
		c.want.LeadID, c.want.Verification = "L", Confirmed
		got := AgreedFacts(&Payment{Verification: Confirmed, Match: c.match}, &Known{}, &record, Coverage{}, policy)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s, call %v: (-want +got)\n%s", c.match.State, c.match.Candidates[0].Calls[0].Confidence, diff)
		}
	}
}

// What is agreed of a payment, for each way in which its claims may stand to it.
func TestAgreedFacts(t *testing.T) {
	policy := Policy{AutoConfirm: 9500}
	usd := func(minor int64) *money.Amount { a := money.New(minor, "USD"); return &a }
	at := time.Date(2026, 6, 1, 8, 0, 0, 0, time.UTC)
	record := func(source string, role Role, id string, status Status, minor int64) SourceRecord {
		r := SourceRecord{Source: source, Provider: source, Role: role, Kind: KindPayment, ID: id,
			Keys:  []Key{{Provider: "stripe", ID: "pi_1"}, {Provider: source, ID: id}},
			Facts: Facts{Provider: "stripe", ProviderPaymentID: "pi_1", Status: status, Amount: usd(minor), PaymentDate: at}}
		return r
	}
	taken := func(status Status) SourceRecord { return record("stripe", RoleProcessor, "ch_1", status, 1000) }
	full := Agreed{PaymentID: "", Verification: Confirmed, LeadID: "L", CallID: "C", ProductID: "P"}
	with := func(change func(*Agreed)) Agreed {
		facts := full
		change(&facts)
		return facts
	}
	for name, c := range map[string]struct {
		state   MatchState
		known   Known
		decided bool
		want    Agreed
	}{
		"all say the same": {MatchAuto, Known{Records: []SourceRecord{record("aura", RoleBook, "a", StatusSucceeded, 1000), taken(StatusSucceeded)}}, true, full},
		"by hand":          {MatchManual, Known{Records: []SourceRecord{record("aura", RoleBook, "a", StatusSucceeded, 1000), taken(StatusSucceeded)}}, true, full},
		"only suggested":   {MatchSuggested, Known{Records: []SourceRecord{record("aura", RoleBook, "a", StatusSucceeded, 1000), taken(StatusSucceeded)}}, false, Agreed{}},
		"only suggested, and behind": {MatchSuggested, Known{Records: []SourceRecord{record("aura", RoleBook, "a", StatusPending, 1000), taken(StatusSucceeded)}}, false,
			Agreed{}},
		"another amount": {MatchAuto, Known{Records: []SourceRecord{record("aura", RoleBook, "a", StatusSucceeded, 900), taken(StatusSucceeded)}}, true, Agreed{}},
		"behind":         {MatchAuto, Known{Records: []SourceRecord{record("aura", RoleBook, "a", StatusPending, 1000), taken(StatusSucceeded)}}, true, Agreed{Status: StatusSucceeded}},
		"two are behind": {MatchAuto, Known{Records: []SourceRecord{record("aura", RoleBook, "a", StatusPending, 1000),
			record("cents", RoleBook, "c", StatusPending, 1000), taken(StatusSucceeded)}}, true, Agreed{}},
		"behind, of another amount": {MatchAuto, Known{Records: []SourceRecord{record("aura", RoleBook, "a", StatusPending, 900), taken(StatusSucceeded)}}, true, Agreed{}},
		"failed, which nobody need be found for": {MatchUnmatched, Known{Records: []SourceRecord{record("aura", RoleBook, "a", StatusPending, 1000), taken(StatusFailed)}}, false,
			Agreed{Status: StatusFailed}},
		"pending":      {MatchAuto, Known{Records: []SourceRecord{record("aura", RoleBook, "a", StatusSucceeded, 1000), taken(StatusPending)}}, true, Agreed{}},
		"claimed only": {MatchAuto, Known{Records: []SourceRecord{record("aura", RoleBook, "a", StatusSucceeded, 1000)}}, true, Agreed{}},
		"refunded": {MatchAuto, Known{Records: []SourceRecord{record("aura", RoleBook, "a", StatusSucceeded, 1000), taken(StatusSucceeded)},
			Refunds: []Refund{{Source: "stripe", Provider: "stripe", Role: RoleProcessor, ID: "re_1", Amount: *usd(1000), Status: RefundRowSucceeded}}}, true,
			Agreed{Status: StatusRefunded, Refunded: usd(1000)}},
		"refunded in part": {MatchAuto, Known{Records: []SourceRecord{record("aura", RoleBook, "a", StatusSucceeded, 1000), taken(StatusSucceeded)},
			Refunds: []Refund{{Source: "stripe", Provider: "stripe", Role: RoleProcessor, ID: "re_1", Amount: *usd(400), Status: RefundRowSucceeded}}}, true,
			with(func(a *Agreed) { a.Refunded = usd(400) })},
		"joined without the processor's id": {MatchAuto, Known{Records: []SourceRecord{unnamed(record("aura", RoleBook, "a", StatusSucceeded, 1000)),
			taken(StatusSucceeded)}}, true, with(func(a *Agreed) { a.ExternalID = "pi_1" })},
		"for an invoice": {MatchAuto, Known{Records: []SourceRecord{record("aura", RoleBook, "a", StatusSucceeded, 1000), named(taken(StatusSucceeded), "inv_1")}}, true,
			with(func(a *Agreed) { a.InvoiceID, a.Allocate = "inv_1", usd(1000) })},
		"an invoice that only a book names": {MatchAuto, Known{Records: []SourceRecord{named(record("aura", RoleBook, "a", StatusSucceeded, 1000), "inv_1"),
			taken(StatusSucceeded)}}, true, full},
		"two invoices": {MatchAuto, Known{Records: []SourceRecord{record("aura", RoleBook, "a", StatusSucceeded, 1000), named(taken(StatusSucceeded), "inv_1"),
			named(record("stripe", RoleProcessor, "ch_2", StatusSucceeded, 1000), "inv_2")}}, true, full},
	} {
		cover := Coverage{Processor: func(string, *SourceRecord) bool { return false }, Book: func(string, time.Time) bool { return false }}
		p, _, is := Fold("org", c.known)
		if !is {
			t.Fatalf("%s: no payment", name)
		}
		p.Match = sureOf(c.state, 9700, 9600)
		p.Verification, _ = Verify(&p, &c.known, cover, c.decided)
		if c.want.Verification != "" {
			c.want.PaymentID = p.ID
		}
		if got := AgreedFacts(&p, &c.known, &c.known.Records[0], cover, policy); cmp.Diff(c.want, got) != "" {
			t.Errorf("%s (-want +got):\n%s", name, cmp.Diff(c.want, got))
		}
		if got := AgreedFacts(&p, &c.known, &c.known.Records[len(c.known.Records)-1], cover, policy); got.Status+Status(got.ExternalID) != "" && p.Role == RoleProcessor {
			t.Errorf("%s: a processor is told its own money: %+v", name, got)
		}
	}
}

// named says in its metadata which invoice it is for.
func named(r SourceRecord, invoice string) SourceRecord {
	r.Facts.Payer.Metadata = map[string]string{"invoice_id": invoice}
	return r
}

// unnamed has no key but its own.
func unnamed(r SourceRecord) SourceRecord {
	r.Keys = r.Keys[1:]
	return r
}
