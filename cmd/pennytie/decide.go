package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/user"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"pennytie/reconcile"
	"pennytie/reconcile/engine"
	"pennytie/reconcile/report"
	"pennytie/store"
)

// decideFlags are a word on one payment, or the file that has a word on many.
type decideFlags struct {
	answer              reconcile.Answer
	confirm, none, undo bool
	from                string
	dryRun, skipStale   bool
}

func (a *app) decideCommand() *cobra.Command {
	var f decideFlags
	cmd := &cobra.Command{
		Use: "decide ID | --from FILE.csv", Short: "Say which lead a payment belongs to; no run overwrites it",
		Long: `Records your word on a payment: the best candidate, another lead (with --call and --product if you know them),
nobody, or back to the machine's view. Decisions are only ever added; the last one holds. The next run verifies the payment
with it, and goes by it where the same payer pays again.

--from reads a file that pennytie review --csv wrote and you filled in: in the column decision one of confirm, lead (with a
lead_id), none and undo; empty says nothing. All rows are checked before the first is noted, and all are noted or none. A row is
stale if the payment is no longer as the file shows it. The same file again changes nothing.`,
		Example: `  pennytie decide pi_3CrKcRU0gY6 --confirm
  pennytie decide pi_3CrKcRU0gY6 --lead 987140758 --reason "confirmed by phone"
  pennytie decide pi_3CrKcRU0gY6 --none
  pennytie decide pi_3CrKcRU0gY6 --undo
  pennytie decide --from review.csv --dry-run    check it and say what it would change`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.from != "" {
				return a.decideFile(cmd, args, &f)
			}
			if err := exactArgs("ID")(cmd, args); err != nil {
				return err
			}
			if err := f.check(); err != nil {
				return err
			}
			f.answer.PaymentID = args[0]
			return a.decide(cmd, f.answer)
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&f.confirm, "confirm", false, "the best candidate, as explain shows it")
	flags.StringVar(&f.answer.LeadID, "lead", "", "id of the lead")
	flags.StringVar(&f.answer.CallID, "call", "", "id of the lead's call that the payment came from")
	flags.StringVar(&f.answer.ProductID, "product", "", "id of the product")
	flags.BoolVar(&f.none, "none", false, "the payer is no lead")
	flags.BoolVar(&f.undo, "undo", false, "take earlier decisions back")
	flags.StringVar(&f.answer.Reason, "reason", "", "why, for whoever asks later")
	flags.StringVar(&f.from, "from", "", "read decisions from this review file")
	flags.BoolVar(&f.dryRun, "dry-run", false, "with --from: check the file, but note nothing")
	flags.BoolVar(&f.skipStale, "skip-stale", false, "with --from: note the other rows where some are stale, and exit 3")
	return cmd
}

// check finds the one word that is said.
func (f *decideFlags) check() error {
	if f.dryRun || f.skipStale {
		return usagef("add --from FILE", "--dry-run and --skip-stale go with --from")
	}
	if said := count(f.confirm, f.answer.LeadID != "", f.none, f.undo); said != 1 {
		return usagef("give --confirm, --lead L, --none or --undo", "decide takes exactly one of --confirm, --lead, --none and --undo")
	}
	if f.answer.LeadID == "" && (f.answer.CallID != "" || f.answer.ProductID != "") {
		return usagef("add --lead", "--call and --product go with --lead")
	}
	switch {
	case f.confirm:
		f.answer.Word = reconcile.WordConfirm
	case f.none:
		f.answer.Word = reconcile.WordNone
	case f.undo:
		f.answer.Word = reconcile.WordUndo
	default:
		f.answer.Word = reconcile.WordLead
	}
	return nil
}

func count(said ...bool) int {
	n := 0
	for _, yes := range said {
		if yes {
			n++
		}
	}
	return n
}

// decide notes a word on one payment.
func (a *app) decide(cmd *cobra.Command, answer reconcile.Answer) error {
	var checked engine.Checked
	err := a.noteAnswers(cmd, func(e *engine.Engine, tx reconcile.Tx) (err error) {
		if _, err := tx.Payment(answer.PaymentID); err != nil {
			return fmt.Errorf("payment %q: %w", answer.PaymentID, err)
		}
		if checked, err = e.Check(tx, []reconcile.Answer{answer}); err != nil {
			return err
		}
		for _, wrong := range checked.Mistakes {
			return usagef(wrong.Mend, "%s", wrong.Text)
		}
		return e.Note(tx, &checked, whoami())
	})
	if err != nil {
		return err
	}
	said := checked.New[0]
	d, p := said.Decision, said.Payment
	if a.flags.json {
		return a.printJSON(map[string]any{"success": true, "payment": p.ID, "lead_id": d.LeadID, "none": d.None, "undo": d.Undo})
	}
	lead := ""
	if d.LeadID != "" {
		lead = "lead " + clean(d.LeadID) + " "
	}
	a.printf("%snoted for %s; the next run goes by it\n", lead, clean(p.ProviderPaymentID))
	return nil
}

// noteAnswers runs fn in a transaction while no other command writes.
func (a *app) noteAnswers(cmd *cobra.Command, fn func(*engine.Engine, reconcile.Tx) error) error {
	cfg, asOf, err := a.loadStored()
	if err != nil {
		return err
	}
	return a.locked(cmd.Context(), cfg, func(s store.Store) error {
		e, err := a.newEngine(cfg, s, asOf)
		if err != nil {
			return err
		}
		return s.Update(cmd.Context(), func(tx reconcile.Tx) error { return fn(e, tx) })
	})
}

// whoami is the name under which decisions are kept.
func whoami() string {
	who, err := user.Current()
	if err != nil {
		return "" // a word without a name is still a word
	}
	return who.Username
}

// errDryRun rolls back what a dry run did.
var errDryRun = errors.New("dry run")

// decideFile notes what a review file says.
func (a *app) decideFile(cmd *cobra.Command, args []string, f *decideFlags) error {
	if len(args) > 0 || count(f.confirm, f.answer != reconcile.Answer{}, f.none, f.undo) > 0 {
		return usagef("leave the rest out", "--from takes every payment and word from the file")
	}
	given, err := readAnswers(f.from)
	if err != nil {
		return err
	}
	var checked engine.Checked
	err = a.noteAnswers(cmd, func(e *engine.Engine, tx reconcile.Tx) (err error) {
		if checked, err = e.Check(tx, given.Answers); err != nil {
			return err
		}
		mistakes := append(given.Mistakes, checked.Mistakes...)
		if !f.skipStale {
			mistakes = append(mistakes, staleRows(checked.Stale)...)
		}
		if len(mistakes) > 0 {
			slices.SortStableFunc(mistakes, func(a, b reconcile.Mistake) int { return cmp.Compare(a.Line, b.Line) })
			return mistaken(f.from, mistakes)
		}
		if err := e.Note(tx, &checked, whoami()); err != nil {
			return err
		}
		if f.dryRun {
			return errDryRun
		}
		return nil
	})
	if err != nil && !errors.Is(err, errDryRun) {
		return err
	}
	if err := a.printAnswers(f, &given, &checked); err != nil {
		return err
	}
	if len(checked.Stale) > 0 {
		return &staleError{file: f.from, rows: checked.Stale}
	}
	return nil
}

func readAnswers(path string) (report.Answers, error) {
	file, err := os.Open(path)
	if err != nil {
		return report.Answers{}, usagef("check the path", "cannot read %s: %v", path, errors.Unwrap(err))
	}
	given, err := report.ReadAnswers(file)
	if err := errors.Join(err, file.Close()); err != nil {
		return given, usagef("check the path", "cannot read %s: %v", path, err)
	}
	return given, nil
}

func staleRows(rows []reconcile.Answer) []reconcile.Mistake {
	out := make([]reconcile.Mistake, len(rows))
	for i, row := range rows {
		out[i] = reconcile.Mistake{Line: row.Line, Column: "version", Text: fmt.Sprintf("payment %q has changed since the file was made", row.PaymentID),
			Mend: "look at it again: pennytie review --csv NEW.csv, or add --skip-stale"}
	}
	return out
}

// mistaken is an error that names each mistake with its place and mend.
func mistaken(file string, mistakes []reconcile.Mistake) error {
	const most = 20
	var b strings.Builder
	for i, m := range mistakes {
		if i == most {
			fmt.Fprintf(&b, "\n… and %d more", len(mistakes)-most)
			break
		}
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "%s:%d: ", file, m.Line)
		if m.Column != "" {
			fmt.Fprintf(&b, "%s: ", m.Column)
		}
		fmt.Fprintf(&b, "%s; %s", clean(m.Text), m.Mend)
	}
	return usagef("nothing was noted; mend the file and run the command again", "%s", b.String())
}

// staleError ends a command that left stale rows out.
type staleError struct {
	file string
	rows []reconcile.Answer
}

func (s *staleError) Error() string {
	lines := make([]string, len(s.rows))
	for i, row := range s.rows {
		lines[i] = fmt.Sprintf("%s:%d: skipped: payment %q has changed since the file was made", s.file, row.Line, row.PaymentID)
	}
	return strings.Join(lines, "\n")
}

// printAnswers says what a file changed, or would change.
func (a *app) printAnswers(f *decideFlags, given *report.Answers, checked *engine.Checked) error {
	words := map[reconcile.Word]int{reconcile.WordConfirm: 0, reconcile.WordLead: 0, reconcile.WordNone: 0, reconcile.WordUndo: 0}
	for _, said := range checked.New {
		words[said.Answer.Word]++
	}
	if a.flags.json {
		stale := []map[string]any{}
		for _, row := range checked.Stale {
			stale = append(stale, map[string]any{"line": row.Line, "payment_id": row.PaymentID})
		}
		return a.printJSON(map[string]any{"success": len(stale) == 0, "dry_run": f.dryRun, "noted": len(checked.New), "words": words,
			"unchanged": checked.Unchanged, "empty": given.Silent, "stale": stale})
	}
	noted := "noted"
	if f.dryRun {
		noted = "would be noted"
	}
	a.printf("%d %s: %d confirm, %d lead, %d none, %d undo; %d unchanged, %d stale, %d without a decision\n", len(checked.New), noted,
		words[reconcile.WordConfirm], words[reconcile.WordLead], words[reconcile.WordNone], words[reconcile.WordUndo],
		checked.Unchanged, len(checked.Stale), given.Silent)
	return nil
}
