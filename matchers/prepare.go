package matchers

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"pennytie/matchers/similarity"
	"pennytie/reconcile"
	"pennytie/reconcile/money"
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
	kindTrade     = "trade"   // a company's core or its first word, run together, as in its domain
	kindFamily    = "family"  // an end of a name
	kindCompact   = "compact" // a name's ends run together in either order, as in an address
	kindLocal     = "local"   // the letters of a local part, whatever the domain
	kindTypo      = "typo"    // a mailbox as it was meant, and either end of it, which one slip leaves whole
	kindStreet    = "street"  // street and number
	kindAgreed    = "agreed"  // amount and day of a call
	kindChain     = "chain"   // subscription
	kindCard      = "card"    // card and name: one card may be a family's or a company's
	kindPlace     = "place"   // postal code and the initial of an end of the name: both ends may be misspelt
	kindWho       = "who"     // some three-letter pieces of name and mailbox: see likeness
	kindWhole     = "whole"   // likewise, of name and place
)

// mostReferences bounds the metadata values looked at: a payment has a handful; a hostile one has thousands.
const mostReferences = 24

// Preparer normalises records for matching. It implements reconcile.Preparer and is safe for concurrent use.
type Preparer struct {
	country string

	mu    sync.Mutex
	known map[dialled]string // numbers read before
}

// dialled is a number as it was written, and where.
type dialled struct{ text, country string }

// Numbers are remembered, since reading one takes longer than all else of a lead together, and the same leads are near many payments.
const (
	knownAtMost    = 1 << 18
	longestDialled = 40 // what is longer is not remembered: nobody writes a number so
)

var _ reconcile.Preparer = (*Preparer)(nil)

// NewPreparer makes a preparer. country (ISO 3166 alpha-2) is assumed for phone numbers without a country
// code whose record does not say where it is from; it may be empty.
func NewPreparer(country string) *Preparer {
	return &Preparer{country: country, known: map[dialled]string{}}
}

// Version implements reconcile.Preparer: numbers without a country code are keyed by the country assumed.
func (pr *Preparer) Version() string { return Version + " " + pr.country }

// Payment prepares a payment.
func (pr *Preparer) Payment(p *reconcile.Payment) *reconcile.Prepared {
	out := &reconcile.Prepared{
		Payment:     p,
		Emails:      emails(append([]string{p.CustomerEmail}, p.Payer.Emails...)),
		Phones:      pr.phones([]string{p.Payer.Phone}, p.Payer.Country),
		Name:        nameOf(p.CustomerName),
		Company:     normalize.Company(p.CustomerName),
		IsCompany:   normalize.IsCompany(p.CustomerName),
		Place:       placeOf(p.Payer.Address, p.Payer.PostalCode, p.Payer.City, p.Payer.Country),
		References:  references(p),
		Description: append(normalize.Words(p.Payer.Description), normalize.Words(p.Payer.Statement)...),
	}
	keys := contactKeys(out.Emails, out.Phones)
	keys = append(keys, nameKeys(out.Name.Main)...)
	keys = append(keys, addressKeys(out.Emails)...)
	keys = append(keys, companyKeys(out.Company)...)
	keys = append(keys, placeKeys(out.Place, out.Name.Main)...)
	keys = appendKey(keys, kindCustomer, normalize.Reference(p.StripeCustomerID))
	for _, reference := range out.References {
		keys = appendKey(keys, kindReference, reference)
	}
	out.Keys = distinct(append(keys, agreedKeys(out)...))
	like := payerLikeness(out)
	out.Likeness = like.keys()
	out.Identifiers = identifiers(out)
	out.PayerKeys = payerKeys(out)
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

// Shared are what of a payment names its payer unless many have it, each with its blocking key: for whoever asks why nobody was found.
func Shared(p *reconcile.Prepared) []reconcile.Identifier {
	out := slices.Clone(p.Identifiers)
	add := func(kind, signal, value string) {
		if value != "" {
			out = append(out, reconcile.Identifier{Key: reconcile.NewBlockKey(kind, value), Signal: signal, Value: value})
		}
	}
	for _, phone := range p.Phones {
		add(kindPhone, reconcile.SignalPhone, phone)
	}
	add(kindName, reconcile.SignalName, nameKey(p.Name.Main))
	add(kindCompany, reconcile.SignalCompany, companyKey(p.Company))
	return out
}

// payerKeys are those under which other payments of the same payer are found. A function's address is of many.
func payerKeys(p *reconcile.Prepared) []reconcile.BlockKey {
	var keys []reconcile.BlockKey
	for _, by := range p.Identifiers {
		if by.Signal != reconcile.SignalEmail || !normalize.RoleAddress(by.Value) {
			keys = append(keys, by.Key)
		}
	}
	keys = appendKey(keys, kindChain, normalize.Reference(p.StripeSubscriptionID))
	if p.Payer.Card != "" && len(p.Name.Main) > 0 {
		keys = appendKey(keys, kindCard, p.Payer.Card+" "+nameKey(p.Name.Main))
	}
	return distinct(keys)
}

// agreedKeys block a payer who tells little of themselves on what was agreed in a call of these days.
func agreedKeys(p *reconcile.Prepared) []reconcile.BlockKey {
	if p.PaymentDate.IsZero() || p.Amount.Minor <= 0 || len(p.Name.Main) > 0 && !p.IsCompany {
		return nil
	}
	var keys []reconcile.BlockKey
	for back := -1; back <= agreedDays; back++ {
		at := p.PaymentDate.AddDate(0, 0, -back)
		for _, rates := range [...]int64{1, 2, 3, 6} {
			keys = append(keys, agreedKey(p.Amount, rates, at))
		}
	}
	return keys
}

// agreedDays is how long after a call a payer without a name is looked for by amount.
const agreedDays = 10

// agreedKey is of a day and of an amount that may be rounded: to tens of major units where there are a hundred minor ones.
func agreedKey(a money.Amount, times int64, at time.Time) reconcile.BlockKey {
	const grain = 1000
	if a.Minor > math.MaxInt64/100 {
		return 0
	}
	return reconcile.NewBlockKey(kindAgreed, fmt.Sprintf("%d %s %s", (a.Minor*times+grain/2)/grain, a.Currency, at.UTC().Format(time.DateOnly)))
}

// Lead implements reconcile.Preparer. Its calls are filled in by the index.
func (pr *Preparer) Lead(l *reconcile.Lead) *reconcile.PreparedLead {
	return &reconcile.PreparedLead{
		Lead:    l,
		Emails:  emails(l.Emails),
		Phones:  pr.phones(l.Phones, l.Country),
		Name:    nameOf(l.Name),
		Company: normalize.Company(l.Company),
		Place:   placeOf(l.Address, l.PostalCode, l.City, l.Country),
	}
}

// LeadKeys implements reconcile.Preparer.
func (pr *Preparer) LeadKeys(l *reconcile.PreparedLead) []reconcile.BlockKey {
	keys := contactKeys(l.Emails, l.Phones)
	keys = append(keys, nameKeys(l.Name.Main)...)
	keys = append(keys, addressKeys(l.Emails)...)
	keys = append(keys, companyKeys(l.Company)...)
	keys = append(keys, placeKeys(l.Place, l.Name.Main)...)
	keys = appendKey(keys, kindCustomer, normalize.Reference(l.StripeCustomerID))
	keys = appendKey(keys, kindReference, normalize.ID(l.ID))
	keys = appendKey(keys, kindReference, normalize.Reference(l.ExternalID))
	like := leadLikeness(l)
	return distinct(append(keys, like.keys()...))
}

// CallKeys implements reconcile.Preparer: a call's own addresses and numbers, and what was agreed in it.
func (pr *Preparer) CallKeys(c *reconcile.Call) []reconcile.BlockKey {
	keys := contactKeys(emails(c.Emails), pr.phones(c.Phones, ""))
	if c.Amount != nil && !c.StartedAt.IsZero() {
		keys = append(keys, agreedKey(*c.Amount, 1, c.StartedAt))
	}
	return distinct(keys)
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
		if phone := pr.phone(dialled{text, cmp.Or(country, pr.country)}); phone != "" && !slices.Contains(out, phone) {
			out = append(out, phone)
		}
	}
	return out
}

func (pr *Preparer) phone(number dialled) string {
	if len(number.text) > longestDialled {
		return normalize.Phone(number.text, number.country)
	}
	pr.mu.Lock()
	defer pr.mu.Unlock()
	phone, is := pr.known[number]
	if !is {
		if len(pr.known) >= knownAtMost {
			clear(pr.known)
		}
		phone = normalize.Phone(number.text, number.country)
		pr.known[number] = phone
	}
	return phone
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

func nameOf(raw string) reconcile.Name {
	tokens, generation := normalize.Generation(normalize.Name(raw))
	name := reconcile.Name{Generation: generation, Disguised: normalize.Disguised(raw)}
	for _, token := range normalize.Main(tokens) {
		name.Main = append(name.Main, normalize.Latin(token))
	}
	return name
}

func placeOf(address, postal, city, country string) reconcile.Place {
	return reconcile.Place{
		Street: normalize.Street(address), PostalCode: normalize.PostalCode(postal), City: normalize.City(city),
		Country: strings.ToUpper(strings.TrimSpace(country)),
	}
}

// nameKeys blocks on the whole name, on each end of it with the initials of the other, because which end is the surname is
// unknown, on each end alone (a family; common ones are crowded and say nothing), and on what people make of it in an address.
func nameKeys(main []string) []reconcile.BlockKey {
	spelled := spelled(main)
	keys := appendKey(nil, kindName, normalize.NameKey(spelled))
	if len(main) < 2 {
		return keys
	}
	last := len(main) - 1
	for _, ends := range [...][2]int{{0, last}, {last, 0}} {
		surname := spelled[ends[1]]
		for _, letter := range similarity.Initials(main[ends[0]]) {
			keys = appendKey(keys, kindSurname, surname+" "+letter)
		}
		if utf8.RuneCountInString(surname) > 1 {
			keys = appendKey(keys, kindFamily, surname)
		}
	}
	for _, form := range normalize.NameInEmail(main) {
		keys = appendKey(keys, kindCompact, form)
	}
	return keys
}

// placeKeys block on where somebody lives.
func placeKeys(place reconcile.Place, main []string) []reconcile.BlockKey {
	keys := appendKey(nil, kindStreet, place.Street)
	if place.PostalCode == "" || len(main) == 0 {
		return keys
	}
	for _, end := range [...]string{main[0], main[len(main)-1]} {
		keys = appendKey(keys, kindPlace, place.PostalCode+" "+initial(end))
	}
	return keys
}

// nameKey is a whole name as all its spellings and orders have it.
func nameKey(main []string) string { return normalize.NameKey(spelled(main)) }

// spelled is a name as all its spellings have it.
func spelled(main []string) []string {
	out := make([]string, len(main))
	for i, token := range main {
		out[i] = normalize.Spelling(token)
	}
	return out
}

// addressKeys blocks on what an address has in common with another of the same person elsewhere, with a misspelt one, with a
// name, and with a company.
func addressKeys(emails []string) []reconcile.BlockKey {
	var keys []reconcile.BlockKey
	for _, email := range emails {
		keys = appendKey(keys, kindTrade, tradeOf(normalize.EmailDomain(email)))
		keys = appendKey(keys, kindCompact, normalize.EmailName(email))
		for _, end := range normalize.EmailEnds(email) {
			keys = appendKey(keys, kindTypo, end)
		}
		keys = appendKey(keys, kindTypo, normalize.EmailVariant(email))
		if meant := normalize.EmailTypo(email); meant != "" {
			keys = appendKey(keys, kindTypo, normalize.EmailVariant(meant))
		}
		if local, _, _ := strings.Cut(normalize.EmailVariant(email), "@"); distinctive(local) && !normalize.RoleAddress(email) {
			keys = appendKey(keys, kindLocal, local)
		}
	}
	return keys
}

// tradeOf is the name in a company's domain.
func tradeOf(domain string) string {
	name, _, _ := strings.Cut(domain, ".")
	return normalize.Letters(name)
}

// companyKeys blocks on a company's core, and on how its domain would be called.
func companyKeys(core []string) []reconcile.BlockKey {
	const shortest = 5 // letters; a shorter first word begins too many names
	keys := appendKey(nil, kindCompany, companyKey(core))
	if len(core) > 0 && len(core[0]) >= shortest {
		keys = appendKey(keys, kindTrade, core[0])
	}
	if len(core) > 1 {
		keys = appendKey(keys, kindTrade, strings.Join(core, ""))
	}
	return keys
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
