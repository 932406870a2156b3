package walk

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"pennytie/reconcile"
)

// cursorVersion changes when an older program could misread a cursor.
const cursorVersion = 1

// cursor is where a walk stands. Between pulls it holds marks only.
type cursor struct {
	Version int             `json:"v"`
	Scope   string          `json:"scope,omitempty"` // of what was read: another one starts over
	Marks   map[string]mark `json:"marks,omitempty"`
	At      *window         `json:"at,omitempty"`
	Until   int64           `json:"until,omitempty"` // where the pull under way ends
}

// mark is the stretch of time that a stream was read for, in Unix seconds. From 0 is unbounded.
type mark struct {
	From int64 `json:"from"`
	To   int64 `json:"to"`
}

// window is a stream being read: the half-open stretch of time and the place in it.
type window struct {
	Stream string `json:"stream"`
	Floor  int64  `json:"floor"` // where the stream's mark begins
	From   int64  `json:"from"`
	To     int64  `json:"to"`
	After  string `json:"after,omitempty"`

	// Brent's way to find a cycle in the cursors that a server gives, without keeping them all: every cursor
	// is compared with Anchor, which moves up after 1, 2, 4, 8, … pages.
	Anchor string `json:"anchor,omitempty"`
	Power  int    `json:"power,omitempty"`
	Steps  int    `json:"steps,omitempty"`
}

var errLoop = errors.New("list starts again after a place that it already started after")

// restart goes back to the window's first page.
func (w *window) restart() {
	w.After, w.Anchor, w.Power, w.Steps = "", "", 0, 0
}

// advance moves to the page after a place. A cycle is found at the latest when it comes round the third time;
// until then its pages are read again, which changes nothing.
func (w *window) advance(place string) error {
	if place == w.After || place == w.Anchor {
		return errLoop
	}
	w.After = place
	if w.Steps++; w.Steps >= w.Power {
		w.Anchor, w.Power, w.Steps = place, max(1, w.Power)*2, 0
	}
	return nil
}

func (w *Walk) parse(text reconcile.Cursor) (cursor, error) {
	c := cursor{Version: cursorVersion, Scope: w.Scope}
	if text == "" {
		return c, nil
	}
	c.Scope = ""
	decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&c); err != nil {
		return c, fmt.Errorf("%s: cursor cannot be read: %w", w.Service, reconcile.ErrInvalid)
	}
	if c.Version == cursorVersion && c.Scope != w.Scope { // marks of another account, or of a part of it
		return cursor{Version: cursorVersion, Scope: w.Scope}, nil
	}
	if c.Version != cursorVersion {
		return c, fmt.Errorf("%s: cursor has version %d, this program knows %d: %w",
			w.Service, c.Version, cursorVersion, reconcile.ErrInvalid)
	}
	return c, nil
}

func (w *Walk) text(c cursor) (reconcile.Cursor, error) {
	text, err := json.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("%s: cursor cannot be written: %w", w.Service, reconcile.ErrInvalid)
	}
	return reconcile.Cursor(text), nil
}

// stream is the index of the stream that the cursor is in, or -1.
func (c *cursor) stream(streams []Stream) int {
	if c.At == nil {
		return -1
	}
	return slices.IndexFunc(streams, func(s Stream) bool { return s.Name == c.At.Stream })
}

// setMark records that a window was read to its end. A mark may go back: the clock may have been ahead when it was set.
func (c *cursor) setMark(w window) {
	if c.Marks == nil {
		c.Marks = map[string]mark{}
	}
	c.Marks[w.Stream] = mark{From: w.Floor, To: w.To}
}
