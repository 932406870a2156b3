package files

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"pennytie/reconcile"
)

// group orders the files of a pull: refunds come after the payments they belong to.
type group int

const (
	groupMain group = iota
	groupRefunds
)

// inputFile is one file of a pull.
type inputFile struct {
	path   string
	group  group
	layout *layout
}

// order is the reading order: the last path first, since exports are named by their dates and the newest word holds.
func order(aGroup group, aPath string, bGroup group, bPath string) int {
	return cmp.Or(cmp.Compare(aGroup, bGroup), cmp.Compare(bPath, aPath))
}

// list finds the files of a pull, in reading order.
func (p *Provider) list() ([]inputFile, error) {
	files, err := expand(p.cfg.Path, groupMain, p.main)
	if err != nil || p.cfg.RefundsPath == "" {
		return files, err
	}
	refunds, err := expand(p.cfg.RefundsPath, groupRefunds, p.refunds)
	return append(files, refunds...), err
}

// expand resolves a file name or a glob. A name that exists is taken as it is, whatever it looks like.
func expand(path string, g group, l *layout) ([]inputFile, error) {
	names := []string{path}
	if _, err := os.Stat(path); err != nil {
		if names, err = filepath.Glob(path); err != nil {
			return nil, refused(path, "is not a valid file pattern")
		}
	}
	slices.SortFunc(names, func(a, b string) int { return order(g, a, g, b) })
	var files []inputFile
	for _, name := range names {
		info, err := os.Stat(name)
		if err != nil {
			return nil, ioError(name, err)
		}
		if info.Mode().IsRegular() {
			files = append(files, inputFile{name, g, l})
		}
	}
	if len(files) == 0 {
		return nil, refused(path, "no such file; check the path")
	}
	return files, nil
}

// identity is what must not change while a file is read.
type identity struct {
	content  [sha256.Size]byte
	size     int64
	modified time.Time
}

// identify hashes a file.
func identify(ctx context.Context, path string) (identity, error) {
	file, err := os.Open(path)
	if err != nil {
		return identity{}, ioError(path, err)
	}
	defer file.Close() //nolint:errcheck // only read
	info, err := file.Stat()
	if err != nil {
		return identity{}, ioError(path, err)
	}
	hash := sha256.New()
	n, err := io.Copy(hash, &interruptible{ctx, file})
	if err != nil {
		return identity{}, ioError(path, err)
	}
	id := identity{size: n, modified: info.ModTime()}
	hash.Sum(id.content[:0])
	return id, nil
}

// unchanged says whether the path still names the file that was hashed, as far as can be told cheaply.
func (id identity) unchanged(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return ioError(path, err)
	}
	if info.Size() != id.size || !info.ModTime().Equal(id.modified) {
		return changedWhileRead(path)
	}
	return nil
}

func changedWhileRead(path string) error {
	return fmt.Errorf("files: %s: changed while it was read; run again when it is complete: %w",
		path, reconcile.ErrTransient)
}

// sum identifies what a read of the file yields: its content, and all of the configuration that shows
// in the rows. A changed column map must read the file again.
func (p *Provider) sum(f inputFile, id identity) string {
	hash := sha256.New()
	fmt.Fprintf(hash, "%d %x %s %s %t", readerVersion, id.content, f.layout.name, p.cfg.Role, p.cfg.AllowTest)
	if f.group == groupMain {
		for _, theirs := range slices.Sorted(maps.Keys(p.cfg.Columns)) {
			fmt.Fprintf(hash, " %q:%q", theirs, p.cfg.Columns[theirs])
		}
	}
	return hex.EncodeToString(hash.Sum(nil))
}

// readerVersion changes when the same file would be read differently, so that it is read again.
const readerVersion = 1

// interruptible ends a long read when the context does.
type interruptible struct {
	ctx context.Context
	src io.Reader
}

func (r *interruptible) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.src.Read(p)
}

// ioError tells a file that is not there or not readable, which a person must mend, from a passing fault.
func ioError(path string, err error) error {
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("files: %s: %w", path, err)
	case errors.Is(err, fs.ErrNotExist):
		return refused(path, "no such file; check the path")
	case errors.Is(err, fs.ErrPermission):
		return refused(path, "may not be read; check its permissions")
	}
	var p *fs.PathError
	if errors.As(err, &p) {
		err = p.Err // the path is already named
	}
	return fmt.Errorf("files: %s: %v: %w", path, err, reconcile.ErrTransient)
}
