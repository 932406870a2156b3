package similarity_test

import (
	"encoding/hex"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"pennytie/matchers/similarity"
)

func TestResemblance(t *testing.T) {
	grams := func(text string) similarity.Grams { return similarity.GramsOf('n', strings.Fields(text)...) }
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"jane", "jane", 1000}, {"jane doe", "doe jane", 1000}, {"jane", "jane doe", 571}, {"jane", "jana", 333},
		{"jane", "ruth", 0}, {"", "", 0}, {"", "jane", 0}, {"müller", "müller", 1000}, {"a", "a", 1000},
	} {
		if got := grams(c.a).Resemblance(grams(c.b)); got != c.want {
			t.Errorf("%q and %q resemble each other by %d, want %d", c.a, c.b, got, c.want)
		}
	}
	if got := grams("jane").Resemblance(similarity.GramsOf('p', "jane")); got != 0 {
		t.Errorf("a name resembles a place of that name by %d", got)
	}
	if long := similarity.GramsOf('n', strings.Repeat("abcdefghijklmnopqrstuvwxyzé", 400)); len(long) > 64 {
		t.Errorf("a word of 10,800 letters has %d pieces", len(long))
	}
}

// Keys made of it are stored: another value needs another version of the keys.
func TestBandIsForEver(t *testing.T) {
	const want = "151e8be4e752dea70ebd0679046fcaea"
	if got := hex.EncodeToString([]byte(similarity.GramsOf('n', "ada", "lovelace").Band(0))); got != want {
		t.Errorf("the first band is %s, was %s", got, want)
	}
}

func TestGramsInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOf(rapid.StringMatching(`[a-zé]{0,9}`)).Draw(t, "words")
		other := rapid.Permutation(words).Draw(t, "other")
		one, two := similarity.GramsOf('n', words...), similarity.GramsOf('n', other...)
		if !slices.Equal(one, two) || one.Band(1) != two.Band(1) {
			t.Fatalf("%q and %q differ", words, other)
		}
		if len(one) > 0 && one.Resemblance(two) != 1000 {
			t.Fatalf("%q does not resemble itself", words)
		}
	})
}

// Two sets draw the same band as often as theory says.
func TestBandsMeetByResemblance(t *testing.T) {
	const pairs, pieces = 4000, 30
	random := rand.New(rand.NewPCG(1, 2))
	for _, shared := range []int{6, 15, 24} {
		met, resemblance := 0, 0
		for range pairs {
			var a, b []string
			for i := range pieces {
				word := func() string { return fmt.Sprintf("%c", 'a'+random.IntN(20_000)) } // of one letter, so of one piece
				a, b = append(a, word()), append(b, word())
				if i < shared {
					b[i] = a[i]
				}
			}
			one, two := similarity.GramsOf('n', a...), similarity.GramsOf('n', b...)
			resemblance = one.Resemblance(two)
			if one.Band(3) == two.Band(3) {
				met++
			}
		}
		share := float64(resemblance) / 1000
		want, got := share*share, float64(met)/pairs
		if deviation := math.Sqrt(want * (1 - want) / pairs); math.Abs(got-want) > 4*deviation {
			t.Errorf("resembling by %.3f, %.4f of the bands are the same, want %.4f", share, got, want)
		}
	}
}
