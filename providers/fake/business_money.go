package fake

import (
	"cmp"
	"slices"
	"time"

	"pennytie/reconcile/money"
)

// settlement is the currency of the business's bank account: everything is converted to it.
const settlement money.Currency = "USD"

const day = 24 * time.Hour

const disputeFee = 1500 // US cents, not given back

// ledgerRow is one movement of the balance, in the settlement currency.
type ledgerRow struct {
	id, kind, category, source, description string
	created, available                      time.Time
	amount, fee                             int64
	rate                                    int64 // millionths; 0 if nothing was converted
	payout                                  *payout
}

func (r *ledgerRow) net() int64 { return r.amount - r.fee }

// refund gives money back.
type refund struct {
	id, reason  string
	charge      *charge
	amount      int64
	created     time.Time
	succeededAt time.Time // zero is never
	failedAt    time.Time
	txn, back   *ledgerRow // the money going, and coming back after a failure
}

// dispute is a payer asking the bank for the money.
type dispute struct {
	id, reason, end    string // end: won, lost, warning_closed, or empty while open
	charge             *charge
	amount             int64
	inquiry            bool
	created            time.Time
	reviewAt, closedAt time.Time
	out, back          *ledgerRow
	corrected          *ledgerRow // a difference of rates
}

// payout sends what is available to the bank.
type payout struct {
	id, txnID        string
	created, arrives time.Time
	failedAt         time.Time // the bank sent it back; zero is never
	back             *ledgerRow
	amount           int64
	manual           bool // made by hand, not by the schedule
}

// aftermaths are what can happen to a captured payment later, with weights in a thousand.
func aftermaths() (names []string, weights []int) {
	return []string{
			"", "refund_full", "refund_partial", "refund_two_partials", "refund_pending", "refund_failed",
			"refund_pending_failed", "refund_late", "dispute_open", "dispute_won", "dispute_lost",
			"inquiry",
		},
		[]int{896, 30, 20, 8, 6, 4, 2, 12, 6, 6, 6, 4}
}

// decideAftermath lets the first captured payments go through every aftermath, every second one, and
// draws for the others.
func (m *maker) decideAftermath(c *charge) {
	names, weights := aftermaths()
	m.settled++
	what := names[m.weigh(weights)]
	if turn := m.settled / 2; m.settled%2 == 0 && turn < len(names) {
		what = names[turn]
	} else if what == "refund_late" && m.to.Sub(m.from) > 120*day && m.to.Sub(c.settledAt) < 100*day {
		what = "" // too young to be refunded three months later within the business's dates
	}
	c.intent.aftermath = what
	at := func(low, high int) time.Time { return c.settledAt.Add(m.within(low, high)) }
	switch what {
	case "refund_full":
		m.refundNow(c, c.captured, at(1, 20))
	case "refund_partial":
		m.refundNow(c, c.captured*int64(m.between(20, 70))/100, at(1, 25))
	case "refund_two_partials":
		m.refundNow(c, c.captured*3/10, at(2, 6))
		m.refundNow(c, c.captured/4, at(8, 16))
	case "refund_pending":
		m.refundLater(c, at(3, 8), m.within(1, 4), true)
	case "refund_pending_failed":
		m.refundLater(c, at(3, 8), m.within(2, 5), false)
	case "refund_failed":
		r := m.refundNow(c, c.captured, at(2, 8))
		r.failedAt = r.created.Add(m.within(4, 9))
		r.back = m.post("refund_failure", "refund_failure", r.id, -r.txn.amount, r.txn.rate, 0, r.failedAt,
			1)
	case "refund_late":
		m.refundNow(c, c.captured, at(88, 96))
	case "dispute_open", "dispute_won", "dispute_lost", "inquiry":
		m.openDispute(c, what)
	}
}

func (m *maker) newRefund(c *charge, amount int64, at time.Time) *refund {
	reasons := []string{"requested_by_customer", "requested_by_customer", "duplicate", ""}
	r := &refund{
		id: "re_" + c.intent.stem + m.token(2), reason: m.pick(reasons), charge: c, amount: amount,
		created: at,
	}
	c.refunds = append(c.refunds, r)
	m.refunds = append(m.refunds, r)
	return r
}

func (m *maker) refundNow(c *charge, amount int64, at time.Time) *refund {
	r := m.newRefund(c, amount, at)
	r.succeededAt = at
	r.txn = m.postRefund(r, at)
	return r
}

func (m *maker) refundLater(c *charge, at time.Time, wait time.Duration, succeeds bool) {
	r := m.newRefund(c, c.captured, at)
	if !succeeds {
		r.failedAt = at.Add(wait)
		return
	}
	r.succeededAt = at.Add(wait)
	r.txn = m.postRefund(r, r.succeededAt)
}

func (m *maker) openDispute(c *charge, what string) {
	d := &dispute{
		id: m.id("dp_"), charge: c, amount: c.captured, created: c.settledAt.Add(m.within(12, 45)),
		reason: m.pick([]string{"fraudulent", "product_not_received", "unrecognized",
			"product_unacceptable"}),
	}
	d.reviewAt = d.created.Add(m.within(2, 6))
	c.dispute = d
	m.disputes = append(m.disputes, d)
	if what == "inquiry" {
		d.inquiry, d.end, d.closedAt = true, "warning_closed", d.reviewAt.Add(m.within(10, 30))
		return
	}
	rate := m.rate(c.intent.amount.Currency)
	d.out = m.post("adjustment", "dispute", d.id, -convert(d.amount, rate), rate, disputeFee, d.created, 1)
	switch what {
	case "dispute_won":
		d.end, d.closedAt = "won", d.reviewAt.Add(m.within(15, 45))
		d.back = m.post("adjustment", "dispute_reversal", d.id, -d.out.amount, rate, 0, d.closedAt, 1)
	case "dispute_lost":
		d.end, d.closedAt = "lost", d.reviewAt.Add(m.within(15, 45))
	}
}

// postCharge books a captured charge and what the processor keeps of it.
func (m *maker) postCharge(c *charge) *ledgerRow {
	rate := m.rate(c.intent.amount.Currency)
	amount := convert(c.captured, rate)
	kind, fee := "charge", (amount*290+5000)/10000+30
	switch {
	case c.intent.bank:
		kind, fee = "payment", min((amount*80+5000)/10000, 500)
	case rate != 0:
		fee = (amount*540+5000)/10000 + 30 // a foreign card and a conversion cost more
	}
	row := m.post(kind, "charge", c.id, amount, rate, fee, c.settledAt, 2)
	row.description = c.intent.description
	return row
}

func (m *maker) postRefund(r *refund, at time.Time) *ledgerRow {
	rate := m.rate(r.charge.intent.amount.Currency) // of the day of the refund, not of the charge
	kind := "refund"
	if r.charge.intent.bank {
		kind = "payment_refund"
	}
	return m.post(kind, "refund", r.id, -convert(r.amount, rate), rate, 0, at, 1)
}

func (m *maker) post(
	kind, category, source string, amount, rate, fee int64, at time.Time, days int,
) *ledgerRow {
	row := &ledgerRow{
		id: m.id("txn_"), kind: kind, category: category, source: source, amount: amount, fee: fee,
		rate:    rate,
		created: at, available: at.Truncate(24*time.Hour).AddDate(0, 0, days),
	}
	m.ledger = append(m.ledger, row)
	return row
}

// rate is the day's rate from minor units to US cents, in millionths. Floats would round money.
func (m *maker) rate(currency money.Currency) int64 {
	base := map[money.Currency]int64{"EUR": 1_085_000, "GBP": 1_265_000, "JPY": 671_000}[currency]
	if base == 0 {
		return 0
	}
	return base + base*int64(m.between(-200, 200))/10_000
}

// convert rounds to the nearest cent.
func convert(minor, rate int64) int64 {
	if rate == 0 {
		return minor
	}
	return (minor*rate + 500_000) / 1_000_000
}

// makePayouts sends each day what became available, unless that is nothing or less: then it waits.
func (m *maker) makePayouts() {
	rows := slices.Clone(m.ledger)
	slices.SortStableFunc(rows, func(a, b *ledgerRow) int {
		return cmp.Or(a.available.Compare(b.available), cmp.Compare(a.id, b.id))
	})
	var waiting []*ledgerRow
	sum := int64(0)
	for i, row := range rows {
		waiting, sum = append(waiting, row), sum+row.net()
		endOfDay := i+1 == len(rows) || !rows[i+1].available.Equal(row.available)
		if !endOfDay || sum <= 0 {
			continue
		}
		p := &payout{
			id: m.id("po_"), txnID: m.id("txn_"), created: row.available, arrives: row.available.AddDate(0,
				0, 2),
			amount: sum,
		}
		for _, paid := range waiting {
			paid.payout = p
		}
		m.payouts = append(m.payouts, p)
		waiting, sum = nil, 0
	}
}
