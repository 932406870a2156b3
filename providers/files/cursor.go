package files

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"pennytie/reconcile"
)

// cursorVersion changes when older cursors must not be read; the files are then read afresh.
const cursorVersion = 1

// state is the cursor: what was read completely, and where the pull in progress stands.
type state struct {
	Version int        `json:"v"`
	Done    []fileRead `json:"done,omitempty"`
	At      *position  `json:"at,omitempty"` // nil between pulls
}

// fileRead is one completed read of a file.
type fileRead struct {
	File   string `json:"file"`
	Group  group  `json:"group,omitempty"`
	Sum    string `json:"sum"` // of content, format and column map
	Size   int64  `json:"size"`
	Counts counts `json:"counts"`
}

// counts are the rows of a file by what became of them, and the payment dates they span.
type counts struct {
	Emitted     int       `json:"rows"` // records: a row of a ledger may give two
	Duplicate   int       `json:"duplicate,omitempty"`
	Quarantined int       `json:"quarantined,omitempty"`
	From        time.Time `json:"from,omitzero"`
	Last        time.Time `json:"last,omitzero"`
}

// position is a place between two rows of a file. Complete means after the file's end.
type position struct {
	File     string `json:"file"`
	Group    group  `json:"group,omitempty"`
	Sum      string `json:"sum"`
	Offset   int64  `json:"offset"`
	Line     int    `json:"line"` // physical line of the next row
	Complete bool   `json:"complete,omitempty"`
	Counts   counts `json:"counts"`
}

func decodeState(from reconcile.Cursor) (*state, error) {
	if from == "" {
		return &state{Version: cursorVersion}, nil
	}
	var s state
	if err := json.Unmarshal([]byte(from), &s); err != nil || s.Version == 0 {
		return nil, misconfigured("the stored position is not one of a files source; was the source renamed?")
	}
	if s.Version != cursorVersion {
		return &state{Version: cursorVersion}, nil
	}
	return &s, nil
}

func (s *state) encode() (reconcile.Cursor, error) {
	text, err := json.Marshal(s)
	if err != nil {
		return "", fmt.Errorf("files: position: %w", err)
	}
	return reconcile.Cursor(text), nil
}

func (s *state) done(f inputFile) (fileRead, bool) {
	i := slices.IndexFunc(s.Done, func(d fileRead) bool { return d.File == f.path && d.Group == f.group })
	if i < 0 {
		return fileRead{}, false
	}
	return s.Done[i], true
}

// complete replaces what is known of a file by a newly completed read.
func (s *state) complete(read fileRead) {
	s.Done = append(slices.DeleteFunc(s.Done, func(d fileRead) bool {
		return d.File == read.File && d.Group == read.Group
	}), read)
}

// finish ends a pull: files that are gone are forgotten, so that they are read if they come back. It names them.
func (s *state) finish(listed []inputFile) (gone []string) {
	s.At = nil
	s.Done = slices.DeleteFunc(s.Done, func(d fileRead) bool {
		if slices.ContainsFunc(listed, func(f inputFile) bool { return f.path == d.File && f.group == d.Group }) {
			return false
		}
		gone = append(gone, d.File)
		return true
	})
	slices.SortFunc(s.Done, func(a, b fileRead) int { return order(a.Group, a.File, b.Group, b.File) })
	return gone
}

// covers is the span of payment dates over all completed files.
func (s *state) covers() reconcile.Span {
	var all counts
	for _, d := range s.Done {
		if !d.Counts.From.IsZero() {
			all.paid(d.Counts.From)
			all.paid(d.Counts.Last)
		}
	}
	if all.From.IsZero() {
		return reconcile.Span{}
	}
	// The span is half-open, so it ends one second after the last payment.
	return reconcile.Span{From: all.From, Through: all.Last.Add(time.Second)}
}

// paid widens the span to a payment date.
func (c *counts) paid(at time.Time) {
	if c.From.IsZero() || at.Before(c.From) {
		c.From = at
	}
	if at.After(c.Last) {
		c.Last = at
	}
}
