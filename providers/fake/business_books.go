package fake

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"pennytie/reconcile/money"
)

// books is what the business has beside Stripe: a second processor, and three services that claim what
// the processors did.
type books struct {
	wepay   []*wepayPayment
	aura    []*auraClaim
	cents   []*centsRow
	zenskar []*zenskarPayment
	extras  []zenskarExtra
}

// putter is a fake service that takes objects.
type putter interface {
	Put(collection string, at time.Time, object map[string]any)
	Remove(collection string, at time.Time, id string)
}

// keepBooks makes the business at the other services. It draws from numbers of its own and after
// everything else, so that the account at Stripe is the same with and without it.
func (m *maker) keepBooks(seed int64) {
	m.rng = rand.New(rand.NewPCG(uint64(seed), 0x626f6f6b73))
	m.makeWePay()
	m.makeAura()
	m.makeCents()
	m.makeZenskar()
}

// enough says whether the business is large enough for every rare thing to be in it.
func (m *maker) enough() bool { return len(m.intents) > 0 && m.Charges() >= 100 }

// collectedAtStripe are the charges that brought money in, in the order of payment.
func (b *Business) collectedAtStripe() []*charge {
	var out []*charge
	for _, in := range b.intents {
		for _, c := range in.charges {
			if !c.settledAt.IsZero() {
				out = append(out, c)
			}
		}
	}
	return out
}

// atStripe tells a payment at Stripe from one at WePay.
func (in *intent) atStripe() bool { return strings.HasPrefix(in.id, "pi_") }

// taken is the money that a charge brought in.
func (c *charge) taken() money.Amount { return money.New(c.captured, c.intent.amount.Currency) }

// givenBack says whether all of the money goes back in the end.
func (c *charge) givenBack() bool {
	sum := int64(0)
	for _, r := range c.refunds {
		if !r.succeededAt.IsZero() && r.failedAt.IsZero() {
			sum += r.amount
		}
	}
	return c.captured > 0 && sum == c.captured
}

// hearing is how a book learns of what happens at the processor after it made its row.
type hearing struct {
	created time.Time     // of the row, which knows all that had happened by then
	lag     time.Duration // what happens later is heard of this much later
	deaf    bool          // or never
}

// heard is when the book hears of a moment; zero is never.
func (h hearing) heard(moment time.Time) time.Time {
	if moment.IsZero() || h.deaf {
		return time.Time{}
	}
	if at := moment.Add(h.lag); at.After(h.created) {
		return at
	}
	return h.created
}

// refunded is what the book knows at a time of the money given back, and the newest such refund.
func (h hearing) refunded(c *charge, now time.Time) (sum int64, newest *refund) {
	for _, r := range c.refunds {
		if reached(h.heard(r.succeededAt), now) && !reached(h.heard(r.failedAt), now) {
			sum, newest = sum+r.amount, r
		}
	}
	return sum, newest
}

// moments are the times from which on the book's row of a charge looks different.
func (h hearing) moments(c *charge) []time.Time {
	out := []time.Time{h.created}
	for _, r := range c.refunds {
		out = append(out, h.heard(r.succeededAt), h.heard(r.failedAt))
	}
	return inOrder(out)
}

// uuid is a random id of the form that Aura, Cents and Zenskar use.
func (m *maker) uuid() string {
	const hex = "0123456789abcdef"
	id := []byte("xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx")
	for i := range id {
		if id[i] == 'x' {
			id[i] = hex[m.rng.IntN(16)]
		}
	}
	return string(id)
}

// later is a duration from low to high hours, to the second.
func (m *maker) later(low, high int) time.Duration {
	return time.Duration(m.between(low*3600, high*3600)) * time.Second
}

// swapped exchanges the first two neighbouring digits that differ, as fingers do.
func swapped(minor int64) int64 {
	digits := []byte(strconv.FormatInt(minor, 10))
	for i := range len(digits) - 1 {
		if digits[i] != digits[i+1] {
			digits[i], digits[i+1] = digits[i+1], digits[i]
			break
		}
	}
	out, _ := strconv.ParseInt(string(digits), 10, 64) // digits of a number of the same length
	return out
}

// Expectation is what a reconciliation of all five services must find, from the business's own
// arithmetic.
type Expectation struct {
	// Processor counts the payments at Stripe and at WePay, whatever became of them.
	Processor int
	// Aura, Cents and Zenskar count the claims of the books.
	Aura, Cents, Zenskar Claims
	// Payments is Processor and the claims that are payments of their own.
	Payments int
	// WePay is the money at WePay by currency, fees and all in the currency of the payment. What Total
	// says of disputes' fees, the balance and payouts is zero.
	WePay map[money.Currency]Total
}

// Claims counts the rows of a book that claim money: no recorded intentions, authorisations, withheld
// taxes or refunds.
type Claims struct {
	Rows   int
	Joined int // speak of a payment at a processor; two may speak of the same
	Own    int // open a payment of their own, because no processor has it
}

func (c *Claims) count(joins bool) {
	c.Rows++
	if joins {
		c.Joined++
	} else {
		c.Own++
	}
}

// Expected says what is to be found as everything stands at a time, by who reads all five services
// then for the first time.
func (b *Business) Expected(at time.Time) Expectation {
	e := Expectation{WePay: make(map[money.Currency]Total)}
	for _, in := range b.intents {
		if len(in.charges) > 0 && reached(in.charges[0].created, at) {
			e.Processor++
		}
	}
	for _, p := range b.books.wepay {
		if reached(p.created, at) {
			e.Processor++
			total := e.WePay[p.amount.Currency]
			if p.add(&total, at); total != (Total{}) {
				e.WePay[p.amount.Currency] = total
			}
		}
	}
	for _, claim := range b.books.aura {
		if reached(claim.created, at) && !reached(claim.removed, at) {
			e.Aura.count(claim.charge != nil)
		}
	}
	for _, row := range b.books.cents {
		if reached(row.created, at) && row.status != centsIntended {
			e.Cents.count(row.charge != nil)
		}
	}
	for _, p := range b.books.zenskar {
		if reached(p.created, at) {
			e.Zenskar.count(true)
		}
	}
	e.Payments = e.Processor + e.Aura.Own + e.Cents.Own + e.Zenskar.Own
	return e
}
