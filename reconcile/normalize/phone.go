package normalize

import (
	"strings"

	"github.com/nyaruka/phonenumbers"
)

const (
	// shortestPhone is the fewest national digits that tell one subscriber from another: with fewer, numbers
	// of different areas coincide.
	shortestPhone = 9
	// nationalDigits is how many trailing digits are kept of a number whose country is unknown.
	nationalDigits = 10
	// longestPhone is more digits than any number has, with room for prefixes and an extension.
	longestPhone = 20
	// italy keeps the 0 of its numbers when they are dialled from abroad.
	italy = "+39"
)

// Phone is a number in E.164 ("+14155550123"). country (ISO 3166 alpha-2) is where the number is dialled if it
// has no country code. A number that fits no known plan is its last ten national digits; "" if too short.
func Phone(raw, country string) string {
	text := clip(raw)
	if strings.HasPrefix(text, "+") && !strings.HasPrefix(text, italy) {
		text = strings.Replace(text, "(0)", "", 1) // the trunk prefix is not dialled from abroad
	}
	digits := asciiDigits(text)
	if len(digits) < shortestPhone-1 || len(digits) > longestPhone {
		return ""
	}
	if international, found := strings.CutPrefix(digits, "00"); found && !strings.HasPrefix(text, "+") {
		text = "+" + international // 00 is dialled abroad from most countries, whatever the default one says
	}
	number, err := phonenumbers.Parse(text, strings.ToUpper(country))
	if err == nil && phonenumbers.IsPossibleNumber(number) {
		return phonenumbers.Format(number, phonenumbers.E164)
	}
	digits = strings.TrimLeft(digits, "0")
	if len(digits) < shortestPhone {
		return ""
	}
	return digits[max(0, len(digits)-nationalDigits):]
}

// PhoneTail is the last nine digits of a number, which survive a wrong or missing country code and a trunk
// prefix; "" if there are fewer.
func PhoneTail(raw string) string {
	digits := asciiDigits(raw)
	if len(digits) < shortestPhone || len(digits) > longestPhone {
		return ""
	}
	return digits[len(digits)-shortestPhone:]
}

// asciiDigits keeps the digits of a text, whichever of the keyboards of the world they were typed on.
func asciiDigits(raw string) string {
	var out [longestPhone + 1]byte
	n := 0
	for _, r := range raw {
		for _, zero := range [...]rune{'0', '０', '٠', '۰'} {
			if r >= zero && r <= zero+9 && n < len(out) {
				out[n] = byte('0' + r - zero)
				n++
			}
		}
	}
	return string(out[:n])
}
