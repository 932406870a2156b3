package engine_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"

	"pennytie/matchers"
	"pennytie/reconcile"
	"pennytie/reconcile/engine"
	"pennytie/reconcile/money"
	"pennytie/reconcile/report"
	"pennytie/store"
)

// script is a provider that gives prepared pages; a nil page is an outage.
type script struct {
	pages  []*reconcile.Page
	fetch  func([]reconcile.Ref) reconcile.Page
	covers reconcile.Span
	asked  []reconcile.Ref
}

func (*script) Name() string { return "script" }

func (s *script) Pull(_ context.Context, from reconcile.Cursor) (reconcile.Page, error) {
	at := 0
	if from != "" {
		_, _ = fmt.Sscan(string(from), &at)
	}
	if at >= len(s.pages) {
		return reconcile.Page{Next: from, Covers: s.covers}, nil
	}
	if s.pages[at] == nil {
		return reconcile.Page{}, fmt.Errorf("script: outage: %w", reconcile.ErrTransient)
	}
	page := *s.pages[at]
	page.Next = reconcile.Cursor(fmt.Sprint(at + 1))
	page.More = at+1 < len(s.pages)
	page.Covers = s.covers
	return page, nil
}

// fetcher can read single rows again.
type fetcher struct{ *script }

func (f fetcher) Fetch(_ context.Context, refs []reconcile.Ref) (reconcile.Page, error) {
	f.asked = append(f.asked, refs...)
	return f.fetch(refs), nil
}

// world is a store with an engine over it.
type world struct {
	t      *testing.T
	store  store.Store
	engine *engine.Engine
	runs   int
}

func newWorld(t *testing.T) *world {
	t.Helper()
	dir := t.TempDir()
	s, err := store.Open(t.Context(), filepath.Join(dir, "test.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return &world{t: t, store: s, engine: &engine.Engine{
		Store: s, Matchers: matchers.All(), Prepare: matchers.NewPreparer("US"), Pair: matchers.Claims{},
		Policy:      reconcile.Policy{AutoConfirm: 9500, Suggest: 5000, Margin: 500, CallWindowDays: 60, ClaimWindowDays: 5},
		Fingerprint: "test", Grace: 72 * time.Hour, Organization: "org", Reports: report.Options{Dir: filepath.Join(dir, "reports")},
		AsOf: day(30), Clock: time.Now, Owner: "test", Log: zap.NewNop(),
	}}
}

// source makes a scripted source of one page.
func source(name string, role reconcile.Role, page reconcile.Page) engine.Source {
	return engine.Source{Name: name, Kind: "script", Role: role, Provider: &script{pages: []*reconcile.Page{&page}},
		Fresh: true, Records: len(page.Leads)+len(page.Calls)+len(page.Products) > 0}
}

func (w *world) run(sources ...engine.Source) (reconcile.Run, error) {
	w.t.Helper()
	w.engine.Sources = sources
	w.runs++
	return w.engine.Run(w.t.Context(), fmt.Sprintf("run-%d", w.runs), "test", engine.All())
}

func (w *world) must(sources ...engine.Source) reconcile.Run {
	w.t.Helper()
	run, err := w.run(sources...)
	if err != nil {
		w.t.Fatal(err)
	}
	return run
}

// payments reads all payments without the store's own numbers.
func (w *world) payments() []reconcile.Payment {
	w.t.Helper()
	var all []reconcile.Payment
	err := w.store.View(w.t.Context(), func(r reconcile.Reader) error {
		for p, err := range r.Payments(reconcile.PaymentFilter{}) {
			if err != nil {
				return err
			}
			p.Row = 0
			all = append(all, *p)
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}

func (w *world) open() string {
	w.t.Helper()
	var codes []string
	err := w.store.View(w.t.Context(), func(r reconcile.Reader) error {
		for x, err := range r.Exceptions(reconcile.ExceptionFilter{OpenOnly: true}) {
			if err != nil {
				return err
			}
			codes = append(codes, string(x.Code))
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	slices.Sort(codes)
	return strings.Join(codes, " ")
}

func day(n int) time.Time { return time.Date(2026, 3, n, 12, 0, 0, 0, time.UTC) }

func usd(minor int64) *money.Amount { a := money.New(minor, "USD"); return &a }

// paid is a processor's record of one charge of a payment.
func paid(src, pi, ch string, minor int64, on int, email string) reconcile.SourceRecord {
	r := reconcile.SourceRecord{Source: src, Provider: "stripe", Role: reconcile.RoleProcessor, Kind: reconcile.KindPayment, ID: ch,
		Keys: []reconcile.Key{{Provider: "stripe", ID: pi}},
		Facts: reconcile.Facts{ProviderPaymentID: pi, Status: reconcile.StatusSucceeded, Amount: usd(minor), PaymentDate: day(on),
			Name: "Ada Lovelace"}}
	if ch != pi {
		r.Keys = append(r.Keys, reconcile.Key{Provider: "stripe", ID: ch})
	}
	if email != "" {
		r.Facts.Emails = []string{email}
	}
	return r
}

func claimed(src, pi string, minor int64, on int) reconcile.SourceRecord {
	r := paid(src, pi, pi, minor, on, "")
	r.Role, r.Export = reconcile.RoleBook, true
	return r
}

func ada(id, email string) reconcile.Lead {
	return reconcile.Lead{ID: id, Name: "Ada Lovelace", Emails: []string{email}, CreatedAt: day(1)}
}

func page(payments ...reconcile.SourceRecord) reconcile.Page {
	return reconcile.Page{Payments: payments}
}

const email = "ada@example.com"

func called(id, lead string, minor int64) reconcile.Call {
	return reconcile.Call{ID: id, LeadID: lead, StartedAt: day(8), EndedAt: day(8), Outcome: "won", Amount: usd(minor)}
}

func leads(l ...reconcile.Lead) engine.Source {
	p := reconcile.Page{Leads: l}
	for i := range l {
		p.Calls = append(p.Calls, called("C"+l[i].ID, l[i].ID, 1000))
	}
	return source("leads", "", p)
}

func TestSecondRunWritesNothing(t *testing.T) {
	w := newWorld(t)
	sources := []engine.Source{leads(ada("L1", email)), source("s", reconcile.RoleProcessor, page(paid("s", "pi_1", "ch_1", 1000, 10, email)))}
	first := w.must(sources...)
	if first.Auto != 1 || first.Writes == 0 || !first.Ties || first.Sources[0].New != 1 {
		t.Fatalf("first: %+v", first)
	}
	before := w.payments()
	w.engine.AsOf = day(31)
	second := w.must(sources...)
	if second.Writes != 0 || second.Sources[0].Unchanged != 1 {
		t.Errorf("second: %+v", second)
	}
	if diff := cmp.Diff(before, w.payments()); diff != "" {
		t.Error(diff)
	}
}

func TestResumeAfterAnOutageLosesAndDoublesNothing(t *testing.T) {
	w := newWorld(t)
	one, two := page(paid("s", "pi_1", "ch_1", 1000, 10, "")), page(paid("s", "pi_2", "ch_2", 2000, 11, ""))
	broken := engine.Source{Name: "s", Kind: "script", Role: reconcile.RoleProcessor, Provider: &script{pages: []*reconcile.Page{&one, nil}}}
	other := source("o", reconcile.RoleProcessor, page(paid("o", "pi_9", "ch_9", 900, 9, "")))
	run, err := w.run(broken, other)
	if !errors.Is(err, reconcile.ErrTransient) || run.Status != reconcile.RunPartial || run.Sources[0].State != reconcile.SourceIncomplete ||
		run.Sources[1].State != reconcile.SourceComplete || run.Payments != 2 {
		t.Fatalf("outage: %v %+v", err, run)
	}
	if !strings.Contains(w.open(), "STALE_SOURCE") {
		t.Errorf("open: %s", w.open())
	}
	broken.Provider = &script{pages: []*reconcile.Page{&one, &two}}
	run = w.must(broken, other)
	if run.Payments != 3 || run.Sources[0].Read != 1 {
		t.Errorf("resumed: %+v", run)
	}
	if strings.Contains(w.open(), "STALE_SOURCE") {
		t.Errorf("still stale: %s", w.open())
	}
}

func TestTheSameCursorTwiceEndsThePull(t *testing.T) {
	w := newWorld(t)
	run, err := w.run(engine.Source{Name: "s", Role: reconcile.RoleProcessor, Provider: stuck{}})
	if !errors.Is(err, reconcile.ErrInvalid) || run.Sources[0].State == reconcile.SourceComplete {
		t.Errorf("%v %+v", err, run)
	}
}

type stuck struct{}

func (stuck) Name() string { return "stuck" }
func (stuck) Pull(context.Context, reconcile.Cursor) (reconcile.Page, error) {
	return reconcile.Page{Next: "again", More: true}, nil
}

// Charges, a session, refunds, a claim and an export of the same money, in every order and page size: one payment.
func TestArrivalOrderDoesNotShow(t *testing.T) {
	session := reconcile.SourceRecord{Source: "s", Provider: "stripe", Role: reconcile.RoleProcessor, Kind: reconcile.KindDetail, ID: "cs_1",
		Keys: []reconcile.Key{{Provider: "stripe", ID: "pi_1"}, {Provider: "stripe", ID: "cs_1"}}, Facts: reconcile.Facts{Emails: []string{email}}}
	onlyCharge := paid("s", "ch_1", "ch_1", 1000, 10, "")
	onlyCharge.ID = "ch_1-export"
	exported := ledgerLine("txn_1", "ch_1", "po_1", reconcile.EntryCharge, 990, 10) // only it knows the payout
	exported.Source, exported.Export = "files", true
	rows := []any{
		paid("s", "pi_1", "ch_1", 1000, 10, ""), onlyCharge, session, paid("s", "pi_2", "ch_2", 1000, 11, email),
		reconcile.Refund{Source: "s", Provider: "stripe", ID: "re_1", Keys: []reconcile.Key{{Provider: "stripe", ID: "ch_1"}},
			Amount: *usd(300), Status: reconcile.RefundRowSucceeded, CreatedAt: day(12)},
		reconcile.Dispute{Source: "s", Provider: "stripe", ID: "dp_1", Keys: []reconcile.Key{{Provider: "stripe", ID: "pi_2"}},
			Amount: *usd(1000), Status: reconcile.DisputeLost, CreatedAt: day(13)},
		ledgerLine("txn_1", "ch_1", "", reconcile.EntryCharge, 990, 10), ledgerLine("txn_2", "pi_2", "po_2", reconcile.EntryCharge, 980, 11),
		exported, ledgerLine("txn_3", "pi_1", "", reconcile.EntryRefund, -300, 12),
	}
	var want []reconcile.Payment
	random := rand.New(rand.NewPCG(1, 1))
	for round := range 30 {
		w := newWorld(t)
		random.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		w.must(leads(ada("L1", email)), paged(rows, 1+round%len(rows)))
		if want == nil {
			want = w.payments()
			if len(want) != 2 || want[0].Refund.Amount != *usd(300) || want[0].CustomerEmail != email ||
				want[0].PayoutID != "po_1" || *want[1].Net != *usd(980) {
				t.Fatalf("%+v", want)
			}
		}
		if diff := cmp.Diff(want, w.payments()); diff != "" {
			t.Fatalf("round %d: %s", round, diff)
		}
	}
}

func paged(rows []any, size int) engine.Source {
	s := &script{}
	for chunk := range slices.Chunk(rows, size) {
		p := &reconcile.Page{}
		for _, row := range chunk {
			switch row := row.(type) {
			case reconcile.SourceRecord:
				p.Payments = append(p.Payments, row)
			case reconcile.Refund:
				p.Refunds = append(p.Refunds, row)
			case reconcile.Dispute:
				p.Disputes = append(p.Disputes, row)
			case reconcile.Entry:
				p.Entries = append(p.Entries, row)
			case reconcile.Payout:
				p.Payouts = append(p.Payouts, row)
			}
		}
		s.pages = append(s.pages, p)
	}
	return engine.Source{Name: "s", Kind: "script", Role: reconcile.RoleProcessor, Provider: s}
}

func TestANewLeadIsSeenByOldPayments(t *testing.T) {
	w := newWorld(t)
	stripe := source("s", reconcile.RoleProcessor, page(paid("s", "pi_1", "ch_1", 1000, 10, email)))
	nameless := func(id, email string) reconcile.Lead {
		lead := ada(id, email)
		lead.Name = ""
		return lead
	}
	if run := w.must(leads(nameless("L9", "other@example.org")), stripe); run.Auto != 0 {
		t.Fatalf("%+v", run)
	}
	if run := w.must(leads(nameless("L1", email)), stripe); w.payments()[0].Match.LeadID != "L1" {
		t.Fatalf("a lead that explains the payment came and was not seen: %+v", run)
	}
	if run := w.must(leads(nameless("L2", email)), stripe); run.Auto != 0 || run.Ambiguous != 1 {
		t.Errorf("an equal rival came and the payment stayed decided: %+v", run)
	}
}

func TestADecisionIsNeverOverwritten(t *testing.T) {
	w := newWorld(t)
	stripe := source("s", reconcile.RoleProcessor, page(paid("s", "pi_1", "ch_1", 1000, 10, email)))
	w.must(leads(ada("L1", email), ada("L2", "b@example.com")), stripe)
	err := w.store.Update(t.Context(), func(tx reconcile.Tx) error {
		p, err := tx.Payment("pi_1")
		if err != nil {
			return err
		}
		return errors.Join(tx.AddDecision(p.Row, &reconcile.Decision{LeadID: "L2", At: day(20)}), tx.DueAll())
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, sources := range [][]engine.Source{
		{stripe},
		{leads(ada("L1", email), ada("L3", email)), stripe},
		{source("s", reconcile.RoleProcessor, page(paid("s", "pi_1", "ch_1", 1100, 10, email)))},
	} {
		if run := w.must(sources...); run.Manual != 1 {
			t.Fatalf("%+v", run)
		}
		if p := w.payments()[0]; p.Match.LeadID != "L2" || p.Match.State != reconcile.MatchManual {
			t.Fatalf("%+v", p.Match)
		}
	}
}

func TestClaims(t *testing.T) {
	w := newWorld(t)
	processor := func(rows ...reconcile.SourceRecord) engine.Source {
		p := page(rows...)
		return engine.Source{Name: "s", Role: reconcile.RoleProcessor, Fresh: true,
			Provider: &script{pages: []*reconcile.Page{&p}, covers: reconcile.Span{From: day(1), Through: day(20)}}}
	}
	book := source("b", reconcile.RoleBook, page(
		claimed("b", "pi_1", 1000, 10), claimed("b", "pi_2", 1000, 11), claimed("b", "pi_3", 1000, 12), claimed("b", "pi_late", 1000, 19)))
	w.must(book, processor(paid("s", "pi_1", "ch_1", 1000, 10, ""), paid("s", "pi_2", "ch_2", 900, 11, "")))
	status := map[string]reconcile.VerificationStatus{}
	for _, p := range w.payments() {
		status[p.ProviderPaymentID] = p.Verification
	}
	want := map[string]reconcile.VerificationStatus{"pi_1": reconcile.NeedsReview, "pi_2": reconcile.NeedsReview,
		"pi_3": reconcile.Rejected, "pi_late": reconcile.Unverified}
	if diff := cmp.Diff(want, status); diff != "" {
		t.Error(diff)
	}
	if open := w.open(); !strings.Contains(open, "AMOUNT_OVER") || strings.Count(open, "MISSING_AT_PROCESSOR") != 1 {
		t.Errorf("open: %s", open)
	}
	// The payment of the missing claim arrives: one payment, no longer rejected.
	w.must(book, processor(paid("s", "pi_1", "ch_1", 1000, 10, ""), paid("s", "pi_2", "ch_2", 900, 11, ""), paid("s", "pi_3", "ch_3", 1000, 12, "")))
	if n := len(w.payments()); n != 4 {
		t.Errorf("%d payments, want 4", n)
	}
	if strings.Contains(w.open(), "MISSING_AT_PROCESSOR") {
		t.Errorf("open: %s", w.open())
	}
}

// A claim that was imported by hand is rejected once the processor is read past it, although nothing of it changes.
func TestAnImportedClaimIsHeldAgainstLaterPulls(t *testing.T) {
	w := newWorld(t)
	w.must(source("import", reconcile.RoleBook, page(claimed("import", "pi_claimed", 1000, 10))))
	w.engine.Imported = []string{"import"}
	empty := page()
	for _, night := range []struct {
		through int
		want    reconcile.VerificationStatus
	}{{11, reconcile.Unverified}, {14, reconcile.Rejected}} {
		charge := page(paid("s", "pi_1", "ch_1", 500, 9, ""))
		w.must(engine.Source{Name: "s", Role: reconcile.RoleProcessor, Fresh: true, Provider: &script{
			pages: []*reconcile.Page{&charge, &empty}, covers: reconcile.Span{From: day(1), Through: day(night.through)}}})
		for _, p := range w.payments() {
			if p.ProviderPaymentID == "pi_claimed" && p.Verification != night.want {
				t.Errorf("read through day %d: %s, want %s", night.through, p.Verification, night.want)
			}
		}
	}
}

func TestALateRefundIsReported(t *testing.T) {
	w := newWorld(t)
	charge := paid("s", "pi_1", "ch_1", 1000, 10, email)
	w.must(leads(ada("L1", email)), source("s", reconcile.RoleProcessor, page(charge)))
	if p := w.payments()[0]; p.Verification != reconcile.Confirmed || !p.VerifiedAt.Equal(day(30)) {
		t.Fatalf("%+v", p)
	}
	w.engine.AsOf = day(31)
	late := page(charge)
	late.Refunds = []reconcile.Refund{{Source: "s", Provider: "stripe", ID: "re_1", Keys: charge.Keys, Amount: *usd(1000),
		Status: reconcile.RefundRowSucceeded, CreatedAt: day(31)}}
	w.must(leads(ada("L1", email)), source("s", reconcile.RoleProcessor, late))
	p := w.payments()[0]
	if p.Status != reconcile.StatusRefunded || !p.VerifiedAt.Equal(day(30)) || p.Match.LeadID != "L1" {
		t.Errorf("%+v", p)
	}
	if w.open() != "LATE_CHANGE LATE_CHANGE" {
		t.Errorf("open: %s", w.open())
	}
	run := w.must(leads(ada("L1", email)), source("s", reconcile.RoleProcessor, late))
	if run.Writes != 0 || w.open() != "LATE_CHANGE LATE_CHANGE" {
		t.Errorf("a late change was forgotten: %d writes, %s", run.Writes, w.open())
	}
}

func TestDoublePaymentsAreShownOnBothSides(t *testing.T) {
	w := newWorld(t)
	one, two := paid("s", "pi_1", "ch_1", 1000, 10, email), paid("s", "pi_2", "ch_2", 1000, 10, "ADA@example.com")
	two.Facts.PaymentDate = day(10).Add(2 * time.Minute)
	three := paid("s", "pi_3", "ch_3", 1000, 11, email)
	w.must(source("s", reconcile.RoleProcessor, page(one, three)))
	w.must(source("s", reconcile.RoleProcessor, page(two)))
	if n := strings.Count(w.open(), "DUPLICATE"); n != 2 {
		t.Errorf("%d, want 2: %s", n, w.open())
	}
	if n := len(w.payments()); n != 3 {
		t.Errorf("%d payments: doubles must not be merged", n)
	}
}

// A refund that names two payments, by a slip in a file, must not make them one.
func TestARefundDoesNotMergePayments(t *testing.T) {
	slip := reconcile.Refund{Source: "s", Provider: "stripe", ID: "re_1", Amount: *usd(400), Status: reconcile.RefundRowSucceeded,
		CreatedAt: day(12), Keys: []reconcile.Key{{Provider: "stripe", ID: "pi_1"}, {Provider: "stripe", ID: "ch_2"}}}
	rows := []any{paid("s", "pi_1", "ch_1", 1000, 10, ""), paid("s", "pi_2", "ch_2", 2000, 11, ""), slip}
	for round := range rows { // the slip last, first and between
		w := newWorld(t)
		rows = append(rows[1:], rows[0])
		w.must(paged(rows, 1))
		all := w.payments()
		if len(all) != 2 || all[0].Refund.Amount != *usd(400) || all[1].Refund.Amount.Minor != 0 {
			t.Errorf("round %d: %+v", round, all)
		}
	}
}

func TestOrphanRefundFindsItsPaymentLater(t *testing.T) {
	w := newWorld(t)
	orphan := reconcile.Page{Refunds: []reconcile.Refund{{Source: "s", Provider: "stripe", ID: "re_1",
		Keys: []reconcile.Key{{Provider: "stripe", ID: "ch_1"}}, Amount: *usd(400), Status: reconcile.RefundRowSucceeded, CreatedAt: day(11)}}}
	w.must(source("s", reconcile.RoleProcessor, orphan))
	if w.open() != "REFUND_ORPHAN" || len(w.payments()) != 0 {
		t.Fatalf("%s, %d payments", w.open(), len(w.payments()))
	}
	w.must(source("s", reconcile.RoleProcessor, page(paid("s", "pi_1", "ch_1", 1000, 10, ""))))
	if strings.Contains(w.open(), "REFUND_ORPHAN") || w.payments()[0].Refund.Amount != *usd(400) {
		t.Errorf("%s %+v", w.open(), w.payments()[0].Refund)
	}
}

func TestOpenRowsAreReadAgain(t *testing.T) {
	w := newWorld(t)
	pending := paid("s", "pi_1", "py_1", 1000, 10, "")
	pending.Facts.Status, pending.Open = reconcile.StatusPending, true
	first := page(pending)
	s := &script{pages: []*reconcile.Page{&first}}
	s.fetch = func([]reconcile.Ref) reconcile.Page {
		done := paid("s", "pi_1", "py_1", 1000, 10, "")
		return page(done)
	}
	src := engine.Source{Name: "s", Role: reconcile.RoleProcessor, Provider: fetcher{s}}
	w.must(src)
	if len(s.asked) != 0 {
		t.Errorf("rows that were just read were read again: %v", s.asked)
	}
	w.must(src)
	if p := w.payments()[0]; len(s.asked) != 1 || p.Status != reconcile.StatusSucceeded {
		t.Errorf("asked %v, status %s", s.asked, p.Status)
	}
	w.must(src)
	if len(s.asked) != 1 {
		t.Errorf("a settled row was read again: %v", s.asked)
	}
}

func TestAnotherOwnerOfTheLeaseStopsARun(t *testing.T) {
	w := newWorld(t)
	if err := w.store.Lease(t.Context(), "elsewhere", time.Now(), time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if _, err := w.run(source("s", reconcile.RoleProcessor, page())); !errors.Is(err, reconcile.ErrConflict) {
		t.Errorf("%v", err)
	}
}

func TestAnInterruptedRunKeepsWhatWasCommitted(t *testing.T) {
	w := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	one, two := page(paid("s", "pi_1", "ch_1", 1000, 10, "")), page(paid("s", "pi_2", "ch_2", 1000, 10, ""))
	w.engine.Sources = []engine.Source{{Name: "s", Role: reconcile.RoleProcessor,
		Provider: cancelling{&script{pages: []*reconcile.Page{&one, &two, &two}}, cancel}}}
	run, err := w.engine.Run(ctx, "run-x", "test", engine.All())
	if !errors.Is(err, context.Canceled) || run.Status != reconcile.RunInterrupted {
		t.Fatalf("%v %+v", err, run)
	}
	var stored reconcile.Run
	if err := w.store.View(t.Context(), func(r reconcile.Reader) (err error) { stored, err = r.Run("run-x"); return err }); err != nil {
		t.Fatal(err)
	}
	// The third page is asked for when the first is stored and while the second is.
	if n := len(w.payments()); stored.Status != reconcile.RunInterrupted || n != 1 && n != 2 {
		t.Errorf("%+v, %d payments", stored, n)
	}
	if run := w.must(paged([]any{one.Payments[0], two.Payments[0]}, 1)); run.Payments != 2 {
		t.Errorf("after the interruption: %+v", run)
	}
}

type cancelling struct {
	*script
	cancel func()
}

func (c cancelling) Pull(ctx context.Context, from reconcile.Cursor) (reconcile.Page, error) {
	if from == "2" {
		c.cancel()
		return reconcile.Page{}, ctx.Err()
	}
	return c.script.Pull(ctx, from)
}
