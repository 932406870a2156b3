package engine

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"pennytie/reconcile"
	"pennytie/reconcile/joint"
	"pennytie/reconcile/money"
	"pennytie/reconcile/score"
)

// joinAtOnce is how many amounts share a transaction.
const joinAtOnce = 50

// mostAlike is how many payments within a claim's window may share a key with it, and its amount, before the key tells nobody
// apart.
const mostAlike = reconcile.MostUnderKey

// join compares the claims that share no id with any payment with the payments of processors of the same amount, and puts those
// that are surely the same money together. What it finds follows from what is stored and from nothing else, whatever was joined
// before: a join that no longer holds is undone.
func (e *Engine) join(ctx context.Context) error {
	var amounts []money.Amount
	err := e.Store.View(ctx, func(r reconcile.Reader) (err error) {
		amounts, err = r.Unjoined()
		return err
	})
	for done := 0; err == nil && len(amounts) > 0; {
		some := amounts[:min(len(amounts), joinAtOnce)]
		err = e.update(ctx, func(tx reconcile.Tx) error {
			for _, amount := range some {
				j := joiner{pageWriter: e.writer(tx), amount: amount, taken: map[int64]*taken{}}
				if err := cmp.Or(ctx.Err(), j.run()); err != nil {
					return err
				}
			}
			return nil
		})
		amounts, done = amounts[len(some):], done+len(some)
		e.progress(Progress{Stage: "join", Done: done})
	}
	if err == nil {
		err = e.group(ctx)
	}
	if err != nil {
		return fmt.Errorf("join claims and payments: %w", err)
	}
	return nil
}

// writer folds payments anew outside of a page.
func (e *Engine) writer(tx reconcile.Tx) *pageWriter {
	return &pageWriter{Engine: e, tx: tx, source: &Source{}, counts: &reconcile.SourceResult{},
		touched: map[int64]bool{}, said: map[int64][]reconcile.PaymentChange{}}
}

// joiner joins the claims of one amount.
type joiner struct {
	*pageWriter
	amount money.Amount
	claims []*claim
	past   []reconcile.Join // what is stored
	taken  map[int64]*taken // payments that something speaks for or a claim is joined to, without that claim
}

// claim is a claim that shares no id with a payment, wherever its records are.
type claim struct {
	id       string
	row      int64
	alone    bool // its row is its own
	apart    reconcile.Claim
	prepared *reconcile.Prepared
	wanted   *reconcile.Join
	target   int64 // the row of the payment, if wanted is sure
	rivals   []likeness
	crowded  bool // and further payments that were not compared
}

// likeness is a payment that something speaks for.
type likeness struct {
	payment  *taken
	evidence []reconcile.Evidence
	odds     reconcile.Weight
	decisive bool
}

// taken is a payment that a processor took.
type taken struct {
	*reconcile.Prepared
	books     []string // that claim it by its id
	gone      bool
	decisions []reconcile.Decision
	odds      []weighed // of every claim that something speaks for
}

type weighed struct {
	claim *claim
	odds  reconcile.Weight
}

func (j *joiner) run() error {
	if err := j.load(); err != nil {
		return err
	}
	for _, some := range j.stretches() {
		if err := j.compare(some); err != nil {
			return err
		}
	}
	if err := j.decide(); err != nil {
		return err
	}
	if err := j.apply(); err != nil {
		return err
	}
	if err := j.refoldAll(); err != nil {
		return err
	}
	return j.tx.Joined(j.amount)
}

// always is all of time.
func always() reconcile.Span {
	return reconcile.Span{Through: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)}
}

// load reads the claims of the amount: those that stand alone and those that are joined to a payment.
func (j *joiner) load() error {
	open, err := j.tx.PaymentsOf(j.amount, reconcile.RoleBook, always())
	if err != nil {
		return err
	}
	rows, err := j.tx.JoinRows(j.amount)
	if err != nil {
		return err
	}
	for _, p := range open {
		rows = append(rows, p.Row)
	}
	slices.Sort(rows)
	for _, row := range slices.Compact(rows) {
		known, err := j.tx.Known(row)
		if err != nil {
			return err
		}
		j.loadRow(&known)
	}
	return nil
}

func (j *joiner) loadRow(known *reconcile.Known) {
	own, joined := known.Apart()
	p, _, is := reconcile.Fold(j.Organization, own)
	for _, join := range known.Joins {
		open := is && p.Role == reconcile.RoleBook && p.Amount == j.amount
		if join.Amount == j.amount && !(open && join.State.Group()) { // the groups of open claims are looked at later
			j.past = append(j.past, join)
		}
	}
	if !is {
		return
	}
	if p.Role == reconcile.RoleBook {
		j.add(&claim{row: known.Row, alone: true, apart: reconcile.Claim{Keys: own.Keys, Records: own.Records, Decisions: own.Decisions}}, &p)
		return
	}
	if len(joined) > 0 {
		one := &taken{Prepared: j.Prepare.Payment(&p)}
		one.look(&own)
		j.taken[known.Row] = one
	}
	for _, apart := range joined {
		if said, _, is := reconcile.Fold(j.Organization, reconcile.Known{Row: known.Row, Records: apart.Records}); is {
			j.add(&claim{row: known.Row, apart: apart}, &said)
		}
	}
}

func (j *joiner) add(c *claim, p *reconcile.Payment) {
	c.prepared = j.Prepare.Payment(p)
	c.id = p.ID
	j.claims = append(j.claims, c)
}

// candidate says whether a claim may be compared at all.
func (j *joiner) candidate(c *claim) bool {
	return c.prepared.Amount == j.amount && c.prepared.Status.Collected() && !c.prepared.PaymentDate.IsZero()
}

// stretches divides the claims by date, so that only the payments around some of them are in memory.
func (j *joiner) stretches() [][]*claim {
	claims := slices.DeleteFunc(slices.Clone(j.claims), func(c *claim) bool { return !j.candidate(c) })
	slices.SortFunc(claims, func(a, b *claim) int {
		return cmp.Or(a.prepared.PaymentDate.Compare(b.prepared.PaymentDate), cmp.Compare(a.id, b.id))
	})
	var found [][]*claim
	for from, i := 0, 0; i < len(claims); i++ {
		if i+1 == len(claims) || reconcile.DaysApart(claims[from].prepared.PaymentDate, claims[i+1].prepared.PaymentDate) > 2*j.Policy.ClaimWindowDays {
			found = append(found, claims[from:i+1])
			from = i + 1
		}
	}
	return found
}

// compare finds the payments that share a key with one of these claims within its window, and what speaks for each.
func (j *joiner) compare(claims []*claim) error {
	around := reconcile.Span{From: j.window(claims[0].prepared).From, Through: j.window(claims[len(claims)-1].prepared).Through}
	payments, err := j.tx.PaymentsOf(j.amount, reconcile.RoleProcessor, around)
	if err != nil || len(payments) == 0 {
		return err
	}
	under := map[reconcile.BlockKey][]*taken{} // by date
	for _, p := range payments {
		if !p.Status.Collected() {
			continue
		}
		one := j.taken[p.Row]
		if one == nil {
			one = &taken{Prepared: j.Prepare.Payment(p)}
		}
		for _, key := range j.Pair.Keys(one.Prepared) {
			under[key] = append(under[key], one)
		}
	}
	for _, c := range claims {
		for _, p := range j.near(c, under) {
			if err := j.weighUp(c, p); err != nil {
				return err
			}
		}
	}
	return nil
}

// window is the time in which a claim's payment may have been made.
func (e *Engine) window(claim *reconcile.Prepared) reconcile.Span {
	const day = 24 * time.Hour
	midnight := claim.PaymentDate.UTC().Truncate(day)
	days := time.Duration(e.Policy.ClaimWindowDays) * day
	return reconcile.Span{From: midnight.Add(-days), Through: midnight.Add(days + day)}
}

// near lists the payments of a claim's window that share a key with it, once each.
func (j *joiner) near(c *claim, under map[reconcile.BlockKey][]*taken) []*taken {
	window := j.window(c.prepared)
	var found []*taken
	for _, key := range j.Pair.Keys(c.prepared) {
		all := under[key]
		from, _ := slices.BinarySearchFunc(all, window.From, byDate)
		through, _ := slices.BinarySearchFunc(all, window.Through, byDate)
		if through-from > mostAlike {
			c.crowded = true
			continue
		}
		for _, p := range all[from:through] {
			if !slices.Contains(found, p) {
				found = append(found, p)
			}
		}
	}
	return found
}

func byDate(p *taken, at time.Time) int { return p.PaymentDate.Compare(at) }

// weighUp adds a payment to what a claim may be, unless the claim names another one there, a book of the claim names this one, or
// the processor no longer has it.
func (j *joiner) weighUp(c *claim, p *taken) error {
	if c.names(p.Provider) {
		return nil
	}
	evidence := j.Pair.Pair(c.prepared, p.Prepared)
	odds, decisive := score.Claim(evidence)
	if odds <= 0 {
		return nil
	}
	if p.books == nil {
		known, err := j.tx.Known(p.Row)
		if err != nil {
			return err
		}
		own, _ := known.Apart()
		p.look(&own)
	}
	named := func(r reconcile.SourceRecord) bool { return slices.Contains(p.books, r.Source) }
	if p.gone || slices.ContainsFunc(c.apart.Records, named) {
		return nil
	}
	c.rivals = append(c.rivals, likeness{p, evidence, odds, decisive})
	p.odds = append(p.odds, weighed{c, odds})
	j.taken[p.Row] = p
	return nil
}

// names says whether a claim has an id in a provider's space: then that is its payment there, or none is.
func (c *claim) names(provider string) bool {
	return slices.ContainsFunc(c.apart.Keys, func(k reconcile.Key) bool { return k.Provider == provider })
}

// look notes which books claim the payment by its id, and what people said of it.
func (p *taken) look(own *reconcile.Known) {
	p.books, p.decisions = []string{}, own.Decisions
	p.gone = (&reconcile.Claim{Records: own.Records}).Leading().Gone
	for _, r := range own.Records {
		if r.Role == reconcile.RoleBook && r.Kind == reconcile.KindPayment && !r.Gone {
			p.books = append(p.books, r.Source)
		}
	}
}

// decide finds the best whole solution of each book. Two books may speak of one payment, one book only once.
func (j *joiner) decide() error {
	books := map[string][]*claim{}
	for _, c := range j.claims {
		if len(c.rivals) > 0 {
			books[c.prepared.Source] = append(books[c.prepared.Source], c)
		} else if c.crowded {
			c.wanted = c.join(reconcile.JoinCrowded)
		}
	}
	for _, book := range slices.Sorted(maps.Keys(books)) {
		if err := j.solve(books[book]); err != nil {
			return err
		}
	}
	return nil
}

func (j *joiner) solve(claims []*claim) error {
	var items, payments []joint.Item
	var pairs []joint.Pair
	byID, seen := map[string]*claim{}, map[string]bool{}
	for _, c := range claims {
		byID[c.id] = c
		items = append(items, joint.Item{ID: c.id})
		for _, l := range c.rivals {
			if !seen[l.payment.ID] {
				seen[l.payment.ID] = true
				payments = append(payments, joint.Item{ID: l.payment.ID})
			}
			pairs = append(pairs, joint.Pair{Claim: c.id, Payment: l.payment.ID, Weight: int(l.odds)})
		}
	}
	solution, err := joint.Solve(items, payments, pairs)
	if err != nil {
		return err
	}
	for _, chosen := range solution.Chosen {
		j.chosen(byID[chosen.Claim], chosen)
	}
	for _, open := range solution.Open {
		j.undecided(byID[open.Claim], open.Because)
	}
	return nil
}

// chosen judges a pair of the best whole solution by the policy.
func (j *joiner) chosen(c *claim, chosen joint.Choice) {
	at := slices.IndexFunc(c.rivals, func(l likeness) bool { return l.payment.ID == chosen.Payment })
	best := c.rivals[at]
	confidence, margin := score.Pair(reconcile.Weight(chosen.Margin), best.odds, c.others(at), best.payment.others(c))
	if confidence < j.Policy.Suggest {
		return
	}
	c.wanted = c.join(reconcile.JoinLikely)
	c.wanted.PaymentID, c.wanted.Evidence = best.payment.ID, best.evidence
	c.wanted.Confidence, c.wanted.Margin = confidence, margin
	sure := best.decisive && !c.crowded && confidence >= j.Policy.AutoConfirm && margin >= j.Policy.Margin
	if there := c.row == best.payment.Row; sure && (there || !contradicting(c.apart.Decisions, best.payment.decisions)) {
		c.wanted.State, c.target = reconcile.JoinSure, best.payment.Row
	}
}

// contradicting says whether people spoke of both: which word holds for both together is not for a machine to say.
func contradicting(a, b []reconcile.Decision) bool { return reconcile.Spoken(a) && reconcile.Spoken(b) }

// others are the odds of a claim's further payments.
func (c *claim) others(but int) []reconcile.Weight {
	var odds []reconcile.Weight
	for i, l := range c.rivals {
		if i != but {
			odds = append(odds, l.odds)
		}
	}
	return odds
}

// others are the odds of a payment's further claims by the same book.
func (p *taken) others(but *claim) []reconcile.Weight {
	var odds []reconcile.Weight
	for _, w := range p.odds {
		if w.claim != but && w.claim.prepared.Source == but.prepared.Source {
			odds = append(odds, w.odds)
		}
	}
	return odds
}

// undecided tells of a claim that may be one of several payments.
func (j *joiner) undecided(c *claim, because joint.Reason) {
	if because == joint.TooLarge {
		c.wanted = c.join(reconcile.JoinCrowded)
		return
	}
	rivals := slices.SortedFunc(slices.Values(c.rivals), func(a, b likeness) int {
		return cmp.Or(cmp.Compare(b.odds, a.odds), cmp.Compare(a.payment.ID, b.payment.ID))
	})
	if alone, _ := score.Pair(rivals[0].odds, rivals[0].odds); alone < j.Policy.Suggest {
		return
	}
	c.wanted = c.join(reconcile.JoinTied)
	c.wanted.PaymentID, c.wanted.Evidence = rivals[0].payment.ID, rivals[0].evidence
	for _, l := range rivals[1:min(len(rivals), reconcile.MaxCandidates)] {
		c.wanted.Others = append(c.wanted.Others, l.payment.ID)
	}
}

// join makes what is to be stored of the claim, under its leading record.
func (c *claim) join(state reconcile.JoinState) *reconcile.Join {
	leading := c.apart.Leading()
	return &reconcile.Join{Source: leading.Source, Provider: leading.Provider, Record: leading.ID,
		Amount: c.prepared.Amount, State: state}
}

// apply stores what is another than before. First every claim leaves that is no longer where it belongs, then each goes where it
// does: two claims that exchange their payments must not meet on the way.
func (j *joiner) apply() error {
	stays := map[[3]string]bool{}
	for _, c := range j.claims {
		if c.wanted != nil {
			stays[[3]string{c.wanted.Source, c.wanted.Provider, c.wanted.Record}] = true
		}
	}
	for _, past := range j.past {
		if stays[[3]string{past.Source, past.Provider, past.Record}] {
			continue
		}
		if err := j.tx.DropJoin(&past); err != nil {
			return err
		}
	}
	for _, c := range j.claims {
		if c.alone || c.target == c.row {
			continue
		}
		row, err := j.split(c.row, c.apart.Keys, c.apart.Records)
		if err != nil {
			return err
		}
		c.row = row
	}
	for _, c := range j.claims {
		if err := j.settle(c); err != nil {
			return err
		}
	}
	return nil
}

// settle stores what is wanted of a claim that has left where it does not belong.
func (j *joiner) settle(c *claim) error {
	if c.wanted != nil {
		change, err := j.tx.PutJoin(c.wanted)
		if err != nil {
			return err
		}
		if change != reconcile.Unchanged {
			j.touched[c.row] = true
		}
	}
	if c.target == 0 || c.target == c.row {
		return nil
	}
	for _, r := range c.apart.Records {
		j.said[c.row] = append(j.said[c.row], reconcile.PaymentChange{Source: r.Source, Record: r.ID,
			Field: reconcile.FieldRecord, After: reconcile.RecordPresent})
	}
	return j.merge(c.target, c.row)
}
