package sqlite

import (
	"database/sql/driver"
	"fmt"

	"pennytie/reconcile"
)

var (
	leads    = newTable("lead", true, "id", "source, content, block_keys")
	calls    = newTable("call", true, "id", "source, lead_id, content, block_keys")
	products = newTable("product", true, "id", "source, content")
)

// ownWord says whether a source may replace a stored lead, call or product: where two sources say the
// same id, the smaller source name stays, so that the order of arrival does not show.
func ownWord(source string) func(old record) bool {
	return func(old record) bool { return source <= old.text(0) }
}

// PutLead implements reconcile.RecordWriter.
func (t *txn) PutLead(source string, l *reconcile.Lead, keys []reconcile.BlockKey) (reconcile.Change, error) {
	stored := *l
	stored.CreatedAt = l.CreatedAt.UTC()
	content, err := document(stored)
	if err != nil {
		return "", t.fail(err)
	}
	change, old, err := t.put(leads, []driver.Value{l.ID},
		[]driver.Value{source, content, packKeys(keys)}, ownWord(source))
	if err != nil || change == reconcile.Unchanged || change == reconcile.Duplicate {
		return change, err
	}
	var before driver.Value
	if old != nil {
		before = old[2]
	}
	if err := t.putTarget("SELECT row_no FROM lead WHERE id = ?", l.ID, kindLead, before, keys); err != nil {
		return "", err
	}
	return change, t.dueAround(append(unpackKeys(before), keys...), l.ID)
}

// PutCall implements reconcile.RecordWriter.
func (t *txn) PutCall(source string, c *reconcile.Call, keys []reconcile.BlockKey) (reconcile.Change, error) {
	stored := *c
	stored.StartedAt, stored.EndedAt = c.StartedAt.UTC(), c.EndedAt.UTC()
	content, err := document(stored)
	if err != nil {
		return "", t.fail(err)
	}
	change, old, err := t.put(calls, []driver.Value{c.ID},
		[]driver.Value{source, orNull(c.LeadID), content, packKeys(keys)}, ownWord(source))
	if err != nil || change == reconcile.Unchanged || change == reconcile.Duplicate {
		return change, err
	}
	var before driver.Value
	around := []string{c.LeadID}
	if old != nil {
		before = old[3]
		if lead := old.text(1); lead != c.LeadID {
			around = append(around, lead)
		}
	}
	if err := t.putTarget("SELECT row_no FROM call WHERE id = ?", c.ID, kindCall, before, keys); err != nil {
		return "", err
	}
	return change, t.dueAround(append(unpackKeys(before), keys...), around...)
}

// putTarget puts the keys of the row that find finds by id.
func (t *txn) putTarget(find, id string, kind int64, before driver.Value, keys []reconcile.BlockKey) error {
	row, err := t.number(find, id)
	if err != nil {
		return err
	}
	return t.putKeys(kind, row, before, keys)
}

// aroundLead lists the keys of a lead, of its calls, and of the payments that a person gave to it.
const aroundLead = `SELECT block_keys FROM lead WHERE id = ?1 AND block_keys IS NOT NULL
	UNION ALL SELECT block_keys FROM call WHERE lead_id = ?1 AND block_keys IS NOT NULL
	UNION ALL SELECT p.block_keys FROM decision d CROSS JOIN payment p ON p.row_no = d.owner
		WHERE d.lead_id = ?1 AND p.block_keys IS NOT NULL`

// dueAround makes the payments due that share a key with what changed: its own keys, and those around the
// leads it belongs to. A lead that has not come yet has none.
func (t *txn) dueAround(keys []reconcile.BlockKey, leadIDs ...string) error {
	if none, err := t.noPayments(); none || err != nil {
		return err
	}
	for _, id := range leadIDs {
		if id == "" {
			continue
		}
		err := t.each(func(r record) error {
			keys = append(keys, unpackKeys(r[0])...)
			return nil
		}, aroundLead, id)
		if err != nil {
			return err
		}
	}
	return t.dueSharing(keys)
}

// PutProduct implements reconcile.RecordWriter.
func (t *txn) PutProduct(source string, p *reconcile.Product) (reconcile.Change, error) {
	content, err := document(p)
	if err != nil {
		return "", t.fail(err)
	}
	change, _, err := t.put(products, []driver.Value{p.ID}, []driver.Value{source, content}, ownWord(source))
	if err != nil || change == reconcile.Unchanged || change == reconcile.Duplicate {
		return change, err
	}
	return change, t.DueAll()
}

// Lead implements reconcile.RecordReader.
func (t *txn) Lead(id string) (*reconcile.Lead, error) {
	return one[reconcile.Lead](t, "lead", "SELECT content FROM lead WHERE id = ?", id)
}

// Call implements reconcile.RecordReader.
func (t *txn) Call(id string) (*reconcile.Call, error) {
	return one[reconcile.Call](t, "call", "SELECT content FROM call WHERE id = ?", id)
}

// one reads the one record that a query finds by id.
func one[T any](t *txn, kind, query, id string) (*T, error) {
	row, err := t.first(query, id)
	if err != nil {
		return nil, err
	}
	if row == nil {
		return nil, fmt.Errorf("sqlite: %s %q: %w", kind, id, reconcile.ErrNotFound)
	}
	found, err := decodeContent[T](row)
	if err != nil {
		return nil, t.fail(err)
	}
	return found, nil
}

// Leads implements reconcile.RecordReader.
func (t *txn) Leads(after string, limit int) ([]*reconcile.Lead, error) {
	return collect(t, decodeContent[reconcile.Lead], "SELECT content FROM lead WHERE id > ? ORDER BY id LIMIT ?", after, int64(limit))
}

// Calls implements reconcile.RecordReader.
func (t *txn) Calls(leadID, after string, limit int) ([]*reconcile.Call, error) {
	if leadID == "" {
		return collect(t, decodeContent[reconcile.Call], "SELECT content FROM call WHERE id > ? ORDER BY id LIMIT ?", after, int64(limit))
	}
	return collect(t, decodeContent[reconcile.Call], "SELECT content FROM call WHERE lead_id = ? AND id > ? ORDER BY id LIMIT ?",
		leadID, after, int64(limit))
}

// AnyCalls implements reconcile.RecordReader.
func (t *txn) AnyCalls() (bool, error) {
	row, err := t.first("SELECT EXISTS (SELECT 1 FROM call)")
	return err == nil && row.flag(0), err
}

// Products implements reconcile.RecordReader.
func (t *txn) Products() ([]*reconcile.Product, error) {
	return collect(t, decodeContent[reconcile.Product], "SELECT content FROM product ORDER BY id")
}

// decodeContent decodes the JSON of the first column.
func decodeContent[T any](r record) (*T, error) {
	value := new(T)
	return value, r.json(0, value)
}
