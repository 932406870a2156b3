package reconcile

import (
	"cmp"
	"slices"
)

// Identifier is a value by which a payer is known again in another payment. It is never a name: others have the same one.
type Identifier struct {
	Key    BlockKey
	Signal string // email or customer
	Value  string // normalised
}

// SaidOf is what people have said of one payment that carries a blocking key.
type SaidOf struct {
	Key       BlockKey
	Row       int64
	PaymentID string
	Payer     string     // the customer's name
	Decisions []Decision // oldest first
}

// Taught is what a person's word on one payment says of a lead for the other payments of the same payer.
type Taught struct {
	LeadID    string
	Rejected  bool // it is not this lead; otherwise it is
	By        Identifier
	Payer     string // the name on the payment of which it was said
	PaymentID string
}

// Teach gathers what a payment learns from the words that hold on other payments of its payer. said has them by key. Whichever was
// said first does not show: of words that say the same the one on the lowest payment id is kept.
func Teach(p *Prepared, said map[BlockKey][]SaidOf) []Taught {
	var out []Taught
	for _, by := range p.Identifiers {
		for _, other := range said[by.Key] {
			d, spoken := LastWord(other.Decisions)
			if !spoken || other.Row == p.Row {
				continue
			}
			taught := Taught{By: by, Payer: other.Payer, PaymentID: other.PaymentID}
			if taught.LeadID = d.LeadID; d.LeadID != "" {
				out = append(out, taught)
			}
			taught.Rejected = true
			for _, taught.LeadID = range d.Overruled {
				out = append(out, taught)
			}
		}
	}
	slices.SortFunc(out, func(a, b Taught) int { return cmp.Or(a.compare(&b), cmp.Compare(a.PaymentID, b.PaymentID)) })
	return slices.CompactFunc(out, func(a, b Taught) bool { return a.compare(&b) == 0 })
}

// compare orders by what is said, whatever the payment.
func (t *Taught) compare(other *Taught) int {
	rejected := func(t *Taught) int {
		if t.Rejected {
			return 1
		}
		return 0
	}
	return cmp.Or(cmp.Compare(t.LeadID, other.LeadID), cmp.Compare(rejected(t), rejected(other)),
		cmp.Compare(t.By.Signal, other.By.Signal), cmp.Compare(t.By.Value, other.By.Value), cmp.Compare(t.Payer, other.Payer))
}
