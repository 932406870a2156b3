package normalize

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Email is the exact comparable form of an address, or "" if the text is no address: trimmed, compatibility
// composed (a decomposed é equals a composed one, a full-width letter an ordinary one) and in lower case.
// Scripts are kept apart: an address with a Cyrillic look-alike letter is a stranger's.
func Email(raw string) string {
	text := clip(raw)
	text = strings.TrimPrefix(text, "mailto:")
	if open := strings.IndexByte(text, '<'); open >= 0 && strings.HasSuffix(text, ">") {
		text = text[open+1 : len(text)-1] // "Jane Doe <jane@example.com>"
	}
	if !isPlain(text) {
		text = norm.NFKC.String(text)
	}
	text = strings.Map(unicode.ToLower, text)
	local, domain, found := strings.Cut(text, "@")
	domain = strings.TrimRight(domain, ".")
	if !found || local == "" || domain == "" || strings.ContainsRune(domain, '@') ||
		strings.ContainsFunc(text, unicode.IsSpace) {
		return ""
	}
	return local + "@" + domain
}

// EmailVariant is what all spellings of one mailbox have in common: the plus tag is cut, the domains of one service (Google's,
// Apple's, Proton's) are one, and gmail's meaningless dots are dropped. It takes and returns the exact form; "" stays "".
func EmailVariant(exact string) string {
	local, domain, found := strings.Cut(exact, "@")
	if !found {
		return ""
	}
	if tag := strings.IndexByte(local, '+'); tag > 0 {
		local = local[:tag]
	}
	switch domain {
	case "googlemail.com":
		domain = "gmail.com"
	case "me.com", "mac.com":
		domain = "icloud.com"
	case "proton.me", "pm.me":
		domain = "protonmail.com"
	}
	if domain == "gmail.com" {
		local = strings.ReplaceAll(local, ".", "")
	}
	if local == "" {
		return ""
	}
	if len(local)+1+len(domain) == len(exact) && strings.HasSuffix(exact, domain) {
		return exact // most addresses have one form, and this is asked for every pair of two
	}
	return local + "@" + domain
}

// RoleAddress says that an address in exact form belongs to a function, not to a person: several people read
// it and any of them pays from it.
func RoleAddress(exact string) bool {
	local, _, _ := strings.Cut(exact, "@")
	switch strings.TrimRight(local, "0123456789-_.") {
	case "info", "billing", "accounts", "account", "accounting", "accountspayable", "ap", "admin", "office",
		"finance", "finances", "payments", "payment", "invoice", "invoices", "contact", "hello", "hi", "mail",
		"sales", "support", "team", "orders", "purchasing", "bookkeeping", "bookings", "service", "hr",
		"noreply", "no-reply", "kontakt", "buchhaltung", "rechnung", "rechnungen", "contabilidad", "admon":
		return true
	}
	return false
}

// EmailDomain is the domain of an address in exact form if it says something about whose address it is, else
// "": millions of strangers share a public mail service.
func EmailDomain(exact string) string {
	_, domain, _ := strings.Cut(exact, "@")
	name, _, _ := strings.Cut(domain, ".")
	if _, public := mailServices[name]; public {
		return ""
	}
	return domain
}

// EmailTypo is the address that was most likely meant where a public mail service is one slip of the finger away:
// jane@gmial.com, jane@yahoo.con, jane@web.ed. It takes the exact form; "" if nothing looks mistyped. It is a guess, so it is a
// key to look under and never equality: somebody may own the domain that looks mistyped.
func EmailTypo(exact string) string {
	local, domain, found := strings.Cut(exact, "@")
	name, ending, dotted := strings.Cut(domain, ".")
	if !found || !dotted || !isPlain(exact) {
		return "" // a look-alike letter is no slip
	}
	endings, known := mailServices[name]
	switch {
	case known && slices.Contains(strings.Fields(endings), ending):
		return ""
	case known:
		for meant := range strings.FieldsSeq(endings) {
			if slip(ending, meant) {
				return local + "@" + name + "." + meant
			}
		}
		return ""
	case strings.ContainsAny(name, "0123456789"):
		return "" // a digit for a letter is a disguise
	}
	for _, service := range mistypable() {
		if name != "" && name[0] == service[0] && slip(name, service) &&
			slices.Contains(strings.Fields(mailServices[service]), ending) {
			return local + "@" + service + "." + ending
		}
	}
	return ""
}

// mistypable lists the services by name of whose name one letter may be mended if it is not the first: of shorter ones it makes
// another service (aol and bol), and so does the first letter (gmail and ymail).
var mistypable = sync.OnceValue(func() []string {
	const shortest = 5
	return slices.DeleteFunc(slices.Sorted(maps.Keys(mailServices)), func(name string) bool { return len(name) < shortest })
})

// slip says that one letter of a word was left out, doubled, mistaken or swapped with its neighbour. In the code of a country
// only a swap counts: any other slip makes another country.
func slip(typed, meant string) bool {
	country := strings.LastIndexByte(meant, '.') == len(meant)-len(".de")
	for typed != "" && meant != "" && typed[0] == meant[0] {
		typed, meant = typed[1:], meant[1:]
	}
	for typed != "" && meant != "" && typed[len(typed)-1] == meant[len(meant)-1] {
		typed, meant = typed[:len(typed)-1], meant[:len(meant)-1]
	}
	if len(typed) == 2 && len(meant) == 2 {
		return typed[0] == meant[1] && typed[1] == meant[0]
	}
	return !country && len(typed) <= 1 && len(meant) <= 1
}

// mailServices are public mail services by the first label of their domain, with its endings where a mistyped domain is worth
// mending. Their names and domains are facts, written down for this program.
var mailServices = map[string]string{
	"gmail": "com", "googlemail": "com", "icloud": "com", "me": "", "mac": "", "msn": "com", "aol": "com de fr co.uk it",
	"yahoo":   "com co.uk co.in co.jp com.br com.au com.mx com.ar de fr es it ca in gr pl ro se dk no ie",
	"hotmail": "com co.uk de fr es it nl be se dk no gr ch ca co.jp com.br com.ar",
	"outlook": "com de fr es it dk pt ie at be com.br com.au co.uk jp in",
	"live":    "com co.uk de fr nl dk no se it be ca ie com.au com.mx",
	"ymail":   "com", "rocketmail": "com", "rediffmail": "com", "proton": "me", "protonmail": "com ch", "pm": "",
	"fastmail": "com fm", "tutanota": "com de", "zoho": "", "hey": "", "mail": "", "email": "", "inbox": "", "juno": "",
	"gmx": "de net at ch com", "web": "de", "freenet": "de", "t-online": "de", "arcor": "de", "bluewin": "ch", "hispeed": "ch",
	"orange": "fr", "wanadoo": "fr", "free": "fr", "laposte": "net", "sfr": "fr",
	"libero": "it", "virgilio": "it", "tiscali": "it", "alice": "", "terra": "",
	"ziggo": "nl", "kpnmail": "nl", "planet": "", "home": "", "telenet": "be", "skynet": "be", "telia": "com",
	"comcast": "net", "verizon": "net", "att": "net", "sbcglobal": "net", "bellsouth": "net", "earthlink": "net", "cox": "",
	"charter": "", "shaw": "", "rogers": "com", "telus": "net", "bol": "", "uol": "com.br",
	"btinternet": "com", "ntlworld": "com", "virginmedia": "com", "talktalk": "net", "sky": "",
	"bigpond": "com net.au", "optusnet": "com.au",
	"seznam": "cz", "centrum": "cz", "abv": "bg", "wp": "", "o2": "", "onet": "pl", "interia": "pl",
	"yandex": "ru com", "rambler": "ru", "bk": "", "list": "",
	"naver": "com", "daum": "net", "hanmail": "net", "qq": "", "163": "", "126": "", "sina": "",
}

// EmailEnds is the beginning and the end of a mailbox: one slip of the finger in it leaves one of them whole. Keys to look under,
// nil for a role and for a mailbox so short that its ends are most of it. It takes the exact form.
func EmailEnds(exact string) []string {
	const letters = 6
	local, domain, found := strings.Cut(EmailVariant(exact), "@")
	runes := []rune(local)
	if !found || len(runes) <= letters || RoleAddress(exact) {
		return nil
	}
	return []string{string(runes[:letters]) + "*@" + domain, "*" + string(runes[len(runes)-letters:]) + "@" + domain}
}

// shortestEmailName is the fewest letters before an @ that name one person rather than many.
const shortestEmailName = 5

// EmailName is the letters of an address before the @ as they may spell its owner's name, in the form of NameInEmail: j.doe+x and
// jdoe42 are jdoe. "" for a role, and for fewer letters than tell people apart. It takes the exact form.
func EmailName(exact string) string {
	local, _, _ := strings.Cut(EmailVariant(exact), "@")
	letters := Spelling(Letters(Fold(local)))
	if utf8.RuneCountInString(letters) < shortestEmailName || RoleAddress(exact) {
		return ""
	}
	return letters
}

// NameInEmail is what people make of their name (its main words, without generation) in an address: janedoe, doejane, jdoe.
// Compare it with EmailName. Nil for a single word.
func NameInEmail(main []string) []string {
	if len(main) < 2 {
		return nil
	}
	first, last := Latin(main[0]), Latin(main[len(main)-1])
	_, initial := utf8.DecodeRuneInString(first)
	_, other := utf8.DecodeRuneInString(last)
	forms := make([]string, 0, 4)
	for _, form := range [...]string{first + last, last + first, first[:initial] + last, last[:other] + first} {
		if form = Spelling(form); utf8.RuneCountInString(form) >= shortestEmailName && !slices.Contains(forms, form) {
			forms = append(forms, form)
		}
	}
	return forms
}
