package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/term"

	"pennytie/reconcile/engine"
)

// progress shows one line of what a long run is doing, on a terminal only, five times a second at most. A nil progress
// shows nothing.
type progress struct {
	to    io.Writer
	last  time.Time
	shown bool
}

// newProgress returns nil where nobody watches.
func newProgress(to io.Writer, quiet bool) *progress {
	file, is := to.(*os.File)
	if quiet || !is || !term.IsTerminal(int(file.Fd())) || os.Getenv("TERM") == "dumb" {
		return nil
	}
	return &progress{to: to}
}

func (p *progress) show(step engine.Progress) {
	const between = 200 * time.Millisecond
	if p == nil || time.Since(p.last) < between {
		return
	}
	p.last, p.shown = time.Now(), true
	fmt.Fprintf(p.to, "\r\x1b[K%-6s %s %d rows %s", step.Stage, step.Item, step.Done, step.Note)
}

func (p *progress) clear() {
	if p != nil && p.shown {
		fmt.Fprint(p.to, "\r\x1b[K")
		p.shown = false
	}
}
