package report

import (
	"iter"
	"slices"
)

// writeSorted fills a table from a stream in the order of compare. The stream is expected to come in that
// order and is then never held; if it does not, the file is written again from sorted rows, so that the
// bytes are the same either way.
func writeSorted[T, R any](
	t *table[R], stream func() iter.Seq2[*T, error], row func(*T) R, compare func(a, b *R) int,
) error {
	var last *R
	for item, err := range stream() {
		if err != nil {
			return t.failed(err)
		}
		next := row(item)
		if last != nil && compare(last, &next) > 0 {
			return rewriteSorted(t, stream, row, compare)
		}
		if err := t.add(&next); err != nil {
			return err
		}
		last = &next
	}
	return nil
}

func rewriteSorted[T, R any](
	t *table[R], stream func() iter.Seq2[*T, error], row func(*T) R, compare func(a, b *R) int,
) error {
	if err := t.restart(); err != nil {
		return err
	}
	var rows []*R
	for item, err := range stream() {
		if err != nil {
			return t.failed(err)
		}
		if err := t.ctx.Err(); err != nil {
			return err
		}
		next := row(item)
		rows = append(rows, &next)
	}
	slices.SortStableFunc(rows, compare)
	for _, r := range rows {
		if err := t.add(r); err != nil {
			return err
		}
	}
	return nil
}

// compareTimes orders cells of time; an unknown one comes first.
func compareTimes(a, b Time) int { return timeOf(a).Compare(timeOf(b)) }
