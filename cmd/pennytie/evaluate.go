package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"pennytie/configs"
	"pennytie/providers/files"
	"pennytie/reconcile"
	"pennytie/reconcile/engine"
	"pennytie/reconcile/score"
	"pennytie/store"
)

func (a *app) evaluateCommand() *cobra.Command {
	var path string
	cmd := &cobra.Command{
		Use: "evaluate --truth FILE", Short: "Measure the stored matches against a labelled file", Args: noArgs,
		Long: `Compares what the store holds with what you know to be true, and changes nothing. The file is CSV with the columns

  provider_payment_id lead_id call_id product_id      empty: none exists

and, if you like, acceptable_lead_ids (separated by ";", as right as lead_id), suite (reported apart; empty: base) and
linkable (1: what is visible determines the lead; 0: it does not). Other columns are ignored.

precision, recall and f1 are of automatic decisions; f1_at_50 decides for the best candidate from a confidence of 0.50;
recall_at_5 looks for a right one among the first five candidates. ece and brier hold the confidence of the best
candidate against its being right: 0 is perfect. false_per_10k are wrong automatic decisions in 10,000 payments. What
could not be measured is "-", in JSON null. A person's decisions are counted and left out. A call counts as automatic where
it is itself as sure as auto_confirm and the lead is automatic, a product where it is as sure, whoever the lead is.`,
		Example: `  pennytie evaluate --truth truth.csv
  pennytie evaluate --truth truth.csv --json | jq .lead.precision
  pennytie evaluate --truth truth.csv --json | jq '.suites[].lead.false_per_10k'`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if path == "" {
				return usagef("add --truth FILE; its columns: pennytie evaluate --help", "evaluate needs a labelled file")
			}
			return a.evaluate(cmd.Context(), path)
		},
	}
	cmd.Flags().StringVar(&path, "truth", "", "labelled CSV file")
	return cmd
}

// evaluation is what `evaluate --json` prints: the report, with the numbers over all suites in front.
type evaluation struct {
	score.Targets
	score.Report
	Missing    int    `json:"missing"`           // labels of payments that the store does not have
	Unlabelled int    `json:"unlabelled"`        // payments of the store without a label
	Weights    string `json:"weights,omitempty"` // by which runs weigh; empty in a backtest

	missing []string // ids, sorted
}

func (a *app) evaluate(ctx context.Context, path string) error {
	labels, err := readLabels(path)
	if err != nil {
		return err
	}
	return a.withStore(ctx, func(cfg *configs.Config, s store.Store) error {
		return s.View(ctx, func(r reconcile.Reader) error {
			measured, err := measure(r, path, labels, policyOf(cfg))
			if err != nil {
				return err
			}
			adopted, err := engine.Adopted(r)
			if err != nil {
				return err
			}
			measured.Weights = weightsLine(adopted)
			if a.flags.json {
				return a.printJSON(measured)
			}
			a.printf("%sweights: %s\n", evaluationText(measured), measured.Weights)
			return nil
		})
	})
}

// readLabels reads a labelled file by payment. Whatever is wrong with it is the caller's to mend.
func readLabels(path string) (map[string]files.Label, error) {
	const hint = "mend the file and try again; its columns: pennytie evaluate --help"
	labels := map[string]files.Label{}
	for label, err := range files.Labels(path) {
		if err != nil {
			return nil, usagef(hint, "%v", err)
		}
		if before, twice := labels[label.ProviderPaymentID]; twice {
			return nil, usagef("keep one of the two rows", "%s: line %d, column provider_payment_id: %q is on line %d already",
				path, label.Line, label.ProviderPaymentID, before.Line)
		}
		labels[label.ProviderPaymentID] = label
	}
	return labels, nil
}

// measure streams the payments of the store past the labels.
func measure(r reconcile.Reader, path string, labels map[string]files.Label, policy reconcile.Policy) (*evaluation, error) {
	m := newMeasuring(path, labels, policy)
	for p, err := range r.Payments(reconcile.PaymentFilter{}) {
		if err != nil {
			return nil, err
		}
		if err := m.add(p, &p.Match); err != nil {
			return nil, err
		}
	}
	return m.done()
}

// measuring holds matches against labels, a payment at a time.
type measuring struct {
	path   string
	labels map[string]files.Label
	used   map[string]bool
	all    score.Evaluation
	result evaluation
}

func newMeasuring(path string, labels map[string]files.Label, policy reconcile.Policy) *measuring {
	return &measuring{path: path, labels: labels, used: make(map[string]bool, len(labels)), all: score.Evaluation{Sure: policy.AutoConfirm}}
}

// add takes a payment with a match of it, the stored one or another.
func (m *measuring) add(p *reconcile.Payment, match *reconcile.Match) error {
	id := p.ProviderPaymentID
	label, known := m.labels[id]
	switch {
	case !known:
		m.result.Unlabelled++
		return nil
	case m.used[id]:
		return usagef("take the row out, or evaluate a store with one of the two",
			"%s: line %d, column provider_payment_id: two payments of the store are called %q", m.path, label.Line, id)
	}
	m.used[id] = true
	m.all.Add(score.Case{Match: match, Truth: truthOf(&label)})
	return nil
}

// done is what was measured. Labels that no payment used are missing.
func (m *measuring) done() (*evaluation, error) {
	if len(m.used) == 0 {
		return nil, usagef("give the truth of this store; its ids are provider_payment_id of: pennytie payments list --json",
			"%s: none of its %d payments is in the store, which has %d", m.path, len(m.labels), m.result.Unlabelled)
	}
	for id := range m.labels {
		if !m.used[id] {
			m.result.missing = append(m.result.missing, id)
		}
	}
	slices.Sort(m.result.missing)
	m.result.Missing = len(m.result.missing)
	m.result.Report = m.all.Report()
	m.result.Targets = m.result.All
	return &m.result, nil
}

func truthOf(l *files.Label) score.Truth {
	return score.Truth{LeadID: l.LeadID, AcceptableIDs: l.AcceptableLeadIDs, CallID: l.CallID, ProductID: l.ProductID,
		Suite: l.Suite, Linkable: l.Linkable}
}

func evaluationText(e *evaluation) string {
	var b strings.Builder
	b.WriteString(targetTable("all", e.Targets))
	for _, name := range suiteOrder(e.Suites) {
		b.WriteString("\n" + targetTable(name, e.Suites[name]))
	}
	b.WriteString("\nbest lead, by confidence:\n" + reliabilityTable(e.Reliability))
	if len(e.Strategies) > 0 {
		b.WriteString("\nautomatic decisions for a lead, by strategy:\n" + strategyTable(e.Strategies))
	}
	fmt.Fprintf(&b, "\n%d labels without a payment in the store, %d payments without a label\n", e.Missing, e.Unlabelled)
	if shown := e.missing[:min(5, len(e.missing))]; len(shown) > 0 {
		fmt.Fprintf(&b, "missing: %s", clean(strings.Join(shown, " ")))
		if more := len(e.missing) - len(shown); more > 0 {
			fmt.Fprintf(&b, " and %d more", more)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// suiteOrder has base first, then A2 before A10.
func suiteOrder(suites map[string]score.Targets) []string {
	return slices.SortedFunc(maps.Keys(suites), func(a, b string) int {
		if a == score.BaseSuite || b == score.BaseSuite {
			return cmp.Compare(len(b), len(a))
		}
		return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
	})
}

func targetTable(suite string, targets score.Targets) string {
	t := newTable("", "PRECISION", "RECALL", "F1", "F1@50", "RECALL@5", "LINKABLE", "ECE", "BRIER", "FALSE/10K", "NO LEAD/10K",
		"WITH TRUTH", "AUTO", "RIGHT", "WRONG")
	alignRight(t, 2, 15)
	row := func(name string, m *score.Measure) {
		t.AppendRow(table.Row{name, m.Precision, m.Recall, m.F1, m.F1At50, m.RecallAt5, m.RecallLinkable, m.ECE, m.Brier,
			m.FalsePer10K, m.FalseNoLeadPer10K, m.Counts.WithTruth, m.Counts.Auto, m.Counts.Right, m.Counts.Wrong})
	}
	row("lead", &targets.Lead)
	row("call", &targets.Call)
	row("product", &targets.Product)
	c := &targets.Lead.Counts
	return fmt.Sprintf("%s: %d payments, and %d by hand\n%s\n", clean(suite), c.Payments, c.Manual, t.Render())
}

func reliabilityTable(bins []score.Bin) string {
	t := newTable("FROM", "TO", "PAYMENTS", "CONFIDENCE", "RIGHT")
	alignRight(t, 1, 5)
	for _, bin := range bins {
		t.AppendRow(table.Row{bin.From, bin.To, bin.Count, bin.MeanConfidence, bin.Right})
	}
	return t.Render() + "\n"
}

func strategyTable(strategies []score.Strategy) string {
	t := newTable("BY", "AUTO", "RIGHT", "WRONG", "PRECISION", "95 % FROM", "TO")
	alignRight(t, 2, 7)
	for _, s := range strategies {
		t.AppendRow(table.Row{clean(s.MatchedBy), s.Auto, s.Right, s.Wrong, s.Precision, s.IntervalLow, s.IntervalHigh})
	}
	return t.Render() + "\n"
}
