package normalize_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"pennytie/reconcile/normalize"
)

func TestLatin(t *testing.T) {
	for name, want := range map[string]string{
		"Алексей Лебедев": "aleksei lebedev", "Дмитрий Морозов": "dmitry morozov", "Щукин": "shchukin",
		"Даниел Стоянов": "daniel stoyanov", "Мария Тодоров": "maria todorov", "Јелена Његош": "jelena njegosh",
		"Γεώργιος Μυταράς": "georgios mytaras", "Ιωάννης Αϊβαλιώτης": "ioannis aivaliotis", "Παύλος Κουφός": "pavlos koufos",
		"Ευτυχία": "eftychia", "Άγγελος": "angelos", "Ivan Смирнов": "ivan smirnov", "Jürgen Groß": "jurgen gross",
		"高橋 蒼": "高橋 蒼", "ь": "ь", "Ѣ": "ѣ", "P\u0430ul": "p\u0430ul", "": "",
	} {
		tokens := normalize.Name(name)
		for i, token := range tokens {
			tokens[i] = normalize.Latin(token)
		}
		if got := strings.Join(tokens, " "); got != want {
			t.Errorf("%q is %q in Latin letters, want %q", name, got, want)
		}
	}
}

func TestSpelling(t *testing.T) {
	for _, same := range [][]string{
		{"Müller", "Mueller", "Muller"}, {"Søren", "Soeren", "Soren"}, {"Åse", "Aase"}, {"Алексей", "Aleksey", "Alexey", "Aleksei"},
		{"Дмитрий", "Dmitry", "Dmitriy", "Dmitri"}, {"Мария", "Maria", "Mariya"}, {"Зайцев", "Zaytsev"}, {"Σοφία", "Sophia", "Sofia"},
		{"Phillip", "Philip", "Filip"}, {"Михаил", "Mikhail", "Mihail"}, {"", "\u200f"},
	} {
		for _, name := range same {
			if got, want := spelled(name), spelled(same[0]); got != want {
				t.Errorf("%q is spelled %q and %q %q", name, got, same[0], want)
			}
		}
	}
	if spelled("Anna") == spelled("Hanna") || spelled("12") == spelled("122") || spelled("Marie") == spelled("Mario") {
		t.Error("other names and numbers stay apart")
	}
}

func spelled(name string) string {
	tokens := normalize.Name(name)
	for i, token := range tokens {
		tokens[i] = normalize.Spelling(token)
	}
	return strings.Join(tokens, " ")
}

func TestEmailTypo(t *testing.T) {
	for exact, want := range map[string]string{
		"jane@gmial.com": "jane@gmail.com", "jane@gamil.com": "jane@gmail.com", "jane@gmai.com": "jane@gmail.com",
		"jane@gmaill.com": "jane@gmail.com", "jane@hotnail.com": "jane@hotmail.com", "jane@iclod.com": "jane@icloud.com",
		"jane@yhaoo.co.uk": "jane@yahoo.co.uk", "jane@gmail.con": "jane@gmail.com", "jane@gmail.co": "jane@gmail.com",
		"jane@comcast.ner": "jane@comcast.net", "jane@gmx.ed": "jane@gmx.de",
		"jane@gmail.com": "", "jane@mail.com": "", "jane@ymail.com": "", "jane@email.com": "", "jane@live.dk": "",
		"jane@yahoo.co.id": "",
		"jane@bol.com":     "", "jane@cloud.com": "", "jane@gmai1.com": "", "jane@acme.example": "", "jane@gm\u0430il.com": "",
		"jane": "", "jane@": "", "@.": "", "": "",
	} {
		if got := normalize.EmailTypo(exact); got != want {
			t.Errorf("EmailTypo(%q) = %q, want %q", exact, got, want)
		}
	}
}

func TestNameInEmail(t *testing.T) {
	for exact, name := range map[string]string{
		"jane.doe@example.com": "Jane Doe", "doe_jane42@example.com": "Jane M. Doe", "jadams@mail.example": "Jane Adams",
		"kuznetsov.mariya@mail.ru": "Mariya Кузнецов", "h.mueller+shop@gmx.de": "Müller, Hans",
	} {
		key, made := normalize.EmailName(exact), normalize.NameInEmail(normalize.Main(normalize.Name(name)))
		if !slices.Contains(made, key) {
			t.Errorf("%s is %q, %q makes %q", exact, key, name, made)
		}
	}
	for _, exact := range []string{"info@example.com", "jd@example.com", "12345678@example.com", "", "billing2@example.com"} {
		if got := normalize.EmailName(exact); got != "" {
			t.Errorf("EmailName(%q) = %q names nobody", exact, got)
		}
	}
	if normalize.NameInEmail([]string{"jane"}) != nil || normalize.NameInEmail(nil) != nil {
		t.Error("one word makes no address")
	}
}

func TestEmailEnds(t *testing.T) {
	ends := normalize.EmailEnds("rebecca.kelley@gmail.com")
	for _, slip := range []string{
		"erbecca.kelley@gmail.com", "rebecca.keley@gmail.com", "rebecca.kellley@gmail.com", "rebecca.kelleu@gmail.com",
	} {
		if !slices.ContainsFunc(normalize.EmailEnds(slip), func(end string) bool { return slices.Contains(ends, end) }) {
			t.Errorf("%s shares no end with %q", slip, ends)
		}
	}
	if normalize.EmailEnds("office.berlin@acme.example") == nil || normalize.EmailEnds("accountspayable@acme.example") != nil ||
		normalize.EmailEnds("jane@gmail.com") != nil || normalize.EmailEnds("") != nil {
		t.Error("a role and a short mailbox have no ends")
	}
}

func TestDisguised(t *testing.T) {
	for text, want := range map[string]bool{
		"P\u0430ul Smith": true, "paul@gm\u0430il.com": true, "J\u0585hn": true, "\u13aalex": true, "\u03bfliver": true,
		"Paul Smith": false, "Мария-Maria": false, "Ivan Смирнов": false, "株式会社ABC": false, "Łukasz Çelik": false,
		"Ａnna": false, "שרה כהן": false, "": false, "\u200f\x00": false,
	} {
		if got := normalize.Disguised(text); got != want {
			t.Errorf("Disguised(%q) = %v", text, got)
		}
	}
}

// TestLookAlikes holds that a look-alike letter in a word makes it a stranger's, in whatever form.
func TestLookAlikes(t *testing.T) {
	alike := map[rune]rune{
		'a': 'а', 'c': 'с', 'e': 'е', 'i': 'і', 'j': 'ј', 'o': 'ο', 'p': 'р', 's': 'ѕ', 'v': 'ν', 'x': 'х', 'y': 'у',
	}
	rapid.Check(t, func(t *rapid.T) {
		real := "m" + rapid.StringMatching(`[aceijopsvxy]{3,12}`).Draw(t, "real")
		letters := []rune(real)
		at := rapid.IntRange(1, len(letters)-1).Draw(t, "at")
		letters[at] = alike[letters[at]]
		fake := string(letters)
		if !normalize.Disguised(fake) || normalize.Disguised(real) {
			t.Fatalf("%q is disguised, %q is not", fake, real)
		}
		if spelled(fake) == spelled(real) || normalize.Latin(normalize.Fold(fake)) == real ||
			normalize.City(fake) == normalize.City(real) {
			t.Fatalf("%q became %q", fake, real)
		}
		for _, address := range [][2]string{
			{fake + "@gmail.com", real + "@gmail.com"}, {"jane@" + fake + ".com", "jane@" + real + ".com"},
		} {
			exact := normalize.Email(address[0])
			if exact == normalize.Email(address[1]) || normalize.EmailTypo(exact) != "" ||
				normalize.EmailVariant(exact) == normalize.EmailVariant(normalize.Email(address[1])) {
				t.Fatalf("%q became %q", address[0], address[1])
			}
		}
		if name := normalize.EmailName(fake + "@gmail.com"); name != "" && name == normalize.EmailName(real+"@gmail.com") {
			t.Fatalf("%q became %q", fake, name)
		}
	})
}

func TestAnyText(t *testing.T) {
	letters := rapid.StringOfN(rapid.RuneFrom([]rune("aeoxyjphkß üéøłИийяъьЖςυαεΩ'.-,@+0٣\x00\u200f\u0301\u4e00")), 0, 40, -1)
	rapid.Check(t, func(t *rapid.T) { holds(t, rapid.OneOf(rapid.String(), letters).Draw(t, "text")) })
}

func FuzzForms(f *testing.F) {
	for _, text := range []string{
		"", "Dr. Jürgen von der Groß-Müller Jr., M.D.", "jane.doe+x@gmial.com", "\u200fשרה\x00כהן", "+49 (0)162 57510886",
		"12 North Main St #4", "P\u0430ul", "Αϊβαλιώτης Παύλος", "sp. z o.o.", "\xff\xfe", strings.Repeat("я", 10_000),
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) { holds(t, text) })
}

// holds is what is true of every text, however long: no form panics or grows, forms are fixed points, and nothing becomes
// empty but what has nothing to compare.
func holds(t interface{ Fatalf(string, ...any) }, text string) {
	fixed := func(name string, form func(string) string, text string) {
		if once := form(text); form(once) != once {
			t.Fatalf("%s of %q is %q and then %q", name, text, once, form(once))
		}
	}
	for _, text := range []string{text, strings.Repeat(text+" ", 10_000/(len(text)+1)+1)} {
		fixed("e-mail", normalize.Email, text)
		fixed("variant", normalize.EmailVariant, normalize.Email(text))
		fixed("street", normalize.Street, text)
		fixed("city", normalize.City, text)
		tokens := normalize.Name(text)
		if len(tokens) > 13 || slices.Contains(tokens, "") {
			t.Fatalf("name of %d bytes has tokens %q", len(text), tokens)
		}
		if len(tokens) > 0 && len(normalize.Main(tokens)) == 0 {
			t.Fatalf("nothing is left of %q", tokens)
		}
		for _, token := range tokens {
			fixed("Latin form", normalize.Latin, token)
			fixed("spelling", normalize.Spelling, token)
			if normalize.Latin(token) == "" || normalize.Spelling(token) == "" {
				t.Fatalf("nothing is left of %q", token)
			}
		}
		typo := normalize.EmailTypo(normalize.Email(text))
		if normalize.EmailTypo(typo) != "" || normalize.Email(typo) != typo {
			t.Fatalf("%q is no address to mean", typo)
		}
		for _, form := range append(normalize.EmailEnds(normalize.Email(text)), normalize.NameInEmail(tokens)...) {
			if len(form) > 2048 || form == "" {
				t.Fatalf("a form of %d bytes", len(form))
			}
		}
		normalize.EmailName(normalize.Email(text))
		normalize.Company(text)
		normalize.Words(text)
		normalize.Phone(text, "US")
		normalize.PhoneTail(text)
		normalize.PostalCode(text)
		normalize.Reference(text)
		normalize.Disguised(text)
	}
	for name, form := range map[string]func(string) string{
		"e-mail": normalize.Email, "street": normalize.Street, "city": normalize.City, "postal code": normalize.PostalCode,
		"phone":  func(text string) string { return normalize.Phone(text, "US") },
		"person": func(text string) string { return strings.Join(normalize.Name(text), " ") },
	} {
		if got := form("\u200f \x00\t\ufeff"); got != "" {
			t.Fatalf("%s of nothing is %q", name, got)
		}
	}
}
