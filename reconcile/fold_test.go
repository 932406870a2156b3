package reconcile

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pennytie/reconcile/money"
)

func day(n int) time.Time { return time.Date(2026, 3, n, 12, 0, 0, 0, time.UTC) }

func usd(minor int64) *money.Amount { a := money.New(minor, "USD"); return &a }

func record(role Role, id string, status Status, minor int64) SourceRecord {
	return SourceRecord{Source: string(role) + "-source", Provider: "stripe", Role: role, Kind: KindPayment, ID: id,
		Keys:  []Key{{Provider: "stripe", ID: "pi_1"}, {Provider: "stripe", ID: id}},
		Facts: Facts{ProviderPaymentID: "pi_1", Status: status, Amount: usd(minor), PaymentDate: day(1)}}
}

func refund(id string, status RefundRowStatus, minor int64, on int) Refund {
	return Refund{Source: "s", Provider: "stripe", ID: id, Amount: *usd(minor), Status: status, CreatedAt: day(on)}
}

func codes(found []Exception) string {
	text := ""
	for _, e := range found {
		text += string(e.Code) + " "
	}
	return text
}

func TestRefundState(t *testing.T) {
	for _, test := range []struct {
		name    string
		rows    []Refund
		want    string
		because string
	}{
		{"none", nil, "succeeded none 0.00 ", ""},
		{"pending is not money", []Refund{refund("r1", RefundRowPending, 500, 2)}, "succeeded pending 0.00 ", ""},
		{"partial", []Refund{refund("r1", RefundRowSucceeded, 500, 2)}, "succeeded partial 5.00 r1", ""},
		{"two make it full", []Refund{refund("r2", RefundRowSucceeded, 500, 3), refund("r1", RefundRowSucceeded, 500, 2)}, "refunded full 10.00 r2", ""},
		{"failed", []Refund{refund("r1", RefundRowFailed, 1000, 2)}, "succeeded failed 0.00 ", ""},
		{"canceled gives the money back too", []Refund{refund("r1", RefundRowCanceled, 1000, 2)}, "succeeded failed 0.00 ", ""},
		{"one failed, one succeeded", []Refund{refund("r1", RefundRowFailed, 1000, 2), refund("r2", RefundRowSucceeded, 200, 3)}, "succeeded partial 2.00 r2", ""},
		{"over", []Refund{refund("r1", RefundRowSucceeded, 1001, 2)}, "refunded full 10.01 r1", "REFUND_EXCEEDS "},
	} {
		p, found, is := Fold("org", Known{Records: []SourceRecord{record(RoleProcessor, "ch_1", StatusSucceeded, 1000)}, Refunds: test.rows})
		if !is {
			t.Fatalf("%s: no payment", test.name)
		}
		if got := fmt.Sprintf("%s %s %s %s", p.Status, p.Refund.Status, p.Refund.Amount, p.Refund.ID); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
		if codes(found) != test.because {
			t.Errorf("%s: exceptions %q, want %q", test.name, codes(found), test.because)
		}
	}
}

func TestForeignRefundIsNotCounted(t *testing.T) {
	foreign := refund("r1", RefundRowSucceeded, 500, 2)
	foreign.Amount.Currency = "EUR"
	p, found, _ := Fold("org", Known{Records: []SourceRecord{record(RoleProcessor, "ch_1", StatusSucceeded, 1000)}, Refunds: []Refund{foreign}})
	if p.Refund.Amount.Minor != 0 || codes(found) != "CURRENCY_MISMATCH " {
		t.Errorf("%v, %s", p.Refund, codes(found))
	}
}

func TestAReleasedAuthorisationIsNoRefund(t *testing.T) {
	r := record(RoleProcessor, "ch_1", StatusFailed, 1000)
	r.Facts.Captured = usd(0)
	released := refund("r1", RefundRowSucceeded, 1000, 8)
	released.Reason = ReasonReleased
	p, found, _ := Fold("org", Known{Records: []SourceRecord{r}, Refunds: []Refund{released}})
	if p.Refund.Status != RefundNone || p.Refund.Amount.Minor != 0 || len(found) != 0 {
		t.Errorf("%v %s", p.Refund, codes(found))
	}
	released.Reason = "requested_by_customer"
	if _, found, _ = Fold("org", Known{Records: []SourceRecord{r}, Refunds: []Refund{released}}); codes(found) != "REFUND_EXCEEDS " {
		t.Errorf("money given back that never came: %s", codes(found))
	}
}

func TestClaimedRefundMustAgreeWithItsRows(t *testing.T) {
	r := record(RoleProcessor, "pi_1", StatusRefunded, 1000)
	p, found, _ := Fold("org", Known{Records: []SourceRecord{r}})
	if p.Refund.Status != RefundFull || p.Refund.Amount != *usd(1000) || len(found) != 0 {
		t.Errorf("a refunded payment without rows: %v %s", p.Refund, codes(found))
	}
	p, found, _ = Fold("org", Known{Records: []SourceRecord{r}, Refunds: []Refund{refund("r1", RefundRowSucceeded, 400, 2)}})
	if p.Status != StatusSucceeded || p.Refund.Status != RefundPartial || codes(found) != "REFUND_MISMATCH " {
		t.Errorf("rows against claim: %s %v %s", p.Status, p.Refund, codes(found))
	}
}

func TestDisputeState(t *testing.T) {
	dispute := func(id string, status DisputeStatus, inquiry bool) Dispute {
		return Dispute{Provider: "stripe", ID: id, Amount: *usd(1000), Status: status, Inquiry: inquiry, CreatedAt: day(4)}
	}
	for _, test := range []struct {
		name string
		rows []Dispute
		want string
	}{
		{"none", nil, "none 0.00 "},
		{"open", []Dispute{dispute("d", DisputeOpen, false)}, "open 10.00 DISPUTE_OPEN "},
		{"lost", []Dispute{dispute("d", DisputeLost, false)}, "lost 10.00 DISPUTE_LOST "},
		{"won", []Dispute{dispute("d", DisputeWon, false)}, "won 0.00 "},
		{"inquiry moves no money", []Dispute{dispute("d", DisputeOpen, true)}, "open 0.00 DISPUTE_OPEN "},
		{"closed inquiry leaves nothing", []Dispute{dispute("d", DisputeWon, true)}, "none 0.00 "},
		{"won, then lost", []Dispute{dispute("d", DisputeWon, false), dispute("e", DisputeLost, false)}, "lost 10.00 DISPUTE_LOST "},
	} {
		p, found, _ := Fold("org", Known{Records: []SourceRecord{record(RoleProcessor, "ch_1", StatusSucceeded, 1000)}, Disputes: test.rows})
		if got := fmt.Sprintf("%s %s %s", p.Dispute.Status, p.Dispute.Amount, codes(found)); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

// Declined, then paid on one intent; a typed address; a book's claim; an old export: the fold is the same whatever came
// first.
func TestFoldDoesNotDependOnOrder(t *testing.T) {
	declined := record(RoleProcessor, "ch_0", StatusFailed, 1000)
	paid := record(RoleProcessor, "ch_1", StatusSucceeded, 1000)
	paid.Facts.Emails = []string{"billing@example.com"}
	paid.Facts.Fee, paid.Facts.Net = usd(59), usd(941)
	export := record(RoleProcessor, "pi_1", StatusPending, 999)
	export.Export, export.Source = true, "export"
	book := record(RoleBook, "row7", StatusSucceeded, 1000)
	book.Facts.Name = "Ada Book"
	session := SourceRecord{Source: "processor-source", Provider: "stripe", Role: RoleProcessor, Kind: KindDetail, ID: "cs_1",
		Keys: []Key{{Provider: "stripe", ID: "pi_1"}}, Facts: Facts{Emails: []string{"typed@example.com"}, Payer: Payer{Metadata: map[string]string{"a": "1"}}}}
	records := []SourceRecord{declined, paid, export, book, session}
	refunds := []Refund{refund("r1", RefundRowSucceeded, 100, 2), refund("r2", RefundRowSucceeded, 200, 2), refund("r3", RefundRowPending, 1, 3)}
	want, _, _ := Fold("org", Known{Records: records, Refunds: refunds})
	if want.Source != "processor-source" || want.Status != StatusSucceeded || want.CustomerEmail != "typed@example.com" ||
		want.CustomerName != "Ada Book" || want.Refund.ID != "r2" || *want.Fee != *usd(59) {
		t.Fatalf("fold: %+v", want)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		random.Shuffle(len(records), func(i, j int) { records[i], records[j] = records[j], records[i] })
		random.Shuffle(len(refunds), func(i, j int) { refunds[i], refunds[j] = refunds[j], refunds[i] })
		got, _, _ := Fold("org", Known{Records: records, Refunds: refunds})
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	}
}

func TestUnknownFeeIsNotZero(t *testing.T) {
	p, _, _ := Fold("org", Known{Records: []SourceRecord{record(RoleProcessor, "ch_1", StatusSucceeded, 1000)}})
	if p.Fee != nil || p.Net != nil {
		t.Errorf("fee %v, net %v", p.Fee, p.Net)
	}
}

func TestAuthorisedOnlyIsNotMoney(t *testing.T) {
	r := record(RoleProcessor, "ch_1", StatusPending, 1000)
	r.Facts.Captured = usd(0)
	p, _, _ := Fold("org", Known{Records: []SourceRecord{r}})
	if p.Captured.Minor != 0 || p.Status.Collected() {
		t.Errorf("%v captured, %s", p.Captured, p.Status)
	}
}

func TestDetailsAloneAreNoPayment(t *testing.T) {
	if _, _, is := Fold("org", Known{Refunds: []Refund{refund("r", RefundRowSucceeded, 1, 1)}}); is {
		t.Error("a refund without its payment became a payment")
	}
}

func TestVerify(t *testing.T) {
	everything := Coverage{Processor: func(string, *SourceRecord) bool { return true }, Book: func(string, time.Time) bool { return false }}
	nothing := Coverage{Processor: func(string, *SourceRecord) bool { return false }, Book: everything.Book}
	books := Coverage{Processor: everything.Processor, Book: func(string, time.Time) bool { return true }}
	processor := record(RoleProcessor, "ch_1", StatusSucceeded, 1000)
	claim := func(status Status, minor int64) SourceRecord { return record(RoleBook, "b1", status, minor) }
	euro := claim(StatusSucceeded, 1000)
	euro.Facts.Amount.Currency = "EUR"
	again := claim(StatusSucceeded, 1000)
	again.ID = "b2"
	gone := claim(StatusSucceeded, 1000)
	gone.Gone = true
	doubtful := claim(StatusPending, 1000)
	doubtful.Facts.Doubts = []Doubt{{Code: ExStatusMismatch, Field: "status", Actual: "on_hold"}}
	refunded := claim(StatusSucceeded, 1000)
	refunded.Facts.RefundedAmount = usd(300)
	part := record(RoleProcessor, "ch_1", StatusSucceeded, 1000)
	part.Facts.Captured = usd(800)
	unsaid := claim(StatusSucceeded, 1000)
	unsaid.Facts.RefundStatus = RefundPartial
	partly := record(RoleProcessor, "ch_1", StatusSucceeded, 1000)
	partly.Facts.RefundedAmount = usd(400)
	disputed := claim(StatusSucceeded, 1000)
	disputed.Facts.DisputeStatus = DisputeOpen
	abroad := claim(StatusSucceeded, 1000)
	abroad.Provider, abroad.Keys = "aura", []Key{{Provider: "wepay", ID: "w1"}, {Provider: "aura", ID: "b1"}}
	onlyStripe := Coverage{Processor: func(provider string, _ *SourceRecord) bool { return provider == "stripe" }, Book: everything.Book}
	for _, test := range []struct {
		name    string
		records []SourceRecord
		cover   Coverage
		decided bool
		want    string
	}{
		{"taken and decided", []SourceRecord{processor}, everything, true, "confirmed "},
		{"taken, undecided", []SourceRecord{processor}, everything, false, "needs_review "},
		{"claim agrees", []SourceRecord{processor, claim(StatusSucceeded, 1000)}, everything, true, "confirmed "},
		{"claims more", []SourceRecord{processor, claim(StatusSucceeded, 1001)}, everything, true, "needs_review AMOUNT_OVER "},
		{"claims less", []SourceRecord{processor, claim(StatusSucceeded, 999)}, everything, true, "needs_review AMOUNT_UNDER "},
		{"other currency", []SourceRecord{processor, euro}, everything, true, "needs_review CURRENCY_MISMATCH "},
		{"other status", []SourceRecord{processor, claim(StatusFailed, 1000)}, everything, true, "needs_review STATUS_MISMATCH "},
		{"claimed only, processor complete", []SourceRecord{claim(StatusSucceeded, 1000)}, everything, true, "rejected MISSING_AT_PROCESSOR "},
		{"claimed only, processor not read so far", []SourceRecord{claim(StatusSucceeded, 1000)}, nothing, true, "unverified "},
		{"claimed as pending", []SourceRecord{claim(StatusPending, 1000)}, everything, true, "unverified "},
		{"failed", []SourceRecord{record(RoleProcessor, "ch_1", StatusFailed, 1000)}, everything, true, "unverified "},
		{"failed, claimed as paid", []SourceRecord{record(RoleProcessor, "ch_1", StatusFailed, 1000), claim(StatusSucceeded, 1000)}, everything, true, "needs_review STATUS_MISMATCH "},
		{"no book knows it", []SourceRecord{processor}, books, true, "confirmed MISSING_IN_BOOK "},
		{"claims what was captured of it", []SourceRecord{part, claim(StatusSucceeded, 800)}, everything, true, "confirmed "},
		{"claims what was asked, not captured", []SourceRecord{part, claim(StatusSucceeded, 1000)}, everything, true, "needs_review AMOUNT_OVER "},
		{"claimed twice", []SourceRecord{processor, claim(StatusSucceeded, 1000), again}, everything, true, "needs_review DOUBLE_CREDIT "},
		{"claimed twice, once no longer", []SourceRecord{processor, gone, again}, books, true, "needs_review LATE_CHANGE "},
		{"the only claim is gone", []SourceRecord{gone}, nothing, true, "needs_review LATE_CHANGE "},
		{"the claim is gone, and its money with it", []SourceRecord{processor, gone}, books, true, "needs_review LATE_CHANGE MISSING_IN_BOOK "},
		{"doubtful claim", []SourceRecord{doubtful}, nothing, true, "needs_review STATUS_MISMATCH "},
		{"claims a refund that was not", []SourceRecord{processor, refunded}, everything, true, "needs_review REFUND_MISMATCH "},
		{"a dispute that only the book knows", []SourceRecord{processor, disputed}, everything, true, "needs_review STATUS_MISMATCH "},
		{"claims a part of a refund that was not", []SourceRecord{processor, unsaid}, everything, true, "needs_review REFUND_MISMATCH "},
		{"claims a part of a partial refund", []SourceRecord{partly, unsaid}, everything, true, "confirmed "},
		{"claimed of a processor that is not read", []SourceRecord{abroad}, onlyStripe, true, "unverified "},
	} {
		p, _, _ := Fold("org", Known{Records: test.records})
		status, found := Verify(&p, &Known{Records: test.records}, test.cover, test.decided)
		if got := string(status) + " " + codes(found); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

func TestLateChanges(t *testing.T) {
	before := Payment{Amount: *usd(1000), Status: StatusSucceeded, Verification: Confirmed,
		Refund: RefundSummary{Status: RefundNone, Amount: *usd(0)}, Dispute: DisputeSummary{Status: DisputeNone}}
	after := before
	if found := LateChanges(&before, &after); len(found) != 0 {
		t.Errorf("nothing changed: %v", found)
	}
	after.Refund = RefundSummary{Status: RefundPartial, Amount: *usd(100)}
	found := LateChanges(&before, &after)
	if len(found) != 1 || found[0].Subject != "refunded_amount" || found[0].Expected != "0.00" || found[0].Actual != "1.00" {
		t.Errorf("late refund: %+v", found)
	}
	before.Verification, before.Status = Unverified, StatusRefunded
	after.Status = StatusPending
	if codes(LateChanges(&before, &after)) != "LATE_CHANGE " {
		t.Error("a status that went back was not reported")
	}
}

func TestSeverity(t *testing.T) {
	for _, test := range []struct {
		amount money.Amount
		want   Severity
	}{
		{money.New(0, "USD"), SeverityLow}, {money.New(100_000, "USD"), SeverityMedium},
		{money.New(100_100, "USD"), SeverityHigh}, {money.New(1_001, "JPY"), SeverityHigh}, {money.New(999, "JPY"), SeverityMedium},
	} {
		if got := SeverityOf(test.amount); got != test.want {
			t.Errorf("%v: %s, want %s", test.amount, got, test.want)
		}
	}
}

// Rows of a book about a dispute are no dispute of the processor's payment; they are held against it.
func TestBookDisputes(t *testing.T) {
	processor, claim := record(RoleProcessor, "ch_1", StatusSucceeded, 1000), record(RoleBook, "b1", StatusSucceeded, 1000)
	claim.Provider, claim.Source = "zenskar", "zenskar"
	ours := Dispute{Source: "zenskar", Provider: "zenskar", Role: RoleBook, ID: "d1", Amount: *usd(1000), Status: DisputeLost}
	known := Known{Records: []SourceRecord{processor, claim}, Disputes: []Dispute{ours}}
	p, found, _ := Fold("org", known)
	if p.Dispute.Status != DisputeNone || p.Dispute.Amount.Minor != 0 || len(found) != 0 {
		t.Errorf("%+v, %v", p.Dispute, found)
	}
	cover := Coverage{Processor: func(string, *SourceRecord) bool { return true }, Book: func(string, time.Time) bool { return false }}
	if _, found := Verify(&p, &known, cover, true); codes(found) != "STATUS_MISMATCH " || found[0].Actual != "lost" {
		t.Errorf("%+v", found)
	}
	theirs := Dispute{Source: "s", Provider: "stripe", ID: "dp_1", Amount: *usd(1000), Status: DisputeLost}
	known.Disputes = append(known.Disputes, theirs)
	p, _, _ = Fold("org", known)
	if _, found := Verify(&p, &known, cover, true); p.Dispute.Amount.Minor != 1000 || len(found) != 0 {
		t.Errorf("%+v, %+v", p.Dispute, found)
	}
}
