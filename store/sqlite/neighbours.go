package sqlite

import (
	"cmp"
	"database/sql/driver"
	"slices"

	"pennytie/reconcile"
)

// Both look up block_key by key and kind. The second goes from a call to its lead by id, if it has come.
const (
	leadsUnder = "SELECT key, target FROM block_key WHERE kind = 3 AND key IN "
	callsUnder = `SELECT b.key, l.row_no FROM block_key b CROSS JOIN call c ON c.row_no = b.target
		CROSS JOIN lead l ON l.id = c.lead_id WHERE b.kind = 4 AND b.key IN `
)

// LeadsWithKeys implements reconcile.RecordReader. Leads and calls come by id.
func (t *txn) LeadsWithKeys(keys []reconcile.BlockKey, crowd int) (reconcile.Neighbours, error) {
	found := reconcile.Neighbours{
		Keys:    make(map[string][]reconcile.BlockKey),
		Crowded: make(map[reconcile.BlockKey]int),
	}
	followed, err := t.uncrowded(distinct(keys), crowd, found.Crowded)
	if err != nil {
		return found, err
	}
	var rows []int64
	for _, query := range []string{leadsUnder, callsUnder} {
		err := inChunks(followed, keyArg, func(list string, args []driver.Value) error {
			return t.each(func(r record) error {
				rows = append(rows, r.int(1))
				return nil
			}, query+"("+list+")", args...)
		})
		if err != nil {
			return found, err
		}
	}
	if err := t.readLeads(distinct(rows), &found); err != nil {
		return found, err
	}
	return found, t.readCalls(&found)
}

// LeadsByID implements reconcile.RecordReader.
func (t *txn) LeadsByID(ids []string) (reconcile.Neighbours, error) {
	found := reconcile.Neighbours{Keys: make(map[string][]reconcile.BlockKey), Crowded: make(map[reconcile.BlockKey]int)}
	var rows []int64
	err := inChunks(ids, textArg, func(list string, args []driver.Value) error {
		some, err := collect(t, rowNumber, "SELECT row_no FROM lead WHERE id IN ("+list+")", args...)
		rows = append(rows, some...)
		return err
	})
	if err != nil {
		return found, err
	}
	if err := t.readLeads(distinct(rows), &found); err != nil {
		return found, err
	}
	return found, t.readCalls(&found)
}

// uncrowded counts the leads under each key and returns the keys that at most crowd of them share. The
// cheap count takes every call for a lead of its own; only where that is too many, leads are told apart.
func (t *txn) uncrowded(keys []reconcile.BlockKey, crowd int,
	crowded map[reconcile.BlockKey]int) ([]reconcile.BlockKey, error) {
	var suspects []reconcile.BlockKey
	err := inChunks(keys, keyArg, func(list string, args []driver.Value) error {
		return t.each(func(r record) error {
			if r.int(1) > int64(crowd) {
				suspects = append(suspects, reconcile.BlockKey(r.int(0)))
			}
			return nil
		}, "SELECT key, count(*) FROM block_key WHERE kind IN (3, 4) AND key IN ("+list+") GROUP BY key", args...)
	})
	if err != nil {
		return nil, err
	}
	for _, key := range suspects {
		exact, err := t.number("SELECT count(*) FROM ("+leadsUnder+"(?1) UNION "+callsUnder+"(?1))", int64(key))
		if err != nil {
			return nil, err
		}
		if exact > int64(crowd) {
			crowded[key] = int(exact)
		}
	}
	followed := slices.Clone(keys)
	return slices.DeleteFunc(followed, func(key reconcile.BlockKey) bool { return crowded[key] > 0 }), nil
}

// readLeads reads leads by row, and their keys.
func (t *txn) readLeads(rows []int64, found *reconcile.Neighbours) error {
	err := inChunks(rows, rowArg, func(list string, args []driver.Value) error {
		return t.each(func(r record) error {
			lead, err := decodeContent[reconcile.Lead](r)
			if err != nil {
				return err
			}
			found.Leads = append(found.Leads, lead)
			found.Keys[lead.ID] = unpackKeys(r[1])
			return nil
		}, "SELECT content, block_keys FROM lead WHERE row_no IN ("+list+")", args...)
	})
	slices.SortFunc(found.Leads, func(a, b *reconcile.Lead) int { return cmp.Compare(a.ID, b.ID) })
	return err
}

// readCalls reads all calls of the leads found, and adds their keys.
func (t *txn) readCalls(found *reconcile.Neighbours) error {
	ids := make([]string, len(found.Leads))
	for i, lead := range found.Leads {
		ids[i] = lead.ID
	}
	err := inChunks(ids, textArg, func(list string, args []driver.Value) error {
		return t.each(func(r record) error {
			call, err := decodeContent[reconcile.Call](r)
			if err != nil {
				return err
			}
			found.Calls = append(found.Calls, call)
			if keys := unpackKeys(r[1]); len(keys) > 0 {
				found.Keys[call.LeadID] = distinct(append(found.Keys[call.LeadID], keys...))
			}
			return nil
		}, "SELECT content, block_keys FROM call WHERE lead_id IN ("+list+")", args...)
	})
	slices.SortFunc(found.Calls, func(a, b *reconcile.Call) int { return cmp.Compare(a.ID, b.ID) })
	return err
}
