package fake

import (
	"strings"

	"pennytie/reconcile/money"
)

// product is something that the business sells, with a price in each currency.
type product struct {
	id, stripeID, name string
	aliases            []string
	home               money.Currency // of the list price
	dollars            int64          // price in US cents, from which the others follow
	monthly            bool
	priceIDs           map[money.Currency]string
}

func currencies() []money.Currency { return []money.Currency{"USD", "EUR", "GBP", "JPY"} }

// price is the list price in a currency: round, and not what a bank would make of the dollars.
func (p *product) price(currency money.Currency) money.Amount {
	minor := p.dollars
	switch currency {
	case "EUR":
		minor = p.dollars * 92 / 10000 * 100
	case "GBP":
		minor = p.dollars * 79 / 10000 * 100
	case "JPY":
		minor = p.dollars * 150 / 10000 * 100 // yen have no minor unit
	}
	return money.New(minor, currency)
}

type offer struct {
	name, aliases string
	dollars       int64
	home          money.Currency
	monthly       bool
}

func offers() []offer {
	return []offer{
		{"Clarity Call", "clarity session", 14900, "USD", false},
		{"Strategy Day", "strategy intensive;vip day", 129700, "USD", false},
		{"Growth Sprint", "growth sprint 6 weeks", 249700, "USD", false},
		{"Founder Accelerator", "accelerator;founder program", 599700, "USD", false},
		{"Sales Script Workshop", "script workshop", 39700, "USD", false},
		{"Offer Design Workshop", "offer workshop", 44700, "USD", false},
		{"Brand Voice Kit", "voice kit", 19700, "USD", false},
		{"Client Onboarding Kit", "onboarding kit", 24700, "USD", false},
		{"Webinar Blueprint", "webinar course", 34700, "USD", false},
		{"Team Training Two Days", "team training", 349700, "USD", false},
		{"Leadership Retreat", "retreat", 449700, "USD", false},
		{"Audit and Roadmap", "audit;roadmap", 89700, "USD", false},
		{"Circle Membership", "the circle;circle monthly", 9700, "USD", true},
		{"Studio Membership", "studio monthly", 29700, "USD", true},
		{"Weekly Coaching", "coaching monthly", 79700, "USD", true},
		{"Accountability Pod", "pod", 14700, "USD", true},
		{"Inner Table", "inner table mastermind", 149700, "USD", true},
		{"Template Library", "templates", 2900, "USD", true},
		{"Lisbon Intensive", "lisbon week", 279700, "EUR", false},
		{"Berlin Workshop Seat", "berlin seat", 64700, "EUR", false},
		{"London Masterclass", "masterclass london", 109700, "GBP", false},
		{"Tokyo Starter Programme", "tokyo starter", 54700, "JPY", false},
		{"Tokyo Circle", "tokyo monthly", 12700, "JPY", true},
		{"Speaker Coaching", "speaker package", 169700, "USD", false},
	}
}

// makeProducts lists what is sold. The inner ids are fixed, the ones at Stripe follow from the seed.
func (m *maker) makeProducts() {
	for _, o := range offers() {
		p := &product{
			id:       "prd_" + strings.ReplaceAll(strings.ToLower(o.name), " ", "_"),
			stripeID: "prod_" + m.token(14),
			name:     o.name, aliases: strings.Split(o.aliases, ";"), home: o.home, dollars: o.dollars,
			monthly: o.monthly, priceIDs: make(map[money.Currency]string),
		}
		for _, currency := range currencies() {
			p.priceIDs[currency] = m.id("price_")
		}
		m.products = append(m.products, p)
	}
}

// choose picks a product that is sold once or monthly; one priced at home in the payer's currency is
// likelier.
func (m *maker) choose(currency money.Currency, monthly bool) *product {
	weights := make([]int, len(m.products))
	for i, p := range m.products {
		switch {
		case p.monthly != monthly:
		case p.home == currency:
			weights[i] = 5
		case p.home == "USD":
			weights[i] = 2
		}
	}
	return m.products[m.weigh(weights)]
}

// currency picks what a payer pays in.
func (m *maker) currency() money.Currency {
	return currencies()[m.weigh([]int{74, 14, 8, 4})]
}
