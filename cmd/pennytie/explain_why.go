package main

import (
	"fmt"

	"pennytie/configs"
	"pennytie/matchers"
	"pennytie/reconcile"
)

// explanation is what there is to say of a payment's attribution: what is stored, by which thresholds, and people's words.
type explanation struct {
	payment *reconcile.Payment
	policy  reconcile.Policy
	said    []reconcile.Decision
	joins   []string // what is thought of claims that name no payment
	crowds  []string // by what nobody was looked for, because too many share it
	reasons bool     // whether a person's free text may be shown
}

// newExplanation hides the reasons of decisions unless everything may be shown: nobody knows whose names a free text holds.
func newExplanation(cfg *configs.Config, p *reconcile.Payment, known *reconcile.Known) *explanation {
	x := &explanation{payment: p, policy: policyOf(cfg), said: known.Decisions, joins: joinLines(known), reasons: cfg.PII == configs.PIIFull}
	for _, open := range reconcile.JoinExceptions(p, known.Joins) {
		x.joins = append(x.joins, open.Detail)
	}
	return x
}

// crowds tells of what of a payment so many leads share that none of them was looked for by it.
func crowds(cfg *configs.Config, r reconcile.Reader, id string) ([]string, error) {
	p, err := r.Payment(id) // as it is, whatever may be shown of it
	if err != nil {
		return nil, err
	}
	shared := matchers.Shared(matchers.NewPreparer(cfg.DefaultCountry).Payment(p))
	keys := make([]reconcile.BlockKey, len(shared))
	for i := range shared {
		keys[i] = shared[i].Key
	}
	near, err := r.LeadsWithKeys(keys, reconcile.MostUnderKey)
	lines := []string{}
	for _, by := range shared {
		if n := near.Crowded[by.Key]; n > 0 {
			lines = append(lines, fmt.Sprintf("%d leads share the payer's %s: too many to look for the right one by it", n, signalWord(by.Signal)))
		}
	}
	return lines, err
}

// why is the decision in a sentence or two.
func (x *explanation) why() string {
	m := &x.payment.Match
	word, spoken := reconcile.LastWord(x.said)
	switch manual := m.State == reconcile.MatchManual; {
	case manual && !spoken:
		return "by hand, but that was taken back: the next run decides anew"
	case manual && word.LeadID == m.LeadID:
		view := reconcile.Decide(x.policy, m.Candidates, nil, nil)
		view.Cut = m.Cut
		return fmt.Sprintf("by hand: %s; without a person: %s", x.spoken(&word), machine(x.policy, &view))
	case manual:
		return fmt.Sprintf("by hand; since the last match %s, and the next run goes by it", x.spoken(&word))
	case spoken:
		return fmt.Sprintf("%s; since then %s, and the next run goes by it", machine(x.policy, m), x.spoken(&word))
	}
	return machine(x.policy, m)
}

// spoken is a decision as a clause: who said what, when and why.
func (x *explanation) spoken(d *reconcile.Decision) string {
	who, what, why := d.By, "lead "+d.LeadID, ""
	if who == "" {
		who = "a person"
	}
	if d.None {
		what = "no lead"
	}
	if d.Reason != "" && x.reasons {
		why = fmt.Sprintf(" (%s)", d.Reason)
	}
	return fmt.Sprintf("%s decided for %s on %s%s", who, what, d.At.UTC().Format("2006-01-02 15:04 UTC"), why)
}

// machine is a machine's decision in a sentence. A state that the thresholds do not give is one of other thresholds.
func machine(policy reconcile.Policy, m *reconcile.Match) string {
	sure, ahead := m.Confidence >= policy.AutoConfirm, m.Margin >= policy.Margin
	switch {
	case m.State == reconcile.MatchAuto && sure && ahead:
		return "automatic: " + sureness(policy, m) + ", and " + distance(policy, m)
	case m.State == reconcile.MatchSuggested && m.Confidence >= policy.Suggest && !(sure && ahead):
		return fmt.Sprintf("in review: lead %s is the best, but ", m.LeadID) + sureness(policy, m) + "; " + distance(policy, m)
	case m.State == reconcile.MatchAmbiguous && !ahead:
		return "in review: " + distance(policy, m)
	case m.State == reconcile.MatchAmbiguous && m.Confidence < policy.Suggest:
		return fmt.Sprintf("in review: it is plausible that the payer is one of these leads, but not which: "+
			"the best has confidence %s, %s short of suggest %s",
			confidence(m.Confidence), confidence(policy.Suggest-m.Confidence), confidence(policy.Suggest))
	case m.State == reconcile.MatchUnmatched && len(m.Candidates) == 0:
		return "unmatched: nothing about this payment points to a lead; the payer need not be one"
	case m.State == reconcile.MatchUnmatched && reconcile.Together(m.Candidates) < policy.Suggest:
		return fmt.Sprintf("unmatched: nobody reaches suggest %s: the best lead has confidence %s, "+
			"all of them together %s; the payer need not be one",
			confidence(policy.Suggest), confidence(m.Candidates[0].Confidence), confidence(reconcile.Together(m.Candidates)))
	}
	return fmt.Sprintf("%s by the thresholds of the last match, but not by those of today (auto_confirm %s, suggest %s, margin %s): "+
		"the next run decides anew", m.State, confidence(policy.AutoConfirm), confidence(policy.Suggest), confidence(policy.Margin))
}

// sureness holds the confidence against auto_confirm.
func sureness(policy reconcile.Policy, m *reconcile.Match) string {
	if m.Confidence >= policy.AutoConfirm {
		return fmt.Sprintf("confidence %s is at least auto_confirm %s", confidence(m.Confidence), confidence(policy.AutoConfirm))
	}
	return fmt.Sprintf("confidence %s is %s short of auto_confirm %s", confidence(m.Confidence),
		confidence(policy.AutoConfirm-m.Confidence), confidence(policy.AutoConfirm))
}

// distance holds the distance to the next person against the margin.
func distance(policy reconcile.Policy, m *reconcile.Match) string {
	next := rival(m.Candidates)
	switch {
	case next == nil && m.Cut == 0:
		return "no other person comes into question"
	case next == nil:
		return fmt.Sprintf("the next person is %s behind, margin %s is enough", confidence(m.Margin), confidence(policy.Margin))
	case m.Margin >= policy.Margin:
		return fmt.Sprintf("the next person (lead %s) is %s behind, margin %s is enough",
			next.LeadID, confidence(m.Margin), confidence(policy.Margin))
	}
	return fmt.Sprintf("the next person (lead %s) comes too close to the best (lead %s): only %s behind, %s short of margin %s",
		next.LeadID, m.Candidates[0].LeadID, confidence(m.Margin), confidence(policy.Margin-m.Margin), confidence(policy.Margin))
}

// rival is the best candidate that is another person than the best, or nil.
func rival(candidates []reconcile.Candidate) *reconcile.Candidate {
	for i := 1; i < len(candidates); i++ {
		if candidates[i].Person() != candidates[0].Person() {
			return &candidates[i]
		}
	}
	return nil
}

// callWhy says which call of the best lead is credited, or why none is.
func (x *explanation) callWhy() string {
	m := &x.payment.Match
	best := &m.Candidates[0]
	sure, known := m.CallConfidence()
	of, _ := best.CallConfidence()
	switch {
	case m.CallID != "" && m.State == reconcile.MatchManual:
		return fmt.Sprintf("call %s: a person said so", m.CallID)
	case known:
		return fmt.Sprintf("call %s: confidence %s is at least suggest %s; the lead alone has %s",
			m.CallID, confidence(sure), confidence(x.policy.Suggest), confidence(best.Confidence))
	case len(best.Calls) == 0:
		return fmt.Sprintf("no call: none of lead %s was won in the window, and others sell nothing", best.LeadID)
	case best.CallID == "":
		return fmt.Sprintf("no call: none of lead %s is likelier than not", best.LeadID)
	case m.LeadID == "" || m.State == reconcile.MatchManual:
		return fmt.Sprintf("no call: lead %s is not decided for; it would be call %s, confidence %s", best.LeadID, best.CallID, confidence(of))
	}
	return fmt.Sprintf("no call: %s is the best, but confidence %s is short of suggest %s", best.CallID, confidence(of), confidence(x.policy.Suggest))
}

// productWhy says which product is credited, or why none is.
func (x *explanation) productWhy() string {
	m := &x.payment.Match
	sure, known := m.ProductConfidence()
	switch {
	case known:
		return fmt.Sprintf("product %s: confidence %s", m.ProductID, confidence(sure))
	case len(m.Products) == 0:
		return "no product: neither the payment nor a call names one, and no price fits"
	}
	return fmt.Sprintf("no product: %s is the best, but confidence %s or its lead over the next does not decide",
		m.Products[0].ProductID, confidence(m.Products[0].Confidence))
}
