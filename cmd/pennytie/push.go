package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"pennytie/configs"
	"pennytie/reconcile"
	"pennytie/reconcile/engine"
	"pennytie/store"
)

func (a *app) pushCommand() *cobra.Command {
	var dry bool
	var only string
	var most int
	cmd := &cobra.Command{
		Use:   "push",
		Short: "Write agreed facts back to the services",
		Long: `Takes up what waits in the outbox: of each record it reads what the service says, writes the difference and nothing else,
and reads again. Only agreed facts go out: decided attributions of confirmed payments, and what a processor says of
money that one claim alone is behind with. What is in conflict waits for a person. It is off until the configuration
says push: {enabled: true}; --dry-run shows the difference also before that, and writes nothing anywhere.`,
		Example: `  pennytie push --dry-run              what would be written, field by field
  pennytie push --dry-run --json | jq '.intents[].fields'
  pennytie push --max 10               the first ten
  pennytie push --source aura-main     to one service only`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, asOf, err := a.loadAt()
			if err != nil {
				return err
			}
			if err := checkPush(cmd, cfg, only, most, dry); err != nil {
				return err
			}
			if cmd.Flags().Changed("max") {
				cfg.Push.MaxPerRun = most
			}
			if dry {
				return a.pushDry(cmd.Context(), cfg, asOf, only)
			}
			return a.push(cmd.Context(), cfg, asOf, only)
		},
	}
	cmd.Flags().BoolVar(&dry, "dry-run", false, "print what would be written, and write nothing")
	cmd.Flags().StringVar(&only, "source", "", "only this source")
	cmd.Flags().IntVar(&most, "max", 0, "take up so many at most (default: push.max_per_run)")
	return cmd
}

func checkPush(cmd *cobra.Command, cfg *configs.Config, only string, most int, dry bool) error {
	named := slices.ContainsFunc(cfg.Sources, func(s configs.Source) bool { return s.Name == only })
	switch {
	case only != "" && !named:
		return usagef("see: pennytie config show", "there is no source %q", only)
	case cmd.Flags().Changed("max") && most < 1:
		return usagef("see: pennytie push --help", "--max must be 1 or more, is %d", most)
	case !dry && !cfg.Push.Enabled:
		return usagef("look first: pennytie push --dry-run; then set push: {enabled: true} in the configuration",
			"writing to the services is switched off")
	}
	return haveStore(cfg)
}

// pushed is what `push --json` prints.
type pushed struct {
	DryRun  bool            `json:"dry_run"`
	RunID   string          `json:"run_id,omitempty"`
	Intents []engine.Pushed `json:"intents"`
	reconcile.PushResult
}

func (a *app) push(ctx context.Context, cfg *configs.Config, asOf time.Time, only string) error {
	shown := pushed{Intents: []engine.Pushed{}}
	err := a.locked(ctx, cfg, func(s store.Store) error {
		run, err := a.runWith(ctx, cfg, s, asOf, "push", engine.Stages{Push: true}, func(e *engine.Engine) {
			e.Push.Only, e.Push.Told = only, func(p engine.Pushed) { shown.Intents = append(shown.Intents, p) }
		})
		if shown.RunID = run.ID; run.Push != nil {
			shown.PushResult = *run.Push
		}
		return err
	})
	if shown.RunID == "" {
		return err
	}
	return errors.Join(a.printPushed(&shown), err)
}

// pushDry opens nothing for writing: neither the store nor a service.
func (a *app) pushDry(ctx context.Context, cfg *configs.Config, asOf time.Time, only string) error {
	shown := pushed{DryRun: true, Intents: []engine.Pushed{}}
	cfg.Push.Enabled = false
	var failed error
	err := a.withStore(ctx, func(_ *configs.Config, s store.Store) error {
		e, err := a.newEngine(cfg, s, asOf)
		if err != nil {
			return err
		}
		if e.Sources, err = a.sources(cfg, asOf, nil); err != nil {
			return err
		}
		e.Imported = []string{importSource}
		e.Push.Only, e.Push.Told = only, func(p engine.Pushed) {
			shown.Intents = append(shown.Intents, p)
			shown.count(p.State)
		}
		shown.Left, failed, err = e.DryRun(ctx)
		return err
	})
	if err != nil {
		return err
	}
	return errors.Join(a.printPushed(&shown), failed)
}

// count adds what would become of an intent: in a dry run what is pending would be written.
func (p *pushed) count(state reconcile.IntentState) {
	switch state {
	case reconcile.IntentDone:
		p.Held++
	case reconcile.IntentConflict:
		p.Conflict++
	case reconcile.IntentRefused:
		p.Refused++
	default:
		p.Written++
	}
}

func (a *app) printPushed(shown *pushed) error {
	a.progress.clear()
	if a.flags.json {
		return a.printJSON(shown)
	}
	t := newTable("SOURCE", "RECORD", "PAYMENT", "KIND", "STATE", "FIELD", "IS", "BECOMES")
	for _, p := range shown.Intents {
		fields := p.Fields
		if len(fields) == 0 {
			fields = []reconcile.FieldWrite{{Name: p.Reason}}
		}
		for _, f := range fields {
			t.AppendRow(table.Row{p.Source, p.Record, p.PaymentID, p.Kind, p.State, f.Name, f.Before, f.After})
		}
	}
	verb := "written"
	if shown.DryRun {
		verb = "to be written"
	}
	var b strings.Builder
	if len(shown.Intents) > 0 {
		b.WriteString(t.Render() + "\n")
	}
	fmt.Fprintf(&b, "%d %s, %d already there, %d in conflict, %d refused, %d left for the next time\n",
		shown.Written, verb, shown.Held, shown.Conflict, shown.Refused, shown.Left)
	a.printf("%s", b.String())
	return nil
}
