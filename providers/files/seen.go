package files

import (
	"fmt"
	"hash/maphash"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
)

// seen remembers the ids of a pull: 64-bit hashes only, so that millions of rows fit.
type seen struct {
	seed  maphash.Seed
	ids   map[uint64]place
	files []string
}

// place is where an id was first seen, and a hash of what its row said.
type place struct {
	content uint64
	line    int32
	file    int32
}

func newSeen() *seen { return &seen{seed: maphash.MakeSeed(), ids: map[uint64]place{}} }

// begin says which file the following rows are of.
func (s *seen) begin(path string) { s.files = append(s.files, filepath.Base(path)) }

// check remembers an id that is new. Of a known one it says whether its row is the same; if not, why the
// later row is not taken.
func (s *seen) check(e *entry, in *input) (duplicate bool, f *fault) {
	var h maphash.Hash
	h.SetSeed(s.seed)
	writeAll(&h, string(e.kind), e.provider, e.id)
	id, content := h.Sum64(), s.content(in)
	first, known := s.ids[id]
	if !known {
		s.ids[id] = place{content, int32(in.line), int32(len(s.files) - 1)} //nolint:gosec // lines fit
		return false, nil
	}
	if first.content == content {
		return true, nil
	}
	where := fmt.Sprintf("line %d", first.line)
	if int(first.file) != len(s.files)-1 {
		where += " of " + s.files[first.file]
	}
	return false, faultf(e.idField, "same id as %s with other values; that one stays", where)
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
