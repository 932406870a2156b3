package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"pennytie/configs"
	"pennytie/providers/fake"
	"pennytie/reconcile"
	"pennytie/reconcile/engine"
	"pennytie/store"
)

// demoFlags size the sample business.
type demoFlags struct {
	dir     string
	charges int
	seed    int64
	serve   bool
}

func (a *app) demoCommand() *cobra.Command {
	f := demoFlags{seed: 1}
	cmd := &cobra.Command{
		Use: "demo", Short: "Run the whole job on a sample business, without a key or a network",
		Long: `Makes a seeded sample business (half a year of payments, refunds and disputes, with leads, calls and products),
starts the five services that it lives at on 127.0.0.1 (Stripe and WePay move its money; Aura, Cents and Zenskar claim
it) and runs the whole pipeline through them. Configuration, store and reports stay in the folder. The same seed gives
the same reports.`,
		Example: `  pennytie demo --dir ./demo
  pennytie demo --dir ./demo --json
  pennytie demo --dir ./big --charges 20000
  pennytie demo --dir ./demo --serve      leave the services up, to run against them by hand`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.demo(cmd.Context(), f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.dir, "dir", "pennytie-demo", "folder for configuration, store and reports")
	flags.IntVar(&f.charges, "charges", 400, "how many charges the business has made at Stripe, 10 to 200000")
	flags.Int64Var(&f.seed, "seed", f.seed, "another seed is another business")
	flags.BoolVar(&f.serve, "serve", false, "leave the services up until interrupted")
	return cmd
}

func (a *app) demo(ctx context.Context, f demoFlags) (err error) {
	const fewest, most = 10, 200_000
	if f.charges < fewest || f.charges > most {
		return usagef("give a number from 10 to 200000", "--charges %d is out of range", f.charges)
	}
	asOf := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	if a.flags.asOf != "" {
		if asOf, err = a.asOf(); err != nil {
			return err
		}
	}
	a.flags.asOf = asOf.Format(time.RFC3339)
	services, err := a.startDemo(f, asOf)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, services.Close()) }()
	a.flags.config = filepath.Join(f.dir, "pennytie.yaml")
	run, err := a.runStages(ctx, "demo", engine.All())
	if printErr := a.printRun(&run); err != nil || printErr != nil {
		return errors.Join(err, printErr)
	}
	if !a.flags.json {
		a.printf("\n%s", arithmetic(&run))
		if err := a.explainSome(ctx); err != nil {
			return err
		}
		a.printf("\nlook around: pennytie payments list --config %[1]s\n"+
			"see it: %[2]s\nhand a month over: pennytie handoff create --period %[3]s --format hledger,xlsx --config %[1]s\n",
			a.flags.config, filepath.Join(run.ReportDir, "summary.html"), run.AsOf.AddDate(0, -2, 0).Format("2006-01"))
	}
	if !f.serve {
		return nil
	}
	fmt.Fprintf(a.stderr, "the services answer on 127.0.0.1 until you press Ctrl-C; in another terminal:\n"+
		"  pennytie run --config %s --as-of %s\n", a.flags.config, a.flags.asOf)
	<-ctx.Done()
	return nil
}

// startDemo makes the business, its folder and its services.
func (a *app) startDemo(f demoFlags, asOf time.Time) (*demoServices, error) {
	path := filepath.Join(f.dir, "pennytie.yaml")
	marker := filepath.Join(f.dir, "demo.key")
	if _, err := os.Stat(path); err == nil {
		if _, err := os.Stat(marker); err != nil {
			return nil, usagef("give another --dir", "%s is not from a demo; nothing was touched", path)
		}
	}
	if err := os.MkdirAll(f.dir, 0o750); err != nil {
		return nil, err
	}
	const months = 6
	from := asOf.AddDate(0, -months, 0)
	business := fake.NewBusiness(f.seed, f.charges, from, asOf)
	if err := business.WriteRecords(f.dir); err != nil {
		return nil, err
	}
	services := newServices(func() time.Time { return asOf })
	services.load(business)
	if err := services.listen(path); err != nil {
		return nil, err
	}
	err := errors.Join(os.WriteFile(marker, []byte(demoKey+"\n"), 0o600),
		os.WriteFile(path, []byte(services.config(from.AddDate(0, 0, -1))), 0o640))
	if err != nil {
		return nil, errors.Join(err, services.Close())
	}
	return services, nil
}

// explainSome explains one payment each that was decided, that waits for a person, and that no lead explains.
func (a *app) explainSome(ctx context.Context) error {
	wanted := [][]reconcile.MatchState{{reconcile.MatchAuto}, {reconcile.MatchAmbiguous, reconcile.MatchSuggested}, {reconcile.MatchUnmatched}}
	return a.withStore(ctx, func(cfg *configs.Config, s store.Store) error {
		return s.View(ctx, func(r reconcile.Reader) error {
			for _, states := range wanted {
				p, err := firstIn(r, states)
				if err != nil {
					return err
				}
				if p == nil {
					continue
				}
				known, err := r.Known(p.Row)
				if err != nil {
					return err
				}
				a.printf("\n%s", newExplanation(cfg, p, &known).text())
			}
			return nil
		})
	})
}

func firstIn(r reconcile.Reader, states []reconcile.MatchState) (*reconcile.Payment, error) {
	for p, err := range r.Payments(reconcile.PaymentFilter{}) {
		if err != nil {
			return nil, err
		}
		for _, state := range states {
			if p.Match.State == state && p.Status.Collected() {
				return p, nil
			}
		}
	}
	return nil, nil
}
