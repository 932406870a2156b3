package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"pennytie/configs"
	"pennytie/providers/files"
	"pennytie/reconcile"
	"pennytie/reconcile/engine"
	"pennytie/reconcile/money"
	"pennytie/store"
)

func (a *app) rulesCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "rules", Short: "Try other thresholds and weights of matching before they are used", Args: noArgs,
		Example: `  pennytie rules backtest --auto-confirm 0.99
  pennytie rules backtest --margin 0.2 --truth truth.csv
  pennytie rules refit                 what your decisions say of the weights`,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.backtestCommand(), a.refitCommand(), a.refitsCommand())
	return cmd
}

// backtestFlags are the thresholds to try, as given. What is not given is as configured.
type backtestFlags struct {
	autoConfirm, suggest, margin string
	callWindowDays               int
	truth                        string
	given                        func(flag string) bool
}

func (a *app) backtestCommand() *cobra.Command {
	var f backtestFlags
	cmd := &cobra.Command{
		Use: "backtest", Short: "Show what other thresholds would change, with money; write nothing", Args: noArgs,
		Long: `Matches every payment of the store again, by other thresholds than the configured ones, and holds the result against what is
stored: which payments would change their state, lead, call or product, and how much money each state would hold before and
after. Money is what was captured, each currency for itself. Nothing is written, and what a person decided stays.
With --truth (a file as for evaluate) precision and recall are measured before and after.
To use the thresholds, write them under "matching" in the configuration and run: pennytie match`,
		Example: `  pennytie rules backtest --auto-confirm 0.99
  pennytie rules backtest --margin 0.2 --truth truth.csv
  pennytie rules backtest --call-window-days 90 --json | jq .transitions`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f.given = cmd.Flags().Changed
			return a.backtest(cmd.Context(), &f)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.autoConfirm, "auto-confirm", "", "confidence from which a lead is automatic, e.g. 0.95")
	flags.StringVar(&f.suggest, "suggest", "", "confidence from which a lead is suggested, e.g. 0.50")
	flags.StringVar(&f.margin, "margin", "", "how far the best must be ahead of the next person, e.g. 0.05")
	flags.IntVar(&f.callWindowDays, "call-window-days", 0, "how many days before a payment a call explains it, e.g. 60")
	flags.StringVar(&f.truth, "truth", "", "labelled CSV file: measure before and after")
	return cmd
}

// matching is what is configured with the given thresholds in place of its own.
func (f *backtestFlags) matching(cfg *configs.Config) (configs.Matching, error) {
	tried := *cfg
	for _, flag := range []struct {
		name, text string
		into       *int
	}{
		{"auto-confirm", f.autoConfirm, &tried.Matching.AutoConfirm}, {"suggest", f.suggest, &tried.Matching.Suggest},
		{"margin", f.margin, &tried.Matching.Margin},
	} {
		if !f.given(flag.name) {
			continue
		}
		value, is := configs.ParseThreshold(flag.text)
		if !is {
			return tried.Matching, usagef("give a number from 0 to 1 with at most 4 decimals, such as 0.95",
				"--%s %q is not a threshold", flag.name, flag.text)
		}
		*flag.into = value
	}
	if f.given("call-window-days") {
		tried.Matching.CallWindowDays = f.callWindowDays
	}
	var problems *configs.Error
	if err := tried.Validate(); errors.As(err, &problems) { // the file itself was valid: these are of the flags
		p := problems.Problems[0]
		return tried.Matching, usagef("change the flag, or give the other one, too", "with these flags %s %s", p.Key, p.Message)
	}
	return tried.Matching, nil
}

func (a *app) backtest(ctx context.Context, f *backtestFlags) error {
	asOf, err := a.asOf()
	if err != nil {
		return err
	}
	var labels map[string]files.Label
	if f.truth != "" {
		if labels, err = readLabels(f.truth); err != nil {
			return err
		}
	}
	return a.withStore(ctx, func(cfg *configs.Config, s store.Store) error {
		tried := *cfg
		if tried.Matching, err = f.matching(cfg); err != nil {
			return err
		}
		e, err := a.newEngine(&tried, s, asOf)
		if err != nil {
			return err
		}
		b := newBacktest(policyOf(cfg), e.Policy, f.truth, labels)
		if err := b.run(ctx, e); err != nil {
			return err
		}
		a.progress.clear()
		if a.flags.json {
			return a.printJSON(b)
		}
		a.printf("%s", backtestText(b))
		return nil
	})
}

// run examines every payment of the store.
func (b *backtest) run(ctx context.Context, e *engine.Engine) error {
	err := e.Store.View(ctx, func(r reconcile.Reader) error {
		due, err := r.Due(0, 1)
		b.Stale = len(due) > 0
		return err
	})
	if err != nil {
		return err
	}
	err = e.Examine(ctx, func(x *engine.Examined) error {
		match := x.Match()
		return b.add(x.Payment, &match)
	})
	if err != nil {
		return err
	}
	return b.done()
}

func backtestText(b *backtest) string {
	var out strings.Builder
	if b.Stale {
		out.WriteString("some payments have news since the last match: not every change is the policy's; run pennytie match first\n\n")
	}
	fmt.Fprintf(&out, "%s\n%d of %d payments would change; nothing was written\n", policyTable(b), b.Changed, b.Payments)
	if len(b.Transitions) > 0 {
		out.WriteString("\n" + transitionTable(b.Transitions))
	}
	out.WriteString("\n" + stateTable(b.States))
	if len(b.First) > 0 {
		out.WriteString("\nthe first that would change:\n" + firstTable(b.First))
	}
	if b.Truth != nil {
		before, after := targetTable("before", b.Truth.Before.Targets), targetTable("after", b.Truth.After.Targets)
		out.WriteString("\n" + before + "\n" + after)
	}
	return out.String()
}

func policyTable(b *backtest) string {
	t := newTable("POLICY", "AUTO_CONFIRM", "SUGGEST", "MARGIN", "CALL_WINDOW_DAYS")
	alignRight(t, 2, 5)
	row := func(name string, p thresholds) {
		t.AppendRow(table.Row{name, p.AutoConfirm, p.Suggest, p.Margin, p.CallWindowDays})
	}
	row("configured", b.Policy.Before)
	row("tried", b.Policy.After)
	return t.Render() + "\n"
}

func transitionTable(transitions []transition) string {
	t := newTable("FROM", "TO", "ANOTHER", "PAYMENTS", "", "CAPTURED")
	alignRight(t, 4, 4)
	alignRight(t, 6, 6)
	for _, row := range transitions {
		t.AppendRow(table.Row{row.From, row.To, row.Another, row.Payments, row.Currency, money.New(row.Captured, row.Currency)})
	}
	return t.Render() + "\n"
}

func stateTable(states []stateSum) string {
	t := newTable("STATE", "", "PAYMENTS", "AFTER", "CAPTURED", "AFTER")
	alignRight(t, 3, 6)
	for _, row := range states {
		amount := func(minor int64) string { return money.New(minor, row.Currency).String() }
		t.AppendRow(table.Row{row.State, row.Currency, row.Before.Payments, row.After.Payments,
			amount(row.Before.Captured), amount(row.After.Captured)})
	}
	return t.Render() + "\n"
}

func firstTable(first []changedPayment) string {
	t := newTable("PAYMENT", "AMOUNT", "", "FROM", "TO", "ANOTHER", "LEAD", "AFTER", "CONFIDENCE")
	alignRight(t, 2, 2)
	for _, c := range first {
		t.AppendRow(table.Row{clean(c.ProviderPaymentID), money.New(c.Amount, c.Currency), c.Currency, c.From, c.To, c.Another,
			clean(orEmpty(c.LeadBefore)), clean(orEmpty(c.LeadAfter)), c.Confidence})
	}
	return t.Render() + "\n"
}

// orEmpty is a value, or nothing.
func orEmpty(value *string) string {
	if value == nil {
		return ""
	}
	return *value
}
