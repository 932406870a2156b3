package matchers

import (
	"slices"
	"strings"

	"pennytie/matchers/similarity"
	"pennytie/reconcile"
	"pennytie/reconcile/normalize"
)

// NameAmountDate compares the payer's name, company and address with the lead's, and where the name agrees
// looks for a call whose agreed amount and time explain the payment.
type NameAmountDate struct{}

// Name is stored in matched_by.
func (NameAmountDate) Name() string { return NameNameAmountDate }

// Match says of every lead of the block how its name relates to the payer's, for and against.
func (NameAmountDate) Match(p *reconcile.Prepared, in *reconcile.Index) []reconcile.Candidate {
	payer := newPayer(p)
	var out []reconcile.Candidate
	for _, lead := range candidates(p, in) {
		evidence := payer.identify(lead, in)
		agrees := slices.ContainsFunc(evidence, func(e reconcile.Evidence) bool { return e.Weight > 0 })
		candidate := reconcile.Candidate{LeadID: lead.ID}
		if agrees {
			candidate = explained(p, lead, in)
		}
		if place, known := payer.place(lead); known {
			evidence = append(evidence, place)
		}
		candidate.Evidence = append(evidence, candidate.Evidence...)
		if len(candidate.Evidence) > 0 {
			out = append(out, candidate)
		}
	}
	return out
}

// payer is what is derived of a payment once for all its candidates.
type payer struct {
	*reconcile.Prepared
	domains []string
}

func newPayer(p *reconcile.Prepared) *payer {
	out := &payer{Prepared: p}
	for _, email := range p.Emails {
		if domain := normalize.EmailDomain(email); domain != "" {
			out.domains = append(out.domains, domain)
		}
	}
	return out
}

// compareNames says how a payer's name relates to a lead's.
func compareNames(a, b *reconcile.Name) similarity.Level {
	level := similarity.Compare(a.Main, b.Main)
	switch {
	case level == similarity.Unknown:
		return level
	case a.Disguised || b.Disguised:
		return similarity.Different
	case a.Generation == b.Generation:
		return level
	case a.Generation == "" || b.Generation == "":
		return min(level, similarity.Variant)
	}
	return min(level, similarity.Relative) // father and son
}

// identify compares name and company. A payer whose name is the lead's company is not a different person.
func (p *payer) identify(lead *reconcile.PreparedLead, in *reconcile.Index) []reconcile.Evidence {
	var out []reconcile.Evidence
	company, agrees := p.companyEvidence(lead, in)
	if agrees {
		out = append(out, company)
	}
	if p.IsCompany || (agrees && company.Payment == p.CustomerName) {
		return out
	}
	weight := nameWeight(compareNames(&p.Name, &lead.Name))
	if weight != 0 && (p.Name.Disguised || lead.Name.Disguised) {
		weight = weightNameDisguised
	}
	if weight != 0 {
		out = append(out, reconcile.Evidence{
			Signal: reconcile.SignalName, Payment: p.CustomerName, Candidate: lead.Lead.Name, Weight: weight,
			Strategy: NameNameAmountDate,
		})
	}
	return out
}

func nameWeight(level similarity.Level) reconcile.Weight {
	switch level {
	case similarity.Same:
		return weightNameSame
	case similarity.Variant:
		return weightNameVariant
	case similarity.Alike:
		return weightNameAlike
	case similarity.Subset:
		return weightNameSubset
	case similarity.Relative:
		return weightNameRelative
	case similarity.Different:
		return weightNameDifferent
	}
	return 0
}

// companyEvidence compares the payer's name with the lead's company, and failing that their e-mail domains.
func (p *payer) companyEvidence(lead *reconcile.PreparedLead,
	in *reconcile.Index) (evidence reconcile.Evidence, agrees bool) {
	evidence = reconcile.Evidence{Signal: reconcile.SignalCompany, Strategy: NameNameAmountDate}
	if key := companyKey(p.Company); key != "" && key == companyKey(lead.Company) {
		evidence.Payment, evidence.Candidate = p.CustomerName, lead.Lead.Company
		evidence.Weight = weightCompany
		if people(in, reconcile.NewBlockKey(kindCompany, key)) > 1 {
			evidence.Weight = weightCompanyShared
		}
		return evidence, true
	}
	if p.sharesAddress(lead) {
		return evidence, false // the whole address is evidence already; its domain says nothing more
	}
	for _, domain := range p.domains {
		if !slices.ContainsFunc(lead.Emails, func(own string) bool { return strings.HasSuffix(own, "@"+domain) }) {
			continue
		}
		evidence.Payment, evidence.Candidate, evidence.Weight = domain, domain, weightDomain
		if people(in, reconcile.NewBlockKey(kindDomain, domain)) > 1 {
			evidence.Weight = weightDomainShared
		}
		return evidence, true
	}
	return evidence, false
}

func (p *payer) sharesAddress(lead *reconcile.PreparedLead) bool {
	return slices.ContainsFunc(addresses(lead), func(own string) bool {
		return slices.ContainsFunc(p.Emails, func(email string) bool {
			return normalize.EmailVariant(email) == normalize.EmailVariant(own)
		})
	})
}

// place compares postal addresses: support for a person, who shares it with the household.
func (p *payer) place(lead *reconcile.PreparedLead) (reconcile.Evidence, bool) {
	evidence := reconcile.Evidence{Signal: reconcile.SignalAddress, Strategy: NameNameAmountDate}
	if lead.Place.Street != "" && lead.Place.Street == p.Place.Street {
		evidence.Payment, evidence.Candidate, evidence.Weight = p.Payer.Address, lead.Address, weightStreet
		return evidence, true
	}
	if lead.Place.PostalCode == "" || p.Place.PostalCode == "" {
		return evidence, false
	}
	evidence.Payment, evidence.Candidate, evidence.Weight = p.Payer.PostalCode, lead.PostalCode, weightPlace
	if lead.Place.PostalCode == p.Place.PostalCode {
		evidence.Weight = weightPostal
	}
	return evidence, true
}
