package files

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"unicode/utf8"

	"github.com/gocarina/gocsv"

	"pennytie/reconcile"
)

// Limits of a cell. Metadata is one cell of JSON and may be longer than other text.
const (
	maxField = 4 << 10
	maxCell  = 64 << 10
)

// input is one row as read: a row struct of the layout, or the fault that it has.
type input struct {
	record
	row   any
	extra map[string]string // metadata columns by our name; nil if the file has none
	fault *fault
}

// table reads one file row by row.
type table struct {
	path   string
	layout *layout
	origin *origin
	file   *os.File
	hash   hash.Hash // of what was read so far
	lines  *lines
	header []byte // the header as it stands in the file, without line ending
	names  []string
	extras bool
	json   *jsonRows // nil for CSV

	feed    feed // hands one record at a time to the parser
	csv     *csv.Reader
	decoder *gocsv.Unmarshaller
}

// feed is a reader that ends after each record, so that the parser never reads ahead.
type feed struct{ rest []byte }

func (f *feed) Read(p []byte) (int, error) {
	if len(f.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(p, f.rest)
	f.rest = f.rest[n:]
	return n, nil
}

// openTable opens a file and checks its header.
func (p *Provider) openTable(f inputFile) (*table, error) {
	file, err := os.Open(f.path)
	if err != nil {
		return nil, ioError(f.path, err)
	}
	t := &table{path: f.path, layout: f.layout, file: file, hash: sha256.New(),
		origin: &origin{cfg: &p.cfg, path: f.path}}
	var mapping map[string]string
	if f.group == groupMain { // refunds have columns of their own
		mapping = p.cfg.Columns
	}
	t.lines = newLines(io.TeeReader(file, t.hash))
	if err := t.start(mapping); err != nil {
		t.close()
		return nil, err
	}
	return t, nil
}

func (t *table) close() { _ = t.file.Close() } // only read: nothing can be lost

// start reads up to the first row.
func (t *table) start(mapping map[string]string) error {
	t.lines.fill()
	if err := checkEncoding(t.path, t.lines.unread()); err != nil {
		return err
	}
	if bytes.HasPrefix(t.lines.unread(), []byte(byteOrderMark)) {
		t.lines.advance(len(byteOrderMark))
	}
	first, err := t.peek()
	if errors.Is(err, io.EOF) {
		return refused(t.path, "is empty; expected a header")
	}
	if err != nil {
		return err
	}
	if t.isJSON() {
		t.names = t.layout.columns()
		t.json = newJSONRows(t.layout, mapping)
	} else {
		err = t.readHeader(first, mapping)
	}
	if err != nil {
		return err
	}
	return t.startDecoder()
}

// isJSON says whether the file is read as JSON Lines. Stripe's exports are always CSV.
func (t *table) isJSON() bool { return isJSONLines(t.path) && !t.layout.growing }

func (t *table) readHeader(first record, mapping map[string]string) error {
	header, err := splitHeader(t.path, first)
	if err != nil {
		return err
	}
	if t.names, err = t.layout.resolve(t.path, header, mapping); err != nil {
		return err
	}
	for _, name := range t.names {
		t.extras = t.extras || hasMetadataPrefix(name)
	}
	t.header = bytes.Clone(trimLineEnd(first.raw))
	return t.lines.skip(first, false)
}

// startDecoder prepares the parser and shows it our names of the columns.
func (t *table) startDecoder() error {
	var header bytes.Buffer
	if err := writeRecord(&header, t.names); err != nil {
		return fmt.Errorf("files: %s: header: %w", t.path, err)
	}
	t.feed.rest = header.Bytes()
	t.csv = csv.NewReader(&t.feed)
	t.csv.FieldsPerRecord = -1
	decoder, err := gocsv.NewUnmarshaller(t.csv, t.layout.row)
	if err != nil {
		return fmt.Errorf("files: %s: header: %w", t.path, err)
	}
	t.csv.FieldsPerRecord = len(t.names)
	t.csv.ReuseRecord = true
	t.decoder = decoder
	return nil
}

// peek shows the next record that is not blank.
func (t *table) peek() (record, error) {
	for {
		r, err := t.lines.peek(!t.isJSON())
		if err != nil {
			if !errors.Is(err, io.EOF) {
				err = ioError(t.path, err)
			}
			return record{}, err
		}
		if len(trimLineEnd(r.raw)) > 0 {
			return r, nil
		}
		if err := t.lines.skip(r, false); err != nil {
			return record{}, ioError(t.path, err)
		}
	}
}

// next reads a row. It returns io.EOF at the end of the file. The record of the row is valid until the
// following call.
func (t *table) next() (input, error) {
	r, err := t.peek()
	if err != nil {
		return input{}, err
	}
	in := input{record: r}
	in.fault = t.decode(&in)
	// What cannot be split into its columns may be an open quote that swallowed good rows: only its
	// first line is lost, and reading goes on at the second.
	broken := in.fault != nil && in.row == nil
	if in.tooBig {
		in.raw = bytes.Clone(in.raw) // passing over the rest of the line overwrites it
	} else if broken {
		in.raw = in.raw[:in.first]
	}
	if err := t.lines.skip(r, broken); err != nil {
		return input{}, ioError(t.path, err)
	}
	return in, nil
}

// decode fills the row of an input. A fault without a row means that the record could not be split.
func (t *table) decode(in *input) *fault {
	switch {
	case in.tooBig:
		return faultf("", "the line is longer than %d bytes", maxRecord)
	case in.open:
		return faultf("", "a quote is opened and never closed; close it or double it")
	case bytes.IndexByte(in.raw, 0) >= 0:
		return faultf("", "the row has a NUL byte")
	case !utf8.Valid(in.raw):
		return faultf("", "the row is not UTF-8; save the file as UTF-8")
	case t.header != nil && len(in.raw) <= len(t.header)+5 && t.isHeader(in.raw):
		return faultf("", "the header is repeated; files were joined, take it out")
	}
	t.feed.rest = in.raw
	if t.json != nil {
		text, fault := t.json.record(in.raw)
		if fault != nil {
			return fault
		}
		t.feed.rest = text
	}
	return t.parse(in)
}

// parse hands the record to the parser and maps its cells to the row struct.
func (t *table) parse(in *input) *fault {
	text := t.feed.rest
	var err error
	if t.extras {
		in.row, in.extra, err = t.decoder.ReadUnmatched()
	} else {
		in.row, err = t.decoder.Read()
	}
	if err != nil {
		in.row = nil
		t.drain()
		return t.explain(in.record, err)
	}
	if len(text) > maxField {
		return t.oversize(text)
	}
	return nil
}

// drain throws away what the parser has left of a record that it refused, so that it does not show up
// in the next one.
func (t *table) drain() {
	t.feed.rest = nil
	for {
		if _, err := t.csv.Read(); errors.Is(err, io.EOF) {
			return
		}
	}
}

// explain says in words why a record could not be split.
func (t *table) explain(r record, err error) *fault {
	if !errors.Is(err, csv.ErrFieldCount) {
		return faultf("", "a quote is out of place; quote the whole cell and double the quotes in it")
	}
	cells, err := parseRecord(r.raw)
	if err != nil {
		return faultf("", "the row is not well-formed CSV")
	}
	if len(cells) < len(t.names) && r.raw[len(r.raw)-1] != '\n' {
		return faultf("", "the row is cut off at the end of the file: %d of %d columns", len(cells), len(t.names))
	}
	return faultf("", "the row has %d columns, the header %d", len(cells), len(t.names))
}

// oversize looks for a cell that is too long. It is only asked about long records.
func (t *table) oversize(text []byte) *fault {
	cells, err := parseRecord(text)
	if err != nil {
		return faultf("", "the row is not well-formed CSV")
	}
	for i, cell := range cells {
		limit := maxField
		if t.names[i] == "metadata" {
			limit = maxCell
		}
		if len(cell) > limit {
			return faultf(t.names[i], "the value has %d bytes, more than %d", len(cell), limit)
		}
	}
	return nil
}

func (t *table) isHeader(raw []byte) bool {
	return bytes.Equal(bytes.TrimPrefix(trimLineEnd(raw), []byte(byteOrderMark)), t.header)
}

// verify says whether the file that was read to its end is the one that was hashed before.
func (t *table) verify(id identity) error {
	if !bytes.Equal(t.hash.Sum(nil), id.content[:]) {
		return changedWhileRead(t.path)
	}
	return nil
}

// quarantine keeps the row with its reason. Card numbers are masked first.
func (in *input) quarantine(o *origin, f *fault) reconcile.Quarantine {
	raw := maskCards(string(trimLineEnd(in.raw)))
	return reconcile.Quarantine{
		Source: o.cfg.Source,
		File:   o.path,
		Line:   in.line,
		Field:  f.field,
		Reason: f.reason,
		Raw:    []byte(raw[:min(len(raw), reconcile.MaxRaw)]),
	}
}

func trimLineEnd(raw []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimSuffix(raw, []byte{'\n'}), []byte{'\r'})
}

func writeRecord(to *bytes.Buffer, cells []string) error {
	w := csv.NewWriter(to)
	if err := w.Write(cells); err != nil {
		return err
	}
	w.Flush()
	return w.Error()
}
