package main

import (
	"fmt"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"pennytie/configs"
	"pennytie/reconcile"
	"pennytie/store"
)

func (a *app) runsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "runs", Short: "List earlier runs, or show one", Args: noArgs,
		Example: `  pennytie runs list
  pennytie runs show 019a9c0e-7c5e-7d44-8f5e-2f0a5b6c7d8e
  pennytie runs list --json | jq '.[0].status'`,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	var limit int
	list := &cobra.Command{
		Use: "list", Short: "List runs, the newest first", Args: noArgs,
		Example: `  pennytie runs list
  pennytie runs list --limit 5
  pennytie runs list --json`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withStore(cmd.Context(), func(_ *configs.Config, s store.Store) error {
				return s.View(cmd.Context(), func(r reconcile.Reader) error { return a.listRuns(r, limit) })
			})
		},
	}
	list.Flags().IntVar(&limit, "limit", 20, "how many")
	show := &cobra.Command{
		Use: "show RUN", Short: "Show what one run did", Args: exactArgs("RUN"),
		Example: `  pennytie runs show RUN
  pennytie runs show RUN --json
  pennytie runs show "$(pennytie runs list --json | jq -r '.[0].run_id')"`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withStore(cmd.Context(), func(_ *configs.Config, s store.Store) error {
				return s.View(cmd.Context(), func(r reconcile.Reader) error {
					run, err := r.Run(args[0])
					if err != nil {
						return fmt.Errorf("run %q: %w", args[0], err)
					}
					return a.printRun(&run)
				})
			})
		},
	}
	cmd.AddCommand(list, show)
	return cmd
}

func (a *app) listRuns(r reconcile.Reader, limit int) error {
	runs, err := r.Runs(limit)
	if err != nil {
		return err
	}
	if a.flags.json {
		if runs == nil {
			runs = []reconcile.Run{}
		}
		return a.printJSON(runs)
	}
	t := newTable("STARTED", "RUN", "COMMAND", "STATUS", "PAYMENTS", "AUTO", "WRITES", "SECONDS")
	alignRight(t, 5, 8)
	for _, run := range runs {
		t.AppendRow(table.Row{run.StartedAt.UTC().Format(time.DateTime), run.ID, run.Command, run.Status, run.Payments,
			run.Auto, run.Writes, fmt.Sprintf("%d.%d", run.DurationMS/1000, run.DurationMS%1000/100)})
	}
	a.printf("%s\n", t.Render())
	return nil
}
