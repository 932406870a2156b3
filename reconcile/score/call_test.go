package score_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"pennytie/reconcile"
	"pennytie/reconcile/score"
)

// someCalls draws the calls of two leads; same says that both record one person.
func someCalls(t *rapid.T, same bool) []reconcile.Candidate {
	leads := []reconcile.Candidate{found("a", "email", reconcile.SignalEmail, 700), found("b", "email", reconcile.SignalEmail, 650)}
	if same {
		leads[1].Evidence = append(leads[1].Evidence, reconcile.Evidence{Signal: reconcile.SignalSamePerson, Candidate: "a"})
	}
	for i := range leads {
		for j, weight := range rapid.SliceOfN(rapid.IntRange(-400, 700), 0, 7).Draw(t, "weights") {
			leads[i].Calls = append(leads[i].Calls, reconcile.Candidate{CallID: fmt.Sprint(leads[i].LeadID, j), ProductID: rapid.SampledFrom([]string{"", "P", "Q"}).Draw(t, "product"),
				Evidence: []reconcile.Evidence{{Signal: reconcile.SignalCallTime, Weight: reconcile.Weight(weight)}}})
		}
	}
	return leads
}

// TestCallsCompete holds that calls never come to more than their lead, that what is stored gives what is stored again, that order
// does not show, and that another call makes none surer.
func TestCallsCompete(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		same := rapid.Bool().Draw(t, "same")
		given := someCalls(t, same)
		leads, products := score.Rank(given)
		sums := map[string]reconcile.Confidence{}
		before := map[string]reconcile.Confidence{}
		for i, confidences := range score.CallConfidences(leads) {
			c := &leads[i]
			for j := range c.Calls {
				if c.Calls[j].Confidence != confidences[j] {
					t.Fatalf("%s: stored %d, recomputed %d", c.Calls[j].CallID, c.Calls[j].Confidence, confidences[j])
				}
				sums[c.Person()] += confidences[j]
				before[c.Calls[j].CallID] = confidences[j]
			}
			if sum, rounding := sums[c.Person()], reconcile.Confidence(5); sum > c.Confidence+rounding {
				t.Fatalf("calls of %s come to %d, the lead to %d", c.LeadID, sum, c.Confidence)
			}
			if sure, known := c.CallConfidence(); known && 2*sure <= c.Confidence {
				t.Fatalf("%s has call %s although it is likelier another or none", c.LeadID, c.CallID)
			}
		}
		for i, confidence := range score.Confidences(products) {
			if confidence != products[i].Confidence {
				t.Fatalf("product %s: stored %d, recomputed %d", products[i].ProductID, products[i].Confidence, confidence)
			}
		}
		for i := range given {
			given[i].Calls = rapid.Permutation(given[i].Calls).Draw(t, "order")
		}
		again, againProducts := score.Rank(rapid.Permutation(given).Draw(t, "leads"))
		if diff := cmp.Diff(leads, again) + cmp.Diff(products, againProducts); diff != "" {
			t.Fatal(diff)
		}
		given[0].Calls = append(given[0].Calls, reconcile.Candidate{CallID: "new", Evidence: []reconcile.Evidence{
			{Signal: reconcile.SignalCallTime, Weight: reconcile.Weight(rapid.IntRange(-400, 700).Draw(t, "new"))}}})
		if more, _ := score.Rank(given); len(more) > 0 {
			for i := range more {
				for _, c := range more[i].Calls {
					if was, is := before[c.CallID]; is && c.Confidence > was {
						t.Fatalf("%s rose from %d to %d", c.CallID, was, c.Confidence)
					}
				}
			}
		}
	})
}
