package rest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"pennytie/reconcile"
)

// Account is what the settings of every service have in common: which account to read, how far back and how patiently.
// Each provider's Config embeds it.
type Account struct {
	Source  string         // configured name of the source
	Role    reconcile.Role // empty: as the service says, as all defaults here that are not told
	BaseURL string
	// Since is the first instant to read; zero reads all that the account has.
	Since time.Time
	// Now is the run's clock: windows end shortly before it. Nil: time.Now.
	Now                   func() time.Time
	RequestsPerSecond     float64
	PageSize              int           // rows; 0: the most that the service gives at once
	Overlap               time.Duration // how far before its end the last pull is read again; 0: DefaultOverlap
	AllowInsecureLoopback bool          // http:// to this machine, for tests
	// Writes lets agreed facts be written back: what each service has of it, and nothing else.
	Writes bool

	MaxAttempts    int // 0: 5 tries of one request
	AttemptTimeout time.Duration
	LongestWait    time.Duration                                    // 0: LongestWait; assumed: few services say how long they may ask for
	MaxBody        int64                                            // bytes of one answer, 0: 32 MiB; assumed: none says how much it sends
	Sleep          func(ctx context.Context, d time.Duration) error // nil waits; tests need not
}

// DefaultOverlap is the Overlap of every service that does not say otherwise.
const DefaultOverlap = 72 * time.Hour

// Checked fills in what is left out and refuses what cannot work, its errors beginning with the service's name. The page
// size of the service's defaults is also the largest. Numbers are compared so that NaN is refused.
func (a Account) Checked(service string, defaults Account) (Account, error) {
	if a.Source == "" {
		return a, fmt.Errorf("%s: source has no name: %w", service, reconcile.ErrInvalid)
	}
	a.Role = cmp.Or(a.Role, defaults.Role)
	a.BaseURL = cmp.Or(a.BaseURL, defaults.BaseURL)
	a.RequestsPerSecond = cmp.Or(a.RequestsPerSecond, defaults.RequestsPerSecond)
	a.PageSize = cmp.Or(a.PageSize, defaults.PageSize)
	a.Overlap = cmp.Or(a.Overlap, DefaultOverlap)
	a.AttemptTimeout = cmp.Or(a.AttemptTimeout, defaults.AttemptTimeout)
	if a.Now == nil {
		a.Now = time.Now
	}
	roles := []reconcile.Role{reconcile.RoleManual, reconcile.RoleProcessor, reconcile.RoleBook}
	switch {
	case !slices.Contains(roles, a.Role):
		return a, a.Refuse(service, reconcile.ErrInvalid, fmt.Sprintf("role %q is not manual, processor or book", a.Role))
	case !(a.RequestsPerSecond > 0):
		return a, a.Refuse(service, reconcile.ErrInvalid, "requests per second must be above 0")
	case a.PageSize < 1 || a.PageSize > defaults.PageSize:
		return a, a.Refuse(service, reconcile.ErrInvalid, fmt.Sprintf("page size %d is not 1 to %d", a.PageSize, defaults.PageSize))
	case a.Overlap < 0 || a.MaxAttempts < 0 || a.AttemptTimeout < 0 || a.LongestWait < 0 || a.MaxBody < 0:
		return a, a.Refuse(service, reconcile.ErrInvalid, "overlap, attempts, timeout, wait or body is below zero")
	}
	if _, err := parseBase(a.BaseURL, a.AllowInsecureLoopback); err != nil {
		return a, fmt.Errorf("%s: source %q: %w", service, a.Source, err)
	}
	return a, nil
}

// MayWrite is what Options.MayWrite is to be: nothing unless Writes is set.
func (a Account) MayWrite(allowed func(method, path string) bool) func(method, path string) bool {
	if !a.Writes {
		return nil
	}
	return allowed
}

// Refuse is the error of settings that cannot work. kind is reconcile.ErrInvalid, or ErrAuth of a credential.
func (a Account) Refuse(service string, kind error, reason string) error {
	return fmt.Errorf("%s: source %q: %s: %w", service, a.Source, reason, kind)
}

// Options are how the account is asked.
func (a Account) Options(log *zap.Logger) Options {
	return Options{
		BaseURL: a.BaseURL, AllowInsecureLoopback: a.AllowInsecureLoopback, RequestsPerSecond: a.RequestsPerSecond,
		MaxAttempts: a.MaxAttempts, AttemptTimeout: a.AttemptTimeout, LongestWait: a.LongestWait, MaxBody: a.MaxBody,
		Sleep: a.Sleep, Log: log,
	}
}

// NotOneOf says that a word of the settings is none of those that there are; empty is that it is one.
func NotOneOf(name, word string, known ...string) string {
	if slices.Contains(known, word) {
		return ""
	}
	return fmt.Sprintf("%s %q is not one of %s", name, word, strings.Join(known, ", "))
}

// PlainWord says whether a text can stand in a header, a form or a path as it is.
func PlainWord(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' })
}
