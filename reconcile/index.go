package reconcile

import (
	"cmp"
	"hash/fnv"
	"slices"
	"sync"
)

// MostUnderKey is how many leads may share a blocking key before it says nothing: they are counted, not compared. Whoever is
// right shares a rarer key as well, and without a bound the work on common names grows with the square of the lead list.
const MostUnderKey = 32

// FewLeads is how many leads must share a key with a payment so that those are not looked for that are only like its payer: see Lonely.
const FewLeads = 5

// Index is the in-memory snapshot that a batch of payments is matched against: every lead that shares
// a blocking key with one of them, those leads' calls, and all products. What it
// holds never changes once it is built, so any number of goroutines may use it.
type Index struct {
	leads    map[string]*PreparedLead
	byKey    map[BlockKey][]*PreparedLead
	crowded  map[BlockKey]int
	products []*Product
	anyCalls bool
	policy   Policy
	people   sync.Map // BlockKey to int: see People
	near     sync.Map // *Prepared to []*PreparedLead: see Candidates
}

// NewIndex builds an index. Input order does not matter. extra names more keys for a lead (of its
// calls); crowded counts the leads under keys that are shared by too many to be loaded; anyCalls says whether calls are
// recorded at all, so that a lead without one tells something.
func NewIndex(leads []*PreparedLead, calls []*Call, products []*Product,
	extra map[string][]BlockKey, crowded map[BlockKey]int, anyCalls bool, policy Policy) *Index {
	in := &Index{
		leads:    make(map[string]*PreparedLead, len(leads)),
		byKey:    make(map[BlockKey][]*PreparedLead, 4*len(leads)),
		crowded:  crowded,
		anyCalls: anyCalls,
		products: slices.SortedFunc(slices.Values(products), func(a, b *Product) int { return cmp.Compare(a.ID, b.ID) }),
		policy:   policy,
	}
	sorted := slices.SortedFunc(slices.Values(leads), func(a, b *PreparedLead) int { return cmp.Compare(a.ID, b.ID) })
	for _, lead := range sorted {
		in.leads[lead.ID] = lead
		keys := append(slices.Clone(lead.Keys), extra[lead.ID]...)
		slices.Sort(keys)
		for _, key := range slices.Compact(keys) {
			in.byKey[key] = append(in.byKey[key], lead)
		}
	}
	for _, call := range calls {
		if lead := in.leads[call.LeadID]; lead != nil {
			lead.Calls = append(lead.Calls, call)
		}
	}
	for _, lead := range sorted {
		slices.SortFunc(lead.Calls, func(a, b *Call) int {
			return cmp.Or(a.StartedAt.Compare(b.StartedAt), cmp.Compare(a.ID, b.ID))
		})
	}
	return in
}

// Lead finds a lead of the snapshot by id.
func (in *Index) Lead(id string) *PreparedLead { return in.leads[id] }

// Under lists the leads under a key, sorted by id. Empty for a crowded key: some of its leads may be here because another
// payment of the batch brought them, and what a payment sees must not depend on its batch.
func (in *Index) Under(key BlockKey) []*PreparedLead {
	if in.crowded[key] > 0 || len(in.byKey[key]) > MostUnderKey {
		return nil
	}
	return in.byKey[key]
}

// Crowd is how many leads share a key, also when they are too many to be listed.
func (in *Index) Crowd(key BlockKey) int { return max(in.crowded[key], len(in.byKey[key])) }

// People remembers, for a key, how many people share it; count finds out the first time. Matchers ask for the same keys again
// and again, and the answer is the same for every payment.
func (in *Index) People(key BlockKey, count func() int) int {
	if known, is := in.people.Load(key); is {
		return known.(int)
	}
	people := count()
	in.people.Store(key, people)
	return people
}

// Sharing lists the leads that share a key with a payment or with another of its payer, and those that a person confirmed for its
// payer, sorted by id.
func (in *Index) Sharing(p *Prepared) []*PreparedLead {
	var out []*PreparedLead
	for _, key := range p.Keys {
		out = append(out, in.Under(key)...)
	}
	for i := range p.Taught {
		if lead := in.Lead(p.Taught[i].LeadID); lead != nil && !p.Taught[i].Rejected {
			out = append(out, lead)
		}
	}
	for _, sibling := range p.Siblings {
		for _, key := range sibling.Keys {
			out = append(out, in.Under(key)...)
		}
	}
	return byID(out)
}

// Lonely says that few leads share anything with a payment, and none of them what names its payer alone: then it is worth while to
// look for those who are only like the payer.
func (in *Index) Lonely(p *Prepared, sharing []*PreparedLead) bool {
	return len(sharing) < FewLeads && !slices.ContainsFunc(p.Identifiers, func(by Identifier) bool { return len(in.Under(by.Key)) > 0 })
}

// Candidates remembers, for a payment, the leads that are worth comparing with it: those of Sharing and, where it is lonely, what
// more adds to them. Sorted by id.
func (in *Index) Candidates(p *Prepared, more func(sharing []*PreparedLead) []*PreparedLead) []*PreparedLead {
	if known, is := in.near.Load(p); is {
		return known.([]*PreparedLead)
	}
	out := in.Sharing(p)
	if in.Lonely(p, out) {
		out = byID(append(out, more(out)...))
	}
	in.near.Store(p, out)
	return out
}

func byID(leads []*PreparedLead) []*PreparedLead {
	slices.SortFunc(leads, func(a, b *PreparedLead) int { return cmp.Compare(a.ID, b.ID) })
	return slices.Compact(leads)
}

// Products lists all products, sorted by id.
func (in *Index) Products() []*Product { return in.products }

// AnyCalls says whether calls are recorded at all.
func (in *Index) AnyCalls() bool { return in.anyCalls }

// Policy is the policy of the run, for windows.
func (in *Index) Policy() Policy { return in.policy }

// NewBlockKey hashes a kind and a normalised value (FNV-1a, stable for ever: keys are stored).
func NewBlockKey(kind, value string) BlockKey {
	h := fnv.New64a()
	h.Write([]byte(kind))
	h.Write([]byte{0})
	h.Write([]byte(value))
	return BlockKey(h.Sum64())
}
