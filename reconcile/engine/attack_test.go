package engine_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pennytie/reconcile"
	"pennytie/reconcile/engine"
)

func (w *world) brief() (out []string) {
	w.t.Helper()
	for _, p := range w.payments() {
		out = append(out, fmt.Sprintf("%s %s %d refunded %s %s", p.Source, p.ProviderPaymentID, p.Amount.Minor, p.Refund.Amount, p.Match.LeadID))
	}
	return out
}

func (w *world) decide(id string, d reconcile.Decision) {
	w.t.Helper()
	d.By, d.At = "ada", day(20)
	err := w.store.Update(w.t.Context(), func(tx reconcile.Tx) error {
		p, err := tx.Payment(id)
		if err != nil {
			return err
		}
		return tx.AddDecision(p.Row, &d)
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

func covering(s engine.Source, to int) engine.Source {
	s.Provider.(*script).covers = reconcile.Span{From: day(1), Through: day(to)}
	return s
}

func wantBrief(t *testing.T, w *world, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, w.brief()); diff != "" {
		t.Error(diff)
	}
	if err := w.store.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

// One page hands an id from one claim to another, or exchanges two.
func TestClaimsExchangePayments(t *testing.T) {
	w := newWorld(t)
	w.pull(inBook("aura", "a1", "", 1000, 10), inBook("aura", "a2", "pi_2", 1000, 11))
	for range 2 {
		w.pull(inBook("aura", "a2", "pi_3", 1000, 11), inBook("aura", "a1", "pi_2", 1000, 10))
	}
	wantBrief(t, w, "aura a1 1000 refunded 0.00 ", "aura a2 1000 refunded 0.00 ")

	w = newWorld(t)
	w.pull(inBook("aura", "a1", "pi_1", 1000, 10), inBook("aura", "a2", "pi_2", 1000, 11))
	w.decide("a1", reconcile.Decision{LeadID: "L1"})
	w.decide("a2", reconcile.Decision{LeadID: "L2"})
	w.pull(inBook("aura", "a1", "pi_2", 1000, 10), inBook("aura", "a2", "pi_1", 1000, 11))
	wantBrief(t, w, "aura a1 1000 refunded 0.00 L1", "aura a2 1000 refunded 0.00 L2")
}

// What is left without a record of money is no payment any more.
func TestNoGhostStays(t *testing.T) {
	session := reconcile.SourceRecord{Source: "s", Provider: "stripe", Role: reconcile.RoleProcessor, Kind: reconcile.KindDetail, ID: "cs_1",
		Keys: []reconcile.Key{stripeKey("pi_1"), stripeKey("cs_1")}}
	w := newWorld(t)
	w.pull(session, inBook("aura", "a1", "pi_1", 1000, 10))
	w.pull(session, inBook("aura", "a1", "pi_2", 1000, 10))
	wantBrief(t, w, "aura a1 1000 refunded 0.00 ")

	w = newWorld(t)
	credited := inBook("aura", "a1", "", 1000, 10)
	w.pull(credited)
	credited.Kind = reconcile.KindDetail
	w.pull(credited)
	w.engine.Grace++
	w.pull(credited)
	wantBrief(t, w)

	w = newWorld(t)
	f := claimed("f", "ch_1", 1000, 10)
	w.pull(f)
	f.Keys = []reconcile.Key{stripeKey("pi_1"), stripeKey("ch_1")}
	w.pull(f)
	w.engine.Grace++
	w.pull(f)
	wantBrief(t, w, "f ch_1 1000 refunded 0.00 ")
}

// Two sources show one row of a book and name two payments by it: these stay two, in whatever order it comes.
func TestABookNeverMergesTwoProcessorPayments(t *testing.T) {
	one, two := paid("s", "pi_1", "ch_1", 1000, 10, ""), paid("s", "pi_2", "ch_2", 2000, 11, "")
	first, second := inBook("aura", "a1", "pi_1", 1000, 10), inBook("aura", "a1", "pi_2", 1000, 10)
	second.Source = "aura2"
	for _, order := range [][][]any{
		{{one, two, first}, {second}}, {{second}, {one, two, first}}, {{first, second}, {one}, {two}}, {{second, one}, {first}, {two}},
	} {
		w := newWorld(t)
		for _, rows := range order {
			w.pull(rows...)
		}
		wantBrief(t, w, "s pi_1 1000 refunded 0.00 ", "s pi_2 2000 refunded 0.00 ")
	}
}

func TestAThinRescanIsNotBelievedEither(t *testing.T) {
	w := newWorld(t)
	s := newService(w, "aura", 30)
	src := func() engine.Source { x := s.source(); x.Rescan.Nights = 30; return x }
	w.engine.AsOf = day(35)
	w.must(src())
	s.records = map[string]reconcile.SourceRecord{}
	for n := range 32 {
		w.engine.AsOf = day(36 + n)
		_, _ = w.run(src())
	}
	if gone := strings.Count(strings.Join(w.changes(30, 99), "\n"), `-> "gone"`); gone > 4 {
		t.Errorf("%d of 30 records were taken for gone", gone)
	}
}

// A decision goes with the claim that it was made on; another payment's undo is not its business.
func TestDecisionsSurviveMergeAndSplit(t *testing.T) {
	charge, two := paid("s", "pi_1", "ch_1", 1000, 10, ""), paid("s", "pi_2", "ch_2", 2000, 11, "")
	w := newWorld(t)
	w.pull(charge, inBook("aura", "a1", "", 1000, 10))
	w.decide("a1", reconcile.Decision{LeadID: "L1"})
	w.decide("pi_1", reconcile.Decision{LeadID: "L5"})
	w.decide("pi_1", reconcile.Decision{Undo: true})
	w.pull(charge, inBook("aura", "a1", "pi_1", 1000, 10))
	wantBrief(t, w, "s pi_1 1000 refunded 0.00 L1")
	w.decide("pi_1", reconcile.Decision{Undo: true}) // of what is one payment now
	w.pull(charge, inBook("aura", "a1", "pi_1", 1000, 10))
	wantBrief(t, w, "s pi_1 1000 refunded 0.00 ")

	w = newWorld(t)
	w.pull(charge, two, inBook("aura", "a1", "", 1000, 10))
	w.decide("a1", reconcile.Decision{LeadID: "L1"})
	w.pull(charge, two, inBook("aura", "a1", "pi_1", 1000, 10))
	w.pull(charge, two, inBook("aura", "a1", "pi_2", 1000, 10))
	wantBrief(t, w, "s pi_1 1000 refunded 0.00 ", "s pi_2 2000 refunded 0.00 L1")
}

func TestWhoseRefundsCount(t *testing.T) {
	row := func(source, provider, id string, keys []reconcile.Key, minor int64) reconcile.Refund {
		return reconcile.Refund{Source: source, Provider: provider, ID: id, Keys: keys[:1], Amount: *usd(minor),
			Status: reconcile.RefundRowSucceeded, CreatedAt: day(12), Export: source == "f"}
	}
	charge := paid("s", "pi_1", "ch_1", 1000, 10, "")
	ours := row("s", "stripe", "re_1", charge.Keys, 400)

	w := newWorld(t) // a file that is a book has numbers of its own for Stripe's refunds
	f := claimed("f", "pi_1", 1000, 10)
	w.pull(charge, f, row("f", "stripe", "rf-77", f.Keys, 400), ours)
	wantBrief(t, w, "s pi_1 1000 refunded 4.00 ")
	if w.matters() != "" {
		t.Errorf("open: %s", w.matters())
	}

	w = newWorld(t) // a processor's record that names a book's id, too
	both := charge
	both.Keys = append(slices.Clone(charge.Keys), reconcile.Key{Provider: "zenskar", Account: "org", ID: "z1"})
	w.pull(both, inBook("zenskar", "z1", "", 1000, 10), bookRefund("zenskar", "zr", "z1", 900, 12), ours)
	wantBrief(t, w, "s pi_1 1000 refunded 4.00 ")

	w = newWorld(t) // books that name each other, and a processor's refund of a payment that it has not shown
	a1 := inBook("aura", "a1", "", 1000, 10)
	a1.Keys = append([]reconcile.Key{{Provider: "cents", Account: "org", ID: "c1"}}, a1.Keys...)
	w.pull(a1, inBook("cents", "c1", "pi_9", 1000, 10), row("s", "stripe", "re_9", []reconcile.Key{stripeKey("pi_9")}, 400),
		bookRefund("cents", "cr", "c1", 300, 12))
	if p := w.payments(); len(p) != 1 || p[0].Refund.Amount != *usd(400) {
		t.Errorf("%+v", w.brief())
	}
}

// However coverage changes between two runs, what is open in the end is what a store that sees it for the first time finds.
func TestVerificationHeals(t *testing.T) {
	long, short := 96*time.Hour, time.Duration(0)
	charge := paid("s", "pi_1", "ch_1", 1000, 5, "")
	processor := func() engine.Source { return covering(source("s", reconcile.RoleProcessor, page(charge)), 12) }
	book := func(name string, grace *time.Duration) engine.Source {
		s := covering(source(name, reconcile.RoleBook, page(inBook(name, name+"-1", "pi_"+name, 1000, 10))), 12)
		s.Grace = grace
		return s
	}
	w, fresh := newWorld(t), newWorld(t)
	w.must(processor(), book("aura", &long), book("cents", &short)) // graces exchanged
	w.must(processor(), book("aura", &short), book("cents", &long))
	fresh.must(processor(), book("aura", &short), book("cents", &long))
	if diff := cmp.Diff(fresh.state(), w.state()); diff != "" {
		t.Error(diff)
	}

	w = newWorld(t) // the last book leaves, and comes back after the payment changed
	w.must(processor(), book("aura", &short))
	if w.matters() != "MISSING_AT_PROCESSOR MISSING_IN_BOOK" && !strings.Contains(w.matters(), "MISSING_AT_PROCESSOR") {
		t.Errorf("open: %s", w.matters())
	}
	all := covering(source("b", reconcile.RoleBook, page(inBook("b", "b1", "pi_other", 1000, 6))), 29)
	w = newWorld(t)
	w.must(covering(source("s", reconcile.RoleProcessor, page(charge)), 29), all)
	if !strings.Contains(w.matters(), "MISSING_IN_BOOK") {
		t.Errorf("open: %s", w.matters())
	}
	w.must(covering(source("s", reconcile.RoleProcessor, page(charge)), 29))
	if strings.Contains(w.matters(), "MISSING_IN_BOOK") {
		t.Errorf("without a book: %s", w.matters())
	}
	charge = paid("s", "pi_1", "ch_1", 1100, 5, "")
	w.must(covering(source("s", reconcile.RoleProcessor, page(charge)), 29))
	w.must(covering(source("s", reconcile.RoleProcessor, page(charge)), 29), all)
	if !strings.Contains(w.matters(), "MISSING_IN_BOOK") {
		t.Errorf("with the book again: %s", w.matters())
	}
}

// A run that ends between matching and verifying leaves nothing for judged that was not.
func TestVerificationAfterAnInterruptedRun(t *testing.T) {
	s := func(up bool) engine.Source {
		if !up {
			return engine.Source{Name: "s", Role: reconcile.RoleProcessor, Provider: &script{pages: []*reconcile.Page{nil}}, Fresh: true}
		}
		return covering(source("s", reconcile.RoleProcessor, page(paid("s", "pi_1", "ch_1", 1000, 5, ""))), 20)
	}
	b := func(second bool) engine.Source {
		rows := []reconcile.SourceRecord{inBook("aura", "a1", "pi_1", 1000, 5)}
		if second {
			rows = append(rows, inBook("aura", "a2", "pi_9", 1000, 10))
		}
		return covering(source("aura", reconcile.RoleBook, page(rows...)), 20)
	}
	w := newWorld(t)
	w.must(s(true), b(false))
	ctx, cancel := context.WithCancel(t.Context())
	w.engine.Progress = func(p engine.Progress) {
		if p.Stage == "match" {
			cancel()
		}
	}
	w.engine.Sources = []engine.Source{s(false), b(true)}
	_, _ = w.engine.Run(ctx, "cut", "test", engine.All())
	w.engine.Progress = nil
	w.must(s(true), b(true))
	if w.matters() != "MISSING_AT_PROCESSOR" {
		t.Errorf("open: %s", w.matters())
	}
}

// A claim that must be read again is, also where its book was down that night.
func TestARecheckOutlastsAFailure(t *testing.T) {
	w := newWorld(t)
	aura := newService(w, "aura", 0)
	aura.records["a1"] = inBook("aura", "a1", "pi_1", 1000, 2)
	src := func() engine.Source { x := aura.source(); x.Rescan.Nights = 100; return x }
	charge := paid("s", "pi_1", "ch_1", 1000, 2, "")
	w.engine.AsOf = day(35)
	w.must(src(), source("s", reconcile.RoleProcessor, page(charge)))
	refunded := page(charge)
	refunded.Refunds = []reconcile.Refund{{Source: "s", Provider: "stripe", ID: "re_1", Keys: charge.Keys, Amount: *usd(1000),
		Status: reconcile.RefundRowSucceeded, CreatedAt: day(35)}}
	claim := aura.records["a1"]
	claim.Facts.Status, claim.Facts.RefundedAmount = reconcile.StatusRefunded, usd(1000)
	aura.records["a1"], aura.hidden["a1"], aura.down = claim, true, true
	w.engine.AsOf = day(36)
	_, _ = w.run(src(), source("s", reconcile.RoleProcessor, refunded))
	aura.down = false
	w.engine.AsOf = w.engine.AsOf.Add(time.Hour)
	if w.must(src(), source("s", reconcile.RoleProcessor, refunded)); w.matters() != "" {
		t.Errorf("open: %s", w.matters())
	}
}

// A claim without a date is in no coverage; one of several claims names the processor.
func TestWhatIsMissing(t *testing.T) {
	w := newWorld(t)
	s := source("s", reconcile.RoleProcessor, page(paid("s", "pi_1", "ch_1", 1000, 5, "")))
	s.Provider.(*script).covers = reconcile.Span{Through: day(20)}
	undated := inBook("aura", "a1", "pi_8", 1000, 10)
	undated.Facts.PaymentDate = time.Time{}
	w.must(s, source("aura", reconcile.RoleBook, page(undated)))
	if strings.Contains(w.matters(), "MISSING_AT_PROCESSOR") {
		t.Errorf("open: %s", w.matters())
	}
	chain := inBook("aura", "a1", "", 1000, 10)
	chain.Keys = append([]reconcile.Key{{Provider: "cents", Account: "org", ID: "c1"}}, chain.Keys...)
	w = newWorld(t)
	w.must(s, source("aura", reconcile.RoleBook, page(chain)), source("cents", reconcile.RoleBook, page(inBook("cents", "c1", "pi_9", 1000, 10))))
	if !strings.Contains(w.matters(), "MISSING_AT_PROCESSOR") {
		t.Errorf("open: %s", w.matters())
	}
}

// What changed too late stays open through a merge; a claim that leaves is told where it was.
func TestMergesAndSplitsAreTold(t *testing.T) {
	w := newWorld(t)
	w.engine.AsOf = day(20)
	charge := paid("s", "pi_1", "ch_1", 1000, 10, "")
	w.pull(inBook("aura", "a1", "", 1000, 10), charge)
	w.decide("pi_1", reconcile.Decision{LeadID: "L1"})
	w.engine.AsOf = day(21)
	w.pull(inBook("aura", "a1", "", 1000, 10), charge)
	lower := paid("s", "pi_1", "ch_1", 700, 10, "")
	w.engine.AsOf = day(22)
	w.pull(inBook("aura", "a1", "", 1000, 10), lower)
	if !strings.Contains(w.matters(), "LATE_CHANGE") {
		t.Fatalf("open: %s", w.matters())
	}
	w.pull(inBook("aura", "a1", "pi_1", 1000, 10), lower)
	if !strings.Contains(w.matters(), "LATE_CHANGE") {
		t.Errorf("after the merge: %s", w.matters())
	}
	w.engine.AsOf = day(23)
	w.pull(inBook("aura", "a1", "pi_3", 1000, 10), lower)
	if told := strings.Join(w.changes(22, 23), "\n"); !strings.Contains(told, `pi_1 aura/a1 record: "present" -> "left"`) {
		t.Errorf("told:\n%s", told)
	}
}

// One page has a record twice, and another provider's under the same id.
func TestARecordTwiceOnAPage(t *testing.T) {
	w := newWorld(t)
	other := paid("s", "pi_1", "x1", 500, 11, "")
	other.Provider, other.Keys = "paypal", []reconcile.Key{{Provider: "paypal", ID: "x1"}}
	first, second := paid("s", "pi_1", "x1", 1000, 10, ""), paid("s", "pi_2", "x1", 1000, 10, "")
	w.must(source("s", reconcile.RoleProcessor, page(first, other, second, first, second)))
	wantBrief(t, w, "s pi_2 1000 refunded 0.00 ", "s pi_1 500 refunded 0.00 ")
}
