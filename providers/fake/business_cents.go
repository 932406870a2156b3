package fake

import (
	"encoding/json"
	"time"

	"pennytie/reconcile/money"
)

// centsRow is a transaction at Cents: an order with a donation on top of it, or only the intention.
type centsRow struct {
	hearing
	id, status     string // status where no payment tells it
	charge         *charge
	payer          *payer
	user           string // the payer's id at Cents
	reconciliation string
	amount         money.Amount
	anonymized     bool
}

// centsIntended is Cents' word for what a page recorded before anybody paid: not money.
const centsIntended = "pre_transaction"

// Of the business and the charity at Cents.
const (
	centsCompany = "7c1f4a52-0000-4000-8000-00000000cafe"
	centsCharity = "charity_harbour_school"
)

// makeCents claims the payments of one or two small products, as near to a tenth of all as it can.
func (m *maker) makeCents() {
	given := m.donations()
	rows := make([]*centsRow, 0, len(given)+6)
	users := make(map[*payer]string)
	row := func(p *payer, amount money.Amount, created time.Time, status string) *centsRow {
		if users[p] == "" {
			users[p] = m.uuid()
		}
		r := &centsRow{id: m.uuid(), status: status, payer: p, user: users[p], amount: amount}
		r.created, r.lag = created, m.later(1, 24)
		rows = append(rows, r)
		return r
	}
	deaf := false
	for i, c := range given {
		r := row(c.intent.payer, c.taken(), c.settledAt.Add(m.later(1, 12)), "paid")
		r.charge, r.anonymized = c, i == 1
		if c.givenBack() && !deaf {
			r.deaf, deaf = true, true
		}
	}
	if len(given) > 0 {
		for _, status := range []string{centsIntended, "draft", centsIntended, "to_be_payed", centsIntended} {
			c := given[m.rng.IntN(len(given))]
			r := row(c.intent.payer, c.taken(), c.settledAt.Add(-m.later(1, 72)), status)
			if status == centsIntended {
				r.reconciliation = "basket-" + m.digits("########")
			}
		}
	}
	m.books.cents = rows
}

// donations are the charges that Cents knows of. One that is given back is among them, if there is any.
func (m *maker) donations() []*charge {
	var sold []*charge // what is sold once
	all := m.collectedAtStripe()
	count := make(map[*product]int)
	for _, c := range all {
		if c.intent.invoice == nil {
			sold = append(sold, c)
			count[c.intent.product]++
		}
	}
	far := func(n int) int { return max(10*n-len(all), len(all)-10*n) }
	var chosen [2]*product
	best := far(0)
	for i, p := range m.products {
		for _, q := range m.products[i:] {
			n := count[p]
			if q != p {
				n += count[q]
			}
			if max(p.dollars, q.dollars) < 50000 && n > 0 && far(n) < best {
				chosen, best = [2]*product{p, q}, far(n)
			}
		}
	}
	var out []*charge
	back := false
	for _, c := range sold {
		if p := c.intent.product; p == chosen[0] || p == chosen[1] {
			out, back = append(out, c), back || c.givenBack()
		}
	}
	for _, c := range sold {
		if len(out) > 0 && !back && c.givenBack() {
			out, back = append(out, c), true
		}
	}
	return out
}

// LoadCents puts everything that the business has at Cents into a fake of it, with its history:
// transactions.
func (b *Business) LoadCents(to putter) {
	for _, row := range b.books.cents {
		moments := []time.Time{row.created}
		if row.charge != nil {
			moments = row.moments(row.charge)
		}
		for _, at := range moments {
			to.Put("transactions", at, row.object(at))
		}
	}
}

// object shows a row as it stands at a time: days without a time, and amounts in major units but for the
// donation.
func (r *centsRow) object(now time.Time) map[string]any {
	major := func(minor int64) json.Number { return json.Number(money.New(minor, r.amount.Currency).String()) }
	donation := r.amount.Minor * 3 / 103
	status, external, refunded := r.status, any(nil), int64(0)
	if r.charge != nil {
		external = "STRIPE_" + r.charge.intent.id
		refunded, _ = r.refunded(r.charge, now)
		if refunded == r.charge.captured {
			status = "refunded"
		}
	}
	email, address := optional(r.payer.typedEmail), any(nil)
	if r.anonymized {
		email = "donor-" + r.user[:8] + "@anonymous.example.org"
	}
	if p := r.payer; p.address && !r.anonymized {
		address = map[string]any{"street_address": p.street, "city": p.city, "zip_code": p.postal,
			"state": p.state, "country": p.country}
	}
	return map[string]any{
		"id": r.id, "company_id": centsCompany, "charity_id": centsCharity, "donation_cause": "education",
		"transaction_status": status, "external_id": external, "reconciliation_id": optional(r.reconciliation),
		"order_amount": major(r.amount.Minor - donation), "donation_amount": donation, "donation_percentage": 3,
		"total_amount": major(r.amount.Minor), "refunded_amount": major(refunded),
		"currency": string(r.amount.Currency), "donation_currency": string(r.amount.Currency),
		"payment_method": "card", "consumer_user_id": r.user, "consumer_user_full_name": optional(r.payer.typedName),
		"consumer_user_email": email, "consumer_user_email_anonymized": r.anonymized,
		"consumer_user_phone": optional(r.payer.typedPhone), "billable_address": address,
		"created_date": r.created.Format(time.DateOnly), "updated_date": now.Format(time.DateOnly),
	}
}
