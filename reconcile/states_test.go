package reconcile

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// The tables below are written out in full, so that a change of a table is a change of a test.
func TestEveryStateTimesEveryEvent(t *testing.T) {
	check(t, "status", statusTransitions(), []Status{StatusPending, StatusSucceeded, StatusFailed, StatusRefunded}, `
		           pending succeeded failed refunded
		pending    yes     yes       yes    yes
		succeeded  no      yes       no     yes
		failed     no      yes       yes    yes
		refunded   no      yes       no     yes`)
	check(t, "refund", refundTransitions(), []RefundStatus{RefundNone, RefundPending, RefundPartial, RefundFull, RefundFailed}, `
		         none pending partial full failed
		none     yes  yes     yes     yes  yes
		pending  no   yes     yes     yes  yes
		partial  no   no      yes     yes  yes
		full     no   no      yes     yes  yes
		failed   no   yes     yes     yes  yes`)
	check(t, "dispute", disputeTransitions(), []DisputeStatus{DisputeNone, DisputeOpen, DisputeWon, DisputeLost}, `
		      none open won lost
		none  yes  yes  yes yes
		open  yes  yes  yes yes
		won   no   yes  yes yes
		lost  no   yes  yes yes`)
	check(t, "verification", verificationTransitions(), []VerificationStatus{Unverified, NeedsReview, Confirmed, Rejected}, `
		              unverified needs_review confirmed rejected
		unverified    yes        yes          yes       yes
		needs_review  yes        yes          yes       yes
		confirmed     yes        yes          yes       yes
		rejected      yes        yes          yes       yes`)
	check(t, "match", matchTransitions(), []MatchState{MatchAuto, MatchSuggested, MatchAmbiguous, MatchUnmatched, MatchManual}, `
		           auto suggested ambiguous unmatched manual
		auto       yes  yes       yes       yes       yes
		suggested  yes  yes       yes       yes       yes
		ambiguous  yes  yes       yes       yes       yes
		unmatched  yes  yes       yes       yes       yes
		manual     no   no        no        no        yes`)
}

func TestEveryStepOfAnIntent(t *testing.T) {
	intents := []IntentState{IntentPending, IntentSent, IntentDone, IntentConflict, IntentRefused, IntentSuperseded}
	steps(t, "intent", intentTransitions(), intents, `
		              pending sent-unknown done conflict refused superseded
		pending       yes     yes          yes  yes      yes     yes
		sent-unknown  yes     yes          yes  yes      yes     no
		done          no      no           yes  no       no      no
		conflict      no      no           no   yes      no      no
		refused       no      no           no   no       yes     no
		superseded    no      no           no   no       no      yes`)
	for _, from := range intents {
		for _, to := range intents {
			i := Intent{State: from}
			if err := i.Step(to); (err == nil) != intentTransitions().allow(from, to) || err == nil && i.State != to {
				t.Errorf("%s -> %s: %v", from, to, err)
			}
		}
	}
}

func check[S ~string](t *testing.T, name string, table transitions[S], states []S, want string) {
	t.Helper()
	steps(t, name, table, states, want)
	for _, s := range states {
		if !table.allow("", s) {
			t.Errorf("%s: nothing may start as %s", name, s)
		}
	}
}

func steps[S ~string](t *testing.T, name string, table transitions[S], states []S, want string) {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(want), "\n")
	events := strings.Fields(lines[0])
	if len(lines) != len(states)+1 || len(events) != len(states) {
		t.Fatalf("%s: the expected table has not every state", name)
	}
	for _, line := range lines[1:] {
		cells := strings.Fields(line)
		for i, event := range events {
			if !slices.Contains(states, S(event)) {
				t.Fatalf("%s: unknown event %s", name, event)
			}
			if got := table.allow(S(cells[0]), S(event)); got != (cells[i+1] == "yes") {
				t.Errorf("%s: %s -> %s allowed %v, want %s", name, cells[0], event, got, cells[i+1])
			}
		}
	}
}

func TestNoRunLeavesAPersonsDecision(t *testing.T) {
	manual := &Payment{Match: Match{State: MatchManual}}
	auto := &Payment{Match: Match{State: MatchAuto}}
	if err := CheckStep(manual, auto, []Decision{{LeadID: "L"}}); !errors.Is(err, ErrIntegrity) {
		t.Errorf("a run overwrote a decision: %v", err)
	}
	if err := CheckStep(manual, auto, []Decision{{LeadID: "L"}, {Undo: true}}); err != nil {
		t.Errorf("a decision that was taken back still binds: %v", err)
	}
}

func TestDecide(t *testing.T) {
	policy := Policy{AutoConfirm: 9500, Suggest: 5000, Margin: 500}
	lead := func(id string, confidence Confidence) Candidate {
		return Candidate{LeadID: id, Confidence: confidence, MatchedBy: "email"}
	}
	called := func(id string, confidence, call Confidence) Candidate {
		c := lead(id, confidence)
		c.CallID, c.Calls = "C", []Candidate{{CallID: "C", Confidence: call}, {CallID: "D", Confidence: 100}}
		return c
	}
	product := func(id string, confidence Confidence) Candidate {
		return Candidate{ProductID: id, Confidence: confidence}
	}
	for _, test := range []struct {
		name            string
		leads, products []Candidate
		said            []Decision
		want            string
	}{
		{"nobody", nil, nil, nil, "unmatched  by  call  product "},
		{"sure", []Candidate{lead("A", 9900)}, nil, nil, "auto A by email call  product "},
		{"at the threshold", []Candidate{lead("A", 9500)}, nil, nil, "auto A by email call  product "},
		{"below it", []Candidate{lead("A", 9499)}, nil, nil, "suggested A by email call  product "},
		{"implausible", []Candidate{lead("A", 4999)}, nil, nil, "unmatched  by email call  product "},
		{"tie", []Candidate{lead("A", 4900), lead("B", 4900)}, nil, nil, "ambiguous  by email call  product "},
		{"close", []Candidate{lead("A", 5200), lead("B", 4800)}, nil, nil, "ambiguous  by email call  product "},
		{"three plausible together", []Candidate{lead("A", 4000), lead("B", 2000), lead("C", 2000)}, nil, nil, "ambiguous  by email call  product "},
		{"a call, likely", []Candidate{called("A", 9900, 5000)}, nil, nil, "auto A by email call C product "},
		{"a call, unlikely", []Candidate{called("A", 9900, 4999)}, nil, nil, "auto A by email call  product "},
		{"a call of a suggestion", []Candidate{called("A", 9000, 8500)}, nil, nil, "suggested A by email call C product "},
		{"a call of nobody", []Candidate{called("A", 4900, 4800)}, nil, nil, "unmatched  by email call  product "},
		{"product alone", nil, []Candidate{product("P", 9900)}, nil, "unmatched  by  call  product P"},
		{"product alone, likely", nil, []Candidate{product("P", 9499)}, nil, "unmatched  by  call  product "},
		{"product tie", nil, []Candidate{product("P", 9900), product("Q", 9700)}, nil, "unmatched  by  call  product "},
		{"product of a sure lead, likely", []Candidate{lead("A", 9900)}, []Candidate{product("P", 5000), product("Q", 4500)}, nil, "auto A by email call  product P"},
		{"product of a sure lead, tie", []Candidate{lead("A", 9900)}, []Candidate{product("P", 5000), product("Q", 4501)}, nil, "auto A by email call  product "},
		{"product of a suggestion, likely", []Candidate{lead("A", 9000)}, []Candidate{product("P", 9400)}, nil, "suggested A by email call  product "},
		{"product of a suggestion, sure", []Candidate{lead("A", 9000)}, []Candidate{product("P", 9500)}, nil, "suggested A by email call  product P"},
		{"a person", []Candidate{called("A", 9900, 9800)}, []Candidate{product("P", 9900)}, []Decision{{LeadID: "B", CallID: "E"}}, "manual B by manual call E product P"},
		{"a person: nobody", []Candidate{lead("A", 9900)}, []Candidate{product("P", 9900)}, []Decision{{None: true}}, "manual  by manual call  product "},
		{"taken back", []Candidate{called("A", 9900, 9800)}, nil, []Decision{{LeadID: "B"}, {Undo: true}}, "auto A by email call C product "},
		{"said again", []Candidate{lead("A", 9900)}, nil, []Decision{{LeadID: "B"}, {Undo: true}, {LeadID: "C"}}, "manual C by manual call  product "},
	} {
		m := Decide(policy, test.leads, test.products, test.said)
		if got := fmt.Sprintf("%s %s by %s call %s product %s", m.State, m.LeadID, m.By, m.CallID, m.ProductID); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

// TestHowSureCallAndProductAre has what was never scored unknown, not zero.
func TestHowSureCallAndProductAre(t *testing.T) {
	called := Candidate{LeadID: "A", CallID: "C", Calls: []Candidate{{CallID: "D", Confidence: 1}, {CallID: "C", Confidence: 8000}}}
	products := []Candidate{{ProductID: "P", Confidence: 7000}}
	for _, test := range []struct {
		name          string
		m             Match
		call, product string
	}{
		{"nothing", Match{}, "0 false", "0 false"},
		{"scored", Match{State: MatchAuto, CallID: "C", ProductID: "P", Candidates: []Candidate{called}, Products: products}, "8000 true", "7000 true"},
		{"stored before calls were scored", Match{State: MatchAuto, CallID: "C", ProductID: "P", Candidates: []Candidate{{LeadID: "A", CallID: "C"}}}, "0 false", "0 false"},
		{"a person's", Match{State: MatchManual, CallID: "C", ProductID: "Q", Candidates: []Candidate{called}, Products: products}, "10000 true", "10000 true"},
		{"a person's lead, a machine's product", Match{State: MatchManual, ProductID: "P", Products: products}, "0 false", "7000 true"},
	} {
		if got := fmt.Sprint(test.m.CallConfidence()); got != test.call {
			t.Errorf("%s: call %s, want %s", test.name, got, test.call)
		}
		if got := fmt.Sprint(test.m.ProductConfidence()); got != test.product {
			t.Errorf("%s: product %s, want %s", test.name, got, test.product)
		}
	}
}

func TestDecideKeepsTenCandidatesAndSaysHowManyMore(t *testing.T) {
	var leads []Candidate
	for i := range 14 {
		leads = append(leads, Candidate{LeadID: fmt.Sprint(i), Confidence: 100})
	}
	if m := Decide(Policy{Suggest: 5000}, leads, nil, nil); len(m.Candidates) != MaxCandidates || m.Cut != 4 {
		t.Errorf("kept %d, cut %d", len(m.Candidates), m.Cut)
	}
}
