package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"pennytie/configs"
	"pennytie/reconcile"
	"pennytie/reconcile/httpapi"
	"pennytie/reconcile/report"
	"pennytie/store"
)

func (a *app) paymentsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "payments", Short: "List payments, show one, or correct one by hand", Args: noArgs,
		Example: `  pennytie payments list --status succeeded --limit 20
  pennytie payments show pi_3CrKcRU0gY6
  pennytie payments update pi_3CrKcRU0gY6 --amount 12000 --reason "typed wrongly at the counter"
  pennytie payments list --json | jq -r '.data[].lead_id'`,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.paymentsList(), a.paymentsShow(), a.paymentsUpdate())
	return cmd
}

func (a *app) paymentsList() *cobra.Command {
	var q httpapi.ListQuery
	cmd := &cobra.Command{
		Use: "list", Short: "List payments by date", Args: noArgs,
		Example: `  pennytie payments list --from-date 2026-03-01 --to-date 2026-03-31
  pennytie payments list --lead-id 987140758 --json
  pennytie payments list --limit 100 --cursor CURSOR     the next page`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			filter, err := listParameters(&q)
			if err != nil {
				return err
			}
			return a.withStore(cmd.Context(), func(cfg *configs.Config, s store.Store) error {
				return s.View(cmd.Context(), func(r reconcile.Reader) error { return a.listPayments(r, cfg, filter) })
			})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&q.Status, "status", "", "pending, succeeded, failed or refunded")
	flags.StringVar(&q.LeadID, "lead-id", "", "only payments attributed to this lead")
	flags.StringVar(&q.FromDate, "from-date", "", "payments on or after this date or time")
	flags.StringVar(&q.ToDate, "to-date", "", "payments on or before this date or time")
	flags.StringVar(&q.Cursor, "cursor", "", "go on after an earlier page: its next_cursor")
	flags.StringVar(&q.Limit, "limit", strconv.Itoa(httpapi.DefaultLimit), "how many, 1 to 100")
	return cmd
}

// listParameters reads the filters as the API does.
func listParameters(q *httpapi.ListQuery) (reconcile.PaymentFilter, error) {
	filter, err := q.Filter()
	var wrong *httpapi.ParameterError
	if errors.As(err, &wrong) {
		return filter, usagef(wrong.Mend, "--%s: %s", strings.ReplaceAll(wrong.Name, "_", "-"), wrong.Text)
	}
	return filter, err
}

func (a *app) listPayments(r reconcile.Reader, cfg *configs.Config, filter reconcile.PaymentFilter) error {
	page, err := httpapi.List(r, filter)
	if err != nil {
		return err
	}
	if a.flags.json {
		body, err := httpapi.Payments(page, cfg.PII)
		if err == nil {
			_, err = fmt.Fprintf(a.stdout, "%s\n", body)
		}
		return err
	}
	a.printf("%s", paymentTable(page.Data))
	if page.Next != "" {
		a.printf("more: --cursor %s\n", page.Next)
	}
	return nil
}

func paymentTable(payments []*reconcile.Payment) string {
	t := newTable("DATE", "PAYMENT", "AMOUNT", "", "STATUS", "MATCH", "LEAD", "BY", "CONFIDENCE", "VERIFIED")
	t.SetColumnConfigs([]table.ColumnConfig{{Number: 3, Align: text.AlignRight}})
	for _, p := range payments {
		lead := ""
		if p.Match.State.Decided() {
			lead = p.Match.LeadID
		}
		t.AppendRow(table.Row{p.PaymentDate.Format("2006-01-02 15:04"), clean(p.ProviderPaymentID), p.Amount.String(),
			p.Amount.Currency, p.Status, p.Match.State, clean(lead), p.Match.By, confidence(p.Match.Confidence), p.Verification})
	}
	return t.Render() + "\n"
}

func newTable(header ...any) table.Writer {
	t := table.NewWriter()
	t.SetStyle(table.StyleDefault)
	t.Style().Options = table.Options{SeparateColumns: false, DrawBorder: false}
	t.Style().Box.PaddingLeft = ""
	t.Style().Box.PaddingRight = "  "
	t.AppendHeader(header)
	return t
}

// clean keeps a hostile value from moving the cursor or breaking a line of a terminal.
func clean(value string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return '�'
		}
		return r
	}, value)
}

func confidence(c reconcile.Confidence) string {
	return fmt.Sprintf("%d.%04d", c/reconcile.Sure, c%reconcile.Sure)
}

func (a *app) paymentsShow() *cobra.Command {
	return &cobra.Command{
		Use: "show ID", Short: "Show one payment, by its id or a provider's", Args: exactArgs("ID"),
		Example: `  pennytie payments show pay_0a1b2c3d4e5f60718293a4b5
  pennytie payments show pi_3CrKcRU0gY6 --json
  pennytie payments show ch_3CrKcRU0gY6 --json | jq .data.refund_status`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withPayment(cmd, args[0], func(cfg *configs.Config, _ reconcile.Reader, p *reconcile.Payment, known reconcile.Known) error {
				if a.flags.json {
					return a.printPayment(p, cfg.PII)
				}
				a.printf("%s", showText(p, known, cfg.PII == configs.PIIFull))
				return nil
			})
		},
	}
}

// printPayment prints one payment as the API answers it.
func (a *app) printPayment(p *reconcile.Payment, pii string) error {
	body, err := httpapi.Payment(p, pii)
	if err == nil {
		_, err = fmt.Fprintf(a.stdout, "%s\n", body)
	}
	return err
}

// withPayment finds one payment and all that is known of it.
func (a *app) withPayment(cmd *cobra.Command, id string,
	fn func(*configs.Config, reconcile.Reader, *reconcile.Payment, reconcile.Known) error) error {
	return a.withStore(cmd.Context(), func(cfg *configs.Config, s store.Store) error {
		return s.View(cmd.Context(), func(r reconcile.Reader) error {
			p, err := r.Payment(id)
			if err != nil {
				return fmt.Errorf("payment %q: %w", id, err)
			}
			known, err := r.Known(p.Row)
			if err != nil {
				return err
			}
			if !a.flags.json { // PaymentJSON redacts by itself
				if p, err = report.Redact(p, cfg.PII); err != nil {
					return err
				}
			}
			return fn(cfg, r, p, known)
		})
	})
}

// showText shows a payment. reasons that people gave may name anybody.
func showText(p *reconcile.Payment, known reconcile.Known, reasons bool) string {
	var b strings.Builder
	row := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%-14s %s\n", name, clean(fmt.Sprintf(format, args...)))
	}
	row("payment", "%s", p.ID)
	row("provider", "%s %s (%s)", p.Provider, p.ProviderPaymentID, p.ProviderStatus)
	row("amount", "%s %s, %s", p.Amount, p.Amount.Currency, p.Status)
	row("paid", "%s", p.PaymentDate.Format(time.RFC3339))
	row("payer", "%s <%s>", p.CustomerName, p.CustomerEmail)
	if p.Fee != nil {
		row("fee", "%s %s", p.Fee, p.Fee.Currency)
	}
	if p.Refund.Status != reconcile.RefundNone {
		row("refunds", "%s, %s %s", p.Refund.Status, p.Refund.Amount, p.Refund.Amount.Currency)
	}
	if p.Dispute.Status != reconcile.DisputeNone {
		row("dispute", "%s, %s %s withheld", p.Dispute.Status, p.Dispute.Amount, p.Dispute.Amount.Currency)
	}
	row("match", "%s", matchLine(p))
	row("verification", "%s", p.Verification)
	for i := range known.Records {
		row("said by", "%s", recordLine(&known.Records[i], reasons))
	}
	row("version", "%s", reconcile.Version(p, known.Decisions))
	for _, line := range joinLines(&known) {
		row("joined", "%s", line)
	}
	for _, r := range known.Refunds {
		counts := "counted"
		if !r.Counted {
			counts = "compared, not counted"
		}
		row("refund row", "%s: %s %s %s, %s, %s", r.Source, r.ID, r.Amount, r.Amount.Currency, r.Status, counts)
	}
	for _, x := range known.Open {
		values := ""
		if x.Expected != "" && x.Actual != "" {
			values = fmt.Sprintf(" (%s, not %s)", x.Expected, x.Actual)
		}
		row("exception", "%s %s: %s%s, %s", x.Code, x.Subject, x.Detail, values, x.ID())
	}
	return b.String()
}

// recordLine is one source's word of a payment.
func recordLine(r *reconcile.SourceRecord, reasons bool) string {
	if c := r.Facts.Correction; c != nil {
		return correctionLine(c, reasons)
	}
	line := fmt.Sprintf("%s (%s): %s %s", r.Source, r.Role, r.Kind, r.ID)
	if f := &r.Facts; f.Amount != nil {
		line += fmt.Sprintf(", %s %s, %s", f.Amount, f.Amount.Currency, f.Status)
	}
	if r.Gone {
		line += ", which it no longer has"
	}
	return line
}

// joinLines say why claims that name no payment are at this one.
func joinLines(known *reconcile.Known) []string {
	var lines []string
	for _, j := range known.Joins {
		if j.State == reconcile.JoinSure {
			lines = append(lines, fmt.Sprintf("%s %s names no payment: joint decision, confidence %s, margin %s: %s", j.Source, j.Record,
				confidence(j.Confidence), confidence(j.Margin), reconcile.Signs(j.Evidence)))
		}
	}
	return lines
}

func matchLine(p *reconcile.Payment) string {
	m := &p.Match
	if m.LeadID == "" {
		return string(m.State)
	}
	line := fmt.Sprintf("%s: lead %s by %s, confidence %s, margin %s", m.State, m.LeadID, m.By,
		confidence(m.Confidence), confidence(m.Margin))
	if m.CallID != "" {
		line += ", call " + m.CallID
	}
	if m.ProductID != "" {
		line += ", product " + m.ProductID
	}
	return line
}
