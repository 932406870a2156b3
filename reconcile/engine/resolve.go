package engine

import (
	"fmt"

	"pennytie/reconcile"
)

// Openings lists every time that an exception was opened, by its public id, the latest last. There is at least one, or the error
// is ErrNotFound.
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
	return found, nil
}

// Resolve notes a person's word on an exception, and gives it as it is then. No other command may write meanwhile.
func (e *Engine) Resolve(tx reconcile.Tx, id string, said reconcile.Resolution) (*reconcile.Exception, error) {
	openings, err := Openings(tx, id)
	if err != nil {
		return nil, err
	}
	x := openings[len(openings)-1]
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
	openings, err = Openings(tx, id)
	if err != nil {
		return nil, err
	}
	return openings[len(openings)-1], nil
}
