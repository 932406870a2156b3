package reconcile

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pennytie/reconcile/money"
)

// correct adds what a person says to what is known, as the engine does.
func correct(known *Known, on int, c Correction) {
	p, _, _ := Fold("org", *known)
	c.At = day(on)
	known.Records = append(known.Records, c.Records(&p, known)...)
}

func TestCorrections(t *testing.T) {
	amount := func(minor int64) *int64 { return &minor }
	paid := record(RoleProcessor, "ch_1", StatusSucceeded, 1000)
	partly := paid
	partly.Facts.Captured = usd(600)
	for _, test := range []struct {
		name    string
		said    []SourceRecord
		refunds []Refund
		correct []Correction
		want    string // amount, captured, refunded, status, external id
		codes   string
	}{
		{"nothing", []SourceRecord{paid}, nil, nil, "1000 1000 0 USD succeeded none ", ""},
		{"amount", []SourceRecord{paid}, nil, []Correction{{Amount: amount(900)}}, "900 900 0 USD succeeded none ", "AMOUNT_OVER "},
		{"zero is an amount", []SourceRecord{paid}, nil, []Correction{{Amount: amount(0)}}, "0 0 0 USD succeeded none ", "AMOUNT_OVER "},
		{"more", []SourceRecord{partly}, nil, []Correction{{Amount: amount(1100)}}, "1100 1100 0 USD succeeded none ", "AMOUNT_UNDER "},
		{"external id alone touches no money", []SourceRecord{partly}, nil, []Correction{{ExternalID: "O-1"}}, "1000 600 0 USD succeeded none O-1", ""},
		{"currency", []SourceRecord{paid}, []Refund{refund("re_1", RefundRowSucceeded, 100, 2)}, []Correction{{Currency: "EUR"}},
			"1000 1000 0 EUR succeeded none ", "CURRENCY_MISMATCH CURRENCY_MISMATCH "},
		{"failed", []SourceRecord{paid}, nil, []Correction{{Status: StatusFailed}}, "1000 0 0 USD failed none ", "STATUS_MISMATCH "},
		{"refunded", []SourceRecord{paid}, nil, []Correction{{Status: StatusRefunded}}, "1000 1000 1000 USD refunded full ", "STATUS_MISMATCH "},
		{"not refunded after all", []SourceRecord{paid}, []Refund{refund("re_1", RefundRowSucceeded, 1000, 2)},
			[]Correction{{Status: StatusSucceeded}}, "1000 1000 1000 USD succeeded full ", "STATUS_MISMATCH "},
		{"one after the other", []SourceRecord{paid}, nil, []Correction{{Amount: amount(1)}, {Status: StatusFailed}, {Amount: amount(2)}},
			"2 0 0 USD failed none ", "AMOUNT_OVER STATUS_MISMATCH "},
		{"undone", []SourceRecord{paid}, nil, []Correction{{Amount: amount(1)}, {Undo: true}}, "1000 1000 0 USD succeeded none ", ""},
		{"undone and said again", []SourceRecord{paid}, nil, []Correction{{Amount: amount(1), ExternalID: "O-1"}, {Undo: true}, {Status: StatusFailed}},
			"1000 0 0 USD failed none ", "STATUS_MISMATCH "},
		{"over an agreeing book", []SourceRecord{paid, record(RoleBook, "row", StatusSucceeded, 900)}, nil, []Correction{{Amount: amount(900)}},
			"900 900 0 USD succeeded none ", "AMOUNT_OVER "},
	} {
		known := Known{Records: test.said, Refunds: test.refunds}
		before, _, _ := Fold("org", known)
		for i, c := range test.correct {
			correct(&known, 10+i, c)
		}
		p, found, is := Fold("org", known)
		if !is || p.ID != before.ID || p.Source != before.Source || p.Role != before.Role {
			t.Fatalf("%s: the payment became another: %+v", test.name, p)
		}
		cover := Coverage{Processor: func(string, *SourceRecord) bool { return true }, Book: func(string, time.Time) bool { return false }}
		status, more := Verify(&p, &known, cover, true)
		got := strings.Join([]string{digits(p.Amount), digits(p.Captured), digits(p.Refund.Amount), string(p.Amount.Currency), string(p.Status),
			string(p.Refund.Status), p.Payer.ExternalID}, " ")
		if got != test.want || codes(append(found, more...)) != test.codes {
			t.Errorf("%s: %q with %q, want %q with %q", test.name, got, codes(append(found, more...)), test.want, test.codes)
		}
		if disagrees := test.codes != ""; disagrees != (status == NeedsReview) && p.Status.Collected() {
			t.Errorf("%s: %s", test.name, status)
		}
		random := rand.New(rand.NewPCG(1, 2))
		for range 20 {
			random.Shuffle(len(known.Records), func(i, j int) { known.Records[i], known.Records[j] = known.Records[j], known.Records[i] })
			if again, _, _ := Fold("org", known); cmp.Diff(p, again) != "" {
				t.Fatalf("%s: %s", test.name, cmp.Diff(p, again))
			}
		}
	}
}

func digits(a money.Amount) string { return strconv.FormatInt(a.Minor, 10) }

// A correction of a claim goes with the claim: to the payment that a joint decision puts it at, and away from it again.
func TestACorrectionGoesWithItsClaim(t *testing.T) {
	claim := record(RoleBook, "row", StatusSucceeded, 1000)
	claim.Provider, claim.Source, claim.Keys = "aura", "aura-main", []Key{{Provider: "aura", ID: "row"}}
	known := Known{Keys: claim.Keys, Records: []SourceRecord{claim}}
	minor := int64(900)
	correct(&known, 10, Correction{Amount: &minor})
	paid := record(RoleProcessor, "ch_1", StatusSucceeded, 900)
	known.Keys, known.Records = append(known.Keys, paid.Keys...), append(known.Records, paid)
	known.Joins = []Join{{Source: "aura-main", Provider: "aura", Record: "row", State: JoinSure}}
	own, joined := known.Apart()
	if len(joined) != 1 || len(joined[0].Records) != 2 || len(own.Records) != 1 {
		t.Fatalf("%d claims, %d records stay", len(joined), len(own.Records))
	}
	if released := known.Unequal(); len(released) != 0 {
		t.Error("the corrected claim asks for what was paid, and leaves nevertheless")
	}
	known.Records = append([]SourceRecord{claim}, paid)
	if released := known.Unequal(); len(released) != 1 {
		t.Error("without its correction the claim asks for more than was paid, and stays")
	}
}

func TestNewsOfACorrection(t *testing.T) {
	p := Payment{Amount: *usd(1000), Status: StatusSucceeded, Payer: Payer{ExternalID: "O-1"}}
	same, other := int64(1000), int64(1)
	if news, is := (Correction{Status: StatusSucceeded, Amount: &same, Currency: "USD", ExternalID: "O-1", Reason: "r"}).News(&p); is {
		t.Errorf("what the payment says already is news: %+v", news)
	}
	news, is := Correction{Status: StatusSucceeded, Amount: &other, Currency: "USD"}.News(&p)
	if !is || news.Status != "" || news.Amount == nil || news.Currency != "USD" {
		t.Errorf("money is said as a whole: %+v", news)
	}
}

func TestMistakesInCorrections(t *testing.T) {
	below, above := int64(-1), int64(MostMinor+1)
	for column, c := range map[string]Correction{
		"status": {Status: "paid"}, "amount": {Amount: &below}, "external_id": {ExternalID: strings.Repeat("x", LongestID+1)},
		"reason": {Reason: "a\nb"},
	} {
		if wrong, is := c.Mistake(); !is || wrong.Column != column || wrong.Mend == "" {
			t.Errorf("%s: %+v", column, wrong)
		}
	}
	if _, is := (&Correction{Amount: &above}).Mistake(); !is {
		t.Error("an amount that other readers round is taken")
	}
	if wrong, is := (&Correction{Status: StatusFailed, ExternalID: "a b"}).Mistake(); is {
		t.Errorf("%+v", wrong)
	}
}
