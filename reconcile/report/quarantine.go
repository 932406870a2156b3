package report

import (
	"cmp"
	"iter"
	"strconv"

	"pennytie/reconcile"
)

const quarantineFile = "quarantine.csv"

// quarantineRow is a line of quarantine.csv, by source, file and line: input that was kept but is
// no payment.
type quarantineRow struct {
	Source Text   `csv:"source"`
	File   Text   `csv:"file"`
	Line   Number `csv:"line"`
	Field  Text   `csv:"field"`
	Reason Text   `csv:"reason"`
	Raw    Text   `csv:"raw"` // its beginning; empty unless everything may be shown of people
}

func compareQuarantine(a, b *quarantineRow) int {
	return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.File, b.File),
		cmp.Compare(len(a.Line), len(b.Line)), cmp.Compare(a.Line, b.Line), // digits: the longer is the larger
		cmp.Compare(a.Field, b.Field), cmp.Compare(a.Reason, b.Reason), cmp.Compare(a.Raw, b.Raw))
}

// quarantine writes quarantine.csv and counts it by source.
func (b *bundle) quarantine() error {
	t, err := openTable[quarantineRow](b, quarantineFile, nil)
	if err != nil {
		return err
	}
	stream := func() iter.Seq2[*reconcile.Quarantine, error] {
		b.quarantined = map[string]int{}
		return b.reader.Quarantined(b.options.Sources)
	}
	if err := writeSorted(t, stream, b.quarantineRow, compareQuarantine); err != nil {
		return err
	}
	return finishTable(b, t)
}

func (b *bundle) quarantineRow(q *reconcile.Quarantine) quarantineRow {
	b.quarantined[q.Source]++
	row := quarantineRow{
		Source: Text(q.Source),
		File:   Text(q.File),
		Field:  Text(q.Field),
		Reason: Text(b.shown.free(q.Reason)),
		Raw:    Text(b.shown.raw(q.Raw)),
	}
	if q.Line > 0 {
		row.Line = Number(strconv.Itoa(q.Line))
	}
	return row
}
