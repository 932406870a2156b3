package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"pennytie/configs"
	"pennytie/reconcile"
	"pennytie/reconcile/report"
	"pennytie/reconcile/score"
)

func (a *app) explainCommand() *cobra.Command {
	return &cobra.Command{
		Use: "explain ID", Short: "Say why a payment was attributed as it was", Args: exactArgs("ID"),
		Long: `Says why a payment is automatic, in review, unmatched or decided by hand, and holds its best lead beside the rivals. Each row
is a signal with the payment's value, the lead's, and a weight: what speaks for the lead is +, what speaks against it is -.
The weights and what is to be expected before any evidence add up to log-odds; a confidence is what is left of them after
the other leads have had their share, and the chance that none of them is meant: some pay for a relative, some are no lead.
Below stand the calls of the best lead and the products likewise. A call is as sure as its lead times its share among the lead's calls.`,
		Example: `  pennytie explain pi_3CrKcRU0gY6
  pennytie explain pay_0a1b2c3d4e5f60718293a4b5
  pennytie explain pi_3CrKcRU0gY6 --json | jq -r .why`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withPayment(cmd, args[0], func(cfg *configs.Config, r reconcile.Reader, p *reconcile.Payment, known reconcile.Known) error {
				x := newExplanation(cfg, p, &known)
				var err error
				if x.crowds, err = crowds(cfg, r, p.ID); err != nil {
					return err
				}
				if a.flags.json {
					return a.printJSON(map[string]any{"success": true, "why": x.why(), "crowds": x.crowds,
						"data": report.PaymentJSON{Payment: p, PII: cfg.PII}})
				}
				a.printf("%s", x.text())
				return nil
			})
		},
	}
}

// text is the explanation for people: what was decided and why, the first candidates in full, the rest in a line each.
func (x *explanation) text() string {
	var b strings.Builder
	p := x.payment
	fmt.Fprintf(&b, "%s  %s %s  %s  → %s\n", clean(p.ProviderPaymentID), p.Amount, p.Amount.Currency,
		p.PaymentDate.Format("2006-01-02 15:04 UTC"), clean(matchLine(p)))
	fmt.Fprintf(&b, "  %s\n", clean(x.why()))
	for _, line := range slices.Concat(x.crowds, x.joins) {
		fmt.Fprintf(&b, "  %s\n", clean(line))
	}
	const inFull = 3
	all := p.Match.Candidates
	full := all[:min(inFull, len(all))]
	chart := newChart(full)
	for i := range all {
		fmt.Fprintf(&b, "  %d. %s\n", i+1, clean(x.headline(i)))
		if i < len(full) {
			chart.draw(&b, &full[i])
		}
	}
	if p.Match.Cut > 0 {
		fmt.Fprintf(&b, "  … and %d more that were not kept\n", p.Match.Cut)
	}
	if len(all) > 0 {
		fmt.Fprintf(&b, "  none of these, or no lead at all  %s\n", confidence(max(0, reconcile.Sure-reconcile.Together(p.Match.Candidates))))
		calls := all[0].Calls
		x.choices(&b, "  "+clean(x.callWhy())+"\n", calls, fmt.Sprintf("none of these calls, or another lead  %s", confidence(rest(calls))))
	}
	x.choices(&b, "  "+clean(x.productWhy())+"\n", p.Match.Products, fmt.Sprintf("none of these products  %s", confidence(rest(p.Match.Products))))
	return b.String()
}

// choices are the calls of the best lead or the products, each with its evidence, under a sentence about them.
func (x *explanation) choices(b *strings.Builder, why string, all []reconcile.Candidate, others string) {
	b.WriteString(why)
	chart := newChart(all)
	for i := range all {
		c := &all[i]
		line := "product " + c.ProductID
		if c.CallID != "" {
			line = strings.TrimSuffix("call "+c.CallID+"  "+line, "  product ")
		}
		fmt.Fprintf(b, "   %s. %s  %s\n", string(rune('a'+i)), clean(line), confidence(c.Confidence))
		chart.draw(b, c)
	}
	if len(all) > 0 {
		fmt.Fprintf(b, "   %s\n", others)
	}
}

// rest is what is left for none of them.
func rest(all []reconcile.Candidate) reconcile.Confidence {
	left := reconcile.Sure
	for i := range all {
		left -= all[i].Confidence
	}
	return max(0, left)
}

// headline is a candidate in one line.
func (x *explanation) headline(i int) string {
	c := &x.payment.Match.Candidates[i]
	line := fmt.Sprintf("lead %s  %s  by %s", c.LeadID, confidence(c.Confidence), c.MatchedBy)
	if c.CallID != "" {
		line += "  call " + c.CallID
	}
	if c.ProductID != "" {
		line += "  product " + c.ProductID
	}
	if i > 0 && x.payment.Match.Candidates[0].Person() == c.Person() {
		line += "  the first one's person: no rival"
	}
	if c.Note != "" {
		line += "  " + c.Note
	}
	return line
}

// chart draws evidence as rows with a bar. Columns and bars are measured over all candidates that it draws, so that rows of
// different candidates compare.
type chart struct {
	signal, payment, candidate int // widths
	heaviest                   reconcile.Weight
}

func newChart(candidates []reconcile.Candidate) chart {
	var c chart
	for i := range candidates {
		for _, e := range candidates[i].Evidence {
			c.signal = max(c.signal, text.StringWidth(signalWord(e.Signal)))
			c.payment = max(c.payment, text.StringWidth(cell(e.Payment)))
			c.candidate = max(c.candidate, text.StringWidth(cell(e.Candidate)))
			c.heaviest = max(c.heaviest, e.Weight, -e.Weight)
		}
	}
	return c
}

func (c chart) draw(b *strings.Builder, candidate *reconcile.Candidate) {
	for _, e := range candidate.Evidence {
		row := fmt.Sprintf("     %s  %s  %s  %6s %s", text.Pad(signalWord(e.Signal), c.signal, ' '),
			text.Pad(cell(e.Payment), c.payment, ' '), text.Pad(cell(e.Candidate), c.candidate, ' '), weight(e.Weight), c.bar(e.Weight))
		b.WriteString(strings.TrimRight(row, " ") + "\n")
	}
	sum := score.SumOf(candidate)
	fmt.Fprintf(b, "     prior %s, evidence %s = log-odds %s -> confidence %s among the rivals\n",
		weight(sum.Prior), weight(sum.Evidence), weight(sum.LogOdds), confidence(candidate.Confidence))
}

// bar is as long as a weight is heavy; what weighs anything has a length.
func (c chart) bar(w reconcile.Weight) string {
	const longest = 20
	if w == 0 {
		return ""
	}
	sign, size := "+", w
	if w < 0 {
		sign, size = "-", -w
	}
	return strings.Repeat(sign, max(1, int(longest*size/c.heaviest)))
}

// cell is a compared value in at most a column's width.
func cell(value string) string {
	const widest = 40
	return text.Snip(clean(value), widest, "…")
}

func weight(w reconcile.Weight) string {
	sign := "+"
	if w < 0 {
		sign, w = "-", -w
	}
	return fmt.Sprintf("%s%d.%02d", sign, w/100, w%100)
}

// signalWord is what a person calls a signal. One without a word keeps its name.
func signalWord(signal string) string {
	words := map[string]string{
		reconcile.SignalReference:   "our own id",
		reconcile.SignalCustomer:    "customer id",
		reconcile.SignalEmail:       "e-mail",
		reconcile.SignalPhone:       "phone",
		reconcile.SignalName:        "name",
		reconcile.SignalCompany:     "company",
		reconcile.SignalAddress:     "address",
		reconcile.SignalAmount:      "amount",
		reconcile.SignalCallTime:    "call",
		reconcile.SignalProductID:   "product id",
		reconcile.SignalDescription: "description",
		reconcile.SignalListPrice:   "list price",
		reconcile.SignalCallProduct: "call's product",
		reconcile.SignalRivals:      "among the others",
		reconcile.SignalSettled:     "call is paid",
		reconcile.SignalSamePerson:  "same person as",
		reconcile.SignalCeiling:     "limit of weak evidence",
		reconcile.SignalChain:       "payer's other payments",
		reconcile.SignalCalibration: "calibration",
		"alias":                     "people's decisions",
	}
	if word, known := words[signal]; known {
		return word
	}
	return signal
}
