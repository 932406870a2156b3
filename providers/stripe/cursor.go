package stripe

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"pennytie/reconcile"
)

// cursorVersion changes when an older program could misread a cursor.
const cursorVersion = 1

// cursor is where a pull stands. Between pulls it holds marks only.
type cursor struct {
	Version int             `json:"v"`
	Marks   map[string]mark `json:"marks,omitempty"`
	At      *window         `json:"at,omitempty"`
}

// mark is the stretch of created times that a stream was read for, in Unix seconds. From 0 is unbounded.
type mark struct {
	From int64 `json:"from"`
	To   int64 `json:"to"`
}

// window is a stream being read: the half-open stretch of created times and the place in it.
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

var errCursorLoop = errors.New("list starts again after a row that it already started after")

// advance moves to the page after id. A cycle is found at the latest when it comes round the third time;
// until then its pages are read again, which changes nothing.
func (w *window) advance(id string) error {
	if id == w.After || id == w.Anchor {
		return errCursorLoop
	}
	w.After = id
	if w.Steps++; w.Steps >= w.Power {
		w.Anchor, w.Power, w.Steps = id, max(1, w.Power)*2, 0
	}
	return nil
}

func parseCursor(text reconcile.Cursor) (cursor, error) {
	c := cursor{Version: cursorVersion}
	if text == "" {
		return c, nil
	}
	decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&c); err != nil {
		return c, fmt.Errorf("stripe: cursor cannot be read: %w", reconcile.ErrInvalid)
	}
	if c.Version != cursorVersion {
		return c, fmt.Errorf("stripe: cursor has version %d, this program knows %d: %w",
			c.Version, cursorVersion, reconcile.ErrInvalid)
	}
	return c, nil
}

func (c cursor) text() (reconcile.Cursor, error) {
	text, err := json.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("stripe: cursor cannot be written: %w", reconcile.ErrInvalid)
	}
	return reconcile.Cursor(text), nil
}
