package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"pennytie/providers/files"
	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

// shownAtMost is how many of the payments that would change are listed.
const shownAtMost = 20

// backtest is what other thresholds would change in the store, as `rules backtest --json` prints it. Money is captured minor
// units; the order in which payments come shows only in First.
type backtest struct {
	Policy struct {
		Before thresholds `json:"before"` // as configured
		After  thresholds `json:"after"`  // as tried
	} `json:"policy"`
	Stale       bool             `json:"stale"` // payments wait to be matched: not every change is the policy's
	Payments    int              `json:"payments"`
	Changed     int              `json:"changed"`
	Transitions []transition     `json:"transitions"`
	States      []stateSum       `json:"states"`
	First       []changedPayment `json:"first"` // that change, by date
	Truth       *comparison      `json:"truth"` // null without labels

	transitions   map[step]sum
	before, after map[holding]sum
	labelled      [2]*measuring // before and after; nil without labels
}

// thresholds are a policy in the words of the configuration.
type thresholds struct {
	AutoConfirm    json.Number `json:"auto_confirm"`
	Suggest        json.Number `json:"suggest"`
	Margin         json.Number `json:"margin"`
	CallWindowDays int         `json:"call_window_days"`
}

// step is what happens to a payment.
type step struct {
	From     reconcile.MatchState `json:"from"`
	To       reconcile.MatchState `json:"to"`
	Another  string               `json:"another"` // lead, call or product that is another than before; empty: all are the same
	Currency money.Currency       `json:"currency"`
}

// sum counts payments and adds up their money, in one currency.
type sum struct {
	Payments int   `json:"payments"`
	Captured int64 `json:"captured"`
}

// transition is how many payments take a step.
type transition struct {
	step
	sum
}

type holding struct {
	State    reconcile.MatchState `json:"state"`
	Currency money.Currency       `json:"currency"`
}

// stateSum is what a state holds.
type stateSum struct {
	holding
	Before sum `json:"before"`
	After  sum `json:"after"`
}

// changedPayment is a payment that would change.
type changedPayment struct {
	ID                string `json:"id"`
	ProviderPaymentID string `json:"provider_payment_id"`
	Amount            int64  `json:"amount"`
	step
	LeadBefore *string     `json:"lead_id_before"`
	LeadAfter  *string     `json:"lead_id_after"`
	Confidence json.Number `json:"confidence"` // after
}

// comparison is how good the matches are by labels.
type comparison struct {
	Before *evaluation `json:"before"`
	After  *evaluation `json:"after"`
}

func newBacktest(before, after reconcile.Policy, path string, labels map[string]files.Label) *backtest {
	b := &backtest{Transitions: []transition{}, States: []stateSum{}, First: []changedPayment{},
		transitions: map[step]sum{}, before: map[holding]sum{}, after: map[holding]sum{}}
	b.Policy.Before, b.Policy.After = newThresholds(before), newThresholds(after)
	if labels != nil {
		b.labelled = [2]*measuring{newMeasuring(path, labels, before), newMeasuring(path, labels, after)}
	}
	return b
}

func newThresholds(p reconcile.Policy) thresholds {
	number := func(c reconcile.Confidence) json.Number { return json.Number(confidence(c)) }
	return thresholds{number(p.AutoConfirm), number(p.Suggest), number(p.Margin), p.CallWindowDays}
}

// add takes a payment with its stored match and the match that it would have.
func (b *backtest) add(p *reconcile.Payment, after *reconcile.Match) error {
	before := &p.Match
	b.Payments++
	s := step{before.State, after.State, another(before, after), p.Amount.Currency}
	err := cmp.Or(grow(b.before, holding{s.From, s.Currency}, p), grow(b.after, holding{s.To, s.Currency}, p))
	if err != nil {
		return err
	}
	for i, match := range []*reconcile.Match{before, after} {
		if b.labelled[i] == nil {
			continue
		}
		if err := b.labelled[i].add(p, match); err != nil {
			return err
		}
	}
	if s.From == s.To && s.Another == "" {
		return nil
	}
	b.Changed++
	if len(b.First) < shownAtMost {
		b.First = append(b.First, changedPayment{ID: p.ID, ProviderPaymentID: p.ProviderPaymentID, Amount: p.Amount.Minor, step: s,
			LeadBefore: orNull(before.LeadID), LeadAfter: orNull(after.LeadID), Confidence: json.Number(confidence(after.Confidence))})
	}
	return grow(b.transitions, s, p)
}

// another names the first of lead, call and product that is another than before. A lead that comes or goes is told by the states.
func another(before, after *reconcile.Match) string {
	switch {
	case before.LeadID != after.LeadID && before.LeadID != "" && after.LeadID != "":
		return "lead"
	case before.LeadID != after.LeadID:
		return ""
	case before.CallID != after.CallID:
		return "call"
	case before.ProductID != after.ProductID:
		return "product"
	}
	return ""
}

// orNull is an id, or null.
func orNull(id string) *string {
	if id == "" {
		return nil
	}
	return &id
}

// grow adds a payment to one of the sums. Its key has the payment's currency.
func grow[K comparable](sums map[K]sum, key K, p *reconcile.Payment) error {
	s := sums[key]
	total, err := money.New(s.Captured, p.Amount.Currency).Add(money.New(p.Captured.Minor, p.Amount.Currency))
	if err != nil {
		return fmt.Errorf("add payment %s up: %w", p.ID, err)
	}
	sums[key] = sum{s.Payments + 1, total.Minor}
	return nil
}

// done sorts what was added up and measures.
func (b *backtest) done() error {
	for s, sum := range b.transitions {
		b.Transitions = append(b.Transitions, transition{s, sum})
	}
	slices.SortFunc(b.Transitions, func(x, y transition) int {
		return cmp.Or(byState(x.From, y.From), byState(x.To, y.To), cmp.Compare(x.Another, y.Another), cmp.Compare(x.Currency, y.Currency))
	})
	for _, state := range states {
		b.States = append(b.States, b.holdings(state)...)
	}
	if b.labelled[0] == nil {
		return nil
	}
	before, err := b.labelled[0].done()
	if err != nil {
		return err
	}
	after, err := b.labelled[1].done()
	b.Truth = &comparison{before, after}
	return err
}

// holdings are the sums of a state, by currency.
func (b *backtest) holdings(state reconcile.MatchState) (sums []stateSum) {
	for _, from := range []map[holding]sum{b.before, b.after} {
		for h := range from {
			if h.State == state && !slices.ContainsFunc(sums, func(s stateSum) bool { return s.holding == h }) {
				sums = append(sums, stateSum{h, b.before[h], b.after[h]})
			}
		}
	}
	slices.SortFunc(sums, func(x, y stateSum) int { return cmp.Compare(x.Currency, y.Currency) })
	return sums
}

// states are in the order of how much is decided.
var states = [...]reconcile.MatchState{reconcile.MatchManual, reconcile.MatchAuto, reconcile.MatchSuggested,
	reconcile.MatchAmbiguous, reconcile.MatchUnmatched}

func byState(x, y reconcile.MatchState) int {
	return cmp.Compare(slices.Index(states[:], x), slices.Index(states[:], y))
}
