package sqlite

import (
	"database/sql/driver"
	"fmt"
	"iter"
	"strings"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

var (
	entries = newTable("entry", true, "id, provider", entryColumns)
	payouts = newTable("payout", true, "id, provider", payoutColumns)
)

// Source and export stand where betterWord looks for them.
const (
	entryColumns = `key_id, source, export, keys, kind, category, about, currency, gross, fee, net, facing_amount, facing_currency,
		payout_id, description, created_at, available_on`
	payoutColumns = `status, source, export, amount, currency, provider_status, automatic, itemised, description, created_at,
		arrives_on, open`
)

// Places in entryColumns that PutEntry looks at.
const (
	entryKeys   = 3
	entryPayout = 13
)

// PutEntry implements reconcile.PaymentWriter.
func (t *txn) PutEntry(e *reconcile.Entry) (reconcile.Change, error) {
	values, err := encodeEntry(e)
	if err != nil {
		return "", t.fail(err)
	}
	key, better := []driver.Value{e.ID, e.Provider}, betterWord(e.Source, e.Export)
	change, old, err := t.put(entries, key, values, func(old record) bool {
		if values[entryPayout] == nil {
			values[entryPayout] = old[entryPayout]
		}
		return better(old)
	})
	switch {
	case err != nil:
		return "", err
	case change == reconcile.Duplicate && old[entryPayout] == nil && values[entryPayout] != nil:
		// Only this says with which payout the money went: in whatever order the two come, that is known.
		_, err = t.exec(true, "UPDATE entry SET payout_id = ? WHERE id = ? AND provider = ?", values[entryPayout], e.ID, e.Provider)
		return reconcile.Changed, err
	case change == reconcile.Changed && old[entryKeys] != values[entryKeys]:
		return change, t.noteLeft(old)
	}
	return change, nil
}

// noteLeft remembers the payment that an entry belonged to.
func (t *txn) noteLeft(old record) error {
	var keys []reconcile.Key
	if err := old.json(entryKeys, &keys); err != nil {
		return t.fail(err)
	}
	if len(keys) == 0 {
		return nil
	}
	owners, err := t.Identify(keys[:1])
	for _, owner := range owners {
		t.noteMove(reconcile.Changed, record{owner}, 0)
	}
	return err
}

func encodeEntry(e *reconcile.Entry) ([]driver.Value, error) {
	currency := e.Gross.Currency
	if e.Fee.Currency != currency || e.Net.Currency != currency {
		return nil, fmt.Errorf("ledger entry %s: gross in %s, fee in %s and net in %s: %w",
			e.ID, currency, e.Fee.Currency, e.Net.Currency, reconcile.ErrInvalid)
	}
	keys, err := keysColumn(e.Keys)
	if err != nil {
		return nil, err
	}
	var first string
	if len(e.Keys) > 0 {
		first = e.Keys[0].ID
	}
	var facing money.Currency
	if e.Facing != nil {
		facing = e.Facing.Currency
	}
	return []driver.Value{
		orNull(first), e.Source, flag(e.Export), keys, string(e.Kind), orNull(e.Category), orNull(e.About), string(currency),
		e.Gross.Minor, e.Fee.Minor, e.Net.Minor, minorOrNull(e.Facing), orNull(facing),
		orNull(e.PayoutID), orNull(e.Description), micros(e.CreatedAt), micros(e.AvailableOn),
	}, nil
}

// ofKey finds the identity of an entry: the owner of its first key.
const ofKey = ` k.id = e.key_id AND k.provider = e.keys ->> '$[0].provider' AND k.account = coalesce(e.keys ->> '$[0].account', '') `

// selectEntries reads what decodeEntry wants.
var (
	entryFields   = "SELECT " + qualified("e", append(fields("provider, id"), fields(entryColumns)...)) + ", p.id "
	selectEntries = entryFields + "FROM entry e LEFT JOIN identity_key k ON" + ofKey + "LEFT JOIN payment p ON p.row_no = k.owner "
	// CROSS JOIN keeps the order of looking up: the few keys of a payment first.
	entriesOf = entryFields + "FROM identity_key k CROSS JOIN entry e ON" + ofKey +
		"LEFT JOIN payment p ON p.row_no = k.owner WHERE k.owner = ? " + orderEntries
)

const orderEntries = "ORDER BY e.created_at, e.source, e.id, e.provider"

// Entries implements reconcile.PaymentReader.
func (t *txn) Entries(f reconcile.EntryFilter) iter.Seq2[*reconcile.Entry, error] {
	return stream(t, decodeEntry, selectEntries+`WHERE (?1 IS NULL OR e.source IN (SELECT value FROM json_each(?1)))
		AND (?2 IS NULL OR e.created_at >= ?2) AND (?3 IS NULL OR e.created_at < ?3) `+orderEntries,
		sourcesArg(f.Sources), micros(f.From), micros(f.To))
}

func decodeEntry(r record) (*reconcile.Entry, error) {
	currency := money.Currency(r.text(9))
	e := &reconcile.Entry{
		Provider: r.text(0), ID: r.text(1), Source: r.text(3), Export: r.flag(4), Kind: reconcile.EntryKind(r.text(6)),
		Category: r.text(7), About: r.text(8), Gross: r.amount(10, currency), Fee: r.amount(11, currency),
		Net: r.amount(12, currency), Facing: r.amountOrNil(13, money.Currency(r.text(14))), PayoutID: r.text(15),
		Description: r.text(16), CreatedAt: r.time(17), AvailableOn: r.time(18), PaymentID: r.text(19),
	}
	return e, r.json(5, &e.Keys)
}

// PutPayout implements reconcile.PaymentWriter.
func (t *txn) PutPayout(p *reconcile.Payout) (reconcile.Change, error) {
	change, _, err := t.put(payouts, []driver.Value{p.ID, p.Provider}, []driver.Value{
		string(p.Status), p.Source, flag(p.Export), p.Amount.Minor, string(p.Amount.Currency), orNull(p.ProviderStatus),
		flag(p.Automatic), flag(p.Itemised), orNull(p.Description), micros(p.CreatedAt), micros(p.ArrivesOn), flag(p.Open),
	}, betterWord(p.Source, p.Export))
	return change, err
}

// Payouts implements reconcile.PaymentReader.
func (t *txn) Payouts(sources []string) iter.Seq2[*reconcile.Payout, error] {
	return stream(t, decodePayout, "SELECT "+qualified("r", append(fields("provider, id"), fields(payoutColumns)...))+
		" FROM payout r "+ofSources+"ORDER BY r.created_at, r.source, r.id, r.provider", sourcesArg(sources))
}

func decodePayout(r record) (*reconcile.Payout, error) {
	return &reconcile.Payout{
		Provider: r.text(0), ID: r.text(1), Status: reconcile.PayoutStatus(r.text(2)), Source: r.text(3), Export: r.flag(4),
		Amount: money.New(r.int(5), money.Currency(r.text(6))), ProviderStatus: r.text(7), Automatic: r.flag(8),
		Itemised: r.flag(9), Description: r.text(10), CreatedAt: r.time(11), ArrivesOn: r.time(12), Open: r.flag(13),
	}, nil
}

// LedgerTotals implements reconcile.RunReader. SQLite's sum() of integers fails where it does not fit in 64 bits.
func (t *txn) LedgerTotals(sources []string) ([]reconcile.LedgerTotal, error) {
	return collect(t, func(r record) (reconcile.LedgerTotal, error) {
		return reconcile.LedgerTotal{Source: r.text(0), Currency: money.Currency(r.text(1)), Kind: reconcile.EntryKind(r.text(2)),
			Count: int(r.int(3)), Gross: r.int(4), Fee: r.int(5), Net: r.int(6)}, nil
	}, "SELECT source, currency, kind, count(*), sum(gross), sum(fee), sum(net) FROM entry r "+ofSources+
		"GROUP BY source, currency, kind ORDER BY source, currency, kind", sourcesArg(sources))
}

// RowTotals implements reconcile.RunReader.
func (t *txn) RowTotals(sources []string) ([]reconcile.RowTotal, error) {
	var parts []string
	for _, kind := range []string{reconcile.RefDispute, reconcile.RefPayout, reconcile.RefRefund} { // each is the name of its table
		parts = append(parts, "SELECT source, currency, '"+kind+"' AS kind, count(*), sum(amount) FROM "+kind+" r "+ofSources+"GROUP BY source, currency")
	}
	return collect(t, func(r record) (reconcile.RowTotal, error) {
		return reconcile.RowTotal{Source: r.text(0), Currency: money.Currency(r.text(1)), Kind: r.text(2), Count: int(r.int(3)), Sum: r.int(4)}, nil
	}, strings.Join(parts, " UNION ALL ")+" ORDER BY 1, 2, 3", sourcesArg(sources))
}
