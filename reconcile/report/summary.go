package report

import (
	"cmp"
	"maps"
	"slices"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

const summaryFile = "summary.csv"

// summaryRow is a line of summary.csv: one named figure. The sections are, in this order: source (how far
// each one came, so that a half pull is on the first page, and what it has brought so far), total (control totals of each source and
// currency), ledger (entries of each source, currency and category, and what payouts leave unexplained), match and verification (payments by state), exception (open ones by code), refund (rows whose
// payment is unknown) and quarantine (rows of each source).
type summaryRow struct {
	Section  Text `csv:"section"`
	Source   Text `csv:"source"`
	Currency Text `csv:"currency"`
	Name     Text `csv:"name"`
	Value    Text `csv:"value"` // a word, a count, or major units where currency is filled
}

func (b *bundle) summary() error {
	t, err := openTable[summaryRow](b, summaryFile, nil)
	if err != nil {
		return err
	}
	for _, section := range []func() ([]summaryRow, error){b.sourceLines, b.totalLines, b.ledgerLines, b.countLines} {
		lines, err := section()
		if err != nil {
			return t.failed(err)
		}
		for i := range lines {
			if err := t.add(&lines[i]); err != nil {
				return err
			}
		}
	}
	return finishTable(b, t)
}

// sourceLines tell how far each source came. A source that this run had nothing to do with is as its last
// pull left it.
func (b *bundle) sourceLines() ([]summaryRow, error) {
	states := map[string]reconcile.SourceState{}
	for _, name := range b.options.Sources {
		states[name] = reconcile.SourceSkipped
	}
	for _, s := range b.options.States {
		states[s.Name] = s.State
	}
	counts, err := b.reader.Counts(b.options.Sources)
	if err != nil {
		return nil, err
	}
	var lines []summaryRow
	for _, name := range slices.Sorted(maps.Keys(states)) {
		state := states[name]
		if state == reconcile.SourceSkipped {
			if state, err = b.lastState(name); err != nil {
				return nil, err
			}
		}
		word := Text(state)
		if b.stale[name] {
			word = "stale"
		}
		lines = append(lines, summaryRow{Section: "source", Source: Text(name), Name: "state", Value: word})
		lines = append(lines, sourceCounts(name, counts.BySource[name])...)
	}
	return lines, nil
}

func (b *bundle) lastState(source string) (reconcile.SourceState, error) {
	progress, err := b.reader.Progress(source)
	switch {
	case err != nil:
		return "", err
	case progress.Complete:
		return reconcile.SourceComplete, nil
	case progress.Cursor != "" || progress.Error != "":
		return reconcile.SourceIncomplete, nil
	}
	return reconcile.SourceSkipped, nil
}

func (b *bundle) totalLines() ([]summaryRow, error) {
	totals, err := b.reader.Totals(b.options.Sources)
	if err != nil {
		return nil, err
	}
	totals = slices.SortedFunc(slices.Values(totals), compareTotals)
	var lines []summaryRow
	for _, total := range totals {
		line := summaryRow{Section: "total", Source: Text(total.Source), Currency: Text(total.Currency)}
		line.Name, line.Value = "count", Text(count(total.Count))
		lines = append(lines, line)
		for _, figure := range []struct {
			name  Text
			minor int64
		}{
			{"gross", total.Gross}, {"refunded", total.Refunded}, {"disputed", total.Disputed},
			{"fee", total.Fee}, {"net", total.Net},
		} {
			line.Name, line.Value = figure.name, Text(money.New(figure.minor, total.Currency).String())
			lines = append(lines, line)
		}
	}
	return lines, nil
}

func compareTotals(a, b reconcile.Total) int {
	return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Currency, b.Currency))
}

func (b *bundle) countLines() ([]summaryRow, error) {
	counts, err := b.reader.Counts(b.options.Sources)
	if err != nil {
		return nil, err
	}
	lines := []summaryRow{figure("match", "payments", counts.Payments)}
	for _, state := range []reconcile.MatchState{reconcile.MatchAuto, reconcile.MatchSuggested,
		reconcile.MatchAmbiguous,
		reconcile.MatchUnmatched, reconcile.MatchManual} {
		lines = append(lines, figure("match", Text(state), counts.ByState[state]))
	}
	for _, status := range slices.Sorted(maps.Keys(b.checks)) {
		lines = append(lines, figure("verification", Text(status), b.checks[status]))
	}
	for _, code := range slices.Sorted(maps.Keys(counts.Exceptions)) {
		lines = append(lines, figure("exception", Text(code), counts.Exceptions[code]))
	}
	lines = append(lines, figure("refund", "orphans", b.orphans))
	for _, source := range slices.Sorted(maps.Keys(b.quarantined)) {
		line := figure("quarantine", "rows", b.quarantined[source])
		line.Source = Text(source)
		lines = append(lines, line)
	}
	return lines, nil
}

func figure(section, name Text, n int) summaryRow {
	return summaryRow{Section: section, Name: name, Value: Text(count(n))}
}
