package configs

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// maxProblems bounds a message: whoever has more mistakes than this mends the first ones first.
const maxProblems = 20

// Problem is one mistake in a configuration, and how to mend it.
type Problem struct {
	Line    int // 0: of the file as a whole
	Column  int
	Key     string // e.g. sources[0].base_url; empty when the text could not be read as keys
	Message string
	excerpt string
}

// Error is everything that is wrong with a configuration.
type Error struct {
	File     string
	Problems []Problem
}

// Error says file, line, column, key and mend of each problem, and shows the line with a caret.
func (e *Error) Error() string {
	var b strings.Builder
	for i, p := range e.Problems {
		if i == maxProblems {
			fmt.Fprintf(&b, "\n%s: and %d more problems", e.File, len(e.Problems)-i)
			break
		}
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(e.File)
		if p.Line > 0 {
			fmt.Fprintf(&b, ":%d:%d", p.Line, p.Column)
		}
		b.WriteString(": ")
		if p.Key != "" {
			b.WriteString(p.Key + ": ")
		}
		b.WriteString(p.Message)
		b.WriteString(p.excerpt)
	}
	return hideKeys(b.String())
}

// position is where a key's value stands, or the key itself where it has no value. Both count from 1.
type position struct{ line, column int }

// source is the text a Config was read from, kept so that later checks can point into it.
type source struct {
	file  string
	lines []string
	pos   map[string]position
}

// at finds a key, or for a key that was left out the nearest one around it.
func (s *source) at(key string) (position, bool) {
	for key != "" {
		if p, ok := s.pos[key]; ok {
			return p, true
		}
		cut := strings.LastIndexAny(key, ".[")
		if cut < 0 {
			break
		}
		key = key[:cut]
	}
	return position{}, false
}

// problem describes a mistake at a key. With hide the excerpt stops before the value.
func (s *source) problem(key string, hide bool, format string, args ...any) Problem {
	p := Problem{Key: key, Message: fmt.Sprintf(format, args...)}
	if s == nil {
		return p
	}
	at, ok := s.at(key)
	if !ok {
		return p
	}
	p.Line, p.Column = at.line, at.column
	p.excerpt = s.excerpt(at, hide)
	return p
}

// excerpt shows a line with a caret under the column. Values that may be secrets are left out.
func (s *source) excerpt(at position, hide bool) string {
	if at.line < 1 || at.line > len(s.lines) {
		return ""
	}
	text := []rune(s.lines[at.line-1])
	cut := 100
	if hide {
		rest := string(text[min(at.column-1, len(text)):])
		name, _, found := strings.Cut(rest, ":")
		if cut = at.column - 1; found && keyName.MatchString(name) {
			cut += len(name) + 1 // the column is the key's
		}
	}
	shown := string(text)
	if len(text) > cut {
		shown = string(text[:max(cut, 0)]) + " …"
	}
	shown = printable(shown)
	if hideKeys(shown) != shown || at.column > 100 {
		return fmt.Sprintf("\n%6d | %s", at.line, hideKeys(shown)) // the caret would stand wrong
	}
	return fmt.Sprintf("\n%6d | %s\n       | %s^", at.line, shown, strings.Repeat(" ", max(at.column-1, 0)))
}

var keyName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,40}$`)

var keyLike = regexp.MustCompile(`(?i)\b(sk|rk|pk|whsec|eyJ)(_[A-Za-z0-9_]{3,}|[A-Za-z0-9_-]{20,}\.\S*)`)

var userInfo = regexp.MustCompile(`://[^/@\s"']+@`)

// hideKeys blots out text that looks like a provider's key, or the password of an address, wherever somebody
// may have put it.
func hideKeys(text string) string {
	return userInfo.ReplaceAllString(keyLike.ReplaceAllString(text, "***"), "://***@")
}

// printable keeps terminal control codes of a hostile file out of a message.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' {
			return ' '
		}
		if r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0x200b && r <= 0x200f || r >= 0x2028 && r <= 0x202e ||
			r >= 0x2066 && r <= 0x2069 || r == 0xfeff {
			return '�'
		}
		return r
	}, text)
}

// quoted shows a value inside a message, short and without control codes.
func quoted(value string) string {
	if r := []rune(value); len(r) > 60 {
		value = string(r[:60]) + "…"
	}
	return fmt.Sprintf("%q", value)
}

// oneOf says that a value is not among the known ones, and which one was probably meant.
func oneOf(what, value string, known []string) string {
	if near := nearest(value, known); near != "" {
		return fmt.Sprintf("unknown %s %s; did you mean %q?", what, quoted(value), near)
	}
	return fmt.Sprintf("unknown %s %s; it is one of %s", what, quoted(value), strings.Join(known, ", "))
}

// nearest finds the known word that a misspelt one was probably meant to be, or nothing.
func nearest(word string, known []string) string {
	if len(word) > 64 {
		return ""
	}
	word = strings.ToLower(strings.ReplaceAll(word, "-", "_"))
	best, bestAt := "", 3
	for _, k := range slices.Sorted(slices.Values(known)) {
		if d := editDistance(word, k); d < bestAt && d*2 < len(k) {
			best, bestAt = k, d
		}
	}
	return best
}

// editDistance is the number of letters to change, add, drop or swap with a neighbour.
func editDistance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
