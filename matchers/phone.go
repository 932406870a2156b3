package matchers

import (
	"slices"

	"pennytie/reconcile"
	"pennytie/reconcile/normalize"
)

// Phone compares the payer's numbers with those of leads and of their calls.
type Phone struct{}

// Name is stored in matched_by.
func (Phone) Name() string { return NamePhone }

// Match proposes leads with an equal number.
func (Phone) Match(p *reconcile.Prepared, in *reconcile.Index) []reconcile.Candidate {
	if len(p.Phones) == 0 {
		return nil
	}
	var out []reconcile.Candidate
	for _, lead := range candidates(p, in) {
		if evidence, known := phoneEvidence(p, lead, in); known {
			out = append(out, found(lead, evidence))
		}
	}
	return out
}

func phoneEvidence(p *reconcile.Prepared, lead *reconcile.PreparedLead,
	in *reconcile.Index) (best reconcile.Evidence, known bool) {
	consider := func(phone, own string, weight reconcile.Weight) {
		if !known || weight > best.Weight {
			best = reconcile.Evidence{
				Signal: reconcile.SignalPhone, Payment: phone, Candidate: own, Weight: weight, Strategy: NamePhone,
			}
			known = true
		}
	}
	for _, phone := range p.Phones {
		tail := normalize.PhoneTail(phone)
		for _, own := range lead.Phones {
			switch {
			case phone == own:
				consider(phone, own, sharedPhone(weightPhone, people(in, reconcile.NewBlockKey(kindPhone, phone))))
			case tail != "" && tail == normalize.PhoneTail(own):
				consider(phone, own, sharedPhone(weightPhoneTail, people(in, reconcile.NewBlockKey(kindTail, tail))))
			default:
				consider(phone, own, weightPhoneOther)
			}
		}
		if own := calledNumber(lead, tail); own != "" {
			consider(phone, own, sharedPhone(weightPhoneTail, people(in, reconcile.NewBlockKey(kindTail, tail))))
		}
	}
	return best, known
}

// calledNumber finds a number with these last digits in the lead's calls. Parsing them anew for each
// payment would cost more than all else, and the tail was already found through the call's own key.
func calledNumber(lead *reconcile.PreparedLead, tail string) string {
	if tail == "" {
		return ""
	}
	for _, call := range lead.Calls {
		at := slices.IndexFunc(call.Phones, func(raw string) bool { return normalize.PhoneTail(raw) == tail })
		if at >= 0 {
			return call.Phones[at]
		}
	}
	return ""
}

func sharedPhone(alone reconcile.Weight, people int) reconcile.Weight {
	if people > 1 {
		return weightPhoneShared
	}
	return alone
}
