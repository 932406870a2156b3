package matchers

import (
	"cmp"
	"slices"

	"pennytie/matchers/similarity"
	"pennytie/reconcile"
	"pennytie/reconcile/normalize"
)

// Alias goes by what people have said of other payments of the payer: a confirmed identifier is as good as the lead's own, and a
// pair that was turned down is not proposed again.
type Alias struct{}

// Name is stored in matched_by.
func (Alias) Name() string { return NameAlias }

// Match speaks of every lead that was named for the payer, or refused.
func (Alias) Match(p *reconcile.Prepared, in *reconcile.Index) []reconcile.Candidate {
	var out []reconcile.Candidate
	for rest := p.Taught; len(rest) > 0; { // sorted by lead
		of := 1
		for of < len(rest) && rest[of].LeadID == rest[0].LeadID {
			of++
		}
		lead := in.Lead(rest[0].LeadID)
		if lead != nil {
			if evidence := learn(p, rest[:of], in); len(evidence) > 0 {
				out = append(out, found(lead, evidence...))
			}
		}
		rest = rest[of:]
	}
	return out
}

// learn turns what was said of one lead into evidence. Where one person named the lead and another refused it, nothing is known.
func learn(p *reconcile.Prepared, said []reconcile.Taught, in *reconcile.Index) []reconcile.Evidence {
	var sole, unnamed, shared, against *reconcile.Taught
	for i := range said {
		t := &said[i]
		switch {
		case otherPayer(p, t):
		case t.Rejected && holdsAgainst(p, t):
			against = cmp.Or(against, t)
		case t.Rejected:
		case !soleUser(p, t, in):
			shared = cmp.Or(shared, t)
		case samePayer(p, t) || t.By.Signal == reconcile.SignalCustomer:
			sole = cmp.Or(sole, t)
		default:
			unnamed = cmp.Or(unnamed, t)
		}
	}
	named := cmp.Or(sole, unnamed, shared)
	if named != nil && namesAnother(p, named.LeadID, in) {
		named = nil // the payment's own word is nearer than what was said of another
	}
	switch {
	case named == nil && against == nil, named != nil && against != nil:
		return nil
	case against != nil:
		return []reconcile.Evidence{lesson(reconcile.SignalAlias, against, weightAliasRejected)}
	case named == shared:
		return []reconcile.Evidence{lesson(reconcile.SignalAliasShared, shared, weightAliasShared)}
	case named == unnamed:
		return []reconcile.Evidence{lesson(reconcile.SignalAlias, unnamed, weightAliasUnnamed)}
	}
	evidence := []reconcile.Evidence{lesson(reconcile.SignalAlias, sole, weightAlias)}
	if samePayer(p, sole) { // whoever pays under this name was said to pay for the lead
		evidence = append(evidence, reconcile.Evidence{Signal: reconcile.SignalName, Payment: p.CustomerName,
			Candidate: sole.Payer, Weight: weightNameSame, Strategy: NameAlias})
	}
	return evidence
}

// namesAnother says that a payment carries the id of another lead.
func namesAnother(p *reconcile.Prepared, lead string, in *reconcile.Index) bool {
	return slices.ContainsFunc(p.References, func(reference string) bool {
		return slices.ContainsFunc(in.Under(reconcile.NewBlockKey(kindReference, reference)), func(l *reconcile.PreparedLead) bool {
			return l.ID != lead
		})
	})
}

func lesson(signal string, t *reconcile.Taught, weight reconcile.Weight) reconcile.Evidence {
	word := "confirmed on "
	if t.Rejected {
		word = "rejected on "
	}
	return reconcile.Evidence{Signal: signal, Payment: t.By.Value, Candidate: word + t.PaymentID, Weight: weight, Strategy: NameAlias}
}

// samePayer says that two payments with one identifier are under one name, too.
func samePayer(p *reconcile.Prepared, t *reconcile.Taught) bool {
	return alike(p.Name, nameOf(t.Payer))
}

// otherPayer says that somebody else uses the same identifier. Where a name is missing, nobody knows.
func otherPayer(p *reconcile.Prepared, t *reconcile.Taught) bool {
	return len(p.Name.Main) > 0 && len(normalize.Name(t.Payer)) > 0 && !samePayer(p, t)
}

// holdsAgainst says that a refusal concerns this payment: not one that has a name, if that on which it was said had none.
func holdsAgainst(p *reconcile.Prepared, t *reconcile.Taught) bool {
	return samePayer(p, t) || len(p.Name.Main) == 0 || t.By.Signal == reconcile.SignalCustomer && !otherPayer(p, t)
}

// alike says that two names are very likely one person's. No name is like any.
func alike(a, b reconcile.Name) bool { return compareNames(&a, &b) >= similarity.Alike }

// soleUser says that an identifier belongs to one person, as far as anybody knows: the leads for whom people confirmed it, and
// those who carry it themselves and were not refused.
func soleUser(p *reconcile.Prepared, t *reconcile.Taught, in *reconcile.Index) bool {
	if t.By.Signal == reconcile.SignalEmail && normalize.RoleAddress(t.By.Value) {
		return false
	}
	users := slices.Clone(in.Under(t.By.Key))
	if in.Crowd(t.By.Key) > len(users) {
		return false
	}
	for i := range p.Taught {
		other := &p.Taught[i]
		lead := in.Lead(other.LeadID)
		switch {
		case other.By != t.By || lead == nil:
		case !other.Rejected:
			users = append(users, lead)
		case holdsAgainst(p, other):
			users = slices.DeleteFunc(users, func(l *reconcile.PreparedLead) bool { return l.ID == lead.ID })
		}
	}
	return !slices.ContainsFunc(users, func(l *reconcile.PreparedLead) bool {
		return l.ID != t.LeadID && !alike(l.Name, in.Lead(t.LeadID).Name)
	})
}
