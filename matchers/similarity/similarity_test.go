package similarity_test

import (
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"pennytie/matchers/similarity"
)

func TestJaroWinkler(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want float64
	}{
		{"martha", "marhta", 0.961}, {"dixon", "dicksonx", 0.813}, {"dwayne", "duane", 0.840},
		{"müller", "muller", 0.900}, {"abc", "xyz", 0}, {"", "", 0}, {"a", "", 0}, {"same", "same", 1},
	} {
		if got := similarity.JaroWinkler(c.a, c.b); math.Abs(got-c.want) > 0.001 {
			t.Errorf("JaroWinkler(%q, %q) = %.4f, want %.3f", c.a, c.b, got, c.want)
		}
	}
}

func TestWithinOneEdit(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"meier", "meier", true}, {"meier", "maier", true}, {"meier", "meir", true}, {"meier", "meire", true},
		{"meier", "mayer", false}, {"a", "ab", true}, {"ab", "cd", false}, {"", "", false}, {"", "a", false},
		{"abcd", "badc", false}, {"müller", "muller", true},
	} {
		if got := similarity.WithinOneEdit(c.a, c.b); got != c.want {
			t.Errorf("WithinOneEdit(%q, %q) = %v", c.a, c.b, got)
		}
	}
}

func TestCompare(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want similarity.Level
	}{
		{"anna maria olsen", "olsen anna maria", similarity.Same},
		{"seo yun gang", "seoyun gang", similarity.Same},
		{"william gates", "bill gates", similarity.Variant},
		{"jimmie hale", "jimmy hale", similarity.Variant},
		{"mary ann smith", "mary smith", similarity.Variant},
		{"j smith", "john smith", similarity.Alike},
		{"jon smiht", "jon smith", similarity.Alike},
		{"maria", "maria lopez", similarity.Subset},
		{"tom becker", "ines becker", similarity.Relative},
		{"tom becker", "ines vogel", similarity.Different},
		{"tom becker", "", similarity.Unknown},
		{"שרה כהן", "sarah cohen", similarity.Unknown},
	} {
		a, b := strings.Fields(c.a), strings.Fields(c.b)
		if got := similarity.Compare(a, b); got != c.want {
			t.Errorf("Compare(%q, %q) = %s, want %s", c.a, c.b, got, c.want)
		}
	}
}

func TestSameNickname(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"bill", "william", true}, {"bill", "will", true}, {"betty", "elizabeth", true}, {"naldo", "ronald", true},
		{"jimmie", "jimmy", true}, {"trisha", "patricia", true}, {"pepe", "josef", true}, {"uschi", "ursula", true},
		{"aaron", "erin", false}, {"andrea", "andrew", false}, {"william", "robert", false}, {"haps", "hank", false},
		{"william", "", false}, {"", "", false},
	} {
		if got := similarity.SameNickname(c.a, c.b); got != c.want || similarity.SameNickname(c.b, c.a) != c.want {
			t.Errorf("SameNickname(%q, %q) = %v", c.a, c.b, got)
		}
	}
}

// TestInitials holds that forms of one name meet under an initial, with few initials for each.
func TestInitials(t *testing.T) {
	for name, want := range map[string][]string{
		"betty": {"b", "e"}, "elizabeth": {"e"}, "xenia": {"x"}, "øystein": {"ø"}, "": nil,
	} {
		if got := similarity.Initials(name); !slices.Equal(got, want) {
			t.Errorf("Initials(%q) = %q, want %q", name, got, want)
		}
	}
	for _, file := range []string{"nicknames.txt", "nicknames_english.txt"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			forms := strings.Fields(line)
			if forms[0] == "#" {
				continue
			}
			own := similarity.Initials(forms[0])
			for _, form := range forms[1:] {
				initials := similarity.Initials(form)
				if !similarity.SameNickname(forms[0], form) || !slices.ContainsFunc(initials, func(letter string) bool {
					return slices.Contains(own, letter)
				}) {
					t.Errorf("%s: %s and %s share no initial", file, forms[0], form)
				}
				if most := 10; len(initials) > most {
					t.Errorf("%s: %s has %d initials, more than %d", file, form, len(initials), most)
				}
			}
		}
	}
}

func TestProperties(t *testing.T) {
	word := rapid.StringMatching(`[a-dé]{1,6}`)
	names := rapid.SliceOfN(word, 1, 5)
	rapid.Check(t, func(t *rapid.T) {
		a, b := word.Draw(t, "a"), word.Draw(t, "b")
		jw := similarity.JaroWinkler(a, b)
		if jw != similarity.JaroWinkler(b, a) || jw < 0 || jw > 1 || similarity.JaroWinkler(a, a) != 1 {
			t.Fatalf("JaroWinkler(%q, %q) = %v is not symmetric, within bounds and 1 for equals", a, b, jw)
		}
		if similarity.WithinOneEdit(a, b) != similarity.WithinOneEdit(b, a) {
			t.Fatalf("WithinOneEdit(%q, %q) is not symmetric", a, b)
		}
		left, right := names.Draw(t, "left"), names.Draw(t, "right")
		score := similarity.Names(left, right)
		if score != similarity.Names(right, left) || score < 0 || score > 1 || similarity.Names(left, left) != 1 {
			t.Fatalf("Names(%q, %q) = %v is not symmetric, within bounds and 1 for equals", left, right, score)
		}
		shuffled := slices.Clone(left)
		slices.Reverse(shuffled)
		if similarity.Names(shuffled, right) != score {
			t.Fatalf("the order of %q shows", left)
		}
		if similarity.Compare(left, right) != similarity.Compare(right, left) {
			t.Fatalf("Compare(%q, %q) is not symmetric", left, right)
		}
	})
}

func BenchmarkJaroWinkler(b *testing.B) {
	for b.Loop() {
		similarity.JaroWinkler("christopherson", "kristofferson")
	}
}

func BenchmarkCompare(b *testing.B) {
	left, right := []string{"christopher", "nolan"}, []string{"chris", "nolan"}
	b.ReportAllocs()
	for b.Loop() {
		similarity.Compare(left, right)
	}
}
