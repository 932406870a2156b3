package fake

import (
	"strings"
	"time"

	"pennytie/reconcile/money"
)

// payer is somebody who pays, with what they type when they do.
type payer struct {
	person
	lead     *lead // nil for a payer whom the sales team does not know
	identity string
	currency money.Currency

	typedName, typedEmail, typedPhone string
	emailIn                           string // billing, receipt or customer: where the e-mail ends up
	address                           bool
	metadata                          map[string]string
	reference                         string // client_reference_id of a checkout

	seen            bool   // has paid before
	customerID      string // empty for a guest
	customerCreated time.Time
	customerDeleted time.Time // zero unless deleted later

	brand, last4, fingerprint string
}

// The ways in which a payment can be tied to a lead, with their weights in a thousand payers.
const (
	identityExact     = "email"
	identityCase      = "email_case"
	identityPlus      = "plus_tag"
	identitySecond    = "second_email"
	identityMetadata  = "metadata"
	identityReference = "reference"
	identityPhone     = "phone"
	identityName      = "name_only"
	identityCompany   = "company_domain"
	identityCustomer  = "customer"
	identitySpouse    = "shared_email"
	identityStranger  = "stranger"
)

func identities() (names []string, weights []int) {
	return []string{
			identityExact, identityCase, identityPlus, identitySecond, identityMetadata, identityReference,
			identityPhone, identityName, identityCompany, identityCustomer, identitySpouse,
			identityStranger,
		},
		[]int{400, 80, 50, 50, 80, 70, 40, 50, 40, 40, 20, 80}
}

// makePayer makes somebody who first pays at start, and the lead that they are.
func (m *maker) makePayer(identity string, currency money.Currency, start time.Time) *payer {
	who := m.makePerson(currency, identity == identityName || m.chance(150))
	if identity == identityCompany && who.company == "" {
		who.company = m.pick(m.names.firms) + " " + m.pick(m.names.firmEnds)
		who.email = m.mailFor(who.first, who.last, who.company)
	}
	p := &payer{
		person: who, identity: identity, currency: currency,
		typedName: who.name(), typedEmail: who.email, address: m.chance(550),
		emailIn: []string{"billing", "receipt", "customer"}[m.weigh([]int{60, 15, 25})],
		brand:   []string{"visa", "mastercard", "amex"}[m.weigh([]int{6, 3, 1})],
		last4:   m.digits("####"), fingerprint: m.token(16),
	}
	if m.chance(350) {
		p.typedPhone = who.phone
	}
	if identity == identityStranger {
		return p
	}
	p.lead = m.makeLead(who, start.Add(-m.within(1, 40)))
	if m.chance(250) {
		p.lead.phone = "" // not every lead left a number
		p.typedPhone = ""
	}
	m.disguise(p)
	return p
}

// disguise makes what is typed differ from what the sales team knows, in the way of the identity.
func (m *maker) disguise(p *payer) {
	elsewhere := p.otherEmail // an address that the lead did not give, unless a case below adds it
	switch p.identity {
	case identityCase:
		at := strings.IndexByte(p.email, '@')
		p.typedEmail = strings.ToUpper(p.email[:1]) + p.email[1:at] + strings.ToUpper(p.email[at:])
		if m.chance(300) {
			p.typedEmail = strings.ToUpper(p.email)
		}
	case identityPlus:
		tag := m.pick([]string{"+pay", "+stripe", "+course", "+work"})
		p.typedEmail = strings.Replace(p.email, "@", tag+"@", 1)
	case identitySecond:
		p.typedEmail, p.lead.secondEmail = elsewhere, true
	case identityMetadata:
		p.typedEmail, p.metadata = elsewhere, map[string]string{"lead_id": p.lead.id}
	case identityReference:
		p.typedEmail, p.reference = elsewhere, p.lead.id
	case identityPhone:
		p.lead.phone = p.phone
		p.typedEmail, p.emailIn = "", "billing"
		p.typedPhone = "(" + p.phone[2:5] + ") " + p.phone[5:8] + "-" + p.phone[8:]
		p.typedName = p.first[:1] + ". " + p.last
	case identityName:
		p.typedEmail, p.typedPhone, p.emailIn = "", "", "billing"
		p.typedName = m.mistype(p.first, p.last)
	case identityCompany:
		_, domain, _ := strings.Cut(p.email, "@")
		p.typedEmail = slug(p.first[:1]) + "." + slug(p.last) + ".billing@" + domain
	case identityCustomer:
		p.typedEmail, p.emailIn, p.typedPhone = elsewhere, "customer", ""
	case identitySpouse:
		other := p.person
		other.first, other.phone = m.pick(m.names.first), ""
		m.makeLead(other, p.lead.created.Add(-m.within(0, 60)))
	}
}

// mistype gives a name as its owner types it on another day: a nickname, or a slip of the finger.
func (m *maker) mistype(first, last string) string {
	if nick := m.names.nick[first]; len(nick) > 0 && m.chance(600) {
		return m.pick(nick) + " " + last
	}
	letters := []rune(last)
	i := m.between(1, len(letters)-2)
	if m.chance(500) {
		letters[i], letters[i+1] = letters[i+1], letters[i]
	} else {
		letters = append(letters[:i], letters[i+1:]...)
	}
	return first + " " + string(letters)
}

// emails are the addresses that the sales team has of a lead.
func (l *lead) emails() string {
	if l.secondEmail {
		return l.email + ";" + l.otherEmail
	}
	return l.email
}

// becomeCustomer gives a payer an account at Stripe; the sales team sometimes notes its id. Somebody
// who buys only once may be deleted later.
func (m *maker) becomeCustomer(p *payer, at time.Time, once bool) {
	if p.customerID != "" {
		return
	}
	p.customerID, p.customerCreated = "cus_"+m.token(14), at
	if p.lead != nil && (p.identity == identityCustomer || m.chance(80)) {
		p.lead.customerID = p.customerID
	}
	if once && p.identity == identityExact && m.chance(12) {
		p.customerDeleted = at.Add(m.within(20, 60))
		p.emailIn = "billing" // what the customer object said is gone then
	}
}
