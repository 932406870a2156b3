package score_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"pennytie/reconcile"
	"pennytie/reconcile/score"
)

// matched is a stored match whose candidates are the leads given, best first, the first with this confidence; its call and product
// are as sure.
func matched(state reconcile.MatchState, confidence reconcile.Confidence, leads ...string) *reconcile.Match {
	m := &reconcile.Match{State: state, By: "email", Confidence: confidence}
	for i, lead := range leads {
		c := reconcile.Candidate{LeadID: lead, CallID: "call of " + lead, ProductID: "product of " + lead}
		if i == 0 {
			c.Confidence = confidence
		}
		c.Calls = []reconcile.Candidate{{CallID: c.CallID, Confidence: c.Confidence}}
		m.Products = append(m.Products, reconcile.Candidate{ProductID: c.ProductID, Confidence: c.Confidence})
		m.Candidates = append(m.Candidates, c)
	}
	if len(leads) > 0 && (state == reconcile.MatchAuto || state == reconcile.MatchSuggested || state == reconcile.MatchManual) {
		m.LeadID, m.CallID, m.ProductID = leads[0], m.Candidates[0].CallID, m.Candidates[0].ProductID
	}
	return m
}

func isLead(id string) score.Truth {
	return score.Truth{LeadID: id, CallID: "call of " + id, ProductID: "product of " + id}
}

// written is a measure as it is printed, without its counts.
func written(m score.Measure) string {
	return fmt.Sprint(m.Precision, m.Recall, m.F1, m.F1At50, m.RecallAt5, m.RecallLinkable, m.ECE, m.Brier, m.FalsePer10K,
		m.FalseNoLeadPer10K)
}

func evaluate(cases []score.Case) score.Report {
	e := score.Evaluation{Sure: 9500}
	for _, c := range cases {
		e.Add(c)
	}
	return e.Report()
}

func TestMeasureOfLeads(t *testing.T) {
	auto, suggested, ambiguous := reconcile.MatchAuto, reconcile.MatchSuggested, reconcile.MatchAmbiguous
	unmatched, manual := reconcile.MatchUnmatched, reconcile.MatchManual
	for _, c := range []struct {
		what  string
		cases []score.Case
		want  string // precision recall f1 f1_at_50 recall_at_5 linkable ece brier false no_lead
	}{
		{"nothing", nil, "- - - - - - - - - -"},
		{"perfect", []score.Case{{matched(auto, 9500, "a"), isLead("a")}, {matched(auto, 9500, "b"), isLead("b")}},
			"1.0000 1.0000 1.0000 1.0000 1.0000 - 0.0500 0.0025 0.0000 0.0000"},
		{"all wrong", []score.Case{{matched(auto, 9000, "a"), isLead("b")}, {matched(auto, 9000, "b"), isLead("a")}},
			"0.0000 0.0000 0.0000 0.0000 0.0000 - 0.9000 0.8100 10000.0000 0.0000"},
		{"right, but too far down", []score.Case{{matched(suggested, 6000, "b", "c", "d", "e", "f", "a"), isLead("a")}},
			"- 0.0000 0.0000 0.0000 0.0000 - 0.6000 0.3600 0.0000 0.0000"},
		{"the fifth", []score.Case{{matched(suggested, 6000, "b", "c", "d", "e", "a"), isLead("a")}},
			"- 0.0000 0.0000 0.0000 1.0000 - 0.6000 0.3600 0.0000 0.0000"},
		{"suggested and right", []score.Case{{matched(suggested, 5000, "a"), isLead("a")}},
			"- 0.0000 0.0000 1.0000 1.0000 - 0.5000 0.2500 0.0000 0.0000"},
		{"right below one half", []score.Case{{matched(ambiguous, 4999, "a"), isLead("a")}},
			"- 0.0000 0.0000 0.0000 1.0000 - 0.5001 0.2501 0.0000 0.0000"},
		{"a tie", []score.Case{{matched(ambiguous, 5000, "b", "a"), isLead("a")}},
			"- 0.0000 0.0000 0.0000 1.0000 - 0.5000 0.2500 0.0000 0.0000"},
		{"no lead, none confirmed", []score.Case{{matched(unmatched, 0), score.Truth{}}},
			"- - - - - - - - 0.0000 0.0000"},
		{"no lead, one confirmed", []score.Case{{matched(auto, 9500, "a"), score.Truth{}}, {matched(unmatched, 0), score.Truth{}}},
			"0.0000 - 0.0000 0.0000 - - 0.9500 0.9025 5000.0000 5000.0000"},
		{"another record of the same person", []score.Case{
			{matched(auto, 10_000, "a"), score.Truth{LeadID: "b", AcceptableIDs: []string{"c", "a"}}},
			{matched(auto, 10_000, "a"), score.Truth{AcceptableIDs: []string{"a"}}},
		}, "1.0000 1.0000 1.0000 1.0000 1.0000 - 0.0000 0.0000 0.0000 0.0000"},
		{"over and under confident in one bin", []score.Case{
			{matched(auto, 9600, "a"), isLead("a")}, {matched(auto, 9600, "a"), isLead("b")},
		}, "0.5000 0.5000 0.5000 0.5000 0.5000 - 0.4600 0.4616 5000.0000 0.0000"},
		{"linkable", []score.Case{
			{matched(auto, 10_000, "a"), score.Truth{LeadID: "a", Linkable: true}},
			{matched(unmatched, 0), score.Truth{LeadID: "a", Linkable: true}},
			{matched(unmatched, 0), score.Truth{LeadID: "a"}}, {matched(unmatched, 0), score.Truth{Linkable: true}},
		}, "1.0000 0.3333 0.5000 0.5000 0.3333 0.5000 0.0000 0.0000 0.0000 0.0000"},
		{"by hand", []score.Case{{matched(manual, 10_000, "a"), isLead("b")}}, "- - - - - - - - - -"},
	} {
		r := evaluate(c.cases)
		if got := written(r.All.Lead); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.what, got, c.want)
		}
	}
}

func TestCallsAndProducts(t *testing.T) {
	own := matched(reconcile.MatchUnmatched, 0)
	own.ProductID, own.Products = "p", []reconcile.Candidate{{ProductID: "p", Confidence: 9600}} // of the payment's own words
	elsewhere := matched(reconcile.MatchAuto, 9900, "a")
	elsewhere.CallID = "" // none of the lead's calls is likely
	elsewhere.Candidates[0].CallID = ""
	elsewhere.Candidates[0].Calls = []reconcile.Candidate{{CallID: "other", Confidence: 3000}, {CallID: "call of a", Confidence: 2900}}
	elsewhere.ProductID, elsewhere.Products = "p", []reconcile.Candidate{{ProductID: "p", Confidence: 9900}, {ProductID: "product of a", Confidence: 90}}
	likely := matched(reconcile.MatchAuto, 9900, "c")
	likely.Candidates[0].Calls[0].Confidence, likely.Products[0].Confidence = 9400, 9400
	r := evaluate([]score.Case{
		{matched(reconcile.MatchAuto, 9900, "a"), isLead("a")},
		{elsewhere, isLead("a")},
		{own, score.Truth{ProductID: "p"}},
		{matched(reconcile.MatchAuto, 9900, "b"), score.Truth{}},
		{likely, isLead("c")}, // credited, but not sure: no automatic decision
	})
	call, product := r.All.Call.Counts, r.All.Product.Counts
	if want := (score.Counts{Payments: 5, WithTruth: 3, Auto: 2, Right: 1, Wrong: 1, WrongNoLead: 1, Candidates: 4,
		RightBest: 2, At50: 3, RightAt50: 2, InFirst5: 3}); call != want {
		t.Errorf("calls %+v, want %+v", call, want)
	}
	if want := (score.Counts{Payments: 5, WithTruth: 4, Auto: 4, Right: 2, Wrong: 2, WrongNoLead: 1, Candidates: 5,
		RightBest: 3, At50: 5, RightAt50: 3, InFirst5: 4}); product != want {
		t.Errorf("products %+v, want %+v", product, want)
	}
}

func TestSuites(t *testing.T) {
	r := evaluate([]score.Case{
		{matched(reconcile.MatchAuto, 9900, "a"), isLead("a")},
		{matched(reconcile.MatchAuto, 9900, "a"), score.Truth{LeadID: "a", Suite: "base"}},
		{matched(reconcile.MatchAuto, 9900, "a"), score.Truth{LeadID: "b", Suite: "A1"}},
	})
	if base, a1 := r.Suites["base"].Lead.Counts, r.Suites["A1"].Lead.Counts; len(r.Suites) != 2 || base.Right != 2 || a1.Wrong != 1 {
		t.Errorf("suites %+v", r.Suites)
	}
}

func TestReliabilityBins(t *testing.T) {
	var e score.Evaluation
	edges := []reconcile.Confidence{0, 999, 1000, 8999, 9000, 9499, 9500, 9799, 9800, 9899, 9900, 9949, 9950, 10_000}
	for _, confidence := range edges {
		e.Add(score.Case{Match: matched(reconcile.MatchSuggested, confidence, "a"), Truth: isLead("a")})
	}
	var got []string
	for _, bin := range e.Report().Reliability {
		got = append(got, fmt.Sprint(bin.From, bin.To, bin.Count, bin.Right, bin.MeanConfidence))
	}
	want := []string{
		"0.0000 0.1000 2 2 0.0500", "0.1000 0.2000 1 1 0.1000", "0.2000 0.3000 0 0 -", "0.3000 0.4000 0 0 -",
		"0.4000 0.5000 0 0 -", "0.5000 0.6000 0 0 -", "0.6000 0.7000 0 0 -", "0.7000 0.8000 0 0 -", "0.8000 0.9000 1 1 0.8999",
		"0.9000 0.9500 2 2 0.9250", "0.9500 0.9800 2 2 0.9649", "0.9800 0.9900 2 2 0.9849", "0.9900 0.9950 2 2 0.9925",
		"0.9950 1.0000 2 2 0.9975",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("bins (-want +got):\n%s", diff)
	}
}

// TestWilson holds the intervals against published ones.
func TestWilson(t *testing.T) {
	for _, c := range []struct {
		right, wrong int
		want         string
	}{
		{10, 0, "1.0000 0.7225 1.0000"},
		{0, 10, "0.0000 0.0000 0.2775"},
		{8, 2, "0.8000 0.4902 0.9433"},
		{1, 0, "1.0000 0.2065 1.0000"},
	} {
		var e score.Evaluation
		for i := range c.right + c.wrong {
			truth := isLead("a")
			if i < c.wrong {
				truth = isLead("b")
			}
			e.Add(score.Case{Match: matched(reconcile.MatchAuto, 9900, "a"), Truth: truth})
		}
		s := e.Report().Strategies
		if got := fmt.Sprint(s[0].Precision, s[0].IntervalLow, s[0].IntervalHigh); len(s) != 1 || got != c.want {
			t.Errorf("%d right, %d wrong: %s, want %s", c.right, c.wrong, got, c.want)
		}
	}
}

func TestNumberIsNullWhereNothingIsMeasured(t *testing.T) {
	text, err := json.Marshal([]score.Number{{}, {Value: 0, Known: true}, {Value: 2.0 / 3, Known: true}})
	if want := "[null,0.0000,0.6667]"; err != nil || string(text) != want {
		t.Errorf("%s, %v, want %s", text, err, want)
	}
}

// labelled draws payments as stored and what is true of them.
func labelled() *rapid.Generator[[]score.Case] {
	states := []reconcile.MatchState{reconcile.MatchAuto, reconcile.MatchSuggested, reconcile.MatchAmbiguous,
		reconcile.MatchUnmatched, reconcile.MatchManual}
	lead := rapid.SampledFrom([]string{"", "a", "b", "c"})
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) score.Case {
		leads := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c", "d", "e", "f", "g"}), 0, 7, rapid.ID).Draw(t, "leads")
		m := matched(rapid.SampledFrom(states).Draw(t, "state"),
			reconcile.Confidence(rapid.IntRange(0, 10_000).Draw(t, "confidence")), leads...)
		m.By = rapid.SampledFrom([]string{"email", "phone"}).Draw(t, "by")
		truth := isLead(lead.Draw(t, "lead"))
		truth.AcceptableIDs = rapid.SliceOfN(lead, 0, 2).Draw(t, "acceptable")
		truth.Suite = rapid.SampledFrom([]string{"", "base", "A1"}).Draw(t, "suite")
		truth.Linkable = rapid.Bool().Draw(t, "linkable")
		return score.Case{Match: m, Truth: truth}
	}), 0, 40)
}

func TestEvaluationProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cases := labelled().Draw(t, "cases")
		r := evaluate(cases)
		if diff := cmp.Diff(r, evaluate(rapid.Permutation(cases).Draw(t, "order"))); diff != "" {
			t.Fatalf("the order of cases shows (-want +got):\n%s", diff)
		}
		var suites score.Counts
		for _, suite := range r.Suites {
			suites = plus(suites, suite.Lead.Counts)
		}
		if suites != r.All.Lead.Counts {
			t.Fatalf("suites add up to %+v, all is %+v", suites, r.All.Lead.Counts)
		}
		for _, m := range []score.Measure{r.All.Lead, r.All.Call, r.All.Product} {
			addUp(t, m, len(cases))
		}
		var binned, right, auto int64
		for _, bin := range r.Reliability {
			binned, right = binned+bin.Count, right+bin.Right
		}
		for _, s := range r.Strategies {
			auto += s.Auto
			if s.Auto != s.Right+s.Wrong || !within(s.IntervalLow, 0, s.Precision.Value) || !within(s.IntervalHigh, s.Precision.Value, 1) {
				t.Fatalf("strategy %+v", s)
			}
		}
		lead := r.All.Lead.Counts
		if binned != lead.Candidates || right != lead.RightBest || auto != lead.Auto {
			t.Fatalf("bins hold %d with %d right, strategies %d, of %+v", binned, right, auto, lead)
		}
	})
}

func plus(a, b score.Counts) score.Counts {
	return score.Counts{Payments: a.Payments + b.Payments, Manual: a.Manual + b.Manual, WithTruth: a.WithTruth + b.WithTruth,
		Linkable: a.Linkable + b.Linkable, Auto: a.Auto + b.Auto, Right: a.Right + b.Right,
		RightLinkable: a.RightLinkable + b.RightLinkable, Wrong: a.Wrong + b.Wrong, WrongNoLead: a.WrongNoLead + b.WrongNoLead,
		Candidates: a.Candidates + b.Candidates, RightBest: a.RightBest + b.RightBest, At50: a.At50 + b.At50,
		RightAt50: a.RightAt50 + b.RightAt50, InFirst5: a.InFirst5 + b.InFirst5}
}

func addUp(t *rapid.T, m score.Measure, cases int) {
	c := m.Counts
	if c.Payments+c.Manual != int64(cases) || c.Right+c.Wrong != c.Auto || c.Auto > c.Payments || c.WrongNoLead > c.Wrong ||
		c.Linkable > c.WithTruth || c.RightLinkable > min(c.Linkable, c.Right) || c.InFirst5 > c.WithTruth ||
		c.RightAt50 > min(c.At50, c.RightBest) || max(c.At50, c.RightBest) > c.Candidates || c.Candidates > c.Payments {
		t.Fatalf("counts do not add up: %+v", c)
	}
	for _, n := range []score.Number{m.Precision, m.Recall, m.F1, m.F1At50, m.RecallAt5, m.RecallLinkable, m.ECE, m.Brier} {
		if !within(n, 0, 1) {
			t.Fatalf("%v is not within 0 and 1: %+v", n, m)
		}
	}
	if m.Precision.Known != (c.Auto > 0) || m.Recall.Known != (c.WithTruth > 0) || m.ECE.Known != (c.Candidates > 0) {
		t.Fatalf("measured of nothing, or not measured: %+v", m)
	}
}

// within allows for the rounding of the last digit of a float.
func within(n score.Number, low, high float64) bool {
	const rounding = 1e-12
	return !n.Known || n.Value >= low-rounding && n.Value <= high+rounding
}
