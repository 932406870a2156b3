package sqlite

import (
	"database/sql/driver"
	"slices"

	"pennytie/reconcile"
)

// candidate is the stored form of reconcile.Candidate. Its names are short because there are millions.
type candidate struct {
	Lead       string      `json:"l,omitempty"`
	Call       string      `json:"c,omitempty"`
	Product    string      `json:"p,omitempty"`
	Confidence int         `json:"q,omitempty"`
	By         string      `json:"b,omitempty"`
	Note       string      `json:"n,omitempty"`
	Evidence   []evidence  `json:"e,omitempty"`
	Calls      []candidate `json:"k,omitempty"`
}

type evidence struct {
	Signal    string `json:"s,omitempty"`
	Payment   string `json:"p,omitempty"`
	Candidate string `json:"c,omitempty"`
	Weight    int    `json:"w,omitempty"`
	Strategy  string `json:"b,omitempty"`
}

// encodeCandidates makes one document of the candidates for a lead and, after them, the products: these have no lead.
func encodeCandidates(m *reconcile.Match) (driver.Value, error) {
	if len(m.Candidates)+len(m.Products) == 0 {
		return nil, nil
	}
	return document(append(toStored(m.Candidates), toStored(m.Products)...))
}

func toStored(list []reconcile.Candidate) []candidate {
	stored := make([]candidate, len(list))
	for i, c := range list {
		stored[i] = candidate{
			Lead: c.LeadID, Call: c.CallID, Product: c.ProductID, Confidence: int(c.Confidence), By: c.MatchedBy,
			Note: c.Note, Evidence: make([]evidence, len(c.Evidence)), Calls: toStored(c.Calls),
		}
		for j, e := range c.Evidence {
			stored[i].Evidence[j] = evidence{e.Signal, e.Payment, e.Candidate, int(e.Weight), e.Strategy}
		}
	}
	return stored
}

func decodeCandidates(r record, column int, m *reconcile.Match) error {
	var stored []candidate
	if err := r.json(column, &stored); err != nil {
		return err
	}
	leads := slices.IndexFunc(stored, func(c candidate) bool { return c.Lead == "" })
	if leads < 0 {
		leads = len(stored)
	}
	m.Candidates, m.Products = fromStored(stored[:leads]), fromStored(stored[leads:])
	return nil
}

func fromStored(stored []candidate) []reconcile.Candidate {
	if len(stored) == 0 {
		return nil
	}
	list := make([]reconcile.Candidate, len(stored))
	for i, c := range stored {
		list[i] = reconcile.Candidate{
			LeadID: c.Lead, CallID: c.Call, ProductID: c.Product, Confidence: reconcile.Confidence(c.Confidence),
			MatchedBy: c.By, Note: c.Note, Calls: fromStored(c.Calls),
		}
		for _, e := range c.Evidence {
			list[i].Evidence = append(list[i].Evidence, reconcile.Evidence{
				Signal: e.Signal, Payment: e.Payment, Candidate: e.Candidate,
				Weight: reconcile.Weight(e.Weight), Strategy: e.Strategy,
			})
		}
	}
	return list
}
