package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"go.uber.org/zap"

	"pennytie/reconcile"
)

// Push says whether and how agreed facts are written back.
type Push struct {
	Enabled bool
	Most    int    // intents that are taken up at once
	Only    string // one source; empty: all
	// Sleep waits for a service to show what it was told; nil: nothing is waited for.
	Sleep func(ctx context.Context, d time.Duration) error
	Told  func(Pushed) // of each intent that was taken up; may be nil
}

// Pushed is what became of one intent, or, in a dry run, would be sent.
type Pushed struct {
	Source    string                 `json:"source"`
	Record    string                 `json:"record"`
	PaymentID string                 `json:"payment_id"`
	Kind      reconcile.IntentKind   `json:"kind"`
	State     reconcile.IntentState  `json:"state"`
	Fields    []reconcile.FieldWrite `json:"fields"` // that were written, or would be
	Reason    string                 `json:"reason,omitempty"`
}

const (
	noRecord = "the service no longer has the record"
	// mostTries is how often one push sends an intent that does not arrive, and looks for one that was accepted.
	mostTries = 3
	// openAtOnce is how many lines of the outbox are read together.
	openAtOnce = 100
)

// push works through the outbox. A source that fails leaves the others to go on.
func (e *Engine) push(ctx context.Context, run *reconcile.Run) (failed, fatal error) {
	if fatal = e.backlog(ctx); fatal != nil {
		return nil, fatal
	}
	run.Push = &reconcile.PushResult{}
	taken := 0
	for i := range e.Sources {
		p := &pushing{Engine: e, source: &e.Sources[i], result: run.Push, taken: &taken}
		if p.pusher = e.pusher(p.source.Name); p.pusher == nil || e.Push.Only != "" && e.Push.Only != p.source.Name {
			continue
		}
		stopped, fatal := p.all(ctx)
		if fatal != nil {
			return failed, fatal
		}
		if err := errors.Join(stopped, p.refusals()); err != nil {
			failed = errors.Join(failed, &SourceError{Source: p.source.Name, Err: err})
		}
	}
	return failed, e.countLeft(ctx, run.Push)
}

func (e *Engine) countLeft(ctx context.Context, result *reconcile.PushResult) error {
	return e.Store.View(ctx, func(r reconcile.Reader) error {
		waiting, err := r.Waiting()
		result.Left = 0
		for source, n := range waiting {
			if e.pusher(source) != nil && (e.Push.Only == "" || e.Push.Only == source) {
				result.Left += n
			}
		}
		return err
	})
}

// pushing is the push to one source.
type pushing struct {
	*Engine
	source  *Source
	pusher  reconcile.Pusher
	result  *reconcile.PushResult
	taken   *int // of all sources
	refused int
}

// errStop ends the push to a source: what follows would fare no better.
type errStop struct{ error }

func (s errStop) Unwrap() error { return s.error }

func (p *pushing) all(ctx context.Context) (failed, fatal error) {
	blocked := map[string]bool{} // records of which an earlier intent is not settled
	for intent, err := range p.outbox(ctx, p.source.Name) {
		if err != nil {
			return failed, err
		}
		if *p.taken >= p.Push.Most {
			return failed, nil
		}
		if blocked[intent.Record] {
			continue
		}
		err := p.one(ctx, intent)
		var stop errStop
		switch {
		case err == nil:
		case ctx.Err() != nil:
			return failed, ctx.Err()
		case errors.As(err, &stop):
			return errors.Join(failed, stop.error), nil
		case isKind(err):
			failed = errors.Join(failed, err) // this record; the others may fare better
		default:
			return failed, err
		}
		blocked[intent.Record] = err != nil
	}
	return failed, nil
}

// outbox streams the intents of a source that are pending or sent. No transaction is open in between: there may be requests.
func (e *Engine) outbox(ctx context.Context, source string) iter.Seq2[*reconcile.Intent, error] {
	return func(yield func(*reconcile.Intent, error) bool) {
		for after := int64(0); ; {
			var some []reconcile.Intent
			err := e.Store.View(ctx, func(r reconcile.Reader) (err error) {
				some, err = r.Outbox(source, after, openAtOnce)
				return err
			})
			if err != nil {
				yield(nil, err)
				return
			}
			if len(some) == 0 {
				return
			}
			after = some[len(some)-1].ID
			for i := range some {
				if !yield(&some[i], nil) {
					return
				}
			}
		}
	}
}

// isKind says whether an error is a provider's, and not one of the store.
func isKind(err error) bool {
	return slices.ContainsFunc([]error{reconcile.ErrAuth, reconcile.ErrRateLimited, reconcile.ErrTransient, reconcile.ErrInvalid},
		func(kind error) bool { return errors.Is(err, kind) })
}

func (p *pushing) refusals() error {
	if p.refused == 0 {
		return nil
	}
	return fmt.Errorf("%d facts could not be written back; see the PUSH_CONFLICT exceptions: %w", p.refused, reconcile.ErrInvalid)
}

// one takes up one intent: read, compare, write the difference, read again.
func (p *pushing) one(ctx context.Context, intent *reconcile.Intent) error {
	stored, err := p.standing(ctx, intent)
	switch {
	case errors.Is(err, reconcile.ErrNotFound):
		return p.stick(ctx, intent, reconcile.IntentRefused, &reconcile.Trouble{Reason: "the store no longer has the record"}, nil)
	case err != nil:
		return err
	case stored.due:
		return nil // it is decided anew first
	}
	*p.taken++
	var written []reconcile.FieldWrite
	answered := false    // the last one that was sent was accepted
	sends, looks := 0, 0 // and how often it was looked for since, in vain
	for {
		plan, err := p.pusher.Plan(ctx, intent)
		if errors.Is(err, reconcile.ErrNotFound) {
			return p.stick(ctx, intent, reconcile.IntentRefused, &reconcile.Trouble{Reason: noRecord}, nil)
		}
		if err != nil {
			return unread(err)
		}
		state, trouble, err := stored.against(intent, &plan)
		if err != nil {
			return err
		}
		if trouble != nil {
			return p.stick(ctx, intent, state, trouble, plan.Record)
		}
		if len(plan.Fields) == 0 {
			return p.done(ctx, intent, &stored.SourceRecord, &plan, written)
		}
		switch {
		case answered && looks == mostTries:
			return p.stick(ctx, intent, reconcile.IntentConflict, notShown(&plan), plan.Record)
		case answered, sends > 0 && looks == 0: // it may still show
			if err := p.wait(ctx, looks); err != nil {
				return err
			}
			looks++
			continue
		case sends == mostTries:
			return errStop{fmt.Errorf("%s %s: what was sent did not arrive: %w", intent.Record, intent.Wanted.Kind, reconcile.ErrTransient)}
		}
		sends, looks, written = sends+1, 0, plan.Fields
		if err := p.sending(ctx, intent, &plan); err != nil {
			return err
		}
		if err := plan.Send(ctx); err != nil {
			if err = p.unsent(ctx, intent, err); err != nil || intent.State != reconcile.IntentSent {
				return err
			}
			continue
		}
		answered = true
	}
}

// standing is what the store has of the record of an intent.
type standing struct {
	reconcile.SourceRecord
	intents []reconcile.Intent // all that there ever were for it
	due     bool               // its payment is to be decided anew
}

func (e *Engine) standing(ctx context.Context, intent *reconcile.Intent) (s standing, err error) {
	err = e.Store.View(ctx, func(r reconcile.Reader) error {
		row, record, err := r.Record(intent.Source, intent.Provider, intent.Record)
		if err != nil {
			return err
		}
		s.SourceRecord = record
		if s.intents, err = r.IntentsOf(intent.Source, intent.Provider, intent.Record); err != nil {
			return err
		}
		s.due, err = isDue(r, row)
		return err
	})
	return s, err
}

// unchanged says whether a record says now what it said when it was read for the decision, but for what pennytie wrote itself.
func (s *standing) unchanged(now *reconcile.SourceRecord) (bool, error) {
	if now == nil {
		return false, nil
	}
	read := *now
	if err := unecho(&read, s.intents); err != nil {
		return false, err
	}
	before, err := s.Basis()
	if err != nil {
		return false, err
	}
	after, err := read.Basis()
	return before == after, err
}

// unread is the error of a record that could not be read. Only one that is about the record itself lets others be tried.
func unread(err error) error {
	if errors.Is(err, reconcile.ErrInvalid) {
		return err
	}
	return errStop{err}
}

// against is what forbids to send.
func (s *standing) against(intent *reconcile.Intent, plan *reconcile.Plan) (reconcile.IntentState, *reconcile.Trouble, error) {
	same, err := s.unchanged(plan.Record)
	switch {
	case err != nil:
		return "", nil, err
	case plan.Conflict != nil:
		return reconcile.IntentConflict, plan.Conflict, nil
	case plan.Refused != nil:
		return reconcile.IntentRefused, plan.Refused, nil
	case len(plan.Fields) == 0:
		return "", nil, nil
	case intent.State == reconcile.IntentSent && plan.Seen != intent.Seen:
		return reconcile.IntentConflict, &reconcile.Trouble{Field: plan.Fields[0].Name, Ours: plan.Fields[0].After,
			Theirs: plan.Fields[0].Before, Reason: "somebody else wrote to this record at the same time"}, nil
	case intent.State == reconcile.IntentPending && !same:
		return reconcile.IntentConflict, &reconcile.Trouble{
			Reason: "the record is another than the one that was decided on; the next run reads it and decides anew"}, nil
	}
	return "", nil, nil
}

func notShown(plan *reconcile.Plan) *reconcile.Trouble {
	f := plan.Fields[0]
	return &reconcile.Trouble{Field: f.Name, Ours: f.After, Theirs: f.Before, Reason: "the service accepted it and shows something else"}
}

// wait is 1, 2, then 4 seconds.
func (p *pushing) wait(ctx context.Context, looks int) error {
	if p.Push.Sleep == nil {
		return ctx.Err()
	}
	return p.Push.Sleep(ctx, time.Second<<looks)
}

// sending notes what is about to be sent. From here on only reading tells what came of it.
func (p *pushing) sending(ctx context.Context, intent *reconcile.Intent, plan *reconcile.Plan) error {
	if err := intent.Step(reconcile.IntentSent); err != nil {
		return err
	}
	sum := sha256.Sum256(plan.Body)
	intent.Body, intent.Seen = hex.EncodeToString(sum[:]), plan.Seen
	intent.Attempts++
	intent.SentAt = p.AsOf
	return p.put(ctx, intent)
}

// unsent judges an error of sending. It is nil where the fate of the intent is open, which then stays sent, or settled.
func (p *pushing) unsent(ctx context.Context, intent *reconcile.Intent, err error) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, reconcile.ErrTransient):
		return nil
	case errors.Is(err, reconcile.ErrConflict):
		return p.stick(ctx, intent, reconcile.IntentConflict,
			&reconcile.Trouble{Reason: "the service says that it conflicts with another change"}, nil)
	case errors.Is(err, reconcile.ErrAuth), errors.Is(err, reconcile.ErrRateLimited):
		if stepped := intent.Step(reconcile.IntentPending); stepped != nil {
			return stepped
		}
		intent.Trouble = reconcile.Trouble{Reason: kindName(err)}
		return errors.Join(p.put(ctx, intent), errStop{err})
	}
	return p.stick(ctx, intent, reconcile.IntentRefused, &reconcile.Trouble{Reason: "the service refused it"}, nil)
}

func kindName(err error) string {
	for _, kind := range []error{reconcile.ErrAuth, reconcile.ErrRateLimited, reconcile.ErrTransient} {
		if errors.Is(err, kind) {
			return kind.Error()
		}
	}
	return reconcile.ErrInvalid.Error()
}

func (p *pushing) put(ctx context.Context, intent *reconcile.Intent) error {
	return p.update(ctx, func(tx reconcile.Tx) error { return tx.PutIntent(intent) })
}

// stick leaves an intent to a person. One whose record is another than it was is read again by the next run.
func (p *pushing) stick(ctx context.Context, intent *reconcile.Intent, state reconcile.IntentState, trouble *reconcile.Trouble,
	now *reconcile.SourceRecord) error {
	if err := intent.Step(state); err != nil {
		return err
	}
	intent.Trouble = *trouble
	err := p.update(ctx, func(tx reconcile.Tx) error {
		if err := tx.PutIntent(intent); err != nil {
			return err
		}
		row, record, err := tx.Record(intent.Source, intent.Provider, intent.Record)
		if errors.Is(err, reconcile.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		intents, err := tx.IntentsOf(intent.Source, intent.Provider, intent.Record)
		if err != nil {
			return err
		}
		same, err := (&standing{SourceRecord: record, intents: intents}).unchanged(now)
		if err == nil && now != nil && !same {
			err = tx.AddRecheck(intent.Source, intent.Record)
		}
		if err != nil {
			return err
		}
		return p.tell(tx, row, intent)
	})
	if err != nil {
		return err
	}
	if state == reconcile.IntentRefused {
		p.result.Refused++
		p.refused++
	} else {
		p.result.Conflict++
	}
	p.told(intent, nil)
	return nil
}

// tell opens an exception at the payment.
func (p *pushing) tell(tx reconcile.Tx, row int64, intent *reconcile.Intent) error {
	known, err := tx.Known(row)
	if err != nil {
		return err
	}
	payments, err := tx.PaymentRows([]int64{row})
	if errors.Is(err, reconcile.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	x := p.weigh(payments[0], []reconcile.Exception{reconcile.PushException(intent)})
	return tx.PutExceptions(row, unite(append(x, known.Open...)), p.AsOf)
}

// done settles an intent that the record says. What it says is stored at once, so that the next pull does not take it for news.
func (p *pushing) done(ctx context.Context, intent *reconcile.Intent, stored *reconcile.SourceRecord, plan *reconcile.Plan,
	written []reconcile.FieldWrite) error {
	sent := intent.Attempts > 0
	if err := p.arrived(ctx, p.source, intent, stored, plan); err != nil {
		return err
	}
	if sent {
		p.result.Written++
	} else {
		p.result.Held++
	}
	p.told(intent, written)
	return nil
}

// arrived makes an intent done. Only what was sent can have an echo.
func (e *Engine) arrived(ctx context.Context, source *Source, intent *reconcile.Intent, stored *reconcile.SourceRecord,
	plan *reconcile.Plan) error {
	if err := intent.Step(reconcile.IntentDone); err != nil {
		return err
	}
	intent.DoneAt, intent.Trouble = e.AsOf, reconcile.Trouble{}
	if intent.Attempts > 0 && plan.Record != nil {
		var err error
		if intent.Echo, err = reconcile.EchoOf(&stored.Facts, &plan.Record.Facts, plan.Echo); err != nil {
			return err
		}
	}
	return e.update(ctx, func(tx reconcile.Tx) error {
		if err := tx.PutIntent(intent); err != nil || plan.Record == nil {
			return err
		}
		w := pageWriter{Engine: e, tx: tx, source: source, counts: &reconcile.SourceResult{}}
		return w.write(&reconcile.Page{Payments: []reconcile.SourceRecord{*plan.Record}})
	})
}

func (p *pushing) told(intent *reconcile.Intent, fields []reconcile.FieldWrite) {
	p.Log.Info("pushed", zap.String("source", intent.Source), zap.String("record", intent.Record),
		zap.String("kind", string(intent.Wanted.Kind)), zap.String("state", string(intent.State)))
	p.progress(Progress{Stage: "push", Item: p.source.Name, Done: *p.taken})
	p.tellOf(intent, fields)
}

func (e *Engine) tellOf(intent *reconcile.Intent, fields []reconcile.FieldWrite) {
	if e.Push.Told != nil {
		e.Push.Told(Pushed{intent.Source, intent.Record, intent.PaymentID, intent.Wanted.Kind, intent.State,
			append([]reconcile.FieldWrite{}, fields...), intent.Trouble.Reason})
	}
}

// settleSent reads, before anything else of a source, what became of the intents that were sent and whose fate is open: else the
// pull would take their echo for news. Those that did not arrive wait for the next push.
func (p *puller) settleSent(ctx context.Context) (failed, fatal error) {
	pusher := p.pusher(p.source.Name)
	if pusher == nil {
		return nil, nil
	}
	for intent, err := range p.outbox(ctx, p.source.Name) {
		if err != nil {
			return nil, err
		}
		if intent.State != reconcile.IntentSent {
			continue
		}
		plan, err := pusher.Plan(ctx, intent)
		switch {
		case errors.Is(err, reconcile.ErrNotFound), errors.Is(err, reconcile.ErrInvalid):
			continue // for the push to tell
		case err != nil:
			return err, nil
		case len(plan.Fields) > 0 || plan.Conflict != nil || plan.Refused != nil:
			continue
		}
		stored, err := p.standing(ctx, intent)
		if err == nil {
			err = p.arrived(ctx, p.source, intent, &stored.SourceRecord, &plan)
		}
		if err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// mask takes out of records what only repeats what pennytie wrote to their source.
func (w *pageWriter) mask(records []reconcile.SourceRecord) error {
	if len(records) == 0 {
		return nil
	}
	any, err := w.tx.AnyIntents(w.source.Name)
	if err != nil || !any {
		return err
	}
	for i := range records {
		r := &records[i]
		intents, err := w.tx.IntentsOf(r.Source, r.Provider, r.ID)
		if err != nil {
			return err
		}
		if err := unecho(r, intents); err != nil {
			return err
		}
	}
	return nil
}

// unecho takes out of a record what only repeats its intents.
func unecho(r *reconcile.SourceRecord, intents []reconcile.Intent) error {
	for _, kind := range []reconcile.IntentKind{reconcile.IntentAttribution, reconcile.IntentStatus, reconcile.IntentAllocation} {
		if err := reconcile.Mask(&r.Facts, echoOf(intents, kind)); err != nil {
			return err
		}
	}
	return nil
}

// echoOf is that of the newest write of a kind.
func echoOf(intents []reconcile.Intent, kind reconcile.IntentKind) []reconcile.EchoField {
	for i := len(intents) - 1; i >= 0; i-- {
		if intents[i].Wanted.Kind == kind && intents[i].State == reconcile.IntentDone && intents[i].Attempts > 0 {
			return intents[i].Echo
		}
	}
	return nil
}

// DryRun says what a push would take up now, and writes nothing anywhere. left is how many intents more there are.
func (e *Engine) DryRun(ctx context.Context) (left int, failed error, fatal error) {
	intents, err := e.wishes(ctx)
	if err != nil {
		return 0, nil, err
	}
	taken, stopped := 0, map[string]bool{}
	for i := range intents {
		intent := &intents[i]
		if taken == e.Push.Most || stopped[intent.Source] {
			left++
			continue
		}
		taken++
		if err := e.preview(ctx, intent); err != nil {
			if ctx.Err() != nil {
				return left, failed, ctx.Err()
			}
			failed = errors.Join(failed, &SourceError{Source: intent.Source, Err: err})
			stopped[intent.Source] = !errors.Is(err, reconcile.ErrInvalid)
		}
	}
	return left, failed, nil
}

// preview reads one record and says what would be sent.
func (e *Engine) preview(ctx context.Context, intent *reconcile.Intent) error {
	stored, err := e.standing(ctx, intent)
	if err != nil {
		return err
	}
	plan, err := e.pusher(intent.Source).Plan(ctx, intent)
	if errors.Is(err, reconcile.ErrNotFound) {
		plan, err = reconcile.Plan{Refused: &reconcile.Trouble{Reason: noRecord}}, nil
	}
	if err != nil {
		return err
	}
	state, trouble, err := stored.against(intent, &plan)
	switch {
	case err != nil:
		return err
	case trouble != nil:
		intent.State, intent.Trouble, plan.Fields = state, *trouble, nil
	case len(plan.Fields) == 0:
		intent.State = reconcile.IntentDone
	}
	e.tellOf(intent, plan.Fields)
	return nil
}

// wishes is what the outbox would hold after the backlog, by source.
func (e *Engine) wishes(ctx context.Context) (open []reconcile.Intent, err error) {
	cover, err := e.coverage(ctx)
	if err != nil {
		return nil, err
	}
	err = e.Store.View(ctx, func(r reconcile.Reader) error {
		for after := (*reconcile.Position)(nil); ; {
			found, next, err := e.decided(r, cover, after)
			if err != nil || next == nil {
				return err
			}
			after = next
			for i := range found {
				for j := range found[i].targets {
					t := &found[i].targets[j]
					if e.Push.Only != "" && e.Push.Only != t.source {
						continue
					}
					before, err := r.IntentsOf(t.source, t.provider, t.record)
					if err != nil {
						return err
					}
					changed, _, err := e.renewed(t, found[i].payment.ID, before)
					if err != nil {
						return err
					}
					open = append(open, openAfter(before, changed)...)
				}
			}
		}
	})
	slices.SortStableFunc(open, func(a, b reconcile.Intent) int {
		return slices.Index(e.sourceNames(), a.Source) - slices.Index(e.sourceNames(), b.Source)
	})
	return open, err
}

// openAfter are the lines of a record that wait once some have changed.
func openAfter(before, changed []reconcile.Intent) (open []reconcile.Intent) {
	now := map[int64]reconcile.Intent{}
	for _, i := range changed {
		if i.ID != 0 {
			now[i.ID] = i
		}
	}
	for _, i := range before {
		if newer, is := now[i.ID]; is {
			i = newer
		}
		if i.State == reconcile.IntentPending || i.State == reconcile.IntentSent {
			open = append(open, i)
		}
	}
	for _, i := range changed {
		if i.ID == 0 {
			open = append(open, i)
		}
	}
	return open
}
