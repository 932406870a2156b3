package main

import (
	"context"
	"fmt"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"pennytie/configs"
	"pennytie/reconcile/engine"
	"pennytie/reconcile/jobs"
	"pennytie/store"
)

func (a *app) scheduleCommand() *cobra.Command {
	var list, once bool
	cmd := &cobra.Command{
		Use: "schedule", Short: "Run at the configured times until stopped", Args: noArgs,
		Long: `Waits for the due times of the configuration and runs the whole job then. A due time that was missed while nothing
ran is caught up, once; no date is skipped or doubled when the clocks change; two runs never overlap.`,
		Example: `  pennytie schedule                 until Ctrl-C, or as a service
  pennytie schedule --list          the next due times, in UTC and local time
  pennytie schedule --once          do what is due now and end: for cron or a systemd timer`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := a.load()
			if err != nil {
				return err
			}
			planned, err := plannedJobs(cfg)
			if err != nil {
				return err
			}
			if len(planned) == 0 {
				return usagef("add one under schedule: in the configuration", "the configuration schedules nothing")
			}
			if list {
				return a.listSchedule(planned)
			}
			return a.schedule(cmd.Context(), cfg, planned, once)
		},
	}
	cmd.Flags().BoolVar(&list, "list", false, "print the next due times and end")
	cmd.Flags().BoolVar(&once, "once", false, "do what is due now and end")
	cmd.MarkFlagsMutuallyExclusive("list", "once")
	return cmd
}

// plannedJobs reads the schedule; what cannot be run is named by file, line and key.
func plannedJobs(cfg *configs.Config) ([]jobs.Job, error) {
	var planned []jobs.Job
	for i, job := range cfg.Schedule {
		spec, err := jobs.ParseSpec(job.Cron, job.Timezone)
		if err != nil {
			key := fmt.Sprintf("schedule[%d].cron", i)
			return nil, usagef("minute hour day month weekday, e.g. \"0 2 * * *\"", "%s: %s: %v", cfg.Where(key), key, err)
		}
		planned = append(planned, jobs.Job{Name: job.Name, Spec: spec})
	}
	return planned, nil
}

func (a *app) listSchedule(planned []jobs.Job) error {
	const shown = 5
	runner := jobs.Runner{Jobs: planned, Clock: jobs.SystemClock{}}
	fires := runner.Next(shown)
	if a.flags.json {
		type fire struct {
			Job   string `json:"job"`
			UTC   string `json:"utc"`
			Local string `json:"local"`
		}
		list := []fire{}
		for _, f := range fires {
			list = append(list, fire{f.Job, f.At.UTC().Format(time.RFC3339), f.At.Format(time.RFC3339)})
		}
		return a.printJSON(list)
	}
	t := newTable("JOB", "UTC", "LOCAL")
	for _, f := range fires {
		t.AppendRow(table.Row{f.Job, f.At.UTC().Format("Mon 2006-01-02 15:04"), f.At.Format("Mon 2006-01-02 15:04 MST")})
	}
	a.printf("%s\n", t.Render())
	return nil
}

func (a *app) schedule(ctx context.Context, cfg *configs.Config, planned []jobs.Job, once bool) error {
	s, err := store.Open(ctx, cfg.Store)
	if err != nil {
		return err
	}
	defer s.Close()
	runner := &jobs.Runner{
		Jobs: planned, Slots: s, Clock: jobs.SystemClock{}, Log: a.log,
		Lock: func() (func() error, error) { return takeLock(ctx, cfg, aMoment) },
		Run: func(ctx context.Context, job jobs.Job, _ jobs.Slot) (string, error) {
			asOf, err := a.asOf()
			if err != nil {
				return "", err
			}
			run, err := a.runOn(ctx, cfg, s, asOf, "schedule "+job.Name, engine.All())
			if printErr := a.printRun(&run); printErr != nil {
				return run.ID, printErr
			}
			return run.ID, err
		},
	}
	if once {
		return runner.Once(ctx)
	}
	if err := runner.Loop(ctx); err != nil {
		return err
	}
	if by, stopped := interruption(ctx); stopped {
		return fmt.Errorf("schedule: %w", by)
	}
	return nil
}
