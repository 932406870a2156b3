package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"pennytie/configs"
	"pennytie/reconcile"
	"pennytie/reconcile/engine"
	"pennytie/reconcile/report"
	"pennytie/store"
)

func (a *app) exceptionsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "exceptions", Short: "List what a person must look at, show one, or say that it is settled", Args: noArgs,
		Example: `  pennytie exceptions list --severity high
  pennytie exceptions show exc_0a1b2c3d4e5f6071
  pennytie exceptions resolve exc_0a1b2c3d4e5f6071 --reason "the bank showed the receipt"`,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.exceptionsList(), a.exceptionsShow(), a.exceptionsResolve(), a.exceptionsReopen())
	return cmd
}

// exceptionFlags say which exceptions to list.
type exceptionFlags struct {
	code, severity, bucket string
	all                    bool
	limit                  int
}

func (a *app) exceptionsList() *cobra.Command {
	var f exceptionFlags
	cmd := &cobra.Command{
		Use: "list", Short: "List open exceptions, the most expected wrong credit first", Args: noArgs,
		Long: `Lists what a person must look at, by expected wrong credit: the money at risk times the chance that it is credited wrongly.
Currencies are never mixed. The severity is that of the money at risk, one step graver after 60 days and another after 90.`,
		Example: `  pennytie exceptions list
  pennytie exceptions list --code DISPUTE_OPEN --limit 100
  pennytie exceptions list --severity high --bucket "90+ days"
  pennytie exceptions list --all --json | jq '.data[] | select(.resolved_by == "person")'`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			query, err := f.query()
			if err != nil {
				return err
			}
			if query.AsOf, err = a.asOf(); err != nil {
				return err
			}
			return a.withStore(cmd.Context(), func(cfg *configs.Config, s store.Store) error {
				query.PII = cfg.PII
				return s.View(cmd.Context(), func(r reconcile.Reader) error { return a.listExceptions(r, query) })
			})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.code, "code", "", "only those of this code, e.g. REFUND_ORPHAN")
	flags.StringVar(&f.severity, "severity", "", "low, medium or high")
	flags.StringVar(&f.bucket, "bucket", "", "of age in days: 0-7, 8-30, 31-60, 61-90 or 90+")
	flags.BoolVar(&f.all, "all", false, "the resolved ones, too")
	flags.IntVar(&f.limit, "limit", 20, "how many to list")
	return cmd
}

func (f *exceptionFlags) query() (report.ExceptionQuery, error) {
	q := report.ExceptionQuery{Code: reconcile.ExceptionCode(strings.ToUpper(f.code)), Severity: reconcile.Severity(f.severity),
		Resolved: f.all, Limit: f.limit}
	if f.code != "" && q.Code.Advice() == "" {
		return q, usagef("give one that exceptions list prints, e.g. --code REFUND_ORPHAN", "--code %q is no code", f.code)
	}
	if f.severity != "" && !slices.Contains([]reconcile.Severity{reconcile.SeverityLow, reconcile.SeverityMedium, reconcile.SeverityHigh}, q.Severity) {
		return q, usagef("give low, medium or high", "--severity %q is none", f.severity)
	}
	if f.bucket != "" {
		at := slices.Index(reconcile.Buckets(), strings.TrimSuffix(f.bucket, " days")+" days")
		if at < 0 {
			return q, usagef("give 0-7, 8-30, 31-60, 61-90 or 90+", "--bucket %q is none", f.bucket)
		}
		q.Bucket = reconcile.Buckets()[at]
	}
	if f.limit < 1 {
		return q, usagef("give a number from 1 on", "--limit %d is out of range", f.limit)
	}
	return q, nil
}

func (a *app) listExceptions(r reconcile.Reader, q report.ExceptionQuery) error {
	list, total, err := report.Exceptions(r, q)
	if err != nil {
		return err
	}
	if a.flags.json {
		return a.printJSON(map[string]any{"data": append([]report.Exception{}, list...), "total": total})
	}
	if len(list) > 0 {
		a.printf("%s", exceptionTable(list))
	}
	what := "open"
	if q.Resolved {
		what = "open or resolved"
	}
	a.printf("%d exceptions %s", total, what)
	if len(list) < total {
		a.printf(", %d are shown", len(list))
	}
	a.printf("\n")
	if len(list) > 0 {
		a.printf("  pennytie exceptions show ID       what it is about and what to do\n")
	}
	return nil
}

func exceptionTable(list []report.Exception) string {
	t := newTable("SEVERITY", "ID", "CODE", "AT RISK", "", "CHANCE", "AGE", "ABOUT", "RESOLVED")
	t.SetColumnConfigs([]table.ColumnConfig{{Number: 4, Align: text.AlignRight}, {Number: 7, Align: text.AlignRight}})
	for _, x := range list {
		risk := ""
		if x.AtRisk.Currency != "" {
			risk = x.AtRisk.String()
		}
		about := strings.TrimSpace(x.PaymentID + " " + x.Subject)
		t.AppendRow(table.Row{x.Grave(x.AsOf), x.ID(), x.Code, risk, x.AtRisk.Currency, confidence(x.Chance()), x.Days(x.AsOf),
			cell(about), x.ResolvedBy()})
	}
	return t.Render() + "\n"
}

func (a *app) exceptionsShow() *cobra.Command {
	return &cobra.Command{
		Use: "show ID", Short: "Show one exception: both values, the payment, its age, what to do, and what was said", Args: exactArgs("ID"),
		Example: `  pennytie exceptions show exc_0a1b2c3d4e5f6071
  pennytie exceptions show exc_0a1b2c3d4e5f6071 --json | jq -r .advice`,
		RunE: func(cmd *cobra.Command, args []string) error {
			asOf, err := a.asOf()
			if err != nil {
				return err
			}
			return a.withStore(cmd.Context(), func(cfg *configs.Config, s store.Store) error {
				return s.View(cmd.Context(), func(r reconcile.Reader) error { return a.showException(r, cfg, args[0], asOf) })
			})
		},
	}
}

// shownException is an exception with what a person needs to settle it.
type shownException struct {
	report.Exception
	openings []report.Exception // every one, the oldest first
	said     []reconcile.Resolution
	payment  *reconcile.Payment // nil: about none
	pii      string
}

func (a *app) showException(r reconcile.Reader, cfg *configs.Config, id string, asOf time.Time) error {
	found, err := engine.Openings(r, id)
	if err != nil {
		return err
	}
	v := shownException{pii: cfg.PII}
	for _, x := range found {
		if v.Exception, err = report.ShowException(x, asOf, cfg.PII); err != nil {
			return err
		}
		v.openings = append(v.openings, v.Exception)
	}
	if v.said, err = r.Resolutions(v.Exception.Exception); err != nil {
		return err
	}
	if v.PaymentID != "" {
		if v.payment, err = r.Payment(v.PaymentID); err != nil {
			return err
		}
	}
	if a.flags.json {
		return a.printJSON(v.json())
	}
	if v.payment != nil {
		if v.payment, err = report.Redact(v.payment, cfg.PII); err != nil {
			return err
		}
	}
	a.printf("%s", v.text())
	return nil
}

func (v *shownException) json() map[string]any {
	said := []map[string]any{}
	for i := range v.said {
		word := &v.said[i]
		said = append(said, map[string]any{"reopen": word.Reopen, "reason": v.Why(word), "by": word.By, "at": word.At.Format(time.RFC3339),
			"expected": v.Said(word.Expected), "actual": v.Said(word.Actual)})
	}
	out := map[string]any{"success": true, "data": v.Exception, "advice": v.Code.Advice(), "openings": v.openings, "said": said, "payment": nil}
	if v.payment != nil {
		out["payment"] = report.PaymentJSON{Payment: v.payment, PII: v.pii}
	}
	return out
}

func (v *shownException) text() string {
	var b strings.Builder
	row := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%-10s %s\n", name, clean(fmt.Sprintf(format, args...)))
	}
	row("exception", "%s %s, %s", v.ID(), v.Code, v.Grave(v.AsOf))
	row("what", "%s", v.Said(v.Detail))
	if v.Subject != "" {
		row("about", "%s", v.Subject)
	}
	row("expected", "%s", v.Said(v.Expected))
	row("actual", "%s", v.Said(v.Actual))
	if p := v.payment; p != nil {
		row("payment", "%s %s %s, %s, paid %s", p.ID, p.Provider, p.ProviderPaymentID, p.Status, p.PaymentDate.Format(time.RFC3339))
		row("match", "%s", matchLine(p))
	}
	if v.AtRisk.Currency != "" {
		wrong := v.ExpectedWrong()
		row("at risk", "%s %s, wrong with a chance of %s: %s expected", v.AtRisk, v.AtRisk.Currency, confidence(v.Chance()), wrong)
	}
	days := v.Days(v.AsOf)
	row("age", "%d days (%s)", days, reconcile.Bucket(days))
	for _, x := range v.openings {
		line := x.OpenedAt.Format(time.RFC3339) + v.facts(x.Expected, x.Actual)
		if !x.ResolvedAt.IsZero() {
			line += fmt.Sprintf(", resolved by a %s %s", x.ResolvedBy(), x.ResolvedAt.Format(time.RFC3339))
		}
		row("opened", "%s", line)
	}
	for i := range v.said {
		row("said", "%s", v.saidLine(&v.said[i]))
	}
	row("to do", "%s", strings.ReplaceAll(v.Code.Advice(), "PAYMENT", v.PaymentID))
	return b.String()
}

// facts are the values that something was about.
func (v *shownException) facts(expected, actual string) string {
	expected, actual = v.Said(expected), v.Said(actual)
	switch {
	case expected != "" && actual != "":
		return fmt.Sprintf(" (%s, not %s)", expected, actual)
	case expected+actual != "":
		return " (" + expected + actual + ")"
	}
	return ""
}

func (v *shownException) saidLine(word *reconcile.Resolution) string {
	what := "resolved"
	if word.Reopen {
		what = "open again"
	}
	line := fmt.Sprintf("%s by %s on %s", what, word.By, word.At.Format(time.DateOnly)) + v.facts(word.Expected, word.Actual)
	if why := v.Why(word); why != "" {
		line += ": " + why
	}
	return line
}

func (a *app) exceptionsResolve() *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use: "resolve ID --reason TEXT", Short: "Say that an exception is settled; no run opens it again as it is", Args: exactArgs("ID"),
		Long: `Records your word that an exception is settled, with the reason. It stays resolved as long as its values are these, whatever
runs come; with other values it opens again as a new one. Words are only ever added; take yours back with exceptions reopen.`,
		Example: `  pennytie exceptions resolve exc_0a1b2c3d4e5f6071 --reason "the bank showed the receipt"
  pennytie exceptions resolve exc_0a1b2c3d4e5f6071 --reason "agreed with the customer" --json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if strings.TrimSpace(reason) == "" {
				return usagef("add --reason TEXT", "an exception is resolved with a reason")
			}
			return a.sayOf(cmd, args[0], reconcile.Resolution{Reason: reason, By: whoami()})
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", "why, for whoever asks later")
	return cmd
}

func (a *app) exceptionsReopen() *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use: "reopen ID", Short: "Take back that an exception is settled", Args: exactArgs("ID"),
		Example: `  pennytie exceptions reopen exc_0a1b2c3d4e5f6071
  pennytie exceptions reopen exc_0a1b2c3d4e5f6071 --reason "the receipt was another payment's"`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.sayOf(cmd, args[0], reconcile.Resolution{Reopen: true, Reason: reason, By: whoami()})
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", "why, for whoever asks later")
	return cmd
}

// sayOf notes a word on an exception.
func (a *app) sayOf(cmd *cobra.Command, id string, said reconcile.Resolution) error {
	var x *reconcile.Exception
	err := a.noteAnswers(cmd, func(e *engine.Engine, tx reconcile.Tx) (err error) {
		x, err = e.Resolve(tx, id, said)
		return err
	})
	var wrong *engine.MistakeError
	if errors.As(err, &wrong) {
		return usagef(wrong.Mend, "%s", wrong.Text)
	}
	if err != nil {
		return err
	}
	state := "resolved"
	if x.ResolvedAt.IsZero() {
		state = "open"
	}
	if a.flags.json {
		return a.printJSON(map[string]any{"success": true, "exception": x.ID(), "code": x.Code, "state": state})
	}
	a.printf("%s %s is %s\n", x.Code, x.ID(), state)
	return nil
}
