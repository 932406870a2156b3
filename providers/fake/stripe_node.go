package fake

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"sync"
)

// node is an encoded object with the places where something can be expanded. There are a hundred
// thousand of them under load, so they are kept small.
type node struct {
	id    string
	body  []byte
	spans []span // by start
}

// span is the value of an expandable property in the body, or the place where it would be put in.
type span struct {
	start, end int32
	kind       propertyKind
	name       string
	ref        string   // the id of a reference
	inline     *node    // of an inline object
	list       *subList // of a list
}

// subList is a list inside an object.
type subList struct {
	url    string
	target string  // object type
	items  []*node // of an inline or hidden list
}

// scratch lends buffers to encode in, so that only the finished text is allocated.
type scratch struct{ pool sync.Pool }

func (s *scratch) take() []byte {
	if buffer, ok := s.pool.Get().(*[]byte); ok {
		return (*buffer)[:0]
	}
	return make([]byte, 0, 8192)
}

func (s *scratch) give(buffer []byte) { s.pool.Put(&buffer) }

// compile encodes an object of a type.
func compile(buffers *scratch, object string, value map[string]any) *node {
	if _, given := value["object"]; !given {
		value = maps.Clone(value)
		value["object"] = object
	}
	n := &node{body: append(buffers.take(), '{')}
	n.id, _ = value["id"].(string)
	properties := stripeProperties()[object]
	for _, key := range sortedKeys(value) {
		p, expandable := properties[key]
		if strings.HasPrefix(key, "_") || p.kind.hidden() {
			continue
		}
		if len(n.body) > 1 {
			n.body = append(n.body, ',')
		}
		n.body = append(appendString(n.body, key), ':')
		if !expandable || !n.expandable(buffers, key, value[key], p) {
			n.body = appendJSON(n.body, value[key])
		}
	}
	n.body = append(n.body, '}')
	end := int32(len(n.body) - 1)
	for _, key := range slices.Sorted(maps.Keys(properties)) {
		if p := properties[key]; p.kind.hidden() {
			list := &subList{url: listURL(p, n.id), target: p.target}
			if p.kind == hiddenList {
				list.items = compileAll(buffers, p.target, asObjects(value[key]))
			}
			n.spans = append(n.spans, span{start: end, end: end, name: key, kind: p.kind, list: list})
		}
	}
	body := bytes.Clone(n.body)
	buffers.give(n.body)
	n.body, n.spans = body, slices.Clone(n.spans)
	return n
}

// hidden says whether a property shows only where it is asked for.
func (k propertyKind) hidden() bool { return k == hiddenList || k == relatedList }

// expandable writes a value and remembers where it is. It says no, and writes nothing, if the value
// is not of a kind that can be expanded, such as null.
func (n *node) expandable(buffers *scratch, key string, v any, p property) bool {
	mark := span{start: int32(len(n.body)), name: key, kind: p.kind}
	switch p.kind {
	case reference, oneOfMany:
		mark.ref, _ = v.(string)
		if mark.ref == "" {
			return false
		}
		n.body = appendString(n.body, mark.ref)
	case inlineObject:
		object, ok := v.(map[string]any)
		if !ok {
			return false
		}
		mark.inline = compile(buffers, p.target, object)
		n.body = append(n.body, mark.inline.body...)
	case inlineList:
		list := &subList{url: listURL(p, n.id), target: p.target}
		list.items = compileAll(buffers, p.target, asObjects(v))
		mark.list = list
		first := list.items[:min(len(list.items), subListLength)]
		n.body = appendList(n.body, list.url, len(first) < len(list.items), len(first),
			func(dst []byte, i int) []byte { return append(dst, first[i].body...) })
	default:
		return false
	}
	mark.end = int32(len(n.body))
	n.spans = append(n.spans, mark)
	return true
}

func compileAll(buffers *scratch, object string, values []map[string]any) []*node {
	out := make([]*node, len(values))
	for i, value := range values {
		out[i] = compile(buffers, object, value)
	}
	return out
}

func listURL(p property, id string) string { return strings.Replace(p.path, "*", id, 1) }
