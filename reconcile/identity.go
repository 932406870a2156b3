package reconcile

import (
	"cmp"
	"slices"
)

// Identity names the keys by which a record is known. A book names one payment, by its first key, and has its own id: if
// all its keys counted, a slip in one of them would make two payments one, and one of them would be gone.
func (r *SourceRecord) Identity() []Key {
	if r.Role != RoleBook || len(r.Keys) == 0 {
		return r.Keys
	}
	keys := r.Keys[:1:1]
	for _, key := range r.Keys[1:] {
		if key.Provider == r.Provider && key.Provider != keys[0].Provider {
			keys = append(keys, key)
		}
	}
	return keys
}

// Leaving says which keys and records leave a payment when a record that belongs to it now says after instead of before: a
// claim that was corrected must not drag along the payment that it named by mistake. others are the payment's other
// records, owned its keys. Where some of them no longer hang together with the record, the record goes, with those that do
// and their keys; where it is all that the payment has, only the keys that it no longer names go.
func Leaving(before, after *SourceRecord, others []SourceRecord, owned []Key) (keys []Key, records []SourceRecord) {
	was, is := before.Identity(), after.Identity()
	given := without(was, is)
	if len(given) == 0 {
		return nil, nil
	}
	group := joining(is, others, (*SourceRecord).Identity)
	if len(group.records) == len(others) {
		return among(without(given, group.keys), owned), nil
	}
	for i := range group.records {
		keys = append(keys, group.records[i].Identity()...)
	}
	keys = among(append(keys, without(was, given)...), owned)
	if len(keys) == 0 {
		return nil, nil // it has no key of its own to go with: it is stored elsewhere, and that is all
	}
	return keys, append(group.records, *before)
}

// Strangers finds payments of processors that only a book's word has put together: if their own words do not name each other,
// they are not the same money. It gives what must leave, keys and records, or nothing.
func Strangers(records []SourceRecord, owned []Key) (keys []Key, leaving []SourceRecord) {
	var own []SourceRecord
	for _, r := range records {
		if r.Role != RoleBook && !r.ByHand() {
			own = append(own, r)
		}
	}
	money := moneyRecords(own)
	if len(money) < 2 {
		return nil, nil
	}
	slices.SortFunc(money, func(a, b *SourceRecord) int { return compareKeys(a.Keys[0], b.Keys[0]) })
	all := func(r *SourceRecord) []Key { return r.Keys }
	first := joining(money[0].Keys, own, all)
	if len(first.records) == len(own) {
		return nil, nil
	}
	for _, r := range own {
		if !slices.ContainsFunc(r.Keys, func(k Key) bool { return slices.Contains(first.keys, k) }) {
			leaving, keys = append(leaving, r), append(keys, r.Keys...)
		}
	}
	for _, r := range records { // a book goes with the payment that it names, and so does a correction
		if (r.Role == RoleBook || r.ByHand()) && slices.Contains(keys, r.Identity()[0]) {
			leaving, keys = append(leaving, r), append(keys, r.Identity()...)
		}
	}
	return among(without(keys, first.keys), owned), leaving
}

// hanging is a set of records that name each other's keys.
type hanging struct {
	keys    []Key
	records []SourceRecord
}

// joining finds the records that hang together with some keys, key by key.
func joining(keys []Key, records []SourceRecord, keysOf func(*SourceRecord) []Key) hanging {
	found := hanging{keys: slices.Clone(keys)}
	taken := make([]bool, len(records))
	for grew := true; grew; {
		grew = false
		for i := range records {
			named := keysOf(&records[i])
			if taken[i] || !slices.ContainsFunc(named, func(k Key) bool { return slices.Contains(found.keys, k) }) {
				continue
			}
			taken[i], grew = true, true
			found.keys, found.records = append(found.keys, named...), append(found.records, records[i])
		}
	}
	return found
}

func without(keys, but []Key) []Key {
	return slices.DeleteFunc(slices.Clone(keys), func(k Key) bool { return slices.Contains(but, k) })
}

// among sorts keys and drops repeats and those that are not owned.
func among(keys, owned []Key) []Key {
	kept := slices.DeleteFunc(keys, func(k Key) bool { return !slices.Contains(owned, k) })
	slices.SortFunc(kept, compareKeys)
	return slices.Compact(kept)
}

func compareKeys(a, b Key) int {
	return cmp.Or(cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.Account, b.Account), cmp.Compare(a.ID, b.ID))
}
