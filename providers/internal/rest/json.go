package rest

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxDepth bounds nesting. The services' own objects stay below 12.
const maxDepth = 64

// Rules says which keys of a service's JSON deserve more than the common checks.
type Rules struct {
	// FreeForm names keys whose object has keys of the merchant's own choice, such as "metadata". There two
	// keys may differ by case only, and numbers are not looked at.
	FreeForm map[string]bool
	// Integers names keys, in lower case, whose value must be a 64-bit integer if it is a number.
	Integers map[string]bool
	// Exact names keys, in lower case, that must not come in another spelling, because encoding/json would
	// take AMOUNT for amount.
	Exact map[string]bool
	// Decoded names the keys whose objects are read. What stands in any other object is nobody's business and cannot be
	// wrong. Nil: all of them are.
	Decoded map[string]bool
}

// Words makes a set of keys.
func Words(list ...string) map[string]bool {
	set := make(map[string]bool, len(list))
	for _, word := range list {
		set[word] = true
	}
	return set
}

// Errors of CheckJSON. None holds anything of the page but an offset.
var (
	ErrEncoding  = errors.New("text is not UTF-8")
	ErrSyntax    = errors.New("not exactly one JSON value")
	ErrDepth     = errors.New("nested too deeply")
	ErrDuplicate = errors.New("one key twice in an object")
	ErrSpelling  = errors.New("key in an unexpected spelling")
	ErrNumber    = errors.New("number is not a 64-bit integer")
)

// CheckJSON finds what encoding/json accepts in silence: text that is not UTF-8, one key twice or in two
// spellings in an object (the last would win), deep nesting, and a fraction where an integer belongs.
func CheckJSON(page []byte, rules Rules) error {
	if !utf8.Valid(page) {
		return ErrEncoding
	}
	if !json.Valid(page) {
		return ErrSyntax
	}
	s := &strict{page: page, rules: rules}
	if err := s.value("", false, 1); err != nil {
		return fmt.Errorf("%w at byte %d", err, s.at)
	}
	return nil
}

// strict walks JSON that is known to be well-formed.
type strict struct {
	page  []byte
	at    int
	rules Rules
	// unread counts the objects around that nobody reads.
	unread int
}

func (s *strict) value(key string, free bool, depth int) error {
	if depth > maxDepth {
		return ErrDepth
	}
	s.space()
	switch c := s.page[s.at]; {
	case c == '{':
		if s.rules.Decoded != nil && key != "" && !s.rules.Decoded[key] {
			s.unread++
			defer func() { s.unread-- }()
		}
		return s.object(free || s.rules.FreeForm[key] || s.unread > 0, depth)
	case c == '[':
		return s.array(key, free, depth)
	case c == '"':
		s.text()
	case c == '-' || c >= '0' && c <= '9':
		return s.number(!free && s.rules.Integers[key])
	default: // true, false, null
		s.token()
	}
	return nil
}

func (s *strict) object(free bool, depth int) error {
	s.at++ // {
	seen := map[string]struct{}{}
	for {
		s.space()
		switch s.page[s.at] {
		case '}':
			s.at++
			return nil
		case ',':
			s.at++
			continue
		}
		name, err := key(s.text())
		if err != nil {
			return err
		}
		folded := fold(name)
		if !free && folded != name && s.rules.Exact[folded] {
			return ErrSpelling
		}
		unique := folded
		if free {
			unique = name
		}
		if _, twice := seen[unique]; twice && s.unread == 0 {
			return ErrDuplicate
		}
		seen[unique] = struct{}{}
		s.space()
		s.at++ // :
		if err := s.value(folded, free, depth+1); err != nil {
			return err
		}
	}
}

func (s *strict) array(key string, free bool, depth int) error {
	s.at++ // [
	for {
		s.space()
		switch s.page[s.at] {
		case ']':
			s.at++
			return nil
		case ',':
			s.at++
			continue
		}
		if err := s.value(key, free, depth+1); err != nil {
			return err
		}
	}
}

// text steps over a string and returns it with its quotes.
func (s *strict) text() []byte {
	start := s.at
	for s.at++; s.page[s.at] != '"'; s.at++ {
		if s.page[s.at] == '\\' {
			s.at++
		}
	}
	s.at++
	return s.page[start:s.at]
}

func (s *strict) token() []byte {
	start := s.at
	for s.at < len(s.page) && !strings.ContainsRune(" \t\r\n,]}", rune(s.page[s.at])) {
		s.at++
	}
	return s.page[start:s.at]
}

func (s *strict) number(integer bool) error {
	token := s.token()
	if !integer {
		return nil
	}
	if _, err := strconv.ParseInt(string(token), 10, 64); err != nil {
		return ErrNumber
	}
	return nil
}

func (s *strict) space() {
	for s.at < len(s.page) {
		switch s.page[s.at] {
		case ' ', '\t', '\r', '\n':
			s.at++
		default:
			return
		}
	}
}

// key reads a key as encoding/json does, so that "a" and "\u0061" are one.
func key(quoted []byte) (string, error) {
	plain := quoted[1 : len(quoted)-1]
	for _, c := range plain {
		if c == '\\' {
			var name string
			if err := json.Unmarshal(quoted, &name); err != nil {
				return "", ErrSyntax
			}
			return name, nil
		}
	}
	return string(plain), nil
}

// fold gives one spelling for all that encoding/json takes for the same key: ASCII and Unicode case, which
// includes the Kelvin sign for k and the long s.
func fold(name string) string {
	lower := true
	for i := range len(name) {
		if c := name[i]; c >= utf8.RuneSelf || c >= 'A' && c <= 'Z' {
			lower = false
			break
		}
	}
	if lower {
		return name
	}
	return strings.Map(func(r rune) rune {
		least := r
		for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
			least = min(least, next)
		}
		return unicode.ToLower(least)
	}, name)
}
