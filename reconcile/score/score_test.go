package score_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"pennytie/reconcile"
	"pennytie/reconcile/score"
)

func found(lead, strategy, signal string, weight reconcile.Weight) reconcile.Candidate {
	return reconcile.Candidate{LeadID: lead, Evidence: []reconcile.Evidence{
		{Signal: signal, Payment: "x", Candidate: "y", Weight: weight, Strategy: strategy},
	}}
}

func TestOneSignalCountsOnce(t *testing.T) {
	once, _ := score.Rank([]reconcile.Candidate{found("a", "email", reconcile.SignalEmail, 300)})
	twice, _ := score.Rank([]reconcile.Candidate{
		found("a", "email", reconcile.SignalEmail, 300), found("a", "email", reconcile.SignalEmail, 250),
		found("a", "email", reconcile.SignalEmail, -50),
	})
	if diff := cmp.Diff(once, twice); diff != "" {
		t.Errorf("correlated findings were added (-want +got):\n%s", diff)
	}
}

// A pair that a person refused is not automatic, whatever else agrees.
func TestRefusedCeiling(t *testing.T) {
	var all []reconcile.Candidate
	for _, signal := range []string{reconcile.SignalReference, reconcile.SignalCustomer, reconcile.SignalEmail, reconcile.SignalPhone,
		reconcile.SignalName, reconcile.SignalAmount} {
		all = append(all, found("a", signal, signal, 900))
	}
	all[0].Measures = best()
	leads, _ := score.Rank(all)
	if leads[0].Confidence < 9900 {
		t.Fatalf("%+v", leads)
	}
	for _, weight := range []reconcile.Weight{-1, -1000} {
		if leads, _ := score.Rank(append(all, found("a", "alias", reconcile.SignalAlias, weight))); leads[0].Confidence > 9100 {
			t.Errorf("refused by %d it has %d", weight, leads[0].Confidence)
		}
	}
	// An alias that several share is not a second identifier beside the one that they share.
	weak := []reconcile.Candidate{found("a", "email", reconcile.SignalEmail, 330), found("a", "call_window", reconcile.SignalAmount, 900)}
	weak[0].Measures = []reconcile.Measure{{Feature: reconcile.FeatureCalls, Value: 1}, {Feature: reconcile.FeatureEmailPeople, Value: 3}}
	shared, _ := score.Rank(append(weak, found("a", "alias", reconcile.SignalAliasShared, 40)))
	if shared[0].Confidence >= 9500 {
		t.Errorf("two weak ones make %d", shared[0].Confidence)
	}
}

func TestShare(t *testing.T) {
	for _, c := range []struct {
		part, whole int64
		want        string
	}{{0, 0, "- - -"}, {10, 10, "1.0000 0.7225 1.0000"}, {9, 10, "0.9000 0.5958 0.9821"}} {
		share, low, high := score.Share(c.part, c.whole)
		if got := fmt.Sprint(share, low, high); got != c.want {
			t.Errorf("%d of %d: %s, want %s", c.part, c.whole, got, c.want)
		}
	}
}

func TestCeilings(t *testing.T) {
	name := found("a", "name_amount_date", reconcile.SignalName, 900)
	disguised := found("a", "email", reconcile.SignalEmail, -600)
	for _, c := range []struct {
		what   string
		found  []reconcile.Candidate
		atMost reconcile.Confidence
	}{
		{"name alone", []reconcile.Candidate{name}, 7010},
		{"a name beside an address in disguise", []reconcile.Candidate{
			name, disguised, found("a", "call_window", reconcile.SignalAmount, 900),
		}, 8010},
	} {
		for i := range c.found { // all that can be measured speaks for it
			c.found[i].Measures = best()
		}
		leads, _ := score.Rank(c.found)
		if len(leads) != 1 || leads[0].Confidence > c.atMost {
			t.Errorf("%s: %+v, want at most %d", c.what, leads, c.atMost)
		}
	}
	if leads, _ := score.Rank([]reconcile.Candidate{found("a", "call_window", reconcile.SignalAmount, 900)}); len(leads) != 0 {
		t.Errorf("an amount alone made a candidate: %+v", leads)
	}
}

// best is what would be measured of a lead with which all agrees.
func best() []reconcile.Measure {
	return []reconcile.Measure{
		{Feature: reconcile.FeatureEmail, Value: 4}, {Feature: reconcile.FeatureEmailPeople, Value: 1},
		{Feature: reconcile.FeatureEmailLocal, Value: 100}, {Feature: reconcile.FeatureNameInEmail, Value: 3},
		{Feature: reconcile.FeaturePayerInEmail, Value: 3}, {Feature: reconcile.FeaturePhone, Value: 2},
		{Feature: reconcile.FeaturePhonePeople, Value: 1}, {Feature: reconcile.FeatureName, Value: 6},
		{Feature: reconcile.FeatureNameLike, Value: 100}, {Feature: reconcile.FeatureGiven, Value: 100},
		{Feature: reconcile.FeatureSurname, Value: 100}, {Feature: reconcile.FeatureNamesakes, Value: 1},
		{Feature: reconcile.FeatureOutcome, Value: 2}, {Feature: reconcile.FeatureAmount, Value: 5},
		{Feature: reconcile.FeatureCallAge, Value: 20}, {Feature: reconcile.FeatureWonAge, Value: 20},
		{Feature: reconcile.FeatureNearest, Value: 20}, {Feature: reconcile.FeatureRatio, Value: 100},
		{Feature: reconcile.FeatureCalls, Value: 1}, {Feature: reconcile.FeatureCustomer, Value: 1},
	}
}

// agreed is a candidate of whom all of that is found.
func agreed(lead, call string) []reconcile.Candidate {
	out := []reconcile.Candidate{
		found(lead, "email", reconcile.SignalEmail, 700), found(lead, "name_amount_date", reconcile.SignalName, 330),
		found(lead, "call_window", reconcile.SignalAmount, 170),
	}
	out[2].CallID = call
	out[0].Measures = best()
	return out
}

func TestRecordsOfOnePersonAreNoRivals(t *testing.T) {
	alone, _ := score.Rank(agreed("a", "c"))
	marked := append(agreed("b", ""), reconcile.Candidate{LeadID: "b", Evidence: []reconcile.Evidence{
		{Signal: reconcile.SignalSamePerson, Candidate: "a"},
	}})
	twice, _ := score.Rank(append(agreed("a", "c"), marked...))
	if len(twice) != 2 || twice[0].LeadID != "a" || twice[0].Person() != twice[1].Person() {
		t.Fatalf("not one person, the record with the call first: %+v", twice)
	}
	if twice[0].Confidence != alone[0].Confidence || twice[1].Confidence != alone[0].Confidence {
		t.Errorf("recorded twice gives %d and %d, once %d", twice[0].Confidence, twice[1].Confidence, alone[0].Confidence)
	}
	strangers, _ := score.Rank(append(agreed("a", "c"), agreed("b", "d")...))
	if strangers[0].Confidence > reconcile.Sure/2 || strangers[0].Confidence != strangers[1].Confidence {
		t.Errorf("two people with the same evidence: %d and %d", strangers[0].Confidence, strangers[1].Confidence)
	}
}

func TestMatchedBy(t *testing.T) {
	leads, _ := score.Rank([]reconcile.Candidate{
		found("a", "call_window", reconcile.SignalAmount, 900), found("a", "email", reconcile.SignalEmail, 180),
		found("a", "name_amount_date", reconcile.SignalName, 330),
	})
	if leads[0].MatchedBy != "name_amount_date" {
		t.Errorf("matched by %s", leads[0].MatchedBy)
	}
}

func TestOddsFollowE(t *testing.T) {
	for _, w := range []reconcile.Weight{-700, -100, -1, 0, 1, 99, 450} {
		products := []reconcile.Candidate{{ProductID: "p", Evidence: []reconcile.Evidence{
			{Signal: reconcile.SignalProductID, Weight: 500}, {Signal: reconcile.SignalListPrice, Weight: w - 580}, // takes that and the prior away
		}}}
		odds := math.Exp(float64(w) / 100)
		got := score.Confidences(products)[0]
		if want := 10_000 * odds / (1 + odds); math.Abs(float64(got)-want) > 0.51 {
			t.Errorf("log-odds %d give %d, want %.2f", w, got, want)
		}
	}
}

// candidates draws what matchers might find.
func candidates() *rapid.Generator[[]reconcile.Candidate] {
	signals := []string{reconcile.SignalReference, reconcile.SignalEmail, reconcile.SignalPhone, reconcile.SignalName,
		reconcile.SignalAmount,
		reconcile.SignalCallTime, reconcile.SignalCompany, reconcile.SignalAddress}
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) reconcile.Candidate {
		c := found(fmt.Sprintf("L%02d", rapid.IntRange(0, 14).Draw(t, "lead")), rapid.SampledFrom(
			[]string{"email", "phone", "call_window"}).Draw(t, "strategy"), rapid.SampledFrom(signals).Draw(t, "signal"),
			reconcile.Weight(rapid.IntRange(-400, 900).Draw(t, "weight")))
		if rapid.Bool().Draw(t, "measured") {
			c.Measures = best()[:rapid.IntRange(1, len(best())).Draw(t, "measures")]
		}
		if rapid.IntRange(0, 9).Draw(t, "recorded twice") == 0 {
			c.Evidence = append(c.Evidence, reconcile.Evidence{Signal: reconcile.SignalSamePerson, Candidate: "L00", Strategy: "measure"})
		}
		c.CallID = rapid.SampledFrom([]string{"", "c1", "c2"}).Draw(t, "call")
		return c
	}), 0, 40)
}

func TestProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := candidates().Draw(t, "found")
		leads, _ := score.Rank(all)
		shuffled, _ := score.Rank(rapid.Permutation(all).Draw(t, "order"))
		if diff := cmp.Diff(leads, shuffled); diff != "" {
			t.Fatalf("the order of findings shows (-want +got):\n%s", diff)
		}
		stored := leads[:min(len(leads), reconcile.MaxCandidates)]
		sum := reconcile.Confidence(0)
		persons := map[string]bool{}
		for i, confidence := range score.Confidences(stored) {
			if confidence != stored[i].Confidence {
				t.Fatalf("candidate %d: recomputed %d, stored %d", i, confidence, stored[i].Confidence)
			}
			if person := stored[i].Person(); !persons[person] {
				persons[person] = true
				sum += confidence
			}
		}
		if sum > reconcile.Sure+reconcile.Confidence(len(stored)) {
			t.Fatalf("confidences sum to %d", sum)
		}
		if !slices.IsSortedFunc(leads, func(a, b reconcile.Candidate) int {
			return int(b.Confidence - a.Confidence)
		}) {
			t.Fatalf("not sorted by confidence: %+v", leads)
		}
	})
}
