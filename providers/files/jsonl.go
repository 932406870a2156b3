package files

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// maxDepth bounds the nesting of JSON.
const maxDepth = 8

// jsonRows turns objects of a JSON Lines file into records of the layout's columns.
type jsonRows struct {
	layout  *layout
	columns map[string]int
	mapping map[string]string
	cells   []string
	text    bytes.Buffer
}

func newJSONRows(l *layout, mapping map[string]string) *jsonRows {
	names := l.columns()
	j := &jsonRows{layout: l, columns: make(map[string]int, len(names)), mapping: mapping,
		cells: make([]string, len(names))}
	for i, name := range names {
		j.columns[name] = i
	}
	return j
}

// record is a line's object as a CSV record, so that both formats share all that follows. It is valid
// until the next call.
func (j *jsonRows) record(line []byte) ([]byte, *fault) {
	members, err := objectMembers(line, 1, true)
	if err != nil {
		return nil, faultf("", "%v", err)
	}
	clear(j.cells)
	seen := make(map[int]bool, len(members))
	for _, m := range members {
		name := m.key
		if ours, ok := j.mapping[m.key]; ok {
			name = ours
		}
		column, ok := j.columns[name]
		switch {
		case name == dropColumn || slices.Contains(j.layout.ignored, name):
			continue
		case !ok:
			return nil, faultf(safeName(m.key, 0), "unknown key%s", j.layout.suggest(m.key))
		case seen[column]:
			return nil, faultf(name, "two keys are mapped to this column")
		}
		seen[column] = true
		if j.cells[column], err = m.cell(name); err != nil {
			return nil, faultf(name, "%v", err)
		}
	}
	j.text.Reset()
	if err := writeRecord(&j.text, j.cells); err != nil {
		return nil, faultf("", "the object cannot be read as a row")
	}
	return j.text.Bytes(), nil
}

// member is one key of a JSON object with its value as it stands in the text.
type member struct {
	key   string
	value json.RawMessage
}

// cell is the value as text. Amounts may be numbers, which are taken digit by digit and never go through
// a float; metadata may be an object.
func (m member) cell(name string) (string, error) {
	switch m.value[0] {
	case 'n':
		return "", nil
	case '"':
		return m.text()
	case '{':
		if name == "metadata" {
			return string(m.value), nil
		}
	case 't', 'f', '[':
	default:
		if isAmount(name) {
			return string(m.value), nil
		}
	}
	return "", errors.New("the value has the wrong type; write it as text in quotes")
}

// text decodes a string value.
func (m member) text() (string, error) {
	var s string
	if err := json.Unmarshal(m.value, &s); err != nil {
		return "", errors.New("the text is not valid JSON")
	}
	if strings.IndexByte(s, 0) >= 0 {
		return "", errors.New("the text has a NUL")
	}
	// The decoder replaces half of a surrogate pair by U+FFFD in silence.
	if strings.ContainsRune(s, '\uFFFD') && !bytes.Contains(m.value, []byte("\uFFFD")) {
		return "", errors.New("the text has half of a surrogate pair")
	}
	return s, nil
}

func isAmount(column string) bool {
	return slices.Contains([]string{"amount", "amount_minor", "refunded_amount", "captured_amount",
		"disputed_amount", "fee", "net"}, column)
}

// objectMembers reads exactly one JSON object, in order. The standard decoder takes the last of two equal
// keys, and keys in any case: here both are errors (case only where asked), as is anything after the
// object or nesting beyond maxDepth.
func objectMembers(text []byte, depth int, anyCase bool) ([]member, error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	if tok, err := dec.Token(); err != nil || tok != json.Delim('{') {
		return nil, errors.New("the line is not a JSON object")
	}
	var members []member
	keys := map[string]bool{}
	for dec.More() {
		tok, err := dec.Token()
		key, ok := tok.(string)
		if err != nil || !ok {
			return nil, errors.New("the line is not well-formed JSON")
		}
		folded := key
		if anyCase {
			folded = strings.ToLower(key)
		}
		if keys[folded] {
			return nil, errors.New("a key is there twice")
		}
		keys[folded] = true
		m := member{key: key}
		if err := dec.Decode(&m.value); err != nil {
			return nil, errors.New("the line is not well-formed JSON, or is cut off")
		}
		if err := checkNested(m.value, depth+1); err != nil {
			return nil, err
		}
		members = append(members, m)
	}
	if _, err := dec.Token(); err != nil {
		return nil, errors.New("the line is not well-formed JSON, or is cut off")
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is something after the object; one object a line")
	}
	return members, nil
}

// checkNested looks into objects and lists for repeated keys and for depth.
func checkNested(value json.RawMessage, depth int) error {
	if value[0] != '{' && value[0] != '[' {
		return nil
	}
	if depth > maxDepth {
		return fmt.Errorf("the object is nested deeper than %d", maxDepth)
	}
	if value[0] == '{' {
		_, err := objectMembers(value, depth, false)
		return err
	}
	var items []json.RawMessage
	if err := json.Unmarshal(value, &items); err != nil {
		return errors.New("the line is not well-formed JSON")
	}
	for _, item := range items {
		if err := checkNested(item, depth+1); err != nil {
			return err
		}
	}
	return nil
}
