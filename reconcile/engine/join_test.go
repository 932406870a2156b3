package engine_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pennytie/reconcile"
	"pennytie/reconcile/engine"
)

// unnamed is what a book says of a payment without naming it.
func unnamed(id string, minor int64, on int, email string) reconcile.SourceRecord {
	r := inBook("aura", id, "", minor, on)
	r.Facts.Name = "Ada Lovelace"
	if email != "" {
		r.Facts.Emails = []string{email}
	}
	return r
}

// with changes the facts of a record.
func with(r reconcile.SourceRecord, change func(*reconcile.Facts)) reconcile.SourceRecord {
	change(&r.Facts)
	return r
}

func gone(r reconcile.SourceRecord) reconcile.SourceRecord {
	r.Gone = true
	return r
}

func reference(text string) func(*reconcile.Facts) {
	return func(f *reconcile.Facts) { f.Payer.ExternalID = text }
}

// joins reads what is thought of every claim, and which payment its record is at.
func (w *world) joins() []string {
	w.t.Helper()
	var found []string
	err := w.store.View(w.t.Context(), func(r reconcile.Reader) error {
		for p, err := range r.Payments(reconcile.PaymentFilter{}) {
			if err != nil {
				return err
			}
			known, err := r.Known(p.Row)
			if err != nil {
				return err
			}
			for _, j := range known.Joins {
				found = append(found, fmt.Sprintf("%s %s at %s of %d records", j.Record, j.State, p.ProviderPaymentID, len(known.Records)))
			}
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	slices.Sort(found)
	return found
}

func wantJoins(t *testing.T, w *world, name string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, w.joins()); diff != "" {
		t.Errorf("%s: %s\n%s", name, diff, w.state())
	}
	if err := w.store.Check(t.Context()); err != nil {
		t.Errorf("%s: %v", name, err)
	}
}

func TestAClaimWithoutAnIDIsJoined(t *testing.T) {
	w := newWorld(t)
	charge, claim := paid("s", "pi_1", "ch_1", 1000, 10, email), unnamed("a1", 1000, 11, email)
	w.pull(charge, claim)
	wantJoins(t, w, "one night", "a1 sure at pi_1 of 2 records")
	wantBrief(t, w, "s pi_1 1000 refunded 0.00 ")
	run := w.runAgain(charge, claim)
	if run.Writes != 0 || !run.Ties || run.Payments != 1 || len(run.Totals) != 1 || run.Totals[0].Gross != 1000 {
		t.Errorf("second run: %+v", run)
	}
	w.engine.Policy.AutoConfirm, w.engine.Fingerprint = 9999, "stricter"
	w.pull(charge, claim)
	wantJoins(t, w, "another policy", "a1 likely at a1 of 1 records")
	w.engine.Policy.AutoConfirm, w.engine.Fingerprint = 9500, "test"
	w.pull(charge, claim)
	wantJoins(t, w, "the policy of before", "a1 sure at pi_1 of 2 records")
	for _, nights := range [][]reconcile.SourceRecord{{charge, claim}, {claim, charge}} {
		late := newWorld(t)
		late.pull(nights[0])
		late.pull(nights[0], nights[1])
		if diff := cmp.Diff(w.state(), late.state()); diff != "" {
			t.Errorf("one after the other: %s", diff)
		}
		for _, id := range []string{"a1", "pi_1"} { // whoever knew the claim still finds it
			err := late.store.View(t.Context(), func(r reconcile.Reader) error {
				p, err := r.Payment(id)
				if err == nil && p.ProviderPaymentID != "pi_1" {
					t.Errorf("%s is %s", id, p.ProviderPaymentID)
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
		}
	}
}

func TestWhatIsJoined(t *testing.T) {
	const charged = 1000
	charge := paid("s", "pi_1", "ch_1", charged, 10, email)
	for _, test := range []struct {
		name   string
		claims []reconcile.SourceRecord
		others []reconcile.SourceRecord
		want   []string
		open   string // codes about claims
	}{
		{"the same payer, amount and day", []reconcile.SourceRecord{unnamed("a1", charged, 10, email)}, nil, []string{"a1 sure at pi_1 of 2 records"}, ""},
		{"4c 3: references on both sides that differ", []reconcile.SourceRecord{with(unnamed("a1", charged, 10, email), reference("INV-2002"))}, nil,
			[]string{"a1 likely at a1 of 1 records"}, "LOW_CONFIDENCE"},
		{"4c 3: an equal amount alone", []reconcile.SourceRecord{with(unnamed("a1", charged, 10, ""), func(f *reconcile.Facts) { f.Name = "" })}, nil, nil, ""},
		{"4c 3: an equal amount and name", []reconcile.SourceRecord{unnamed("a1", charged, 10, "")}, nil, []string{"a1 likely at a1 of 1 records"}, "LOW_CONFIDENCE"},
		{"4c 8: empty is like nothing", []reconcile.SourceRecord{with(unnamed("a1", charged, 10, " "), func(f *reconcile.Facts) { f.Name, f.Payer.Phone = "", "-" })}, nil, nil, ""},
		{"4c 9: another currency", []reconcile.SourceRecord{with(unnamed("a1", charged, 10, email), func(f *reconcile.Facts) { f.Amount.Currency = "EUR" })}, nil, nil, ""},
		{"4c 10: a cent more", []reconcile.SourceRecord{unnamed("a1", charged+1, 10, email)}, nil, nil, ""},
		{"a reference of both", []reconcile.SourceRecord{with(unnamed("a1", charged, 10, ""), reference("INV-1001"))}, nil, []string{"a1 sure at pi_1 of 2 records"}, ""},
		{"4c 21: a part of a token", []reconcile.SourceRecord{with(unnamed("a1", charged, 10, ""), reference("NV-1001"))}, nil, nil, ""},
		{"4c 21: a reference of another party", []reconcile.SourceRecord{with(unnamed("a1", charged, 10, ""), func(f *reconcile.Facts) {
			f.Payer.ExternalID, f.Name = "INV-1001", "Grace Hopper"
		})}, nil, []string{"a1 likely at a1 of 1 records"}, "LOW_CONFIDENCE"},
		{"somebody else's name under one address", []reconcile.SourceRecord{with(unnamed("a1", charged, 10, email), func(f *reconcile.Facts) { f.Name = "Grace Hopper" })}, nil,
			[]string{"a1 likely at a1 of 1 records"}, "LOW_CONFIDENCE"},
		{"outside of the window", []reconcile.SourceRecord{unnamed("a1", charged, 16, email)}, nil, nil, ""},
		{"at the end of the window", []reconcile.SourceRecord{unnamed("a1", charged, 15, email)}, nil, []string{"a1 sure at pi_1 of 2 records"}, ""},
		{"4c 6: two claims of one payment", []reconcile.SourceRecord{unnamed("a1", charged, 10, email), unnamed("a2", charged, 10, email)}, nil,
			[]string{"a1 tied at a1 of 1 records", "a2 tied at a2 of 1 records"}, "AMBIGUOUS AMBIGUOUS"},
		{"one claim of two payments", []reconcile.SourceRecord{unnamed("a1", charged, 10, email)},
			[]reconcile.SourceRecord{with(paid("s", "pi_2", "ch_2", charged, 10, email), reference("INV-1002"))},
			[]string{"a1 tied at a1 of 1 records"}, "AMBIGUOUS"},
		{"4c 1: two pairs, whichever comes first", []reconcile.SourceRecord{with(unnamed("a1", charged, 10, email), reference("INV-1002")), with(unnamed("a2", charged, 10, email), reference("INV-1001"))},
			[]reconcile.SourceRecord{with(paid("s", "pi_2", "ch_2", charged, 10, email), reference("INV-1002"))},
			[]string{"a1 sure at pi_2 of 2 records", "a2 sure at pi_1 of 2 records"}, ""},
		{"a payment that the book knows by its id", []reconcile.SourceRecord{unnamed("a1", charged, 10, email), inBook("aura", "a2", "pi_1", charged, 10)}, nil, nil, ""},
		{"a payment that another book knows by its id", []reconcile.SourceRecord{unnamed("a1", charged, 10, email), inBook("cents", "c1", "pi_1", charged, 10)}, nil,
			[]string{"a1 sure at pi_1 of 3 records"}, ""},
		{"a claim that names another payment there", []reconcile.SourceRecord{with(inBook("aura", "a1", "pi_9", charged, 10), func(f *reconcile.Facts) { f.Emails = []string{email} })}, nil, nil, ""},
		{"a claim of nothing taken", []reconcile.SourceRecord{with(unnamed("a1", charged, 10, email), func(f *reconcile.Facts) { f.Status = reconcile.StatusFailed })}, nil, nil, ""},
	} {
		rows := []any{with(charge, reference("INV-1001"))}
		for _, r := range slices.Concat(test.others, test.claims) {
			rows = append(rows, r)
		}
		for range 2 {
			w := newWorld(t)
			w.pull(rows...)
			wantJoins(t, w, test.name, test.want...)
			if got := w.aboutClaims(); got != test.open {
				t.Errorf("%s: open %q, want %q", test.name, got, test.open)
			}
			slices.Reverse(rows)
		}
	}
}

// aboutClaims are the codes of open exceptions that speak of claims and the payments they may be.
func (w *world) aboutClaims() string {
	w.t.Helper()
	var codes []string
	err := w.store.View(w.t.Context(), func(r reconcile.Reader) error {
		for x, err := range r.Exceptions(reconcile.ExceptionFilter{OpenOnly: true}) {
			if err != nil {
				return err
			}
			if !strings.HasPrefix(x.Subject, "claim of ") {
				continue
			}
			codes = append(codes, string(x.Code))
			if strings.Contains(x.Detail, "@") || x.Detail == "" {
				w.t.Errorf("%+v", x)
			}
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return strings.Join(codes, " ")
}

// What is joined is undone, and done otherwise, as soon as what it follows from is another.
func TestAJoinFollowsItsReasons(t *testing.T) {
	charge, other := paid("s", "pi_1", "ch_1", 1000, 10, email), paid("s", "pi_2", "ch_2", 1000, 20, "")
	claim := unnamed("a1", 1000, 10, email)
	named := func(pi string) reconcile.SourceRecord {
		r := claim
		r.Keys = append([]reconcile.Key{stripeKey(pi)}, r.Keys...)
		return r
	}
	for _, test := range []struct {
		name  string
		later []any
		want  []string
		brief []string
	}{
		{"it names another payment", []any{charge, other, named("pi_2")}, nil,
			[]string{"s pi_1 1000 refunded 0.00 ", "s pi_2 1000 refunded 0.00 "}},
		{"it names that payment", []any{charge, other, named("pi_1")}, nil,
			[]string{"s pi_1 1000 refunded 0.00 ", "s pi_2 1000 refunded 0.00 "}},
		{"it names a payment that nobody has", []any{charge, other, named("pi_9")}, nil,
			[]string{"aura a1 1000 refunded 0.00 ", "s pi_1 1000 refunded 0.00 ", "s pi_2 1000 refunded 0.00 "}},
		{"it claims another amount", []any{charge, other, unnamed("a1", 900, 10, email)}, nil,
			[]string{"aura a1 900 refunded 0.00 ", "s pi_1 1000 refunded 0.00 ", "s pi_2 1000 refunded 0.00 "}},
		{"the payment has another amount", []any{paid("s", "pi_1", "ch_1", 900, 10, email), other, claim}, nil,
			[]string{"aura a1 1000 refunded 0.00 ", "s pi_1 900 refunded 0.00 ", "s pi_2 1000 refunded 0.00 "}},
		{"another payer", []any{charge, other, with(unnamed("a1", 1000, 10, "grace@example.com"), func(f *reconcile.Facts) { f.Name = "Grace Hopper" })}, nil,
			[]string{"aura a1 1000 refunded 0.00 ", "s pi_1 1000 refunded 0.00 ", "s pi_2 1000 refunded 0.00 "}},
		{"a second payment as likely", []any{charge, paid("s", "pi_2", "ch_2", 1000, 10, email), claim}, []string{"a1 tied at a1 of 1 records"},
			[]string{"aura a1 1000 refunded 0.00 ", "s pi_1 1000 refunded 0.00 ", "s pi_2 1000 refunded 0.00 "}},
		{"a second claim as likely", []any{charge, other, claim, unnamed("a2", 1000, 10, email)}, []string{"a1 tied at a1 of 1 records", "a2 tied at a2 of 1 records"},
			[]string{"aura a1 1000 refunded 0.00 ", "aura a2 1000 refunded 0.00 ", "s pi_1 1000 refunded 0.00 ", "s pi_2 1000 refunded 0.00 "}},
		{"the payment is gone", []any{gone(charge), other, claim}, nil,
			[]string{"aura a1 1000 refunded 0.00 ", "s pi_1 1000 refunded 0.00 ", "s pi_2 1000 refunded 0.00 "}},
		{"the claim is gone, and what it was with it", []any{charge, other, gone(claim)}, []string{"a1 sure at pi_1 of 2 records"},
			[]string{"s pi_1 1000 refunded 0.00 ", "s pi_2 1000 refunded 0.00 "}},
		{"a claim that names the payment", []any{charge, other, claim, inBook("aura", "a2", "pi_1", 1000, 10)}, nil,
			[]string{"aura a1 1000 refunded 0.00 ", "s pi_1 1000 refunded 0.00 ", "s pi_2 1000 refunded 0.00 "}},
	} {
		w, fresh := newWorld(t), newWorld(t)
		w.pull(charge, other, claim)
		wantJoins(t, w, test.name+", before", "a1 sure at pi_1 of 2 records")
		w.pull(test.later...)
		fresh.pull(test.later...)
		wantJoins(t, w, test.name, test.want...)
		brief := w.brief()
		slices.Sort(brief)
		if diff := cmp.Diff(test.brief, brief); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
		if diff := cmp.Diff(fresh.state(), w.state()); diff != "" {
			t.Errorf("%s: not as if it had never been joined: %s", test.name, diff)
		}
		if run := w.runAgain(test.later...); run.Writes != 0 || !run.Ties {
			t.Errorf("%s: again: %d writes", test.name, run.Writes)
		}
		w.pull(charge, other, claim, unnamed("a2", 1, 10, "")) // and back: what was never said twice is gone from nowhere
		if test.name == "it claims another amount" || test.name == "another payer" {
			if got := w.joins(); !slices.Contains(got, "a1 sure at pi_1 of 2 records") {
				t.Errorf("%s and back: %v", test.name, got)
			}
		}
	}
}

// A claim that is out of the way decides another: the amount that it left is looked at again.
func TestWhatACompetitorLeavesIsLookedAtAgain(t *testing.T) {
	w := newWorld(t)
	charge, claim := paid("s", "pi_1", "ch_1", 1000, 10, email), unnamed("a1", 1000, 10, email)
	w.pull(charge, claim, unnamed("a2", 1000, 10, email))
	wantJoins(t, w, "tied", "a1 tied at a1 of 1 records", "a2 tied at a2 of 1 records")
	w.pull(charge, claim, unnamed("a2", 700, 10, email))
	wantJoins(t, w, "left", "a1 sure at pi_1 of 2 records")
	w = newWorld(t)
	w.pull(charge, claim, paid("s", "pi_2", "ch_2", 1000, 10, email))
	wantJoins(t, w, "tied", "a1 tied at a1 of 1 records")
	w.pull(charge, claim, paid("s", "pi_2", "ch_2", 700, 10, email))
	wantJoins(t, w, "left", "a1 sure at pi_1 of 2 records")
	if w.aboutClaims() != "" {
		t.Errorf("open: %s", w.aboutClaims())
	}
}

// What a person said of a claim goes with it, both ways; two people's words are never put on top of each other.
func TestJoinsKeepWhatPeopleSaid(t *testing.T) {
	charge, claim := paid("s", "pi_1", "ch_1", 1000, 10, email), unnamed("a1", 1000, 10, email)
	w := newWorld(t)
	w.pull(claim)
	w.decide("a1", reconcile.Decision{LeadID: "L1"})
	w.pull(claim, charge)
	wantBrief(t, w, "s pi_1 1000 refunded 0.00 L1")
	w.pull(unnamed("a1", 900, 10, email), charge)
	wantBrief(t, w, "aura a1 900 refunded 0.00 L1", "s pi_1 1000 refunded 0.00 ")

	w = newWorld(t)
	w.pull(with(charge, reference("INV-1001")), with(claim, reference("INV-1002")))
	w.decide("a1", reconcile.Decision{LeadID: "L1"})
	w.decide("pi_1", reconcile.Decision{LeadID: "L2"})
	w.pull(charge, claim)
	wantJoins(t, w, "both decided", "a1 likely at a1 of 1 records")
	w.decide("a1", reconcile.Decision{Undo: true})
	w.pull(charge, with(claim, func(f *reconcile.Facts) { f.Payer.City = "London" }))
	wantJoins(t, w, "one taken back", "a1 sure at pi_1 of 2 records")
	w.decide("pi_1", reconcile.Decision{LeadID: "L3"})
	w.pull(charge, claim)
	wantBrief(t, w, "s pi_1 1000 refunded 0.00 L3")
}

// A book's refunds hang on its claim, wherever that is, and are never added to the processor's.
func TestJoinsTakeRefundsAlong(t *testing.T) {
	charge, claim, back := paid("s", "pi_1", "ch_1", 1000, 10, email), unnamed("a1", 1000, 10, email), bookRefund("aura", "r1", "a1", 400, 12)
	refund := reconcile.Refund{Source: "s", Provider: "stripe", ID: "re_1", Keys: charge.Keys, Amount: *usd(400),
		Status: reconcile.RefundRowSucceeded, CreatedAt: day(12)}
	w := newWorld(t)
	w.pull(claim, back)
	wantBrief(t, w, "aura a1 1000 refunded 4.00 ")
	w.pull(claim, back, charge, refund)
	wantBrief(t, w, "s pi_1 1000 refunded 4.00 ")
	if strings.Contains(w.open(), "REFUND") {
		t.Errorf("open: %s", w.open())
	}
	w.pull(unnamed("a1", 900, 10, email), back, charge, refund)
	wantBrief(t, w, "aura a1 900 refunded 4.00 ", "s pi_1 1000 refunded 4.00 ")
}

func TestJoinsAreTold(t *testing.T) {
	w := newWorld(t)
	w.engine.AsOf = day(20)
	charge, claim := paid("s", "pi_1", "ch_1", 1000, 10, email), unnamed("a1", 1000, 10, email)
	w.pull(charge)
	w.engine.AsOf = day(21)
	w.pull(charge, claim)
	w.engine.AsOf = day(22)
	w.pull(charge, unnamed("a1", 900, 10, email))
	told := strings.Join(w.changes(20, 22), "\n")
	if !strings.Contains(told, `pi_1 aura/a1 record: "" -> "present"`) || !strings.Contains(told, `pi_1 aura/a1 record: "present" -> "left"`) {
		t.Error(told)
	}
}

// 4c 7: where a page ends does not show.
func TestJoinsOverPages(t *testing.T) {
	rows := map[string][]any{}
	for _, versions := range randomClaims(rand.New(rand.NewPCG(5, 11))) {
		r := versions[len(versions)-1].(reconcile.SourceRecord)
		rows[r.Source] = append(rows[r.Source], r)
	}
	rows["s"] = append(rows["s"], paid("s", "pi_a", "ch_a", 600, 10, email), paid("s", "pi_b", "ch_b", 300, 10, email))
	rows["aura"] = append(rows["aura"], unnamed("sum", 900, 10, email), unnamed("pair", 1000, 20, "pair@example.com"))
	rows["s"] = append(rows["s"], paid("s", "pi_c", "ch_c", 1000, 20, "pair@example.com"))
	var want string
	for _, size := range []int{100, 1, 2, 7} {
		w := newWorld(t)
		var sources []engine.Source
		for _, name := range []string{"s", "aura", "cents"} {
			source := paged(rows[name], size)
			if source.Name = name; name != "s" {
				source.Role = reconcile.RoleBook
			}
			sources = append(sources, source)
		}
		w.must(sources...)
		got := w.state() + strings.Join(w.joins(), "\n")
		if want == "" {
			want = got
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("pages of %d: %s", size, diff)
		}
		if !strings.Contains(got, "pair sure at pi_c") || !strings.Contains(got, "sum split at sum") {
			t.Errorf("pages of %d: %s", size, strings.Join(w.joins(), "\n"))
		}
	}
}

// Versions of claims and charges come in their order, everything else in any: what is joined in the end is the same.
func TestJoinsInAnyOrder(t *testing.T) {
	seeds := uint64(12)
	if testing.Short() {
		seeds = 3
	}
	for seed := range seeds {
		random := rand.New(rand.NewPCG(seed, 11))
		streams := randomClaims(random)
		last := newWorld(t)
		var rows []any
		for _, versions := range streams {
			rows = append(rows, versions[len(versions)-1])
		}
		last.pull(rows...)
		want, wantJoined := last.state(), last.joins()
		for range 3 {
			w := newWorld(t)
			left := make([]int, len(streams))
			for open := len(streams); open > 0; {
				var batch []any
				for range 1 + random.IntN(6) {
					at := random.IntN(len(streams))
					if left[at] < len(streams[at]) {
						batch = append(batch, streams[at][left[at]])
						if left[at]++; left[at] == len(streams[at]) {
							open--
						}
					}
				}
				if len(batch) > 0 {
					w.pull(batch...)
				}
			}
			random.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
			w.pull(rows...)
			if diff := cmp.Diff(want, w.state()); diff != "" {
				t.Fatalf("seed %d: %s", seed, diff)
			}
			if diff := cmp.Diff(wantJoined, w.joins()); diff != "" {
				t.Fatalf("seed %d: %s", seed, diff)
			}
			if err := w.store.Check(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// randomClaims makes charges and claims of few payers, amounts and days, which may change.
func randomClaims(random *rand.Rand) [][]any {
	addresses := []string{"ada@example.com", "bob@example.com", "cyd@example.com", ""}
	names := []string{"Ada Lovelace", "Bob Stone", "Cyd Young", ""}
	vary := func(r reconcile.SourceRecord) reconcile.SourceRecord {
		return with(r, func(f *reconcile.Facts) {
			f.Amount = usd([]int64{1000, 1000, 1100, 1100, 2100}[random.IntN(5)]) // the last is the sum of two others
			who := random.IntN(len(names))
			f.Emails, f.Name = nil, names[who]
			if addresses[who] != "" && random.IntN(4) > 0 {
				f.Emails = []string{addresses[who]}
			}
			if random.IntN(3) == 0 {
				f.Payer.ExternalID = fmt.Sprintf("INV-100%d", random.IntN(3))
			}
		})
	}
	var streams [][]any
	for i := range 6 {
		var charges, claims []any
		for range 1 + random.IntN(2) {
			charges = append(charges, vary(paid("s", fmt.Sprintf("pi_%d", i), fmt.Sprintf("ch_%d", i), 1, 10+random.IntN(6), "")))
		}
		book, pi := []string{"aura", "cents"}[i%2], ""
		for range 1 + random.IntN(3) {
			if pi = ""; random.IntN(4) == 0 {
				pi = fmt.Sprintf("pi_%d", random.IntN(7))
			}
			claims = append(claims, vary(inBook(book, fmt.Sprintf("%s-%d", book, i), pi, 1, 10+random.IntN(6))))
		}
		streams = append(streams, charges, claims)
	}
	return streams
}

// Sums are shown with all their members and never joined; the money stays what its sources say.
func TestSumsAreShown(t *testing.T) {
	charge := func(n int, minor int64) reconcile.SourceRecord {
		return paid("s", fmt.Sprintf("pi_%d", n), fmt.Sprintf("ch_%d", n), minor, 10, email)
	}
	for _, test := range []struct {
		name string
		rows []any
		want []string
		open string
	}{
		{"4c 2: {500, 600, 400} for 1000 is 600 and 400", []any{charge(1, 500), charge(2, 600), charge(3, 400), unnamed("a1", 1000, 11, email)},
			[]string{"a1 split at a1 of 1 records"}, "LOW_CONFIDENCE"},
		{"two ways", []any{charge(1, 600), charge(2, 600), charge(3, 400), unnamed("a1", 1000, 11, email)},
			[]string{"a1 unclear at a1 of 1 records"}, "AMBIGUOUS"},
		{"less than the claim", []any{charge(1, 500), charge(2, 400), unnamed("a1", 1000, 11, email)},
			[]string{"a1 short at a1 of 1 records"}, "SPLIT_INCOMPLETE"},
		{"4c 9: mixed currencies", []any{charge(1, 600), with(charge(2, 400), func(f *reconcile.Facts) { f.Amount.Currency = "EUR" }), unnamed("a1", 1000, 11, email)}, nil, ""},
		{"4c 4: of another payer", []any{charge(1, 600), with(charge(2, 400), func(f *reconcile.Facts) { f.Name, f.Emails = "Bob Stone", []string{"bob@example.com"} }),
			unnamed("a1", 1000, 11, email)}, nil, ""},
		{"4c 5: of the name alone", []any{charge(1, 600), with(charge(2, 400), func(f *reconcile.Facts) { f.Emails = nil }), unnamed("a1", 1000, 11, email)}, nil, ""},
		{"two claims of one payment", []any{charge(1, 1000), unnamed("a1", 600, 11, email), unnamed("a2", 400, 11, email)},
			[]string{"a1 part at a1 of 1 records", "a2 part at a2 of 1 records"}, "LOW_CONFIDENCE LOW_CONFIDENCE"},
		{"4c 6: a pair comes first and uses the payment up", []any{charge(1, 600), charge(2, 400), unnamed("a1", 1000, 11, email), unnamed("a2", 600, 10, email)},
			[]string{"a2 sure at pi_1 of 2 records"}, ""},
		{"4c 6: two claims want one part", []any{charge(1, 600), charge(2, 400), charge(3, 500), unnamed("a1", 1000, 11, email), unnamed("a2", 1100, 11, email)},
			[]string{"a1 unclear at a1 of 1 records", "a2 unclear at a2 of 1 records"}, "AMBIGUOUS AMBIGUOUS"},
		{"a part that the book knows", []any{charge(1, 600), charge(2, 400), inBook("aura", "a2", "pi_2", 400, 10), unnamed("a1", 1000, 11, email)}, nil, ""},
	} {
		w := newWorld(t)
		w.pull(test.rows...)
		wantJoins(t, w, test.name, test.want...)
		if got := w.aboutClaims(); got != test.open {
			t.Errorf("%s: open %q, want %q", test.name, got, test.open)
		}
		if run := w.runAgain(test.rows...); run.Writes != 0 || !run.Ties {
			t.Errorf("%s: second run writes %d", test.name, run.Writes)
		}
		last := test.rows[len(test.rows)-1] // the parts come first, the rest a night later; then the claim is taken back
		nights := newWorld(t)
		nights.pull(test.rows[:len(test.rows)-1]...)
		nights.pull(test.rows...)
		wantJoins(t, nights, test.name+", in two nights", test.want...)
		r := last.(reconcile.SourceRecord)
		nights.pull(append(slices.Clone(test.rows[:len(test.rows)-1]), with(r, func(f *reconcile.Facts) { f.Status = reconcile.StatusFailed }))...)
		if slices.ContainsFunc(nights.joins(), func(j string) bool { return strings.HasPrefix(j, r.ID+" ") }) {
			t.Errorf("%s: of a claim taken back: %v", test.name, nights.joins())
		}
	}
}

// More: go test ./reconcile/engine -run TestManyJoins -v -claims 20000
var manyClaims = flag.Int("claims", 5000, "claims of TestManyJoins")

// Thousands of claims and as many payments, of few amounts; a tenth of them look all alike.
func TestManyJoins(t *testing.T) {
	if testing.Short() {
		t.Skip("seconds")
	}
	many := *manyClaims
	var charges, claims []any
	for i := range many {
		minor, on, address, name := int64(1000+i%50), 1+i%28, fmt.Sprintf("payer%d@example.com", i), ""
		if i < many/10 {
			minor, address, name = 4900, "", "Guest Buyer"
		}
		charge, claim := paid("s", fmt.Sprintf("pi_%d", i), fmt.Sprintf("ch_%d", i), minor, on, address), unnamed(fmt.Sprintf("a%d", i), minor, on, address)
		charge.Facts.Name, claim.Facts.Name = name, name
		charges, claims = append(charges, charge), append(claims, claim)
	}
	w := newWorld(t)
	processor, book := paged(charges, 1000), paged(claims, 1000)
	book.Name, book.Role = "aura", reconcile.RoleBook
	processor.Fresh, book.Fresh = true, true
	began := time.Now()
	run := w.must(processor, book)
	t.Logf("first run: %s", time.Since(began))
	if want := many + many/10; run.Payments != want || !run.Ties {
		t.Errorf("%d payments, want %d", run.Payments, want)
	}
	if run.Exceptions[reconcile.ExAmbiguous] != many/10 {
		t.Errorf("%d claims are said to be too many alike, want %d", run.Exceptions[reconcile.ExAmbiguous], many/10)
	}
	began = time.Now()
	if run = w.must(processor, book); run.Writes != 0 {
		t.Errorf("second run writes %d", run.Writes)
	}
	t.Logf("second run: %s", time.Since(began))
}
