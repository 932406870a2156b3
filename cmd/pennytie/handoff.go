package main

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"pennytie/configs"
	"pennytie/reconcile"
	"pennytie/reconcile/engine"
	"pennytie/reconcile/money"
	"pennytie/reconcile/report"
	"pennytie/store"
)

func (a *app) handOffCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "handoff", Short: "Hand a closed period over to accountants, and prove it", Args: noArgs,
		Example: `  pennytie handoff create --period 2026-11
  pennytie handoff verify handoff/org_demo/2026-11/r1
  pennytie handoff reissue --period 2026-11 --reason "refund of 12 December"`,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.handOffCreate(), a.handOffReissue(), a.handOffVerify(), a.handOffList(), a.handOffShow(), a.handOffDiff())
	return cmd
}

// handOffFlags are what create and reissue have in common.
type handOffFlags struct {
	period, dir string
	formats     []string
}

func (f *handOffFlags) on(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.period, "period", "", "the period: 2026-11, 2026-Q4 or 2026")
	cmd.Flags().StringVar(&f.dir, "dir", "", "folder of all hand-offs (default: handoff, beside the reports folder)")
	cmd.Flags().StringSliceVar(&f.formats, "format", nil, "forms of other programs to write it in, too: "+
		strings.Join(configs.HandoffFormats(), ", ")+" (default: those of the configuration)")
}

func (f *handOffFlags) folder(cfg *configs.Config) string {
	if f.dir != "" {
		return f.dir
	}
	return filepath.Join(filepath.Dir(filepath.Clean(cfg.ReportsDir)), "handoff")
}

// handedJSON is the contract of `handoff create --json` and `handoff reissue --json`.
type handedJSON struct {
	Period   string      `json:"period"`
	Revision int         `json:"revision"`
	Dir      string      `json:"dir"`      // of the last revision
	Written  []string    `json:"written"`  // folders that were not there
	Verified []string    `json:"verified"` // folders that were there, and are as they should be
	Closed   *closedJSON `json:"closed"`   // null where nothing was frozen
}

func (a *app) handOffCreate() *cobra.Command {
	var f handOffFlags
	cmd := &cobra.Command{
		Use: "create", Short: "Write the folder of a period; close the period if it is open", Args: noArgs,
		Long: `Writes handoff/<organization>/<period>/r1 from what was frozen when the period was closed, and closes it first if it is
open. Run again it writes nothing: it proves that what is there is what was handed over. A period that was issued again has a
folder for each time.`,
		Example: `  pennytie handoff create --period 2026-11
  pennytie handoff create --period 2026-11 --format xlsx,hledger --dir /mnt/accountant
  pennytie handoff create --period 2026-11 --json | jq -r .dir`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.handOver(cmd, &f, func(cfg *configs.Config, s store.Store, asOf time.Time) (*engine.Closed, error) {
				if _, err := periodOf(cmd.Context(), s, f.period); err == nil || !errors.Is(err, reconcile.ErrNotFound) {
					return nil, err
				}
				closed, err := a.closePeriod(cmd.Context(), cfg, s, asOf, f.period)
				return &closed, err
			})
		},
	}
	f.on(cmd)
	return cmd
}

func (a *app) handOffReissue() *cobra.Command {
	var f handOffFlags
	var reason string
	cmd := &cobra.Command{
		Use: "reissue", Short: "Hand a closed period over again, with what changed since", Args: noArgs,
		Long: `Adds a revision to a closed period: every row of the one before, unchanged, and rows that reverse and replace what changed
in it since, with changes.csv naming these. What was handed over before stays as it is. What it takes over is not carried into the
next period again.`,
		Example: `  pennytie handoff reissue --period 2026-11 --reason "refund of 12 December"
  pennytie handoff diff 2026-11
  pennytie handoff reissue --period 2026-11 --reason "asked for by the auditor" --json`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if reason == "" {
				return usagef(`say why: --reason "…"`, "a hand-off is not issued again without a reason")
			}
			return a.handOver(cmd, &f, func(cfg *configs.Config, s store.Store, asOf time.Time) (*engine.Closed, error) {
				if _, err := periodOf(cmd.Context(), s, f.period); err != nil {
					return nil, err
				}
				e, err := a.newEngine(cfg, s, asOf)
				if err != nil {
					return nil, err
				}
				closed, err := e.Reissue(cmd.Context(), f.period, reason)
				if errors.Is(err, engine.ErrUnchanged) {
					return nil, nil
				}
				return &closed, err
			})
		},
	}
	f.on(cmd)
	cmd.Flags().StringVar(&reason, "reason", "", "why it is issued again; it is in the manifest")
	return cmd
}

// handOver freezes what is to be frozen and writes every folder of the period that is not there.
func (a *app) handOver(cmd *cobra.Command, f *handOffFlags,
	freeze func(*configs.Config, store.Store, time.Time) (*engine.Closed, error)) error {
	cfg, asOf, err := a.loadStored()
	if err != nil {
		return err
	}
	if f.period == "" {
		return usagef("name it: --period 2026-11", "no period is named")
	}
	if _, err := parsePeriod(f.period); err != nil {
		return err
	}
	chosen := cmd.Flags().Changed("format")
	if !chosen {
		f.formats = cfg.Handoff.Formats
	}
	for _, name := range f.formats {
		if !slices.Contains(configs.HandoffFormats(), name) {
			return usagef("the formats are: "+strings.Join(configs.HandoffFormats(), ", "), "unknown format %q", name)
		}
	}
	out := handedJSON{Written: []string{}, Verified: []string{}}
	var closed *engine.Closed
	err = a.locked(cmd.Context(), cfg, func(s store.Store) error {
		if closed, err = freeze(cfg, s, asOf); err != nil {
			return err
		}
		p, err := periodOf(cmd.Context(), s, f.period)
		if err != nil {
			return err
		}
		out.Period, out.Revision = p.Name, p.Revision()
		return s.View(cmd.Context(), func(r reconcile.Reader) error {
			for revision := 1; revision <= p.Revision(); revision++ {
				h := report.HandOff{Dir: f.folder(cfg), Period: p, Revision: revision, Formats: f.formats, Chosen: chosen,
					Targets: func(t report.Target) error { return writeTargets(cfg, r, p, t) }}
				fresh, err := report.WriteHandOff(cmd.Context(), r, h)
				if err != nil {
					return err
				}
				if out.Dir = h.Path(); fresh {
					out.Written = append(out.Written, out.Dir)
				} else {
					out.Verified = append(out.Verified, out.Dir)
				}
			}
			return nil
		})
	})
	if err != nil {
		return err
	}
	return a.printHanded(&out, closed, cmd.Name() == "reissue")
}

func (a *app) printHanded(out *handedJSON, closed *engine.Closed, reissue bool) error {
	if closed != nil {
		c := closedOf(closed)
		out.Closed = &c
	}
	if a.flags.json {
		return a.printJSON(out)
	}
	switch {
	case closed == nil && reissue:
		a.printf("%s: nothing has changed since it was handed over\n", out.Period)
	case closed != nil && reissue:
		a.printf("%s is issued again: %d rows for what changed\n", out.Period, closed.Rows)
	case closed != nil:
		a.printf("%s is closed: %d movements\n", out.Period, closed.Rows)
		a.warnOpen(closed)
	}
	for _, dir := range out.Verified {
		a.printf("%s is there already and is what was handed over\n", dir)
	}
	for _, dir := range out.Written {
		a.printf("%s is written; prove it: pennytie handoff verify %s\n", dir, dir)
	}
	return nil
}

// periodOf finds a closed period.
func periodOf(ctx context.Context, s store.Store, name string) (found reconcile.Period, err error) {
	err = s.View(ctx, func(r reconcile.Reader) error {
		found, err = closedPeriod(r, name)
		return err
	})
	return found, err
}

// openError says that a period is not closed.
type openError struct{ period string }

func (e *openError) Error() string { return e.period + " is not closed" }
func (e *openError) Unwrap() error { return reconcile.ErrNotFound }

func closedPeriod(r reconcile.Reader, name string) (reconcile.Period, error) {
	periods, err := r.Periods()
	if err != nil {
		return reconcile.Period{}, err
	}
	at := slices.IndexFunc(periods, func(p reconcile.Period) bool { return p.Name == name })
	if at < 0 {
		return reconcile.Period{}, &openError{name}
	}
	return periods[at], nil
}

func (a *app) handOffVerify() *cobra.Command {
	return &cobra.Command{
		Use: "verify DIR", Short: "Prove a folder from its files alone: no store, no configuration", Args: exactArgs("DIR"),
		Example: `  pennytie handoff verify handoff/org_demo/2026-11/r1
  pennytie handoff verify ./r2 --json | jq .totals
  pennytie handoff verify ./r1 -q && echo good`,
		RunE: func(_ *cobra.Command, args []string) error {
			m, err := report.VerifyHandOff(args[0])
			if errors.Is(err, fs.ErrNotExist) && !errors.Is(err, reconcile.ErrIntegrity) {
				return usagef("name the folder of one hand-off, e.g. handoff/org_demo/2026-11/r1", "%v", err)
			}
			if err != nil {
				return err
			}
			rows := 0
			for _, f := range m.Files {
				rows += f.Rows
			}
			if a.flags.json {
				return a.printJSON(map[string]any{"ok": true, "organization_id": m.Organization, "period": m.Period, "revision": m.Revision,
					"rows": rows, "totals": m.Totals, "clearing": m.Clearing})
			}
			a.printf("good: %s of %s, hand-off %d, %d rows in %d tables\n", m.Period, clean(m.Organization), m.Revision, rows, len(m.Files))
			return nil
		},
	}
}

func (a *app) handOffList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the closed periods", Args: noArgs,
		Example: `  pennytie handoff list
  pennytie handoff list --json | jq -r '.[].period'
  pennytie handoff list --store ./old.db`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.viewed(cmd, func(r reconcile.Reader) error {
				periods, err := r.Periods()
				if err != nil {
					return err
				}
				if a.flags.json {
					return a.printJSON(append([]reconcile.Period{}, periods...))
				}
				t := newTable("PERIOD", "FROM", "UNTIL", "ZONE", "HAND-OFF", "AS OF", "REASON")
				for _, p := range periods {
					for _, rev := range p.Revisions {
						t.AppendRow(table.Row{p.Name, p.From, p.Until, p.Zone, rev.Number, rev.AsOf.Format(time.RFC3339), clean(rev.Reason)})
					}
				}
				a.printf("%s\n", t.Render())
				return nil
			})
		},
	}
}

// viewed runs fn on one snapshot of the store.
func (a *app) viewed(cmd *cobra.Command, fn func(reconcile.Reader) error) error {
	return a.withStore(cmd.Context(), func(_ *configs.Config, s store.Store) error { return s.View(cmd.Context(), fn) })
}

// viewClosed runs fn on one snapshot of the store, with a closed period of it.
func (a *app) viewClosed(cmd *cobra.Command, name string, fn func(reconcile.Reader, reconcile.Period) error) error {
	if _, err := parsePeriod(name); err != nil {
		return err
	}
	return a.viewed(cmd, func(r reconcile.Reader) error {
		p, err := closedPeriod(r, name)
		if err != nil {
			return err
		}
		return fn(r, p)
	})
}

func (a *app) handOffShow() *cobra.Command {
	return &cobra.Command{
		Use: "show PERIOD", Short: "Show what was handed over of a period", Args: exactArgs("PERIOD"),
		Example: `  pennytie handoff show 2026-11
  pennytie handoff show 2026-11 --json | jq .clearing
  pennytie handoff show 2026-Q4`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.viewClosed(cmd, args[0], func(r reconcile.Reader, p reconcile.Period) error {
				totals, clearing, err := report.SumHandOff(r, p, p.Revision())
				if err != nil {
					return err
				}
				return a.printHandOff(p, totals, clearing)
			})
		},
	}
}

func (a *app) printHandOff(p reconcile.Period, totals []report.ControlTotal, clearing []report.ClearingTotal) error {
	if a.flags.json {
		return a.printJSON(struct {
			reconcile.Period
			Totals   []report.ControlTotal  `json:"totals"`
			Clearing []report.ClearingTotal `json:"clearing"`
		}{p, totals, clearing})
	}
	a.printf("%s: from %s until before %s in %s, handed over %d times\n\n", p.Name, p.From, p.Until, p.Zone, p.Revision())
	t := newTable("KIND", "STATUS", "ROWS", "SUM OF", "", "AMOUNT")
	alignRight(t, 3, 3)
	alignRight(t, 6, 6)
	for _, total := range totals {
		for _, sum := range total.Sums {
			t.AppendRow(table.Row{total.Kind, total.Status, total.Rows, sum.Column, sum.Currency, sum.Decimal()})
		}
	}
	a.printf("%s\n\n", t.Render())
	t = newTable("CLEARING", "", "OPENING", "EARLIER", "MOVED", "CLOSING", "UNPAID", "PAYOUTS")
	alignRight(t, 3, 8)
	for _, c := range clearing {
		amount := func(minor int64) string { return money.New(minor, c.Currency).String() }
		t.AppendRow(table.Row{clean(c.Source), c.Currency, amount(c.Opening), amount(c.Earlier), amount(c.Moved), amount(c.Closing),
			amount(c.Unpaid), amount(c.Payouts)})
	}
	a.printf("%s\n", t.Render())
	return nil
}

// handedLineJSON is a row of `handoff diff --json`.
type handedLineJSON struct {
	Revision  int                  `json:"revision"`
	Change    reconcile.BookedPart `json:"change"`
	RowID     string               `json:"row_id"`
	Adjusts   string               `json:"adjusts_row_id"`
	Kind      reconcile.EntryKind  `json:"kind"`
	PaymentID string               `json:"payment_id"`
	BookedOn  string               `json:"booked_on_local"`
	Currency  money.Currency       `json:"currency"`
	Gross     int64                `json:"gross"`
	Note      string               `json:"note"`
}

func (a *app) handOffDiff() *cobra.Command {
	var from, to int
	cmd := &cobra.Command{
		Use: "diff PERIOD", Short: "List the rows that a later hand-off of a period added", Args: exactArgs("PERIOD"),
		Example: `  pennytie handoff diff 2026-11
  pennytie handoff diff 2026-11 --from 1 --to 3
  pennytie handoff diff 2026-11 --json | jq -r '.[].note'`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.viewClosed(cmd, args[0], func(r reconcile.Reader, p reconcile.Period) error {
				if to == 0 {
					to = p.Revision()
				}
				if from < 1 || from > to || to > p.Revision() {
					return usagef("see: pennytie handoff list", "%s has hand-offs 1 to %d; --from %d --to %d is no span of them", p.Name,
						p.Revision(), from, to)
				}
				return a.printDiff(r, p.Name, from, to)
			})
		},
	}
	cmd.Flags().IntVar(&from, "from", 1, "the hand-off to start from")
	cmd.Flags().IntVar(&to, "to", 0, "the hand-off to compare with it (default: the last)")
	return cmd
}

func (a *app) printDiff(r reconcile.Reader, period string, from, to int) error {
	lines := []handedLineJSON{}
	for line, err := range r.Booked(reconcile.BookedFilter{Period: period}) {
		if err != nil {
			return err
		}
		if line.Part.Moves() && line.Revision > from && line.Revision <= to {
			m := line.Movement
			lines = append(lines, handedLineJSON{line.Revision, line.Part, m.ID, m.Adjusts, m.Kind, m.PaymentID, m.BookedOn, m.Amount.Currency,
				m.Amount.Minor, m.Note})
		}
	}
	if a.flags.json {
		return a.printJSON(lines)
	}
	if len(lines) == 0 {
		a.printf("no rows were added\n")
		return nil
	}
	t := newTable("HAND-OFF", "CHANGE", "ROW", "KIND", "", "GROSS", "NOTE")
	alignRight(t, 6, 6)
	for _, l := range lines {
		t.AppendRow(table.Row{l.Revision, l.Change, l.RowID, l.Kind, l.Currency, money.New(l.Gross, l.Currency).String(), clean(l.Note)})
	}
	a.printf("%s\n", t.Render())
	return nil
}
