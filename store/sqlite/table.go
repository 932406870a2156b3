package sqlite

import (
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"

	"pennytie/reconcile"
)

// table is how rows of one table are put: inserted, or compared and then updated. Its SQL is made of
// names in this package, never of data.
type table struct {
	name    string
	counted bool // data; otherwise bookkeeping
	insert  string
	find    string
	update  string
}

func newTable(name string, counted bool, key, columns string) table {
	keys, rest := fields(key), fields(columns)
	where := strings.Join(keys, " = ? AND ") + " = ?"
	return table{
		name:    name,
		counted: counted,
		insert: fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s) ON CONFLICT (%s) DO NOTHING", name,
			strings.Join(slices.Concat(keys, rest), ", "), marks(len(keys)+len(rest)), strings.Join(keys, ", ")),
		find:   fmt.Sprintf("SELECT %s FROM %s WHERE %s", strings.Join(rest, ", "), name, where),
		update: fmt.Sprintf("UPDATE %s SET %s = ? WHERE %s", name, strings.Join(rest, " = ?, "), where),
	}
}

func fields(names string) []string {
	return strings.FieldsFunc(names, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\t' })
}

// marks is n placeholders.
func marks(n int) string { return strings.TrimSuffix(strings.Repeat("?, ", n), ", ") }

// put stores a row under its key and tells what it was before: nil if it is new. replaces may refuse
// to overwrite a row that differs, which is then Duplicate; nil always overwrites.
func (t *txn) put(into table, key, values []driver.Value,
	replaces func(old record) bool) (reconcile.Change, record, error) {
	inserted, err := t.exec(into.counted, into.insert, slices.Concat(key, values)...)
	if err != nil {
		return "", nil, err
	}
	if inserted > 0 {
		return reconcile.New, nil, nil
	}
	old, err := t.first(into.find, key...)
	if err != nil {
		return "", nil, err
	}
	if old == nil {
		return "", nil, t.fail(fmt.Errorf("%s neither takes nor has a row: %w", into.name, reconcile.ErrIntegrity))
	}
	if replaces != nil && !replaces(old) {
		return reconcile.Duplicate, old, nil
	}
	if same(old, values) {
		return reconcile.Unchanged, old, nil
	}
	if _, err := t.exec(into.counted, into.update, slices.Concat(values, key)...); err != nil {
		return "", nil, err
	}
	return reconcile.Changed, old, nil
}
