package engine_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pennytie/reconcile"
	"pennytie/reconcile/engine"
)

func stripeKey(id string) reconcile.Key { return reconcile.Key{Provider: "stripe", ID: id} }

// inBook is what a book with ids of its own says of a payment of Stripe's; pi may be empty.
func inBook(src, id, pi string, minor int64, on int) reconcile.SourceRecord {
	r := reconcile.SourceRecord{Source: src, Provider: src, Role: reconcile.RoleBook, Kind: reconcile.KindPayment, ID: id,
		Facts: reconcile.Facts{Status: reconcile.StatusSucceeded, Amount: usd(minor), PaymentDate: day(on), ProviderPaymentID: id}}
	if pi != "" {
		r.Keys = append(r.Keys, stripeKey(pi))
	}
	r.Keys = append(r.Keys, reconcile.Key{Provider: src, Account: "org", ID: id})
	return r
}

// bookRefund is a book's own row about a refund of its payment.
func bookRefund(src, id, of string, minor int64, on int) reconcile.Refund {
	return reconcile.Refund{Source: src, Provider: src, ID: id, Keys: []reconcile.Key{{Provider: src, Account: "org", ID: of}},
		Amount: *usd(minor), Status: reconcile.RefundRowSucceeded, CreatedAt: day(on)}
}

func (w *world) pull(rows ...any) {
	w.t.Helper()
	bySource := map[string][]any{}
	roles := map[string]reconcile.Role{}
	for _, row := range rows {
		switch row := row.(type) {
		case reconcile.SourceRecord:
			bySource[row.Source] = append(bySource[row.Source], row)
			roles[row.Source] = row.Role
		case reconcile.Refund:
			bySource[row.Source] = append(bySource[row.Source], row)
		}
	}
	var sources []engine.Source
	for _, name := range slices.Sorted(maps.Keys(bySource)) {
		s := paged(bySource[name], len(rows))
		s.Name, s.Fresh, s.Role = name, true, roles[name]
		if s.Role == "" {
			s.Role = reconcile.RoleBook
			if name == "s" {
				s.Role = reconcile.RoleProcessor
			}
		}
		sources = append(sources, s)
	}
	w.must(sources...)
}

// state is everything that must not depend on the order of arrival.
func (w *world) state() string {
	w.t.Helper()
	var b strings.Builder
	err := w.store.View(w.t.Context(), func(r reconcile.Reader) error {
		for p, err := range r.Payments(reconcile.PaymentFilter{}) {
			if err != nil {
				return err
			}
			known, err := r.Known(p.Row)
			if err != nil {
				return err
			}
			p.Row, p.Exceptions = 0, nil
			fmt.Fprintf(&b, "%+v\n", *p)
			for _, record := range known.Records {
				fmt.Fprintf(&b, "  %s %s\n", record.Source, record.ID)
			}
			for _, refund := range known.Refunds {
				fmt.Fprintf(&b, "  refund %s %s %t\n", refund.Source, refund.ID, refund.Counted)
			}
			for _, x := range known.Open {
				if x.Code != reconcile.ExLateChange { // tells of history
					fmt.Fprintf(&b, "  %s %s %s %s\n", x.Code, x.Subject, x.Expected, x.Actual)
				}
			}
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return b.String()
}

// Versions of one record come in their order; everything else comes in any. What is known in the end is the same, also where a
// claim first named the wrong payment, or none.
func TestSourcesInAnyOrder(t *testing.T) {
	for seed := range uint64(6) {
		random := rand.New(rand.NewPCG(seed, 7))
		streams := randomStreams(random)
		// The last versions alone, in one run.
		last := newWorld(t)
		var rows []any
		for _, versions := range streams {
			rows = append(rows, versions[len(versions)-1])
		}
		last.pull(rows...)
		want := last.state()
		for range 3 {
			w := newWorld(t)
			left := make([]int, len(streams)) // versions of each stream that came
			for {
				var batch []any
				for range 1 + random.IntN(4) {
					at := random.IntN(len(streams))
					if left[at] < len(streams[at]) {
						batch = append(batch, streams[at][left[at]])
						left[at]++
					}
				}
				if len(batch) > 0 {
					w.pull(batch...)
				}
				done := true
				for i := range streams {
					done = done && left[i] == len(streams[i])
				}
				if done {
					break
				}
			}
			w.pull(rows...) // claims are judged by what is complete: the last pull must be the same
			if diff := cmp.Diff(want, w.state()); diff != "" {
				t.Fatalf("seed %d: %s", seed, diff)
			}
			if err := w.store.Check(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// randomStreams makes charges, claims that may be corrected, and refunds of both.
func randomStreams(random *rand.Rand) [][]any {
	pi := func() string { return fmt.Sprintf("pi_%d", 1+random.IntN(5)) }
	var streams [][]any
	for i := range 4 { // the fifth payment is only ever claimed
		charge := paid("s", fmt.Sprintf("pi_%d", i+1), fmt.Sprintf("ch_%d", i+1), 1000, 10+i, "")
		streams = append(streams, []any{charge})
		if random.IntN(2) == 0 {
			streams = append(streams, []any{reconcile.Refund{Source: "s", Provider: "stripe", ID: fmt.Sprintf("re_%d", i), Keys: charge.Keys,
				Amount: *usd(400), Status: reconcile.RefundRowSucceeded, CreatedAt: day(20)}})
		}
	}
	for _, book := range []string{"aura", "cents", "zenskar"} {
		for i := range 3 {
			id := fmt.Sprintf("%s-%d", book, i)
			var versions []any
			for range 1 + random.IntN(3) {
				named := ""
				if random.IntN(4) > 0 {
					named = pi()
				}
				versions = append(versions, inBook(book, id, named, int64(900+100*random.IntN(2)), 10+i))
			}
			streams = append(streams, versions)
			if book == "zenskar" {
				streams = append(streams, []any{bookRefund(book, id+"-r", id, 400, 21)})
			}
		}
	}
	return streams
}

func TestABookRefundIsNeverAdded(t *testing.T) {
	w := newWorld(t)
	charge := paid("s", "pi_1", "ch_1", 1000, 10, "")
	refund := reconcile.Refund{Source: "s", Provider: "stripe", ID: "re_1", Keys: charge.Keys, Amount: *usd(400),
		Status: reconcile.RefundRowSucceeded, CreatedAt: day(12)}
	claim := inBook("zenskar", "z1", "pi_1", 1000, 10)
	w.pull(charge, refund, claim, bookRefund("zenskar", "z2", "z1", 400, 12))
	if p := w.payments(); len(p) != 1 || p[0].Refund.Amount != *usd(400) || strings.Contains(w.open(), "REFUND_MISMATCH") {
		t.Errorf("%+v\n%s", p, w.open())
	}
	w.pull(charge, refund, claim, bookRefund("zenskar", "z2", "z1", 400, 12), bookRefund("zenskar", "z3", "z1", 100, 13))
	if p := w.payments(); p[0].Refund.Amount != *usd(400) || !strings.Contains(w.open(), "REFUND_MISMATCH") {
		t.Errorf("%+v\n%s", p, w.open())
	}
	// Where the book is all there is, its rows count.
	alone := newWorld(t)
	alone.pull(claim, bookRefund("zenskar", "z2", "z1", 400, 12))
	if p := alone.payments(); p[0].Refund.Amount != *usd(400) || p[0].Refund.Status != reconcile.RefundPartial {
		t.Errorf("%+v", p)
	}
}

// A bridge between two known payments makes them one, with all that was said of both.
func TestABridgeMergesWithHistory(t *testing.T) {
	w := newWorld(t)
	w.engine.AsOf = day(20)
	charge := paid("s", "pi_1", "ch_1", 1000, 10, "")
	w.pull(charge, inBook("aura", "a1", "", 1000, 10))
	before := w.payments()
	if len(before) != 2 {
		t.Fatalf("%d payments", len(before))
	}
	claim := before[slices.IndexFunc(before, func(p reconcile.Payment) bool { return p.Source == "aura" })]
	err := w.store.Update(t.Context(), func(tx reconcile.Tx) error {
		p, err := tx.Payment(claim.ID)
		if err != nil {
			return err
		}
		return tx.AddDecision(p.Row, &reconcile.Decision{LeadID: "L9", By: "ada", At: day(20)})
	})
	if err != nil {
		t.Fatal(err)
	}
	w.engine.AsOf = day(21)
	w.pull(charge, inBook("aura", "a1", "pi_1", 1000, 10))
	after := w.payments()
	if len(after) != 1 || after[0].Match.State != reconcile.MatchManual || after[0].Match.LeadID != "L9" {
		t.Fatalf("%+v", after)
	}
	err = w.store.View(t.Context(), func(r reconcile.Reader) error {
		for _, id := range []string{claim.ID, "a1", "pi_1", "ch_1"} {
			if p, err := r.Payment(id); err != nil || p.ID != after[0].ID {
				t.Errorf("%s finds %v, %v", id, p, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A claim that named the wrong payment goes to the right one; the wrong one is as if nothing had been said.
func TestACorrectedClaimLeaves(t *testing.T) {
	one, two := paid("s", "pi_1", "ch_1", 1000, 10, ""), paid("s", "pi_2", "ch_2", 2000, 11, "")
	for name, next := range map[string]string{"to a known payment": "pi_2", "to one that is not known yet": "pi_3", "to none": ""} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.pull(one, two, inBook("aura", "a1", "pi_1", 2000, 11), bookRefund("aura", "r1", "a1", 100, 12))
			if !strings.Contains(w.open(), "AMOUNT_OVER") {
				t.Fatalf("open: %s", w.open())
			}
			w.pull(one, two, inBook("aura", "a1", next, 2000, 11))
			fresh := newWorld(t)
			fresh.pull(one, two, inBook("aura", "a1", next, 2000, 11), bookRefund("aura", "r1", "a1", 100, 12))
			fresh.pull(one, two, inBook("aura", "a1", next, 2000, 11))
			if diff := cmp.Diff(fresh.state(), w.state()); diff != "" {
				t.Error(diff)
			}
			if total := len(w.payments()); (next == "pi_2") != (total == 2) {
				t.Errorf("%d payments", total)
			}
		})
	}
}

// matters are the open exceptions but those about attribution, which has no leads to work with here.
func (w *world) matters() string {
	w.t.Helper()
	return strings.Join(slices.DeleteFunc(strings.Fields(w.open()), func(code string) bool { return code == string(reconcile.ExUnmatched) }), " ")
}

func (w *world) changes(since, through int) []string {
	w.t.Helper()
	var found []string
	err := w.store.View(w.t.Context(), func(r reconcile.Reader) error {
		for c, err := range r.Changes(nil, day(since), day(through)) {
			if err != nil {
				return err
			}
			found = append(found, fmt.Sprintf("%s %s/%s %s: %q -> %q", c.ProviderPaymentID, c.Source, c.Record, c.Field, c.Before, c.After))
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return found
}

func TestChangesAreTold(t *testing.T) {
	w := newWorld(t)
	w.engine.AsOf = day(20)
	charge, claim := paid("s", "pi_1", "ch_1", 1000, 10, ""), inBook("aura", "a1", "pi_1", 1000, 10)
	w.pull(charge, claim)
	if news := w.changes(1, 20); news != nil {
		t.Errorf("what is new did not change: %q", news)
	}
	w.engine.AsOf = day(21)
	refund := reconcile.Refund{Source: "s", Provider: "stripe", ID: "re_1", Keys: charge.Keys, Amount: *usd(400),
		Status: reconcile.RefundRowSucceeded, CreatedAt: day(20)}
	corrected := inBook("aura", "a1", "pi_1", 1100, 10)
	w.pull(charge, refund, corrected, inBook("cents", "c1", "pi_1", 1000, 10))
	want := []string{
		`pi_1 aura/a1 amount: "10.00 USD" -> "11.00 USD"`,
		`pi_1 cents/c1 record: "" -> "present"`,
		`pi_1 s/ refund_status: "none" -> "partial"`,
		`pi_1 s/ refunded_amount: "0.00 USD" -> "4.00 USD"`,
		`pi_1 s/ refunded_at: "" -> "2026-03-20T12:00:00Z"`,
	}
	if diff := cmp.Diff(want, w.changes(20, 21)); diff != "" {
		t.Error(diff)
	}
	w.pull(charge, refund, corrected, inBook("cents", "c1", "pi_1", 1000, 10))
	if diff := cmp.Diff(want, w.changes(20, 21)); diff != "" {
		t.Errorf("a second run at the same time: %s", diff)
	}
	w.engine.AsOf = day(22)
	if run := w.runAgain(charge, refund, corrected, inBook("cents", "c1", "pi_1", 1000, 10)); run.Writes != 0 || w.changes(21, 22) != nil {
		t.Errorf("nothing changed, %d writes, %q", run.Writes, w.changes(21, 22))
	}
}

func (w *world) runAgain(rows ...any) reconcile.Run {
	w.t.Helper()
	w.pull(rows...)
	var last reconcile.Run
	err := w.store.View(w.t.Context(), func(r reconcile.Reader) error {
		runs, err := r.Runs(1)
		last = runs[0]
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return last
}

// service lists records by payment date and knows them by id; hidden ones are in no list.
type service struct {
	name    string
	now     func() time.Time
	records map[string]reconcile.SourceRecord
	hidden  map[string]bool
	down    bool
	refuse  string // an id that may not be read
	ends    time.Time
	asked   []reconcile.Span
}

func (s *service) Name() string { return s.name }

func (s *service) list(span reconcile.Span) (page reconcile.Page, err error) {
	if s.down {
		return page, fmt.Errorf("service: %w", reconcile.ErrTransient)
	}
	for _, id := range slices.Sorted(maps.Keys(s.records)) {
		if r := s.records[id]; span.Contains(r.Facts.PaymentDate) && !s.hidden[id] {
			page.Payments = append(page.Payments, r)
		}
	}
	return page, nil
}

func (s *service) Pull(_ context.Context, from reconcile.Cursor) (reconcile.Page, error) {
	covers := reconcile.Span{From: day(1), Through: s.now()}
	span := covers
	if from != "" {
		span.From = s.now().Add(-72 * time.Hour)
	}
	page, err := s.list(span)
	page.Next, page.Covers = "later", covers
	if err != nil {
		return reconcile.Page{}, err
	}
	return page, nil
}

func (s *service) Rescan(_ context.Context, past reconcile.Span, _ reconcile.Cursor) (reconcile.Page, error) {
	s.asked = append(s.asked, past)
	return s.list(past)
}

func (s *service) Fetch(_ context.Context, refs []reconcile.Ref) (page reconcile.Page, err error) {
	for _, ref := range refs {
		if ref.ID == s.refuse {
			return reconcile.Page{}, fmt.Errorf("service: %w", reconcile.ErrAuth)
		}
		if r, known := s.records[ref.ID]; known {
			page.Payments = append(page.Payments, r)
		}
	}
	return page, nil
}

func (s *service) Expires() time.Time { return s.ends }

func (s *service) source() engine.Source {
	return engine.Source{Name: s.name, Kind: s.name, Role: reconcile.RoleBook, Provider: s,
		Rescan: engine.Rescan{Past: 40 * 24 * time.Hour, Nights: 4}}
}

func newService(w *world, name string, n int) *service {
	s := &service{name: name, now: func() time.Time { return w.engine.AsOf }, records: map[string]reconcile.SourceRecord{}, hidden: map[string]bool{}}
	for i := range n {
		id := fmt.Sprintf("%s-%02d", name, i)
		s.records[id] = inBook(name, id, "", 1000, 1+i)
	}
	return s
}

// Every record of the past is looked at again within the nights, by list or by id; what changed and what vanished is seen.
func TestRescan(t *testing.T) {
	w := newWorld(t)
	s := newService(w, "aura", 30)
	w.engine.AsOf = day(35)
	w.must(s.source())
	if s.asked != nil {
		t.Errorf("what was just read was read again: %v", s.asked)
	}
	changed := s.records["aura-04"]
	changed.Facts.Amount = usd(1500)
	s.records["aura-04"] = changed
	unlisted := s.records["aura-20"]
	unlisted.Facts.Amount = usd(1700)
	s.records["aura-20"], s.hidden["aura-20"] = unlisted, true
	delete(s.records, "aura-11")
	for night := range 4 {
		w.engine.AsOf = day(36 + night)
		w.must(s.source())
		w.must(s.source()) // once more the same night
	}
	if len(s.asked) != 4 || !s.asked[0].From.Equal(day(1)) {
		t.Fatalf("%d re-scans: %v", len(s.asked), s.asked)
	}
	for i := range s.asked[1:] {
		if !s.asked[i+1].From.Equal(s.asked[i].Through) {
			t.Errorf("a gap between %v and %v", s.asked[i], s.asked[i+1])
		}
	}
	amounts := map[string]int64{}
	for _, p := range w.payments() {
		amounts[p.ProviderPaymentID] = p.Amount.Minor
	}
	if len(amounts) != 30 || amounts["aura-04"] != 1500 || amounts["aura-20"] != 1700 || amounts["aura-11"] != 1000 {
		t.Errorf("%d payments, %d, %d, %d", len(amounts), amounts["aura-04"], amounts["aura-20"], amounts["aura-11"])
	}
	if w.matters() != "LATE_CHANGE" {
		t.Errorf("open: %s", w.open())
	}
	// It comes back.
	s.records["aura-11"] = inBook("aura", "aura-11", "", 1000, 12)
	for night := range 5 {
		w.engine.AsOf = day(40 + night)
		w.must(s.source())
	}
	joined := strings.Join(w.changes(35, 50), "\n")
	for _, want := range []string{
		`aura-04 aura/ amount: "10.00 USD" -> "15.00 USD"`, `aura-20 aura/ amount: "10.00 USD" -> "17.00 USD"`,
		`aura-11 aura/aura-11 record: "present" -> "gone"`, `aura-11 aura/aura-11 record: "gone" -> "present"`,
	} {
		if !strings.Contains(joined, want) {
			t.Errorf("%s is not told:\n%s", want, joined)
		}
	}
}

// A refund that was made since is held against what the book says now, not against what it said when it was read.
func TestClaimsOfChangedPaymentsAreReadAgain(t *testing.T) {
	for _, knows := range []bool{true, false} {
		w := newWorld(t)
		w.engine.AsOf = day(35)
		aura := newService(w, "aura", 0)
		aura.records["a1"] = inBook("aura", "a1", "pi_1", 1000, 2)
		charge := paid("s", "pi_1", "ch_1", 1000, 2, "")
		w.must(aura.source(), source("s", reconcile.RoleProcessor, page(charge)))
		w.engine.AsOf = day(36)
		refunded := page(charge)
		refunded.Refunds = []reconcile.Refund{{Source: "s", Provider: "stripe", ID: "re_1", Keys: charge.Keys, Amount: *usd(400),
			Status: reconcile.RefundRowSucceeded, CreatedAt: day(35)}}
		claim := aura.records["a1"]
		claim.Facts.RefundedAmount = usd(0)
		if knows {
			claim.Facts.RefundedAmount = usd(400)
		}
		aura.records["a1"], aura.hidden["a1"] = claim, true
		w.must(aura.source(), source("s", reconcile.RoleProcessor, refunded))
		want := "REFUND_MISMATCH"
		if knows {
			want = ""
		}
		if w.matters() != want {
			t.Errorf("the book knows of the refund: %t, open: %q", knows, w.matters())
		}
	}
}

// A row that cannot be read by id does not keep the past from being read.
func TestARefusedRowDoesNotEndTheRescan(t *testing.T) {
	w := newWorld(t)
	s := newService(w, "aura", 30)
	open := s.records["aura-29"]
	open.Open, open.Facts.Status = true, reconcile.StatusPending
	s.records["aura-29"] = open
	w.engine.AsOf = day(35)
	w.must(s.source())
	s.refuse = "aura-29"
	w.engine.AsOf = day(36)
	if _, err := w.run(s.source()); !errors.Is(err, reconcile.ErrAuth) || len(s.asked) == 0 {
		t.Errorf("%d re-scans, %v", len(s.asked), err)
	}
	// A clock that was ahead once does not put the re-scan off until then.
	s.refuse, s.asked = "", nil
	w.engine.AsOf = day(200)
	w.must(s.source())
	s.asked = nil
	w.engine.AsOf = day(37)
	if w.must(s.source()); len(s.asked) == 0 {
		t.Error("nothing was read again after the clock went back")
	}
}

// A source that answers as if it had never had anything is not believed.
func TestASourceThatLostEverything(t *testing.T) {
	w := newWorld(t)
	s := newService(w, "aura", 30)
	w.engine.AsOf = day(35)
	w.must(s.source())
	s.records = map[string]reconcile.SourceRecord{}
	var err error
	for night := range 4 {
		w.engine.AsOf = day(36 + night*10)
		_, failed := w.run(s.source())
		err = errors.Join(err, failed)
	}
	if !errors.Is(err, reconcile.ErrInvalid) || !strings.Contains(err.Error(), "no more were taken for gone") {
		t.Errorf("%v", err)
	}
	if gone := strings.Count(strings.Join(w.changes(30, 90), "\n"), `-> "gone"`); gone > 4 {
		t.Errorf("%d records were taken for gone", gone)
	}
}

// One source that fails leaves the others' pages stored, and the report says which.
func TestOneSourceFailsTheOthersGoOn(t *testing.T) {
	w := newWorld(t)
	w.engine.AsOf = day(35)
	good, bad := newService(w, "aura", 3), newService(w, "cents", 3)
	bad.down = true
	bad.ends = day(38)
	run, err := w.run(bad.source(), good.source())
	if !errors.Is(err, reconcile.ErrTransient) || run.Status != reconcile.RunPartial {
		t.Fatalf("%v, %s", err, run.Status)
	}
	if run.Sources[0].State != reconcile.SourceFailed || run.Sources[1].State != reconcile.SourceComplete || run.Payments != 3 {
		t.Errorf("%+v", run)
	}
	if !strings.Contains(run.Sources[0].Warning, "credential of cents ends at 2026-04-07") || run.Sources[1].Warning != "" {
		t.Errorf("warnings %q, %q", run.Sources[0].Warning, run.Sources[1].Warning)
	}
	if w.matters() != "STALE_SOURCE STALE_SOURCE" {
		t.Errorf("open: %s", w.open())
	}
	bad.down, bad.ends = false, day(90)
	if w.must(bad.source(), good.source()); w.matters() != "" {
		t.Errorf("open: %s", w.open())
	}
}

// Each source has its own grace.
func TestGraceOfASource(t *testing.T) {
	w := newWorld(t)
	charge := page(paid("s", "pi_1", "ch_1", 1000, 5, ""))
	processor := engine.Source{Name: "s", Role: reconcile.RoleProcessor, Fresh: true, Provider: &script{
		pages: []*reconcile.Page{&charge}, covers: reconcile.Span{From: day(1), Through: day(12)}}}
	patient, hasty := 96*time.Hour, time.Duration(0)
	book := func(name string, grace *time.Duration) engine.Source {
		s := source(name, reconcile.RoleBook, page(inBook(name, name+"-1", "pi_"+name, 1000, 10)))
		s.Grace = grace
		return s
	}
	w.must(processor, book("patient", &patient), book("hasty", &hasty), book("other", nil))
	got := map[string]reconcile.VerificationStatus{}
	for _, p := range w.payments() {
		got[p.Source] = p.Verification
	}
	want := map[string]reconcile.VerificationStatus{"s": reconcile.NeedsReview, "patient": reconcile.Unverified,
		"hasty": reconcile.Rejected, "other": reconcile.Unverified}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// A night judges again what its sources came to cover since the last, and everything where more than that has changed.
func TestVerifyFollowsCoverage(t *testing.T) {
	w := newWorld(t)
	book := newService(w, "aura", 0)
	charges := page()
	for i := range 30 {
		id := fmt.Sprintf("pi_%02d", i)
		charges.Payments = append(charges.Payments, paid("s", id, "ch_"+id, 1000, 1+i, ""))
		if i%2 == 0 {
			book.records["a"+id] = inBook("aura", "a"+id, id, 1000, 1+i)
		}
		book.records["b"+id] = inBook("aura", "b"+id, "pi_none"+id, 1000, 1+i)
	}
	judged := 0
	w.engine.Progress = func(p engine.Progress) {
		if p.Stage == "verify" {
			judged = p.Done
		}
	}
	night := func(on int) (int, string) {
		judged, w.engine.AsOf = 0, day(on)
		s := source("s", reconcile.RoleProcessor, charges)
		s.Provider.(*script).covers = reconcile.Span{From: day(1), Through: day(on)}
		w.must(book.source(), s)
		return judged, w.matters()
	}
	night(20)
	for on := 21; on < 25; on++ {
		n, open := night(on)
		if n == 0 || n > 9 {
			t.Errorf("day %d: judged %d payments again", on, n)
		}
		// Another store that sees this day first must come to the same.
		fresh := newWorld(t)
		fresh.engine.AsOf = day(on)
		s := source("s", reconcile.RoleProcessor, charges)
		s.Provider.(*script).covers = reconcile.Span{From: day(1), Through: day(on)}
		other := *book
		other.now = func() time.Time { return day(on) }
		fresh.must(other.source(), s)
		if want := fresh.matters(); open != want {
			t.Errorf("day %d: open\n%s\nwant\n%s", on, open, want)
		}
	}
	if n, _ := night(24); n != 0 {
		t.Errorf("the same day again judged %d", n)
	}
	w.engine.Grace = 200 * time.Hour // claims that were late are in time again
	if n, _ := night(24); n != len(w.payments()) {
		t.Errorf("a longer grace judged %d", n)
	}
}

// What was kept aside of a row is forgotten when the row comes again, right or wrong in another way.
func TestAMendedRowLeavesTheQuarantine(t *testing.T) {
	w := newWorld(t)
	aside := func(reason string) reconcile.Page {
		return reconcile.Page{Quarantined: []reconcile.Quarantine{
			{Source: "aura", File: "/v1/payments", ID: "a1", Field: "amount", Reason: reason, Raw: []byte("{}")},
			{Source: "aura", File: "/v1/payments", ID: "a2", Field: "amount", Reason: "is missing", Raw: []byte("{}")},
		}}
	}
	kept := func() (reasons []string) {
		err := w.store.View(t.Context(), func(r reconcile.Reader) error {
			for q, err := range r.Quarantined(nil) {
				if err != nil {
					return err
				}
				reasons = append(reasons, q.ID+" "+q.Reason)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return reasons
	}
	for _, step := range []struct {
		page reconcile.Page
		want []string
	}{
		{aside("is below zero"), []string{"a1 is below zero", "a2 is missing"}},
		{aside("is not a number"), []string{"a1 is not a number", "a2 is missing"}},
		{page(inBook("aura", "a1", "", 1000, 3)), []string{"a2 is missing"}},
	} {
		_, _ = w.run(source("aura", reconcile.RoleBook, step.page)) // rows aside make it partial
		got := kept()
		slices.Sort(got)
		if diff := cmp.Diff(step.want, got); diff != "" {
			t.Error(diff)
		}
	}
}
