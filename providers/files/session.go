package files

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"go.uber.org/zap"

	"pennytie/reconcile"
)

// session is a pull in progress: its position, and in memory what makes going on cheap. A new session
// made from the position alone yields the same pages.
type session struct {
	p     *Provider
	state *state
	files []inputFile
	next  reconcile.Cursor // the cursor that this session continues

	seen   map[group]*seen
	warmed map[group]int // files of the group whose ids are in seen

	at      int // index of the file in hand
	table   *table
	id      identity
	pos     *position
	started time.Time
}

// begin makes a session from a cursor.
func (p *Provider) begin(from reconcile.Cursor) (*session, error) {
	st, err := decodeState(from)
	if err != nil {
		return nil, err
	}
	files, err := p.list()
	if err != nil {
		return nil, err
	}
	s := &session{p: p, state: st, files: files,
		seen: map[group]*seen{}, warmed: map[group]int{}}
	s.at = s.firstFile()
	return s, nil
}

func (s *session) close() {
	if s.table != nil {
		s.table.close()
		s.table = nil
	}
}

// firstFile is the index of the file that a cursor points at. If it is gone, the next one takes its place.
func (s *session) firstFile() int {
	at := s.state.At
	if at == nil {
		return 0
	}
	for i, f := range s.files {
		o := order(f.group, f.path, at.Group, at.File)
		if o > 0 || (o == 0 && !at.Complete) {
			return i
		}
	}
	return len(s.files)
}

// page reads the next chunk, having passed over files that are unchanged.
func (s *session) page(ctx context.Context) (reconcile.Page, error) {
	var page reconcile.Page
	for s.table == nil && s.at < len(s.files) {
		if err := s.open(ctx, &page); err != nil {
			return page, err
		}
	}
	if s.table != nil {
		if err := s.chunk(ctx, &page); err != nil {
			return page, err
		}
	}
	page.More = s.table != nil || s.at < len(s.files)
	if !page.More {
		page.Restarted = append(page.Restarted, s.state.finish(s.files)...)
		page.Covers = s.state.covers()
	}
	return page, nil
}

// open hashes the file in hand and passes over it if it is unchanged, else opens it where the cursor says.
func (s *session) open(ctx context.Context, page *reconcile.Page) error {
	f := s.files[s.at]
	id, err := identify(ctx, f.path)
	if err != nil {
		return err
	}
	sum := s.p.sum(f, id)
	if done, ok := s.state.done(f); ok && done.Sum == sum {
		page.Skipped.Unchanged += done.Counts.Emitted
		page.Skipped.Duplicate += done.Counts.Duplicate
		page.Skipped.Quarantined += done.Counts.Quarantined
		s.p.log.Debug("file unchanged", zap.String("file", f.path))
		s.passed(f, sum)
		return nil
	}
	pos := &position{File: f.path, Group: f.group, Sum: sum}
	if at := s.state.At; at != nil && !at.Complete && at.File == f.path && at.Group == f.group &&
		at.Sum == sum {
		pos = at // else the file has changed since and is read from its start
	}
	if pos.Offset == 0 {
		page.Restarted = append(page.Restarted, f.path)
	}
	if err := s.warmUp(ctx); err != nil {
		return err
	}
	t, err := s.p.openTable(f)
	if err != nil {
		return err
	}
	s.table, s.id, s.pos, s.started = t, id, pos, s.p.cfg.Now()
	s.memory(f).begin()
	s.warmed[f.group]++
	return s.skipTo(ctx, pos)
}

func (s *session) memory(f inputFile) *seen {
	if s.seen[f.group] == nil {
		s.seen[f.group] = newSeen()
	}
	return s.seen[f.group]
}

// warmUp reads the ids of the files before the one in hand that this session has not read itself.
func (s *session) warmUp(ctx context.Context) error {
	current := s.files[s.at]
	n := 0
	for _, f := range s.files[:s.at] {
		if f.group != current.group {
			continue
		}
		if n++; n <= s.warmed[f.group] {
			continue
		}
		id, err := identify(ctx, f.path)
		if err != nil {
			return err
		}
		t, err := s.p.openTable(f)
		if err != nil {
			return err
		}
		s.memory(f).begin()
		err = s.rememberAll(ctx, t, f, id)
		t.close()
		if err != nil {
			return err
		}
		s.warmed[f.group]++
	}
	return nil
}

func (s *session) rememberAll(ctx context.Context, t *table, f inputFile, id identity) error {
	for n := 0; ; n++ {
		err := s.remember(ctx, t, f, n)
		if errors.Is(err, io.EOF) {
			return t.verify(id)
		}
		if err != nil {
			return err
		}
	}
}

// skipTo moves the table to where the cursor stands, remembering the ids on the way.
func (s *session) skipTo(ctx context.Context, pos *position) error {
	for n := 0; pos.Offset > 0; n++ {
		// A position is taken behind blank lines, so they are passed before looking.
		_, err := s.table.peek()
		if err == nil && s.table.lines.offset < pos.Offset {
			err = s.remember(ctx, s.table, s.files[s.at], n)
		} else if err == nil && s.table.lines.offset == pos.Offset {
			return nil
		} else if err == nil || errors.Is(err, io.EOF) {
			err = misconfigured("the stored position of %s is not at a row; remove it to read the file again",
				pos.File)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// remember reads one row for its id only.
func (s *session) remember(ctx context.Context, t *table, f inputFile, n int) error {
	if n%checkEvery == 0 && ctx.Err() != nil {
		return ioError(t.path, ctx.Err())
	}
	in, err := t.next()
	if err != nil || in.fault != nil {
		return err
	}
	e, fault := t.layout.convert(t.origin, in.row, in.extra)
	if fault == nil {
		s.memory(f).check(&e, &in)
	}
	return nil
}

// checkEvery is how many rows are read between two looks at the context.
const checkEvery = 1024

// chunk reads rows into the page and moves the position.
func (s *session) chunk(ctx context.Context, page *reconcile.Page) error {
	f, firstLine := s.files[s.at], s.table.lines.line
	if err := s.id.unchanged(f.path); err != nil {
		return err
	}
	counts := s.pos.Counts
	ended := false
	for n := 0; n < s.p.cfg.ChunkRows && !ended; n++ {
		if n%checkEvery == 0 && ctx.Err() != nil {
			return ioError(f.path, ctx.Err())
		}
		in, err := s.table.next()
		switch {
		case errors.Is(err, io.EOF):
			ended = true
		case err != nil:
			return err
		default:
			s.take(f, &in, page, &counts)
		}
	}
	if !ended {
		_, err := s.table.peek()
		ended = errors.Is(err, io.EOF)
		if err != nil && !ended {
			return err
		}
	}
	page.Note = fmt.Sprintf("%s lines %d-%d", filepath.Base(f.path), firstLine, s.table.lines.line-1)
	if !ended {
		s.pos = &position{File: f.path, Group: f.group, Sum: s.pos.Sum,
			Offset: s.table.lines.offset, Line: s.table.lines.line, Counts: counts}
		s.state.At = s.pos
		return nil
	}
	return s.endFile(f, counts)
}

// take puts one row into the page and counts it.
func (s *session) take(f inputFile, in *input, page *reconcile.Page, c *counts) {
	o := s.table.origin
	fault := in.fault
	var e entry
	if fault == nil {
		e, fault = f.layout.convert(o, in.row, in.extra)
	}
	if fault == nil {
		var duplicate bool
		if duplicate, fault = s.memory(f).check(&e, in); duplicate {
			page.Skipped.Duplicate++
			c.Duplicate++
			return
		}
	}
	if fault != nil {
		page.Quarantined = append(page.Quarantined, in.quarantine(o, fault))
		c.Quarantined++
		return
	}
	c.Emitted += e.addTo(page, s.p.cfg.ChunkRows)
	if !e.paid.IsZero() {
		c.paid(e.paid)
	}
}

// endFile makes sure that what was read is what was hashed, and notes the file as read.
func (s *session) endFile(f inputFile, c counts) error {
	if err := s.table.verify(s.id); err != nil {
		return err
	}
	s.p.log.Debug("file read", zap.String("file", f.path), zap.Int("rows", c.Emitted),
		zap.Int("duplicate", c.Duplicate), zap.Int("quarantined", c.Quarantined),
		zap.Duration("took", s.p.cfg.Now().Sub(s.started)))
	s.close()
	s.state.complete(fileRead{File: f.path, Group: f.group, Sum: s.pos.Sum, Size: s.id.size, Counts: c})
	s.passed(f, s.pos.Sum)
	return nil
}

// passed moves on to the next file.
func (s *session) passed(f inputFile, sum string) {
	s.state.At = &position{File: f.path, Group: f.group, Sum: sum, Complete: true}
	s.at++
}
