package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"pennytie/reconcile"
)

// maxReaders is how many snapshots may be read at once.
const maxReaders = 4

// Store is one open file. It is safe for concurrent use; a Reader or Tx is not, and ends with its closure.
type Store struct {
	path   string
	writer chan *session // holds the one writer while nobody writes
	slots  chan struct{} // one for each open snapshot
	held   *holding      // the lease taken by this handle; guarded by holding the writer

	mu     sync.Mutex
	idle   []*session // readers
	closed bool
}

var errClosed = errors.New("sqlite: the store is closed")

// Open opens the file, makes it (for its owner alone) if it is missing, and brings its schema up to date.
// A schema newer than this program's is reconcile.ErrNewerSchema.
func Open(ctx context.Context, path string) (*Store, error) {
	file, err := locate(path)
	if err != nil {
		return nil, err
	}
	if err := migrate(ctx, file); err != nil {
		return nil, fmt.Errorf("sqlite: open %s: %w", path, err)
	}
	writer, err := openWriter(file)
	if err != nil {
		return nil, fmt.Errorf("sqlite: open %s: %w", path, err)
	}
	store := &Store{path: file, writer: make(chan *session, 1), slots: make(chan struct{}, maxReaders)}
	store.writer <- writer
	reader, err := openReader(file)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("sqlite: open %s to read: %w", path, err), store.Close())
	}
	store.idle = append(store.idle, reader)
	return store, nil
}

// locate makes the path absolute and an empty file with the right mode where there is none: SQLite's
// companions to the file take their mode from it.
func locate(path string) (string, error) {
	if path == "" || strings.HasPrefix(path, ":memory:") || strings.ContainsRune(path, 0) {
		return "", fmt.Errorf("sqlite: %q is no path of a file: %w", path, reconcile.ErrInvalid)
	}
	file, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("sqlite: open %s: %w", path, err)
	}
	folder := filepath.Dir(file)
	if info, err := os.Stat(folder); errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir() {
		return "", fmt.Errorf("sqlite: open %s: the folder %s does not exist, make it first", path, folder)
	}
	if info, err := os.Stat(file); err == nil && info.IsDir() {
		return "", fmt.Errorf("sqlite: open %s: this is a folder, a file is needed", path)
	}
	made, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return "", fmt.Errorf("sqlite: open %s: %w", path, err)
	}
	return file, made.Close()
}

// setting is a pragma with the value that must be read back.
type setting struct{ name, value, reads string }

// settings of every connection. NORMAL, the driver's default in WAL mode, loses commits in a power cut.
func settings() []setting {
	return []setting{
		{"synchronous", "FULL", "2"},
		{"foreign_keys", "1", "1"},
		{"cache_size", "-65536", "-65536"},
		{"trusted_schema", "0", "0"},
	}
}

// writerSettings begin with the page size, which holds only before the first table.
func writerSettings() []setting {
	return append([]setting{
		{"page_size", "16384", ""},
		{"journal_mode", "WAL", "wal"},
		{"wal_autocheckpoint", "4000", "4000"}, // pages: 64 MB
		{"journal_size_limit", "67108864", "67108864"},
		{"query_only", "0", "0"},
	}, settings()...)
}

func readerSettings() []setting {
	return append(settings(), setting{"query_only", "1", "1"})
}

func openWriter(file string) (*session, error) { return open(file, "rw", writerSettings()) }
func openReader(file string) (*session, error) { return open(file, "ro", readerSettings()) }

func open(file, mode string, wanted []setting) (*session, error) {
	conn, err := dial(file, mode, wanted)
	if err != nil {
		return nil, err
	}
	opened := newSession(conn)
	if err := opened.confirm(append(wanted, setting{"busy_timeout", "10000", "10000"})); err != nil {
		return nil, errors.Join(err, opened.close())
	}
	return opened, nil
}

func dial(file, mode string, wanted []setting) (driver.Conn, error) {
	pragmas := make([]string, len(wanted))
	for i, s := range wanted {
		pragmas[i] = s.name + " = " + s.value
	}
	address := "file:" + (&url.URL{Path: file}).EscapedPath()
	return connect(address+"?mode="+mode+"&_txlock=immediate&_busy_timeout=10000", pragmas)
}

// confirm reads the settings back: SQLite ignores what it does not know.
func (s *session) confirm(wanted []setting) error {
	for _, w := range wanted {
		got, err := s.pragma("PRAGMA " + w.name)
		if err != nil {
			return err
		}
		if w.reads != "" && got != w.reads {
			return fmt.Errorf("pragma %s is %q instead of %q", w.name, got, w.reads)
		}
	}
	return nil
}

// Close waits for the writer and closes every idle connection; a snapshot still being read closes its own.
func (s *Store) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	idle := s.idle
	s.idle = nil
	s.mu.Unlock()

	var failures []error
	for _, reader := range idle {
		failures = append(failures, reader.close())
	}
	failures = append(failures, (<-s.writer).close())
	close(s.writer)
	if err := errors.Join(failures...); err != nil {
		return fmt.Errorf("sqlite: close %s: %w", s.path, err)
	}
	return nil
}

// takeWriter waits for the one writer.
func (s *Store) takeWriter(ctx context.Context) (*session, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("sqlite: %w", err)
	}
	select {
	case writer, open := <-s.writer:
		if !open {
			return nil, errClosed
		}
		return writer, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("sqlite: waiting to write: %w", ctx.Err())
	}
}

// takeReader finds or opens a connection for a snapshot.
func (s *Store) takeReader(ctx context.Context) (*session, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("sqlite: %w", err)
	}
	select {
	case s.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("sqlite: waiting to read: %w", ctx.Err())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		<-s.slots
		return nil, errClosed
	}
	if last := len(s.idle) - 1; last >= 0 {
		reader := s.idle[last]
		s.idle = s.idle[:last]
		return reader, nil
	}
	reader, err := openReader(s.path)
	if err != nil {
		<-s.slots
		return nil, fmt.Errorf("sqlite: open %s to read: %w", s.path, err)
	}
	return reader, nil
}

func (s *Store) returnReader(reader *session) error {
	defer func() { <-s.slots }()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return reader.close()
	}
	s.idle = append(s.idle, reader)
	return nil
}
