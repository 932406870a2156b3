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

// Leaving says which keys leave a payment when a record that belongs to it now says after instead of before: a claim
// that was corrected must not drag along the payment that it named by mistake. others are the payment's other records.
// Where none of them hangs together with the record any more, the record goes with its keys; where it is all
// that the payment has, the keys that it no longer names go. Nothing leaves if no key was given up.
func Leaving(before, after *SourceRecord, others []SourceRecord) []Key {
	was, is := before.Identity(), after.Identity()
	given := slices.DeleteFunc(slices.Clone(was), func(k Key) bool { return slices.Contains(is, k) })
	if len(given) == 0 {
		return nil
	}
	// What still hangs together with the record, key by key.
	mine := slices.Clone(is)
	joined := make([]bool, len(others))
	for grew := true; grew; {
		grew = false
		for i := range others {
			keys := others[i].Identity()
			if joined[i] || !slices.ContainsFunc(keys, func(k Key) bool { return slices.Contains(mine, k) }) {
				continue
			}
			joined[i], grew = true, true
			mine = append(mine, keys...)
		}
	}
	if !slices.Contains(joined, false) {
		return slices.DeleteFunc(given, func(k Key) bool { return slices.Contains(mine, k) })
	}
	// The others stay with what they name; of the keys that the record had, those that it keeps go with it.
	leaving := slices.DeleteFunc(slices.Clone(was), func(k Key) bool { return !slices.Contains(is, k) })
	for i := range others {
		if joined[i] {
			leaving = append(leaving, others[i].Identity()...)
		}
	}
	slices.SortFunc(leaving, compareKeys)
	return slices.Compact(leaving)
}

func compareKeys(a, b Key) int {
	return cmp.Or(cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.Account, b.Account), cmp.Compare(a.ID, b.ID))
}
