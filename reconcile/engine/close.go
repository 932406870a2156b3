package engine

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

// Closed is what a close or a re-issue did.
type Closed struct {
	Period  reconcile.Period
	Rows    int // movements of this revision
	Carried int // of these, rows that reverse, replace or bring late what belongs to what was handed over before
	Open    OpenExceptions
}

// OpenExceptions are the exceptions that were open at a close.
type OpenExceptions struct {
	Count  int
	AtRisk []money.Amount // of their payments, each once, by currency
}

// ErrUnchanged says that there is nothing to re-issue.
var ErrUnchanged = errors.New("nothing has changed since it was handed over")

// Close freezes the first revision of a period: its movements as they are known now, and what changed in earlier periods since
// these were handed over. It is one transaction.
func (e *Engine) Close(ctx context.Context, p reconcile.Period, zone *time.Location) (Closed, error) {
	return e.freeze(ctx, func(c *closer) error {
		if err := c.closable(p, e.AsOf); err != nil {
			return err
		}
		c.period = p
		c.period.Organization, c.period.Zone, c.period.PII = e.Organization, zone.String(), e.Reports.PII
		c.zone = zone
		return c.freeze("")
	})
}

// Reissue freezes another revision of a closed period: rows that reverse and replace what changed in it since.
func (e *Engine) Reissue(ctx context.Context, name, reason string) (Closed, error) {
	return e.freeze(ctx, func(c *closer) error {
		at := slices.IndexFunc(c.periods, func(p reconcile.Period) bool { return p.Name == name })
		if at < 0 {
			return fmt.Errorf("period %s is not closed: %w", name, reconcile.ErrNotFound)
		}
		c.period = c.periods[at]
		zone, err := time.LoadLocation(c.period.Zone)
		if err != nil {
			return fmt.Errorf("booking zone of %s: %w", name, err)
		}
		c.zone = zone
		return c.freeze(reason)
	})
}

func (e *Engine) freeze(ctx context.Context, fn func(*closer) error) (Closed, error) {
	e.leasedTil = time.Time{}
	defer func() { _ = e.Store.Release(context.WithoutCancel(ctx), e.Owner) }()
	var c *closer
	err := e.update(ctx, func(tx reconcile.Tx) error {
		c = &closer{tx: tx, asOf: e.AsOf, standing: map[fact]mark{}, accounts: map[account]*clearing{}, paidOut: map[payoutOf]int64{},
			payouts: map[payoutOf]*members{}, moved: map[moved]*members{}, open: map[string]money.Amount{}}
		var err error
		if c.periods, err = tx.Periods(); err != nil {
			return err
		}
		return fn(c)
	})
	if err != nil {
		return Closed{}, err
	}
	return Closed{Period: c.period, Rows: len(c.rows), Carried: c.carried, Open: c.exceptions}, nil
}

// closer is one close or re-issue. It holds a mark of every row ever handed over, the ledger's lines and the rows of the period,
// but no payments.
type closer struct {
	tx         reconcile.Tx
	asOf       time.Time
	zone       *time.Location
	periods    []reconcile.Period // closed before
	period     reconcile.Period
	standing   map[fact]mark
	rows       []reconcile.BookedLine
	carried    int
	accounts   map[account]*clearing
	paidOut    map[payoutOf]int64 // net of the payout's own lines, in minor units
	payouts    map[payoutOf]*members
	moved      map[moved]*members
	open       map[string]money.Amount // payments of the period or before that have open exceptions
	exceptions OpenExceptions
}

// fact is a row_id, packed.
type fact [12]byte

// mark is what stands of a fact that was handed over.
type mark struct {
	content [16]byte
	period  string // that had its last row
	stands  bool
	seen    bool // it is still known
}

func factOf(id string) (f fact, err error) {
	const prefix = len("mov_")
	if len(id) != prefix+2*len(f) {
		return f, fmt.Errorf("row id %q: %w", id, reconcile.ErrIntegrity)
	}
	_, err = hex.Decode(f[:], []byte(id[prefix:]))
	return f, err
}

func (f fact) String() string { return "mov_" + hex.EncodeToString(f[:]) }

// closable refuses a period that is closed, is not over, or leaves days between that would never be handed over.
func (c *closer) closable(p reconcile.Period, asOf time.Time) error {
	for _, closed := range c.periods {
		if closed.Name == p.Name {
			return fmt.Errorf("%s was closed as of %s: %w", p.Name, closed.Revisions[0].AsOf.Format(time.RFC3339), reconcile.ErrClosed)
		}
		if p.Overlaps(closed) {
			return fmt.Errorf("%s has days of %s: %w", p.Name, closed.Name, reconcile.ErrClosed)
		}
	}
	if len(c.periods) == 0 {
		return nil
	}
	last := c.periods[len(c.periods)-1]
	switch {
	case p.From < last.From:
		return fmt.Errorf("%s was before %s, and what is known of it now is carried into the next period: %w", p.Name, last.Name,
			reconcile.ErrClosed)
	case p.From != last.Until:
		return fmt.Errorf("%s begins on %s, but what follows %s, which was closed last, begins on %s: close that first: %w", p.Name,
			p.From, last.Name, last.Until, reconcile.ErrInvalid)
	}
	return nil
}

// handOff names what is being made.
func (c *closer) handOff() string { return fmt.Sprintf("%s r%d", c.period.Name, c.period.Revision()) }

func (c *closer) freeze(reason string) error {
	reissue := c.period.Revision() > 0
	runs, err := c.tx.Runs(1)
	if err != nil {
		return err
	}
	revision := reconcile.Revision{Number: c.period.Revision() + 1, AsOf: c.asOf, Reason: reason}
	if len(runs) > 0 {
		revision.Run = runs[0].ID
	}
	c.period.Revisions = append(slices.Clone(c.period.Revisions), revision)
	opening, err := c.readBooked()
	if err != nil {
		return err
	}
	if err := c.readMovements(reissue); err != nil {
		return err
	}
	if err := c.gone(reissue); err != nil {
		return err
	}
	if reissue && len(c.rows) == 0 {
		return fmt.Errorf("%s: %w", c.period.Name, ErrUnchanged)
	}
	if err := c.tx.ClosePeriod(&c.period); err != nil {
		return err
	}
	for _, book := range []func() error{c.bookRows, c.bookPayouts, c.bookExceptions, func() error { return c.bookClearing(opening) }} {
		if err := book(); err != nil {
			return err
		}
	}
	return nil
}

// readBooked marks what stands of everything that was handed over, and finds the balances of the clearing accounts at the period's
// beginning: those at the end of the one before, or its own opening if it is handed over again.
func (c *closer) readBooked() (opening map[account]money.Amount, err error) {
	before := c.before()
	wanted := reconcile.ClearingClosing
	if c.period.Revision() > 1 {
		before, wanted = c.period.Name, reconcile.ClearingOpening
	}
	opening = map[account]money.Amount{}
	for line, err := range c.tx.Booked(reconcile.BookedFilter{}) {
		switch {
		case err != nil:
			return nil, err
		case line.Part == reconcile.PartClearing && line.Period == before && line.Clearing.Line == wanted:
			opening[account{line.Clearing.Source, line.Clearing.Amount.Currency}] = line.Clearing.Amount
		case line.Part.Moves():
			f, err := factOf(line.Movement.Fact())
			if err != nil {
				return nil, err
			}
			if line.Period == c.period.Name {
				if err := c.move(line.Movement); err != nil {
					return nil, err
				}
			}
			c.standing[f] = mark{content: line.Movement.Content(), period: line.Period, stands: line.Part != reconcile.PartReversal}
		}
	}
	return opening, nil
}

// before names the period that ended where this one begins, if there is one.
func (c *closer) before() string {
	for _, p := range c.periods {
		if p.Until == c.period.From {
			return p.Name
		}
	}
	return ""
}

// readMovements goes through every movement that is known now.
func (c *closer) readMovements(reissue bool) error {
	take := func(list []reconcile.Movement) error {
		for i := range list {
			if err := c.take(&list[i], reissue); err != nil {
				return err
			}
		}
		return nil
	}
	parts, loose, err := c.readParts()
	if err != nil {
		return err
	}
	list := reconcile.LooseMovements(loose, c.zone)
	for i := range list {
		if m := &list[i]; m.Kind == reconcile.EntryPayout && m.BookedOn < c.period.Until {
			c.paidOut[payoutOf{m.Source, m.ObjectID, m.Net.Currency}] += m.Net.Minor
		}
	}
	if err := take(list); err != nil {
		return err
	}
	for p, err := range c.tx.Payments(reconcile.PaymentFilter{}) {
		if err != nil {
			return fmt.Errorf("read payments: %w", err)
		}
		if reconcile.BookingDay(p.PaymentDate, c.zone) < c.period.Until && len(p.Exceptions) > 0 {
			c.open[p.ID] = p.Amount
		}
		var own reconcile.Parts
		if of := parts[p.ID]; of != nil {
			own = *of
			delete(parts, p.ID)
		}
		if err := take(reconcile.Movements(p, own, c.zone)); err != nil {
			return err
		}
	}
	for _, id := range slices.Sorted(maps.Keys(parts)) { // of what is no payment now: the ledger's word stands
		if err := take(reconcile.LooseMovements(parts[id].Entries, c.zone)); err != nil {
			return err
		}
	}
	return nil
}

// readParts reads what hangs on payments, and the ledger's lines that belong to none.
func (c *closer) readParts() (parts map[string]*reconcile.Parts, loose []reconcile.Entry, err error) {
	parts = map[string]*reconcile.Parts{}
	of := func(id string) *reconcile.Parts {
		if parts[id] == nil {
			parts[id] = &reconcile.Parts{}
		}
		return parts[id]
	}
	words := map[string]string{}
	shared := func(word *string) { // the same few words on every line
		if known, is := words[*word]; is {
			*word = known
			return
		}
		words[*word] = *word
	}
	for e, err := range c.tx.Entries(reconcile.EntryFilter{}) {
		if err != nil {
			return nil, nil, fmt.Errorf("read the ledger: %w", err)
		}
		line := *e
		line.Keys, line.Description = nil, ""
		shared(&line.Source)
		shared(&line.Provider)
		shared(&line.Category)
		shared(&line.PayoutID)
		if line.PaymentID == "" {
			loose = append(loose, line)
			continue
		}
		p := of(line.PaymentID)
		p.Entries = append(p.Entries, line)
	}
	for r, err := range c.tx.Refunds(nil) {
		if err != nil {
			return nil, nil, fmt.Errorf("read refunds: %w", err)
		}
		if r.PaymentID != "" && r.Counted {
			p := of(r.PaymentID)
			p.Refunds = append(p.Refunds, *r)
		}
	}
	for d, err := range c.tx.Disputes(nil) {
		if err != nil {
			return nil, nil, fmt.Errorf("read disputes: %w", err)
		}
		if d.PaymentID != "" && d.Counted {
			p := of(d.PaymentID)
			p.Disputes = append(p.Disputes, *d)
		}
	}
	return parts, loose, nil
}

// take compares a movement as it is known now with what was handed over of it.
func (c *closer) take(m *reconcile.Movement, reissue bool) error {
	if err := c.account(m); err != nil {
		return err
	}
	f, err := factOf(m.ID)
	if err != nil {
		return err
	}
	was, booked := c.standing[f]
	if booked {
		was.seen = true
		c.standing[f] = was
	}
	inside := c.period.Holds(m.BookedOn)
	switch {
	case booked && reissue && was.period != c.period.Name:
		return nil // its last word is in another period: what changed since goes on from there
	case booked && was.stands && was.content == m.Content():
		return nil
	case booked:
		now := m
		if m.BookedOn >= c.period.Until || reissue && !inside {
			now = nil // it will be booked with the period that it belongs to
		}
		return c.correct(f, was, now)
	case inside:
		if reissue {
			return c.late(m, c.adjustOn(), c.period.Name)
		}
		return c.add(reconcile.PartMovement, *m)
	case reissue || len(c.periods) == 0 || m.BookedOn < c.periods[0].From || m.BookedOn > c.period.From:
		return nil
	}
	for _, p := range c.periods {
		if p.Holds(m.BookedOn) {
			return c.late(m, c.adjustOn(), p.Name)
		}
	}
	return nil
}

func (c *closer) add(part reconcile.BookedPart, m reconcile.Movement) error {
	m.Revision = c.period.Revision()
	c.rows = append(c.rows, reconcile.BookedLine{Part: part, Movement: &m})
	return c.move(&m)
}

// late adds a row that was not known when its period was handed over.
func (c *closer) late(m *reconcile.Movement, on, period string) error {
	row := *m
	row.Note = fmt.Sprintf("came late: of %s, after %s was handed over", m.BookedOn, period)
	row.BookedOn = on
	c.carried++
	return c.add(reconcile.PartMovement, row)
}

// correct adds the rows that turn what was handed over of a fact into what is known now.
func (c *closer) correct(f fact, was mark, now *reconcile.Movement) error {
	var stood *reconcile.Movement
	if was.stands {
		for line, err := range c.tx.Booked(reconcile.BookedFilter{Fact: f.String()}) {
			if err != nil {
				return err
			}
			stood = line.Movement
		}
	}
	for _, line := range reconcile.Corrections(stood, now, c.adjustOn(), c.handOff()) {
		c.carried++
		if err := c.add(line.Part, *line.Movement); err != nil {
			return err
		}
	}
	return nil
}

// adjustOn is the day on which corrections are booked: what a re-issue adds stands after all that was there.
func (c *closer) adjustOn() string {
	if c.period.Revision() > 1 {
		return lastDay(c.period)
	}
	return c.period.From
}

func lastDay(p reconcile.Period) string {
	until, _ := time.Parse(time.DateOnly, p.Until) // as ParsePeriod wrote it
	return until.AddDate(0, 0, -1).Format(time.DateOnly)
}

// gone reverses what was handed over and is not known any more.
func (c *closer) gone(reissue bool) error {
	for _, f := range slices.SortedFunc(maps.Keys(c.standing), func(a, b fact) int { return slices.Compare(a[:], b[:]) }) {
		was := c.standing[f]
		if was.seen || !was.stands || reissue && was.period != c.period.Name {
			continue
		}
		if err := c.correct(f, was, nil); err != nil {
			return err
		}
	}
	return nil
}

func (c *closer) book(l reconcile.BookedLine) error {
	l.Period, l.Revision = c.period.Name, c.period.Revision()
	return c.tx.Book(&l)
}

// bookRows books the movements in the order in which they are handed over.
func (c *closer) bookRows() error {
	slices.SortStableFunc(c.rows, func(a, b reconcile.BookedLine) int { return reconcile.CompareMovements(a.Movement, b.Movement) })
	for _, row := range c.rows {
		if err := c.book(row); err != nil {
			return err
		}
	}
	return nil
}

// bookPayouts books the payouts that were made in the period.
func (c *closer) bookPayouts() error {
	for p, err := range c.tx.Payouts(nil) {
		if err != nil {
			return fmt.Errorf("read payouts: %w", err)
		}
		day := reconcile.BookingDay(p.CreatedAt, c.zone)
		if !c.period.Holds(day) {
			continue
		}
		booked := reconcile.BookedPayout{Payout: *p, BookedOn: day, Sum: money.New(0, p.Amount.Currency)}
		if m := c.payouts[payoutOf{p.Source, p.ID, p.Amount.Currency}]; m != nil {
			booked.Members, booked.Sum = m.count, m.sum
		}
		if err := c.book(reconcile.BookedLine{Part: reconcile.PartPayout, Payout: &booked}); err != nil {
			return err
		}
	}
	return nil
}

// bookExceptions books what was open of the period's payments and those before, and of no payment.
func (c *closer) bookExceptions() error {
	atRisk := map[money.Currency]money.Amount{}
	counted := map[string]bool{}
	for x, err := range c.tx.Exceptions(reconcile.ExceptionFilter{OpenOnly: true}) {
		if err != nil {
			return fmt.Errorf("read exceptions: %w", err)
		}
		booked := reconcile.BookedException{Exception: *x}
		if amount, is := c.open[x.PaymentID]; is {
			booked.Amount = &amount
		} else if x.PaymentID != "" {
			continue // of a later period
		}
		if booked.Amount != nil && !counted[x.PaymentID] {
			counted[x.PaymentID] = true
			sum, err := plus(atRisk, booked.Amount.Currency, *booked.Amount)
			if err != nil {
				return fmt.Errorf("money of open exceptions: %w", err)
			}
			atRisk[sum.Currency] = sum
		}
		c.exceptions.Count++
		if err := c.book(reconcile.BookedLine{Part: reconcile.PartException, Exception: &booked}); err != nil {
			return err
		}
	}
	c.exceptions.AtRisk = slices.SortedFunc(maps.Values(atRisk), func(a, b money.Amount) int { return cmp.Compare(a.Currency, b.Currency) })
	return nil
}

// plus adds to a sum that may not have begun.
func plus[K comparable](sums map[K]money.Amount, key K, a money.Amount) (money.Amount, error) {
	sum, begun := sums[key]
	if !begun {
		return a, nil
	}
	return sum.Add(a)
}
