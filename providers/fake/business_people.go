package fake

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"pennytie/reconcile/money"
)

// person is somebody with a name and an address. Nobody here exists.
type person struct {
	first, last, company        string
	email, otherEmail, phone    string
	street, city, state, postal string
	country                     string
}

func (p *person) name() string { return p.first + " " + p.last }

// lead is a person known to the sales team.
type lead struct {
	person
	id, owner, externalID string
	customerID            string // of Stripe, where the team knows it
	secondEmail           bool   // the team knows the other address too
	created               time.Time
}

// call is a sales call.
type call struct {
	id, leadID, phone, email, agent, outcome string
	started, ended                           time.Time
	amount                                   *money.Amount
	product                                  *product
}

// dealPhones shuffles every fictional number once, so that people share one only when there are more
// people than numbers.
func (m *maker) dealPhones() {
	for _, area := range areaCodes() {
		for line := range 100 {
			m.phones = append(m.phones, fmt.Sprintf("+1%s55501%02d", area, line))
		}
	}
	m.rng.Shuffle(len(m.phones), func(i, j int) { m.phones[i], m.phones[j] = m.phones[j], m.phones[i] })
}

// makePerson makes somebody who lives where a currency is used.
func (m *maker) makePerson(currency money.Currency, formal bool) person {
	p := person{first: m.pick(m.names.first), last: m.pick(m.names.starts) + m.pick(m.names.ends)}
	if formal {
		p.first = m.pick(m.names.formal)
	}
	if m.chance(450) {
		p.company = m.pick(m.names.firms) + " " + m.pick(m.names.firmEnds)
	}
	p.email = m.mailFor(p.first, p.last, p.company)
	p.otherEmail = m.mailFor(p.first[:1]+p.last, "", "")
	p.phone = m.phones[m.people%len(m.phones)]
	m.people++
	home := m.placeFor(currency)
	p.city, p.state, p.country = home.city, home.state, home.country
	p.postal = m.digits(home.postal)
	p.street = fmt.Sprintf("%d %s Street", m.between(1, 480), m.pick(m.names.streets))
	return p
}

func (m *maker) placeFor(currency money.Currency) place {
	countries := map[money.Currency]string{"USD": "US", "EUR": "DE FR ES NL", "GBP": "GB",
		"JPY": "JP"}[currency]
	fits := slices.DeleteFunc(slices.Clone(m.names.places), func(p place) bool {
		return !strings.Contains(countries, p.country)
	})
	return fits[m.rng.IntN(len(fits))]
}

// digits replaces each # of a pattern.
func (m *maker) digits(pattern string) string {
	return strings.Map(func(r rune) rune {
		if r == '#' {
			return rune('0' + m.rng.IntN(10))
		}
		return r
	}, pattern)
}

// mailFor makes an address that nobody else has: at the company's domain if there is one.
func (m *maker) mailFor(first, last, company string) string {
	host := m.pick(m.names.hosts)
	if company != "" {
		host = slug(company) + "." + []string{"example.com", "example.net", "example.org"}[m.rng.IntN(3)]
	}
	first, last = slug(first), slug(last)
	local := first
	if last != "" {
		local = []string{first + "." + last, first + last, first[:1] + last,
			first + "_" + last}[m.rng.IntN(4)]
	}
	mail := local + "@" + host
	for n := m.between(2, 99); m.mails[mail]; n++ {
		mail = fmt.Sprintf("%s%d@%s", local, n, host)
	}
	m.mails[mail] = true
	return mail
}

func slug(text string) string {
	text = strings.ReplaceAll(strings.ToLower(text), "ö", "o")
	return strings.ReplaceAll(text, " ", "")
}

func (m *maker) makeLead(who person, created time.Time) *lead {
	l := &lead{
		person: who, id: "lead_" + m.token(12), owner: m.pick(m.names.agents),
		externalID: fmt.Sprintf("CRM-%06d", 100_000+len(m.leads)), created: created.Truncate(time.Second),
	}
	m.leads = append(m.leads, l)
	return l
}

func (m *maker) makeCall(l *lead, at time.Time, outcome string) *call {
	c := &call{
		id: "call_" + m.token(12), leadID: l.id, phone: l.phone, email: l.email, agent: l.owner,
		outcome: outcome, started: at.Truncate(time.Second),
	}
	length := m.between(240, 3600)
	if outcome == "no_show" {
		length = m.between(20, 90)
	}
	c.ended = c.started.Add(time.Duration(length) * time.Second)
	m.calls = append(m.calls, c)
	return c
}

// makeBystanders adds leads who never pay, with calls that came to nothing: what a payment must not
// be matched to.
func (m *maker) makeBystanders() {
	outcomes := []string{"lost", "open", "no_show", "lost", "follow_up"}
	for range len(m.leads) * 2 / 5 {
		currency := m.currency()
		at := m.moment().Add(-m.within(0, 20))
		l := m.makeLead(m.makePerson(currency, m.chance(250)), at.Add(-m.within(0, 9)))
		if !m.chance(600) {
			continue
		}
		c := m.makeCall(l, at, m.pick(outcomes))
		if m.chance(400) {
			c.product = m.products[m.rng.IntN(len(m.products))]
			price := c.product.price(currency)
			c.amount = &price
		}
	}
}

// moment is a time between from and to.
func (m *maker) moment() time.Time {
	seconds := int64(m.to.Sub(m.from) / time.Second)
	return m.from.Add(time.Duration(m.rng.Int64N(max(seconds, 1))) * time.Second)
}
