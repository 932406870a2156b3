package report

import (
	"fmt"

	"pennytie/reconcile"
)

// paymentPass reads the payments once and feeds every file that is made of them.
type paymentPass struct {
	bundle      *bundle
	payments    *table[paymentRow]
	matches     *table[matchRow]
	candidates  *table[candidateRow]
	commissions *table[commissionRow]
	payouts     payoutBook
	scratch     []byte // match_candidates of the payment at hand
	spans       []span // and the evidence in it
	last        reconcile.Position
}

// payments writes payments.csv, matches.csv, candidates.csv, commissions.csv and payouts.csv in one pass.
func (b *bundle) payments() error {
	pass := &paymentPass{bundle: b, payouts: payoutBook{}}
	b.checks = map[reconcile.VerificationStatus]int{}
	if err := pass.open(); err != nil {
		return err
	}
	if err := b.picture.listen(b.reader); err != nil {
		return fmt.Errorf("read what people said: %w", err)
	}
	for p, err := range b.reader.Payments(reconcile.PaymentFilter{Sources: b.options.Sources}) {
		if err != nil {
			return fmt.Errorf("read payments: %w", err)
		}
		if err := pass.take(p); err != nil {
			return err
		}
	}
	if err := pass.finish(); err != nil {
		return err
	}
	return b.payouts(pass.payouts)
}

func (pass *paymentPass) open() (err error) {
	b := pass.bundle
	if pass.payments, err = openTable(b, paymentsFile, tallyPayment); err != nil {
		return err
	}
	amount := func(r *matchRow, s *sums) { s.add("amount", r.Amount) }
	if pass.matches, err = openTable(b, matchesFile, amount); err != nil {
		return err
	}
	if pass.candidates, err = openTable[candidateRow](b, candidatesFile, nil); err != nil {
		return err
	}
	moved := func(r *commissionRow, s *sums) { s.add("amount", r.Amount) }
	pass.commissions, err = openTable(b, commissionsFile, moved)
	return err
}

// take adds one payment to every file. Nothing of it is kept: the reader may use its memory again.
func (pass *paymentPass) take(p *reconcile.Payment) error {
	if err := pass.check(p); err != nil {
		return err
	}
	shown := pass.bundle.shown
	pass.bundle.checks[p.Verification]++
	pass.bundle.picture.payment(p)
	pass.spans = pass.spans[:0]
	pass.scratch = appendCandidates(pass.scratch[:0], p.Match.Candidates, shown, &pass.spans)
	candidates := JSON(pass.scratch)
	row := newPaymentRow(p, candidates, shown)
	if err := pass.payments.add(&row); err != nil {
		return err
	}
	match := newMatchRow(p, shown)
	if err := pass.matches.add(&match); err != nil {
		return err
	}
	for i := range p.Match.Candidates {
		evidence := candidates[pass.spans[i].from:pass.spans[i].to]
		row := newCandidateRow(p.ID, i+1, &p.Match.Candidates[i], evidence, shown)
		if err := pass.candidates.add(&row); err != nil {
			return err
		}
	}
	agent, err := pass.bundle.agentOf(p)
	if err != nil {
		return err
	}
	lines, err := commissionRows(p, pass.bundle.moves, agent)
	if err != nil {
		return err
	}
	for i := range lines {
		if err := pass.commissions.add(&lines[i]); err != nil {
			return err
		}
	}
	return pass.payouts.add(p)
}

// check refuses what would make the files wrong: the order is what keeps them the same from run to run, and
// a payment that comes twice would be counted twice.
func (pass *paymentPass) check(p *reconcile.Payment) error {
	if order := pass.last.Date.Compare(p.PaymentDate); pass.last.ID != "" &&
		(order > 0 || order == 0 && pass.last.ID >= p.ID) {
		return fmt.Errorf("the store lists payment %s out of order or twice: %w", p.ID, reconcile.ErrIntegrity)
	}
	pass.last = reconcile.Position{Date: p.PaymentDate, ID: p.ID}
	return checkCurrencies(p)
}

func (pass *paymentPass) finish() error {
	b := pass.bundle
	if err := finishTable(b, pass.payments); err != nil {
		return err
	}
	if err := finishTable(b, pass.matches); err != nil {
		return err
	}
	if err := finishTable(b, pass.candidates); err != nil {
		return err
	}
	return finishTable(b, pass.commissions)
}
