package sqlite

import (
	"database/sql/driver"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"pennytie/reconcile"
)

const findKey = "SELECT owner FROM identity_key WHERE id = ? AND provider = ? AND account = ?"

// Identify implements reconcile.PaymentWriter.
func (t *txn) Identify(keys []reconcile.Key) ([]int64, error) {
	var owners []int64
	for _, key := range keys {
		row, err := t.first(findKey, key.ID, key.Provider, key.Account)
		if err != nil {
			return nil, err
		}
		if row != nil {
			owners = append(owners, row.int(0))
		}
	}
	return distinct(owners), nil
}

// Open implements reconcile.PaymentWriter.
func (t *txn) Open(keys []reconcile.Key) (int64, error) {
	if len(keys) == 0 {
		return 0, t.fail(fmt.Errorf("an identity needs a key: %w", reconcile.ErrInvalid))
	}
	row, err := t.insert("INSERT INTO identity DEFAULT VALUES")
	if err != nil {
		return 0, err
	}
	return row, t.AddKeys(row, keys)
}

// AddKeys implements reconcile.PaymentWriter.
func (t *txn) AddKeys(row int64, keys []reconcile.Key) error {
	for _, key := range keys {
		added, err := t.exec(true, `INSERT INTO identity_key (id, provider, account, owner) VALUES (?, ?, ?, ?)
			ON CONFLICT (id, provider, account) DO NOTHING`, key.ID, key.Provider, key.Account, row)
		if err != nil {
			return err
		}
		if added > 0 {
			continue
		}
		owner, err := t.number(findKey, key.ID, key.Provider, key.Account)
		if err != nil {
			return err
		}
		if owner != row {
			return t.fail(fmt.Errorf("a key of row %d belongs to row %d, merge them first: %w",
				row, owner, reconcile.ErrConflict))
		}
	}
	return nil
}

// Merge implements reconcile.PaymentWriter. The outcome and the exceptions of from are dropped, but for those that a person has
// resolved: they follow from the records, which stay. Its public id still finds the payment.
func (t *txn) Merge(into, from int64) error {
	if into == from {
		return t.fail(fmt.Errorf("row %d cannot be merged with itself: %w", into, reconcile.ErrInvalid))
	}
	found, err := t.number("SELECT count(*) FROM identity WHERE row_no IN (?, ?)", into, from)
	if err != nil {
		return err
	}
	if found != 2 {
		return t.fail(fmt.Errorf("merge row %d into %d: one of them does not exist: %w",
			from, into, reconcile.ErrConflict))
	}
	if err := t.dropFold(into, from); err != nil {
		return err
	}
	for _, move := range []string{
		"UPDATE identity_key SET owner = ? WHERE owner = ?",
		"UPDATE source_record SET owner = ? WHERE owner = ?",
		"UPDATE refund SET owner = ? WHERE owner = ?",
		"UPDATE dispute SET owner = ? WHERE owner = ?",
		"UPDATE decision SET owner = ?, joined = (SELECT max(row_no) FROM decision) WHERE owner = ?",
		"UPDATE resolution SET owner = ? WHERE owner = ?",
		"UPDATE exception SET owner = ? WHERE owner = ? AND resolution IS NOT NULL",
		"UPDATE payment_merge SET owner = ? WHERE owner = ?",
		"UPDATE change SET owner = ? WHERE owner = ?",
	} {
		if _, err := t.exec(true, move, into, from); err != nil {
			return err
		}
	}
	// What changed too late stays open until a person has seen it.
	if _, err := t.exec(true, `UPDATE exception SET owner = ?1 WHERE owner = ?2 AND code = ?3 AND resolved_at IS NULL AND subject NOT IN
		(SELECT subject FROM exception WHERE owner = ?1 AND code = ?3 AND resolved_at IS NULL)`, into, from, string(reconcile.ExLateChange)); err != nil {
		return err
	}
	if _, err := t.exec(true, "DELETE FROM exception WHERE owner = ?", from); err != nil {
		return err
	}
	if _, err := t.exec(true, "DELETE FROM identity WHERE row_no = ?", from); err != nil {
		return err
	}
	return t.due(into)
}

// Split implements reconcile.PaymentWriter.
func (t *txn) Split(from int64, keys []reconcile.Key, records []reconcile.SourceRecord) (int64, error) {
	row, err := t.insert("INSERT INTO identity DEFAULT VALUES")
	if err != nil {
		return 0, err
	}
	var ids []string
	for _, key := range keys {
		ids = append(ids, reconcile.PaymentID(key))
		moved, err := t.exec(true, "UPDATE identity_key SET owner = ? WHERE id = ? AND provider = ? AND account = ? AND owner = ?",
			row, key.ID, key.Provider, key.Account, from)
		if err != nil {
			return 0, err
		}
		if moved == 0 {
			return 0, t.fail(fmt.Errorf("split row %d: a key is not its own: %w", from, reconcile.ErrConflict))
		}
	}
	for i := range records {
		r := &records[i]
		_, err := t.exec(true, "UPDATE source_record SET owner = ? WHERE id = ? AND provider = ? AND source = ? AND owner = ?",
			row, r.ID, r.Provider, r.Source, from)
		if err != nil {
			return 0, err
		}
	}
	if err := t.splitRows(row, from, keys); err != nil {
		return 0, err
	}
	if len(records) > 0 {
		for _, table := range []string{"decision", "resolution"} {
			if _, err := t.exec(true, "UPDATE "+table+" SET owner = ? WHERE owner = ? AND made_on IN (SELECT value FROM json_each(?))",
				row, from, sourcesArg(ids)); err != nil {
				return 0, err
			}
		}
		if _, err := t.exec(true, `UPDATE exception SET owner = ?1 WHERE owner = ?2
			AND resolution IN (SELECT row_no FROM resolution WHERE owner = ?1)`, row, from); err != nil {
			return 0, err
		}
	}
	return row, t.due(from)
}

// splitRows moves the refunds and disputes whose first key is among the keys.
func (t *txn) splitRows(row, from int64, keys []reconcile.Key) error {
	wanted, err := document(keys)
	if err != nil {
		return t.fail(err)
	}
	// A key is compared by its parts: the document leaves out an account that is empty.
	const ofThese = ` SET owner = ?1 WHERE owner = ?2 AND EXISTS (SELECT 1 FROM json_each(keys) a, json_each(?3) b WHERE a.key = 0
		AND coalesce(a.value ->> 'account', '') = coalesce(b.value ->> 'account', '')
		AND a.value ->> 'provider' = b.value ->> 'provider' AND a.value ->> 'id' = b.value ->> 'id')`
	for _, table := range []string{"refund", "dispute"} {
		if _, err := t.exec(true, "UPDATE "+table+ofThese, row, from, wanted); err != nil {
			return err
		}
	}
	return nil
}

// DropPayment implements reconcile.PaymentWriter.
func (t *txn) DropPayment(row int64) error {
	if err := t.dropFold(0, row); err != nil {
		return err
	}
	_, err := t.exec(true, "DELETE FROM exception WHERE owner = ? AND resolution IS NULL", row)
	return err
}

// dropFold removes the payment of from, remembers its public id for into, if there is one, and makes its twins due.
func (t *txn) dropFold(into, from int64) error {
	row, err := t.first("SELECT id, block_keys, twin_keys, payer_keys, amount, currency FROM payment WHERE row_no = ?", from)
	if err != nil || row == nil {
		return err
	}
	if id := row.text(0); into != 0 && !strings.HasPrefix(id, evicted) {
		if err := t.remember(id, into); err != nil {
			return err
		}
	}
	if err := t.putPaymentKeys(from, row[1:], reconcile.PaymentKeys{}); err != nil {
		return err
	}
	for _, drop := range []struct {
		counted bool
		query   string
	}{
		{false, "DELETE FROM due WHERE row_no = ?"},
		{true, "DELETE FROM outcome WHERE owner = ?"},
		{true, "DELETE FROM payment WHERE row_no = ?"},
	} {
		if _, err := t.exec(drop.counted, drop.query, from); err != nil {
			return err
		}
	}
	if err := t.left(row[4], row[5]); err != nil {
		return err
	}
	if err := t.dueUnder(kindTwin, unpackKeys(row[2])); err != nil {
		return err
	}
	return t.duePayers(unpackKeys(row[3]))
}

// remember keeps a public id that a payment no longer has.
func (t *txn) remember(id string, owner int64) error {
	_, err := t.exec(true, `INSERT INTO payment_merge (id, owner) VALUES (?, ?)
		ON CONFLICT (id) DO UPDATE SET owner = excluded.owner WHERE owner <> excluded.owner`, id, owner)
	return err
}

// Kinds of block_key.
const (
	kindPayment = 1
	kindTwin    = 2
	kindLead    = 3
	kindCall    = 4
	kindPayer   = 5
)

// putKeys makes wanted the keys of one target; before is the packed column of what it has now.
func (t *txn) putKeys(kind, target int64, before driver.Value, wanted []reconcile.BlockKey) error {
	old, wanted := unpackKeys(before), distinct(wanted)
	for _, key := range old {
		if _, kept := slices.BinarySearch(wanted, key); kept {
			continue
		}
		_, err := t.exec(true, "DELETE FROM block_key WHERE key = ? AND kind = ? AND target = ?",
			int64(key), kind, target)
		if err != nil {
			return err
		}
	}
	for _, key := range wanted {
		if _, has := slices.BinarySearch(old, key); has {
			continue
		}
		_, err := t.exec(true, "INSERT INTO block_key (key, kind, target) VALUES (?, ?, ?)",
			int64(key), kind, target)
		if err != nil {
			return err
		}
	}
	return nil
}

// DueAll implements reconcile.RecordWriter.
func (t *txn) DueAll() error {
	_, err := t.exec(false, `INSERT INTO due (row_no) SELECT row_no FROM payment WHERE true
		ON CONFLICT DO NOTHING`)
	return err
}

// MakeDue implements reconcile.PaymentWriter.
func (t *txn) MakeDue(row int64) error { return t.due(row) }

// due makes a row due, if it is a payment.
func (t *txn) due(row int64) error {
	_, err := t.exec(false, `INSERT INTO due (row_no) SELECT row_no FROM payment WHERE row_no = ?
		ON CONFLICT DO NOTHING`, row)
	return err
}

// dueUnder makes every payment due that has one of the keys as one of a kind.
func (t *txn) dueUnder(kind int64, keys []reconcile.BlockKey) error {
	for _, key := range keys {
		_, err := t.exec(false, `INSERT INTO due (row_no) SELECT target FROM block_key WHERE key = ? AND kind = ?
			ON CONFLICT DO NOTHING`, int64(key), kind)
		if err != nil {
			return err
		}
	}
	return nil
}

// duePayers makes every payment with one of the payer keys due. A key that says nothing because too many share it makes nobody
// due, but for the first time that it does: then they all lose what it said.
func (t *txn) duePayers(keys []reconcile.BlockKey) error {
	for _, key := range keys {
		rows, err := t.ofPayer(key, reconcile.MostOfPayer+2)
		if err != nil {
			return err
		}
		if len(rows) == reconcile.MostOfPayer+2 {
			continue
		}
		for _, row := range rows {
			if err := t.due(row); err != nil {
				return err
			}
		}
	}
	return nil
}

// ofPayer lists some of the payments with a payer key.
func (t *txn) ofPayer(key reconcile.BlockKey, most int) ([]int64, error) {
	return collect(t, rowNumber, "SELECT target FROM block_key WHERE key = ? AND kind = ? ORDER BY target LIMIT ?",
		int64(key), int64(kindPayer), int64(most))
}

// dueSharing makes every payment with one of the keys due, except where a person has decided: a new
// lead does not change that. What it tells of a payment it tells of the payer's others.
func (t *txn) dueSharing(keys []reconcile.BlockKey) error {
	var payers []reconcile.BlockKey
	err := inChunks(distinct(keys), keyArg, func(list string, args []driver.Value) error {
		_, err := t.exec(false, `INSERT INTO due (row_no)
			SELECT b.target FROM block_key b LEFT JOIN outcome o ON o.owner = b.target
			WHERE b.key IN (`+list+`) AND b.kind = 1 AND o.match_state IS NOT 'manual'
			ON CONFLICT DO NOTHING`, args...)
		if err != nil {
			return err
		}
		return t.each(func(r record) error {
			payers = append(payers, unpackKeys(r[0])...)
			return nil
		}, `SELECT p.payer_keys FROM block_key b JOIN payment p ON p.row_no = b.target
			WHERE b.key IN (`+list+`) AND b.kind = 1 AND p.payer_keys IS NOT NULL`, args...)
	})
	if err != nil {
		return err
	}
	return t.duePayers(distinct(payers))
}

// Rekey implements reconcile.RecordWriter.
func (t *txn) Rekey(prepare reconcile.Preparer, payment func(*reconcile.Prepared) reconcile.PaymentKeys) error {
	err := rekey(t, "SELECT row_no, block_keys, content FROM lead", "UPDATE lead SET block_keys = ? WHERE row_no = ?", kindLead,
		func(lead *reconcile.Lead) []reconcile.BlockKey { return prepare.LeadKeys(prepare.Lead(lead)) })
	if err != nil {
		return err
	}
	err = rekey(t, "SELECT row_no, block_keys, content FROM call", "UPDATE call SET block_keys = ? WHERE row_no = ?", kindCall,
		prepare.CallKeys)
	if err != nil {
		return err
	}
	return t.rekeyPayments(func(p *reconcile.Payment) reconcile.PaymentKeys { return payment(prepare.Payment(p)) })
}

// rekeyedAtOnce is how many rows are read before they are written: a connection does not write while it reads.
const rekeyedAtOnce = 1000

// rekey gives the rows of a table other keys.
func rekey[T any](t *txn, query, update string, kind int64, keysOf func(*T) []reconcile.BlockKey) error {
	for after := int64(-1); ; {
		rows, err := collect(t, func(r record) (record, error) { return slices.Clone(r), nil },
			query+" WHERE row_no > ? ORDER BY row_no LIMIT ?", after, int64(rekeyedAtOnce))
		if err != nil || len(rows) == 0 {
			return err
		}
		for _, r := range rows {
			after = r.int(0)
			content, err := decodeContent[T](r[2:])
			if err != nil {
				return t.fail(err)
			}
			keys := keysOf(content)
			if packed := packKeys(keys); !reflect.DeepEqual(packed, r[1]) {
				if err := t.putKeys(kind, after, r[1], keys); err != nil {
					return err
				}
				if _, err := t.exec(true, update, packed, after); err != nil {
					return err
				}
			}
		}
	}
}

func (t *txn) rekeyPayments(keysOf func(*reconcile.Payment) reconcile.PaymentKeys) error {
	for after := int64(-1); ; {
		rows, err := collect(t, func(r record) (record, error) { return slices.Clone(r), nil },
			"SELECT row_no, block_keys, twin_keys, payer_keys FROM payment WHERE row_no > ? ORDER BY row_no LIMIT ?",
			after, int64(rekeyedAtOnce))
		if err != nil || len(rows) == 0 {
			return err
		}
		numbers := make([]int64, len(rows))
		for i, r := range rows {
			numbers[i] = r.int(0)
		}
		payments, err := t.PaymentRows(numbers)
		if err != nil {
			return err
		}
		for i, r := range rows {
			after = r.int(0)
			keys := keysOf(payments[i])
			packed := record{packKeys(keys.Block), packKeys(keys.Twin), packKeys(keys.Payer)}
			if reflect.DeepEqual(packed, r[1:]) {
				continue
			}
			if err := t.putPaymentKeys(after, r[1:], keys); err != nil {
				return err
			}
			_, err := t.exec(true, "UPDATE payment SET block_keys = ?, twin_keys = ?, payer_keys = ? WHERE row_no = ?",
				packed[0], packed[1], packed[2], after)
			if err != nil {
				return err
			}
		}
	}
}

// DueUnder implements reconcile.PaymentWriter.
func (t *txn) DueUnder(keys []reconcile.BlockKey) error {
	return t.dueUnder(kindPayment, distinct(keys))
}

// noPayments says that there is nothing yet that could become due, as in a first load of leads.
func (t *txn) noPayments() (bool, error) {
	if !t.looked {
		some, err := t.number("SELECT EXISTS (SELECT 1 FROM payment)")
		if err != nil {
			return false, err
		}
		t.looked, t.empty = true, some == 0
	}
	return t.empty, nil
}
