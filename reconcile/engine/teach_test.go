package engine_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pennytie/reconcile"
	"pennytie/reconcile/engine"
)

// answer notes a word on a payment, as decide does.
func (w *world) answer(id string, word reconcile.Word, lead string) {
	w.t.Helper()
	err := w.store.Update(w.t.Context(), func(tx reconcile.Tx) error {
		checked, err := w.engine.Check(tx, []reconcile.Answer{{PaymentID: id, Word: word, LeadID: lead}})
		if err == nil && len(checked.Mistakes) > 0 {
			err = fmt.Errorf("%+v", checked.Mistakes)
		}
		if err == nil {
			err = w.engine.Note(tx, &checked, "eve")
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// due lists the payments that are due, by their provider's id.
func (w *world) due() string {
	w.t.Helper()
	var ids []string
	err := w.store.View(w.t.Context(), func(r reconcile.Reader) error {
		rows, err := r.Due(0, 99)
		if err != nil {
			return err
		}
		payments, err := r.PaymentRows(rows)
		for _, p := range payments {
			ids = append(ids, p.ProviderPaymentID)
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	slices.Sort(ids)
	return strings.Join(ids, " ")
}

// matched says of each payment what it was attributed to: "pi_1 auto L1 alias".
func (w *world) matched() string {
	var all []string
	for _, p := range w.payments() {
		all = append(all, strings.TrimSpace(strings.Join([]string{p.ProviderPaymentID, string(p.Match.State), p.Match.LeadID}, " ")))
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// complete proves that nothing was left out: to match everything again changes nothing.
func (w *world) complete(what string) {
	w.t.Helper()
	w.runs++
	run, err := w.engine.Run(w.t.Context(), fmt.Sprintf("run-%d", w.runs), "match", engine.Stages{Match: true, Everything: true})
	if err != nil || run.Writes != 0 {
		w.t.Fatalf("%s: matching everything again wrote %d: %v", what, run.Writes, err)
	}
}

func by(r reconcile.SourceRecord, name string) reconcile.SourceRecord {
	r.Facts.Name = name
	return r
}

// strangers are payments of one payer who resembles no lead, and of others.
func strangers(emails ...string) engine.Source {
	var records []reconcile.SourceRecord
	for i, email := range emails {
		n := i + 1
		records = append(records, by(paid("s", fmt.Sprintf("pi_%d", n), fmt.Sprintf("ch_%d", n), int64(1000*n), 10+n, email), "Zed Vane"))
	}
	return source("s", reconcile.RoleProcessor, page(records...))
}

func TestDecisionsTeach(t *testing.T) {
	w := newWorld(t)
	people := leads(ada("L1", email), reconcile.Lead{ID: "L2", Name: "Grace Hopper", Emails: []string{"grace@example.org"}})
	w.must(people, strangers("zed@vane.example", "zed@vane.example", "other@vane.example", ""))
	step := func(what, due, matched string, sources ...engine.Source) {
		t.Helper()
		if got := w.due(); got != due {
			t.Errorf("%s: due are %q, want %q", what, got, due)
		}
		w.must(sources...)
		if got := w.matched(); got != matched {
			t.Errorf("%s: %s, want %s", what, got, matched)
		}
		w.complete(what)
	}
	step("nobody said anything", "", "pi_1 unmatched, pi_2 unmatched, pi_3 unmatched, pi_4 unmatched")
	w.answer("pi_1", reconcile.WordLead, "L1")
	step("a lead is named", "pi_1 pi_2", "pi_1 manual L1, pi_2 auto L1, pi_3 unmatched, pi_4 unmatched")
	w.answer("pi_2", reconcile.WordNone, "")
	step("the other is refused to it", "pi_1 pi_2", "pi_1 manual L1, pi_2 manual, pi_3 unmatched, pi_4 unmatched")
	w.answer("pi_1", reconcile.WordUndo, "")
	step("one is taken back", "pi_1 pi_2", "pi_1 unmatched, pi_2 manual, pi_3 unmatched, pi_4 unmatched")
	w.answer("pi_1", reconcile.WordLead, "L2")
	w.answer("pi_2", reconcile.WordUndo, "")
	step("named and taken back", "pi_1 pi_2", "pi_1 manual L2, pi_2 auto L2, pi_3 unmatched, pi_4 unmatched")
	step("the payer has another address", "", "pi_1 manual L2, pi_2 unmatched, pi_3 auto L2, pi_4 unmatched",
		strangers("other@vane.example", "zed@vane.example", "other@vane.example", ""))
	step("and none", "", "pi_1 manual L2, pi_2 unmatched, pi_3 unmatched, pi_4 unmatched",
		strangers("", "zed@vane.example", "other@vane.example", ""))
}

// A decision whose payment turns out to be another's goes on teaching, of the payer that it then has, and no longer of the one that
// it had.
func TestMergedDecisionsTeach(t *testing.T) {
	w := newWorld(t)
	whose := func(r reconcile.SourceRecord, customer string) reconcile.SourceRecord {
		r.Facts.Name, r.Facts.StripeCustomerID = "Zed Vane", customer
		return r
	}
	claims := func(pi string) engine.Source {
		return source("aura", reconcile.RoleBook, page(whose(inBook("aura", "a_1", pi, 1000, 11), "cus_claim")))
	}
	charges := source("s", reconcile.RoleProcessor, page(whose(paid("s", "pi_1", "ch_1", 1000, 11, ""), "cus_1"),
		whose(paid("s", "pi_2", "ch_2", 2000, 12, ""), "cus_1"), whose(paid("s", "pi_3", "ch_3", 3000, 13, ""), "cus_claim")))
	for _, step := range []struct{ claimed, want string }{
		{"", "a_1 manual L1, pi_1 unmatched, pi_2 unmatched, pi_3 auto L1"},
		{"pi_1", "pi_1 manual L1, pi_2 auto L1, pi_3 unmatched"},
		{"", "a_1 manual L1, pi_1 unmatched, pi_2 unmatched, pi_3 auto L1"},
	} {
		w.must(leads(ada("L1", email)), charges, claims(step.claimed))
		if w.runs == 1 {
			w.answer("a_1", reconcile.WordLead, "L1")
			w.must()
		}
		if got := w.matched(); got != step.want {
			t.Errorf("claimed %q: %s, want %s", step.claimed, got, step.want)
		}
		w.complete(step.claimed)
	}
}

// TestTeachingIsOrderFree: of the same words, said in whatever order, and whatever was said before and taken back, the payments come
// out the same. A run between two words may differ: what the second one turns down is then what the first has taught.
func TestTeachingIsOrderFree(t *testing.T) {
	emails := []string{"zed@vane.example", "other@vane.example", email, ""}
	people := leads(ada("L1", email), reconcile.Lead{ID: "L2", Name: "Grace Hopper", Emails: []string{"grace@example.org"}},
		reconcile.Lead{ID: "L3", Name: "Zed Vane", Emails: []string{"zed@example.org"}})
	seeds := uint64(8)
	if testing.Short() {
		seeds = 2
	}
	for seed := range seeds {
		rng := rand.New(rand.NewPCG(seed, 1))
		var on []string
		lead := map[string]string{}
		for i := range 6 {
			on = append(on, emails[rng.IntN(len(emails))])
			if said := rng.IntN(5); said < 3 {
				lead[fmt.Sprintf("pi_%d", i+1)] = fmt.Sprintf("L%d", 1+said)
			}
		}
		order := slices.Sorted(maps.Keys(lead))
		straight, winding := newWorld(t), newWorld(t)
		straight.must(people, strangers(on...))
		for _, id := range order {
			straight.answer(id, reconcile.WordLead, lead[id])
		}
		straight.must()
		winding.must(people, strangers(on...))
		for _, id := range order {
			winding.answer(id, reconcile.WordLead, "L2")
			winding.must()
		}
		for _, id := range order {
			winding.answer(id, reconcile.WordUndo, "")
			winding.must()
			winding.complete(fmt.Sprintf("seed %d, %s taken back", seed, id))
		}
		for _, id := range slices.Backward(order) {
			winding.answer(id, reconcile.WordLead, lead[id])
		}
		winding.must()
		winding.complete(fmt.Sprintf("seed %d", seed))
		if diff := cmp.Diff(straight.payments(), winding.payments()); diff != "" {
			t.Errorf("seed %d (-straight +winding):\n%s", seed, diff)
		}
	}
}
