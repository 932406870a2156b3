package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"pennytie/configs"
	"pennytie/reconcile"
	"pennytie/reconcile/engine"
	"pennytie/reconcile/jobs"
)

// Exit codes, frozen: scripts rely on them.
const (
	exitOK          = 0
	exitFailure     = 1
	exitUsage       = 2
	exitPartial     = 3
	exitReview      = 4
	exitIntegrity   = 5
	exitAuth        = 6
	exitTemporary   = 7
	exitLocked      = 8
	exitClosed      = 9
	exitInterrupted = 130
	exitTerminated  = 143
)

// usageError is a mistake of whoever called; hint is the mend.
type usageError struct {
	text string
	hint string
}

func (u *usageError) Error() string { return u.text }

func usagef(hint, format string, args ...any) error {
	return &usageError{text: fmt.Sprintf(format, args...), hint: hint}
}

// errReviews ends a run with open reviews where the caller asked for it.
var errReviews = errors.New("reviews are open")

// outcome is what an error means to a caller: the exit code, its name and the mend.
type outcome struct {
	code int
	name string
	hint string
}

// judge maps an error to its outcome. Where several things went wrong the gravest that a person must mend speaks.
func judge(ctx context.Context, err error) outcome {
	var usage *usageError
	var config *configs.Error
	var quarantined *engine.QuarantineError
	var source *engine.SourceError
	var stale *staleError
	var open *openError
	is := func(kind error) bool { return errors.Is(err, kind) }
	switch by, stopped := interruption(ctx); {
	case err == nil:
		return outcome{code: exitOK}
	case errors.As(err, &usage):
		return outcome{exitUsage, "usage", usage.hint}
	case errors.As(err, &config):
		return outcome{exitUsage, "config", "mend the configuration, then run: pennytie config check"}
	case is(reconcile.ErrNewerSchema):
		return outcome{exitUsage, "newer_schema", "use the newer pennytie that made this store, or another --store"}
	case is(reconcile.ErrIntegrity):
		return outcome{exitIntegrity, "integrity", "do not hand over these reports; run: pennytie doctor"}
	case is(reconcile.ErrClosed):
		return outcome{exitClosed, "closed", "what changed since goes into the next period; or: pennytie handoff reissue --period PERIOD --reason TEXT"}
	case errors.As(err, &open):
		return outcome{exitFailure, "not_closed", "close it first: pennytie close " + open.period}
	case stopped && by.by == os.Interrupt:
		return outcome{exitInterrupted, "interrupted", "committed work is kept; run the command again"}
	case stopped:
		return outcome{exitTerminated, "terminated", "committed work is kept; run the command again"}
	case is(jobs.ErrLocked), is(reconcile.ErrConflict):
		return outcome{exitLocked, "locked", "wait for the other run to end, then try again"}
	case is(errReviews):
		return outcome{exitReview, "reviews_open", "see exceptions.csv in the report"}
	case is(reconcile.ErrAuth):
		return outcome{exitAuth, "auth", "check the key of the source: key_env or key_file in the configuration"}
	case errors.As(err, &source) && (is(reconcile.ErrTransient) || is(reconcile.ErrRateLimited)):
		return outcome{exitTemporary, "temporary", "run the command again later; what came is stored"}
	case errors.As(err, &source), errors.As(err, &quarantined):
		return outcome{exitPartial, "partial", "see quarantine.csv and exceptions.csv in the report; the rest is stored"}
	case errors.As(err, &stale):
		return outcome{exitPartial, "stale", "the other rows are noted; look at these again: pennytie review --csv NEW.csv"}
	case is(reconcile.ErrNotFound):
		return outcome{exitFailure, "not_found", "list what there is: pennytie payments list, pennytie exceptions list"}
	}
	return outcome{exitFailure, "failure", ""}
}

// fail prints an error once: for people, or with --json as the last line of stderr.
func (a *app) fail(err error, o outcome) {
	text := strings.ReplaceAll(err.Error(), "\n", "; ")
	if a.flags.json {
		line, _ := json.Marshal(map[string]any{"error": map[string]any{"code": o.name, "message": text, "hint": o.hint}})
		fmt.Fprintln(a.stderr, string(line))
		return
	}
	fmt.Fprintln(a.stderr, "pennytie: "+err.Error())
	if o.hint != "" {
		fmt.Fprintln(a.stderr, "  "+o.hint)
	}
}
