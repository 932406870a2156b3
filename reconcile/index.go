package reconcile

import (
	"cmp"
	"hash/fnv"
	"maps"
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
// holds never changes once it is built and grown, so any number of goroutines may use it.
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

// NewIndex builds an index. Input order does not matter. keys are those of each lead with its calls, distinct; crowded counts the leads
// under keys that are shared by too many to be loaded; anyCalls says whether calls are recorded at all, so that a lead without
// one tells something.
func NewIndex(leads []*PreparedLead, calls []*Call, products []*Product,
	keys map[string][]BlockKey, crowded map[BlockKey]int, anyCalls bool, policy Policy) *Index {
	in := &Index{
		leads:    make(map[string]*PreparedLead, len(leads)),
		byKey:    make(map[BlockKey][]*PreparedLead, 4*len(leads)),
		crowded:  make(map[BlockKey]int, len(crowded)),
		anyCalls: anyCalls,
		products: slices.SortedFunc(slices.Values(products), func(a, b *Product) int { return cmp.Compare(a.ID, b.ID) }),
		policy:   policy,
	}
	in.Grow(leads, calls, keys, crowded)
	return in
}

// Grow adds the leads that the index does not have yet, as NewIndex does. Nobody may match against it meanwhile.
func (in *Index) Grow(leads []*PreparedLead, calls []*Call, keys map[string][]BlockKey, crowded map[BlockKey]int) {
	maps.Copy(in.crowded, crowded)
	var added []*PreparedLead
	for _, lead := range leads {
		if in.leads[lead.ID] == nil {
			in.leads[lead.ID] = lead
			added = append(added, lead)
		}
	}
	slices.SortFunc(added, comparePrepared)
	mixed := map[BlockKey]bool{} // keys whose leads came at different times
	for _, lead := range added {
		for _, key := range keys[lead.ID] {
			under := in.byKey[key]
			if len(under) > 0 && under[len(under)-1].ID > lead.ID {
				mixed[key] = true
			}
			in.byKey[key] = append(under, lead)
		}
	}
	for key := range mixed {
		slices.SortFunc(in.byKey[key], comparePrepared)
	}
	in.giveCalls(added, calls)
}

// giveCalls hangs their calls on leads that have just been added, by time.
func (in *Index) giveCalls(added []*PreparedLead, calls []*Call) {
	for _, call := range calls {
		lead := in.leads[call.LeadID]
		if _, is := slices.BinarySearchFunc(added, call.LeadID, func(l *PreparedLead, id string) int { return cmp.Compare(l.ID, id) }); is {
			lead.Calls = append(lead.Calls, call)
		}
	}
	for _, lead := range added {
		slices.SortFunc(lead.Calls, func(a, b *Call) int {
			return cmp.Or(a.StartedAt.Compare(b.StartedAt), cmp.Compare(a.ID, b.ID))
		})
	}
}

func comparePrepared(a, b *PreparedLead) int { return cmp.Compare(a.ID, b.ID) }

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
	slices.SortFunc(leads, comparePrepared)
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
