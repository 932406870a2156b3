package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"pennytie/configs"
	"pennytie/reconcile"
	"pennytie/reconcile/report"
	"pennytie/store"
)

// finding is one line of the doctor: what was looked at, how it is, and the mend where it is not well.
type finding struct {
	What string `json:"what"`
	OK   bool   `json:"ok"`
	Note string `json:"note"`
	err  error
}

func (a *app) doctorCommand() *cobra.Command {
	var online bool
	cmd := &cobra.Command{
		Use: "doctor", Short: "Look over configuration, secrets, store, disk and schedule", Args: noArgs,
		Example: `  pennytie doctor
  pennytie doctor --online             also ask each service whether the key works
  pennytie doctor --json | jq '.[] | select(.ok | not)'`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, asOf, err := a.loadAt()
			if err != nil {
				return err
			}
			findings := []finding{well("configuration", "%s, %d sources", a.configPath(), len(cfg.Sources))}
			findings = append(findings, a.lookAtSources(cmd.Context(), cfg, asOf, online)...)
			findings = append(findings, lookAtSchedule(cfg), lookAtDisk(cfg))
			findings = append(findings, a.lookAtStore(cmd.Context(), cfg)...)
			return a.printFindings(findings)
		},
	}
	cmd.Flags().BoolVar(&online, "online", false, "make one cheap request to each service")
	return cmd
}

func well(what, format string, args ...any) finding {
	return finding{What: what, OK: true, Note: fmt.Sprintf(format, args...)}
}

func ill(what string, err error) finding {
	return finding{What: what, Note: strings.ReplaceAll(err.Error(), "\n", "; "), err: err}
}

func (a *app) printFindings(findings []finding) error {
	var errs []error
	for _, f := range findings {
		if !f.OK {
			errs = append(errs, f.err)
		}
	}
	if a.flags.json {
		if err := a.printJSON(findings); err != nil {
			return err
		}
	} else {
		for _, f := range findings {
			mark := "ok  "
			if !f.OK {
				mark = "ILL "
			}
			a.printf("%s %-24s %s\n", mark, f.What, f.Note)
		}
	}
	return errors.Join(errs...)
}

func (a *app) lookAtSources(ctx context.Context, cfg *configs.Config, asOf time.Time, online bool) []finding {
	sources, err := a.sources(cfg, asOf, nil)
	if err != nil {
		return []finding{ill("sources", err)}
	}
	var findings []finding
	for _, s := range sources {
		prober, can := s.Provider.(reconcile.Prober)
		switch {
		case s.Err != nil:
			findings = append(findings, ill("source "+s.Name, s.Err))
		case online && can:
			if err := prober.Probe(ctx); err != nil {
				findings = append(findings, ill("source "+s.Name, err))
				continue
			}
			findings = append(findings, well("source "+s.Name, "%s, the key works", s.Kind))
		default:
			findings = append(findings, well("source "+s.Name, "%s", s.Kind))
		}
	}
	return findings
}

func lookAtSchedule(cfg *configs.Config) finding {
	planned, err := plannedJobs(cfg)
	if err != nil {
		return ill("schedule", err)
	}
	return well("schedule", "%d jobs; pennytie schedule --list shows when", len(planned))
}

// lookAtDisk wants room for three times the store: its log and the reports grow beside it.
func lookAtDisk(cfg *configs.Config) finding {
	path := storeFile(cfg.Store)
	var disk unix.Statfs_t
	if err := unix.Statfs(filepath.Dir(path), &disk); err != nil {
		return ill("disk", fmt.Errorf("folder of the store %s: %w", filepath.Dir(path), err))
	}
	var size int64
	if info, err := os.Stat(path); err == nil {
		size = info.Size()
	}
	const (
		least = 100 << 20
		times = 3
		mega  = 1 << 20
	)
	free := int64(disk.Bavail) * disk.Bsize
	if free < times*size+least {
		return ill("disk", fmt.Errorf("%d MB free, the store has %d MB: make room", free/mega, size/mega))
	}
	return well("disk", "%d MB free, the store has %d MB", free/mega, size/mega)
}

func (a *app) lookAtStore(ctx context.Context, cfg *configs.Config) []finding {
	if _, err := os.Stat(storeFile(cfg.Store)); errors.Is(err, os.ErrNotExist) {
		return []finding{well("store", "%s is not there yet; the first run makes it", cfg.Store)}
	}
	s, err := store.Open(ctx, cfg.Store)
	if err != nil {
		return []finding{ill("store", err)}
	}
	defer s.Close()
	if err := s.Check(ctx); err != nil {
		return []finding{ill("store", err)}
	}
	findings := []finding{well("store", "%s is whole", cfg.Store)}
	err = s.View(ctx, func(r reconcile.Reader) error {
		runs, err := r.Runs(1)
		if err == nil && len(runs) > 0 {
			last := runs[0]
			findings = append(findings, well("last run", "%s %s, started %s", last.Command, last.Status,
				last.StartedAt.UTC().Format(time.RFC3339)))
		}
		return err
	})
	if err != nil {
		findings = append(findings, ill("last run", err))
	}
	latest := filepath.Join(cfg.ReportsDir, "latest")
	if _, err := os.Stat(latest); errors.Is(err, os.ErrNotExist) {
		return findings
	}
	if err := report.Verify(latest); err != nil {
		return append(findings, ill("latest reports", err))
	}
	return append(findings, well("latest reports", "%s is as it was written", latest))
}
