package matchertest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pennytie/matchers"
	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

// never is a wanted lead that says: no machine may confirm this.
const never = "(never)"

// Case is a labelled situation. Want maps each payment's id to the only lead that may be confirmed; sure lists
// the payments that must be.
type Case struct {
	Name     string
	Leads    []*reconcile.Lead
	Calls    []*reconcile.Call
	Payments []*reconcile.Payment
	Want     map[string]string
	Sure     []string
}

// Run checks every case against a set of strategies.
func Run(t *testing.T, strategies []reconcile.Matcher) {
	t.Helper()
	for _, c := range Cases() {
		t.Run(strings.ReplaceAll(c.Name, " ", "_"), func(t *testing.T) {
			w := World{
				Leads: c.Leads, Calls: c.Calls, Payments: c.Payments,
				Preparer: matchers.NewPreparer("US"), Matchers: strategies,
			}
			outcomes := make(map[string]Outcome)
			for _, o := range w.Match() {
				outcomes[o.Payment.ID] = o
				if want := c.Want[o.Payment.ID]; o.State == reconcile.MatchAuto && o.Best().LeadID != want {
					t.Errorf("payment %s was confirmed for lead %s, allowed: %s\n%s",
						o.Payment.ID, o.Best().LeadID, want, Explain(o))
				}
			}
			for _, id := range c.Sure {
				if o := outcomes[id]; o.State != reconcile.MatchAuto {
					t.Errorf("payment %s is %s, want auto\n%s", id, o.State, Explain(o))
				}
			}
		})
	}
}

// Explain prints the candidates of an outcome with their evidence.
func Explain(o Outcome) string {
	var out strings.Builder
	for _, c := range o.Leads {
		fmt.Fprintf(&out, "  %s %d by %s %s", c.LeadID, c.Confidence, c.MatchedBy, c.Note)
		for _, e := range c.Evidence {
			fmt.Fprintf(&out, " %s:%d(%s|%s)", e.Signal, e.Weight, e.Payment, e.Candidate)
		}
		out.WriteByte('\n')
	}
	return out.String()
}

// PaidAt is when the invented payments happen.
func PaidAt() time.Time { return time.Date(2025, 3, 14, 15, 0, 0, 0, time.UTC) }

func lead(id, name, email, phone string) *reconcile.Lead {
	out := &reconcile.Lead{ID: id, Name: name}
	if email != "" {
		out.Emails = []string{email}
	}
	if phone != "" {
		out.Phones = []string{phone}
	}
	return out
}

func wonCall(leadID string, major int64) *reconcile.Call {
	amount := money.New(major*100, "USD")
	at := PaidAt().Add(-48 * time.Hour)
	return &reconcile.Call{
		ID: "call-" + leadID, LeadID: leadID, StartedAt: at, EndedAt: at.Add(time.Hour),
		Outcome: "won", Amount: &amount,
	}
}

func payment(id, name, email, phone string, major int64) *reconcile.Payment {
	return &reconcile.Payment{
		ID: id, CustomerName: name, CustomerEmail: email, Amount: money.New(major*100, "USD"),
		PaymentDate: PaidAt(), Status: reconcile.StatusSucceeded, Payer: reconcile.Payer{Phone: phone},
	}
}

// Cases lists the situations that go wrong in practice.
func Cases() []Case {
	return []Case{
		plain(), namesakes(), spouses(), staleReference(), recycledPhone(), homoglyph(), disguisedName(), generations(),
		companyCard(), stranger(), doubleClick(), decomposed(), relativeWithoutLead(), nameAlone(), amountAlone(),
	}
}

func plain() Case {
	return Case{
		Name:  "own address and name",
		Leads: []*reconcile.Lead{lead("L-1001", "Anne-Marie Olsen", "am.olsen@gmail.com", "")},
		Calls: []*reconcile.Call{wonCall("L-1001", 900)},
		Payments: []*reconcile.Payment{
			payment("p1", "Olsen, Anne-Marie", "AMOlsen+shop@googlemail.com", "", 900),
		},
		Want: map[string]string{"p1": "L-1001"}, Sure: []string{"p1"},
	}
}

func namesakes() Case {
	c := Case{
		Name:     "twenty namesakes without email",
		Payments: []*reconcile.Payment{payment("p1", "Maria Schmidt", "", "", 500)},
		Want:     map[string]string{"p1": never},
	}
	for i := range 20 {
		id := fmt.Sprintf("L-%04d", 2000+i)
		c.Leads = append(c.Leads, lead(id, "Maria Schmidt", fmt.Sprintf("maria%d@example.org", i), ""))
		c.Calls = append(c.Calls, wonCall(id, 500))
	}
	return c
}

func spouses() Case {
	return Case{
		Name: "spouses share an address",
		Leads: []*reconcile.Lead{
			lead("L-3001", "Tom Becker", "beckers@web.de", ""), lead("L-3002", "Ines Becker", "beckers@web.de", ""),
		},
		Calls: []*reconcile.Call{wonCall("L-3001", 700), wonCall("L-3002", 700)},
		Payments: []*reconcile.Payment{
			payment("named", "Ines Becker", "beckers@web.de", "", 700),
			payment("unnamed", "", "beckers@web.de", "", 700),
		},
		Want: map[string]string{"named": "L-3002", "unnamed": never},
	}
}

func staleReference() Case {
	p := payment("p1", "Carla Nunes", "carla.nunes@sapo.pt", "", 300)
	p.Payer.Metadata = map[string]string{"lead_id": "L-4001"}
	q := payment("p2", "Carla Nunes", "carla.nunes@sapo.pt", "", 300)
	q.Payer.Metadata = map[string]string{"leadId": "L-4003"}
	return Case{
		Name: "stale id contradicts email and name",
		Leads: []*reconcile.Lead{
			lead("L-4001", "Otto Lang", "otto@lang.example", ""),
			lead("L-4002", "Carla Nunes", "carla.nunes@sapo.pt", ""),
			lead("L-4003", "Hugo Weiss", "hugo@weiss.example", ""),
		},
		Payments: []*reconcile.Payment{p, q},
		Want:     map[string]string{"p1": "L-4002", "p2": "L-4002"},
	}
}

func recycledPhone() Case {
	return Case{
		Name:  "recycled phone",
		Leads: []*reconcile.Lead{lead("L-5001", "Victor Hale", "vhale@aol.com", "+1 415 555 0132")},
		Calls: []*reconcile.Call{wonCall("L-5001", 400)},
		Payments: []*reconcile.Payment{
			payment("p1", "Dana Whitfield", "dana.w@icloud.com", "(415) 555-0132", 400),
		},
		Want: map[string]string{"p1": never},
	}
}

func homoglyph() Case {
	return Case{
		Name:  "look-alike address of a stranger",
		Leads: []*reconcile.Lead{lead("L-6001", "Paula Cope", "paula.cope@gmail.com", "")},
		Calls: []*reconcile.Call{wonCall("L-6001", 400)},
		Payments: []*reconcile.Payment{
			payment("p1", "Paula Cope", "p\u0430ul\u0430.c\u043epe@gm\u0430il.com", "", 400),
		},
		Want: map[string]string{"p1": never},
	}
}

func disguisedName() Case {
	p := payment("p1", "P\u0430ul\u0430 Cope", "paula.cope@gmail.com", "", 400)
	p.StripeCustomerID = "cus_6002"
	known := lead("L-6002", "Paula Cope", "paula.cope@gmail.com", "")
	known.StripeCustomerID = "cus_6002"
	return Case{
		Name:     "look-alike name",
		Leads:    []*reconcile.Lead{known},
		Calls:    []*reconcile.Call{wonCall("L-6002", 400)},
		Payments: []*reconcile.Payment{p},
		Want:     map[string]string{"p1": never},
	}
}

func generations() Case {
	return Case{
		Name: "father and son",
		Leads: []*reconcile.Lead{
			lead("L-7001", "Walter Nash Sr.", "nash@example.net", ""),
			lead("L-7002", "Walter Nash, Jr", "nash@example.net", ""),
		},
		Calls:    []*reconcile.Call{wonCall("L-7001", 250), wonCall("L-7002", 250)},
		Payments: []*reconcile.Payment{payment("p1", "WALTER NASH JR", "nash@example.net", "", 250)},
		Want:     map[string]string{"p1": "L-7002"},
	}
}

func companyCard() Case {
	c := Case{
		Name: "company card pays for five",
		Payments: []*reconcile.Payment{
			payment("p1", "Nordlicht GmbH", "buchhaltung@nordlicht.example", "", 800),
		},
		Want: map[string]string{"p1": never},
	}
	for i, name := range []string{"Eva Roth", "Jan Falk", "Mia Kurz", "Leo Brandt", "Ida Voss"} {
		l := lead(fmt.Sprintf("L-80%02d", i), name, strings.ToLower(name[:3])+"@nordlicht.example", "")
		l.Company = "Nordlicht GmbH & Co. KG"
		c.Leads = append(c.Leads, l)
		c.Calls = append(c.Calls, wonCall(l.ID, 800))
	}
	return c
}

func stranger() Case {
	return Case{
		Name:  "payer without a lead",
		Leads: []*reconcile.Lead{lead("L-9001", "Grace Moore", "grace@moore.example", "+1 212 555 0100")},
		Calls: []*reconcile.Call{wonCall("L-9001", 600)},
		Payments: []*reconcile.Payment{
			payment("p1", "Gerald Moore", "gerald@elsewhere.example", "", 600),
		},
		Want: map[string]string{"p1": never},
	}
}

func doubleClick() Case {
	return Case{
		Name:  "double click",
		Leads: []*reconcile.Lead{lead("L-9101", "Sofia Lind", "sofia@lind.example", "")},
		Calls: []*reconcile.Call{wonCall("L-9101", 120)},
		Payments: []*reconcile.Payment{
			payment("p1", "Sofia Lind", "sofia@lind.example", "", 120),
			payment("p2", "Sofia Lind", "sofia@lind.example", "", 120),
		},
		Want: map[string]string{"p1": "L-9101", "p2": "L-9101"}, Sure: []string{"p1", "p2"},
	}
}

func decomposed() Case {
	return Case{
		Name:  "decomposed accents and full-width letters",
		Leads: []*reconcile.Lead{lead("L-9201", "Ren\u00e9e M\u00fcller", "ren\u00e9e@example.org", "")},
		Calls: []*reconcile.Call{wonCall("L-9201", 50)},
		Payments: []*reconcile.Payment{
			payment("p1", "\uff32ene\u0301e Mu\u0308ller", "rene\u0301e@example.org", "", 50),
		},
		Want: map[string]string{"p1": "L-9201"}, Sure: []string{"p1"},
	}
}

func relativeWithoutLead() Case {
	return Case{
		Name:     "relative without a lead uses the family address",
		Leads:    []*reconcile.Lead{lead("L-9301", "Nora Petit", "famille.petit@free.fr", "")},
		Calls:    []*reconcile.Call{wonCall("L-9301", 75)},
		Payments: []*reconcile.Payment{payment("p1", "Louis Petit", "famille.petit@free.fr", "", 75)},
		Want:     map[string]string{"p1": never},
	}
}

func nameAlone() Case {
	long := wonCall("L-9401", 1234)
	long.StartedAt = long.StartedAt.AddDate(-1, 0, 0)
	return Case{
		Name:     "name alone",
		Leads:    []*reconcile.Lead{lead("L-9401", "Quentin Abernathy", "", "")},
		Calls:    []*reconcile.Call{long},
		Payments: []*reconcile.Payment{payment("p1", "Quentin Abernathy", "", "", 1234)},
		Want:     map[string]string{"p1": never},
	}
}

func amountAlone() Case {
	return Case{
		Name:     "amount alone",
		Leads:    []*reconcile.Lead{lead("L-9402", "Miriam Castellanos", "", "")},
		Calls:    []*reconcile.Call{wonCall("L-9402", 1234)},
		Payments: []*reconcile.Payment{payment("p1", "", "", "", 1234)},
		Want:     map[string]string{"p1": never},
	}
}
