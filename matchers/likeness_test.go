package matchers_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pennytie/matchers"
	"pennytie/reconcile"
)

// near lists the leads that are compared with a payment.
func near(p *reconcile.Prepared, leads ...*reconcile.PreparedLead) []string {
	in := reconcile.NewIndex(leads, nil, nil, keysOf(leads), nil, false, reconcile.Policy{})
	var ids []string
	for _, c := range (matchers.Measure{}).Match(p, in) {
		ids = append(ids, c.LeadID)
	}
	return ids
}

func share(a, b []reconcile.BlockKey) bool {
	return slices.ContainsFunc(a, func(k reconcile.BlockKey) bool { return slices.Contains(b, k) })
}

func TestLikeness(t *testing.T) {
	pr := matchers.NewPreparer("US")
	jaqueline := reconcile.Lead{Name: "Jaqueline Belchambers", Address: "10 Cumptson Place", City: "Pymbel", PostalCode: "4850"}
	for what, c := range map[string]struct {
		payment reconcile.Payment
		lead    reconcile.Lead
		want    bool
	}{
		"a slip in every word": {reconcile.Payment{CustomerName: "Jacqeline Bellchambres",
			Payer: reconcile.Payer{Address: "10 Cumpston Place", City: "Pymble", PostalCode: "4805"}}, jaqueline, true},
		"and in another order": {reconcile.Payment{CustomerName: "Bellchambres, Jacqeline",
			Payer: reconcile.Payer{Address: "Cumpston Place 10", City: "Pymble", PostalCode: "4805"}}, jaqueline, true},
		"another alphabet": {reconcile.Payment{CustomerName: "Александра Вознесенска"},
			reconcile.Lead{Name: "Alexandr Voznesenskaya"}, true},
		"the mailbox tells it": {reconcile.Payment{CustomerEmail: "wilhelmina.featherstone@example.com"},
			reconcile.Lead{Name: "Wilhelmine Fetherstone"}, true},
		"part of a name": {reconcile.Payment{CustomerName: "Featherstonehaugh"}, reconcile.Lead{Name: "Ian Fetherstonehaugh"}, true},
		"a neighbour, a stranger": {reconcile.Payment{CustomerName: "Rosie Turner",
			Payer: reconcile.Payer{Address: "77 Main Street", City: "Pymble", PostalCode: "4805"}}, jaqueline, false},
		"another name": {reconcile.Payment{CustomerName: "Kevin Morgan"}, reconcile.Lead{Name: "Michael Kennedy"}, false},
	} {
		c.lead.ID = "L1"
		p, lead := pr.Payment(&c.payment), pr.Lead(&c.lead)
		if share(p.Keys, pr.LeadKeys(lead)) {
			t.Fatalf("%s: they share an exact key: this proves nothing", what)
		}
		if got := near(p, lead); (len(got) == 1) != c.want {
			t.Errorf("%s: candidates %q, want the lead: %t", what, got, c.want)
		}
	}
}

func TestNoLikeness(t *testing.T) {
	pr := matchers.NewPreparer("US")
	for what, p := range map[string]reconcile.Payment{
		"nothing":         {},
		"a short name":    {CustomerName: "Al"},
		"a role":          {CustomerEmail: "accounts@example.com"},
		"signs":           {CustomerName: "--- ???", CustomerEmail: "nobody", Payer: reconcile.Payer{Address: ", .", City: "\x00"}},
		"a country alone": {Payer: reconcile.Payer{Country: "US"}},
	} {
		if keys := pr.Payment(&p).Likeness; len(keys) != 0 {
			t.Errorf("%s: %d keys of likeness", what, len(keys))
		}
	}
	const most = 8
	for what, name := range map[string]string{
		"one word":   strings.Repeat("x", 10_000),
		"many words": strings.Repeat("ab cde ", 1500),
		"no letters": strings.Repeat("\u202e\x00 ", 3000),
	} {
		if keys := pr.Payment(&reconcile.Payment{CustomerName: name}).Likeness; len(keys) > most {
			t.Errorf("a name of 10,000 characters, %s: %d keys", what, len(keys))
		}
	}
	plain := pr.Payment(&reconcile.Payment{CustomerName: "Ada Lovelace"})
	marked := pr.Payment(&reconcile.Payment{CustomerName: "\u202eA\x00da\u200f LOVELACE "})
	if !slices.Equal(plain.Likeness, marked.Likeness) {
		t.Error("marks that nobody sees make another likeness")
	}
}

// Likeness is asked for where few leads share a key, and fills up to ten; the most alike come first, whatever the order of loading.
func TestLikenessFillsUp(t *testing.T) {
	pr := matchers.NewPreparer("US")
	p := pr.Payment(&reconcile.Payment{CustomerName: "Wilhelmina Featherstone", Payer: reconcile.Payer{City: "Springfield"}})
	lead := func(id, name string) *reconcile.PreparedLead {
		return pr.Lead(&reconcile.Lead{ID: id, Name: name, City: "Springfield"})
	}
	var leads []*reconcile.PreparedLead
	for _, ending := range strings.Split("a e i o u", " ") { // less and less alike
		leads = append(leads, lead("B"+ending, "Wilhelmyn"+ending+"k Fetherstoneh"))
	}
	for i := range 8 {
		leads = append(leads, lead(fmt.Sprint("C", i), strings.Repeat("x", i)+"Wilhelmyn Fetherston"))
	}
	if got := near(p, leads...); len(got) != reconcile.MaxCandidates {
		t.Errorf("%d of %d leads that are alike are candidates: %q", len(got), len(leads), got)
	}
	for same := range reconcile.FewLeads + 1 {
		all := slices.Clone(leads)
		for i := range same {
			all = append(all, lead(fmt.Sprint("A", i), "Wilhelmina Featherstone"))
		}
		want, wanted := near(p, all...), reconcile.MaxCandidates
		if same >= reconcile.FewLeads {
			wanted = same
		}
		if len(want) != wanted {
			t.Errorf("%d leads share a key: candidates %q, want %d", same, want, wanted)
		}
		random := rand.New(rand.NewPCG(3, uint64(same)))
		for range 20 {
			random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
			if got := near(pr.Payment(p.Payment), all...); !slices.Equal(got, want) {
				t.Fatalf("in another order: candidates %q, want %q", got, want)
			}
		}
	}
}

// A key of likeness that more leads have than may be compared says nothing, as any other.
func TestCrowdedLikeness(t *testing.T) {
	pr := matchers.NewPreparer("US")
	p := pr.Payment(&reconcile.Payment{CustomerName: "Featherstonehaugh"})
	var leads []*reconcile.PreparedLead
	for i := range reconcile.MostUnderKey {
		leads = append(leads, pr.Lead(&reconcile.Lead{ID: fmt.Sprint("L", 10+i), Name: "Ian Fetherstonehaugh"}))
	}
	if got := near(p, leads...); len(got) != reconcile.MaxCandidates || got[0] != "L10" {
		t.Errorf("candidates %q of %d leads that are as much alike: want the first ten by id", got, len(leads))
	}
	leads = append(leads, pr.Lead(&reconcile.Lead{ID: "L9", Name: "Ian Fetherstonehaugh"}))
	if got := near(p, leads...); len(got) != 0 {
		t.Errorf("candidates %q of %d leads under each key", got, len(leads))
	}
}
