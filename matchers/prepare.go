package matchers

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"pennytie/reconcile"
	"pennytie/reconcile/normalize"
)

// Kinds of blocking key. They are hashed with the value, so that an id never meets an equal phone number.
const (
	kindReference = "ref"     // lead id or external id
	kindCustomer  = "cus"     // the provider's customer id
	kindEmail     = "mail"    // exact form
	kindVariant   = "mailv"   // variant form
	kindDomain    = "domain"  // of an address that is no public mail service's
	kindPhone     = "phone"   // E.164
	kindTail      = "tail"    // last nine digits
	kindName      = "name"    // all names, sorted
	kindSurname   = "surname" // a name and the initial of another
	kindCompany   = "company" // core tokens, sorted
)

// mostReferences bounds the metadata values looked at: a payment has a handful; a hostile one has thousands.
const mostReferences = 24

// Preparer normalises records for matching. It implements reconcile.Preparer and is safe for concurrent use.
type Preparer struct {
	country string
}

var _ reconcile.Preparer = (*Preparer)(nil)

// NewPreparer makes a preparer. country (ISO 3166 alpha-2) is assumed for phone numbers without a country
// code whose record does not say where it is from; it may be empty.
func NewPreparer(country string) *Preparer { return &Preparer{country: country} }

// Payment prepares a payment.
func (pr *Preparer) Payment(p *reconcile.Payment) *reconcile.Prepared {
	out := &reconcile.Prepared{
		Payment:     p,
		Emails:      emails(append([]string{p.CustomerEmail}, p.Payer.Emails...)),
		Phones:      pr.phones([]string{p.Payer.Phone}, p.Payer.Country),
		Name:        normalize.Name(p.CustomerName),
		References:  references(p),
		Description: append(normalize.Words(p.Payer.Description), normalize.Words(p.Payer.Statement)...),
	}
	keys := contactKeys(out.Emails, out.Phones)
	keys = append(keys, nameKeys(out.Name)...)
	keys = appendKey(keys, kindCompany, companyKey(normalize.Company(p.CustomerName)))
	keys = appendKey(keys, kindCustomer, normalize.Reference(p.StripeCustomerID))
	for _, reference := range out.References {
		keys = appendKey(keys, kindReference, reference)
	}
	out.Keys = distinct(keys)
	out.Identifiers = identifiers(out)
	return out
}

// identifiers are what of a payment names its payer alone, each with its blocking key.
func identifiers(p *reconcile.Prepared) []reconcile.Identifier {
	var out []reconcile.Identifier
	if id := normalize.Reference(p.StripeCustomerID); id != "" {
		out = append(out, reconcile.Identifier{Key: reconcile.NewBlockKey(kindCustomer, id), Signal: reconcile.SignalCustomer, Value: id})
	}
	for _, email := range p.Emails {
		out = append(out, reconcile.Identifier{Key: reconcile.NewBlockKey(kindEmail, email), Signal: reconcile.SignalEmail, Value: email})
	}
	return out
}

// Lead prepares a lead. Its calls are filled in by the index.
func (pr *Preparer) Lead(l *reconcile.Lead) *reconcile.PreparedLead {
	out := &reconcile.PreparedLead{
		Lead:    l,
		Emails:  emails(l.Emails),
		Phones:  pr.phones(l.Phones, l.Country),
		Name:    normalize.Name(l.Name),
		Company: normalize.Company(l.Company),
	}
	keys := contactKeys(out.Emails, out.Phones)
	keys = append(keys, nameKeys(out.Name)...)
	keys = appendKey(keys, kindCompany, companyKey(out.Company))
	keys = appendKey(keys, kindCustomer, normalize.Reference(l.StripeCustomerID))
	keys = appendKey(keys, kindReference, normalize.ID(l.ID))
	keys = appendKey(keys, kindReference, normalize.Reference(l.ExternalID))
	out.Keys = distinct(keys)
	return out
}

// CallKeys names the keys under which a call makes its lead a candidate: its own addresses and numbers.
func (pr *Preparer) CallKeys(c *reconcile.Call) []reconcile.BlockKey {
	return distinct(contactKeys(emails(c.Emails), pr.phones(c.Phones, "")))
}

func emails(raw []string) []string {
	out := make([]string, 0, len(raw))
	for _, text := range raw {
		if email := normalize.Email(text); email != "" && !slices.Contains(out, email) {
			out = append(out, email)
		}
	}
	return out
}

func (pr *Preparer) phones(raw []string, country string) []string {
	out := make([]string, 0, len(raw))
	for _, text := range raw {
		if phone := normalize.Phone(text, cmp.Or(country, pr.country)); phone != "" && !slices.Contains(out, phone) {
			out = append(out, phone)
		}
	}
	return out
}

// references collects what may be one of our ids: the merchant's reference, the external id, and every
// metadata value, for people name the key as they like and the index tells ids from other text.
func references(p *reconcile.Payment) []string {
	var named []string
	values := []string{normalize.Reference(p.Payer.Reference), normalize.Reference(p.Payer.ExternalID)}
	for _, key := range slices.Sorted(maps.Keys(p.Payer.Metadata)) {
		if isLeadKey(key) {
			named = append(named, normalize.ID(p.Payer.Metadata[key])) // however short, and never cut off by the bound
		} else {
			values = append(values, normalize.Reference(p.Payer.Metadata[key]))
		}
	}
	values = append(named, values...)
	out := make([]string, 0, len(values))
	for _, reference := range values[:min(len(values), mostReferences)] {
		if reference != "" && !slices.Contains(out, reference) {
			out = append(out, reference)
		}
	}
	return out
}

// isLeadKey says that a metadata key promises the id of a lead: lead_id, leadId, lead, Lead-ID.
func isLeadKey(key string) bool {
	plain := strings.NewReplacer("_", "", "-", "", " ", "", ".", "").Replace(strings.ToLower(key))
	return plain == "leadid" || plain == "lead"
}

func contactKeys(emails, phones []string) []reconcile.BlockKey {
	keys := make([]reconcile.BlockKey, 0, 3*len(emails)+2*len(phones)+6)
	for _, email := range emails {
		keys = appendKey(keys, kindEmail, email)
		keys = appendKey(keys, kindVariant, normalize.EmailVariant(email))
		keys = appendKey(keys, kindDomain, normalize.EmailDomain(email))
	}
	for _, phone := range phones {
		keys = appendKey(keys, kindPhone, phone)
		keys = appendKey(keys, kindTail, normalize.PhoneTail(phone))
	}
	return keys
}

// nameKeys blocks on the whole name and on each end of it with the initial of the other, because which end is
// the surname is unknown.
func nameKeys(tokens []string) []reconcile.BlockKey {
	core, _ := normalize.Generation(tokens)
	core = normalize.Main(core)
	var keys []reconcile.BlockKey
	keys = appendKey(keys, kindName, normalize.NameKey(core))
	if len(core) < 2 {
		return keys
	}
	first, last := core[0], core[len(core)-1]
	keys = appendKey(keys, kindSurname, last+" "+initial(first))
	return appendKey(keys, kindSurname, first+" "+initial(last))
}

func initial(token string) string {
	_, size := utf8.DecodeRuneInString(token)
	return token[:size]
}

func companyKey(core []string) string {
	return strings.Join(slices.Sorted(slices.Values(core)), " ")
}

// appendKey adds the key of a value; an empty value has none, so that empty never meets empty.
func appendKey(keys []reconcile.BlockKey, kind, value string) []reconcile.BlockKey {
	if value == "" {
		return keys
	}
	return append(keys, reconcile.NewBlockKey(kind, value))
}

func distinct(keys []reconcile.BlockKey) []reconcile.BlockKey {
	slices.Sort(keys)
	return slices.Compact(keys)
}
