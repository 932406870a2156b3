package fake

import (
	"time"

	"pennytie/reconcile/money"
)

// intent is one payment: an attempt or several to collect an amount.
type intent struct {
	id, stem, story, aftermath string
	description                string
	created                    time.Time
	payer                      *payer
	product                    *product
	call                       *call
	amount                     money.Amount
	bank, manual               bool // a bank debit; authorised first and captured later
	charges                    []*charge
	session                    *session
	invoice                    *invoice
}

// charge is one attempt.
type charge struct {
	id        string
	intent    *intent
	created   time.Time
	declined  string    // the code, if declined at once
	settledAt time.Time // captured and successful from then on; zero is never
	failedAt  time.Time // of a bank debit that came back
	captured  int64
	txn       *ledgerRow
	refunds   []*refund
	dispute   *dispute
}

// session is a checkout page on which a guest paid.
type session struct {
	id      string
	created time.Time
}

// subscription bills a customer every month.
type subscription struct {
	id, itemID string
	created    time.Time
	payer      *payer
	product    *product
	amount     money.Amount
	invoices   []*invoice
}

// invoice is one bill of a subscription.
type invoice struct {
	id, number   string
	created      time.Time
	subscription *subscription
	intent       *intent
	lines        []invoiceLine
}

type invoiceLine struct {
	id      string
	product *product
	amount  int64
}

// story is one way of paying.
type story struct {
	name   string
	weight int
	needs  int // charges
	plan   func(m *maker, s *sale)
}

func stories() []story {
	return []story{
		{"card", 34, 1, func(m *maker, s *sale) { m.payAtOnce(s, s.at) }},
		{"guest_checkout", 26, 1, (*maker).payAsGuest},
		{"subscription", 8, 1, (*maker).subscribe},
		{"instalments", 5, 3, (*maker).payInstalments},
		{"declined_then_paid", 5, 2, (*maker).payOnRetry},
		{"declined", 2, 1, (*maker).giveUp},
		{"auth_only", 2, 1, (*maker).authorise},
		{"partial_capture", 2, 1, (*maker).captureSome},
		{"bank_debit", 4, 1, (*maker).payByBank},
		{"bank_debit_failed", 2, 1, (*maker).payByBank},
		{"duplicate", 2, 2, (*maker).payTwice},
		{"repeat_customer", 6, 2, (*maker).payAgain},
	}
}

// sale is what an account buys first, and when.
type sale struct {
	story   string
	payer   *payer
	product *product
	call    *call
	amount  money.Amount
	at      time.Time
}

// makeAccount makes one payer with everything that they pay. The first accounts go through every
// story and identity, so that even a small business has all of them.
func (m *maker) makeAccount() {
	all, index := stories(), m.accounts
	names, weights := identities()
	m.accounts++
	told, identity := all[0], identityExact
	switch {
	case index < len(all):
		told = all[index]
	case index < len(all)+len(names):
		identity = names[index-len(all)]
	default:
		odds := make([]int, len(all))
		for i := range all {
			odds[i] = all[i].weight
		}
		told, identity = all[m.weigh(odds)], names[m.weigh(weights)]
	}
	switch {
	case identity == identityReference:
		told = all[1] // only a checkout has a client reference
	case identity == identityCustomer && told.name == "guest_checkout":
		told = all[0] // a guest has no customer id
	}
	if told.needs > m.left {
		told = all[0]
		if identity == identityReference {
			told = all[1]
		}
	}
	told.plan(m, m.sell(told.name, identity))
}

// sell decides who buys what for how much, and whether a call came before.
func (m *maker) sell(name, identity string) *sale {
	currency := m.currency()
	if name == "bank_debit" || name == "bank_debit_failed" {
		currency = "USD" // the only one with bank debits here
	}
	s := &sale{story: name, product: m.choose(currency, name == "subscription"), at: m.moment()}
	if last := m.to.Add(-10 * time.Minute); s.at.After(last) && last.After(m.from) {
		s.at = last // leaves room for a second attempt
	}
	if name == "subscription" || name == "instalments" {
		s.at = m.from.Add(s.at.Sub(m.from) * 6 / 10).Truncate(time.Second)
	}
	s.amount = s.product.price(currency)
	s.payer = m.makePayer(identity, currency, s.at)
	l := s.payer.lead
	if l == nil || (identity != identityName && !m.chance(700)) {
		return s
	}
	called := s.at.Add(-m.within(1, 14))
	l.created = called.Add(-m.within(0, 9))
	if m.chance(150) {
		s.amount.Minor = s.amount.Minor * 9 / 10 // agreed on the phone
	}
	if m.chance(250) {
		m.makeCall(l, l.created.Add(called.Sub(l.created)/2), m.pick([]string{"no_show", "open",
			"follow_up"}))
	}
	agreed := s.amount
	s.call = m.makeCall(l, called, "won")
	s.call.product, s.call.amount = s.product, &agreed
	return s
}

// begin opens a payment of an account's sale.
func (m *maker) begin(s *sale, at time.Time, amount int64) *intent {
	in := &intent{
		stem: m.id("3"), story: s.story, created: at, payer: s.payer, product: s.product, call: s.call,
		amount: money.New(amount, s.amount.Currency), description: s.product.name,
	}
	if m.chance(300) {
		in.description = ""
	}
	in.id = "pi_" + in.stem
	m.intents = append(m.intents, in)
	if first := !s.payer.seen; first && s.story != "guest_checkout" {
		if s.payer.emailIn == "customer" || m.chance(800) {
			m.becomeCustomer(s.payer, at.Add(-time.Minute), s.story == "card")
		}
	}
	s.payer.seen = true
	return in
}

// attempt adds a charge to a payment.
func (m *maker) attempt(in *intent, at time.Time) *charge {
	prefix := "ch_"
	if in.bank {
		prefix = "py_"
	}
	c := &charge{id: prefix + in.stem + m.token(2), intent: in, created: at}
	in.charges = append(in.charges, c)
	m.left--
	return c
}

// collect makes a charge successful from at on.
func (m *maker) collect(c *charge, at time.Time, captured int64) {
	c.settledAt, c.captured = at, captured
	c.txn = m.postCharge(c)
	if c.intent.story != "duplicate" {
		m.decideAftermath(c)
	}
}

func (m *maker) payAtOnce(s *sale, at time.Time) *intent {
	in := m.begin(s, at, s.amount.Minor)
	m.collect(m.attempt(in, at), at, in.amount.Minor)
	return in
}

func (m *maker) payAsGuest(s *sale) {
	in := m.payAtOnce(s, s.at)
	opened := s.at.Add(-time.Duration(m.between(40, 900)) * time.Second)
	in.session = &session{id: "cs_test_" + m.token(40), created: opened}
}

func (m *maker) payInstalments(s *sale) {
	parts := int64(3)
	total := s.amount.Minor
	for i := range parts {
		at := s.at.AddDate(0, int(i), 0)
		if !at.Before(m.to) {
			return
		}
		amount := total / parts
		if i == 0 {
			amount += total % parts // the parts must come to the whole
		}
		in := m.begin(s, at, amount)
		m.collect(m.attempt(in, at), at, amount)
	}
}

func (m *maker) payOnRetry(s *sale) {
	in := m.begin(s, s.at, s.amount.Minor)
	m.attempt(in, s.at).declined = "card_declined"
	again := s.at.Add(time.Duration(m.between(45, 400)) * time.Second)
	m.collect(m.attempt(in, again), again, in.amount.Minor)
}

func (m *maker) giveUp(s *sale) {
	m.attempt(m.begin(s, s.at, s.amount.Minor), s.at).declined = "expired_card"
}

func (m *maker) authorise(s *sale) {
	in := m.begin(s, s.at, s.amount.Minor)
	in.manual = true
	m.attempt(in, s.at)
}

func (m *maker) captureSome(s *sale) {
	in := m.begin(s, s.at, s.amount.Minor)
	in.manual = true
	m.collect(m.attempt(in, s.at), s.at.Add(m.within(1, 3)), in.amount.Minor*int64(m.between(50, 90))/100)
}

func (m *maker) payByBank(s *sale) {
	in := m.begin(s, s.at, s.amount.Minor)
	in.bank = true
	c := m.attempt(in, s.at)
	if s.story == "bank_debit_failed" {
		c.failedAt = s.at.Add(m.within(3, 6))
		return
	}
	m.collect(c, s.at.Add(m.within(3, 5)), in.amount.Minor)
}

func (m *maker) payTwice(s *sale) {
	m.payAtOnce(s, s.at)
	m.payAtOnce(s, s.at.Add(time.Duration(m.between(60, 180))*time.Second))
}

func (m *maker) payAgain(s *sale) {
	m.payAtOnce(s, s.at)
	next := *s
	next.product, next.call = m.choose(s.amount.Currency, false), nil
	next.amount = next.product.price(s.amount.Currency)
	next.at = s.at.Add(m.within(5, 90))
	if !next.at.Before(m.to) {
		next.at = s.at.Add(m.to.Sub(s.at) / 2).Truncate(time.Second)
	}
	m.payAtOnce(&next, next.at)
}
