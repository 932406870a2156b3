package files

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"pennytie/reconcile"
)

// dropColumn in a column map says that a column of theirs is not wanted.
const dropColumn = "-"

// layout describes the rows of one kind of file: its columns and how a row becomes a record.
type layout struct {
	name     string
	row      any        // pointer to a struct of strings; its csv tags are the columns
	required []string   // of these
	either   [][]string // at least one column of each
	ignored  []string   // accepted, never believed
	growing  bool       // unknown columns are ignored: somebody else adds them
	unmapped bool       // there is no column map for it
	extras   bool       // may have columns named after metadata keys
	rename   func(header string) string
	convert  func(o *origin, row any, extra map[string]string) (entry, *fault)
}

// origin is what every row of a source has in common.
type origin struct {
	cfg    *Config
	path   string
	record reconcile.SourceRecord // of the row in hand: a record is large, and one per row would be garbage
}

// fault says why a row is no record.
type fault struct {
	field  string
	reason string
}

func faultf(field, format string, args ...any) *fault {
	return &fault{field, fmt.Sprintf(format, args...)}
}

// layoutOf finds the layout of a kind in a format.
func layoutOf(as Kind, format string) (*layout, error) {
	switch {
	case format == FormatStripe && as == Payments:
		return stripePaymentLayout(), nil
	case format == FormatStripePayout && as == Payments:
		return stripePayoutLayout(), nil
	case format == FormatStripe || format == FormatStripePayout:
		return nil, misconfigured("format %s holds payments, not %s", format, as)
	case format != FormatCanonical:
		return nil, misconfigured("format %q is unknown; use %s, %s or %s", clip(format),
			FormatCanonical, FormatStripe, FormatStripePayout)
	}
	switch as {
	case Payments:
		return paymentLayout(), nil
	case Refunds:
		return refundLayout(), nil
	case Leads:
		return leadLayout(), nil
	case Calls:
		return callLayout(), nil
	case Products:
		return productLayout(), nil
	}
	return nil, misconfigured("kind %q is unknown; use %s, %s, %s, %s or %s", clip(string(as)),
		Leads, Calls, Products, Payments, Refunds)
}

// columns lists the columns that are read, in the order of the row's fields.
func (l *layout) columns() []string {
	t := reflect.TypeOf(l.row).Elem()
	names := make([]string, t.NumField())
	for i := range names {
		names[i] = t.Field(i).Tag.Get("csv")
	}
	return names
}

func (l *layout) known(column string) bool { return slices.Contains(l.columns(), column) }

// suggest is a help text when a column looks like a misspelt one.
func (l *layout) suggest(column string) string {
	best, closest := "", 3
	for _, name := range l.columns() {
		limit := min(closest, 1+len(name)/3) // a short name is near to everything
		if d := editDistance(strings.ToLower(column), name); d < limit {
			best, closest = name, d
		}
	}
	if best == "" {
		return ""
	}
	return "; did you mean " + best + "?"
}

// editDistance counts insertions, deletions, substitutions and swaps of neighbours.
func editDistance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return len(a) + len(b)
	}
	var d [65][65]int
	for i := range len(a) + 1 {
		d[i][0] = i
	}
	for j := range len(b) + 1 {
		d[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1, d[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(a)][len(b)]
}
