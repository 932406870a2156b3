package engine

import (
	"fmt"
	"slices"
	"time"

	"pennytie/reconcile"
)

// Openings lists every time that an exception was opened, by its public id, in the order in which they ended: one that is open is
// the last. There is at least one, or the error is ErrNotFound.
func Openings(r reconcile.Reader, id string) ([]*reconcile.Exception, error) {
	var found []*reconcile.Exception
	for x, err := range r.Exceptions(reconcile.ExceptionFilter{}) {
		if err != nil {
			return nil, err
		}
		if x.ID() == id {
			found = append(found, x)
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("exception %q: %w", id, reconcile.ErrNotFound)
	}
	slices.SortStableFunc(found, func(a, b *reconcile.Exception) int {
		if a.ResolvedAt.IsZero() != b.ResolvedAt.IsZero() {
			return b.ResolvedAt.Compare(a.ResolvedAt)
		}
		return a.ResolvedAt.Compare(b.ResolvedAt)
	})
	return found, nil
}

// resolvedByPerson is the last opening that somebody resolved, if none is open.
func resolvedByPerson(openings []*reconcile.Exception) *reconcile.Exception {
	last := openings[len(openings)-1]
	for _, x := range slices.Backward(openings) {
		if x.Resolution != nil && !last.ResolvedAt.IsZero() {
			return x
		}
	}
	return last
}

// Resolve notes a person's word on an exception, and gives it as it is then. No other command may write meanwhile.
func (e *Engine) Resolve(tx reconcile.Tx, id string, said reconcile.Resolution) (*reconcile.Exception, error) {
	openings, err := Openings(tx, id)
	if err != nil {
		return nil, err
	}
	x := openings[len(openings)-1]
	if said.Reopen {
		x = resolvedByPerson(openings)
	}
	show := "see: pennytie exceptions show " + id
	switch {
	case said.Reopen && x.ResolvedAt.IsZero():
		return nil, &MistakeError{reconcile.Mistake{Text: fmt.Sprintf("exception %s is open", id), Mend: show}}
	case said.Reopen && x.Resolution == nil:
		return nil, &MistakeError{reconcile.Mistake{Text: fmt.Sprintf("exception %s was resolved by a run, which no longer found it", id),
			Mend: "a run opens it again if it comes back; " + show}}
	case !said.Reopen && !x.ResolvedAt.IsZero():
		return nil, &MistakeError{reconcile.Mistake{Text: fmt.Sprintf("exception %s is resolved, by a %s", id, x.ResolvedBy()), Mend: show}}
	}
	said.At = e.AsOf
	if err := tx.Resolve(x, &said); err != nil {
		return nil, err
	}
	if x.Resolution, x.ResolvedAt = &said, e.AsOf; said.Reopen {
		x.Resolution, x.ResolvedAt = nil, time.Time{}
	}
	return x, nil
}
