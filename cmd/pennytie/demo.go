package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
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

// demoKey opens the fake Stripe only.
const demoKey = "sk_test_demo_opens_the_fake_only"

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
starts a fake Stripe on 127.0.0.1 and runs the whole pipeline through it. Configuration, store and reports stay in the
folder. The same seed gives the same reports.`,
		Example: `  pennytie demo --dir ./demo
  pennytie demo --dir ./demo --json
  pennytie demo --dir ./big --charges 20000
  pennytie demo --dir ./demo --serve      leave the fake Stripe up, to run against it by hand`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.demo(cmd.Context(), f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.dir, "dir", "pennytie-demo", "folder for configuration, store and reports")
	flags.IntVar(&f.charges, "charges", 400, "how many charges the business has made, 10 to 200000")
	flags.Int64Var(&f.seed, "seed", f.seed, "another seed is another business")
	flags.BoolVar(&f.serve, "serve", false, "leave the fake Stripe up until interrupted")
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
	server, err := a.startDemo(f, asOf)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	a.flags.config = filepath.Join(f.dir, "pennytie.yaml")
	run, err := a.runStages(ctx, "demo", engine.All())
	if printErr := a.printRun(&run); err != nil || printErr != nil {
		return errors.Join(err, printErr)
	}
	if !a.flags.json {
		if err := a.explainSome(ctx); err != nil {
			return err
		}
		a.printf("\nlook around: pennytie payments list --config %s\n", a.flags.config)
	}
	if !f.serve {
		return nil
	}
	fmt.Fprintf(a.stderr, "the fake Stripe answers at %s until you press Ctrl-C; in another terminal:\n"+
		"  pennytie run --config %s --as-of %s\n", server.URL(), a.flags.config, a.flags.asOf)
	<-ctx.Done()
	return nil
}

// startDemo makes the business, its folder and its fake Stripe.
func (a *app) startDemo(f demoFlags, asOf time.Time) (*fake.Server, error) {
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
	business := fake.NewBusiness(f.seed, f.charges, asOf.AddDate(0, -months, 0), asOf)
	if err := business.WriteRecords(f.dir); err != nil {
		return nil, err
	}
	stripe := fake.NewStripe(demoKey, func() time.Time { return asOf })
	business.Load(stripe)
	server, err := listenAgain(path, stripe)
	if err != nil {
		return nil, err
	}
	err = errors.Join(os.WriteFile(marker, []byte(demoKey+"\n"), 0o600),
		os.WriteFile(path, []byte(demoConfig(server.URL(), asOf.AddDate(0, -months, -1))), 0o640))
	if err != nil {
		return nil, errors.Join(err, server.Close())
	}
	return server, nil
}

// listenAgain takes the address of an earlier demo in the same folder if it is free, so that its configuration stays the
// same.
func listenAgain(path string, stripe *fake.Stripe) (*fake.Server, error) {
	if cfg, err := configs.Load(path); err == nil && len(cfg.Sources) == 1 {
		if u, err := url.Parse(cfg.Sources[0].BaseURL); err == nil && u.Port() != "" {
			if server, err := fake.Listen(stripe, fake.At(u.Host)); err == nil {
				return server, nil
			}
		}
	}
	return fake.Listen(stripe)
}

func demoConfig(address string, since time.Time) string {
	return fmt.Sprintf(`# The sample business of pennytie demo.
organization_id: org_demo
store: ./pennytie.db
reports_dir: ./reports
allow_insecure_loopback: true
sources:
  - name: stripe-demo
    provider: stripe
    base_url: %s
    key_file: ./demo.key
    since: %s
    options: {requests_per_second: 100}
records:
  leads: ./leads.csv
  calls: ./calls.csv
  products: ./products.csv
`, address, since.Format(time.DateOnly))
}

// explainSome explains one payment each that was decided, that waits for a person, and that no lead explains.
func (a *app) explainSome(ctx context.Context) error {
	wanted := [][]reconcile.MatchState{{reconcile.MatchAuto}, {reconcile.MatchAmbiguous, reconcile.MatchSuggested}, {reconcile.MatchUnmatched}}
	return a.withStore(ctx, func(_ *configs.Config, s store.Store) error {
		return s.View(ctx, func(r reconcile.Reader) error {
			for _, states := range wanted {
				p, err := firstIn(r, states)
				if err != nil {
					return err
				}
				if p != nil {
					a.printf("\n%s", explainText(p))
				}
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
