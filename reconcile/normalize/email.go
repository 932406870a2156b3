package normalize

import (
	"strings"
	"unicode"

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
	domain = strings.TrimSuffix(domain, ".")
	if !found || local == "" || domain == "" || strings.ContainsRune(domain, '@') ||
		strings.ContainsFunc(text, unicode.IsSpace) {
		return ""
	}
	return local + "@" + domain
}

// EmailVariant is what all spellings of one mailbox have in common: the plus tag is cut, googlemail is gmail,
// and gmail's meaningless dots are dropped. It takes and returns the exact form; "" stays "".
func EmailVariant(exact string) string {
	local, domain, found := strings.Cut(exact, "@")
	if !found {
		return ""
	}
	if tag := strings.IndexByte(local, '+'); tag > 0 {
		local = local[:tag]
	}
	if domain == "googlemail.com" {
		domain = "gmail.com"
	}
	if domain == "gmail.com" {
		local = strings.ReplaceAll(local, ".", "")
	}
	if local == "" {
		return ""
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
	switch name {
	case "gmail", "googlemail", "yahoo", "ymail", "rocketmail", "hotmail", "outlook", "live", "msn", "icloud",
		"me", "mac", "aol", "gmx", "web", "mail", "email", "proton", "protonmail", "pm", "yandex", "zoho",
		"fastmail", "hey", "tutanota", "comcast", "verizon", "att", "sbcglobal", "bellsouth", "cox", "charter",
		"btinternet", "sky", "virginmedia", "ntlworld", "talktalk", "orange", "wanadoo", "free", "laposte", "sfr",
		"t-online", "freenet", "arcor", "libero", "virgilio", "tiscali", "alice", "ziggo", "kpnmail", "planet",
		"home", "seznam", "centrum", "abv", "wp", "o2", "onet", "interia", "qq", "163", "126", "sina", "naver",
		"daum", "hanmail", "rediffmail", "bigpond", "optusnet", "shaw", "rogers", "telus", "bol", "uol", "terra",
		"telia", "bluewin", "hispeed", "telenet", "skynet", "earthlink", "juno", "inbox", "bk", "list", "rambler":
		return ""
	}
	return domain
}
