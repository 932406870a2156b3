package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

// runTable is a run for people: what came, what was decided, what it adds up to, what to do next.
func runTable(run *reconcile.Run) string {
	var b strings.Builder
	fmt.Fprintf(&b, "run %s  %s  as of %s\n\n", run.ID, run.Status, run.AsOf.Format("2006-01-02 15:04:05 UTC"))
	b.WriteString(sourceTable(slices.Concat(run.Records, run.Sources)))
	fmt.Fprintf(&b, "\n%d payments: %d automatic, %d by hand, %d suggested, %d ambiguous, %d unmatched\n\n",
		run.Payments, run.Auto, run.Manual, run.Suggested, run.Ambiguous, run.Unmatched)
	b.WriteString(totalTable(run.Totals))
	if len(run.Exceptions) > 0 {
		b.WriteString("\nexceptions:")
		for _, code := range sortedCodes(run.Exceptions) {
			fmt.Fprintf(&b, " %s %d", code, run.Exceptions[code])
		}
		b.WriteString("\n")
	}
	if len(run.Controls) > 0 {
		b.WriteString("\n" + controlTable(run.Controls))
	}
	if p := run.Push; p != nil {
		fmt.Fprintf(&b, "\npush: %d written, %d already there, %d in conflict, %d refused, %d left\n",
			p.Written, p.Held, p.Conflict, p.Refused, p.Left)
	}
	if run.Warning != "" {
		fmt.Fprintf(&b, "\n%s\n", clean(run.Warning))
	}
	if run.ReportDir != "" {
		ties := "they tie"
		if !run.Ties {
			ties = "THEY DO NOT TIE"
		}
		fmt.Fprintf(&b, "\nreports: %s (%s)\n", run.ReportDir, ties)
	}
	return b.String()
}

func sourceTable(sources []reconcile.SourceResult) string {
	t := newTable("SOURCE", "PROVIDER", "STATE", "READ", "NEW", "CHANGED", "UNCHANGED", "DUPLICATE", "QUARANTINED")
	alignRight(t, 4, 9)
	for _, s := range sources {
		t.AppendRow(table.Row{s.Name, s.Provider, s.State, s.Read, s.New, s.Changed, s.Unchanged, s.Duplicate, s.Quarantined})
	}
	return t.Render() + "\n"
}

func totalTable(totals []reconcile.Total) string {
	t := newTable("SOURCE", "", "PAYMENTS", "GROSS", "REFUNDED", "DISPUTED", "FEES", "NET")
	alignRight(t, 3, 8)
	for _, row := range totals {
		amount := func(minor int64) string { return money.New(minor, row.Currency).String() }
		t.AppendRow(table.Row{row.Source, row.Currency, row.Count, amount(row.Gross), amount(row.Refunded),
			amount(row.Disputed), amount(row.Fee), amount(row.Net)})
	}
	return t.Render() + "\n"
}

// controlTable shows what the pages of the sources come to beside what is stored of them.
func controlTable(controls []reconcile.Control) string {
	t := newTable("SOURCE", "ROWS", "", "READ", "", "STORED", "", "DIFFERENCE")
	alignRight(t, 4, 8)
	for i := range controls {
		c := &controls[i]
		amount := func(minor int64) string { return money.New(minor, c.Currency).String() }
		t.AppendRow(table.Row{c.Source, c.Kind, c.Currency, c.Read, amount(c.ReadSum), c.Stored, amount(c.Sum), amount(c.ReadSum - c.Sum)})
	}
	return t.Render() + "\n"
}

func alignRight(t table.Writer, from, to int) {
	var columns []table.ColumnConfig
	for n := from; n <= to; n++ {
		columns = append(columns, table.ColumnConfig{Number: n, Align: text.AlignRight, AlignHeader: text.AlignRight})
	}
	t.SetColumnConfigs(columns)
}
