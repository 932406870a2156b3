// Package providertest is the contract that every reconcile.Provider passes.
//
// A provider's own tests call Run with ways to make the provider against a server or files of theirs. The
// package must not know any provider, and must not change what the provider reads.
package providertest

import (
	"errors"
	"strings"
	"testing"

	"pennytie/reconcile"
)

// Harness makes providers over one fixed account. Every function but New may be nil where the provider has no
// such case; its check is then skipped.
type Harness struct {
	// New makes a fresh provider over the account, with a fixed clock. It must have more than one page.
	New func(t *testing.T) reconcile.Provider
	// Sized makes the same provider with another page size.
	Sized func(t *testing.T, size int) reconcile.Provider
	// BadKey makes a provider whose credential is refused.
	BadKey func(t *testing.T) reconcile.Provider
	// Hanging makes a provider whose service does not answer.
	Hanging func(t *testing.T) reconcile.Provider
	// Broken makes providers, by the name of the fault, whose service answers wrongly for ever.
	Broken map[string]func(t *testing.T) reconcile.Provider

	Source   string   // the configured name that every row must carry
	Canaries []string // keys and e-mails that no error may hold
	// WithoutFee lists ids of records whose fee and net the service does not say: they must be nil.
	WithoutFee []string
	MaxPages   int // 0: 1000
}

// Run runs the contract.
func Run(t *testing.T, h Harness) {
	t.Helper()
	t.Run("ends", func(t *testing.T) { checkEnd(t, h) })
	t.Run("rows", func(t *testing.T) { checkRows(t, h) })
	t.Run("resume", func(t *testing.T) { checkResume(t, h) })
	t.Run("again", func(t *testing.T) { checkAgain(t, h) })
	t.Run("rescan", func(t *testing.T) { checkRescan(t, h) })
	t.Run("sizes", func(t *testing.T) { checkSizes(t, h) })
	t.Run("bad key", func(t *testing.T) { checkBadKey(t, h) })
	t.Run("broken", func(t *testing.T) { checkBroken(t, h) })
	t.Run("bad cursor", func(t *testing.T) { checkBadCursor(t, h) })
	t.Run("cancel", func(t *testing.T) { checkCancel(t, h) })
	t.Run("fetch", func(t *testing.T) { checkFetch(t, h) })
	t.Run("probe", func(t *testing.T) { checkProbe(t, h) })
}

// Pull reads from a cursor to the end, and fails the test if there is none.
func Pull(t *testing.T, h Harness, p reconcile.Provider, from reconcile.Cursor) []reconcile.Page {
	t.Helper()
	most := h.MaxPages
	if most == 0 {
		most = 1000
	}
	var pages []reconcile.Page
	for range most {
		page, err := p.Pull(t.Context(), from)
		if err != nil {
			t.Fatalf("Pull of page %d: %v", len(pages)+1, err)
		}
		pages = append(pages, page)
		if !page.More {
			return pages
		}
		if page.Next == from {
			t.Fatalf("page %d says that there is more, but its cursor stands still", len(pages))
		}
		from = page.Next
	}
	t.Fatalf("the pull did not end within %d pages", most)
	return nil
}

// kinds are the kinds of error that a provider may give.
func kinds() []error {
	return []error{reconcile.ErrAuth, reconcile.ErrRateLimited, reconcile.ErrTransient, reconcile.ErrInvalid}
}

// checkError says that an error has a kind and no secrets, and that no page came with it.
func checkError(t *testing.T, h Harness, page reconcile.Page, err error) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	known := false
	for _, kind := range kinds() {
		known = known || errors.Is(err, kind)
	}
	if !known {
		t.Errorf("error has none of the four kinds: %v", err)
	}
	for _, canary := range h.Canaries {
		if strings.Contains(err.Error(), canary) {
			t.Errorf("error text holds %q", canary)
		}
	}
	if len(index(t, page)) > 0 || len(page.Quarantined) > 0 || page.Next != "" || page.More ||
		page.Covers != (reconcile.Span{}) {
		t.Errorf("a page came with the error: %+v", page)
	}
}
