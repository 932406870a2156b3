package engine

import (
	"context"
	"fmt"

	"pennytie/reconcile"
)

// Edit is what a person says of one payment.
type Edit struct {
	PaymentID  string // or any of its identity keys' ids
	Version    string // of what the person saw; empty where they saw nothing
	By         string
	Correction reconcile.Correction // of its money
	Answer     *reconcile.Answer    // or whose it is, for sure: the payment is verified with it
}

// MistakeError refuses what a person said, with the mend.
type MistakeError struct{ reconcile.Mistake }

func (m *MistakeError) Error() string { return m.Text }

// Is makes it a kind of wrong input.
func (m *MistakeError) Is(target error) bool { return target == reconcile.ErrInvalid }

// Apply notes what a person says and gives the payment as it is then, verified anew, with its version: at once, while the next run
// matches it again. What the payment says already is no change, and nothing is written. No other command may write meanwhile.
func (e *Engine) Apply(ctx context.Context, c *Edit) (p *reconcile.Payment, version string, err error) {
	if wrong, is := c.Correction.Mistake(); is {
		return nil, "", &MistakeError{wrong}
	}
	cover, err := e.coverage(ctx)
	if err != nil {
		return nil, "", err
	}
	err = e.Store.Update(ctx, func(tx reconcile.Tx) error {
		if p, err = tx.Payment(c.PaymentID); err != nil {
			return fmt.Errorf("payment %q: %w", c.PaymentID, err)
		}
		known, err := tx.Known(p.Row)
		if err != nil {
			return err
		}
		if seen := reconcile.Version(p, known.Decisions); c.Version != "" && c.Version != seen {
			return fmt.Errorf("payment %s is at version %s: %w", p.ID, seen, reconcile.ErrStale)
		}
		noted, err := e.note(tx, c, p, &known)
		if err == nil && noted {
			p, err = e.judgeNow(tx, p.Row, cover)
		}
		if err != nil {
			return err
		}
		if known, err = tx.Known(p.Row); err != nil {
			return err
		}
		version = reconcile.Version(p, known.Decisions)
		return nil
	})
	return p, version, err
}

// note stores what is new of what a person says.
func (e *Engine) note(tx reconcile.Tx, c *Edit, p *reconcile.Payment, known *reconcile.Known) (noted bool, err error) {
	if c.Answer != nil {
		return e.noteVerified(tx, c, known)
	}
	said, is := c.Correction.News(p)
	if _, corrected := reconcile.Corrected(known.Records); c.Correction.Undo {
		said, is = reconcile.Correction{Undo: true, Reason: c.Correction.Reason}, corrected
	}
	if !is {
		return false, nil
	}
	said.By, said.At = c.By, e.AsOf
	w := pageWriter{Engine: e, tx: tx, source: &Source{Name: reconcile.ManualSource, Role: reconcile.RoleManual},
		counts: &reconcile.SourceResult{}, touched: map[int64]bool{}, said: map[int64][]reconcile.PaymentChange{}}
	for _, record := range said.Records(p, known) {
		if err := w.attach(p.Row, func() (reconcile.Change, error) { return tx.PutRecord(p.Row, &record) }); err != nil {
			return false, err
		}
	}
	return true, w.refoldAll()
}

// noteVerified adds a decision by which the payment is confirmed, unless it is the one that holds.
func (e *Engine) noteVerified(tx reconcile.Tx, c *Edit, known *reconcile.Known) (noted bool, err error) {
	if d, spoken := reconcile.LastWord(known.Decisions); spoken && d.Verified && d.LeadID == c.Answer.LeadID && d.CallID == c.Answer.CallID {
		return false, nil
	}
	checked, err := e.Check(tx, []reconcile.Answer{*c.Answer})
	if err != nil {
		return false, err
	}
	for _, wrong := range checked.Mistakes {
		return false, &MistakeError{wrong}
	}
	for i := range checked.New {
		checked.New[i].Decision.Verified = true
	}
	return true, e.Note(tx, &checked, c.By)
}

// judgeNow decides and verifies a payment by what is stored of its candidates. It stays due: the next run looks for others.
func (e *Engine) judgeNow(tx reconcile.Tx, row int64, cover reconcile.Coverage) (*reconcile.Payment, error) {
	found, err := tx.PaymentRows([]int64{row})
	if err != nil {
		return nil, err
	}
	p := found[0]
	known, err := tx.Known(row)
	if err != nil {
		return nil, err
	}
	twins, err := findTwins(tx, e.Prepare.Payment(p))
	if err != nil {
		return nil, err
	}
	match := p.Match
	if reconcile.Spoken(known.Decisions) {
		match = reconcile.Decide(e.Policy, p.Match.Candidates, p.Match.Products, known.Decisions)
		match.Cut = p.Match.Cut
	}
	o, err := e.judge(p, match, &known, twins, keptChain(known.Open), cover)
	if err != nil {
		return nil, err
	}
	if _, err := tx.PutOutcome(o.payment); err != nil {
		return nil, err
	}
	if err := tx.PutExceptions(row, o.open, e.AsOf); err != nil {
		return nil, err
	}
	if err := tx.PutChanges(row, o.changes, e.AsOf); err != nil {
		return nil, err
	}
	if err := tx.MakeDue(row); err != nil {
		return nil, err
	}
	return tx.Payment(o.payment.ID)
}
