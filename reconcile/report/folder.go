package report

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"pennytie/reconcile"
)

const (
	fileMode   = 0o640
	folderMode = 0o750
	latestLink = "latest"
	partialEnd = ".partial"
)

// folder is a report folder in the making. Everything goes through an os.Root, so that no name and no
// symbolic link leads out of the reports folder.
type folder struct {
	reports *os.Root // the reports folder
	files   *os.Root // the folder being filled
	id      string
}

// newFolder clears away what a killed run left and makes room for a new one. The run's lease sees to it
// that there is only one writer.
func newFolder(dir, id string) (*folder, error) {
	if !validID(id) {
		return nil, fmt.Errorf("run id %q may only hold letters, digits and hyphens: %w", id, reconcile.ErrInvalid)
	}
	if err := os.MkdirAll(dir, folderMode); err != nil {
		return nil, fmt.Errorf("make the reports folder: %w", err)
	}
	reports, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open the reports folder: %w", err)
	}
	f := &folder{reports: reports, id: id}
	if err := f.prepare(); err != nil {
		return nil, errors.Join(err, f.abandon())
	}
	return f, nil
}

func validID(id string) bool {
	for _, r := range id {
		if (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && r != '-' {
			return false
		}
	}
	return id != "" && id != latestLink
}

func (f *folder) partial() string { return "." + f.id + partialEnd }
func (f *folder) newLink() string { return "." + latestLink + partialEnd }

func (f *folder) prepare() error {
	if err := f.sweep(); err != nil {
		return err
	}
	switch _, err := f.reports.Lstat(f.id); {
	case err == nil:
		return fmt.Errorf("reports of run %s exist already: %w", f.id, reconcile.ErrConflict)
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("look for reports of run %s: %w", f.id, err)
	}
	if err := f.reports.Mkdir(f.partial(), folderMode); err != nil {
		return fmt.Errorf("make the report folder: %w", err)
	}
	if err := f.reports.Chmod(f.partial(), folderMode); err != nil { // whatever the umask is
		return fmt.Errorf("make the report folder: %w", err)
	}
	var err error
	if f.files, err = f.reports.OpenRoot(f.partial()); err != nil {
		return fmt.Errorf("open the report folder: %w", err)
	}
	return nil
}

// sweep removes unfinished folders and links of runs that were killed.
func (f *folder) sweep() error {
	entries, err := fs.ReadDir(f.reports.FS(), ".")
	if err != nil {
		return fmt.Errorf("read the reports folder: %w", err)
	}
	for _, entry := range entries {
		id, found := strings.CutSuffix(strings.TrimPrefix(entry.Name(), "."), partialEnd)
		if !found || !strings.HasPrefix(entry.Name(), ".") || (id != latestLink && !validID(id)) {
			continue
		}
		if err := f.reports.RemoveAll(entry.Name()); err != nil {
			return fmt.Errorf("remove what an interrupted run left: %w", err)
		}
	}
	return nil
}

// create opens a new file of the folder.
func (f *folder) create(name string) (sink, error) {
	file, err := f.files.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, fileMode)
	if err != nil {
		return nil, fmt.Errorf("create %s: %w", name, err)
	}
	if err := file.Chmod(fileMode); err != nil { // whatever the umask is
		return nil, errors.Join(fmt.Errorf("create %s: %w", name, err), file.Close())
	}
	return file, nil
}

// place gives the finished folder its name. Every step is durable before the next.
func (f *folder) place() error {
	if err := syncFolder(f.files); err != nil {
		return err
	}
	if err := f.reports.Rename(f.partial(), f.id); err != nil {
		return fmt.Errorf("publish the report folder: %w", err)
	}
	return syncFolder(f.reports)
}

// publish places the folder and points latest at it.
func (f *folder) publish() error {
	if err := f.place(); err != nil {
		return err
	}
	if err := f.switchLatest(); err != nil {
		return fmt.Errorf("the reports are complete in %s, but %q could not be pointed at them (it must be "+
			"absent or a symbolic link, on a disk that has these): %w",
			filepath.Join(f.reports.Name(), f.id), latestLink, err)
	}
	return syncFolder(f.reports)
}

// switchLatest makes the new link aside and renames it, so that a reader always finds one.
func (f *folder) switchLatest() error {
	if err := f.reports.Symlink(f.id, f.newLink()); err != nil {
		return err
	}
	if err := f.reports.Rename(f.newLink(), latestLink); err != nil {
		return errors.Join(err, f.reports.Remove(f.newLink()))
	}
	return nil
}

// abandon removes the unfinished folder; it finds nothing to do after publish.
func (f *folder) abandon() error {
	err := f.reports.RemoveAll(f.partial())
	return errors.Join(err, f.close())
}

func (f *folder) close() error {
	var err error
	if f.files != nil {
		err = f.files.Close()
	}
	return errors.Join(err, f.reports.Close())
}

func syncFolder(root *os.Root) (err error) {
	dir, err := root.Open(".")
	if err != nil {
		return fmt.Errorf("sync %s: %w", root.Name(), err)
	}
	defer func() { err = errors.Join(err, dir.Close()) }()
	if err := dir.Sync(); err != nil {
		return fmt.Errorf("sync %s: %w", root.Name(), err)
	}
	return nil
}
