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
	var sole, shared, against *reconcile.Taught
	for i := range said {
		t := &said[i]
		agrees, known := samePayer(p, t)
		switch {
		case known && !agrees: // somebody else uses the same address
		case t.Rejected && agrees:
			against = cmp.Or(against, t)
		case t.Rejected:
		case agrees && soleUser(p, t, in):
			sole = cmp.Or(sole, t)
		default:
			shared = cmp.Or(shared, t)
		}
	}
	switch {
	case against != nil && (sole != nil || shared != nil):
		return nil
	case against != nil:
		return []reconcile.Evidence{lesson(reconcile.SignalAlias, against, weightAliasRejected)}
	case sole != nil:
		evidence := []reconcile.Evidence{lesson(reconcile.SignalAlias, sole, weightAlias)}
		if len(p.Name) > 0 { // whoever pays under this name was said to pay for the lead
			evidence = append(evidence, reconcile.Evidence{Signal: reconcile.SignalName, Payment: p.CustomerName,
				Candidate: sole.Payer, Weight: weightNameSame, Strategy: NameAlias})
		}
		return evidence
	case shared != nil:
		return []reconcile.Evidence{lesson(reconcile.SignalAliasShared, shared, weightAliasShared)}
	}
	return nil
}

func lesson(signal string, t *reconcile.Taught, weight reconcile.Weight) reconcile.Evidence {
	word := "confirmed on "
	if t.Rejected {
		word = "rejected on "
	}
	return reconcile.Evidence{Signal: signal, Payment: t.By.Value, Candidate: word + t.PaymentID, Weight: weight, Strategy: NameAlias}
}

// samePayer compares the names on two payments with one identifier. Where this one has none, nothing speaks against it. Where only
// this one has, it is not known whether the other was of the same person.
func samePayer(p *reconcile.Prepared, t *reconcile.Taught) (agrees, known bool) {
	if len(p.Name) == 0 {
		return true, true
	}
	other := normalize.Name(t.Payer)
	return alike(p.Name, other), len(other) > 0
}

// alike says that two names are very likely one person's. No name is like any.
func alike(a, b []string) bool {
	a, _ = normalize.Generation(a)
	b, _ = normalize.Generation(b)
	return len(a) > 0 && len(b) > 0 && similarity.Compare(normalize.Main(a), normalize.Main(b)) >= similarity.Alike
}

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
		switch agrees, _ := samePayer(p, other); {
		case other.By != t.By || lead == nil:
		case !other.Rejected:
			users = append(users, lead)
		case agrees:
			users = slices.DeleteFunc(users, func(l *reconcile.PreparedLead) bool { return l.ID == lead.ID })
		}
	}
	return !slices.ContainsFunc(users, func(l *reconcile.PreparedLead) bool {
		return l.ID != t.LeadID && !alike(l.Name, in.Lead(t.LeadID).Name)
	})
}
