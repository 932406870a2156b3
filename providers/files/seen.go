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

// check remembers an id that is new. A row whose id is known is a duplicate if it says the same, or if another file said
// it; otherwise one file contradicts itself, and the fault says where.
func (s *seen) check(e *entry, in *input) (duplicate bool, f *fault) {
	var h maphash.Hash
	h.SetSeed(s.seed)
	writeAll(&h, string(e.kind), e.provider, e.id)
	id, content := h.Sum64(), s.content(in)
	first, known := s.ids[id]
	if !known {
		s.ids[id] = place{content, int32(in.line), s.file} //nolint:gosec // lines fit
		return false, nil
	}
	if first.content == content || first.file != s.file {
		return true, nil // a file of a later name has said it already, perhaps newer
	}
	return false, faultf(e.idField, "same id as line %d with other values; that one stays", first.line)
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
