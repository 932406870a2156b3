package fake

import (
	"bytes"
	"math"
	"net/url"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// listQuery is a list request, read and checked.
type listQuery struct {
	limit   int
	after   string // starting_after
	oldest  int64  // created window, both ends included
	newest  int64
	filters []field
	types   []string // of events
	expand  []string
}

const (
	defaultLimit = 10
	largestLimit = 100
	mostTypes    = 20 // types[] of events
)

// parseList reads the parameters of a list. The names are checked first, in a fixed order, so that
// the same request always gets the same complaint.
func parseList(values url.Values, filters []string, window, types bool) (*listQuery, *stripeError) {
	q := &listQuery{limit: defaultLimit, oldest: math.MinInt64, newest: math.MaxInt64}
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		value := values.Get(name)
		var fault *stripeError
		switch {
		case isExpand(name):
			q.expand = append(q.expand, values[name]...)
		case name == "limit":
			fault = q.setLimit(value)
		case name == "starting_after":
			q.after, fault = value, notEmpty(name, value)
		case window && (name == "created" || strings.HasPrefix(name, "created[")):
			fault = q.setWindow(name, value)
		case types && isArray(name, "types"):
			q.types = append(q.types, values[name]...)
		case slices.Contains(filters, name):
			q.filters, fault = append(q.filters, field{name, value}), notEmpty(name, value)
		default:
			fault = unknownParameter(name)
		}
		if fault != nil {
			return nil, fault
		}
	}
	if len(q.types) > mostTypes {
		return nil, invalid("types", "", "You may pass at most %d event types.", mostTypes)
	}
	return q, nil
}

func unknownParameter(name string) *stripeError {
	return invalid(name, "parameter_unknown", "Received unknown parameter: %s", name)
}

func notEmpty(name, value string) *stripeError {
	if value != "" {
		return nil
	}
	return invalid(name, "parameter_invalid_empty",
		"You passed an empty string for '%s'. We assume empty values are an attempt to unset a parameter; "+
			"however '%s' cannot be unset. You should remove '%s' from your request or supply a "+
			"non-empty value.",
		name, name, name)
}

func isExpand(name string) bool { return isArray(name, "expand") }

// isArray says whether a parameter is written name[] or name[3].
func isArray(name, base string) bool {
	index, ok := strings.CutPrefix(name, base+"[")
	if !ok {
		return false
	}
	index, ok = strings.CutSuffix(index, "]")
	if !ok {
		return false
	}
	_, err := strconv.ParseUint(index, 10, 16)
	return index == "" || err == nil
}

func (q *listQuery) setLimit(text string) *stripeError {
	n, err := strconv.Atoi(text)
	switch {
	case err != nil:
		return invalid("limit", "parameter_invalid_integer", "Invalid integer: %s", text)
	case n < 1:
		return invalid("limit", "parameter_invalid_integer",
			"Invalid limit: %d. It must be greater than or equal to 1.", n)
	case n > largestLimit:
		return invalid("limit", "parameter_invalid_integer",
			"Invalid limit: %d. It must be less than or equal to %d.", n, largestLimit)
	}
	q.limit = n
	return nil
}

func (q *listQuery) setWindow(name, text string) *stripeError {
	at, err := strconv.ParseInt(text, 10, 64)
	if err != nil || at < 0 {
		return invalid(name, "parameter_invalid_integer", "Invalid integer: %s", text)
	}
	switch name {
	case "created":
		q.oldest, q.newest = max(q.oldest, at), min(q.newest, at)
	case "created[gt]":
		q.oldest = max(q.oldest, at+1)
	case "created[gte]":
		q.oldest = max(q.oldest, at)
	case "created[lt]":
		q.newest = min(q.newest, at-1)
	case "created[lte]":
		q.newest = min(q.newest, at)
	default:
		return unknownParameter(name)
	}
	return nil
}

// list answers one page of a collection.
func (s *Stripe) list(c *collection, values url.Values, now int64) ([]byte, *stripeError) {
	q, fault := parseList(values, c.filters, true, c.path == "events")
	if fault != nil {
		return nil, fault
	}
	want, fault := parseExpand(q.expand, c.object, true)
	if fault != nil {
		return nil, fault
	}
	if fault := s.listable(q, now); fault != nil {
		return nil, fault
	}
	entries, fault := s.window(c, q, now)
	if fault != nil {
		return nil, fault
	}
	page := make([]*node, 0, q.limit)
	more := false
	for _, e := range entries {
		v := e.at(now)
		if v == nil || v.deleted || !q.accepts(v) {
			continue
		}
		if len(page) == q.limit {
			more = true
			break
		}
		page = append(page, v.node)
	}
	out := appendList(make([]byte, 0, 1<<15), "/v1/"+c.path, more, len(page),
		func(dst []byte, i int) []byte { return s.render(dst, page[i], want, now) })
	return out, nil
}

// listable refuses to list what is in a payout that does not exist, or that was made by hand.
func (s *Stripe) listable(q *listQuery, now int64) *stripeError {
	for _, f := range q.filters {
		if f.name != "payout" {
			continue
		}
		switch v := s.find(f.value, now); {
		case v == nil:
			return noSuch("payout", f.value, "payout")
		case bytes.Contains(v.node.body, []byte(`"automatic":false`)):
			return invalid("payout", "", "Balance transaction history can only be filtered on automatic transfers, not manual.")
		}
	}
	return nil
}

// window narrows a collection to the shortest indexed list, then to the created window and to what
// comes after the cursor, by binary search.
func (s *Stripe) window(c *collection, q *listQuery, now int64) ([]*entry, *stripeError) {
	entries := c.sorted
	for _, f := range q.filters {
		if isReference(f) {
			if indexed := c.index[f]; len(indexed) < len(entries) {
				entries = indexed
			}
		}
	}
	start := sort.Search(len(entries), func(i int) bool { return entries[i].created <= q.newest })
	end := sort.Search(len(entries), func(i int) bool { return entries[i].created < q.oldest })
	if q.after != "" {
		cursor := s.objects[q.after]
		if cursor == nil || cursor.home != c || cursor.at(now) == nil {
			return nil, noSuch(c.object, q.after, "starting_after")
		}
		behind := sort.Search(len(entries), func(i int) bool { return newestFirst(entries[i], cursor) > 0 })
		start = max(start, behind)
	}
	if start >= end {
		return nil, nil
	}
	return entries[start:end], nil
}

func (q *listQuery) accepts(v *version) bool {
	for _, f := range q.filters {
		if !v.has(f) {
			return false
		}
	}
	if len(q.types) == 0 {
		return true
	}
	return slices.ContainsFunc(q.types, func(t string) bool { return v.has(field{"type", t}) })
}

// subList answers one page of a list inside an object, such as the lines of an invoice.
func (s *Stripe) subList(n *node, name string, values url.Values, now int64) ([]byte, *stripeError) {
	at := slices.IndexFunc(n.spans, func(mark span) bool { return mark.name == name })
	q, fault := parseList(values, nil, false, false)
	if fault != nil {
		return nil, fault
	}
	mark := &n.spans[at]
	want, fault := parseExpand(q.expand, mark.list.target, true)
	if fault != nil {
		return nil, fault
	}
	items := s.subItems(n, mark, now)
	if q.after != "" {
		cursor := slices.IndexFunc(items, func(item *node) bool { return item.id == q.after })
		if cursor < 0 {
			return nil, noSuch(mark.list.target, q.after, "starting_after")
		}
		items = items[cursor+1:]
	}
	page := items[:min(len(items), q.limit)]
	return appendList(nil, mark.list.url, len(page) < len(items), len(page),
		func(dst []byte, i int) []byte { return s.render(dst, page[i], want, now) }), nil
}
