package fake

import (
	"cmp"
	"slices"
	"time"

	"pennytie/reconcile/money"
)

// wepayPayment is a payment at WePay, which has one attempt. Nothing of it is in the ledger: WePay pays
// out by itself.
type wepayPayment struct {
	*intent
	method    string // id of the card
	reference string
	fee       int64
	captureAt time.Time // when the money is to be taken, if not at once
	canceled  bool      // rather than failed
}

// The account at WePay that owns everything there.
const wepayAccount = "5e7a2f10-0000-4000-8000-00000000c0de"

// wepayOutcomes are what can become of a payment at WePay, with weights in a thousand.
func wepayOutcomes() (names []string, weights []int) {
	return []string{
			"", "refund_full", "refund_partial", "refund_pending", "dispute_open", "dispute_won",
			"dispute_lost", "failed", "canceled", "delayed_capture",
		},
		[]int{840, 30, 30, 10, 8, 6, 6, 35, 15, 20}
}

// makeWePay makes a fifth as many payments as Stripe collected. Some of them pay for a call whose deal
// was never paid at Stripe, the others are bought by who has paid at Stripe before.
func (m *maker) makeWePay() {
	buyers := m.dollarBuyers()
	if len(buyers) == 0 {
		return
	}
	n := len(m.collectedAtStripe()) / 5
	sales := m.unpaidDeals()
	m.rng.Shuffle(len(sales), func(i, j int) { sales[i], sales[j] = sales[j], sales[i] })
	sales = sales[:min(len(sales), n/3)]
	for i := 0; len(sales) < n; i++ {
		currency := money.Currency("USD")
		if i == 0 || m.chance(250) {
			currency = "CAD"
		}
		sales = append(sales, m.sellAgain(buyers[m.rng.IntN(len(buyers))], currency))
	}
	m.rng.Shuffle(len(sales), func(i, j int) { sales[i], sales[j] = sales[j], sales[i] })
	names, weights := wepayOutcomes()
	known := make(map[*payer]*wepayPayment)
	for i, s := range sales {
		outcome := names[m.weigh(weights)]
		if i < len(names) {
			outcome = names[i]
		}
		m.payAtWePay(s, outcome, known)
	}
	slices.SortFunc(m.books.wepay, func(a, b *wepayPayment) int {
		return cmp.Or(a.created.Compare(b.created), cmp.Compare(a.id, b.id))
	})
	for _, p := range m.books.wepay {
		m.Truth = append(m.Truth, p.truth())
	}
}

// dollarBuyers are the first collected payments of everybody who pays in dollars.
func (m *maker) dollarBuyers() []*intent {
	var out []*intent
	seen := make(map[*payer]bool)
	for _, c := range m.collectedAtStripe() {
		if p := c.intent.payer; p.currency == "USD" && !seen[p] {
			seen[p] = true
			out = append(out, c.intent)
		}
	}
	return out
}

// unpaidDeals are the calls that somebody may still pay for: the card was declined at Stripe, or the
// call was left open.
func (m *maker) unpaidDeals() []*sale {
	var out []*sale
	add := func(p *payer, c *call, at time.Time) {
		if !at.Before(m.from) && at.Before(m.to) && c.amount.Currency == "USD" {
			out = append(out, &sale{story: "wepay_after_call", payer: p, product: c.product, call: c, amount: *c.amount, at: at})
		}
	}
	for _, in := range m.intents {
		if in.story == "declined" && in.call != nil {
			add(in.payer, in.call, in.created.Add(m.later(1, 48)))
		}
	}
	leads := make(map[string]*lead, len(m.leads))
	for _, l := range m.leads {
		leads[l.id] = l
	}
	for _, c := range m.calls {
		open := c.outcome == "open" || c.outcome == "follow_up"
		if open && c.product != nil && c.amount != nil {
			add(m.payingLead(leads[c.leadID]), c, c.ended.Add(m.later(2, 160)))
		}
	}
	return out
}

// payingLead is a lead who has not paid before.
func (m *maker) payingLead(l *lead) *payer {
	return &payer{
		person: l.person, lead: l, identity: identityExact, currency: "USD",
		typedName: l.name(), typedEmail: l.email, typedPhone: l.phone, address: m.chance(550),
		brand: "visa", last4: m.digits("####"),
	}
}

// sellAgain sells one more thing to somebody, without a call.
func (m *maker) sellAgain(first *intent, currency money.Currency) *sale {
	s := &sale{story: "wepay_repeat", payer: first.payer, product: m.choose("USD", false)}
	s.amount = s.product.price("USD")
	if currency == "CAD" {
		s.amount = money.New(s.product.dollars*137/10000*100, currency)
	}
	if s.at = first.created.Add(m.within(2, 60)); !s.at.Before(m.to) {
		s.at = first.created.Add(m.to.Sub(first.created) / 2).Truncate(time.Second)
	}
	return s
}

// payAtWePay makes a payment and what becomes of it. Who is known pays with the same card again.
func (m *maker) payAtWePay(s *sale, outcome string, known map[*payer]*wepayPayment) {
	p := &wepayPayment{intent: &intent{
		id: "wp" + m.token(20), story: s.story, aftermath: outcome, created: s.at, payer: typedAtWePay(s.payer),
		product: s.product, call: s.call, amount: s.amount,
	}, method: "pm" + m.token(20), fee: (s.amount.Minor*290+5000)/10000 + 30}
	if before := known[s.payer]; before != nil {
		p.payer, p.method = before.payer, before.method
	}
	known[s.payer] = p
	switch {
	case p.payer.identity == identityReference:
		p.reference = p.payer.reference
	case m.chance(500):
		p.reference = "order-" + m.digits("######")
	}
	c := &charge{id: p.id, intent: p.intent, created: s.at}
	p.charges = []*charge{c}
	m.books.wepay = append(m.books.wepay, p)
	switch outcome {
	case "failed":
		c.declined, c.failedAt = "card_declined", s.at
		return
	case "canceled":
		p.canceled, p.captureAt, c.failedAt = true, s.at.Add(5*day), s.at.Add(m.within(1, 4))
		return
	case "delayed_capture":
		p.captureAt = s.at.Add(m.within(1, 6))
	}
	c.captured, c.settledAt = s.amount.Minor, s.at
	if !p.captureAt.IsZero() {
		c.settledAt = p.captureAt
	}
	m.afterWePay(c, outcome)
}

func (m *maker) afterWePay(c *charge, outcome string) {
	give := func(amount int64, wait time.Duration) {
		at := c.settledAt.Add(m.within(1, 25))
		c.refunds = append(c.refunds, &refund{
			id: "wr" + m.token(20), reason: m.pick([]string{"customer asked", "duplicate order", "event moved"}),
			charge: c, amount: amount, created: at, succeededAt: at.Add(wait),
		})
	}
	switch outcome {
	case "refund_full":
		give(c.captured, 0)
	case "refund_partial":
		give(c.captured*int64(m.between(20, 70))/100, 0)
	case "refund_pending":
		give(c.captured, m.within(2, 5))
	case "dispute_open", "dispute_won", "dispute_lost":
		d := &dispute{
			id: "wd" + m.token(20), charge: c, amount: c.captured, created: c.settledAt.Add(m.within(8, 30)),
			reason: m.pick([]string{"fraud", "not_received", "not_as_described"}),
		}
		d.reviewAt = d.created.Add(m.within(2, 6))
		if outcome != "dispute_open" {
			d.end, d.closedAt = outcome[len("dispute_"):], d.reviewAt.Add(m.within(10, 30))
		}
		c.dispute = d
	}
}

// typedAtWePay is what somebody types there. A customer id of Stripe's ties nobody to a lead at WePay,
// and a name alone does not without a call, so those give their e-mail.
func typedAtWePay(p *payer) *payer {
	typed := *p
	if p.identity == identityCustomer || p.identity == identityName {
		typed.identity, typed.typedName, typed.typedEmail = identityExact, p.name(), p.email
	}
	return &typed
}

// status is WePay's word for a payment at a time.
func (p *wepayPayment) status(now time.Time) string {
	switch c := p.charges[0]; {
	case reached(c.settledAt, now):
		return "completed"
	case reached(c.failedAt, now) && p.canceled:
		return "canceled"
	case reached(c.failedAt, now):
		return "failed"
	}
	return "pending"
}

// refunded is what came back by a time: pending refunds do not count yet.
func (p *wepayPayment) refunded(now time.Time) int64 {
	sum, _ := hearing{}.refunded(p.charges[0], now)
	return sum
}

// withheld is what is disputed at a time, or was and is lost.
func (p *wepayPayment) withheld(now time.Time) int64 {
	d := p.charges[0].dispute
	if d == nil || !reached(d.created, now) || d.status(now) == "won" {
		return 0
	}
	return d.amount
}

// add counts a payment as it stands at a time.
func (p *wepayPayment) add(t *Total, at time.Time) {
	captured := p.charges[0].capturedAt(at)
	if captured == 0 {
		return
	}
	t.Payments++
	t.Captured += captured
	t.Fees += p.fee
	t.Refunded += p.refunded(at)
	t.Withheld += p.withheld(at)
}

// LoadWePay puts everything that the business has at WePay into a fake of it, with its history:
// payments, refunds, disputes and payment_methods.
func (b *Business) LoadWePay(to putter) {
	methods := make(map[string]bool)
	for _, p := range b.books.wepay {
		c := p.charges[0]
		if !methods[p.method] {
			methods[p.method] = true
			to.Put("payment_methods", p.created, p.methodObject())
		}
		moments := []time.Time{p.created, c.settledAt, c.failedAt}
		for _, r := range c.refunds {
			moments = append(moments, r.succeededAt)
			for _, at := range inOrder([]time.Time{r.created, r.succeededAt}) {
				to.Put("refunds", at, p.refundObject(r, at))
			}
		}
		if d := c.dispute; d != nil {
			moments = append(moments, d.created, d.closedAt)
			for _, at := range inOrder([]time.Time{d.created, d.reviewAt, d.closedAt}) {
				to.Put("disputes", at, p.disputeObject(d, at))
			}
		}
		for _, at := range inOrder(moments) {
			to.Put("payments", at, p.object(at))
		}
	}
}

// wepayRef names an object as others name it.
func wepayRef(resource, id string) map[string]any {
	return map[string]any{"id": id, "path": "/" + resource + "/" + id, "resource": resource}
}

// wepayObject has what all objects there have.
func wepayObject(resource, id string, created time.Time, rest map[string]any) map[string]any {
	rest["id"], rest["path"], rest["resource"] = id, "/"+resource+"/"+id, resource
	rest["api_version"], rest["create_time"] = "3.0", created.Unix()
	rest["owner"] = wepayRef("accounts", wepayAccount)
	return rest
}

func (p *wepayPayment) object(now time.Time) map[string]any {
	status, failure, captureAt, code := p.status(now), any(nil), any(nil), any(nil)
	switch {
	case status == "failed":
		failure = p.charges[0].declined
	default:
		code = p.id[len(p.id)-6:]
	}
	if !p.captureAt.IsZero() {
		captureAt = p.captureAt.Unix()
	}
	data := map[string]any{"channel": "web"}
	for key, value := range p.payer.metadata {
		data[key] = value
	}
	refundable := int64(0)
	if status == "completed" {
		refundable = p.fee
	}
	return wepayObject("payments", p.id, p.created, map[string]any{
		"status": status, "amount": p.amount.Minor, "amount_refunded": p.refunded(now),
		"amount_disputed": p.withheld(now), "currency": string(p.amount.Currency),
		"payment_method": wepayRef("payment_methods", p.method), "reference_id": optional(p.reference),
		"capture_at": captureAt, "authorization_code": code, "auto_capture": true, "custom_data": data,
		"failure_reason": failure, "fee_amount": p.fee, "fee_amount_refundable": refundable,
		"initiated_by": "customer", "order": nil, "pending_reasons": []any{}, "txnr_app_fee": nil, "txnr_merchant": nil,
	})
}

// methodObject is the card: the only place that tells who pays.
func (p *wepayPayment) methodObject() map[string]any {
	address := map[string]any{"country": p.payer.country, "postal_code": p.payer.postal}
	if p.payer.address {
		address["line1"], address["city"] = p.payer.street, p.payer.city
		address["region"] = optional(p.payer.state)
	}
	return wepayObject("payment_methods", p.method, p.created, map[string]any{
		"type": "credit_card", "status": "available", "custom_data": nil, "reference_id": nil,
		"credit_card": map[string]any{
			"card_brand": p.payer.brand, "last_four": p.payer.last4,
			"card_holder": map[string]any{
				"holder_name": optional(p.payer.typedName), "email": optional(p.payer.typedEmail),
				"phone": optional(p.payer.typedPhone), "address": address,
			},
		},
	})
}

func (p *wepayPayment) refundObject(r *refund, now time.Time) map[string]any {
	status, reasons := "pending", []any{"processing"}
	if r.status(now) == "succeeded" {
		status, reasons = "completed", []any{}
	}
	return wepayObject("refunds", r.id, r.created, map[string]any{
		"status": status, "refund_reason": r.reason, "payment": wepayRef("payments", p.id),
		"amounts": map[string]any{"total_amount": r.amount, "currency": string(p.amount.Currency),
			"fee_refund_amount": 0},
		"pending_reasons": reasons, "reference_id": nil, "custom_data": nil,
	})
}

func (p *wepayPayment) disputeObject(d *dispute, now time.Time) map[string]any {
	status, resolution := "awaiting_merchant_response", any(nil)
	switch {
	case reached(d.closedAt, now):
		status, resolution = "resolved", "merchant_"+d.end
	case reached(d.reviewAt, now):
		status = "pending_wepay_review"
	}
	return wepayObject("disputes", d.id, d.created, map[string]any{
		"status": status, "type": "chargeback", "amount": d.amount, "fee": disputeFee,
		"currency": string(p.amount.Currency), "payment": wepayRef("payments", p.id),
		"card_brand": p.payer.brand, "reason": d.reason, "resolution": resolution,
	})
}
