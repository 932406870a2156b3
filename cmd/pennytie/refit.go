package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"pennytie/configs"
	"pennytie/reconcile"
	"pennytie/reconcile/engine"
	"pennytie/reconcile/money"
	"pennytie/reconcile/score"
	"pennytie/store"
)

// fewestDecisions is how many decisions a refit must rest on to be adopted.
const fewestDecisions = 50

func (a *app) refitCommand() *cobra.Command {
	var adopt, drop bool
	cmd := &cobra.Command{
		Use: "refit", Short: "Fit the weights to your decisions; show before and after, and adopt it if you like it", Args: noArgs,
		Long: fmt.Sprintf(`Fits how much each kind of evidence counts in your business, and how surely a payer is a lead at all, to the payments on which
somebody has decided: one factor for each signal (1 is as shipped) and one shift of the prior log-odds. A strong pull towards the
weights as shipped means that a few decisions hardly move anything.

What it shows is held out: each decision is judged by a fit that has not seen it, nor any other of its payer or lead, nor of its
stretch of time. Before is as shipped. People mostly decide payments that were in doubt; only answers to audits are drawn by chance
and tell of all payments.

Nothing is written without --adopt. It takes %d decisions, and refuses if, held out, there would be more wrong automatic decisions
or a worse log loss than before (exit 2). From then on every run weighs by the refit; what people decided stays, and
pennytie rules backtest shows, before that run, which payments will change. --drop goes back to the weights as shipped.`, fewestDecisions),
		Example: `  pennytie rules refit
  pennytie rules refit --json | jq .after
  pennytie rules refit --adopt && pennytie match
  pennytie rules refit --drop`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case adopt && drop:
				return usagef("give one of the two", "--adopt and --drop exclude each other")
			case drop:
				return a.dropRefit(cmd)
			case adopt:
				return a.adoptRefit(cmd.Context())
			}
			return a.withStore(cmd.Context(), func(cfg *configs.Config, s store.Store) error {
				fitted, _, err := a.newRefit(cmd.Context(), cfg, s)
				if err != nil {
					return err
				}
				return a.printRefit(fitted)
			})
		},
	}
	cmd.Flags().BoolVar(&adopt, "adopt", false, "weigh by it from the next run on")
	cmd.Flags().BoolVar(&drop, "drop", false, "go back to the weights as shipped")
	return cmd
}

// refit is what decisions make of the weights, as `rules refit --json` prints it. Money is captured minor units.
type refit struct {
	Decisions decisionCounts `json:"decisions"`
	Parts     int            `json:"parts"`  // in which decisions were held out
	Before    *heldOut       `json:"before"` // as shipped; null: nothing could be held out
	After     *heldOut       `json:"after"`
	Money     []heldMoney    `json:"money"`
	Signals   []factor       `json:"signals"`
	Shift     json.Number    `json:"shift"`   // of the prior log-odds
	Refused   string         `json:"refused"` // why it is not to be adopted; empty: it may be
	Adopted   int64          `json:"adopted"` // the refit in force that has these weights; 0: none

	fitted *reconcile.Refit
	money  [2]map[heldKey]sum // before and after
}

// decisionCounts are the decisions that hold, by what they say.
type decisionCounts struct {
	Total     int `json:"total"`
	Confirmed int `json:"confirmed"` // the best candidate
	Other     int `json:"other"`     // the lead was named
	None      int `json:"none"`      // nobody
	Audited   int `json:"audited"`   // of all these: answers to audits
}

// heldOut is how the machine would have decided what people have decided.
type heldOut struct {
	Right     int64        `json:"right"` // automatic and right
	Wrong     int64        `json:"wrong"` // automatic and wrong
	Review    int          `json:"review"`
	Unmatched int          `json:"unmatched"`
	Precision score.Number `json:"precision"`
	LogLoss   score.Number `json:"log_loss"`
	Brier     score.Number `json:"brier"`
	ECE       score.Number `json:"ece"`

	trial score.Trial
}

type factor struct {
	Signal string      `json:"signal"`
	Factor json.Number `json:"factor"`
}

type heldKey struct {
	Outcome  string         `json:"outcome"` // right and wrong are automatic decisions
	Currency money.Currency `json:"currency"`
}

// heldMoney is the money behind the decisions of one outcome.
type heldMoney struct {
	heldKey
	Before sum `json:"before"`
	After  sum `json:"after"`
}

// outcomes of a payment that a person has decided, in order.
var outcomes = [...]string{"right", "wrong", "review", "unmatched"}

// newRefit examines, fits and compares.
func (a *app) newRefit(ctx context.Context, cfg *configs.Config, s store.Store) (*refit, *engine.Engine, error) {
	asOf, err := a.asOf()
	if err != nil {
		return nil, nil, err
	}
	e, err := a.newEngine(cfg, s, asOf)
	if err != nil {
		return nil, nil, err
	}
	f := &refit{Money: []heldMoney{}, money: [2]map[heldKey]sum{{}, {}}}
	var payments []*reconcile.Payment
	var decided []score.Decided
	err = e.Decided(ctx, func(p *reconcile.Payment, word *reconcile.Decision, d score.Decided) error {
		f.Decisions.add(word)
		payments, decided = append(payments, p), append(decided, d)
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	e.Progress(engine.Progress{Stage: "fit", Done: len(decided)})
	model := score.Shipped()
	f.fitted = model.Fit(decided)
	f.fitted.Audited = f.Decisions.Audited
	if err := f.compare(model, e.Policy, payments, decided); err != nil {
		return nil, nil, err
	}
	a.progress.clear()
	f.describe()
	return f, e, e.Store.View(ctx, f.inForce)
}

func (c *decisionCounts) add(word *reconcile.Decision) {
	c.Total++
	switch {
	case word.None:
		c.None++
	case word.Confirmed != "":
		c.Confirmed++
	default:
		c.Other++
	}
	if word.Audited != "" {
		c.Audited++
	}
}

// compare decides every payment as shipped and by the refit that has not seen it.
func (f *refit) compare(model *score.Model, policy reconcile.Policy, payments []*reconcile.Payment, decided []score.Decided) error {
	refits, parts := model.HeldOut(decided)
	f.Parts = parts
	if refits == nil {
		return nil
	}
	sides := [2]*heldOut{{}, {}}
	for i, p := range payments {
		for side, by := range [2]*reconcile.Refit{nil, refits[i]} {
			leads, products := score.Scorer{Model: model, Refit: by}.Rank(decided[i].Found)
			match := reconcile.Decide(policy, leads, products, nil)
			key := heldKey{sides[side].add(&decided[i], &match), p.Amount.Currency}
			if err := grow(f.money[side], key, p); err != nil {
				return err
			}
		}
	}
	f.Before, f.After = sides[0].done(), sides[1].done()
	return nil
}

// add says what came of a decision.
func (h *heldOut) add(d *score.Decided, match *reconcile.Match) (outcome string) {
	right := h.trial.Add(d, match)
	switch {
	case match.State == reconcile.MatchAuto && right:
		h.Right++
		return "right"
	case match.State == reconcile.MatchAuto:
		h.Wrong++
		return "wrong"
	case match.State == reconcile.MatchUnmatched:
		h.Unmatched++
		return "unmatched"
	}
	h.Review++
	return "review"
}

func (h *heldOut) done() *heldOut {
	lead := h.trial.Report().All.Lead
	h.Precision, h.Brier, h.ECE, h.LogLoss = lead.Precision, lead.Brier, lead.ECE, h.trial.LogLoss()
	return h
}

// describe says what was fitted, and whether it may be adopted.
func (f *refit) describe() {
	either := maps.Clone(f.money[0])
	maps.Copy(either, f.money[1])
	keys := slices.SortedFunc(maps.Keys(either), func(a, b heldKey) int {
		return cmp.Or(cmp.Compare(slices.Index(outcomes[:], a.Outcome), slices.Index(outcomes[:], b.Outcome)), cmp.Compare(a.Currency, b.Currency))
	})
	for _, key := range keys {
		f.Money = append(f.Money, heldMoney{key, f.money[0][key], f.money[1][key]})
	}
	for _, signal := range slices.Sorted(maps.Keys(f.fitted.Factors)) {
		thousandths := f.fitted.Factors[signal]
		f.Signals = append(f.Signals, factor{signal, json.Number(fmt.Sprintf("%d.%03d", thousandths/1000, thousandths%1000))})
	}
	f.Shift = json.Number(strings.TrimPrefix(weight(f.fitted.Shift), "+"))
	switch {
	case f.Decisions.Total < fewestDecisions:
		f.Refused = fmt.Sprintf("%d decisions are too few: it takes %d", f.Decisions.Total, fewestDecisions)
	case f.Before == nil:
		f.Refused = "all decisions are of one payer or lead: none can be held out"
	case f.After.Wrong > f.Before.Wrong:
		f.Refused = fmt.Sprintf("held out, %d automatic decisions would be wrong instead of %d", f.After.Wrong, f.Before.Wrong)
	case f.After.LogLoss.Value > f.Before.LogLoss.Value:
		f.Refused = fmt.Sprintf("held out, the log loss would be %s instead of %s", f.After.LogLoss, f.Before.LogLoss)
	}
}

// inForce looks whether these very weights hold already.
func (f *refit) inForce(r reconcile.Reader) error {
	adopted, err := engine.Adopted(r)
	if err == nil && adopted != nil && adopted.SameWeights(f.fitted) {
		f.Adopted = adopted.ID
	}
	return err
}

func (a *app) adoptRefit(ctx context.Context) error {
	cfg, err := a.load()
	if err != nil {
		return err
	}
	if err := haveStore(cfg); err != nil {
		return err
	}
	return a.locked(ctx, cfg, func(s store.Store) error {
		f, e, err := a.newRefit(ctx, cfg, s)
		if err != nil {
			return err
		}
		if f.Refused == "" && f.Adopted == 0 {
			err := s.Update(ctx, func(tx reconcile.Tx) error { return e.Adopt(tx, f.fitted, whoami()) })
			if err != nil {
				return err
			}
			f.Adopted = f.fitted.ID
		}
		if err := a.printRefit(f); err != nil {
			return err
		}
		if f.Refused != "" {
			return usagef("decide more payments (pennytie review), then try again", "not adopted: %s", f.Refused)
		}
		return nil
	})
}

func (a *app) dropRefit(cmd *cobra.Command) error {
	var dropped int64
	err := a.noteAnswers(cmd, func(e *engine.Engine, tx reconcile.Tx) error {
		adopted, err := engine.Adopted(tx)
		if err != nil || adopted == nil {
			return err
		}
		dropped = adopted.ID
		return e.Adopt(tx, &reconcile.Refit{Shipped: true}, whoami())
	})
	switch {
	case err != nil:
		return err
	case a.flags.json:
		return a.printJSON(map[string]any{"success": true, "dropped": dropped})
	case dropped == 0:
		a.printf("the weights are as shipped already\n")
	default:
		a.printf("refit %d is dropped; the next run weighs as shipped\n", dropped)
	}
	return nil
}

func (a *app) printRefit(f *refit) error {
	if a.flags.json {
		return a.printJSON(f)
	}
	a.printf("%s", refitText(f))
	return nil
}

func refitText(f *refit) string {
	var out strings.Builder
	c := f.Decisions
	fmt.Fprintf(&out, "%d decisions: %d confirm the best candidate, %d name the lead, %d say nobody; %d of them answer audits\n",
		c.Total, c.Confirmed, c.Other, c.None, c.Audited)
	if f.Before != nil {
		fmt.Fprintf(&out, "\nheld out, in %d parts by payer, lead and time:\n%s\n%s", f.Parts, heldTable(f), heldMoneyTable(f.Money))
	}
	out.WriteString("\nweights, as fitted to all of them:\n" + factorTable(f))
	switch {
	case f.Refused != "":
		fmt.Fprintf(&out, "\nnot to be adopted: %s\n", f.Refused)
	case f.Adopted != 0:
		fmt.Fprintf(&out, "\nadopted as refit %d; runs weigh by it: pennytie match\n", f.Adopted)
	default:
		out.WriteString("\nnothing was written; to weigh by it: pennytie rules refit --adopt\n")
	}
	return out.String()
}

func heldTable(f *refit) string {
	t := newTable("", "AUTO RIGHT", "AUTO WRONG", "REVIEW", "UNMATCHED", "PRECISION", "LOG LOSS", "BRIER", "ECE")
	alignRight(t, 2, 9)
	row := func(name string, h *heldOut) {
		t.AppendRow(table.Row{name, h.Right, h.Wrong, h.Review, h.Unmatched, h.Precision, h.LogLoss, h.Brier, h.ECE})
	}
	row("before", f.Before)
	row("after", f.After)
	return t.Render() + "\n"
}

func heldMoneyTable(rows []heldMoney) string {
	t := newTable("OUTCOME", "", "PAYMENTS", "AFTER", "CAPTURED", "AFTER")
	alignRight(t, 3, 6)
	for _, row := range rows {
		amount := func(s sum) string { return money.New(s.Captured, row.Currency).String() }
		t.AppendRow(table.Row{row.Outcome, row.Currency, row.Before.Payments, row.After.Payments, amount(row.Before), amount(row.After)})
	}
	return t.Render() + "\n"
}

func factorTable(f *refit) string {
	t := newTable("SIGNAL", "FACTOR")
	alignRight(t, 2, 2)
	for _, s := range f.Signals {
		t.AppendRow(table.Row{signalWord(s.Signal), s.Factor})
	}
	t.AppendRow(table.Row{"shift of the prior", weight(f.fitted.Shift)})
	return t.Render() + "\n"
}

// weightsLine says by which weights runs weigh.
func weightsLine(adopted *reconcile.Refit) string {
	if adopted == nil {
		return "as shipped"
	}
	return fmt.Sprintf("calibration by refit %d, from %d decisions", adopted.ID, adopted.Decisions)
}

func (a *app) refitsCommand() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the refits that were adopted or dropped, the newest first", Args: noArgs,
		Example: `  pennytie rules list
  pennytie rules list --json | jq '.data[0].factors'`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withStore(cmd.Context(), func(_ *configs.Config, s store.Store) error {
				return s.View(cmd.Context(), a.listRefits)
			})
		},
	}
}

// adoptedRefit is a row of `rules list --json`.
type adoptedRefit struct {
	ID        int64          `json:"id"`
	AdoptedAt string         `json:"adopted_at"`
	By        string         `json:"by"`
	Shipped   bool           `json:"shipped"` // back to the weights as shipped
	Model     string         `json:"model"`
	Factors   map[string]int `json:"factors"` // thousandths
	Shift     int            `json:"shift"`   // hundredths
	Decisions int            `json:"decisions"`
	Audited   int            `json:"audited"`
}

func (a *app) listRefits(r reconcile.Reader) error {
	const most = 1000
	all, err := r.Refits(most)
	if err != nil {
		return err
	}
	list, t := make([]adoptedRefit, len(all)), newTable("REFIT", "ADOPTED", "BY", "WEIGHTS", "DECISIONS", "AUDITED", "SHIFT")
	alignRight(t, 5, 7)
	for i, f := range all {
		at, weights := f.AdoptedAt.UTC().Format("2006-01-02T15:04:05Z"), "fitted"
		if f.Shipped {
			weights = "as shipped"
		}
		list[i] = adoptedRefit{f.ID, at, f.By, f.Shipped, f.Model, f.Factors, int(f.Shift), f.Decisions, f.Audited}
		t.AppendRow(table.Row{f.ID, at, clean(f.By), weights, f.Decisions, f.Audited, weight(f.Shift)})
	}
	switch {
	case a.flags.json:
		return a.printJSON(map[string]any{"data": list})
	case len(list) == 0:
		a.printf("the weights are as shipped; to fit them: pennytie rules refit\n")
	default:
		a.printf("%s\n", t.Render())
	}
	return nil
}
