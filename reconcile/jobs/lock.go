package jobs

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// ErrLocked is wrapped by the error of Lock when another process, or another part of this one, holds it.
var ErrLocked = errors.New("another run holds the lock")

// lockedError says who holds the lock.
type lockedError struct{ path, holder string }

func (e *lockedError) Error() string {
	return fmt.Sprintf("another run (%s) holds %s", e.holder, e.path)
}

func (e *lockedError) Is(target error) bool { return target == ErrLocked }

// Lock takes the lock file at path, which is made with mode 0600 when it is missing, and does not wait. The
// system drops the lock when the process dies, so what stands in the file is only for the message and a left
// over file locks nobody out. The file is never removed: two processes could then hold two files of one
// name. It must be on a local disk.
func Lock(path string) (release func() error, err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, fmt.Errorf("cannot open the lock file: %w", err)
	}
	if err := flock(f); err != nil {
		holder := lockHolder(f)
		_ = f.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, &lockedError{path: path, holder: holder}
		}
		return nil, fmt.Errorf("cannot lock %s: %w", path, err)
	}
	if err := signLock(f); err != nil {
		_ = f.Close() // also drops the lock
		return nil, fmt.Errorf("cannot write the lock file %s: %w", path, err)
	}
	return sync.OnceValue(func() error {
		// The text goes first: once the lock is dropped, the file may be another one's.
		return errors.Join(f.Truncate(0), f.Close())
	}), nil
}

func flock(f *os.File) error {
	for {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

// signLock writes who holds the lock.
func signLock(f *os.File) error {
	if err := f.Chmod(0o600); err != nil { // of a file that was there before
		return err
	}
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := fmt.Fprintf(f, "pid %d\nsince %s\n", os.Getpid(), time.Now().UTC().Format(time.RFC3339))
	return err
}

// lockHolder reads who holds the lock. The holder may be writing just now.
func lockHolder(f *os.File) string {
	text, err := io.ReadAll(io.LimitReader(f, 256))
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	control := func(r rune) bool { return r < ' ' }
	if err != nil || len(lines) != 2 || strings.ContainsFunc(lines[0]+lines[1], control) {
		return "it has not said which"
	}
	return lines[0] + ", " + lines[1]
}
