package fake

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"
)

// Business is a made-up company with a sales team and an account at Stripe. Everything in it follows
// from its seed, size and dates: the same four give the same bytes on every machine.
type Business struct {
	// Truth has the right answer of every payment, in the order of payment: those of Stripe, then those
	// of WePay.
	Truth []Truth

	from, to time.Time
	products []*product
	leads    []*lead
	calls    []*call
	intents  []*intent
	refunds  []*refund
	disputes []*dispute
	ledger   []*ledgerRow
	payouts  []*payout
	books    books
}

// Truth says what a payment was for. An empty id means that there is none. It is for tests, and must
// never reach the program under test.
type Truth struct {
	ProviderPaymentID string // of the payment intent, or of the payment at WePay
	LeadID            string
	CallID            string
	ProductID         string
	Story             string // how it was paid, such as "subscription"
	Identity          string // what ties the payer to the lead, such as "plus_tag"
	Aftermath         string // what happened to the money later, such as "refund_late"
}

// maker is the state of one generation.
type maker struct {
	*Business
	rng      *rand.Rand
	left     int // charges still to make
	accounts int
	settled  int // captured payments so far
	mails    map[string]bool
	phones   []string
	people   int
	names    nameLists
}

type nameLists struct {
	first, formal, starts, ends, firms, firmEnds, streets, hosts, agents []string
	nick                                                                 map[string][]string
	places                                                               []place
}

// Sizes that others use: a demo that runs in a second, and a load.
const (
	DemoCharges = 400
	LoadCharges = 20_000
)

// NewBusiness makes a company whose account has this many charges, created from from (included) to
// to (excluded). What follows a charge, such as a refund, may be later than to: it shows when the
// clock of the fake service gets there.
func NewBusiness(seed int64, charges int, from, to time.Time) *Business {
	m := makeAtStripe(seed, charges, from, to)
	m.keepBooks(seed)
	return m.Business
}

// makeAtStripe makes the company and its account at Stripe, which is all that the others build on.
func makeAtStripe(seed int64, charges int, from, to time.Time) *maker {
	from, to = from.UTC().Truncate(time.Second), to.UTC().Truncate(time.Second)
	if !to.After(from) {
		to = from.Add(24 * time.Hour)
	}
	m := &maker{
		Business: &Business{from: from, to: to},
		rng:      rand.New(rand.NewPCG(uint64(seed), 0x70656e6e79746965)),
		left:     max(charges, 0),
		mails:    make(map[string]bool),
		names: nameLists{
			first: firstNames(), formal: formalNames(), starts: surnameStarts(), ends: surnameEnds(),
			firms: companyStarts(), firmEnds: companyEnds(), streets: streets(), hosts: mailHosts(),
			agents: agents(), nick: nicknamed(), places: places(),
		},
	}
	m.dealPhones()
	m.makeProducts()
	for m.left > 0 {
		m.makeAccount()
	}
	m.makeBystanders()
	m.arrange()
	m.stripesOwn(seed)
	m.makePayouts()
	m.troublePayouts(seed)
	return m
}

// arrange puts everything into the order of time; ids break ties, so that the order is total.
func (m *maker) arrange() {
	byTime := func(a, b time.Time, x, y string) int { return cmp.Or(a.Compare(b), cmp.Compare(x, y)) }
	slices.SortFunc(m.leads, func(a, b *lead) int { return byTime(a.created, b.created, a.id, b.id) })
	slices.SortFunc(m.calls, func(a, b *call) int { return byTime(a.started, b.started, a.id, b.id) })
	slices.SortFunc(m.intents, func(a, b *intent) int { return byTime(a.created, b.created, a.id, b.id) })
	slices.SortFunc(m.refunds, func(a, b *refund) int { return byTime(a.created, b.created, a.id, b.id) })
	slices.SortFunc(m.disputes, func(a, b *dispute) int { return byTime(a.created, b.created, a.id, b.id) })
	slices.SortFunc(m.ledger, func(a, b *ledgerRow) int { return byTime(a.created, b.created, a.id, b.id) })
	m.Truth = make([]Truth, 0, len(m.intents))
	for _, in := range m.intents {
		m.Truth = append(m.Truth, in.truth())
	}
}

func (in *intent) truth() Truth {
	truth := Truth{
		ProviderPaymentID: in.id, ProductID: in.product.id,
		Story: in.story, Identity: in.payer.identity, Aftermath: in.aftermath,
	}
	if in.payer.lead != nil {
		truth.LeadID = in.payer.lead.id
	}
	if in.call != nil {
		truth.CallID = in.call.id
	}
	return truth
}

// Charges says how many charges the account has once the clock has passed its end.
func (b *Business) Charges() int {
	n := 0
	for _, in := range b.intents {
		n += len(in.charges)
	}
	return n
}

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// token is n random letters and digits.
func (m *maker) token(n int) string {
	out := make([]byte, n)
	for i := range out {
		out[i] = base62[m.rng.IntN(len(base62))]
	}
	return string(out)
}

func (m *maker) id(prefix string) string { return prefix + "1" + m.token(17) }

// chance is true this many times in a thousand.
func (m *maker) chance(perMille int) bool { return m.rng.IntN(1000) < perMille }

// between is a number from low to high, both included.
func (m *maker) between(low, high int) int { return low + m.rng.IntN(high-low+1) }

func (m *maker) pick(from []string) string { return from[m.rng.IntN(len(from))] }

// within is a duration from low to high days, to the second.
func (m *maker) within(lowDays, highDays int) time.Duration {
	return time.Duration(m.between(lowDays*86400, highDays*86400)) * time.Second
}

// weigh picks an index with a probability in proportion to its weight.
func (m *maker) weigh(weights []int) int {
	total := 0
	for _, w := range weights {
		total += w
	}
	n := m.rng.IntN(total)
	for i, w := range weights {
		if n -= w; n < 0 {
			return i
		}
	}
	return len(weights) - 1
}
