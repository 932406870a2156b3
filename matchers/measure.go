package matchers

import (
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"pennytie/matchers/similarity"
	"pennytie/reconcile"
	"pennytie/reconcile/money"
	"pennytie/reconcile/normalize"
)

// Measure measures every candidate for the trained model, and says which of them record one person and whom the payer's other
// payments name. Beside that it finds no evidence of its own: what it measures is shown under the signals of the others.
type Measure struct{}

// Name implements reconcile.Matcher.
func (Measure) Name() string { return NameMeasure }

// Match gives a candidate with measures for each lead that shares a key with the payment.
func (Measure) Match(p *reconcile.Prepared, in *reconcile.Index) []reconcile.Candidate {
	leads := candidates(p, in)
	if len(leads) == 0 {
		return nil
	}
	m := newMeter(p, in, leads)
	best := make([]relation, len(leads))
	for i, lead := range leads {
		best[i] = bestCall(p, lead, in)
	}
	group, kin := newGroup(p, in), newKin(p, leads, m.persons, best, in)
	out := make([]reconcile.Candidate, len(leads))
	for i, lead := range leads {
		m.measure(lead, &best[i])
		kin.measure(i, &m.collector)
		measures, evidence := group.match(lead)
		out[i] = reconcile.Candidate{LeadID: lead.ID, Measures: append(m.values, measures...), Evidence: evidence}
		if same := m.persons[i]; same != i {
			out[i].Evidence = append(out[i].Evidence, reconcile.Evidence{
				Signal: reconcile.SignalSamePerson, Payment: p.CustomerName, Candidate: leads[same].ID, Strategy: NameMeasure,
			})
		}
	}
	return out
}

// collector gathers measures.
type collector struct{ values []reconcile.Measure }

// add notes a value; what does not fit is cut to the greatest that does.
func (c *collector) add(f reconcile.Feature, value int) {
	c.values = append(c.values, reconcile.Measure{Feature: f, Value: int16(max(math.MinInt16+1, min(math.MaxInt16, value)))})
}

// meter is what is derived of a payment once for all its candidates.
type meter struct {
	*payer
	in        *reconcile.Index
	namesakes int
	family    int
	named     bool  // a reference names one of the candidates
	persons   []int // of each candidate, the first that records the same person
	products  map[string]bool
	collector
}

func newMeter(p *reconcile.Prepared, in *reconcile.Index, leads []*reconcile.PreparedLead) *meter {
	m := &meter{payer: newPayer(p), in: in}
	m.namesakes = namesakes(in, p.Name.Main)
	if main := p.Name.Main; len(main) > 1 {
		for _, end := range [...]string{main[0], main[len(main)-1]} {
			m.family = max(m.family, crowd(in, kindFamily, normalize.Spelling(end)))
		}
	}
	m.named = slices.ContainsFunc(leads, func(lead *reconcile.PreparedLead) bool {
		return slices.Contains(p.References, normalize.ID(lead.ID))
	})
	m.persons = persons(leads)
	m.products = paidProducts(p, in)
	return m
}

// namesakes counts the leads that have a whole name, however it is spelt.
func namesakes(in *reconcile.Index, main []string) int {
	return crowd(in, kindName, nameKey(main))
}

func crowd(in *reconcile.Index, kind, value string) int {
	if value == "" {
		return 0
	}
	return in.Crowd(reconcile.NewBlockKey(kind, value))
}

// measure measures a lead by what the payment itself tells; best is the lead's call that explains it best.
func (m *meter) measure(lead *reconcile.PreparedLead, best *relation) {
	m.values = make([]reconcile.Measure, 0, reconcile.NumFeatures)
	m.email(lead)
	m.phone(lead)
	m.name(lead)
	m.trade(lead)
	m.place(lead)
	m.reference(lead)
	m.calls(lead)
	m.agreed(best)
}

func (m *meter) email(lead *reconcile.PreparedLead) {
	own := addresses(lead)
	if len(m.Emails) > 0 {
		role, private := 0, 0
		inOwn, leadIn := 0, 0
		for _, email := range m.Emails {
			local, _, _ := strings.Cut(email, "@")
			role = max(role, truth(normalize.RoleAddress(email)))
			private = max(private, truth(normalize.EmailDomain(email) != ""))
			inOwn = max(inOwn, nameIn(m.Name.Main, local))
			leadIn = max(leadIn, nameIn(lead.Name.Main, local))
		}
		m.add(reconcile.FeatureEmailRole, role)
		m.add(reconcile.FeatureEmailPrivate, private)
		if len(m.Name.Main) > 0 {
			m.add(reconcile.FeatureOwnEmail, inOwn)
		}
		if len(lead.Name.Main) > 0 {
			m.add(reconcile.FeatureNameInEmail, leadIn)
		}
	}
	payerIn := 0
	for _, email := range own {
		local, _, _ := strings.Cut(email, "@")
		payerIn = max(payerIn, nameIn(m.Name.Main, local))
	}
	if len(own) > 0 && len(m.Name.Main) > 0 && !m.IsCompany {
		m.add(reconcile.FeaturePayerInEmail, payerIn)
	}
	if len(m.Emails) == 0 || len(own) == 0 {
		return
	}
	best, people, like, script := -1, 0, 0, 0
	for _, email := range m.Emails {
		for _, other := range own {
			relation, shared := relateEmails(email, other, m.in)
			if relation > best {
				best, people = relation, shared
			}
			a, _, _ := strings.Cut(normalize.EmailVariant(email), "@")
			b, _, _ := strings.Cut(normalize.EmailVariant(other), "@")
			like = max(like, int(similarity.JaroWinkler(a, b)*100))
			if isASCII(email) != isASCII(other) {
				script = 1
			}
		}
	}
	m.add(reconcile.FeatureEmail, best)
	m.add(reconcile.FeatureEmailLocal, like)
	m.add(reconcile.FeatureEmailScript, script)
	if best >= 3 {
		m.add(reconcile.FeatureEmailPeople, people)
	}
}

// relateEmails says how near two addresses are, and how many people share them if they are one.
func relateEmails(email, own string, in *reconcile.Index) (relation, shared int) {
	switch {
	case email == own:
		return 4, people(in, reconcile.NewBlockKey(kindEmail, email))
	case normalize.EmailVariant(email) == normalize.EmailVariant(own):
		return 3, people(in, reconcile.NewBlockKey(kindVariant, normalize.EmailVariant(email)))
	}
	local, domain, _ := strings.Cut(normalize.EmailVariant(email), "@")
	ownLocal, ownDomain, _ := strings.Cut(normalize.EmailVariant(own), "@")
	switch {
	case isASCII(email) != isASCII(own):
	case local == ownLocal && similarity.WithinOneEdit(domain, ownDomain),
		domain == ownDomain && distinctive(local) && similarity.WithinOneEdit(local, ownLocal):
		return 2, 0
	case local == ownLocal && distinctive(local) && !normalize.RoleAddress(email):
		return 1, 0
	}
	return 0, 0
}

// nameIn says how much of a name stands in a local part: 3 both ends, 2 one end and the other's initial, 1 one end, 0 none.
func nameIn(core []string, local string) int {
	const shortest = 3 // letters; fewer stand in any word by chance
	if len(core) == 0 {
		return 0
	}
	letters := normalize.Letters(local)
	first, last := core[0], core[len(core)-1]
	has := func(part string) bool {
		return utf8.RuneCountInString(part) >= shortest && strings.Contains(letters, part)
	}
	if len(core) == 1 {
		return truth(has(first))
	}
	begins := func(rest, part string) bool {
		cut := strings.Replace(letters, rest, "", 1)
		return cut != "" && strings.HasPrefix(cut, initial(part)) && len(cut) <= 2
	}
	switch {
	case has(first) && has(last):
		return 3
	case has(last) && begins(last, first), has(first) && begins(first, last):
		return 2
	case has(first) || has(last):
		return 1
	}
	return 0
}

func truth(is bool) int {
	if is {
		return 1
	}
	return 0
}

func (m *meter) phone(lead *reconcile.PreparedLead) {
	if len(m.Phones) == 0 {
		return
	}
	best, shared, known := 0, 0, false
	for _, phone := range m.Phones {
		tail := normalize.PhoneTail(phone)
		for _, own := range lead.Phones {
			known = true
			if phone == own && best < 2 {
				best, shared = 2, people(m.in, reconcile.NewBlockKey(kindPhone, phone))
			} else if tail != "" && tail == normalize.PhoneTail(own) && best < 1 {
				best, shared = 1, people(m.in, reconcile.NewBlockKey(kindTail, tail))
			}
		}
		if own := calledNumber(lead, tail); own != "" && best < 1 {
			best, shared, known = 1, people(m.in, reconcile.NewBlockKey(kindTail, tail)), true
		}
	}
	if known {
		m.add(reconcile.FeaturePhone, best)
		if best > 0 {
			m.add(reconcile.FeaturePhonePeople, shared)
		}
	}
}

func (m *meter) name(lead *reconcile.PreparedLead) {
	m.add(reconcile.FeatureIsCompany, truth(m.IsCompany))
	if len(m.Name.Main) == 0 || m.IsCompany {
		return
	}
	m.add(reconcile.FeatureNamesakes, m.namesakes)
	m.add(reconcile.FeatureFamily, m.family)
	m.add(reconcile.FeatureNameShort, truth(len(m.Name.Main) == 1))
	other := &lead.Name
	if len(other.Main) == 0 {
		return
	}
	if level := compareNames(&m.Name, other); level != similarity.Unknown {
		m.add(reconcile.FeatureName, int(level))
		m.add(reconcile.FeatureNameLike, int(similarity.Names(m.Name.Main, other.Main)*100))
	}
	if given, surname, ok := similarity.Parts(m.Name.Main, other.Main); ok {
		m.add(reconcile.FeatureGiven, given)
		m.add(reconcile.FeatureSurname, surname)
	}
	switch {
	case m.Name.Generation == "" && other.Generation == "":
	case m.Name.Generation == other.Generation:
		m.add(reconcile.FeatureGeneration, 1)
	case m.Name.Generation == "" || other.Generation == "":
		m.add(reconcile.FeatureGeneration, 0)
	default:
		m.add(reconcile.FeatureGeneration, -1)
	}
}

func (m *meter) trade(lead *reconcile.PreparedLead) {
	if len(m.Company) > 0 && len(lead.Company) > 0 {
		relation := 0
		switch {
		case companyKey(m.Company) == companyKey(lead.Company):
			relation = 2
		case m.Company[0] == lead.Company[0] && len(m.Company[0]) > 3:
			relation = 1
		}
		m.add(reconcile.FeatureCompany, relation)
		if relation == 2 {
			m.add(reconcile.FeatureCompanyPeople, crowd(m.in, kindCompany, companyKey(m.Company)))
		}
	}
	if len(m.domains) == 0 {
		return
	}
	relation, shared := 0, 0
	for _, domain := range m.domains {
		trade := tradeOf(domain)
		switch {
		case slices.ContainsFunc(lead.Emails, func(own string) bool { return strings.HasSuffix(own, "@"+domain) }):
			relation, shared = 2, crowd(m.in, kindDomain, domain)
		case len(lead.Company) > 0 && relation == 0 && (lead.Company[0] == trade || strings.Join(lead.Company, "") == trade):
			relation, shared = 1, crowd(m.in, kindTrade, trade)
		}
	}
	m.add(reconcile.FeatureDomain, relation)
	if relation > 0 {
		m.add(reconcile.FeatureDomainPeople, shared)
	}
}

func (m *meter) place(lead *reconcile.PreparedLead) {
	own, other := &m.Place, &lead.Place
	if own.Street != "" && other.Street != "" {
		m.add(reconcile.FeatureStreet, likeStreets(own.Street, other.Street))
	}
	for _, part := range [...]struct {
		feature    reconcile.Feature
		own, other string
	}{
		{reconcile.FeaturePostal, own.PostalCode, other.PostalCode},
		{reconcile.FeatureCity, own.City, other.City},
		{reconcile.FeatureCountry, own.Country, other.Country},
	} {
		if part.own != "" && part.other != "" {
			m.add(part.feature, truth(part.own == part.other))
		}
	}
}

// likeStreets: 2 equal, 1 the same number and a word in common.
func likeStreets(a, b string) int {
	if a == b {
		return 2
	}
	number, word := false, false
	other := strings.Fields(b)
	for _, token := range strings.Fields(a) {
		if !slices.Contains(other, token) {
			continue
		}
		if token[0] >= '0' && token[0] <= '9' {
			number = true
		} else {
			word = true
		}
	}
	return truth(number && word)
}

func (m *meter) reference(lead *reconcile.PreparedLead) {
	if own := normalize.Reference(lead.StripeCustomerID); own != "" && m.StripeCustomerID != "" {
		m.add(reconcile.FeatureCustomer, truth(own == normalize.Reference(m.StripeCustomerID)))
	}
	relation := 0
	for _, reference := range m.References {
		switch {
		case reference == normalize.ID(lead.ID) && namesLead(m.Prepared, reference):
			relation = max(relation, 3)
		case reference == normalize.ID(lead.ID):
			relation = max(relation, 2)
		case reference == normalize.Reference(lead.ExternalID):
			relation = max(relation, 1)
		}
	}
	switch {
	case relation > 0:
		m.add(reconcile.FeatureReference, relation)
	case m.named:
		m.add(reconcile.FeatureReference, -1)
	}
}

func (m *meter) calls(lead *reconcile.PreparedLead) {
	if !lead.CreatedAt.IsZero() && !m.PaymentDate.IsZero() {
		m.add(reconcile.FeatureLeadAge, days(m.PaymentDate.Sub(lead.CreatedAt)))
	}
	if !m.in.AnyCalls() || m.PaymentDate.IsZero() {
		return
	}
	m.add(reconcile.FeatureCalls, len(lead.Calls))
	noted := false
	nearest := time.Duration(math.MaxInt64)
	for _, call := range lead.Calls {
		noted = noted || m.onCall(call)
		if age := ageOf(m.Prepared, call); !call.StartedAt.IsZero() && age.Abs() < nearest.Abs() {
			nearest = age
		}
	}
	m.add(reconcile.FeatureOnCall, truth(noted))
	if nearest != math.MaxInt64 {
		m.add(reconcile.FeatureNearest, hours(nearest))
	}
	if won, is := lastWon(m.Payment, lead); is {
		m.add(reconcile.FeatureWonAge, hours(won))
	}
}

// agreed measures how the payment relates to what was agreed in a call, if there is one.
func (m *meter) agreed(best *relation) {
	if best.call == nil {
		return
	}
	m.add(reconcile.FeatureOutcome, outcomeRank(best.call.Outcome))
	m.add(reconcile.FeatureCallAge, hours(ageOf(m.Prepared, best.call)))
	if expected := best.amount.expected; expected.Minor > 0 {
		m.add(reconcile.FeatureAmount, amountRank(m.Amount, best))
		if expected.Currency == m.Amount.Currency {
			m.add(reconcile.FeatureRatio, int(min(m.Amount.Minor, math.MaxInt64/100)*100/expected.Minor))
		}
	}
	if best.call.ProductID != "" && len(m.products) > 0 {
		relation := -1
		if m.products[best.call.ProductID] {
			relation = 1
		}
		m.add(reconcile.FeatureCallProduct, relation)
	}
}

// onCall says that the payer's address or number was noted in a call.
func (m *meter) onCall(call *reconcile.Call) bool {
	for _, raw := range call.Emails {
		if email := normalize.Email(raw); email != "" && slices.Contains(m.Emails, email) {
			return true
		}
	}
	for _, raw := range call.Phones {
		tail := normalize.PhoneTail(raw)
		if tail != "" && slices.ContainsFunc(m.Phones, func(own string) bool { return normalize.PhoneTail(own) == tail }) {
			return true
		}
	}
	return false
}

func outcomeRank(outcome string) int {
	switch outcome {
	case "won":
		return 2
	case "lost", "no_show":
		return 0
	}
	return 1
}

// amountRank orders how a payment relates to what the call makes expect.
func amountRank(paid money.Amount, r *relation) int {
	switch {
	case paid.Currency != r.amount.expected.Currency:
		return 0
	case r.amount.weight == weightAmountExact:
		return 5
	case r.amount.weight == weightAmountList:
		return 4
	case r.amount.rates > 1:
		return 3
	case near10(paid.Minor, r.amount.expected.Minor):
		return 2
	}
	return 1
}

// near10 says that a is b but for a usual discount or tax: 70 to 130 per cent.
func near10(a, b int64) bool {
	const least, most = 70, 130
	percent := min(a, math.MaxInt64/100) * 100 / b
	return percent >= least && percent <= most
}

func hours(d time.Duration) int { return int(d / time.Hour) }
func days(d time.Duration) int  { return int(d / day) }

// paidProducts are the products that the payment itself names: by the provider's id, else by the description.
func paidProducts(p *reconcile.Prepared, in *reconcile.Index) map[string]bool {
	text := strings.Join(p.Description, " ")
	out := map[string]bool{}
	best := reconcile.Weight(0)
	for _, product := range in.Products() {
		for _, e := range [...]reconcile.Evidence{productID(p, product), naming(p, text, product)} {
			if e.Weight < best || e.Weight == 0 {
				continue
			}
			if e.Weight > best {
				clear(out)
				best = e.Weight
			}
			out[product.ID] = true
		}
	}
	return out
}

// persons finds, of each lead, the first that records the same person: the same name and something else of one's own. Three
// records of one person need not all have something in common: what the first shares with the second and the second with the
// third is enough.
func persons(leads []*reconcile.PreparedLead) []int {
	out := make([]int, len(leads))
	names := make([]string, len(leads))
	bearers := map[string]int{} // among the candidates: of other leads only those are at hand that the batch happens to bring
	for i, lead := range leads {
		names[i] = normalize.NameKey(lead.Name.Main)
		bearers[names[i]]++
	}
	for i := range leads {
		out[i] = i
	}
	for i := range leads {
		for j := range i {
			if out[i] != out[j] && samePerson(leads[j], leads[i], max(bearers[names[i]], bearers[names[j]])) {
				first, other := min(out[i], out[j]), max(out[i], out[j])
				for k := range out {
					if out[k] == other {
						out[k] = first
					}
				}
			}
		}
	}
	return out
}

// mostRecords is how many leads of one name may be one person recorded again and again, where they share no more than a place.
const mostRecords = 3

// samePerson is strict: namesakes, spouses, father and son are different people.
func samePerson(a, b *reconcile.PreparedLead, namesakes int) bool {
	if len(a.Name.Main) == 0 || len(b.Name.Main) == 0 || a.Name.Generation != b.Name.Generation || a.Name.Disguised || b.Name.Disguised {
		return false
	}
	least := similarity.Alike
	switch street, other := a.Place.Street, b.Place.Street; {
	case shareContact(a, b):
	case street != "" && street == other:
		least = similarity.Variant
	case street != "" && other != "", !samePlace(a, b), namesakes > mostRecords:
		return false
	}
	return similarity.Compare(a.Name.Main, b.Name.Main) >= least
}

// shareContact says that an address or number of one is of the other, too.
func shareContact(a, b *reconcile.PreparedLead) bool {
	return slices.ContainsFunc(a.Emails, func(email string) bool {
		return receives(b, normalize.EmailVariant(email)) && !normalize.RoleAddress(email)
	}) || slices.ContainsFunc(a.Phones, func(phone string) bool { return slices.Contains(b.Phones, phone) })
}

// samePlace says that all that both tell of their place or company is equal, and that they tell something.
func samePlace(a, b *reconcile.PreparedLead) bool {
	same := false
	for _, pair := range [...][2]string{
		{a.Place.PostalCode, b.Place.PostalCode},
		{a.Place.City, b.Place.City},
		{companyKey(a.Company), companyKey(b.Company)},
	} {
		if pair[0] == "" || pair[1] == "" {
			continue
		}
		if pair[0] != pair[1] {
			return false
		}
		same = true
	}
	return same
}
