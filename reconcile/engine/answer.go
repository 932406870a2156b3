package engine

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"pennytie/reconcile"
)

// Checked is what came of holding answers against the store.
type Checked struct {
	New       []Said
	Unchanged int // what they say holds already
	Stale     []reconcile.Answer
	Mistakes  []reconcile.Mistake
}

// Said is an answer as the decision that it makes.
type Said struct {
	Payment  *reconcile.Payment
	Answer   reconcile.Answer
	Decision reconcile.Decision
}

// Check holds answers against what is stored, all of them, and writes nothing. An answer with a version is refused as stale if
// the payment is not as it was shown, unless what it says holds already: then it was given before.
func (e *Engine) Check(r reconcile.Reader, answers []reconcile.Answer) (Checked, error) {
	c := checking{Engine: e, r: r, before: map[int64]*reconcile.Answer{}}
	for i := range answers {
		if err := c.add(&answers[i]); err != nil {
			return Checked{}, err
		}
	}
	return c.Checked, nil
}

// Note adds what Check found to be new. Nobody may have written in between.
func (e *Engine) Note(tx reconcile.Tx, c *Checked, by string) error {
	for i := range c.New {
		s := &c.New[i]
		s.Decision.By, s.Decision.At = by, e.AsOf
		if err := tx.AddDecision(s.Payment.Row, &s.Decision); err != nil {
			return err
		}
		if err := e.dueByPayer(tx, s.Payment); err != nil {
			return err
		}
	}
	return nil
}

// checking is one call of Check.
type checking struct {
	*Engine
	Checked
	r        reconcile.Reader
	before   map[int64]*reconcile.Answer // the first one of each payment
	products map[string]bool             // read when the first is asked for
}

func (c *checking) add(a *reconcile.Answer) error {
	p, err := c.r.Payment(a.PaymentID)
	switch {
	case errors.Is(err, reconcile.ErrNotFound):
		c.wrong(a, "payment_id", fmt.Sprintf("there is no payment %q", a.PaymentID), "copy the id from the review file")
		return nil
	case errors.Is(err, reconcile.ErrConflict):
		c.wrong(a, "payment_id", fmt.Sprintf("%q names several payments", a.PaymentID), "give the payment_id, which begins with pay_")
		return nil
	case err != nil:
		return err
	}
	if first := c.before[p.Row]; first != nil {
		if !a.SameWord(first) {
			c.wrong(a, "decision", fmt.Sprintf("line %d says something else of the same payment", first.Line), "keep one of the two")
		} else {
			c.Unchanged++
		}
		return nil
	}
	c.before[p.Row] = a
	known, err := c.r.Known(p.Row)
	if err != nil {
		return err
	}
	version := reconcile.Version(p, known.Decisions)
	switch {
	case a.Version != "" && holds(a, known.Decisions):
		c.Unchanged++
		return nil
	case a.Version != "" && a.Version != version:
		c.Stale = append(c.Stale, *a)
		return nil
	}
	d, is, err := c.decision(p, a)
	if err != nil || !is {
		return err
	}
	d.Audited = c.audited(p, known.Decisions)
	if a.Word == reconcile.WordConfirm {
		d.Confirmed = version
	}
	c.New = append(c.New, Said{p, *a, d})
	return nil
}

// holds says whether an answer would change nothing. To confirm means another lead once the candidates are others, so it holds
// only where the same view was confirmed.
func holds(a *reconcile.Answer, said []reconcile.Decision) bool {
	d, spoken := reconcile.LastWord(said)
	switch a.Word {
	case reconcile.WordConfirm:
		return spoken && d.Confirmed == a.Version
	case reconcile.WordLead:
		return spoken && d.LeadID == a.LeadID && d.CallID == a.CallID && d.ProductID == a.ProductID
	case reconcile.WordNone:
		return spoken && d.None
	}
	return !spoken
}

// decision makes the decision of an answer; not is, if something is wrong with it.
func (c *checking) decision(p *reconcile.Payment, a *reconcile.Answer) (d reconcile.Decision, is bool, err error) {
	d = reconcile.Decision{LeadID: a.LeadID, CallID: a.CallID, ProductID: a.ProductID, Reason: a.Reason,
		None: a.Word == reconcile.WordNone, Undo: a.Word == reconcile.WordUndo}
	switch a.Word {
	case reconcile.WordConfirm:
		if len(p.Match.Candidates) == 0 {
			c.wrong(a, "decision", "there is no candidate to confirm", "name the lead, or say none")
			return d, false, nil
		}
		best := &p.Match.Candidates[0]
		d.LeadID, d.CallID, d.ProductID = best.LeadID, best.CallID, cmp.Or(p.Match.ProductID, best.ProductID)
	case reconcile.WordLead:
		if is, err := c.named(a); !is || err != nil {
			return d, false, err
		}
	}
	d.Overruled = c.overruled(p, &d)
	return d, true, nil
}

// overruled are the leads that a decision turns down.
func (c *checking) overruled(p *reconcile.Payment, d *reconcile.Decision) (leads []string) {
	if d.None {
		for i := range p.Match.Candidates {
			leads = append(leads, p.Match.Candidates[i].LeadID)
		}
		return leads
	}
	// As the machine would say if nobody had said anything.
	machine := reconcile.Decide(c.Policy, p.Match.Candidates, nil, nil)
	if d.LeadID != "" && machine.LeadID != "" && machine.LeadID != d.LeadID {
		leads = append(leads, machine.LeadID)
	}
	return leads
}

// audited is the lead that a payment of the sample had by itself. Who corrects an answer answers the same question.
func (c *checking) audited(p *reconcile.Payment, said []reconcile.Decision) string {
	if reconcile.Ask(p, c.Audits) == reconcile.QuestionAudit {
		return p.Match.LeadID
	}
	before, _ := reconcile.LastWord(said) // the zero Decision, if nobody's word holds
	return before.Audited
}

// named looks for the lead, call and product of an answer: a decision for what nobody knows would credit nobody.
func (c *checking) named(a *reconcile.Answer) (is bool, err error) {
	found, err := c.r.LeadsByID([]string{a.LeadID})
	if err != nil {
		return false, err
	}
	hasCall := slices.ContainsFunc(found.Calls, func(call *reconcile.Call) bool { return call.ID == a.CallID })
	product, err := c.product(a.ProductID)
	switch {
	case err != nil:
		return false, err
	case len(found.Leads) == 0:
		c.wrong(a, "lead_id", fmt.Sprintf("there is no lead %q", a.LeadID), "check the id, or import the lead first")
	case a.CallID != "" && !hasCall:
		c.wrong(a, "call_id", fmt.Sprintf("lead %q has no call %q", a.LeadID, a.CallID), "give one of the lead's calls, or none")
	case a.ProductID != "" && !product:
		c.wrong(a, "product_id", fmt.Sprintf("there is no product %q", a.ProductID), "check the id, or import the product first")
	default:
		return true, nil
	}
	return false, nil
}

func (c *checking) product(id string) (bool, error) {
	if id == "" || c.products[id] {
		return true, nil
	}
	if c.products != nil {
		return false, nil
	}
	all, err := c.r.Products()
	c.products = make(map[string]bool, len(all))
	for _, p := range all {
		c.products[p.ID] = true
	}
	return c.products[id], err
}

func (c *checking) wrong(a *reconcile.Answer, column, text, mend string) {
	c.Mistakes = append(c.Mistakes, reconcile.Mistake{Line: a.Line, Column: column, Text: text, Mend: mend})
}
