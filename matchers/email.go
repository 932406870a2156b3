package matchers

import (
	"slices"
	"strings"

	"pennytie/matchers/similarity"
	"pennytie/reconcile"
	"pennytie/reconcile/normalize"
)

// Email compares the payer's addresses with those of leads and of their calls.
type Email struct{}

// Name is stored in matched_by.
func (Email) Name() string { return NameEmail }

// Match proposes leads with an equal address and says, of leads found otherwise, whether theirs is a likely
// misspelling or another's.
func (Email) Match(p *reconcile.Prepared, in *reconcile.Index) []reconcile.Candidate {
	var out []reconcile.Candidate
	for _, lead := range candidates(p, in) {
		evidence, known := emailEvidence(p, lead, in)
		if !known {
			continue
		}
		candidate := found(lead, evidence)
		if mailbox := normalize.EmailVariant(evidence.Payment); mailbox == normalize.EmailVariant(evidence.Candidate) {
			candidate.Note = duplicateNote(mailbox, lead, in)
		}
		out = append(out, candidate)
	}
	return out
}

// emailEvidence is the best relation between any address of the payment and any of the lead.
func emailEvidence(p *reconcile.Prepared, lead *reconcile.PreparedLead,
	in *reconcile.Index) (best reconcile.Evidence, known bool) {
	for _, email := range p.Emails {
		for _, own := range addresses(lead) {
			weight := emailWeight(email, own, in)
			if !known || weight > best.Weight {
				best = reconcile.Evidence{
					Signal: reconcile.SignalEmail, Payment: email, Candidate: own, Weight: weight, Strategy: NameEmail,
				}
				known = true
			}
		}
	}
	return best, known
}

// addresses lists a lead's addresses and those noted in its calls.
func addresses(lead *reconcile.PreparedLead) []string {
	out := lead.Emails
	for _, call := range lead.Calls {
		for _, raw := range call.Emails {
			if email := normalize.Email(raw); email != "" && !slices.Contains(out, email) {
				out = append(slices.Clip(out), email)
			}
		}
	}
	return out
}

func emailWeight(email, own string, in *reconcile.Index) reconcile.Weight {
	switch {
	case email == own:
		return sharedEmail(weightEmail, email, people(in, reconcile.NewBlockKey(kindEmail, email)))
	case normalize.EmailVariant(email) == normalize.EmailVariant(own):
		key := reconcile.NewBlockKey(kindVariant, normalize.EmailVariant(email))
		return sharedEmail(weightEmailVariant, email, people(in, key))
	}
	local, domain, _ := strings.Cut(email, "@")
	ownLocal, ownDomain, _ := strings.Cut(own, "@")
	switch {
	case normalize.Disguised(email) || normalize.Disguised(own):
		return weightEmailDisguised
	case isASCII(email) != isASCII(own):
		return weightEmailOther // a look-alike address is a stranger's, however near it looks
	case local == ownLocal && similarity.WithinOneEdit(domain, ownDomain),
		domain == ownDomain && distinctive(local) && similarity.WithinOneEdit(local, ownLocal):
		return weightEmailTypo
	case local == ownLocal && distinctive(local) && !normalize.RoleAddress(email):
		return weightEmailLocal
	}
	return weightEmailOther
}

// sharedEmail lowers the weight of an equal address by the number of people who use it.
func sharedEmail(alone reconcile.Weight, email string, people int) reconcile.Weight {
	const few = 5 // an office; beyond it is a mailing list
	weight := alone
	switch {
	case people > few:
		weight = weightEmailMany
	case people > 2:
		weight = weightEmailFew
	case people == 2:
		weight = weightEmailTwo
	}
	if normalize.RoleAddress(email) {
		weight = min(weight, weightEmailRole)
	}
	return weight
}

// distinctive says that a local part is long enough that one edit does not make it another person's.
func distinctive(local string) bool {
	const shortest = 6
	return len(local) >= shortest
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= 0x80 {
			return false
		}
	}
	return true
}

// duplicateNote names the first lead, by id, with the same mailbox and the same name: very likely one person recorded
// twice. The mailbox must be the payment's: of any other, only those leads are at hand that the batch happens to bring.
func duplicateNote(mailbox string, lead *reconcile.PreparedLead, in *reconcile.Index) string {
	name := normalize.NameKey(lead.Name.Main)
	if name == "" || !receives(lead, mailbox) {
		return ""
	}
	for _, other := range in.Under(reconcile.NewBlockKey(kindVariant, mailbox)) {
		if other.ID >= lead.ID {
			return ""
		}
		if receives(other, mailbox) && normalize.NameKey(other.Name.Main) == name {
			return "duplicate of " + other.ID
		}
	}
	return ""
}

func receives(lead *reconcile.PreparedLead, mailbox string) bool {
	return slices.ContainsFunc(lead.Emails, func(own string) bool { return normalize.EmailVariant(own) == mailbox })
}
