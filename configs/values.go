package configs

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

var (
	plainInt     = regexp.MustCompile(`^(0|[1-9][0-9]{0,8})$`)
	plainDecimal = regexp.MustCompile(`^([0-9]{1,9})(?:\.([0-9]{1,4}))?$`)
	plainDate    = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`)
)

// wrongType says what stands there and what should.
func (r *reader) wrongType(key string, n ast.Node, want string) {
	is := "something else"
	switch n.(type) {
	case *ast.StringNode, *ast.LiteralNode:
		is = "text"
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		is = "a number"
	case *ast.BoolNode:
		is = "true or false"
	case *ast.SequenceNode:
		is = "a list"
	case *ast.MappingNode, *ast.MappingValueNode:
		is = "keys with values"
	case *ast.NullNode:
		is = "empty"
	}
	if strings.HasPrefix(want, "text") && (is == "a number" || is == "true or false") {
		want += " (put it in quotes)"
	}
	if key == "" {
		r.fail(key, "must be %s, is %s; `pennytie init` writes an example", want, is)
		return
	}
	r.fail(key, "must be %s, is %s", want, is)
}

// text binds a text. Control characters are refused: no value of this file needs them.
func (r *reader) text(into *string) binder {
	return func(key string, n ast.Node) {
		value, ok := textOf(n)
		switch {
		case !ok:
			r.wrongType(key, n, "text")
		case strings.TrimSpace(value) == "":
			r.fail(key, "is empty; write a value or remove the key")
		case printable(value) != value || strings.ContainsRune(value, '\t'):
			r.fail(key, "has a line break or another invisible character; remove it")
		case strings.TrimSpace(value) != value:
			r.fail(key, "begins or ends with a blank; remove it")
		default:
			*into = value
		}
	}
}

func textOf(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		if n.Value == nil {
			return "", true
		}
		return n.Value.Value, true
	}
	return "", false
}

func (r *reader) flag(into *bool) binder {
	return func(key string, n ast.Node) {
		b, ok := n.(*ast.BoolNode)
		if !ok {
			r.wrongType(key, n, "true or false (without quotes)")
			return
		}
		*into = b.Value
	}
}

// whole binds a number without fraction, written plainly: 010, 1_000 and 0x10 read differently to different
// people.
func (r *reader) whole(into *int) binder {
	return func(key string, n ast.Node) {
		number, ok := n.(*ast.IntegerNode)
		if !ok {
			r.wrongType(key, n, "a whole number")
			return
		}
		text := number.GetToken().Value
		if !plainInt.MatchString(text) {
			r.fail(key, "must be a whole number of at most 9 digits, written plainly, such as 60")
			return
		}
		*into, _ = strconv.Atoi(text) // the pattern admits only what fits
	}
}

// maybeWhole binds a whole number where 0 and nothing are different.
func (r *reader) maybeWhole(into **int) binder {
	return func(key string, n ast.Node) {
		var value int
		before := len(r.problems)
		if r.whole(&value)(key, n); len(r.problems) == before {
			*into = &value
		}
	}
}

// decimal binds a number in ten-thousandths, from its text: no float is involved.
func (r *reader) decimal(into *int) binder {
	return func(key string, n ast.Node) {
		switch n.(type) {
		case *ast.IntegerNode, *ast.FloatNode:
		default:
			r.wrongType(key, n, "a number such as 0.95 (without quotes)")
			return
		}
		value, is := ParseThreshold(n.GetToken().Value)
		if !is {
			r.fail(key, "must be a number from 0 to 1 with at most 4 decimals, such as 0.95")
			return
		}
		*into = value
	}
}

// ParseThreshold reads a number such as 0.95 in TenThousandths.
func ParseThreshold(text string) (int, bool) {
	parts := plainDecimal.FindStringSubmatch(text)
	if parts == nil {
		return 0, false
	}
	units, _ := strconv.Atoi(parts[1]) // the pattern admits only what fits
	parts[2] += "0000"[len(parts[2]):]
	fraction, _ := strconv.Atoi(parts[2])
	return units*TenThousandths + fraction, true
}

// date binds a calendar date as text; it becomes an instant once the zone is known.
func (r *reader) date(into *string) binder {
	return func(key string, n ast.Node) {
		value, ok := textOf(n)
		if !ok {
			r.wrongType(key, n, "a date such as 2026-01-31")
			return
		}
		day, err := time.Parse(time.DateOnly, value)
		if err != nil || !plainDate.MatchString(value) || day.Year() < 2000 || day.Year() > 2100 {
			r.fail(key, "must be a date between 2000 and 2100 such as 2026-01-31")
			return
		}
		*into = value
	}
}

// list binds a list, item by item.
func (r *reader) list(key string, n ast.Node, item binder) {
	items, ok := n.(*ast.SequenceNode)
	if !ok {
		r.wrongType(key, n, "a list (lines that begin with -)")
		return
	}
	for i, value := range items.Values {
		path := fmt.Sprintf("%s[%d]", key, i)
		r.src.pos[path] = nodeAt(value)
		if _, null := value.(*ast.NullNode); null || value == nil {
			r.fail(path, "is an empty item; fill or remove it")
			continue
		}
		item(path, value)
	}
}

// nodeAt is where a node begins; an object's own token is the colon after its first key.
func nodeAt(n ast.Node) position {
	switch n := n.(type) {
	case nil:
		return position{}
	case *ast.MappingValueNode:
		return tokenAt(n.Key.GetToken())
	case *ast.MappingNode:
		if !n.IsFlowStyle && len(n.Values) > 0 {
			return tokenAt(n.Values[0].Key.GetToken())
		}
	}
	return tokenAt(n.GetToken())
}

// free reads the value of an option, of which only its provider knows the type.
func (r *reader) free(key string, n ast.Node) any {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value
	case *ast.LiteralNode:
		text, _ := textOf(n)
		return text
	case *ast.BoolNode:
		return n.Value
	case *ast.IntegerNode:
		value, err := strconv.ParseInt(n.GetToken().Value, 10, 64)
		if err != nil {
			r.fail(key, "must be a whole number written plainly, such as 60")
		}
		return value
	case *ast.FloatNode:
		value, err := strconv.ParseFloat(n.GetToken().Value, 64)
		if err != nil || math.IsInf(value, 0) {
			r.fail(key, "must be a number written plainly, such as 0.5")
		}
		return value
	case *ast.SequenceNode:
		items := []any{}
		r.list(key, n, func(path string, item ast.Node) { items = append(items, r.free(path, item)) })
		return items
	case *ast.MappingNode, *ast.MappingValueNode:
		object := map[string]any{}
		r.each(key, n, func(name, path string, value ast.Node) { object[name] = r.free(path, value) })
		return object
	}
	r.wrongType(key, n, "text, a number, true or false, a list or keys with values")
	return nil
}
