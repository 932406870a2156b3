package reconcile

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestTeach(t *testing.T) {
	mail, customer := Identifier{1, SignalEmail, "a@b.c"}, Identifier{2, SignalCustomer, "cus_1"}
	p := &Prepared{Payment: &Payment{Row: 7}, Identifiers: []Identifier{customer, mail}}
	say := func(words ...Decision) []Decision {
		for i := range words {
			words[i].ID = int64(i + 1)
		}
		return words
	}
	for _, c := range []struct {
		what string
		said map[BlockKey][]SaidOf
		want string
	}{
		{"nothing", nil, ""},
		{"a lead", map[BlockKey][]SaidOf{1: {{Row: 1, PaymentID: "x", Payer: "Ann", Decisions: say(Decision{LeadID: "L1"})}}}, "L1 email x Ann"},
		{"another than was proposed", map[BlockKey][]SaidOf{2: {{Row: 1, PaymentID: "x",
			Decisions: say(Decision{LeadID: "L1", Overruled: []string{"L2"}})}}}, "L1 customer x , not L2 customer x "},
		{"nobody", map[BlockKey][]SaidOf{1: {{Row: 1, PaymentID: "x", Decisions: say(Decision{None: true, Overruled: []string{"L2", "L1"}})}}},
			"not L1 email x , not L2 email x "},
		{"nobody, where nobody was proposed", map[BlockKey][]SaidOf{1: {{Row: 1, Decisions: say(Decision{None: true})}}}, ""},
		{"taken back", map[BlockKey][]SaidOf{1: {{Row: 1, Decisions: say(Decision{LeadID: "L1", Overruled: []string{"L2"}}, Decision{Undo: true})}}}, ""},
		{"the last word holds", map[BlockKey][]SaidOf{1: {{Row: 1, PaymentID: "x", Decisions: say(Decision{LeadID: "L1"}, Decision{LeadID: "L2"})}}},
			"L2 email x "},
		{"of itself", map[BlockKey][]SaidOf{1: {{Row: 7, Decisions: say(Decision{LeadID: "L1"})}}}, ""},
		{"under another key", map[BlockKey][]SaidOf{3: {{Row: 1, Decisions: say(Decision{LeadID: "L1"})}}}, ""},
		{"the same of several, and by both identifiers", map[BlockKey][]SaidOf{
			1: {{Row: 3, PaymentID: "z", Decisions: say(Decision{LeadID: "L1"})}, {Row: 2, PaymentID: "y", Decisions: say(Decision{LeadID: "L1"})}},
			2: {{Row: 3, PaymentID: "z", Decisions: say(Decision{LeadID: "L1"})}},
		}, "L1 customer z , L1 email y "},
		{"by several names, for and against", map[BlockKey][]SaidOf{1: {
			{Row: 3, PaymentID: "z", Payer: "Bob", Decisions: say(Decision{LeadID: "L1"})},
			{Row: 2, PaymentID: "y", Payer: "Ann", Decisions: say(Decision{None: true, Overruled: []string{"L1"}})},
			{Row: 1, PaymentID: "x", Payer: "Ann", Decisions: say(Decision{LeadID: "L1"})},
		}}, "L1 email x Ann, L1 email z Bob, not L1 email y Ann"},
	} {
		for range 2 {
			var got []string
			for _, taught := range Teach(p, c.said) {
				not := ""
				if taught.Rejected {
					not = "not "
				}
				got = append(got, fmt.Sprintf("%s%s %s %s %s", not, taught.LeadID, taught.By.Signal, taught.PaymentID, taught.Payer))
			}
			if strings.Join(got, ", ") != c.want {
				t.Errorf("%s: %q, want %q", c.what, got, c.want)
			}
			slices.Reverse(c.said[1])
			slices.Reverse(p.Identifiers)
		}
	}
}
