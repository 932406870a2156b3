package matchertest_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pennytie/matchers"
	"pennytie/matchers/matchertest"
	"pennytie/reconcile"
	"pennytie/reconcile/score"
)

func TestCases(t *testing.T) { matchertest.Run(t, matchers.All()) }

// everything joins all cases into one world, so that they also disturb each other.
func everything() *matchertest.World {
	w := &matchertest.World{Preparer: matchers.NewPreparer("US"), Matchers: matchers.All()}
	for _, c := range matchertest.Cases() {
		w.Leads = append(w.Leads, c.Leads...)
		w.Calls = append(w.Calls, c.Calls...)
		for _, p := range c.Payments {
			p.ID = c.Name + " " + p.ID
			w.Payments = append(w.Payments, p)
		}
	}
	w.Products = []*reconcile.Product{{ID: "P1", Name: "Launch Pad"}, {ID: "P2", Name: "Launch Pad Pro"}}
	return w
}

func byID(outcomes []matchertest.Outcome) map[string]matchertest.Outcome {
	out := make(map[string]matchertest.Outcome, len(outcomes))
	for _, o := range outcomes {
		out[o.Payment.ID] = o
	}
	return out
}

func TestOrderDoesNotShow(t *testing.T) {
	want := byID(everything().Match())
	for seed := range uint64(8) {
		w, r := everything(), rand.New(rand.NewPCG(seed, 1))
		r.Shuffle(len(w.Leads), func(i, j int) { w.Leads[i], w.Leads[j] = w.Leads[j], w.Leads[i] })
		r.Shuffle(len(w.Calls), func(i, j int) { w.Calls[i], w.Calls[j] = w.Calls[j], w.Calls[i] })
		r.Shuffle(len(w.Products), func(i, j int) { w.Products[i], w.Products[j] = w.Products[j], w.Products[i] })
		r.Shuffle(len(w.Payments), func(i, j int) { w.Payments[i], w.Payments[j] = w.Payments[j], w.Payments[i] })
		r.Shuffle(len(w.Matchers), func(i, j int) { w.Matchers[i], w.Matchers[j] = w.Matchers[j], w.Matchers[i] })
		if diff := cmp.Diff(want, byID(w.Match())); diff != "" {
			t.Fatalf("seed %d: another order gives another result (-want +got):\n%s", seed, diff)
		}
	}
}

// TestBatchDoesNotShow matches each payment alone, so that only the leads that share a key with it are at hand, and wants the
// same as in a batch, where the leads of other payments are there too.
func TestBatchDoesNotShow(t *testing.T) { alone(t, everything(), 1) }

// TestBatchBringsNoOtherLeads has a lead, named by one payment, whose double shares no key with that payment and is
// there for another's sake.
func TestBatchBringsNoOtherLeads(t *testing.T) {
	double := func(id string) *reconcile.Lead {
		return &reconcile.Lead{ID: id, Name: "Anne Olsen", Emails: []string{"anne@olsen.example.com"}}
	}
	paid := func(id string, payer reconcile.Payer, name string) *reconcile.Payment {
		return &reconcile.Payment{ID: id, Status: reconcile.StatusSucceeded, CustomerName: name, Payer: payer}
	}
	w := &matchertest.World{
		Preparer: matchers.NewPreparer("US"), Matchers: matchers.All(),
		Leads: []*reconcile.Lead{double("L-1"), double("L-2")},
		Payments: []*reconcile.Payment{
			paid("by reference", reconcile.Payer{Metadata: map[string]string{"lead_id": "L-2"}, Emails: []string{"bo@other.example.org"}}, "Bo Berg"),
			paid("by address", reconcile.Payer{Emails: []string{"anne@olsen.example.com"}}, "Anne Olsen"),
		},
	}
	alone(t, w, 1)
}

// alone does that for every nth payment.
func alone(t *testing.T, w *matchertest.World, nth int) {
	t.Helper()
	for i, want := range w.Match() {
		if i%nth != 0 {
			continue
		}
		single := *w
		single.Payments = w.Payments[i : i+1]
		if diff := cmp.Diff(want, single.Match()[0]); diff != "" {
			t.Fatalf("payment %s: alone it comes out differently (-batch +alone):\n%s", want.Payment.ID, diff)
		}
	}
}

// TestRecordedTwice gives the lead of every automatic decision a double: once of the same person, which takes nothing away, and
// once, where nobody is named, of nobody knows whom, which leaves nothing to decide.
func TestRecordedTwice(t *testing.T) {
	w := everything()
	autos := 0
	for _, o := range w.Match() {
		if o.State != reconcile.MatchAuto {
			continue
		}
		autos++
		same := byID(doubled(o.Best().LeadID, false).Match())[o.Payment.ID]
		if same.State != reconcile.MatchAuto || same.Leads[0].Person() != same.Leads[1].Person() {
			t.Errorf("%s is %s although the rival is the same person\n%s", o.Payment.ID, same.State, matchertest.Explain(same))
		}
		unknown := byID(doubled(o.Best().LeadID, true).Match())[o.Payment.ID]
		if unknown.State == reconcile.MatchAuto {
			t.Errorf("%s is %s beside an equal rival\n%s", o.Payment.ID, unknown.State, matchertest.Explain(unknown))
		}
	}
	if autos == 0 {
		t.Fatal("no payment was confirmed, so nothing was tested")
	}
}

// doubled is everything with one lead recorded twice, both without a name if nameless.
func doubled(id string, nameless bool) *matchertest.World {
	w := everything()
	at := slices.IndexFunc(w.Leads, func(l *reconcile.Lead) bool { return l.ID == id })
	first := *w.Leads[at]
	if nameless {
		first.Name = ""
	}
	second := first
	second.ID += "-twin"
	w.Leads[at] = &first
	w.Leads = append(w.Leads, &second)
	for _, call := range w.Calls {
		if call.LeadID == id {
			again := *call
			again.ID, again.LeadID = call.ID+"-twin", second.ID
			w.Calls = append(w.Calls, &again)
			break
		}
	}
	return w
}

func TestStoredEvidenceGivesStoredConfidence(t *testing.T) {
	for _, o := range everything().Match() {
		for _, stored := range [][]reconcile.Candidate{o.Leads, o.Products} {
			stored = stored[:min(len(stored), reconcile.MaxCandidates)]
			for i, confidence := range score.Confidences(stored) {
				if confidence != stored[i].Confidence {
					t.Errorf("%s: recomputed %d, stored %d", o.Payment.ID, confidence, stored[i].Confidence)
				}
			}
		}
		for i, calls := range score.CallConfidences(o.Leads[:min(len(o.Leads), reconcile.MaxCandidates)]) {
			for j, confidence := range calls {
				if stored := o.Leads[i].Calls[j].Confidence; confidence != stored {
					t.Errorf("%s: call %s recomputed %d, stored %d", o.Payment.ID, o.Leads[i].Calls[j].CallID, confidence, stored)
				}
			}
		}
	}
}

func TestEmptyFieldsFindNobody(t *testing.T) {
	w := &matchertest.World{
		Leads: []*reconcile.Lead{{ID: "L-1"}, {ID: "L-2"},
			{ID: "L-3", Name: " ", Emails: []string{""}, Phones: []string{"1"}}},
		Calls:    []*reconcile.Call{{ID: "c", LeadID: "L-1"}},
		Products: []*reconcile.Product{{ID: "P"}},
		Payments: []*reconcile.Payment{{ID: "p"},
			{ID: "q", CustomerName: " ", CustomerEmail: "@", Payer: reconcile.Payer{Phone: "1"}}},
		Preparer: matchers.NewPreparer(""), Matchers: matchers.All(),
	}
	for _, o := range w.Match() {
		if len(o.Leads)+len(o.Products) > 0 {
			t.Errorf("payment %s: empty found something:\n%s", o.Payment.ID, matchertest.Explain(o))
		}
	}
}

// TestEverySignalIsKnown keeps the names of signals the same on both sides: scoring gives a signal that it
// does not know no part in any ceiling.
func TestEverySignalIsKnown(t *testing.T) {
	known := []string{
		reconcile.SignalReference, reconcile.SignalCustomer, reconcile.SignalEmail, reconcile.SignalPhone, reconcile.SignalName,
		reconcile.SignalCompany, reconcile.SignalAddress, reconcile.SignalAmount, reconcile.SignalCallTime, reconcile.SignalProductID,
		reconcile.SignalDescription, reconcile.SignalListPrice, reconcile.SignalCallProduct, reconcile.SignalChain,
		reconcile.SignalRivals, reconcile.SignalSamePerson, reconcile.SignalCeiling,
	}
	for _, o := range everything().Match() {
		all := slices.Concat(o.Leads, o.Products)
		for _, lead := range o.Leads {
			all = append(all, lead.Calls...)
		}
		for _, c := range all {
			for _, e := range c.Evidence {
				if !slices.Contains(known, e.Signal) {
					t.Errorf("signal %q is unknown to scoring", e.Signal)
				}
			}
		}
	}
}
