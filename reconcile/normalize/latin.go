package normalize

import (
	"strings"
	"unicode"
)

// Latin is a folded word in Latin letters: a word wholly in Cyrillic or Greek is spelled as its bearers' passports
// mostly do, every other word is itself. So a word that mixes alphabets, in which a look-alike letter hides,
// never becomes the word that it imitates.
func Latin(token string) string {
	if isPlain(token) {
		return token
	}
	spelled := token
	switch alphabetsOf(token) {
	case cyrillic:
		spelled = cyrillicWord(token)
	case greek:
		spelled = greekWord(token)
	}
	if alphabetsOf(spelled) != latin {
		return token // it has a letter that the tables lack
	}
	return spelled
}

// Disguised says that a text has a word in two alphabets whose letters look alike, as next to nobody's name is
// written but who imitates another's. What it holds is a stranger's, however alike it looks.
func Disguised(raw string) bool {
	if isPlain(raw) {
		return false
	}
	notLetter := func(r rune) bool { return !unicode.IsLetter(r) }
	for word := range strings.FieldsFuncSeq(clip(raw), notLetter) {
		if found := alphabetsOf(Fold(word)) &^ unlike; found&(found-1) != 0 {
			return true
		}
	}
	return false
}

// Spelling is what the spellings of one name have in common: Müller, Mueller and Muller; Дмитрий, Dmitriy and Dmitri;
// Philipp and Filip. It joins more than it should (Ana and Anna), so it is a key to look under and never equality.
// It takes a folded word.
func Spelling(token string) string {
	for spelled := Latin(token); ; {
		token, spelled = spelled, undoubled(spellings.Replace(spelled))
		if token == spelled {
			return spelled
		}
	}
}

// spellings has what is written for ä, ö, ü and å, and for letters of other alphabets, by those who lack them.
var spellings = strings.NewReplacer(
	"ae", "a", "oe", "o", "ue", "u", "aa", "a", "ph", "f", "kh", "h", "x", "ks", "y", "i", "j", "i")

// undoubled has each letter once where it stands twice in a row.
func undoubled(token string) string {
	var last rune
	return strings.Map(func(r rune) rune {
		if r == last && unicode.IsLetter(r) {
			return -1
		}
		last = r
		return r
	}, token)
}

// alphabets is a set of alphabets.
type alphabets uint8

const (
	latin alphabets = 1 << iota
	greek
	cyrillic
	rare   // others with letters that look Latin
	unlike // no letter of theirs looks Latin; 株式会社ABC is no disguise
)

func alphabetsOf(token string) (found alphabets) {
	for _, r := range token {
		switch {
		case !unicode.IsLetter(r):
		case r < 0x80 || unicode.Is(unicode.Latin, r):
			found |= latin
		case unicode.Is(unicode.Greek, r):
			found |= greek
		case unicode.Is(unicode.Cyrillic, r):
			found |= cyrillic
		case unicode.In(r, unicode.Armenian, unicode.Cherokee, unicode.Coptic, unicode.Lisu):
			found |= rare
		default:
			found |= unlike
		}
	}
	return found
}

// cyrillicWord follows the passports of Russia, Bulgaria, Ukraine and Serbia where they agree, and else the most
// people. Fold has taken the marks off й, ё and ї.
func cyrillicWord(token string) string {
	for _, ending := range [...][2]string{{"ии", "y"}, {"ия", "ia"}} { // Дмитрий is Dmitry, Мария is Maria
		if stem, found := strings.CutSuffix(token, ending[0]); found {
			return fromCyrillic.Replace(stem) + ending[1]
		}
	}
	return fromCyrillic.Replace(token)
}

// greekWord follows ELOT 743. Fold has taken the accents off.
func greekWord(token string) string {
	const voiceless = "θκξπστφχψς"
	letters := []rune(token)
	var out strings.Builder
	for i, r := range letters {
		if r == 'υ' && i > 0 && strings.ContainsRune("αεη", letters[i-1]) { // Παυλος is Pavlos, Ευτυχια is Eftychia
			if i+1 == len(letters) || strings.ContainsRune(voiceless, letters[i+1]) {
				r = 'φ'
			} else {
				r = 'β'
			}
		}
		out.WriteRune(r)
	}
	return fromGreek.Replace(out.String())
}

var fromCyrillic = strings.NewReplacer(
	"а", "a", "б", "b", "в", "v", "г", "g", "д", "d", "е", "e", "ж", "zh", "з", "z", "и", "i", "к", "k", "л", "l",
	"м", "m", "н", "n", "о", "o", "п", "p", "р", "r", "с", "s", "т", "t", "у", "u", "ф", "f", "х", "kh", "ц", "ts",
	"ч", "ch", "ш", "sh", "щ", "shch", "ъ", "a", "ы", "y", "ь", "", "э", "e", "ю", "yu", "я", "ya",
	"є", "ie", "і", "i", "ґ", "g", // Ukrainian
	"ј", "j", "љ", "lj", "њ", "nj", "ђ", "d", "ћ", "c", "џ", "dz", "ѕ", "dz", // Serbian and Macedonian, folded
	"ә", "a", "ғ", "g", "қ", "k", "ң", "n", "ө", "o", "ұ", "u", "ү", "u", "һ", "h", // Kazakh
)

var fromGreek = strings.NewReplacer(
	"ου", "ou", "μπ", "mp", "γγ", "ng", "γξ", "nx", "γχ", "nch",
	"α", "a", "β", "v", "γ", "g", "δ", "d", "ε", "e", "ζ", "z", "η", "i", "θ", "th", "ι", "i", "κ", "k", "λ", "l",
	"μ", "m", "ν", "n", "ξ", "x", "ο", "o", "π", "p", "ρ", "r", "σ", "s", "ς", "s", "τ", "t", "υ", "y", "φ", "f",
	"χ", "ch", "ψ", "ps", "ω", "o",
)
