package matchers_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"pennytie/matchers"
	"pennytie/matchers/matchertest"
	"pennytie/reconcile"
)

// word is what somebody said of another payment: of the payer's identifier and name, for a lead or against it.
type word struct {
	by, value, payer, lead string
	rejected               bool
}

func confirmed(value, payer, lead string) word {
	return word{reconcile.SignalEmail, value, payer, lead, false}
}
func refused(value, payer, lead string) word {
	return word{reconcile.SignalEmail, value, payer, lead, true}
}

// taughtPayment is a payment of Bob Miles, whose wife is a lead, after words were said of others.
func taughtPayment(p *reconcile.Payment, words ...word) *reconcile.Prepared {
	prepared := matchers.NewPreparer("US").Payment(p)
	said := map[reconcile.BlockKey][]reconcile.SaidOf{}
	for i, w := range words {
		for _, by := range prepared.Identifiers {
			if by.Signal != w.by || by.Value != w.value {
				continue
			}
			of := reconcile.SaidOf{Key: by.Key, Row: int64(100 + i), PaymentID: "pay_" + string(rune('a'+i)), Payer: w.payer}
			if w.rejected {
				of.Decisions = []reconcile.Decision{{ID: int64(i), None: true, Overruled: []string{w.lead}}}
			} else {
				of.Decisions = []reconcile.Decision{{ID: int64(i), LeadID: w.lead}}
			}
			said[by.Key] = append(said[by.Key], of)
		}
	}
	prepared.Taught = reconcile.Teach(prepared, said)
	return prepared
}

func aliasLeads() []*reconcile.Lead {
	return []*reconcile.Lead{
		{ID: "wife", Name: "Ann Carter", Emails: []string{"ann@example.org"}},
		{ID: "bob", Name: "Bob Miles", Emails: []string{"bob@example.com"}, Phones: []string{"+14155550100"}},
		{ID: "bob again", Name: "Robert Miles", Emails: []string{"miles@example.net"}},
		{ID: "third", Name: "Cleo Stone", Emails: []string{"cleo@example.org"}},
		{ID: "office", Name: "Dora Fry", Emails: []string{"info@example.org"}},
		{ID: "company", Name: "Company", StripeCustomerID: "cus_7777"},
	}
}

func aliasOutcome(p *reconcile.Prepared) matchertest.Outcome {
	pr := matchers.NewPreparer("US")
	var leads []*reconcile.PreparedLead
	for _, lead := range aliasLeads() {
		leads = append(leads, pr.Lead(lead))
	}
	in := reconcile.NewIndex(leads, nil, nil, keysOf(leads), nil, false, matchertest.Policy())
	return matchertest.MatchOne(p, in, matchers.All())
}

func TestAlias(t *testing.T) {
	const bob, unknown = "bob@example.com", "pay@elsewhere.example"
	for _, c := range []struct {
		what, email, name string
		said              []word
		lead              string
		state             reconcile.MatchState
	}{
		{"nobody said anything", unknown, "Zed Vane", nil, "", reconcile.MatchUnmatched},
		{"a confirmed payer", unknown, "Zed Vane", []word{confirmed(unknown, "Zed Vane", "wife")}, "wife", reconcile.MatchAuto},
		{"a confirmed payer without a name", unknown, "", []word{confirmed(unknown, "Zed Vane", "wife")}, "", reconcile.MatchSuggested},
		{"none of the two has a name", unknown, "", []word{confirmed(unknown, "", "wife")}, "", reconcile.MatchSuggested},
		{"refused without a name", bob, "", []word{refused(bob, "", "bob")}, "", reconcile.MatchUnmatched},
		{"the same address, another name", unknown, "Yun Wolf", []word{confirmed(unknown, "Zed Vane", "wife")}, "", reconcile.MatchUnmatched},
		{"confirmed when no name was given", unknown, "Zed Vane", []word{confirmed(unknown, "", "wife")}, "", reconcile.MatchUnmatched},
		{"two agree", unknown, "Zed Vane", []word{confirmed(unknown, "Zed Vane", "wife"), confirmed(unknown, "Zed Vane", "wife")},
			"wife", reconcile.MatchAuto},
		{"confirmed for two people", unknown, "Zed Vane", []word{confirmed(unknown, "Zed Vane", "wife"), confirmed(unknown, "Zed Vane", "third")},
			"", reconcile.MatchUnmatched},
		{"confirmed for two people, by other names", unknown, "Zed Vane",
			[]word{confirmed(unknown, "Zed Vane", "wife"), confirmed(unknown, "Yun Wolf", "third")}, "", reconcile.MatchUnmatched},
		{"confirmed for one person recorded twice", unknown, "", []word{confirmed(unknown, "", "bob"), confirmed(unknown, "", "bob again")},
			"", reconcile.MatchAmbiguous},
		{"confirmed and refused", unknown, "Zed Vane", []word{confirmed(unknown, "Zed Vane", "wife"), refused(unknown, "Zed Vane", "wife")},
			"", reconcile.MatchUnmatched},
		{"a role address", "info@example.org", "Zed Vane", []word{confirmed("info@example.org", "Zed Vane", "wife")}, "", reconcile.MatchSuggested}, // its lead
		{"an address of another lead", bob, "Bob Miles", []word{confirmed(bob, "Bob Miles", "wife")}, "bob", reconcile.MatchAuto},
		{"an address of another lead, who was refused", bob, "Bob Miles",
			[]word{confirmed(bob, "Bob Miles", "wife"), refused(bob, "Bob Miles", "bob")}, "wife", reconcile.MatchAuto},
		{"the best candidate was refused", bob, "Bob Miles", []word{refused(bob, "Bob Miles", "bob")}, "", reconcile.MatchSuggested}, // his namesake
		{"refused for somebody else with the address", bob, "Bob Miles", []word{refused(bob, "Yun Wolf", "bob")}, "bob", reconcile.MatchAuto},
		{"refused when no name was given", bob, "Bob Miles", []word{refused(bob, "", "bob")}, "bob", reconcile.MatchAuto},
		{"a lead that is not recorded", unknown, "Zed Vane", []word{confirmed(unknown, "Zed Vane", "gone")}, "", reconcile.MatchUnmatched},
	} {
		p := &reconcile.Payment{CustomerEmail: c.email, CustomerName: c.name}
		if c.email == bob {
			p.Payer.Phone = "+14155550100"
		}
		out := aliasOutcome(taughtPayment(p, c.said...))
		lead := out.Best().LeadID
		if out.State != reconcile.MatchAuto {
			lead = ""
		}
		if out.State != c.state || lead != c.lead {
			t.Errorf("%s: %s %q, want %s %q: %+v", c.what, out.State, lead, c.state, c.lead, out.Leads)
		}
	}
}

// A refused pair is never automatic again, whatever else agrees; it is a person's to see.
func TestAliasRefusedForGood(t *testing.T) {
	p := &reconcile.Payment{CustomerEmail: "bob@example.com", CustomerName: "Bob Miles", StripeCustomerID: "cus_1",
		Payer: reconcile.Payer{Metadata: map[string]string{"lead_id": "bob"}, Reference: "bob"}}
	if out := aliasOutcome(taughtPayment(p)); out.State != reconcile.MatchAuto {
		t.Fatalf("%+v", out)
	}
	for _, w := range []word{refused("bob@example.com", "Bob Miles", "bob"), {reconcile.SignalCustomer, "cus_1", "Bob Miles", "bob", true}} {
		out := aliasOutcome(taughtPayment(p, w))
		shown := slices.ContainsFunc(out.Leads, func(c reconcile.Candidate) bool { return c.LeadID == "bob" })
		if out.State == reconcile.MatchAuto || !shown {
			t.Errorf("%+v", out)
		}
	}
}

// A customer who pays for several is no proof, nor is one who is recorded with another lead.
func TestAliasOfACustomer(t *testing.T) {
	by := func(id, lead string) word { return word{reconcile.SignalCustomer, id, "Zed Vane", lead, false} }
	for _, c := range []struct {
		customer string
		said     []word
		want     reconcile.MatchState
	}{
		{"cus_1234", []word{by("cus_1234", "wife")}, reconcile.MatchAuto},
		{"cus_1234", []word{by("cus_1234", "wife"), by("cus_1234", "third")}, reconcile.MatchUnmatched},
		{"cus_7777", []word{by("cus_7777", "wife")}, reconcile.MatchSuggested},
	} {
		out := aliasOutcome(taughtPayment(&reconcile.Payment{StripeCustomerID: c.customer, CustomerName: "Zed Vane"}, c.said...))
		if out.State != c.want {
			t.Errorf("%s %v: %s, want %s: %+v", c.customer, c.said, out.State, c.want, out.Leads)
		}
	}
	// A customer without a name is one nevertheless.
	if out := aliasOutcome(taughtPayment(&reconcile.Payment{StripeCustomerID: "cus_1234"}, by("cus_1234", "wife"))); out.State != reconcile.MatchAuto {
		t.Errorf("%+v", out)
	}
}

// TestAliasOrder: the order in which people spoke, and of the payments on which they did, does not show.
func TestAliasOrder(t *testing.T) {
	names := []string{"", "Zed Vane", "Yun Wolf", "Bob Miles"}
	values := []string{"pay@elsewhere.example", "bob@example.com"}
	rapid.Check(t, func(rt *rapid.T) {
		said := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) word {
			return word{reconcile.SignalEmail, rapid.SampledFrom(values).Draw(rt, "value"), rapid.SampledFrom(names).Draw(rt, "payer"),
				rapid.SampledFrom([]string{"wife", "bob", "third", "gone"}).Draw(rt, "lead"), rapid.Bool().Draw(rt, "rejected")}
		}), 0, 6).Draw(rt, "said")
		p := &reconcile.Payment{CustomerName: rapid.SampledFrom(names).Draw(rt, "name"), CustomerEmail: values[0],
			Payer: reconcile.Payer{Emails: values[1:]}}
		one := aliasOutcome(taughtPayment(p, said...))
		slices.Reverse(said)
		other := aliasOutcome(taughtPayment(p, said...))
		if one.State != other.State || len(one.Leads) != len(other.Leads) {
			rt.Fatalf("%+v\n%+v", one, other)
		}
		for i := range one.Leads {
			if one.Leads[i].LeadID != other.Leads[i].LeadID || one.Leads[i].Confidence != other.Leads[i].Confidence {
				rt.Fatalf("%+v\n%+v", one.Leads[i], other.Leads[i])
			}
		}
	})
}
