package reconcile

import "errors"

// Kinds of failure. Adapters wrap one of these at their border; the engine decides what a kind means.
var (
	ErrNotFound    = errors.New("not found")
	ErrConflict    = errors.New("conflict")
	ErrStale       = errors.New("changed since it was shown")
	ErrInvalid     = errors.New("wrong input")        // the data or the page is wrong; asking again does not help
	ErrTransient   = errors.New("temporary failure")  // network, 5xx, timeout: safe to retry later
	ErrAuth        = errors.New("credential refused") // 401, 403: a person must act
	ErrRateLimited = errors.New("rate limited")       // still refused after waiting
	ErrIntegrity   = errors.New("integrity broken")   // totals do not tie, the store is damaged
	ErrClosed      = errors.New("the period is closed")
	ErrNewerSchema = errors.New("store has a newer schema than this program knows")
)
