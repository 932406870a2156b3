package engine

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"pennytie/reconcile"
)

// matchAtOnce is how many payments share one index and one transaction.
const matchAtOnce = 500

// match decides every payment that is due, in batches by row.
func (e *Engine) match(ctx context.Context, everything bool) error {
	if everything {
		if err := e.update(ctx, reconcile.Tx.DueAll); err != nil {
			return err
		}
	}
	if err := e.checkPolicy(ctx); err != nil {
		return err
	}
	if err := e.checkKeys(ctx); err != nil {
		return err
	}
	if err := e.join(ctx); err != nil {
		return err
	}
	if err := e.forgetCoverage(ctx); err != nil {
		return err
	}
	cover, err := e.coverage(ctx)
	if err != nil {
		return err
	}
	if err := e.decideDue(ctx, cover); err != nil {
		return err
	}
	return e.judgeChains(ctx, cover)
}

// decideDue decides the payments that are due. Those of a chain stay due, to be judged again when all of it is decided.
func (e *Engine) decideDue(ctx context.Context, cover reconcile.Coverage) error {
	e.memory = newMemory()
	defer func() { e.memory = nil }()
	group, ctx := errgroup.WithContext(ctx)
	batches := make(chan *batch, 1)
	group.Go(func() error {
		defer close(batches)
		return e.loadBatches(ctx, batches)
	})
	group.Go(func() error {
		done := 0
		for b := range batches {
			outcomes, err := e.decideAll(b, cover)
			if err == nil {
				err = e.storeOutcomes(ctx, outcomes)
			}
			if err != nil {
				return err
			}
			done += len(b.payments)
			e.progress(Progress{Stage: "match", Done: done})
		}
		return nil
	})
	return group.Wait()
}

// loadBatches reads the payments that are due, by row, while those before are decided and stored. Storing an outcome touches
// nothing that a later batch reads.
func (e *Engine) loadBatches(ctx context.Context, to chan<- *batch) error {
	for after := int64(0); ; {
		var b *batch
		err := e.Store.View(ctx, func(r reconcile.Reader) error {
			rows, err := r.Due(after, matchAtOnce)
			if err != nil || len(rows) == 0 {
				return err
			}
			b, err = e.loadBatch(r, rows)
			return err
		})
		if err != nil || b == nil {
			return err
		}
		after = b.payments[len(b.payments)-1].Row
		select {
		case to <- b:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// batch is everything that deciding a stretch of payments needs.
type batch struct {
	payments []*reconcile.Payment
	known    []reconcile.Known
	prepared []*reconcile.Prepared
	twins    [][]*reconcile.Payment
	index    *reconcile.Index
}

// outcome is what a run has to say of one payment.
type outcome struct {
	payment *reconcile.Payment
	open    []reconcile.Exception
	changes []reconcile.PaymentChange // of a payment that was known before this run
	targets []target                  // records to write back to, if anything is
	chained bool                      // it is of a chain of which others may be due still
}

func (e *Engine) loadBatch(r reconcile.Reader, rows []int64) (*batch, error) {
	payments, err := r.PaymentRows(rows)
	if err != nil {
		return nil, err
	}
	b := &batch{payments: payments}
	for _, p := range payments {
		known, err := r.Known(p.Row)
		if err != nil {
			return nil, err
		}
		prepared := e.Prepare.Payment(p)
		if prepared.Siblings, err = e.siblings(r, prepared); err != nil {
			return nil, err
		}
		twins, err := findTwins(r, prepared)
		if err != nil {
			return nil, err
		}
		b.known = append(b.known, known)
		b.prepared = append(b.prepared, prepared)
		b.twins = append(b.twins, twins)
	}
	named, err := e.teach(r, b.prepared)
	if err != nil {
		return nil, err
	}
	b.index, err = e.loadIndex(r, b.prepared, named)
	return b, err
}

// loadIndex reads the neighbourhood of the payments and the leads that people named: work follows the payments at hand, not the
// size of the lead list. Keys of likeness are asked for only where the others find few.
func (e *Engine) loadIndex(r reconcile.Reader, batch []*reconcile.Prepared, named []string) (*reconcile.Index, error) {
	all := func(p *reconcile.Prepared) []reconcile.BlockKey { return p.Keys }
	near, err := e.leadsUnder(r, keysOfAll(batch, all))
	if err != nil {
		return nil, err
	}
	products, err := r.Products()
	if err != nil {
		return nil, err
	}
	calls, err := r.AnyCalls()
	if err != nil {
		return nil, err
	}
	index := reconcile.NewIndex(e.prepareLeads(near.Leads), near.Calls, products, near.Keys, near.Crowded, calls, e.Policy)
	grow := func(more reconcile.Neighbours) {
		index.Grow(e.prepareLeads(more.Leads), more.Calls, more.Keys, more.Crowded)
	}
	strangers := slices.DeleteFunc(named, func(id string) bool { return index.Lead(id) != nil })
	if near, err = r.LeadsByID(strangers); err != nil {
		return nil, err
	}
	grow(near)
	lonely := slices.DeleteFunc(slices.Clone(batch), func(p *reconcile.Prepared) bool {
		return !index.Lonely(p, index.Sharing(p))
	})
	likeness := func(p *reconcile.Prepared) []reconcile.BlockKey { return p.Likeness }
	if near, err = e.leadsUnder(r, keysOfAll(lonely, likeness)); err != nil {
		return nil, err
	}
	grow(near)
	return index, nil
}

// keysOfAll are some keys of payments and of their payers' others.
func keysOfAll(batch []*reconcile.Prepared, some func(*reconcile.Prepared) []reconcile.BlockKey) []reconcile.BlockKey {
	var keys []reconcile.BlockKey
	for _, p := range batch {
		keys = append(keys, some(p)...)
		for _, sibling := range p.Siblings {
			keys = append(keys, some(sibling)...)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// decideAll works on all cores; each result has its own place, so the order of work does not show.
func (e *Engine) decideAll(b *batch, cover reconcile.Coverage) ([]outcome, error) {
	outcomes := make([]outcome, len(b.payments))
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	const stride = 50
	for from := 0; from < len(outcomes); from += stride {
		group.Go(func() error {
			for i := from; i < min(from+stride, len(outcomes)); i++ {
				match := e.attribute(b.prepared[i], b.index, b.known[i].Decisions)
				o, err := e.judge(b.payments[i], match, &b.known[i], b.twins[i], keptChain(b.known[i].Open), cover)
				if err != nil {
					return err
				}
				o.chained = chained(b.prepared[i], b.known[i].Open)
				outcomes[i] = o
			}
			return nil
		})
	}
	return outcomes, group.Wait()
}

// attribute asks every matcher and settles.
func (e *Engine) attribute(p *reconcile.Prepared, index *reconcile.Index, said []reconcile.Decision) reconcile.Match {
	return e.settle(e.find(p, index), said)
}

// find asks every matcher.
func (e *Engine) find(p *reconcile.Prepared, index *reconcile.Index) []reconcile.Candidate {
	var found []reconcile.Candidate
	for _, matcher := range e.Matchers {
		found = append(found, matcher.Match(p, index)...)
	}
	return found
}

// settle scores what was found and decides.
func (e *Engine) settle(found []reconcile.Candidate, said []reconcile.Decision) reconcile.Match {
	leads, products := e.scorer.Rank(found)
	return reconcile.Decide(e.Policy, leads, products, said)
}

// judge verifies a payment with its attribution and gathers everything that a person must look at. twins and chain are what is known
// of other payments.
func (e *Engine) judge(before *reconcile.Payment, match reconcile.Match, known *reconcile.Known,
	twins []*reconcile.Payment, chain []reconcile.Exception, cover reconcile.Coverage) (outcome, error) {
	folded, found, is := reconcile.Fold(e.Organization, *known)
	if !is {
		return outcome{}, fmt.Errorf("payment %s has no record left: %w", before.ID, reconcile.ErrIntegrity)
	}
	p := *before
	p.Match = match
	status, more := reconcile.Verify(&folded, known, cover, match.State.Decided())
	found = append(found, more...)
	p.Verification, p.VerifiedAt = status, verifiedAt(before, status, e.AsOf)
	if err := reconcile.CheckStep(before, &p, known.Decisions); err != nil {
		return outcome{}, err
	}
	found = append(found, reconcile.AttributionExceptions(&p)...)
	found = append(found, duplicates(&p, twins)...)
	found = append(found, chain...)
	found = append(found, reconcile.JoinExceptions(&p, known.Joins)...)
	found = append(found, keptLateChanges(known.Open)...)
	o := outcome{payment: &p, open: unite(e.weigh(&p, found))}
	if before.OpenedAt.Before(e.AsOf) {
		o.changes = reconcile.OutcomeChanges(before, &p)
	}
	if !e.Push.Enabled {
		return o, nil
	}
	var err error
	o.targets, err = e.targets(&p, known, cover)
	return o, err
}

func verifiedAt(before *reconcile.Payment, now reconcile.VerificationStatus, asOf time.Time) time.Time {
	switch {
	case now != reconcile.Confirmed:
		return time.Time{}
	case before.Verification == reconcile.Confirmed:
		return before.VerifiedAt
	}
	return asOf
}

// keptLateChanges stay open until a person has seen them.
func keptLateChanges(open []reconcile.Exception) []reconcile.Exception {
	return slices.DeleteFunc(slices.Clone(open), func(x reconcile.Exception) bool { return x.Code != reconcile.ExLateChange })
}

// weigh gives each exception its severity: the money of the payment that it is about.
func (e *Engine) weigh(p *reconcile.Payment, found []reconcile.Exception) []reconcile.Exception {
	for i := range found {
		found[i].Severity = reconcile.SeverityOf(p.Amount)
	}
	return found
}

// unite sorts exceptions and keeps one of each code and subject.
func unite(found []reconcile.Exception) []reconcile.Exception {
	order := func(a, b reconcile.Exception) int {
		return cmp.Or(cmp.Compare(a.Code, b.Code), cmp.Compare(a.Subject, b.Subject))
	}
	slices.SortStableFunc(found, order)
	return slices.CompactFunc(found, func(a, b reconcile.Exception) bool { return order(a, b) == 0 })
}

func (e *Engine) storeOutcomes(ctx context.Context, outcomes []outcome) error {
	return e.update(ctx, func(tx reconcile.Tx) error {
		for _, o := range outcomes {
			if _, err := tx.PutOutcome(o.payment); err != nil {
				return err
			}
			stuck, err := e.want(tx, o.payment.ID, o.targets)
			if err != nil {
				return err
			}
			if err := tx.PutExceptions(o.payment.Row, unite(append(o.open, e.weigh(o.payment, stuck)...)), e.AsOf); err != nil {
				return err
			}
			if err := tx.PutChanges(o.payment.Row, o.changes, e.AsOf); err != nil {
				return err
			}
			if o.chained {
				if err := tx.MakeDue(o.payment.Row); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// mostSiblings is how many other payments of one payer are looked at: the nearest in time.
const mostSiblings = 8

// siblings prepares the nearest other payments of the same payer.
func (e *Engine) siblings(r reconcile.Reader, p *reconcile.Prepared) ([]*reconcile.Prepared, error) {
	found, err := samePayer(r, p)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(found, func(a, b *reconcile.Payment) int {
		return cmp.Or(cmp.Compare(a.PaymentDate.Sub(p.PaymentDate).Abs(), b.PaymentDate.Sub(p.PaymentDate).Abs()), cmp.Compare(a.ID, b.ID))
	})
	out := make([]*reconcile.Prepared, min(len(found), mostSiblings))
	for i := range out {
		out[i] = e.Prepare.Payment(found[i])
	}
	return out, nil
}

// samePayer finds the other payments of a payer, by date, then id.
func samePayer(r reconcile.Reader, p *reconcile.Prepared) ([]*reconcile.Payment, error) {
	var found []*reconcile.Payment
	for _, key := range p.PayerKeys {
		same, err := r.PayerPayments(key, p.Row)
		if err != nil {
			return nil, err
		}
		found = append(found, same...)
	}
	slices.SortFunc(found, func(a, b *reconcile.Payment) int {
		return cmp.Or(a.PaymentDate.Compare(b.PaymentDate), cmp.Compare(a.ID, b.ID))
	})
	return slices.CompactFunc(found, func(a, b *reconcile.Payment) bool { return a.Row == b.Row }), nil
}

// keysOf are all keys of a payment.
func keysOf(p *reconcile.Prepared) reconcile.PaymentKeys {
	return reconcile.PaymentKeys{Block: slices.Concat(p.Keys, p.Likeness), Twin: twinKeys(p), Payer: p.PayerKeys}
}

// twinKeys are the keys under which a double payment of the same payer is found.
func twinKeys(p *reconcile.Prepared) []reconcile.BlockKey {
	if !p.Status.Collected() {
		return nil
	}
	money := fmt.Sprintf("\x00%d\x00%s", p.Amount.Minor, p.Amount.Currency)
	var keys []reconcile.BlockKey
	for _, email := range p.Emails {
		keys = append(keys, reconcile.NewBlockKey("twin:email", email+money))
	}
	if p.StripeCustomerID != "" {
		keys = append(keys, reconcile.NewBlockKey("twin:customer", p.StripeCustomerID+money))
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// findTwins lists payments of the same payer, amount and currency close in time, by date and id.
func findTwins(r reconcile.Reader, p *reconcile.Prepared) ([]*reconcile.Payment, error) {
	near := reconcile.Span{From: p.PaymentDate.Add(-reconcile.TwinWindow), Through: p.PaymentDate.Add(reconcile.TwinWindow + time.Microsecond)}
	var twins []*reconcile.Payment
	for _, key := range twinKeys(p) {
		same, err := r.PaymentsWithKey(key, near, p.Row)
		if err != nil {
			return nil, err
		}
		for _, other := range same {
			if other.Amount == p.Amount && other.Status.Collected() {
				twins = append(twins, other)
			}
		}
	}
	slices.SortFunc(twins, func(a, b *reconcile.Payment) int {
		return cmp.Or(a.PaymentDate.Compare(b.PaymentDate), cmp.Compare(a.ID, b.ID))
	})
	return slices.CompactFunc(twins, func(a, b *reconcile.Payment) bool { return a.Row == b.Row }), nil
}

// duplicates shows double payments; it never merges them.
func duplicates(p *reconcile.Payment, twins []*reconcile.Payment) []reconcile.Exception {
	var found []reconcile.Exception
	for _, twin := range twins {
		found = append(found, reconcile.Exception{Code: reconcile.ExDuplicate, Subject: twin.ProviderPaymentID,
			Expected: "one payment", Actual: p.Amount.String(),
			Detail: "same payer, amount and currency within 15 minutes"})
	}
	return found
}
