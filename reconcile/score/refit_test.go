package score_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"pennytie/reconcile"
	"pennytie/reconcile/score"
)

// business draws payments, and whose they are as a business would have it that weighs by a refit of its own.
type business struct {
	*rand.Rand
	weighs score.Scorer
}

func newBusiness(seed uint64, refit *reconcile.Refit) *business {
	return &business{rand.New(rand.NewPCG(seed, 4)), score.Scorer{Model: score.Shipped(), Refit: refit}}
}

// compared are signals with a feature of theirs and the values that it has.
var compared = []struct {
	signal  string
	feature reconcile.Feature
	values  []int16
}{
	{reconcile.SignalEmail, reconcile.FeatureEmail, []int16{0, 0, 2, 3, 4}}, {reconcile.SignalPhone, reconcile.FeaturePhone, []int16{0, 0, 2}},
	{reconcile.SignalName, reconcile.FeatureName, []int16{0, 1, 3, 5, 6}}, {reconcile.SignalAmount, reconcile.FeatureAmount, []int16{1, 1, 3, 5}},
	{reconcile.SignalCallTime, reconcile.FeatureOutcome, []int16{0, 1, 2}},
}

// payment draws what is found of a payment. Its leads are candidates of no other one.
func (b *business) payment(n int) score.Decided {
	d := score.Decided{PaymentID: fmt.Sprintf("pay_%05d", n), Paid: time.Date(2026, 1, 1, n, 0, 0, 0, time.UTC)}
	for l := range 1 + b.IntN(4) {
		lead := reconcile.Candidate{LeadID: fmt.Sprintf("L%d.%d", n, l), Measures: []reconcile.Measure{{Feature: reconcile.FeatureCalls, Value: 1}}}
		for _, c := range compared {
			if b.IntN(4) == 0 {
				continue // unknown
			}
			at := b.IntN(len(c.values))
			lead.Measures = append(lead.Measures, reconcile.Measure{Feature: c.feature, Value: c.values[at]})
			lead.Evidence = append(lead.Evidence, reconcile.Evidence{Signal: c.signal, Strategy: c.signal, Weight: reconcile.Weight(300*at - 100)})
		}
		d.Found = append(d.Found, lead)
	}
	return d
}

// decided draws payments and, by the business's own confidences, whose they are.
func (b *business) decided(count int) []score.Decided {
	all := make([]score.Decided, count)
	for i := range all {
		all[i] = b.payment(i)
		leads, _ := b.weighs.Rank(all[i].Found)
		at := reconcile.Confidence(b.IntN(int(reconcile.Sure)))
		for _, lead := range leads {
			if at -= lead.Confidence; at < 0 {
				all[i].LeadID = lead.LeadID
				break
			}
		}
	}
	return all
}

func logLoss(decided []score.Decided, refitOf func(i int) *reconcile.Refit) float64 {
	var trial score.Trial
	for i := range decided {
		leads, _ := score.Scorer{Model: score.Shipped(), Refit: refitOf(i)}.Rank(decided[i].Found)
		match := reconcile.Decide(reconcile.Policy{AutoConfirm: 9500, Suggest: 5000, Margin: 500}, leads, nil, nil)
		trial.Add(&decided[i], &match)
	}
	return trial.LogLoss().Value
}

func always(refit *reconcile.Refit) func(int) *reconcile.Refit {
	return func(int) *reconcile.Refit { return refit }
}

// Some thousand decisions find out how a business weighs: each factor and the shift are nearer to its own than to what is shipped, and
// payments that come later are told better than as shipped, and nearly as well as by the business's own weights.
func TestFitFindsWhatABusinessWeighsBy(t *testing.T) {
	for seed, own := range []*reconcile.Refit{
		{Factors: map[string]int{reconcile.SignalEmail: 300, reconcile.SignalRivals: 1700}, Shift: -120},
		{Factors: map[string]int{reconcile.SignalName: 2200, reconcile.SignalCallTime: 200}, Shift: 150},
		{Factors: map[string]int{reconcile.SignalAmount: 2500, reconcile.SignalName: 400}},
	} {
		b := newBusiness(uint64(seed), own)
		fitted := score.Shipped().Fit(b.decided(2500))
		for signal, factor := range own.Factors {
			if got := fitted.Factors[signal]; 2*abs(got-factor) > abs(factor-reconcile.ScaleAsShipped) {
				t.Errorf("%d: factor of %s is %d, want about %d", seed, signal, got, factor)
			}
		}
		if got := int(fitted.Shift); 2*abs(got-int(own.Shift)) > max(40, abs(int(own.Shift))) {
			t.Errorf("%d: shift is %d, want about %d", seed, got, own.Shift)
		}
		later := b.decided(1000)
		shipped, mine, best := logLoss(later, always(nil)), logLoss(later, always(fitted)), logLoss(later, always(own))
		if mine >= shipped || mine-best > (shipped-best)/4 {
			t.Errorf("%d: log loss %f, as shipped %f, at best %f", seed, mine, shipped, best)
		}
	}
}

func abs(n int) int { return max(n, -n) }

// What is shipped holds against a few, whatever they say.
func TestTenDecisionsHardlyMoveAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := newBusiness(rapid.Uint64().Draw(t, "seed"), nil)
		few := b.decided(10)
		for i := range few {
			if said := rapid.IntRange(-1, len(few[i].Found)-1).Draw(t, "said"); said < 0 {
				few[i].LeadID = ""
			} else {
				few[i].LeadID = few[i].Found[said].LeadID
			}
		}
		refit := score.Shipped().Fit(few)
		for signal, factor := range refit.Factors {
			if abs(factor-reconcile.ScaleAsShipped) > 400 {
				t.Errorf("factor of %s is %d", signal, factor)
			}
		}
		if abs(int(refit.Shift)) > 20 {
			t.Errorf("shift is %d", refit.Shift)
		}
	})
}

func TestNothingDecidedFitsNothing(t *testing.T) {
	for _, none := range [][]score.Decided{nil, {{PaymentID: "p"}}, {{PaymentID: "p", LeadID: "of nobody knows whom"}}} {
		refit := score.Shipped().Fit(none)
		for signal, factor := range refit.Factors {
			if factor != reconcile.ScaleAsShipped {
				t.Errorf("factor of %s is %d", signal, factor)
			}
		}
		if refit.Shift != 0 || len(refit.Factors) < 10 || refit.Decisions != len(none) {
			t.Errorf("%+v", refit)
		}
	}
}

func TestOrderOfDecisionsDoesNotShow(t *testing.T) {
	all := newBusiness(1, &reconcile.Refit{Factors: map[string]int{reconcile.SignalEmail: 200}}).decided(120)
	want := score.Shipped().Fit(all)
	held, _ := score.Shipped().HeldOut(all)
	byID := map[string]*reconcile.Refit{}
	for i := range all {
		byID[all[i].PaymentID] = held[i]
	}
	for seed := range uint64(6) {
		r, shuffled := rand.New(rand.NewPCG(seed, 1)), slices.Clone(all)
		r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		for i := range shuffled {
			found := slices.Clone(shuffled[i].Found)
			r.Shuffle(len(found), func(i, j int) { found[i], found[j] = found[j], found[i] })
			shuffled[i].Found = found
		}
		if diff := cmp.Diff(want, score.Shipped().Fit(shuffled)); diff != "" {
			t.Fatal(diff)
		}
		held, _ := score.Shipped().HeldOut(shuffled)
		for i := range shuffled {
			if diff := cmp.Diff(byID[shuffled[i].PaymentID], held[i]); diff != "" {
				t.Fatal(diff)
			}
		}
	}
}

// What a decision says never reaches the refit that judges it.
func TestHeldOutHasNotSeenTheDecision(t *testing.T) {
	all := newBusiness(3, nil).decided(80)
	held, parts := score.Shipped().HeldOut(all)
	if parts != 5 {
		t.Fatalf("%d parts", parts)
	}
	for i := 0; i < len(all); i += 16 {
		changed := slices.Clone(all)
		changed[i].LeadID = changed[i].Found[len(changed[i].Found)-1].LeadID
		if changed[i].LeadID == all[i].LeadID {
			changed[i].LeadID = ""
		}
		again, _ := score.Shipped().HeldOut(changed)
		if diff := cmp.Diff(held[i], again[i]); diff != "" {
			t.Errorf("decision %d shows in what judges it:\n%s", i, diff)
		}
		if cmp.Equal(score.Shipped().Fit(all), score.Shipped().Fit(changed)) {
			t.Errorf("decision %d shows nowhere", i)
		}
	}
}

// Where nothing is to be learned, what was learned does not look better than what is shipped, though it does to those that it was
// learned from: labels are drawn by the weights as shipped, or from a hat.
func TestNothingToLearnDoesNotLookLearned(t *testing.T) {
	for seed := range uint64(4) {
		all := newBusiness(seed, nil).decided(150)
		held, _ := score.Shipped().HeldOut(all)
		shipped, seen := logLoss(all, always(nil)), logLoss(all, always(score.Shipped().Fit(all)))
		unseen := logLoss(all, func(i int) *reconcile.Refit { return held[i] })
		if seen >= shipped || unseen < shipped-0.002 {
			t.Errorf("seed %d: log loss as shipped %f, held out %f, not held out %f", seed, shipped, unseen, seen)
		}

		b := newBusiness(seed, nil)
		for i := range all {
			all[i].LeadID = all[i].Found[b.IntN(len(all[i].Found))].LeadID
		}
		held, _ = score.Shipped().HeldOut(all)
		var before, after score.Trial
		for i := range all {
			for trial, refit := range map[*score.Trial]*reconcile.Refit{&before: nil, &after: held[i]} {
				leads, _ := score.Scorer{Model: score.Shipped(), Refit: refit}.Rank(all[i].Found)
				trial.Add(&all[i], &reconcile.Match{Candidates: leads, LeadID: leads[0].LeadID})
			}
		}
		was, is := before.Report().All.Lead.Counts, after.Report().All.Lead.Counts
		if by := is.RightBest - was.RightBest; by > was.Candidates/20 {
			t.Errorf("seed %d: from a hat, %d best ones are right instead of %d", seed, is.RightBest, was.RightBest)
		}
	}
}

// Who shares a payer or a lead is judged by the same refit, also by way of a third.
func TestPayersAreNotSplit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := newBusiness(rapid.Uint64().Draw(t, "seed"), nil)
		all := make([]score.Decided, rapid.IntRange(1, 40).Draw(t, "decisions"))
		for i := range all {
			all[i] = b.payment(i)
			for range b.IntN(3) {
				all[i].PayerKeys = append(all[i].PayerKeys, reconcile.BlockKey(b.IntN(60)))
			}
			if b.IntN(2) == 0 {
				all[i].LeadID = fmt.Sprint(b.IntN(60))
			}
		}
		held, parts := score.Shipped().HeldOut(all)
		if parts < 1 || parts > 5 || held == nil != (parts == 1) {
			t.Fatalf("%d parts, %d refits", parts, len(held))
		}
		for i := range held {
			for j := range i {
				shared := all[i].LeadID != "" && all[i].LeadID == all[j].LeadID ||
					slices.ContainsFunc(all[i].PayerKeys, func(k reconcile.BlockKey) bool { return slices.Contains(all[j].PayerKeys, k) })
				if shared && held[i] != held[j] {
					t.Fatalf("%+v and %+v are on two sides", all[i], all[j])
				}
			}
		}
	})
}

// Whatever the refit, what is stored gives what was said, ceilings hold, and one that changes nothing changes nothing.
func TestRefittedEvidenceGivesStoredConfidence(t *testing.T) {
	b := newBusiness(9, nil)
	rapid.Check(t, func(t *rapid.T) {
		refit := &reconcile.Refit{ID: 7, Decisions: 90, Shift: reconcile.Weight(rapid.IntRange(-300, 300).Draw(t, "shift")), Factors: map[string]int{}}
		same := &reconcile.Refit{ID: 8, Factors: map[string]int{}}
		for _, c := range compared {
			refit.Factors[c.signal] = rapid.IntRange(0, 3000).Draw(t, c.signal)
			same.Factors[c.signal] = reconcile.ScaleAsShipped
		}
		d := b.payment(rapid.IntRange(0, 1000).Draw(t, "payment"))
		weigh := func(refit *reconcile.Refit) []reconcile.Candidate {
			leads, _ := score.Scorer{Model: score.Shipped(), Refit: refit}.Rank(d.Found)
			for i, confidence := range score.Confidences(leads) {
				if confidence != leads[i].Confidence {
					t.Errorf("recomputed %d, said %d", confidence, leads[i].Confidence)
				}
				calibrations := 0
				for _, e := range leads[i].Evidence {
					if e.Signal == reconcile.SignalCalibration {
						calibrations++
						if e.Weight != refit.Shift || e.Candidate == "" {
							t.Errorf("calibration %+v", e)
						}
					}
				}
				if calibrations != 1 && refit != nil || calibrations != 0 && refit == nil {
					t.Errorf("%d times calibrated by %+v", calibrations, refit)
				}
			}
			return leads
		}
		weigh(refit)
		shipped, unchanged := weigh(nil), weigh(same)
		for i := range shipped {
			if shipped[i].LeadID != unchanged[i].LeadID || shipped[i].Confidence != unchanged[i].Confidence {
				t.Errorf("as shipped %+v, refitted %+v", shipped[i], unchanged[i])
			}
		}
	})
}

func TestCeilingsHoldAgainstARefit(t *testing.T) {
	name := found("a", "name_amount_date", reconcile.SignalName, 900)
	name.Measures = best()
	eager := &reconcile.Refit{Factors: map[string]int{reconcile.SignalName: 3000, reconcile.SignalRivals: 3000}, Shift: 500}
	leads, _ := score.Scorer{Model: score.Shipped(), Refit: eager}.Rank([]reconcile.Candidate{name})
	if len(leads) != 1 || leads[0].Confidence > 7010 {
		t.Errorf("a name alone has %+v", leads)
	}
}
