package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"pennytie/configs"
	"pennytie/reconcile"
	"pennytie/reconcile/engine"
	"pennytie/reconcile/money"
	"pennytie/store"
)

func (a *app) closeCommand() *cobra.Command {
	return &cobra.Command{
		Use: "close PERIOD", Short: "Close a month, quarter or year: what is handed over of it never changes again",
		Long: `Freezes what is known of a period: a month (2026-11), a quarter (2026-Q4) or a year (2026), in the time zone of the
configuration. What changed in periods closed before goes into this one, as rows that reverse and replace. Periods are closed in
order, each once. Open exceptions do not keep a period open, but they are told.`,
		Example: `  pennytie close 2026-11
  pennytie close 2026-Q4 --as-of 2027-01-03T00:00:00Z
  pennytie close 2026-11 --json | jq '{rows, carried, open_exceptions}'`,
		Args: exactArgs("PERIOD"),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, asOf, err := a.loadStored()
			if err != nil {
				return err
			}
			return a.locked(cmd.Context(), cfg, func(s store.Store) error {
				closed, err := a.closePeriod(cmd.Context(), cfg, s, asOf, args[0])
				if err != nil {
					return err
				}
				return a.printClosed(&closed)
			})
		},
	}
}

// parsePeriod reads a period that somebody typed.
func parsePeriod(name string) (reconcile.Period, error) {
	p, err := reconcile.ParsePeriod(name)
	if err != nil {
		return p, usagef("write 2026-11, 2026-Q4 or 2026", "%v", err)
	}
	return p, nil
}

// closePeriod closes a period that is over.
func (a *app) closePeriod(ctx context.Context, cfg *configs.Config, s store.Store, asOf time.Time, name string) (engine.Closed, error) {
	p, err := parsePeriod(name)
	if err != nil {
		return engine.Closed{}, err
	}
	zone, err := cfg.Location()
	if err != nil {
		return engine.Closed{}, err
	}
	if !p.Over(asOf, zone) {
		return engine.Closed{}, usagef("close it after its last day", "%s is not over: it ends before %s in %s, and it is %s", p.Name, p.Until,
			zone, asOf.In(zone).Format("2006-01-02 15:04"))
	}
	e, err := a.newEngine(cfg, s, asOf)
	if err != nil {
		return engine.Closed{}, err
	}
	closed, err := e.Close(ctx, p, zone)
	if errors.Is(err, reconcile.ErrInvalid) {
		return closed, usagef("close the periods in order", "%v", err)
	}
	return closed, err
}

// closedJSON is the contract of `close --json`.
type closedJSON struct {
	Period     string         `json:"period"`
	From       string         `json:"from"`
	Until      string         `json:"until"`
	Zone       string         `json:"zone"`
	Revision   int            `json:"revision"`
	AsOf       time.Time      `json:"as_of"`
	Rows       int            `json:"rows"`
	Carried    int            `json:"carried"`
	Exceptions int            `json:"open_exceptions"`
	AtRisk     []currencyJSON `json:"open_amounts"`
}

type currencyJSON struct {
	Currency money.Currency `json:"currency"`
	Amount   int64          `json:"amount"`
}

func closedOf(c *engine.Closed) closedJSON {
	p := c.Period
	out := closedJSON{Period: p.Name, From: p.From, Until: p.Until, Zone: p.Zone, Revision: p.Revision(),
		AsOf: p.Revisions[p.Revision()-1].AsOf, Rows: c.Rows, Carried: c.Carried, Exceptions: c.Open.Count, AtRisk: []currencyJSON{}}
	for _, amount := range c.Open.AtRisk {
		out.AtRisk = append(out.AtRisk, currencyJSON{amount.Currency, amount.Minor})
	}
	return out
}

func (a *app) printClosed(c *engine.Closed) error {
	if a.flags.json {
		return a.printJSON(closedOf(c))
	}
	a.printf("%s is closed: %d movements from %s until before %s in %s\n", c.Period.Name, c.Rows, c.Period.From, c.Period.Until, c.Period.Zone)
	if c.Carried > 0 {
		a.printf("%d of them correct or complete what was handed over before\n", c.Carried)
	}
	a.warnOpen(c)
	a.printf("hand it over: pennytie handoff create --period %s\n", c.Period.Name)
	return nil
}

// warnOpen tells of exceptions that were still open.
func (a *app) warnOpen(c *engine.Closed) {
	if c.Open.Count == 0 || a.flags.json {
		return
	}
	text := ""
	for _, amount := range c.Open.AtRisk {
		text += fmt.Sprintf(", %s %s", amount, amount.Currency)
	}
	a.printf("%d exceptions were open%s: they are in exceptions.csv\n", c.Open.Count, text)
}
