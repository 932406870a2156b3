package files

import "strings"

// Lengths of card numbers.
const (
	minCard = 13
	maxCard = 19
)

// maskCards replaces card numbers by their first six and last four digits. A card number is 13 to 19
// digits that pass the Luhn check, in one piece or in the groups that are printed on cards. Digits inside
// an identifier or behind a plus sign (a phone number) are left alone.
func maskCards(text string) string {
	if countDigits(text) < minCard {
		return text
	}
	var out strings.Builder
	kept := 0 // up to where text is in out
	for i := 0; i < len(text); {
		if !isDigit(text[i]) {
			i++
			continue
		}
		end := runEnd(text, i)
		for start := i; start < end; {
			from, to, digits, ok := cardIn(text, start, end)
			if !ok {
				break
			}
			out.WriteString(text[kept:from])
			out.WriteString(digits[:6] + "…" + digits[len(digits)-4:])
			kept, start = to, to
			for start < end && !isDigit(text[start]) {
				start++
			}
		}
		i = end
	}
	if kept == 0 {
		return text
	}
	out.WriteString(text[kept:])
	return out.String()
}

// runEnd is the end of digits with single blanks or dashes between them.
func runEnd(text string, i int) int {
	for i < len(text) {
		switch {
		case isDigit(text[i]):
			i++
		case (text[i] == ' ' || text[i] == '-') && i+1 < len(text) && isDigit(text[i+1]):
			i++
		default:
			return i
		}
	}
	return i
}

// cardIn finds the first card number in a run of digits: it begins and ends where a group does.
func cardIn(text string, start, end int) (from, to int, digits string, ok bool) {
	if end-start < minCard {
		return 0, 0, "", false
	}
	for from = start; from < end; from = nextGroup(text, from, end) {
		if insideWord(text, from) {
			continue
		}
		if to, digits := longestCard(text, from, end); digits != "" {
			return from, to, digits, true
		}
	}
	return 0, 0, "", false
}

// longestCard is the longest card number that begins at from.
func longestCard(text string, from, end int) (to int, digits string) {
	var all []byte
	var groups []int
	size := 0
	for i := from; i < end && len(all) <= maxCard; i++ {
		if !isDigit(text[i]) {
			continue
		}
		all = append(all, text[i])
		size++
		if i+1 < end && isDigit(text[i+1]) {
			continue
		}
		groups = append(groups, size)
		size = 0
		if len(all) >= minCard && len(all) <= maxCard && grouped(groups) && luhn(all) {
			to, digits = i+1, string(all)
		}
	}
	return to, digits
}

// grouped says whether digits stand in one piece, in fours, or as 4-6-5 and 4-6-4.
func grouped(groups []int) bool {
	if len(groups) == 1 {
		return true
	}
	if len(groups) == 3 && groups[0] == 4 && groups[1] == 6 {
		return groups[2] == 5 || groups[2] == 4
	}
	for i, n := range groups {
		if n != 4 && (i < len(groups)-1 || n > 4) {
			return false
		}
	}
	return true
}

// luhn checks the check digit, and that the number begins as those of card schemes do.
func luhn(digits []byte) bool {
	if digits[0] < '2' || digits[0] > '6' {
		return false
	}
	sum := 0
	for i := range digits {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

func nextGroup(text string, i, end int) int {
	for i < end && isDigit(text[i]) {
		i++
	}
	return i + 1
}

// insideWord says whether what stands before the digits makes them part of an id or a phone number. The
// B of a magnetic stripe does not.
func insideWord(text string, i int) bool {
	if i == 0 {
		return false
	}
	before := text[i-1]
	if before == 'B' && i > 1 && text[i-2] == '%' {
		return false
	}
	return before == '_' || before == '+' || (before|0x20 >= 'a' && before|0x20 <= 'z')
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }

func countDigits(text string) int {
	n := 0
	for i := range len(text) {
		if isDigit(text[i]) {
			n++
		}
	}
	return n
}
