package fake

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"
)

// stripesOwn is what happens on the account beside single payments, and to single payments beside the usual. It draws from
// numbers of its own, so that the payments are the same with and without it. A business too small for rare things has none.
func (m *maker) stripesOwn(seed int64) {
	if !m.enough() {
		return
	}
	payments := m.rng
	m.rng = rand.New(rand.NewPCG(uint64(seed), 0x6c6564676572))
	m.bill()
	m.adjustDispute()
	m.reverseCapture()
	m.postLate()
	m.rng = payments
	slices.SortFunc(m.ledger, func(a, b *ledgerRow) int { return cmp.Or(a.created.Compare(b.created), cmp.Compare(a.id, b.id)) })
}

// bill charges what Stripe wants of the business itself every month, and once each what is no payment's either: one of a
// category that nobody has heard of.
func (m *maker) bill() {
	own := func(kind, category, description string, amount int64, at time.Time) {
		m.post(kind, category, "", -amount, 0, 0, at.Truncate(time.Second), 1).description = description
	}
	for at := m.from.AddDate(0, 1, 0); at.Before(m.to); at = at.AddDate(0, 1, 0) {
		own("stripe_fee", "fee", "Billing usage fee ("+at.Format("2006-01")+")", int64(m.between(900, 4900)), at.Add(3*time.Hour))
	}
	span := m.to.Sub(m.from)
	own("contribution", "contribution", "Stripe Climate", 500, m.from.Add(span/3))
	own("network_cost", "network_cost", "Card network costs", 217, m.from.Add(span/2))
}

// adjustDispute corrects the rate of a dispute that was won: it has a third row then.
func (m *maker) adjustDispute() {
	for _, d := range m.disputes {
		if d.end == "won" {
			d.corrected = m.post("adjustment", "dispute", d.id, -int64(m.between(20, 60)), d.out.rate, 0, d.closedAt.Add(time.Hour), 1)
			return
		}
	}
}

// reverseCapture shows one partial capture as two rows: all of it, and what was not captured after all.
func (m *maker) reverseCapture() {
	for _, in := range m.intents {
		if in.story != "partial_capture" || in.charges[0].txn == nil {
			continue
		}
		row := in.charges[0].txn
		all := convert(in.amount.Minor, row.rate)
		m.post("partial_capture_reversal", "partial_capture_reversal", row.source, row.amount-all, row.rate, 0, row.created, 2)
		row.amount = all
		return
	}
}

// postLate books every sixteenth card payment some hours after it was made: until then its fee is not known.
func (m *maker) postLate() {
	n := 0
	for _, in := range m.intents {
		for _, c := range in.charges {
			if c.txn == nil || in.bank {
				continue
			}
			if n++; n%16 == 5 {
				c.txn.created = c.txn.created.Add(m.later(1, 4))
			}
		}
	}
}

// troublePayouts lets one payout come back from the bank and go out again, and makes another by hand, which Stripe never
// itemises.
func (m *maker) troublePayouts(seed int64) {
	if !m.enough() || len(m.payouts) < 6 {
		return
	}
	m.rng = rand.New(rand.NewPCG(uint64(seed), 0x7061796f757473))
	failed, byHand := m.payouts[len(m.payouts)/3], m.payouts[len(m.payouts)*2/3]
	failed.failedAt = failed.arrives.Add(33 * time.Hour)
	failed.back = m.post("payout_failure", "payout_reversal", failed.id, failed.amount, 0, 0, failed.failedAt, 1)
	failed.back.description = "STRIPE PAYOUT FAILURE"
	again := &payout{id: m.id("po_"), txnID: m.id("txn_"), created: failed.back.available,
		arrives: failed.back.available.AddDate(0, 0, 2), amount: failed.amount}
	failed.back.payout = again
	m.payouts = append(m.payouts, again)
	slices.SortFunc(m.payouts, func(a, b *payout) int { return cmp.Or(a.created.Compare(b.created), cmp.Compare(a.id, b.id)) })
	byHand.manual = true
	for _, row := range m.ledger {
		if row.payout == byHand {
			row.payout = nil
		}
	}
}

// itemisedAt is when Stripe begins to list what is in a payout; zero is never.
func (p *payout) itemisedAt() time.Time {
	if p.manual {
		return time.Time{}
	}
	return p.arrives.Add(12 * time.Hour)
}

// status and whether its members are listed, in Stripe's words.
func (p *payout) status(now time.Time) (status, itemised string) {
	status, itemised = "in_transit", "in_progress"
	switch {
	case reached(p.failedAt, now):
		status = "failed"
	case reached(p.arrives, now):
		status = "paid"
	}
	switch {
	case p.manual:
		itemised = "not_applicable"
	case reached(p.itemisedAt(), now):
		itemised = "completed"
	}
	return status, itemised
}

// own is the ledger's row of a payout.
func (p *payout) own() *ledgerRow {
	row := &ledgerRow{id: p.txnID, kind: "payout", category: "payout", source: p.id, description: "STRIPE PAYOUT",
		created: p.created, available: p.created, amount: -p.amount}
	if !p.manual {
		row.payout = p
	}
	return row
}

// Booked is what the ledger's rows of one category come to, in minor units of the settlement currency.
type Booked struct {
	Rows            int
	Gross, Fee, Net int64
}

// Ledger says what stands in Stripe's ledger at a time, by reporting category.
func (b *Business) Ledger(at time.Time) map[string]Booked {
	ledger := map[string]Booked{}
	for _, row := range b.allRows() {
		if reached(row.created, at) {
			sum := ledger[row.category]
			ledger[row.category] = Booked{sum.Rows + 1, sum.Gross + row.amount, sum.Fee + row.fee, sum.Net + row.net()}
		}
	}
	return ledger
}

// allRows is the ledger with the payouts' own rows.
func (b *Business) allRows() []*ledgerRow {
	rows := slices.Clone(b.ledger)
	for _, p := range b.payouts {
		rows = append(rows, p.own())
	}
	return rows
}

// Sent is the truth of one payout.
type Sent struct {
	Amount    int64
	Status    string
	Automatic bool
	Members   int // that Stripe lists, the payout's own row too; 0 while it lists none
}

// Payouts says what was sent to the bank by a time, by id.
func (b *Business) Payouts(at time.Time) map[string]Sent {
	sent := map[string]Sent{}
	for _, p := range b.payouts {
		if reached(p.created, at) {
			status, _ := p.status(at)
			sent[p.id] = Sent{Amount: p.amount, Status: status, Automatic: !p.manual}
		}
	}
	for _, row := range b.allRows() {
		if row.payout != nil && reached(row.payout.itemisedAt(), at) {
			s := sent[row.payout.id]
			s.Members++
			sent[row.payout.id] = s
		}
	}
	return sent
}
