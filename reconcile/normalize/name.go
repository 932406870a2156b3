package normalize

import (
	"slices"
	"strings"
	"unicode"
)

// mostTokens bounds a name or a text: no person has more names, and comparing costs their product.
const mostTokens = 12

// Name folds a person's name into tokens in the order given. Titles and degrees are dropped; a generation (jr, sr, ii, iii,
// iv) is spelled one way and put last, so that Generation finds it. "Last, First" stays in that order: names
// are compared without order.
func Name(raw string) []string {
	tokens := words(raw)
	for len(tokens) > 1 && (isTitle(tokens[0]) || tokens[0] == "med" && len(tokens) > 2) { // Dr. med.
		tokens = tokens[1:]
	}
	for len(tokens) > 2 && isDegree(tokens[len(tokens)-1]) {
		tokens = tokens[:len(tokens)-1]
	}
	generation := ""
	out := make([]string, 0, len(tokens)+1)
	for i, token := range tokens {
		spelled := generationOf(token)
		switch {
		case spelled != "" && i > 0 && generation == "":
			generation = spelled
		case i > 0 && (token == "dr" || token == "prof"): // Smith, Dr. Jane
		default:
			out = append(out, token)
		}
	}
	if generation != "" {
		out = append(out, generation)
	}
	return out
}

// Generation splits tokens made by Name into the names proper and the generation, "" if none is given.
func Generation(tokens []string) (core []string, generation string) {
	if len(tokens) < 2 {
		return tokens, ""
	}
	last := len(tokens) - 1
	if spelled := generationOf(tokens[last]); spelled != "" {
		return tokens[:last], spelled
	}
	return tokens, ""
}

// Main drops particles such as "van" and "de", unless fewer than two words would be left: the Le of Robert Le is
// a surname, and the Al of Al Smith a first name.
func Main(tokens []string) []string {
	if !slices.ContainsFunc(tokens, IsParticle) {
		return tokens
	}
	out := make([]string, 0, len(tokens))
	for _, token := range tokens {
		if !IsParticle(token) {
			out = append(out, token)
		}
	}
	if len(out) < 2 {
		return tokens
	}
	return out
}

// NameKey is the sorted main tokens of a name as one string: equal for any order of the same names. It keeps
// the generation, and is "" for a single token, which thousands share.
func NameKey(tokens []string) string {
	main := Main(tokens)
	if len(main) < 2 {
		return ""
	}
	return strings.Join(slices.Sorted(slices.Values(main)), " ")
}

// IsParticle says that a folded token is a part of a surname that people leave out or move.
func IsParticle(token string) bool {
	switch token {
	case "van", "von", "der", "den", "de", "la", "las", "los", "del", "della", "dello", "dalla", "dei", "di", "da", "das", "dos",
		"do", "du", "des", "le", "al", "el", "bin", "ibn", "bint", "op", "ter", "ten", "zu", "zum", "zur", "vom", "y", "af", "av":
		return true
	}
	return false
}

func isTitle(token string) bool {
	switch token {
	case "mr", "mrs", "ms", "miss", "mx", "dr", "prof", "sir", "madam", "rev", "herr", "frau", "dipl", "ing",
		"monsieur", "madame", "mme", "mlle", "senor", "senora", "sra", "signor", "signora":
		return true
	}
	return false
}

// isDegree lists what follows a name and is none.
func isDegree(token string) bool {
	switch token {
	case "phd", "md", "dds", "dmd", "dvm", "esq", "cpa", "mba", "msc", "bsc", "obe", "mbe":
		return true
	}
	return false
}

func generationOf(token string) string {
	switch token {
	case "jr", "jnr", "junior":
		return "jr"
	case "sr", "snr", "senior":
		return "sr"
	case "ii", "iii", "iv":
		return token
	case "2nd":
		return "ii"
	case "3rd":
		return "iii"
	}
	return ""
}

// Company folds a company's name into its core tokens, without legal forms and filler words.
func Company(raw string) []string {
	tokens := words(raw)
	out := make([]string, 0, len(tokens))
	for i, token := range tokens {
		joins := (token == "z" || token == "de") && i+1 < len(tokens) && isLegalForm(tokens[i+1]) // sp. z o.o., S.A. de C.V.
		if !isLegalForm(token) && !isFiller(token) && !joins {
			out = append(out, token)
		}
	}
	return out
}

func isFiller(token string) bool {
	switch token {
	case "the", "and", "und", "et", "y", "og", "och":
		return true
	}
	return false
}

// IsCompany says that a name ends in a legal form or in a word of trade, so that it is no person's.
func IsCompany(raw string) bool {
	tokens := words(raw)
	if len(tokens) < 2 {
		return false
	}
	last := tokens[len(tokens)-1]
	return isLegalForm(last) || isTrade(last)
}

// isTrade lists words that end company names and no surnames.
func isTrade(token string) bool {
	switch token {
	case "media", "digital", "consulting", "coaching", "group", "holding", "holdings", "partners", "solutions",
		"services", "studio", "studios", "agency", "systems", "software", "technologies", "tech", "labs",
		"marketing", "design", "designs", "ventures", "capital", "investments", "enterprises", "industries",
		"logistics", "roofing", "plumbing", "dental", "fitness", "realty", "properties", "construction",
		"electric", "landscaping", "cleaning", "clinic", "academy", "institute", "associates", "international",
		"global", "worldwide", "products", "trading", "motors", "foods", "catering", "travel", "beratung",
		"immobilien", "handel", "vertrieb", "consultores", "servicios", "gruppe", "llp", "bros", "sons":
		return true
	}
	return false
}

func isLegalForm(token string) bool {
	switch token {
	case "inc", "incorporated", "llc", "llp", "pllc", "lp", "ltd", "limited", "plc", "corp", "corporation", "co", "company",
		"gmbh", "mbh", "gesmbh", "ag", "kg", "kgaa", "ug", "ohg", "gbr", "ev", "eg", "ek", // German
		"sa", "sas", "sasu", "sarl", "eurl", "snc", "sci", "sl", "slu", "srl", "srls", "spa", "cv", "rl", "lda", "ltda", "eirl",
		"bv", "nv", "vof", "bvba", "ab", "hb", "oy", "oyj", "as", "asa", "aps", "ehf", "ou", "uab", "sia", // Dutch, Nordic, Baltic
		"sp", "oo", "kft", "zrt", "nyrt", "sro", "doo", "ood", "eood", "ooo", "oao", "zao",
		"ооо", "оао", "зао", "ао", "оод", "еоод", "доо", // the same in Cyrillic
		"pty", "pte", "pvt", "bhd", "sdn", "kk", "sti":
		return true
	}
	return false
}

// words splits a folded text at everything that is neither a letter nor a digit. Apostrophes and the points of
// abbreviations join: O'Brien is obrien, S.A. is sa.
func words(raw string) []string {
	folded := Fold(raw)
	out := make([]string, 0, 4)
	var word strings.Builder
	flush := func() {
		if word.Len() > 0 && len(out) < mostTokens {
			out = append(out, word.String())
		}
		word.Reset()
	}
	runes := []rune(folded)
	for i, r := range runes {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mc, r):
			word.WriteRune(r)
		case r == '\'':
		case r == '.' && isAbbreviation(runes, i):
		default:
			flush()
		}
	}
	flush()
	return out
}

// isAbbreviation says that the point at i stands between single letters, as in S.A. or J.R.
func isAbbreviation(runes []rune, i int) bool {
	single := func(at int) bool {
		return at >= 0 && at < len(runes) && unicode.IsLetter(runes[at]) &&
			(at == 0 || !unicode.IsLetter(runes[at-1])) && (at+1 >= len(runes) || !unicode.IsLetter(runes[at+1]))
	}
	return single(i-1) && single(i+1)
}
