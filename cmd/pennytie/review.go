package main

import (
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"pennytie/configs"
	"pennytie/reconcile"
	"pennytie/reconcile/report"
	"pennytie/reconcile/score"
	"pennytie/store"
)

// reviewFlags say what to list and where.
type reviewFlags struct {
	csv            string
	decided, audit bool
	limit          int
}

func (a *app) reviewCommand() *cobra.Command {
	var f reviewFlags
	cmd := &cobra.Command{
		Use: "review", Short: "List the payments that wait for a person, or write them to a file to fill in", Args: noArgs,
		Long: `Lists every suggested or ambiguous payment without a decision, the most money at risk first, and among them, marked audit,
a random sample of the automatic matches (review.audit_share in the configuration). These stay automatic until you say otherwise;
what people say of them tells, under --audit, how often automatic matches are right. Answer all of them, or chance is lost.

--csv writes all of them to a file with an empty column decision. Fill in confirm (the first candidate), lead (and a lead_id),
none or undo, leave empty what you do not know, and hand it back: pennytie decide --from FILE. A file that somebody has begun to
fill in is never written over.`,
		Example: `  pennytie review
  pennytie review --csv review.csv
  pennytie review --decided --csv decided.csv    what people have said, e.g. to undo some of it
  pennytie review --audit                        how often automatic matches are right, and which to check next
  pennytie review --json | jq '.data[0].candidates'`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.check(a.flags.json, cmd.Flags().Changed("limit")); err != nil {
				return err
			}
			return a.withStore(cmd.Context(), func(cfg *configs.Config, s store.Store) error {
				return s.View(cmd.Context(), func(r reconcile.Reader) error { return a.review(r, cfg, &f) })
			})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.csv, "csv", "", "write all of them to this file; - is standard output")
	flags.BoolVar(&f.decided, "decided", false, "those on which somebody's decision holds instead")
	flags.BoolVar(&f.audit, "audit", false, "only the audit sample, and what has come of it")
	flags.IntVar(&f.limit, "limit", 20, "how many to list")
	return cmd
}

func (f *reviewFlags) check(json, limited bool) error {
	switch {
	case f.limit < 1:
		return usagef("give a number from 1 on", "--limit %d is out of range", f.limit)
	case f.csv == "":
		return nil
	case limited:
		return usagef("leave out --limit or --csv", "--limit is for the list; a review file has all")
	case f.csv == "-" && json:
		return usagef("leave out --json, or name a file", "--csv - and --json both print on standard output")
	}
	f.limit = 0
	if f.csv == "-" {
		return nil
	}
	if info, err := os.Stat(filepath.Dir(f.csv)); err != nil || !info.IsDir() {
		return usagef("make it first: mkdir -p "+filepath.Dir(f.csv), "there is no folder %s for the review file", filepath.Dir(f.csv))
	}
	return untouched(f.csv)
}

// untouched refuses a place that holds what cannot be made again: a person's work. What is no review file is somebody's, too.
func untouched(path string) error {
	switch info, err := os.Stat(path); {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return usagef("check the path", "cannot write %s: %v", path, errors.Unwrap(err))
	case info.IsDir():
		return usagef("name a file in it", "%s is a folder", path)
	case !info.Mode().IsRegular(): // reading it might wait for ever
		return usagef("name a file, or - for standard output", "%s is no plain file", path)
	}
	there, err := readAnswers(path)
	if err != nil {
		return err
	}
	if filled := len(there.Answers) + len(there.Mistakes) + there.Remarks; filled > 0 {
		return usagef("name another file, or move this one away", "%s is there and is no empty review file", path)
	}
	return nil
}

func (a *app) review(r reconcile.Reader, cfg *configs.Config, f *reviewFlags) error {
	counts, reviews, err := report.Reviews(r, report.ReviewFilter{Decided: f.decided, Audit: f.audit, Limit: f.limit, Audits: audits(cfg), PII: cfg.PII})
	switch {
	case err != nil:
		return err
	case f.csv == "-":
		_, err := report.WriteReviews(a.stdout, reviews)
		return err
	case f.csv != "":
		return a.reviewFile(f.csv, reviews)
	}
	list := []*report.Review{}
	for review, err := range reviews {
		if err != nil {
			return err
		}
		list = append(list, review)
	}
	if a.flags.json {
		out := map[string]any{"data": list, "total": counts.Total}
		if f.audit {
			out["audit"] = newAudit(&counts)
		}
		return a.printJSON(out)
	}
	for _, review := range list {
		a.printf("%s", reviewText(review))
	}
	a.printf("%s", reviewsEnd(f, &counts, len(list)))
	return nil
}

// audit is what the sample of automatic matches shows.
type audit struct {
	Sampled      int          `json:"sampled"`
	Answered     int          `json:"answered"`
	Right        int          `json:"right"`
	Precision    score.Number `json:"precision"`
	IntervalLow  score.Number `json:"interval_low"` // 95 %
	IntervalHigh score.Number `json:"interval_high"`
}

func newAudit(c *report.ReviewCounts) *audit {
	done := &audit{Sampled: c.Waiting + c.Answered, Answered: c.Answered, Right: c.Right}
	done.Precision, done.IntervalLow, done.IntervalHigh = score.Share(int64(c.Right), int64(c.Answered))
	return done
}

func (a *audit) String() string {
	text := fmt.Sprintf("audit: %d automatic matches in the sample, %d answered, %d of these right", a.Sampled, a.Answered, a.Right)
	if a.Answered == 0 {
		return text
	}
	return fmt.Sprintf("%s: precision %s, 95 %% interval %s to %s", text, a.Precision, a.IntervalLow, a.IntervalHigh)
}

func (a *app) reviewFile(path string, reviews iter.Seq2[*report.Review, error]) error {
	rows, err := report.WriteReviewFile(path, reviews)
	if err != nil {
		return err
	}
	if a.flags.json {
		return a.printJSON(map[string]any{"success": true, "file": path, "rows": rows})
	}
	a.printf("%d payments in %s; fill in the column decision, then: pennytie decide --from %s\n", rows, path, path)
	return nil
}

// reviewText is one payment with its candidates.
func reviewText(v *report.Review) string {
	var b strings.Builder
	p := v.Payment
	fmt.Fprintf(&b, "%s  %s %s  %s  %s", clean(p.ProviderPaymentID), p.Amount, p.Amount.Currency, p.PaymentDate.Format("2006-01-02"),
		p.Match.State)
	if v.Question == reconcile.QuestionAudit {
		b.WriteString(", audit")
	}
	if p.CustomerName != "" {
		fmt.Fprintf(&b, "  %s", clean(p.CustomerName))
	}
	if p.CustomerEmail != "" {
		fmt.Fprintf(&b, "  <%s>", clean(p.CustomerEmail))
	}
	if v.Said != "" {
		fmt.Fprintf(&b, "  → %s", clean(v.Said))
	}
	b.WriteByte('\n')
	for i, line := range v.Candidates() {
		fmt.Fprintf(&b, "  %d. %s\n", i+1, clean(line))
	}
	return b.String()
}

// reviewsEnd says how many there are and what to do next.
func reviewsEnd(f *reviewFlags, counts *report.ReviewCounts, shown int) string {
	what := "wait for a person"
	if f.decided {
		what = "were decided by people"
	}
	end := fmt.Sprintf("%d payments %s", counts.Total, what)
	if !f.decided && counts.Waiting > 0 {
		end += fmt.Sprintf(", %d of them as an audit", counts.Waiting)
	}
	if shown < counts.Total {
		end += fmt.Sprintf(", %d are shown", shown)
	}
	if f.audit {
		end += "\n" + newAudit(counts).String()
	}
	if counts.Total == 0 || f.decided {
		return end + "\n"
	}
	return end + "\n  pennytie decide ID --confirm | --lead L | --none       or all in a file: pennytie review --csv review.csv\n"
}
