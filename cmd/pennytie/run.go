package main

import (
	"github.com/spf13/cobra"

	"pennytie/reconcile/engine"
)

func (a *app) runCommand() *cobra.Command {
	var failOnReview bool
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Pull, match, verify and report: the whole job",
		Long: `Reads every configured source to its end, attributes each new or changed payment, verifies it, and writes the
reports. It can be run again at any time, also after a crash: what is known is not done twice.`,
		Example: `  pennytie run
  pennytie run -q                      for cron: silent unless something is wrong
  pennytie run --json | jq .totals     the result as one JSON object
  pennytie run --fail-on-review        exit 4 while payments wait for a person`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			run, err := a.runStages(cmd.Context(), "run", engine.All())
			if printErr := a.printRun(&run); printErr != nil {
				return printErr
			}
			if err == nil && failOnReview && reviews(&run) > 0 {
				return errReviews
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&failOnReview, "fail-on-review", false, "exit 4 while payments wait for a person")
	return cmd
}

func (a *app) pullCommand() *cobra.Command {
	return a.stageCommand("pull", "Read the sources into the store; decide nothing",
		`  pennytie pull
  pennytie pull --json | jq '.sources[] | {name, state, read}'
  pennytie pull -v                     with a log of each source`, &engine.Stages{Pull: true})
}

func (a *app) matchCommand() *cobra.Command {
	return a.stageCommand("match", "Attribute every payment in the store again",
		`  pennytie match
  pennytie match --json | jq '{auto, suggested, ambiguous, unmatched}'
  pennytie match --as-of 2026-07-01T00:00:00Z`, &engine.Stages{Match: true, Verify: true, Everything: true})
}

func (a *app) verifyCommand() *cobra.Command {
	stages := engine.Stages{Verify: true, Everything: true}
	cmd := a.stageCommand("verify", "Hold every payment in the store against its claims again",
		`  pennytie verify
  pennytie verify --json | jq .exceptions
  pennytie verify --reread              read the sources from the beginning: is that what is stored?
  pennytie verify -q && echo nothing is broken`, &stages)
	cmd.Flags().BoolVar(&stages.Reread, "reread", false,
		"read every source from its beginning, store nothing, and exit 5 at the first row that the store has otherwise; pull before")
	return cmd
}

func (a *app) reportCommand() *cobra.Command {
	return a.stageCommand("report", "Write the reports from the store as it is",
		`  pennytie report
  pennytie report --json | jq -r .report_dir
  pennytie report --config ./pennytie.yaml`, &engine.Stages{Report: true})
}

// stageCommand makes a command of some stages; its flags may still change them.
func (a *app) stageCommand(name, short, example string, stages *engine.Stages) *cobra.Command {
	return &cobra.Command{
		Use: name, Short: short, Example: example, Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			run, err := a.runStages(cmd.Context(), name, *stages)
			if printErr := a.printRun(&run); printErr != nil {
				return printErr
			}
			return err
		},
	}
}
