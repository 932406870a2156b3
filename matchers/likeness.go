package matchers

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"pennytie/matchers/similarity"
	"pennytie/reconcile"
	"pennytie/reconcile/normalize"
)

// Who is found by no equal key, because everything is misspelt a little, is looked for by likeness: what records have in common
// of the three-letter pieces of their words. Keys of likeness are keys like the others, so a late lead makes the payments due that
// it is like, but they are asked for only where the others find few.
const (
	// bands is how many keys of likeness there are of each portrait. Two that resemble each other by half share one of them in two
	// cases of three, by two thirds in nine of ten, by a fifth in one of seven; each key costs as much room as any other.
	bands = 4
	// fewestGrams is the fewest pieces by which anybody is told from others: those of a word of four letters.
	fewestGrams = 4
	// leastLike is the resemblance, in thousandths, below which a key was shared by chance.
	leastLike = 300
)

// likeness is how a payer or a lead looks.
type likeness struct {
	who   similarity.Grams // name and mailbox: people leave out either, or write both
	whole similarity.Grams // name and place, if a place is known
}

func likenessOf(name *reconcile.Name, emails []string, place *reconcile.Place, address string) likeness {
	named := similarity.GramsOf('n', spelled(name.Main)...)
	var mailboxes []string
	for _, email := range emails {
		if local, _, _ := strings.Cut(normalize.EmailVariant(email), "@"); !normalize.RoleAddress(email) {
			mailboxes = append(mailboxes, strings.FieldsFunc(local, func(r rune) bool { return !unicode.IsLetter(r) })...)
		}
	}
	out := likeness{who: named.With(similarity.GramsOf('n', spelled(mailboxes)...))}
	where := append(normalize.Words(address), place.PostalCode)
	if where := similarity.GramsOf('p', append(where, strings.Fields(place.City)...)...); len(where) > 0 {
		out.whole = named.With(where)
	}
	return out
}

func payerLikeness(p *reconcile.Prepared) likeness {
	return likenessOf(&p.Name, p.Emails, &p.Place, p.Payer.Address)
}

func leadLikeness(l *reconcile.PreparedLead) likeness {
	return likenessOf(&l.Name, l.Emails, &l.Place, l.Address)
}

func (l *likeness) keys() []reconcile.BlockKey {
	var keys []reconcile.BlockKey
	for _, portrait := range [...]struct {
		kind string
		of   similarity.Grams
	}{{kindWho, l.who}, {kindWhole, l.whole}} {
		if len(portrait.of) < fewestGrams {
			continue
		}
		for band := range bands {
			keys = append(keys, reconcile.NewBlockKey(portrait.kind, portrait.of.Band(band)))
		}
	}
	return distinct(keys)
}

// like says how much two resemble each other, in thousandths, in the portrait in which they do more.
func (l *likeness) like(other *likeness) int {
	return max(l.who.Resemblance(other.who), l.whole.Resemblance(other.whole))
}

// lookalikes lists the leads, but for those known, that are most like the payer of a payment or of the payer's others, best first.
func lookalikes(p *reconcile.Prepared, in *reconcile.Index, known []*reconcile.PreparedLead) []*reconcile.PreparedLead {
	type found struct {
		lead *reconcile.PreparedLead
		like int
	}
	var payers []likeness
	under := map[*reconcile.PreparedLead]bool{}
	for _, payment := range append([]*reconcile.Prepared{p}, p.Siblings...) {
		payers = append(payers, payerLikeness(payment))
		for _, key := range payment.Likeness {
			for _, lead := range in.Under(key) {
				under[lead] = !slices.Contains(known, lead)
			}
		}
	}
	var ranked []found
	for lead, is := range under {
		if !is {
			continue
		}
		best, own := 0, leadLikeness(lead)
		for i := range payers {
			best = max(best, payers[i].like(&own))
		}
		if best >= leastLike {
			ranked = append(ranked, found{lead, best})
		}
	}
	slices.SortFunc(ranked, func(a, b found) int { return cmp.Or(cmp.Compare(b.like, a.like), cmp.Compare(a.lead.ID, b.lead.ID)) })
	out := make([]*reconcile.PreparedLead, min(len(ranked), reconcile.MaxCandidates-len(known)))
	for i := range out {
		out[i] = ranked[i].lead
	}
	return out
}
