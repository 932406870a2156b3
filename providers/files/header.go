package files

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of a header. Stripe's widest export has about a hundred columns.
const (
	maxHeader  = 64 << 10
	maxColumns = 1000
)

// ignoredColumn and metadataColumn name columns that no field of a row has.
const (
	ignoredColumn  = "-ignored"
	metadataColumn = "metadata:"
)

const byteOrderMark = "\xef\xbb\xbf"

// checkEncoding refuses what is not UTF-8 text, looking at the first bytes of a file.
func checkEncoding(path string, head []byte) error {
	utf16 := "is %s; save it as UTF-8 (in Excel: CSV UTF-8)"
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xfe\x00\x00")), bytes.HasPrefix(head, []byte("\x00\x00\xfe\xff")):
		return refused(path, utf16, "UTF-32")
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		return refused(path, utf16, "UTF-16")
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return refused(path, "is a workbook or a zip archive; save the sheet as CSV UTF-8")
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		return refused(path, "is compressed; unpack it first")
	}
	line, _, _ := bytes.Cut(head, []byte{'\n'})
	if bytes.IndexByte(line, 0) >= 0 {
		return refused(path, "has NUL bytes, it seems to be UTF-16; save it as UTF-8 (in Excel: CSV UTF-8)")
	}
	return nil
}

// splitHeader cuts the first record of a CSV file into column names.
func splitHeader(path string, r record) ([]string, error) {
	switch {
	case r.tooBig || len(r.raw) > maxHeader:
		return nil, refused(path, "the header is longer than %d bytes; is this a CSV file?", maxHeader)
	case r.open:
		return nil, refused(path, "the header has a quote that is never closed")
	case !utf8.Valid(r.raw):
		return nil, refused(path, "the header is not UTF-8; save the file as UTF-8 (in Excel: CSV UTF-8)")
	}
	names, err := parseRecord(r.raw)
	if err != nil {
		return nil, refused(path, "the header is not well-formed CSV: a quote is out of place")
	}
	if len(names) > maxColumns {
		return nil, refused(path, "the header has %d columns, more than %d", len(names), maxColumns)
	}
	if len(names) == 1 {
		for _, mark := range []struct{ mark, name string }{{";", "semicolons"}, {"\t", "tabs"}, {"|", "bars"}} {
			if strings.Contains(names[0], mark.mark) {
				return nil, refused(path, "is separated by %s (%s); save it with commas",
					strings.ReplaceAll(mark.mark, "\t", "TAB"), mark.name)
			}
		}
		if strings.ContainsRune(names[0], '\r') {
			return nil, refused(path, "ends its lines with CR only; save it with LF or CRLF")
		}
	}
	return names, nil
}

// parseRecord parses one record, whatever its number of cells.
func parseRecord(raw []byte) ([]string, error) {
	r := csv.NewReader(bytes.NewReader(raw))
	r.FieldsPerRecord = -1
	return r.Read()
}

// resolve turns the names of a header into ours, in the same order, or says what is wrong with it.
func (l *layout) resolve(path string, header []string, mapping map[string]string) ([]string, error) {
	byFolded := make(map[string]string, len(mapping))
	for theirs, ours := range mapping {
		byFolded[fold(theirs)] = ours
	}
	names := make([]string, len(header))
	known := make(map[string]bool, len(header))
	var unknown []int
	for i, text := range header {
		ours, ok := l.resolveOne(text, byFolded)
		names[i] = ours
		if !ok {
			unknown = append(unknown, i)
			continue
		}
		known[ours] = true
	}
	delete(known, ignoredColumn)
	if len(known) == 0 {
		return nil, refused(path, "the first row has no column of %s: is the header missing? It starts with %s",
			l.name, strings.Join(l.required, ","))
	}
	if len(unknown) > 0 && !l.growing {
		return nil, refused(path, "unknown column %s%s", safeName(header[unknown[0]], unknown[0]+1),
			l.suggest(header[unknown[0]]))
	}
	if err := duplicates(path, header, names); err != nil {
		return nil, err
	}
	return names, l.complete(path, known, byFolded)
}

// resolveOne finds our name of a column; not ok if it has none.
func (l *layout) resolveOne(text string, mapping map[string]string) (string, bool) {
	name := fold(text)
	if ours, ok := mapping[name]; ok {
		delete(mapping, name)
		if ours == dropColumn {
			return ignoredColumn, true
		}
		return ours, true
	}
	if l.extras {
		if key, ok := metadataKey(strings.TrimSpace(text)); ok {
			return metadataColumn + key, true
		}
	}
	if l.rename != nil {
		name = l.rename(name)
	}
	switch {
	case l.known(name):
		return name, true
	case slices.Contains(l.ignored, name):
		return ignoredColumn, true
	}
	return ignoredColumn, false
}

// duplicates refuses a header that names a column twice, in whatever case.
func duplicates(path string, header, names []string) error {
	folded, ours := make(map[string]bool, len(header)), make(map[string]bool, len(header))
	for i, text := range header {
		name := fold(text)
		if (name != "" && folded[name]) || (names[i] != ignoredColumn && ours[names[i]]) {
			return refused(path, "column %s is there twice; keep one of them", safeName(text, i+1))
		}
		folded[name], ours[names[i]] = true, true
	}
	return nil
}

// complete says which column is missing. What is left of the mapping was not found.
func (l *layout) complete(path string, known map[string]bool, unused map[string]string) error {
	for theirs := range unused {
		return refused(path, "the mapped column %s is not in the header", safeName(theirs, 0))
	}
	mend := "add it or map one of yours to it"
	if l.unmapped {
		mend = "add it"
	}
	for _, name := range l.required {
		if !known[name] {
			return refused(path, "column %s is missing; %s", name, mend)
		}
	}
	for _, names := range l.either {
		if !slices.ContainsFunc(names, func(name string) bool { return known[name] }) {
			return refused(path, "column %s is missing; %s", strings.Join(names, " or "), mend)
		}
	}
	return nil
}

// fold makes header names comparable: case and surrounding blanks do not count.
func fold(header string) string { return strings.ToLower(strings.TrimSpace(header)) }

// safeName prints a column name of a file. Where it may be data, because a header is missing, the
// position stands for it: data must not show in an error.
func safeName(name string, position int) string {
	name = strings.TrimSpace(name)
	plain := len(name) <= 40 && strings.IndexFunc(name, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(" _-()[]/:.", r)
	}) < 0
	switch {
	case plain && name != "":
		return name
	case position > 0:
		return "number " + strconv.Itoa(position)
	}
	return "with an unusual name"
}
