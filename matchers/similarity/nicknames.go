package similarity

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
)

// nicknamesText lists classes of given names, one a line.
//
//go:embed nicknames.txt
var nicknamesText string

// nicknames maps a form to the classes it stands in. Built once, read only afterwards.
var nicknames = sync.OnceValue(func() map[string][]int16 {
	table := make(map[string][]int16, 600)
	class := int16(0)
	for line := range strings.Lines(nicknamesText) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		for form := range strings.FieldsSeq(line) {
			table[ending(form)] = append(table[ending(form)], class)
		}
		class++
	}
	return table
})

// SameNickname says that two folded given names are forms of one name: Bill and William. It is not
// transitive, for a short form may belong to several names.
func SameNickname(a, b string) bool {
	table := nicknames()
	a, b = ending(a), ending(b)
	if a == b {
		return true
	}
	classes := table[a]
	if len(classes) == 0 {
		return false
	}
	return slices.ContainsFunc(table[b], func(class int16) bool { return slices.Contains(classes, class) })
}

// ending spells the endings of short forms one way: Jimmie, Jimmy and Jimmi.
func ending(form string) string {
	for _, suffix := range [...]string{"ie", "ey", "i"} {
		if stem, found := strings.CutSuffix(form, suffix); found && len(stem) >= 3 {
			return stem + "y"
		}
	}
	return form
}
