package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"pennytie/configs"
	"pennytie/reconcile"
	"pennytie/reconcile/report"
)

func (a *app) explainCommand() *cobra.Command {
	return &cobra.Command{
		Use: "explain ID", Short: "Say why a payment was attributed as it was", Args: exactArgs("ID"),
		Example: `  pennytie explain pi_3CrKcRU0gY6
  pennytie explain pay_0a1b2c3d4e5f60718293a4b5
  pennytie explain pi_3CrKcRU0gY6 --json | jq .data.match_candidates`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withPayment(cmd, args[0], func(cfg *configs.Config, p *reconcile.Payment, known reconcile.Known) error {
				if a.flags.json {
					return a.printJSON(map[string]any{"success": true, "why": why(p),
						"data": report.PaymentJSON{Payment: p, PII: cfg.PII}})
				}
				a.printf("%s", explainText(p, &known))
				return nil
			})
		},
	}
}

// why is the decision in one sentence.
func why(p *reconcile.Payment) string {
	m := &p.Match
	switch m.State {
	case reconcile.MatchManual:
		return "a person decided this"
	case reconcile.MatchAuto:
		return fmt.Sprintf("sure enough (%s) and %s ahead of any rival", confidence(m.Confidence), confidence(m.Margin))
	case reconcile.MatchSuggested:
		return fmt.Sprintf("one best lead, but %s is not sure enough to decide without a person", confidence(m.Confidence))
	case reconcile.MatchAmbiguous:
		return fmt.Sprintf("several leads explain it and the best is only %s ahead: a person must decide", confidence(m.Margin))
	}
	if len(m.Candidates) == 0 {
		return "nothing about this payment points to a lead; the payer need not be one"
	}
	return "no lead is plausible enough; the payer need not be one"
}

func explainText(p *reconcile.Payment, known *reconcile.Known) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s %s  %s  → %s\n", clean(p.ProviderPaymentID), p.Amount, p.Amount.Currency,
		p.PaymentDate.Format("2006-01-02 15:04 UTC"), clean(matchLine(p)))
	fmt.Fprintf(&b, "  %s\n", why(p))
	for _, line := range joinLines(known) {
		fmt.Fprintf(&b, "  %s\n", clean(line))
	}
	for _, x := range reconcile.JoinExceptions(p, known.Joins) {
		fmt.Fprintf(&b, "  %s\n", clean(x.Detail))
	}
	const shown = 3
	for i, c := range p.Match.Candidates {
		if i == shown {
			fmt.Fprintf(&b, "  … %d more candidates\n", len(p.Match.Candidates)-shown+p.Match.Cut)
			break
		}
		fmt.Fprintf(&b, "  %d. lead %s  %s  by %s  %s\n", i+1, clean(c.LeadID), confidence(c.Confidence), c.MatchedBy, clean(c.Note))
		for _, e := range c.Evidence {
			fmt.Fprintf(&b, "     %s %-10s %-12s %s ~ %s\n", weight(e.Weight), bar(e.Weight), e.Signal, clean(e.Payment), clean(e.Candidate))
		}
	}
	return b.String()
}

func weight(w reconcile.Weight) string {
	sign := "+"
	if w < 0 {
		sign, w = "-", -w
	}
	return fmt.Sprintf("%s%d.%02d", sign, w/100, w%100)
}

// bar draws one block for each unit of log-odds.
func bar(w reconcile.Weight) string {
	const unit, most = 100, 10
	length := min(int(max(w, -w))/unit, most)
	if w < 0 {
		return strings.Repeat("░", length)
	}
	return strings.Repeat("█", length)
}
