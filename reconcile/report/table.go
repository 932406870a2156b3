package report

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"hash/crc32"
	"io"

	"github.com/gocarina/gocsv"
)

// sink is where a file's bytes go. Each of its errors is read: a full disk may show in any of them, and
// only there.
type sink interface {
	io.WriteSeeker
	Truncate(size int64) error
	Sync() error
	Close() error
}

// table writes the rows of one file in blocks, and remembers what the manifest says of it. One goroutine
// adds rows; another, the table's own, encodes and writes the full blocks, so that the files of a folder
// share the cores.
type table[R any] struct {
	ctx     context.Context
	schema  schema
	out     sink
	tally   func(*R, *sums) // adds the money cells; nil where there are none
	rows    []R             // the block being filled
	handOff bool            // of a hand-off: see lineWriter; every row has its own checksum

	full    chan []R      // to the writing goroutine
	empty   chan []R      // back from it
	stopped chan struct{} // closed when it has ended
	running bool

	// Of the writing goroutine, and of the other one after stopped.
	err    error
	lines  *lineWriter
	digest hash.Hash
	sums   *sums
	entry  File
}

// blockRows is how many rows are encoded and written at a time, and covered by one checksum of the manifest.
const blockRows = 1000

// checksums is the polynomial that processors compute by themselves.
func checksums() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }

func newTable[R any](ctx context.Context, file string, out sink, tally func(*R, *sums), handOff bool) (*table[R], error) {
	t := &table[R]{ctx: ctx, schema: schemaOf[R](file), out: out, tally: tally, handOff: handOff}
	return t, t.start()
}

// start begins the file anew with its header, which is there even if no row follows.
func (t *table[R]) start() error {
	t.rows = make([]R, 0, blockRows)
	t.digest, t.sums = sha256.New(), newSums()
	t.entry = File{Name: t.schema.file, Columns: t.schema.names(), Blocks: []string{}}
	t.lines = &lineWriter{handOff: t.handOff}
	if err := gocsv.MarshalCSV([]R{}, t.lines); err != nil {
		return t.failed(err)
	}
	t.lines.texts = t.schema.texts()
	if err := t.spill(); err != nil {
		return err
	}
	t.full, t.empty, t.stopped = make(chan []R), make(chan []R, 2), make(chan struct{})
	t.empty <- make([]R, 0, blockRows)
	t.running = true
	go t.run(t.full, t.empty, t.stopped)
	return nil
}

// run writes blocks until there are no more or one fails.
func (t *table[R]) run(full <-chan []R, empty chan<- []R, stopped chan<- struct{}) {
	defer close(stopped)
	for rows := range full {
		if t.err = t.encode(rows); t.err != nil {
			return
		}
		clear(rows) // lets go of the texts
		empty <- rows[:0]
	}
}

// stop waits for the writing goroutine and tells its error. Calling it again does nothing more.
func (t *table[R]) stop() error {
	if t.running {
		t.running = false
		close(t.full)
		<-t.stopped
	}
	return t.err
}

// restart throws away what was written so far.
func (t *table[R]) restart() error {
	if err := t.stop(); err != nil {
		return err
	}
	if err := t.out.Truncate(0); err != nil {
		return t.failed(err)
	}
	if _, err := t.out.Seek(0, io.SeekStart); err != nil {
		return t.failed(err)
	}
	return t.start()
}

// add takes one row.
func (t *table[R]) add(row *R) error {
	t.rows = append(t.rows, *row)
	if len(t.rows) < blockRows {
		return nil
	}
	return t.flush()
}

// flush hands the block on and takes an empty one.
func (t *table[R]) flush() error {
	if err := t.ctx.Err(); err != nil {
		return err
	}
	if len(t.rows) == 0 {
		return nil
	}
	select {
	case t.full <- t.rows:
		t.rows = nil
	case <-t.stopped:
		return t.err
	}
	select {
	case t.rows = <-t.empty:
		return nil
	case <-t.stopped:
		return t.err
	}
}

// encode turns a block into lines and writes them in one go.
func (t *table[R]) encode(rows []R) error {
	if t.tally != nil {
		for i := range rows {
			t.tally(&rows[i], t.sums)
		}
	}
	if err := gocsv.MarshalCSVWithoutHeaders(rows, t.lines); err != nil {
		return t.failed(err)
	}
	t.entry.Rows += len(rows)
	t.entry.Blocks = append(t.entry.Blocks, t.checksum())
	return t.spill()
}

// checksum is that of the block in memory, or of each of its rows one after the other.
func (t *table[R]) checksum() string {
	if !t.handOff {
		return blockSum(crc32.Checksum(t.lines.text, checksums()))
	}
	var all []byte
	for line := range bytes.Lines(t.lines.text) {
		all = append(all, blockSum(crc32.Checksum(line, checksums()))...)
	}
	return string(all)
}

func blockSum(crc uint32) string { return fmt.Sprintf("%08x", crc) }

func (t *table[R]) spill() error {
	t.digest.Write(t.lines.text) // a hash never fails
	t.entry.Bytes += int64(len(t.lines.text))
	if _, err := t.out.Write(t.lines.text); err != nil {
		return t.failed(err)
	}
	t.lines.text = t.lines.text[:0]
	return nil
}

// finish makes the file durable and tells what it holds.
func (t *table[R]) finish() (File, error) {
	if err := t.flush(); err != nil {
		return File{}, err
	}
	if err := t.stop(); err != nil {
		return File{}, err
	}
	if err := t.out.Sync(); err != nil {
		return File{}, t.failed(err)
	}
	if err := t.out.Close(); err != nil {
		return File{}, t.failed(err)
	}
	t.entry.SHA256 = hex.EncodeToString(t.digest.Sum(nil))
	t.entry.Guarded = t.lines.guarded
	if t.handOff {
		t.entry.GuardedCells = t.lines.cells(t.schema)
	}
	t.entry.Sums = t.sums.list()
	return t.entry, nil
}

// discard ends a file that is not to be kept; after finish there is nothing left to do.
func (t *table[R]) discard() {
	if t.entry.SHA256 == "" {
		_ = t.stop()      // the failure that led here is already known
		_ = t.out.Close() // likewise; the file is about to be removed
	}
}

func (t *table[R]) failed(err error) error { return fmt.Errorf("write %s: %w", t.schema.file, err) }
