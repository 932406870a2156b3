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
		return Candidate{LeadID: id, Confidence: confidence, MatchedBy: "email", ProductID: "P-call"}
	}
	for _, test := range []struct {
		name            string
		leads, products []Candidate
		said            []Decision
		want            string
	}{
		{"nobody", nil, nil, nil, "unmatched  by  product "},
		{"sure", []Candidate{lead("A", 9900)}, nil, nil, "auto A by email product P-call"},
		{"at the threshold", []Candidate{lead("A", 9500)}, nil, nil, "auto A by email product P-call"},
		{"below it", []Candidate{lead("A", 9499)}, nil, nil, "suggested A by email product P-call"},
		{"implausible", []Candidate{lead("A", 4999)}, nil, nil, "unmatched  by email product "},
		{"tie", []Candidate{lead("A", 4900), lead("B", 4900)}, nil, nil, "ambiguous  by email product "},
		{"close", []Candidate{lead("A", 5200), lead("B", 4800)}, nil, nil, "ambiguous  by email product "},
		{"three plausible together", []Candidate{lead("A", 4000), lead("B", 2000), lead("C", 2000)}, nil, nil, "ambiguous  by email product "},
		{"product alone", nil, []Candidate{{ProductID: "P", Confidence: 9900}}, nil, "unmatched  by  product P"},
		{"product tie", nil, []Candidate{{ProductID: "P", Confidence: 9900}, {ProductID: "Q", Confidence: 9700}}, nil, "unmatched  by  product "},
		{"product beats the call's", []Candidate{lead("A", 9900)}, []Candidate{{ProductID: "P", Confidence: 9900}}, nil, "auto A by email product P"},
		{"a person", []Candidate{lead("A", 9900)}, nil, []Decision{{LeadID: "B", CallID: "C"}}, "manual B by manual product P-call"},
		{"a person: nobody", []Candidate{lead("A", 9900)}, nil, []Decision{{None: true}}, "manual  by manual product "},
		{"taken back", []Candidate{lead("A", 9900)}, nil, []Decision{{LeadID: "B"}, {Undo: true}}, "auto A by email product P-call"},
		{"said again", []Candidate{lead("A", 9900)}, nil, []Decision{{LeadID: "B"}, {Undo: true}, {LeadID: "C"}}, "manual C by manual product P-call"},
	} {
		m := Decide(policy, test.leads, test.products, test.said)
		if got := fmt.Sprintf("%s %s by %s product %s", m.State, m.LeadID, m.By, m.ProductID); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
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
