package similarity

import (
	"encoding/binary"
	"slices"
	"unicode/utf8"
)

// Grams is a set of three-letter pieces of words, hashed and sorted. Words of one field share no piece with those of another.
type Grams []uint64

// gram is how many letters a piece has; a word's ends count as one each.
const gram = 3

// mostGrams bounds the pieces of a word: a longer one is no word.
const mostGrams = 64

// GramsOf cuts words into their pieces. The order of the words does not matter.
func GramsOf(field byte, words ...string) Grams {
	out := make(Grams, 0, 8*len(words))
	letters := make([]rune, 0, mostGrams)
	for _, word := range words {
		letters = append(append(append(letters[:0], '\n'), []rune(word)...), '\n')
		for i := 0; i+gram <= min(len(letters), mostGrams+gram-1); i++ {
			out = append(out, hashGram(field, letters[i:i+gram]))
		}
	}
	return out.distinct()
}

// hashGram is FNV-1a of field and letters, mixed: stable for ever, since keys made of it are stored.
func hashGram(field byte, letters []rune) uint64 {
	const offset, prime = 14695981039346656037, 1099511628211
	hash := (offset ^ uint64(field)) * prime
	var buffer [utf8.UTFMax]byte
	for _, letter := range letters {
		for _, b := range buffer[:utf8.EncodeRune(buffer[:], letter)] {
			hash = (hash ^ uint64(b)) * prime
		}
	}
	return mix(hash)
}

// mix is the last step of SplitMix64: it spreads what differs in few bits over all.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

func (g Grams) distinct() Grams {
	slices.Sort(g)
	return slices.Compact(g)
}

// With is the pieces of both.
func (g Grams) With(other Grams) Grams { return slices.Concat(g, other).distinct() }

// Resemblance is the share of pieces of either that both have (Jaccard), in thousandths. Nothing resembles nothing.
func (g Grams) Resemblance(other Grams) int {
	shared := 0
	for i, j := 0, 0; i < len(g) && j < len(other); {
		switch {
		case g[i] == other[j]:
			shared, i, j = shared+1, i+1, j+1
		case g[i] < other[j]:
			i++
		default:
			j++
		}
	}
	return shared * 1000 / max(1, len(g)+len(other)-shared)
}

// Band is the number-th of any number of draws of two pieces each, made by chance but the same for every set (MinHash). Two sets
// draw the same with the probability that they have a piece in common when one is picked, squared: their resemblance, squared.
func (g Grams) Band(number int) string {
	const drawn = 2
	var out []byte
	for i := range drawn {
		out = binary.BigEndian.AppendUint64(out, g.draw(number*drawn+i))
	}
	return string(out)
}

// draw is the piece that comes first when all are shuffled in the number-th way.
func (g Grams) draw(number int) uint64 {
	const golden = 0x9e3779b97f4a7c15
	first := ^uint64(0)
	for _, piece := range g {
		first = min(first, mix(piece+uint64(number+1)*golden))
	}
	return first
}
