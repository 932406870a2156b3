package fake

import (
	"slices"
	"strconv"
	"strings"
)

// tree is a set of expansions: a name leads to what is to be expanded below it.
type tree map[string]tree

const deepestExpand = 4

// parseExpand reads expand[] of a request for objects of a type. In a list every path starts with
// "data", which counts as a level.
func parseExpand(paths []string, object string, list bool) (tree, *stripeError) {
	root := tree{}
	for _, path := range paths {
		parts := strings.Split(path, ".")
		if len(parts) > deepestExpand {
			return nil, invalid("expand", "",
				"You cannot expand more than 4 levels of a property. Property: %s", path)
		}
		rest := parts
		if list {
			if parts[0] != "data" || len(parts) == 1 {
				return nil, notExpandable(path)
			}
			rest = parts[1:]
		}
		if !canExpand(object, rest) {
			return nil, notExpandable(path)
		}
		at := root
		for _, part := range rest {
			if at[part] == nil {
				at[part] = tree{}
			}
			at = at[part]
		}
	}
	return root, nil
}

func notExpandable(path string) *stripeError {
	return invalid("expand", "", "This property cannot be expanded (%s).", path)
}

// canExpand follows a path through the types.
func canExpand(object string, path []string) bool {
	if len(path) == 0 {
		return true
	}
	p, ok := stripeProperties()[object][path[0]]
	if !ok {
		return false
	}
	rest := path[1:]
	switch p.kind {
	case unresolvable:
		return len(rest) == 0
	case oneOfMany:
		return len(rest) == 0 || slices.ContainsFunc([]string{"charge", "refund", "dispute", "payout"},
			func(target string) bool { return canExpand(target, rest) })
	case inlineObject:
		return len(rest) > 0 && canExpand(p.target, rest)
	case inlineList, hiddenList, relatedList:
		if len(rest) == 0 {
			return true
		}
		return rest[0] == "data" && canExpand(p.target, rest[1:])
	}
	return canExpand(p.target, rest)
}

// render writes an object with what is asked for expanded. A reference to something that is not
// held, or does not exist yet, stays a bare id.
func (s *Stripe) render(dst []byte, n *node, want tree, now int64) []byte {
	from := int32(0)
	for i := range n.spans {
		mark := &n.spans[i]
		below, asked := want[mark.name]
		if !asked {
			continue
		}
		dst = append(dst, n.body[from:mark.start]...)
		from = mark.end
		switch mark.kind {
		case inlineObject:
			dst = s.render(dst, mark.inline, below, now)
		case inlineList, hiddenList, relatedList:
			if mark.kind.hidden() {
				dst = append(appendString(append(dst, ','), mark.name), ':')
			}
			dst = s.renderSubList(dst, s.subItems(n, mark, now), mark.list.url, below["data"], now)
		default:
			if v := s.find(mark.ref, now); v != nil {
				dst = s.render(dst, v.node, below, now)
			} else {
				dst = append(dst, n.body[mark.start:mark.end]...)
			}
		}
	}
	return append(dst, n.body[from:]...)
}

func (s *Stripe) renderSubList(dst []byte, items []*node, url string, want tree, now int64) []byte {
	first := items[:min(len(items), subListLength)]
	return appendList(dst, url, len(first) < len(items), len(first),
		func(dst []byte, i int) []byte { return s.render(dst, first[i], want, now) })
}

// subItems returns the items of a list inside n, of which a related one lives in its own collection.
func (s *Stripe) subItems(n *node, mark *span, now int64) []*node {
	if mark.kind != relatedList {
		return mark.list.items
	}
	name, filter := relatedCollection(mark.name)
	var items []*node
	for _, e := range s.collections[name].index[field{filter, n.id}] {
		if v := e.at(now); v != nil && !v.deleted {
			items = append(items, v.node)
		}
	}
	return items
}

// find returns an object of any collection as it is now, or nil.
func (s *Stripe) find(id string, now int64) *version {
	if e := s.objects[id]; e != nil {
		return e.at(now)
	}
	return nil
}

// appendList writes a list envelope around n items.
func appendList(dst []byte, url string, more bool, n int, item func(dst []byte, i int) []byte) []byte {
	dst = append(dst, `{"object":"list","data":[`...)
	for i := range n {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = item(dst, i)
	}
	dst = strconv.AppendBool(append(dst, `],"has_more":`...), more)
	return append(appendString(append(dst, `,"url":`...), url), '}')
}
