package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"pennytie/reconcile"
)

// target is a record that agreed facts may be written back to, with what it is to say.
type target struct {
	source, provider, record string
	base                     string
	wanted                   []reconcile.Wanted
}

// pusher is the source's ability to write back, nil if it has none.
func (e *Engine) pusher(source string) reconcile.Pusher {
	for i := range e.Sources {
		if s := &e.Sources[i]; s.Name == source && !s.Records {
			pusher, _ := s.Provider.(reconcile.Pusher)
			return pusher
		}
	}
	return nil
}

// targets says what the records of a judged payment are to say.
func (e *Engine) targets(p *reconcile.Payment, known *reconcile.Known, cover reconcile.Coverage) ([]target, error) {
	var found []target
	for i := range known.Records {
		r := &known.Records[i]
		pusher := e.pusher(r.Source)
		if pusher == nil || r.Kind != reconcile.KindPayment || r.Gone || r.Export {
			continue
		}
		base, err := r.Basis()
		if err != nil {
			return nil, err
		}
		found = append(found, target{source: r.Source, provider: r.Provider, record: r.ID, base: base,
			wanted: pusher.Writable(reconcile.AgreedFacts(p, known, r, cover, e.Policy))})
	}
	return found, nil
}

// want brings the outbox in step with what was just decided of a payment, in the same transaction, and says what a person must
// look at.
func (e *Engine) want(tx reconcile.Tx, paymentID string, targets []target) (open []reconcile.Exception, err error) {
	for i := range targets {
		t := &targets[i]
		before, err := tx.IntentsOf(t.source, t.provider, t.record)
		if err != nil {
			return nil, err
		}
		changed, stuck, err := e.renewed(t, paymentID, before)
		if err != nil {
			return nil, err
		}
		for j := range changed {
			if err := tx.PutIntent(&changed[j]); err != nil {
				return nil, err
			}
		}
		for j := range stuck {
			open = append(open, reconcile.PushException(&stuck[j]))
		}
	}
	return open, nil
}

// renewed compares what is wanted of a record with its lines of the outbox: which of these change, which are new, and which wait
// for a person. What waits and is no longer wanted is superseded before anything new is added.
func (e *Engine) renewed(t *target, paymentID string, before []reconcile.Intent) (changed, stuck []reconcile.Intent, err error) {
	var fresh []reconcile.Intent
	wanted := map[reconcile.IntentKind]string{}
	for _, w := range t.wanted {
		digest, err := w.Digest()
		if err != nil {
			return nil, nil, err
		}
		wanted[w.Kind] = digest
		last := lastOf(before, w.Kind)
		same := false
		if last != nil {
			known, err := last.Wanted.Digest()
			if err != nil {
				return nil, nil, err
			}
			same = known == digest
		}
		switch {
		case same && last.Base == t.base && (last.State == reconcile.IntentConflict || last.State == reconcile.IntentRefused):
			stuck = append(stuck, *last)
			continue
		case same && last.State == reconcile.IntentPending && last.Base != t.base:
			last.Base = t.base // the record changed, and what it is to say did not
			changed = append(changed, *last)
			continue
		case same && (last.State == reconcile.IntentPending || last.State == reconcile.IntentSent || last.State == reconcile.IntentDone):
			continue
		}
		fresh = append(fresh, reconcile.Intent{Source: t.source, Provider: t.provider, Record: t.record, PaymentID: paymentID,
			RunID: e.runID, Wanted: w, Base: t.base, State: reconcile.IntentPending, CreatedAt: e.AsOf})
	}
	for i := range before {
		if old := before[i]; old.State == reconcile.IntentPending {
			digest, err := old.Wanted.Digest()
			if err != nil {
				return nil, nil, err
			}
			if wanted[old.Wanted.Kind] == digest {
				continue
			}
			if err := old.Step(reconcile.IntentSuperseded); err != nil {
				return nil, nil, err
			}
			changed = append(changed, old)
		}
	}
	return append(changed, fresh...), stuck, nil
}

// lastOf is the newest intent of a kind that still stands; one that was superseded counts for nothing.
func lastOf(intents []reconcile.Intent, kind reconcile.IntentKind) *reconcile.Intent {
	for i := len(intents) - 1; i >= 0; i-- {
		if intents[i].Wanted.Kind == kind && intents[i].State != reconcile.IntentSuperseded {
			return &intents[i]
		}
	}
	return nil
}

// backlogKey is where the cache of no source keeps for which sources every payment has been looked at.
const backlogKey = "outbox"

// pushable names the sources that can be written back to, as far as their credentials are there.
func (e *Engine) pushable() string {
	var names []string
	for i := range e.Sources {
		if e.pusher(e.Sources[i].Name) != nil {
			names = append(names, e.Sources[i].Name+"="+e.Sources[i].Kind)
		}
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

// backlog fills the outbox with what was decided while nothing was written back, or not to all of these sources.
func (e *Engine) backlog(ctx context.Context) error {
	done, known, err := NewCache(e.Store, noSource).Get(ctx, backlogKey)
	if err != nil || known && string(done) == e.pushable() {
		return err
	}
	cover, err := e.coverage(ctx)
	if err != nil {
		return err
	}
	var after *reconcile.Position
	for {
		var found []outcome
		err := e.Store.View(ctx, func(r reconcile.Reader) (err error) {
			found, after, err = e.decided(r, cover, after)
			return err
		})
		if err != nil {
			return err
		}
		if len(found) > 0 {
			err := e.update(ctx, func(tx reconcile.Tx) error {
				for i := range found {
					if _, err := e.want(tx, found[i].payment.ID, found[i].targets); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
		if after == nil {
			return NewCache(e.Store, noSource).Put(ctx, backlogKey, []byte(e.pushable()))
		}
	}
}

// forgetBacklog is for a run that decides and writes nothing to the outbox, or not for all sources, e.g. because a credential is
// missing: the next push must look at every payment, or it would send what has been decided otherwise since.
func (e *Engine) forgetBacklog(ctx context.Context) error {
	cache := NewCache(e.Store, noSource)
	done, _, err := cache.Get(ctx, backlogKey)
	if err != nil || len(done) == 0 || e.Push.Enabled && string(done) == e.pushable() {
		return err
	}
	return cache.Put(ctx, backlogKey, []byte{})
}

// decided reads the next stored outcomes and what they want to be written back. Of a payment that is due nothing is decided.
// next is nil at the end.
func (e *Engine) decided(r reconcile.Reader, cover reconcile.Coverage, after *reconcile.Position) (found []outcome,
	next *reconcile.Position, err error) {
	for p, err := range r.Payments(reconcile.PaymentFilter{Sources: e.sourceNames(), After: after, Limit: matchAtOnce}) {
		if err != nil {
			return nil, nil, err
		}
		next = &reconcile.Position{Date: p.PaymentDate, ID: p.ID}
		due, err := isDue(r, p.Row)
		if err != nil {
			return nil, nil, err
		}
		if due {
			continue
		}
		known, err := r.Known(p.Row)
		if err != nil {
			return nil, nil, err
		}
		targets, err := e.targets(p, &known, cover)
		if err != nil {
			return nil, nil, fmt.Errorf("what of payment %s is written back: %w", p.ID, err)
		}
		found = append(found, outcome{payment: p, targets: targets})
	}
	return found, next, nil
}

// isDue says whether a payment waits to be decided anew.
func isDue(r reconcile.Reader, row int64) (bool, error) {
	rows, err := r.Due(row-1, 1)
	return len(rows) == 1 && rows[0] == row, err
}
