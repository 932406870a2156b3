package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pennytie/reconcile"
)

// lead is a candidate with evidence of one signal.
func lead(id string, c reconcile.Confidence, signal, value string, w reconcile.Weight) reconcile.Candidate {
	return reconcile.Candidate{LeadID: id, Confidence: c, MatchedBy: "email",
		Evidence: []reconcile.Evidence{{Signal: signal, Payment: "x", Candidate: value, Weight: w}}}
}

func TestWhy(t *testing.T) {
	policy := reconcile.Policy{AutoConfirm: 9500, Suggest: 5000, Margin: 500}
	best := func(c reconcile.Confidence) reconcile.Candidate { return lead("L1", c, "email", "y", 700) }
	match := func(state reconcile.MatchState, c, margin reconcile.Confidence, all ...reconcile.Candidate) reconcile.Match {
		return reconcile.Match{State: state, LeadID: "L1", Confidence: c, Margin: margin, Candidates: all}
	}
	at := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	word := reconcile.Decision{ID: 1, LeadID: "L2", Reason: "Ada said so", By: "bob", At: at}
	manual := reconcile.Match{State: reconcile.MatchManual, LeadID: "L2", Confidence: reconcile.Sure, Margin: reconcile.Sure,
		Candidates: []reconcile.Candidate{best(9931), lead("L2", 31, "name", "y", 100)}}
	for _, c := range []struct {
		name  string
		match reconcile.Match
		said  []reconcile.Decision
		want  string
	}{
		{"automatic", match(reconcile.MatchAuto, 9931, 9900, best(9931), lead("L2", 31, "name", "y", 100)), nil,
			"automatic: confidence 0.9931 is at least auto_confirm 0.9500, and the next person (lead L2) is 0.9900 behind, margin 0.0500 is enough"},
		{"automatic, alone", match(reconcile.MatchAuto, 9500, 9500, best(9500)), nil,
			"automatic: confidence 0.9500 is at least auto_confirm 0.9500, and no other person comes into question"},
		{"automatic, the second is the same person",
			match(reconcile.MatchAuto, 9600, 9300, best(9600), lead("L2", 300, reconcile.SignalSamePerson, "L1", 0), lead("L3", 300, "name", "y", 100)), nil,
			"automatic: confidence 0.9600 is at least auto_confirm 0.9500, and the next person (lead L3) is 0.9300 behind, margin 0.0500 is enough"},
		{"automatic by other thresholds", match(reconcile.MatchAuto, 9400, 9400, best(9400)), nil,
			"auto by the thresholds of the last match, but not by those of today (auto_confirm 0.9500, suggest 0.5000, margin 0.0500): the next run decides anew"},
		{"suggested", match(reconcile.MatchSuggested, 8899, 8000, best(8899), lead("L2", 899, "name", "y", 100)), nil,
			"in review: lead L1 is the best, but confidence 0.8899 is 0.0601 short of auto_confirm 0.9500; the next person (lead L2) is 0.8000 behind, margin 0.0500 is enough"},
		{"suggested, sure but not ahead", match(reconcile.MatchSuggested, 9500, 499, best(9500), lead("L2", 9001, "name", "y", 100)), nil,
			"in review: lead L1 is the best, but confidence 0.9500 is at least auto_confirm 0.9500; the next person (lead L2) comes too close to the best (lead L1): only 0.0499 behind, 0.0001 short of margin 0.0500"},
		{"ambiguous", match(reconcile.MatchAmbiguous, 4900, 200, best(4900), lead("L2", 4700, "name", "y", 100)), nil,
			"in review: the next person (lead L2) comes too close to the best (lead L1): only 0.0200 behind, 0.0300 short of margin 0.0500"},
		{"ambiguous, nobody alone", match(reconcile.MatchAmbiguous, 4000, 2000, best(4000), lead("L2", 2000, "name", "y", 100)), nil,
			"in review: it is plausible that the payer is one of these leads, but not which: the best has confidence 0.4000, 0.1000 short of suggest 0.5000"},
		{"unmatched", match(reconcile.MatchUnmatched, 3000, 2000, best(3000), lead("L2", 1000, "name", "y", 100)), nil,
			"unmatched: nobody reaches suggest 0.5000: the best lead has confidence 0.3000, all of them together 0.4000; the payer need not be one"},
		{"unmatched, without candidates", reconcile.Match{State: reconcile.MatchUnmatched}, nil,
			"unmatched: nothing about this payment points to a lead; the payer need not be one"},
		{"by hand", manual, []reconcile.Decision{word},
			"by hand: bob decided for lead L2 on 2026-03-02 10:00 UTC (Ada said so); without a person: automatic: confidence 0.9931 is at least auto_confirm 0.9500, and the next person (lead L2) is 0.9900 behind, margin 0.0500 is enough"},
		{"by hand, nobody", reconcile.Match{State: reconcile.MatchManual}, []reconcile.Decision{{ID: 1, None: true, At: at}},
			"by hand: a person decided for no lead on 2026-03-02 10:00 UTC; without a person: unmatched: nothing about this payment points to a lead; the payer need not be one"},
		{"by hand, taken back", manual, []reconcile.Decision{word, {ID: 2, Undo: true}},
			"by hand, but that was taken back: the next run decides anew"},
		{"by hand, and another word since", manual, []reconcile.Decision{word, {ID: 2, LeadID: "L3", By: "eve", At: at}},
			"by hand; since the last match eve decided for lead L3 on 2026-03-02 10:00 UTC, and the next run goes by it"},
		{"a word since", reconcile.Match{State: reconcile.MatchUnmatched}, []reconcile.Decision{word},
			"unmatched: nothing about this payment points to a lead; the payer need not be one; since then bob decided for lead L2 on 2026-03-02 10:00 UTC (Ada said so), and the next run goes by it"},
	} {
		x := explanation{payment: &reconcile.Payment{Match: c.match}, policy: policy, said: c.said, reasons: true}
		if got := x.why(); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
		x.reasons = false
		if got := x.why(); strings.Contains(got, "Ada") {
			t.Errorf("%s: %s", c.name, got)
		}
	}
}

func TestChart(t *testing.T) {
	second := lead("L2", 100, "name", "Zoë", -1)
	second.Evidence = append(second.Evidence, reconcile.Evidence{Signal: "new_signal", Payment: strings.Repeat("長", 200), Weight: 0})
	all := []reconcile.Candidate{lead("L1", 9900, "email", "ada@example.com", 620), second}
	chart := newChart(all)
	var b strings.Builder
	for i := range all {
		chart.draw(&b, &all[i])
	}
	var rows []string
	for line := range strings.Lines(b.String()) {
		if strings.HasPrefix(line, "     prior ") {
			line = "sum\n"
		}
		rows = append(rows, line)
	}
	want := `     e-mail      x                                        ada@example.com   +6.20 ++++++++++++++++++++
sum
     name        x                                        Zoë               -0.01 -
     new_signal  長長長長長長長長長長長長長長長長長長長…                    +0.00
sum
`
	if diff := cmp.Diff(want, strings.Join(rows, "")); diff != "" {
		t.Error(diff)
	}
	const sum = "evidence -0.01 = log-odds "
	if got := b.String(); !strings.Contains(got, sum) || !strings.Contains(got, " -> confidence 0.0100 among the rivals\n") {
		t.Errorf("no sum in %s", got)
	}
}
