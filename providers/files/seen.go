package files

import (
	"hash/maphash"
	"maps"
	"reflect"
	"slices"
)

// seen remembers the ids of a pull: 64-bit hashes only, so that millions of rows fit.
type seen struct {
	seed maphash.Seed
	ids  map[uint64]place
	file int32 // counts the files begun
}

// place is where an id was first seen, and a hash of what its row said.
type place struct {
	content uint64
	line    int32
	file    int32
}

func newSeen() *seen { return &seen{seed: maphash.MakeSeed(), ids: map[uint64]place{}} }

// begin says that the following rows are of another file.
func (s *seen) begin() { s.file++ }

// check remembers the ids of a row that are new. A row whose id is known is a duplicate if it says the same, or if another file
// said it; otherwise one file contradicts itself, and the fault says where.
func (s *seen) check(e *entry, in *input) (duplicate bool, f *fault) {
	content := s.content(in)
	duplicate, f = s.checkID(e.kind, e.provider, e.id, e.idField, content, in.line)
	if e.ledger != nil && e.kind != ledgerRows && !duplicate && f == nil {
		return s.checkID(ledgerRows, e.provider, e.ledger.ID, "balance_transaction_id", content, in.line)
	}
	return duplicate, f
}

func (s *seen) checkID(kind Kind, provider, name, field string, content uint64, line int) (duplicate bool, f *fault) {
	var h maphash.Hash
	h.SetSeed(s.seed)
	writeAll(&h, string(kind), provider, name)
	id := h.Sum64()
	first, known := s.ids[id]
	if !known {
		s.ids[id] = place{content, int32(line), s.file} //nolint:gosec // lines fit
		return false, nil
	}
	if first.content == content || first.file != s.file {
		return true, nil // a file of a later name has said it already, perhaps newer
	}
	return false, faultf(field, "same id as line %d with other values; that one stays", first.line)
}

// content hashes the cells of a row by column, so that the order of columns does not count.
func (s *seen) content(in *input) uint64 {
	var h maphash.Hash
	h.SetSeed(s.seed)
	row := reflect.ValueOf(in.row).Elem()
	for i := range row.NumField() {
		if cell := row.Field(i).String(); cell != "" {
			_ = h.WriteByte(byte(i + 1)) // never fails
			writeAll(&h, cell)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(in.extra)) {
		if hasMetadataPrefix(name) {
			writeAll(&h, name, in.extra[name])
		}
	}
	return h.Sum64()
}

// writeAll writes texts so that their borders count.
func writeAll(h *maphash.Hash, texts ...string) {
	for _, text := range texts {
		_, _ = h.WriteString(text) // never fails
		_ = h.WriteByte(0)
	}
}
